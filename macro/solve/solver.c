/* SNES around one field. Owns the Jacobian, Newton's method and the test of convergence; knows no step sizes.
 * Every attempt starts with a fresh preconditioner, so that it depends on the committed state alone (a resumed run
 * gives the same bits); within it GAMG keeps its interpolation. */
#include "solve/solver.h"

#include <math.h>
#include <petscsnes.h>
#include <stdlib.h>
#include <string.h>

#include "base/collective.h"
#include "base/petsc_edge.h"
#include "solve/linear.h"

struct femd_solver {
    femd_problem *p;
    femd_field *field;
    const femd_field_kind *kind;
    const femd_stepping_hooks *hooks; /* may be NULL */
    SNES snes;
    femd_linear linear;
    Mat K;
    Vec R, step, saved;
    MatNullSpace modes;
    femd_step_record *rec; /* of the attempt */
    femd_status rc;        /* what ended the run inside a callback, with its words in err */
    femd_error *err;
};

/* Failures inside callbacks: the words wait in s->err, PETSc only learns that it must stop. */
#define STOP_ON(s, expr)                                                                                               \
    do {                                                                                                               \
        (s)->rc = (expr);                                                                                              \
        if ((s)->rc != FEMD_OK) PetscFunctionReturn(PETSC_ERR_USER);                                                   \
    } while (0)

static PetscErrorCode newton_residual(SNES snes, Vec X, Vec R, void *ctx) {
    femd_solver *s = ctx;
    int failed = 0;
    PetscFunctionBeginUser;
    STOP_ON(s, s->kind->evaluate(s->field, X, &failed, s->err));
    if (failed > 0) {
        PetscCall(VecSet(R, PETSC_INFINITY));
        PetscCall(SNESSetFunctionDomainError(snes));
        PetscFunctionReturn(0);
    }
    STOP_ON(s, s->kind->residual(s->field, R, s->err));
    PetscFunctionReturn(0);
}

static PetscErrorCode newton_jacobian(SNES snes, Vec X, Mat K, Mat P, void *ctx) {
    femd_solver *s = ctx;
    int failed = 0;
    PetscFunctionBeginUser;
    (void)snes;
    (void)P;
    STOP_ON(s, s->kind->evaluate(s->field, X, &failed, s->err));
    STOP_ON(s, s->kind->jacobian(s->field, K, s->err));
    PetscFunctionReturn(0);
}

static femd_status newton_asked_to_stop(femd_solver *s, femd_error *err) {
    int stop = s->hooks && s->hooks->stop ? s->hooks->stop(s->hooks->user) != 0 : 0;
    MPI_TRY(err, MPI_Allreduce(MPI_IN_PLACE, &stop, 1, MPI_INT, MPI_MAX, s->p->comm));
    return stop ? femd_fail(err, FEMD_CANCELLED, "stopped on request") : FEMD_OK;
}

/* |r| <= max(rtol x reference force, 2 x noise, round-off). */
static PetscErrorCode newton_converged(SNES snes, PetscInt it, PetscReal xnorm, PetscReal gnorm, PetscReal f,
                                       SNESConvergedReason *reason, void *ctx) {
    femd_solver *s = ctx;
    femd_step_record *rec = s->rec;
    PetscFunctionBeginUser;
    (void)snes;
    (void)xnorm;
    (void)gnorm;
    const int room = (int)(sizeof rec->residual / sizeof *rec->residual);
    const femd_field_scale scale = s->kind->scale(s->field);
    *reason = SNES_CONVERGED_ITERATING;
    if (rec->nresiduals < room) rec->residual[rec->nresiduals++] = f;
    rec->newton = (int)it;
    rec->reference = scale.reference;
    if (s->hooks && s->hooks->live) s->hooks->live(s->hooks->user, rec->step, (int)it, f, rec->cuts);
    s->kind->iteration(s->field, (int)it + 1);
    double enough = fmax(s->p->cs->rtol * scale.reference, fmax(2 * scale.noise, scale.rounding));
    if (!isfinite(f))
        *reason = SNES_DIVERGED_FNORM_NAN;
    else if (f <= enough)
        *reason = SNES_CONVERGED_FNORM_ABS;
    else if (it >= s->p->cs->max_newton)
        *reason = SNES_DIVERGED_MAX_IT;
    if (*reason == SNES_CONVERGED_ITERATING) STOP_ON(s, newton_asked_to_stop(s, s->err));
    PetscFunctionReturn(0);
}

