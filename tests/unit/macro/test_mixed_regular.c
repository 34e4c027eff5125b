/* Liquids with the pressure as an unknown: refused by name without element.shear_regularisation; with it the pressure
 * is that of the liquid but for the share of the modulus in its bulk modulus, and what the modulus adds is told apart.
 */
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
#include "model.h"

#define OK(expr)                                                                                                       \
    do {                                                                                                               \
        femd_error err_ = FEMD_ERROR_INIT;                                                                             \
        femd_error *err = &err_;                                                                                       \
        if ((expr) != FEMD_OK) fail_msg("%s", err_.text);                                                              \
    } while (0)
#define PETSC_OK(expr) assert_int_equal((expr), 0)

#define BULK 1000.0

/* ---- the law ---- */

static const double sheared[9] = {1.1, 0.15, -0.05, 0.02, 0.93, 0.2, 0.1, -0.12, 1.07};

static void stress_is_the_slope_of_the_energy_and_has_no_pressure(void **state) {
    (void)state;
    double E[6], S[6], none[6], at[6], turned[9], size = 0;
    OK(femd_strain_from_F(sheared, E, err));
    const double energy = femd_mixed_regular(2, E, S), h = 1e-5;
    const double C[6] = {1 + 2 * E[0], 1 + 2 * E[1], 1 + 2 * E[2], 2 * E[3], 2 * E[4], 2 * E[5]};
    double along = 0;
    for (int c = 0; c < 6; ++c) along += S[c] * C[c], size += fabs(S[c]);
    assert_true(size > 0.5 && fabs(along) < 1e-14 * size);
    for (int c = 0; c < 6; ++c) {
        memcpy(at, E, sizeof at);
        at[c] += h;
        const double more = femd_mixed_regular(2, at, none);
        at[c] -= 2 * h;
        assert_true(fabs((more - femd_mixed_regular(2, at, none)) / (2 * h) - S[c]) < 1e-8);
    }
    /* by its definition; twice the modulus; a turn of the body and a swelling change nothing */
    const double J = femd_det3(sheared), t = 1 / cbrt(J * J), trace = 3 + 2 * (E[0] + E[1] + E[2]);
    assert_true(fabs(energy - (t * trace - 3)) < 1e-14);
    assert_true(fabs(femd_mixed_regular(4, E, none) - 2 * energy) < 1e-14);
    const double Q[9] = {0, -1, 0, 1, 0, 0, 0, 0, 1};
    femd_mul3(Q, sheared, turned);
    for (int i = 0; i < 9; ++i) turned[i] *= 1.3;
    OK(femd_strain_from_F(turned, E, err));
    assert_true(fabs(femd_mixed_regular(2, E, none) - energy) < 1e-14);
}

/* F + h dF with dE that changes component c alone. */
static void strained(int c, double h, double out[9]) {
    double E[6], R[9], U[9];
    OK(femd_polar(sheared, R, U, err));
    OK(femd_strain_from_F(sheared, E, err));
    E[c] += h;
    OK(femd_stretch_from_E(E, U, err));
    femd_mul3(R, U, out);
}

typedef struct point {
    double E[6], S[6], D[36], slope[6], gap;
} point;

static point point_at(const test_law *law, const double F[9], double p, double regular) {
    point at;
    femd_response r = {0};
    double value[6];
    const double J = femd_det3(F), t = 1 / cbrt(J * J);
    OK(femd_strain_from_F(F, at.E, err));
    for (int c = 0; c < 6; ++c) value[c] = c < 3 ? t * at.E[c] + 0.5 * (t - 1) : t * at.E[c];
    assert_true(test_law_pressure(law, 0, value, p, &r));
    femd_mixed_combine(F, at.E, p, &r, regular, at.S, at.D, at.slope, &at.gap);
    return at;
}

