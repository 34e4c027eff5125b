/* The way of an RVE along a straight line of strain: predictor, relaxation, smaller steps where the answer is not a
 * smooth continuation.
 *
 * Owns the configuration (E, w) and its sensitivities dw/dE; decides the sub-steps. A configuration that loses
 * stability on the way slides downhill from the last stable one after a small increment of strain, as a slowly loaded
 * body does, so that the basin it ends in does not depend on how large the caller's increment was. What symmetry would
 * hold at a saddle goes down along the lowest mode (slide.h), but not in the search for a material's reference, which
 * is to be what the structure says or nothing. */
#ifndef FEMD_NATIVE_PATH_H
#define FEMD_NATIVE_PATH_H

#include "rve/condense.h"

/* Atoms of a solid, however hot, are nearer to their minimum (0.12 close to melting; liquids 0.38 and more). */
#define FEMD_WANDERED_MAX 0.2

typedef struct femd_path {
    femd_rve *rve;         /* borrowed */
    femd_relaxer *relaxer; /* borrowed */
    const double *stale;   /* Cholesky factor for the first steps, borrowed; may be NULL */
    double E[6];           /* where the path stands */
    double *w;             /* n3, relaxed displacements at E */
    double *G;             /* 6 x n3: dw/dE at E */
    int has_G;
    femd_place place;       /* at E, after an advance */
    double *x;              /* n3, spatial positions at E, after an advance */
    double *work;           /* 12 x n3 */
    double *mode, goal[6];  /* n3; within an advance: the mode that lost its stiffness, where the path goes */
    femd_relax_result last; /* of the last relaxation */
    int jumps;              /* times that the path left its branch */
    double wandered; /* root mean square way of the atoms from the structure to their minimum, over the distance of
                        nearest neighbours */
    int held;        /* 1: nothing is relaxed, w = 0: the sites of atoms that only their motion holds */
    int may_slide;   /* 1: where a jump ends at a saddle it goes on downhill; 0: that is INSTABILITY */
    int slides;      /* times that it did */
} femd_path;

/* Allocates w, G, x, work, mode (zero). */
FEMD_MUST_CHECK femd_status femd_path_init(femd_path *path, femd_rve *rve, femd_relaxer *relaxer, femd_error *err);
void femd_path_clear(femd_path *path);
/* Go to E: afterwards the relaxer stands at the relaxed configuration with its Hessian data; of a path that is held the
 * sites are strained, and there are no such data. On failure the path stands where it last converged. OUT_OF_DOMAIN,
 * NOT_CONVERGED, DIVERGED, INSTABILITY, CANCELLED, DEADLINE. */
FEMD_MUST_CHECK femd_status femd_path_advance(femd_path *path, const double E[6], const femd_beat *beat,
                                              femd_error *err);

#endif
