/* Answers that fail, come late, twice or false. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "evaluation_checks.h"

static void infrastructure_failures_are_sent_again_three_times(void **state) {
    (void)state;
    rig g;
    uint64_t client;
    femd_task t[256];
    femd_response bad = {.status = FEMD_ENGINE_DIED};
    rig_result got[4];
    const uint64_t worker = open_lone_worker(&g, &client);
    femd_request r = rig_request(0, 0.1, NULL);
    rig_evaluate(&g, client, 1, &r, 1);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(rig_count(&g, client, FEMD_MSG_RESULT), 0);
        assert_int_equal(rig_tasks(&g, worker, t, NULL), 1);
        rig_answer_with(&g, worker, &t[0], &bad);
    }
    assert_int_equal(rig_results(&g, client, got, 4), 1);
    assert_int_equal(got[0].response.status, FEMD_ENGINE_DIED);
    rig_evaluate(&g, client, 2, &r, 1); /* never reused */
    assert_int_equal(rig_work(&g, worker), 1);
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
    uint64_t client;
    femd_task t[256], again[256];
    const uint64_t worker = open_lone_worker(&g, &client);
    femd_request r = rig_request(0, 0.1, NULL);
    rig_evaluate(&g, client, 1, &r, 1);
    assert_int_equal(rig_tasks(&g, worker, t, NULL), 1);
    rig_vanish(&g, worker);
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
    uint64_t client;
    femd_task t[256], again[256];
    rig_result got[4];
    const uint64_t worker = open_lone_worker(&g, &client);
    femd_request r = rig_request(0, 0.1, NULL);
    rig_evaluate(&g, client, 1, &r, 1);
    assert_int_equal(rig_tasks(&g, worker, t, NULL), 1);
    rig_vanish(&g, worker);
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

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(infrastructure_failures_are_sent_again_three_times),
        cmocka_unit_test(physics_failures_are_answers),
        cmocka_unit_test(late_answers_are_taken_once),
        cmocka_unit_test(a_second_answer_under_way_serves_new_askers),
        cmocka_unit_test(different_answers_for_one_key_are_reported),
        cmocka_unit_test(a_false_answer_drops_its_worker_and_is_asked_elsewhere),
        cmocka_unit_test(a_liar_is_not_let_in_again),
        cmocka_unit_test(what_the_engine_cannot_answer_is_unsupported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
