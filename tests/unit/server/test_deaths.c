/* What becomes of evaluations whose worker dies: others take them, suspects are tried alone, poison is given up. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "evaluation_checks.h"

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

/* Whoever stops its own process looks like a lost link at every trial: after two that is held against it. `told`: the
 * server has heard that the points were begun. */
static void every_worker_falls_silent(int told) {
    enum { POINTS = 8, DEADLY = 5 };
    rig g;
    femd_request r[POINTS];
    femd_task tasks[256];
    rig_result got[POINTS];
    rig_init(&g, NULL);
    uint64_t client = rig_client(&g, "beam", 0, 1), w = rig_worker(&g);
    rig_register(&g, client);
    rig_open(&g, w, FEMD_OK);
    for (uint32_t i = 0; i < POINTS; i++) r[i] = rig_request(i, 0.1 + 0.01 * i, NULL);
    rig_evaluate(&g, client, 1, r, POINTS);
    int ends = 0;
    for (int turn = 0; turn < 100 && !count(&g)->poison; turn++) {
        int deadly = 0;
        const uint32_t n = rig_tasks(&g, w, tasks, NULL);
        for (uint32_t i = 0; i < n; i++) {
            deadly |= tasks[i].request.point == DEADLY;
            if (told) rig_start(&g, w, &tasks[i]);
        }
        if (!deadly) {
            rig_answer(&g, w, tasks, n);
            continue;
        }
        ends++;
        rig_wait(&g, 3);
        rig_vanish(&g, w);
        w = rig_worker(&g);
        rig_open(&g, w, FEMD_OK);
    }
    assert_int_equal(count(&g)->poison, 1);
    assert_in_range(ends, 5, 8); /* two are excused, then it is tried alone, and three count */
    rig_work(&g, w);
    assert_int_equal(rig_results(&g, client, got, POINTS), POINTS);
    for (int i = 0; i < POINTS; i++)
        assert_int_equal(got[i].response.status, got[i].index == DEADLY ? FEMD_POISON : FEMD_OK);
    rig_clear(&g);
}

static void one_that_stops_every_worker_is_found(void **state) {
    (void)state;
    for (int told = 0; told < 2; told++) every_worker_falls_silent(told);
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

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tasks_of_a_dead_worker_go_to_another),
        cmocka_unit_test(a_task_that_ends_three_workers_is_poison),
        cmocka_unit_test(a_suspect_is_sent_alone),
        cmocka_unit_test(deaths_before_the_start_make_suspects),
        cmocka_unit_test(a_lost_link_makes_no_suspects),
        cmocka_unit_test(one_that_stops_every_worker_is_found),
        cmocka_unit_test(a_suspect_comes_before_a_workers_own_queue),
        cmocka_unit_test(a_suspect_waits_for_a_worker_that_has_nothing_else),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
