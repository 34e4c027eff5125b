/* The mean of a series of correlated values and its standard error. */
#ifndef FEMD_BENCH_SERIES_H
#define FEMD_BENCH_SERIES_H

#include <math.h>

#include "numerics/sampling.h"

/* Of the part that has settled; *error from the number of independent values in it (Chodera's statistical
 * inefficiency). */
static inline double series_mean(int n, const double *v, double *error) {
    double g = 1, mean = 0, square = 0;
    const int from = femd_series_settled(n, v, &g), left = n - from;
    for (int k = from; k < n; k++) mean += v[k] / left;
    for (int k = from; k < n; k++) square += (v[k] - mean) * (v[k] - mean) / (left - 1);
    *error = sqrt(square * g / left);
    return mean;
}

#endif
