/* What becomes of the answers of who is convicted, and of those of two builds: forgotten, told, refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "audit_pool.h"

static rig_shelf shelf;

/* The liar leaves, so many others come and go that those who are gone and not needed are forgotten, and it comes again.
 */
static void pool_crowd_passes(pool *p, uint64_t liar_process) {
    const uint64_t next = p->g.next_route;
    rig_empty(&p->g, p->worker[1], FEMD_MSG_BYE, 0);
    for (uint64_t i = 0; i < 300; i++) {
        p->g.next_route = RIG_ROUTES - 1;
        rig_empty(&p->g, rig_worker_again(&p->g, 100000 * p->worker[1] + i), FEMD_MSG_BYE, 0);
    }
    p->g.next_route = next;
    p->worker[1] = rig_worker_again(&p->g, liar_process);
    rig_open(&p->g, p->worker[1], FEMD_OK);
}

/* Few are audited, and the liar is found when its answers have been used and committed: the run ends, with the step. */
static void conviction_after_a_commit(int small, int crowd) {
    pool p;
    femd_error e = FEMD_ERROR_INIT;
    const liar how[] = {never, always, never};
    rig_shelf_init(&shelf);
    pool_open(&p, 0.004, 3, how, &(femd_core_config){.recall = &shelf.recall, .cache_bytes = small ? 1 : 0});
    const uint64_t liar_process = p.worker[1];
    uint64_t batch = 1;
    uint32_t step = 0;
    while (!pool_count(&p)->convicted && batch < 100) {
        pool_ask(&p, batch, (double)batch);
        batch++;
        if (pool_count(&p)->convicted) break;
        rig_commit(&p.g, p.client, batch, ++step, NULL, 0);
        assert_int_equal(rig_count(&p.g, p.client, FEMD_MSG_COMMITTED), step);
        if (crowd) pool_crowd_passes(&p, liar_process);
    }
    assert_int_equal(pool_count(&p)->convicted, 1);
    assert_true(step > 1 && p.wrong > 0);
    assert_true(shelf.forgotten + shelf.disbelieved > 0 &&
                !shelf.unforgotten); /* the store has no lie when anybody asks again */
    assert_true(pool_error(&p, &e));
    assert_int_equal(e.code, FEMD_CONFLICT);
    assert_non_null(strstr(e.text, "step 1 and what follows is in doubt"));
    /* nothing more is taken from it */
    rig_evaluate(&p.g, p.client, 1000, p.asked, 1);
    assert_true(pool_error(&p, &e));
    assert_int_equal(e.code, FEMD_CONFLICT);
    rig_commit(&p.g, p.client, 1001, step + 1, NULL, 0);
    assert_true(pool_error(&p, &e));
    assert_int_equal(e.code, FEMD_CONFLICT);
    /* it goes on from what is sound, and nothing of what the liar said is left */
    rig_empty(&p.g, p.client, FEMD_MSG_BYE, 0);
    p.client = rig_client(&p.g, "beam", 0, 1);
    rig_register(&p.g, p.client);
    p.wrong = 0;
    for (uint64_t k = 1; k < batch; k++) {
        pool_ask(&p, k, (double)k);
        assert_int_equal(p.count, POINTS);
    }
    assert_int_equal(p.wrong, 0);
    for (size_t i = 0; i < shelf.answer_end; i++) {
        femd_kept kept;
        femd_response said, right;
        if (!shelf.answer[i].bytes.data) continue;
        assert_int_equal(kept_decode(shelf.answer[i].bytes.data, shelf.answer[i].bytes.size, &kept, NULL), FEMD_OK);
        assert_int_equal(femd_response_decode(kept.response.data, kept.response.size, &said, NULL), FEMD_OK);
        rig_answer_of(&kept.request, &right);
        assert_true(said.S[0] == right.S[0]);
    }
    rig_clear(&p.g);
    rig_shelf_clear(&shelf);
}

