/* The network end of the server. One ROUTER socket; a round drains what has come, settles the core, sends what it
 * wants. */
#include "net.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <zmq.h>

#include "conns.h"
#include "femd/clock.h"

enum { ROUND_MESSAGES = 512, ROUTE_BYTES = 5, HIGH_WATER = 1000, RETRY_MS = 2, GUARD_SLACK = 16 << 20, HEAVY = 4096 };
#define GUARD_PERIOD 0.25 /* s */
#define PARTING      0.5  /* s between the last words to a peer and the end of its connection */
#define MONITOR      "inproc://femd-server-monitor"

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
    atomic_uint users; /* frames and the list of the net */
} tally;

typedef struct heavy {
    uint64_t route;
    tally *tally;
} heavy;

typedef struct parting {
    uint64_t route;
    double due;
} parting;

struct femd_net {
    femd_net_config config;
    void *context, *socket, *monitor;
    char address[256];
    char ipc_path[sizeof((struct sockaddr_un *)0)->sun_path];
    femd_conns conns;
    int discarding; /* in the middle of a message with too many parts */
    uint64_t discarding_route;
    uint64_t *gone; /* routes to report, once what they had sent is read; owned */
    size_t ngone, gone_room;
    backlog *late; /* owned */
    size_t nlate, late_bytes;
    heavy *heavy; /* peers that were sent heavy frames; owned */
    size_t nheavy, heavy_room;
    parting *parting; /* owned */
    size_t nparting, parting_room;
    double next_guard;
};

static void leave_tally(tally *t) {
    if (atomic_fetch_sub(&t->users, 1) == 1) free(t);
}

static void say(femd_net *n, femd_log_level level, const char *text) {
    if (n->config.log) n->config.log(n->config.user, level, text);
}

/* ---- opening ---- */

/* Until peers have keys, only this machine may connect. This is also where keys and their allow-list will be demanded.
 */
static femd_status check_address(const char *bind, femd_error *err) {
    if (strncmp(bind, "ipc://", 6) == 0 && bind[6]) return FEMD_OK;
    if (strncmp(bind, "tcp://", 6) != 0)
        return femd_fail(err, FEMD_BAD_ARGUMENT,
                         "--bind %s: not an address; accepted: tcp://127.0.0.1:PORT (PORT * = any free one), "
                         "ipc:///path/of/socket",
                         bind);
    const char *host = bind + 6, *colon = strrchr(host, ':');
    if (!colon || !colon[1]) return femd_fail(err, FEMD_BAD_ARGUMENT, "--bind %s: the port is missing", bind);
    if (strcmp(colon + 1, "*") != 0) {
        char *end;
        const unsigned long port = strtoul(colon + 1, &end, 10); /* libzmq would take 65536 + p for p */
        if (*end || port < 1 || port > 65535)
            return femd_fail(err, FEMD_BAD_ARGUMENT, "--bind %s: the port is 1 to 65535, or * for any free one", bind);
    }
    size_t n = (size_t)(colon - host);
    unsigned a, b, c, d;
    char text[64] = "", rest;
    if (n < sizeof text) memcpy(text, host, n);
    if (strcmp(text, "localhost") == 0 || strcmp(text, "[::1]") == 0 || strcmp(text, "::1") == 0) return FEMD_OK;
    if (sscanf(text, "%u.%u.%u.%u%c", &a, &b, &c, &d, &rest) == 4 && a == 127 && b < 256 && c < 256 && d < 256)
        return FEMD_OK;
    return femd_fail(err, FEMD_REFUSED,
                     "--bind %s: refused, since anybody who can reach it could run tasks; keys do not exist yet, so "
                     "the server listens on this machine only: tcp://127.0.0.1:PORT or ipc:///path",
                     bind);
}

