/* Between what solvers speak and what the wire carries (E, S, D). 3x3 tensors are row-major double[9]; Voigt order
 * 11, 22, 33, 23, 13, 12 with engineering shears in strains. */
#ifndef FEMD_KINEMATICS_H
#define FEMD_KINEMATICS_H

#include "femd/error.h"
#include "femd/types.h"

#ifdef __cplusplus
extern "C" {
#endif

/* E = (F^T F - I)/2. BAD_INPUT if det F <= 0 or not finite (a reflection cannot be seen in E). */
FEMD_API FEMD_MUST_CHECK femd_status femd_strain_from_F(const double F[9], double E[6], femd_error *err);
/* F = R U, U symmetric positive definite. BAD_INPUT if det F <= 0. R or U may be NULL. */
FEMD_API FEMD_MUST_CHECK femd_status femd_polar(const double F[9], double R[9], double U[9], femd_error *err);
/* U = (2E+I)^(1/2). OUT_OF_DOMAIN if 2E+I is not positive definite. */
FEMD_API FEMD_MUST_CHECK femd_status femd_stretch_from_E(const double E[6], double U[9], femd_error *err);

/* First Piola-Kirchhoff P = F S and A_iJkL = dP_iJ/dF_kL = delta_ik S_JL + F_iI D_IJKL F_kK, row-major [iJ][kL]. P or A
 * may be NULL. */
FEMD_API void femd_first_piola(const double F[9], const double S[6], const double D[36], double P[9], double A[81]);
/* Cauchy stress (Voigt 6) = F S F^T / J. */
FEMD_API void femd_cauchy(const double F[9], const double S[6], double sigma[6]);
/* Cauchy stress and the Abaqus Jaumann tangent C = sym_ij sym_kl [a_ijkl + sigma_ik delta_jl], a_ijkl = F_jJ F_lL
 * A_iJkL / J (6x6 Voigt). */
FEMD_API void femd_jaumann(const double F[9], const double S[6], const double D[36], double sigma[6], double C[36]);
/* Back: D from A and S; D from the Jaumann tangent and sigma. */
FEMD_API FEMD_MUST_CHECK femd_status femd_D_from_A(const double F[9], const double S[6], const double A[81],
                                                   double D[36], femd_error *err);
FEMD_API FEMD_MUST_CHECK femd_status femd_D_from_jaumann(const double F[9], const double sigma[6], const double C[36],
                                                         double D[36], femd_error *err);
/* Conductivity: wire k (frame F = U) -> spatial R k R^T, and referential K = J U^-1 k U^-1. Either output may be NULL.
 */
FEMD_API FEMD_MUST_CHECK femd_status femd_conductivity(const double F[9], const double k[6], double spatial[6],
                                                       double referential[6], femd_error *err);

/* Material orientation Q (rows = crystal axes of the RVE frame in solver axes, i.e. v_rve = Q v_solver; proper
 * rotation): strain into the RVE frame, and stress, tangent, dS/dT, k, ... of a whole response back into the solver
 * frame. */
FEMD_API void femd_strain_rotate(const double Q[9], const double E[6], double E_rve[6]);
FEMD_API void femd_response_unrotate(const double Q[9], femd_response *r);
/* The rotation closest to Q if Q is orthogonal to 1e-6 and proper; BAD_INPUT otherwise. */
FEMD_API FEMD_MUST_CHECK femd_status femd_rotation_check(double Q[9], femd_error *err);

/* Static condensation of D for prescribed stress components (mask as in the request): the tangent seen by the free
 * strain components; rows and columns of the mask are zero. */
FEMD_API FEMD_MUST_CHECK femd_status femd_condense(const double D[36], unsigned mask, double Dc[36], femd_error *err);

/* Voigt <-> full symmetric 3x3. `strain` = 1 halves/doubles the shears. */
FEMD_API void femd_voigt_to_full(const double v[6], int strain, double t[9]);
FEMD_API void femd_full_to_voigt(const double t[9], int strain, double v[6]);
/* 1 if a component is not zero. */
FEMD_API int femd_voigt_any(const double v[6]);

#ifdef __cplusplus
}
#endif
#endif
