/* Newton's method: when it says that it is done, by the forces in balance, the load, or where the residual stalls. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "heard.h"
#include "near.h"

/* Without the predictor the first state has all of the load in one layer of cells, with forces a thousand times those
 * at the end. They are no measure of it. */
static void forces_met_on_the_way_are_no_reference(void **state) {
    (void)state;
    double reaction[2];
    for (int tight = 0; tight < 2; ++tight) {
        model m;
        heard h;
        model_init(&m, &femd_element_q1, 1);
        m.law.neo_hookean = 1;
        m.cs.mesh.cells[0] = 40;
        m.cs.mesh.size[1] = m.cs.mesh.size[2] = 0.1;
        m.cs.predictor = 0;
        m.cs.rtol = tight ? 1e-10 : 1e-4;
        model_hold(&m, "left", 0, 0, 0);
        model_hold(&m, "right", 0.2, 0, 0);
        run_ok(&m, &h);
        reaction[tight] = h.reaction[3];
        assert_true(h.last.reference < 3 * fabs(reaction[tight]));
        assert_true(h.last.residual[h.last.nresiduals - 1] <= m.cs.rtol * 3 * fabs(reaction[tight]));
        model_clear(&m);
    }
    assert_near(reaction[0], reaction[1], 2e-4 * fabs(reaction[1]));
}

/* A body on its way back to rest is measured by where it comes from. */
static void unloading_to_rest_converges(void **state) {
    (void)state;
    model m;
    heard h;
    double time[3] = {0, 0.5, 1}, factor[3] = {0, 1, 0};
    model_init(&m, &femd_element_q1, 3);
    m.cs.step_count = 2;
    m.cs.rtol = 1e-6;
    model_hold(&m, "left", 0, 0, 0);
    femd_case_boundary *b = model_hold(&m, "right", 0.2, 0.1, 0);
    b->ntable = 3;
    b->time = time;
    b->factor = factor;
    run_ok(&m, &h);
    assert_int_equal(h.steps, 2);
    assert_int_equal(h.cuts, 0);
    assert_int_equal(h.last.end, FEMD_NEWTON_TOLERANCE);
    assert_true(h.last.load > 0.01);
    assert_near(h.reaction[3], 0, 1e-6);
    model_clear(&m);
}

/* The stress jumps with the strain, as from a table with kinks: no iterate has less than the jump. */
static void a_residual_that_stalls_far_below_the_load_is_accepted_and_told(void **state) {
    (void)state;
    for (int strict = 0; strict < 2; ++strict) {
        model m;
        heard h;
        femd_error err = FEMD_ERROR_INIT;
        model_init(&m, &femd_element_q1, 2);
        m.law.ragged = 1e-6;
        m.cs.rtol = 1e-9;
        m.cs.loose = strict ? 0 : 1e-3;
        m.cs.max_cuts = 2;
        model_hold(&m, "left", 0, 0, 0);
        model_hold(&m, "right", 0.1, 0, 0);
        const femd_status rc = run(&m, &h, &err);
        if (strict) {
            assert_int_equal(rc, FEMD_NOT_CONVERGED);
            assert_non_null(strstr(err.text, "solver.rtol"));
            assert_non_null(strstr(err.text, "3 attempts"));
        } else {
            assert_int_equal(rc, FEMD_OK);
            assert_int_equal(h.last.end, FEMD_NEWTON_STALLED);
            assert_int_equal(h.cuts, 0);
            assert_int_equal(h.notes, 1);
            assert_non_null(strstr(h.note, "stalled"));
            assert_non_null(strstr(h.note, "solver.rtol"));
            const double last = h.last.residual[h.last.nresiduals - 1];
            assert_true(last > 1e-9 * h.last.reference && last <= 1e-4 * h.last.load);
        }
        model_clear(&m);
    }
}

