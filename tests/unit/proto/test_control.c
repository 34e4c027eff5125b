/* The JSON bodies of control messages: round trips, and strictness. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "femd/control.h"
#include "sample.h"

static femd_frame open_frame(const femd_buffer *b) {
    femd_frame f;
    assert_int_equal(femd_frame_decode(b->data, b->size, &f, NULL), FEMD_OK);
    return f;
}

static void hello_round_trip(void **state) {
    (void)state;
    femd_buffer b = FEMD_BUFFER_INIT;
    femd_hello h, back;
    memset(&h, 0, sizeof h);
    h.role = FEMD_ROLE_WORKER;
    strcpy(h.run, "a \"quoted\" run\\");
    strcpy(h.level, "x86-64-v3");
    strcpy(h.host, "n\xc3\xb6"
                   "de");
    strcpy(h.version, "0.1.0");
    h.rank = 3;
    h.ranks = 4000000000u;
    h.fingerprint = UINT64_MAX; /* does not survive as a JSON number */
    h.pid = 12345;
    assert_int_equal(femd_hello_encode(&b, &h, NULL), FEMD_OK);
    femd_frame f = open_frame(&b);
    assert_int_equal(femd_hello_decode(&f, &back, NULL), FEMD_OK);
    assert_memory_equal(&h, &back, sizeof h);
    femd_buffer_clear(&b);
}

static void welcome_round_trip(void **state) {
    (void)state;
    femd_buffer b = FEMD_BUFFER_INIT;
    femd_welcome w, back;
    memset(&w, 0, sizeof w);
    w.peer = 0xffffffffffu;
    strcpy(w.level, "baseline");
    w.credits = 2;
    w.frame_max = 1u << 28;
    w.batch_max = 4096;
    assert_int_equal(femd_welcome_encode(&b, &w, NULL), FEMD_OK);
    femd_frame f = open_frame(&b);
    assert_int_equal(femd_welcome_decode(&f, &back, NULL), FEMD_OK);
    assert_memory_equal(&w, &back, sizeof w);
    femd_buffer_clear(&b);
}

static void ready_round_trip(void **state) {
    (void)state;
    femd_buffer b = FEMD_BUFFER_INIT;
    femd_ready r, back;
    memset(&r, 0, sizeof r);
    sample_hash(&r.material, 1);
    r.status = FEMD_BAD_INPUT;
    strcpy(r.text, "case.json: no such file \"Cu.eam\";\nlooked in \xff nowhere");
    r.caps = (femd_capabilities){.wants = FEMD_WANT_STRESS | FEMD_WANT_STABILITY,
                                 .inputs = FEMD_INPUT_STATE | FEMD_INPUT_SEED,
                                 .controls = 3,
                                 .mixed = 1,
                                 .atoms = 107,
                                 .engine = FEMD_ENGINE_NATIVE,
                                 .carriers = FEMD_CARRIER_LATTICE | FEMD_CARRIER_ELECTRONS,
                                 .batch = 64,
                                 .volume = 1.2345678901234567e-27,
                                 .noise = 0.1};
    assert_int_equal(femd_ready_encode(&b, 99, &r, NULL), FEMD_OK);
    femd_frame f = open_frame(&b);
    assert_true(f.id == 99);
    assert_int_equal(femd_ready_decode(&f, &back, NULL), FEMD_OK);
    assert_memory_equal(&r.caps, &back.caps, sizeof r.caps);
    assert_true(femd_hash_equal(&r.material, &back.material));
    assert_string_equal(back.text, "case.json: no such file \"Cu.eam\";\nlooked in \xef\xbf\xbd nowhere");
    femd_buffer_clear(&b);
}

static void error_round_trip(void **state) {
    (void)state;
    femd_buffer b = FEMD_BUFFER_INIT;
    femd_error e = FEMD_ERROR_INIT, back;
    femd_fail(&e, FEMD_REFUSED, "level %d", 2);
    assert_int_equal(femd_error_encode(&b, 7, &e, NULL), FEMD_OK);
    femd_frame f = open_frame(&b);
    assert_int_equal(femd_error_decode(&f, &back, NULL), FEMD_OK);
    assert_int_equal(back.code, FEMD_REFUSED);
    assert_string_equal(back.text, "level 2");
    femd_buffer_clear(&b);
}

