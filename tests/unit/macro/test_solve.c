/* Whole small problems: patch test, rigid motion, balance, Newton's rate, noise. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "model.h"
#include "near.h"
#include "run_checks.h"

static const double shear_and_stretch[9] = {0.05, 0.02, -0.01, 0.03, -0.04, 0.02, 0.0, 0.01, 0.03};

static void patch(const femd_element *element, int neo_hookean) {
    model m;
    model_init(&m, element, 3);
    m.law.neo_hookean = neo_hookean;
    m.cs.mesh.distort = 0.2;
    model_affine(&m, shear_and_stretch);
    RUN_OK(&m);
    double F[9], E[6], S[6], D[36], energy;
    femd_error err = FEMD_ERROR_INIT;
    for (int a = 0; a < 9; ++a) F[a] = shear_and_stretch[a] + (a % 4 == 0);
    assert_int_equal(femd_strain_from_F(F, E, &err), FEMD_OK);
    test_law_answer(&m.law, 0, E, S, D, &energy);
    assert_true(m.p->pt->n > 0);
    for (PetscInt k = 0; k < m.p->pt->n; ++k)
        for (int c = 0; c < 6; ++c) {
            assert_near(m.p->pt->E[6 * k + c], E[c], 1e-12);
            assert_near(m.p->pt->S[6 * k + c], S[c], 1e-12);
        }
    assert_near(m.last.energy, energy, 1e-12);
    model_clear(&m);
}

static void patch_test_q1(void **state) {
    (void)state;
    patch(&femd_element_q1, 0);
    patch(&femd_element_q1, 1);
}

static void patch_test_p1(void **state) {
    (void)state;
    patch(&femd_element_p1, 0);
    patch(&femd_element_p1, 1);
}

static void patch_test_p2(void **state) {
    (void)state;
    patch(&femd_element_p2, 0);
    patch(&femd_element_p2, 1);
}

/* Euler angles make a rotation far from small. */
static void rotation(double Q[9]) {
    const double a = 1.1, b = 0.7, A[9] = {cos(a), -sin(a), 0, sin(a), cos(a), 0, 0, 0, 1},
                 B[9] = {1, 0, 0, 0, cos(b), -sin(b), 0, sin(b), cos(b)};
    for (int i = 0; i < 3; ++i)
        for (int j = 0; j < 3; ++j) Q[3 * i + j] = A[3 * i] * B[j] + A[3 * i + 1] * B[3 + j] + A[3 * i + 2] * B[6 + j];
}

static void rigid_rotation_costs_no_energy(void **state) {
    (void)state;
    for (size_t e = 0; femd_element_at(e); ++e) {
        model m;
        double G[9];
        model_init(&m, femd_element_at(e), 2);
        m.cs.predictor = 0;
        rotation(G);
        for (int a = 0; a < 9; a += 4) G[a] -= 1;
        model_affine(&m, G);
        /* a ramp of G is no rotation: jump to it at once, starting from the rotated state */
        femd_error err = FEMD_ERROR_INIT;
        assert_int_equal(model_create(&m, &err), FEMD_OK);
        double *u = malloc(3 * (size_t)m.p->grid->nnodes * sizeof *u);
        for (PetscInt i = 0; i < m.p->grid->nnodes; ++i)
            for (int a = 0; a < 3; ++a) {
                u[3 * i + a] = 0;
                for (int b = 0; b < 3; ++b) u[3 * i + a] += G[3 * a + b] * m.p->grid->node_x[3 * i + b];
            }
        assert_int_equal(femd_field_set(m.p->displacement, u, &err), FEMD_OK);
        free(u);
        RUN_OK(&m);
        assert_int_equal(m.last.newton, 0);
        assert_near(m.last.residual[0], 0, 1e-14);
        assert_near(m.last.energy, 0, 1e-28);
        for (size_t b = 0; b < 3 * m.cs.nboundary; ++b) assert_near(m.reaction[b], 0, 1e-14);
        model_clear(&m);
    }
}

static void sum_of_reactions(const model *m, double sum[3]) {
    for (int a = 0; a < 3; ++a) {
        sum[a] = 0;
        for (size_t b = 0; b < m->cs.nboundary; ++b) sum[a] += m->reaction[3 * b + a];
    }
}

