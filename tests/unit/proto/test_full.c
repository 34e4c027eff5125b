/* A server that takes connections in and closes them without a word, as one does whose descriptors have ended: it is
 * borne with until it has room, and is not taken for one of other keys. */
#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <zmq.h>

#include <cmocka.h>

#include "femd/clock.h"
#include "femd/control.h"
#include "femd/peer.h"

typedef struct full {
    char address[128];
    int listener, greets;
    double opens; /* s after which there is room; 0: never */
    pthread_t thread;
    atomic_int stop, turned_away;
} full;

static void welcome_one(full *s) {
    void *context = zmq_ctx_new(), *router = zmq_socket(context, ZMQ_ROUTER);
    static const int linger = 0;
    uint8_t route[256], data[4096];
    femd_buffer b = FEMD_BUFFER_INIT;
    femd_welcome w = {.peer = 7, .level = "x86-64-v3", .credits = 2, .frame_max = 4096, .batch_max = 16};
    zmq_setsockopt(router, ZMQ_LINGER, &linger, sizeof linger);
    assert_int_equal(zmq_bind(router, s->address), 0);
    assert_int_equal(femd_welcome_encode(&b, &w, NULL), FEMD_OK);
    while (!s->stop) {
        zmq_pollitem_t item = {router, 0, ZMQ_POLLIN, 0};
        if (zmq_poll(&item, 1, 20) <= 0) continue;
        const int n = zmq_recv(router, route, sizeof route, 0);
        zmq_recv(router, data, sizeof data, 0);
        zmq_send(router, route, (size_t)n, ZMQ_SNDMORE);
        zmq_send(router, b.data, b.size, 0);
    }
    femd_buffer_clear(&b);
    zmq_close(router);
    zmq_ctx_term(context);
}

static void *turn_away(void *user) {
    static const uint8_t signature[10] = {0xFF, [9] = 0x7F};
    full *s = user;
    const double since = femd_clock();
    while (!s->stop && (s->opens == 0 || femd_clock() - since < s->opens)) {
        struct pollfd wait = {s->listener, POLLIN, 0};
        if (poll(&wait, 1, 20) <= 0) continue;
        const int fd = accept(s->listener, NULL, NULL);
        if (s->greets) (void)!send(fd, signature, sizeof signature, MSG_NOSIGNAL);
        if (s->greets) usleep(1000);
        close(fd);
        s->turned_away++;
    }
    close(s->listener);
    if (!s->stop) welcome_one(s);
    return NULL;
}

static void start(full *s, int local, int greets, double opens) {
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    struct sockaddr_un path = {.sun_family = AF_UNIX};
    socklen_t length = sizeof at;
    const int yes = 1;
    *s = (full){.greets = greets, .opens = opens};
    s->listener = socket(local ? AF_UNIX : AF_INET, SOCK_STREAM, 0);
    setsockopt(s->listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (local) {
        snprintf(path.sun_path, sizeof path.sun_path, "/tmp/femd-full-%d", (int)getpid());
        snprintf(s->address, sizeof s->address, "ipc://%s", path.sun_path);
        unlink(path.sun_path);
        assert_int_equal(bind(s->listener, (struct sockaddr *)&path, sizeof path), 0);
    } else {
        assert_int_equal(bind(s->listener, (struct sockaddr *)&at, sizeof at), 0);
        getsockname(s->listener, (struct sockaddr *)&at, &length);
        snprintf(s->address, sizeof s->address, "tcp://127.0.0.1:%d", ntohs(at.sin_port));
    }
    assert_int_equal(listen(s->listener, 16), 0);
    pthread_create(&s->thread, NULL, turn_away, s);
}

static femd_status open_peer(const full *s, double seconds, femd_error *err) {
    femd_peer *peer = NULL;
    const femd_peer_config config = {.address = s->address,
                                     .connect_timeout = seconds,
                                     .first_connect_waits = 1,
                                     .hello = {.role = FEMD_ROLE_CLIENT, .run = "r", .ranks = 1, .host = "here"}};
    const femd_status rc = femd_peer_open(&config, &peer, err);
    femd_peer_close(&peer);
    return rc;
}

static void finish(full *s) {
    s->stop = 1;
    pthread_join(s->thread, NULL);
    if (strncmp(s->address, "ipc://", 6) == 0) unlink(s->address + 6);
}

static void a_server_without_room_is_called_that(void **state) {
    (void)state;
    for (int local = 0; local < 2; local++) {
        full s;
        femd_error err = FEMD_ERROR_INIT;
        start(&s, local, 0, 0);
        assert_int_equal(open_peer(&s, 3, &err), FEMD_TIMEOUT);
        if (!strstr(err.text, "takes no more connections")) fail_msg("%s", err.text);
        assert_true(s.turned_away > 4);
        finish(&s);
    }
}

static void one_that_greets_and_hangs_up_is_refused_at_once(void **state) {
    (void)state;
    full s;
    femd_error err = FEMD_ERROR_INIT;
    start(&s, 0, 1, 0);
    const double since = femd_clock();
    assert_int_equal(open_peer(&s, 20, &err), FEMD_REFUSED);
    assert_true(femd_clock() - since < 8);
    if (!strstr(err.text, "hangs up")) fail_msg("%s", err.text);
    finish(&s);
}

static void it_is_joined_when_it_has_room_again(void **state) {
    (void)state;
    full s;
    femd_error err = FEMD_ERROR_INIT;
    start(&s, 0, 0, 2.5);
    if (open_peer(&s, 10, &err) != FEMD_OK) fail_msg("%s", err.text);
    assert_true(s.turned_away >= 4);
    finish(&s);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_server_without_room_is_called_that),
                                       cmocka_unit_test(one_that_greets_and_hangs_up_is_refused_at_once),
                                       cmocka_unit_test(it_is_joined_when_it_has_room_again)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
