/* Result files: the bytes of VTU files parse back, tables and summaries keep every bit, files appear whole, the folder
 * is cleaned by name only, the command line is read. */
#include <fcntl.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "arguments.h"
#include "fields/constitutive.h"
#include "results/live.h"
#include "results/outfile.h"
#include "results/summary.h"
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

/* ---- tables ---- */

typedef struct sample {
    femd_case cs;
    femd_case_boundary boundary[3];
    femd_history history;
} sample;

static void sample_init(sample *s) {
    static char path[] = "/somewhere/bar/case.json", title[] = "A \"bar\"\n";
    memset(s, 0, sizeof *s);
    s->cs.path = path;
    s->cs.title = title;
    s->cs.end_time = 1;
    s->cs.nboundary = 3;
    s->cs.boundary = s->boundary;
    strcpy(s->boundary[0].on, "left");
    strcpy(s->boundary[1].on, "grip, \"upper\"");
    strcpy(s->boundary[2].on, "left");
    s->history.nboundary = 3;
    for (int i = 1; i <= 2; ++i) {
        double reaction[9] = {0.1 * i, 1.0 / 3, -0.0, 4, 5, 6, 7, 8, 9};
        femd_history_row row = {.rec = {.step = i,
                                        .time = 0.1 * i,
                                        .dt = 0.1,
                                        .newton = 3,
                                        .cuts = i - 1,
                                        .nresiduals = 2,
                                        .residual = {1e3, 1.0 / 7 * i},
                                        .reference = 1e3,
                                        .reaction = reaction,
                                        .energy = 2e-20,
                                        .hill_mandel_max = 1e-12 * i,
                                        .stability_min = i == 1 ? NAN : 0.25,
                                        .evaluations = 10,
                                        .force_evaluations = 1000,
                                        .reused = 5},
                                .S_mean = {1e9 / 3},
                                .fields = i == 2};
        assert_int_equal(femd_history_add(&s->history, &row, NULL), FEMD_OK);
    }
}

static void history_has_one_line_per_step_and_every_bit(void **state) {
    (void)state;
    sample s;
    sample_init(&s);
    femd_buffer b = FEMD_BUFFER_INIT;
    assert_int_equal(femd_history_encode(&s.history, &s.cs, &b, NULL), FEMD_OK);
    assert_int_equal(femd_buffer_append(&b, "", 1, NULL), FEMD_OK);
    char *save, *head = strtok_r((char *)b.data, "\n", &save), *first = strtok_r(NULL, "\n", &save),
                *second = strtok_r(NULL, "\n", &save);
    assert_null(strtok_r(NULL, "\n", &save));
    assert_non_null(strstr(head, "step,time,dt,newton,cuts,residual,reference_force,left.x,left.y,left.z,"));
    assert_non_null(strstr(head, "\"grip, \"\"upper\"\".x\""));
    assert_non_null(strstr(head, "left#2.x"));
    int step, newton, cuts;
    double time, dt, residual, reference, x, y;
    assert_int_equal(sscanf(second, "%d,%lf,%lf,%d,%d,%lf,%lf,%lf,%lf", &step, &time, &dt, &newton, &cuts, &residual,
                            &reference, &x, &y),
                     9);
    assert_true(step == 2 && newton == 3 && cuts == 1);
    assert_true(time == 0.2 && residual == 1.0 / 7 * 2 && x == 0.2 && y == 1.0 / 3);
    assert_non_null(strstr(first, ",nan,10,1000,"));
    /* As many titles as values; no timing and no pool data among them. */
    int titles = 0, values = 0;
    for (char *c = head, quoted = 0; *c; ++c) {
        quoted ^= *c == '"';
        titles += *c == ',' && !quoted;
    }
    for (char *c = first; *c; ++c) values += *c == ',';
    assert_int_equal(titles, values);
    assert_null(strstr(head, "wall"));
    assert_null(strstr(head, "reused"));
    femd_buffer_clear(&b);
    femd_history_clear(&s.history);
}

