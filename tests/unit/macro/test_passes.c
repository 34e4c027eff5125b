/* The pass over heat and mechanics repeated within a step: second order in time, the capacity at constant strain where
 * the body is held, an end that is told where the passes do not settle. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fields/heat.h"
#include "model.h"
#include "near.h"

#define OK(expr)                                                                                                       \
    do {                                                                                                               \
        femd_error err_ = FEMD_ERROR_INIT;                                                                             \
        femd_error *err = &err_;                                                                                       \
        if ((expr) != FEMD_OK) fail_msg("%s", err_.text);                                                              \
    } while (0)

static const double even[6] = {2, 2, 2, 0, 0, 0}, bulk = 2 + 2.0 / 3; /* Pa, of the law */
static const char *const side[6] = {"left", "right", "front", "back", "bottom", "top"};

static double of_heat(const model *m, int number) {
    return m->heat[m->cs.nboundary + 1 + (size_t)number];
}

static void prepare(model *m, const femd_element *element, double alpha, double c, double theta, double iterate,
                    int n) {
    model_init(m, element, 1);
    m->comm = PETSC_COMM_SELF;
    m->cs.step_count = n;
    m->law.alpha = alpha;
    model_both(m, even, c, 1, theta);
    m->law.rest = 1;
    m->cs.heat.coupling = FEMD_COUPLING_TWO_WAY;
    m->cs.heat.iterate = iterate;
}

static void hold_free(model *m) {
    model_hold(m, "left", 0, NAN, NAN);
    model_hold(m, "front", NAN, 0, NAN);
    model_hold(m, "bottom", NAN, NAN, 0);
}

/* An insulated bar that is pulled keeps its entropy c ln T + b : E, to second order. */
static double entropy_made(double theta, double iterate, int n) {
    const double alpha = 1e-3, c = 2e-4;
    model m;
    prepare(&m, &femd_element_q1, alpha, c, theta, iterate, n);
    hold_free(&m);
    model_load(&m, "right", FEMD_LOAD_TRACTION, 1e-2, 0, 0);
    OK(model_run(&m, err));
    const double T = of_heat(&m, FEMD_HEAT_MEAN), *E = m.p->pt->E,
                 made = log(T) + 3 * bulk * alpha * (E[0] + E[1] + E[2]) / c;
    assert_near(of_heat(&m, FEMD_HEAT_STORED), 0, 1e-9 * c);
    model_clear(&m);
    return made;
}

static void passes_make_the_scheme_one_of_second_order(void **state) {
    (void)state;
    const double one = entropy_made(0.5, 0, 10), coarse = entropy_made(0.5, 1e-9, 10),
                 fine = entropy_made(0.5, 1e-9, 20), euler[2] = {entropy_made(1, 1e-9, 10), entropy_made(1, 1e-9, 20)};
    print_message("entropy over c: %.3g in one pass; %.3g and %.3g iterated, 10 and 20 steps; theta 1: %.3g, %.3g\n",
                  one, coarse, fine, euler[0], euler[1]);
    assert_true(fabs(one) > 100 * fabs(coarse));
    assert_near(log2(coarse / fine), 2, 0.1);
    assert_near(log2(euler[0] / euler[1]), 1, 0.1);
}

/* A bar that conducts, expands and is pushed, between two cold ends: everything that a pass may leave behind, with
 * answers that depend on temperature and strain. */
static void conduct(double theta, double iterate, int n, double *T, double *u) {
    model m;
    prepare(&m, &femd_element_q1, 0.02, 1, theta, iterate, n);
    m.cs.mesh.cells[0] = 4;
    m.law.k_slope = 0.3;
    m.law.k_strain = 0.5;
    m.law.capacity_slope = 0.2;
    m.law.neo_hookean = 1;
    hold_free(&m);
    model_expression(model_load(&m, "right", FEMD_LOAD_TRACTION, 0, 0, 0), 0, "0.4*sin(3*t)^2");
    model_expression(model_load(&m, "left", FEMD_LOAD_TEMPERATURE, 0, 0, 0), 0, "1+0.5*t*t");
    m.cs.heat.has_source = 1;
    m.cs.heat.source_function = model_function("3*x*t");
    OK(model_run(&m, err));
    double *all = malloc(m.p->displacement->n * sizeof *all), far = 0;
    OK(femd_field_get(m.p->temperature, all, err));
    for (PetscInt i = 0; i < m.p->grid->nnodes; ++i)
        if (m.p->grid->node_x[3 * i] >= far) far = m.p->grid->node_x[3 * i], *T = all[i];
    free(all);
    double tip[3];
    model_tip(&m, tip);
    *u = tip[0];
    model_clear(&m);
}

