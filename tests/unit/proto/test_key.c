/* What an evaluation's identity depends on, and what it does not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "sample.h"

enum { ALL_INPUTS = 31 | FEMD_INPUT_CHEMICAL, LEVEL = 3 };

static femd_hash key_of(const femd_request *r, uint32_t inputs) {
    femd_hash material, key;
    sample_hash(&material, 50);
    femd_request_key(&material, LEVEL, inputs, r, &key);
    return key;
}

static femd_request plain(void) {
    femd_request r = sample_request();
    r.flags = FEMD_REQUEST_EXCHANGE;
    return r;
}

#define CHANGES(inputs, statement)                                                                                     \
    do {                                                                                                               \
        femd_request r = plain();                                                                                      \
        femd_hash before = key_of(&r, inputs);                                                                         \
        statement;                                                                                                     \
        femd_hash after = key_of(&r, inputs);                                                                          \
        assert_false(femd_hash_equal(&before, &after));                                                                \
    } while (0)
#define KEEPS(inputs, statement)                                                                                       \
    do {                                                                                                               \
        femd_request r = plain();                                                                                      \
        femd_hash before = key_of(&r, inputs);                                                                         \
        statement;                                                                                                     \
        femd_hash after = key_of(&r, inputs);                                                                          \
        assert_true(femd_hash_equal(&before, &after));                                                                 \
    } while (0)

static void labels_have_no_effect(void **state) {
    (void)state;
    KEEPS(ALL_INPUTS, r.point = 1);
    KEEPS(ALL_INPUTS, r.step = 9);
    KEEPS(ALL_INPUTS, r.attempt = 9);
    KEEPS(ALL_INPUTS, r.iteration = 9);
}

static void every_input_has_an_effect(void **state) {
    (void)state;
    CHANGES(ALL_INPUTS, r.state_in.b[31] ^= 1);
    CHANGES(ALL_INPUTS, r.seed++);
    CHANGES(ALL_INPUTS, r.wants ^= FEMD_WANT_ENERGY);
    CHANGES(ALL_INPUTS, r.control = FEMD_CONTROL_PRESSURE);
    CHANGES(ALL_INPUTS, r.mask ^= 32);
    for (int i = 0; i < 6; i++) CHANGES(ALL_INPUTS, r.value[i] += 1);
    CHANGES(ALL_INPUTS, r.temperature += 1);
    CHANGES(ALL_INPUTS, r.accuracy *= 2);
    for (int i = 0; i < 3; i++) CHANGES(ALL_INPUTS, r.delta_mu[i] += 1e-21);
    CHANGES(ALL_INPUTS, r.flags = 0);
    femd_request r = plain();
    femd_hash m1, m2, a, b;
    sample_hash(&m1, 1);
    sample_hash(&m2, 2);
    femd_request_key(&m1, LEVEL, 0, &r, &a);
    femd_request_key(&m2, LEVEL, 0, &r, &b);
    assert_false(femd_hash_equal(&a, &b));
    femd_request_key(&m1, LEVEL + 1, 0, &r, &b);
    assert_false(femd_hash_equal(&a, &b));
}

static void inputs_that_the_material_ignores_have_no_effect(void **state) {
    (void)state;
    KEEPS(0, r.state_in.b[0] ^= 1);
    KEEPS(0, r.seed++);
    KEEPS(0, r.temperature += 1);
    KEEPS(0, r.accuracy += 1);
    KEEPS(ALL_INPUTS & ~FEMD_INPUT_CHEMICAL, r.delta_mu[0] += 1e-21);
    KEEPS(ALL_INPUTS & ~FEMD_INPUT_SEED, r.seed++);
    CHANGES(0, r.value[0] += 1);
}

static void pressure_counts_in_pressure_control_only(void **state) {
    (void)state;
    KEEPS(ALL_INPUTS, r.pressure += 1);
    femd_request r = plain();
    r.control = FEMD_CONTROL_PRESSURE;
    femd_hash a = key_of(&r, ALL_INPUTS), b;
    r.mask ^= 1;
    b = key_of(&r, ALL_INPUTS);
    assert_true(femd_hash_equal(&a, &b));
    r.pressure += 1;
    b = key_of(&r, ALL_INPUTS);
    assert_false(femd_hash_equal(&a, &b));
}

static void both_zeros_are_one(void **state) {
    (void)state;
    KEEPS(ALL_INPUTS, r.value[4] = 0.0); /* the sample has -0.0 */
    KEEPS(ALL_INPUTS, r.delta_mu[1] = 0.0);
    femd_request r = plain();
    r.temperature = 0.0;
    femd_hash a = key_of(&r, ALL_INPUTS);
    r.temperature = -0.0;
    femd_hash b = key_of(&r, ALL_INPUTS);
    assert_true(femd_hash_equal(&a, &b));
}

static void a_private_request_shares_with_no_other_point(void **state) {
    (void)state;
    CHANGES(ALL_INPUTS, r.flags |= FEMD_REQUEST_PRIVATE);
    femd_request r = sample_request();
    femd_hash a = key_of(&r, ALL_INPUTS), b;
    r.step++;
    b = key_of(&r, ALL_INPUTS);
    assert_true(femd_hash_equal(&a, &b));
    r.point++;
    b = key_of(&r, ALL_INPUTS);
    assert_false(femd_hash_equal(&a, &b));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(labels_have_no_effect),
        cmocka_unit_test(every_input_has_an_effect),
        cmocka_unit_test(inputs_that_the_material_ignores_have_no_effect),
        cmocka_unit_test(pressure_counts_in_pressure_control_only),
        cmocka_unit_test(both_zeros_are_one),
        cmocka_unit_test(a_private_request_shares_with_no_other_point),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
