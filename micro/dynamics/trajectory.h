/* One trajectory that is sampled: where it stands, its sums by blocks, its way to a steady state and its blocks.
 *
 * Owns the order of steps, looks and beats; what moves and what is looked at is the caller's. */
#ifndef FEMD_TRAJECTORY_H
#define FEMD_TRAJECTORY_H

#include "dynamics/dynamics.h"
#include "numerics/sampling.h"
#include "rve/beat.h"

/* How far a sampling is, in blocks of all its trajectories. */
typedef struct femd_progress {
    const femd_beat *beat; /* borrowed, may be NULL */
    const char *during;    /* "the sampling" */
    double have, need;     /* there; needed as far as one knows, 0 = nobody knows */
} femd_progress;

/* Tell how far it is (NULL: nobody asks). DEADLINE or CANCELLED if it is to stop. */
FEMD_MUST_CHECK femd_status femd_progress_tell(const femd_progress *progress, femd_error *err);

typedef struct femd_trajectory {
    int atoms;
    double *x, *v; /* atoms x 3, owned: angstrom, angstrom/ps, at the end of its last block */
    uint64_t step; /* since the velocities were drawn; 0 = not begun */
    femd_blocks sums;
} femd_trajectory;

/* Room for the atoms and the sums of m quantities of every step and k of some. */
FEMD_MUST_CHECK femd_status femd_trajectory_init(femd_trajectory *trajectory, int atoms, int m, int k, femd_error *err);
void femd_trajectory_clear(femd_trajectory *trajectory);
/* Remember where a dynamics stands. */
void femd_trajectory_keep(femd_trajectory *trajectory, const femd_dynamics *dynamics);
/* Let a dynamics go on from there at cell h, with its temperature, seed and replica. */
FEMD_MUST_CHECK femd_status femd_trajectory_resume(const femd_trajectory *trajectory, const double h[9],
                                                   femd_dynamics *dynamics, femd_error *err);
/* Basic blocks that are there; *missing: how many the unfinished joined block lacks, 0 if there is none. */
int femd_trajectory_blocks(const femd_trajectory *trajectory, int *missing);

/* How a trajectory is followed. */
typedef struct femd_course {
    void *user;
    const femd_progress *progress; /* borrowed, may be NULL */
    /* One step; z: what is summed of every step, also on the way to the steady state. */
    femd_status (*step)(void *user, double *z, femd_error *err);
    /* y: what is summed of some steps. NULL: nothing is. */
    femd_status (*look)(void *user, double *y, femd_error *err);
    /* Two figures of a step whose means are flat once it is steady. */
    void (*watch)(void *user, const double *z, double figure[2]);
    int group; /* steps averaged into one value of the series of figures; segments and blocks are multiples of it */
    int late;  /* segments after which a drift alone decides, see femd_series_is_steady */
} femd_course;

/* Segments of so many steps until both figures are steady: 1 in *settled; 0 if they are not after
 * FEMD_COURSE_SEGMENTS. */
enum { FEMD_COURSE_SEGMENTS = 48 };
FEMD_MUST_CHECK femd_status femd_course_settle(const femd_course *course, int segment, int *settled, femd_error *err);
/* A basic block of so many steps into the sums, with a look at every stride-th, the first of them included. */
FEMD_MUST_CHECK femd_status femd_course_block(const femd_course *course, int steps, int stride, femd_blocks *sums,
                                              femd_error *err);
/* So many steps of Langevin dynamics, unseen. */
FEMD_MUST_CHECK femd_status femd_course_langevin(femd_dynamics *dynamics, int steps, const femd_progress *progress,
                                                 femd_error *err);

#endif
