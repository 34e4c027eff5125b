/* Clients that fetch states. The answer is one STATE frame, or several of the same id if one would be too long. */
#include "gets.h"

#include <stdlib.h>
#include <string.h>

#include "femd/parts.h"

enum { GET_MAX = 1 << 20 };
#define GET_ORPHAN UINT32_MAX /* its client has left */

typedef struct get_state {
    uint32_t state; /* a reference; FEMD_NIL = unknown */
    uint32_t wait;  /* FEMD_NIL: not waited for */
} get_state;

typedef struct get_record {
    femd_slot slot;
    uint32_t client; /* FEMD_NIL: the place is free */
    uint64_t id;
    femd_hash *hash; /* owned */
    get_state *at;   /* owned */
    uint32_t count, missing;
    uint32_t next; /* of those that are complete */
} get_record;

struct femd_gets {
    femd_common *common;
    femd_roster *roster;
    femd_outbox *outbox;
    femd_states *states;
    femd_slab records;
    uint32_t ready_head, ready_tail; /* complete, to be answered */
};

static get_record *gets_at(const femd_gets *gets, uint32_t get) {
    return femd_slab_at(&gets->records, get);
}

femd_gets *gets_create(femd_common *common, femd_roster *roster, femd_outbox *outbox, femd_states *states) {
    femd_gets *gets = calloc(1, sizeof *gets);
    if (!gets) return NULL;
    gets->common = common;
    gets->roster = roster;
    gets->outbox = outbox;
    gets->states = states;
    femd_slab_init(&gets->records, sizeof(get_record));
    return gets;
}

/* Bytes of the books for so many states. */
static uint64_t gets_bytes(uint32_t count) {
    return (uint64_t)count * (sizeof(femd_hash) + sizeof(get_state));
}

static void gets_free(get_record *record) {
    free(record->hash);
    free(record->at);
    record->hash = NULL;
    record->at = NULL;
    record->client = FEMD_NIL;
}

void gets_destroy(femd_gets **gets) {
    if (!*gets) return;
    for (uint32_t get = 1; get <= (*gets)->records.end; get++) gets_free(gets_at(*gets, get));
    femd_slab_clear(&(*gets)->records);
    free(*gets);
    *gets = NULL;
}

static void gets_end(femd_gets *gets, uint32_t get) {
    get_record *record = gets_at(gets, get);
    for (uint32_t i = 0; i < record->count; i++) {
        if (record->at[i].wait) states_unwait(gets->states, record->at[i].wait);
        if (record->at[i].state) states_unref(gets->states, record->at[i].state);
    }
    femd_limits_sub(&gets->common->limits, BYTES_BOOKS, gets_bytes(record->count));
    gets_free(record);
    femd_slab_give(&gets->records, get);
}

static void gets_send_part(femd_gets *gets, const get_record *record, femd_buffer *frame, uint32_t count) {
    femd_frame_finish(frame, count);
    outbox_send(gets->outbox, roster_address(gets->roster, record->client), frame);
}

/* An answer is copied on its way: what would not fit beside all else is refused, however often a state is named. */
static femd_status gets_check_answer(const femd_gets *gets, const get_record *record, femd_error *err) {
    const uint64_t most = gets->common->config.memory_bytes / 4;
    uint64_t bytes = 0;
    for (uint32_t i = 0; i < record->count; i++)
        if (record->at[i].state) bytes += states_content(gets->states, record->at[i].state).size;
    if (bytes <= most || record->count == 1) return FEMD_OK;
    return femd_fail(
        err, FEMD_LIMIT,
        "STATE_GET: the states named take %llu bytes, this server answers up to %llu at a time; name fewer, "
        "or start it with a larger --memory",
        (unsigned long long)bytes, (unsigned long long)most);
}

static void gets_answer(femd_gets *gets, const get_record *record) {
    femd_error err = FEMD_ERROR_INIT;
    if (gets_check_answer(gets, record, &err) != FEMD_OK) {
        outbox_send_error(gets->outbox, roster_address(gets->roster, record->client), record->id, &err);
        return;
    }
    femd_buffer frame = outbox_take(gets->outbox);
    uint32_t count = 0;
    femd_status rc = femd_frame_begin(&frame, FEMD_MSG_STATE, record->id, NULL);
    for (uint32_t i = 0; i < record->count && rc == FEMD_OK; i++) {
        femd_state_entry entry = {record->hash[i], {NULL, 0}};
        if (record->at[i].state) entry.blob = states_content(gets->states, record->at[i].state);
        if (count && frame.size + entry.blob.size + sizeof entry.hash + 8 > FEMD_WIRE_MAX) {
            gets_send_part(gets, record, &frame, count);
            count = 0;
            frame = outbox_take(gets->outbox);
            rc = femd_frame_begin(&frame, FEMD_MSG_STATE, record->id, NULL);
        }
        if (rc == FEMD_OK) rc = femd_state_add(&frame, &entry, NULL);
        count++;
    }
    if (rc == FEMD_OK) {
        gets_send_part(gets, record, &frame, count);
        return;
    }
    common_no_memory(gets->common);
    femd_buffer_clear(&frame);
}

