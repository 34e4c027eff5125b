/* The equation of heat in space: closed forms, a manufactured solution with its orders, the derivative of the residual,
 * and what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fields/boundary.h"
#include "model.h"
#include "near.h"
#include "solve/foresee.h"

#define OK(expr)                                                                                                       \
    do {                                                                                                               \
        femd_error err_ = FEMD_ERROR_INIT;                                                                             \
        femd_error *err = &err_;                                                                                       \
        if ((expr) != FEMD_OK) fail_msg("%s", err_.text);                                                              \
    } while (0)

static const double copper[6] = {2, 2, 2, 0, 0, 0}, skew[6] = {1, 2, 3, 0.2, 0.1, 0.3};

static double *temperatures(const model *m) {
    double *T = malloc((m->p->temperature->n + 1) * sizeof *T);
    assert_non_null(T);
    OK(femd_field_get(m->p->temperature, T, err));
    return T;
}

static void run(model *m) {
    OK(model_run(m, err));
}

/* ---- closed forms ---- */

/* q into the left side of a slab, convection or radiation at the right one. */
static void slab(const femd_element *element, int radiates) {
    const double q = 900, h = 30, ambient = 280, emissivity = 0.7, sigma = 5.670374419e-8;
    model m;
    model_init(&m, element, 2);
    m.cs.rtol = 1e-13;
    model_heat(&m, copper, 1, 300, 0);
    model_load(&m, "left", FEMD_LOAD_HEAT_FLUX, q, 0, 0);
    model_load(&m, "right", radiates ? FEMD_LOAD_RADIATION : FEMD_LOAD_CONVECTION, radiates ? emissivity : h, ambient,
               0);
    run(&m);
    const double right = radiates ? pow(q / (emissivity * sigma) + pow(ambient, 4), 0.25) : ambient + q / h;
    double *T = temperatures(&m);
    for (PetscInt i = 0; i < m.p->grid->nnodes; ++i)
        assert_near(T[i], right + q / copper[0] * (1 - m.p->grid->node_x[3 * i]), 1e-8);
    assert_near(m.heat[0], q, 1e-9 * q);
    assert_near(m.heat[1], -q, 1e-9 * q);
    assert_near(m.heat[3 + FEMD_HEAT_BALANCE], 0, 1e-10 * q);
    assert_near(m.heat[3 + FEMD_HEAT_COLDEST], right, 1e-8);
    assert_near(m.heat[3 + FEMD_HEAT_HOTTEST], right + q / copper[0], 1e-8);
    assert_near(m.heat[3 + FEMD_HEAT_MEAN], right + 0.5 * q / copper[0], 1e-8);
    free(T);
    model_clear(&m);
}

static void a_slab_gives_off_what_it_takes_in(void **state) {
    (void)state;
    for (size_t e = 0; femd_element_at(e); ++e)
        for (int radiates = 0; radiates < 2; ++radiates) slab(femd_element_at(e), radiates);
}

/* The surface takes what is around at last, and round-off of the exchange is no lack of convergence. */
static void the_strongest_exchange_holds_the_surface(void **state) {
    (void)state;
    for (int power = 0; power <= 24; power += 4)
        for (int theta = 0; theta < 2; ++theta) {
            const double h = pow(10, power), flow = 100 / (1 / copper[0] + 1 / h);
            model m;
            model_init(&m, &femd_element_q1, 2);
            m.cs.rtol = 1e-11;
            model_heat(&m, copper, 1, 300, theta);
            m.cs.end_time = theta ? 1e6 : 1;
            model_load(&m, "left", FEMD_LOAD_TEMPERATURE, 300, 0, 0)->has[0] = 1;
            model_load(&m, "right", FEMD_LOAD_CONVECTION, h, 400, 0);
            run(&m);
            assert_true(m.last.end == FEMD_NEWTON_TOLERANCE || m.last.end == FEMD_NEWTON_ROUNDING);
            assert_true(m.last.newton <= 2);
            assert_near(m.heat[0], -flow, (theta ? 1e-5 : 1e-9) * flow);
            model_clear(&m);
        }
    for (double kelvin = 1e3; kelvin < 1e9; kelvin *= 100) { /* nothing flows: the sum of what is given and taken */
        model m;
        model_init(&m, &femd_element_p1, 2);
        model_heat(&m, copper, 1, kelvin, 0);
        model_load(&m, "left", FEMD_LOAD_TEMPERATURE, kelvin, 0, 0)->has[0] = 1;
        model_load(&m, "right", FEMD_LOAD_RADIATION, 1, kelvin, 0);
        run(&m);
        assert_near(m.heat[3 + FEMD_HEAT_COLDEST] / kelvin, 1, 1e-12);
        model_clear(&m);
    }
}

