/* The ledger of evaluations: their life from the first asker to the last. */
#include "ledger.h"

#include <string.h>

#include "answers.h"
#include "batches.h"
#include "dispatch.h"
#include "members.h"
#include "runs.h"
#include "states.h"

const femd_hash *ledger_name(const void *item) {
    return &((const eval *)item)->key;
}

uint32_t ledger_find(const femd_core *c, const femd_hash *key) {
    return femd_table_find(&c->by_key, key);
}

uint64_t ledger_task_id(const femd_core *c, uint32_t e) {
    return (uint64_t)eval_at(c, e)->slot.generation << 32 | e;
}

/* The evaluation of a task id; FEMD_NIL if it is no longer in the ledger or never was. */
static uint32_t of_task(const femd_core *c, uint64_t task) {
    uint32_t e = (uint32_t)task;
    if (e == FEMD_NIL || e > c->evals.end) return FEMD_NIL;
    const eval *v = eval_at(c, e);
    return v->stage != STAGE_FREE && v->slot.generation == (uint32_t)(task >> 32) ? e : FEMD_NIL;
}

uint32_t ledger_create(femd_core *c, const femd_hash *key, const femd_request *r, uint32_t m) {
    uint32_t e = femd_slab_take(&c->evals);
    if (!e || !femd_table_put(&c->by_key, key, e)) {
        core_no_memory(c);
        if (e) femd_slab_give(&c->evals, e);
        return FEMD_NIL;
    }
    eval *v = eval_at(c, e);
    v->key = *key;
    v->request = *r;
    v->material = m;
    v->stage = STAGE_DONE;
    femd_limits_add(&c->limits, BYTES_REQUESTS, sizeof *v);
    return e;
}

/* ---- finished ones, by last use ---- */

static uint64_t cached_bytes(const eval *v) {
    return sizeof *v + v->response_size;
}

static void lru_insert(femd_core *c, uint32_t e) {
    eval *v = eval_at(c, e);
    v->prev = FEMD_NIL;
    v->next = c->lru_head;
    if (c->lru_head)
        eval_at(c, c->lru_head)->prev = e;
    else
        c->lru_tail = e;
    c->lru_head = e;
    c->cached += cached_bytes(v);
}

static void lru_remove(femd_core *c, uint32_t e) {
    eval *v = eval_at(c, e);
    if (v->prev)
        eval_at(c, v->prev)->next = v->next;
    else
        c->lru_head = v->next;
    if (v->next)
        eval_at(c, v->next)->prev = v->prev;
    else
        c->lru_tail = v->prev;
    v->prev = v->next = FEMD_NIL;
    c->cached -= cached_bytes(v);
}

static void drop_response(femd_core *c, eval *v) {
    if (!v->response) return;
    femd_limits_sub(&c->limits, BYTES_RESPONSES, v->response_size);
    femd_chunk_give(&c->chunks, v->response, v->response_size);
    v->response = NULL;
    v->response_size = 0;
}

static void keep_response(femd_core *c, eval *v, const femd_bytes *bytes) {
    v->response = femd_chunk_take(&c->chunks, bytes->size);
    if (!v->response) {
        core_no_memory(c);
        return;
    }
    memcpy(v->response, bytes->data, bytes->size);
    v->response_size = (uint32_t)bytes->size;
    femd_limits_add(&c->limits, BYTES_RESPONSES, bytes->size);
}

/* Give the record up if nothing needs it. */
static void release(femd_core *c, uint32_t e) {
    eval *v = eval_at(c, e);
    if (v->stage != STAGE_DONE || v->ask_batch || v->pins || v->flight || v->response) return;
    femd_table_remove(&c->by_key, &v->key, e);
    uint32_t s = v->state_out;
    v->state_out = FEMD_NIL;
    if (s) states_remove_maker(c, s, e);
    v->stage = STAGE_FREE;
    femd_limits_sub(&c->limits, BYTES_REQUESTS, sizeof *v);
    femd_slab_give(&c->evals, e);
}

void ledger_trim(femd_core *c, uint64_t bytes) {
    while (c->cached > bytes && c->lru_tail) {
        uint32_t e = c->lru_tail;
        lru_remove(c, e);
        drop_response(c, eval_at(c, e));
        release(c, e);
    }
}

