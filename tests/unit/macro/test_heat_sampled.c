/* Conductivities that are sampled serve a temperature field: what flows through a bar and how well that is known, in
 * closed form; when Newton's method ends; a run that is cut in two, several ranks, and what is told where no more may
 * be sampled. */
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

static const double argon[6] = {25, 25, 25, 0, 0, 0}, cold = 20, hot = 60;
static cJSON *cubic;

static double *temperatures(const model *m) {
    double *T = malloc((m->p->temperature->n + 1) * sizeof *T);
    assert_non_null(T);
    OK(femd_field_get(m->p->temperature, T, err));
    return T;
}

static double told(const model *m, femd_heat_number number) {
    return m->heat[m->cs.nboundary + 1 + number];
}

/* A bar of unit length, k = 25 / T with 10 % in a sample. theta 0: steady. */
static void bar(model *m, int cells, double theta, double accuracy) {
    model_init(m, &femd_element_q1, 1);
    m->cs.mesh.cells[0] = cells;
    m->cs.rtol = 1e-10;
    model_heat(m, argon, 1, 40, theta);
    m->law.k_power = -1;
    m->law.k_noise = 0.1;
    m->cs.heat.accuracy = accuracy;
    m->material[0].node = cubic;
    model_load(m, "left", FEMD_LOAD_TEMPERATURE, hot, 0, 0)->has[0] = 1;
    model_load(m, "right", FEMD_LOAD_TEMPERATURE, cold, 0, 0)->has[0] = 1;
}

/* ---- a bar ---- */

/* The integral of the fitted k from the cold end up to T. */
static double kirchhoff(const femd_k_fit *fit, double T) {
    const double none[6] = {0};
    double sum = 0, k[6];
    const int n = 400;
    for (int i = 0; i < n; ++i) {
        femd_k_fit_at(fit, none, cold + (T - cold) * (i + 0.5) / n, k, NULL);
        sum += k[0] * (T - cold) / n;
    }
    return sum;
}

static void a_bar_follows_the_transform_of_its_fit(void **state) {
    (void)state;
    for (int any = 0; any < 2; ++any) {
        model m;
        bar(&m, 20, 0, 0.03);
        m.comm = PETSC_COMM_SELF;
        if (any) m.material[0].node = NULL; /* nothing is known of its symmetry: each component for itself */
        OK(model_run(&m, err));
        const femd_k_fit *fit = m.p->heat->sampled->fit[0];
        const double all = kirchhoff(fit, hot), flow = m.heat[0];
        double *T = temperatures(&m);
        for (PetscInt i = 0; i < m.p->grid->nnodes && !any; ++i)
            assert_near(kirchhoff(fit, T[i]) / all, 1 - m.p->grid->node_x[3 * i], 1e-3);
        assert_near(flow, all, (any ? 0.02 : 1e-3) * all);
        assert_near(m.heat[0] + m.heat[1], 0, 1e-9 * flow);
        assert_near(flow, 25 * log(hot / cold), 3 * told(&m, FEMD_HEAT_FLOW_ERROR) * flow);
        assert_true(told(&m, FEMD_HEAT_FLOW_ERROR) <= 0.03 && told(&m, FEMD_HEAT_FLOW_ERROR) > 0.02);
        assert_true(told(&m, FEMD_HEAT_K_ERROR) <= 0.09);
        assert_int_equal(m.law.points, told(&m, FEMD_HEAT_SAMPLES)); /* nobody was asked but these */
        assert_int_equal(m.last.evaluations, m.law.points);
        print_message("%s: %.0f samples, flow %.4f (%.4f), told %.2f %%, k %.2f %%, %d iterations\n",
                      any ? "any symmetry" : "cubic", told(&m, FEMD_HEAT_SAMPLES), flow, 25 * log(hot / cold),
                      100 * told(&m, FEMD_HEAT_FLOW_ERROR), 100 * told(&m, FEMD_HEAT_K_ERROR), m.last.newton);
        if (!any) assert_true(told(&m, FEMD_HEAT_SAMPLES) >= 4 && told(&m, FEMD_HEAT_SAMPLES) <= 8);
        free(T);
        model_clear(&m);
    }
}

