/* Counter-based random numbers: a pure function of (seed, stream, counter), the same on every machine, with no state to
 * keep. Three rounds of the SplitMix64 finaliser (Steele, Lea, Flood 2014), one for each input. */
#ifndef FEMD_RANDOM_H
#define FEMD_RANDOM_H

#include <math.h>
#include <stdint.h>
#include <string.h>

/* What a stream is for, so that one seed never gives two uses the same numbers. */
enum {
    FEMD_STREAM_VACANCIES = 1,
    FEMD_STREAM_SUBSTITUTION = 2,
    FEMD_STREAM_DISPLACE = 3,
    FEMD_STREAM_THERMOSTAT = 4,
    FEMD_STREAM_VELOCITIES = 5
};

static inline uint64_t femd_random_mix(uint64_t z) {
    z += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}
static inline uint64_t femd_random_bits(uint64_t seed, uint64_t stream, uint64_t counter) {
    return femd_random_mix(femd_random_mix(femd_random_mix(seed) ^ stream) ^ counter);
}
/* Uniform in [0, 1), a multiple of 2^-53. */
static inline double femd_random_uniform(uint64_t seed, uint64_t stream, uint64_t counter) {
    return (double)(femd_random_bits(seed, stream, counter) >> 11) * 0x1p-53;
}

/* ---- normal deviates: Box and Muller (1958) with logarithm, sine and cosine as fixed polynomials, so that the bits do
 * not depend on the machine's mathematical library; sqrt is exact by IEEE 754. The functions are good to 3e-16
 * relative, far below what a deviate needs. ---- */

/* ln u for u in (0, 1]: u = m 2^e with m in [sqrt(1/2), sqrt 2), ln m = 2 atanh((m-1)/(m+1)). */
static inline double femd_random_log(double u) {
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
static inline void femd_random_turn(double t, double *cosine, double *sine) {
    const int q = (int)(4.0 * t + 0.5); /* nearest quarter turn, 0..4 */
    const double a = 6.28318530717958647693 * (t - 0.25 * q), z = a * a;
    double s = -1.0 / 39916800 + z * (1.0 / 6227020800 - z * (1.0 / 1307674368000));
    double c = 1.0 / 479001600 - z * (1.0 / 87178291200 - z * (1.0 / 20922789888000));
    s = a * (1.0 + z * (-1.0 / 6 + z * (1.0 / 120 + z * (-1.0 / 5040 + z * (1.0 / 362880 + z * s)))));
    c = 1.0 + z * (-0.5 + z * (1.0 / 24 + z * (-1.0 / 720 + z * (1.0 / 40320 + z * (-1.0 / 3628800 + z * c)))));
    *cosine = q & 1 ? (q & 2 ? s : -s) : q & 2 ? -c : c;
    *sine = q & 1 ? (q & 2 ? -c : c) : q & 2 ? -s : s;
}
/* Two independent standard normal deviates: those number 2 pair and 2 pair + 1 of `key`, which is femd_random_bits of
 * what the numbers are for. Largest possible 8.6. */
static inline void femd_random_normals(uint64_t key, uint64_t pair, double out[2]) {
    const uint64_t a = femd_random_mix(key ^ (2 * pair)), b = femd_random_mix(key ^ (2 * pair + 1));
    const double radius = sqrt(-2.0 * femd_random_log((double)((a >> 11) + 1) * 0x1p-53));
    double c, s;
    femd_random_turn((double)(b >> 11) * 0x1p-53, &c, &s);
    out[0] = radius * c;
    out[1] = radius * s;
}

#endif
