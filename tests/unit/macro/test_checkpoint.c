/* The checkpoint, on one rank and on two: every bit comes back, the file knows nothing of ranks, a damaged or foreign
 * one is refused. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <hdf5.h>
#include <cmocka.h>

#include "fields/points.h"
#include "results/checkpoint.h"
#include "results/outfile.h"
#include "results/probe.h"
#include "results/recorder.h"
#include "results_fixture.h"

/* ---- a problem full of numbers that depend on the global numbers alone ---- */

static double value(uint64_t id, unsigned array, unsigned c) {
    femd_hash h;
    const uint64_t key[3] = {id, array, c};
    femd_hash_bytes(key, sizeof key, &h);
    int64_t bits;
    memcpy(&bits, h.b, sizeof bits);
    return (double)bits / 3e18;
}

static void fill_array(void *data, const femd_points *pt, unsigned array, size_t bytes) {
    const unsigned columns = (unsigned)(bytes / sizeof(double));
    double *a = data;
    for (PetscInt i = 0; i < pt->n; ++i)
        for (unsigned c = 0; c < columns; ++c) a[(size_t)i * columns + c] = value(pt->id[i], array, c);
}

static void fill_points(femd_points *pt) {
    unsigned array = 0;
#define FILL(member, type, entries, wants, dataset)                                                                    \
    if ((dataset) && pt->member && (entries) * sizeof(type) % sizeof(double) == 0)                                     \
        fill_array(pt->member, pt, array++, (entries) * sizeof(type));
    FEMD_POINT_LIST(FILL)
#undef FILL
    for (size_t k = 0; k < pt->nwanted; ++k) {
        femd_wanted *w = &pt->wanted[k];
        fill_array(w->value, pt, array++, w->what->numbers * sizeof *w->value);
        if (w->error) fill_array(w->error, pt, array++, w->what->numbers * sizeof *w->error);
    }
    for (PetscInt i = 0; i < pt->n; ++i) {
        pt->status[i] = (int32_t)(pt->id[i] % 5);
        pt->notes[i] = (int32_t)(pt->id[i] % 11);
        if (pt->id[i] % 10 == 0) femd_wanted_find(pt->wanted, pt->nwanted, FEMD_QUANTITY_STABILITY)->value[i] = NAN;
        if (pt->id[i] % 4 == 0) pt->k_from[i].T = NAN;
        memset(pt->state + i, 0, sizeof *pt->state);
        if (pt->id[i] % 7) group_hash((unsigned)pt->id[i] / 3, pt->state + i);
    }
}

static void fill(femd_problem *p) {
    fill_points(p->pt);
    double *u = malloc(3 * (size_t)p->grid->nnodes * sizeof *u + 1);
    for (PetscInt i = 0; i < p->grid->nnodes; ++i)
        for (unsigned c = 0; c < 3; ++c) u[3 * i + c] = value(p->grid->node_file[i], 99, c);
    assert_int_equal(femd_field_set(p->displacement, u, NULL), FEMD_OK);
    assert_int_equal(VecCopy(p->displacement->committed, p->displacement->before), 0);
    assert_int_equal(VecScale(p->displacement->before, 0.5), 0);
    free(u);
    p->step = 2;
    p->time = p->load_time = 1.0 / 3;
    p->arc_scale = 1.0 / 7;
    p->dt = 0.1;
}

