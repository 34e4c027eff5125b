/* What happens to evaluations: sharing among workers and runs, joins and reuse, batches, limits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "evaluation_checks.h"

static void two_workers_share_a_batch(void **state) {
    (void)state;
    rig g;
    uint64_t client, w[2];
    femd_request r[40];
    rig_init(&g, NULL);
    rig_pool(&g, &client, w);
    for (uint32_t i = 0; i < 40; i++) r[i] = rig_request(i, 1e-3 * (i + 1), NULL);
    rig_evaluate(&g, client, 9, r, 40);
    uint32_t a = 0, b = 0, n;
    femd_task tasks[256];
    do { /* one message each in turn, as two equally quick workers would */
        n = rig_tasks(&g, w[0], tasks, NULL);
        if (n) rig_answer(&g, w[0], tasks, n);
        a += n;
        n = rig_tasks(&g, w[1], tasks, NULL);
        if (n) rig_answer(&g, w[1], tasks, n);
        b += n;
    } while (n);
    a += rig_work(&g, w[0]);
    assert_int_equal(a + b, 40);
    assert_true(a >= 15 && b >= 15);
    check_answers(&g, client, r, 40, 9);
    femd_core_totals t;
    femd_core_sum(g.core, &t);
    assert_int_equal(t.open_batches, 0);
    rig_clear(&g);
}

static void no_worker_gets_more_than_its_credits(void **state) {
    (void)state;
    rig g;
    uint64_t client, w[2];
    femd_request r[40];
    rig_init(&g, NULL);
    rig_pool(&g, &client, w);
    for (uint32_t i = 0; i < 40; i++) r[i] = rig_request(i, 1e-3 * (i + 1), NULL);
    rig_evaluate(&g, client, 9, r, 40);
    assert_int_equal(rig_count(&g, w[0], FEMD_MSG_TASK), 2);
    assert_int_equal(rig_count(&g, w[1], FEMD_MSG_TASK), 2);
    rig_clear(&g);
}

static void cheap_points_travel_together_and_dear_ones_alone(void **state) {
    (void)state;
    rig g;
    uint64_t client, w[2];
    femd_request r[64];
    femd_task tasks[256];
    rig_init(&g, NULL);
    rig_pool(&g, &client, w);
    r[0] = rig_request(0, 1, NULL);
    rig_evaluate(&g, client, 1, r, 1);
    assert_int_equal(rig_work(&g, w[0]) + rig_work(&g, w[1]), 1); /* 1 ms each: five a message */
    for (uint32_t i = 0; i < 64; i++) r[i] = rig_request(i, 2 + i, NULL);
    rig_evaluate(&g, client, 2, r, 64);
    assert_int_equal(rig_tasks(&g, w[0], tasks, NULL), 5);
    rig_clear(&g);
}

static void equal_requests_are_evaluated_once(void **state) {
    (void)state;
    rig g;
    uint64_t client, w[2];
    rig_init(&g, NULL);
    rig_pool(&g, &client, w);
    uint64_t other = rig_client(&g, "plate", 0, 1);
    femd_request r = rig_request(3, 0.01, NULL), q = rig_request(8, 0.01, NULL);
    rig_result got[4];
    rig_evaluate(&g, client, 1, &r, 1);
    rig_evaluate(&g, other, 1, &q, 1); /* while the first is open */
    assert_int_equal(rig_work(&g, w[0]) + rig_work(&g, w[1]), 1);
    assert_int_equal(rig_results(&g, client, got, 4), 1);
    uint32_t flags = got[0].flags;
    assert_int_equal(rig_results(&g, other, got, 4), 1);
    assert_int_equal(flags + got[0].flags, FEMD_RESULT_REUSED);
    rig_evaluate(&g, other, 2, &r, 1); /* and after it is done */
    assert_int_equal(rig_results(&g, other, got, 4), 1);
    assert_int_equal(got[0].flags, FEMD_RESULT_REUSED);
    assert_int_equal(count(&g)->evaluations, 1);
    assert_int_equal(count(&g)->reused, 2);
    r.flags = FEMD_REQUEST_PRIVATE; /* own result asked for */
    rig_evaluate(&g, other, 3, &r, 1);
    assert_int_equal(rig_work(&g, w[0]) + rig_work(&g, w[1]), 1);
    rig_clear(&g);
}

