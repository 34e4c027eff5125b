/* Errors fall with the cells as they should: orders of a manufactured solution at finite strain. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <math.h>

#include "manufactured.h"
#include "manufactured_both.h"

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

/* Heat and mechanics: a steady temperature strains the body; and in time both act on each other, the steps small
 * enough. */
static void both_fields_have_their_orders(void **state) {
    (void)state;
    static const struct {
        const femd_element *element;
        int n, steps;
        double least;
    } row[] = {{&femd_element_q1, 3, 0, 1.8},
               {&femd_element_p1, 3, 0, 1.7},
               {&femd_element_p2, 2, 0, 2.7},
               {&femd_element_q1, 2, 4, 1.7}};
    femd_error err = FEMD_ERROR_INIT;
    for (size_t i = 0; i < sizeof row / sizeof *row; ++i) {
        double u[2], T[2];
        for (int k = 0; k < 2; ++k)
            if (manufactured_both_errors(row[i].element, row[i].n << k, row[i].steps << k, &u[k], &T[k], &err) !=
                FEMD_OK)
                fail_msg("%s", err.text);
        print_message("%s, %d and %d cells, %d and %d steps: u %.2e, order %.2f; T %.2e, order %.2f\n",
                      row[i].element->name, row[i].n, 2 * row[i].n, row[i].steps, 2 * row[i].steps, u[1],
                      log2(u[0] / u[1]), T[1], log2(T[0] / T[1]));
        assert_true(log2(u[0] / u[1]) > row[i].least && log2(T[0] / T[1]) > row[i].least);
        assert_true(u[0] < 0.1 && T[0] < 0.1);
    }
}

int main(int argc, char **argv) {
    model_start(&argc, &argv);
    const struct CMUnitTest tests[] = {cmocka_unit_test(errors_fall_with_the_square_for_linear_elements),
                                       cmocka_unit_test(errors_fall_with_the_cube_for_quadratic_elements),
                                       cmocka_unit_test(both_fields_have_their_orders)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
