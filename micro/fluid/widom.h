/* The excess chemical potential of a fluid from particles that are put in without moving the others (Widom, J. Chem.
 * Phys. 39 (1963) 2808), in stretches of a trajectory at one total energy (segments).
 *
 *   mu = -k <T> ln( <T^(3/2) exp(-dU/kT)> / <T>^(3/2) ),
 *
 * T the kinetic temperature of the moment, which carries the fluctuation that the energy of a heat bath would have
 * (Frenkel and Smit, Understanding Molecular Simulation, 7.2). What is averaged is the exponential, over all particles
 * of all segments; the logarithm is taken once.
 *
 * Owns the averages of the segments and the places where particles are put; knows nothing of the motion. eV, K. */
#ifndef FEMD_WIDOM_H
#define FEMD_WIDOM_H

#include "dynamics/carry.h"
#include "forces/trial.h"

typedef struct femd_widom {
    femd_trial *trial; /* owned; NULL: nothing is put in */
    int species, most; /* which; how many at a look */
    int every;         /* samples of a segment between looks */
    int segments, room;
    double *mean; /* room x 2, owned: of each segment, T/T0 and (T/T0)^(3/2) exp(-dU/kT), */
    double T0;    /* K: temperature of the request, */
    double now[2];
    int looks; /* of the present one */
} femd_widom;

typedef struct femd_widom_result {
    double value, error; /* eV */
    int few;             /* 1: a tenth of the segments holds too much of the sum */
} femd_widom_result;

FEMD_MUST_CHECK femd_status femd_widom_init(femd_widom *widom, const femd_potential *p, int n, const int *species,
                                            femd_error *err);
void femd_widom_clear(femd_widom *widom);
/* Forget the segments. */
void femd_widom_empty(femd_widom *widom);
/* Begin a segment; look at atoms x that move at a kinetic temperature T, with places drawn from key; end it. */
FEMD_MUST_CHECK femd_status femd_widom_begin(femd_widom *widom, double T0, femd_error *err);
FEMD_MUST_CHECK femd_status femd_widom_look(femd_widom *widom, const double cell[9], const double *x, double T,
                                            uint64_t key, femd_error *err);
void femd_widom_end(femd_widom *widom);
/* Two segments and more. NOT_CONVERGED if no particle found room. The error is that of leaving out each segment in
 * turn, as Student's distribution widens it. */
FEMD_MUST_CHECK femd_status femd_widom_evaluate(const femd_widom *widom, femd_widom_result *result, femd_error *err);
/* The means of so many segments. */
FEMD_MUST_CHECK femd_status femd_widom_carry(femd_widom *widom, int segments, femd_carry *carry, femd_error *err);

#endif
