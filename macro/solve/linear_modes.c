/* What the preconditioner must know of the field: the modes that cost nothing in a free body, orthonormal. */
#include "base/petsc_edge.h"
#include "solve/linear.h"

#define MODES_MAX 6

PetscErrorCode femd_linear_modes(const femd_field *field, Mat K, MatNullSpace *space) {
    Vec v[MODES_MAX] = {NULL};
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
