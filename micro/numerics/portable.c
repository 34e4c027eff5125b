/* Functions that are too long for a header; see portable.h. */
#include "numerics/portable.h"

#include <math.h>

/* A Taylor series after halving, squared back. */
double femd_portable_exp(double a) {
    int halvings = 0;
    double sum = 1;
    if (a < -700) return 0;
    for (; fabs(a) > 0.0625; a *= 0.5) halvings++;
    for (int k = 12; k >= 1; k--) sum = 1 + a / k * sum;
    for (; halvings; halvings--) sum *= sum;
    return sum;
}

/* Recurrence up to 10, then the asymptotic series (Abramowitz and Stegun 6.3.18 and 6.4.12). */
double femd_portable_digamma(double x) {
    double sum = 0;
    for (; x < 10; x += 1) sum -= 1 / x;
    const double z = 1 / (x * x);
    return sum + femd_portable_log(x) - 0.5 / x -
           z * (1.0 / 12 - z * (1.0 / 120 - z * (1.0 / 252 - z * (1.0 / 240 - z * (1.0 / 132)))));
}

double femd_portable_trigamma(double x) {
    double sum = 0;
    for (; x < 10; x += 1) sum += 1 / (x * x);
    const double z = 1 / (x * x);
    return sum + 1 / x + 0.5 * z +
           z / x * (1.0 / 6 - z * (1.0 / 30 - z * (1.0 / 42 - z * (1.0 / 30 - z * (5.0 / 66)))));
}