static void the_last_points_of_a_batch_are_divided(void **state) {
    (void)state;
    rig g;
    uint64_t client, w[2];
    femd_task t[256];
    femd_request r[20];
    femd_response cheap;
    rig_result got[4];
    rig_init(&g, NULL);
    rig_pool(&g, &client, w);
    r[0] = rig_request(0, 1, NULL);
    rig_evaluate(&g, client, 1, r, 1);
    uint64_t v = rig_count(&g, w[0], FEMD_MSG_TASK) ? w[0] : w[1];
    assert_int_equal(rig_tasks(&g, v, t, NULL), 1);
    rig_answer_of(&r[0], &cheap);
    cheap.work.wall = 1e-5; /* 500 of these would fill a message */
    rig_answer_with(&g, v, t, &cheap);
    assert_int_equal(rig_results(&g, client, got, 4), 1);
    for (uint32_t i = 0; i < 20; i++) r[i] = rig_request(i, 2 + i, NULL);
    rig_evaluate(&g, client, 2, r, 20);
    for (int i = 0; i < 2; i++) assert_in_range(rig_tasks(&g, w[i], t, NULL) + rig_tasks(&g, w[i], t, NULL), 6, 12);
    rig_clear(&g);
}

static void a_material_without_states_ignores_them(void **state) {
    (void)state;
    rig g;
    uint64_t client, w[2];
    femd_hash some = {{4}};
    rig_init(&g, NULL);
    g.inputs = FEMD_INPUT_TEMPERATURE;
    rig_pool(&g, &client, w);
    femd_request r = rig_request(0, 0.01, &some);
    rig_evaluate(&g, client, 1, &r, 1);
    assert_int_equal(rig_work(&g, w[0]) + rig_work(&g, w[1]), 1);
    rig_clear(&g);
}

/* The worker would say so of an engine with states; where they have no effect it never sees this one. */
static void a_material_without_states_refuses_one_of_another(void **state) {
    (void)state;
    rig g;
    uint64_t client, w[2];
    rig_result got[2];
    femd_response first;
    rig_init(&g, NULL);
    rig_pool(&g, &client, w);
    femd_request r = rig_request(0, 0.01, NULL);
    rig_evaluate(&g, client, 1, &r, 1);
    assert_int_equal(rig_work(&g, w[0]) + rig_work(&g, w[1]), 1);
    assert_int_equal(rig_results(&g, client, got, 2), 1);
    rig_answer_of(&r, &first);
    assert_false(femd_hash_is_zero(&first.state_out));
    const femd_pack pack = {.json = "{\"engine\":\"elastic\",\"other\":1}", .nfiles = 0};
    g.pack.size = 0;
    assert_int_equal(femd_pack_encode(&pack, &g.pack, NULL), FEMD_OK);
    femd_pack_id(g.pack.data, g.pack.size, &g.material);
    g.inputs = FEMD_INPUT_TEMPERATURE;
    rig_register(&g, client);
    for (int i = 0; i < 2; i++) rig_open(&g, w[i], FEMD_OK);
    for (int known = 0; known < 2; known++) { /* also where the answer without a state is known */
        r = rig_request(0, 0.02, &first.state_out);
        rig_evaluate(&g, client, 2, &r, 1);
        assert_int_equal(rig_work(&g, w[0]) + rig_work(&g, w[1]), 0);
        assert_int_equal(rig_results(&g, client, got, 2), 1);
        assert_int_equal(got[0].response.status, FEMD_PROTOCOL);
        r = rig_request(0, 0.02, NULL);
        rig_evaluate(&g, client, 3, &r, 1);
        assert_int_equal(rig_work(&g, w[0]) + rig_work(&g, w[1]), !known);
        assert_int_equal(rig_results(&g, client, got, 2), 1);
        assert_int_equal(got[0].response.status, FEMD_OK);
    }
    rig_clear(&g);
}