/* Far too cold a steady body that radiates overshoots: of heat that is said, and nothing of limit points. */
static void a_body_begun_too_cold_is_told_to_begin_warmer(void **state) {
    (void)state;
    model m;
    femd_error err = FEMD_ERROR_INIT;
    model_init(&m, &femd_element_q1, 2);
    model_heat(&m, copper, 1, 1, 0);
    model_load(&m, "left", FEMD_LOAD_HEAT_FLUX, 1e6, 0, 0);
    model_load(&m, "right", FEMD_LOAD_RADIATION, 1, 0, 0);
    assert_int_equal(model_run(&m, &err), FEMD_NOT_CONVERGED);
    assert_null(strstr(err.text, "limit point"));
    assert_non_null(strstr(err.text, "heat.initial"));
    model_clear(&m);
}

/* Shorter steps make it worse: what is told is not to cut on, but what undershoots. */
static void a_jump_that_quadratic_cells_cannot_follow_is_told(void **state) {
    (void)state;
    for (int quadratic = 0; quadratic < 2; ++quadratic) {
        model m;
        femd_error err = FEMD_ERROR_INIT;
        model_init(&m, quadratic ? &femd_element_p2 : &femd_element_q1, 2);
        model_heat(&m, copper, 1, 1, 1);
        m.cs.end_time = 1e-4;
        m.cs.max_cuts = 1;
        model_load(&m, "right", FEMD_LOAD_TEMPERATURE, 100, 0, 0)->has[0] = 1;
        assert_int_equal(model_run(&m, &err), quadratic ? FEMD_NOT_CONVERGED : FEMD_OK);
        assert_true(!quadratic || strstr(err.text, " K (P2 undershoots beside a jump"));
        model_clear(&m);
    }
}

/* k = k0 (1 + b T): T + b T^2 / 2 is linear along a bar, at its nodes exactly so. */
static void bend(double b, double cold, double hot, double start, int most) {
    model m;
    model_init(&m, &femd_element_q1, 1);
    m.cs.mesh.cells[0] = 8;
    m.cs.rtol = 1e-11;
    model_heat(&m, copper, 1, start, 0);
    m.law.k_slope = b;
    model_load(&m, "left", FEMD_LOAD_TEMPERATURE, hot, 0, 0)->has[0] = 1;
    model_load(&m, "right", FEMD_LOAD_TEMPERATURE, cold, 0, 0)->has[0] = 1;
    run(&m);
    print_message("k from %.3g to %.3g, begun at %g K: %d iterations, to %.2g of the reference\n", 1 + b * cold,
                  1 + b * hot, start, m.last.newton, m.last.residual[m.last.newton] / m.last.reference);
    assert_true(m.last.newton <= most);
    const double from = hot + b * hot * hot / 2, to = cold + b * cold * cold / 2, flow = copper[0] * (from - to);
    double *T = temperatures(&m);
    for (PetscInt i = 0; i < m.p->grid->nnodes; ++i) {
        const double along = from + (to - from) * m.p->grid->node_x[3 * i];
        assert_near(T[i], (sqrt(1 + 2 * b * along) - 1) / b, 1e-8);
    }
    assert_near(m.heat[0], flow, 1e-9 * flow);
    assert_near(m.heat[1], -flow, 1e-9 * flow);
    free(T);
    model_clear(&m);
}

static void a_conductivity_of_its_temperature_bends_the_profile(void **state) {
    (void)state;
    bend(0.01, 100, 400, 200, 6);
    for (int i = 0; i < 3; ++i) bend(0.1, 10, 1000, (const double[]){10, 500, 1000}[i], 8);
    bend(-0.0009, 10, 1000, 10, 8);
}

