/* A superposed rotation: what is answered in E does not change, what is answered in F turns with it. Every engine. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "femd/kinematics.h"
#include "femd/material_files.h"
#include "micro.h"

#define CRYSTAL                                                                                                        \
    "\"structure\":{\"lattice\":\"fcc\",\"a\":\"3.615 angstrom\",\"species\":[\"Cu\"],\"repeat\":[2,2,2],"             \
    "\"vacancies\":{\"count\":1,\"seed\":7}},\"potential\":{\"style\":\"eam/"                                          \
    "alloy\",\"file\":\"Cu_mishin1.eam.alloy\"}"
static const char elastic[] =
    "{\"engine\":\"elastic\",\"stiffness\":[1.7e11,1.2e11,1.1e11,1e9,2e9,0,1.6e11,1.2e11,0,3e9,1e9,"
    "1.5e11,0,0,2e9,7e10,1e9,0,6e10,0,5e10]}";
static const char cauchy_born[] = "{\"engine\":\"cauchy-born\"," CRYSTAL "}";
static const char native[] = "{\"engine\":\"native\"," CRYSTAL "}";

static const double F0[9] = {1.02, 0.015, -0.004, 0.006, 0.99, 0.012, -0.008, 0.003, 1.006};
/* cos and sin of unrelated angles about z, then x, then y: far from the identity. */
static void rotation(double R[9]) {
    double c[3] = {cos(0.7), cos(-1.9), cos(2.6)}, s[3] = {sin(0.7), sin(-1.9), sin(2.6)};
    double Z[9] = {c[0], -s[0], 0, s[0], c[0], 0, 0, 0, 1}, X[9] = {1, 0, 0, 0, c[1], -s[1], 0, s[1], c[1]},
           Y[9] = {c[2], 0, s[2], 0, 1, 0, -s[2], 0, c[2]}, T[9];
    for (int i = 0; i < 9; i++) {
        T[i] = 0;
        for (int k = 0; k < 3; k++) T[i] += X[3 * (i / 3) + k] * Z[3 * k + i % 3];
    }
    for (int i = 0; i < 9; i++) {
        R[i] = 0;
        for (int k = 0; k < 3; k++) R[i] += Y[3 * (i / 3) + k] * T[3 * k + i % 3];
    }
}

static femd_material *open_material(const char *text) {
    femd_error err = FEMD_ERROR_INIT;
    femd_json doc = FEMD_JSON_INIT;
    femd_buffer pack = FEMD_BUFFER_INIT;
    femd_material *m = NULL;
    if (femd_json_parse(text, strlen(text), "material", &doc, &err) ||
        femd_material_pack(&doc, doc.root, ".", &pack, &err) || femd_material_open(pack.data, pack.size, &m, &err))
        fail_msg("%s", err.text);
    femd_json_clear(&doc);
    femd_buffer_clear(&pack);
    return m;
}

static void answer(femd_material *m, const double F[9], femd_response *r, double P[9], double A[81]) {
    femd_error err = FEMD_ERROR_INIT;
    femd_buffer state = FEMD_BUFFER_INIT;
    femd_request q;
    memset(&q, 0, sizeof q);
    q.wants = FEMD_WANT_STRESS | FEMD_WANT_TANGENT;
    assert_int_equal(femd_strain_from_F(F, q.value, &err), FEMD_OK);
    femd_bytes virgin = {NULL, 0};
    if (femd_material_evaluate(m, &q, &virgin, NULL, r, &state, &err)) fail_msg("%s", err.text);
    femd_first_piola(F, r->S, r->D, P, A);
    femd_buffer_clear(&state);
}

/* max |a - b| / max |b| */
static double difference(const double *a, const double *b, int n) {
    double worst = 0, largest = 0;
    for (int i = 0; i < n; i++) worst = fmax(worst, fabs(a[i] - b[i])), largest = fmax(largest, fabs(b[i]));
    return worst / largest;
}

static void check(const char *text, double tolerance) {
    femd_material *m = open_material(text);
    double R[9], F1[9], P0[9], P1[9], A0[81], A1[81], RP[9], RA[81];
    rotation(R);
    for (int i = 0; i < 9; i++) {
        F1[i] = 0;
        for (int k = 0; k < 3; k++) F1[i] += R[3 * (i / 3) + k] * F0[3 * k + i % 3];
    }
    femd_response r0, r1;
    answer(m, F0, &r0, P0, A0);
    answer(m, F1, &r1, P1, A1);
    /* P_iJ -> R_im P_mJ;  A_iJkL -> R_im R_kn A_mJnL */
    for (int i = 0; i < 3; i++)
        for (int J = 0; J < 3; J++) {
            RP[3 * i + J] = 0;
            for (int p = 0; p < 3; p++) RP[3 * i + J] += R[3 * i + p] * P0[3 * p + J];
            for (int k = 0; k < 3; k++)
                for (int L = 0; L < 3; L++) {
                    double sum = 0;
                    for (int p = 0; p < 3; p++)
                        for (int n = 0; n < 3; n++)
                            sum += R[3 * i + p] * R[3 * k + n] * A0[9 * (3 * p + J) + 3 * n + L];
                    RA[9 * (3 * i + J) + 3 * k + L] = sum;
                }
        }
    double e[4] = {difference(r1.S, r0.S, 6), difference(r1.D, r0.D, 36), difference(P1, RP, 9),
                   difference(A1, RA, 81)};
    print_message("rotation: S %.1e D %.1e P %.1e A %.1e\n", e[0], e[1], e[2], e[3]);
    for (int i = 0; i < 4; i++) assert_true(e[i] <= tolerance);
    /* and the material is anisotropic and nonlinear enough for a wrong frame to be seen */
    assert_true(difference(P1, P0, 9) > 0.1);
    femd_material_close(&m);
}

static void elastic_answers_turn_with_the_frame(void **state) {
    (void)state;
    check(elastic, 1e-12);
}
static void cauchy_born_answers_turn_with_the_frame(void **state) {
    (void)state;
    check(cauchy_born, 1e-12);
}
static void relaxed_answers_turn_with_the_frame(void **state) {
    (void)state;
    check(native, 1e-9);
}

static void reflection_is_refused(void **state) {
    (void)state;
    const double F[9] = {-1, 0, 0, 0, 1, 0, 0, 0, 1}, flat[9] = {1, 0, 0, 0, 1, 0, 0, 0, 0};
    double E[6];
    femd_error err = FEMD_ERROR_INIT;
    assert_int_equal(femd_strain_from_F(F, E, &err), FEMD_BAD_INPUT);
    assert_int_equal(femd_strain_from_F(flat, E, &err), FEMD_BAD_INPUT);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(elastic_answers_turn_with_the_frame),
        cmocka_unit_test(cauchy_born_answers_turn_with_the_frame),
        cmocka_unit_test(relaxed_answers_turn_with_the_frame),
        cmocka_unit_test(reflection_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
