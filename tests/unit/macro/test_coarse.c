/* Sampled answers that are asked coarser than wanted while Newton's method is on its way: what is asked when, what it
 * saves, and that no step ends on them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "model.h"
#include "near.h"
#include "solve/sharpness.h"

static void sampled_init(model *m, double accuracy, double coarse, int cells) {
    model_init(m, &femd_element_q1, cells);
    m->comm = PETSC_COMM_SELF;
    m->law.samples = 1;
    m->law.neo_hookean = 1;
    m->cs.accuracy = accuracy;
    m->cs.coarse = coarse;
    m->cs.rtol = 1e-7;
    model_hold(m, "left", 0, 0, 0);
    model_hold(m, "right", 0.3, 0.1, NAN);
}

static void run_well(model *m) {
    femd_error err = FEMD_ERROR_INIT;
    const femd_status rc = model_run(m, &err);
    if (rc != FEMD_OK) fail_msg("%s", err.text);
}

/* Wanted noise 1: a residual of 1 known to 4 is judged by noise alone; one of 1e4 by none of it. */
static void levels_follow_what_is_expected_of_the_next_residual(void **state) {
    (void)state;
    const double root = sqrt(2);
    assert_near(femd_sharpness_to_leave(1, 4, 4), 1, 0);
    assert_near(femd_sharpness_to_leave(59, 4, 4), root, 1e-12);
    assert_near(femd_sharpness_to_leave(61, 4, 4), 2, 1e-12);
    assert_near(femd_sharpness_to_leave(1e4, 4, 4), 4, 0);
    assert_near(femd_sharpness_to_leave(1e4, 0, 4), 4, 0);
    assert_near(femd_sharpness_to_leave(1e4, 1.2, 1.2), 1.2, 0); /* never coarser than it is */
    assert_near(femd_sharpness_of_next(44, 4, 4, 4), 1, 0);
    assert_near(femd_sharpness_of_next(46, 4, 4, 4), root, 1e-12);
    assert_near(femd_sharpness_of_next(61, 1, 1, 4), 2, 1e-12);
    assert_near(femd_sharpness_of_next(1e4, 1, 1, 4), 4, 0);
    assert_near(femd_sharpness_of_next(1e4, 0, 1, 2.5), 2.5, 0);
}

/* Without a predictor the first iterates are far away: over the seeds the sampling falls by more than two fifths; each
 * step ends as sharp as without, within twice that noise, and the displacements agree within what noise leaves. */
static void the_way_is_coarse_and_the_end_is_not(void **state) {
    (void)state;
    enum { SEEDS = 4 };
    double looks[2] = {0};
    for (int seed = 1; seed <= SEEDS; ++seed) {
        double force[2] = {0}, noise = 0;
        for (int way = 0; way < 2; ++way) {
            model m;
            sampled_init(&m, 0.003, way ? 4 : 1, 2);
            m.cs.predictor = 0;
            m.cs.seed = (uint64_t)seed;
            run_well(&m);
            looks[way] += m.law.looks;
            assert_int_equal(m.last.end, FEMD_NEWTON_NOISE);
            noise = m.last.noise;
            assert_true(m.last.residual[m.last.nresiduals - 1] <= 2 * noise);
            for (PetscInt k = 0; k < 6 * m.p->pt->n; ++k)
                assert_near(m.p->pt->S_err[k], 0.003 * m.law.mu, 1e-9 * m.law.mu);
            force[way] = m.reaction[3];
            model_clear(&m);
        }
        assert_true(force[0] != force[1]); /* other iterates, other noise */
        assert_near(force[0], force[1], 6 * noise);
    }
    assert_true(looks[1] < 0.6 * looks[0]);
}

/* Where they stand answers are made better from their own state: a step that its first state ends costs what it costs
 * without. */
static void nothing_that_was_sampled_is_lost(void **state) {
    (void)state;
    double looks[2], force[2];
    for (int way = 0; way < 2; ++way) {
        model m;
        sampled_init(&m, 0.01, way ? 4 : 1, 1);
        m.law.begun = 1e5;
        m.boundary[1].value[0] = m.boundary[1].value[1] = 0;
        m.cs.loose = 0;
        run_well(&m);
        assert_int_equal(m.last.newton, 0);
        assert_int_equal(m.law.calls, way ? 3 : 2); /* virgin; at 4 and at 1 */
        looks[way] = m.law.looks;
        force[way] = m.reaction[3];
        model_clear(&m);
    }
    assert_near(looks[0], looks[1], 1e-5 * looks[0]);
    assert_near(force[0], force[1], 1e-12);
}

/* No multiple of an accuracy that is the material's own, none where the tangent would be useless, none where noise
 * ends nothing, and none of answers that depend on no seed. */
static void who_cannot_be_coarse_is_not(void **state) {
    (void)state;
    for (int how = 0; how < 5; ++how) {
        model m;
        sampled_init(&m, how == 0 ? 0.05 : 0.01, how == 1 ? 1 : 4, 1);
        femd_error err = FEMD_ERROR_INIT;
        if (how == 2) m.cs.noise_stop = m.cs.max_cuts = 0;
        if (how == 3) m.law.inputs = FEMD_INPUT_STEADY_STRESS;
        if (how == 4) m.cs.accuracy = 0.06;
        const double accuracy = m.cs.accuracy;
        const femd_status rc = model_run(&m, &err);
        assert_true(rc == FEMD_OK || (how >= 2 && rc == FEMD_NOT_CONVERGED)); /* its noise has no root */
        assert_near(m.law.first.accuracy, accuracy, 0);
        assert_true(m.law.coarsest == accuracy);
        model_clear(&m);
    }
}

/* The sweep that makes answers better fails as any other does. */
static void a_death_on_the_way_to_better_answers_ends_the_run(void **state) {
    (void)state;
    model m;
    femd_error err = FEMD_ERROR_INIT;
    sampled_init(&m, 0.01, 4, 1);
    m.law.break_at = 3; /* virgin, first state, the same again */
    assert_int_equal(model_run(&m, &err), FEMD_ENGINE_DIED);
    assert_non_null(strstr(err.text, "point 0"));
    assert_int_equal(m.law.calls, 3);
    assert_near(m.law.first.accuracy, 0.01, 0);
    model_clear(&m);
}

/* The same choices on one rank and on all of them. */
static void choices_do_not_depend_on_ranks(void **state) {
    (void)state;
    uint64_t calls[2];
    double residual[2];
    for (int all = 0; all < 2; ++all) {
        model m;
        sampled_init(&m, 0.003, 4, 3);
        m.comm = all ? PETSC_COMM_WORLD : PETSC_COMM_SELF;
        m.cs.step_count = 2;
        run_well(&m);
        calls[all] = m.law.calls;
        residual[all] = m.last.residual[0];
        model_clear(&m);
    }
    int rank;
    MPI_Comm_rank(PETSC_COMM_WORLD, &rank);
    if (rank == 0) assert_int_equal(calls[0], calls[1]); /* it asks the virgin point */
    assert_near(residual[0], residual[1], 1e-6 * residual[0]);
}

int main(int argc, char **argv) {
    model_start(&argc, &argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(levels_follow_what_is_expected_of_the_next_residual),
        cmocka_unit_test(the_way_is_coarse_and_the_end_is_not),
        cmocka_unit_test(nothing_that_was_sampled_is_lost),
        cmocka_unit_test(who_cannot_be_coarse_is_not),
        cmocka_unit_test(a_death_on_the_way_to_better_answers_ends_the_run),
        cmocka_unit_test(choices_do_not_depend_on_ranks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
