/* A quantity is one line: with the one of made_up_quantity.h added to the list, a case may ask for it, and a run writes
 * it into fields, history, summary and checkpoint. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "model.h"
#include "near.h"
#include "results/h5file.h"
#include "results/outfile.h"
#include "results/recorder.h"
#include "vtu_reader.h"

/* ---- a run ---- */

static void a_case_may_ask_for_it(void **state) {
    (void)state;
    femd_case cs;
    femd_error err = FEMD_ERROR_INIT;
    const char *set = "output.wants=[\"made-up\"]", *other = "output.wants=[\"made-down\"]";
    if (femd_case_read(FEMD_SOURCE_DIR "/cases/patch", &set, 1, &cs, &err) != FEMD_OK) fail_msg("%s", err.text);
    assert_int_equal(cs.wants_committed, FEMD_WANT_MADE_UP);
    femd_case_clear(&cs);
    assert_int_equal(femd_case_read(FEMD_SOURCE_DIR "/cases/patch", &other, 1, &cs, &err), FEMD_BAD_INPUT);
    assert_non_null(strstr(err.text, "stability, made-up"));
}

typedef struct watched_run {
    femd_recorder recorder;
    int stop_after, committed;
} watched_run;

static femd_status on_commit(void *user, femd_problem *p, const femd_step_record *rec, femd_error *err) {
    watched_run *w = user;
    w->committed++;
    return femd_recorder_commit(&w->recorder, p, rec, err);
}

static int on_stop(void *user) {
    const watched_run *w = user;
    return w->stop_after && w->committed >= w->stop_after;
}

enum { CELLS = 8, POINTS = 64 };

static void run_in(const char *folder, int resume, int stop_after) {
    femd_error err = FEMD_ERROR_INIT;
    model m;
    watched_run w = {.stop_after = stop_after};
    const femd_stepping_hooks hooks = {.user = &w, .committed = on_commit, .stop = on_stop};
    model_init(&m, &femd_element_q1, 2);
    m.law.wants |= FEMD_WANT_MADE_UP;
    m.cs.wants_committed = FEMD_WANT_MADE_UP;
    m.cs.step_count = 2;
    m.cs.doc.root = cJSON_Parse("{\"femd\": 1}");
    model_affine(&m, (const double[9]){0.02, 0, 0, 0, 0, 0, 0, 0, 0});
    femd_recorder_begin(&w.recorder);
    if (model_create(&m, &err) != FEMD_OK) fail_msg("%s", err.text);
    femd_status rc = femd_recorder_prepare(&w.recorder, m.p, folder, resume, &err);
    if (rc == FEMD_OK) rc = femd_recorder_start(&w.recorder, m.p, &err);
    if (rc == FEMD_OK) rc = femd_stepping_run(m.p, &hooks, &err);
    if (rc != (stop_after ? FEMD_CANCELLED : FEMD_OK)) fail_msg("%s", err.text);
    assert_int_equal(femd_recorder_finish(&w.recorder, m.p, "ok", &err), FEMD_OK);
    femd_recorder_clear(&w.recorder);
    cJSON_Delete(m.cs.doc.root);
    model_clear(&m);
}

static femd_buffer slurp(const char *folder, const char *name) {
    femd_buffer b = FEMD_BUFFER_INIT;
    char *path = femd_path_join(folder, "%s", name), piece[4096];
    FILE *f = fopen(path, "rb");
    if (!f) fail_msg("no %s", path);
    for (size_t n; (n = fread(piece, 1, sizeof piece, f)) > 0;)
        assert_int_equal(femd_buffer_append(&b, piece, n, NULL), FEMD_OK);
    assert_int_equal(femd_buffer_append(&b, "", 1, NULL), FEMD_OK);
    fclose(f);
    free(path);
    return b;
}

/* The points' numbers are 8 to a cell, from 0 on: the mean over points with equal weights. */
static double mean_of(uint64_t first, uint64_t points, int c) {
    const femd_quantity *q = femd_quantity_at(FEMD_QUANTITY_MADE_UP);
    double sum = 0;
    for (uint64_t i = first; i < first + points; ++i) sum += test_law_other(q, i, c);
    return sum / (double)points;
}

static void is_in_the_fields(const char *folder) {
    static const int voigt[9] = {0, 5, 4, 5, 1, 3, 4, 3, 2};
    femd_buffer b = slurp(folder, "step_0002_0.vtu");
    const read_array value = read_back(&b, "made_up"), error = read_back(&b, "made_up_error"),
                     id = read_back(&b, "point_id");
    assert_true(value.components == 9 && error.components == 1 && error.bytes == 8 * CELLS);
    for (size_t cell = 0; cell < CELLS; ++cell) {
        const uint64_t first = femd_get64(id.data + 16 * cell);
        for (size_t j = 0; j < 9; ++j) /* tensors have no engineering shears */
            assert_near(femd_getf64(value.data + 8 * (9 * cell + j)), mean_of(first, 8, voigt[j]) * (j % 4 ? 0.5 : 1),
                        1e-12);
        assert_near(femd_getf64(error.data + 8 * cell),
                    test_law_other(femd_quantity_at(FEMD_QUANTITY_MADE_UP), first + 7, 5) / 100, 1e-12);
    }
    femd_buffer_clear(&b);
    b = slurp(folder, "step_0002.pvtu");
    assert_non_null(strstr((char *)b.data, "Name=\"made_up_error\""));
    femd_buffer_clear(&b);
}