/* Beside a liquid and beside a solid whose volume depends on its shape. */
static void a_point_has_its_stress_and_its_tangent_beside_its_own(void **state) {
    (void)state;
    const double h = 1e-5, mu = 0.7, p = 0.3;
    for (int solid = 0; solid < 2; ++solid) {
        test_law law;
        test_law_init(&law);
        law.neo_hookean = !solid;
        law.mu = solid ? 1 : 0;
        law.lambda = 5;
        const point with = point_at(&law, sheared, p, mu), without = point_at(&law, sheared, p, 0);
        double S[6];
        (void)femd_mixed_regular(mu, with.E, S);
        assert_true(with.gap == without.gap && memcmp(with.slope, without.slope, sizeof with.slope) == 0);
        for (int c = 0; c < 6; ++c) assert_true(fabs(with.S[c] - without.S[c] - S[c]) < 1e-14);
        for (int c = 0; c < 6; ++c) {
            double up[9], down[9];
            strained(c, h, up);
            strained(c, -h, down);
            const point plus = point_at(&law, up, p, mu), minus = point_at(&law, down, p, mu);
            for (int a = 0; a < 6; ++a) {
                assert_true(fabs((plus.S[a] - minus.S[a]) / (2 * h) - with.D[6 * a + c]) < 1e-8 * 10);
                assert_true(fabs(with.D[6 * a + c] - with.D[6 * c + a]) < 1e-13 * 10);
            }
        }
    }
}

/* ---- who is a liquid ---- */

static void isotropic(double bulk, double mu, double p, femd_response *r) {
    memset(r, 0, sizeof *r);
    for (int i = 0; i < 3; ++i) {
        r->S[i] = -p;
        for (int j = 0; j < 3; ++j) r->D[6 * i + j] = bulk - 2 * mu / 3 - p * (i != j);
        r->D[7 * i] += 2 * mu + p;
        r->D[7 * (i + 3)] = mu + p;
    }
}

static void liquids_are_told_from_soft_solids(void **state) {
    (void)state;
    static const struct {
        double mu, p, error, regular;
        int liquid;
    } cases[] = {
        {1, 0, 0, 0, 0},      {1e-4, 0, 0, 0, 0},  {1e-4, 50, 0, 0, 0}, {0, 0, 0, 0, 1},
        {0, 50, 0, 0, 1},     {0, -50, 0, 0, 1},   {1e-7, 0, 0, 0, 1},  {-1e-7, 0, 0, 0, 1},
        {1, 0, 0.4, 0, 0},    {1, 0, 0.6, 0, 1},   {-1, 0, 0.3, 0, 1},  {-1, 0, 0.3, 0.9, 1},
        {-1, 0, 0.3, 1.7, 0}, {0, 50, 0, 1, 0},    {0, 0, 0.4, 1, 0},   {0, 0, 0.6, 1, 1},
        {-1, 0, 0.1, 0, 0},   {-1, 0, 0.16, 0, 0}, {-1, 0, 0.17, 0, 1}, {-1, 0, 0, 0, 0} /* unstable, and no liquid */};
    femd_case cs = {.path = (char *)"case.json", .mixed = 1};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; ++i) {
        femd_response r;
        femd_error err = FEMD_ERROR_INIT;
        isotropic(1000, cases[i].mu, cases[i].p, &r);
        r.D_err[7] = cases[i].error;
        cs.shear_regularisation = cases[i].regular;
        const femd_status rc = femd_case_check_shear(&cs, "water", &r, &err);
        if ((rc != FEMD_OK) != cases[i].liquid) fail_msg("case %zu: %s", i, err.text);
        if (rc == FEMD_OK) continue;
        assert_int_equal(rc, FEMD_BAD_INPUT);
        assert_non_null(strstr(err.text, "materials.water: its lowest shear stiffness"));
        assert_int_equal(strstr(err.text, "Its errors hide") != NULL, cases[i].mu > 1e-6 && cases[i].error > 0);
        assert_non_null(strstr(err.text, "element.shear_regularisation"));
    }
    /* one soft direction is enough: C11 = C12 along one pair of axes only */
    femd_response r;
    femd_error err = FEMD_ERROR_INIT;
    isotropic(1000, 100, 0, &r);
    r.D[1] = r.D[6] = r.D[0];
    cs.shear_regularisation = 0;
    assert_int_equal(femd_case_check_shear(&cs, "m", &r, &err), FEMD_BAD_INPUT);
    cs.mixed = 0; /* a displacement alone takes what it is given */
    assert_int_equal(femd_case_check_shear(&cs, "m", &r, &err), FEMD_OK);
}

