/* An audit of the books, for tests: every count is made again from what it counts. It changes nothing. */
#include <stdlib.h>

#include "inner.h"
#include "ledger.h"
#include "states.h"

#define EXPECT(cond, ...)                                                                                              \
    do {                                                                                                               \
        if (!(cond)) {                                                                                                 \
            femd_fail(err, FEMD_INTERNAL, __VA_ARGS__);                                                                \
            return -1;                                                                                                 \
        }                                                                                                              \
    } while (0)

static int is_state(const femd_core *c, uint32_t s) {
    return states_find(c, &state_at(c, s)->hash) == s;
}

static void count_list(uint32_t *refs, const femd_list *l) {
    for (uint32_t i = 0; i < l->count; i++) refs[l->at[i]]++;
}

/* References to each state, and the final commits among them, from all who may hold one. */
static void count_refs(const femd_core *c, uint32_t *refs, uint32_t *committed) {
    for (uint32_t r = c->first_run; r; r = run_at(c, r)->next) {
        const run *t = run_at(c, r);
        for (uint32_t i = 0; i < t->nranks; i++) {
            const rank *k = &t->ranks[i];
            count_list(refs, &k->current);
            count_list(refs, &k->previous);
            count_list(refs, &k->pending);
            count_list(committed, &k->current);
            count_list(committed, &k->previous);
        }
    }
    for (uint32_t e = 1; e <= c->evals.end; e++) {
        const eval *v = eval_at(c, e);
        if (v->stage == STAGE_FREE) continue;
        if (v->state_in) refs[v->state_in]++;
        if (v->state_out && v->pins) refs[v->state_out]++;
    }
    for (uint32_t g = 1; g <= c->gets.end; g++) {
        const get *t = get_at(c, g);
        for (uint32_t i = 0; t->hash && i < t->count; i++)
            if (t->state[i]) refs[t->state[i]]++;
    }
    for (uint32_t s = 1; s <= c->states.end; s++) {
        if (!is_state(c, s)) continue;
        for (uint32_t w = state_at(c, s)->waiters; w; w = waiter_at(c, w)->next) refs[s]++;
    }
}

static int audit_states(const femd_core *c, const uint32_t *refs, const uint32_t *committed, femd_error *err) {
    uint64_t bytes = 0;
    uint32_t live = 0, held = 0, waiting = 0;
    for (uint32_t s = 1; s <= c->states.end; s++) {
        if (!is_state(c, s)) continue;
        const state *t = state_at(c, s);
        live++;
        EXPECT(t->refs == refs[s], "state %u has %u references, %u are known", s, t->refs, refs[s]);
        EXPECT(t->committed == committed[s], "state %u counts %u commits, %u are known", s, t->committed, committed[s]);
        EXPECT(t->refs || (!t->blob && !t->holders), "state %u is kept without reason", s);
        EXPECT(t->refs || t->makers || t->checking, "state %u is in the book without reason", s);
        uint32_t n = 0;
        for (uint32_t h = t->holders; h; h = holding_at(c, h)->state_next) {
            EXPECT(peer_at(c, holding_at(c, h)->worker)->route, "state %u is held by a worker that is gone", s);
            n++;
        }
        EXPECT(n == t->nholders, "state %u has %u holders, counts %u", s, n, t->nholders);
        for (uint32_t w = t->waiters; w; w = waiter_at(c, w)->next) waiting++;
        EXPECT(!t->waiters || t->fetching || t->remaker || t->checking,
               "nobody looks after state %u, which is waited for", s);
        EXPECT(!t->fetching || peer_at(c, t->fetching)->route, "state %u is fetched from a worker that is gone", s);
        EXPECT(!t->remaker || eval_at(c, t->remaker)->state_out == s, "state %u is remade by another evaluation", s);
        held += n;
        if (t->blob) bytes += femd_blob_size(t->blob);
    }
    EXPECT(live == c->states.live, "%u states are named, %u are live", live, c->states.live);
    EXPECT(held == c->holdings.live, "%u holdings are linked, %u are live", held, c->holdings.live);
    EXPECT(waiting == c->waiters.live, "%u waiters are linked, %u are live", waiting, c->waiters.live);
    EXPECT(bytes == c->limits.held[BYTES_STATES], "states hold %llu bytes, the book says %llu",
           (unsigned long long)bytes, (unsigned long long)c->limits.held[BYTES_STATES]);
    return 0;
}