static void reactions_balance_traction_pressure_and_body_force(void **state) {
    (void)state;
    for (size_t e = 0; femd_element_at(e); ++e) {
        model m;
        double sum[3];
        model_init(&m, femd_element_at(e), 3);
        m.cs.mesh.size[0] = 2;
        m.cs.mesh.distort = 0.2;
        model_hold(&m, "left", 0, 0, 0);
        model_load(&m, "right", FEMD_LOAD_TRACTION, 0.01, -0.02, 0.03); /* area 1 */
        model_load(&m, "top", FEMD_LOAD_PRESSURE, 0.05, 0, 0);          /* area 2, along -z */
        m.cs.has_body_force = 1;
        m.cs.body_force[1] = 0.004; /* volume 2 */
        RUN_OK(&m);
        sum_of_reactions(&m, sum);
        assert_near(sum[0], -0.01, 1e-11);
        assert_near(sum[1], 0.02 - 0.008, 1e-11);
        assert_near(sum[2], -0.03 + 0.1, 1e-11);
        for (int a = 0; a < 3; ++a) assert_near(m.reaction[3 + a], 0, 0); /* loads have no reaction */
        model_clear(&m);
    }
}

/* First Piola-Kirchhoff stress of point k, row-major. */
static void first_piola(const model *m, PetscInt k, double P[9]) {
    static const int voigt[9] = {0, 5, 4, 5, 1, 3, 4, 3, 2};
    const double *F = m->p->pt->F + 9 * k, *S = m->p->pt->S + 6 * k;
    for (int i = 0; i < 9; ++i) {
        P[i] = 0;
        for (int j = 0; j < 3; ++j) P[i] += F[3 * (i / 3) + j] * S[voigt[3 * j + i % 3]];
    }
}

/* All sides of a cube hold it to u = G X, and share its edges and corners: each gets its own P N. */
static void reactions_of_sides_that_share_edges_are_their_own(void **state) {
    (void)state;
    static const double G[9] = {0.05, 0.02, -0.01, 0.03, -0.04, 0.02, 0.0, 0.01, 0.03};
    for (size_t e = 0; femd_element_at(e); ++e) {
        model m;
        double P[9], sum[3];
        model_init(&m, femd_element_at(e), 4);
        model_affine(&m, G);
        RUN_OK(&m);
        first_piola(&m, 0, P);
        sum_of_reactions(&m, sum);
        for (int a = 0; a < 3; ++a) {
            for (int side = 0; side < 6; ++side)
                assert_near(m.reaction[3 * side + a], (side % 2 ? 1 : -1) * P[3 * a + side / 2], 1e-10);
            assert_near(sum[a], 0, 1e-12);
        }
        model_clear(&m);
    }
}

/* A bent block, whose stress is not uniform; the nodes of an edge belong to three entries, two of them on one surface:
 * the sum of the reactions is that of the load, and the two are equal. */
static void shared_reactions_keep_their_sum(void **state) {
    (void)state;
    for (size_t e = 0; femd_element_at(e); ++e) {
        model m;
        double sum[3];
        model_init(&m, femd_element_at(e), 3);
        model_hold(&m, "left", 0, 0, 0);
        model_hold(&m, "front", 0, 0, 0);
        model_hold(&m, "front", 0, 0, 0);
        model_load(&m, "right", FEMD_LOAD_TRACTION, 0.01, -0.02, 0.03);
        RUN_OK(&m);
        sum_of_reactions(&m, sum);
        assert_near(sum[0], -0.01, 1e-11);
        assert_near(sum[1], 0.02, 1e-11);
        assert_near(sum[2], -0.03, 1e-11);
        for (int a = 0; a < 3; ++a) assert_near(m.reaction[3 + a], m.reaction[6 + a], 1e-12);
        model_clear(&m);
    }
}

