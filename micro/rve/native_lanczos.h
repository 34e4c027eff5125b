/* The lowest eigenvalue of a Hessian that can only be applied. Owns the Lanczos recurrence; never forms a matrix. */
#ifndef FEMD_NATIVE_LANCZOS_H
#define FEMD_NATIVE_LANCZOS_H

#include "forces/energetics.h"
#include "rve/gauge.h"

/* Lowest eigenvalue (eV/angstrom^2) of the Hessian of the last femd_energetics_prepare, over the motions
 * that the gauge leaves free; n3 = 3 x atoms. tolerance: relative change over the last steps at which it stops. work: 3
 * x n3 doubles of scratch. NO_MEMORY. */
FEMD_MUST_CHECK femd_status femd_lanczos_lowest(femd_energetics *en, const femd_gauge *gauge, double tolerance,
                                                double *work, double *lowest, femd_error *err);

#endif
