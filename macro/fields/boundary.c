/* The conditions of a field and what they prescribe and apply at a time. Owns the arrays by entry; what a condition is
 * stands in condition_*.c. Never touches a quadrature answer. */
#include "fields/boundary.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/collective.h"
#include "base/petsc_edge.h"
#include "fields/boundary_private.h"
#include "fields/ties.h"

/* ---- making ---- */

static femd_status boundary_allocate(const femd_field *field, femd_boundary *bc, const femd_condition *conditions,
                                     const femd_condition *body, femd_error *err) {
    const size_t n = field->n + 1, conditions_room = bc->nconditions + 1;
    int missing = 0;
    missing |= !(bc->condition = calloc(conditions_room, sizeof *bc->condition));
    missing |= !(bc->entry = malloc(n * sizeof *bc->entry));
    missing |= !(bc->tied_by = malloc(n * sizeof *bc->tied_by));
    missing |= !(bc->sharers = calloc(n, sizeof *bc->sharers));
    missing |= !(bc->value = calloc(n, sizeof *bc->value));
    missing |= !(bc->prescribed = calloc(n, sizeof *bc->prescribed));
    missing |= !(bc->applied = calloc(n, sizeof *bc->applied));
    missing |= !(bc->force = calloc(conditions_room, sizeof *bc->force));
    missing |= !(bc->measure = calloc(conditions_room, sizeof *bc->measure));
    if (!missing) {
        memcpy(bc->condition, conditions, bc->nentries * sizeof *conditions);
        if (body) {
            bc->condition[bc->nentries] = *body;
            bc->condition[bc->nentries].entry = &bc->ramp;
        }
    }
    for (size_t b = 0; !missing && b < bc->nconditions; ++b)
        if (bc->condition[b].kind && (bc->condition[b].kind->load || bc->condition[b].kind->follow))
            missing |= !(bc->force[b] = calloc(n, sizeof **bc->force));
    if (missing) return femd_fail(err, FEMD_NO_MEMORY, "no memory for the boundary");
    for (size_t i = 0; i < n; ++i) bc->entry[i] = bc->tied_by[i] = -1;
    return FEMD_OK;
}

/* A node counts as being at a position within this part of the mesh's diagonal. */
#define NEAR 1e-6

static femd_status boundary_measure_mesh(const femd_field *field, femd_boundary *bc, femd_error *err) {
    const femd_grid *grid = field->grid;
    double extent[2 * FEMD_SPACE], square = 0;
    for (int a = 0; a < 2 * FEMD_SPACE; ++a) extent[a] = INFINITY;
    for (PetscInt i = 0; i < grid->nnodes; ++i)
        for (int a = 0; a < FEMD_SPACE; ++a) {
            extent[a] = fmin(extent[a], grid->node_x[FEMD_SPACE * i + a]);
            extent[FEMD_SPACE + a] = fmin(extent[FEMD_SPACE + a], -grid->node_x[FEMD_SPACE * i + a]);
        }
    MPI_TRY(err, MPI_Allreduce(MPI_IN_PLACE, extent, 2 * FEMD_SPACE, MPI_DOUBLE, MPI_MIN, grid->comm));
    for (int a = 0; a < FEMD_SPACE; ++a) square += pow(extent[FEMD_SPACE + a] + extent[a], 2);
    bc->near = NEAR * sqrt(square);
    return FEMD_OK;
}

static femd_status boundary_count_node(void *user, PetscInt node, femd_error *err) {
    (void)node, (void)err;
    ++*(double *)user;
    return FEMD_OK;
}

