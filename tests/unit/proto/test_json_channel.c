/* The JSON channel: what a script says arrives as the frame a binary client would have sent, to the bit. */
#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>
#include <sodium.h>
#include <cmocka.h>

#include "femd/control.h"
#include "femd/json_channel.h"
#include "femd/pack.h"
#include "sample.h"

#define HASH64 "0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20"

static femd_frame translate(const char *text, femd_buffer *b) {
    femd_frame f;
    femd_error err = FEMD_ERROR_INIT;
    if (femd_json_channel_to_frame(text, strlen(text), b, &err) != FEMD_OK) fail_msg("%s", err.text);
    assert_int_equal(femd_frame_decode(b->data, b->size, &f, &err), FEMD_OK);
    return f;
}

static void json_is_told_from_frames(void **state) {
    (void)state;
    assert_true(femd_json_channel_is_json("{}", 2));
    assert_false(femd_json_channel_is_json("FEMD", 4));
    assert_false(femd_json_channel_is_json("", 0));
}

static void hello_in_json(void **state) {
    (void)state;
    femd_buffer b = FEMD_BUFFER_INIT;
    femd_hello h;
    femd_frame f = translate("{\"type\":\"hello\",\"run\":\"beam\",\"rank\":1,\"ranks\":2}", &b);
    assert_int_equal(femd_hello_decode(&f, &h, NULL), FEMD_OK);
    assert_int_equal(h.role, FEMD_ROLE_CLIENT);
    assert_string_equal(h.run, "beam");
    assert_int_equal(h.ranks, 2);
    femd_buffer_clear(&b);
}

static void material_in_json_is_the_pack(void **state) {
    (void)state;
    femd_buffer b = FEMD_BUFFER_INIT, c = FEMD_BUFFER_INIT;
    femd_pack p;
    femd_frame f = translate("{\"type\":\"material\",\"id\":3,\"json\":\"{\\\"engine\\\": "
                             "1}\",\"files\":{\"b.txt\":\"eHl6\",\"a.txt\":\"\"}}",
                             &b);
    assert_true(f.id == 3);
    assert_int_equal(femd_pack_decode(f.body.data, f.body.size, &p, NULL), FEMD_OK);
    assert_string_equal(p.json, "{\"engine\": 1}");
    assert_memory_equal(femd_pack_find(&p, "b.txt")->bytes.data, "xyz", 3);
    /* As an object the text is canonical: order and layout of what was sent do not matter. */
    f = translate("{\"type\":\"material\",\"json\":{\"b\":0.1,\"a\":[1, 2]}}", &b);
    femd_frame g = translate("{\"type\":\"material\",\"json\":{ \"a\":[1,2],\"b\":1e-1}}", &c);
    assert_int_equal(f.body.size, g.body.size);
    assert_memory_equal(f.body.data, g.body.data, g.body.size);
    femd_buffer_clear(&b);
    femd_buffer_clear(&c);
}

