/* The method `fluid`: what the atoms of a fluid tell of its flow without being driven, at the cell of the mechanical
 * state. One trajectory: stretches without a thermostat (segments), all of one total energy, each behind a stretch of
 * Langevin dynamics. See docs/micro.md, "Fluids".
 *
 * Split in two: fluid_run.c (the trajectory), fluid.c (options, length of a segment, the method's table of functions).
 * What every method that samples does is sampled_method.h's. */
#ifndef FEMD_FLUID_H
#define FEMD_FLUID_H

#include "dynamics/sampled_segments.h"
#include "fluid/diffusion.h"
#include "fluid/viscosity.h"
#include "fluid/widom.h"

extern const femd_method femd_method_fluid;

typedef struct femd_fluid_options {
    femd_sampled_segments segments;
    double melt; /* K: the atoms are first brought to this temperature; 0 = they start as they are */
} femd_fluid_options;

typedef struct femd_fluid {
    femd_sampled common; /* first; a segment is a block */
    femd_fluid_options options;
    const int *species; /* n, borrowed */
    double *x, *v;      /* n x 3, owned: where the trajectory stands, angstrom, angstrom/ps */
    uint64_t step;      /* since its velocities were drawn */
    double energy;      /* eV: kinetic and potential, of every segment */
    double kinetic;     /* eV: mean kinetic energies of the segments, summed */
    femd_stress_spectrum sums;
    int doublings; /* of the segments that sums is of, over options.segments.samples */
    double *flux;  /* samples x 6, owned */
    femd_diffusion wander;
    femd_widom widom; /* without a trial where the material asks for no chemical potential */
    uint32_t wanted;  /* of the last judgement */
    int cubic;        /* 1: the cell is a cube, within a thousandth */
    femd_viscosity_result result;
    femd_diffusion_result diffusion[FEMD_DIFFUSION_SPECIES];
    femd_widom_result inserted;
    double off;                        /* relative error of coefficients by the temperature of the segments */
    double correction, correction_err; /* angstrom^2/ps: what the box takes off every diffusivity; 0 unless cubic */
} femd_fluid;

/* Begin anew at cell h from positions x: melted if the material says so, brought to T, and to the total energy whose
 * mean temperature without a thermostat is T. NOT_CONVERGED if it does not settle; UNSUPPORTED if the atoms stay where
 * they are. */
FEMD_MUST_CHECK femd_status femd_fluid_start(femd_fluid *fluid, const double h[9], const double *x,
                                             const femd_progress *progress, femd_error *err);
/* One more segment. NOT_CONVERGED if the energy drifts. */
FEMD_MUST_CHECK femd_status femd_fluid_segment(femd_fluid *fluid, const double h[9], const femd_progress *progress,
                                               femd_error *err);
/* Fill fluid->result, diffusion and correction from the sums; h: present cell. */
FEMD_MUST_CHECK femd_status femd_fluid_evaluate(femd_fluid *fluid, const double h[9], femd_error *err);
/* K: mean kinetic temperature of all segments. */
double femd_fluid_temperature(const femd_fluid *fluid);

#endif
