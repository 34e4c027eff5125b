/* The viscosity tensor from series of the stress whose answer is known. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fluid/viscosity.h"
#include "numerics/random.h"

enum { SAMPLES = 1024, BINS = 128 };
static const double MEMORY = 4; /* samples */

/* One flux with exponential memory and S(0) = zero. */
static void draw(uint64_t key, double zero, double offset, double *out) {
    const double phi = exp(-1 / MEMORY), scale = sqrt(zero * (1 - phi) / (1 + phi));
    double state = 0, z[2];
    for (uint64_t i = 0; i < SAMPLES; i++) {
        femd_random_normals(key, i, z);
        state = i ? phi * state + sqrt(1 - phi * phi) * z[0] : z[0];
        out[6 * i] = scale * state + offset;
    }
}

static void open_spectrum(femd_stress_spectrum *s) {
    femd_error err = FEMD_ERROR_INIT;
    assert_int_equal(femd_stress_spectrum_init(s, SAMPLES, BINS, 1.0, &err), FEMD_OK);
}

/* Segments of six independent fluxes; the trace has a mean that may change from segment to segment. */
static void fill(femd_stress_spectrum *s, const double zero[6], int segments, uint64_t seed, double mean, double step) {
    double *flux = malloc(6 * SAMPLES * sizeof *flux);
    femd_stress_spectrum_empty(s);
    for (int r = 0; r < segments; r++) {
        for (int c = 0; c < 6; c++)
            draw(femd_random_bits(seed, 1003 + (uint64_t)r, (uint64_t)c), zero[c], c == 5 ? mean + step * r : 0,
                 flux + c);
        femd_stress_spectrum_add(s, flux);
    }
    free(flux);
}

static femd_viscosity_result evaluate(femd_stress_spectrum *s, int cepstral, double off) {
    femd_viscosity_result r;
    femd_error err = FEMD_ERROR_INIT;
    if (femd_viscosity_evaluate(s, 1, cepstral, off, &r, &err) != FEMD_OK) fail_msg("%s", err.text);
    return r;
}

static void six_fluxes_are_the_tensor(void **state) {
    (void)state;
    const double A[6] = {1.5, -0.3, 2.25, 0.7, -0.9, 0.11};
    double z[6];
    femd_stress_fluxes(A, z);
    for (int I = 0; I < 6; I++) {
        double back = 0;
        for (int a = 0; a < 6; a++) back += femd_stress_basis[I][a] * z[a];
        assert_true(fabs(back - A[I]) < 1e-15 * 8);
    }
    /* turned by 45 degrees about the third axis a shear in the plane becomes the difference of normal stresses */
    const double shear[6] = {0, 0, 0, 0, 0, 1}, turned[6] = {1, -1, 0, 0, 0, 0};
    double a[6], b[6];
    femd_stress_fluxes(shear, a);
    femd_stress_fluxes(turned, b);
    assert_true(a[2] == 1 && b[3] == 1);
}

static void sums_are_those_of_the_plain_transform(void **state) {
    (void)state;
    enum { N = 16, K = 8 };
    femd_stress_spectrum s;
    femd_error err = FEMD_ERROR_INIT;
    double flux[6 * N], shear[K + 1] = {0}, bulk[K + 1] = {0}, octave[4][FEMD_STRESS_PAIRS] = {{0}}, mean = 0;
    assert_int_equal(femd_stress_spectrum_init(&s, N, K, 0.5, &err), FEMD_OK);
    for (int i = 0; i < 6 * N; i++) flux[i] = femd_random_uniform(5, 1004, (uint64_t)i) - 0.4;
    femd_stress_spectrum_add(&s, flux);
    for (int k = 0; k <= K; k++) {
        double re[6] = {0}, im[6] = {0};
        for (int i = 0; i < N; i++)
            for (int c = 0; c < 6; c++) {
                re[c] += flux[6 * i + c] * cos(2 * acos(-1) * i * k / N);
                im[c] += flux[6 * i + c] * sin(2 * acos(-1) * i * k / N);
            }
        for (int c = 0; c < 5; c++) shear[k] += 0.5 / N * (re[c] * re[c] + im[c] * im[c]);
        if (k)
            bulk[k] = 0.5 / N * (re[5] * re[5] + im[5] * im[5]);
        else
            mean = sqrt(0.5 / N) * re[5];
        const int o = k < 2 ? 0 : k < 4 ? 1 : k < 8 ? 2 : 3;
        for (int a = 0, pair = 0; k && a < 6; a++)
            for (int b = a; b < 6; b++, pair++) octave[o][pair] += 0.5 / N * (re[a] * re[b] + im[a] * im[b]);
    }
    for (int k = 0; k <= K; k++) assert_true(fabs(s.shear[k] - shear[k]) < 1e-12 && fabs(s.bulk[k] - bulk[k]) < 1e-12);
    for (int o = 0; o < 4; o++)
        for (int p = 0; p < FEMD_STRESS_PAIRS; p++) assert_true(fabs(s.octave[o][p] - octave[o][p]) < 1e-12);
    assert_true(fabs(s.means[0] - mean) < 1e-12 && fabs(s.means[1] - mean * mean) < 1e-12);
    femd_stress_spectrum_clear(&s);
}

