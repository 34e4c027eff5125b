/* Long rows of cells, whose softest vibrations are as soft as their length: the inner solvers need more steps there
 * than they have elsewhere, and what they have not solved is not told as an answer. */
#include "engine_material.h"

#include "native_open.h"
#include "numerics/dense.h"
#include "rve/hill_mandel.h"
#include "rve/native_lanczos.h"

/* fcc Lennard-Jones with nearest neighbours alone, r0 = 2^(1/6) sigma: every bond at its minimum, kappa = 72 eps/r0^2.
 */
#define SIGMA   2.5
#define EPSILON 0.5
#define SIDE    3.968502629920499
#define R0      2.8061551207734325

/* A row of n atoms, less the first `missing`, at place(atom, c) in units of SIDE, `width` wide and SIDE * cells long:
 * as a file of data, and the material that reads it. */
static femd_native *open_atoms(int n, int cells, double width, double (*place)(int k, int c), int missing,
                               const char *reference) {
    FILE *file = fopen("row.data", "w");
    assert_non_null(file);
    fprintf(
        file,
        "a row\n\n%d atoms\n1 atom types\n\n0 %.17g xlo xhi\n0 %.17g ylo yhi\n0 %.17g zlo zhi\n\nAtoms # atomic\n\n",
        n - missing, SIDE * cells, width, width);
    for (int k = missing, id = 1; k < n; k++, id++) /* the first ones are missing */
        fprintf(file, "%d 1 %.17g %.17g %.17g\n", id, SIDE * place(k, 0), SIDE * place(k, 1), SIDE * place(k, 2));
    fclose(file);
    char material[512];
    snprintf(material, sizeof material,
             "{\"engine\":\"native\",\"structure\":{\"file\":\"row.data\",\"species\":[\"Ar\"]},\"potential\":{"
             "\"style\":\"lj/cut\",\"cutoff\":\"3.4 angstrom\",\"epsilon\":\"0.5 eV\",\"sigma\":\"2.5 angstrom\"}%s}",
             reference);
    femd_native *native = native_open(material);
    remove("row.data");
    return native;
}

static double fcc_place(int k, int c) {
    static const double basis[4][3] = {{0, 0, 0}, {0, 0.5, 0.5}, {0.5, 0, 0.5}, {0.5, 0.5, 0}};
    return basis[k % 4][c] + (c == 0 ? k / 4 : 0);
}

/* A row of so many cells, less `missing` atoms. */
static femd_native *open_row(int cells, int missing, const char *reference) {
    return open_atoms(4 * cells, cells, SIDE, fcc_place, missing, reference);
}

static double thin_place(int k, int c) {
    return c == 0 ? 0.5 * k : 0.5 * R0 / SIDE * (k % 2);
}

/* The same crystal in its thinnest row, one atom in each layer: few atoms for its length. */
static femd_native *open_thin_row(int cells) {
    return open_atoms(2 * cells, cells, R0, thin_place, 0, ",\"reference\":\"as-given\"");
}
#define AS_GIVEN ",\"reference\":\"as-given\""

/* Transverse waves along the row: lambda(q) = 2 kappa (1 - cos(q a/2)), q = 2 pi/(cells a) the longest. */
static double softest(int cells) {
    const double r0 = pow(2, 1.0 / 6) * SIGMA, kappa = 72 * EPSILON / (r0 * r0), s = sin(acos(-1) / (2.0 * cells));
    return 4 * kappa * s * s;
}

static femd_relaxer *relaxer_of(const femd_native *n, int dense_max, int linear_max) {
    femd_relax_settings set = FEMD_RELAX_DEFAULTS;
    femd_relaxer *relaxer = NULL;
    femd_error err = FEMD_ERROR_INIT;
    set.dense_max = dense_max;
    set.linear_max = linear_max;
    assert_int_equal(femd_relaxer_create(n->rve.n, &set, &relaxer, &err), FEMD_OK);
    return relaxer;
}

