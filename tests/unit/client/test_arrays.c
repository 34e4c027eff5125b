/* Arrays of points in the layouts of hosts. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "law_server.h"

/* Where each order has component iJ: written down once more, from the comments of the header. */
static int place(int matrix, int i, int J) {
    static const char mfront[9][2] = {{0, 0}, {1, 1}, {2, 2}, {0, 1}, {1, 0}, {0, 2}, {2, 0}, {1, 2}, {2, 1}};
    if (matrix == FEMD_MATRIX_ROWS) return 3 * i + J;
    if (matrix == FEMD_MATRIX_COLUMNS) return i + 3 * J;
    int k = 0;
    while (mfront[k][0] != i || mfront[k][1] != J) k++;
    return k;
}

/* ---- F -> P, dP/dF ---- */

static void tangents_are_derivatives_in_every_order(void **state) {
    (void)state;
    bench b;
    bench_open(&b);
    for (int matrix = 0; matrix < 3; matrix++) {
        enum { N = 19 };
        double F[9 * N], P[9 * N], A[81 * N];
        int32_t status[N];
        const double h = 1e-6;
        for (int n = 0; n < N; n++)
            for (int c = 0; c < 9; c++) F[9 * n + place(matrix, c / 3, c % 3)] = some_F[c];
        for (int k = 0; k < 9; k++) F[9 * (1 + 2 * k) + k] += h, F[9 * (2 + 2 * k) + k] -= h;
        const femd_arrays arrays = {.size = sizeof arrays,
                                    .n = N,
                                    .matrix = matrix,
                                    .F = F,
                                    .first_point = 100,
                                    .stress = P,
                                    .tangent = A,
                                    .status = status};
        assert_int_equal(bench_ask(&b, &arrays), FEMD_OK);
        for (int p = 0; p < 9; p++)
            for (int k = 0; k < 9; k++) {
                const double slope = (P[9 * (1 + 2 * k) + p] - P[9 * (2 + 2 * k) + p]) / (2 * h);
                assert_near(A[matrix == FEMD_MATRIX_COLUMNS ? p + 9 * k : 9 * p + k], slope, 1e2);
            }
        double E[6], rows[9];
        femd_request q = {.wants = FEMD_WANT_STRESS};
        femd_response r;
        assert_int_equal(femd_strain_from_F(some_F, E, NULL), FEMD_OK);
        memcpy(q.value, E, sizeof E);
        law(&q, &r);
        femd_first_piola(some_F, r.S, r.D, rows, NULL);
        for (int c = 0; c < 9; c++) assert_true(P[place(matrix, c / 3, c % 3)] == rows[c]);
    }
    bench_close(&b);
}

/* ---- six-vectors ---- */

static const double some_E[6] = {0.01, -0.02, 0.03, 0.008, -0.012, 0.016}; /* Voigt, engineering shears */

/* The place of Voigt's component c, and by what its strain and its stress are multiplied there. */
static int six_place(int vector, int c) {
    static const int abaqus[6] = {0, 1, 2, 5, 4, 3};
    return vector == FEMD_VECTOR_ABAQUS || vector == FEMD_VECTOR_MFRONT ? abaqus[c] : c;
}
static double six_scale(int vector, int c) {
    return c > 2 && (vector == FEMD_VECTOR_MANDEL || vector == FEMD_VECTOR_MFRONT) ? sqrt(2) : 1;
}

