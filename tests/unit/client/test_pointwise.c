/* Points from many threads. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <zmq.h>

#include <cmocka.h>

#include "femd/clock.h"
#include "femd/pointwise.h"
#include "law_server.h"

enum { THREADS = 12, EACH = 40 };

typedef struct worker {
    femd_pointwise *points;
    uint64_t first;
    int n, wrong;
    femd_status rc;
    femd_error err;
    atomic_int *started;
} worker;

static femd_request request_of(uint64_t point) {
    femd_request q = {.point = point, .wants = FEMD_WANT_STRESS | FEMD_WANT_ENERGY, .temperature = 2.0 * (double)point};
    q.value[0] = 1e-6 * (double)point;
    return q;
}

static void *ask_points(void *arg) {
    worker *w = arg;
    if (w->started) atomic_fetch_add(w->started, 1);
    for (int i = 0; i < w->n; i++) {
        const femd_request q = request_of(w->first + (uint64_t)i);
        femd_response r, expected;
        w->rc = femd_pointwise_evaluate(w->points, &material, &q, &r, &w->err);
        if (w->rc != FEMD_OK) return NULL;
        law(&q, &expected);
        w->wrong += r.point != q.point || r.energy != q.temperature || memcmp(r.S, expected.S, sizeof r.S) != 0;
    }
    return NULL;
}

static void run_threads(worker *w, int n) {
    pthread_t thread[THREADS];
    for (int i = 0; i < n; i++) assert_int_equal(pthread_create(&thread[i], NULL, ask_points, &w[i]), 0);
    for (int i = 0; i < n; i++) pthread_join(thread[i], NULL);
}

typedef struct hub {
    fake_server server;
    seen seen;
    femd_pointwise *points;
    femd_error err;
} hub;

static void hub_open(hub *h, int sweep, double mute) {
    memset(h, 0, sizeof *h);
    h->server.handle = serve_law;
    h->server.test = &h->seen;
    h->server.mute = mute;
    fake_start(&h->server);
    const femd_client_config config = {.size = sizeof config, .address = h->server.address, .run = "unit"};
    if (femd_pointwise_open(&config, sweep, &h->points, &h->err) != FEMD_OK) fail_msg("%s", h->err.text);
}

static void hub_close(hub *h) {
    femd_pointwise_close(&h->points);
    assert_null(h->points);
    fake_stop(&h->server);
}

/* Threads that live for one sweep, as CalculiX' do; each gets its own answers. */
static void threads_come_and_go(void **state) {
    (void)state;
    hub h;
    hub_open(&h, 0, 0);
    for (int round = 0; round < 4; round++) {
        worker w[THREADS];
        memset(w, 0, sizeof w);
        for (int i = 0; i < THREADS; i++)
            w[i] = (worker){.points = h.points, .first = 1000 * (uint64_t)i + 100, .n = EACH};
        run_threads(w, THREADS);
        for (int i = 0; i < THREADS; i++) {
            assert_int_equal(w[i].rc, FEMD_OK);
            assert_int_equal(w[i].wrong, 0);
        }
    }
    hub_close(&h);
}

static femd_status hold_until_all_wait(femd_client *c, void *user, femd_error *err) {
    (void)c, (void)err;
    while (atomic_load((atomic_int *)user) < THREADS) usleep(1000);
    usleep(200000);
    return FEMD_OK;
}

static void *hold(void *arg) {
    worker *w = arg;
    w->rc = femd_pointwise_call(w->points, hold_until_all_wait, w->started, &w->err);
    return NULL;
}

static void what_waits_goes_in_one_message(void **state) {
    (void)state;
    hub h;
    hub_open(&h, 0, 0);
    atomic_int started = 0;
    worker w[THREADS], holder = {.points = h.points, .started = &started};
    pthread_t thread;
    memset(w, 0, sizeof w);
    for (int i = 0; i < THREADS; i++)
        w[i] = (worker){.points = h.points, .first = 100 + (uint64_t)i, .n = 1, .started = &started};
    assert_int_equal(pthread_create(&thread, NULL, hold, &holder), 0);
    usleep(50000);
    run_threads(w, THREADS);
    pthread_join(thread, NULL);
    hub_close(&h);
    assert_int_equal(holder.rc, FEMD_OK);
    for (int i = 0; i < THREADS; i++) assert_int_equal(w[i].rc + w[i].wrong, 0);
    assert_int_equal(h.server.seen[FEMD_MSG_EVALUATE], 1);
}

