/* What the store and the journal are told of states that must stay, and of answers that are believed no more. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "annals.h"
#include "scene.h"

/* Two generations of each point, and nothing else. */
static void what_is_committed_must_stay_in_the_store(void **state) {
    (void)state;
    scene s;
    scene_open(&s);
    scene_run_steps(&s, 0, 1);
    assert_int_equal(s.shelf.held, SCENE_POINTS);
    scene_run_steps(&s, 1, 4);
    assert_int_equal(s.shelf.held, 2 * SCENE_POINTS);
    rig_empty(&s.g, s.client, FEMD_MSG_BYE, 0);
    rig_wait(&s.g, 100);
    assert_int_equal(s.shelf.held, 0);
    scene_close(&s);
}

/* A store that was opened anew knows nothing of it. */
static void the_next_server_has_them_stay_too(void **state) {
    (void)state;
    scene s;
    scene_open(&s);
    scene_run_steps(&s, 0, 3);
    rig_restart(&s.g);
    s.shelf.held = 0;
    femd_core_summarise(s.g.core);
    rig_collect(&s.g);
    assert_int_equal(s.shelf.held, 2 * SCENE_POINTS);
    femd_core_summarise(s.g.core);
    rig_collect(&s.g);
    assert_int_equal(s.shelf.held, 2 * SCENE_POINTS); /* once */
    scene_close(&s);
}

/* A state that was committed, then needed by nobody, then committed again: it may have gone from the store meanwhile.
 */
static void what_is_committed_again_is_kept_again(void **state) {
    (void)state;
    scene s;
    scene_open(&s);
    scene_run_steps(&s, 0, 1);
    assert_int_equal(s.shelf.states, SCENE_POINTS);
    scene_run_steps(&s, 1, 4);
    rig_shelf_drop_states(&s.shelf);
    scene_evaluate(&s, 0);
    rig_commit(&s.g, s.client, 600, 9, s.state[0], SCENE_POINTS);
    scene_evaluate(&s, 0);
    while (rig_give_states(&s.g, s.worker, s.request[0], SCENE_POINTS) || rig_work(&s.g, s.worker)) {}
    assert_true(scene_is_committed(&s));
    assert_int_equal(s.shelf.states, SCENE_POINTS);
    scene_close(&s);
}

/* Two answers for one key. Returns how often the next server, of which nobody waits for the first, evaluates it. */
static uint32_t contradict(scene *s, int summary) {
    femd_task task[4];
    femd_response r;
    const femd_request q = rig_request(77, 0.5, NULL);
    rig_evaluate(&s->g, s->client, 9, &q, 1);
    assert_int_equal(rig_tasks(&s->g, s->worker, task, NULL), 1);
    rig_answer(&s->g, s->worker, task, 1);
    rig_empty(&s->g, s->client, FEMD_MSG_ABORT, 3);
    rig_answer_of(&q, &r);
    r.S[0] += 1;
    rig_answer_with(&s->g, s->worker, task, &r);
    assert_int_equal(femd_core_count(s->g.core)->conflicts, 1);
    if (summary) femd_core_summarise(s->g.core);
    rig_collect(&s->g);
    rig_restart(&s->g);
    scene_come_back(s, 1);
    rig_evaluate(&s->g, s->client, 9, &q, 1);
    return rig_tasks(&s->g, s->worker, task, NULL);
}

static void a_doubted_answer_does_not_come_back_from_the_journal(void **state) {
    (void)state;
    for (int summary = 0; summary < 2; summary++) {
        scene s;
        scene_open(&s);
        assert_int_equal(contradict(&s, summary), 1);
        scene_close(&s);
    }
}

static int doubts_written_down(const rig_shelf *shelf) {
    int count = 0;
    for (size_t i = 0; i < shelf->records; i++) {
        femd_annal annal;
        assert_int_equal(annal_decode(shelf->record[i].data, shelf->record[i].size, &annal, NULL), FEMD_OK);
        count += annal.kind == ANNAL_DOUBT;
    }
    return count;
}

/* Results that were delivered rest on it: it stands, as it does without a restart, and is in no store. */
static void a_doubted_answer_that_results_rest_on_stands_and_is_not_kept(void **state) {
    (void)state;
    scene s;
    femd_task task[SCENE_POINTS];
    femd_response r;
    uint32_t all = 0;
    scene_open(&s);
    rig_evaluate(&s.g, s.client, 100, s.request[0], SCENE_POINTS);
    for (uint32_t n; (n = rig_tasks(&s.g, s.worker, task + all, NULL)); all += n)
        rig_answer(&s.g, s.worker, task + all, n);
    assert_int_equal(all, SCENE_POINTS);
    rig_answer_of(&task[1].request, &r);
    r.S[0] += 1;
    rig_answer_with(&s.g, s.worker, &task[1], &r);
    assert_int_equal(femd_core_count(s.g.core)->conflicts, 1);
    assert_int_equal(s.shelf.answers, SCENE_POINTS - 1);
    for (int summary = 0; summary < 2; summary++) {
        if (summary) femd_core_summarise(s.g.core);
        rig_collect(&s.g);
        assert_int_equal(doubts_written_down(&s.shelf), 1); /* a store that reads the answer here forgets it again */
        rig_restart(&s.g);
        scene_come_back(&s, 1);
        rig_have(&s.g, s.worker, s.request[0], SCENE_POINTS);
        assert_int_equal(s.shelf.answers, SCENE_POINTS - 1);
    }
    scene_commit(&s, 0);
    assert_true(scene_is_committed(&s));
    scene_close(&s);
}

/* A client that goes back to a step begins its transactions anew: the same COMMIT is no repetition. */
static void after_going_back_the_same_commit_is_a_new_one(void **state) {
    (void)state;
    for (int restarted = 0; restarted < 2; restarted++) {
        scene s;
        scene_open(&s);
        scene_run_steps(&s, 0, 3);
        rig_vanish(&s.g, s.client);
        s.client = rig_client_from(&s.g, "beam", 0, 1, 2);
        if (restarted) {
            rig_restart(&s.g);
            scene_come_back(&s, 1);
        }
        rig_register(&s.g, s.client);
        assert_int_equal(s.shelf.held, SCENE_POINTS);
        scene_evaluate(&s, 2);
        scene_commit(&s, 2);
        assert_true(scene_is_committed(&s));
        rig_vanish(&s.g, s.client);
        s.client = rig_client_from(&s.g, "beam", 0, 1, 2);
        rig_register(&s.g, s.client);
        rig_commit(&s.g, s.client, 502, 3, s.state[2], SCENE_POINTS);
        assert_true(scene_is_committed(&s));
        assert_int_equal(s.shelf.held, 2 * SCENE_POINTS); /* and not merely answered as if it were */
        scene_close(&s);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_committed_must_stay_in_the_store),
        cmocka_unit_test(the_next_server_has_them_stay_too),
        cmocka_unit_test(what_is_committed_again_is_kept_again),
        cmocka_unit_test(a_doubted_answer_does_not_come_back_from_the_journal),
        cmocka_unit_test(a_doubted_answer_that_results_rest_on_stands_and_is_not_kept),
        cmocka_unit_test(after_going_back_the_same_commit_is_a_new_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
