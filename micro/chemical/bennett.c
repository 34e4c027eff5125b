/* See bennett.h. */
#include "chemical/bennett.h"

#include <math.h>

#include "numerics/portable.h"

static const double TOP = 300; /* largest exponent */

void femd_bennett_add(double away, double kT, double weight, double *y) {
    const double e = femd_portable_exp(-fmax(fmin(away / kT, TOP), -TOP));
    y[FEMD_BENNETT_WHOLE] += weight * e;
    y[FEMD_BENNETT_FERMI] += weight * e / (1 + e);
    y[FEMD_BENNETT_MEAN] += weight * away;
    y[FEMD_BENNETT_SQUARE] += weight * away * away;
}

double femd_bennett_between(double C, double kT, const double *mean0, const double *mean1) {
    return C - kT * femd_portable_log(mean0[FEMD_BENNETT_FERMI]) + kT * femd_portable_log(mean1[FEMD_BENNETT_FERMI]);
}

double femd_bennett_alone(double C, double kT, int state, const double *mean) {
    return C + (state ? 1 : -1) * kT * femd_portable_log(mean[FEMD_BENNETT_WHOLE]);
}

double femd_bennett_scatter(const double *mean) {
    return sqrt(fmax(mean[FEMD_BENNETT_SQUARE] - mean[FEMD_BENNETT_MEAN] * mean[FEMD_BENNETT_MEAN], 0));
}

int femd_bennett_meets(const double *mean) {
    return mean[FEMD_BENNETT_WHOLE] > 0 && mean[FEMD_BENNETT_FERMI] > 0;
}
