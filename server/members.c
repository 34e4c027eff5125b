/* Members: how they go, by themselves, by death or by being sent away, and what is due when. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "members_private.h"

#define PULSE_PERIOD 0.5 /* s */
#define BAN          600 /* s that a process is kept out; its number may be another's after that */

femd_members *members_create(const members_rooms *rooms) {
    femd_members *members = calloc(1, sizeof *members);
    if (!members) return NULL;
    members->in = *rooms;
    members->next_pulse = INFINITY;
    return members;
}

void members_destroy(femd_members **members) {
    free(*members);
    *members = NULL;
}

void members_report(const femd_members *members, uint32_t peer, femd_worker_news news) {
    const femd_core_config *config = &members->in.common->config;
    const femd_hello *hello = roster_hello(members->in.roster, peer);
    if (config->worker && hello->role == FEMD_ROLE_WORKER) config->worker(config->user, news, hello->pid, hello->host);
}

/* ---- going ---- */

/* At what a worker ended; for whoever started it if that is counted here and comes to an end. */
static void members_tell_suspects(const femd_members *members, uint32_t worker, const char *doing, int counted) {
    const femd_core_config *config = &members->in.common->config;
    const femd_hello *hello = roster_hello(members->in.roster, worker);
    common_log(members->in.common, FEMD_LOG_WARNING, "worker %llu (pid %u) ended while it %s",
               (unsigned long long)roster_number(members->in.roster, worker), hello->pid, doing);
    if (config->worker && counted) config->worker(config->user, FEMD_WORKER_ENDED, hello->pid, doing);
}

/* Of a material that a worker has opened before it is not held against it that others end over it. */
static int members_opens_what_may_be_bad(const femd_members *members, uint32_t worker) {
    const femd_catalogue *catalogue = members->in.catalogue;
    for (uint32_t material = 1; material <= catalogue_last(catalogue); material++)
        if (catalogue_opening(catalogue, material, worker) == OPENING_SENT && !catalogue_is_ready(catalogue, material))
            return 1;
    return 0;
}

/* Which points a worker took with it, or that it was opening a material. */
static void members_tell_end(const femd_members *members, uint32_t worker, uint32_t death) {
    const members_rooms *in = &members->in;
    if (catalogue_is_opening(in->catalogue, worker) && !ledger_tasks_started(in->ledger, worker)) {
        members_tell_suspects(members, worker, "opened a material", members_opens_what_may_be_bad(members, worker));
        return;
    }
    ledger_presume_started(in->ledger, worker, death);
    uint32_t task = ledger_next_task(in->ledger, worker, FEMD_NIL);
    const uint32_t started = ledger_tasks_started(in->ledger, worker);
    while (started && !ledger_is_started(in->ledger, task)) task = ledger_next_task(in->ledger, worker, task);
    if (!task) return;
    const femd_request *request = ledger_request(in->ledger, task);
    const uint32_t others = (started ? started : ledger_tasks(in->ledger, worker)) - 1;
    char more[40] = "", doing[120];
    if (others) snprintf(more, sizeof more, " and %u others", others);
    snprintf(doing, sizeof doing, "evaluated point %llu of step %u%s", (unsigned long long)request->point,
             request->step, more);
    members_tell_suspects(members, worker, doing, started || deaths_counts(in->deaths, death));
}

/* death: of a worker, FEMD_NIL if nothing it did can be the cause. */
static void members_end(femd_members *members, uint32_t peer, int bye, uint32_t death) {
    const members_rooms *in = &members->in;
    const int worker = members_is_worker(members, peer);
    common_log(in->common, FEMD_LOG_INFO, "peer %llu %s (%s, %u tasks, %u of them started)",
               (unsigned long long)roster_number(in->roster, peer), bye ? "leaves" : "is gone",
               worker ? "worker" : "client", worker ? ledger_tasks(in->ledger, peer) : 0,
               worker ? ledger_tasks_started(in->ledger, peer) : 0);
    if (worker) {
        in->common->counter.workers_gone++;
        if (death) members_tell_end(members, peer, death);
        materials_peer_gone(in->materials, peer, death);
        states_worker_gone(in->states, peer);
        dispatch_worker_gone(in->dispatch, peer, death);
        lanes_worker_gone(in->lanes, peer);
        members->pulse_now = 1;
    } else {
        batches_client_gone(in->batches, peer);
        gets_client_gone(in->gets, peer);
        materials_peer_gone(in->materials, peer, FEMD_NIL);
        runs_leave(in->runs, peer, bye);
    }
    roster_remove(in->roster, peer);
}

void members_remove(femd_members *members, uint32_t peer, int bye, int lost) {
    const int died = lost && !bye && members_is_worker(members, peer);
    members_report(members, peer, FEMD_WORKER_GONE);
    members_end(members, peer, bye, died ? deaths_note(members->in.deaths, peer, DEATH_LOST) : FEMD_NIL);
}

static void members_ban(femd_members *members, uint32_t peer) {
    const femd_hello *hello = roster_hello(members->in.roster, peer);
    members_banned *banned = &members->banned[members->next_banned++ % BANNED_MAX];
    memcpy(banned->host, hello->host, sizeof banned->host);
    banned->pid = hello->pid;
    banned->until = members->in.common->now + BAN;
}

