/* A failure that one rank has alone, in the midst of what all ranks do together: PETSc or MPI returned an error here,
 * the others may wait in a collective call for ever. Whoever fails so is given some seconds in which the ranks may
 * still agree (femd_agree); then the process ends, and mpiexec ends the others. */
#ifndef FEMD_LONE_FAILURE_H
#define FEMD_LONE_FAILURE_H

/* The time from now on until the process ends with code 4 and these words, unless femd_lone_failure_over comes first.
 * Only the first of several counts. Nothing on a single rank, or where MPI does not run. */
void femd_lone_failure(const char *words);
/* All ranks know of it. */
void femd_lone_failure_over(void);
/* Other seconds than 20; for tests. */
void femd_lone_failure_within(double seconds);

#endif
