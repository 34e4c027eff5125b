/* Heat capacities that are sampled serve a temperature field: what a body stores and how well that is known, on its own
 * and beside a conductivity that is sampled; a run that is cut in two, several ranks, and where no more may be sampled.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fields/heat_sampled.h"
#include "model.h"
#include "near.h"
#include "results/checkpoint.h"

#define OK(expr)                                                                                                       \
    do {                                                                                                               \
        femd_error err_ = FEMD_ERROR_INIT;                                                                             \
        femd_error *err = &err_;                                                                                       \
        if ((expr) != FEMD_OK) fail_msg("%s", err_.text);                                                              \
    } while (0)

static const double even[6] = {2, 2, 2, 0, 0, 0}, c0 = 5, slope = 0.004, start = 20;
static cJSON *sampled;

static double told(const model *m, femd_heat_number number) {
    return m->heat[m->cs.nboundary + 1 + number];
}

/* A bar that is heated unevenly, c = 5 + T / 50 with 5 % in a sample; k 0: no heat passes, else it is sampled too. */
static void bar(model *m, double k_noise, int steps) {
    model_init(m, &femd_element_q1, 1);
    m->cs.mesh.cells[0] = 4;
    m->cs.step_count = steps;
    m->cs.rtol = 1e-10;
    model_heat(m, even, c0, start, 1);
    m->law.capacity_slope = slope;
    m->law.c_noise = 0.05;
    m->law.k_noise = k_noise;
    if (!(k_noise > 0)) m->material[0].conductivity = 1e-9;
    m->material[0].node = sampled;
    m->cs.heat.has_source = 1;
    m->cs.heat.source_function = model_function("40+300*x");
}

/* What the capacity of the law would have had to take up for the temperatures found, over what was given. */
static double stored_of_law(const model *m) {
    const femd_points *pt = m->p->pt;
    double sum = 0;
    for (PetscInt k = 0; k < pt->n; ++k) {
        const double T = femd_heat_at_point(m->p, k, m->p->heat->value);
        sum += pt->weight[k] * c0 * (1 + slope * T) * (T - start);
    }
    return sum / 190;
}

static void the_error_that_is_told_covers(void **state) {
    enum { RUNS = 100 };
    double z2 = 0, samples = 0;
    int within = 0;
    (void)state;
    for (int run = 0; run < RUNS; ++run) {
        model m;
        bar(&m, 0, 1);
        m.comm = PETSC_COMM_SELF;
        m.cs.seed = 100 + (uint64_t)run;
        OK(model_run(&m, err));
        assert_near(told(&m, FEMD_HEAT_STORED), 190, 1e-7);
        assert_near(told(&m, FEMD_HEAT_FLOW_ERROR), 0, 0);
        assert_true(told(&m, FEMD_HEAT_STORED_ERROR) <= 0.02 && told(&m, FEMD_HEAT_STORED_ERROR) > 0.01);
        const double z = (1 / stored_of_law(&m) - 1) / told(&m, FEMD_HEAT_STORED_ERROR);
        z2 += z * z / RUNS;
        within += fabs(z) < 1.96;
        samples += told(&m, FEMD_HEAT_SAMPLES) / RUNS;
        model_clear(&m);
    }
    print_message("%d of %d within 1.96 sigma, %.2f sigma in the mean, %.1f samples\n", within, RUNS, sqrt(z2),
                  samples);
    assert_true(within >= RUNS - 11 && within < RUNS);
    assert_true(sqrt(z2) > 0.75 && sqrt(z2) < 1.3);
    assert_true(samples > 5 && samples < 16);
}

