/* A slab with vacuum: strains that nothing resists leave the reference where the structure says. */
#include "engine_material.h"

#define SLAB(more)                                                                                                     \
    "{\"engine\":\"native\",\"structure\":{\"file\":\"" FEMD_FIELD_FILES "/slab_vacuum.data\",\"species\":[\"Cu\"]},"  \
    "\"potential\":{\"style\":\"eam/alloy\",\"file\":\"Cu_mishin1.eam.alloy\"}" more "}"

static void a_slab_keeps_its_vacuum(void **state) {
    (void)state;
    femd_material *m = open_material(SLAB(""));
    const double zero[6] = {0}, E[6] = {0.01}, V0 = femd_material_capabilities(m)->volume, given = 3.615e-10;
    femd_response r;
    if (!strstr(femd_material_notes(m), "no stiffness against strains 33, 23, 13 (vacuum)"))
        fail_msg("%s", femd_material_notes(m));
    evaluate(m, zero, BASIC, NULL, &r, NULL);
    assert_true(largest(6, r.S) < 1);
    /* The height stays; the plane shrinks under its surfaces' tension, by the same along 1 and 2. */
    assert_true(V0 < given * given * 26.46e-10 && V0 > 0.96 * given * given * 26.46e-10);
    evaluate(m, E, BASIC, NULL, &r, NULL);
    assert_true(r.S[0] > 0.4 * GPA && r.S[1] > 0.2 * GPA);
    for (int c = 2; c < 6; c++) assert_true(fabs(r.S[c]) < 1);
    femd_material_close(&m);
}

static void vacuum_carries_no_pressure(void **state) {
    (void)state;
    femd_material *m = NULL;
    femd_error err = FEMD_ERROR_INIT;
    assert_int_equal(try_open(SLAB(",\"reference\":{\"pressure\":\"100 MPa\"}"), &m, &err), FEMD_BAD_INPUT);
    if (!strstr(err.text, "without stiffness")) fail_msg("%s", err.text);
}

static void a_crystal_holds_nothing(void **state) {
    (void)state;
    femd_material *m = open_material(COPPER("", ""));
    assert_null(strstr(femd_material_notes(m), "stiffness"));
    femd_material_close(&m);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_slab_keeps_its_vacuum),
        cmocka_unit_test(vacuum_carries_no_pressure),
        cmocka_unit_test(a_crystal_holds_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