static void temperature_and_displacement_are_of_second_order(void **state) {
    (void)state;
    double T[4], u[4];
    for (int i = 0; i < 4; ++i) conduct(0.5, 1e-9, i < 3 ? 6 << i : 96, &T[i], &u[i]);
    for (int i = 0; i < 3; ++i) T[i] -= T[3], u[i] -= u[3];
    print_message("T: %.3g %.3g %.3g, u: %.3g %.3g %.3g off with 6, 12, 24 steps\n", T[0], T[1], T[2], u[0], u[1],
                  u[2]);
    assert_near(log2(T[1] / T[2]), 2, 0.25);
    assert_near(log2(u[1] / u[2]), 2, 0.25);
    double once[2], ignored;
    conduct(0.5, 0, 12, &once[0], &ignored);
    conduct(0.5, 0, 24, &once[1], &ignored);
    assert_true(fabs(once[1] - T[3]) > 10 * fabs(T[2]));
    assert_near(log2((once[0] - T[3]) / (once[1] - T[3])), 1, 0.3);
}

/* ---- the first law ---- */

/* A bar that is pulled and heated: what the energies of its points have grown by, less work and heat, all steps. */
static double first_law_off(int coupling, double iterate, int n, double *of) {
    model m;
    double sum = 0;
    prepare(&m, &femd_element_p2, 0.02, 1, iterate > 0 ? 0.5 : 1, iterate, 1);
    m.law.internal = 1;
    m.cs.heat.coupling = coupling;
    m.cs.step_count = n;
    m.cs.max_steps = n;
    hold_free(&m);
    model_expression(model_load(&m, "right", FEMD_LOAD_TRACTION, 0, 0, 0), 0, "0.4*sin(3*t)^2");
    model_expression(model_load(&m, "left", FEMD_LOAD_TEMPERATURE, 0, 0, 0), 0, "1+0.5*t*t");
    OK(model_create(&m, err));
    const double dt = 1.0 / n;
    for (int i = 1; i <= n; ++i) { /* stopped after each */
        m.cs.end_time = i * dt;
        m.cs.step_count = i;
        OK(model_run(&m, err));
        const double *pass = m.heat + m.cs.nboundary + 1 + FEMD_HEAT_NUMBERS;
        double work = 0;
        for (int w = 0; w < FEMD_WORKS; ++w) work += m.last.work[w];
        if (coupling == FEMD_COUPLING_TWO_WAY) assert_near(m.last.work[FEMD_WORK_STRESS], work, 1e-10 * fabs(work));
        assert_near(of_heat(&m, FEMD_HEAT_BALANCE), 0, 1e-10 * fabs(of_heat(&m, FEMD_HEAT_STORED)));
        if (i == 1 && coupling == FEMD_COUPLING_ONE_WAY)
            assert_true(isnan(pass[FEMD_PASS_FIRST_LAW]));
        else
            sum += fabs(pass[FEMD_PASS_FIRST_LAW]) * dt;
        *of = fmax(*of, fabs(pass[FEMD_PASS_ENERGY]));
    }
    model_clear(&m);
    return sum;
}

/* Energies from no strain at the same temperature on know nothing of what heats a body, unless the case gives that. */
static void energies_of_strain_alone_tell_no_first_law(void **state) {
    (void)state;
    for (int given = 0; given < 2; ++given) {
        model m;
        prepare(&m, &femd_element_q1, 0.02, 1, 1, 0, 1);
        m.law.internal = 1;
        m.law.engine = FEMD_ENGINE_ELASTIC;
        if (given) m.material[0].heat_capacity = m.law.capacity;
        m.cs.step_count = m.cs.max_steps = 2;
        hold_free(&m);
        model_expression(model_load(&m, "left", FEMD_LOAD_TEMPERATURE, 0, 0, 0), 0, "1+0.5*t*t");
        OK(model_run(&m, err));
        const double *pass = m.heat + m.cs.nboundary + 1 + FEMD_HEAT_NUMBERS;
        assert_int_equal(isnan(pass[FEMD_PASS_ENERGY]), !given);
        assert_int_equal(isnan(pass[FEMD_PASS_FIRST_LAW]), !given);
        model_clear(&m);
    }
}

