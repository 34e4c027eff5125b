/* Thermal stresses that are sampled with the stress couple heat and mechanics both ways: errors that are told hold what
 * noise of stress, tangent and dS/dT does to the temperatures, the bias of the coupling's strength is taken off; other
 * orders and ranks, and a run that is cut in two. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>
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

static cJSON *cubic;

static double of_pass(const model *m, int number) {
    return m->heat[m->cs.nboundary + 1 + FEMD_HEAT_NUMBERS + (size_t)number];
}

/* A bar that is pulled and heated unevenly, insulated; delta is 1. noise: of the stress, over mu, with 10 times that in
 * dS/dT (of itself) and in D. */
static void pulled(model *m, const femd_element *element, double noise, double conducts, int steps) {
    const double k[6] = {conducts, conducts, conducts, 0, 0, 0};
    model_init(m, element, 1);
    m->cs.mesh.cells[0] = 4;
    m->cs.step_count = steps;
    m->cs.rtol = 1e-9;
    m->law.alpha = 0.1;
    model_both(m, k, 1, 1, 1);
    m->law.rest = 1;
    m->law.S_noise = noise;
    m->law.b_noise = 10 * noise;
    m->law.D_noise = noise;
    m->cs.heat.coupling = FEMD_COUPLING_ANY;
    m->material[0].node = cubic;
    m->material[0].conductivity = conducts;
    m->material[0].heat_capacity = 1;
    model_hold(m, "left", 0, NAN, NAN);
    model_hold(m, "front", NAN, 0, NAN);
    model_hold(m, "bottom", NAN, NAN, 0);
    model_expression(model_load(m, "right", FEMD_LOAD_TRACTION, 0, 0, 0), 0, "0.4*t");
    m->cs.heat.has_source = 1;
    m->cs.heat.source_function = model_function("0.4*x");
}

/* The same held on all sides. */
static void held(model *m, const femd_element *element, double noise, double conducts, int steps) {
    pulled(m, element, noise, conducts, steps);
    femd_function_destroy(&m->boundary[3].function[0]);
    m->cs.nboundary = 3;
    model_hold(m, "right", 0, NAN, NAN);
    model_hold(m, "back", NAN, 0, NAN);
    model_hold(m, "top", NAN, NAN, 0);
}

/* Temperatures at the nodes. */
static double *run(model *m) {
    OK(model_run(m, err));
    double *T = malloc((m->p->temperature->n + 1) * sizeof *T);
    assert_non_null(T);
    OK(femd_field_get(m->p->temperature, T, err));
    return T;
}

#define LITTLE 1e-9 /* noise that is none, and yet sampled */

typedef void make(model *m, const femd_element *element, double noise, double conducts, int steps);

static void cover(make *with, const femd_element *element, double noise, double conducts, int runs, const char *name) {
    model exact;
    double z2 = 0, told = 0, off = 0, biased = 0;
    int within = 0, of = 0;
    with(&exact, element, LITTLE, conducts, 4);
    exact.comm = PETSC_COMM_SELF;
    double *want = run(&exact);
    for (int i = 0; i < runs; ++i) {
        model m;
        with(&m, element, noise, conducts, 4);
        m.comm = PETSC_COMM_SELF;
        m.cs.seed = 100 + (uint64_t)i;
        double *T = run(&m), most = 0;
        const double *error = femd_heat_errors(m.p);
        const size_t n = m.p->temperature->n;
        for (size_t k = 0; k < n; ++k) {
            const double z = (T[k] - want[k]) / error[k];
            z2 += z * z, within += fabs(z) < 1.96, ++of;
            biased += z;
            off = fmax(off, fabs(T[k] - want[k]));
            most = fmax(most, error[k]);
        }
        assert_near(of_pass(&m, FEMD_PASS_COUPLING_ERROR), most, 1e-12);
        told += most / runs;
        free(T);
        model_clear(&m);
    }
    print_message("%s: %.1f %% within 1.96 sigma, %.2f sigma rms, %.2f in the mean; %.4f K told, %.4f K the worst\n",
                  name, 100.0 * within / of, sqrt(z2 / of), biased / of, told, off);
    assert_true(within >= 0.9 * of);
    assert_true(sqrt(z2 / of) > 0.1); /* of the size of what there is */
    assert_true(fabs(biased / of) < 0.5);
    free(want);
    model_clear(&exact);
}

