/* Boundary entries of the case on the nodes of the mesh. Owns which component is prescribed by whom and all external
 * forces; never touches a quadrature answer. */
#include "fields/boundary.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/collective.h"
#include "base/petsc_edge.h"

static double prescribed_value(const femd_case_boundary *b, const double *x, int a) {
    double u = b->value[a];
    if (b->has_gradient)
        for (int k = 0; k < 3; ++k) u += b->gradient[3 * a + k] * x[k];
    return u;
}

/* 1 if the two entries, with values u and v at factor 1, ask for the same displacement at all times: both are linear
 * between the times of their tables. *time is the first at which they differ. */
static int agree_in_time(const femd_case *cs, const femd_case_boundary *a, double u, const femd_case_boundary *b,
                         double v, double *time) {
    const femd_case_boundary *table[2] = {a, b};
    double scale = fabs(u) + fabs(v);
    *time = cs->end_time;
    for (int k = 0; k < 2; ++k)
        for (size_t i = 0; i <= table[k]->ntable; ++i) {
            double t = i < table[k]->ntable ? table[k]->time[i] : cs->end_time;
            double d = u * femd_case_amplitude(cs, a, t) - v * femd_case_amplitude(cs, b, t);
            *time = t;
            if (fabs(d) > 1e-12 * scale) return 0;
        }
    return 1;
}

static femd_status prescribe(femd_problem *p, femd_boundary *bc, size_t entry, PetscInt node, femd_error *err) {
    const femd_case_boundary *b = &p->cs->boundary[entry];
    const double *x = p->node_x + 3 * node;
    for (int a = 0; a < 3; ++a) {
        if (!b->has[a]) continue;
        PetscInt dof = 3 * node + a;
        double u = prescribed_value(b, x, a), time;
        int before = bc->entry[dof];
        if (before < 0) {
            bc->entry[dof] = (int)entry;
            bc->value[dof] = u;
            continue;
        }
        if (agree_in_time(p->cs, &p->cs->boundary[before], bc->value[dof], b, u, &time)) continue;
        return femd_fail(err, FEMD_BAD_INPUT,
                         "%s: boundary[%d] (\"%s\") and boundary[%zu] (\"%s\") prescribe different displacements along "
                         "%c at the node they "
                         "share at (%g, %g, %g) m: %g and %g m at factor 1 (they differ at time %g); leave one of them "
                         "free there (null)",
                         p->cs->path, before, p->cs->boundary[before].on, entry, b->on, "xyz"[a], x[0], x[1], x[2],
                         bc -> value[dof], u, time);
    }
    return FEMD_OK;
}

/* Local plex points of a surface; *is may be NULL. */
static femd_status surface_points(femd_problem *p, size_t entry, IS *is, PetscInt *n, const PetscInt **point,
                                  femd_error *err) {
    char name[FEMD_NAME_MAX + 16];
    *n = 0;
    *point = NULL;
    snprintf(name, sizeof name, "surface:%s", p->cs->boundary[entry].on);
    PETSC_TRY(err, DMGetStratumIS(p->dm, name, 1, is));
    if (!*is) return FEMD_OK;
    PETSC_TRY(err, ISGetLocalSize(*is, n));
    PETSC_TRY(err, ISGetIndices(*is, point));
    return FEMD_OK;
}

static femd_status release_points(IS *is, const PetscInt **point, femd_error *err) {
    if (!*is) return FEMD_OK;
    PETSC_TRY(err, ISRestoreIndices(*is, point));
    PETSC_TRY(err, ISDestroy(is));
    return FEMD_OK;
}

static femd_status prescribe_surface(femd_problem *p, femd_boundary *bc, size_t entry, femd_error *err) {
    IS is = NULL;
    PetscInt n, dofs, offset;
    const PetscInt *point;
    PetscSection section;
    femd_status rc = FEMD_OK;
    FEMD_TRY(surface_points(p, entry, &is, &n, &point, err));
    PETSC_TRY(err, DMGetLocalSection(p->dm, &section));
    for (PetscInt i = 0; i < n && rc == FEMD_OK; ++i) {
        PETSC_TRY(err, PetscSectionGetDof(section, point[i], &dofs));
        PETSC_TRY(err, PetscSectionGetOffset(section, point[i], &offset));
        if (dofs == 3) rc = prescribe(p, bc, entry, offset / 3, err);
    }
    FEMD_TRY(release_points(&is, &point, err));
    return rc;
}

