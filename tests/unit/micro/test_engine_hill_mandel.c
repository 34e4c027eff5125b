/* The Hill-Mandel residual: small on relaxed configurations, and a measure of the error of equilibrium where the
 * relaxation is spoilt. */
#include "engine_material.h"

#include "native_open.h"
#include "rve/hill_mandel.h"

#define VACANCY COPPER(",\"repeat\":[3,3,3],\"vacancies\":{\"count\":1,\"seed\":7}", "")

static void relaxed_configurations_are_in_equilibrium(void **state) {
    (void)state;
    femd_material *m = open_material(VACANCY);
    femd_response r;
    femd_buffer at = FEMD_BUFFER_INIT;
    double worst = 0;
    unsigned draw = 1;
    for (int k = 0; k < 12; k++) {
        double E[6];
        for (int c = 0; c < 6; c++) {
            draw = draw * 1103515245u + 12345u;
            E[c] = 0.05 * ((double)(draw >> 8) / (1u << 23) - 1);
        }
        evaluate(m, E, FEMD_WANT_STRESS, NULL, &r, &at);
        worst = fmax(worst, r.hill_mandel);
    }
    print_message("largest Hill-Mandel residual at strains up to 5 %%: %.1e\n", worst);
    assert_true(worst <= 1e-9);
    femd_buffer_clear(&at);
    femd_material_close(&m);
}

static void spoilt_relaxation_is_seen(void **state) {
    (void)state;
    femd_native *n = native_open(VACANCY);
    femd_path *path = &n->path;
    femd_error err = FEMD_ERROR_INIT;
    const double E[6] = {0.01, 0, 0, 0, 0, 0.01};
    double S[6], good, spoilt[3];
    assert_int_equal(femd_path_advance(path, E, NULL, &err), FEMD_OK);
    femd_place_stress(&n->rve, &path->place, path->last.tau, S);
    assert_int_equal(femd_hill_mandel(&n->rve, &path->place, path->x, S, NULL, &good, &err), FEMD_OK);
    assert_true(good <= 1e-10);
    const double moves[3] = {1e-6, 1e-5, 1e-4}; /* angstrom */
    for (int k = 0; k < 3; k++) {
        double tau[6];
        path->x[0] += moves[k];
        assert_int_equal(femd_energetics_forces(n->rve.en, n->rve.nb, path->place.h, path->x, NULL, NULL, tau, &err),
                         FEMD_OK);
        femd_place_stress(&n->rve, &path->place, tau, S);
        assert_int_equal(femd_hill_mandel(&n->rve, &path->place, path->x, S, NULL, &spoilt[k], &err), FEMD_OK);
        path->x[0] -= moves[k];
    }
    print_message("Hill-Mandel residual relaxed %.1e, one atom moved by 1e-6, 1e-5, 1e-4 angstrom: %.1e %.1e %.1e\n",
                  good, spoilt[0], spoilt[1], spoilt[2]);
    assert_true(spoilt[0] > 100 * good && spoilt[0] > 1e-9);
    for (int k = 1; k < 3; k++) assert_true(fabs(spoilt[k] / spoilt[k - 1] / 10 - 1) < 0.05); /* linear in the force */
    femd_native_destroy(&n);
}

static void held_atoms_do_their_work_in_cauchy_born(void **state) {
    (void)state;
    femd_material *m = open_material(
        "{\"engine\":\"cauchy-born\",\"structure\":{\"lattice\":\"fcc\",\"a\":\"3.615 angstrom\",\"species\":[\"Cu\"],"
        "\"repeat\":[2,2,2],\"vacancies\":{\"count\":1}},"
        "\"potential\":{\"style\":\"eam/alloy\",\"file\":\"Cu_mishin1.eam.alloy\"}}");
    femd_response r;
    const double E[6] = {0.02, 0.01, -0.01, 0.03, 0.01, 0.02};
    evaluate(m, E, FEMD_WANT_STRESS, NULL, &r, NULL);
    assert_true(r.hill_mandel <= 1e-9);
    femd_material_close(&m);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(relaxed_configurations_are_in_equilibrium),
        cmocka_unit_test(spoilt_relaxation_is_seen),
        cmocka_unit_test(held_atoms_do_their_work_in_cauchy_born),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
