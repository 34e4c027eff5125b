/* Materials live with the runs that use them, and go to the workers that need them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "femd/hash.h"
#include "rig.h"

enum { MANY = 70 };

/* The standard material becomes another one. */
static void pick(rig *g, int number) {
    char json[80];
    snprintf(json, sizeof json, "{\"engine\":\"elastic\",\"number\":%d}", number);
    const femd_pack pack = {.json = json, .nfiles = 0};
    g->pack.size = 0;
    assert_int_equal(femd_pack_encode(&pack, &g->pack, NULL), FEMD_OK);
    femd_pack_id(g->pack.data, g->pack.size, &g->material);
}

static void register_many(rig *g, uint64_t client, int count) {
    for (int i = 0; i < count; i++) {
        pick(g, i);
        rig_register(g, client);
    }
}

static uint64_t held(rig *g) {
    femd_core_totals totals;
    femd_core_sum(g->core, &totals);
    return totals.materials;
}

static void ask(rig *g, uint64_t client, uint64_t batch, uint32_t count) {
    femd_request r[64];
    for (uint32_t i = 0; i < count; i++) r[i] = rig_request(i, 1e-3 * (i + 1) + 1e-6 * (double)batch, NULL);
    rig_evaluate(g, client, batch, r, count);
}

static void say_lost(rig *g, uint64_t worker, const femd_hash *id) {
    assert_int_equal(femd_frame_begin(&g->scratch, FEMD_MSG_MATERIAL_LOST, 0, NULL), FEMD_OK);
    assert_int_equal(femd_hash_add(&g->scratch, id, NULL), FEMD_OK);
    femd_frame_finish(&g->scratch, 1);
    rig_deliver(g, worker, &g->scratch);
}

static void say_opened(rig *g, uint64_t worker, const femd_hash *id) {
    const femd_ready r = {.material = *id,
                          .caps = {.wants = FEMD_WANT_STRESS | FEMD_WANT_TANGENT,
                                   .controls = 1,
                                   .atoms = 4,
                                   .inputs = 31,
                                   .engine = FEMD_ENGINE_ELASTIC,
                                   .volume = 1e-27}};
    assert_int_equal(femd_ready_encode(&g->scratch, 0, &r, NULL), FEMD_OK);
    rig_deliver(g, worker, &g->scratch);
}

/* Of many materials each is opened by one worker, and all have their share; of few each by all. */
static void many_are_divided_among_the_workers(void **state) {
    (void)state;
    rig g;
    uint64_t worker[4];
    rig_init(&g, NULL);
    const uint64_t client = rig_client(&g, "beam", 0, 1);
    for (int i = 0; i < 4; i++) worker[i] = rig_worker(&g);
    register_many(&g, client, MANY);
    size_t sent = 0;
    for (int i = 0; i < 4; i++) {
        const size_t own = rig_count(&g, worker[i], FEMD_MSG_MATERIAL);
        assert_in_range(own, 4 + MANY / 4 - 2, 4 + MANY / 4 + 2);
        sent += own;
    }
    assert_int_equal(sent, 4 * 4 + MANY - 4);
    for (int i = 0; i < 4; i++) rig_open(&g, worker[i], FEMD_OK);
    assert_int_equal(rig_count(&g, client, FEMD_MSG_MATERIAL_READY), MANY);
    rig_clear(&g);
}

/* Nor has a worker in quarantine a share of them: it would open what it may not evaluate. */
static void of_many_none_goes_into_quarantine(void **state) {
    (void)state;
    enum { FEW = 4 };
    rig g;
    rig_init(&g, &(femd_core_config){.open_to_admins = 1});
    const uint64_t client = rig_client(&g, "beam", 0, 1), out = rig_worker(&g), looks = rig_admin(&g);
    cJSON *root = rig_status(&g, looks);
    const cJSON *only = cJSON_GetArrayItem(cJSON_GetObjectItem(root, "workers"), 0);
    const char *said =
        rig_act(&g, looks, "quarantine", (uint64_t)cJSON_GetNumberValue(cJSON_GetObjectItem(only, "number")), "smells");
    assert_non_null(strstr(said, "gets no tasks any more"));
    cJSON_Delete(root);
    const uint64_t other = rig_worker(&g);
    register_many(&g, client, MANY);
    assert_in_range(rig_count(&g, out, FEMD_MSG_MATERIAL), 0, FEW);
    assert_int_equal(rig_count(&g, other, FEMD_MSG_MATERIAL), MANY);
    rig_clear(&g);
}

