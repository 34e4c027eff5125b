/* The blocks of heat and mechanics by differences, in a body that is bent: what a change of temperature does to the
 * forces (and volumes), as a further pass foretells it, and the heat's own matrix in a second pass,
 * with a conductivity of temperature and strain. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fields/heat_private.h"
#include "fields/mechanics_private.h"
#include "fields/mixed_private.h"
#include "model.h"
#include "near.h"

#define OK(expr)                                                                                                       \
    do {                                                                                                               \
        femd_error err_ = FEMD_ERROR_INIT;                                                                             \
        femd_error *err = &err_;                                                                                       \
        if ((expr) != FEMD_OK) fail_msg("%s", err_.text);                                                              \
    } while (0)
#define PETSC_OK(expr) assert_int_equal((expr), 0)

static const double skew[6] = {1, 2, 3, 0.2, 0.1, 0.3};

/* Temperature of a node, K; how it changes. */
static double warm(const double *x) {
    return 3 + 0.5 * x[0] * x[1] - 0.3 * x[2] * x[2];
}

static double warmer(const double *x) {
    return 0.2 + x[0] - 0.5 * x[1] * x[2];
}

typedef struct body {
    model m;
    Vec X, T;
} body;

/* Values of a field by node. */
static void put(femd_field *field, double (*of)(const double *x), double scale, Vec out) {
    double *value = malloc((field->n + 1) * sizeof *value);
    for (PetscInt i = 0; i < field->grid->nnodes; ++i) value[i] = scale * of(field->grid->node_x + 3 * i);
    OK(femd_field_set(field, value, err));
    PETSC_OK(VecCopy(field->committed, out));
    free(value);
}

static void bend(const femd_problem *p, Vec X) {
    femd_field *field = p->solved;
    const int width = field->components;
    double *value = calloc(field->n + 1, sizeof *value);
    for (PetscInt i = 0; i < p->grid->nnodes; ++i) {
        const double *x = p->grid->node_x + 3 * i;
        double *u = value + width * i;
        u[0] = 0.2 * x[0] - 0.4 * x[1] * x[0] + 0.05 * x[2] * x[2];
        u[1] = 0.4 * x[0] * x[0] - 0.1 * x[1] + 0.1 * x[2] * x[1];
        u[2] = 0.1 * x[0] * x[1] + 0.15 * x[2];
        if (width > 3) u[3] = 0.1 * x[0] - 0.2 * x[1] * x[2] + 0.05;
    }
    OK(femd_field_set(field, value, err));
    PETSC_OK(VecCopy(field->committed, X));
    free(value);
}

/* Heat and mechanics in the middle of an attempt: both evaluated, the heat for the second time. */
static void begin(body *b, const femd_element *element, int mixed) {
    int failed;
    model *m = &b->m;
    model_init(m, element, 1);
    m->comm = PETSC_COMM_SELF;
    m->cs.mixed = mixed;
    m->law.alpha = 0.02;
    model_both(m, skew, 2, 1, 0.5);
    m->law.rest = 1;
    m->law.neo_hookean = 1;
    m->law.inputs |= FEMD_INPUT_TEMPERATURE;
    m->law.k_slope = 0.3;
    m->law.k_strain = 0.5;
    m->law.capacity_slope = 0.2;
    m->cs.heat.coupling = FEMD_COUPLING_TWO_WAY;
    m->cs.heat.iterate = 1e-6;
    model_hold(m, "left", 0, NAN, NAN);
    model_hold(m, "front", NAN, 0, NAN);
    model_hold(m, "bottom", NAN, NAN, 0);
    OK(model_create(m, err));
    femd_field *heat = m->p->temperature, *moved = m->p->solved;
    PETSC_OK(VecDuplicate(heat->committed, &b->T));
    PETSC_OK(VecDuplicate(moved->committed, &b->X));
    moved->kind->step(moved, 1);
    heat->kind->step(heat, 1);
    OK(femd_mechanics_begin_virgin(m->p, err));
    OK(heat->kind->begin(heat, 0.1, 0, err));
    OK(heat->kind->evaluate(heat, heat->committed, &failed, err));
    OK(moved->kind->begin(moved, 0.1, 0, err));
    bend(m->p, b->X);
    OK(moved->kind->evaluate(moved, b->X, &failed, err));
    assert_int_equal(failed, 0);
}

static void end(body *b) {
    (void)VecDestroy(&b->X);
    (void)VecDestroy(&b->T);
    model_clear(&b->m);
}

/* ---- forces of a temperature ---- */

static void residual_at(body *b, double scale, Vec R) {
    int failed;
    femd_problem *p = b->m.p;
    for (PetscInt k = 0; k < p->pt->n; ++k) {
        const double *x = p->pt->x + 3 * k;
        p->pt->temperature[k] = warm(x) + scale * warmer(x);
    }
    p->mech->evaluated = 0;
    OK(p->solved->kind->evaluate(p->solved, b->X, &failed, err));
    assert_int_equal(failed, 0);
    OK(p->solved->kind->residual(p->solved, R, err));
}

