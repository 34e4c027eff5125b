/* Packs: the same content has the same id, and nothing malformed is taken. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "femd/pack.h"

static femd_pack two_files(int swapped) {
    femd_pack p = {.json = "{\"engine\":\"native\"}", .nfiles = 2};
    p.file[swapped] = (femd_pack_file){"Cu.eam.alloy", {"table\n", 6}};
    p.file[!swapped] = (femd_pack_file){"data.cu", {"", 0}};
    return p;
}

static void pack_round_trip(void **state) {
    (void)state;
    femd_buffer b = FEMD_BUFFER_INIT;
    femd_pack p = two_files(0), back;
    assert_int_equal(femd_pack_encode(&p, &b, NULL), FEMD_OK);
    assert_int_equal(femd_pack_decode(b.data, b.size, &back, NULL), FEMD_OK);
    assert_string_equal(back.json, p.json);
    assert_int_equal(back.nfiles, 2);
    const femd_pack_file *f = femd_pack_find(&back, "Cu.eam.alloy");
    assert_non_null(f);
    assert_int_equal(f->bytes.size, 6);
    assert_memory_equal(f->bytes.data, "table\n", 6);
    assert_int_equal(femd_pack_find(&back, "data.cu")->bytes.size, 0);
    assert_null(femd_pack_find(&back, "other"));
    femd_buffer_clear(&b);
}

static void the_order_of_files_does_not_change_the_id(void **state) {
    (void)state;
    femd_buffer a = FEMD_BUFFER_INIT, b = FEMD_BUFFER_INIT;
    femd_pack p = two_files(0), q = two_files(1);
    femd_hash x, y;
    assert_int_equal(femd_pack_encode(&p, &a, NULL), FEMD_OK);
    assert_int_equal(femd_pack_encode(&q, &b, NULL), FEMD_OK);
    femd_pack_id(a.data, a.size, &x);
    femd_pack_id(b.data, b.size, &y);
    assert_true(femd_hash_equal(&x, &y));
    a.data[a.size - 1] ^= 1;
    femd_pack_id(a.data, a.size, &y);
    assert_false(femd_hash_equal(&x, &y));
    femd_buffer_clear(&a);
    femd_buffer_clear(&b);
}

static void names_that_lead_elsewhere_are_refused(void **state) {
    (void)state;
    static const char *const names[] = {"", "..", ".hidden", "a/b", "/etc/passwd", "a\\b", "a\nb"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        femd_buffer b = FEMD_BUFFER_INIT;
        femd_pack p = {.json = "{}", .nfiles = 1};
        p.file[0] = (femd_pack_file){names[i], {"x", 1}};
        assert_int_equal(femd_pack_encode(&p, &b, NULL), FEMD_BAD_INPUT);
        femd_buffer_clear(&b);
    }
    femd_buffer b = FEMD_BUFFER_INIT;
    femd_pack p = {.json = "{}", .nfiles = 1}, back;
    p.file[0] = (femd_pack_file){"abc", {"x", 1}};
    assert_int_equal(femd_pack_encode(&p, &b, NULL), FEMD_OK);
    for (size_t i = 0; i < b.size - 3; i++)
        if (memcmp(b.data + i, "abc", 3) == 0) b.data[i + 1] = '/';
    assert_int_equal(femd_pack_decode(b.data, b.size, &back, NULL), FEMD_PROTOCOL);
    p.nfiles = 2;
    p.file[1] = p.file[0];
    b.size = 0;
    assert_int_equal(femd_pack_encode(&p, &b, NULL), FEMD_BAD_INPUT); /* one name twice */
    femd_buffer_clear(&b);
}

static void a_pack_cut_or_changed_anywhere_is_refused_or_sound(void **state) {
    (void)state;
    femd_buffer b = FEMD_BUFFER_INIT;
    femd_pack p = two_files(0), back;
    assert_int_equal(femd_pack_encode(&p, &b, NULL), FEMD_OK);
    for (size_t cut = 0; cut < b.size; cut++) {
        uint8_t *exact = malloc(cut ? cut : 1);
        memcpy(exact, b.data, cut);
        assert_int_equal(femd_pack_decode(exact, cut, &back, NULL), FEMD_PROTOCOL);
        free(exact);
    }
    for (size_t i = 0; i < b.size; i++)
        for (int v = 0; v < 256; v += 15) {
            uint8_t *copy = malloc(b.size);
            memcpy(copy, b.data, b.size);
            copy[i] = (uint8_t)v;
            if (femd_pack_decode(copy, b.size, &back, NULL) == FEMD_OK) {
                assert_true(strlen(back.json) < b.size);
                for (size_t k = 0; k < back.nfiles; k++)
                    assert_true((const uint8_t *)back.file[k].bytes.data + back.file[k].bytes.size <= copy + b.size);
            }
            free(copy);
        }
    assert_int_equal(femd_buffer_append(&b, "x", 1, NULL), FEMD_OK);
    assert_int_equal(femd_pack_decode(b.data, b.size, &back, NULL), FEMD_PROTOCOL);
    femd_buffer_clear(&b);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pack_round_trip),
        cmocka_unit_test(the_order_of_files_does_not_change_the_id),
        cmocka_unit_test(names_that_lead_elsewhere_are_refused),
        cmocka_unit_test(a_pack_cut_or_changed_anywhere_is_refused_or_sound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