/* A place without a node would be no condition. */
static femd_status boundary_check_places(const femd_field *field, const femd_boundary *bc, femd_error *err) {
    for (size_t b = 0; b < bc->nentries; ++b) {
        const femd_case_boundary *entry = bc->condition[b].entry;
        double found = 0, nearest = entry->npositions > 0 ? femd_place_distance(field->grid, entry) : 0;
        if (entry->npositions == 0 && entry->nsurfaces < 2) continue;
        const femd_status rc = femd_visit_nodes(field, entry, boundary_count_node, &found, err);
        FEMD_TRY(femd_agree(field->grid->comm, rc, err));
        MPI_TRY(err, MPI_Allreduce(MPI_IN_PLACE, &found, 1, MPI_DOUBLE, MPI_MAX, field->grid->comm));
        MPI_TRY(err, MPI_Allreduce(MPI_IN_PLACE, &nearest, 1, MPI_DOUBLE, MPI_MIN, field->grid->comm));
        if (found > 0) continue;
        if (entry->npositions == 0)
            return femd_fail(err, FEMD_BAD_INPUT, "%s: boundary[%zu].on: no node belongs to all of \"%s\"",
                             bc->cs->path, b, entry->on);
        return femd_fail(err, FEMD_BAD_INPUT,
                         "%s: boundary[%zu].at: no node within %.2g m of %s; the nearest is %.6g m away", bc->cs->path,
                         b, bc->near, entry->on + 2, nearest);
    }
    return FEMD_OK;
}

static int boundary_by_cell(const void *a, const void *b) {
    const femd_followed_face *p = a, *q = b;
    if (p->cell != q->cell) return p->cell < q->cell ? -1 : 1;
    return (p->side > q->side) - (p->side < q->side);
}

/* Entries of a kind that ties carry reactions too, all components of its nodes. */
typedef struct tied_walk {
    const femd_field *field;
    femd_boundary *bc;
    size_t which;
} tied_walk;

static femd_status boundary_take_tied(void *user, PetscInt node, femd_error *err) {
    const tied_walk *walk = user;
    (void)err;
    for (int a = 0; a < walk->field->components; ++a) {
        const PetscInt at = walk->field->components * node + a;
        walk->bc->sharers[at] += !walk->bc->condition[walk->which].kind->paired;
        if (walk->bc->entry[at] < 0) walk->bc->tied_by[at] = (int)walk->which;
    }
    return FEMD_OK;
}

static femd_status boundary_place(const femd_field *field, femd_boundary *bc, femd_error *err) {
    for (size_t b = 0; b < bc->nconditions; ++b) {
        const femd_condition_kind *kind = bc->condition[b].kind;
        if (kind && kind->place) FEMD_TRY(kind->place(field, bc, b, err));
        tied_walk walk = {field, bc, b};
        if (kind && kind->whole)
            FEMD_TRY(femd_visit_nodes(field, bc->condition[b].entry, boundary_take_tied, &walk, err));
        if (kind && kind->measure) FEMD_TRY(kind->measure(field, bc, b, &bc->measure[b], err));
        bc->follows |= kind && kind->follow;
        bc->unsymmetric |= kind && kind->follow && !kind->spring;
    }
    if (bc->nfollowed > 1) qsort(bc->followed, bc->nfollowed, sizeof *bc->followed, boundary_by_cell);
    return FEMD_OK;
}

static femd_status boundary_load(const femd_field *field, femd_boundary *bc, femd_error *err) {
    for (size_t b = 0; b < bc->nconditions; ++b)
        if (bc->condition[b].kind && bc->condition[b].kind->load && !femd_condition_varies(&bc->condition[b]))
            FEMD_TRY(bc->condition[b].kind->load(field, bc, b, bc->force[b], err));
    return FEMD_OK;
}

static femd_status boundary_make(const femd_field *field, femd_boundary *bc, femd_error *err) {
    FEMD_TRY(boundary_measure_mesh(field, bc, err));
    FEMD_TRY(boundary_check_places(field, bc, err));
    FEMD_TRY(femd_agree(field->grid->comm, boundary_place(field, bc, err), err));
    FEMD_TRY(femd_ties_create(field, bc, err));
    MPI_TRY(err,
            MPI_Allreduce(MPI_IN_PLACE, bc->measure, (int)bc->nconditions, MPI_DOUBLE, MPI_SUM, field->grid->comm));
    return femd_agree(field->grid->comm, boundary_load(field, bc, err), err);
}

