/* An evaluation ever made is not made again: what a core hands out to be kept, and what another core makes of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "rig.h"

enum { POINTS = 5 };

/* A run of one step: evaluates, and commits if the worker of that build is not needed for more than what is new.
 * Returns how many evaluations the worker made. */
static uint32_t run_a_step(rig *g, uint64_t client, uint64_t worker, rig_result *got) {
    femd_request r[POINTS];
    femd_hash states[POINTS];
    for (uint32_t i = 0; i < POINTS; i++) {
        femd_response want;
        r[i] = rig_request(i, 1e-3 * (i + 1), NULL);
        rig_answer_of(&r[i], &want);
        states[i] = want.state_out;
    }
    rig_evaluate(g, client, 9, r, POINTS);
    const uint32_t made = rig_work(g, worker);
    assert_int_equal(rig_results(g, client, got, POINTS), POINTS);
    for (uint32_t i = 0; i < POINTS; i++) {
        femd_response want;
        rig_answer_of(&r[got[i].index], &want);
        assert_memory_equal(got[i].response.S, want.S, sizeof want.S);
        assert_memory_equal(&got[i].response.state_out, &want.state_out, sizeof want.state_out);
    }
    rig_commit(g, client, 77, 1, states, POINTS);
    rig_give_states(g, worker, r, POINTS);
    assert_int_equal(rig_count(g, client, FEMD_MSG_COMMITTED), 1);
    return made;
}

static void open_pool(rig *g, rig_shelf *shelf, uint64_t fingerprint, uint64_t *client, uint64_t *worker) {
    const femd_core_config config = {.recall = shelf ? &shelf->recall : NULL};
    rig_init(g, &config);
    *client = rig_client(g, "beam", 0, 1);
    *worker = rig_worker_of(g, "x86-64-v3", fingerprint);
    rig_register(g, *client);
    rig_open(g, *worker, FEMD_OK);
}

static int is_reproducible(rig *g, uint64_t client) {
    femd_frame f;
    rig_empty(g, client, FEMD_MSG_STATUS_GET, 3);
    assert_true(rig_take(g, client, FEMD_MSG_STATUS, &f));
    char *text = strndup(f.body.data, f.body.size);
    const char *run = strstr(text, "\"name\":\"beam\"");
    assert_non_null(run);
    const int yes = strncmp(strstr(run, "\"bit_reproducible\":"), "\"bit_reproducible\":true", 23) == 0;
    free(text);
    return yes;
}

static void the_second_run_evaluates_nothing(void **state) {
    (void)state;
    rig g;
    rig_shelf shelf;
    rig_result got[POINTS];
    uint64_t client, worker;
    rig_shelf_init(&shelf);
    open_pool(&g, &shelf, 7, &client, &worker);
    assert_int_equal(run_a_step(&g, client, worker, got), POINTS);
    assert_int_equal(shelf.answers, POINTS);
    assert_int_equal(shelf.states, POINTS);
    assert_int_equal(shelf.materials, 1);
    rig_clear(&g);
    open_pool(&g, &shelf, 7, &client, &worker);
    assert_int_equal(run_a_step(&g, client, worker, got), 0);
    for (uint32_t i = 0; i < POINTS; i++) assert_true(got[i].flags & FEMD_RESULT_REUSED);
    assert_int_equal(femd_core_count(g.core)->evaluations, 0);
    assert_int_equal(femd_core_count(g.core)->recalled, POINTS);
    assert_int_equal(rig_count(&g, worker, FEMD_MSG_STATE_GET), 0); /* the states too come from there */
    assert_int_equal(shelf.answers, POINTS);                        /* and nothing is kept twice */
    assert_int_equal(shelf.states, POINTS);
    assert_true(is_reproducible(&g, client));
    rig_clear(&g);
    rig_shelf_clear(&shelf);
}

static void a_state_kept_is_moved_to_the_worker_that_needs_it(void **state) {
    (void)state;
    rig g;
    rig_shelf shelf;
    rig_result got[POINTS];
    uint64_t client, worker;
    femd_task tasks[4];
    uint32_t states = 0;
    rig_shelf_init(&shelf);
    open_pool(&g, &shelf, 7, &client, &worker);
    run_a_step(&g, client, worker, got);
    rig_clear(&g);
    open_pool(&g, &shelf, 7, &client, &worker);
    run_a_step(&g, client, worker, got);
    const femd_request next = rig_request(0, 0.5, &got[0].response.state_out);
    rig_evaluate(&g, client, 10, &next, 1);
    assert_int_equal(rig_tasks(&g, worker, tasks, &states), 1);
    assert_int_equal(states, 1);
    rig_clear(&g);
    rig_shelf_clear(&shelf);
}

static void answers_of_another_build_do_not_count(void **state) {
    (void)state;
    rig g;
    rig_shelf shelf;
    uint64_t client, worker;
    const femd_request r = rig_request(0, 1e-3, NULL);
    rig_result got[POINTS];
    rig_shelf_init(&shelf);
    open_pool(&g, &shelf, 7, &client, &worker);
    run_a_step(&g, client, worker, got);
    rig_clear(&g);
    open_pool(&g, &shelf, 8, &client, &worker);
    rig_evaluate(&g, client, 9, &r, 1);
    assert_int_equal(rig_count(&g, worker, FEMD_MSG_TASK), 1);
    assert_int_equal(femd_core_count(g.core)->recalled, 0);
    rig_clear(&g);
    rig_shelf_clear(&shelf);
}

