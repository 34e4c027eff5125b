/* Estimates of the viscosity; see viscosity.h. */
#include "fluid/viscosity.h"

#include <math.h>
#include <string.h>

static const double FLAT = 0.5; /* of the value at frequency zero: the lowest octave mean that counts as near it */

/* Where the two are more than two standard deviations apart (of the less certain one: they see the same data) the error
 * is at least half the difference. */
static femd_status viscosity_estimate(const femd_periodogram *p, double unit, int cepstral, double off,
                                      femd_viscosity_number *out, femd_error *err) {
    femd_zero_frequency spectral, other;
    FEMD_TRY(femd_lorentz(p, &spectral, err));
    FEMD_TRY(femd_cepstral(p, &other, err));
    const femd_zero_frequency *mine = cepstral ? &other : &spectral, *check = cepstral ? &spectral : &other;
    const double apart = fabs(mine->value - check->value);
    *out = (femd_viscosity_number){.value = unit * mine->value,
                                   .error = mine->error,
                                   .check = unit * check->value,
                                   .check_error = unit * check->error,
                                   .disagree = apart > 2 * fmax(mine->error, check->error),
                                   .plateau = spectral.plateau,
                                   .time = spectral.time};
    if (out->disagree) out->error = fmax(out->error, 0.5 * apart);
    out->error = unit * sqrt(out->error * out->error + off * off * mine->value * mine->value);
    return FEMD_OK;
}

/* Sums of pairs over the octaves from the lowest to the last whose shear spectrum is still near its value at zero.
 * Returns the bins in them. */
static int viscosity_low_band(const femd_stress_spectrum *spectrum, double zero, double sum[FEMD_STRESS_PAIRS]) {
    int bins = 0;
    memset(sum, 0, FEMD_STRESS_PAIRS * sizeof *sum);
    for (int o = 0; (2 << o) - 1 <= spectrum->bins && o < FEMD_STRESS_OCTAVES; o++) {
        const double *pair = spectrum->octave[o];
        const double mean =
            (pair[0] + pair[6] + pair[11] + pair[15] + pair[18]) / (5.0 * (1 << o)) / spectrum->segments;
        if (o > 2 && !(mean > FLAT * zero)) break;
        for (int i = 0; i < FEMD_STRESS_PAIRS; i++) sum[i] += pair[i];
        bins += 1 << o;
    }
    return bins;
}

/* The 6x6 in the fluxes: on the diagonal shares of the shear value as the powers at low frequencies have it, off it the
 * coherence there. variance: of the shares and coherences alone. */
static void viscosity_matrix(const double sum[FEMD_STRESS_PAIRS], double count, const femd_viscosity_result *result,
                             double eta[6][6], double variance[6][6]) {
    const double shear = result->shear.value, bulk = result->bulk.value,
                 mean = (sum[0] + sum[6] + sum[11] + sum[15] + sum[18]) / 5;
    for (int a = 0, pair = 0; a < 6; a++)
        for (int b = a; b < 6; b++, pair++) {
            const double scale = a == 5   ? 0
                                 : b == 5 ? sqrt(shear * bulk / (mean * sum[20]))
                                          : shear / mean,
                         square = a == 5   ? 0
                                  : b == 5 ? shear * bulk
                                           : shear * shear;
            eta[a][b] = eta[b][a] = a == 5 ? bulk : scale * sum[pair];
            variance[a][b] = variance[b][a] = a == 5 ? 0 : square / count * (a == b ? 0.8 : 0.5);
        }
}

/* Norms of the fourth-rank tensors: an orthonormal basis is sqrt 2 times the shear fluxes and sqrt 3 times the last. */
static void viscosity_distance(const double eta[6][6], const double variance[6][6], femd_viscosity_result *result) {
    const double shear = result->shear.value, bulk = result->bulk.value,
                 norm = sqrt(20 * shear * shear + 9 * bulk * bulk);
    double far = 0, noise = 0;
    for (int a = 0; a < 6; a++)
        for (int b = 0; b < 6; b++) {
            const double weight = (a == 5 ? 3 : 2) * (b == 5 ? 3 : 2),
                         off = a == b ? eta[a][a] - (a == 5 ? bulk : shear) : eta[a][b];
            far += weight * off * off;
            noise += weight * variance[a][b];
        }
    result->anisotropy = sqrt(far) / norm;
    result->chance = sqrt(noise) / norm;
}

static void viscosity_voigt(const double eta[6][6], const double variance[6][6], femd_viscosity_result *result) {
    for (int I = 0; I < 6; I++)
        for (int J = 0; J < 6; J++) {
            const double *s = femd_stress_basis[I], *t = femd_stress_basis[J];
            double value = 0, shear = 0, square = 0;
            for (int a = 0; a < 6; a++)
                for (int b = a; b < 6; b++) {
                    const double both = a == b ? s[a] * t[a] : s[a] * t[b] + s[b] * t[a];
                    value += both * eta[a][b];
                    square += both * both * variance[a][b];
                    if (a == b && a < 5) shear += both;
                }
            const double common = shear * result->shear.error, volume = s[5] * t[5] * result->bulk.error;
            result->tensor[6 * I + J] = value;
            result->tensor_err[6 * I + J] = sqrt(square + common * common + volume * volume);
        }
}

femd_status femd_viscosity_evaluate(femd_stress_spectrum *spectrum, double unit, int cepstral, double off,
                                    femd_viscosity_result *result, femd_error *err) {
    double sum[FEMD_STRESS_PAIRS], eta[6][6], variance[6][6];
    if (spectrum->segments < 2) return femd_fail(err, FEMD_BAD_INPUT, "a viscosity of fewer than two segments");
    const femd_periodogram shear = femd_stress_spectrum_shear(spectrum);
    FEMD_TRY(viscosity_estimate(&shear, unit, cepstral, off, &result->shear, err));
    const femd_periodogram bulk = femd_stress_spectrum_bulk(spectrum);
    FEMD_TRY(viscosity_estimate(&bulk, unit, cepstral, off, &result->bulk, err));
    const int bins = viscosity_low_band(spectrum, result->shear.value / unit, sum);
    viscosity_matrix(sum, (double)bins * spectrum->segments, result, eta, variance);
    viscosity_distance(eta, variance, result);
    viscosity_voigt(eta, variance, result);
    return FEMD_OK;
}