/* NAFEMS T4: 18.3 degC at (0.6, 0.2); 18.254 with finer and finer meshes of CalculiX, 18.093 with these of Q1. */
static double nafems_t4(const femd_element *element, double z) {
    const double k[6] = {52, 52, 52, 0, 0, 0};
    double found = 0;
    model m;
    model_init(&m, element, 1);
    m.cs.mesh.size[0] = 0.6, m.cs.mesh.size[1] = 1, m.cs.mesh.size[2] = 0.1;
    m.cs.mesh.cells[0] = 12, m.cs.mesh.cells[1] = 20;
    model_heat(&m, k, 1, 273.15, 0);
    model_load(&m, "front", FEMD_LOAD_TEMPERATURE, 373.15, 0, 0)->has[0] = 1;
    model_load(&m, "right", FEMD_LOAD_CONVECTION, 750, 273.15, 0);
    model_load(&m, "back", FEMD_LOAD_CONVECTION, 750, 273.15, 0);
    run(&m);
    double *T = temperatures(&m);
    for (PetscInt i = 0; i < m.p->grid->nnodes; ++i) {
        const double *x = m.p->grid->node_x + 3 * i;
        if (fabs(x[0] - 0.6) < 1e-9 && fabs(x[1] - 0.2) < 1e-9 && fabs(x[2] - z) < 1e-9) found = T[i] - 273.15;
    }
    free(T);
    model_clear(&m);
    return found;
}

static void a_plate_cools_at_two_sides(void **state) {
    (void)state;
    assert_near(nafems_t4(&femd_element_q1, 0), 18.093, 0.01);
    assert_near(nafems_t4(&femd_element_p2, 0.05), 18.254, 0.03);
}

/* ---- a manufactured solution ---- */

#define T_EXACT "300+20*sin(2*x+y)*exp(z)"

/* rms over the points, K. The source is - K_ij T_ij. */
static double manufactured(const femd_element *element, int n) {
    static const char *const side[6] = {"left", "right", "front", "back", "bottom", "top"};
    femd_error words = FEMD_ERROR_INIT;
    double sum = 0, volume = 0;
    model m;
    model_init(&m, element, n);
    m.cs.mesh.distort = 0.2;
    m.cs.rtol = 1e-11;
    model_heat(&m, skew, 1, 300, 0);
    for (int s = 0; s < 6; ++s) model_expression(model_load(&m, side[s], FEMD_LOAD_TEMPERATURE, 0, 0, 0), 0, T_EXACT);
    m.cs.heat.has_source = 1;
    /* second derivatives of 20 sin(2x+y) e^z: xx -4 s, yy -s, zz s, yz c, xz 2 c, xy -2 s */
    m.cs.heat.source_function = model_function("-20*exp(z)*((-4*1-2+3-4*0.3)*sin(2*x+y)+(2*0.2+4*0.1)*cos(2*x+y))");
    run(&m);
    femd_function *exact = model_function(T_EXACT);
    for (PetscInt k = 0; k < m.p->pt->n; ++k) {
        double T;
        assert_int_equal(femd_function_at(exact, m.p->pt->x + 3 * k, 0, &T, &words), FEMD_OK);
        sum += m.p->pt->weight[k] * pow(m.p->pt->temperature[k] - T, 2);
        volume += m.p->pt->weight[k];
    }
    femd_function_destroy(&exact);
    model_clear(&m);
    return sqrt(sum / volume);
}

static void errors_fall_by_the_order_of_the_element(void **state) {
    (void)state;
    const struct {
        const femd_element *element;
        int n;
        double order;
    } cases[] = {{&femd_element_q1, 4, 1.85}, {&femd_element_p1, 4, 1.8}, {&femd_element_p2, 2, 2.8}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; ++i) {
        const double coarse = manufactured(cases[i].element, cases[i].n),
                     fine = manufactured(cases[i].element, 2 * cases[i].n), order = log2(coarse / fine);
        print_message("%s: error %.3g, %.3g K, order %.2f\n", cases[i].element->name, coarse, fine, order);
        if (!(order > cases[i].order) || !(order < cases[i].order + 0.5))
            fail_msg("%s: order %g", cases[i].element->name, order);
    }
}

/* ---- derivative ---- */

static void residual_at(const model *m, Vec X, Vec R) {
    femd_field *field = m->p->temperature;
    int failed;
    OK(field->kind->evaluate(field, X, &failed, err));
    assert_int_equal(failed, 0);
    OK(field->kind->residual(field, R, err));
}

