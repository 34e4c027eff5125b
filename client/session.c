/* The life of a client: connecting, the loop that waits, handling of every frame, sending again what may be lost.
 *
 * It owns the peer and the clock, and gives a server that restarted its materials again. It never looks into points
 * (batch.c) or blobs (call.c). */
#include "session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "batch.h"
#include "femd/clock.h"
#include "names.h"
#include "wakeup.h"

/* ---- open and close ---- */

static femd_status session_fill_hello(const femd_client_config *cfg, femd_hello *h, femd_error *err) {
    memset(h, 0, sizeof *h);
    h->role = FEMD_ROLE_CLIENT;
    h->rank = cfg->rank;
    h->ranks = cfg->ranks ? cfg->ranks : 1;
    h->step = cfg->step;
    if (h->rank >= h->ranks) return femd_fail(err, FEMD_BAD_ARGUMENT, "rank %u of %u ranks", h->rank, h->ranks);
    h->pid = (uint32_t)getpid();
    if (gethostname(h->host, sizeof h->host - 1) != 0) snprintf(h->host, sizeof h->host, "unknown");
    h->host[sizeof h->host - 1] = '\0';
    snprintf(h->version, sizeof h->version, "%s", FEMD_VERSION);
    if (!cfg->run) {
        snprintf(h->run, sizeof h->run, "%.40s-%u", h->host, h->pid);
        return FEMD_OK;
    }
    if (!*cfg->run || strlen(cfg->run) >= sizeof h->run)
        return femd_fail(err, FEMD_BAD_ARGUMENT, "the name of a run has 1 to %zu characters", sizeof h->run - 1);
    snprintf(h->run, sizeof h->run, "%s", cfg->run);
    return FEMD_OK;
}

femd_status femd_client_open(const femd_client_config *cfg, femd_client **client, femd_error *err) {
    if (!client) return femd_fail(err, FEMD_BAD_ARGUMENT, "femd_client_open: client is NULL");
    *client = NULL;
    if (cfg && cfg->size != sizeof *cfg)
        return femd_fail(
            err, FEMD_BAD_ARGUMENT,
            "femd_client_open: size is %zu, here a femd_client_config has %zu bytes; set it to sizeof, and "
            "build against the headers of this libfemd (%s)",
            cfg->size, sizeof *cfg, FEMD_VERSION);
    if (!cfg || !cfg->address || !*cfg->address)
        return femd_fail(err, FEMD_BAD_ARGUMENT, "femd_client_open: no address, for example tcp://127.0.0.1:5600");
    if (!(cfg->connect_timeout >= 0) || !(cfg->wait_timeout >= 0))
        return femd_fail(err, FEMD_BAD_ARGUMENT, "femd_client_open: a time limit is negative or not a number");
    femd_peer_config pc = {.address = cfg->address,
                           .connect_timeout = cfg->connect_timeout > 0 ? cfg->connect_timeout : 10.0,
                           .key = cfg->key,
                           .insecure = cfg->insecure,
                           .first_connect_waits = 1};
    FEMD_TRY(session_fill_hello(cfg, &pc.hello, err));

    femd_client *c = calloc(1, sizeof *c);
    if (!c) return femd_fail(err, FEMD_NO_MEMORY, "no memory for a client");
    c->address = strdup(cfg->address);
    c->ranks = pc.hello.ranks;
    c->wait_timeout = cfg->wait_timeout;
    c->progress = cfg->progress;
    c->user = cfg->user;
    c->give_up_early = cfg->give_up_early;
    c->next_id = 1;
    c->wake = c->timer = c->descriptor = -1;
    c->committed_step = cfg->step;
    femd_status rc =
        c->address ? femd_peer_open(&pc, &c->peer, err) : femd_fail(err, FEMD_NO_MEMORY, "no memory for a client");
    if (rc != FEMD_OK) {
        femd_client_close(&c);
        return rc;
    }
    c->heard = c->resent = c->moved = femd_clock();
    *client = c;
    return FEMD_OK;
}

static void session_free_materials(femd_client *c) {
    while (c->materials) {
        client_material *m = c->materials;
        c->materials = m->next;
        femd_buffer_clear(&m->frame);
        free(m);
    }
    while (c->views) {
        client_view *v = c->views;
        c->views = v->next;
        free(v);
    }
}

void femd_client_close(femd_client **client) {
    if (!client || !*client) return;
    femd_client *c = *client;
    *client = NULL;
    if (c->peer) femd_peer_close(&c->peer);
    wakeup_close(c);
    batches_free(c);
    session_free_materials(c);
    pointmap_clear(&c->sweep.map);
    femd_buffer_clear(&c->scratch);
    free(c->address);
    free(c);
}

