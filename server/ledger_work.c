/* The ledger of evaluations: what happens to them at workers. Answers, double answers, failures, deaths. */
#include <stdio.h>

#include "answers.h"
#include "ledger_private.h"

int ledger_worker_here(femd_ledger *ledger, uint32_t worker) {
    if (!femd_rows_reach(&ledger->workers, worker)) return 0;
    if (!ledger_count_build(ledger, roster_hello(ledger->roster, worker)->fingerprint, 1)) return 0;
    *ledger_worker_at(ledger, worker) = (ledger_worker){.first = FEMD_NIL};
    return ledger_author_here(ledger, worker);
}

uint64_t ledger_task_id(const femd_ledger *ledger, uint32_t number) {
    return (uint64_t)ledger_at(ledger, number)->slot.generation << 32 | number;
}

/* The evaluation of a task id; FEMD_NIL if it is no longer in the ledger or never was. */
static uint32_t ledger_of_task(const femd_ledger *ledger, uint64_t task) {
    uint32_t number = (uint32_t)task;
    if (number == FEMD_NIL || number > ledger->records.end) return FEMD_NIL;
    const evaluation *record = ledger_at(ledger, number);
    return record->stage != STAGE_FREE && record->slot.generation == (uint32_t)(task >> 32) ? number : FEMD_NIL;
}

/* ---- there and back ---- */

void ledger_sent(femd_ledger *ledger, uint32_t number, uint32_t worker, uint32_t message) {
    evaluation *record = ledger_at(ledger, number);
    ledger_worker *holder = ledger_worker_at(ledger, worker);
    record->stage = STAGE_SENT;
    record->message = message;
    record->worker = worker;
    record->task_prev = FEMD_NIL;
    record->task_next = holder->first;
    if (holder->first) ledger_at(ledger, holder->first)->task_prev = number;
    holder->first = number;
    holder->count++;
    ledger->running++;
    roster_owe(ledger->roster, worker);
}

void ledger_count_started(femd_ledger *ledger, uint32_t worker, int change) {
    ledger_worker *holder = ledger_worker_at(ledger, worker);
    if (holder->started) ledger->busy += ledger->common->now - holder->busy_since;
    if (holder->started || change > 0) holder->busy_since = ledger->common->now;
    holder->started += (uint32_t)change;
}

/* Take it from its worker. Returns the TASK message it was in. */
static uint32_t ledger_land(femd_ledger *ledger, uint32_t number) {
    evaluation *record = ledger_at(ledger, number);
    ledger_worker *holder = ledger_worker_at(ledger, record->worker);
    uint32_t message = record->message;
    if (record->task_prev)
        ledger_at(ledger, record->task_prev)->task_next = record->task_next;
    else
        holder->first = record->task_next;
    if (record->task_next) ledger_at(ledger, record->task_next)->task_prev = record->task_prev;
    holder->count--;
    if (record->stage == STAGE_STARTED) {
        ledger_count_started(ledger, record->worker, -1);
        record->stage = STAGE_SENT;
    }
    roster_pay(ledger->roster, record->worker);
    record->message = record->worker = FEMD_NIL;
    ledger->running--;
    return message;
}

void ledger_park(femd_ledger *ledger, uint32_t number) {
    evaluation *record = ledger_at(ledger, number);
    record->stage = STAGE_WAITING;
    ledger->parked++;
    record->wait =
        states_wait(ledger->states, record->state_in, &(states_waiter){.kind = WAITER_EVALUATION, .who = number});
}

void ledger_started(femd_ledger *ledger, uint32_t worker, uint64_t task) {
    uint32_t number = ledger_of_task(ledger, task);
    if (!number) return;
    evaluation *record = ledger_at(ledger, number);
    if (record->worker != worker || record->stage != STAGE_SENT) return;
    record->stage = STAGE_STARTED;
    ledger_count_started(ledger, worker, 1);
}

