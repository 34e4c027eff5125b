/* KSP and PC as femd sets them up. Owns the choice of the linear solver and the options that carry it; knows no
 * equation.
 */
#include "solve/linear.h"

#include <stdlib.h>
#include <string.h>

#include "base/collective.h"
#include "base/part.h"
#include "base/petsc_edge.h"
#include "solve/reduced.h"

#define CG_ITERATIONS_MAX 400

/* ---- options ---- */

/* Is the option of n characters among those that are set? Asking PETSc for it would count as its use, and a misspelled
 * one would never be told. */
static int linear_option_is_set(const char *all, const char *option, size_t n) {
    for (const char *at = strchr(all, '-'); at && *at; at = strchr(at + 1, '-'))
        if ((at == all || at[-1] == ' ') && strncmp(at, option, n) == 0 && (at[n] == ' ' || at[n] == '\0')) return 1;
    return 0;
}

/* The case's own PETSc options; those of the command line win. */
static PetscErrorCode linear_insert_options(const femd_case *cs) {
    char *all;
    PetscFunctionBeginUser;
    for (size_t i = 0; i < cs->npetsc; ++i) {
        PetscCall(PetscOptionsGetAll(NULL, &all));
        int have = linear_option_is_set(all, cs->petsc[i], strcspn(cs->petsc[i], " "));
        PetscCall(PetscFree(all));
        if (!have) PetscCall(PetscOptionsInsertString(NULL, cs->petsc[i]));
    }
    PetscFunctionReturn(0);
}

/* Several ranks may sum in the order in which messages arrive, and the last bits then change from run to run. GAMG does
 * so in its Galerkin products, unless they are made "allatonce", where what comes from other ranks is added in their
 * order; MUMPS does so everywhere. That one rank applies, through PCTELESCOPE; the matrix stays distributed. */
static const char products_option[] = "-matptap_via";

PetscErrorCode femd_linear_init(femd_linear *linear, const femd_case *cs, int ranks, KSP ksp) {
    PetscBool own = PETSC_FALSE;
    char *all;
    PetscFunctionBeginUser;
    *linear = (femd_linear){.ksp = ksp, .ranks = ranks, .rtol = cs->ksp_rtol, .own_inner = 1};
    PetscCall(linear_insert_options(cs));
    PetscCall(PetscOptionsHasName(NULL, NULL, "-telescope_pc_type", &own));
    linear->own_inner = own == PETSC_TRUE;
    PetscCall(PetscOptionsGetAll(NULL, &all));
    linear->own_products = linear_option_is_set(all, products_option, sizeof products_option - 1);
    linear->own_split = strstr(all, "-fieldsplit_") != NULL;
    PetscCall(PetscFree(all));
    PetscFunctionReturn(0);
}

void femd_linear_forget(const femd_linear *linear) {
    static const char *const name[] = {"-telescope_ksp_type", "-telescope_pc_type",
                                       "-telescope_pc_factor_mat_solver_type"};
    for (int i = 0; i < 3 && !linear->own_inner; ++i) (void)PetscOptionsClearValue(NULL, name[i]);
}

void femd_linear_clear(femd_linear *linear) {
    femd_linear_forget(linear);
    (void)femd_product_drop(&linear->product);
}

/* ---- the solver ---- */

/* Options of the solver inside PCTELESCOPE, which is made when it is set up; the user's own stand. */
static PetscErrorCode linear_inner_options(const femd_linear *linear) {
    const char *const mumps[][2] = {{"-telescope_ksp_type", "preonly"},
                                    {"-telescope_pc_type", linear->unsymmetric ? "lu" : "cholesky"},
                                    {"-telescope_pc_factor_mat_solver_type", "mumps"}};
    PetscFunctionBeginUser;
    for (int i = 0; i < 3 && !linear->own_inner; ++i) PetscCall(PetscOptionsSetValue(NULL, mumps[i][0], mumps[i][1]));
    PetscFunctionReturn(0);
}

