/* The core: which event goes to which room, and in what order the rooms are asked to act. */
#include "core.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "batches.h"
#include "dispatch.h"
#include "femd/json_channel.h"
#include "gets.h"
#include "inner.h"
#include "ledger.h"
#include "materials.h"
#include "members.h"
#include "outbox.h"
#include "runs.h"
#include "states.h"
#include "status.h"

#define PULSE_PERIOD 0.5 /* s */

void core_log(femd_core *c, femd_log_level level, const char *fmt, ...) {
    if (!c->config.log) return;
    char text[1200];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    c->config.log(c->config.user, level, text);
}

/* ---- birth and death ---- */

static femd_status level_number(const char *name, uint32_t *number, femd_error *err) {
    static const struct {
        const char *name;
        uint32_t number; /* in the key of an evaluation */
    } levels[] = {{"baseline", 0}, {"x86-64-v2", 2}, {"x86-64-v3", 3}, {"x86-64-v4", 4}};
    for (size_t i = 0; i < sizeof levels / sizeof levels[0]; i++) {
        if (strcmp(name, levels[i].name) != 0) continue;
        *number = levels[i].number;
        return FEMD_OK;
    }
    return femd_fail(err, FEMD_BAD_ARGUMENT,
                     "unknown numerics level \"%s\"; accepted: baseline, x86-64-v2, x86-64-v3, x86-64-v4", name);
}

static void fill_defaults(femd_core_config *g) {
    if (!g->level) g->level = "x86-64-v3";
    if (!g->credits) g->credits = 2;
    if (g->credits > CREDITS_MAX) g->credits = CREDITS_MAX;
    if (!g->message_points) g->message_points = 256;
    if (g->message_points > FEMD_BATCH_MAX) g->message_points = FEMD_BATCH_MAX;
    if (!(g->message_work > 0)) g->message_work = 0.005;
    if (!g->cache_bytes) g->cache_bytes = 512ull << 20;
    if (!g->memory_bytes) g->memory_bytes = 4096ull << 20;
    if (!g->peer_bytes) g->peer_bytes = g->memory_bytes / 2;
    if (!g->frame_max) g->frame_max = FEMD_FRAME_MAX;
    if (!g->batch_max || g->batch_max > FEMD_BATCH_MAX) g->batch_max = FEMD_BATCH_MAX;
    if (!(g->task_deadline > 0)) g->task_deadline = 600;
    if (!(g->run_grace > 0)) g->run_grace = 60;
}

static void init_books(femd_core *c) {
    femd_slab_init(&c->peers, sizeof(peer));
    femd_slab_init(&c->materials, sizeof(material));
    femd_slab_init(&c->states, sizeof(state));
    femd_slab_init(&c->holdings, sizeof(holding));
    femd_slab_init(&c->waiters, sizeof(waiter));
    femd_slab_init(&c->gets, sizeof(get));
    femd_slab_init(&c->evals, sizeof(eval));
    femd_slab_init(&c->flights, sizeof(flight));
    femd_slab_init(&c->batches, sizeof(batch));
    femd_slab_init(&c->lanes, sizeof(lane));
    femd_slab_init(&c->runs, sizeof(run));
    femd_table_init(&c->by_route, NULL, NULL);
    femd_table_init(&c->by_holding, NULL, NULL);
    femd_table_init(&c->by_material, &c->materials, materials_name);
    femd_table_init(&c->by_state, &c->states, states_name);
    femd_table_init(&c->by_key, &c->evals, ledger_name);
}

femd_status femd_core_create(const femd_core_config *config, femd_core **core, femd_error *err) {
    *core = NULL;
    femd_core_config g = *config;
    uint32_t number = 0;
    fill_defaults(&g);
    FEMD_TRY(level_number(g.level, &number, err));
    femd_core *c = calloc(1, sizeof *c);
    if (!c) return femd_fail(err, FEMD_NO_MEMORY, "no memory for the core");
    snprintf(c->level, sizeof c->level, "%s", g.level);
    c->config = g;
    c->config.level = c->level;
    c->level_number = number;
    c->limits.total_max = g.memory_bytes;
    c->reproducible = 1;
    c->started = c->now = -1;
    c->next_pulse = c->next_check = INFINITY;
    init_books(c);
    c->service_run = runs_create(c, "", 0);
    if (!c->service_run) {
        femd_core_destroy(&c);
        return femd_fail(err, FEMD_NO_MEMORY, "no memory for the core");
    }
    run_at(c, c->service_run)->clock = -1;
    *core = c;
    return FEMD_OK;
}

