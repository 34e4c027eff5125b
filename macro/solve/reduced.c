/* Tied equations on rank 0. Owns T as a matrix; which entries are tied is the business of fields/ties.h. */
#include "solve/reduced.h"

#include <petscksp.h>

#include "base/petsc_edge.h"
#include "fields/boundary.h"
#include "fields/ties.h"

/* The whole matrix on rank 0; NULL elsewhere. */
static PetscErrorCode reduced_gather(Mat K, int rank, int ranks, Mat *whole) {
    PetscInt n;
    IS all;
    Mat *list;
    PetscFunctionBeginUser;
    *whole = NULL;
    if (ranks == 1) {
        PetscCall(PetscObjectReference((PetscObject)K));
        *whole = K;
        PetscFunctionReturn(0);
    }
    PetscCall(MatGetSize(K, &n, NULL));
    PetscCall(ISCreateStride(PETSC_COMM_SELF, rank == 0 ? n : 0, 0, 1, &all));
    PetscCall(MatCreateSubMatrices(K, 1, &all, &all, MAT_INITIAL_MATRIX, &list));
    if (rank == 0) {
        PetscCall(PetscObjectReference((PetscObject)list[0]));
        *whole = list[0];
    }
    PetscCall(MatDestroySubMatrices(1, &list));
    PetscCall(ISDestroy(&all));
    PetscFunctionReturn(0);
}

/* Square: unknowns of ties stand in the columns of entries that are tied themselves. */
static PetscErrorCode reduced_transform(const femd_ties *ties, PetscInt n, Mat *T) {
    PetscInt row, column[FEMD_TIE_TERMS];
    double coefficient[FEMD_TIE_TERMS];
    int terms;
    PetscFunctionBeginUser;
    PetscCall(MatCreateSeqAIJ(PETSC_COMM_SELF, n, n, FEMD_TIE_TERMS / 4, NULL, T));
    PetscCall(MatSetOption(*T, MAT_NEW_NONZERO_ALLOCATION_ERR, PETSC_FALSE));
    for (PetscInt i = 0; i < n; ++i) PetscCall(MatSetValue(*T, i, i, 1, INSERT_VALUES));
    for (size_t place = 0; (row = femd_ties_column(ties, &place, column, coefficient, &terms)) >= 0;) {
        PetscCall(MatSetValue(*T, row, row, 0, INSERT_VALUES)); /* stays in the pattern */
        PetscCall(MatSetValues(*T, 1, &row, terms, column, coefficient, INSERT_VALUES));
    }
    PetscCall(MatAssemblyBegin(*T, MAT_FINAL_ASSEMBLY));
    PetscCall(MatAssemblyEnd(*T, MAT_FINAL_ASSEMBLY));
    PetscFunctionReturn(0);
}

static PetscErrorCode reduced_matrix(const femd_ties *ties, Mat K, Mat T, Mat *reduced) {
    PetscInt row, at[3];
    double block[9];
    PetscReal size;
    PetscFunctionBeginUser;
    PetscCall(MatPtAP(K, T, MAT_INITIAL_MATRIX, PETSC_DEFAULT, reduced));
    PetscCall(MatNorm(K, NORM_INFINITY, &size));
    PetscCall(MatSetOption(*reduced, MAT_NEW_NONZERO_ALLOCATION_ERR, PETSC_FALSE));
    for (size_t place = 0; (row = femd_ties_empty(ties, &place)) >= 0;)
        PetscCall(MatSetValue(*reduced, row, row, size, ADD_VALUES));
    for (int g = 0; femd_ties_turning(ties, g, at, block); ++g)
        PetscCall(MatSetValues(*reduced, 3, at, 3, at, block, ADD_VALUES));
    PetscCall(MatAssemblyBegin(*reduced, MAT_FINAL_ASSEMBLY));
    PetscCall(MatAssemblyEnd(*reduced, MAT_FINAL_ASSEMBLY));
    PetscFunctionReturn(0);
}

enum { MUMPS_NEGATIVE_PIVOTS = 12 }; /* of INFOG: as many as negative eigenvalues (Sylvester) */