/* By the numbers of other seeds the flow lies within what is told as often as it should. */
static void the_error_that_is_told_covers(void **state) {
    enum { RUNS = 60 };
    double z2 = 0;
    int within = 0;
    (void)state;
    for (int run = 0; run < RUNS; ++run) {
        model m;
        bar(&m, 8, 0, 0.03);
        m.comm = PETSC_COMM_SELF;
        m.cs.seed = 100 + (uint64_t)run;
        OK(model_run(&m, err));
        const double z = (m.heat[0] / (25 * log(hot / cold)) - 1) / told(&m, FEMD_HEAT_FLOW_ERROR);
        z2 += z * z / RUNS;
        within += fabs(z) < 1.96;
        model_clear(&m);
    }
    print_message("%d of %d within 1.96 sigma, %.2f sigma in the mean\n", within, RUNS, sqrt(z2));
    assert_true(within >= RUNS - 7);
    assert_true(sqrt(z2) > 0.75 && sqrt(z2) < 1.3);
}

/* ---- what it leaves uncertain ---- */

/* A given flow, part of which leaves on the way. */
static void flowing(model *m, double accuracy) {
    bar(m, 8, 0, accuracy);
    m->comm = PETSC_COMM_SELF;
    m->boundary[0].kind = FEMD_LOAD_HEAT_FLUX;
    m->boundary[0].value[0] = 30;
    model_load(m, "bottom", FEMD_LOAD_CONVECTION, 1, 40, 0);
}

/* A cell of a periodic body that is fed within, as warm at its right as at its left but for a rise. */
static void periodic(model *m, double accuracy) {
    bar(m, 8, 0, accuracy);
    m->comm = PETSC_COMM_SELF;
    m->boundary[0].kind = FEMD_LOAD_PERIODIC_TEMPERATURE;
    m->boundary[0].value[0] = 12;
    strcpy(m->boundary[0].on, "right");
    strcpy(m->boundary[0].partner, "left");
    m->boundary[1].kind = FEMD_LOAD_CONVECTION;
    strcpy(m->boundary[1].on, "bottom");
    m->boundary[1].value[0] = 2;
    m->boundary[1].function[1] = model_function("40+20*x*x");
}

/* Temperatures of a bar with these samples and the coefficients of their fit moved along column j of the covariance's
 * factor. */
static double *warmed_by(void (*body)(model *, double), const femd_heat_sampled *s, int j, double moved) {
    double column[FEMD_K_COEFFICIENTS];
    model m;
    body(&m, 1e3);
    OK(model_create(&m, err));
    OK(femd_heat_put_samples(m.p, (const double *)(const void *)s->sample, s->n, s->asked, err));
    femd_k_fit_column(s->fit[0], j, column);
    for (int i = 0; i < s->fit[0]->n; ++i) m.p->heat->sampled->fit[0]->coefficient[i] += moved * column[i];
    OK(model_run(&m, err));
    double *T = temperatures(&m);
    model_clear(&m);
    return T;
}

static void temperature_errors_are_those_of_differences(void (*body)(model *, double)) {
    const double step = 1e-3;
    double square[64] = {0}, most = 0;
    model m;
    body(&m, 0.03);
    OK(model_run(&m, err));
    const femd_heat_sampled *s = m.p->heat->sampled;
    const double *told_errors = femd_heat_errors(m.p);
    const size_t n = m.p->temperature->n;
    assert_true(n <= 64);
    for (int j = 0; j < s->fit[0]->n; ++j) {
        double *up = warmed_by(body, s, j, step), *down = warmed_by(body, s, j, -step);
        for (size_t i = 0; i < n; ++i) square[i] += pow((up[i] - down[i]) / (2 * step), 2);
        free(up);
        free(down);
    }
    for (size_t i = 0; i < n; ++i) {
        assert_near(told_errors[i], sqrt(square[i]), 1e-5);
        most = fmax(most, told_errors[i]);
    }
    print_message("temperatures to %.2f K\n", most);
    assert_true(most > 0.02 && most < 2);
    model_clear(&m);
}

static void errors_of_temperatures_are_those_of_differences(void **state) {
    (void)state;
    temperature_errors_are_those_of_differences(flowing);
    temperature_errors_are_those_of_differences(periodic);
}

