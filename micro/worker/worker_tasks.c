/* The worker's queue of tasks: a ring whose room is a power of two and never shrinks. */
#include "worker/worker_tasks.h"

#include <stdlib.h>

enum { FIRST_ROOM = 64 };

worker_task *worker_tasks_at(const worker_tasks *tasks, size_t place) {
    return &tasks->ring[(tasks->head + place) & (tasks->room - 1)];
}

static femd_status tasks_reserve(worker_tasks *tasks, size_t more, femd_error *err) {
    size_t room = tasks->room ? tasks->room : FIRST_ROOM;
    while (room < tasks->count + more) room *= 2;
    if (room == tasks->room) return FEMD_OK;
    worker_task *ring = malloc(room * sizeof *ring);
    if (!ring) return femd_fail(err, FEMD_NO_MEMORY, "out of memory for %zu tasks", room);
    for (size_t place = 0; place < tasks->count; place++) ring[place] = *worker_tasks_at(tasks, place);
    free(tasks->ring);
    tasks->ring = ring;
    tasks->room = room;
    tasks->head = 0;
    return FEMD_OK;
}

femd_status worker_tasks_add(worker_tasks *tasks, const femd_hash *material, femd_reader *reader, uint32_t count,
                             femd_error *err) {
    FEMD_TRY(tasks_reserve(tasks, count, err));
    for (uint32_t i = 0; i < count; i++) {
        worker_task *next = worker_tasks_at(tasks, tasks->count + i);
        if (femd_task_next(reader, &next->task, err) != 1) return FEMD_PROTOCOL;
        next->material = *material;
        next->after = count - 1 - i;
        next->lost = next->pinned = 0;
    }
    tasks->count += count;
    return FEMD_OK;
}

void worker_tasks_pop(worker_tasks *tasks, size_t count) {
    tasks->head = (tasks->head + count) & (tasks->room - 1);
    tasks->count -= count;
}

void worker_tasks_clear(worker_tasks *tasks) {
    tasks->head = tasks->count = 0;
}

void worker_tasks_release(worker_tasks *tasks) {
    free(tasks->ring);
    *tasks = (worker_tasks){0};
}