static PetscErrorCode linear_use_telescope(femd_linear *linear, PC pc) {
    PetscFunctionBeginUser;
    PetscCall(linear_inner_options(linear));
    PetscCall(PCSetType(pc, PCTELESCOPE));
    PetscCall(PCTelescopeSetReductionFactor(pc, linear->ranks));
    PetscCall(PCTelescopeSetIgnoreDM(pc, PETSC_TRUE));
    PetscCall(PCTelescopeSetIgnoreKSPComputeOperators(pc, PETSC_TRUE));
    PetscFunctionReturn(0);
}

/* A preconditioner without memory of earlier attempts. */
static PetscErrorCode linear_fresh_pc(femd_linear *linear, PC *pc) {
    PetscFunctionBeginUser;
    linear->first = -1;
    linear->split = 0;
    PetscCall(femd_product_drop(&linear->product));
    PetscCall(KSPReset(linear->ksp));
    PetscCall(KSPGetPC(linear->ksp, pc));
    PetscCall(PCSetType(*pc, PCNONE));
    PetscCall(PCSetReusePreconditioner(*pc, PETSC_FALSE));
    PetscFunctionReturn(0);
}

PetscErrorCode femd_linear_rest(femd_linear *linear) {
    PetscFunctionBeginUser;
    linear->first = -1;
    PetscCall(femd_product_drop(&linear->product));
    PetscCall(KSPReset(linear->ksp));
    PetscFunctionReturn(0);
}

static PetscErrorCode linear_use_iterative(femd_linear *linear) {
    PC pc;
    PetscBool own;
    PetscFunctionBeginUser;
    PetscCall(linear_fresh_pc(linear, &pc));
    PetscCall(KSPSetType(linear->ksp, linear->unsymmetric ? KSPGMRES : KSPCG));
    /* Preconditioned from the left, GMRES would measure what it leaves by the preconditioner: a hundred times too
     * little in a body that is nearly incompressible. */
    PetscCall(PetscOptionsHasName(NULL, NULL, "-ksp_type", &own));
    if (linear->unsymmetric && !own) PetscCall(KSPSetPCSide(linear->ksp, PC_RIGHT));
    PetscCall(KSPSetTolerances(linear->ksp, linear->rtol, 0, PETSC_DEFAULT, CG_ITERATIONS_MAX));
    linear->direct = 0;
    if (linear->of_saddle) {
        PetscCall(femd_linear_saddle_use(linear->ksp, pc));
        PetscFunctionReturn(0);
    }
    PetscCall(PCSetType(pc, PCGAMG));
    PetscCall(PCGAMGSetReuseInterpolation(pc, PETSC_TRUE));
    PetscFunctionReturn(0);
}

static PetscErrorCode linear_use_direct(femd_linear *linear) {
    PC pc;
    PetscFunctionBeginUser;
    PetscCall(linear_fresh_pc(linear, &pc));
    PetscCall(KSPSetType(linear->ksp, KSPPREONLY));
    if (linear->ranks > 1) {
        PetscCall(linear_use_telescope(linear, pc));
    } else {
        PetscCall(PCSetType(pc, linear->unsymmetric ? PCLU : PCCHOLESKY));
        PetscCall(PCFactorSetMatSolverType(pc, MATSOLVERMUMPS));
    }
    linear->direct = 1;
    PetscFunctionReturn(0);
}

/* Where CG has failed the user's options have had their say before, in a run that goes on from a checkpoint here: the
 * solver inside PCTELESCOPE takes its own only from a preconditioner that has once been set from options. */
PetscErrorCode femd_linear_use(femd_linear *linear, int direct) {
    PetscFunctionBeginUser;
    if (!linear->failed || !linear->set) {
        PetscCall(direct ? linear_use_direct(linear) : linear_use_iterative(linear));
        PetscCall(KSPSetFromOptions(linear->ksp));
        linear->set = 1;
    }
    if (linear->failed) PetscCall(linear_use_direct(linear));
    PetscFunctionReturn(0);
}