static void errors_that_are_told_cover(void **state) {
    (void)state;
    cover(pulled, &femd_element_q1, 0.01, 1e-6, 100, "pulled, insulated");
    cover(pulled, &femd_element_q1, 0.01, 1, 100, "pulled, conducting");
    cover(pulled, &femd_element_p2, 0.01, 0.1, 30, "pulled, P2");
    cover(held, &femd_element_q1, 0.01, 0.1, 100, "held");
}

/* Of a block that is held evenly, from few answers known to 30 %: b D^-1 b of the fit is too large by tr(cov D^-1) in
 * the mean, what is told is not, and its error is the one told. */
static void the_strength_that_is_told_has_no_bias(void **state) {
    enum { RUNS = 150 };
    (void)state;
    const double alpha = 0.1, stiffness = 3 * 2 + 2 * 1, exact = 3 * alpha * alpha * stiffness;
    double sum = 0, raw = 0, square = 0, z2 = 0;
    for (int i = 0; i < RUNS; ++i) {
        model m;
        held(&m, &femd_element_p1, 1e-6, 1, 1);
        m.comm = PETSC_COMM_SELF;
        m.cs.seed = 100 + (uint64_t)i;
        m.cs.mesh.cells[0] = 1;
        m.cs.heat.source_function = (femd_function_destroy(&m.cs.heat.source_function), model_function("0"));
        m.law.b_noise = 0.3;
        m.material[0].node = NULL; /* each component for itself */
        free(run(&m));
        const double delta = of_pass(&m, FEMD_PASS_DELTA), error = of_pass(&m, FEMD_PASS_DELTA_ERROR);
        const femd_points *pt = m.p->pt;
        double kappa = 0, x[6];
        assert_true(femd_heat_solve_stiffness(pt->D, pt->dSdT, x));
        for (int c = 0; c < 6; ++c) kappa += x[c] * pt->dSdT[c];
        raw += kappa / RUNS;
        sum += delta / RUNS;
        square += delta * delta / RUNS;
        z2 += pow((delta - exact) / error, 2) / RUNS;
        model_clear(&m);
    }
    const double error = sqrt((square - sum * sum) / RUNS);
    print_message("delta %.4f +- %.4f, with the bias %.4f, exactly %.4f; %.2f sigma\n", sum, error, raw, exact,
                  sqrt(z2));
    assert_near(sum, exact, 3 * error);
    assert_true(raw > exact + 4 * error);
    assert_true(sqrt(z2) > 0.7 && sqrt(z2) < 1.4);
}

/* Whoever answers first, and on however many ranks: the sums of the normal equations alone differ in round-off. */
static void order_and_ranks_change_nothing(void **state) {
    (void)state;
    model m[3];
    double *T[3];
    for (int i = 0; i < 3; ++i) {
        pulled(&m[i], &femd_element_q1, 0.01, 1, 3);
        if (i < 2) m[i].comm = PETSC_COMM_SELF;
        m[i].law.backwards = i == 1;
        m[i].cs.noise_stop = 0; /* the residual would end where round-off says */
        T[i] = run(&m[i]);
    }
    assert_memory_equal(T[0], T[1], m[0].p->temperature->n * sizeof(double));
    assert_memory_equal(m[0].heat, m[1].heat, femd_heat_numbers(&m[0].cs) * sizeof(double));
    assert_true(of_pass(&m[0], FEMD_PASS_DELTA_ERROR) > 0 && of_pass(&m[0], FEMD_PASS_COUPLING_ERROR) > 0);
    static const int told[] = {FEMD_PASS_STRESS, FEMD_PASS_LAG, FEMD_PASS_DELTA, FEMD_PASS_DELTA_ERROR,
                               FEMD_PASS_COUPLING_ERROR};
    for (size_t i = 0; i < sizeof told / sizeof *told; ++i)
        assert_near(of_pass(&m[2], told[i]), of_pass(&m[0], told[i]), 1e-7);
    assert_near(m[2].heat[m[2].cs.nboundary + 1 + FEMD_HEAT_MEAN], m[0].heat[m[0].cs.nboundary + 1 + FEMD_HEAT_MEAN],
                1e-8);
    for (int i = 0; i < 3; ++i) {
        free(T[i]);
        model_clear(&m[i]);
    }
}