static void a_conviction_after_a_commit_names_the_first_step_in_doubt(void **state) {
    (void)state;
    conviction_after_a_commit(0, 0);
}

static void whose_answers_a_run_has_used_is_not_forgotten(void **state) {
    (void)state;
    conviction_after_a_commit(1, 1);
}

/* They have left memory by then, and are in the store. */
static void lies_that_left_memory_leave_the_store(void **state) {
    (void)state;
    conviction_after_a_commit(1, 0);
}

/* So many have left memory that nobody remembers them: of each the store knows who has answered. */
static void of_a_store_of_many_lies_the_rest_is_taken(void **state) {
    (void)state;
    pool p;
    const liar how[] = {never, always, never};
    rig_shelf_init(&shelf);
    pool_open(&p, 1e-4, 3, how, &(femd_core_config){.recall = &shelf.recall, .cache_bytes = 1});
    const uint64_t first = 200; /* of the next 1,800 evaluations none is audited */
    uint64_t batch = first;
    for (; !pool_count(&p)->convicted && batch < 1000; batch++) {
        pool_ask(&p, batch, (double)batch);
        if (!pool_count(&p)->convicted) rig_commit(&p.g, p.client, batch, (uint32_t)batch, NULL, 0);
    }
    assert_int_equal(pool_count(&p)->convicted, 1);
    assert_true((batch - first) * POINTS > 1500 && shelf.disbelieved > 400 && !shelf.unforgotten);
    rig_empty(&p.g, p.client, FEMD_MSG_BYE, 0);
    p.client = rig_client(&p.g, "other", 0, 1);
    rig_register(&p.g, p.client);
    for (uint32_t i = 0; i < p.n; i++) rig_open(&p.g, p.worker[i], FEMD_OK);
    p.wrong = 0;
    const uint64_t recalled = pool_count(&p)->recalled;
    for (uint64_t k = first; k < batch; k++) pool_ask(&p, k, (double)k);
    assert_int_equal(p.wrong, 0);

    assert_true(pool_count(&p)->recalled > recalled + 800);
    rig_clear(&p.g);
    rig_shelf_clear(&shelf);
}

/* A run that goes on from a step in doubt is refused. */
static void a_run_cannot_go_on_from_a_step_in_doubt(void **state) {
    (void)state;
    pool p;
    femd_error e = FEMD_ERROR_INIT;
    const liar how[] = {never, always, never};
    pool_open(&p, 0.004, 3, how, NULL);
    uint32_t step = 0;
    for (uint64_t batch = 1; !pool_count(&p)->convicted && batch < 100; batch++) {
        pool_ask(&p, batch, (double)batch);
        if (!pool_count(&p)->convicted) rig_commit(&p.g, p.client, batch, ++step, NULL, 0);
    }
    assert_true(step > 1);
    const uint64_t old = p.client;
    rig_vanish(&p.g, old);
    p.client = rig_client_from(&p.g, "beam", 0, 1, step);
    assert_true(pool_error(&p, &e));
    assert_int_equal(e.code, FEMD_REFUSED);
    assert_non_null(strstr(e.text, "in doubt"));
    rig_clear(&p.g);
}

/* What it answered before its last good audit is believed. */
static void what_came_before_the_last_good_audit_stands(void **state) {
    (void)state;
    pool p;
    femd_error e = FEMD_ERROR_INIT;
    const liar how[] = {at_one_strain, at_one_strain, never, never};
    pool_open(&p, 1, 4, how, NULL); /* two that lie alike, but for the others */
    pool_ask(&p, 1, 1);
    rig_commit(&p.g, p.client, 1, 1, NULL, 0);
    assert_int_equal(pool_error(&p, &e), 0);
    assert_int_equal(pool_count(&p)->convicted, 0);
    rig_clear(&p.g);
}

/* Two of five lie alike. What they vouch for each other is found out when one of them is asked beside an honest one:
 * then either no wrong number was used, or the run is told. */
