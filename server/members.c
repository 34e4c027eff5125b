/* Members. */
#include "members.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PULSE_PERIOD 0.5 /* s */
enum { OUSTED = 64 };
#define BAN 600 /* s that a process is kept out; its number may be another's after that */
enum { BANNED_MAX = 64 };

typedef struct members_banned { /* a worker's process that was expelled for what it said */
    char host[sizeof((femd_hello *)0)->host];
    uint32_t pid;
    double until; /* s; 0: the place is free */
} members_banned;

struct femd_members {
    members_rooms in;
    double next_pulse;
    int pulse_now;           /* the pool has changed */
    uint64_t ousted[OUSTED]; /* routes of the clients last displaced, in turn */
    uint32_t ousts;
    members_banned banned[BANNED_MAX];
    uint32_t next_banned; /* the place that is overwritten next */
    int has_build;
    uint64_t build; /* of the first worker, the only one where config.one_build says so */
};

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

static int members_is_worker(const femd_members *members, uint32_t peer) {
    return roster_hello(members->in.roster, peer)->role == FEMD_ROLE_WORKER;
}

static void members_report(const femd_members *members, uint32_t peer, femd_worker_news news) {
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

static int members_is_banned(const femd_members *members, const femd_hello *hello) {
    for (int i = 0; i < BANNED_MAX; i++) {
        const members_banned *banned = &members->banned[i];
        if (members->in.common->now < banned->until && banned->pid == hello->pid &&
            strcmp(banned->host, hello->host) == 0)
            return 1;
    }
    return 0;
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

/* ---- coming ---- */

static femd_status members_check_hello(const femd_members *members, int json, const femd_hello *hello,
                                       femd_error *err) {
    const femd_core_config *config = &members->in.common->config;
    if (config->peers_max && roster_peers(members->in.roster) >= config->peers_max)
        return femd_fail(
            err, FEMD_REFUSED,
            "%u peers are here, and the server may not open more descriptors (ulimit -n where it is started)",
            roster_peers(members->in.roster));
    if (hello->role != FEMD_ROLE_WORKER) return FEMD_OK;
    if (json) return femd_fail(err, FEMD_REFUSED, "a worker cannot speak JSON");
    if (members_is_banned(members, hello))
        return femd_fail(err, FEMD_REFUSED, "this process (pid %u on %s) was dropped for what it answered or said",
                         hello->pid, hello->host);
    if (members->in.common->config.one_build && members->has_build && hello->fingerprint != members->build)
        return femd_fail(err, FEMD_REFUSED,
                         "this worker is of another build (fingerprint %016llx) than the first one here (%016llx), and "
                         "the server was told --builds one",
                         (unsigned long long)hello->fingerprint, (unsigned long long)members->build);
    if (strcmp(hello->level, members->in.common->level) == 0) return FEMD_OK;
    return femd_fail(err, FEMD_REFUSED,
                     "this worker computes at numerics level %s, the server is pinned to %s; start one of them "
                     "with the other's --level",
                     hello->level, members->in.common->level);
}

static void members_welcome(femd_members *members, uint32_t peer) {
    const members_rooms *in = &members->in;
    const femd_core_config *config = &in->common->config;
    femd_welcome welcome;
    memset(&welcome, 0, sizeof welcome);
    welcome.peer = roster_number(in->roster, peer);
    snprintf(welcome.level, sizeof welcome.level, "%s", in->common->level);
    welcome.epoch = config->epoch;
    welcome.credits = config->credits;
    welcome.frame_max = config->frame_max;
    welcome.batch_max = config->batch_max;
    welcome.times = (femd_times){.heartbeat = config->heartbeat,
                                 .silence = config->silence,
                                 .mute = config->mute,
                                 .grace = config->run_grace,
                                 .deadline = config->task_deadline};
    snprintf(welcome.version, sizeof welcome.version, "%s", FEMD_VERSION);
    femd_buffer frame = outbox_take(in->outbox);
    if (femd_welcome_encode(&frame, &welcome, NULL) != FEMD_OK) {
        common_no_memory(in->common);
        outbox_recycle(in->outbox, &frame);
        return;
    }
    outbox_send(in->outbox, roster_address(in->roster, peer), &frame);
}

static void members_refuse(femd_members *members, femd_address from, uint64_t id, const femd_error *err) {
    common_log(members->in.common, FEMD_LOG_WARNING, "a peer is refused: %s", err->text);
    outbox_send_error(members->in.outbox, from, id, err);
    outbox_drop(members->in.outbox, from);
}

/* ---- clients that are displaced ---- */

static void members_say_gone(femd_members *members, femd_address to, uint64_t id) {
    femd_error why = FEMD_ERROR_INIT;
    femd_fail(&why, FEMD_DISCONNECTED,
              "the client has come back on another connection, which has taken the place of this one");
    outbox_send_gone(members->in.outbox, to, id, &why);
}

static void members_oust(femd_members *members, uint32_t client) {
    const members_rooms *in = &members->in;
    const femd_address address = roster_address(in->roster, client);
    members_say_gone(members, address, 0);
    outbox_drop(in->outbox, address);
    members->ousted[members->ousts++ % OUSTED] = address.route;
    members_remove(members, client, 0, 0);
}

static int members_is_ousted(const femd_members *members, uint64_t route) {
    for (uint32_t i = 0; i < OUSTED; i++)
        if (members->ousted[i] == route) return 1;
    return 0;
}

void members_stranger(femd_members *members, femd_address from, uint64_t id) {
    femd_outbox *outbox = members->in.outbox;
    if (members_is_ousted(members, from.route)) {
        members_say_gone(members, from, id);
    } else if (!from.json) {
        outbox_send_empty(outbox, from, FEMD_MSG_REREGISTER, id);
    } else {
        femd_error why = FEMD_ERROR_INIT;
        femd_fail(&why, FEMD_REREGISTER, "this connection is not known here (it may be a new one); say hello first");
        outbox_send_error(outbox, from, id, &why);
    }
}

/* A client that lost its connection may come back before the server has noticed; the old connection gives way. It is
 * the same client only if it says so by the number that it has drawn: two programs may be alike in all else. */
static femd_status members_join(femd_members *members, uint32_t client, femd_error *err) {
    const members_rooms *in = &members->in;
    uint32_t holder;
    femd_status rc = runs_join(in->runs, client, &holder, err);
    if (rc == FEMD_OK || !holder) return rc;
    const femd_hello *hello = roster_hello(in->roster, client), *other = roster_hello(in->roster, holder);
    if (!hello->instance || hello->instance != other->instance) return rc;
    femd_error_clear(err);
    members_oust(members, holder);
    return runs_join(in->runs, client, &holder, err);
}

/* ---- places ---- */

static femd_status members_seat(femd_members *members, uint32_t peer, femd_error *err) {
    const members_rooms *in = &members->in;
    const femd_hello *hello = roster_hello(in->roster, peer);
    if (hello->role == FEMD_ROLE_WORKER) {
        if (states_worker_here(in->states, peer) && ledger_worker_here(in->ledger, peer) &&
            dispatch_worker_here(in->dispatch, peer))
            return FEMD_OK;
        return femd_fail(err, FEMD_NO_MEMORY, "no memory for another peer");
    }
    if (!batches_client_here(in->batches, peer)) return femd_fail(err, FEMD_NO_MEMORY, "no memory for another peer");
    return hello->role == FEMD_ROLE_CLIENT ? members_join(members, peer, err) : FEMD_OK;
}

static int members_says_the_same(const femd_hello *one, const femd_hello *other) {
    return one->role == other->role && one->rank == other->rank && one->ranks == other->ranks &&
           one->instance == other->instance && one->step == other->step && one->pid == other->pid &&
           one->fingerprint == other->fingerprint && strcmp(one->run, other->run) == 0 &&
           strcmp(one->level, other->level) == 0 && strcmp(one->host, other->host) == 0;
}

/* Who a peer is says its key, where there are keys; what it says of itself must be that. */
static femd_status members_ask_key(const femd_members *members, uint64_t route, femd_role says, femd_identity *who,
                                   femd_error *err) {
    const femd_keyring *keys = members->in.common->config.keys;
    memset(who, 0, sizeof *who);
    if (!keys) return FEMD_OK;
    if (!keys->identify(keys->user, route, who))
        return femd_fail(err, FEMD_REFUSED, "the key of this connection is not in the server's list of keys any more");
    if (who->role == says) return FEMD_OK;
    static const char *const names[] = {"nobody", "client", "worker", "admin"};
    return femd_fail(err, FEMD_REFUSED, "the key %s is that of %s %s here, and this peer says that it is %s %s",
                     who->name, who->role == FEMD_ROLE_ADMIN ? "an" : "a", names[who->role & 3],
                     says == FEMD_ROLE_ADMIN ? "an" : "a", names[says & 3]);
}

void members_recheck(femd_members *members) {
    const members_rooms *in = &members->in;
    for (uint32_t peer = roster_next(in->roster, FEMD_NIL), after; peer; peer = after) {
        after = roster_next(in->roster, peer);
        femd_error why = FEMD_ERROR_INIT;
        femd_identity who;
        const femd_address address = roster_address(in->roster, peer);
        if (members_ask_key(members, address.route, roster_hello(in->roster, peer)->role, &who, &why) == FEMD_OK)
            continue;
        common_log(in->common, FEMD_LOG_WARNING, "peer %llu, key %s, is dropped: %s",
                   (unsigned long long)roster_number(in->roster, peer), roster_identity(in->roster, peer)->name,
                   why.text);
        outbox_send_gone(in->outbox, address, 0, &why);
        outbox_drop(in->outbox, address);
        members_remove(members, peer, 0, 0);
    }
}

/* The place of a peer that may come. */
static femd_status members_admit(femd_members *members, femd_address from, const femd_hello *hello, uint32_t *peer,
                                 femd_error *err) {
    femd_identity who;
    FEMD_TRY(members_ask_key(members, from.route, hello->role, &who, err));
    FEMD_TRY(members_check_hello(members, from.json, hello, err));
    *peer = roster_add(members->in.roster, from, hello);
    if (!*peer) return femd_fail(err, FEMD_NO_MEMORY, "no memory for another peer");
    roster_identify(members->in.roster, *peer, &who);
    femd_status rc = members_seat(members, *peer, err);
    if (rc != FEMD_OK) roster_remove(members->in.roster, *peer);
    return rc;
}

void members_hello(femd_members *members, femd_address from, const femd_frame *frame) {
    const members_rooms *in = &members->in;
    femd_hello hello;
    femd_error err = FEMD_ERROR_INIT;
    uint32_t peer = roster_find(in->roster, from.route);
    femd_status rc = femd_hello_decode(frame, &hello, &err);
    if (members_is_ousted(members, from.route)) {
        members_say_gone(members, from, frame->id);
        return;
    }
    if (peer && rc == FEMD_OK && members_says_the_same(&hello, roster_hello(in->roster, peer))) {
        members_welcome(members, peer); /* its welcome is late, no more */
        return;
    }
    if (peer) members_remove(members, peer, 0, 0); /* it starts anew */
    if (rc == FEMD_OK) rc = members_admit(members, from, &hello, &peer, &err);
    if (rc != FEMD_OK) {
        members_refuse(members, from, frame->id, &err);
        return;
    }
    members_welcome(members, peer);
    if (hello.role == FEMD_ROLE_WORKER && !members->has_build) {
        members->has_build = 1;
        members->build = hello.fingerprint;
    }
    members_report(members, peer, FEMD_WORKER_HERE);
    in->common->counter.workers_came += hello.role == FEMD_ROLE_WORKER;
    if (hello.role == FEMD_ROLE_WORKER) materials_worker_here(in->materials, peer);
    members->pulse_now = 1;
    common_log(in->common, FEMD_LOG_INFO, "peer %llu is here: %s%s%s, pid %u on %s%s%s",
               (unsigned long long)roster_number(in->roster, peer),
               hello.role == FEMD_ROLE_WORKER   ? "worker"
               : hello.role == FEMD_ROLE_CLIENT ? "client of run "
                                                : "admin",
               hello.run, from.json ? " (JSON)" : "", hello.pid, hello.host,
               roster_identity(in->roster, peer)->role ? ", key " : "", roster_identity(in->roster, peer)->name);
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
