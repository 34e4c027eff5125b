/* Random interleavings of everything that can happen, with the books audited and every answer checked: nothing is lost,
 * nothing is answered twice, no byte stays behind. FEMD_SEED and FEMD_EVENTS repeat or lengthen a run. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "annals.h"
#include "disbelief.h"
#include "femd/hash.h"
#include "rig.h"

enum {
    CLIENTS = 4,
    WORKERS = 5,
    POINTS = 12,
    AUDITED = 4,
    TASKS = 4096,
    HELD = 8192,
    AUDIT_EVERY = 97,
    ROUTES = 128,
    QUEUE = 256
};

typedef struct player { /* a worker */
    uint64_t route;     /* 0: not there */
    femd_task task[TASKS];
    uint32_t first, count; /* tasks it has, oldest at first */
    int started;
    struct {
        femd_hash hash;
        uint8_t blob[64];
        size_t size;
    } held[HELD];
    uint32_t nheld;
} player;

typedef struct solver { /* a client: one rank that steps, iterates, commits and aborts */
    uint64_t route;
    int run, rank, ranks;
    femd_hash committed[POINTS], tentative[POINTS];
    femd_request request[POINTS];
    uint8_t answered[POINTS];
    uint32_t left, step;
    uint64_t batch, transaction;
    int has_tentative, committing, lost, busy;
} solver;

static struct {
    rig g;
    player worker[WORKERS];
    solver client[CLIENTS];
    uint64_t x;
    uint64_t answers, finished_commits, deaths, sole;
    double strain;
    uint32_t batch; /* points that the engine likes to be given at once */
    int mortal;     /* the server dies about every so many events; 0: it does not */
    int points;     /* of a batch */
    double share;   /* of answers that are audited; then the first worker lies at times */
    uint64_t lies, believed, unaudited, convicted, processes;
    uint64_t restarts;
    int parts; /* messages come in parts at times, with other events between them */
    uint64_t cut, torn, kept_lies;
    struct {
        femd_buffer message[QUEUE]; /* on their way, in order */
        uint32_t count;
    } way[ROUTES];
} t;

static rig_shelf shelf;

static uint32_t draw(uint32_t n) {
    t.x ^= t.x << 13;
    t.x ^= t.x >> 7;
    t.x ^= t.x << 17;
    return (uint32_t)((t.x >> 20) % n);
}

static void arrive(uint64_t route, const femd_buffer *b) {
    femd_core_frame(t.g.core, route, b->data, b->size, t.g.now);
    rig_collect(&t.g);
}

/* ---- messages under way ---- */

static void way_add(uint64_t route, const void *data, size_t size, uint32_t index, uint32_t count) {
    static const uint8_t nothing_said[40];
    assert_true(t.way[route].count < QUEUE);
    femd_buffer *b = &t.way[route].message[t.way[route].count++];
    *b = (femd_buffer)FEMD_BUFFER_INIT;
    if (count) {
        assert_int_equal(femd_frame_begin(b, FEMD_MSG_PART, index, NULL), FEMD_OK);
        assert_int_equal(femd_buffer_append(b, nothing_said, sizeof nothing_said, NULL), FEMD_OK);
    }
    assert_int_equal(femd_buffer_append(b, data, size, NULL), FEMD_OK);
    if (count) femd_frame_finish(b, count);
}

/* The oldest message of a route arrives. */
static void way_arrives(uint64_t route) {
    if (!t.way[route].count) return;
    femd_buffer message = t.way[route].message[0];
    memmove(t.way[route].message, t.way[route].message + 1, --t.way[route].count * sizeof message);
    arrive(route, &message);
    femd_buffer_clear(&message);
}

static void way_ends(uint64_t route) {
    while (t.way[route].count) femd_buffer_clear(&t.way[route].message[--t.way[route].count]);
}

static int all_arrives(void) {
    int any = 0;
    for (uint64_t route = 0; route < ROUTES; route++)
        for (; t.way[route].count; any = 1) way_arrives(route);
    return any;
}

