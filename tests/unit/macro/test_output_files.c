/* Result files: the bytes of VTU files parse back, numbers keep every bit, files appear whole, the folder is cleaned by
 * name only. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "results/outfile.h"
#include "results/vtu.h"
#include "vtu_reader.h"

static int setup_folder(void **state) {
    char *folder = strdup("/tmp/femd-files-XXXXXX");
    if (!folder || !mkdtemp(folder)) return -1;
    *state = folder;
    return 0;
}

static int remove_folder(void **state) {
    char *command = NULL;
    int rc = asprintf(&command, "rm -rf '%s'", (char *)*state) < 0 || system(command) != 0;
    free(command);
    free(*state);
    return rc;
}

static int exists(const char *folder, const char *name) {
    char *path = femd_path_join(folder, "%s", name);
    int there = access(path, F_OK) == 0;
    free(path);
    return there;
}

static void touch(const char *folder, const char *name) {
    char *path = femd_path_join(folder, "%s", name);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fclose(f);
    free(path);
}

enum { TETRA = 10 }; /* VTK's number of the cell type */
static const double tet_points[12] = {0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1};
static const int64_t tet_conn[4] = {0, 1, 2, 3};

static void vtu_arrays_parse_back_bit_by_bit(void **state) {
    (void)state;
    const double disp[12] = {0.1, -0.0, 1e-300, 3, 4, 5, 6, NAN, INFINITY, 9, 10, 1.0 / 3};
    const double tensor[9] = {1, 2, 3, 4, 5, 6, 7, 8, 9};
    const int32_t material[1] = {3};
    const int64_t ids[2] = {1ll << 40, (1ll << 40) + 3};
    static const char *const label[9] = {"xx", "xy", "xz", "yx", "yy", "yz", "zx", "zy", "zz"};
    const femd_vtu_array points[] = {{"displacement", FEMD_VTU_FLOAT64, 3, NULL, disp}};
    const femd_vtu_array cells[] = {{"stress", FEMD_VTU_FLOAT64, 9, label, tensor},
                                    {"material", FEMD_VTU_INT32, 1, NULL, material},
                                    {"point_id", FEMD_VTU_INT64, 2, NULL, ids}};
    const femd_vtu v = {.npoints = 4,
                        .ncells = 1,
                        .cell_type = TETRA,
                        .cell_points = 4,
                        .points = tet_points,
                        .conn = tet_conn,
                        .npoint_arrays = 1,
                        .point_array = points,
                        .ncell_arrays = 3,
                        .cell_array = cells};
    femd_buffer b = FEMD_BUFFER_INIT;
    assert_int_equal(femd_vtu_encode(&v, &b, NULL), FEMD_OK);
    const char *text = (const char *)b.data;
    assert_non_null(find(text, b.size, "header_type=\"UInt64\""));
    assert_non_null(find(text, b.size, "NumberOfPoints=\"4\" NumberOfCells=\"1\""));
    assert_non_null(find(text, b.size, "NumberOfComponents=\"9\" ComponentName0=\"xx\" ComponentName1=\"xy\""));

    read_array a = read_back(&b, "displacement");
    assert_string_equal(a.type, "Float64");
    assert_int_equal(a.components, 3);
    assert_int_equal(a.bytes, sizeof disp);
    assert_memory_equal(a.data, disp, sizeof disp);
    a = read_back(&b, "Points");
    assert_memory_equal(a.data, tet_points, sizeof tet_points);
    a = read_back(&b, "connectivity");
    assert_memory_equal(a.data, tet_conn, sizeof tet_conn);
    a = read_back(&b, "offsets");
    assert_int_equal(a.bytes, 8);
    assert_int_equal(femd_get64(a.data), 4);
    a = read_back(&b, "types");
    assert_int_equal(a.bytes, 1);
    assert_int_equal(a.data[0], TETRA);
    a = read_back(&b, "stress");
    assert_int_equal(a.components, 9);
    assert_memory_equal(a.data, tensor, sizeof tensor);
    a = read_back(&b, "material");
    assert_string_equal(a.type, "Int32");
    assert_memory_equal(a.data, material, sizeof material);
    a = read_back(&b, "point_id");
    assert_memory_equal(a.data, ids, sizeof ids);
    /* The last array ends where the block ends. */
    assert_memory_equal(a.data + a.bytes, "\n  </AppendedData>\n</VTKFile>\n", 30);
    femd_buffer_clear(&b);
}

static void a_rank_without_cells_still_writes_a_valid_piece(void **state) {
    (void)state;
    const femd_vtu_array cells[] = {{"stress", FEMD_VTU_FLOAT64, 9, NULL, NULL}};
    const femd_vtu v = {.cell_type = TETRA, .cell_points = 4, .ncell_arrays = 1, .cell_array = cells};
    femd_buffer b = FEMD_BUFFER_INIT;
    assert_int_equal(femd_vtu_encode(&v, &b, NULL), FEMD_OK);
    read_array a = read_back(&b, "stress");
    assert_int_equal(a.bytes, 0);
    femd_buffer_clear(&b);
}

