/* How the atoms of each species wander in stretches of a trajectory without thermostat (segments): by their mean square
 * displacements and by the correlation of their velocities, of the same segments.
 *
 *   D_ab = (1/2) d/dt <dx_a dx_b>,     D_ab = int_0^t <v_a(s) v_b(0)>_sym ds
 *
 * Both are seen at times (lags) that are fixed shares of a segment; which of them are late enough is said by what was
 * seen: once the atoms have gone as far as a neighbour is. Owns the sums; knows nothing of forces. Angstrom, ps. */
#ifndef FEMD_DIFFUSION_H
#define FEMD_DIFFUSION_H

#include "dynamics/carry.h"

enum {
    FEMD_DIFFUSION_SPECIES = 4, /* that can be told apart */
    FEMD_DIFFUSION_WINDOWS = 9, /* from lag l to lag 3 l, in frames */
    FEMD_DIFFUSION_FRAMES = 256 /* of a segment */
};

/* Sums over segments of a window: of the tensor by displacements and by velocities, and of their squares; of the traces
 * (a third) likewise; of the mean square displacement at its beginning. */
typedef struct femd_diffusion_window {
    double moved[6], moved2[6], trace, trace2;
    double kept[6], kept2[6], vtrace, vtrace2;
    double square;
} femd_diffusion_window;

typedef struct femd_diffusion {
    int atoms, species; /* species: of the structure, at most FEMD_DIFFUSION_SPECIES are looked at */
    int *order;         /* atoms, owned: sorted by species */
    int first[FEMD_DIFFUSION_SPECIES + 1];
    double dt;        /* ps between samples */
    int every, apart; /* samples between frames, and between origins of the velocity correlation */
    int segments;     /* added so far */
    double *frame;    /* ring of positions, owned */
    double *origin;   /* ring of velocities, owned */
    double *moved;    /* sums of the present segment, owned */
    double *kept;
    femd_diffusion_window window[FEMD_DIFFUSION_SPECIES][FEMD_DIFFUSION_WINDOWS];
} femd_diffusion;

/* Of one species, angstrom^2/ps. */
typedef struct femd_diffusion_result {
    double D[6], D_err[6];                             /* Voigt; by displacements */
    double check[6], check_err[6];                     /* by velocities */
    double mean, mean_err, mean_check, mean_check_err; /* thirds of the traces */
    int late; /* 0: the atoms have not gone as far as a neighbour within the longest window */
} femd_diffusion_result;

/* Of atoms of these species (0-based) in segments of so many samples, a power of two from 256 on. */
FEMD_MUST_CHECK femd_status femd_diffusion_init(femd_diffusion *diffusion, int atoms, const int *species, int samples,
                                                double dt, femd_error *err);
void femd_diffusion_clear(femd_diffusion *diffusion);
/* Forget the segments, keep the room. */
void femd_diffusion_empty(femd_diffusion *diffusion);
/* Begin a segment; take its samples in order (x unwrapped, v); end it. */
void femd_diffusion_begin(femd_diffusion *diffusion);
void femd_diffusion_take(femd_diffusion *diffusion, int sample, const double *x, const double *v);
void femd_diffusion_end(femd_diffusion *diffusion);
/* Of a species with atoms, from two segments and more; reach: how far a neighbour is. Errors are standard errors of the
 * segments' mean, widened as Student's distribution asks so that two of them are an interval of 95 %. */
void femd_diffusion_evaluate(const femd_diffusion *diffusion, int species, double reach, femd_diffusion_result *result);
/* The sums; their number is the caller's. */
FEMD_MUST_CHECK femd_status femd_diffusion_carry(femd_diffusion *diffusion, femd_carry *carry, femd_error *err);

#endif
