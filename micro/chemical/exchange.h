/* Exchange of species: atoms become others where they stand, by Metropolis' rule at given differences of chemical
 * potentials (the semi-grand canonical ensemble).
 *
 * A trial takes one of the sites and one of the other species, both with equal chances, and is accepted with
 *
 *   min(1, exp(-(dU - (mu_b - mu_a))/kT) (m_b/m_a)^(3/2)),
 *
 * so that configurations of species s have the weight exp(-U/kT) prod_i m_i^(3/2) exp(mu_i/kT): mu is the whole
 * chemical potential, with the parts by masses and by mixing in it (Kofke and Glandt, Mol. Phys. 64 (1988) 1105).
 *
 * Owns no memory and moves no atom. */
#ifndef FEMD_EXCHANGE_H
#define FEMD_EXCHANGE_H

#include "forces/trial.h"

enum { FEMD_EXCHANGE_MAX = 4 };

typedef struct femd_exchange {
    int count;                      /* species that exchange, 2 to FEMD_EXCHANGE_MAX */
    int species[FEMD_EXCHANGE_MAX]; /* as the potential's */
    double mass[FEMD_EXCHANGE_MAX]; /* u */
    double mu[FEMD_EXCHANGE_MAX];   /* eV, relative to any zero that they share */
    double kT;                      /* eV */
    int sites;                      /* atoms that may become others, */
    const int *site;                /* by number; borrowed */
} femd_exchange;

/* So many trials of the atoms that `trial` looks at, whose species these are, with the random numbers of `key`
 * (femd_random_bits of what they are for). Changes `species`; returns how many trials were accepted. */
int femd_exchange_try(const femd_exchange *exchange, femd_trial *trial, uint64_t key, int trials, int *species);
/* The number of a species among those that exchange, -1 if it is none. */
int femd_exchange_find(const femd_exchange *exchange, int species);

#endif
