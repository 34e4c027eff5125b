/* Audits and contradictions: who is asked a second time, and who is convicted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "answers.h"
#include "audit_pool.h"

/* Every answer is asked for twice, and no wrong one gets through, whoever lies and how. */
static void with_every_answer_audited_no_lie_gets_through(void **state) {
    (void)state;
    const liar lies[] = {always, every_20th, at_one_strain};
    for (int k = 0; k < 3; k++)
        for (uint32_t place = 0; place < 3; place++) {
            pool p;
            femd_error e = FEMD_ERROR_INIT;
            liar how[3] = {never, never, never};
            how[place] = lies[k];
            pool_open(&p, 1, 3, how, NULL);
            for (uint64_t batch = 1; batch < 6; batch++) {
                pool_ask(&p, batch, (double)batch);
                assert_int_equal(p.count, POINTS);
            }
            if (k == 2) pool_ask(&p, 9, 0.25);
            assert_int_equal(p.wrong, 0);
            assert_int_equal(pool_error(&p, &e), 0); /* nothing that it used is in doubt */
            if (k < 2) assert_int_equal(pool_count(&p)->convicted, 1);
            assert_int_equal(pool_count(&p)->unaudited, 0);
            assert_true(pool_count(&p)->audited >= 5 * POINTS);
            rig_clear(&p.g);
        }
}

static void the_convicted_gets_no_tasks_and_the_words_say_why(void **state) {
    (void)state;
    pool p;
    femd_error e = FEMD_ERROR_INIT;
    femd_frame f;
    const liar how[] = {always, never, never};
    pool_open(&p, 1, 3, how, NULL);
    pool_ask(&p, 1, 1);
    assert_true(rig_take(&p.g, p.worker[0], FEMD_MSG_ERROR, &f));
    assert_int_equal(femd_error_decode(&f, &e, NULL), FEMD_OK);
    assert_non_null(strstr(e.text, "quarantine"));
    const uint32_t before = p.answers[0];
    pool_ask(&p, 2, 2);
    assert_int_equal(p.answers[0], before);
    assert_int_equal(p.count, POINTS);
    rig_clear(&p.g);
}

/* The number of a worker that STATUS tells to be in quarantine; 0: none is. */
static uint64_t worker_in_quarantine(rig *g, uint64_t looks) {
    cJSON *root = rig_status(g, looks);
    const cJSON *one;
    uint64_t number = 0;
    cJSON_ArrayForEach(
        one, cJSON_GetObjectItem(root, "workers")) if (strcmp(cJSON_GetStringValue(cJSON_GetObjectItem(one, "state")),
                                                              "quarantined") == 0) number =
        (uint64_t)cJSON_GetNumberValue(cJSON_GetObjectItem(one, "number"));
    cJSON_Delete(root);
    return number;
}

/* A liar whose answer is contradicted while its connection is gone; then it comes back. */
static void who_is_convicted_while_away_comes_back_into_quarantine(void **state) {
    (void)state;
    pool p;
    const liar how[] = {always, never, never};
    const femd_core_config config = {.open_to_admins = 1};
    pool_open(&p, 1, 3, how, &config);
    const uint64_t liar_route = p.worker[0];
    for (uint32_t i = 0; i < POINTS; i++) p.asked[i] = rig_request(i, 1 + 0.01 * i, NULL);
    rig_evaluate(&p.g, p.client, 1, p.asked, POINTS);
    p.n = 1;
    while (pool_work(&p)) continue;
    assert_true(p.answers[0] > 0);
    rig_vanish(&p.g, p.worker[0]);
    p.worker[0] = p.worker[1], p.how[0] = never;
    p.n = 3;
    while (pool_work(&p)) continue;
    pool_take(&p);
    assert_true(p.count == POINTS && p.wrong == 0 && pool_count(&p)->convicted == 1);

    const uint64_t again = rig_worker_again(&p.g, liar_route), looks = rig_admin(&p.g);
    const uint64_t number = worker_in_quarantine(&p.g, looks);
    assert_true(number != 0);
    (void)rig_act(&p.g, looks, "release", number, "");
    assert_int_equal(worker_in_quarantine(&p.g, looks), 0);
    rig_vanish(&p.g, again);
    (void)rig_worker_again(&p.g, liar_route);
    assert_int_equal(worker_in_quarantine(&p.g, looks), 0); /* acquitted */
    rig_clear(&p.g);
}

