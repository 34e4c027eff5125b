/* What solves one field: matrix, vectors, linear solver, the start of an attempt. Newton's method itself stands in
 * newton.c; step sizes are not known here. Every attempt starts with a fresh preconditioner, so that it depends on the
 * committed state alone (a resumed run gives the same bits); within it GAMG keeps its interpolation. */
#include "solve/solver.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/collective.h"
#include "base/part.h"
#include "base/petsc_edge.h"
#include "fields/assembly.h"
#include "fields/boundary.h"
#include "solve/newton.h"

/* Of the heat beside mechanics: as with physics thermal, since it is linear but for its answers and its account is to
 * close. The case's own are those of the mechanics then. */
#define HEAT_RTOL     1e-11
#define HEAT_KSP_RTOL 1e-12

struct femd_solver {
    femd_problem *p;
    femd_field *field;
    const femd_field_kind *kind;
    SNES snes; /* carries the user's monitors; solves nothing itself */
    femd_linear linear;
    femd_newton newton;
    femd_arc arc; /* with steps.control "arc-length" */
    Mat K;
    Vec R, step, trial;
    MatNullSpace modes;
    double rate;     /* what the tangent foretold per time in the first attempt */
    double foretold; /* how far it foretold the attempt to go; 0: it did not */
};

/* ---- set-up ---- */

static PetscErrorCode solver_create_objects(femd_solver *s) {
    PetscFunctionBeginUser;
    PetscCall(DMCreateGlobalVector(s->field->dm, &s->R));
    PetscCall(VecDuplicate(s->R, &s->step));
    PetscCall(VecDuplicate(s->R, &s->trial));
    if (!s->field->boundary->unsymmetric) {
        PetscCall(MatSetOption(s->K, MAT_SYMMETRIC, PETSC_TRUE));
        PetscCall(MatSetOption(s->K, MAT_SYMMETRY_ETERNAL, PETSC_TRUE));
    }
    PetscCall(MatSetOption(s->K, MAT_NEW_NONZERO_LOCATION_ERR, PETSC_TRUE));
    PetscCall(femd_linear_modes(s->field, s->K, &s->modes));
    PetscFunctionReturn(0);
}

static femd_status solver_create_matrix(femd_solver *s, femd_error *err) {
    FEMD_PART(MATRIX);
    FEMD_TRY(femd_assembly_matrix(s->field->assembly, &s->K, err));
    PETSC_TRY(err, solver_create_objects(s));
    return FEMD_OK;
}

/* A saddle of few unknowns has a factor that is cheaper than its iterations. */
static int solver_is_direct(const femd_solver *s) {
    PetscInt n = 0;
    if (!s->linear.of_saddle) return s->p->cs->direct;
    (void)VecGetSize(s->field->committed, &n);
    return femd_case_mixed_is_direct(s->p->cs, n / s->field->components * FEMD_SPACE + s->linear.saddle);
}

static PetscErrorCode solver_configure(femd_solver *s) {
    PetscFunctionBeginUser;
    s->linear.failed |= s->p->direct;
    PetscCall(femd_linear_use(&s->linear, solver_is_direct(s)));
    PetscFunctionReturn(0);
}

static femd_status solver_check_path(const femd_solver *s, femd_error *err) {
    if (s->field->boundary->ties || s->field->boundary->follows)
        return femd_fail(err, FEMD_UNSUPPORTED,
                         "%s: steps.control: \"arc-length\" does not go with turned, rigid, periodic or "
                         "follower_pressure entries of the boundary",
                         s->p->cs->path);
    if (s->kind->path) return FEMD_OK;
    return femd_fail(err, FEMD_UNSUPPORTED, "%s: steps.control: \"arc-length\" cannot follow the %s", s->p->cs->path,
                     s->kind->name);
}

/* Of the heat, where there is mechanics too? */
static int solver_is_beside(const femd_solver *s) {
    return s->field == s->p->temperature && s->p->displacement;
}

