/* Scheduling: which evaluations go to which worker in the next TASK message. Lanes hold what one run asks of one
 * material, in order of arrival, apart by the worker that holds the state. Cost is constant per evaluation; choosing a
 * lane looks at the lanes with work (few), choosing a victim to relieve looks at the workers once a round. It owns
 * lanes and flights. */
#ifndef FEMD_SERVER_DISPATCH_H
#define FEMD_SERVER_DISPATCH_H

#include "inner.h"

/* The lane of (run, material), made if new. FEMD_NIL if memory is out. */
uint32_t sched_lane(femd_core *c, uint32_t r, uint32_t m);
/* One open evaluation more, or less, in the lane. */
void sched_open(femd_core *c, uint32_t l);
void sched_close(femd_core *c, uint32_t l);
/* Queue an open evaluation, at the end or in front; take a queued one out. */
void sched_push(femd_core *c, uint32_t e, int front);
void sched_remove(femd_core *c, uint32_t e);
/* What was kept for the worker goes to everybody. */
void sched_worker_gone(femd_core *c, uint32_t worker);
/* Free the lanes of a run that has nothing open. */
void sched_run_gone(femd_core *c, uint32_t r);
/* Send TASK messages while there is work and a worker with a credit that can do it. */
void sched_settle(femd_core *c);
void sched_clear(femd_core *c);

#endif