/* eta 2, bulk 3: 11,11 is bulk + 4/3 eta, 11,22 is bulk - 2/3 eta, 44 is eta. */
static void an_isotropic_fluid_has_two_numbers(void **state) {
    (void)state;
    const double zero[6] = {2, 2, 2, 2, 2, 3};
    femd_stress_spectrum s;
    int held[2] = {0, 0}, trials = 24;
    open_spectrum(&s);
    for (int seed = 0; seed < trials; seed++) {
        fill(&s, zero, 8, 100 + (uint64_t)seed, 50, 0);
        const femd_viscosity_result r = evaluate(&s, seed & 1, 0);
        held[0] += fabs(r.shear.value - 2) < 1.96 * r.shear.error;
        held[1] += fabs(r.bulk.value - 3) < 1.96 * r.bulk.error;
        assert_true(fabs(r.shear.value - 2) < 0.4 && fabs(r.bulk.value - 3) < 1.2);
        double mean = (r.tensor[21] + r.tensor[28] + r.tensor[35]) / 5;
        mean += ((r.tensor[0] + r.tensor[7] + r.tensor[14]) * 2 - (r.tensor[1] + r.tensor[2] + r.tensor[8]) * 2) / 6 /
                5; /* the two of the normal stresses */
        assert_true(fabs(mean - r.shear.value) < 1e-12);
        const double tr =
            (r.tensor[0] + r.tensor[7] + r.tensor[14] + 2 * (r.tensor[1] + r.tensor[2] + r.tensor[8])) / 9;
        assert_true(fabs(tr - r.bulk.value) < 1e-12);
        for (int a = 0; a < 6; a++)
            for (int b = 0; b < 6; b++) {
                const double want = a < 3 && b < 3 ? 3 - 4.0 / 3 + (a == b) * 4 : a == b ? 2 : 0;
                assert_true(r.tensor[6 * a + b] == r.tensor[6 * b + a] || fabs(r.tensor[6 * a + b]) < 10);
                assert_true(fabs(r.tensor[6 * a + b] - want) < 4.5 * r.tensor_err[6 * a + b]);
            }
        assert_true(r.anisotropy < 1.6 * r.chance && r.anisotropy > 0.3 * r.chance);
    }
    print_message("95 %% intervals held shear %d, bulk %d of %d\n", held[0], held[1], trials);
    assert_true(held[0] >= 19 && held[1] >= 19);
    femd_stress_spectrum_clear(&s);
}

/* The mean of the trace is nobody's fluctuation; one that jumps between segments is. */
static void means_of_equal_energy_are_taken_off_together(void **state) {
    (void)state;
    const double zero[6] = {2, 2, 2, 2, 2, 3};
    femd_stress_spectrum s;
    open_spectrum(&s);
    fill(&s, zero, 8, 7, 0, 0);
    const femd_viscosity_result rest = evaluate(&s, 1, 0);
    const femd_periodogram plain = femd_stress_spectrum_bulk(&s);
    const double low = plain.P[0];
    fill(&s, zero, 8, 7, 1000, 0);
    const femd_viscosity_result high = evaluate(&s, 1, 0);
    assert_true(fabs(high.bulk.value / rest.bulk.value - 1) < 1e-6 && fabs(high.shear.value - rest.shear.value) < 1e-9);
    fill(&s, zero, 8, 7, 0, 1);
    const femd_periodogram jumps = femd_stress_spectrum_bulk(&s);
    assert_true(jumps.P[0] > 100 * low);
    femd_stress_spectrum_clear(&s);
}

