/* The folder of results of whole runs with an analytic law, on one rank and on two: a run that was interrupted ends
 * like one that was not, and the fields are what was computed. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "results/outfile.h"
#include "results/recorder.h"
#include "results_fixture.h"
#include "vtu_reader.h"

typedef struct watched_run {
    femd_recorder recorder;
    int stop_after;
    int committed;
} watched_run;

/* How a run ends before its time. */
typedef enum run_end { WHOLE, DIES, STOPS } run_end;

static femd_status on_commit(void *user, femd_problem *p, const femd_step_record *rec, femd_error *err) {
    watched_run *w = user;
    w->committed++;
    assert_int_equal(PetscOptionsClearValue(NULL, "-ksp_max_it"), 0); /* what makes CG fail is of the first step */
    return femd_recorder_commit(&w->recorder, p, rec, err);
}

static int on_stop(void *user) {
    const watched_run *w = user;
    return w->stop_after && w->committed >= w->stop_after;
}

/* Where the law's answers come from: a build for each rank; 0: it does not say. */
static uint64_t build_of[2];

static femd_builds builds_now(void *self) {
    int rank;
    (void)self;
    MPI_Comm_rank(PETSC_COMM_WORLD, &rank);
    return (femd_builds){build_of[rank > 0], 0};
}

static void run_until(fixture *f, const char *folder, int resume, int stop_after, run_end end) {
    femd_error err = FEMD_ERROR_INIT;
    watched_run w = {.stop_after = stop_after};
    femd_recorder_begin(&w.recorder);
    const femd_stepping_hooks hooks = {.user = &w, .committed = on_commit, .stop = on_stop};
    femd_problem *p = new_problem(f, PETSC_COMM_WORLD);
    p->law->builds = builds_now;
    femd_status rc = femd_recorder_prepare(&w.recorder, p, folder, resume, &err);
    if (rc == FEMD_OK) rc = femd_recorder_start(&w.recorder, p, &err);
    if (rc == FEMD_OK) rc = femd_stepping_run(p, &hooks, &err);
    assert_int_equal(rc, stop_after ? FEMD_CANCELLED : FEMD_OK);
    if (end == STOPS) assert_int_equal(femd_recorder_keep(&w.recorder, p, &err), FEMD_OK);
    assert_int_equal(femd_recorder_finish(&w.recorder, p, femd_run_status(rc, stop_after), &err), FEMD_OK);
    femd_recorder_clear(&w.recorder);
    femd_problem_destroy(&p);
    (void)MPI_Barrier(PETSC_COMM_WORLD);
}

static void run_in(fixture *f, const char *folder, int resume, int stop_after) {
    run_until(f, folder, resume, stop_after, stop_after ? DIES : WHOLE);
}

