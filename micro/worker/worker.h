/* The worker's loop: registers at a server, opens materials, evaluates tasks one after another, keeps states. */
#ifndef FEMD_WORKER_H
#define FEMD_WORKER_H

#include <signal.h>

#include "femd/error.h"

typedef struct worker_config {
    const char *address; /* of the server */
    const char *level;   /* numerics level, already set by femd_level_set */
    size_t memory;       /* bytes of states to keep, and of materials (at least 64 MiB); 0 = 1 GiB */
    double silence;      /* s without a connection after which the server counts as gone; 0 = as the server says */
    const char *key;     /* file of this worker's key; NULL: the usual one, if there is one */
    int insecure;        /* 1: a server off the loopback may be without keys */
    int quiet;           /* 1: only failures are reported on stderr */
} worker_config;

/* How a signal handler of the thread that works sets *stop, and how others read it, which take no signals. */
static inline void worker_stop(volatile sig_atomic_t *stop) {
    __atomic_store_n(stop, 1, __ATOMIC_RELAXED);
}
static inline int worker_is_stopped(const volatile sig_atomic_t *stop) {
    return __atomic_load_n(stop, __ATOMIC_RELAXED);
}

/* Work until *stop becomes non-zero (OK), the server says BYE (OK), refuses the worker (REFUSED) or is gone
 * (DISCONNECTED, TIMEOUT). *stop may be set by a signal handler; an evaluation under way is given up. */
FEMD_MUST_CHECK femd_status worker_run(const worker_config *config, const volatile sig_atomic_t *stop, femd_error *err);

#endif
