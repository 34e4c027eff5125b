/* States: their headers, and evaluations as pure functions of material, state and request. */
#include "dynamics/carry.h"
#include "engine/state.h"
#include "engine_material.h"

#define VACANCY COPPER(",\"repeat\":[3,3,3],\"vacancies\":{\"count\":1,\"seed\":7}", "")

static void same_inputs_give_the_same_bits(void **state) {
    (void)state;
    femd_material *m = open_material(VACANCY), *cold = open_material(VACANCY);
    const double first[6] = {0.004, 0, 0, 0, 0, 0.003}, second[6] = {0.009, -0.001, 0, 0.002, 0, 0.007},
                 elsewhere[6] = {0.03, 0.02, -0.02, 0.03, 0.02, 0.03};
    femd_buffer s1 = FEMD_BUFFER_INIT, a2 = FEMD_BUFFER_INIT, b2 = FEMD_BUFFER_INIT;
    femd_response r, a, b;
    evaluate(m, first, BASIC, NULL, &r, &s1);
    evaluate(m, second, BASIC | FEMD_WANT_ENERGY, &s1, &a, &a2);
    femd_request far = {.wants = BASIC}; /* whatever a warm worker did in between, even if it failed */
    femd_error err = FEMD_ERROR_INIT;
    evaluate(m, elsewhere, BASIC, NULL, &r, NULL);
    far.value[0] = far.value[1] = far.value[2] = 3e10; /* no such stress is carried */
    far.mask = 7;
    assert_true(femd_status_is_physics(try_request(m, &far, NULL, &r, NULL, &err)));
    evaluate(m, second, BASIC | FEMD_WANT_ENERGY, &s1, &b, &b2);
    a.work = b.work = (femd_work){0};
    assert_memory_equal(&a, &b, sizeof a);
    assert_int_equal(a2.size, b2.size);
    assert_memory_equal(a2.data, b2.data, a2.size);
    evaluate(cold, second, BASIC | FEMD_WANT_ENERGY, &s1, &b, &b2); /* a worker that never saw the state */
    b.work = (femd_work){0};
    assert_memory_equal(&a, &b, sizeof a);
    assert_memory_equal(a2.data, b2.data, a2.size);
    femd_buffer_clear(&s1);
    femd_buffer_clear(&a2);
    femd_buffer_clear(&b2);
    femd_material_close(&m);
    femd_material_close(&cold);
}

static femd_status open_spoilt(femd_material *m, const femd_buffer *blob, size_t at) {
    femd_bytes body;
    femd_buffer copy = FEMD_BUFFER_INIT;
    femd_error err = FEMD_ERROR_INIT;
    assert_int_equal(femd_buffer_append(&copy, blob->data, blob->size, &err), FEMD_OK);
    copy.data[at] ^= 1;
    const femd_bytes in = {copy.data, copy.size};
    const femd_status rc = femd_state_open(&in, femd_material_id(m), &body, &err);
    femd_buffer_clear(&copy);
    return rc;
}

static void damaged_or_foreign_states_are_refused(void **state) {
    (void)state;
    femd_material *m = open_material(COPPER(",\"repeat\":[2,2,2]", "")), *other = open_material(COPPER("", ""));
    const double E[6] = {0.001};
    femd_buffer blob = FEMD_BUFFER_INIT, out = FEMD_BUFFER_INIT;
    femd_response r;
    femd_error err = FEMD_ERROR_INIT;
    femd_hash hash;
    evaluate(m, E, FEMD_WANT_STRESS, NULL, &r, &blob);
    femd_hash_domain("state", blob.data, blob.size, &hash);
    assert_true(femd_hash_equal(&hash, &r.state_out));
    for (size_t at = 0; at < blob.size; at += at < 88 ? 8 : 501)
        if (at != 8)
            assert_int_equal(open_spoilt(m, &blob, at), FEMD_PROTOCOL); /* 8, 12: the engine's number and version */
    femd_bytes body, in = {blob.data, blob.size - 1};
    assert_int_equal(femd_state_open(&in, femd_material_id(m), &body, &err), FEMD_PROTOCOL);
    const femd_request q = {.wants = FEMD_WANT_STRESS};
    assert_int_equal(try_request(other, &q, &blob, &r, &out, &err), FEMD_PROTOCOL);
    assert_non_null(strstr(err.text, "another material"));
    assert_int_equal(out.size, 0);
    blob.data[12] ^= 1;
    assert_int_equal(try_request(m, &q, &blob, &r, &out, &err), FEMD_PROTOCOL);
    femd_buffer_clear(&blob);
    femd_buffer_clear(&out);
    femd_material_close(&m);
    femd_material_close(&other);
}

