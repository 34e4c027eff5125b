/* Commits over ranks that come to nothing: every rank hears of it, in the server's words, and none waits for ever. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "femd/hash.h"
#include "rig.h"

typedef struct pair { /* a run of two ranks, whose first has a point evaluated */
    rig g;
    uint64_t rank[2], worker;
    femd_request request;
    femd_hash state;
} pair;

static void pair_init(pair *p) {
    rig_result got[4];
    femd_response r;
    rig_init(&p->g, &(femd_core_config){.run_grace = 60});
    for (uint32_t i = 0; i < 2; i++) p->rank[i] = rig_client(&p->g, "beam", i, 2);
    p->worker = rig_worker(&p->g);
    rig_register(&p->g, p->rank[0]);
    rig_open(&p->g, p->worker, FEMD_OK);
    p->request = rig_request(0, 0.01, NULL);
    rig_answer_of(&p->request, &r);
    p->state = r.state_out;
    rig_evaluate(&p->g, p->rank[0], 1, &p->request, 1);
    assert_int_equal(rig_work(&p->g, p->worker), 1);
    assert_int_equal(rig_results(&p->g, p->rank[0], got, 4), 1);
}

static size_t committed(const pair *p, uint32_t rank) {
    return rig_count(&p->g, p->rank[rank], FEMD_MSG_COMMITTED);
}

/* The next ERROR of a rank is about this transaction, has this code and says this. */
static void assert_told(pair *p, uint32_t rank, uint64_t transaction, femd_status code, const char *words) {
    femd_frame f;
    femd_error e = FEMD_ERROR_INIT;
    assert_true(rig_take(&p->g, p->rank[rank], FEMD_MSG_ERROR, &f));
    assert_int_equal(f.id, transaction);
    assert_int_equal(femd_error_decode(&f, &e, NULL), FEMD_OK);
    assert_int_equal(e.code, code);
    if (!strstr(e.text, words)) fail_msg("\"%s\" does not say \"%s\"", e.text, words);
}

static const femd_hash unknown = {{1, 2, 3}};

static void a_failure_is_told_to_the_ranks_that_wait(void **state) {
    (void)state;
    pair p;
    pair_init(&p);
    rig_commit(&p.g, p.rank[0], 10, 1, &p.state, 1);
    rig_commit(&p.g, p.rank[1], 20, 1, &unknown, 1);
    assert_told(&p, 1, 20, FEMD_STATE_LOST, "the state of point 0 to commit is unknown here");
    assert_told(&p, 0, 10, FEMD_STATE_LOST, "rank 1 could not: the state of point 0 to commit is unknown here");
    rig_commit(&p.g, p.rank[0], 10, 1, &p.state, 1); /* sent again, since the words may be lost: the same words */
    assert_told(&p, 0, 10, FEMD_STATE_LOST, "rank 1 could not: the state of point 0 to commit is unknown here");
    rig_commit(&p.g, p.rank[0], 11, 1, &p.state, 1); /* tried anew */
    rig_commit(&p.g, p.rank[1], 21, 1, NULL, 0);
    rig_give_states(&p.g, p.worker, &p.request, 1);
    assert_int_equal(committed(&p, 0) + committed(&p, 1), 2);
    rig_clear(&p.g);
}

static void a_failure_is_told_to_the_ranks_that_come_later(void **state) {
    (void)state;
    pair p;
    pair_init(&p);
    rig_commit(&p.g, p.rank[0], 10, 1, &unknown, 1);
    assert_told(&p, 0, 10, FEMD_STATE_LOST, "is unknown here");
    assert_int_equal(rig_count(&p.g, p.rank[1], FEMD_MSG_ERROR), 0);
    rig_commit(&p.g, p.rank[1], 20, 1, NULL, 0);
    assert_told(&p, 1, 20, FEMD_STATE_LOST, "step 1 is committed by no rank, since rank 0 could not");
    rig_commit(&p.g, p.rank[1], 20, 1, NULL, 0); /* sent again */
    assert_told(&p, 1, 20, FEMD_STATE_LOST, "step 1 is committed by no rank, since rank 0 could not");
    for (uint32_t i = 0; i < 2; i++) rig_empty(&p.g, p.rank[i], FEMD_MSG_ABORT, 30);
    rig_commit(&p.g, p.rank[1], 21, 1, NULL, 0);
    rig_commit(&p.g, p.rank[0], 11, 1, NULL, 0);
    assert_int_equal(committed(&p, 0) + committed(&p, 1), 2);
    rig_clear(&p.g);
}

