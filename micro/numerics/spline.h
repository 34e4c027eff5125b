/* Piecewise cubics on uniform knots: slopes at the knots by one of two rules, then the Hermite coefficients.
 *
 * It owns the numerical analysis of one-dimensional tables and never reads files. A cubic is four numbers for each of
 * the n - 1 intervals, value = c0 + p (c1 + p (c2 + p c3)) with p in [0,1]; slopes and coefficients are per knot
 * spacing. */
#ifndef FEMD_SPLINE_H
#define FEMD_SPLINE_H

#include <stddef.h>

/* Slopes of the C2 cubic spline through f (n >= 5), its end slopes being five-point one-sided differences. work: n
 * doubles. */
void femd_spline_slopes_smooth(size_t n, const double *f, double *slope, double *work);
/* The same with end slopes that the caller has put at slope[0] and slope[n-1]. n >= 3. */
void femd_spline_slopes_clamped(size_t n, const double *f, double *slope, double *work);
/* Slopes as LAMMPS pair_style eam estimates them (five-point central differences; one-sided at the ends): C1 only. n
 * >= 4. */
void femd_spline_slopes_lammps(size_t n, const double *f, double *slope);
/* Coefficients of interval k from values and slopes into c[4]. */
void femd_spline_interval(const double *f, const double *slope, size_t k, double c[4]);
/* Value, first and second derivative (per knot spacing) at t = position / spacing. Below the table the first cubic goes
 * on; above its end the argument is held at the end, as LAMMPS does. */
void femd_spline_eval(size_t n, const double *f, const double *slope, double t, double out[3]);

#endif
