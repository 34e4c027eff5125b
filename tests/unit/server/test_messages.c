/* How many points travel in one TASK message, and in what company suspects do. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "rig.h"

enum { BATCH = 64, POINTS_MAX = FEMD_BATCH_MAX };

static femd_request requests[POINTS_MAX];
static rig_result results[POINTS_MAX];
static femd_task tasks[256];

/* A pool whose engine likes so many points at once and whose points cost 1 ms, as the server has learnt. */
static uint64_t open_pool(rig *g, const femd_core_config *config, uint32_t batch, uint64_t *worker, uint32_t workers) {
    rig_init(g, config);
    g->batch = batch;
    uint64_t client = rig_client(g, "beam", 0, 1);
    rig_register(g, client);
    for (uint32_t i = 0; i < workers; i++) {
        worker[i] = rig_worker(g);
        rig_open(g, worker[i], FEMD_OK);
    }
    requests[0] = rig_request(0, 0.5, NULL);
    rig_evaluate(g, client, 1, requests, 1);
    uint32_t done = 0;
    for (uint32_t i = 0; i < workers; i++) done += rig_work(g, worker[i]);
    assert_int_equal(done, 1);
    assert_int_equal(rig_results(g, client, results, 1), 1);
    return client;
}

static void ask(rig *g, uint64_t client, uint64_t batch, uint32_t points) {
    for (uint32_t i = 0; i < points; i++) requests[i] = rig_request(i, 1000.0 * (double)batch + i, NULL);
    rig_evaluate(g, client, batch, requests, points);
}

static void an_engine_that_likes_batches_gets_full_ones(void **state) {
    (void)state;
    rig g;
    uint64_t worker[2];
    uint64_t client = open_pool(&g, &(femd_core_config){.message_work = 1e-3}, BATCH, worker, 2);
    ask(&g, client, 2, 8 * BATCH);
    for (uint32_t done = 0; done < 8 * BATCH; done += BATCH) { /* two equally quick workers in turn */
        uint64_t who = worker[done / BATCH % 2];
        assert_int_equal(rig_tasks(&g, who, tasks, NULL), BATCH);
        rig_answer(&g, who, tasks, BATCH);
    }
    assert_int_equal(rig_results(&g, client, results, POINTS_MAX), 8 * BATCH);
    rig_clear(&g);
}

static void an_engine_without_a_wish_gets_dear_points_singly(void **state) {
    (void)state;
    for (uint32_t batch = 0; batch < 2; batch++) {
        rig g;
        uint64_t worker[2];
        uint64_t client = open_pool(&g, &(femd_core_config){.message_work = 1e-3}, batch, worker, 2);
        ask(&g, client, 2, 300);
        for (int i = 0; i < 40; i++) {
            assert_int_equal(rig_tasks(&g, worker[i % 2], tasks, NULL), 1);
            rig_answer(&g, worker[i % 2], tasks, 1);
        }
        rig_clear(&g);
    }
}

/* What is worth a message by its cost may be more than the engine asks for. */
static void cheap_points_travel_in_more_than_a_batch(void **state) {
    (void)state;
    rig g;
    uint64_t worker[2];
    uint64_t client = open_pool(&g, &(femd_core_config){.message_work = 0.1}, 8, worker, 2);
    ask(&g, client, 2, 1000);
    assert_int_equal(rig_tasks(&g, worker[0], tasks, NULL), 100);
    rig_clear(&g);
}

static void few_points_are_divided_among_the_workers(void **state) {
    (void)state;
    rig g;
    uint64_t worker[4];
    uint64_t client = open_pool(&g, NULL, BATCH, worker, 4);
    ask(&g, client, 2, BATCH);
    for (int i = 0; i < 4; i++) {
        assert_int_equal(rig_tasks(&g, worker[i], tasks, NULL), BATCH / 4);
        assert_int_equal(rig_count(&g, worker[i], FEMD_MSG_TASK), 0);
    }
    rig_clear(&g);
}

