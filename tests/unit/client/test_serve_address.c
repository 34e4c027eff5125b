/* Where a server can be met, and the file that tells it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "serve_address.h"

static void all_interfaces_have_the_hosts_name(void **state) {
    (void)state;
    static const char *const pair[][2] = {
        {"tcp://0.0.0.0:5600", "tcp://head:5600"},      {"tcp://*:5600", "tcp://head:5600"},
        {"tcp://[::]:5600", "tcp://head:5600"},         {"tcp://127.0.0.1:5600", "tcp://127.0.0.1:5600"},
        {"tcp://10.0.0.5:5600", "tcp://10.0.0.5:5600"}, {"ipc:///tmp/tcp://0.0.0.0:1", "ipc:///tmp/tcp://0.0.0.0:1"}};
    char address[SERVE_ADDRESS], long_one[SERVE_ADDRESS + 1];
    femd_error err = FEMD_ERROR_INIT;
    for (size_t i = 0; i < sizeof pair / sizeof *pair; i++) {
        assert_int_equal(serve_address_at(pair[i][0], "head", address, &err), FEMD_OK);
        assert_string_equal(address, pair[i][1]);
    }
    memset(long_one, 'a', SERVE_ADDRESS);
    long_one[SERVE_ADDRESS] = '\0';
    assert_int_equal(serve_address_at(long_one, "head", address, &err), FEMD_BAD_INPUT);
}

static void assert_holds(const char *path, const char *text) {
    char line[400] = "";
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    const size_t n = fread(line, 1, sizeof line - 1, f);
    fclose(f);
    line[n] = '\0';
    assert_string_equal(line, text);
}

static void the_file_is_whole_and_goes_with_who_wrote_it(void **state) {
    (void)state;
    char folder[] = "/tmp/femd-serve-XXXXXX", path[64], nowhere[64];
    struct stat st;
    femd_error err = FEMD_ERROR_INIT;
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/at", folder);
    snprintf(nowhere, sizeof nowhere, "%s/no/at", folder);
    serve_file one = {.path = path}, other = {.path = path}, none = {.path = nowhere}, silent = {.path = NULL};
    assert_int_equal(serve_file_write(&one, "ipc:///one", &err), FEMD_OK);
    assert_holds(path, "ipc:///one\n");
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(serve_file_write(&other, "ipc:///other", &err), FEMD_OK);
    serve_file_remove(&one); /* another server is met there now */
    assert_holds(path, "ipc:///other\n");
    serve_file_remove(&other);
    assert_int_equal(access(path, F_OK), -1);
    serve_file_remove(&other);
    assert_int_equal(serve_file_write(&none, "ipc:///one", &err), FEMD_IO);
    assert_non_null(strstr(err.text, nowhere));
    serve_file_remove(&none);
    assert_int_equal(serve_file_write(&silent, "ipc:///one", &err), FEMD_OK);
    serve_file_remove(&silent);
    assert_int_equal(rmdir(folder), 0); /* and nothing half-written is left */
}

static void put(const char *path, const char *text) {
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    assert_true(fputs(text, f) >= 0);
    assert_int_equal(fclose(f), 0);
}

static void only_an_address_is_taken_away(void **state) {
    (void)state;
    static const char *const addresses[] = {"tcp://head:5600\n", "ipc:///tmp/femd-x/socket\n"};
    static const char *const others[] = {"", "\n", "tcp://head:5600", "tcp://head:5600\nmore\n", "{\"femd\": 1}\n"};
    char folder[] = "/tmp/femd-serve-XXXXXX", path[64], link_path[64];
    femd_error err = FEMD_ERROR_INIT;
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/at", folder);
    snprintf(link_path, sizeof link_path, "%s/link", folder);
    const serve_file file = {.path = path}, linked = {.path = link_path}, itself = {.path = folder},
                     none = {NULL, 0, 0};
    assert_int_equal(serve_file_begin(&file, &err), FEMD_OK);
    assert_int_equal(serve_file_begin(&none, &err), FEMD_OK);
    assert_int_equal(serve_file_begin(&itself, &err), FEMD_BAD_INPUT);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        put(path, others[i]);
        assert_int_equal(serve_file_begin(&file, &err), FEMD_BAD_INPUT);
        assert_holds(path, others[i]);
    }
    for (size_t i = 0; i < sizeof addresses / sizeof *addresses; i++) {
        put(path, addresses[i]);
        assert_int_equal(symlink(path, link_path), 0);
        assert_int_equal(serve_file_begin(&linked, &err), FEMD_BAD_INPUT);
        assert_int_equal(unlink(link_path), 0);
        assert_int_equal(serve_file_begin(&file, &err), FEMD_OK);
        assert_int_equal(access(path, F_OK), -1);
    }
    assert_int_equal(rmdir(folder), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_interfaces_have_the_hosts_name),
        cmocka_unit_test(only_an_address_is_taken_away),
        cmocka_unit_test(the_file_is_whole_and_goes_with_who_wrote_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