void ledger_pin(femd_core *c, uint32_t e) {
    eval *v = eval_at(c, e);
    if (v->pins++ == 0 && v->state_out) states_ref(c, v->state_out);
}

void ledger_unpin(femd_core *c, uint32_t e) {
    eval *v = eval_at(c, e);
    if (--v->pins) return;
    if (v->state_out) states_unref(c, v->state_out);
    release(c, e);
}

/* ---- those who ask ---- */

static ask *ask_at(femd_core *c, uint32_t b, uint32_t index) {
    return &batch_at(c, b)->asks[index];
}

void ledger_ask(femd_core *c, uint32_t e, uint32_t b, uint32_t index) {
    eval *v = eval_at(c, e);
    ask *a = ask_at(c, b, index);
    *a = (ask){.eval = e, .next_batch = v->ask_batch, .next_index = v->ask_index};
    if (v->ask_batch) {
        ask *n = ask_at(c, v->ask_batch, v->ask_index);
        n->prev_batch = b;
        n->prev_index = index;
    }
    v->ask_batch = b;
    v->ask_index = index;
    if (v->flight) batch_at(c, b)->running++;
}

static void remove_ask(femd_core *c, uint32_t b, uint32_t index) {
    ask *a = ask_at(c, b, index);
    eval *v = eval_at(c, a->eval);
    if (a->prev_batch) {
        ask *p = ask_at(c, a->prev_batch, a->prev_index);
        p->next_batch = a->next_batch;
        p->next_index = a->next_index;
    } else {
        v->ask_batch = a->next_batch;
        v->ask_index = a->next_index;
    }
    if (a->next_batch) {
        ask *n = ask_at(c, a->next_batch, a->next_index);
        n->prev_batch = a->prev_batch;
        n->prev_index = a->prev_index;
    }
    if (v->flight) batch_at(c, b)->running--;
    a->eval = FEMD_NIL;
}

static void answer_one(femd_core *c, uint32_t e, uint32_t b, uint32_t index, const femd_bytes *bytes, uint32_t flags) {
    eval *v = eval_at(c, e);
    if (v->state_out) runs_tentative(c, batch_at(c, b)->client, e);
    batches_result(c, b, index, &v->key, bytes, flags);
}

void ledger_reuse(femd_core *c, uint32_t e, uint32_t b, uint32_t index) {
    eval *v = eval_at(c, e);
    if (v->stage == STAGE_DONE) {
        lru_remove(c, e);
        lru_insert(c, e);
    }
    answer_one(c, e, b, index, &(femd_bytes){v->response, v->response_size}, FEMD_RESULT_REUSED);
}

static void answer_all(femd_core *c, uint32_t e, const femd_bytes *bytes) {
    eval *v = eval_at(c, e);
    while (v->ask_batch) {
        uint32_t b = v->ask_batch, index = v->ask_index;
        remove_ask(c, b, index);
        answer_one(c, e, b, index, bytes, v->ask_batch ? FEMD_RESULT_REUSED : 0);
    }
}

/* ---- open and close ---- */

static femd_status open_for(femd_core *c, uint32_t e, uint32_t r) {
    eval *v = eval_at(c, e);
    uint32_t in = FEMD_NIL;
    if (!femd_hash_is_zero(&v->request.state_in)) {
        in = states_find(c, &v->request.state_in);
        if (!in) return FEMD_STATE_LOST;
    }
    uint32_t l = sched_lane(c, r, v->material);
    if (!l) return FEMD_NO_MEMORY;
    if (in) states_ref(c, in);
    v->state_in = in;
    v->lane = l;
    v->retries = v->blames = 0;
    sched_open(c, l);
    if (v->flight)
        v->stage = STAGE_SENT; /* a second answer is still to come and will be the first now */
    else
        sched_push(c, e, 0);
    return FEMD_OK;
}

femd_status ledger_open(femd_core *c, uint32_t e, uint32_t r) {
    femd_status rc = open_for(c, e, r);
    if (rc != FEMD_OK) release(c, e);
    return rc;
}

