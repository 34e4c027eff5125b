/* The matrix of a field: its pattern beside DMPlex's, values put straight to their places beside PETSc's own way, what
 * it foretells, one preconditioner for several matrices; and the clock of the parts of the work. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <math.h>
#include <time.h>

#include "base/part.h"
#include "fields/assembly.h"
#include "fields/mechanics.h"
#include "model.h"
#include "near.h"
#include "solve/linear.h"

#define OK(expr)                                                                                                       \
    do {                                                                                                               \
        femd_error err_ = FEMD_ERROR_INIT;                                                                             \
        femd_error *err = &err_;                                                                                       \
        if ((expr) != FEMD_OK) fail_msg("%s", err_.text);                                                              \
    } while (0)
#define PETSC_OK(expr) assert_int_equal((expr), 0)

/* A distorted box, held at one side, with answers at a state that is no rest. */
static femd_field *strained(model *m, const femd_element *element, int cells) {
    int failed;
    model_init(m, element, cells);
    m->cs.mesh.distort = 0.2;
    model_hold(m, "left", 0, 0, 0);
    model_hold(m, "right", 0.1, 0.05, NAN);
    OK(model_create(m, err));
    femd_field *field = m->p->displacement;
    field->kind->step(field, 1);
    OK(field->kind->begin(field, 1, 0, err));
    OK(femd_field_prescribe(field, field->committed, err));
    OK(field->kind->evaluate(field, field->committed, &failed, err));
    assert_int_equal(failed, 0);
    return field;
}

static double nonzeros(Mat K) {
    MatInfo info;
    PETSC_OK(MatGetInfo(K, MAT_GLOBAL_SUM, &info));
    return info.nz_used;
}

/* PETSc's own way of putting values is that of a format whose places are not known here. */
static void pattern_and_values(const femd_element *element) {
    model m;
    Mat plex, blocks, other, own;
    PetscBool same;
    femd_field *field = strained(&m, element, 3);
    PETSC_OK(DMSetMatType(field->dm, MATAIJ));
    PETSC_OK(DMCreateMatrix(field->dm, &plex));
    PETSC_OK(DMSetMatType(field->dm, MATBAIJ));
    PETSC_OK(DMCreateMatrix(field->dm, &blocks));
    OK(femd_assembly_matrix(field->assembly, &own, err));
    PETSC_OK(MatSetOption(own, MAT_NEW_NONZERO_LOCATION_ERR, PETSC_TRUE));
    OK(field->kind->jacobian(field, blocks, err));
    OK(field->kind->jacobian(field, own, err));
    OK(field->kind->jacobian(field, own, err)); /* nothing stays of the first */
    PETSC_OK(MatConvert(blocks, MATAIJ, MAT_INITIAL_MATRIX, &other));
    PETSC_OK(MatEqual(own, other, &same));
    assert_true(same);
    OK(field->kind->jacobian(field, plex, err));
    PETSC_OK(MatEqual(own, plex, &same));
    assert_true(same);
    assert_true(nonzeros(own) == nonzeros(plex));
    PETSC_OK(MatDestroy(&plex));
    PETSC_OK(MatDestroy(&blocks));
    PETSC_OK(MatDestroy(&other));
    PETSC_OK(MatDestroy(&own));
    model_clear(&m);
}

static void matrix_is_that_of_petsc(void **state) {
    (void)state;
    pattern_and_values(&femd_element_q1);
    pattern_and_values(&femd_element_p1);
    pattern_and_values(&femd_element_p2);
}

/* Numbers without a pattern, the same on any rank. */
static void scatter_numbers(Vec x) {
    PetscInt start, end;
    PETSC_OK(VecGetOwnershipRange(x, &start, &end));
    for (PetscInt i = start; i < end; ++i) PETSC_OK(VecSetValue(x, i, sin(1 + 7.0 * i), INSERT_VALUES));
    PETSC_OK(VecAssemblyBegin(x));
    PETSC_OK(VecAssemblyEnd(x));
}