static void an_abort_ends_what_was_owed(void **state) {
    (void)state;
    pair p;
    pair_init(&p);
    rig_commit(&p.g, p.rank[0], 10, 1, &unknown, 1);
    for (uint32_t i = 0; i < 2; i++) rig_empty(&p.g, p.rank[i], FEMD_MSG_ABORT, 30);
    rig_commit(&p.g, p.rank[1], 21, 1, NULL, 0);
    rig_commit(&p.g, p.rank[0], 11, 1, NULL, 0);
    assert_int_equal(committed(&p, 0) + committed(&p, 1), 2);
    rig_clear(&p.g);
}

static void a_state_that_cannot_be_had_fails_all_ranks(void **state) {
    (void)state;
    pair p;
    femd_task t[256];
    femd_response other;
    pair_init(&p);
    rig_vanish(&p.g, p.worker);
    rig_commit(&p.g, p.rank[1], 20, 1, NULL, 0);
    rig_commit(&p.g, p.rank[0], 10, 1, &p.state, 1);
    uint64_t liar = rig_worker(&p.g);
    rig_open(&p.g, liar, FEMD_OK);
    assert_int_equal(rig_tasks(&p.g, liar, t, NULL), 1);
    rig_answer_of(&p.request, &other);
    other.state_out.b[0] ^= 1;
    rig_answer_with(&p.g, liar, t, &other);
    rig_wait(&p.g, 6); /* a third worker might have come */
    assert_told(&p, 0, 10, FEMD_CONFLICT, "step 1 cannot be committed");
    assert_told(&p, 1, 20, FEMD_CONFLICT, "rank 0 could not: step 1 cannot be committed");
    rig_clear(&p.g);
}

/* The worker answers the request with a state of so many bytes and gives it when it is asked. */
static void give_large(pair *p, uint64_t client, uint8_t *blob, size_t size, femd_hash *name) {
    femd_task t[256];
    femd_response r;
    rig_result got[4];
    femd_request q = rig_request(0, 0.5 + blob[0], NULL);
    femd_hash_domain("state", blob, size, name);
    rig_evaluate(&p->g, client, 7, &q, 1);
    assert_int_equal(rig_tasks(&p->g, p->worker, t, NULL), 1);
    rig_answer_of(&q, &r);
    r.state_out = *name;
    rig_answer_with(&p->g, p->worker, t, &r);
    assert_int_equal(rig_results(&p->g, client, got, 4), 1);
}

/* Two ranks whose states do not fit into the server: what was one rank's failure kept the other waiting for ever. */
static void states_that_do_not_fit_fail_all_ranks(void **state) {
    (void)state;
    enum { SIZE = 10 << 20 };
    static uint8_t blob[2][SIZE] = {{1}, {2}};
    femd_hash name[2];
    pair p;
    femd_frame f;
    rig_init(&p.g, &(femd_core_config){.memory_bytes = 16 << 20});
    for (uint32_t i = 0; i < 2; i++) p.rank[i] = rig_client(&p.g, "beam", i, 2);
    p.worker = rig_worker(&p.g);
    rig_register(&p.g, p.rank[0]);
    rig_open(&p.g, p.worker, FEMD_OK);
    for (uint32_t i = 0; i < 2; i++) give_large(&p, p.rank[i], blob[i], SIZE, &name[i]);
    for (uint32_t i = 0; i < 2; i++) rig_commit(&p.g, p.rank[i], 10 + i, 1, &name[i], 1);
    for (uint32_t i = 0; i < 2; i++) {
        femd_buffer b = FEMD_BUFFER_INIT;
        assert_int_equal(femd_frame_begin(&b, FEMD_MSG_STATE, 0, NULL), FEMD_OK);
        assert_int_equal(femd_state_add(&b, &(femd_state_entry){name[i], {blob[i], SIZE}}, NULL), FEMD_OK);
        femd_frame_finish(&b, 1);
        rig_deliver(&p.g, p.worker, &b);
        femd_buffer_clear(&b);
    }
    assert_told(&p, 1, 11, FEMD_LIMIT,
                "step 1 cannot be committed: the server has no room for a state of 10485760 bytes");
    assert_told(&p, 0, 10, FEMD_LIMIT,
                "rank 1 could not: step 1 cannot be committed: the server has no room for a state of 10485760 bytes");
    assert_false(rig_take(&p.g, p.rank[0], FEMD_MSG_COMMITTED, &f));
    rig_clear(&p.g);
}

static void a_message_without_sense_fails_all_ranks(void **state) {
    (void)state;
    pair p;
    pair_init(&p);
    rig_commit(&p.g, p.rank[0], 10, 1, NULL, 0);
    rig_empty(&p.g, p.rank[1], FEMD_MSG_COMMIT, 20); /* not even a step */
    assert_int_equal(rig_count(&p.g, p.rank[1], FEMD_MSG_ERROR), 1);
    assert_told(&p, 0, 10, FEMD_PROTOCOL, "step 1 is committed by no rank, since rank 1 could not");
    rig_clear(&p.g);
}