/* What counts is the fit: the points have its value, not their own answers; passes that are repeated end too. */
static void points_have_what_the_fit_says(void **state) {
    (void)state;
    for (int iterate = 0; iterate < 2; ++iterate) {
        model m;
        pulled(&m, &femd_element_q1, 0.01, 1, 3);
        m.comm = PETSC_COMM_SELF;
        m.cs.heat.iterate = iterate ? 1e-4 : 0;
        m.cs.noise_stop = !iterate;
        free(run(&m));
        const femd_heat_sampled *s = m.p->heat->sampled;
        const femd_points *pt = m.p->pt;
        const femd_k_fit *fit = s->fit[femd_heat_slot(s, FEMD_SAMPLED_THERMAL, 0)];
        assert_non_null(fit);
        assert_true(s->thermal[0]->samples == 1 + 3.0 * (double)pt->n); /* at rest, and each point in each step */
        for (PetscInt k = 0; k < pt->n; ++k) {
            double want[6];
            femd_thermal_at(fit, pt->E + 6 * k, pt->temperature[k], fit->coefficient, want);
            for (int c = 0; c < 6; ++c) assert_near(pt->dSdT[6 * k + c], want[c], 1e-13);
            assert_near(want[0], -0.8, 0.12);
            assert_near(want[3], 0, 0.06);
        }
        assert_true(fit->chi2 > 0.6 && fit->chi2 < 1.6);
        assert_int_equal(femd_heat_passes(m.p->heat) > 1, iterate);
        model_clear(&m);
    }
}

/* Held where nothing changes each answer goes on from the one before: it is counted once. */
static void a_sample_that_goes_on_is_counted_once(void **state) {
    (void)state;
    model m;
    held(&m, &femd_element_q1, 0.01, 1, 4);
    m.comm = PETSC_COMM_SELF;
    m.cs.heat.source_function = (femd_function_destroy(&m.cs.heat.source_function), model_function("0"));
    m.law.S_noise = LITTLE;
    model_hold(&m, "left", 0, 0, 0);
    model_hold(&m, "right", 0, 0, 0);
    m.cs.mesh.cells[0] = 1; /* no node is free */
    free(run(&m));
    assert_true(m.p->heat->sampled->thermal[0]->samples == 1 + (double)m.p->pt->n);
    model_clear(&m);
}

/* One way nothing of what is coupled acts, and how strong it would be is told all the same: as two ways have it at
 * their start. */
static void one_way_is_told_how_strong_the_coupling_is(void **state) {
    (void)state;
    double delta[2], error[2];
    for (int two = 0; two < 2; ++two) {
        model m;
        pulled(&m, &femd_element_q1, 0.01, 1, 2);
        m.comm = PETSC_COMM_SELF;
        m.cs.heat.coupling = two ? FEMD_COUPLING_TWO_WAY : FEMD_COUPLING_ONE_WAY;
        free(run(&m));
        delta[two] = of_pass(&m, FEMD_PASS_DELTA);
        error[two] = of_pass(&m, FEMD_PASS_DELTA_ERROR);
        if (!two) {
            assert_near(of_pass(&m, FEMD_PASS_COUPLING_ERROR), 0, 0);
            assert_near(of_pass(&m, FEMD_PASS_STRESS), 0, 0);
            assert_near(of_pass(&m, FEMD_PASS_LAG), 0, 0);
        }
        model_clear(&m);
    }
    print_message("delta %.4f +- %.4f one way, %.4f +- %.4f two ways\n", delta[0], error[0], delta[1], error[1]);
    assert_true(delta[0] > 0 && error[0] > 0);
    assert_true(fabs(delta[0] - delta[1]) < 4 * hypot(error[0], error[1]));
}

/* Where it is not known a reason stands for it. */
static void what_hides_the_coupling_is_named(void **state) {
    (void)state;
    for (int which = 0; which < 4; ++which) {
        model m;
        char why[FEMD_DELTA_WORDS];
        pulled(&m, &femd_element_q1, 0.01, 1, 2);
        m.comm = PETSC_COMM_SELF;
        m.cs.heat.coupling = FEMD_COUPLING_ANY;
        if (which == 1) m.law.wants &= ~(uint32_t)FEMD_WANT_THERMAL_STRESS;
        if (which == 3) m.law.inputs &= ~(uint32_t)FEMD_INPUT_TEMPERATURE;
        OK(model_create(&m, err));
        if (which == 2) m.cs.heat.transient = 0; /* which its boundary alone would not hold */
        femd_heat_delta_unknown(m.p, why);
        static const char *const words[] = {"", "materials.material0: its stress may change with the temperature",
                                            "heat.transient: in a steady state", ""};
        if (words[which][0] ? !strstr(why, words[which]) : why[0]) fail_msg("%d: \"%s\"", which, why);
        model_clear(&m);
    }
}

typedef struct heard {
    int steps, notes;
    char words[400];
} heard;

