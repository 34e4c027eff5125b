/* Pairs of atoms within cutoff + skin, with their periodic images: correct for cells smaller than the cutoff and for
 * strongly sheared ones. Units and the convention of cells are those of crystal/structure.h. */
#ifndef FEMD_NEIGHBOUR_H
#define FEMD_NEIGHBOUR_H

#include "femd/error.h"

typedef struct femd_neighbours femd_neighbours;
/* An empty list; cutoff and skin in angstrom. */
FEMD_MUST_CHECK femd_status femd_neighbours_create(double cutoff, double skin, femd_neighbours **nb, femd_error *err);
void femd_neighbours_destroy(femd_neighbours **nb);
/* Make the list fit (cell, x). Rebuilt only if an atom pair may have come within the cutoff unseen (displacements and
 * cell change since the last build against the skin); the list's ORDER depends only on the configuration it was built
 * at, so callers that need the same bits call femd_neighbours_rebuild at a configuration that is a function of their
 * inputs. OUT_OF_DOMAIN if two atoms coincide or an entry is not finite. */
FEMD_MUST_CHECK femd_status femd_neighbours_update(femd_neighbours *nb, int n, const double cell[9], const double *x,
                                                   femd_error *err);
FEMD_MUST_CHECK femd_status femd_neighbours_rebuild(femd_neighbours *nb, int n, const double cell[9], const double *x,
                                                    femd_error *err);
/* Mean distance (angstrom) of atoms to the nearest of their neighbours; the cutoff if none has one. */
FEMD_MUST_CHECK femd_status femd_neighbours_nearest(femd_neighbours *nb, int n, const double cell[9], const double *x,
                                                    double *mean, femd_error *err);

#endif