static void softest_wave_is_found(int cells, femd_native *n) {
    femd_error err = FEMD_ERROR_INIT;
    double lowest;
    if (femd_condense_stability(&n->rve, &n->path.place, n->path.x, NULL, &lowest, &err) != FEMD_OK)
        fail_msg("%s", err.text);
    const double exact = softest(cells);
    print_message("%d cells: lowest eigenvalue %.10e, exact %.10e eV/angstrom^2\n", cells, lowest / FEMD_EV_PER_A2,
                  exact);
    assert_true(fabs(lowest / FEMD_EV_PER_A2 - exact) < 1e-6 * exact);
}

static void softest_waves_of_rows_are_found(void **state) {
    (void)state;
    femd_native *n = open_row(10, 0, AS_GIVEN);
    assert_int_equal(n->rve.n, 40);
    softest_wave_is_found(10, n);
    femd_native_destroy(&n);
}

/* What is needed at such lengths is more than any limit that is there for cells of a few atoms: the limits grow. */
static void steps_grow_with_the_length(void **state) {
    (void)state;
    enum { CELLS = 600, FEW = 1500 };
    femd_native *n = open_thin_row(CELLS);
    femd_error err = FEMD_ERROR_INIT;
    double lowest, *work = malloc(9 * (size_t)n->rve.n * sizeof *work);
    assert_int_equal(n->rve.n, 2 * CELLS);
    softest_wave_is_found(CELLS, n);
    assert_int_equal(femd_lanczos_lowest(n->rve.en, &n->rve.gauge, 1e-9, FEW, NULL, work, &lowest, &err),
                     FEMD_NOT_CONVERGED);
    free(work);
    femd_native_destroy(&n);
}

static double noise(int i, int prime) {
    return (double)((long long)i * 7919 % prime) / prime - 0.5;
}

/* The same of solutions: b and the places of the atoms have a bit of every wave. */
static void solutions_grow_with_the_length(void **state) {
    (void)state;
    enum { CELLS = 400, N3 = 12 * CELLS - 3, FEW = 2000 };
    femd_native *n = open_row(CELLS, 1, AS_GIVEN);
    femd_error err = FEMD_ERROR_INIT;
    femd_relax_result res;
    double *x = malloc(4 * (size_t)N3 * sizeof *x), *b = x + N3, *z = b + N3, *Hz = z + N3;
    assert_int_equal(3 * n->rve.n, N3);
    for (int i = 0; i < N3; i++) x[i] = n->path.x[i] + 0.01 * noise(i, 15101), b[i] = noise(i, 104729);
    femd_gauge_remove(&n->rve.gauge, b);
    for (int limit = 0; limit <= FEW; limit += FEW) {
        femd_relaxer *relaxer = relaxer_of(n, 0, limit);
        assert_int_equal(femd_relax_hold(relaxer, &n->rve, &n->path.place, x, &res, &err), FEMD_OK);
        assert_int_equal(femd_relaxer_solve(relaxer, &n->rve, 1, b, NULL, z, &err),
                         limit ? FEMD_NOT_CONVERGED : FEMD_OK);
        if (limit == 0) {
            femd_energetics_apply(n->rve.en, z, Hz);
            print_message("|b - H z| %.1e of |b|\n", largest_difference(N3, b, Hz) / largest(N3, b));
            assert_true(largest_difference(N3, b, Hz) < 1e-9 * largest(N3, b));
        }
        femd_relaxer_destroy(&relaxer);
    }
    free(x);
    femd_native_destroy(&n);
}

