/* A pool without processes. */
#include "rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "femd/control.h"
#include "femd/hash.h"

#define OK(expr) assert_int_equal((expr), FEMD_OK)

static void keep_log(void *user, femd_log_level level, const char *text) {
    rig *g = user;
    if (level <= FEMD_LOG_WARNING) snprintf(g->last_log, sizeof g->last_log, "%s", text);
}

static void make_pack(rig *g) {
    femd_error err = FEMD_ERROR_INIT;
    femd_pack pack = {.json = "{\"engine\":\"elastic\"}", .nfiles = 0};
    OK(femd_pack_encode(&pack, &g->pack, &err));
    femd_pack_id(g->pack.data, g->pack.size, &g->material);
}

void rig_init(rig *g, const femd_core_config *config) {
    memset(g, 0, sizeof *g);
    femd_core_config c = {0};
    if (config) c = *config;
    c.log = keep_log;
    c.user = g;
    if (c.recall) g->shelf = c.recall->user;
    g->now = 100;
    g->next_route = 1;
    femd_error err = FEMD_ERROR_INIT;
    g->config = c;
    OK(femd_core_create(&c, &g->core, &err));
    make_pack(g);
}

void rig_clear(rig *g) {
    femd_core_destroy(&g->core);
    for (size_t i = 0; i < RIG_ROUTES; i++) {
        for (size_t j = 0; j < g->inbox[i].count; j++) femd_buffer_clear(&g->inbox[i].message[j]);
        free(g->inbox[i].message);
    }
    femd_buffer_clear(&g->pack);
    femd_buffer_clear(&g->scratch);
    femd_buffer_clear(&g->taken);
}

void rig_restart_from(rig *g, size_t records) {
    femd_error err = FEMD_ERROR_INIT;
    femd_core_destroy(&g->core);
    g->config.epoch++;
    OK(femd_core_create(&g->config, &g->core, &err));
    for (size_t i = 0; i < records; i++)
        if (femd_core_replay(g->core, g->shelf->record[i].data, g->shelf->record[i].size, g->now, &err) != FEMD_OK)
            fail_msg("record %zu: %s", i, err.text);
    rig_collect(g);
    rig_audit(g);
    for (size_t i = 0; i < RIG_ROUTES; i++) {
        for (size_t j = 0; j < g->inbox[i].count; j++) femd_buffer_clear(&g->inbox[i].message[j]);
        g->inbox[i].count = 0;
    }
}

void rig_restart(rig *g) {
    rig_restart_from(g, g->shelf->records);
}

void rig_audit(rig *g) {
    femd_error err = FEMD_ERROR_INIT;
    if (femd_core_audit(g->core, &err) != 0) fail_msg("%s", err.text);
}

void rig_collect(rig *g) {
    femd_action a;
    femd_core_settle(g->core, g->now);
    assert_int_equal(femd_core_health(g->core), FEMD_OK);
    while (femd_core_next(g->core, &a)) {
        if (a.kind != FEMD_ACTION_SEND && a.kind != FEMD_ACTION_DROP) {
            assert_non_null(g->shelf);
            rig_shelve(g->shelf, &a);
            femd_core_recycle(g->core, &a.frame);
            continue;
        }
        assert_true(a.route < RIG_ROUTES);
        femd_frame sent;
        if (g->config.journal && femd_frame_decode(a.frame.data, a.frame.size, &sent, NULL) == FEMD_OK &&
            (sent.type == FEMD_MSG_COMMITTED || sent.type == FEMD_MSG_STATE_STORED))
            assert_int_equal(g->shelf->unwritten, 0); /* it is on disk before it is said */
        rig_inbox *box = &g->inbox[a.route];
        if (a.kind == FEMD_ACTION_DROP) {
            box->dropped = 1;
            continue;
        }
        if (box->count == box->room) {
            box->room = box->room ? 2 * box->room : 16;
            box->message = realloc(box->message, box->room * sizeof *box->message);
            assert_non_null(box->message);
        }
        box->message[box->count++] = a.frame;
    }
}

void rig_deliver(rig *g, uint64_t route, const femd_buffer *frame) {
    femd_core_frame(g->core, route, frame->data, frame->size, g->now);
    rig_collect(g);
    rig_audit(g);
}

void rig_vanish(rig *g, uint64_t route) {
    g->now += 0.3;
    rig_vanish_now(g, route);
}

void rig_vanish_now(rig *g, uint64_t route) {
    femd_core_vanish(g->core, route, g->now);
    rig_collect(g);
    rig_audit(g);
}

