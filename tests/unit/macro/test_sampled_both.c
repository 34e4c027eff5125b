/* Conductivities that are sampled beside what else a run may hold: two materials, and passes over heat and mechanics
 * that are repeated. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fields/heat_sampled.h"
#include "model.h"
#include "near.h"

#define OK(expr)                                                                                                       \
    do {                                                                                                               \
        femd_error err_ = FEMD_ERROR_INIT;                                                                             \
        femd_error *err = &err_;                                                                                       \
        if ((expr) != FEMD_OK) fail_msg("%s", err_.text);                                                              \
    } while (0)

static const double argon[6] = {25, 25, 25, 0, 0, 0}, cold = 20, hot = 60;
static cJSON *cubic;

static double told(const model *m, int number) {
    return m->heat[m->cs.nboundary + 1 + (size_t)number];
}

static double of_pass(const model *m, int number) {
    return told(m, FEMD_HEAT_NUMBERS + number);
}

/* ---- two materials ---- */

enum { CELLS = 16 };

/* A bar whose cold half conducts four times as well, 100 / T; each cell is a grain of one of two materials. */
static void two_halves(model *m, femd_case_material grain[CELLS], double accuracy, double odd) {
    model_init(m, &femd_element_q1, 1);
    m->cs.mesh.cells[0] = CELLS;
    m->cs.rtol = 1e-10;
    model_heat(m, argon, 1, 40, 0);
    m->law.k_power = -1;
    m->law.k_noise = 0.1;
    m->law.k_odd = odd;
    m->cs.heat.accuracy = accuracy;
    for (int i = 0; i < CELLS; ++i) {
        grain[i] = m->material[0];
        grain[i].node = cubic;
        grain[i].like = (size_t)(i % 2);
        grain[i].by_cell = 1;
        grain[i].cell = i / 2 + (i % 2 ? CELLS / 2 : 0);
    }
    m->cs.material = grain;
    m->cs.nmaterials = CELLS;
    model_load(m, "left", FEMD_LOAD_TEMPERATURE, hot, 0, 0)->has[0] = 1;
    model_load(m, "right", FEMD_LOAD_TEMPERATURE, cold, 0, 0)->has[0] = 1;
}

/* Each is fitted to its own samples, which are taken in its own points. */
static void two_materials_are_sampled_apart(void **state) {
    (void)state;
    const double odd = 4, none[6] = {0};
    femd_case_material grain[CELLS];
    model m;
    size_t of[2] = {0, 0};
    two_halves(&m, grain, 0.03, odd);
    OK(model_run(&m, err));
    const femd_heat_sampled *s = m.p->heat->sampled;
    for (size_t i = 0; i < s->n; ++i) {
        const int which = (int)s->sample[i].material;
        assert_true(which == 0 || which == 1);
        assert_true((s->sample[i].point < 8 * CELLS / 2) == (which == 0)); /* points by cell, cells along the bar */
        of[which]++;
    }
    assert_true(of[0] >= 2 && of[1] >= 2);
    assert_null(s->fit[2]);
    for (int which = 0; which < 2; ++which) {
        const femd_k_fit *fit = s->fit[which];
        double k[6];
        assert_non_null(fit);
        const double T = sqrt(fit->coldest * fit->hottest), error = sqrt(femd_k_fit_variance(fit, none, T));
        femd_k_fit_at(fit, none, T, k, NULL);
        assert_near(k[0], (which ? odd : 1) * 25 / T, 3 * error * k[0]);
        assert_true(error > 0.01 && error < 0.1);
    }
    const double middle = exp((log(hot) + odd * log(cold)) / (1 + odd)), flow = 2 * 25 * log(hot / middle);
    assert_near(m.heat[0], flow, 3 * told(&m, FEMD_HEAT_FLOW_ERROR) * flow);
    assert_near(m.heat[0] + m.heat[1], 0, 1e-9 * flow);
    assert_true(told(&m, FEMD_HEAT_FLOW_ERROR) <= 0.03 && told(&m, FEMD_HEAT_K_ERROR) <= 0.09);
    print_message("%zu and %zu samples, flow %.4f (%.4f), told %.2f %%\n", of[0], of[1], m.heat[0], flow,
                  100 * told(&m, FEMD_HEAT_FLOW_ERROR));
    model_clear(&m);
}

