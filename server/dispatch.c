/* Scheduling. Message size: about config.message_work seconds, never more than a fair part of what is queued, so that
 * no worker idles at the end of a batch. Lane: the run with the least service first, then the most costly material. */
#include "dispatch.h"

#include <stdlib.h>
#include <string.h>

#include "ledger.h"
#include "materials.h"
#include "members.h"
#include "outbox.h"
#include "states.h"

#define STATE_RATE  5e8  /* bytes/s at which a state moves to another worker */
#define STATE_DELAY 5e-4 /* s that a move costs at least: a message, and a cold cache */
enum { STATE_BYTES_MAX = 8 << 20 /* of the states in one TASK message */ };

/* ---- lanes ---- */

uint32_t sched_lane(femd_core *c, uint32_t r, uint32_t m) {
    run *t = run_at(c, r);
    for (uint32_t l = t->lanes; l; l = lane_at(c, l)->run_next)
        if (lane_at(c, l)->material == m) return l;
    uint32_t l = femd_slab_take(&c->lanes);
    if (!l) {
        core_no_memory(c);
        return FEMD_NIL;
    }
    lane *n = lane_at(c, l);
    n->run = r;
    n->material = m;
    n->run_next = t->lanes;
    t->lanes = l;
    return l;
}

void sched_open(femd_core *c, uint32_t l) {
    lane_at(c, l)->open++;
    run_at(c, lane_at(c, l)->run)->open++;
}

void sched_close(femd_core *c, uint32_t l) {
    lane_at(c, l)->open--;
    run_at(c, lane_at(c, l)->run)->open--;
}

static void activate(femd_core *c, uint32_t l) {
    lane *n = lane_at(c, l);
    if (n->active) return;
    run *t = run_at(c, n->run);
    if (t->clock < c->clock && n->run != c->service_run) t->clock = c->clock; /* no saving up while idle */
    n->active = 1;
    n->prev = FEMD_NIL;
    n->next = c->first_lane;
    if (c->first_lane) lane_at(c, c->first_lane)->prev = l;
    c->first_lane = l;
}

static void deactivate(femd_core *c, uint32_t l) {
    lane *n = lane_at(c, l);
    if (!n->active || n->common.count || n->own_total) return;
    n->active = 0;
    if (n->prev)
        lane_at(c, n->prev)->next = n->next;
    else
        c->first_lane = n->next;
    if (n->next) lane_at(c, n->next)->prev = n->prev;
}

void sched_run_gone(femd_core *c, uint32_t r) {
    run *t = run_at(c, r);
    while (t->lanes) {
        uint32_t l = t->lanes;
        lane *n = lane_at(c, l);
        t->lanes = n->run_next;
        free(n->own);
        n->own = NULL;
        femd_slab_give(&c->lanes, l);
    }
}

void sched_clear(femd_core *c) {
    for (uint32_t l = 1; l <= c->lanes.end; l++) {
        free(lane_at(c, l)->own);
        lane_at(c, l)->own = NULL;
    }
}

/* ---- queues ---- */

static queue *queue_of(femd_core *c, const eval *v) {
    lane *n = lane_at(c, v->lane);
    return v->owner ? &n->own[v->owner] : &n->common;
}

static int make_room_for(femd_core *c, lane *n, uint32_t worker) {
    if (worker < n->own_room) return 1;
    uint32_t room = worker + 64;
    queue *own = realloc(n->own, room * sizeof *own);
    if (!own) {
        core_no_memory(c);
        return 0;
    }
    memset(own + n->own_room, 0, (room - n->own_room) * sizeof *own);
    n->own = own;
    n->own_room = room;
    return 1;
}

/* The worker to keep it for: one that holds its state and can evaluate it, the one with the least to do of the first
 * few. A state that half of the workers hold ties nobody. */
static uint32_t choose_owner(femd_core *c, const eval *v, const lane *n) {
    enum { LOOK_AT = 4 };
    if (!v->state_in) return FEMD_NIL;
    const state *s = state_at(c, v->state_in);
    if (s->nholders == 0 || (s->nholders > 1 && 2 * s->nholders >= c->nworkers)) return FEMD_NIL;
    uint32_t best = FEMD_NIL, least = UINT32_MAX, seen = 0;
    for (uint32_t h = s->holders; h && seen < LOOK_AT; h = holding_at(c, h)->state_next, seen++) {
        uint32_t w = holding_at(c, h)->worker;
        uint32_t load = w < n->own_room ? n->own[w].count : 0;
        if (load >= least || !materials_is_open(c, n->material, w)) continue;
        best = w;
        least = load;
    }
    return best;
}