static void gets_one_less(femd_gets *gets, uint32_t get) {
    get_record *record = gets_at(gets, get);
    if (--record->missing) return;
    record->next = FEMD_NIL;
    if (gets->ready_tail)
        gets_at(gets, gets->ready_tail)->next = get;
    else
        gets->ready_head = get;
    gets->ready_tail = get;
}

int gets_is_restless(const femd_gets *gets) {
    return gets->ready_head != FEMD_NIL;
}

void gets_settle(femd_gets *gets) {
    const uint64_t most = gets->common->config.memory_bytes / 8;
    while (gets->ready_head && outbox_waiting(gets->outbox) < most) {
        const uint32_t get = gets->ready_head;
        gets->ready_head = gets_at(gets, get)->next;
        if (!gets->ready_head) gets->ready_tail = FEMD_NIL;
        if (gets_at(gets, get)->client != GET_ORPHAN) gets_answer(gets, gets_at(gets, get));
        gets_end(gets, get);
    }
}

/* A state that cannot be had has no content, which is what the client is told. */
void gets_input(femd_gets *gets, const states_ready_wait *ready) {
    gets_at(gets, ready->waiter.who)->at[ready->waiter.index].wait = FEMD_NIL;
    gets_one_less(gets, ready->waiter.who);
}

/* The get is answered from what is here, and waits for the rest. */
static void gets_look_up(femd_gets *gets, uint32_t get) {
    get_record *record = gets_at(gets, get);
    record->missing = 1; /* this call's own */
    for (uint32_t i = 0; i < record->count; i++) {
        uint32_t state = states_find(gets->states, &record->hash[i]);
        record->at[i].state = state;
        if (!state) continue;
        states_ref(gets->states, state);
        if (states_content(gets->states, state).data) continue;
        record->missing++;
        record->at[i].wait =
            states_wait(gets->states, state, &(states_waiter){.kind = WAITER_GET, .who = get, .index = i});
    }
    gets_one_less(gets, get);
}

femd_status gets_begin(femd_gets *gets, uint32_t client, const femd_frame *frame, femd_error *err) {
    if (frame->count > GET_MAX || frame->body.size != (size_t)frame->count * sizeof(femd_hash))
        return femd_fail(err, FEMD_PROTOCOL, "STATE_GET: %zu bytes do not fit %u hashes (at most %d)", frame->body.size,
                         frame->count, GET_MAX);
    FEMD_TRY(femd_limits_room(&gets->common->limits, gets_bytes(frame->count) + frame->count * states_wait_bytes(),
                              "a request of states", err));
    uint32_t get = femd_slab_take(&gets->records);
    if (!get) return femd_fail(err, FEMD_NO_MEMORY, "no memory for a request of states");
    get_record *record = gets_at(gets, get);
    record->client = client;
    record->id = frame->id;
    record->hash = calloc(frame->count + 1, sizeof *record->hash);
    record->at = calloc(frame->count + 1, sizeof *record->at);
    if (!record->hash || !record->at) {
        gets_end(gets, get);
        return femd_fail(err, FEMD_NO_MEMORY, "no memory for a request of %u states", frame->count);
    }
    memcpy(record->hash, frame->body.data, frame->body.size);
    record->count = frame->count;
    femd_limits_add(&gets->common->limits, BYTES_BOOKS, gets_bytes(frame->count));
    gets_look_up(gets, get);
    return FEMD_OK;
}

/* One that is in the queue is ended when its turn comes. */
static void gets_client_left(femd_gets *gets, uint32_t get) {
    if (gets_at(gets, get)->missing)
        gets_end(gets, get);
    else
        gets_at(gets, get)->client = GET_ORPHAN;
}

void gets_client_gone(femd_gets *gets, uint32_t client) {
    for (uint32_t get = 1; get <= gets->records.end; get++)
        if (gets_at(gets, get)->client == client) gets_client_left(gets, get);
}

void gets_count_held(const femd_gets *gets, uint32_t *refs, uint64_t *bytes) {
    for (uint32_t get = 1; get <= gets->records.end; get++) {
        const get_record *record = gets_at(gets, get);
        if (!record->client) continue;
        *bytes += gets_bytes(record->count);
        for (uint32_t i = 0; i < record->count; i++)
            if (record->at[i].state) refs[record->at[i].state]++;
    }
}
