/* What has to go when materials or states take more than the worker may hold: nothing that a queued task names, and
 * never without a word. A state that nobody else has goes to the server. */
#include "worker/worker_private.h"

enum { MAKING_ROOM = 1 /* id of a STATE frame that nobody asked for */ };

void worker_release_states(worker *self, size_t count) {
    for (size_t i = 0; i < count; i++) {
        worker_task *task = worker_tasks_at(&self->tasks, i);
        if (task->pinned) worker_states_unpin(self->states, &task->task.request.state_in);
        task->pinned = 0;
    }
}

static int room_names_material(void *user, const femd_hash *id) {
    worker *self = user;
    for (size_t i = 0; i < self->tasks.count; i += worker_tasks_at(&self->tasks, i)->after + 1)
        if (femd_hash_equal(&worker_tasks_at(&self->tasks, i)->material, id)) return 1;
    return 0;
}

femd_status worker_room_of_materials(worker *self, int all, femd_error *err) {
    femd_hash id;
    uint32_t count = 0;
    FEMD_TRY(femd_frame_begin(&self->other, FEMD_MSG_MATERIAL_LOST, 0, err));
    for (; worker_materials_make_room(self->materials, room_names_material, self, all, &id); count++)
        FEMD_TRY(femd_hash_add(&self->other, &id, err));
    if (!count) return FEMD_OK;
    femd_frame_finish(&self->other, count);
    return femd_peer_send(self->peer, &self->other, WORKER_SEND_TIMEOUT, err);
}

/* The answer that names the state goes first, or the server would not know what it is. */
femd_status worker_room_part_with_state(void *user, const femd_hash *hash, const femd_bytes *blob, int known,
                                        femd_error *err) {
    worker *self = user;
    uint32_t entries = 0;
    const femd_state_entry content = {*hash, *blob}, gone = {*hash, {NULL, 0}};
    FEMD_TRY(worker_flush_answers(self, err));
    FEMD_TRY(femd_frame_begin(&self->other, FEMD_MSG_STATE, MAKING_ROOM, err));
    if (!known && blob->size < femd_peer_welcome(self->peer)->frame_max / 2) {
        FEMD_TRY(femd_state_add(&self->other, &content, err));
        entries++;
    }
    FEMD_TRY(femd_state_add(&self->other, &gone, err));
    femd_frame_finish(&self->other, entries + 1);
    return femd_peer_send(self->peer, &self->other, WORKER_SEND_TIMEOUT, err);
}
