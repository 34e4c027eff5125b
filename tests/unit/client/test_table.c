/* The grid of femd table, and the polynomials that are laid through it. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "femd/client.h"
#include "table.h"

static table_grid grid_of(const char *text) {
    table_grid g = {0};
    femd_error err = FEMD_ERROR_INIT;
    assert_int_equal(table_grid_add(&g, text, &err), FEMD_OK);
    return g;
}

static void axes_have_both_ends_and_go_round_backwards(void **state) {
    (void)state;
    const table_grid g = grid_of("temperature=0.1:0.7:4, strain.4=-1:1:3,pressure=1 GPa:-2GPa:2");
    double x[TABLE_AXES_MAX];
    assert_int_equal(g.points, 24);
    assert_string_equal(g.axis[1].name, "strain.yz");
    assert_int_equal(g.axis[1].component, 3);
    for (size_t i = 0; i < g.points; i++) {
        table_grid_place(&g, i, x);
        assert_true(x[0] == table_axis_value(&g.axis[0], (int)(i / 6)));
        assert_true(x[1] == (double)(i / 2 % 3) - 1);
        assert_true(x[2] == (i % 2 ? -2e9 : 1e9));
    }
    assert_true(table_axis_value(&g.axis[0], 0) == 0.1 && table_axis_value(&g.axis[0], 3) == 0.7);
}

static void a_point_asks_what_eval_would_be_asked(void **state) {
    (void)state;
    const table_grid g = grid_of("F.12=0:0.1:2,temperature=100:300:3");
    const eval_request ask = {.seed = 1};
    table_ask at;
    table_ask_at(&g, 4, &ask, &at);
    const double F[9] = {1, 0.1, 0, 0, 1, 0, 0, 0, 1};
    assert_true(at.ask.F.given && memcmp(at.ask.F.v, F, sizeof F) == 0);
    assert_string_equal(at.ask.temperature, "200");
    assert_null(at.ask.pressure);
}

static void chemical_potentials_are_an_axis(void **state) {
    (void)state;
    const table_grid g = grid_of("chemical-potential.Ni=-0.8:-0.7:2,chemical-potential.Co=0:1:2");
    const eval_request ask = {.seed = 1, .chemical = {.n = 1, .item = {"Fe=0.1"}}};
    femd_error err = FEMD_ERROR_INIT;
    table_grid other = {0};
    table_ask at;
    table_ask_at(&g, 1, &ask, &at);
    assert_int_equal(at.ask.chemical.n, 3);
    assert_string_equal(at.ask.chemical.item[1], "Ni=-0.80000000000000004");
    assert_string_equal(at.ask.chemical.item[2], "Co=1");
    assert_string_equal(table_axis_unit(&g.axis[0]), "eV");
    assert_int_not_equal(g.axis[0].component, g.axis[1].component);
    assert_int_equal(table_grid_add(&other, "chemical-potential.=0:1:2", &err), FEMD_BAD_INPUT);
    assert_non_null(strstr(err.text, "chemical-potential.SPECIES"));
    assert_int_equal(table_grid_add(&other, "chemical-potential.TooLongAName=0:1:2", &err), FEMD_BAD_INPUT);
    assert_int_equal(table_grid_add(&other, "chemical-potential.Ni=0:1 K:2", &err), FEMD_BAD_INPUT);
}

/* Of a finer grid the old points keep theirs. */
static void seeds_belong_to_places(void **state) {
    (void)state;
    const table_grid coarse = grid_of("strain.xx=-1:1:3"), fine = grid_of("strain.xx=-1:1:5");
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(table_seed_at(&coarse, i, 1), table_seed_at(&fine, 2 * i, 1));
        assert_int_not_equal(table_seed_at(&coarse, i, 1), table_seed_at(&fine, i ? 2 * i - 1 : 1, 1));
        assert_int_not_equal(table_seed_at(&coarse, i, 1), table_seed_at(&coarse, i, 2));
        assert_true(table_seed_at(&coarse, i, 1) > 0);
    }
}

/* ---- fits ---- */

static double polynomial(const double x[2]) {
    const double t = (x[0] - 250) / 150, u = (x[1] - 0.01) / 0.02;
    return 3e9 - 2e8 * t + 5e9 * u + 7e7 * t * t - 4e8 * t * u + 1e8 * u * u;
}

