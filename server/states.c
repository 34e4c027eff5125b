/* The book of states. */
#include "states.h"

#include "femd/hash.h"
#include "gets.h"
#include "ledger.h"
#include "outbox.h"
#include "runs.h"

enum { GET_HASHES_MAX = 256, GET_BYTES = 32 << 20, DROP_HASHES_MAX = 65536, HASH_BYTES = 32 };

const femd_hash *states_name(const void *item) {
    return &((const state *)item)->hash;
}

uint32_t states_find(const femd_core *c, const femd_hash *hash) {
    return femd_table_find(&c->by_state, hash);
}

uint32_t states_enter(femd_core *c, const femd_hash *hash) {
    uint32_t s = states_find(c, hash);
    if (s) return s;
    s = femd_slab_take(&c->states);
    if (!s || !femd_table_put(&c->by_state, hash, s)) {
        core_no_memory(c);
        if (s) femd_slab_give(&c->states, s);
        return FEMD_NIL;
    }
    state_at(c, s)->hash = *hash;
    femd_limits_add(&c->limits, BYTES_BOOKS, STATE_BOOK);
    return s;
}

static void check(femd_core *c, uint32_t s) {
    state *t = state_at(c, s);
    if (t->checking) return;
    t->checking = 1;
    if (!femd_list_push(&c->check, s)) core_no_memory(c);
}

/* ---- workers that hold it ---- */

static uint64_t holding_key(uint32_t s, uint32_t worker) {
    return (uint64_t)s << 32 | worker;
}

int states_is_held(const femd_core *c, uint32_t s, uint32_t worker) {
    return femd_table_find64(&c->by_holding, holding_key(s, worker)) != FEMD_NIL;
}

void states_hold(femd_core *c, uint32_t s, uint32_t worker) {
    if (states_is_held(c, s, worker)) return;
    uint32_t h = femd_slab_take(&c->holdings);
    if (!h || !femd_table_put64(&c->by_holding, holding_key(s, worker), h)) {
        core_no_memory(c);
        if (h) femd_slab_give(&c->holdings, h);
        return;
    }
    state *t = state_at(c, s);
    peer *p = peer_at(c, worker);
    holding *n = holding_at(c, h);
    n->state = s;
    n->worker = worker;
    n->state_next = t->holders;
    n->worker_next = p->holdings;
    if (t->holders) holding_at(c, t->holders)->state_prev = h;
    if (p->holdings) holding_at(c, p->holdings)->worker_prev = h;
    t->holders = p->holdings = h;
    t->nholders++;
    p->held++;
}

static void forget_holding(femd_core *c, uint32_t h) {
    holding *n = holding_at(c, h);
    state *t = state_at(c, n->state);
    peer *p = peer_at(c, n->worker);
    if (n->state_prev)
        holding_at(c, n->state_prev)->state_next = n->state_next;
    else
        t->holders = n->state_next;
    if (n->state_next) holding_at(c, n->state_next)->state_prev = n->state_prev;
    if (n->worker_prev)
        holding_at(c, n->worker_prev)->worker_next = n->worker_next;
    else
        p->holdings = n->worker_next;
    if (n->worker_next) holding_at(c, n->worker_next)->worker_prev = n->worker_prev;
    t->nholders--;
    p->held--;
    femd_table_remove64(&c->by_holding, holding_key(n->state, n->worker), h);
    femd_slab_give(&c->holdings, h);
}

void states_unhold(femd_core *c, uint32_t s, uint32_t worker) {
    uint32_t h = femd_table_find64(&c->by_holding, holding_key(s, worker));
    if (h) forget_holding(c, h);
    if (state_at(c, s)->fetching == worker) state_at(c, s)->fetching = FEMD_NIL;
    if (state_at(c, s)->waiters) check(c, s);
}

void states_worker_gone(femd_core *c, uint32_t worker) {
    peer *p = peer_at(c, worker);
    while (p->holdings) {
        uint32_t s = holding_at(c, p->holdings)->state;
        state *t = state_at(c, s);
        if (t->fetching == worker) t->fetching = FEMD_NIL;
        forget_holding(c, p->holdings);
        if (t->waiters) check(c, s);
        states_trim(c, s);
    }
}

