/* The gate: keys and who may connect. */
#include "gate.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>
#include <zmq.h>

#include "femd/keys.h"

#define ENDPOINT    "inproc://zeromq.zap.01"
#define DOMAIN      "femd"
#define LOOK_PERIOD 1.0 /* s */
enum { ENFORCE_DOMAIN = 93 /* ZMQ_ZAP_ENFORCE_DOMAIN, which not every zmq.h shows */, POLL_MS = 1000, PARTS = 7 };

struct femd_gate {
    char path[4200]; /* of the list */
    femd_key key;
    struct stat about; /* the file as it was read last */
    double next_look;
    int signal_fd;
    gate_log log;
    void *user;
    void *handler; /* socket; the thread's own once that runs */
    pthread_t thread;
    int running;
    pthread_mutex_t lock; /* of what follows: the thread reads the list, this end alone changes it */
    femd_allowed list;
    uint64_t refused; /* handshakes since it was last told */
    char last[41], from[64];
};

static void gate_say(const femd_gate *gate, femd_log_level level, const char *text) {
    if (gate->log) gate->log(gate->user, level, text);
}

/* ---- the thread ---- */

typedef struct zap_request {
    zmq_msg_t part[PARTS]; /* version, id, domain, address, routing id, mechanism, credentials */
    int parts;
} zap_request;

static int gate_part_is(zap_request *request, int i, const char *text) {
    return zmq_msg_size(&request->part[i]) == strlen(text) &&
           memcmp(zmq_msg_data(&request->part[i]), text, strlen(text)) == 0;
}

/* 0 when the context ends. */
static int gate_receive(void *socket, zap_request *request) {
    int more = 1;
    request->parts = 0;
    while (more) {
        zmq_msg_t surplus, *part = request->parts < PARTS ? &request->part[request->parts++] : &surplus;
        zmq_msg_init(part);
        const int got = zmq_msg_recv(part, socket, ZMQ_DONTWAIT);
        more = got >= 0 && zmq_msg_more(part);
        if (part == &surplus) zmq_msg_close(&surplus);
        if (got < 0) {
            const int over = errno == ETERM;
            while (request->parts) zmq_msg_close(&request->part[--request->parts]);
            return !over;
        }
    }
    return 1;
}

/* The key of a handshake, "" if it is none. */
static void gate_read_key(zap_request *request, char text[FEMD_KEY_TEXT + 1]) {
    text[0] = '\0';
    if (request->parts == PARTS && gate_part_is(request, 0, "1.0") && gate_part_is(request, 5, "CURVE") &&
        zmq_msg_size(&request->part[6]) == 32)
        zmq_z85_encode(text, zmq_msg_data(&request->part[6]), 32);
}

static int gate_judge(femd_gate *gate, zap_request *request, char text[FEMD_KEY_TEXT + 1]) {
    gate_read_key(request, text);
    pthread_mutex_lock(&gate->lock);
    const int known = text[0] && femd_allowed_find(&gate->list, text) != NULL;
    if (!known) {
        gate->refused++;
        memcpy(gate->last, text, sizeof gate->last);
        const size_t size = request->parts > 3 ? zmq_msg_size(&request->part[3]) : 0;
        snprintf(gate->from, sizeof gate->from, "%.*s", (int)(size < 60 ? size : 60),
                 size ? (const char *)zmq_msg_data(&request->part[3]) : "");
    }
    pthread_mutex_unlock(&gate->lock);
    return known;
}

/* The user id that libzmq then shows with every message of the connection is the key. */
static void gate_answer(femd_gate *gate, void *socket, zap_request *request) {
    char key[FEMD_KEY_TEXT + 1];
    const int known = gate_judge(gate, request, key);
    const char *code = known ? "200" : "400", *user = known ? key : "";
    zmq_send(socket, "1.0", 3, ZMQ_SNDMORE | ZMQ_DONTWAIT);
    if (request->parts > 1)
        zmq_send(socket, zmq_msg_data(&request->part[1]), zmq_msg_size(&request->part[1]), ZMQ_SNDMORE | ZMQ_DONTWAIT);
    else
        zmq_send(socket, "", 0, ZMQ_SNDMORE | ZMQ_DONTWAIT);
    zmq_send(socket, code, 3, ZMQ_SNDMORE | ZMQ_DONTWAIT);
    zmq_send(socket, "", 0, ZMQ_SNDMORE | ZMQ_DONTWAIT);
    zmq_send(socket, user, strlen(user), ZMQ_SNDMORE | ZMQ_DONTWAIT);
    zmq_send(socket, "", 0, ZMQ_DONTWAIT);
}

