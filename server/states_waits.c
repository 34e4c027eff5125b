/* The book of states: those who wait for a content, how it is fetched, and what becomes of it when it comes. */
#include <math.h>

#include "femd/evaluate.h"
#include "femd/hash.h"
#include "states_private.h"

enum { GET_HASHES_MAX = 256, GET_BYTES = 32 << 20, DROP_HASHES_MAX = 65536, HASH_BYTES = 32 };

void states_check(femd_states *states, uint32_t state) {
    state_record *record = states_at(states, state);
    if (record->restless) return;
    record->restless = 1;
    if (!femd_list_push(&states->restless, state)) common_no_memory(states->common);
}

/* ---- waits ---- */

uint32_t states_wait(femd_states *states, uint32_t state, const states_waiter *waiter) {
    uint32_t number = femd_slab_take(&states->waits);
    if (!number) {
        common_no_memory(states->common);
        return FEMD_NIL;
    }
    state_wait *wait = states_wait_at(states, number);
    state_record *record = states_at(states, state);
    wait->told = (states_ready_wait){*waiter, state, FEMD_OK};
    wait->next = record->waits;
    if (record->waits) states_wait_at(states, record->waits)->prev = number;
    record->waits = number;
    femd_limits_add(&states->common->limits, BYTES_BOOKS, WAIT_BOOK);
    states_ref(states, state);
    states_check(states, state);
    return number;
}

uint32_t states_waits(const femd_states *states) {
    return states->waits.live;
}

/* Out of the list of its state, or out of the queue; its place is given back. */
static void states_end_wait(femd_states *states, uint32_t number) {
    const state_wait *wait = states_wait_at(states, number);
    uint32_t *head = wait->over ? &states->ready_head : &states_at(states, wait->told.state)->waits;
    if (wait->prev)
        states_wait_at(states, wait->prev)->next = wait->next;
    else
        *head = wait->next;
    if (wait->next)
        states_wait_at(states, wait->next)->prev = wait->prev;
    else if (wait->over)
        states->ready_tail = wait->prev;
    femd_slab_give(&states->waits, number);
    femd_limits_sub(&states->common->limits, BYTES_BOOKS, WAIT_BOOK);
}

void states_unwait(femd_states *states, uint32_t number) {
    const uint32_t state = states_wait_at(states, number)->told.state;
    states_end_wait(states, number);
    states_at(states, state)->given_up++;
    states_check(states, state); /* what was begun for this wait alone may be called off */
}

int states_ready(femd_states *states, states_ready_wait *ready) {
    uint32_t number = states->ready_head;
    if (!number) return 0;
    *ready = states_wait_at(states, number)->told;
    states_end_wait(states, number);
    return 1;
}

/* All waits for it are over: they go to the queue. */
static void states_fire(femd_states *states, uint32_t state, femd_status status) {
    state_record *record = states_at(states, state);
    uint32_t first = record->waits, last = first;
    record->failed = 0;
    if (!first) return;
    for (uint32_t wait = first; wait; wait = states_wait_at(states, wait)->next) {
        states_wait_at(states, wait)->over = 1;
        states_wait_at(states, wait)->told.status = status;
        last = wait;
    }
    states_wait_at(states, first)->prev = states->ready_tail;
    if (states->ready_tail)
        states_wait_at(states, states->ready_tail)->next = first;
    else
        states->ready_head = first;
    states->ready_tail = last;
    record->waits = FEMD_NIL;
}

/* ---- looking after those that somebody waits for ---- */

uint32_t states_restless(femd_states *states) {
    if (states->restless_done == states->restless.count) {
        states->restless.count = states->restless_done = 0;
        return FEMD_NIL;
    }
    uint32_t state = states->restless.at[states->restless_done++];
    state_record *record = states_at(states, state);
    record->refs += 1 - record->given_up;
    record->given_up = 0;
    record->restless = 0;
    return state;
}

int states_is_restless(const femd_states *states) {
    return states->restless_done < states->restless.count;
}

static void states_fetch(femd_states *states, uint32_t state) {
    state_record *record = states_at(states, state);
    uint32_t worker = states_holding_at(states, record->holdings)->worker;
    state_holder *holder = states_holder_at(states, worker);
    if (femd_buffer_append(&holder->gets, record->hash.b, HASH_BYTES, NULL) != FEMD_OK)
        common_no_memory(states->common);
    if (!roster_owes(states->roster, worker)) roster_progressed(states->roster, worker);
    record->fetching = worker;
    record->fetch_due = states->common->now + states->common->config.task_deadline;
    states->fetch_due = fmin(states->fetch_due, record->fetch_due);
    holder->fetching++;
    roster_owe(states->roster, worker);
    states_mark_dirty(states, worker);
}