static void the_share_is_kept_and_the_same_keys_are_chosen(void **state) {
    (void)state;
    uint64_t first = 0;
    for (int again = 0; again < 2; again++) {
        pool p;
        pool_open(&p, 0.25, 2, NULL, NULL);
        for (uint64_t batch = 1; batch <= 20; batch++) pool_ask(&p, batch, (double)batch);
        const uint64_t audited = pool_count(&p)->audited;
        assert_in_range(audited, 200 - 50, 200 + 50); /* of 800; sigma 12 */
        assert_int_equal(pool_count(&p)->audits, audited);
        assert_int_equal(pool_count(&p)->evaluations, 800 + audited);
        if (again) assert_int_equal(audited, first);
        first = audited;
        rig_clear(&p.g);
    }
}

/* Two workers on one host and one on another: the other host is asked. */
static void another_host_is_asked_if_there_is_one(void **state) {
    (void)state;
    for (int order = 0; order < 3; order++) {
        rig g;
        femd_task t[64];
        uint64_t w[3];
        rig_init(&g, &(femd_core_config){.audit = 1, .credits = 16, .message_points = 1});
        uint64_t client = rig_client(&g, "beam", 0, 1);
        for (int i = 0; i < 3; i++) w[i] = rig_worker_at(&g, i == order ? "there" : "here");
        rig_register(&g, client);
        for (int i = 0; i < 3; i++) rig_open(&g, w[i], FEMD_OK);
        femd_request r = rig_request(0, 0.1, NULL);
        rig_evaluate(&g, client, 1, &r, 1);
        int first = -1, second = -1;
        for (int i = 0; i < 3; i++)
            if (rig_tasks(&g, w[i], t, NULL)) first = i;
        assert_true(first >= 0);
        rig_answer(&g, w[first], t, 1);
        for (int i = 0; i < 3; i++)
            if (rig_tasks(&g, w[i], t, NULL)) second = i;
        assert_true(second >= 0 && (first == order) != (second == order));
        rig_clear(&g);
    }
}

/* Two that disagree and no third: nobody is believed, and the run is told. */
static void without_a_third_nobody_is_believed(void **state) {
    (void)state;
    pool p;
    femd_error e = FEMD_ERROR_INIT;
    const liar how[] = {always, never};
    pool_open(&p, 1, 2, how, NULL);
    pool_ask(&p, 1, 1);
    assert_int_equal(p.count, 0);
    rig_wait(&p.g, 6); /* a third might have come */
    pool_take(&p);
    assert_true(p.conflict > 0);
    assert_int_equal(p.wrong, 0);
    assert_true(pool_count(&p)->undecided > 0);
    assert_int_equal(pool_count(&p)->convicted, 2);
    (void)pool_error(&p, &e);
    rig_clear(&p.g);
}

static void a_worker_alone_is_used_and_counted(void **state) {
    (void)state;
    pool p;
    pool_open(&p, 1, 1, NULL, &(femd_core_config){.pool = 1});
    pool_ask(&p, 1, 1);
    assert_int_equal(p.count, POINTS); /* nobody else is to come */
    assert_int_equal(pool_count(&p)->unaudited, POINTS);
    assert_int_equal(pool_count(&p)->audited, 0);
    assert_non_null(strstr(p.g.last_log, "no second worker"));
    rig_clear(&p.g);
    pool_open(&p, 1, 1, NULL, NULL);
    pool_ask(&p, 1, 1);
    assert_int_equal(p.count, 0);
    rig_wait(&p.g, 6);
    while (pool_work(&p)) continue;
    pool_take(&p);
    assert_int_equal(p.count, POINTS);
    rig_clear(&p.g);
}