/* And not at a worse iterate than need be, as the last of several is where they go up and down. */
static void what_stalls_is_accepted_near_its_best(void **state) {
    (void)state;
    int stalled = 0;
    for (int i = 0; i < 40; ++i) {
        model m;
        heard h;
        model_init(&m, &femd_element_q1, 1);
        m.law.ragged = 1e-6;
        m.cs.mesh.cells[0] = 2;
        m.cs.rtol = 1e-9;
        m.cs.loose = 1e-3;
        model_hold(&m, "left", 0, 0, 0);
        model_hold(&m, "right", 0.1 + 1e-3 * i, 0, 0);
        run_ok(&m, &h);
        double best = INFINITY;
        for (int it = 0; it < h.last.nresiduals; ++it) best = fmin(best, h.last.residual[it]);
        const double last = h.last.residual[h.last.nresiduals - 1];
        if (h.last.end == FEMD_NEWTON_STALLED && last > 2 * best) fail_msg("%g is accepted after %g", last, best);
        stalled += h.last.end == FEMD_NEWTON_STALLED;
        model_clear(&m);
    }
    assert_true(stalled > 20);
}

/* A twist moves the end of a bar by forces that have no resultant, and round-off is no load. */
static void what_has_no_resultant_ends_at_the_tolerance(void **state) {
    (void)state;
    for (int pressed = 0; pressed < 2; ++pressed) {
        model m;
        heard h;
        model_init(&m, &femd_element_q1, 3);
        m.cs.rtol = 1e-7;
        m.cs.mesh.size[0] = 2;
        model_hold(&m, "left", 0, 0, 0);
        femd_case_boundary *b = model_hold(&m, "right", pressed ? 0 : NAN, 0, 0);
        if (!pressed) model_expression(b, 1, "-0.2*t*(z - 0.5)");
        if (!pressed) model_expression(b, 2, "0.2*t*(y - 0.5)");
        m.cs.has_body_force = pressed;
        if (pressed) m.cs.body_function[0] = model_function("t*(x < 1 ? 0.5 : -0.5)");
        run_ok(&m, &h);
        const double last = h.last.residual[h.last.nresiduals - 1];
        assert_int_equal(h.last.end, FEMD_NEWTON_TOLERANCE);
        assert_true(last <= 1e-7 * h.last.reference);
        assert_true(h.last.load > 0.1 * h.last.reference && h.last.load <= 1.001 * h.last.reference);
        assert_true(h.last.nresiduals > 1 && h.last.residual[h.last.nresiduals - 2] > 1e-7 * h.last.reference);
        assert_int_equal(h.notes, 0);
        model_clear(&m);
    }
}

/* The couple of the clamp is 10^4 times the load: what is left of the load is measured by the load, also where nothing
 * that stalls is accepted, and where something is. */
static void a_wide_tolerance_leaves_no_load_out(void **state) {
    (void)state;
    for (int strict = 0; strict < 2; ++strict) {
        model m;
        heard h;
        model_bend(&m, &femd_element_p2, (const double[]){3000, 10, 1}, (const int[]){30, 1, 1}, 0, 0.5);
        m.cs.loose = strict ? 0 : 1e-3;
        m.cs.rtol = 1e-3;
        run_ok(&m, &h);
        assert_true(1e-3 * h.last.reference > h.last.load);
        const double last = h.last.residual[h.last.nresiduals - 1];
        assert_true(last <= fmax(1e-3 * h.last.load, 1.0));
        assert_near(h.reaction[2], -h.last.load, 2e-3 * h.last.load + 1);
        model_clear(&m);
    }
}

/* Nor is it accepted where it stalls: the jumps of the stress leave more than the load is. */
static void what_stalls_above_the_load_is_not_accepted(void **state) {
    (void)state;
    model m;
    heard h;
    femd_error err = FEMD_ERROR_INIT;
    model_bend(&m, &femd_element_p2, (const double[]){1000, 10, 1}, (const int[]){20, 1, 1}, 0, 0.1);
    m.law.ragged = 1e-10;
    m.cs.rtol = 1e-2; /* of the couple of the clamp: 15 times the load */
    m.cs.max_cuts = 0;
    assert_int_equal(run(&m, &h, &err), FEMD_NOT_CONVERGED);
    assert_non_null(strstr(err.text, "of the load"));
    model_clear(&m);
}

int main(int argc, char **argv) {
    model_start(&argc, &argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(forces_met_on_the_way_are_no_reference),
        cmocka_unit_test(unloading_to_rest_converges),
        cmocka_unit_test(a_residual_that_stalls_far_below_the_load_is_accepted_and_told),
        cmocka_unit_test(what_stalls_is_accepted_near_its_best),
        cmocka_unit_test(what_has_no_resultant_ends_at_the_tolerance),
        cmocka_unit_test(a_wide_tolerance_leaves_no_load_out),
        cmocka_unit_test(what_stalls_above_the_load_is_not_accepted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
