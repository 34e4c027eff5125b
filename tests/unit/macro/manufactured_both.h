/* A manufactured solution of heat and mechanics together at small strain: displacements and temperatures that are no
 * polynomials of place, prescribed on all sides, with the body force and the source that they need. */
#ifndef FEMD_TEST_MANUFACTURED_BOTH_H
#define FEMD_TEST_MANUFACTURED_BOTH_H

#include "model.h"

/* rms over the points of u - u_exact and T - T_exact at time 1, over their amplitudes, on n x n x n distorted cells.
 * steps: of a transient that is coupled two ways and iterated with theta 1/2, at a coupling of about 0.2; 0: one step
 * of a steady state, whose temperature strains the body. */
femd_status manufactured_both_errors(const femd_element *element, int n, int steps, double *u, double *T,
                                     femd_error *err);

#endif