/* Somebody who could be asked is there or comes again and again, but never gets as far: the answers are not held up. */
static void who_never_opens_the_material_is_not_waited_for(void **state) {
    (void)state;
    for (int comes_and_goes = 0; comes_and_goes < 2; comes_and_goes++) {
        pool p;
        pool_open(&p, 1, 1, NULL, NULL);
        uint64_t other = rig_worker(&p.g);
        pool_ask(&p, 1, 1);
        assert_int_equal(p.count, 0);
        for (int s = 0; s < 8; s++) {
            rig_wait(&p.g, 1);
            if (comes_and_goes) rig_vanish_now(&p.g, other);
            if (comes_and_goes) other = rig_worker(&p.g);
            assert_int_equal(pool_work(&p), 0);
        }
        pool_take(&p);
        assert_int_equal(p.count, 0);
        rig_wait(&p.g, 4);
        pool_take(&p);
        assert_int_equal(p.count, POINTS);
        assert_int_equal(pool_count(&p)->unaudited, POINTS);
        rig_clear(&p.g);
    }
}

/* What takes long to open elsewhere is waited for. */
static void who_needs_long_to_open_the_material_is_waited_for(void **state) {
    (void)state;
    pool p;
    pool_open(&p, 1, 0, NULL, NULL);
    p.n = 1;
    p.worker[0] = rig_worker(&p.g);
    p.how[0] = never;
    rig_wait(&p.g, 3); /* it takes 3 s */
    rig_open(&p.g, p.worker[0], FEMD_OK);
    const uint64_t other = rig_worker(&p.g);
    pool_ask(&p, 1, 1);
    rig_wait(&p.g, 38);
    pool_take(&p);
    assert_int_equal(p.count, 0);
    p.worker[p.n] = other;
    p.how[p.n++] = never;
    rig_open(&p.g, other, FEMD_OK);
    while (pool_work(&p)) continue;
    pool_take(&p);
    assert_int_equal(p.count, POINTS);
    assert_int_equal(pool_count(&p)->unaudited, 0);
    rig_clear(&p.g);
}

/* A worker of another build is asked for no audit: its bits may differ. */
static void another_build_is_no_witness(void **state) {
    (void)state;
    pool p;
    pool_open(&p, 1, 1, NULL, NULL);
    uint64_t other = rig_worker_of(&p.g, "x86-64-v3", 8);
    rig_open(&p.g, other, FEMD_OK);
    p.asked[0] = rig_request(0, 0.1, NULL);
    femd_task t[8];
    rig_evaluate(&p.g, p.client, 1, p.asked, 1);
    if (!rig_tasks(&p.g, p.worker[0], t, NULL)) { /* that one has it first */
        assert_int_equal(rig_tasks(&p.g, other, t, NULL), 1);
        rig_vanish(&p.g, other);
        assert_int_equal(rig_tasks(&p.g, p.worker[0], t, NULL), 1);
        other = rig_worker_of(&p.g, "x86-64-v3", 8);
        rig_open(&p.g, other, FEMD_OK);
    }
    rig_answer(&p.g, p.worker[0], t, 1);
    assert_int_equal(rig_count(&p.g, other, FEMD_MSG_TASK), 0);
    rig_wait(&p.g, 6);
    pool_take(&p);
    assert_int_equal(p.count, 1);
    assert_int_equal(pool_count(&p)->unaudited, 1);
    rig_clear(&p.g);
}

