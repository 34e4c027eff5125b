/* Tokens of states in a host's doubles, and commits without a hook. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "law_server.h"

/* ---- tokens ---- */

static uint64_t random_bits(uint64_t *seed) {
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return *seed >> 33;
}

static void tokens_are_whole_numbers_and_find_out_what_is_none(void **state) {
    (void)state;
    uint64_t seed = 1;
    double last[FEMD_TOKEN] = {0};
    for (int round = 0; round < 2000; round++) {
        femd_hash hash, back;
        double token[FEMD_TOKEN], other[FEMD_TOKEN];
        for (size_t i = 0; i < sizeof hash.b; i++) hash.b[i] = (uint8_t)random_bits(&seed);
        if (round == 1) memset(&hash, 255, sizeof hash);
        femd_token_from_state(&hash, token);
        for (int k = 0; k < FEMD_TOKEN; k++)
            assert_true(token[k] >= 0 && token[k] < 281474976710656.0 && token[k] == floor(token[k]));
        assert_int_equal(femd_token_to_state(token, &back, NULL), FEMD_OK);
        assert_true(femd_hash_equal(&hash, &back));
        const int at = round % FEMD_TOKEN;
        for (int kind = 0; kind < 6; kind++) {
            memcpy(other, token, sizeof other);
            if (kind == 0) other[at] += token[at] > 0 ? -1 : 1;
            if (kind == 1) other[at] = nan("");
            if (kind == 2) other[at] = -other[at] - 1;
            if (kind == 3) other[at] += 0.5 + 281474976710656.0 * (round & 1);
            for (int k = 0; k < FEMD_TOKEN && kind == 4; k++) other[k] = floor(0.5 * (token[k] + last[k]));
            for (int k = 0; k < FEMD_TOKEN && kind == 5; k++) other[k] = (double)(float)token[k];
            if (kind == 5 && memcmp(other, token, sizeof other) == 0) continue;
            if (kind == 4 && round == 0) continue;
            assert_int_equal(femd_token_to_state(other, &back, NULL), FEMD_BAD_INPUT);
        }
        memcpy(last, token, sizeof last);
    }
    const femd_hash virgin = {{0}};
    femd_hash back = {{1}};
    double token[FEMD_TOKEN];
    femd_token_from_state(&virgin, token);
    for (int k = 0; k < FEMD_TOKEN; k++) assert_true(token[k] == 0);
    assert_int_equal(femd_token_to_state(token, &back, NULL), FEMD_OK);
    assert_true(femd_hash_is_zero(&back));
}

/* A host's storage: three numbers of its own, then the token. */
static void tokens_lie_in_the_hosts_own_storage(void **state) {
    (void)state;
    bench b;
    bench_open(&b);
    enum { N = 3, STRIDE = 9 };
    double F[9 * N], before[STRIDE * N] = {0}, after[STRIDE * N], P[9 * N];
    int32_t status[N];
    for (int n = 0; n < N; n++) memcpy(F + 9 * n, some_F, sizeof some_F);
    for (int k = 0; k < STRIDE * N; k++) after[k] = -7;
    const femd_arrays arrays = {.size = sizeof arrays,
                                .n = N,
                                .F = F,
                                .stress = P,
                                .status = status,
                                .first_point = 100,
                                .token_in = before + 3,
                                .token_out = after + 3,
                                .token_stride = STRIDE};
    for (int round = 1; round < 4; round++) {
        assert_int_equal(bench_ask(&b, &arrays), FEMD_OK);
        for (int n = 0; n < N; n++) {
            femd_hash now;
            for (int k = 0; k < 3; k++) assert_true(after[STRIDE * n + k] == -7);
            assert_int_equal(femd_token_to_state(after + STRIDE * n + 3, &now, NULL), FEMD_OK);
            assert_int_equal(now.b[0], round);
            assert_int_equal(now.b[31], 100 + n);
        }
        memcpy(before, after, sizeof before);
    }
    assert_int_equal(femd_tokens_commit(b.client, 3, NULL, 100, after + 3, STRIDE, N, &b.err), FEMD_OK);
    bench_close(&b);
    assert_int_equal(b.seen.commits, 1);
    assert_int_equal(b.seen.entries, N);
    assert_true(b.seen.entry[2].point == 102 && b.seen.entry[2].state.b[31] == 102);
}

