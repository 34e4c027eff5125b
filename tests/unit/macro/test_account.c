/* What acts on a body at the end of a step, forces and moments, and the work it has done. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <math.h>
#include <stdlib.h>

#include "model.h"
#include "near.h"
#include "run_checks.h"

/* Forces, and moments about the origin, of all rows of the account. */
static void account_sum(const model *m, double sum[6]) {
    memset(sum, 0, 6 * sizeof *sum);
    for (size_t i = 0; i < 6 * (m->cs.nboundary + 1); ++i) sum[i % 6] += m->account[i];
}

static double work_sum(const model *m) {
    double sum = 0;
    for (int w = 0; w < FEMD_WORKS; ++w) sum += m->last.work[w];
    return sum;
}

static void turn_about_z(femd_case_boundary *b, double angle) {
    const double axes[9] = {cos(angle), sin(angle), 0, -sin(angle), cos(angle), 0, 0, 0, 1};
    b->kind = FEMD_LOAD_TURNED;
    memcpy(b->axes, axes, sizeof axes);
}

/* A body held and loaded in every way, far displaced: all that acts is in balance, moments too. */
static void what_acts_is_in_balance_with_its_moments(void **state) {
    (void)state;
    for (size_t e = 0; femd_element_at(e); ++e) {
        model m;
        double sum[6];
        model_init(&m, femd_element_at(e), 2);
        m.cs.mesh.distort = 0.2;
        m.cs.step_count = 2;
        m.law.neo_hookean = 1;
        model_hold(&m, "left", 0, 0, 0);
        model_hold(&m, "bottom", NAN, 0, NAN); /* shares nodes with left */
        turn_about_z(model_hold(&m, "right", 0.2, NAN, NAN), 0.4);
        model_load(&m, "top", FEMD_LOAD_TRACTION, 0.05, 0.02, -0.1);
        model_load(&m, "back", FEMD_LOAD_FOLLOWER, 0.1, 0, 0);
        model_load(&m, "front", FEMD_LOAD_FORCE, 0.01, 0.02, -0.03);
        m.cs.has_body_force = 1;
        m.cs.body_force[2] = -0.04;
        RUN_OK(&m);
        account_sum(&m, sum);
        for (int c = 0; c < 6; ++c) assert_near(sum[c], 0, 1e-11);
        for (int a = 0; a < 3; ++a) assert_near(m.account[a], m.reaction[a], 0);
        assert_near(m.account[6 * 3], 0.05, 1e-13);      /* the traction */
        assert_near(m.account[6 * 5 + 2], -0.03, 1e-13); /* the force */
        assert_near(m.account[6 * 6 + 2], -0.04, 1e-13); /* the body force */
        assert_true(fabs(m.account[6 * 4 + 5]) > 1e-3);  /* the follower pressure has a moment */
        model_clear(&m);
    }
}

/* A clamp carries the moment of the load, at the arm that the bent beam leaves it. */
static void a_clamp_carries_the_moment_of_the_load(void **state) {
    (void)state;
    const double size[3] = {8, 1, 1};
    const int cells[3] = {8, 1, 1};
    double u[3];
    model m;
    model_bend(&m, &femd_element_p2, size, cells, 0, 2);
    m.cs.rtol = 1e-10;
    RUN_OK(&m);
    const double load = m.boundary[1].value[2];
    model_tip(&m, u);
    assert_true(u[0] < -0.5);
    assert_near(m.account[2], -load, 1e-8 * load);
    /* the load acts where the mean of the end's area is, not that of its nodes: one of the body's own moments */
    assert_near(m.account[4], -m.account[10], 1e-7 * load);
    assert_near(m.account[4], load * (8 + u[0]), 2e-3 * load);
    model_clear(&m);
}

/* About the point of a rigid entry: nothing where it turns freely, the couple where it is kept from turning. */
static void a_rigid_entry_has_the_moment_about_its_point(void **state) {
    (void)state;
    const double size[3] = {8, 1, 1};
    const int cells[3] = {8, 1, 1};
    double couple[2];
    for (int kept = 0; kept < 2; ++kept) {
        model m;
        model_bend(&m, &femd_element_p2, size, cells, 0, 1);
        m.cs.rtol = 1e-10;
        const double load = m.boundary[1].value[2];
        m.boundary[1].kind = FEMD_LOAD_RIGID; /* moved up by its point instead of loaded */
        memset(m.boundary[1].has, 0, sizeof m.boundary[1].has);
        m.boundary[1].value[2] = 1.5;
        m.boundary[1].has[2] = 1;
        m.boundary[1].about[0] = 8;
        m.boundary[1].about[1] = m.boundary[1].about[2] = 0.5;
        for (int a = 0; a < 3; ++a) m.boundary[1].has_rotation[a] = kept;
        RUN_OK(&m);
        couple[kept] = m.account[10] / (load * 8);
        assert_true(m.account[8] > 0.1 * load);
        model_clear(&m);
    }
    assert_near(couple[0], 0, 1e-7);
    assert_true(fabs(couple[1]) > 0.5);
}

