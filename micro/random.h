/* Counter-based random numbers: a pure function of (seed, stream, counter), the same on every machine, with no state to
 * keep. Three rounds of the SplitMix64 finaliser (Steele, Lea, Flood 2014), one for each input. */
#ifndef FEMD_RANDOM_H
#define FEMD_RANDOM_H

#include <stdint.h>

/* What a stream is for, so that one seed never gives two uses the same numbers. */
enum { FEMD_STREAM_VACANCIES = 1, FEMD_STREAM_SUBSTITUTION = 2, FEMD_STREAM_DISPLACE = 3 };

static inline uint64_t femd_random_mix(uint64_t z)
{
    z += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}
static inline uint64_t femd_random_bits(uint64_t seed, uint64_t stream, uint64_t counter)
{
    return femd_random_mix(femd_random_mix(femd_random_mix(seed) ^ stream) ^ counter);
}
/* Uniform in [0, 1), a multiple of 2^-53. */
static inline double femd_random_uniform(uint64_t seed, uint64_t stream, uint64_t counter)
{
    return (double)(femd_random_bits(seed, stream, counter) >> 11) * 0x1p-53;
}

#endif
