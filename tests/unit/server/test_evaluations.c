/* What happens to evaluations: sharing among workers, joins and reuse, deaths, retries, double answers, limits. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "rig.h"

static const femd_core_counters *count(const rig *g) {
    return femd_core_count(g->core);
}

static void check_answers(rig *g, uint64_t client, const femd_request *r, uint32_t n, uint64_t batch) {
    rig_result got[64];
    int seen[64] = {0};
    assert_int_equal(rig_results(g, client, got, 64), n);
    for (uint32_t i = 0; i < n; i++) {
        femd_response want;
        assert_int_equal(got[i].batch, batch);
        assert_false(seen[got[i].index]++);
        rig_answer_of(&r[got[i].index], &want);
        assert_int_equal(got[i].response.status, FEMD_OK);
        assert_memory_equal(got[i].response.S, want.S, sizeof want.S);
    }
}

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

static void tasks_of_a_dead_worker_go_to_another(void **state) {
    (void)state;
    rig g;
    uint64_t client, w[2];
    femd_request r[20];
    femd_task tasks[256];
    rig_init(&g, NULL);
    rig_pool(&g, &client, w);
    for (uint32_t i = 0; i < 20; i++) r[i] = rig_request(i, 1e-3 * (i + 1), NULL);
    rig_evaluate(&g, client, 4, r, 20);
    assert_true(rig_tasks(&g, w[0], tasks, NULL) > 0);
    rig_start(&g, w[0], &tasks[0]);
    rig_vanish(&g, w[0]);
    assert_true(count(&g)->requeued >= 2);
    assert_int_equal(rig_work(&g, w[1]), 20);
    check_answers(&g, client, r, 20, 4);
    rig_clear(&g);
}

static void a_task_that_ends_three_workers_is_poison(void **state) {
    (void)state;
    rig g;
    uint64_t client, w[2];
    femd_task tasks[256];
    rig_result got[4];
    femd_request r = rig_request(5, 0.5, NULL), healthy = rig_request(6, 0.1, NULL);
    rig_init(&g, NULL);
    client = rig_client(&g, "beam", 0, 1);
    rig_register(&g, client);
    for (int i = 0; i < 3; i++) {
        w[0] = rig_worker(&g);
        rig_open(&g, w[0], FEMD_OK);
        if (i == 0) rig_evaluate(&g, client, 1, &r, 1);
        assert_int_equal(rig_tasks(&g, w[0], tasks, NULL), 1);
        rig_start(&g, w[0], &tasks[0]);
        assert_int_equal(rig_count(&g, client, FEMD_MSG_RESULT), 0);
        rig_vanish(&g, w[0]);
    }
    assert_int_equal(rig_results(&g, client, got, 4), 1);
    assert_int_equal(got[0].response.status, FEMD_POISON);
    assert_int_equal(count(&g)->poison, 1);
    w[1] = rig_worker(&g);
    rig_open(&g, w[1], FEMD_OK);
    rig_evaluate(&g, client, 2, &r, 1); /* asked again: answered without another death */
    assert_int_equal(rig_results(&g, client, got, 4), 1);
    assert_int_equal(got[0].response.status, FEMD_POISON);
    rig_evaluate(&g, client, 3, &healthy, 1); /* and the pool lives on */
    assert_int_equal(rig_work(&g, w[1]), 1);
    rig_clear(&g);
}

