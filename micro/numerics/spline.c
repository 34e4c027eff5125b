/* Piecewise cubics on uniform knots; see spline.h. It owns no memory. */
#include "numerics/spline.h"

void femd_spline_slopes_smooth(size_t n, const double *f, double *slope, double *work) {
    slope[0] = (-25.0 * f[0] + 48.0 * f[1] - 36.0 * f[2] + 16.0 * f[3] - 3.0 * f[4]) / 12.0;
    slope[n - 1] = (25.0 * f[n - 1] - 48.0 * f[n - 2] + 36.0 * f[n - 3] - 16.0 * f[n - 4] + 3.0 * f[n - 5]) / 12.0;
    femd_spline_slopes_clamped(n, f, slope, work);
}

void femd_spline_slopes_clamped(size_t n, const double *f, double *slope, double *work) {
    /* Continuity of the second derivative: m[k-1] + 4 m[k] + m[k+1] = 3 (f[k+1] - f[k-1]); Thomas's elimination. */
    work[0] = 0.0;
    for (size_t k = 1; k + 1 < n; k++) {
        double pivot = 1.0 / (4.0 - work[k - 1]);
        work[k] = pivot;
        slope[k] = (3.0 * (f[k + 1] - f[k - 1]) - slope[k - 1]) * pivot;
    }
    for (size_t k = n - 2; k >= 1; k--) slope[k] -= work[k] * slope[k + 1];
}

void femd_spline_slopes_lammps(size_t n, const double *f, double *slope) {
    slope[0] = f[1] - f[0];
    slope[1] = 0.5 * (f[2] - f[0]);
    slope[n - 2] = 0.5 * (f[n - 1] - f[n - 3]);
    slope[n - 1] = f[n - 1] - f[n - 2];
    for (size_t k = 2; k + 2 < n; k++) slope[k] = ((f[k - 2] - f[k + 2]) + 8.0 * (f[k + 1] - f[k - 1])) / 12.0;
}

void femd_spline_interval(const double *f, const double *slope, size_t k, double c[4]) {
    double rise = f[k + 1] - f[k];
    c[0] = f[k];
    c[1] = slope[k];
    c[2] = 3.0 * rise - 2.0 * slope[k] - slope[k + 1];
    c[3] = slope[k] + slope[k + 1] - 2.0 * rise;
}

void femd_spline_eval(size_t n, const double *f, const double *slope, double t, double out[3]) {
    double c[4], p;
    size_t k = t > 0.0 ? (size_t)t : 0;
    if (k > n - 2) k = n - 2;
    p = t - (double)k;
    if (p > 1.0) p = 1.0;
    femd_spline_interval(f, slope, k, c);
    out[0] = c[0] + p * (c[1] + p * (c[2] + p * c[3]));
    out[1] = c[1] + p * (2.0 * c[2] + p * 3.0 * c[3]);
    out[2] = 2.0 * c[2] + 6.0 * p * c[3];
}
