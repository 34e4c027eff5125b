/* Replays damaged frames through the fuzz target: each message type, cut, with bytes changed and lengths made to fit.
 * The random numbers have a fixed seed. Worth most under a sanitizer; in a plain build a crash or hang is what it would
 * see. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "femd/control.h"
#include "femd/pack.h"
#include "sample.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint64_t next(uint64_t *s) {
    *s ^= *s << 13;
    *s ^= *s >> 7;
    *s ^= *s << 17;
    return *s;
}

/* Seeds: a frame of each kind, a JSON message, a pack. */
static size_t seed_input(int kind, femd_buffer *b) {
    static const char json[] =
        "{\"type\":\"evaluate\",\"material\":\"0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20\","
        "\"requests\":[{\"value\":[0.1,\"0x1p-3\",0,0,0,0],\"wants\":[\"stress\"]}]}";
    femd_hash h;
    sample_hash(&h, 1);
    femd_request r = sample_request();
    femd_response a = sample_response(FEMD_WANT_ALL, 1, 1);
    uint8_t p[FEMD_RESPONSE_BYTES_MAX];
    femd_result e = {.key = h, .response = {p, femd_response_encode(&a, p)}};
    femd_state_entry s = {h, {"abcdef", 6}};
    femd_task t = {.id = 1, .request = r};
    femd_commit_entry c = {1, h};
    femd_hello hello = {.role = FEMD_ROLE_CLIENT, .run = "r"};
    femd_ready ready = {.text = "words"};
    femd_pack pack = {.json = "{}", .nfiles = 1};
    pack.file[0] = (femd_pack_file){"f", {"xyz", 3}};
    femd_status rc = FEMD_OK;
    b->size = 0;
    switch (kind) {
    case 0:
        rc = femd_evaluate_begin(b, 1, &h, NULL);
        if (!rc) rc = femd_evaluate_add(b, &r, NULL);
        break;
    case 1:
        rc = femd_task_begin(b, &h, &s, 1, NULL);
        if (!rc) rc = femd_task_add(b, &t, NULL);
        break;
    case 2:
        rc = femd_frame_begin(b, FEMD_MSG_ANSWER, 0, NULL);
        if (!rc) rc = femd_answer_add(b, 1, &h, &a, NULL);
        break;
    case 3:
        rc = femd_frame_begin(b, FEMD_MSG_RESULT, 0, NULL);
        if (!rc) rc = femd_result_add(b, &e, NULL);
        break;
    case 4:
        rc = femd_frame_begin(b, FEMD_MSG_STATE, 0, NULL);
        if (!rc) rc = femd_state_add(b, &s, NULL);
        break;
    case 5:
        rc = femd_commit_begin(b, 1, 2, NULL);
        if (!rc) rc = femd_commit_add(b, &c, NULL);
        break;
    case 6: rc = femd_hello_encode(b, &hello, NULL); break;
    case 7: rc = femd_ready_encode(b, 1, &ready, NULL); break;
    case 8: rc = femd_buffer_append(b, json, sizeof json - 1, NULL); break;
    case 9: rc = femd_pack_encode(&pack, b, NULL); break;
    default: return 0;
    }
    assert_int_equal(rc, FEMD_OK);
    if (kind < 6) femd_frame_finish(b, 1);
    return b->size;
}

static void damaged_input_is_never_read_past_its_end(void **state) {
    (void)state;
    enum { ROUNDS = 3000 };
    femd_buffer b = FEMD_BUFFER_INIT;
    uint64_t random = 0x9e3779b97f4a7c15u;
    for (int kind = 0; seed_input(kind, &b); kind++) {
        LLVMFuzzerTestOneInput(b.data, b.size);
        for (int i = 0; i < ROUNDS; i++) {
            size_t n = seed_input(kind, &b);
            for (uint64_t k = next(&random) % 4; k > 0; k--) b.data[next(&random) % n] = (uint8_t)(next(&random) >> 32);
            if (i % 3 == 0) n = next(&random) % (n + 1);
            if (i % 2 && n >= FEMD_FRAME_HEADER && memcmp(b.data, "FEMD", 4) == 0)
                femd_put64(b.data + 24, n - FEMD_FRAME_HEADER);
            LLVMFuzzerTestOneInput(b.data, n);
        }
    }
    femd_buffer_clear(&b);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(damaged_input_is_never_read_past_its_end)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