static double distance(Vec y, Vec z, Vec scratch) {
    PetscReal size, norm;
    PETSC_OK(VecNorm(z, NORM_2, &size));
    PETSC_OK(VecWAXPY(scratch, -1, y, z));
    PETSC_OK(VecNorm(scratch, NORM_2, &norm));
    return norm / size;
}

/* Beside PETSc's, of this matrix and of what becomes of it; a copy has PETSc's own, and so has the matrix at the end.
 */
static void product_of_a_packed_half(const femd_element *element) {
    model m;
    Mat K, copy;
    Vec x, y, z, scratch;
    femd_product product = {0};
    femd_field *field = strained(&m, element, 3);
    OK(femd_assembly_matrix(field->assembly, &K, err));
    OK(field->kind->jacobian(field, K, err));
    PETSC_OK(MatCreateVecs(K, &x, &y));
    PETSC_OK(VecDuplicate(y, &z));
    PETSC_OK(VecDuplicate(y, &scratch));
    scatter_numbers(x);
    PETSC_OK(MatMult(K, x, z));
    PETSC_OK(femd_product_take(&product, K));
    assert_non_null(product.own);
    PETSC_OK(MatMult(K, x, y));
    assert_true(distance(y, z, scratch) < 1e-14);
    PETSC_OK(MatDuplicate(K, MAT_COPY_VALUES, &copy));
    PETSC_OK(MatScale(copy, 3));
    PETSC_OK(MatMult(copy, x, y));
    PETSC_OK(VecScale(y, 1.0 / 3));
    assert_true(distance(y, z, scratch) < 1e-14);
    PETSC_OK(MatScale(K, 2));
    PETSC_OK(femd_product_take(&product, K));
    PETSC_OK(MatMult(K, x, y));
    PETSC_OK(VecScale(y, 0.5));
    assert_true(distance(y, z, scratch) < 1e-14);
    PETSC_OK(femd_product_drop(&product));
    PETSC_OK(MatScale(K, 0.5));
    PETSC_OK(MatMult(K, x, y));
    assert_true(distance(y, z, scratch) == 0);
    PETSC_OK(VecDestroy(&x));
    PETSC_OK(VecDestroy(&y));
    PETSC_OK(VecDestroy(&z));
    PETSC_OK(VecDestroy(&scratch));
    PETSC_OK(MatDestroy(&copy));
    PETSC_OK(MatDestroy(&K));
    model_clear(&m);
}

static void packed_product_is_that_of_petsc(void **state) {
    (void)state;
    product_of_a_packed_half(&femd_element_q1);
    product_of_a_packed_half(&femd_element_p2);
}

/* |K x - b| / |b| of what the solver has found. */
static PetscErrorCode note_products(KSP ksp, PetscInt iteration, PetscReal norm, void *via) {
    PetscBool is_set;
    (void)ksp, (void)iteration, (void)norm;
    return PetscOptionsGetString(NULL, NULL, "-matptap_via", via, 32, &is_set);
}

static double solve(femd_linear *linear, Mat K, Vec b, Vec x) {
    Vec r;
    int solved;
    PetscReal left, right;
    OK(femd_linear_solve(linear, K, b, x, &solved, err));
    assert_true(solved);
    PETSC_OK(VecDuplicate(b, &r));
    PETSC_OK(MatMult(K, x, r));
    PETSC_OK(VecAXPY(r, -1, b));
    PETSC_OK(VecNorm(r, NORM_2, &left));
    PETSC_OK(VecNorm(b, NORM_2, &right));
    PETSC_OK(VecDestroy(&r));
    return left / right;
}

/* A matrix of the attempt that is near the first is solved with its preconditioner; a far one too, but then that goes;
 * an attempt begins without. */