static void uniaxial_stress_under_traction(void **state) {
    (void)state;
    model m;
    model_init(&m, &femd_element_p2, 2);
    m.law.neo_hookean = 1;
    m.cs.mesh.distort = 0.3;
    model_hold(&m, "left", 0, NAN, NAN);
    model_hold(&m, "front", NAN, 0, NAN);
    model_hold(&m, "bottom", NAN, NAN, 0);
    model_load(&m, "right", FEMD_LOAD_TRACTION, 0.3, 0, 0);
    RUN_OK(&m);
    for (PetscInt k = 0; k < m.p->pt->n; ++k) { /* first Piola stress: 0.3 along x, free sides */
        const double *F = m.p->pt->F + 9 * k, *S = m.p->pt->S + 6 * k;
        assert_near(F[0] * S[0], 0.3, 1e-10);
        for (int c = 1; c < 6; ++c) assert_near(S[c], 0, 1e-10);
    }
    model_clear(&m);
}

/* Tip deflection of a cantilever L/h = 50 under a small load over P L^3 / (3 E I). */
static double slender_deflection(const femd_element *element, int along, int across) {
    model m;
    double u[3];
    const double load = 1e-3;
    femd_error err = FEMD_ERROR_INIT;
    model_bend(&m, element, (const double[]){50, 1, 1}, (const int[]){along, across, across}, 0.3, load);
    if (model_run(&m, &err) != FEMD_OK) fail_msg("%s", err.text);
    model_tip(&m, u);
    model_clear(&m);
    return u[2] / (50 * load / 3);
}

/* P2 with 240 points is nearer than Q1 with 3,200; trilinear hexahedra are too stiff by about half the square of their
 * length over the thickness. */
static void the_default_element_bends_a_slender_body_rightly(void **state) {
    (void)state;
    assert_near(slender_deflection(&femd_element_p2, 10, 1), 1, 0.03);
    assert_near(1 / slender_deflection(&femd_element_q1, 50, 1) - 1, 0.5, 0.1);
    assert_near(1 / slender_deflection(&femd_element_q1, 100, 2) - 1, 0.125, 0.025);
}

/* Each residual is the square of the one before, on the scale of the problem. */
static void newton_is_quadratic(void **state) {
    (void)state;
    for (size_t e = 0; femd_element_at(e); ++e) {
        model m;
        model_init(&m, femd_element_at(e), 3);
        m.law.neo_hookean = 1;
        m.cs.max_newton = 8;
        m.cs.max_cuts = 0;
        model_hold(&m, "left", 0, 0, 0);
        model_hold(&m, "right", 0.3, 0.2, 0);
        RUN_OK(&m);
        int n = m.last.nresiduals;
        assert_true(n >= 4 && n <= 8);
        for (int i = 1; i + 1 < n; ++i) {
            double before = m.last.residual[i] / m.last.reference, after = m.last.residual[i + 1] / m.last.reference;
            if (before < 1e-2 && before > 1e-7) assert_true(after < 10 * before * before);
        }
        model_clear(&m);
    }
}

static void iterative_solver_finds_the_same_displacement(void **state) {
    (void)state;
    double *u[2] = {0};
    PetscInt n = 0;
    for (int direct = 0; direct < 2; ++direct) {
        model m;
        femd_error err = FEMD_ERROR_INIT;
        model_init(&m, &femd_element_q1, 6);
        m.cs.direct = direct;
        model_hold(&m, "left", 0, NAN, NAN); /* rollers: constrained nodes with free components */
        model_hold(&m, "bottom", NAN, NAN, 0);
        model_hold(&m, "front", NAN, 0, NAN);
        model_hold(&m, "right", 0.1, NAN, 0.0);
        RUN_OK(&m);
        n = 3 * m.p->grid->nnodes;
        u[direct] = malloc((size_t)n * sizeof **u);
        assert_int_equal(femd_field_get(m.p->displacement, u[direct], &err), FEMD_OK);
        model_clear(&m);
    }
    for (PetscInt i = 0; i < n; ++i) assert_near(u[0][i], u[1][i], 1e-11);
    free(u[0]);
    free(u[1]);
}

