/* An engine from a user's shared object. */
#include "engine_material.h"

#include "engine/state.h"

static void shared_object_answers(void **state) {
    (void)state;
    femd_material *m =
        open_material("{\"engine\":\"user\",\"library\":\"" FEMD_TEST_ENGINE "\",\"parameters\":{\"modulus\":7e9}}");
    const double E[6] = {0.001, 0, 0.002};
    femd_buffer one = FEMD_BUFFER_INIT, two = FEMD_BUFFER_INIT;
    femd_response r;
    femd_error err = FEMD_ERROR_INIT;
    evaluate(m, E, FEMD_WANT_STRESS, NULL, &r, &one);
    assert_true(r.S[0] == 7e9 * 0.001 && r.S[2] == 7e9 * 0.002 && r.engine == FEMD_ENGINE_USER);
    evaluate(m, E, FEMD_WANT_STRESS, &one, &r, &two);
    assert_int_equal(one.data[FEMD_STATE_HEADER], 1);
    assert_int_equal(two.data[FEMD_STATE_HEADER], 2);
    const femd_request q = {.wants = BASIC};
    assert_int_equal(try_request(m, &q, NULL, &r, NULL, &err), FEMD_UNSUPPORTED);
    const femd_bytes virgin = {NULL, 0};
    assert_int_equal(femd_material_dump(m, &virgin, &one, &err), FEMD_UNSUPPORTED);
    femd_buffer_clear(&one);
    femd_buffer_clear(&two);
    femd_material_close(&m);
}

static void missing_or_foreign_libraries_are_named(void **state) {
    (void)state;
    femd_material *m = NULL;
    femd_error err = FEMD_ERROR_INIT;
    assert_int_equal(try_open("{\"engine\":\"user\",\"library\":\"/nowhere/engine.so\"}", &m, &err), FEMD_BAD_INPUT);
    assert_non_null(strstr(err.text, "/nowhere/engine.so"));
    assert_int_equal(try_open("{\"engine\":\"user\",\"library\":\"libm.so.6\"}", &m, &err), FEMD_BAD_INPUT);
    assert_non_null(strstr(err.text, "femd_engine_v1"));
    assert_int_equal(try_open("{\"engine\":\"user\",\"library\":\"" FEMD_OLD_ENGINE "\"}", &m, &err), FEMD_BAD_INPUT);
    assert_non_null(strstr(err.text, "was built for interface 2, this femd has 3"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shared_object_answers),
        cmocka_unit_test(missing_or_foreign_libraries_are_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
