/* The states that a step of heat is made of: where it starts, and the one that is tried. Owns the cached batch of
 * answers; what flows there stands in heat_flows.c. */
#include <stdlib.h>
#include <string.h>

#include "base/collective.h"
#include "base/part.h"
#include "base/petsc_edge.h"
#include "fields/boundary.h"
#include "fields/heat_private.h"
#include "fields/ties.h"

/* ---- the start of a step ---- */

/* A temperature that is prescribed from time 0 on is that of time 0 too: a jump within the first step would ring. */
static femd_status state_start_at(femd_heat *h, femd_error *err) {
    femd_field *field = h->p->temperature;
    for (size_t i = 0; i < field->n; ++i)
        if (field->boundary->entry[i] >= 0) h->old[i] = field->boundary->prescribed[i];
    FEMD_TRY(femd_ties_apply(field, h->old, err));
    return femd_boundary_follow(field, h->old, err);
}

/* The answers at the start stand beside the committed state; before the first step they are asked, under the pressure
 * of the start; end: of the attempt. */
static femd_status state_first_answers(femd_heat *h, double end, int *failed, femd_error *err) {
    femd_points *pt = h->p->pt;
    if (h->p->step > 0) return FEMD_OK;
    FEMD_TRY(femd_heat_press(h, h->p->time, err));
    FEMD_TRY(femd_heat_ask(h, h->old, failed, err));
    FEMD_TRY(femd_heat_press(h, end, err));
    memcpy(pt->heat_k, pt->theat_k, 6 * (size_t)pt->n * sizeof *pt->heat_k);
    memcpy(pt->heat_c, pt->theat_c, (size_t)pt->n * sizeof *pt->heat_c);
    return FEMD_OK;
}

/* The part of a step that its start decides. *failed: points without an answer there. */
static femd_status state_start(femd_heat *h, int *failed, femd_error *err) {
    femd_field *field = h->p->temperature;
    const double time = field->boundary->time, part = 1 - h->theta;
    const size_t nconditions = field->boundary->nconditions;
    memset(h->start, 0, field->n * sizeof *h->start);
    memset(h->start_load, 0, (nconditions + 1) * sizeof *h->start_load);
    h->started = 1;
    if (!(part > 0)) return FEMD_OK;
    FEMD_TRY(femd_boundary_set_time(field, h->p->time, err));
    FEMD_TRY(state_start_at(h, err));
    FEMD_TRY(state_first_answers(h, time, failed, err));
    femd_heat_conduct(h, h->old, h->p->pt->heat_k, part, h->start);
    for (size_t i = 0; i < field->n; ++i) h->start[i] -= part * field->boundary->applied[i];
    femd_heat_loads(field, h->start_load);
    for (size_t b = 0; b < nconditions; ++b) h->start_load[b] *= part;
    MPI_TRY(err, MPI_Allreduce(MPI_IN_PLACE, h->start_load, (int)nconditions, MPI_DOUBLE, MPI_SUM, h->p->comm));
    return femd_boundary_set_time(field, time, err);
}

/* ---- where it goes ---- */

femd_status femd_heat_predictor(femd_field *field, Mat K, Vec rhs, int *possible, femd_error *err) {
    femd_heat *h = field->self;
    femd_points *pt = h->p->pt;
    int failed = 0;
    if (!h->started) FEMD_TRY(state_start(h, &failed, err));
    h->started = failed == 0;
    *possible = failed == 0 && (h->p->step > 0 || h->theta < 1);
    if (!*possible) return FEMD_OK;
    double *jump = calloc(3 * field->n + 1, sizeof *jump), *balance = jump + field->n, *taken = balance + field->n;
    FEMD_TRY(
        femd_agree(h->p->comm, jump ? FEMD_OK : femd_fail(err, FEMD_NO_MEMORY, "no memory for the predictor"), err));
    memcpy(pt->theat_k, pt->heat_k, 6 * (size_t)pt->n * sizeof *pt->heat_k);
    memcpy(pt->theat_c, pt->heat_c, (size_t)pt->n * sizeof *pt->heat_c);
    memcpy(h->value, h->old, field->n * sizeof *h->old);
    memcpy(jump, h->old, field->n * sizeof *jump);
    femd_status rc = femd_boundary_jump(field, jump, err);
    femd_heat_conduct(h, h->old, pt->heat_k, h->theta, balance);
    if (h->two_way) femd_heat_store(h, h->old, taken);
    if (rc == FEMD_OK) rc = femd_boundary_follow(field, h->old, err);
    for (size_t i = 0; i < field->n; ++i) balance[i] += taken[i] + h->start[i] - h->theta * field->boundary->applied[i];
    if (rc == FEMD_OK) rc = femd_heat_matrix(field, jump, balance, K, err);
    for (size_t i = 0; i < field->n; ++i) balance[i] = -balance[i];
    if (rc == FEMD_OK) rc = femd_field_sum_free(field, balance, rhs, err);
    if (rc == FEMD_OK) rc = femd_ties_reduce(field, rhs, 0, err);
    free(jump);
    return rc;
}

/* The answers are those of the pass before, at its strains: the next evaluation brings others, and no secant reaches
 * from these to those. What the start of the step leaves stands. */
femd_status femd_heat_again(femd_field *field, Mat K, Vec R, femd_error *err) {
    femd_heat *h = field->self;
    const femd_points *pt = h->p->pt;
    memcpy(h->T_last, pt->temperature, (size_t)pt->n * sizeof *h->T_last);
    memcpy(h->last, h->value, field->n * sizeof *h->last);
    FEMD_TRY(femd_agree(h->p->comm, femd_heat_deform(h, pt->tF, err), err));
    femd_heat_couple_again(h);
    h->passes++;
    FEMD_TRY(femd_heat_residual(field, R, err));
    FEMD_TRY(femd_heat_jacobian(field, K, err));
    h->slopes.known = 0;
    h->evaluated = 0;
    return FEMD_OK;
}

/* ---- a state that is tried ---- */

/* 1 in *fresh on all ranks if any rank's nodal temperatures differ in a bit from those that were evaluated. */
static femd_status state_is_fresh(femd_heat *h, const double *u, int *fresh, femd_error *err) {
    *fresh = !h->evaluated || memcmp(h->value, u, h->p->temperature->n * sizeof *u) != 0;
    MPI_TRY(err, MPI_Allreduce(MPI_IN_PLACE, fresh, 1, MPI_INT, MPI_MAX, h->p->comm));
    return FEMD_OK;
}

femd_status femd_heat_evaluate(femd_field *field, Vec X, int *failed, femd_error *err) {
    FEMD_PART(POINTS);
    femd_heat *h = field->self;
    const PetscScalar *u;
    int fresh;
    *failed = 0;
    if (!h->started) FEMD_TRY(state_start(h, failed, err));
    if (*failed > 0) return FEMD_OK;
    FEMD_TRY(femd_field_localise(field, X, err));
    PETSC_TRY(err, VecGetArrayRead(field->local, &u));
    femd_status rc = state_is_fresh(h, u, &fresh, err);
    if (rc == FEMD_OK && fresh) memcpy(h->value, u, field->n * sizeof *u);
    PETSC_TRY(err, VecRestoreArrayRead(field->local, &u));
    FEMD_TRY(rc);
    *failed = h->failed;
    if (!fresh) return FEMD_OK;
    h->evaluated = 0;
    FEMD_TRY(femd_heat_ask(h, h->value, failed, err));
    h->failed = *failed;
    h->evaluated = 1;
    return FEMD_OK;
}