/* ---- set-up ---- */

static PetscErrorCode solver_create_objects(femd_solver *s) {
    SNESLineSearch search;
    PetscFunctionBeginUser;
    PetscCall(DMCreateGlobalVector(s->field->dm, &s->R));
    PetscCall(VecDuplicate(s->R, &s->step));
    PetscCall(DMSetMatType(s->field->dm, MATAIJ));
    PetscCall(DMCreateMatrix(s->field->dm, &s->K));
    PetscCall(MatSetOption(s->K, MAT_SYMMETRIC, PETSC_TRUE));
    PetscCall(MatSetOption(s->K, MAT_SYMMETRY_ETERNAL, PETSC_TRUE));
    PetscCall(MatSetOption(s->K, MAT_NEW_NONZERO_LOCATION_ERR, PETSC_TRUE));
    PetscCall(femd_linear_modes(s->field, s->K, &s->modes));
    PetscCall(SNESCreate(s->p->comm, &s->snes));
    PetscCall(SNESSetType(s->snes, SNESNEWTONLS));
    PetscCall(SNESSetFunction(s->snes, s->R, newton_residual, s));
    PetscCall(SNESSetJacobian(s->snes, s->K, s->K, newton_jacobian, s));
    PetscCall(SNESSetConvergenceTest(s->snes, newton_converged, s, NULL));
    PetscCall(SNESSetTolerances(s->snes, 0, 0, 0, s->p->cs->max_newton + 1, PETSC_DEFAULT));
    PetscCall(SNESGetLineSearch(s->snes, &search));
    PetscCall(SNESLineSearchSetType(search, SNESLINESEARCHBT));
    PetscCall(SNESLineSearchSetTolerances(search, 0.1, PETSC_DEFAULT, PETSC_DEFAULT, PETSC_DEFAULT, PETSC_DEFAULT,
                                          PETSC_DEFAULT));
    PetscFunctionReturn(0);
}

static PetscErrorCode solver_configure(femd_solver *s) {
    PetscFunctionBeginUser;
    PetscCall(femd_linear_use(&s->linear, s->p->cs->direct));
    PetscCall(SNESSetFromOptions(s->snes));
    PetscFunctionReturn(0);
}

femd_status femd_solver_create(femd_problem *p, femd_field *field, const femd_stepping_hooks *hooks, femd_solver **out,
                               femd_error *err) {
    femd_solver *s = *out = calloc(1, sizeof *s);
    FEMD_TRY(femd_agree(p->comm, s ? FEMD_OK : femd_fail(err, FEMD_NO_MEMORY, "no memory for the solver"), err));
    s->p = p;
    s->field = field;
    s->kind = field->kind;
    s->hooks = hooks;
    PETSC_TRY(err, solver_create_objects(s));
    femd_error words = FEMD_ERROR_INIT;
    KSP ksp = NULL;
    PETSC_TRY(err, SNESGetKSP(s->snes, &ksp));
    PetscErrorCode code = femd_linear_init(&s->linear, p->cs, p->size, ksp);
    if (code == 0) code = solver_configure(s);
    if (code == 0) return FEMD_OK;
    (void)femd_petsc_fail(&words, code, "options");
    return femd_fail(err, FEMD_BAD_INPUT, "%s: petsc: an option was refused: %s", p->cs->path, words.text);
}

void femd_solver_destroy(femd_solver **out) {
    femd_solver *s = *out;
    if (!s) return;
    femd_linear_clear(&s->linear);
    (void)SNESDestroy(&s->snes);
    (void)MatNullSpaceDestroy(&s->modes);
    (void)MatDestroy(&s->K);
    (void)VecDestroy(&s->R);
    (void)VecDestroy(&s->step);
    free(s);
    *out = NULL;
}

/* ---- an attempt ---- */

