/* The temperature of the points, as the case prescribes it or the heat of this attempt has left it, and the forces that
 * its change makes; their chemical potentials, which the case prescribes. No equation decides them here. */
#include <math.h>

#include "base/collective.h"
#include "base/petsc_edge.h"
#include "fields/given.h"
#include "fields/heat.h"
#include "fields/mechanics_private.h"

femd_status femd_mechanics_warm(femd_problem *p, double time, femd_error *err) {
    femd_points *pt = p->pt;
    femd_status rc = FEMD_OK;
    if (p->heat) {
        femd_heat_of_points(p, 0, pt->temperature);
        return FEMD_OK;
    }
    p->mech->given_time = time;
    for (PetscInt k = 0; k < pt->n && rc == FEMD_OK; ++k) {
        rc = femd_given_at_point(p, k, time, &pt->temperature[k], err);
        if (rc == FEMD_OK && p->cs->npotentials > 0)
            rc = femd_case_potentials(p->cs, (size_t)pt->material[k], pt->x + FEMD_SPACE * k, time,
                                      pt->delta_mu + 3 * k, err);
    }
    return femd_agree(p->comm, rc, err);
}

femd_status femd_mechanics_first_temperature(const femd_problem *p, double *kelvin, femd_error *err) {
    *kelvin = INFINITY;
    for (PetscInt k = 0; k < p->pt->n; ++k)
        if (p->pt->id[k] == 0) *kelvin = p->pt->temperature[k];
    MPI_TRY(err, MPI_Allreduce(MPI_IN_PLACE, kelvin, 1, MPI_DOUBLE, MPI_MIN, p->comm));
    return FEMD_OK;
}

/* ---- thermal stress ---- */

/* Of answers that are sampled a fit of all takes its place, where there is one: each one's own has noise. */
uint32_t femd_mechanics_thermal_want_of(const femd_problem *p, int material) {
    const femd_capabilities *caps = &p->caps[material];
    if (!p->pt->dSdT) return 0;
    if (femd_case_samples(p->cs, (size_t)material, caps, "thermal-stress") && !femd_heat_thermal_is_fitted(p, material))
        return 0;
    return caps->wants & FEMD_WANT_THERMAL_STRESS;
}

uint32_t femd_mechanics_thermal_want(const femd_problem *p, PetscInt k) {
    return femd_mechanics_thermal_want_of(p, p->pt->material[k]);
}

void femd_mechanics_thermal_reference(femd_mechanics *m) {
    if (!m->p->pt->dSdT) return;
    if (m->iteration == 0 && !m->thermal_known) m->thermal = fmax(m->thermal, m->scale.reference);
    m->scale.reference = fmax(m->scale.reference, m->thermal);
}
