/* The equation of heat in time: orders, a transient with a closed form, the account of every step, a run that is cut in
 * two, and several ranks against one. */
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

static const double even[6] = {2, 2, 2, 0, 0, 0}, skew[6] = {1, 2, 3, 0.2, 0.1, 0.3};

static double *temperatures(const model *m) {
    double *T = malloc((m->p->temperature->n + 1) * sizeof *T);
    assert_non_null(T);
    OK(femd_field_get(m->p->temperature, T, err));
    return T;
}

/* ---- orders ---- */

enum { NODES_MAX = 64 };

/* Waves of flux and source in a block that starts in balance: temperatures of its nodes at time 1. */
static PetscInt time_solve(const femd_element *element, double theta, int steps, double T[NODES_MAX]) {
    model m;
    model_init(&m, element, 1);
    m.comm = PETSC_COMM_SELF;
    m.cs.mesh.cells[0] = 2;
    m.cs.step_count = steps;
    model_heat(&m, even, 1.5, 300, theta);
    model_expression(model_load(&m, "left", FEMD_LOAD_HEAT_FLUX, 0, 0, 0), 0, "20*sin(3*t)");
    model_expression(model_load(&m, "right", FEMD_LOAD_CONVECTION, 2, 0, 0), 1, "300+40*t");
    model_expression(model_load(&m, "top", FEMD_LOAD_RADIATION, 1, 0, 0), 1, "300+100*t^2");
    m.cs.heat.has_source = 1;
    m.cs.heat.source_function = model_function("30*(1+x)*sin(2*t)");
    OK(model_run(&m, err));
    assert_int_equal(m.steps, steps);
    assert_true(m.p->grid->nnodes <= NODES_MAX);
    OK(femd_field_get(m.p->temperature, T, err));
    const PetscInt n = m.p->grid->nnodes;
    model_clear(&m);
    return n;
}

static double time_error(const femd_element *element, double theta, int steps, const double *exact) {
    double T[NODES_MAX], most = 0;
    const PetscInt n = time_solve(element, theta, steps, T);
    for (PetscInt i = 0; i < n; ++i) most = fmax(most, fabs(T[i] - exact[i]));
    return most;
}

/* Against many steps of the second order. */
static void errors_fall_by_the_order_of_the_scheme(void **state) {
    (void)state;
    for (size_t e = 0; femd_element_at(e); ++e) {
        const femd_element *element = femd_element_at(e);
        double exact[NODES_MAX];
        (void)time_solve(element, 0.5, 200, exact);
        for (int order = 1; order <= 2; ++order) {
            const double coarse = time_error(element, 1.0 / order, 25, exact),
                         fine = time_error(element, 1.0 / order, 50, exact), found = log2(coarse / fine);
            print_message("%s theta %g: error %.3g, %.3g K, order %.2f\n", element->name, 1.0 / order, coarse, fine,
                          found);
            assert_near(found, order, 0.15);
        }
    }
}

/* NAFEMS T3: 36.60 degC at x = 0.08 m and 32 s; its series gives 36.603116. */
static void a_bar_that_is_heated_in_waves(void **state) {
    (void)state;
    const double k[6] = {35, 35, 35, 0, 0, 0};
    double found = 0;
    model m;
    model_init(&m, &femd_element_p2, 1);
    m.comm = PETSC_COMM_SELF;
    m.cs.mesh.size[0] = 0.1, m.cs.mesh.size[1] = m.cs.mesh.size[2] = 0.01;
    m.cs.mesh.cells[0] = 20;
    m.cs.end_time = 32;
    m.cs.step_count = 128;
    m.cs.rtol = 1e-10;
    model_heat(&m, k, 7200 * 440.5, 273.15, 0.5);
    model_load(&m, "left", FEMD_LOAD_TEMPERATURE, 273.15, 0, 0)->has[0] = 1;
    model_expression(model_load(&m, "right", FEMD_LOAD_TEMPERATURE, 0, 0, 0), 0, "273.15+100*sin(pi*t/40)");
    OK(model_run(&m, err));
    double *T = temperatures(&m);
    for (PetscInt i = 0; i < m.p->grid->nnodes; ++i)
        if (fabs(m.p->grid->node_x[3 * i] - 0.08) < 1e-9 && m.p->grid->node_x[3 * i + 1] < 1e-9) found = T[i] - 273.15;
    print_message("T3: %.4f degC\n", found);
    assert_near(found, 36.603116, 0.01);
    free(T);
    model_clear(&m);
}

