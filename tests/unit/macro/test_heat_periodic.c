/* Periodic temperatures: opposite faces are as warm as each other, but for a rise that is given or free. On any number
 * of ranks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fields/heat.h"
#include "model.h"
#include "near.h"
#include "results/recorder.h"

#define OK(expr)                                                                                                       \
    do {                                                                                                               \
        femd_error err_ = FEMD_ERROR_INIT;                                                                             \
        femd_error *err = &err_;                                                                                       \
        if ((expr) != FEMD_OK) fail_msg("%s", err_.text);                                                              \
    } while (0)
#define REFUSED(m, words)                                                                                              \
    do {                                                                                                               \
        femd_error err_ = FEMD_ERROR_INIT;                                                                             \
        assert_int_equal(model_run(m, &err_), FEMD_BAD_INPUT);                                                         \
        if (!strstr(err_.text, words)) fail_msg("%s", err_.text);                                                      \
    } while (0)

static const double pi = 3.14159265358979323846, skew[6] = {1, 2, 3, 0.2, 0.1, 0.3};

/* rise NAN: free. */
static femd_case_boundary *repeat(model *m, const char *on, const char *with, double rise) {
    femd_case_boundary *e = model_load(m, on, FEMD_LOAD_PERIODIC_TEMPERATURE, isnan(rise) ? 0 : rise, 0, 0);
    e->has[0] = !isnan(rise);
    strcpy(e->partner, with);
    return e;
}

static void cell(model *m, double x, double y, double z) {
    repeat(m, "right", "left", x);
    repeat(m, "back", "front", y);
    repeat(m, "top", "bottom", z);
}

static femd_case_boundary *hold_corner(model *m, double kelvin) {
    femd_case_boundary *e = model_load(m, "at", FEMD_LOAD_TEMPERATURE, kelvin, 0, 0);
    e->has[0] = 1;
    e->npositions = 1;
    return e;
}

static double balance(const model *m) {
    return m->heat[m->cs.nboundary + 1 + FEMD_HEAT_BALANCE];
}

/* ---- uniform bodies ---- */

/* The gradient g everywhere, K g through the faces; the corner that decides the level gives nothing. */
static void a_uniform_body_has_the_mean_gradient(void **state) {
    const double g[3] = {10, -4, 3}, k[9] = {1, 0.3, 0.1, 0.3, 2, 0.2, 0.1, 0.2, 3};
    (void)state;
    for (size_t e = 0; femd_element_at(e); ++e) {
        model m;
        model_init(&m, femd_element_at(e), 2);
        m.cs.mesh.distort = 0.2;
        model_heat(&m, skew, 1, 300, 0);
        cell(&m, g[0], g[1], g[2]);
        hold_corner(&m, 320);
        OK(model_run(&m, err));
        for (PetscInt i = 0; i < m.p->pt->n; ++i) {
            const double *x = m.p->pt->x + 3 * i;
            assert_near(m.p->pt->temperature[i], 320 + g[0] * x[0] + g[1] * x[1] + g[2] * x[2], 1e-9);
        }
        for (int face = 0; face < 3; ++face)
            assert_near(m.heat[face], k[3 * face] * g[0] + k[3 * face + 1] * g[1] + k[3 * face + 2] * g[2], 1e-9);
        assert_near(m.heat[3], 0, 1e-9);
        assert_near(balance(&m), 0, 1e-9);
        model_clear(&m);
    }
}

