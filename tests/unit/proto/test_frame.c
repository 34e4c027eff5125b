/* The frame, the buffer, status texts and hashes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "femd/frame.h"
#include "femd/hash.h"

static void frame_round_trip(void **state) {
    (void)state;
    femd_buffer b = FEMD_BUFFER_INIT;
    femd_error err = FEMD_ERROR_INIT;
    femd_frame f;
    assert_int_equal(femd_frame_begin(&b, FEMD_MSG_STARTED, 0x1122334455667788u, &err), FEMD_OK);
    assert_int_equal(femd_buffer_append(&b, "12345678", 8, &err), FEMD_OK);
    femd_frame_finish(&b, 1);
    assert_int_equal(femd_frame_decode(b.data, b.size, &f, &err), FEMD_OK);
    assert_int_equal(f.type, FEMD_MSG_STARTED);
    assert_int_equal(f.count, 1);
    assert_true(f.id == 0x1122334455667788u);
    assert_int_equal(f.body.size, 8);
    assert_memory_equal(f.body.data, "12345678", 8);
    femd_buffer_clear(&b);
}

/* Any single damage to magic, version, type or length is noticed. */
static void damaged_header_is_refused(void **state) {
    (void)state;
    femd_buffer b = FEMD_BUFFER_INIT;
    femd_error err = FEMD_ERROR_INIT;
    femd_frame f;
    assert_int_equal(femd_frame_begin(&b, FEMD_MSG_BYE, 0, &err), FEMD_OK);
    femd_frame_finish(&b, 0);
    const int checked[] = {0, 1, 2, 3, 4, 5, 7, 24, 25, 30, 31};
    for (size_t i = 0; i < sizeof checked / sizeof checked[0]; i++) {
        b.data[checked[i]] ^= 0x41;
        femd_error_clear(&err);
        assert_int_equal(femd_frame_decode(b.data, b.size, &f, &err), FEMD_PROTOCOL);
        assert_true(err.text[0]);
        b.data[checked[i]] ^= 0x41;
    }
    for (size_t n = 0; n < b.size; n++) assert_int_equal(femd_frame_decode(b.data, n, &f, &err), FEMD_PROTOCOL);
    assert_int_equal(femd_frame_decode(b.data, b.size, &f, &err), FEMD_OK);
    femd_buffer_clear(&b);
}

static void a_frame_of_the_wrong_type_number_is_refused(void **state) {
    (void)state;
    uint8_t p[FEMD_FRAME_HEADER] = {'F', 'E', 'M', 'D', FEMD_PROTOCOL_VERSION, 0, 9, 0};
    femd_frame f;
    femd_error err = FEMD_ERROR_INIT;
    assert_int_equal(femd_frame_decode(p, sizeof p, &f, &err), FEMD_PROTOCOL);
    assert_non_null(strstr(err.text, "unknown message type 9"));
}

static void statuses_have_texts_and_classes(void **state) {
    (void)state;
    assert_string_equal(femd_status_name(FEMD_NOT_CONVERGED), "NOT_CONVERGED");
    assert_string_equal(femd_status_text(12345), "unknown status");
    assert_true(femd_status_is_physics(FEMD_INSTABILITY));
    assert_false(femd_status_is_physics(FEMD_DEADLINE));
    assert_true(femd_status_is_infrastructure(FEMD_POISON));
    assert_false(femd_status_is_infrastructure(FEMD_OK));
    assert_true(femd_status_is_known(FEMD_OK));
    assert_false(femd_status_is_known(1));
}

static void an_error_can_be_told_again_in_its_own_words(void **state) {
    (void)state;
    femd_error err = FEMD_ERROR_INIT;
    assert_int_equal(femd_fail(&err, FEMD_IO, "no such file"), FEMD_IO);
    assert_int_equal(femd_fail(&err, FEMD_BAD_INPUT, "a.json: %s", err.text), FEMD_BAD_INPUT);
    assert_int_equal(femd_error_prefix(&err, "case %d", 3), FEMD_BAD_INPUT);
    assert_string_equal(err.text, "case 3: a.json: no such file");
    char longest[2 * sizeof err.text];
    memset(longest, 'x', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    assert_int_equal(femd_error_prefix(&err, "%s", longest), FEMD_BAD_INPUT);
    assert_int_equal(strlen(err.text), sizeof err.text - 1);
}

static void a_buffer_grows_and_keeps_its_bytes(void **state) {
    (void)state;
    femd_buffer b = FEMD_BUFFER_INIT;
    for (int i = 0; i < 10000; i++) assert_int_equal(femd_buffer_append(&b, &i, sizeof i, NULL), FEMD_OK);
    for (int i = 0, v; i < 10000; i++) {
        memcpy(&v, b.data + 4 * i, 4);
        assert_int_equal(v, i);
    }
    size_t size = b.size;
    assert_int_equal(femd_buffer_reserve(&b, SIZE_MAX - 8, NULL), FEMD_NO_MEMORY);
    assert_int_equal(b.size, size);
    femd_buffer_clear(&b);
    assert_null(b.data);
}

/* BLAKE2b-256 of "abc", computed with Python's hashlib.blake2b(b"abc", digest_size=32). */
static void hash_is_blake2b(void **state) {
    (void)state;
    femd_hash h, back;
    char text[65];
    femd_hash_bytes("abc", 3, &h);
    femd_hash_text(&h, text);
    assert_string_equal(text, "bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319");
    assert_int_equal(femd_hash_parse(text, &back), FEMD_OK);
    assert_true(femd_hash_equal(&h, &back));
    text[10] = 'g';
    assert_int_equal(femd_hash_parse(text, &back), FEMD_BAD_INPUT);
    assert_int_equal(femd_hash_parse("12", &back), FEMD_BAD_INPUT);
    femd_hash a, b;
    femd_hash_domain("state", "x", 1, &a);
    femd_hash_domain("material", "x", 1, &b);
    assert_false(femd_hash_equal(&a, &b));
    femd_hash_bytes("state\0x", 7, &b);
    assert_true(femd_hash_equal(&a, &b));
    femd_hash_bytes(NULL, 0, &a);
    assert_false(femd_hash_is_zero(&a));
}

static void wants_have_names(void **state) {
    (void)state;
    char text[256];
    femd_wants_text(FEMD_WANT_STRESS | FEMD_WANT_HEAT_CAPACITY, text, sizeof text);
    assert_string_equal(text, "stress, heat-capacity");
    assert_int_equal(femd_want_from_key("tangent"), FEMD_WANT_TANGENT);
    assert_int_equal(femd_want_from_key("tangents"), 0);
    assert_null(femd_want_key(3));
    femd_wants_text(FEMD_WANT_ALL, text, 20);
    assert_true(strlen(text) < 20);
    char all[FEMD_WANTS_TEXT];
    femd_wants_text(FEMD_WANT_ALL, all, sizeof all);
    for (uint32_t set = FEMD_WANT_ALL; set; set &= set - 1)
        assert_non_null(strstr(all, femd_want_key(set & ~(set - 1))));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frame_round_trip),
        cmocka_unit_test(damaged_header_is_refused),
        cmocka_unit_test(a_frame_of_the_wrong_type_number_is_refused),
        cmocka_unit_test(statuses_have_texts_and_classes),
        cmocka_unit_test(an_error_can_be_told_again_in_its_own_words),
        cmocka_unit_test(a_buffer_grows_and_keeps_its_bytes),
        cmocka_unit_test(hash_is_blake2b),
        cmocka_unit_test(wants_have_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