static void pvd_lists_step_0_and_the_steps_with_fields(void **state) {
    (void)state;
    sample s;
    sample_init(&s);
    femd_buffer b = FEMD_BUFFER_INIT;
    assert_int_equal(femd_history_pvd(&s.history, &b, NULL), FEMD_OK);
    const char *text = (const char *)b.data;
    assert_non_null(find(text, b.size, "timestep=\"0\" part=\"0\" file=\"step_0000.pvtu\""));
    assert_null(find(text, b.size, "step_0001.pvtu"));
    assert_non_null(find(text, b.size, "timestep=\"0.2\" part=\"0\" file=\"step_0002.pvtu\""));
    femd_buffer_clear(&b);
    femd_history_clear(&s.history);
}

static cJSON *summary_of(const sample *s, const femd_run_info *run, char **text) {
    femd_buffer b = FEMD_BUFFER_INIT;
    assert_int_equal(femd_summary_encode(&s->history, &s->cs, NULL, "ok", run, &b, NULL), FEMD_OK);
    assert_int_equal(femd_buffer_append(&b, "", 1, NULL), FEMD_OK);
    cJSON *doc = cJSON_Parse((const char *)b.data);
    assert_non_null(doc);
    if (text) *text = strdup((const char *)b.data);
    femd_buffer_clear(&b);
    return doc;
}

static const char *remarks_of_the_second(void *self, size_t material) {
    (void)self;
    return material == 1 ? "the reference is \"sampled\"\nrough" : "";
}

static void summary_holds_what_materials_say(void **state) {
    (void)state;
    sample s;
    sample_init(&s);
    femd_case_material materials[2] = {{.name = "plain"}, {.name = "copper"}};
    const femd_constitutive law = {.remarks = remarks_of_the_second}, silent = {0};
    const femd_run_info run = {.ranks = 1};
    femd_case cs = s.cs;
    cs.nmaterials = 2;
    cs.material = materials;
    femd_buffer b = FEMD_BUFFER_INIT;
    assert_int_equal(femd_summary_encode(&s.history, &cs, &silent, "ok", &run, &b, NULL), FEMD_OK);
    assert_null(find((const char *)b.data, b.size, "remarks"));
    assert_int_equal(femd_summary_encode(&s.history, &cs, &law, "ok", &run, &b, NULL), FEMD_OK);
    assert_int_equal(femd_buffer_append(&b, "", 1, NULL), FEMD_OK);
    cJSON *doc = cJSON_Parse((const char *)b.data), *told = cJSON_GetObjectItem(doc, "remarks"),
          *lines = cJSON_GetObjectItem(told, "copper");
    assert_int_equal(cJSON_GetArraySize(told), 1);
    assert_int_equal(cJSON_GetArraySize(lines), 2);
    assert_string_equal(cJSON_GetStringValue(cJSON_GetArrayItem(lines, 0)), "the reference is \"sampled\"");
    assert_string_equal(cJSON_GetStringValue(cJSON_GetArrayItem(lines, 1)), "rough");
    cJSON_Delete(doc);
    femd_buffer_clear(&b);
    femd_history_clear(&s.history);
}