/* A modulus that would carry the loads is refused, whatever the material's own pressure. */
static void a_modulus_is_a_small_part_of_the_bulk(void **state) {
    (void)state;
    static const struct {
        double mu, p, regular;
        int refused;
    } cases[] = {{0, 0, 149, 0},    {0, 0, 151, 1},   {0, 300, 149, 0},   {0, 300, 151, 1},   {0, -300, 149, 0},
                 {0, -300, 151, 1}, {100, 0, 149, 0}, {100, 0, 1e200, 1}, {100, 300, 149, 0}, {100, 300, 151, 1}};
    femd_case cs = {.path = (char *)"case.json", .mixed = 1};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; ++i) {
        femd_response r;
        femd_error err = FEMD_ERROR_INIT;
        isotropic(1000, cases[i].mu, cases[i].p, &r);
        cs.shear_regularisation = cases[i].regular;
        const femd_status rc = femd_case_check_shear(&cs, "water", &r, &err);
        if (rc != (cases[i].refused ? FEMD_BAD_INPUT : FEMD_OK)) fail_msg("case %zu: %s", i, err.text);
        if (rc != FEMD_OK) assert_non_null(strstr(err.text, "of the bulk modulus of materials.water, 1000 Pa"));
    }
}

/* ---- bodies ---- */

/* A vessel of liquid, smooth walls, open above. */
static void prepare_vessel(model *m, double regular, int n) {
    model_init(m, &femd_element_p2, n);
    m->cs.mixed = 1;
    m->cs.shear_regularisation = regular;
    m->cs.rtol = 1e-10;
    m->cs.mesh.distort = 0.2;
    m->law.neo_hookean = 1;
    m->law.mu = 0;
    m->law.lambda = BULK;
    m->law.wants |= FEMD_WANT_ENERGY;
    model_hold(m, "left", 0, NAN, NAN);
    model_hold(m, "right", 0, NAN, NAN);
    model_hold(m, "front", NAN, 0, NAN);
    model_hold(m, "back", NAN, 0, NAN);
    model_hold(m, "bottom", NAN, NAN, 0);
}

/* The same liquid between two plates, of which the upper one slides and presses. */
static void prepare_couette(model *m) {
    prepare_vessel(m, 0.05 * BULK, 1);
    m->cs.nboundary = 0;
    model_hold(m, "front", NAN, 0, NAN);
    model_hold(m, "back", NAN, 0, NAN);
    model_hold(m, "bottom", 0, 0, 0);
    model_hold(m, "top", 0.2, 0, -0.05);
}

static void a_liquid_is_refused_by_name(void **state) {
    (void)state;
    model m;
    femd_error err = FEMD_ERROR_INIT;
    prepare_vessel(&m, 0, 1);
    model_load(&m, "top", FEMD_LOAD_PRESSURE, 1, 0, 0);
    assert_int_equal(model_run(&m, &err), FEMD_BAD_INPUT);
    assert_non_null(strstr(err.text, "materials.material0: its lowest shear stiffness at no strain is"));
    assert_non_null(strstr(err.text, "that of a liquid"));
    assert_int_equal(m.steps, 0);
    model_clear(&m);
}

