/* The harmonic crystal that an RVE is tied to: its atoms move under (1 - lambda) U_h + lambda U, where U is the
 * potential, U_h = W + u.H u/2, W its value at rest, u the displacements from there without what the gauge holds, H the
 * Hessian there. The free energy of lambda = 0 is known (phonon.h, classical).
 *
 * Owns H and the mixing of forces; moves nothing. eV, angstrom. */
#ifndef FEMD_TETHER_H
#define FEMD_TETHER_H

#include "dynamics/dynamics.h"
#include "vibrations/phonon.h"

typedef struct femd_tether {
    femd_phonons phonons; /* once it stands, its `a` is H without masses */
    const double *site;   /* n x 3, borrowed: where the atoms are at rest */
    double W, F;          /* at rest; of the harmonic vibrations */
    double lambda;
    double gap;    /* U - U_h of the last configuration */
    double *u, *f; /* n x 3 each, owned */
} femd_tether;

/* Room for the atoms of `native`. BAD_INPUT where they are fewer than two or have no mass. */
FEMD_MUST_CHECK femd_status femd_tether_create(const femd_native *native, femd_tether *tether, femd_error *err);
void femd_tether_clear(femd_tether *tether);
/* Tied to sites x (borrowed), where native's path is at rest, at temperature T. INSTABILITY if some vibration there is
 * none. */
FEMD_MUST_CHECK femd_status femd_tether_stand(femd_tether *tether, const femd_native *native, const double *x, double T,
                                              femd_error *err);
/* Standard deviation of the gap among displacements that the harmonic crystal has at its temperature, roughly. */
FEMD_MUST_CHECK femd_status femd_tether_spread(femd_tether *tether, femd_rve *rve, const femd_place *place,
                                               double *spread, femd_error *err);
/* For femd_dynamics.bend: energy and forces at lambda. The virial stays that of the potential. */
void femd_tether_bend(void *tether, femd_dynamics *d);

#endif
