/* Newton's method: when it ends in the noise of sampled stresses or in round-off, and what it says of that. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "heard.h"
#include "near.h"

/* f_i = sum over points of w F S g_i; the stress components of a point are known to S_err, each independent. */
static double noise_by_hand(const femd_problem *p, const femd_case *cs) {
    static const int pair[6][2] = {{0, 0}, {1, 1}, {2, 2}, {1, 2}, {0, 2}, {0, 1}};
    const femd_points *pt = p->pt;
    const int nodes = p->grid->table.nodes;
    double variance = 0;
    for (PetscInt k = 0; k < pt->n; ++k)
        for (int i = 0; i < nodes; ++i) {
            const PetscInt node = p->grid->cell_node[k / p->grid->table.points * nodes + i];
            const double x = p->grid->node_x[3 * node], *g = pt->gradient + (k * nodes + i) * 3, *F = pt->F + 9 * k;
            if (x < 1e-9 || x > cs->mesh.size[0] - 1e-9) continue; /* held */
            for (int a = 0; a < 3; ++a)
                for (int c = 0; c < 6; ++c) {
                    const int J = pair[c][0], K = pair[c][1];
                    double f = F[3 * a + J] * g[K] + (J != K ? F[3 * a + K] * g[J] : 0);
                    f *= pt->weight[k] * pt->S_err[6 * k + c];
                    variance += f * f;
                }
        }
    return sqrt(variance);
}

static void noise_of_the_forces_is_that_of_the_stresses(void **state) {
    (void)state;
    for (size_t e = 0; femd_element_at(e); ++e) {
        model m;
        heard h;
        model_init(&m, femd_element_at(e), 2);
        m.law.noise = 1e-3;
        m.cs.mesh.size[0] = 0.3;
        m.cs.mesh.distort = 0.2;
        model_hold(&m, "left", 0, 0, 0);
        model_hold(&m, "right", 0.1, 0.05, 0);
        run_ok(&m, &h);
        const double expected = noise_by_hand(m.p, &m.cs);
        assert_true(expected > 0);
        assert_near(h.last.noise, expected, 1e-10 * expected);
        assert_int_equal(h.last.end, FEMD_NEWTON_NOISE);
        assert_true(h.last.residual[h.last.nresiduals - 1] <= 2 * expected);
        model_clear(&m);
    }
}

/* A doubt that does not come from a seed stops nothing: Newton's method goes on to its tolerance. It stands with the
 * points, and notes are told once, not at every step. The seed of another quantity (a conductivity) changes nothing. */
static void doubt_without_a_seed_is_no_noise_and_notes_are_told_once(void **state) {
    (void)state;
    static const uint32_t inputs[] = {0, FEMD_INPUT_SEED | FEMD_INPUT_STEADY_STRESS};
    for (int i = 0; i < 2; i++) {
        model m;
        heard h;
        model_init(&m, femd_element_at(0), 2);
        m.law.inputs = inputs[i];
        m.law.doubt = 1e-2;
        m.law.notes = FEMD_NOTE_ROUGH_POTENTIAL;
        m.cs.step_count = 3;
        model_hold(&m, "left", 0, 0, 0);
        model_hold(&m, "right", 0.1, 0.05, 0);
        run_ok(&m, &h);
        assert_int_equal(h.steps, 3);
        assert_true(h.last.noise == 0);
        assert_int_equal(h.last.end, FEMD_NEWTON_TOLERANCE);
        assert_true(m.p->pt->S_err[0] == 1e-2 * m.law.mu);
        assert_int_equal(h.notes, 1);
        assert_non_null(strstr(h.note, "rough-potential"));
        assert_int_equal(h.last.notes, FEMD_NOTE_ROUGH_POTENTIAL);
        model_clear(&m);
    }
}

/* One run without the stop gives the residual of its second iterate and the noise; the errors that are told are then
 * chosen so that this residual is 1.5 times the noise, which is enough, or 2.5 times, which is not. */
static void twice_the_noise_is_enough_and_more_is_not(void **state) {
    (void)state;
    static const double times[2] = {1.5, 2.5};
    double residual = 0, noise = 0;
    for (int i = -1; i < 2; ++i) {
        model m;
        heard h;
        model_init(&m, &femd_element_q1, 2);
        m.law.neo_hookean = 1;
        m.law.told = i < 0 ? 1e-6 : 1e-6 * residual / noise / times[i];
        m.cs.noise_stop = i >= 0;
        model_hold(&m, "left", 0, 0, 0);
        model_hold(&m, "right", 0.2, 0.1, 0);
        run_ok(&m, &h);
        if (i < 0) {
            assert_true(h.last.newton > 2);
            residual = h.last.residual[1];
            noise = h.last.noise; /* of the end: that of the iterate is within a part of a hundred */
        } else if (i == 0) {
            assert_int_equal(h.last.newton, 1);
            assert_int_equal(h.last.end, FEMD_NEWTON_NOISE);
            const int much = h.last.residual[1] > 1e-2 * h.last.load;
            assert_int_equal(h.notes, much);
        } else {
            assert_true(h.last.newton > 1);
        }
        model_clear(&m);
    }
}

/* A state as uncertain as its load is one: that is told, for noise and for round-off. */
static void a_load_within_the_noise_is_told(void **state) {
    (void)state;
    for (int rounding = 0; rounding < 2; ++rounding) {
        model m;
        heard h;
        model_init(&m, &femd_element_q1, 2);
        m.cs.predictor = 0;
        m.law.told = rounding ? 0 : 0.5;
        model_hold(&m, "left", 0, 0, 0);
        model_hold(&m, "right", rounding ? NAN : 0.01, NAN, NAN);
        if (rounding) model_load(&m, "right", FEMD_LOAD_TRACTION, 1e-17, 0, 0);
        run_ok(&m, &h);
        assert_int_equal(h.last.end, rounding ? FEMD_NEWTON_ROUNDING : FEMD_NEWTON_NOISE);
        assert_true(h.last.residual[h.last.nresiduals - 1] > 1e-2 * h.last.load);
        assert_int_equal(h.notes, 1);
        assert_non_null(strstr(h.note, "of the load"));
        assert_non_null(strstr(h.note, rounding ? "round-off" : "accuracy"));
        model_clear(&m);
    }
}

int main(int argc, char **argv) {
    model_start(&argc, &argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_load_within_the_noise_is_told),
        cmocka_unit_test(noise_of_the_forces_is_that_of_the_stresses),
        cmocka_unit_test(doubt_without_a_seed_is_no_noise_and_notes_are_told_once),
        cmocka_unit_test(twice_the_noise_is_enough_and_more_is_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
