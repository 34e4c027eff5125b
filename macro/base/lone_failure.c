/* The clock that runs after a failure of one rank. A thread watches it, since the rank itself may hang in the
 * collective release of what it owns. */
#include "base/lone_failure.h"

#include <mpi.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { EXIT_LONE = 4 /* as whatever is lost of the machines */ };

static pthread_mutex_t lone_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t lone_changed = PTHREAD_COND_INITIALIZER;
static double lone_seconds = 20;
static int lone_waiting;   /* a thread watches */
static unsigned lone_turn; /* which one: an earlier thread may wake late */
static int lone_rank;
static char lone_words[512];

/* Ends the process, or itself when the failure is over. */
static void *lone_watch(void *turn) {
    const unsigned mine = (unsigned)(uintptr_t)turn;
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    const double end = (double)until.tv_nsec + 1e9 * (lone_seconds - (double)(long)lone_seconds);
    until.tv_sec += (time_t)lone_seconds + (time_t)(end / 1e9);
    until.tv_nsec = (long)end % 1000000000L;
    pthread_mutex_lock(&lone_lock);
    int late = 0;
    while (lone_waiting && lone_turn == mine && !late)
        late = pthread_cond_clockwait(&lone_changed, &lone_lock, CLOCK_MONOTONIC, &until) != 0;
    if (lone_waiting && lone_turn == mine) {
        fprintf(stderr,
                "femd-macro: rank %d failed alone and the other ranks did not hear of it within %g s, so all end: %s\n",
                lone_rank, lone_seconds, lone_words);
        _exit(EXIT_LONE);
    }
    pthread_mutex_unlock(&lone_lock);
    return NULL;
}

static int lone_has_company(void) {
    int started = 0, ended = 0, ranks = 1;
    if (MPI_Initialized(&started) != MPI_SUCCESS || !started) return 0;
    if (MPI_Finalized(&ended) != MPI_SUCCESS || ended) return 0;
    MPI_Comm_size(MPI_COMM_WORLD, &ranks);
    MPI_Comm_rank(MPI_COMM_WORLD, &lone_rank);
    return ranks > 1;
}

void femd_lone_failure(const char *words) {
    pthread_t thread;
    if (!lone_has_company()) return;
    pthread_mutex_lock(&lone_lock);
    if (!lone_waiting) {
        snprintf(lone_words, sizeof lone_words, "%s", words);
        lone_waiting = 1;
        if (pthread_create(&thread, NULL, lone_watch, (void *)(uintptr_t)++lone_turn) == 0)
            pthread_detach(thread);
        else
            lone_waiting = 0;
    }
    pthread_mutex_unlock(&lone_lock);
}

void femd_lone_failure_over(void) {
    pthread_mutex_lock(&lone_lock);
    lone_waiting = 0;
    pthread_cond_broadcast(&lone_changed);
    pthread_mutex_unlock(&lone_lock);
}

void femd_lone_failure_within(double seconds) {
    lone_seconds = seconds;
}