void rig_wait(rig *g, double seconds) {
    g->now += seconds;
    femd_core_tick(g->core, g->now);
    rig_collect(g);
    rig_audit(g);
}

int rig_take(rig *g, uint64_t route, unsigned type, femd_frame *f) {
    rig_inbox *box = &g->inbox[route];
    for (size_t i = 0; i < box->count; i++) {
        OK(femd_frame_decode(box->message[i].data, box->message[i].size, f, NULL));
        if (f->type != type) continue;
        femd_core_recycle(g->core, &g->taken);
        g->taken = box->message[i];
        memmove(&box->message[i], &box->message[i + 1], (--box->count - i) * sizeof *box->message);
        return 1;
    }
    return 0;
}

size_t rig_count(const rig *g, uint64_t route, unsigned type) {
    const rig_inbox *box = &g->inbox[route];
    size_t n = 0;
    femd_frame f;
    for (size_t i = 0; i < box->count; i++) {
        OK(femd_frame_decode(box->message[i].data, box->message[i].size, &f, NULL));
        n += f.type == type;
    }
    return n;
}

/* ---- peers ---- */

static uint64_t hello(rig *g, const femd_hello *h) {
    uint64_t route = g->next_route++;
    femd_error err = FEMD_ERROR_INIT;
    OK(femd_hello_encode(&g->scratch, h, &err));
    rig_deliver(g, route, &g->scratch);
    return route;
}

uint64_t rig_client(rig *g, const char *run, uint32_t rank, uint32_t ranks) {
    return rig_client_from(g, run, rank, ranks, 0);
}

uint64_t rig_client_from(rig *g, const char *run, uint32_t rank, uint32_t ranks, uint32_t step) {
    femd_hello h = {.role = FEMD_ROLE_CLIENT,
                    .instance = g->instance,
                    .step = step,
                    .rank = rank,
                    .ranks = ranks,
                    .pid = (uint32_t)g->next_route,
                    .host = "here",
                    .version = "t"};
    snprintf(h.run, sizeof h.run, "%s", run);
    return hello(g, &h);
}

static uint64_t worker_of(rig *g, const char *level, uint64_t fingerprint, const char *host, uint64_t pid) {
    femd_hello h = {.role = FEMD_ROLE_WORKER, .pid = (uint32_t)pid, .version = "t", .fingerprint = fingerprint};
    snprintf(h.host, sizeof h.host, "%s", host);
    snprintf(h.level, sizeof h.level, "%s", level);
    return hello(g, &h);
}

uint64_t rig_worker_of(rig *g, const char *level, uint64_t fingerprint) {
    return worker_of(g, level, fingerprint, "here", g->next_route);
}

uint64_t rig_worker_at(rig *g, const char *host) {
    return worker_of(g, "x86-64-v3", 7, host, g->next_route);
}

uint64_t rig_worker_again(rig *g, uint64_t gone) {
    return worker_of(g, "x86-64-v3", 7, "here", gone);
}

uint64_t rig_worker(rig *g) {
    return rig_worker_of(g, "x86-64-v3", 7);
}

uint64_t rig_admin(rig *g) {
    const femd_hello hello = {.role = FEMD_ROLE_ADMIN, .host = "here"};
    const uint64_t route = g->next_route++;
    assert_int_equal(femd_hello_encode(&g->scratch, &hello, NULL), FEMD_OK);
    rig_deliver(g, route, &g->scratch);
    return route;
}

cJSON *rig_status(rig *g, uint64_t route) {
    femd_frame f;
    rig_empty(g, route, FEMD_MSG_STATUS_GET, 3);
    assert_true(rig_take(g, route, FEMD_MSG_STATUS, &f));
    cJSON *root = cJSON_ParseWithLength(f.body.data, f.body.size);
    assert_non_null(root);
    return root;
}

const char *rig_act(rig *g, uint64_t route, const char *what, uint64_t number, const char *text) {
    static char words[1100];
    femd_admin wish = {.number = number};
    femd_done done;
    femd_error e = FEMD_ERROR_INIT;
    femd_frame f;
    snprintf(wish.act, sizeof wish.act, "%s", what);
    snprintf(wish.text, sizeof wish.text, "%s", text);
    assert_int_equal(femd_admin_encode(&g->scratch, 44, &wish, NULL), FEMD_OK);
    rig_deliver(g, route, &g->scratch);
    if (rig_take(g, route, FEMD_MSG_DONE, &f)) {
        assert_int_equal(femd_done_decode(&f, &done, NULL), FEMD_OK);
        snprintf(words, sizeof words, "%s", done.text);
    } else {
        assert_true(rig_take(g, route, FEMD_MSG_ERROR, &f));
        assert_int_equal(femd_error_decode(&f, &e, NULL), FEMD_OK);
        snprintf(words, sizeof words, "! %s", e.text);
    }
    assert_int_equal(f.id, 44);
    return words;
}