/* The solver without matrix and vectors. */
static femd_status solver_create_bare(femd_problem *p, femd_field *field, femd_solver **out, femd_error *err) {
    femd_solver *s = *out = calloc(1, sizeof *s);
    FEMD_TRY(femd_agree(p->comm, s ? FEMD_OK : femd_fail(err, FEMD_NO_MEMORY, "no memory for the solver"), err));
    s->p = p;
    s->field = field;
    s->kind = field->kind;
    femd_error words = FEMD_ERROR_INIT;
    KSP ksp = NULL;
    PETSC_TRY(err, SNESCreate(p->comm, &s->snes));
    PETSC_TRY(err, SNESSetType(s->snes, SNESSHELL));
    PETSC_TRY(err, SNESGetKSP(s->snes, &ksp));
    PetscErrorCode code = femd_linear_init(&s->linear, p->cs, p->size, ksp);
    if (solver_is_beside(s)) s->linear.rtol = HEAT_KSP_RTOL;
    s->linear.unsymmetric = field->boundary->unsymmetric;
    s->linear.tied = field->boundary->ties ? field : NULL;
    s->linear.saddle = field->kind->saddle ? field->kind->saddle(field) : 0;
    s->linear.of_saddle = s->linear.saddle > 0 ? field : NULL;
    if (code == 0) code = SNESSetFromOptions(s->snes);
    if (code == 0) code = solver_configure(s);
    femd_linear_forget(&s->linear);
    if (code == 0) return FEMD_OK;
    (void)femd_petsc_fail(&words, code, "options");
    return femd_fail(err, FEMD_BAD_INPUT, "%s: petsc: an option was refused: %s", p->cs->path, words.text);
}

femd_status femd_solver_try_options(femd_problem *p, femd_field *field, femd_error *err) {
    femd_solver *s = NULL;
    femd_status rc = solver_create_bare(p, field, &s, err);
    if (rc == FEMD_OK && p->cs->arc_length) rc = solver_check_path(s, err);
    femd_solver_destroy(&s);
    return rc;
}

femd_status femd_solver_create(femd_problem *p, femd_field *field, const femd_stepping_hooks *hooks, femd_solver **out,
                               femd_error *err) {
    FEMD_TRY(solver_create_bare(p, field, out, err));
    femd_solver *s = *out;
    FEMD_TRY(solver_create_matrix(s, err));
    s->newton = (femd_newton){.field = field,
                              .cs = p->cs,
                              .rtol = solver_is_beside(s) ? HEAT_RTOL : p->cs->rtol,
                              .hooks = hooks,
                              .watch = s->snes,
                              .linear = &s->linear,
                              .K = s->K,
                              .R = s->R,
                              .step = s->step,
                              .trial = s->trial};
    if (!p->cs->arc_length) return FEMD_OK;
    FEMD_TRY(solver_check_path(s, err));
    return femd_arc_init(&s->arc, field, &s->linear, err);
}

void femd_solver_destroy(femd_solver **out) {
    femd_solver *s = *out;
    if (!s) return;
    femd_arc_clear(&s->arc);
    femd_linear_clear(&s->linear);
    (void)SNESDestroy(&s->snes);
    (void)MatNullSpaceDestroy(&s->modes);
    (void)MatDestroy(&s->K);
    (void)VecDestroy(&s->R);
    (void)VecDestroy(&s->step);
    (void)VecDestroy(&s->trial);
    free(s);
    *out = NULL;
}

/* ---- an attempt ---- */

#define SIGNIFICANT  0.01    /* of the displacement: a step that is shorter leaps nowhere */
#define CLOSE        1e-6    /* likewise, along a path */
#define OFF_THE_PATH 0.1     /* relative, of a step's length */
#define BACKWARD     (-0.99) /* cosine of the angle to the tangent at its start */
#define SHORT        0.1     /* of a planned step along the path */

/* How far X is from the committed values. */
static femd_status solver_distance(femd_solver *s, Vec X, double *distance, femd_error *err) {
    PETSC_TRY(err, VecWAXPY(s->trial, -1, s->field->committed, X));
    PETSC_TRY(err, VecNorm(s->trial, NORM_2, distance));
    return FEMD_OK;
}

#define START_LEAVES 0.1 /* of what ends the iterations */

/* dx of the predictor from K dx = R. What its solver leaves would cost a sweep of the points where the tangent tells
 * the rest exactly: prescribed entries jump within one layer of cells, and ksp_rtol of the fluxes that this alone makes
 * may be more than the tolerance of Newton's method, which is one of the fluxes at the end. */
static femd_status solver_foretell(femd_solver *s, int *possible, femd_error *err) {
    double flux;
    FEMD_TRY(femd_linear_solve(&s->linear, s->K, s->R, s->step, possible, err));
    if (!*possible) return FEMD_OK;
    FEMD_TRY(femd_field_foretold(s->field, s->step, &flux, err));
    return femd_linear_sharpen(&s->linear, s->K, s->R, s->step, START_LEAVES * s->p->cs->rtol * flux, err);
}

