/* A string of bytes as a course of events of the server's core: peers that come and go, ask, answer, lie and send
 * rubbish, in any order. After each event the books must agree, the memory must be within its bound, and when all have
 * left nothing may be left. */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core.h"
#include "femd/evaluate.h"
#include "femd/hash.h"
#include "femd/pack.h"
#include "reads.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

const char *const fuzz_kinds[] = {"a run that makes a task", "a run that gets an answer", "a run that fetches a state",
                                  "a run that is done committing", NULL};
enum { TASK, ANSWERED, STATE, COMMITTED };

enum { ROUTES = 6, TASKS = 64, STATES = 16, BLOB = 48, MEMORY = 1 << 20 };

typedef struct play {
    const uint8_t *p, *end;
    femd_core *core;
    double now;
    femd_buffer frame, pack;
    femd_hash material;
    femd_task task[ROUTES][TASKS]; /* what each route was sent and has not answered */
    uint32_t tasks[ROUTES];
    femd_buffer gets[ROUTES]; /* the last STATE_GET to each route */
    femd_hash state[STATES];  /* that answers have named */
    uint8_t blob[STATES][BLOB];
    uint32_t states;
} play;

static void stop(const char *words) {
    fprintf(stderr, "fuzz_core: %s\n", words);
    abort();
}

static void must(femd_status rc) {
    if (rc != FEMD_OK) stop("a message could not be made");
}

static uint8_t byte(play *t) {
    return t->p < t->end ? *t->p++ : 0;
}

static femd_hash some_state(play *t) {
    uint8_t k = byte(t);
    femd_hash h = FEMD_HASH_ZERO;
    if (k < STATES && k < t->states) return t->state[k];
    if (k > 250) memset(h.b, k, sizeof h.b); /* one that nobody has */
    return h;
}

/* ---- what the core says ---- */

static void read_tasks(play *t, uint64_t route, const femd_frame *f) {
    femd_hash m;
    femd_reader states, tasks;
    femd_task k;
    if (femd_task_open(f, &m, &states, &tasks, NULL) != FEMD_OK) stop("a TASK that cannot be read");
    while (femd_task_next(&tasks, &k, NULL) == 1) {
        fuzz_read(TASK);
        if (t->tasks[route] < TASKS) t->task[route][t->tasks[route]++] = k;
    }
}

/* Failures are results too, and come of anything. */
static void count_answers(const femd_frame *f) {
    femd_reader results;
    femd_result one;
    femd_hash state;
    int32_t status;
    femd_reader_open(f, &results);
    while (femd_result_next(&results, &one, NULL) == 1)
        if (femd_response_peek(one.response.data, one.response.size, &status, &state, NULL) == FEMD_OK &&
            status == FEMD_OK)
            fuzz_read(ANSWERED);
}

static void collect(play *t) {
    femd_action a;
    femd_error err = FEMD_ERROR_INIT;
    femd_core_totals sum;
    femd_core_settle(t->core, t->now);
    if (femd_core_health(t->core) != FEMD_OK) stop("the core is not sound");
    while (femd_core_next(t->core, &a)) {
        femd_frame f;
        if (a.route < 1 || a.route > ROUTES) stop("a message to nobody");
        if (a.kind == FEMD_ACTION_DROP) continue;
        if (a.frame.data[0] != '{') { /* not on the JSON channel */
            if (femd_frame_decode(a.frame.data, a.frame.size, &f, NULL) != FEMD_OK) stop("a frame that cannot be read");
            if (f.type == FEMD_MSG_TASK) read_tasks(t, a.route - 1, &f);
            if (f.type == FEMD_MSG_COMMITTED) fuzz_read(COMMITTED);
            if (f.type == FEMD_MSG_RESULT) count_answers(&f);
            if (f.type == FEMD_MSG_STATE_GET) {
                fuzz_read(STATE);
                t->gets[a.route - 1].size = 0;
                must(femd_buffer_append(&t->gets[a.route - 1], a.frame.data, a.frame.size, NULL));
            }
        }
        femd_core_recycle(t->core, &a.frame);
    }
    if (femd_core_audit(t->core, &err) != 0) stop(err.text);
    femd_core_sum(t->core, &sum);
    if (sum.bytes > MEMORY) stop("the memory is more than was allowed");
}