/* Two workers have 64 points each when 40 more come: the one that is done first gets its share of all, not the rest. */
static void what_a_worker_has_is_of_its_share(void **state) {
    (void)state;
    rig g;
    uint64_t worker[2];
    uint64_t client = open_pool(&g, &(femd_core_config){.credits = 1}, BATCH, worker, 2);
    ask(&g, client, 2, 2 * BATCH);
    ask(&g, client, 3, 40);
    assert_int_equal(rig_tasks(&g, worker[0], tasks, NULL), BATCH);
    rig_answer(&g, worker[0], tasks, BATCH);
    assert_int_equal(rig_tasks(&g, worker[0], tasks, NULL), 40); /* (40 + 64) / 2 = 52: all that is there */
    assert_int_equal(rig_tasks(&g, worker[1], tasks, NULL), BATCH);
    ask(&g, client, 4, 20);
    rig_answer(&g, worker[1], tasks, BATCH);
    assert_int_equal(rig_tasks(&g, worker[1], tasks, NULL), 20); /* (20 + 40) / 2 = 30 */
    rig_clear(&g);
}

/* The more workers, the more work a message carries, so that a server of about 50,000 messages a second is enough. */
static void messages_grow_with_the_pool(void **state) {
    (void)state;
    static const struct { uint32_t workers, points; } pool[] = {{8, 1}, {64, 1}, {128, 2}, {256, 4}};
    static uint64_t worker[256];
    for (size_t i = 0; i < sizeof pool / sizeof pool[0]; i++) {
        rig g;
        uint64_t client = open_pool(&g, &(femd_core_config){.message_work = 1e-3}, 0, worker, pool[i].workers);
        ask(&g, client, 2, POINTS_MAX);
        for (uint32_t w = 0; w < pool[i].workers; w++)
            assert_int_equal(rig_tasks(&g, worker[w], tasks, NULL), pool[i].points);
        rig_clear(&g);
    }
}

/* With 256 workers a message may carry four points, but 300 points are no more than one for each. */
static void a_large_pool_leaves_no_worker_idle_at_the_end(void **state) {
    (void)state;
    static uint64_t worker[256];
    rig g;
    uint64_t client = open_pool(&g, &(femd_core_config){.message_work = 1e-3}, 0, worker, 256);
    ask(&g, client, 2, 300);
    for (uint32_t w = 0; w < 256; w++) assert_int_equal(rig_tasks(&g, worker[w], tasks, NULL), 1);
    rig_clear(&g);
}

/* The server learns that a point costs so much. */
static void teach_cost(rig *g, uint64_t client, const uint64_t *worker, uint32_t workers, double cost) {
    femd_response taught;
    for (uint64_t batch = 2; batch < 302; batch++) {
        ask(g, client, batch, 1);
        rig_answer_of(&requests[0], &taught);
        taught.work.wall = cost;
        for (uint32_t w = 0; w < workers; w++)
            if (rig_tasks(g, worker[w], tasks, NULL)) rig_answer_with(g, worker[w], tasks, &taught);
        assert_int_equal(rig_results(g, client, results, 2), 1);
    }
}

/* All that are asked come back. Returns how many messages it took. */
static uint32_t work_in_messages(rig *g, uint64_t client, const uint64_t *worker, uint32_t workers, uint32_t points) {
    uint32_t messages = 0, answered = 0;
    ask(g, client, 400, points);
    for (uint32_t rounds = 0; answered < points; rounds++) {
        assert_true(rounds < points);
        for (uint32_t w = 0; w < workers; w++)
            for (uint32_t count; (count = rig_tasks(g, worker[w], tasks, NULL)) > 0; messages++)
                rig_answer(g, worker[w], tasks, count);
        answered += rig_results(g, client, results + answered, POINTS_MAX - answered);
    }
    assert_int_equal(answered, points);
    return messages;
}

/* Points that cost less than a message: a large pool is not sent one each, but full messages while there are many, and
 * what came in a round goes in one. Dearer ones are spread, the finer the dearer. */
