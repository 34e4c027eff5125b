/* What is said of a tangent that is not positive definite and of an acoustic tensor with a negative eigenvalue. */
#include "engine_material.h"

#include "rve/ellipticity.h"

static const double unit[9] = {1, 0, 0, 0, 1, 0, 0, 0, 1}, none[6];

static void cubic(double C11, double C12, double C44, double D[36]) {
    memset(D, 0, 36 * sizeof *D);
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++) D[6 * i + j] = i == j ? C11 : C12;
    for (int i = 3; i < 6; i++) D[7 * i] = C44;
}

/* Cubic: waves along 100 have C11 and C44, those along 110 also (C11 - C12)/2. */
static void waves_of_cubic_crystals_are_known(void **state) {
    (void)state;
    double D[36], N[3];
    cubic(170, 123, 76, D);
    assert_true(fabs(femd_ellipticity_lowest(unit, none, D, N) - 23.5) < 1e-6);
    assert_true(fabs(fabs(N[0] * N[1]) + fabs(N[1] * N[2]) + fabs(N[2] * N[0]) - 0.5) < 1e-3);
    assert_int_equal(femd_ellipticity_notes(unit, none, D, NULL, NULL), 0);
    cubic(170, 123, 12, D);
    assert_true(fabs(femd_ellipticity_lowest(unit, none, D, N) - 12) < 1e-6);
}

static void each_instability_is_named(void **state) {
    (void)state;
    double D[36];
    cubic(120, 123, 76, D); /* C11 < C12: both */
    assert_int_equal(femd_ellipticity_notes(unit, none, D, NULL, NULL),
                     FEMD_NOTE_TANGENT_NOT_POSITIVE | FEMD_NOTE_NOT_ELLIPTIC);
    cubic(100, -60, 76, D); /* bulk modulus below zero: waves are still carried */
    assert_int_equal(femd_ellipticity_notes(unit, none, D, NULL, NULL), FEMD_NOTE_TANGENT_NOT_POSITIVE);
    cubic(170, 123, 76, D); /* under compression along 1 by more than the shear stiffness */
    const double compressed[6] = {-24, 0, 0, 0, 0, 0};
    assert_int_equal(femd_ellipticity_notes(unit, compressed, D, NULL, NULL), 0);
    const double more[6] = {-80, 0, 0, 0, 0, 0};
    assert_int_equal(femd_ellipticity_notes(unit, more, D, NULL, NULL), FEMD_NOTE_NOT_ELLIPTIC);
}

static void what_may_be_noise_is_not_told(void **state) {
    (void)state;
    double D[36], S_err[6] = {0}, D_err[36] = {0};
    cubic(122, 123, 76, D);
    D_err[0] = 2;
    assert_int_equal(femd_ellipticity_notes(unit, none, D, S_err, D_err), 0);
    D_err[0] = 0.01;
    assert_int_equal(femd_ellipticity_notes(unit, none, D, S_err, D_err),
                     FEMD_NOTE_TANGENT_NOT_POSITIVE | FEMD_NOTE_NOT_ELLIPTIC);
}

/* Copper stretched along 100 beyond its strength answers with a tangent that no longer resists. */
static void an_evaluation_tells(void **state) {
    (void)state;
    femd_material *m = open_material("{\"engine\":\"native\",\"structure\":{\"file\":\"" FEMD_FIELD_FILES
                                     "/one_atom.data\",\"species\":[\"Cu\"]},\"potential\":{\"style\":\"eam/"
                                     "alloy\",\"file\":\"Cu_mishin1.eam.alloy\"}}");
    const double mild[6] = {0.01, 0.01, 0.01}, far[6] = {0.25, 0.25, 0.25};
    femd_response r;
    evaluate(m, mild, BASIC, NULL, &r, NULL);
    assert_int_equal(r.notes, 0);
    evaluate(m, far, BASIC, NULL, &r, NULL);
    assert_true(r.notes & FEMD_NOTE_TANGENT_NOT_POSITIVE);
    femd_material_close(&m);
}

/* fcc has one atom a cell: nothing relaxes, and both engines say the same. Under 14 % of E11 D22 < D23. */
static void engines_say_the_same_of_a_tangent(void **state) {
    (void)state;
    const double E[6] = {0.14};
    const uint32_t wants = FEMD_WANT_TANGENT_STABILITY | FEMD_WANT_ACOUSTIC_STABILITY;
    femd_response r[2], alone;
    for (int k = 0; k < 2; k++) {
        femd_material *m =
            open_material(k ? COPPER("", "")
                            : "{\"engine\":\"cauchy-born\",\"structure\":{\"lattice\":\"fcc\",\"a\":\"3.615 "
                              "angstrom\",\"species\":[\"Cu\"]},"
                              "\"potential\":{\"style\":\"eam/alloy\",\"file\":\"Cu_mishin1.eam.alloy\"}}");
        evaluate(m, E, BASIC | wants, NULL, &r[k], NULL);
        evaluate(m, E, wants, NULL, &alone, NULL);
        assert_true(alone.notes == r[k].notes && alone.tangent_stability == r[k].tangent_stability);
        assert_int_equal(alone.provided & wants, wants);
        evaluate(m, E, FEMD_WANT_STRESS, NULL, &alone, NULL);
        assert_int_equal(alone.notes & FEMD_NOTE_TANGENT_NOT_POSITIVE, 0); /* nobody asked for one */
        femd_material_close(&m);
    }
    assert_int_equal(r[0].notes, FEMD_NOTE_TANGENT_NOT_POSITIVE);
    assert_int_equal(r[1].notes, r[0].notes);
    assert_true(fabs(r[0].tangent_stability - (r[0].D[7] - r[0].D[8])) < 1e-6 * GPA);
    assert_true(fabs(r[1].tangent_stability - r[0].tangent_stability) < 1e-6 * GPA);
    assert_true(fabs(r[1].acoustic_stability - r[0].acoustic_stability) < 1e-6 * GPA);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(waves_of_cubic_crystals_are_known), cmocka_unit_test(each_instability_is_named),
        cmocka_unit_test(what_may_be_noise_is_not_told),     cmocka_unit_test(an_evaluation_tells),
        cmocka_unit_test(engines_say_the_same_of_a_tangent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
