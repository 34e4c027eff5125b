/* Shared by the files heat*.c only. */
#ifndef FEMD_HEAT_PRIVATE_H
#define FEMD_HEAT_PRIVATE_H

#include "fields/heat.h"
#include "fields/points.h"

/* What the evaluations of a step have cost and met, of all ranks. */
typedef struct femd_heat_count {
    uint64_t evaluations, force_evaluations;
    int failed_points, failed_now;
    char first_failure[640]; /* words of the first of these, the same on all ranks */
} femd_heat_count;

/* Per point: secants in the temperature of what it answers, and the answer that the next begins at. */
typedef struct femd_heat_slopes {
    int known;                        /* from_* are there */
    double *k, *c;                    /* n x 6, W/(m K^2); n, J/(m^3 K^2) */
    double *from_k, *from_c, *from_T; /* W/(m K); J/(m^3 K); K */
} femd_heat_slopes;

struct femd_heat {
    femd_problem *p; /* borrowed */
    double theta;    /* 1 in a steady state */
    int step, attempt, iteration;
    int fed; /* the attempt has a source or a flux that is given */
    double dt;
    /* per entry, this rank's */
    double *old;             /* temperature at the start of the step */
    double *value;           /* of the state last evaluated, K */
    double *flow, *capacity; /* theta K T; c (T - old) / dt, W */
    double *start;           /* what the start of the step leaves: (1 - theta) (K T - loads), W; zero with theta 1 */
    double *unbalanced;      /* all of them: heat that must still flow in, W */
    double *mass;            /* points x nodes x nodes: femd_element.mass; NULL: lumped */
    double *start_load;      /* per condition: (1 - theta) of its load at the start, W, all ranks */
    int started;             /* start and start_load are those of this attempt */
    int evaluated, failed;   /* the tentative half of the points belongs to value; of it: failed points, all ranks */
    femd_heat_slopes slopes;
    struct femd_heat_sampled *sampled; /* NULL: no conductivity is sampled */
    double *adjoint;                   /* per entry: of heat_refine.c */
    double *T_error;                   /* per entry: of heat_uncertain.c, K */
    double *map;          /* n x 9, symmetric: conductivities to the reference configuration; NULL in a body at rest */
    double *pressed_from; /* n: pressure at the start of the step, Pa, where the case prescribes one */
    double *T_old;        /* n: temperatures of the points at the start of the step, K */
    double *T_last;       /* n: of the pass before, K; with coupling {"iterate"} */
    double *last;         /* per entry: likewise */
    int passes;           /* over heat and mechanics in this attempt, the present one included */
    int two_way;          /* the work of the stress heats the body */
    double
        *stiffened; /* n: T b D^-1 b at the start of the step, J/(m^3 K): more capacity at constant stress; 0 one way */
    double *taken;  /* n: what the work of the stress takes at its last rate, W; 0 one way. With a pressure of the case:
                       what its change takes, less than 0 where it rises */
    double lag;     /* FEMD_PASS_LAG, this rank's */
    uint32_t notes; /* FEMD_NOTE_* of the answers that are there, this rank's */
    femd_request *request; /* one per point */
    PetscInt *asked;       /* point of a request */
    int *material;         /* of a request */
    /* of this rank's part of the batch */
    int failing, failing_status;
    uint64_t failing_point, count_force, count_evaluated;
    double failing_value;
    femd_status broken; /* a point's status that ends the run */
    uint64_t broken_point;
    femd_field_scale scale;
    femd_heat_count count;
};

/* status of a point whose temperature is below 0 K */
#define FAILED_COLD 1

/* heat_answers.c: conductivity and capacity of all points at the nodal temperatures u, into their tentative half.
 * *failed: points of all ranks without an answer. Collective. */
FEMD_MUST_CHECK femd_status femd_heat_ask(femd_heat *h, const double *u, int *failed, femd_error *err);
/* heat_pressed.c: the pressure of the points at the present attempt's end or at its start. */
FEMD_MUST_CHECK femd_status femd_heat_press(femd_heat *h, double time, femd_error *err);
/* What its answer is asked for beside what conducts and stores: FEMD_WANT_*; from it, the heat capacity and what the
 * change of the pressure takes. */