uint64_t femd_client_reused(const femd_client *client) {
    return client->reused;
}

const char *femd_client_level(const femd_client *client) {
    return femd_peer_welcome(client->peer)->level;
}

/* ---- sending again ---- */

static femd_status session_resend_materials(femd_client *c, femd_error *err) {
    for (client_material *m = c->materials; m; m = m->next)
        FEMD_TRY(femd_peer_send(c->peer, &m->frame, FEMD_CLIENT_SEND_TIMEOUT, err));
    return FEMD_OK;
}

/* The server forgot this client, or says nothing: give it all that is open once more. It knows batches and calls by
 * their ids and points by their keys, so nothing is done twice. */
static femd_status session_resend_all(femd_client *c, int forgotten, femd_error *err) {
    c->resent = femd_clock();
    if (forgotten) FEMD_TRY(session_resend_materials(c, err));
    batches_rewind(c);
    FEMD_TRY(batches_flush(c, err));
    if (!c->call || c->call->done) return FEMD_OK;
    c->call->sent = c->resent;
    return femd_peer_send(c->peer, &c->call->frame, FEMD_CLIENT_SEND_TIMEOUT, err);
}

/* Looks a few times a second whether something seems lost. */
femd_status client_nudge(femd_client *c, femd_error *err) {
    const double now = femd_clock();
    const double away = now - c->nudged; /* since the last look, at most a moment while somebody waits */
    if (away < FEMD_CLIENT_NUDGE) return FEMD_OK;
    c->nudged = now;
    if (away > 4 * FEMD_CLIENT_NUDGE) c->heard = now; /* nobody listened: the server is not to blame */
    uint64_t done, total, reused, sent;
    batches_count(c, &done, &total, &reused, &sent);
    const int points_open = done < total, call_open = c->call && !c->call->done;
    if (!points_open && !call_open) return FEMD_OK;
    if (now - c->heard > femd_peer_welcome(c->peer)->times.mute)
        return femd_fail(err, FEMD_DISCONNECTED,
                         "%s is connected but has said nothing for %.0f s while %llu points are open%s", c->address,
                         now - c->heard, (unsigned long long)(total - done), call_open ? " and a call" : "");
    if (now - c->resent < FEMD_CLIENT_RESEND) return FEMD_OK;
    const int silent = points_open && now - c->heard > FEMD_CLIENT_RESEND;
    /* the server counts fewer points than were sent to it, and none has come for a while: some were lost on the way */
    const int missing =
        points_open && c->pulsed && now - c->moved > FEMD_CLIENT_RESEND && c->pulse.queued + c->pulse.running < sent;
    if (silent || missing) return session_resend_all(c, 0, err);
    if (call_open && now - c->call->sent > c->call->pause) {
        c->call->sent = now;
        c->call->pause = c->call->pause < 15 ? 2 * c->call->pause : 30;
        return femd_peer_send(c->peer, &c->call->frame, FEMD_CLIENT_SEND_TIMEOUT, err);
    }
    return FEMD_OK;
}

/* ---- receiving ---- */

static femd_status session_handle_error(femd_client *c, const femd_frame *f, femd_error *err) {
    femd_error why = FEMD_ERROR_INIT;
    FEMD_TRY(femd_error_decode(f, &why, err));
    int mine = 0;
    batches_failed(c, f->id, &why, &mine);
    if (mine) return FEMD_OK;
    if (c->call && !c->call->done && f->id == c->call->id) {
        c->call->failed = why.code ? (femd_status)why.code : FEMD_INTERNAL;
        c->call->why = why;
        c->call->done = 1;
        return FEMD_OK;
    }
    if (f->id == 0)
        return femd_fail(err, why.code ? (femd_status)why.code : FEMD_REFUSED, "%s: %s", c->address, why.text);
    return FEMD_OK; /* about something that was given up meanwhile */
}

/* Noted, whether it is waited for by now or not. */
static femd_status session_material_ready(femd_client *c, const femd_frame *f, femd_error *err) {
    femd_ready said;
    FEMD_TRY(femd_ready_decode(f, &said, err));
    client_material *m = client_find_material(c, &said.material);
    if (!m || (m->heard && m->status == FEMD_OK)) return FEMD_OK; /* given again */
    m->heard = 1;
    m->status = (femd_status)said.status;
    m->caps = said.caps;
    memcpy(m->remarks, said.text, sizeof m->remarks);
    return FEMD_OK;
}

