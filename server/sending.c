/* Frames on their way through libzmq. */
#include "sending.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

enum { HEAVY = 4096 /* bytes from which on a frame is counted while libzmq has it */ };
#define PARTING 0.5 /* s between the last words to a peer and the end of its connection */

/* Frames for a peer that libzmq would not take yet. */
typedef struct backlog {
    uint64_t route;
    femd_buffer *frame; /* owned, each owned */
    size_t head, count, room, bytes;
} backlog;

/* Bytes of heavy frames that libzmq still holds for a peer: its high-water mark counts messages, whatever their size.
 * Counted down by libzmq's thread when a frame has left. */
typedef struct tally {
    _Atomic uint64_t bytes;
    atomic_uint users; /* frames, and the list of the peers */
} tally;

typedef struct heavy_peer {
    uint64_t route;
    tally *tally;
} heavy_peer;

typedef struct parting {
    uint64_t route;
    double due;
} parting;

struct femd_sending {
    sending_config config;
    backlog *late; /* owned */
    size_t nlate, late_bytes;
    heavy_peer *heavy; /* peers that were sent heavy frames; owned */
    size_t nheavy, heavy_room;
    parting *parting; /* owned */
    size_t nparting, parting_room;
};

static void sending_leave_tally(tally *count) {
    if (atomic_fetch_sub(&count->users, 1) == 1) free(count);
}

femd_sending *sending_create(const sending_config *config) {
    femd_sending *sending = calloc(1, sizeof *sending);
    if (sending) sending->config = *config;
    return sending;
}

void sending_destroy(femd_sending **sending) {
    femd_sending *gone = *sending;
    if (!gone) return;
    for (size_t i = 0; i < gone->nheavy; i++) sending_leave_tally(gone->heavy[i].tally);
    for (size_t i = 0; i < gone->nlate; i++) {
        const backlog *late = &gone->late[i];
        for (size_t j = 0; j < late->count; j++) femd_buffer_clear(&late->frame[late->head + j]);
        free(late->frame);
    }
    free(gone->heavy);
    free(gone->late);
    free(gone->parting);
    free(gone);
    *sending = NULL;
}

static void sending_log(const femd_sending *sending, const char *text) {
    if (sending->config.log) sending->config.log(sending->config.user, FEMD_LOG_WARNING, text);
}

/* ---- heavy frames ---- */

/* A heavy frame: its bytes behind this. The size is written last here and read first by libzmq's thread, so that what
 * is seen there does not hang on how libzmq hands messages over. */
typedef struct parcel {
    tally *tally;
    atomic_size_t size;
} parcel;

/* libzmq has done with a heavy frame; called from its thread. */
static void sending_parcel_done(void *data, void *hint) {
    (void)data;
    parcel *done = hint;
    const size_t size = atomic_load(&done->size);
    atomic_fetch_sub(&done->tally->bytes, size);
    sending_leave_tally(done->tally);
    free(done);
}

static tally *sending_find_tally(femd_sending *sending, uint64_t route) {
    for (size_t i = 0; i < sending->nheavy; i++)
        if (sending->heavy[i].route == route) return sending->heavy[i].tally;
    if (sending->nheavy == sending->heavy_room) {
        size_t room = sending->heavy_room ? 2 * sending->heavy_room : 16;
        heavy_peer *fresh = realloc(sending->heavy, room * sizeof *fresh);
        if (!fresh) return NULL;
        sending->heavy = fresh;
        sending->heavy_room = room;
    }
    tally *count = malloc(sizeof *count);
    if (!count) return NULL;
    atomic_init(&count->bytes, 0);
    atomic_init(&count->users, 1);
    sending->heavy[sending->nheavy++] = (heavy_peer){route, count};
    return count;
}

static void sending_forget_tally(femd_sending *sending, uint64_t route) {
    for (size_t i = 0; i < sending->nheavy; i++) {
        if (sending->heavy[i].route != route) continue;
        sending_leave_tally(sending->heavy[i].tally);
        sending->heavy[i] = sending->heavy[--sending->nheavy];
        return;
    }
}

/* ---- one frame ---- */

