/* Stress, tangent, thermal stress and energies of atoms whose vibrations are self-consistent (thermal_average.h): the
 * harmonic method with `force_constants` "thermal".
 *
 * The trial state's free energy is stationary, so that S is the mean of dV/dE at fixed displacements. Of what is of
 * second order in these the mean is known exactly, tr(f'(A) dA/dE), and taken so: only what is beyond it is left to the
 * pairs. D and dS/dT are differences of the mean virial between states that are found anew at +-h and T +- dT with the
 * same random vectors, and again at half these steps: the distance is how uneven they are. Owns what an answer is put
 * together from. */
#ifndef FEMD_AVERAGED_H
#define FEMD_AVERAGED_H

#include "rve/method.h"
#include "vibrations/lacking.h"
#include "vibrations/roughness.h"
#include "vibrations/thermal_average.h"

typedef struct femd_averaged {
    femd_average *average;       /* owned */
    double F, U, C;              /* eV, eV, eV/K; from W of the potential on */
    double dSdT[6];              /* Pa/K */
    femd_unevenness scatter;     /* standard errors by the scatter of the pairs */
    femd_unevenness uneven;      /* distances of D and dS/dT by the step and by half of it */
    double F_scatter, C_scatter; /* eV, eV/K */
    double beyond;               /* what second order adds to the largest component of the thermal stress, over that */
    femd_lacking lacking;
    double kT, odd[FEMD_AVERAGE_PAIRS]; /* eV of the vibrations; average->odd of the state */
    double *x, *held;  /* n3 each: mean positions, and the forces there that the vibrations hold in balance */
    double at_rest[6]; /* eV: virial there */
    /* of the state at E, while those around it are visited: */
    double *w, *u, *A, *slope;           /* mean displacements; all u; force constants; f'(A) */
    double *w1, *A1;                     /* of the last state on the + side */
    double pull[FEMD_AVERAGE_PAIRS][9];  /* average->pull */
    double terms[FEMD_AVERAGE_PAIRS][6]; /* eV: S of each pair */
} femd_averaged;

FEMD_MUST_CHECK femd_status femd_averaged_create(int natoms, femd_averaged **out, femd_error *err);
void femd_averaged_destroy(femd_averaged **averaged);
/* At the strain of the path's end, where the atoms stand relaxed with dw/dE, and at the temperature of the conditions.
 * h: step of strain. S, D (NULL: not wanted) in Pa. INSTABILITY, NOT_CONVERGED; what sampling returns. */
FEMD_MUST_CHECK femd_status femd_averaged_strain(femd_averaged *averaged, femd_phonons *phonons, femd_native *native,
                                                 const femd_conditions *q, double h, double S[6], double D[36],
                                                 femd_error *err);
#endif