/* Of one of them no sample has an answer at first: the step is cut and asks anew, whatever the other answers. */
static void one_material_without_samples_cuts_the_step(void **state) {
    (void)state;
    femd_case_material grain[CELLS];
    model m;
    two_halves(&m, grain, 0.1, 4);
    m.comm = PETSC_COMM_SELF;
    m.law.k_refused = 2;
    OK(model_run(&m, err));
    assert_int_equal(m.p->cuts, 1);
    assert_true(m.p->heat->sampled->asked == m.p->heat->sampled->n + 2);
    model_clear(&m);
}

static void the_error_of_a_flow_through_two_materials_covers(void **state) {
    enum { RUNS = 40 };
    double z2 = 0;
    int within = 0;
    (void)state;
    for (int run = 0; run < RUNS; ++run) {
        femd_case_material grain[CELLS];
        model m;
        two_halves(&m, grain, 0.05, 4);
        m.comm = PETSC_COMM_SELF;
        m.cs.seed = 100 + (uint64_t)run;
        OK(model_run(&m, err));
        const double middle = exp((log(hot) + 4 * log(cold)) / 5), flow = 2 * 25 * log(hot / middle),
                     z = (m.heat[0] / flow - 1) / told(&m, FEMD_HEAT_FLOW_ERROR);
        z2 += z * z / RUNS;
        within += fabs(z) < 1.96;
        model_clear(&m);
    }
    print_message("%d of %d within 1.96 sigma, %.2f sigma in the mean\n", within, RUNS, sqrt(z2));
    assert_true(within >= RUNS - 6);
    assert_true(sqrt(z2) > 0.7 && sqrt(z2) < 1.35);
}

/* ---- passes ---- */

/* A bar that is pulled, heated and strained by that; what conducts is sampled, and depends on temperature and strain.
 */
static void pulled(model *m, double iterate, int steps) {
    static const double even[6] = {2, 2, 2, 0, 0, 0};
    model_init(m, &femd_element_q1, 1);
    m->cs.mesh.cells[0] = 4;
    m->cs.step_count = steps;
    m->law.alpha = 0.02;
    m->law.neo_hookean = 1;
    model_both(m, even, 1, 1, 0.5);
    m->law.rest = 1;
    m->law.k_slope = 0.3;
    m->law.k_strain = 0.5;
    m->law.k_noise = 0.1;
    m->cs.heat.accuracy = 0.04;
    m->cs.heat.coupling = FEMD_COUPLING_TWO_WAY;
    m->cs.heat.iterate = iterate;
    m->material[0].node = cubic;
    model_hold(m, "left", 0, NAN, NAN);
    model_hold(m, "front", NAN, 0, NAN);
    model_hold(m, "bottom", NAN, NAN, 0);
    model_expression(model_load(m, "right", FEMD_LOAD_TRACTION, 0, 0, 0), 0, "0.4*sin(3*t)^2");
    model_expression(model_load(m, "left", FEMD_LOAD_TEMPERATURE, 0, 0, 0), 0, "1+0.5*t*t");
    m->cs.heat.has_source = 1;
    m->cs.heat.source_function = model_function("3*x*t");
}

