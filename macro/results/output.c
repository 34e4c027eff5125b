/* The fields of one committed step as step_NNNN.pvtu with one .vtu per rank. Only what is the same bits for any number
 * of workers goes in: no timing, no pool data. */
#include <math.h>
#include <stdlib.h>

#include "base/collective.h"
#include "fields/conductivity.h"
#include "fields/problem.h"
#include "results/outfile.h"
#include "results/vtu.h"

static const char *const tensor_label[9] = {"xx", "xy", "xz", "yx", "yy", "yz", "zx", "zy", "zz"};
static const char *const point_id_label[2] = {"first", "last"};

/* Averages over the points of each cell, weighted with their volume, unless said otherwise. */
typedef struct cell_fields {
    double *E, *S, *sigma, *F, *k, *ke; /* 9 each, full tensors */
    double *von_mises;                  /* of the averaged Cauchy stress */
    double *energy, *volume;
    double *hill_mandel, *S_err, *stability, *k_err; /* worst point of the cell */
    int32_t *status, *material, *notes, *carriers;
    int64_t *point_id; /* first and last */
    void *block;       /* owned: all of the above */
} cell_fields;

enum { CELL_DOUBLES = 6 * 9 + 7 };

static femd_status cell_fields_init(cell_fields *f, size_t n, femd_error *err) {
    double *d = calloc(n * CELL_DOUBLES + n * 4 + 1, sizeof(double)); /* 4: four int32 in two doubles, two int64 */
    if (!d) return femd_fail(err, FEMD_NO_MEMORY, "no memory for the output of %zu cells", n);
    *f = (cell_fields){.E = d,
                       .S = d + 9 * n,
                       .sigma = d + 18 * n,
                       .F = d + 27 * n,
                       .k = d + 36 * n,
                       .ke = d + 45 * n,
                       .von_mises = d + 54 * n,
                       .energy = d + 55 * n,
                       .volume = d + 56 * n,
                       .hill_mandel = d + 57 * n,
                       .S_err = d + 58 * n,
                       .stability = d + 59 * n,
                       .k_err = d + 60 * n,
                       .block = d};
    f->point_id = (int64_t *)(d + CELL_DOUBLES * n);
    f->status = (int32_t *)(f->point_id + 2 * n);
    f->material = f->status + n;
    f->notes = f->material + n;
    f->carriers = f->notes + n;
    return FEMD_OK;
}

/* sqrt(3/2 s:s), s the deviator. */
static double von_mises(const double t[9]) {
    double a = t[0] - t[4], b = t[4] - t[8], c = t[8] - t[0];
    return sqrt(0.5 * (a * a + b * b + c * c) + 3 * (t[1] * t[1] + t[2] * t[2] + t[5] * t[5]));
}

static double determinant(const double F[9]) {
    return F[0] * (F[4] * F[8] - F[5] * F[7]) - F[1] * (F[3] * F[8] - F[5] * F[6]) + F[2] * (F[3] * F[7] - F[4] * F[6]);
}

static void add_tensor(double *sum, double w, const double *voigt, int strain) {
    double full[9];
    femd_voigt_to_full(voigt, strain, full);
    for (int i = 0; i < 9; ++i) sum[i] += w * full[i];
}

/* Add point i with weight w to cell c. */
static void add_point(cell_fields *f, PetscInt c, const femd_points *pt, PetscInt i, double w) {
    const double *F = pt->F + 9 * i;
    add_tensor(f->E + 9 * c, w, pt->E + 6 * i, 1);
    add_tensor(f->S + 9 * c, w, pt->S + 6 * i, 0);
    add_tensor(f->k + 9 * c, w, pt->k + 6 * i, 0);
    add_tensor(f->ke + 9 * c, w, pt->ke + 6 * i, 0);
    f->notes[c] |= pt->notes[i] | (int32_t)pt->k_from[i].notes;
    if (determinant(F) > 0) {
        double sigma[6];
        femd_cauchy(F, pt->S + 6 * i, sigma);
        add_tensor(f->sigma + 9 * c, w, sigma, 0);
    }
    for (int j = 0; j < 9; ++j) f->F[9 * c + j] += w * F[j];
    f->energy[c] += w * pt->energy[i];
    if (!(f->hill_mandel[c] >= pt->hill_mandel[i])) f->hill_mandel[c] = pt->hill_mandel[i];
    for (int j = 0; j < 6; ++j)
        if (f->S_err[c] < pt->S_err[6 * i + j]) f->S_err[c] = pt->S_err[6 * i + j];
    for (int j = 0; j < 6; ++j) f->k_err[c] = fmax(f->k_err[c], pt->k_from[i].error[j]);
    if (!isnan(pt->stability[i]) && !(f->stability[c] <= pt->stability[i])) f->stability[c] = pt->stability[i];
    if (pt->status[i] < f->status[c]) f->status[c] = pt->status[i];
}

