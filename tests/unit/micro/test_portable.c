/* Functions without a library, against long doubles of one, over all that they take; and bits that no machine changes.
 */
#include "numerics/portable.h"

#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

enum { POINTS = 40000 };

/* Point k of POINTS, evenly from low to high. */
static double point(int k, double low, double high) {
    return low + (high - low) * ((double)k / POINTS);
}

static double relative(double got, long double right) {
    return fabs((double)(((long double)got - right) / right));
}

static double worst_exp(double low, double high) {
    double worst = 0;
    for (int k = 0; k <= POINTS; k++) {
        const double a = point(k, low, high);
        worst = fmax(worst, relative(femd_portable_exp(a), expl((long double)a)));
    }
    return worst;
}

static void exponentials(void **state) {
    (void)state;
    print_message("exp: %.1e within 0.0625, %.1e within 1, %.1e within 700\n", worst_exp(-0.0625, 0.0625),
                  worst_exp(-1, 1), worst_exp(-700, 700));
    assert_true(worst_exp(-0.0625, 0.0625) <= 3e-16 && worst_exp(-1, 1) <= 3e-16 && worst_exp(-700, 700) <= 3e-16);
    assert_true(femd_portable_exp(-701) == 0 && isinf(femd_portable_exp(701)) && femd_portable_exp(0) == 1);
    assert_true(isnan(femd_portable_exp(NAN)) && isnan(femd_portable_expm1(NAN)));
    double small = 0, large = 0;
    for (int k = 0; k <= POINTS; k++) {
        const double a = point(k, -40, 3), near = (k % 2 ? 1 : -1) * ldexp(1 + point(k, 0, 1), -(k % 60));
        if (a != 0) large = fmax(large, relative(femd_portable_expm1(a), expm1l((long double)a)));
        small = fmax(small, relative(femd_portable_expm1(near), expm1l((long double)near)));
    }
    print_message("expm1: %.1e from -40 to 3, %.1e near 0\n", large, small);
    assert_true(large <= 6e-16 && small <= 6e-16);
    assert_true(femd_portable_expm1(0) == 0);
}

static void roots_and_logarithms(void **state) {
    (void)state;
    double root = 0, logarithm = 0;
    for (int k = 0; k <= POINTS; k++) {
        const double x = ldexp(1 + point(k, 0, 1), k % 2001 - 1000), near = point(k, 0.4, 3);
        root = fmax(root, relative(femd_portable_cbrt(x), cbrtl((long double)x)));
        root = fmax(root, relative(femd_portable_cbrt(near), cbrtl((long double)near)));
        if (x < 0.5 || x > 2) logarithm = fmax(logarithm, relative(femd_portable_log(x), logl((long double)x)));
        if (near != 1) logarithm = fmax(logarithm, relative(femd_portable_log(near), logl((long double)near)));
    }
    print_message("cbrt: %.1e, log: %.1e\n", root, logarithm);
    assert_true(root <= 3e-16 && logarithm <= 6e-16);
    assert_true(femd_portable_cbrt(1) == 1 && femd_portable_cbrt(27) == 3 && femd_portable_log(1) == 0);
}

/* The series errs by some 1e-14; beyond 10, where it alone is taken, psi(x + 1) - psi(x) = 1/x. */
static void polygamma_functions(void **state) {
    (void)state;
    assert_true(fabs(femd_portable_digamma(1) + 0.5772156649015329) < 1e-13);
    assert_true(fabs(femd_portable_digamma(0.5) + 1.9635100260214235) < 1e-13);
    assert_true(fabs(femd_portable_digamma(10) - 2.251752589066721) < 1e-13);
    assert_true(fabs(femd_portable_trigamma(1) - 1.6449340668482264) < 1e-13);
    assert_true(fabs(femd_portable_trigamma(0.5) - 4.934802200544679) < 1e-13);
    for (double x = 10; x < 1000; x *= 1.3) {
        assert_true(fabs(femd_portable_digamma(x + 1) - femd_portable_digamma(x) - 1 / x) < 1e-13);
        assert_true(fabs(femd_portable_trigamma(x) - femd_portable_trigamma(x + 1) - 1 / (x * x)) < 1e-13);
    }
}

static void turns(void **state) {
    (void)state;
    double worst = 0;
    for (int k = 0; k < POINTS; k++) {
        const double t = point(k, 0, 1);
        double cosine, sine;
        femd_portable_turn(t, &cosine, &sine);
        worst = fmax(worst, fabs((double)(cosine - cosl(2 * acosl(-1) * (long double)t))));
        worst = fmax(worst, fabs((double)(sine - sinl(2 * acosl(-1) * (long double)t))));
    }
    print_message("cosine and sine of turns: %.1e\n", worst);
    assert_true(worst <= 3e-16);
}

static void the_same_bits_everywhere(void **state) {
    (void)state;
    const double got[6] = {femd_portable_exp(-3.7),    femd_portable_exp(0.01), femd_portable_expm1(-0.125),
                           femd_portable_cbrt(1.0437), femd_portable_log(0.3),  femd_portable_expm1(-5.5)};
    static const double right[6] = {0x1.9511fc6871044p-6, 0x1.0292a5d2f2226p+0, -0x1.e14aed893eef4p-4,
                                    0x1.03ad102e12c1bp+0, -0x1.34378fcbda72p+0, -0x1.fde856b4a6b12p-1};
    for (int k = 0; k < 6; k++) assert_true(got[k] == right[k]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exponentials),
        cmocka_unit_test(roots_and_logarithms),
        cmocka_unit_test(polygamma_functions),
        cmocka_unit_test(turns),
        cmocka_unit_test(the_same_bits_everywhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