/* A worker that comes is sent none of many that others have opened, until there is work. */
static void who_has_nothing_to_do_helps(void **state) {
    (void)state;
    rig g;
    rig_init(&g, NULL);
    const uint64_t client = rig_client(&g, "beam", 0, 1), one = rig_worker(&g);
    register_many(&g, client, MANY);
    rig_open(&g, one, FEMD_OK);
    const uint64_t two = rig_worker(&g);
    assert_int_equal(rig_count(&g, two, FEMD_MSG_MATERIAL), 0);
    ask(&g, client, 1, 64);
    rig_wait(&g, 0.1);
    assert_int_equal(rig_count(&g, two, FEMD_MSG_MATERIAL), 1);
    rig_open(&g, two, FEMD_OK);
    assert_true(rig_work(&g, two) > 0);
    while (rig_work(&g, one) + rig_work(&g, two)) continue;
    rig_result results[64];
    assert_int_equal(rig_results(&g, client, results, 64), 64);
    rig_clear(&g);
}

/* One of many materials is open with one worker, who has answered and has other work: an audit gets its witness all the
 * same, and does not wait until that is done. */
static void a_witness_is_given_the_material(void **state) {
    (void)state;
    rig g;
    femd_task task[8];
    rig_init(&g, &(femd_core_config){.audit = 1, .credits = 3, .message_points = 1});
    const uint64_t client = rig_client(&g, "beam", 0, 1), one = rig_worker(&g);
    register_many(&g, client, MANY);
    rig_wait(&g, 20); /* opening takes its time, and one point is not worth it */
    rig_open(&g, one, FEMD_OK);
    const uint64_t two = rig_worker(&g);
    ask(&g, client, 1, 1);
    pick(&g, 0);
    ask(&g, client, 2, 2);
    assert_int_equal(rig_count(&g, one, FEMD_MSG_TASK), 3);
    pick(&g, MANY - 1);
    assert_int_equal(rig_tasks(&g, one, task, NULL), 1);
    const femd_hash key = task[0].key;
    rig_answer(&g, one, task, 1);
    rig_wait(&g, 0.2);
    assert_int_equal(rig_count(&g, two, FEMD_MSG_MATERIAL), 1);
    rig_open(&g, two, FEMD_OK);
    assert_int_equal(rig_tasks(&g, two, task, NULL), 1);
    assert_memory_equal(&task[0].key, &key, sizeof key);
    rig_answer(&g, two, task, 1);
    assert_int_equal(femd_core_count(g.core)->audited, 1);
    assert_int_equal(rig_count(&g, one, FEMD_MSG_TASK), 2);
    rig_clear(&g);
}

/* The one that was sent it does not open it: others are, those that have nothing to do first. */
static void one_that_opens_for_ever_holds_nobody_up(void **state) {
    (void)state;
    rig g;
    rig_init(&g, NULL);
    const uint64_t client = rig_client(&g, "beam", 0, 1), one = rig_worker(&g);
    register_many(&g, client, MANY);
    const uint64_t two = rig_worker(&g);
    for (int i = 0; i < 40 && rig_count(&g, client, FEMD_MSG_MATERIAL_READY) < MANY; i++) {
        rig_wait(&g, 1);
        rig_open(&g, two, FEMD_OK);
    }
    assert_int_equal(rig_count(&g, client, FEMD_MSG_MATERIAL_READY), MANY);
    assert_int_equal(rig_count(&g, one, FEMD_MSG_MATERIAL), MANY);
    rig_clear(&g);
}