static void two_who_lie_alike_are_found_and_what_they_vouched_for_is_told(void **state) {
    (void)state;
    for (uint32_t a = 0; a < POOL; a++)
        for (uint32_t b = a + 1; b < POOL; b++) {
            pool p;
            femd_error e = FEMD_ERROR_INIT;
            liar how[POOL] = {never, never, never, never, never};
            how[a] = how[b] = always;
            pool_open(&p, 1, POOL, how, NULL);
            for (uint64_t batch = 1; batch < 4; batch++) pool_ask(&p, batch, (double)batch);
            assert_int_equal(pool_count(&p)->convicted, 2);
            if (p.wrong) {
                assert_true(pool_error(&p, &e));
                assert_int_equal(e.code, FEMD_CONFLICT);
            }
            p.wrong = 0;
            rig_clear(&p.g);
        }
}

static void answer_all(pool *p, uint64_t worker, uint64_t fingerprint, int lie) {
    femd_task task[16];
    for (uint32_t n; (n = rig_tasks(&p->g, worker, task, NULL)) > 0;)
        for (uint32_t k = 0; k < n; k++) {
            femd_response r;
            rig_answer_of(&task[k].request, &r);
            r.work.fingerprint = fingerprint;
            if (lie) pool_lie(&r);
            rig_answer_with(&p->g, worker, &task[k], &r);
        }
}

static int is_reproducible(pool *p, const char *run) {
    cJSON *status = rig_status(&p->g, p->client), *one;
    int found = -1;
    cJSON_ArrayForEach(one, cJSON_GetObjectItem(status, "runs")) {
        if (strcmp(cJSON_GetStringValue(cJSON_GetObjectItem(one, "name")), run) == 0)
            found = cJSON_IsTrue(cJSON_GetObjectItem(one, "bit_reproducible"));
    }
    cJSON_Delete(status);
    return found;
}

/* A run that uses answers of two builds is marked, fresh ones or such as are there; one of a single build is not. */
static void answers_of_two_builds_mark_the_run(void **state) {
    (void)state;
    pool p;
    femd_request q[4];
    pool_open(&p, 0, 1, NULL, NULL);
    for (uint32_t i = 0; i < 4; i++) q[i] = rig_request(i, 0.1 * (1 + i), NULL);
    rig_evaluate(&p.g, p.client, 1, q, 2);
    answer_all(&p, p.worker[0], 7, 0);
    assert_int_equal(is_reproducible(&p, "beam"), 1);
    rig_vanish(&p.g, p.worker[0]);
    const uint64_t other = rig_worker_of(&p.g, "x86-64-v3", 8);
    rig_open(&p.g, other, FEMD_OK);
    const uint64_t one = rig_client(&p.g, "one", 0, 1), both = rig_client(&p.g, "both", 0, 1);
    rig_register(&p.g, one);
    rig_register(&p.g, both);
    rig_evaluate(&p.g, one, 1, &q[2], 2);
    answer_all(&p, other, 8, 0);
    rig_evaluate(&p.g, both, 1, &q[1], 2); /* both are there: one of each build */
    const uint64_t beam = p.client;
    p.client = one;
    assert_int_equal(is_reproducible(&p, "one"), 1);
    p.client = both;
    assert_int_equal(is_reproducible(&p, "both"), 0);
    p.client = beam;
    assert_int_equal(is_reproducible(&p, "beam"), 1);
    rig_evaluate(&p.g, beam, 2, &q[2], 1);
    assert_int_equal(is_reproducible(&p, "beam"), 0);
    rig_clear(&p.g);
}

static void another_build_may_be_refused(void **state) {
    (void)state;
    pool p;
    femd_error e = FEMD_ERROR_INIT;
    femd_frame f;
    pool_open(&p, 0, 1, NULL, &(femd_core_config){.one_build = 1});
    uint64_t other = rig_worker_of(&p.g, "x86-64-v3", 8);
    assert_true(rig_take(&p.g, other, FEMD_MSG_ERROR, &f));
    assert_int_equal(femd_error_decode(&f, &e, NULL), FEMD_OK);
    assert_non_null(strstr(e.text, "--builds one"));
    assert_true(p.g.inbox[other].dropped);
    rig_clear(&p.g);
}