/* They end where passes to a finer tolerance end, on the same samples; in whatever order answers come. */
static void passes_settle_beside_samples(void **state) {
    (void)state;
    model m[3];
    for (int i = 0; i < 3; ++i) {
        pulled(&m[i], i == 0 ? 1e-5 : 1e-9, 3);
        m[i].comm = PETSC_COMM_SELF;
        m[i].law.backwards = i == 2;
        OK(model_run(&m[i], err));
        assert_int_equal(m[i].last.cuts, 0);
        const int passes = femd_heat_passes(m[i].p->heat);
        assert_true(passes > 2 && passes < 15);
        assert_true(told(&m[i], FEMD_HEAT_FLOW_ERROR) <= 0.04 && told(&m[i], FEMD_HEAT_SAMPLES) >= 3);
        assert_near(told(&m[i], FEMD_HEAT_BALANCE), 0, 1e-9 * fabs(told(&m[i], FEMD_HEAT_STORED)));
        assert_near(of_pass(&m[i], FEMD_PASS_LAG), 0, 1e-4 * fabs(of_pass(&m[i], FEMD_PASS_STRESS)));
    }
    print_message("%.0f samples; %d and %d passes to 1e-5, 1e-9\n", told(&m[0], FEMD_HEAT_SAMPLES),
                  femd_heat_passes(m[0].p->heat), femd_heat_passes(m[1].p->heat));
    assert_true(told(&m[0], FEMD_HEAT_SAMPLES) == told(&m[1], FEMD_HEAT_SAMPLES));
    assert_near(told(&m[0], FEMD_HEAT_MEAN), told(&m[1], FEMD_HEAT_MEAN), 1e-4);
    assert_memory_equal(m[1].heat, m[2].heat, femd_heat_numbers(&m[1].cs) * sizeof *m[1].heat);
    assert_memory_equal(m[1].p->pt->S, m[2].p->pt->S, 6 * (size_t)m[1].p->pt->n * sizeof(double));
    for (int i = 0; i < 3; ++i) model_clear(&m[i]);
}

/* Where no more may be sampled the passes still end, and it is told; where passes do not settle the step is cut. */
static void passes_end_beside_samples_or_are_told_not_to(void **state) {
    (void)state;
    femd_error words = FEMD_ERROR_INIT;
    model m;
    pulled(&m, 1e-6, 2);
    m.comm = PETSC_COMM_SELF;
    m.cs.heat.accuracy = 1e-3;
    m.cs.heat.max_samples = 5;
    OK(model_run(&m, err));
    assert_true(told(&m, FEMD_HEAT_SAMPLES) <= 5 && told(&m, FEMD_HEAT_FLOW_ERROR) > 1e-3);
    assert_true(m.last.notes & FEMD_NOTE_ACCURACY_NOT_REACHED);
    model_clear(&m);
    pulled(&m, 1e-8, 1);
    m.comm = PETSC_COMM_SELF;
    m.cs.max_cuts = 0;
    m.law.alpha = 0.01;
    m.law.capacity = 1e-4; /* held on all sides, insulated: at a coupling of 24 */
    for (int b = 3; b < 5; ++b) femd_function_destroy(&m.boundary[b].function[0]);
    m.cs.nboundary = 3;
    model_hold(&m, "right", 0, NAN, NAN);
    model_hold(&m, "back", NAN, 0, NAN);
    model_hold(&m, "top", NAN, NAN, 0);
    femd_function_destroy(&m.cs.heat.source_function);
    m.cs.heat.source_function = model_function("1e-3");
    assert_int_equal(model_run(&m, &words), FEMD_NOT_CONVERGED);
    if (!strstr(words.text, "passes over heat and mechanics did not settle")) fail_msg("%s", words.text);
    assert_int_equal(m.p->step, 0);
    model_clear(&m);
}

int main(int argc, char **argv) {
    model_start(&argc, &argv);
    cubic = cJSON_Parse("{\"symmetry\": \"cubic\"}");
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_materials_are_sampled_apart),
        cmocka_unit_test(one_material_without_samples_cuts_the_step),
        cmocka_unit_test(the_error_of_a_flow_through_two_materials_covers),
        cmocka_unit_test(passes_settle_beside_samples),
        cmocka_unit_test(passes_end_beside_samples_or_are_told_not_to),
    };
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    cJSON_Delete(cubic);
    return failed;
}