/* An engine may have nothing to keep. */
static void a_state_of_a_header_alone_is_one(void **state) {
    (void)state;
    femd_buffer blob = FEMD_BUFFER_INIT;
    femd_error err = FEMD_ERROR_INIT;
    femd_hash material;
    femd_hash_bytes("m", 1, &material);
    assert_int_equal(femd_state_begin(&blob, &err), FEMD_OK);
    femd_state_finish(&blob, 7, 1, &material);
    femd_bytes body, in = {blob.data, blob.size};
    assert_int_equal(in.size, FEMD_STATE_HEADER);
    if (femd_state_open(&in, &material, &body, &err) != FEMD_OK) fail_msg("%s", err.text);
    assert_int_equal(body.size, 0);
    in.size--;
    assert_int_equal(femd_state_open(&in, &material, &body, &err), FEMD_PROTOCOL);
    femd_buffer_clear(&blob);
}

/* The state's bytes with a number put at `at` of the engine's part, the header made to fit. */
static femd_status try_number(femd_material *m, const femd_buffer *blob, size_t at, double number, femd_error *err) {
    const femd_request q = {.wants = BASIC, .value = {0.002}};
    femd_buffer copy = FEMD_BUFFER_INIT, out = FEMD_BUFFER_INIT;
    femd_response r;
    assert_int_equal(femd_buffer_append(&copy, blob->data, blob->size, err), FEMD_OK);
    femd_putf64(copy.data + FEMD_STATE_HEADER + at, number);
    femd_state_finish(&copy, femd_material_capabilities(m)->engine, 1, femd_material_id(m));
    const femd_status rc = try_request(m, &q, &copy, &r, &out, err);
    femd_buffer_clear(&copy);
    femd_buffer_clear(&out);
    return rc;
}

static void numbers_in_a_state_that_are_not_finite_are_refused(void **state) {
    (void)state;
    femd_material *m = open_material(VACANCY);
    const double E[6] = {0.001}, none[3] = {NAN, INFINITY, -INFINITY}, vast[3] = {1e300, -1e18, 1e9};
    const size_t n3 = 3 * 107, strain = 8, offsets = strain + 6 * 8, scales = offsets + 8 * n3;
    const size_t places[] = {strain, strain + 40, offsets, offsets + 8 * 100, scales - 8, scales, scales + 40};
    femd_buffer blob = FEMD_BUFFER_INIT;
    femd_error err = FEMD_ERROR_INIT;
    femd_response r;
    evaluate(m, E, BASIC, NULL, &r, &blob);
    assert_int_equal(blob.size, FEMD_STATE_HEADER + scales + 6 * 8 + 6 * 2 * n3);
    for (size_t p = 0; p < sizeof places / sizeof *places; p++)
        for (int k = 0; k < 3; k++) {
            assert_int_equal(try_number(m, &blob, places[p], none[k], &err), FEMD_PROTOCOL);
            assert_non_null(strstr(err.text, "not finite"));
            if (places[p] >= scales) continue; /* sensitivities only predict */
            const femd_status rc = try_number(m, &blob, places[p], vast[k], &err);
            if (rc == FEMD_OK || rc == FEMD_INTERNAL) fail_msg("%g at %zu: %s", vast[k], places[p], err.text);
        }
    femd_buffer_clear(&blob);
    femd_material_close(&m);
}

