/* The ledger of evaluations: records, who wants them, how long they stay, and the queue of answers. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "ledger_private.h"

/* Others keep a place in a queue (16 bytes) and a list of askers (8) for each record. */
enum { RECORD_BYTES = sizeof(evaluation) + 24 };

static const femd_hash *ledger_name(const void *item) {
    return &((const evaluation *)item)->key;
}

femd_ledger *ledger_create(const ledger_rooms *rooms) {
    femd_ledger *ledger = calloc(1, sizeof *ledger);
    if (!ledger) return NULL;
    ledger->common = rooms->common;
    ledger->roster = rooms->roster;
    ledger->catalogue = rooms->catalogue;
    ledger->outbox = rooms->outbox;
    ledger->states = rooms->states;
    ledger->lanes = rooms->lanes;
    ledger->deaths = rooms->deaths;
    femd_slab_init(&ledger->records, sizeof(evaluation));
    femd_table_init(&ledger->by_key, &ledger->records, ledger_name);
    femd_rows_init(&ledger->workers, sizeof(ledger_worker));
    femd_rows_init(&ledger->made, sizeof(ledger_state));
    femd_rows_init(&ledger->troubles, sizeof(ledger_trouble));
    femd_slab_init(&ledger->hearings, sizeof(ledger_hearing));
    femd_rows_init(&ledger->authors, sizeof(ledger_author));
    femd_table_init(&ledger->by_number, NULL, NULL);
    ledger->next_review = INFINITY;
    if (!femd_rows_reach(&ledger->authors, 0)) ledger_destroy(&ledger);
    return ledger;
}

void ledger_destroy(femd_ledger **ledger) {
    if (!*ledger) return;
    femd_slab_clear(&(*ledger)->records);
    femd_table_clear(&(*ledger)->by_key);
    femd_rows_clear(&(*ledger)->workers);
    femd_rows_clear(&(*ledger)->made);
    femd_rows_clear(&(*ledger)->troubles);
    femd_slab_clear(&(*ledger)->hearings);
    femd_rows_clear(&(*ledger)->authors);
    femd_table_clear(&(*ledger)->by_number);
    femd_list_clear(&(*ledger)->untold);
    femd_list_clear(&(*ledger)->verdicts);
    femd_chunks_clear(&(*ledger)->chunks);
    free((*ledger)->builds);
    free(*ledger);
    *ledger = NULL;
}

/* ---- records ---- */

void ledger_expect(const femd_ledger *ledger, const femd_hash *key) {
    femd_table_expect(&ledger->by_key, key);
}

uint32_t ledger_find(const femd_ledger *ledger, const femd_hash *key) {
    return femd_table_find(&ledger->by_key, key);
}

uint32_t ledger_add(femd_ledger *ledger, const femd_hash *key, const femd_request *request, uint32_t material) {
    uint32_t number = femd_slab_take(&ledger->records);
    if (!number || !femd_table_put(&ledger->by_key, key, number)) {
        common_no_memory(ledger->common);
        if (number) femd_slab_give(&ledger->records, number);
        return FEMD_NIL;
    }
    evaluation *record = ledger_at(ledger, number);
    record->key = *key;
    record->request = *request;
    record->material = material;
    record->inputs = catalogue_caps(ledger->catalogue, material)->inputs;
    record->stage = STAGE_DONE;
    catalogue_record(ledger->catalogue, material);
    femd_limits_add(&ledger->common->limits, BYTES_REQUESTS, RECORD_BYTES);
    return number;
}

size_t ledger_record_bytes(void) {
    return RECORD_BYTES;
}

const femd_hash *ledger_key(const femd_ledger *ledger, uint32_t number) {
    return &ledger_at(ledger, number)->key;
}

const femd_request *ledger_request(const femd_ledger *ledger, uint32_t number) {
    return &ledger_at(ledger, number)->request;
}

uint32_t ledger_state_in(const femd_ledger *ledger, uint32_t number) {
    return ledger_at(ledger, number)->state_in;
}

uint32_t ledger_state_out(const femd_ledger *ledger, uint32_t number) {
    return ledger_at(ledger, number)->state_out;
}