static void requests_keep_their_bits(void **state) {
    (void)state;
    femd_buffer b = FEMD_BUFFER_INIT;
    char text[2048];
    double v[6] = {0.1, -1.0 / 3, DBL_MIN, 5e-324, DBL_MAX, -0.0};
    snprintf(text, sizeof text,
             "{\"type\":\"evaluate\",\"id\":9007199254740992,\"material\":\"" HASH64
             "\",\"requests\":[{\"value\":[%.17g,\"%a\",%.17g,\"%a\",%.17g,\"%a\"],"
             "\"seed\":\"18446744073709551615\",\"point\":7,\"wants\":[\"stress\",\"tangent\"],\"temperature\":\"0x1."
             "2cp+8\",\"private\":true,"
             "\"mask\":3,\"state_in\":\"" HASH64 "\"},{\"value\":[0,0,0,0,0,0],\"delta_mu\":[1e-20,\"-0x1p-70\"]}]}",
             v[0], v[1], v[2], v[3], v[4], v[5]);
    femd_frame f = translate(text, &b);
    femd_hash m;
    femd_reader rd;
    femd_request r;
    assert_int_equal(femd_evaluate_open(&f, &m, &rd, NULL), FEMD_OK);
    assert_int_equal(femd_evaluate_next(&rd, &r, NULL), 1);
    assert_memory_equal(r.value, v, sizeof v);
    assert_true(r.seed == UINT64_MAX && r.point == 7 && r.temperature == 300 && r.mask == 3);
    assert_true(r.wants == (FEMD_WANT_STRESS | FEMD_WANT_TANGENT) && r.flags == FEMD_REQUEST_PRIVATE);
    assert_true(m.b[0] == 1 && r.state_in.b[31] == 0x20 && f.id == 9007199254740992u);
    assert_int_equal(femd_evaluate_next(&rd, &r, NULL), 1);
    assert_true(r.flags == FEMD_REQUEST_EXCHANGE && r.delta_mu[0] == 1e-20 && r.delta_mu[1] == -0x1p-70);
    assert_true(r.delta_mu[2] == 0);
    femd_buffer_clear(&b);
}

static void base64_requests_are_the_binary_ones(void **state) {
    (void)state;
    femd_buffer a = FEMD_BUFFER_INIT, b = FEMD_BUFFER_INIT;
    femd_hash m;
    femd_request r = sample_request();
    assert_int_equal(femd_hash_parse(HASH64, &m), FEMD_OK);
    assert_int_equal(femd_evaluate_begin(&a, 5, &m, NULL), FEMD_OK);
    assert_int_equal(femd_evaluate_add(&a, &r, NULL), FEMD_OK);
    assert_int_equal(femd_evaluate_add(&a, &r, NULL), FEMD_OK);
    femd_frame_finish(&a, 2);
    char encoded[1024], text[2048];
    sodium_bin2base64(encoded, sizeof encoded, a.data + 64, a.size - 64, sodium_base64_VARIANT_ORIGINAL);
    snprintf(text, sizeof text, "{\"type\":\"evaluate\",\"id\":5,\"material\":\"" HASH64 "\",\"requests\":\"%s\"}",
             encoded);
    translate(text, &b);
    assert_int_equal(a.size, b.size);
    assert_memory_equal(a.data, b.data, b.size);
    femd_buffer_clear(&a);
    femd_buffer_clear(&b);
}

static void states_and_commits_in_json(void **state) {
    (void)state;
    femd_buffer b = FEMD_BUFFER_INIT;
    femd_reader rd;
    femd_hash h;
    femd_state_entry s;
    femd_commit_entry c;
    uint32_t step;
    femd_frame f = translate("{\"type\":\"state-get\",\"id\":1,\"states\":[\"" HASH64 "\"]}", &b);
    femd_reader_open(&f, &rd);
    assert_int_equal(f.type, FEMD_MSG_STATE_GET);
    assert_int_equal(femd_hash_next(&rd, &h, NULL), 1);
    assert_int_equal(femd_hash_next(&rd, &h, NULL), 0);
    f = translate("{\"type\":\"state\",\"states\":[{\"hash\":\"" HASH64 "\",\"blob\":\"eHl6\"},{\"hash\":\"" HASH64
                  "\",\"blob\":\"\"}]}",
                  &b);
    femd_reader_open(&f, &rd);
    assert_int_equal(femd_state_next(&rd, &s, NULL), 1);
    assert_int_equal(s.blob.size, 3);
    assert_memory_equal(s.blob.data, "xyz", 3);
    assert_int_equal(femd_state_next(&rd, &s, NULL), 1);
    assert_int_equal(s.blob.size, 0);
    assert_int_equal(femd_state_next(&rd, &s, NULL), 0);
    f = translate("{\"type\":\"commit\",\"id\":8,\"step\":2,\"entries\":[{\"point\":\"77\",\"state\":\"" HASH64 "\"}]}",
                  &b);
    assert_int_equal(femd_commit_open(&f, &step, &rd, NULL), FEMD_OK);
    assert_int_equal(femd_commit_next(&rd, &c, NULL), 1);
    assert_true(f.id == 8 && step == 2 && c.point == 77 && c.state.b[0] == 1);
    f = translate("{\"type\":\"status\"}", &b);
    assert_int_equal(f.type, FEMD_MSG_STATUS_GET);
    femd_buffer_clear(&b);
}