void members_expel(femd_members *members, uint32_t peer, const femd_error *why) {
    const members_rooms *in = &members->in;
    const femd_address address = roster_address(in->roster, peer);
    common_log(in->common, FEMD_LOG_WARNING, "peer %llu is dropped: %s",
               (unsigned long long)roster_number(in->roster, peer), why->text);
    outbox_send_error(in->outbox, address, 0, why);
    outbox_drop(in->outbox, address);
    if (why->code == FEMD_PROTOCOL && members_is_worker(members, peer)) members_ban(members, peer);
    members_end(members, peer, 0,
                members_is_worker(members, peer) ? deaths_note(in->deaths, peer, DEATH_HUNG) : FEMD_NIL);
}

void members_quarantined(femd_members *members, uint32_t worker) {
    const members_rooms *in = &members->in;
    const char *reason = roster_quarantined(in->roster, worker);
    femd_error why = FEMD_ERROR_INIT;
    femd_fail(&why, FEMD_REFUSED, "this worker is in quarantine and gets no tasks: %s", reason ? reason : "");
    outbox_send_error(in->outbox, roster_address(in->roster, worker), 0, &why);
    const femd_core_config *config = &in->common->config;
    if (config->worker)
        config->worker(config->user, FEMD_WORKER_QUARANTINED, roster_hello(in->roster, worker)->pid,
                       reason ? reason : "");
    lanes_worker_gone(in->lanes, worker);
    members->pulse_now = 1;
}

void members_farewell(femd_members *members) {
    const members_rooms *in = &members->in;
    for (uint32_t peer = roster_next(in->roster, FEMD_NIL); peer; peer = roster_next(in->roster, peer))
        outbox_send_empty(in->outbox, roster_address(in->roster, peer), FEMD_MSG_BYE, 0);
}

/* ---- time ---- */

static uint32_t members_count_busy(const femd_members *members) {
    const members_rooms *in = &members->in;
    uint32_t busy = 0;
    for (uint32_t worker = roster_next_worker(in->roster, FEMD_NIL); worker;
         worker = roster_next_worker(in->roster, worker))
        busy += ledger_tasks_started(in->ledger, worker) > 0;
    return busy;
}

/* Every client is told, since one that waits for its material or a commit wants to know of workers too; on the JSON
 * channel only those with open batches, so that a client of ten lines gets the answer it waits for. */
static int members_wants_pulse(const femd_members *members, uint32_t peer) {
    const members_rooms *in = &members->in;
    if (roster_hello(in->roster, peer)->role != FEMD_ROLE_CLIENT) return 0;
    return !roster_address(in->roster, peer).json || batches_has_open(in->batches, peer);
}

static void members_pulse(femd_members *members) {
    const members_rooms *in = &members->in;
    femd_pulse pulse = {.workers = roster_workers_fit(in->roster), .busy = members_count_busy(members)};
    batches_count_running(in->batches);
    for (uint32_t peer = roster_next(in->roster, FEMD_NIL); peer; peer = roster_next(in->roster, peer)) {
        if (!members_wants_pulse(members, peer)) continue;
        batches_standing(in->batches, peer, &pulse.queued, &pulse.running);
        femd_buffer frame = outbox_take(in->outbox);
        if (femd_pulse_encode(&frame, &pulse, NULL) != FEMD_OK) {
            common_no_memory(in->common);
            outbox_recycle(in->outbox, &frame);
            return;
        }
        outbox_send(in->outbox, roster_address(in->roster, peer), &frame);
    }
}

/* A worker that opens a material may take twice as long. */
static double members_due(const femd_members *members, uint32_t worker) {
    const members_rooms *in = &members->in;
    const double deadline = in->common->config.task_deadline;
    return roster_progress(in->roster, worker) + deadline * (catalogue_is_opening(in->catalogue, worker) ? 2 : 1);
}

static void members_check_workers(femd_members *members) {
    const members_rooms *in = &members->in;
    roster_set_next_due(in->roster, INFINITY);
    double next = INFINITY;
    for (uint32_t worker = roster_next_worker(in->roster, FEMD_NIL), after; worker; worker = after) {
        after = roster_next_worker(in->roster, worker);
        if (!roster_owes(in->roster, worker)) continue;
        double due = members_due(members, worker);
        if (in->common->now < due) {
            next = fmin(next, due);
            continue;
        }
        femd_error why = FEMD_ERROR_INIT;
        femd_fail(&why, FEMD_DEADLINE, "no sign of progress for %g s",
                  in->common->now - roster_progress(in->roster, worker));
        in->common->counter.hung++;
        members_report(members, worker, FEMD_WORKER_HUNG);
        members_expel(members, worker, &why);
    }
    roster_set_next_due(in->roster, fmin(next, roster_next_due(in->roster)));
}

int members_pool_changed(const femd_members *members) {
    return members->pulse_now;
}

/* Without clients nobody waits for a pulse. */
double members_next_due(const femd_members *members) {
    const members_rooms *in = &members->in;
    if (members->pulse_now) return in->common->now;
    const int heard = roster_peers(in->roster) > roster_workers(in->roster);
    return fmin(heard ? members->next_pulse : INFINITY, roster_next_due(in->roster));
}

void members_tick(femd_members *members) {
    const femd_common *common = members->in.common;
    if (common->now >= members->next_pulse || members->pulse_now) {
        members_pulse(members);
        members->pulse_now = 0;
        members->next_pulse = common->now + PULSE_PERIOD;
    }
    if (common->now >= roster_next_due(members->in.roster)) members_check_workers(members);
}
