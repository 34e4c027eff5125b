/* Expressions: what they give, and that what their writer may have meant otherwise is refused with its place. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/function.h"
#include "near.h"

static const double place[3] = {1.5, -2, 0.25};

static double value_of(const char *text, int *uses) {
    femd_function *f = NULL;
    femd_error err = FEMD_ERROR_INIT;
    double value = NAN;
    if (femd_function_create(text, "", &f, &err) != FEMD_OK) fail_msg("%s", err.text);
    if (femd_function_at(f, place, 0.5, &value, &err) != FEMD_OK) fail_msg("%s", err.text);
    if (uses) *uses = femd_function_uses(f);
    assert_string_equal(femd_function_text(f), text);
    femd_function_destroy(&f);
    assert_null(f);
    return value;
}

static void values_are_those_of_the_mathematical_library(void **state) {
    (void)state;
    const struct {
        const char *text;
        double want;
    } good[] = {{"1e-9*sin(pi*t)", 1e-9 * sin(3.14159265358979323846 * 0.5)},
                {"pi", 3.14159265358979323846},
                {"sqrt(x^2+y^2)+z+(t>.25?10*t:0)", sqrt(2.25 + 4) + 0.25 + 5},
                {"-2^2", -4},
                {"2^3^2", 512},
                {"ln(2)", log(2)},
                {"log10(x)", log10(1.5)},
                {"max(x, y, z)", 1.5},
                {"min(1.5, -2)", -2},
                {"atan2(y,x)", atan2(-2, 1.5)},
                {"x==1.5 && t<=0.5 && y!=z", 1},
                {"1.5e-3*x", 1.5e-3 * 1.5},
                {".5", .5}};
    for (size_t i = 0; i < sizeof good / sizeof *good; ++i) assert_near(value_of(good[i].text, NULL), good[i].want, 0);
}

static void variables_that_are_used_are_known(void **state) {
    (void)state;
    const struct {
        const char *text;
        int uses;
    } kinds[] = {{"3", 0},
                 {"x", FEMD_FUNCTION_SPACE},
                 {"y+z", FEMD_FUNCTION_SPACE},
                 {"t", FEMD_FUNCTION_TIME},
                 {"x*t", FEMD_FUNCTION_SPACE | FEMD_FUNCTION_TIME}};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; ++i) {
        int uses = -1;
        (void)value_of(kinds[i].text, &uses);
        assert_int_equal(uses, kinds[i].uses);
    }
}

static void what_may_mean_something_else_is_refused_with_its_place(void **state) {
    (void)state;
    const struct {
        const char *text, *words;
    } bad[] = {
        {"", "the expression is empty"},
        {"  ", "the expression is empty"},
        {"1,5", "character 2 of the expression \"1,5\": a comma separates"},
        {"max((1,5),2)", "character 7 of"},
        {"x=7", "character 2 of the expression \"x=7\": \"=\" assigns nothing here"},
        {"2*log(x)", "character 3 of the expression \"2*log(x)\": \"log\" means ln to some"},
        {"_pi", "character 1 of"}, /* muParser's own has twelve digits */
        {"2*_e", "character 3 of"},
        {"1e400", "character 1 of"},
        {"foo(2)", "character 1 of the expression \"foo(2)\": Unexpected token \"foo\""},
        {"1+q", "character 3 of"},
        {"sin(", "character 5 of"},
        {"2x", "character 2 of"},
        {"3 nm", "character 3 of"},
        {"\"abc\"", "character 1 of"},
        {"x\ty\n", "character 2 of"},
        {"\xc3\xa9", "character 1 of"},
        {"x y", "character 3 of"},
        {"+", "of the expression \"+\""},
        {"x;y", "of the expression"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; ++i) {
        femd_function *f = NULL;
        femd_error err = FEMD_ERROR_INIT;
        assert_int_equal(femd_function_create(bad[i].text, "", &f, &err), FEMD_BAD_INPUT);
        assert_null(f);
        if (!strstr(err.text, bad[i].words)) fail_msg("%s: %s", bad[i].text, err.text);
    }
}