static void nonsense_is_refused_with_words(void **state) {
    (void)state;
    static const char *const refused[] = {
        "{",
        "{}",
        "{\"type\":1}",
        "{\"type\":\"dance\"}",
        "{\"type\":\"status\"} {}",
        "{\"type\":\"status\",\"colour\":1}",
        "{\"type\":\"status\",\"id\":-1}",
        "{\"type\":\"status\",\"id\":0.5}",
        "{\"type\":\"status\",\"type\":\"bye\"}",
        "{\"type\":\"hello\",\"role\":\"worker\"}",
        "{\"type\":\"hello\",\"rank\":\"x\"}",
        "{\"type\":\"material\"}",
        "{\"type\":\"material\",\"json\":{},\"files\":{\"../x\":\"\"}}",
        "{\"type\":\"material\",\"json\":{},\"files\":{\"x\":\"%%\"}}",
        "{\"type\":\"material\",\"json\":{},\"files\":[]}",
        "{\"type\":\"evaluate\",\"material\":\"12\",\"requests\":[]}",
        "{\"type\":\"evaluate\",\"material\":\"" HASH64 "\",\"requests\":\"eHl6\"}",
        "{\"type\":\"evaluate\",\"material\":\"" HASH64 "\",\"requests\":[1]}",
        "{\"type\":\"evaluate\",\"material\":\"" HASH64 "\",\"requests\":[{}]}",
        "{\"type\":\"evaluate\",\"material\":\"" HASH64 "\",\"requests\":[{\"value\":[0,0,0,0,0]}]}",
        "{\"type\":\"evaluate\",\"material\":\"" HASH64 "\",\"requests\":[{\"value\":[0,0,0,0,0,\"nan\"]}]}",
        "{\"type\":\"evaluate\",\"material\":\"" HASH64 "\",\"requests\":[{\"value\":[0,0,0,0,0,1e999]}]}",
        "{\"type\":\"evaluate\",\"material\":\"" HASH64 "\",\"requests\":[{\"value\":[0,0,0,0,0,\"1x\"]}]}",
        "{\"type\":\"evaluate\",\"material\":\"" HASH64
        "\",\"requests\":[{\"value\":[0,0,0,0,0,0],\"wants\":[\"gold\"]}]}",
        "{\"type\":\"evaluate\",\"material\":\"" HASH64 "\",\"requests\":[{\"value\":[0,0,0,0,0,0],\"mask\":64}]}",
        "{\"type\":\"evaluate\",\"material\":\"" HASH64 "\",\"requests\":[{\"value\":[0,0,0,0,0,0],\"seed\":1e300}]}",
        "{\"type\":\"evaluate\",\"material\":\"" HASH64 "\",\"requests\":[{\"value\":[0,0,0,0,0,0],\"delta_mu\":[]}]}",
        "{\"type\":\"evaluate\",\"material\":\"" HASH64
        "\",\"requests\":[{\"value\":[0,0,0,0,0,0],\"delta_mu\":[0,0,0,0]}]}",
        "{\"type\":\"evaluate\",\"material\":\"" HASH64
        "\",\"requests\":[{\"value\":[0,0,0,0,0,0],\"delta_mu\":1e-20}]}",
        "{\"type\":\"evaluate\",\"material\":\"" HASH64
        "\",\"requests\":[{\"value\":[0,0,0,0,0,0],\"delta_mu\":[\"nan\"]}]}",
        "{\"type\":\"state\",\"states\":[{\"hash\":\"" HASH64 "\"}]}",
        "{\"type\":\"commit\",\"entries\":[{\"point\":1}]}",
    };
    femd_buffer b = FEMD_BUFFER_INIT;
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        femd_error err = FEMD_ERROR_INIT;
        femd_status rc = femd_json_channel_to_frame(refused[i], strlen(refused[i]), &b, &err);
        if (rc == FEMD_OK) fail_msg("accepted: %s", refused[i]);
        assert_true(err.text[0]);
    }
    femd_buffer_clear(&b);
}

