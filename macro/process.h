/* The process femd-macro: its signals, its environment, the start of MPI and PETSc. */
#ifndef FEMD_PROCESS_H
#define FEMD_PROCESS_H

#include <signal.h>
#include <stdio.h>

/* Environment that MPI and the BLAS read while they start; may execute the program once more. */
void femd_process_pin_environment(char **argv);
/* A rank must not outlive a dead mpiexec. */
void femd_process_follow_mpiexec(void);
/* MPI and PETSc with these options, and neither PETSc's signal handlers nor its files of options. 0, or -1. */
int femd_process_start_petsc(char *program, int noptions, char **options);
/* What femd run says when it has no worker left and starts none any more. */
#define FEMD_PROCESS_WORKERS_LOST SIGUSR1
/* SIGINT, SIGTERM and FEMD_PROCESS_WORKERS_LOST are noted; a second one ends the process at once. */
void femd_process_catch_signals(void);
/* The signal that asks this rank to stop, 0 if none has come. */
int femd_process_stop_signal(void);
/* End the process with this code if it still lives after so many seconds: a teardown may hang in another rank's
 * silence.
 */
void femd_process_leave_within(unsigned seconds, int code);
/* A misspelled PETSc option would else go unnoticed. */
void femd_process_tell_unused_options(FILE *out);

#endif