static void points_cheaper_than_a_message_go_together(void **state) {
    (void)state;
    enum { WORKERS = 100 };
    static const struct {
        double cost;
        uint32_t points, fewest, most;
    } at[] = {{1e-7, 64, 1, 1},    {1e-7, 4096, 16, 19},  {1e-5, 64, 12, 16},
              {1e-5, 400, 35, 42}, {1e-4, 400, 110, 140}, {1e-3, 200, 200, 200}};
    for (size_t i = 0; i < sizeof at / sizeof at[0]; i++) {
        uint64_t worker[WORKERS];
        rig g;
        uint64_t client = open_pool(&g, NULL, 0, worker, WORKERS);
        teach_cost(&g, client, worker, WORKERS, at[i].cost);
        assert_in_range(work_in_messages(&g, client, worker, WORKERS, at[i].points), at[i].fewest, at[i].most);
        rig_clear(&g);
    }
}

/* ---- suspects ---- */

static int is_deadly(const uint64_t deadly[2], const femd_task *task) {
    return task->request.point == deadly[0] || task->request.point == deadly[1];
}

/* One worker after another takes what it is sent, says that all of it has started, and ends if a deadly point is in it.
 * Returns how many have ended. */
static uint32_t work_until_done(rig *g, uint64_t client, uint64_t worker, const uint64_t deadly[2], uint32_t points) {
    uint32_t deaths = 0, answered = 0;
    while (answered < points) {
        uint32_t count = rig_tasks(g, worker, tasks, NULL), bad = 0;
        assert_true(count > 0);
        for (uint32_t i = 0; i < count; i++) {
            rig_start(g, worker, &tasks[i]);
            bad += (uint32_t)is_deadly(deadly, &tasks[i]);
        }
        if (bad) {
            rig_vanish(g, worker);
            worker = rig_worker(g);
            rig_open(g, worker, FEMD_OK);
            assert_true(++deaths <= 64);
        } else {
            rig_answer(g, worker, tasks, count);
        }
        answered += rig_results(g, client, results + answered, POINTS_MAX - answered);
    }
    return deaths;
}

static void check_verdict(const uint64_t deadly[2], uint32_t points) {
    for (uint32_t i = 0; i < points; i++) {
        int guilty = results[i].index == deadly[0] || results[i].index == deadly[1];
        assert_int_equal(results[i].response.status, guilty ? FEMD_POISON : FEMD_OK);
    }
}

/* 64 -> 32 -> 16 -> 8 -> 4 -> 2 -> alone: six deaths in company, of which one counts, and two alone. */
static void the_guilty_one_of_a_batch_is_found_by_halving(void **state) {
    (void)state;
    for (uint64_t point = 0; point < BATCH; point += 7) {
        const uint64_t deadly[2] = {point, point};
        rig g;
        uint64_t worker;
        uint64_t client = open_pool(&g, &(femd_core_config){.credits = 1}, BATCH, &worker, 1);
        ask(&g, client, 2, BATCH);
        assert_int_equal(work_until_done(&g, client, worker, deadly, BATCH), 8);
        check_verdict(deadly, BATCH);
        assert_int_equal(femd_core_count(g.core)->poison, 1);
        rig_clear(&g);
    }
}

/* Cheap points went in one message, to an engine that evaluates one by one: after a death each goes alone, so that a
 * second and a third of its own convict the guilty one. */
static void the_guilty_one_of_cheap_points_is_tried_alone(void **state) {
    (void)state;
    const uint64_t deadly[2] = {41, 41};
    rig g;
    uint64_t worker;
    uint64_t client = open_pool(&g, &(femd_core_config){.credits = 1}, 0, &worker, 1);
    teach_cost(&g, client, &worker, 1, 1e-7);
    ask(&g, client, 400, BATCH);
    assert_int_equal(work_until_done(&g, client, worker, deadly, BATCH), 3);
    check_verdict(deadly, BATCH);
    assert_int_equal(femd_core_count(g.core)->poison, 1);
    rig_clear(&g);
}