static void a_material_goes_with_its_last_run(void **state) {
    (void)state;
    rig g;
    femd_frame f;
    rig_init(&g, NULL);
    const uint64_t one = rig_client(&g, "one", 0, 1), two = rig_client(&g, "two", 0, 1), worker = rig_worker(&g);
    rig_register(&g, one);
    rig_open(&g, worker, FEMD_OK);
    ask(&g, two, 1, 3); /* it uses what another run has given */
    rig_empty(&g, one, FEMD_MSG_BYE, 0);
    rig_wait(&g, 1);
    assert_true(held(&g) > 0);
    assert_int_equal(rig_count(&g, worker, FEMD_MSG_DROP), 0);
    assert_int_equal(rig_work(&g, worker), 3);
    rig_empty(&g, two, FEMD_MSG_BYE, 0);
    rig_wait(&g, 1);
    assert_int_equal(held(&g), 0);
    femd_hash dropped = {{0}};
    int found = 0;
    while (rig_take(&g, worker, FEMD_MSG_DROP, &f)) {
        femd_reader reader;
        femd_reader_open(&f, &reader);
        while (femd_hash_next(&reader, &dropped, NULL) == 1) found += femd_hash_equal(&dropped, &g.material);
    }
    assert_int_equal(found, 1);
    /* what it answered is remembered: the same run again asks no worker */
    const uint64_t again = rig_client(&g, "one", 0, 1);
    ask(&g, again, 1, 3);
    assert_true(rig_take(&g, again, FEMD_MSG_ERROR, &f)); /* it has to be given first */
    rig_register(&g, again);
    assert_int_equal(rig_count(&g, again, FEMD_MSG_MATERIAL_READY), 1); /* what it can answer is known */
    ask(&g, again, 1, 3);
    rig_result results[4];
    assert_int_equal(rig_results(&g, again, results, 4), 3);
    assert_true(results[0].flags & FEMD_RESULT_REUSED);
    rig_clear(&g);
}

/* Run after run with materials of their own leaves nothing, and numbers that are used again mean the new ones. */
/* The end of one run wakes the search for what nobody needs: what another only does not ask about just now stays. */
static void a_material_at_rest_stays_with_its_run(void **state) {
    (void)state;
    rig g;
    rig_init(&g, NULL);
    const uint64_t one = rig_client(&g, "one", 0, 1), two = rig_client(&g, "two", 0, 1), worker = rig_worker(&g);
    pick(&g, 0);
    rig_register(&g, one);
    rig_open(&g, worker, FEMD_OK);
    pick(&g, 1);
    rig_register(&g, two);
    rig_open(&g, worker, FEMD_OK);
    ask(&g, two, 1, 3);
    assert_int_equal(rig_work(&g, worker), 3);
    rig_empty(&g, one, FEMD_MSG_BYE, 0);
    rig_wait(&g, 1);
    assert_int_equal(rig_count(&g, worker, FEMD_MSG_DROP), 1); /* that of the run that is over */
    assert_int_equal(rig_count(&g, worker, FEMD_MSG_MATERIAL), 0);
    rig_clear(&g);
}

static void nothing_of_many_runs_is_left(void **state) {
    (void)state;
    rig g;
    rig_init(&g, &(femd_core_config){.cache_bytes = 1});
    const uint64_t worker = rig_worker(&g);
    uint64_t before = 0;
    for (int run = 0; run < 100; run++) {
        const uint64_t client = rig_client(&g, "beam", 0, 1);
        pick(&g, run);
        rig_register(&g, client);
        rig_open(&g, worker, FEMD_OK);
        ask(&g, client, 1, 5);
        assert_int_equal(rig_work(&g, worker), 5);
        rig_empty(&g, client, FEMD_MSG_BYE, 0);
        rig_wait(&g, 1);
        femd_core_totals totals;
        femd_core_sum(g.core, &totals);
        assert_int_equal(totals.materials, 0);
        if (run == 0) before = totals.bytes;
        assert_int_equal(totals.bytes, before);
    }
    rig_clear(&g);
}

/* The run is over while a worker still opens its material: it is told to drop it, and is not blamed. */
static void who_opens_what_nobody_needs_any_more_drops_it(void **state) {
    (void)state;
    rig g;
    rig_init(&g, NULL);
    const uint64_t client = rig_client(&g, "beam", 0, 1), worker = rig_worker(&g);
    rig_register(&g, client);
    rig_empty(&g, client, FEMD_MSG_BYE, 0);
    rig_wait(&g, 1);
    assert_int_equal(held(&g), 0);
    rig_open(&g, worker, FEMD_OK);
    assert_int_equal(rig_count(&g, worker, FEMD_MSG_DROP), 1);
    assert_int_equal(g.inbox[worker].dropped, 0);
    say_opened(&g, worker, &g.material); /* of one that it was never sent */
    assert_int_equal(rig_count(&g, worker, FEMD_MSG_DROP), 2);
    assert_int_equal(g.inbox[worker].dropped, 0);
    rig_clear(&g);
}