static void *gate_work(void *arg) {
    femd_gate *gate = arg;
    zmq_pollitem_t item = {gate->handler, 0, ZMQ_POLLIN, 0};
    for (int open = 1; open;) {
        const int ready = zmq_poll(&item, 1, POLL_MS);
        if (ready < 0 && errno == ETERM) break;
        if (ready <= 0) continue;
        zap_request request;
        open = gate_receive(gate->handler, &request);
        if (open && request.parts) gate_answer(gate, gate->handler, &request);
        for (int i = 0; i < request.parts; i++) zmq_msg_close(&request.part[i]);
    }
    zmq_close(gate->handler);
    return NULL;
}

static femd_status gate_start(femd_gate *gate, void *context, femd_error *err) {
    gate->handler = zmq_socket(context, ZMQ_REP);
    const int linger = 0;
    if (gate->handler) zmq_setsockopt(gate->handler, ZMQ_LINGER, &linger, sizeof linger);
    if (!gate->handler || zmq_bind(gate->handler, ENDPOINT) != 0) {
        femd_fail(err, FEMD_IO, "ZeroMQ: %s", zmq_strerror(errno));
        if (gate->handler) zmq_close(gate->handler);
        return FEMD_IO;
    }
    sigset_t all, before; /* signals are the program's */
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    gate->running = pthread_create(&gate->thread, NULL, gate_work, gate) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (gate->running) return FEMD_OK;
    zmq_close(gate->handler);
    return femd_fail(err, FEMD_NO_MEMORY, "no thread for handshakes");
}

/* ---- opening and closing ---- */

static int gate_listen_to_signal(void) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGHUP);
    if (sigprocmask(SIG_BLOCK, &set, NULL) != 0) return -1;
    return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static femd_status gate_read(femd_gate *gate, const char *folder, femd_error *err) {
    char path[4200];
    struct stat st;
    if ((size_t)snprintf(gate->path, sizeof gate->path, "%s/allowed", folder) >= sizeof gate->path ||
        (size_t)snprintf(path, sizeof path, "%s/server.key", folder) >= sizeof path)
        return femd_fail(err, FEMD_BAD_INPUT, "--keys %.60s...: the path is too long", folder);
    if (stat(folder, &st) != 0)
        return femd_fail(err, FEMD_IO, "--keys %s: %s; femd keygen makes keys", folder, strerror(errno));
    if (st.st_mode & 022)
        return femd_fail(err, FEMD_REFUSED, "--keys %s: others may write there (mode %04o): chmod 700", folder,
                         (unsigned)(st.st_mode & 07777));
    FEMD_TRY(femd_keys_supported(err));
    FEMD_TRY(femd_key_read(path, &gate->key, err));
    if (gate->key.role)
        return femd_fail(err, FEMD_REFUSED, "key %s is of role %s, and a server's is wanted", path,
                         femd_key_role_name(gate->key.role));
    FEMD_TRY(femd_allowed_read(gate->path, &gate->list, &gate->about, err));
    gate->signal_fd = gate_listen_to_signal();
    return gate->signal_fd >= 0 ? FEMD_OK : femd_fail(err, FEMD_IO, "signals: %s", strerror(errno));
}

femd_status gate_open(const char *folder, gate_log log, void *user, femd_gate **gate, femd_error *err) {
    femd_gate *fresh = *gate = calloc(1, sizeof *fresh);
    if (!fresh) return femd_fail(err, FEMD_NO_MEMORY, "no memory for keys");
    pthread_mutex_init(&fresh->lock, NULL);
    fresh->signal_fd = -1;
    fresh->log = log;
    fresh->user = user;
    femd_status rc = gate_read(fresh, folder, err);
    if (rc != FEMD_OK) gate_close(gate);
    return rc;
}