/* outcome: solved, negative. */
static PetscErrorCode reduced_factor(Mat A, int unsymmetric, Vec b, Vec y, int outcome[2]) {
    KSP ksp;
    PC pc;
    KSPConvergedReason reason;
    PetscFunctionBeginUser;
    if (!unsymmetric) PetscCall(MatSetOption(A, MAT_SYMMETRIC, PETSC_TRUE));
    PetscCall(KSPCreate(PETSC_COMM_SELF, &ksp));
    PetscCall(KSPSetType(ksp, KSPPREONLY));
    PetscCall(KSPSetOperators(ksp, A, A));
    PetscCall(KSPGetPC(ksp, &pc));
    PetscCall(PCSetType(pc, unsymmetric ? PCLU : PCCHOLESKY));
    PetscCall(PCFactorSetMatSolverType(pc, MATSOLVERMUMPS));
    PetscCall(KSPSolve(ksp, b, y));
    PetscCall(KSPGetConvergedReason(ksp, &reason));
    outcome[0] = reason > 0;
    if (outcome[0] && !unsymmetric) {
        Mat factor;
        PetscInt negative;
        PetscCall(PCFactorGetMatrix(pc, &factor));
        PetscCall(MatMumpsGetInfog(factor, MUMPS_NEGATIVE_PIVOTS, &negative));
        outcome[1] = (int)negative;
    }
    PetscCall(KSPDestroy(&ksp));
    PetscFunctionReturn(0);
}

/* On rank 0: x = T y. */
static PetscErrorCode reduced_solve_here(const femd_ties *ties, Mat K, Vec b, int unsymmetric, Vec x, int outcome[2]) {
    Mat T, A;
    Vec y;
    PetscInt n;
    PetscFunctionBeginUser;
    PetscCall(MatGetSize(K, &n, NULL));
    PetscCall(reduced_transform(ties, n, &T));
    PetscCall(reduced_matrix(ties, K, T, &A));
    PetscCall(VecDuplicate(b, &y));
    PetscCall(reduced_factor(A, unsymmetric, b, y, outcome));
    PetscCall(MatMult(T, y, x));
    PetscCall(VecDestroy(&y));
    PetscCall(MatDestroy(&A));
    PetscCall(MatDestroy(&T));
    PetscFunctionReturn(0);
}

femd_status femd_reduced_solve(const femd_field *field, Mat K, Vec b, Vec x, int unsymmetric, int *solved,
                               int *negative, femd_error *err) {
    const femd_grid *grid = field->grid;
    Mat whole;
    Vec here, result;
    VecScatter to_first;
    PetscErrorCode code = 0;
    int outcome[2] = {0, -1};
    PETSC_TRY(err, reduced_gather(K, grid->rank, grid->size, &whole));
    PETSC_TRY(err, VecScatterCreateToZero(b, &to_first, &here));
    PETSC_TRY(err, VecScatterBegin(to_first, b, here, INSERT_VALUES, SCATTER_FORWARD));
    PETSC_TRY(err, VecScatterEnd(to_first, b, here, INSERT_VALUES, SCATTER_FORWARD));
    PETSC_TRY(err, VecDuplicate(here, &result));
    if (grid->rank == 0) code = reduced_solve_here(field->boundary->ties, whole, here, unsymmetric, result, outcome);
    if (code != 0) outcome[0] = -1;
    MPI_TRY(err, MPI_Bcast(outcome, 2, MPI_INT, 0, grid->comm));
    *solved = outcome[0] > 0;
    *negative = outcome[1];
    if (outcome[0] >= 0) {
        PETSC_TRY(err, VecScatterBegin(to_first, result, x, INSERT_VALUES, SCATTER_REVERSE));
        PETSC_TRY(err, VecScatterEnd(to_first, result, x, INSERT_VALUES, SCATTER_REVERSE));
    }
    PETSC_TRY(err, VecScatterDestroy(&to_first));
    PETSC_TRY(err, VecDestroy(&here));
    PETSC_TRY(err, VecDestroy(&result));
    PETSC_TRY(err, MatDestroy(&whole));
    if (code != 0) return femd_petsc_fail(err, code, __func__);
    return outcome[0] < 0 ? femd_fail(err, FEMD_INTERNAL, "the tied equations could not be solved on rank 0") : FEMD_OK;
}