/* libzmq would quietly take the socket file away from a server that is using it. */
static femd_status check_ipc_free(femd_net *n, const char *path, femd_error *err) {
    struct sockaddr_un sa = {.sun_family = AF_UNIX};
    if (path[0] == '@') return FEMD_OK;
    if (strlen(path) >= sizeof sa.sun_path)
        return femd_fail(err, FEMD_BAD_ARGUMENT, "--bind ipc://%s: longer than %zu bytes", path,
                         sizeof sa.sun_path - 1);
    snprintf(sa.sun_path, sizeof sa.sun_path, "%s", path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int taken = fd >= 0 && connect(fd, (struct sockaddr *)&sa, sizeof sa) == 0;
    if (fd >= 0) close(fd);
    if (taken) return femd_fail(err, FEMD_IO, "--bind ipc://%s: another server listens there", path);
    snprintf(n->ipc_path, sizeof n->ipc_path, "%s", path);
    return FEMD_OK;
}

static void set(void *socket, int option, int value) {
    zmq_setsockopt(socket, option, &value, sizeof value);
}

static void set_options(femd_net *n) {
    void *s = n->socket;
    int64_t most = (int64_t)n->config.frame_max;
    zmq_setsockopt(s, ZMQ_MAXMSGSIZE, &most, sizeof most);
    set(s, ZMQ_ROUTER_MANDATORY, 1);
    set(s, ZMQ_SNDHWM, HIGH_WATER);
    set(s, ZMQ_RCVHWM, HIGH_WATER);
    set(s, ZMQ_LINGER, 200);
    set(s, ZMQ_HANDSHAKE_IVL, 3000);
    set(s, ZMQ_HEARTBEAT_IVL, 1000);
    set(s, ZMQ_HEARTBEAT_TIMEOUT, 3000);
    set(s, ZMQ_HEARTBEAT_TTL, 3000);
    if (strchr(n->config.bind, '[') || strstr(n->config.bind, "//::")) set(s, ZMQ_IPV6, 1);
}

static femd_status open_sockets(femd_net *n, femd_error *err) {
    n->context = zmq_ctx_new();
    n->socket = n->context ? zmq_socket(n->context, ZMQ_ROUTER) : NULL;
    n->monitor = n->socket ? zmq_socket(n->context, ZMQ_PAIR) : NULL;
    if (!n->monitor) return femd_fail(err, FEMD_IO, "ZeroMQ: %s", zmq_strerror(errno));
    set_options(n);
    set(n->monitor, ZMQ_LINGER, 0);
    set(n->monitor, ZMQ_RCVHWM, 0);
    if (zmq_socket_monitor(n->socket, MONITOR, ZMQ_EVENT_ACCEPTED | ZMQ_EVENT_DISCONNECTED) != 0 ||
        zmq_connect(n->monitor, MONITOR) != 0)
        return femd_fail(err, FEMD_IO, "ZeroMQ monitor: %s", zmq_strerror(errno));
    if (zmq_bind(n->socket, n->config.bind) != 0)
        return femd_fail(err, FEMD_IO, "--bind %s: %s", n->config.bind, zmq_strerror(errno));
    size_t size = sizeof n->address;
    if (zmq_getsockopt(n->socket, ZMQ_LAST_ENDPOINT, n->address, &size) != 0)
        return femd_fail(err, FEMD_IO, "--bind %s: %s", n->config.bind, zmq_strerror(errno));
    return FEMD_OK;
}

femd_status femd_net_open(const femd_net_config *config, femd_net **net, femd_error *err) {
    *net = NULL;
    FEMD_TRY(check_address(config->bind, err));
    femd_net *n = calloc(1, sizeof *n);
    if (!n) return femd_fail(err, FEMD_NO_MEMORY, "no memory for the network");
    n->config = *config;
    femd_conns_init(&n->conns);
    femd_status rc = FEMD_OK;
    if (strncmp(config->bind, "ipc://", 6) == 0) rc = check_ipc_free(n, config->bind + 6, err);
    if (rc == FEMD_OK) rc = open_sockets(n, err);
    if (rc == FEMD_OK)
        *net = n;
    else
        femd_net_close(&n);
    return rc;
}

void femd_net_close(femd_net **net) {
    femd_net *n = *net;
    if (!n) return;
    if (n->socket) zmq_socket_monitor(n->socket, NULL, 0); /* first: a notice that nobody can take blocks libzmq */
    if (n->monitor) zmq_close(n->monitor);
    if (n->socket) zmq_close(n->socket);
    if (n->context) zmq_ctx_term(n->context);
    for (size_t i = 0; i < n->nheavy; i++) leave_tally(n->heavy[i].tally);
    free(n->heavy);
    if (n->ipc_path[0] && n->address[0]) unlink(n->ipc_path);
    for (size_t i = 0; i < n->nlate; i++) {
        for (size_t j = 0; j < n->late[i].count; j++) femd_buffer_clear(&n->late[i].frame[n->late[i].head + j]);
        free(n->late[i].frame);
    }
    free(n->late);
    free(n->gone);
    free(n->parting);
    femd_conns_clear(&n->conns);
    free(n);
    *net = NULL;
}

const char *femd_net_address(const femd_net *net) {
    return net->address;
}

/* ---- who is gone ---- */

static void report_gone(femd_net *n, uint64_t route) {
    if (!route) return;
    if (n->ngone == n->gone_room) {
        size_t room = n->gone_room ? 2 * n->gone_room : 32;
        uint64_t *gone = realloc(n->gone, room * sizeof *gone);
        if (!gone) return; /* its next send fails and reports it again */
        n->gone = gone;
        n->gone_room = room;
    }
    n->gone[n->ngone++] = route;
}

static void read_monitor(femd_net *n) {
    for (;;) {
        uint8_t event[6], address[512];
        int got = zmq_recv(n->monitor, event, sizeof event, ZMQ_DONTWAIT);
        if (got < 0) return;
        zmq_recv(n->monitor, address, sizeof address, 0);
        if (got != sizeof event) continue;
        uint16_t kind = femd_get16(event);
        int fd = (int)femd_get32(event + 2);
        if (kind == ZMQ_EVENT_ACCEPTED)
            femd_conns_accepted(&n->conns, fd);
        else if (kind == ZMQ_EVENT_DISCONNECTED)
            report_gone(n, femd_conns_closed(&n->conns, fd));
    }
}

/* ---- receiving ---- */

/* Routes are the 5-byte names that libzmq gives (a zero and a counter); 0 for a name that the peer chose itself. */
static uint64_t route_number(const void *data, size_t size) {
    const uint8_t *b = data;
    if (size != ROUTE_BYTES || b[0] != 0) return 0;
    return (uint64_t)1 << 32 | (uint64_t)b[1] << 24 | (uint64_t)b[2] << 16 | (uint64_t)b[3] << 8 | b[4];
}

static void route_bytes(uint64_t route, uint8_t b[ROUTE_BYTES]) {
    b[0] = 0;
    for (int i = 0; i < 4; i++) b[1 + i] = (uint8_t)(route >> (24 - 8 * i));
}

/* Each of its messages is answered so; to cut it off would lose the words. */
static void refuse_name(femd_net *n, zmq_msg_t *name) {
    femd_buffer b = FEMD_BUFFER_INIT;
    femd_error e = FEMD_ERROR_INIT;
    femd_fail(&e, FEMD_REFUSED, "leave ZMQ_ROUTING_ID (identity) unset: the server names its peers");
    if (femd_error_encode(&b, 0, &e, NULL) == FEMD_OK && zmq_msg_send(name, n->socket, ZMQ_SNDMORE | ZMQ_DONTWAIT) >= 0)
        zmq_send(n->socket, b.data, b.size, ZMQ_DONTWAIT);
    femd_buffer_clear(&b);
}

/* A message has one part after the name of its sender. The rest is thrown away, a bounded number of parts at a time. */
static void discard_parts(femd_net *n) {
    zmq_msg_t part;
    for (int i = 0; i < ROUND_MESSAGES && n->discarding; i++) {
        zmq_msg_init(&part);
        if (zmq_msg_recv(&part, n->socket, ZMQ_DONTWAIT) < 0 || !zmq_msg_more(&part)) n->discarding = 0;
        zmq_msg_close(&part);
    }
    if (n->discarding) return;
    say(n, FEMD_LOG_WARNING, "a message of several parts breaks the protocol; its sender is cut off");
    femd_conns_cut(&n->conns, n->discarding_route);
}

/* 1 if a message was taken, 0 if none is there. */
static int receive(femd_net *n, femd_core *core, double now) {
    zmq_msg_t name, body;
    zmq_msg_init(&name);
    if (zmq_msg_recv(&name, n->socket, ZMQ_DONTWAIT) < 0) {
        zmq_msg_close(&name);
        return 0;
    }
    zmq_msg_init(&body);
    if (zmq_msg_more(&name) && zmq_msg_recv(&body, n->socket, ZMQ_DONTWAIT) >= 0) {
        uint64_t route = route_number(zmq_msg_data(&name), zmq_msg_size(&name));
        int fd = zmq_msg_get(&body, ZMQ_SRCFD);
        n->discarding = zmq_msg_more(&body);
        n->discarding_route = route;
        if (route) report_gone(n, femd_conns_heard(&n->conns, fd, route));
        if (n->discarding)
            discard_parts(n);
        else if (!route)
            refuse_name(n, &name);
        else
            femd_core_frame(core, route, zmq_msg_data(&body), zmq_msg_size(&body), now);
    }
    zmq_msg_close(&body);
    zmq_msg_close(&name);
    return 1;
}

/* Returns 1 if nothing is left to read. */
static int drain(femd_net *n, femd_core *core, double now) {
    if (n->discarding) {
        discard_parts(n);
        if (n->discarding) return 0;
    }
    for (int i = 0; i < ROUND_MESSAGES; i++) {
        if (!receive(n, core, now)) return 1;
        if (n->discarding) return 0;
    }
    return 0;
}

/* ---- sending ---- */

/* A heavy frame: its bytes behind this. */
typedef struct parcel {
    tally *tally;
    size_t size;
} parcel;

/* libzmq has done with a heavy frame; called from its thread. */
static void parcel_done(void *data, void *hint) {
    (void)data;
    parcel *p = hint;
    atomic_fetch_sub(&p->tally->bytes, p->size);
    leave_tally(p->tally);
    free(p);
}

static tally *find_tally(femd_net *n, uint64_t route) {
    for (size_t i = 0; i < n->nheavy; i++)
        if (n->heavy[i].route == route) return n->heavy[i].tally;
    if (n->nheavy == n->heavy_room) {
        size_t room = n->heavy_room ? 2 * n->heavy_room : 16;
        heavy *fresh = realloc(n->heavy, room * sizeof *fresh);
        if (!fresh) return NULL;
        n->heavy = fresh;
        n->heavy_room = room;
    }
    tally *t = malloc(sizeof *t);
    if (!t) return NULL;
    atomic_init(&t->bytes, 0);
    atomic_init(&t->users, 1);
    n->heavy[n->nheavy++] = (heavy){route, t};
    return t;
}

static void forget_tally(femd_net *n, uint64_t route) {
    for (size_t i = 0; i < n->nheavy; i++) {
        if (n->heavy[i].route != route) continue;
        leave_tally(n->heavy[i].tally);
        n->heavy[i] = n->heavy[--n->nheavy];
        return;
    }
}

/* 0, or EAGAIN if the peer has too much under way already or memory is out. */
static int make_body(femd_net *n, uint64_t route, const femd_buffer *frame, zmq_msg_t *body) {
    if (frame->size < HEAVY) {
        if (zmq_msg_init_size(body, frame->size) != 0) return EAGAIN;
        memcpy(zmq_msg_data(body), frame->data, frame->size);
        return 0;
    }
    tally *t = find_tally(n, route);
    uint64_t under_way = t ? atomic_load(&t->bytes) : 0;
    if (!t || (under_way && under_way + frame->size > n->config.peer_bytes / 4)) return EAGAIN;
    parcel *p = malloc(sizeof *p + frame->size);
    if (!p) return EAGAIN;
    *p = (parcel){t, frame->size};
    memcpy(p + 1, frame->data, frame->size);
    if (zmq_msg_init_data(body, p + 1, frame->size, parcel_done, p) != 0) {
        free(p);
        return EAGAIN;
    }
    atomic_fetch_add(&t->bytes, frame->size);
    atomic_fetch_add(&t->users, 1);
    return 0;
}

/* 0 sent, EAGAIN, or EHOSTUNREACH when the peer is gone. */
static int try_send(femd_net *n, uint64_t route, const femd_buffer *frame) {
    uint8_t name[ROUTE_BYTES];
    zmq_msg_t body;
    route_bytes(route, name);
    if (make_body(n, route, frame, &body) != 0) return EAGAIN;
    int rc = zmq_send(n->socket, name, sizeof name, ZMQ_SNDMORE | ZMQ_DONTWAIT) < 0 ? zmq_errno() : 0;
    if (rc == 0 && zmq_msg_send(&body, n->socket, ZMQ_DONTWAIT) < 0) rc = zmq_errno();
    if (rc) zmq_msg_close(&body);
    return rc == EAGAIN || rc == 0 ? rc : EHOSTUNREACH;
}

static backlog *find_backlog(femd_net *n, uint64_t route) {
    for (size_t i = 0; i < n->nlate; i++)
        if (n->late[i].route == route) return &n->late[i];
    return NULL;
}

static void forget_backlog(femd_net *n, femd_core *core, backlog *b) {
    for (size_t i = 0; i < b->count; i++) femd_core_recycle(core, &b->frame[b->head + i]);
    free(b->frame);
    n->late_bytes -= b->bytes;
    *b = n->late[--n->nlate];
}

/* Keep a frame for later; takes its storage. 0 if the peer has too much waiting already or memory is out. */
static int put_late(femd_net *n, uint64_t route, femd_buffer *frame) {
    backlog *b = find_backlog(n, route);
    if (!b) {
        backlog *late = realloc(n->late, (n->nlate + 1) * sizeof *late);
        if (!late) return 0;
        n->late = late;
        b = &late[n->nlate++];
        *b = (backlog){.route = route};
    }
    if (b->bytes && b->bytes + frame->size > n->config.peer_bytes) return 0;
    if (b->head + b->count == b->room) {
        size_t room = 2 * b->count + 16;
        femd_buffer *fresh = malloc(room * sizeof *fresh);
        if (!fresh) return 0;
        if (b->count) memcpy(fresh, b->frame + b->head, b->count * sizeof *fresh);
        free(b->frame);
        b->frame = fresh;
        b->head = 0;
        b->room = room;
    }
    b->frame[b->head + b->count++] = *frame;
    b->bytes += frame->size;
    n->late_bytes += frame->size;
    *frame = (femd_buffer)FEMD_BUFFER_INIT;
    return 1;
}

static void cut_off(femd_net *n, uint64_t route) {
    femd_conns_cut(&n->conns, route);
    report_gone(n, route);
}

/* What waits for all peers together is bounded too: the one that most waits for is cut off. */
static void bound_waiting(femd_net *n) {
    uint64_t all = n->late_bytes, most = 0, whose = 0;
    for (size_t i = 0; i < n->nheavy; i++) {
        const backlog *b = find_backlog(n, n->heavy[i].route);
        uint64_t under_way = atomic_load(&n->heavy[i].tally->bytes), waiting = under_way + (b ? b->bytes : 0);
        all += under_way;
        if (waiting <= most) continue;
        most = waiting;
        whose = n->heavy[i].route;
    }
    for (size_t i = 0; i < n->nlate; i++) {
        if (n->late[i].bytes <= most) continue;
        most = n->late[i].bytes;
        whose = n->late[i].route;
    }
    if (all <= n->config.peer_bytes) return;
    for (size_t i = 0; i < n->ngone; i++)
        if (n->gone[i] == whose) return; /* its bytes are on their way out */
    say(n, FEMD_LOG_WARNING, "too much waits for peers that do not read; the one that most waits for is cut off");
    cut_off(n, whose);
}

static void send_frame(femd_net *n, femd_core *core, uint64_t route, femd_buffer *frame) {
    int rc = n->nlate && find_backlog(n, route) ? EAGAIN : try_send(n, route, frame);
    if (rc == EHOSTUNREACH) report_gone(n, route);
    if (rc == EAGAIN && !put_late(n, route, frame)) {
        say(n, FEMD_LOG_WARNING, "a peer does not read its messages and is cut off");
        cut_off(n, route);
    } else if (rc == EAGAIN)
        bound_waiting(n);
    femd_core_recycle(core, frame);
}

static void retry_late(femd_net *n, femd_core *core) {
    for (size_t i = n->nlate; i-- > 0;) {
        backlog *b = &n->late[i];
        int rc = 0;
        while (b->count && (rc = try_send(n, b->route, &b->frame[b->head])) == 0) {
            b->bytes -= b->frame[b->head].size;
            n->late_bytes -= b->frame[b->head].size;
            femd_core_recycle(core, &b->frame[b->head++]);
            b->count--;
        }
        if (rc == EHOSTUNREACH) report_gone(n, b->route);
        if (rc != EAGAIN) forget_backlog(n, core, b);
    }
}

/* The connection ends a little later, so that the words that go before it arrive. */
static void part_from(femd_net *n, uint64_t route, double now) {
    for (size_t i = 0; i < n->nparting; i++)
        if (n->parting[i].route == route) return;
    if (n->nparting == n->parting_room) {
        size_t room = n->parting_room ? 2 * n->parting_room : 16;
        parting *fresh = realloc(n->parting, room * sizeof *fresh);
        if (!fresh) {
            femd_conns_cut(&n->conns, route);
            return;
        }
        n->parting = fresh;
        n->parting_room = room;
    }
    n->parting[n->nparting++] = (parting){route, now + PARTING};
}

static void end_partings(femd_net *n, double now) {
    size_t kept = 0;
    for (size_t i = 0; i < n->nparting; i++) {
        if (now < n->parting[i].due)
            n->parting[kept++] = n->parting[i];
        else
            femd_conns_cut(&n->conns, n->parting[i].route);
    }
    n->nparting = kept;
}

static void carry_out(femd_net *n, femd_core *core, double now) {
    femd_action a;
    while (femd_core_next(core, &a)) {
        if (a.kind == FEMD_ACTION_SEND)
            send_frame(n, core, a.route, &a.frame);
        else
            part_from(n, a.route, now);
    }
}

static void tell_gone(femd_net *n, femd_core *core, double now) {
    for (size_t i = 0; i < n->ngone; i++) {
        backlog *b = find_backlog(n, n->gone[i]);
        if (b) forget_backlog(n, core, b);
        forget_tally(n, n->gone[i]);
        femd_core_vanish(core, n->gone[i], now);
    }
    n->ngone = 0;
}

/* ---- the loop ---- */

static long wait_ms(const femd_net *n, const femd_core *core, int drained) {
    if (!drained || n->ngone) return 0;
    if (n->nlate) return RETRY_MS;
    double due = femd_core_next_tick(core);
    if (n->next_guard < due) due = n->next_guard;
    double left = due - femd_clock();
    return left <= 0 ? 0 : left > 1 ? 1000 : (long)(left * 1000) + 1;
}

static void guard(femd_net *n, double now) {
    if (now < n->next_guard) return;
    n->next_guard = now + GUARD_PERIOD;
    end_partings(n, now);
    if (femd_conns_guard(&n->conns, n->config.frame_max + GUARD_SLACK))
        say(n, FEMD_LOG_WARNING, "a connection that sent a message without end is cut off");
}

static void serve_round(femd_net *n, femd_core *core, int *drained) {
    double now = femd_clock();
    read_monitor(n);
    *drained = drain(n, core, now);
    if (*drained) tell_gone(n, core, now);
    if (now >= femd_core_next_tick(core)) femd_core_tick(core, now);
    guard(n, now);
    femd_core_settle(core, now);
    if (n->nlate) retry_late(n, core);
    carry_out(n, core, now);
}

static int net_look(void *item) {
    return zmq_poll(item, 1, 0);
}

femd_status femd_net_run(femd_net *n, femd_core *core, int stop_fd, femd_error *err) {
    int drained = 1;
    femd_core_tick(core, femd_clock());
    for (;;) {
        zmq_pollitem_t item[3] = {
            {n->socket, 0, ZMQ_POLLIN, 0}, {n->monitor, 0, ZMQ_POLLIN, 0}, {NULL, stop_fd, ZMQ_POLLIN, 0}};
        const long sleep_ms = wait_ms(n, core, drained);
        const int come = sleep_ms ? femd_spin(1, net_look, item) : 0;
        if (come <= 0 && zmq_poll(item, 3, sleep_ms) < 0 && errno != EINTR)
            return femd_fail(err, FEMD_IO, "ZeroMQ: %s", zmq_strerror(errno));
        if (item[2].revents) {
            femd_core_farewell(core);
            carry_out(n, core, femd_clock());
            return FEMD_OK;
        }
        serve_round(n, core, &drained);
        if (femd_core_health(core) != FEMD_OK)
            return femd_fail(err, femd_core_health(core),
                             "the server cannot go on: out of memory; start it with a smaller --memory");
    }
}