/* The step of Newton's method that a further pass begins with has dR/dT of the points. */
static void forces_of_a_temperature(int mixed, const femd_element *element) {
    body b;
    begin(&b, element, mixed);
    femd_problem *p = b.m.p;
    const double h = 1e-4;
    Vec R, plus, minus, again;
    Mat K;
    double most, off;
    PETSC_OK(VecDuplicate(b.X, &R));
    PETSC_OK(VecDuplicate(b.X, &plus));
    PETSC_OK(VecDuplicate(b.X, &minus));
    PETSC_OK(VecDuplicate(b.X, &again));
    PETSC_OK(DMCreateMatrix(p->solved->dm, &K));
    residual_at(&b, h, plus);
    residual_at(&b, -h, minus);
    residual_at(&b, 0, R);
    PETSC_OK(VecAXPY(plus, -1, minus));
    PETSC_OK(VecScale(plus, 0.5 / h));
    /* as if the heat had moved all by `warmer` since: both are P2 or Q1, so that points have what nodes make of it */
    for (PetscInt i = 0; i < p->grid->nnodes; ++i) p->heat->value[i] = 0;
    for (PetscInt k = 0; k < p->pt->n; ++k) p->heat->T_last[k] = -warmer(p->pt->x + 3 * k);
    OK(p->solved->kind->again(p->solved, K, again, err));
    PETSC_OK(VecAXPY(again, -1, R));
    PETSC_OK(VecNorm(plus, NORM_INFINITY, &most));
    PETSC_OK(VecAXPY(again, -1, plus));
    PETSC_OK(VecNorm(again, NORM_INFINITY, &off));
    print_message("%s%s: dR/dT off by %.1e of %.1e\n", element->name, mixed ? " with pressure" : "", off, most);
    assert_true(most > 1e-3 && off < 1e-7 * most);
    assert_true(femd_mechanics_pass_change(p) > 1e-3);
    (void)VecDestroy(&R);
    (void)VecDestroy(&plus);
    (void)VecDestroy(&minus);
    (void)VecDestroy(&again);
    (void)MatDestroy(&K);
    end(&b);
}

static void a_pass_foretells_the_forces_of_its_temperature(void **state) {
    (void)state;
    forces_of_a_temperature(0, &femd_element_q1);
    forces_of_a_temperature(0, &femd_element_p2);
    forces_of_a_temperature(1, &femd_element_p2);
}

/* ---- the matrix of the heat ---- */

static void heat_at(body *b, Vec T, Vec R) {
    int failed;
    femd_field *heat = b->m.p->temperature;
    OK(heat->kind->evaluate(heat, T, &failed, err));
    assert_int_equal(failed, 0);
    OK(heat->kind->residual(heat, R, err));
}

/* With a conductivity and a capacity in proportion to the temperature secants are slopes. */
static void heat_of_a_bent_body(int mixed, const femd_element *element) {
    body b;
    begin(&b, element, mixed);
    femd_problem *p = b.m.p;
    femd_field *heat = p->temperature;
    const double h = 1e-4;
    double off = 0, most;
    Vec R[2], column;
    Mat K;
    PetscInt n;
    for (int i = 0; i < 2; ++i) PETSC_OK(VecDuplicate(b.T, &R[i]));
    PETSC_OK(VecDuplicate(b.T, &column));
    PETSC_OK(DMCreateMatrix(heat->dm, &K));
    OK(heat->kind->again(heat, K, R[0], err));
    assert_int_equal(femd_heat_passes(p->heat), 2);
    put(heat, warm, 0.9, b.T);
    heat_at(&b, b.T, R[0]); /* the other end of the secants */
    put(heat, warm, 1, b.T);
    heat_at(&b, b.T, R[0]);
    OK(heat->kind->jacobian(heat, K, err));
    PETSC_OK(MatNorm(K, NORM_INFINITY, &most));
    PETSC_OK(VecGetSize(b.T, &n));
    for (PetscInt j = 0; j < n; ++j) {
        double norm;
        for (int side = 0; side < 2; ++side) {
            PETSC_OK(VecSetValue(b.T, j, side ? -2 * h : h, ADD_VALUES));
            PETSC_OK(VecAssemblyBegin(b.T));
            PETSC_OK(VecAssemblyEnd(b.T));
            heat_at(&b, b.T, R[side]);
        }
        PETSC_OK(VecSetValue(b.T, j, h, ADD_VALUES));
        PETSC_OK(MatGetColumnVector(K, column, j));
        PETSC_OK(VecAXPY(R[0], -1, R[1]));
        PETSC_OK(VecAXPY(column, -0.5 / h, R[0]));
        PETSC_OK(VecNorm(column, NORM_INFINITY, &norm));
        off = fmax(off, norm);
    }
    print_message("%s%s: heat off by %.1e of %.1e\n", element->name, mixed ? " with pressure" : "", off, most);
    assert_true(off < 1e-8 * most);
    for (int i = 0; i < 2; ++i) (void)VecDestroy(&R[i]);
    (void)VecDestroy(&column);
    (void)MatDestroy(&K);
    end(&b);
}

static void the_matrix_of_the_heat_is_that_of_the_bent_body(void **state) {
    (void)state;
    heat_of_a_bent_body(0, &femd_element_q1);
    heat_of_a_bent_body(0, &femd_element_p2);
    heat_of_a_bent_body(1, &femd_element_p2);
}

int main(int argc, char **argv) {
    model_start(&argc, &argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pass_foretells_the_forces_of_its_temperature),
        cmocka_unit_test(the_matrix_of_the_heat_is_that_of_the_bent_body),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
