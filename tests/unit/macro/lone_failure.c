/* lone_failure MODE, on two ranks. hang: PETSc fails on rank 1 while rank 0 waits for it in another call; agree: rank 0
 * hears of it in time; twice: the same, and then once more. Exit 0 if all ranks got as far as the words. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/collective.h"
#include "base/lone_failure.h"
#include "base/petsc_edge.h"
#include "femd/clock.h"

static femd_status fails(int rank, femd_error *err) {
    if (rank == 1) PETSC_TRY(err, PETSC_ERR_ARG_SIZ);
    return FEMD_OK;
}

int main(int argc, char **argv) {
    int rank;
    femd_error err = FEMD_ERROR_INIT;
    if (PetscInitialize(&argc, &argv, NULL, NULL)) return 1;
    const char *mode = argc > 1 ? argv[1] : "";
    (void)PetscPushErrorHandler(PetscReturnErrorHandler, NULL);
    MPI_Comm_rank(PETSC_COMM_WORLD, &rank);
    femd_lone_failure_within(0.5);
    if (femd_agree(PETSC_COMM_WORLD, FEMD_OK, &err) != FEMD_OK) return 1;
    for (int i = 0; i < (strcmp(mode, "twice") == 0 ? 2 : 1); ++i) {
        femd_status rc = fails(rank, &err);
        if (strcmp(mode, "hang") == 0 && rank == 0) MPI_Barrier(PETSC_COMM_WORLD);
        rc = femd_agree(PETSC_COMM_WORLD, rc, &err);
        if (rc != FEMD_INTERNAL || !strstr(err.text, "fails")) return 1;
        const double until = femd_clock() + 0.8; /* past the time: it is over */
        while (femd_clock() < until) usleep(10000);
    }
    if (rank == 0) printf("both heard\n");
    return PetscFinalize() != 0;
}
