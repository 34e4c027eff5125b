/* The geometry of an elastic band: what its images, a chain of configurations in one cell, make of the forces on them.
 * Owns the formulae alone; never computes an energy.
 *
 * Improved tangents: Henkelman and Jonsson, J. Chem. Phys. 113 (2000) 9978, equations 8 to 12. Climbing images:
 * Henkelman, Uberuaga and Jonsson, J. Chem. Phys. 113 (2000) 9901, equation 5. Units: eV, angstrom; a configuration is
 * n3 = 3 x atoms coordinates. */
#ifndef FEMD_BAND_PATH_H
#define FEMD_BAND_PATH_H

#include "femd/error.h"

/* u (n3): the way from state a to state b of n atoms in one periodic cell, each atom to its nearest image, the mean of
 * all taken out (a translation of the whole is no way). BAD_INPUT where an atom goes as far as half a height of the
 * cell or more, so that the image it goes to is a guess, or a position is not finite; it names the atom. */
FEMD_MUST_CHECK femd_status femd_band_way(int n, const double cell[9], const double *a, const double *b, double *u,
                                          femd_error *err);
/* Unit tangent (n3) at the second of three images one after another, with energies W: towards the higher neighbour, at
 * an extremum weighted by the energies. Returns the distance to the third less that to the first; *met = 1 and nothing
 * else if it has no direction. */
double femd_band_tangent(int n3, const double *const x[3], const double W[3], double *tangent, int *met);
/* The force on an image becomes what moves it in the band: without its part along the tangent, with that of the springs
 * (pull, eV/angstrom) instead; of a climbing image with that part turned round. Returns the part along the tangent. */
double femd_band_nudge(int n3, const double *tangent, double pull, int climbs, double *f);
/* place (count): how far along the chain each image is, from 0 to 1. Returns the length of the chain in angstrom. */
double femd_band_places(int count, int n3, const double *x, double *place);
/* The largest energy between two images `length` apart with energies W and slopes (eV/angstrom, along the path): that
 * of the cubic through them. */
double femd_band_between(double length, const double W[2], const double slope[2]);

#endif
