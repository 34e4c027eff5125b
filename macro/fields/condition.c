/* What all kinds of conditions share: their values, and walks over their surfaces. */
#include "fields/condition.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fields/boundary.h"

/* ---- values ---- */

double femd_condition_factor(const femd_case *cs, const femd_condition *condition, int a, double time) {
    if ((condition->function[a] || condition->steady) && condition->entry->ntable == 0) return 1;
    return femd_case_amplitude(cs, condition->entry, time);
}

femd_status femd_condition_before_factor(const femd_condition *condition, int a, const double x[FEMD_SPACE],
                                         double time, double *value, femd_error *err) {
    if (condition->function[a]) return femd_function_at(condition->function[a], x, time, value, err);
    *value = condition->value[a];
    if (condition->gradient)
        for (int k = 0; k < FEMD_SPACE; ++k) *value += condition->gradient[FEMD_SPACE * a + k] * x[k];
    return FEMD_OK;
}

femd_status femd_condition_at(const femd_case *cs, const femd_condition *condition, int a, const double x[FEMD_SPACE],
                              double time, double *value, femd_error *err) {
    FEMD_TRY(femd_condition_before_factor(condition, a, x, time, value, err));
    *value *= femd_condition_factor(cs, condition, a, time);
    return FEMD_OK;
}

int femd_condition_varies(const femd_condition *condition) {
    int varies = 0;
    for (int a = 0; a < FEMD_COMPONENTS; ++a)
        varies |= condition->function[a] && femd_function_uses(condition->function[a]) & FEMD_FUNCTION_TIME;
    return varies;
}

/* ---- surfaces ---- */

femd_status femd_visit_faces(const femd_grid *grid, const char *surface, femd_face_visitor *visit, void *user,
                             femd_error *err) {
    IS is = NULL;
    PetscInt n, cell;
    int side;
    const PetscInt *point;
    femd_status rc = FEMD_OK;
    FEMD_TRY(femd_grid_surface(grid, surface, &is, &n, &point, err));
    for (PetscInt i = 0; i < n && rc == FEMD_OK; ++i) {
        rc = femd_grid_face(grid, point[i], &cell, &side, err);
        if (rc == FEMD_OK && cell >= 0) rc = visit(user, cell, side, err);
    }
    FEMD_TRY(femd_grid_surface_release(&is, &point, err));
    return rc;
}

/* hits[node] += 1 for the nodes of a group. */
static femd_status nodes_of_group(const femd_grid *grid, const char *group, uint8_t *hits, femd_error *err) {
    IS is = NULL;
    PetscInt n, node;
    const PetscInt *point;
    femd_status rc = FEMD_OK;
    FEMD_TRY(femd_grid_surface(grid, group, &is, &n, &point, err));
    for (PetscInt i = 0; i < n && rc == FEMD_OK; ++i) {
        rc = femd_grid_node(grid, point[i], &node, err);
        if (rc == FEMD_OK && node >= 0) hits[node]++;
    }
    FEMD_TRY(femd_grid_surface_release(&is, &point, err));
    return rc;
}

/* Distance of x from the position, or from the line between the two. */
static double distance_from(const femd_case_boundary *entry, const double *x) {
    const double *p = entry->position[0], *q = entry->position[entry->npositions - 1];
    double along = 0, length = 0, square = 0;
    for (int a = 0; a < FEMD_SPACE; ++a) {
        along += (x[a] - p[a]) * (q[a] - p[a]);
        length += (q[a] - p[a]) * (q[a] - p[a]);
    }
    const double part = length > 0 ? fmin(1, fmax(0, along / length)) : 0;
    for (int a = 0; a < FEMD_SPACE; ++a) {
        const double d = x[a] - p[a] - part * (q[a] - p[a]);
        square += d * d;
    }
    return sqrt(square);
}

double femd_place_distance(const femd_grid *grid, const femd_case_boundary *entry) {
    double least = INFINITY;
    for (PetscInt i = 0; i < grid->nnodes; ++i)
        least = fmin(least, distance_from(entry, grid->node_x + FEMD_SPACE * i));
    return least;
}

femd_status femd_visit_nodes(const femd_field *field, const femd_case_boundary *entry, femd_node_visitor *visit,
                             void *user, femd_error *err) {
    const femd_grid *grid = field->grid;
    const char *group;
    int groups = 0;
    femd_status rc = FEMD_OK;
    uint8_t *hits = calloc((size_t)grid->nnodes + 1, 1);
    if (!hits) return femd_fail(err, FEMD_NO_MEMORY, "no memory for the boundary");
    for (; rc == FEMD_OK && (group = femd_case_surface(entry, groups)); ++groups)
        rc = nodes_of_group(grid, group, hits, err);
    for (PetscInt i = 0; i < grid->nnodes && rc == FEMD_OK; ++i) {
        const int here = entry->npositions > 0
                             ? distance_from(entry, grid->node_x + FEMD_SPACE * i) <= field->boundary->near
                             : hits[i] == groups;
        if (here) rc = visit(user, i, err);
    }
    free(hits);
    return rc;
}

void femd_face_nodes_at(const femd_grid *grid, PetscInt cell, int side, double x[FEMD_FACE_NODES][FEMD_SPACE]) {
    const femd_element_table *table = &grid->table;
    const PetscInt *node = grid->cell_node + cell * table->nodes;
    for (int i = 0; i < table->face_nodes; ++i)
        memcpy(x[i], grid->node_x + FEMD_SPACE * node[table->face_node[side][i]], sizeof x[i]);
}
