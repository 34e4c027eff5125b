/* The network end of the server. One ROUTER socket; a round drains what has come, settles the core, sends what it
 * wants. */
#include "net.h"

#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <zmq.h>

#include "accepting.h"
#include "address.h"
#include "conns.h"
#include "femd/clock.h"
#include "femd/parts.h"
#include "gate.h"
#include "sending.h"

enum {
    ROUND_MESSAGES = 512,
    HIGH_WATER = 1000,
    RECEIVE_MARK = 16 /* messages of up to 1 MiB each, for each peer */,
    RETRY_MS = 2,
    LAST_WORDS_MS = 500,
    GUARD_SLACK = 16 << 20
};
#define GUARD_PERIOD 0.05 /* s */
#define TELL_PERIOD  10.0 /* s between two lines about descriptors */
#define MONITOR      "inproc://femd-server-monitor"

struct femd_net {
    femd_net_config config;
    void *context, *socket, *monitor;
    char address[256];
    char ipc_path[sizeof((struct sockaddr_un *)0)->sun_path]; /* of the socket file; empty if there is none */
    struct stat ipc_file;                                     /* which file that is */
    femd_conns conns;
    femd_sending *sending;
    int discarding; /* in the middle of a message with too many parts */
    uint64_t discarding_route;
    double next_guard, next_settle;
    uint64_t refused; /* connections that found no descriptor, as far as told */
    double told;      /* when that was */
};

static void net_log(const femd_net *net, const char *text) {
    if (net->config.log) net->config.log(net->config.user, FEMD_LOG_WARNING, text);
}

/* ---- opening ---- */

static void net_set(void *socket, int option, int value) {
    zmq_setsockopt(socket, option, &value, sizeof value);
}

static void net_set_options(const femd_net *net) {
    void *socket = net->socket;
    int64_t most = FEMD_WIRE_MAX; /* what is longer comes in parts, from peers that are known */
    zmq_setsockopt(socket, ZMQ_MAXMSGSIZE, &most, sizeof most);
    net_set(socket, ZMQ_ROUTER_MANDATORY, 1);
    net_set(socket, ZMQ_SNDHWM, HIGH_WATER);
    net_set(socket, ZMQ_RCVHWM, RECEIVE_MARK);
    net_set(socket, ZMQ_LINGER, 200);
    net_set(socket, ZMQ_HANDSHAKE_IVL, 3000);
    const int heartbeat = (int)(1000 * femd_times_whole((femd_times){.heartbeat = net->config.heartbeat}).heartbeat);
    net_set(socket, ZMQ_HEARTBEAT_IVL, heartbeat / 3 > 0 ? heartbeat / 3 : 1);
    net_set(socket, ZMQ_HEARTBEAT_TIMEOUT, heartbeat);
    net_set(socket, ZMQ_HEARTBEAT_TTL, heartbeat);
    if (strchr(net->config.bind, '[') || strstr(net->config.bind, "//::")) net_set(socket, ZMQ_IPV6, 1);
}

/* The socket file of an ipc address is made here and handed to libzmq, which would first unlink whatever is there. */
static femd_status net_bind_file(femd_net *net, int *listener, femd_error *err) {
    const char *path = address_ipc_path(net->config.bind);
    *listener = -1;
    if (!path) return FEMD_OK;
    FEMD_TRY(address_bind_ipc(path, listener, err));
    if (*listener >= 0 && lstat(path, &net->ipc_file) == 0) snprintf(net->ipc_path, sizeof net->ipc_path, "%s", path);
    return FEMD_OK;
}

/* Not what somebody else has put in its place meanwhile. */
static void net_remove_file(const femd_net *net) {
    struct stat now;
    if (net->ipc_path[0] && lstat(net->ipc_path, &now) == 0 && now.st_dev == net->ipc_file.st_dev &&
        now.st_ino == net->ipc_file.st_ino)
        unlink(net->ipc_path);
}

