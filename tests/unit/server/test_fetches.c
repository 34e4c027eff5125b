/* Contents that the server asks workers for: what is asked is counted, what does not come is looked for elsewhere. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "femd/hash.h"
#include "rig.h"

enum { POINTS = 4 };

typedef struct scenery {
    rig g;
    uint64_t client, worker[2];
    femd_request request[POINTS];
    femd_hash state[POINTS];
} scenery;

/* A step is evaluated by the first worker alone, and its commit sent. */
static void begin(scenery *s) {
    const femd_core_config config = {.task_deadline = 100};
    rig_init(&s->g, &config);
    s->client = rig_client(&s->g, "beam", 0, 1);
    s->worker[0] = rig_worker(&s->g);
    rig_register(&s->g, s->client);
    rig_open(&s->g, s->worker[0], FEMD_OK);
    for (uint32_t i = 0; i < POINTS; i++) {
        femd_response answer;
        s->request[i] = rig_request(i, 1e-3 * (i + 1), NULL);
        rig_answer_of(&s->request[i], &answer);
        s->state[i] = answer.state_out;
    }
    rig_evaluate(&s->g, s->client, 1, s->request, POINTS);
    assert_int_equal(rig_work(&s->g, s->worker[0]), POINTS);
    s->worker[1] = rig_worker(&s->g);
    rig_open(&s->g, s->worker[1], FEMD_OK);
    rig_commit(&s->g, s->client, 5, 1, s->state, POINTS);
}

static void beat(scenery *s, uint64_t worker) {
    femd_buffer frame = FEMD_BUFFER_INIT;
    assert_int_equal(femd_beat_encode(&frame, 12345, 0.5, NULL), FEMD_OK);
    rig_deliver(&s->g, worker, &frame);
    femd_buffer_clear(&frame);
}

/* It has paid what it owed, and rests for longer than any deadline. */
static void a_worker_that_has_sent_all_is_not_hung(void **state) {
    (void)state;
    scenery s;
    begin(&s);
    assert_int_equal(rig_give_states(&s.g, s.worker[0], s.request, POINTS), POINTS);
    assert_int_equal(rig_count(&s.g, s.client, FEMD_MSG_COMMITTED), 1);
    for (int i = 0; i < 30; i++) rig_wait(&s.g, 10);
    assert_int_equal(femd_core_count(s.g.core)->hung, 0);
    femd_core_totals totals;
    femd_core_sum(s.g.core, &totals);
    assert_int_equal(totals.workers, 2);
    rig_clear(&s.g);
}

/* It beats all the while, as if it worked, and never sends what it was asked for: the states are made again, and should
 * that go to the same worker again and again, the client hears of it. */
static void a_state_that_does_not_come_is_made_again(void **state) {
    (void)state;
    scenery s;
    begin(&s);
    assert_true(rig_count(&s.g, s.worker[0], FEMD_MSG_STATE_GET) > 0);
    for (int i = 0; i < 9; i++) {
        rig_wait(&s.g, 10);
        beat(&s, s.worker[0]);
    }
    assert_int_equal(rig_count(&s.g, s.worker[1], FEMD_MSG_TASK), 0);
    assert_int_equal(femd_core_count(s.g.core)->remade, 0);
    size_t told = 0;
    for (int i = 0; i < 200 && !told; i++) {
        rig_wait(&s.g, 11);
        beat(&s, s.worker[0]);
        rig_work(&s.g, s.worker[1]);
        rig_work(&s.g, s.worker[0]);
        rig_give_states(&s.g, s.worker[1], s.request, POINTS);
        told = rig_count(&s.g, s.client, FEMD_MSG_COMMITTED) + rig_count(&s.g, s.client, FEMD_MSG_ERROR);
    }
    assert_int_equal(told, 1);
    assert_int_equal(femd_core_count(s.g.core)->remade >= POINTS, 1);
    rig_clear(&s.g);
}

/* Many questions at once, of which each answer is long: what waits to be sent is bounded, and all is answered. One who
 * leaves meanwhile is not. */