/* ---- loads on faces ---- */

/* Side of cell c whose corners are exactly the vertices of plex face `point`; -1 if none is. */
static femd_status find_side(femd_problem *p, const femd_element_table *t, PetscInt c, PetscInt point, int *side,
                             femd_error *err) {
    const femd_cell *cell = t->element->cell;
    PetscInt nclosure, *closure = NULL, corner[FEMD_FACE_CORNERS], n = 0, vstart, vend;
    PetscSection section;
    PETSC_TRY(err, DMGetLocalSection(p->dm, &section));
    PETSC_TRY(err, DMPlexGetDepthStratum(p->dm, 0, &vstart, &vend));
    PETSC_TRY(err, DMPlexGetTransitiveClosure(p->dm, point, PETSC_TRUE, &nclosure, &closure));
    for (PetscInt i = 0; i < nclosure && n < FEMD_FACE_CORNERS; ++i) {
        if (closure[2 * i] < vstart || closure[2 * i] >= vend) continue;
        PETSC_TRY(err, PetscSectionGetOffset(section, closure[2 * i], &corner[n]));
        corner[n++] /= 3;
    }
    PETSC_TRY(err, DMPlexRestoreTransitiveClosure(p->dm, point, PETSC_TRUE, &nclosure, &closure));
    *side = -1;
    for (int s = 0; s < cell->faces; ++s) {
        PetscInt matched = 0;
        for (PetscInt i = 0; i < n; ++i)
            for (PetscInt k = 0; k < n; ++k) matched += p->cell_node[c * t->nodes + cell->face[s][k]] == corner[i];
        if (matched == n) *side = s;
    }
    return *side < 0 ? femd_fail(err, FEMD_INTERNAL, "a face of the mesh is no side of its cell") : FEMD_OK;
}

static femd_status load_face(femd_problem *p, const femd_element_table *t, PetscInt point, size_t entry, double *force,
                             femd_error *err) {
    const femd_case_boundary *b = &p->cs->boundary[entry];
    const PetscInt *support;
    PetscInt nsupport;
    int side = -1;
    double x[FEMD_FACE_CORNERS][FEMD_SPACE], area[FEMD_FACE_NODES][FEMD_SPACE], size[FEMD_FACE_NODES];
    PETSC_TRY(err, DMPlexGetSupportSize(p->dm, point, &nsupport));
    if (nsupport != 1) return FEMD_OK; /* the cell is on another rank */
    PETSC_TRY(err, DMPlexGetSupport(p->dm, point, &support));
    FEMD_TRY(find_side(p, t, support[0] - p->cell_start, point, &side, err));
    const PetscInt *node = p->cell_node + (support[0] - p->cell_start) * t->nodes;
    for (int i = 0; i < t->element->cell->face_corners; ++i)
        memcpy(x[i], p->node_x + FEMD_SPACE * node[t->face_node[side][i]], sizeof x[i]);
    femd_element_face_area(t, x, area, size);
    for (int i = 0; i < t->face_nodes; ++i)
        for (int a = 0; a < 3; ++a)
            force[3 * node[t->face_node[side][i]] + a] +=
                b->kind == FEMD_LOAD_PRESSURE ? -b->value[0] * area[i][a] : b->value[a] * size[i];
    return FEMD_OK;
}

static femd_status load_surface(femd_problem *p, const femd_element_table *t, femd_boundary *bc, size_t entry,
                                femd_error *err) {
    IS is = NULL;
    PetscInt n, fstart, fend;
    const PetscInt *point;
    femd_status rc = FEMD_OK;
    FEMD_TRY(surface_points(p, entry, &is, &n, &point, err));
    PETSC_TRY(err, DMPlexGetHeightStratum(p->dm, 1, &fstart, &fend));
    for (PetscInt i = 0; i < n && rc == FEMD_OK; ++i)
        if (point[i] >= fstart && point[i] < fend) rc = load_face(p, t, point[i], entry, bc->force[entry], err);
    FEMD_TRY(release_points(&is, &point, err));
    return rc;
}