static void residual_and_jacobian_share_one_batch(void **state) {
    (void)state;
    model m;
    model_init(&m, &femd_element_q1, 2);
    model_hold(&m, "left", 0, 0, 0);
    model_hold(&m, "right", 0.2, 0, 0);
    RUN_OK(&m);
    assert_int_equal(m.law.calls, 1 + m.last.nresiduals); /* the virgin point, then one batch for each residual */
    assert_int_equal(m.law.points, 1 + 64 * m.last.nresiduals);
    assert_int_equal(m.last.evaluations, m.law.points);
    assert_int_equal(m.law.commits, 1);
    model_clear(&m);
}

/* The linear problem of the predictor is the whole step of a linear material at small strain. */
static void predictor_saves_iterations(void **state) {
    (void)state;
    int newton[2];
    for (int predictor = 0; predictor < 2; ++predictor) {
        model m;
        model_init(&m, &femd_element_q1, 3);
        m.cs.predictor = predictor;
        m.cs.rtol = 1e-6;
        m.cs.step_count = 5;
        model_hold(&m, "left", 0, 0, 0);
        model_hold(&m, "right", 0.01, 0.01, 0);
        RUN_OK(&m);
        newton[predictor] = (int)m.law.calls;
        model_clear(&m);
    }
    assert_true(newton[1] < newton[0]);
}

static void noisy_stress_stops_at_its_noise(void **state) {
    (void)state;
    model m;
    model_init(&m, &femd_element_q1, 3);
    m.law.noise = 1e-3;
    model_hold(&m, "left", 0, 0, 0);
    model_hold(&m, "right", 0.1, 0, 0);
    RUN_OK(&m);
    double last = m.last.residual[m.last.nresiduals - 1];
    assert_true(last > 1e-12 * m.last.reference); /* stopped above the tolerance, at the noise */
    assert_true(m.last.newton <= 3);
    assert_true(m.last.noise > 0 && last <= 2 * m.last.noise);
    model_clear(&m);
}

static void without_the_noise_stop_newton_goes_on(void **state) {
    (void)state;
    model m;
    model_init(&m, &femd_element_q1, 3);
    m.law.noise = 1e-3;
    m.cs.noise_stop = 0;
    model_hold(&m, "left", 0, 0, 0);
    model_hold(&m, "right", 0.1, 0, 0);
    RUN_OK(&m); /* this law's noise does not depend on the strain, so there is a root to find */
    assert_true(m.last.residual[m.last.nresiduals - 1] <= 1e-11 * m.last.reference);
    assert_true(m.last.noise > 0);
    model_clear(&m);
}

/* Forces whose squares overflow, or vanish, are refused by their cause. */
static void a_stiffness_beyond_all_units_is_refused(void **state) {
    (void)state;
    for (int k = 0; k < 4; ++k) {
        model m;
        model_init(&m, &femd_element_q1, 1);
        m.cs.predictor = k / 2;
        m.law.mu = k % 2 ? 1e-290 : 1e307;
        m.law.lambda = 0;
        model_hold(&m, "left", 0, 0, 0);
        model_hold(&m, "right", 0.01, NAN, NAN);
        RUN_REFUSED(&m, "case.json: materials.material0: its stiffness is");
        model_clear(&m);
    }
}

int main(int argc, char **argv) {
    model_start(&argc, &argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_stiffness_beyond_all_units_is_refused),
        cmocka_unit_test(patch_test_q1),
        cmocka_unit_test(patch_test_p1),
        cmocka_unit_test(patch_test_p2),
        cmocka_unit_test(rigid_rotation_costs_no_energy),
        cmocka_unit_test(reactions_balance_traction_pressure_and_body_force),
        cmocka_unit_test(reactions_of_sides_that_share_edges_are_their_own),
        cmocka_unit_test(shared_reactions_keep_their_sum),
        cmocka_unit_test(uniaxial_stress_under_traction),
        cmocka_unit_test(the_default_element_bends_a_slender_body_rightly),
        cmocka_unit_test(newton_is_quadratic),
        cmocka_unit_test(iterative_solver_finds_the_same_displacement),
        cmocka_unit_test(residual_and_jacobian_share_one_batch),
        cmocka_unit_test(predictor_saves_iterations),
        cmocka_unit_test(noisy_stress_stops_at_its_noise),
        cmocka_unit_test(without_the_noise_stop_newton_goes_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
