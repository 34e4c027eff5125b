/* Energies of changes that are only tried: an atom put in somewhere, an atom of another species in the place of one.
 * For potentials of pairs and of embedded atoms, whose changes are sums over the bonds of one atom.
 *
 * Owns a copy of one configuration, sorted by where its atoms are; never moves an atom. By code separate from that of
 * the forces. Units: eV, angstrom. */
#ifndef FEMD_TRIAL_H
#define FEMD_TRIAL_H

#include "potentials/potential.h"

typedef struct femd_trial femd_trial;
/* For configurations of n atoms of these species (borrowed, as the potential). UNSUPPORTED, naming the potential, of
 * one of triplets. */
FEMD_MUST_CHECK femd_status femd_trial_create(const femd_potential *p, int n, const int *species, femd_trial **out,
                                              femd_error *err);
void femd_trial_destroy(femd_trial **trial);
/* Look at the atoms at x in the cell. UNSUPPORTED if the cell is somewhere narrower than the cutoff (what is put in
 * would meet its own images). */
FEMD_MUST_CHECK femd_status femd_trial_set(femd_trial *trial, const double cell[9], const double *x, femd_error *err);
/* What an atom of a species more at `at` adds to the energy; HUGE_VAL where it is nearer to another than the potential
 * knows. */
double femd_trial_insert(femd_trial *trial, int species, const double at[3]);
/* What it adds that an atom is of this species. */
double femd_trial_swap(femd_trial *trial, int atom, int species);
/* It becomes one of this species: what is tried next is tried beside it. The caller changes its own list of species at
 * that atom afterwards, not before. */
void femd_trial_become(femd_trial *trial, int atom, int species);

#endif
