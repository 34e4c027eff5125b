/* The DEALER end of a connection to the server. Owns the socket, its monitor and the registration (HELLO, WELCOME, and
 * HELLO anew when the server has forgotten this peer or another connection was made). Never keeps payload: libzmq loses
 * what was queued for a server that died, so re-sending by key is the caller's part. */
#include "femd/peer.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <unistd.h>
#include <zmq.h>

#include "femd/clock.h"
#include "femd/keys.h"
#include "femd/parts.h"
#include "greeting.h"

typedef enum peer_refusal { REFUSAL_NONE = 0, REFUSAL_KEY, REFUSAL_MECHANISM, REFUSAL_CUT } peer_refusal;

struct femd_peer {
    void *context, *socket, *monitor;
    pid_t process; /* that opened it */
    int wake;      /* a descriptor of the caller's, or -1 */
    char address[256];
    femd_hello hello;
    femd_welcome welcome;
    double silence; /* s; told in WELCOME unless the caller has set it */
    int silence_is_set;
    double lost_since; /* clock at which the connection went; 0 while there is one */
    int connected, registered;
    int was_registered;  /* a WELCOME has come before: the next one means REREGISTER to the caller */
    int refused_connect; /* attempts that failed since the peer was opened */
    double hello_at;     /* clock of the last HELLO sent; 0: must be sent */
    int unheard;         /* connections with a HELLO since the peer was last asked what has come */
    int reregister;      /* to be told to the caller */
    int has_key;
    char key_name[FEMD_KEY_NAME + 1], key_path[512];
    peer_refusal refusal; /* why no handshake will succeed */
    int cut_handshakes;   /* that the other side ended without a word, one after another */
    int full;             /* it has done so before a word of its own */
    zmq_msg_t message;    /* the one behind the last frame handed out */
    femd_buffer scratch, part;
    femd_parts parts; /* of a longer frame that is coming */
};

enum {
    HIGH_WATER = 1000,
    HANDSHAKE_MS = 3000,
    RECONNECT_MS = 100,
    RECONNECT_MAX_MS = 1000,
    CONNECT_MS = 3000,
    LINGER_MS = 1000,
    CUT_HANDSHAKES = 4, /* after which a server counts as one that does not know what this peer says */
    UNHEARD_MAX = 1     /* connections that are registered while nobody looks at what has come */
};
static const double hello_again = 1.0;    /* s after which an unanswered HELLO is repeated */
static const double monitor_period = 0.1; /* s: longest time between two looks at the connection */
static const double default_connect_timeout = 10.0;

/* ---- connection events ---- */

static void peer_on_connected(femd_peer *p) {
    p->connected = 1;
    femd_parts_clear(&p->parts); /* the rest of it was lost */
    p->lost_since = 0;
    p->registered = 0;
    p->hello_at = 0;
    p->cut_handshakes = 0;
}

/* A server whose key is another one cannot read what is said, and hangs up without a word, again and again, as may one
 * that has keys where this end has none, or the other way round, if it is the first to see that; one that dies at that
 * moment does so once, and one that is slow does not hang up. */
static int peer_is_hung_up_on(femd_peer *p, uint32_t code) {
    if (p->was_registered || (code != EPIPE && code != ECONNRESET)) return 0;
    return ++p->cut_handshakes == CUT_HANDSHAKES;
}

static void peer_on_failed_handshake(femd_peer *p, unsigned event, uint32_t value) {
    p->refused_connect++;
    if (event == ZMQ_EVENT_HANDSHAKE_FAILED_AUTH)
        p->refusal = REFUSAL_KEY;
    else if (event == ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL && value == ZMQ_PROTOCOL_ERROR_ZMTP_MECHANISM_MISMATCH)
        p->refusal = REFUSAL_MECHANISM;
    else if (event == ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL || peer_is_hung_up_on(p, value))
        p->refusal = REFUSAL_CUT;
}

static void peer_on_lost(femd_peer *p) {
    if (p->connected || p->lost_since == 0) p->lost_since = femd_clock();
    p->connected = 0;
    p->registered = 0;
}