void sched_push(femd_core *c, uint32_t e, int front) {
    eval *v = eval_at(c, e);
    lane *n = lane_at(c, v->lane);
    v->stage = STAGE_QUEUED;
    v->owner = choose_owner(c, v, n);
    if (v->owner && !make_room_for(c, n, v->owner)) v->owner = FEMD_NIL;
    queue *q = queue_of(c, v);
    v->prev = front ? FEMD_NIL : q->tail;
    v->next = front ? q->head : FEMD_NIL;
    if (v->prev)
        eval_at(c, v->prev)->next = e;
    else
        q->head = e;
    if (v->next)
        eval_at(c, v->next)->prev = e;
    else
        q->tail = e;
    q->count++;
    if (v->owner) n->own_total++;
    c->queued++;
    activate(c, v->lane);
}

void sched_remove(femd_core *c, uint32_t e) {
    eval *v = eval_at(c, e);
    lane *n = lane_at(c, v->lane);
    queue *q = queue_of(c, v);
    if (v->prev)
        eval_at(c, v->prev)->next = v->next;
    else
        q->head = v->next;
    if (v->next)
        eval_at(c, v->next)->prev = v->prev;
    else
        q->tail = v->prev;
    v->prev = v->next = FEMD_NIL;
    q->count--;
    if (v->owner) n->own_total--;
    c->queued--;
    deactivate(c, v->lane);
}

void sched_worker_gone(femd_core *c, uint32_t worker) {
    for (uint32_t l = c->first_lane; l; l = lane_at(c, l)->next) {
        lane *n = lane_at(c, l);
        if (worker >= n->own_room || !n->own[worker].count) continue;
        queue *q = &n->own[worker];
        for (uint32_t e = q->head; e; e = eval_at(c, e)->next) eval_at(c, e)->owner = FEMD_NIL;
        if (n->common.tail) {
            eval_at(c, n->common.tail)->next = q->head;
            eval_at(c, q->head)->prev = n->common.tail;
        } else {
            n->common.head = q->head;
        }
        n->common.tail = q->tail;
        n->common.count += q->count;
        n->own_total -= q->count;
        *q = (queue){0, 0, 0};
    }
}

/* ---- choosing ---- */

/* The worker with the longest queue of its own in the lane, and how long the last of that queue has to wait for it; the
 * worker is looked up once a round. */
typedef struct relief {
    uint32_t lane, victim;
    double wait;
} relief;

static void find_victim(femd_core *c, uint32_t l, relief *rf) {
    const lane *n = lane_at(c, l);
    if (rf->lane != l || !rf->victim || !n->own[rf->victim].count) {
        *rf = (relief){l, FEMD_NIL, 0};
        uint32_t most = 0;
        for (uint32_t w = 1; w < n->own_room; w++) {
            if (n->own[w].count <= most) continue;
            most = n->own[w].count;
            rf->victim = w;
        }
    }
    if (rf->victim)
        rf->wait = material_at(c, n->material)->cost * (n->own[rf->victim].count - 1 + peer_at(c, rf->victim)->ntasks);
}

static int is_worth_moving(const femd_core *c, const relief *rf) {
    return rf->victim && rf->wait > STATE_DELAY + c->blob_mean / STATE_RATE;
}

/* 1 if the lane has something for this worker now. */
static int has_work_for(femd_core *c, uint32_t l, uint32_t worker, relief *rf) {
    const lane *n = lane_at(c, l);
    if (!materials_is_open(c, n->material, worker)) return 0;
    if (n->common.count || (worker < n->own_room && n->own[worker].count)) return 1;
    if (!n->own_total) return 0;
    find_victim(c, l, rf);
    return is_worth_moving(c, rf);
}

static uint32_t choose_lane(femd_core *c, uint32_t worker, relief *rf) {
    uint32_t best = FEMD_NIL;
    double clock = 0, cost = 0;
    for (uint32_t l = c->first_lane; l; l = lane_at(c, l)->next) {
        const run *t = run_at(c, lane_at(c, l)->run);
        double k = material_at(c, lane_at(c, l)->material)->cost;
        if (best && (t->clock > clock || (t->clock == clock && k <= cost))) continue;
        if (!has_work_for(c, l, worker, rf)) continue;
        best = l;
        clock = t->clock;
        cost = k;
    }
    return best;
}

static uint32_t message_points(const femd_core *c, const lane *n) {
    const material *t = material_at(c, n->material);
    uint64_t queued = n->common.count + n->own_total;
    uint64_t shares = (uint64_t)(t->opened ? t->opened : 1) * c->config.credits;
    uint64_t fair = (queued + shares - 1) / shares;
    double by_work = t->cost > 0 ? c->config.message_work / t->cost : 1;
    uint64_t points = by_work < c->config.message_points ? (uint64_t)by_work : c->config.message_points;
    if (points > fair) points = fair;
    return points < 1 ? 1 : (uint32_t)points;
}