static void any_build_takes_them_and_marks_the_run(void **state) {
    (void)state;
    rig g;
    rig_shelf shelf;
    rig_result got[POINTS];
    uint64_t client, worker;
    rig_shelf_init(&shelf);
    open_pool(&g, &shelf, 7, &client, &worker);
    run_a_step(&g, client, worker, got);
    rig_clear(&g);
    shelf.recall.any_build = 1;
    open_pool(&g, &shelf, 8, &client, &worker);
    assert_true(is_reproducible(&g, client));
    assert_int_equal(run_a_step(&g, client, worker, got), 0);
    assert_false(is_reproducible(&g, client));
    rig_clear(&g);
    open_pool(&g, &shelf, 7, &client, &worker); /* where the build is the same there is nothing to mark */
    assert_int_equal(run_a_step(&g, client, worker, got), 0);
    assert_true(is_reproducible(&g, client));
    rig_clear(&g);
    rig_shelf_clear(&shelf);
}

/* Answers that a journal brings back are used as they are; that their build is not here any more is not hidden. */
static void what_comes_back_of_another_build_marks_the_run(void **state) {
    (void)state;
    for (uint64_t build = 7; build <= 8; build++) {
        rig g;
        rig_shelf shelf;
        rig_result got[POINTS];
        rig_shelf_init(&shelf);
        rig_init(&g, &(femd_core_config){.recall = &shelf.recall, .journal = 1});
        const femd_request r = rig_request(0, 1e-3, NULL);
        for (int life = 0; life < 2; life++) {
            const uint64_t client = rig_client(&g, "beam", 0, 1);
            const uint64_t worker = rig_worker_of(&g, "x86-64-v3", life ? build : 7);
            rig_register(&g, client);
            rig_open(&g, worker, FEMD_OK);
            assert_true(is_reproducible(&g, client));
            rig_evaluate(&g, client, 9, &r, 1);
            assert_int_equal(rig_work(&g, worker), !life);
            assert_int_equal(rig_results(&g, client, got, POINTS), 1);
            assert_int_equal(is_reproducible(&g, client), !life || build == 7);
            if (!life) rig_restart(&g);
        }
        rig_clear(&g);
        rig_shelf_clear(&shelf);
    }
}

/* A worker that does not say its build is of none: not of any. */
static void a_worker_without_a_build_recalls_nothing(void **state) {
    (void)state;
    rig g;
    rig_shelf shelf;
    uint64_t client, worker;
    const femd_request r = rig_request(0, 1e-3, NULL);
    rig_result got[POINTS];
    rig_shelf_init(&shelf);
    open_pool(&g, &shelf, 7, &client, &worker);
    run_a_step(&g, client, worker, got);
    rig_clear(&g);
    open_pool(&g, &shelf, 0, &client, &worker);
    rig_evaluate(&g, client, 9, &r, 1);
    assert_int_equal(rig_count(&g, worker, FEMD_MSG_TASK), 1);
    assert_int_equal(femd_core_count(g.core)->recalled, 0);
    rig_clear(&g);
    rig_shelf_clear(&shelf);
}

/* Once the build that a worker was of has gone with it, its answers are those of another build. */
static void a_build_that_left_is_another_build(void **state) {
    (void)state;
    rig g;
    rig_shelf shelf;
    rig_result got[POINTS];
    uint64_t client, worker;
    const femd_request r = rig_request(0, 1e-3, NULL);
    rig_shelf_init(&shelf);
    open_pool(&g, &shelf, 7, &client, &worker);
    run_a_step(&g, client, worker, got);
    rig_clear(&g);
    open_pool(&g, &shelf, 7, &client, &worker);
    const uint64_t other = rig_worker_of(&g, "x86-64-v3", 8);
    rig_open(&g, other, FEMD_OK);
    rig_vanish(&g, worker);
    rig_evaluate(&g, client, 9, &r, 1);
    assert_int_equal(rig_count(&g, other, FEMD_MSG_TASK), 1);
    assert_int_equal(femd_core_count(g.core)->recalled, 0);
    rig_clear(&g);
    rig_shelf_clear(&shelf);
}

