/* Whether the second derivatives of a potential are smooth enough for a product of frequencies.
 *
 * An attempt frequency is a product over all modes: where a table's second derivative jumps by a few parts in a
 * thousand, every force constant near the jump is wrong by that, and the product by orders of magnitude, without a
 * sign of it. In a crystal the atoms of a shell are all at one distance, so that a jump is met by all of them at one
 * lattice parameter: the force constant on one site, the trace of the 3x3 block on the diagonal of the Hessian, is
 * followed through lattices larger and smaller by 3e-4, 1e-3 and 3e-3, and what it is away from a parabola through
 * the outer and the middle ones, over itself, is its roughness. */
#ifndef FEMD_SMOOTHNESS_H
#define FEMD_SMOOTHNESS_H

#include "rates/hop.h"
#include "rve/native.h"

#define FEMD_SMOOTHNESS_MAX 1e-3 /* beyond it no attempt frequency is answered */

/* *roughness of the site farthest from the vacancy, in the structure's own sites in the reference cell. Errors of
 * energetics. */
FEMD_MUST_CHECK femd_status femd_smoothness_find(femd_native *native, const femd_vacancy *vacancy, double *roughness,
                                                 femd_error *err);
/* FEMD_OK, or UNSUPPORTED with words where it is beyond FEMD_SMOOTHNESS_MAX. */
FEMD_MUST_CHECK femd_status femd_smoothness_require(double roughness, femd_error *err);

#endif