void states_tick(femd_states *states) {
    const double now = states->common->now;
    if (now < states->fetch_due) return;
    states->fetch_due = INFINITY;
    for (uint32_t state = 1; state <= states->records.end; state++) {
        const state_record *record = states_at(states, state);
        if (!record->fetching || states_find(states, &record->hash) != state) continue;
        if (record->fetch_due > now) {
            states->fetch_due = fmin(states->fetch_due, record->fetch_due);
            continue;
        }
        common_log(
            states->common, FEMD_LOG_WARNING, "worker %llu has not sent a state within %g s: it counts as lost there",
            (unsigned long long)roster_number(states->roster, record->fetching), states->common->config.task_deadline);
        states_unhold(states, state, record->fetching);
    }
}

double states_next_due(const femd_states *states) {
    return states->fetch_due;
}

/* An earlier run may have kept the content. */
static void states_recall(femd_states *states, uint32_t state) {
    state_record *record = states_at(states, state);
    const femd_recall *recall = states->common->config.recall;
    femd_bytes content;
    femd_error err = FEMD_ERROR_INIT;
    if (!recall || !recall->state(recall->user, &record->hash, &content)) return;
    record->kept = 1;
    if (states_put(states, state, &content, &err) == FEMD_OK) {
        states_hold_kept(states, state);
        return;
    }
    common_log(states->common, FEMD_LOG_ERROR, "a state that was kept has no room here: %s", err.text);
}

states_care states_look_after(femd_states *states, uint32_t state) {
    state_record *record = states_at(states, state);
    if (record->waits && !record->blob && !record->failed && !record->fetching && !record->making)
        states_recall(states, state);
    if (record->waits && (record->blob || record->failed))
        states_fire(states, state, record->blob ? FEMD_OK : (femd_status)record->failed);
    if (!record->waits) return record->making ? CARE_CALL_OFF : CARE_NOTHING;
    if (record->fetching || record->making) return CARE_NOTHING;
    if (!record->holdings) return CARE_MAKE;
    states_fetch(states, state);
    return CARE_NOTHING;
}

void states_begin_making(femd_states *states, uint32_t state) {
    states_at(states, state)->making = 1;
}

void states_end_making(femd_states *states, uint32_t state, femd_status status) {
    state_record *record = states_at(states, state);
    record->making = 0;
    if (status != FEMD_OK) record->failed = status;
    if (record->waits) states_check(states, state);
}

void states_give_up(femd_states *states, uint32_t state, femd_status status) {
    states_fire(states, state, status);
}

/* ---- content coming and messages going ---- */

femd_status states_put(femd_states *states, uint32_t state, const femd_bytes *blob, femd_error *err) {
    state_record *record = states_at(states, state);
    if (record->blob) return FEMD_OK;
    FEMD_TRY(femd_limits_room(&states->common->limits, blob->size, "a state", err));
    record->blob = femd_blob_put(blob->data, blob->size);
    if (!record->blob) return femd_fail(err, FEMD_NO_MEMORY, "no memory for a state of %zu bytes", blob->size);
    femd_limits_add(&states->common->limits, BYTES_STATES, blob->size);
    states->blob_mean += 0.1 * ((double)blob->size - states->blob_mean);
    if (record->waits) states_check(states, state);
    return FEMD_OK;
}

femd_status states_had(femd_states *states, uint32_t worker, const femd_frame *frame, femd_error *err) {
    femd_reader reader;
    femd_hash hash;
    int got;
    femd_reader_open(frame, &reader);
    while ((got = femd_hash_next(&reader, &hash, err)) == 1) {
        const uint32_t state = states_find(states, &hash);
        if (state && states_at(states, state)->refs) {
            states_hold(states, state, worker);
            if (states_at(states, state)->waits) states_check(states, state);
        } else {
            states_drop_unknown(states, worker, &hash);
        }
    }
    return got < 0 ? FEMD_PROTOCOL : FEMD_OK;
}

void states_keep(femd_states *states, uint32_t state) {
    state_record *record = states_at(states, state);
    if (!states->common->config.recall || record->kept || !record->blob) return;
    femd_buffer bytes = outbox_take(states->outbox);
    if (femd_buffer_append(&bytes, femd_blob_data(record->blob), femd_blob_size(record->blob), NULL) != FEMD_OK) {
        femd_buffer_clear(&bytes); /* no room for a copy: it is made again by who needs it */
        return;
    }
    record->kept = 1;
    outbox_keep(states->outbox, FEMD_ACTION_KEEP_STATE, &bytes);
    states_hold_kept(states, state);
}

