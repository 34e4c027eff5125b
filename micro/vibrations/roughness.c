/* See roughness.h. */
#include "vibrations/roughness.h"

#include <math.h>
#include <string.h>

static const double NOTED = 0.005, REFUSED = 0.05; /* of the scale */
static const double STRESS_LEAST = 1e8;            /* Pa: less stress than this is not asked for to a twentieth */

double femd_roughness_norm(const double v[6]) {
    return sqrt(v[0] * v[0] + v[1] * v[1] + v[2] * v[2] + 2 * (v[3] * v[3] + v[4] * v[4] + v[5] * v[5]));
}

double femd_roughness_of_stress(const double error[6], double scale) {
    double most = 0;
    for (int c = 0; c < 6; c++) most = fmax(most, error[c] / scale);
    return most;
}

double femd_roughness_of_tangent(const double error[36], const double D[36]) {
    double scale[6], mean = 0, most = 0;
    for (int a = 0; a < 6; a++) mean += fabs(D[7 * a]) / 6;
    for (int a = 0; a < 6; a++) scale[a] = fmax(fabs(D[7 * a]), 0.1 * mean);
    for (int a = 0; a < 6; a++)
        for (int b = 0; b < 6; b++) most = fmax(most, error[6 * a + b] / sqrt(scale[a] * scale[b]));
    return most;
}

/* One quantity: the share of its scale that the step makes, and that of all. */
typedef struct share {
    const char *what;
    double step, all;
    int scatters; /* 1: averages over the vibrations have a share in it */
} share;

static femd_status roughness_weigh(const share *of, femd_response *response, femd_error *err) {
    if (of->step > NOTED) response->notes |= FEMD_NOTE_ROUGH_POTENTIAL;
    if (of->all <= REFUSED) return FEMD_OK;
    if (of->scatters)
        return femd_fail(err, FEMD_OUT_OF_DOMAIN,
                         "averages over the vibrations give %s no better than to %.2g %% of its scale (up to %g %% are "
                         "answered); the method \"md\" samples it to any accuracy",
                         of->what, 100 * of->all, 100 * REFUSED);
    return femd_fail(err, FEMD_OUT_OF_DOMAIN,
                     "vibrations of atoms at rest do not give %s with this potential: half the step of the differences "
                     "moves it by %.2g %% of its scale (up to %g %% are answered), since derivatives of the tables "
                     "jump; \"quasiharmonic\": {\"force_constants\": \"thermal\"} averages over them, the method "
                     "\"md\" samples",
                     of->what, 100 * of->all, 100 * REFUSED);
}

/* error = the root of the squares of both. */
static void roughness_join(int n, const double *step, const double *scatter, double *error) {
    for (int c = 0; c < n; c++) error[c] = scatter ? sqrt(step[c] * step[c] + scatter[c] * scatter[c]) : step[c];
}

/* S or dS/dT. */
static femd_status roughness_judge_stress(const char *what, const double *step, const double *scatter, double scale,
                                          int asked, double error[6], femd_response *response, femd_error *err) {
    roughness_join(6, step, scatter, error);
    if (!asked) return FEMD_OK;
    return roughness_weigh(
        &(share){what, femd_roughness_of_stress(step, scale), femd_roughness_of_stress(error, scale), scatter != NULL},
        response, err);
}

static femd_status roughness_judge_tangent(const double *step, const double *scatter, int asked,
                                           femd_response *response, femd_error *err) {
    roughness_join(36, step, scatter, response->D_err);
    if (!asked) return FEMD_OK;
    return roughness_weigh(&(share){"the tangent", femd_roughness_of_tangent(step, response->D),
                                    femd_roughness_of_tangent(response->D_err, response->D), scatter != NULL},
                           response, err);
}

femd_status femd_roughness_judge(const femd_unevenness *step, const femd_unevenness *scatter, uint32_t wants,
                                 uint32_t asked, double temperature, femd_response *response, femd_error *err) {
    response->sampled |= (wants & (FEMD_WANT_STRESS | FEMD_WANT_TANGENT | FEMD_WANT_THERMAL_STRESS)) != 0;
    if (wants & FEMD_WANT_STRESS)
        FEMD_TRY(roughness_judge_stress("the stress", step->S, scatter ? scatter->S : NULL,
                                        fmax(femd_roughness_norm(response->S), STRESS_LEAST),
                                        (asked & FEMD_WANT_STRESS) != 0, response->S_err, response, err));
    if (wants & FEMD_WANT_TANGENT)
        FEMD_TRY(roughness_judge_tangent(step->D, scatter ? scatter->D : NULL, (asked & FEMD_WANT_TANGENT) != 0,
                                         response, err));
    if (wants & FEMD_WANT_THERMAL_STRESS && temperature > 0)
        FEMD_TRY(roughness_judge_stress("the thermal stress", step->dSdT, scatter ? scatter->dSdT : NULL,
                                        fmax(femd_roughness_norm(response->dSdT), STRESS_LEAST / temperature),
                                        (asked & FEMD_WANT_THERMAL_STRESS) != 0, response->dSdT_err, response, err));
    return FEMD_OK;
}
