/* A run whose pressure is an unknown, cut in two and on several ranks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "model.h"
#include "near.h"
#include "results/checkpoint.h"

#define OK(expr)                                                                                                       \
    do {                                                                                                               \
        femd_error err_ = FEMD_ERROR_INIT;                                                                             \
        femd_error *err = &err_;                                                                                       \
        if ((expr) != FEMD_OK) fail_msg("%s", err_.text);                                                              \
    } while (0)

static void prepare(model *m) {
    model_init(m, &femd_element_p2, 2);
    m->cs.mixed = 1;
    m->cs.rtol = 1e-10;
    m->cs.step_count = 4;
    m->cs.mesh.distort = 0.2;
    m->law.neo_hookean = 1;
    m->law.lambda = 1000;
    model_hold(m, "left", 0, 0, 0);
    model_hold(m, "back", NAN, 0, NAN);
    model_load(m, "right", FEMD_LOAD_TRACTION, 0, 0, 0.05);
    model_load(m, "top", FEMD_LOAD_FOLLOWER, 0.05, 0, 0);
}

/* Of the steps of a run that stops after the second. */
typedef struct two_steps {
    int n;
    double work[2][FEMD_WORKS];
} two_steps;

static femd_status keep_step(void *user, femd_problem *p, const femd_step_record *rec, femd_error *err) {
    two_steps *seen = user;
    (void)p, (void)err;
    memcpy(seen->work[seen->n++], rec->work, sizeof rec->work);
    return FEMD_OK;
}

static int after_two(void *user) {
    return ((const two_steps *)user)->n == 2;
}

static void same_values(femd_field *a, femd_field *b) {
    double *x = malloc((a->n + 1) * sizeof *x), *y = malloc((a->n + 1) * sizeof *y);
    assert_true(x && y && a->n == b->n);
    OK(femd_field_get(a, x, err));
    OK(femd_field_get(b, y, err));
    assert_memory_equal(x, y, a->n * sizeof *x);
    free(x);
    free(y);
}

static void a_run_that_goes_on_has_the_bits_of_one_that_was_never_stopped(void **state) {
    (void)state;
    char folder[] = "/tmp/femd-mixed-XXXXXX", path[64];
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/checkpoint.h5", folder);
    model whole, first, second;
    model *const all[] = {&whole, &first, &second};
    femd_history history = FEMD_HISTORY_INIT;
    femd_error words = FEMD_ERROR_INIT;
    two_steps seen = {0};
    for (int i = 0; i < 3; ++i) {
        prepare(all[i]);
        all[i]->comm = PETSC_COMM_SELF;
        all[i]->cs.doc.root = cJSON_Parse("{\"femd\": 1}");
        OK(model_create(all[i], err));
    }
    OK(model_run(&whole, err));
    const femd_stepping_hooks hooks = {.user = &seen, .committed = keep_step, .stop = after_two};
    assert_int_equal(femd_stepping_run(first.p, &hooks, &words), FEMD_CANCELLED);
    femd_history_fit(&history, &first.cs);
    for (int step = 1; step <= 2; ++step) {
        femd_history_row row = {.rec = {.step = step, .stability_min = NAN}};
        memcpy(row.rec.work, seen.work[step - 1], sizeof row.rec.work);
        OK(femd_history_add(&history, &row, err));
    }
    OK(femd_checkpoint_save(first.p, &history, path, err));
    femd_history_clear(&history);
    OK(femd_checkpoint_load(second.p, &history, path, err));
    assert_int_equal(second.p->step, 2);
    same_values(first.p->pressure, second.p->pressure);
    OK(model_run(&second, err));
    assert_memory_equal(whole.reaction, second.reaction, 3 * whole.cs.nboundary * sizeof *whole.reaction);
    assert_memory_equal(whole.last.work, second.last.work, sizeof whole.last.work);
    assert_memory_equal(whole.p->pt->S, second.p->pt->S, 6 * (size_t)whole.p->pt->n * sizeof(double));
    assert_memory_equal(whole.p->pt->gap, second.p->pt->gap, (size_t)whole.p->pt->n * sizeof(double));
    same_values(whole.p->displacement, second.p->displacement);
    same_values(whole.p->pressure, second.p->pressure);
    assert_int_equal(whole.last.newton, second.last.newton);
    femd_history_clear(&history);
    for (int i = 0; i < 3; ++i) {
        cJSON_Delete(all[i]->cs.doc.root);
        model_clear(all[i]);
    }
    (void)unlink(path);
    assert_int_equal(rmdir(folder), 0);
}

/* Largest pressure of a node on any rank. */
static double largest_pressure(const model *m) {
    double most = -INFINITY, *value = malloc((m->p->pressure->n + 1) * sizeof *value);
    assert_non_null(value);
    OK(femd_field_get(m->p->pressure, value, err));
    for (size_t i = 0; i < m->p->pressure->n; ++i) most = fmax(most, value[i]);
    free(value);
    assert_int_equal(MPI_Allreduce(MPI_IN_PLACE, &most, 1, MPI_DOUBLE, MPI_MAX, m->comm), MPI_SUCCESS);
    return most;
}

static void several_ranks_agree_with_one(void **state) {
    (void)state;
    model all, self;
    prepare(&all);
    prepare(&self);
    self.comm = PETSC_COMM_SELF;
    OK(model_run(&all, err));
    OK(model_run(&self, err));
    for (size_t i = 0; i < 3 * self.cs.nboundary; ++i) assert_near(all.reaction[i], self.reaction[i], 1e-8);
    for (int w = 0; w < FEMD_WORKS; ++w) assert_near(all.last.work[w], self.last.work[w], 1e-9);
    const double most = largest_pressure(&self);
    assert_near(largest_pressure(&all), most, 1e-7 * fabs(most));
    assert_true(most > 0.05);
    assert_int_equal(all.last.newton, self.last.newton);
    model_clear(&all);
    model_clear(&self);
}

int main(int argc, char **argv) {
    model_start(&argc, &argv);
    int size;
    MPI_Comm_size(PETSC_COMM_WORLD, &size);
    const struct CMUnitTest alone[] = {cmocka_unit_test(a_run_that_goes_on_has_the_bits_of_one_that_was_never_stopped)};
    const struct CMUnitTest together[] = {cmocka_unit_test(several_ranks_agree_with_one)};
    return size == 1 ? cmocka_run_group_tests(alone, NULL, NULL) : cmocka_run_group_tests(together, NULL, NULL);
}