static void inputs_without_effect_do_not_separate_requests(void **state) {
    (void)state;
    rig g;
    uint64_t client, w[2];
    rig_init(&g, NULL);
    g.inputs = FEMD_INPUT_STATE;
    rig_pool(&g, &client, w);
    femd_request r[2] = {rig_request(0, 0.01, NULL), rig_request(1, 0.01, NULL)};
    r[1].temperature = 400;
    r[1].seed = 12;
    rig_evaluate(&g, client, 1, r, 2);
    assert_int_equal(rig_work(&g, w[0]) + rig_work(&g, w[1]), 1);
    rig_clear(&g);
}

static void a_batch_sent_again_is_answered_without_new_work(void **state) {
    (void)state;
    rig g;
    uint64_t client, w[2];
    rig_result got[16];
    femd_request r[6];
    femd_core_config c = {.message_points = 1};
    rig_init(&g, &c);
    rig_pool(&g, &client, w);
    for (uint32_t i = 0; i < 6; i++) r[i] = rig_request(i, 1 + i, NULL);
    rig_evaluate(&g, client, 1, r, 6);
    femd_task t[256];
    assert_int_equal(rig_tasks(&g, w[0], t, NULL), 1);
    rig_answer(&g, w[0], t, 1);
    rig_evaluate(&g, client, 1, r, 6);
    rig_work(&g, w[0]);
    rig_work(&g, w[1]);
    rig_work(&g, w[0]);
    assert_int_equal(count(&g)->evaluations, 6);
    assert_int_equal(rig_results(&g, client, got, 16), 7); /* the one before, and all six */
    rig_evaluate(&g, client, 1, r, 6);                     /* and again when it was complete */
    assert_int_equal(rig_results(&g, client, got, 16), 6);
    assert_int_equal(count(&g)->evaluations, 6);
    rig_clear(&g);
}

static void cancelled_points_are_not_sent(void **state) {
    (void)state;
    rig g;
    uint64_t client, w[2];
    femd_request r[30];
    rig_init(&g, NULL);
    rig_pool(&g, &client, w);
    for (uint32_t i = 0; i < 30; i++) r[i] = rig_request(i, 1 + i, NULL);
    rig_evaluate(&g, client, 1, r, 30);
    rig_empty(&g, client, FEMD_MSG_CANCEL, 1);
    uint32_t done = rig_work(&g, w[0]) + rig_work(&g, w[1]);
    assert_true(done <= 4 * 8);
    assert_int_equal(rig_count(&g, client, FEMD_MSG_RESULT), 0);
    femd_core_totals t;
    femd_core_sum(g.core, &t);
    assert_int_equal(t.queued + t.running + t.open_batches, 0);
    rig_clear(&g);
}

static void runs_share_the_pool_fairly(void **state) {
    (void)state;
    rig g;
    uint64_t client, w[2];
    femd_request r[300];
    rig_result got[512];
    femd_core_config c = {.message_points = 1};
    rig_init(&g, &c);
    rig_pool(&g, &client, w);
    uint64_t other = rig_client(&g, "plate", 0, 1);
    for (uint32_t i = 0; i < 300; i++) r[i] = rig_request(i, 1 + i, NULL);
    rig_evaluate(&g, client, 1, r, 300);
    for (uint32_t i = 0; i < 40; i++) r[i] = rig_request(i, 1000 + i, NULL);
    rig_evaluate(&g, other, 1, r, 40); /* comes second with little work */
    femd_task t[256];
    for (int i = 0; i < 100; i++) {
        assert_int_equal(rig_tasks(&g, w[i % 2], t, NULL), 1);
        rig_answer(&g, w[i % 2], t, 1);
    }
    assert_int_equal(rig_results(&g, other, got, 512), 40);
    assert_true(rig_results(&g, client, got, 512) >= 50);
    rig_clear(&g);
}