static void set_up_run(fixture *f) {
    f->m.cs.step_count = 5;
    f->m.cs.direct = 0;
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

/* Checkpoints of each second step: a run that stops in good order after the third loses none. */
static void no_committed_step_is_lost_by_a_stop_in_good_order(void **state) {
    fixture *f = *state;
    set_up_run(f);
    char *whole = femd_path_join(f->folder, "whole"), *part = femd_path_join(f->folder, "part");
    run_in(f, whole, 0, 0);
    run_until(f, part, 0, 3, STOPS);
    const uint64_t commits = f->m.law.commits;
    run_in(f, part, 1, 0);
    assert_int_equal(f->m.law.commits, commits + 1 + 2); /* the loaded states, and two steps */
    if (f->rank == 0) assert_same_results(whole, part);
    free(whole);
    free(part);
}

/* What summary.json says of the run's bits; "null": no server was asked, and nothing speaks against them. */
static void assert_reproducible(const fixture *f, const char *folder, const char *value) {
    char words[64], *path = femd_path_join(folder, "summary.json");
    size_t n;
    snprintf(words, sizeof words, "\"bit_reproducible\": %s,", value);
    if (f->rank == 0) {
        char *text = slurp(path, &n);
        text[n] = 0;
        assert_non_null(strstr(text, words));
        free(text);
    }
    free(path);
}

static void a_run_of_two_builds_is_marked_and_so_is_what_goes_on_from_it(void **state) {
    fixture *f = *state;
    int size;
    MPI_Comm_size(PETSC_COMM_WORLD, &size);
    set_up_run(f);
    f->m.cs.step_count = 4;
    char *part = femd_path_join(f->folder, "part");
    build_of[0] = build_of[1] = 7;
    run_in(f, part, 0, 2);
    run_until(f, part, 1, 1, STOPS);
    assert_reproducible(f, part, "null");
    build_of[0] = build_of[1] = 6; /* all that is asked from here on */
    run_in(f, part, 1, 0);
    assert_reproducible(f, part, "false");
    build_of[0] = build_of[1] = 7;
    run_in(f, part, 1, 0);
    assert_reproducible(f, part, "false");
    build_of[0] = 0; /* a rank without an answer of its own says nothing */
    run_in(f, part, 0, 0);
    assert_reproducible(f, part, "null");
    build_of[0] = 8; /* each rank has answers of one build, which is not that of the other */
    run_in(f, part, 0, 0);
    assert_reproducible(f, part, size > 1 ? "false" : "null");
    build_of[0] = build_of[1] = 0;
    free(part);
}

/* Field number `column` of a line. */
static double number_at(const char *line, int column) {
    for (int k = 0; k < column; ++k) line = strchr(line, ',') + 1;
    return strtod(line, NULL);
}

/* The column of history.csv whose comma and name begin so, at the last step and at the one before it. */
static void last_values(const char *folder, const char *name, double value[2]) {
    size_t n;
    int column = 0;
    char *path = femd_path_join(folder, "history.csv"), *text = slurp(path, &n);
    text[n - 1] = 0;
    const char *title = strstr(text, name) + 1;
    for (const char *c = text; c < title; ++c) column += *c == ',';
    for (int i = 0; i < 2; ++i) {
        value[i] = number_at(strrchr(text, '\n') + 1, column);
        *strrchr(text, '\n') = 0;
    }
    free(text);
    free(path);
}

/* Conjugate gradients fail in the first step, and in it alone they would: what follows is solved directly all the same,
 * in a run of one piece as in one that stops after every step. */
static void where_cg_has_failed_a_resumed_run_has_the_same_bits(void **state) {
    fixture *f = *state;
    char *whole = femd_path_join(f->folder, "whole"), *part = femd_path_join(f->folder, "part");
    double direct[2], unstable[2];
    set_up_run(f);
    assert_int_equal(PetscOptionsSetValue(NULL, "-ksp_max_it", "1"), 0);
    run_in(f, whole, 0, 0);
    assert_int_equal(PetscOptionsSetValue(NULL, "-ksp_max_it", "1"), 0);
    for (int step = 1; step < 5; ++step) run_until(f, part, step > 1, 1, STOPS);
    run_in(f, part, 1, 0);
    if (f->rank == 0) assert_same_results(whole, part);
    last_values(part, ",direct", direct);
    last_values(part, ",unstable", unstable);
    for (int i = 0; i < 2; ++i) assert_true(direct[i] == 1 && unstable[i] == 0); /* signs that a factor tells */
    free(whole);
    free(part);
}

/* Two cells that soften under a load that they cannot carry: the path has turned when the run is stopped. */
static void a_path_is_resumed_in_its_direction(void **state) {
    fixture *f = *state;
    static const char *const same[] = {"history.csv", "checkpoint.h5"};
    char *whole = femd_path_join(f->folder, "whole"), *part = femd_path_join(f->folder, "part");
    set_up_run(f);
    f->m.law.neo_hookean = 0;
    f->m.law.lambda = 0;
    f->m.law.mu = 0.5;
    f->m.law.softening = 0.0025;
    f->m.cs.rtol = 1e-8;
    f->m.cs.arc_length = 1;
    f->m.cs.max_steps = 14;
    for (int a = 0; a < 3; ++a) f->m.cs.mesh.cells[a] = a ? 1 : 2;
    f->m.cs.nboundary = 1;
    model_load(&f->m, "right", FEMD_LOAD_TRACTION, 0.1, 0, 0);
    run_in(f, whole, 0, 0);
    run_until(f, part, 0, 11, STOPS);
    run_in(f, part, 1, 0);
    for (int i = 0; f->rank == 0 && i < 2; ++i) {
        char *x = femd_path_join(whole, "%s", same[i]), *y = femd_path_join(part, "%s", same[i]);
        assert_same_file(x, y);
        free(x);
        free(y);
    }
    double load[2][2];
    last_values(whole, ",load_factor", load[0]);
    last_values(part, ",load_factor", load[1]);
    for (int i = 0; i < 2; ++i) assert_true(fabs(load[0][i] - load[1][i]) <= 1e-9 * load[0][i]);
    assert_true(load[1][0] > 0 && load[1][0] < load[1][1]); /* it goes on falling */
    free(whole);
    free(part);
}

/* Heat, with what its history holds beside that of forces. */
static void a_run_of_heat_is_resumed_with_the_same_bits(void **state) {
    fixture *f = *state;
    const double k[6] = {2, 3, 4, 0, 0, 0.5};
    double flow[2];
    char *whole = femd_path_join(f->folder, "whole"), *part = femd_path_join(f->folder, "part");
    set_up_run(f);
    f->m.cs.wants_committed = 0;
    f->m.cs.nboundary = 0;
    model_heat(&f->m, k, 1.5, 300, 1);
    f->m.law.k_slope = 1e-3;
    model_load(&f->m, "left", FEMD_LOAD_TEMPERATURE, 400, 0, 0)->has[0] = 1;
    model_expression(model_load(&f->m, "right", FEMD_LOAD_HEAT_FLUX, 0, 0, 0), 0, "20*sin(3*t)");
    run_in(f, whole, 0, 0);
    for (int step = 1; step < 5; ++step) run_until(f, part, step > 1, 1, STOPS);
    run_in(f, part, 1, 0);
    if (f->rank == 0) assert_same_results(whole, part);
    last_values(part, ",left.heat", flow);
    assert_true(fabs(flow[0]) > 1 && fabs(flow[1]) > 1);
    free(whole);
    free(part);
}

/* A run that failed goes on with another tolerance and other steps, and its summary tells. */
static void a_failed_run_goes_on_otherwise(void **state) {
    fixture *f = *state;
    char *folder = femd_path_join(f->folder, "other"), *path = femd_path_join(folder, "summary.json");
    size_t n;
    set_up_run(f);
    set_document(&f->m, "{\"boundary\": [], \"steps\": {\"count\": 5}}");
    run_until(f, folder, 0, 3, STOPS);
    set_document(&f->m, "{\"boundary\": [], \"steps\": {\"count\": 10}, \"solver\": {\"rtol\": 1e-6}}");
    f->m.cs.step_count = 10;
    f->m.cs.rtol = 1e-6;
    run_in(f, folder, 1, 0);
    char *text = slurp(path, &n);
    text[n] = 0;
    assert_non_null(strstr(text,
                           "\"changed\": [\"after step 3, steps.count: 5 -> 10\", \"after step 3, solver.rtol: (not "
                           "given) -> 1e-06\"]"));
    assert_non_null(strstr(text, "{\"step\": 7, \"time\": 1,")); /* 0.2 0.4 0.6, then tenths */
    free(text);
    run_in(f, folder, 1, 0); /* said once, kept for ever */
    text = slurp(path, &n);
    text[n] = 0;
    char *first = strstr(text, "steps.count: 5 -> 10");
    assert_non_null(first);
    assert_null(strstr(first + 1, "steps.count"));
    free(text);
    free(path);
    free(folder);
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
        cmocka_unit_test_setup_teardown(interrupted_and_resumed_run_ends_with_the_same_bits, setup, teardown),
        cmocka_unit_test_setup_teardown(no_committed_step_is_lost_by_a_stop_in_good_order, setup, teardown),
        cmocka_unit_test_setup_teardown(a_run_of_two_builds_is_marked_and_so_is_what_goes_on_from_it, setup, teardown),
        cmocka_unit_test_setup_teardown(a_path_is_resumed_in_its_direction, setup, teardown),
        cmocka_unit_test_setup_teardown(where_cg_has_failed_a_resumed_run_has_the_same_bits, setup, teardown),
        cmocka_unit_test_setup_teardown(a_run_of_heat_is_resumed_with_the_same_bits, setup, teardown),
        cmocka_unit_test_setup_teardown(a_failed_run_goes_on_otherwise, setup, teardown),
        cmocka_unit_test_setup_teardown(old_results_are_replaced_and_foreign_files_stay, setup, teardown),
        cmocka_unit_test_setup_teardown(resuming_without_a_checkpoint_writes_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(fields_of_a_uniform_deformation_are_uniform, setup, teardown),
        cmocka_unit_test_setup_teardown(conductivity_is_named_for_what_it_counts, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
