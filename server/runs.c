/* Runs and their commits. */
#include "runs.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dispatch.h"
#include "femd/hash.h"
#include "ledger.h"
#include "outbox.h"
#include "states.h"

enum { RANKS_MAX = 16384 };

static rank *rank_of(const femd_core *c, const peer *p) {
    return &run_at(c, p->run)->ranks[p->rank];
}

uint32_t runs_create(femd_core *c, const char *name, uint32_t ranks) {
    uint32_t r = femd_slab_take(&c->runs);
    if (!r) return FEMD_NIL;
    run *t = run_at(c, r);
    t->ranks = calloc(ranks ? ranks : 1, sizeof *t->ranks);
    if (!t->ranks) {
        femd_slab_give(&c->runs, r);
        return FEMD_NIL;
    }
    snprintf(t->name, sizeof t->name, "%s", name);
    t->nranks = ranks;
    femd_limits_add(&c->limits, BYTES_BOOKS, ranks * sizeof *t->ranks);
    t->reproducible = 1;
    t->clock = c->clock;
    t->gone = -1;
    t->next = c->first_run;
    if (c->first_run) run_at(c, c->first_run)->prev = r;
    c->first_run = r;
    return r;
}

/* ---- what a rank keeps alive ---- */

static void unref_all(femd_core *c, femd_list *l) {
    for (uint32_t i = 0; i < l->count; i++) states_unref(c, l->at[i]);
    l->count = 0;
}

static void release_generation(femd_core *c, femd_list *l) {
    for (uint32_t i = 0; i < l->count; i++) state_at(c, l->at[i])->committed--;
    unref_all(c, l);
}

static void drop_tentative(femd_core *c, rank *k) {
    for (uint32_t i = 0; i < k->tentative.count; i++) ledger_unpin(c, k->tentative.at[i]);
    k->tentative.count = 0;
}

static void drop_pending(femd_core *c, rank *k) {
    for (uint32_t i = 0; i < k->pending.count; i++) states_recheck(c, k->pending.at[i]);
    unref_all(c, &k->pending);
    k->committing = 0;
    k->missing = 0;
    k->serial++;
}

void runs_destroy(femd_core *c, uint32_t r) {
    run *t = run_at(c, r);
    for (uint32_t i = 0; i < t->nranks; i++) {
        rank *k = &t->ranks[i];
        drop_pending(c, k);
        drop_tentative(c, k);
        release_generation(c, &k->current);
        release_generation(c, &k->previous);
        femd_list_clear(&k->tentative);
        femd_list_clear(&k->current);
        femd_list_clear(&k->previous);
        femd_list_clear(&k->pending);
    }
    femd_limits_sub(&c->limits, BYTES_BOOKS, t->nranks * sizeof *t->ranks);
    free(t->ranks);
    t->ranks = NULL;
    sched_run_gone(c, r);
    if (t->prev)
        run_at(c, t->prev)->next = t->next;
    else
        c->first_run = t->next;
    if (t->next) run_at(c, t->next)->prev = t->prev;
    femd_slab_give(&c->runs, r);
}

/* ---- joining and leaving ---- */

static uint32_t find(const femd_core *c, const char *name) {
    for (uint32_t r = c->first_run; r; r = run_at(c, r)->next)
        if (r != c->service_run && strcmp(run_at(c, r)->name, name) == 0) return r;
    return FEMD_NIL;
}

femd_status runs_join(femd_core *c, uint32_t client, uint32_t *holder, femd_error *err) {
    peer *p = peer_at(c, client);
    const femd_hello *h = &p->hello;
    uint32_t ranks = h->ranks ? h->ranks : 1;
    *holder = FEMD_NIL;
    if (h->rank >= ranks || ranks > RANKS_MAX)
        return femd_fail(err, FEMD_REFUSED, "rank %u of %u: ranks count from 0 and are at most %d", h->rank, ranks,
                         RANKS_MAX);
    uint32_t r = find(c, h->run);
    if (r && run_at(c, r)->nranks != ranks) {
        if (run_at(c, r)->connected || run_at(c, r)->open)
            return femd_fail(err, FEMD_REFUSED,
                             "run \"%s\" has %u ranks here, this client says %u; give the run another name", h->run,
                             run_at(c, r)->nranks, ranks);
        runs_destroy(c, r);
        r = FEMD_NIL;
    }
    if (r && run_at(c, r)->ranks[h->rank].peer) {
        *holder = run_at(c, r)->ranks[h->rank].peer;
        return femd_fail(err, FEMD_REFUSED,
                         "rank %u of run \"%s\" is connected already (pid %u on %s); give the run another name",
                         h->rank, h->run, peer_at(c, *holder)->hello.pid, peer_at(c, *holder)->hello.host);
    }
    if (!r) FEMD_TRY(femd_limits_room(&c->limits, ranks * sizeof(rank), "a run", err));
    if (!r) r = runs_create(c, h->run, ranks);
    if (!r) return femd_fail(err, FEMD_NO_MEMORY, "no memory for another run");
    run *t = run_at(c, r);
    p->run = r;
    p->rank = h->rank;
    t->ranks[h->rank].peer = client;
    t->connected++;
    t->gone = -1;
    return FEMD_OK;
}