/* ---- one preconditioner for several matrices ---- */

/* The tangents of an attempt differ little, and a new preconditioner costs as much as some fifteen iterations. So the
 * first one serves until it needs that many more than it did at first. */
#define ITERATIONS_MORE 15

static PetscErrorCode linear_keep(femd_linear *linear, int keep) {
    PC pc;
    PetscFunctionBeginUser;
    PetscCall(KSPGetPC(linear->ksp, &pc));
    PetscCall(PCSetReusePreconditioner(pc, keep ? PETSC_TRUE : PETSC_FALSE));
    if (!keep) linear->first = -1;
    PetscFunctionReturn(0);
}

/* After a solve: is the preconditioner good for the next matrix? One that is itself the solver never is. */
static PetscErrorCode linear_judge(femd_linear *linear) {
    PetscBool alone;
    PetscInt iterations;
    PetscFunctionBeginUser;
    PetscCall(PetscObjectTypeCompare((PetscObject)linear->ksp, KSPPREONLY, &alone));
    if (alone) PetscFunctionReturn(0);
    PetscCall(KSPGetIterationNumber(linear->ksp, &iterations));
    if (linear->first < 0) linear->first = (int)iterations;
    PetscCall(linear_keep(linear, iterations <= linear->first + ITERATIONS_MORE));
    PetscFunctionReturn(0);
}

static PetscErrorCode linear_run(femd_linear *linear, Vec b, Vec x) {
    const int fixed = linear->ranks > 1 && !linear->own_products, /* only while it is used: nobody has misspelled it */
        blocks = linear->split && !linear->own_split;
    Mat K;
    PetscFunctionBeginUser;
    PetscCall(KSPGetOperators(linear->ksp, &K, NULL));
    if (!linear->direct && !linear->unsymmetric && !linear->of_saddle)
        PetscCall(femd_product_take(&linear->product, K));
    if (fixed) PetscCall(PetscOptionsSetValue(NULL, products_option, "allatonce"));
    if (blocks) PetscCall(femd_linear_saddle_options(1));
    PetscErrorCode code = KSPSolve(linear->ksp, b, x);
    if (blocks) PetscCall(femd_linear_saddle_options(0));
    if (fixed) PetscCall(PetscOptionsClearValue(NULL, products_option));
    PetscCall(code);
    PetscFunctionReturn(0);
}

static PetscErrorCode linear_try_once(femd_linear *linear, Mat K, Vec b, Vec x, KSPConvergedReason *reason) {
    PetscFunctionBeginUser;
    PetscCall(KSPSetOperators(linear->ksp, K, K));
    PetscCall(linear_run(linear, b, x));
    PetscCall(KSPGetConvergedReason(linear->ksp, reason));
    PetscFunctionReturn(0);
}

/* *solved: 1 if it is. */
static PetscErrorCode linear_try(femd_linear *linear, Mat K, Vec b, Vec x, int *solved) {
    KSPConvergedReason reason;
    PetscReal rtol, atol, divergence;
    PetscInt most;
    PetscFunctionBeginUser;
    PetscCall(KSPGetTolerances(linear->ksp, &rtol, &atol, &divergence, &most));
    if (linear->enough > rtol) PetscCall(KSPSetTolerances(linear->ksp, linear->enough, atol, divergence, most));
    const int kept = linear->first >= 0;
    PetscCall(linear_try_once(linear, K, b, x, &reason));
    if (reason < 0 && reason != KSP_DIVERGED_INDEFINITE_MAT && kept) { /* that of another matrix is no proof */
        PetscCall(linear_keep(linear, 0));
        PetscCall(linear_try_once(linear, K, b, x, &reason));
    }
    PetscCall(KSPSetTolerances(linear->ksp, rtol, atol, divergence, most));
    *solved = reason > 0;
    if (*solved) PetscCall(linear_judge(linear));
    PetscFunctionReturn(0);
}

