/* The pass over heat and mechanics repeated within a step, with coupling {"iterate": tolerance}. */
#ifndef FEMD_PASSES_H
#define FEMD_PASSES_H

#include "solve/solver.h"

/* The two fields of a coupled attempt. All borrowed. */
typedef struct femd_passes {
    femd_problem *p;
    femd_solver *heat, *mechanics;
    Vec T, X;                       /* where they are */
    femd_step_record *of_heat, *of; /* their records */
} femd_passes;

/* After one pass that has converged: others, until what the heat of a pass changes is within the tolerance: the largest
 * change of a nodal temperature, of the range of the temperatures at both ends of the step; and the norm of the forces
 * that it makes, of the reference force. The mechanics of that pass is solved for still. FEMD_ATTEMPT_FAILED with the
 * words in why where either has failed, or too many passes go by. Collective. */
FEMD_MUST_CHECK femd_status femd_passes_repeat(const femd_passes *at, femd_attempt *outcome, char *why, size_t size,
                                               femd_error *err);

#endif
