/* Shared by the files mechanics*.c only. */
#ifndef FEMD_MECHANICS_PRIVATE_H
#define FEMD_MECHANICS_PRIVATE_H

#include "fields/mechanics.h"
#include "fields/points.h"

#define STRESS_AND_TANGENT ((uint32_t)(FEMD_WANT_STRESS | FEMD_WANT_TANGENT))
#define FAILED_JACOBIAN    1 /* in failing_status: det F <= 0, found here */

/* What the evaluations of a step have cost and met, of all ranks. */
typedef struct femd_mechanics_count {
    uint64_t evaluations, force_evaluations;
    int failed_points;       /* physics status or det F <= 0 */
    int failed_now;          /* of them in this attempt; after the commit: of those asked for output.wants */
    char first_failure[640]; /* words of the first of these, the same on all ranks */
} femd_mechanics_count;

struct femd_mechanics {
    femd_problem *p;       /* borrowed */
    double mesh_size;      /* sqrt(sum (w |g|)^2), m^2 */
    double *spread;        /* per point: w sum |g|^2, m */
    femd_request *request; /* one per point */
    double *unbalanced;    /* per entry: internal - external, this rank's parts, at the state last made a residual of */
    /* the batch that is there */
    double *key;          /* per entry: local displacement */
    int evaluated;        /* 1: the tentative half of the points belongs to key */
    int failed;           /* of it: points without an answer, all ranks */
    double coarse, asked; /* multiple of the wanted error, of what is asked from now on; of what is there */
    /* of this rank's part of the batch */
    int failing, failing_status;
    uint64_t failing_point;
    femd_status broken; /* a point's status that ends the run */
    uint64_t broken_point;
    uint64_t count_force, count_evaluated;
    int sampled; /* there are noisy answers */
    int step, attempt, iteration;
    double thermal;         /* forces that the change of temperature has made in this attempt, N */
    int thermal_known;      /* ... from the thermal stresses of all points */
    double stress_work;     /* J: of the stress in the step committed last */
    double internal_change; /* J: of the internal energy in the step; NAN where it is not known */
    double pass_change;     /* forces that the last pass of the heat has made, over the reference */
    double virgin_kelvin;   /* of the answers that are there before the first step; NAN: each point's own */
    double given_time;      /* at which the case was last asked for what it prescribes to points */
    int has_tangent;        /* the committed S and D are there before the first step */
    double noise;           /* one sigma of the norm of the free nodal forces of the residual last made, N */
    double *virgin;         /* per material: what its Helmholtz energy is counted from, J/m^3; NULL until it is known */
    femd_field_scale scale;
    int has_before; /* `before` is there: the scale of the committed state */
    femd_field_scale before;
    femd_mechanics_count count;
};

/* mechanics_answers.c */
void femd_mechanics_request(const femd_problem *p, PetscInt k, uint32_t wants, femd_request *r);
/* 1 if the errors of a point's answers are noise, another one with every seed. Those of an answer that depends on no
 * seed are doubts of a method: Newton's method sees the same function all along. */
int femd_mechanics_is_noisy(const femd_problem *p, PetscInt k);
void femd_mechanics_judge(femd_mechanics *m, const femd_response *r);
/* What is asked of point k in an evaluation: FEMD_WANT_*. */
uint32_t femd_mechanics_wants(const femd_problem *p, PetscInt k);
/* Take the answer of point k into its tentative half. */
void femd_mechanics_take(femd_problem *p, PetscInt k, const femd_response *r);
/* Before a batch is asked: nothing of it is counted, nobody has failed. */
void femd_mechanics_count_anew(femd_mechanics *m);
/* After it: all ranks add what it has cost, and learn how many points failed and the words of the first. Collective. */
femd_status femd_mechanics_agree(femd_problem *p, int *failed, femd_error *err);
femd_status femd_mechanics_broken(const femd_problem *p, femd_error *err);
femd_status femd_mechanics_evaluate(femd_field *field, Vec X, int *failed, femd_error *err);
/* The same of the local displacement u. */
FEMD_MUST_CHECK femd_status femd_mechanics_evaluate_at(femd_problem *p, const double *u, int *failed, femd_error *err);
/* mechanics_accuracy.c: how coarse answers may be; 1 if of a material the error asked decides how long it samples, and
 * its answers' errors are noise; the error asked of point k. */
double femd_mechanics_coarse(femd_field *field, double multiple);
int femd_mechanics_can_be_coarse(const femd_problem *p, int material);
double femd_mechanics_accuracy(const femd_problem *p, PetscInt k);
/* mechanics_sharpen.c: the answers that are here made as good as asked now: each goes on from its own state, so that
 * nothing that was sampled is lost. Collective. */
FEMD_MUST_CHECK femd_status femd_mechanics_sharpen(femd_problem *p, int *failed, femd_error *err);
/* mechanics_temperature.c: temperatures and chemical potentials of the points at a time, BAD_INPUT where there is none;
 * the temperature of point 0. Collective. */