/* 0, or EAGAIN if the peer has too much under way already or memory is out. */
static int sending_make_body(femd_sending *sending, uint64_t route, const femd_buffer *frame, zmq_msg_t *body) {
    if (frame->size < HEAVY) {
        if (zmq_msg_init_size(body, frame->size) != 0) return EAGAIN;
        memcpy(zmq_msg_data(body), frame->data, frame->size);
        return 0;
    }
    tally *count = sending_find_tally(sending, route);
    const uint64_t under_way = count ? atomic_load(&count->bytes) : 0;
    if (!count || (under_way && under_way + frame->size > sending->config.peer_bytes / 4)) return EAGAIN;
    parcel *made = malloc(sizeof *made + frame->size);
    if (!made) return EAGAIN;
    made->tally = count;
    memcpy(made + 1, frame->data, frame->size);
    atomic_init(&made->size, 0);
    atomic_store(&made->size, frame->size);
    if (zmq_msg_init_data(body, made + 1, frame->size, sending_parcel_done, made) != 0) {
        free(made);
        return EAGAIN;
    }
    atomic_fetch_add(&count->bytes, frame->size);
    atomic_fetch_add(&count->users, 1);
    return 0;
}

/* 0 sent, EAGAIN, or EHOSTUNREACH when the peer is gone. */
static int sending_try(femd_sending *sending, uint64_t route, const femd_buffer *frame) {
    uint8_t name[FEMD_ROUTE_BYTES] = {0};
    zmq_msg_t body;
    for (int i = 0; i < 4; i++) name[1 + i] = (uint8_t)(route >> (24 - 8 * i));
    if (sending_make_body(sending, route, frame, &body) != 0) return EAGAIN;
    void *socket = sending->config.socket;
    int rc = zmq_send(socket, name, sizeof name, ZMQ_SNDMORE | ZMQ_DONTWAIT) < 0 ? zmq_errno() : 0;
    if (rc == 0 && zmq_msg_send(&body, socket, ZMQ_DONTWAIT) < 0) rc = zmq_errno();
    if (rc) zmq_msg_close(&body);
    return rc == EAGAIN || rc == 0 ? rc : EHOSTUNREACH;
}

/* ---- frames kept for later ---- */

static backlog *sending_find_backlog(const femd_sending *sending, uint64_t route) {
    for (size_t i = 0; i < sending->nlate; i++)
        if (sending->late[i].route == route) return &sending->late[i];
    return NULL;
}

static void sending_forget_backlog(femd_sending *sending, backlog *late) {
    for (size_t i = 0; i < late->count; i++) femd_core_recycle(sending->config.core, &late->frame[late->head + i]);
    free(late->frame);
    sending->late_bytes -= late->bytes;
    *late = sending->late[--sending->nlate];
}

static backlog *sending_add_backlog(femd_sending *sending, uint64_t route) {
    backlog *late = realloc(sending->late, (sending->nlate + 1) * sizeof *late);
    if (!late) return NULL;
    sending->late = late;
    late = &sending->late[sending->nlate++];
    *late = (backlog){.route = route};
    return late;
}

/* Keep a frame for later; takes its storage. 0 if the peer has too much waiting already or memory is out. */
static int sending_keep(femd_sending *sending, uint64_t route, femd_buffer *frame) {
    backlog *late = sending_find_backlog(sending, route);
    if (!late) late = sending_add_backlog(sending, route);
    if (!late || (late->bytes && late->bytes + frame->size > sending->config.peer_bytes)) return 0;
    if (late->head + late->count == late->room) {
        size_t room = 2 * late->count + 16;
        femd_buffer *fresh = malloc(room * sizeof *fresh);
        if (!fresh) return 0;
        if (late->count) memcpy(fresh, late->frame + late->head, late->count * sizeof *fresh);
        free(late->frame);
        late->frame = fresh;
        late->head = 0;
        late->room = room;
    }
    late->frame[late->head + late->count++] = *frame;
    late->bytes += frame->size;
    sending->late_bytes += frame->size;
    *frame = (femd_buffer)FEMD_BUFFER_INIT;
    return 1;
}

