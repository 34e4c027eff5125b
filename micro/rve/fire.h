/* A minimiser that looks at forces alone, for potentials whose energy jumps: FIRE 2.0 (Guenole et al., Comput. Mater.
 * Sci. 175 (2020) 109584), dynamics of unit masses that stop when they go uphill. Slow and hard to stop. Owns the
 * dynamics, which an elastic band follows too (rates/band.h); never asks for an energy and never changes the cell. */
#ifndef FEMD_FIRE_H
#define FEMD_FIRE_H

#include "femd/engine.h"
#include "rve/native_rve.h"

/* The dynamics alone, of n coordinates of any kind that follow any forces. */
typedef struct femd_fire_walk {
    double period;   /* 1/omega of the fastest vibration */
    double max_move; /* largest component of one step */
    double t, mix;   /* time step, and how far velocities turn towards the forces */
    int downhill;    /* steps that went so in a row */
} femd_fire_walk;

/* From rest: v (n) becomes zero. stiffness: about the largest eigenvalue of the second derivatives. */
femd_fire_walk femd_fire_begin(int n, double stiffness, double max_move, double *v);
/* One step from x (n, in and out), where the forces are f, which are not all zero. */
void femd_fire_advance(femd_fire_walk *walk, int n, const double *f, double *v, double *x);

typedef struct femd_fire {
    double tolerance; /* eV/angstrom, largest component */
    double stiffness; /* eV/angstrom^2: about the largest eigenvalue of the Hessian; sets the time step */
    double max_move;  /* angstrom, largest component of one step */
    double *v;        /* n3: scratch */
    double W, tau[6]; /* at the end */
    int steps;        /* that it took */
} femd_fire;

/* From x (3n, in and out) in the cell of place to forces within the tolerance; f (3n): the forces at x, in and out.
 * NOT_CONVERGED where they no longer fall, DIVERGED, OUT_OF_DOMAIN, CANCELLED, DEADLINE. */
FEMD_MUST_CHECK femd_status femd_fire_run(femd_fire *fire, const femd_rve *rve, const femd_place *place, double *x,
                                          double *f, const femd_beat *beat, femd_error *err);

#endif
