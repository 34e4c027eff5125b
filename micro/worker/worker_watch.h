/* The watch while points are evaluated: an engine that hangs gives no sign, and neither hears that the server has gone
 * nor that the worker is to end. Then the process ends without it. */
#ifndef FEMD_WORKER_WATCH_H
#define FEMD_WORKER_WATCH_H

#include <signal.h>

typedef struct worker_watch worker_watch;

/* NULL if no thread can be had: then nobody watches. *stop as for worker_run. */
worker_watch *worker_watch_begin(const volatile sig_atomic_t *stop);
/* An evaluation is under way, and may take so many seconds from now on (0: any time) until it says so again. Where it
 * does not for twice that time and 10 s, longer than the server waits, the process ends with 4; with 0 where it is to
 * end and is not back within 5 s. */
void worker_watch_evaluation(worker_watch *watch, double seconds);
/* No evaluation is under way. */
void worker_watch_rest(worker_watch *watch);
/* Accepts NULL. */
void worker_watch_end(worker_watch *watch);

#endif
