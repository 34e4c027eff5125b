/* The tasks that a worker has been sent and not answered: a queue in the order of their arrival. */
#ifndef FEMD_WORKER_TASKS_H
#define FEMD_WORKER_TASKS_H

#include "femd/evaluate.h"

typedef struct worker_task {
    femd_task task;
    femd_hash material;
    uint32_t after; /* tasks that follow in the same TASK message */
    int lost;       /* its state was not held when its turn came */
    int pinned;     /* its state is kept for it */
} worker_task;

/* All zero: an empty queue. */
typedef struct worker_tasks {
    worker_task *ring; /* owned */
    size_t room, head, count;
} worker_tasks;

/* The task at this place from the head; place < count. */
worker_task *worker_tasks_at(const worker_tasks *tasks, size_t place);
/* The tasks of one TASK message, all of them or none. PROTOCOL if one is malformed. */
FEMD_MUST_CHECK femd_status worker_tasks_add(worker_tasks *tasks, const femd_hash *material, femd_reader *reader,
                                             uint32_t count, femd_error *err);
/* Take so many from the head; count <= tasks->count. */
void worker_tasks_pop(worker_tasks *tasks, size_t count);
/* Forget all of them. */
void worker_tasks_clear(worker_tasks *tasks);
/* Forget all of them and release the storage. */
void worker_tasks_release(worker_tasks *tasks);

#endif