static void clear_owned(femd_core *c) {
    gets_clear(c);
    materials_clear(c);
    sched_clear(c);
    for (uint32_t r = 1; r <= c->runs.end; r++) {
        run *t = run_at(c, r);
        for (uint32_t i = 0; t->ranks && i < t->nranks; i++) {
            femd_list_clear(&t->ranks[i].tentative);
            femd_list_clear(&t->ranks[i].current);
            femd_list_clear(&t->ranks[i].previous);
            femd_list_clear(&t->ranks[i].pending);
        }
        free(t->ranks);
    }
    for (uint32_t s = 1; s <= c->states.end; s++) femd_blob_drop(&state_at(c, s)->blob);
    for (uint32_t b = 1; b <= c->batches.end; b++) {
        batch *t = batch_at(c, b);
        free(t->asks);
        if (t->client) femd_buffer_clear(&t->requests);
        if (t->client) femd_buffer_clear(&t->out);
    }
    for (uint32_t n = 1; n <= c->peers.end; n++) {
        femd_buffer_clear(&peer_at(c, n)->gets);
        femd_buffer_clear(&peer_at(c, n)->drops);
    }
}

void femd_core_destroy(femd_core **core) {
    femd_core *c = *core;
    if (!c) return;
    clear_owned(c);
    outbox_clear(c);
    femd_slab *slabs[] = {&c->peers, &c->materials, &c->states,  &c->holdings, &c->waiters, &c->gets,
                          &c->evals, &c->flights,   &c->batches, &c->lanes,    &c->runs};
    for (size_t i = 0; i < sizeof slabs / sizeof slabs[0]; i++) femd_slab_clear(slabs[i]);
    femd_table *tables[] = {&c->by_route, &c->by_material, &c->by_state, &c->by_holding, &c->by_key};
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) femd_table_clear(tables[i]);
    femd_list *lists[] = {&c->check, &c->dirty_batches, &c->dirty_workers, &c->scratch};
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) femd_list_clear(lists[i]);
    free(c->scratch_states);
    femd_buffer_clear(&c->json_in);
    femd_chunks_clear(&c->chunks);
    free(c);
    *core = NULL;
}

/* ---- messages ---- */

static femd_status on_started(femd_core *c, uint32_t n, const femd_frame *f, femd_error *err) {
    femd_reader rd;
    uint64_t task;
    int got;
    femd_reader_open(f, &rd);
    peer_at(c, n)->progress = c->now;
    while ((got = femd_u64_next(&rd, &task, err)) == 1) ledger_started(c, n, task);
    return got < 0 ? FEMD_PROTOCOL : FEMD_OK;
}

static femd_status on_answer(femd_core *c, uint32_t n, const femd_frame *f, femd_error *err) {
    femd_reader rd;
    femd_answer a;
    int got;
    femd_reader_open(f, &rd);
    peer_at(c, n)->progress = c->now;
    while ((got = femd_answer_next(&rd, &a, err)) == 1) FEMD_TRY(ledger_answer(c, n, &a, err));
    return got < 0 ? FEMD_PROTOCOL : FEMD_OK;
}

static femd_status on_beat(femd_core *c, uint32_t n, const femd_frame *f, femd_error *err) {
    uint64_t task;
    double fraction;
    FEMD_TRY(femd_beat_decode(f, &task, &fraction, err));
    peer_at(c, n)->progress = c->now;
    ledger_started(c, n, task);
    return FEMD_OK;
}

static femd_status on_worker_state(femd_core *c, uint32_t n, const femd_frame *f, femd_error *err) {
    peer_at(c, n)->progress = c->now;
    return states_receive(c, n, f, err);
}

static femd_status on_cancel(femd_core *c, uint32_t n, const femd_frame *f, femd_error *err) {
    (void)err;
    batches_cancel(c, n, f->id);
    return FEMD_OK;
}

