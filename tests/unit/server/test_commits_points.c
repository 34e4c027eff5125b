/* A commit names points: those get their new states, the others keep theirs, two generations of each. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "femd/hash.h"
#include "rig.h"

enum { POINTS = 4, BLOB = 48 };

typedef struct run { /* one client, one worker, and the states of its points */
    rig g;
    uint64_t client, worker, batches;
    femd_request last[256]; /* what every state so far was made by */
    uint32_t made;
    femd_hash state[POINTS];
} run;

static uint64_t held_bytes(const run *r) {
    femd_core_totals t;
    femd_core_sum(r->g.core, &t);
    return t.states;
}

/* Evaluate the points whose bits are set from their present states; their new ones are in r->state. */
static void evaluate(run *r, unsigned points, double strain) {
    femd_request q[POINTS];
    rig_result got[POINTS];
    uint32_t n = 0;
    for (uint32_t i = 0; i < POINTS; i++) {
        if (!(points & 1u << i)) continue;
        femd_response answer;
        q[n] = rig_request(i, strain + 1e-3 * i, &r->state[i]);
        rig_answer_of(&q[n], &answer);
        r->state[i] = answer.state_out;
        r->last[r->made++] = q[n++];
    }
    rig_evaluate(&r->g, r->client, ++r->batches, q, n);
    assert_int_equal(rig_work(&r->g, r->worker), n);
    assert_int_equal(rig_results(&r->g, r->client, got, POINTS), n);
    for (uint32_t i = 0; i < n; i++) assert_int_equal(got[i].response.status, FEMD_OK);
}

static void send_commit(run *r, unsigned points, uint32_t step) {
    rig *g = &r->g;
    uint32_t n = 0;
    assert_int_equal(femd_commit_begin(&g->scratch, ++r->batches, step, NULL), FEMD_OK);
    for (uint32_t i = 0; i < POINTS; i++) {
        if (!(points & 1u << i)) continue;
        assert_int_equal(femd_commit_add(&g->scratch, &(femd_commit_entry){i, r->state[i]}, NULL), FEMD_OK);
        n++;
    }
    femd_frame_finish(&g->scratch, n);
    rig_deliver(g, r->client, &g->scratch);
    rig_give_states(g, r->worker, r->last, r->made);
}

static void commit(run *r, unsigned points, uint32_t step) {
    femd_frame f;
    send_commit(r, points, step);
    assert_true(rig_take(&r->g, r->client, FEMD_MSG_COMMITTED, &f));
}

static void assert_refused(run *r, femd_status code, const char *words) {
    femd_frame f;
    femd_error e = FEMD_ERROR_INIT;
    assert_true(rig_take(&r->g, r->client, FEMD_MSG_ERROR, &f));
    assert_int_equal(femd_error_decode(&f, &e, NULL), FEMD_OK);
    assert_int_equal(e.code, code);
    if (!strstr(e.text, words)) fail_msg("\"%s\" does not say \"%s\"", e.text, words);
}

static void begin(run *r, const femd_core_config *config) {
    memset(r, 0, sizeof *r);
    rig_init(&r->g, config);
    r->client = rig_client(&r->g, "beam", 0, 1);
    r->worker = rig_worker(&r->g);
    rig_register(&r->g, r->client);
    rig_open(&r->g, r->worker, FEMD_OK);
}

static void points_that_are_not_named_keep_their_states(void **state) {
    (void)state;
    run r;
    begin(&r, NULL);
    evaluate(&r, 15, 0.01);
    commit(&r, 15, 1);
    for (uint32_t step = 2; step < 8; step++) {
        evaluate(&r, 1, 0.01 * step);
        commit(&r, 1, step);
        assert_int_equal(held_bytes(&r), (POINTS - 1 + 2) * BLOB);
    }
    rig_vanish(&r.g, r.worker); /* what is left is what the server kept */
    r.worker = rig_worker(&r.g);
    rig_open(&r.g, r.worker, FEMD_OK);
    evaluate(&r, 15, 0.3);
    assert_int_equal(femd_core_count(r.g.core)->remade, 0);
    commit(&r, 14, 8);
    assert_int_equal(held_bytes(&r), 2 * POINTS * BLOB);
    rig_empty(&r.g, r.client, FEMD_MSG_BYE, 0);
    rig_wait(&r.g, 1);
    assert_int_equal(held_bytes(&r), 0);
    rig_clear(&r.g);
}

static void a_point_can_go_back_to_the_virgin_state(void **state) {
    (void)state;
    run r;
    begin(&r, NULL);
    evaluate(&r, 3, 0.01);
    commit(&r, 3, 1);
    assert_int_equal(held_bytes(&r), 2 * BLOB);
    r.state[0] = (femd_hash){{0}};
    commit(&r, 1, 2); /* its old state is the generation before */
    assert_int_equal(held_bytes(&r), 2 * BLOB);
    commit(&r, 1, 3);
    assert_int_equal(held_bytes(&r), BLOB);
    rig_clear(&r.g);
}

