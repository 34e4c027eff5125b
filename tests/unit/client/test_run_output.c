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

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(default_folder_stands_beside_the_case),
        cmocka_unit_test(refused_run_leaves_no_folder_but_never_removes_what_was_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
