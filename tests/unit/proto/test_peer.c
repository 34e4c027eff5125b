/* The peer against a server of a few lines: registration, re-registration, loss. Every wait is bounded. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

#include <cmocka.h>

#include "femd/clock.h"
#include "femd/evaluate.h"
#include "femd/peer.h"

/* ---- a server that welcomes, echoes, forgets or refuses ---- */

typedef struct server {
    char address[64];
    pthread_t thread;
    atomic_int stop, forget, refuse, deaf, eager, hellos, frames, ready, step;
    atomic_int version; /* of the protocol, in what it answers to a hello; 0: as it should be */
} server;

static void reply(void *router, const uint8_t *route, int route_size, const femd_buffer *b) {
    zmq_send(router, route, (size_t)route_size, ZMQ_SNDMORE);
    zmq_send(router, b->data, b->size, 0);
}

static void on_hello(server *s, void *router, const uint8_t *route, int n) {
    femd_buffer b = FEMD_BUFFER_INIT;
    femd_error no = FEMD_ERROR_INIT;
    femd_welcome w = {.peer = 7, .level = "x86-64-v3", .credits = 2, .frame_max = 4096, .batch_max = 16};
    w.times.silence = 0.5; /* what peers go by that were told nothing else */
    s->hellos++;
    if (s->refuse) {
        femd_fail(&no, FEMD_REFUSED, "wrong level");
        assert_int_equal(femd_error_encode(&b, 0, &no, NULL), FEMD_OK);
    } else {
        assert_int_equal(femd_welcome_encode(&b, &w, NULL), FEMD_OK);
    }
    if (s->version) b.data[4] = (uint8_t)s->version;
    if (!s->deaf) reply(router, route, n, &b);
    if (s->eager) {
        const femd_pulse pulse = {.workers = 3};
        assert_int_equal(femd_pulse_encode(&b, &pulse, NULL), FEMD_OK);
        reply(router, route, n, &b);
    }
    femd_buffer_clear(&b);
}

static void *serve(void *user) {
    server *s = user;
    void *context = zmq_ctx_new(), *router = zmq_socket(context, ZMQ_ROUTER);
    static const int linger = 0;
    zmq_setsockopt(router, ZMQ_LINGER, &linger, sizeof linger);
    size_t size = sizeof s->address;
    for (int i = 0; zmq_bind(router, s->address) != 0 && i < 100; i++) zmq_poll(NULL, 0, 20);
    zmq_getsockopt(router, ZMQ_LAST_ENDPOINT, s->address, &size);
    uint8_t route[256], known[256];
    int nknown = -1;
    s->ready = 1;
    while (!s->stop) {
        zmq_pollitem_t item = {router, 0, ZMQ_POLLIN, 0};
        if (zmq_poll(&item, 1, 10) <= 0) continue;
        uint8_t data[8192];
        int n = zmq_recv(router, route, sizeof route, 0), m = zmq_recv(router, data, sizeof data, 0);
        femd_frame f;
        femd_buffer b = FEMD_BUFFER_INIT;
        if (s->forget) nknown = -1, s->forget = 0;
        if (femd_frame_decode(data, (size_t)m, &f, NULL) != FEMD_OK) continue;
        if (f.type == FEMD_MSG_HELLO) {
            femd_hello hello;
            assert_int_equal(femd_hello_decode(&f, &hello, NULL), FEMD_OK);
            s->step = (int)hello.step;
            on_hello(s, router, route, n);
            memcpy(known, route, (size_t)n);
            nknown = n;
        } else if (n != nknown || memcmp(route, known, (size_t)n) != 0) {
            assert_int_equal(femd_frame_begin(&b, FEMD_MSG_REREGISTER, 0, NULL), FEMD_OK);
            femd_frame_finish(&b, 0);
            reply(router, route, n, &b);
        } else if (f.type != FEMD_MSG_BYE) {
            s->frames++;
            b = (femd_buffer){data, (size_t)m, sizeof data};
            reply(router, route, n, &b);
            if (f.type == FEMD_MSG_ABORT) { /* the same in two parts */
                zmq_send(router, route, (size_t)n, ZMQ_SNDMORE);
                zmq_send(router, data, (size_t)m, ZMQ_SNDMORE);
                zmq_send(router, data, (size_t)m, 0);
            }
            b = (femd_buffer)FEMD_BUFFER_INIT;
        }
        femd_buffer_clear(&b);
    }
    zmq_close(router);
    zmq_ctx_term(context);
    return NULL;
}

