/* The conductivity of samples that have errors: what a fit makes of a bar between 20 and 60 K in many trials, and the
 * choice of more samples. Closed form of the bar: k = A / T, q = (A / L) ln(T1 / T0). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "fields/conductivity_choice.h"
#include "fields/positive_tensor.h"
#include "near.h"

enum { PLACES = 40, SEEDS = 1000, SAMPLES_MOST = 400 };
static const double cold = 20, hot = 60, A = 25;

/* ---- noise ---- */

static uint64_t noise_state;

static double noise_uniform(void) {
    uint64_t x = noise_state += 0x9e3779b97f4a7c15ull;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ull;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebull;
    return ((double)((x ^ (x >> 31)) >> 11) + 0.5) / 9007199254740992.0;
}

static double noise(void) {
    return sqrt(-2 * log(noise_uniform())) * cos(2 * M_PI * noise_uniform());
}

/* One number, as `symmetry: isotropic` answers it. */
static femd_k_sample sample_number(double T, double k, double s) {
    femd_k_sample sample = {.T = T, .reached = 1};
    const double found = k * (1 + s * noise());
    for (int c = 0; c < 3; ++c) sample.k[c] = found, sample.error[c] = s * found;
    return sample;
}

/* Three axes and what couples them, by the statistics of cross spectra; E11 conducts less. */
static femd_k_sample sample_tensor(double T, double k, double s, const double E[6], const double c[3]) {
    femd_k_sample sample = {.T = T, .reached = 1};
    double log_k[6];
    memcpy(sample.E, E, sizeof sample.E);
    for (int i = 0; i < 3; ++i) log_k[i] = log(k) + c[0] * E[i] + c[1] * (E[(i + 1) % 3] + E[(i + 2) % 3]);
    for (int i = 3; i < 6; ++i) log_k[i] = c[2] * E[i];
    femd_tensor_exp(log_k, NULL, sample.k, NULL);
    const double mean = (sample.k[0] + sample.k[1] + sample.k[2]) / 3;
    for (int i = 0; i < 6; ++i) {
        sample.error[i] = s * (i < 3 ? 1 : sqrt(0.5)) * mean;
        sample.k[i] += sample.error[i] * noise();
    }
    return sample;
}

static femd_k_fit fit_of(femd_k_form form, int strained, const femd_k_sample *sample, size_t n) {
    femd_k_fit fit;
    femd_error err = FEMD_ERROR_INIT;
    if (femd_k_fit_make(form, strained, sample, n, &fit, &err) != FEMD_OK) fail_msg("%s", err.text);
    return fit;
}

/* ---- the bar ---- */

static const double at_rest[6];

static double fit_scalar(const femd_k_fit *fit, double T) {
    double k[6];
    femd_k_fit_at(fit, at_rest, T, k, NULL);
    return k[0];
}

/* Heat that flows by the fit, over that of the closed form: the integral of k over T by Gauss's rule in ln T. */
static double bar_flow(const femd_k_fit *fit) {
    const double width = log(hot / cold) / PLACES, off = width / sqrt(12);
    double sum = 0;
    for (int i = 0; i < PLACES; ++i)
        for (int side = -1; side <= 1; side += 2) {
            const double T = cold * exp((i + 0.5) * width + side * off);
            sum += 0.5 * width * T * fit_scalar(fit, T);
        }
    return sum / (A * log(hot / cold));
}

/* The places of the bar at their temperatures; ln T is linear along it. */
static void bar_places(femd_k_place place[PLACES]) {
    for (int i = 0; i < PLACES; ++i) {
        const double T = cold * pow(hot / cold, (i + 0.5) / PLACES);
        place[i] =
            (femd_k_place){.T = T, .weight = 1.0 / PLACES, .v = {T * log(hot / cold), 0, 0}, .u = {hot - cold, 0, 0}};
        place[i].flow = A / T * place[i].v[0] * place[i].v[0];
    }
}

static femd_k_doubt bar_doubt(const femd_k_fit *fit) {
    femd_k_place place[PLACES];
    const femd_k_fit *fits[1] = {fit};
    femd_k_doubt doubt;
    size_t chosen[FEMD_K_BATCH], count;
    femd_error err = FEMD_ERROR_INIT;
    bar_places(place);
    assert_int_equal(femd_k_choose(place, PLACES, fits, 1, (femd_k_aim){1, 0}, &doubt, chosen, &count, &err), FEMD_OK);
    return doubt;
}

