/* The fields of one committed step as step_NNNN.pvtu with one .vtu per rank. Only what is the same bits for any number
 * of workers goes in: no timing, no pool data. */
#include "results/output.h"

#include <stdlib.h>
#include <string.h>

#include "base/collective.h"
#include "base/part.h"
#include "fields/given.h"
#include "fields/heat.h"
#include "results/cell_fields.h"
#include "results/nodal_stress.h"
#include "results/outfile.h"

/* ---- nodes ---- */

enum { POINT_ARRAYS_MAX = FEMD_FIELDS + 5 };

static const char *const tensor_label[9] = {"xx", "xy", "xz", "yx", "yy", "yz", "zx", "zy", "zz"};

/* The nodes of this rank as the arrays of a VTK mesh: the fields, and what is prescribed at them. */
typedef struct node_fields {
    double *value[FEMD_FIELDS];
    double *temperature;
    double *x;                  /* positions, in the case's unit of length */
    double *stress, *von_mises; /* one block each */
    int64_t *conn;
    size_t narrays;
    femd_vtu_array array[POINT_ARRAYS_MAX];
} node_fields;

/* unit: m; what is a length is divided by it. */
static femd_status node_fields_take(node_fields *m, femd_field *field, double unit, double **value, femd_error *err) {
    *value = malloc((field->n + 1) * sizeof **value);
    femd_status rc =
        *value ? FEMD_OK : femd_fail(err, FEMD_NO_MEMORY, "no memory for the %s in the output", field->kind->name);
    FEMD_TRY(femd_agree(field->grid->comm, rc, err));
    FEMD_TRY(femd_field_get(field, *value, err));
    if (strcmp(field->kind->unit, "m") == 0)
        for (size_t i = 0; i < field->n; ++i) (*value)[i] /= unit;
    m->array[m->narrays++] =
        (femd_vtu_array){field->kind->name, FEMD_VTU_FLOAT64, field->components, field->kind->label, *value};
    return FEMD_OK;
}

/* What the points of a strained body say at its nodes, and the temperature that the case prescribes there. */
static femd_status node_fields_add_stress(node_fields *m, femd_problem *p, femd_error *err) {
    const femd_grid *grid = p->grid;
    const size_t n = (size_t)grid->nnodes;
    FEMD_TRY(femd_nodal_stress(p, &m->stress, err));
    m->von_mises = malloc((n + 1) * sizeof *m->von_mises);
    m->temperature = p->temperature ? NULL : malloc((n + 1) * sizeof *m->temperature);
    if ((!m->temperature && !p->temperature) || !m->von_mises)
        return femd_fail(err, FEMD_NO_MEMORY, "no memory for the nodes of the output");
    for (size_t i = 0; i < n; ++i) m->von_mises[i] = femd_von_mises(m->stress + 9 * i);
    for (size_t i = 0; m->temperature && i < n; ++i)
        FEMD_TRY(femd_given_at_node(p, (PetscInt)i, p->time, &m->temperature[i], err));
    if (m->temperature)
        m->array[m->narrays++] = (femd_vtu_array){"temperature", FEMD_VTU_FLOAT64, 1, NULL, m->temperature};
    m->array[m->narrays++] = (femd_vtu_array){"nodal_cauchy_stress", FEMD_VTU_FLOAT64, 9, tensor_label, m->stress};
    m->array[m->narrays++] = (femd_vtu_array){"nodal_von_mises", FEMD_VTU_FLOAT64, 1, NULL, m->von_mises};
    return FEMD_OK;
}

