/* See exchange.h. */
#include "chemical/exchange.h"

#include <math.h>

#include "numerics/random.h"

int femd_exchange_find(const femd_exchange *exchange, int species) {
    for (int k = 0; k < exchange->count; k++)
        if (exchange->species[k] == species) return k;
    return -1;
}

int femd_exchange_try(const femd_exchange *exchange, femd_trial *trial, uint64_t key, int trials, int *species) {
    double gain[FEMD_EXCHANGE_MAX]; /* over kT: what an atom of each is worth at rest and without neighbours */
    int accepted = 0;
    for (int k = 0; k < exchange->count; k++)
        gain[k] = exchange->mu[k] / exchange->kT + 1.5 * femd_portable_log(exchange->mass[k]);
    for (int t = 0; t < trials; t++) {
        const uint64_t draw = 3 * (uint64_t)t;
        const int atom = exchange->site[(int)(femd_random_uniform(key, 0, draw) * exchange->sites)],
                  old = femd_exchange_find(exchange, species[atom]),
                  other = (int)(femd_random_uniform(key, 0, draw + 1) * (exchange->count - 1)),
                  new = other < old ? other : other + 1;
        const double cost =
            femd_trial_swap(trial, atom, exchange->species[new]) / exchange->kT - (gain[new] - gain[old]);
        if (!(cost <= 0) && !(femd_random_uniform(key, 0, draw + 2) < femd_portable_exp(-cost))) continue;
        femd_trial_become(trial, atom, exchange->species[new]);
        species[atom] = exchange->species[new];
        accepted++;
    }
    return accepted;
}
