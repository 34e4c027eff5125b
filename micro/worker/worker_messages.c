/* What a worker takes in: materials, tasks with the states that they need, and the server's words on states. Owns no
 * data of its own. Never evaluates, and never dies of a bad message or material: the failure's words go to the server.
 */
#include "femd/hash.h"
#include "femd/remarks.h"
#include "worker/worker_opening.h"
#include "worker/worker_private.h"

enum { HAVE_MAX = 4096 /* states named in one message */ };

static femd_status messages_say_ready(worker *self, uint64_t id, const femd_hash *name, const femd_material *material,
                                      femd_status status, const femd_error *words, femd_error *err) {
    femd_ready ready = {.status = status, .material = *name};
    memcpy(ready.text, words->text, sizeof ready.text);
    if (material) {
        ready.caps = *femd_material_capabilities(material);
        femd_remarks_copy(ready.text, sizeof ready.text, femd_material_notes(material));
    }
    FEMD_TRY(femd_ready_encode(&self->other, id, &ready, err));
    return femd_peer_send(self->peer, &self->other, WORKER_SEND_TIMEOUT, err);
}

/* What else is held makes room where memory is out. */
static femd_status messages_material(worker *self, const femd_frame *frame, femd_error *err) {
    femd_status status = FEMD_NO_MEMORY;
    femd_hash name;
    femd_material *material = NULL;
    femd_error words = FEMD_ERROR_INIT;
    for (int tries = 0; tries < 2 && status == FEMD_NO_MEMORY; tries++) {
        if (tries) FEMD_TRY(worker_room_of_materials(self, 1, err));
        femd_error_clear(&words);
        worker_opening *opening = worker_opening_begin(&self->peer, self->stop);
        status = worker_materials_add(self->materials, frame->body.data, frame->body.size, &name, &material, &words);
        worker_opening_end(opening);
    }
    FEMD_TRY(messages_say_ready(self, frame->id, &name, material, status, &words, err));
    return worker_room_of_materials(self, 0, err);
}

static femd_status messages_states(worker *self, femd_reader *reader, femd_error *err) {
    femd_state_entry state;
    int got;
    while ((got = femd_state_next(reader, &state, err)) == 1) {
        femd_hash hash;
        if (!state.blob.size) continue;
        femd_hash_domain("state", state.blob.data, state.blob.size, &hash);
        if (!femd_hash_equal(&hash, &state.hash))
            return femd_fail(err, FEMD_PROTOCOL, "TASK: a state is not what its hash says");
        FEMD_TRY(worker_states_add(self->states, &state.hash, state.blob.data, state.blob.size, err));
        worker_states_known(self->states, &state.hash);
    }
    return got < 0 ? FEMD_PROTOCOL : FEMD_OK;
}

static femd_status messages_tasks(worker *self, const femd_frame *frame, femd_error *err) {
    femd_hash material;
    femd_reader states, tasks;
    FEMD_TRY(femd_task_open(frame, &material, &states, &tasks, err));
    FEMD_TRY(messages_states(self, &states, err));
    FEMD_TRY(worker_tasks_add(&self->tasks, &material, &tasks, frame->count, err));
    for (size_t i = self->tasks.count - frame->count; i < self->tasks.count; i++) {
        worker_task *task = worker_tasks_at(&self->tasks, i);
        task->pinned = worker_states_pin(self->states, &task->task.request.state_in);
    }
    FEMD_TRY(worker_room_of_materials(self, 0, err));
    return worker_states_make_room(self->states, err);
}

/* STATE entries with the request's id, in as many frames as the server's limit asks for. */
static femd_status messages_state_get(worker *self, const femd_frame *frame, femd_error *err) {
    femd_reader reader;
    femd_hash hash;
    uint32_t entries = 0;
    const uint64_t most = femd_peer_welcome(self->peer)->frame_max / 2;
    int got;
    femd_reader_open(frame, &reader);
    FEMD_TRY(femd_frame_begin(&self->other, FEMD_MSG_STATE, frame->id, err));
    while ((got = femd_hash_next(&reader, &hash, err)) == 1) {
        femd_state_entry state = {.hash = hash};
        worker_states_get(self->states, &hash, &state.blob);
        if (entries && self->other.size + state.blob.size > most) {
            femd_frame_finish(&self->other, entries);
            FEMD_TRY(femd_peer_send(self->peer, &self->other, WORKER_SEND_TIMEOUT, err));
            FEMD_TRY(femd_frame_begin(&self->other, FEMD_MSG_STATE, frame->id, err));
            entries = 0;
        }
        FEMD_TRY(femd_state_add(&self->other, &state, err));
        worker_states_known(self->states, &hash);
        entries++;
    }
    if (got < 0) return FEMD_PROTOCOL;
    femd_frame_finish(&self->other, entries);
    return femd_peer_send(self->peer, &self->other, WORKER_SEND_TIMEOUT, err);
}