/* With answers that change in proportion to the temperature secants are derivatives. */
static void derivative_is_that_of_differences(const femd_element *element, double theta, double slope) {
    const double step = 1e-3;
    PetscInt n, rows;
    PetscReal largest, off = 0;
    PetscBool symmetric;
    Mat K;
    Vec X, R[2], column;
    model m;
    model_init(&m, element, 1);
    m.cs.mesh.distort = 0;
    m.cs.mesh.cells[0] = 2;
    model_heat(&m, skew, 5, 300, theta);
    m.law.k_slope = m.law.capacity_slope = slope;
    model_load(&m, "left", FEMD_LOAD_TEMPERATURE, 320, 0, 0)->has[0] = 1;
    model_load(&m, "right", FEMD_LOAD_CONVECTION, 4, 350, 0);
    model_load(&m, "top", FEMD_LOAD_RADIATION, 0.9, 600, 0);
    OK(model_create(&m, err));
    femd_field *field = m.p->temperature;
    field->kind->step(field, 1);
    OK(field->kind->begin(field, 0.1, 0, err));
    assert_int_equal(DMCreateMatrix(field->dm, &K), 0);
    assert_int_equal(VecDuplicate(field->committed, &X), 0);
    for (int i = 0; i < 2; ++i) assert_int_equal(VecDuplicate(X, &R[i]), 0);
    assert_int_equal(VecDuplicate(X, &column), 0);
    assert_int_equal(VecCopy(field->committed, X), 0);
    assert_int_equal(VecGetSize(X, &n), 0);
    for (PetscInt i = 0; i < n; ++i) assert_int_equal(VecSetValue(X, i, 10 * sin(3.0 * (double)i), ADD_VALUES), 0);
    assert_int_equal(VecAssemblyBegin(X), 0);
    assert_int_equal(VecAssemblyEnd(X), 0);
    residual_at(&m, field->committed, R[0]);
    OK(femd_field_prescribe(field, X, err));
    residual_at(&m, X, R[0]);
    OK(field->kind->jacobian(field, K, err));
    assert_int_equal(MatIsSymmetric(K, 0, &symmetric), 0);
    assert_int_equal(symmetric, slope == 0 ? PETSC_TRUE : PETSC_FALSE);
    assert_int_equal(MatNorm(K, NORM_INFINITY, &largest), 0);
    assert_int_equal(MatGetSize(K, &rows, NULL), 0);
    for (PetscInt j = 0; j < rows; ++j) {
        PetscReal norm;
        if (field->boundary->entry[j] >= 0) continue; /* one rank: local and global numbers agree */
        for (int side = 0; side < 2; ++side) {
            assert_int_equal(VecSetValue(X, j, side ? -2 * step : step, ADD_VALUES), 0);
            assert_int_equal(VecAssemblyBegin(X), 0);
            assert_int_equal(VecAssemblyEnd(X), 0);
            residual_at(&m, X, R[side]);
        }
        assert_int_equal(VecSetValue(X, j, step, ADD_VALUES), 0);
        assert_int_equal(VecAssemblyBegin(X), 0);
        assert_int_equal(VecAssemblyEnd(X), 0);
        assert_int_equal(MatGetColumnVector(K, column, j), 0);
        assert_int_equal(VecAXPY(R[0], -1, R[1]), 0);
        assert_int_equal(VecAXPY(column, -0.5 / step, R[0]), 0);
        assert_int_equal(VecNorm(column, NORM_INFINITY, &norm), 0);
        off = fmax(off, norm);
    }
    if (!(off < 1e-8 * largest)) fail_msg("%s: off by %g of %g", element->name, off, largest);
    for (int i = 0; i < 2; ++i) (void)VecDestroy(&R[i]);
    (void)VecDestroy(&X);
    (void)VecDestroy(&column);
    (void)MatDestroy(&K);
    model_clear(&m);
}

static void the_matrix_is_the_derivative_of_the_residual(void **state) {
    (void)state;
    for (size_t e = 0; femd_element_at(e); ++e) {
        for (int slope = 0; slope < 2; ++slope) {
            derivative_is_that_of_differences(femd_element_at(e), 0, 0.004 * slope);
            derivative_is_that_of_differences(femd_element_at(e), 1, 0.004 * slope);
            derivative_is_that_of_differences(femd_element_at(e), 0.5, 0.004 * slope);
        }
    }
}