/* X = committed values, moved by the tangent predictor where there is one: *foretold so far, else 0. */
static femd_status solver_start(femd_solver *s, Vec X, double *foretold, femd_error *err) {
    femd_problem *p = s->p;
    int possible = 0;
    PETSC_TRY(err, VecCopy(s->field->committed, X));
    if (p->cs->predictor && s->kind->predictor) FEMD_TRY(s->kind->predictor(s->field, s->K, s->R, &possible, err));
    if (possible) FEMD_TRY(solver_foretell(s, &possible, err));
    if (possible) PETSC_TRY(err, VecAXPY(X, 1, s->step));
    FEMD_TRY(femd_field_prescribe(s->field, X, err));
    *foretold = 0;
    return possible ? solver_distance(s, X, foretold, err) : FEMD_OK;
}

/* Is what was found a stable equilibrium? By the last tangent; where the start was good enough there was none. A user
 * who has chosen a solver that tells nothing of signs is not told. */
static femd_status solver_watch_signs(femd_solver *s, femd_step_record *rec, femd_error *err) {
    rec->unstable = -1;
    if (!s->p->cs->stability || solver_is_beside(s)) return FEMD_OK;
    if (rec->newton == 0) FEMD_TRY(s->kind->jacobian(s->field, s->K, err));
    if (s->linear.direct && rec->newton > 0) return femd_linear_negative(&s->linear, &rec->unstable, err);
    return femd_linear_count_negative(&s->linear, s->field, s->K, s->trial, s->step, &rec->unstable, err);
}

/* The load is that of `time`. */
static femd_status solver_attempt_at(femd_solver *s, double time, int attempt, Vec X, femd_step_record *rec,
                                     double *foretold, int *converged, char *why, size_t size, femd_error *err) {
    FEMD_TRY(s->kind->begin(s->field, time, attempt, err));
    FEMD_TRY(solver_start(s, X, foretold, err));
    if (s->rate == 0) s->rate = *foretold / rec->dt;
    rec->softer = s->kind->path && s->rate > 0 ? *foretold / rec->dt / s->rate : 0;
    rec->load_time = time;
    return femd_newton_run(&s->newton, X, rec, converged, why, size, err);
}

/* The path goes past the end of the load: the step ends there, from where the path is cut. */
static femd_status solver_land(femd_solver *s, double end, int attempt, Vec X, femd_step_record *rec, double *foretold,
                               int *converged, char *why, size_t size, femd_error *err) {
    const double part = (end - s->arc.load0) / (s->arc.load - s->arc.load0);
    PETSC_TRY(err, VecAXPBY(X, 1 - part, part, s->field->committed));
    FEMD_TRY(s->kind->begin(s->field, end, attempt, err));
    FEMD_TRY(femd_field_prescribe(s->field, X, err));
    rec->dt *= part;
    rec->time = s->p->time + rec->dt;
    rec->load_time = end;
    *foretold *= part;
    return femd_newton_run(&s->newton, X, rec, converged, why, size, err);
}

static int solver_is_short(const femd_case *cs, const femd_step_record *rec) {
    return rec->dt < SHORT * cs->end_time / cs->step_count;
}

/* An equilibrium that is not at the step's length is none of the path: the answers have jumped to another branch. A
 * shorter step may stay on this one; where short ones jump too, the path breaks off, and the jump is taken and told.
 * One that lies where the path came from leads nowhere. */
static femd_status solver_keeps_to_path(femd_solver *s, Vec X, int *keeps, char *why, size_t size, femd_error *err) {
    const femd_case *cs = s->p->cs;
    const double factor = s->arc.load / cs->end_time;
    double gone, ahead;
    if (s->arc.straight) return FEMD_OK;
    FEMD_TRY(femd_arc_look_back(&s->arc, X, &gone, &ahead, err));
    *keeps = ahead > BACKWARD * gone;
    if (!*keeps) {
        snprintf(
            why, size,
            "the equilibrium found, at load factor %.4g, is where the path came from: none was met ahead, as where "
            "answers jump",
            factor);
        return FEMD_OK;
    }
    *keeps = fabs(gone / s->arc.length - 1) <= OFF_THE_PATH;
    if (*keeps) return FEMD_OK;
    snprintf(why, size,
             "the equilibrium found, at load factor %.4g, is %.3g times as far away as the step is long: the answers "
             "have jumped off the path",
             factor, gone / s->arc.length);
    return FEMD_OK;
}

