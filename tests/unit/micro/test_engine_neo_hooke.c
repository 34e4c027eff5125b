/* The neo-Hooke engine: its derivatives by differences, the two controls against each other, and the identity that ties
 * what they answer together. */
#include "engine_material.h"

#define MU       80.194
#define SOFT     "{\"engine\":\"neo-hooke\",\"mu\":80.194,\"bulk\":1000}"
#define STIFF    "{\"engine\":\"neo-hooke\",\"mu\":80.194,\"bulk\":\"40.097 kPa\"}" /* bulk/mu 500 */
#define ENERGIES (FEMD_WANT_ENERGY | FEMD_WANT_HELMHOLTZ)

static const double bent[6] = {0.12, -0.07, 0.03, 0.15, -0.2, 0.1};

static double contract(const double S[6], const double C[6]) {
    double sum = 0;
    for (int i = 0; i < 6; i++) sum += (i < 3 ? 1 : 2) * S[i] * C[i];
    return sum;
}

/* C = 2E + 1, without engineering factors, and its determinant. */
static double metric(const double E[6], double C[6], double inverse[6]) {
    for (int i = 0; i < 6; i++) C[i] = i < 3 ? 1 + 2 * E[i] : E[i];
    const double minor[6] = {C[1] * C[2] - C[3] * C[3], C[0] * C[2] - C[4] * C[4], C[0] * C[1] - C[5] * C[5],
                             C[4] * C[5] - C[0] * C[3], C[5] * C[3] - C[1] * C[4], C[4] * C[3] - C[2] * C[5]};
    const double det = C[0] * minor[0] + C[5] * minor[5] + C[4] * minor[4];
    for (int i = 0; i < 6; i++) inverse[i] = minor[i] / det;
    return det;
}

static void stress_is_the_slope_of_the_energy(void **state) {
    (void)state;
    femd_material *m = open_material(SOFT);
    femd_response r, a, b;
    double at[6], C[6], inverse[6];
    evaluate(m, bent, BASIC | ENERGIES, NULL, &r, NULL);
    const double det = metric(bent, C, inverse), J = sqrt(det);
    const double energy = 0.5 * MU * ((C[0] + C[1] + C[2]) / cbrt(det) - 3) + 250 * (det - 1 - 2 * log(J));
    assert_true(fabs(r.J - J) < 1e-14);
    assert_true(fabs(r.energy - energy) < 1e-13 * energy && r.helmholtz == r.energy);
    for (int c = 0; c < 6; c++) {
        memcpy(at, bent, sizeof at);
        at[c] = bent[c] + 1e-5, evaluate(m, at, ENERGIES, NULL, &a, NULL);
        at[c] = bent[c] - 1e-5, evaluate(m, at, ENERGIES, NULL, &b, NULL);
        assert_true(fabs((a.energy - b.energy) / 2e-5 - r.S[c]) < 1e-7 * largest(6, r.S));
        assert_int_equal(a.provided, ENERGIES);
    }
    femd_material_close(&m);
}

static void tangent_is_the_slope_of_the_stress(void **state) {
    (void)state;
    femd_material *soft = open_material(SOFT), *stiff = open_material(STIFF);
    const double none[6] = {0};
    femd_response r;
    assert_true(tangent_error(soft, bent, NULL, 1e-5) < 1e-8);
    assert_true(tangent_error(stiff, bent, NULL, 1e-5) < 1e-8);
    evaluate(soft, none, BASIC | ENERGIES, NULL, &r, NULL);
    assert_true(largest(6, r.S) == 0 && r.energy == 0);
    assert_true(fabs(r.D[0] - (1000 + 4 * MU / 3)) < 1e-10 && fabs(r.D[1] - (1000 - 2 * MU / 3)) < 1e-10);
    assert_true(fabs(r.D[21] - MU) < 1e-12 && r.D[3] == 0);
    femd_material_close(&soft);
    femd_material_close(&stiff);
}

static const femd_request pressed = {.wants = BASIC | ENERGIES,
                                     .control = FEMD_CONTROL_PRESSURE,
                                     .pressure = 70,
                                     .value = {0.12, -0.07, 0.03, 0.15, -0.2, 0.1}};

/* The strain that was reached, prescribed, gives the same. */
static void pressure_and_strain_agree(void **state) {
    (void)state;
    femd_material *m = open_material(STIFF);
    static const double pressure[] = {70, -3000, 90000, 0};
    double C[6], inverse[6];
    femd_response r, s;
    for (size_t k = 0; k < sizeof pressure / sizeof *pressure; k++) {
        femd_request q = pressed;
        q.pressure = pressure[k];
        request(m, &q, NULL, &r, NULL);
        const double det = metric(r.E, C, inverse);
        assert_true(fabs(sqrt(det) - r.J) < 1e-13);
        const double scale = largest(36, r.D);
        assert_true(fabs(-contract(r.S, C) / (3 * r.J) - q.pressure) < 1e-13 * scale);
        evaluate(m, r.E, BASIC | ENERGIES, NULL, &s, NULL);
        assert_true(largest_difference(6, r.S, s.S) < 1e-13 * scale);
        assert_true(largest_difference(36, r.D, s.D) < 1e-12 * scale);
        assert_true(fabs(r.energy - s.energy) < 1e-13 * scale);
    }
    femd_material_close(&m);
}