/* Take in all events of the monitor socket. An event is two parts: number (u16) and value, then the address. */
static void peer_watch(femd_peer *p) {
    for (;;) {
        uint8_t event[6];
        char address[256];
        int n = zmq_recv(p->monitor, event, sizeof event, ZMQ_DONTWAIT);
        if (n < 0) return;
        zmq_recv(p->monitor, address, sizeof address, ZMQ_DONTWAIT);
        if (n < 2) continue;
        switch (femd_get16(event)) {
        case ZMQ_EVENT_HANDSHAKE_SUCCEEDED: peer_on_connected(p); break;
        case ZMQ_EVENT_DISCONNECTED: peer_on_lost(p); break;
        case ZMQ_EVENT_CONNECT_RETRIED: p->refused_connect++; break;
        case ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL:
        case ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL:
        case ZMQ_EVENT_HANDSHAKE_FAILED_AUTH:
            peer_on_failed_handshake(p, femd_get16(event), n == sizeof event ? femd_get32(event + 2) : 0);
            break;
        default: break;
        }
    }
}

/* code: REFUSED while the peer opens, DISCONNECTED later. */
static femd_status peer_fail_refused(const femd_peer *p, femd_status code, femd_error *err) {
    if (p->refusal == REFUSAL_KEY)
        return femd_fail(err, code,
                         "the server at %s does not let the key %s in (%s): it is not in the server's list of keys, or "
                         "was taken out of it",
                         p->address, p->key_name, p->key_path);
    if (p->refusal == REFUSAL_MECHANISM && p->has_key)
        return femd_fail(err, code,
                         "the server at %s works without keys, and this end has one (%s): start the server with "
                         "--keys, or leave --key and FEMD_KEY away",
                         p->address, p->key_path);
    if (p->refusal == REFUSAL_MECHANISM)
        return femd_fail(err, code, "the server at %s wants keys: name yours with --key FILE or FEMD_KEY", p->address);
    if (p->has_key)
        return femd_fail(err, code,
                         "the server at %s hangs up: the server's public key in %s is not its own, or it works "
                         "without keys",
                         p->address, p->key_path);
    return femd_fail(
        err, code,
        "the server at %s hangs up: it wants keys (name yours with --key FILE or FEMD_KEY), or is no femd server",
        p->address);
}

static femd_status peer_fail_lost(const femd_peer *p, femd_error *err) {
    if (p->refusal) return peer_fail_refused(p, FEMD_DISCONNECTED, err);
    return femd_fail(err, FEMD_DISCONNECTED, "the server at %s is gone", p->address);
}

static int peer_is_lost(const femd_peer *p) {
    if (p->refusal && !p->connected) return 1; /* libzmq does not try again */
    return !p->connected && p->lost_since > 0 && femd_clock() - p->lost_since > p->silence;
}

/* ---- sending ---- */

/* OK, TIMEOUT (nothing could be queued now) or IO. */
static femd_status peer_send_now(femd_peer *p, const femd_buffer *frame, femd_error *err) {
    zmq_msg_t m;
    if (zmq_msg_init_size(&m, frame->size) != 0)
        return femd_fail(err, FEMD_NO_MEMORY, "out of memory for a frame of %zu bytes", frame->size);
    memcpy(zmq_msg_data(&m), frame->data, frame->size);
    if (zmq_msg_send(&m, p->socket, ZMQ_DONTWAIT) >= 0) return FEMD_OK;
    int code = errno;
    zmq_msg_close(&m);
    if (code == EAGAIN || code == EINTR) return FEMD_TIMEOUT;
    return femd_fail(err, FEMD_IO, "cannot send to %s: %s", p->address, zmq_strerror(code));
}

/* Whoever only sends, for instance while an engine has not come back, is registered again once, for the sake of a
 * connection that was cut, and then not before it receives: the server would give it work, and lose it, for ever. */