static uint32_t next_for(femd_core *c, uint32_t l, uint32_t worker, relief *rf) {
    const lane *n = lane_at(c, l);
    if (worker < n->own_room && n->own[worker].head) return n->own[worker].head;
    if (n->common.head) return n->common.head;
    if (!n->own_total) return FEMD_NIL;
    find_victim(c, l, rf);
    return is_worth_moving(c, rf) ? n->own[rf->victim].tail : FEMD_NIL;
}

/* ---- one message ---- */

static int add_state(femd_core *c, uint32_t s, uint32_t count, size_t *bytes) {
    if (count == c->scratch_room) {
        uint32_t room = c->scratch_room ? 2 * c->scratch_room : 256;
        femd_state_entry *entries = realloc(c->scratch_states, room * sizeof *entries);
        if (!entries) {
            core_no_memory(c);
            return 0;
        }
        c->scratch_states = entries;
        c->scratch_room = room;
    }
    const state *t = state_at(c, s);
    c->scratch_states[count] = (femd_state_entry){t->hash, {femd_blob_data(t->blob), femd_blob_size(t->blob)}};
    *bytes += femd_blob_size(t->blob);
    return 1;
}

/* Evaluations of the lane into c->scratch, the states they need and the worker lacks into c->scratch_states. */
static uint32_t pick(femd_core *c, uint32_t l, uint32_t worker, relief *rf) {
    uint32_t want = message_points(c, lane_at(c, l)), states = 0;
    size_t bytes = 0;
    c->scratch.count = 0;
    while (c->scratch.count < want && bytes < STATE_BYTES_MAX) {
        uint32_t e = next_for(c, l, worker, rf);
        if (!e) break;
        const eval *v = eval_at(c, e);
        if (v->blames && c->scratch.count) break; /* a suspect goes alone, so that only it can be blamed */
        sched_remove(c, e);
        if (v->blames) want = 1;
        if (v->state_in && !states_is_held(c, v->state_in, worker)) {
            if (!state_at(c, v->state_in)->blob) {
                ledger_park(c, e);
                continue;
            }
            if (!add_state(c, v->state_in, states, &bytes)) break;
            states++;
            states_hold(c, v->state_in, worker);
        }
        if (!femd_list_push(&c->scratch, e)) core_no_memory(c);
    }
    return states;
}

static void send(femd_core *c, uint32_t l, uint32_t worker, uint32_t states) {
    lane *n = lane_at(c, l);
    peer *p = peer_at(c, worker);
    const material *t = material_at(c, n->material);
    uint32_t f = femd_slab_take(&c->flights);
    femd_buffer b = outbox_take(c);
    femd_status rc = femd_task_begin(&b, &t->id, c->scratch_states, states, NULL);
    if (!f) rc = FEMD_NO_MEMORY;
    if (rc == FEMD_OK) {
        flight_at(c, f)->worker = worker;
        if (p->ntasks == 0) p->progress = c->now;
        peers_debit(c, worker);
    }
    for (uint32_t i = 0; i < c->scratch.count && rc == FEMD_OK; i++) {
        uint32_t e = c->scratch.at[i];
        femd_task task = {.id = ledger_task_id(c, e), .deadline = 0, .request = eval_at(c, e)->request};
        rc = femd_task_add(&b, &task, NULL);
        ledger_sent(c, e, f);
    }
    if (rc != FEMD_OK) {
        core_no_memory(c);
        femd_buffer_clear(&b);
        return;
    }
    femd_frame_finish(&b, c->scratch.count);
    outbox_send(c, p->route, 0, &b);
    run *owner = run_at(c, n->run);
    if (n->run == c->service_run) return;
    c->clock = owner->clock;
    owner->clock += c->scratch.count * (t->cost > 0 ? t->cost : 1e-6);
}

/* 1 if a message went out or the queues changed, 0 if there is nothing for this worker. */
static int serve(femd_core *c, uint32_t worker, relief *rf) {
    uint32_t l = choose_lane(c, worker, rf);
    if (!l) return 0;
    uint32_t states = pick(c, l, worker, rf);
    if (c->scratch.count && c->health == FEMD_OK) send(c, l, worker, states);
    return 1;
}

void sched_settle(femd_core *c) {
    relief rf = {0, 0, 0};
    for (uint32_t free_credits = c->config.credits; free_credits; free_credits--) {
        for (uint32_t w = c->idle[free_credits], after; w && c->queued && c->health == FEMD_OK; w = after) {
            after = peer_at(c, w)->idle_next;
            while (c->queued && peer_at(c, w)->flying == c->config.credits - free_credits && serve(c, w, &rf)) continue;
        }
    }
}
