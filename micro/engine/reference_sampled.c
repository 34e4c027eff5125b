/* Newton on a sampled reference stress. Owns what is averaged by symmetry and when it is enough; the sampling is the
 * method's. */
#include "engine/reference_sampled.h"

#include <math.h>

static const double SCALE_STRAIN =
    0.01; /* as in the method md: accuracies are relative to the stress, at least that of this strain */
static const double ALIKE = 1e-6;
/* Half of what is allowed is the sampling's, so that a second look at the same reference finds it within. */
static const double SHARE = 0.5;
static const double COARSE = 16, FINER = 4; /* the first look is so much coarser, each later one finer by this */
enum { ITERATIONS = 12, SEED = 1 };

void femd_reference_share(const double like[6], double S[6]) {
    double largest = 0, mean[6];
    for (int c = 0; c < 6; c++) largest = fmax(largest, fabs(like[c]));
    for (int c = 0; c < 6; c++) {
        double sum = 0;
        int count = 0;
        mean[c] = 0;
        if (!(fabs(like[c]) > ALIKE * largest)) continue;
        for (int d = c < 3 ? 0 : 3; d < (c < 3 ? 3 : 6); d++) {
            if (!(fabs(like[d] - like[c]) <= ALIKE * largest)) continue;
            sum += S[d];
            count++;
        }
        mean[c] = sum / count;
    }
    for (int c = 0; c < 6; c++) S[c] = mean[c];
}

/* S at E = 0 of the reference in place. NOT_CONVERGED if the sampling ends before it is that accurate: a search among
 * unsharp stresses would end on a lucky one. */
static femd_status reference_sampled_stress(const femd_method *method, const femd_reference *ref, femd_native *native,
                                            const femd_json *doc, double accuracy, double S[6], femd_error *err) {
    const double zero[6] = {0};
    const femd_bytes none = {NULL, 0};
    const femd_conditions conditions = {
        .temperature = ref->temperature, .accuracy = accuracy, .seed = SEED, .wants = FEMD_WANT_STRESS};
    femd_buffer carry = FEMD_BUFFER_INIT;
    femd_response response = {0};
    void *self = NULL;
    FEMD_TRY(method->create(native, doc, &self, err));
    femd_status rc = method->begin ? method->begin(self, native, &conditions, &none, err) : FEMD_OK;
    if (rc == FEMD_OK) rc = method->strain(self, native, &conditions, zero, S, NULL, err);
    if (rc == FEMD_OK) rc = method->answer(self, native, &conditions, &none, &response, &carry, err);
    femd_buffer_clear(&carry);
    method->destroy(&self);
    if (rc == FEMD_OK && response.notes & FEMD_NOTE_ACCURACY_NOT_REACHED)
        rc = femd_fail(err, FEMD_NOT_CONVERGED,
                       "the sampling ends before the stress is known within %.2g of its scale; raise the method's "
                       "max_steps (\"%s\") or reference.accuracy "
                       "(now %g)",
                       accuracy, method->name, ref->accuracy);
    return rc;
}

static femd_status reference_sampled_search(const femd_reference *ref, femd_native *native, const femd_json *doc,
                                            const femd_method *method, const femd_harmonic_reference *harmonic,
                                            femd_error *err) {
    const double strained = SCALE_STRAIN * (harmonic->D[0] + harmonic->D[7] + harmonic->D[14]) / 3;
    const double enough = ref->accuracy * fmax(strained, sqrt(3) * fabs(ref->pressure));
    double S[6], residual = 0, coarse = COARSE;
    for (int it = 0; it < ITERATIONS; it++) {
        FEMD_TRY(reference_sampled_stress(method, ref, native, doc, coarse * SHARE * ref->accuracy, S, err));
        for (int c = 0; c < 3; c++) S[c] += ref->pressure;
        femd_reference_share(harmonic->dSdT, S);
        residual = 0;
        for (int c = 0; c < 6; c++) residual = fmax(residual, fabs(S[c]));
        if (residual <= enough && coarse == 1) return FEMD_OK;
        for (int c = 0; c < 3; c++) S[c] -= ref->pressure;
        if (residual > coarse * enough)
            FEMD_TRY(femd_reference_step(ref, native, S, harmonic->D, err)); /* less may be noise */
        coarse = fmax(1, coarse / FINER);
    }
    return femd_fail(err, FEMD_BAD_INPUT,
                     "the sampled stress is still %.3g Pa off the reference pressure after %d steps, %.3g are allowed "
                     "(reference.accuracy)",
                     residual, ITERATIONS, enough);
}

femd_status femd_reference_sample(const femd_reference *ref, femd_native *native, const femd_json *doc,
                                  const femd_method *method, const femd_harmonic_reference *harmonic, femd_error *err) {
    const femd_status rc = reference_sampled_search(ref, native, doc, method, harmonic, err);
    return rc == FEMD_OK ? FEMD_OK : femd_reference_blame(rc, err);
}