static void assert_filled(femd_problem *p) {
    const femd_points *got = p->pt;
    const size_t n = (size_t)got->n;
    femd_points *pt = NULL;
    double *u = malloc(3 * (size_t)p->grid->nnodes * sizeof *u + 1);
    assert_int_equal(femd_field_get(p->displacement, u, NULL), FEMD_OK);
    for (PetscInt i = 0; i < p->grid->nnodes; ++i)
        for (unsigned c = 0; c < 3; ++c) assert_true(u[3 * i + c] == value(p->grid->node_file[i], 99, c));
    PetscReal before;
    assert_int_equal(VecAXPY(p->displacement->before, -0.5, p->displacement->committed), 0);
    assert_int_equal(VecNorm(p->displacement->before, NORM_INFINITY, &before), 0);
    assert_true(before == 0);
    free(u);
    assert_int_equal(femd_points_create(got->n, got->per_cell, got->wants, &pt, NULL), FEMD_OK);
    memcpy(pt->id, got->id, n * sizeof *pt->id);
    fill_points(pt);
#define SAME(member, type, entries, wants, dataset)                                                                    \
    if ((dataset) && pt->member) assert_memory_equal(got->member, pt->member, n *(entries) * sizeof(type));
    FEMD_POINT_LIST(SAME)
#undef SAME
    assert_true(got->nwanted == 3 && pt->nwanted == 3);
    for (size_t k = 0; k < pt->nwanted; ++k) {
        const femd_wanted *w = &pt->wanted[k];
        const size_t bytes = n * w->what->numbers * sizeof *w->value;
        assert_memory_equal(got->wanted[k].value, w->value, bytes);
        if (w->error) assert_memory_equal(got->wanted[k].error, w->error, bytes);
    }
    assert_true(p->step == 2 && p->time == 1.0 / 3 && p->dt == 0.1);
    assert_true(p->load_time == 1.0 / 3 && p->arc_scale == 1.0 / 7);
    femd_points_destroy(&pt);
}

static femd_status save_filled(fixture *f, MPI_Comm comm, const char *path, femd_error *err) {
    femd_problem *p = new_problem(f, comm);
    fill(p);
    femd_status rc = femd_checkpoint_save(p, &f->history, path, err);
    femd_problem_destroy(&p);
    return rc;
}

/* ---- checkpoint ---- */

static void checkpoint_brings_every_bit_back(void **state) {
    fixture *f = *state;
    char *path = femd_path_join(f->folder, "checkpoint.h5");
    femd_error err = FEMD_ERROR_INIT;
    if (save_filled(f, PETSC_COMM_WORLD, path, &err) != FEMD_OK) fail_msg("%s", err.text);
    femd_history history = FEMD_HISTORY_INIT;
    femd_problem *p = new_problem(f, PETSC_COMM_WORLD);
    states_put = 0;
    uint64_t commits = f->m.law.commits;
    if (femd_checkpoint_load(p, &history, path, &err) != FEMD_OK) fail_msg("%s", err.text);
    assert_filled(p);
    if (f->rank == 0) assert_int_equal(states_put, 72); /* 216 points, one state for three, each once */
    assert_int_equal(f->m.law.commits, commits + 1);
    assert_int_equal(f->m.law.last_step, 2);
    assert_int_equal(history.n, 2);
    femd_buffer a = FEMD_BUFFER_INIT, b = FEMD_BUFFER_INIT;
    assert_int_equal(femd_history_encode(&f->history, &f->m.cs, &a, NULL), FEMD_OK);
    assert_int_equal(femd_history_encode(&history, &f->m.cs, &b, NULL), FEMD_OK);
    assert_int_equal(a.size, b.size);
    assert_memory_equal(a.data, b.data, a.size);
    femd_buffer_clear(&a);
    femd_buffer_clear(&b);
    femd_history_clear(&history);
    femd_problem_destroy(&p);
    free(path);
}

static void checkpoint_is_the_same_file_for_any_number_of_ranks(void **state) {
    fixture *f = *state;
    femd_error err = FEMD_ERROR_INIT;
    char *all = femd_path_join(f->folder, "all.h5"), *one = femd_path_join(f->folder, "one.h5");
    if (save_filled(f, PETSC_COMM_WORLD, all, &err) != FEMD_OK) fail_msg("%s", err.text);
    if (f->rank == 0) {
        if (save_filled(f, PETSC_COMM_SELF, one, &err) != FEMD_OK) fail_msg("%s", err.text);
        assert_same_file(all, one);
        femd_history history = FEMD_HISTORY_INIT;
        femd_problem *p = new_problem(f, PETSC_COMM_SELF); /* written by all, read by one */
        if (femd_checkpoint_load(p, &history, all, &err) != FEMD_OK) fail_msg("%s", err.text);
        assert_filled(p);
        femd_problem_destroy(&p);
        femd_history_clear(&history);
    }
    free(all);
    free(one);
}