/* The load is an unknown; rec->dt is how far to go along the path. */
static femd_status solver_attempt_along(femd_solver *s, int attempt, Vec X, femd_step_record *rec, double *foretold,
                                        int *converged, char *why, size_t size, femd_error *err) {
    femd_problem *p = s->p;
    const double end = p->cs->end_time;
    int possible;
    *converged = 0;
    FEMD_TRY(s->kind->begin(s->field, p->load_time, attempt, err));
    FEMD_TRY(femd_arc_start(&s->arc, s->K, p->load_time, rec->dt, solver_is_short(p->cs, rec), &p->arc_scale, X,
                            &possible, err));
    if (!possible) {
        snprintf(why, size, "there is no tangent to follow the path by");
        return FEMD_OK;
    }
    s->newton.arc = &s->arc;
    femd_status rc = femd_newton_run(&s->newton, X, rec, converged, why, size, err);
    s->newton.arc = NULL;
    FEMD_TRY(rc);
    rec->load_time = s->arc.load;
    rec->softer = 0;
    *foretold = s->arc.length;
    if (*converged) FEMD_TRY(solver_keeps_to_path(s, X, converged, why, size, err));
    if (!*converged || !(s->arc.load > end)) return FEMD_OK;
    return solver_land(s, end, attempt, X, rec, foretold, converged, why, size, err);
}

/* Newton's method has ended at X. */
static femd_status solver_end(femd_solver *s, Vec X, int converged, femd_step_record *rec, femd_attempt *outcome,
                              femd_error *err) {
    int failed;
    double gone, far;
    PETSC_TRY(err, SNESViewFromOptions(s->snes, NULL, "-snes_view"));
    rec->direct = s->linear.failed;
    *outcome = converged ? FEMD_ATTEMPT_CONVERGED : FEMD_ATTEMPT_FAILED;
    if (*outcome == FEMD_ATTEMPT_FAILED) return FEMD_OK;
    FEMD_TRY(femd_field_prescribe(s->field, X, err));
    FEMD_TRY(s->kind->evaluate(s->field, X, &failed, err)); /* the batch is there: X is where Newton stopped */
    if (failed > 0) return femd_fail(err, FEMD_INTERNAL, "the converged state has %d failed points", failed);
    FEMD_TRY(s->kind->residual(s->field, s->R, err));
    FEMD_TRY(solver_distance(s, X, &gone, err));
    PETSC_TRY(err, VecNorm(X, NORM_2, &far));
    rec->leap = s->kind->path && s->foretold > 0 && gone > (s->p->cs->arc_length ? CLOSE : SIGNIFICANT) * far
                    ? gone / s->foretold
                    : 0;
    FEMD_TRY(solver_watch_signs(s, rec, err));
    PETSC_TRY(err, femd_linear_rest(&s->linear));
    return FEMD_OK;
}

femd_status femd_solver_attempt(femd_solver *s, double time, int attempt, Vec X, femd_step_record *rec,
                                femd_attempt *outcome, char *why, size_t size, femd_error *err) {
    int converged;
    s->foretold = 0;
    PETSC_TRY(err, solver_configure(s));
    FEMD_TRY(s->p->cs->arc_length
                 ? solver_attempt_along(s, attempt, X, rec, &s->foretold, &converged, why, size, err)
                 : solver_attempt_at(s, time, attempt, X, rec, &s->foretold, &converged, why, size, err));
    return solver_end(s, X, converged, rec, outcome, err);
}

femd_status femd_solver_again(femd_solver *s, Vec X, femd_step_record *rec, femd_attempt *outcome, char *why,
                              size_t size, femd_error *err) {
    const int before = rec->newton;
    int converged, solved;
    double lambda = 1;
    PETSC_TRY(err, solver_configure(s));
    FEMD_TRY(s->kind->again(s->field, s->K, s->R, err));
    FEMD_TRY(femd_linear_solve(&s->linear, s->K, s->R, s->step, &solved, err));
    if (solved && s->kind->reach) FEMD_TRY(s->kind->reach(s->field, s->step, &lambda, err));
    if (solved) PETSC_TRY(err, VecAXPY(X, -lambda, s->step));
    FEMD_TRY(femd_field_prescribe(s->field, X, err));
    FEMD_TRY(femd_newton_run(&s->newton, X, rec, &converged, why, size, err));
    rec->newton += before;
    return solver_end(s, X, converged, rec, outcome, err);
}