static void average_cell(cell_fields *f, PetscInt c, const femd_problem *p) {
    const femd_points *pt = p->pt;
    const PetscInt first = c * pt->per_cell;
    const int material = p->grid->cell_material[c];
    double volume = 0;
    for (PetscInt q = 0; q < pt->per_cell; ++q) volume += pt->weight[first + q];
    f->stability[c] = NAN;
    f->volume[c] = volume;
    f->material[c] = material;
    f->carriers[c] = (int32_t)p->caps[material].carriers;
    f->point_id[2 * c] = (int64_t)pt->id[first];
    f->point_id[2 * c + 1] = (int64_t)pt->id[first + pt->per_cell - 1];
    for (PetscInt q = 0; q < pt->per_cell; ++q) add_point(f, c, pt, first + q, pt->weight[first + q] / volume);
    f->von_mises[c] = von_mises(f->sigma + 9 * c);
}

/* ---- which arrays a file has: the same on all ranks and in the .pvtu ---- */

enum { CELL_ARRAYS_MAX = 20 };

/* Named for what it counts: the atoms' part alone, if that is what all materials answer. */
static size_t list_conductivity(const femd_problem *p, const cell_fields *f, femd_vtu_array *a) {
    const uint32_t carriers = femd_conductivity_carriers(p);
    const int lattice = (carriers & FEMD_CARRIER_LATTICE) != 0;
    size_t n = 0;
    a[n++] =
        (femd_vtu_array){lattice ? "lattice_conductivity" : "conductivity", FEMD_VTU_FLOAT64, 9, tensor_label, f->k};
    a[n++] = (femd_vtu_array){lattice ? "lattice_conductivity_error" : "conductivity_error", FEMD_VTU_FLOAT64, 1, NULL,
                              f->k_err};
    if (carriers & FEMD_CARRIER_ELECTRONS)
        a[n++] = (femd_vtu_array){"electronic_conductivity", FEMD_VTU_FLOAT64, 9, tensor_label, f->ke};
    if (!lattice) a[n++] = (femd_vtu_array){"conductivity_carriers", FEMD_VTU_INT32, 1, NULL, f->carriers};
    return n;
}

static size_t list_cell_arrays(const femd_problem *p, const cell_fields *f, femd_vtu_array *a) {
    const femd_case *cs = p->cs;
    size_t n = 0;
    a[n++] = (femd_vtu_array){"green_lagrange_strain", FEMD_VTU_FLOAT64, 9, tensor_label, f->E};
    a[n++] = (femd_vtu_array){"second_piola_kirchhoff", FEMD_VTU_FLOAT64, 9, tensor_label, f->S};
    a[n++] = (femd_vtu_array){"cauchy_stress", FEMD_VTU_FLOAT64, 9, tensor_label, f->sigma};
    a[n++] = (femd_vtu_array){"von_mises", FEMD_VTU_FLOAT64, 1, NULL, f->von_mises};
    a[n++] = (femd_vtu_array){"strain_energy_density", FEMD_VTU_FLOAT64, 1, NULL, f->energy};
    a[n++] = (femd_vtu_array){"deformation_gradient", FEMD_VTU_FLOAT64, 9, tensor_label, f->F};
    if (cs->wants_committed & FEMD_WANT_CONDUCTIVITY) n += list_conductivity(p, f, a + n);
    if (cs->wants_committed & FEMD_WANT_STABILITY)
        a[n++] = (femd_vtu_array){"stability", FEMD_VTU_FLOAT64, 1, NULL, f->stability};
    a[n++] = (femd_vtu_array){"hill_mandel_residual", FEMD_VTU_FLOAT64, 1, NULL, f->hill_mandel};
    a[n++] = (femd_vtu_array){"stress_error", FEMD_VTU_FLOAT64, 1, NULL, f->S_err};
    a[n++] = (femd_vtu_array){"reference_volume", FEMD_VTU_FLOAT64, 1, NULL, f->volume};
    a[n++] = (femd_vtu_array){"status", FEMD_VTU_INT32, 1, NULL, f->status};
    a[n++] = (femd_vtu_array){"notes", FEMD_VTU_INT32, 1, NULL, f->notes};
    a[n++] = (femd_vtu_array){"material", FEMD_VTU_INT32, 1, NULL, f->material};
    a[n++] = (femd_vtu_array){"point_id", FEMD_VTU_INT64, 2, point_id_label, f->point_id};
    return n;
}

/* ---- nodes ---- */

enum { POINT_ARRAYS_MAX = FEMD_FIELDS + 2 };

/* The nodes of this rank as the arrays of a VTK mesh: the fields, and what is prescribed everywhere. */
typedef struct node_fields {
    double *value[FEMD_FIELDS];
    double *temperature, *pressure; /* one block */
    int64_t *conn;
    size_t narrays;
    femd_vtu_array array[POINT_ARRAYS_MAX];
} node_fields;

