/* What the vibrations of an answer leave out, and what that makes of its errors.
 *
 * What harmonic vibrations lack, of atoms at rest to first order, of averaged ones to second, grows as T^2 in the free
 * energy (classically; in the quantum case the same is taken with the energy of the vibrations for kT): as much is
 * lacking in U, with the other sign, and of what is lacking in S and F twice that over T in dS/dT and in the heat
 * capacity. */
#ifndef FEMD_LACKING_H
#define FEMD_LACKING_H

#include "femd/error.h"
#include "femd/types.h"

typedef struct femd_lacking {
    double thermal[6]; /* Pa: S of the vibrations alone */
    double S[6];       /* Pa */
    double D[36];      /* Pa */
    double F;          /* J/m^3 */
    int noted;         /* FEMD_WANT_STRESS, FEMD_WANT_TANGENT: so much of it that the note anharmonic tells it */
} femd_lacking;

/* Into the errors of what `wants` names, after the judgement of roughness.h, with the note. OUT_OF_DOMAIN, with words
 * that name md, where the error of what is `asked` for is beyond half of its scale: then the vibrations are none of
 * that potential. Scales are those of roughness.h, but of a stress at least that of the vibrations. */
FEMD_MUST_CHECK femd_status femd_lacking_tell(const femd_lacking *lacking, uint32_t wants, uint32_t asked,
                                              double temperature, femd_response *response, femd_error *err);

#endif
