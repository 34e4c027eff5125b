/* The tangent predictor: a linear step from the committed answers, or from those of another pass of the attempt. Asks
 * nobody, but for one virgin point per material at the very first step. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/collective.h"
#include "fields/boundary.h"
#include "fields/constitutive.h"
#include "fields/given.h"
#include "fields/heat.h"
#include "fields/mechanics_private.h"
#include "fields/mixed.h"
#include "fields/points.h"
#include "fields/ties.h"

/* Before the first step there is no answer: one virgin evaluation per material, on rank 0, stands for all its points
 * and grains. */
static void mechanics_take_virgin(void *user, size_t i, const femd_response *r) {
    ((femd_response *)user)[i] = *r;
}

static femd_status mechanics_ask_virgin(femd_problem *p, double kelvin, const double x[FEMD_SPACE],
                                        femd_response *answer, femd_error *err) {
    size_t n = p->cs->nmaterials, asked = 0;
    femd_request *request = calloc(n, sizeof *request);
    int *material = calloc(n, sizeof *material);
    femd_status rc =
        request && material ? FEMD_OK : femd_fail(err, FEMD_NO_MEMORY, "no memory for the first evaluation");
    for (size_t k = 0; rc == FEMD_OK && k < n; ++k) {
        if (p->cs->material[k].like != k) continue;
        femd_request *one = &request[asked];
        material[asked++] = (int)k;
        one->seed = femd_seed(p->cs->seed, 0, k);
        one->point = k;
        one->wants =
            STRESS_AND_TANGENT | femd_mechanics_thermal_want_of(p, (int)k) | femd_mechanics_internal_want(p, (int)k);
        one->temperature = kelvin;
        one->accuracy = p->cs->accuracy;
        rc = femd_case_prescribe(p->cs, k, x, p->mech->given_time, one, err);
    }
    if (rc == FEMD_OK)
        rc = p->law->evaluate(p->law->self, request, material, asked, mechanics_take_virgin, answer, err);
    for (size_t k = 0; rc == FEMD_OK && k < asked; ++k)
        if (answer[k].status == FEMD_OK)
            rc = femd_case_check_stiffness(p->cs, p->cs->material[material[k]].name, answer[k].D, err);
    for (size_t k = 0; rc == FEMD_OK && k < asked; ++k)
        if (answer[k].status == FEMD_OK)
            rc = femd_case_check_shear(p->cs, p->cs->material[material[k]].name, &answer[k], err);
    for (size_t k = 0; rc == FEMD_OK && k < asked; ++k)
        if (answer[k].status != FEMD_OK && !femd_status_is_physics(answer[k].status))
            rc = femd_fail(err, (femd_status)answer[k].status, "material %s, first evaluation: %s",
                           p->cs->material[material[k]].name, femd_status_text(answer[k].status));
    free(request);
    free(material);
    return rc;
}

/* The answer of another grain of the material: turned into its own crystal's axes and out of those of the grain. */
static void mechanics_turn_answer(const double of[9], const double to[9], femd_response *answer) {
    double Q[9] = {0}; /* Q_of^T Q_to */
    for (int i = 0; i < 3; ++i)
        for (int j = 0; j < 3; ++j)
            for (int k = 0; k < 3; ++k) Q[3 * i + j] += of[3 * k + i] * to[3 * k + j];
    femd_response_unrotate(Q, answer);
}

/* answer: of each material that is no grain of one before, in their order. */
static femd_status mechanics_give_virgin(femd_problem *p, double kelvin, const femd_response *answer, femd_error *err) {
    const femd_case_material *material = p->cs->material;
    size_t *slot = malloc((p->cs->nmaterials + 1) * sizeof *slot), used = 0;
    if (!slot) return femd_fail(err, FEMD_NO_MEMORY, "no memory for the first evaluation");
    for (size_t k = 0; k < p->cs->nmaterials; ++k) slot[k] = material[k].like == k ? used++ : slot[material[k].like];
    femd_response turned = {0};
    for (PetscInt k = 0, last = -1; k < p->pt->n; ++k) {
        const int mine = p->pt->material[k];
        const size_t like = material[mine].like;
        if (mine != last) {
            turned = answer[slot[mine]];
            if (like != (size_t)mine)
                mechanics_turn_answer(material[like].orientation, material[mine].orientation, &turned);
        }
        last = mine;
        memcpy(p->pt->S + 6 * k, turned.S, 6 * sizeof(double));
        memcpy(p->pt->D + 36 * k, turned.D, 36 * sizeof(double));
        if (p->pt->dSdT) memcpy(p->pt->dSdT + 6 * k, turned.dSdT, 6 * sizeof(double));
        femd_heat_thermal_apply(p, k, p->pt->E + 6 * k, p->pt->temperature[k], p->pt->dSdT + 6 * k);
        if (p->pt->internal) p->pt->tinternal[k] = femd_mechanics_internal_energy(p, k, kelvin, &turned);
    }
    free(slot);
    return FEMD_OK;
}

