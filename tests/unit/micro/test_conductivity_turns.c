/* The conductivity of a strained crystal turns as a tensor, with real atoms: the body turned in space, and the same
 * strain of the same crystal in an RVE whose axes lie at 45 degrees (FEMD_TEST_LONG: it takes minutes). */
#include "engine_material.h"

/* 108 or 96 atoms of argon; its RVE along the cubic axes, or turned by 45 degrees about the third. */
#define ARGON(lattice, accuracy)                                                                                       \
    "{\"engine\":\"native\",\"method\":{\"stress\":\"statics\",\"conductivity\":\"green-kubo\"},\"green-kubo\":{"      \
    "\"accuracy\":" accuracy ",\"max_segments\":400},\"structure\":{\"lattice\":\"fcc\",\"a\":\"5.33 "                 \
    "angstrom\",\"species\":[\"Ar\"],\"masses\":[\"39.948 u\"]," lattice                                               \
    "},\"reference\":\"as-given\",\"potential\":{\"style\":\"lj\",\"epsilon\":\"0.0103207 eV\",\"sigma\":\"3.405 "     \
    "angstrom\","                                                                                                      \
    "\"cutoff\":\"7.5 angstrom\",\"smooth\":\"1.5 angstrom\"}}"
#define STRAIGHT "\"repeat\":[3,3,3]"
#define TURNED   "\"orient\":[[1,1,0],[-1,1,0],[0,0,1]],\"repeat\":[4,4,3]"

static const double KELVIN = 40;
static const double STRETCH[9] = {1.0390625, 0, 0, 0,       0.984375,
                                  0,         0, 0, 0.984375}; /* along a cubic axis; squares are exact */

static void conductivity(femd_material *m, const double E[6], femd_response *r) {
    femd_request q = {.wants = FEMD_WANT_CONDUCTIVITY, .temperature = KELVIN, .seed = 5};
    memcpy(q.value, E, sizeof q.value);
    request(m, &q, NULL, r, NULL);
    print_message("k %.3f %.3f %.3f %.3f %.3f %.3f\n  +-%.3f %.3f %.3f %.3f %.3f %.3f W/(m K)\n", r->k[0], r->k[1],
                  r->k[2], r->k[3], r->k[4], r->k[5], r->k_err[0], r->k_err[1], r->k_err[2], r->k_err[3], r->k_err[4],
                  r->k_err[5]);
}

static void multiply(const double A[9], const double B[9], double C[9]) {
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++) C[3 * i + j] = A[3 * i] * B[j] + A[3 * i + 1] * B[3 + j] + A[3 * i + 2] * B[6 + j];
}

/* R k R^T, written out. */
static void turned(const double R[9], const double k[6], double out[6]) {
    double full[9], half[9], transposed[9], both[9];
    femd_voigt_to_full(k, 0, full);
    multiply(R, full, half);
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++) transposed[3 * i + j] = R[3 * j + i];
    multiply(half, transposed, both);
    femd_full_to_voigt(both, 0, out);
}

#ifdef FEMD_TEST_LONG
/* A component within four standard deviations. */
static void assert_agrees(double a, double a_err, double b, double b_err) {
    if (fabs(a - b) < 4 * hypot(a_err, b_err)) return;
    fail_msg("%.4f(%.4f) is not %.4f(%.4f)", a, a_err, b, b_err);
}

/* One crystal, one strain, two RVEs: in the crystal's axes both have one tensor, in its own axes the turned RVE has the
 * turned one. */
static void a_turned_rve_has_the_turned_tensor(void **state) {
    (void)state;
    const double h = sqrt(0.5), Q[9] = {h, h, 0, -h, h, 0, 0, 0, 1}; /* rows: axes of the RVE in those of the crystal */
    femd_material *straight = open_material(ARGON(STRAIGHT, "0.06")), *across = open_material(ARGON(TURNED, "0.06"));
    femd_error err = FEMD_ERROR_INIT;
    femd_response a, b;
    double E[6], E_rve[6], want[6];
    assert_int_equal(femd_strain_from_F(STRETCH, E, &err), FEMD_OK);
    femd_strain_rotate(Q, E, E_rve);
    conductivity(straight, E, &a);
    conductivity(across, E_rve, &b);
    turned(Q, a.k, want);
    const double mean = (a.k_err[0] + a.k_err[1]) / 2; /* of components that mix 11 and 22 */
    for (int c = 0; c < 6; c++)
        assert_agrees(b.k[c], b.k_err[c], want[c], c == 0 || c == 1 || c == 5 ? mean : a.k_err[c]);
    /* the stretched axis conducts less, and the turned RVE knows in which direction it lies */
    const double apart = a.k[1] - a.k[0], apart_err = hypot(a.k_err[0], a.k_err[1]);
    print_message("k22 - k11 = %.3f(%.3f); twice k12 of the turned RVE %.3f(%.3f)\n", apart, apart_err, 2 * b.k[5],
                  2 * b.k_err[5]);
    assert_true(apart > 4 * apart_err);
    assert_agrees(2 * b.k[5], 2 * b.k_err[5], apart, apart_err);
    femd_response_unrotate(Q, &b);
    for (int c = 0; c < 3; c++) assert_agrees(b.k[c], mean, a.k[c], a.k_err[c]);
    femd_material_close(&straight);
    femd_material_close(&across);
}
#else
/* F = U and F = R U have one E, so one answer goes over the wire, bit for bit, and the client turns it. */
static void a_turned_body_has_the_turned_tensor(void **state) {
    (void)state;
    const double quarter[9] = {0, -1, 0, 1, 0, 0, 0, 0, 1}, diagonal[9] = {0, 0, 1, 1, 0, 0, 0, 1, 0};
    const double c = cos(0.7), s = sin(0.7), slanted[9] = {c, -s, 0, s * 0.6, c * 0.6, -0.8, s * 0.8, c * 0.8, 0.6};
    const double *const R[] = {quarter, diagonal, slanted};
    femd_material *m = open_material(ARGON("\"repeat\":[2,2,2]", "0.3"));
    femd_error err = FEMD_ERROR_INIT;
    double E[6], E2[6], F[9], spatial[6], want[6];
    femd_response a;
    assert_int_equal(femd_strain_from_F(STRETCH, E, &err), FEMD_OK);
    conductivity(m, E, &a);
    assert_true(fabs(a.k[0] - a.k[1]) > 1e-3); /* or nothing is tested */
    for (int i = 0; i < 3; i++) {
        multiply(R[i], STRETCH, F);
        assert_int_equal(femd_strain_from_F(F, E2, &err), FEMD_OK);
        if (i < 2) assert_memory_equal(E, E2, sizeof E); /* products with 0 and 1 are exact: one request, one answer */
        assert_true(largest_difference(6, E, E2) < 1e-15);
        assert_int_equal(femd_conductivity(F, a.k, spatial, NULL, &err), FEMD_OK);
        turned(R[i], a.k, want);
        assert_true(largest_difference(6, spatial, want) < 1e-13 * largest(6, a.k));
    }
    femd_material_close(&m);
}
#endif

int main(void) {
    const struct CMUnitTest tests[] = {
#ifdef FEMD_TEST_LONG
        cmocka_unit_test(a_turned_rve_has_the_turned_tensor),
#else
        cmocka_unit_test(a_turned_body_has_the_turned_tensor),
#endif
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