static void carried_numbers_that_are_not_finite_are_refused(void **state) {
    (void)state;
    femd_error err = FEMD_ERROR_INIT;
    for (int k = 0; k < 4; k++) {
        double numbers[3] = {1, -0.0, 1e300}, back[3];
        femd_buffer bytes = FEMD_BUFFER_INIT;
        if (k < 3) numbers[k] = k == 0 ? NAN : k == 1 ? INFINITY : -INFINITY;
        femd_carry out = femd_carry_writer(&bytes, "the sampling");
        assert_int_equal(femd_carry_doubles(&out, numbers, 3, &err), FEMD_OK);
        femd_carry in = femd_carry_reader(&(femd_bytes){bytes.data, bytes.size}, "the sampling");
        assert_int_equal(femd_carry_doubles(&in, back, 3, &err), k < 3 ? FEMD_PROTOCOL : FEMD_OK);
        if (k < 3)
            assert_non_null(strstr(err.text, "the sampling in a state holds a number that is not finite"));
        else
            assert_memory_equal(numbers, back, sizeof back);
        femd_buffer_clear(&bytes);
    }
}

static void cold_and_warm_paths_meet_in_the_same_minimum(void **state) {
    (void)state;
    femd_material *m = open_material(VACANCY);
    const double end[6] = {0.02, -0.008, -0.005, 0.01, 0.004, 0.012};
    femd_buffer at = FEMD_BUFFER_INIT, next = FEMD_BUFFER_INIT;
    femd_response direct, r;
    evaluate(m, end, BASIC, NULL, &direct, NULL);
    for (int k = 1; k <= 4; k++) {
        double E[6];
        for (int c = 0; c < 6; c++) E[c] = end[c] * k / 4;
        evaluate(m, E, BASIC, k > 1 ? &at : NULL, &r, &next);
        femd_buffer swap = at;
        at = next, next = swap;
    }
    assert_true(largest_difference(6, r.S, direct.S) < 1e-10 * largest(6, direct.S) + 1e-3);
    assert_true(largest_difference(36, r.D, direct.D) < 1e-8 * largest(36, direct.D));
    femd_buffer_clear(&at);
    femd_buffer_clear(&next);
    femd_material_close(&m);
}

static int count_beats(void *user, double fraction) {
    (void)fraction;
    return ++*(int *)user > 2 ? 1 : 0;
}

static void relaxation_can_be_cancelled_and_tried_again(void **state) {
    (void)state;
    femd_material *m = open_material(VACANCY);
    femd_request q = {.wants = BASIC, .value = {0.01, 0, 0, 0.01}};
    femd_response r, again;
    femd_buffer out = FEMD_BUFFER_INIT;
    femd_error err = FEMD_ERROR_INIT;
    int beats = 0;
    const femd_beat beat = {&beats, count_beats};
    request(m, &q, NULL, &r, NULL);
    assert_int_equal(femd_material_evaluate(m, &q, NULL, &beat, &again, &out, &err), FEMD_CANCELLED);
    assert_true(beats == 3 && out.size == 0);
    request(m, &q, NULL, &again, NULL);
    r.work = again.work = (femd_work){0};
    assert_memory_equal(&r, &again, sizeof r);
    femd_buffer_clear(&out);
    femd_material_close(&m);
}

static void dump_shows_the_strained_cell(void **state) {
    (void)state;
    femd_material *m = open_material(COPPER(",\"repeat\":[2,2,2]", ",\"reference\":\"as-given\""));
    const double E[6] = {0.5 * (1.01 * 1.01 - 1)};
    femd_buffer at = FEMD_BUFFER_INIT;
    femd_response r;
    double cell[9], *x;
    evaluate(m, E, FEMD_WANT_STRESS, NULL, &r, &at);
    assert_int_equal(dump_atoms(m, &at, cell, &x), 32);
    assert_true(fabs(cell[0] - 2 * 3.615 * 1.01) < 1e-12 && fabs(cell[4] - 2 * 3.615) < 1e-12 && fabs(cell[1]) < 1e-14);
    free(x);
    femd_buffer_clear(&at);
    femd_material_close(&m);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(same_inputs_give_the_same_bits),
        cmocka_unit_test(damaged_or_foreign_states_are_refused),
        cmocka_unit_test(a_state_of_a_header_alone_is_one),
        cmocka_unit_test(numbers_in_a_state_that_are_not_finite_are_refused),
        cmocka_unit_test(carried_numbers_that_are_not_finite_are_refused),
        cmocka_unit_test(cold_and_warm_paths_meet_in_the_same_minimum),
        cmocka_unit_test(relaxation_can_be_cancelled_and_tried_again),
        cmocka_unit_test(dump_shows_the_strained_cell),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