static femd_status net_open_sockets(femd_net *net, femd_error *err) {
    net->context = zmq_ctx_new();
    net->socket = net->context ? zmq_socket(net->context, ZMQ_ROUTER) : NULL;
    net->monitor = net->socket ? zmq_socket(net->context, ZMQ_PAIR) : NULL;
    if (!net->monitor) return femd_fail(err, FEMD_IO, "ZeroMQ: %s", zmq_strerror(errno));
    net_set_options(net);
    net_set(net->monitor, ZMQ_LINGER, 0);
    net_set(net->monitor, ZMQ_RCVHWM, 0);
    if (zmq_socket_monitor(net->socket, MONITOR, ZMQ_EVENT_ACCEPTED | ZMQ_EVENT_DISCONNECTED) != 0 ||
        zmq_connect(net->monitor, MONITOR) != 0)
        return femd_fail(err, FEMD_IO, "ZeroMQ monitor: %s", zmq_strerror(errno));
    if (net->config.gate) FEMD_TRY(gate_guard(net->config.gate, net->context, net->socket, err));
    int listener;
    FEMD_TRY(net_bind_file(net, &listener, err));
    if (listener >= 0) net_set(net->socket, ZMQ_USE_FD, listener); /* libzmq closes it */
    if (zmq_bind(net->socket, net->config.bind) != 0)
        return femd_fail(err, FEMD_IO, "--bind %s: %s", net->config.bind, zmq_strerror(errno));
    size_t size = sizeof net->address;
    if (zmq_getsockopt(net->socket, ZMQ_LAST_ENDPOINT, net->address, &size) != 0)
        return femd_fail(err, FEMD_IO, "--bind %s: %s", net->config.bind, zmq_strerror(errno));
    return FEMD_OK;
}

static femd_status net_start(femd_net *net, femd_error *err) {
    FEMD_TRY(net_open_sockets(net, err));
    const sending_config config = {.socket = net->socket,
                                   .conns = &net->conns,
                                   .core = net->config.core,
                                   .peer_bytes = net->config.peer_bytes,
                                   .log = net->config.log,
                                   .user = net->config.user};
    net->sending = sending_create(&config);
    return net->sending ? FEMD_OK : femd_fail(err, FEMD_NO_MEMORY, "no memory for the network");
}

femd_status femd_net_open(const femd_net_config *config, femd_net **net, femd_error *err) {
    *net = NULL;
    FEMD_TRY(address_check(config->bind, config->gate || config->insecure, err));
    femd_net *fresh = calloc(1, sizeof *fresh);
    if (!fresh) return femd_fail(err, FEMD_NO_MEMORY, "no memory for the network");
    fresh->config = *config;
    femd_conns_init(&fresh->conns);
    femd_status rc = net_start(fresh, err);
    if (rc == FEMD_OK)
        *net = fresh;
    else
        femd_net_close(&fresh);
    return rc;
}

void femd_net_close(femd_net **net) {
    femd_net *gone = *net;
    if (!gone) return;
    if (gone->socket) zmq_socket_monitor(gone->socket, NULL, 0); /* first: a notice nobody can take blocks libzmq */
    if (gone->monitor) zmq_close(gone->monitor);
    if (gone->socket) zmq_close(gone->socket);
    if (gone->context) zmq_ctx_term(gone->context);
    net_remove_file(gone);
    sending_destroy(&gone->sending);
    femd_conns_clear(&gone->conns);
    free(gone);
    *net = NULL;
}

const char *femd_net_address(const femd_net *net) {
    return net->address;
}

/* ---- what the core wants done ---- */

static void net_carry_out(femd_net *net, double now) {
    femd_action action;
    int kept = 0;
    while (femd_core_next(net->config.core, &action)) {
        if (action.kind == FEMD_ACTION_SEND && kept && net->config.before_send)
            net->config.before_send(net->config.user);
        kept = action.kind != FEMD_ACTION_SEND && (kept || action.kind != FEMD_ACTION_DROP);
        switch (action.kind) {
        case FEMD_ACTION_SEND: sending_send(net->sending, action.route, &action.frame); break;
        case FEMD_ACTION_DROP: sending_part(net->sending, action.route, now); break;
        default:
            if (net->config.keep)
                net->config.keep(net->config.user, action.kind, &(femd_bytes){action.frame.data, action.frame.size});
            femd_core_recycle(net->config.core, &action.frame);
        }
    }
}

/* ---- receiving ---- */

static void net_read_monitor(femd_net *net) {
    for (;;) {
        uint8_t event[6], address[512];
        int got = zmq_recv(net->monitor, event, sizeof event, ZMQ_DONTWAIT);
        if (got < 0) return;
        zmq_recv(net->monitor, address, sizeof address, 0);
        if (got != sizeof event) continue;
        uint16_t kind = femd_get16(event);
        int fd = (int)femd_get32(event + 2);
        if (kind == ZMQ_EVENT_ACCEPTED)
            femd_conns_accepted(&net->conns, fd);
        else if (kind == ZMQ_EVENT_DISCONNECTED)
            femd_conns_lost(&net->conns, femd_conns_closed(&net->conns, fd));
    }
}

