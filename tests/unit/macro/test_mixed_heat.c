/* A temperature beside the pressure as an unknown: what a point's answer becomes, by differences; bodies against the
 * same ones without a pressure; second order in time of all that heat and mechanics exchange. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "femd/kinematics.h"
#include "femd/tensor3.h"
#include "fields/heat_private.h"
#include "fields/mixed_private.h"
#include "fields/points.h"
#include "model.h"
#include "near.h"

#define OK(expr)                                                                                                       \
    do {                                                                                                               \
        femd_error err_ = FEMD_ERROR_INIT;                                                                             \
        femd_error *err = &err_;                                                                                       \
        if ((expr) != FEMD_OK) fail_msg("%s", err_.text);                                                              \
    } while (0)

static const double even[6] = {2, 2, 2, 0, 0, 0};

static double largest(int n, const double *v) {
    double most = 0;
    for (int i = 0; i < n; ++i) most = fmax(most, fabs(v[i]));
    return most;
}

/* ---- a point ---- */

typedef struct point {
    double S[6], D[36], slope[6], gap, dJdp, dSdT[6], dJdT;
} point;

static const double sheared[9] = {1.1, 0.15, -0.05, 0.02, 0.93, 0.2, 0.1, -0.12, 1.07};

static point point_at(test_law *law, const double F[9], double kelvin, double p) {
    point at;
    femd_response r = {0};
    double E[6], value[6];
    const double J = femd_det3(F), t = 1 / cbrt(J * J);
    OK(femd_strain_from_F(F, E, err));
    for (int c = 0; c < 6; ++c) value[c] = c < 3 ? t * E[c] + 0.5 * (t - 1) : t * E[c];
    law->grown = law->alpha * (kelvin - law->rest);
    assert_true(test_law_pressure(law, 0, value, p, &r));
    for (int c = 0; c < 6; ++c) r.dSdT[c] = -law->alpha * (r.D[6 * c] + r.D[6 * c + 1] + r.D[6 * c + 2]);
    femd_mixed_combine(F, E, p, &r, 0, at.S, at.D, at.slope, &at.gap);
    femd_mixed_warm(F, E, &r, at.dSdT, &at.dJdT);
    at.dJdp = r.dJdp;
    return at;
}

static void slopes_in_the_temperature_are_those_of_differences(void **state) {
    (void)state;
    const double h = 1e-4;
    for (int kind = 0; kind < 2; ++kind) {
        test_law law;
        test_law_init(&law);
        law.neo_hookean = kind;
        law.lambda = 5;
        law.alpha = 0.02;
        law.rest = 1;
        const point at = point_at(&law, sheared, 3, 0.7), more = point_at(&law, sheared, 3 + h, 0.7),
                    less = point_at(&law, sheared, 3 - h, 0.7);
        assert_true(fabs(at.gap) > 0.05 && at.dJdT > 0.03 && largest(6, at.dSdT) > 0.1);
        assert_near((more.gap - less.gap) / (2 * h), at.dJdT, 1e-8);
        for (int c = 0; c < 6; ++c)
            assert_near((more.S[c] - less.S[c]) / (2 * h), at.dSdT[c] + at.slope[c] * at.dJdT / at.dJdp, 1e-8);
    }
}

/* With the volume condensed out: dS/dT of strain control, where the two controls meet. */
static void condensed_out_it_is_the_stress_of_strain_control(void **state) {
    (void)state;
    model m;
    model_init(&m, &femd_element_p2, 1);
    m.cs.mixed = 1;
    m.law.alpha = 0.02;
    model_both(&m, even, 3, 1, 1);
    m.law.neo_hookean = 1;
    static const double G[9] = {0.02, 0.05, -0.01, 0.03, -0.04, 0.02, 0.01, -0.03, 0.05};
    model_affine(&m, G);
    OK(model_run(&m, err));
    double S[6], D[36], energy, elastic[6];
    for (int c = 0; c < 6; ++c) elastic[c] = m.p->pt->E[c] - (c < 3 ? 0.02 : 0);
    test_law_answer(&m.law, 0, elastic, S, D, &energy);
    femd_condensed at;
    femd_mixed_condense(m.p, 0, 1, &at);
    for (int c = 0; c < 6; ++c) assert_near(at.dSdT[c], -0.02 * (D[6 * c] + D[6 * c + 1] + D[6 * c + 2]), 1e-10);
    for (int c = 0; c < 36; ++c) assert_near(at.D[c], D[c], 1e-10);
    assert_true(at.warming < 0 && fabs(m.p->pt->gap[0]) < 1e-10);
    /* an RVE that is larger than the body says: the strain that it has, and what that alone takes of heat */
    femd_points *pt = m.p->pt;
    const double more = 0.03, J = femd_det3(pt->F), dt = 0.5;
    double E[6], U[9];
    memcpy(pt->tF, pt->F, 9 * sizeof *pt->F);
    memcpy(pt->tE, pt->E, 6 * sizeof *pt->E);
    memcpy(pt->tD, pt->D, 36 * sizeof *pt->D);
    memcpy(pt->tslope, pt->slope, 6 * sizeof *pt->slope);
    memcpy(pt->tdSdT, pt->dSdT, 6 * sizeof *pt->dSdT);
    pt->tdJdp[0] = pt->dJdp[0], pt->tdJdT[0] = pt->dJdT[0];
    pt->tgap[0] = pt->gap[0] + more;
    for (int c = 0; c < 6; ++c) pt->tS[c] = pt->S[c] + at.by_gap[c] * more;
    femd_mixed_strain(m.p, 0, 0, E);
    OK(femd_stretch_from_E(E, U, err));
    assert_near(femd_det3(U), J + pt->tgap[0], 1e-12);
    m.p->heat->two_way = 1;
    const femd_step_record rec = {.dt = dt};
    OK(femd_heat_see_work(m.p, &rec, err));
    assert_near(pt->tstress_power[0], -at.warming * more / dt, 1e-12);
    model_clear(&m);
}

