/* How far temperatures and the flow of heat of a transient are uncertain with conductivities that are sampled: what
 * earlier steps have left is in it, against differences of whole runs, and in trials. */
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

static const double argon[6] = {25, 25, 25, 0, 0, 0};
static cJSON *cubic, *both; /* of which the heat capacity is sampled too */

static double told(const model *m, femd_heat_number number) {
    return m->heat[m->cs.nboundary + 1 + number];
}

static double *temperatures(const model *m) {
    double *T = malloc((m->p->temperature->n + 1) * sizeof *T);
    assert_non_null(T);
    OK(femd_field_get(m->p->temperature, T, err));
    return T;
}

/* The integral of grad T . K grad T. */
static double dissipated(const model *m) {
    double sum = 0, q[3], slope[3], *T = temperatures(m);
    for (PetscInt k = 0; k < m->p->pt->n; ++k) {
        femd_heat_flux(m->p, k, T, q);
        femd_heat_gradient(m->p->heat, k, T, slope);
        for (int a = 0; a < 3; ++a) sum -= m->p->pt->weight[k] * q[a] * slope[a];
    }
    free(T);
    return sum;
}

static void begin(model *m, const femd_element *element, int cells, double theta, double accuracy) {
    model_init(m, element, 1);
    m->comm = PETSC_COMM_SELF;
    m->cs.mesh.cells[0] = cells;
    m->cs.rtol = 1e-11;
    model_heat(m, argon, 1, 60, theta);
    m->law.k_power = -1;
    m->law.k_noise = 0.1;
    m->cs.heat.accuracy = accuracy;
    m->material[0].node = cubic;
}

/* A body that is heated by a source and cools at both ends, at one by convection. */
static void warmed(model *m, const femd_element *element, double theta, double accuracy, double c_noise) {
    begin(m, element, 3, theta, accuracy);
    m->law.c_noise = c_noise;
    if (c_noise > 0) m->material[0].node = both;
    m->cs.step_count = 5;
    model_expression(model_load(m, "left", FEMD_LOAD_TEMPERATURE, 0, 0, 0), 0, "60-20*t");
    model_load(m, "right", FEMD_LOAD_CONVECTION, 2, 30, 0);
    m->cs.heat.has_source = 1;
    m->cs.heat.source_function = model_function("20*x*(1+t)");
}

/* With these samples and no others, one column of their fit moved. */
static void with_samples(model *m, const femd_element *element, double theta, const femd_heat_sampled *s, int slot,
                         int j, double moved) {
    double column[FEMD_K_COEFFICIENTS];
    warmed(m, element, theta, 1e3, s->fit[1] ? 0.05 : 0);
    OK(model_create(m, err));
    OK(femd_heat_put_samples(m->p, (const double *)(const void *)s->sample, s->n, s->asked, err));
    femd_k_fit_column(s->fit[slot], j, column);
    for (int i = 0; i < s->fit[slot]->n; ++i) m->p->heat->sampled->fit[slot]->coefficient[i] += moved * column[i];
    OK(model_run(m, err));
    assert_int_equal(m->p->heat->sampled->n, s->n);
}