/* What a worker has lost it is sent again when there is work for it, and what was kept for it goes to others. */
static void what_was_lost_is_sent_again(void **state) {
    (void)state;
    rig g;
    femd_task tasks[64];
    uint64_t client, worker[2];
    rig_init(&g, &(femd_core_config){.message_points = 1, .credits = 1});
    client = rig_client(&g, "beam", 0, 1);
    worker[0] = rig_worker(&g);
    rig_register(&g, client);
    rig_open(&g, worker[0], FEMD_OK);
    ask(&g, client, 1, 4);
    assert_int_equal(rig_tasks(&g, worker[0], tasks, NULL), 1);
    say_lost(&g, worker[0], &g.material);
    const femd_response lost = {.status = FEMD_MATERIAL_LOST};
    rig_answer_with(&g, worker[0], tasks, &lost);
    assert_int_equal(rig_count(&g, worker[0], FEMD_MSG_TASK), 0);
    rig_wait(&g, 0.1);
    assert_int_equal(rig_count(&g, worker[0], FEMD_MSG_MATERIAL), 1);
    rig_open(&g, worker[0], FEMD_OK);
    assert_int_equal(rig_work(&g, worker[0]), 4);
    rig_result results[8];
    assert_int_equal(rig_results(&g, client, results, 8), 4);
    for (int i = 0; i < 4; i++) assert_int_equal(results[i].response.status, FEMD_OK);
    rig_clear(&g);
}

/* One that says so for ever ends with words, not never. */
static void a_worker_that_never_holds_it_ends_the_point(void **state) {
    (void)state;
    rig g;
    femd_task task;
    uint64_t client, worker[2];
    rig_init(&g, NULL);
    client = rig_client(&g, "beam", 0, 1);
    worker[0] = rig_worker(&g);
    rig_register(&g, client);
    rig_open(&g, worker[0], FEMD_OK);
    ask(&g, client, 1, 1);
    rig_result result;
    const femd_response lost = {.status = FEMD_MATERIAL_LOST};
    int tries = 0;
    for (; tries < 100 && !rig_results(&g, client, &result, 1); tries++) {
        rig_open(&g, worker[0], FEMD_OK);
        if (rig_tasks(&g, worker[0], &task, NULL)) rig_answer_with(&g, worker[0], &task, &lost);
        rig_wait(&g, 0.1);
    }
    assert_in_range(tries, 5, 60);
    assert_int_equal(result.response.status, FEMD_MATERIAL_LOST);
    rig_clear(&g);
}

/* A worker that comes back says what it has opened. */
static void what_is_still_open_is_not_sent_again(void **state) {
    (void)state;
    rig g;
    rig_init(&g, NULL);
    const uint64_t client = rig_client(&g, "beam", 0, 1), one = rig_worker(&g);
    register_many(&g, client, MANY);
    rig_open(&g, one, FEMD_OK);
    rig_vanish(&g, one);
    const uint64_t back = rig_worker(&g);
    for (int i = 0; i < MANY; i++) {
        pick(&g, i);
        say_opened(&g, back, &g.material);
    }
    ask(&g, client, 1, 3);
    assert_int_equal(rig_count(&g, back, FEMD_MSG_MATERIAL), 0);
    assert_int_equal(rig_work(&g, back), 3);
    rig_clear(&g);
}

/* What a worker gives up for want of room is at the server, and no more with it. */
static void a_state_that_a_worker_gives_up_is_kept(void **state) {
    (void)state;
    rig g;
    uint64_t client, worker[2];
    rig_init(&g, NULL);
    client = rig_client(&g, "beam", 0, 1);
    worker[0] = rig_worker(&g);
    rig_register(&g, client);
    rig_open(&g, worker[0], FEMD_OK);
    femd_request r = rig_request(0, 0.01, NULL);
    rig_evaluate(&g, client, 1, &r, 1);
    assert_int_equal(rig_work(&g, worker[0]), 1);
    femd_response answer;
    uint8_t blob[64];
    rig_answer_of(&r, &answer);
    const size_t size = rig_blob_of(&r, blob);
    const femd_state_entry entry[2] = {{answer.state_out, {blob, size}}, {answer.state_out, {NULL, 0}}};
    assert_int_equal(femd_frame_begin(&g.scratch, FEMD_MSG_STATE, 1, NULL), FEMD_OK);
    for (int i = 0; i < 2; i++) assert_int_equal(femd_state_add(&g.scratch, &entry[i], NULL), FEMD_OK);
    femd_frame_finish(&g.scratch, 2);
    rig_deliver(&g, worker[0], &g.scratch);
    femd_core_totals totals;
    femd_core_sum(g.core, &totals);
    assert_int_equal(totals.states, size);
    r = rig_request(0, 0.02, &answer.state_out);
    rig_evaluate(&g, client, 2, &r, 1);
    femd_task task;
    uint32_t states = 0;
    assert_int_equal(rig_tasks(&g, worker[0], &task, &states), 1);
    assert_int_equal(states, 1); /* it comes along */
    assert_int_equal(femd_core_count(g.core)->remade, 0);
    rig_clear(&g);
}