/* Cheap tasks are declared started many at a time: all of them are blamed once, but only the guilty one again. */
static void one_of_twenty_points_is_deadly(uint64_t deadly_point) {
    rig g;
    uint64_t client, w[2];
    femd_request r[20];
    femd_task tasks[256];
    rig_result got[32];
    rig_init(&g, NULL);
    rig_pool(&g, &client, w);
    r[0] = rig_request(0, 1, NULL);
    rig_evaluate(&g, client, 1, r, 1);
    assert_int_equal(rig_work(&g, w[0]) + rig_work(&g, w[1]), 1);
    assert_int_equal(rig_results(&g, client, got, 32), 1);
    rig_vanish(&g, w[1]);
    for (uint32_t i = 0; i < 20; i++) r[i] = rig_request(i, 2 + i, NULL);
    rig_evaluate(&g, client, 2, r, 20);
    uint64_t v = w[0];
    for (int death = 0; death < 3;) { /* that point ends whoever evaluates it */
        uint32_t n = rig_tasks(&g, v, tasks, NULL);
        assert_true(n > 0);
        int deadly = 0;
        for (uint32_t i = 0; i < n; i++) deadly |= tasks[i].request.point == deadly_point;
        assert_true(death == 0 || !deadly || n == 1);
        for (uint32_t i = 0; i < n; i++) rig_start(&g, v, &tasks[i]);
        if (!deadly) {
            rig_answer(&g, v, tasks, n);
            continue;
        }
        rig_vanish(&g, v);
        v = rig_worker(&g);
        rig_open(&g, v, FEMD_OK);
        death++;
    }
    rig_work(&g, v);
    uint32_t n = rig_results(&g, client, got, 32), poisoned = 0;
    assert_int_equal(n, 20);
    for (uint32_t i = 0; i < n; i++) poisoned += got[i].response.status == FEMD_POISON;
    assert_int_equal(poisoned, 1);
    rig_clear(&g);
}

static void a_suspect_is_sent_alone(void **state) {
    (void)state;
    for (uint64_t point = 0; point < 20; point++) one_of_twenty_points_is_deadly(point);
}

/* STARTED may be lost with a worker that ends at once: what it had is tried alone, and blamed for what then happens. */
static void deaths_before_the_start(int deaths, int poison) {
    rig g;
    femd_request r[2] = {rig_request(5, 0.5, NULL), rig_request(6, 0.6, NULL)};
    rig_result got[4];
    rig_init(&g, NULL);
    uint64_t client = rig_client(&g, "beam", 0, 1), w;
    rig_register(&g, client);
    rig_evaluate(&g, client, 1, r, 2);
    for (int i = 0; i < deaths; i++) {
        w = rig_worker(&g);
        rig_open(&g, w, FEMD_OK);
        assert_int_equal(rig_count(&g, w, FEMD_MSG_TASK), i == 0 ? 2 : 1); /* a suspect is all that a worker has */
        rig_vanish(&g, w);
    }
    w = rig_worker(&g);
    rig_open(&g, w, FEMD_OK);
    assert_int_equal(rig_work(&g, w), poison ? 1 : 2);
    assert_int_equal(rig_results(&g, client, got, 4), 2);
    for (int i = 0; i < 2; i++)
        assert_int_equal(got[i].response.status, poison && got[i].index == got[0].index ? FEMD_POISON : FEMD_OK);
    assert_int_equal(count(&g)->poison, poison);
    rig_clear(&g);
}

static void deaths_before_the_start_make_suspects(void **state) {
    (void)state;
    for (int deaths = 1; deaths < 4; deaths++) deaths_before_the_start(deaths, 0);
    deaths_before_the_start(4, 1);
}

/* Of a worker whose link was lost nothing is suspect: what it had goes to the next one as if it had never been sent. */
static void a_lost_link_makes_no_suspects(void **state) {
    (void)state;
    for (int silent = 0; silent < 2; silent++) {
        rig g;
        femd_request r[2] = {rig_request(5, 0.5, NULL), rig_request(6, 0.6, NULL)};
        rig_init(&g, NULL);
        uint64_t client = rig_client(&g, "beam", 0, 1), w = rig_worker(&g);
        rig_register(&g, client);
        rig_open(&g, w, FEMD_OK);
        rig_evaluate(&g, client, 1, r, 2);
        rig_wait(&g, silent ? 3 : 1);
        rig_vanish(&g, w);
        w = rig_worker(&g);
        rig_open(&g, w, FEMD_OK);
        assert_int_equal(rig_count(&g, w, FEMD_MSG_TASK), silent ? 2 : 1);
        rig_clear(&g);
    }
}

