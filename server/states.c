/* The book of states: names, reasons to keep them, and which worker holds which. */
#include "states_private.h"

#include <math.h>
#include <stdlib.h>

enum { HASH_BYTES = 32 };
#define MOVING_RATE  5e8  /* bytes/s at which a state moves to another worker */
#define MOVING_DELAY 5e-4 /* s that a move costs at least: a message, and a cold cache */

static const femd_hash *states_record_name(const void *item) {
    return &((const state_record *)item)->hash;
}

femd_states *states_create(femd_common *common, femd_roster *roster, femd_outbox *outbox) {
    femd_states *states = calloc(1, sizeof *states);
    if (!states) return NULL;
    states->common = common;
    states->roster = roster;
    states->outbox = outbox;
    states->fetch_due = INFINITY;
    femd_slab_init(&states->records, sizeof(state_record));
    femd_slab_init(&states->holdings, sizeof(state_holding));
    femd_slab_init(&states->waits, sizeof(state_wait));
    femd_table_init(&states->by_hash, &states->records, states_record_name);
    femd_table_init(&states->by_holding, NULL, NULL);
    femd_rows_init(&states->holders, sizeof(state_holder));
    return states;
}

void states_destroy(femd_states **states) {
    femd_states *gone = *states;
    if (!gone) return;
    for (uint32_t state = 1; state <= gone->records.end; state++) femd_blob_drop(&states_at(gone, state)->blob);
    for (uint32_t worker = 0; worker < femd_rows_end(&gone->holders); worker++) {
        femd_buffer_clear(&states_holder_at(gone, worker)->gets);
        femd_buffer_clear(&states_holder_at(gone, worker)->drops);
    }
    femd_slab_clear(&gone->records);
    femd_slab_clear(&gone->holdings);
    femd_slab_clear(&gone->waits);
    femd_table_clear(&gone->by_hash);
    femd_table_clear(&gone->by_holding);
    femd_rows_clear(&gone->holders);
    femd_list_clear(&gone->restless);
    femd_list_clear(&gone->dirty);
    free(gone);
    *states = NULL;
}

uint32_t states_find(const femd_states *states, const femd_hash *hash) {
    return femd_table_find(&states->by_hash, hash);
}

uint32_t states_enter(femd_states *states, const femd_hash *hash) {
    uint32_t state = states_find(states, hash);
    if (state) return state;
    state = femd_slab_take(&states->records);
    if (!state || !femd_table_put(&states->by_hash, hash, state)) {
        common_no_memory(states->common);
        if (state) femd_slab_give(&states->records, state);
        return FEMD_NIL;
    }
    states_at(states, state)->hash = *hash;
    femd_limits_add(&states->common->limits, BYTES_BOOKS, STATE_BOOK);
    return state;
}

size_t states_book_bytes(void) {
    return STATE_BOOK;
}

size_t states_wait_bytes(void) {
    return WAIT_BOOK;
}

const femd_hash *states_name(const femd_states *states, uint32_t state) {
    return &states_at(states, state)->hash;
}

femd_bytes states_content(const femd_states *states, uint32_t state) {
    const femd_blob *blob = states_at(states, state)->blob;
    if (!blob) return (femd_bytes){NULL, 0};
    return (femd_bytes){femd_blob_data(blob), femd_blob_size(blob)};
}

uint32_t states_count(const femd_states *states) {
    return states->records.live;
}

uint32_t states_last(const femd_states *states) {
    return states->records.end;
}

/* ---- workers that hold it ---- */

static uint64_t states_holding_key(uint32_t state, uint32_t worker) {
    return (uint64_t)state << 32 | worker;
}

int states_worker_here(femd_states *states, uint32_t worker) {
    return femd_rows_reach(&states->holders, worker);
}

int states_is_held(const femd_states *states, uint32_t state, uint32_t worker) {
    return femd_table_find64(&states->by_holding, states_holding_key(state, worker)) != FEMD_NIL;
}

void states_hold(femd_states *states, uint32_t state, uint32_t worker) {
    if (states_is_held(states, state, worker)) return;
    uint32_t number = femd_slab_take(&states->holdings);
    if (!number || !femd_table_put64(&states->by_holding, states_holding_key(state, worker), number)) {
        common_no_memory(states->common);
        if (number) femd_slab_give(&states->holdings, number);
        return;
    }
    state_record *record = states_at(states, state);
    state_holder *holder = states_holder_at(states, worker);
    state_holding *holding = states_holding_at(states, number);
    holding->state = state;
    holding->worker = worker;
    holding->state_next = record->holdings;
    holding->worker_next = holder->holdings;
    if (record->holdings) states_holding_at(states, record->holdings)->state_prev = number;
    if (holder->holdings) states_holding_at(states, holder->holdings)->worker_prev = number;
    record->holdings = holder->holdings = number;
    record->holders++;
    holder->held++;
}