/* What a material can answer is what its first worker said; one that says otherwise gets no task of it. */
static void who_can_do_other_things_gets_no_task(void **state) {
    (void)state;
    rig g;
    rig_init(&g, NULL);
    const uint64_t client = rig_client(&g, "beam", 0, 1), one = rig_worker(&g), two = rig_worker(&g);
    rig_register(&g, client);
    rig_open(&g, one, FEMD_OK);
    g.inputs = 7;
    rig_open(&g, two, FEMD_OK);
    assert_non_null(strstr(g.last_log, "has other capabilities"));
    ask(&g, client, 1, 32);
    assert_int_equal(rig_work(&g, two), 0);
    assert_int_equal(rig_work(&g, one), 32);
    rig_clear(&g);
}

/* ---- what belongs to the case ---- */

static void register_text(rig *g, uint64_t client, const char *json) {
    const femd_pack pack = {.json = json, .nfiles = 0};
    g->pack.size = 0;
    assert_int_equal(femd_pack_encode(&pack, &g->pack, NULL), FEMD_OK);
    rig_register(g, client);
}

static void check_refused(rig *g, uint64_t client, const char *words) {
    femd_frame f;
    femd_error why = FEMD_ERROR_INIT;
    assert_true(rig_take(g, client, FEMD_MSG_ERROR, &f));
    assert_int_equal(f.id, 5);
    assert_int_equal(femd_error_decode(&f, &why, NULL), FEMD_OK);
    assert_int_equal(why.code, FEMD_BAD_INPUT);
    assert_non_null(strstr(why.text, words));
}

static void a_turned_or_placed_material_is_refused(void **state) {
    (void)state;
    rig g;
    rig_init(&g, NULL);
    const uint64_t worker = rig_worker(&g), client = rig_client(&g, "beam", 0, 1);
    const size_t before = held(&g);
    register_text(&g, client, "{\"engine\":\"elastic\",\"orientation\":[[1,0,0],[0,1,0],[0,0,1]]}");
    check_refused(&g, client, "\"orientation\" is no part of a material");
    register_text(&g, client, "{\"engine\":\"elastic\",\"region\":\"all\"}");
    check_refused(&g, client, "\"region\" is no part of a material");
    register_text(&g, client, "{\"engine\":\"elastic\",\"orientations\":\"grains.txt\"}");
    check_refused(&g, client, "\"orientations\" is no part of a material");
    assert_int_equal(rig_count(&g, worker, FEMD_MSG_MATERIAL), 0);
    assert_true(held(&g) == before);
    /* an engine of somebody's own has parameters of its own */
    register_text(&g, client, "{\"engine\":\"user\",\"parameters\":{\"orientation\":3,\"region\":1}}");
    assert_int_equal(rig_count(&g, worker, FEMD_MSG_MATERIAL), 1);
    rig_clear(&g);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(many_are_divided_among_the_workers),
        cmocka_unit_test(of_many_none_goes_into_quarantine),
        cmocka_unit_test(who_has_nothing_to_do_helps),
        cmocka_unit_test(a_witness_is_given_the_material),
        cmocka_unit_test(one_that_opens_for_ever_holds_nobody_up),
        cmocka_unit_test(a_material_goes_with_its_last_run),
        cmocka_unit_test(a_material_at_rest_stays_with_its_run),
        cmocka_unit_test(nothing_of_many_runs_is_left),
        cmocka_unit_test(who_opens_what_nobody_needs_any_more_drops_it),
        cmocka_unit_test(what_was_lost_is_sent_again),
        cmocka_unit_test(a_worker_that_never_holds_it_ends_the_point),
        cmocka_unit_test(what_is_still_open_is_not_sent_again),
        cmocka_unit_test(a_state_that_a_worker_gives_up_is_kept),
        cmocka_unit_test(who_can_do_other_things_gets_no_task),
        cmocka_unit_test(a_turned_or_placed_material_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