static void summary_holds_steps_and_totals(void **state) {
    (void)state;
    sample s;
    sample_init(&s);
    const femd_run_info run = {.wall = 1.5, .ranks = 2, .workers = 4};
    cJSON *doc = summary_of(&s, &run, NULL);
    assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItem(doc, "case")), "bar");
    assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItem(doc, "title")), "A \"bar\"\n");
    assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItem(doc, "status")), "ok");
    cJSON *step = cJSON_GetArrayItem(cJSON_GetObjectItem(doc, "steps"), 1),
          *reactions = cJSON_GetObjectItem(step, "reactions");
    assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(doc, "steps")), 2);
    assert_int_equal(cJSON_GetArraySize(reactions), 3);
    assert_true(cJSON_GetArrayItem(cJSON_GetObjectItem(reactions, "left"), 1)->valuedouble == 1.0 / 3);
    assert_true(cJSON_GetArrayItem(cJSON_GetObjectItem(reactions, "left#2"), 2)->valuedouble == 9);
    assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(step, "residuals")), 2);
    cJSON *micro = cJSON_GetObjectItem(doc, "micro");
    assert_int_equal(cJSON_GetObjectItem(micro, "evaluations")->valuedouble, 20);
    assert_true(cJSON_GetObjectItem(micro, "hill_mandel_max")->valuedouble == 2e-12);
    assert_true(cJSON_GetObjectItem(micro, "stability_min")->valuedouble == 0.25);
    assert_true(
        cJSON_IsNull(cJSON_GetObjectItem(cJSON_GetArrayItem(cJSON_GetObjectItem(doc, "steps"), 0), "stability_min")));
    cJSON *r = cJSON_GetObjectItem(doc, "run");
    assert_true(cJSON_GetObjectItem(r, "wall_s")->valuedouble == 1.5);
    assert_int_equal(cJSON_GetObjectItem(r, "workers")->valuedouble, 4);
    assert_true(cJSON_IsNull(cJSON_GetObjectItem(r, "bit_reproducible")));
    cJSON_Delete(doc);
    femd_history_clear(&s.history);
}

/* The conductivity of atoms is called that of the lattice, the electrons stand beside it, and notes have their names.
 */
static void summary_says_what_the_conductivity_counts(void **state) {
    (void)state;
    sample s;
    sample_init(&s);
    const femd_run_info run = {.ranks = 1};
    s.cs.wants_committed = FEMD_WANT_CONDUCTIVITY;
    femd_step_record *lattice = &s.history.row[1].rec;
    lattice->k_carriers = FEMD_CARRIER_LATTICE | FEMD_CARRIER_ELECTRONS;
    lattice->ke_mean[0] = 398;
    lattice->k_noted = 3;
    lattice->notes = FEMD_NOTE_ESTIMATORS_DISAGREE | FEMD_NOTE_ACCURACY_NOT_REACHED;
    cJSON *doc = summary_of(&s, &run, NULL), *steps = cJSON_GetObjectItem(doc, "steps");
    cJSON *first = cJSON_GetArrayItem(steps, 0), *second = cJSON_GetArrayItem(steps, 1);
    cJSON *k = cJSON_GetObjectItem(first, "conductivity");
    assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItem(k, "of")), "as each material says");
    assert_null(cJSON_GetObjectItem(k, "electronic_mean"));
    assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(first, "notes")), 0);
    k = cJSON_GetObjectItem(second, "conductivity");
    assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItem(k, "of")), "lattice");
    assert_true(cJSON_GetArrayItem(cJSON_GetObjectItem(k, "electronic_mean"), 0)->valuedouble == 398);
    assert_int_equal(cJSON_GetObjectItem(k, "noted")->valuedouble, 3);
    const cJSON *notes = cJSON_GetObjectItem(second, "notes");
    assert_int_equal(cJSON_GetArraySize(notes), 2);
    assert_string_equal(cJSON_GetArrayItem(notes, 0)->valuestring, "accuracy-not-reached");
    assert_string_equal(cJSON_GetArrayItem(notes, 1)->valuestring, "estimators-disagree");
    cJSON_Delete(doc);
    femd_history_clear(&s.history);
}

