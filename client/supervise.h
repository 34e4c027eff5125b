/* One run of server, workers and solver, from the first process to the last. */
#ifndef FEMD_CLIENT_SUPERVISE_H
#define FEMD_CLIENT_SUPERVISE_H

#include <signal.h>
#include <stdio.h>

#include "launch.h"

#define SUPERVISE_WORKERS_MAX 512

typedef struct supervise_plan {
    int workers;
    char *const *server; /* argument lists, argv[0] the path of the program */
    char *const *worker;
    char *const *macro; /* NULL: there is none, and the pool lasts until a signal or the server ends it */
    /* May be NULL. The server listens at this address, and no worker is started yet: what `worker` points to may still
     * be filled in. 0: words were said, and all is to end with FEMD_EXIT_BAD_INPUT. */
    int (*ready)(void *user, const char *address);
    void *user;
    int ready_read, ready_write; /* pipe on which the server says that it is ready; both are closed here */
    int news_read, news_write;   /* pipe on which the server tells of workers; both are closed here; -1: none */
    int server_again;            /* a server that dies is started again: it has a journal */
    FILE *log;                   /* what server and workers say, line by line with the name of the part */
    const launch_guard *guard;   /* is told the server, the solver and the workers' groups */
} supervise_plan;

/* Start the parts, restart workers that die, and the server if that can go on (three times each, after 0.5, 1 and 2 s;
 * a worker that the server says has ended at work any number of times, since the server gives up the point to blame),
 * kill and so replace those that the server calls hung, or gone for 5 s while the process is there, end everything when
 * the solver ends, when the server (without a solver with FEMD_EXIT_OK if it ends in good order) or all workers are
 * lost for good, or on SIGINT, SIGTERM and SIGHUP. When it returns no child is left. Returns the exit code of the run;
 * words about anything unusual are on stderr and in the log. */
int supervise(const supervise_plan *plan);

/* From here on SIGINT, SIGTERM and SIGHUP wait for supervise(). *before: the mask to be set again. */
void supervise_hold_signals(sigset_t *before);

#endif
