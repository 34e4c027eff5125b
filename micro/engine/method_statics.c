/* Method `statics`: equilibrium at 0 K, the tangent by condensation. Owns nothing. */
#include <string.h>

#include "rve/method.h"

static femd_status statics_strain(void *self, femd_native *native, const femd_conditions *conditions, const double E[6],
                                  double S[6], double D[36], femd_error *err) {
    (void)self;
    femd_path *path = &native->path;
    FEMD_TRY(femd_path_advance(path, E, conditions->beat, err));
    femd_place_stress(path->rve, &path->place, path->last.tau, S);
    if (femd_rve_is_adrift(path->rve)) memset(S, 0, 6 * sizeof *S);
    if (!D && !femd_relaxer_is_dense(path->relaxer))
        return FEMD_OK; /* without a factor the sensitivities would be dear */
    FEMD_TRY(femd_condense_tangent(path->relaxer, path->rve, &path->place, conditions->beat, path->work, D, path->G,
                                   NULL, err));
    path->has_G = 1;
    return FEMD_OK;
}

static femd_status statics_answer(void *self, femd_native *native, const femd_conditions *conditions,
                                  const femd_bytes *carried, femd_response *response, femd_buffer *carry,
                                  femd_error *err) {
    (void)self, (void)carried, (void)carry, (void)err;
    if (conditions->wants & FEMD_WANT_ENERGY)
        response->energy = (native->path.last.W - native->virgin_W) / native->rve.V0 * FEMD_EV_PER_A3;
    return FEMD_OK;
}

const femd_method femd_method_statics = {
    .name = "statics",
    .wants = FEMD_WANT_STRESS | FEMD_WANT_TANGENT | FEMD_WANT_ENERGY,
    .strain = statics_strain,
    .answer = statics_answer,
};