static void start(server *s, const char *address) {
    memset(s, 0, sizeof *s);
    snprintf(s->address, sizeof s->address, "%s", address);
}
static void go(server *s) {
    assert_int_equal(pthread_create(&s->thread, NULL, serve, s), 0);
    while (!s->ready) zmq_poll(NULL, 0, 5);
}
static void stop(server *s) {
    s->stop = 1;
    pthread_join(s->thread, NULL);
}

static femd_status open_peer(const server *s, femd_peer **p, femd_error *err) {
    femd_peer_config cfg = {
        .address = s->address, .connect_timeout = 3, .hello = {.role = FEMD_ROLE_CLIENT, .run = "test"}};
    return femd_peer_open(&cfg, p, err);
}

static femd_status send_id(femd_peer *p, uint16_t type, uint64_t id) {
    femd_buffer b = FEMD_BUFFER_INIT;
    assert_int_equal(femd_frame_begin(&b, type, id, NULL), FEMD_OK);
    femd_frame_finish(&b, 0);
    femd_status rc = femd_peer_send(p, &b, 1, NULL);
    femd_buffer_clear(&b);
    return rc;
}

/* ---- tests ---- */

static void frames_go_there_and_back(void **state) {
    (void)state;
    server s;
    femd_peer *p;
    femd_frame f;
    femd_error err = FEMD_ERROR_INIT;
    start(&s, "tcp://127.0.0.1:*");
    go(&s);
    assert_int_equal(open_peer(&s, &p, &err), FEMD_OK);
    assert_int_equal(femd_peer_welcome(p)->peer, 7);
    for (uint64_t i = 0; i < 100; i++) assert_int_equal(send_id(p, FEMD_MSG_CANCEL, i), FEMD_OK);
    for (uint64_t i = 0; i < 100; i++) {
        assert_int_equal(femd_peer_recv(p, 3, &f, &err), FEMD_OK);
        assert_true(f.id == i);
    }
    assert_int_equal(femd_peer_recv(p, 0, &f, &err), FEMD_TIMEOUT);
    double t = femd_clock();
    assert_int_equal(femd_peer_recv(p, 0.2, &f, &err), FEMD_TIMEOUT);
    t = femd_clock() - t;
    assert_true(t > 0.15 && t < 2);
    assert_int_equal(s.hellos, 1);
    femd_peer_close(&p);
    assert_null(p);
    stop(&s);
}

/* A server may have something to say at once; it must not be lost with the WELCOME. */
static void a_frame_right_behind_the_welcome_arrives(void **state) {
    (void)state;
    for (int i = 0; i < 20; i++) {
        server s;
        femd_peer *p;
        femd_frame f;
        femd_error err = FEMD_ERROR_INIT;
        start(&s, "tcp://127.0.0.1:*");
        s.eager = 1;
        go(&s);
        assert_int_equal(open_peer(&s, &p, &err), FEMD_OK);
        assert_int_equal(femd_peer_recv(p, 3, &f, &err), FEMD_OK);
        assert_int_equal(f.type, FEMD_MSG_PULSE);
        femd_peer_close(&p);
        stop(&s);
    }
}

/* A HELLO that is not answered is said again, until the time is up. */
static void a_server_that_does_not_answer_is_asked_again(void **state) {
    (void)state;
    server s;
    femd_peer *p;
    femd_error err = FEMD_ERROR_INIT;
    start(&s, "tcp://127.0.0.1:*");
    s.deaf = 1;
    go(&s);
    femd_peer_config cfg = {.address = s.address, .connect_timeout = 1.5, .hello = {.role = FEMD_ROLE_CLIENT}};
    assert_int_equal(femd_peer_open(&cfg, &p, &err), FEMD_TIMEOUT);
    assert_int_equal(s.hellos, 2);
    stop(&s);
}