static femd_status messages_drop(worker *self, const femd_frame *frame, femd_error *err) {
    femd_reader reader;
    femd_hash hash;
    int got;
    femd_reader_open(frame, &reader);
    while ((got = femd_hash_next(&reader, &hash, err)) == 1)
        if (!worker_materials_drop(self->materials, &hash)) worker_states_drop(self->states, &hash);
    return got < 0 ? FEMD_PROTOCOL : FEMD_OK;
}

static femd_status messages_error(worker *self, const femd_frame *frame, femd_error *err) {
    femd_error words = FEMD_ERROR_INIT;
    FEMD_TRY(femd_error_decode(frame, &words, err));
    worker_tell(self, "the server complains: ", words.text);
    return FEMD_OK;
}

static femd_status messages_take_one(worker *self, const femd_frame *frame, femd_error *err) {
    switch (frame->type) {
    case FEMD_MSG_MATERIAL: return messages_material(self, frame, err);
    case FEMD_MSG_TASK: return messages_tasks(self, frame, err);
    case FEMD_MSG_STATE_GET: return messages_state_get(self, frame, err);
    case FEMD_MSG_DROP: return messages_drop(self, frame, err);
    case FEMD_MSG_ERROR: return messages_error(self, frame, err);
    case FEMD_MSG_BYE: self->bye = 1; return FEMD_OK;
    default: return femd_fail(err, FEMD_PROTOCOL, "a worker does not take %s", femd_message_name(frame->type));
    }
}

static femd_status messages_complain(worker *self, uint64_t id, const femd_error *words, femd_error *err) {
    worker_tell(self, words->text, "");
    FEMD_TRY(femd_error_encode(&self->other, id, words, err));
    return femd_peer_send(self->peer, &self->other, WORKER_SEND_TIMEOUT, err);
}

/* Another registration: the tasks of the old one are the server's to give out again, to whom it likes. */
static void messages_forget_tasks(worker *self) {
    worker_release_states(self, self->tasks.count);
    worker_tasks_clear(&self->tasks);
    self->announced = 0;
    self->answered = 0;
}

static femd_status messages_say_have(void *user, const femd_hash *hash, femd_error *err) {
    worker *self = user;
    if (self->told_held == HAVE_MAX) {
        femd_frame_finish(&self->other, self->told_held);
        FEMD_TRY(femd_peer_send(self->peer, &self->other, WORKER_SEND_TIMEOUT, err));
        self->told_held = 0;
    }
    if (!self->told_held) FEMD_TRY(femd_frame_begin(&self->other, FEMD_MSG_HAVE, 0, err));
    self->told_held++;
    return femd_hash_add(&self->other, hash, err);
}

static femd_status messages_say_opened(void *user, const femd_hash *id, const femd_material *material,
                                       femd_error *err) {
    static const femd_error none = FEMD_ERROR_INIT;
    return messages_say_ready(user, 0, id, material, FEMD_OK, &none, err);
}

/* The server, or one that was started in its place, is told what is still here. */
static femd_status messages_have(worker *self, femd_error *err) {
    self->told_held = 0;
    worker_states_all_unknown(self->states);
    FEMD_TRY(worker_materials_each(self->materials, messages_say_opened, self, err));
    FEMD_TRY(worker_states_each(self->states, messages_say_have, self, err));
    if (!self->told_held) return FEMD_OK;
    femd_frame_finish(&self->other, self->told_held);
    return femd_peer_send(self->peer, &self->other, WORKER_SEND_TIMEOUT, err);
}

femd_status worker_take_messages(worker *self, double wait, femd_error *err) {
    for (; !self->bye; wait = 0) {
        femd_frame frame = {.id = 0};
        femd_error words = FEMD_ERROR_INIT;
        femd_status rc = femd_peer_recv(self->peer, wait, &frame, &words);
        if (rc == FEMD_TIMEOUT) return FEMD_OK;
        if (rc == FEMD_REREGISTER) {
            messages_forget_tasks(self);
            FEMD_TRY(messages_have(self, err));
            continue;
        }
        if (rc == FEMD_OK) rc = messages_take_one(self, &frame, &words);
        if (rc == FEMD_PROTOCOL || rc == FEMD_LIMIT)
            FEMD_TRY(messages_complain(self, frame.id, &words, err));
        else if (rc != FEMD_OK)
            return femd_fail(err, rc, "%s", words.text);
    }
    return FEMD_OK;
}
