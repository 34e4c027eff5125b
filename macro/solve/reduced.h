/* The linear system of a field whose entries are tied to each other: T^T K T y = b, x = T y. */
#ifndef FEMD_REDUCED_H
#define FEMD_REDUCED_H

#include "fields/field.h"

/* b: already reduced. Gathered on one rank and factorised there (MUMPS), so that nothing is summed in the order of
 * arrival. *solved 0: there is no solution. *negative: eigenvalues of T^T K T below zero, -1 where it is not symmetric.
 * Collective. */
FEMD_MUST_CHECK femd_status femd_reduced_solve(const femd_field *field, Mat K, Vec b, Vec x, int unsymmetric,
                                               int *solved, int *negative, femd_error *err);

#endif