/* An ERROR that says "ok" would be returned as success by whoever passes its code on. */
static void error_with_code_ok_is_refused(void **state) {
    (void)state;
    femd_buffer b = FEMD_BUFFER_INIT;
    femd_error e = FEMD_ERROR_INIT, back;
    assert_int_equal(femd_error_encode(&b, 7, &e, NULL), FEMD_OK);
    femd_frame f = open_frame(&b);
    assert_int_equal(femd_error_decode(&f, &back, NULL), FEMD_PROTOCOL);
    femd_buffer_clear(&b);
}

static femd_status hello_of(const char *body, femd_error *err) {
    femd_buffer b = FEMD_BUFFER_INIT;
    femd_hello h;
    femd_error_clear(err);
    assert_int_equal(femd_frame_begin(&b, FEMD_MSG_HELLO, 0, NULL), FEMD_OK);
    assert_int_equal(femd_buffer_append(&b, body, strlen(body), NULL), FEMD_OK);
    femd_frame_finish(&b, 1);
    femd_frame f = open_frame(&b);
    femd_status rc = femd_hello_decode(&f, &h, err);
    femd_buffer_clear(&b);
    return rc;
}

static void strict_bodies(void **state) {
    (void)state;
    static const char *const refused[] = {
        "",
        "{",
        "[]",
        "null",
        "{}",
        "{\"role\":\"client\"} x",
        "{\"role\":\"boss\"}",
        "{\"role\":1}",
        "{\"role\":\"client\",\"role\":\"worker\"}",
        "{\"role\":\"client\",\"colour\":1}",
        "{\"role\":\"client\",\"rank\":-1}",
        "{\"role\":\"client\",\"rank\":1.5}",
        "{\"role\":\"client\",\"rank\":4294967296}",
        "{\"role\":\"client\",\"rank\":\"1\"}",
        "{\"role\":\"client\",\"fingerprint\":1}",
        "{\"role\":\"client\",\"fingerprint\":\"18446744073709551616\"}",
        "{\"role\":\"client\",\"fingerprint\":\"\"}",
        "{\"role\":\"client\",\"fingerprint\":\"-1\"}",
        "{\"role\":\"client\",\"run\":\"a\\nb\"}",
        "{\"role\":\"client\",\"level\":\"a level of more than fifteen\"}",
        "{\"role\":\"client\",\"run\":\"12345678901234567890123456789012345678901234567890123456789012345\"}",
    };
    femd_error err = FEMD_ERROR_INIT;
    assert_int_equal(hello_of(" {\"role\" : \"client\"} \n", &err), FEMD_OK);
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        if (hello_of(refused[i], &err) != FEMD_PROTOCOL) fail_msg("accepted: %s", refused[i]);
        assert_true(err.text[0]);
    }
}

static void a_body_over_its_limit_is_refused(void **state) {
    (void)state;
    size_t n = (1 << 20) + 64;
    char *body = malloc(n + 1);
    memset(body, ' ', n);
    memcpy(body, "{\"role\":\"client\"}", 17);
    body[n] = '\0';
    femd_error err = FEMD_ERROR_INIT;
    assert_int_equal(hello_of(body, &err), FEMD_LIMIT);
    memset(body, '[', n);
    body[1000000] = '\0';
    assert_int_equal(hello_of(body, &err), FEMD_PROTOCOL);
    free(body);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hello_round_trip),
        cmocka_unit_test(welcome_round_trip),
        cmocka_unit_test(ready_round_trip),
        cmocka_unit_test(error_round_trip),
        cmocka_unit_test(error_with_code_ok_is_refused),
        cmocka_unit_test(strict_bodies),
        cmocka_unit_test(a_body_over_its_limit_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
