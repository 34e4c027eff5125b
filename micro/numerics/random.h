/* Counter-based random numbers: a pure function of (seed, stream, counter), the same on every machine, with no state to
 * keep. Three rounds of the SplitMix64 finaliser (Steele, Lea, Flood 2014), one for each input. */
#ifndef FEMD_RANDOM_H
#define FEMD_RANDOM_H

#include <math.h>
#include <stdint.h>

#include "numerics/portable.h"

/* What a stream is for, so that one seed never gives two uses the same numbers. */
enum {
    FEMD_STREAM_VACANCIES = 1,
    FEMD_STREAM_SUBSTITUTION = 2,
    FEMD_STREAM_DISPLACE = 3,
    FEMD_STREAM_THERMOSTAT = 4,
    FEMD_STREAM_VELOCITIES = 5,
    FEMD_STREAM_AVERAGE = 6,
    FEMD_STREAM_INSERT = 18,
    FEMD_STREAM_EXCHANGE = 19
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

/* Two independent standard normal deviates (Box and Muller, 1958): those number 2 pair and 2 pair + 1 of `key`, which
 * is femd_random_bits of what the numbers are for. Largest possible 8.6. */
static inline void femd_random_normals(uint64_t key, uint64_t pair, double out[2]) {
    const uint64_t a = femd_random_mix(key ^ (2 * pair)), b = femd_random_mix(key ^ (2 * pair + 1));
    const double radius = sqrt(-2.0 * femd_portable_log((double)((a >> 11) + 1) * 0x1p-53));
    double c, s;
    femd_portable_turn((double)(b >> 11) * 0x1p-53, &c, &s);
    out[0] = radius * c;
    out[1] = radius * s;
}

#endif