/* Neighbours of a node from which on multigrid is dearer than a factor, since what it makes of such rows is full (a fan
 * of 800 cells: 8.8 s instead of 0.3 s); beyond 4096 its graph has no room (PETSc 3.18.5). */
#define NEIGHBOURS_MAX 500

/* Does a node have more? Looked at once: the pattern stays. */
static PetscErrorCode linear_look(femd_linear *linear, Mat K) {
    PetscInt start, end, block, most = 0;
    PetscBool multigrid;
    PC pc;
    PetscFunctionBeginUser;
    linear->looked = 1;
    PetscCall(KSPGetPC(linear->ksp, &pc));
    PetscCall(PetscObjectTypeCompare((PetscObject)pc, PCGAMG, &multigrid));
    if (!multigrid) PetscFunctionReturn(0); /* the user has chosen another */
    PetscCall(MatGetOwnershipRange(K, &start, &end));
    PetscCall(MatGetBlockSize(K, &block));
    for (PetscInt row = start; row < end; row += block) {
        PetscInt entries;
        PetscCall(MatGetRow(K, row, &entries, NULL, NULL));
        most = PetscMax(most, entries / block);
        PetscCall(MatRestoreRow(K, row, &entries, NULL, NULL));
    }
    PetscCall(MPIU_Allreduce(MPI_IN_PLACE, &most, 1, MPIU_INT, MPI_MAX, PetscObjectComm((PetscObject)K)));
    if (most <= NEIGHBOURS_MAX) PetscFunctionReturn(0);
    linear->failed = 1;
    PetscCall(linear_use_direct(linear));
    PetscFunctionReturn(0);
}

/* Before the first solve of an attempt: the blocks of a saddle. */
static femd_status linear_split(femd_linear *linear, Mat K, Vec x, femd_error *err) {
    PetscBool blocks;
    PC pc;
    PETSC_TRY(err, KSPGetPC(linear->ksp, &pc));
    PETSC_TRY(err, PetscObjectTypeCompare((PetscObject)pc, PCFIELDSPLIT, &blocks));
    if (linear->split || !blocks) return FEMD_OK;
    PETSC_TRY(err, MatGetDiagonal(K, x));
    FEMD_TRY(linear->of_saddle->kind->complement(linear->of_saddle, x, err));
    PETSC_TRY(err, femd_linear_saddle_split(pc, K, x));
    linear->split = 1;
    return FEMD_OK;
}

femd_status femd_linear_solve(femd_linear *linear, Mat K, Vec b, Vec x, int *solved, femd_error *err) {
    FEMD_PART(LINEAR);
    if (linear->tied)
        return femd_reduced_solve(linear->tied, K, b, x, linear->unsymmetric, solved, &linear->tied_negative, err);
    if (!linear->direct && !linear->looked) PETSC_TRY(err, linear_look(linear, K));
    if (!linear->direct && linear->of_saddle) FEMD_TRY(linear_split(linear, K, x, err));
    PETSC_TRY(err, linear_try(linear, K, b, x, solved));
    if (*solved || linear->direct) return FEMD_OK;
    linear->failed = 1; /* CG meets an indefinite tangent near a loss of stability, or a thin body */
    PETSC_TRY(err, linear_use_direct(linear));
    PETSC_TRY(err, linear_try(linear, K, b, x, solved));
    return FEMD_OK;
}

/* How much of b - K x is left: *left, by the norm of its entries. */
static PetscErrorCode linear_left(Mat K, Vec b, Vec x, PetscReal *left) {
    Vec r;
    PetscFunctionBeginUser;
    PetscCall(VecDuplicate(b, &r));
    PetscCall(MatMult(K, x, r));
    PetscCall(VecAYPX(r, -1, b));
    PetscCall(VecNorm(r, NORM_2, left));
    PetscCall(VecDestroy(&r));
    PetscFunctionReturn(0);
}

