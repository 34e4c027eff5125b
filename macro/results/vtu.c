/* The bytes of VTK XML files. Knows the format; never what the arrays mean, and opens no file. */
#include "results/vtu.h"

#include "results/outfile.h"

static const char *const type_name[] = {"Float64", "Int64", "Int32", "UInt8"};
static const size_t type_bytes[] = {8, 8, 4, 1};

/* Position of the next array in the appended block: length header (8 bytes) and data. */
typedef struct layout {
    uint64_t offset;
} layout;

static uint64_t array_bytes(const femd_vtu_array *a, size_t tuples) {
    return (uint64_t)tuples * (uint64_t)a->components * type_bytes[a->type];
}

static femd_status component_names(femd_buffer *out, const femd_vtu_array *a, femd_error *err) {
    FEMD_TRY(femd_text_add(out, err, " NumberOfComponents=\"%d\"", a->components));
    for (int c = 0; a->label && c < a->components; ++c)
        FEMD_TRY(femd_text_add(out, err, " ComponentName%d=\"%s\"", c, a->label[c]));
    return FEMD_OK;
}

static femd_status declare(femd_buffer *out, const femd_vtu_array *a, size_t tuples, layout *at, femd_error *err) {
    FEMD_TRY(femd_text_add(out, err, "        <DataArray type=\"%s\" Name=\"%s\"", type_name[a->type], a->name));
    FEMD_TRY(component_names(out, a, err));
    FEMD_TRY(femd_text_add(out, err, " format=\"appended\" offset=\"%llu\"/>\n", (unsigned long long)at->offset));
    at->offset += 8 + array_bytes(a, tuples);
    return FEMD_OK;
}

static femd_status declare_all(femd_buffer *out, const char *section, const femd_vtu_array *a, size_t n, size_t tuples,
                               layout *at, femd_error *err) {
    FEMD_TRY(femd_text_add(out, err, "      <%s>\n", section));
    for (size_t i = 0; i < n; ++i) FEMD_TRY(declare(out, a + i, tuples, at, err));
    return femd_text_add(out, err, "      </%s>\n", section);
}

static femd_status append(femd_buffer *out, const femd_vtu_array *a, size_t tuples, femd_error *err) {
    uint64_t bytes = array_bytes(a, tuples);
    uint8_t header[8];
    femd_put64(header, bytes);
    FEMD_TRY(femd_buffer_append(out, header, sizeof header, err));
    return bytes ? femd_buffer_append(out, a->data, bytes, err) : FEMD_OK;
}

/* Offsets (end of each cell in conn) and types of a mesh of one cell type. */
static femd_status append_cells(femd_buffer *out, const femd_vtu *v, femd_error *err) {
    uint8_t word[8];
    femd_put64(word, (uint64_t)v->ncells * 8);
    FEMD_TRY(femd_buffer_append(out, word, 8, err));
    FEMD_TRY(femd_buffer_reserve(out, v->ncells * 9 + 8, err));
    for (size_t c = 0; c < v->ncells; ++c) {
        femd_put64(word, (uint64_t)(c + 1) * (uint64_t)v->cell_points);
        FEMD_TRY(femd_buffer_append(out, word, 8, err));
    }
    femd_put64(word, v->ncells);
    FEMD_TRY(femd_buffer_append(out, word, 8, err));
    uint8_t type = (uint8_t)v->cell_type;
    for (size_t c = 0; c < v->ncells; ++c) FEMD_TRY(femd_buffer_append(out, &type, 1, err));
    return FEMD_OK;
}

static femd_status open_file(femd_buffer *out, const char *type, femd_error *err) {
    out->size = 0;
    return femd_text_add(out, err,
                         "<?xml version=\"1.0\"?>\n<VTKFile type=\"%s\" version=\"1.0\" byte_order=\"LittleEndian\""
                         " header_type=\"UInt64\">\n",
                         type);
}

/* A string of VTK is a row of character codes. */
static femd_status declare_unit(femd_buffer *out, const femd_vtu *v, femd_error *err) {
    if (!v->unit) return FEMD_OK;
    FEMD_TRY(
        femd_text_add(out, err,
                      "    <FieldData>\n      <DataArray type=\"String\" Name=\"length_unit\" NumberOfTuples=\"1\" "
                      "format=\"ascii\">"));
    for (const char *c = v->unit; *c; ++c) FEMD_TRY(femd_text_add(out, err, "%d ", *c));
    return femd_text_add(out, err, "0</DataArray>\n    </FieldData>\n");
}

