/* Sums of periodograms of the stress; see stress_spectrum.h. Owns their layout. */
#include "fluid/stress_spectrum.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define ROOT3 1.7320508075688772935

const double femd_stress_basis[6][6] = {{0, 0, 0, 1, -1 / ROOT3, 1}, {0, 0, 0, -1, -1 / ROOT3, 1},
                                        {0, 0, 0, 0, 2 / ROOT3, 1},  {1, 0, 0, 0, 0, 0},
                                        {0, 1, 0, 0, 0, 0},          {0, 0, 1, 0, 0, 0}};

void femd_stress_fluxes(const double A[6], double z[6]) {
    z[0] = A[3];
    z[1] = A[4];
    z[2] = A[5];
    z[3] = 0.5 * (A[0] - A[1]);
    z[4] = (2 * A[2] - A[0] - A[1]) / (2 * ROOT3);
    z[5] = (A[0] + A[1] + A[2]) / 3;
}

femd_status femd_stress_spectrum_init(femd_stress_spectrum *spectrum, int samples, int bins, double dt,
                                      femd_error *err) {
    memset(spectrum, 0, sizeof *spectrum);
    if (samples < 8 || (samples & (samples - 1)) || bins < 4 || bins > samples / 2 || !(dt > 0))
        return femd_fail(err, FEMD_BAD_INPUT, "a spectrum of %d frequencies from %d samples", bins, samples);
    spectrum->shear = calloc(2 * ((size_t)bins + 1), sizeof *spectrum->shear);
    spectrum->work = malloc((7 * (size_t)samples + (size_t)bins + 1) * sizeof *spectrum->work);
    if (!spectrum->shear || !spectrum->work) {
        femd_stress_spectrum_clear(spectrum);
        return femd_fail(err, FEMD_NO_MEMORY, "a spectrum of %d samples: out of memory", samples);
    }
    spectrum->bulk = spectrum->shear + bins + 1;
    spectrum->samples = samples;
    spectrum->bins = bins;
    spectrum->dt = dt;
    femd_spectrum_turns(samples, spectrum->work + 6 * (size_t)samples);
    return FEMD_OK;
}

void femd_stress_spectrum_clear(femd_stress_spectrum *spectrum) {
    free(spectrum->shear);
    free(spectrum->work);
    memset(spectrum, 0, sizeof *spectrum);
}

void femd_stress_spectrum_empty(femd_stress_spectrum *spectrum) {
    memset(spectrum->shear, 0, 2 * ((size_t)spectrum->bins + 1) * sizeof *spectrum->shear);
    memset(spectrum->octave, 0, sizeof spectrum->octave);
    spectrum->means[0] = spectrum->means[1] = 0;
    spectrum->segments = 0;
}

/* One frequency of a segment: the six amplitudes into the sums. */
static void stress_spectrum_take(femd_stress_spectrum *spectrum, int k, const double re[6], const double im[6]) {
    const double scale = spectrum->dt / spectrum->samples;
    int octave = 0, pair = 0;
    while (k >> (octave + 1)) octave++;
    for (int a = 0; a < 5; a++) spectrum->shear[k] += scale * (re[a] * re[a] + im[a] * im[a]);
    if (k == 0) {
        const double sum = sqrt(scale) * re[5];
        spectrum->means[0] += sum;
        spectrum->means[1] += sum * sum;
        return;
    }
    spectrum->bulk[k] += scale * (re[5] * re[5] + im[5] * im[5]);
    for (int a = 0; a < 6; a++)
        for (int b = a; b < 6; b++, pair++) spectrum->octave[octave][pair] += scale * (re[a] * re[b] + im[a] * im[b]);
}

void femd_stress_spectrum_add(femd_stress_spectrum *spectrum, const double *flux) {
    const int n = spectrum->samples;
    const double *turn = spectrum->work + 6 * (size_t)n;
    for (int pair = 0; pair < 3; pair++) { /* two real series in one transform */
        double *z = spectrum->work + 2 * (size_t)n * (size_t)pair;
        for (int i = 0; i < n; i++) {
            z[2 * i] = flux[6 * i + 2 * pair];
            z[2 * i + 1] = flux[6 * i + 2 * pair + 1];
        }
        femd_spectrum_transform(n, turn, z);
    }
    for (int k = 0; k <= spectrum->bins; k++) {
        const int m = (n - k) & (n - 1);
        double re[6], im[6];
        for (int pair = 0; pair < 3; pair++) {
            const double *z = spectrum->work + 2 * (size_t)n * (size_t)pair;
            re[2 * pair] = 0.5 * (z[2 * k] + z[2 * m]);
            im[2 * pair] = 0.5 * (z[2 * k + 1] - z[2 * m + 1]);
            re[2 * pair + 1] = 0.5 * (z[2 * k + 1] + z[2 * m + 1]);
            im[2 * pair + 1] = -0.5 * (z[2 * k] - z[2 * m]);
        }
        stress_spectrum_take(spectrum, k, re, im);
    }
    spectrum->segments++;
}

static femd_periodogram stress_spectrum_of(femd_stress_spectrum *spectrum, const double *sum, int fluxes) {
    double *P = spectrum->work + 7 * (size_t)spectrum->samples;
    for (int k = 0; k <= spectrum->bins; k++) P[k] = sum[k] / ((double)fluxes * spectrum->segments);
    return (femd_periodogram){.bins = spectrum->bins,
                              .df = 1 / (spectrum->samples * spectrum->dt),
                              .shape = (double)fluxes * spectrum->segments,
                              .P = P};
}

femd_periodogram femd_stress_spectrum_shear(femd_stress_spectrum *spectrum) {
    return stress_spectrum_of(spectrum, spectrum->shear, 5);
}

femd_periodogram femd_stress_spectrum_bulk(femd_stress_spectrum *spectrum) {
    const double mean = spectrum->means[0] / spectrum->segments;
    const femd_periodogram bulk = stress_spectrum_of(spectrum, spectrum->bulk, 1);
    double *P = spectrum->work + 7 * (size_t)spectrum->samples;
    P[0] = (spectrum->means[1] - spectrum->segments * mean * mean) / (spectrum->segments - 1);
    return bulk;
}

femd_status femd_stress_spectrum_carry(femd_stress_spectrum *spectrum, femd_carry *carry, femd_error *err) {
    enum { SEGMENTS_MAX = 1 << 30 }; /* that a state may claim: more can follow */
    uint32_t segments = (uint32_t)spectrum->segments;
    FEMD_TRY(femd_carry_expect(carry, (uint32_t)spectrum->bins, err));
    FEMD_TRY(femd_carry_u32(carry, &segments, err));
    if (segments > SEGMENTS_MAX) return femd_fail(err, FEMD_PROTOCOL, "%u segments of a fluid", segments);
    spectrum->segments = (int)segments;
    FEMD_TRY(femd_carry_doubles(carry, spectrum->shear, 2 * ((size_t)spectrum->bins + 1), err));
    FEMD_TRY(femd_carry_doubles(carry, spectrum->means, 2, err));
    return femd_carry_doubles(carry, spectrum->octave[0], (size_t)FEMD_STRESS_OCTAVES * FEMD_STRESS_PAIRS, err);
}