/* Routes are the names that libzmq gives; 0 for a name that the peer chose itself. */
static uint64_t net_route(const void *data, size_t size) {
    const uint8_t *name = data;
    if (size != FEMD_ROUTE_BYTES || name[0] != 0) return 0;
    return (uint64_t)1 << 32 | (uint64_t)name[1] << 24 | (uint64_t)name[2] << 16 | (uint64_t)name[3] << 8 | name[4];
}

/* Each of its messages is answered so; to cut it off would lose the words. */
static void net_refuse_name(const femd_net *net, zmq_msg_t *name) {
    femd_buffer frame = FEMD_BUFFER_INIT;
    femd_error refusal = FEMD_ERROR_INIT;
    femd_fail(&refusal, FEMD_REFUSED, "leave ZMQ_ROUTING_ID (identity) unset: the server names its peers");
    if (femd_error_encode(&frame, 0, &refusal, NULL) == FEMD_OK &&
        zmq_msg_send(name, net->socket, ZMQ_SNDMORE | ZMQ_DONTWAIT) >= 0)
        zmq_send(net->socket, frame.data, frame.size, ZMQ_DONTWAIT);
    femd_buffer_clear(&frame);
}

/* A message has one part after the name of its sender. The rest is thrown away, a bounded number of parts at a time. */
static void net_discard_parts(femd_net *net) {
    zmq_msg_t part;
    for (int i = 0; i < ROUND_MESSAGES && net->discarding; i++) {
        zmq_msg_init(&part);
        if (zmq_msg_recv(&part, net->socket, ZMQ_DONTWAIT) < 0 || !zmq_msg_more(&part)) net->discarding = 0;
        zmq_msg_close(&part);
    }
    if (net->discarding) return;
    net_log(net, "a message of several parts breaks the protocol; its sender is cut off");
    femd_conns_cut(&net->conns, net->discarding_route);
}

int femd_net_identify(void *user, uint64_t route, femd_identity *who) {
    const femd_net *net = user;
    return gate_knows(net->config.gate, femd_conns_who(&net->conns, route), who);
}

/* The first message of a connection says whose it is. One that nobody has judged is none. */
static int net_is_judged(femd_net *net, uint64_t route, zmq_msg_t *body) {
    if (!net->config.gate || femd_conns_who(&net->conns, route)[0]) return 1;
    const char *key = zmq_msg_gets(body, "User-Id");
    if (key && *key) {
        femd_conns_name(&net->conns, route, key);
        return 1;
    }
    femd_conns_cut(&net->conns, route);
    return 0;
}

/* 1 if a message was taken, 0 if none is there. */
static int net_receive(femd_net *net, double now) {
    zmq_msg_t name, body;
    zmq_msg_init(&name);
    if (zmq_msg_recv(&name, net->socket, ZMQ_DONTWAIT) < 0) {
        zmq_msg_close(&name);
        return 0;
    }
    zmq_msg_init(&body);
    if (zmq_msg_more(&name) && zmq_msg_recv(&body, net->socket, ZMQ_DONTWAIT) >= 0) {
        uint64_t route = net_route(zmq_msg_data(&name), zmq_msg_size(&name));
        int fd = zmq_msg_get(&body, ZMQ_SRCFD);
        net->discarding = zmq_msg_more(&body);
        net->discarding_route = route;
        if (route) femd_conns_lost(&net->conns, femd_conns_heard(&net->conns, fd, route));
        if (net->discarding)
            net_discard_parts(net);
        else if (!route)
            net_refuse_name(net, &name);
        else if (net_is_judged(net, route, &body))
            femd_core_frame(net->config.core, route, zmq_msg_data(&body), zmq_msg_size(&body), now);
    }
    zmq_msg_close(&body);
    zmq_msg_close(&name);
    return 1;
}

/* Returns 1 if nothing is left to read. */
static int net_drain(femd_net *net, double now) {
    if (net->discarding) {
        net_discard_parts(net);
        if (net->discarding) return 0;
    }
    for (int i = 0; i < ROUND_MESSAGES; i++) {
        if (!net_receive(net, now)) return 1;
        if (net->discarding) return 0;
    }
    return 0;
}

/* ---- the loop ---- */

static void net_tell_gone(femd_net *net, double now) {
    femd_conns *conns = &net->conns;
    for (size_t i = 0; i < conns->ngone; i++) {
        sending_forget(net->sending, conns->gone[i]);
        femd_core_vanish(net->config.core, conns->gone[i], now);
    }
    conns->ngone = 0;
}