static void a_frame_larger_than_the_welcome_allows_is_refused(void **state) {
    (void)state;
    server s;
    femd_peer *p;
    femd_error err = FEMD_ERROR_INIT;
    femd_buffer b = FEMD_BUFFER_INIT;
    start(&s, "tcp://127.0.0.1:*");
    go(&s);
    assert_int_equal(open_peer(&s, &p, &err), FEMD_OK);
    assert_int_equal(femd_buffer_reserve(&b, 5000, NULL), FEMD_OK);
    memset(b.data, 0, 5000);
    b.size = 5000;
    assert_int_equal(femd_peer_send(p, &b, 1, &err), FEMD_LIMIT);
    femd_buffer_clear(&b);
    femd_peer_close(&p);
    stop(&s);
}

static void no_server_is_said_at_once_or_after_the_wait(void **state) {
    (void)state;
    femd_peer *p = NULL;
    femd_error err = FEMD_ERROR_INIT;
    femd_peer_config cfg = {.address = "tcp://127.0.0.1:9", .connect_timeout = 5, .hello = {.role = FEMD_ROLE_CLIENT}};
    double t = femd_clock();
    assert_int_equal(femd_peer_open(&cfg, &p, &err), FEMD_DISCONNECTED);
    assert_true(femd_clock() - t < 3);
    assert_non_null(strstr(err.text, "tcp://127.0.0.1:9"));
    assert_null(p);
    cfg.first_connect_waits = 1;
    cfg.connect_timeout = 0.4;
    t = femd_clock();
    assert_int_equal(femd_peer_open(&cfg, &p, &err), FEMD_TIMEOUT);
    t = femd_clock() - t;
    assert_true(t > 0.35 && t < 3);
    cfg.address = "nowhere";
    assert_int_equal(femd_peer_open(&cfg, &p, &err), FEMD_BAD_INPUT);
    assert_non_null(strstr(err.text, "nowhere"));
}

static void a_refusal_comes_with_the_servers_words(void **state) {
    (void)state;
    server s;
    femd_peer *p;
    femd_error err = FEMD_ERROR_INIT;
    start(&s, "tcp://127.0.0.1:*");
    s.refuse = 1;
    go(&s);
    assert_int_equal(open_peer(&s, &p, &err), FEMD_REFUSED);
    assert_non_null(strstr(err.text, "wrong level"));
    stop(&s);
}

/* Whether it welcomes or refuses: the words name both versions and the address, and the programs are to be exchanged.
 */
static void a_server_of_another_version_is_named(void **state) {
    (void)state;
    for (int refuses = 0; refuses < 2; refuses++) {
        server s;
        femd_error err = FEMD_ERROR_INIT;
        femd_peer *p = NULL;
        start(&s, "tcp://127.0.0.1:*");
        s.version = FEMD_PROTOCOL_VERSION + 1;
        s.refuse = refuses;
        go(&s);
        assert_int_equal(open_peer(&s, &p, &err), FEMD_REFUSED);
        assert_non_null(strstr(err.text, s.address));
        assert_non_null(strstr(err.text, "version 4 of the protocol, this program version 3"));
        femd_peer_close(&p);
        stop(&s);
    }
}

/* The server forgets: the peer says hello anew, the caller is told once, and then frames pass again. */
static void a_forgotten_peer_registers_anew(void **state) {
    (void)state;
    server s;
    femd_peer *p;
    femd_frame f;
    femd_error err = FEMD_ERROR_INIT;
    start(&s, "tcp://127.0.0.1:*");
    go(&s);
    assert_int_equal(open_peer(&s, &p, &err), FEMD_OK);
    s.forget = 1;
    for (int i = 0; i < 3; i++) assert_int_equal(send_id(p, FEMD_MSG_CANCEL, 1), FEMD_OK);
    assert_int_equal(femd_peer_recv(p, 3, &f, &err), FEMD_REREGISTER);
    assert_int_equal(s.hellos, 2);
    assert_int_equal(send_id(p, FEMD_MSG_CANCEL, 2), FEMD_OK);
    assert_int_equal(femd_peer_recv(p, 3, &f, &err), FEMD_OK);
    assert_true(f.id == 2);
    assert_int_equal(femd_peer_recv(p, 0.1, &f, &err), FEMD_TIMEOUT);
    femd_peer_close(&p);
    stop(&s);
}

