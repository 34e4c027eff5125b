/* The edge between PETSc and femd: a PETSc error code becomes a femd_error exactly once, here. */
#ifndef FEMD_PETSC_EDGE_H
#define FEMD_PETSC_EDGE_H

#include <petscsys.h>

#include "femd/error.h"

/* Words of the PETSc error `code` that was just returned; INTERNAL, or NO_MEMORY where PETSc says so. The other ranks
 * may know nothing of it: the clock of lone_failure.h runs until they agree. */
femd_status femd_petsc_fail(femd_error *err, PetscErrorCode code, const char *where);

#define PETSC_TRY(err, call)                                                                                           \
    do {                                                                                                               \
        PetscErrorCode petsc_try_code_ = (call);                                                                       \
        if (petsc_try_code_ != 0) return femd_petsc_fail((err), petsc_try_code_, __func__);                            \
    } while (0)
#define PETSC_TRY_GOTO(rc, err, call, label)                                                                           \
    do {                                                                                                               \
        PetscErrorCode petsc_try_code_ = (call);                                                                       \
        if (petsc_try_code_ != 0) {                                                                                    \
            (rc) = femd_petsc_fail((err), petsc_try_code_, __func__);                                                  \
            goto label;                                                                                                \
        }                                                                                                              \
    } while (0)

/* An MPI call of a function that returns femd_status. */
#define MPI_TRY(err, call) PETSC_TRY(err, (call) == MPI_SUCCESS ? 0 : PETSC_ERR_MPI)

#endif
