/* The value of a spectrum at frequency zero from its truncated cepstrum; see spectrum.h. Good where the logarithm of
 * the spectrum is smooth over the band that is kept, as in fluids and glasses; low for the narrow peak of a crystal. */
#include <math.h>
#include <stdlib.h>

#include "numerics/portable.h"
#include "numerics/spectrum.h"

/* C[n] = (1/N) sum over the N = 2K frequencies of the periodic logarithm L, of which L[0 .. K] is half. */
static void cepstral_coefficients(int K, const double *L, double *C) {
    for (int n = 0; n <= K; n++) {
        double sum = L[0] + (n & 1 ? -L[K] : L[K]);
        for (int k = 1; k < K; k++) {
            double c, s;
            const int turn = (int)((int64_t)n * k % (2 * K));
            femd_portable_turn((double)turn / (2 * K), &c, &s);
            sum += 2 * L[k] * c;
        }
        C[n] = sum / (2 * K);
    }
}

/* Akaike's criterion of keeping P coefficients, sum of the C_n^2 left out over their variance + 2 P, into A[1 .. K];
 * returns the best P. */
static int cepstral_akaike(int K, const double *C, double variance, double *A) {
    double tail = 0;
    int best = K;
    for (int P = K; P >= 1; P--) {
        tail += C[P] * C[P] / variance;
        A[P] = tail + 2 * P;
        if (A[P] <= A[best]) best = P;
    }
    return best;
}

/* ln S(0) and its standard error, averaged over P with Akaike's weights: the choice of P is part of the error
 * (Buckland, Burnham and Augustin, Biometrics 53 (1997) 603). */
static void cepstral_average(int K, const double *C, double variance, const double *A, int best, double *value,
                             double *error) {
    double total = 0, mean = 0, deviation = 0;
    for (int pass = 0; pass < 2; pass++) {
        double log0 = C[0];
        for (int P = 1; P <= K; P++) {
            const double far = 0.5 * (A[P] - A[best]), w = far < 40 ? femd_portable_exp(-far) : 0;
            if (P > 1) log0 += 2 * C[P - 1];
            if (pass) {
                deviation += w / total * sqrt(variance * (4 * P - 2) + (log0 - mean) * (log0 - mean));
            } else {
                total += w;
                mean += w * log0;
            }
        }
        if (!pass) mean /= total;
    }
    *value = mean;
    *error = deviation;
}

femd_status femd_cepstral(const femd_periodogram *periodogram, femd_zero_frequency *out, femd_error *err) {
    const int K = periodogram->bins;
    const double N = 2.0 * K, variance = femd_portable_trigamma(periodogram->shape);
    double *L = malloc(3 * ((size_t)K + 1) * sizeof *L), *C = L + K + 1, *A = C + K + 1, log0, relative;
    if (!L) return femd_fail(err, FEMD_NO_MEMORY, "cepstral analysis: out of memory");
    for (int k = 0; k <= K; k++) {
        const double shape = k ? periodogram->shape : 0.5 * periodogram->shape;
        if (!(periodogram->P[k] > 0) || !isfinite(periodogram->P[k])) {
            free(L);
            return femd_fail(err, FEMD_DIVERGED, "the spectrum of the flux is %g at frequency number %d",
                             periodogram->P[k], k);
        }
        L[k] = femd_portable_log(periodogram->P[k]) - (femd_portable_digamma(shape) - femd_portable_log(shape));
    }
    cepstral_coefficients(K, L, C);
    *out = (femd_zero_frequency){.order = cepstral_akaike(K, C, variance / N, A), .plateau = 1};
    cepstral_average(K, C, variance / N, A, out->order, &log0, &relative);
    free(L);
    out->value = femd_portable_exp(log0);
    out->error = out->value * relative;
    return FEMD_OK;
}