uint32_t femd_heat_pressed_want(const femd_heat *h, PetscInt k);
void femd_heat_pressed_take(femd_heat *h, PetscInt k, const femd_response *r);
/* At the start of an attempt that ends at a time: points whose pressure changes begin their secants anew. */
FEMD_MUST_CHECK femd_status femd_heat_pressed_begin(femd_heat *h, double time, femd_error *err);
/* heat_trouble.c: after requests beside those of all points: trouble of all ranks is told and counted, *failed: how
 * many points have no answer; and what there is to say of a status that ends the run. Collective. */
FEMD_MUST_CHECK femd_status femd_heat_agree_answers(femd_heat *h, int *failed, femd_error *err);
FEMD_MUST_CHECK femd_status femd_heat_broken(const femd_heat *h, femd_error *err);
/* What a material may be sampled for. */
typedef enum femd_sampled_quantity {
    FEMD_SAMPLED_CONDUCTIVITY,
    FEMD_SAMPLED_CAPACITY,
    FEMD_SAMPLED_THERMAL, /* dS/dT, with the stress: heat_thermal.c; it has no samples of its own */
    FEMD_SAMPLED_QUANTITIES
} femd_sampled_quantity;
/* heat_slots.c: 1 if that of a case's material comes from samples. */
int femd_heat_is_sampled(const femd_heat *h, femd_sampled_quantity what, int material);
/* heat_sampled.c: conductivities that are sampled. */
void femd_heat_sampled_destroy(struct femd_heat_sampled **sampled);
/* At the points' temperatures, before others are asked: materials without a sample get their first. *failed: samples
 * without an answer. Collective. */
FEMD_MUST_CHECK femd_status femd_heat_sample_first(femd_heat *h, int *failed, femd_error *err);
/* Conductivities and capacities of the points of sampled materials and their slopes, by the fits; what their samples
 * were noted for.
 */
void femd_heat_apply_fits(femd_heat *h);
/* FEMD_HEAT_SAMPLES to STORED_ERROR of a record. */
void femd_heat_tell_samples(const femd_heat *h, double *last);
/* heat_refine.c: the field's sensitivity and refine. */
FEMD_MUST_CHECK femd_status femd_heat_sensitivity(femd_field *field, Vec rhs, int *wanted, femd_error *err);
FEMD_MUST_CHECK femd_status femd_heat_refine(femd_field *field, Vec adjoint, int *again, int *failed, femd_error *err);
/* heat_uncertain.c: room for what errors of earlier steps leave; at the start of an attempt, at its end. */
FEMD_MUST_CHECK femd_status femd_heat_remember(femd_heat *h, femd_error *err);
void femd_heat_remember_begin(femd_heat *h);
void femd_heat_remember_commit(femd_heat *h);
FEMD_MUST_CHECK femd_status femd_heat_uncertain(femd_field *field, femd_field_solve *solve, void *with, Vec rhs, Vec x,
                                                femd_error *err);
/* heat_deformed.c: from the deformation of the points (n x 9), the committed one at the start of an attempt; a
 * conductivity (or its slope) as answered at point k in the reference configuration. */
FEMD_MUST_CHECK femd_status femd_heat_deform(femd_heat *h, const double *F, femd_error *err);
void femd_heat_referential(const femd_heat *h, PetscInt k, const double in[6], double out[6]);
/* heat_slopes.c. At the start of an attempt, with the committed temperatures in h->old; after answers of all points. */
FEMD_MUST_CHECK femd_status femd_heat_slopes_create(femd_heat *h, femd_error *err);
void femd_heat_slopes_clear(femd_heat_slopes *slopes);
void femd_heat_slopes_begin(femd_heat *h);
void femd_heat_slopes_learn(femd_heat *h);
/* Strain (6) of point k that its conductivity belongs to: at the start of the step, or at the end of the last pass. */
void femd_heat_strain(const femd_heat *h, PetscInt k, double E[6]);
/* Temperature of point k at nodal temperatures u. */
/* What turns a gradient at point k of the reference configuration into one in the frame of the answers (sqrt(J) U^-1):
 * conductivities are sandwiched by it. */
