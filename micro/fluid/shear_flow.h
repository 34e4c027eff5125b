/* The method `nemd-shear`: the shear viscosity of a fluid that flows, from its stress at several rates of shear. See
 * docs/micro.md, "Fluids". What every method that samples does is sampled_method.h's.
 *
 * Split in two: shear_flow.c (equations of motion, start and blocks of one rate), shear_method.c (options, which rates
 * agree, the method's table of functions). */
#ifndef FEMD_SHEAR_FLOW_H
#define FEMD_SHEAR_FLOW_H

#include "dynamics/sampled_method.h"

extern const femd_method femd_method_nemd_shear;

enum { FEMD_SHEAR_RATES_MAX = 8 };

typedef struct femd_shear_options {
    int equilibration; /* steps of Langevin dynamics, and of a segment on the way to a steady flow; whole lives of a
                          list */
    int block;         /* steps, likewise */
    int64_t max_steps; /* of all rates in one request */
    double melt;       /* K; 0: the atoms start as they are */
    int rates;
    double rate[FEMD_SHEAR_RATES_MAX]; /* 1/ps, ascending */
} femd_shear_options;

/* One rate. */
typedef struct femd_shear_row {
    femd_trajectory trajectory; /* x, peculiar velocities, steps of flow; sums of A_12 (eV) and of tr A/3 */
    double viscosity, error;    /* Pa s */
} femd_shear_row;

typedef struct femd_shear {
    femd_sampled common; /* first */
    femd_shear_options options;
    femd_shear_row row[FEMD_SHEAR_RATES_MAX];
    double h[9]; /* the cell at rest */
    int agree;   /* 1: the two lowest rates agree */
} femd_shear;

/* All rates from positions x in the cell h: molten if the material says so, at T, then in steady flow. NOT_CONVERGED if
 * one does not become steady, UNSUPPORTED if the atoms stay where they are at rest. */
FEMD_MUST_CHECK femd_status femd_shear_start(femd_shear *shear, const double h[9], const double *x,
                                             const femd_progress *progress, femd_error *err);
/* So many blocks more of one rate. */
FEMD_MUST_CHECK femd_status femd_shear_extend(femd_shear *shear, int row, int blocks, const femd_progress *progress,
                                              femd_error *err);
/* One step of the flow at a rate: positions, peculiar velocities, and the cell d->h of the flow's step number `step`
 * (from 1 on); the peculiar kinetic energy is that of T. For tests as well. */
FEMD_MUST_CHECK femd_status femd_shear_step(femd_dynamics *d, const double h[9], double rate, double T, uint64_t step,
                                            femd_error *err);
/* Viscosities and errors of all rows from their sums. */
void femd_shear_evaluate(femd_shear *shear);

#endif
