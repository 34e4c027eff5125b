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

/* Against its definition: the work of the forces that are left, over the unit modes, over max(|S|, 10 MPa). */
static void check_normalisation(femd_native *n, const double E[6], double *norm) {
    femd_path *path = &n->path;
    femd_error err = FEMD_ERROR_INIT;
    const int n3 = 3 * n->rve.n;
    double S[6], tau[6], residual, worst = 0, *f = malloc((size_t)n3 * sizeof *f);
    assert_int_equal(femd_path_advance(path, E, NULL, &err), FEMD_OK);
    path->x[0] += 1e-4, path->x[4] -= 2e-4, path->x[8] += 1e-4;
    assert_int_equal(femd_energetics_forces(n->rve.en, n->rve.nb, path->place.h, path->x, NULL, f, tau, &err), FEMD_OK);
    femd_place_stress(&n->rve, &path->place, tau, S);
    assert_int_equal(femd_hill_mandel(&n->rve, &path->place, path->x, S, NULL, &residual, &err), FEMD_OK);
    for (int mode = 0; mode < 6; mode++) {
        const int a = femd_voigt_i[mode], b = femd_voigt_j[mode];
        double dU[9] = {0}, L[9], work = 0;
        dU[3 * a + b] += 0.5, dU[3 * b + a] += 0.5;
        femd_mul3(dU, path->place.A, L);
        for (int i = 0; i < n3; i++) work += f[i] * femd_dot3(L + 3 * (i % 3), path->x + i / 3 * 3);
        worst = fmax(worst, fabs(work) * FEMD_EV_PER_A3 / n->rve.V0);
    }
    *norm = 0;
    for (int c = 0; c < 6; c++) *norm += (c < 3 ? 1 : 2) * S[c] * S[c];
    *norm = fmax(sqrt(*norm), 1e7);
    print_message("residual %.6e, by its definition %.6e, over %.3g MPa\n", residual, worst / *norm, *norm / 1e6);
    assert_true(fabs(residual / (worst / *norm) - 1) < 1e-6);
    free(f);
}

static void residual_is_relative_to_the_stress(void **state) {
    (void)state;
    femd_native *n = native_open(VACANCY);
    const double none[6] = {1e-6}, some[6] = {0.002, 0, 0, 0, 0.01, 0.001}, much[6] = {0.03, 0.02, 0, 0.01};
    double norm[3];
    check_normalisation(n, none, &norm[0]);
    check_normalisation(n, some, &norm[1]);
    check_normalisation(n, much, &norm[2]);
    assert_true(norm[0] == 1e7 && norm[1] > 5e8 && norm[2] > 3 * norm[1]); /* the floor, and far above it */
    femd_native_destroy(&n);
}

/* Displacements say nothing of where the whole RVE is. */
static void displacements_have_no_mean(void **state) {
    (void)state;
    femd_native *n = native_open(VACANCY);
    femd_error err = FEMD_ERROR_INIT;
    const double E[6] = {0.01, -0.004, 0.003, 0.006, -0.002, 0.01};
    const int n3 = 3 * n->rve.n;
    double *w = malloc((size_t)n3 * sizeof *w), sum[3] = {0}, off = 0;
    assert_int_equal(femd_path_advance(&n->path, E, NULL, &err), FEMD_OK);
    for (int i = 0; i < n3; i++) n->path.x[i] += 0.3 * (1 + i % 3);
    femd_place_displacements(&n->rve, &n->path.place, n->path.x, w);
    for (int i = 0; i < n3; i++) {
        sum[i % 3] += w[i];
        off = fmax(off, fabs(w[i] - n->path.w[i]));
    }
    assert_true(largest(3, sum) < 1e-11 * n->rve.n && off < 1e-13 * 100);
    free(w);
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
        cmocka_unit_test(relaxed_configurations_are_in_equilibrium), cmocka_unit_test(spoilt_relaxation_is_seen),
        cmocka_unit_test(residual_is_relative_to_the_stress),        cmocka_unit_test(displacements_have_no_mean),
        cmocka_unit_test(held_atoms_do_their_work_in_cauchy_born),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
