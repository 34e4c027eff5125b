/* States: tentative, committed, fetched, made again, dropped; commits over ranks; affinity. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "femd/hash.h"
#include "rig.h"

static femd_core_totals sum(const rig *g) {
    femd_core_totals t;
    femd_core_sum(g->core, &t);
    return t;
}

static femd_hash state_of(const femd_request *q) {
    femd_response r;
    rig_answer_of(q, &r);
    return r.state_out;
}

static void work(rig *g, const uint64_t w[2]) {
    while (rig_work(g, w[0]) + rig_work(g, w[1])) continue;
}

/* A client whose n points are evaluated; states[i] is point i's new state. */
static void evaluate_points(rig *g, uint64_t client, const uint64_t w[2], femd_request *r, femd_hash *states,
                            uint32_t n, double strain, const femd_hash *from) {
    rig_result got[64];
    for (uint32_t i = 0; i < n; i++) {
        r[i] = rig_request(i, strain + 1e-3 * i, from ? &from[i] : NULL);
        states[i] = state_of(&r[i]);
    }
    static uint64_t batch = 100;
    rig_evaluate(g, client, ++batch, r, n);
    work(g, w);
    assert_int_equal(rig_results(g, client, got, 64), n);
}

static femd_error error_of(rig *g, uint64_t client) {
    femd_frame f;
    femd_error e = FEMD_ERROR_INIT;
    assert_true(rig_take(g, client, FEMD_MSG_ERROR, &f));
    assert_int_equal(femd_error_decode(&f, &e, NULL), FEMD_OK);
    return e;
}

static void commit_is_final_when_the_server_holds_every_state(void **state) {
    (void)state;
    rig g;
    uint64_t client, w[2];
    femd_request r[8];
    femd_hash s[8];
    rig_init(&g, NULL);
    rig_pool(&g, &client, w);
    evaluate_points(&g, client, w, r, s, 8, 0.01, NULL);
    rig_commit(&g, client, 1, 1, s, 8);
    assert_int_equal(rig_count(&g, client, FEMD_MSG_COMMITTED), 0);
    rig_give_states(&g, w[0], r, 8);
    assert_int_equal(rig_count(&g, client, FEMD_MSG_COMMITTED), 0);
    rig_give_states(&g, w[1], r, 8);
    assert_int_equal(rig_count(&g, client, FEMD_MSG_COMMITTED), 1);
    assert_int_equal(sum(&g).states, 8 * 48);
    rig_commit(&g, client, 1, 1, s, 8); /* sent again: answered again, nothing else */
    assert_int_equal(rig_count(&g, client, FEMD_MSG_COMMITTED), 2);
    assert_int_equal(femd_core_count(g.core)->commits, 1);
    rig_clear(&g);
}

static void commit_waits_for_all_ranks(void **state) {
    (void)state;
    rig g;
    uint64_t w[2], c0, c1;
    femd_request r[4];
    femd_hash s[4];
    rig_init(&g, NULL);
    c0 = rig_client(&g, "beam", 0, 2);
    c1 = rig_client(&g, "beam", 1, 2);
    for (int i = 0; i < 2; i++) w[i] = rig_worker(&g);
    rig_register(&g, c0);
    for (int i = 0; i < 2; i++) rig_open(&g, w[i], FEMD_OK);
    evaluate_points(&g, c0, w, r, s, 4, 0.01, NULL);
    rig_commit(&g, c0, 1, 1, s, 4);
    for (int i = 0; i < 2; i++) rig_give_states(&g, w[i], r, 4);
    assert_int_equal(rig_count(&g, c0, FEMD_MSG_COMMITTED), 0);
    rig_commit(&g, c1, 9, 2, NULL, 0); /* another step: refused */
    assert_int_equal(error_of(&g, c1).code, FEMD_BAD_ARGUMENT);
    assert_int_equal(error_of(&g, c0).code, FEMD_BAD_ARGUMENT); /* for all */
    rig_commit(&g, c1, 10, 1, NULL, 0);
    rig_commit(&g, c0, 2, 1, s, 4);
    assert_int_equal(rig_count(&g, c0, FEMD_MSG_COMMITTED), 1);
    assert_int_equal(rig_count(&g, c1, FEMD_MSG_COMMITTED), 1);
    rig_clear(&g);
}