/* A row with a vacancy, strained: matrix-free tangent and lowest eigenvalue against the dense Hessian. */
static void a_row_answers_like_its_factor(void **state) {
    (void)state;
    femd_native *n = open_row(150, 1, AS_GIVEN);
    femd_error err = FEMD_ERROR_INIT;
    const double E[6] = {0.004, -0.003, 0.002, 0.003, -0.002, 0.004};
    double D[2][36], S[2][6];
    const int n3 = 3 * n->rve.n;
    for (int dense = 0; dense < 2; dense++) {
        femd_relaxer *relaxer = relaxer_of(n, dense ? n3 : 0, 0);
        femd_path path;
        assert_int_equal(femd_path_init(&path, &n->rve, relaxer, &err), FEMD_OK);
        if (femd_path_advance(&path, E, NULL, &err) != FEMD_OK) fail_msg("%s", err.text);
        femd_place_stress(&n->rve, &path.place, path.last.tau, S[dense]);
        if (femd_condense_tangent(relaxer, &n->rve, &path.place, NULL, path.work, D[dense], NULL, NULL, &err) !=
            FEMD_OK)
            fail_msg("%s", err.text);
        if (dense) {
            double lowest, *H = malloc((size_t)n3 * n3 * sizeof *H);
            assert_int_equal(femd_condense_stability(&n->rve, &path.place, path.x, NULL, &lowest, &err), FEMD_OK);
            for (int above = 0; above < 2; above++) {
                const double t = lowest / FEMD_EV_PER_A2 * (above ? 1 + 1e-5 : 1 - 1e-5);
                assert_int_equal(
                    femd_energetics_hessian(n->rve.en, n->rve.nb, path.place.h, path.x, H, NULL, NULL, &err), FEMD_OK);
                femd_gauge_stiffen(&n->rve.gauge, H);
                for (int i = 0; i < n3; i++) H[(size_t)i * n3 + i] -= t;
                assert_int_equal(femd_cholesky(n3, H) != 0, above);
            }
            free(H);
        }
        femd_path_clear(&path);
        femd_relaxer_destroy(&relaxer);
    }
    print_message("matrix-free against factorised: stress %.1e, tangent %.1e\n",
                  largest_difference(6, S[0], S[1]) / largest(6, S[1]),
                  largest_difference(36, D[0], D[1]) / largest(36, D[1]));
    assert_true(largest_difference(6, S[0], S[1]) < 1e-9 * largest(6, S[1]));
    assert_true(largest_difference(36, D[0], D[1]) < 1e-9 * largest(36, D[1]));
    femd_native_destroy(&n);
}

static void what_is_not_solved_at_the_limit_is_no_answer(void **state) {
    (void)state;
    femd_native *n = open_row(30, 1, AS_GIVEN);
    femd_error err = FEMD_ERROR_INIT;
    femd_relax_result res;
    double D[36], lowest, *work = malloc(9 * (size_t)n->rve.n * sizeof *work);
    femd_relaxer *relaxer = relaxer_of(n, 0, 12);
    assert_int_equal(femd_relax_hold(relaxer, &n->rve, &n->path.place, n->path.x, &res, &err), FEMD_OK);
    assert_int_equal(femd_condense_tangent(relaxer, &n->rve, &n->path.place, NULL, n->path.work, D, NULL, NULL, &err),
                     FEMD_NOT_CONVERGED);
    assert_non_null(strstr(err.text, "conjugate gradients"));
    assert_int_equal(femd_lanczos_lowest(n->rve.en, &n->rve.gauge, 1e-9, 12, NULL, work, &lowest, &err),
                     FEMD_NOT_CONVERGED);
    assert_non_null(strstr(err.text, "Lanczos"));
    assert_int_equal(femd_relax(relaxer, &n->rve, &n->path.place, n->path.x, NULL, NULL, &res, &err),
                     FEMD_NOT_CONVERGED); /* nor is a relaxed place called a minimum */
    free(work);
    femd_relaxer_destroy(&relaxer);
    femd_native_destroy(&n);
}

static int stop_at_once(void *user, double fraction) {
    (void)fraction;
    ++*(int *)user;
    return FEMD_DEADLINE;
}

static void deadlines_are_felt_inside_the_solvers(void **state) {
    (void)state;
    femd_native *n = open_row(30, 1, AS_GIVEN);
    femd_error err = FEMD_ERROR_INIT;
    femd_relax_result res;
    int beats = 0;
    const femd_beat beat = {&beats, stop_at_once};
    double D[36], lowest;
    femd_relaxer *relaxer = relaxer_of(n, 0, 0);
    assert_int_equal(femd_relax_hold(relaxer, &n->rve, &n->path.place, n->path.x, &res, &err), FEMD_OK);
    assert_int_equal(femd_condense_tangent(relaxer, &n->rve, &n->path.place, &beat, n->path.work, D, NULL, NULL, &err),
                     FEMD_DEADLINE);
    assert_int_equal(beats, 1);
    assert_int_equal(femd_condense_stability(&n->rve, &n->path.place, n->path.x, &beat, &lowest, &err), FEMD_DEADLINE);
    assert_int_equal(beats, 2);
    femd_relaxer_destroy(&relaxer);
    femd_native_destroy(&n);
}

