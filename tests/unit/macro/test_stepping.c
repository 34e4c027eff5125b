/* The increments of a run: points that fail, cuts, times, what a request carries. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "model.h"
#include "near.h"
#include "run_checks.h"

static void failing_points_cut_the_step_and_the_run_finishes(void **state) {
    (void)state;
    model m;
    model_init(&m, &femd_element_q1, 2);
    m.cs.predictor = 0; /* the jump of the boundary strains its layer of cells too far at once */
    m.law.fail_beyond = 0.3;
    model_hold(&m, "left", 0, 0, 0);
    model_hold(&m, "right", 0.2, 0, 0);
    RUN_OK(&m);
    assert_true(m.law.aborts > 0);
    assert_true(m.steps > 1);
    assert_int_equal(m.law.commits, m.steps);
    assert_int_equal(m.law.last_step, m.steps);
    assert_near(m.p->time, 1, 0);
    model_clear(&m);
}

static void points_that_always_fail_end_the_run_with_words(void **state) {
    (void)state;
    model m;
    femd_error err = FEMD_ERROR_INIT;
    model_init(&m, &femd_element_q1, 2);
    m.law.fail_beyond = 0.01;
    model_hold(&m, "left", 0, 0, 0);
    model_hold(&m, "right", 0.2, 0, 0);
    assert_int_equal(model_run(&m, &err), FEMD_NOT_CONVERGED);
    assert_non_null(strstr(err.text, "outside the domain"));
    assert_true(m.p->time > 0 && m.p->time < 0.06); /* what could be reached is committed */
    model_clear(&m);
}

/* A soft body under a sudden load: the full Newton step leaves the domain of the material, half of it does not. */
static void points_that_fail_shorten_the_step(void **state) {
    (void)state;
    model m;
    model_init(&m, &femd_element_q1, 2);
    m.cs.predictor = 0;
    m.law.fail_beyond = 0.105;
    model_hold(&m, "left", 0, NAN, NAN);
    model_hold(&m, "front", NAN, 0, NAN);
    model_hold(&m, "bottom", NAN, NAN, 0);
    model_load(&m, "right", FEMD_LOAD_TRACTION, 0.25, 0, 0);
    RUN_OK(&m);
    assert_int_equal(m.steps, 1);
    assert_int_equal(m.law.aborts, 0);
    assert_int_equal(m.last.failed_points, 64);
    assert_true(m.law.points > 64 * (uint64_t)m.last.nresiduals);
    model_clear(&m);
}

/* A step that would strain points by more than a tenth is shortened before anyone is asked. */
static void a_leap_of_strain_is_shortened_without_an_evaluation(void **state) {
    (void)state;
    model m;
    model_init(&m, &femd_element_q1, 2);
    m.cs.predictor = 0;
    m.law.fail_beyond = 0.5;
    model_hold(&m, "left", 0, 0, 0);
    model_load(&m, "right", FEMD_LOAD_TRACTION, 1.4, 0, 0); /* the full step from rest fails at 0.5 */
    RUN_OK(&m);
    assert_int_equal(m.steps, 1);
    assert_int_equal(m.last.failed_points, 0);
    assert_int_equal(m.law.points, 64 * m.last.nresiduals);
    model_clear(&m);
}

typedef struct strains {
    const model *m;
    double E[6 * 64], most; /* of the iterate before; the largest change so far */
} strains;

static void see_strains(void *user, const char *field, int step, int iteration, double residual, int cuts) {
    strains *seen = user;
    const femd_points *pt = seen->m->p->pt;
    (void)field, (void)step, (void)iteration, (void)residual, (void)cuts;
    for (PetscInt k = 0; k < pt->n; ++k) {
        double away = 0.1; /* or as far as the point has moved already */
        for (int c = 0; c < 6; ++c) away = fmax(away, fabs(seen->E[6 * k + c]) * (c < 3 ? 1 : 0.5));
        for (int c = 0; c < 6; ++c) {
            const double change = fabs(pt->tE[6 * k + c] - seen->E[6 * k + c]) * (c < 3 ? 1 : 0.5);
            assert_true(change <= away * (1 + 1e-9));
            seen->most = fmax(seen->most, change);
        }
    }
    memcpy(seen->E, pt->tE, 6 * (size_t)pt->n * sizeof *seen->E);
}

