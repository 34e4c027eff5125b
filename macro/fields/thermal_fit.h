/* The thermal stress dS/dT of a material as a function of strain and temperature, from answers that have errors. Its
 * components have either sign: fitted is the tensor itself, by linear least squares with a weak prior,
 *
 *     dS/dT = a + b (T/T* - 1) + c : E [+ q (T/T* - 1)^2],     a, b, c, q as the symmetry of the RVE leaves them.
 *
 * Every point answers in every step, so that no sample is kept, but the sums of the normal equations. All in the frame
 * of the RVE. A fit is a femd_k_fit of form FEMD_K_THERMAL or FEMD_K_THERMAL_CUBIC. */
#ifndef FEMD_THERMAL_FIT_H
#define FEMD_THERMAL_FIT_H

#include "fields/conductivity_fit.h"

/* Doubles only: so it is sent, added and stored. */
typedef struct femd_thermal_sums {
    double T0, scale; /* T*, K; what is large for a component, Pa/K: the prior is made of it. 0: not yet begun */
    double samples;   /* answers */
    double rows;      /* their components */
    double squares;   /* of these over their variances, summed; ... */
    double right[FEMD_K_COEFFICIENTS], normal[FEMD_K_COEFFICIENTS * FEMD_K_COEFFICIENTS];
} femd_thermal_sums;

/* Nothing known yet: T* and the scale from a first answer with errors of the root mean square `error`. */
void femd_thermal_begin(femd_thermal_sums *sums, double T, const double dSdT[6], double error);
/* One answer more; variances of its components on the diagonal and off it (0 and less: almost none). */
void femd_thermal_add(femd_k_form form, femd_thermal_sums *sums, const double E[6], double T, const double dSdT[6],
                      const double variance[2]);
/* The fit of sums that were begun. Where residuals are larger than the errors say (chi^2 over 2 by degree of freedom,
 * of 5 at least) the curvature comes in, and if that does not do the errors are widened. */
void femd_thermal_fit(femd_k_form form, const femd_thermal_sums *sums, femd_k_fit *fit);
/* The tensor there with other coefficients: those of the fit, or a change of them for the change. */
void femd_thermal_at(const femd_k_fit *fit, const double E[6], double T, const double *coefficient, double dSdT[6]);

#endif
