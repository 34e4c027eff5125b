/* The checkpoint and the folder of results, on one rank and on two: every bit comes back, the file knows nothing of
 * ranks, a damaged or foreign one is refused, and a run that was interrupted ends like one that was not. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/collective.h"
#include "femd/hash.h"
#include "fields/points.h"
#include "model.h"
#include "results/checkpoint.h"
#include "results/outfile.h"
#include "results/recorder.h"
#include "vtu_reader.h"

/* ---- the states that the "server" holds: one for three points ---- */

enum { GROUPS = 200, BLOB_MAX = 4096, LOST = 9 };
static size_t states_put;

static size_t group_blob(unsigned g, uint8_t *blob) {
    size_t n = 100 + 17 * g;
    for (size_t i = 0; i < n; ++i) blob[i] = (uint8_t)(g * 7 + i);
    return n;
}

static void group_hash(unsigned g, femd_hash *h) {
    uint8_t blob[BLOB_MAX];
    size_t n = group_blob(g, blob);
    femd_hash_domain("state", blob, n, h);
}

static femd_status keeper_get(void *self, const femd_hash *states, size_t n, void **blobs, size_t *sizes,
                              femd_error *err) {
    (void)self;
    for (size_t i = 0; i < n; ++i) {
        femd_hash h = FEMD_HASH_ZERO;
        unsigned g = 0;
        for (; g < GROUPS; ++g) {
            group_hash(g, &h);
            if (femd_hash_equal(&h, states + i)) break;
        }
        if (states[i].b[31] == LOST) return femd_fail(err, FEMD_STATE_LOST, "no such state");
        blobs[i] = malloc(BLOB_MAX);
        sizes[i] = g < GROUPS ? group_blob(g, blobs[i]) : sizeof(femd_hash);
        if (g == GROUPS)
            memcpy(blobs[i], states + i, sizeof(femd_hash)); /* of the analytic law: its name is its content */
    }
    return FEMD_OK;
}

static femd_status keeper_put(void *self, const femd_hash *states, const void *const *blobs, const size_t *sizes,
                              size_t n, femd_error *err) {
    (void)self;
    for (size_t i = 0; i < n; ++i) {
        femd_hash h;
        femd_hash_domain("state", blobs[i], sizes[i], &h);
        int own_name = sizes[i] == sizeof h && memcmp(blobs[i], states + i, sizeof h) == 0;
        if (!own_name && !femd_hash_equal(&h, states + i))
            return femd_fail(err, FEMD_BAD_INPUT, "a blob does not fit its hash");
    }
    states_put += n;
    return FEMD_OK;
}

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
    free(u);
    p->step = 2;
    p->time = 1.0 / 3;
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
    femd_points_destroy(&pt);
}

/* ---- fixture: a folder that all ranks know ---- */

typedef struct fixture {
    int rank;
    char folder[64];
    model m;
    femd_history history;
} fixture;

static void set_document(model *m, const char *text) {
    cJSON_Delete(m->cs.doc.root);
    m->cs.doc.root = cJSON_Parse(text);
    assert_non_null(m->cs.doc.root);
}