static void deliver_in(uint32_t count, uint64_t route, const femd_buffer *b) {
    if (!count && !t.way[route].count) {
        arrive(route, b);
        return;
    }
    t.cut += count != 0;
    for (uint32_t i = 0; i < count; i++) {
        const size_t from = b->size * i / count, to = b->size * (i + 1) / count;
        way_add(route, b->data + from, to - from, i, count);
    }
    if (!count) way_add(route, b->data, b->size, 0, 0);
}

/* Routes are used again, as the rig has room for some hundred only; the core must forget them at once. What is cut
 * arrives later, and so does what its sender says after it. */
static void deliver(uint64_t route, const femd_buffer *b) {
    deliver_in(t.parts && draw(4) == 0 ? 2 + draw(3) : 0, route, b);
}

/* Who is not known yet says it in one piece. */
static void deliver_hello(uint64_t route, const femd_buffer *b) {
    deliver_in(0, route, b);
}

static void empty_inbox(uint64_t route) {
    rig_inbox *box = &t.g.inbox[route];
    while (box->count) femd_buffer_clear(&box->message[--box->count]);
    box->dropped = 0;
}

/* ---- workers ---- */

static player *present(player *w) {
    return w->route ? w : NULL;
}

/* A worker that was only thought dead may come back with its old tasks and answer them. */
static void worker_comes(int i, int again) {
    player *w = &t.worker[i];
    femd_hello h = {.role = FEMD_ROLE_WORKER,
                    .level = "x86-64-v3",
                    .host = "here",
                    .version = "t",
                    .fingerprint = 7,
                    .pid = (uint32_t)i};
    if (t.share > 0 && i == 0) { /* in quarantine it is of no use; after the death of the server it may be the same */
        if (!again || draw(4) == 0) t.processes++;
        h.pid = (uint32_t)(10000 + t.processes);
    }
    uint64_t route = 100 + (uint64_t)i;
    empty_inbox(route);
    w->route = route;
    if (draw(2)) w->first = w->count = w->nheld = 0;
    w->started = 0;
    assert_int_equal(femd_hello_encode(&t.g.scratch, &h, NULL), FEMD_OK);
    deliver_hello(route, &t.g.scratch);
    if (!w->nheld || draw(2)) return;
    assert_int_equal(femd_frame_begin(&t.g.scratch, FEMD_MSG_HAVE, 0, NULL), FEMD_OK);
    for (uint32_t k = 0; k < w->nheld; k++)
        assert_int_equal(femd_hash_add(&t.g.scratch, &w->held[k].hash, NULL), FEMD_OK);
    femd_frame_finish(&t.g.scratch, w->nheld);
    deliver(route, &t.g.scratch);
}

static void worker_dies(int i) {
    player *w = present(&t.worker[i]);
    if (!w) return;
    t.deaths++;
    t.torn += t.way[w->route].count != 0;
    way_ends(w->route);
    femd_core_vanish(t.g.core, w->route, t.g.now);
    w->route = 0;
    rig_collect(&t.g);
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
static void worker_reads(int i) {
    player *w = present(&t.worker[i]);
    if (!w || !t.g.inbox[w->route].count) return;
    femd_frame f;
    femd_reader rd;
    femd_hash h;
    rig_inbox *box = &t.g.inbox[w->route];
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
            .caps = {.wants = 3, .controls = 1, .inputs = 31, .engine = FEMD_ENGINE_ELASTIC, .batch = t.batch}};
        femd_pack_id(f.body.data, f.body.size, &r.material);
        assert_int_equal(femd_ready_encode(&t.g.scratch, 0, &r, NULL), FEMD_OK);
        deliver(w->route, &t.g.scratch);
    }
    femd_core_recycle(t.g.core, &message);
}

static void worker_starts(int i) {
    player *w = present(&t.worker[i]);
    if (!w || !w->count || w->started) return;
    uint32_t named = t.batch < w->count ? t.batch : w->count;
    w->started = 1;
    assert_int_equal(femd_frame_begin(&t.g.scratch, FEMD_MSG_STARTED, 0, NULL), FEMD_OK);
    for (uint32_t k = 0; k < named; k++)
        assert_int_equal(femd_u64_add(&t.g.scratch, w->task[(w->first + k) % TASKS].id, NULL), FEMD_OK);
    femd_frame_finish(&t.g.scratch, named);
    deliver(w->route, &t.g.scratch);
}

