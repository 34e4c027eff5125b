/* Members: how they come. Who says hello, who is let in, who takes whose place, and who may not stay. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "members_private.h"

/* ---- who may come ---- */

enum { ADMINS_BEYOND = 2 };

static int members_is_banned(const femd_members *members, const femd_hello *hello) {
    for (int i = 0; i < BANNED_MAX; i++) {
        const members_banned *banned = &members->banned[i];
        if (members->in.common->now < banned->until && banned->pid == hello->pid &&
            strcmp(banned->host, hello->host) == 0)
            return 1;
    }
    return 0;
}

static femd_status members_check_hello(const femd_members *members, int json, const femd_hello *hello,
                                       femd_error *err) {
    const femd_core_config *config = &members->in.common->config;
    /* who looks after a server that is full is let in: there is room for a few more than peers_max */
    const uint32_t room = config->peers_max + (hello->role == FEMD_ROLE_ADMIN ? ADMINS_BEYOND : 0);
    if (config->peers_max && roster_peers(members->in.roster) >= room)
        return femd_fail(
            err, FEMD_REFUSED,
            "%u peers are here, and the server may not open more descriptors (ulimit -n where it is started)",
            roster_peers(members->in.roster));
    if (hello->role == FEMD_ROLE_CLIENT && !*hello->run)
        return femd_fail(err, FEMD_REFUSED, "a client's HELLO names its run, with 1 to %zu bytes under \"run\"",
                         sizeof hello->run - 1);
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

/* What was answered by workers that are gone, and that nothing rests on, need not be known any more. Should memory be
 * out for that, it is for another time. */
static void members_forget_authors(femd_members *members) {
    const members_rooms *in = &members->in;
    if (!ledger_has_many_authors(in->ledger)) return;
    const uint32_t last = ledger_last_author(in->ledger);
    uint8_t *needed = calloc(last + 1u, 1);
    if (!needed) return;
    ledger_mark_authors(in->ledger, needed);
    runs_mark_authors(in->runs, needed, last);
    ledger_forget_authors(in->ledger, needed);
    free(needed);
}

static femd_status members_seat(femd_members *members, uint32_t peer, femd_error *err) {
    const members_rooms *in = &members->in;
    const femd_hello *hello = roster_hello(in->roster, peer);
    if (hello->role == FEMD_ROLE_WORKER) {
        members_forget_authors(members);
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
