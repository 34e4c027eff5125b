/* The table of peers. */
#include "members.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "batches.h"
#include "dispatch.h"
#include "gets.h"
#include "ledger.h"
#include "materials.h"
#include "outbox.h"
#include "runs.h"
#include "states.h"

uint32_t peers_find(const femd_core *c, uint64_t route) {
    return femd_table_find64(&c->by_route, route);
}

uint32_t peers_next_worker(const femd_core *c, uint32_t n) {
    for (n++; n <= c->peers.end; n++)
        if (peer_at(c, n)->route && peer_at(c, n)->hello.role == FEMD_ROLE_WORKER) return n;
    return FEMD_NIL;
}

uint32_t peers_first_worker(const femd_core *c) {
    return peers_next_worker(c, 0);
}

/* ---- workers by free credits ---- */

static void idle_insert(femd_core *c, uint32_t n) {
    peer *p = peer_at(c, n);
    if (p->flying >= c->config.credits) return;
    uint32_t *head = &c->idle[c->config.credits - p->flying];
    p->idle_prev = FEMD_NIL;
    p->idle_next = *head;
    if (*head) peer_at(c, *head)->idle_prev = n;
    *head = n;
}

static void idle_remove(femd_core *c, uint32_t n) {
    peer *p = peer_at(c, n);
    if (p->flying >= c->config.credits) return;
    if (p->idle_prev)
        peer_at(c, p->idle_prev)->idle_next = p->idle_next;
    else
        c->idle[c->config.credits - p->flying] = p->idle_next;
    if (p->idle_next) peer_at(c, p->idle_next)->idle_prev = p->idle_prev;
}

void peers_credit(femd_core *c, uint32_t n) {
    idle_remove(c, n);
    peer_at(c, n)->flying--;
    idle_insert(c, n);
}

void peers_debit(femd_core *c, uint32_t n) {
    idle_remove(c, n);
    peer_at(c, n)->flying++;
    idle_insert(c, n);
}

/* ---- coming ---- */

static femd_status create(femd_core *c, uint64_t route, int json, const femd_hello *h, uint32_t *n, femd_error *err) {
    *n = femd_slab_take(&c->peers);
    if (!*n) return femd_fail(err, FEMD_NO_MEMORY, "no memory for another peer");
    if (!femd_table_put64(&c->by_route, route, *n)) {
        femd_slab_give(&c->peers, *n);
        return femd_fail(err, FEMD_NO_MEMORY, "no memory for another peer");
    }
    peer *p = peer_at(c, *n);
    p->route = route;
    p->json = json;
    p->hello = *h;
    p->number = ++c->next_peer;
    p->since = p->progress = c->now;
    return FEMD_OK;
}

static void destroy(femd_core *c, uint32_t n) {
    peer *p = peer_at(c, n);
    femd_table_remove64(&c->by_route, p->route, n);
    femd_buffer_clear(&p->gets);
    femd_buffer_clear(&p->drops);
    p->route = 0;
    femd_slab_give(&c->peers, n);
}

static femd_status check_hello(const femd_core *c, int json, const femd_hello *h, femd_error *err) {
    if (h->role != FEMD_ROLE_WORKER) return FEMD_OK;
    if (json) return femd_fail(err, FEMD_REFUSED, "a worker cannot speak JSON");
    if (strcmp(h->level, c->level) == 0) return FEMD_OK;
    return femd_fail(err, FEMD_REFUSED,
                     "this worker computes at numerics level %s, the server is pinned to %s; start one of them "
                     "with the other's --level",
                     h->level, c->level);
}

static void welcome(femd_core *c, uint32_t n) {
    const peer *p = peer_at(c, n);
    femd_welcome w;
    memset(&w, 0, sizeof w);
    w.peer = p->number;
    snprintf(w.level, sizeof w.level, "%s", c->level);
    w.credits = c->config.credits;
    w.frame_max = c->config.frame_max;
    w.batch_max = c->config.batch_max;
    snprintf(w.version, sizeof w.version, "%s", FEMD_VERSION);
    femd_buffer b = outbox_take(c);
    if (femd_welcome_encode(&b, &w, NULL) != FEMD_OK) {
        core_no_memory(c);
        femd_core_recycle(c, &b);
        return;
    }
    outbox_send(c, p->route, p->json, &b);
}

static void refuse(femd_core *c, uint64_t route, int json, uint64_t id, const femd_error *err) {
    core_log(c, FEMD_LOG_WARNING, "a peer is refused: %s", err->text);
    outbox_send_error(c, route, json, id, err);
    outbox_drop(c, route);
}

/* A client that lost its connection may come back before the server has noticed; the old connection gives way. */
static femd_status join(femd_core *c, uint32_t n, femd_error *err) {
    uint32_t holder;
    femd_status rc = runs_join(c, n, &holder, err);
    if (rc == FEMD_OK || !holder) return rc;
    const femd_hello *a = &peer_at(c, n)->hello, *b = &peer_at(c, holder)->hello;
    if (a->pid != b->pid || strcmp(a->host, b->host) != 0) return rc;
    femd_error_clear(err);
    outbox_drop(c, peer_at(c, holder)->route);
    peers_remove(c, holder, 0, 0);
    return runs_join(c, n, &holder, err);
}

static int says_the_same(const femd_hello *a, const femd_hello *b) {
    return a->role == b->role && a->rank == b->rank && a->ranks == b->ranks && a->pid == b->pid &&
           a->fingerprint == b->fingerprint && strcmp(a->run, b->run) == 0 && strcmp(a->level, b->level) == 0 &&
           strcmp(a->host, b->host) == 0;
}

