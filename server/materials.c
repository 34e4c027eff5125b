/* Materials and who has opened them. */
#include "materials.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "batches.h"
#include "femd/pack.h"
#include "members.h"
#include "outbox.h"

const femd_hash *materials_name(const void *item) {
    return &((const material *)item)->id;
}

uint32_t materials_find(const femd_core *c, const femd_hash *id) {
    return femd_table_find(&c->by_material, id);
}

int materials_is_open(const femd_core *c, uint32_t m, uint32_t worker) {
    const material *t = material_at(c, m);
    return worker < t->at_room && t->at[worker] == OPEN_READY;
}

/* ---- to workers ---- */

static int set_at(femd_core *c, material *t, uint32_t worker, uint8_t value) {
    if (worker >= t->at_room) {
        uint32_t room = worker + 64;
        uint8_t *at = realloc(t->at, room);
        if (!at) {
            core_no_memory(c);
            return 0;
        }
        memset(at + t->at_room, OPEN_NO, room - t->at_room);
        t->at = at;
        t->at_room = room;
    }
    if (t->at[worker] == OPEN_READY) t->opened--;
    if (value == OPEN_READY) t->opened++;
    t->at[worker] = value;
    return 1;
}

static void send_to(femd_core *c, uint32_t m, uint32_t worker) {
    material *t = material_at(c, m);
    peer *p = peer_at(c, worker);
    femd_buffer b = outbox_take(c);
    if (!set_at(c, t, worker, OPEN_SENT) || femd_frame_begin(&b, FEMD_MSG_MATERIAL, m, NULL) != FEMD_OK ||
        femd_buffer_append(&b, t->pack, t->size, NULL) != FEMD_OK) {
        core_no_memory(c);
        femd_buffer_clear(&b);
        return;
    }
    femd_frame_finish(&b, 1);
    p->opening++;
    outbox_send(c, p->route, 0, &b);
}

void materials_worker_here(femd_core *c, uint32_t worker) {
    for (uint32_t m = 1; m <= c->materials.end; m++)
        if (material_at(c, m)->ready >= 0) send_to(c, m, worker);
}

/* ---- to clients ---- */

static void tell(femd_core *c, const material *t, const material_asker *a) {
    const peer *p = peer_at(c, a->peer);
    femd_ready r;
    memset(&r, 0, sizeof r);
    r.material = t->id;
    r.caps = t->caps;
    if (t->ready < 0) {
        r.status = t->failure.code;
        snprintf(r.text, sizeof r.text, "%s", t->failure.text);
    }
    femd_buffer b = outbox_take(c);
    femd_error err = FEMD_ERROR_INIT;
    if (femd_ready_encode(&b, a->id, &r, &err) != FEMD_OK) {
        core_log(c, FEMD_LOG_ERROR, "a client cannot be told about its material: %s", err.text);
        femd_core_recycle(c, &b);
        return;
    }
    outbox_send(c, p->route, p->json, &b);
}

static void tell_all(femd_core *c, material *t) {
    for (uint32_t i = 0; i < t->naskers; i++) tell(c, t, &t->askers[i]);
    t->naskers = 0;
}

static femd_status add_asker(material *t, const material_asker *a, femd_error *err) {
    if (t->naskers == t->askers_room) {
        uint32_t room = t->askers_room ? 2 * t->askers_room : 4;
        material_asker *askers = realloc(t->askers, room * sizeof *askers);
        if (!askers) return femd_fail(err, FEMD_NO_MEMORY, "no memory for a material");
        t->askers = askers;
        t->askers_room = room;
    }
    t->askers[t->naskers++] = *a;
    return FEMD_OK;
}

static femd_status create(femd_core *c, const femd_hash *id, const femd_bytes *pack, uint32_t *m, femd_error *err) {
    FEMD_TRY(femd_limits_room(&c->limits, pack->size, "a material", err));
    uint8_t *copy = malloc(pack->size);
    *m = copy ? femd_slab_take(&c->materials) : FEMD_NIL;
    if (!*m || !femd_table_put(&c->by_material, id, *m)) {
        if (*m) core_no_memory(c);
        free(copy);
        return femd_fail(err, FEMD_NO_MEMORY, "no memory for a material of %zu bytes", pack->size);
    }
    memcpy(copy, pack->data, pack->size);
    material *t = material_at(c, *m);
    t->id = *id;
    t->pack = copy;
    t->size = pack->size;
    femd_limits_add(&c->limits, BYTES_MATERIALS, pack->size);
    for (uint32_t w = peers_first_worker(c); w; w = peers_next_worker(c, w)) send_to(c, *m, w);
    return FEMD_OK;
}