/* Rows keep what their probes said; of other probes, were they as many, they know nothing. */
static void probes_come_back_to_the_same_probes_only(void **state) {
    fixture *f = *state;
    femd_error err = FEMD_ERROR_INIT;
    char *path = femd_path_join(f->folder, "probes.h5");
    femd_case_probe probe[2] = {{.name = "a", .at = {0.5, 0.5, 0.5}}, {.name = "b", .on = "left"}};
    const femd_history plain = f->history;
    double value[2 * FEMD_PROBE_NUMBERS];
    f->history = (femd_history){.nboundary = plain.nboundary, .wants = plain.wants, .nprobes = 2};
    f->m.cs.probe = probe;
    f->m.cs.nprobes = 2;
    for (size_t i = 0; i < plain.n; ++i) {
        femd_history_row row = plain.row[i];
        for (int k = 0; k < 2 * FEMD_PROBE_NUMBERS; ++k) value[k] = 100 * (double)i + k;
        row.probe = value;
        assert_int_equal(femd_history_add(&f->history, &row, &err), FEMD_OK);
    }
    if (save_filled(f, PETSC_COMM_WORLD, path, &err) != FEMD_OK) fail_msg("%s", err.text);
    for (int other = 0; other < 3; ++other) {
        femd_history history = FEMD_HISTORY_INIT;
        if (other == 1) probe[0].at[1] = 0.25;
        if (other == 2) f->m.cs.nprobes = 1, probe[0].at[1] = 0.5;
        femd_problem *p = new_problem(f, PETSC_COMM_WORLD);
        if (femd_checkpoint_load(p, &history, path, &err) != FEMD_OK) fail_msg("%s", err.text);
        assert_int_equal(history.n, 2);
        for (size_t k = 0; k < FEMD_PROBE_NUMBERS * f->m.cs.nprobes; ++k)
            assert_true(other ? isnan(history.row[1].probe[k]) : history.row[1].probe[k] == 100 + (double)k);
        femd_history_clear(&history);
        femd_problem_destroy(&p);
    }
    femd_history_clear(&f->history);
    f->history = plain;
    f->m.cs.nprobes = 0;
    free(path);
}

static femd_status try_load(fixture *f, const char *path, femd_error *err) {
    femd_history history = FEMD_HISTORY_INIT;
    femd_problem *p = new_problem(f, PETSC_COMM_WORLD);
    femd_error_clear(err);
    femd_status rc = femd_checkpoint_load(p, &history, path, err);
    femd_history_clear(&history);
    femd_problem_destroy(&p);
    return rc;
}

/* ---- which case ---- */

#define CASE                                                                                                           \
    "\"femd\": 1, \"title\": \"a\", \"materials\": {\"m\": {\"engine\": \"elastic\", \"young\": 1}}, "                 \
    "\"boundary\": [{\"on\": \"left\", \"displacement\": [0, 0, 0]}, {\"on\": \"right\", \"displacement\": [0.1, 0, "  \
    "0], \"table\": [[0, 0], [0.2, 0.5], [1, 1]]}], \"steps\": {\"count\": 4}"

/* TEXT without its first FIND, or with REPLACE in its place. */
static void set_changed(fixture *f, const char *find, const char *replace) {
    static const char text[] = "{" CASE "}";
    char changed[1024];
    const char *at = strstr(text, find);
    assert_non_null(at);
    snprintf(changed, sizeof changed, "%.*s%s%s", (int)(at - text), text, replace, at + strlen(find));
    set_document(&f->m, changed);
}