static void deliver(play *t, uint64_t route) {
    uint8_t *exact = malloc(t->frame.size ? t->frame.size : 1); /* its end is the end of what may be read */
    if (!exact) abort();
    if (t->frame.size) memcpy(exact, t->frame.data, t->frame.size);
    femd_core_frame(t->core, route + 1, exact, t->frame.size, t->now);
    free(exact);
    collect(t);
}

/* ---- events ---- */

static void hello(play *t, uint64_t route) {
    uint8_t k = byte(t);
    femd_hello h = {.role = FEMD_ROLE_CLIENT, .pid = (uint32_t)route, .host = "here", .version = "t", .ranks = 1};
    t->tasks[route] = 0;
    if (k & 1) {
        h.role = FEMD_ROLE_WORKER;
        h.ranks = 0;
        h.fingerprint = k >> 6;
        snprintf(h.level, sizeof h.level, "%s", k & 2 && k & 4 && k & 8 ? "x86-64-v2" : "x86-64-v3");
    } else {
        h.rank = k >> 1 & 1;
        h.ranks = 1 + (k >> 2 & 1);
        snprintf(h.run, sizeof h.run, "run%d", k >> 3 & 1);
    }
    if (femd_hello_encode(&t->frame, &h, NULL) == FEMD_OK) deliver(t, route);
}

static void material(play *t, uint64_t route) {
    must(femd_frame_begin(&t->frame, FEMD_MSG_MATERIAL, byte(t), NULL));
    must(femd_buffer_append(&t->frame, t->pack.data, t->pack.size, NULL));
    femd_frame_finish(&t->frame, 1);
    deliver(t, route);
}

static void ready(play *t, uint64_t route) {
    uint8_t k = byte(t);
    femd_ready r = {
        .material = t->material, .status = k & 1 && k & 2 && k & 4 ? FEMD_BAD_INPUT : FEMD_OK, .text = "words"};
    r.caps = (femd_capabilities){
        .wants = 3, .controls = 1, .inputs = k & 8 ? 15 : 31, .engine = FEMD_ENGINE_ELASTIC, .volume = 1e-27};
    must(femd_ready_encode(&t->frame, 0, &r, NULL));
    deliver(t, route);
}

static void evaluate(play *t, uint64_t route) {
    uint64_t batch = byte(t);
    uint32_t n = byte(t) % 12;
    must(femd_evaluate_begin(&t->frame, batch, &t->material, NULL));
    for (uint32_t i = 0; i < n; i++) {
        uint8_t k = byte(t);
        femd_request q = {.point = i,
                          .wants = 1u + (k & 2),
                          .value = {k},
                          .flags = k & 1 ? FEMD_REQUEST_PRIVATE : 0,
                          .state_in = some_state(t)};
        must(femd_evaluate_add(&t->frame, &q, NULL));
    }
    femd_frame_finish(&t->frame, n);
    deliver(t, route);
}

/* The state that comes with an answer: known to the play from then on. */
static femd_hash state_of(play *t, const femd_request *q, uint8_t lie) {
    uint32_t slot = t->states < STATES ? t->states++ : q->state_in.b[0] % STATES;
    memcpy(t->blob[slot], q->state_in.b, 32);
    memcpy(t->blob[slot] + 32, &q->value[0], 8);
    memset(t->blob[slot] + 40, lie, 8);
    femd_hash_domain("state", t->blob[slot], BLOB, &t->state[slot]);
    return t->state[slot];
}