femd_bytes ledger_response(const femd_ledger *ledger, uint32_t number) {
    const evaluation *record = ledger_at(ledger, number);
    if (record->hearing) return (femd_bytes){NULL, 0}; /* it is believed from nobody until that is decided */
    return (femd_bytes){record->response, record->response_size};
}

int ledger_is_done(const femd_ledger *ledger, uint32_t number) {
    return ledger_at(ledger, number)->stage == STAGE_DONE;
}

uint32_t ledger_trial(const femd_ledger *ledger, uint32_t number) {
    return ledger_at(ledger, number)->trial;
}

/* ---- finished ones, by last use ---- */

static uint64_t ledger_cached_bytes(const evaluation *record) {
    return RECORD_BYTES + record->response_size;
}

void ledger_cache(femd_ledger *ledger, uint32_t number) {
    evaluation *record = ledger_at(ledger, number);
    if (record->flags & LEDGER_CACHED) return;
    record->flags |= LEDGER_CACHED;
    record->used_prev = FEMD_NIL;
    record->used_next = ledger->used_head;
    if (ledger->used_head)
        ledger_at(ledger, ledger->used_head)->used_prev = number;
    else
        ledger->used_tail = number;
    ledger->used_head = number;
    ledger->cached += ledger_cached_bytes(record);
}

void ledger_uncache(femd_ledger *ledger, uint32_t number) {
    evaluation *record = ledger_at(ledger, number);
    if (!(record->flags & LEDGER_CACHED)) return;
    record->flags &= (uint8_t)~LEDGER_CACHED;
    if (record->used_prev)
        ledger_at(ledger, record->used_prev)->used_next = record->used_next;
    else
        ledger->used_head = record->used_next;
    if (record->used_next)
        ledger_at(ledger, record->used_next)->used_prev = record->used_prev;
    else
        ledger->used_tail = record->used_prev;
    ledger->cached -= ledger_cached_bytes(record);
}

void ledger_use(femd_ledger *ledger, uint32_t number) {
    if (!(ledger_at(ledger, number)->flags & LEDGER_CACHED)) return;
    ledger_uncache(ledger, number);
    ledger_cache(ledger, number);
}

uint64_t ledger_cached(const femd_ledger *ledger) {
    return ledger->cached;
}

uint8_t *ledger_store(femd_ledger *ledger, const femd_bytes *bytes) {
    uint8_t *copy = femd_chunk_take(&ledger->chunks, bytes->size);
    if (!copy) {
        common_no_memory(ledger->common);
        return NULL;
    }
    memcpy(copy, bytes->data, bytes->size);
    femd_limits_add(&ledger->common->limits, BYTES_RESPONSES, bytes->size);
    return copy;
}

void ledger_unstore(femd_ledger *ledger, uint8_t **bytes, uint32_t *size) {
    if (!*bytes) return;
    femd_limits_sub(&ledger->common->limits, BYTES_RESPONSES, *size);
    femd_chunk_give(&ledger->chunks, *bytes, *size);
    *bytes = NULL;
    *size = 0;
}

static int ledger_is_poison(const evaluation *record) {
    return record->flags & LEDGER_POISON && !(record->flags & LEDGER_ANSWERED);
}

void ledger_forget_poison(femd_ledger *ledger, uint32_t number) {
    evaluation *record = ledger_at(ledger, number);
    if (!ledger_is_poison(record) || ledger->common->now - record->poisoned < POISON_TIME) return;
    ledger_uncache(ledger, number);
    ledger_unstore(ledger, &record->response, &record->response_size);
    record->flags &= (uint8_t)~LEDGER_POISON;
}

/* The time is over for each: whoever asks has it tried again. */
uint32_t ledger_forgive_poison(femd_ledger *ledger) {
    uint32_t count = 0;
    for (uint32_t number = 1; number <= ledger->records.end; number++) {
        evaluation *record = ledger_at(ledger, number);
        if (record->stage == STAGE_FREE || !ledger_is_poison(record) ||
            ledger->common->now - record->poisoned >= POISON_TIME)
            continue;
        record->poisoned = ledger->common->now - POISON_TIME;
        count++;
    }
    return count;
}

void ledger_keep_response(femd_ledger *ledger, evaluation *record, const femd_bytes *bytes) {
    record->response = ledger_store(ledger, bytes);
    if (record->response) record->response_size = (uint32_t)bytes->size;
}

