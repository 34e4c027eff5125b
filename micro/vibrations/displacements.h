/* Random displacements of atoms that vibrate: u = R z, R R^T the covariance of the vibrations that a femd_phonons (kind
 * FULL) has as its base, z random vectors that are the same for all strains and temperatures. Owns the draw. */
#ifndef FEMD_DISPLACEMENTS_H
#define FEMD_DISPLACEMENTS_H

#include "vibrations/phonon.h"

/* count Gaussian vectors of n3 numbers, each stretched to the length sqrt(n3) that they have in the mean (its
 * fluctuation would be one of the temperature). A function of n3 and the index alone. */
void femd_displacements_draw(size_t n3, size_t count, double *z);
/* The displacements of z, count x n3, without what the gauge holds: angstrom. */
void femd_displacements_make(const femd_phonons *phonons, size_t count, const double *z, double *u);

#endif
