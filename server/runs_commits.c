/* Runs: what a rank keeps alive, commit and abort, states from a checkpoint. */
#include "femd/evaluate.h"
#include "femd/hash.h"
#include "runs_private.h"

/* ---- what a rank keeps alive ---- */

static void runs_unref_all(femd_runs *runs, femd_list *states) {
    for (uint32_t i = 0; i < states->count; i++) states_unref(runs->states, states->at[i]);
    states->count = 0;
}

void runs_release_generation(femd_runs *runs, femd_list *states) {
    for (uint32_t i = 0; i < states->count; i++) states_uncommit(runs->states, states->at[i]);
    runs_unref_all(runs, states);
}

void runs_drop_tentative(femd_runs *runs, run_rank *rank) {
    for (uint32_t i = 0; i < rank->tentative.count; i++) ledger_unpin(runs->ledger, rank->tentative.at[i]);
    rank->tentative.count = 0;
}

void runs_drop_pending(femd_runs *runs, run_rank *rank) {
    for (uint32_t i = 0; i < rank->waits.count; i++)
        if (rank->waits.at[i]) states_unwait(runs->states, rank->waits.at[i]);
    rank->waits.count = 0;
    runs_unref_all(runs, &rank->pending);
    rank->committing = 0;
    rank->missing = 0;
}

/* ---- commit and abort ---- */

static void runs_tell(femd_runs *runs, uint32_t client, uint16_t type, uint64_t id) {
    outbox_send_empty(runs->outbox, roster_address(runs->roster, client), type, id);
}

static void runs_make_final(femd_runs *runs, uint32_t run) {
    run_record *record = runs_at(runs, run);
    uint64_t states = 0;
    uint32_t step = 0;
    for (uint32_t i = 0; i < record->nranks; i++) {
        run_rank *rank = &record->ranks[i];
        runs_release_generation(runs, &rank->previous);
        femd_list oldest = rank->previous;
        rank->previous = rank->current;
        rank->current = rank->pending;
        rank->pending = oldest;
        rank->waits.count = 0;
        for (uint32_t j = 0; j < rank->current.count; j++) states_commit(runs->states, rank->current.at[j]);
        runs_drop_tentative(runs, rank);
        rank->committing = 0;
        rank->has_last = 1;
        rank->last_transaction = rank->transaction;
        rank->last_content = rank->content;
        states += rank->current.count;
        step = rank->step;
        runs_tell(runs, rank->peer, FEMD_MSG_COMMITTED, rank->transaction);
    }
    record->commits++;
    record->last_step = step;
    runs->common->counter.commits++;
    const femd_core_config *config = &runs->common->config;
    if (config->committed) config->committed(config->user, record->name, step, states);
}

static void runs_try_final(femd_runs *runs, uint32_t run) {
    const run_record *record = runs_at(runs, run);
    for (uint32_t i = 0; i < record->nranks; i++)
        if (!record->ranks[i].committing || record->ranks[i].missing) return;
    runs_make_final(runs, run);
}

static femd_status runs_check_step(const run_record *record, uint32_t place, uint32_t step, femd_error *err) {
    for (uint32_t i = 0; i < record->nranks; i++)
        if (i != place && record->ranks[i].committing && record->ranks[i].step != step)
            return femd_fail(err, FEMD_BAD_ARGUMENT, "rank %u commits step %u while rank %u commits step %u", place,
                             step, i, record->ranks[i].step);
    return FEMD_OK;
}

/* A reference for each state of the commit. */
static femd_status runs_collect_states(femd_runs *runs, run_rank *rank, femd_reader *reader, femd_error *err) {
    femd_commit_entry entry;
    int got;
    while ((got = femd_commit_next(reader, &entry, err)) == 1) {
        if (femd_hash_is_zero(&entry.state)) continue;
        uint32_t state = states_find(runs->states, &entry.state);
        if (!state)
            return femd_fail(err, FEMD_STATE_LOST,
                             "the state of point %llu to commit is unknown here; evaluate the step again",
                             (unsigned long long)entry.point);
        if (!femd_list_push(&rank->pending, state)) return femd_fail(err, FEMD_NO_MEMORY, "no memory for a commit");
        states_ref(runs->states, state);
    }
    return got < 0 ? FEMD_PROTOCOL : FEMD_OK;
}

/* Room for the waits of a commit. Finished evaluations give way. */
static femd_status runs_check_room(femd_runs *runs, const run_rank *rank, femd_error *err) {
    uint64_t bytes = 0;
    for (uint32_t i = 0; i < rank->pending.count; i++)
        if (!states_content(runs->states, rank->pending.at[i]).data) bytes += states_wait_bytes();
    const femd_limits *limits = &runs->common->limits;
    if (femd_limits_room(limits, bytes, "a commit", NULL) == FEMD_OK) return FEMD_OK;
    ledger_trim(runs->ledger, 0);
    return femd_limits_room(limits, bytes, "a commit", err);
}

