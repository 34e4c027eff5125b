/* The elastic engine, and the control and checks that every engine goes through. */
#include "engine_material.h"

#define STEEL "{\"engine\":\"elastic\",\"young\":\"200 GPa\",\"poisson\":0.3}"
#define WARM                                                                                                           \
    "{\"engine\":\"elastic\",\"lambda\":\"100 GPa\",\"mu\":\"80 "                                                      \
    "GPa\",\"thermal_expansion\":1e-5,\"reference_temperature\":300,\"conductivity\":40,\"heat_capacity\":3e6}"

static void stress_is_stiffness_times_strain(void **state) {
    (void)state;
    femd_material *m = open_material(STEEL);
    const double E[6] = {0.01, -0.002, 0.003, 0.004, -0.005, 0.006};
    const double lambda = 200 * GPA * 0.3 / (1.3 * 0.4), mu = 200 * GPA / 2.6, trace = E[0] + E[1] + E[2];
    femd_response r;
    evaluate(m, E, BASIC | FEMD_WANT_ENERGY, NULL, &r, NULL);
    for (int i = 0; i < 6; i++) assert_true(fabs(r.S[i] - (i < 3 ? lambda * trace + 2 * mu * E[i] : mu * E[i])) < 1e-4);
    assert_true(fabs(r.D[0] - (lambda + 2 * mu)) < 1e-3 && fabs(r.D[1] - lambda) < 1e-3 && fabs(r.D[21] - mu) < 1e-3);
    double energy = 0;
    for (int i = 0; i < 6; i++) energy += 0.5 * r.S[i] * E[i];
    assert_true(fabs(r.energy - energy) < 1e-9 * energy);
    assert_true(femd_hash_is_zero(&r.state_out));
    femd_material_close(&m);
}

static void heat_is_answered_where_the_material_has_it(void **state) {
    (void)state;
    femd_material *m = open_material(WARM), *cold = open_material(STEEL);
    femd_request q = {.wants = BASIC | FEMD_WANT_THERMAL_STRESS | FEMD_WANT_CONDUCTIVITY | FEMD_WANT_HEAT_CAPACITY,
                      .temperature = 350};
    femd_response r;
    femd_error err = FEMD_ERROR_INIT;
    request(m, &q, NULL, &r, NULL);
    const double beta = (3 * 100 + 2 * 80) * GPA * 1e-5;
    assert_true(fabs(r.S[0] + 50 * beta) < 1 && fabs(r.dSdT[1] + beta) < 1e-3 && r.dSdT[4] == 0);
    assert_true(r.k[2] == 40 && r.k[3] == 0 && r.heat_capacity == 3e6);
    assert_int_equal(try_request(cold, &q, NULL, &r, NULL, &err), FEMD_UNSUPPORTED);
    assert_non_null(strstr(err.text, "thermal-stress"));
    assert_int_equal(r.provided, 0);
    femd_material_close(&m);
    femd_material_close(&cold);
}

static void prescribed_stress_gives_uniaxial_strain(void **state) {
    (void)state;
    femd_material *m = open_material(STEEL);
    femd_request q = {.wants = BASIC, .mask = 62, .value = {0.01}};
    femd_response r;
    request(m, &q, NULL, &r, NULL);
    assert_true(fabs(r.S[0] - 200 * GPA * 0.01) < 10);
    assert_true(fabs(r.E[1] + 0.003) < 1e-10 && largest(5, r.S + 1) < 1);
    femd_material_close(&m);
}

/* The pressure that a response carries. */
static double pressure_of(const femd_response *r) {
    double sigma[6], F[9];
    femd_error err = FEMD_ERROR_INIT;
    assert_int_equal(femd_stretch_from_E(r->E, F, &err), FEMD_OK);
    femd_cauchy(F, r->S, sigma);
    return -(sigma[0] + sigma[1] + sigma[2]) / 3;
}

