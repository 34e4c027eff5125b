/* Which atoms hang together. Bonds are pairs nearer than the list's cutoff; what none of them joins are pieces that do
 * not feel each other: slabs, wires, clusters, single atoms. */
#ifndef FEMD_NEIGHBOUR_PIECES_H
#define FEMD_NEIGHBOUR_PIECES_H

#include "forces/neighbour.h"

typedef struct femd_pieces {
    int count;
    int *of;        /* n: the piece of each atom, numbered by their first atoms */
    double *whole;  /* n x 3, angstrom: places of the atoms in an image of their piece that hangs together */
    int *endless;   /* count: along how many lattice directions the piece goes on into its images: 0 a cluster, 1 a
                       wire, 2 a slab, 3 */
    double *period; /* count x 3, angstrom: that direction of a wire */
    int *scratch;
} femd_pieces;

/* Room for n atoms. NO_MEMORY. */
FEMD_MUST_CHECK femd_status femd_pieces_init(int n, femd_pieces *pieces, femd_error *err);
void femd_pieces_clear(femd_pieces *pieces);
/* The pieces at (cell, x); brings the list up to date. Of one piece that goes on along three directions `whole` is left
 * as it was: most RVEs are, and it is found soon. */
FEMD_MUST_CHECK femd_status femd_neighbours_pieces(femd_neighbours *nb, int n, const double cell[9], const double *x,
                                                   femd_pieces *pieces, femd_error *err);

#endif