/* Nothing flows across where the rise is free: k11 - k12^2 / k22 along x. */
static void a_free_rise_lets_nothing_through(void **state) {
    const double along[6] = {1, 2, 3, 0, 0, 0.3};
    (void)state;
    for (size_t e = 0; femd_element_at(e); ++e) {
        model m;
        model_init(&m, femd_element_at(e), 2);
        model_heat(&m, along, 1, 300, 0);
        cell(&m, 10, NAN, 0);
        hold_corner(&m, 300);
        OK(model_run(&m, err));
        for (PetscInt i = 0; i < m.p->pt->n; ++i)
            assert_near(m.p->pt->temperature[i], 300 + 10 * m.p->pt->x[3 * i] - 10 * 0.3 / 2 * m.p->pt->x[3 * i + 1],
                        1e-9);
        assert_near(m.heat[0], 10 * (1 - 0.3 * 0.3 / 2), 1e-9);
        assert_near(m.heat[1], 0, 1e-9);
        assert_near(balance(&m), 0, 1e-9);
        model_clear(&m);
    }
}

/* ---- a manufactured solution ---- */

#define T_EXACT "400+30*x+10*sin(2*pi*(x+y))*cos(2*pi*z)"

/* rms over the points of one fluctuation in a cell of this phase; the source is - K_ij T_ij. */
static double manufactured(const femd_element *element, int n) {
    double sum[2] = {0};
    femd_error words = FEMD_ERROR_INIT;
    model m;
    model_init(&m, element, n);
    m.cs.rtol = 1e-10;
    model_heat(&m, skew, 1, 300, 0);
    cell(&m, 30, 0, 0);
    hold_corner(&m, 400);
    m.cs.heat.has_source = 1;
    /* over 10 (2 pi)^2: (k11 + k22 + 2 k12 + k33) sin cos + 2 (k13 + k23) cos sin */
    m.cs.heat.source_function =
        model_function("40*pi^2*((1+2+0.6+3)*sin(2*pi*(x+y))*cos(2*pi*z)+0.6*cos(2*pi*(x+y))*sin(2*pi*z))");
    OK(model_run(&m, err));
    femd_function *exact = model_function(T_EXACT);
    for (PetscInt k = 0; k < m.p->pt->n; ++k) {
        double T;
        assert_int_equal(femd_function_at(exact, m.p->pt->x + 3 * k, 0, &T, &words), FEMD_OK);
        sum[0] += m.p->pt->weight[k] * pow(m.p->pt->temperature[k] - T, 2);
        sum[1] += m.p->pt->weight[k];
    }
    assert_int_equal(MPI_Allreduce(MPI_IN_PLACE, sum, 2, MPI_DOUBLE, MPI_SUM, PETSC_COMM_WORLD), MPI_SUCCESS);
    assert_near(balance(&m), 0, 1e-7);
    femd_function_destroy(&exact);
    model_clear(&m);
    return sqrt(sum[0] / sum[1]);
}

static void errors_fall_by_the_order_of_the_element(void **state) {
    const struct {
        const femd_element *element;
        int n;
        double order;
    } cases[] = {{&femd_element_q1, 6, 1.8}, {&femd_element_p1, 8, 1.7}, {&femd_element_p2, 4, 2.7}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; ++i) {
        const double coarse = manufactured(cases[i].element, cases[i].n),
                     fine = manufactured(cases[i].element, 2 * cases[i].n), order = log2(coarse / fine);
        print_message("%s: error %.3g, %.3g K, order %.2f\n", cases[i].element->name, coarse, fine, order);
        if (!(order > cases[i].order) || !(order < cases[i].order + 0.7))
            fail_msg("%s: order %g", cases[i].element->name, order);
    }
}

/* ---- two phases ---- */

/* A layer of 30 beside one of 2 W/(m K), a quarter of the cell along x: what flows at a rise of 1 K along an axis. */
static double layers(const femd_element *element, int axis) {
    model m;
    model_init(&m, element, 4);
    model_heat(&m, skew, 1, 300, 0);
    m.material[0].conductivity = 2;
    m.material[1].conductivity = 30;
    m.material[0].heat_capacity = m.material[1].heat_capacity = 1;
    cell(&m, axis == 0, axis == 1, axis == 2);
    hold_corner(&m, 300);
    OK(model_create(&m, err));
    m.cs.nmaterials = 2;
    for (PetscInt k = 0; k < m.p->pt->n; ++k) m.p->pt->material[k] = m.p->pt->x[3 * k] < 0.25;
    OK(model_run(&m, err));
    const double flow = m.heat[axis];
    assert_near(m.heat[(axis + 1) % 3], 0, 1e-8);
    model_clear(&m);
    return flow;
}