FEMD_MUST_CHECK femd_status femd_mechanics_warm(femd_problem *p, double time, femd_error *err);
FEMD_MUST_CHECK femd_status femd_mechanics_first_temperature(const femd_problem *p, double *kelvin, femd_error *err);
/* What is asked beside the stress where the temperature changes: FEMD_WANT_THERMAL_STRESS or 0. Of a point; of a
 * material. */
uint32_t femd_mechanics_thermal_want(const femd_problem *p, PetscInt k);
uint32_t femd_mechanics_thermal_want_of(const femd_problem *p, int material);
/* A body that grows freely has no force but for the moment before it has grown: that of the attempt's first state
 * counts as its reference, if the temperature ramps. */
void femd_mechanics_thermal_reference(femd_mechanics *m);
/* mechanics_energy.c: make `virgin`, before the first evaluation (collective); what is asked for the energy of point k;
 * its energy from the answer, relative to the virgin state; that of points whose energy is the work of their stresses.
 */
FEMD_MUST_CHECK femd_status femd_mechanics_energy_begin(femd_problem *p, femd_error *err);
uint32_t femd_mechanics_energy_want(const femd_problem *p, PetscInt k);
double femd_mechanics_energy(const femd_problem *p, PetscInt k, const femd_response *r);
void femd_mechanics_energy_commit(const femd_problem *p);
/* FEMD_WANT_ENERGY where the internal energy is asked of a material's points, else 0; what is stored for the answer r
 * of point k at a temperature, J/m^3, NAN if it is not asked; its sum's change in the step goes to internal_change
 * (collective). */
uint32_t femd_mechanics_internal_want(const femd_problem *p, int material);
double femd_mechanics_internal_energy(const femd_problem *p, PetscInt k, double kelvin, const femd_response *r);
FEMD_MUST_CHECK femd_status femd_mechanics_internal_change(femd_mechanics *m, femd_error *err);
/* mechanics_forces.c */
void femd_mechanics_internal(const femd_problem *p, const double *F, const double *S, double *out);
femd_status femd_mechanics_stiffness(femd_problem *p, const double *u, const double *F, const double *S,
                                     const double *D, const double *jump, double *lifted, Mat K, femd_error *err);
femd_status femd_mechanics_residual(femd_field *field, Vec R, femd_error *err);
femd_status femd_mechanics_jacobian(femd_field *field, Mat K, femd_error *err);
/* mechanics_traction.c: a femd_face_flux of a problem: shares of the face's nodes in the force P N dA, from the answers
 * that are there. */
void femd_mechanics_traction(const void *self, PetscInt cell, int side, double *out);
/* mechanics_account.c: reactions and account of the record; its work, p->work and that of the step from the committed
 * state to the one last made a residual of. Collective. */
FEMD_MUST_CHECK femd_status femd_mechanics_account(femd_problem *p, femd_step_record *rec, femd_error *err);
FEMD_MUST_CHECK femd_status femd_mechanics_work(femd_problem *p, femd_step_record *rec, femd_error *err);
/* mechanics_reach.c */
femd_status femd_mechanics_reach(femd_field *field, Vec dx, double *lambda, femd_error *err);
/* The same of the local change d. */
FEMD_MUST_CHECK femd_status femd_mechanics_reach_of(const femd_problem *p, const double *d, double *lambda,
                                                    femd_error *err);
/* mechanics_thermal.c. Does every stress that changes with the temperature say how? How much warmer the points (n) are
 * than where their committed answers belong, K. */
int femd_mechanics_thermal_is_told(const femd_problem *p);
FEMD_MUST_CHECK femd_status femd_mechanics_rise(const femd_mechanics *m, double *rise, femd_error *err);
/* Add to the internal forces of the committed state (n) what the change of temperature of this
 * attempt makes of them at the same strain. Collective. */
FEMD_MUST_CHECK femd_status femd_mechanics_thermal_forces(femd_mechanics *m, double *internal, femd_error *err);
/* force (n) = what the last pass of the heat has changed at the state last evaluated. Its norm over the reference force
 * is kept as pass_change. Collective. */
FEMD_MUST_CHECK femd_status femd_mechanics_pass_forces(femd_mechanics *m, double *force, femd_error *err);
/* mechanics_predictor.c */
/* Before the first step: the answers of one virgin point of each material stand for all. *possible 0: there are none.
 */
femd_status femd_mechanics_start_from_virgin(femd_problem *p, int *possible, femd_error *err);
femd_status femd_mechanics_predictor(femd_field *field, Mat K, Vec rhs, int *possible, femd_error *err);
/* After another pass of the heat. */
femd_status femd_mechanics_again(femd_field *field, Mat K, Vec R, femd_error *err);
/* mechanics_path.c */
femd_status femd_mechanics_path(femd_field *field, int committed, Mat K, Vec rate, Vec move, int *possible,
                                femd_error *err);
/* mechanics_commit.c. After convergence at the state last evaluated: ask the case's wants_committed, commit points and
 * states, and fill reaction, account, work, energy, hill_mandel_max, stability_min of the record. Collective. */
femd_status femd_mechanics_commit(femd_problem *p, int step, femd_step_record *rec, femd_error *err);

#endif