/* What was committed since is not given up because a connection was lost. */
static void it_goes_back_to_a_step_once(void **state) {
    (void)state;
    server s;
    femd_peer *p;
    femd_frame f;
    femd_error err = FEMD_ERROR_INIT;
    start(&s, "tcp://127.0.0.1:*");
    go(&s);
    const femd_peer_config cfg = {
        .address = s.address, .connect_timeout = 3, .hello = {.role = FEMD_ROLE_CLIENT, .run = "test", .step = 3}};
    assert_int_equal(femd_peer_open(&cfg, &p, &err), FEMD_OK);
    assert_int_equal(s.step, 3);
    s.forget = 1;
    assert_int_equal(send_id(p, FEMD_MSG_CANCEL, 1), FEMD_OK);
    assert_int_equal(femd_peer_recv(p, 3, &f, &err), FEMD_REREGISTER);
    assert_int_equal(s.hellos, 2);
    assert_int_equal(s.step, 0);
    femd_peer_close(&p);
    stop(&s);
}

/* Another server at the same address: nothing meant for the old one reaches it. */
static void a_restarted_server_gets_nothing_old(void **state) {
    (void)state;
    server s, t;
    femd_peer *p;
    femd_frame f;
    femd_error err = FEMD_ERROR_INIT;
    start(&s, "tcp://127.0.0.1:*");
    go(&s);
    assert_int_equal(open_peer(&s, &p, &err), FEMD_OK);
    stop(&s);
    start(&t, s.address);
    t.deaf = 1; /* the first HELLO is heard but not answered: a long time between two registrations */
    go(&t);
    femd_status rc;
    double end = femd_clock() + 5;
    while (!t.hellos && femd_clock() < end) {
        assert_int_equal(femd_peer_recv(p, 0.01, &f, &err), FEMD_TIMEOUT);
        assert_int_equal(send_id(p, FEMD_MSG_CANCEL, 1), FEMD_OK);
    }
    for (int i = 0; i < 10; i++) assert_int_equal(send_id(p, FEMD_MSG_CANCEL, 1), FEMD_OK);
    t.deaf = 0;
    while ((rc = femd_peer_recv(p, 0.01, &f, &err)) == FEMD_TIMEOUT && femd_clock() < end)
        assert_int_equal(send_id(p, FEMD_MSG_CANCEL, 1), FEMD_OK);
    assert_int_equal(rc, FEMD_REREGISTER);
    assert_int_equal(t.frames, 0);
    assert_int_equal(send_id(p, FEMD_MSG_CANCEL, 2), FEMD_OK);
    assert_int_equal(femd_peer_recv(p, 3, &f, &err), FEMD_OK);
    assert_true(f.id == 2);
    femd_peer_close(&p);
    stop(&t);
}

/* Send again and again for so long, or until the count changes. */
static void send_for(femd_peer *p, double seconds, atomic_int *count) {
    femd_buffer frame = FEMD_BUFFER_INIT;
    const int before = *count;
    const double end = femd_clock() + seconds;
    assert_int_equal(femd_frame_begin(&frame, FEMD_MSG_CANCEL, 1, NULL), FEMD_OK);
    femd_frame_finish(&frame, 0);
    while (*count == before && femd_clock() < end) {
        const femd_status rc = femd_peer_send(p, &frame, 0.02, NULL);
        assert_true(rc == FEMD_OK || rc == FEMD_TIMEOUT);
        zmq_poll(NULL, 0, 2);
    }
    femd_buffer_clear(&frame);
}

