/* The batches of clients. */
#include "batches.h"

#include <stdlib.h>
#include <string.h>

#include "answers.h"
#include "ledger.h"
#include "materials.h"
#include "outbox.h"
#include "states.h"

enum { RESULT_BYTES = 8 << 20, POINT_BYTES = sizeof(eval) + 1024 };

static uint32_t find(const femd_core *c, uint32_t client, uint64_t id) {
    uint32_t b = peer_at(c, client)->batches;
    while (b && batch_at(c, b)->id != id) b = batch_at(c, b)->next;
    return b;
}

static uint32_t create(femd_core *c, uint32_t client, const femd_frame *f, uint32_t m) {
    uint32_t b = femd_slab_take(&c->batches);
    if (!b) return FEMD_NIL;
    batch *t = batch_at(c, b);
    t->asks = calloc(f->count ? f->count : 1, sizeof *t->asks);
    if (!t->asks) {
        femd_slab_give(&c->batches, b);
        return FEMD_NIL;
    }
    peer *p = peer_at(c, client);
    t->id = f->id;
    t->client = client;
    t->material = m;
    t->count = t->left = f->count;
    t->charged = f->count * sizeof *t->asks;
    t->next = p->batches;
    if (p->batches) batch_at(c, p->batches)->prev = b;
    p->batches = b;
    if (f->id > p->batch_last) p->batch_last = f->id;
    p->charged += t->charged;
    femd_limits_add(&c->limits, BYTES_BATCHES, t->charged);
    return b;
}

static void leave_material(femd_core *c, uint32_t b) {
    batch *t = batch_at(c, b);
    if (!t->waiting) return;
    if (t->waiting_prev)
        batch_at(c, t->waiting_prev)->waiting_next = t->waiting_next;
    else
        material_at(c, t->material)->waiting = t->waiting_next;
    if (t->waiting_next) batch_at(c, t->waiting_next)->waiting_prev = t->waiting_prev;
    t->waiting = 0;
    femd_buffer_clear(&t->requests);
}

static void destroy(femd_core *c, uint32_t b) {
    batch *t = batch_at(c, b);
    leave_material(c, b);
    for (uint32_t i = 0; i < t->count && t->left; i++)
        if (t->asks[i].eval) ledger_unask(c, b, i);
    peer *p = peer_at(c, t->client);
    if (t->prev)
        batch_at(c, t->prev)->next = t->next;
    else
        p->batches = t->next;
    if (t->next) batch_at(c, t->next)->prev = t->prev;
    p->charged -= t->charged;
    femd_limits_sub(&c->limits, BYTES_BATCHES, t->charged);
    free(t->asks);
    t->asks = NULL;
    femd_core_recycle(c, &t->out);
    t->client = FEMD_NIL;
    femd_slab_give(&c->batches, b);
}

static void mark_dirty(femd_core *c, uint32_t b) {
    batch *t = batch_at(c, b);
    if (t->dirty) return;
    t->dirty = 1;
    if (!femd_list_push(&c->dirty_batches, b)) core_no_memory(c);
}

static void send_results(femd_core *c, batch *t) {
    if (t->results == 0) return;
    const peer *p = peer_at(c, t->client);
    femd_frame_finish(&t->out, t->results);
    outbox_send(c, p->route, p->json, &t->out);
    t->results = 0;
}

void batches_result(femd_core *c, uint32_t b, uint32_t index, const femd_hash *key, const femd_bytes *response,
                    uint32_t flags) {
    batch *t = batch_at(c, b);
    femd_result r = {.index = index, .flags = flags, .key = *key, .response = *response};
    if (t->results == FEMD_BATCH_MAX || t->out.size > RESULT_BYTES) send_results(c, t);
    if (t->results == 0) {
        t->out = outbox_take(c);
        if (femd_frame_begin(&t->out, FEMD_MSG_RESULT, t->id, NULL) != FEMD_OK) core_no_memory(c);
    }
    if (c->health != FEMD_OK || femd_result_add(&t->out, &r, NULL) != FEMD_OK) {
        core_no_memory(c);
        return;
    }
    t->results++;
    t->left--;
    if (flags & FEMD_RESULT_REUSED) c->counter.reused++;
    mark_dirty(c, b);
}

void batches_flush(femd_core *c) {
    for (uint32_t i = 0; i < c->dirty_batches.count; i++) {
        uint32_t b = c->dirty_batches.at[i];
        batch *t = batch_at(c, b);
        if (!t->client || !t->dirty) continue; /* gone since */
        t->dirty = 0;
        send_results(c, t);
        if (t->left == 0) destroy(c, b);
    }
    c->dirty_batches.count = 0;
}

/* ---- looking requests up ---- */

static int is_supported(const femd_capabilities *caps, const femd_request *r) {
    if (r->wants & ~caps->wants) return 0;
    if (!(caps->controls & 1u << r->control)) return 0;
    return !r->mask || caps->mixed;
}

static void refuse_point(femd_core *c, uint32_t b, uint32_t index, const femd_request *r, const femd_hash *key,
                         femd_status status) {
    uint8_t bytes[FEMD_RESPONSE_BYTES_MAX];
    femd_bytes made = answers_make(r, status, bytes);
    batches_result(c, b, index, key, &made, 0);
}