static void a_state_lost_with_its_worker_is_made_again(void **state) {
    (void)state;
    rig g;
    uint64_t client, w[2];
    femd_request r[6];
    femd_hash s[6];
    rig_init(&g, NULL);
    rig_pool(&g, &client, w);
    rig_vanish(&g, w[1]);
    uint64_t one[2] = {w[0], w[0]};
    evaluate_points(&g, client, one, r, s, 6, 0.01, NULL);
    rig_vanish(&g, w[0]);
    rig_commit(&g, client, 1, 1, s, 6);
    assert_int_equal(rig_count(&g, client, FEMD_MSG_ERROR), 0);
    uint64_t v = rig_worker(&g);
    rig_open(&g, v, FEMD_OK);
    assert_int_equal(rig_work(&g, v), 6);
    assert_int_equal(rig_count(&g, client, FEMD_MSG_RESULT), 0);
    assert_int_equal(rig_give_states(&g, v, r, 6), 6);
    assert_int_equal(rig_count(&g, client, FEMD_MSG_COMMITTED), 1);
    assert_int_equal(femd_core_count(g.core)->remade, 6);
    rig_clear(&g);
}

static void a_worker_that_no_longer_holds_a_state_is_no_end(void **state) {
    (void)state;
    rig g;
    uint64_t client, w[2];
    femd_request r[2];
    femd_hash s[2];
    rig_init(&g, NULL);
    rig_pool(&g, &client, w);
    evaluate_points(&g, client, w, r, s, 2, 0.01, NULL);
    rig_commit(&g, client, 1, 1, s, 2);
    for (int i = 0; i < 2; i++) rig_give_states(&g, w[i], NULL, 0); /* "not held" */
    work(&g, w);
    for (int i = 0; i < 2; i++) rig_give_states(&g, w[i], r, 2);
    assert_int_equal(rig_count(&g, client, FEMD_MSG_COMMITTED), 1);
    rig_clear(&g);
}

static void the_death_of_a_worker_during_a_fetch_is_no_end(void **state) {
    (void)state;
    rig g;
    uint64_t client, w[2];
    femd_request r[4];
    femd_hash s[4];
    rig_init(&g, NULL);
    rig_pool(&g, &client, w);
    evaluate_points(&g, client, w, r, s, 4, 0.01, NULL);
    rig_commit(&g, client, 1, 1, s, 4);
    assert_true(rig_count(&g, w[0], FEMD_MSG_STATE_GET) > 0);
    rig_vanish(&g, w[0]);
    uint64_t left[2] = {w[1], w[1]};
    for (int i = 0; i < 2; i++) {
        work(&g, left);
        rig_give_states(&g, w[1], r, 4);
    }
    assert_int_equal(rig_count(&g, client, FEMD_MSG_COMMITTED), 1);
    rig_clear(&g);
}

static void a_damaged_state_is_not_taken(void **state) {
    (void)state;
    rig g;
    uint64_t client, w[2];
    femd_request r[1];
    femd_hash s[1];
    femd_buffer b = FEMD_BUFFER_INIT;
    rig_init(&g, NULL);
    rig_pool(&g, &client, w);
    rig_vanish(&g, w[1]);
    uint64_t one[2] = {w[0], w[0]};
    evaluate_points(&g, client, one, r, s, 1, 0.01, NULL);
    rig_commit(&g, client, 1, 1, s, 1);
    femd_state_entry wrong = {s[0], {"wrong", 5}};
    assert_int_equal(femd_frame_begin(&b, FEMD_MSG_STATE, 0, NULL), FEMD_OK);
    assert_int_equal(femd_state_add(&b, &wrong, NULL), FEMD_OK);
    femd_frame_finish(&b, 1);
    rig_deliver(&g, w[0], &b);
    femd_frame f;
    while (rig_take(&g, w[0], FEMD_MSG_STATE_GET, &f)) continue;
    assert_int_equal(rig_count(&g, client, FEMD_MSG_COMMITTED), 0);
    assert_int_equal(rig_work(&g, w[0]), 1); /* made again */
    rig_give_states(&g, w[0], r, 1);
    assert_int_equal(rig_count(&g, client, FEMD_MSG_COMMITTED), 1);
    femd_buffer_clear(&b);
    rig_clear(&g);
}

