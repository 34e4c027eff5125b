/* The pairs of a list as they are, for who asks who is a neighbour of whom. */
#ifndef FEMD_NEIGHBOUR_PAIRS_H
#define FEMD_NEIGHBOUR_PAIRS_H

#include <stddef.h>

#include "forces/neighbour.h"

/* Atom a and the image `shift` (lattice vectors) of atom b: r = x_b + shift . cell - x_a. */
typedef struct femd_neighbour_pair {
    int a, b, shift[3];
} femd_neighbour_pair;

/* All pairs of n atoms at (cell, x) that are nearer than the list's cutoff, each once, in the order of the list, which
 * is brought up to date. *pairs is the caller's to free. NO_MEMORY, else as femd_neighbours_update. */
FEMD_MUST_CHECK femd_status femd_neighbours_pairs(femd_neighbours *nb, int n, const double cell[9], const double *x,
                                                  femd_neighbour_pair **pairs, size_t *count, femd_error *err);

#endif
