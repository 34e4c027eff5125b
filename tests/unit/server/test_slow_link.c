/* The real program over a slow link, and a client that is busy with other things. A proxy in this process lets through
 * 20 Mbit/s each way; heartbeats have to get through beside what is long. */
#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "femd/clock.h"
#include "femd/evaluate.h"
#include "femd/hash.h"
#include "femd/peer.h"

#define OK(expr) assert_int_equal((expr), FEMD_OK)
enum { RATE = 20000000 / 8 /* bytes/s */, BLOB = 20 << 20, SLICE = 16384 };

static pid_t server;
static char address[256];

static int start_server(void **state) {
    (void)state;
    int ready[2];
    char fd[16];
    if (pipe(ready) != 0) return -1;
    snprintf(fd, sizeof fd, "%d", ready[1]);
    server = fork();
    if (server == 0) {
        close(ready[0]);
        execl(FEMD_SERVER_PROGRAM, "femd-server", "--bind", "tcp://127.0.0.1:*", "--quiet", "--die-with-parent",
              "--ready-fd", fd, "--heartbeat", "1.5", (char *)NULL);
        _exit(99);
    }
    close(ready[1]);
    struct pollfd waiting = {ready[0], POLLIN, 0};
    if (poll(&waiting, 1, 10000) <= 0) return -1;
    const ssize_t got = read(ready[0], address, sizeof address - 1);
    close(ready[0]);
    if (got <= 0) return -1;
    address[got] = '\0';
    address[strcspn(address, "\n")] = '\0';
    return 0;
}

static int end_server(void **state) {
    int status = -1;
    (void)state;
    kill(server, SIGTERM);
    return waitpid(server, &status, 0) == server && status == 0 ? 0 : -1;
}

/* ---- the proxy ---- */

typedef struct proxy {
    int listener, port;
    pthread_t thread;
    atomic_int stop, accepted;
} proxy;

static int connect_to(int port) {
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    const int fd = socket(AF_INET, SOCK_STREAM, 0), small = 65536;
    at.sin_port = htons((uint16_t)port);
    setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    return connect(fd, (struct sockaddr *)&at, sizeof at) == 0 ? fd : -1;
}

/* Pass on what there is, at most what the time since allows. 0 when an end has closed. */
static int pass_on(int from, int to, double *due) {
    char bytes[SLICE];
    const double now = femd_clock();
    if (now < *due) return 1;
    const ssize_t got = recv(from, bytes, sizeof bytes, MSG_DONTWAIT);
    if (got == 0) return 0;
    if (got < 0) return 1;
    for (ssize_t sent = 0, n; sent < got; sent += n)
        if ((n = send(to, bytes + sent, (size_t)(got - sent), MSG_NOSIGNAL)) <= 0) return 0;
    *due = (*due > now - 0.05 ? *due : now) + (double)got / RATE;
    return 1;
}

static void *run_proxy(void *user) {
    proxy *p = user;
    while (!p->stop) {
        struct pollfd coming = {p->listener, POLLIN, 0};
        if (poll(&coming, 1, 50) <= 0) continue;
        const int client = accept(p->listener, NULL, NULL), far = connect_to(atoi(strrchr(address, ':') + 1));
        double due[2] = {0, 0};
        p->accepted++;
        while (client >= 0 && far >= 0 && !p->stop) {
            if (!pass_on(client, far, &due[0]) || !pass_on(far, client, &due[1])) break;
            usleep(1000);
        }
        close(client);
        close(far);
    }
    return NULL;
}