static void answers_wait_their_turn(void **state) {
    (void)state;
    enum { BLOB = 500000, QUESTIONS = 100, MEMORY = 32 << 20 };
    rig g;
    femd_state_entry entry = {.blob = {calloc(1, BLOB), BLOB}};
    femd_buffer frame = FEMD_BUFFER_INIT;
    rig_init(&g, &(femd_core_config){.memory_bytes = MEMORY});
    const uint64_t client = rig_client(&g, "beam", 0, 1), other = rig_client(&g, "rod", 0, 1);
    femd_hash_domain("state", entry.blob.data, BLOB, &entry.hash);
    assert_int_equal(femd_frame_begin(&frame, FEMD_MSG_STATE, 1, NULL), FEMD_OK);
    assert_int_equal(femd_state_add(&frame, &entry, NULL), FEMD_OK);
    femd_frame_finish(&frame, 1);
    rig_deliver(&g, client, &frame);
    for (uint64_t id = 1; id <= QUESTIONS; id++) {
        assert_int_equal(femd_frame_begin(&frame, FEMD_MSG_STATE_GET, id, NULL), FEMD_OK);
        assert_int_equal(femd_hash_add(&frame, &entry.hash, NULL), FEMD_OK);
        femd_frame_finish(&frame, 1);
        femd_core_frame(g.core, id % 2 ? client : other, frame.data, frame.size, g.now);
    }
    femd_core_vanish(g.core, other, g.now);
    uint64_t answers = 0, rounds = 0, most = 0;
    for (int restless = 1; restless; rounds++) {
        uint64_t bytes = 0;
        femd_action action;
        femd_core_settle(g.core, g.now);
        restless = femd_core_next_tick(g.core) <= g.now && rounds < 1000;
        while (femd_core_next(g.core, &action)) {
            answers += action.kind == FEMD_ACTION_SEND && action.route == client && action.frame.size > BLOB;
            assert_true(action.route != other);
            bytes += action.frame.size;
            femd_core_recycle(g.core, &action.frame);
        }
        most = bytes > most ? bytes : most;
        g.now += 1e-3;
    }
    assert_int_equal(answers, QUESTIONS / 2);
    assert_true(most < MEMORY / 8 + BLOB + 10000);
    assert_true(rounds > 4);
    rig_audit(&g);
    free((void *)(uintptr_t)entry.blob.data);
    femd_buffer_clear(&frame);
    rig_clear(&g);
}

/* A server whose memory is full of answers that might be used again takes states all the same. */
static void what_is_remembered_gives_way_to_states(void **state) {
    (void)state;
    enum { BLOB = 100000, MEMORY = 600000, STATES = 4, POINTS_MANY = 250 };
    rig g;
    femd_buffer frame = FEMD_BUFFER_INIT;
    femd_core_totals totals;
    rig_init(&g, &(femd_core_config){.memory_bytes = MEMORY, .cache_bytes = MEMORY});
    const uint64_t client = rig_client(&g, "beam", 0, 1), worker = rig_worker(&g);
    rig_register(&g, client);
    rig_open(&g, worker, FEMD_OK);
    for (uint32_t i = 0; i < POINTS_MANY; i++) {
        const femd_request r = rig_request(i, 1e-6 * (i + 1), NULL);
        rig_evaluate(&g, client, 100 + i, &r, 1);
        rig_work(&g, worker);
        rig_empty(&g, client, FEMD_MSG_ABORT, 3);
    }
    femd_core_sum(g.core, &totals);
    assert_true(totals.bytes > MEMORY - STATES * BLOB);
    for (unsigned i = 0; i < STATES; i++) {
        char *blob = calloc(1, BLOB);
        blob[0] = (char)(i + 1);
        femd_state_entry entry = {.blob = {blob, BLOB}};
        femd_hash_domain("state", blob, BLOB, &entry.hash);
        assert_int_equal(femd_frame_begin(&frame, FEMD_MSG_STATE, i, NULL), FEMD_OK);
        assert_int_equal(femd_state_add(&frame, &entry, NULL), FEMD_OK);
        femd_frame_finish(&frame, 1);
        rig_deliver(&g, client, &frame);
        free(blob);
    }
    assert_int_equal(rig_count(&g, client, FEMD_MSG_STATE_STORED), STATES);
    femd_buffer_clear(&frame);
    rig_clear(&g);
}

