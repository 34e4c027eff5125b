/* The ledger of evaluations: what an earlier run has kept, and what is kept for later ones. */
#include <stdlib.h>

#include "answers.h"
#include "kept.h"
#include "ledger_private.h"

/* ---- the builds that are here ---- */

static ledger_build *ledger_build_of(const femd_ledger *ledger, uint64_t fingerprint) {
    for (uint32_t i = 0; i < ledger->nbuilds; i++)
        if (ledger->builds[i].fingerprint == fingerprint) return &ledger->builds[i];
    return NULL;
}

int ledger_count_build(femd_ledger *ledger, uint64_t fingerprint, int change) {
    ledger_build *build = ledger_build_of(ledger, fingerprint);
    if (build) {
        build->workers += (uint32_t)change;
        build->changed = ledger->common->now;
        if (!build->workers) *build = ledger->builds[--ledger->nbuilds];
        return 1;
    }
    if (ledger->nbuilds == ledger->builds_room) {
        const uint32_t room = ledger->builds_room ? 2 * ledger->builds_room : 4;
        ledger_build *fresh = realloc(ledger->builds, room * sizeof *fresh);
        if (!fresh) return 0;
        ledger->builds = fresh;
        ledger->builds_room = room;
    }
    ledger->builds[ledger->nbuilds++] = (ledger_build){fingerprint, 1, ledger->common->now};
    return 1;
}

/* An answer that leaves no state and is made in less time than this (s) is not worth a place on a disk, nor a look. */
static const double worth_keeping = 1e-4;

/* ---- recalling ---- */

void ledger_enter_state(femd_ledger *ledger, uint32_t number, const femd_hash *hash) {
    evaluation *record = ledger_at(ledger, number);
    if (femd_hash_is_zero(hash)) return;
    uint32_t state = states_enter(ledger->states, hash);
    if (!state || !ledger_add_maker(ledger, state, number)) return;
    record->state_out = state;
    if (record->pins) states_ref(ledger->states, state);
}

/* By a build that is here, else by any if that is enough. */
static int ledger_find_kept(const femd_ledger *ledger, const femd_hash *key, femd_kept *kept) {
    const femd_recall *recall = ledger->common->config.recall;
    for (uint32_t i = 0; i < ledger->nbuilds; i++)
        if (ledger->builds[i].fingerprint && /* 0: a worker that does not say it; and any build, for who looks up */
            recall->answer(recall->user, key, ledger->builds[i].fingerprint, kept))
            return 1;
    return recall->any_build && recall->answer(recall->user, key, 0, kept);
}

void ledger_forget_kept(femd_ledger *ledger, const femd_hash *key, uint64_t fingerprint) {
    uint8_t name[KEPT_NAME_BYTES];
    femd_buffer bytes = outbox_take(ledger->outbox);
    kept_name(key, fingerprint, name);
    if (femd_buffer_append(&bytes, name, sizeof name, NULL) != FEMD_OK) {
        common_no_memory(ledger->common);
        return;
    }
    outbox_record(ledger->outbox, &(femd_annal){.kind = ANNAL_DOUBT, .hash = *key, .number = fingerprint});
    outbox_keep(ledger->outbox, FEMD_ACTION_FORGET_ANSWER, &bytes);
}

/* What a convicted worker has said is not taken from the store, and leaves it if it has not yet. */
static int ledger_believes(femd_ledger *ledger, const femd_kept *kept) {
    if (!ledger_is_kept_doubtful(ledger, kept)) return 1;
    ledger_forget_kept(ledger, &kept->key, kept->fingerprint);
    return 0;
}

/* What was kept is held against the question as if a worker had said it. */
static int ledger_fits(femd_ledger *ledger, const femd_kept *kept, const femd_hash *key, const femd_request *request,
                       uint32_t material, femd_hash *state_out) {
    femd_error err = FEMD_ERROR_INIT;
    answers_cost cost;
    int32_t status = FEMD_OK;
    femd_status rc =
        answers_check(&kept->response, request, catalogue_caps(ledger->catalogue, material)->engine, &cost, &err);
    if (rc == FEMD_OK) rc = femd_response_peek(kept->response.data, kept->response.size, &status, state_out, &err);
    if (rc == FEMD_OK && femd_hash_equal(&kept->key, key) && cost.fingerprint == kept->fingerprint) return 1;
    common_log(ledger->common, FEMD_LOG_WARNING, "an answer that was kept is not used: %s",
               err.text[0] ? err.text : "it is another one");
    ledger_forget_kept(ledger, key, kept->fingerprint);
    return 0;
}