/* What the body dissipates with these samples and one coefficient of their fit moved. */
static double dissipated(void (*body)(model *, double), const femd_heat_sampled *s, int coefficient, double moved) {
    double sum = 0;
    model m;
    body(&m, 1e3);
    OK(model_create(&m, err));
    OK(femd_heat_put_samples(m.p, (const double *)(const void *)s->sample, s->n, s->asked, err));
    m.p->heat->sampled->fit[0]->coefficient[coefficient] += moved;
    OK(model_run(&m, err));
    for (PetscInt i = 0; i < m.p->pt->n; ++i)
        sum += m.p->heat->sampled->local[i].weight * m.p->heat->sampled->local[i].flow;
    model_clear(&m);
    return sum;
}

/* What is told of the flow counts the temperatures that follow a change of the conductivity. */
static void flow_error_is_that_of_differences(void (*body)(model *, double)) {
    double g[FEMD_K_COEFFICIENTS] = {0};
    const double step = 1e-4;
    model m;
    body(&m, 0.03);
    OK(model_run(&m, err));
    const femd_heat_sampled *s = m.p->heat->sampled;
    for (int k = 0; k < s->fit[0]->n; ++k)
        g[k] = (dissipated(body, s, k, step) - dissipated(body, s, k, -step)) / (2 * step * dissipated(body, s, k, 0));
    const double spread = sqrt(femd_k_fit_spread(s->fit[0], g));
    print_message("flow: error %.5f %%, by differences %.5f %%\n", 100 * s->doubt[0].flow, 100 * spread);
    assert_near(s->doubt[0].flow, spread, 1e-5 * spread);
    model_clear(&m);
}

static void the_error_of_the_flow_is_that_of_differences(void **state) {
    (void)state;
    flow_error_is_that_of_differences(flowing);
    flow_error_is_that_of_differences(periodic);
}

/* No two are the same noise, and max_newton counts from where there were more of them. */
static void samples_of_one_point_are_independent(void **state) {
    int same = 0;
    (void)state;
    model m;
    bar(&m, 8, 0, 0.015);
    m.comm = PETSC_COMM_SELF;
    m.cs.max_newton = 7;
    OK(model_run(&m, err));
    assert_true(m.last.newton > 7);
    const femd_heat_sampled *s = m.p->heat->sampled;
    for (size_t i = 0; i < s->n; ++i)
        for (size_t j = 0; j < i; ++j) {
            same += s->sample[i].point == s->sample[j].point;
            assert_true(s->sample[i].k[0] * s->sample[i].T != s->sample[j].k[0] * s->sample[j].T);
            if (s->sample[i].point == s->sample[j].point)
                assert_true(fabs(s->sample[i].k[0] * s->sample[i].T - s->sample[j].k[0] * s->sample[j].T) > 1e-3);
        }
    assert_true(same > 0);
    model_clear(&m);
}

/* ---- when no more may be sampled, or none is answered ---- */

static void an_end_of_sampling_is_told(void **state) {
    (void)state;
    model m;
    bar(&m, 8, 0, 0.005);
    m.cs.heat.max_samples = 7;
    OK(model_run(&m, err));
    assert_near(told(&m, FEMD_HEAT_SAMPLES), 7, 0);
    assert_true(told(&m, FEMD_HEAT_FLOW_ERROR) > 0.015);
    assert_true(m.last.notes & FEMD_NOTE_ACCURACY_NOT_REACHED);
    model_clear(&m);

    bar(&m, 8, 0, 0.03);
    m.law.notes = FEMD_NOTE_NO_PLATEAU; /* what is said of samples is said of the field */
    OK(model_run(&m, err));
    assert_int_equal(m.last.notes, FEMD_NOTE_NO_PLATEAU);
    for (size_t i = 0; i < m.p->heat->sampled->n; ++i) assert_near(m.p->heat->sampled->sample[i].reached, 1, 0);
    model_clear(&m);

    bar(&m, 8, 0, 0.03);
    m.law.notes = FEMD_NOTE_ACCURACY_NOT_REACHED;
    OK(model_run(&m, err));
    for (size_t i = 0; i < m.p->heat->sampled->n; ++i) assert_near(m.p->heat->sampled->sample[i].reached, 0, 0);
    model_clear(&m);
}