static int audit_eval(const femd_core *c, uint32_t e, uint32_t *pins, femd_error *err) {
    const eval *v = eval_at(c, e);
    int open = v->stage != STAGE_DONE;
    EXPECT(ledger_find(c, &v->key) == e, "evaluation %u is not found by its key", e);
    EXPECT(open == (v->lane != FEMD_NIL), "evaluation %u is %s but has %s lane", e, open ? "open" : "done",
           v->lane ? "a" : "no");
    EXPECT(open || !v->ask_batch, "evaluation %u is done and somebody still waits for it", e);
    EXPECT(!open || v->ask_batch || v->flags & EVAL_REMAKE || v->flight, "evaluation %u is open and nobody wants it",
           e);
    EXPECT(open || v->response || v->pins || v->flight, "evaluation %u is kept without reason", e);
    EXPECT((v->stage == STAGE_SENT || v->stage == STAGE_STARTED) <= (v->flight != 0), "evaluation %u is sent to nobody",
           e);
    EXPECT(!v->flight || flight_at(c, v->flight)->worker == v->worker, "evaluation %u is with the wrong worker", e);
    EXPECT(v->pins == pins[e], "evaluation %u has %u pins, %u are known", e, v->pins, pins[e]);
    for (uint32_t b = v->ask_batch, i = v->ask_index; b;) {
        const ask *a = &batch_at(c, b)->asks[i];
        EXPECT(a->eval == e, "an asker of evaluation %u asks for another one", e);
        b = a->next_batch;
        i = a->next_index;
    }
    return 0;
}

static void count_pins(const femd_core *c, uint32_t *pins) {
    for (uint32_t r = c->first_run; r; r = run_at(c, r)->next)
        for (uint32_t i = 0; i < run_at(c, r)->nranks; i++) count_list(pins, &run_at(c, r)->ranks[i].tentative);
}

static int audit_ledger(const femd_core *c, uint32_t *pins, femd_error *err) {
    uint64_t responses = 0, cached = 0;
    uint32_t live = 0, queued = 0, parked = 0, running = 0, lru = 0, kept = 0;
    count_pins(c, pins);
    for (uint32_t e = 1; e <= c->evals.end; e++) {
        const eval *v = eval_at(c, e);
        if (v->stage == STAGE_FREE) continue;
        if (audit_eval(c, e, pins, err) != 0) return -1;
        live++;
        queued += v->stage == STAGE_QUEUED;
        parked += v->stage == STAGE_WAITING;
        running += v->flight != FEMD_NIL;
        responses += v->response_size;
        if (v->stage == STAGE_DONE && v->response) {
            cached += sizeof *v + v->response_size;
            kept++;
        }
    }
    for (uint32_t e = c->lru_head; e; e = eval_at(c, e)->next) lru++;
    EXPECT(live == c->evals.live && live == c->by_key.used, "%u evaluations, %u live, %u named", live, c->evals.live,
           c->by_key.used);
    EXPECT(queued == c->queued && parked == c->parked && running == c->running,
           "queued %u/%u waiting %u/%u running %u/%u", queued, c->queued, parked, c->parked, running, c->running);
    EXPECT(lru == kept && cached == c->cached, "%u finished evaluations in order of use, %u are kept", lru, kept);
    EXPECT(responses == c->limits.held[BYTES_RESPONSES], "responses: bytes do not add up");
    EXPECT(live * sizeof(eval) == c->limits.held[BYTES_REQUESTS], "requests: bytes do not add up");
    return 0;
}

