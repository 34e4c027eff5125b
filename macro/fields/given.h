/* What the case prescribes at nodes and points of the grid, temperatures and pressures: as it says, or from the nodes
 * of a file. */
#ifndef FEMD_GIVEN_H
#define FEMD_GIVEN_H

#include "fields/problem.h"

typedef struct femd_given femd_given;

/* Read the files that the case names for temperatures and pressures, and find each node of the grid in them. BAD_INPUT
 * for a node that is not there; those in the middle of edges may be missing, and are between their ends then. The grid
 * must be there. Collective. */
FEMD_MUST_CHECK femd_status femd_given_create(femd_problem *p, femd_error *err);
void femd_given_destroy(femd_problem *p);
/* Does a file say the temperature? Else the case does. */
int femd_given_has_temperature(const femd_problem *p);
/* Temperature at local node or point i and a time, K; one that is solved for as it is at time 0. BAD_INPUT as
 * femd_case_temperature. */
FEMD_MUST_CHECK femd_status femd_given_at_node(const femd_problem *p, PetscInt i, double time, double *kelvin,
                                               femd_error *err);
FEMD_MUST_CHECK femd_status femd_given_at_point(const femd_problem *p, PetscInt i, double time, double *kelvin,
                                                femd_error *err);
/* Pressure of point i at a time, Pa. BAD_INPUT as femd_case_pressure. */
FEMD_MUST_CHECK femd_status femd_given_pressure(const femd_problem *p, PetscInt i, double time, double *pascal,
                                                femd_error *err);

#endif