/* What waits for it will never go. */
static void sending_cut_off(femd_sending *sending, uint64_t route) {
    backlog *late = sending_find_backlog(sending, route);
    if (late) sending_forget_backlog(sending, late);
    femd_conns_cut(sending->config.conns, route);
    femd_conns_lost(sending->config.conns, route);
}

/* What waits for all peers together is bounded too: the one that most waits for is cut off. */
static void sending_bound_waiting(femd_sending *sending) {
    uint64_t all = sending->late_bytes, most = 0, whose = 0;
    for (size_t i = 0; i < sending->nheavy; i++) {
        if (femd_conns_is_lost(sending->config.conns, sending->heavy[i].route)) continue; /* on its way out */
        const backlog *late = sending_find_backlog(sending, sending->heavy[i].route);
        uint64_t under_way = atomic_load(&sending->heavy[i].tally->bytes);
        uint64_t waiting = under_way + (late ? late->bytes : 0);
        all += under_way;
        if (waiting <= most) continue;
        most = waiting;
        whose = sending->heavy[i].route;
    }
    for (size_t i = 0; i < sending->nlate; i++) {
        if (sending->late[i].bytes <= most) continue;
        most = sending->late[i].bytes;
        whose = sending->late[i].route;
    }
    if (all <= sending->config.peer_bytes) return;
    sending_log(sending, "too much waits for peers that do not read; the one that most waits for is cut off");
    sending_cut_off(sending, whose);
}

void sending_send(femd_sending *sending, uint64_t route, femd_buffer *frame) {
    if (femd_conns_is_lost(sending->config.conns, route)) {
        femd_core_recycle(sending->config.core, frame);
        return;
    }
    int rc = sending->nlate && sending_find_backlog(sending, route) ? EAGAIN : sending_try(sending, route, frame);
    if (rc == EHOSTUNREACH) femd_conns_lost(sending->config.conns, route);
    if (rc == EAGAIN && !sending_keep(sending, route, frame)) {
        sending_log(sending, "a peer does not read its messages and is cut off");
        sending_cut_off(sending, route);
    } else if (rc == EAGAIN)
        sending_bound_waiting(sending);
    femd_core_recycle(sending->config.core, frame);
}

void sending_retry(femd_sending *sending) {
    for (size_t i = sending->nlate; i-- > 0;) {
        backlog *late = &sending->late[i];
        int rc = 0;
        while (late->count && (rc = sending_try(sending, late->route, &late->frame[late->head])) == 0) {
            late->bytes -= late->frame[late->head].size;
            sending->late_bytes -= late->frame[late->head].size;
            femd_core_recycle(sending->config.core, &late->frame[late->head++]);
            late->count--;
        }
        if (rc == EHOSTUNREACH) femd_conns_lost(sending->config.conns, late->route);
        if (rc != EAGAIN) sending_forget_backlog(sending, late);
    }
}

int sending_is_late(const femd_sending *sending) {
    return sending->nlate > 0;
}

/* ---- the end of a connection ---- */

void sending_part(femd_sending *sending, uint64_t route, double now) {
    for (size_t i = 0; i < sending->nparting; i++)
        if (sending->parting[i].route == route) return;
    if (sending->nparting == sending->parting_room) {
        size_t room = sending->parting_room ? 2 * sending->parting_room : 16;
        parting *fresh = realloc(sending->parting, room * sizeof *fresh);
        if (!fresh) {
            femd_conns_cut(sending->config.conns, route);
            return;
        }
        sending->parting = fresh;
        sending->parting_room = room;
    }
    sending->parting[sending->nparting++] = (parting){route, now + PARTING};
}

void sending_end_partings(femd_sending *sending, double now) {
    size_t kept = 0;
    for (size_t i = 0; i < sending->nparting; i++) {
        if (now < sending->parting[i].due)
            sending->parting[kept++] = sending->parting[i];
        else
            femd_conns_cut(sending->config.conns, sending->parting[i].route);
    }
    sending->nparting = kept;
}

int sending_is_parting(const femd_sending *sending) {
    return sending->nparting > 0;
}

void sending_forget(femd_sending *sending, uint64_t route) {
    backlog *late = sending_find_backlog(sending, route);
    if (late) sending_forget_backlog(sending, late);
    sending_forget_tally(sending, route);
}
