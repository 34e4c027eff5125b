/* Spectra and their value at frequency zero, on series whose answer is known. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "conductivity/green_kubo.h"
#include "numerics/random.h"
#include "rve/native_rve.h"

enum { SAMPLES = 2048, BINS = 256, PEAKS = 3 };

/* A sum of processes with exponential memory: times (in samples) and values of the spectrum at frequency zero; time 0
 * is white. */
typedef struct process {
    int count;
    double time[PEAKS], height[PEAKS];
} process;

static void draw_series(const process *p, uint64_t seed, uint64_t component, double *out) {
    const uint64_t key = femd_random_bits(seed, 1001, component);
    double state[PEAKS] = {0}, z[2];
    uint64_t next = 0;
    for (int i = 0; i < SAMPLES; i++) {
        out[3 * i] = 0;
        for (int j = 0; j < p->count; j++) {
            const double phi = p->time[j] > 0 ? exp(-1 / p->time[j]) : 0;
            femd_random_normals(key, next++, z);
            state[j] = i ? phi * state[j] + sqrt(1 - phi * phi) * z[0] : z[0];
            out[3 * i] += sqrt(p->height[j] * (1 - phi) / (1 + phi)) * state[j];
        }
    }
}

static void open_spectrum(femd_spectrum *s) {
    femd_error err = FEMD_ERROR_INIT;
    assert_int_equal(femd_spectrum_init(s, SAMPLES, BINS, 1.0, &err), FEMD_OK);
}

/* Segments whose components are independent processes, then mixed by A (rows; NULL = as they are). */
static void fill(femd_spectrum *s, const process p[3], int segments, uint64_t seed, const double A[9]) {
    double *flux = malloc(3 * SAMPLES * sizeof *flux);
    femd_spectrum_empty(s);
    for (int r = 0; r < segments; r++) {
        for (int c = 0; c < 3; c++) draw_series(&p[c], seed * 1000 + (uint64_t)r, (uint64_t)c, flux + c);
        for (int i = 0; A && i < SAMPLES; i++) {
            const double v[3] = {flux[3 * i], flux[3 * i + 1], flux[3 * i + 2]};
            for (int c = 0; c < 3; c++) flux[3 * i + c] = A[3 * c] * v[0] + A[3 * c + 1] * v[1] + A[3 * c + 2] * v[2];
        }
        femd_spectrum_add(s, flux);
    }
    free(flux);
}

static void polygamma_functions_have_their_known_values(void **state) {
    (void)state;
    assert_true(fabs(femd_portable_digamma(1) + 0.57721566490153286) < 1e-13);
    assert_true(fabs(femd_portable_digamma(0.5) + 1.96351002602142348) < 1e-13);
    assert_true(fabs(femd_portable_trigamma(1) - 1.64493406684822644) < 1e-13);
    assert_true(fabs(femd_portable_trigamma(0.5) - 4.93480220054467931) < 1e-12);
}

static void cross_spectrum_equals_the_plain_sum(void **state) {
    (void)state;
    enum { N = 64, K = 32 };
    femd_spectrum s;
    femd_error err = FEMD_ERROR_INIT;
    double flux[3 * N];
    assert_int_equal(femd_spectrum_init(&s, N, K, 0.25, &err), FEMD_OK);
    for (int i = 0; i < 3 * N; i++) flux[i] = femd_random_uniform(3, 1002, (uint64_t)i) - 0.3;
    femd_spectrum_add(&s, flux);
    for (int k = 0; k <= K; k++) {
        double re[3] = {0}, im[3] = {0};
        for (int i = 0; i < N; i++)
            for (int c = 0; c < 3; c++) {
                re[c] += flux[3 * i + c] * cos(6.283185307179586 * k * i / N);
                im[c] += flux[3 * i + c] * sin(6.283185307179586 * k * i / N);
            }
        for (int c = 0; c < 6; c++) {
            const int a = femd_voigt_i[c], b = femd_voigt_j[c];
            assert_true(fabs(s.sum[6 * k + c] - 0.25 / N * (re[a] * re[b] + im[a] * im[b])) < 1e-12);
        }
    }
    femd_spectrum_clear(&s);
}