static void a_point_that_fails_says_why_and_others_go_on(void **state) {
    (void)state;
    hub h;
    hub_open(&h, 0, 0);
    worker w[3] = {{.points = h.points, .first = BAD, .n = 1},
                   {.points = h.points, .first = LOST, .n = 1},
                   {.points = h.points, .first = 100, .n = EACH}};
    run_threads(w, 3);
    assert_int_equal(w[0].rc, FEMD_INSTABILITY);
    assert_non_null(strstr(w[0].err.text, "it buckles"));
    assert_int_equal(w[1].rc, FEMD_STATE_LOST);
    assert_int_equal(w[2].rc, FEMD_OK);
    femd_request q = request_of(3);
    femd_response r;
    q.value[2] = nan("");
    assert_int_equal(femd_pointwise_evaluate(h.points, &material, &q, &r, &h.err), FEMD_BAD_ARGUMENT);
    assert_non_null(strstr(h.err.text, "not finite"));
    hub_close(&h);
}

static void a_server_that_is_gone_ends_all_calls(void **state) {
    (void)state;
    hub h;
    hub_open(&h, 0, 0.5);
    worker w[3] = {{.points = h.points, .first = 100, .n = 1},
                   {.points = h.points, .first = 200, .n = 1},
                   {.points = h.points, .first = 300, .n = 1}};
    h.server.deaf = 1;
    run_threads(w, 3);
    run_threads(w, 3); /* and those that come later, at once */
    for (int i = 0; i < 3; i++) {
        assert_int_equal(w[i].rc, FEMD_DISCONNECTED);
        assert_non_null(strstr(w[i].err.text, "said nothing"));
    }
    assert_int_equal(femd_pointwise_call(h.points, hold_until_all_wait, NULL, &h.err), FEMD_DISCONNECTED);
    hub_close(&h);
}

static void *close_soon(void *arg) {
    usleep(100000);
    femd_pointwise_close(arg);
    return NULL;
}

static void closing_cancels(void **state) {
    (void)state;
    hub h;
    hub_open(&h, 0, 0);
    h.server.deaf = 1;
    pthread_t thread;
    femd_pointwise *points = h.points;
    assert_int_equal(pthread_create(&thread, NULL, close_soon, &h.points), 0);
    const femd_request q = request_of(100);
    femd_response r;
    assert_int_equal(femd_pointwise_evaluate(points, &material, &q, &r, &h.err), FEMD_CANCELLED);
    pthread_join(thread, NULL);
    hub_close(&h);
}

static void arrays_go_with_the_points(void **state) {
    (void)state;
    hub h;
    hub_open(&h, 0, 0);
    enum { N = 3 };
    double strain[6 * N] = {0}, stress[6 * N];
    int32_t status[N];
    const uint64_t points[N] = {100, BAD, 102};
    femd_status worst;
    for (int n = 0; n < N; n++) strain[6 * n] = 1e-3 * (n + 1);
    femd_arrays arrays = {.size = sizeof arrays,
                          .n = N,
                          .law = FEMD_LAW_SMALL,
                          .strain = strain,
                          .points = points,
                          .stress = stress,
                          .status = status};
    assert_int_equal(femd_pointwise_arrays(h.points, &material, &arrays, &worst, &h.err), FEMD_OK);
    assert_int_equal(worst, FEMD_INSTABILITY);
    assert_non_null(strstr(h.err.text, "it buckles"));
    for (int n = 0; n < N; n += 2)
        for (int c = 0; c < 6; c++) assert_true(fabs(stress[6 * n + c] - law_D(c, 0) * strain[6 * n]) < 1e-3);
    assert_true(isnan(stress[6]));
    arrays.size = 3;
    assert_int_equal(femd_pointwise_arrays(h.points, &material, &arrays, &worst, &h.err), FEMD_BAD_ARGUMENT);
    hub_close(&h);
}

static void points_commit_by_sweeps(void **state) {
    (void)state;
    hub h;
    hub_open(&h, 1, 0);
    femd_hash at[4] = {{{0}}}, tried[4];
    for (uint32_t increment = 1; increment < 4; increment++) {
        for (int sweeps = 0; sweeps < 3; sweeps++)
            for (uint64_t i = 0; i < 4; i++) {
                femd_request q = request_of(100 + i);
                femd_response r;
                q.step = increment;
                q.state_in = at[i];
                assert_int_equal(femd_pointwise_evaluate(h.points, &material, &q, &r, &h.err), FEMD_OK);
                tried[i] = r.state_out;
            }
        memcpy(at, tried, sizeof at);
    }
    hub_close(&h);
    assert_int_equal(h.seen.commits, 2); /* of increments 1 and 2: they are known to be accepted */
    assert_int_equal(h.seen.entries, 4);
    for (int i = 0; i < 4; i++) assert_int_equal(h.seen.entry[i].state.b[0], 2);
}