/* Each has a tolerance, samples and a fit of its own. */
static void both_are_fitted_beside_each_other(void **state) {
    (void)state;
    model m;
    bar(&m, 0.1, 3);
    m.comm = PETSC_COMM_SELF;
    model_load(&m, "left", FEMD_LOAD_TEMPERATURE, start, 0, 0)->has[0] = 1;
    OK(model_run(&m, err));
    const femd_heat_sampled *s = m.p->heat->sampled;
    size_t n[2] = {0};
    for (size_t i = 0; i < s->n; ++i) n[(size_t)s->sample[i].material]++;
    assert_true(n[0] > 2 && n[1] > 2 && n[0] + n[1] == s->n);
    const double flow = s->doubt[FEMD_SAMPLED_CONDUCTIVITY].flow; /* of the last step alone */
    assert_true(flow > 0.005 && flow <= 0.02);
    assert_true(told(&m, FEMD_HEAT_FLOW_ERROR) > flow && told(&m, FEMD_HEAT_FLOW_ERROR) < 0.2);
    assert_true(told(&m, FEMD_HEAT_STORED_ERROR) > 0.005 && told(&m, FEMD_HEAT_STORED_ERROR) <= 0.02);
    const double none[6] = {0};
    double c[6], slope_there[6], k[6];
    femd_k_fit_at(s->fit[1], none, 30, c, slope_there);
    assert_near(c[0], c0 * (1 + slope * 30), 0.08 * c0);
    femd_k_fit_at(s->fit[0], none, 30, k, NULL);
    assert_near(k[0], 2, 0.2);
    for (PetscInt i = 0; i < m.p->pt->n; ++i) { /* what the points have is the fit */
        femd_k_fit_at(s->fit[1], none, m.p->pt->temperature[i], c, slope_there);
        assert_near(m.p->pt->heat_c[i], c[0], 1e-12 * c[0]);
        assert_near(m.p->heat->slopes.c[i], slope_there[0], 1e-12);
    }
    model_clear(&m);
}

/* One number for the whole: of the RVE's strains their trace counts, a constant capacity is taken for what it is. */
static void a_capacity_is_expected_not_to_change(void **state) {
    (void)state;
    femd_k_sample one = {.T = 30, .k = {5, 5, 5, 0, 0, 0}, .error = {0.1, 0.1, 0.1, 0, 0, 0}, .reached = 1};
    femd_k_fit fit;
    double c[6], change[6];
    const double none[6] = {0};
    OK(femd_k_fit_make(FEMD_K_CAPACITY, 0, &one, 1, &fit, err));
    assert_int_equal(fit.form, FEMD_K_CAPACITY);
    assert_int_equal(fit.n, 2);
    femd_k_fit_at(&fit, none, 45, c, change);
    assert_near(c[0], 5, 2e-3); /* the bias of the logarithm is taken off */
    assert_near(change[0], 0, 1e-12);
    OK(femd_k_fit_make(FEMD_K_CUBIC, 0, &one, 1, &fit, err));
    femd_k_fit_at(&fit, none, 45, c, change);
    assert_near(c[0], 5 * 30.0 / 45, 2e-3);
    femd_k_sample three[3] = {one, one, one};
    for (int i = 1; i < 3; ++i) {
        three[i].T = 30 + 20 * i;
        for (int k = 0; k < 3; ++k) three[i].k[k] = 5 + i;
    }
    double more[6], less[6];
    OK(femd_k_fit_make(FEMD_K_CAPACITY, 0, three, 3, &fit, err));
    femd_k_fit_at(&fit, none, 45, c, change);
    femd_k_fit_at(&fit, none, 45.01, more, NULL);
    femd_k_fit_at(&fit, none, 44.99, less, NULL);
    assert_true(change[0] > 0.03);
    assert_near((more[0] - less[0]) / 0.02, change[0], 1e-7);
    one.k[0] = one.k[1] = one.k[2] = -1;
    femd_error words = FEMD_ERROR_INIT;
    assert_int_equal(femd_k_fit_make(FEMD_K_CAPACITY, 0, &one, 1, &fit, &words), FEMD_OUT_OF_DOMAIN);
    assert_non_null(strstr(words.text, "the heat capacity sampled at point 0 and 30 K is not positive"));
}

static void an_end_of_sampling_is_told(void **state) {
    (void)state;
    model m;
    bar(&m, 0, 1);
    m.comm = PETSC_COMM_SELF;
    m.cs.heat.max_samples = 3;
    OK(model_run(&m, err));
    assert_near(told(&m, FEMD_HEAT_SAMPLES), 3, 0);
    assert_true(told(&m, FEMD_HEAT_STORED_ERROR) > 0.02);
    assert_true(m.last.notes & FEMD_NOTE_ACCURACY_NOT_REACHED);
    model_clear(&m);
}