static femd_status peer_say_hello(femd_peer *p, femd_error *err) {
    double now = femd_clock();
    if (p->registered || !p->connected || (p->hello_at > 0 && now - p->hello_at < hello_again)) return FEMD_OK;
    const int first = p->hello_at == 0;
    if (first && p->unheard >= UNHEARD_MAX) return FEMD_OK;
    FEMD_TRY(femd_hello_encode(&p->scratch, &p->hello, err));
    femd_status rc = peer_send_now(p, &p->scratch, err);
    if (rc == FEMD_OK) {
        p->hello_at = now;
        p->unheard += first;
    }
    return rc == FEMD_TIMEOUT ? FEMD_OK : rc;
}

/* What a wait looks at: frames, the caller's own descriptor if there is one, and news of the connection. */
enum { WAIT_FRAMES, WAIT_WAKE, WAIT_CONNECTION, WAITS };

static int peer_look_frames(void *items) {
    return zmq_poll(items, 1, 0) > 0;
}

static int peer_look_wake(void *items) {
    return zmq_poll(items, WAIT_WAKE + 1, 0) > 0;
}

/* Wait for `events` on the socket or for news of the connection, at most `seconds`. A signal ends the wait. Returns 1
 * if the caller's own descriptor has ended it. */
static int peer_wait_for(femd_peer *p, short events, double seconds) {
    const int own = p->wake >= 0 && events == ZMQ_POLLIN;
    zmq_pollitem_t items[WAITS] = {{p->socket, 0, events, 0}};
    if (own) items[WAIT_WAKE] = (zmq_pollitem_t){NULL, p->wake, ZMQ_POLLIN, 0};
    items[own ? WAIT_CONNECTION : WAIT_WAKE] = (zmq_pollitem_t){p->monitor, 0, ZMQ_POLLIN, 0};
    if (seconds > monitor_period) seconds = monitor_period;
    if (!femd_spin(seconds, own ? peer_look_wake : peer_look_frames, items)) {
        long ms = (long)(seconds * 1000 + 0.999);
        zmq_poll(items, own ? WAITS : WAITS - 1, ms);
        peer_watch(p);
    }
    return own && items[WAIT_WAKE].revents != 0;
}

/* Between the loss of a registration and the caller's being told of the new one, frames are dropped like those that
 * were under way when the connection went: they may speak of tasks or batches that this server has never seen. */
static int peer_is_between_registrations(const femd_peer *p) {
    return p->reregister || !p->registered;
}

static femd_status peer_send_one(femd_peer *p, const femd_buffer *frame, double timeout, femd_error *err) {
    double end = 0;
    for (;;) {
        if (!peer_is_between_registrations(p)) {
            femd_status rc = peer_send_now(p, frame, err);
            if (rc != FEMD_TIMEOUT) return rc;
        }
        peer_watch(p);
        if (peer_is_lost(p)) return peer_fail_lost(p, err);
        FEMD_TRY(peer_say_hello(p, err));
        if (peer_is_between_registrations(p)) return FEMD_OK;
        double now = femd_clock();
        if (end == 0) end = now + timeout;
        if (now >= end) return femd_fail(err, FEMD_TIMEOUT, "the server at %s does not take messages", p->address);
        peer_wait_for(p, ZMQ_POLLOUT, end - now);
    }
}

/* In a forked child there is no thread of libzmq: nothing would ever go or come. */
static femd_status peer_check_process(const femd_peer *p, femd_error *err) {
    if (p->process == getpid()) return FEMD_OK;
    return femd_fail(
        err, FEMD_BAD_ARGUMENT,
        "the connection to %s was opened before this process was forked, and is the parent's: open one here",
        p->address);
}

femd_status femd_peer_send(femd_peer *p, const femd_buffer *frame, double timeout, femd_error *err) {
    FEMD_TRY(peer_check_process(p, err));
    if (frame->size > p->welcome.frame_max)
        return femd_fail(err, FEMD_LIMIT, "a message of %zu bytes; the server takes %llu", frame->size,
                         (unsigned long long)p->welcome.frame_max);
    const uint32_t parts = femd_parts_count(frame->size);
    if (!parts) return peer_send_one(p, frame, timeout, err);
    femd_hash hash;
    femd_parts_hash(frame->data, frame->size, &hash);
    for (uint32_t i = 0; i < parts; i++) {
        FEMD_TRY(femd_part_encode(&p->part, frame->data, frame->size, &hash, i, err));
        FEMD_TRY(peer_send_one(p, &p->part, timeout, err));
    }
    return FEMD_OK;
}

