/* Conditions whose values follow expressions of place and time, and a temperature that ramps. */
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

static const char *const side[6] = {"left", "right", "front", "back", "bottom", "top"};

/* u = t G x by expressions on all sides: the strain of the affine map, at the end and half-way. */
static void displacements_by_expression_pass_the_patch_test(void **state) {
    (void)state;
    for (size_t e = 0; femd_element_at(e); ++e) {
        model m;
        model_init(&m, femd_element_at(e), 2);
        m.cs.mesh.distort = 0.2;
        m.cs.step_count = 2;
        for (int s = 0; s < 6; ++s) {
            femd_case_boundary *b = model_hold(&m, side[s], 0, 0, 0);
            model_expression(b, 0, "t*(0.05*x + 0.02*y - 0.01*z)");
            model_expression(b, 1, "t*(0.03*x - 0.04*y + 0.02*z)");
            model_expression(b, 2, "t*(0.01*y + 0.03*z)");
        }
        RUN_OK(&m);
        assert_int_equal(m.steps, 2);
        const double G[9] = {0.05, 0.02, -0.01, 0.03, -0.04, 0.02, 0.0, 0.01, 0.03};
        double F[9], E[6];
        femd_error err = FEMD_ERROR_INIT;
        for (int a = 0; a < 9; ++a) F[a] = G[a] + (a % 4 == 0);
        assert_int_equal(femd_strain_from_F(F, E, &err), FEMD_OK);
        for (PetscInt k = 0; k < m.p->pt->n; ++k)
            for (int c = 0; c < 6; ++c) assert_near(m.p->pt->E[6 * k + c], E[c], 1e-12);
        model_clear(&m);
    }
}

/* Loads of an expression: reactions are minus their integrals, at each time. */
static void loads_by_expression_have_their_integrals(void **state) {
    (void)state;
    for (size_t e = 0; femd_element_at(e); ++e) {
        model m;
        model_init(&m, femd_element_at(e), 3);
        m.cs.mesh.size[0] = 2;
        m.cs.mesh.distort = 0.2;
        model_hold(&m, "left", 0, 0, 0);
        femd_case_boundary *pull = model_load(&m, "right", FEMD_LOAD_TRACTION, 0, 0, 0.01);
        model_expression(pull, 0, "0.02*y*t^2"); /* area 1: 0.01 t^2; the third component is a number, ramped */
        femd_case_boundary *press = model_load(&m, "top", FEMD_LOAD_PRESSURE, 0, 0, 0);
        model_expression(press, 0, "0.01*x*t^2"); /* area 2: 0.02 t^2 along -z */
        m.cs.has_body_force = 1;
        m.cs.body_function[1] = model_function("0.003*x*t^3"); /* volume 2: 0.006 t^3 */
        m.cs.step_count = 2;
        m.cs.end_time = 0.5;
        RUN_OK(&m);
        assert_near(m.last.time, 0.5, 0);
        assert_near(m.reaction[0], -0.01 / 4, 1e-11);
        assert_near(m.reaction[1], -0.006 / 8, 1e-11);
        assert_near(m.reaction[2], -0.01 + 0.02 / 4, 1e-11);
        model_clear(&m);
    }
}

/* A table multiplies an expression; without one an expression stands for itself. */
static void a_table_multiplies_an_expression(void **state) {
    (void)state;
    double time[2] = {0, 1}, factor[2] = {3, 3};
    model m;
    model_init(&m, &femd_element_q1, 1);
    model_hold(&m, "left", 0, 0, 0);
    femd_case_boundary *pull = model_load(&m, "right", FEMD_LOAD_TRACTION, 0, 0, 0);
    model_expression(pull, 0, "0.001");
    pull->ntable = 2, pull->time = time, pull->factor = factor;
    RUN_OK(&m);
    assert_near(m.reaction[0], -0.003, 1e-14);
    model_clear(&m);
}