static void spectrum_comes_back_from_its_bytes(void **state) {
    (void)state;
    const process p[3] = {{1, {5}, {1}}, {1, {5}, {1}}, {1, {5}, {1}}};
    femd_spectrum a, b;
    femd_buffer bytes = FEMD_BUFFER_INIT;
    femd_error err = FEMD_ERROR_INIT;
    open_spectrum(&a);
    open_spectrum(&b);
    fill(&a, p, 2, 5, NULL);
    assert_int_equal(femd_spectrum_encode(&a, &bytes, &err), FEMD_OK);
    femd_bytes in = {bytes.data, bytes.size};
    assert_int_equal(femd_spectrum_decode(&b, &in, &err), FEMD_OK);
    assert_int_equal(b.segments, 2);
    assert_memory_equal(a.sum, b.sum, 6 * (BINS + 1) * sizeof *a.sum);
    in.size -= 8;
    assert_int_equal(femd_spectrum_decode(&b, &in, &err), FEMD_PROTOCOL);
    in.size += 8;
    memset(bytes.data + 8, 0xff, 3); /* segments: one more is no int */
    bytes.data[11] = 0x7f;
    assert_int_equal(femd_spectrum_decode(&b, &in, &err), FEMD_PROTOCOL);
    femd_buffer_clear(&bytes);
    femd_spectrum_clear(&a);
    femd_spectrum_clear(&b);
}

/* Mean, and share of seeds whose 95 % interval holds the truth, of both estimators. */
typedef struct record {
    double mean, covered, cepstral_mean, cepstral_covered;
} record;

static record try_seeds(const process *one, double truth, int segments, int seeds) {
    const process p[3] = {*one, *one, *one};
    double P[BINS + 1];
    record r = {0};
    femd_spectrum s;
    femd_error err = FEMD_ERROR_INIT;
    open_spectrum(&s);
    for (int seed = 1; seed <= seeds; seed++) {
        femd_periodogram along;
        femd_zero_frequency z;
        fill(&s, p, segments, (uint64_t)seed, NULL);
        femd_spectrum_along(&s, NULL, P, &along);
        assert_int_equal(femd_lorentz(&along, &z, &err), FEMD_OK);
        r.mean += z.value / truth / seeds;
        r.covered += (fabs(z.value - truth) < 1.96 * z.error) / (double)seeds;
        assert_int_equal(femd_cepstral(&along, &z, &err), FEMD_OK);
        r.cepstral_mean += z.value / truth / seeds;
        r.cepstral_covered += (fabs(z.value - truth) < 1.96 * z.error) / (double)seeds;
    }
    femd_spectrum_clear(&s);
    print_message("spectral %.3f of the truth, %.0f %% covered; cepstral %.3f, %.0f %%\n", r.mean, 100 * r.covered,
                  r.cepstral_mean, 100 * r.cepstral_covered);
    return r;
}

static void white_flux_both_estimators_unbiased(void **state) {
    (void)state;
    const process p = {1, {0}, {2}};
    const record r = try_seeds(&p, 2, 8, 40);
    assert_true(fabs(r.mean - 1) < 0.03 && r.covered >= 0.9);
    assert_true(fabs(r.cepstral_mean - 1) < 0.02 && r.cepstral_covered >= 0.9);
}

static void fluid_like_flux_both_estimators_unbiased(void **state) {
    (void)state;
    const process p = {2, {6, 2}, {3, 1}};
    const record r = try_seeds(&p, 4, 8, 40);
    assert_true(fabs(r.mean - 1) < 0.03 && r.covered >= 0.88);
    assert_true(fabs(r.cepstral_mean - 1) < 0.03 && r.cepstral_covered >= 0.85);
}

static void crystal_like_flux_spectral_right_where_cepstral_is_low(void **state) {
    (void)state;
    const process p = {3, {40, 12, 0}, {0.6, 0.3, 0.1}};
    const record r = try_seeds(&p, 1, 8, 40);
    assert_true(fabs(r.mean - 1) < 0.04 && r.covered >= 0.88);
    assert_true(r.cepstral_mean < 0.93);
}

static void memory_longer_than_a_segment_allows_is_seen(void **state) {
    (void)state;
    const process one = {1, {400}, {1}}, p[3] = {one, one, one};
    double P[BINS + 1];
    femd_spectrum s;
    femd_periodogram along;
    femd_zero_frequency z;
    femd_error err = FEMD_ERROR_INIT;
    open_spectrum(&s);
    fill(&s, p, 12, 3, NULL);
    femd_spectrum_along(&s, NULL, P, &along);
    assert_int_equal(femd_lorentz(&along, &z, &err), FEMD_OK);
    assert_true(24 * z.time > SAMPLES);
    femd_spectrum_clear(&s);
}

static const double TURN[9] = {0.36, 0.48, -0.8, -0.8, 0.6, 0, 0.48, 0.64, 0.6};

