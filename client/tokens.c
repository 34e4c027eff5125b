/* Names of states for hosts that store doubles: 256 bits of the hash and 32 of a checksum in six whole numbers of 48
 * bits. Nothing here is kept: the same state has the same token in every process. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "femd/arrays.h"

enum { TOKEN_BITS = 48, TOKEN_BYTES = TOKEN_BITS / 8 };

/* FNV-1a (Fowler, Noll, Vo) of the 32 bytes, folded to 32 bits: each changed bit changes it. */
static uint32_t token_checksum(const femd_hash *state) {
    uint64_t h = 0xcbf29ce484222325u;
    for (size_t i = 0; i < sizeof state->b; i++) h = (h ^ state->b[i]) * 0x100000001b3u;
    return (uint32_t)(h ^ h >> 32);
}

void femd_token_from_state(const femd_hash *state, double token[FEMD_TOKEN]) {
    uint8_t bytes[FEMD_TOKEN * TOKEN_BYTES] = {0};
    if (!femd_hash_is_zero(state)) {
        const uint32_t sum = token_checksum(state);
        memcpy(bytes, state->b, sizeof state->b);
        for (int i = 0; i < 4; i++) bytes[sizeof state->b + i] = (uint8_t)(sum >> 8 * i);
    }
    for (int k = 0; k < FEMD_TOKEN; k++) {
        uint64_t number = 0;
        for (int i = TOKEN_BYTES; i-- > 0;) number = number << 8 | bytes[TOKEN_BYTES * k + i];
        token[k] = (double)number;
    }
}

femd_status femd_token_to_state(const double token[FEMD_TOKEN], femd_hash *state, femd_error *err) {
    uint8_t bytes[FEMD_TOKEN * TOKEN_BYTES];
    const double limit = (double)(UINT64_C(1) << TOKEN_BITS);
    int whole = 1;
    for (int k = 0; k < FEMD_TOKEN && whole; k++) {
        whole = token[k] >= 0 && token[k] < limit && token[k] == floor(token[k]);
        const uint64_t number = whole ? (uint64_t)token[k] : 0;
        for (int i = 0; i < TOKEN_BYTES; i++) bytes[TOKEN_BYTES * k + i] = (uint8_t)(number >> 8 * i);
    }
    if (whole) {
        uint32_t sum = 0;
        memcpy(state->b, bytes, sizeof state->b);
        for (int i = 0; i < 4; i++) sum |= (uint32_t)bytes[sizeof state->b + i] << 8 * i;
        if (sum == (femd_hash_is_zero(state) ? 0 : token_checksum(state))) return FEMD_OK;
    }
    return femd_fail(err, FEMD_BAD_INPUT,
                     "%.17g %.17g %.17g %.17g %.17g %.17g are no token of a state: were they averaged, interpolated or "
                     "rounded, or is the place in the host's state variables another one's?",
                     token[0], token[1], token[2], token[3], token[4], token[5]);
}

femd_status femd_tokens_commit(femd_client *c, uint32_t step, const uint64_t *points, uint64_t first_point,
                               const double *tokens, size_t stride, size_t n, femd_error *err) {
    if (!c || (n && !tokens)) return femd_fail(err, FEMD_BAD_ARGUMENT, "femd_tokens_commit: NULL argument");
    uint64_t *number = malloc((n + 1) * sizeof *number);
    femd_hash *states = malloc((n + 1) * sizeof *states);
    femd_status rc = number && states ? FEMD_OK : femd_fail(err, FEMD_NO_MEMORY, "no memory to commit %zu points", n);
    for (size_t i = 0; rc == FEMD_OK && i < n; i++) {
        number[i] = points ? points[i] : first_point + i;
        rc = femd_token_to_state(tokens + i * (stride ? stride : FEMD_TOKEN), &states[i], err);
        if (rc != FEMD_OK) rc = femd_error_prefix(err, "point %llu", (unsigned long long)number[i]);
    }
    if (rc == FEMD_OK) rc = femd_client_commit(c, step, number, states, n, err);
    free(number);
    free(states);
    return rc;
}