/* c = c0 (1 + s T): the mean of both ends is the integral, so that theta 0.5 is exact for a body that warms evenly. */
static void a_capacity_of_its_temperature_is_the_mean_of_both_ends(void **state) {
    (void)state;
    const double c0 = 2, s = 0.01, T0 = 100, heat = 600;
    model m;
    model_init(&m, &femd_element_q1, 1);
    m.comm = PETSC_COMM_SELF;
    m.cs.step_count = 2;
    m.cs.rtol = 1e-13;
    m.cs.max_newton = 60;
    model_heat(&m, even, c0, T0, 0.5);
    m.law.capacity_slope = s;
    m.cs.heat.has_source = 1;
    m.cs.heat.source = heat;
    OK(model_run(&m, err));
    const double T = (sqrt(1 + 2 * s * (heat / c0 + T0 + s * T0 * T0 / 2)) - 1) / s;
    assert_near(m.heat[1 + FEMD_HEAT_COLDEST], T, 1e-9);
    assert_near(m.heat[1 + FEMD_HEAT_HOTTEST], T, 1e-9);
    assert_near(m.heat[1 + FEMD_HEAT_STORED], heat, 1e-9 * heat);
    model_clear(&m);
}

/* A temperature that is held from time 0 on is there at time 0: with theta below 1 nothing is stored for it. */
static void a_jump_at_the_start_is_not_within_the_first_step(void **state) {
    (void)state;
    for (int order = 1; order <= 2; ++order) {
        model m;
        model_init(&m, &femd_element_q1, 1); /* all nodes are held */
        m.comm = PETSC_COMM_SELF;
        model_heat(&m, even, 2, 300, 1.0 / order);
        model_load(&m, "left", FEMD_LOAD_TEMPERATURE, 400, 0, 0)->has[0] = 1;
        model_load(&m, "right", FEMD_LOAD_TEMPERATURE, 400, 0, 0)->has[0] = 1;
        OK(model_run(&m, err));
        assert_near(m.heat[3 + FEMD_HEAT_STORED], order == 1 ? 200 : 0, 1e-9);
        assert_near(m.heat[0] + m.heat[1], order == 1 ? 200 : 0, 1e-9);
        model_clear(&m);
    }
}

/* ---- the history of the points ---- */

typedef struct memory {
    const model *m;
    femd_hash before; /* state of point 0 after the last step */
    int steps;
} memory;

static femd_status remember(void *user, femd_problem *p, const femd_step_record *rec, femd_error *err) {
    static const femd_hash none;
    memory *known = user;
    (void)rec, (void)err;
    assert_memory_equal(&known->m->law.first.state_in, &known->before, sizeof known->before);
    known->before = p->pt->state[0];
    assert_false(femd_hash_equal(&known->before, &none));
    known->steps++;
    return FEMD_OK;
}

static void points_are_asked_from_where_the_last_step_left_them(void **state) {
    (void)state;
    model m;
    memory known = {.m = &m};
    const femd_stepping_hooks hooks = {.user = &known, .committed = remember};
    model_init(&m, &femd_element_q1, 1);
    m.comm = PETSC_COMM_SELF;
    m.cs.step_count = 3;
    model_heat(&m, even, 1.5, 300, 1);
    model_load(&m, "left", FEMD_LOAD_HEAT_FLUX, 20, 0, 0);
    OK(model_create(&m, err));
    OK(femd_stepping_run(m.p, &hooks, err));
    assert_int_equal(known.steps, 3);
    model_clear(&m);
}

/* ---- sweeps ---- */

/* Sweeps of all points in a run of 6 steps with all kinds of linear loads. */
static int sweeps(const femd_element *element, double theta, double slope, int told, int direct) {
    model m;
    model_init(&m, element, 2);
    m.comm = PETSC_COMM_SELF;
    m.cs.mesh.distort = 0.2;
    m.cs.step_count = 6;
    m.cs.rtol = 1e-11;
    m.cs.direct = direct;
    model_heat(&m, skew, 2, 300, theta);
    m.law.k_slope = m.law.capacity_slope = slope;
    if (!told) m.law.inputs = 0;
    model_expression(model_load(&m, "left", FEMD_LOAD_TEMPERATURE, 0, 0, 0), 0, "300+50*y*t");
    model_load(&m, "right", FEMD_LOAD_CONVECTION, 4, 350, 0);
    model_expression(model_load(&m, "back", FEMD_LOAD_HEAT_FLUX, 0, 0, 0), 0, "20*sin(4*t)");
    m.cs.heat.has_source = 1;
    m.cs.heat.source_function = model_function("30*x*(1+t)");
    OK(model_run(&m, err));
    const int asked = (int)(m.law.points / (uint64_t)m.p->pt->n);
    assert_int_equal(m.law.points, (uint64_t)asked * (uint64_t)m.p->pt->n);
    model_clear(&m);
    return asked;
}

