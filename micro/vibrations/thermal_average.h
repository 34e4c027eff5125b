/* Vibrations of atoms in the potential as they feel it on the move: self-consistent phonons (Hooton, Phil. Mag. 46
 * (1955) 422; Errea, Calandra and Mauri, Phys. Rev. B 89 (2014) 064302).
 *
 * The trial state is a Gaussian around mean positions x whose covariance is that of harmonic vibrations with the force
 * constants A, and A is the mean of the Hessian over that same Gaussian, x where the mean force is zero: together the
 * minimum of the free energy F0(A) + <V - u A u/2>. No derivative of the potential beyond the second is needed, and
 * that one only as a mean over all bonds in motion, so that jumps of derivatives are smoothed as the vibrations
 * themselves do.
 *
 * Means are over pairs of configurations x +- u, u = R z with R R^T the covariance and z fixed random vectors of the
 * length that a Gaussian has in the mean: the same numbers at every strain and temperature, so that what is averaged is
 * a smooth function of both, and its derivatives are those of the sampled function. The scatter of the pairs is the
 * error. Owns positions, force constants and sums; the spectra are phonon.h's (kind FULL). eV, angstrom. */
#ifndef FEMD_THERMAL_AVERAGE_H
#define FEMD_THERMAL_AVERAGE_H

#include "vibrations/phonon.h"

enum {
    FEMD_AVERAGE_PAIRS = 128,  /* configurations x +- u of the state itself; */
    FEMD_AVERAGE_FEW = 16,     /* of them, those of states near it and of the search; */
    FEMD_AVERAGE_HESSIANS = 4, /* those whose Hessians are averaged */
};

typedef struct femd_average {
    size_t n3;
    double *z;     /* FEMD_AVERAGE_PAIRS x n3 */
    double *u;     /* the same, displacements of the trial state */
    double *x;     /* n3: mean positions */
    double *A;     /* n3 x n3: force constants, mass-weighted */
    double *force; /* n3: mean force */
    double *held;  /* n3: the force at x that the vibrations hold in balance: that of the atoms less the mean */
    double *work;  /* 3 x n3 */
    /* of the last look: */
    double F, U;                        /* eV: free energy and internal energy, from W of the potential on */
    double tau[6];                      /* eV: mean virial with the kinetic part: the derivative of F by strain */
    double at_rest[6];                  /* virial at x */
    double of[FEMD_AVERAGE_PAIRS][6];   /* tau by each pair alone */
    double pull[FEMD_AVERAGE_PAIRS][9]; /* sum of f_a u_b over the atoms, mean of the pair */
    double kinetic[6];                  /* eV: sum of <p p>/m */
    double even[FEMD_AVERAGE_PAIRS];    /* eV: what V is more than harmonic, mean of each pair */
    double odd[FEMD_AVERAGE_PAIRS]; /* eV^2: square of the part of V that is odd in u (of third order and on), by each
                                       pair: half the mean of these over kT is what F is too high by, to second
                                       order. The even part would feel the noise of A */
} femd_average;

FEMD_MUST_CHECK femd_status femd_average_create(int natoms, femd_average **out, femd_error *err);
void femd_average_destroy(femd_average **average);
/* The self-consistent state at `place` and T from average->x and average->A on: until no entry of A moves by more than
 * 1e-7 of its mean diagonal, or, on uneven tables, by less than a tenth of it and no less than before (then the last
 * ones are averaged), and then until no mean force is above 1e-11 eV/angstrom. *settled: 0 if it was not reached, which
 * is no failure. INSTABILITY where A is not positive definite. */
FEMD_MUST_CHECK femd_status femd_average_settle(femd_average *average, femd_phonons *phonons, femd_rve *rve,
                                                const femd_place *place, double T, const femd_beat *beat, int *settled,
                                                femd_error *err);
/* So many rounds of it, for a state that is near. */
FEMD_MUST_CHECK femd_status femd_average_iterate(femd_average *average, femd_phonons *phonons, femd_rve *rve,
                                                 const femd_place *place, double T, int rounds, const femd_beat *beat,
                                                 femd_error *err);
/* u A u / 2 of a displacement u (n3) and mass-weighted force constants A (n3 x n3). */
double femd_average_harmonic(femd_average *average, const femd_phonons *phonons, const double *A, const double *u);
/* Energies and virials of the state that was found, by so many pairs. */
FEMD_MUST_CHECK femd_status femd_average_look(femd_average *average, femd_phonons *phonons, femd_rve *rve,
                                              const femd_place *place, size_t pairs, femd_error *err);

#endif
