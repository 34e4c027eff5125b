/* Runs: what a journal is told of them, and what they become from it. */
#include <math.h>
#include <stdio.h>

#include "femd/evaluate.h"
#include "runs_private.h"

/* ---- to the journal ---- */

void runs_tell_journal(femd_runs *runs, const run_record *record, femd_annal_kind kind, const run_rank *rank,
                       const femd_hash *hash, uint32_t step) {
    femd_annal annal = {.kind = kind, .run = record->journal, .step = step};
    if (rank) annal.rank = (uint32_t)(rank - record->ranks);
    if (hash) annal.hash = *hash;
    if (kind == ANNAL_RUN) {
        annal.rank = record->nranks;
        annal.hash = record->owner;
        annal.bytes = (femd_bytes){record->name, strlen(record->name)};
    }
    outbox_record(runs->outbox, &annal);
}

void runs_tell_seat(femd_runs *runs, const run_record *record, const run_rank *rank) {
    if (!rank->instance) return;
    outbox_record(runs->outbox, &(femd_annal){.kind = ANNAL_SEAT,
                                              .run = record->journal,
                                              .rank = (uint32_t)(rank - record->ranks),
                                              .number = rank->instance});
}

/* What a rank has sent to commit. */
void runs_tell_commit(femd_runs *runs, const run_record *record, const run_rank *rank) {
    if (!runs->common->config.journal || runs->common->replaying) return;
    femd_buffer bytes = outbox_take(runs->outbox);
    for (uint32_t i = 0; i < rank->pending.count; i++) {
        static const femd_hash none = FEMD_HASH_ZERO;
        const uint32_t state = rank->pending.at[i];
        const femd_hash *name = state ? states_name(runs->states, state) : &none;
        const uint64_t point = runs_point_at(runs, rank->pending_points.at[i])->point;
        if (femd_buffer_append(&bytes, &point, sizeof point, NULL) != FEMD_OK ||
            femd_buffer_append(&bytes, name->b, sizeof name->b, NULL) != FEMD_OK)
            common_no_memory(runs->common);
    }
    outbox_record(runs->outbox, &(femd_annal){.kind = ANNAL_COMMIT,
                                              .run = record->journal,
                                              .rank = (uint32_t)(rank - record->ranks),
                                              .step = rank->step,
                                              .number = rank->transaction,
                                              .hash = rank->content,
                                              .bytes = {bytes.data, bytes.size}});
    outbox_recycle(runs->outbox, &bytes);
}

static void runs_record_points(femd_runs *runs, const run_record *record, const run_rank *rank) {
    femd_buffer bytes = outbox_take(runs->outbox);
    for (uint32_t point = rank->first_point; point; point = runs_point_at(runs, point)->next) {
        const run_point *at = runs_point_at(runs, point);
        uint8_t entry[ANNAL_POINT_BYTES] = {0};
        femd_put64(entry, at->point);
        for (int i = 0; i < GENERATIONS; i++) {
            if (at->state[i]) {
                memcpy(entry + 8 + 36 * i, states_name(runs->states, at->state[i])->b, sizeof(femd_hash));
                states_hold_kept(runs->states, at->state[i]);
            }
            femd_put32(entry + 8 + 36 * i + 32, at->step[i]);
        }
        if (femd_buffer_append(&bytes, entry, sizeof entry, NULL) != FEMD_OK) common_no_memory(runs->common);
    }
    outbox_record(runs->outbox, &(femd_annal){.kind = ANNAL_POINTS,
                                              .run = record->journal,
                                              .rank = (uint32_t)(rank - record->ranks),
                                              .step = rank->last_step,
                                              .number = rank->has_last ? rank->last_transaction : 0,
                                              .hash = rank->has_last ? rank->last_content : (femd_hash)FEMD_HASH_ZERO,
                                              .bytes = {bytes.data, bytes.size}});
    outbox_recycle(runs->outbox, &bytes);
}