static void fit_exact(int order, double cubic, table_fit *fit, table_terms *t, size_t hole) {
    const table_grid g = grid_of("temperature=100:400:4,strain.xx=-0.01:0.03:5");
    femd_error err = FEMD_ERROR_INIT;
    double y[20], x[TABLE_AXES_MAX];
    for (size_t i = 0; i < 20; i++) {
        table_grid_place(&g, i, x);
        y[i] = i == hole ? (double)NAN : polynomial(x) + cubic * pow((x[1] - 0.01) / 0.02, 3);
    }
    assert_int_equal(table_terms_make(&g, order, t, &err), FEMD_OK);
    assert_int_equal(table_fit_make(&g, t, y, NULL, 1e10, fit, &err), FEMD_OK);
}

static void an_exact_polynomial_is_found(void **state) {
    (void)state;
    table_fit fit;
    table_terms t;
    fit_exact(2, 0, &fit, &t, 7);
    assert_int_equal(t.n, 6);
    assert_int_equal(fit.points, 19);
    assert_int_equal(fit.freedom, 13);
    for (size_t i = 0; i < 6; i++) {
        static const double wanted[3][3] = {{3e9, 5e9, 1e8}, {-2e8, -4e8, 0}, {7e7, 0, 0}};
        assert_true(fabs(fit.coefficient[i] - wanted[t.power[i][0]][t.power[i][1]]) < 1e-4);
    }
    assert_true(fit.good && fit.worst < 1e-4);
    table_fit_clear(&fit);
}

static void what_is_no_such_polynomial_is_told(void **state) {
    (void)state;
    table_fit fit;
    table_terms t;
    fit_exact(2, 2e9, &fit, &t, 99);
    assert_true(fit.fitted && !fit.good);
    assert_non_null(strstr(fit.words, "misses a point by"));
    table_fit_clear(&fit);
    fit_exact(3, 2e9, &fit, &t, 99);
    assert_true(fit.good);
    table_fit_clear(&fit);
    fit_exact(7, 0, &fit, &t, 99); /* all that the values of the axes allow */
    assert_int_equal(t.n, 20);
    assert_true(fit.fitted && !fit.good);
    assert_non_null(strstr(fit.words, "as many terms as points"));
    table_fit_clear(&fit);
    fit_exact(7, 0, &fit, &t, 3);
    assert_true(!fit.fitted && !fit.good);
    assert_non_null(strstr(fit.words, "19 points for 20 terms"));
    table_fit_clear(&fit);
}

static void holes_that_leave_terms_open_are_told(void **state) {
    (void)state;
    const table_grid g = grid_of("strain.xx=-1:1:3,strain.yy=-1:1:3");
    femd_error err = FEMD_ERROR_INIT;
    table_terms t;
    table_fit fit;
    double y[9] = {1, 2, 3, 4, 5, 6, NAN, NAN, NAN}; /* two values of xx: no square of it */
    assert_int_equal(table_terms_make(&g, 2, &t, &err), FEMD_OK);
    assert_int_equal(table_fit_make(&g, &t, y, NULL, 1, &fit, &err), FEMD_OK);
    assert_true(!fit.fitted && !fit.good);
    assert_non_null(strstr(fit.words, "do not determine 6 terms"));
    table_fit_clear(&fit);
}

/* However few the points: of what is zero by symmetry there is nothing else to know. */
static void what_is_nothing_is_called_so(void **state) {
    (void)state;
    const table_grid g = grid_of("strain.xx=-1:1:3");
    femd_error err = FEMD_ERROR_INIT;
    table_terms t;
    table_fit fit;
    assert_int_equal(table_terms_make(&g, 2, &t, &err), FEMD_OK);
    for (int small = 0; small < 2; small++) {
        const double y[3] = {0, small * 1e-10, -small * 1e-10};
        assert_int_equal(table_fit_make(&g, &t, y, NULL, small, &fit, &err), FEMD_OK);
        assert_true(fit.fitted && fit.good);
        assert_non_null(strstr(fit.words, "round-off"));
        table_fit_clear(&fit);
    }
}

