/* Errors fall with the cells as they should: orders of a manufactured solution at finite strain. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <math.h>

#include "manufactured.h"

static void order_is_at_least(const femd_element *element, int n, double least) {
    double error[2];
    femd_error err = FEMD_ERROR_INIT;
    for (int k = 0; k < 2; ++k)
        if (manufactured_error(element, n << k, &error[k], &err) != FEMD_OK) fail_msg("%s", err.text);
    const double order = log2(error[0] / error[1]);
    print_message("%s: %.2e on %d, %.2e on %d cells a side, order %.2f\n", element->name, error[0], n, error[1], 2 * n,
                  order);
    assert_true(order > least);
}

static void errors_fall_with_the_square_for_linear_elements(void **state) {
    (void)state;
    order_is_at_least(&femd_element_q1, 4, 1.8);
    order_is_at_least(&femd_element_p1, 3, 1.7);
}

static void errors_fall_with_the_cube_for_quadratic_elements(void **state) {
    (void)state;
    order_is_at_least(&femd_element_p2, 2, 2.7);
}

int main(int argc, char **argv) {
    model_start(&argc, &argv);
    const struct CMUnitTest tests[] = {cmocka_unit_test(errors_fall_with_the_square_for_linear_elements),
                                       cmocka_unit_test(errors_fall_with_the_cube_for_quadratic_elements)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
