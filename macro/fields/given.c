#include "fields/given.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/collective.h"
#include "base/petsc_edge.h"
#include "fields/points.h"
#include "mesh/nodal_data.h"

#define NEAR 1e-6 /* of the grid's diagonal */

struct femd_given {
    size_t ntimes;
    double *time;  /* ntimes */
    double *value; /* ntimes x nodes, K */
};

/* ---- making ---- */

/* What rank 0 has read is everybody's. */
static femd_status given_share(femd_problem *p, femd_nodal_data *data, femd_error *err) {
    uint64_t size[2] = {data->n, data->ntimes};
    MPI_TRY(err, MPI_Bcast(size, 2, MPI_UINT64_T, 0, p->comm));
    femd_status rc = FEMD_OK;
    if (p->rank != 0) {
        *data = (femd_nodal_data){.n = size[0], .ntimes = size[1]};
        data->x = calloc(3 * data->n + 1, sizeof *data->x);
        data->time = calloc(data->ntimes + 1, sizeof *data->time);
        data->value = calloc(data->n * data->ntimes + 1, sizeof *data->value);
        if (!data->x || !data->time || !data->value)
            rc = femd_fail(err, FEMD_NO_MEMORY, "no memory for the temperatures of a file");
    }
    FEMD_TRY(femd_agree(p->comm, rc, err));
    FEMD_TRY(femd_broadcast(p->comm, data->x, 3 * data->n, 0, err));
    FEMD_TRY(femd_broadcast(p->comm, data->time, data->ntimes, 0, err));
    return femd_broadcast(p->comm, data->value, data->n * data->ntimes, 0, err);
}

static femd_status given_near(const femd_problem *p, double *near, femd_error *err) {
    double most[6];
    for (int a = 0; a < 6; ++a) most[a] = -INFINITY;
    for (PetscInt i = 0; i < FEMD_SPACE * p->grid->nnodes; ++i) {
        most[i % 3] = fmax(most[i % 3], p->grid->node_x[i]);
        most[3 + i % 3] = fmax(most[3 + i % 3], -p->grid->node_x[i]);
    }
    MPI_TRY(err, MPI_Allreduce(MPI_IN_PLACE, most, 6, MPI_DOUBLE, MPI_MAX, p->comm));
    *near = NEAR * sqrt(pow(most[0] + most[3], 2) + pow(most[1] + most[4], 2) + pow(most[2] + most[5], 2));
    return FEMD_OK;
}

/* Nodes on edges that the file has not. */
static void given_fill_edges(const femd_problem *p, double *value) {
    const femd_grid *grid = p->grid;
    const femd_cell *cell = grid->table.element->cell;
    const int nodes = grid->table.nodes, corners = cell->corners;
    for (PetscInt c = 0; nodes == corners + cell->edges && c < grid->ncells; ++c) {
        const PetscInt *node = grid->cell_node + c * nodes;
        for (int e = 0; e < cell->edges; ++e)
            if (isnan(value[node[corners + e]]))
                value[node[corners + e]] = 0.5 * (value[node[cell->edge[e][0]]] + value[node[cell->edge[e][1]]]);
    }
}

static femd_status given_find(femd_problem *p, const femd_nodal_data *data, double near, femd_error *err) {
    const PetscInt n = p->grid->nnodes;
    for (PetscInt i = 0; i < n; ++i) {
        const size_t at = femd_nodal_data_find(data, p->grid->node_x + FEMD_SPACE * i, near);
        for (size_t k = 0; k < data->ntimes; ++k)
            p->given->value[k * (size_t)n + (size_t)i] = at < data->n ? data->value[k * data->n + at] : NAN;
    }
    for (size_t k = 0; k < data->ntimes; ++k) given_fill_edges(p, p->given->value + k * (size_t)n);
    for (size_t i = 0; i < data->ntimes * (size_t)n; ++i) {
        const double *x = p->grid->node_x + FEMD_SPACE * (i % (size_t)n);
        if (!isnan(p->given->value[i])) continue;
        return femd_fail(err, FEMD_BAD_INPUT,
                         "%s: temperature.file: %s has no temperature at the node at (%g, %g, %g) m, time %g",
                         p->cs->path, p->cs->temperature_file, x[0], x[1], x[2], data->time[i / (size_t)n]);
    }
    return FEMD_OK;
}

static femd_status given_make(femd_problem *p, const femd_nodal_data *data, femd_error *err) {
    double near = 0;
    femd_given *given = p->given = calloc(1, sizeof *given);
    if (given) {
        given->ntimes = data->ntimes;
        given->time = calloc(data->ntimes + 1, sizeof *given->time);
        given->value = calloc(data->ntimes * (size_t)p->grid->nnodes + 1, sizeof *given->value);
    }
    const int made = given && given->time && given->value;
    FEMD_TRY(femd_agree(
        p->comm, made ? FEMD_OK : femd_fail(err, FEMD_NO_MEMORY, "no memory for the temperatures of a file"), err));
    memcpy(given->time, data->time, data->ntimes * sizeof *given->time);
    FEMD_TRY(given_near(p, &near, err));
    return femd_agree(p->comm, given_find(p, data, near, err), err);
}

femd_status femd_given_create(femd_problem *p, femd_error *err) {
    femd_nodal_data data = {0};
    if (!p->cs->temperature_file) return FEMD_OK;
    femd_status rc = femd_agree(p->comm, p->rank == 0 ? femd_nodal_data_read(p->cs, &data, err) : FEMD_OK, err);
    if (rc == FEMD_OK) rc = given_share(p, &data, err);
    if (rc == FEMD_OK) rc = given_make(p, &data, err);
    femd_nodal_data_clear(&data);
    return rc;
}

void femd_given_destroy(femd_problem *p) {
    if (!p->given) return;
    free(p->given->time);
    free(p->given->value);
    free(p->given);
    p->given = NULL;
}

/* ---- values ---- */

/* Linear between the times of the file, constant outside. */
static double given_node(const femd_problem *p, PetscInt i, double time) {
    const femd_given *given = p->given;
    const size_t n = (size_t)p->grid->nnodes;
    size_t k = 0;
    while (k + 1 < given->ntimes && time >= given->time[k + 1]) ++k;
    const double *now = given->value + k * n + (size_t)i;
    if (k + 1 == given->ntimes || time <= given->time[k]) return *now;
    return *now + (now[n] - *now) * (time - given->time[k]) / (given->time[k + 1] - given->time[k]);
}

femd_status femd_given_at_node(const femd_problem *p, PetscInt i, double time, double *kelvin, femd_error *err) {
    if (!p->given) return femd_case_temperature(p->cs, p->grid->node_x + FEMD_SPACE * i, time, kelvin, err);
    *kelvin = given_node(p, i, time);
    return FEMD_OK;
}

femd_status femd_given_at_point(const femd_problem *p, PetscInt i, double time, double *kelvin, femd_error *err) {
    const femd_element_table *table = &p->grid->table;
    const PetscInt *node = p->grid->cell_node + i / table->points * table->nodes;
    if (!p->given) return femd_case_temperature(p->cs, p->pt->x + FEMD_SPACE * i, time, kelvin, err);
    *kelvin = 0;
    for (int j = 0; j < table->nodes; ++j) *kelvin += table->shape[i % table->points][j] * given_node(p, node[j], time);
    return FEMD_OK;
}
