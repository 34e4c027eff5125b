/* The folder of results as the launcher treats it, and counting of elements. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "launch.h"
#include "mesh_count.h"
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

static void count_of(const char *text, size_t n, uint64_t tetrahedra, uint64_t hexahedra, femd_status expected) {
    char path[] = "/tmp/femd-unit-XXXXXX";
    femd_error err = FEMD_ERROR_INIT;
    uint64_t t, h;
    const int fd = mkstemp(path);
    assert_true(write(fd, text, n) == (ssize_t)n);
    close(fd);
    const femd_status rc = mesh_count(path, &t, &h, &err);
    unlink(path);
    assert_int_equal(rc, expected);
    if (rc == FEMD_OK)
        assert_true(t == tetrahedra && h == hexahedra);
    else
        assert_non_null(strstr(err.text, path));
}

static void elements_of_gmsh_files_are_counted(void **state) {
    (void)state;
    static const char v2[] =
        "$MeshFormat\n2.2 0 8\n$EndMeshFormat\n$Nodes\n1\n1 0 0 0\n$EndNodes\n$Elements\n4\n1 2 2 1 1 1 3 4\n"
        "2 4 2 2 1 1 3 2 4\n3 11 2 2 1 1 2 3 4 5 6 7 8 9 10\n4 5 0 1 2 3 4 5 6 7 8\n$EndElements\n";
    static const char v4[] = "$MeshFormat\n4.1 0 8\n$EndMeshFormat\n$Elements\n2 3 1 3\n2 1 2 1\n1 1 2 3\n3 1 4 2\n2 1 "
                             "2 3 4\n3 1 2 3 5\n$EndElements\n";
    count_of(v2, strlen(v2), 2, 1, FEMD_OK);
    count_of(v4, strlen(v4), 2, 0, FEMD_OK);
    count_of(v4, strlen(v4) - 60, 0, 0, FEMD_BAD_INPUT); /* cut off */
    count_of("garbage\n", 8, 0, 0, FEMD_BAD_INPUT);
    count_of("", 0, 0, 0, FEMD_BAD_INPUT);
}

static void elements_of_binary_files_are_counted(void **state) {
    (void)state;
    char text[512] = "$MeshFormat\n4.1 1 8\n\001\000\000\000\n$EndMeshFormat\n$Elements\n";
    size_t n = strlen("$MeshFormat\n4.1 1 8\n\001") + 3;
    n += (size_t)sprintf(text + n, "\n$EndMeshFormat\n$Elements\n");
    const uint64_t head[4] = {1, 2, 1, 2}, count = 2, body[10] = {0};
    const int32_t block[3] = {3, 1, 4};
    memcpy(text + n, head, sizeof head);
    memcpy(text + n + 32, block, sizeof block);
    memcpy(text + n + 44, &count, sizeof count);
    memcpy(text + n + 52, body, sizeof body);
    count_of(text, n + 52 + sizeof body, 2, 0, FEMD_OK);
}

static void groups_of_gmsh_files_are_known_by_name_and_dimension(void **state) {
    (void)state;
    static const char text[] = "$MeshFormat\n4.1 0 8\n$EndMeshFormat\n$PhysicalNames\n4\n1 1 \"edge\"\n2 1 \"left\"\n"
                               "2 2 \"far end\"\n3 3 \"body\"\n$EndPhysicalNames\n$Nodes\n2 9 \"no name\"\n";
    char path[] = "/tmp/femd-unit-XXXXXX", names[64];
    femd_error err = FEMD_ERROR_INIT;
    int found;
    const int fd = mkstemp(path);
    assert_true(write(fd, text, strlen(text)) == (ssize_t)strlen(text));
    close(fd);
    assert_int_equal(mesh_has_group(path, 2, "far end", &found, names, sizeof names, &err), FEMD_OK);
    assert_int_equal(found, 1);
    assert_string_equal(names, "left, far end");
    assert_int_equal(mesh_has_group(path, 2, "body", &found, names, sizeof names, &err), FEMD_OK);
    assert_int_equal(found, 0);
    assert_int_equal(mesh_has_group(path, 3, "body", &found, names, 3, &err),
                     FEMD_OK); /* names are cut off, nothing else */
    assert_int_equal(found, 1);
    unlink(path);
    assert_int_equal(mesh_has_group(path, 3, "body", &found, names, sizeof names, &err), FEMD_BAD_INPUT);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(default_folder_stands_beside_the_case),
        cmocka_unit_test(refused_run_leaves_no_folder_but_never_removes_what_was_there),
        cmocka_unit_test(elements_of_gmsh_files_are_counted),
        cmocka_unit_test(elements_of_binary_files_are_counted),
        cmocka_unit_test(groups_of_gmsh_files_are_known_by_name_and_dimension),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