void runs_record(femd_runs *runs) {
    for (uint32_t run = runs_next(runs, FEMD_NIL); run; run = runs_next(runs, run)) {
        const run_record *record = runs_at(runs, run);
        runs_tell_journal(runs, record, ANNAL_RUN, NULL, NULL, record->last_step);
        if (!record->reproducible) runs_tell_journal(runs, record, ANNAL_MARK, NULL, NULL, 0);
        runs_record_uses(runs, record);
        for (uint32_t i = 0; i < record->nranks; i++) {
            const run_rank *rank = &record->ranks[i];
            runs_record_points(runs, record, rank);
            runs_tell_seat(runs, record, rank);
            for (uint32_t j = 0; j < rank->given.count; j++)
                runs_tell_journal(runs, record, ANNAL_GIVEN, rank, states_name(runs->states, rank->given.at[j]), 0);
            for (uint32_t j = 0; j < rank->tentative.count; j++) {
                ledger_record_answer(runs->ledger, rank->tentative.at[j]);
                runs_tell_journal(runs, record, ANNAL_TENTATIVE, rank, ledger_key(runs->ledger, rank->tentative.at[j]),
                                  0);
                ledger_record_doubt(runs->ledger, rank->tentative.at[j]);
            }
        }
        if (record->in_doubt) runs_record_doubt(runs, record);
    }
}

/* ---- from the journal ---- */

static uint32_t runs_of_journal(const femd_runs *runs, uint32_t journal) {
    uint32_t run = runs_next(runs, FEMD_NIL);
    while (run && runs_at(runs, run)->journal != journal) run = runs_next(runs, run);
    return run;
}

static femd_status runs_restore_run(femd_runs *runs, const femd_annal *annal, femd_error *err) {
    char name[sizeof((run_record *)0)->name];
    if (annal->bytes.size >= sizeof name || annal->rank < 1 || annal->rank > RANKS_MAX ||
        runs_of_journal(runs, annal->run))
        return femd_fail(err, FEMD_BAD_INPUT, "a run of the journal is damaged");
    memcpy(name, annal->bytes.data, annal->bytes.size);
    name[annal->bytes.size] = '\0';
    const uint32_t run = runs_make(runs, name, annal->rank);
    if (!run) return femd_fail(err, FEMD_NO_MEMORY, "no memory for a run");
    run_record *record = runs_at(runs, run);
    record->journal = annal->run;
    record->owner = annal->hash;
    record->last_step = annal->step;
    record->gone = runs->common->now; /* its clients have the grace to come back */
    runs->next_due = fmin(runs->next_due, runs->common->now + runs->common->config.run_grace);
    if (annal->run >= runs->journals) runs->journals = annal->run;
    return FEMD_OK;
}

/* A state by name, with a reference; FEMD_NIL for the virgin one. */
static uint32_t runs_restore_state(femd_runs *runs, const uint8_t *name) {
    femd_hash hash;
    memcpy(hash.b, name, sizeof hash.b);
    if (femd_hash_is_zero(&hash)) return FEMD_NIL;
    const uint32_t state = states_enter(runs->states, &hash);
    if (state) states_ref(runs->states, state);
    return state;
}

static femd_status runs_restore_points(femd_runs *runs, run_rank *rank, const femd_annal *annal, femd_error *err) {
    static const femd_hash none = FEMD_HASH_ZERO;
    const uint8_t *at = annal->bytes.data;
    for (size_t left = annal->bytes.size; left; left -= ANNAL_POINT_BYTES, at += ANNAL_POINT_BYTES) {
        const uint32_t point = runs_point(runs, rank, femd_get64(at));
        if (!point) return femd_fail(err, FEMD_NO_MEMORY, "no memory for the points of a run");
        for (int i = GENERATIONS - 1; i >= 0; i--)
            runs_point_commit(runs, point, runs_restore_state(runs, at + 8 + 36 * i), femd_get32(at + 8 + 36 * i + 32));
    }
    rank->last_step = annal->step;
    rank->has_last = !femd_hash_equal(&annal->hash, &none);
    rank->last_transaction = annal->number;
    rank->last_content = annal->hash;
    return FEMD_OK;
}

