/* Functions that are too long for a header; see portable.h. */
#include "numerics/portable.h"

#include <math.h>

static const double LN2_HIGH = 0x1.62e42fefap-1, LN2_LOW = 0x1.cf79abc9e3b3ap-40; /* the first has 37 bits */

/* 1 + a + a^2/2 + ... to the power `last`. */
static double portable_series(double a, int last) {
    double sum = 1;
    for (int k = last; k >= 1; k--) sum = 1 + a / k * sum;
    return sum;
}

/* The Taylor series of the rest after whole powers of two; of what is small as it stands, as it stands. */
double femd_portable_exp(double a) {
    if (a < -700) return 0;
    if (a > 700) return HUGE_VAL;
    if (!(a == a)) return a;
    if (fabs(a) <= 0.0625) return portable_series(a, 12);
    const int powers = (int)(a / (LN2_HIGH + LN2_LOW) + (a < 0 ? -0.5 : 0.5));
    const uint64_t bits = (uint64_t)(1023 + powers) << 52;
    double scale;
    memcpy(&scale, &bits, sizeof scale);
    return scale * portable_series((a - powers * LN2_HIGH) - powers * LN2_LOW, 16);
}

double femd_portable_expm1(double a) {
    if (fabs(a) > 0.3) return femd_portable_exp(a) - 1;
    double sum = 1;
    for (int k = 16; k >= 2; k--) sum = 1 + a / k * sum;
    return a * sum;
}

/* Newton's steps from a third of the exponent, which is right to 6 %. */
double femd_portable_cbrt(double x) {
    uint64_t bits;
    double root;
    memcpy(&bits, &x, sizeof bits);
    bits = bits / 3 + 0x2a9f7893782da1ceu;
    memcpy(&root, &bits, sizeof root);
    for (int k = 0; k < 5; k++) root -= (root - x / (root * root)) / 3;
    return root;
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
