/* Messages that arrive when a dice says, whole or in parts, and workers that begin, answer, lie, die and come back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "random_pool.h"

random_pool pool;
rig_shelf shelf;

uint32_t draw(uint32_t n) {
    pool.x ^= pool.x << 13;
    pool.x ^= pool.x >> 7;
    pool.x ^= pool.x << 17;
    return (uint32_t)((pool.x >> 20) % n);
}

void arrive(uint64_t route, const femd_buffer *b) {
    femd_core_frame(pool.g.core, route, b->data, b->size, pool.g.now);
    rig_collect(&pool.g);
}

/* ---- messages under way ---- */

static void way_add(uint64_t route, const void *data, size_t size, uint32_t index, uint32_t count) {
    static const uint8_t nothing_said[40];
    assert_true(pool.way[route].count < QUEUE);
    femd_buffer *b = &pool.way[route].message[pool.way[route].count++];
    *b = (femd_buffer)FEMD_BUFFER_INIT;
    if (count) {
        assert_int_equal(femd_frame_begin(b, FEMD_MSG_PART, index, NULL), FEMD_OK);
        assert_int_equal(femd_buffer_append(b, nothing_said, sizeof nothing_said, NULL), FEMD_OK);
    }
    assert_int_equal(femd_buffer_append(b, data, size, NULL), FEMD_OK);
    if (count) femd_frame_finish(b, count);
}

/* The oldest message of a route arrives. */
void way_arrives(uint64_t route) {
    if (!pool.way[route].count) return;
    femd_buffer message = pool.way[route].message[0];
    memmove(pool.way[route].message, pool.way[route].message + 1, --pool.way[route].count * sizeof message);
    arrive(route, &message);
    femd_buffer_clear(&message);
}

void way_ends(uint64_t route) {
    while (pool.way[route].count) femd_buffer_clear(&pool.way[route].message[--pool.way[route].count]);
}

int all_arrives(void) {
    int any = 0;
    for (uint64_t route = 0; route < ROUTES; route++)
        for (; pool.way[route].count; any = 1) way_arrives(route);
    return any;
}

static void deliver_in(uint32_t count, uint64_t route, const femd_buffer *b) {
    if (!count && !pool.way[route].count) {
        arrive(route, b);
        return;
    }
    pool.cut += count != 0;
    for (uint32_t i = 0; i < count; i++) {
        const size_t from = b->size * i / count, to = b->size * (i + 1) / count;
        way_add(route, b->data + from, to - from, i, count);
    }
    if (!count) way_add(route, b->data, b->size, 0, 0);
}

/* Routes are used again, as the rig has room for some hundred only; the core must forget them at once. What is cut
 * arrives later, and so does what its sender says after it. */
void deliver(uint64_t route, const femd_buffer *b) {
    deliver_in(pool.parts && draw(4) == 0 ? 2 + draw(3) : 0, route, b);
}

/* Who is not known yet says it in one piece. */
void deliver_hello(uint64_t route, const femd_buffer *b) {
    deliver_in(0, route, b);
}

void empty_inbox(uint64_t route) {
    rig_inbox *box = &pool.g.inbox[route];
    while (box->count) femd_buffer_clear(&box->message[--box->count]);
    box->dropped = 0;
}

/* ---- workers ---- */

static player *present(player *w) {
    return w->route ? w : NULL;
}

/* A worker that was only thought dead may come back with its old tasks and answer them. */
void worker_comes(int i, int again) {
    player *w = &pool.worker[i];
    femd_hello h = {.role = FEMD_ROLE_WORKER,
                    .level = "x86-64-v3",
                    .host = "here",
                    .version = "t",
                    .fingerprint = 7,
                    .pid = (uint32_t)i};
    if (pool.share > 0 &&
        i == 0) { /* in quarantine it is of no use; after the death of the server it may be the same */
        if (!again || draw(4) == 0) pool.processes++;
        h.pid = (uint32_t)(10000 + pool.processes);
    }
    uint64_t route = 100 + (uint64_t)i;
    empty_inbox(route);
    w->route = route;
    if (draw(2)) w->first = w->count = w->nheld = 0;
    w->started = 0;
    assert_int_equal(femd_hello_encode(&pool.g.scratch, &h, NULL), FEMD_OK);
    deliver_hello(route, &pool.g.scratch);
    if (!w->nheld || draw(2)) return;
    assert_int_equal(femd_frame_begin(&pool.g.scratch, FEMD_MSG_HAVE, 0, NULL), FEMD_OK);
    for (uint32_t k = 0; k < w->nheld; k++)
        assert_int_equal(femd_hash_add(&pool.g.scratch, &w->held[k].hash, NULL), FEMD_OK);
    femd_frame_finish(&pool.g.scratch, w->nheld);
    deliver(route, &pool.g.scratch);
}

void worker_dies(int i) {
    player *w = present(&pool.worker[i]);
    if (!w) return;
    pool.deaths++;
    pool.torn += pool.way[w->route].count != 0;
    way_ends(w->route);
    femd_core_vanish(pool.g.core, w->route, pool.g.now);
    w->route = 0;
    rig_collect(&pool.g);
}

static void hold(player *w, const femd_hash *h, const void *blob, size_t size) {
    for (uint32_t i = 0; i < w->nheld; i++)
        if (femd_hash_equal(&w->held[i].hash, h)) return;
    assert_true(w->nheld < HELD);
    w->held[w->nheld].hash = *h;
    w->held[w->nheld].size = size;
    memcpy(w->held[w->nheld++].blob, blob, size);
}

static int holds(const player *w, const femd_hash *h) {
    for (uint32_t i = 0; i < w->nheld; i++)
        if (femd_hash_equal(&w->held[i].hash, h)) return 1;
    return 0;
}

