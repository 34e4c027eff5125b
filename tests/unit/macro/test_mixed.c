/* Displacement and pressure as one equation: what a point's answer becomes, the matrix by differences, orders of a
 * manufactured solution, and bodies against the same ones without a pressure. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "femd/kinematics.h"
#include "femd/tensor3.h"
#include "fields/mechanics_private.h"
#include "fields/mixed_private.h"
#include "manufactured.h"

#define OK(expr)                                                                                                       \
    do {                                                                                                               \
        femd_error err_ = FEMD_ERROR_INIT;                                                                             \
        femd_error *err = &err_;                                                                                       \
        if ((expr) != FEMD_OK) fail_msg("%s", err_.text);                                                              \
    } while (0)
#define PETSC_OK(expr) assert_int_equal((expr), 0)

static int near(double a, double b, double relative) {
    return fabs(a - b) <= relative * fabs(b);
}

/* ---- a point ---- */

typedef struct point {
    double E[6], S[6], D[36], slope[6], gap, dJdp;
} point;

/* The isochoric strain of F. */
static double isochoric(const double F[9], double E[6], double value[6]) {
    const double J = femd_det3(F), t = 1 / cbrt(J * J);
    OK(femd_strain_from_F(F, E, err));
    for (int c = 0; c < 6; ++c) value[c] = c < 3 ? t * E[c] + 0.5 * (t - 1) : t * E[c];
    return J;
}

static point point_at(const test_law *law, const double F[9], double p) {
    point at;
    femd_response r = {0};
    double value[6];
    (void)isochoric(F, at.E, value);
    assert_true(test_law_pressure(law, 0, value, p, &r));
    femd_mixed_combine(F, at.E, p, &r, 0, at.S, at.D, at.slope, &at.gap);
    at.dJdp = r.dJdp;
    return at;
}

static const double sheared[9] = {1.1, 0.15, -0.05, 0.02, 0.93, 0.2, 0.1, -0.12, 1.07};

static double largest(int n, const double *v) {
    double most = 0;
    for (int i = 0; i < n; ++i) most = fmax(most, fabs(v[i]));
    return most;
}

/* At the pressure of strain control the two controls say the same, and the volume condensed out of one is the other. */
static void controls_agree_where_they_meet(void **state) {
    (void)state;
    for (int kind = 0; kind < 2; ++kind) {
        test_law law;
        test_law_init(&law);
        law.neo_hookean = kind;
        law.lambda = 40;
        double S[6], D[36], E[6], value[6], energy, p = 0;
        const double J = isochoric(sheared, E, value);
        test_law_answer(&law, 0, E, S, D, &energy);
        for (int c = 0; c < 6; ++c) p -= (S[c] * ((c < 3) + 2 * E[c])) / (3 * J);
        const point at = point_at(&law, sheared, p);
        assert_true(fabs(at.gap) < 1e-14);
        for (int c = 0; c < 6; ++c) assert_true(fabs(at.S[c] - S[c]) < 1e-13 * largest(6, S));
        for (int a = 0; a < 6; ++a)
            for (int b = 0; b < 6; ++b) {
                const double condensed = at.D[6 * a + b] - at.slope[a] * at.slope[b] / at.dJdp;
                assert_true(fabs(condensed - D[6 * a + b]) < 1e-12 * largest(36, D));
                assert_true(fabs(at.D[6 * a + b] - at.D[6 * b + a]) < 1e-12 * largest(36, D));
            }
    }
}

/* F + h dF with dE that changes component c alone. */
static void strained(const double F[9], int c, double h, double out[9]) {
    double E[6], R[9], U[9];
    OK(femd_polar(F, R, U, err));
    OK(femd_strain_from_F(F, E, err));
    E[c] += h;
    OK(femd_stretch_from_E(E, U, err));
    femd_mul3(R, U, out);
}

