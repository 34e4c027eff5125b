/* The iterative solver of a saddle: GMRES with the block triangle of displacement and multiplier from the right. The
 * multiplier's complement is its mass over a modulus, of which the diagonal does; the displacement's block has one
 * cycle of multigrid. (Elman, Silvester and Wathen, Finite Elements and Fast Iterative Solvers, chapter 4.) */
#include "base/petsc_edge.h"
#include "solve/linear.h"

#define SADDLE_RESTART 100

static const char *const saddle_option[][2] = {{"-fieldsplit_u_ksp_type", "preonly"},
                                               {"-fieldsplit_u_pc_type", "gamg"},
                                               {"-fieldsplit_p_ksp_type", "preonly"},
                                               {"-fieldsplit_p_pc_type", "jacobi"}};

PetscErrorCode femd_linear_saddle_options(int set) {
    PetscFunctionBeginUser;
    for (size_t i = 0; i < sizeof saddle_option / sizeof *saddle_option; ++i)
        PetscCall(set ? PetscOptionsSetValue(NULL, saddle_option[i][0], saddle_option[i][1])
                      : PetscOptionsClearValue(NULL, saddle_option[i][0]));
    PetscFunctionReturn(0);
}

PetscErrorCode femd_linear_saddle_use(KSP ksp, PC pc) {
    PetscBool own;
    PetscFunctionBeginUser;
    PetscCall(KSPSetType(ksp, KSPGMRES));
    PetscCall(KSPGMRESSetRestart(ksp, SADDLE_RESTART));
    PetscCall(PetscOptionsHasName(NULL, NULL, "-ksp_type", &own));
    if (!own) PetscCall(KSPSetPCSide(ksp, PC_RIGHT));
    PetscCall(PCSetType(pc, PCFIELDSPLIT));
    PetscFunctionReturn(0);
}

/* The modes of K in the displacement's entries alone. */
static PetscErrorCode saddle_modes(Mat K, IS u) {
    MatNullSpace modes, of_u;
    const Vec *v;
    Vec own[6], part;
    PetscInt n;
    PetscFunctionBeginUser;
    PetscCall(MatGetNearNullSpace(K, &modes));
    if (!modes) PetscFunctionReturn(0);
    PetscCall(MatNullSpaceGetVecs(modes, NULL, &n, &v));
    for (PetscInt k = 0; k < n; ++k) {
        PetscCall(VecGetSubVector(v[k], u, &part));
        PetscCall(VecDuplicate(part, &own[k]));
        PetscCall(VecCopy(part, own[k]));
        PetscCall(VecRestoreSubVector(v[k], u, &part));
    }
    PetscCall(MatNullSpaceCreate(PetscObjectComm((PetscObject)K), PETSC_FALSE, n, own, &of_u));
    for (PetscInt k = 0; k < n; ++k) PetscCall(VecDestroy(&own[k]));
    PetscCall(PetscObjectCompose((PetscObject)u, "nearnullspace", (PetscObject)of_u));
    PetscCall(MatNullSpaceDestroy(&of_u));
    PetscFunctionReturn(0);
}

/* Entries of all nodes but the last one of each, or these alone. */
static PetscErrorCode saddle_entries(Mat K, int last, IS *is) {
    PetscInt start, end, block, *entry, n = 0;
    PetscFunctionBeginUser;
    PetscCall(MatGetOwnershipRange(K, &start, &end));
    PetscCall(MatGetBlockSize(K, &block));
    PetscCall(PetscMalloc1(end - start + 1, &entry));
    for (PetscInt i = start; i < end; ++i)
        if (((i - start) % block == block - 1) == last) entry[n++] = i;
    PetscCall(ISCreateGeneral(PetscObjectComm((PetscObject)K), n, entry, PETSC_OWN_POINTER, is));
    if (!last) PetscCall(ISSetBlockSize(*is, block - 1));
    PetscFunctionReturn(0);
}

PetscErrorCode femd_linear_saddle_split(PC pc, Mat K, Vec complement) {
    IS u, p;
    Mat S;
    Vec part, own;
    PetscInt n;
    PetscFunctionBeginUser;
    PetscCall(saddle_entries(K, 0, &u));
    PetscCall(saddle_entries(K, 1, &p));
    PetscCall(saddle_modes(K, u));
    PetscCall(VecGetSubVector(complement, p, &part));
    PetscCall(VecDuplicate(part, &own));
    PetscCall(VecCopy(part, own));
    PetscCall(VecRestoreSubVector(complement, p, &part));
    PetscCall(VecGetLocalSize(own, &n));
    PetscCall(
        MatCreateAIJ(PetscObjectComm((PetscObject)K), n, n, PETSC_DETERMINE, PETSC_DETERMINE, 1, NULL, 0, NULL, &S));
    PetscCall(MatDiagonalSet(S, own, INSERT_VALUES));
    PetscCall(VecDestroy(&own));
    PetscCall(PCFieldSplitSetIS(pc, "u", u));
    PetscCall(PCFieldSplitSetIS(pc, "p", p));
    PetscCall(PCFieldSplitSetType(pc, PC_COMPOSITE_SCHUR));
    PetscCall(PCFieldSplitSetSchurFactType(pc, PC_FIELDSPLIT_SCHUR_FACT_UPPER));
    PetscCall(PCFieldSplitSetSchurPre(pc, PC_FIELDSPLIT_SCHUR_PRE_USER, S));
    PetscCall(MatDestroy(&S));
    PetscCall(ISDestroy(&u));
    PetscCall(ISDestroy(&p));
    PetscFunctionReturn(0);
}
