/* Hops of atoms between the sites of a crystal, counted in a trajectory: a rate without a theory, as a check of those
 * with one.
 *
 * Who belongs to which site is registered from the first frame, not from the order of atoms. An atom has gone to
 * another site when it is within 0.35 of the distance of neighbours of it, and that site is empty; on its way it
 * belongs where it was (hysteresis: a vibration through the middle is no hop). Positions are taken relative to the mean
 * displacement of all atoms from their sites, as a hop at rest of the whole moves all others back. Every hop counts,
 * also one that goes back at once. Owns who is where; never moves an atom. Units: angstrom, ps. */
#ifndef FEMD_COUNT_H
#define FEMD_COUNT_H

#include "dynamics/dynamics.h"
#include "femd/engine.h"

enum { FEMD_COUNT_SITES_MAX = 20000 };

typedef struct femd_count femd_count;

typedef struct femd_count_result {
    int vacancies;         /* sites without an atom */
    long hops, far;        /* all; of them those not to a nearest neighbour (by more than 1.2 of its distance) */
    double time;           /* ps that were looked at */
    double rate, rate_err; /* hops of one vacancy in a ps, all its ways together; hops come singly (Poisson): of none
                              the error is that of one */
    double spread[6];      /* sum of d_a d_b over the hops, angstrom^2, Voigt: half of it over vacancies and time is
                              the diffusivity of a vacancy where hops do not know of each other */
} femd_count_result;

/* Of n atoms that stand at x in a periodic cell, and sites (positions, 3 each) of the crystal, vacant ones too.
 * BAD_INPUT with words: an atom within 0.35 of the distance of neighbours of no site, or two of one; no empty site; a
 * cell too small to tell images apart. LIMIT, NO_MEMORY. */
FEMD_MUST_CHECK femd_status femd_count_create(int n, const double *x, int sites, const double *site,
                                              const double cell[9], femd_count **out, femd_error *err);
void femd_count_destroy(femd_count **count);
/* One more frame, `time` ps after the last (n x 3, not wrapped or wrapped: images do not matter). INSTABILITY with
 * words where more than a tenth of the atoms are beyond half the distance of neighbours from where they belong: then
 * there are no sites any more. */
FEMD_MUST_CHECK femd_status femd_count_look(femd_count *count, double time, const double *x, femd_error *err);
/* The site that an atom belongs to. */
int femd_count_site(const femd_count *count, int atom);
void femd_count_tell(const femd_count *count, femd_count_result *result);
/* `time` ps of Langevin dynamics from where d stands, a frame every `every` steps. Friction on all atoms makes hops
 * turn back: of copper's vacancy 0.5/ps takes some 4 %, 3/ps a fifth. Errors of both. */
FEMD_MUST_CHECK femd_status femd_count_dynamics(femd_count *count, femd_dynamics *d, double time, int every,
                                                const femd_beat *beat, femd_error *err);

#endif
