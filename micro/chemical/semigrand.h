/* The method `semi-grand`: composition and free-energy stress of an RVE whose species exchange at prescribed
 * differences of chemical potentials, by Langevin dynamics with Monte Carlo of the species between its steps (Sadigh et
 * al., Phys. Rev. B 85 (2012) 184203). See docs/micro.md, "Exchange of species".
 *
 * It samples as md does, of which it has stress, tangent and boundary work, in an ensemble that is open: the tangent is
 * that at constant differences of chemical potentials. Replicas start as nothing but the first of the exchanging
 * species, the second, ... in turn, so that phases that do not meet are seen.
 *
 * Split in two: semigrand.c (what moves, options, bytes), semigrand_composition.c (what the sums mean). */
#ifndef FEMD_SEMIGRAND_H
#define FEMD_SEMIGRAND_H

#include "chemical/exchange.h"
#include "dynamics/md.h"

extern const femd_method femd_method_semi_grand;

/* What is summed of every step: that of md, then the fractions of the second to fourth species. */
enum { FEMD_SEMIGRAND_FRACTIONS = 3, FEMD_SEMIGRAND_Z = FEMD_MD_Z + FEMD_SEMIGRAND_FRACTIONS };
enum { FEMD_SEMIGRAND_SPECIES = 4 }; /* of a material, at most */

typedef struct femd_semigrand_options {
    int interval; /* steps between exchanges */
    int trials;   /* at each */
} femd_semigrand_options;

typedef struct femd_semigrand_result {
    double x[FEMD_SEMIGRAND_SPECIES], x_err[FEMD_SEMIGRAND_SPECIES]; /* fractions of all atoms */
    double response, response_err;                                   /* 1/eV: d x_2 / d (mu_2 - mu_1) = N var(x_2)/kT */
    double apart; /* by how many standard deviations replicas differ more than blocks do, in a fraction */
    int parted;   /* 1: those that started as one species differ from those that started as another */
} femd_semigrand_result;

typedef struct femd_semigrand {
    femd_md md; /* first */
    femd_semigrand_options options;
    int species_count;      /* of the material */
    femd_exchange exchange; /* at the chemical potentials and the temperature of the sums */
    int *site;              /* its sites, owned */
    double delta_mu[3];     /* J: of the sums */
    /* The atoms that md.common.d moves: those of replica `which`. */
    femd_energetics *en; /* owned */
    femd_trial *trial;   /* owned; looks at `now` */
    int *now;            /* n: their species, owned */
    int which;
    double fraction[FEMD_SEMIGRAND_SPECIES]; /* of each species, now */
    int *kept;                               /* replicas x n: of all replicas, owned */
    femd_semigrand_result result;
} femd_semigrand;

/* ---- semigrand_composition.c ---- */

/* Fill self->result from the sums, of two blocks or more. Returns the number of blocks that the errors are from. */
int femd_semigrand_evaluate(femd_semigrand *self);
/* Largest error of a fraction over what is allowed: accuracy sqrt(x (1 - x)), of which at least one atom. */
double femd_semigrand_excess(const femd_semigrand *self, const femd_conditions *conditions);
void femd_semigrand_tell(const femd_semigrand *self, femd_response *response);

#endif