/* Give the record up if nothing needs it. */
void ledger_release(femd_ledger *ledger, uint32_t number) {
    evaluation *record = ledger_at(ledger, number);
    if (record->stage != STAGE_DONE || record->claims || record->pins || record->message || record->response) return;
    femd_table_remove(&ledger->by_key, &record->key, number);
    uint32_t state = record->state_out;
    record->state_out = FEMD_NIL;
    if (state) ledger_remove_maker(ledger, state, number);
    record->stage = STAGE_FREE;
    catalogue_unrecord(ledger->catalogue, record->material);
    femd_limits_sub(&ledger->common->limits, BYTES_REQUESTS, RECORD_BYTES);
    femd_slab_give(&ledger->records, number);
}

/* A response that is still to be delivered stays as the answer that passes. */
static void ledger_drop_response(femd_ledger *ledger, evaluation *record) {
    if (record->flags & LEDGER_ANSWERED && !record->passing) {
        record->passing = record->response;
        record->passing_size = record->response_size;
        record->response = NULL;
        record->response_size = 0;
    } else
        ledger_unstore(ledger, &record->response, &record->response_size);
}

void ledger_forget(femd_ledger *ledger, uint32_t number) {
    ledger_uncache(ledger, number);
    ledger_drop_response(ledger, ledger_at(ledger, number));
    ledger_release(ledger, number);
}

/* The places of the table lie all over memory: that of the one after the next is asked for in time. */
void ledger_trim(femd_ledger *ledger, uint64_t bytes) {
    while (ledger->cached > bytes && ledger->used_tail) {
        const uint32_t next = ledger_at(ledger, ledger->used_tail)->used_prev;
        const uint32_t after = next ? ledger_at(ledger, next)->used_prev : FEMD_NIL;
        if (after) femd_table_expect(&ledger->by_key, &ledger_at(ledger, after)->key);
        ledger_forget(ledger, ledger->used_tail);
    }
}

void ledger_pin(femd_ledger *ledger, uint32_t number) {
    evaluation *record = ledger_at(ledger, number);
    if (record->pins++ == 0 && record->state_out) states_ref(ledger->states, record->state_out);
}

void ledger_unpin(femd_ledger *ledger, uint32_t number) {
    evaluation *record = ledger_at(ledger, number);
    if (--record->pins) return;
    if (record->state_out) states_unref(ledger->states, record->state_out);
    if (record->flags & LEDGER_RESTORED && record->flags & LEDGER_DOUBTED && record->stage == STAGE_DONE)
        ledger_forget(ledger, number); /* a result of an earlier life had rested on it */
    else
        ledger_release(ledger, number);
}

/* ---- those who want it ---- */

int ledger_is_wanted(const evaluation *record) {
    return record->claims || record->flags & LEDGER_REMAKE || record->hearing;
}

void ledger_claim(femd_ledger *ledger, uint32_t number) {
    ledger_at(ledger, number)->claims++;
}

void ledger_unclaim(femd_ledger *ledger, uint32_t number) {
    evaluation *record = ledger_at(ledger, number);
    record->claims--;
    if (!ledger_is_wanted(record) && (record->stage == STAGE_QUEUED || record->stage == STAGE_WAITING))
        ledger_abandon(ledger, number);
}

/* ---- the queue of answers ---- */

void ledger_publish(femd_ledger *ledger, uint32_t number, const femd_bytes *bytes) {
    evaluation *record = ledger_at(ledger, number);
    ledger_unstore(ledger, &record->passing, &record->passing_size);
    if (bytes->data != record->response) {
        record->passing = ledger_store(ledger, bytes);
        if (!record->passing) return;
        record->passing_size = (uint32_t)bytes->size;
    }
    if (record->flags & LEDGER_ANSWERED) return;
    record->flags |= LEDGER_ANSWERED;
    record->answered_next = FEMD_NIL;
    if (ledger->answered_tail)
        ledger_at(ledger, ledger->answered_tail)->answered_next = number;
    else
        ledger->answered_head = number;
    ledger->answered_tail = number;
    ledger_pin(ledger, number);
}

