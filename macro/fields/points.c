/* Arrays of the quadrature points. Owns their storage and geometry, never asks for an answer. */
#include "fields/points.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Every array of femd_points: X(member, entries per point). */
/* clang-format off */
#define COMMITTED_LIST(X) X(state, 1) X(E, 6) X(S, 6) X(D, 36) X(F, 9) X(energy, 1) X(k, 6) X(ke, 6) X(k_from, 1) \
    X(S_err, 6) X(hill_mandel, 1) X(stability, 1) X(status, 1) X(notes, 1) X(wall, 1)
#define TENTATIVE_LIST(X) X(tstate, 1) X(tE, 6) X(tS, 6) X(tD, 36) X(tF, 9) X(tenergy, 1) X(tk, 6) X(tke, 6) \
    X(tk_from, 1) X(tS_err, 6) X(thill_mandel, 1) X(tstability, 1) X(tstatus, 1) X(tnotes, 1) X(twall, 1)
#define FIXED_LIST(X) X(id, 1) X(material, 1) X(x, 3) X(weight, 1)
/* clang-format on */

femd_status femd_points_create(PetscInt n, PetscInt per_cell, femd_points **out, femd_error *err) {
    femd_points *pt = calloc(1, sizeof *pt);
    if (!pt) return femd_fail(err, FEMD_NO_MEMORY, "no memory for the points");
    int missing = 0;
    pt->n = n;
    pt->per_cell = per_cell;
#define ALLOCATE(member, entries) missing |= !(pt->member = calloc((size_t)n * (entries) + 1, sizeof *pt->member));
    FIXED_LIST(ALLOCATE)
    COMMITTED_LIST(ALLOCATE)
    TENTATIVE_LIST(ALLOCATE)
#undef ALLOCATE
    *out = pt;
    if (missing) {
        femd_points_destroy(out);
        return femd_fail(err, FEMD_NO_MEMORY, "no memory for %ld points", (long)n);
    }
    for (PetscInt p = 0; p < n; ++p) {
        for (int a = 0; a < 9; a += 4) pt->F[9 * p + a] = pt->tF[9 * p + a] = 1;
        pt->stability[p] = pt->tstability[p] = NAN;
        pt->k_from[p].T = pt->tk_from[p].T = NAN;
    }
    return FEMD_OK;
}

void femd_points_destroy(femd_points **pt) {
    if (!*pt) return;
#define RELEASE(member, entries) free((*pt)->member);
    FIXED_LIST(RELEASE)
    COMMITTED_LIST(RELEASE)
    TENTATIVE_LIST(RELEASE)
#undef RELEASE
    free((*pt)->gradient);
    free(*pt);
    *pt = NULL;
}

void femd_points_commit(femd_points *pt) {
#define COPY(member, entries) memcpy(pt->member, pt->t##member, (size_t)pt->n *(entries) * sizeof *pt->member);
    COMMITTED_LIST(COPY)
#undef COPY
}

/* Geometry of the points of cell c. */
static void points_place_cell(femd_problem *p, PetscInt c) {
    const femd_grid *grid = p->grid;
    const femd_element_table *table = &grid->table;
    double x[FEMD_SPACE * FEMD_CELL_CORNERS];
    const PetscInt *node = grid->cell_node + c * table->nodes;
    for (int i = 0; i < table->corners; ++i)
        memcpy(x + FEMD_SPACE * i, grid->node_x + FEMD_SPACE * node[i], FEMD_SPACE * sizeof *x);
    for (int q = 0; q < table->points; ++q) {
        PetscInt k = c * table->points + q;
        femd_element_map(table, q, x, p->pt->x + 3 * k, &p->pt->weight[k],
                         p->pt->gradient + (size_t)k * table->nodes * FEMD_SPACE);
        p->pt->id[k] = grid->cell_file[c] * (uint64_t)table->points + (uint64_t)q;
        p->pt->material[k] = grid->cell_material[c];
    }
}

femd_status femd_points_place(femd_problem *p, femd_error *err) {
    const size_t values = (size_t)p->pt->n * (size_t)p->grid->table.nodes * FEMD_SPACE;
    if (!(p->pt->gradient = malloc((values + 1) * sizeof *p->pt->gradient)))
        return femd_fail(err, FEMD_NO_MEMORY, "no memory for the gradients of %ld points", (long)p->pt->n);
    for (PetscInt c = 0; c < p->grid->ncells; ++c) points_place_cell(p, c);
    return FEMD_OK;
}
