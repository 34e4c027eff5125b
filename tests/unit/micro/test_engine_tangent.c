/* The condensed tangent against central differences of the relaxed stress. */
#include "engine_material.h"

#define VACANCY ",\"repeat\":[3,3,3],\"vacancies\":{\"count\":1,\"seed\":7}"
#define B2                                                                                                             \
    "{\"engine\":\"native\",\"structure\":{\"lattice\":\"b2\",\"a\":\"2.9 "                                            \
    "angstrom\",\"species\":[\"Ni\",\"Al\"],\"repeat\":[3,3,3],"                                                       \
    "\"vacancies\":{\"count\":1}},\"potential\":{\"style\":\"lj\",\"pairs\":["                                         \
    "{\"species\":[\"Ni\",\"Al\"],\"epsilon\":\"0.8 eV\",\"sigma\":\"2.25 angstrom\",\"cutoff\":\"5.5 angstrom\"},"    \
    "{\"species\":[\"Ni\",\"Ni\"],\"epsilon\":\"0.3 eV\",\"sigma\":\"2.5 angstrom\",\"cutoff\":\"5.5 angstrom\"},"     \
    "{\"species\":[\"Al\",\"Al\"],\"epsilon\":\"0.3 eV\",\"sigma\":\"2.6 angstrom\",\"cutoff\":\"5.5 angstrom\"}]}}"

static void check(const char *name, const char *json, const double E[6]) {
    femd_material *m = open_material(json);
    const double error = tangent_error(m, E, NULL, 1e-5);
    print_message("%s: tangent against differences %.1e\n", name, error);
    assert_true(error < 1e-6);
    femd_response r;
    evaluate(m, E, BASIC, NULL, &r, NULL);
    for (int i = 0; i < 6; i++)
        for (int j = 0; j < i; j++) assert_true(r.D[6 * i + j] == r.D[6 * j + i]);
    femd_material_close(&m);
}

static void perfect_crystal(void **state) {
    (void)state;
    const double E[6] = {0.01,  -0.004, 0.002,
                         0.004, 0.002,  -0.006}; /* off the kink of F'' at the density of the undeformed crystal */
    check("perfect copper", COPPER(",\"repeat\":[2,2,2]", ""), E);
}

static void vacancy(void **state) {
    (void)state;
    const double E[6] = {0.004, 0.001, -0.002, 0.001, 0.002, 0.003};
    check("copper with a vacancy", COPPER(VACANCY, ""), E);
}

static void vacancy_in_shear(void **state) {
    (void)state;
    const double E[6] = {0.001, 0, 0, 0.0005, 0, 0.06}; /* 3 % tensor shear */
    check("copper with a vacancy, 3 % shear", COPPER(VACANCY, ""), E);
}

static void compound(void **state) {
    (void)state;
    const double E[6] = {0.01, 0, -0.01, 0.005, 0.01, 0.02};
    check("B2 with Lennard-Jones pairs and a vacancy", B2, E);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(perfect_crystal),
        cmocka_unit_test(vacancy),
        cmocka_unit_test(vacancy_in_shear),
        cmocka_unit_test(compound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