static void no_number_ends_the_run_with_words(void **state) {
    (void)state;
    model m;
    model_init(&m, &femd_element_p1, 1);
    m.cs.step_count = 2;
    model_hold(&m, "left", 0, 0, 0);
    model_expression(model_hold(&m, "right", 0, NAN, NAN), 0, "0.01/(1-t)");
    RUN_REFUSED(&m, "case.json: here: the expression \"0.01/(1-t)\" gives inf at (1, ");
    assert_int_equal(m.steps, 1);
    model_clear(&m);
}

/* What an expression is at time 0 does not matter: no step stands there. */
static void time_0_is_no_time_of_a_step(void **state) {
    (void)state;
    for (int predictor = 0; predictor < 2; ++predictor) {
        model m;
        model_init(&m, &femd_element_p1, 1);
        m.cs.step_count = 2;
        m.cs.predictor = predictor;
        model_hold(&m, "left", 0, 0, 0);
        model_expression(model_hold(&m, "right", 0, NAN, NAN), 0, "0.01*(2-1/t)");
        model_expression(model_load(&m, "top", FEMD_LOAD_TRACTION, 0, 0, 0), 2, "0.01/t");
        m.cs.has_body_force = 1;
        m.cs.body_function[1] = model_function("0.001*ln(t)");
        RUN_OK(&m);
        assert_int_equal(m.steps, 2);
        assert_near(m.reaction[5] + m.reaction[2], -0.01, 1e-12);
        model_clear(&m);
    }
}

static void expressions_that_contradict_each_other_are_refused(void **state) {
    (void)state;
    model m;
    model_init(&m, &femd_element_q1, 1);
    model_hold(&m, "left", 0, 0, 0);
    model_expression(model_hold(&m, "bottom", NAN, NAN, 0), 0, "0.1*x*t"); /* 0 where it meets left */
    model_expression(model_hold(&m, "top", NAN, NAN, 0), 0, "0.1*(x+t*(1-t))");
    RUN_REFUSED(&m, "boundary[0] (\"left\") and boundary[2] (\"top\") prescribe different displacements along x");
    model_clear(&m);
}

/* A free body grows by alpha T without stress, at the times of the table. */
static void a_free_body_follows_a_ramping_temperature(void **state) {
    (void)state;
    double time[3] = {0, 0.25, 1}, kelvin[3] = {0, 100, 50};
    for (size_t e = 0; femd_element_at(e); ++e) {
        model m;
        model_init(&m, femd_element_at(e), 2);
        m.law.alpha = 1e-4;
        m.cs.temperature_table = (femd_case_table){3, time, kelvin};
        model_hold(&m, "left", 0, NAN, NAN);
        model_hold(&m, "front", NAN, 0, NAN);
        model_hold(&m, "bottom", NAN, NAN, 0);
        RUN_OK(&m);
        assert_int_equal(m.steps, 2); /* at 0.25 and 1 */
        assert_int_equal(m.last.cuts, 0);
        assert_true(m.last.newton <= 3);
        for (PetscInt k = 0; k < m.p->pt->n; ++k)
            for (int c = 0; c < 6; ++c) {
                assert_near(m.p->pt->E[6 * k + c], c < 3 ? 0.005 : 0, 1e-9);
                assert_near(m.p->pt->S[6 * k + c], 0, 1e-8);
            }
        model_clear(&m);
    }
}

