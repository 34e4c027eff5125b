/* Runs: what a rank keeps alive, commit and abort, states from a checkpoint. */
#include <math.h>
#include <stdio.h>

#include "femd/evaluate.h"
#include "femd/hash.h"
#include "runs_private.h"

/* ---- what a rank keeps alive ---- */

static void runs_unref_all(femd_runs *runs, femd_list *states) {
    for (uint32_t i = 0; i < states->count; i++)
        if (states->at[i]) states_unref(runs->states, states->at[i]);
    states->count = 0;
}

void runs_release_given(femd_runs *runs, run_rank *rank) {
    for (uint32_t i = 0; i < rank->given.count; i++) states_uncommit(runs->states, rank->given.at[i]);
    runs_unref_all(runs, &rank->given);
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
    rank->pending_points.count = 0;
    rank->committing = 0;
    rank->missing = 0;
}

/* ---- a commit that fails ---- */

/* What was sent is refused, and would be again if it came once more. */
static void runs_note_refusal(run_rank *rank, uint64_t transaction, const femd_hash *content) {
    rank->owed = 0;
    rank->refused = 1;
    rank->refused_transaction = transaction;
    rank->refused_content = *content;
}

/* A commit of the step fails for all ranks, since none of them gets further without the others: those that have sent
 * theirs are told, those that have not are told when they do. The rank that is the cause hears of it from the caller.
 */
static void runs_refuse_all(femd_runs *runs, uint32_t run, uint32_t cause, uint32_t step, const femd_error *why) {
    run_record *record = runs_at(runs, run);
    femd_error told = FEMD_ERROR_INIT;
    femd_fail(&told, (femd_status)why->code, "step %u is committed by no rank, since rank %u could not: %s", step,
              cause, why->text);
    record->refused_step = step;
    record->refusal = told;
    common_log(runs->common, FEMD_LOG_ERROR, "run %s: %s", record->name, told.text);
    for (uint32_t i = 0; i < record->nranks; i++) {
        run_rank *rank = &record->ranks[i];
        rank->owed = i != cause && !rank->committing;
        if (rank->committing && i != cause) {
            outbox_send_error(runs->outbox, roster_address(runs->roster, rank->peer), rank->transaction, &told);
            runs_note_refusal(rank, rank->transaction, &rank->content);
        }
        runs_drop_pending(runs, rank);
    }
}

static int runs_is_committing(const run_record *record) {
    for (uint32_t i = 0; i < record->nranks; i++)
        if (record->ranks[i].committing) return 1;
    return 0;
}

static uint32_t runs_step_under_way(const run_record *record) {
    for (uint32_t i = 0; i < record->nranks; i++)
        if (record->ranks[i].committing) return record->ranks[i].step;
    return 0;
}

/* When a rank without a client stops a commit: at once if it said BYE, after the grace of a run if it was lost. */
static double runs_rank_due(const femd_runs *runs, const run_rank *rank) {
    if (rank->peer) return INFINITY;
    return rank->gone + (rank->left ? 0 : runs->common->config.run_grace);
}

static void runs_watch_commit(femd_runs *runs, uint32_t run) {
    const run_record *record = runs_at(runs, run);
    if (record->connected == record->nranks || !runs_is_committing(record)) return;
    for (uint32_t i = 0; i < record->nranks; i++) {
        const run_rank *rank = &record->ranks[i];
        const double due = runs_rank_due(runs, rank);
        if (runs->common->now < due) {
            runs->commit_due = fmin(runs->commit_due, due);
            continue;
        }
        femd_error why = FEMD_ERROR_INIT;
        if (!rank->who[0])
            femd_fail(&why, FEMD_DISCONNECTED, "no client has come for it within %g s", runs->common->config.run_grace);
        else if (rank->left)
            femd_fail(&why, FEMD_DISCONNECTED, "it has left the run (%s)", rank->who);
        else
            femd_fail(&why, FEMD_DISCONNECTED, "it was lost %.3g s ago and has not come back (%s)",
                      runs->common->now - rank->gone, rank->who);
        runs_refuse_all(runs, run, i, runs_step_under_way(record), &why);
        return;
    }
}

void runs_watch_commits(femd_runs *runs) {
    runs->commit_due = INFINITY;
    for (uint32_t run = runs_next(runs, FEMD_NIL); run; run = runs_next(runs, run)) runs_watch_commit(runs, run);
}

/* ---- commit and abort ---- */