static void layers_conduct_in_series_and_in_parallel(void **state) {
    (void)state;
    for (size_t e = 0; femd_element_at(e); ++e) {
        assert_near(layers(femd_element_at(e), 0), 1 / (0.25 / 30 + 0.75 / 2), 1e-8);
        assert_near(layers(femd_element_at(e), 1), 0.25 * 30 + 0.75 * 2, 1e-8);
        assert_near(layers(femd_element_at(e), 2), 0.25 * 30 + 0.75 * 2, 1e-8);
    }
}

/* ---- in time ---- */

/* A wave in a cell that nothing holds dies with its diffusion and keeps the mean; the level may rise by a source. */
static double wave(const femd_element *element, double theta, int steps) {
    const double k[6] = {2, 2, 2, 0, 0, 0}, c = 5, end = c / (2 * 4 * pi * pi);
    double most = 0;
    model m;
    model_init(&m, element, 1);
    m.cs.mesh.cells[0] = 16;
    m.cs.mesh.size[1] = m.cs.mesh.size[2] = 0.1;
    m.cs.rtol = 1e-10;
    m.cs.end_time = end;
    m.cs.step_count = steps;
    model_heat(&m, k, c, 300, theta);
    m.cs.heat.initial_function = model_function("300+20*cos(2*pi*x)");
    m.cs.heat.has_source = 1;
    m.cs.heat.source = 10 * c / end;
    cell(&m, 0, 0, 0);
    OK(model_run(&m, err));
    assert_int_equal(m.steps, steps);
    for (PetscInt i = 0; i < m.p->pt->n; ++i)
        most = fmax(most, fabs(m.p->pt->temperature[i] - 310 - 20 * exp(-1) * cos(2 * pi * m.p->pt->x[3 * i])));
    assert_int_equal(MPI_Allreduce(MPI_IN_PLACE, &most, 1, MPI_DOUBLE, MPI_MAX, PETSC_COMM_WORLD), MPI_SUCCESS);
    assert_near(m.heat[m.cs.nboundary + 1 + FEMD_HEAT_MEAN], 310, 1e-3);
    assert_near(balance(&m), 0, 1e-8 * m.cs.heat.source);
    model_clear(&m);
    return most;
}

static void a_wave_dies_and_its_mean_stays(void **state) {
    (void)state;
    assert_true(wave(&femd_element_q1, 0.5, 10) < 0.3);
    assert_true(wave(&femd_element_p1, 0.5, 10) < 0.3);
    assert_true(wave(&femd_element_p2, 0.5, 10) < 0.05);
    const double coarse = wave(&femd_element_p2, 1, 10), fine = wave(&femd_element_p2, 1, 20);
    print_message("theta 1: %.3g, %.3g K\n", coarse, fine);
    assert_near(coarse / fine, 2, 0.3);
}

/* A rise of the time: what is stored is what the corner brings in, whatever the nodes are that follow it. */
static void what_a_corner_brings_in_is_stored(void **state) {
    (void)state;
    for (int half = 1; half <= 2; ++half) {
        model m;
        model_init(&m, &femd_element_q1, 3);
        m.cs.rtol = 1e-11;
        m.cs.step_count = 3;
        model_heat(&m, skew, 2, 300, 1.0 / half);
        m.law.k_slope = 0.001;
        cell(&m, 0, 0, NAN);
        model_expression(&m.boundary[0], 0, "8*t^2");
        model_expression(hold_corner(&m, 300), 0, "300+50*t");
        OK(model_run(&m, err));
        const double stored = m.heat[m.cs.nboundary + 1 + FEMD_HEAT_STORED];
        assert_true(fabs(stored) > 1);
        assert_near(m.heat[3], stored, 1e-8);
        assert_near(m.heat[2], 0, 1e-8);
        assert_near(balance(&m), 0, 1e-8);
        model_clear(&m);
    }
}