void gate_close(femd_gate **gate) {
    femd_gate *gone = *gate;
    if (!gone) return;
    if (gone->running) pthread_join(gone->thread, NULL);
    if (gone->signal_fd >= 0) close(gone->signal_fd);
    pthread_mutex_destroy(&gone->lock);
    femd_allowed_clear(&gone->list);
    femd_key_wipe(&gone->key);
    free(gone);
    *gate = NULL;
}

femd_status gate_guard(femd_gate *gate, void *context, void *socket, femd_error *err) {
    const int yes = 1;
    FEMD_TRY(gate_start(gate, context, err));
    if (zmq_setsockopt(socket, ZMQ_CURVE_SERVER, &yes, sizeof yes) != 0 ||
        zmq_setsockopt(socket, ZMQ_CURVE_SECRETKEY, gate->key.secret_text, FEMD_KEY_TEXT + 1) != 0 ||
        zmq_setsockopt(socket, ZMQ_ZAP_DOMAIN, DOMAIN, strlen(DOMAIN)) != 0)
        return femd_fail(err, FEMD_INTERNAL, "keys: %s", zmq_strerror(errno));
    /* where libzmq does not know it, a connection that nobody judged has no user id, and is not listened to */
    zmq_setsockopt(socket, ENFORCE_DOMAIN, &yes, sizeof yes);
    return FEMD_OK;
}

/* ---- another list ---- */

int gate_signal(const femd_gate *gate) {
    return gate->signal_fd;
}

static void gate_tell_refused(femd_gate *gate) {
    char text[256] = "";
    pthread_mutex_lock(&gate->lock);
    if (gate->refused)
        snprintf(text, sizeof text,
                 "%llu handshakes with keys that are not in the list were refused, the last from %s%s%s",
                 (unsigned long long)gate->refused, gate->from[0] ? gate->from : "this machine",
                 gate->last[0] ? " with " : "", gate->last);
    gate->refused = 0;
    pthread_mutex_unlock(&gate->lock);
    if (text[0]) gate_say(gate, FEMD_LOG_WARNING, text);
}

static int gate_is_same_file(const struct stat *one, const struct stat *other) {
    return one->st_ino == other->st_ino && one->st_dev == other->st_dev && one->st_size == other->st_size &&
           one->st_mode == other->st_mode && one->st_uid == other->st_uid &&
           one->st_ctim.tv_sec == other->st_ctim.tv_sec && one->st_ctim.tv_nsec == other->st_ctim.tv_nsec;
}

static int gate_read_again(femd_gate *gate) {
    femd_allowed fresh;
    femd_error err = FEMD_ERROR_INIT;
    char text[1200];
    if (femd_allowed_read(gate->path, &fresh, &gate->about, &err) != FEMD_OK) {
        snprintf(text, sizeof text, "the list of keys stays as it was: %s", err.text);
        gate_say(gate, FEMD_LOG_ERROR, text);
        return 0;
    }
    pthread_mutex_lock(&gate->lock);
    const femd_allowed old = gate->list;
    gate->list = fresh;
    pthread_mutex_unlock(&gate->lock);
    femd_allowed_clear(&(femd_allowed){old.one, old.n});
    snprintf(text, sizeof text, "the list of keys is read again: %zu keys", fresh.n);
    gate_say(gate, FEMD_LOG_INFO, text);
    return 1;
}

int gate_look(femd_gate *gate, double now) {
    struct signalfd_siginfo info;
    const int asked = read(gate->signal_fd, &info, sizeof info) == (ssize_t)sizeof info;
    if (!asked && now < gate->next_look) return 0;
    gate->next_look = now + LOOK_PERIOD;
    gate_tell_refused(gate);
    struct stat about;
    if (stat(gate->path, &about) != 0) memset(&about, 0, sizeof about);
    if (!asked && gate_is_same_file(&about, &gate->about)) return 0;
    gate->about = about; /* said once, if it cannot be read */
    return gate_read_again(gate);
}

int gate_knows(const femd_gate *gate, const char *public_text, femd_identity *who) {
    const femd_allowed_one *one = femd_allowed_find(&gate->list, public_text);
    memset(who, 0, sizeof *who);
    if (!one) return 0;
    who->role = one->role;
    memcpy(who->name, one->name, strlen(one->name));
    return zmq_z85_decode(who->key.b, one->public_text) != NULL;
}