static void a_point_is_named_once(void **state) {
    (void)state;
    run r;
    begin(&r, NULL);
    evaluate(&r, 1, 0.01);
    femd_commit_entry entry = {0, r.state[0]};
    assert_int_equal(femd_commit_begin(&r.g.scratch, 900, 1, NULL), FEMD_OK);
    for (int i = 0; i < 2; i++) assert_int_equal(femd_commit_add(&r.g.scratch, &entry, NULL), FEMD_OK);
    femd_frame_finish(&r.g.scratch, 2);
    rig_deliver(&r.g, r.client, &r.g.scratch);
    assert_refused(&r, FEMD_BAD_ARGUMENT, "point 0 stands twice");
    commit(&r, 1, 1);
    rig_clear(&r.g);
}

static void steps_do_not_fall(void **state) {
    (void)state;
    run r;
    begin(&r, NULL);
    evaluate(&r, 3, 0.01);
    commit(&r, 3, 5);
    evaluate(&r, 12, 0.01);
    commit(&r, 12, 5); /* the same step may be told in parts */
    send_commit(&r, 15, 4);
    assert_refused(&r, FEMD_BAD_ARGUMENT, "commits step 4 after step 5");
    assert_int_equal(held_bytes(&r), POINTS * BLOB);
    commit(&r, 15, 6);
    rig_clear(&r.g);
}

static void who_goes_on_from_a_step_drops_the_later_ones(void **state) {
    (void)state;
    run r;
    femd_hash first[POINTS];
    begin(&r, NULL);
    evaluate(&r, 15, 0.01);
    memcpy(first, r.state, sizeof first);
    commit(&r, 15, 1);
    evaluate(&r, 7, 0.02);
    commit(&r, 7, 2);
    assert_int_equal(held_bytes(&r), (POINTS + 3) * BLOB);
    rig_vanish(&r.g, r.client);
    r.client = rig_client_from(&r.g, "beam", 0, 1, 1);
    assert_int_equal(held_bytes(&r), POINTS * BLOB);
    memcpy(r.state, first, sizeof first);
    send_commit(&r, 15, 0);
    assert_refused(&r, FEMD_BAD_ARGUMENT, "commits step 0 after step 1");
    evaluate(&r, 15, 0.03);
    assert_int_equal(femd_core_count(r.g.core)->remade, 0);
    commit(&r, 15, 2);
    rig_clear(&r.g);
}

static void states_that_were_given_stay_if_a_commit_names_them(void **state) {
    (void)state;
    run r;
    femd_buffer b = FEMD_BUFFER_INIT;
    begin(&r, NULL);
    assert_int_equal(femd_frame_begin(&b, FEMD_MSG_STATE, 11, NULL), FEMD_OK);
    for (uint32_t i = 0; i < POINTS; i++) {
        uint8_t blob[64];
        femd_request q = rig_request(i, 0.1 * i, NULL);
        femd_state_entry entry = {{{0}}, {blob, rig_blob_of(&q, blob)}};
        femd_hash_domain("state", blob, BLOB, &r.state[i]);
        entry.hash = r.state[i];
        assert_int_equal(femd_state_add(&b, &entry, NULL), FEMD_OK);
    }
    femd_frame_finish(&b, POINTS);
    rig_deliver(&r.g, r.client, &b);
    femd_buffer_clear(&b);
    assert_int_equal(held_bytes(&r), POINTS * BLOB);
    rig_empty(&r.g, r.client, FEMD_MSG_ABORT, 1);
    assert_int_equal(held_bytes(&r), POINTS * BLOB);
    commit(&r, 7, 3);
    assert_int_equal(held_bytes(&r), 3 * BLOB);
    for (uint32_t step = 4; step < 7; step++) {
        evaluate(&r, 1, 0.01 * step);
        commit(&r, 1, step);
    }
    assert_int_equal(held_bytes(&r), 4 * BLOB);
    rig_clear(&r.g);
}

/* Results that are neither committed nor given up are kept; their client is told before memory ends. */
static void a_client_that_never_commits_is_told(void **state) {
    (void)state;
    static run r;
    begin(&r, &(femd_core_config){.memory_bytes = 1 << 20, .cache_bytes = 1 << 10});
    femd_request q[POINTS];
    rig_result got[POINTS];
    uint64_t batch = 0;
    while (rig_count(&r.g, r.client, FEMD_MSG_ERROR) == 0) {
        for (uint32_t i = 0; i < POINTS; i++) q[i] = rig_request(i, (double)++r.batches, NULL);
        rig_evaluate(&r.g, r.client, ++batch, q, POINTS);
        rig_work(&r.g, r.worker);
        rig_results(&r.g, r.client, got, POINTS);
        assert_true(batch < 10000);
    }
    assert_true(batch > 50);
    assert_refused(&r, FEMD_LIMIT, "results that this run has had since its last COMMIT or ABORT: send one");
    assert_int_equal(femd_core_health(r.g.core), FEMD_OK);
    rig_empty(&r.g, r.client, FEMD_MSG_ABORT, 1);
    r.batches = batch;
    evaluate(&r, 15, 0.5);
    rig_clear(&r.g);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(points_that_are_not_named_keep_their_states),
        cmocka_unit_test(a_point_can_go_back_to_the_virgin_state),
        cmocka_unit_test(a_point_is_named_once),
        cmocka_unit_test(steps_do_not_fall),
        cmocka_unit_test(who_goes_on_from_a_step_drops_the_later_ones),
        cmocka_unit_test(states_that_were_given_stay_if_a_commit_names_them),
        cmocka_unit_test(a_client_that_never_commits_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