static void strains_and_stresses_in_every_order(void **state) {
    (void)state;
    bench b;
    bench_open(&b);
    for (int vector = 0; vector < 4; vector++) {
        for (int law_number = FEMD_LAW_GREEN; law_number <= FEMD_LAW_SMALL; law_number++) {
            double strain[6], stress[6], tangent[36], thermal[6];
            int32_t status;
            for (int c = 0; c < 6; c++) strain[six_place(vector, c)] = some_E[c] / six_scale(vector, c);
            const femd_arrays arrays = {.size = sizeof arrays,
                                        .n = 1,
                                        .law = law_number,
                                        .vector = vector,
                                        .strain = strain,
                                        .stress = stress,
                                        .tangent = tangent,
                                        .thermal_stress = thermal,
                                        .status = &status};
            assert_int_equal(bench_ask(&b, &arrays), FEMD_OK);
            for (int c = 0; c < 6; c++) {
                double S = 0, sum = 0;
                for (int d = 0; d < 6; d++) S += law_D(c, d) * some_E[d];
                const int at = six_place(vector, c);
                for (int d = 0; d < 6; d++) sum += tangent[6 * at + d] * strain[d];
                assert_near(stress[at], six_scale(vector, c) * S, 1e-6);
                assert_near(sum, stress[at], 1e-6);
                assert_near(thermal[at], six_scale(vector, c) * 1e5 * (c + 1), 1e-9);
            }
        }
    }
    bench_close(&b);
}

static void cauchy_and_jaumann_are_those_of_abaqus(void **state) {
    (void)state;
    bench b;
    bench_open(&b);
    double F[18] = {1.02, 0, 0, 0, 1, 0, 0, 0, 1}, stress[12], tangent[72], sigma[6], C[36], E[6], J[2];
    int32_t status[2];
    for (int c = 0; c < 9; c++) F[9 + place(FEMD_MATRIX_COLUMNS, c / 3, c % 3)] = some_F[c]; /* the second point */
    const femd_arrays arrays = {.size = sizeof arrays,
                                .n = 2,
                                .law = FEMD_LAW_CAUCHY,
                                .matrix = FEMD_MATRIX_COLUMNS,
                                .vector = FEMD_VECTOR_ABAQUS,
                                .F = F,
                                .stress = stress,
                                .tangent = tangent,
                                .J = J,
                                .status = status};
    assert_int_equal(bench_ask(&b, &arrays), FEMD_OK);
    femd_request q = {.wants = FEMD_WANT_STRESS | FEMD_WANT_TANGENT};
    femd_response r;
    assert_int_equal(femd_strain_from_F(some_F, E, NULL), FEMD_OK);
    memcpy(q.value, E, sizeof E);
    law(&q, &r);
    femd_jaumann(some_F, r.S, r.D, sigma, C);
    for (int c = 0; c < 6; c++) {
        assert_true(stress[6 + six_place(FEMD_VECTOR_ABAQUS, c)] == sigma[c]);
        for (int d = 0; d < 6; d++)
            assert_true(tangent[36 + 6 * six_place(FEMD_VECTOR_ABAQUS, c) + six_place(FEMD_VECTOR_ABAQUS, d)] ==
                        C[6 * c + d]);
    }
    bench_close(&b);
}

/* ---- temperature, pressure, orientation ---- */

static void each_point_has_its_own_conditions(void **state) {
    (void)state;
    bench b;
    bench_open(&b);
    double F[18], P[18], energy[2], J[2], error[2];
    const double T[2] = {300, 40}, p[2] = {1e9, -2e9};
    int32_t status[2];
    uint32_t notes[2];
    for (int n = 0; n < 2; n++) memcpy(F + 9 * n, some_F, sizeof some_F);
    femd_arrays arrays = {.size = sizeof arrays,
                          .n = 2,
                          .F = F,
                          .temperature = T,
                          .pressure = p,
                          .stress = P,
                          .energy = energy,
                          .J = J,
                          .error = error,
                          .notes = notes,
                          .status = status};
    assert_int_equal(bench_ask(&b, &arrays), FEMD_OK);
    assert_true(energy[0] == 300 && energy[1] == 40 && error[0] == 0 && error[1] == 0);
    assert_near(J[0], 1.01, 1e-15);
    assert_near(J[1], 0.98, 1e-15);
    assert_int_equal(notes[1], FEMD_NOTE_ROUGH_POTENTIAL);
    assert_int_equal(b.seen.last.control, FEMD_CONTROL_PRESSURE);
    assert_true(b.seen.last.pressure == -2e9);
    /* what goes is the shape: scaled, F says nothing else, and P is at the volume that was found */
    double scaled[18], again[18];
    for (int k = 0; k < 18; k++) scaled[k] = 1.3 * F[k];
    arrays.F = scaled;
    arrays.stress = again;
    assert_int_equal(bench_ask(&b, &arrays), FEMD_OK);
    for (int k = 0; k < 18; k++) assert_near(again[k], P[k], 1e-3);
    const double det = some_F[0] * (some_F[4] * some_F[8] - some_F[5] * some_F[7]) -
                       some_F[1] * (some_F[3] * some_F[8] - some_F[5] * some_F[6]) +
                       some_F[2] * (some_F[3] * some_F[7] - some_F[4] * some_F[6]);
    double reached[9], expected[9];
    femd_response r;
    law(&b.seen.last, &r);
    for (int k = 0; k < 9; k++) reached[k] = some_F[k] * cbrt(0.98 / det);
    femd_first_piola(reached, r.S, r.D, expected, NULL);
    for (int k = 0; k < 9; k++) assert_near(again[9 + k], expected[k], 1e-3);
    bench_close(&b);
}

