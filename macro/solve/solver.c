/* SNES and KSP around one field. Owns the Jacobian, the solvers and the test of convergence; knows no step sizes.
 * Every attempt starts with a fresh preconditioner, so that it depends on the committed state alone (a resumed run
 * gives the same bits); within it GAMG keeps its interpolation. */
#include "solve/solver.h"

#include <math.h>
#include <petscsnes.h>
#include <stdlib.h>
#include <string.h>

#include "base/collective.h"
#include "base/petsc_edge.h"

#define CG_ITERATIONS_MAX 400
#define MODES_MAX         6

struct femd_solver {
    femd_problem *p;
    femd_field *field;
    const femd_field_kind *kind;
    const femd_stepping_hooks *hooks; /* may be NULL */
    SNES snes;
    KSP ksp;
    Mat K;
    Vec R, step, saved;
    MatNullSpace modes;
    int direct;            /* this attempt uses MUMPS */
    int own_inner;         /* the user has chosen the solver inside PCTELESCOPE */
    int cuts;              /* for the live line */
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

static PetscErrorCode residual(SNES snes, Vec X, Vec R, void *ctx) {
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

static PetscErrorCode jacobian(SNES snes, Vec X, Mat K, Mat P, void *ctx) {
    femd_solver *s = ctx;
    int failed = 0;
    PetscFunctionBeginUser;
    (void)snes;
    (void)P;
    STOP_ON(s, s->kind->evaluate(s->field, X, &failed, s->err));
    STOP_ON(s, s->kind->jacobian(s->field, K, s->err));
    PetscFunctionReturn(0);
}

static femd_status asked_to_stop(femd_solver *s, femd_error *err) {
    int stop = s->hooks && s->hooks->stop ? s->hooks->stop(s->hooks->user) != 0 : 0;
    MPI_TRY(err, MPI_Allreduce(MPI_IN_PLACE, &stop, 1, MPI_INT, MPI_MAX, s->p->comm));
    return stop ? femd_fail(err, FEMD_CANCELLED, "stopped on request") : FEMD_OK;
}

/* |r| <= max(rtol x reference force, 2 x noise, round-off). */
static PetscErrorCode converged(SNES snes, PetscInt it, PetscReal xnorm, PetscReal gnorm, PetscReal f,
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
    if (s->hooks && s->hooks->live) s->hooks->live(s->hooks->user, s->p, rec->step, (int)it, f, rec->cuts, NULL);
    s->kind->iteration(s->field, (int)it + 1);
    double enough = fmax(s->p->cs->rtol * scale.reference, fmax(2 * scale.noise, scale.rounding));
    if (!isfinite(f))
        *reason = SNES_DIVERGED_FNORM_NAN;
    else if (f <= enough)
        *reason = SNES_CONVERGED_FNORM_ABS;
    else if (it >= s->p->cs->max_newton)
        *reason = SNES_DIVERGED_MAX_IT;
    if (*reason == SNES_CONVERGED_ITERATING) STOP_ON(s, asked_to_stop(s, s->err));
    PetscFunctionReturn(0);
}

/* ---- set-up ---- */

/* Above this number of ranks a solver sums in the order of arrival somewhere (GAMG's Galerkin products from three ranks
 * on; MUMPS from two), and the last bits would change from run to run. Then one rank applies it, through PCTELESCOPE;
 * the matrix, its products and CG stay distributed. Beside the evaluation of the points this costs nothing; -pc_type
 * gamg asks for speed instead. */
#define GAMG_RANKS_MAX  2
#define MUMPS_RANKS_MAX 1

/* Options of the solver inside PCTELESCOPE, which is made when it is set up; the user's own stand. */
static PetscErrorCode inner_options(const femd_solver *s, int direct) {
    static const char *const gamg[][2] = {{"-telescope_ksp_type", "preonly"},
                                          {"-telescope_pc_type", "gamg"},
                                          {"-telescope_pc_gamg_reuse_interpolation", "1"}};
    static const char *const mumps[][2] = {{"-telescope_ksp_type", "preonly"},
                                           {"-telescope_pc_type", "cholesky"},
                                           {"-telescope_pc_factor_mat_solver_type", "mumps"}};
    PetscFunctionBeginUser;
    for (int i = 0; i < 3 && !s->own_inner; ++i)
        PetscCall(PetscOptionsSetValue(NULL, direct ? mumps[i][0] : gamg[i][0], direct ? mumps[i][1] : gamg[i][1]));
    PetscFunctionReturn(0);
}

static PetscErrorCode use_telescope(femd_solver *s, PC pc, int direct) {
    PetscFunctionBeginUser;
    PetscCall(inner_options(s, direct));
    PetscCall(PCSetType(pc, PCTELESCOPE));
    PetscCall(PCTelescopeSetReductionFactor(pc, s->p->size));
    PetscCall(PCTelescopeSetIgnoreDM(pc, PETSC_TRUE));
    PetscCall(PCTelescopeSetIgnoreKSPComputeOperators(pc, PETSC_TRUE));
    PetscFunctionReturn(0);
}

/* A preconditioner without memory of earlier attempts. */
static PetscErrorCode fresh_pc(femd_solver *s, PC *pc) {
    PetscFunctionBeginUser;
    PetscCall(KSPReset(s->ksp));
    PetscCall(KSPGetPC(s->ksp, pc));
    PetscCall(PCSetType(*pc, PCNONE));
    PetscFunctionReturn(0);
}

static PetscErrorCode use_iterative(femd_solver *s) {
    PC pc;
    PetscFunctionBeginUser;
    PetscCall(fresh_pc(s, &pc));
    PetscCall(KSPSetType(s->ksp, KSPCG));
    PetscCall(KSPSetTolerances(s->ksp, s->p->cs->ksp_rtol, 0, PETSC_DEFAULT, CG_ITERATIONS_MAX));
    if (s->p->size > GAMG_RANKS_MAX) {
        PetscCall(use_telescope(s, pc, 0));
    } else {
        PetscCall(PCSetType(pc, PCGAMG));
        PetscCall(PCGAMGSetReuseInterpolation(pc, PETSC_TRUE));
    }
    s->direct = 0;
    PetscFunctionReturn(0);
}

static PetscErrorCode use_direct(femd_solver *s) {
    PC pc;
    PetscFunctionBeginUser;
    PetscCall(fresh_pc(s, &pc));
    PetscCall(KSPSetType(s->ksp, KSPPREONLY));
    if (s->p->size > MUMPS_RANKS_MAX) {
        PetscCall(use_telescope(s, pc, 1));
    } else {
        PetscCall(PCSetType(pc, PCCHOLESKY));
        PetscCall(PCFactorSetMatSolverType(pc, MATSOLVERMUMPS));
    }
    s->direct = 1;
    PetscFunctionReturn(0);
}

/* The modes of the field, orthonormal: what GAMG must not smooth away. */
static PetscErrorCode near_null_space(femd_field *field, Mat K, MatNullSpace *space) {
    Vec v[MODES_MAX];
    PetscInt n = 0;
    PetscFunctionBeginUser;
    for (int m = 0; m < field->kind->modes; ++m) {
        Vec local;
        PetscScalar *a;
        PetscReal norm = 0;
        PetscCall(MatCreateVecs(K, &v[n], NULL));
        PetscCall(DMGetLocalVector(field->dm, &local));
        PetscCall(VecGetArrayWrite(local, &a));
        for (PetscInt i = 0; i < field->grid->nnodes; ++i)
            field->kind->mode(m, field->grid->node_x + FEMD_SPACE * i, a + field->components * i);
        PetscCall(VecRestoreArrayWrite(local, &a));
        PetscCall(DMLocalToGlobal(field->dm, local, INSERT_VALUES, v[n]));
        PetscCall(DMRestoreLocalVector(field->dm, &local));
        PetscCall(VecNormalize(v[n], NULL));
        for (int pass = 0; pass < 2; ++pass)
            for (PetscInt k = 0; k < n; ++k) {
                PetscScalar d;
                PetscCall(VecDot(v[n], v[k], &d));
                PetscCall(VecAXPY(v[n], -d, v[k]));
            }
        PetscCall(VecNorm(v[n], NORM_2, &norm));
        if (norm < 1e-8) {
            PetscCall(VecDestroy(&v[n]));
            continue;
        }
        PetscCall(VecScale(v[n], 1 / norm));
        ++n;
    }
    PetscCall(MatNullSpaceCreate(field->grid->comm, PETSC_FALSE, n, v, space));
    for (PetscInt k = 0; k < n; ++k) PetscCall(VecDestroy(&v[k]));
    PetscCall(MatSetNearNullSpace(K, *space));
    PetscFunctionReturn(0);
}

static PetscErrorCode create_objects(femd_solver *s) {
    SNESLineSearch search;
    PetscFunctionBeginUser;
    PetscCall(DMCreateGlobalVector(s->field->dm, &s->R));
    PetscCall(VecDuplicate(s->R, &s->step));
    PetscCall(DMSetMatType(s->field->dm, MATAIJ));
    PetscCall(DMCreateMatrix(s->field->dm, &s->K));
    PetscCall(MatSetOption(s->K, MAT_SYMMETRIC, PETSC_TRUE));
    PetscCall(MatSetOption(s->K, MAT_SYMMETRY_ETERNAL, PETSC_TRUE));
    PetscCall(MatSetOption(s->K, MAT_NEW_NONZERO_LOCATION_ERR, PETSC_TRUE));
    PetscCall(near_null_space(s->field, s->K, &s->modes));
    PetscCall(SNESCreate(s->p->comm, &s->snes));
    PetscCall(SNESSetType(s->snes, SNESNEWTONLS));
    PetscCall(SNESSetFunction(s->snes, s->R, residual, s));
    PetscCall(SNESSetJacobian(s->snes, s->K, s->K, jacobian, s));
    PetscCall(SNESSetConvergenceTest(s->snes, converged, s, NULL));
    PetscCall(SNESSetTolerances(s->snes, 0, 0, 0, s->p->cs->max_newton + 1, PETSC_DEFAULT));
    PetscCall(SNESGetLineSearch(s->snes, &search));
    PetscCall(SNESLineSearchSetType(search, SNESLINESEARCHBT));
    PetscCall(SNESLineSearchSetTolerances(search, 0.1, PETSC_DEFAULT, PETSC_DEFAULT, PETSC_DEFAULT, PETSC_DEFAULT,
                                          PETSC_DEFAULT));
    PetscCall(SNESGetKSP(s->snes, &s->ksp));
    PetscFunctionReturn(0);
}

/* Is the option of n characters among those that are set? Asking PETSc for it would count as its use, and a misspelled
 * one would never be told. */
static int is_set(const char *all, const char *option, size_t n) {
    for (const char *at = strchr(all, '-'); at && *at; at = strchr(at + 1, '-'))
        if ((at == all || at[-1] == ' ') && strncmp(at, option, n) == 0 && (at[n] == ' ' || at[n] == '\0')) return 1;
    return 0;
}

/* The case's own PETSc options; those of the command line win. */
static PetscErrorCode insert_options(const femd_case *cs) {
    char *all;
    PetscFunctionBeginUser;
    for (size_t i = 0; i < cs->npetsc; ++i) {
        PetscCall(PetscOptionsGetAll(NULL, &all));
        int have = is_set(all, cs->petsc[i], strcspn(cs->petsc[i], " "));
        PetscCall(PetscFree(all));
        if (!have) PetscCall(PetscOptionsInsertString(NULL, cs->petsc[i]));
    }
    PetscFunctionReturn(0);
}

static PetscErrorCode configure(femd_solver *s) {
    PetscFunctionBeginUser;
    if (s->p->cs->direct)
        PetscCall(use_direct(s));
    else
        PetscCall(use_iterative(s));
    PetscCall(SNESSetFromOptions(s->snes));
    PetscFunctionReturn(0);
}

/* What the solver put into the options goes with it. */
static void withdraw_options(const femd_solver *s) {
    static const char *const name[] = {"-telescope_ksp_type", "-telescope_pc_type",
                                       "-telescope_pc_gamg_reuse_interpolation",
                                       "-telescope_pc_factor_mat_solver_type"};
    for (int i = 0; i < 4 && !s->own_inner; ++i) (void)PetscOptionsClearValue(NULL, name[i]);
}

femd_status femd_solver_create(femd_problem *p, femd_field *field, const femd_stepping_hooks *hooks, femd_solver **out,
                               femd_error *err) {
    femd_solver *s = *out = calloc(1, sizeof *s);
    FEMD_TRY(femd_agree(p->comm, s ? FEMD_OK : femd_fail(err, FEMD_NO_MEMORY, "no memory for the solver"), err));
    s->p = p;
    s->field = field;
    s->kind = field->kind;
    s->hooks = hooks;
    PETSC_TRY(err, create_objects(s));
    femd_error words = FEMD_ERROR_INIT;
    PetscBool own = PETSC_FALSE;
    PetscErrorCode code = insert_options(p->cs);
    if (code == 0) code = PetscOptionsHasName(NULL, NULL, "-telescope_pc_type", &own);
    s->own_inner = own == PETSC_TRUE;
    if (code == 0) code = configure(s);
    if (code == 0) return FEMD_OK;
    (void)femd_petsc_fail(&words, code, "options");
    return femd_fail(err, FEMD_BAD_INPUT, "%s: petsc: an option was refused: %s", p->cs->path, words.text);
}

void femd_solver_destroy(femd_solver **out) {
    femd_solver *s = *out;
    if (!s) return;
    withdraw_options(s);
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
static femd_status start(femd_solver *s, Vec X, femd_error *err) {
    femd_problem *p = s->p;
    int possible = 0;
    KSPConvergedReason reason;
    PETSC_TRY(err, VecCopy(s->field->committed, X));
    if (p->cs->predictor && s->kind->predictor) FEMD_TRY(s->kind->predictor(s->field, s->K, s->R, &possible, err));
    if (possible) {
        PETSC_TRY(err, KSPSetOperators(s->ksp, s->K, s->K));
        PETSC_TRY(err, KSPSolve(s->ksp, s->R, s->step));
        PETSC_TRY(err, KSPGetConvergedReason(s->ksp, &reason));
        if (reason > 0) PETSC_TRY(err, VecAXPY(X, 1, s->step));
    }
    return femd_field_prescribe(s->field, X, err);
}

static void explain(femd_solver *s, SNESConvergedReason reason, char *why, size_t size) {
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

static femd_status solve_once(femd_solver *s, double time, int attempt, Vec X, SNESConvergedReason *reason,
                              femd_error *err) {
    FEMD_TRY(s->kind->begin(s->field, time, attempt, err));
    FEMD_TRY(start(s, X, err));
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
    PETSC_TRY(err, configure(s));
    FEMD_TRY(solve_once(s, time, attempt, X, &reason, err));
    if (reason == SNES_DIVERGED_LINEAR_SOLVE &&
        !s->direct) { /* CG meets an indefinite tangent near a loss of stability */
        PETSC_TRY(err, use_direct(s));
        FEMD_TRY(solve_once(s, time, attempt, X, &reason, err));
    }
    *outcome = reason > 0 ? FEMD_ATTEMPT_CONVERGED : FEMD_ATTEMPT_FAILED;
    if (*outcome == FEMD_ATTEMPT_FAILED) {
        explain(s, reason, why, size);
        return FEMD_OK;
    }
    FEMD_TRY(femd_field_prescribe(s->field, X, err));
    FEMD_TRY(s->kind->evaluate(s->field, X, &failed, err)); /* the batch is there: X is where SNES stopped */
    if (failed > 0) return femd_fail(err, FEMD_INTERNAL, "the converged state has %d failed points", failed);
    return s->kind->residual(s->field, s->R, err);
}
