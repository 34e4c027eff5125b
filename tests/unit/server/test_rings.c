/* States that can only be made from each other: nobody waits for them for ever. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "femd/hash.h"
#include "rig.h"

#define OK(expr) assert_int_equal((expr), FEMD_OK)

/* The worker evaluates a point from one state and says that it ends in another. */
static void make(rig *g, uint64_t client, uint64_t worker, uint64_t point, const femd_hash *from, const femd_hash *to) {
    femd_task task[4];
    femd_response r;
    const femd_request q = rig_request(point, 1e-3, from);
    rig_evaluate(g, client, 100 + point, &q, 1);
    assert_int_equal(rig_tasks(g, worker, task, NULL), 1);
    rig_answer_of(&task[0].request, &r);
    r.state_out = *to;
    rig_answer_with(g, worker, &task[0], &r);
}

static void a_ring_of_lost_states_ends_with_words(void **state) {
    (void)state;
    static const char blob[] = "a state that the client brings";
    rig g;
    rig_result got[4];
    femd_hash first, second;
    femd_buffer frame = FEMD_BUFFER_INIT;
    femd_state_entry entry = {.blob = {blob, sizeof blob}};
    rig_init(&g, &(femd_core_config){.lazy_commits = 1});
    const uint64_t client = rig_client(&g, "beam", 0, 1);
    uint64_t worker = rig_worker(&g);
    rig_register(&g, client);
    rig_open(&g, worker, FEMD_OK);
    femd_hash_domain("state", blob, sizeof blob, &first);
    femd_hash_domain("state", "another", 7, &second);
    entry.hash = first;
    OK(femd_frame_begin(&frame, FEMD_MSG_STATE, 1, NULL));
    OK(femd_state_add(&frame, &entry, NULL));
    femd_frame_finish(&frame, 1);
    rig_deliver(&g, client, &frame);
    make(&g, client, worker, 1, &first, &second);
    make(&g, client, worker, 2, &second, &first);
    rig_commit(&g, client, 5, 1, &second, 1); /* what the client brought is given up */
    assert_int_equal(rig_count(&g, client, FEMD_MSG_COMMITTED), 1);
    (void)rig_results(&g, client, got, 4);
    rig_vanish(&g, worker);
    worker = rig_worker(&g);
    rig_open(&g, worker, FEMD_OK);
    const femd_request next = rig_request(3, 2e-3, &second);
    rig_evaluate(&g, client, 200, &next, 1);
    rig_work(&g, worker);
    assert_int_equal(rig_results(&g, client, got, 4), 1);
    assert_int_equal(got[0].response.status, FEMD_STATE_LOST);
    femd_buffer_clear(&frame);
    rig_clear(&g);
}

/* One that ends in the state it starts from makes nothing; another one does, though its own input is lost as well. */
static void what_ends_where_it_starts_makes_no_state(void **state) {
    (void)state;
    rig g;
    rig_result got[4];
    femd_task task[4];
    femd_response r;
    uint8_t blob[64];
    femd_buffer frame = FEMD_BUFFER_INIT;
    femd_request q[2] = {rig_request(2, 1e-3, NULL)};
    rig_answer_of(&q[0], &r);
    const femd_hash between = r.state_out;
    q[1] = rig_request(3, 1e-3, &between);
    rig_answer_of(&q[1], &r);
    const femd_hash last = r.state_out;
    const femd_state_entry entry = {last, {blob, rig_blob_of(&q[1], blob)}};
    rig_init(&g, &(femd_core_config){.lazy_commits = 1});
    const uint64_t client = rig_client(&g, "beam", 0, 1);
    uint64_t worker = rig_worker(&g);
    rig_register(&g, client);
    rig_open(&g, worker, FEMD_OK);
    OK(femd_frame_begin(&frame, FEMD_MSG_STATE, 1, NULL));
    OK(femd_state_add(&frame, &entry, NULL));
    femd_frame_finish(&frame, 1);
    rig_deliver(&g, client, &frame);
    make(&g, client, worker, 1, &last, &last);
    make(&g, client, worker, 2, NULL, &between);
    make(&g, client, worker, 3, &between, &last);
    rig_commit(&g, client, 5, 1, &between, 1); /* what the client brought is given up */
    assert_int_equal(rig_count(&g, client, FEMD_MSG_COMMITTED), 1);
    (void)rig_results(&g, client, got, 4);
    rig_vanish(&g, worker);
    worker = rig_worker(&g);
    rig_open(&g, worker, FEMD_OK);
    const femd_request next = rig_request(4, 2e-3, &last);
    rig_evaluate(&g, client, 200, &next, 1);
    for (uint64_t point = 2; point <= 4; point++) {
        assert_int_equal(rig_tasks(&g, worker, task, NULL), 1);
        assert_int_equal(task[0].request.point, point);
        rig_answer(&g, worker, task, 1);
        rig_give_states(&g, worker, q, 2);
    }
    assert_int_equal(rig_results(&g, client, got, 4), 1);
    assert_int_equal(got[0].response.status, FEMD_OK);
    femd_buffer_clear(&frame);
    rig_clear(&g);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_ring_of_lost_states_ends_with_words),
                                       cmocka_unit_test(what_ends_where_it_starts_makes_no_state)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