/* A ramp of 3 steps in a body that a wall holds: sweeps of all points, with answers that tell dS/dT or do not. */
static int ramp(const femd_element *element, uint32_t told, double alpha, double S[6]) {
    model m;
    double time[3] = {0, 0.5, 1}, kelvin[3] = {100, 150, 110};
    model_init(&m, element, 2);
    m.law.alpha = alpha;
    m.law.wants |= told;
    m.law.inputs = FEMD_INPUT_TEMPERATURE;
    m.cs.rtol = alpha < 1e-6 ? 1e-5 : 1e-9;
    m.cs.step_count = 3;
    m.cs.temperature_table = (femd_case_table){3, time, kelvin};
    model_hold(&m, "left", 0, NAN, NAN);
    model_hold(&m, "right", 0, NAN, NAN);
    model_hold(&m, "front", NAN, 0, NAN);
    model_hold(&m, "bottom", NAN, NAN, 0);
    RUN_OK(&m);
    assert_int_equal(m.last.cuts, 0);
    assert_int_equal(m.last.end, FEMD_NEWTON_TOLERANCE);
    memcpy(S, m.p->pt->S, 6 * sizeof *S);
    const int asked = (int)(m.law.points / (uint64_t)m.p->pt->n);
    model_clear(&m);
    return asked;
}

/* The stress of a held bar is -E alpha T, as exactly as the transverse strain is small. */
static void thermal_stresses_start_a_step_where_it_ends(void **state) {
    (void)state;
    const double young = 8.0 / 3;
    for (size_t e = 0; femd_element_at(e); ++e) {
        double told[6], untold[6];
        const int with = ramp(femd_element_at(e), FEMD_WANT_THERMAL_STRESS, 1e-8, told),
                  without = ramp(femd_element_at(e), 0, 1e-8, untold);
        print_message("%s: %d sweeps in 4 steps, %d without dS/dT\n", femd_element_at(e)->name, with, without);
        assert_true(with == 4 && without == 7);
        for (int c = 0; c < 6; ++c) {
            assert_near(told[c], c == 0 ? -young * 1.1e-6 : 0, 1e-11);
            assert_near(told[c], untold[c], 1e-11);
        }
        assert_true(ramp(femd_element_at(e), FEMD_WANT_THERMAL_STRESS, 1e-4, told) <
                    ramp(femd_element_at(e), 0, 1e-4, untold));
        for (int c = 0; c < 6; ++c) assert_near(told[c], untold[c], 1e-9);
    }
}

/* Its forces are those of the moment before it has grown, in each step its own: neither round-off nor the forces of a
 * step that heated it far more are what it is measured by. */
static void a_growing_body_is_measured_by_the_forces_of_its_step(void **state) {
    (void)state;
    double time[3] = {0, 0.5, 1}, kelvin[3] = {0, 1000, 1000.5};
    model m;
    model_init(&m, &femd_element_q1, 2);
    m.law.alpha = 1e-4;
    m.cs.rtol = 1e-3;
    m.cs.temperature_table = (femd_case_table){3, time, kelvin};
    model_hold(&m, "left", 0, NAN, NAN);
    model_hold(&m, "front", NAN, 0, NAN);
    model_hold(&m, "bottom", NAN, NAN, 0);
    RUN_OK(&m);
    assert_int_equal(m.steps, 2);
    assert_int_equal(m.last.end, FEMD_NEWTON_TOLERANCE);
    const double *residual = m.last.residual;
    const int last = m.last.nresiduals - 1;
    assert_true(last > 0 && residual[last] <= 1e-3 * m.last.reference);
    assert_true(m.last.reference >= residual[0] && m.last.reference < 3 * residual[0]);
    for (PetscInt k = 0; k < m.p->pt->n; ++k) assert_near(m.p->pt->E[6 * k], 0.10005, 1e-6);
    model_clear(&m);
}

/* A held body is pressed: S = -(3 lambda + 2 mu) alpha T, at the temperature of each point. */
static void a_held_body_is_pressed_by_its_temperature(void **state) {
    (void)state;
    model m;
    model_init(&m, &femd_element_p2, 2);
    m.law.alpha = 1e-4;
    m.cs.temperature_function = model_function("300*t*(1+x)");
    for (int s = 0; s < 6; ++s) model_hold(&m, side[s], 0, 0, 0);
    m.cs.step_count = 3;
    RUN_OK(&m);
    double mean = 0;
    for (PetscInt k = 0; k < m.p->pt->n; ++k) {
        assert_near(m.p->pt->temperature[k], 300 * (1 + m.p->pt->x[3 * k]), 1e-10);
        mean += m.p->pt->weight[k] * m.p->pt->S[6 * k];
    }
    assert_near(mean, -(3 * 2 + 2) * 1e-4 * 450, 5e-3 * 0.36); /* gradients of the field make small strains */
    model_clear(&m);
}