int ledger_answered(femd_ledger *ledger, ledger_answered_one *answered) {
    uint32_t number = ledger->answered_head;
    if (!number) return 0;
    const evaluation *record = ledger_at(ledger, number);
    ledger->answered_head = record->answered_next;
    if (!ledger->answered_head) ledger->answered_tail = FEMD_NIL;
    *answered = (ledger_answered_one){.evaluation = number,
                                      .response = {record->response, record->response_size},
                                      .differs = (record->flags & LEDGER_DIFFERS) != 0};
    if (record->passing) answered->response = (femd_bytes){record->passing, record->passing_size};
    return 1;
}

void ledger_delivered(femd_ledger *ledger, uint32_t number) {
    evaluation *record = ledger_at(ledger, number);
    record->flags &= (uint8_t) ~(LEDGER_ANSWERED | LEDGER_DIFFERS);
    ledger_unstore(ledger, &record->passing, &record->passing_size);
    ledger_unpin(ledger, number);
}

/* ---- open and close ---- */

femd_status ledger_open_for(femd_ledger *ledger, uint32_t number, uint32_t run) {
    evaluation *record = ledger_at(ledger, number);
    uint32_t state = FEMD_NIL;
    if (!femd_hash_is_zero(&record->request.state_in)) {
        state = states_find(ledger->states, &record->request.state_in);
        if (!state) return FEMD_STATE_LOST;
    }
    uint32_t lane = lanes_find(ledger->lanes, run, record->material);
    if (!lane) return FEMD_NO_MEMORY;
    if (state) states_ref(ledger->states, state);
    record->state_in = state;
    record->lane = lane;
    record->troubled = 0;
    record->trial = FEMD_NIL;
    lanes_open(ledger->lanes, lane);
    record->stage = STAGE_SENT; /* if a second answer is still to come it will be the first now */
    const uint32_t near = record->hearing ? FEMD_NIL : state; /* one in question is for everybody */
    if (!record->message && lanes_push(ledger->lanes, lane, number, near, 0)) record->stage = STAGE_QUEUED;
    return FEMD_OK;
}

femd_status ledger_open(femd_ledger *ledger, uint32_t number, uint32_t run) {
    femd_status rc = ledger_open_for(ledger, number, run);
    if (rc != FEMD_OK) ledger_release(ledger, number);
    return rc;
}

/* Out of the queue, or out of the wait for its state. */
static void ledger_leave_queue(femd_ledger *ledger, uint32_t number) {
    evaluation *record = ledger_at(ledger, number);
    if (record->stage == STAGE_QUEUED) lanes_remove(ledger->lanes, number);
    if (record->stage != STAGE_WAITING) return;
    ledger->parked--;
    if (record->wait) states_unwait(ledger->states, record->wait);
    record->wait = FEMD_NIL;
}

/* The end of its being open, answered or not. A repetition reports how it went. */
void ledger_close(femd_ledger *ledger, uint32_t number, femd_status status) {
    evaluation *record = ledger_at(ledger, number);
    ledger_leave_queue(ledger, number);
    if (record->stage == STAGE_STARTED) ledger_count_started(ledger, record->worker, -1);
    ledger_drop_hearing(ledger, number);
    record->stage = STAGE_DONE;
    lanes_close(ledger->lanes, record->lane);
    record->lane = FEMD_NIL;
    uint32_t state = record->state_in;
    record->state_in = FEMD_NIL;
    if (state) states_unref(ledger->states, state);
    record->flags &= (uint8_t)~LEDGER_REMAKE;
    ledger_report_remade(ledger, number, status);
    if (record->response) ledger_cache(ledger, number);
}

/* Nobody asks any more, and no state is wanted of it. */
void ledger_abandon(femd_ledger *ledger, uint32_t number) {
    ledger_close(ledger, number, FEMD_CANCELLED);
    ledger_release(ledger, number);
}

/* ---- counts ---- */

uint32_t ledger_count(const femd_ledger *ledger) {
    return ledger->records.live;
}
uint32_t ledger_running(const femd_ledger *ledger) {
    return ledger->running;
}
uint32_t ledger_parked(const femd_ledger *ledger) {
    return ledger->parked;
}
uint32_t ledger_last(const femd_ledger *ledger) {
    return ledger->records.end;
}