/* A worker that dies, fails or loses the state in an audit is no end of the point. */
static void an_audit_that_fails_leaves_the_answer(void **state) {
    (void)state;
    pool p;
    femd_task t[8];
    femd_response failed = {.status = FEMD_ENGINE_DIED};
    pool_open(&p, 1, 2, NULL, NULL);
    p.asked[0] = rig_request(0, 0.1, NULL);
    rig_evaluate(&p.g, p.client, 1, p.asked, 1);
    const int first = rig_count(&p.g, p.worker[0], FEMD_MSG_TASK) ? 0 : 1;
    assert_int_equal(rig_tasks(&p.g, p.worker[first], t, NULL), 1);
    rig_answer(&p.g, p.worker[first], t, 1);
    for (int k = 0; k < 20 && rig_tasks(&p.g, p.worker[1 - first], t, NULL); k++) {
        rig_answer_with(&p.g, p.worker[1 - first], t, &failed);
        rig_wait(&p.g, 10);
    }
    pool_take(&p);
    assert_int_equal(p.count, 1);
    assert_int_equal(p.wrong + (uint32_t)p.conflict, 0);
    assert_int_equal(pool_count(&p)->unaudited, 1);
    rig_clear(&p.g);
}

static void answers_with_history_are_audited_with_their_own_state(void **state) {
    (void)state;
    pool p;
    femd_response r;
    const liar how[] = {never, never, always};
    pool_open(&p, 1, 3, how, NULL);
    femd_request from[POINTS];
    pool_ask(&p, 1, 1);
    memcpy(from, p.asked, sizeof from);
    for (uint32_t i = 0; i < POINTS; i++) {
        rig_answer_of(&from[i], &r);
        p.asked[i] = rig_request(i, 2 + 0.01 * i, &r.state_out);
    }
    p.count = 0;
    rig_evaluate(&p.g, p.client, 2, p.asked, POINTS);
    for (int more = 1; more;) {
        more = (int)pool_work(&p);
        for (uint32_t w = 0; w < p.n; w++) more += (int)rig_give_states(&p.g, p.worker[w], from, POINTS);
    }
    pool_take(&p);
    assert_int_equal(p.count, POINTS);
    assert_int_equal(p.wrong, 0);
    assert_int_equal(pool_count(&p)->audited, 2 * POINTS);
    rig_clear(&p.g);
}

static void failures_are_compared_without_their_words(void **state) {
    (void)state;
    uint8_t bytes[3][FEMD_RESPONSE_BYTES_MAX];
    femd_response r = {.status = FEMD_DIVERGED, .engine = 1}, other = {.status = FEMD_INSTABILITY, .engine = 1};
    const femd_bytes one = {bytes[0], femd_response_encode_words(&r, "after 30 turns", bytes[0])};
    const femd_bytes same = {bytes[1], femd_response_encode_words(&r, "after thirty turns", bytes[1])};
    const femd_bytes else_ = {bytes[2], femd_response_encode_words(&other, "after 30 turns", bytes[2])};
    assert_true(answers_equal(&one, &same));
    assert_false(answers_equal(&one, &else_));
    const femd_bytes plain = {bytes[1], femd_response_encode(&r, bytes[1])};
    assert_true(answers_equal(&one, &plain) && answers_equal(&plain, &one));
    assert_false(answers_equal(&plain, &else_));
    r.notes = 1;
    const femd_bytes noted = {bytes[1], femd_response_encode(&r, bytes[1])};
    assert_false(answers_equal(&one, &noted));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(with_every_answer_audited_no_lie_gets_through),
        cmocka_unit_test(the_convicted_gets_no_tasks_and_the_words_say_why),
        cmocka_unit_test(who_is_convicted_while_away_comes_back_into_quarantine),
        cmocka_unit_test(the_share_is_kept_and_the_same_keys_are_chosen),
        cmocka_unit_test(another_host_is_asked_if_there_is_one),
        cmocka_unit_test(without_a_third_nobody_is_believed),
        cmocka_unit_test(a_worker_alone_is_used_and_counted),
        cmocka_unit_test(who_never_opens_the_material_is_not_waited_for),
        cmocka_unit_test(who_needs_long_to_open_the_material_is_waited_for),
        cmocka_unit_test(another_build_is_no_witness),
        cmocka_unit_test(an_audit_that_fails_leaves_the_answer),
        cmocka_unit_test(answers_with_history_are_audited_with_their_own_state),
        cmocka_unit_test(failures_are_compared_without_their_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
