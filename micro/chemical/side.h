/* One of the two RVEs that a difference of free energies is between, as its atoms move: neighbours, masses and dynamics
 * of its own, in the cell of the strain that is sampled, and the sites that its atoms belong to.
 *
 * Owns these; what is summed along its trajectories, and these, are the method's. */
#ifndef FEMD_SIDE_H
#define FEMD_SIDE_H

#include "dynamics/sampled_method.h"

typedef struct femd_side {
    femd_native *native; /* borrowed */
    femd_neighbours *nb; /* owned */
    femd_rve rve;        /* the native one seen with this list; nothing in it is owned */
    double *mass, *site; /* n, n x 3, owned */
    femd_dynamics d;
    femd_place place; /* at the strain that is sampled */
} femd_side;

/* Room for the atoms of `native`. */
FEMD_MUST_CHECK femd_status femd_side_open(femd_side *side, femd_native *native, double skin, const femd_json *doc,
                                           femd_error *err);
void femd_side_close(femd_side *side);
/* The cell at strain E, and where the atoms belong: at x (n x 3), or x = NULL: at the sites of the reference. */
FEMD_MUST_CHECK femd_status femd_side_stand(femd_side *side, const double E[6], const double *x, femd_error *err);
/* Let the dynamics be that of trajectory number `replica` of the sums. */
void femd_side_prepare(femd_side *side, const femd_sampled *common, uint64_t replica);
/* From positions x to the steady state, into an empty trajectory. NOT_CONVERGED if the energy still drifts. */
FEMD_MUST_CHECK femd_status femd_side_settle(femd_side *side, const femd_course *course, int segment, const double *x,
                                             femd_trajectory *trajectory, femd_error *err);

#endif
