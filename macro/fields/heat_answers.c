/* From nodal temperatures to the conductivity and heat capacity of all points: those that the case gives, and one batch
 * of requests for the others, each at its point's own temperature. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/collective.h"
#include "base/part.h"
#include "base/petsc_edge.h"
#include "fields/constitutive.h"
#include "fields/heat_private.h"

/* ---- temperatures ---- */

static void answers_warm(femd_heat *h, const double *u) {
    const femd_problem *p = h->p;
    for (PetscInt k = 0; k < p->pt->n; ++k) {
        const double T = femd_heat_at_point(p, k, u);
        p->pt->temperature[k] = T;
        p->pt->tstatus[k] = T >= 0 ? FEMD_OK : FEMD_OUT_OF_DOMAIN;
        if (T >= 0) continue;
        if (h->failing++ == 0) h->failing_point = p->pt->id[k], h->failing_status = FAILED_COLD, h->failing_value = T;
    }
}

/* ---- ask ---- */

static void answers_give(femd_heat *h, PetscInt k) {
    femd_points *pt = h->p->pt;
    const femd_case_material *m = &h->p->cs->material[pt->material[k]];
    if (!h->map) pt->tstate[k] = pt->state[k];
    pt->tnotes[k] = 0;
    pt->twall[k] = 0;
    for (int c = 0; c < 6; ++c) pt->theat_k[6 * k + c] = c < 3 ? m->conductivity : 0;
    pt->theat_c[k] = m->heat_capacity;
}

static void answers_request(const femd_heat *h, PetscInt k, uint32_t wants, femd_request *r) {
    const femd_problem *p = h->p;
    memset(r, 0, sizeof *r);
    r->state_in = p->pt->state[k];
    r->seed = femd_seed(p->cs->seed, (uint32_t)h->step, p->pt->id[k]);
    r->point = p->pt->id[k];
    r->step = (uint32_t)h->step;
    r->attempt = (uint32_t)h->attempt;
    r->iteration = (uint32_t)h->iteration;
    r->wants = wants;
    r->control = FEMD_CONTROL_COMPONENTS;
    /* as it stands, or stood at the end of the last pass; else the body is not strained */
    if (h->map) femd_heat_strain(h, k, r->value);
    if (p->cs->has_pressure) {
        r->control = FEMD_CONTROL_PRESSURE; /* of no shape but its own */
        r->pressure = p->pt->pressure[k];
    }
    r->flags = p->cs->reuse ? 0 : FEMD_REQUEST_PRIVATE;
    r->temperature = p->pt->temperature[k];
}

static void answers_take(void *user, size_t i, const femd_response *r) {
    femd_heat *h = user;
    femd_points *pt = h->p->pt;
    const PetscInt k = h->asked[i];
    const uint32_t wants = h->request[i].wants;
    h->count_force += r->work.force_evaluations;
    if (!h->map) pt->tstate[k] = r->state_out; /* else histories are those of the mechanics */
    h->notes |= r->notes;
    pt->tnotes[k] = (int32_t)r->notes;
    pt->tstatus[k] = r->status;
    pt->twall[k] = r->work.wall;
    if (r->status != FEMD_OK && femd_status_is_physics(r->status)) {
        if (h->failing++ == 0 || r->point < h->failing_point)
            h->failing_point = r->point, h->failing_status = r->status;
        return;
    }
    femd_status rc = (femd_status)r->status;
    if (rc == FEMD_OK) {
        /* J U^-1 k U^-1 of the reference body, U being the cube root of J under a pressure */
        const double turn = h->p->cs->has_pressure ? cbrt(r->J) : 1;
        if (wants & FEMD_WANT_CONDUCTIVITY)
            for (int c = 0; c < 6; ++c) pt->theat_k[6 * k + c] = turn * (r->k[c] + r->k_electronic[c]);
        if (wants & FEMD_WANT_HEAT_CAPACITY) pt->theat_c[k] = r->heat_capacity;
        if (wants & FEMD_WANT_THERMAL_STRESS) femd_heat_pressed_take(h, k, r);
        if (!femd_case_answer_conducts(r, wants)) rc = FEMD_UNSUPPORTED;
    }
    if (rc != FEMD_OK && (h->broken == FEMD_OK || r->point < h->broken_point))
        h->broken = rc, h->broken_point = r->point;
}

static femd_status answers_ask(femd_heat *h, femd_error *err) {
    femd_problem *p = h->p;
    size_t n = 0;
    for (PetscInt k = 0; k < p->pt->n; ++k) {
        uint32_t wants = femd_case_asks_heat(p->cs, (size_t)p->pt->material[k]);
        if (femd_heat_is_sampled(h, FEMD_SAMPLED_CONDUCTIVITY, p->pt->material[k]))
            wants &= ~(uint32_t)FEMD_WANT_CONDUCTIVITY;
        if (femd_heat_is_sampled(h, FEMD_SAMPLED_CAPACITY, p->pt->material[k]))
            wants &= ~(uint32_t)FEMD_WANT_HEAT_CAPACITY;
        wants |= femd_heat_pressed_want(h, k);
        answers_give(h, k);
        if (wants == 0) continue;
        answers_request(h, k, wants, &h->request[n]);
        h->material[n] = p->pt->material[k];
        h->asked[n++] = k;
    }
    h->count_evaluated = n;
    femd_status rc = p->law->evaluate(p->law->self, h->request, h->material, n, answers_take, h, err);
    if (rc == FEMD_OK) rc = femd_heat_broken(h, err);
    return femd_agree(p->comm, rc, err);
}

femd_status femd_heat_ask(femd_heat *h, const double *u, int *failed, femd_error *err) {
    h->failing = 0;
    h->broken = FEMD_OK;
    h->count_force = h->count_evaluated = 0;
    h->notes = 0;
    answers_warm(h, u);
    int cold = h->failing;
    MPI_TRY(err, MPI_Allreduce(MPI_IN_PLACE, &cold, 1, MPI_INT, MPI_MAX, h->p->comm));
    if (cold == 0 && h->sampled) {
        FEMD_TRY(femd_heat_sample_first(h, failed, err));
        if (*failed > 0) return FEMD_OK;
    }
    if (cold == 0) FEMD_TRY(answers_ask(h, err));
    FEMD_TRY(femd_heat_agree_answers(h, failed, err));
    if (*failed > 0) return FEMD_OK;
    femd_heat_slopes_learn(h);
    femd_heat_apply_fits(h);
    return FEMD_OK;
}