static void tensor(const femd_spectrum *s, femd_green_kubo_result *r) {
    double work[BINS + 1];
    femd_error err = FEMD_ERROR_INIT;
    assert_int_equal(femd_green_kubo_tensor(s, 1, 0, 0, work, r, &err), FEMD_OK);
}

static void tensor_turns_with_the_body(void **state) {
    (void)state;
    const process p[3] = {{1, {30}, {4}}, {1, {20}, {2}}, {1, {10}, {1}}};
    femd_green_kubo_result a, b;
    femd_spectrum s;
    double Ka[9], Kb[9], KaRt[9], turned[9], Rt[9];
    open_spectrum(&s);
    fill(&s, p, 8, 4, NULL);
    tensor(&s, &a);
    fill(&s, p, 8, 4, TURN);
    tensor(&s, &b);
    for (int c = 0; c < 6; c++) {
        const int i = femd_voigt_i[c], j = femd_voigt_j[c];
        Ka[3 * i + j] = Ka[3 * j + i] = a.k[c];
        Kb[3 * i + j] = Kb[3 * j + i] = b.k[c];
    }
    for (int i = 0; i < 9; i++) Rt[i] = TURN[3 * (i % 3) + i / 3];
    femd_mul3(Ka, Rt, KaRt);
    femd_mul3(TURN, KaRt, turned);
    for (int i = 0; i < 9; i++) assert_true(fabs(turned[i] - Kb[i]) < 1e-6);
    femd_spectrum_clear(&s);
}

static void every_component_of_a_turned_tensor_is_covered(void **state) {
    (void)state;
    enum { SEEDS = 24 };
    const process p[3] = {{1, {20}, {3}}, {1, {20}, {2}}, {1, {20}, {1}}};
    const double K[3] = {3, 2, 1};
    double covered = 0;
    femd_spectrum s;
    open_spectrum(&s);
    for (int seed = 1; seed <= SEEDS; seed++) {
        femd_green_kubo_result r;
        fill(&s, p, 8, (uint64_t)seed, TURN);
        tensor(&s, &r);
        for (int c = 0; c < 6; c++) {
            double truth = 0;
            for (int i = 0; i < 3; i++) truth += TURN[3 * femd_voigt_i[c] + i] * TURN[3 * femd_voigt_j[c] + i] * K[i];
            covered += (fabs(r.spectral[c] - truth) < 1.96 * r.spectral_err[c]) / (6.0 * SEEDS);
        }
    }
    print_message("%.0f %% of the components covered\n", 100 * covered);
    assert_true(covered >= 0.88);
    femd_spectrum_clear(&s);
}

static void estimators_that_disagree_widen_the_error(void **state) {
    (void)state;
    const process one = {2, {80, 0}, {0.995, 0.005}}, p[3] = {one, one, one};
    femd_spectrum s;
    int found = 0;
    open_spectrum(&s);
    for (uint64_t seed = 1; seed <= 12; seed++) {
        femd_green_kubo_result r;
        double work[BINS + 1];
        femd_error err = FEMD_ERROR_INIT;
        fill(&s, p, 6, seed, NULL);
        assert_int_equal(femd_green_kubo_tensor(&s, 1, 1, 0, work, &r, &err), FEMD_OK);
        const double apart = fabs(r.spectral[0] - r.cepstral[0]);
        assert_int_equal(r.disagree, apart > 2 * fmax(r.spectral_err[0], r.cepstral_err[0]));
        assert_true(r.k_err[0] >= r.spectral_err[0] && (!r.disagree || r.k_err[0] >= 0.5 * apart));
        found += r.disagree;
    }
    print_message("%d of 12 disagree\n", found);
    assert_true(found > 0);
    femd_spectrum_clear(&s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(polygamma_functions_have_their_known_values),
        cmocka_unit_test(cross_spectrum_equals_the_plain_sum),
        cmocka_unit_test(spectrum_comes_back_from_its_bytes),
        cmocka_unit_test(white_flux_both_estimators_unbiased),
        cmocka_unit_test(fluid_like_flux_both_estimators_unbiased),
        cmocka_unit_test(crystal_like_flux_spectral_right_where_cepstral_is_low),
        cmocka_unit_test(memory_longer_than_a_segment_allows_is_seen),
        cmocka_unit_test(tensor_turns_with_the_body),
        cmocka_unit_test(every_component_of_a_turned_tensor_is_covered),
        cmocka_unit_test(estimators_that_disagree_widen_the_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
