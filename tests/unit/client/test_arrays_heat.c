/* The conductivity of arrays of points: in the frame of the law, in the order of the host; and callers whose headers
 * did not have it. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "femd/tensor3.h"
#include "law_server.h"

/* k of law_server.h, with what electrons carry. */
static const double k_full[9] = {12, 2.5, 2, 2.5, 13, 1.5, 2, 1.5, 14};

static void multiply(const double a[9], int turn_a, const double b[9], int turn_b, double c[9]) {
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++) {
            c[3 * i + j] = 0;
            for (int m = 0; m < 3; m++)
                c[3 * i + j] += a[turn_a ? 3 * m + i : 3 * i + m] * b[turn_b ? 3 * j + m : 3 * m + j];
        }
}

/* R k R^T of F = R U, in the axes of the host: of a material that is turned by Q, F is Q F Q^T in those of the RVE. */
static void spatial_k(const double F[9], const double Q[9], double k[9]) {
    double half[9], inside[9], R[9], turned[9];
    multiply(Q, 0, F, 0, half);
    multiply(half, 0, Q, 1, inside);
    assert_int_equal(femd_polar(inside, R, NULL, NULL), FEMD_OK);
    multiply(R, 0, k_full, 0, half);
    multiply(half, 0, R, 1, turned);
    multiply(Q, 1, turned, 0, half);
    multiply(half, 0, Q, 0, k);
}

/* F K F^T / J: what a referential conductivity is in space. */
static void pushed(const double F[9], const double K[9], double k[9]) {
    double half[9];
    multiply(F, 0, K, 0, half);
    multiply(half, 0, F, 1, k);
    for (int c = 0; c < 9; c++) k[c] /= femd_det3(F);
}

static const double unity[9] = {1, 0, 0, 0, 1, 0, 0, 0, 1};

static void conductivity_is_that_of_the_laws_frame(void **state) {
    (void)state;
    static const double turn[9] = {0.36, 0.48, -0.8, -0.8, 0.6, 0, 0.48, 0.64, 0.6};
    static const int voigt[6][2] = {{0, 0}, {1, 1}, {2, 2}, {1, 2}, {0, 2}, {0, 1}};
    bench b;
    bench_open(&b);
    for (int law_number = FEMD_LAW_PIOLA; law_number <= FEMD_LAW_GREEN; law_number++)
        for (int turned = 0; turned < 2; turned++)
            for (int squeezed = 0; squeezed < 2; squeezed++) {
                double stress[9], K[9], error, full[9], given[9], expected[9], J, reached[9];
                const double pressure = 2e9; /* J = 1.02 */
                int32_t status;
                const femd_arrays arrays = {.size = sizeof arrays,
                                            .n = 1,
                                            .law = law_number,
                                            .vector = FEMD_VECTOR_ABAQUS,
                                            .F = some_F,
                                            .Q = turned ? turn : NULL,
                                            .pressure = squeezed ? &pressure : NULL,
                                            .stress = stress,
                                            .J = &J,
                                            .conductivity = K,
                                            .conductivity_error = &error,
                                            .status = &status};
                assert_int_equal(bench_ask(&b, &arrays), FEMD_OK);
                assert_true(error > 0 && (turned || error == 0.1 * 6));
                const double stretch = squeezed ? cbrt(J / femd_det3(some_F)) : 1;
                for (int c = 0; c < 9; c++) reached[c] = stretch * some_F[c];
                spatial_k(reached, turned ? turn : unity, expected);
                if (law_number == FEMD_LAW_PIOLA) memcpy(full, K, sizeof full);
                for (int c = 0; c < 6 && law_number != FEMD_LAW_PIOLA; c++) {
                    static const int abaqus[6] = {0, 1, 2, 5, 4, 3};
                    full[3 * voigt[c][0] + voigt[c][1]] = full[3 * voigt[c][1] + voigt[c][0]] = K[abaqus[c]];
                }
                if (law_number == FEMD_LAW_CAUCHY)
                    memcpy(given, full, sizeof given);
                else
                    pushed(reached, full, given);
                for (int c = 0; c < 9; c++) assert_near(given[c], expected[c], 1e-12);
            }
    bench_close(&b);
}