static void each_point_has_its_own_orientation(void **state) {
    (void)state;
    bench b;
    bench_open(&b);
    double F[18], P[18], A[162];
    const double turn[9] = {0.36, 0.48, -0.8, -0.8, 0.6, 0, 0.48, 0.64, 0.6};
    double Q[18] = {1, 0, 0, 0, 1, 0, 0, 0, 1};
    int32_t status[2];
    memcpy(Q + 9, turn, sizeof turn);
    for (int n = 0; n < 2; n++) memcpy(F + 9 * n, some_F, sizeof some_F);
    femd_arrays arrays = {.size = sizeof arrays, .n = 2, .F = F, .Q = Q, .stress = P, .tangent = A, .status = status};
    assert_int_equal(bench_ask(&b, &arrays), FEMD_OK);
    for (int n = 0; n < 2; n++) {
        double E[6], expected[9], tangent[81];
        femd_request q = {.wants = FEMD_WANT_STRESS | FEMD_WANT_TANGENT};
        femd_response r;
        assert_int_equal(femd_strain_from_F(some_F, E, NULL), FEMD_OK);
        femd_strain_rotate(Q + 9 * n, E, q.value);
        law(&q, &r);
        femd_response_unrotate(Q + 9 * n, &r);
        femd_first_piola(some_F, r.S, r.D, expected, tangent);
        for (int k = 0; k < 9; k++) assert_near(P[9 * n + k], expected[k], 1);
        for (int k = 0; k < 81; k++) assert_near(A[81 * n + k], tangent[k], 1e2);
    }
    assert_true(fabs(P[0] - P[9]) > 1e6);
    Q[0] = 2;
    femd_status worst;
    assert_int_equal(femd_arrays_evaluate(b.client, &material, &arrays, &worst, &b.err), FEMD_BAD_INPUT);
    assert_non_null(strstr(b.err.text, "orientation"));
    bench_close(&b);
}

/* ---- points that fail ---- */

static void a_point_that_fails_fails_alone_and_loudly(void **state) {
    (void)state;
    bench b;
    bench_open(&b);
    enum { N = 4, WORDS = 40 };
    double F[9 * N], P[9 * N], A[81 * N], token[FEMD_TOKEN * N], energy[N];
    uint64_t points[N] = {11, 12, BAD, 14};
    int32_t status[N];
    char words[N * WORDS];
    for (int n = 0; n < N; n++) memcpy(F + 9 * n, some_F, sizeof some_F);
    F[9] = -1; /* point 12 turned inside out */
    femd_arrays arrays = {.size = sizeof arrays,
                          .n = N,
                          .F = F,
                          .points = points,
                          .stress = P,
                          .tangent = A,
                          .energy = energy,
                          .token_out = token,
                          .status = status,
                          .words = words,
                          .words_size = WORDS};
    assert_int_equal(bench_ask(&b, &arrays), FEMD_OUT_OF_DOMAIN);
    assert_non_null(strstr(b.err.text, "point 12"));
    assert_int_equal(status[0], FEMD_OK);
    assert_int_equal(status[1], FEMD_OUT_OF_DOMAIN);
    assert_int_equal(status[2], FEMD_INSTABILITY);
    assert_int_equal(status[3], FEMD_OK);
    assert_string_equal(words, "");
    assert_non_null(strstr(words + WORDS, "det F"));
    assert_string_equal(words + 2 * WORDS, "it buckles");
    for (int n = 0; n < N; n++) {
        const int ok = n == 0 || n == 3;
        for (int k = 0; k < 9; k++) assert_int_equal(!isnan(P[9 * n + k]), ok);
        for (int k = 0; k < 81; k++) assert_int_equal(!isnan(A[81 * n + k]), ok);
        for (int k = 0; k < FEMD_TOKEN; k++) assert_int_equal(!isnan(token[FEMD_TOKEN * n + k]), ok);
        assert_int_equal(!isnan(energy[n]), ok);
    }
    for (int k = 0; k < 9; k++) assert_true(P[27 + k] == P[k]); /* nothing has slipped into a neighbour's place */
    points[3] = LOST; /* what is no physics outranks what is, wherever it stands */
    assert_int_equal(bench_ask(&b, &arrays), FEMD_STATE_LOST);
    assert_non_null(strstr(b.err.text, "point 17"));
    bench_close(&b);
}

