/* The deformation around each atom, from where its neighbours of the reference have gone: the F that takes the vectors
 * to them there into those now with the least sum of squares, and that least sum, D2min, which measures what is no
 * homogeneous deformation (Falk and Langer, Phys. Rev. E 57 (1998) 7192; F alone: Zimmerman, Bammann and Gao, Int. J.
 * Solids Struct. 46 (2009) 238):
 *   F = (sum of d D^T) (sum of D D^T)^-1,  D2min = sum of |d - F D|^2. */
#ifndef FEMD_LOCAL_DEFORMATION_H
#define FEMD_LOCAL_DEFORMATION_H

#include "femd/error.h"

/* Neighbours are those nearer than FEMD_LOCAL_REACH times the mean distance of nearest neighbours: the first shell of
 * fcc, hcp and diamond, the first two of bcc. */
#define FEMD_LOCAL_REACH 1.3

/* n atoms at X in the cell H of the reference, now at x in h, an atom's lattice cell being the same in both. F (n x 9,
 * by rows), apart (n, angstrom^2): NaN where the neighbours do not span space. *reach (angstrom): up to where they
 * were looked for; look (angstrom): within which atoms have neighbours at all. Statuses of femd_neighbours_update. */
FEMD_MUST_CHECK femd_status femd_local_deformation(int n, const double H[9], const double *X, const double h[9],
                                                   const double *x, double look, double *F, double *apart,
                                                   double *reach, femd_error *err);

#endif