/* The first step has nothing to start from; each of the others asks where it ends, and nowhere else. */
static void a_linear_step_asks_once(void **state) {
    (void)state;
    for (size_t e = 0; femd_element_at(e); ++e)
        for (int order = 1; order <= 2; ++order)
            for (int direct = 0; direct < 2; ++direct)
                assert_int_equal(sweeps(femd_element_at(e), 1.0 / order, 0, 1, direct), 7);
    const int blind = sweeps(&femd_element_q1, 1, 0.01, 0, 0), curved = sweeps(&femd_element_q1, 1, 0.01, 1, 0);
    print_message("answers that change with the temperature: %d sweeps in 6 steps, %d without their slopes\n", curved,
                  blind);
    assert_true(curved <= 20 && blind > curved + 10);
}

/* ---- the account ---- */

/* Every kind of entry, a source, a mesh that is not regular, capacities by element. */
static void prepare(model *m, const femd_element *element, double theta) {
    model_init(m, element, 2);
    m->cs.mesh.distort = 0.2;
    m->cs.step_count = 6;
    m->cs.rtol = 1e-11;
    m->cs.ksp_rtol = 1e-12;
    m->cs.direct = 0;
    model_heat(m, skew, 2, 300, theta);
    model_expression(model_load(m, "left", FEMD_LOAD_TEMPERATURE, 0, 0, 0), 0, "300+50*y*t");
    model_load(m, "right", FEMD_LOAD_CONVECTION, 4, 350, 0);
    model_load(m, "top", FEMD_LOAD_RADIATION, 0.9, 500, 0);
    model_expression(model_load(m, "back", FEMD_LOAD_HEAT_FLUX, 0, 0, 0), 0, "20*sin(4*t)");
    m->cs.heat.has_source = 1;
    m->cs.heat.source_function = model_function("30*x*(1+t)");
}

typedef struct watch {
    model *m;
    double *before; /* temperatures of the points */
    int steps, stop_after;
    double worst;
    double digits; /* by which the points' own rule knows what is stored */
} watch;

/* What is stored against the rise of the points, and all that flows against it. */
static femd_status look(void *user, femd_problem *p, const femd_step_record *rec, femd_error *err) {
    watch *w = user;
    const size_t n = p->cs->nboundary;
    double stored = 0, in = 0, size = 0;
    (void)err;
    for (PetscInt k = 0; k < p->pt->n; ++k) {
        stored += p->pt->weight[k] * w->m->law.capacity * (p->pt->temperature[k] - w->before[k]) / rec->dt;
        w->before[k] = p->pt->temperature[k];
    }
    for (size_t b = 0; b <= n; ++b) in += rec->heat[b], size = fmax(size, fabs(rec->heat[b]));
    if (w->steps++ > 0) { /* the first step may begin with a jump of what is prescribed */
        assert_near(rec->heat[n + 1 + FEMD_HEAT_STORED], stored, w->digits * size);
        w->worst = fmax(w->worst, fabs(stored - in) / size);
    }
    assert_near(rec->heat[n + 1 + FEMD_HEAT_BALANCE], rec->heat[n + 1 + FEMD_HEAT_STORED] - in, 1e-12 * size);
    assert_near(rec->heat[n + 1 + FEMD_HEAT_BALANCE], 0, 1e-10 * size);
    return FEMD_OK;
}

static void what_flows_in_is_stored(void **state) {
    (void)state;
    for (size_t e = 0; femd_element_at(e); ++e)
        for (int order = 1; order <= 2; ++order) {
            model m;
            prepare(&m, femd_element_at(e), 1.0 / order);
            m.comm = PETSC_COMM_SELF;
            OK(model_create(&m, err));
            watch w = {.m = &m,
                       .digits = femd_element_at(e)->mass ? 0.02 : 1e-10,
                       .before = calloc((size_t)m.p->pt->n + 1, sizeof(double))};
            assert_non_null(w.before);
            const femd_stepping_hooks hooks = {.user = &w, .committed = look};
            OK(femd_stepping_run(m.p, &hooks, err));
            assert_int_equal(w.steps, 6);
            assert_true(w.worst < w.digits);
            free(w.before);
            model_clear(&m);
        }
}

/* ---- cut in two ---- */

static int stop_now(void *user) {
    watch *w = user;
    return w->steps >= w->stop_after;
}

static femd_status count(void *user, femd_problem *p, const femd_step_record *rec, femd_error *err) {
    (void)p, (void)rec, (void)err;
    ((watch *)user)->steps++;
    return FEMD_OK;
}