void rig_register(rig *g, uint64_t client) {
    OK(femd_frame_begin(&g->scratch, FEMD_MSG_MATERIAL, 5, NULL));
    OK(femd_buffer_append(&g->scratch, g->pack.data, g->pack.size, NULL));
    femd_frame_finish(&g->scratch, 1);
    rig_deliver(g, client, &g->scratch);
}

void rig_open(rig *g, uint64_t worker, femd_status status) {
    femd_frame f;
    while (rig_take(g, worker, FEMD_MSG_MATERIAL, &f)) {
        femd_ready r = {.status = status};
        femd_pack_id(f.body.data, f.body.size, &r.material);
        snprintf(r.text, sizeof r.text, "%s", status == FEMD_OK ? "" : "no such potential");
        r.caps = (femd_capabilities){.wants = FEMD_WANT_STRESS | FEMD_WANT_TANGENT,
                                     .controls = 1,
                                     .mixed = 0,
                                     .atoms = 4,
                                     .inputs = g->inputs ? g->inputs : 31,
                                     .batch = g->batch,
                                     .engine = FEMD_ENGINE_ELASTIC,
                                     .volume = 1e-27};
        OK(femd_ready_encode(&g->scratch, 0, &r, NULL));
        rig_deliver(g, worker, &g->scratch);
    }
}

void rig_pool(rig *g, uint64_t *client, uint64_t worker[2]) {
    *client = rig_client(g, "beam", 0, 1);
    for (int i = 0; i < 2; i++) worker[i] = rig_worker(g);
    rig_register(g, *client);
    for (int i = 0; i < 2; i++) rig_open(g, worker[i], FEMD_OK);
}

/* ---- requests and answers ---- */

femd_request rig_request(uint64_t point, double strain, const femd_hash *state_in) {
    femd_request r = {
        .point = point, .wants = FEMD_WANT_STRESS | FEMD_WANT_TANGENT, .temperature = 300, .value = {strain}};
    if (state_in) r.state_in = *state_in;
    return r;
}

void rig_evaluate(rig *g, uint64_t client, uint64_t id, const femd_request *r, uint32_t n) {
    OK(femd_evaluate_begin(&g->scratch, id, &g->material, NULL));
    for (uint32_t i = 0; i < n; i++) OK(femd_evaluate_add(&g->scratch, &r[i], NULL));
    femd_frame_finish(&g->scratch, n);
    rig_deliver(g, client, &g->scratch);
}

void rig_empty(rig *g, uint64_t route, unsigned type, uint64_t id) {
    OK(femd_frame_begin(&g->scratch, (uint16_t)type, id, NULL));
    femd_frame_finish(&g->scratch, 0);
    rig_deliver(g, route, &g->scratch);
}

void rig_commit(rig *g, uint64_t client, uint64_t transaction, uint32_t step, const femd_hash *states, uint32_t n) {
    OK(femd_commit_begin(&g->scratch, transaction, step, NULL));
    for (uint32_t i = 0; i < n; i++) OK(femd_commit_add(&g->scratch, &(femd_commit_entry){i, states[i]}, NULL));
    femd_frame_finish(&g->scratch, n);
    rig_deliver(g, client, &g->scratch);
}

size_t rig_blob_of(const femd_request *q, uint8_t blob[64]) {
    memset(blob, 0, 64);
    memcpy(blob, q->state_in.b, 32);
    memcpy(blob + 32, &q->value[0], 8);
    if (q->flags & FEMD_REQUEST_PRIVATE) memcpy(blob + 40, &q->point, 8); /* else no answer depends on the point */
    return 48;
}

void rig_answer_of(const femd_request *q, femd_response *r) {
    uint8_t blob[64];
    memset(r, 0, sizeof *r);
    r->point = q->point;
    r->provided = q->wants;
    r->engine = FEMD_ENGINE_ELASTIC;
    r->J = 1;
    for (int i = 0; i < 6; i++) {
        r->E[i] = q->value[i];
        r->S[i] = 3 * q->value[i] + q->state_in.b[i];
    }
    r->D[0] = 3;
    size_t n = rig_blob_of(q, blob);
    femd_hash_domain("state", blob, n, &r->state_out);
    r->work.wall = 1e-3;
    r->work.fingerprint = 7;
}