static void answer(play *t, uint64_t route) {
    static const femd_status statuses[] = {FEMD_OK,          FEMD_OK,         FEMD_OK,       FEMD_NOT_CONVERGED,
                                           FEMD_ENGINE_DIED, FEMD_STATE_LOST, FEMD_DEADLINE, FEMD_OK};
    uint8_t n = byte(t) % 5, sent = 0;
    must(femd_frame_begin(&t->frame, FEMD_MSG_ANSWER, 0, NULL));
    for (; sent < n && t->tasks[route]; sent++) {
        uint8_t k = byte(t), lie = k >> 6 == 3 ? k : 0;
        femd_task q = t->task[route][--t->tasks[route]];
        femd_response r = {.status = statuses[k & 7],
                           .engine = FEMD_ENGINE_ELASTIC,
                           .J = 1,
                           .work = {.wall = 1e-3, .fingerprint = k >> 5}};
        if (r.status == FEMD_OK) {
            r.provided = q.request.wants;
            r.E[0] = q.request.value[0];
            r.E[0] = q.request.value[0];
            r.S[0] = q.request.value[0] + lie;
            if (!(k & 16)) r.state_out = state_of(t, &q.request, lie);
        }
        must(femd_answer_add(&t->frame, q.id + (k == 8), &q.key, &r, NULL));
    }
    femd_frame_finish(&t->frame, sent);
    deliver(t, route);
}

static void started(play *t, uint64_t route) {
    uint64_t id = t->tasks[route] ? t->task[route][t->tasks[route] - 1].id : byte(t);
    must(femd_frame_begin(&t->frame, FEMD_MSG_STARTED, 0, NULL));
    must(femd_u64_add(&t->frame, id, NULL));
    femd_frame_finish(&t->frame, 1);
    deliver(t, route);
}

static void add_state(play *t, const femd_hash *h, uint8_t how) {
    femd_state_entry s = {*h, {NULL, 0}};
    for (uint32_t i = 0; i < t->states && how % 8; i++)
        if (femd_hash_equal(&t->state[i], h)) s.blob = (femd_bytes){t->blob[i], how == 255 ? BLOB - 1 : BLOB};
    must(femd_state_add(&t->frame, &s, NULL));
}

/* Answer the last question for states, or push some unasked. */
static void states(play *t, uint64_t route) {
    femd_buffer *b = &t->gets[route];
    femd_frame f;
    femd_reader rd;
    femd_hash h;
    uint32_t n = 0;
    uint8_t how = byte(t);
    if (b->size && femd_frame_decode(b->data, b->size, &f, NULL) == FEMD_OK) {
        must(femd_frame_begin(&t->frame, FEMD_MSG_STATE, f.id, NULL));
        femd_reader_open(&f, &rd);
        for (; femd_hash_next(&rd, &h, NULL) == 1; n++) add_state(t, &h, how);
        b->size = 0;
    } else {
        must(femd_frame_begin(&t->frame, FEMD_MSG_STATE, byte(t), NULL));
        for (n = 0; n < how % 4u; n++) {
            h = some_state(t);
            add_state(t, &h, how);
        }
    }
    femd_frame_finish(&t->frame, n);
    deliver(t, route);
}

static void commit(play *t, uint64_t route) {
    uint64_t transaction = byte(t);
    uint32_t n = byte(t) % 6;
    must(femd_commit_begin(&t->frame, transaction, byte(t), NULL));
    for (uint32_t i = 0; i < n; i++) {
        femd_commit_entry e = {i, some_state(t)};
        must(femd_commit_add(&t->frame, &e, NULL));
    }
    femd_frame_finish(&t->frame, n);
    deliver(t, route);
}

static void want_states(play *t, uint64_t route) {
    uint32_t n = byte(t) % 4;
    must(femd_frame_begin(&t->frame, FEMD_MSG_STATE_GET, byte(t), NULL));
    for (uint32_t i = 0; i < n; i++) {
        femd_hash h = some_state(t);
        must(femd_hash_add(&t->frame, &h, NULL));
    }
    femd_frame_finish(&t->frame, n);
    deliver(t, route);
}

static void empty(play *t, uint64_t route, uint16_t type) {
    must(femd_frame_begin(&t->frame, type, byte(t), NULL));
    femd_frame_finish(&t->frame, 0);
    deliver(t, route);
}