static femd_status node_fields_take(node_fields *m, femd_field *field, double **value, femd_error *err) {
    *value = malloc((field->n + 1) * sizeof **value);
    femd_status rc =
        *value ? FEMD_OK : femd_fail(err, FEMD_NO_MEMORY, "no memory for the %s in the output", field->kind->name);
    FEMD_TRY(femd_agree(field->grid->comm, rc, err));
    FEMD_TRY(femd_field_get(field, *value, err));
    m->array[m->narrays++] =
        (femd_vtu_array){field->kind->name, FEMD_VTU_FLOAT64, field->components, field->kind->label, *value};
    return FEMD_OK;
}

static femd_status node_fields_init(node_fields *m, femd_problem *p, femd_error *err) {
    const femd_grid *grid = p->grid;
    const size_t n = (size_t)grid->nnodes, nconn = (size_t)grid->ncells * (size_t)grid->table.nodes;
    *m = (node_fields){0};
    for (size_t i = 0; i < p->nfields; ++i) FEMD_TRY(node_fields_take(m, p->field[i], &m->value[i], err));
    m->conn = malloc((nconn + 1) * sizeof *m->conn);
    m->temperature = malloc((2 * n + 1) * sizeof *m->temperature);
    if (!m->conn || !m->temperature) return femd_fail(err, FEMD_NO_MEMORY, "no memory for the nodes of the output");
    for (size_t i = 0; i < nconn; ++i) m->conn[i] = grid->cell_node[i];
    m->pressure = m->temperature + n;
    for (size_t i = 0; i < n; ++i) m->temperature[i] = p->cs->temperature, m->pressure[i] = p->cs->pressure;
    m->array[m->narrays++] = (femd_vtu_array){"temperature", FEMD_VTU_FLOAT64, 1, NULL, m->temperature};
    m->array[m->narrays++] = (femd_vtu_array){"pressure", FEMD_VTU_FLOAT64, 1, NULL, m->pressure};
    return FEMD_OK;
}

static void node_fields_clear(node_fields *m) {
    for (size_t i = 0; i < FEMD_FIELDS; ++i) free(m->value[i]);
    free(m->conn);
    free(m->temperature);
    *m = (node_fields){0};
}

static femd_status write_text(const char *folder, const char *name, const femd_buffer *b, femd_error *err) {
    char *path = femd_path_join(folder, "%s", name);
    if (!path) return femd_fail(err, FEMD_NO_MEMORY, "no memory for a file name");
    femd_status rc = femd_file_replace(path, b->data, b->size, err);
    free(path);
    return rc;
}

/* This rank's piece; on rank 0 also the text of the .pvtu. */
static femd_status encode(femd_problem *p, const char *stem, femd_buffer *piece, femd_buffer *parallel,
                          femd_error *err) {
    cell_fields cells = {0};
    node_fields nodes = {0};
    femd_status rc;
    FEMD_TRY_GOTO(rc, node_fields_init(&nodes, p, err), done);
    FEMD_TRY_GOTO(rc, cell_fields_init(&cells, (size_t)p->grid->ncells, err), done);
    for (PetscInt c = 0; c < p->grid->ncells; ++c) average_cell(&cells, c, p);

    femd_vtu_array cell_array[CELL_ARRAYS_MAX];
    femd_vtu v = {.npoints = (size_t)p->grid->nnodes,
                  .ncells = (size_t)p->grid->ncells,
                  .cell_type = p->cs->element->vtk_type,
                  .cell_points = p->grid->table.nodes,
                  .points = p->grid->node_x,
                  .conn = nodes.conn,
                  .npoint_arrays = nodes.narrays,
                  .point_array = nodes.array,
                  .ncell_arrays = list_cell_arrays(p, &cells, cell_array),
                  .cell_array = cell_array};
    FEMD_TRY_GOTO(rc, femd_vtu_encode(&v, piece, err), done);
    if (p->rank == 0) rc = femd_pvtu_encode(&v, stem, p->size, parallel, err);
done:
    node_fields_clear(&nodes);
    free(cells.block);
    return rc;
}

femd_status femd_output_step(femd_problem *p, const femd_step_record *rec, const char *folder, femd_error *err) {
    femd_buffer piece = FEMD_BUFFER_INIT, parallel = FEMD_BUFFER_INIT;
    char stem[32], name[64];
    snprintf(stem, sizeof stem, "step_%04d", rec ? rec->step : p->step);
    femd_status rc = encode(p, stem, &piece, &parallel, err);
    snprintf(name, sizeof name, "%s_%d.vtu", stem, (int)p->rank);
    if (rc == FEMD_OK) rc = write_text(folder, name, &piece, err);
    rc = femd_agree(p->comm, rc, err);
    snprintf(name, sizeof name, "%s.pvtu", stem);
    if (rc == FEMD_OK && p->rank == 0) rc = write_text(folder, name, &parallel, err);
    femd_buffer_clear(&piece);
    femd_buffer_clear(&parallel);
    return femd_agree(p->comm, rc, err);
}