int ledger_repeat(femd_core *c, uint32_t e) {
    eval *v = eval_at(c, e);
    if (v->stage != STAGE_DONE) v->flags |= EVAL_REMAKE;
    if (v->stage != STAGE_DONE || v->flight) return 1; /* an answer that brings the state is on its way */
    if (v->response) lru_remove(c, e);
    if (open_for(c, e, c->service_run) != FEMD_OK) {
        if (v->response) lru_insert(c, e);
        return 0;
    }
    v->flags |= EVAL_REMAKE;
    v->remakes++;
    c->counter.remade++;
    return 1;
}

/* Out of the queue, or out of the wait for its state. */
static void leave_queue(femd_core *c, uint32_t e) {
    eval *v = eval_at(c, e);
    if (v->stage == STAGE_QUEUED) sched_remove(c, e);
    if (v->stage != STAGE_WAITING) return;
    c->parked--;
    states_recheck(c, v->state_in);
}

static void report_remade(femd_core *c, uint32_t e, femd_status status) {
    uint32_t s = eval_at(c, e)->state_out;
    if (s && state_at(c, s)->remaker == e) states_remade(c, s, status);
}

/* The end of its being open, answered or not. A repetition reports how it went. */
static void close_books(femd_core *c, uint32_t e, femd_status status) {
    eval *v = eval_at(c, e);
    leave_queue(c, e);
    if (v->stage == STAGE_STARTED) peer_at(c, v->worker)->nstarted--;
    v->stage = STAGE_DONE;
    sched_close(c, v->lane);
    v->lane = FEMD_NIL;
    uint32_t in = v->state_in;
    v->state_in = FEMD_NIL;
    if (in) states_unref(c, in);
    v->flags &= (uint8_t)~EVAL_REMAKE;
    report_remade(c, e, status);
    if (v->response) lru_insert(c, e);
}

/* Nobody asks any more, and no state is wanted of it. */
static void abandon(femd_core *c, uint32_t e) {
    close_books(c, e, FEMD_CANCELLED);
    release(c, e);
}

static int is_wanted(const eval *v) {
    return v->ask_batch || v->flags & EVAL_REMAKE;
}

void ledger_unrepeat(femd_core *c, uint32_t e) {
    eval *v = eval_at(c, e);
    v->flags &= (uint8_t)~EVAL_REMAKE;
    if (!is_wanted(v) && (v->stage == STAGE_QUEUED || v->stage == STAGE_WAITING)) abandon(c, e);
}

void ledger_unask(femd_core *c, uint32_t b, uint32_t index) {
    uint32_t e = ask_at(c, b, index)->eval;
    remove_ask(c, b, index);
    eval *v = eval_at(c, e);
    if (!is_wanted(v) && (v->stage == STAGE_QUEUED || v->stage == STAGE_WAITING)) abandon(c, e);
}

/* ---- at workers ---- */

void ledger_sent(femd_core *c, uint32_t e, uint32_t f) {
    eval *v = eval_at(c, e);
    flight *t = flight_at(c, f);
    peer *p = peer_at(c, t->worker);
    v->stage = STAGE_SENT;
    v->flight = f;
    v->worker = t->worker;
    t->left++;
    v->task_prev = FEMD_NIL;
    v->task_next = p->tasks;
    if (p->tasks) eval_at(c, p->tasks)->task_prev = e;
    p->tasks = e;
    p->ntasks++;
    c->running++;
    for (uint32_t b = v->ask_batch, i = v->ask_index; b;) {
        batch_at(c, b)->running++;
        const ask *a = ask_at(c, b, i);
        b = a->next_batch;
        i = a->next_index;
    }
}

/* Take it from its worker; the last one of a message gives the credit back. */
static void land(femd_core *c, uint32_t e) {
    eval *v = eval_at(c, e);
    peer *p = peer_at(c, v->worker);
    if (v->task_prev)
        eval_at(c, v->task_prev)->task_next = v->task_next;
    else
        p->tasks = v->task_next;
    if (v->task_next) eval_at(c, v->task_next)->task_prev = v->task_prev;
    p->ntasks--;
    if (v->stage == STAGE_STARTED) {
        p->nstarted--;
        v->stage = STAGE_SENT;
    }
    if (--flight_at(c, v->flight)->left == 0) {
        femd_slab_give(&c->flights, v->flight);
        peers_credit(c, v->worker);
    }
    for (uint32_t b = v->ask_batch, i = v->ask_index; b;) {
        batch_at(c, b)->running--;
        const ask *a = ask_at(c, b, i);
        b = a->next_batch;
        i = a->next_index;
    }
    v->flight = v->worker = FEMD_NIL;
    c->running--;
}

