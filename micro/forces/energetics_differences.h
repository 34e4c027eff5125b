/* Second derivatives of a potential that gives none, by central differences of its forces and tau at the prepared
 * configuration; see energetics_form.h. Of second order:
 *   H v  = -[f(x + s v) - f(x - s v)] / 2s, s so that no component moves by more than h = 2e-5 angstrom,
 *   H    = the same for each coordinate, 6 n sweeps, its two triangles averaged,
 *   L, B = from 12 strained copies, |E_ij| = 5e-6: with x -> U x and dW/dE = U^-1 tau U^-1, dW/dx = -U f,
 *          L_v = -d(U f)/dE_v, B_vw = d(U^-1 tau U^-1)_v/dE_w, its two triangles averaged.
 * Errors, relative to the largest entry: h^2/6 times the third derivative of the forces over the first, below 1e-8 for
 * Lennard-Jones and Stillinger-Weber, 1e-7 for Mishin's table, whose knots are crossed (test_energetics_forms.c).
 * Forces that are themselves wrong by e add e/h: a potential that computes them in single precision is not fit for
 * this. The differences use a list of their own, made at that configuration, and count as sweeps. */
#ifndef FEMD_ENERGETICS_DIFFERENCES_H
#define FEMD_ENERGETICS_DIFFERENCES_H

#include "forces/energetics.h"

typedef struct femd_differences femd_differences;

/* Remember the configuration; L, B (either may be NULL) are made at once. */
FEMD_MUST_CHECK femd_status femd_differences_prepare(femd_energetics *e, const femd_neighbours *nb,
                                                     const double cell[9], const double *x, double *L, double B[36],
                                                     femd_error *err);
/* y = H v. All components are NAN if the forces cannot be had a step away. */
void femd_differences_apply(femd_energetics *e, const double *v, double *y);
FEMD_MUST_CHECK femd_status femd_differences_fill(femd_energetics *e, double *H, femd_error *err);
void femd_differences_destroy(femd_differences **d);

#endif
