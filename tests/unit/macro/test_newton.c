/* Newton's method: what points are asked, what stands in its way, when it gives up. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "heard.h"
#include "near.h"

typedef struct memory {
    const model *m;
    femd_hash before; /* state of point 0 after the last step */
    int steps;
} memory;

static femd_status remember(void *user, femd_problem *p, const femd_step_record *rec, femd_error *err) {
    memory *known = user;
    (void)rec, (void)err;
    assert_memory_equal(&known->m->law.first.state_in, &known->before, sizeof known->before);
    assert_false(femd_hash_equal(&known->before, p->pt->state));
    known->before = p->pt->state[0];
    known->steps++;
    return FEMD_OK;
}

static void points_are_asked_from_where_the_last_step_left_them(void **state) {
    (void)state;
    model m;
    memory known = {.m = &m};
    femd_error err = FEMD_ERROR_INIT;
    const femd_stepping_hooks hooks = {.user = &known, .committed = remember};
    model_init(&m, &femd_element_q1, 1);
    m.cs.step_count = 3;
    model_hold(&m, "left", 0, 0, 0);
    model_hold(&m, "right", 0.1, 0.1, 0);
    assert_int_equal(model_create(&m, &err), FEMD_OK);
    if (femd_stepping_run(m.p, &hooks, &err) != FEMD_OK) fail_msg("%s", err.text);
    assert_int_equal(known.steps, 3);
    model_clear(&m);
}

static void where_cg_fails_the_same_matrix_is_solved_directly_from_there_on(void **state) {
    (void)state;
    uint64_t points[2];
    for (int direct = 0; direct < 2; ++direct) {
        model m;
        heard h;
        model_init(&m, &femd_element_q1, 3);
        m.cs.direct = direct;
        m.cs.step_count = 3;
        if (!direct) assert_int_equal(PetscOptionsSetValue(NULL, "-ksp_max_it", "1"), 0);
        model_hold(&m, "left", 0, 0, 0);
        model_hold(&m, "right", 0.1, 0.1, 0);
        run_ok(&m, &h);
        assert_int_equal(PetscOptionsClearValue(NULL, "-ksp_max_it"), 0);
        points[direct] = m.law.points;
        assert_int_equal(h.steps, 3);
        for (int i = 0; i < 3; ++i) assert_int_equal(h.direct_of[i], !direct);
        assert_int_equal(m.p->direct, !direct);
        assert_int_equal(h.notes, !direct);
        if (!direct) assert_non_null(strstr(h.note, "onjugate gradients"));
        model_clear(&m);
    }
    assert_int_equal(points[0], points[1]); /* nobody is asked twice */
}

static femd_status hear_step_and_cure(void *user, femd_problem *p, const femd_step_record *rec, femd_error *err) {
    assert_int_equal(PetscOptionsClearValue(NULL, "-ksp_max_it"), 0); /* from here on CG would be able to */
    return hear_step(user, p, rec, err);
}

/* A matrix that CG could not solve is followed by others like it: it is not tried again, so that every bit is that of
 * the direct solver. */
static void what_has_become_direct_stays_so(void **state) {
    (void)state;
    heard h[2];
    for (int direct = 0; direct < 2; ++direct) {
        model m;
        femd_error err = FEMD_ERROR_INIT;
        const femd_stepping_hooks hooks = {.user = &h[direct], .committed = hear_step_and_cure};
        memset(&h[direct], 0, sizeof h[direct]);
        model_init(&m, &femd_element_q1, 3);
        m.cs.direct = direct;
        m.cs.ksp_rtol = 1e-6;
        m.cs.rtol = 1e-9;
        m.cs.step_count = 3;
        assert_int_equal(PetscOptionsSetValue(NULL, "-ksp_max_it", "1"), 0);
        model_hold(&m, "left", 0, 0, 0);
        model_hold(&m, "right", 0.1, 0.1, 0);
        assert_int_equal(model_create(&m, &err), FEMD_OK);
        if (femd_stepping_run(m.p, &hooks, &err) != FEMD_OK) fail_msg("%s", err.text);
        model_clear(&m);
    }
    assert_int_equal(h[0].steps, 3);
    assert_int_equal(h[0].last.nresiduals, h[1].last.nresiduals);
    assert_memory_equal(h[0].last.residual, h[1].last.residual, sizeof(double) * (size_t)h[0].last.nresiduals);
}

/* Each attempt tells of its own points. */
static void words_of_a_cut_are_those_of_its_attempt(void **state) {
    (void)state;
    model m;
    heard h;
    femd_error err = FEMD_ERROR_INIT;
    model_init(&m, &femd_element_q1, 1);
    m.law.fail_beyond = 1e-4;
    m.cs.max_cuts = 3;
    model_hold(&m, "left", 0, 0, 0);
    model_hold(&m, "right", 0.2, 0, 0);
    assert_int_equal(run(&m, &h, &err), FEMD_NOT_CONVERGED);
    assert_int_equal(h.cuts, 3);
    for (int i = 0; i < h.cuts; ++i) {
        int points = 0;
        assert_int_equal(sscanf(h.why[i], "%d point answers failed", &points), 1);
        assert_int_equal(points, 8);
    }
    assert_non_null(strstr(err.text, "given up after 4 attempts at it (4 failed in this run)"));
    assert_non_null(strstr(err.text, "8 point answers failed"));
    model_clear(&m);
}