femd_status materials_register(femd_core *c, uint32_t client, const femd_frame *f, femd_error *err) {
    femd_pack pack;
    FEMD_TRY(femd_pack_decode(f->body.data, f->body.size, &pack, err));
    femd_hash id;
    femd_pack_id(f->body.data, f->body.size, &id);
    uint32_t m = materials_find(c, &id);
    if (!m) FEMD_TRY(create(c, &id, &f->body, &m, err));
    material *t = material_at(c, m);
    const material_asker a = {client, peer_at(c, client)->slot.generation, f->id};
    if (t->ready) {
        tell(c, t, &a);
        return FEMD_OK;
    }
    return add_asker(t, &a, err);
}

/* ---- from workers ---- */

static int is_final(int status) {
    return status == FEMD_BAD_INPUT || status == FEMD_UNSUPPORTED || status == FEMD_OUT_OF_DOMAIN;
}

static int same_answers(const femd_capabilities *a, const femd_capabilities *b) {
    return a->wants == b->wants && a->inputs == b->inputs && a->controls == b->controls && a->mixed == b->mixed &&
           a->carriers == b->carriers;
}

static void could_open(femd_core *c, uint32_t m, uint32_t worker, const femd_ready *r) {
    material *t = material_at(c, m);
    if (t->ready > 0 && !same_answers(&t->caps, &r->caps)) {
        core_log(c, FEMD_LOG_WARNING,
                 "worker %llu has other capabilities for a material than the first one; it gets no task of it",
                 (unsigned long long)peer_at(c, worker)->number);
        set_at(c, t, worker, OPEN_FAILED);
        return;
    }
    if (!set_at(c, t, worker, OPEN_READY) || t->ready > 0) return;
    t->ready = 1;
    t->caps = r->caps;
    femd_error_clear(&t->failure);
    tell_all(c, t);
    batches_material(c, m);
}

static int still_opening(const femd_core *c, const material *t) {
    for (uint32_t w = peers_first_worker(c); w; w = peers_next_worker(c, w))
        if (w >= t->at_room || t->at[w] != OPEN_FAILED) return 1;
    return 0;
}

/* Bad input is the same everywhere; anything else may be the fault of that worker, so all must have failed. */
static void could_not_open(femd_core *c, uint32_t m, uint32_t worker, const femd_ready *r) {
    material *t = material_at(c, m);
    set_at(c, t, worker, OPEN_FAILED);
    core_log(c, FEMD_LOG_WARNING, "worker %llu cannot open a material: %s",
             (unsigned long long)peer_at(c, worker)->number, r->text);
    if (t->ready || (!is_final(r->status) && still_opening(c, t))) return;
    t->ready = is_final(r->status) ? -1 : 0;
    femd_error_clear(&t->failure);
    femd_fail(&t->failure, (femd_status)r->status, "%s", r->text);
    int ready = t->ready;
    t->ready = -1; /* told now; a worker that comes later may still manage, unless the input is bad */
    tell_all(c, t);
    batches_material(c, m);
    t->ready = ready;
}

femd_status materials_opened(femd_core *c, uint32_t worker, const femd_frame *f, femd_error *err) {
    femd_ready r;
    FEMD_TRY(femd_ready_decode(f, &r, err));
    peer *p = peer_at(c, worker);
    uint32_t m = materials_find(c, &r.material);
    if (!m) return femd_fail(err, FEMD_PROTOCOL, "MATERIAL_READY about a material that was not sent");
    const material *t = material_at(c, m);
    if (worker >= t->at_room || t->at[worker] != OPEN_SENT) return FEMD_OK; /* said twice */
    if (p->opening) p->opening--;
    p->progress = c->now;
    if (r.status == FEMD_OK)
        could_open(c, m, worker, &r);
    else
        could_not_open(c, m, worker, &r);
    return FEMD_OK;
}

static void blame_material(femd_core *c, uint32_t m) {
    material *t = material_at(c, m);
    if (t->ready || ++t->deaths < BLAMES_MAX) return;
    t->ready = -1;
    femd_fail(&t->failure, FEMD_POISON, "%d workers ended while they opened this material", BLAMES_MAX);
    core_log(c, FEMD_LOG_ERROR, "%s", t->failure.text);
    tell_all(c, t);
    batches_material(c, m);
}

void materials_peer_gone(femd_core *c, uint32_t n, int blame) {
    for (uint32_t m = 1; m <= c->materials.end; m++) {
        material *t = material_at(c, m);
        int opening = n < t->at_room && t->at[n] == OPEN_SENT;
        if (n < t->at_room) set_at(c, t, n, OPEN_NO);
        if (opening && blame) blame_material(c, m);
        uint32_t kept = 0;
        for (uint32_t i = 0; i < t->naskers; i++)
            if (t->askers[i].peer != n) t->askers[kept++] = t->askers[i];
        t->naskers = kept;
    }
}

void materials_clear(femd_core *c) {
    for (uint32_t m = 1; m <= c->materials.end; m++) {
        material *t = material_at(c, m);
        femd_limits_sub(&c->limits, BYTES_MATERIALS, t->size);
        free(t->pack);
        free(t->at);
        free(t->askers);
    }
}