static femd_status load_changes(fixture *f, const char *path, char *changes, size_t size, femd_error *err) {
    femd_history history = FEMD_HISTORY_INIT;
    femd_problem *p = new_problem(f, PETSC_COMM_WORLD);
    femd_error_clear(err);
    femd_status rc = femd_checkpoint_load(p, &history, path, err);
    snprintf(changes, size, "%s", rc == FEMD_OK && history.changes ? history.changes : "");
    femd_history_clear(&history);
    femd_problem_destroy(&p);
    return rc;
}

/* Step 2 at time 1/3 is committed: what was computed from stands, how to go on may change, and it is told. */
static void what_leaves_the_past_alone_may_change(void **state) {
    fixture *f = *state;
    static const char *const change[][3] = {
        {"\"title\": \"a\"", "\"title\": \"b\", \"output\": {\"every\": 7}", ""},
        {"\"count\": 4", "\"count\": 9, \"max_cuts\": 20",
         "after step 2, steps.count: 4 -> 9\nafter step 2, "
         "steps.max_cuts: (not given) -> 20\n"},
        {"\"steps\"", "\"solver\": {\"rtol\": 0.5, \"direct\": true}, \"steps\"",
         "after step 2, solver.rtol: (not given) -> 0.5\nafter step 2, solver.direct: (not given) -> true\n"},
        {"\"steps\"", "\"micro\": {\"reuse\": false}, \"steps\"", "after step 2, micro.reuse: (not given) -> false\n"},
        {"\"steps\"", "\"petsc\": {\"ksp_type\": \"gmres\"}, \"steps\"",
         "after step 2, petsc.ksp_type: (not given) -> \"gmres\"\n"},
        {"\"steps\"", "\"temperature\": {\"table\": [[0, 0], [0.5, 0], [1, \"300 K\"]]}, \"steps\"",
         "after step 2, temperature: (not given) -> {\"table\":[[0,0],[0.5,0],[1,\"300 K\"]]}\n"},
        {"[1, 1]]", "[1, 1], [2, 0]]", NULL},         /* a later row */
        {"[1, 1]]", "[0.4, 0.625], [0.5, 0]]", NULL}, /* another way from a time to come on: 0.5833 at 1/3 still */
    };
    char *path = femd_path_join(f->folder, "checkpoint.h5"), changes[1024];
    femd_error err = FEMD_ERROR_INIT;
    set_changed(f, "", "");
    assert_int_equal(save_filled(f, PETSC_COMM_WORLD, path, &err), FEMD_OK);
    for (size_t i = 0; i < sizeof change / sizeof *change; ++i) {
        set_changed(f, change[i][0], change[i][1]);
        if (load_changes(f, path, changes, sizeof changes, &err) != FEMD_OK) fail_msg("%zu: %s", i, err.text);
        if (change[i][2]) assert_string_equal(changes, change[i][2]);
        if (!change[i][2])
            assert_non_null(strstr(changes, "after step 2, boundary[1].table: [[0,0],[0.2,0.5],[1,1]] -> "));
    }
    free(path);
}

static void a_file_of_another_format_is_refused_with_both(void **state) {
    fixture *f = *state;
    char *path = femd_path_join(f->folder, "checkpoint.h5"), changes[1024];
    femd_error err = FEMD_ERROR_INIT;
    const int64_t older = 13;
    set_changed(f, "", "");
    assert_int_equal(save_filled(f, PETSC_COMM_WORLD, path, &err), FEMD_OK);
    int rank;
    MPI_Comm_rank(PETSC_COMM_WORLD, &rank);
    if (rank == 0) {
        hid_t file = H5Fopen(path, H5F_ACC_RDWR, H5P_DEFAULT), set = H5Dopen2(file, "format", H5P_DEFAULT);
        assert_true(file >= 0 && set >= 0);
        assert_true(H5Dwrite(set, H5T_NATIVE_INT64, H5S_ALL, H5S_ALL, H5P_DEFAULT, &older) >= 0);
        H5Dclose(set);
        H5Fclose(file);
    }
    MPI_Barrier(PETSC_COMM_WORLD);
    assert_int_equal(load_changes(f, path, changes, sizeof changes, &err), FEMD_BAD_INPUT);
    assert_non_null(strstr(err.text, "has format 13, this femd reads 17"));
    free(path);
}