/* After a cut the increment stays as it is; after a step without one it grows. */
static void increments_grow_after_a_step_without_a_cut(void **state) {
    (void)state;
    model m;
    heard h;
    model_init(&m, &femd_element_q1, 2);
    m.cs.predictor = 0; /* the jump strains the layer at the grip */
    m.cs.growth = 1.25;
    m.cs.cut = 0.2;
    m.law.fail_beyond = 0.2;
    model_hold(&m, "left", 0, NAN, NAN);
    model_hold(&m, "front", NAN, 0, NAN);
    model_hold(&m, "bottom", NAN, NAN, 0);
    model_hold(&m, "right", 0.1, NAN, NAN);
    run_ok(&m, &h);
    assert_int_equal(h.steps, 5);
    assert_int_equal(h.cuts_of[0], 1);
    for (int i = 1; i < 5; ++i) assert_int_equal(h.cuts_of[i], 0);
    const double dt[5] = {0.2, 0.2, 0.25, 0.3125, 0.0375};
    for (int i = 0; i < 5; ++i) assert_near(h.dt[i], dt[i], 1e-12);
    model_clear(&m);
}

/* Iterations since the residual last halved. */
typedef struct patience {
    int since, iterations;
    double halved;
} patience;

static void hear_residual(void *user, const char *field, int step, int iteration, double residual, int cuts) {
    patience *seen = user;
    (void)field, (void)step, (void)cuts;
    seen->since++;
    seen->iterations = iteration;
    if (iteration > 0 && residual > 0.5 * seen->halved) return;
    seen->since = 0;
    seen->halved = residual;
}

/* A residual that goes up and down far above any tolerance is given up after twelve iterations in which it has not
 * halved, before all are spent. */
static void a_residual_that_never_halves_is_given_up(void **state) {
    (void)state;
    for (int loaded = 0; loaded < 2; ++loaded) { /* without a load the first residual is no larger than the others */
        model m;
        patience seen = {0};
        femd_error err = FEMD_ERROR_INIT;
        const femd_stepping_hooks hooks = {.user = &seen, .live = hear_residual};
        int iterations = 0;
        model_init(&m, &femd_element_q1, 2);
        m.law.ragged = 0.05;
        m.cs.max_newton = 60;
        m.cs.max_cuts = 0;
        m.cs.loose = 0;
        model_hold(&m, "left", 0, 0, 0);
        model_hold(&m, "right", loaded ? 0.1 : 0, 0, 0);
        assert_int_equal(model_create(&m, &err), FEMD_OK);
        assert_int_equal(femd_stepping_run(m.p, &hooks, &err), FEMD_NOT_CONVERGED);
        const char *after = strstr(err.text, "fell no further after ");
        assert_non_null(after);
        assert_int_equal(sscanf(after, "fell no further after %d", &iterations), 1);
        assert_in_range(iterations, 12, 24);
        assert_int_equal(iterations, seen.iterations);
        assert_int_equal(seen.since, 12);
        model_clear(&m);
    }
}

static void max_newton_bounds_the_iterations_of_an_attempt(void **state) {
    (void)state;
    model m;
    heard h;
    femd_error err = FEMD_ERROR_INIT;
    model_init(&m, &femd_element_q1, 2);
    m.law.neo_hookean = 1;
    m.cs.max_newton = 2;
    m.cs.max_cuts = 0;
    model_hold(&m, "left", 0, 0, 0);
    model_hold(&m, "right", 0.4, 0.3, 0);
    assert_int_equal(run(&m, &h, &err), FEMD_NOT_CONVERGED);
    assert_non_null(strstr(err.text, "no convergence in 2 Newton iterations"));
    assert_int_equal(m.law.points, 1 + 64 * 3);
    model_clear(&m);
    model_init(&m, &femd_element_q1, 2);
    m.law.neo_hookean = 1;
    model_hold(&m, "left", 0, 0, 0);
    model_hold(&m, "right", 0.4, 0.3, 0);
    run_ok(&m, &h);
    assert_true(h.last.newton > 2);
    model_clear(&m);
}

int main(int argc, char **argv) {
    model_start(&argc, &argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(points_are_asked_from_where_the_last_step_left_them),
        cmocka_unit_test(where_cg_fails_the_same_matrix_is_solved_directly_from_there_on),
        cmocka_unit_test(words_of_a_cut_are_those_of_its_attempt),
        cmocka_unit_test(increments_grow_after_a_step_without_a_cut),
        cmocka_unit_test(a_residual_that_never_halves_is_given_up),
        cmocka_unit_test(max_newton_bounds_the_iterations_of_an_attempt),
        cmocka_unit_test(what_has_become_direct_stays_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