static long net_wait_ms(const femd_net *net, int drained) {
    if (!drained || net->conns.ngone) return 0;
    if (net->conns.nending || sending_is_late(net->sending)) return RETRY_MS;
    const int guarded = net->conns.nopen || sending_is_parting(net->sending);
    double due = femd_core_next_tick(net->config.core);
    if (guarded && net->next_guard < due) due = net->next_guard;
    double left = due - femd_clock();
    return left <= 0 ? 0 : left > 1 ? 1000 : (long)(left * 1000) + 1;
}

/* What libzmq holds of messages that have not come to their end stands in no book; the allocator knows. */
static void net_guard_memory(femd_net *net) {
    const struct mallinfo2 held = mallinfo2();
    const uint64_t memory = net->config.memory;
    if (!memory || held.uordblks + held.hblkhd < memory + memory / 8 + GUARD_SLACK) return;
    char text[128];
    const int cut = femd_conns_cut_unfinished(&net->conns);
    snprintf(text, sizeof text,
             "more memory is held than --memory allows: %d connections in the middle of a message are cut off", cut);
    if (cut) net_log(net, text);
}

static void net_tell_descriptors(femd_net *net, double now) {
    const uint64_t refused = accepting_refused();
    if (refused == net->refused || now < net->told + TELL_PERIOD) return;
    char text[160];
    snprintf(text, sizeof text,
             "%llu connections were turned away: the %d descriptors that this process may open are taken (ulimit -n)",
             (unsigned long long)(refused - net->refused), net->config.descriptors);
    net_log(net, text);
    net->refused = refused;
    net->told = now;
}

static void net_guard(femd_net *net, double now) {
    if (now < net->next_guard) return;
    net->next_guard = now + GUARD_PERIOD;
    sending_end_partings(net->sending, now);
    if (femd_conns_guard(&net->conns, FEMD_WIRE_MAX + GUARD_SLACK))
        net_log(net, "a connection that sent a message without end is cut off");
    net_guard_memory(net);
    net_tell_descriptors(net, now);
}

static void net_serve_round(femd_net *net, int *drained) {
    femd_core *core = net->config.core;
    double now = femd_clock();
    net_read_monitor(net);
    if (net->conns.nending && now >= net->next_settle) {
        net->next_settle = now + 1e-3 * RETRY_MS;
        femd_conns_settle(&net->conns);
    }
    *drained = net_drain(net, now);
    if (*drained) net_tell_gone(net, now);
    if (now >= femd_core_next_tick(core)) femd_core_tick(core, now);
    net_guard(net, now);
    if (net->config.gate && gate_look(net->config.gate, now)) femd_core_recheck(core, now);
    femd_core_settle(core, now);
    if (sending_is_late(net->sending)) sending_retry(net->sending);
    net_carry_out(net, now);
    if (net->config.rested) net->config.rested(net->config.user, core);
}

static int net_look(void *item) {
    return zmq_poll(item, 1, 0);
}

femd_status femd_net_run(femd_net *net, int stop_fd, femd_error *err) {
    femd_core *core = net->config.core;
    int drained = 1;
    femd_core_tick(core, femd_clock());
    for (;;) {
        zmq_pollitem_t item[4] = {{net->socket, 0, ZMQ_POLLIN, 0},
                                  {net->monitor, 0, ZMQ_POLLIN, 0},
                                  {NULL, stop_fd, ZMQ_POLLIN, 0},
                                  {NULL, net->config.gate ? gate_signal(net->config.gate) : -1, ZMQ_POLLIN, 0}};
        const int items = net->config.gate ? 4 : 3;
        const long sleep_ms = net_wait_ms(net, drained);
        const int come = sleep_ms ? femd_spin(1, net_look, item) : 0;
        if (come <= 0 && zmq_poll(item, items, sleep_ms) < 0 && errno != EINTR)
            return femd_fail(err, FEMD_IO, "ZeroMQ: %s", zmq_strerror(errno));
        if (item[2].revents) {
            femd_core_farewell(core);
            net_carry_out(net, femd_clock());
            return FEMD_OK;
        }
        net_serve_round(net, &drained);
        if (femd_core_wants_stop(core)) {
            femd_core_farewell(core);
            net_carry_out(net, femd_clock());
            zmq_poll(NULL, 0, LAST_WORDS_MS); /* what a peer has not read when the connection ends is lost */
            return FEMD_OK;
        }
        if (femd_core_health(core) != FEMD_OK)
            return femd_fail(err, femd_core_health(core),
                             "the server cannot go on: out of memory; start it with a smaller --memory");
    }
}
