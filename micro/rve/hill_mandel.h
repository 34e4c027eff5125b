/* The Hill-Mandel residual: virtual work of the stress in the volume against that of the forces on the boundary.
 *
 * Volume form: S : dE, S the derivative of the energy. Boundary form: the partial forces T_k through face pair k times
 * the jump dU a_k of the displacement across it, by code separate from the stress, and the work of the reactions by
 * which a boundary condition holds atoms. Their difference is the sum of f_i . dx_i, f_i what is left of the forces on
 * the free motions: the error of equilibrium. Never changes an answer. */
#ifndef FEMD_HILL_MANDEL_H
#define FEMD_HILL_MANDEL_H

#include "rve/native_rve.h"

/* Largest |S : dE - (1/V0) sum_k T_k . dU a_k| over the six unit modes dU (shears with 1/2 off the diagonal), dE =
 * sym(U dU), over max(|S|, 10 MPa), |S| the Frobenius norm. x: spatial positions; S in Pa. OUT_OF_DOMAIN where a
 * cluster feels its image. held: forces f_i (3n) of
 * atoms that something else than their neighbours holds (the boundary condition of Cauchy-Born, the vibrations' free
 * energy), whose reactions -f_i do work on dU U^-1 x_i; NULL if all are free, or the RVE's own boundary condition alone
 * holds some.
 */
FEMD_MUST_CHECK femd_status femd_hill_mandel(const femd_rve *rve, const femd_place *place, const double *x,
                                             const double S[6], const double *held, double *residual, femd_error *err);

#endif
