/* Mixed and pressure control of one material point, by Newton on the free strain components with the condensed tangent.
 *
 * Owns the equations of control; knows nothing of atoms: an engine hands in a function that answers (S, D) at a strain.
 * Units: Pa. */
#ifndef FEMD_NATIVE_CONTROL_H
#define FEMD_NATIVE_CONTROL_H

#include "femd/error.h"
#include "femd/types.h"

/* S and D at strain E (Voigt, engineering shears). */
typedef femd_status (*femd_strain_function)(void *user, const double E[6], double S[6], double D[36], femd_error *err);

/* Find the strain that the request prescribes, starting from `start` (the strain of the point's state). On success E,
 * S, D and J of *response are set, and for pressure control dJdp, dJdC and dSdp. For pure strain control this is one
 * call of f. NOT_CONVERGED; INSTABILITY if the tangent of the free components is not positive definite; OUT_OF_DOMAIN;
 * what f returns. */
FEMD_MUST_CHECK femd_status femd_control_solve(const femd_request *request, const double start[6],
                                               femd_strain_function f, void *user, femd_response *response,
                                               femd_error *err);
/* What errors of a sampled stress (response->S_err; D: the tangent that control worked with) leave of the strain that
 * was found: E_err and J_err of *response, S_err being taken to add up, since how stresses err together is not known. 0
 * of prescribed components, and where nothing was sampled. What they mean for the energies is added to the errors of
 * those; dS/dT is needed for it. */
void femd_control_errors(const femd_request *request, const double D[36], femd_response *response);
/* det F = sqrt(det(2E+I)). */
double femd_strain_jacobian(const double E[6]);
/* C = 2E + I, its inverse (Voigt without engineering factors, either may be NULL) and its determinant. */
double femd_strain_metric(const double E[6], double C[6], double Cinv[6]);

#endif