typedef struct trial {
    double flow, local, z, z2; /* rms, %; of the error over that foretold: mean, mean square */
    double covered;            /* % of flows within 1.96 of the error foretold */
    double told;               /* that error, rms, % */
} trial;

static trial bar_trial(double s, int n) {
    femd_k_sample sample[SAMPLES_MOST];
    trial all = {0};
    noise_state = 12345;
    for (int seed = 0; seed < SEEDS; ++seed) {
        for (int i = 0; i < n; ++i) {
            const double T = cold + (hot - cold) * (n > 1 ? i / (n - 1.0) : 0.5);
            sample[i] = sample_number(T, A / T, s);
        }
        const femd_k_fit fit = fit_of(FEMD_K_CUBIC, 0, sample, (size_t)n);
        const double off = bar_flow(&fit) - 1, told = bar_doubt(&fit).flow;
        double worst = 0;
        for (int i = 0; i <= PLACES; ++i) {
            const double T = cold + (hot - cold) * i / PLACES;
            worst = fmax(worst, fabs(fit_scalar(&fit, T) * T / A - 1));
        }
        all.flow += off * off / SEEDS;
        all.local += worst * worst / SEEDS;
        all.z += off / told / SEEDS;
        all.z2 += off * off / (told * told) / SEEDS;
        all.covered += fabs(off) < 1.96 * told ? 100.0 / SEEDS : 0;
        all.told += told * told / SEEDS;
    }
    all.flow = 100 * sqrt(all.flow), all.local = 100 * sqrt(all.local), all.told = 100 * sqrt(all.told);
    print_message("%.0f %% and %d samples: flow %.2f %% (told %.2f), worst k %.2f %%, z %.2f, %.2f, covered %.1f %%\n",
                  100 * s, n, all.flow, all.told, all.local, all.z, sqrt(all.z2), all.covered);
    return all;
}

static void errors_of_a_bar_are_those_of_its_samples(void **state) {
    static const struct {
        double s;
        int n;
        double flow, local; /* %, of weighted least squares in ln T */
    } table[] = {
        {0.1, 5, 4.9, 12}, {0.1, 20, 2.4, 5.8}, {0.1, 100, 1.2, 2.7}, {0.03, 10, 1.0, 2.5}, {0.03, 100, 0.32, 0.8}};
    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof *table; ++i) {
        const trial t = bar_trial(table[i].s, table[i].n);
        assert_near(t.flow, 100 * table[i].s / sqrt(table[i].n), 8 * table[i].s / sqrt(table[i].n));
        assert_true(t.flow < 1.1 * table[i].flow);
        assert_true(t.local < 1.12 * table[i].local);
        assert_near(t.told, t.flow, 0.1 * t.flow);
        assert_true(fabs(t.z) < 0.15);
        assert_near(t.covered, 95, 3);
    }
}

/* ---- tensors ---- */

static double bilinear(const double k[6], const double u[3], const double v[3]) {
    return k[0] * u[0] * v[0] + k[1] * u[1] * v[1] + k[2] * u[2] * v[2] + k[3] * (u[1] * v[2] + u[2] * v[1]) +
           k[4] * (u[0] * v[2] + u[2] * v[0]) + k[5] * (u[0] * v[1] + u[1] * v[0]);
}

