/* Mixed and pressure control of an atomistic RVE, objectivity, stability. */
#include "engine_material.h"

#define VACANCY COPPER(",\"repeat\":[2,2,2],\"vacancies\":{\"count\":1,\"seed\":7}", "")

static void uniaxial_stress_leaves_the_sides_free(void **state) {
    (void)state;
    femd_material *m = open_material(VACANCY);
    femd_request q = {.wants = BASIC, .mask = 62, .value = {0.01}};
    femd_response r, check;
    request(m, &q, NULL, &r, NULL);
    assert_true(r.E[0] == 0.01 && largest(5, r.S + 1) < 10 && r.S[0] > 0.4 * GPA && r.E[1] < -0.002);
    evaluate(m, r.E, BASIC, NULL, &check, NULL);
    assert_true(largest_difference(6, r.S, check.S) < 10);
    assert_true(largest_difference(36, r.D, check.D) < 1e-7 * largest(36, r.D));
    femd_material_close(&m);
}

static double pressure_of(const femd_response *r) {
    double sigma[6], U[9];
    femd_error err = FEMD_ERROR_INIT;
    assert_int_equal(femd_stretch_from_E(r->E, U, &err), FEMD_OK);
    femd_cauchy(U, r->S, sigma);
    return -(sigma[0] + sigma[1] + sigma[2]) / 3;
}

static void pressure_control_agrees_with_differences(void **state) {
    (void)state;
    femd_material *m = open_material(VACANCY);
    femd_request q = {.wants = BASIC,
                      .control = FEMD_CONTROL_PRESSURE,
                      .pressure = 0.5 * GPA,
                      .value = {0.006, -0.004, 0.001, 0.004, 0.006, -0.003}};
    femd_response r, a, b;
    femd_buffer at = FEMD_BUFFER_INIT;
    request(m, &q, NULL, &r, &at);
    assert_true(fabs(pressure_of(&r) - q.pressure) < 10);
    femd_request s = q;
    const double h = 1e6;
    s.pressure = q.pressure + h, request(m, &s, &at, &a, NULL);
    s.pressure = q.pressure - h, request(m, &s, &at, &b, NULL);
    assert_true(fabs((a.J - b.J) / (2 * h) / r.dJdp - 1) < 1e-5);
    for (int c = 0; c < 6; c++) assert_true(fabs((a.S[c] - b.S[c]) / (2 * h) - r.dSdp[c]) < 1e-5);
    for (int c = 0; c < 6; c++) {
        s = q;
        s.value[c] += 1e-5, request(m, &s, &at, &a, NULL);
        s.value[c] -= 2e-5, request(m, &s, &at, &b, NULL);
        assert_true(fabs((a.J - b.J) / 2e-5 - r.dJdC[c]) < 2e-6);
    }
    femd_buffer_clear(&at);
    femd_material_close(&m);
}

static void rotated_deformation_gives_rotated_stress(void **state) {
    (void)state;
    static const struct {
        const char *json;
        double tolerance;
    } cases[] = {
        {"{\"engine\":\"elastic\",\"young\":2e11,\"poisson\":0.3}", 1e-12},
        {"{\"engine\":\"cauchy-born\",\"structure\":{\"lattice\":\"fcc\",\"a\":3.615e-10,\"species\":[\"Cu\"]},"
         "\"potential\":{\"style\":\"eam/alloy\",\"file\":\"Cu_mishin1.eam.alloy\"}}",
         1e-12},
        {VACANCY, 1e-9},
    };
    const double F[9] = {1.02, 0.01, 0, -0.004, 0.99, 0.02, 0.003, 0, 1.01};
    const double c = cos(0.7), s = sin(0.7), Q[9] = {c, -s, 0, s, c, 0, 0, 0, 1};
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        femd_material *m = open_material(cases[k].json);
        double G[9], E[6], turned[6], P[9], QP[9], want[9];
        femd_response r, t;
        femd_error err = FEMD_ERROR_INIT;
        for (int i = 0; i < 9; i++)
            G[i] = Q[3 * (i / 3)] * F[i % 3] + Q[3 * (i / 3) + 1] * F[3 + i % 3] + Q[3 * (i / 3) + 2] * F[6 + i % 3];
        assert_int_equal(femd_strain_from_F(F, E, &err), FEMD_OK);
        assert_int_equal(femd_strain_from_F(G, turned, &err), FEMD_OK);
        evaluate(m, E, FEMD_WANT_STRESS, NULL, &r, NULL);
        evaluate(m, turned, FEMD_WANT_STRESS, NULL, &t, NULL);
        femd_first_piola(F, r.S, NULL, P, NULL);
        femd_first_piola(G, t.S, NULL, QP, NULL);
        for (int i = 0; i < 9; i++)
            want[i] = Q[3 * (i / 3)] * P[i % 3] + Q[3 * (i / 3) + 1] * P[3 + i % 3] + Q[3 * (i / 3) + 2] * P[6 + i % 3];
        const double error = largest_difference(9, want, QP) / largest(9, P);
        print_message("objectivity, engine %zu: %.1e\n", k, error);
        assert_true(error < cases[k].tolerance);
        femd_material_close(&m);
    }
}

static void stability_is_the_lowest_frequency(void **state) {
    (void)state;
    femd_material *m = open_material(VACANCY);
    femd_response r, stretched;
    const double zero[6] = {0}, E[6] = {0.03, 0.03, 0.03};
    evaluate(m, zero, FEMD_WANT_STABILITY, NULL, &r, NULL);
    evaluate(m, E, FEMD_WANT_STABILITY, NULL, &stretched, NULL);
    print_message("lowest eigenvalue %.3f N/m, at 3 %% stretch %.3f N/m\n", r.stability, stretched.stability);
    assert_true(r.stability > 1 && stretched.stability > 0 && stretched.stability < r.stability);
    femd_material_close(&m);
}

/* Strained beyond its strength a crystal finds another minimum; a stress beyond it there is none for. */
static void a_crystal_beyond_its_strength_is_unstable(void **state) {
    (void)state;
    femd_material *m = open_material(COPPER(",\"repeat\":[2,2,2]", ""));
    femd_request q = {.wants = BASIC, .mask = 7, .value = {3e10, 3e10, 3e10}};
    femd_response r;
    femd_error err = FEMD_ERROR_INIT;
    femd_buffer out = FEMD_BUFFER_INIT;
    const femd_status rc = try_request(m, &q, NULL, &r, &out, &err);
    assert_true(femd_status_is_physics(rc) && err.text[0]);
    assert_true(out.size == 0 && r.provided == 0);
    femd_buffer_clear(&out);
    femd_material_close(&m);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(uniaxial_stress_leaves_the_sides_free),
        cmocka_unit_test(pressure_control_agrees_with_differences),
        cmocka_unit_test(rotated_deformation_gives_rotated_stress),
        cmocka_unit_test(stability_is_the_lowest_frequency),
        cmocka_unit_test(a_crystal_beyond_its_strength_is_unstable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