/* Nor does what only one worker has the states for. */
static void a_suspect_comes_before_a_workers_own_queue(void **state) {
    (void)state;
    rig g;
    femd_request first[6], later[6], suspect = rig_request(50, 0.9, NULL);
    femd_task task[8];
    femd_response r;
    rig_init(&g, &(femd_core_config){.message_points = 1});
    uint64_t client = rig_client(&g, "beam", 0, 1), holder = rig_worker(&g);
    rig_register(&g, client);
    rig_open(&g, holder, FEMD_OK);
    for (uint32_t i = 0; i < 6; i++) {
        first[i] = rig_request(i, 0.01 * (1 + i), NULL);
        rig_answer_of(&first[i], &r);
        later[i] = rig_request(10 + i, 0.02 * (1 + i), &r.state_out);
    }
    rig_evaluate(&g, client, 1, first, 6);
    assert_int_equal(rig_work(&g, holder), 6);
    rig_evaluate(&g, client, 2, later, 6);
    assert_int_equal(rig_count(&g, holder, FEMD_MSG_TASK), 2);
    const uint64_t other = rig_worker(&g);
    rig_open(&g, other, FEMD_OK);
    rig_evaluate(&g, client, 3, &suspect, 1);
    assert_int_equal(rig_tasks(&g, other, task, NULL), 1);
    assert_int_equal(task[0].request.point, 50);
    rig_start(&g, other, task);
    rig_vanish(&g, other);
    for (int i = 0; i < 2; i++) {
        assert_true(rig_tasks(&g, holder, task, NULL) > 0);
        assert_int_not_equal(task[0].request.point, 50);
        rig_answer(&g, holder, task, 1);
    }
    assert_int_equal(rig_tasks(&g, holder, task, NULL), 1);
    assert_int_equal(task[0].request.point, 50);
    rig_clear(&g);
}

/* Others' work does not keep a suspect waiting, nor goes with it. */
static void a_suspect_waits_for_a_worker_that_has_nothing_else(void **state) {
    (void)state;
    rig g;
    uint64_t client, w[2];
    femd_request r[12];
    femd_task tasks[256];
    rig_init(&g, NULL);
    rig_pool(&g, &client, w);
    for (uint32_t i = 0; i < 12; i++) r[i] = rig_request(i, 1e-3 * (i + 1), NULL);
    rig_evaluate(&g, client, 1, r, 12);
    assert_int_equal(rig_count(&g, w[1], FEMD_MSG_TASK), 2);
    assert_int_equal(rig_tasks(&g, w[0], tasks, NULL), 1);
    const uint64_t suspect = tasks[0].request.point;
    rig_start(&g, w[0], &tasks[0]);
    rig_vanish(&g, w[0]);
    for (int i = 0; i < 2; i++) { /* what the other has comes to an end and nothing follows */
        assert_int_equal(rig_count(&g, w[1], FEMD_MSG_TASK), 2 - i);
        assert_int_equal(rig_tasks(&g, w[1], tasks, NULL), 1);
        assert_int_not_equal(tasks[0].request.point, suspect);
        rig_answer(&g, w[1], tasks, 1);
    }
    assert_int_equal(rig_count(&g, w[1], FEMD_MSG_TASK), 1);
    assert_int_equal(rig_tasks(&g, w[1], tasks, NULL), 1);
    assert_int_equal(tasks[0].request.point, suspect);
    rig_answer(&g, w[1], tasks, 1);
    assert_int_equal(rig_count(&g, w[1], FEMD_MSG_TASK), 2);
    assert_int_equal(rig_work(&g, w[1]), 9);
    rig_clear(&g);
}

static void infrastructure_failures_are_sent_again_three_times(void **state) {
    (void)state;
    rig g;
    uint64_t client, w[2];
    femd_task t[256];
    femd_response bad = {.status = FEMD_ENGINE_DIED};
    rig_result got[4];
    rig_init(&g, NULL);
    rig_pool(&g, &client, w);
    rig_vanish(&g, w[1]);
    femd_request r = rig_request(0, 0.1, NULL);
    rig_evaluate(&g, client, 1, &r, 1);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(rig_count(&g, client, FEMD_MSG_RESULT), 0);
        assert_int_equal(rig_tasks(&g, w[0], t, NULL), 1);
        rig_answer_with(&g, w[0], &t[0], &bad);
    }
    assert_int_equal(rig_results(&g, client, got, 4), 1);
    assert_int_equal(got[0].response.status, FEMD_ENGINE_DIED);
    rig_evaluate(&g, client, 2, &r, 1); /* never reused */
    assert_int_equal(rig_work(&g, w[0]), 1);
    check_answers(&g, client, &r, 1, 2);
    rig_clear(&g);
}