static void logarithm_and_exponential_are_inverse(void **state) {
    const double k[6] = {3, 1, 2, 0.4, -0.3, 0.5}, change[6] = {0.3, -0.2, 0.7, 0.1, 0.5, -0.6}, v[3] = {0.3, 1, -2},
                 u[3] = {1, -0.5, 2}, not [6] = {1, 1, 1, 2, 0, 0}, step = 1e-5;
    double L[6], back[6], d[6], weight[6], moved[6], up[6], down[6], none[6];
    (void)state;
    assert_int_equal(femd_tensor_log(k, L), 1);
    femd_tensor_exp(L, change, back, d);
    for (int c = 0; c < 6; ++c) assert_near(back[c], k[c], 1e-14);
    assert_int_equal(femd_tensor_log(not, none), 0);
    for (int c = 0; c < 6; ++c) moved[c] = L[c] + step * change[c];
    femd_tensor_exp(moved, NULL, up, NULL);
    for (int c = 0; c < 6; ++c) moved[c] = L[c] - step * change[c];
    femd_tensor_exp(moved, NULL, down, NULL);
    for (int c = 0; c < 6; ++c) assert_near(d[c], (up[c] - down[c]) / (2 * step), 2e-9);
    femd_tensor_form(L, u, v, weight);
    for (int c = 0; c < 6; ++c) {
        memcpy(moved, L, sizeof moved);
        moved[c] += step;
        femd_tensor_exp(moved, NULL, up, NULL);
        moved[c] -= 2 * step;
        femd_tensor_exp(moved, NULL, down, NULL);
        assert_near(weight[c], (bilinear(up, u, v) - bilinear(down, u, v)) / (2 * step), 2e-8);
    }
}

static const double c_true[3] = {-8, -3, -2.5};

static double fill_strained(femd_k_sample *sample, int n, double s) {
    for (int i = 0; i < n; ++i) {
        const double T = 30 + 40.0 * noise_uniform();
        double E[6];
        for (int c = 0; c < 6; ++c) E[c] = 0.08 * (noise_uniform() - 0.5);
        sample[i] = sample_tensor(T, A / T, s, E, c_true);
    }
    return 0;
}

/* The true tensor lies within what the covariance says, for each form, at strains of percents. */
static void strain_is_fitted_and_its_error_covers(void **state) {
    static const femd_k_form form[] = {FEMD_K_CUBIC, FEMD_K_ANY};
    const double E[6] = {0.02, -0.01, 0.01, 0.03, 0, -0.02}, T = 50;
    femd_k_sample sample[120];
    double truth[6], log_true[6];
    (void)state;
    for (int i = 0; i < 3; ++i)
        log_true[i] = log(A / T) + c_true[0] * E[i] + c_true[1] * (E[(i + 1) % 3] + E[(i + 2) % 3]);
    for (int i = 3; i < 6; ++i) log_true[i] = c_true[2] * E[i];
    femd_tensor_exp(log_true, NULL, truth, NULL);
    for (int f = 0; f < 2; ++f) {
        int within = 0, trials = 60;
        double told = 0;
        noise_state = 99;
        for (int seed = 0; seed < trials; ++seed) {
            double k[6], positive[6], worst = 0;
            fill_strained(sample, 120, 0.1);
            const femd_k_fit fit = fit_of(form[f], 1, sample, 120);
            femd_k_fit_at(&fit, E, T, k, NULL);
            assert_int_equal(femd_tensor_log(k, positive), 1);
            const double sigma = sqrt(femd_k_fit_variance(&fit, E, T));
            for (int c = 0; c < 6; ++c) worst = fmax(worst, fabs(positive[c] - log_true[c]));
            within += worst < 3 * sigma;
            told += sigma / trials;
        }
        print_message("form %d: %d of %d within three sigma of %.2f %%\n", f, within, trials, 100 * told);
        assert_true(within >= trials - 2);
        assert_true(told < (form[f] == FEMD_K_CUBIC ? 0.02 : 0.05));
    }
}

/* Many noisy tensors: what the logarithm is off in the mean, of the entries beside the diagonal too, is added back. */
static void the_bias_of_the_logarithm_is_taken_off(void **state) {
    enum { MANY = 1500 };
    static femd_k_sample sample[MANY];
    double k[6];
    (void)state;
    noise_state = 31;
    for (int i = 0; i < MANY; ++i) sample[i] = sample_tensor(40, A / 40, 0.15, at_rest, c_true);
    const femd_k_fit fit = fit_of(FEMD_K_CUBIC, 0, sample, MANY);
    femd_k_fit_at(&fit, at_rest, 40, k, NULL);
    print_message("off by %.2f %%, told %.2f %%\n", 100 * log(k[0] * 40 / A),
                  100 * sqrt(femd_k_fit_variance(&fit, at_rest, 40)));
    assert_near(log(k[0] * 40 / A), 0, 0.006); /* half of 0.15^2, of each kind, is 0.011 */
}

