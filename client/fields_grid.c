/* Local fields as VTK XML: the format and where the grid lies. Knows no file. */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "femd/tensor3.h"
#include "fields.h"

femd_status fields_print(femd_buffer *out, femd_error *err, const char *fmt, ...) {
    char text[1024];
    va_list ap;
    va_start(ap, fmt);
    const int n = vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    if (n < 0 || (size_t)n >= sizeof text) return femd_fail(err, FEMD_INTERNAL, "a line of fields is too long");
    return femd_buffer_append(out, text, (size_t)n, err);
}

/* Symmetric tensors in VTK's order of six, vectors, tensors by rows. */
static const char *const grid_six[6] = {"XX", "YY", "ZZ", "XY", "YZ", "XZ"}, *const grid_three[3] = {"X", "Y", "Z"},
                         *const grid_nine[9] = {"XX", "XY", "XZ", "YX", "YY", "YZ", "ZX", "ZY", "ZZ"};
static const int grid_voigt[6] = {0, 1, 2, 5, 3, 4};

typedef struct grid_file {
    const femd_local_fields *f;
    femd_buffer *out;
    uint64_t offset; /* of the next array in the appended data */
} grid_file;

/* But for the round-off that the search for a reference leaves. */
static int grid_is_box(const double h[9]) {
    const double round_off = 1e-9 * fmax(fmax(h[0], h[4]), h[8]);
    for (int c = 0; c < 9; c++)
        if (c % 4 ? fabs(h[c]) > round_off : !(h[c] > round_off)) return 0;
    return 1;
}

static size_t grid_points(const femd_local_fields *f) {
    return (size_t)(f->grid.n[0] + 1) * (size_t)(f->grid.n[1] + 1) * (size_t)(f->grid.n[2] + 1);
}

/* Corner number p: in the reference cell, and how far it has gone. */
static void grid_corner(const femd_local_fields *f, size_t p, double X[3], double u[3]) {
    const int *n = f->grid.n;
    const size_t wide = (size_t)n[0] + 1, high = (size_t)n[1] + 1;
    const double at[3] = {(double)(p % wide) / n[0], (double)(p / wide % high) / n[1],
                          (double)(p / wide / high) / n[2]};
    for (int c = 0; c < 3; c++) X[c] = f->origin0[c] + at[0] * f->h0[c] + at[1] * f->h0[3 + c] + at[2] * f->h0[6 + c];
    femd_apply3(f->U, X, u);
    for (int c = 0; c < 3; c++) u[c] -= X[c];
}

static femd_status grid_declare(grid_file *g, const char *name, const char *suffix, int components, size_t tuples,
                                femd_error *err) {
    const char *const *label = components == 6 ? grid_six : components == 9 ? grid_nine : grid_three;
    FEMD_TRY(fields_print(g->out, err, "        <DataArray type=\"Float64\" Name=\"%s%s\" NumberOfComponents=\"%d\"",
                          name, suffix, components));
    for (int c = 0; components > 1 && c < components; c++)
        FEMD_TRY(fields_print(g->out, err, " ComponentName%d=\"%s\"", c, label[c]));
    FEMD_TRY(fields_print(g->out, err, " format=\"appended\" offset=\"%llu\"/>\n", (unsigned long long)g->offset));
    g->offset += 8 + 8 * (uint64_t)components * tuples;
    return FEMD_OK;
}

static femd_status grid_declare_fields(grid_file *g, femd_error *err) {
    FEMD_TRY(fields_print(g->out, err, "      <CellData>\n"));
    for (int q = 0; q < FEMD_LOCAL_FIELDS; q++) {
        const femd_local_quantity *what = &femd_local_quantities[q];
        if (!femd_local_fields_have(g->f, q)) continue;
        FEMD_TRY(grid_declare(g, what->key, "", what->components, g->f->grid.cells, err));
        if (g->f->error) FEMD_TRY(grid_declare(g, what->key, "_error", what->components, g->f->grid.cells, err));
    }
    return fields_print(g->out, err, "      </CellData>\n");
}

static femd_status grid_word(grid_file *g, uint64_t bytes, femd_error *err) {
    uint8_t word[8];
    femd_put64(word, bytes);
    return femd_buffer_append(g->out, word, sizeof word, err);
}