static void samples_without_an_answer_end_the_run_with_words(void **state) {
    (void)state;
    femd_error err = FEMD_ERROR_INIT;
    model m;
    bar(&m, 4, 0, 0.03);
    m.law.refuse = FEMD_WANT_CONDUCTIVITY;
    m.law.refuse_all = 1;
    assert_int_equal(model_run(&m, &err), FEMD_NOT_CONVERGED);
    if (!strstr(err.text, "point answers failed; the first: point ")) fail_msg("%s", err.text);
    assert_non_null(strstr(err.text, test_law_words));
    model_clear(&m);
}

/* Another seed may have one; the samples that were answered stay. */
static void a_sample_without_an_answer_is_asked_anew(void **state) {
    (void)state;
    for (int refused = 1; refused <= 3; ++refused) {
        model m;
        bar(&m, 4, 0, 0.03);
        m.comm = PETSC_COMM_SELF;
        m.law.k_refused = refused;
        OK(model_run(&m, err));
        const femd_heat_sampled *s = m.p->heat->sampled;
        assert_int_equal(s->asked, s->n + (size_t)refused);
        assert_int_equal(m.p->cuts, refused == 3 ? 2 : 1); /* the first two are asked at once */
        assert_true(told(&m, FEMD_HEAT_FLOW_ERROR) <= 0.03);
        model_clear(&m);
    }
}

/* ---- cut in two, several ranks ---- */

typedef struct watch {
    int steps, stop_after;
} watch;

static int stop_now(void *user) {
    const watch *w = user;
    return w->steps >= w->stop_after;
}

static femd_status count(void *user, femd_problem *p, const femd_step_record *rec, femd_error *err) {
    (void)p, (void)rec, (void)err;
    ((watch *)user)->steps++;
    return FEMD_OK;
}

/* Warmer and warmer, so that each step wants samples that the last had no use for. */
static void warming(model *m, double theta) {
    bar(m, 4, theta, 0.03);
    model_expression(&m->boundary[0], 0, "45+60*t");
    m->cs.step_count = 6;
    m->cs.doc.root = cJSON_Parse("{\"femd\": 1}");
}

static void a_run_that_goes_on_has_the_bits_of_one_that_was_never_stopped(void **state) {
    char folder[] = "/tmp/femd-samples-XXXXXX", path[64];
    (void)state;
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/checkpoint.h5", folder);
    for (int order = 0; order <= 2; ++order) {
        model whole, first, second;
        femd_history history = FEMD_HISTORY_INIT;
        femd_error words = FEMD_ERROR_INIT;
        model *const all[] = {&whole, &first, &second};
        for (int i = 0; i < 3; ++i) {
            warming(all[i], order ? 1.0 / order : 0);
            all[i]->comm = PETSC_COMM_SELF;
            OK(model_create(all[i], err));
        }
        OK(model_run(&whole, err));
        watch w = {.stop_after = 3};
        const femd_stepping_hooks hooks = {.user = &w, .committed = count, .stop = stop_now};
        assert_int_equal(femd_stepping_run(first.p, &hooks, &words), FEMD_CANCELLED);
        femd_history_fit(&history, &first.cs);
        OK(femd_checkpoint_save(first.p, &history, path, err));
        OK(femd_checkpoint_load(second.p, &history, path, err));
        const uint64_t before = first.p->heat->sampled->n;
        assert_int_equal(second.p->heat->sampled->n, before);
        OK(model_run(&second, err));
        double *a = temperatures(&whole), *b = temperatures(&second);
        assert_memory_equal(a, b, whole.p->temperature->n * sizeof *a);
        assert_memory_equal(whole.heat, second.heat, sizeof whole.heat);
        assert_true(whole.p->heat->sampled->n > before);
        assert_int_equal(second.p->heat->sampled->asked, whole.p->heat->sampled->asked);
        assert_memory_equal(whole.p->heat->sampled->sample, second.p->heat->sampled->sample,
                            whole.p->heat->sampled->n * sizeof(femd_k_sample));
        free(a);
        free(b);
        femd_history_clear(&history);
        for (int i = 0; i < 3; ++i) {
            cJSON_Delete(all[i]->cs.doc.root);
            model_clear(all[i]);
        }
    }
    (void)unlink(path);
    assert_int_equal(rmdir(folder), 0);
}