/* Work of all that acts = energy that is stored; in small steps the error of the trapezoids goes with their square. */
static void work_is_what_is_stored(void **state) {
    (void)state;
    double lack[2];
    for (int fine = 0; fine < 2; ++fine) {
        model m;
        model_init(&m, &femd_element_p2, 1);
        m.law.neo_hookean = 1;
        m.cs.step_count = fine ? 8 : 4;
        model_hold(&m, "left", 0, 0, 0);
        turn_about_z(model_hold(&m, "right", 0.2, NAN, NAN), 0.4);
        model_load(&m, "top", FEMD_LOAD_TRACTION, 0.05, 0.02, -0.1);
        model_load(&m, "bottom", FEMD_LOAD_FOLLOWER, 0.1, 0, 0);
        m.cs.has_body_force = 1;
        m.cs.body_force[2] = -0.2;
        RUN_OK(&m);
        for (int w = 0; w < FEMD_WORKS; ++w) assert_true(fabs(m.last.work[w]) > 1e-4);
        assert_near(m.last.work[FEMD_WORK_STRESS], work_sum(&m), 1e-10 * fabs(work_sum(&m)));
        lack[fine] = work_sum(&m) - m.last.energy;
        assert_true(fabs(lack[fine]) < 1e-2 * m.last.energy);
        model_clear(&m);
    }
    assert_true(fabs(lack[1]) < 0.3 * fabs(lack[0]) && fabs(lack[1]) > 0.2 * fabs(lack[0]));
}

/* Small strains: one step is enough, for what is prescribed as for what is put on. */
static void work_of_a_small_step_is_the_energy(void **state) {
    (void)state;
    for (int by_load = 0; by_load < 2; ++by_load) {
        model m;
        model_init(&m, &femd_element_q1, 2);
        model_hold(&m, "left", 0, 0, 0);
        if (by_load)
            model_load(&m, "right", FEMD_LOAD_FORCE, 1e-7, 2e-7, 0);
        else
            model_hold(&m, "right", 1e-7, 2e-7, NAN);
        RUN_OK(&m);
        const int by = by_load ? FEMD_WORK_SURFACE : FEMD_WORK_REACTIONS;
        assert_near(m.last.work[by], m.last.energy, 1e-6 * m.last.energy);
        assert_near(m.last.work[by], work_sum(&m), 0);
        model_clear(&m);
    }
}

/* Nodes that one entry ties and another moves do the work of each once, whichever entry comes first. */
static void a_node_that_is_tied_and_held_does_its_work_once(void **state) {
    (void)state;
    for (int tied_first = 0; tied_first < 2; ++tied_first) {
        model m;
        model_init(&m, &femd_element_q1, 2);
        for (int i = 0; i < 2; ++i) {
            if (i == tied_first)
                model_hold(&m, "top", NAN, NAN, 2e-7); /* shares nodes with right */
            else
                turn_about_z(model_hold(&m, "right", 1e-7, NAN, NAN), 0.4);
        }
        model_hold(&m, "left", 0, 0, NAN);
        model_hold(&m, "bottom", NAN, NAN, 0);
        RUN_OK(&m);
        assert_true(m.last.energy > 1e-15);
        assert_near(m.last.work[FEMD_WORK_REACTIONS], m.last.energy, 1e-6 * m.last.energy);
        model_clear(&m);
    }
}

/* Where a material that knows a temperature answers no energy that stands for it, the work of the stresses does: exact
 * where they are linear in the strain. */
static void energy_that_nobody_answers_is_the_work_of_the_stresses(void **state) {
    (void)state;
    double energy[2];
    for (int by_work = 0; by_work < 2; ++by_work) {
        model m;
        femd_error err = FEMD_ERROR_INIT;
        model_init(&m, &femd_element_q1, 1);
        m.law.inputs = by_work ? FEMD_INPUT_TEMPERATURE : 0;
        m.cs.step_count = 3;
        model_affine(&m, (const double[]){0.1, 0.05, 0, 0, -0.02, 0, 0, 0.1, 0.03});
        if (model_run(&m, &err) != FEMD_OK) fail_msg("%s", err.text);
        energy[by_work] = m.last.energy;
        model_clear(&m);
    }
    assert_true(energy[0] > 1e-3);
    assert_near(energy[1], energy[0], 1e-12);
}

/* What is taken off gives back the work it has done. */
static void a_load_that_goes_takes_its_work_along(void **state) {
    (void)state;
    double time[3] = {0, 0.5, 1}, factor[3] = {0, 1, 0};
    model m;
    model_init(&m, &femd_element_q1, 2);
    m.cs.step_count = 8;
    model_hold(&m, "left", 0, 0, 0);
    femd_case_boundary *pull = model_load(&m, "right", FEMD_LOAD_TRACTION, 0.1, 0.05, 0);
    pull->ntable = 3, pull->time = time, pull->factor = factor;
    RUN_OK(&m);
    assert_near(m.last.energy, 0, 1e-12);
    assert_near(work_sum(&m), 0, 1e-12);
    model_clear(&m);
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_acts_is_in_balance_with_its_moments),
        cmocka_unit_test(a_clamp_carries_the_moment_of_the_load),
        cmocka_unit_test(a_rigid_entry_has_the_moment_about_its_point),
        cmocka_unit_test(work_is_what_is_stored),
        cmocka_unit_test(work_of_a_small_step_is_the_energy),
        cmocka_unit_test(a_node_that_is_tied_and_held_does_its_work_once),
        cmocka_unit_test(energy_that_nobody_answers_is_the_work_of_the_stresses),
        cmocka_unit_test(a_load_that_goes_takes_its_work_along),
    };
    model_start(&argc, &argv);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