femd_status femd_vtu_encode(const femd_vtu *v, femd_buffer *out, femd_error *err) {
    const femd_vtu_array points = {"Points", FEMD_VTU_FLOAT64, 3, NULL, v->points};
    const femd_vtu_array conn = {"connectivity", FEMD_VTU_INT64, 1, NULL, v->conn};
    const femd_vtu_array ends = {"offsets", FEMD_VTU_INT64, 1, NULL, NULL};
    const femd_vtu_array types = {"types", FEMD_VTU_UINT8, 1, NULL, NULL};
    size_t nconn = v->ncells * (size_t)v->cell_points;
    layout at = {0};

    FEMD_TRY(open_file(out, "UnstructuredGrid", err));
    FEMD_TRY(femd_text_add(out, err, "  <UnstructuredGrid>\n"));
    FEMD_TRY(declare_unit(out, v, err));
    FEMD_TRY(
        femd_text_add(out, err, "    <Piece NumberOfPoints=\"%zu\" NumberOfCells=\"%zu\">\n", v->npoints, v->ncells));
    FEMD_TRY(declare_all(out, "Points", &points, 1, v->npoints, &at, err));
    FEMD_TRY(femd_text_add(out, err, "      <Cells>\n"));
    FEMD_TRY(declare(out, &conn, nconn, &at, err));
    FEMD_TRY(declare(out, &ends, v->ncells, &at, err));
    FEMD_TRY(declare(out, &types, v->ncells, &at, err));
    FEMD_TRY(femd_text_add(out, err, "      </Cells>\n"));
    FEMD_TRY(declare_all(out, "PointData", v->point_array, v->npoint_arrays, v->npoints, &at, err));
    FEMD_TRY(declare_all(out, "CellData", v->cell_array, v->ncell_arrays, v->ncells, &at, err));
    FEMD_TRY(femd_text_add(out, err, "    </Piece>\n  </UnstructuredGrid>\n  <AppendedData encoding=\"raw\">\n_"));

    FEMD_TRY(append(out, &points, v->npoints, err));
    FEMD_TRY(append(out, &conn, nconn, err));
    FEMD_TRY(append_cells(out, v, err));
    for (size_t i = 0; i < v->npoint_arrays; ++i) FEMD_TRY(append(out, v->point_array + i, v->npoints, err));
    for (size_t i = 0; i < v->ncell_arrays; ++i) FEMD_TRY(append(out, v->cell_array + i, v->ncells, err));
    return femd_text_add(out, err, "\n  </AppendedData>\n</VTKFile>\n");
}

static femd_status declare_parallel(femd_buffer *out, const char *section, const femd_vtu_array *a, size_t n,
                                    femd_error *err) {
    FEMD_TRY(femd_text_add(out, err, "    <%s>\n", section));
    for (size_t i = 0; i < n; ++i) {
        FEMD_TRY(femd_text_add(out, err, "      <PDataArray type=\"%s\" Name=\"%s\"", type_name[a[i].type], a[i].name));
        FEMD_TRY(component_names(out, a + i, err));
        FEMD_TRY(femd_text_add(out, err, "/>\n"));
    }
    return femd_text_add(out, err, "    </%s>\n", section);
}

femd_status femd_pvtu_encode(const femd_vtu *v, const char *piece, int pieces, femd_buffer *out, femd_error *err) {
    const femd_vtu_array points = {"Points", FEMD_VTU_FLOAT64, 3, NULL, NULL};
    FEMD_TRY(open_file(out, "PUnstructuredGrid", err));
    FEMD_TRY(femd_text_add(out, err, "  <PUnstructuredGrid GhostLevel=\"0\">\n"));
    FEMD_TRY(declare_parallel(out, "PPoints", &points, 1, err));
    FEMD_TRY(declare_parallel(out, "PPointData", v->point_array, v->npoint_arrays, err));
    FEMD_TRY(declare_parallel(out, "PCellData", v->cell_array, v->ncell_arrays, err));
    for (int i = 0; i < pieces; ++i) FEMD_TRY(femd_text_add(out, err, "    <Piece Source=\"%s_%d.vtu\"/>\n", piece, i));
    return femd_text_add(out, err, "  </PUnstructuredGrid>\n</VTKFile>\n");
}

femd_status femd_pvd_encode(const femd_pvd_entry *entry, size_t n, femd_buffer *out, femd_error *err) {
    FEMD_TRY(open_file(out, "Collection", err));
    FEMD_TRY(femd_text_add(out, err, "  <Collection>\n"));
    for (size_t i = 0; i < n; ++i) {
        FEMD_TRY(femd_text_add(out, err, "    <DataSet timestep=\""));
        FEMD_TRY(femd_text_number(out, entry[i].time, "0", err));
        FEMD_TRY(femd_text_add(out, err, "\" part=\"0\" file=\"step_%04d.pvtu\"/>\n", entry[i].step));
    }
    return femd_text_add(out, err, "  </Collection>\n</VTKFile>\n");
}