static void load_body(const femd_problem *p, const femd_element_table *t, double *body) {
    for (PetscInt c = 0; c < p->ncells; ++c)
        for (int q = 0; q < t->points; ++q)
            for (int i = 0; i < t->nodes; ++i)
                for (int a = 0; a < 3; ++a)
                    body[3 * p->cell_node[c * t->nodes + i] + a] +=
                        t->shape[q][i] * p->pt->weight[c * t->points + q] * p->cs->body_force[a];
}

/* ---- is the body held? ---- */

/* Rank of the 6 x 6 Gram matrix of the rigid-body motions seen by the prescribed components, by Gauss elimination with
 * pivoting. */
static int rank_of(double A[6][6]) {
    int rank = 0;
    for (int k = 0; k < 6; ++k) {
        int best = -1;
        double most = 1e-10;
        for (int i = 0; i < 6; ++i)
            if (A[i][i] > most) most = A[best = i][i];
        if (best < 0) return rank;
        ++rank;
        for (int i = 0; i < 6; ++i) {
            if (i == best) continue;
            double f = A[i][best] / A[best][best];
            for (int j = 0; j < 6; ++j)
                if (j != best) A[i][j] -= f * A[best][j];
        }
        for (int i = 0; i < 6; ++i) A[i][best] = A[best][i] = 0;
    }
    return rank;
}

static femd_status check_held(femd_problem *p, const femd_boundary *bc, femd_error *err) {
    double low[3] = {INFINITY, INFINITY, INFINITY}, high[3] = {-INFINITY, -INFINITY, -INFINITY}, size = 0,
           A[6][6] = {{0}};
    for (PetscInt i = 0; i < p->nnodes; ++i)
        for (int a = 0; a < 3; ++a) {
            low[a] = fmin(low[a], p->node_x[3 * i + a]);
            high[a] = fmax(high[a], p->node_x[3 * i + a]);
        }
    MPI_TRY(err, MPI_Allreduce(MPI_IN_PLACE, low, 3, MPI_DOUBLE, MPI_MIN, p->comm));
    MPI_TRY(err, MPI_Allreduce(MPI_IN_PLACE, high, 3, MPI_DOUBLE, MPI_MAX, p->comm));
    for (int a = 0; a < 3; ++a) size = fmax(size, high[a] - low[a]);
    double most = 0;
    for (PetscInt i = 0; i < p->nnodes; ++i)
        for (int a = 0; a < 3; ++a) {
            if (bc->entry[3 * i + a] < 0) continue;
            double x[3], v[6] = {0}; /* translation a, and the two rotations that move component a */
            for (int k = 0; k < 3; ++k) x[k] = (p->node_x[3 * i + k] - 0.5 * (low[k] + high[k])) / size;
            int b = (a + 1) % 3, c = (a + 2) % 3;
            v[a] = 1;
            v[3 + b] = x[c];
            v[3 + c] = -x[b];
            for (int m = 0; m < 6; ++m)
                for (int n = 0; n < 6; ++n) A[m][n] += v[m] * v[n];
        }
    MPI_TRY(err, MPI_Allreduce(MPI_IN_PLACE, A, 36, MPI_DOUBLE, MPI_SUM, p->comm));
    for (int m = 0; m < 6; ++m) most = fmax(most, A[m][m]);
    for (int m = 0; m < 6 && most > 0; ++m)
        for (int n = 0; n < 6; ++n) A[m][n] /= most;
    int rank = rank_of(A);
    if (rank == 6) return FEMD_OK;
    return femd_fail(err, FEMD_BAD_INPUT,
                     "%s: boundary: the prescribed displacements leave the body free to move in %d of its 6 rigid "
                     "ways; prescribe more components",
                     p->cs->path, 6 - rank);
}

/* ---- the whole ---- */

