/* Arrays of the quadrature points. Owns their storage and geometry, never asks for an answer. */
#include "fields/points.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/petsc_edge.h"

/* Arrays that come once: X(member, entries per point). */
#define FIXED_LIST(X) X(id, 1) X(material, 1) X(x, 3) X(weight, 1) X(temperature, 1) X(pressure, 1) X(delta_mu, 3)

/* 1 if a line of the list, or one of the members that come once (wants 0), is there. */
static int points_hold(const femd_points *pt, uint32_t wants) {
    return wants == 0 || (pt->wants & wants);
}

static int points_allocate(femd_points *pt) {
    const size_t n = (size_t)pt->n;
    int missing = 0;
#define ALLOCATE(member, entries) missing |= !(pt->member = calloc(n * (entries) + 1, sizeof *pt->member));
#define ALLOCATE_BOTH(member, type, entries, wants, dataset)                                                           \
    if (points_hold(pt, wants)) {                                                                                      \
        ALLOCATE(member, entries)                                                                                      \
        ALLOCATE(t##member, entries)                                                                                   \
    }
    FIXED_LIST(ALLOCATE)
    FEMD_POINT_LIST(ALLOCATE_BOTH)
#undef ALLOCATE_BOTH
#undef ALLOCATE
    return !missing;
}

femd_status femd_points_create(PetscInt n, PetscInt per_cell, uint32_t wants, femd_points **out, femd_error *err) {
    femd_points *pt = *out = calloc(1, sizeof *pt);
    if (!pt) return femd_fail(err, FEMD_NO_MEMORY, "no memory for the points");
    pt->n = n;
    pt->per_cell = per_cell;
    pt->wants = wants;
    femd_status rc =
        points_allocate(pt) ? FEMD_OK : femd_fail(err, FEMD_NO_MEMORY, "no memory for %ld points", (long)n);
    if (rc == FEMD_OK) rc = femd_wanted_create(wants, (size_t)n, &pt->wanted, &pt->nwanted, err);
    if (rc != FEMD_OK) {
        femd_points_destroy(out);
        return rc;
    }
    const femd_wanted *k = femd_wanted_find(pt->wanted, pt->nwanted, FEMD_QUANTITY_CONDUCTIVITY);
    if (k) pt->k = k->value, pt->tk = k->tvalue;
    for (PetscInt i = 0; i < n; ++i) {
        for (int a = 0; a < 9; a += 4) pt->F[9 * i + a] = pt->tF[9 * i + a] = 1;
        if (k) pt->k_from[i].T = pt->tk_from[i].T = NAN;
        if (pt->internal) pt->internal[i] = NAN;
    }
    return FEMD_OK;
}

void femd_points_destroy(femd_points **pt) {
    if (!*pt) return;
#define RELEASE(member, entries)                            free((*pt)->member);
#define RELEASE_BOTH(member, type, entries, wants, dataset) RELEASE(member, ) RELEASE(t##member, )
    FIXED_LIST(RELEASE)
    FEMD_POINT_LIST(RELEASE_BOTH)
#undef RELEASE_BOTH
#undef RELEASE
    free((*pt)->gradient);
    femd_wanted_destroy(&(*pt)->wanted, &(*pt)->nwanted);
    free(*pt);
    *pt = NULL;
}

femd_status femd_points_first_place(MPI_Comm comm, const femd_points *pt, double x[FEMD_SPACE], femd_error *err) {
    for (int a = 0; a < FEMD_SPACE; ++a) x[a] = -INFINITY;
    for (PetscInt k = 0; k < pt->n; ++k)
        if (pt->id[k] == 0) memcpy(x, pt->x + FEMD_SPACE * k, FEMD_SPACE * sizeof *x);
    MPI_TRY(err, MPI_Allreduce(MPI_IN_PLACE, x, FEMD_SPACE, MPI_DOUBLE, MPI_MAX, comm));
    return FEMD_OK;
}

void femd_points_commit(femd_points *pt) {
#define COPY(member, type, entries, wants, dataset)                                                                    \
    if (points_hold(pt, wants)) memcpy(pt->member, pt->t##member, (size_t)pt->n *(entries) * sizeof *pt->member);
    FEMD_POINT_LIST(COPY)
#undef COPY
    femd_wanted_copy(pt->wanted, pt->nwanted, (size_t)pt->n, 1);
}

void femd_points_recall(femd_points *pt) {
#define RECALL(member, type, entries, wants, dataset)                                                                  \
    if (((wants)&FEMD_WANT_ALL) && points_hold(pt, wants))                                                             \
        memcpy(pt->t##member, pt->member, (size_t)pt->n *(entries) * sizeof *pt->member);
    FEMD_POINT_LIST(RECALL)
#undef RECALL
    femd_wanted_copy(pt->wanted, pt->nwanted, (size_t)pt->n, 0);
}

/* Geometry of the points of cell c. */
static void points_place_cell(femd_problem *p, PetscInt c) {
    const femd_grid *grid = p->grid;
    const femd_element_table *table = &grid->table;
    double x[FEMD_SPACE * FEMD_ELEMENT_NODES];
    const PetscInt *node = grid->cell_node + c * table->nodes, first = c * table->points;
    for (int i = 0; i < table->nodes; ++i)
        memcpy(x + FEMD_SPACE * i, grid->node_x + FEMD_SPACE * node[i], FEMD_SPACE * sizeof *x);
    (void)femd_element_place(table, x, p->pt->x + 3 * first, p->pt->weight + first,
                             p->pt->gradient + (size_t)first * table->nodes * FEMD_SPACE);
    for (PetscInt k = first, q = 0; q < table->points; ++k, ++q) {
        p->pt->id[k] = grid->cell_file[c] * (uint64_t)table->points + (uint64_t)q;
        p->pt->material[k] = grid->cell_material[c];
    }
}

femd_status femd_points_place(femd_problem *p, femd_error *err) {
    if (p->pt->gradient) return FEMD_OK; /* another field has done so */
    const size_t values = (size_t)p->pt->n * (size_t)p->grid->table.nodes * FEMD_SPACE;
    if (!(p->pt->gradient = malloc((values + 1) * sizeof *p->pt->gradient)))
        return femd_fail(err, FEMD_NO_MEMORY, "no memory for the gradients of %ld points", (long)p->pt->n);
    for (PetscInt c = 0; c < p->grid->ncells; ++c) points_place_cell(p, c);
    return FEMD_OK;
}