static void the_first_law_measures_the_steps(void **state) {
    (void)state;
    double of = 0;
    const double pair[2] = {first_law_off(FEMD_COUPLING_TWO_WAY, 1e-9, 6, &of),
                            first_law_off(FEMD_COUPLING_TWO_WAY, 1e-9, 12, &of)},
                 once[2] = {first_law_off(FEMD_COUPLING_TWO_WAY, 0, 6, &of),
                            first_law_off(FEMD_COUPLING_TWO_WAY, 0, 12, &of)},
                 alone = first_law_off(FEMD_COUPLING_ONE_WAY, 0, 12, &of);
    print_message("first law off by %.3g, %.3g J iterated, %.3g, %.3g in one pass, %.3g one way, 6 and 12 steps\n",
                  pair[0], pair[1], once[0], once[1], alone);
    assert_true(of > 0.1);
    assert_near(log2(pair[0] / pair[1]), 2, 0.3);
    assert_near(log2(once[0] / once[1]), 1, 0.4);
    assert_true(pair[1] < 0.1 * once[1]);
    assert_true(alone > 1.5 * once[1]);
}

/* Held on all sides it warms with the capacity at constant strain, of which one pass is behind. */
static void a_held_block_warms_at_constant_strain(void **state) {
    (void)state;
    const double alpha = 0.01, c = 0.01, source = 0.01;
    model m;
    prepare(&m, &femd_element_q1, alpha, c, 0.5, 1e-8, 1);
    m.cs.heat.has_source = 1;
    m.cs.heat.source = source;
    for (int s = 0; s < 6; ++s) model_hold(&m, side[s], 0, 0, 0);
    OK(model_run(&m, err));
    assert_int_equal(m.last.cuts, 0);
    assert_true(of_heat(&m, FEMD_HEAT_NUMBERS + FEMD_PASS_DELTA) > 0.4);
    assert_near(of_heat(&m, FEMD_HEAT_MEAN), 1 + source / c, 1e-7);
    assert_near(of_heat(&m, FEMD_HEAT_NUMBERS + FEMD_PASS_LAG), 0, 1e-7 * source);
    assert_near(of_heat(&m, FEMD_HEAT_NUMBERS + FEMD_PASS_STRESS), 0, 1e-7 * source);
    assert_near(of_heat(&m, FEMD_HEAT_BALANCE), 0, 1e-10 * source);
    assert_true(femd_heat_passes(m.p->heat) > 5);
    model_clear(&m);
}

typedef struct counts {
    int cuts;
} counts;

static void count_cut(void *user, int step, const char *why, double dt) {
    (void)step, (void)dt;
    if (!strstr(why, "did not settle")) fail_msg("%s", why);
    ((counts *)user)->cuts++;
}

/* At a coupling of 24 the lag shrinks by 24/25 a pass: told, not taken. */
static void passes_that_do_not_settle_cut_the_step(void **state) {
    (void)state;
    femd_error words = FEMD_ERROR_INIT;
    counts seen = {0};
    const femd_stepping_hooks hooks = {.user = &seen, .cut = count_cut};
    model m;
    prepare(&m, &femd_element_q1, 0.01, 1e-4, 1, 1e-8, 2);
    m.cs.max_cuts = 1;
    m.cs.heat.has_source = 1;
    m.cs.heat.source = 1e-3;
    for (int s = 0; s < 6; ++s) model_hold(&m, side[s], 0, 0, 0);
    OK(model_create(&m, err));
    assert_int_equal(femd_stepping_run(m.p, &hooks, &words), FEMD_NOT_CONVERGED);
    assert_non_null(strstr(words.text, "passes over heat and mechanics did not settle"));
    assert_int_equal(seen.cuts, 1);
    assert_int_equal(m.p->step, 0);
    model_clear(&m);
}

int main(int argc, char **argv) {
    model_start(&argc, &argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(passes_make_the_scheme_one_of_second_order),
        cmocka_unit_test(temperature_and_displacement_are_of_second_order),
        cmocka_unit_test(energies_of_strain_alone_tell_no_first_law),
        cmocka_unit_test(the_first_law_measures_the_steps),
        cmocka_unit_test(a_held_block_warms_at_constant_strain),
        cmocka_unit_test(passes_that_do_not_settle_cut_the_step),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
