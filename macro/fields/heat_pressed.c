/* Points under a pressure that the case prescribes, without mechanics. They are free to swell: with p = pi(J, T) of the
 * points' own shape, q = dpi/dT = -(dS/dT : C) / 3J and dJ/dT = -q dJ/dp they store heat at constant pressure, and a
 * pressure that rises heats,
 *
 *     (c + T q dJ/dT) dT/dt - T (dJ/dT) dp/dt = Div(K Grad T) + source,
 *
 * by reference volume. The rate of the pressure is its change in the step; what it takes is that of the step's end. */
#include <math.h>

#include "base/collective.h"
#include "fields/given.h"
#include "fields/heat_private.h"

femd_status femd_heat_press(femd_heat *h, double time, femd_error *err) {
    const femd_problem *p = h->p;
    femd_status rc = FEMD_OK;
    if (!p->cs->has_pressure) return FEMD_OK;
    for (PetscInt k = 0; k < p->pt->n && rc == FEMD_OK; ++k)
        rc = femd_given_pressure(p, k, time, &p->pt->pressure[k], err);
    return femd_agree(p->comm, rc, err);
}

femd_status femd_heat_pressed_begin(femd_heat *h, double time, femd_error *err) {
    const femd_problem *p = h->p;
    femd_status rc = FEMD_OK;
    if (!p->cs->has_pressure) return FEMD_OK;
    FEMD_TRY(femd_heat_press(h, time, err));
    for (PetscInt k = 0; k < p->pt->n && rc == FEMD_OK; ++k) {
        rc = femd_given_pressure(p, k, p->time, &h->pressed_from[k], err);
        h->taken[k] = 0;
        if (rc == FEMD_OK && h->pressed_from[k] != p->pt->pressure[k]) h->slopes.from_T[k] = NAN;
    }
    return femd_agree(p->comm, rc, err);
}

uint32_t femd_heat_pressed_want(const femd_heat *h, PetscInt k) {
    const femd_problem *p = h->p;
    const int material = p->pt->material[k];
    if (!p->cs->has_pressure || !(femd_case_asks_heat(p->cs, (size_t)material) & FEMD_WANT_HEAT_CAPACITY)) return 0;
    return p->caps[material].inputs & FEMD_INPUT_TEMPERATURE ? FEMD_WANT_THERMAL_STRESS : 0;
}

void femd_heat_pressed_take(femd_heat *h, PetscInt k, const femd_response *r) {
    const femd_points *pt = h->p->pt;
    double q = 0;
    for (int c = 0; c < 3; ++c) q -= (r->dSdT[c] * (1 + 2 * r->E[c]) + 2 * r->dSdT[3 + c] * r->E[3 + c]) / (3 * r->J);
    const double swelling = -q * r->dJdp, T = pt->temperature[k];
    pt->theat_c[k] += T * q * swelling;
    h->taken[k] = -pt->weight[k] * T * swelling * (pt->pressure[k] - h->pressed_from[k]) / h->dt;
}
