/* Bytes that methods carry, written and read by one description; see carry.h. Owns their layout. */
#include "dynamics/carry.h"

#include <math.h>

femd_carry femd_carry_writer(femd_buffer *out, const char *what) {
    return (femd_carry){.out = out, .what = what};
}

femd_carry femd_carry_reader(const femd_bytes *in, const char *what) {
    const uint8_t *at = in->data;
    return (femd_carry){.at = at, .end = at + in->size, .size = in->size, .what = what};
}

int femd_carry_reads(const femd_carry *carry) {
    return carry->out == NULL;
}

static femd_status carry_foreign(const femd_carry *carry, femd_error *err) {
    return femd_fail(err, FEMD_PROTOCOL, "%zu bytes of %s in a state are not of this material", carry->size,
                     carry->what);
}

/* Where the next bytes are to be read or written. */
static femd_status carry_next(femd_carry *carry, size_t bytes, const uint8_t **from, uint8_t **to, femd_error *err) {
    *from = NULL;
    *to = NULL;
    if (carry->out) {
        FEMD_TRY(femd_buffer_reserve(carry->out, bytes, err));
        *to = carry->out->data + carry->out->size;
        carry->out->size += bytes;
        return FEMD_OK;
    }
    if ((size_t)(carry->end - carry->at) < bytes) return carry_foreign(carry, err);
    *from = carry->at;
    carry->at += bytes;
    return FEMD_OK;
}

femd_status femd_carry_u32(femd_carry *carry, uint32_t *value, femd_error *err) {
    const uint8_t *from;
    uint8_t *to;
    FEMD_TRY(carry_next(carry, 4, &from, &to, err));
    if (to) femd_put32(to, *value);
    if (from) *value = femd_get32(from);
    return FEMD_OK;
}

femd_status femd_carry_u64(femd_carry *carry, uint64_t *value, femd_error *err) {
    const uint8_t *from;
    uint8_t *to;
    FEMD_TRY(carry_next(carry, 8, &from, &to, err));
    if (to) femd_put64(to, *value);
    if (from) *value = femd_get64(from);
    return FEMD_OK;
}

femd_status femd_carry_doubles(femd_carry *carry, double *values, size_t count, femd_error *err) {
    const uint8_t *from;
    uint8_t *to;
    FEMD_TRY(carry_next(carry, 8 * count, &from, &to, err));
    for (size_t i = 0; to && i < count; i++) femd_putf64(to + 8 * i, values[i]);
    for (size_t i = 0; from && i < count; i++) {
        values[i] = femd_getf64(from + 8 * i);
        if (!isfinite(values[i]))
            return femd_fail(err, FEMD_PROTOCOL, "%s in a state holds a number that is not finite", carry->what);
    }
    return FEMD_OK;
}

femd_status femd_carry_blocks(femd_carry *carry, femd_blocks *sums, femd_error *err) {
    size_t used;
    if (carry->out) return femd_blocks_encode(sums, carry->out, err);
    const femd_bytes rest = {carry->at, (size_t)(carry->end - carry->at)};
    FEMD_TRY(femd_blocks_decode(sums, &rest, &used, err));
    carry->at += used;
    return FEMD_OK;
}

femd_status femd_carry_expect(femd_carry *carry, uint32_t value, femd_error *err) {
    uint32_t found = value;
    FEMD_TRY(femd_carry_u32(carry, &found, err));
    return found == value ? FEMD_OK : carry_foreign(carry, err);
}

femd_status femd_carry_parts(const femd_carry *carry, int parts, femd_error *err) {
    return carry->parts == (uint32_t)parts ? FEMD_OK : carry_foreign(carry, err);
}

femd_bytes femd_carry_rest(femd_carry *carry) {
    const femd_bytes rest = {carry->at, (size_t)(carry->end - carry->at)};
    carry->at = carry->end;
    return rest;
}

femd_status femd_carry_end(const femd_carry *carry, femd_error *err) {
    return carry->at == carry->end ? FEMD_OK : carry_foreign(carry, err);
}
