/* Sums of cross periodograms; see spectrum.h. Owns the transform (radix 2, Cooley and Tukey 1965) and the bytes of the
 * sums. */
#include "numerics/spectrum.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "femd/tensor3.h"
#include "numerics/portable.h"

femd_status femd_spectrum_init(femd_spectrum *spectrum, int samples, int bins, double dt, femd_error *err) {
    memset(spectrum, 0, sizeof *spectrum);
    if (samples < 8 || (samples & (samples - 1)) || bins < 4 || bins > samples / 2 || !(dt > 0))
        return femd_fail(err, FEMD_BAD_INPUT, "a spectrum of %d frequencies from %d samples", bins, samples);
    spectrum->sum = calloc(6 * ((size_t)bins + 1), sizeof *spectrum->sum);
    spectrum->work = malloc(5 * (size_t)samples * sizeof *spectrum->work);
    if (!spectrum->sum || !spectrum->work) {
        femd_spectrum_clear(spectrum);
        return femd_fail(err, FEMD_NO_MEMORY, "a spectrum of %d samples: out of memory", samples);
    }
    spectrum->samples = samples;
    spectrum->bins = bins;
    spectrum->dt = dt;
    femd_spectrum_turns(samples, spectrum->work + 4 * (size_t)samples);
    return FEMD_OK;
}

void femd_spectrum_clear(femd_spectrum *spectrum) {
    free(spectrum->sum);
    free(spectrum->work);
    memset(spectrum, 0, sizeof *spectrum);
}

void femd_spectrum_empty(femd_spectrum *spectrum) {
    memset(spectrum->sum, 0, 6 * ((size_t)spectrum->bins + 1) * sizeof *spectrum->sum);
    spectrum->segments = 0;
}

void femd_spectrum_turns(int n, double *turn) {
    for (int k = 0; k < n / 2; k++) femd_portable_turn((double)k / n, turn + 2 * k, turn + 2 * k + 1);
}

void femd_spectrum_transform(int n, const double *turn, double *z) {
    for (int i = 1, j = 0; i < n; i++) {
        int bit = n >> 1;
        for (; j & bit; bit >>= 1) j ^= bit;
        j ^= bit;
        if (i >= j) continue;
        for (int c = 0; c < 2; c++) {
            const double swap = z[2 * i + c];
            z[2 * i + c] = z[2 * j + c];
            z[2 * j + c] = swap;
        }
    }
    for (int half = 1; half < n; half *= 2) {
        const int stride = n / (2 * half);
        for (int start = 0; start < n; start += 2 * half)
            for (int k = 0; k < half; k++) {
                const double c = turn[2 * k * stride], s = turn[2 * k * stride + 1];
                double *a = z + 2 * (start + k), *b = a + 2 * half;
                const double re = c * b[0] - s * b[1], im = c * b[1] + s * b[0];
                b[0] = a[0] - re;
                b[1] = a[1] - im;
                a[0] += re;
                a[1] += im;
            }
    }
}

void femd_spectrum_add(femd_spectrum *spectrum, const double *flux) {
    const int n = spectrum->samples;
    double *z = spectrum->work, *w = z + 2 * (size_t)n;
    const double *turn = w + 2 * (size_t)n, scale = spectrum->dt / n;
    for (int i = 0; i < n; i++) {
        z[2 * i] = flux[3 * i];
        z[2 * i + 1] = flux[3 * i + 1];
        w[2 * i] = flux[3 * i + 2];
        w[2 * i + 1] = 0;
    }
    femd_spectrum_transform(n, turn, z);
    femd_spectrum_transform(n, turn, w);
    for (int k = 0; k <= spectrum->bins; k++) {
        const int m = (n - k) & (n - 1); /* two real series in one transform come apart by the symmetry of theirs */
        const double re[3] = {0.5 * (z[2 * k] + z[2 * m]), 0.5 * (z[2 * k + 1] + z[2 * m + 1]), w[2 * k]};
        const double im[3] = {0.5 * (z[2 * k + 1] - z[2 * m + 1]), -0.5 * (z[2 * k] - z[2 * m]), w[2 * k + 1]};
        for (int c = 0; c < 6; c++) {
            const int a = femd_voigt_i[c], b = femd_voigt_j[c];
            spectrum->sum[6 * k + c] += scale * (re[a] * re[b] + im[a] * im[b]);
        }
    }
    spectrum->segments++;
}

enum { HEAD = 16, SEGMENTS_MAX = 1 << 30 }; /* that a state may claim: more can follow */

femd_status femd_spectrum_encode(const femd_spectrum *spectrum, femd_buffer *out, femd_error *err) {
    const size_t count = 6 * ((size_t)spectrum->bins + 1);
    FEMD_TRY(femd_buffer_reserve(out, HEAD + 8 * count, err));
    uint8_t *p = out->data + out->size;
    femd_put32(p, (uint32_t)spectrum->samples);
    femd_put32(p + 4, (uint32_t)spectrum->bins);
    femd_put32(p + 8, (uint32_t)spectrum->segments);
    femd_put32(p + 12, 0);
    p += HEAD;
    for (size_t i = 0; i < count; i++, p += 8) femd_putf64(p, spectrum->sum[i]);
    out->size += HEAD + 8 * count;
    return FEMD_OK;
}

femd_status femd_spectrum_decode(femd_spectrum *spectrum, const femd_bytes *in, femd_error *err) {
    const size_t count = 6 * ((size_t)spectrum->bins + 1);
    const uint8_t *p = in->data;
    if (in->size != HEAD + 8 * count || femd_get32(p) != (uint32_t)spectrum->samples ||
        femd_get32(p + 4) != (uint32_t)spectrum->bins || femd_get32(p + 8) > SEGMENTS_MAX)
        return femd_fail(err, FEMD_PROTOCOL, "%zu bytes of a spectrum are not of this material", in->size);
    spectrum->segments = (int)femd_get32(p + 8);
    p += HEAD;
    for (size_t i = 0; i < count; i++, p += 8) {
        spectrum->sum[i] = femd_getf64(p);
        if (!isfinite(spectrum->sum[i]))
            return femd_fail(err, FEMD_PROTOCOL, "a spectrum in a state holds a number that is not finite");
    }
    return FEMD_OK;
}

void femd_spectrum_along(const femd_spectrum *spectrum, const double *n, double *P, femd_periodogram *periodogram) {
    const double average = 1.0 / spectrum->segments;
    for (int k = 0; k <= spectrum->bins; k++) {
        const double *S = spectrum->sum + 6 * k;
        double v = 0;
        for (int c = 0; n && c < 6; c++) v += (c < 3 ? 1 : 2) * n[femd_voigt_i[c]] * n[femd_voigt_j[c]] * S[c];
        P[k] = average * (n ? v : (S[0] + S[1] + S[2]) / 3);
    }
    *periodogram = (femd_periodogram){.bins = spectrum->bins,
                                      .df = 1 / (spectrum->samples * spectrum->dt),
                                      .shape = (n ? 1.0 : 3.0) * spectrum->segments,
                                      .P = P};
}
