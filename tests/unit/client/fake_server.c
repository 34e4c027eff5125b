/* See fake_server.h. */
#include "fake_server.h"

#include <assert.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zmq.h>

#include <cmocka.h>

#define OK(expr) assert_int_equal((expr), FEMD_OK)
#define MUST(expr)                                                                                                     \
    do {                                                                                                               \
        if (!(expr)) abort();                                                                                          \
    } while (0) /* in the server's thread */

void fake_send(fake_server *s) {
    MUST(zmq_send(s->socket, s->route, s->route_size, ZMQ_SNDMORE) >= 0);
    MUST(zmq_send(s->socket, s->out.data, s->out.size, 0) >= 0);
}

void fake_send_bare(fake_server *s, uint16_t type, uint64_t id) {
    MUST(femd_frame_begin(&s->out, type, id, NULL) == FEMD_OK);
    femd_frame_finish(&s->out, 0);
    fake_send(s);
}

void fake_result_add(fake_server *s, uint32_t index, const femd_request *q, uint32_t flags) {
    uint8_t bytes[FEMD_RESPONSE_BYTES_MAX];
    femd_response r = {.status = FEMD_OK, .provided = FEMD_WANT_ENERGY, .J = 1, .energy = 2.0 * (double)q->point};
    memset(r.state_out.b, (int)(q->point & 0xff), sizeof r.state_out.b);
    const size_t n = femd_response_encode(&r, bytes);
    femd_result e = {.index = index, .flags = flags, .response = {bytes, n}};
    memset(e.key.b, 7, sizeof e.key.b);
    MUST(femd_result_add(&s->out, &e, NULL) == FEMD_OK);
}

void fake_answer(fake_server *s, const femd_frame *f) {
    static femd_request q[FEMD_BATCH_MAX];
    femd_hash material;
    femd_reader rd;
    MUST(femd_evaluate_open(f, &material, &rd, NULL) == FEMD_OK);
    for (uint32_t i = 0; i < f->count; i++) MUST(femd_evaluate_next(&rd, &q[i], NULL) == 1);
    MUST(femd_frame_begin(&s->out, FEMD_MSG_RESULT, f->id, NULL) == FEMD_OK);
    for (uint32_t i = f->count; i-- > 0;) fake_result_add(s, i, &q[i], 0);
    femd_frame_finish(&s->out, f->count);
    fake_send(s);
}

static void welcome(fake_server *s) {
    femd_welcome w = {.peer = 1,
                      .level = "baseline",
                      .frame_max = s->frame_max ? s->frame_max : FEMD_FRAME_MAX,
                      .batch_max = s->batch_max ? s->batch_max : FEMD_BATCH_MAX};
    w.times.mute = s->mute;
    w.times.silence = 5;
    MUST(femd_welcome_encode(&s->out, &w, NULL) == FEMD_OK);
    fake_send(s);
}

static void receive(fake_server *s) {
    zmq_msg_t m;
    int n = zmq_recv(s->socket, s->route, sizeof s->route, ZMQ_DONTWAIT);
    if (n < 0) return;
    s->route_size = (size_t)n;
    zmq_msg_init(&m);
    MUST(zmq_msg_recv(&m, s->socket, 0) >= 0);
    femd_frame f;
    MUST(femd_frame_decode(zmq_msg_data(&m), zmq_msg_size(&m), &f, NULL) == FEMD_OK);
    if (!s->deaf) {
        s->seen[f.type & 63]++;
        if (f.type == FEMD_MSG_HELLO) {
            s->hellos++;
            welcome(s);
        } else if (s->handle) {
            s->handle(s, &f);
        }
    }
    zmq_msg_close(&m);
}

static void *serve(void *arg) {
    fake_server *s = arg;
    zmq_pollitem_t item = {s->socket, 0, ZMQ_POLLIN, 0};
    while (!atomic_load(&s->stop)) {
        if (zmq_poll(&item, 1, 20) > 0)
            receive(s);
        else if (s->idle && !s->deaf)
            s->idle(s);
    }
    while (zmq_poll(&item, 1, 50) > 0) receive(s); /* a client's last words */
    return NULL;
}

void fake_start(fake_server *s) {
    snprintf(s->folder, sizeof s->folder, "/tmp/femd-unit-XXXXXX");
    assert_non_null(mkdtemp(s->folder));
    snprintf(s->address, sizeof s->address, "ipc://%s/socket", s->folder);
    s->context = zmq_ctx_new();
    s->socket = zmq_socket(s->context, ZMQ_ROUTER);
    int zero = 0;
    zmq_setsockopt(s->socket, ZMQ_LINGER, &zero, sizeof zero);
    assert_int_equal(zmq_bind(s->socket, s->address), 0);
    assert_int_equal(pthread_create(&s->thread, NULL, serve, s), 0);
}

void fake_stop(fake_server *s) {
    char path[96];
    if (!s->context) return;
    atomic_store(&s->stop, 1);
    pthread_join(s->thread, NULL);
    zmq_close(s->socket);
    zmq_ctx_term(s->context);
    s->context = NULL;
    femd_buffer_clear(&s->out);
    snprintf(path, sizeof path, "%s/socket", s->folder);
    unlink(path);
    rmdir(s->folder);
}

femd_client *fake_client(const fake_server *s) {
    femd_client *c = NULL;
    femd_error err = FEMD_ERROR_INIT;
    const femd_client_config cfg = {.size = sizeof cfg, .address = s->address, .run = "unit"};
    if (femd_client_open(&cfg, &c, &err) != FEMD_OK) fail_msg("%s", err.text);
    return c;
}

void fake_requests(femd_request *q, size_t n, uint64_t first) {
    memset(q, 0, n * sizeof *q);
    for (size_t i = 0; i < n; i++) {
        q[i].point = first + i;
        q[i].wants = FEMD_WANT_ENERGY;
    }
}

void fake_check(const femd_response *r, size_t n, uint64_t first) {
    for (size_t i = 0; i < n; i++) {
        assert_true(r[i].point == first + i);
        assert_int_equal(r[i].status, FEMD_OK);
        assert_true(r[i].energy == 2.0 * (double)(first + i));
        assert_int_equal(r[i].key.b[5], 7);
        assert_int_equal(r[i].state_out.b[0], (first + i) & 0xff);
    }
}