static void runs_tell(femd_runs *runs, uint32_t client, uint16_t type, uint64_t id) {
    outbox_send_empty(runs->outbox, roster_address(runs->roster, client), type, id);
}

void runs_apply_final(femd_runs *runs, uint32_t run) {
    run_record *record = runs_at(runs, run);
    for (uint32_t i = 0; i < record->nranks; i++) {
        run_rank *rank = &record->ranks[i];
        for (uint32_t j = 0; j < rank->pending.count; j++)
            runs_point_commit(runs, rank->pending_points.at[j], rank->pending.at[j], rank->step);
        rank->pending.count = rank->pending_points.count = rank->waits.count = 0;
        runs_release_given(runs, rank);
        runs_drop_tentative(runs, rank);
        rank->committing = rank->owed = rank->refused = 0;
        rank->has_last = 1;
        rank->last_transaction = rank->transaction;
        rank->last_content = rank->content;
        rank->last_step = record->last_step = rank->step;
    }
    record->commits++;
}

/* What a commit rests on goes to the store and into the journal, and is on disk before anybody is told. Returns how
 * many states it has. */
static uint64_t runs_write_down(femd_runs *runs, const run_record *record) {
    uint64_t states = 0;
    for (uint32_t i = 0; i < record->nranks; i++) {
        const run_rank *rank = &record->ranks[i];
        states += rank->pending.count;
        for (uint32_t j = 0; j < rank->pending.count; j++)
            if (rank->pending.at[j]) states_keep(runs->states, rank->pending.at[j]);
        runs_tell_commit(runs, record, rank);
    }
    runs_tell_journal(runs, record, ANNAL_FINAL, NULL, NULL, record->ranks[0].step);
    outbox_sync(runs->outbox);
    return states;
}

static void runs_make_final(femd_runs *runs, uint32_t run) {
    const run_record *record = runs_at(runs, run);
    const uint64_t states = runs_write_down(runs, record);
    runs_apply_final(runs, run);
    for (uint32_t i = 0; i < record->nranks; i++)
        runs_tell(runs, record->ranks[i].peer, FEMD_MSG_COMMITTED, record->ranks[i].last_transaction);
    runs->common->counter.commits++;
    const femd_core_config *config = &runs->common->config;
    if (config->committed) config->committed(config->user, record->name, record->last_step, states);
}

static void runs_try_final(femd_runs *runs, uint32_t run) {
    const run_record *record = runs_at(runs, run);
    for (uint32_t i = 0; i < record->nranks; i++)
        if (!record->ranks[i].committing || record->ranks[i].missing) return;
    runs_make_final(runs, run);
}

static femd_status runs_check_step(const run_record *record, uint32_t place, uint32_t step, femd_error *err) {
    if (step < record->ranks[place].last_step)
        return femd_fail(err, FEMD_BAD_ARGUMENT,
                         "rank %u commits step %u after step %u; to go back, say HELLO with the step to go on from",
                         place, step, record->ranks[place].last_step);
    for (uint32_t i = 0; i < record->nranks; i++)
        if (i != place && record->ranks[i].committing && record->ranks[i].step != step)
            return femd_fail(err, FEMD_BAD_ARGUMENT, "rank %u commits step %u while rank %u commits step %u", place,
                             step, i, record->ranks[i].step);
    return FEMD_OK;
}

/* A reference for the state that a point is to get. */
static femd_status runs_collect_one(femd_runs *runs, run_rank *rank, const femd_commit_entry *entry, femd_error *err) {
    uint32_t state = FEMD_NIL;
    if (!femd_hash_is_zero(&entry->state)) {
        state = states_find(runs->states, &entry->state);
        if (!state)
            return femd_fail(err, FEMD_STATE_LOST,
                             "the state of point %llu to commit is unknown here; evaluate the step again",
                             (unsigned long long)entry->point);
    }
    const uint32_t point = runs_point(runs, rank, entry->point);
    if (!point) return femd_fail(err, FEMD_NO_MEMORY, "no memory for a commit");
    if (runs_point_at(runs, point)->named == runs->commits)
        return femd_fail(err, FEMD_BAD_ARGUMENT, "point %llu stands twice in this commit",
                         (unsigned long long)entry->point);
    runs_point_at(runs, point)->named = runs->commits;
    if (!femd_list_push(&rank->pending_points, point)) return femd_fail(err, FEMD_NO_MEMORY, "no memory for a commit");
    if (!femd_list_push(&rank->pending, state)) return femd_fail(err, FEMD_NO_MEMORY, "no memory for a commit");
    if (state) states_ref(runs->states, state);
    return FEMD_OK;
}