/* Away from there: dS/dE, dS/dp and d gap/dE by differences; the last two are one. */
static void slopes_are_those_of_differences(void **state) {
    (void)state;
    const double h = 1e-5;
    for (int kind = 0; kind < 2; ++kind) {
        test_law law;
        test_law_init(&law);
        law.neo_hookean = kind;
        law.lambda = 5;
        const point at = point_at(&law, sheared, 0.7), more = point_at(&law, sheared, 0.7 + h),
                    less = point_at(&law, sheared, 0.7 - h);
        assert_true(fabs(at.gap) > 0.05);
        assert_true(fabs((more.gap - less.gap) / (2 * h) - at.dJdp) < 1e-8);
        for (int c = 0; c < 6; ++c) assert_true(fabs((more.S[c] - less.S[c]) / (2 * h) - at.slope[c]) < 1e-8);
        for (int c = 0; c < 6; ++c) {
            double up[9], down[9];
            strained(sheared, c, h, up);
            strained(sheared, c, -h, down);
            const point plus = point_at(&law, up, 0.7), minus = point_at(&law, down, 0.7);
            assert_true(fabs((plus.gap - minus.gap) / (2 * h) - at.slope[c]) < 1e-8);
            for (int a = 0; a < 6; ++a)
                assert_true(fabs((plus.S[a] - minus.S[a]) / (2 * h) - at.D[6 * a + c]) < 1e-7 * largest(36, at.D));
        }
    }
}

static void a_body_at_rest_has_its_own_pressure(void **state) {
    (void)state;
    test_law law;
    test_law_init(&law);
    const double E[6] = {0.02, 0.02, 0.02, 0, 0, 0}, none[6] = {0};
    femd_response strain = {0}, pressed = {0};
    double energy, p, D[36];
    test_law_answer(&law, 0, none, strain.S, strain.D, &energy);
    test_law_answer(&law, 0, E, strain.S, D, &energy); /* a stress, as of a reference under pressure */
    assert_true(femd_mixed_at_rest(&strain, &p));
    assert_true(near(p, -strain.S[0], 1e-14));
    assert_true(near(strain.dJdp, 1 / (-(law.lambda + 2.0 / 3 * law.mu) - p / 3), 1e-12));
    test_law_answer(&law, 0, none, strain.S, strain.D, &energy);
    for (int c = 0; c < 6; ++c) strain.dJdC[c] = 7; /* whatever was there */
    assert_true(femd_mixed_at_rest(&strain, &p) && test_law_pressure(&law, 0, none, p, &pressed));
    assert_true(near(strain.dJdp, pressed.dJdp, 1e-12));
    for (int c = 0; c < 6; ++c) assert_true(fabs(strain.dJdC[c] - pressed.dJdC[c]) < 1e-14);
    for (int c = 0; c < 36; ++c) strain.D[c] = 0;
    for (int c = 0; c < 6; ++c) strain.S[c] = c < 3 ? 1 : 0;
    assert_false(femd_mixed_at_rest(&strain, &p)); /* softer than its tension */
}

/* ---- the matrix ---- */

static void residual_at(model *m, Vec X, Vec R) {
    int failed;
    OK(femd_pair.evaluate(m->p->pair, X, &failed, err));
    assert_int_equal(failed, 0);
    OK(femd_pair.residual(m->p->pair, R, err));
}

static void bend(model *m, Vec X) {
    const femd_grid *grid = m->p->grid;
    double *both = calloc(4 * (size_t)grid->nnodes, sizeof *both);
    for (PetscInt i = 0; i < grid->nnodes; ++i) {
        const double *x = grid->node_x + 3 * i;
        both[4 * i] = 0.2 * x[0] - 0.4 * x[1] * x[0] + 0.05 * x[2] * x[2];
        both[4 * i + 1] = 0.4 * x[0] * x[0] - 0.1 * x[1] + 0.1 * x[2] * x[1];
        both[4 * i + 2] = 0.1 * x[0] * x[1] + 0.15 * x[2];
        both[4 * i + 3] = 0.1 * x[0] - 0.2 * x[1] * x[2] + 0.05;
    }
    OK(femd_field_set(m->p->pair, both, err));
    PETSC_OK(VecCopy(m->p->pair->committed, X));
    free(both);
}