/* Samples are taken where and with which bits, whoever has the points. */
static void several_ranks_choose_as_one(void **state) {
    (void)state;
    for (int order = 0; order <= 2; ++order) {
        model all, self;
        warming(&all, order ? 1.0 / order : 0);
        warming(&self, order ? 1.0 / order : 0);
        self.comm = PETSC_COMM_SELF;
        OK(model_run(&all, err));
        OK(model_run(&self, err));
        const femd_heat_sampled *s = all.p->heat->sampled, *t = self.p->heat->sampled;
        assert_int_equal(s->n, t->n);
        assert_memory_equal(s->sample, t->sample, s->n * sizeof *s->sample);
        for (size_t i = 0; i < self.cs.nboundary + 1 + FEMD_HEAT_NUMBERS; ++i)
            assert_near(all.heat[i], self.heat[i], 1e-8 * fmax(1, fabs(self.heat[i])));
        cJSON_Delete(all.cs.doc.root);
        cJSON_Delete(self.cs.doc.root);
        model_clear(&all);
        model_clear(&self);
    }
}

/* ---- strained ---- */

/* Held bodies that conduct the less along x the more they are strained along it. */
static void a_strained_body_conducts_as_its_samples_say(void **state) {
    (void)state;
    const double k[6] = {25, 25, 25, 0, 0, 0};
    model m;
    model_init(&m, &femd_element_q1, 1);
    m.cs.mesh.cells[0] = 4;
    m.cs.step_count = 3;
    model_both(&m, k, 1, 40, 0);
    m.law.wants &= ~(uint32_t)FEMD_WANT_THERMAL_STRESS; /* of a law that does not expand */
    m.law.k_power = -1;
    m.law.k_noise = 0.05;
    m.law.k_strain = -3;
    m.cs.heat.accuracy = 0.02;
    m.material[0].node = cubic;
    model_load(&m, "left", FEMD_LOAD_TEMPERATURE, hot, 0, 0)->has[0] = 1;
    model_load(&m, "right", FEMD_LOAD_TEMPERATURE, cold, 0, 0)->has[0] = 1;
    model_hold(&m, "left", 0, 0, 0);
    model_hold(&m, "right", 0.03, NAN, NAN);
    OK(model_run(&m, err));
    const femd_heat_sampled *s = m.p->heat->sampled;
    double worst = 0;
    for (PetscInt i = 0; i < m.p->pt->n; ++i) {
        const double T = m.p->pt->temperature[i], *found = m.p->pt->heat_k + 6 * i, E11 = s->local[i].E[0],
                     truth = 25 / T * (1 - 3 * E11);
        worst = fmax(worst, fabs(found[0] / truth - 1));
    }
    print_message("strained: %zu samples, flow to %.2f %%, k to %.2f %%, off by %.2f %% at most\n", s->n,
                  100 * s->doubt[0].flow, 100 * s->doubt[0].local, 100 * worst);
    assert_true(s->fit[0]->strained && s->fit[0]->most[0] > 0.01);
    assert_true(s->doubt[0].flow <= 0.02 && s->doubt[0].local <= 0.06);
    assert_true(worst < 3 * s->doubt[0].local);
    model_clear(&m);
}

int main(int argc, char **argv) {
    model_start(&argc, &argv);
    cubic = cJSON_Parse("{\"symmetry\": \"cubic\"}");
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_bar_follows_the_transform_of_its_fit),
        cmocka_unit_test(the_error_that_is_told_covers),
        cmocka_unit_test(errors_of_temperatures_are_those_of_differences),
        cmocka_unit_test(the_error_of_the_flow_is_that_of_differences),
        cmocka_unit_test(samples_of_one_point_are_independent),
        cmocka_unit_test(an_end_of_sampling_is_told),
        cmocka_unit_test(samples_without_an_answer_end_the_run_with_words),
        cmocka_unit_test(a_sample_without_an_answer_is_asked_anew),
        cmocka_unit_test(a_run_that_goes_on_has_the_bits_of_one_that_was_never_stopped),
        cmocka_unit_test(several_ranks_choose_as_one),
        cmocka_unit_test(a_strained_body_conducts_as_its_samples_say),
    };
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    cJSON_Delete(cubic);
    return failed;
}