/* The largest error of the pressure at the vertices against weight x depth, over that at the bottom. */
static double depth_error(double regular, double weight, double *regular_stress) {
    model m;
    double most = 0, *pressure;
    prepare_vessel(&m, regular, 2);
    m.cs.has_body_force = 1;
    m.cs.body_force[2] = -weight;
    OK(model_run(&m, err));
    assert_int_equal(m.last.cuts, 0);
    assert_int_equal(m.last.unstable, 0);
    assert_true(m.last.newton <= 3);
    assert_true(fabs(m.reaction[3 * 4 + 2] - weight) < 1e-8 * weight); /* the bottom carries all of it */
    assert_non_null(pressure = malloc((m.p->pressure->n + 1) * sizeof *pressure));
    OK(femd_field_get(m.p->pressure, pressure, err));
    for (size_t i = 0; i < m.p->pressure->n; ++i)
        most = fmax(most, fabs(pressure[i] - weight * (1 - m.p->grid->node_x[3 * i + 2])));
    *regular_stress = m.last.regular_stress;
    free(pressure);
    model_clear(&m);
    return most / weight;
}

/* p = weight x depth less 4/3 mu/K of it: the rest is carried by the modulus. */
static void pressure_grows_with_depth_whatever_the_modulus(void **state) {
    (void)state;
    const double weight = 1e-4 * BULK;
    double off[3], stress[3];
    for (int k = 0; k < 3; ++k) off[k] = depth_error(BULK * pow(10, -2 - k), weight, &stress[k]);
    print_message("mu/K 1e-2, 1e-3, 1e-4: pressure off by %.2e %.2e %.2e, regularisation %.2e %.2e %.2e of it\n",
                  off[0], off[1], off[2], stress[0] / weight, stress[1] / weight, stress[2] / weight);
    for (int k = 0; k < 3; ++k) {
        const double expected = 4.0 / 3 * pow(10, -2 - k);
        assert_true(off[k] > 0.9 * expected && off[k] < 1.1 * expected);
        assert_true(stress[k] / weight > 0.5 * expected && stress[k] / weight < 2.5 * expected);
    }
}

/* A piston: the pressure is that of the volume alone, whatever the modulus. */
static void a_piston_meets_the_pressure_of_the_volume(void **state) {
    (void)state;
    for (int k = 0; k < 2; ++k) {
        model m;
        double *pressure;
        prepare_vessel(&m, k ? 1e-4 * BULK : 0.1 * BULK, 1);
        model_hold(&m, "top", NAN, NAN, -0.1);
        OK(model_run(&m, err));
        assert_non_null(pressure = malloc((m.p->pressure->n + 1) * sizeof *pressure));
        OK(femd_field_get(m.p->pressure, pressure, err));
        for (size_t i = 0; i < m.p->pressure->n; ++i)
            assert_true(fabs(pressure[i] / (-BULK * log(0.9) / 0.9) - 1) < 1e-9);
        free(pressure);
        model_clear(&m);
    }
}

/* Loads do the work that stress takes up; the atoms' energy and that of the modulus are what the body has, but for the
 * trapezoids. */
static void energies_are_told_apart(void **state) {
    (void)state;
    double off[2];
    for (int k = 0; k < 2; ++k) {
        model m;
        prepare_couette(&m);
        m.cs.step_count = 2 << k;
        OK(model_run(&m, err));
        double work = 0;
        for (int w = 0; w < FEMD_WORKS; ++w) work += m.last.work[w];
        assert_true(fabs(work - m.last.work[FEMD_WORK_STRESS]) < 1e-9 * work);
        assert_true(m.last.regular_energy > 0.05 * work && m.last.energy > 0.05 * work);
        off[k] = fabs((m.last.energy + m.last.regular_energy) / work - 1);
        model_clear(&m);
    }
    print_message("work less both energies: %.1e of it in 2 steps, %.1e in 4\n", off[0], off[1]);
    assert_true(off[0] < 1e-2 && off[1] < 0.3 * off[0]);
}