/* X = committed values, moved by the tangent predictor where there is one. */
static femd_status solver_start(femd_solver *s, Vec X, femd_error *err) {
    femd_problem *p = s->p;
    int possible = 0;
    KSPConvergedReason reason;
    PETSC_TRY(err, VecCopy(s->field->committed, X));
    if (p->cs->predictor && s->kind->predictor) FEMD_TRY(s->kind->predictor(s->field, s->K, s->R, &possible, err));
    if (possible) {
        PETSC_TRY(err, KSPSetOperators(s->linear.ksp, s->K, s->K));
        PETSC_TRY(err, KSPSolve(s->linear.ksp, s->R, s->step));
        PETSC_TRY(err, KSPGetConvergedReason(s->linear.ksp, &reason));
        if (reason > 0) PETSC_TRY(err, VecAXPY(X, 1, s->step));
    }
    return femd_field_prescribe(s->field, X, err);
}

static void solver_explain(femd_solver *s, SNESConvergedReason reason, char *why, size_t size) {
    const char *unit = s->kind->flux_unit;
    int failed;
    const char *first = s->kind->trouble(s->field, &failed);
    const femd_step_record *rec = s->rec;
    double last = rec->nresiduals > 0 ? rec->residual[rec->nresiduals - 1] : NAN;
    if (reason == SNES_DIVERGED_FUNCTION_DOMAIN || (reason == SNES_DIVERGED_LINE_SEARCH && first[0]))
        snprintf(why, size, "%d point answers failed; the first: %s", failed, first);
    else if (reason == SNES_DIVERGED_LINEAR_SOLVE)
        snprintf(why, size, "the linear solver failed at Newton iteration %d", rec->newton);
    else if (reason == SNES_DIVERGED_MAX_IT)
        snprintf(why, size, "no convergence in %d Newton iterations; |r| = %g %s of %g %s", rec->newton, last, unit,
                 rec->reference, unit);
    else
        snprintf(why, size, "Newton's method stopped at iteration %d (%s); |r| = %g %s of %g %s", rec->newton,
                 SNESConvergedReasons[reason], last, unit, rec->reference, unit);
}

static femd_status solver_once(femd_solver *s, double time, int attempt, Vec X, SNESConvergedReason *reason,
                               femd_error *err) {
    FEMD_TRY(s->kind->begin(s->field, time, attempt, err));
    FEMD_TRY(solver_start(s, X, err));
    s->rec->nresiduals = s->rec->newton = 0;
    s->rc = FEMD_OK;
    s->err = err;
    PetscErrorCode code = SNESSolve(s->snes, NULL, X);
    s->err = NULL;
    if (s->rc != FEMD_OK) return s->rc;
    PETSC_TRY(err, code);
    PETSC_TRY(err, SNESGetConvergedReason(s->snes, reason));
    return FEMD_OK;
}

femd_status femd_solver_attempt(femd_solver *s, double time, int attempt, Vec X, femd_step_record *rec,
                                femd_attempt *outcome, char *why, size_t size, femd_error *err) {
    SNESConvergedReason reason;
    int failed;
    s->rec = rec;
    PETSC_TRY(err, solver_configure(s));
    FEMD_TRY(solver_once(s, time, attempt, X, &reason, err));
    if (reason == SNES_DIVERGED_LINEAR_SOLVE &&
        !s->linear.direct) { /* CG meets an indefinite tangent near a loss of stability */
        PETSC_TRY(err, femd_linear_use(&s->linear, 1));
        FEMD_TRY(solver_once(s, time, attempt, X, &reason, err));
    }
    *outcome = reason > 0 ? FEMD_ATTEMPT_CONVERGED : FEMD_ATTEMPT_FAILED;
    if (*outcome == FEMD_ATTEMPT_FAILED) {
        solver_explain(s, reason, why, size);
        return FEMD_OK;
    }
    FEMD_TRY(femd_field_prescribe(s->field, X, err));
    FEMD_TRY(s->kind->evaluate(s->field, X, &failed, err)); /* the batch is there: X is where SNES stopped */
    if (failed > 0) return femd_fail(err, FEMD_INTERNAL, "the converged state has %d failed points", failed);
    return s->kind->residual(s->field, s->R, err);
}