static void a_run_cannot_save_up_service_while_it_idles(void **state) {
    (void)state;
    rig g;
    uint64_t client, w[2];
    femd_request r[200];
    femd_task t[256];
    rig_result got[512];
    rig_init(&g, &(femd_core_config){.message_points = 1});
    rig_pool(&g, &client, w);
    uint64_t idler = rig_client(&g, "plate", 0, 1);
    for (uint32_t i = 0; i < 200; i++) r[i] = rig_request(i, 1 + i, NULL);
    rig_evaluate(&g, client, 1, r, 200);
    while (rig_work(&g, w[0]) + rig_work(&g, w[1])) continue;
    assert_int_equal(rig_results(&g, client, got, 512), 200);
    for (uint32_t i = 0; i < 100; i++) r[i] = rig_request(i, 500 + i, NULL);
    rig_evaluate(&g, idler, 1, r, 100);
    for (uint32_t i = 0; i < 100; i++) r[i] = rig_request(i, 700 + i, NULL);
    rig_evaluate(&g, client, 2, r, 100);
    for (int i = 0; i < 100; i++) {
        assert_int_equal(rig_tasks(&g, w[i % 2], t, NULL), 1);
        rig_answer(&g, w[i % 2], t, 1);
    }
    assert_in_range(rig_results(&g, client, got, 512), 40, 60);
    rig_clear(&g);
}

static void the_cache_is_bounded(void **state) {
    (void)state;
    rig g;
    uint64_t client, w[2];
    femd_request r[64];
    rig_result got[64];
    femd_core_config c = {.cache_bytes = 20000};
    femd_core_totals t;
    rig_init(&g, &c);
    rig_pool(&g, &client, w);
    for (uint32_t k = 0; k < 20; k++) {
        for (uint32_t i = 0; i < 64; i++) r[i] = rig_request(i, 1 + i + 64.0 * k, NULL);
        rig_evaluate(&g, client, k, r, 64);
        while (rig_work(&g, w[0]) + rig_work(&g, w[1])) continue;
        assert_int_equal(rig_results(&g, client, got, 64), 64);
        femd_core_sum(g.core, &t);
        assert_true(t.responses <= 20000);
    }
    rig_empty(&g, client, FEMD_MSG_ABORT, 1);
    femd_core_sum(g.core, &t);
    assert_true(t.requests + t.responses <= 20000);
    rig_clear(&g);
}

static void limits_are_told_in_words(void **state) {
    (void)state;
    rig g;
    uint64_t client, w[2];
    femd_frame f;
    femd_error said = FEMD_ERROR_INIT;
    femd_request *r = calloc(4096, sizeof *r);
    femd_core_config c = {.memory_bytes = 1 << 20, .peer_bytes = 1 << 20, .batch_max = 3000};
    rig_init(&g, &c);
    rig_pool(&g, &client, w);
    for (uint32_t i = 0; i < 4096; i++) r[i] = rig_request(i, 1 + i, NULL);
    rig_evaluate(&g, client, 1, r, 4096);
    assert_true(rig_take(&g, client, FEMD_MSG_ERROR, &f));
    assert_int_equal(f.id, 1);
    assert_int_equal(femd_error_decode(&f, &said, NULL), FEMD_OK);
    assert_int_equal(said.code, FEMD_LIMIT);
    rig_evaluate(&g, client, 2, r, 2999);
    assert_true(rig_take(&g, client, FEMD_MSG_ERROR, &f));
    assert_int_equal(femd_error_decode(&f, &said, NULL), FEMD_OK);
    assert_int_equal(said.code, FEMD_LIMIT);
    assert_non_null(strstr(said.text, "memory"));
    rig_evaluate(&g, client, 3, r, 10); /* what fits is served */
    assert_int_equal(rig_work(&g, w[0]) + rig_work(&g, w[1]), 10);
    rig_clear(&g);
    /* half of the memory is one client's at most: a batch that alone is more cannot wait for others to end */
    c.peer_bytes = 0;
    rig_init(&g, &c);
    rig_pool(&g, &client, w);
    rig_evaluate(&g, client, 1, r, 2999);
    assert_true(rig_take(&g, client, FEMD_MSG_ERROR, &f));
    assert_int_equal(femd_error_decode(&f, &said, NULL), FEMD_OK);
    assert_int_equal(said.code, FEMD_LIMIT);
    assert_non_null(strstr(said.text, "send smaller ones"));
    free(r);
    rig_clear(&g);
}