uint32_t states_sole_committed(const femd_core *c, uint32_t worker) {
    uint32_t n = 0;
    for (uint32_t h = peer_at(c, worker)->holdings; h; h = holding_at(c, h)->worker_next) {
        const state *t = state_at(c, holding_at(c, h)->state);
        n += t->committed > 0 && t->nholders == 1;
    }
    return n;
}

static void mark_dirty(femd_core *c, uint32_t worker) {
    peer *p = peer_at(c, worker);
    if (p->dirty) return;
    p->dirty = 1;
    if (!femd_list_push(&c->dirty_workers, worker)) core_no_memory(c);
}

void states_drop_unknown(femd_core *c, uint32_t worker, const femd_hash *hash) {
    if (femd_buffer_append(&peer_at(c, worker)->drops, hash->b, HASH_BYTES, NULL) != FEMD_OK) core_no_memory(c);
    mark_dirty(c, worker);
}

/* ---- reasons to keep it ---- */

static void drop_content(femd_core *c, uint32_t s) {
    state *t = state_at(c, s);
    if (t->blob) femd_limits_sub(&c->limits, BYTES_STATES, femd_blob_size(t->blob));
    femd_blob_drop(&t->blob);
    while (t->holders) {
        states_drop_unknown(c, holding_at(c, t->holders)->worker, &t->hash);
        forget_holding(c, t->holders);
    }
    t->fetching = FEMD_NIL;
}

void states_trim(femd_core *c, uint32_t s) {
    state *t = state_at(c, s);
    if (t->refs) return;
    drop_content(c, s);
    if (t->makers || t->checking) return;
    femd_table_remove(&c->by_state, &t->hash, s);
    femd_limits_sub(&c->limits, BYTES_BOOKS, STATE_BOOK);
    femd_slab_give(&c->states, s);
}

void states_ref(femd_core *c, uint32_t s) {
    state_at(c, s)->refs++;
}

void states_unref(femd_core *c, uint32_t s) {
    if (--state_at(c, s)->refs == 0) states_trim(c, s);
}

/* ---- ways to make it ---- */

void states_add_maker(femd_core *c, uint32_t s, uint32_t e) {
    state *t = state_at(c, s);
    eval *v = eval_at(c, e);
    v->maker_prev = FEMD_NIL;
    v->maker_next = t->makers;
    if (t->makers) eval_at(c, t->makers)->maker_prev = e;
    t->makers = e;
}

void states_remove_maker(femd_core *c, uint32_t s, uint32_t e) {
    state *t = state_at(c, s);
    eval *v = eval_at(c, e);
    if (v->maker_prev)
        eval_at(c, v->maker_prev)->maker_next = v->maker_next;
    else
        t->makers = v->maker_next;
    if (v->maker_next) eval_at(c, v->maker_next)->maker_prev = v->maker_prev;
    if (t->remaker == e) t->remaker = FEMD_NIL;
    if (t->waiters) check(c, s);
    states_trim(c, s);
}

void states_remade(femd_core *c, uint32_t s, femd_status status) {
    state *t = state_at(c, s);
    t->remaker = FEMD_NIL;
    if (status != FEMD_OK) t->failed = status;
    if (t->waiters) check(c, s);
}

/* An evaluation that can make s again; one whose own input is at hand is preferred. */
static uint32_t choose_maker(const femd_core *c, const state *t) {
    uint32_t fallback = FEMD_NIL;
    for (uint32_t e = t->makers; e; e = eval_at(c, e)->maker_next) {
        const eval *v = eval_at(c, e);
        if (v->remakes >= REMAKES_MAX || v->flags & EVAL_POISON || femd_hash_equal(&v->request.state_in, &t->hash))
            continue;
        if (v->stage != STAGE_DONE) return e; /* it is on its way already */
        if (femd_hash_is_zero(&v->request.state_in)) return e;
        uint32_t in = states_find(c, &v->request.state_in);
        if (!in) continue;
        if (state_at(c, in)->blob || state_at(c, in)->holders) return e;
        fallback = e;
    }
    return fallback;
}