void states_forget_holding(femd_states *states, uint32_t number) {
    state_holding *holding = states_holding_at(states, number);
    state_record *record = states_at(states, holding->state);
    state_holder *holder = states_holder_at(states, holding->worker);
    if (holding->state_prev)
        states_holding_at(states, holding->state_prev)->state_next = holding->state_next;
    else
        record->holdings = holding->state_next;
    if (holding->state_next) states_holding_at(states, holding->state_next)->state_prev = holding->state_prev;
    if (holding->worker_prev)
        states_holding_at(states, holding->worker_prev)->worker_next = holding->worker_next;
    else
        holder->holdings = holding->worker_next;
    if (holding->worker_next) states_holding_at(states, holding->worker_next)->worker_prev = holding->worker_prev;
    record->holders--;
    holder->held--;
    femd_table_remove64(&states->by_holding, states_holding_key(holding->state, holding->worker), number);
    femd_slab_give(&states->holdings, number);
}

void states_unhold(femd_states *states, uint32_t state, uint32_t worker) {
    state_record *record = states_at(states, state);
    uint32_t holding = femd_table_find64(&states->by_holding, states_holding_key(state, worker));
    if (holding) states_forget_holding(states, holding);
    if (record->fetching == worker) record->fetching = FEMD_NIL;
    if (record->waits) states_check(states, state);
}

void states_worker_gone(femd_states *states, uint32_t worker) {
    state_holder *holder = states_holder_at(states, worker);
    while (holder->holdings) {
        uint32_t state = states_holding_at(states, holder->holdings)->state;
        state_record *record = states_at(states, state);
        if (record->fetching == worker) record->fetching = FEMD_NIL;
        states_forget_holding(states, holder->holdings);
        if (record->waits) states_check(states, state);
        states_trim(states, state);
    }
    for (; holder->fetching; holder->fetching--) roster_pay(states->roster, worker);
    femd_buffer_clear(&holder->gets);
    femd_buffer_clear(&holder->drops);
}

uint32_t states_holders(const femd_states *states, uint32_t state) {
    return states_at(states, state)->holders;
}

uint32_t states_list_holders(const femd_states *states, uint32_t state, uint32_t *worker, uint32_t room) {
    uint32_t count = 0;
    for (uint32_t holding = states_at(states, state)->holdings; holding && count < room;
         holding = states_holding_at(states, holding)->state_next)
        worker[count++] = states_holding_at(states, holding)->worker;
    return count;
}

uint32_t states_held(const femd_states *states, uint32_t worker) {
    return states_holder_at(states, worker)->held;
}

uint32_t states_fetching(const femd_states *states, uint32_t worker) {
    return states_holder_at(states, worker)->fetching;
}

uint32_t states_sole_committed(const femd_states *states, uint32_t worker) {
    uint32_t count = 0;
    for (uint32_t holding = states_holder_at(states, worker)->holdings; holding;
         holding = states_holding_at(states, holding)->worker_next) {
        const state_record *record = states_at(states, states_holding_at(states, holding)->state);
        count += record->committed > 0 && record->holders == 1;
    }
    return count;
}

void states_mark_dirty(femd_states *states, uint32_t worker) {
    state_holder *holder = states_holder_at(states, worker);
    if (holder->dirty) return;
    holder->dirty = 1;
    if (!femd_list_push(&states->dirty, worker)) common_no_memory(states->common);
}

void states_drop_unknown(femd_states *states, uint32_t worker, const femd_hash *hash) {
    femd_buffer *drops = &states_holder_at(states, worker)->drops;
    if (femd_buffer_append(drops, hash->b, HASH_BYTES, NULL) != FEMD_OK) common_no_memory(states->common);
    states_mark_dirty(states, worker);
}

double states_moving_time(const femd_states *states) {
    return MOVING_DELAY + states->blob_mean / MOVING_RATE;
}

/* ---- reasons to keep it ---- */

static void states_tell_store(femd_states *states, const state_record *record, femd_action_kind kind) {
    femd_buffer name = outbox_take(states->outbox);
    if (femd_buffer_append(&name, record->hash.b, HASH_BYTES, NULL) == FEMD_OK)
        outbox_keep(states->outbox, kind, &name);
    else
        common_no_memory(states->common);
}

void states_hold_kept(femd_states *states, uint32_t state) {
    state_record *record = states_at(states, state);
    if (!states->common->config.recall || record->kept_held || states->common->replaying) return;
    record->kept_held = 1;
    states_tell_store(states, record, FEMD_ACTION_HOLD_STATE);
}

/* What nobody needs may go from the store, and is handed out again should it be needed once more. */
static void states_release_kept(femd_states *states, state_record *record) {
    if (record->kept_held) states_tell_store(states, record, FEMD_ACTION_RELEASE_STATE);
    record->kept = record->kept_held = 0;
}