femd_status femd_boundary_create(femd_field *field, const femd_case *cs, const femd_condition *conditions, size_t n,
                                 const femd_condition *body, femd_error *err) {
    femd_boundary *bc = field->boundary = calloc(1, sizeof *bc);
    femd_status rc = bc ? FEMD_OK : femd_fail(err, FEMD_NO_MEMORY, "no memory for the boundary");
    if (bc) {
        bc->cs = cs;
        bc->nentries = n;
        bc->nconditions = n + (body != NULL);
        rc = boundary_allocate(field, bc, conditions, body, err);
    }
    FEMD_TRY_GOTO(rc, femd_agree(field->grid->comm, rc, err), fail);
    FEMD_TRY_GOTO(rc, boundary_make(field, bc, err), fail);
    FEMD_TRY_GOTO(rc, femd_boundary_check_held(field, bc, 0, err), fail);
    return FEMD_OK;
fail:
    femd_boundary_destroy(&field->boundary);
    return rc;
}

void femd_boundary_destroy(femd_boundary **boundary) {
    femd_boundary *bc = *boundary;
    if (!bc) return;
    for (size_t b = 0; bc->force && b < bc->nconditions; ++b) free(bc->force[b]);
    free(bc->force);
    free(bc->condition);
    free(bc->entry);
    femd_ties_destroy(&bc->ties);
    free(bc->tied_by);
    free(bc->sharers);
    free(bc->measure);
    free(bc->followed);
    free(bc->value);
    free(bc->prescribed);
    free(bc->applied);
    free(bc);
    *boundary = NULL;
}

/* ---- a time ---- */

static int boundary_has_function(const femd_condition *condition) {
    int any = 0;
    for (int a = 0; a < FEMD_COMPONENTS; ++a) any |= condition->function[a] != NULL;
    return any;
}

static femd_status boundary_prescribe_now(const femd_field *field, femd_boundary *bc, femd_error *err) {
    for (size_t i = 0; i < field->n; ++i) {
        const int b = bc->entry[i], a = (int)(i % (size_t)field->components);
        bc->prescribed[i] = 0;
        if (b < 0) continue;
        const femd_condition *condition = &bc->condition[b];
        if (!condition->function[a])
            bc->prescribed[i] = bc->value[i] * femd_condition_factor(bc->cs, condition, a, bc->time);
        else
            FEMD_TRY(femd_condition_at(bc->cs, condition, a,
                                       field->grid->node_x + FEMD_SPACE * (i / (size_t)field->components), bc->time,
                                       &bc->prescribed[i], err));
    }
    return FEMD_OK;
}

/* A node that several ranks have gets the value of its owner: another machine's mathematical library may differ in the
 * last bit. */
static femd_status boundary_share_prescribed(femd_field *field, femd_error *err) {
    femd_boundary *bc = field->boundary;
    PetscScalar *v;
    int any = 0;
    for (size_t b = 0; b < bc->nentries; ++b) any |= bc->condition[b].kind && boundary_has_function(&bc->condition[b]);
    if (!any || field->grid->size == 1) return FEMD_OK;
    PETSC_TRY(err, VecGetArrayWrite(field->scatter, &v));
    memcpy(v, bc->prescribed, field->n * sizeof *v);
    PETSC_TRY(err, VecRestoreArrayWrite(field->scatter, &v));
    PETSC_TRY(err, DMLocalToGlobal(field->dm, field->scatter, INSERT_VALUES, field->work));
    PETSC_TRY(err, DMGlobalToLocal(field->dm, field->work, INSERT_VALUES, field->scatter));
    PETSC_TRY(err, VecGetArrayWrite(field->scatter, &v));
    memcpy(bc->prescribed, v, field->n * sizeof *v);
    PETSC_TRY(err, VecRestoreArrayWrite(field->scatter, &v));
    return FEMD_OK;
}

double femd_boundary_factor(const femd_field *field, size_t condition, size_t i) {
    const femd_boundary *bc = field->boundary;
    const femd_condition *c = &bc->condition[condition];
    if (c->kind->follow) return 1;
    const int a = c->kind->scalar ? 0 : (int)(i % (size_t)field->components);
    return femd_condition_factor(bc->cs, c, a, bc->time);
}

