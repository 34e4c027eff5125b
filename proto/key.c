/* The identity of an evaluation: one hash over everything that can change the answer, and nothing else. */
#include <sodium.h>

#include "femd/evaluate.h"

/* The hashed string; specified in proto/README.md, "Key". Changing it renames every evaluation. */
enum {
    AT_WORD = 0,
    AT_VERSION = 8,
    AT_LEVEL = 12,
    AT_MATERIAL = 16,
    AT_STATE = 48,
    AT_SEED = 80,
    AT_POINT = 88,
    AT_WANTS = 96,
    AT_CONTROL = 100,
    AT_MASK = 101,
    AT_FLAGS = 102,
    AT_VALUE = 104,
    AT_TEMPERATURE = 152,
    AT_PRESSURE = 160,
    AT_ACCURACY = 168,
    AT_DELTA_MU = 176,
    KEY_BYTES = 200
};
enum { KEY_VERSION = 2 };

/* -0.0 + 0.0 is +0.0; every other number stays as it is. */
static inline double key_positive_zero(double x) {
    return x + 0.0;
}

void femd_request_key(const femd_hash *material, uint32_t level, uint32_t inputs, const femd_request *r,
                      femd_hash *key) {
    uint8_t s[KEY_BYTES] = {0};
    memcpy(s + AT_WORD, "femd-key", 8);
    femd_put32(s + AT_VERSION, KEY_VERSION);
    femd_put32(s + AT_LEVEL, level);
    memcpy(s + AT_MATERIAL, material->b, 32);
    if (inputs & FEMD_INPUT_STATE) memcpy(s + AT_STATE, r->state_in.b, 32);
    if (inputs & FEMD_INPUT_SEED) femd_put64(s + AT_SEED, r->seed);
    if (r->flags & FEMD_REQUEST_PRIVATE) femd_put64(s + AT_POINT, r->point);
    femd_put32(s + AT_WANTS, r->wants);
    s[AT_CONTROL] = r->control;
    if (r->control == FEMD_CONTROL_COMPONENTS) s[AT_MASK] = r->mask;
    femd_put16(s + AT_FLAGS, r->flags);
    for (int i = 0; i < 6; i++) femd_putf64(s + AT_VALUE + 8 * i, key_positive_zero(r->value[i]));
    if (inputs & FEMD_INPUT_TEMPERATURE) femd_putf64(s + AT_TEMPERATURE, key_positive_zero(r->temperature));
    if ((inputs & FEMD_INPUT_PRESSURE) && r->control == FEMD_CONTROL_PRESSURE)
        femd_putf64(s + AT_PRESSURE, key_positive_zero(r->pressure));
    if (inputs & FEMD_INPUT_ACCURACY) femd_putf64(s + AT_ACCURACY, key_positive_zero(r->accuracy));
    for (int i = 0; i < 3 && inputs & FEMD_INPUT_CHEMICAL; i++)
        femd_putf64(s + AT_DELTA_MU + 8 * i, key_positive_zero(r->delta_mu[i]));
    crypto_generichash(key->b, sizeof key->b, s, sizeof s, NULL, 0);
}