static femd_status session_handle(femd_client *c, const femd_frame *f, femd_error *err) {
    int mine = 0;
    c->heard = femd_clock();
    if (f->type == FEMD_MSG_RESULT) return batches_result(c, f, &mine, err);
    if (f->type == FEMD_MSG_ERROR) return session_handle_error(c, f, err);
    if (f->type == FEMD_MSG_PULSE) {
        FEMD_TRY(femd_pulse_decode(f, &c->pulse, err));
        c->pulsed = 1;
        return FEMD_OK;
    }
    if (f->type == FEMD_MSG_BYE) return FEMD_OK; /* the peer notices the lost connection by itself */
    if (f->type == FEMD_MSG_MATERIAL_READY) FEMD_TRY(session_material_ready(c, f, err));
    client_call *call = c->call;
    if (call && !call->done && f->type == call->reply && (f->id == call->id || f->type == FEMD_MSG_MATERIAL_READY))
        return call->take(call, f, err);
    return FEMD_OK; /* a reply to something that was given up */
}

femd_status client_pump(femd_client *c, double timeout, int *got, femd_error *err) {
    femd_frame f;
    *got = 0;
    femd_status rc = femd_peer_recv(c->peer, timeout, &f, err);
    if (c->wake >= 0) wakeup_drain(c);
    if (rc == FEMD_TIMEOUT) return FEMD_OK;
    if (rc == FEMD_REREGISTER) {
        femd_error_clear(err);
        c->heard = femd_clock();
        c->pulsed = 0;
        return session_resend_all(c, 1, err);
    }
    FEMD_TRY(rc);
    *got = 1;
    return session_handle(c, &f, err);
}

/* ---- waiting ---- */

typedef struct wait_view {
    double begun, told;
    femd_progress_info last;
} wait_view;

/* `last`: the wait is over; what it came to is told in any case, and nothing is left to cancel. */
static femd_status session_tell_progress(femd_client *c, wait_view *v, int last, femd_error *err) {
    if (!c->progress) return FEMD_OK;
    const double now = femd_clock();
    uint64_t sent;
    femd_progress_info info = {
        .size = sizeof info,
        .workers = c->pulse.workers,
        .busy = c->pulse.busy,
    };
    batches_count(c, &info.done, &info.total, &info.reused, &sent);
    info.waited = now - (info.total > 0 && c->gone > 0 ? c->gone_since : v->begun);
    info.waiting_for_workers = c->pulsed && c->pulse.workers == 0;
    const int changed = info.workers != v->last.workers || info.waiting_for_workers != v->last.waiting_for_workers;
    if (!changed && !last && now - v->told < FEMD_CLIENT_PROGRESS) return FEMD_OK;
    v->told = now;
    v->last = info;
    if (c->progress(c->user, &info) && !last) return femd_fail(err, FEMD_CANCELLED, "the wait was cancelled");
    return FEMD_OK;
}

femd_status client_wait(femd_client *c, client_done done, const void *arg, double limit, femd_error *err) {
    wait_view v = {.begun = femd_clock()};
    v.told = v.begun;
    if (c->gone == 0) c->gone_since = v.begun;
    if (limit <= 0) limit = c->wait_timeout;
    while (!done(c, arg)) {
        int got;
        FEMD_TRY(batches_flush(c, err));
        FEMD_TRY(client_pump(c, 0.1, &got, err));
        FEMD_TRY(client_nudge(c, err));
        FEMD_TRY(session_tell_progress(c, &v, 0, err));
        if (limit > 0 && femd_clock() - v.begun > limit && !done(c, arg))
            return femd_fail(err, FEMD_TIMEOUT, "%s: no answer within %g s", c->address, limit);
    }
    wakeup_rearm(c);
    return c->open ? session_tell_progress(c, &v, 1, err) : FEMD_OK;
}

static int session_call_done(const femd_client *c, const void *arg) {
    (void)c;
    return ((const client_call *)arg)->done;
}

femd_status client_exchange(femd_client *c, client_call *call, double limit, femd_error *err) {
    call->done = 0;
    call->failed = FEMD_OK;
    call->pause = FEMD_CLIENT_RESEND;
    c->call = call;
    femd_status rc = call->announced ? FEMD_OK : femd_peer_send(c->peer, &call->frame, FEMD_CLIENT_SEND_TIMEOUT, err);
    call->sent = femd_clock();
    if (rc == FEMD_OK) rc = client_wait(c, session_call_done, call, limit, err);
    c->call = NULL;
    if (rc != FEMD_OK) return rc;
    if (call->failed != FEMD_OK) return femd_fail(err, call->failed, "%s", call->why.text);
    return FEMD_OK;
}