static void forget(player *w, const femd_hash *h) {
    for (uint32_t i = 0; i < w->nheld; i++) {
        if (!femd_hash_equal(&w->held[i].hash, h)) continue;
        w->held[i] = w->held[--w->nheld];
        return;
    }
}

static void take_tasks(player *w, const femd_frame *f) {
    femd_hash m;
    femd_reader rs, rt;
    femd_state_entry s;
    femd_task k;
    assert_int_equal(femd_task_open(f, &m, &rs, &rt, NULL), FEMD_OK);
    while (femd_state_next(&rs, &s, NULL) == 1) hold(w, &s.hash, s.blob.data, s.blob.size);
    while (femd_task_next(&rt, &k, NULL) == 1) {
        assert_true(w->count < TASKS);
        w->task[(w->first + w->count++) % TASKS] = k;
    }
}

static void send_states(player *w, const femd_frame *f) {
    femd_reader rd;
    femd_hash h;
    femd_buffer b = FEMD_BUFFER_INIT;
    femd_reader_open(f, &rd);
    assert_int_equal(femd_frame_begin(&b, FEMD_MSG_STATE, f->id, NULL), FEMD_OK);
    while (femd_hash_next(&rd, &h, NULL) == 1) {
        femd_state_entry s = {h, {NULL, 0}};
        for (uint32_t i = 0; i < w->nheld; i++)
            if (femd_hash_equal(&w->held[i].hash, &h)) s.blob = (femd_bytes){w->held[i].blob, w->held[i].size};
        if (draw(50) == 0) s.blob.size = 0; /* evicted */
        assert_int_equal(femd_state_add(&b, &s, NULL), FEMD_OK);
    }
    femd_frame_finish(&b, f->count);
    deliver(w->route, &b);
    femd_buffer_clear(&b);
}

/* Handle the oldest message of the inbox, whatever it is: the order of a connection is kept. */
void worker_reads(int i) {
    player *w = present(&pool.worker[i]);
    if (!w || !pool.g.inbox[w->route].count) return;
    femd_frame f;
    femd_reader rd;
    femd_hash h;
    rig_inbox *box = &pool.g.inbox[w->route];
    femd_buffer message = box->message[0];
    memmove(box->message, box->message + 1, --box->count * sizeof message);
    assert_int_equal(femd_frame_decode(message.data, message.size, &f, NULL), FEMD_OK);
    if (f.type == FEMD_MSG_TASK) take_tasks(w, &f);
    if (f.type == FEMD_MSG_STATE_GET) send_states(w, &f);
    if (f.type == FEMD_MSG_DROP) {
        femd_reader_open(&f, &rd);
        while (femd_hash_next(&rd, &h, NULL) == 1) forget(w, &h);
    }
    if (f.type == FEMD_MSG_MATERIAL) {
        femd_ready r = {
            .status = FEMD_OK,
            .caps = {.wants = 3, .controls = 1, .inputs = 31, .engine = FEMD_ENGINE_ELASTIC, .batch = pool.batch}};
        femd_pack_id(f.body.data, f.body.size, &r.material);
        assert_int_equal(femd_ready_encode(&pool.g.scratch, 0, &r, NULL), FEMD_OK);
        deliver(w->route, &pool.g.scratch);
    }
    femd_core_recycle(pool.g.core, &message);
}

void worker_starts(int i) {
    player *w = present(&pool.worker[i]);
    if (!w || !w->count || w->started) return;
    uint32_t named = pool.batch < w->count ? pool.batch : w->count;
    w->started = 1;
    assert_int_equal(femd_frame_begin(&pool.g.scratch, FEMD_MSG_STARTED, 0, NULL), FEMD_OK);
    for (uint32_t k = 0; k < named; k++)
        assert_int_equal(femd_u64_add(&pool.g.scratch, w->task[(w->first + k) % TASKS].id, NULL), FEMD_OK);
    femd_frame_finish(&pool.g.scratch, named);
    deliver(w->route, &pool.g.scratch);
}

void worker_answers(int i) {
    player *w = present(&pool.worker[i]);
    if (!w || !w->count) return;
    uint32_t n = 1 + draw(w->count < 4 ? w->count : 4), say_again = draw(20) == 0;
    assert_int_equal(femd_frame_begin(&pool.g.scratch, FEMD_MSG_ANSWER, 0, NULL), FEMD_OK);
    uint32_t sent = 0;
    for (uint32_t k = 0; k < n; k++) {
        const femd_task *q = &w->task[w->first];
        femd_response r;
        rig_answer_of(&q->request, &r);
        if (!femd_hash_is_zero(&q->request.state_in) && !holds(w, &q->request.state_in)) {
            memset(&r, 0, sizeof r);
            r.status = FEMD_STATE_LOST;
        } else if (draw(40) == 0) {
            memset(&r, 0, sizeof r);
            r.status = FEMD_ENGINE_DIED;
        } else {
            uint8_t blob[64];
            size_t size = rig_blob_of(&q->request, blob);
            hold(w, &r.state_out, blob, size);
            if (pool.share > 0 && w == &pool.worker[0] && draw(30) == 0) {
                r.S[0] += 0x1p-30 * (1 + draw(1000000)); /* never the same lie */
                pool.lies++;
            }
        }
        for (uint32_t again = 0; again <= say_again; again++, sent++)
            assert_int_equal(femd_answer_add(&pool.g.scratch, q->id, &q->key, &r, NULL), FEMD_OK);
        w->first = (w->first + 1) % TASKS;
        w->count--;
        w->started = 0;
        pool.answers++;
    }
    femd_frame_finish(&pool.g.scratch, sent);
    deliver(w->route, &pool.g.scratch);
}
