/* Command lines of the program femd. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "options.h"

typedef struct line {
    int workers, resume;
    const char *out;
    option_list sets, rest, positional;
    option_numbers F;
    int help;
    femd_error err;
} line;

static femd_status parse(line *l, int argc, const char *const *argv) {
    const option options[] = {
        {"--workers", "-n", OPTION_INT, &l->workers, "N", "", 1, 8},
        {"--resume", NULL, OPTION_FLAG, &l->resume, NULL, "", 0, 0},
        {"--out", "-o", OPTION_TEXT, &l->out, "DIR", "", 0, 0},
        {"--set", NULL, OPTION_LIST, &l->sets, "a=b", "", 0, 0},
        {"--F", NULL, OPTION_NUMBERS, &l->F, "F", "", 3, 0},
    };
    const option_table t = {.command = "femd run",
                            .usage = "CASE",
                            .about = "",
                            .option = options,
                            .n = OPTION_COUNT(options),
                            .least = 1,
                            .most = 1,
                            .rest = &l->rest};
    char *args[32];
    for (int i = 0; i < argc; i++) args[i] = (char *)(uintptr_t)argv[i];
    return options_parse(&t, argc, args, &l->positional, &l->help, &l->err);
}
#define PARSE(l, ...)                                                                                                  \
    parse(l, (int)(sizeof((const char *[]){__VA_ARGS__}) / sizeof(char *)), (const char *const[]){__VA_ARGS__})

static void options_and_arguments_stand_in_any_order(void **state) {
    (void)state;
    line l = {0};
    assert_int_equal(PARSE(&l, "--workers", "3", "case", "--set", "a.b=1", "--set=c=x=y", "--resume", "-o", "dir"),
                     FEMD_OK);
    assert_int_equal(l.workers, 3);
    assert_int_equal(l.resume, 1);
    assert_string_equal(l.out, "dir");
    assert_int_equal(l.sets.n, 2);
    assert_string_equal(l.sets.item[1], "c=x=y");
    assert_string_equal(l.positional.item[0], "case");
}

static void what_stands_behind_two_dashes_is_handed_on(void **state) {
    (void)state;
    line l = {0};
    assert_int_equal(PARSE(&l, "case", "--", "-ksp_view", "--workers", "99"), FEMD_OK);
    assert_int_equal(l.rest.n, 3);
    assert_string_equal(l.rest.item[0], "-ksp_view");
    assert_int_equal(l.workers, 0);
}

static void numbers_come_as_one_argument_or_as_several(void **state) {
    (void)state;
    line a = {0}, b = {0}, c = {0}, d = {0};
    assert_int_equal(PARSE(&a, "--F", "1 -2e-3, .5", "case"), FEMD_OK);
    assert_int_equal(PARSE(&b, "--F", "1", "-2e-3", ".5", "case"), FEMD_OK);
    assert_memory_equal(a.F.v, b.F.v, sizeof a.F.v);
    assert_true(a.F.v[1] == -2e-3 && a.F.given);
    assert_string_equal(b.positional.item[0], "case");
    assert_int_equal(PARSE(&c, "case", "--F", "1", "2"), FEMD_BAD_INPUT);
    assert_non_null(strstr(c.err.text, "3 numbers"));
    assert_int_equal(PARSE(&d, "case", "--F", "1 2 nan"), FEMD_BAD_INPUT);
}

static void wrong_values_are_refused_with_what_is_accepted(void **state) {
    (void)state;
    static const char *const bad[][3] = {{"--workers", "0", "1 to 8"},
                                         {"--workers", "9", "1 to 8"},
                                         {"--workers", "2x", "1 to 8"},
                                         {"--workers", "", "1 to 8"},
                                         {"--wrokers", "2", "--workers"}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        line l = {0};
        assert_int_equal(PARSE(&l, "case", bad[i][0], bad[i][1]), FEMD_BAD_INPUT);
        assert_non_null(strstr(l.err.text, bad[i][2]));
    }
    line flag = {0}, lacking = {0}, many = {0}, none = {0};
    assert_int_equal(PARSE(&flag, "case", "--resume=1"), FEMD_BAD_INPUT);
    assert_int_equal(PARSE(&lacking, "case", "--out"), FEMD_BAD_INPUT);
    assert_int_equal(PARSE(&many, "case", "other"), FEMD_BAD_INPUT);
    assert_non_null(strstr(many.err.text, "other"));
    assert_int_equal(PARSE(&none, "--resume"), FEMD_BAD_INPUT);
}

static void help_is_found_but_not_behind_two_dashes(void **state) {
    (void)state;
    line l = {0}, m = {0};
    assert_int_equal(PARSE(&l, "--workers", "nonsense", "--help"), FEMD_OK);
    assert_int_equal(l.help, 1);
    assert_int_equal(PARSE(&m, "case", "--", "--help"), FEMD_OK);
    assert_int_equal(m.help, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_and_arguments_stand_in_any_order),
        cmocka_unit_test(what_stands_behind_two_dashes_is_handed_on),
        cmocka_unit_test(numbers_come_as_one_argument_or_as_several),
        cmocka_unit_test(wrong_values_are_refused_with_what_is_accepted),
        cmocka_unit_test(help_is_found_but_not_behind_two_dashes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