static void a_rank_that_left_is_named(void **state) {
    (void)state;
    for (int before = 0; before < 2; before++) {
        pair p;
        pair_init(&p);
        if (before) rig_empty(&p.g, p.rank[1], FEMD_MSG_BYE, 0);
        rig_commit(&p.g, p.rank[0], 10, 1, NULL, 0);
        if (!before) rig_empty(&p.g, p.rank[1], FEMD_MSG_BYE, 0);
        assert_told(&p, 0, 10, FEMD_DISCONNECTED, "rank 1 could not: it has left the run (pid 2 on here)");
        rig_clear(&p.g);
    }
}

static void a_rank_that_was_lost_has_time_to_come_back(void **state) {
    (void)state;
    pair p;
    pair_init(&p);
    rig_commit(&p.g, p.rank[0], 10, 1, NULL, 0);
    rig_vanish(&p.g, p.rank[1]);
    rig_wait(&p.g, 59.9);
    assert_int_equal(rig_count(&p.g, p.rank[0], FEMD_MSG_ERROR), 0);
    p.rank[1] = rig_client(&p.g, "beam", 1, 2);
    rig_wait(&p.g, 100);
    assert_int_equal(rig_count(&p.g, p.rank[0], FEMD_MSG_ERROR), 0); /* it is there and may take its time */
    rig_commit(&p.g, p.rank[1], 20, 1, NULL, 0);
    assert_int_equal(committed(&p, 0) + committed(&p, 1), 2);
    rig_commit(&p.g, p.rank[0], 11, 2, NULL, 0);
    rig_vanish(&p.g, p.rank[1]);
    assert_in_range((int)(femd_core_next_tick(p.g.core) - p.g.now), 0, 60);
    rig_wait(&p.g, 60);
    assert_told(&p, 0, 11, FEMD_DISCONNECTED, "rank 1 could not: it was lost 60 s ago and has not come back (pid 4 on");
    rig_clear(&p.g);
}

static void a_rank_that_never_came_is_named(void **state) {
    (void)state;
    pair p;
    memset(&p, 0, sizeof p);
    rig_init(&p.g, &(femd_core_config){.run_grace = 60});
    p.rank[0] = rig_client(&p.g, "beam", 0, 2);
    rig_commit(&p.g, p.rank[0], 10, 1, NULL, 0);
    rig_wait(&p.g, 59);
    assert_int_equal(rig_count(&p.g, p.rank[0], FEMD_MSG_ERROR), 0);
    rig_wait(&p.g, 2);
    assert_told(&p, 0, 10, FEMD_DISCONNECTED, "rank 1 could not: no client has come for it within 60 s");
    rig_clear(&p.g);
}

/* A transaction's number is answered as before for what it was said of, and for nothing else: final, under way or
 * refused. */
static void a_number_answers_for_no_other_content(void **state) {
    (void)state;
    pair p;
    pair_init(&p);
    rig_commit(&p.g, p.rank[0], 10, 1, &p.state, 1); /* waits for its state */
    rig_commit(&p.g, p.rank[0], 10, 1, &unknown, 1);
    assert_told(&p, 0, 10, FEMD_STATE_LOST, "the state of point 0 to commit is unknown here");
    rig_commit(&p.g, p.rank[0], 10, 1, &p.state, 1); /* not what was refused */
    assert_int_equal(rig_count(&p.g, p.rank[0], FEMD_MSG_ERROR), 0);
    rig_commit(&p.g, p.rank[1], 20, 1, NULL, 0);
    rig_give_states(&p.g, p.worker, &p.request, 1);
    assert_int_equal(committed(&p, 0), 1);
    assert_int_equal(committed(&p, 1), 1);
    rig_commit(&p.g, p.rank[0], 10, 1, &unknown, 1); /* not what is final */
    assert_told(&p, 0, 10, FEMD_STATE_LOST, "the state of point 0 to commit is unknown here");
    assert_int_equal(committed(&p, 0), 1);
    assert_int_equal(femd_core_count(p.g.core)->commits, 1);
    rig_clear(&p.g);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_number_answers_for_no_other_content),
        cmocka_unit_test(a_failure_is_told_to_the_ranks_that_wait),
        cmocka_unit_test(a_failure_is_told_to_the_ranks_that_come_later),
        cmocka_unit_test(an_abort_ends_what_was_owed),
        cmocka_unit_test(a_state_that_cannot_be_had_fails_all_ranks),
        cmocka_unit_test(states_that_do_not_fit_fail_all_ranks),
        cmocka_unit_test(a_message_without_sense_fails_all_ranks),
        cmocka_unit_test(a_rank_that_left_is_named),
        cmocka_unit_test(a_rank_that_was_lost_has_time_to_come_back),
        cmocka_unit_test(a_rank_that_never_came_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
