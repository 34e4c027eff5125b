/* Points whose chemical potentials are prescribed: their compositions come back, and no others'. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "law_server.h"

static void compositions_come_at_prescribed_potentials(void **state) {
    (void)state;
    static const double strain[12] = {0}, delta_mu[6] = {1e-20, -0.0, -3e-21, 2e-20, 1e-21, 4e-21};
    bench b;
    double x[8], error[2], S[12];
    int32_t status[2];
    bench_open(&b);
    const femd_arrays arrays = {.size = sizeof arrays,
                                .n = 2,
                                .law = FEMD_LAW_SMALL,
                                .strain = strain,
                                .stress = S,
                                .status = status,
                                .delta_mu = delta_mu,
                                .composition = x,
                                .composition_error = error};
    assert_int_equal(bench_ask(&b, &arrays), FEMD_OK);
    assert_int_equal(b.seen.last.wants, FEMD_WANT_STRESS | FEMD_WANT_COMPOSITION);
    assert_int_equal(b.seen.last.flags, FEMD_REQUEST_EXCHANGE);
    const double expected[8] = {0.6, 0.25, -0.03, 0, 0.7, 0.26, 0.04, 0};
    for (int k = 0; k < 8; k++) assert_near(x[k], expected[k], 1e-14);
    assert_true(error[0] == 0.001 && error[1] == 0.001);
    femd_arrays stress_alone = arrays;
    stress_alone.composition = stress_alone.composition_error = NULL;
    assert_int_equal(bench_ask(&b, &stress_alone), FEMD_OK);
    assert_int_equal(b.seen.last.wants, FEMD_WANT_STRESS);
    assert_int_equal(b.seen.last.flags, FEMD_REQUEST_EXCHANGE);
    bench_close(&b);
}

static void a_failed_point_has_no_composition(void **state) {
    (void)state;
    static const double strain[12] = {0}, delta_mu[6] = {0};
    const uint64_t points[2] = {1, BAD};
    bench b;
    double x[8], error[2];
    int32_t status[2];
    bench_open(&b);
    const femd_arrays arrays = {.size = sizeof arrays,
                                .n = 2,
                                .law = FEMD_LAW_SMALL,
                                .strain = strain,
                                .points = points,
                                .status = status,
                                .delta_mu = delta_mu,
                                .composition = x,
                                .composition_error = error};
    assert_int_equal(bench_ask(&b, &arrays), FEMD_INSTABILITY);
    for (int k = 0; k < 4; k++) assert_true(isfinite(x[k]) && isnan(x[4 + k]));
    assert_true(isfinite(error[0]) && isnan(error[1]));
    bench_close(&b);
}

static void what_cannot_be_asked_is_refused(void **state) {
    (void)state;
    static const double strain[6] = {0}, bad[3] = {0, INFINITY};
    bench b;
    double x[4];
    int32_t status;
    femd_status worst;
    bench_open(&b);
    femd_arrays arrays = {
        .size = sizeof arrays, .n = 1, .law = FEMD_LAW_SMALL, .strain = strain, .status = &status, .composition = x};
    assert_int_equal(femd_arrays_evaluate(b.client, &material, &arrays, &worst, &b.err), FEMD_BAD_ARGUMENT);
    assert_non_null(strstr(b.err.text, "delta_mu, which is NULL"));
    arrays.composition = NULL;
    arrays.composition_error = x;
    assert_int_equal(femd_arrays_evaluate(b.client, &material, &arrays, &worst, &b.err), FEMD_BAD_ARGUMENT);
    arrays.delta_mu = bad;
    assert_int_equal(femd_arrays_evaluate(b.client, &material, &arrays, &worst, &b.err), FEMD_BAD_ARGUMENT);
    assert_non_null(strstr(b.err.text, "its delta_mu is not finite"));
    bench_close(&b);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(compositions_come_at_prescribed_potentials),
        cmocka_unit_test(a_failed_point_has_no_composition),
        cmocka_unit_test(what_cannot_be_asked_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