static femd_status grid_append(grid_file *g, const femd_local_quantity *what, const double *of, femd_error *err) {
    const size_t cells = g->f->grid.cells;
    FEMD_TRY(grid_word(g, 8 * (uint64_t)what->components * cells, err));
    FEMD_TRY(femd_buffer_reserve(g->out, 8 * (size_t)what->components * cells, err));
    for (size_t cell = 0; cell < cells; cell++) {
        const double *value = of + cell * FEMD_LOCAL_COMPONENTS + what->first;
        for (int c = 0; c < what->components; c++) {
            femd_putf64(g->out->data + g->out->size, value[what->components == 6 ? grid_voigt[c] : c]);
            g->out->size += 8;
        }
    }
    return FEMD_OK;
}

/* Of every corner its displacement, or where it is. */
static femd_status grid_append_corners(grid_file *g, int places, femd_error *err) {
    const size_t points = grid_points(g->f);
    FEMD_TRY(grid_word(g, 24 * (uint64_t)points, err));
    FEMD_TRY(femd_buffer_reserve(g->out, 24 * points, err));
    for (size_t p = 0; p < points; p++) {
        double X[3], u[3];
        grid_corner(g->f, p, X, u);
        for (int c = 0; c < 3; c++, g->out->size += 8)
            femd_putf64(g->out->data + g->out->size, places ? X[c] + u[c] : u[c]);
    }
    return FEMD_OK;
}

static femd_status grid_field_data(grid_file *g, const fields_origin *o, femd_error *err) {
    static const char unit[] = "angstrom";
    FEMD_TRY(fields_print(g->out, err, "    <FieldData>\n"));
    if (o->step >= 0)
        FEMD_TRY(fields_print(g->out, err,
                              "      <DataArray type=\"Float64\" Name=\"TimeValue\" NumberOfTuples=\"1\" "
                              "format=\"ascii\">%.17g</DataArray>\n",
                              o->time));
    FEMD_TRY(fields_print(g->out, err,
                          "      <DataArray type=\"Int64\" Name=\"samples\" NumberOfTuples=\"1\" "
                          "format=\"ascii\">%d</DataArray>\n      <DataArray type=\"String\" Name=\"length_unit\" "
                          "NumberOfTuples=\"1\" format=\"ascii\">",
                          g->f->samples));
    for (const char *c = unit; *c; c++) FEMD_TRY(fields_print(g->out, err, "%d ", *c));
    return fields_print(g->out, err, "0</DataArray>\n    </FieldData>\n");
}

femd_status fields_encode_grid(const femd_local_fields *f, const fields_origin *o, femd_buffer *out,
                               const char **extension, femd_error *err) {
    grid_file g = {.f = f, .out = out};
    const int box = grid_is_box(f->h0), *n = f->grid.n;
    const char *kind = box ? "ImageData" : "StructuredGrid";
    *extension = box ? "vti" : "vts";
    out->size = 0;
    FEMD_TRY(fields_print(out, err,
                          "<?xml version=\"1.0\"?>\n<VTKFile type=\"%s\" version=\"1.0\" byte_order=\"LittleEndian\" "
                          "header_type=\"UInt64\">\n  <%s WholeExtent=\"0 %d 0 %d 0 %d\"",
                          kind, kind, n[0], n[1], n[2]));
    if (box)
        FEMD_TRY(fields_print(out, err, " Origin=\"%.17g %.17g %.17g\" Spacing=\"%.17g %.17g %.17g\"", f->origin0[0],
                              f->origin0[1], f->origin0[2], f->h0[0] / n[0], f->h0[4] / n[1], f->h0[8] / n[2]));
    FEMD_TRY(fields_print(out, err, ">\n"));
    FEMD_TRY(grid_field_data(&g, o, err));
    FEMD_TRY(fields_print(out, err, "    <Piece Extent=\"0 %d 0 %d 0 %d\">\n", n[0], n[1], n[2]));
    FEMD_TRY(fields_print(out, err, "      <%s>\n", box ? "PointData" : "Points"));
    FEMD_TRY(grid_declare(&g, box ? "displacement" : "Points", "", 3, grid_points(f), err));
    FEMD_TRY(fields_print(out, err, "      </%s>\n", box ? "PointData" : "Points"));
    FEMD_TRY(grid_declare_fields(&g, err));
    FEMD_TRY(fields_print(out, err, "    </Piece>\n  </%s>\n  <AppendedData encoding=\"raw\">\n_", kind));
    FEMD_TRY(grid_append_corners(&g, !box, err));
    for (int q = 0; q < FEMD_LOCAL_FIELDS; q++) {
        if (!femd_local_fields_have(f, q)) continue;
        FEMD_TRY(grid_append(&g, &femd_local_quantities[q], f->value, err));
        if (f->error) FEMD_TRY(grid_append(&g, &femd_local_quantities[q], f->error, err));
    }
    return fields_print(out, err, "\n  </AppendedData>\n</VTKFile>\n");
}