static void compare_jacobian(double following) {
    model m;
    Vec X, R, Rp, Rm, column;
    Mat K;
    PetscInt n;
    double worst = 0, scale;
    const double h = 1e-6;
    model_init(&m, &femd_element_p2, 1);
    m.cs.mixed = 1;
    m.cs.mesh.distort = 0.2;
    model_hold(&m, "left", NAN, 0, NAN);
    model_hold(&m, "bottom", NAN, NAN, 0.0);
    model_hold(&m, "right", 0, NAN, NAN);
    if (following != 0) model_load(&m, "top", FEMD_LOAD_FOLLOWER, following, 0, 0);
    OK(model_create(&m, err));
    femd_field *pair = m.p->pair;
    PETSC_OK(DMCreateGlobalVector(pair->dm, &X));
    PETSC_OK(VecDuplicate(X, &R));
    PETSC_OK(VecDuplicate(X, &Rp));
    PETSC_OK(VecDuplicate(X, &Rm));
    PETSC_OK(VecDuplicate(X, &column));
    PETSC_OK(DMCreateMatrix(pair->dm, &K));
    femd_pair.step(pair, 1);
    OK(femd_pair.begin(pair, 1, 0, err));
    assert_true(m.p->mixed->scale > 0.1 && m.p->mixed->scale < 16);
    bend(&m, X);
    OK(femd_field_prescribe(pair, X, err));
    residual_at(&m, X, R);
    OK(femd_pair.jacobian(pair, K, err));
    PETSC_OK(VecGetSize(X, &n));
    PETSC_OK(MatNorm(K, NORM_INFINITY, &scale));
    for (PetscInt j = 0; j < n; ++j) {
        const PetscScalar *rp, *rm, *k;
        PETSC_OK(VecSetValue(X, j, h, ADD_VALUES));
        residual_at(&m, X, Rp);
        PETSC_OK(VecSetValue(X, j, -2 * h, ADD_VALUES));
        residual_at(&m, X, Rm);
        PETSC_OK(VecSetValue(X, j, h, ADD_VALUES));
        PETSC_OK(MatGetColumnVector(K, column, j));
        PETSC_OK(VecGetArrayRead(Rp, &rp));
        PETSC_OK(VecGetArrayRead(Rm, &rm));
        PETSC_OK(VecGetArrayRead(column, &k));
        for (PetscInt i = 0; i < n; ++i) {
            if (i == j && rp[i] == rm[i]) {
                assert_true(k[i] > 0); /* prescribed: a diagonal of our choice */
                continue;
            }
            worst = fmax(worst, fabs((rp[i] - rm[i]) / (2 * h) - k[i]));
        }
        PETSC_OK(VecRestoreArrayRead(Rp, &rp));
        PETSC_OK(VecRestoreArrayRead(Rm, &rm));
        PETSC_OK(VecRestoreArrayRead(column, &k));
    }
    print_message("follower %g: |K - FD| / |K| = %.1e\n", following, worst / scale);
    assert_true(worst < 1e-8 * scale);
    PETSC_OK(VecDestroy(&X));
    PETSC_OK(VecDestroy(&R));
    PETSC_OK(VecDestroy(&Rp));
    PETSC_OK(VecDestroy(&Rm));
    PETSC_OK(VecDestroy(&column));
    PETSC_OK(MatDestroy(&K));
    model_clear(&m);
}

static void jacobian_is_the_derivative(void **state) {
    (void)state;
    compare_jacobian(0);
    compare_jacobian(5);
}

/* ---- noise ---- */

