/* Stresses at the nodes, for pictures and probes: what the cells around a node say of it. */
#ifndef FEMD_NODAL_STRESS_H
#define FEMD_NODAL_STRESS_H

#include "fields/problem.h"

/* Cauchy stress at each local node (nnodes x 9, Pa, malloc'ed): the committed values at the points of each cell are
 * extrapolated by the functions of its corners (of a cell with fewer points than corners: their mean is taken), and a
 * node gets the mean of its cells, weighted with their volume. Jumps between materials are smeared over a cell.
 * Collective. */
FEMD_MUST_CHECK femd_status femd_nodal_stress(const femd_problem *p, double **stress, femd_error *err);

/* sqrt(3/2 s:s) of a full tensor, s its deviator. */
double femd_von_mises(const double t[9]);

#endif
