/* See strain_differences.h. */
#include "vibrations/strain_differences.h"

#include <math.h>
#include <string.h>

enum { AXIAL = FEMD_STRAINS_AXIAL, FIRST = FEMD_STRAINS_FIRST };

void femd_strains_at(const double E[6], double h, int k, double at[6]) {
    static const double axial[4] = {1, -1, 2, -2}, first[4] = {1, -1, 1, -1}, second[4] = {1, -1, -1, 1};
    memcpy(at, E, 6 * sizeof *at);
    if (k < AXIAL) {
        at[k / 4] += axial[k % 4] * h;
        return;
    }
    if (k < FIRST) {
        at[(k - AXIAL) / 2] += k % 2 ? -0.5 * h : 0.5 * h;
        return;
    }
    int pair = (k - FIRST) / 4, a = 0;
    while (pair >= 5 - a) pair -= 5 - a++;
    at[a] += first[(k - FIRST) % 4] * h;
    at[a + 1 + pair] += second[(k - FIRST) % 4] * h;
}

/* From values at +s, -s, +2s, -2s. */
static double strains_slope(double plus, double minus, double plus2, double minus2, double s) {
    return (8 * (plus - minus) - (plus2 - minus2)) / (12 * s);
}

static double strains_curvature(double plus, double minus, double plus2, double minus2, double p0, double s) {
    return (16 * ((plus - p0) + (minus - p0)) - ((plus2 - p0) + (minus2 - p0))) / (12 * s * s);
}

void femd_strains_first(const double *p, double h, double d[6], double error[6]) {
    for (int a = 0; a < 6; a++) {
        const double *axial = p + 4 * a, *half = p + AXIAL + 2 * a;
        d[a] = strains_slope(axial[0], axial[1], axial[2], axial[3], h);
        error[a] = fabs(d[a] - strains_slope(half[0], half[1], axial[0], axial[1], 0.5 * h));
    }
}

void femd_strains_second(const double *p, double p0, double h, double d[36], double error[36]) {
    for (int a = 0; a < 6; a++) {
        const double *axial = p + 4 * a, *half = p + AXIAL + 2 * a;
        d[7 * a] = strains_curvature(axial[0], axial[1], axial[2], axial[3], p0, h);
        error[7 * a] = fabs(d[7 * a] - strains_curvature(half[0], half[1], axial[0], axial[1], p0, 0.5 * h));
    }
    const double *mixed = p + FIRST;
    for (int a = 0; a < 6; a++)
        for (int b = a + 1; b < 6; b++, mixed += 4) {
            d[6 * a + b] = d[6 * b + a] = ((mixed[0] - mixed[2]) + (mixed[1] - mixed[3])) / (4 * h * h);
            error[6 * a + b] = error[6 * b + a] = 0.5 * sqrt(error[7 * a] * error[7 * a] + error[7 * b] * error[7 * b]);
        }
}
