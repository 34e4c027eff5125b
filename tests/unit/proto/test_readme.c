/* The specification and the code say the same: vectors and tables are read out of proto/README.md. */
#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "femd/json.h"
#include "femd/pack.h"
#include "sample.h"

static char *readme, *outputs;

static char *load_text(const char *path) {
    FILE *f = fopen(path, "rb");
    if (!f) return NULL;
    char *text = calloc(1, 1 << 20);
    size_t n = text ? fread(text, 1, (1 << 20) - 1, f) : 0;
    fclose(f);
    return n > 0 ? text : NULL;
}

static int load(void **state) {
    (void)state;
    readme = load_text(FEMD_SOURCE_DIR "/proto/README.md");
    outputs = load_text(FEMD_SOURCE_DIR "/docs/output.md");
    return readme && outputs ? 0 : -1;
}

static int unload(void **state) {
    (void)state;
    free(readme);
    free(outputs);
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

static void response_vectors(void **state) {
    (void)state;
    for (int sampled = 0; sampled < 2; sampled++) {
        uint8_t doc[FEMD_RESPONSE_BYTES_MAX], p[FEMD_RESPONSE_BYTES_MAX];
        femd_response r = sample_response(FEMD_WANT_STRESS | FEMD_WANT_ENERGY, sampled, 0);
        size_t n = femd_response_encode(&r, p);
        assert_int_equal(vector(sampled ? "response-sampled" : "response", doc, sizeof doc), n);
        assert_memory_equal(doc, p, n);
    }
}

static void key_vector(void **state) {
    (void)state;
    uint8_t doc[32];
    femd_hash material, key;
    femd_request r = sample_request();
    sample_hash(&material, 50);
    femd_request_key(&material, 3, 95, &r, &key);
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

/* A material written in another way is the same text, and has the same id. */
static void canonical_vector(void **state) {
    (void)state;
    uint8_t id[32];
    femd_buffer b = FEMD_BUFFER_INIT;
    femd_hash h;
    cJSON *root = cJSON_Parse("{\"young\": 2.0E11, \"poisson\": 3e-1, \"engine\": \"elastic\"}");
    char *text = femd_json_canonical(root);
    assert_string_equal(text, "{\"engine\":\"elastic\",\"poisson\":0.3,\"young\":200000000000}");
    assert_non_null(strstr(readme, text));
    femd_pack pack = {.json = text};
    assert_int_equal(femd_pack_encode(&pack, &b, NULL), FEMD_OK);
    femd_pack_id(b.data, b.size, &h);
    assert_int_equal(vector("canonical-id", id, sizeof id), 32);
    assert_memory_equal(id, h.b, 32);
    femd_buffer_clear(&b);
    free(text);
    cJSON_Delete(root);
}

static void has_row(const char *row) {
    if (!strstr(readme, row)) fail_msg("README.md lacks the row: %s", row);
}

/* Rows of the table under a heading, up to the first empty line behind it. */
static size_t rows_below(const char *text, const char *heading) {
    const char *p = strstr(text, heading), *end;
    size_t rows = 0;
    assert_non_null(p);
    end = strstr(p, "\n\n");
    for (p = strchr(p + 1, '\n'); p && p < end; p = strchr(p + 1, '\n')) rows += p[1] == '|';
    return rows - 1; /* the line under the heading */
}

/* Each line of the list has its row in both documents, and no row stands for nothing. */
static void tables_of_quantities_follow_the_list(void **state) {
    (void)state;
    size_t wants = 0;
    for (size_t i = 0; i < FEMD_QUANTITIES; i++) {
        const femd_quantity *q = femd_quantity_at(i);
        const char *sampled = q->sampled ? "yes" : "no";
        char row[512];
        snprintf(row, sizeof row, "\n| %u | `%s` | %s | %u | %s | %s | %s | %s |\n", q->bit, q->key,
                 q->want_key ? q->want_key : "-", q->numbers, q->unit, sampled, femd_held_words(q->held), q->words);
        has_row(row);
        if (!q->want) continue;
        wants++;
        snprintf(row, sizeof row, "\n| `%s` | `%s` | %s | %s | %s | %s | %s |\n", q->want_key, q->key,
                 femd_shape_words(q->shape), q->unit, sampled, femd_over_word(q->over), q->words);
        if (!strstr(outputs, row)) fail_msg("docs/output.md lacks the row: %s", row);
    }
    assert_int_equal(rows_below(readme, "\n| bit | key in JSON | want |"), FEMD_QUANTITIES);
    assert_int_equal(rows_below(outputs, "\n| want | key |"), wants);
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
        cmocka_unit_test(request_vector),
        cmocka_unit_test(response_vectors),
        cmocka_unit_test(tables_of_quantities_follow_the_list),
        cmocka_unit_test(key_vector),
        cmocka_unit_test(frame_vector),
        cmocka_unit_test(pack_vector),
        cmocka_unit_test(canonical_vector),
        cmocka_unit_test(tables_of_codes_and_messages_are_complete),
    };
    return cmocka_run_group_tests(tests, load, unload);
}
