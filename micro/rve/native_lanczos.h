/* The lowest eigenvalue of a Hessian that can only be applied, and its mode. Owns the Lanczos recurrence; never forms a
 * matrix. */
#ifndef FEMD_NATIVE_LANCZOS_H
#define FEMD_NATIVE_LANCZOS_H

#include "femd/engine.h"
#include "forces/energetics.h"
#include "rve/gauge.h"

/* Lowest eigenvalue (eV/angstrom^2) of the Hessian of the last femd_energetics_prepare, over the motions
 * that the gauge leaves free; n3 = 3 x atoms. It stops where the residual |H v - lowest v| of the Ritz vector is within
 * sqrt(tolerance) of the eigenvalue (whose own error is of second order in it), or is round-off, and the eigenvalue has
 * settled to `tolerance`. Without free motions it is 0. limit: of steps, 0 for one that grows with the size.
 * work: 3 x n3 doubles of scratch. NOT_CONVERGED at the limit; NO_MEMORY, DEADLINE, CANCELLED. */
FEMD_MUST_CHECK femd_status femd_lanczos_lowest(femd_energetics *en, const femd_gauge *gauge, double tolerance,
                                                int limit, const femd_beat *beat, double *work, double *lowest,
                                                femd_error *err);
/* The same (to 1e-6, at the size's own limit) with a unit vector of it in mode (n3). Where several modes share the
 * lowest eigenvalue it is the part of one fixed vector that lies among them; their product is positive, which settles
 * the sign too. So the mode is a continuous function of the Hessian wherever its lowest eigenvalue does not cross
 * another. mode is zero without free motions. */
FEMD_MUST_CHECK femd_status femd_lanczos_mode(femd_energetics *en, const femd_gauge *gauge, const femd_beat *beat,
                                              double *work, double *lowest, double *mode, femd_error *err);

#endif