static void a_preferred_direction_is_seen(void **state) {
    (void)state;
    const double zero[6] = {5, 2, 2, 2, 2, 3};
    femd_stress_spectrum s;
    open_spectrum(&s);
    fill(&s, zero, 16, 9, 0, 0);
    const femd_viscosity_result r = evaluate(&s, 0, 0);
    assert_true(r.anisotropy > 3 * r.chance);
    /* the distance is that of tensors of fourth rank: a shear of Voigt's stands for two entries */
    double off = 0, norm = 0;
    for (int I = 0; I < 6; I++)
        for (int J = 0; J < 6; J++) {
            const double even = I < 3 && J < 3 ? r.bulk.value + (I == J ? 4 : -2) * r.shear.value / 3
                                               : (I == J) * r.shear.value,
                         twice = (I < 3 ? 1 : 2) * (J < 3 ? 1 : 2), d = r.tensor[6 * I + J] - even;
            off += twice * d * d;
            norm += twice * even * even;
        }
    assert_true(fabs(r.anisotropy - sqrt(off / norm)) < 1e-10 * r.anisotropy);
    assert_true(fabs(r.tensor[21] - 5) < 4 * r.tensor_err[21] + 0.2 && r.tensor[28] < 2.8 && r.tensor[35] < 2.8);
    femd_stress_spectrum_clear(&s);
}

/* Which of the five shears is the strong one matters to the tensor, and to no measure of it. */
static void the_shears_count_alike(void **state) {
    (void)state;
    femd_stress_spectrum s;
    femd_viscosity_result first = {.chance = 0};
    double *flux = malloc(6 * SAMPLES * sizeof *flux);
    open_spectrum(&s);
    for (int turn = 0; turn < 5; turn++) {
        femd_stress_spectrum_empty(&s);
        for (uint64_t r = 0; r < 6; r++) {
            for (int c = 0; c < 6; c++)
                draw(femd_random_bits(77, 1003 + r, (uint64_t)c), c == 0 ? 20 : 1, 0,
                     flux + (c < 5 ? (c + turn) % 5 : 5));
            femd_stress_spectrum_add(&s, flux);
        }
        const femd_viscosity_result r = evaluate(&s, 0, 0);
        if (!turn) first = r;
        assert_true(fabs(r.chance / first.chance - 1) < 1e-9 && fabs(r.anisotropy / first.anisotropy - 1) < 1e-9);
        assert_true(fabs(r.shear.value / first.shear.value - 1) < 1e-9);
    }
    free(flux);
    femd_stress_spectrum_clear(&s);
}

/* An error of temperature comes on top; two estimators far apart widen the error. */
static void doubts_widen_the_error(void **state) {
    (void)state;
    const double zero[6] = {2, 2, 2, 2, 2, 3};
    femd_stress_spectrum s;
    open_spectrum(&s);
    fill(&s, zero, 8, 11, 0, 0);
    const femd_viscosity_result plain = evaluate(&s, 0, 0), warm = evaluate(&s, 0, 0.1), other = evaluate(&s, 1, 0);
    const double extra = 0.1 * plain.shear.value;
    assert_true(fabs(warm.shear.error - sqrt(plain.shear.error * plain.shear.error + extra * extra)) < 1e-12);
    assert_true(plain.shear.check == other.shear.value && other.shear.check == plain.shear.value);
    assert_true(!plain.shear.disagree);
    /* a spike at the lowest frequencies, which the cepstrum smooths away */
    for (int k = 0; k < 6; k++) s.shear[k] *= 12;
    const femd_viscosity_result odd = evaluate(&s, 1, 0);
    const double apart = fabs(odd.shear.value - odd.shear.check);
    assert_true(odd.shear.disagree && odd.shear.error >= 0.5 * apart);
    femd_stress_spectrum_clear(&s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(six_fluxes_are_the_tensor),
        cmocka_unit_test(sums_are_those_of_the_plain_transform),
        cmocka_unit_test(an_isotropic_fluid_has_two_numbers),
        cmocka_unit_test(means_of_equal_energy_are_taken_off_together),
        cmocka_unit_test(a_preferred_direction_is_seen),
        cmocka_unit_test(the_shears_count_alike),
        cmocka_unit_test(doubts_widen_the_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