static void summary_differs_in_run_only_when_the_pool_differs(void **state) {
    (void)state;
    sample s;
    sample_init(&s);
    cJSON *pool = cJSON_Parse("{\"bit_reproducible\": false, \"level\": \"x86-64-v3\", \"runs\": [{\"name\": \"a\", "
                              "\"bit_reproducible\": false},"
                              "{\"name\": \"b\", \"bit_reproducible\": true}], \"counters\": {\"requeued\": 3}}");
    const femd_run_info one = {.wall = 1, .ranks = 1, .workers = 1};
    const femd_run_info four = {.wall = 9,
                                .cpu = 3,
                                .ranks = 2,
                                .workers = 4,
                                .reused = 7,
                                .resumed = 1,
                                .name = "b",
                                .pool = pool,
                                .message = "words"};
    char *a, *b;
    cJSON *x = summary_of(&s, &one, &a), *y = summary_of(&s, &four, &b);
    assert_true(cJSON_IsTrue(cJSON_GetObjectItem(cJSON_GetObjectItem(y, "run"), "bit_reproducible")));
    assert_int_equal(cJSON_GetObjectItem(cJSON_GetObjectItem(y, "run"), "requeued")->valuedouble, 3);
    char *run_a = strstr(a, "\"run\""), *run_b = strstr(b, "\"run\"");
    assert_string_not_equal(run_a, run_b);
    *run_a = *run_b = 0; /* the run object is the last one */
    assert_string_equal(a, b);
    cJSON_Delete(x);
    cJSON_Delete(y);
    cJSON_Delete(pool);
    free(a);
    free(b);
    femd_history_clear(&s.history);
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

static uint32_t look(femd_pool_seen *seen, int workers, int came, int gone) {
    char text[160];
    snprintf(text, sizeof text,
             "{\"totals\": {\"workers\": %d}, \"counters\": {\"workers_came\": %d, \"workers_gone\": %d}}", workers,
             came, gone);
    cJSON *pool = cJSON_Parse(text);
    assert_non_null(pool);
    uint32_t n = femd_pool_look(seen, pool);
    cJSON_Delete(pool);
    return n;
}

static void lost_and_replaced_workers_are_counted_once(void **state) {
    (void)state;
    femd_pool_seen seen = {0};
    assert_int_equal(look(&seen, 2, 6, 4), 2); /* before this run some came and went */
    assert_int_equal(femd_pool_restarts(&seen), 0);
    look(&seen, 1, 6, 5); /* gone, not replaced */
    assert_int_equal(femd_pool_restarts(&seen), 0);
    look(&seen, 2, 7, 5);
    look(&seen, 2, 7, 5);
    assert_int_equal(femd_pool_restarts(&seen), 1);
    look(&seen, 3, 9, 6); /* one replaced, one more */
    assert_int_equal(femd_pool_restarts(&seen), 2);
    assert_int_equal(look(&seen, 10000, 10006, 6), 10000); /* whatever list of them comes with it */
    assert_int_equal(femd_pool_restarts(&seen), 2);
}

static void workers_that_come_back_to_a_server_started_again_replace_nobody(void **state) {
    (void)state;
    femd_pool_seen seen = {0};
    look(&seen, 2, 40, 38);
    look(&seen, 2, 2, 0); /* both came back */
    assert_int_equal(femd_pool_restarts(&seen), 0);
    look(&seen, 2, 3, 1);
    assert_int_equal(femd_pool_restarts(&seen), 1);
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

/* ---- live line ---- */

static void live_line_tells_how_the_run_stands(void **state) {
    (void)state;
    char text[256];
    femd_live l;
    femd_live_init(&l, NULL, "tcp://127.0.0.1:5600", 10, 1);
    const femd_progress_info info = {.done = 1728, .total = 1728, .reused = 536, .workers = 16, .waited = 12.3};
    femd_live_progress(&l, &info);
    femd_live_iteration(&l, 3, 2, 5.8e-3, 0);
    femd_live_text(&l, text, sizeof text);
    assert_string_equal(text, "step 3/10 it 2 |r| 5.8e-03 points 1728/1728 micro 12.3 s workers 16 reused 31 % cuts 0");
    l.step = 12;
    femd_live_text(&l, text, sizeof text);
    assert_memory_equal(text, "step 12 (10 planned) it 2 |r|", 29);
    assert_int_equal(l.workers_max, 16);
    const femd_progress_info none = {.done = 1, .total = 8, .waited = 12, .waiting_for_workers = 1};
    femd_live_progress(&l, &none);
    femd_live_text(&l, text, sizeof text);
    assert_string_equal(
        text, "waiting for workers (0 connected; start one with: femd worker --connect tcp://127.0.0.1:5600) 12 s");
}

static void live_line_without_a_terminal_is_one_line_per_iteration(void **state) {
    (void)state;
    char *text = NULL;
    size_t size = 0;
    FILE *f = open_memstream(&text, &size);
    femd_live l;
    femd_live_init(&l, f, "ipc:///x", 2, 1);
    l.terminal = 0;
    const femd_progress_info busy = {.done = 1, .total = 8, .workers = 1, .waited = 3};
    for (int i = 0; i < 5; ++i) femd_live_progress(&l, &busy);
    femd_live_iteration(&l, 1, 0, 1.0, 0);
    femd_live_iteration(&l, 1, 1, 1e-9, 0);
    const femd_progress_info none = {.total = 8, .waited = 2, .waiting_for_workers = 1};
    for (int i = 0; i < 5; ++i) femd_live_progress(&l, &none); /* said once, not five times */
    femd_live_end(&l);
    fclose(f);
    int lines = 0;
    for (char *c = text; *c; ++c) lines += *c == '\n';
    assert_int_equal(lines, 3);
    assert_null(strchr(text, '\r'));
    assert_non_null(strstr(text, "waiting for workers"));
    free(text);
}

static void live_line_says_how_to_get_the_first_worker(void **state) {
    (void)state;
    char text[256];
    femd_live l;
    femd_live_init(&l, NULL, "tcp://127.0.0.1:5600", 10, 1);
    const femd_progress_info opening = {.waited = 3};
    femd_live_progress(&l, &opening);
    femd_live_text(&l, text, sizeof text);
    assert_string_equal(
        text,
        "waiting for a worker to open the materials (start one with: femd worker --connect tcp://127.0.0.1:5600) 3 s");
    setenv("FEMD_SUPERVISED", "1", 1);
    femd_live_init(&l, NULL, "tcp://127.0.0.1:5600", 10, 1);
    unsetenv("FEMD_SUPERVISED");
    femd_live_progress(&l, &opening);
    femd_live_text(&l, text, sizeof text);
    assert_string_equal(text, "waiting for a worker to open the materials (femd run starts them) 3 s");
}

/* What stands on a terminal of 80 columns after `info`, and after the end. */
static void shown(const femd_progress_info *info, char *text, size_t size) {
    int master = posix_openpt(O_RDWR | O_NOCTTY);
    assert_true(master >= 0 && grantpt(master) == 0 && unlockpt(master) == 0);
    FILE *f = fopen(ptsname(master), "w");
    assert_non_null(f);
    const struct winsize window = {.ws_col = 80, .ws_row = 24};
    assert_int_equal(ioctl(master, TIOCSWINSZ, &window), 0);
    femd_live l;
    femd_live_init(&l, f, "tcp://127.0.0.1:5600", 10, 1);
    assert_int_equal(l.terminal, 1);
    l.step = 1;
    l.residual = 3.2e-4;
    femd_live_progress(&l, info);
    femd_live_end(&l);
    femd_live_progress(&l, info); /* a word of farewell with the server: nothing may follow the end */
    fclose(f);
    size_t used = 0;
    for (ssize_t n = 1; n > 0 && used<size - 1; used += n> 0 ? (size_t)n : 0) /* may come in pieces; EIO at the end */
        n = read(master, text + used, size - 1 - used);
    assert_true(used > 0);
    text[used] = 0;
    close(master);
}

static void live_line_fits_80_columns_and_ends_once(void **state) {
    (void)state;
    char text[512];
    const femd_progress_info info = {.done = 1759, .total = 15200, .workers = 2, .waited = 17.7};
    shown(&info, text, sizeof text);
    assert_string_equal(text, "\rstep 1/10 it 0 |r| 3.2e-04 points 1759/15200 micro 17.7 s workers 2 cuts 0\r\n");
    const femd_progress_info none = {.done = 1, .total = 8, .waited = 12, .waiting_for_workers = 1};
    shown(&none, text, sizeof text);
    assert_string_equal(text, "\r12 s; start a worker: femd worker --connect tcp://127.0.0.1:5600\r\n");
}

/* ---- command line ---- */

static femd_status arguments(femd_arguments *a, femd_error *err, const char *line) {
    static char copy[512];
    char *argv[32] = {0}, *save;
    int argc = 0;
    snprintf(copy, sizeof copy, "%s", line);
    for (char *word = strtok_r(copy, " ", &save); word && argc < 31; word = strtok_r(NULL, " ", &save))
        argv[argc++] = word;
    femd_status rc = femd_arguments_read(argc, argv, a, err);
    if (rc == FEMD_OK && a->npetsc) assert_string_equal(a->petsc[0], "-ksp_view");
    a->petsc = NULL;
    return rc;
}

static void command_line_is_read_and_bad_ones_are_named(void **state) {
    (void)state;
    femd_arguments a;
    femd_error err = FEMD_ERROR_INIT;
    assert_int_equal(arguments(&a, &err,
                               "m --connect ipc:///s --set a.b=1 --set=c=2 --resume --dump-state 12 --quiet "
                               "cases/bar/case.json -- -ksp_view"),
                     FEMD_OK);
    assert_string_equal(a.connect, "ipc:///s");
    assert_string_equal(a.out, "cases/bar.out");
    assert_int_equal(a.nsets, 2);
    assert_string_equal(a.set[1], "c=2");
    assert_true(a.resume && a.quiet && a.dump && a.dump_id == 12 && a.npetsc == 1);
    femd_arguments_clear(&a);
    assert_int_equal(arguments(&a, &err, "m --out=x --connect y bar.json"), FEMD_OK);
    assert_string_equal(a.out, "x");
    femd_arguments_clear(&a);
    static const char *const bad[][2] = {{"m --connect x", "no case"},
                                         {"m bar", "--connect"},
                                         {"m --connect x a b", "two cases"},
                                         {"m --connect x a --dump-state -3", "--dump-state"},
                                         {"m --connect x a --dump-state 1x", "1x"},
                                         {"m --conect x a", "--conect"},
                                         {"m a --connect", "needs a value"}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; ++i) {
        assert_int_equal(arguments(&a, &err, bad[i][0]), FEMD_BAD_INPUT);
        assert_non_null(strstr(err.text, bad[i][1]));
        femd_arguments_clear(&a);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vtu_arrays_parse_back_bit_by_bit),
        cmocka_unit_test(a_rank_without_cells_still_writes_a_valid_piece),
        cmocka_unit_test(pvtu_names_every_piece_and_array),
        cmocka_unit_test(history_has_one_line_per_step_and_every_bit),
        cmocka_unit_test(pvd_lists_step_0_and_the_steps_with_fields),
        cmocka_unit_test(summary_holds_what_materials_say),
        cmocka_unit_test(summary_holds_steps_and_totals),
        cmocka_unit_test(summary_says_what_the_conductivity_counts),
        cmocka_unit_test(summary_differs_in_run_only_when_the_pool_differs),
        cmocka_unit_test(lost_and_replaced_workers_are_counted_once),
        cmocka_unit_test(workers_that_come_back_to_a_server_started_again_replace_nobody),
        cmocka_unit_test(numbers_read_back_as_the_same_bits),
        cmocka_unit_test_setup_teardown(a_file_is_replaced_whole_or_not_at_all, setup_folder, remove_folder),
        cmocka_unit_test_setup_teardown(cleaning_removes_results_of_femd_and_nothing_else, setup_folder, remove_folder),
        cmocka_unit_test_setup_teardown(an_output_folder_is_made_with_its_parents, setup_folder, remove_folder),
        cmocka_unit_test(live_line_tells_how_the_run_stands),
        cmocka_unit_test(live_line_without_a_terminal_is_one_line_per_iteration),
        cmocka_unit_test(live_line_says_how_to_get_the_first_worker),
        cmocka_unit_test(live_line_fits_80_columns_and_ends_once),
        cmocka_unit_test(command_line_is_read_and_bad_ones_are_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
