/* Stillinger-Weber silicon through the engines: lattice constant, elastic constants with and without internal
 * relaxation (Cowley, Phys. Rev. Lett. 60 (1988) 2379), and a tangent that is the derivative of the stress with a
 * vacancy. */
#include "engine_material.h"

#define SILICON(engine, more)                                                                                          \
    "{\"engine\":\"" engine                                                                                            \
    "\",\"structure\":{\"lattice\":\"diamond\",\"a\":\"5.43 angstrom\",\"species\":[\"Si\"]" more                      \
    "},\"potential\":{\"style\":\"sw\",\"file\":\"Si.sw\"}}"

static void constants_are_cowleys(void **state) {
    (void)state;
    const struct {
        const char *json;
        int cells;
        double c44;
    } cases[] = {{SILICON("native", ""), 1, 56.449},
                 {SILICON("native", ",\"repeat\":[2,2,1]"), 4, 56.449},
                 {SILICON("cauchy-born", ""), 1, 109.756}};
    for (int k = 0; k < 3; k++) {
        femd_material *m = open_material(cases[k].json);
        femd_response r;
        const double zero[6] = {0};
        evaluate(m, zero, BASIC, NULL, &r, NULL);
        const double a0 = cbrt(femd_material_capabilities(m)->volume / cases[k].cells) * 1e10;
        print_message("a0 %.6f angstrom  C11 %.3f  C12 %.3f  C44 %.3f GPa\n", a0, r.D[0] / GPA, r.D[1] / GPA,
                      r.D[21] / GPA);
        assert_true(fabs(a0 - 5.430950) < 1e-6);
        assert_true(fabs(r.D[0] / GPA - 151.424) < 2e-3 && fabs(r.D[1] / GPA - 76.422) < 2e-3 &&
                    fabs(r.D[21] / GPA - cases[k].c44) < 2e-3);
        femd_material_close(&m);
    }
}

static void tangent_is_the_derivative_of_the_stress(void **state) {
    (void)state;
    femd_material *m = open_material(SILICON("native", ",\"repeat\":[2,2,2],\"vacancies\":{\"count\":1,\"seed\":3}"));
    const double E[6] = {0.004, -0.002, 0.003, 0.005, -0.004, 0.006};
    const double error = tangent_error(m, E, NULL, 1e-5);
    print_message("tangent against differences %.2e\n", error);
    assert_true(error < 1e-6);
    femd_material_close(&m);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(constants_are_cowleys),
        cmocka_unit_test(tangent_is_the_derivative_of_the_stress),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
