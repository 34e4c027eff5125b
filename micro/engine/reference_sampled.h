/* The reference of a material whose stress is sampled: the harmonic one, moved on until the sampled stress is the
 * reference pressure. */
#ifndef FEMD_REFERENCE_SAMPLED_H
#define FEMD_REFERENCE_SAMPLED_H

#include "rve/method.h"
#include "rve/reference.h"

/* What harmonic vibrations say at the reference where n stands. */
typedef struct femd_harmonic_reference {
    double D[36];   /* Pa */
    double dSdT[6]; /* Pa/K */
} femd_harmonic_reference;

/* Move the RVE, which stands at its harmonic reference, until S(E = 0, ref->temperature) = -ref->pressure I by the
 * method within ref->accuracy times the stress scale, the reference stress but at least that of 1 % strain. Newton with
 * the harmonic D, so that noise enters by the stress alone; what dS/dT shows to be zero or equal by symmetry stays so:
 * such components are left alone or averaged, and a cubic crystal stays cubic. A function of the material alone.
 * BAD_INPUT with words if that does not end. */
FEMD_MUST_CHECK femd_status femd_reference_sample(const femd_reference *ref, femd_native *native, const femd_json *doc,
                                                  const femd_method *method, const femd_harmonic_reference *harmonic,
                                                  femd_error *err);
/* Means of the components of S that equal components of `like` belong together with; 0 where `like` is zero. `like`
 * decides within 1e-6 of its largest entry; normal and shear components never share. For tests. */
void femd_reference_share(const double like[6], double S[6]);

#endif