static void worker_answers(int i) {
    player *w = present(&t.worker[i]);
    if (!w || !w->count) return;
    uint32_t n = 1 + draw(w->count < 4 ? w->count : 4), say_again = draw(20) == 0;
    assert_int_equal(femd_frame_begin(&t.g.scratch, FEMD_MSG_ANSWER, 0, NULL), FEMD_OK);
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
            if (t.share > 0 && w == &t.worker[0] && draw(30) == 0) {
                r.S[0] += 0x1p-30 * (1 + draw(1000000)); /* never the same lie */
                t.lies++;
            }
        }
        for (uint32_t again = 0; again <= say_again; again++, sent++)
            assert_int_equal(femd_answer_add(&t.g.scratch, q->id, &q->key, &r, NULL), FEMD_OK);
        w->first = (w->first + 1) % TASKS;
        w->count--;
        w->started = 0;
        t.answers++;
    }
    femd_frame_finish(&t.g.scratch, sent);
    deliver(w->route, &t.g.scratch);
}

/* ---- clients ---- */

static void client_says_hello(int i) {
    solver *s = &t.client[i];
    femd_hello h = {.role = FEMD_ROLE_CLIENT, .host = "here", .version = "t", .pid = (uint32_t)(1000 + i)};
    s->run = i < 2 ? 0 : i; /* the first two are ranks of one run */
    s->ranks = i < 2 ? 2 : 1;
    s->rank = i < 2 ? i : 0;
    snprintf(h.run, sizeof h.run, "run%d", s->run);
    h.rank = (uint32_t)s->rank;
    h.ranks = (uint32_t)s->ranks;
    s->route = 1 + (uint64_t)i;
    empty_inbox(s->route);
    assert_int_equal(femd_hello_encode(&t.g.scratch, &h, NULL), FEMD_OK);
    deliver_hello(s->route, &t.g.scratch);
    assert_int_equal(femd_frame_begin(&t.g.scratch, FEMD_MSG_MATERIAL, 5, NULL), FEMD_OK);
    assert_int_equal(femd_buffer_append(&t.g.scratch, t.g.pack.data, t.g.pack.size, NULL), FEMD_OK);
    femd_frame_finish(&t.g.scratch, 1);
    deliver(s->route, &t.g.scratch);
}

static void client_comes(int i) {
    solver *s = &t.client[i];
    s->has_tentative = s->committing = s->busy = s->lost = 0;
    s->left = 0;
    memset(s->committed, 0, sizeof s->committed);
    client_says_hello(i);
}

static void client_leaves(int i, int bye) {
    solver *s = &t.client[i];
    if (!s->route) return;
    while (bye && t.way[s->route].count) way_arrives(s->route);
    way_ends(s->route);
    if (bye) {
        assert_int_equal(femd_frame_begin(&t.g.scratch, FEMD_MSG_BYE, 0, NULL), FEMD_OK);
        femd_frame_finish(&t.g.scratch, 0);
        arrive(s->route, &t.g.scratch);
    } else {
        femd_core_vanish(t.g.core, s->route, t.g.now);
        rig_collect(&t.g);
    }
    s->route = 0;
}

static void send_batch(solver *s) {
    assert_int_equal(femd_evaluate_begin(&t.g.scratch, s->batch, &t.g.material, NULL), FEMD_OK);
    for (int p = 0; p < t.points; p++) assert_int_equal(femd_evaluate_add(&t.g.scratch, &s->request[p], NULL), FEMD_OK);
    femd_frame_finish(&t.g.scratch, (uint32_t)t.points);
    deliver(s->route, &t.g.scratch);
}

static void client_evaluates(int i) {
    solver *s = &t.client[i];
    if (!s->route || s->busy || s->committing || (s->has_tentative && draw(4))) return;
    s->batch++;
    t.strain += 1e-3;
    for (int p = 0; p < t.points; p++) {
        s->request[p] = rig_request((uint64_t)p, draw(3) ? t.strain + p : draw(40), &s->committed[p]);
        if (draw(4) == 0) s->request[p].flags = FEMD_REQUEST_PRIVATE;
    }
    memset(s->answered, 0, sizeof s->answered);
    s->left = (uint32_t)t.points;
    s->busy = 1;
    s->has_tentative = 0;
    send_batch(s);
}

