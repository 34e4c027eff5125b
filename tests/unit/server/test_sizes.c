/* What is long goes in several messages, and one client does not take all the room. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "femd/hash.h"
#include "femd/parts.h"
#include "rig.h"

#define OK(expr) assert_int_equal((expr), FEMD_OK)

static void long_results_come_in_parts(void **state) {
    (void)state;
    enum { POINTS = 2000, BYTES = 200000 };
    rig g;
    uint64_t client, worker[2];
    femd_frame f;
    femd_request *q = calloc(POINTS, sizeof *q);
    uint32_t got = 0;
    rig_init(&g, NULL);
    rig_pool(&g, &client, worker);
    for (uint32_t i = 0; i < POINTS; i++) q[i] = rig_request(i, 1e-4 * (i + 1), NULL);
    rig_evaluate(&g, client, 1, q, POINTS);
    while (rig_work(&g, worker[0]) + rig_work(&g, worker[1])) continue;
    while (rig_take(&g, client, FEMD_MSG_RESULT, &f)) got += f.count;
    assert_int_equal(got, POINTS);
    rig_evaluate(&g, client, 2, q, POINTS); /* all are known, and answered at once */
    for (got = 0; rig_take(&g, client, FEMD_MSG_RESULT, &f); got += f.count) assert_true(f.body.size < BYTES);
    assert_int_equal(got, POINTS);
    free(q);
    rig_clear(&g);
}

static void put_state(rig *g, uint64_t client, const femd_state_entry *entry) {
    femd_buffer frame = FEMD_BUFFER_INIT;
    OK(femd_frame_begin(&frame, FEMD_MSG_STATE, 1, NULL));
    OK(femd_state_add(&frame, entry, NULL));
    femd_frame_finish(&frame, 1);
    rig_deliver(g, client, &frame);
    assert_int_equal(rig_count(g, client, FEMD_MSG_STATE_STORED), 1);
    assert_true(rig_take(g, client, FEMD_MSG_STATE_STORED, &(femd_frame){0}));
    femd_buffer_clear(&frame);
}

/* Where states are long, as those that the client has brought, few are asked for in one message. */
static void long_states_are_fetched_in_parts(void **state) {
    (void)state;
    enum { BLOB = 3000000, LONG = 6, MANY = 40, FEW = 30 };
    rig g;
    femd_frame f;
    femd_request q[MANY];
    femd_hash ends[MANY];
    femd_response r;
    uint8_t *blob = calloc(1, BLOB);
    uint32_t got = 0;
    rig_init(&g, NULL);
    const uint64_t client = rig_client(&g, "beam", 0, 1), worker = rig_worker(&g);
    rig_register(&g, client);
    rig_open(&g, worker, FEMD_OK);
    for (uint32_t i = 0; i < LONG; i++) {
        femd_state_entry entry = {.blob = {blob, BLOB}};
        blob[0] = (uint8_t)i;
        femd_hash_domain("state", blob, BLOB, &entry.hash);
        put_state(&g, client, &entry);
    }
    for (uint32_t i = 0; i < MANY; i++) {
        q[i] = rig_request(i, 1e-3 * (i + 1), NULL);
        rig_answer_of(&q[i], &r);
        ends[i] = r.state_out;
    }
    rig_evaluate(&g, client, 1, q, MANY);
    assert_int_equal(rig_work(&g, worker), MANY);
    rig_commit(&g, client, 9, 1, ends, MANY);
    for (; rig_take(&g, worker, FEMD_MSG_STATE_GET, &f); got += f.count) assert_in_range(f.count, 1, FEW);
    assert_int_equal(got, MANY);
    free(blob);
    rig_clear(&g);
}