/* ... by no more than that, and not by much less. */
static void no_step_strains_by_more_than_a_tenth(void **state) {
    (void)state;
    model m;
    strains seen = {.m = &m};
    femd_error err = FEMD_ERROR_INIT;
    const femd_stepping_hooks hooks = {.user = &seen, .live = see_strains};
    model_init(&m, &femd_element_q1, 2);
    m.cs.predictor = 0;
    model_hold(&m, "left", 0, 0, 0);
    model_load(&m, "right", FEMD_LOAD_TRACTION, 1.4, 0, 0);
    assert_int_equal(model_create(&m, &err), FEMD_OK);
    assert_int_equal(m.p->pt->n, 64);
    if (femd_stepping_run(m.p, &hooks, &err) != FEMD_OK) fail_msg("%s", err.text);
    assert_true(seen.most > 0.07);
    model_clear(&m);
}

static void inverted_cells_are_a_cut_not_an_evaluation(void **state) {
    (void)state;
    model m;
    femd_error err = FEMD_ERROR_INIT;
    model_init(&m, &femd_element_q1, 1);
    m.cs.max_cuts = 2;
    m.cs.predictor = 0;
    model_hold(&m, "left", 0, 0, 0);
    femd_case_boundary *b = model_hold(&m, "right", -2, 0, 0); /* pushed through the other side, at once */
    double time[2] = {0, 1}, factor[2] = {1, 1};
    b->ntable = 2;
    b->time = time;
    b->factor = factor;
    assert_int_equal(model_run(&m, &err), FEMD_NOT_CONVERGED);
    assert_non_null(strstr(err.text, "det F"));
    assert_int_equal(m.law.points, 0);
    model_clear(&m);
}

static void infrastructure_failure_never_cuts(void **state) {
    (void)state;
    model m;
    femd_error err = FEMD_ERROR_INIT;
    model_init(&m, &femd_element_q1, 2);
    m.law.break_at = 3;
    model_hold(&m, "left", 0, 0, 0);
    model_hold(&m, "right", 0.2, 0, 0);
    assert_int_equal(model_run(&m, &err), FEMD_ENGINE_DIED);
    assert_non_null(strstr(err.text, "point 0"));
    assert_int_equal(m.law.aborts, 0);
    model_clear(&m);
}

static void planned_times_are_met_after_a_cut(void **state) {
    (void)state;
    model m;
    model_init(&m, &femd_element_q1, 2);
    m.cs.step_count = 4;
    model_hold(&m, "left", 0, 0, 0);
    model_hold(&m, "right", 0.4, 0, 0);
    RUN_OK(&m);
    assert_int_equal(m.steps, 4);
    assert_near(m.last.time, 1, 0);
    assert_near(m.last.dt, 0.25, 1e-15);
    model_clear(&m);
}

static femd_status note_step(void *user, femd_problem *p, const femd_step_record *rec, femd_error *err) {
    double *at = user;
    (void)p;
    (void)err;
    if (rec->step > 7) return FEMD_INTERNAL;
    at[2 * rec->step] = rec->time;
    at[2 * rec->step + 1] = rec->reaction[3];
    return FEMD_OK;
}