/* ---- bodies ---- */

static void hold_free(model *m) {
    model_hold(m, "left", 0, NAN, NAN);
    model_hold(m, "front", NAN, 0, NAN);
    model_hold(m, "bottom", NAN, NAN, 0);
}

/* A block that is free grows without stress, as foretold: alpha T of the law, prescribed or of the heat. */
static void a_free_block_grows(void **state) {
    (void)state;
    for (int heat = 0; heat < 2; ++heat) {
        model m;
        model_init(&m, &femd_element_p2, 2);
        m.comm = PETSC_COMM_SELF;
        m.cs.mixed = 1;
        m.cs.step_count = 3;
        m.cs.rtol = 1e-9;
        m.law.alpha = 1e-4;
        m.law.lambda = 5000;
        if (heat) {
            model_both(&m, even, 3, 0, 1);
            m.cs.heat.has_source = 1;
            m.cs.heat.source = 600; /* 200 K in time 1 */
        } else {
            m.law.wants |= FEMD_WANT_THERMAL_STRESS;
            m.law.inputs |= FEMD_INPUT_TEMPERATURE;
            m.cs.temperature_function = model_function("200*t");
        }
        hold_free(&m);
        OK(model_run(&m, err));
        assert_int_equal(m.last.cuts, 0);
        assert_true(m.last.newton <= 2);
        for (PetscInt k = 0; k < m.p->pt->n; ++k)
            for (int c = 0; c < 6; ++c) {
                assert_near(m.p->pt->E[6 * k + c], c < 3 ? 0.02 : 0, 1e-8);
                assert_near(m.p->pt->S[6 * k + c], 0, 1e-6);
            }
        model_clear(&m);
    }
}

static double of_heat(const model *m, int number) {
    return m->heat[m->cs.nboundary + 1 + (size_t)number];
}

/* A bar of even strain, pulled and heated, coupled both ways: with a pressure as without, in all that is told. */
static void run_bar(model *m, int mixed, double iterate) {
    model_init(m, &femd_element_p2, 1);
    m->comm = PETSC_COMM_SELF;
    m->cs.mixed = mixed;
    m->cs.step_count = 4;
    m->cs.rtol = 1e-11;
    m->law.alpha = 0.02;
    model_both(m, even, 1, 1, iterate > 0 ? 0.5 : 1);
    m->law.rest = 1;
    m->law.neo_hookean = 1;
    m->law.capacity_slope = 0.2;
    m->law.k_strain = 0.5;
    m->cs.heat.coupling = FEMD_COUPLING_TWO_WAY;
    m->cs.heat.iterate = iterate;
    hold_free(m);
    model_load(m, "right", FEMD_LOAD_TRACTION, 0.4, 0, 0);
    m->cs.heat.has_source = 1;
    m->cs.heat.source_function = model_function("3*t");
}

static void an_even_body_is_that_without_a_pressure(void **state) {
    (void)state;
    for (int repeated = 0; repeated < 2; ++repeated) {
        model with, without;
        run_bar(&with, 1, repeated ? 1e-9 : 0);
        run_bar(&without, 0, repeated ? 1e-9 : 0);
        OK(model_run(&with, err));
        OK(model_run(&without, err));
        for (int i = 0; i < FEMD_HEAT_NUMBERS; ++i)
            if (i == FEMD_HEAT_MEAN || i == FEMD_HEAT_STORED)
                assert_near(of_heat(&with, i), of_heat(&without, i), 1e-8 * fabs(of_heat(&without, i)));
        static const int told[] = {FEMD_PASS_STRESS, FEMD_PASS_LAG, FEMD_PASS_DELTA};
        for (size_t i = 0; i < 3; ++i) {
            const double a = of_heat(&with, FEMD_HEAT_NUMBERS + told[i]),
                         b = of_heat(&without, FEMD_HEAT_NUMBERS + told[i]);
            assert_near(a, b, 1e-7 * fmax(fabs(b), 1e-3));
        }
        assert_true(fabs(of_heat(&with, FEMD_HEAT_NUMBERS + FEMD_PASS_STRESS)) > 1e-3);
        for (int c = 0; c < 6; ++c) assert_near(with.p->pt->E[c], without.p->pt->E[c], 1e-8);
        model_clear(&with);
        model_clear(&without);
    }
}

