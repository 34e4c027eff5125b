/* Internal relaxation of an RVE at a fixed cell: forces to round-off, at a minimum that is connected to the start by
 * short downhill steps.
 *
 * Forces are sums over bonds whose vectors are differences of coordinates: in a long cell they cannot be known to the
 * tolerance. There the relaxation ends where they are round-off, and says so.
 *
 * Owns the minimiser and the Hessian data (factor, L, B) at the place where it ended; the tangent is made from them. It
 * never chooses the strain (native_path.c does) and never keeps anything between calls that a result depends on.
 * Units: eV, angstrom. Positions are spatial. */
#ifndef FEMD_RELAX_H
#define FEMD_RELAX_H

#include "femd/engine.h"
#include "rve/native_rve.h"

typedef struct femd_relax_settings {
    double force_tolerance; /* eV/angstrom, largest component */
    int iterations;         /* line searches before NOT_CONVERGED */
    double max_move;        /* angstrom, largest component of one step */
    int dense_max;          /* up to this many degrees of freedom the Hessian is factorised, above it is only applied */
    int linear_max;         /* applications of it in a linear solution or a search for its lowest eigenvalue; 0: grows
                               with the number of atoms */
} femd_relax_settings;
#define FEMD_RELAX_DEFAULTS                                                                                            \
    { 1e-12, 2000, 0.1, 1200, 0 }

typedef struct femd_relaxer femd_relaxer;

typedef struct femd_relax_result {
    double W;      /* eV */
    double tau[6]; /* eV */
    double fmax;   /* eV/angstrom */
    double moved;  /* largest component of (end - start), angstrom */
    int iterations, hessians;
    int softened; /* 1 if the Hessian was seen not positive definite on the way */
    int rounded;  /* 1 if fmax is above the tolerance: it is what round-off leaves of the forces */
} femd_relax_result;

FEMD_MUST_CHECK femd_status femd_relaxer_create(int natoms, const femd_relax_settings *set, femd_relaxer **relaxer,
                                                femd_error *err);
void femd_relaxer_destroy(femd_relaxer **relaxer);
const femd_relax_settings *femd_relaxer_settings(const femd_relaxer *relaxer);
/* 1 if the Hessian is factorised, 0 if it is matrix-free. */
int femd_relaxer_is_dense(const femd_relaxer *relaxer);

/* Relax x (3n, in and out) in the cell of place. stale: a Cholesky factor of a Hessian near by for the first steps, or
 * NULL. NOT_CONVERGED, DIVERGED, INSTABILITY (ends where the Hessian is not positive definite), OUT_OF_DOMAIN,
 * CANCELLED, DEADLINE. */
FEMD_MUST_CHECK femd_status femd_relax(femd_relaxer *relaxer, const femd_rve *rve, const femd_place *place, double *x,
                                       const double *stale, const femd_beat *beat, femd_relax_result *res,
                                       femd_error *err);
/* Only forces and the Hessian data at x, no relaxation (tests, reference data of an unrelaxed state). */
FEMD_MUST_CHECK femd_status femd_relax_hold(femd_relaxer *relaxer, const femd_rve *rve, const femd_place *place,
                                            const double *x, femd_relax_result *res, femd_error *err);

/* Hessian data at the end of the last successful call. */
const double *femd_relaxer_factor(const femd_relaxer *relaxer); /* n3 x n3 Cholesky factor, NULL if matrix-free */
const double *femd_relaxer_L(const femd_relaxer *relaxer);      /* n3 x 6 */
const double *femd_relaxer_B(const femd_relaxer *relaxer);      /* 6 x 6 */
const double *femd_relaxer_forces(const femd_relaxer *relaxer); /* n3 */
/* Solve H z = b for k vectors (one after another) at that place, what the gauge holds taken out; relative residual
 * 1e-11, or round-off, where it is iterative. b and z do not overlap. INSTABILITY if a direction of negative curvature
 * is met, NOT_CONVERGED at the limit of iterations, INTERNAL before there is a Hessian, DEADLINE, CANCELLED
 * (beat may be NULL). */
FEMD_MUST_CHECK femd_status femd_relaxer_solve(femd_relaxer *relaxer, const femd_rve *rve, int k, const double *b,
                                               const femd_beat *beat, double *z, femd_error *err);

#endif
