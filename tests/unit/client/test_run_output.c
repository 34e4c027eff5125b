/* The folder of results as the launcher treats it, and counting of elements. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "launch.h"
#include "run_output.h"

static void default_folder_stands_beside_the_case(void **state) {
    (void)state;
    static const char *const pairs[][2] = {{"cases/beam", "cases/beam.out"},
                                           {"cases/beam/", "cases/beam.out"},
                                           {"cases/beam/case.json", "cases/beam.out"},
                                           {"y/small.json", "y/small.out"},
                                           {"small.json", "small.out"}};
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        char *folder = NULL;
        assert_int_equal(run_output_default(pairs[i][0], &folder, NULL), FEMD_OK);
        assert_string_equal(folder, pairs[i][1]);
        free(folder);
    }
}

static void refused_run_leaves_no_folder_but_never_removes_what_was_there(void **state) {
    (void)state;
    char base[] = "/tmp/femd-unit-XXXXXX", path[96];
    femd_error err = FEMD_ERROR_INIT;
    run_output o;
    assert_non_null(mkdtemp(base));
    snprintf(path, sizeof path, "%s/a/b", base);
    assert_int_equal(run_output_open(path, 0, &o, &err), FEMD_OK);
    run_output_close(&o, 2);
    assert_int_not_equal(access(path, F_OK), 0);
    assert_int_equal(run_output_open(path, 0, &o, &err), FEMD_OK);
    run_output_close(&o, 0);
    assert_int_equal(access(path, F_OK), 0); /* it went well: stays */
    assert_int_equal(run_output_open(path, 0, &o, &err), FEMD_OK);
    run_output_close(&o, 2);
    assert_int_equal(access(path, F_OK), 0); /* another run's folder */
    launch_remove(base);
}

/* What is printed of a summary, in text. */
static void printed(const char *summary, char *text, size_t size) {
    char base[] = "/tmp/femd-unit-XXXXXX", path[96];
    femd_error err = FEMD_ERROR_INIT;
    assert_non_null(mkdtemp(base));
    snprintf(path, sizeof path, "%s/summary.json", base);
    assert_int_equal(run_output_write(path, summary, strlen(summary), &err), FEMD_OK);
    fflush(stdout);
    FILE *f = tmpfile();
    const int kept = dup(STDOUT_FILENO);
    assert_true(f && kept >= 0 && dup2(fileno(f), STDOUT_FILENO) >= 0);
    const femd_status rc = run_output_summary(base, &err);
    fflush(stdout);
    dup2(kept, STDOUT_FILENO);
    close(kept);
    if (rc != FEMD_OK) fail_msg("%s", err.text);
    rewind(f);
    text[fread(text, 1, size - 1, f)] = '\0';
    fclose(f);
    launch_remove(base);
}

/* What counts from a checkpoint on says so, and is set against what was done since. */
static void a_resumed_run_says_what_its_numbers_count(void **state) {
    (void)state;
    static const char summary[] =
        "{\"status\":\"ok\",\"steps\":[{\"step\":1,\"time\":0.5,\"evaluations\":100},{\"step\":2,\"time\":1,"
        "\"evaluations\":50}],\"micro\":{\"evaluations\":150},"
        "\"run\":{\"resumed_from\":%d,\"reused\":25,\"audited\":3,\"unaudited\":1,\"wall_s\":2,\"workers\":2}}";
    char document[512], text[2048];
    snprintf(document, sizeof document, summary, 1);
    printed(document, text, sizeof text);
    assert_non_null(strstr(text, "50 since step 1, 150 in all, 50.0 % reused\n"));
    assert_non_null(strstr(text, "3 confirmed by another worker, 1 that no other could be asked for, since step 1\n"));
    assert_non_null(strstr(text, "2.0 s with 2 workers, since step 1\n"));
    snprintf(document, sizeof document, summary, 0);
    printed(document, text, sizeof text);
    assert_non_null(strstr(text, "  150, 16.7 % reused\n"));
    assert_null(strstr(text, "since"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(default_folder_stands_beside_the_case),
        cmocka_unit_test(refused_run_leaves_no_folder_but_never_removes_what_was_there),
        cmocka_unit_test(a_resumed_run_says_what_its_numbers_count),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