static int setup(void **state) {
    fixture *f = calloc(1, sizeof *f);
    if (!f) return -1;
    (void)MPI_Comm_rank(PETSC_COMM_WORLD, &f->rank);
    strcpy(f->folder, "/tmp/femd-checkpoint-XXXXXX");
    if (f->rank == 0 && !mkdtemp(f->folder)) return -1;
    (void)MPI_Bcast(f->folder, sizeof f->folder, MPI_CHAR, 0, PETSC_COMM_WORLD);
    model_init(&f->m, &femd_element_q1, 3);
    model_hold(&f->m, "left", 0, 0, 0);
    model_hold(&f->m, "right", 0.1, 0, 0);
    set_document(&f->m, "{\"femd\": 1, \"title\": \"a\", \"seed\": 1, \"output\": {\"every\": 1}}");
    f->m.law.wants |= FEMD_WANT_STABILITY | FEMD_WANT_CONDUCTIVITY | FEMD_WANT_THERMAL_STRESS;
    f->m.cs.wants_committed = FEMD_WANT_STABILITY | FEMD_WANT_CONDUCTIVITY | FEMD_WANT_THERMAL_STRESS;
    f->history.nboundary = 2;
    f->history.wants = f->m.cs.wants_committed;
    double wanted[15] = {1, 2, 3, 4, 5, 6, 0.1, 11, 12, 13, 14, 15, 16, 0.2, 21};
    double reaction[6] = {1, 2, 3, 4, 5, 1.0 / 3};
    for (int i = 1; i <= 2; ++i) {
        femd_history_row row = {.rec = {.step = i,
                                        .time = i / 6.0,
                                        .nresiduals = 2,
                                        .residual = {1, 0.1},
                                        .reaction = reaction,
                                        .stability_min = NAN,
                                        .evaluations = 1ull << 40,
                                        .reused = 3},
                                .wanted = wanted,
                                .fields = 1};
        wanted[0] = i;
        if (femd_history_add(&f->history, &row, NULL) != FEMD_OK) return -1;
    }
    *state = f;
    return 0;
}

static int teardown(void **state) {
    fixture *f = *state;
    char command[128];
    model_clear(&f->m);
    femd_history_clear(&f->history);
    cJSON_Delete(f->m.cs.doc.root);
    (void)MPI_Barrier(PETSC_COMM_WORLD);
    snprintf(command, sizeof command, "rm -rf '%s'", f->folder);
    int rc = f->rank == 0 ? system(command) : 0;
    free(f);
    return rc;
}

static femd_problem *new_problem(fixture *f, MPI_Comm comm) {
    femd_problem *p = NULL;
    femd_error err = FEMD_ERROR_INIT;
    f->m.law.table.states_get = keeper_get; /* the states come from the stand-in above */
    f->m.law.table.states_put = keeper_put;
    if (femd_problem_create_law(comm, &f->m.cs, &f->m.law.table, &p, &err) != FEMD_OK) fail_msg("%s", err.text);
    return p;
}

static char *slurp(const char *path, size_t *n) {
    FILE *file = fopen(path, "rb");
    if (!file) fail_msg("cannot read %s", path);
    char *text = malloc(1 << 22);
    *n = fread(text, 1, 1 << 22, file);
    fclose(file);
    return text;
}