static void preconditioner_serves_while_it_is_good(void **state) {
    (void)state;
    model m;
    Mat K;
    Vec b, x, weight;
    PetscScalar *w;
    KSP ksp;
    PetscInt n;
    MatNullSpace modes;
    femd_linear linear;
    femd_field *field = strained(&m, &femd_element_q1, 6);
    m.cs.ksp_rtol = 1e-9;
    OK(femd_assembly_matrix(field->assembly, &K, err));
    PETSC_OK(MatSetOption(K, MAT_SYMMETRIC, PETSC_TRUE));
    PETSC_OK(femd_linear_modes(field, K, &modes));
    OK(field->kind->jacobian(field, K, err));
    PETSC_OK(MatCreateVecs(K, &x, &b));
    PETSC_OK(VecDuplicate(b, &weight));
    PETSC_OK(VecSet(b, 1));
    PETSC_OK(KSPCreate(m.comm, &ksp));
    PETSC_OK(femd_linear_init(&linear, &m.cs, m.p->size, ksp));
    PETSC_OK(femd_linear_use(&linear, 0));
    assert_int_equal(linear.first, -1);
    assert_true(solve(&linear, K, b, x) < 1e-7);
    const int first = linear.first;
    assert_true(first > 0);
    PETSC_OK(MatShift(K, 1e-3));
    assert_true(solve(&linear, K, b, x) < 1e-7);
    assert_int_equal(linear.first, first);
    linear.enough = 1e-2;
    const double loose = solve(&linear, K, b, x);
    assert_true(loose > 1e-7 && loose < 1);
    linear.enough = 0;
    assert_true(solve(&linear, K, b, x) < 1e-7);
    PETSC_OK(VecGetLocalSize(weight, &n));
    PETSC_OK(VecGetArrayWrite(weight, &w));
    for (PetscInt i = 0; i < n; ++i) w[i] = i % 2 ? 10 : 1;
    PETSC_OK(VecRestoreArrayWrite(weight, &w));
    PETSC_OK(MatDiagonalScale(K, weight, weight));
    assert_true(solve(&linear, K, b, x) < 1e-3); /* CG measures with the preconditioner that it has */
    assert_int_equal(linear.first, -1);          /* it took far more iterations: the next matrix gets its own */
    assert_true(solve(&linear, K, b, x) < 1e-7);
    assert_true(linear.first > 0);
    PETSC_OK(femd_linear_rest(&linear));
    assert_int_equal(linear.first, -1);
    femd_linear_clear(&linear);
    /* what multigrid makes its products by: ours is there during a solution alone, the user's own stands */
    for (int own = 0; own < 2; ++own) {
        PetscBool is_set;
        char via[32] = "", during[32] = "";
        if (own) PETSC_OK(PetscOptionsSetValue(NULL, "-matptap_via", "scalable"));
        PETSC_OK(femd_linear_init(&linear, &m.cs, m.p->size, ksp));
        PETSC_OK(femd_linear_use(&linear, 0));
        PETSC_OK(KSPMonitorSet(ksp, note_products, during, NULL));
        assert_true(solve(&linear, K, b, x) < 1e-3);
        PETSC_OK(KSPMonitorCancel(ksp));
        femd_linear_clear(&linear);
        assert_string_equal(during, own ? "scalable" : m.p->size > 1 ? "allatonce" : "");
        PETSC_OK(PetscOptionsGetString(NULL, NULL, "-matptap_via", via, sizeof via, &is_set));
        assert_int_equal(is_set, own);
        assert_string_equal(via, own ? "scalable" : "");
        if (own) PETSC_OK(PetscOptionsClearValue(NULL, "-matptap_via"));
    }
    PETSC_OK(KSPDestroy(&ksp));
    PETSC_OK(MatNullSpaceDestroy(&modes));
    PETSC_OK(MatDestroy(&K));
    PETSC_OK(VecDestroy(&b));
    PETSC_OK(VecDestroy(&x));
    PETSC_OK(VecDestroy(&weight));
    model_clear(&m);
}

static void burn(double seconds) {
    const clock_t end = clock() + (clock_t)(seconds * CLOCKS_PER_SEC);
    while (clock() < end) continue;
}

static void inner(void) {
    FEMD_PART(TABLES);
    burn(0.02);
}