/* ---- what is refused ---- */

static void refused(model *m, const char *words) {
    femd_error err = FEMD_ERROR_INIT;
    assert_int_equal(model_create(m, &err), FEMD_BAD_INPUT);
    if (!strstr(err.text, words)) fail_msg("%s", err.text);
    model_clear(m);
}

static void what_cannot_be_solved_is_refused(void **state) {
    (void)state;
    model m;
    model_init(&m, &femd_element_q1, 1);
    model_heat(&m, copper, 1, 300, 0);
    model_load(&m, "left", FEMD_LOAD_HEAT_FLUX, 1, 0, 0);
    refused(&m, "case.json: boundary: nothing decides the level of a steady temperature");

    model_init(&m, &femd_element_q1, 1);
    model_heat(&m, copper, 1, 300, 1);
    m.law.wants &= ~(uint32_t)FEMD_WANT_HEAT_CAPACITY;
    refused(&m,
            "case.json: materials.material0: it does not answer what the equation of heat needs: heat-capacity; give");

    model_init(&m, &femd_element_q1, 1);
    model_heat(&m, copper, 1, 300, 1);
    m.cs.heat.initial_function = model_function("300*x-1");
    refused(&m, "case.json: heat.initial: -1 K at (0, ");
}

/* An answer that conducts backwards is none; one with a negative temperature is not asked. */
static void a_step_without_answers_ends_with_words(void **state) {
    (void)state;
    const double wrong[6] = {1, 1, 1, 0, 0, 1.5};
    femd_error err = FEMD_ERROR_INIT;
    model m;
    model_init(&m, &femd_element_q1, 1);
    model_heat(&m, wrong, 1, 300, 1);
    assert_int_equal(model_run(&m, &err), FEMD_UNSUPPORTED);
    assert_non_null(
        strstr(err.text, "of step 1: what its material answers is no positive conductivity and heat capacity"));
    model_clear(&m);

    for (int broken = 0; broken < 2; ++broken) { /* the words are those of the point that is named */
        femd_error_clear(&err);
        model_init(&m, &femd_element_q1, 1);
        model_heat(&m, copper, 1, 300, 1);
        m.law.backwards = 1;
        m.law.refuse = broken ? 0 : FEMD_WANT_CONDUCTIVITY;
        m.law.break_at = broken;
        assert_int_equal(model_run(&m, &err), broken ? FEMD_ENGINE_DIED : FEMD_NOT_CONVERGED);
        if (!strstr(err.text, broken ? "point 0 (cell 0)" : "point 1 (cell 0)") || !strstr(err.text, test_law_words))
            fail_msg("%s", err.text);
        model_clear(&m);
    }

    femd_error_clear(&err);
    model_init(&m, &femd_element_q1, 1);
    model_heat(&m, copper, 1, 300, 0);
    model_load(&m, "left", FEMD_LOAD_TEMPERATURE, 100, 0, 0)->has[0] = 1;
    model_load(&m, "right", FEMD_LOAD_HEAT_FLUX, -1000, 0, 0);
    assert_int_equal(model_run(&m, &err), FEMD_NOT_CONVERGED);
    if (!strstr(err.text, "its temperature would be -")) fail_msg("%s", err.text);
    model_clear(&m);
}

/* Temperatures are no displacements, however small the body; its size is that of a lattice's few cells. */
static void a_body_of_nanometres_may_be_hot(void **state) {
    (void)state;
    model m;
    model_init(&m, &femd_element_q1, 1);
    for (int a = 0; a < 3; ++a) m.cs.mesh.size[a] = 1e-8;
    model_heat(&m, copper, 1, 300, 0);
    model_expression(model_load(&m, "left", FEMD_LOAD_TEMPERATURE, 0, 0, 0), 0, "400+0*t");
    model_load(&m, "right", FEMD_LOAD_TEMPERATURE, 500, 0, 0)->has[0] = 1;
    OK(model_create(&m, err));
    OK(femd_foresee(m.p, err));
    run(&m);
    assert_near(m.heat[0], -copper[0] * 100 * 1e-8, 1e-9 * 2e-6);
    assert_near(m.heat[1], -m.heat[0], 1e-9 * 2e-6);
    model_clear(&m);
}

