/* The bytes of a native state. Owns the layout; never evaluates. */
#include "rve/native_state.h"

#include <math.h>

#include "numerics/dense.h"

enum { HEAD = 8 + 6 * 8, HAS_SENSITIVITIES = 1 };

static size_t native_state_size(size_t n3, uint32_t flags) {
    return HEAD + 8 * n3 + (flags & HAS_SENSITIVITIES ? 6 * 8 + 6 * 2 * n3 : 0);
}

femd_status femd_native_state_encode(const femd_path *path, femd_buffer *out, femd_error *err) {
    const size_t n3 = 3 * (size_t)path->rve->n;
    const uint32_t flags = path->has_G ? HAS_SENSITIVITIES : 0;
    FEMD_TRY(femd_buffer_reserve(out, native_state_size(n3, flags), err));
    uint8_t *p = out->data + out->size;
    femd_put32(p, (uint32_t)path->rve->n);
    femd_put32(p + 4, flags);
    for (int c = 0; c < 6; c++) femd_putf64(p + 8 + 8 * c, path->E[c]);
    p += HEAD;
    for (size_t i = 0; i < n3; i++, p += 8) femd_putf64(p, path->w[i]);
    if (flags & HAS_SENSITIVITIES) {
        double scale[6];
        for (int c = 0; c < 6; c++, p += 8) {
            scale[c] = femd_max_abs((int)n3, path->G + (size_t)c * n3) / 32767;
            femd_putf64(p, scale[c]);
        }
        for (int c = 0; c < 6; c++)
            for (size_t i = 0; i < n3; i++, p += 2) {
                const double g = scale[c] > 0 ? path->G[(size_t)c * n3 + i] / scale[c] : 0;
                femd_put16(p, (uint16_t)(int16_t)(g < 0 ? g - 0.5 : g + 0.5));
            }
    }
    out->size += native_state_size(n3, flags);
    return FEMD_OK;
}

femd_status femd_native_state_decode(const femd_bytes *state, femd_path *path, femd_bytes *rest, femd_error *err) {
    const size_t n3 = 3 * (size_t)path->rve->n;
    const uint8_t *p = state->data;
    if (state->size < HEAD)
        return femd_fail(err, FEMD_PROTOCOL, "a native state of %zu bytes is too short", state->size);
    const uint32_t atoms = femd_get32(p), flags = femd_get32(p + 4);
    const size_t size = native_state_size(n3, flags & HAS_SENSITIVITIES);
    if (atoms != (uint32_t)path->rve->n || flags > HAS_SENSITIVITIES || state->size < size ||
        (!rest && state->size != size))
        return femd_fail(err, FEMD_PROTOCOL,
                         "a native state of %zu bytes with %u atoms does not belong to an RVE of %d atoms", state->size,
                         atoms, path->rve->n);
    if (rest) *rest = (femd_bytes){p + size, state->size - size};
    for (int c = 0; c < 6; c++) path->E[c] = femd_getf64(p + 8 + 8 * c);
    p += HEAD;
    for (size_t i = 0; i < n3; i++, p += 8) path->w[i] = femd_getf64(p);
    path->has_G = flags & HAS_SENSITIVITIES ? 1 : 0;
    if (path->has_G) {
        double scale[6];
        for (int c = 0; c < 6; c++, p += 8) scale[c] = femd_getf64(p);
        for (int c = 0; c < 6; c++)
            for (size_t i = 0; i < n3; i++, p += 2) path->G[(size_t)c * n3 + i] = scale[c] * (int16_t)femd_get16(p);
    }
    int finite = isfinite(femd_max_abs(6, path->E)) && isfinite(femd_max_abs((int)n3, path->w));
    for (size_t c = 0; c < 6 && path->has_G; c++) finite &= isfinite(femd_max_abs((int)n3, path->G + c * n3)) != 0;
    if (!finite) return femd_fail(err, FEMD_PROTOCOL, "a native state holds a number that is not finite");
    return FEMD_OK;
}
