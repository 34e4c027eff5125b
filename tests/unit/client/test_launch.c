/* What the launcher leaves behind: nothing of its own, and nothing of others gone. */
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "launch.h"

static void a_folder_is_removed_and_not_what_its_links_lead_to(void **state) {
    (void)state;
    femd_error err = FEMD_ERROR_INIT;
    char *own = NULL, *other = NULL, path[256], kept[256];
    assert_int_equal(launch_folder(&own, &err), FEMD_OK);
    assert_int_equal(launch_folder(&other, &err), FEMD_OK);
    snprintf(kept, sizeof kept, "%s/precious", other);
    FILE *file = fopen(kept, "w");
    assert_true(file && fputs("to stay", file) >= 0 && fclose(file) == 0);
    snprintf(path, sizeof path, "%s/inner", own);
    assert_int_equal(mkdir(path, 0700), 0);
    snprintf(path, sizeof path, "%s/inner/link", own);
    assert_int_equal(symlink(other, path), 0);
    snprintf(path, sizeof path, "%s/file", own);
    assert_int_equal(symlink(kept, path), 0);
    launch_remove(own);
    assert_int_equal(access(own, F_OK), -1);
    assert_int_equal(access(kept, F_OK), 0);
    launch_remove(other);
    assert_int_equal(access(other, F_OK), -1);
    free(own);
    free(other);
}

/* A pipe that is open when the guard starts ends for its reader when the writer here has closed it. */
static void the_guard_keeps_no_descriptor_open(void **state) {
    (void)state;
    femd_error err = FEMD_ERROR_INIT;
    char *folder = NULL, byte;
    int ends[2];
    launch_guard guard;
    assert_int_equal(launch_folder(&folder, &err), FEMD_OK);
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(launch_guard_start(folder, &guard, &err), FEMD_OK);
    close(ends[1]);
    struct pollfd end = {ends[0], POLLIN, 0};
    assert_int_equal(poll(&end, 1, 3000), 1);
    assert_int_equal(read(ends[0], &byte, 1), 0);
    close(ends[0]);
    launch_remove(folder);
    launch_guard_end(&guard);
    free(folder);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_folder_is_removed_and_not_what_its_links_lead_to),
                                       cmocka_unit_test(the_guard_keeps_no_descriptor_open)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
