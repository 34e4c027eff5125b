/* Residual and Jacobian of finite-strain equilibrium from the answers of the quadrature points: gather all strains, ask
 * once, scatter. One batch serves residual and Jacobian of one state, known by the bits of the local displacement. */
#ifndef FEMD_MECHANICS_H
#define FEMD_MECHANICS_H

#include "fields/problem.h"

typedef struct femd_mechanics femd_mechanics;

/* What the evaluations since femd_mechanics_begin have cost and met, of all ranks. */
typedef struct femd_mechanics_count {
    uint64_t evaluations, force_evaluations;
    uint64_t reused;         /* pool data */
    int failed_points;       /* physics status or det F <= 0 */
    char first_failure[256]; /* words of the first of them, the same on all ranks */
} femd_mechanics_count;

/* Collective. Points and boundary of p must be there. */
FEMD_MUST_CHECK femd_status femd_mechanics_create(femd_problem *p, femd_error *err);
void femd_mechanics_destroy(femd_problem *p);

/* A step starts: its counts are zeroed. */
void femd_mechanics_step(femd_problem *p, int step);
/* An attempt starts: loads and prescribed displacements of `time`, nothing evaluated yet. Collective. */
FEMD_MUST_CHECK femd_status femd_mechanics_begin(femd_problem *p, double time, int attempt, femd_error *err);
/* Put the prescribed displacements into a global vector. Collective. */
FEMD_MUST_CHECK femd_status femd_mechanics_prescribe(femd_problem *p, Vec X, femd_error *err);

/* Have the answers at X, asking only if the state is new. *failed: points of all ranks that have none (a domain error).
 * A failure of the call is one of the infrastructure. Collective; the same on all ranks. */
FEMD_MUST_CHECK femd_status femd_mechanics_evaluate(femd_problem *p, Vec X, int *failed, femd_error *err);
/* R = internal - external force at the state last evaluated, zero at prescribed components. Collective. */
FEMD_MUST_CHECK femd_status femd_mechanics_residual(femd_problem *p, Vec R, femd_error *err);
/* K = dR/dX at the state last evaluated; prescribed components are decoupled. Collective. */
FEMD_MUST_CHECK femd_status femd_mechanics_jacobian(femd_problem *p, Mat K, femd_error *err);
/* Linear system of the tangent predictor from the committed answers: K dx = rhs moves the committed state under the
 * load of this attempt. No answer is asked, but for one virgin point per material at the very first step. *possible = 0
 * if there is no tangent yet. Collective. */
FEMD_MUST_CHECK femd_status femd_mechanics_predictor(femd_problem *p, Mat K, Vec rhs, int *possible, femd_error *err);

/* Of the residual last made: |r| up to which it counts as zero is max(rtol x reference, 2 x noise, rounding); N. */
typedef struct femd_mechanics_scale {
    double reference; /* largest norm of internal or external forces met in this attempt */
    double noise;     /* one sigma of the norm of the nodal forces, from the standard errors of the stresses; 0 if
                         solver.noise_stop is off */
    double rounding;  /* what double precision leaves of the nodal forces */
} femd_mechanics_scale;
femd_mechanics_scale femd_mechanics_get_scale(const femd_problem *p);
void femd_mechanics_set_iteration(femd_problem *p, int iteration); /* label of the requests */
const femd_mechanics_count *femd_mechanics_get_count(const femd_problem *p);

/* After convergence at the state last evaluated: ask the case's wants_committed, commit points and states, and fill
 * reaction, energy, hill_mandel_max, stability_min of the record. Collective. */
FEMD_MUST_CHECK femd_status femd_mechanics_commit(femd_problem *p, int step, femd_step_record *rec, femd_error *err);

#endif