/* A wait for each state of the commit that is not at the server. */
static void runs_wait_for_states(femd_runs *runs, const run_seat *seat, run_rank *rank) {
    for (uint32_t i = 0; i < rank->pending.count; i++) {
        uint32_t wait = FEMD_NIL;
        if (!states_content(runs->states, rank->pending.at[i]).data) {
            const states_waiter waiter = {.kind = WAITER_COMMIT, .who = seat->run, .part = seat->rank, .index = i};
            wait = states_wait(runs->states, rank->pending.at[i], &waiter);
            rank->missing++;
        }
        if (!femd_list_push(&rank->waits, wait)) common_no_memory(runs->common);
    }
}

static femd_status runs_need(const femd_runs *runs, uint32_t client, femd_error *err) {
    if (runs_of(runs, client)) return FEMD_OK;
    return femd_fail(err, FEMD_REFUSED, "only a client that belongs to a run can do this");
}

femd_status runs_commit(femd_runs *runs, uint32_t client, const femd_frame *frame, femd_error *err) {
    FEMD_TRY(runs_need(runs, client, err));
    const run_seat *seat = runs_seat(runs, client);
    run_rank *rank = runs_rank(runs, client);
    femd_hash content;
    uint32_t step;
    femd_reader reader;
    FEMD_TRY(femd_commit_open(frame, &step, &reader, err));
    femd_hash_bytes(frame->body.data, frame->body.size, &content);
    if (rank->committing && rank->transaction == frame->id && femd_hash_equal(&rank->content, &content))
        return FEMD_OK; /* sent again */
    if (!rank->committing && rank->has_last && rank->last_transaction == frame->id &&
        femd_hash_equal(&rank->last_content, &content)) {
        runs_tell(runs, client, FEMD_MSG_COMMITTED, frame->id);
        return FEMD_OK;
    }
    FEMD_TRY(runs_check_step(runs_at(runs, seat->run), seat->rank, step, err));
    runs_drop_pending(runs, rank);
    femd_status rc = runs_collect_states(runs, rank, &reader, err);
    if (rc == FEMD_OK) rc = runs_check_room(runs, rank, err);
    if (rc != FEMD_OK) {
        runs_drop_pending(runs, rank);
        return rc;
    }
    rank->committing = 1;
    rank->transaction = frame->id;
    rank->step = step;
    rank->content = content;
    runs_wait_for_states(runs, seat, rank);
    runs_try_final(runs, seat->run);
    return FEMD_OK;
}

void runs_input(femd_runs *runs, const states_ready_wait *ready) {
    run_record *record = runs_at(runs, ready->waiter.who);
    run_rank *rank = &record->ranks[ready->waiter.part];
    if (ready->waiter.index < rank->waits.count) rank->waits.at[ready->waiter.index] = FEMD_NIL;
    if (ready->status == FEMD_OK) {
        if (--rank->missing == 0) runs_try_final(runs, ready->waiter.who);
        return;
    }
    char name[65];
    femd_hash_text(states_name(runs->states, ready->state), name);
    femd_error err = FEMD_ERROR_INIT;
    femd_fail(&err, ready->status, "step %u cannot be committed: %s (state %s)", rank->step,
              femd_status_text(ready->status), name);
    common_log(runs->common, FEMD_LOG_ERROR, "run %s: %s", record->name, err.text);
    outbox_send_error(runs->outbox, roster_address(runs->roster, rank->peer), rank->transaction, &err);
    runs_drop_pending(runs, rank);
}

femd_status runs_abort(femd_runs *runs, uint32_t client, const femd_frame *frame, femd_error *err) {
    FEMD_TRY(runs_need(runs, client, err));
    run_rank *rank = runs_rank(runs, client);
    runs_drop_pending(runs, rank);
    runs_drop_tentative(runs, rank);
    runs_tell(runs, client, FEMD_MSG_ABORTED, frame->id);
    return FEMD_OK;
}

/* ---- states from a checkpoint ---- */

static femd_status runs_put_one(femd_runs *runs, run_rank *rank, const femd_state_entry *entry, femd_error *err) {
    femd_hash content;
    if (entry->blob.size == 0) return femd_fail(err, FEMD_BAD_INPUT, "a state without content");
    femd_hash_domain("state", entry->blob.data, entry->blob.size, &content);
    if (!femd_hash_equal(&content, &entry->hash))
        return femd_fail(err, FEMD_BAD_INPUT, "the content of a state does not fit its name");
    FEMD_TRY(femd_limits_room(&runs->common->limits, entry->blob.size + states_book_bytes(), "a state", err));
    uint32_t state = states_enter(runs->states, &entry->hash);
    if (!state || !femd_list_push(&rank->current, state))
        return femd_fail(err, FEMD_NO_MEMORY, "no memory for a state");
    states_ref(runs->states, state);
    states_commit(runs->states, state);
    return states_put(runs->states, state, &entry->blob, err);
}

femd_status runs_put(femd_runs *runs, uint32_t client, const femd_frame *frame, femd_error *err) {
    FEMD_TRY(runs_need(runs, client, err));
    femd_reader reader;
    femd_state_entry entry;
    int got;
    femd_reader_open(frame, &reader);
    while ((got = femd_state_next(&reader, &entry, err)) == 1)
        FEMD_TRY(runs_put_one(runs, runs_rank(runs, client), &entry, err));
    if (got < 0) return FEMD_PROTOCOL;
    runs_tell(runs, client, FEMD_MSG_STATE_STORED, frame->id);
    return FEMD_OK;
}
