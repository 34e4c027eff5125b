/* Parameters of Stillinger-Weber, as the kernels read them. */
#ifndef FEMD_POTENTIAL_SW_H
#define FEMD_POTENTIAL_SW_H

#include "potentials/potential_form.h"

/* Seen from an atom of one species towards one of another: with e(z) = exp(z / (r - cut)),
 *   phi = a_eps (b (sigma/r)^p - (sigma/r)^q) e(sigma),  g = e(gamma_sigma),  both 0 for r^2 >= cutsq. */
typedef struct femd_sw_pair {
    double a_eps, b, sigma, gamma_sigma, cut, cutsq;
} femd_sw_pair;

/* Triplet of an atom and two of its neighbours: lambda_eps g_1 g_2 (cos - cos0)^2. */
typedef struct femd_sw_angle {
    double lambda_eps, cos0;
} femd_sw_angle;

typedef struct femd_sw {
    femd_sw_pair pair[FEMD_SPECIES_MAX * FEMD_SPECIES_MAX]; /* [from nspecies + to] */
    femd_sw_angle angle[FEMD_SPECIES_MAX * FEMD_SPECIES_MAX *
                        FEMD_SPECIES_MAX]; /* [(centre nspecies + b) nspecies + c], symmetric in b, c */
    int p, q;
} femd_sw;

static inline const femd_sw *femd_sw_of(const femd_potential *p) {
    return p->parameters;
}

#endif