/* A worker that has lost what it is said to hold is not sent the same again: the state is made first. */
static void a_state_that_its_holder_has_lost_is_made_again(void **state) {
    (void)state;
    rig g;
    rig_result got[4];
    femd_task task[4];
    femd_response r;
    uint32_t states = 0;
    const femd_response lost = {.status = FEMD_STATE_LOST};
    rig_init(&g, NULL);
    const uint64_t client = rig_client(&g, "beam", 0, 1), worker = rig_worker(&g);
    rig_register(&g, client);
    rig_open(&g, worker, FEMD_OK);
    const femd_request first = rig_request(1, 0.01, NULL);
    rig_answer_of(&first, &r);
    const femd_request next = rig_request(2, 0.02, &r.state_out);
    rig_evaluate(&g, client, 1, &first, 1);
    assert_int_equal(rig_work(&g, worker), 1);
    rig_evaluate(&g, client, 2, &next, 1);
    assert_int_equal(rig_tasks(&g, worker, task, &states), 1);
    assert_int_equal(states, 0);
    rig_answer_with(&g, worker, &task[0], &lost);
    assert_int_equal(rig_tasks(&g, worker, task, NULL), 1);
    assert_int_equal(task[0].request.point, 1);
    rig_answer(&g, worker, task, 1);
    assert_int_equal(rig_give_states(&g, worker, &first, 1), 1);
    assert_int_equal(rig_tasks(&g, worker, task, NULL), 1);
    assert_int_equal(task[0].request.point, 2);
    rig_answer(&g, worker, task, 1);
    assert_int_equal(rig_results(&g, client, got, 4), 2);
    for (int i = 0; i < 2; i++) assert_int_equal(got[i].response.status, FEMD_OK);
    assert_int_equal(femd_core_count(g.core)->remade, 1);
    rig_clear(&g);
}

/* The answer says it, without a message of its own. */
static void a_material_that_its_holder_has_lost_is_sent_again(void **state) {
    (void)state;
    rig g;
    rig_result got;
    femd_task task;
    const femd_response lost = {.status = FEMD_MATERIAL_LOST};
    rig_init(&g, NULL);
    const uint64_t client = rig_client(&g, "beam", 0, 1), worker = rig_worker(&g);
    rig_register(&g, client);
    rig_open(&g, worker, FEMD_OK);
    const femd_request request = rig_request(1, 0.01, NULL);
    rig_evaluate(&g, client, 1, &request, 1);
    assert_int_equal(rig_tasks(&g, worker, &task, NULL), 1);
    rig_answer_with(&g, worker, &task, &lost);
    rig_wait(&g, 0.1);
    assert_int_equal(rig_count(&g, worker, FEMD_MSG_TASK), 0);
    assert_int_equal(rig_count(&g, worker, FEMD_MSG_MATERIAL), 1);
    rig_open(&g, worker, FEMD_OK);
    assert_int_equal(rig_work(&g, worker), 1);
    assert_int_equal(rig_results(&g, client, &got, 1), 1);
    assert_int_equal(got.response.status, FEMD_OK);
    rig_clear(&g);
}

/* A state goes to another worker if that saves time: the holder of many that cost nothing does them itself. */
static void a_state_does_not_travel_for_nothing(void **state) {
    (void)state;
    enum { MANY = 12 };
    static const double cost[2] = {1e-5, 1e-3};
    for (int dear = 0; dear < 2; dear++) {
        rig g;
        rig_result got[MANY];
        femd_request request[MANY], next[MANY];
        femd_task task;
        femd_response answer;
        rig_init(&g, &(femd_core_config){.message_points = 1});
        const uint64_t client = rig_client(&g, "beam", 0, 1), worker = rig_worker(&g);
        rig_register(&g, client);
        rig_open(&g, worker, FEMD_OK);
        for (uint32_t i = 0; i < MANY; i++) {
            request[i] = rig_request(i, 1e-3 * (i + 1), NULL);
            rig_answer_of(&request[i], &answer);
            next[i] = rig_request(i, 0.5 + i, &answer.state_out);
        }
        rig_evaluate(&g, client, 1, request, MANY);
        while (rig_tasks(&g, worker, &task, NULL)) {
            rig_answer_of(&task.request, &answer);
            answer.work.wall = cost[dear];
            rig_answer_with(&g, worker, &task, &answer);
        }
        assert_int_equal(rig_results(&g, client, got, MANY), MANY);
        const uint64_t other = rig_worker(&g);
        rig_open(&g, other, FEMD_OK);
        rig_evaluate(&g, client, 2, next, MANY);
        assert_int_equal(rig_count(&g, worker, FEMD_MSG_STATE_GET) > 0, dear);
        rig_clear(&g);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_state_that_its_holder_has_lost_is_made_again),
                                       cmocka_unit_test(what_is_remembered_gives_way_to_states),
                                       cmocka_unit_test(a_material_that_its_holder_has_lost_is_sent_again),
                                       cmocka_unit_test(a_state_does_not_travel_for_nothing),
                                       cmocka_unit_test(answers_wait_their_turn),
                                       cmocka_unit_test(a_worker_that_has_sent_all_is_not_hung),
                                       cmocka_unit_test(a_state_that_does_not_come_is_made_again)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