/* After a time-out the client sends the batch again; what was on its way is void. */
static void client_repeats(int i) {
    solver *s = &t.client[i];
    const int parts = t.parts;
    if (!s->route || !s->busy) return;
    while (t.way[s->route].count) way_arrives(s->route);
    empty_inbox(s->route);
    memset(s->answered, 0, sizeof s->answered);
    s->left = (uint32_t)t.points;
    s->has_tentative = 0;
    t.parts = 0; /* no results of the batch come before it is there again */
    send_batch(s);
    t.parts = parts;
}

static void client_cancels(int i) {
    solver *s = &t.client[i];
    if (!s->route || !s->busy) return;
    assert_int_equal(femd_frame_begin(&t.g.scratch, FEMD_MSG_CANCEL, s->batch, NULL), FEMD_OK);
    femd_frame_finish(&t.g.scratch, 0);
    deliver(s->route, &t.g.scratch);
    s->busy = 0;
    s->left = 0;
}

static void send_commit(const solver *s) {
    assert_int_equal(femd_commit_begin(&t.g.scratch, s->transaction, 1, NULL), FEMD_OK);
    for (int p = 0; p < t.points; p++)
        assert_int_equal(femd_commit_add(&t.g.scratch, &(femd_commit_entry){(uint64_t)p, s->tentative[p]}, NULL),
                         FEMD_OK);
    femd_frame_finish(&t.g.scratch, (uint32_t)t.points);
    deliver(s->route, &t.g.scratch);
}

static void client_commits(int i) {
    solver *s = &t.client[i];
    if (!s->route || !s->has_tentative || s->committing) return;
    s->committing = 1;
    s->transaction++;
    send_commit(s);
}

/* The server is another one: what is open is sent again. */
static void client_returns(int i) {
    solver *s = &t.client[i];
    if (!s->route) return;
    client_says_hello(i);
    if (s->busy) {
        memset(s->answered, 0, sizeof s->answered);
        s->left = (uint32_t)t.points;
        s->lost = 0;
        send_batch(s);
    }
    if (s->committing) send_commit(s);
}

static void client_aborts(int i) {
    solver *s = &t.client[i];
    if (!s->route || s->busy || s->committing || draw(3)) return;
    s->has_tentative = 0;
    assert_int_equal(femd_frame_begin(&t.g.scratch, FEMD_MSG_ABORT, ++s->transaction, NULL), FEMD_OK);
    femd_frame_finish(&t.g.scratch, 0);
    deliver(s->route, &t.g.scratch);
}

static void take_result(solver *s, const femd_frame *f) {
    femd_reader rd;
    femd_result r;
    femd_response got, want;
    femd_reader_open(f, &rd);
    while (femd_result_next(&rd, &r, NULL) == 1) {
        if (!s->busy || f->id != s->batch) continue; /* of a cancelled one */
        assert_true(r.index < (uint32_t)t.points);
        if (s->answered[r.index]++)
            fail_msg("point %u of batch %llu is answered twice", r.index, (unsigned long long)f->id);
        s->left--;
        assert_int_equal(femd_response_decode(r.response.data, r.response.size, &got, NULL), FEMD_OK);
        if (got.status == FEMD_OK) {
            rig_answer_of(&s->request[r.index], &want);
            if (t.share > 0 && memcmp(got.S, want.S, sizeof want.S) != 0)
                t.believed++;
            else
                assert_memory_equal(got.S, want.S, sizeof want.S);
            s->tentative[r.index] = got.state_out;
        } else if (t.share > 0 && got.status == FEMD_CONFLICT) {
            s->lost = 1;
        } else {
            assert_true(got.status == FEMD_ENGINE_DIED || got.status == FEMD_STATE_LOST || got.status == FEMD_POISON);
            s->lost = 1;
        }
    }
    if (s->busy && s->left == 0) {
        s->busy = 0;
        s->has_tentative = !s->lost;
        s->lost = 0;
    }
}