/* One in trouble is for everybody, whoever holds its state. */
static void ledger_push_front(femd_ledger *ledger, uint32_t number) {
    evaluation *record = ledger_at(ledger, number);
    const uint32_t state = record->troubled || record->hearing ? FEMD_NIL : record->state_in;
    if (lanes_push(ledger->lanes, record->lane, number, state, 1)) record->stage = STAGE_QUEUED;
}

void ledger_ask_again(femd_ledger *ledger, uint32_t number) {
    ledger_push_front(ledger, number);
}

/* Back to the queue, or away if nobody wants it any more. */
static void ledger_requeue(femd_ledger *ledger, uint32_t number) {
    if (!ledger_is_wanted(ledger_at(ledger, number))) {
        ledger_abandon(ledger, number);
        return;
    }
    ledger->common->counter.requeued++;
    ledger_push_front(ledger, number);
}

/* ---- giving up ---- */

static void ledger_give_up(femd_ledger *ledger, uint32_t number, femd_status status, const femd_bytes *answer) {
    ledger_publish(ledger, number, answer);
    ledger_close(ledger, number, status);
    ledger_release(ledger, number);
}

static void ledger_poison(femd_ledger *ledger, uint32_t number) {
    evaluation *record = ledger_at(ledger, number);
    if (record->hearing) {
        ledger_end_unheard(ledger, number);
        return;
    }
    char key[65];
    femd_hash_text(&record->key, key);
    common_log(ledger->common, FEMD_LOG_ERROR, "point %llu is poison: it ended %d workers (key %s)",
               (unsigned long long)record->request.point, ledger_losses(ledger, number), key);
    ledger->common->counter.poison++;
    record->flags |= LEDGER_POISON;
    record->poisoned = ledger->common->now;
    uint8_t bytes[FEMD_RESPONSE_BYTES_MAX];
    char words[80];
    snprintf(words, sizeof words, "it ended %d workers", ledger_losses(ledger, number));
    femd_bytes made = answers_make(&record->request, FEMD_POISON, words, bytes);
    if (!record->response) {
        ledger_keep_response(ledger, record, &made);
        made = ledger_response(ledger, number);
    }
    ledger_give_up(ledger, number, FEMD_POISON, &made);
}

void ledger_input(femd_ledger *ledger, uint32_t number, femd_status status) {
    evaluation *record = ledger_at(ledger, number);
    record->wait = FEMD_NIL;
    if (status != FEMD_OK && record->hearing) {
        ledger_end_unheard(ledger, number);
        return;
    }
    if (status != FEMD_OK) {
        uint8_t bytes[FEMD_RESPONSE_BYTES_MAX];
        femd_bytes made = answers_make(&record->request, status, states_why(ledger->states, status), bytes);
        ledger_give_up(ledger, number, status, &made);
        return;
    }
    ledger->parked--;
    ledger_push_front(ledger, number);
}

/* ---- the death of a worker ---- */

/* The trials to which the suspects of one death go. */
typedef struct ledger_suspects {
    uint32_t count;  /* all that had started and are still open */
    uint32_t judged; /* of these so far */
} ledger_suspects;

static uint32_t ledger_count_suspects(const femd_ledger *ledger, const ledger_worker *holder) {
    uint32_t count = 0;
    for (uint32_t number = holder->first; number; number = ledger_at(ledger, number)->task_next)
        count += ledger_at(ledger, number)->stage == STAGE_STARTED;
    return count;
}

/* It had started when its worker ended, and is suspect from now on. */
static void ledger_suspect(femd_ledger *ledger, uint32_t number, ledger_suspects *suspects) {
    evaluation *record = ledger_at(ledger, number);
    const int batches = catalogue_caps(ledger->catalogue, record->material)->batch > 1;
    const int begins_half = suspects->judged == 0 || suspects->judged == (suspects->count + 1) / 2;
    suspects->judged++;
    if (!batches || begins_half) ledger->last_trial++;
    if (ledger->last_trial == FEMD_NIL) ledger->last_trial++;
    record->trial = ledger->last_trial;
}