/* Would waiting for the input of e wait for s in the end? Follows the repetitions under way. */
static int closes_a_ring(const femd_core *c, uint32_t s, uint32_t e) {
    for (uint32_t hops = 0; hops < 1000; hops++) {
        uint32_t in = states_find(c, &eval_at(c, e)->request.state_in);
        if (!in) return 0;
        if (in == s) return 1;
        e = state_at(c, in)->remaker;
        if (!e) return 0;
    }
    return 1;
}

/* ---- those who wait for it ---- */

void states_wait(femd_core *c, uint32_t s, int kind, uint32_t who, uint32_t generation, uint32_t rank_number,
                 uint32_t serial) {
    uint32_t w = femd_slab_take(&c->waiters);
    if (!w) {
        core_no_memory(c);
        return;
    }
    waiter *n = waiter_at(c, w);
    state *t = state_at(c, s);
    n->kind = kind;
    n->who = who;
    n->generation = generation;
    n->rank = rank_number;
    n->serial = serial;
    n->next = t->waiters;
    t->waiters = w;
    states_ref(c, s);
    check(c, s);
}

static void fire(femd_core *c, uint32_t s, femd_status status) {
    state *t = state_at(c, s);
    uint32_t w = t->waiters, fired = 0;
    t->waiters = FEMD_NIL;
    t->failed = 0;
    while (w) {
        waiter n = *waiter_at(c, w);
        femd_slab_give(&c->waiters, w);
        if (n.kind == WAIT_EVAL)
            ledger_input(c, n.who, n.generation, status);
        else if (n.kind == WAIT_COMMIT)
            runs_state(c, n.who, n.generation, n.rank, n.serial, s, status);
        else
            gets_state(c, n.who, n.generation, status);
        w = n.next;
        fired++;
    }
    while (fired--) states_unref(c, s);
}

static void fetch(femd_core *c, uint32_t s) {
    state *t = state_at(c, s);
    uint32_t worker = holding_at(c, t->holders)->worker;
    peer *p = peer_at(c, worker);
    if (femd_buffer_append(&p->gets, t->hash.b, HASH_BYTES, NULL) != FEMD_OK) core_no_memory(c);
    if (p->fetching == 0 && p->ntasks == 0) p->progress = c->now;
    t->fetching = worker;
    p->fetching++;
    mark_dirty(c, worker);
}

static void remake(femd_core *c, uint32_t s) {
    uint32_t e = choose_maker(c, state_at(c, s));
    if (!e || closes_a_ring(c, s, e) || !ledger_repeat(c, e)) {
        fire(c, s, FEMD_STATE_LOST);
        return;
    }
    state_at(c, s)->remaker = e;
}

static int still_waits(const femd_core *c, const waiter *n) {
    switch (n->kind) {
    case WAIT_EVAL:
        return eval_at(c, n->who)->slot.generation == n->generation && eval_at(c, n->who)->stage == STAGE_WAITING;
    case WAIT_COMMIT: return runs_waits(c, n->who, n->generation, n->rank, n->serial);
    default: return get_at(c, n->who)->slot.generation == n->generation;
    }
}

/* Nobody waits for the repetition any more. */
static void call_off(femd_core *c, uint32_t s) {
    uint32_t e = state_at(c, s)->remaker;
    if (!e) return;
    state_at(c, s)->remaker = FEMD_NIL;
    ledger_unrepeat(c, e);
}

/* Forget the waiters that have given up; what was begun for them alone is called off. */
static void prune(femd_core *c, uint32_t s) {
    state *t = state_at(c, s);
    for (uint32_t *link = &t->waiters; *link;) {
        uint32_t w = *link;
        waiter *n = waiter_at(c, w);
        if (still_waits(c, n)) {
            link = &n->next;
            continue;
        }
        *link = n->next;
        femd_slab_give(&c->waiters, w);
        t->refs--; /* the caller holds another one */
    }
    if (!t->waiters) call_off(c, s);
}

void states_recheck(femd_core *c, uint32_t s) {
    if (state_at(c, s)->waiters) check(c, s);
}

static void look_after(femd_core *c, uint32_t s) {
    state *t = state_at(c, s);
    if (t->waiters) prune(c, s);
    if (!t->waiters) return;
    if (t->blob || t->failed) {
        fire(c, s, t->blob ? FEMD_OK : (femd_status)t->failed);
        call_off(c, s); /* the content may have come from elsewhere */
    } else if (t->fetching || t->remaker)
        return;
    else if (t->holders)
        fetch(c, s);
    else
        remake(c, s);
}