#define SHARPEST 1e-14 /* relative tolerance, at most */

static PetscErrorCode linear_go_on(femd_linear *linear, Mat K, Vec b, Vec x, double left) {
    PetscReal now, rtol, atol, divergence;
    PetscInt most;
    PetscFunctionBeginUser;
    PetscCall(linear_left(K, b, x, &now));
    if (!(now > left)) PetscFunctionReturn(0);
    PetscCall(KSPGetTolerances(linear->ksp, &rtol, &atol, &divergence, &most));
    PetscCall(KSPSetTolerances(linear->ksp, PetscMax(rtol * left / now, SHARPEST), atol, divergence, most));
    PetscCall(KSPSetInitialGuessNonzero(linear->ksp, PETSC_TRUE));
    PetscCall(linear_run(linear, b, x));
    PetscCall(KSPSetInitialGuessNonzero(linear->ksp, PETSC_FALSE));
    PetscCall(KSPSetTolerances(linear->ksp, rtol, atol, divergence, most));
    PetscFunctionReturn(0);
}

femd_status femd_linear_sharpen(femd_linear *linear, Mat K, Vec b, Vec x, double left, femd_error *err) {
    FEMD_PART(LINEAR);
    PetscBool alone = PETSC_FALSE;
    PETSC_TRY(err, PetscObjectTypeCompare((PetscObject)linear->ksp, KSPPREONLY, &alone));
    if (linear->direct || linear->tied || alone || !(left > 0)) return FEMD_OK;
    PETSC_TRY(err, linear_go_on(linear, K, b, x, left));
    return FEMD_OK;
}

/* ---- the signs of the eigenvalues ---- */

enum { MUMPS_NEGATIVE_PIVOTS = 12 }; /* of INFOG, for a symmetric matrix; as many as negative eigenvalues (Sylvester) */

/* *factor: the one that the direct solver holds on this rank; NULL if it holds none or the user has chosen another. */
static PetscErrorCode linear_factor(const femd_linear *linear, Mat *factor) {
    PC pc;
    PetscBool inside, cholesky, mumps;
    MatSolverType type = NULL;
    PetscFunctionBeginUser;
    *factor = NULL;
    if (!linear->direct) PetscFunctionReturn(0);
    PetscCall(KSPGetPC(linear->ksp, &pc));
    PetscCall(PetscObjectTypeCompare((PetscObject)pc, PCTELESCOPE, &inside));
    if (inside) {
        KSP ksp = NULL;
        PetscCall(PCTelescopeGetKSP(pc, &ksp));
        if (!ksp) PetscFunctionReturn(0);
        PetscCall(KSPGetPC(ksp, &pc));
    }
    PetscCall(PetscObjectTypeCompare((PetscObject)pc, PCCHOLESKY, &cholesky));
    if (!cholesky) PetscFunctionReturn(0);
    PetscCall(PCFactorGetMatSolverType(pc, &type));
    PetscCall(PetscStrcmp(type ? type : "", MATSOLVERMUMPS, &mumps));
    if (mumps) PetscCall(PCFactorGetMatrix(pc, factor));
    PetscFunctionReturn(0);
}

static PetscErrorCode linear_inertia(const femd_linear *linear, PetscInt *negative) {
    Mat factor;
    PetscFunctionBeginUser;
    *negative = -1;
    PetscCall(linear_factor(linear, &factor));
    if (factor) PetscCall(MatMumpsGetInfog(factor, MUMPS_NEGATIVE_PIVOTS, negative));
    PetscFunctionReturn(0);
}