femd_status femd_mechanics_start_from_virgin(femd_problem *p, int *possible, femd_error *err) {
    size_t n = 0;
    double kelvin, x[FEMD_SPACE];
    FEMD_TRY(femd_mechanics_first_temperature(p, &kelvin, err));
    FEMD_TRY(femd_points_first_place(p->comm, p->pt, x, err));
    for (size_t k = 0; k < p->cs->nmaterials; ++k) n += p->cs->material[k].like == k;
    femd_response *answer = calloc(n, sizeof *answer);
    femd_status rc = answer ? FEMD_OK : femd_fail(err, FEMD_NO_MEMORY, "no memory for the first evaluation");
    if (rc == FEMD_OK && p->rank == 0) rc = mechanics_ask_virgin(p, kelvin, x, answer, err);
    FEMD_TRY_GOTO(rc, femd_agree(p->comm, rc, err), done);
    if (MPI_Bcast(answer, (int)(n * sizeof *answer), MPI_BYTE, 0, p->comm) != MPI_SUCCESS) {
        rc = femd_fail(err, FEMD_INTERNAL, "MPI_Bcast failed");
        goto done;
    }
    *possible = 1;
    for (size_t k = 0; k < n; ++k) {
        *possible &= answer[k].status == FEMD_OK;
        p->mech->count.evaluations++;
        p->mech->count.force_evaluations += answer[k].work.force_evaluations;
    }
    if (*possible) FEMD_TRY_GOTO(rc, femd_heat_thermal_begin(p, kelvin, answer, err), done);
    if (*possible) rc = femd_agree(p->comm, mechanics_give_virgin(p, kelvin, answer, err), err);
    p->mech->has_tangent = *possible;
    p->mech->virgin_kelvin = kelvin;
done:
    free(answer);
    return rc;
}

#define SAME 1e-12 /* of a temperature: the energy of one is that of the other */

femd_status femd_mechanics_begin_virgin(femd_problem *p, femd_error *err) {
    int possible;
    femd_status rc = FEMD_OK;
    for (PetscInt k = 0; k < p->pt->n && rc == FEMD_OK; ++k)
        rc = femd_given_at_point(p, k, 0, &p->pt->temperature[k], err);
    FEMD_TRY(femd_agree(p->comm, rc, err));
    FEMD_TRY(femd_mechanics_start_from_virgin(p, &possible, err));
    for (PetscInt k = 0; possible && k < p->pt->n; ++k) { /* each at its own temperature */
        const double rise = p->pt->temperature[k] - p->mech->virgin_kelvin;
        for (int c = 0; c < 6; ++c) p->pt->S[6 * k + c] += rise * p->pt->dSdT[6 * k + c];
        if (p->pt->internal && fabs(rise) <= SAME * p->mech->virgin_kelvin) p->pt->internal[k] = p->pt->tinternal[k];
    }
    p->mech->virgin_kelvin = NAN;
    return p->mixed ? femd_mixed_begin_virgin(p, possible, err) : FEMD_OK;
}

femd_status femd_mechanics_predictor(femd_field *field, Mat K, Vec rhs, int *possible, femd_error *err) {
    femd_mechanics *m = field->self;
    femd_problem *p = m->p;
    const femd_boundary *boundary = field->boundary;
    const size_t n = field->n;
    *possible = 1;
    if (p->step == 0 && !m->has_tangent) FEMD_TRY(femd_mechanics_start_from_virgin(p, possible, err));
    if (!*possible) return FEMD_OK;
    double *jump = calloc(3 * n + 1, sizeof *jump), *balance = jump + n, *u = jump + 2 * n;
    FEMD_TRY(femd_agree(p->comm, jump ? FEMD_OK : femd_fail(err, FEMD_NO_MEMORY, "no memory for the predictor"), err));
    femd_status rc;
    FEMD_TRY_GOTO(rc, femd_field_get(field, jump, err), done);
    memcpy(u, jump, n * sizeof *u);
    FEMD_TRY_GOTO(rc, femd_boundary_follow(field, u, err), done);
    FEMD_TRY_GOTO(rc, femd_boundary_jump(field, jump, err), done);
    femd_mechanics_internal(p, p->pt->F, p->pt->S, balance);
    FEMD_TRY_GOTO(rc, femd_mechanics_thermal_forces(m, balance, err), done);
    FEMD_TRY_GOTO(rc, femd_mechanics_stiffness(p, u, p->pt->F, p->pt->S, p->pt->D, jump, balance, K, err), done);
    for (size_t i = 0; i < n; ++i) balance[i] = boundary->applied[i] - balance[i];
    FEMD_TRY_GOTO(rc, femd_field_sum_free(field, balance, rhs, err), done);
    rc = femd_ties_reduce(field, rhs, 0, err);
done:
    free(jump);
    return rc;
}

femd_status femd_mechanics_again(femd_field *field, Mat K, Vec R, femd_error *err) {
    femd_mechanics *m = field->self;
    femd_problem *p = m->p;
    double *force = calloc(field->n + 1, sizeof *force);
    femd_status rc = force ? FEMD_OK : femd_fail(err, FEMD_NO_MEMORY, "no memory for the predictor");
    FEMD_TRY(femd_agree(p->comm, rc, err));
    FEMD_TRY_GOTO(rc, femd_mechanics_residual(field, R, err), done);
    FEMD_TRY_GOTO(rc, femd_mechanics_pass_forces(m, force, err), done);
    for (size_t i = 0; i < field->n; ++i) force[i] += m->unbalanced[i];
    FEMD_TRY_GOTO(rc, femd_field_sum_free(field, force, R, err), done);
    FEMD_TRY_GOTO(rc, femd_ties_reduce(field, R, 1, err), done);
    FEMD_TRY_GOTO(rc, femd_mechanics_jacobian(field, K, err), done);
    FEMD_TRY_GOTO(rc, femd_mechanics_warm(p, field->boundary->time, err), done);
    m->evaluated = 0;
done:
    free(force);
    return rc;
}