static void derivative_by_the_temperature_is_that_of_differences(void **state) {
    const double E[6] = {0.02, -0.01, 0.01, 0.03, 0, -0.02}, step = 1e-4;
    static const femd_k_form form[] = {FEMD_K_CUBIC, FEMD_K_ANY};
    femd_k_sample sample[60];
    (void)state;
    noise_state = 7;
    for (int f = 0; f < 4; ++f) {
        fill_strained(sample, 60, 0.1);
        for (int i = 0; f >= 2 && i < 60; ++i) /* no power law: the curvature comes in */
            for (int c = 0; c < 6; ++c) sample[i].k[c] *= exp(20 * pow(log(sample[i].T / 50), 2));
        const femd_k_fit fit = fit_of(form[f % 2], 1, sample, 60);
        double k[6], d[6], up[6], down[6];
        femd_k_fit_at(&fit, E, 40, k, d);
        femd_k_fit_at(&fit, E, 40 + step, up, NULL);
        femd_k_fit_at(&fit, E, 40 - step, down, NULL);
        assert_int_equal(fit.quadratic, f >= 2);
        for (int c = 0; c < 6; ++c) assert_near(d[c], (up[c] - down[c]) / (2 * step), 1e-8);
    }
}

/* Far from all samples, and with few of them, k stays positive definite. */
static void what_is_fitted_is_positive(void **state) {
    const double E[6] = {0.3, -0.2, 0.1, 0.3, 0.4, -0.2};
    femd_k_sample sample[12];
    (void)state;
    noise_state = 3;
    for (int n = 1; n <= 12; ++n)
        for (int f = 0; f < 2; ++f) {
            fill_strained(sample, n, 0.15);
            const femd_k_fit fit = fit_of(f ? FEMD_K_ANY : FEMD_K_CUBIC, 1, sample, (size_t)n);
            for (double T = 1; T < 2000; T *= 3) {
                double k[6], L[6];
                femd_k_fit_at(&fit, E, T, k, NULL);
                assert_int_equal(femd_tensor_log(k, L), 1);
            }
        }
}

static void no_conductivity_is_refused(void **state) {
    femd_k_sample sample = {.T = 30, .point = 17, .reached = 1, .k = {1, 1, -1}, .error = {0.1, 0.1, 0.1}};
    femd_k_fit fit;
    femd_error err = FEMD_ERROR_INIT;
    (void)state;
    assert_int_equal(femd_k_fit_make(FEMD_K_CUBIC, 0, &sample, 1, &fit, &err), FEMD_OUT_OF_DOMAIN);
    assert_non_null(strstr(err.text, "point 17"));
}

/* ---- what the samples say against each other ---- */

static void a_law_that_does_not_do_gets_a_curvature_or_wider_errors(void **state) {
    femd_k_sample sample[60];
    (void)state;
    noise_state = 11;
    for (int i = 0; i < 60; ++i) {
        const double T = cold + (hot - cold) * i / 59.0;
        sample[i] = sample_number(T, A / T, 0.005);
    }
    femd_k_fit fit = fit_of(FEMD_K_CUBIC, 0, sample, 60);
    assert_int_equal(fit.quadratic, 0);
    assert_near(fit.widened, 1, 0);
    for (int i = 0; i < 60; ++i) sample[i] = sample_number(sample[i].T, A / sample[i].T + 0.5, 0.005);
    fit = fit_of(FEMD_K_CUBIC, 0, sample, 60);
    assert_int_equal(fit.quadratic, 1);
    assert_near(fit.widened, 1, 0);
    assert_true(fit.chi2 < 2);
    assert_near(fit_scalar(&fit, 35), A / 35 + 0.5, 0.03);
    for (int i = 0; i < 60; ++i) sample[i] = sample_number(sample[i].T, A / sample[i].T * (1 + 0.1 * sin(i)), 0.02);
    fit = fit_of(FEMD_K_CUBIC, 0, sample, 60); /* what two samples say is more apart than their errors */
    assert_true(fit.widened > 2.5 && fit.widened < 4.5);
    assert_near(fit.sigma, 0.02 * fit.widened, 0.002);
}