/* ---- receiving ---- */

static void peer_set_heartbeat(void *socket, double heartbeat) {
    const int timeout = (int)(1000 * heartbeat), interval = timeout / 3 > 0 ? timeout / 3 : 1;
    zmq_setsockopt(socket, ZMQ_HEARTBEAT_IVL, &interval, sizeof interval);
    zmq_setsockopt(socket, ZMQ_HEARTBEAT_TIMEOUT, &timeout, sizeof timeout);
    zmq_setsockopt(socket, ZMQ_HEARTBEAT_TTL, &timeout, sizeof timeout);
}

/* The heartbeat is that of the connections to come: libzmq takes it when it connects. */
static void peer_take_times(femd_peer *p) {
    p->welcome.times = femd_times_whole(p->welcome.times);
    if (!p->silence_is_set) p->silence = p->welcome.times.silence;
    peer_set_heartbeat(p->socket, p->welcome.times.heartbeat);
}

/* What the peer itself must know of a frame. Returns TIMEOUT if the frame was for the peer alone. */
static femd_status peer_note(femd_peer *p, const femd_frame *f, femd_error *err) {
    if (f->type == FEMD_MSG_REREGISTER) {
        peer_watch(p); /* a new connection, if that is the cause, is known first: one HELLO, not two */
        if (p->registered) p->hello_at = 0;
        p->registered = 0;
        FEMD_TRY(peer_say_hello(p, err));
        return FEMD_TIMEOUT;
    }
    if (f->type == FEMD_MSG_WELCOME) {
        if (p->hello_at == 0) return FEMD_TIMEOUT; /* of a connection that has gone */
        FEMD_TRY(femd_welcome_decode(f, &p->welcome, err));
        peer_take_times(p);
        if (!p->registered && p->was_registered) p->reregister = 1;
        p->registered = p->was_registered = 1;
        p->hello.step = 0; /* it has gone back, once; what is committed from here on stays over a lost connection */
        return FEMD_TIMEOUT;
    }
    if (f->type == FEMD_MSG_GONE) {
        femd_error words = FEMD_ERROR_INIT;
        FEMD_TRY(femd_error_decode(f, &words, err));
        return femd_fail(err, FEMD_DISCONNECTED, "the server at %s has done with this connection: %s", p->address,
                         words.text);
    }
    if (f->type == FEMD_MSG_ERROR && !p->registered && f->id == 0) {
        femd_error words = FEMD_ERROR_INIT;
        FEMD_TRY(femd_error_decode(f, &words, err));
        return femd_fail(err, FEMD_REFUSED, "the server at %s refused: %s", p->address, words.text);
    }
    return FEMD_OK;
}

/* A message that cannot be read is told with the server's address. One of another version is no fault in it: the
 * programs do not belong together. */
static femd_status peer_decode(const femd_peer *p, const void *data, size_t size, femd_frame *frame, femd_error *err) {
    const unsigned version =
        size >= FEMD_FRAME_HEADER && memcmp(data, "FEMD", 4) == 0 ? femd_get16((const uint8_t *)data + 4) : 0;
    if (version && version != FEMD_PROTOCOL_VERSION)
        return femd_fail(err, FEMD_REFUSED,
                         "the server at %s speaks version %u of the protocol, this program version %d: take both from "
                         "one build of femd",
                         p->address, version, FEMD_PROTOCOL_VERSION);
    const femd_status rc = femd_frame_decode(data, size, frame, err);
    return rc == FEMD_OK ? rc : femd_error_prefix(err, "the server at %s", p->address);
}

/* OK with a frame, TIMEOUT if there is none for the caller, or a failure. *own = 1 if a frame came that was for the
 * peer alone: then the next may be there already. */