static void a_state_made_again_must_be_the_same(void **state) {
    (void)state;
    rig g;
    uint64_t client, w[2];
    femd_request r[1];
    femd_hash s[1];
    femd_task t[256];
    femd_response other;
    rig_init(&g, NULL);
    rig_pool(&g, &client, w);
    evaluate_points(&g, client, w, r, s, 1, 0.01, NULL);
    for (int i = 0; i < 2; i++) rig_vanish(&g, w[i]);
    rig_commit(&g, client, 1, 1, s, 1);
    uint64_t v = rig_worker(&g);
    rig_open(&g, v, FEMD_OK);
    assert_int_equal(rig_tasks(&g, v, t, NULL), 1);
    rig_answer_of(&r[0], &other);
    other.state_out.b[0] ^= 1;
    rig_answer_with(&g, v, &t[0], &other);
    assert_int_equal(rig_count(&g, client, FEMD_MSG_ERROR), 0); /* a third may come */
    rig_wait(&g, 6);
    assert_int_equal(error_of(&g, client).code, FEMD_CONFLICT);
    assert_int_equal(femd_core_count(g.core)->conflicts, 1);
    rig_clear(&g);
}

static void an_unknown_state_cannot_be_committed(void **state) {
    (void)state;
    rig g;
    uint64_t client, w[2];
    femd_hash s[1] = {{{1, 2, 3}}};
    rig_init(&g, NULL);
    rig_pool(&g, &client, w);
    rig_commit(&g, client, 1, 1, s, 1);
    assert_int_equal(error_of(&g, client).code, FEMD_STATE_LOST);
    rig_clear(&g);
}

static void abort_drops_tentative_states(void **state) {
    (void)state;
    rig g;
    uint64_t client, w[2];
    femd_request r[8];
    femd_hash s[8];
    femd_frame f;
    rig_init(&g, NULL);
    rig_pool(&g, &client, w);
    evaluate_points(&g, client, w, r, s, 8, 0.01, NULL);
    rig_empty(&g, client, FEMD_MSG_ABORT, 3);
    assert_true(rig_take(&g, client, FEMD_MSG_ABORTED, &f));
    assert_int_equal(f.id, 3);
    uint32_t dropped = 0;
    for (int i = 0; i < 2; i++)
        while (rig_take(&g, w[i], FEMD_MSG_DROP, &f)) dropped += f.count;
    assert_int_equal(dropped, 8);
    rig_clear(&g);
}

static void two_generations_stay_and_the_rest_goes(void **state) {
    (void)state;
    rig g;
    uint64_t client, w[2];
    femd_request r[4];
    femd_hash s[2][4];
    rig_init(&g, NULL);
    rig_pool(&g, &client, w);
    for (uint32_t step = 0; step < 5; step++) {
        evaluate_points(&g, client, w, r, s[step % 2], 4, 0.01 * (step + 1), step ? s[(step + 1) % 2] : NULL);
        rig_commit(&g, client, step, step, s[step % 2], 4);
        for (int i = 0; i < 2; i++) rig_give_states(&g, w[i], r, 4);
        assert_int_equal(rig_count(&g, client, FEMD_MSG_COMMITTED), step + 1);
        assert_int_equal(sum(&g).states, (step ? 8 : 4) * 48);
    }
    rig_empty(&g, client, FEMD_MSG_BYE, 0);
    rig_wait(&g, 1);
    assert_int_equal(sum(&g).states, 0);
    assert_int_equal(sum(&g).runs, 0);
    femd_core_trim(g.core, 0);
    rig_audit(&g);
    assert_int_equal(sum(&g).requests + sum(&g).responses + sum(&g).batches, 0);
    assert_int_equal(sum(&g).state_count, 0);
    rig_clear(&g);
}