static femd_status node_fields_init(node_fields *m, femd_problem *p, femd_error *err) {
    const femd_grid *grid = p->grid;
    const double unit = p->cs->mesh.unit > 0 ? p->cs->mesh.unit : 1;
    const size_t n = (size_t)grid->nnodes, nconn = (size_t)grid->ncells * (size_t)grid->table.nodes;
    *m = (node_fields){0};
    for (size_t i = 0; i < p->nfields; ++i) FEMD_TRY(node_fields_take(m, p->field[i], unit, &m->value[i], err));
    if (femd_heat_errors(p))
        m->array[m->narrays++] = (femd_vtu_array){"temperature_error", FEMD_VTU_FLOAT64, 1, NULL, femd_heat_errors(p)};
    m->conn = malloc((nconn + 1) * sizeof *m->conn);
    m->x = malloc((3 * n + 1) * sizeof *m->x);
    if (!m->conn || !m->x) return femd_fail(err, FEMD_NO_MEMORY, "no memory for the nodes of the output");
    for (size_t i = 0; i < nconn; ++i) m->conn[i] = grid->cell_node[i];
    for (size_t i = 0; i < 3 * n; ++i) m->x[i] = grid->node_x[i] / unit;
    return p->displacement ? node_fields_add_stress(m, p, err) : FEMD_OK;
}
static void node_fields_clear(node_fields *m) {
    for (size_t i = 0; i < FEMD_FIELDS; ++i) free(m->value[i]);
    free(m->conn);
    free(m->temperature);
    free(m->x);
    free(m->stress);
    free(m->von_mises);
    *m = (node_fields){0};
}

static femd_status output_write_text(const char *folder, const char *name, const femd_buffer *b, femd_error *err) {
    char *path = femd_path_join(folder, "%s", name);
    if (!path) return femd_fail(err, FEMD_NO_MEMORY, "no memory for a file name");
    femd_status rc = femd_file_replace(path, b->data, b->size, err);
    free(path);
    return rc;
}

/* This rank's piece; on rank 0 also the text of the .pvtu. */
static femd_status output_encode(femd_problem *p, const char *stem, femd_buffer *piece, femd_buffer *parallel,
                                 femd_error *err) {
    femd_cell_fields *cells = NULL;
    node_fields nodes = {0};
    femd_status rc;
    FEMD_TRY_GOTO(rc, node_fields_init(&nodes, p, err), done);
    FEMD_TRY_GOTO(rc, femd_cell_fields_create(p, &cells, err), done);

    femd_vtu_array cell_array[FEMD_CELL_ARRAYS_MAX];
    femd_vtu v = {.npoints = (size_t)p->grid->nnodes,
                  .ncells = (size_t)p->grid->ncells,
                  .cell_type = p->cs->element->vtk_type,
                  .cell_points = p->grid->table.nodes,
                  .points = nodes.x,
                  .unit = p->cs->mesh.unit > 0 ? p->cs->mesh.unit_name : "m",
                  .conn = nodes.conn,
                  .npoint_arrays = nodes.narrays,
                  .point_array = nodes.array,
                  .ncell_arrays = femd_cell_fields_list(p, cells, cell_array),
                  .cell_array = cell_array};
    FEMD_TRY_GOTO(rc, femd_vtu_encode(&v, piece, err), done);
    if (p->rank == 0) rc = femd_pvtu_encode(&v, stem, p->size, parallel, err);
done:
    node_fields_clear(&nodes);
    femd_cell_fields_destroy(&cells);
    return rc;
}

femd_status femd_output_step(femd_problem *p, const femd_step_record *rec, const char *folder, femd_error *err) {
    FEMD_PART(OUTPUT);
    femd_buffer piece = FEMD_BUFFER_INIT, parallel = FEMD_BUFFER_INIT;
    char stem[32], name[64];
    snprintf(stem, sizeof stem, "step_%04d", rec ? rec->step : p->step);
    femd_status rc = output_encode(p, stem, &piece, &parallel, err);
    snprintf(name, sizeof name, "%s_%d.vtu", stem, (int)p->rank);
    if (rc == FEMD_OK) rc = output_write_text(folder, name, &piece, err);
    rc = femd_agree(p->comm, rc, err);
    snprintf(name, sizeof name, "%s.pvtu", stem);
    if (rc == FEMD_OK && p->rank == 0) rc = output_write_text(folder, name, &parallel, err);
    femd_buffer_clear(&piece);
    femd_buffer_clear(&parallel);
    return femd_agree(p->comm, rc, err);
}