static void start_proxy(proxy *p, char *at, size_t size) {
    struct sockaddr_in any = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t length = sizeof any;
    const int small = 65536;
    memset(p, 0, sizeof *p);
    p->listener = socket(AF_INET, SOCK_STREAM, 0);
    setsockopt(p->listener, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    assert_int_equal(bind(p->listener, (struct sockaddr *)&any, sizeof any), 0);
    assert_int_equal(listen(p->listener, 4), 0);
    assert_int_equal(getsockname(p->listener, (struct sockaddr *)&any, &length), 0);
    snprintf(at, size, "tcp://127.0.0.1:%d", ntohs(any.sin_port));
    assert_int_equal(pthread_create(&p->thread, NULL, run_proxy, p), 0);
}

static void stop_proxy(proxy *p) {
    p->stop = 1;
    pthread_join(p->thread, NULL);
    close(p->listener);
}

/* ---- a client ---- */

static femd_peer *open_peer(const char *at, const char *run) {
    femd_peer *peer;
    femd_error err = FEMD_ERROR_INIT;
    femd_peer_config config = {
        .address = at, .connect_timeout = 5, .hello = {.role = FEMD_ROLE_CLIENT, .ranks = 1, .host = "here"}};
    snprintf(config.hello.run, sizeof config.hello.run, "%s", run);
    if (femd_peer_open(&config, &peer, &err) != FEMD_OK) fail_msg("%s", err.text);
    return peer;
}

/* A frame of that type within so many seconds; the connection must not be lost meanwhile. */
static femd_frame await(femd_peer *peer, unsigned type, double seconds) {
    femd_frame frame = {0};
    femd_error err = FEMD_ERROR_INIT;
    for (const double end = femd_clock() + seconds; femd_clock() < end;) {
        const femd_status rc = femd_peer_recv(peer, 0.5, &frame, &err);
        if (rc == FEMD_OK && frame.type == type) return frame;
        if (rc != FEMD_OK && rc != FEMD_TIMEOUT) fail_msg("%s: %s", femd_status_name(rc), err.text);
    }
    fail_msg("nothing came within %g s", seconds);
    return frame;
}

static void send_state(femd_peer *peer, const void *blob, size_t size, femd_hash *name) {
    femd_buffer frame = FEMD_BUFFER_INIT;
    femd_state_entry entry = {.blob = {blob, size}};
    femd_hash_domain("state", blob, size, &entry.hash);
    *name = entry.hash;
    OK(femd_frame_begin(&frame, FEMD_MSG_STATE, 1, NULL));
    OK(femd_state_add(&frame, &entry, NULL));
    femd_frame_finish(&frame, 1);
    OK(femd_peer_send(peer, &frame, 10, NULL));
    femd_buffer_clear(&frame);
}

static void ask_state(femd_peer *peer, const femd_hash *name, uint64_t id) {
    femd_buffer frame = FEMD_BUFFER_INIT;
    OK(femd_frame_begin(&frame, FEMD_MSG_STATE_GET, id, NULL));
    OK(femd_hash_add(&frame, name, NULL));
    femd_frame_finish(&frame, 1);
    OK(femd_peer_send(peer, &frame, 10, NULL));
    femd_buffer_clear(&frame);
}

/* 20 MiB at 20 Mbit/s each way: 8.4 s, five times as long as the heartbeat, on one connection. */
static void what_takes_longer_than_a_heartbeat_arrives(void **state) {
    (void)state;
    proxy p;
    char at[64];
    femd_hash name;
    unsigned char *blob = malloc(BLOB);
    assert_non_null(blob);
    for (size_t i = 0; i < BLOB; i++) blob[i] = (unsigned char)(i * 2654435761u >> 11);
    start_proxy(&p, at, sizeof at);
    femd_peer *peer = open_peer(at, "far");
    const double begun = femd_clock();
    send_state(peer, blob, BLOB, &name);
    (void)await(peer, FEMD_MSG_STATE_STORED, 60);
    assert_true(femd_clock() - begun > 0.8 * BLOB / RATE); /* the link was slow indeed */
    ask_state(peer, &name, 2);
    const femd_frame frame = await(peer, FEMD_MSG_STATE, 60);
    assert_int_equal(frame.body.size, BLOB + 40);
    assert_memory_equal((const char *)frame.body.data + 40, blob, BLOB);
    assert_int_equal(p.accepted, 1);
    femd_peer_close(&peer);
    stop_proxy(&p);
    free(blob);
}

/* 3,000 answers pile up while it looks at none of them for longer than any heartbeat: it is not taken for dead. */
static void who_does_not_read_is_not_gone(void **state) {
    (void)state;
    enum { QUESTIONS = 3000 };
    static const char blob[300] = "a state"; /* all of them fit on the wire: it is the mark that would stop them */
    femd_hash name;
    femd_peer *peer = open_peer(address, "busy");
    send_state(peer, blob, sizeof blob, &name);
    (void)await(peer, FEMD_MSG_STATE_STORED, 10);
    for (uint64_t id = 1; id <= QUESTIONS; id++) ask_state(peer, &name, id);
    usleep(5500000);
    for (uint64_t id = 1; id <= QUESTIONS; id++) assert_int_equal(await(peer, FEMD_MSG_STATE, 10).id, id);
    femd_peer_close(&peer);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(who_does_not_read_is_not_gone, start_server, end_server),
        cmocka_unit_test_setup_teardown(what_takes_longer_than_a_heartbeat_arrives, start_server, end_server),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
