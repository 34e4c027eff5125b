/* Contents that the server asks workers for: what is asked is counted, what does not come is looked for elsewhere. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

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

/* It beats all the while, as if it worked, and never sends what it was asked for. */
static void a_state_that_does_not_come_is_made_elsewhere(void **state) {
    (void)state;
    scenery s;
    begin(&s);
    assert_true(rig_count(&s.g, s.worker[0], FEMD_MSG_STATE_GET) > 0);
    for (int i = 0; i < 9; i++) {
        rig_wait(&s.g, 10);
        beat(&s, s.worker[0]);
    }
    assert_int_equal(rig_count(&s.g, s.worker[1], FEMD_MSG_TASK), 0);
    rig_wait(&s.g, 11);
    for (int i = 0; i < 20; i++) {
        beat(&s, s.worker[0]);
        rig_work(&s.g, s.worker[0]);
        rig_work(&s.g, s.worker[1]);
        rig_give_states(&s.g, s.worker[1], s.request, POINTS);
        rig_give_states(&s.g, s.worker[0], s.request, i > 10 ? POINTS : 0);
    }
    assert_int_equal(femd_core_count(s.g.core)->remade >= POINTS, 1);
    assert_int_equal(rig_count(&s.g, s.client, FEMD_MSG_COMMITTED), 1);
    rig_clear(&s.g);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_worker_that_has_sent_all_is_not_hung),
                                       cmocka_unit_test(a_state_that_does_not_come_is_made_elsewhere)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