static void a_temperature_below_zero_is_refused(void **state) {
    (void)state;
    model m;
    model_init(&m, &femd_element_q1, 1);
    m.cs.temperature_function = model_function("100*(0.5-t)");
    for (int s = 0; s < 6; ++s) model_hold(&m, side[s], 0, 0, 0);
    RUN_REFUSED(&m, "temperature: -50 K at (");
    model_clear(&m);
}

/* ---- energy ---- */

static void stretch(model *m, double entropy, uint32_t wants, double ramp) {
    model_init(m, &femd_element_q1, 2);
    m->law.entropy = entropy;
    m->law.inputs = entropy != 0 ? FEMD_INPUT_TEMPERATURE : 0;
    m->law.wants = FEMD_WANT_STRESS | FEMD_WANT_TANGENT | wants;
    m->cs.temperature = 300;
    if (ramp != 0) m->cs.temperature_function = model_function("300+50*t");
    m->cs.step_count = 3;
    model_hold(m, "left", 0, 0, 0);
    model_hold(m, "right", 0.1, 0.05, NAN);
    RUN_OK(m);
}

/* The energy is that of the strain, whatever a material counts from: no entropy, no internal energy in it. Of one that
 * answers neither it is the work of the stresses. */
static void the_energy_is_helmholtz_from_the_virgin_state(void **state) {
    (void)state;
    model m;
    stretch(&m, 0, FEMD_WANT_ENERGY, 0);
    const double want = m.last.energy;
    const uint64_t evaluations = m.last.evaluations;
    assert_true(want > 1e-3);
    model_clear(&m);
    stretch(&m, 1e4, FEMD_WANT_ENERGY | FEMD_WANT_HELMHOLTZ, 0);
    assert_near(m.last.energy, want, 1e-9); /* of 3e6 */
    assert_int_equal(m.last.evaluations, evaluations);
    model_clear(&m);
    stretch(&m, 1e4, FEMD_WANT_ENERGY, 0);
    assert_near(m.last.energy, want, 1e-12); /* its stresses are linear in the strain */
    model_clear(&m);
    stretch(&m, 1e4, FEMD_WANT_ENERGY | FEMD_WANT_HELMHOLTZ, 50);
    assert_near(m.last.energy, want - 1e4 * 50, 1e-6);
    model_clear(&m);
    stretch(&m, 1e4, FEMD_WANT_ENERGY, 50);
    assert_true(isnan(m.last.energy));
    model_clear(&m);
}

int main(int argc, char **argv) {
    model_start(&argc, &argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(displacements_by_expression_pass_the_patch_test),
        cmocka_unit_test(loads_by_expression_have_their_integrals),
        cmocka_unit_test(a_table_multiplies_an_expression),
        cmocka_unit_test(no_number_ends_the_run_with_words),
        cmocka_unit_test(time_0_is_no_time_of_a_step),
        cmocka_unit_test(expressions_that_contradict_each_other_are_refused),
        cmocka_unit_test(a_free_body_follows_a_ramping_temperature),
        cmocka_unit_test(thermal_stresses_start_a_step_where_it_ends),
        cmocka_unit_test(a_growing_body_is_measured_by_the_forces_of_its_step),
        cmocka_unit_test(a_held_body_is_pressed_by_its_temperature),
        cmocka_unit_test(a_temperature_below_zero_is_refused),
        cmocka_unit_test(the_energy_is_helmholtz_from_the_virgin_state),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
