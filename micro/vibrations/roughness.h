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

/* Where they come from. Scatter is that of averages over the vibrations: it is told, refused as the other, and no sign
 * of a rough potential. */
typedef enum femd_doubt { FEMD_DOUBT_STEP, FEMD_DOUBT_SCATTER } femd_doubt;

/* The errors of what `wants` names into *response, whose values are there, and the note rough-potential. Scales: of S
 * its norm, at least 0.1 GPa; of dS/dT its norm, at least 0.1 GPa/T; of an entry of D the geometric mean of the two
 * diagonal ones, each at least a tenth of the diagonal's mean. OUT_OF_DOMAIN, with words that name another way, where
 * an error is beyond REFUSED of its scale. */
FEMD_MUST_CHECK femd_status femd_roughness_judge(const femd_unevenness *uneven, femd_doubt doubt, uint32_t wants,
                                                 double temperature, femd_response *response, femd_error *err);

#endif