/* Returns 1 if it is poison. */
static int ledger_judge(femd_ledger *ledger, uint32_t number, uint32_t worker, uint32_t death,
                        ledger_suspects *suspects) {
    if (deaths_counts(ledger->deaths, death)) ledger_suspect(ledger, number, suspects);
    return ledger_note_loss(ledger, number, worker, death, suspects->count == 1);
}

static void ledger_take_back(femd_ledger *ledger, uint32_t number, uint32_t death, ledger_suspects *suspects) {
    evaluation *record = ledger_at(ledger, number);
    const uint32_t worker = record->worker;
    const double since = ledger_worker_at(ledger, worker)->busy_since;
    const int started = record->stage == STAGE_STARTED;
    ledger_land(ledger, number);
    ledger_worker_at(ledger, worker)->busy_since = since; /* how long those that had started have run */
    if (record->stage == STAGE_DONE) {
        ledger_report_remade(ledger, number, FEMD_OK);
        ledger_release(ledger, number);
    } else if (started && death && ledger_judge(ledger, number, worker, death, suspects)) {
        ledger_poison(ledger, number);
    } else {
        ledger_requeue(ledger, number);
    }
}

void ledger_presume_started(femd_ledger *ledger, uint32_t worker, uint32_t death) {
    const ledger_worker *holder = ledger_worker_at(ledger, worker);
    ledger_suspects suspects = {.count = holder->count};
    if (holder->started || !deaths_counts(ledger->deaths, death)) return;
    for (uint32_t number = holder->first; number; number = ledger_at(ledger, number)->task_next) {
        evaluation *record = ledger_at(ledger, number);
        if (record->stage != STAGE_SENT) continue;
        if (record->trial) {
            record->stage = STAGE_STARTED;
            ledger_count_started(ledger, worker, 1);
        } else if (ledger_troubles_of(ledger, number)) {
            ledger_suspect(ledger, number, &suspects);
        }
    }
}

/* What had started comes back last, and so is tried first: a suspect is soon decided, before many others become one. */
void ledger_worker_gone(femd_ledger *ledger, uint32_t worker, uint32_t death) {
    const ledger_worker *holder = ledger_worker_at(ledger, worker);
    ledger_suspects suspects = {.count = ledger_count_suspects(ledger, holder)};
    for (uint32_t number = holder->first, next; number; number = next) {
        next = ledger_at(ledger, number)->task_next;
        if (ledger_at(ledger, number)->stage != STAGE_STARTED) ledger_take_back(ledger, number, death, &suspects);
    }
    while (holder->first) ledger_take_back(ledger, holder->first, death, &suspects);
    ledger_author_gone(ledger, worker);
    ledger_count_build(ledger, roster_hello(ledger->roster, worker)->fingerprint, -1);
}

/* ---- answers ---- */

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
        record->answered = ledger->common->now;
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
    ledger_author_at(ledger, ledger_worker_at(ledger, worker)->author)->convicted = 0; /* it was released if it was */
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

/* ---- what a worker has ---- */

uint32_t ledger_tasks(const femd_ledger *ledger, uint32_t worker) {
    return ledger_worker_at(ledger, worker)->count;
}

uint32_t ledger_tasks_started(const femd_ledger *ledger, uint32_t worker) {
    return ledger_worker_at(ledger, worker)->started;
}

uint64_t ledger_tasks_done(const femd_ledger *ledger, uint32_t worker) {
    return ledger_worker_at(ledger, worker)->done;
}

int ledger_is_started(const femd_ledger *ledger, uint32_t number) {
    return ledger_at(ledger, number)->stage == STAGE_STARTED;
}

uint32_t ledger_next_task(const femd_ledger *ledger, uint32_t worker, uint32_t number) {
    return number ? ledger_at(ledger, number)->task_next : ledger_worker_at(ledger, worker)->first;
}