static void is_in_the_history(const char *folder) {
    femd_buffer b = slurp(folder, "history.csv");
    char *line[3], *save;
    line[0] = strtok_r((char *)b.data, "\n", &save);
    line[1] = strtok_r(NULL, "\n", &save);
    line[2] = strtok_r(NULL, "\n", &save);
    assert_non_null(line[2]);
    assert_non_null(strstr(line[0], ",S12,made_up11,made_up22,made_up33,made_up23,made_up13,made_up12,made_up_error,"
                                    "load,residual_to_load,stalled,direct"));
    char *at = line[2] + strlen(line[2]);
    for (const char *behind = strstr(line[0], ",load,"); behind; behind = strchr(behind + 1, ','))
        while (*--at != ',') {}
    for (int c = 6; c >= 0; --c) {
        while (*--at != ',') {}
        const double expected = c == 6 ? test_law_other(femd_quantity_at(FEMD_QUANTITY_MADE_UP), POINTS - 1, 5) / 100
                                       : mean_of(0, POINTS, c);
        assert_near(strtod(at + 1, NULL), expected, 1e-12);
    }
    femd_buffer_clear(&b);
}

static void is_in_the_summary(const char *folder) {
    femd_buffer b = slurp(folder, "summary.json");
    cJSON *root = cJSON_Parse((char *)b.data);
    const cJSON *entry = cJSON_GetObjectItem(cJSON_GetArrayItem(cJSON_GetObjectItem(root, "steps"), 1), "made_up");
    for (int c = 0; c < 6; ++c)
        assert_near(cJSON_GetArrayItem(cJSON_GetObjectItem(entry, "mean"), c)->valuedouble, mean_of(0, POINTS, c),
                    1e-12);
    assert_true(cJSON_GetObjectItem(entry, "error_max")->valuedouble > 0.5);
    cJSON_Delete(root);
    femd_buffer_clear(&b);
}

static void is_in_the_checkpoint(const char *folder) {
    const femd_quantity *q = femd_quantity_at(FEMD_QUANTITY_MADE_UP);
    char *path = femd_path_join(folder, "checkpoint.h5");
    double value[6 * POINTS], error[6 * POINTS];
    femd_h5 *f = NULL;
    assert_int_equal(femd_h5_open(path, &f, NULL), FEMD_OK);
    assert_int_equal(femd_h5_read(f, "point/made_up", H5T_IEEE_F64LE, POINTS, 6, value, NULL), FEMD_OK);
    assert_int_equal(femd_h5_read(f, "point/made_up_error", H5T_IEEE_F64LE, POINTS, 6, error, NULL), FEMD_OK);
    for (uint64_t i = 0; i < POINTS; ++i)
        for (int c = 0; c < 6; ++c) {
            assert_near(value[6 * i + (uint64_t)c], test_law_other(q, i, c), 0);
            assert_near(error[6 * i + (uint64_t)c], test_law_other(q, i, c) / 100, 0);
        }
    femd_h5_close(&f);
    free(path);
}

static void assert_same_file(const char *a, const char *b, const char *name) {
    femd_buffer x = slurp(a, name), y = slurp(b, name);
    if (x.size != y.size || memcmp(x.data, y.data, x.size) != 0) fail_msg("%s differ", name);
    femd_buffer_clear(&x);
    femd_buffer_clear(&y);
}

static void a_run_writes_it_everywhere_and_resumes_with_the_same_bits(void **state) {
    (void)state;
    char folder[] = "/tmp/femd-quantity-XXXXXX", command[64];
    assert_non_null(mkdtemp(folder));
    char *whole = femd_path_join(folder, "whole"), *part = femd_path_join(folder, "part");
    run_in(whole, 0, 0);
    is_in_the_fields(whole);
    is_in_the_history(whole);
    is_in_the_summary(whole);
    is_in_the_checkpoint(whole);
    run_in(part, 0, 1);
    run_in(part, 1, 0);
    static const char *const name[] = {"history.csv", "checkpoint.h5", "step_0001_0.vtu", "step_0002_0.vtu"};
    for (size_t i = 0; i < sizeof name / sizeof *name; ++i) assert_same_file(whole, part, name[i]);
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    assert_int_equal(system(command), 0);
    free(whole);
    free(part);
}

int main(int argc, char **argv) {
    model_start(&argc, &argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_case_may_ask_for_it),
        cmocka_unit_test(a_run_writes_it_everywhere_and_resumes_with_the_same_bits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