static femd_status peer_recv_now(femd_peer *p, femd_frame *frame, int *own, femd_error *err) {
    *own = 0;
    p->unheard = 0;
    if (zmq_msg_recv(&p->message, p->socket, ZMQ_DONTWAIT) < 0) {
        if (errno == EAGAIN || errno == EINTR) return FEMD_TIMEOUT;
        return femd_fail(err, FEMD_IO, "cannot receive from %s: %s", p->address, zmq_strerror(errno));
    }
    if (zmq_msg_more(&p->message)) {
        while (zmq_msg_more(&p->message) && zmq_msg_recv(&p->message, p->socket, ZMQ_DONTWAIT) >= 0) {}
        return femd_fail(err, FEMD_PROTOCOL, "the server at %s sent a message of several parts", p->address);
    }
    FEMD_TRY(peer_decode(p, zmq_msg_data(&p->message), zmq_msg_size(&p->message), frame, err));
    if (frame->type == FEMD_MSG_PART) {
        int whole;
        FEMD_TRY(femd_parts_take(&p->parts, frame, FEMD_FRAME_MAX, &whole, err));
        *own = !whole;
        if (!whole) return FEMD_TIMEOUT;
        FEMD_TRY(peer_decode(p, p->parts.whole.data, p->parts.whole.size, frame, err));
    }
    femd_status rc = peer_note(p, frame, err);
    *own = rc == FEMD_TIMEOUT;
    return rc;
}

femd_status femd_peer_recv(femd_peer *p, double timeout, femd_frame *frame, femd_error *err) {
    double end = 0;
    int woken = 0;
    FEMD_TRY(peer_check_process(p, err));
    for (;;) {
        if (p->reregister) {
            p->reregister = 0;
            return FEMD_REREGISTER;
        }
        int own;
        femd_status rc = peer_recv_now(p, frame, &own, err);
        if (rc != FEMD_TIMEOUT) return rc;
        if (own) continue;
        peer_watch(p);
        if (peer_is_lost(p)) return peer_fail_lost(p, err);
        FEMD_TRY(peer_say_hello(p, err));
        double now = femd_clock();
        if (end == 0) end = now + timeout;
        if (now >= end || woken) return FEMD_TIMEOUT;
        woken = peer_wait_for(p, ZMQ_POLLIN, end - now);
    }
}

/* ---- opening and closing ---- */

static femd_status peer_set_option(femd_peer *p, int option, int value, femd_error *err) {
    if (zmq_setsockopt(p->socket, option, &value, sizeof value) == 0) return FEMD_OK;
    return femd_fail(err, FEMD_INTERNAL, "socket option %d: %s", option, zmq_strerror(errno));
}

static femd_status peer_set_options(femd_peer *p, femd_error *err) {
    static const struct {
        int option, value;
    } options[] = {
        {ZMQ_SNDHWM, HIGH_WATER},
        {ZMQ_RCVHWM, 0}, /* who reads late must not miss the heartbeats behind what has come */
        {ZMQ_HANDSHAKE_IVL, HANDSHAKE_MS},
        {ZMQ_IMMEDIATE, 1},
        {ZMQ_LINGER, LINGER_MS},
        {ZMQ_RECONNECT_IVL, RECONNECT_MS},
        {ZMQ_RECONNECT_IVL_MAX, RECONNECT_MAX_MS},
        {ZMQ_CONNECT_TIMEOUT, CONNECT_MS},
    };
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++)
        FEMD_TRY(peer_set_option(p, options[i].option, options[i].value, err));
    peer_set_heartbeat(p->socket, FEMD_TIME_HEARTBEAT);
    int64_t most = FEMD_WIRE_MAX;
    if (zmq_setsockopt(p->socket, ZMQ_MAXMSGSIZE, &most, sizeof most) != 0)
        return femd_fail(err, FEMD_INTERNAL, "ZMQ_MAXMSGSIZE: %s", zmq_strerror(errno));
    return FEMD_OK;
}

static femd_status peer_start_monitor(femd_peer *p, femd_error *err) {
    char name[64];
    int events = ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_DISCONNECTED | ZMQ_EVENT_CONNECT_RETRIED |
                 ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL | ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL |
                 ZMQ_EVENT_HANDSHAKE_FAILED_AUTH;
    snprintf(name, sizeof name, "inproc://femd-peer-%p", (void *)p);
    if (zmq_socket_monitor(p->socket, name, events) != 0 || !(p->monitor = zmq_socket(p->context, ZMQ_PAIR)) ||
        zmq_connect(p->monitor, name) != 0)
        return femd_fail(err, FEMD_INTERNAL, "cannot watch the connection: %s", zmq_strerror(errno));
    return FEMD_OK;
}