static void what_would_make_another_past_is_refused_by_its_name(void **state) {
    fixture *f = *state;
    static const char *const change[][3] = {
        {"\"young\": 1", "\"young\": 2", "materials.m.young was 1 and is 2"},
        {"\"steps\"", "\"seed\": 2, \"steps\"", "seed was (not given) and is 2"},
        {"\"displacement\": [0.1,", "\"displacement\": [0.2,", "boundary[1].displacement was [0.1,0,0]"},
        {"[0.2, 0.5]", "[0.3, 0.5]", "boundary[1].table"},
        {"[0, 0], [0.2", "[0, 0.1], [0.2", "boundary[1].table"},
        {"[0.2, 0.5], ", "[0.1, 0.25], [0.2, 0.4], [0.3333333333333333, 0.5833333333333333], ", "boundary[1].table"},
        {"[1, 1]]", "[0.5, 1]]", "boundary[1].table"}, /* the way to it is another now already */
        {", \"table\": [[0, 0], [0.2, 0.5], [1, 1]]", "", "boundary[1].table"},
        {"{\"on\": \"left\", \"displacement\": [0, 0, 0]}, ", "", "boundary had 2 entries and has 1"},
        {"\"steps\"", "\"body_force\": [0, 0, 1], \"steps\"", "body_force"},
        {"\"steps\"", "\"temperature\": {\"table\": [[0, 0], [0.3, 0], [1, 300]]}, \"steps\"", "temperature"},
        {"\"steps\"", "\"temperature\": {\"table\": [[0, 0], [0.1, 5], [0.2, 0], [1, 0]]}, \"steps\"", "temperature"},
        {"\"steps\"", "\"temperature\": 1, \"steps\"", "temperature was (not given) and is 1"},
        {"\"steps\"", "\"temperature\": \"=0*t\", \"steps\"", "temperature"},
    };
    char *path = femd_path_join(f->folder, "checkpoint.h5"), changes[1024];
    femd_error err = FEMD_ERROR_INIT;
    set_changed(f, "", "");
    assert_int_equal(save_filled(f, PETSC_COMM_WORLD, path, &err), FEMD_OK);
    for (size_t i = 0; i < sizeof change / sizeof *change; ++i) {
        set_changed(f, change[i][0], change[i][1]);
        assert_int_equal(load_changes(f, path, changes, sizeof changes, &err), FEMD_BAD_INPUT);
        if (!strstr(err.text, change[i][2]) || !strstr(err.text, "another case")) fail_msg("%zu: %s", i, err.text);
    }
    set_changed(f, "\"count\": 4", "\"count\": 4, \"end_time\": 2"); /* every load that moves has a table */
    assert_int_equal(load_changes(f, path, changes, sizeof changes, &err), FEMD_OK);
    f->m.cs.wants_committed = FEMD_WANT_STABILITY;
    set_changed(f, "", "");
    assert_int_equal(load_changes(f, path, changes, sizeof changes, &err), FEMD_BAD_INPUT);
    assert_non_null(strstr(err.text, "output.wants"));
    free(path);
}

static const char *level_now;

static const char *level_of(void *self) {
    (void)self;
    return level_now;
}