static void a_task_goes_to_the_worker_that_holds_its_state(void **state) {
    (void)state;
    rig g;
    uint64_t client, w[2];
    femd_request r[12];
    femd_hash s[12];
    femd_core_config c = {.message_points = 1};
    rig_init(&g, &c);
    rig_pool(&g, &client, w);
    uint64_t home[12];
    femd_task t[256];
    rig_result got[64];
    for (uint32_t i = 0; i < 12; i++) {
        r[i] = rig_request(i, 0.01 + i, NULL);
        s[i] = state_of(&r[i]);
    }
    rig_evaluate(&g, client, 1, r, 12);
    for (int turn = 0; turn < 12; turn++) {
        assert_int_equal(rig_tasks(&g, w[turn % 2], t, NULL), 1);
        home[t[0].request.point] = w[turn % 2];
        rig_answer(&g, w[turn % 2], t, 1);
    }
    assert_int_equal(rig_results(&g, client, got, 64), 12);
    rig_commit(&g, client, 1, 1, s, 12);
    for (int i = 0; i < 2; i++) rig_give_states(&g, w[i], r, 12);
    for (uint32_t i = 0; i < 12; i++) r[i] = rig_request(i ^ 1, 0.5 + i, &s[i ^ 1]); /* the other way round */
    rig_evaluate(&g, client, 2, r, 12);
    uint32_t states = 0, at_home = 0;
    for (int turn = 0; turn < 12; turn++) {
        if (!rig_tasks(&g, w[turn % 2], t, &states)) continue;
        at_home += home[t[0].request.point] == w[turn % 2];
        rig_answer(&g, w[turn % 2], t, 1);
    }
    assert_int_equal(at_home, 12);
    assert_int_equal(states, 0);
    rig_clear(&g);
}

static void a_busy_holder_is_relieved_and_the_state_travels(void **state) {
    (void)state;
    rig g;
    uint64_t client, w[2];
    femd_request r[12];
    femd_hash s[12];
    rig_init(&g, &(femd_core_config){.message_points = 1});
    rig_pool(&g, &client, w);
    rig_vanish(&g, w[1]);
    uint64_t one[2] = {w[0], w[0]};
    evaluate_points(&g, client, one, r, s, 12, 0.01, NULL);
    rig_commit(&g, client, 1, 1, s, 12);
    rig_give_states(&g, w[0], r, 12);
    uint64_t v = rig_worker(&g);
    rig_open(&g, v, FEMD_OK);
    for (uint32_t i = 0; i < 12; i++) r[i] = rig_request(i, 0.5 + i, &s[i]);
    rig_evaluate(&g, client, 2, r, 12);
    uint32_t states = 0;
    femd_task t[256];
    assert_int_equal(rig_tasks(&g, v, t, &states), 1);
    assert_int_equal(states, 1); /* the server held it and sent it along */
    rig_clear(&g);
}

static void a_tentative_state_can_be_built_upon_by_another_worker(void **state) {
    (void)state;
    rig g;
    uint64_t client, w[2];
    femd_request r[1], q;
    femd_hash s[1];
    femd_task t[256];
    rig_init(&g, NULL);
    rig_pool(&g, &client, w);
    rig_vanish(&g, w[1]);
    uint64_t one[2] = {w[0], w[0]};
    evaluate_points(&g, client, one, r, s, 1, 0.01, NULL);
    rig_vanish(&g, w[0]); /* with it the only copy */
    q = rig_request(0, 0.5, &s[0]);
    rig_evaluate(&g, client, 7, &q, 1);
    uint64_t v = rig_worker(&g);
    rig_open(&g, v, FEMD_OK);
    assert_int_equal(rig_tasks(&g, v, t, NULL), 1); /* first the state itself again */
    assert_memory_equal(&t[0].request.value, &r[0].value, sizeof r[0].value);
    rig_answer(&g, v, t, 1);
    rig_give_states(&g, v, r, 1);
    assert_int_equal(rig_work(&g, v), 1);
    rig_result got[4];
    assert_int_equal(rig_results(&g, client, got, 4), 1);
    assert_int_equal(got[0].response.status, FEMD_OK);
    rig_clear(&g);
}

static void a_request_from_an_unknown_state_is_lost(void **state) {
    (void)state;
    rig g;
    uint64_t client, w[2];
    femd_hash unknown = {{9}};
    rig_result got[4];
    rig_init(&g, NULL);
    rig_pool(&g, &client, w);
    femd_request q = rig_request(0, 0.5, &unknown);
    rig_evaluate(&g, client, 7, &q, 1);
    assert_int_equal(rig_results(&g, client, got, 4), 1);
    assert_int_equal(got[0].response.status, FEMD_STATE_LOST);
    rig_clear(&g);
}

