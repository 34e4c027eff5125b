/* See roughness.h. */
#include "vibrations/roughness.h"

#include <math.h>
#include <string.h>

static const double NOTED = 0.005, REFUSED = 0.05; /* of the scale */
static const double STRESS_LEAST = 1e8;            /* Pa: less stress than this is not asked for to a twentieth */

static double roughness_norm(const double v[6]) {
    return sqrt(v[0] * v[0] + v[1] * v[1] + v[2] * v[2] + 2 * (v[3] * v[3] + v[4] * v[4] + v[5] * v[5]));
}

/* Largest entry over the scale. */
static double roughness_of_stress(const double error[6], double scale) {
    double most = 0;
    for (int c = 0; c < 6; c++) most = fmax(most, error[c] / scale);
    return most;
}

static double roughness_of_tangent(const double error[36], const double D[36]) {
    double scale[6], mean = 0, most = 0;
    for (int a = 0; a < 6; a++) mean += fabs(D[7 * a]) / 6;
    for (int a = 0; a < 6; a++) scale[a] = fmax(fabs(D[7 * a]), 0.1 * mean);
    for (int a = 0; a < 6; a++)
        for (int b = 0; b < 6; b++) most = fmax(most, error[6 * a + b] / sqrt(scale[a] * scale[b]));
    return most;
}

/* Tells one quantity's share of its scale: a note, or a refusal. */
static femd_status roughness_weigh(const char *what, double share, femd_doubt doubt, femd_response *response,
                                   femd_error *err) {
    if (share > NOTED && doubt == FEMD_DOUBT_STEP) response->notes |= FEMD_NOTE_ROUGH_POTENTIAL;
    if (share <= REFUSED) return FEMD_OK;
    if (doubt == FEMD_DOUBT_SCATTER)
        return femd_fail(err, FEMD_OUT_OF_DOMAIN,
                         "averages over the vibrations give %s no better than to %.2g %% of its scale (up to %g %% are "
                         "answered); the method \"md\" samples it to any accuracy",
                         what, 100 * share, 100 * REFUSED);
    return femd_fail(err, FEMD_OUT_OF_DOMAIN,
                     "vibrations of atoms at rest do not give %s with this potential: half the step of the differences "
                     "moves it by %.2g %% of its scale (up to %g %% are answered), since derivatives of the tables "
                     "jump; \"quasiharmonic\": {\"force_constants\": \"thermal\"} averages over them, the method "
                     "\"md\" samples",
                     what, 100 * share, 100 * REFUSED);
}

femd_status femd_roughness_judge(const femd_unevenness *uneven, femd_doubt doubt, uint32_t wants, double temperature,
                                 femd_response *response, femd_error *err) {
    response->sampled |= (wants & (FEMD_WANT_STRESS | FEMD_WANT_TANGENT | FEMD_WANT_THERMAL_STRESS)) != 0;
    if (wants & FEMD_WANT_STRESS) {
        memcpy(response->S_err, uneven->S, sizeof uneven->S);
        const double scale = fmax(roughness_norm(response->S), STRESS_LEAST);
        FEMD_TRY(roughness_weigh("the stress", roughness_of_stress(uneven->S, scale), doubt, response, err));
    }
    if (wants & FEMD_WANT_TANGENT) {
        memcpy(response->D_err, uneven->D, sizeof uneven->D);
        FEMD_TRY(roughness_weigh("the tangent", roughness_of_tangent(uneven->D, response->D), doubt, response, err));
    }
    if (wants & FEMD_WANT_THERMAL_STRESS && temperature > 0) {
        memcpy(response->dSdT_err, uneven->dSdT, sizeof uneven->dSdT);
        const double scale = fmax(roughness_norm(response->dSdT), STRESS_LEAST / temperature);
        FEMD_TRY(roughness_weigh("the thermal stress", roughness_of_stress(uneven->dSdT, scale), doubt, response, err));
    }
    return FEMD_OK;
}