void peers_hello(femd_core *c, uint64_t route, int json, const femd_frame *f) {
    femd_hello h;
    femd_error err = FEMD_ERROR_INIT;
    uint32_t n = peers_find(c, route);
    femd_status rc = femd_hello_decode(f, &h, &err);
    if (n && rc == FEMD_OK && says_the_same(&h, &peer_at(c, n)->hello)) {
        welcome(c, n); /* its welcome is late, no more */
        return;
    }
    if (n) peers_remove(c, n, 0, 0); /* it starts anew */
    if (rc == FEMD_OK) rc = check_hello(c, json, &h, &err);
    if (rc == FEMD_OK) rc = create(c, route, json, &h, &n, &err);
    if (rc != FEMD_OK) {
        refuse(c, route, json, f->id, &err);
        return;
    }
    if (h.role == FEMD_ROLE_CLIENT && join(c, n, &err) != FEMD_OK) {
        refuse(c, route, json, f->id, &err);
        destroy(c, n);
        return;
    }
    welcome(c, n);
    if (h.role == FEMD_ROLE_WORKER) {
        c->nworkers++;
        idle_insert(c, n);
        materials_worker_here(c, n);
    } else {
        c->nclients++;
    }
    c->pulse_now = 1;
    core_log(c, FEMD_LOG_INFO, "peer %llu is here: %s%s%s, pid %u on %s", (unsigned long long)peer_at(c, n)->number,
             h.role == FEMD_ROLE_WORKER   ? "worker"
             : h.role == FEMD_ROLE_CLIENT ? "client of run "
                                          : "admin",
             h.run, json ? " (JSON)" : "", h.pid, h.host);
}

/* ---- going ---- */

void peers_remove(femd_core *c, uint32_t n, int bye, int blame) {
    peer *p = peer_at(c, n);
    core_log(c, FEMD_LOG_INFO, "peer %llu %s (%s, %u tasks, %u of them started)", (unsigned long long)p->number,
             bye ? "leaves" : "is gone", p->hello.role == FEMD_ROLE_WORKER ? "worker" : "client", p->ntasks,
             p->nstarted);
    if (p->hello.role == FEMD_ROLE_WORKER) {
        c->nworkers--;
        materials_peer_gone(c, n, blame);
        states_worker_gone(c, n);
        ledger_worker_gone(c, n, blame);
        sched_worker_gone(c, n);
        idle_remove(c, n);
        c->pulse_now = 1;
    } else {
        c->nclients--;
        batches_client_gone(c, n);
        gets_client_gone(c, n);
        materials_peer_gone(c, n, 0);
        runs_leave(c, n, bye);
    }
    destroy(c, n);
}

void peers_expel(femd_core *c, uint32_t n, const femd_error *why) {
    const peer *p = peer_at(c, n);
    core_log(c, FEMD_LOG_WARNING, "peer %llu is dropped: %s", (unsigned long long)p->number, why->text);
    outbox_send_error(c, p->route, p->json, 0, why);
    outbox_drop(c, p->route);
    peers_remove(c, n, 0, 1);
}

void peers_farewell(femd_core *c) {
    for (uint32_t n = 1; n <= c->peers.end; n++)
        if (peer_at(c, n)->route) outbox_send_empty(c, peer_at(c, n)->route, peer_at(c, n)->json, FEMD_MSG_BYE, 0);
}

/* ---- time ---- */

static uint32_t count_busy(const femd_core *c) {
    uint32_t busy = 0;
    for (uint32_t w = peers_first_worker(c); w; w = peers_next_worker(c, w)) busy += peer_at(c, w)->nstarted > 0;
    return busy;
}

/* Every client is told, since one that waits for its material or a commit wants to know of workers too; on the JSON
 * channel only those with open batches, so that a client of ten lines gets the answer it waits for. */
static int wants_pulse(const peer *p) {
    return p->route && p->hello.role == FEMD_ROLE_CLIENT && (p->batches || !p->json);
}

void peers_pulse(femd_core *c) {
    femd_pulse pulse = {.workers = c->nworkers, .busy = count_busy(c)};
    for (uint32_t n = 1; n <= c->peers.end; n++) {
        const peer *p = peer_at(c, n);
        if (!wants_pulse(p)) continue;
        pulse.queued = pulse.running = 0;
        for (uint32_t b = p->batches; b; b = batch_at(c, b)->next) {
            pulse.running += batch_at(c, b)->running;
            pulse.queued += batch_at(c, b)->left - batch_at(c, b)->running;
        }
        femd_buffer b = outbox_take(c);
        if (femd_pulse_encode(&b, &pulse, NULL) != FEMD_OK) {
            core_no_memory(c);
            femd_core_recycle(c, &b);
            return;
        }
        outbox_send(c, p->route, p->json, &b);
    }
}

double peers_check(femd_core *c) {
    double next = INFINITY;
    for (uint32_t w = peers_first_worker(c), after; w; w = after) {
        const peer *p = peer_at(c, w);
        after = peers_next_worker(c, w);
        if (!p->ntasks && !p->fetching) continue;
        double due = p->progress + c->config.task_deadline * (p->opening ? 2 : 1);
        if (c->now < due) {
            next = fmin(next, due);
            continue;
        }
        femd_error why = FEMD_ERROR_INIT;
        femd_fail(&why, FEMD_DEADLINE, "no sign of progress for %g s", c->now - p->progress);
        c->counter.hung++;
        peers_expel(c, w, &why);
    }
    return next;
}