static void what_is_no_answer_to_the_question_is_not_used_and_forgotten(void **state) {
    (void)state;
    rig g;
    rig_shelf shelf;
    rig_result got[POINTS];
    uint64_t client, worker;
    femd_kept kept;
    femd_response wrong;
    uint8_t bytes[FEMD_RESPONSE_BYTES_MAX];
    rig_shelf_init(&shelf);
    open_pool(&g, &shelf, 7, &client, &worker);
    run_a_step(&g, client, worker, got);
    rig_clear(&g);
    /* whoever wrote it made the checksum fit, so only the question can tell */
    femd_buffer changed = FEMD_BUFFER_INIT;
    assert_int_equal(kept_decode(shelf.answer[0].bytes.data, shelf.answer[0].bytes.size, &kept, NULL), FEMD_OK);
    assert_int_equal(femd_response_decode(kept.response.data, kept.response.size, &wrong, NULL), FEMD_OK);
    wrong.E[0] += 1e-6;
    kept.response = (femd_bytes){bytes, femd_response_encode(&wrong, bytes)};
    assert_int_equal(kept_encode(&kept, &changed, NULL), FEMD_OK);
    femd_buffer_clear(&shelf.answer[0].bytes);
    shelf.answer[0].bytes = changed;
    open_pool(&g, &shelf, 7, &client, &worker);
    assert_int_equal(run_a_step(&g, client, worker, got), 1);
    assert_int_equal(shelf.forgotten, 1);
    assert_int_equal(shelf.answers, POINTS); /* the right one has come in its place */
    assert_non_null(strstr(g.last_log, "not used"));
    rig_clear(&g);
    rig_shelf_clear(&shelf);
}

static void two_answers_of_one_build_leave_none_in_the_store(void **state) {
    (void)state;
    rig g;
    rig_shelf shelf;
    uint64_t client, worker;
    femd_task task[4];
    femd_response r;
    const femd_request q = rig_request(0, 1e-3, NULL);
    rig_shelf_init(&shelf);
    open_pool(&g, &shelf, 7, &client, &worker);
    rig_evaluate(&g, client, 9, &q, 1);
    assert_int_equal(rig_tasks(&g, worker, task, NULL), 1);
    rig_answer(&g, worker, task, 1);
    assert_int_equal(shelf.answers, 1);
    rig_answer_of(&q, &r);
    r.S[0] += 1;
    rig_answer_with(&g, worker, task, &r);
    assert_int_equal(femd_core_count(g.core)->conflicts, 1);
    assert_int_equal(shelf.answers, 0);
    rig_clear(&g);
    rig_shelf_clear(&shelf);
}

static void a_no_of_the_material_is_kept_and_one_of_the_machine_is_not(void **state) {
    (void)state;
    const struct {
        femd_status status;
        size_t kept;
    } cases[] = {{FEMD_NOT_CONVERGED, 1}, {FEMD_INSTABILITY, 1}, {FEMD_UNSUPPORTED, 0}, {FEMD_BAD_INPUT, 0}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        rig g;
        rig_shelf shelf;
        uint64_t client, worker;
        femd_task task[4];
        femd_response r = {
            .status = cases[i].status, .engine = FEMD_ENGINE_ELASTIC, .work = {.wall = 1e-3, .fingerprint = 7}};
        const femd_request q = rig_request(0, 1e-3, NULL);
        rig_shelf_init(&shelf);
        open_pool(&g, &shelf, 7, &client, &worker);
        rig_evaluate(&g, client, 9, &q, 1);
        assert_int_equal(rig_tasks(&g, worker, task, NULL), 1);
        rig_answer_with(&g, worker, task, &r);
        assert_int_equal(rig_count(&g, client, FEMD_MSG_RESULT), 1);
        assert_int_equal(shelf.answers, cases[i].kept);
        rig_clear(&g);
        rig_shelf_clear(&shelf);
    }
}

static void what_is_cheap_and_leaves_no_state_is_not_kept(void **state) {
    (void)state;
    for (int i = 0; i < 3; i++) {
        rig g;
        rig_shelf shelf;
        uint64_t client, worker;
        femd_task task[4];
        femd_response r;
        const femd_request q = rig_request(0, 1e-3, NULL);
        rig_shelf_init(&shelf);
        open_pool(&g, &shelf, 7, &client, &worker);
        rig_evaluate(&g, client, 9, &q, 1);
        assert_int_equal(rig_tasks(&g, worker, task, NULL), 1);
        rig_answer_of(&q, &r);
        r.work.wall = i == 0 ? 2e-4 : 5e-5;
        if (i < 2) memset(&r.state_out, 0, sizeof r.state_out);
        rig_answer_with(&g, worker, task, &r);
        assert_int_equal(shelf.answers, i != 1); /* dear; cheap; cheap, and its state would be lost with its worker */
        rig_clear(&g);
        rig_shelf_clear(&shelf);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_second_run_evaluates_nothing),
        cmocka_unit_test(a_state_kept_is_moved_to_the_worker_that_needs_it),
        cmocka_unit_test(answers_of_another_build_do_not_count),
        cmocka_unit_test(any_build_takes_them_and_marks_the_run),
        cmocka_unit_test(a_build_that_left_is_another_build),
        cmocka_unit_test(a_worker_without_a_build_recalls_nothing),
        cmocka_unit_test(what_comes_back_of_another_build_marks_the_run),
        cmocka_unit_test(what_is_no_answer_to_the_question_is_not_used_and_forgotten),
        cmocka_unit_test(two_answers_of_one_build_leave_none_in_the_store),
        cmocka_unit_test(what_is_cheap_and_leaves_no_state_is_not_kept),
        cmocka_unit_test(a_no_of_the_material_is_kept_and_one_of_the_machine_is_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
