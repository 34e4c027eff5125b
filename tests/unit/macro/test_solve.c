/* Whole small problems: patch test, rigid motion, balance, Newton's rate, cuts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "model.h"

#define RUN_OK(m)                                                                                                      \
    do {                                                                                                               \
        femd_error err_ = FEMD_ERROR_INIT;                                                                             \
        if (model_run(m, &err_) != FEMD_OK) fail_msg("%s", err_.text);                                                 \
    } while (0)

static const double shear_and_stretch[9] = {0.05, 0.02, -0.01, 0.03, -0.04, 0.02, 0.0, 0.01, 0.03};

static void patch(femd_element element, int neo_hookean)
{
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
            assert_float_equal(m.p->pt->E[6 * k + c], E[c], 1e-12);
            assert_float_equal(m.p->pt->S[6 * k + c], S[c], 1e-12);
        }
    assert_float_equal(m.last.energy, energy, 1e-12);
    model_clear(&m);
}

static void patch_test_q1(void **state) { (void)state; patch(FEMD_ELEMENT_Q1, 0); patch(FEMD_ELEMENT_Q1, 1); }
static void patch_test_p1(void **state) { (void)state; patch(FEMD_ELEMENT_P1, 0); patch(FEMD_ELEMENT_P1, 1); }
static void patch_test_p2(void **state) { (void)state; patch(FEMD_ELEMENT_P2, 0); patch(FEMD_ELEMENT_P2, 1); }

int main(int argc, char **argv)
{
    model_start(&argc, &argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(patch_test_q1),
        cmocka_unit_test(patch_test_p1),
        cmocka_unit_test(patch_test_p2),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
