/* The ledger of evaluations: what workers answer. First answers and answers again, other answers than that on record,
 * failures. */
#include "answers.h"
#include "ledger_private.h"

/* An answer that nobody waits for: its state is dropped unless somebody needs it. */
static void ledger_learn_stray(femd_ledger *ledger, uint32_t worker, const femd_hash *hash) {
    if (femd_hash_is_zero(hash)) return;
    uint32_t state = states_find(ledger->states, hash);
    if (state && states_is_needed(ledger->states, state))
        states_hold(ledger->states, state, worker);
    else
        states_drop_unknown(ledger->states, worker, hash);
}

static int ledger_is_same(const femd_ledger *ledger, const evaluation *record, const femd_answer *answer) {
    if (record->response)
        return answers_equal(&(femd_bytes){record->response, record->response_size}, &answer->response);
    return !record->state_out || femd_hash_equal(states_name(ledger->states, record->state_out), &answer->state_out);
}

/* Of one build, and another answer than that on record: neither is believed now. */
static int ledger_contradicts(femd_ledger *ledger, const evaluation *record, const femd_answer *answer,
                              uint64_t fingerprint) {
    if (fingerprint != record->fingerprint || record->flags & LEDGER_POISON || ledger_is_same(ledger, record, answer))
        return 0;
    char key[65];
    femd_hash_text(&record->key, key);
    ledger->common->counter.conflicts++;
    common_log(ledger->common, FEMD_LOG_ERROR, "conflict: two different answers for point %llu (key %s)",
               (unsigned long long)record->request.point, key);
    return 1;
}

/* Compare with what is on record; 0 if it differs, since another build gave it. What is on record stands. */
static int ledger_agrees(femd_ledger *ledger, uint32_t number, const femd_answer *answer) {
    evaluation *record = ledger_at(ledger, number);
    if (ledger_is_same(ledger, record, answer) || record->flags & LEDGER_POISON)
        return ledger_is_same(ledger, record, answer);
    char key[65];
    femd_hash_text(&record->key, key);
    ledger->common->counter.differences++;
    ledger->common->reproducible = 0;
    if (record->lane) record->flags |= LEDGER_DIFFERS;
    common_log(ledger->common, FEMD_LOG_WARNING,
               "workers with different fingerprints answer differently (point %llu, key %s): the run is not "
               "bit-reproducible",
               (unsigned long long)record->request.point, key);
    return 0;
}

/* The first answer, or one again after a loss. An answer that contradicts the record goes to nobody. */
static void ledger_record(femd_ledger *ledger, uint32_t number, uint32_t worker, const femd_answer *answer,
                          uint64_t fingerprint) {
    evaluation *record = ledger_at(ledger, number);
    int known = record->response || record->state_out;
    /* of an answer that was forgotten the state alone is known, which confirms nothing else */
    if (record->hearing || (known && ledger_contradicts(ledger, record, answer, fingerprint)) ||
        (!record->response && ledger_is_to_audit(ledger, number))) {
        ledger_hear(ledger, number, worker, answer);
        return;
    }
    int same = known ? ledger_agrees(ledger, number, answer) : 1;
    if (known && same) ledger_confirm(ledger, number, worker);
    if (same && !record->response) {
        record->fingerprint = fingerprint;
        record->author = ledger_worker_at(ledger, worker)->author;
        record->seconder = 0;
        record->answered = ledger_instant(ledger);
    }
    if (!known) ledger_enter_state(ledger, number, &answer->state_out);
    uint8_t bytes[FEMD_RESPONSE_BYTES_MAX];
    femd_bytes told = same ? answer->response
                           : answers_make(&record->request, FEMD_CONFLICT,
                                          "a worker of another build has answered it differently", bytes);
    if (same && !record->response) {
        ledger_keep_response(ledger, record, &answer->response);
        told = ledger_response(ledger, number);
        if (!known) ledger_keep(ledger, number);
    }
    if (told.size) ledger_publish(ledger, number, &told); /* keeps the state until all have been told */
    if (record->state_out && same)
        states_hold(ledger->states, record->state_out, worker);
    else if (!same)
        ledger_learn_stray(ledger, worker, &answer->state_out);
    ledger_close(ledger, number, same ? FEMD_OK : FEMD_CONFLICT);
    ledger_release(ledger, number);
}

static void ledger_second_answer(femd_ledger *ledger, uint32_t number, uint32_t worker, const femd_answer *answer,
                                 uint64_t fingerprint) {
    ledger->common->counter.late++;
    const int counts = !answers_is_retried(answer->status);
    ledger_report_remade(ledger, number, FEMD_OK);
    if (counts && ledger_contradicts(ledger, ledger_at(ledger, number), answer, fingerprint)) {
        ledger_hear(ledger, number, worker, answer);
        return;
    }
    if (counts && ledger_agrees(ledger, number, answer)) ledger_confirm(ledger, number, worker);
    ledger_learn_stray(ledger, worker, &answer->state_out);
    ledger_release(ledger, number);
}

