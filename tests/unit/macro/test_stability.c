/* Is what was found a stable equilibrium? Columns above and below their critical load, a shallow arch past its limit.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arch.h"
#include "model.h"
#include "near.h"

typedef struct heard {
    int steps, notes, jumps, unstable;
    char note[512], jump[512];
    double time; /* of the first unstable step */
} heard;

static femd_status hear_step(void *user, femd_problem *p, const femd_step_record *rec, femd_error *err) {
    heard *h = user;
    (void)p, (void)err;
    h->steps++;
    h->unstable = rec->unstable;
    if (rec->unstable > 0 && h->time == 0) h->time = rec->time;
    return FEMD_OK;
}

static void hear_note(void *user, int step, const char *what) {
    heard *h = user;
    (void)step;
    if (strstr(what, "jumped")) {
        h->jumps++;
        snprintf(h->jump, sizeof h->jump, "%s", what);
    }
    if (!strstr(what, "unstable")) return;
    h->notes++;
    snprintf(h->note, sizeof h->note, "%s", what);
}

static femd_status run(model *m, heard *h, femd_error *err) {
    const femd_stepping_hooks hooks = {.user = h, .committed = hear_step, .note = hear_note};
    memset(h, 0, sizeof *h);
    FEMD_TRY(model_create(m, err));
    return femd_stepping_run(m->p, &hooks, err);
}

/* A cantilever under `critical` times Euler's load, pi^2 EI / (4 L^2), along its axis. */
static void column(model *m, double critical, int direct) {
    const double size[3] = {10, 1, 1}, E = 1e9;
    model_bend(m, &femd_element_q1, size, (const int[]){40, 2, 2}, 0, 0);
    m->cs.direct = direct;
    m->cs.step_count = 4;
    m->boundary[1].value[0] = -critical * M_PI * M_PI * E / 12 / (4 * size[0] * size[0]);
    m->boundary[1].value[2] = 0;
}

/* It stands as straight as it was drawn, whatever it carries: two modes, one to each side, are below 3 times the
 * critical load, the next ones are at 9 times. */
static void a_straight_column_above_its_critical_load_is_told(void **state) {
    (void)state;
    for (int direct = 0; direct < 2; ++direct) {
        model m;
        heard h;
        double u[3];
        femd_error err = FEMD_ERROR_INIT;
        column(&m, 3, direct);
        if (run(&m, &h, &err) != FEMD_OK) fail_msg("%s", err.text);
        model_tip(&m, u);
        assert_near(u[2], 0, 1e-6);
        assert_int_equal(h.steps, 4);
        assert_int_equal(h.unstable, 2);
        assert_near(h.time, 0.5, 1e-12); /* steps at 0.75, 1.5, 2.25, 3 times */
        assert_int_equal(h.notes, 1);
        assert_non_null(strstr(h.note, "2 negative eigenvalues"));
        assert_non_null(strstr(h.note, "load factor 0.5,"));
        model_clear(&m);
        column(&m, 0.9, direct);
        if (run(&m, &h, &err) != FEMD_OK) fail_msg("%s", err.text);
        assert_int_equal(h.unstable, 0);
        assert_int_equal(h.notes, 0);
        model_clear(&m);
    }
}

/* The user's own solver knows no signs, and a case may do without. */
static void where_no_sign_is_seen_none_is_told(void **state) {
    (void)state;
    model m;
    heard h;
    femd_error err = FEMD_ERROR_INIT;
    column(&m, 0.9, 0);
    assert_int_equal(PetscOptionsInsertString(NULL, "-ksp_type minres"), 0);
    const femd_status rc = run(&m, &h, &err);
    assert_int_equal(PetscOptionsClearValue(NULL, "-ksp_type"), 0);
    if (rc != FEMD_OK) fail_msg("%s", err.text);
    assert_int_equal(h.unstable, -1);
    model_clear(&m);
    column(&m, 3, 1);
    m.cs.stability = 0;
    if (run(&m, &h, &err) != FEMD_OK) fail_msg("%s", err.text);
    assert_int_equal(h.unstable, -1);
    assert_int_equal(h.notes, 0);
    model_clear(&m);
}

/* With steps of a tenth the arch is on its other side at 0.4, and on no unstable path ever. */
static void a_jump_over_a_limit_point_is_told(void **state) {
    (void)state;
    model m;
    heard h;
    femd_error err = FEMD_ERROR_INIT;
    arch_init(&m, 20);
    m.cs.step_count = 10;
    if (run(&m, &h, &err) != FEMD_OK) fail_msg("%s", err.text);
    assert_int_equal(h.steps, 10);
    assert_int_equal(h.unstable, 0);
    assert_int_equal(h.jumps, 1);
    assert_non_null(strstr(h.jump, "between load factor 0.3 and load factor 0.4"));
    assert_true(arch_sag(&m) > 3);
    arch_clear(&m);
}

/* A cell that shrinks across where it is pulled beyond a strain: the step goes 2.8 or 3.2 times as far as the tangent
 * foretold, and three times as far is what counts as a jump. */
static void a_step_of_three_times_what_was_foretold_is_a_jump(void **state) {
    (void)state;
    static const double leap[2] = {2.8, 3.2};
    for (int far = 0; far < 2; ++far) {
        model m;
        heard h;
        femd_error err = FEMD_ERROR_INIT;
        model_init(&m, &femd_element_q1, 1);
        m.law.lambda = 0;
        m.law.mu = 0.5;
        m.law.snap_beyond = 0.0025;
        m.law.snap = 0.001 * sqrt(2 * (leap[far] * leap[far] - 1)); /* moves four nodes along y and four along z */
        m.cs.step_count = 4;
        model_hold(&m, "left", 0, NAN, NAN);
        model_hold(&m, "front", NAN, 0, NAN);
        model_hold(&m, "bottom", NAN, NAN, 0);
        model_load(&m, "right", FEMD_LOAD_TRACTION, 0.004, 0, 0); /* moves four nodes by 0.001 a step */
        if (run(&m, &h, &err) != FEMD_OK) fail_msg("%s", err.text);
        assert_int_equal(h.steps, 4);
        assert_int_equal(h.jumps, far);
        if (far) assert_non_null(strstr(h.jump, "between load factor 0.5 and load factor 0.75"));
        if (far) assert_non_null(strstr(h.jump, "it moved 3.2 times as far"));
        model_clear(&m);
    }
}

/* Where Newton may not go far enough to jump, increments are cut until the run gives up, and says what stands in its
 * way. */
static void a_run_that_ends_at_a_limit_point_names_it(void **state) {
    (void)state;
    model m;
    heard h;
    femd_error err = FEMD_ERROR_INIT;
    arch_init(&m, 20);
    m.cs.step_count = 20;
    m.cs.max_newton = 4;
    m.cs.max_cuts = 5;
    assert_int_equal(run(&m, &h, &err), FEMD_NOT_CONVERGED);
    assert_non_null(strstr(err.text, "a limit point or a bifurcation lies near load factor 0.3"));
    assert_true(m.p->time > 0.38 && m.p->time < 0.40);
    assert_int_equal(h.jumps, 0);
    arch_clear(&m);
}

int main(int argc, char **argv) {
    model_start(&argc, &argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_straight_column_above_its_critical_load_is_told),
        cmocka_unit_test(where_no_sign_is_seen_none_is_told),
        cmocka_unit_test(a_jump_over_a_limit_point_is_told),
        cmocka_unit_test(a_step_of_three_times_what_was_foretold_is_a_jump),
        cmocka_unit_test(a_run_that_ends_at_a_limit_point_names_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