/* Answers of another level have other bits. */
static void another_level_is_refused_with_both(void **state) {
    fixture *f = *state;
    char *path = femd_path_join(f->folder, "checkpoint.h5");
    femd_error err = FEMD_ERROR_INIT;
    f->m.law.table.level = level_of;
    level_now = "x86-64-v3";
    assert_int_equal(save_filled(f, PETSC_COMM_WORLD, path, &err), FEMD_OK);
    assert_int_equal(try_load(f, path, &err), FEMD_OK);
    level_now = "x86-64-v4";
    assert_int_equal(try_load(f, path, &err), FEMD_BAD_INPUT);
    assert_non_null(strstr(err.text, "at the numerics level \"x86-64-v3\", the server has \"x86-64-v4\""));
    assert_non_null(strstr(err.text, "--level x86-64-v3"));
    f->m.law.table.level = NULL;
    free(path);
}

/* A run that had left conjugate gradients stays with the direct solver, unless it is to be solved otherwise. */
static void another_solver_is_tried_again(void **state) {
    fixture *f = *state;
    static const struct {
        const char *find, *replace;
        int direct;
    } change[] = {{"", "", 1},
                  {"\"steps\"", "\"solver\": {\"rtol\": 0.5}, \"steps\"", 0},
                  {"\"steps\"", "\"petsc\": {\"ksp_type\": \"gmres\"}, \"steps\"", 0},
                  {"\"count\": 4", "\"count\": 9", 1},
                  {"\"steps\"", "\"micro\": {\"reuse\": false}, \"steps\"", 1}};
    char *path = femd_path_join(f->folder, "checkpoint.h5");
    femd_error err = FEMD_ERROR_INIT;
    f->history.row[1].rec.direct = 1;
    set_changed(f, "", "");
    assert_int_equal(save_filled(f, PETSC_COMM_WORLD, path, &err), FEMD_OK);
    for (size_t i = 0; i < sizeof change / sizeof *change; ++i) {
        femd_history history = FEMD_HISTORY_INIT;
        set_changed(f, change[i].find, change[i].replace);
        femd_problem *p = new_problem(f, PETSC_COMM_WORLD);
        if (femd_checkpoint_load(p, &history, path, &err) != FEMD_OK) fail_msg("%s", err.text);
        assert_int_equal(p->direct, change[i].direct);
        assert_true(p->work[FEMD_WORK_BODY] == history.row[1].rec.work[FEMD_WORK_BODY] && p->work[0] == 0.2);
        femd_history_clear(&history);
        femd_problem_destroy(&p);
    }
    free(path);
}

/* Where a load ramps to the end, the end is part of the past. */
static void another_end_is_another_ramp(void **state) {
    fixture *f = *state;
    static const char ramp[] =
        "{\"boundary\": [{\"on\": \"left\", \"displacement\": [0, null, 0]}, {\"on\": \"right\", "
        "\"traction\": [0, 0, 1]}], \"steps\": {\"count\": 1, \"end_time\": %d}}";
    char *path = femd_path_join(f->folder, "checkpoint.h5"), text[256];
    femd_error err = FEMD_ERROR_INIT;
    snprintf(text, sizeof text, ramp, 1);
    set_document(&f->m, text);
    assert_int_equal(save_filled(f, PETSC_COMM_WORLD, path, &err), FEMD_OK);
    snprintf(text, sizeof text, ramp, 2);
    set_document(&f->m, text);
    assert_int_equal(try_load(f, path, &err), FEMD_BAD_INPUT);
    assert_non_null(strstr(err.text, "steps.end_time was 1 and is 2"));
    free(path);
}