/* Of a strain alone: as if stretched without rotation, in each order of the six. */
static void conductivity_of_a_strain(void **state) {
    (void)state;
    static const double strain[6] = {0.01, -0.02, 0.03, 0.004, -0.006, 0.008};
    bench b;
    bench_open(&b);
    for (int vector = 0; vector < 4; vector++) {
        const int abaqus = vector == FEMD_VECTOR_ABAQUS || vector == FEMD_VECTOR_MFRONT;
        const double root = vector >= FEMD_VECTOR_MANDEL ? sqrt(2) : 1;
        double E[6], K[6], U[9], expected[6], in[6];
        int32_t status;
        for (int c = 0; c < 6; c++) in[c > 2 && abaqus ? 8 - c : c] = strain[c] * (c > 2 ? 2 / root : 1);
        const femd_arrays arrays = {.size = sizeof arrays,
                                    .n = 1,
                                    .law = FEMD_LAW_SMALL,
                                    .vector = vector,
                                    .strain = in,
                                    .conductivity = K,
                                    .status = &status};
        assert_int_equal(bench_ask(&b, &arrays), FEMD_OK);
        for (int c = 0; c < 6; c++) E[c] = strain[c] * (c > 2 ? 2 : 1);
        assert_int_equal(femd_stretch_from_E(E, U, NULL), FEMD_OK);
        double k[6];
        femd_full_to_voigt(k_full, 0, k);
        assert_int_equal(femd_conductivity(U, k, NULL, expected, NULL), FEMD_OK);
        for (int c = 0; c < 6; c++)
            assert_near(K[c > 2 && abaqus ? 8 - c : c], expected[c] * (c > 2 ? root : 1), 1e-12);
    }
    bench_close(&b);
}

static void a_failed_point_conducts_nan(void **state) {
    (void)state;
    bench b;
    bench_open(&b);
    double F[18], K[18], error[2];
    int32_t status[2];
    const uint64_t points[2] = {1, BAD};
    for (int n = 0; n < 2; n++) memcpy(F + 9 * n, some_F, sizeof some_F);
    const femd_arrays arrays = {.size = sizeof arrays,
                                .n = 2,
                                .F = F,
                                .points = points,
                                .conductivity = K,
                                .conductivity_error = error,
                                .status = status};
    assert_int_equal(bench_ask(&b, &arrays), FEMD_INSTABILITY);
    for (int c = 0; c < 9; c++) assert_true(isfinite(K[c]) && isnan(K[9 + c]));
    assert_true(isfinite(error[0]) && isnan(error[1]));
    bench_close(&b);
}

/* Beyond the size that the caller says nothing is read: what stands there is not the caller's. */
static void a_caller_of_before_asks_for_none(void **state) {
    (void)state;
    bench b;
    bench_open(&b);
    double P[9], *nowhere = (double *)(uintptr_t)8;
    int32_t status;
    const femd_arrays arrays = {.size = offsetof(femd_arrays, conductivity),
                                .n = 1,
                                .F = some_F,
                                .stress = P,
                                .status = &status,
                                .conductivity = nowhere,
                                .conductivity_error = nowhere};
    assert_int_equal(bench_ask(&b, &arrays), FEMD_OK);
    assert_true(isfinite(P[0]) && !(b.seen.last.wants & FEMD_WANT_CONDUCTIVITY));
    femd_status worst;
    femd_arrays other = arrays;
    for (other.size = 0; other.size < 2 * sizeof other; other.size += sizeof(void *)) {
        if (other.size >= offsetof(femd_arrays, conductivity) && other.size <= sizeof other) continue;
        assert_int_equal(femd_arrays_evaluate(b.client, &material, &other, &worst, &b.err), FEMD_BAD_ARGUMENT);
    }
    bench_close(&b);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(conductivity_is_that_of_the_laws_frame),
        cmocka_unit_test(conductivity_of_a_strain),
        cmocka_unit_test(a_failed_point_conducts_nan),
        cmocka_unit_test(a_caller_of_before_asks_for_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