/* By the number of the request, in objects as in base64 of encoded ones. */
static void temperatures_below_0_are_refused_by_name(void **state) {
    (void)state;
    static const char objects[] = "{\"type\":\"evaluate\",\"material\":\"" HASH64 "\",\"requests\":["
                                  "{\"value\":[0,0,0,0,0,0],\"temperature\":0},"
                                  "{\"value\":[0,0,0,0,0,0],\"temperature\":-3.5}]}";
    femd_buffer b = FEMD_BUFFER_INIT;
    femd_error err = FEMD_ERROR_INIT;
    assert_int_equal(femd_json_channel_to_frame(objects, strlen(objects), &b, &err), FEMD_PROTOCOL);
    assert_non_null(strstr(err.text, "\"requests\"[1]: request: temperature: -3.5 K is below 0 K"));
    femd_buffer_clear(&b);
}

static void a_bomb_of_brackets_or_commas_is_refused_before_it_is_parsed(void **state) {
    (void)state;
    femd_buffer b = FEMD_BUFFER_INIT;
    size_t n = 4 << 20;
    char *text = malloc(n);
    memset(text, '[', n);
    text[0] = '{';
    assert_int_equal(femd_json_channel_to_frame(text, n, &b, NULL), FEMD_LIMIT);
    memset(text, ',', n);
    text[0] = '{';
    assert_int_equal(femd_json_channel_to_frame(text, n, &b, NULL), FEMD_LIMIT);
    free(text);
    femd_buffer_clear(&b);
}

/* Every double of an answer reads back to the same bits. */
static void results_in_json(void **state) {
    (void)state;
    femd_buffer b = FEMD_BUFFER_INIT, text = FEMD_BUFFER_INIT;
    femd_response r = sample_response(FEMD_WANT_ALL, 1, 1);
    uint8_t p[FEMD_RESPONSE_BYTES_MAX];
    r.checked = 1;
    for (int i = 0; i < 36; i++) r.D[i] = sqrt(2.0 + i) * 1e9;
    femd_result e = {.index = 4, .flags = FEMD_RESULT_REUSED, .response = {p, femd_response_encode(&r, p)}};
    sample_hash(&e.key, 1);
    assert_int_equal(femd_frame_begin(&b, FEMD_MSG_RESULT, 12, NULL), FEMD_OK);
    assert_int_equal(femd_result_add(&b, &e, NULL), FEMD_OK);
    assert_int_equal(femd_result_add(&b, &e, NULL), FEMD_OK);
    femd_frame_finish(&b, 2);
    femd_frame f;
    assert_int_equal(femd_frame_decode(b.data, b.size, &f, NULL), FEMD_OK);
    assert_int_equal(femd_json_channel_from_frame(&f, &text, NULL), FEMD_OK);
    cJSON *root = cJSON_Parse((const char *)text.data);
    assert_non_null(root);
    assert_string_equal(cJSON_GetObjectItem(root, "type")->valuestring, "result");
    assert_true(cJSON_GetObjectItem(root, "id")->valuedouble == 12);
    const cJSON *results = cJSON_GetObjectItem(root, "results"), *one = cJSON_GetArrayItem(results, 1);
    assert_int_equal(cJSON_GetArraySize(results), 2);
    assert_string_equal(cJSON_GetObjectItem(one, "key")->valuestring, HASH64);
    assert_true(cJSON_IsTrue(cJSON_GetObjectItem(one, "reused")));
    const cJSON *response = cJSON_GetObjectItem(one, "response"), *D = cJSON_GetObjectItem(response, "tangent");
    assert_int_equal(cJSON_GetArraySize(D), 6);
    for (int i = 0; i < 36; i++) {
        assert_int_equal(cJSON_GetArraySize(cJSON_GetArrayItem(D, i / 6)), 6);
        assert_true(cJSON_GetArrayItem(cJSON_GetArrayItem(D, i / 6), i % 6)->valuedouble == r.D[i]);
    }
    assert_true(cJSON_GetObjectItem(response, "J")->valuedouble == r.J);
    assert_string_equal(cJSON_GetObjectItem(response, "status")->valuestring, "OK");
    assert_string_equal(cJSON_GetObjectItem(response, "engine")->valuestring, "elastic");
    assert_non_null(cJSON_GetObjectItem(cJSON_GetObjectItem(response, "work"), "wall_s"));
    assert_non_null(cJSON_GetObjectItem(cJSON_GetObjectItem(response, "errors"), "conductivity_check"));
    assert_non_null(cJSON_GetObjectItem(cJSON_GetObjectItem(response, "errors"), "conductivity"));
    assert_non_null(cJSON_GetObjectItem(response, "dJ_dp"));
    cJSON_Delete(root);
    femd_buffer_clear(&b);
    femd_buffer_clear(&text);
}