/* ---- commit without a hook ---- */

static void sweep(bench *b, uint64_t increment, uint64_t first, size_t n, int generation) {
    uint64_t points[8];
    femd_hash states[8];
    for (size_t i = 0; i < n; i++) {
        points[i] = first + i;
        memset(&states[i], generation, sizeof states[i]);
    }
    if (femd_client_sweep(b->client, increment, points, states, n, &b->err) != FEMD_OK) fail_msg("%s", b->err.text);
}

static void the_second_sweep_commits_what_the_first_has_named(void **state) {
    (void)state;
    bench b;
    bench_open(&b);
    for (int k = 0; k < 3; k++) { /* two elements, three iterations: virgin states, nothing to commit */
        sweep(&b, 1, 0, 2, 0);
        sweep(&b, 1, 2, 2, 0);
    }
    assert_int_equal(b.seen.commits, 0);
    sweep(&b, 2, 0, 2, 5);
    sweep(&b, 2, 0, 2,
          5); /* an element that asks twice: the other has not yet named its states, which a commit would lose */
    assert_int_equal(b.seen.commits, 0);
    sweep(&b, 2, 2, 2, 5);
    assert_int_equal(b.seen.commits, 0); /* should this increment take one sweep, its own states are to stay */
    for (int k = 0; k < 3; k++) {        /* iterations, or the same increment once more after a cut */
        sweep(&b, 2, 0, 2, 5);
        sweep(&b, 2, 2, 2, 5);
    }
    assert_int_equal(b.seen.commits, 1);
    assert_int_equal(b.seen.entries, 4);
    assert_int_equal(b.seen.step, 1);
    for (int i = 0; i < 4; i++) assert_int_equal(b.seen.entry[i].state.b[9], 5);
    sweep(&b, 3, 0, 4, 6); /* converged at once */
    sweep(&b, 4, 0, 4, 7);
    assert_int_equal(b.seen.commits, 1);
    sweep(&b, 4, 0, 4, 7);
    assert_int_equal(b.seen.commits, 2);
    assert_int_equal(b.seen.step, 2);
    assert_int_equal(b.seen.entry[0].state.b[9], 7);
    /* an element is removed: it is waited for during one increment */
    for (int k = 0; k < 2; k++) sweep(&b, 5, 0, 2, 8);
    assert_int_equal(b.seen.commits, 2);
    for (int k = 0; k < 2; k++) sweep(&b, 6, 0, 2, 9);
    assert_int_equal(b.seen.commits, 3);
    assert_int_equal(b.seen.entries, 2);
    const uint64_t point = 0;
    femd_hash wrong = {{3}};
    assert_int_equal(femd_client_sweep(b.client, 6, &point, &wrong, 1, &b.err), FEMD_BAD_ARGUMENT);
    assert_non_null(strstr(b.err.text, "another state"));
    const uint64_t twice[2] = {4, 4};
    const femd_hash two[2] = {{{5}}, {{6}}};
    assert_int_equal(femd_client_sweep(b.client, 7, twice, two, 2, &b.err), FEMD_BAD_ARGUMENT);
    assert_non_null(strstr(b.err.text, "point 4 begins increment 7 with another state"));
    bench_close(&b);
}

