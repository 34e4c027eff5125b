/* A file is opened; what is none is told apart at once, and nobody waits for it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "femd/file.h"

static char folder[] = "/tmp/femd-file-XXXXXX";

static const char *in_folder(const char *name) {
    static char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static void is_refused(const char *path, const char *words) {
    const char *why = NULL;
    alarm(10);
    FILE *f = femd_file_open(path, &why);
    alarm(0);
    assert_null(f);
    assert_string_equal(why, words);
}

static void files_alone_are_opened(void **state) {
    (void)state;
    const char *why;
    char text[8] = "";
    FILE *f = fopen(in_folder("file"), "w");
    assert_non_null(f);
    fputs("text", f);
    fclose(f);
    assert_int_equal(symlink("file", in_folder("link")), 0);
    f = femd_file_open(in_folder("link"), &why);
    assert_non_null(f);
    assert_int_equal(fread(text, 1, sizeof text, f), 4);
    assert_string_equal(text, "text");
    fclose(f);
    assert_int_equal(mkfifo(in_folder("pipe"), 0600), 0);
    is_refused(in_folder("pipe"), "it is a pipe, not a file");
    is_refused(folder, "it is a folder, not a file");
    is_refused("/dev/null", "it is a device, not a file");
    is_refused("/dev/zero", "it is a device, not a file");
    is_refused(in_folder("nowhere"), "No such file or directory");
    unlink(in_folder("link"));
    unlink(in_folder("file"));
    unlink(in_folder("pipe"));
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(files_alone_are_opened)};
    if (!mkdtemp(folder)) return 1;
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    rmdir(folder);
    return failed;
}
