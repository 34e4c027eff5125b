/* Heat in points under a pressure that the case prescribes and that may follow the time: what they store and what its
 * change heats, against the entropy of the law; how they conduct, and in how many iterations that is found. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "model.h"
#include "near.h"

#define OK(expr)                                                                                                       \
    do {                                                                                                               \
        femd_error err_ = FEMD_ERROR_INIT;                                                                             \
        femd_error *err = &err_;                                                                                       \
        if ((expr) != FEMD_OK) fail_msg("%s", err_.text);                                                              \
    } while (0)

static const double even[6] = {2, 2, 2, 0, 0, 0}, alpha = 1e-4, capacity = 1e-3, rest = 300;

static double of_heat(const model *m, int number) {
    return m->heat[m->cs.nboundary + 1 + (size_t)number];
}

/* A cube of one material that nothing flows into but a source, begun at 300 K. delta is 0.07. */
static void cube(model *m, int steps) {
    model_init(m, &femd_element_q1, 1);
    m->comm = PETSC_COMM_SELF;
    m->cs.step_count = steps;
    m->cs.rtol = 1e-11;
    model_heat(m, even, capacity, rest, 1);
    m->law.wants |= FEMD_WANT_THERMAL_STRESS;
    m->law.alpha = alpha;
    m->law.rest = rest;
    m->cs.has_pressure = 1;
}

/* Entropy of the law at a temperature and pressure, J/(m^3 K): c ln T + b : E, b = -dS/dT. */
static double entropy(double T, double p) {
    static const double none[6] = {0};
    test_law law;
    femd_response r = {0};
    test_law_init(&law);
    law.grown = alpha * (T - rest);
    assert_true(test_law_pressure(&law, 0, none, p, &r));
    return capacity * log(T) + (3 * law.lambda + 2 * law.mu) * alpha * (r.E[0] + r.E[1] + r.E[2]);
}

/* ---- what is stored ---- */

static double made_by_pressing(int steps, const char *how) {
    model m;
    double time[2] = {0, 1}, pascal[2] = {0, 0.5};
    cube(&m, steps);
    if (how)
        m.cs.pressure_function = model_function(how);
    else
        m.cs.pressure_table = (femd_case_table){2, time, pascal};
    OK(model_run(&m, err));
    const double T = of_heat(&m, FEMD_HEAT_MEAN), made = (entropy(T, 0.5) - entropy(rest, 0)) / capacity;
    assert_true(T > rest + 30);
    assert_near(of_heat(&m, FEMD_HEAT_STORED), 0, 1e-9);
    assert_near(of_heat(&m, FEMD_HEAT_BALANCE), 0, 1e-9);
    model_clear(&m);
    return made;
}

static void a_body_that_is_pressed_together_warms_and_keeps_its_entropy(void **state) {
    (void)state;
    const double coarse = made_by_pressing(20, "0.5*t"), fine = made_by_pressing(40, "0.5*t");
    print_message("entropy over c: %.3g and %.3g, 20 and 40 steps\n", coarse, fine);
    assert_true(fabs(coarse) < 2e-3);
    assert_near(log2(coarse / fine), 1, 0.1);
    assert_near(made_by_pressing(20, NULL), coarse, 1e-9); /* by a table */
}

static double heat_missed(int steps, double p) {
    const double heat = 0.03;
    model m;
    cube(&m, steps);
    m.cs.pressure = p;
    m.cs.heat.has_source = 1;
    m.cs.heat.source = heat;
    OK(model_run(&m, err));
    const double T = of_heat(&m, FEMD_HEAT_MEAN);
    double sum = 0;
    for (int i = 0; i < 400; ++i) { /* T ds */
        const double from = rest + (T - rest) * i / 400, to = rest + (T - rest) * (i + 1) / 400;
        sum += 0.5 * (from + to) * (entropy(to, p) - entropy(from, p));
    }
    assert_near(of_heat(&m, FEMD_HEAT_STORED), heat, 1e-9 * heat);
    model_clear(&m);
    return sum / heat - 1;
}