/* Whichever place in a call the point has that comes for the second time. */
static void a_second_sweep_is_seen_at_any_point(void **state) {
    (void)state;
    const uint64_t points[2] = {7, 1};
    femd_hash states[2] = {{{0}}, {{0}}};
    bench b;
    bench_open(&b);
    sweep(&b, 1, 0, 2, 0);
    sweep(&b, 2, 0, 2, 5);
    memset(&states[1], 5, sizeof states[1]);
    assert_int_equal(femd_client_sweep(b.client, 2, points, states, 2, &b.err), FEMD_OK); /* an element that is new */
    assert_int_equal(b.seen.commits, 1);
    assert_int_equal(b.seen.entries, 2);
    assert_int_equal(femd_client_sweep(NULL, 2, points, states, 2, &b.err), FEMD_BAD_ARGUMENT);
    assert_int_equal(femd_client_sweep(b.client, 2, NULL, states, 2, &b.err), FEMD_BAD_ARGUMENT);
    assert_int_equal(femd_client_sweep(b.client, 2, points, NULL, 2, &b.err), FEMD_BAD_ARGUMENT);
    bench_close(&b);
}

/* Alone it may pause; the other ranks of a run would wait for its commit for ever. */
static void a_rank_without_points_in_an_increment_is_told(void **state) {
    (void)state;
    for (uint32_t ranks = 1; ranks < 4; ranks++) {
        bench b;
        bench_open(&b);
        femd_client_close(&b.client);
        const femd_client_config two = {.size = sizeof two, .address = b.server.address, .run = "many", .ranks = ranks};
        assert_int_equal(femd_client_open(&two, &b.client, &b.err), FEMD_OK);
        assert_int_equal(femd_client_sweep(b.client, 1, NULL, NULL, 0, &b.err), FEMD_OK);
        const uint64_t point = 7;
        const femd_hash virgin = {{0}};
        femd_status rc = femd_client_sweep(b.client, 2, &point, &virgin, 1, &b.err);
        assert_int_equal(rc, ranks > 1 ? FEMD_BAD_ARGUMENT : FEMD_OK); /* it had none in the first */
        femd_client_close(&b.client);
        assert_int_equal(femd_client_open(&two, &b.client, &b.err), FEMD_OK);
        for (uint64_t increment = 1; increment < 3; increment++)
            for (int iteration = 0; iteration < 2; iteration++)
                assert_int_equal(femd_client_sweep(b.client, increment, &point, &virgin, 1, &b.err), FEMD_OK);
        assert_int_equal(b.seen.commits, ranks > 1); /* for others wait for it, of virgin states too */
        assert_int_equal(femd_client_sweep(b.client, 3, NULL, NULL, 0, &b.err), FEMD_OK);
        rc = femd_client_sweep(b.client, 4, &point, &virgin, 1, &b.err);
        assert_int_equal(rc, ranks > 1 ? FEMD_BAD_ARGUMENT : FEMD_OK);
        if (ranks > 1) assert_non_null(strstr(b.err.text, "this rank has named no point in the increment before: of "));
        bench_close(&b);
    }
}

static void many_points_are_found_again(void **state) {
    (void)state;
    bench b;
    bench_open(&b);
    enum { N = 5000 };
    static uint64_t points[N];
    static femd_hash states[N];
    for (size_t i = 0; i < N; i++) points[i] = i * 0x10000u + 1; /* numbers with holes */
    for (int increment = 1; increment < 4; increment++) {
        memset(states, increment, sizeof states);
        for (int k = 0; k < 2; k++)
            assert_int_equal(femd_client_sweep(b.client, (uint64_t)increment, points, states, N, &b.err), FEMD_OK);
    }
    assert_int_equal(b.seen.commits, 2);
    assert_int_equal(b.seen.entries, N);
    bench_close(&b);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tokens_are_whole_numbers_and_find_out_what_is_none),
        cmocka_unit_test(tokens_lie_in_the_hosts_own_storage),
        cmocka_unit_test(the_second_sweep_commits_what_the_first_has_named),
        cmocka_unit_test(a_second_sweep_is_seen_at_any_point),
        cmocka_unit_test(a_rank_without_points_in_an_increment_is_told),
        cmocka_unit_test(many_points_are_found_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
