#include "fields/given.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/collective.h"
#include "base/petsc_edge.h"
#include "fields/points.h"
#include "mesh/nodal_data.h"

#define NEAR 1e-6 /* of the grid's diagonal */

/* Values of one file. */
typedef struct given_values {
    size_t ntimes; /* 0: there is no file */
    double *time;  /* ntimes */
    double *value; /* ntimes x nodes, in SI */
} given_values;

struct femd_given {
    given_values of[FEMD_NODALS];
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
            rc = femd_fail(err, FEMD_NO_MEMORY, "no memory for the values of a file");
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

static femd_status given_find(femd_problem *p, femd_nodal_what what, const femd_nodal_data *data, double near,
                              femd_error *err) {
    const PetscInt n = p->grid->nnodes;
    double *value = p->given->of[what].value;
    for (PetscInt i = 0; i < n; ++i) {
        const size_t at = femd_nodal_data_find(data, p->grid->node_x + FEMD_SPACE * i, near);
        for (size_t k = 0; k < data->ntimes; ++k)
            value[k * (size_t)n + (size_t)i] = at < data->n ? data->value[k * data->n + at] : NAN;
    }
    for (size_t k = 0; k < data->ntimes; ++k) given_fill_edges(p, value + k * (size_t)n);
    for (size_t i = 0; i < data->ntimes * (size_t)n; ++i) {
        const double *x = p->grid->node_x + FEMD_SPACE * (i % (size_t)n);
        if (!isnan(value[i])) continue;
        return femd_fail(err, FEMD_BAD_INPUT, "%s: %s.file: %s has no %s at the node at (%g, %g, %g) m, time %g",
                         p->cs->path, femd_nodal_key(what), femd_nodal_of(p->cs, what)->file, femd_nodal_noun(what),
                         x[0], x[1], x[2], data->time[i / (size_t)n]);
    }
    return FEMD_OK;
}

static femd_status given_make(femd_problem *p, femd_nodal_what what, const femd_nodal_data *data, femd_error *err) {
    double near = 0;
    given_values *given = &p->given->of[what];
    given->ntimes = data->ntimes;
    given->time = calloc(data->ntimes + 1, sizeof *given->time);
    given->value = calloc(data->ntimes * (size_t)p->grid->nnodes + 1, sizeof *given->value);
    FEMD_TRY(femd_agree(
        p->comm,
        given->time && given->value ? FEMD_OK : femd_fail(err, FEMD_NO_MEMORY, "no memory for the values of a file"),
        err));
    memcpy(given->time, data->time, data->ntimes * sizeof *given->time);
    FEMD_TRY(given_near(p, &near, err));
    return femd_agree(p->comm, given_find(p, what, data, near, err), err);
}

static femd_status given_create_one(femd_problem *p, femd_nodal_what what, femd_error *err) {
    femd_nodal_data data = {0};
    femd_status rc = femd_agree(p->comm, p->rank == 0 ? femd_nodal_data_read(p->cs, what, &data, err) : FEMD_OK, err);
    if (rc == FEMD_OK) rc = given_share(p, &data, err);
    if (rc == FEMD_OK) rc = given_make(p, what, &data, err);
    femd_nodal_data_clear(&data);
    return rc;
}

femd_status femd_given_create(femd_problem *p, femd_error *err) {
    for (int what = 0; what < FEMD_NODALS; ++what) {
        if (!femd_nodal_of(p->cs, (femd_nodal_what)what)->file) continue;
        if (!p->given) p->given = calloc(1, sizeof *p->given);
        FEMD_TRY(femd_agree(
            p->comm, p->given ? FEMD_OK : femd_fail(err, FEMD_NO_MEMORY, "no memory for the values of a file"), err));
        FEMD_TRY(given_create_one(p, (femd_nodal_what)what, err));
    }
    return FEMD_OK;
}

void femd_given_destroy(femd_problem *p) {
    for (int what = 0; p->given && what < FEMD_NODALS; ++what) {
        free(p->given->of[what].time);
        free(p->given->of[what].value);
    }
    free(p->given);
    p->given = NULL;
}

/* ---- values ---- */

/* Those of the file; NULL: there is none. */
static const given_values *given_of(const femd_problem *p, femd_nodal_what what) {
    return p->given && p->given->of[what].ntimes > 0 ? &p->given->of[what] : NULL;
}

/* The temperature's: prescribed, or that of the start. */
static const given_values *given_temperature(const femd_problem *p) {
    return given_of(p, femd_case_has_heat(p->cs) ? FEMD_NODAL_INITIAL : FEMD_NODAL_TEMPERATURE);
}

int femd_given_has_temperature(const femd_problem *p) {
    return given_temperature(p) != NULL;
}

/* Linear between the times of the file, constant outside. */
static double given_node(const femd_problem *p, const given_values *given, PetscInt i, double time) {
    const size_t n = (size_t)p->grid->nnodes;
    size_t k = 0;
    while (k + 1 < given->ntimes && time >= given->time[k + 1]) ++k;
    const double *now = given->value + k * n + (size_t)i;
    if (k + 1 == given->ntimes || time <= given->time[k]) return *now;
    return *now + (now[n] - *now) * (time - given->time[k]) / (given->time[k + 1] - given->time[k]);
}

static double given_point(const femd_problem *p, const given_values *given, PetscInt i, double time) {
    const femd_element_table *table = &p->grid->table;
    const PetscInt *node = p->grid->cell_node + i / table->points * table->nodes;
    double sum = 0;
    for (int j = 0; j < table->nodes; ++j)
        sum += table->shape[i % table->points][j] * given_node(p, given, node[j], time);
    return sum;
}

femd_status femd_given_at_node(const femd_problem *p, PetscInt i, double time, double *kelvin, femd_error *err) {
    const given_values *given = given_temperature(p);
    if (!given) return femd_case_temperature(p->cs, p->grid->node_x + FEMD_SPACE * i, time, kelvin, err);
    *kelvin = given_node(p, given, i, time);
    return FEMD_OK;
}

femd_status femd_given_at_point(const femd_problem *p, PetscInt i, double time, double *kelvin, femd_error *err) {
    const given_values *given = given_temperature(p);
    if (!given) return femd_case_temperature(p->cs, p->pt->x + FEMD_SPACE * i, time, kelvin, err);
    *kelvin = given_point(p, given, i, time);
    return FEMD_OK;
}

femd_status femd_given_pressure(const femd_problem *p, PetscInt i, double time, double *pascal, femd_error *err) {
    const given_values *given = given_of(p, FEMD_NODAL_PRESSURE);
    if (!given) return femd_case_pressure(p->cs, p->pt->x + FEMD_SPACE * i, time, pascal, err);
    *pascal = given_point(p, given, i, time);
    return FEMD_OK;
}