/* Without a table a number is ramped and an expression is not: a table that says the ramp is the past of one alone. */
static void a_table_is_no_ramp_of_an_expression(void **state) {
    fixture *f = *state;
    static const char text[] = "{\"boundary\": [{\"on\": \"=left\", %s%s}], \"steps\": {\"count\": 1}}",
                      *const value[] = {"\"displacement\": [0.1, null, 0]", "\"displacement\": [\"=0.1*t\", null, 0]",
                                        "\"pressure\": \"=t\"", "\"rigid\": {\"displacement\": [0, \"=t\", 0]}"},
                      *const table[] = {"", ", \"table\": [[0, 0], [1, 1]]"};
    char *path = femd_path_join(f->folder, "checkpoint.h5"), document[256];
    femd_error err = FEMD_ERROR_INIT;
    for (int expression = 0; expression < 4; ++expression)
        for (int other = 0; other < 2; ++other) {
            snprintf(document, sizeof document, text, value[expression], table[other]);
            set_document(&f->m, document);
            assert_int_equal(save_filled(f, PETSC_COMM_WORLD, path, &err), FEMD_OK);
            assert_int_equal(try_load(f, path, &err), FEMD_OK);
            snprintf(document, sizeof document, text, value[expression], table[!other]);
            set_document(&f->m, document);
            assert_int_equal(try_load(f, path, &err), expression ? FEMD_BAD_INPUT : FEMD_OK);
            if (expression) assert_non_null(strstr(err.text, "boundary[0].table was "));
        }
    free(path);
}

/* The time of a run along a path is no time of a load. */
static void a_path_does_not_go_on_in_time(void **state) {
    fixture *f = *state;
    static const char text[] = "{\"boundary\": [], \"steps\": {\"count\": 1%s}}", *const control[] = {
                                                                                      "", ", \"control\": \"time\"",
                                                                                      ", \"control\": \"arc-length\""};
    char *path = femd_path_join(f->folder, "checkpoint.h5"), document[128];
    femd_error err = FEMD_ERROR_INIT;
    for (int was = 0; was < 3; ++was)
        for (int is = 0; is < 3; ++is) {
            snprintf(document, sizeof document, text, control[was]);
            set_document(&f->m, document);
            assert_int_equal(save_filled(f, PETSC_COMM_WORLD, path, &err), FEMD_OK);
            snprintf(document, sizeof document, text, control[is]);
            set_document(&f->m, document);
            assert_int_equal(try_load(f, path, &err), was == 2 && is != 2 ? FEMD_BAD_INPUT : FEMD_OK);
            if (was == 2 && is != 2) assert_non_null(strstr(err.text, "steps.control was \"arc-length\""));
        }
    free(path);
}

static void flip(const char *path, long at) {
    FILE *file = fopen(path, "r+b");
    fseek(file, at, SEEK_SET);
    int c = fgetc(file);
    fseek(file, at, SEEK_SET);
    fputc(c ^ 16, file);
    fclose(file);
}

static void damaged_checkpoint_is_refused(void **state) {
    fixture *f = *state;
    char *path = femd_path_join(f->folder, "checkpoint.h5");
    femd_error err = FEMD_ERROR_INIT;
    assert_int_equal(save_filled(f, PETSC_COMM_WORLD, path, &err), FEMD_OK);
    size_t n = 0;
    char *text = f->rank == 0 ? slurp(path, &n) : NULL;
    long at = 0;
    if (f->rank == 0) { /* a byte of the tangents: what a value check could not see */
        double v = value(50, 3, 17);
        char *found = memmem(text, n, &v, sizeof v);
        assert_non_null(found);
        at = (long)(found - text);
        flip(path, at);
    }
    (void)MPI_Barrier(PETSC_COMM_WORLD);
    assert_int_equal(try_load(f, path, &err), FEMD_BAD_INPUT);
    assert_non_null(strstr(err.text, "damaged"));
    if (f->rank == 0) assert_int_equal(truncate(path, (off_t)n / 2), 0);
    (void)MPI_Barrier(PETSC_COMM_WORLD);
    assert_int_equal(try_load(f, path, &err), FEMD_BAD_INPUT);
    if (f->rank == 0) assert_int_equal(truncate(path, 0), 0);
    (void)MPI_Barrier(PETSC_COMM_WORLD);
    assert_int_equal(try_load(f, path, &err), FEMD_BAD_INPUT);
    free(text);
    free(path);
    path = femd_path_join(f->folder, "absent.h5");
    assert_int_equal(try_load(f, path, &err), FEMD_IO);
    free(path);
}