/* ---- one thread that waits for several things ---- */

typedef struct waker {
    femd_client *client;
    double after;
} waker;

static void *wake_soon(void *arg) {
    const waker *w = arg;
    usleep((unsigned)(1e6 * w->after));
    femd_client_wake(w->client);
    return NULL;
}

static void a_wait_ends_with_any_batch_or_a_wake_up(void **state) {
    (void)state;
    bench b;
    bench_open(&b);
    femd_request q[3];
    femd_response r;
    femd_batch *batch[3] = {NULL};
    size_t which;
    pthread_t thread;
    waker w = {b.client, 0.1};
    assert_int_equal(femd_client_wait_any(b.client, NULL, 0, 0, &which, &b.err), FEMD_OK);
    assert_int_equal(which, 0);
    const double begun = femd_clock();
    assert_int_equal(pthread_create(&thread, NULL, wake_soon, &w), 0);
    assert_int_equal(femd_client_wait_any(b.client, NULL, 0, 60, &which, &b.err), FEMD_OK);
    pthread_join(thread, NULL);
    assert_true(femd_clock() - begun < 20);
    b.server.deaf = 1;
    for (int i = 0; i < 3; i++) {
        q[i] = request_of(100 + (uint64_t)i);
        if (i == 1) b.server.deaf = 0;
        assert_int_equal(femd_client_submit(b.client, &material, &q[i], 1, &batch[i], &b.err), FEMD_OK);
        if (i == 1) do
                assert_int_equal(femd_client_wait_any(b.client, batch, 2, 1, &which, &b.err), FEMD_OK);
            while (which == 2);
    }
    femd_client_wake(b.client); /* before the wait */
    do assert_int_equal(femd_client_wait_any(b.client, batch + 2, 1, 5, &which, &b.err), FEMD_OK);
    while (which == 1);
    assert_int_equal(femd_client_collect(b.client, &batch[2], &r, &b.err), FEMD_OK);
    assert_true(r.point == 102);
    assert_int_equal(femd_client_wait_any(b.client, &batch[2], 1, 0, &which, &b.err), FEMD_BAD_ARGUMENT);
    for (int i = 0; i < 2; i++) femd_client_cancel(b.client, &batch[i]);
    bench_close(&b);
}

static void the_descriptor_is_readable_until_nothing_is_left(void **state) {
    (void)state;
    bench b;
    bench_open(&b);
    int fd, again, waits = 0;
    femd_request q = request_of(100);
    femd_response r;
    size_t which;
    assert_int_equal(femd_client_descriptor(b.client, &fd, &b.err), FEMD_OK);
    assert_int_equal(femd_client_descriptor(b.client, &again, &b.err), FEMD_OK);
    assert_int_equal(fd, again);
    for (int round = 0; round < 50; round++) {
        femd_batch *batch = NULL;
        assert_int_equal(femd_client_submit(b.client, &material, &q, 1, &batch, &b.err), FEMD_OK);
        if (round % 3 == 0) usleep(2000); /* the answer is there before anybody looks */
        for (which = 1; which == 1; waits++) {
            zmq_pollitem_t item = {NULL, fd, ZMQ_POLLIN, 0};
            assert_int_equal(zmq_poll(&item, 1, 5000), 1);
            assert_int_equal(femd_client_wait_any(b.client, &batch, 1, 0, &which, &b.err), FEMD_OK);
        }
        assert_int_equal(femd_client_collect(b.client, &batch, &r, &b.err), FEMD_OK);
    }
    assert_true(waits < 500); /* it rests in between */
    bench_close(&b);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(threads_come_and_go),
        cmocka_unit_test(what_waits_goes_in_one_message),
        cmocka_unit_test(a_point_that_fails_says_why_and_others_go_on),
        cmocka_unit_test(a_server_that_is_gone_ends_all_calls),
        cmocka_unit_test(closing_cancels),
        cmocka_unit_test(arrays_go_with_the_points),
        cmocka_unit_test(points_commit_by_sweeps),
        cmocka_unit_test(a_wait_ends_with_any_batch_or_a_wake_up),
        cmocka_unit_test(the_descriptor_is_readable_until_nothing_is_left),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