static void too_long_or_too_deep_is_refused(void **state) {
    (void)state;
    char text[FEMD_FUNCTION_MAX + 3];
    femd_function *f = NULL;
    femd_error err = FEMD_ERROR_INIT;
    memset(text, '1', sizeof text);
    text[FEMD_FUNCTION_MAX + 1] = '\0';
    assert_int_equal(femd_function_create(text, "", &f, &err), FEMD_BAD_INPUT);
    assert_non_null(strstr(err.text, "at most 1000 characters"));
    memset(text, '(', 61);
    strcpy(text + 61, "1");
    assert_int_equal(femd_function_create(text, "", &f, &err), FEMD_BAD_INPUT);
    assert_non_null(strstr(err.text, "60 brackets"));
}

static void what_is_not_finite_is_refused_with_place_and_time(void **state) {
    (void)state;
    const char *const bad[] = {"1/(x-1.5)", "sqrt(y)", "ln(0)", "1e300*1e300", "1e61", "0/0"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; ++i) {
        femd_function *f = NULL;
        femd_error err = FEMD_ERROR_INIT;
        double value;
        assert_int_equal(femd_function_create(bad[i], "", &f, &err), FEMD_OK);
        assert_int_equal(femd_function_at(f, place, 0.5, &value, &err), FEMD_BAD_INPUT);
        if (!strstr(err.text, "at (1.5, -2, 0.25) m and time 0.5")) fail_msg("%s", err.text);
        femd_function_destroy(&f);
    }
}

/* One after the other and again: an evaluation leaves nothing behind. */
static void the_same_question_has_the_same_answer(void **state) {
    (void)state;
    femd_function *f = NULL, *g = NULL;
    femd_error err = FEMD_ERROR_INIT;
    double a, b, c;
    const double other[3] = {7, 8, 9};
    assert_int_equal(femd_function_create("x*y-z^t", "", &f, &err), FEMD_OK);
    assert_int_equal(femd_function_create("x+t", "", &g, &err), FEMD_OK);
    assert_int_equal(femd_function_at(f, place, 0.5, &a, &err), FEMD_OK);
    assert_int_equal(femd_function_at(f, other, 2, &b, &err), FEMD_OK);
    assert_int_equal(femd_function_at(g, other, 2, &c, &err), FEMD_OK);
    assert_near(b, 56 - 81, 0);
    assert_near(c, 9, 0);
    assert_int_equal(femd_function_at(f, place, 0.5, &b, &err), FEMD_OK);
    assert_memory_equal(&a, &b, sizeof a);
    assert_near(a, 1.5 * -2 - sqrt(0.25), 0);
    femd_function_destroy(&f);
    femd_function_destroy(&g);
}

/* Arbitrary text ends in a value or in words, never in a crash. */
static void noise_is_taken_or_refused(void **state) {
    (void)state;
    const char *const piece[] = {"x", "t", "1",  "2.5", "1e3", "(", ")",  "+", "-", "*", "/",  "^", ",",  "sin", "max",
                                 "?", ":", "==", "<",   "&&",  " ", "pi", ".", "e", "!", "||", "=", "\"", "if",  "_"};
    const size_t pieces = sizeof piece / sizeof *piece;
    uint64_t s = 88172645463325252u;
    int good = 0, bad = 0;
    for (int round = 0; round < 20000; ++round) {
        char text[128] = "";
        femd_function *f = NULL;
        femd_error err = FEMD_ERROR_INIT;
        double value;
        s ^= s << 13, s ^= s >> 7, s ^= s << 17;
        const int n = 1 + (int)(s % 9);
        for (int i = 0; i < n; ++i) {
            s ^= s << 13, s ^= s >> 7, s ^= s << 17;
            strcat(text, piece[s % pieces]);
        }
        if (femd_function_create(text, "", &f, &err) == FEMD_OK &&
            femd_function_at(f, place, 0.5, &value, &err) == FEMD_OK) {
            assert_true(isfinite(value));
            ++good;
        } else {
            assert_true(err.text[0] != '\0');
            ++bad;
        }
        femd_function_destroy(&f);
    }
    assert_true(good > 100 && bad > 100);
}

int main(void) {
    (void)setlocale(LC_ALL, "");
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_those_of_the_mathematical_library),
        cmocka_unit_test(variables_that_are_used_are_known),
        cmocka_unit_test(what_may_mean_something_else_is_refused_with_its_place),
        cmocka_unit_test(too_long_or_too_deep_is_refused),
        cmocka_unit_test(what_is_not_finite_is_refused_with_place_and_time),
        cmocka_unit_test(the_same_question_has_the_same_answer),
        cmocka_unit_test(noise_is_taken_or_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