/* The next TASK message of a worker, of the parts it came in: its bytes and tasks (0: none is there). */
static uint32_t join_task(rig *g, uint64_t worker, size_t *bytes) {
    femd_frame part, whole;
    femd_parts parts = {0};
    int complete = 0;
    uint32_t tasks = 0;
    while (!complete && rig_take(g, worker, FEMD_MSG_PART, &part))
        OK(femd_parts_take(&parts, &part, 64 << 20, &complete, NULL));
    if (complete) {
        OK(femd_frame_decode(parts.whole.data, parts.whole.size, &whole, NULL));
        assert_int_equal(whole.type, FEMD_MSG_TASK);
        tasks = whole.count;
        *bytes = parts.whole.size;
    }
    femd_parts_clear(&parts);
    return tasks;
}

/* Points that would go together go in several messages when they bring their states along: 8 MiB of them are enough. */
static void tasks_with_long_states_go_in_parts(void **state) {
    (void)state;
    enum { BLOB = 3000000, POINTS = 8, FULL = 8 << 20 };
    rig g;
    femd_request q[POINTS];
    uint8_t *blob = calloc(1, BLOB);
    uint32_t tasks = 0, messages = 0;
    size_t bytes;
    rig_init(&g, NULL);
    g.batch = 64;
    const uint64_t client = rig_client(&g, "beam", 0, 1), worker = rig_worker(&g);
    rig_register(&g, client);
    rig_open(&g, worker, FEMD_OK);
    for (uint32_t i = 0; i < POINTS; i++) {
        femd_state_entry entry = {.blob = {blob, BLOB}};
        blob[0] = (uint8_t)i;
        femd_hash_domain("state", blob, BLOB, &entry.hash);
        put_state(&g, client, &entry);
        q[i] = rig_request(i, 1e-3 * (i + 1), &entry.hash);
    }
    rig_evaluate(&g, client, 1, q, POINTS);
    for (uint32_t count; (count = join_task(&g, worker, &bytes)) > 0; tasks += count, messages++) {
        assert_int_equal(count, 3);
        assert_in_range(bytes, FULL, FULL + BLOB);
    }
    assert_int_equal(messages, 2); /* the credits of a worker; the other two points wait for it */
    assert_int_equal(rig_count(&g, worker, FEMD_MSG_TASK), 0);
    free(blob);
    rig_clear(&g);
}

static void one_client_does_not_take_all_the_room(void **state) {
    (void)state;
    enum { POINTS = 1000, FIT = 340 };
    rig g;
    femd_frame f;
    femd_error said = FEMD_ERROR_INIT;
    femd_request *q = calloc(POINTS, sizeof *q);
    rig_init(&g, &(femd_core_config){.peer_bytes = 64 << 10});
    const uint64_t client = rig_client(&g, "beam", 0, 1), worker = rig_worker(&g);
    rig_register(&g, client);
    rig_open(&g, worker, FEMD_OK);
    for (uint32_t i = 0; i < POINTS; i++) q[i] = rig_request(i, 1e-4 * (i + 1), NULL);
    /* a batch that alone is too much, then one that is too much beside another */
    static const struct {
        uint64_t id;
        uint32_t points;
        const char *words;
    } batch[] = {{1, POINTS, "send smaller ones"}, {2, FIT, NULL}, {3, FIT, "of open batches"}};
    for (int k = 0; k < 3; k++) {
        rig_evaluate(&g, client, batch[k].id, q, batch[k].points);
        if (!batch[k].words) continue;
        assert_true(rig_take(&g, client, FEMD_MSG_ERROR, &f));
        assert_int_equal(f.id, batch[k].id);
        OK(femd_error_decode(&f, &said, NULL));
        assert_int_equal(said.code, FEMD_LIMIT);
        assert_non_null(strstr(said.text, batch[k].words));
    }
    int worked = 0;
    for (int now; (now = rig_work(&g, worker)) > 0;) worked += now;
    assert_int_equal(worked, FIT);
    free(q);
    rig_clear(&g);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(long_results_come_in_parts), cmocka_unit_test(long_states_are_fetched_in_parts),
        cmocka_unit_test(tasks_with_long_states_go_in_parts), cmocka_unit_test(one_client_does_not_take_all_the_room)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