static void derivatives_under_pressure_are_slopes(void **state) {
    (void)state;
    femd_material *m = open_material(SOFT);
    femd_response r, a, b;
    femd_request q = pressed;
    request(m, &pressed, NULL, &r, NULL);
    q.pressure = pressed.pressure + 1e-2, request(m, &q, NULL, &a, NULL);
    q.pressure = pressed.pressure - 1e-2, request(m, &q, NULL, &b, NULL);
    assert_true(r.dJdp < 0 && fabs((a.J - b.J) / 2e-2 / r.dJdp - 1) < 1e-8);
    for (int c = 0; c < 6; c++) assert_true(fabs((a.S[c] - b.S[c]) / 2e-2 - r.dSdp[c]) < 1e-8);
    for (int c = 0; c < 6; c++) {
        q = pressed;
        q.value[c] += 1e-3, request(m, &q, NULL, &a, NULL);
        assert_true(fabs(a.J - r.J) < 1e-15 && r.dJdC[c] == 0);
    }
    femd_material_close(&m);
}

/* dS/dE at the prescribed pressure's equilibrium, less what the pressure gives way by, is the tangent of strain
 * control: D = A - b b^T / (dJ/dp), A = dS/dE and b = dS/dp at J(E), the volume being that of the strain. */
static void volume_condensed_out_is_the_tangent(void **state) {
    (void)state;
    static const char *const text[] = {SOFT, STIFF};
    for (int k = 0; k < 2; k++) {
        femd_material *m = open_material(text[k]);
        femd_response r;
        double C[6], inverse[6], worst = 0;
        request(m, &pressed, NULL, &r, NULL);
        metric(r.E, C, inverse);
        const double p = pressed.pressure, root = cbrt(r.J * r.J);
        /* S = mu J^(-2/3) (1 - tr C/3 C^-1) - p J C^-1 of any E: its slope at constant p, by hand */
        for (int a = 0; a < 6; a++)
            for (int b = 0; b < 6; b++) {
                static const int row[6] = {0, 1, 2, 1, 0, 0}, column[6] = {0, 1, 2, 2, 2, 1};
                static const int at[3][3] = {{0, 5, 4}, {5, 1, 3}, {4, 3, 2}};
                const int i = row[a], j = column[a], u = row[b], v = column[b];
                const double round =
                    0.5 * (inverse[at[i][u]] * inverse[at[j][v]] + inverse[at[i][v]] * inverse[at[j][u]]);
                const double trace = C[0] + C[1] + C[2];
                const double A = 2 * MU / (3 * root) *
                                     (trace * round + trace / 3 * inverse[a] * inverse[b] - (a < 3) * inverse[b] -
                                      inverse[a] * (b < 3)) -
                                 p * r.J * (inverse[a] * inverse[b] - 2 * round);
                const double condensed = A - r.J * inverse[a] * r.J * inverse[b] / r.dJdp;
                worst = fmax(worst, fabs(condensed - r.D[6 * a + b]));
            }
        assert_true(worst < 1e-12 * largest(36, r.D));
        femd_material_close(&m);
    }
}

static void prescribed_stress_is_reached(void **state) {
    (void)state;
    femd_material *m = open_material(STIFF);
    femd_request q = {.wants = BASIC, .mask = 62, .value = {5e-4}};
    femd_response r;
    request(m, &q, NULL, &r, NULL);
    const double stretch = sqrt(1.001);
    assert_true(largest(5, r.S + 1) < 1e-6);
    /* incompressible: sigma = mu (l^2 - 1/l), S = sigma / l^2 */
    assert_true(fabs(r.S[0] / (MU * (1.001 - 1 / stretch) / 1.001) - 1) < 4e-3);
    assert_true(fabs(r.J - 1) < 1e-3 && r.J > 1);
    femd_material_close(&m);
}

#define WARM                                                                                                           \
    "{\"engine\":\"neo-hooke\",\"mu\":80.194,\"bulk\":1000,\"thermal_expansion\":\"2e-3 1/K\","                        \
    "\"reference_temperature\":300,\"conductivity\":3,\"heat_capacity\":50}"
#define THERMAL (FEMD_WANT_THERMAL_STRESS | FEMD_WANT_CONDUCTIVITY | FEMD_WANT_HEAT_CAPACITY)

