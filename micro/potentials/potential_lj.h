/* Parameters of Lennard-Jones, as the kernels read them. */
#ifndef FEMD_POTENTIAL_LJ_H
#define FEMD_POTENTIAL_LJ_H

#include "potentials/potential_form.h"

/* How the energy goes to zero at the cutoff: at once; over a given width; in one piece from r = 0. */
enum { FEMD_LJ_CUT, FEMD_LJ_SWITCHED, FEMD_LJ_WIDE };

/* Of one pair of species for s < cutsq: phi = (c12/s^6 - c6/s^3) S(t), t = (s - switch_sq) switch_scale. Cut: S = 1.
 * Switched: 1 for t <= 0, else 1 - t^3 (10 - 15 t + 6 t^2). Wide: (1 - t^5)^5, t = s/cutsq. */
typedef struct femd_lj {
    double c6, c12, cutsq;
    double switch_sq, switch_scale; /* cut: cutsq and 0; wide: 0 and 1/cutsq */
    int shape;                      /* the same for all pairs of a potential */
} femd_lj;

/* Of all pairs: entry [a nspecies + b]. Borrowed. */
static inline const femd_lj *femd_lj_of(const femd_potential *p) {
    return p->parameters;
}

/* What cutoff and smoothing do to the crystal's constants: see femd_potential_judge_crystal. */
void femd_lj_judge_crystal(const femd_potential *p, int natoms, const int *species, const double cell[9],
                           const double *x, char *words, size_t size);

#endif