static femd_status allocate(femd_problem *p, femd_boundary *bc, femd_error *err) {
    size_t n = 3 * (size_t)p->nnodes + 1;
    int missing = 0;
    bc->nentries = p->cs->nboundary;
    missing |= !(bc->entry = malloc(n * sizeof *bc->entry));
    missing |= !(bc->value = calloc(n, sizeof *bc->value));
    missing |= !(bc->prescribed = calloc(n, sizeof *bc->prescribed));
    missing |= !(bc->applied = calloc(n, sizeof *bc->applied));
    missing |= !(bc->force = calloc(bc->nentries + 1, sizeof *bc->force));
    for (size_t b = 0; bc->force && b < bc->nentries; ++b)
        if (p->cs->boundary[b].kind != FEMD_LOAD_DISPLACEMENT)
            missing |= !(bc->force[b] = calloc(n, sizeof **bc->force));
    if (p->cs->has_body_force) missing |= !(bc->body = calloc(n, sizeof *bc->body));
    if (missing) return femd_fail(err, FEMD_NO_MEMORY, "no memory for the boundary");
    for (size_t i = 0; i < n; ++i) bc->entry[i] = -1;
    return FEMD_OK;
}

femd_status femd_boundary_create(femd_problem *p, const femd_element_table *t, femd_boundary **out, femd_error *err) {
    femd_boundary *bc = *out = calloc(1, sizeof *bc);
    femd_status rc = bc ? allocate(p, bc, err) : femd_fail(err, FEMD_NO_MEMORY, "no memory for the boundary");
    for (size_t b = 0; rc == FEMD_OK && b < bc->nentries; ++b)
        rc = bc->force[b] ? load_surface(p, t, bc, b, err) : prescribe_surface(p, bc, b, err);
    if (rc == FEMD_OK && bc->body) load_body(p, t, bc->body);
    FEMD_TRY_GOTO(rc, femd_agree(p->comm, rc, err), fail);
    FEMD_TRY_GOTO(rc, check_held(p, bc, err), fail);
    return FEMD_OK;
fail:
    femd_boundary_destroy(out);
    return rc;
}

void femd_boundary_destroy(femd_boundary **bc) {
    if (!*bc) return;
    for (size_t b = 0; (*bc)->force && b < (*bc)->nentries; ++b) free((*bc)->force[b]);
    free((*bc)->force);
    free((*bc)->entry);
    free((*bc)->value);
    free((*bc)->body);
    free((*bc)->prescribed);
    free((*bc)->applied);
    free(*bc);
    *bc = NULL;
}

void femd_boundary_set_time(const femd_problem *p, femd_boundary *bc, double time) {
    const femd_case_boundary ramp = {.ntable = 0};
    size_t n = 3 * (size_t)p->nnodes;
    double body = bc->body ? femd_case_amplitude(p->cs, &ramp, time) : 0;
    for (size_t i = 0; i < n; ++i) {
        int b = bc->entry[i];
        bc->prescribed[i] = b < 0 ? 0 : bc->value[i] * femd_case_amplitude(p->cs, &p->cs->boundary[b], time);
        bc->applied[i] = bc->body ? body * bc->body[i] : 0;
    }
    for (size_t b = 0; b < bc->nentries; ++b) {
        if (!bc->force[b]) continue;
        double factor = femd_case_amplitude(p->cs, &p->cs->boundary[b], time);
        for (size_t i = 0; i < n; ++i) bc->applied[i] += factor * bc->force[b][i];
    }
}

femd_status femd_boundary_reactions(const femd_problem *p, const femd_boundary *bc, const double *unbalanced,
                                    double *reaction, femd_error *err) {
    memset(reaction, 0, 3 * bc->nentries * sizeof *reaction);
    for (size_t i = 0; i < 3 * (size_t)p->nnodes; ++i)
        if (bc->entry[i] >= 0) reaction[3 * (size_t)bc->entry[i] + i % 3] += unbalanced[i];
    MPI_TRY(err, MPI_Allreduce(MPI_IN_PLACE, reaction, (int)(3 * bc->nentries), MPI_DOUBLE, MPI_SUM, p->comm));
    return FEMD_OK;
}