void states_settle(femd_core *c) {
    for (uint32_t i = 0; i < c->check.count; i++) {
        uint32_t s = c->check.at[i];
        state_at(c, s)->refs++; /* holds it over the call */
        state_at(c, s)->checking = 0;
        look_after(c, s);
        states_unref(c, s);
    }
    c->check.count = 0;
}

/* ---- content coming and messages going ---- */

femd_status states_put(femd_core *c, uint32_t s, const femd_bytes *blob, femd_error *err) {
    state *t = state_at(c, s);
    if (t->blob) return FEMD_OK;
    FEMD_TRY(femd_limits_room(&c->limits, blob->size, "a state", err));
    t->blob = femd_blob_put(blob->data, blob->size);
    if (!t->blob) return femd_fail(err, FEMD_NO_MEMORY, "no memory for a state of %zu bytes", blob->size);
    femd_limits_add(&c->limits, BYTES_STATES, blob->size);
    c->blob_mean += 0.1 * ((double)blob->size - c->blob_mean);
    if (t->waiters) check(c, s);
    return FEMD_OK;
}

static void receive_one(femd_core *c, uint32_t worker, const femd_state_entry *entry) {
    peer *p = peer_at(c, worker);
    if (p->fetching) p->fetching--;
    uint32_t s = states_find(c, &entry->hash);
    if (!s) return;
    state *t = state_at(c, s);
    if (t->fetching == worker) t->fetching = FEMD_NIL;
    if (t->waiters) check(c, s);
    if (t->refs == 0 || t->blob) return;
    femd_hash content;
    if (entry->blob.size) femd_hash_domain("state", entry->blob.data, entry->blob.size, &content);
    if (!entry->blob.size || !femd_hash_equal(&content, &entry->hash)) {
        if (entry->blob.size)
            core_log(c, FEMD_LOG_ERROR, "worker %llu sent a state that does not fit its name",
                     (unsigned long long)p->number);
        states_unhold(c, s, worker);
        return;
    }
    femd_error err = FEMD_ERROR_INIT;
    femd_status rc = states_put(c, s, &entry->blob, &err);
    if (rc == FEMD_OK) return;
    core_log(c, FEMD_LOG_ERROR, "a state could not be kept: %s", err.text);
    t->failed = rc;
}

femd_status states_receive(femd_core *c, uint32_t worker, const femd_frame *f, femd_error *err) {
    femd_reader rd;
    femd_state_entry entry;
    int got;
    femd_reader_open(f, &rd);
    while ((got = femd_state_next(&rd, &entry, err)) == 1) receive_one(c, worker, &entry);
    return got < 0 ? FEMD_PROTOCOL : FEMD_OK;
}

static void send_hashes(femd_core *c, const peer *p, uint16_t type, femd_buffer *hashes, size_t most) {
    size_t n = hashes->size / HASH_BYTES;
    for (size_t i = 0; i < n; i += most) {
        size_t k = n - i < most ? n - i : most;
        femd_buffer b = outbox_take(c);
        if (femd_frame_begin(&b, type, 0, NULL) != FEMD_OK ||
            femd_buffer_append(&b, hashes->data + i * HASH_BYTES, k * HASH_BYTES, NULL) != FEMD_OK) {
            core_no_memory(c);
            femd_buffer_clear(&b);
            return;
        }
        femd_frame_finish(&b, (uint32_t)k);
        outbox_send(c, p->route, 0, &b);
    }
    hashes->size = 0;
}

void states_flush(femd_core *c) {
    size_t most = c->blob_mean > 1 ? (size_t)(GET_BYTES / c->blob_mean) : GET_HASHES_MAX;
    if (most < 1) most = 1;
    if (most > GET_HASHES_MAX) most = GET_HASHES_MAX;
    for (uint32_t i = 0; i < c->dirty_workers.count; i++) {
        peer *p = peer_at(c, c->dirty_workers.at[i]);
        p->dirty = 0;
        send_hashes(c, p, FEMD_MSG_STATE_GET, &p->gets, most);
        send_hashes(c, p, FEMD_MSG_DROP, &p->drops, DROP_HASHES_MAX);
    }
    c->dirty_workers.count = 0;
}