/* D11 of a relaxed row with one vacancy, at E. */
static double stiffness_of_a_row(int cells, int *rounded) {
    femd_native *n = open_row(cells, 1, "");
    femd_error err = FEMD_ERROR_INIT;
    const double E[6] = {0.003, 0, 0, 0, 0, 0.002}, zero[6] = {0};
    double S[6], D[36], residual;
    femd_place_stress(&n->rve, &n->path.place, n->path.last.tau, S);
    assert_true(largest(6, S) < 1e3); /* Pa: the reference */
    if (femd_path_advance(&n->path, E, NULL, &err) != FEMD_OK) fail_msg("%s", err.text);
    *rounded = n->path.last.rounded;
    femd_place_stress(&n->rve, &n->path.place, n->path.last.tau, S);
    if (femd_condense_tangent(n->relaxer, &n->rve, &n->path.place, NULL, n->path.work, D, n->path.G, NULL, &err) !=
        FEMD_OK)
        fail_msg("%s", err.text);
    assert_int_equal(femd_hill_mandel(&n->rve, &n->path.place, n->path.x, S, NULL, &residual, &err), FEMD_OK);
    assert_true(residual < 1e-9);
    print_message("%d cells: D11 %.9f GPa, forces %.1e eV/angstrom, residual %.1e\n", cells, D[0] / GPA,
                  n->path.last.fmax, residual);
    if (femd_path_advance(&n->path, zero, NULL, &err) != FEMD_OK) fail_msg("%s", err.text);
    femd_native_destroy(&n);
    return D[0];
}

/* A vacancy in a row of N cells lowers its stiffness in proportion to 1/N. */
static void long_rows_open_and_answer(void **state) {
    (void)state;
    int short_is_rounded, rounded;
    const double D60 = stiffness_of_a_row(60, &short_is_rounded), D150 = stiffness_of_a_row(150, &rounded),
                 D300 = stiffness_of_a_row(300, &rounded);
    const double first = (D60 - D150) / (1.0 / 60 - 1.0 / 150), last = (D150 - D300) / (1.0 / 150 - 1.0 / 300);
    assert_int_equal(short_is_rounded, 0);
    assert_int_equal(rounded, 1); /* and this is said */
    print_message("change of D11 with 1/N: %.5f and %.5f GPa\n", first / GPA, last / GPA);
    assert_true(first < 0 && fabs(first - last) < 0.02 * fabs(first));
}

static void forces_of_round_off_are_told(void **state) {
    (void)state;
    femd_material *m = open_material(
        COPPER(",\"repeat\":[2,2,2],\"vacancies\":{\"count\":1,\"seed\":7}",
               ",\"relaxation\":{\"tolerance\":\"1e-15 eV/angstrom\"}")); /* of which no force of 31 atoms is capable */
    const double E[6] = {0.01, 0, 0, 0, 0, 0.01};
    femd_response r;
    evaluate(m, E, BASIC, NULL, &r, NULL);
    assert_int_equal(r.notes, FEMD_NOTE_ROUND_OFF);
    femd_material_close(&m);
    m = open_material(COPPER(",\"repeat\":[2,2,2],\"vacancies\":{\"count\":1,\"seed\":7}", ""));
    evaluate(m, E, BASIC, NULL, &r, NULL);
    assert_int_equal(r.notes, 0);
    femd_material_close(&m);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(softest_waves_of_rows_are_found),
        cmocka_unit_test(steps_grow_with_the_length),
        cmocka_unit_test(solutions_grow_with_the_length),
        cmocka_unit_test(a_row_answers_like_its_factor),
        cmocka_unit_test(what_is_not_solved_at_the_limit_is_no_answer),
        cmocka_unit_test(long_rows_open_and_answer),
        cmocka_unit_test(forces_of_round_off_are_told),
        cmocka_unit_test(deadlines_are_felt_inside_the_solvers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
