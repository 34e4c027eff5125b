/* A user's engine as small as one can be: S = parameters.modulus * E, with the number of evaluations since the virgin
 * state as its state. Where the modulus is negative it answers nothing, though it says that it can. With
 * parameters.exchange it takes differences of chemical potentials. */
#include "femd/engine.h"

#include <stdlib.h>

static femd_status open_engine(const femd_json *doc, const femd_pack *pack, void **instance, femd_capabilities *caps,
                               femd_error *err) {
    (void)pack, (void)err;
    double *modulus = malloc(sizeof *modulus);
    if (!modulus) return FEMD_NO_MEMORY;
    const cJSON *parameters = cJSON_GetObjectItemCaseSensitive(doc->root, "parameters");
    *modulus = cJSON_GetObjectItemCaseSensitive(parameters, "modulus")->valuedouble;
    *caps = (femd_capabilities){.wants = FEMD_WANT_STRESS,
                                .controls = 1,
                                .engine = FEMD_ENGINE_USER,
                                .batch = 8}; /* of no meaning without evaluate_many */
    if (cJSON_GetObjectItemCaseSensitive(parameters, "exchange")) caps->inputs = FEMD_INPUT_CHEMICAL;
    *instance = modulus;
    return FEMD_OK;
}

static femd_status evaluate_engine(void *instance, const femd_request *q, const femd_bytes *state_in,
                                   const femd_beat *beat, femd_response *r, femd_buffer *state_out, femd_error *err) {
    (void)beat;
    const double modulus = *(double *)instance;
    for (int c = 0; c < 6; c++) {
        r->E[c] = q->value[c];
        r->S[c] = modulus * q->value[c];
    }
    r->J = 1;
    r->provided = modulus < 0 ? 0 : FEMD_WANT_STRESS;
    const uint8_t count = (uint8_t)(state_in->size ? *(const uint8_t *)state_in->data + 1 : 1);
    return femd_buffer_append(state_out, &count, 1, err);
}

static void close_engine(void **instance) {
    free(*instance);
    *instance = NULL;
}

#ifndef TEST_ENGINE_ABI
#define TEST_ENGINE_ABI FEMD_ENGINE_ABI
#endif

FEMD_API const femd_engine femd_engine_v1 = {
    .abi = TEST_ENGINE_ABI,
    .number = FEMD_ENGINE_USER,
    .name = "test",
    .version = 3,
    .open = open_engine,
    .evaluate = evaluate_engine,
    .dump = NULL,
    .close = close_engine,
};