void runs_leave(femd_core *c, uint32_t client, int bye) {
    peer *p = peer_at(c, client);
    if (!p->run) return;
    run *t = run_at(c, p->run);
    rank *k = rank_of(c, p);
    drop_pending(c, k);
    drop_tentative(c, k);
    k->peer = FEMD_NIL;
    t->connected--;
    if (t->connected == 0) t->gone = bye ? c->now - c->config.run_grace : c->now;
    p->run = FEMD_NIL;
}

double runs_tick(femd_core *c) {
    double next = INFINITY;
    for (uint32_t r = c->first_run, after; r; r = after) {
        run *t = run_at(c, r);
        after = t->next;
        if (r == c->service_run || t->connected || t->open) continue;
        if (c->now >= t->gone + c->config.run_grace)
            runs_destroy(c, r);
        else
            next = fmin(next, t->gone + c->config.run_grace);
    }
    return next;
}

void runs_tentative(femd_core *c, uint32_t client, uint32_t e) {
    peer *p = peer_at(c, client);
    if (!p->run) return;
    rank *k = rank_of(c, p);
    if (!femd_list_push(&k->tentative, e)) {
        core_no_memory(c);
        return;
    }
    ledger_pin(c, e);
}

/* ---- commit and abort ---- */

static void make_final(femd_core *c, uint32_t r) {
    run *t = run_at(c, r);
    uint64_t states = 0;
    uint32_t step = 0;
    for (uint32_t i = 0; i < t->nranks; i++) {
        rank *k = &t->ranks[i];
        release_generation(c, &k->previous);
        femd_list oldest = k->previous;
        k->previous = k->current;
        k->current = k->pending;
        k->pending = oldest;
        for (uint32_t j = 0; j < k->current.count; j++) state_at(c, k->current.at[j])->committed++;
        drop_tentative(c, k);
        k->committing = 0;
        k->has_last = 1;
        k->last_transaction = k->transaction;
        k->last_content = k->content;
        states += k->current.count;
        step = k->step;
        const peer *p = peer_at(c, k->peer);
        outbox_send_empty(c, p->route, p->json, FEMD_MSG_COMMITTED, k->transaction);
    }
    t->commits++;
    t->last_step = step;
    c->counter.commits++;
    if (c->config.committed) c->config.committed(c->config.user, t->name, step, states);
}

static void try_final(femd_core *c, uint32_t r) {
    const run *t = run_at(c, r);
    for (uint32_t i = 0; i < t->nranks; i++)
        if (!t->ranks[i].committing || t->ranks[i].missing) return;
    make_final(c, r);
}

static femd_status check_step(const run *t, uint32_t rank_number, uint32_t step, femd_error *err) {
    for (uint32_t i = 0; i < t->nranks; i++)
        if (i != rank_number && t->ranks[i].committing && t->ranks[i].step != step)
            return femd_fail(err, FEMD_BAD_ARGUMENT, "rank %u commits step %u while rank %u commits step %u",
                             rank_number, step, i, t->ranks[i].step);
    return FEMD_OK;
}

/* A reference for each state of the commit. */
static femd_status collect_states(femd_core *c, rank *k, femd_reader *rd, femd_error *err) {
    femd_commit_entry entry;
    int got;
    while ((got = femd_commit_next(rd, &entry, err)) == 1) {
        if (femd_hash_is_zero(&entry.state)) continue;
        uint32_t s = states_find(c, &entry.state);
        if (!s)
            return femd_fail(err, FEMD_STATE_LOST,
                             "the state of point %llu to commit is unknown here; evaluate the step again",
                             (unsigned long long)entry.point);
        if (!femd_list_push(&k->pending, s)) return femd_fail(err, FEMD_NO_MEMORY, "no memory for a commit");
        states_ref(c, s);
    }
    return got < 0 ? FEMD_PROTOCOL : FEMD_OK;
}

static femd_status need_run(const peer *p, femd_error *err) {
    if (p->run) return FEMD_OK;
    return femd_fail(err, FEMD_REFUSED, "only a client that belongs to a run can do this");
}

