/* Model and linear algebra of the fits; shared by conductivity_fit.c and thermal_fit.c only. */
#ifndef FEMD_CONDUCTIVITY_FIT_PRIVATE_H
#define FEMD_CONDUCTIVITY_FIT_PRIVATE_H

#include "fields/conductivity_fit.h"

/* By form, strained and quadratic: coefficients in all; of these levels, as many powers, and strains; then curvatures.
 */
int femd_k_fit_size(const femd_k_fit *fit);
int femd_k_fit_levels(const femd_k_fit *fit);
int femd_k_fit_strains(const femd_k_fit *fit);
/* Component c of what is fitted is row (fit->n) . coefficients. */
void femd_k_fit_row(const femd_k_fit *fit, const double E[6], double T, int c, double *row);
/* A (n x n), positive definite, to its lower factor L in place; x = (L L^T)^-1 x. */
void femd_k_fit_factor(double *A, int n);
void femd_k_fit_substitute(const double *L, int n, double *x);

#endif
