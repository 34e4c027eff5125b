/* The specification and the code say the same: vectors and tables are read out of proto/README.md. */
#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "femd/pack.h"
#include "sample.h"

static char *readme;

static int load(void **state) {
    (void)state;
    FILE *f = fopen(FEMD_SOURCE_DIR "/proto/README.md", "rb");
    if (!f) return -1;
    readme = calloc(1, 1 << 20);
    size_t n = readme ? fread(readme, 1, (1 << 20) - 1, f) : 0;
    fclose(f);
    return n > 0 ? 0 : -1;
}

static int unload(void **state) {
    (void)state;
    free(readme);
    return 0;
}

/* The bytes of the block "```hex NAME". */
static size_t vector(const char *name, uint8_t *out, size_t room) {
    char mark[64];
    snprintf(mark, sizeof mark, "```hex %s\n", name);
    const char *p = strstr(readme, mark);
    assert_non_null(p);
    size_t n = 0;
    for (p += strlen(mark); *p != '`'; p++) {
        if (isspace((unsigned char)*p)) continue;
        unsigned byte;
        assert_int_equal(sscanf(p++, "%2x", &byte), 1);
        assert_true(n < room);
        out[n++] = (uint8_t)byte;
    }
    return n;
}

static void request_vector(void **state) {
    (void)state;
    uint8_t doc[FEMD_REQUEST_BYTES], p[FEMD_REQUEST_BYTES];
    femd_request r = sample_request();
    femd_request_encode(&r, p);
    assert_int_equal(vector("request", doc, sizeof doc), sizeof p);
    assert_memory_equal(doc, p, sizeof p);
}

static void response_vector(void **state) {
    (void)state;
    uint8_t doc[FEMD_RESPONSE_BYTES_MAX], p[FEMD_RESPONSE_BYTES_MAX];
    femd_response r = sample_response(FEMD_WANT_STRESS | FEMD_WANT_ENERGY, 0, 0);
    size_t n = femd_response_encode(&r, p);
    assert_int_equal(vector("response", doc, sizeof doc), n);
    assert_memory_equal(doc, p, n);
}

static void key_vector(void **state) {
    (void)state;
    uint8_t doc[32];
    femd_hash material, key;
    femd_request r = sample_request();
    sample_hash(&material, 50);
    femd_request_key(&material, 3, 31, &r, &key);
    assert_int_equal(vector("key", doc, sizeof doc), 32);
    assert_memory_equal(doc, key.b, 32);
}

static void frame_vector(void **state) {
    (void)state;
    uint8_t doc[64];
    femd_buffer b = FEMD_BUFFER_INIT;
    assert_int_equal(femd_beat_encode(&b, 77, 0.25, NULL), FEMD_OK);
    assert_int_equal(vector("frame", doc, sizeof doc), b.size);
    assert_memory_equal(doc, b.data, b.size);
    femd_buffer_clear(&b);
}

static void pack_vector(void **state) {
    (void)state;
    uint8_t doc[128], id[32];
    femd_buffer b = FEMD_BUFFER_INIT;
    femd_pack pack = {.json = "{}", .nfiles = 1};
    femd_hash h;
    pack.file[0] = (femd_pack_file){"a.txt", {"xyz", 3}};
    assert_int_equal(femd_pack_encode(&pack, &b, NULL), FEMD_OK);
    assert_int_equal(vector("pack", doc, sizeof doc), b.size);
    assert_memory_equal(doc, b.data, b.size);
    femd_pack_id(b.data, b.size, &h);
    assert_int_equal(vector("pack-id", id, sizeof id), 32);
    assert_memory_equal(id, h.b, 32);
    femd_buffer_clear(&b);
}

static void has_row(const char *row) {
    if (!strstr(readme, row)) fail_msg("README.md lacks the row: %s", row);
}

static void tables_of_codes_and_messages_are_complete(void **state) {
    (void)state;
    char row[512];
#define STATUS_ROW(name, code, cls, text)                                                                              \
    snprintf(row, sizeof row, "\n| %d | %s | %s | %s |\n", code, #name, #cls, text);                                   \
    has_row(row);
    FEMD_STATUS_LIST(STATUS_ROW)
#undef STATUS_ROW
#define MESSAGE_ROW(name, number, direction, body)                                                                     \
    snprintf(row, sizeof row, "\n| %d | %s | %s | %s |\n", number, #name, direction, body);                            \
    has_row(row);
    FEMD_MESSAGE_LIST(MESSAGE_ROW)
#undef MESSAGE_ROW
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(request_vector), cmocka_unit_test(response_vector),
        cmocka_unit_test(key_vector),     cmocka_unit_test(frame_vector),
        cmocka_unit_test(pack_vector),    cmocka_unit_test(tables_of_codes_and_messages_are_complete),
    };
    return cmocka_run_group_tests(tests, load, unload);
}