/* A beam that is bent and heated from its clamp, unevenly in all: the first law off. */
static double first_law_off(int mixed, double lambda, double iterate, int n) {
    model m;
    double sum = 0;
    model_init(&m, &femd_element_p2, 1);
    m.comm = PETSC_COMM_SELF;
    m.cs.mixed = mixed;
    m.cs.rtol = 1e-10;
    m.cs.mesh.size[0] = 2;
    m.cs.mesh.cells[0] = 2;
    m.law.alpha = 0.02;
    m.law.lambda = lambda;
    model_both(&m, even, 40, 1, 0.5);
    m.law.internal = 1;
    m.law.rest = 1;
    m.cs.heat.coupling = FEMD_COUPLING_TWO_WAY;
    m.cs.heat.iterate = iterate;
    model_hold(&m, "left", 0, 0, 0);
    model_hold(&m, "front", NAN, 0, NAN);
    model_hold(&m, "back", NAN, 0, NAN);
    model_expression(model_load(&m, "right", FEMD_LOAD_TRACTION, 0, 0, 0), 2, "0.05*sin(3*t)^2");
    model_expression(model_load(&m, "left", FEMD_LOAD_TEMPERATURE, 0, 0, 0), 0, "1+0.5*t*t");
    OK(model_create(&m, err));
    for (int i = 1; i <= n; ++i) { /* stopped after each */
        m.cs.end_time = (double)i / n;
        m.cs.step_count = i;
        OK(model_run(&m, err));
        double work = 0, gap = 0;
        for (int w = 0; w < FEMD_WORKS; ++w) work += m.last.work[w];
        assert_near(m.last.work[FEMD_WORK_STRESS], work, 1e-8 * fmax(fabs(work), 1e-3));
        assert_near(of_heat(&m, FEMD_HEAT_BALANCE), 0, 1e-9 * fabs(of_heat(&m, FEMD_HEAT_STORED)));
        for (PetscInt k = 0; mixed && k < m.p->pt->n; ++k) gap = fmax(gap, fabs(m.p->pt->gap[k]));
        assert_int_equal(gap > 1e-6, mixed);
        sum += fabs(of_heat(&m, FEMD_HEAT_NUMBERS + FEMD_PASS_FIRST_LAW)) / n;
    }
    model_clear(&m);
    return sum;
}

static void the_first_law_closes_to_second_order(void **state) {
    (void)state;
    for (int mixed = 0; mixed < 2; ++mixed) {
        const double lambda = mixed ? 200 : 20, coarse = first_law_off(mixed, lambda, 1e-9, 8),
                     fine = first_law_off(mixed, lambda, 1e-9, 16), once = first_law_off(mixed, lambda, 0, 8);
        print_message("lambda %g: first law off by %.3g, %.3g J iterated in 8 and 16 steps, %.3g in one pass of 8\n",
                      lambda, coarse, fine, once);
        assert_near(log2(coarse / fine), 2, 0.4);
        assert_true(once > 5 * coarse);
    }
}

/* A case that changes the temperature in time may do so from file or table: what a step begins with is foretold. */
static void a_change_of_temperature_is_foretold(void **state) {
    (void)state;
    int newton[2];
    for (int told = 0; told < 2; ++told) {
        model m;
        model_init(&m, &femd_element_p2, 1);
        m.comm = PETSC_COMM_SELF;
        m.cs.mixed = 1;
        m.cs.step_count = 4;
        m.cs.rtol = 1e-5;
        m.law.alpha = 1e-7;
        m.law.lambda = 500;
        m.law.inputs |= FEMD_INPUT_TEMPERATURE;
        if (told) m.law.wants |= FEMD_WANT_THERMAL_STRESS;
        m.cs.temperature_function = model_function("100*t*(1+x+z*z)");
        model_hold(&m, "left", 0, 0, 0);
        OK(model_run(&m, err));
        newton[told] = m.last.newton;
        model_clear(&m);
    }
    assert_int_equal(newton[1], 0);
    assert_true(newton[0] > 0);
}

int main(int argc, char **argv) {
    model_start(&argc, &argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(slopes_in_the_temperature_are_those_of_differences),
        cmocka_unit_test(condensed_out_it_is_the_stress_of_strain_control),
        cmocka_unit_test(a_free_block_grows),
        cmocka_unit_test(an_even_body_is_that_without_a_pressure),
        cmocka_unit_test(a_change_of_temperature_is_foretold),
        cmocka_unit_test(the_first_law_closes_to_second_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