static femd_status on_status(femd_core *c, uint32_t n, const femd_frame *f, femd_error *err) {
    const peer *p = peer_at(c, n);
    femd_buffer b = outbox_take(c);
    femd_status rc = status_encode(c, f->id, &b, err);
    if (rc == FEMD_OK)
        outbox_send(c, p->route, p->json, &b);
    else
        femd_core_recycle(c, &b);
    return rc;
}

static femd_status on_error(femd_core *c, uint32_t n, const femd_frame *f, femd_error *err) {
    femd_error said = FEMD_ERROR_INIT;
    FEMD_TRY(femd_error_decode(f, &said, err));
    core_log(c, FEMD_LOG_WARNING, "peer %llu says: %s", (unsigned long long)peer_at(c, n)->number, said.text);
    return FEMD_OK;
}

enum {
    FROM_CLIENT = 1u << FEMD_ROLE_CLIENT,
    FROM_WORKER = 1u << FEMD_ROLE_WORKER,
    FROM_ADMIN = 1u << FEMD_ROLE_ADMIN,
    FROM_ANY = FROM_CLIENT | FROM_WORKER | FROM_ADMIN
};

typedef femd_status (*handler)(femd_core *c, uint32_t n, const femd_frame *f, femd_error *err);

static handler find_handler(unsigned type, femd_role role) {
    static const struct {
        unsigned type, roles;
        handler call;
    } table[] = {
        {FEMD_MSG_ANSWER, FROM_WORKER, on_answer},
        {FEMD_MSG_STARTED, FROM_WORKER, on_started},
        {FEMD_MSG_BEAT, FROM_WORKER, on_beat},
        {FEMD_MSG_STATE, FROM_WORKER, on_worker_state},
        {FEMD_MSG_MATERIAL_READY, FROM_WORKER, materials_opened},
        {FEMD_MSG_EVALUATE, FROM_CLIENT, batches_submit},
        {FEMD_MSG_CANCEL, FROM_CLIENT, on_cancel},
        {FEMD_MSG_MATERIAL, FROM_CLIENT, materials_register},
        {FEMD_MSG_COMMIT, FROM_CLIENT, runs_commit},
        {FEMD_MSG_ABORT, FROM_CLIENT, runs_abort},
        {FEMD_MSG_STATE, FROM_CLIENT, runs_put},
        {FEMD_MSG_STATE_GET, FROM_CLIENT, gets_begin},
        {FEMD_MSG_STATUS_GET, FROM_CLIENT | FROM_ADMIN, on_status},
        {FEMD_MSG_ERROR, FROM_ANY, on_error},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        if (table[i].type == type && table[i].roles & 1u << role) return table[i].call;
    return NULL;
}

/* A client is told and may go on, within bounds; a worker that talks nonsense cannot be trusted with tasks. */
static void on_failure(femd_core *c, uint32_t n, const femd_frame *f, const femd_error *err) {
    peer *p = peer_at(c, n);
    if (err->code == FEMD_PROTOCOL) {
        c->counter.violations++;
        p->violations++;
        if (p->hello.role == FEMD_ROLE_WORKER || p->violations > VIOLATIONS_MAX) {
            peers_expel(c, n, err);
            return;
        }
    }
    core_log(c, FEMD_LOG_WARNING, "peer %llu, %s: %s", (unsigned long long)p->number, femd_message_name(f->type),
             err->text);
    outbox_send_error(c, p->route, p->json, f->id, err);
}

static void on_known(femd_core *c, uint32_t n, const femd_frame *f) {
    peer *p = peer_at(c, n);
    femd_error err = FEMD_ERROR_INIT;
    if (f->type == FEMD_MSG_BYE) {
        peers_remove(c, n, 1, 0);
        return;
    }
    handler call = find_handler(f->type, p->hello.role);
    if (!call) femd_fail(&err, FEMD_PROTOCOL, "%s is not for this peer to send", femd_message_name(f->type));
    femd_status rc = call ? call(c, n, f, &err) : FEMD_PROTOCOL;
    if (rc != FEMD_OK) on_failure(c, n, f, &err);
}

/* The frame in binary, whatever the peer speaks. */
static femd_status read_frame(femd_core *c, const void *data, size_t size, int json, femd_frame *f, femd_error *err) {
    if (size > c->config.frame_max)
        return femd_fail(err, FEMD_LIMIT, "a message of %zu bytes, this server takes %llu", size,
                         (unsigned long long)c->config.frame_max);
    if (!json) return femd_frame_decode(data, size, f, err);
    FEMD_TRY(femd_json_channel_to_frame(data, size, &c->json_in, err));
    return femd_frame_decode(c->json_in.data, c->json_in.size, f, err);
}

static void set_clock(femd_core *c, double now) {
    if (c->started < 0) {
        c->started = now;
        c->next_pulse = now + PULSE_PERIOD;
        c->next_check = now + PULSE_PERIOD;
    }
    if (now > c->now) c->now = now;
}

void femd_core_frame(femd_core *c, uint64_t route, const void *data, size_t size, double now) {
    if (c->health != FEMD_OK || route == 0) return;
    set_clock(c, now);
    c->counter.frames++;
    c->counter.bytes_in += size;
    int json = femd_json_channel_is_json(data, size);
    femd_frame f = {0};
    femd_error err = FEMD_ERROR_INIT;
    uint32_t n = peers_find(c, route);
    femd_status rc = read_frame(c, data, size, json, &f, &err);
    if (rc != FEMD_OK) {
        if (n) {
            on_failure(c, n, &f, &err);
            return;
        }
        c->counter.violations++;
        outbox_send_error(c, route, json, 0, &err);
        outbox_drop(c, route);
    } else if (f.type == FEMD_MSG_HELLO) {
        peers_hello(c, route, json, &f);
    } else if (n) {
        on_known(c, n, &f);
    } else if (f.type != FEMD_MSG_BYE) {
        outbox_send_empty(c, route, json, FEMD_MSG_REREGISTER, f.id);
    }
}

void femd_core_vanish(femd_core *c, uint64_t route, double now) {
    set_clock(c, now);
    uint32_t n = peers_find(c, route);
    if (n) peers_remove(c, n, 0, 1);
}

/* ---- time ---- */

void femd_core_tick(femd_core *c, double now) {
    set_clock(c, now);
    if (c->now >= c->next_pulse || c->pulse_now) {
        peers_pulse(c);
        c->pulse_now = 0;
        c->next_pulse = c->now + PULSE_PERIOD;
    }
    if (c->now >= c->next_check) {
        peers_check(c);
        runs_tick(c);
        c->next_check = c->now + PULSE_PERIOD;
    }
}

double femd_core_next_tick(const femd_core *c) {
    return fmin(c->next_pulse, c->next_check);
}

void femd_core_settle(femd_core *c, double now) {
    set_clock(c, now);
    if (c->health != FEMD_OK) return;
    if (c->pulse_now) femd_core_tick(c, now);
    do {
        states_settle(c);
        states_flush(c);
        sched_settle(c);
    } while (c->check.count && c->health == FEMD_OK);
    batches_flush(c);
    states_flush(c);
    if (c->cached > c->config.cache_bytes) ledger_trim(c, c->config.cache_bytes);
}

void femd_core_farewell(femd_core *c) {
    peers_farewell(c);
}
femd_status femd_core_health(const femd_core *c) {
    return c->health;
}
const femd_core_counters *femd_core_count(const femd_core *c) {
    return &c->counter;
}
void femd_core_trim(femd_core *c, uint64_t cache_bytes) {
    ledger_trim(c, cache_bytes);
}

void femd_core_sum(const femd_core *c, femd_core_totals *t) {
    const uint64_t *held = c->limits.held;
    uint32_t own_lanes = 0;
    for (uint32_t l = run_at(c, c->service_run)->lanes; l; l = lane_at(c, l)->run_next) own_lanes++;
    *t = (femd_core_totals){.bytes = c->limits.total,
                            .requests = held[BYTES_REQUESTS],
                            .responses = held[BYTES_RESPONSES],
                            .materials = held[BYTES_MATERIALS],
                            .states = held[BYTES_STATES],
                            .batches = held[BYTES_BATCHES],
                            .peers = c->peers.live,
                            .workers = c->nworkers,
                            .clients = c->nclients,
                            .runs = c->runs.live - 1,
                            .queued = c->queued,
                            .waiting = c->parked,
                            .running = c->running,
                            .evaluations = c->evals.live,
                            .state_count = c->states.live,
                            .lanes = c->lanes.live - own_lanes,
                            .waiters = c->waiters.live,
                            .open_batches = c->batches.live};
}
