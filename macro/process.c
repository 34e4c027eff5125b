/* What femd-macro is to its system: signals, environment, MPI and PETSc. Knows no case and no run. */
#include "process.h"

#include <petscsys.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "femd/blas.h"

enum { DEAD_MPIEXEC = 70 };

/* ---- signals: the one thing a handler can reach ---- */

static volatile sig_atomic_t stop_signal;
static volatile sig_atomic_t teardown_code;

static void process_on_stop(int sig) {
    stop_signal = sig;
}
/* The teardown of a lost run hangs in another rank's silence: leave with the code that is due. */
static void process_on_alarm(int sig) {
    (void)sig;
    _exit(teardown_code);
}

void femd_process_catch_signals(void) {
    struct sigaction stop = {.sa_handler = process_on_stop,
                             .sa_flags = (int)SA_RESETHAND}; /* the second one ends at once */
    struct sigaction late = {.sa_handler = process_on_alarm};
    sigemptyset(&stop.sa_mask);
    sigemptyset(&late.sa_mask);
    sigaction(SIGINT, &stop, NULL);
    sigaction(SIGTERM, &stop, NULL);
    sigaction(FEMD_PROCESS_WORKERS_LOST, &stop, NULL);
    sigaction(SIGALRM, &late, NULL);
    signal(SIGPIPE, SIG_IGN);
}

int femd_process_stop_signal(void) {
    return (int)stop_signal;
}

void femd_process_leave_within(unsigned seconds, int code) {
    teardown_code = code;
    alarm(seconds);
}

/* ---- surroundings ---- */

void femd_process_pin_environment(char **argv) {
    setenv("OMPI_ALLOW_RUN_AS_ROOT", "1", 0);
    setenv("OMPI_ALLOW_RUN_AS_ROOT_CONFIRM", "1", 0);
    setenv("OMP_NUM_THREADS", "1", 0);
    femd_blas_pin(NULL, argv);
}

void femd_process_follow_mpiexec(void) {
    if (!getenv("OMPI_COMM_WORLD_SIZE") && !getenv("PMIX_RANK") && !getenv("PMI_RANK")) return;
    pid_t parent = getppid();
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(DEAD_MPIEXEC);
}

int femd_process_start_petsc(char *program, int noptions, char **options) {
    char no_signals[] = "-no_signal_handler",
         no_rc[] = "-skip_petscrc"; /* no file of the user's changes a result unseen */
    char **list = calloc((size_t)noptions + 4, sizeof *list);
    if (!list) return -1;
    int n = 0;
    list[n++] = program;
    list[n++] = no_signals;
    list[n++] = no_rc;
    for (int i = 0; i < noptions; ++i) list[n++] = options[i];
    char **argv = list;
    PetscErrorCode failed = PetscInitialize(&n, &argv, NULL, NULL);
    free(list);
    if (failed) return -1;
    femd_error err = FEMD_ERROR_INIT;
    if (femd_blas_room(&err) != FEMD_OK) {
        fprintf(stderr, "femd-macro: %s\n", err.text);
        return -1;
    }
    /* words come back with the code; nothing is printed on the way */
    return PetscPushErrorHandler(PetscReturnErrorHandler, NULL) ? -1 : 0;
}

void femd_process_tell_unused_options(FILE *out) {
    PetscInt n = 0;
    char **name = NULL, **value = NULL;
    if (PetscOptionsLeftGet(NULL, &n, &name, &value)) return;
    for (PetscInt i = 0; i < n; ++i) {
        if (strcmp(name[i], "no_signal_handler") == 0 || strcmp(name[i], "skip_petscrc") == 0) continue;
        fprintf(out, "femd-macro: the PETSc option -%s was never used (misspelled?)\n", name[i]);
    }
    (void)PetscOptionsLeftRestore(NULL, &n, &name, &value);
}