/* With a second message waiting at the worker, which had not started and is not suspect. */
static void two_guilty_ones_are_found_too(void **state) {
    (void)state;
    const uint64_t deadly[2] = {11, 200};
    rig g;
    uint64_t worker;
    uint64_t client = open_pool(&g, NULL, BATCH, &worker, 1);
    ask(&g, client, 2, 4 * BATCH);
    assert_in_range(work_until_done(&g, client, worker, deadly, 4 * BATCH), 6, 16);
    check_verdict(deadly, 4 * BATCH);
    assert_int_equal(femd_core_count(g.core)->poison, 2);
    rig_clear(&g);
}

/* Only what had started is suspect: the rest of the message goes on in full batches. */
static void what_had_not_started_is_not_suspect(void **state) {
    (void)state;
    rig g;
    uint64_t worker;
    uint64_t client = open_pool(&g, &(femd_core_config){.credits = 1}, BATCH, &worker, 1);
    ask(&g, client, 2, BATCH);
    assert_int_equal(rig_tasks(&g, worker, tasks, NULL), BATCH);
    for (int i = 0; i < 4; i++) rig_start(&g, worker, &tasks[i]);
    rig_vanish(&g, worker);
    worker = rig_worker(&g);
    rig_open(&g, worker, FEMD_OK);
    uint32_t count, sizes[3] = {0}, messages = 0;
    while ((count = rig_tasks(&g, worker, tasks, NULL)) > 0) {
        assert_true(messages < 3);
        sizes[messages++] = count;
        rig_answer(&g, worker, tasks, count);
    }
    assert_int_equal(messages, 3);
    assert_int_equal(sizes[0] + sizes[1] + sizes[2], BATCH);
    for (int i = 0; i < 3; i++) assert_true(sizes[i] == 2 || sizes[i] == BATCH - 4);
    assert_int_equal(rig_results(&g, client, results, POINTS_MAX), BATCH);
    check_verdict((const uint64_t[2]){UINT32_MAX, UINT32_MAX}, BATCH);
    rig_clear(&g);
}

/* A node that fails under many batches one after another makes no point poison: in company each is blamed once. */
static void deaths_in_company_poison_nobody(void **state) {
    (void)state;
    rig g;
    uint64_t worker;
    uint64_t client = open_pool(&g, &(femd_core_config){.credits = 1}, BATCH, &worker, 1);
    ask(&g, client, 2, BATCH);
    for (int death = 0; death < 5; death++) {
        uint32_t count = rig_tasks(&g, worker, tasks, NULL);
        assert_true(count > 1);
        for (uint32_t i = 0; i < count; i++) rig_start(&g, worker, &tasks[i]);
        rig_vanish(&g, worker);
        worker = rig_worker(&g);
        rig_open(&g, worker, FEMD_OK);
    }
    assert_int_equal(rig_work(&g, worker), BATCH);
    assert_int_equal(rig_results(&g, client, results, POINTS_MAX), BATCH);
    check_verdict((const uint64_t[2]){UINT32_MAX, UINT32_MAX}, BATCH);
    rig_clear(&g);
}

int main(void) {
    const struct CMUnitTest tests_of_messages[] = {
        cmocka_unit_test(an_engine_that_likes_batches_gets_full_ones),
        cmocka_unit_test(an_engine_without_a_wish_gets_dear_points_singly),
        cmocka_unit_test(cheap_points_travel_in_more_than_a_batch),
        cmocka_unit_test(few_points_are_divided_among_the_workers),
        cmocka_unit_test(what_a_worker_has_is_of_its_share),
        cmocka_unit_test(messages_grow_with_the_pool),
        cmocka_unit_test(a_large_pool_leaves_no_worker_idle_at_the_end),
        cmocka_unit_test(points_cheaper_than_a_message_go_together),
        cmocka_unit_test(the_guilty_one_of_a_batch_is_found_by_halving),
        cmocka_unit_test(the_guilty_one_of_cheap_points_is_tried_alone),
        cmocka_unit_test(two_guilty_ones_are_found_too),
        cmocka_unit_test(what_had_not_started_is_not_suspect),
        cmocka_unit_test(deaths_in_company_poison_nobody),
    };
    return cmocka_run_group_tests(tests_of_messages, NULL, NULL);
}