static void errors_in_time_are_those_of_differences(void **state) {
    (void)state;
    const double step = 1e-3;
    for (int how = 0; how < 6; ++how) {
        const femd_element *element = how < 2 || how > 3 ? &femd_element_q1 : &femd_element_p2;
        const double theta = how % 2 ? 0.5 : 1;
        double square[128] = {0}, flow = 0, most = 0;
        model sampled, m;
        warmed(&sampled, element, theta, 0.05, how < 4 ? 0 : 0.05);
        OK(model_run(&sampled, err));
        const femd_heat_sampled *s = sampled.p->heat->sampled;
        with_samples(&m, element, theta, s, 0, 0, 0);
        const size_t n = m.p->temperature->n;
        assert_true(n <= 128);
        const int of_k = s->fit[0]->n, of_c = s->fit[1] ? s->fit[1]->n : 0;
        assert_true((of_c > 0) == (how > 3));
        for (int j = 0; j < of_k + of_c; ++j) {
            model up, down;
            with_samples(&up, element, theta, s, j >= of_k, j < of_k ? j : j - of_k, step);
            with_samples(&down, element, theta, s, j >= of_k, j < of_k ? j : j - of_k, -step);
            double *a = temperatures(&up), *b = temperatures(&down);
            for (size_t i = 0; i < n; ++i) square[i] += pow((a[i] - b[i]) / (2 * step), 2);
            flow += pow((dissipated(&up) - dissipated(&down)) / (2 * step), 2);
            free(a);
            free(b);
            model_clear(&up);
            model_clear(&down);
        }
        const double *errors = femd_heat_errors(m.p);
        for (size_t i = 0; i < n; ++i) {
            assert_near(errors[i], sqrt(square[i]), 1e-5);
            most = fmax(most, errors[i]);
        }
        flow = sqrt(flow) / dissipated(&m);
        print_message("%s, theta %g: T to %.3f K, flow to %.4g (%.4g by differences; %.4g by the last step)\n",
                      element->name, theta, most, told(&m, FEMD_HEAT_FLOW_ERROR), flow,
                      m.p->heat->sampled->doubt[FEMD_SAMPLED_CONDUCTIVITY].flow);
        assert_near(told(&m, FEMD_HEAT_FLOW_ERROR), flow, 1e-4 * flow);
        assert_true(most > 0.02 && fabs(m.p->heat->sampled->doubt[FEMD_SAMPLED_CONDUCTIVITY].flow / flow - 1) > 0.05);
        model_clear(&m);
        model_clear(&sampled);
    }
}

/* A body that cools from one end: what flows late tells of the conductivity of all times. */
static void cooling(model *m) {
    begin(m, &femd_element_q1, 4, 1, 0.05);
    m->cs.step_count = 6;
    m->cs.end_time = 0.9;
    model_load(m, "right", FEMD_LOAD_TEMPERATURE, 20, 0, 0)->has[0] = 1;
}

static void the_error_that_is_told_covers_in_time(void **state) {
    enum { RUNS = 120 };
    double z2 = 0, mean = 0, step = 0;
    int within = 0;
    (void)state;
    model m;
    cooling(&m);
    m.law.k_noise = 0;
    OK(model_run(&m, err));
    const double exact = dissipated(&m);
    model_clear(&m);
    for (int run = 0; run < RUNS; ++run) {
        cooling(&m);
        m.cs.seed = 100 + (uint64_t)run;
        OK(model_run(&m, err));
        const double error = told(&m, FEMD_HEAT_FLOW_ERROR), z = (dissipated(&m) / exact - 1) / error;
        z2 += z * z / RUNS;
        mean += error / RUNS;
        step += m.p->heat->sampled->doubt[FEMD_SAMPLED_CONDUCTIVITY].flow / RUNS;
        within += fabs(z) < 1.96;
        model_clear(&m);
    }
    print_message("%d of %d within 1.96 sigma, %.2f sigma in the mean; %.3g told, %.3g by the last step\n", within,
                  RUNS, sqrt(z2), mean, step);
    assert_true(within >= RUNS - 14);
    assert_true(sqrt(z2) > 0.8 && sqrt(z2) < 1.25);
    assert_true(mean > 2 * step);
}

int main(int argc, char **argv) {
    model_start(&argc, &argv);
    cubic = cJSON_Parse("{\"symmetry\": \"cubic\"}");
    both = cJSON_Parse("{\"symmetry\": \"cubic\", \"method\": {\"stress\": \"statics\", \"heat-capacity\": \"md\"}}");
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(errors_in_time_are_those_of_differences),
        cmocka_unit_test(the_error_that_is_told_covers_in_time),
    };
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    cJSON_Delete(cubic);
    cJSON_Delete(both);
    return failed;
}
