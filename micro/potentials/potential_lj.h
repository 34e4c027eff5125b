/* Parameters of Lennard-Jones, as the kernels read them. */
#ifndef FEMD_POTENTIAL_LJ_H
#define FEMD_POTENTIAL_LJ_H

#include "potentials/potential_form.h"

/* Of one pair of species for s < cutsq: phi = (c12/s^6 - c6/s^3) S(t), t = (s - switch_sq) switch_scale,
 * S = 1 for t <= 0, else 1 - t^3 (10 - 15 t + 6 t^2). */
typedef struct femd_lj {
    double c6, c12, cutsq;
    double switch_sq, switch_scale; /* no switch: cutsq and 0 */
} femd_lj;

/* Of all pairs: entry [a nspecies + b]. Borrowed. */
static inline const femd_lj *femd_lj_of(const femd_potential *p) {
    return p->parameters;
}

#endif
