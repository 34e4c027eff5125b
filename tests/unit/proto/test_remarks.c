/* Remarks in a text of fixed size: whole ones, and the number of those that are left out. */
#include "femd/remarks.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { MANY = 200 };

/* 200 remarks of 1 to 60 bytes: as many as the text has whole, the rest counted, never a byte too many. */
static void none_is_cut_and_those_left_out_are_counted(void **state) {
    (void)state;
    for (size_t size = 64; size < 6000; size += 37) {
        char *text = calloc(1, size + 1), line[100];
        int whole = 0, left = 0;
        text[size] = 'x';
        for (int k = 0; k < MANY; k++) {
            snprintf(line, sizeof line, "%d %.*s", k, k * 7 % 57,
                     "a remark a remark a remark a remark a remark a remark a remark");
            femd_remarks_add(text, size, line);
        }
        assert_true(text[size] == 'x' && strlen(text) < size);
        for (char *at = strtok(text, "\n"); at; at = strtok(NULL, "\n")) {
            assert_int_equal(left, 0); /* the count stands last */
            if (sscanf(at, "remarks left out for want of room: %d", &left) == 1) continue;
            snprintf(line, sizeof line, "%d %.*s", whole, whole * 7 % 57,
                     "a remark a remark a remark a remark a remark a remark a remark");
            assert_string_equal(at, line);
            whole++;
        }
        assert_int_equal(whole + left, MANY);
        free(text);
    }
}

static void a_copy_is_the_same_or_says_what_it_lacks(void **state) {
    (void)state;
    char lines[2000] = "", copy[1024];
    for (int k = 0; k < 4; k++) {
        char line[301];
        memset(line, 'a' + k, 300), line[300] = 0;
        femd_remarks_add(lines, sizeof lines, line);
        if (k < 2) {
            femd_remarks_copy(copy, sizeof copy, lines);
            assert_string_equal(copy, lines);
        }
    }
    femd_remarks_add(lines, sizeof lines, "remarks left out for want of room: 5"); /* of one who had less room */
    femd_remarks_copy(copy, sizeof copy, lines);
    assert_memory_equal(copy, lines, 902);
    assert_string_equal(copy + 902, "\nremarks left out for want of room: 6");
    char one[1024];
    memset(one, 'b', sizeof one), one[sizeof one - 1] = 0;
    femd_remarks_copy(copy, sizeof copy, one);
    assert_string_equal(copy, one); /* what fits to the last byte is copied */
    char most[3000];
    memset(most, 'c', sizeof most), most[sizeof most - 1] = 0;
    femd_remarks_copy(copy, sizeof copy, most);
    assert_string_equal(copy, "remarks left out for want of room: 1");
    femd_remarks_copy(copy, sizeof copy, "");
    assert_string_equal(copy, "");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(none_is_cut_and_those_left_out_are_counted),
        cmocka_unit_test(a_copy_is_the_same_or_says_what_it_lacks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