static void control_bodies_gain_type_and_id(void **state) {
    (void)state;
    femd_buffer b = FEMD_BUFFER_INIT, text = FEMD_BUFFER_INIT;
    femd_error e = FEMD_ERROR_INIT;
    femd_frame f;
    femd_fail(&e, FEMD_REFUSED, "no");
    assert_int_equal(femd_error_encode(&b, 3, &e, NULL), FEMD_OK);
    assert_int_equal(femd_frame_decode(b.data, b.size, &f, NULL), FEMD_OK);
    assert_int_equal(femd_json_channel_from_frame(&f, &text, NULL), FEMD_OK);
    assert_string_equal((const char *)text.data, "{\"type\":\"error\",\"id\":3,\"code\":-29,\"text\":\"no\"}");
    assert_int_equal(text.size, strlen((const char *)text.data));
    assert_int_equal(femd_frame_begin(&b, FEMD_MSG_STATUS, 0, NULL), FEMD_OK);
    assert_int_equal(femd_buffer_append(&b, " { } ", 5, NULL), FEMD_OK);
    femd_frame_finish(&b, 1);
    assert_int_equal(femd_frame_decode(b.data, b.size, &f, NULL), FEMD_OK);
    assert_int_equal(femd_json_channel_from_frame(&f, &text, NULL), FEMD_OK);
    assert_string_equal((const char *)text.data, "{\"type\":\"status\",\"id\":0}");
    assert_int_equal(femd_beat_encode(&b, 1, 0.5, NULL), FEMD_OK);
    assert_int_equal(femd_frame_decode(b.data, b.size, &f, NULL), FEMD_OK);
    assert_int_equal(femd_json_channel_from_frame(&f, &text, NULL), FEMD_PROTOCOL);
    femd_buffer_clear(&b);
    femd_buffer_clear(&text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(json_is_told_from_frames),
        cmocka_unit_test(hello_in_json),
        cmocka_unit_test(material_in_json_is_the_pack),
        cmocka_unit_test(requests_keep_their_bits),
        cmocka_unit_test(base64_requests_are_the_binary_ones),
        cmocka_unit_test(states_and_commits_in_json),
        cmocka_unit_test(nonsense_is_refused_with_words),
        cmocka_unit_test(temperatures_below_0_are_refused_by_name),
        cmocka_unit_test(a_bomb_of_brackets_or_commas_is_refused_before_it_is_parsed),
        cmocka_unit_test(results_in_json),
        cmocka_unit_test(control_bodies_gain_type_and_id),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
