/* The Jacobian is the derivative of the residual: central differences by hand, in a strained and turned state. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <stdlib.h>

#include "fields/mechanics.h"
#include "model.h"
#include "near.h"

#define OK(expr)                                                                                                       \
    do {                                                                                                               \
        femd_error err_ = FEMD_ERROR_INIT;                                                                             \
        femd_error *err = &err_;                                                                                       \
        if ((expr) != FEMD_OK) fail_msg("%s", err_.text);                                                              \
    } while (0)
#define PETSC_OK(expr) assert_int_equal((expr), 0)

/* Some large displacement, the same for any run. */
static void bend(femd_problem *p, Vec X) {
    double *u = malloc(3 * (size_t)p->grid->nnodes * sizeof *u);
    for (PetscInt i = 0; i < p->grid->nnodes; ++i) {
        const double *x = p->grid->node_x + 3 * i;
        u[3 * i] = 0.2 * x[0] - 0.4 * x[1] * x[0] + 0.05 * x[2] * x[2];
        u[3 * i + 1] = 0.4 * x[0] * x[0] - 0.1 * x[1] + 0.1 * x[2] * x[1];
        u[3 * i + 2] = 0.1 * x[0] * x[1] + 0.15 * x[2];
    }
    OK(femd_field_set(p->displacement, u, err));
    PETSC_OK(VecCopy(p->displacement->committed, X));
    free(u);
}

static void residual_at(model *m, Vec X, Vec R) {
    int failed;
    OK(m->p->displacement->kind->evaluate(m->p->displacement, X, &failed, err));
    assert_int_equal(failed, 0);
    OK(m->p->displacement->kind->residual(m->p->displacement, R, err));
}

static void compare(const femd_element *element, int neo_hookean, double following) {
    model m;
    Vec X, R, Rp, Rm, row;
    Mat K;
    PetscInt n;
    const double h = 1e-6;
    double worst = 0, scale = 0;
    model_init(&m, element, element == &femd_element_p2 ? 1 : 2);
    m.law.neo_hookean = neo_hookean;
    m.cs.mesh.distort = 0.2;
    model_hold(&m, "left", NAN, 0, NAN);
    model_hold(&m, "bottom", NAN, NAN, 0.0);
    model_hold(&m, "right", 0, NAN, NAN);
    if (following != 0) model_load(&m, "top", FEMD_LOAD_FOLLOWER, following, 0, 0);
    OK(model_create(&m, err));
    PETSC_OK(DMCreateGlobalVector(m.p->displacement->dm, &X));
    PETSC_OK(VecDuplicate(X, &R));
    PETSC_OK(VecDuplicate(X, &Rp));
    PETSC_OK(VecDuplicate(X, &Rm));
    PETSC_OK(VecDuplicate(X, &row));
    PETSC_OK(DMCreateMatrix(m.p->displacement->dm, &K));
    bend(m.p, X);
    m.p->displacement->kind->step(m.p->displacement, 1);
    OK(m.p->displacement->kind->begin(m.p->displacement, 1, 0, err));
    OK(femd_field_prescribe(m.p->displacement, X, err));
    residual_at(&m, X, R);
    OK(m.p->displacement->kind->jacobian(m.p->displacement, K, err));
    PETSC_OK(VecGetSize(X, &n));
    PETSC_OK(MatNorm(K, NORM_INFINITY, &scale));
    for (PetscInt j = 0; j < n; ++j) {
        const PetscScalar *rp, *rm, *k;
        PETSC_OK(VecSetValue(X, j, h, ADD_VALUES));
        residual_at(&m, X, Rp);
        PETSC_OK(VecSetValue(X, j, -2 * h, ADD_VALUES));
        residual_at(&m, X, Rm);
        PETSC_OK(VecSetValue(X, j, h, ADD_VALUES));
        PETSC_OK(MatGetColumnVector(K, row, j));
        PETSC_OK(VecGetArrayRead(Rp, &rp));
        PETSC_OK(VecGetArrayRead(Rm, &rm));
        PETSC_OK(VecGetArrayRead(row, &k));
        for (PetscInt i = 0; i < n; ++i) {
            if (i == j && rp[i] == rm[i]) continue; /* prescribed: a diagonal of our choice */
            worst = fmax(worst, fabs((rp[i] - rm[i]) / (2 * h) - k[i]));
        }
        PETSC_OK(VecRestoreArrayRead(Rp, &rp));
        PETSC_OK(VecRestoreArrayRead(Rm, &rm));
        PETSC_OK(VecRestoreArrayRead(row, &k));
    }
    print_message("element %s, law %d, follower %g: |K - FD| / |K| = %.1e\n", element->name, neo_hookean, following,
                  worst / scale);
    assert_true(worst < 1e-8 * scale);
    PETSC_OK(VecDestroy(&X));
    PETSC_OK(VecDestroy(&R));
    PETSC_OK(VecDestroy(&Rp));
    PETSC_OK(VecDestroy(&Rm));
    PETSC_OK(VecDestroy(&row));
    PETSC_OK(MatDestroy(&K));
    model_clear(&m);
}

static void jacobian_is_the_derivative_q1(void **state) {
    (void)state;
    compare(&femd_element_q1, 0, 0);
    compare(&femd_element_q1, 1, 0);
    compare(&femd_element_q1, 1, 20); /* the load stiffness is as large as the body's */
}
static void jacobian_is_the_derivative_p1(void **state) {
    (void)state;
    compare(&femd_element_p1, 0, 0);
    compare(&femd_element_p1, 1, 0);
    compare(&femd_element_p1, 1, 20); /* the load stiffness is as large as the body's */
}
static void jacobian_is_the_derivative_p2(void **state) {
    (void)state;
    compare(&femd_element_p2, 0, 0);
    compare(&femd_element_p2, 1, 0);
    compare(&femd_element_p2, 1, 20); /* the load stiffness is as large as the body's */
}

int main(int argc, char **argv) {
    model_start(&argc, &argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(jacobian_is_the_derivative_q1),
        cmocka_unit_test(jacobian_is_the_derivative_p1),
        cmocka_unit_test(jacobian_is_the_derivative_p2),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
