/* Which points are asked for their conductivity after a converged step, and which take that of another point or of an
 * earlier step (output.conductivity_reuse). Decided from committed data, strains and the numbers of the points alone,
 * so the choice is the same for any number of workers and ranks. */
#ifndef FEMD_CONDUCTIVITY_H
#define FEMD_CONDUCTIVITY_H

#include "fields/problem.h"

typedef struct femd_conductivity_plan femd_conductivity_plan;

/* Go through all points by number: one takes the nearest conductivity of its material that lies within the tolerances,
 * committed ones first, else it is to be asked, and those after it may take what it will answer. Without
 * output.conductivity_reuse all are asked. The tentative strains must be those of the converged state. Collective. */
FEMD_MUST_CHECK femd_status femd_conductivity_plan_create(femd_problem *p, femd_conductivity_plan **plan,
                                                          femd_error *err);
void femd_conductivity_plan_destroy(femd_conductivity_plan **plan);
/* 1 if local point k is to be asked. */
int femd_conductivity_is_due(const femd_conductivity_plan *plan, PetscInt k);
/* The answer to local point k (which was due). */
FEMD_MUST_CHECK femd_status femd_conductivity_take(femd_problem *p, PetscInt k, const femd_response *r,
                                                   femd_error *err);
/* Local point k (which was due) has no answer: NAN, and so for those that were to take it. */
void femd_conductivity_lose(femd_problem *p, PetscInt k);
/* What the conductivities of the case's materials count, FEMD_CARRIER_*: LATTICE if it is so for all that answer one,
 * ELECTRONS if any declares them. The same on all ranks. */
uint32_t femd_conductivity_carriers(const femd_problem *p);
/* All answers are there: fill the tentative conductivities of the points that take another's, and the record. Points
 * that were to take one that was lost get the status NOT_CONVERGED. Collective. */
FEMD_MUST_CHECK femd_status femd_conductivity_share(femd_problem *p, femd_conductivity_plan *plan,
                                                    femd_step_record *rec, femd_error *err);

#endif