/* The load per volume comes first. */
static femd_status boundary_apply_now(const femd_field *field, femd_boundary *bc, femd_error *err) {
    memset(bc->applied, 0, field->n * sizeof *bc->applied);
    for (size_t k = 0; k < bc->nconditions; ++k) {
        const size_t b = bc->nconditions > bc->nentries ? (k + bc->nentries) % bc->nconditions : k;
        const size_t components = (size_t)field->components;
        double factor[FEMD_COMPONENTS];
        if (!bc->force[b] || !bc->condition[b].kind->load) continue;
        if (femd_condition_varies(&bc->condition[b])) {
            memset(bc->force[b], 0, field->n * sizeof **bc->force);
            FEMD_TRY(bc->condition[b].kind->load(field, bc, b, bc->force[b], err));
        }
        for (size_t a = 0; a < components; ++a) factor[a] = femd_boundary_factor(field, b, a);
        for (size_t i = 0; i < field->n; ++i) bc->applied[i] += factor[i % components] * bc->force[b][i];
    }
    return FEMD_OK;
}

femd_status femd_boundary_set_time(femd_field *field, double time, femd_error *err) {
    femd_boundary *bc = field->boundary;
    bc->time = time;
    femd_status rc = boundary_prescribe_now(field, bc, err);
    if (rc == FEMD_OK) rc = boundary_apply_now(field, bc, err);
    FEMD_TRY(femd_agree(field->grid->comm, rc, err));
    FEMD_TRY(boundary_share_prescribed(field, err));
    return femd_ties_set_time(field, err);
}

femd_status femd_boundary_jump(const femd_field *field, double *jump, femd_error *err) {
    const femd_boundary *boundary = field->boundary;
    const size_t n = field->n;
    for (size_t i = 0; !boundary->ties && i < n; ++i)
        jump[i] = boundary->entry[i] >= 0 ? boundary->prescribed[i] - jump[i] : 0;
    if (!boundary->ties) return FEMD_OK;
    double *then = malloc((n + 1) * sizeof *then);
    FEMD_TRY(femd_agree(field->grid->comm,
                        then ? FEMD_OK : femd_fail(err, FEMD_NO_MEMORY, "no memory for the predictor"), err));
    for (size_t i = 0; i < n; ++i) then[i] = boundary->entry[i] >= 0 ? boundary->prescribed[i] : jump[i];
    const femd_status rc = femd_ties_apply(field, then, err);
    for (size_t i = 0; i < n; ++i)
        jump[i] = boundary->entry[i] >= 0 || femd_ties_follows(boundary->ties, i) ? then[i] - jump[i] : 0;
    free(then);
    return rc;
}

/* ---- loads that follow ---- */

femd_status femd_boundary_follow(femd_field *field, const double *u, femd_error *err) {
    femd_boundary *bc = field->boundary;
    femd_status rc = FEMD_OK;
    if (!bc->follows) return FEMD_OK;
    rc = boundary_apply_now(field, bc, err);
    for (size_t b = 0; b < bc->nconditions && rc == FEMD_OK; ++b) {
        const femd_condition_kind *kind = bc->condition[b].kind;
        if (!kind || !kind->follow) continue;
        memset(bc->force[b], 0, field->n * sizeof **bc->force);
        rc = kind->follow(field, bc, b, u, bc->force[b], err);
        for (size_t i = 0; i < field->n; ++i) bc->applied[i] += bc->force[b][i];
    }
    return femd_agree(field->grid->comm, rc, err);
}

void femd_boundary_follow_stiffness(const femd_field *field, PetscInt cell, const double *u, double *K) {
    const femd_boundary *bc = field->boundary;
    size_t low = 0, high = bc->nfollowed;
    while (low < high) {
        const size_t middle = (low + high) / 2;
        if (bc->followed[middle].cell < cell)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < bc->nfollowed && bc->followed[low].cell == cell;
         ++low) /* its pressure is there: the load has used it */
        (void)bc->condition[bc->followed[low].condition].kind->follow_stiffness(field, bc, &bc->followed[low], u, K,
                                                                                NULL);
}