static void electrons_conduct_beside_the_lattice(void **state) {
    (void)state;
    model m;
    model_init(&m, &femd_element_q1, 1);
    model_heat(&m, copper, 1, 300, 0);
    m.law.carriers = FEMD_CARRIER_LATTICE | FEMD_CARRIER_ELECTRONS; /* 400 W/(m K) */
    model_load(&m, "left", FEMD_LOAD_TEMPERATURE, 400, 0, 0)->has[0] = 1;
    model_load(&m, "right", FEMD_LOAD_TEMPERATURE, 399, 0, 0)->has[0] = 1;
    run(&m);
    assert_near(m.heat[0], copper[0] + 400, 1e-9 * 402);
    model_clear(&m);
}

/* A pressure that is the case's: what conducts is a cell of another volume, as its reference sees it. */
static void pressed_points_conduct_as_they_are(void **state) {
    (void)state;
    static const double pressure[2] = {1, -0.5}, none[6] = {0};
    for (int even = 0; even < 2; ++even) {
        model m;
        femd_response r = {0};
        double resistance = 0;
        model_init(&m, &femd_element_q1, 1);
        model_heat(&m, copper, 1, 300, 0);
        m.cs.mesh.cells[0] = 2;
        m.cs.has_pressure = 1;
        m.cs.pressure = pressure[1];
        if (!even) m.cs.pressure_function = model_function("x < 0.5 ? 1 : -0.5");
        model_load(&m, "left", FEMD_LOAD_TEMPERATURE, 400, 0, 0)->has[0] = 1;
        model_load(&m, "right", FEMD_LOAD_TEMPERATURE, 399, 0, 0)->has[0] = 1;
        run(&m);
        assert_int_equal(m.law.first.control, FEMD_CONTROL_PRESSURE);
        for (int k = even; k < 2; ++k) {
            assert_true(test_law_pressure(&m.law, 0, none, pressure[k], &r));
            resistance += (even ? 1 : 0.5) / (copper[0] * cbrt(r.J));
        }
        assert_true(fabs(r.J - 1) > 0.1); /* the last of them is the softer side */
        assert_near(m.heat[0], 1 / resistance, 1e-9);
        model_clear(&m);
    }
}

/* What the case gives is not asked. */
static void given_numbers_need_no_answers(void **state) {
    (void)state;
    model m;
    model_init(&m, &femd_element_p1, 2);
    model_heat(&m, skew, 1, 300, 1);
    m.law.wants = 0;
    m.material[0].conductivity = 3;
    m.material[0].heat_capacity = 1;
    model_load(&m, "left", FEMD_LOAD_HEAT_FLUX, 6, 0, 0);
    run(&m);
    assert_int_equal(m.law.points, 0);
    assert_int_equal(m.last.evaluations, 0);
    assert_near(m.heat[2 + FEMD_HEAT_STORED], 6, 1e-9);
    assert_near(m.heat[2 + FEMD_HEAT_MEAN], 306, 1e-9); /* 6 W for 1 s into 1 m^3 of 1 J/K */
    model_clear(&m);
}

int main(int argc, char **argv) {
    model_start(&argc, &argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_slab_gives_off_what_it_takes_in),
        cmocka_unit_test(the_strongest_exchange_holds_the_surface),
        cmocka_unit_test(a_body_begun_too_cold_is_told_to_begin_warmer),
        cmocka_unit_test(a_jump_that_quadratic_cells_cannot_follow_is_told),
        cmocka_unit_test(a_conductivity_of_its_temperature_bends_the_profile),
        cmocka_unit_test(a_plate_cools_at_two_sides),
        cmocka_unit_test(errors_fall_by_the_order_of_the_element),
        cmocka_unit_test(the_matrix_is_the_derivative_of_the_residual),
        cmocka_unit_test(what_cannot_be_solved_is_refused),
        cmocka_unit_test(a_step_without_answers_ends_with_words),
        cmocka_unit_test(a_body_of_nanometres_may_be_hot),
        cmocka_unit_test(electrons_conduct_beside_the_lattice),
        cmocka_unit_test(given_numbers_need_no_answers),
        cmocka_unit_test(pressed_points_conduct_as_they_are),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
