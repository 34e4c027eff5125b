/* What a point is asked and what is kept of its answer: the tentative half of the points, what failed, what it cost. */
#include <stdio.h>
#include <string.h>

#include "base/collective.h"
#include "base/petsc_edge.h"
#include "fields/constitutive.h"
#include "fields/heat.h"
#include "fields/mechanics_private.h"
#include "fields/mixed_private.h"

uint32_t femd_mechanics_wants(const femd_problem *p, PetscInt k) {
    return STRESS_AND_TANGENT | femd_mechanics_energy_want(p, k) | femd_mechanics_thermal_want(p, k) |
           femd_mechanics_internal_want(p, p->pt->material[k]);
}

void femd_mechanics_request(const femd_problem *p, PetscInt k, uint32_t wants, femd_request *r) {
    const femd_mechanics *m = p->mech;
    memset(r, 0, sizeof *r);
    r->state_in = p->pt->state[k];
    r->seed = femd_seed(p->cs->seed, (uint32_t)m->step, p->pt->id[k]);
    r->point = p->pt->id[k];
    r->step = (uint32_t)m->step;
    r->attempt = (uint32_t)m->attempt;
    r->iteration = (uint32_t)m->iteration;
    r->wants = wants & p->caps[p->pt->material[k]].wants;
    r->control = FEMD_CONTROL_COMPONENTS;
    r->flags = p->cs->reuse ? 0 : FEMD_REQUEST_PRIVATE;
    memcpy(r->value, p->pt->tE + 6 * k, sizeof r->value);
    r->temperature = p->pt->temperature[k];
    if (femd_case_exchanges(p->cs, (size_t)p->pt->material[k])) {
        r->flags |= FEMD_REQUEST_EXCHANGE;
        memcpy(r->delta_mu, p->pt->delta_mu + 3 * k, sizeof r->delta_mu);
    }
    r->accuracy = femd_mechanics_accuracy(p, k);
    if (p->mixed) femd_mixed_request(p, k, r);
}

int femd_mechanics_is_noisy(const femd_problem *p, PetscInt k) {
    const uint32_t inputs = p->caps[p->pt->material[k]].inputs;
    return inputs & FEMD_INPUT_SEED && !(inputs & FEMD_INPUT_STEADY_STRESS);
}

/* ---- ask ---- */

/* Keeps the lowest number of each kind, whose words the law keeps, in whatever order answers come: a physics status,
 * and an infrastructure or other failure, which beats it. */
void femd_mechanics_judge(femd_mechanics *m, const femd_response *r) {
    if (r->status == FEMD_OK) return;
    if (femd_status_is_physics(r->status)) {
        if (m->failing++ == 0 || r->point < m->failing_point)
            m->failing_point = r->point, m->failing_status = r->status;
        return;
    }
    if (m->broken == FEMD_OK || r->point < m->broken_point)
        m->broken = (femd_status)r->status, m->broken_point = r->point;
}

void femd_mechanics_take(femd_problem *p, PetscInt i, const femd_response *r) {
    femd_points *pt = p->pt;
    pt->tstate[i] = r->state_out;
    memcpy(pt->tS + 6 * i, r->S, sizeof r->S);
    memcpy(pt->tD + 36 * i, r->D, sizeof r->D);
    memcpy(pt->tS_err + 6 * i, r->S_err, sizeof r->S_err);
    if (pt->tdSdT) memcpy(pt->tdSdT + 6 * i, r->dSdT, sizeof r->dSdT);
    femd_heat_thermal_take(p, i, r);
    if (p->mixed && r->status == FEMD_OK) femd_mixed_take(p, (PetscInt)i, r);
    pt->tenergy[i] = femd_mechanics_energy(p, i, r);
    if (pt->tinternal) pt->tinternal[i] = femd_mechanics_internal_energy(p, i, pt->temperature[i], r);
    pt->thill_mandel[i] = r->hill_mandel;
    pt->tnotes[i] = (int32_t)r->notes;
    pt->tstatus[i] = r->status;
    pt->twall[i] = r->work.wall;
    p->mech->count_force += r->work.force_evaluations;
    p->mech->sampled |= r->sampled && femd_mechanics_is_noisy(p, i);
    femd_mechanics_judge(p->mech, r);
    if (r->status == FEMD_OK && (r->provided & STRESS_AND_TANGENT) != STRESS_AND_TANGENT && p->mech->broken == FEMD_OK)
        p->mech->broken = FEMD_UNSUPPORTED, p->mech->broken_point = r->point;
}

femd_status femd_mechanics_broken(const femd_problem *p, femd_error *err) {
    const femd_mechanics *m = p->mech;
    if (m->broken == FEMD_OK) return FEMD_OK;
    (void)femd_fail(err, m->broken, "point %llu (cell %llu) of step %d: %s", (unsigned long long)m->broken_point,
                    (unsigned long long)(m->broken_point / (uint64_t)p->pt->per_cell), m->step,
                    femd_status_text(m->broken));
    femd_constitutive_add_words(p->law, m->broken_point, err);
    return m->broken;
}

void femd_mechanics_count_anew(femd_mechanics *m) {
    m->failing = 0;
    m->broken = FEMD_OK;
    m->count_force = m->count_evaluated = 0;
}

femd_status femd_mechanics_agree(femd_problem *p, int *failed, femd_error *err) {
    femd_mechanics *m = p->mech;
    struct {
        uint64_t failing, force, evaluated;
    } sum = {(uint64_t)m->failing, m->count_force, m->count_evaluated};
    MPI_TRY(err, MPI_Allreduce(MPI_IN_PLACE, &sum, 3, MPI_UINT64_T, MPI_SUM, p->comm));
    m->count.force_evaluations += sum.force;
    m->count.evaluations += sum.evaluated;
    MPI_TRY(err, MPI_Allreduce(MPI_IN_PLACE, &m->sampled, 1, MPI_INT, MPI_MAX, p->comm));
    *failed = (int)sum.failing;
    if (*failed == 0) return FEMD_OK;
    m->count.failed_points += *failed;
    m->count.failed_now += *failed;
    if (m->count.first_failure[0]) return FEMD_OK;
    femd_error words = FEMD_ERROR_INIT;
    femd_status rc =
        m->failing == 0
            ? FEMD_OK
            : femd_fail(&words, FEMD_OUT_OF_DOMAIN, "point %llu (cell %llu): %s", (unsigned long long)m->failing_point,
                        (unsigned long long)(m->failing_point / (uint64_t)p->pt->per_cell),
                        m->failing_status == FAILED_JACOBIAN ? "det F is not positive"
                                                             : femd_status_text(m->failing_status));
    if (rc != FEMD_OK) femd_constitutive_add_words(p->law, m->failing_point, &words);
    rc = femd_agree(p->comm, rc, &words);
    if (rc != FEMD_OK) snprintf(m->count.first_failure, sizeof m->count.first_failure, "%s", words.text);
    return FEMD_OK;
}
