/* The condensed tangent against central differences of the relaxed stress. */
#include "engine_material.h"

#include "native_open.h"

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

/* The factor of the virgin RVE serves to the end: the only Hessian of an evaluation is the one that the tangent needs.
 */
static void one_hessian_an_evaluation(void **state) {
    (void)state;
    femd_native *n = native_open(COPPER(VACANCY, ""));
    femd_error err = FEMD_ERROR_INIT;
    const double along[6] = {1, -0.4, -0.3, 0.1, 0.1, 0.2}, steps[5] = {0.001, 0.002, 0.007, 0.012, 0.03};
    for (int k = 0; k < 5; k++) {
        double E[6];
        for (int c = 0; c < 6; c++) E[c] = steps[k] * along[c];
        assert_int_equal(femd_path_advance(&n->path, E, NULL, &err), FEMD_OK);
        print_message("%.1f %% of strain: %d steps, %d Hessian\n", 100 * steps[k], n->path.last.iterations,
                      n->path.last.hessians);
        assert_int_equal(n->path.last.hessians, 1);
        assert_true(n->path.last.fmax <= 1e-12);
    }
    femd_native_destroy(&n);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_hessian_an_evaluation), cmocka_unit_test(perfect_crystal), cmocka_unit_test(vacancy),
        cmocka_unit_test(vacancy_in_shear),          cmocka_unit_test(compound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