static void look_up(femd_core *c, uint32_t b, uint32_t index, femd_request *r) {
    static const femd_hash none = FEMD_HASH_ZERO;
    uint32_t m = batch_at(c, b)->material;
    const material *t = material_at(c, m);
    if (!is_supported(&t->caps, r)) {
        refuse_point(c, b, index, r, &none, FEMD_UNSUPPORTED);
        return;
    }
    if (!(t->caps.inputs & FEMD_INPUT_STATE)) r->state_in = none;
    femd_hash key;
    femd_request_key(&t->id, c->level_number, t->caps.inputs, r, &key);
    uint32_t e = ledger_find(c, &key);
    if (e && eval_at(c, e)->response) {
        ledger_reuse(c, e, b, index);
        return;
    }
    if (!e) e = ledger_create(c, &key, r, m);
    if (!e) return;
    if (eval_at(c, e)->stage == STAGE_DONE) {
        femd_status rc = ledger_open(c, e, peer_at(c, batch_at(c, b)->client)->run);
        if (rc != FEMD_OK) {
            refuse_point(c, b, index, r, &key, rc);
            return;
        }
    }
    ledger_ask(c, e, b, index);
}

static femd_status look_up_all(femd_core *c, uint32_t b, const uint8_t *requests, femd_error *err) {
    batch *t = batch_at(c, b);
    for (uint32_t i = 0; i < t->count; i++) {
        femd_request r;
        FEMD_TRY(femd_request_decode(requests + (size_t)i * FEMD_REQUEST_BYTES, &r, err));
        look_up(c, b, i, &r);
    }
    return FEMD_OK;
}

/* Until the material is ready nobody knows which inputs matter, so the requests wait as they came. */
static femd_status put_aside(femd_core *c, uint32_t b, const uint8_t *requests, femd_error *err) {
    batch *t = batch_at(c, b);
    size_t n = (size_t)t->count * FEMD_REQUEST_BYTES;
    for (uint32_t i = 0; i < t->count; i++) {
        femd_request r;
        FEMD_TRY(femd_request_decode(requests + (size_t)i * FEMD_REQUEST_BYTES, &r, err));
    }
    FEMD_TRY(femd_buffer_append(&t->requests, requests, n, err));
    t->charged += n;
    peer_at(c, t->client)->charged += n;
    femd_limits_add(&c->limits, BYTES_BATCHES, n);
    material *m = material_at(c, t->material);
    t->waiting = 1;
    t->waiting_next = m->waiting;
    if (m->waiting) batch_at(c, m->waiting)->waiting_prev = b;
    m->waiting = b;
    return FEMD_OK;
}

void batches_material(femd_core *c, uint32_t m) {
    material *t = material_at(c, m);
    while (t->waiting) {
        uint32_t b = t->waiting;
        batch *w = batch_at(c, b);
        const peer *p = peer_at(c, w->client);
        femd_buffer requests = w->requests;
        w->requests = (femd_buffer)FEMD_BUFFER_INIT;
        leave_material(c, b);
        femd_error err = t->failure;
        femd_status rc = t->ready > 0 ? look_up_all(c, b, requests.data, &err) : (femd_status)err.code;
        femd_buffer_clear(&requests);
        if (rc == FEMD_OK) continue;
        outbox_send_error(c, p->route, p->json, w->id, &err);
        destroy(c, b);
    }
}

/* ---- from the client ---- */

static femd_status check_room(femd_core *c, const peer *p, uint32_t count, femd_error *err) {
    uint64_t n = (uint64_t)count * (POINT_BYTES + sizeof(ask) + FEMD_REQUEST_BYTES);
    if (p->charged + (uint64_t)count * (sizeof(ask) + FEMD_REQUEST_BYTES) > c->config.peer_bytes)
        return femd_fail(err, FEMD_LIMIT, "this client has %zu MiB of open batches; collect some before it sends more",
                         p->charged >> 20);
    if (femd_limits_room(&c->limits, n, "a batch", NULL) == FEMD_OK) return FEMD_OK;
    ledger_trim(c, 0);
    return femd_limits_room(&c->limits, n, "a batch", err);
}

femd_status batches_submit(femd_core *c, uint32_t client, const femd_frame *f, femd_error *err) {
    femd_hash id;
    femd_reader rd;
    FEMD_TRY(femd_evaluate_open(f, &id, &rd, err));
    if (f->count > c->config.batch_max)
        return femd_fail(err, FEMD_LIMIT, "%u points in one batch, this server takes %u", f->count,
                         c->config.batch_max);
    uint32_t m = materials_find(c, &id);
    if (!m) return femd_fail(err, FEMD_BAD_ARGUMENT, "the material of this batch is unknown here; send MATERIAL first");
    const material *t = material_at(c, m);
    if (t->ready < 0) return femd_fail(err, (femd_status)t->failure.code, "%s", t->failure.text);
    const peer *p = peer_at(c, client);
    FEMD_TRY(check_room(c, p, f->count, err));
    uint32_t old = f->id > p->batch_last ? FEMD_NIL : find(c, client, f->id);
    uint32_t b = create(c, client, f, m);
    if (!b) return femd_fail(err, FEMD_NO_MEMORY, "no memory for a batch of %u points", f->count);
    c->counter.points += f->count;
    if (p->run) run_at(c, p->run)->points += f->count;
    femd_status rc = t->ready > 0 ? look_up_all(c, b, rd.p, err) : put_aside(c, b, rd.p, err);
    if (old) destroy(c, old);
    if (rc != FEMD_OK)
        destroy(c, b);
    else if (f->count == 0)
        mark_dirty(c, b);
    return rc;
}

void batches_cancel(femd_core *c, uint32_t client, uint64_t id) {
    uint32_t b = find(c, client, id);
    if (b) destroy(c, b);
}

void batches_client_gone(femd_core *c, uint32_t client) {
    while (peer_at(c, client)->batches) destroy(c, peer_at(c, client)->batches);
}