static void pressure_control_agrees_with_differences(void **state) {
    (void)state;
    femd_material *m = open_material(STEEL);
    femd_request q = {.wants = BASIC,
                      .control = FEMD_CONTROL_PRESSURE,
                      .pressure = 2 * GPA,
                      .value = {0.02, -0.015, 0.001, 0.01, 0.02, -0.01}};
    femd_response r, a, b;
    request(m, &q, NULL, &r, NULL);
    assert_true(fabs(pressure_of(&r) - q.pressure) < 1e-9 * q.pressure);
    femd_request s = q;
    const double h = 1e4;
    s.pressure = q.pressure + h, request(m, &s, NULL, &a, NULL);
    s.pressure = q.pressure - h, request(m, &s, NULL, &b, NULL);
    assert_true(fabs((a.J - b.J) / (2 * h) / r.dJdp - 1) < 1e-5);
    for (int c = 0; c < 6; c++) assert_true(fabs((a.S[c] - b.S[c]) / (2 * h) - r.dSdp[c]) < 1e-5);
    for (int c = 0; c < 6; c++) {
        s = q;
        s.value[c] += 1e-5, request(m, &s, NULL, &a, NULL);
        s.value[c] -= 2e-5, request(m, &s, NULL, &b, NULL);
        assert_true(fabs((a.J - b.J) / 2e-5 - r.dJdC[c]) < 1e-7);
    }
    femd_material_close(&m);
}

static void impossible_strain_and_numbers_are_refused(void **state) {
    (void)state;
    femd_material *m = open_material(STEEL);
    femd_request q = {.wants = BASIC, .value = {-0.6}};
    femd_response r;
    femd_error err = FEMD_ERROR_INIT;
    assert_int_equal(try_request(m, &q, NULL, &r, NULL, &err), FEMD_OUT_OF_DOMAIN);
    q.value[0] = NAN;
    assert_int_equal(try_request(m, &q, NULL, &r, NULL, &err), FEMD_BAD_ARGUMENT);
    q.value[0] = 0;
    q.temperature = -2;
    assert_int_equal(try_request(m, &q, NULL, &r, NULL, &err), FEMD_OUT_OF_DOMAIN);
    assert_non_null(strstr(err.text, "the temperature of the request, -2 K, is below 0 K"));
    q.temperature = 0;
    assert_int_equal(try_request(m, &q, NULL, &r, NULL, &err), FEMD_OK);
    femd_material_close(&m);
}

static void unsymmetric_stiffness_is_refused(void **state) {
    (void)state;
    femd_material *m = NULL;
    femd_error err = FEMD_ERROR_INIT;
    char json[1024] = "{\"engine\":\"elastic\",\"stiffness\":[";
    for (int i = 0; i < 36; i++) snprintf(json + strlen(json), 64, "%s%d", i ? "," : "", i % 7 ? (i == 1 ? 5 : 0) : 9);
    strcat(json, "]}");
    assert_int_equal(try_open(json, &m, &err), FEMD_BAD_INPUT);
    assert_non_null(strstr(err.text, "not symmetric"));
}

static int stop_now(void *user, double fraction) {
    (void)fraction;
    return *(int *)user;
}

static void busy_work_can_be_cancelled(void **state) {
    (void)state;
    femd_material *m = open_material("{\"engine\":\"elastic\",\"young\":1e9,\"poisson\":0.2,\"cost_us\":60000000}");
    femd_request q = {.wants = BASIC};
    femd_response r;
    femd_buffer out = FEMD_BUFFER_INIT;
    femd_error err = FEMD_ERROR_INIT;
    int code = 1;
    const femd_beat beat = {&code, stop_now};
    assert_int_equal(femd_material_evaluate(m, &q, NULL, &beat, &r, &out, &err), FEMD_CANCELLED);
    code = FEMD_DEADLINE;
    assert_int_equal(femd_material_evaluate(m, &q, NULL, &beat, &r, &out, &err), FEMD_DEADLINE);
    femd_buffer_clear(&out);
    femd_material_close(&m);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stress_is_stiffness_times_strain),
        cmocka_unit_test(heat_is_answered_where_the_material_has_it),
        cmocka_unit_test(prescribed_stress_gives_uniaxial_strain),
        cmocka_unit_test(pressure_control_agrees_with_differences),
        cmocka_unit_test(impossible_strain_and_numbers_are_refused),
        cmocka_unit_test(unsymmetric_stiffness_is_refused),
        cmocka_unit_test(busy_work_can_be_cancelled),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