static void states_from_a_checkpoint_serve_a_resumed_run(void **state) {
    (void)state;
    rig g;
    uint64_t client, w[2];
    femd_request q = rig_request(0, 0.01, NULL);
    femd_hash s = state_of(&q);
    uint8_t blob[64];
    femd_buffer b = FEMD_BUFFER_INIT;
    femd_frame f;
    rig_init(&g, NULL);
    rig_pool(&g, &client, w);
    femd_state_entry entry = {s, {blob, rig_blob_of(&q, blob)}};
    assert_int_equal(femd_frame_begin(&b, FEMD_MSG_STATE, 11, NULL), FEMD_OK);
    assert_int_equal(femd_state_add(&b, &entry, NULL), FEMD_OK);
    femd_frame_finish(&b, 1);
    rig_deliver(&g, client, &b);
    assert_true(rig_take(&g, client, FEMD_MSG_STATE_STORED, &f));
    assert_int_equal(f.id, 11);
    femd_request next = rig_request(0, 0.02, &s);
    rig_evaluate(&g, client, 1, &next, 1);
    femd_task t[256];
    uint32_t states = 0, n = rig_tasks(&g, w[0], t, &states) + rig_tasks(&g, w[1], t, &states);
    assert_int_equal(n, 1);
    assert_int_equal(states, 1);
    blob[0] ^= 1; /* a damaged one is refused */
    assert_int_equal(femd_frame_begin(&b, FEMD_MSG_STATE, 12, NULL), FEMD_OK);
    assert_int_equal(femd_state_add(&b, &entry, NULL), FEMD_OK);
    femd_frame_finish(&b, 1);
    rig_deliver(&g, client, &b);
    assert_int_equal(error_of(&g, client).code, FEMD_BAD_INPUT);
    femd_buffer_clear(&b);
    rig_clear(&g);
}

static void a_client_can_fetch_states(void **state) {
    (void)state;
    rig g;
    uint64_t client, w[2];
    femd_request r[3];
    femd_hash s[3], unknown = {{1}};
    femd_frame f;
    femd_reader rd;
    femd_state_entry entry;
    femd_buffer b = FEMD_BUFFER_INIT;
    rig_init(&g, NULL);
    rig_pool(&g, &client, w);
    evaluate_points(&g, client, w, r, s, 3, 0.01, NULL);
    assert_int_equal(femd_frame_begin(&b, FEMD_MSG_STATE_GET, 21, NULL), FEMD_OK);
    for (int i = 0; i < 3; i++) assert_int_equal(femd_hash_add(&b, &s[i], NULL), FEMD_OK);
    assert_int_equal(femd_hash_add(&b, &unknown, NULL), FEMD_OK);
    femd_frame_finish(&b, 4);
    rig_deliver(&g, client, &b);
    for (int i = 0; i < 2; i++) rig_give_states(&g, w[i], r, 3);
    assert_true(rig_take(&g, client, FEMD_MSG_STATE, &f));
    assert_int_equal(f.id, 21);
    femd_reader_open(&f, &rd);
    for (int i = 0; i < 4; i++) {
        femd_hash h;
        assert_int_equal(femd_state_next(&rd, &entry, NULL), 1);
        assert_int_equal(entry.blob.size, i < 3 ? 48 : 0);
        if (i == 3) break;
        femd_hash_domain("state", entry.blob.data, entry.blob.size, &h);
        assert_memory_equal(&h, &s[i], sizeof h);
    }
    femd_buffer_clear(&b);
    rig_clear(&g);
}

static void what_only_a_lost_client_waited_for_is_called_off(void **state) {
    (void)state;
    rig g;
    uint64_t client, w[2];
    femd_request r[4];
    femd_hash s[4];
    rig_init(&g, NULL);
    rig_pool(&g, &client, w);
    evaluate_points(&g, client, w, r, s, 4, 0.01, NULL);
    for (int i = 0; i < 2; i++) rig_vanish(&g, w[i]);
    rig_commit(&g, client, 1, 1, s, 4); /* nobody is there to make the states again */
    assert_int_equal(sum(&g).queued, 4);
    rig_empty(&g, client, FEMD_MSG_BYE, 0);
    assert_int_equal(sum(&g).queued, 0);
    assert_int_equal(sum(&g).waiters, 0);
    femd_core_trim(g.core, 0);
    assert_int_equal(sum(&g).state_count, 0);
    rig_clear(&g);
}