uint32_t rig_tasks(rig *g, uint64_t worker, femd_task *tasks, uint32_t *states) {
    femd_frame f;
    femd_hash m;
    femd_reader rs, rt;
    femd_state_entry entry;
    uint32_t n = 0;
    if (!rig_take(g, worker, FEMD_MSG_TASK, &f)) return 0;
    OK(femd_task_open(&f, &m, &rs, &rt, NULL));
    assert_memory_equal(&m, &g->material, sizeof m);
    while (femd_state_next(&rs, &entry, NULL) == 1)
        if (states) (*states)++;
    while (femd_task_next(&rt, &tasks[n], NULL) == 1) n++;
    assert_int_equal(n, f.count);
    return n;
}

void rig_start(rig *g, uint64_t worker, const femd_task *t) {
    OK(femd_frame_begin(&g->scratch, FEMD_MSG_STARTED, 0, NULL));
    OK(femd_u64_add(&g->scratch, t->id, NULL));
    femd_frame_finish(&g->scratch, 1);
    rig_deliver(g, worker, &g->scratch);
}

void rig_answer_with(rig *g, uint64_t worker, const femd_task *t, const femd_response *r) {
    OK(femd_frame_begin(&g->scratch, FEMD_MSG_ANSWER, 0, NULL));
    OK(femd_answer_add(&g->scratch, t->id, &t->key, r, NULL));
    femd_frame_finish(&g->scratch, 1);
    rig_deliver(g, worker, &g->scratch);
}

void rig_answer(rig *g, uint64_t worker, const femd_task *t, uint32_t n) {
    femd_response r;
    OK(femd_frame_begin(&g->scratch, FEMD_MSG_ANSWER, 0, NULL));
    for (uint32_t i = 0; i < n; i++) {
        rig_answer_of(&t[i].request, &r);
        OK(femd_answer_add(&g->scratch, t[i].id, &t[i].key, &r, NULL));
    }
    femd_frame_finish(&g->scratch, n);
    rig_deliver(g, worker, &g->scratch);
}

uint32_t rig_work(rig *g, uint64_t worker) {
    femd_task tasks[256];
    uint32_t n, all = 0;
    while ((n = rig_tasks(g, worker, tasks, NULL)) > 0) {
        rig_answer(g, worker, tasks, n);
        all += n;
    }
    return all;
}

uint32_t rig_give_states(rig *g, uint64_t worker, const femd_request *r, uint32_t n) {
    femd_frame f;
    uint32_t sent = 0;
    while (rig_take(g, worker, FEMD_MSG_STATE_GET, &f)) {
        femd_reader rd;
        femd_hash want;
        femd_buffer b = FEMD_BUFFER_INIT;
        femd_reader_open(&f, &rd);
        OK(femd_frame_begin(&b, FEMD_MSG_STATE, f.id, NULL));
        while (femd_hash_next(&rd, &want, NULL) == 1) {
            uint8_t blob[64];
            femd_state_entry entry = {want, {NULL, 0}};
            for (uint32_t i = 0; i < n; i++) {
                femd_hash h;
                size_t size = rig_blob_of(&r[i], blob);
                femd_hash_domain("state", blob, size, &h);
                if (!femd_hash_equal(&h, &want)) continue;
                entry.blob = (femd_bytes){blob, size};
                sent++;
                break;
            }
            OK(femd_state_add(&b, &entry, NULL));
        }
        femd_frame_finish(&b, f.count);
        rig_deliver(g, worker, &b);
        femd_buffer_clear(&b);
    }
    return sent;
}

uint32_t rig_results(rig *g, uint64_t client, rig_result *out, uint32_t room) {
    femd_frame f;
    femd_result r;
    femd_reader rd;
    uint32_t n = 0;
    while (rig_take(g, client, FEMD_MSG_RESULT, &f)) {
        femd_reader_open(&f, &rd);
        while (femd_result_next(&rd, &r, NULL) == 1) {
            assert_true(n < room);
            out[n] = (rig_result){.batch = f.id, .index = r.index, .flags = r.flags};
            OK(femd_response_decode(r.response.data, r.response.size, &out[n].response, NULL));
            n++;
        }
    }
    return n;
}

void rig_have(rig *g, uint64_t worker, const femd_request *r, uint32_t n) {
    OK(femd_frame_begin(&g->scratch, FEMD_MSG_HAVE, 0, NULL));
    for (uint32_t i = 0; i < n; i++) {
        femd_response answer;
        rig_answer_of(&r[i], &answer);
        OK(femd_hash_add(&g->scratch, &answer.state_out, NULL));
    }
    femd_frame_finish(&g->scratch, n);
    rig_deliver(g, worker, &g->scratch);
}