/* Ended at its bound, a sample weighs by what it says of itself. */
static void a_sample_that_was_cut_short_weighs_less(void **state) {
    femd_k_sample sample[2] = {{.T = 30, .reached = 1}, {.T = 30}};
    (void)state;
    for (int i = 0; i < 2; ++i)
        for (int c = 0; c < 3; ++c) sample[i].k[c] = 1 + i, sample[i].error[c] = (i ? 0.4 : 0.1) * (1 + i);
    const femd_k_fit fit = fit_of(FEMD_K_CUBIC, 0, sample, 2);
    const double first = log(1) + 0.1 * 0.1 / 2, second = log(2) + 0.4 * 0.4 / 2;
    assert_near(log(fit_scalar(&fit, 30)), (16 * first + second) / 17, 1e-3);
}

/* ---- the choice ---- */

/* From two samples at the ends until the flow is known to `wanted`; answers are true. Returns how many. */
static int samples_for(double s, double wanted, femd_k_doubt *doubt) {
    femd_k_sample sample[SAMPLES_MOST];
    femd_k_place place[PLACES];
    femd_error err = FEMD_ERROR_INIT;
    size_t chosen[FEMD_K_BATCH], count, n;
    bar_places(place);
    n = femd_k_choose_first(place, PLACES, 0, chosen);
    assert_int_equal(n, 2);
    assert_int_equal(chosen[0], 0);
    assert_int_equal(chosen[1], PLACES - 1);
    for (size_t i = 0; i < 2; ++i) sample[i] = sample_number(place[chosen[i]].T, A / place[chosen[i]].T, s);
    do {
        const femd_k_fit fit = fit_of(FEMD_K_CUBIC, 0, sample, n);
        const femd_k_fit *fits[1] = {&fit};
        assert_int_equal(
            femd_k_choose(place, PLACES, fits, 1, (femd_k_aim){wanted, FEMD_K_BATCH}, doubt, chosen, &count, &err),
            FEMD_OK);
        for (size_t i = 0; i < count; ++i) {
            const double T = place[chosen[i]].T;
            sample[n++] = sample_number(T, A / T, s);
        }
    } while (count > 0);
    return (int)n;
}

static void samples_are_as_many_as_the_flow_wants(void **state) {
    static const struct {
        double s, wanted;
        int n;
    } table[] = {{0.1, 0.03, 12}, {0.1, 0.02, 26}, {0.1, 0.01, 100}, {0.05, 0.01, 26}, {0.03, 0.01, 10}};
    (void)state;
    noise_state = 5;
    for (size_t i = 0; i < sizeof table / sizeof *table; ++i) {
        femd_k_doubt doubt;
        const int n = samples_for(table[i].s, table[i].wanted, &doubt);
        print_message("%.0f %% a sample, %.0f %% of the flow: %d samples, flow %.2f %%, worst %.2f %%\n",
                      100 * table[i].s, 100 * table[i].wanted, n, 100 * doubt.flow, 100 * doubt.local);
        assert_near(n, table[i].n, 0.1 * table[i].n + 1);
        assert_true(doubt.flow <= table[i].wanted && doubt.local <= 3 * table[i].wanted);
    }
}

static void places_outside_of_the_samples_come_first(void **state) {
    femd_k_sample sample[40];
    femd_k_place place[3] = {{.T = 40, .weight = 1, .v = {1, 0, 0}, .u = {1, 0, 0}, .flow = 1},
                             {.T = 70, .weight = 1e-3},
                             {.T = 12, .weight = 1e-3}};
    femd_k_doubt doubt;
    size_t chosen[FEMD_K_BATCH], count;
    femd_error err = FEMD_ERROR_INIT;
    (void)state;
    noise_state = 21;
    for (int i = 0; i < 40; ++i) sample[i] = sample_number(38 + 0.1 * i, A / (38 + 0.1 * i), 0.001);
    const femd_k_fit fit = fit_of(FEMD_K_CUBIC, 0, sample, 40), *fits[1] = {&fit};
    assert_int_equal(femd_k_choose(place, 3, fits, 1, (femd_k_aim){0.5, FEMD_K_BATCH}, &doubt, chosen, &count, &err),
                     FEMD_OK);
    assert_int_equal(count, 2); /* though nothing doubts the flow */
    assert_int_equal(chosen[0], 2);
    assert_int_equal(chosen[1], 1);
}