static void several_ranks_choose_as_one(void **state) {
    (void)state;
    model all, self;
    bar(&all, 0.1, 2);
    bar(&self, 0.1, 2);
    self.comm = PETSC_COMM_SELF;
    OK(model_run(&all, err));
    OK(model_run(&self, err));
    for (int i = 0; i < FEMD_HEAT_NUMBERS; ++i)
        if (i != FEMD_HEAT_BALANCE)
            assert_near(told(&all, (femd_heat_number)i), told(&self, (femd_heat_number)i),
                        1e-9 * fmax(1, fabs(told(&self, (femd_heat_number)i))));
    const femd_heat_sampled *a = all.p->heat->sampled, *b = self.p->heat->sampled;
    assert_int_equal(a->n, b->n);
    for (size_t i = 0; i < a->n; ++i) {
        assert_near(a->sample[i].point, b->sample[i].point, 0);
        assert_near(a->sample[i].k[0], b->sample[i].k[0], 0);
    }
    model_clear(&all);
    model_clear(&self);
}

static int stop_after_two(void *user) {
    return *(const int *)user >= 2;
}

static femd_status count_step(void *user, femd_problem *p, const femd_step_record *rec, femd_error *err) {
    (void)p, (void)rec, (void)err;
    ++*(int *)user;
    return FEMD_OK;
}

static void a_run_that_goes_on_has_the_bits_of_one_that_was_never_stopped(void **state) {
    (void)state;
    char folder[] = "/tmp/femd-capacity-XXXXXX", path[64];
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/checkpoint.h5", folder);
    model whole, first, second, *const all[] = {&whole, &first, &second};
    femd_history history = FEMD_HISTORY_INIT;
    femd_error words = FEMD_ERROR_INIT;
    int done = 0;
    for (int i = 0; i < 3; ++i) {
        bar(all[i], 0.1, 4);
        all[i]->comm = PETSC_COMM_SELF;
        all[i]->cs.doc.root = cJSON_Parse("{\"femd\": 1}");
        OK(model_create(all[i], err));
    }
    OK(model_run(&whole, err));
    const femd_stepping_hooks hooks = {.user = &done, .committed = count_step, .stop = stop_after_two};
    assert_int_equal(femd_stepping_run(first.p, &hooks, &words), FEMD_CANCELLED);
    femd_history_fit(&history, &first.cs);
    OK(femd_checkpoint_save(first.p, &history, path, err));
    OK(femd_checkpoint_load(second.p, &history, path, err));
    assert_int_equal(second.p->step, 2);
    OK(model_run(&second, err));
    assert_memory_equal(whole.heat, second.heat, sizeof whole.heat);
    assert_int_equal(whole.p->heat->sampled->n, second.p->heat->sampled->n);
    assert_memory_equal(whole.p->pt->heat_c, second.p->pt->heat_c, (size_t)whole.p->pt->n * sizeof(double));
    femd_history_clear(&history);
    for (int i = 0; i < 3; ++i) {
        cJSON_Delete(all[i]->cs.doc.root);
        model_clear(all[i]);
    }
    (void)unlink(path);
    assert_int_equal(rmdir(folder), 0);
}

int main(int argc, char **argv) {
    int rank;
    model_start(&argc, &argv);
    sampled = cJSON_Parse(
        "{\"symmetry\": \"cubic\", \"method\": {\"stress\": \"quasiharmonic\", \"heat-capacity\": \"md\"}}");
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(several_ranks_choose_as_one),
        cmocka_unit_test(the_error_that_is_told_covers),
        cmocka_unit_test(both_are_fitted_beside_each_other),
        cmocka_unit_test(a_capacity_is_expected_not_to_change),
        cmocka_unit_test(an_end_of_sampling_is_told),
        cmocka_unit_test(a_run_that_goes_on_has_the_bits_of_one_that_was_never_stopped),
    };
    const struct CMUnitTest of_ranks[] = {cmocka_unit_test(several_ranks_choose_as_one)};
    int size;
    MPI_Comm_size(MPI_COMM_WORLD, &size);
    const int failed =
        size > 1 ? cmocka_run_group_tests(of_ranks, NULL, NULL) : cmocka_run_group_tests(tests, NULL, NULL);
    cJSON_Delete(sampled);
    return failed;
}