static void states_drop_content(femd_states *states, uint32_t state) {
    state_record *record = states_at(states, state);
    states_release_kept(states, record);
    if (record->blob) femd_limits_sub(&states->common->limits, BYTES_STATES, femd_blob_size(record->blob));
    femd_blob_drop(&record->blob);
    while (record->holdings) {
        states_drop_unknown(states, states_holding_at(states, record->holdings)->worker, &record->hash);
        states_forget_holding(states, record->holdings);
    }
    record->fetching = FEMD_NIL;
}

void states_trim(femd_states *states, uint32_t state) {
    state_record *record = states_at(states, state);
    if (record->refs) return;
    states_drop_content(states, state);
    if (record->makers || record->restless) return;
    femd_table_remove(&states->by_hash, &record->hash, state);
    femd_limits_sub(&states->common->limits, BYTES_BOOKS, STATE_BOOK);
    femd_slab_give(&states->records, state);
}

void states_ref(femd_states *states, uint32_t state) {
    states_at(states, state)->refs++;
}

void states_unref(femd_states *states, uint32_t state) {
    if (--states_at(states, state)->refs == 0) states_trim(states, state);
}

int states_is_needed(const femd_states *states, uint32_t state) {
    return states_at(states, state)->refs > 0;
}

void states_commit(femd_states *states, uint32_t state) {
    states_at(states, state)->committed++;
}

void states_uncommit(femd_states *states, uint32_t state) {
    states_at(states, state)->committed--;
}

void states_remember(femd_states *states, uint32_t state) {
    states_at(states, state)->makers++;
}

void states_forget(femd_states *states, uint32_t state) {
    state_record *record = states_at(states, state);
    record->makers--;
    if (record->waits) states_check(states, state);
    states_trim(states, state);
}

/* ---- audit ---- */

static int states_audit_one(const femd_states *states, uint32_t state, uint32_t *holders, uint32_t *waits,
                            femd_error *err) {
    const state_record *record = states_at(states, state);
    for (uint32_t holding = record->holdings; holding; holding = states_holding_at(states, holding)->state_next) {
        FEMD_CLAIM(roster_is_here(states->roster, states_holding_at(states, holding)->worker),
                   "state %u is held by a worker that is gone", state);
        ++*holders;
    }
    FEMD_CLAIM(*holders == record->holders, "state %u has %u holders, counts %u", state, *holders, record->holders);
    for (uint32_t wait = record->waits; wait; wait = states_wait_at(states, wait)->next) ++*waits;
    FEMD_CLAIM(!record->waits || record->fetching || record->making || record->restless,
               "nobody looks after state %u, which is waited for", state);
    FEMD_CLAIM(!record->fetching || roster_is_here(states->roster, record->fetching),
               "state %u is fetched from a worker that is gone", state);
    return 0;
}

int states_audit(const femd_states *states, const uint32_t *refs, const uint32_t *committed, const uint32_t *makers,
                 uint64_t *books, femd_error *err) {
    uint64_t bytes = 0;
    uint32_t live = 0, held = 0, waiting = 0;
    for (uint32_t state = 1; state <= states->records.end; state++) {
        const state_record *record = states_at(states, state);
        if (states_find(states, &record->hash) != state) continue;
        uint32_t holders = 0, waits = 0;
        if (states_audit_one(states, state, &holders, &waits, err) != 0) return -1;
        FEMD_CLAIM(record->refs == refs[state] + waits + record->given_up, "state %u has %u references, %u are known",
                   state, record->refs, refs[state] + waits);
        FEMD_CLAIM(record->committed == committed[state], "state %u counts %u commits, %u are known", state,
                   record->committed, committed[state]);
        FEMD_CLAIM(record->makers == makers[state], "state %u counts %u makers, %u are known", state, record->makers,
                   makers[state]);
        FEMD_CLAIM(record->refs || (!record->blob && !record->holders), "state %u is kept without reason", state);
        FEMD_CLAIM(record->refs || record->makers || record->restless, "state %u is in the book without reason", state);
        live++;
        held += holders;
        waiting += waits;
        if (record->blob) bytes += femd_blob_size(record->blob);
    }
    FEMD_CLAIM(!states->ready_head, "a wait is over and nobody was told");
    FEMD_CLAIM(live == states->records.live, "%u states are named, %u are live", live, states->records.live);
    FEMD_CLAIM(held == states->holdings.live, "%u holdings are linked, %u are live", held, states->holdings.live);
    FEMD_CLAIM(waiting == states->waits.live, "%u waits are linked, %u are live", waiting, states->waits.live);
    FEMD_CLAIM(bytes == states->common->limits.held[BYTES_STATES], "states hold %llu bytes, the book says %llu",
               (unsigned long long)bytes, (unsigned long long)states->common->limits.held[BYTES_STATES]);
    *books = (uint64_t)live * STATE_BOOK + (uint64_t)waiting * WAIT_BOOK;
    return 0;
}
