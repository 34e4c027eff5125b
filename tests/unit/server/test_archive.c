/* The HDF5 table that a store is exported as: a row for each sound answer, its inputs beside its numbers. */
#include <hdf5.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "archive.h"
#include "femd/pack.h"

#define OK(expr) assert_int_equal((expr), FEMD_OK)
enum { ROWS = 1500 /* more than are written at a time */ };

static char folder[64], path[96];

static double strain_of(int i) {
    return 1e-6 * (i + 1);
}

static void put_answer(femd_vault *vault, const femd_hash *material, int i) {
    femd_buffer out = FEMD_BUFFER_INIT;
    uint8_t bytes[FEMD_RESPONSE_BYTES_MAX];
    femd_kept kept = {.material = *material, .level = 3, .inputs = 31, .fingerprint = 7};
    femd_response r = {.provided = FEMD_WANT_STRESS, .engine = 3, .J = 1, .sampled = 1};
    kept.request = (femd_request){.wants = FEMD_WANT_STRESS, .temperature = 250 + i, .seed = (uint64_t)i};
    for (int c = 0; c < 6; c++) {
        kept.request.value[c] = r.E[c] = (c + 1) * strain_of(i);
        r.S[c] = 1e9 * r.E[c];
        r.S_err[c] = 1;
    }
    if (i == 3) r = (femd_response){.status = FEMD_NOT_CONVERGED, .engine = 3};
    r.work.fingerprint = 7;
    r.work.wall = 0.25;
    femd_request_key(&kept.material, kept.level, kept.inputs, &kept.request, &kept.key);
    if (i == 5) kept.key.b[0] ^= 1; /* a name that is not that of the question */
    kept.response = (femd_bytes){bytes, femd_response_encode(&r, bytes)};
    OK(kept_encode(&kept, &out, NULL));
    OK(vault_write(vault, &(vault_item){VAULT_ANSWER, VAULT_PUT, {out.data, out.size}}, 1, NULL));
    femd_buffer_clear(&out);
}

static double *read_column(hid_t file, const char *name, hsize_t numbers) {
    const hid_t set = H5Dopen2(file, name, H5P_DEFAULT), space = H5Dget_space(set);
    hsize_t size[2] = {0, 1};
    assert_true(set >= 0);
    H5Sget_simple_extent_dims(space, size, NULL);
    assert_int_equal(size[0], ROWS - 1);
    assert_int_equal(size[1], numbers);
    double *value = malloc(size[0] * size[1] * sizeof *value);
    assert_true(H5Dread(set, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, value) >= 0);
    H5Sclose(space);
    H5Dclose(set);
    return value;
}

static void every_sound_answer_has_a_row(void **state) {
    (void)state;
    femd_vault *vault;
    femd_buffer pack = FEMD_BUFFER_INIT;
    femd_hash material;
    uint64_t rows, damaged;
    char id[65], group[96], text[64] = "";
    femd_error err = FEMD_ERROR_INIT;
    OK(vault_open(&(vault_config){.folder = folder, .create = 1}, &vault, NULL));
    OK(femd_pack_encode(&(femd_pack){.json = "{\"engine\":\"elastic\"}"}, &pack, NULL));
    femd_pack_id(pack.data, pack.size, &material);
    OK(vault_write(vault, &(vault_item){VAULT_MATERIAL, VAULT_PUT, {pack.data, pack.size}}, 1, NULL));
    for (int i = 0; i < ROWS; i++) put_answer(vault, &material, i);
    OK(archive_export(vault, path, NULL, &rows, &damaged, &err));
    assert_int_equal(rows, ROWS - 1);
    assert_int_equal(damaged, 1);
    assert_int_equal(archive_export(vault, path, NULL, &rows, &damaged, &err),
                     FEMD_BAD_INPUT); /* nothing is overwritten */

    const hid_t file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
    double *strain = read_column(file, "input/value", 6), *seed = read_column(file, "input/seed", 1);
    double *stress = read_column(file, "answer/stress", 6), *error = read_column(file, "error/stress", 6);
    double *status = read_column(file, "answer/status", 1), *temperature = read_column(file, "input/temperature", 1);
    double *tangent = read_column(file, "answer/tangent", 36);
    int seen[ROWS] = {0};
    for (int row = 0; row < ROWS - 1; row++) {
        const int i = (int)seed[row];
        assert_true(i >= 0 && i < ROWS && i != 5 && !seen[i]++);
        assert_true(temperature[row] == 250 + i);
        assert_int_equal(status[row], i == 3 ? FEMD_NOT_CONVERGED : 0);
        assert_true(isnan(tangent[36 * row]));
        for (int c = 0; c < 6; c++) {
            assert_true(strain[6 * row + c] == (c + 1) * strain_of(i));
            if (i == 3) assert_true(isnan(stress[6 * row + c]));
            if (i != 3) assert_true(stress[6 * row + c] == 1e9 * strain[6 * row + c]);
            if (i != 3) assert_true(error[6 * row + c] == 1);
        }
    }
    femd_hash_text(&material, id);
    snprintf(group, sizeof group, "material/%s", id);
    const hid_t attribute = H5Aopen_by_name(file, group, "json", H5P_DEFAULT, H5P_DEFAULT);
    assert_true(attribute >= 0);
    const hid_t type = H5Aget_type(attribute);
    assert_true(H5Tget_size(type) <= sizeof text && H5Aread(attribute, type, text) >= 0);
    assert_string_equal(text, "{\"engine\":\"elastic\"}");
    H5Tclose(type);
    H5Aclose(attribute);
    H5Fclose(file);
    double *all[] = {strain, seed, stress, error, status, temperature, tangent};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) free(all[i]);
    femd_buffer_clear(&pack);
    vault_close(&vault);
}