static void every_moment_belongs_to_one_part(void **state) {
    (void)state;
    femd_part_cost before[FEMD_PARTS], after[FEMD_PARTS];
    double spent = 0;
    femd_part_costs(before);
    const double start = (double)clock() / CLOCKS_PER_SEC;
    const femd_part at_first = femd_part_enter(FEMD_PART_CHECKPOINT);
    inner();
    burn(0.01);
    assert_int_equal(femd_part_enter(at_first), FEMD_PART_CHECKPOINT);
    femd_part_costs(after);
    const double passed = (double)clock() / CLOCKS_PER_SEC - start;
    for (int i = 0; i < FEMD_PARTS; ++i) spent += after[i].cpu - before[i].cpu;
    assert_true(fabs(spent - passed) < 2e-3);
    assert_true(after[FEMD_PART_TABLES].cpu - before[FEMD_PART_TABLES].cpu >= 0.019);
    assert_true(after[FEMD_PART_TABLES].cpu - before[FEMD_PART_TABLES].cpu < 0.025);
    assert_true(after[FEMD_PART_CHECKPOINT].cpu - before[FEMD_PART_CHECKPOINT].cpu >= 0.009);
    assert_true(after[FEMD_PART_CHECKPOINT].cpu - before[FEMD_PART_CHECKPOINT].cpu < 0.015);
    assert_true(after[FEMD_PART_TABLES].wall > before[FEMD_PART_TABLES].wall);
    assert_true(after[FEMD_PART_CHECKPOINT].peak > 1e6);
    assert_string_equal(femd_part_key(FEMD_PART_CHECKPOINT), "checkpoint");
}

static int after_a_step(void *user) {
    const model *m = user;
    return m->p->step > 0;
}

/* A bar that is stretched by 10 % and is to be stretched by as much again, nu 0: what the tangent foretells for its
 * grip, P + (dP/du) u, is spread over 25 nodes that all move alike. */
static void what_a_jump_will_need_is_foretold(void **state) {
    (void)state;
    const double u = 0.1, P = (1 + u) * (u + 0.5 * u * u), slope = u + 0.5 * u * u + (1 + u) * (1 + u);
    model m;
    Mat K;
    Vec rhs, dx;
    KSP ksp;
    int possible;
    double flux;
    femd_error stopped = FEMD_ERROR_INIT;
    const femd_stepping_hooks hooks = {.user = &m, .stop = after_a_step};
    model_init(&m, &femd_element_q1, 4);
    m.cs.direct = 0;
    m.cs.mesh.cells[0] = 2; /* ranks share the grip */
    m.cs.step_count = 2;
    m.law.lambda = 0;
    m.law.mu = 0.5;
    model_hold(&m, "left", 0, 0, 0);
    model_hold(&m, "right", 2 * u, 0, 0);
    OK(model_create(&m, err));
    assert_int_equal(femd_stepping_run(m.p, &hooks, &stopped), FEMD_CANCELLED);
    femd_field *field = m.p->displacement;
    field->kind->step(field, 2);
    OK(field->kind->begin(field, 1, 0, err));
    OK(femd_assembly_matrix(field->assembly, &K, err));
    PETSC_OK(MatCreateVecs(K, &dx, &rhs));
    OK(field->kind->predictor(field, K, rhs, &possible, err));
    assert_int_equal(possible, 1);
    PETSC_OK(KSPCreate(PETSC_COMM_WORLD, &ksp));
    PETSC_OK(KSPSetOperators(ksp, K, K));
    PETSC_OK(KSPSetType(ksp, KSPCG));
    PETSC_OK(KSPSetTolerances(ksp, 1e-12, 0, PETSC_DEFAULT, 500));
    PETSC_OK(KSPSolve(ksp, rhs, dx));
    OK(femd_field_foretold(field, dx, &flux, err));
    assert_near(flux, (P + slope * u) / 5, 1e-9);
    PETSC_OK(KSPDestroy(&ksp));
    PETSC_OK(VecDestroy(&dx));
    PETSC_OK(VecDestroy(&rhs));
    PETSC_OK(MatDestroy(&K));
    model_clear(&m);
}

int main(int argc, char **argv) {
    model_start(&argc, &argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(matrix_is_that_of_petsc),           cmocka_unit_test(packed_product_is_that_of_petsc),
        cmocka_unit_test(what_a_jump_will_need_is_foretold), cmocka_unit_test(preconditioner_serves_while_it_is_good),
        cmocka_unit_test(every_moment_belongs_to_one_part),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
