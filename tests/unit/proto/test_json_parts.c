/* Long texts of the JSON channel as parts: whatever stands in them, the pieces put together are the text, none is
 * longer than a message may be, each is text by itself. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>
#include <cmocka.h>

#include "femd/json_channel.h"
#include "femd/parts.h"

/* Characters of one to four bytes, and what JSON escapes. */
static void fill(char *text, size_t size, const char *const *letters, uint32_t n, uint32_t seed) {
    size_t at = 0;
    while (at < size) {
        seed = seed * 1664525u + 1013904223u;
        const char *letter = letters[(seed >> 16) % n];
        if (at + strlen(letter) > size) letter = "x";
        memcpy(text + at, letter, strlen(letter));
        at += strlen(letter);
    }
}

static int is_whole_characters(const char *s) {
    for (size_t more; *s; s += more) {
        const unsigned char c = (unsigned char)*s;
        more = c < 0x80 ? 1 : c >= 0xF0 ? 4 : c >= 0xE0 ? 3 : c >= 0xC0 ? 2 : 0;
        if (!more) return 0;
        for (size_t i = 1; i < more; i++)
            if (((unsigned char)s[i] & 0xC0) != 0x80) return 0;
    }
    return 1;
}

static void check(const char *text, size_t size) {
    const uint32_t count = femd_json_parts_count(text, size);
    femd_buffer part = FEMD_BUFFER_INIT, whole = FEMD_BUFFER_INIT;
    size_t from = 0;
    assert_true(count >= 2 && count <= 2 + 6 * size / FEMD_WIRE_MAX + 1);
    for (uint32_t i = 0; i < count; i++) {
        assert_int_equal(femd_json_part_encode(&part, UINT64_MAX, text, size, i, count, &from, NULL), FEMD_OK);
        assert_true(part.size <= FEMD_WIRE_MAX);
        cJSON *root = cJSON_ParseWithLength((const char *)part.data, part.size);
        assert_non_null(root);
        assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItem(root, "type")), "part");
        assert_int_equal(cJSON_GetObjectItem(root, "index")->valueint, i);
        assert_int_equal(cJSON_GetObjectItem(root, "count")->valueint, count);
        const char *piece = cJSON_GetStringValue(cJSON_GetObjectItem(root, "text"));
        assert_true(is_whole_characters(piece));
        assert_int_equal(femd_buffer_append(&whole, piece, strlen(piece), NULL), FEMD_OK);
        cJSON_Delete(root);
    }
    assert_int_equal(from, size);
    assert_int_equal(whole.size, size);
    assert_memory_equal(whole.data, text, size);
    femd_buffer_clear(&part);
    femd_buffer_clear(&whole);
}

static void pieces_make_the_text(void **state) {
    (void)state;
    static const char *const letters[] = {"x",    "\"", "\\", "\xC3\xA4", "\xE2\x82\xAC", "\xF0\x9F\x98\x80",
                                          "\x01", "\n"};
    static const uint32_t kinds[][2] = {{0, 1}, {1, 2}, {3, 3}, {5, 1}, {6, 2}, {0, 8}}; /* first letter, how many */
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
        for (uint32_t more = 1; more < 6; more++) { /* cuts fall elsewhere in a character */
            const size_t size = FEMD_WIRE_MAX + more * (more == 5 ? 50000 : 1);
            char *text = malloc(size);
            assert_non_null(text);
            fill(text, size, letters + kinds[k][0], kinds[k][1], more);
            check(text, size);
            free(text);
        }
}

static void what_fits_is_not_cut(void **state) {
    (void)state;
    char *text = calloc(1, FEMD_WIRE_MAX + 1);
    assert_non_null(text);
    assert_int_equal(femd_json_parts_count(text, 0), 0);
    assert_int_equal(femd_json_parts_count(text, FEMD_WIRE_MAX), 0);
    memset(text, 'x', FEMD_WIRE_MAX + 1);
    assert_int_equal(femd_json_parts_count(text, FEMD_WIRE_MAX + 1), 2);
    free(text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_make_the_text),
        cmocka_unit_test(what_fits_is_not_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