/* Who only sends, as a worker whose engine does not come back, is registered again once, and then when it looks. */
static void who_only_sends_is_not_registered_for_ever(void **state) {
    (void)state;
    server s[3];
    femd_peer *p;
    femd_frame f;
    femd_error err = FEMD_ERROR_INIT;
    char address[sizeof s[0].address];
    start(&s[0], "tcp://127.0.0.1:*");
    go(&s[0]);
    memcpy(address, s[0].address, sizeof address);
    const femd_peer_config cfg = {
        .address = address, .connect_timeout = 3, .silence = 10, .hello = {.role = FEMD_ROLE_WORKER}};
    assert_int_equal(femd_peer_open(&cfg, &p, &err), FEMD_OK);
    for (int i = 1; i < 3; i++) {
        stop(&s[i - 1]);
        send_for(p, 0.2, &s[i - 1].stop); /* it is noticed that the old one has gone */
        start(&s[i], address);
        go(&s[i]);
        send_for(p, i == 1 ? 5 : 1, &s[i].hellos);
        assert_int_equal(s[i].hellos, i == 1);
    }
    assert_int_equal(femd_peer_recv(p, 3, &f, &err), FEMD_REREGISTER);
    assert_int_equal(s[2].hellos, 1);
    assert_int_equal(s[2].frames, 0);
    femd_peer_close(&p);
    stop(&s[2]);
}

static void a_lost_server_is_noticed_by_receiver_and_sender(void **state) {
    (void)state;
    server s;
    femd_peer *p;
    femd_frame f;
    femd_error err = FEMD_ERROR_INIT;
    start(&s, "tcp://127.0.0.1:*");
    go(&s);
    assert_int_equal(open_peer(&s, &p, &err), FEMD_OK);
    stop(&s);
    double t = femd_clock();
    assert_int_equal(femd_peer_recv(p, 8, &f, &err), FEMD_DISCONNECTED);
    t = femd_clock() - t;
    assert_true(t > 0.4 && t < 3);
    assert_non_null(strstr(err.text, "is gone"));
    assert_int_equal(send_id(p, FEMD_MSG_CANCEL, 1), FEMD_DISCONNECTED);
    femd_peer_close(&p);
}

static void a_message_of_two_parts_is_refused(void **state) {
    (void)state;
    server s;
    femd_peer *p;
    femd_frame f;
    femd_error err = FEMD_ERROR_INIT;
    start(&s, "tcp://127.0.0.1:*");
    go(&s);
    assert_int_equal(open_peer(&s, &p, &err), FEMD_OK);
    assert_int_equal(send_id(p, FEMD_MSG_ABORT, 1), FEMD_OK);
    assert_int_equal(femd_peer_recv(p, 3, &f, &err), FEMD_OK);
    assert_int_equal(femd_peer_recv(p, 3, &f, &err), FEMD_PROTOCOL);
    assert_int_equal(send_id(p, FEMD_MSG_CANCEL, 2), FEMD_OK);
    assert_int_equal(femd_peer_recv(p, 3, &f, &err), FEMD_OK);
    assert_true(f.id == 2);
    femd_peer_close(&p);
    stop(&s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frames_go_there_and_back),
        cmocka_unit_test(a_frame_right_behind_the_welcome_arrives),
        cmocka_unit_test(a_server_that_does_not_answer_is_asked_again),
        cmocka_unit_test(a_frame_larger_than_the_welcome_allows_is_refused),
        cmocka_unit_test(no_server_is_said_at_once_or_after_the_wait),
        cmocka_unit_test(a_refusal_comes_with_the_servers_words),
        cmocka_unit_test(a_forgotten_peer_registers_anew),
        cmocka_unit_test(it_goes_back_to_a_step_once),
        cmocka_unit_test(a_server_of_another_version_is_named),
        cmocka_unit_test(a_restarted_server_gets_nothing_old),
        cmocka_unit_test(who_only_sends_is_not_registered_for_ever),
        cmocka_unit_test(a_lost_server_is_noticed_by_receiver_and_sender),
        cmocka_unit_test(a_message_of_two_parts_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