static femd_error error_about(rig *g, uint64_t client, uint64_t id) {
    femd_frame f;
    femd_error e = FEMD_ERROR_INIT;
    assert_true(rig_take(g, client, FEMD_MSG_ERROR, &f));
    assert_int_equal(f.id, id);
    assert_int_equal(femd_error_decode(&f, &e, NULL), FEMD_OK);
    return e;
}

static void an_open_batch_keeps_its_id(void **state) {
    (void)state;
    for (int ready = 0; ready < 2; ready++) { /* the material: the batch waits, or is looked up at once */
        rig g;
        rig_result got[4];
        femd_request first[2] = {rig_request(0, 1, NULL), rig_request(1, 2, NULL)}, other = rig_request(0, 3, NULL);
        rig_init(&g, NULL);
        uint64_t client = rig_client(&g, "beam", 0, 1), worker = rig_worker(&g);
        rig_register(&g, client);
        if (ready) rig_open(&g, worker, FEMD_OK);
        rig_evaluate(&g, client, 7, first, 2);
        rig_evaluate(&g, client, 7, &other, 1);
        femd_error e = error_about(&g, client, 7);
        assert_int_equal(e.code, FEMD_BAD_ARGUMENT);
        assert_non_null(strstr(e.text, "batch 7 is open with other points"));
        rig_evaluate(&g, client, 7, first, 2); /* sent again */
        assert_int_equal(rig_count(&g, client, FEMD_MSG_ERROR), 0);
        if (!ready) rig_open(&g, worker, FEMD_OK);
        assert_int_equal(rig_work(&g, worker), 2);
        assert_int_equal(rig_results(&g, client, got, 4), 2);
        rig_evaluate(&g, client, 7, &other, 1); /* it is closed: the id is free */
        assert_int_equal(rig_work(&g, worker), 1);
        assert_int_equal(rig_results(&g, client, got, 4), 1);
        rig_clear(&g);
    }
}

static void a_batch_without_points_is_refused(void **state) {
    (void)state;
    rig g;
    uint64_t client, w[2];
    rig_init(&g, NULL);
    rig_pool(&g, &client, w);
    rig_evaluate(&g, client, 9, NULL, 0);
    femd_error e = error_about(&g, client, 9);
    assert_int_equal(e.code, FEMD_BAD_ARGUMENT);
    assert_string_equal(e.text, "batch 9 has no points");
    rig_clear(&g);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_workers_share_a_batch),
        cmocka_unit_test(no_worker_gets_more_than_its_credits),
        cmocka_unit_test(cheap_points_travel_together_and_dear_ones_alone),
        cmocka_unit_test(equal_requests_are_evaluated_once),
        cmocka_unit_test(the_last_points_of_a_batch_are_divided),
        cmocka_unit_test(a_material_without_states_ignores_them),
        cmocka_unit_test(a_material_without_states_refuses_one_of_another),
        cmocka_unit_test(inputs_without_effect_do_not_separate_requests),
        cmocka_unit_test(a_batch_sent_again_is_answered_without_new_work),
        cmocka_unit_test(cancelled_points_are_not_sent),
        cmocka_unit_test(runs_share_the_pool_fairly),
        cmocka_unit_test(a_run_cannot_save_up_service_while_it_idles),
        cmocka_unit_test(the_cache_is_bounded),
        cmocka_unit_test(an_open_batch_keeps_its_id),
        cmocka_unit_test(a_batch_without_points_is_refused),
        cmocka_unit_test(limits_are_told_in_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