/* Bytes of the input as the body of any message, or as the message itself. */
static void rubbish(play *t, uint64_t route, int framed) {
    uint16_t type = byte(t);
    uint32_t count = byte(t);
    size_t n = byte(t), left = (size_t)(t->end - t->p);
    if (n > left) n = left;
    t->frame.size = 0;
    if (framed) must(femd_frame_begin(&t->frame, type, count, NULL));
    must(femd_buffer_append(&t->frame, t->p, n, NULL));
    if (framed) femd_frame_finish(&t->frame, count);
    t->p += n;
    deliver(t, route);
}

static void pass_time(play *t) {
    static const double seconds[] = {0.001, 0.1, 0.6, 3, 61};
    t->now += seconds[byte(t) % 5];
    femd_core_tick(t->core, t->now);
    collect(t);
}

static void one_event(play *t) {
    uint8_t k = byte(t);
    uint64_t route = k % ROUTES;
    switch (k / ROUTES % 20) {
    case 0: hello(t, route); return;
    case 1: material(t, route); return;
    case 2: ready(t, route); return;
    case 3:
    case 4: evaluate(t, route); return;
    case 5:
    case 6:
    case 7: answer(t, route); return;
    case 8: started(t, route); return;
    case 9: states(t, route); return;
    case 10: commit(t, route); return;
    case 11: want_states(t, route); return;
    case 12: empty(t, route, FEMD_MSG_ABORT); return;
    case 13: empty(t, route, FEMD_MSG_CANCEL); return;
    case 14: empty(t, route, FEMD_MSG_STATUS_GET); return;
    case 15: empty(t, route, FEMD_MSG_BYE); return;
    case 16: rubbish(t, route, 1); return;
    case 17: rubbish(t, route, 0); return;
    case 18:
        femd_core_vanish(t->core, route + 1, t->now);
        t->tasks[route] = 0;
        collect(t);
        return;
    default: pass_time(t); return;
    }
}

/* When all are gone and time has passed nothing but materials may be held. */
static void all_leave(play *t) {
    femd_core_totals sum;
    for (uint64_t r = 1; r <= ROUTES; r++) femd_core_vanish(t->core, r, t->now);
    collect(t);
    t->now += 100;
    femd_core_tick(t->core, t->now);
    collect(t);
    femd_core_trim(t->core, 0);
    collect(t);
    femd_core_sum(t->core, &sum);
    if (sum.bytes == sum.materials &&
        !(sum.evaluations + sum.state_count + sum.waiters + sum.lanes + sum.runs + sum.peers + sum.open_batches))
        return;
    fprintf(stderr,
            "requests %llu responses %llu states %llu batches %llu bytes; %u evaluations, %u states, %u waiters, %u "
            "lanes, %u runs, %u peers\n",
            (unsigned long long)sum.requests, (unsigned long long)sum.responses, (unsigned long long)sum.states,
            (unsigned long long)sum.batches, sum.evaluations, sum.state_count, sum.waiters, sum.lanes, sum.runs,
            sum.peers);
    stop("held for nobody");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const femd_pack pack = {.json = "{\"engine\":\"elastic\"}"};
    play *t = calloc(1, sizeof *t); /* too large for a stack under a sanitizer */
    if (!t) abort();
    t->p = data;
    t->end = data + (size < 4096 ? size : 4096);
    t->now = 100;
    must(femd_core_create(
        &(femd_core_config){.memory_bytes = MEMORY, .cache_bytes = 20000, .message_points = 3, .task_deadline = 2},
        &t->core, NULL));
    must(femd_pack_encode(&pack, &t->pack, NULL));
    femd_pack_id(t->pack.data, t->pack.size, &t->material);
    while (t->p < t->end) one_event(t);
    all_leave(t);
    femd_core_destroy(&t->core);
    femd_buffer_clear(&t->frame);
    femd_buffer_clear(&t->pack);
    for (int r = 0; r < ROUTES; r++) femd_buffer_clear(&t->gets[r]);
    free(t);
    return 0;
}