/* dS/dT, the entropy behind both energies, J under a pressure and both controls: of one potential. */
static void the_temperature_acts_by_one_potential(void **state) {
    (void)state;
    femd_material *m = open_material(WARM);
    const double T = 340, h = 1e-3;
    femd_request q = {.wants = BASIC | ENERGIES | THERMAL, .temperature = T};
    femd_response r, a, b, s;
    double C[6], inverse[6], at[6];
    memcpy(q.value, bent, sizeof q.value);
    request(m, &q, NULL, &r, NULL);
    assert_int_equal(r.provided, q.wants);
    assert_true(r.heat_capacity == 50 && r.k[0] == 3 && r.k[2] == 3 && r.k[3] == 0);
    q.temperature = T + h, request(m, &q, NULL, &a, NULL);
    q.temperature = T - h, request(m, &q, NULL, &b, NULL);
    for (int c = 0; c < 6; c++) assert_true(fabs((a.S[c] - b.S[c]) / (2 * h) - r.dSdT[c]) < 1e-8 * largest(6, r.dSdT));
    const double entropy = -(a.helmholtz - b.helmholtz) / (2 * h);
    assert_true(fabs(r.helmholtz + T * entropy - r.energy) < 1e-8 * fabs(r.energy));
    q.temperature = T;
    for (int c = 0; c < 6; c++) {
        memcpy(at, bent, sizeof at);
        memcpy(q.value, at, sizeof at), q.value[c] += 1e-5, request(m, &q, NULL, &a, NULL);
        memcpy(q.value, at, sizeof at), q.value[c] -= 1e-5, request(m, &q, NULL, &b, NULL);
        assert_true(fabs((a.helmholtz - b.helmholtz) / 2e-5 - r.S[c]) < 1e-7 * largest(6, r.S));
        for (int e = 0; e < 6; e++)
            assert_true(fabs((a.S[e] - b.S[e]) / 2e-5 - r.D[6 * e + c]) < 1e-7 * largest(36, r.D));
    }
    q = pressed;
    q.wants |= THERMAL;
    q.temperature = T;
    request(m, &q, NULL, &r, NULL);
    const double det = metric(r.E, C, inverse);
    assert_true(fabs(sqrt(det) - r.J) < 1e-13 && r.J > 1.1);
    assert_true(fabs(-contract(r.S, C) / (3 * r.J) - q.pressure) < 1e-12 * largest(36, r.D));
    s = r;
    q.temperature = T + h, request(m, &q, NULL, &a, NULL);
    q.temperature = T - h, request(m, &q, NULL, &b, NULL);
    /* at constant pressure: what the stress would change by, given way to */
    assert_true(fabs((a.J - b.J) / (2 * h) / (contract(s.dSdT, C) / (3 * s.J) * s.dJdp) - 1) < 1e-8);
    q = (femd_request){.wants = BASIC | ENERGIES | THERMAL, .temperature = T};
    memcpy(q.value, s.E, sizeof q.value);
    request(m, &q, NULL, &r, NULL);
    assert_true(largest_difference(6, r.S, s.S) < 1e-11 && largest_difference(6, r.dSdT, s.dSdT) < 1e-11);
    q.mask = 7, memset(q.value, 0, sizeof q.value); /* free growth */
    request(m, &q, NULL, &r, NULL);
    assert_true(fabs(r.J - sqrt(1 + 6 * 2e-3 * (T - 300))) < 1e-10);
    femd_material_close(&m);
}

static void what_cannot_be_is_refused(void **state) {
    (void)state;
    femd_material *m = open_material(SOFT), *none = NULL;
    femd_request q = pressed;
    femd_response r;
    femd_error err = FEMD_ERROR_INIT;
    q.value[0] = -0.6;
    assert_int_equal(try_request(m, &q, NULL, &r, NULL, &err), FEMD_OUT_OF_DOMAIN);
    q.control = FEMD_CONTROL_COMPONENTS;
    assert_int_equal(try_request(m, &q, NULL, &r, NULL, &err), FEMD_OUT_OF_DOMAIN);
    q.value[0] = q.value[1] = -2; /* det > 0, but turned inside out twice */
    assert_int_equal(try_request(m, &q, NULL, &r, NULL, &err), FEMD_OUT_OF_DOMAIN);
    assert_int_equal(try_open("{\"engine\":\"neo-hooke\",\"mu\":0,\"bulk\":1}", &none, &err), FEMD_BAD_INPUT);
    assert_int_equal(try_open("{\"engine\":\"neo-hooke\",\"mu\":1}", &none, &err), FEMD_BAD_INPUT);
    assert_non_null(strstr(err.text, "bulk"));
    femd_material_close(&m);
    m = open_material(WARM);
    q = pressed; /* at 0 K: 1 - 6 x 0.6 < 0 */
    assert_int_equal(try_request(m, &q, NULL, &r, NULL, &err), FEMD_OUT_OF_DOMAIN);
    assert_non_null(strstr(err.text, "too cold"));
    femd_material_close(&m);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stress_is_the_slope_of_the_energy),
        cmocka_unit_test(tangent_is_the_slope_of_the_stress),
        cmocka_unit_test(pressure_and_strain_agree),
        cmocka_unit_test(derivatives_under_pressure_are_slopes),
        cmocka_unit_test(volume_condensed_out_is_the_tangent),
        cmocka_unit_test(prescribed_stress_is_reached),
        cmocka_unit_test(the_temperature_acts_by_one_potential),
        cmocka_unit_test(what_cannot_be_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
