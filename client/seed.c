/* The seed of an evaluation. It never depends on attempt, iteration, rank or time. */
#include "femd/client.h"

/* One round of SplitMix64 (Steele, Lea and Flood 2014): a bijection of 64 bits with full avalanche. */
static uint64_t seed_mix(uint64_t z) {
    z += 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

uint64_t femd_seed(uint64_t case_seed, uint32_t step, uint64_t point) {
    return seed_mix(seed_mix(seed_mix(case_seed) ^ step) ^ point);
}