/* What noise of stresses and volumes makes of the residual, told by the errors of the answers: mean square of 200. */
static void noise_of_volumes_is_told(void **state) {
    (void)state;
    enum { SEEDS = 200 };
    for (int which = 0; which < 3; ++which) { /* both, hardly a volume's, hardly a stress's */
        model m;
        Vec X, R, exact;
        double square = 0, told = 0;
        model_init(&m, &femd_element_p2, 1);
        m.cs.mixed = 1;
        m.cs.noise_stop = 1;
        m.cs.mesh.distort = 0.2;
        m.law.S_noise = which == 2 ? 1e-12 : 1e-4;
        m.law.J_noise = which == 1 ? 0 : 1e-4;
        model_hold(&m, "left", NAN, 0, NAN);
        model_hold(&m, "bottom", NAN, NAN, 0.0);
        model_hold(&m, "right", 0, NAN, NAN);
        OK(model_create(&m, err));
        femd_field *pair = m.p->pair;
        PETSC_OK(DMCreateGlobalVector(pair->dm, &X));
        PETSC_OK(VecDuplicate(X, &R));
        PETSC_OK(VecDuplicate(X, &exact));
        femd_pair.step(pair, 1);
        OK(femd_pair.begin(pair, 1, 0, err));
        bend(&m, X);
        OK(femd_field_prescribe(pair, X, err));
        const double noises[2] = {m.law.S_noise, m.law.J_noise};
        m.law.S_noise = m.law.J_noise = 0;
        residual_at(&m, X, exact);
        m.law.S_noise = noises[0];
        m.law.J_noise = noises[1];
        for (int s = 0; s < SEEDS; ++s) {
            double norm;
            m.cs.seed = 100 + (uint64_t)s;
            m.p->mech->evaluated = 0;
            residual_at(&m, X, R);
            PETSC_OK(VecAXPY(R, -1, exact));
            PETSC_OK(VecNorm(R, NORM_2, &norm));
            square += norm * norm / SEEDS;
            told += m.p->mech->noise * m.p->mech->noise / SEEDS;
        }
        print_message("%d: |r| %.3e by noise, %.3e told\n", which, sqrt(square), sqrt(told));
        assert_true(near(sqrt(told), sqrt(square), 0.06));
        PETSC_OK(VecDestroy(&X));
        PETSC_OK(VecDestroy(&R));
        PETSC_OK(VecDestroy(&exact));
        model_clear(&m);
    }
}

/* Of a body that is out of balance in both: noise of one of them alone ends nothing. */
static void noise_of_one_excuses_not_the_other(void **state) {
    (void)state;
    for (int which = 0; which < 3; ++which) { /* all is noise, the stresses alone are, the volumes alone */
        model m;
        Vec X, R;
        double norm;
        model_init(&m, &femd_element_p2, 1);
        m.cs.mixed = 1;
        m.cs.noise_stop = 1;
        m.law.S_noise = which == 2 ? 1e-9 : 20;
        m.law.J_noise = which == 1 ? 1e-9 : 0.5;
        model_hold(&m, "left", NAN, 0, NAN);
        model_hold(&m, "bottom", NAN, NAN, 0.0);
        model_hold(&m, "right", 0, NAN, NAN);
        OK(model_create(&m, err));
        femd_field *pair = m.p->pair;
        PETSC_OK(DMCreateGlobalVector(pair->dm, &X));
        PETSC_OK(VecDuplicate(X, &R));
        femd_pair.step(pair, 1);
        const double noises[2] = {m.law.S_noise, m.law.J_noise};
        m.law.S_noise = m.law.J_noise = 0;
        OK(femd_pair.begin(pair, 1, 0, err));
        m.law.S_noise = noises[0];
        m.law.J_noise = noises[1];
        bend(&m, X);
        OK(femd_field_prescribe(pair, X, err));
        residual_at(&m, X, R);
        PETSC_OK(VecNorm(R, NORM_2, &norm));
        print_message("%d: |r| %.3e, noise %.3e, that counts %.3e\n", which, norm, m.p->mech->noise,
                      m.p->mech->scale.noise);
        if (which == 0)
            assert_true(norm <= 2 * m.p->mech->scale.noise);
        else
            assert_true(norm > 2 * m.p->mech->scale.noise && norm <= 2 * m.p->mech->noise);
        PETSC_OK(VecDestroy(&X));
        PETSC_OK(VecDestroy(&R));
        model_clear(&m);
    }
}

