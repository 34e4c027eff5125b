/* See lacking.h. */
#include "vibrations/lacking.h"

#include <math.h>

#include "vibrations/roughness.h"

static const double REFUSED = 0.5;      /* of the scale */
static const double STRESS_LEAST = 1e8; /* Pa */

static void lacking_add(double more, double *error) {
    *error = sqrt(*error * *error + more * more);
}

static femd_status lacking_weigh(const char *what, double share, femd_error *err) {
    if (share <= REFUSED) return FEMD_OK;
    return femd_fail(err, FEMD_OUT_OF_DOMAIN,
                     "what vibrations leave out of %s is about %.2g %% of its scale (up to %g %% are answered): the "
                     "atoms move too far for them; the method \"md\" samples such atoms",
                     what, 100 * share, 100 * REFUSED);
}

femd_status femd_lacking_tell(const femd_lacking *lacking, uint32_t wants, uint32_t asked, double temperature,
                              femd_response *response, femd_error *err) {
    const double rate = temperature > 0 ? 2 / temperature : 0;
    for (int c = 0; c < 6; c++) {
        if (wants & FEMD_WANT_STRESS) lacking_add(lacking->S[c], &response->S_err[c]);
        if (wants & FEMD_WANT_THERMAL_STRESS) lacking_add(rate * lacking->S[c], &response->dSdT_err[c]);
    }
    for (int c = 0; wants & FEMD_WANT_TANGENT && c < 36; c++) lacking_add(lacking->D[c], &response->D_err[c]);
    if (wants & FEMD_WANT_ENERGY) lacking_add(lacking->F, &response->energy_err);
    if (wants & FEMD_WANT_HELMHOLTZ) lacking_add(lacking->F, &response->helmholtz_err);
    if (wants & FEMD_WANT_HEAT_CAPACITY) lacking_add(rate * lacking->F, &response->heat_capacity_err);
    if ((uint32_t)lacking->noted & asked) response->notes |= FEMD_NOTE_ANHARMONIC;
    if (asked & FEMD_WANT_STRESS) {
        const double scale =
            fmax(fmax(femd_roughness_norm(response->S), femd_roughness_norm(lacking->thermal)), STRESS_LEAST);
        FEMD_TRY(lacking_weigh("the stress", femd_roughness_of_stress(response->S_err, scale), err));
    }
    if (asked & FEMD_WANT_TANGENT)
        FEMD_TRY(lacking_weigh("the tangent", femd_roughness_of_tangent(response->D_err, response->D), err));
    if (asked & FEMD_WANT_THERMAL_STRESS && temperature > 0) {
        const double scale = fmax(femd_roughness_norm(response->dSdT), STRESS_LEAST / temperature);
        FEMD_TRY(lacking_weigh("the thermal stress", femd_roughness_of_stress(response->dSdT_err, scale), err));
    }
    return FEMD_OK;
}