static femd_status runs_restore_commit(femd_runs *runs, run_rank *rank, const femd_annal *annal, femd_error *err) {
    const uint8_t *at = annal->bytes.data;
    runs_drop_pending(runs, rank);
    for (size_t left = annal->bytes.size; left; left -= ANNAL_COMMIT_BYTES, at += ANNAL_COMMIT_BYTES) {
        const uint32_t point = runs_point(runs, rank, femd_get64(at)), state = runs_restore_state(runs, at + 8);
        if (!point || !femd_list_push(&rank->pending_points, point) || !femd_list_push(&rank->pending, state)) {
            if (state) states_unref(runs->states, state);
            return femd_fail(err, FEMD_NO_MEMORY, "no memory for a commit");
        }
    }
    rank->step = annal->step;
    rank->transaction = annal->number;
    rank->content = annal->hash;
    return FEMD_OK;
}

static femd_status runs_restore_rank(femd_runs *runs, run_rank *rank, const femd_annal *annal, femd_error *err) {
    uint32_t number;
    switch (annal->kind) {
    case ANNAL_TENTATIVE:
        number = ledger_find_kept_one(runs->ledger, &annal->hash);
        if (!number) return FEMD_OK; /* nobody knows it any more: who needs its state is told so */
        if (!femd_list_push(&rank->tentative, number)) return femd_fail(err, FEMD_NO_MEMORY, "no memory for a result");
        ledger_pin(runs->ledger, number);
        return FEMD_OK;
    case ANNAL_GIVEN:
        number = runs_restore_state(runs, annal->hash.b);
        if (!number) return femd_fail(err, FEMD_BAD_INPUT, "a state of the journal has no name");
        if (!femd_list_push(&rank->given, number)) return femd_fail(err, FEMD_NO_MEMORY, "no memory for a state");
        states_commit(runs->states, number);
        return FEMD_OK;
    case ANNAL_SEAT: rank->instance = annal->number; return FEMD_OK;
    case ANNAL_ABORT: runs_drop_tentative(runs, rank); return FEMD_OK;
    case ANNAL_REWIND: runs_points_rewind(runs, rank, annal->step); return FEMD_OK;
    case ANNAL_COMMIT: return runs_restore_commit(runs, rank, annal, err);
    case ANNAL_POINTS: return runs_restore_points(runs, rank, annal, err);
    default: return femd_fail(err, FEMD_BAD_INPUT, "a record of the journal has no place here");
    }
}

femd_status runs_restore(femd_runs *runs, const femd_annal *annal, femd_error *err) {
    if (annal->kind == ANNAL_RUN) return runs_restore_run(runs, annal, err);
    const uint32_t run = runs_of_journal(runs, annal->run);
    if (!run) return femd_fail(err, FEMD_BAD_INPUT, "a record of the journal is of a run that it has not made");
    run_record *record = runs_at(runs, run);
    switch (annal->kind) {
    case ANNAL_END: runs_end(runs, run); return FEMD_OK;
    case ANNAL_MARK: record->reproducible = 0; return FEMD_OK;
    case ANNAL_FINAL: runs_apply_final(runs, run); return FEMD_OK;
    case ANNAL_USED: return runs_restore_uses(runs, record, annal, err);
    case ANNAL_IN_DOUBT: return runs_restore_doubt(record, annal, err);
    default:
        if (annal->rank >= record->nranks)
            return femd_fail(err, FEMD_BAD_INPUT, "a record of the journal is of a rank that its run does not have");
        return runs_restore_rank(runs, &record->ranks[annal->rank], annal, err);
    }
}