femd_status runs_commit(femd_core *c, uint32_t client, const femd_frame *f, femd_error *err) {
    const peer *p = peer_at(c, client);
    FEMD_TRY(need_run(p, err));
    rank *k = rank_of(c, p);
    femd_hash content;
    uint32_t step;
    femd_reader rd;
    FEMD_TRY(femd_commit_open(f, &step, &rd, err));
    femd_hash_bytes(f->body.data, f->body.size, &content);
    if (k->committing && k->transaction == f->id && femd_hash_equal(&k->content, &content))
        return FEMD_OK; /* sent again */
    if (!k->committing && k->has_last && k->last_transaction == f->id && femd_hash_equal(&k->last_content, &content)) {
        outbox_send_empty(c, p->route, p->json, FEMD_MSG_COMMITTED, f->id);
        return FEMD_OK;
    }
    FEMD_TRY(check_step(run_at(c, p->run), p->rank, step, err));
    drop_pending(c, k);
    femd_status rc = collect_states(c, k, &rd, err);
    if (rc != FEMD_OK) {
        drop_pending(c, k);
        return rc;
    }
    k->committing = 1;
    k->transaction = f->id;
    k->step = step;
    k->content = content;
    for (uint32_t i = 0; i < k->pending.count; i++) {
        uint32_t s = k->pending.at[i];
        if (state_at(c, s)->blob) continue;
        k->missing++;
        states_wait(c, s, WAIT_COMMIT, p->run, run_at(c, p->run)->slot.generation, p->rank, k->serial);
    }
    try_final(c, p->run);
    return FEMD_OK;
}

int runs_waits(const femd_core *c, uint32_t r, uint32_t generation, uint32_t rank_number, uint32_t serial) {
    const run *t = run_at(c, r);
    return t->slot.generation == generation && t->ranks && t->ranks[rank_number].committing &&
           t->ranks[rank_number].serial == serial;
}

void runs_state(femd_core *c, uint32_t r, uint32_t generation, uint32_t rank_number, uint32_t serial, uint32_t s,
                femd_status status) {
    if (!runs_waits(c, r, generation, rank_number, serial)) return;
    run *t = run_at(c, r);
    rank *k = &t->ranks[rank_number];
    if (status == FEMD_OK) {
        if (--k->missing == 0) try_final(c, r);
        return;
    }
    char name[65];
    femd_hash_text(&state_at(c, s)->hash, name);
    femd_error err = FEMD_ERROR_INIT;
    femd_fail(&err, status, "step %u cannot be committed: %s (state %s)", k->step, femd_status_text(status), name);
    core_log(c, FEMD_LOG_ERROR, "run %s: %s", t->name, err.text);
    const peer *p = peer_at(c, k->peer);
    outbox_send_error(c, p->route, p->json, k->transaction, &err);
    drop_pending(c, k);
}

femd_status runs_abort(femd_core *c, uint32_t client, const femd_frame *f, femd_error *err) {
    const peer *p = peer_at(c, client);
    FEMD_TRY(need_run(p, err));
    rank *k = rank_of(c, p);
    drop_pending(c, k);
    drop_tentative(c, k);
    outbox_send_empty(c, p->route, p->json, FEMD_MSG_ABORTED, f->id);
    return FEMD_OK;
}

/* ---- states from a checkpoint ---- */

static femd_status put_one(femd_core *c, rank *k, const femd_state_entry *entry, femd_error *err) {
    femd_hash content;
    if (entry->blob.size == 0) return femd_fail(err, FEMD_BAD_INPUT, "a state without content");
    femd_hash_domain("state", entry->blob.data, entry->blob.size, &content);
    if (!femd_hash_equal(&content, &entry->hash))
        return femd_fail(err, FEMD_BAD_INPUT, "the content of a state does not fit its name");
    FEMD_TRY(femd_limits_room(&c->limits, entry->blob.size + STATE_BOOK, "a state", err));
    uint32_t s = states_enter(c, &entry->hash);
    if (!s || !femd_list_push(&k->current, s)) return femd_fail(err, FEMD_NO_MEMORY, "no memory for a state");
    states_ref(c, s);
    state_at(c, s)->committed++;
    return states_put(c, s, &entry->blob, err);
}

femd_status runs_put(femd_core *c, uint32_t client, const femd_frame *f, femd_error *err) {
    const peer *p = peer_at(c, client);
    FEMD_TRY(need_run(p, err));
    femd_reader rd;
    femd_state_entry entry;
    int got;
    femd_reader_open(f, &rd);
    while ((got = femd_state_next(&rd, &entry, err)) == 1) FEMD_TRY(put_one(c, rank_of(c, p), &entry, err));
    if (got < 0) return FEMD_PROTOCOL;
    outbox_send_empty(c, p->route, p->json, FEMD_MSG_STATE_STORED, f->id);
    return FEMD_OK;
}
