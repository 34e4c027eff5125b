/* Conversion of PETSc failures. PETSc keeps the words of the error that started it; nothing is printed here. */
#include "base/petsc_edge.h"

#include "base/lone_failure.h"

femd_status femd_petsc_fail(femd_error *err, PetscErrorCode code, const char *where) {
    const char *kind = NULL;
    char *words = NULL;
    if (PetscErrorMessage(code, &kind, &words) != 0) kind = NULL;
    femd_status status = code == PETSC_ERR_MEM ? FEMD_NO_MEMORY : FEMD_INTERNAL;
    femd_error said = FEMD_ERROR_INIT;
    status = femd_fail(&said, status, "PETSc (%s): %s%s%s", where, kind ? kind : "error", words && words[0] ? ": " : "",
                       words ? words : "");
    femd_lone_failure(said.text);
    if (err) *err = said;
    return status;
}