/* What a liar said of a point is forgotten also while the point is under way again for its state, and by another build
 * at that: the answer that comes is the one that counts. */
static void a_lie_is_forgotten_while_its_state_is_made_again(void **state) {
    (void)state;
    pool p;
    const liar how[] = {always};
    femd_task task[16];
    pool_open(&p, 0, 1, how, NULL);
    p.asked[0] = rig_request(0, 0.1, NULL);
    p.asked[1] = rig_request(1, 0.2, NULL);
    rig_evaluate(&p.g, p.client, 1, p.asked, 2);
    while (pool_work(&p)) continue;
    pool_take(&p);
    assert_int_equal(p.wrong, 2);
    rig_empty(&p.g, p.client, FEMD_MSG_ABORT, 1);
    rig_vanish(&p.g, p.worker[0]); /* and the states of both points with it */
    uint64_t honest[2];
    for (int i = 0; i < 2; i++) honest[i] = rig_worker(&p.g);
    uint64_t other = rig_worker_of(&p.g, "x86-64-v3", 8);
    femd_request later[2];
    for (uint32_t i = 0; i < 2; i++) {
        femd_response r;
        rig_answer_of(&p.asked[i], &r);
        later[i] = rig_request(2 + i, 0.3, &r.state_out);
    }
    rig_evaluate(&p.g, p.client, 2, later, 2);
    rig_open(&p.g, other, FEMD_OK); /* has both, and keeps them for now */
    assert_int_equal(rig_tasks(&p.g, other, task, NULL) + rig_count(&p.g, other, FEMD_MSG_TASK), 2);
    const int second_is_mine = task[0].request.point == 1;
    const uint32_t kept = second_is_mine ? 1 : 0;
    femd_task rest[16];
    assert_int_equal(rig_tasks(&p.g, other, rest, NULL), 1);
    /* of the one point an honest worker's answer contradicts the record, a third decides, and the liar is convicted */
    for (int i = 0; i < 2; i++) rig_open(&p.g, honest[i], FEMD_OK);
    rig_answer_with(&p.g, other, &rest[0], &(femd_response){.status = FEMD_IO, .work.fingerprint = 8});
    for (int round = 0; round < 4; round++)
        for (int i = 0; i < 2; i++) answer_all(&p, honest[i], 7, 0);
    assert_int_equal(pool_count(&p)->convicted, 1);
    femd_response right;
    rig_answer_of(&task[0].request, &right);
    right.work.fingerprint = 8;
    rig_answer_with(&p.g, other, &task[0], &right);
    const uint64_t next = rig_client(&p.g, "another", 0, 1); /* the run that has used the lies is in doubt */
    rig_register(&p.g, next);
    rig_evaluate(&p.g, next, 3, &p.asked[kept], 1);
    for (int round = 0; round < 4; round++)
        for (int i = 0; i < 2; i++) answer_all(&p, honest[i], 7, 0);
    rig_result got[8];
    assert_int_equal(rig_results(&p.g, next, got, 8), 1);
    assert_int_equal(got[0].response.status, FEMD_OK);
    assert_true(got[0].response.S[0] == right.S[0]);
    rig_clear(&p.g);
}

/* Two have given the same wrong answer, and are gone. Of those that make its state again later each says otherwise:
 * four are enough against two voices, and both are convicted. */