static void wrong_arrays_are_refused_with_words(void **state) {
    (void)state;
    bench b;
    bench_open(&b);
    double F[9], strain[6] = {0}, stress[9], token[FEMD_TOKEN] = {1, 2, 3, 4, 5, 6}, cold = -1;
    int32_t status;
    memcpy(F, some_F, sizeof F);
    const femd_arrays good = {.size = sizeof good, .n = 1, .F = F, .stress = stress, .status = &status};
    struct {
        femd_arrays arrays;
        femd_status rc;
        const char *words;
    } wrong[] = {{good, FEMD_BAD_ARGUMENT, "size"},         {good, FEMD_BAD_ARGUMENT, "F or strain"},
                 {good, FEMD_BAD_ARGUMENT, "strain"},       {good, FEMD_BAD_ARGUMENT, "status"},
                 {good, FEMD_BAD_INPUT, "no token"},        {good, FEMD_BAD_ARGUMENT, "temperature"},
                 {good, FEMD_BAD_ARGUMENT, "token_in"},     {good, FEMD_BAD_ARGUMENT, "no such law"},
                 {good, FEMD_BAD_ARGUMENT, "token_stride"}, {good, FEMD_BAD_ARGUMENT, "n is "},
                 {good, FEMD_BAD_ARGUMENT, "below 0"}};
    wrong[0].arrays.size--;
    wrong[1].arrays.strain = strain;
    wrong[2].arrays.law = FEMD_LAW_SMALL;
    wrong[3].arrays.status = NULL;
    wrong[4].arrays.token_in = token;
    wrong[5].arrays.temperature = &cold;
    wrong[6].arrays.sweep = 1;
    wrong[7].arrays.vector = 4;
    wrong[8].arrays.token_stride = 5;
    wrong[9].arrays.n = (size_t)-1;
    wrong[10].arrays.accuracy = -1;
    for (size_t k = 0; k < sizeof wrong / sizeof *wrong; k++) {
        femd_status worst;
        femd_error_clear(&b.err);
        assert_int_equal(femd_arrays_evaluate(b.client, &material, &wrong[k].arrays, &worst, &b.err), wrong[k].rc);
        if (!strstr(b.err.text, wrong[k].words)) fail_msg("%zu: %s", k, b.err.text);
    }
    femd_arrays none = good;
    none.n = 0;
    assert_int_equal(bench_ask(&b, &none), FEMD_OK);
    bench_close(&b);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tangents_are_derivatives_in_every_order),
        cmocka_unit_test(strains_and_stresses_in_every_order),
        cmocka_unit_test(cauchy_and_jaumann_are_those_of_abaqus),
        cmocka_unit_test(each_point_has_its_own_conditions),
        cmocka_unit_test(each_point_has_its_own_orientation),
        cmocka_unit_test(a_point_that_fails_fails_alone_and_loudly),
        cmocka_unit_test(wrong_arrays_are_refused_with_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