static int audit_batch(const femd_core *c, const batch *t, femd_error *err) {
    uint32_t asked = 0, running = 0;
    for (uint32_t i = 0; i < t->count; i++) {
        if (!t->asks[i].eval) continue;
        asked++;
        running += eval_at(c, t->asks[i].eval)->flight != FEMD_NIL;
    }
    EXPECT(t->waiting ? asked == 0 && t->left == t->count : asked == t->left,
           "batch %llu: %u points asked for, %u left", (unsigned long long)t->id, asked, t->left);
    EXPECT(running == t->running, "batch %llu: %u points with workers, counts %u", (unsigned long long)t->id, running,
           t->running);
    EXPECT(peer_at(c, t->client)->route, "batch %llu of a client that is gone", (unsigned long long)t->id);
    return 0;
}

static int audit_peers(const femd_core *c, femd_error *err) {
    uint64_t batches = 0;
    uint32_t flights = 0;
    for (uint32_t b = 1; b <= c->batches.end; b++) {
        if (!batch_at(c, b)->client) continue;
        if (audit_batch(c, batch_at(c, b), err) != 0) return -1;
        batches += batch_at(c, b)->charged;
    }
    EXPECT(batches == c->limits.held[BYTES_BATCHES], "batches: bytes do not add up");
    for (uint32_t n = 1; n <= c->peers.end; n++) {
        const peer *p = peer_at(c, n);
        if (!p->route) continue;
        uint32_t tasks = 0, started = 0, held = 0;
        for (uint32_t e = p->tasks; e; e = eval_at(c, e)->task_next) {
            tasks++;
            started += eval_at(c, e)->stage == STAGE_STARTED;
        }
        for (uint32_t h = p->holdings; h; h = holding_at(c, h)->worker_next) held++;
        EXPECT(tasks == p->ntasks && started == p->nstarted && held == p->held,
               "worker %u: tasks %u/%u started %u/%u held %u/%u", n, tasks, p->ntasks, started, p->nstarted, held,
               p->held);
        EXPECT(p->flying <= c->config.credits, "worker %u has %u messages", n, p->flying);
        flights += p->flying;
    }
    EXPECT(flights == c->flights.live, "%u messages with workers, %u are live", flights, c->flights.live);
    return 0;
}

static int audit_lanes(const femd_core *c, femd_error *err) {
    uint32_t queued = 0;
    for (uint32_t l = c->first_lane; l; l = lane_at(c, l)->next) {
        const lane *n = lane_at(c, l);
        uint32_t own = 0;
        for (uint32_t w = 0; w < n->own_room; w++) {
            own += n->own[w].count;
            EXPECT(!n->own[w].count || peer_at(c, w)->route, "lane %u keeps work for a worker that is gone", l);
        }
        EXPECT(own == n->own_total, "lane %u: %u kept for workers, counts %u", l, own, n->own_total);
        queued += own + n->common.count;
    }
    EXPECT(queued == c->queued, "%u queued in lanes, %u in all", queued, c->queued);
    return 0;
}

static int audit_sums(const femd_core *c, femd_error *err) {
    uint64_t sum = 0, books = (uint64_t)c->states.live * STATE_BOOK;
    for (uint32_t r = c->first_run; r; r = run_at(c, r)->next) books += run_at(c, r)->nranks * sizeof(rank);
    EXPECT(books == c->limits.held[BYTES_BOOKS], "books: bytes do not add up");
    for (int k = 0; k < BYTES_KINDS; k++) sum += c->limits.held[k];
    EXPECT(sum == c->limits.total, "the kinds of bytes do not add up");
    return 0;
}

int femd_core_audit(const femd_core *c, femd_error *err) {
    uint32_t *refs = calloc(c->states.end + 1, sizeof *refs), *committed = calloc(c->states.end + 1, sizeof *committed);
    uint32_t *pins = calloc(c->evals.end + 1, sizeof *pins);
    int rc = -1;
    if (refs && committed && pins) {
        count_refs(c, refs, committed);
        rc = audit_states(c, refs, committed, err);
        if (rc == 0) rc = audit_ledger(c, pins, err);
        if (rc == 0) rc = audit_peers(c, err);
        if (rc == 0) rc = audit_lanes(c, err);
        if (rc == 0) rc = audit_sums(c, err);
    } else {
        femd_fail(err, FEMD_NO_MEMORY, "no memory for the audit");
    }
    free(refs);
    free(committed);
    free(pins);
    return rc;
}
