/* The nearest neighbours of every atom as vectors: what an atom's surroundings look like, whatever stands there. */
#ifndef FEMD_NEIGHBOUR_STARS_H
#define FEMD_NEIGHBOUR_STARS_H

#include "forces/neighbour.h"

enum { FEMD_STAR_MOST = 16 };
typedef struct femd_star {
    int count;
    double nearest; /* angstrom; HUGE_VAL without neighbours */
    double to[FEMD_STAR_MOST][3];
} femd_star;

/* star[i] (n of them, the caller's): the vectors from atom i to its neighbours within `reach` times the distance of the
 * nearest, the first FEMD_STAR_MOST of the list. Brings the list up to date. NO_MEMORY. */
FEMD_MUST_CHECK femd_status femd_neighbours_stars(femd_neighbours *nb, int n, const double cell[9], const double *x,
                                                  double reach, femd_star *star, femd_error *err);

#endif
