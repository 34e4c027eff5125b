/* The temperature that the case prescribes, at nodes and points of the grid: as it says, or from the nodes of a file.
 */
#ifndef FEMD_GIVEN_H
#define FEMD_GIVEN_H

#include "fields/problem.h"

typedef struct femd_given femd_given;

/* Read the case's file of temperatures, if it names one, and find each node of the grid in it. BAD_INPUT for a node
 * that is not there; those in the middle of edges may be missing, and are between their ends then. Collective. */
FEMD_MUST_CHECK femd_status femd_given_create(femd_problem *p, femd_error *err);
void femd_given_destroy(femd_problem *p);
/* At local node or point i and a time, K. BAD_INPUT as femd_case_temperature. */
FEMD_MUST_CHECK femd_status femd_given_at_node(const femd_problem *p, PetscInt i, double time, double *kelvin,
                                               femd_error *err);
FEMD_MUST_CHECK femd_status femd_given_at_point(const femd_problem *p, PetscInt i, double time, double *kelvin,
                                                femd_error *err);

#endif