void femd_heat_in_frame(const femd_heat *h, PetscInt k, const double gradient[3], double in_frame[3]);
double femd_heat_at_point(const femd_problem *p, PetscInt k, const double *u);
/* heat_state.c */
FEMD_MUST_CHECK femd_status femd_heat_evaluate(femd_field *field, Vec X, int *failed, femd_error *err);
/* Linear system from the committed state with the answers that stand there: with these unchanged its solution is that
 * of the step. None before the first step unless that has asked for its start. */
FEMD_MUST_CHECK femd_status femd_heat_predictor(femd_field *field, Mat K, Vec rhs, int *possible, femd_error *err);
/* After mechanics of the same attempt: what it has found stands in the tentative half of the points. */
FEMD_MUST_CHECK femd_status femd_heat_again(femd_field *field, Mat K, Vec R, femd_error *err);
/* heat_flows.c */
FEMD_MUST_CHECK femd_status femd_heat_residual(femd_field *field, Vec R, femd_error *err);
FEMD_MUST_CHECK femd_status femd_heat_jacobian(femd_field *field, Mat K, femd_error *err);
/* The same without the slopes of the answers, with the columns of prescribed entries that change by jump (n) added to
 * lifted (n). */
FEMD_MUST_CHECK femd_status femd_heat_matrix(femd_field *field, const double *jump, double *lifted, Mat K,
                                             femd_error *err);
/* out (n) = factor K grad T, summed by node, at temperatures u by node and conductivities K by point, W. */
void femd_heat_conduct(const femd_heat *h, const double *u, const double *K, double factor, double *out);
/* out (n) = what is stored between h->old and u, and taken by the work of the stress, W. */
void femd_heat_store(const femd_heat *h, const double *u, double *out);
/* Loads by condition at the boundary's time, W: sum over this rank's entries. */
void femd_heat_loads(const femd_field *field, double *load);
/* heat_thermal.c. 1 if dS/dT of a case's material is sampled with its stress and counts (before the materials are open
 * for the fits). */
int femd_heat_samples_thermal(const femd_problem *p, size_t material);
/* Does every stress that changes with the temperature say how, by itself or sampled with the stress? */
int femd_heat_coupling_is_told(const femd_problem *p);
/* ... and is it asked, or fitted? */
int femd_heat_thermal_is_known(const femd_problem *p);
/* x = D^-1 b; 0 if D is singular. */
int femd_heat_solve_stiffness(const double D[36], const double b[6], double x[6]);
/* What dS/dT of point k changes by along a change of the coefficients of slot m, at the committed state or the
 * tentative one; 0: slot m is not its. */
int femd_heat_thermal_column(const femd_heat *h, PetscInt k, size_t m, const double *column, int committed,
                             double change[6]);
/* With b = -dS/dT of the fit there and its covariance cov: tr(cov D^-1), by which b D^-1 b is too large in the mean,
 * and the variance of b D^-1 b to first order, expansion being D^-1 b. Zero where nothing is fitted. */
void femd_heat_thermal_spread(const femd_heat *h, PetscInt k, const double strain[6], double T, const double D[36],
                              const double expansion[6], double *bias, double *variance);
/* The step has converged and is not yet committed: its answers go into the sums, the points have the new fit.
 * Collective.
 */
FEMD_MUST_CHECK femd_status femd_heat_thermal_learn(femd_heat *h, femd_error *err);
/* heat_coupling.c: `stiffened` and `taken` of point k change with the coefficients of slot m. */
void femd_heat_couple_change(femd_heat *h, PetscInt k, size_t m, const double *coefficients);
/* out (n) += squares of what the noise of the stresses makes of the temperatures, K^2; 0 where no stress is noisy or
 * the coupling goes one way. Collective. */
FEMD_MUST_CHECK femd_status femd_heat_stress_noise(femd_heat *h, double *out, femd_error *err);
/* `stiffened` and `taken` from the committed answers, at the start of an attempt. FEMD_PASS_STRESS to
 * DELTA of the committed state; collective. */
void femd_heat_couple(femd_heat *h);
/* `taken` is T b : dE of the pass before, means of the step by theta. */
void femd_heat_couple_again(femd_heat *h);
FEMD_MUST_CHECK femd_status femd_heat_tell_coupling(femd_heat *h, double *pass, femd_error *err);
/* heat_commit.c */
FEMD_MUST_CHECK femd_status femd_heat_commit(femd_field *field, int step, femd_step_record *rec, femd_error *err);

#endif