static int stop_after_two(void *user) {
    return ((const heard *)user)->steps >= 2;
}

static femd_status count_step(void *user, femd_problem *p, const femd_step_record *rec, femd_error *err) {
    (void)p, (void)rec, (void)err;
    ((heard *)user)->steps++;
    return FEMD_OK;
}

static void hear(void *user, int step, const char *what) {
    heard *of = user;
    (void)step;
    if (!strstr(what, "coupling_error")) return;
    of->notes++;
    snprintf(of->words, sizeof of->words, "%s", what);
}

/* Noise that outweighs what is wanted is said, once. */
static void noise_beyond_what_is_wanted_is_told(void **state) {
    (void)state;
    for (int loud = 0; loud < 2; ++loud) {
        model m;
        heard of = {0};
        pulled(&m, &femd_element_q1, loud ? 0.05 : 1e-4, 1, 3);
        m.comm = PETSC_COMM_SELF;
        const femd_stepping_hooks hooks = {.user = &of, .committed = count_step, .note = hear};
        OK(model_create(&m, err));
        OK(femd_stepping_run(m.p, &hooks, err));
        assert_int_equal(of.notes, loud);
        if (loud) assert_non_null(strstr(of.words, "heat.accuracy 0.02"));
        model_clear(&m);
    }
}

static void a_run_that_goes_on_has_the_bits_of_one_that_was_never_stopped(void **state) {
    (void)state;
    char folder[] = "/tmp/femd-thermal-XXXXXX", path[64];
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/checkpoint.h5", folder);
    model whole, first, second, *const all[] = {&whole, &first, &second};
    femd_history history = FEMD_HISTORY_INIT;
    femd_error words = FEMD_ERROR_INIT;
    heard done = {0};
    for (int i = 0; i < 3; ++i) {
        pulled(all[i], &femd_element_q1, 0.01, 1, 4);
        all[i]->comm = PETSC_COMM_SELF;
        all[i]->cs.doc.root = cJSON_Parse("{\"femd\": 1}");
        OK(model_create(all[i], err));
    }
    free(run(&whole));
    const femd_stepping_hooks hooks = {.user = &done, .committed = count_step, .stop = stop_after_two};
    assert_int_equal(femd_stepping_run(first.p, &hooks, &words), FEMD_CANCELLED);
    femd_history_fit(&history, &first.cs);
    OK(femd_checkpoint_save(first.p, &history, path, err));
    OK(femd_checkpoint_load(second.p, &history, path, err));
    assert_int_equal(second.p->step, 2);
    free(run(&second));
    assert_memory_equal(whole.heat, second.heat, femd_heat_numbers(&whole.cs) * sizeof(double));
    assert_memory_equal(whole.p->pt->dSdT, second.p->pt->dSdT, 6 * (size_t)whole.p->pt->n * sizeof(double));
    assert_memory_equal(whole.p->pt->S, second.p->pt->S, 6 * (size_t)whole.p->pt->n * sizeof(double));
    femd_history_clear(&history);
    for (int i = 0; i < 3; ++i) {
        cJSON_Delete(all[i]->cs.doc.root);
        model_clear(all[i]);
    }
    (void)unlink(path);
    assert_int_equal(rmdir(folder), 0);
}

int main(int argc, char **argv) {
    model_start(&argc, &argv);
    cubic = cJSON_Parse("{\"symmetry\": \"cubic\"}");
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(errors_that_are_told_cover),
        cmocka_unit_test(the_strength_that_is_told_has_no_bias),
        cmocka_unit_test(order_and_ranks_change_nothing),
        cmocka_unit_test(points_have_what_the_fit_says),
        cmocka_unit_test(a_sample_that_goes_on_is_counted_once),
        cmocka_unit_test(one_way_is_told_how_strong_the_coupling_is),
        cmocka_unit_test(what_hides_the_coupling_is_named),
        cmocka_unit_test(noise_beyond_what_is_wanted_is_told),
        cmocka_unit_test(a_run_that_goes_on_has_the_bits_of_one_that_was_never_stopped),
    };
    const struct CMUnitTest of_ranks[] = {cmocka_unit_test(order_and_ranks_change_nothing)};
    int size;
    MPI_Comm_size(MPI_COMM_WORLD, &size);
    const int failed =
        size > 1 ? cmocka_run_group_tests(of_ranks, NULL, NULL) : cmocka_run_group_tests(tests, NULL, NULL);
    cJSON_Delete(cubic);
    return failed;
}