/* A worker in quarantine has answered: somebody else is asked. */
static void ledger_disregard(femd_ledger *ledger, uint32_t number, uint32_t worker, int had_it,
                             const femd_answer *answer) {
    ledger_learn_stray(ledger, worker, &answer->state_out);
    ledger->common->counter.late++;
    if (!had_it) return;
    if (ledger_at(ledger, number)->stage != STAGE_DONE) {
        ledger_requeue(ledger, number);
        return;
    }
    ledger_report_remade(ledger, number, FEMD_OK);
    ledger_release(ledger, number);
}

static void ledger_failed_answer(femd_ledger *ledger, uint32_t number, uint32_t worker, const femd_answer *answer) {
    evaluation *record = ledger_at(ledger, number);
    const int lost = answer->status == FEMD_STATE_LOST || answer->status == FEMD_MATERIAL_LOST;
    if (answer->status == FEMD_STATE_LOST && record->state_in) states_unhold(ledger->states, record->state_in, worker);
    if (answer->status == FEMD_MATERIAL_LOST)
        catalogue_set_opening(ledger->catalogue, record->material, worker, OPENING_NO);
    if (lost ? !ledger_note_lack(ledger, number) : !ledger_note_failure(ledger, number, worker)) {
        ledger_requeue(ledger, number);
        return;
    }
    if (record->hearing) {
        ledger_end_unheard(ledger, number);
        return;
    }
    common_log(ledger->common, FEMD_LOG_WARNING, "point %llu is given up, it failed too often: %s",
               (unsigned long long)record->request.point, femd_status_text(answer->status));
    ledger_give_up(ledger, number, (femd_status)answer->status, &answer->response);
}

/* Whether a failure says something of the worker. */
static int ledger_is_workers_fault(int status) {
    return answers_is_retried(status) && status != FEMD_STATE_LOST && status != FEMD_MATERIAL_LOST &&
           status != FEMD_CANCELLED;
}

/* Against the question, if it is still known, and against what the worker said of itself. */
static femd_status ledger_check(const femd_ledger *ledger, uint32_t number, uint32_t worker, const femd_answer *answer,
                                answers_cost *cost, femd_error *err) {
    const evaluation *record = number ? ledger_at(ledger, number) : NULL;
    const uint32_t engine = record ? catalogue_caps(ledger->catalogue, record->material)->engine : FEMD_ENGINE_UNKNOWN;
    const uint64_t fingerprint = roster_hello(ledger->roster, worker)->fingerprint;
    FEMD_TRY(answers_check(&answer->response, record ? &record->request : NULL, engine, cost, err));
    if (cost->fingerprint == fingerprint || answers_is_retried(answer->status)) return FEMD_OK;
    return femd_fail(err, FEMD_PROTOCOL, "an answer of fingerprint %016llx from a worker of %016llx",
                     (unsigned long long)cost->fingerprint, (unsigned long long)fingerprint);
}

femd_status ledger_answer(femd_ledger *ledger, uint32_t worker, const femd_answer *answer, uint32_t *message,
                          femd_error *err) {
    answers_cost cost;
    *message = FEMD_NIL;
    uint32_t number = ledger_of_task(ledger, answer->task);
    /* of another server's life: the number was another task's then */
    if (number && !femd_hash_equal(&ledger_at(ledger, number)->key, &answer->key)) number = FEMD_NIL;
    FEMD_TRY(ledger_check(ledger, number, worker, answer, &cost, err));
    if (!number) {
        ledger->common->counter.late++;
        ledger_learn_stray(ledger, worker, &answer->state_out);
        return FEMD_OK;
    }
    evaluation *record = ledger_at(ledger, number);
    int had_it = record->message && record->worker == worker;
    if (had_it) {
        *message = ledger_land(ledger, number);
        ledger_worker *holder = ledger_worker_at(ledger, worker);
        holder->done++;
        if (ledger_is_workers_fault(answer->status))
            holder->failed++;
        else if (!answers_is_retried(answer->status))
            holder->failed = 0;
    }
    if (roster_quarantined(ledger->roster, worker)) {
        ledger_disregard(ledger, number, worker, had_it, answer);
        return FEMD_OK;
    }
    ledger_believe(ledger, ledger_worker_at(ledger, worker)->author); /* it was released if it was convicted */
    if (record->stage == STAGE_DONE) {
        ledger_second_answer(ledger, number, worker, answer, cost.fingerprint);
        return FEMD_OK;
    }
    if (answers_is_retried(answer->status)) {
        if (had_it)
            ledger_failed_answer(ledger, number, worker, answer);
        else
            ledger->common->counter.late++;
        return FEMD_OK;
    }
    ledger->common->counter.evaluations++;
    ledger_forgive(ledger, number);
    catalogue_learn_cost(ledger->catalogue, record->material, cost.wall);
    ledger_record(ledger, number, worker, answer, cost.fingerprint);
    return FEMD_OK;
}
