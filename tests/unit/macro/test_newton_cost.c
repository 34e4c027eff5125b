/* Newton's method: what it costs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "heard.h"
#include "near.h"

static void a_cantilever_bends_with_few_evaluations_and_no_cut(void **state) {
    (void)state;
    for (int quadratic = 0; quadratic < 2; ++quadratic) {
        model m;
        heard h;
        double u[3];
        const int cells[2][3] = {{40, 2, 2}, {20, 1, 1}};
        model_bend(&m, quadratic ? &femd_element_p2 : &femd_element_q1, (const double[]){10, 1, 1}, cells[quadratic], 0,
                   10);
        m.cs.step_count = 10;
        run_ok(&m, &h);
        model_tip(&m, u);
        assert_int_equal(h.steps, 10);
        assert_int_equal(h.stalled, 0);
        assert_true(evaluations_a_point(&m) <= 51);
        /* elastica, P L^2/EI = 10: 0.81061 and 0.55500; shear and the law's softness in compression take from it */
        assert_near(u[2] / 10, 0.811, 0.03);
        assert_near(u[0] / 10, -0.555, 0.03);
        model_clear(&m);
    }
}

/* Membrane and bending stiffness are 10^7 apart: the reactions of the clamp are 10^4 times the load. */
static void a_long_strip_carries_its_load_within_round_off(void **state) {
    (void)state;
    model m;
    heard h;
    double u[3];
    model_bend(&m, &femd_element_p2, (const double[]){3000, 10, 1}, (const int[]){60, 1, 1}, 0, 1);
    run_ok(&m, &h);
    model_tip(&m, u);
    const double load = 1e9 * (10.0 / 12) / 9e6, last = h.last.residual[h.last.nresiduals - 1];
    assert_int_equal(h.steps, 1);
    assert_int_equal(h.last.cuts, 0);
    assert_true(evaluations_a_point(&m) <= 14.1);
    assert_near(h.last.load, load, 1e-3 * load);
    assert_true(last <= 0.01 * load);
    assert_near(h.reaction[2], -load, 1e-3 * load);
    assert_near(u[2] / 3000, 0.30172, 0.003); /* elastica */
    assert_true(h.last.reference > 1e3 * load);
    model_clear(&m);
}

/* Its residual goes up and down by orders of magnitude and arrives all the same: no search for descent on the way. */
static void excursions_are_no_lack_of_descent(void **state) {
    (void)state;
    model m;
    heard h;
    model_bend(&m, &femd_element_p2, (const double[]){1000, 10, 1}, (const int[]){60, 1, 1}, 0.3, 2);
    run_ok(&m, &h);
    assert_int_equal(h.steps, 1);
    assert_int_equal(h.cuts, 0);
    assert_true(evaluations_a_point(&m) <= 22);
    model_clear(&m);
}

/* The equations of a step are solved as far as the residual needs, by its own measure: GMRES, taken where loads follow
 * the body, costs no iteration that a direct solver does not. */
static void iterative_solvers_cost_no_iteration(void **state) {
    (void)state;
    int newton[2];
    for (int direct = 0; direct < 2; ++direct) {
        model m;
        heard h;
        model_init(&m, &femd_element_q1, 1);
        memcpy(m.cs.mesh.cells, (int[]){2, 2, 3}, sizeof m.cs.mesh.cells);
        memcpy(m.cs.mesh.size, (double[]){5, 0.5, 1}, sizeof m.cs.mesh.size);
        m.law.lambda = 16.44; /* E 1, nu 0.49 */
        m.law.mu = 0.33557;
        m.cs.direct = direct;
        m.cs.ksp_rtol = 1e-8;
        m.cs.rtol = 1e-7;
        model_hold(&m, "left", 0, 0, 0);
        model_load(&m, "top", FEMD_LOAD_FOLLOWER, 1.7888543819998316e-4, 0, 0);
        model_load(&m, "right", FEMD_LOAD_FOLLOWER, 8.944271909999159e-4, 0, 0);
        run_ok(&m, &h);
        assert_int_equal(h.last.direct, 0);
        newton[direct] = h.newton;
        model_clear(&m);
    }
    assert_int_equal(newton[0], newton[1]);
}

/* What the iterative solver leaves of the predictor's equations costs no sweep of the points: the jump of the boundary
 * makes fluxes in a layer of cells that are far larger than those at the end. Where the body stretches alike everywhere
 * (nu 0) the predictor is exact. */
static void a_predictor_costs_no_sweep(void **state) {
    (void)state;
    for (int quadratic = 0; quadratic < 2; ++quadratic)
        for (int contracts = 0; contracts < 2; ++contracts) {
            uint64_t points[2];
            for (int direct = 0; direct < 2; ++direct) {
                model m;
                heard h;
                model_init(&m, quadratic ? &femd_element_p2 : &femd_element_q1, 1);
                m.law.lambda = contracts ? 0.3 / (1.3 * 0.4) : 0;
                m.law.mu = contracts ? 0.5 / 1.3 : 0.5;
                memcpy(m.cs.mesh.cells, (int[]){20, 2, 2}, sizeof m.cs.mesh.cells);
                m.cs.mesh.size[0] = 10;
                m.cs.step_count = 3;
                m.cs.direct = direct;
                m.cs.rtol = 1e-7;
                m.cs.ksp_rtol = direct ? 1e-12 : 1e-8;
                model_hold(&m, "left", 0, 0, 0);
                model_hold(&m, "right", 0.1, 0, 0);
                run_ok(&m, &h);
                assert_int_equal(h.last.direct, 0);
                points[direct] = m.law.points;
                if (!contracts) assert_int_equal(m.law.points, 3 * m.p->pt->n + 1); /* one virgin point */
                model_clear(&m);
            }
            assert_int_equal(points[0], points[1]);
        }
}

int main(int argc, char **argv) {
    model_start(&argc, &argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_cantilever_bends_with_few_evaluations_and_no_cut),
        cmocka_unit_test(a_long_strip_carries_its_load_within_round_off),
        cmocka_unit_test(excursions_are_no_lack_of_descent),
        cmocka_unit_test(iterative_solvers_cost_no_iteration),
        cmocka_unit_test(a_predictor_costs_no_sweep),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