/* ... and those that are more strained than any. */
static void places_that_are_more_strained_come_first(void **state) {
    static femd_k_sample sample[200];
    femd_k_place place[3] = {{.T = 40, .weight = 1, .v = {1, 0, 0}, .u = {1, 0, 0}, .flow = 1},
                             {.T = 40, .E = {0, 0.055}, .weight = 1e-3},
                             {.T = 40, .E = {0, 0, 0, 0, 0, -0.065}, .weight = 1e-3}};
    femd_k_doubt doubt;
    size_t chosen[FEMD_K_BATCH], count;
    femd_error err = FEMD_ERROR_INIT;
    (void)state;
    noise_state = 23;
    fill_strained(sample, 200, 0.001);
    for (int i = 0; i < 200; ++i) sample[i] = sample_tensor(sample[i].T, A / sample[i].T, 0.001, sample[i].E, c_true);
    const femd_k_fit fit = fit_of(FEMD_K_CUBIC, 1, sample, 200), *fits[1] = {&fit};
    assert_int_equal(femd_k_choose(place, 3, fits, 1, (femd_k_aim){0.5, FEMD_K_BATCH}, &doubt, chosen, &count, &err),
                     FEMD_OK);
    assert_int_equal(count, 2);
    assert_int_equal(chosen[0], 2);
    assert_int_equal(chosen[1], 1);
}

/* Of equal places the lowest; round-off of temperatures decides nothing; a known conductivity makes the flow surer. */
static void the_choice_does_not_mind_round_off(void **state) {
    femd_k_sample sample[2];
    femd_k_place place[PLACES + 1], moved[PLACES + 1];
    femd_k_doubt doubt[2], half;
    size_t chosen[2][FEMD_K_BATCH], count[2];
    femd_error err = FEMD_ERROR_INIT;
    (void)state;
    noise_state = 17;
    bar_places(place);
    memcpy(moved, place, sizeof place);
    for (int i = 0; i < PLACES; ++i) {
        moved[i].T *= 1 + 1e-13 * noise();
        moved[i].v[0] *= 1 + 1e-13 * noise();
    }
    for (int i = 0; i < 2; ++i) sample[i] = sample_number(i ? hot : cold, A / (i ? hot : cold), 0.1);
    const femd_k_fit fit = fit_of(FEMD_K_CUBIC, 0, sample, 2), *fits[1] = {&fit};
    const femd_k_aim aim = {0.02, FEMD_K_BATCH};
    for (int i = 0; i < 2; ++i)
        assert_int_equal(femd_k_choose(i ? moved : place, PLACES, fits, 1, aim, doubt + i, chosen[i], count + i, &err),
                         FEMD_OK);
    assert_int_equal(count[0], FEMD_K_BATCH);
    assert_int_equal(count[1], FEMD_K_BATCH);
    assert_memory_equal(chosen[0], chosen[1], sizeof chosen[0]);
    double flow = 0;
    for (int i = 0; i < PLACES; ++i) flow += place[i].weight * place[i].flow;
    place[PLACES] = (femd_k_place){.material = -1, .T = 40, .weight = 1, .flow = flow};
    assert_int_equal(femd_k_choose(place, PLACES + 1, fits, 1, aim, &half, chosen[1], count + 1, &err), FEMD_OK);
    assert_near(half.flow, doubt[0].flow / 2, 1e-12);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(errors_of_a_bar_are_those_of_its_samples),
        cmocka_unit_test(logarithm_and_exponential_are_inverse),
        cmocka_unit_test(strain_is_fitted_and_its_error_covers),
        cmocka_unit_test(the_bias_of_the_logarithm_is_taken_off),
        cmocka_unit_test(derivative_by_the_temperature_is_that_of_differences),
        cmocka_unit_test(what_is_fitted_is_positive),
        cmocka_unit_test(no_conductivity_is_refused),
        cmocka_unit_test(a_law_that_does_not_do_gets_a_curvature_or_wider_errors),
        cmocka_unit_test(a_sample_that_was_cut_short_weighs_less),
        cmocka_unit_test(samples_are_as_many_as_the_flow_wants),
        cmocka_unit_test(places_outside_of_the_samples_come_first),
        cmocka_unit_test(places_that_are_more_strained_come_first),
        cmocka_unit_test(the_choice_does_not_mind_round_off),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