static femd_status peer_set_key(femd_peer *p, const femd_key *key, femd_error *err) {
    p->has_key = 1;
    memcpy(p->key_name, key->name, sizeof p->key_name);
    if (zmq_setsockopt(p->socket, ZMQ_CURVE_SERVERKEY, key->server_text, FEMD_KEY_TEXT + 1) == 0 &&
        zmq_setsockopt(p->socket, ZMQ_CURVE_PUBLICKEY, key->public_text, FEMD_KEY_TEXT + 1) == 0 &&
        zmq_setsockopt(p->socket, ZMQ_CURVE_SECRETKEY, key->secret_text, FEMD_KEY_TEXT + 1) == 0)
        return FEMD_OK;
    return femd_fail(err, FEMD_INTERNAL, "key %s: %s", p->key_path, zmq_strerror(errno));
}

static femd_status peer_take_key(femd_peer *p, const femd_peer_config *cfg, femd_error *err) {
    femd_key key;
    int found;
    FEMD_TRY(femd_key_find(cfg->key, cfg->hello.role, p->address, cfg->insecure, &key, &found, p->key_path,
                           sizeof p->key_path, err));
    if (!found) return FEMD_OK;
    femd_status rc = peer_set_key(p, &key, err);
    femd_key_wipe(&key);
    return rc;
}

static femd_status peer_start(femd_peer *p, const femd_peer_config *cfg, femd_error *err) {
    p->context = zmq_ctx_new();
    if (!p->context) return femd_fail(err, FEMD_NO_MEMORY, "no ZeroMQ context: %s", zmq_strerror(errno));
    p->socket = zmq_socket(p->context, ZMQ_DEALER);
    if (!p->socket) return femd_fail(err, FEMD_IO, "no socket: %s", zmq_strerror(errno));
    FEMD_TRY(peer_set_options(p, err));
    FEMD_TRY(peer_take_key(p, cfg, err));
    FEMD_TRY(peer_start_monitor(p, err));
    if (zmq_connect(p->socket, p->address) != 0)
        return femd_fail(err, FEMD_BAD_INPUT,
                         "\"%s\" is no address to connect to (%s); use tcp://HOST:PORT or ipc:///PATH", p->address,
                         zmq_strerror(errno));
    return FEMD_OK;
}

/* A server whose descriptors have ended hangs up as well, but before it says anything: it may have room again soon. */
static void peer_bear_with_a_full_server(femd_peer *p) {
    if (p->refusal != REFUSAL_CUT || femd_server_greets(p->address, 1)) return;
    p->refusal = 0;
    p->refused_connect = p->cut_handshakes = 0;
    p->full = 1;
}

static femd_status peer_register_within(femd_peer *p, const femd_peer_config *cfg, femd_error *err) {
    double timeout = cfg->connect_timeout > 0 ? cfg->connect_timeout : default_connect_timeout,
           end = femd_clock() + timeout;
    while (!p->registered) {
        femd_frame frame;
        int own;
        femd_status rc = peer_recv_now(p, &frame, &own, err);
        if (rc != FEMD_OK && rc != FEMD_TIMEOUT) return rc;
        if (p->registered) break; /* before the next message is taken: it is the caller's */
        peer_watch(p);
        FEMD_TRY(peer_say_hello(p, err));
        peer_bear_with_a_full_server(p);
        if (p->refusal) return peer_fail_refused(p, FEMD_REFUSED, err);
        if (!cfg->first_connect_waits && !p->connected && p->refused_connect)
            return femd_fail(err, FEMD_DISCONNECTED, "no femd server answers at %s", p->address);
        if (cfg->stop && *cfg->stop)
            return femd_fail(err, FEMD_CANCELLED, "stopped while connecting to %s", p->address);
        double now = femd_clock();
        if (now >= end && p->full)
            return femd_fail(
                err, FEMD_TIMEOUT,
                "the server at %s takes no more connections: for %g s it has hung up without a word, as it "
                "does when its descriptors have ended (ulimit -n)",
                p->address, timeout);
        if (now >= end)
            return femd_fail(err, FEMD_TIMEOUT, "%s at %s within %g s",
                             p->connected ? "no welcome from the server" : "no femd server answers", p->address,
                             timeout);
        peer_wait_for(p, ZMQ_POLLIN, end - now);
    }
    return FEMD_OK;
}