/* Two uniform numbers to a normal one (Box and Muller). */
static double normal(uint64_t *n) {
    const double a = ((double)(femd_seed(1, 0, (*n)++) >> 11) + 0.5) * 0x1p-53;
    const double b = (double)(femd_seed(1, 0, (*n)++) >> 11) * 0x1p-53;
    return sqrt(-2 * log(a)) * cos(6.283185307179586 * b);
}

enum { TRIALS = 4000, POINTS = 12, TERMS = 6 };

/* Scatter of the coefficients over trials, beside what each fit says; wrong: what the errors are told too small by. */
static void covariance_by_trials(int weighted, double *ratio_low, double *ratio_high, double *mean_chi2, int *refused) {
    const table_grid g = grid_of("strain.xx=-0.01:0.01:4,temperature=10:30:3");
    table_terms t;
    table_fit fit;
    femd_error err = FEMD_ERROR_INIT;
    static double sum[TERMS][TERMS], said[TERMS][TERMS];
    uint64_t n = 0;
    assert_int_equal(table_terms_make(&g, 2, &t, &err), FEMD_OK);
    memset(sum, 0, sizeof sum);
    memset(said, 0, sizeof said);
    *mean_chi2 = *refused = 0;
    for (int trial = 0; trial < TRIALS; trial++) {
        double y[POINTS], sigma[POINTS], x[TABLE_AXES_MAX];
        for (size_t i = 0; i < POINTS; i++) {
            table_grid_place(&g, i, x);
            sigma[i] = weighted ? 0.1 + 0.2 * (double)(i % 5) : 0.3;
            y[i] = 2 + 100 * x[0] - 0.1 * x[1] + sigma[i] * normal(&n);
        }
        assert_int_equal(table_fit_make(&g, &t, y, weighted ? sigma : NULL, 10, &fit, &err), FEMD_OK);
        const double centre[3][3] = {{2 - 0.1 * 20, -0.1 * 10}, {100 * 0.01}};
        for (size_t a = 0; a < TERMS; a++)
            for (size_t b = 0; b < TERMS; b++) {
                sum[a][b] += (fit.coefficient[a] - centre[t.power[a][0]][t.power[a][1]]) *
                             (fit.coefficient[b] - centre[t.power[b][0]][t.power[b][1]]);
                said[a][b] += fit.covariance[a * t.n + b];
            }
        *mean_chi2 += fit.chi2 / TRIALS;
        *refused += !fit.good;
        table_fit_clear(&fit);
    }
    *ratio_low = INFINITY, *ratio_high = 0;
    for (size_t a = 0; a < TERMS; a++) {
        *ratio_low = fmin(*ratio_low, sum[a][a] / said[a][a]);
        *ratio_high = fmax(*ratio_high, sum[a][a] / said[a][a]);
        for (size_t b = 0; b < a; b++) /* those beside the diagonal, as correlations */
            assert_true(fabs(sum[a][b] - said[a][b]) < 0.07 * sqrt(said[a][a] * said[b][b]));
    }
}

static void covariances_are_those_of_trials(void **state) {
    (void)state;
    double low, high, chi2;
    int refused;
    covariance_by_trials(1, &low, &high, &chi2, &refused);
    assert_true(low > 0.9 && high < 1.1);                /* five sigma of 4000 trials are 0.11 */
    assert_true(chi2 > 5.8 && chi2 < 6.2);               /* 12 points less 6 terms */
    assert_true(refused > 0 && refused < 0.03 * TRIALS); /* 3 sigma of a skewed chi2: 1.3 % */
    covariance_by_trials(0, &low, &high, &chi2, &refused);
    assert_true(low > 0.9 && high < 1.1);
    assert_true(isnan(chi2));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(axes_have_both_ends_and_go_round_backwards),
        cmocka_unit_test(a_point_asks_what_eval_would_be_asked),
        cmocka_unit_test(chemical_potentials_are_an_axis),
        cmocka_unit_test(seeds_belong_to_places),
        cmocka_unit_test(an_exact_polynomial_is_found),
        cmocka_unit_test(what_is_no_such_polynomial_is_told),
        cmocka_unit_test(holes_that_leave_terms_open_are_told),
        cmocka_unit_test(what_is_nothing_is_called_so),
        cmocka_unit_test(covariances_are_those_of_trials),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