/* ---- what is refused ---- */

static void what_has_no_answer_is_refused(void **state) {
    (void)state;
    model m;
    model_init(&m, &femd_element_q1, 2);
    model_heat(&m, skew, 1, 300, 0);
    cell(&m, 1, 0, 0);
    REFUSED(&m, "nothing decides the level of a steady temperature");
    model_clear(&m);
    model_init(&m, &femd_element_q1, 2);
    model_heat(&m, skew, 1, 300, 1);
    cell(&m, 1, 0, 0);
    model_load(&m, "left", FEMD_LOAD_TEMPERATURE, 300, 0, 0)->has[0] = 1;
    model_load(&m, "right", FEMD_LOAD_TEMPERATURE, 300, 0, 0)->has[0] = 1;
    REFUSED(&m, "contradicts what other entries prescribe");
    model_clear(&m);
    model_init(&m, &femd_element_q1, 2);
    m.cs.mesh.cells[2] = 3;
    model_heat(&m, skew, 1, 300, 1);
    repeat(&m, "right", "top", 0);
    REFUSED(&m, "periodic faces need the same mesh");
    model_clear(&m);
}

/* Faces that are named twice, once from either side, let through what they let through: 3 K over k = 1 and a source. */
static void what_passes_is_told_once(void **state) {
    (void)state;
    model m;
    model_init(&m, &femd_element_q1, 2);
    model_heat(&m, (const double[6]){1, 1, 1, 0, 0, 0}, 1, 300, 0);
    repeat(&m, "right", "left", 3);
    repeat(&m, "left", "right", -3);
    repeat(&m, "right", "left", 3);
    repeat(&m, "back", "front", 1);
    hold_corner(&m, 320);
    m.cs.heat.has_source = 1;
    m.cs.heat.source = 5;
    OK(model_run(&m, err));
    assert_near(balance(&m), 0, 1e-9);
    femd_recorder r;
    femd_recorder_begin(&r);
    femd_history_fit(&r.history, &m.cs);
    femd_history_row row = {.rec = m.last};
    row.rec.heat = m.heat;
    OK(femd_history_add(&r.history, &row, err));
    char *text = NULL, *line;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    femd_recorder_table(&r, m.p, out);
    assert_int_equal(fclose(out), 0);
    if (m.p->rank == 0) {
        assert_non_null(line = strchr(text, '\n'));
        double in, gone;
        assert_int_equal(sscanf(line, "%*d %*f %*d %*d %*f %lf %lf", &in, &gone), 2);
        double through = 0;
        for (int b = 0; b < 4; b += 3) through += fabs(m.heat[b]);
        assert_near(in, through + 5, 1e-3 * in);
        assert_near(gone, through + 5, 1e-3 * in);
        assert_true(fabs(m.heat[0]) > 0.4 && fabs(m.heat[1]) > 0.4);
    }
    free(text);
    femd_history_clear(&r.history);
    model_clear(&m);
}

int main(int argc, char **argv) {
    model_start(&argc, &argv);
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_uniform_body_has_the_mean_gradient),
                                       cmocka_unit_test(a_free_rise_lets_nothing_through),
                                       cmocka_unit_test(errors_fall_by_the_order_of_the_element),
                                       cmocka_unit_test(layers_conduct_in_series_and_in_parallel),
                                       cmocka_unit_test(a_wave_dies_and_its_mean_stays),
                                       cmocka_unit_test(what_a_corner_brings_in_is_stored),
                                       cmocka_unit_test(what_passes_is_told_once),
                                       cmocka_unit_test(what_has_no_answer_is_refused)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