femd_status femd_peer_open(const femd_peer_config *cfg, femd_peer **peer, femd_error *err) {
    *peer = NULL;
    if (!cfg->address || strlen(cfg->address) >= sizeof(*peer)->address)
        return femd_fail(err, FEMD_BAD_ARGUMENT, "the server's address is missing or too long");
    femd_peer *p = calloc(1, sizeof *p);
    if (!p) return femd_fail(err, FEMD_NO_MEMORY, "out of memory");
    p->process = getpid();
    p->wake = -1;
    zmq_msg_init(&p->message);
    strcpy(p->address, cfg->address);
    p->hello = cfg->hello;
    if (!p->hello.instance && getrandom(&p->hello.instance, sizeof p->hello.instance, 0) < 0) p->hello.instance = 0;
    p->silence_is_set = cfg->silence > 0;
    p->silence = p->silence_is_set ? cfg->silence : FEMD_TIME_SILENCE;
    p->welcome.times = femd_times_whole((femd_times){0});
    p->welcome.frame_max = FEMD_FRAME_MAX;
    femd_status rc = peer_start(p, cfg, err);
    if (rc == FEMD_OK) rc = peer_register_within(p, cfg, err);
    if (rc != FEMD_OK) {
        femd_peer_close(&p);
        return rc;
    }
    p->reregister = 0;
    *peer = p;
    return FEMD_OK;
}

static void peer_say_bye(femd_peer *p) {
    if (!p->registered || femd_frame_begin(&p->scratch, FEMD_MSG_BYE, 0, NULL) != FEMD_OK) return;
    femd_frame_finish(&p->scratch, 0);
    (void)!peer_send_now(p, &p->scratch, NULL);
}

void femd_peer_close(femd_peer **peer) {
    if (!peer || !*peer) return;
    femd_peer *p = *peer;
    const int own = p->process == getpid(); /* else the sockets are the parent's, which goes on */
    if (p->socket && own) {
        peer_say_bye(p);
        zmq_socket_monitor(p->socket, NULL, 0);
        zmq_close(p->socket);
    }
    if (p->monitor && own) zmq_close(p->monitor);
    zmq_msg_close(&p->message);
    while (p->context && own && zmq_ctx_term(p->context) != 0 && errno == EINTR) {}
    femd_buffer_clear(&p->scratch);
    femd_buffer_clear(&p->part);
    femd_parts_clear(&p->parts);
    free(p);
    *peer = NULL;
}

const femd_welcome *femd_peer_welcome(const femd_peer *peer) {
    return &peer->welcome;
}

void femd_peer_wake_by(femd_peer *peer, int fd) {
    peer->wake = fd;
}

void femd_peer_descriptors(const femd_peer *peer, int *frames, int *connection) {
    size_t size = sizeof *frames;
    if (zmq_getsockopt(peer->socket, ZMQ_FD, frames, &size) != 0) *frames = -1;
    size = sizeof *connection;
    if (zmq_getsockopt(peer->monitor, ZMQ_FD, connection, &size) != 0) *connection = -1;
}

int femd_peer_has_news(const femd_peer *peer) {
    int frames = 0, connection = 0;
    size_t size = sizeof frames;
    if (zmq_getsockopt(peer->socket, ZMQ_EVENTS, &frames, &size) != 0) frames = 0;
    size = sizeof connection;
    if (zmq_getsockopt(peer->monitor, ZMQ_EVENTS, &connection, &size) != 0) connection = 0;
    return ((frames | connection) & ZMQ_POLLIN) != 0;
}