/* One that no attribute holds. */
static void a_long_material_is_not_left_out(void **state) {
    (void)state;
    enum { LONG = 200000 };
    femd_vault *vault;
    femd_buffer pack = FEMD_BUFFER_INIT;
    femd_hash material;
    uint64_t rows, damaged;
    char id[65], set[96], *json = calloc(1, LONG + 1), *text = calloc(1, LONG + 1), other[160];
    memset(json, 'x', LONG);
    memcpy(json, "{\"a\":\"", 6);
    memcpy(json + LONG - 2, "\"}", 2);
    snprintf(other, sizeof other, "%s.long", path);
    OK(vault_open(&(vault_config){.folder = folder, .create = 1}, &vault, NULL));
    OK(femd_pack_encode(&(femd_pack){.json = json}, &pack, NULL));
    femd_pack_id(pack.data, pack.size, &material);
    OK(vault_write(vault, &(vault_item){VAULT_MATERIAL, VAULT_PUT, {pack.data, pack.size}}, 1, NULL));
    OK(archive_export(vault, other, NULL, &rows, &damaged, NULL));
    const hid_t file = H5Fopen(other, H5F_ACC_RDONLY, H5P_DEFAULT);
    femd_hash_text(&material, id);
    snprintf(set, sizeof set, "material/%s/json", id);
    const hid_t data = H5Dopen2(file, set, H5P_DEFAULT), type = H5Dget_type(data);
    assert_true(data >= 0 && H5Tget_size(type) == LONG + 1);
    assert_true(H5Dread(data, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, text) >= 0);
    assert_string_equal(text, json);
    H5Tclose(type);
    H5Dclose(data);
    H5Fclose(file);
    free(json);
    free(text);
    femd_buffer_clear(&pack);
    vault_close(&vault);
}

static void an_export_that_is_stopped_leaves_nothing(void **state) {
    (void)state;
    femd_vault *vault;
    femd_hash material = {{1}};
    uint64_t rows, damaged;
    char other[160], part[180];
    const volatile sig_atomic_t stop = 1;
    snprintf(other, sizeof other, "%s.stopped", path);
    snprintf(part, sizeof part, "%s.part", other);
    OK(vault_open(&(vault_config){.folder = folder, .create = 1}, &vault, NULL));
    put_answer(vault, &material, 9);
    assert_int_equal(archive_export(vault, other, &stop, &rows, &damaged, NULL), FEMD_CANCELLED);
    assert_true(access(other, F_OK) != 0 && access(part, F_OK) != 0);
    OK(archive_export(vault, other, NULL, &rows, &damaged, NULL));
    assert_true(access(other, F_OK) == 0 && access(part, F_OK) != 0);
    vault_close(&vault);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_sound_answer_has_a_row),
                                       cmocka_unit_test(a_long_material_is_not_left_out),
                                       cmocka_unit_test(an_export_that_is_stopped_leaves_nothing)};
    snprintf(folder, sizeof folder, "%s/femd-archive-XXXXXX", access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    if (!mkdtemp(folder)) return 2;
    snprintf(path, sizeof path, "%s/table.h5", folder);
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    char command[128];
    snprintf(command, sizeof command, "rm -rf %s", folder);
    return system(command) == 0 ? failed : 2;
}