static void client_reads(int i) {
    solver *s = &t.client[i];
    femd_frame f;
    if (!s->route) return;
    while (rig_take(&t.g, s->route, FEMD_MSG_RESULT, &f)) take_result(s, &f);
    while (rig_take(&t.g, s->route, FEMD_MSG_COMMITTED, &f)) {
        assert_true(s->committing && f.id == s->transaction);
        memcpy(s->committed, s->tentative, sizeof s->committed);
        s->committing = s->has_tentative = 0;
        t.finished_commits++;
    }
    if (rig_take(&t.g, s->route, FEMD_MSG_ERROR, &f)) {
        femd_error e = FEMD_ERROR_INIT;
        assert_int_equal(femd_error_decode(&f, &e, NULL), FEMD_OK);
        /* a state that has to be made again may meet workers that fail, as a point may */
        if (e.code != FEMD_STATE_LOST && e.code != FEMD_ENGINE_DIED && e.code != FEMD_REFUSED &&
            e.code != FEMD_DISCONNECTED && !(t.share > 0 && e.code == FEMD_CONFLICT))
            fail_msg("%s", e.text);
        client_leaves(i, 1); /* that run is over */
        return;
    }
    empty_inbox(s->route);
}

/* ---- the play ---- */

/* In its place comes one that has read the journal. Some workers die with it, the others come back, with all that they
 * hold and with answers to tasks of the old one. */
static void server_dies(void) {
    if (!(t.share > 0)) assert_int_equal(femd_core_count(t.g.core)->conflicts, 0);
    t.unaudited += femd_core_count(t.g.core)->unaudited;
    t.convicted += femd_core_count(t.g.core)->convicted;
    t.restarts++;
    /* where the machine ends with it, what was not on disk yet is lost */
    rig_restart_from(&t.g, shelf.records - (t.parts ? draw((uint32_t)shelf.unwritten + 1) : 0));
    femd_core_summarise(t.g.core);
    rig_collect(&t.g);
    for (int i = 0; i < CLIENTS; i++) client_returns(i);
    for (int i = 0; i < WORKERS; i++) {
        if (!t.worker[i].route) continue;
        if (draw(3))
            worker_comes(i, 1);
        else {
            way_ends(t.worker[i].route);
            t.worker[i].route = 0;
        }
    }
}

static void one_event(void) {
    if (t.mortal && draw((uint32_t)t.mortal) == 0) server_dies();
    int w = (int)draw(WORKERS), c = (int)draw(CLIENTS);
    uint32_t what = draw(1000);
    t.g.now += 1e-4 * draw(20);
    if (t.parts) {
        way_arrives(100 + draw(WORKERS));
        way_arrives(1 + draw(CLIENTS));
    }
    if (what < 250)
        worker_reads(w);
    else if (what < 330)
        worker_starts(w);
    else if (what < 600)
        worker_answers(w);
    else if (what < 720)
        client_reads(c);
    else if (what < 820)
        client_evaluates(c);
    else if (what < 900)
        client_commits(c);
    else if (what < 920)
        client_aborts(c);
    else if (what < 930)
        client_repeats(c);
    else if (what < 940)
        client_cancels(c);
    else if (what < 942)
        worker_dies(w);
    else if (what < 960 && !t.worker[w].route)
        worker_comes(w, 0);
    else if (what < 961)
        client_leaves(c, (int)draw(2));
    else if (what < 980 && !t.client[c].route)
        client_comes(c);
    else if (what < 985)
        femd_core_trim(t.g.core, draw(60000));
    else {
        femd_core_tick(t.g.core, t.g.now);
        rig_collect(&t.g);
    }
}

/* Let everything come to rest: everybody reads and works until nothing is open. */
static void come_to_rest(void) {
    for (int i = 0; i < WORKERS; i++)
        if (!t.worker[i].route) worker_comes(i, 0);
    for (int round = 0; round < 400; round++) {
        femd_core_totals sum;
        (void)all_arrives();
        for (int i = 0; i < WORKERS; i++) {
            while (t.g.inbox[t.worker[i].route].count) worker_reads(i);
            while (t.worker[i].count) worker_answers(i);
        }
        for (int i = 0; i < CLIENTS; i++) client_reads(i);
        if (all_arrives()) continue;
        femd_core_sum(t.g.core, &sum);
        if (sum.queued + sum.waiting + sum.running + sum.open_batches == 0) break;
    }
    for (int i = 0; i < CLIENTS; i++)
        if (t.client[i].route && t.client[i].busy) fail_msg("client %d still waits for %u points", i, t.client[i].left);
}