static void a_body_under_pressure_stores_heat_by_its_expansion_too(void **state) {
    (void)state;
    for (int pressed = 0; pressed < 2; ++pressed) {
        const double coarse = heat_missed(5, 0.4 * pressed), fine = heat_missed(10, 0.4 * pressed);
        print_message("of the heat: %.3g and %.3g, 5 and 10 steps\n", coarse, fine);
        assert_true(fabs(coarse) < 2e-3); /* 0.07 at constant strain */
        assert_near(log2(coarse / fine), 1, 0.1);
    }
}

static void what_stores_by_its_expansion_must_tell_it(void **state) {
    (void)state;
    femd_error words = FEMD_ERROR_INIT;
    model m;
    cube(&m, 1);
    m.law.wants &= ~(uint32_t)FEMD_WANT_THERMAL_STRESS;
    assert_int_equal(model_create(&m, &words), FEMD_BAD_INPUT);
    assert_non_null(
        strstr(words.text, "for which it does not answer dS/dT; give heat_capacity (at constant pressure)"));
    model_clear(&m);
    cube(&m, 1);
    m.law.inputs |= FEMD_INPUT_SEED; /* a sample of it is no derivative of what is fitted */
    assert_int_equal(model_create(&m, &words), FEMD_BAD_INPUT);
    assert_non_null(strstr(words.text, "for which it would sample dS/dT; give heat_capacity"));
    model_clear(&m);
    cube(&m, 1);
    m.law.wants &= ~(uint32_t)FEMD_WANT_THERMAL_STRESS;
    m.law.inputs = 0; /* what depends on no temperature does not expand */
    m.law.alpha = 0;
    OK(model_run(&m, err));
    model_clear(&m);
}

/* ---- what flows ---- */

/* k (1 + T/100) between 100 and 200 K at a pressure that rises in time: cbrt(J) of the integral flows. Secants of the
 * answers at two pressures would take what the pressure does for what the temperature does. */
static void a_bar_conducts_under_the_pressure_of_its_time(void **state) {
    (void)state;
    static const double none[6] = {0};
    model m;
    femd_response r = {0};
    double time[3] = {0.2, 0.45, 2}, pascal[3] = {0, 0.5, -0.3};
    model_init(&m, &femd_element_q1, 1);
    m.cs.mesh.cells[0] = 16;
    m.cs.step_count = 4;
    m.cs.rtol = 1e-11;
    model_heat(&m, even, 1, 150, 0);
    m.law.k_slope = 0.01;
    m.cs.has_pressure = 1;
    m.cs.pressure_table = (femd_case_table){3, time, pascal};
    model_load(&m, "left", FEMD_LOAD_TEMPERATURE, 200, 0, 0)->has[0] = 1;
    model_expression(model_load(&m, "right", FEMD_LOAD_TEMPERATURE, 0, 0, 0), 0, "100+t*1e-3");
    OK(model_run(&m, err));
    assert_int_equal(m.steps, 6); /* two times of the table are within the run */
    const double p = 0.5 - 0.8 * (1 - 0.45) / (2 - 0.45), cool = 100.001;
    assert_true(test_law_pressure(&m.law, 0, none, p, &r));
    const double flow = 2 * cbrt(r.J) * (200 - cool) * (1 + 0.005 * (200 + cool));
    assert_near(m.heat[0], flow, 1e-3 * flow);
    assert_near(m.heat[0] + m.heat[1], 0, 1e-9 * flow);
    print_message("%d iterations in the last step\n", m.last.newton);
    assert_true(m.last.newton <= 5);
    model_clear(&m);
}

int main(int argc, char **argv) {
    model_start(&argc, &argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_body_that_is_pressed_together_warms_and_keeps_its_entropy),
        cmocka_unit_test(a_body_under_pressure_stores_heat_by_its_expansion_too),
        cmocka_unit_test(what_stores_by_its_expansion_must_tell_it),
        cmocka_unit_test(a_bar_conducts_under_the_pressure_of_its_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
