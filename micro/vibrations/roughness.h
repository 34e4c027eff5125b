/* What a harmonic answer knows of its own doubt: how far it moves with the step of its differences.
 *
 * Tables of potentials are often sums of pieces (r_k - r)^3, or have the last digits of a file in their derivatives.
 * Their third derivatives jump, and a harmonic stress needs third ones, a harmonic tangent fourth ones: the answer then
 * depends on the step. That distance is told as the answer's error; from NOTED of the scale on with a note, beyond
 * REFUSED of it there is no answer. */
#ifndef FEMD_ROUGHNESS_H
#define FEMD_ROUGHNESS_H

#include "femd/error.h"
#include "femd/types.h"

/* Distances of derivatives by a step and by half of it: Pa, Pa, Pa/K. */
typedef struct femd_unevenness {
    double S[6], D[36], dSdT[6];
} femd_unevenness;

/* The errors of what `wants` names into *response, whose values are there, and the note rough-potential: the distances
 * by the step, and with them (NULL: none) the scatter of averages over the vibrations, which is no sign of a rough
 * potential. Scales: of S its norm, at least 0.1 GPa; of dS/dT its norm, at least 0.1 GPa/T; of an entry of D the
 * geometric mean of the two diagonal ones, each at least a tenth of the diagonal's mean. OUT_OF_DOMAIN, with words that
 * name another way, where an error of what is `asked` for (others were only needed on the way) is beyond REFUSED of its
 * scale. */
FEMD_MUST_CHECK femd_status femd_roughness_judge(const femd_unevenness *step, const femd_unevenness *scatter,
                                                 uint32_t wants, uint32_t asked, double temperature,
                                                 femd_response *response, femd_error *err);

/* The largest of six errors over a scale, and of 36 over those of D. */
double femd_roughness_of_stress(const double error[6], double scale);
double femd_roughness_of_tangent(const double error[36], const double D[36]);
/* The norm of a symmetric tensor. */
double femd_roughness_norm(const double v[6]);

#endif