static uint64_t from_environment(const char *name, uint64_t fallback) {
    const char *text = getenv(name);
    return text ? strtoull(text, NULL, 0) : fallback;
}

/* What is kept for other runs and not true. */
static uint64_t count_kept_lies(void) {
    uint64_t lies = 0;
    for (size_t i = 0; i < shelf.answer_end; i++) {
        const femd_buffer *bytes = &shelf.answer[i].bytes;
        femd_kept kept;
        femd_response said, right;
        if (!bytes->data) continue;
        assert_int_equal(kept_decode(bytes->data, bytes->size, &kept, NULL), FEMD_OK);
        assert_int_equal(femd_response_decode(kept.response.data, kept.response.size, &said, NULL), FEMD_OK);
        rig_answer_of(&kept.request, &right);
        lies += memcmp(said.S, right.S, sizeof right.S) != 0;
    }
    return lies;
}

/* Those of them whose author is convicted, as the journal says, and was not audited well after it had said them. */
static uint64_t count_kept_of_convicted(void) {
    femd_buffer convicted = FEMD_BUFFER_INIT;
    uint64_t lies = 0;
    for (size_t i = shelf.records; i-- > 0;) { /* what is said last of each */
        femd_annal annal;
        const femd_buffer *record = &shelf.record[i];
        assert_int_equal(annal_decode(record->data, record->size, &annal, NULL), FEMD_OK);
        if (annal.kind != ANNAL_AUTHOR || !annal.rank) continue;
        const uint8_t *at = annal.bytes.data;
        femd_disbelieved one = {.author = annal.number, .from = femd_getf64(at + 16)};
        int known = 0;
        for (size_t k = 0; k < convicted.size; k += 24) known |= femd_get64(convicted.data + k) == one.author;
        if (femd_getf64(at + 32) > one.from) one.from = femd_getf64(at + 32);
        if (!known) assert_int_equal(disbelief_add(&convicted, &one, NULL), FEMD_OK);
    }
    for (size_t i = 0; i < shelf.answer_end; i++) {
        femd_kept kept;
        if (!shelf.answer[i].bytes.data) continue;
        assert_int_equal(kept_decode(shelf.answer[i].bytes.data, shelf.answer[i].bytes.size, &kept, NULL), FEMD_OK);
        lies += disbelief_holds(&(femd_bytes){convicted.data, convicted.size}, &kept);
    }
    femd_buffer_clear(&convicted);
    return lies;
}