static femd_status runs_collect_states(femd_runs *runs, run_rank *rank, femd_reader *reader, femd_error *err) {
    femd_commit_entry entry;
    int got;
    runs->commits++;
    while ((got = femd_commit_next(reader, &entry, err)) == 1) FEMD_TRY(runs_collect_one(runs, rank, &entry, err));
    return got < 0 ? FEMD_PROTOCOL : FEMD_OK;
}

static femd_status runs_make_room(femd_runs *runs, uint64_t bytes, femd_error *err) {
    const femd_limits *limits = &runs->common->limits;
    if (femd_limits_room(limits, bytes, "a commit", NULL) == FEMD_OK) return FEMD_OK;
    ledger_trim(runs->ledger, 0);
    return femd_limits_room(limits, bytes, "a commit", err);
}

/* Room for the waits of a commit. Finished evaluations give way. */
static femd_status runs_check_room(femd_runs *runs, const run_rank *rank, femd_error *err) {
    uint64_t bytes = 0;
    for (uint32_t i = 0; i < rank->pending.count; i++)
        if (rank->pending.at[i] && !states_content(runs->states, rank->pending.at[i]).data)
            bytes += states_wait_bytes();
    return runs_make_room(runs, bytes, err);
}

/* A wait for each state of the commit that is not at the server. */
static void runs_wait_for_states(femd_runs *runs, const run_seat *seat, run_rank *rank) {
    for (uint32_t i = 0; i < rank->pending.count; i++) {
        uint32_t wait = FEMD_NIL;
        if (rank->pending.at[i] && !runs->common->config.lazy_commits &&
            !states_content(runs->states, rank->pending.at[i]).data) {
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

/* A COMMIT that came before is answered as it was; 0 if this one did not. A JSON client has no need to send again, and
 * may give every message the same id. */
static femd_status runs_answer_again(femd_runs *runs, uint32_t client, uint64_t transaction, const femd_hash *content,
                                     int *known, femd_error *err) {
    const run_rank *rank = runs_rank(runs, client);
    *known = 1;
    if (rank->committing && rank->transaction == transaction && femd_hash_equal(&rank->content, content))
        return FEMD_OK;
    if (!rank->committing && rank->has_last && rank->last_transaction == transaction &&
        femd_hash_equal(&rank->last_content, content)) {
        outbox_sync(runs->outbox); /* whatever has become of it since: it is said of what is on disk */
        runs_tell(runs, client, FEMD_MSG_COMMITTED, transaction);
        return FEMD_OK;
    }
    const femd_error *refusal = &runs_at(runs, runs_of(runs, client))->refusal;
    if (rank->refused && !roster_address(runs->roster, client).json && rank->refused_transaction == transaction &&
        femd_hash_equal(&rank->refused_content, content))
        return femd_fail(err, (femd_status)refusal->code, "%s", refusal->text);
    *known = 0;
    return FEMD_OK;
}

static femd_status runs_begin_commit(femd_runs *runs, const run_seat *seat, uint32_t step, uint32_t count,
                                     femd_reader *reader, femd_error *err) {
    run_record *record = runs_at(runs, seat->run);
    run_rank *rank = &record->ranks[seat->rank];
    FEMD_TRY(runs_check_step(record, seat->rank, step, err));
    runs_drop_pending(runs, rank);
    FEMD_TRY(runs_make_room(runs, runs_points_bytes(count), err));
    FEMD_TRY(runs_collect_states(runs, rank, reader, err));
    return runs_check_room(runs, rank, err);
}

/* What the rank sends is refused because a commit of the same step has failed before it came. */
static femd_status runs_pay_refusal(femd_runs *runs, const run_seat *seat, uint32_t step, femd_error *err) {
    run_record *record = runs_at(runs, seat->run);
    run_rank *rank = &record->ranks[seat->rank];
    const int owed = rank->owed && record->refused_step == step;
    rank->owed = 0;
    if (owed) return femd_fail(err, (femd_status)record->refusal.code, "%s", record->refusal.text);
    for (uint32_t i = 0; i < record->nranks; i++) record->ranks[i].owed = 0; /* the step is tried anew */
    return FEMD_OK;
}

femd_status runs_commit(femd_runs *runs, uint32_t client, const femd_frame *frame, femd_error *err) {
    FEMD_TRY(runs_need(runs, client, err));
    FEMD_TRY(runs_check_doubt(runs, client, err));
    const run_seat *seat = runs_seat(runs, client);
    run_rank *rank = runs_rank(runs, client);
    femd_hash content;
    uint32_t step = runs_step_under_way(runs_at(runs, seat->run));
    femd_reader reader;
    int known;
    femd_hash_bytes(frame->body.data, frame->body.size, &content);
    FEMD_TRY(runs_answer_again(runs, client, frame->id, &content, &known, err));
    if (known) return FEMD_OK;
    femd_status rc = femd_commit_open(frame, &step, &reader, err);
    if (rc == FEMD_OK) {
        rc = runs_pay_refusal(runs, seat, step, err);
        if (rc != FEMD_OK) {
            runs_note_refusal(rank, frame->id, &content);
            return rc;
        }
        rc = runs_begin_commit(runs, seat, step, frame->count, &reader, err);
    }
    if (rc != FEMD_OK) {
        femd_error why = *err;
        runs_refuse_all(runs, seat->run, seat->rank, step, &why);
        runs_note_refusal(rank, frame->id, &content);
        return rc;
    }
    rank->committing = 1;
    rank->transaction = frame->id;
    rank->step = step;
    rank->content = content;
    runs_wait_for_states(runs, seat, rank);
    runs_try_final(runs, seat->run);
    runs_watch_commits(runs);
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
              states_why(runs->states, ready->status), name);
    outbox_send_error(runs->outbox, roster_address(runs->roster, rank->peer), rank->transaction, &err);
    runs_note_refusal(rank, rank->transaction, &rank->content);
    runs_refuse_all(runs, ready->waiter.who, ready->waiter.part, rank->step, &err);
}

femd_status runs_abort(femd_runs *runs, uint32_t client, const femd_frame *frame, femd_error *err) {
    FEMD_TRY(runs_need(runs, client, err));
    run_rank *rank = runs_rank(runs, client);
    runs_drop_pending(runs, rank);
    runs_tell_journal(runs, runs_at(runs, runs_of(runs, client)), ANNAL_ABORT, rank, NULL, 0);
    runs_drop_tentative(runs, rank);
    rank->owed = rank->refused = 0;
    runs_tell(runs, client, FEMD_MSG_ABORTED, frame->id);
    return FEMD_OK;
}

/* ---- states from a checkpoint ---- */

static femd_status runs_put_one(femd_runs *runs, const run_record *record, run_rank *rank,
                                const femd_state_entry *entry, femd_error *err) {
    femd_hash content;
    if (entry->blob.size == 0) return femd_fail(err, FEMD_BAD_INPUT, "a state without content");
    femd_hash_domain("state", entry->blob.data, entry->blob.size, &content);
    if (!femd_hash_equal(&content, &entry->hash))
        return femd_fail(err, FEMD_BAD_INPUT, "the content of a state does not fit its name");
    FEMD_TRY(femd_limits_room(&runs->common->limits, entry->blob.size + states_book_bytes(), "a state", err));
    uint32_t state = states_enter(runs->states, &entry->hash);
    if (!state || !femd_list_push(&rank->given, state)) return femd_fail(err, FEMD_NO_MEMORY, "no memory for a state");
    states_ref(runs->states, state);
    states_commit(runs->states, state);
    FEMD_TRY(states_put(runs->states, state, &entry->blob, err));
    if (!runs->common->config.journal) return FEMD_OK;
    states_keep(runs->states, state);
    runs_tell_journal(runs, record, ANNAL_GIVEN, rank, &entry->hash, 0);
    return FEMD_OK;
}

femd_status runs_put(femd_runs *runs, uint32_t client, const femd_frame *frame, femd_error *err) {
    FEMD_TRY(runs_need(runs, client, err));
    femd_reader reader;
    femd_state_entry entry;
    int got;
    femd_reader_open(frame, &reader);
    while ((got = femd_state_next(&reader, &entry, err)) == 1)
        FEMD_TRY(runs_put_one(runs, runs_at(runs, runs_of(runs, client)), runs_rank(runs, client), &entry, err));
    if (got < 0) return FEMD_PROTOCOL;
    outbox_sync(runs->outbox);
    runs_tell(runs, client, FEMD_MSG_STATE_STORED, frame->id);
    return FEMD_OK;
}
