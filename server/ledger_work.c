/* The ledger of evaluations: there and back. What is with workers, what comes back without an answer, and what the
 * death of a worker makes of it. */
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

uint32_t ledger_of_task(const femd_ledger *ledger, uint64_t task) {
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

uint32_t ledger_land(femd_ledger *ledger, uint32_t number) {
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

void ledger_requeue(femd_ledger *ledger, uint32_t number) {
    if (!ledger_is_wanted(ledger_at(ledger, number))) {
        ledger_abandon(ledger, number);
        return;
    }
    ledger->common->counter.requeued++;
    ledger_push_front(ledger, number);
}

/* ---- giving up ---- */

void ledger_give_up(femd_ledger *ledger, uint32_t number, femd_status status, const femd_bytes *answer) {
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
    if (ledger_blames(ledger, number, death)) ledger_suspect(ledger, number, suspects);
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
    if (holder->started) return;
    for (uint32_t number = holder->first; number; number = ledger_at(ledger, number)->task_next) {
        evaluation *record = ledger_at(ledger, number);
        if (record->stage != STAGE_SENT || !ledger_blames(ledger, number, death)) continue;
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