static void the_loss_of_a_client_frees_what_it_held(void **state) {
    (void)state;
    rig g;
    uint64_t client, w[2];
    femd_request r[8], q[40];
    femd_hash s[8];
    rig_init(&g, NULL);
    rig_pool(&g, &client, w);
    evaluate_points(&g, client, w, r, s, 8, 0.01, NULL);
    for (uint32_t i = 0; i < 40; i++) q[i] = rig_request(i, 7 + i, NULL);
    rig_evaluate(&g, client, 9, q, 40);
    rig_vanish(&g, client);
    assert_int_equal(sum(&g).queued, 0);
    assert_int_equal(sum(&g).open_batches, 0);
    assert_true(rig_count(&g, w[0], FEMD_MSG_DROP) + rig_count(&g, w[1], FEMD_MSG_DROP) > 0);
    work(&g, w); /* what was sent is answered, and the pool serves others */
    uint64_t other = rig_client(&g, "plate", 0, 1);
    rig_result got[64];
    rig_evaluate(&g, other, 1, q, 40);
    work(&g, w);
    assert_int_equal(rig_results(&g, other, got, 64), 40);
    rig_clear(&g);
}

/* What is kept for those who wait is of the budget too. */
static void more_states_than_there_is_room_for_are_refused(void **state) {
    (void)state;
    enum { MANY = 16384 };
    rig g;
    uint64_t client, w[2];
    femd_hash unknown = {{1}};
    femd_buffer b = FEMD_BUFFER_INIT;
    rig_init(&g, &(femd_core_config){.memory_bytes = 1 << 20});
    rig_pool(&g, &client, w);
    const uint64_t before = sum(&g).bytes;
    for (uint32_t count = MANY; count >= 4; count = count == MANY ? 4 : 0) {
        assert_int_equal(femd_frame_begin(&b, FEMD_MSG_STATE_GET, count, NULL), FEMD_OK);
        for (uint32_t i = 0; i < count; i++) assert_int_equal(femd_hash_add(&b, &unknown, NULL), FEMD_OK);
        femd_frame_finish(&b, count);
        rig_deliver(&g, client, &b);
        assert_int_equal(rig_count(&g, client, FEMD_MSG_STATE), count == 4);
        if (count == MANY) assert_int_equal(error_of(&g, client).code, FEMD_LIMIT);
    }
    assert_int_equal(sum(&g).bytes, before);
    femd_buffer_clear(&b);
    rig_clear(&g);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(commit_is_final_when_the_server_holds_every_state),
        cmocka_unit_test(commit_waits_for_all_ranks),
        cmocka_unit_test(a_state_lost_with_its_worker_is_made_again),
        cmocka_unit_test(a_worker_that_no_longer_holds_a_state_is_no_end),
        cmocka_unit_test(the_death_of_a_worker_during_a_fetch_is_no_end),
        cmocka_unit_test(a_damaged_state_is_not_taken),
        cmocka_unit_test(a_state_made_again_must_be_the_same),
        cmocka_unit_test(an_unknown_state_cannot_be_committed),
        cmocka_unit_test(abort_drops_tentative_states),
        cmocka_unit_test(two_generations_stay_and_the_rest_goes),
        cmocka_unit_test(a_task_goes_to_the_worker_that_holds_its_state),
        cmocka_unit_test(a_busy_holder_is_relieved_and_the_state_travels),
        cmocka_unit_test(a_tentative_state_can_be_built_upon_by_another_worker),
        cmocka_unit_test(a_request_from_an_unknown_state_is_lost),
        cmocka_unit_test(states_from_a_checkpoint_serve_a_resumed_run),
        cmocka_unit_test(a_client_can_fetch_states),
        cmocka_unit_test(what_only_a_lost_client_waited_for_is_called_off),
        cmocka_unit_test(the_loss_of_a_client_frees_what_it_held),
        cmocka_unit_test(more_states_than_there_is_room_for_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