static void ledger_take_author(femd_ledger *ledger, evaluation *record, const femd_kept *kept) {
    record->fingerprint = kept->fingerprint;
    record->author = ledger_author_of(ledger, kept->author);
    record->seconder = ledger_author_of(ledger, kept->seconder);
    record->answered = kept->when;
    if (record->author && !ledger_author_at(ledger, record->author)->fingerprint)
        ledger_author_at(ledger, record->author)->fingerprint = kept->fingerprint;
}

/* A record with the answer that was kept, done. */
static uint32_t ledger_add_kept(femd_ledger *ledger, const femd_kept *kept, const femd_request *request,
                                uint32_t material, const femd_hash *state_out) {
    uint32_t number = ledger_add(ledger, &kept->key, request, material);
    if (!number) return FEMD_NIL;
    evaluation *record = ledger_at(ledger, number);
    ledger_take_author(ledger, record, kept);
    record->inputs = kept->inputs;
    ledger_enter_state(ledger, number, state_out);
    ledger_keep_response(ledger, record, &kept->response);
    if (!record->response) return FEMD_NIL;
    ledger_cache(ledger, number);
    return number;
}

uint32_t ledger_recall(femd_ledger *ledger, const femd_hash *key, const femd_request *request, uint32_t material) {
    femd_kept kept;
    femd_hash state_out;
    const double cost = catalogue_cost(ledger->catalogue, material);
    const int keeps_states = (catalogue_caps(ledger->catalogue, material)->inputs & FEMD_INPUT_STATE) != 0;
    if (cost > 0 && cost < worth_keeping && !keeps_states) return FEMD_NIL;
    if (!ledger->common->config.recall || !ledger_find_kept(ledger, key, &kept)) return FEMD_NIL;
    if (!ledger_believes(ledger, &kept)) return FEMD_NIL;
    if (!ledger_fits(ledger, &kept, key, request, material, &state_out)) return FEMD_NIL;
    uint32_t number = ledger_add_kept(ledger, &kept, request, material, &state_out);
    if (!number) return FEMD_NIL;
    if (!ledger_build_of(ledger, kept.fingerprint)) ledger_at(ledger, number)->flags |= LEDGER_FOREIGN;
    ledger->common->counter.recalled++;
    return number;
}

/* In the place of an answer that was doubted, and on which results still rest. */
static void ledger_replace(femd_ledger *ledger, uint32_t number, const femd_kept *kept, const femd_hash *state_out) {
    evaluation *record = ledger_at(ledger, number);
    ledger_uncache(ledger, number);
    ledger_retract(ledger, number);
    ledger_take_author(ledger, record, kept);
    ledger_enter_state(ledger, number, state_out);
    ledger_keep_response(ledger, record, &kept->response);
    if (record->response) ledger_cache(ledger, number);
    record->flags &= (uint8_t)~LEDGER_DOUBTED;
}

uint32_t ledger_restore(femd_ledger *ledger, const femd_kept *kept) {
    int32_t status;
    femd_hash state_out;
    const uint32_t there = ledger_find(ledger, &kept->key),
                   material = catalogue_find(ledger->catalogue, &kept->material);
    if (there && !(ledger_at(ledger, there)->flags & LEDGER_DOUBTED)) return there;
    if (!material || kept->level != ledger->common->level_number ||
        femd_response_peek(kept->response.data, kept->response.size, &status, &state_out, NULL) != FEMD_OK)
        return FEMD_NIL;
    if (there) {
        ledger_replace(ledger, there, kept, &state_out);
        return there;
    }
    const uint32_t number = ledger_add_kept(ledger, kept, &kept->request, material, &state_out);
    if (number) ledger_at(ledger, number)->flags |= LEDGER_RESTORED;
    return number;
}

uint32_t ledger_find_kept_one(femd_ledger *ledger, const femd_hash *key) {
    const femd_recall *recall = ledger->common->config.recall;
    femd_kept kept;
    const uint32_t there = ledger_find(ledger, key);
    if (there || !recall || !recall->answer(recall->user, key, 0, &kept)) return there;
    if (!ledger_believes(ledger, &kept)) return FEMD_NIL;
    return ledger_restore(ledger, &kept);
}