uint32_t states_keep_again(femd_states *states, uint32_t from, uint64_t bytes) {
    uint64_t done = 0;
    for (uint32_t state = from ? from : 1; state <= states_last(states); state++) {
        state_record *record = states_at(states, state);
        if (!record->kept_held || !record->blob) continue;
        if (done >= bytes) return state;
        done += femd_blob_size(record->blob);
        record->kept = 0;
        states_keep(states, state);
    }
    return FEMD_NIL;
}

/* asked: it is an answer to STATE_GET. A worker that makes room sends what it gives up unasked, and says that it is not
 * held there any more. */
static void states_receive_one(femd_states *states, uint32_t worker, const femd_state_entry *entry, int asked) {
    state_holder *holder = states_holder_at(states, worker);
    if (asked && holder->fetching) {
        holder->fetching--;
        roster_pay(states->roster, worker);
    }
    uint32_t state = states_find(states, &entry->hash);
    if (!state) return;
    state_record *record = states_at(states, state);
    if (record->fetching == worker) record->fetching = FEMD_NIL;
    if (record->waits) states_check(states, state);
    if (!asked && !entry->blob.size) states_unhold(states, state, worker);
    if (record->refs == 0 || record->blob) return;
    femd_hash content;
    if (entry->blob.size) femd_hash_domain("state", entry->blob.data, entry->blob.size, &content);
    if (!entry->blob.size || !femd_hash_equal(&content, &entry->hash)) {
        if (entry->blob.size)
            common_log(states->common, FEMD_LOG_ERROR, "worker %llu sent a state that does not fit its name",
                       (unsigned long long)roster_number(states->roster, worker));
        states_unhold(states, state, worker);
        return;
    }
    femd_error err = FEMD_ERROR_INIT;
    femd_status rc = states_put(states, state, &entry->blob, &err);
    if (rc == FEMD_OK) return;
    common_log(states->common, FEMD_LOG_ERROR, "a state could not be kept: %s", err.text);
    record->failed = rc;
    states->not_kept = err;
}

const char *states_why(const femd_states *states, femd_status status) {
    const femd_error *last = &states->not_kept;
    return status != FEMD_OK && last->code == (int)status ? last->text : femd_status_text(status);
}

femd_status states_receive(femd_states *states, uint32_t worker, const femd_frame *frame, femd_error *err) {
    femd_reader reader;
    femd_state_entry entry;
    int got;
    femd_reader_open(frame, &reader);
    while ((got = femd_state_next(&reader, &entry, err)) == 1)
        states_receive_one(states, worker, &entry, frame->id == 0);
    return got < 0 ? FEMD_PROTOCOL : FEMD_OK;
}

static void states_send_hashes(femd_states *states, uint32_t worker, uint16_t type, femd_buffer *hashes, size_t most) {
    size_t count = hashes->size / HASH_BYTES;
    for (size_t i = 0; i < count; i += most) {
        size_t part = count - i < most ? count - i : most;
        femd_buffer frame = outbox_take(states->outbox);
        if (femd_frame_begin(&frame, type, 0, NULL) != FEMD_OK ||
            femd_buffer_append(&frame, hashes->data + i * HASH_BYTES, part * HASH_BYTES, NULL) != FEMD_OK) {
            common_no_memory(states->common);
            femd_buffer_clear(&frame);
            return;
        }
        femd_frame_finish(&frame, (uint32_t)part);
        outbox_send(states->outbox, roster_address(states->roster, worker), &frame);
    }
    hashes->size = 0;
}

void states_flush(femd_states *states) {
    size_t most = states->blob_mean > 1 ? (size_t)(GET_BYTES / states->blob_mean) : GET_HASHES_MAX;
    if (most < 1) most = 1;
    if (most > GET_HASHES_MAX) most = GET_HASHES_MAX;
    for (uint32_t i = 0; i < states->dirty.count; i++) {
        uint32_t worker = states->dirty.at[i];
        state_holder *holder = states_holder_at(states, worker);
        holder->dirty = 0;
        states_send_hashes(states, worker, FEMD_MSG_STATE_GET, &holder->gets, most);
        states_send_hashes(states, worker, FEMD_MSG_DROP, &holder->drops, DROP_HASHES_MAX);
    }
    states->dirty.count = 0;
}