/* A cycle between two planned times is run, not stepped over. */
static void a_load_cycle_of_a_table_is_run(void **state) {
    (void)state;
    static const double want[4][2] = {{0.33, 1}, {0.4, 0}, {0.5, 0}, {1, 0}};
    model m;
    double at[16] = {0}, time[4] = {0, 0.33, 0.4, 1}, factor[4] = {0, 1, 0, 0}, single[16] = {0};
    femd_error err = FEMD_ERROR_INIT;
    const femd_stepping_hooks hooks = {.user = at, .committed = note_step},
                              once = {.user = single, .committed = note_step};
    model_init(&m, &femd_element_q1, 1);
    model_hold(&m, "left", 0, 0, 0);
    model_hold(&m, "right", 0.1, 0, 0);
    assert_int_equal(model_create(&m, &err), FEMD_OK);
    assert_int_equal(femd_stepping_run(m.p, &once, &err), FEMD_OK);
    assert_true(single[3] > 0);
    model_clear(&m);
    model_init(&m, &femd_element_q1, 1);
    model_hold(&m, "left", 0, 0, 0);
    femd_case_boundary *b = model_hold(&m, "right", 0.1, 0, 0);
    b->ntable = 4;
    b->time = time;
    b->factor = factor;
    m.cs.step_count = 2;
    assert_int_equal(model_create(&m, &err), FEMD_OK);
    assert_int_equal(femd_stepping_run(m.p, &hooks, &err), FEMD_OK);
    assert_int_equal(m.p->step, 4);
    for (int i = 0; i < 4; ++i) {
        assert_near(at[2 * i + 2], want[i][0], 1e-15);
        assert_near(at[2 * i + 3] / single[3], want[i][1], 1e-10);
    }
    model_clear(&m);
}

static void note_cut(void *user, int step, const char *why, double dt) {
    snprintf(user, 256, "step %d to %g: %s", step, dt, why);
}

/* Whoever watches a run hears why an increment was cut. */
static void a_cut_says_why(void **state) {
    (void)state;
    model m;
    char heard[256] = "";
    femd_error err = FEMD_ERROR_INIT;
    model_init(&m, &femd_element_q1, 1);
    m.law.fail_beyond = 0.06;
    model_hold(&m, "left", 0, 0, 0);
    model_hold(&m, "right", 0.2, 0, 0);
    const femd_stepping_hooks hooks = {.user = heard, .cut = note_cut};
    assert_int_equal(model_create(&m, &err), FEMD_OK);
    assert_int_not_equal(femd_stepping_run(m.p, &hooks, &err), FEMD_OK); /* the law ends before the load */
    assert_non_null(strstr(heard, "step "));
    assert_non_null(strstr(heard, "point "));
    model_clear(&m);
}

static void request_carries_the_point_and_its_seed(void **state) {
    (void)state;
    model m;
    model_init(&m, &femd_element_p2, 1);
    m.cs.temperature = 300;
    m.cs.accuracy = 0.01;
    m.cs.seed = 42;
    m.cs.reuse = 0;
    model_hold(&m, "left", 0, 0, 0);
    model_hold(&m, "right", 0.01, 0, 0);
    RUN_OK(&m);
    const femd_request *q = &m.law.first;
    assert_int_equal(q->point, m.p->pt->id[0]);
    assert_int_equal(q->step, 1);
    assert_true(q->seed == femd_seed(42, 1, m.p->pt->id[0]));
    assert_int_equal(q->flags, FEMD_REQUEST_PRIVATE);
    assert_true(femd_hash_is_zero(&q->state_in));
    assert_near(q->temperature, 300, 0);
    assert_near(q->pressure, 0, 0);
    assert_near(q->accuracy, 0.01, 0);
    for (PetscInt k = 0; k < m.p->pt->n; ++k)
        assert_true(m.p->pt->id[k] == m.p->grid->cell_file[k / 4] * 4 + (uint64_t)k % 4);
    model_clear(&m);
}

int main(int argc, char **argv) {
    model_start(&argc, &argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(failing_points_cut_the_step_and_the_run_finishes),
        cmocka_unit_test(points_that_always_fail_end_the_run_with_words),
        cmocka_unit_test(points_that_fail_shorten_the_step),
        cmocka_unit_test(a_leap_of_strain_is_shortened_without_an_evaluation),
        cmocka_unit_test(no_step_strains_by_more_than_a_tenth),
        cmocka_unit_test(inverted_cells_are_a_cut_not_an_evaluation),
        cmocka_unit_test(infrastructure_failure_never_cuts),
        cmocka_unit_test(planned_times_are_met_after_a_cut),
        cmocka_unit_test(a_cut_says_why),
        cmocka_unit_test(a_load_cycle_of_a_table_is_run),
        cmocka_unit_test(request_carries_the_point_and_its_seed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
