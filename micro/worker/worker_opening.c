/* The watch while a material is opened. A ZeroMQ socket may go from one thread to another where a barrier stands
 * between them: here the start of the thread and its being joined. */
#include "worker/worker_opening.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "femd/clock.h"
#include "femd/evaluate.h"
#include "worker/worker.h"

enum { LOOK_MS = 100, EXIT_LOST = 4 };
static const double beat_period = 0.5;  /* s, as within an evaluation */
static const double send_timeout = 0.1; /* s; a beat that does not get away is no matter */

struct worker_opening {
    femd_peer **peer;
    const volatile sig_atomic_t *stop;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t ended;
    int over;
};

/* 0 when it is over. */
static int opening_pause(worker_opening *opening) {
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += LOOK_MS * 1000000L;
    until.tv_sec += until.tv_nsec / 1000000000L;
    until.tv_nsec %= 1000000000L;
    pthread_mutex_lock(&opening->lock);
    if (!opening->over) pthread_cond_timedwait(&opening->ended, &opening->lock, &until);
    const int over = opening->over;
    pthread_mutex_unlock(&opening->lock);
    return !over;
}

/* Nobody waits for the material any more once the server has gone. */
static void opening_beat(worker_opening *opening, femd_buffer *frame) {
    femd_error err = FEMD_ERROR_INIT;
    if (femd_beat_encode(frame, 0, 0, &err) != FEMD_OK ||
        femd_peer_send(*opening->peer, frame, send_timeout, &err) != FEMD_DISCONNECTED)
        return;
    fprintf(stderr, "femd-worker: %s, while a material is opened\n", err.text);
    _exit(EXIT_LOST);
}

static void *opening_watch(void *user) {
    worker_opening *opening = user;
    femd_buffer frame = FEMD_BUFFER_INIT;
    double beat_at = femd_clock() + beat_period;
    while (opening_pause(opening)) {
        if (worker_is_stopped(opening->stop)) {
            femd_peer_close(opening->peer);
            _exit(0); /* the other thread is in the engine and cannot be asked */
        }
        if (femd_clock() < beat_at) continue;
        opening_beat(opening, &frame);
        beat_at = femd_clock() + beat_period;
    }
    femd_buffer_clear(&frame);
    return NULL;
}

/* Signals are the other thread's. */
static int opening_start(worker_opening *opening) {
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    const int code = pthread_create(&opening->thread, NULL, opening_watch, opening);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return code == 0;
}

worker_opening *worker_opening_begin(femd_peer **peer, const volatile sig_atomic_t *stop) {
    worker_opening *opening = calloc(1, sizeof *opening);
    pthread_condattr_t monotonic;
    if (!opening) return NULL;
    opening->peer = peer;
    opening->stop = stop;
    pthread_mutex_init(&opening->lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&opening->ended, &monotonic);
    pthread_condattr_destroy(&monotonic);
    if (opening_start(opening)) return opening;
    pthread_cond_destroy(&opening->ended);
    pthread_mutex_destroy(&opening->lock);
    free(opening);
    return NULL;
}

void worker_opening_end(worker_opening *opening) {
    if (!opening) return;
    pthread_mutex_lock(&opening->lock);
    opening->over = 1;
    pthread_cond_signal(&opening->ended);
    pthread_mutex_unlock(&opening->lock);
    pthread_join(opening->thread, NULL);
    pthread_cond_destroy(&opening->ended);
    pthread_mutex_destroy(&opening->lock);
    free(opening);
}