void ledger_park(femd_core *c, uint32_t e) {
    eval *v = eval_at(c, e);
    v->stage = STAGE_WAITING;
    c->parked++;
    states_wait(c, v->state_in, WAIT_EVAL, e, v->slot.generation, 0, 0);
}

void ledger_started(femd_core *c, uint32_t worker, uint64_t task) {
    uint32_t e = of_task(c, task);
    if (!e) return;
    eval *v = eval_at(c, e);
    if (v->worker != worker || v->stage != STAGE_SENT) return;
    v->stage = STAGE_STARTED;
    peer_at(c, worker)->nstarted++;
}

/* Give it up with a status of the server's own. */
static void fail(femd_core *c, uint32_t e, femd_status status) {
    uint8_t bytes[FEMD_RESPONSE_BYTES_MAX];
    femd_bytes made = answers_make(&eval_at(c, e)->request, status, bytes);
    answer_all(c, e, &made);
    close_books(c, e, status);
    release(c, e);
}

static void poison(femd_core *c, uint32_t e) {
    eval *v = eval_at(c, e);
    char key[65];
    femd_hash_text(&v->key, key);
    core_log(c, FEMD_LOG_ERROR, "point %llu is poison: it ended %d workers (key %s)",
             (unsigned long long)v->request.point, BLAMES_MAX, key);
    c->counter.poison++;
    v->flags |= EVAL_POISON;
    uint8_t bytes[FEMD_RESPONSE_BYTES_MAX];
    femd_bytes made = answers_make(&v->request, FEMD_POISON, bytes);
    if (!v->response) keep_response(c, v, &made);
    answer_all(c, e, &made);
    close_books(c, e, FEMD_POISON);
    release(c, e);
}

/* Back to the queue, or away if nobody wants it any more. */
static void requeue(femd_core *c, uint32_t e) {
    eval *v = eval_at(c, e);
    if (!is_wanted(v)) {
        abandon(c, e);
        return;
    }
    c->counter.requeued++;
    sched_push(c, e, 1);
}

void ledger_worker_gone(femd_core *c, uint32_t worker, int blame) {
    peer *p = peer_at(c, worker);
    while (p->tasks) {
        uint32_t e = p->tasks;
        eval *v = eval_at(c, e);
        int started = v->stage == STAGE_STARTED;
        land(c, e);
        if (v->stage == STAGE_DONE) {
            report_remade(c, e, FEMD_OK);
            release(c, e);
            continue;
        }
        if (started && blame && ++v->blames >= BLAMES_MAX)
            poison(c, e);
        else
            requeue(c, e);
    }
}

void ledger_input(femd_core *c, uint32_t e, uint32_t generation, femd_status status) {
    eval *v = eval_at(c, e);
    if (v->slot.generation != generation || v->stage != STAGE_WAITING) return;
    if (status != FEMD_OK) {
        fail(c, e, status);
        return;
    }
    c->parked--;
    sched_push(c, e, 1);
}

/* ---- answers ---- */

/* An answer that nobody waits for: its state is dropped unless somebody needs it. */
static void learn_stray_state(femd_core *c, uint32_t worker, const femd_hash *hash) {
    if (femd_hash_is_zero(hash)) return;
    uint32_t s = states_find(c, hash);
    if (s && state_at(c, s)->refs)
        states_hold(c, s, worker);
    else
        states_drop_unknown(c, worker, hash);
}

