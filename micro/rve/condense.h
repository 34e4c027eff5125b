/* The consistent tangent of a relaxed RVE by static condensation, and the sensitivities dw/dE that come with it.
 *
 *   V0 D = M (B - L^T H^-1 L) M^T,        dw/dE = -U^-1 H^-1 L M^T
 *
 * with H, L, B of energetics (spatial frame) and M the pull-back of native_rve.h. It is d2W/dEdE - W_Ew W_ww^-1 W_wE:
 * from dx = U dw follow W_ww = U H U and W_Ew = M L^T U, so that U cancels (Lutsko, J. Appl. Phys. 65 (1989) 2991;
 * Lemaitre and Maloney, J. Stat. Phys. 123 (2006) 415). What a boundary condition holds is out of L and H. Never
 * relaxes. */
#ifndef FEMD_CONDENSE_H
#define FEMD_CONDENSE_H

#include "rve/relax.h"

/* At the end of the last successful femd_relax. D in Pa (may be NULL); G: 6 vectors of 3n, angstrom per unit strain
 * (may be NULL); work: 12 x 3n doubles of scratch. *asymmetry (may be NULL): largest |K_ij - K_ji| over the largest
 * |K_ij| of K = L^T H^-1 L before it is symmetrised. INSTABILITY as femd_relaxer_solve. */
FEMD_MUST_CHECK femd_status femd_condense_tangent(femd_relaxer *relaxer, const femd_rve *rve, const femd_place *place,
                                                  const femd_beat *beat, double *work, double D[36], double *G,
                                                  double *asymmetry, femd_error *err);
/* The same without internal relaxation (Cauchy-Born): D = M B M^T / V0. */
void femd_condense_none(const femd_rve *rve, const femd_place *place, const double B[36], double D[36]);

/* The lowest eigenvalue of the Hessian at spatial positions x over the free motions, N/m. */
FEMD_MUST_CHECK femd_status femd_condense_stability(const femd_rve *rve, const femd_place *place, const double *x,
                                                    const femd_beat *beat, double *lowest, femd_error *err);

#endif