static void checkpoint_that_cannot_be_written_leaves_the_old_one(void **state) {
    fixture *f = *state;
    char *path = femd_path_join(f->folder, "checkpoint.h5"), *lost = femd_path_join(f->folder, "nowhere/checkpoint.h5");
    femd_error err = FEMD_ERROR_INIT;
    assert_int_equal(save_filled(f, PETSC_COMM_WORLD, path, &err), FEMD_OK);
    assert_int_equal(save_filled(f, PETSC_COMM_WORLD, lost, &err), FEMD_IO);
    /* A state that nobody holds: the old file stays. */
    femd_problem *p = new_problem(f, PETSC_COMM_WORLD);
    fill(p);
    memset(p->pt->state, LOST, sizeof *p->pt->state);
    assert_int_equal(femd_checkpoint_save(p, &f->history, path, &err), FEMD_STATE_LOST);
    femd_problem_destroy(&p);
    assert_int_equal(try_load(f, path, &err), FEMD_OK);
    char *tmp = femd_path_join(f->folder, "checkpoint.h5.tmp");
    assert_int_not_equal(access(tmp, F_OK), 0);
    free(tmp);
    free(path);
    free(lost);
}

static void dumped_state_is_the_blob_and_unknown_points_are_named(void **state) {
    fixture *f = *state;
    femd_error err = FEMD_ERROR_INIT;
    femd_recorder r = {.folder = f->folder};
    femd_problem *p = new_problem(f, PETSC_COMM_WORLD);
    fill(p);
    assert_int_equal(femd_recorder_check_id(p, "--dump-state", 215, &err), FEMD_OK);
    assert_int_equal(femd_recorder_check_id(p, "--dump-state", 216, &err), FEMD_BAD_INPUT);
    assert_non_null(strstr(err.text, "0 to 215"));
    assert_int_equal(femd_recorder_dump(&r, p, 200, &err), FEMD_OK);
    uint8_t blob[BLOB_MAX];
    size_t want = group_blob(200 / 3, blob), n;
    char *path = femd_path_join(f->folder, "point-200.state"), *text = slurp(path, &n);
    assert_int_equal(n, want);
    assert_memory_equal(text, blob, n);
    assert_int_equal(femd_recorder_dump(&r, p, 14, &err), FEMD_BAD_INPUT); /* virgin: 14 % 7 == 0 */
    assert_non_null(strstr(err.text, "no state"));
    free(path);
    free(text);
    femd_problem_destroy(&p);
}

int main(int argc, char **argv) {
    model_start(&argc, &argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(checkpoint_brings_every_bit_back, setup, teardown),
        cmocka_unit_test_setup_teardown(probes_come_back_to_the_same_probes_only, setup, teardown),
        cmocka_unit_test_setup_teardown(checkpoint_is_the_same_file_for_any_number_of_ranks, setup, teardown),
        cmocka_unit_test_setup_teardown(what_leaves_the_past_alone_may_change, setup, teardown),
        cmocka_unit_test_setup_teardown(what_would_make_another_past_is_refused_by_its_name, setup, teardown),
        cmocka_unit_test_setup_teardown(a_file_of_another_format_is_refused_with_both, setup, teardown),
        cmocka_unit_test_setup_teardown(another_level_is_refused_with_both, setup, teardown),
        cmocka_unit_test_setup_teardown(another_solver_is_tried_again, setup, teardown),
        cmocka_unit_test_setup_teardown(another_end_is_another_ramp, setup, teardown),
        cmocka_unit_test_setup_teardown(a_table_is_no_ramp_of_an_expression, setup, teardown),
        cmocka_unit_test_setup_teardown(a_path_does_not_go_on_in_time, setup, teardown),
        cmocka_unit_test_setup_teardown(damaged_checkpoint_is_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(checkpoint_that_cannot_be_written_leaves_the_old_one, setup, teardown),
        cmocka_unit_test_setup_teardown(dumped_state_is_the_blob_and_unknown_points_are_named, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
