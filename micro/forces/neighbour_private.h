/* What the energetics sees of a neighbour list: the extended atoms and the half list of bonds.
 *
 * Extended atoms are the n atoms of the cell, each moved by the lattice vector that put it inside the cell when the
 * list was built, followed by those images of them that may come within reach. Extended atom g is image shift[3g..] of
 * atom owner[g]: its place is x[owner] + shift . cell. Every bond of the crystal stands in the list once per cell, in
 * the row of its lower-numbered atom; a bond of an atom with its own image stands in that atom's row, once for +n and
 * -n. */
#ifndef FEMD_NEIGHBOUR_PRIVATE_H
#define FEMD_NEIGHBOUR_PRIVATE_H

#include <stdint.h>

#include "forces/neighbour.h"

#define FEMD_LANES_MAX 8 /* widest vector of any kernel, in doubles */

struct femd_neighbours {
    int (*within)(const struct femd_neighbours *nb, const double p[3], double reach_sq, int least, int from, int to,
                  int *list, unsigned *hit); /* of the level at creation, see kernels.h */
    double cutoff, skin;
    int n, next;                          /* atoms, extended atoms */
    int *owner;                           /* next */
    int *shift;                           /* next x 3 */
    int *first;                           /* n + 1: where the rows begin */
    int *list;                            /* extended atoms; FEMD_LANES_MAX readable entries after the last */
    uint64_t builds;                      /* so far */
    double cell0[9];                      /* at the last build */
    double *x0;                           /* n x 3, at the last build */
    int room_atoms, room_next, room_list; /* allocated */
    int *bin_first, *bin_of, *order;      /* scratch of the build */
    double *sorted;                       /* scratch: x, y, z of the extended atoms in bin order, three runs */
    int *key;                             /* scratch */
    int room_bins;
};

/* Places of the extended atoms, four doubles each (the last is 0), into xe (next x 4). */
void femd_neighbours_place(const femd_neighbours *nb, const double cell[9], const double *x, double *xe);

/* nearest (n): the distance of each atom to its nearest neighbour in the list, HUGE_VAL if it has none; xe: where the
 * extended atoms are. */
void femd_neighbours_each_nearest(const femd_neighbours *nb, const double *xe, double *nearest);

#endif
