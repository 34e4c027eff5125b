/* The matrix-free branch for large RVEs (Newton-CG, tangent by conjugate gradients) against the factorised one. */
#include "engine_material.h"

#include "native_open.h"
#include "numerics/dense.h"
#include "rve/hill_mandel.h"

#define VACANCY COPPER(",\"repeat\":[3,3,3],\"vacancies\":{\"count\":2,\"seed\":7}", "")

typedef struct answer {
    double S[6], D[36], hill_mandel;
} answer;

/* From the virgin state to E with the relaxer given. */
static void evaluate_with(femd_native *n, femd_relaxer *relaxer, const double E[6], answer *a) {
    femd_path path;
    femd_error err = FEMD_ERROR_INIT;
    assert_int_equal(femd_path_init(&path, &n->rve, relaxer, &err), FEMD_OK);
    if (femd_path_advance(&path, E, NULL, &err) != FEMD_OK) fail_msg("%s", err.text);
    femd_place_stress(&n->rve, &path.place, path.last.tau, a->S);
    if (femd_condense_tangent(relaxer, &n->rve, &path.place, NULL, path.work, a->D, path.G, NULL, &err) != FEMD_OK)
        fail_msg("%s", err.text);
    assert_int_equal(femd_hill_mandel(&n->rve, &path.place, path.x, a->S, NULL, &a->hill_mandel, &err), FEMD_OK);
    femd_path_clear(&path);
}

static void matrix_free_answers_agree_with_factorised_ones(void **state) {
    (void)state;
    femd_native *n = native_open(VACANCY);
    femd_relaxer *relaxer = NULL;
    femd_relax_settings set = FEMD_RELAX_DEFAULTS;
    femd_error err = FEMD_ERROR_INIT;
    const double E[6] = {0.012, -0.006, 0.003, 0.01, -0.004, 0.02};
    answer dense, sparse;
    evaluate_with(n, n->relaxer, E, &dense);
    set.dense_max = 0;
    assert_int_equal(femd_relaxer_create(n->rve.n, &set, &relaxer, &err), FEMD_OK);
    assert_int_equal(femd_relaxer_is_dense(relaxer), 0);
    evaluate_with(n, relaxer, E, &sparse);
    print_message("matrix-free against factorised: stress %.1e, tangent %.1e, Hill-Mandel %.1e\n",
                  largest_difference(6, dense.S, sparse.S) / largest(6, dense.S),
                  largest_difference(36, dense.D, sparse.D) / largest(36, dense.D), sparse.hill_mandel);
    assert_true(largest_difference(6, dense.S, sparse.S) < 1e-9 * largest(6, dense.S));
    assert_true(largest_difference(36, dense.D, sparse.D) < 1e-8 * largest(36, dense.D));
    assert_true(sparse.hill_mandel < 1e-9);
    femd_relaxer_destroy(&relaxer);
    femd_native_destroy(&n);
}

/* What was never computed is no Hessian, whatever the memory holds. */
static void a_fresh_relaxer_solves_nothing(void **state) {
    (void)state;
    femd_native *n = native_open(VACANCY);
    for (int dense = 0; dense < 2; dense++) {
        femd_relaxer *relaxer = NULL;
        femd_relax_settings set = FEMD_RELAX_DEFAULTS;
        femd_error err = FEMD_ERROR_INIT;
        if (!dense) set.dense_max = 0;
        assert_int_equal(femd_relaxer_create(n->rve.n, &set, &relaxer, &err), FEMD_OK);
        double D[36];
        assert_int_equal(
            femd_condense_tangent(relaxer, &n->rve, &n->path.place, NULL, n->path.work, D, NULL, NULL, &err),
            FEMD_INTERNAL);
        femd_relaxer_destroy(&relaxer);
    }
    femd_native_destroy(&n);
}

static void matrix_free_path_slips_into_the_same_basin(void **state) {
    (void)state;
    femd_native *n = native_open(
        "{\"engine\":\"native\",\"structure\":{\"lattice\":\"fcc\",\"a\":\"3.615 angstrom\",\"species\":[\"Cu\"],"
        "\"orient\":[[1,-1,0],[1,1,-2],[1,1,1]],\"repeat\":[3,2,2],\"vacancies\":{\"count\":3,\"seed\":7}},"
        "\"potential\":{\"style\":\"eam/alloy\",\"file\":\"Cu_mishin1.eam.alloy\"}}");
    femd_relaxer *relaxer = NULL;
    femd_relax_settings set = FEMD_RELAX_DEFAULTS;
    femd_error err = FEMD_ERROR_INIT;
    const double E[6] = {0, 0, 0, 0.12};
    answer dense, sparse;
    evaluate_with(n, n->relaxer, E, &dense);
    set.dense_max = 0;
    assert_int_equal(femd_relaxer_create(n->rve.n, &set, &relaxer, &err), FEMD_OK);
    evaluate_with(n, relaxer, E, &sparse);
    print_message("slipped shear stress factorised %.9f, matrix-free %.9f GPa\n", dense.S[3] / GPA, sparse.S[3] / GPA);
    assert_true(largest_difference(6, dense.S, sparse.S) < 1e-8 * GPA);
    femd_relaxer_destroy(&relaxer);
    femd_native_destroy(&n);
}

/* H - t I has a Cholesky factor just below the lowest eigenvalue and none just above it. */
static void lowest_eigenvalue_is_where_the_factor_fails(void **state) {
    (void)state;
    femd_native *n = native_open(VACANCY);
    femd_path *path = &n->path;
    femd_error err = FEMD_ERROR_INIT;
    const double E[6] = {0.02, -0.006, 0.003, 0.01, -0.004, 0.02};
    const int n3 = 3 * n->rve.n;
    double lowest, *H = malloc((size_t)n3 * n3 * sizeof *H);
    assert_int_equal(femd_path_advance(path, E, NULL, &err), FEMD_OK);
    assert_int_equal(femd_condense_stability(&n->rve, &path->place, path->x, NULL, &lowest, &err), FEMD_OK);
    for (int above = 0; above < 2; above++) {
        const double t = lowest / FEMD_EV_PER_A2 * (above ? 1 + 1e-6 : 1 - 1e-6);
        assert_int_equal(femd_energetics_hessian(n->rve.en, n->rve.nb, path->place.h, path->x, H, NULL, NULL, &err),
                         FEMD_OK);
        femd_gauge_stiffen(&n->rve.gauge, H);
        for (int i = 0; i < n3; i++) H[(size_t)i * n3 + i] -= t;
        assert_int_equal(femd_cholesky(n3, H) != 0, above);
    }
    free(H);
    femd_native_destroy(&n);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(matrix_free_answers_agree_with_factorised_ones),
        cmocka_unit_test(lowest_eigenvalue_is_where_the_factor_fails),
        cmocka_unit_test(a_fresh_relaxer_solves_nothing),
        cmocka_unit_test(matrix_free_path_slips_into_the_same_basin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