static void a_run_that_goes_on_has_the_bits_of_one_that_was_never_stopped(void **state) {
    (void)state;
    char folder[] = "/tmp/femd-heat-XXXXXX", path[64];
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/checkpoint.h5", folder);
    for (int order = 1; order <= 2; ++order) {
        model whole, first, second;
        femd_history history = FEMD_HISTORY_INIT;
        femd_error words = FEMD_ERROR_INIT;
        model *const all[] = {&whole, &first, &second};
        for (int i = 0; i < 3; ++i) {
            prepare(all[i], &femd_element_q1, 1.0 / order);
            all[i]->comm = PETSC_COMM_SELF;
            all[i]->cs.doc.root = cJSON_Parse("{\"femd\": 1}");
            OK(model_create(all[i], err));
        }
        OK(model_run(&whole, err));
        watch w = {.m = &first, .stop_after = 3};
        const femd_stepping_hooks hooks = {.user = &w, .committed = count, .stop = stop_now};
        assert_int_equal(femd_stepping_run(first.p, &hooks, &words), FEMD_CANCELLED);
        femd_history_fit(&history, &first.cs);
        for (int step = 1; step <= 3; ++step) {
            double heat[MODEL_ENTRIES + 1 + FEMD_HEAT_NUMBERS] = {step, 7, 8};
            const femd_history_row row = {.rec = {.step = step, .heat = heat, .stability_min = NAN}};
            OK(femd_history_add(&history, &row, err));
        }
        OK(femd_checkpoint_save(first.p, &history, path, err));
        femd_history_clear(&history);
        OK(femd_checkpoint_load(second.p, &history, path, err));
        assert_int_equal(second.p->step, 3);
        assert_int_equal(history.n, 3);
        assert_near(history.row[1].rec.heat[0], 2, 0);
        assert_near(history.row[2].rec.heat[2], 8, 0);
        OK(model_run(&second, err));
        double *a = temperatures(&whole), *b = temperatures(&second);
        assert_memory_equal(a, b, whole.p->temperature->n * sizeof *a);
        assert_memory_equal(whole.heat, second.heat, sizeof whole.heat);
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

/* ---- ranks ---- */

static void ranks_agree(const femd_element *element, double theta) {
    model all, self;
    prepare(&all, element, theta);
    prepare(&self, element, theta);
    self.comm = PETSC_COMM_SELF;
    OK(model_run(&all, err));
    OK(model_run(&self, err));
    double *T = temperatures(&all), *U = temperatures(&self);
    for (PetscInt i = 0; i < all.p->grid->nnodes; ++i) {
        PetscInt j = 0;
        while (j < self.p->grid->nnodes && self.p->grid->node_file[j] != all.p->grid->node_file[i]) ++j;
        assert_true(j < self.p->grid->nnodes);
        assert_near(T[i], U[j], 1e-9);
    }
    for (size_t i = 0; i < self.cs.nboundary + 1 + FEMD_HEAT_NUMBERS; ++i)
        assert_near(all.heat[i], self.heat[i], 1e-9 * fmax(1, fabs(self.heat[i])));
    free(T);
    free(U);
    model_clear(&all);
    model_clear(&self);
}

static void several_ranks_agree_with_one(void **state) {
    (void)state;
    for (size_t e = 0; femd_element_at(e); ++e) {
        ranks_agree(femd_element_at(e), 1);
        ranks_agree(femd_element_at(e), 0.5);
    }
}

int main(int argc, char **argv) {
    model_start(&argc, &argv);
    int size;
    MPI_Comm_size(PETSC_COMM_WORLD, &size);
    const struct CMUnitTest alone[] = {
        cmocka_unit_test(errors_fall_by_the_order_of_the_scheme),
        cmocka_unit_test(points_are_asked_from_where_the_last_step_left_them),
        cmocka_unit_test(a_bar_that_is_heated_in_waves),
        cmocka_unit_test(a_capacity_of_its_temperature_is_the_mean_of_both_ends),
        cmocka_unit_test(a_jump_at_the_start_is_not_within_the_first_step),
        cmocka_unit_test(a_linear_step_asks_once),
        cmocka_unit_test(what_flows_in_is_stored),
        cmocka_unit_test(a_run_that_goes_on_has_the_bits_of_one_that_was_never_stopped),
    };
    const struct CMUnitTest together[] = {cmocka_unit_test(several_ranks_agree_with_one)};
    return size > 1 ? cmocka_run_group_tests(together, NULL, NULL) : cmocka_run_group_tests(alone, NULL, NULL);
}