femd_status femd_linear_negative(const femd_linear *linear, int *negative, femd_error *err) {
    PetscInt count = -1; /* with PCTELESCOPE one rank has the factor */
    MPI_Comm comm;
    *negative = linear->tied_negative;
    if (linear->tied) return FEMD_OK;
    PETSC_TRY(err, linear_inertia(linear, &count));
    PETSC_TRY(err, PetscObjectGetComm((PetscObject)linear->ksp, &comm));
    *negative = (int)count;
    MPI_TRY(err, MPI_Allreduce(MPI_IN_PLACE, negative, 1, MPI_INT, MPI_MAX, comm));
    if (*negative >= 0) *negative = PetscMax(*negative - linear->saddle, 0);
    return FEMD_OK;
}

/* Numbers between -1 and 1 that depend on the node and the component alone, zero at prescribed entries. */
static femd_status linear_fill_at_random(const femd_field *field, Vec b, femd_error *err) {
    double *value = calloc(field->n + 1, sizeof *value);
    femd_status rc = value ? FEMD_OK : femd_fail(err, FEMD_NO_MEMORY, "no memory for a start vector");
    FEMD_TRY(femd_agree(field->grid->comm, rc, err));
    const size_t components = (size_t)field->components;
    for (size_t i = 0; i < field->n; ++i) {
        uint64_t z = (field->grid->node_file[i / components] * components + i % components + 1) * 0x9e3779b97f4a7c15ull;
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull; /* splitmix64 */
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
        if (field->grid->node_owned[i / components]) value[i] = (double)((z ^ (z >> 31)) >> 11) / 0x1p52 - 1;
    }
    rc = femd_field_sum_free((femd_field *)field, value, b, err);
    free(value);
    return rc;
}

#define PROBE_RTOL 1e-5 /* below the share of one direction in a start at random */

/* Conjugate gradients on K x = b: the Lanczos process, which comes upon a negative eigenvalue before it can converge.
 * *negative 0 if it has converged, else -1. */
static PetscErrorCode linear_probe(femd_linear *linear, Mat K, Vec b, Vec x, int *negative, int *indefinite) {
    KSPConvergedReason reason;
    PetscBool cg;
    PetscReal rtol, atol, divergence;
    PetscInt most;
    PetscFunctionBeginUser;
    *negative = -1;
    *indefinite = 0;
    PetscCall(PetscObjectTypeCompare((PetscObject)linear->ksp, KSPCG, &cg));
    if (!cg) PetscFunctionReturn(0); /* the user's own choice sees no signs */
    PetscCall(KSPGetTolerances(linear->ksp, &rtol, &atol, &divergence, &most));
    PetscCall(KSPSetTolerances(linear->ksp, PROBE_RTOL, atol, divergence, most));
    PetscCall(KSPSetOperators(linear->ksp, K, K));
    PetscCall(linear_run(linear, b, x));
    PetscCall(KSPGetConvergedReason(linear->ksp, &reason));
    PetscCall(KSPSetTolerances(linear->ksp, rtol, atol, divergence, most));
    if (reason > 0) *negative = 0;
    *indefinite = reason == KSP_DIVERGED_INDEFINITE_MAT || reason == KSP_DIVERGED_INDEFINITE_PC;
    PetscFunctionReturn(0);
}

femd_status femd_linear_count_negative(femd_linear *linear, const femd_field *field, Mat K, Vec b, Vec x, int *negative,
                                       femd_error *err) {
    FEMD_PART(LINEAR);
    int indefinite = 0, solved;
    FEMD_TRY(linear_fill_at_random(field, b, err));
    if (linear->tied) {
        FEMD_TRY(femd_linear_solve(linear, K, b, x, &solved, err));
        return femd_linear_negative(linear, negative, err);
    }
    if (!linear->direct) PETSC_TRY(err, linear_probe(linear, K, b, x, negative, &indefinite));
    if (!linear->direct && !indefinite) return FEMD_OK;
    if (!linear->direct) PETSC_TRY(err, linear_use_direct(linear));
    PETSC_TRY(err, KSPSetOperators(linear->ksp, K, K));
    PETSC_TRY(err, linear_run(linear, b, x));
    return femd_linear_negative(linear, negative, err);
}