static void play(uint32_t batch, uint64_t events, int mortal, double share, int parts) {
    uint64_t seed = from_environment("FEMD_SEED", 20240229);
    memset(&t, 0, sizeof t);
    t.x = seed | 1;
    t.batch = batch;
    t.mortal = mortal;
    t.share = share;
    t.points = share >= 1 ? AUDITED : POINTS; /* or the workers, asked twice for each, would never come to an end */
    t.parts = parts;
    rig_shelf_init(&shelf);
    rig_init(&t.g, &(femd_core_config){.cache_bytes = 200000,
                                       .message_points = 3,
                                       .audit = share,
                                       .recall = mortal ? &shelf.recall : NULL,
                                       .journal = mortal > 0});
    for (int i = 0; i < WORKERS; i++) worker_comes(i, 0);
    for (int i = 0; i < CLIENTS; i++) client_comes(i);
    for (uint64_t k = 0; k < events; k++) {
        one_event();
        if (k % AUDIT_EVERY == 0) rig_audit(&t.g);
        if (k % 20000 == 19999) come_to_rest();
    }
    come_to_rest();
    const femd_core_counters *n = femd_core_count(t.g.core);
    if (mortal) assert_true(t.restarts > events / (2 * (uint64_t)mortal));
    print_message("restarts %llu, seed %llu: %llu events, %llu answers, %llu commits, %llu deaths, requeued %llu, "
                  "remade %llu, reused "
                  "%llu, poison %llu\n",
                  (unsigned long long)t.restarts, (unsigned long long)seed, (unsigned long long)events,
                  (unsigned long long)t.answers, (unsigned long long)t.finished_commits, (unsigned long long)t.deaths,
                  (unsigned long long)n->requeued, (unsigned long long)n->remade, (unsigned long long)n->reused,
                  (unsigned long long)n->poison);
    if (parts) {
        print_message("%llu messages were cut, %llu connections ended within one\n", (unsigned long long)t.cut,
                      (unsigned long long)t.torn);
        assert_true(t.cut > events / 100);
    }
    if (share > 0) {
        t.kept_lies = mortal ? count_kept_lies() : 0;
        assert_int_equal(mortal ? count_kept_of_convicted() : 0, 0);
        print_message("audits %llu, audited %llu, unaudited %llu, convicted %llu, undecided %llu, lies %llu, believed "
                      "%llu, kept %llu, unaudited before %llu\n",
                      (unsigned long long)n->audits, (unsigned long long)n->audited, (unsigned long long)n->unaudited,
                      (unsigned long long)n->convicted, (unsigned long long)n->undecided, (unsigned long long)t.lies,
                      (unsigned long long)t.believed, (unsigned long long)t.kept_lies, (unsigned long long)t.unaudited);
        if (!mortal) assert_true(n->audited > events / 1000);
        assert_true(n->convicted + t.convicted > 10 && t.lies > 10);
        if (share >= 1 && t.believed + t.kept_lies)
            assert_true(n->unaudited + t.unaudited > 0); /* none that another was asked for */
    } else
        assert_int_equal(n->conflicts, 0);
    assert_true(t.finished_commits > events / (share > 0 ? 40000 : 4000)); /* two workers have to meet */
    for (int i = 0; i < CLIENTS; i++) client_leaves(i, 1);
    for (int i = 0; i < WORKERS; i++) worker_dies(i);
    rig_wait(&t.g, 61); /* a run outlives the loss of its clients for a minute */
    femd_core_trim(t.g.core, 0);
    rig_audit(&t.g);
    femd_core_totals sum;
    femd_core_sum(t.g.core, &sum);
    assert_int_equal(sum.requests + sum.responses + sum.states + sum.batches, 0);
    assert_int_equal(sum.bytes, sum.materials);
    assert_int_equal(sum.evaluations + sum.state_count + sum.waiters + sum.lanes + sum.runs + sum.peers, 0);
    rig_clear(&t.g);
    rig_shelf_clear(&shelf);
}

static void nothing_is_lost_and_nothing_answered_twice(void **state) {
    (void)state;
    play(1, from_environment("FEMD_EVENTS", 400000), 0, 0, 0);
}

/* An engine that takes four points at once: a death makes all of them suspect. */
static void nor_with_an_engine_that_takes_batches(void **state) {
    (void)state;
    play(4, from_environment("FEMD_EVENTS", 200000), 0, 0, 0);
}

/* The server dies too, about every 2000 events, and goes on from its journal. */
static void nor_with_a_server_that_dies(void **state) {
    (void)state;
    play(1, from_environment("FEMD_EVENTS", 400000), 2000, 0, 0);
}

/* One worker lies at times, every answer is audited: then a quarter of them, and the server dies as well. */
static void nor_with_a_liar(void **state) {
    (void)state;
    play(1, from_environment("FEMD_EVENTS", 300000), 0, 1, 0);
    play(4, from_environment("FEMD_EVENTS", 100000), 0, 0.25, 0);
    play(1, from_environment("FEMD_EVENTS", 100000), 2000, 1, 0);
}

/* All messages come in parts at times, and others between them; connections and the server end in their midst. */
static void nor_with_messages_in_parts(void **state) {
    (void)state;
    play(1, from_environment("FEMD_EVENTS", 100000), 0, 0, 1);
    play(1, from_environment("FEMD_EVENTS", 200000), 8000, 1, 1);
    play(4, from_environment("FEMD_EVENTS", 100000), 4000, 0.25, 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(nothing_is_lost_and_nothing_answered_twice),
                                       cmocka_unit_test(nor_with_an_engine_that_takes_batches),
                                       cmocka_unit_test(nor_with_a_server_that_dies), cmocka_unit_test(nor_with_a_liar),
                                       cmocka_unit_test(nor_with_messages_in_parts)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