static void physics_failures_are_answers(void **state) {
    (void)state;
    rig g;
    uint64_t client, w[2];
    femd_task t[256];
    femd_response bad = {.status = FEMD_NOT_CONVERGED, .work.fingerprint = 7};
    rig_result got[4];
    rig_init(&g, NULL);
    rig_pool(&g, &client, w);
    femd_request r = rig_request(0, 0.1, NULL);
    rig_evaluate(&g, client, 1, &r, 1);
    uint64_t v = rig_count(&g, w[0], FEMD_MSG_TASK) ? w[0] : w[1];
    assert_int_equal(rig_tasks(&g, v, t, NULL), 1);
    rig_answer_with(&g, v, &t[0], &bad);
    assert_int_equal(rig_results(&g, client, got, 4), 1);
    assert_int_equal(got[0].response.status, FEMD_NOT_CONVERGED);
    rig_clear(&g);
}

/* A worker counted as lost comes back under a new route with an old answer. */
static void late_answers_are_taken_once(void **state) {
    (void)state;
    rig g;
    uint64_t client, w[2];
    femd_task t[256], again[256];
    rig_init(&g, NULL);
    rig_pool(&g, &client, w);
    femd_request r = rig_request(0, 0.1, NULL);
    rig_vanish(&g, w[1]);
    rig_evaluate(&g, client, 1, &r, 1);
    assert_int_equal(rig_tasks(&g, w[0], t, NULL), 1);
    rig_vanish(&g, w[0]);
    uint64_t v = rig_worker(&g), old = rig_worker(&g);
    rig_open(&g, v, FEMD_OK);
    assert_int_equal(rig_tasks(&g, v, again, NULL), 1);
    assert_int_equal(again[0].id, t[0].id);
    rig_answer(&g, old, t, 1); /* open: accepted */
    check_answers(&g, client, &r, 1, 1);
    rig_answer(&g, v, again, 1); /* closed: dropped and counted */
    assert_int_equal(rig_count(&g, client, FEMD_MSG_RESULT), 0);
    assert_int_equal(count(&g)->late, 1);
    assert_int_equal(count(&g)->conflicts, 0);
    rig_clear(&g);
}

/* The answer that is still to come serves those who ask anew, even if the first one is forgotten by then. */
static void a_second_answer_under_way_serves_new_askers(void **state) {
    (void)state;
    rig g;
    uint64_t client, w[2];
    femd_task t[256], again[256];
    rig_result got[4];
    rig_init(&g, NULL);
    rig_pool(&g, &client, w);
    femd_request r = rig_request(0, 0.1, NULL);
    rig_vanish(&g, w[1]);
    rig_evaluate(&g, client, 1, &r, 1);
    assert_int_equal(rig_tasks(&g, w[0], t, NULL), 1);
    rig_vanish(&g, w[0]);
    uint64_t v = rig_worker(&g), old = rig_worker(&g);
    rig_open(&g, v, FEMD_OK);
    assert_int_equal(rig_tasks(&g, v, again, NULL), 1);
    rig_answer(&g, old, t, 1);
    assert_int_equal(rig_results(&g, client, got, 4), 1);
    femd_core_trim(g.core, 0);
    rig_evaluate(&g, client, 2, &r, 1);
    assert_int_equal(rig_count(&g, v, FEMD_MSG_TASK), 0);
    rig_answer(&g, v, again, 1);
    assert_int_equal(rig_results(&g, client, got, 4), 1);
    assert_int_equal(got[0].batch, 2);
    rig_clear(&g);
}