static void pvtu_names_every_piece_and_array(void **state) {
    (void)state;
    const femd_vtu_array cells[] = {{"status", FEMD_VTU_INT32, 1, NULL, NULL}};
    const femd_vtu v = {.ncell_arrays = 1, .cell_array = cells};
    femd_buffer b = FEMD_BUFFER_INIT;
    assert_int_equal(femd_pvtu_encode(&v, "step_0007", 2, &b, NULL), FEMD_OK);
    assert_non_null(
        find((char *)b.data, b.size, "<PDataArray type=\"Int32\" Name=\"status\" NumberOfComponents=\"1\"/>"));
    assert_non_null(find((char *)b.data, b.size, "<Piece Source=\"step_0007_0.vtu\"/>"));
    assert_non_null(find((char *)b.data, b.size, "<Piece Source=\"step_0007_1.vtu\"/>"));
    femd_buffer_clear(&b);
}

static void numbers_read_back_as_the_same_bits(void **state) {
    (void)state;
    const double values[] = {0.1, 1.0 / 3, 5e-324, 1.7976931348623157e308, -0.0, 123456789012345680.0, 2.0 / 3 * 1e-20};
    for (size_t i = 0; i < sizeof values / sizeof *values; ++i) {
        femd_buffer b = FEMD_BUFFER_INIT;
        assert_int_equal(femd_text_number(&b, values[i], "nan", NULL), FEMD_OK);
        assert_int_equal(femd_buffer_append(&b, "", 1, NULL), FEMD_OK);
        double back = strtod((const char *)b.data, NULL);
        assert_memory_equal(&back, &values[i], sizeof back);
        femd_buffer_clear(&b);
    }
}

/* ---- files and folder ---- */

static void a_file_is_replaced_whole_or_not_at_all(void **state) {
    char *path = femd_path_join(*state, "summary.json");
    assert_int_equal(femd_file_replace(path, "first", 5, NULL), FEMD_OK);
    assert_int_equal(femd_file_replace(path, "2nd", 3, NULL), FEMD_OK);
    char text[8] = "";
    FILE *f = fopen(path, "r");
    assert_int_equal(fread(text, 1, sizeof text, f), 3);
    fclose(f);
    assert_string_equal(text, "2nd");
    assert_false(exists(*state, "summary.json.tmp"));
    free(path);
    femd_error err = FEMD_ERROR_INIT;
    path = femd_path_join(*state, "nowhere/summary.json");
    assert_int_equal(femd_file_replace(path, "x", 1, &err), FEMD_IO);
    assert_non_null(strstr(err.text, "nowhere"));
    free(path);
}

static void cleaning_removes_results_of_femd_and_nothing_else(void **state) {
    static const char *const ours[] = {"summary.json",    "history.csv",           "fields.pvd",
                                       "checkpoint.h5",   "checkpoint.h5.tmp",     "step_0003.pvtu",
                                       "step_0003_0.vtu", "step_12345_12.vtu.tmp", "point-7.state",
                                       "plot-load.svg",   "plot-field.png"};
    static const char *const foreign[] = {"log.txt",       "notes.txt",     "step_0003.pvtu.bak", "my_step_0003.pvtu",
                                          "step_.pvtu",    "point-a.state", "summary.json.old",   "point-7.xyz",
                                          "plot-mine.png", "plot-field.pdf"};
    for (size_t i = 0; i < sizeof ours / sizeof *ours; ++i) touch(*state, ours[i]);
    for (size_t i = 0; i < sizeof foreign / sizeof *foreign; ++i) touch(*state, foreign[i]);
    assert_int_equal(femd_outdir_clean(*state, 3, NULL), FEMD_OK); /* a resumed run: only later steps */
    assert_true(exists(*state, "step_0003.pvtu"));
    assert_false(exists(*state, "step_12345_12.vtu.tmp"));
    assert_true(exists(*state, "checkpoint.h5"));
    assert_int_equal(femd_outdir_clean(*state, -1, NULL), FEMD_OK);
    for (size_t i = 0; i < sizeof ours / sizeof *ours; ++i) assert_false(exists(*state, ours[i]));
    for (size_t i = 0; i < sizeof foreign / sizeof *foreign; ++i) assert_true(exists(*state, foreign[i]));
}

static void an_output_folder_is_made_with_its_parents(void **state) {
    char *path = femd_path_join(*state, "a/b");
    assert_int_equal(femd_outdir_make(path, NULL), FEMD_OK);
    assert_int_equal(femd_outdir_make(path, NULL), FEMD_OK);
    assert_true(exists(*state, "a/b"));
    assert_int_equal(femd_outdir_clean(path, -1, NULL), FEMD_OK);
    free(path);
    touch(*state, "file");
    path = femd_path_join(*state, "file");
    femd_error err = FEMD_ERROR_INIT;
    assert_int_equal(femd_outdir_make(path, &err), FEMD_IO);
    assert_non_null(strstr(err.text, "no folder"));
    free(path);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vtu_arrays_parse_back_bit_by_bit),
        cmocka_unit_test(a_rank_without_cells_still_writes_a_valid_piece),
        cmocka_unit_test(pvtu_names_every_piece_and_array),
        cmocka_unit_test(numbers_read_back_as_the_same_bits),
        cmocka_unit_test_setup_teardown(a_file_is_replaced_whole_or_not_at_all, setup_folder, remove_folder),
        cmocka_unit_test_setup_teardown(cleaning_removes_results_of_femd_and_nothing_else, setup_folder, remove_folder),
        cmocka_unit_test_setup_teardown(an_output_folder_is_made_with_its_parents, setup_folder, remove_folder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