void ledger_restore_doubt(femd_ledger *ledger, const femd_hash *key, uint64_t fingerprint) {
    const uint32_t number = ledger_find(ledger, key);
    if (!number || ledger_at(ledger, number)->fingerprint != fingerprint) return;
    ledger_at(ledger, number)->flags |= LEDGER_DOUBTED;
    if (!ledger_at(ledger, number)->pins) ledger_forget(ledger, number);
}

void ledger_recall_makers(femd_ledger *ledger, uint32_t state) {
    const femd_recall *recall = ledger->common->config.recall;
    femd_hash name = *states_name(ledger->states, state);
    femd_kept kept;
    if (!recall || !recall->maker) return;
    for (uint32_t hops = 0; hops < HOPS_MAX; hops++) {
        if (!recall->maker(recall->user, &name, &kept) || !ledger_believes(ledger, &kept)) return;
        name = kept.request.state_in;
        const uint32_t number = ledger_restore(ledger, &kept);
        if (!number || femd_hash_is_zero(&name)) return;
        const uint32_t from = states_find(ledger->states, &name);
        if (from && (states_content(ledger->states, from).data || states_holders(ledger->states, from) ||
                     ledger_has_maker(ledger, from)))
            return;
    }
}

int ledger_is_foreign(const femd_ledger *ledger, uint32_t number) {
    const evaluation *record = ledger_at(ledger, number);
    if (record->flags & LEDGER_FOREIGN) return 1;
    /* where no worker is here at all, its own may come back */
    return record->flags & LEDGER_RESTORED && ledger->nbuilds && !ledger_build_of(ledger, record->fingerprint);
}

/* ---- keeping ---- */

static void ledger_hand_out(femd_ledger *ledger, uint32_t number, int only_record) {
    const evaluation *record = ledger_at(ledger, number);
    int32_t status;
    femd_hash state_out;
    if (!ledger->common->config.recall || !record->response) return;
    if (femd_response_peek(record->response, record->response_size, &status, &state_out, NULL) != FEMD_OK) return;
    if (status != FEMD_OK && !femd_status_is_physics(status)) return;
    const double wall = femd_getf64(record->response + record->response_size - FEMD_RESPONSE_WORK_BYTES);
    if (femd_hash_is_zero(&state_out) && wall < worth_keeping) return;
    const femd_kept kept = {.key = record->key,
                            .material = *catalogue_id(ledger->catalogue, record->material),
                            .level = ledger->common->level_number,
                            .inputs = record->inputs,
                            .fingerprint = record->fingerprint,
                            .request = record->request,
                            .response = {record->response, record->response_size},
                            .author = ledger_author_number(ledger, record->author),
                            .seconder = ledger_author_number(ledger, record->seconder),
                            .when = record->answered};
    femd_buffer bytes = outbox_take(ledger->outbox);
    if (kept_encode(&kept, &bytes, NULL) != FEMD_OK) {
        common_no_memory(ledger->common);
        return;
    }
    outbox_record(ledger->outbox, &(femd_annal){.kind = ANNAL_ANSWER, .bytes = {bytes.data, bytes.size}});
    if (only_record)
        outbox_recycle(ledger->outbox, &bytes);
    else
        outbox_keep(ledger->outbox, FEMD_ACTION_KEEP_ANSWER, &bytes);
}

void ledger_keep(femd_ledger *ledger, uint32_t number) {
    ledger_hand_out(ledger, number, 0);
}

void ledger_record_answer(femd_ledger *ledger, uint32_t number) {
    if (ledger->common->config.journal) ledger_hand_out(ledger, number, 1);
}

void ledger_record_doubt(femd_ledger *ledger, uint32_t number) {
    const evaluation *record = ledger_at(ledger, number);
    if (!(record->flags & LEDGER_DOUBTED)) return;
    const femd_annal annal = {.kind = ANNAL_DOUBT, .hash = record->key, .number = record->fingerprint};
    outbox_record(ledger->outbox, &annal);
}

void ledger_doubt(femd_ledger *ledger, uint32_t number) {
    evaluation *record = ledger_at(ledger, number);
    record->flags |= LEDGER_DOUBTED;
    if (ledger->common->config.recall) ledger_forget_kept(ledger, &record->key, record->fingerprint);
}