/* ---- bodies ---- */

static void errors_fall_with_cube_and_square(void **state) {
    (void)state;
    double u[2], p[2];
    for (int k = 0; k < 2; ++k) OK(manufactured_mixed_errors(2 << k, 20, &u[k], &p[k], err));
    print_message("u %.2e %.2e, order %.2f; p %.2e %.2e, order %.2f\n", u[0], u[1], log2(u[0] / u[1]), p[0], p[1],
                  log2(p[0] / p[1]));
    assert_true(log2(u[0] / u[1]) > 2.7);
    assert_true(log2(p[0] / p[1]) > 1.8);
}

static void affine_displacement_is_exact(void **state) {
    (void)state;
    static const double G[9] = {0.02, 0.05, -0.01, 0.03, -0.04, 0.02, 0.01, -0.03, 0.05};
    double F[9], E[6], S[6], D[36], energy, *pressure;
    model m;
    model_init(&m, &femd_element_p2, 2);
    m.cs.mixed = 1;
    m.cs.mesh.distort = 0.2;
    m.law.neo_hookean = 1;
    model_affine(&m, G);
    OK(model_run(&m, err));
    for (int i = 0; i < 9; ++i) F[i] = G[i] + femd_identity3[i];
    OK(femd_strain_from_F(F, E, err));
    test_law_answer(&m.law, 0, E, S, D, &energy);
    for (PetscInt k = 0; k < m.p->pt->n; ++k)
        for (int c = 0; c < 6; ++c) assert_true(fabs(m.p->pt->S[6 * k + c] - S[c]) < 1e-10);
    double sigma[6];
    femd_cauchy(F, S, sigma);
    assert_non_null(pressure = malloc((m.p->pressure->n + 1) * sizeof *pressure));
    OK(femd_field_get(m.p->pressure, pressure, err));
    for (size_t i = 0; i < m.p->pressure->n; ++i) /* in the middle of edges too */
        assert_true(fabs(pressure[i] + (sigma[0] + sigma[1] + sigma[2]) / 3) < 1e-10);
    assert_true(near(m.last.energy, energy, 1e-10));
    free(pressure);
    model_clear(&m);
}

/* A beam of width 1 whose front and back stay, so that volume matters; its end under a dead load. */
static void prepare_beam(model *m, double lambda, int mixed, int steps) {
    model_init(m, &femd_element_p2, 1);
    m->cs.mixed = mixed;
    m->cs.rtol = 1e-9;
    m->cs.step_count = steps;
    m->law.neo_hookean = 1;
    m->law.lambda = lambda;
    m->cs.mesh.size[0] = 4;
    m->cs.mesh.cells[0] = 4;
    m->cs.mesh.cells[2] = 2;
    model_hold(m, "left", 0, 0, 0);
    model_hold(m, "front", NAN, 0, NAN);
    model_hold(m, "back", NAN, 0, NAN);
    model_load(m, "right", FEMD_LOAD_TRACTION, 0, 0, 0.02);
}

static void run_beam(model *m, double lambda, int mixed, int steps) {
    prepare_beam(m, lambda, mixed, steps);
    OK(model_run(m, err));
}

static double tip_of(double lambda, int mixed, int *newton) {
    model m;
    double u[3];
    run_beam(&m, lambda, mixed, 1);
    model_tip(&m, u);
    *newton = m.last.newton;
    /* reactions balance the load, and nothing is said to be unstable */
    assert_true(near(m.reaction[2] + m.reaction[5] + m.reaction[8], -0.02, 1e-7));
    assert_int_equal(m.last.unstable, 0);
    assert_int_equal(m.last.cuts, 0);
    model_clear(&m);
    return u[2];
}