/* Compare with what is on record; 0 if it differs. What is on record stands. */
static int agrees(femd_core *c, uint32_t e, const femd_answer *a, uint64_t fingerprint) {
    eval *v = eval_at(c, e);
    int same = 1;
    if (v->response)
        same = answers_equal(&(femd_bytes){v->response, v->response_size}, &a->response);
    else if (v->state_out)
        same = femd_hash_equal(&state_at(c, v->state_out)->hash, &a->state_out);
    if (same || v->flags & EVAL_POISON) return same;
    char key[65];
    femd_hash_text(&v->key, key);
    if (fingerprint == v->fingerprint) {
        c->counter.conflicts++;
        core_log(c, FEMD_LOG_ERROR, "conflict: two different answers for point %llu (key %s), the first stands",
                 (unsigned long long)v->request.point, key);
        return 0;
    }
    c->counter.differences++;
    c->reproducible = 0;
    if (v->lane) run_at(c, lane_at(c, v->lane)->run)->reproducible = 0;
    core_log(c, FEMD_LOG_WARNING,
             "workers with different fingerprints answer differently (point %llu, key %s): the run is "
             "not bit-reproducible",
             (unsigned long long)v->request.point, key);
    return 0;
}

static void enter_state(femd_core *c, uint32_t e, const femd_hash *hash) {
    eval *v = eval_at(c, e);
    if (femd_hash_is_zero(hash)) return;
    v->state_out = states_enter(c, hash);
    if (v->state_out) states_add_maker(c, v->state_out, e);
}

/* The first answer, or one again after a loss. An answer that contradicts the record goes to nobody. */
static void record(femd_core *c, uint32_t e, uint32_t worker, const femd_answer *a, uint64_t fingerprint) {
    eval *v = eval_at(c, e);
    int known = v->response || v->state_out;
    int same = known ? agrees(c, e, a, fingerprint) : 1;
    if (!known) {
        v->fingerprint = fingerprint;
        enter_state(c, e, &a->state_out);
    }
    uint32_t s = v->state_out;
    if (s) state_at(c, s)->refs++; /* over the call */
    if (s && same)
        states_hold(c, s, worker);
    else if (!same)
        learn_stray_state(c, worker, &a->state_out);
    if (!v->response && same) keep_response(c, v, &a->response);
    uint8_t bytes[FEMD_RESPONSE_BYTES_MAX];
    femd_bytes conflict = same ? a->response : answers_make(&v->request, FEMD_CONFLICT, bytes);
    answer_all(c, e, &conflict);
    close_books(c, e, same ? FEMD_OK : FEMD_CONFLICT);
    if (s) states_unref(c, s);
    release(c, e);
}

static void second_answer(femd_core *c, uint32_t e, uint32_t worker, const femd_answer *a, uint64_t fingerprint) {
    c->counter.late++;
    if (!answers_is_retried(a->status)) agrees(c, e, a, fingerprint);
    learn_stray_state(c, worker, &a->state_out);
    report_remade(c, e, FEMD_OK);
    release(c, e);
}

static void failed_answer(femd_core *c, uint32_t e, uint32_t worker, const femd_answer *a) {
    eval *v = eval_at(c, e);
    if (a->status == FEMD_STATE_LOST && v->state_in) states_unhold(c, v->state_in, worker);
    if (++v->retries < RETRIES_MAX) {
        requeue(c, e);
        return;
    }
    core_log(c, FEMD_LOG_WARNING, "point %llu failed %d times: %s", (unsigned long long)v->request.point, RETRIES_MAX,
             femd_status_text(a->status));
    answer_all(c, e, &a->response);
    close_books(c, e, (femd_status)a->status);
    release(c, e);
}

femd_status ledger_answer(femd_core *c, uint32_t worker, const femd_answer *a, femd_error *err) {
    answers_cost cost;
    FEMD_TRY(answers_check(&a->response, &cost, err));
    uint32_t e = of_task(c, a->task);
    if (!e) {
        c->counter.late++;
        learn_stray_state(c, worker, &a->state_out);
        return FEMD_OK;
    }
    eval *v = eval_at(c, e);
    int had_it = v->flight && v->worker == worker;
    if (had_it) {
        land(c, e);
        peer_at(c, worker)->done++;
    }
    if (v->stage == STAGE_DONE) {
        second_answer(c, e, worker, a, cost.fingerprint);
        return FEMD_OK;
    }
    if (answers_is_retried(a->status)) {
        if (had_it)
            failed_answer(c, e, worker, a);
        else
            c->counter.late++;
        return FEMD_OK;
    }
    c->counter.evaluations++;
    answers_learn_cost(material_at(c, v->material), cost.wall);
    record(c, e, worker, a, cost.fingerprint);
    return FEMD_OK;
}