/* Where a material answers no energy its stress does, without the modulus, but for the trapezoids. */
static void work_of_the_atoms_is_without_the_modulus(void **state) {
    (void)state;
    double off[2];
    for (int k = 0; k < 2; ++k) {
        double energy[2];
        for (int told = 0; told < 2; ++told) {
            model m;
            prepare_couette(&m);
            m.cs.step_count = 4 << k;
            if (!told) m.law.wants &= ~(uint32_t)FEMD_WANT_ENERGY;
            OK(model_run(&m, err));
            energy[told] = m.last.energy;
            model_clear(&m);
        }
        off[k] = fabs(energy[0] / energy[1] - 1);
    }
    print_message("work of the atoms less their energy: %.1e of it in 4 steps, %.1e in 8\n", off[0], off[1]);
    assert_true(off[0] < 0.15 && off[1] < 0.3 * off[0]);
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
    assert_non_null(both);
    for (PetscInt i = 0; i < grid->nnodes; ++i) {
        const double *x = grid->node_x + 3 * i;
        both[4 * i] = 0.2 * x[0] - 0.4 * x[1] * x[0] + 0.05 * x[2] * x[2];
        both[4 * i + 1] = 0.4 * x[0] * x[0] - 0.1 * x[1] + 0.1 * x[2] * x[1];
        both[4 * i + 2] = 0.1 * x[0] * x[1] + 0.15 * x[2];
        both[4 * i + 3] = (0.1 * x[0] - 0.2 * x[1] * x[2] + 0.05) / 20;
    }
    OK(femd_field_set(m->p->pair, both, err));
    PETSC_OK(VecCopy(m->p->pair->committed, X));
    free(both);
}

static void jacobian_of_a_liquid_is_the_derivative(void **state) {
    (void)state;
    model m;
    Vec X, R, Rp, Rm, column;
    Mat K;
    PetscInt n;
    double worst = 0, scale;
    const double h = 1e-6;
    prepare_vessel(&m, 2, 1);
    m.law.lambda = 20;
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
    assert_true(m.p->mixed->scale > 10 && m.p->mixed->scale < 80); /* of the bulk modulus */
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
        for (PetscInt i = 0; i < n; ++i)
            if (i != j || rp[i] != rm[i]) worst = fmax(worst, fabs((rp[i] - rm[i]) / (2 * h) - k[i]));
        PETSC_OK(VecRestoreArrayRead(Rp, &rp));
        PETSC_OK(VecRestoreArrayRead(Rm, &rm));
        PETSC_OK(VecRestoreArrayRead(column, &k));
    }
    print_message("|K - FD| / |K| = %.1e\n", worst / scale);
    assert_true(worst < 1e-8 * scale);
    PETSC_OK(VecDestroy(&X));
    PETSC_OK(VecDestroy(&R));
    PETSC_OK(VecDestroy(&Rp));
    PETSC_OK(VecDestroy(&Rm));
    PETSC_OK(VecDestroy(&column));
    PETSC_OK(MatDestroy(&K));
    model_clear(&m);
}

int main(int argc, char **argv) {
    model_start(&argc, &argv);
    const struct CMUnitTest tests[] = {cmocka_unit_test(stress_is_the_slope_of_the_energy_and_has_no_pressure),
                                       cmocka_unit_test(a_point_has_its_stress_and_its_tangent_beside_its_own),
                                       cmocka_unit_test(liquids_are_told_from_soft_solids),
                                       cmocka_unit_test(a_modulus_is_a_small_part_of_the_bulk),
                                       cmocka_unit_test(a_liquid_is_refused_by_name),
                                       cmocka_unit_test(pressure_grows_with_depth_whatever_the_modulus),
                                       cmocka_unit_test(a_piston_meets_the_pressure_of_the_volume),
                                       cmocka_unit_test(energies_are_told_apart),
                                       cmocka_unit_test(work_of_the_atoms_is_without_the_modulus),
                                       cmocka_unit_test(jacobian_of_a_liquid_is_the_derivative)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