static void both_who_vouched_for_a_lie_are_convicted(void **state) {
    (void)state;
    enum { HONEST = 6 };
    pool p;
    const liar how[] = {always, always};
    uint64_t honest[HONEST];
    femd_response right;
    femd_error told = FEMD_ERROR_INIT;
    pool_open(&p, 1, 2, how, NULL);
    p.asked[0] = rig_request(0, 0.1, NULL);
    rig_answer_of(&p.asked[0], &right);
    rig_evaluate(&p.g, p.client, 1, p.asked, 1);
    while (pool_work(&p)) continue;
    pool_take(&p);
    assert_int_equal(p.wrong, 1);
    assert_int_equal(pool_count(&p)->audited, 1);
    rig_empty(&p.g, p.client, FEMD_MSG_ABORT, 1);
    for (int i = 0; i < 2; i++) rig_vanish(&p.g, p.worker[i]);
    const femd_request later = rig_request(1, 0.3, &right.state_out);
    rig_evaluate(&p.g, p.client, 2, &later, 1);
    for (int i = 0; i < HONEST; i++) {
        honest[i] = rig_worker(&p.g);
        rig_open(&p.g, honest[i], FEMD_OK);
    }
    for (int round = 0; round < 2 * HONEST; round++)
        for (int i = 0; i < HONEST; i++) {
            answer_all(&p, honest[i], 7, 0);
            rig_give_states(&p.g, honest[i], p.asked, 1);
        }
    assert_int_equal(pool_count(&p)->convicted, 2);
    assert_int_equal(pool_count(&p)->evaluations, 2 + 4);
    assert_true(pool_error(&p, &told)); /* the run has used the lie */
    assert_int_equal(told.code, FEMD_CONFLICT);
    rig_clear(&p.g);
}

/* Of an answer that is remembered by its state alone, another state is a contradiction, and no confirmation. */
static void another_state_confirms_nothing(void **state) {
    (void)state;
    enum { HONEST = 4 };
    pool p;
    uint64_t honest[HONEST];
    femd_task task;
    femd_response lie;
    pool_open(&p, 0, 1, NULL, NULL);
    p.asked[0] = rig_request(0, 0.1, NULL);
    rig_evaluate(&p.g, p.client, 1, p.asked, 1);
    assert_int_equal(rig_tasks(&p.g, p.worker[0], &task, NULL), 1);
    rig_answer_of(&p.asked[0], &lie);
    lie.state_out.b[3] ^= 1;
    rig_answer_with(&p.g, p.worker[0], &task, &lie);
    pool_take(&p);
    rig_vanish(&p.g, p.worker[0]);
    const femd_request later = rig_request(1, 0.3, &lie.state_out);
    rig_evaluate(&p.g, p.client, 2, &later, 1);
    femd_core_trim(p.g.core, 0);
    for (int i = 0; i < HONEST; i++) {
        honest[i] = rig_worker(&p.g);
        rig_open(&p.g, honest[i], FEMD_OK);
    }
    for (int round = 0; round < 2 * HONEST; round++)
        for (int i = 0; i < HONEST; i++) answer_all(&p, honest[i], 7, 0);
    assert_int_equal(pool_count(&p)->convicted, 1);
    assert_int_equal(pool_count(&p)->evaluations, 1 + 3);
    rig_clear(&p.g);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_conviction_after_a_commit_names_the_first_step_in_doubt),
        cmocka_unit_test(lies_that_left_memory_leave_the_store),
        cmocka_unit_test(of_a_store_of_many_lies_the_rest_is_taken),
        cmocka_unit_test(whose_answers_a_run_has_used_is_not_forgotten),
        cmocka_unit_test(a_run_cannot_go_on_from_a_step_in_doubt),
        cmocka_unit_test(what_came_before_the_last_good_audit_stands),
        cmocka_unit_test(two_who_lie_alike_are_found_and_what_they_vouched_for_is_told),
        cmocka_unit_test(a_lie_is_forgotten_while_its_state_is_made_again),
        cmocka_unit_test(both_who_vouched_for_a_lie_are_convicted),
        cmocka_unit_test(another_state_confirms_nothing),
        cmocka_unit_test(another_build_may_be_refused),
        cmocka_unit_test(answers_of_two_builds_mark_the_run),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