static void assert_same_file(const char *a, const char *b) {
    size_t na, nb;
    char *ta = slurp(a, &na), *tb = slurp(b, &nb);
    if (na != nb || memcmp(ta, tb, na)) fail_msg("%s and %s differ", a, b);
    free(ta);
    free(tb);
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

static femd_status try_load(fixture *f, const char *path, femd_error *err) {
    femd_history history = FEMD_HISTORY_INIT;
    femd_problem *p = new_problem(f, PETSC_COMM_WORLD);
    femd_error_clear(err);
    femd_status rc = femd_checkpoint_load(p, &history, path, err);
    femd_history_clear(&history);
    femd_problem_destroy(&p);
    return rc;
}

static void checkpoint_of_another_case_is_refused(void **state) {
    fixture *f = *state;
    char *path = femd_path_join(f->folder, "checkpoint.h5");
    femd_error err = FEMD_ERROR_INIT;
    assert_int_equal(save_filled(f, PETSC_COMM_WORLD, path, &err), FEMD_OK);
    set_document(&f->m, "{\"femd\": 1, \"title\": \"a\", \"seed\": 2, \"output\": {\"every\": 1}}");
    assert_int_equal(try_load(f, path, &err), FEMD_BAD_INPUT);
    assert_non_null(strstr(err.text, "another case"));
    set_document(
        &f->m,
        "{\"output\": {\"every\": 7}, \"femd\": 1, \"title\": \"b\", \"seed\": 1}"); /* no effect on the solution */
    assert_int_equal(try_load(f, path, &err), FEMD_OK);
    f->m.cs.wants_committed = FEMD_WANT_STABILITY;
    assert_int_equal(try_load(f, path, &err), FEMD_BAD_INPUT);
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

/* ---- whole runs with an analytic law ---- */

typedef struct watched_run {
    femd_recorder recorder;
    int stop_after;
    int committed;
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

static void run_in(fixture *f, const char *folder, int resume, int stop_after) {
    femd_error err = FEMD_ERROR_INIT;
    watched_run w = {.stop_after = stop_after};
    femd_recorder_begin(&w.recorder);
    const femd_stepping_hooks hooks = {.user = &w, .committed = on_commit, .stop = on_stop};
    femd_problem *p = new_problem(f, PETSC_COMM_WORLD);
    femd_status rc = femd_recorder_prepare(&w.recorder, p, folder, resume, &err);
    if (rc == FEMD_OK) rc = femd_recorder_start(&w.recorder, p, &err);
    if (rc == FEMD_OK) rc = femd_stepping_run(p, &hooks, &err);
    assert_int_equal(rc, stop_after ? FEMD_CANCELLED : FEMD_OK);
    assert_int_equal(femd_recorder_finish(&w.recorder, p, femd_run_status(rc, stop_after), &err), FEMD_OK);
    femd_recorder_clear(&w.recorder);
    femd_problem_destroy(&p);
    (void)MPI_Barrier(PETSC_COMM_WORLD);
}

static void set_up_run(fixture *f) {
    f->m.cs.step_count = 5;
    f->m.cs.direct = 0; /* MUMPS on more than one rank adds in the order in which messages arrive */
    f->m.cs.checkpoint_every = 2;
    f->m.cs.output_every = 2;
    f->m.law.neo_hookean = 1;
}

/* Files of both folders with the same bits; summary.json up to its run object. */
static void assert_same_results(const char *a, const char *b) {
    static const char *const name[] = {"history.csv",     "fields.pvd",     "checkpoint.h5",   "step_0000.pvtu",
                                       "step_0002.pvtu",  "step_0005.pvtu", "step_0000_0.vtu", "step_0002_0.vtu",
                                       "step_0004_0.vtu", "step_0005_0.vtu"};
    for (size_t i = 0; i < sizeof name / sizeof *name; ++i) {
        char *x = femd_path_join(a, "%s", name[i]), *y = femd_path_join(b, "%s", name[i]);
        assert_same_file(x, y);
        free(x);
        free(y);
    }
    size_t n;
    char *x = femd_path_join(a, "summary.json"), *y = femd_path_join(b, "summary.json"), *tx = slurp(x, &n);
    tx[n] = 0;
    char *ty = slurp(y, &n);
    ty[n] = 0;
    *strstr(tx, "\"run\"") = *strstr(ty, "\"run\"") = 0;
    assert_string_equal(tx, ty);
    free(x);
    free(y);
    free(tx);
    free(ty);
}

static void interrupted_and_resumed_run_ends_with_the_same_bits(void **state) {
    fixture *f = *state;
    set_up_run(f);
    char *whole = femd_path_join(f->folder, "whole"), *part = femd_path_join(f->folder, "part");
    run_in(f, whole, 0, 0);
    run_in(f, part, 0, 3); /* one step past the checkpoint of step 2 */
    run_in(f, part, 1, 0);
    if (f->rank == 0) assert_same_results(whole, part);
    run_in(f, part, 1, 0); /* a finished run resumed: nothing left to do, nothing lost */
    if (f->rank == 0) assert_same_results(whole, part);
    free(whole);
    free(part);
}

static void old_results_are_replaced_and_foreign_files_stay(void **state) {
    fixture *f = *state;
    set_up_run(f);
    char *old = femd_path_join(f->folder, "step_0099.pvtu"), *dump = femd_path_join(f->folder, "point-3.state"),
         *foreign = femd_path_join(f->folder, "notes.txt");
    if (f->rank == 0) {
        assert_int_equal(femd_file_replace(old, "x", 1, NULL), FEMD_OK);
        assert_int_equal(femd_file_replace(dump, "x", 1, NULL), FEMD_OK);
        assert_int_equal(femd_file_replace(foreign, "x", 1, NULL), FEMD_OK);
    }
    (void)MPI_Barrier(PETSC_COMM_WORLD);
    run_in(f, f->folder, 0, 1);
    assert_int_not_equal(access(old, F_OK), 0);
    assert_int_not_equal(access(dump, F_OK), 0);
    assert_int_equal(access(foreign, F_OK), 0);
    free(old);
    free(dump);
    free(foreign);
}

static void resuming_without_a_checkpoint_writes_nothing(void **state) {
    fixture *f = *state;
    femd_error err = FEMD_ERROR_INIT;
    femd_recorder r = {0};
    char *folder = femd_path_join(f->folder, "absent");
    femd_problem *p = new_problem(f, PETSC_COMM_WORLD);
    assert_int_equal(femd_recorder_prepare(&r, p, folder, 1, &err), FEMD_BAD_INPUT);
    assert_non_null(strstr(err.text, "--resume"));
    assert_int_equal(femd_recorder_finish(&r, p, "bad-input", &err), FEMD_OK);
    assert_int_not_equal(access(folder, F_OK), 0);
    femd_recorder_clear(&r);
    femd_problem_destroy(&p);
    free(folder);
}

static void dumped_state_is_the_blob_and_unknown_points_are_named(void **state) {
    fixture *f = *state;
    femd_error err = FEMD_ERROR_INIT;
    femd_recorder r = {.folder = f->folder};
    femd_problem *p = new_problem(f, PETSC_COMM_WORLD);
    fill(p);
    assert_int_equal(femd_recorder_check_id(p, 215, &err), FEMD_OK);
    assert_int_equal(femd_recorder_check_id(p, 216, &err), FEMD_BAD_INPUT);
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

static femd_buffer read_piece(const fixture *f, int step) {
    size_t n;
    char *path = femd_path_join(f->folder, "step_%04d_%d.vtu", step, f->rank);
    char *text = slurp(path, &n);
    free(path);
    return (femd_buffer){(uint8_t *)text, n, 1 << 22};
}

static void fields_of_a_uniform_deformation_are_uniform(void **state) {
    fixture *f = *state;
    const double G[9] = {0.02, 0.03, 0, 0, -0.01, 0.01, 0, 0, 0.015};
    const femd_element *elements[] = {&femd_element_q1, &femd_element_p1, &femd_element_p2};
    const int vtk[] = {12, 10, 24}, nodes[] = {8, 4, 10};
    for (int e = 0; e < 3; ++e) {
        cJSON *doc = f->m.cs.doc.root;
        model_init(&f->m, elements[e], 2);
        f->m.cs.doc.root = doc;
        model_affine(&f->m, G);
        run_in(f, f->folder, 0, 0);
        femd_buffer b = read_piece(f, 1);
        read_array F = read_back(&b, "deformation_gradient"), x = read_back(&b, "Points"),
                   u = read_back(&b, "displacement"), S = read_back(&b, "second_piola_kirchhoff"),
                   types = read_back(&b, "types"), conn = read_back(&b, "connectivity");
        assert_int_equal(conn.bytes, types.bytes * 8 * (uint64_t)nodes[e]);
        assert_int_equal(types.data[0], vtk[e]);
        double E[6], want[6], D[36], energy;
        for (uint64_t c = 0; c < types.bytes; ++c)
            for (int i = 0; i < 9; ++i)
                assert_true(fabs(femd_getf64(F.data + 8 * (9 * c + (uint64_t)i)) - (i % 4 == 0) - G[i]) < 1e-11);
        double Fm[9];
        memcpy(Fm, F.data, sizeof Fm);
        assert_int_equal(femd_strain_from_F(Fm, E, NULL), FEMD_OK);
        test_law_answer(&f->m.law, 0, E, want, D, &energy);
        assert_true(fabs(femd_getf64(S.data) - want[0]) < 1e-11 && fabs(femd_getf64(S.data + 8) - want[5]) < 1e-11 &&
                    fabs(femd_getf64(S.data + 8 * 7) - want[3]) < 1e-11);
        for (uint64_t i = 0; i < x.bytes / 24; ++i)
            for (int a = 0; a < 3; ++a) {
                double expected = 0;
                for (int d = 0; d < 3; ++d) expected += G[3 * a + d] * femd_getf64(x.data + 24 * i + 8 * (uint64_t)d);
                assert_true(fabs(femd_getf64(u.data + 24 * i + 8 * (uint64_t)a) - expected) < 1e-11);
            }
        femd_buffer_clear(&b);
    }
}

/* The array of a conductivity says whose it is. */
static void conductivity_is_named_for_what_it_counts(void **state) {
    fixture *f = *state;
    const double G[9] = {0.02, 0, 0, 0, 0, 0, 0, 0, 0};
    for (int lattice = 0; lattice < 2; ++lattice) {
        cJSON *doc = f->m.cs.doc.root;
        model_init(&f->m, &femd_element_q1, 2);
        f->m.cs.doc.root = doc;
        f->m.law.wants |= FEMD_WANT_CONDUCTIVITY;
        f->m.law.carriers = lattice ? FEMD_CARRIER_LATTICE | FEMD_CARRIER_ELECTRONS : 0;
        f->m.cs.wants_committed = FEMD_WANT_CONDUCTIVITY;
        model_affine(&f->m, G);
        run_in(f, f->folder, 0, 0);
        femd_buffer b = read_piece(f, 1);
        const char *text = (const char *)b.data;
        assert_int_equal(find(text, b.size, "Name=\"lattice_conductivity\"") != NULL, lattice);
        assert_int_equal(find(text, b.size, "Name=\"conductivity\"") != NULL, !lattice);
        assert_int_equal(find(text, b.size, "Name=\"electronic_conductivity\"") != NULL, lattice);
        read_array notes = read_back(&b, "notes");
        assert_int_equal(femd_get32(notes.data), FEMD_NOTE_NO_PLATEAU);
        if (lattice) {
            read_array k = read_back(&b, "electronic_conductivity");
            assert_true(fabs(femd_getf64(k.data) - 400) < 1e-9);
        } else {
            read_array carriers = read_back(&b, "conductivity_carriers");
            assert_int_equal(femd_get32(carriers.data), 0);
        }
        femd_buffer_clear(&b);
    }
}

int main(int argc, char **argv) {
    model_start(&argc, &argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(checkpoint_brings_every_bit_back, setup, teardown),
        cmocka_unit_test_setup_teardown(checkpoint_is_the_same_file_for_any_number_of_ranks, setup, teardown),
        cmocka_unit_test_setup_teardown(checkpoint_of_another_case_is_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(damaged_checkpoint_is_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(checkpoint_that_cannot_be_written_leaves_the_old_one, setup, teardown),
        cmocka_unit_test_setup_teardown(interrupted_and_resumed_run_ends_with_the_same_bits, setup, teardown),
        cmocka_unit_test_setup_teardown(old_results_are_replaced_and_foreign_files_stay, setup, teardown),
        cmocka_unit_test_setup_teardown(resuming_without_a_checkpoint_writes_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(dumped_state_is_the_blob_and_unknown_points_are_named, setup, teardown),
        cmocka_unit_test_setup_teardown(fields_of_a_uniform_deformation_are_uniform, setup, teardown),
        cmocka_unit_test_setup_teardown(conductivity_is_named_for_what_it_counts, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
