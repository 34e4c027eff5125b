/* The watch while points are evaluated. It looks at a clock that the evaluation sets, once in a while, and touches
 * nothing else of the worker. */
#include "worker/worker_watch.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "femd/clock.h"
#include "worker/worker.h"

enum { LOOK_MS = 500, EXIT_LOST = 4 };
static const double longer = 2, room = 10; /* times what is allowed, and s besides */
static const double leave = 5;             /* s to come back in, once it is to end */

struct worker_watch {
    const volatile sig_atomic_t *stop;
    _Atomic int64_t until; /* ms of the clock; REST, or WITHOUT an end */
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t ended;
    int over;
};
#define REST    INT64_C(0)
#define WITHOUT INT64_MAX

static int64_t watch_now(void) {
    return (int64_t)(1000 * femd_clock());
}

/* 0 when it is over. */
static int watch_pause(worker_watch *watch) {
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += LOOK_MS * 1000000L;
    until.tv_sec += until.tv_nsec / 1000000000L;
    until.tv_nsec %= 1000000000L;
    pthread_mutex_lock(&watch->lock);
    if (!watch->over) pthread_cond_clockwait(&watch->ended, &watch->lock, CLOCK_MONOTONIC, &until);
    const int over = watch->over;
    pthread_mutex_unlock(&watch->lock);
    return !over;
}

static void *watch_look(void *user) {
    worker_watch *watch = user;
    int64_t leaves = 0; /* when it must have come back, since it is to end */
    while (watch_pause(watch)) {
        const int64_t until = atomic_load_explicit(&watch->until, memory_order_relaxed), now = watch_now();
        const int stopped = worker_is_stopped(watch->stop);
        if (until == REST || !stopped) leaves = 0;
        if (until == REST) continue;
        if (stopped && !leaves) leaves = now + (int64_t)(1000 * leave);
        if (leaves && now > leaves) {
            fputs("femd-worker: told to end, while an engine hangs\n", stderr);
            _exit(0);
        }
        if (now <= until) continue;
        fputs("femd-worker: an engine has shown no sign of progress for more than twice the time that its points "
              "have; the server has given this worker up by now, and it ends\n",
              stderr);
        _exit(EXIT_LOST);
    }
    return NULL;
}

/* Signals are the other thread's. */
static int watch_start(worker_watch *watch) {
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    const int code = pthread_create(&watch->thread, NULL, watch_look, watch);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return code == 0;
}

worker_watch *worker_watch_begin(const volatile sig_atomic_t *stop) {
    worker_watch *watch = calloc(1, sizeof *watch);
    if (!watch) return NULL;
    watch->stop = stop;
    atomic_init(&watch->until, REST);
    pthread_mutex_init(&watch->lock, NULL);
    pthread_cond_init(&watch->ended, NULL);
    if (watch_start(watch)) return watch;
    pthread_cond_destroy(&watch->ended);
    pthread_mutex_destroy(&watch->lock);
    free(watch);
    return NULL;
}

void worker_watch_evaluation(worker_watch *watch, double seconds) {
    if (!watch) return;
    const double until = femd_clock() + longer * seconds + room;
    const int64_t end = seconds > 0 && until < 1e12 ? (int64_t)(1000 * until) : WITHOUT;
    atomic_store_explicit(&watch->until, end, memory_order_relaxed);
}

void worker_watch_rest(worker_watch *watch) {
    if (watch) atomic_store_explicit(&watch->until, REST, memory_order_relaxed);
}

void worker_watch_end(worker_watch *watch) {
    if (!watch) return;
    pthread_mutex_lock(&watch->lock);
    watch->over = 1;
    pthread_cond_signal(&watch->ended);
    pthread_mutex_unlock(&watch->lock);
    pthread_join(watch->thread, NULL);
    pthread_cond_destroy(&watch->ended);
    pthread_mutex_destroy(&watch->lock);
    free(watch);
}
