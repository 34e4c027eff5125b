/* The forces that a change of temperature makes at the strain that is committed, for the predictor. */
#include <math.h>
#include <stdlib.h>

#include "base/collective.h"
#include "base/petsc_edge.h"
#include "fields/given.h"
#include "fields/heat.h"
#include "fields/mechanics_private.h"

int femd_mechanics_thermal_is_told(const femd_problem *p) {
    for (size_t k = 0; k < p->cs->nmaterials; ++k)
        if (p->caps[k].inputs & FEMD_INPUT_TEMPERATURE && !femd_mechanics_thermal_want_of(p, (int)k)) return 0;
    return 1;
}

femd_status femd_mechanics_rise(const femd_mechanics *m, double *rise, femd_error *err) {
    const femd_problem *p = m->p;
    const int own = p->heat && (p->step > 0 || isnan(m->virgin_kelvin));
    if (own) femd_heat_of_points(p, 1, rise);
    for (PetscInt k = 0; k < p->pt->n; ++k) {
        double before = own ? rise[k] : m->virgin_kelvin;
        if (!own && p->step > 0) FEMD_TRY(femd_given_at_point(p, k, p->time, &before, err));
        rise[k] = p->pt->temperature[k] - before;
    }
    return FEMD_OK;
}

femd_status femd_mechanics_thermal_forces(femd_mechanics *m, double *internal, femd_error *err) {
    const femd_problem *p = m->p;
    const size_t n = p->displacement->n;
    if (!p->pt->dSdT) return FEMD_OK;
    double *force = calloc(n + 7 * (size_t)p->pt->n + 1, sizeof *force), *S = force + n,
           *rise = S + 6 * (size_t)p->pt->n;
    femd_status rc = force ? FEMD_OK : femd_fail(err, FEMD_NO_MEMORY, "no memory for the predictor");
    if (rc == FEMD_OK) rc = femd_mechanics_rise(m, rise, err);
    for (PetscInt k = 0; rc == FEMD_OK && k < p->pt->n; ++k)
        for (int c = 0; c < 6; ++c) S[6 * k + c] = rise[k] * p->pt->dSdT[6 * k + c];
    rc = femd_agree(p->comm, rc, err);
    if (rc == FEMD_OK) {
        femd_mechanics_internal(p, p->pt->F, S, force);
        rc = femd_field_norm(p->displacement, force, &m->thermal, err);
    }
    for (size_t i = 0; rc == FEMD_OK && i < n; ++i) internal[i] += force[i];
    m->thermal_known = m->thermal > 0 && femd_mechanics_thermal_is_told(p);
    free(force);
    return rc;
}

femd_status femd_mechanics_pass_forces(femd_mechanics *m, double *force, femd_error *err) {
    const femd_problem *p = m->p;
    const double reference = m->scale.reference;
    double norm = 0, *S = calloc(6 * (size_t)p->pt->n + 1, sizeof *S);
    FEMD_TRY(
        femd_agree(p->comm, S ? FEMD_OK : femd_fail(err, FEMD_NO_MEMORY, "no memory for the thermal stress"), err));
    for (PetscInt k = 0; k < p->pt->n; ++k) {
        const double rise = femd_heat_rise(p->heat, k);
        for (int c = 0; c < 6; ++c) S[6 * k + c] = rise * p->pt->tdSdT[6 * k + c];
    }
    femd_mechanics_internal(p, p->pt->tF, S, force);
    free(S);
    FEMD_TRY(femd_field_norm(p->displacement, force, &norm, err));
    m->pass_change = norm > 0 ? norm / reference : 0;
    return FEMD_OK;
}

double femd_mechanics_pass_change(const femd_problem *p) {
    return p->mech->pass_change;
}
