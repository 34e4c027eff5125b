/* Mathematical functions without a library, in + - * / alone and in a fixed order: their bits are the same on every
 * machine. They are good to 4e-16 relative (the sines of small angles, digamma and trigamma to a few more). */
#ifndef FEMD_PORTABLE_H
#define FEMD_PORTABLE_H

#include <stdint.h>
#include <string.h>

/* ln u for normal u > 0: u = m 2^e with m in [sqrt(1/2), sqrt 2), ln m = 2 atanh((m-1)/(m+1)). */
static inline double femd_portable_log(double u) {
    const uint64_t half = 0x3fe6a09e667f3bcdu; /* sqrt(1/2) */
    uint64_t bits;
    double m, s, z, p;
    int64_t e;
    memcpy(&bits, &u, sizeof bits);
    e = ((int64_t)(bits - half)) >> 52;
    bits -= (uint64_t)e << 52;
    memcpy(&m, &bits, sizeof m);
    s = (m - 1.0) / (m + 1.0);
    z = s * s;
    p = 1.0 / 17 + z * (1.0 / 19);
    p = 1.0 / 13 + z * (1.0 / 15 + z * p);
    p = 1.0 / 9 + z * (1.0 / 11 + z * p);
    p = 1.0 / 5 + z * (1.0 / 7 + z * p);
    return (double)e * 0.69314718055994530942 + 2.0 * s * (1.0 + z * (1.0 / 3 + z * p));
}

/* cos and sin of 2 pi t for t in [0, 1). */
static inline void femd_portable_turn(double t, double *cosine, double *sine) {
    const int q = (int)(4.0 * t + 0.5); /* nearest quarter turn, 0..4 */
    const double a = 6.28318530717958647693 * (t - 0.25 * q), z = a * a;
    double s = -1.0 / 39916800 + z * (1.0 / 6227020800 - z * (1.0 / 1307674368000));
    double c = 1.0 / 479001600 - z * (1.0 / 87178291200 - z * (1.0 / 20922789888000));
    s = a * (1.0 + z * (-1.0 / 6 + z * (1.0 / 120 + z * (-1.0 / 5040 + z * (1.0 / 362880 + z * s)))));
    c = 1.0 + z * (-0.5 + z * (1.0 / 24 + z * (-1.0 / 720 + z * (1.0 / 40320 + z * (-1.0 / 3628800 + z * c)))));
    *cosine = q & 1 ? (q & 2 ? s : -s) : q & 2 ? -c : c;
    *sine = q & 1 ? (q & 2 ? -c : c) : q & 2 ? -s : s;
}

/* e^a; 0 below -700, infinite above 700. */
double femd_portable_exp(double a);
/* e^a - 1, also where a is small; a up to 700. */
double femd_portable_expm1(double a);
/* The cube root of a normal x > 0. */
double femd_portable_cbrt(double x);
/* psi and psi' for x > 0. */
double femd_portable_digamma(double x);
double femd_portable_trigamma(double x);

#endif