static void different_answers_for_one_key_are_reported(void **state) {
    (void)state;
    rig g;
    uint64_t client, w[2];
    femd_task t[256];
    femd_response wrong;
    rig_result got[4];
    femd_core_totals sum;
    rig_init(&g, NULL);
    rig_pool(&g, &client, w);
    femd_request r = rig_request(0, 0.1, NULL);
    rig_evaluate(&g, client, 1, &r, 1);
    uint64_t v = rig_count(&g, w[0], FEMD_MSG_TASK) ? w[0] : w[1];
    assert_int_equal(rig_tasks(&g, v, t, NULL), 1);
    rig_answer(&g, v, t, 1);
    rig_answer_of(&r, &wrong);
    wrong.work.wall = 5; /* cost is not compared */
    rig_answer_with(&g, w[0], t, &wrong);
    assert_int_equal(count(&g)->conflicts, 0);
    wrong.S[0] += 1;
    rig_answer_with(&g, w[0], t, &wrong);
    assert_int_equal(count(&g)->conflicts, 1);
    wrong.work.fingerprint = 8; /* another build: no fault, but the run is not bit-reproducible */
    rig_answer_with(&g, rig_worker_of(&g, "x86-64-v3", 8), t, &wrong);
    assert_int_equal(count(&g)->conflicts, 1);
    assert_int_equal(count(&g)->differences, 1);
    assert_int_equal(rig_results(&g, client, got, 4), 1); /* the first stands */
    femd_core_sum(g.core, &sum);
    assert_int_equal(sum.evaluations, 1);
    rig_clear(&g);
}

/* What is no answer to the question is not used: its worker is dropped, with words, and the point asked elsewhere. */
static void a_false_answer_drops_its_worker_and_is_asked_elsewhere(void **state) {
    (void)state;
    enum { LIES = 9 };
    static const char *const words[LIES] = {"component 1 of the strain is 0.5999",
                                            "component 4 of the strain",
                                            "lacks tangent",
                                            "lacks stress",
                                            "engine 1, the material's is 3",
                                            "fingerprint",
                                            "a failure",
                                            "a failure",
                                            "component 1 of the strain"};
    for (int lie = 0; lie < LIES; lie++) {
        rig g;
        uint64_t client, w[2];
        femd_task t[256];
        femd_response wrong;
        rig_init(&g, NULL);
        rig_pool(&g, &client, w);
        femd_request r = rig_request(0, 0.1, NULL);
        rig_evaluate(&g, client, 1, &r, 1);
        const int liar = rig_count(&g, w[0], FEMD_MSG_TASK) ? 0 : 1;
        assert_int_equal(rig_tasks(&g, w[liar], t, NULL), 1);
        rig_start(&g, w[liar], t);
        rig_answer_of(&r, &wrong);
        switch (lie) {
        case 0: wrong.E[0] += 0.5; break;
        case 1: wrong.E[3] = 1e-300; break;
        case 2: wrong.provided = FEMD_WANT_STRESS; break;
        case 3: wrong.provided = FEMD_WANT_TANGENT; break;
        case 4: wrong.engine = FEMD_ENGINE_NATIVE; break;
        case 5: wrong.work.fingerprint = 8; break;
        case 6: wrong.status = FEMD_NOT_CONVERGED; break; /* with numbers */
        case 7:                                           /* with a state */
            wrong = (femd_response){.status = FEMD_NOT_CONVERGED, .state_out = wrong.state_out, .work = wrong.work};
            break;
        default: wrong.E[0] = nextafter(wrong.E[0], 1); break;
        }
        rig_answer_with(&g, w[liar], t, &wrong);
        assert_true(g.inbox[w[liar]].dropped);
        femd_frame told;
        femd_error why = FEMD_ERROR_INIT;
        assert_true(rig_take(&g, w[liar], FEMD_MSG_ERROR, &told));
        assert_int_equal(femd_error_decode(&told, &why, NULL), FEMD_OK);
        if (!strstr(why.text, words[lie])) fail_msg("lie %d: %s", lie, why.text);
        assert_int_equal(rig_count(&g, client, FEMD_MSG_RESULT), 0);
        assert_int_equal(count(&g)->evaluations, 0);
        assert_int_equal(rig_work(&g, w[!liar]), 1);
        check_answers(&g, client, &r, 1, 1);
        rig_clear(&g);
    }
}

static void hello_again(rig *g, uint64_t route, uint32_t pid, const char *host) {
    femd_hello hello = {.role = FEMD_ROLE_WORKER, .pid = pid, .version = "t", .level = "x86-64-v3", .fingerprint = 7};
    snprintf(hello.host, sizeof hello.host, "%s", host);
    assert_int_equal(femd_hello_encode(&g->scratch, &hello, NULL), FEMD_OK);
    rig_deliver(g, route, &g->scratch);
}

