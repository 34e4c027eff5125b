/* The method `swap`: the difference of the chemical potentials of two species from the energies of atoms that are tried
 * as the other, in Langevin dynamics of the RVE as it is (side 0) and of the same with one atom swapped already (1).
 *
 * x = U_1 - U_0 of a swap, over all atoms of the first species on side 0, over all of the second on side 1, as
 * bennett.h has it; C is the difference at rest less kT times the logarithm of how many more atoms tell on side 0: near
 * the best.
 *
 * Owns the RVE with the swapped atom and both trajectories. What every method that samples does is sampled_method.h's.
 */
#ifndef FEMD_SWAP_H
#define FEMD_SWAP_H

#include "chemical/side.h"
#include "forces/trial.h"

extern const femd_method femd_method_swap;

typedef struct femd_swap_options {
    int equilibration, block; /* steps, whole lives of a list */
    int stride;               /* steps between looks */
    int64_t max_steps;        /* of both sides in one request */
} femd_swap_options;

/* One side: its atoms, their motion, what is tried. */
typedef struct femd_swap_side {
    femd_side moving;
    femd_trial *trial; /* owned */
    int from, to;      /* species of the atoms that are tried, and as what */
    int sites;         /* how many there are */
    femd_trajectory trajectory;
} femd_swap_side;

/* eV */
typedef struct femd_swap_result {
    double value, error;           /* of both */
    double side[2], side_error[2]; /* of each alone */
    double scatter;                /* the larger standard deviation of x */
} femd_swap_result;

typedef struct femd_swap {
    femd_sampled common;  /* first */
    femd_native *swapped; /* owned */
    femd_swap_options options;
    femd_swap_side side[2];
    double C;        /* eV */
    double odds;     /* of mixing: (second + 1)/first */
    double lightens; /* mass of the first over that of the second */
    femd_swap_result result;
} femd_swap;

#endif
