/* Clients that fetch states. The answer is one STATE frame, or several of the same id if one would be too long. */
#include "gets.h"

#include <stdlib.h>

#include "outbox.h"
#include "states.h"

enum { GET_MAX = 1 << 20 };

static void destroy(femd_core *c, uint32_t g) {
    get *t = get_at(c, g);
    for (uint32_t i = 0; i < t->count; i++)
        if (t->state[i]) {
            states_recheck(c, t->state[i]);
            states_unref(c, t->state[i]);
        }
    free(t->hash);
    free(t->state);
    t->hash = NULL;
    t->state = NULL;
    femd_slab_give(&c->gets, g);
}

static void send_part(femd_core *c, const peer *p, femd_buffer *b, uint32_t count) {
    femd_frame_finish(b, count);
    outbox_send(c, p->route, p->json, b);
}

static void answer(femd_core *c, const get *t) {
    const peer *p = peer_at(c, t->peer);
    femd_buffer b = outbox_take(c);
    uint32_t n = 0;
    femd_status rc = femd_frame_begin(&b, FEMD_MSG_STATE, t->id, NULL);
    for (uint32_t i = 0; i < t->count && rc == FEMD_OK; i++) {
        const femd_blob *blob = t->state[i] ? state_at(c, t->state[i])->blob : NULL;
        femd_state_entry entry = {t->hash[i], {NULL, 0}};
        if (blob) entry.blob = (femd_bytes){femd_blob_data(blob), femd_blob_size(blob)};
        if (n && b.size + entry.blob.size + sizeof entry.hash + 8 > c->config.frame_max) {
            send_part(c, p, &b, n);
            n = 0;
            b = outbox_take(c);
            rc = femd_frame_begin(&b, FEMD_MSG_STATE, t->id, NULL);
        }
        if (rc == FEMD_OK) rc = femd_state_add(&b, &entry, NULL);
        n++;
    }
    if (rc == FEMD_OK) {
        send_part(c, p, &b, n);
        return;
    }
    core_no_memory(c);
    femd_buffer_clear(&b);
}

void gets_state(femd_core *c, uint32_t g, uint32_t generation, femd_status status) {
    get *t = get_at(c, g);
    if (t->slot.generation != generation) return;
    (void)status; /* a state that cannot be had has no blob, which is what the client is told */
    if (--t->missing) return;
    answer(c, t);
    destroy(c, g);
}

femd_status gets_begin(femd_core *c, uint32_t client, const femd_frame *f, femd_error *err) {
    if (f->count > GET_MAX || f->body.size != (size_t)f->count * sizeof(femd_hash))
        return femd_fail(err, FEMD_PROTOCOL, "STATE_GET: %zu bytes do not fit %u hashes (at most %d)", f->body.size,
                         f->count, GET_MAX);
    uint32_t g = femd_slab_take(&c->gets);
    if (!g) return femd_fail(err, FEMD_NO_MEMORY, "no memory for a request of states");
    get *t = get_at(c, g);
    t->peer = client;
    t->id = f->id;
    t->hash = calloc(f->count + 1, sizeof *t->hash);
    t->state = calloc(f->count + 1, sizeof *t->state);
    if (!t->hash || !t->state) {
        destroy(c, g);
        return femd_fail(err, FEMD_NO_MEMORY, "no memory for a request of %u states", f->count);
    }
    memcpy(t->hash, f->body.data, f->body.size);
    t->count = f->count;
    t->missing = 1; /* this call's own */
    for (uint32_t i = 0; i < f->count; i++) {
        uint32_t s = states_find(c, &t->hash[i]);
        t->state[i] = s;
        if (!s) continue;
        states_ref(c, s);
        if (state_at(c, s)->blob) continue;
        t->missing++;
        states_wait(c, s, WAIT_GET, g, t->slot.generation, 0, 0);
    }
    gets_state(c, g, t->slot.generation, FEMD_OK);
    return FEMD_OK;
}

void gets_client_gone(femd_core *c, uint32_t client) {
    for (uint32_t g = 1; g <= c->gets.end; g++)
        if (get_at(c, g)->hash && get_at(c, g)->peer == client) destroy(c, g);
}

void gets_clear(femd_core *c) {
    for (uint32_t g = 1; g <= c->gets.end; g++)
        if (get_at(c, g)->hash) destroy(c, g);
}