/* Its process does not come back by saying hello again; another may, and so may this one's number later or elsewhere.
 */
static void a_liar_is_not_let_in_again(void **state) {
    (void)state;
    rig g;
    uint64_t client, w[2];
    femd_task t[256];
    femd_response wrong;
    rig_init(&g, NULL);
    rig_pool(&g, &client, w);
    femd_request r = rig_request(0, 0.1, NULL);
    rig_evaluate(&g, client, 1, &r, 1);
    const uint64_t liar = rig_count(&g, w[0], FEMD_MSG_TASK) ? w[0] : w[1];
    assert_int_equal(rig_tasks(&g, liar, t, NULL), 1);
    rig_answer_of(&r, &wrong);
    wrong.E[0] += 0.5;
    rig_answer_with(&g, liar, t, &wrong);
    const uint64_t back = g.next_route++, other = g.next_route++, later = g.next_route++, there = g.next_route++;
    hello_again(&g, back, (uint32_t)liar, "here"); /* the rig's workers have their route for a pid */
    assert_int_equal(rig_count(&g, back, FEMD_MSG_WELCOME), 0);
    assert_true(g.inbox[back].dropped);
    hello_again(&g, other, 12345, "here");
    assert_int_equal(rig_count(&g, other, FEMD_MSG_WELCOME), 1);
    hello_again(&g, there, (uint32_t)liar, "there"); /* the number is of its host alone */
    assert_int_equal(rig_count(&g, there, FEMD_MSG_WELCOME), 1);
    rig_wait(&g, 601);
    hello_again(&g, later, (uint32_t)liar, "here");
    assert_int_equal(rig_count(&g, later, FEMD_MSG_WELCOME), 1);
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

static void what_the_engine_cannot_answer_is_unsupported(void **state) {
    (void)state;
    rig g;
    uint64_t client, w[2];
    rig_result got[4];
    rig_init(&g, NULL);
    rig_pool(&g, &client, w);
    femd_request r[4] = {rig_request(0, 1, NULL), rig_request(1, 2, NULL), rig_request(2, 3, NULL),
                         rig_request(3, 4, NULL)};
    r[0].wants |= FEMD_WANT_CONDUCTIVITY;
    r[1].control = FEMD_CONTROL_PRESSURE;
    r[2].mask = 1;
    rig_evaluate(&g, client, 1, r, 4);
    assert_int_equal(rig_results(&g, client, got, 4), 3);
    for (int i = 0; i < 3; i++) assert_int_equal(got[i].response.status, FEMD_UNSUPPORTED);
    assert_int_equal(rig_work(&g, w[0]) + rig_work(&g, w[1]), 1);
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
    femd_core_config c = {.memory_bytes = 1 << 20, .batch_max = 3000};
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
        cmocka_unit_test(inputs_without_effect_do_not_separate_requests),
        cmocka_unit_test(tasks_of_a_dead_worker_go_to_another),
        cmocka_unit_test(a_task_that_ends_three_workers_is_poison),
        cmocka_unit_test(a_suspect_is_sent_alone),
        cmocka_unit_test(deaths_before_the_start_make_suspects),
        cmocka_unit_test(a_lost_link_makes_no_suspects),
        cmocka_unit_test(a_suspect_comes_before_a_workers_own_queue),
        cmocka_unit_test(a_suspect_waits_for_a_worker_that_has_nothing_else),
        cmocka_unit_test(infrastructure_failures_are_sent_again_three_times),
        cmocka_unit_test(physics_failures_are_answers),
        cmocka_unit_test(late_answers_are_taken_once),
        cmocka_unit_test(a_second_answer_under_way_serves_new_askers),
        cmocka_unit_test(different_answers_for_one_key_are_reported),
        cmocka_unit_test(a_false_answer_drops_its_worker_and_is_asked_elsewhere),
        cmocka_unit_test(a_liar_is_not_let_in_again),
        cmocka_unit_test(a_batch_sent_again_is_answered_without_new_work),
        cmocka_unit_test(what_the_engine_cannot_answer_is_unsupported),
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