static void soft_bodies_bend_as_without_a_pressure(void **state) {
    (void)state;
    int newton;
    const double with = tip_of(1, 1, &newton), without = tip_of(1, 0, &newton);
    print_message("lambda = mu: %.5f with, %.5f without a pressure\n", with, without);
    assert_true(fabs(with / without - 1) < 0.01);
}

static void stiff_volumes_cost_no_iteration_and_lock_nothing(void **state) {
    (void)state;
    int newton[3];
    const double some = tip_of(500, 1, &newton[0]), much = tip_of(50000, 1, &newton[1]),
                 locked = tip_of(500, 0, &newton[2]);
    print_message("lambda/mu 500: %.5f, 50000: %.5f with a pressure (%d, %d iterations); 500: %.5f without (%d)\n",
                  some, much, newton[0], newton[1], locked, newton[2]);
    assert_true(fabs(much / some - 1) < 0.003);
    assert_true(newton[0] <= 5 && newton[1] <= 5);
    assert_true(locked < 0.97 * some);
}

/* GMRES with the blocks of displacement and pressure finds what the factor does; it tells no signs. Small bodies are
 * solved directly unless the case says otherwise. */
static void iterations_end_where_the_factor_does(void **state) {
    (void)state;
    int newton;
    const double direct = tip_of(500, 1, &newton);
    for (int by = 0; by < 2; ++by)
        for (int stiff = 0; stiff < 2; ++stiff) {
            model m;
            double u[3];
            prepare_beam(&m, stiff ? 50000 : 500, 1, 1);
            m.cs.direct = 0;
            m.cs.iterative = by;
            m.cs.ksp_rtol = 1e-10;
            OK(model_run(&m, err));
            model_tip(&m, u);
            if (!stiff) assert_true(near(u[2], direct, 1e-7));
            assert_int_equal(m.last.direct, 0);
            assert_int_equal(m.last.unstable, by ? -1 : 0);
            assert_true(m.last.newton <= 5);
            model_clear(&m);
        }
}

/* The work of the load is the energy that the points have, up to the trapezoids of the steps. */
static void work_is_energy(void **state) {
    (void)state;
    double off[2];
    for (int k = 0; k < 2; ++k) {
        model m;
        run_beam(&m, 500, 1, 2 << k);
        const double work = m.last.work[FEMD_WORK_SURFACE] + m.last.work[FEMD_WORK_REACTIONS];
        off[k] = fabs(work / m.last.energy - 1);
        model_clear(&m);
    }
    print_message("work less energy: %.1e of it in 2 steps, %.1e in 4\n", off[0], off[1]);
    assert_true(off[0] < 1e-2 && off[1] < 0.3 * off[0]);
}

int main(int argc, char **argv) {
    model_start(&argc, &argv);
    const struct CMUnitTest tests[] = {cmocka_unit_test(controls_agree_where_they_meet),
                                       cmocka_unit_test(slopes_are_those_of_differences),
                                       cmocka_unit_test(a_body_at_rest_has_its_own_pressure),
                                       cmocka_unit_test(jacobian_is_the_derivative),
                                       cmocka_unit_test(noise_of_volumes_is_told),
                                       cmocka_unit_test(noise_of_one_excuses_not_the_other),
                                       cmocka_unit_test(affine_displacement_is_exact),
                                       cmocka_unit_test(errors_fall_with_cube_and_square),
                                       cmocka_unit_test(soft_bodies_bend_as_without_a_pressure),
                                       cmocka_unit_test(stiff_volumes_cost_no_iteration_and_lock_nothing),
                                       cmocka_unit_test(iterations_end_where_the_factor_does),
                                       cmocka_unit_test(work_is_energy)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
