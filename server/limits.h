/* The budget of bytes: what the core holds, by kind, against what it may hold. It counts and never allocates. */
#ifndef FEMD_SERVER_LIMITS_H
#define FEMD_SERVER_LIMITS_H

#include <stddef.h>
#include <stdint.h>

#include "femd/error.h"

typedef enum femd_bytes_kind {
    BYTES_REQUESTS = 0, /* records of evaluations */
    BYTES_RESPONSES,
    BYTES_MATERIALS,
    BYTES_STATES,
    BYTES_BATCHES,
    BYTES_PARTS, /* of messages that have not come to their end */
    BYTES_BOOKS, /* records of states, waits for them, requests of them, ranks of runs */
    BYTES_KINDS
} femd_bytes_kind;

typedef struct femd_limits {
    uint64_t total_max;
    uint64_t held[BYTES_KINDS];
    uint64_t total;
} femd_limits;

/* LIMIT, with words that name what was wanted and the option that raises the limit, if so many more bytes would be too
 * many.
 */
FEMD_MUST_CHECK femd_status femd_limits_room(const femd_limits *limits, uint64_t bytes, const char *what,
                                             femd_error *err);
static inline void femd_limits_add(femd_limits *limits, femd_bytes_kind kind, uint64_t bytes) {
    limits->held[kind] += bytes;
    limits->total += bytes;
}
static inline void femd_limits_sub(femd_limits *limits, femd_bytes_kind kind, uint64_t bytes) {
    limits->held[kind] -= bytes;
    limits->total -= bytes;
}

#endif
