/* A growing byte buffer and little-endian access. No allocation once it has grown to its working size. */
#ifndef FEMD_BUFFER_H
#define FEMD_BUFFER_H

#include <stdint.h>
#include <string.h>

#include "femd/error.h"

typedef struct femd_buffer {
    uint8_t *data; /* owned */
    size_t size;   /* bytes in use */
    size_t room;   /* bytes allocated */
} femd_buffer;

/* A borrowed run of bytes. */
typedef struct femd_bytes {
    const void *data;
    size_t size;
} femd_bytes;

#define FEMD_BUFFER_INIT                                                                                               \
    { NULL, 0, 0 }

/* Make room for `more` bytes past size. NO_MEMORY on failure, the buffer unchanged. */
FEMD_MUST_CHECK femd_status femd_buffer_reserve(femd_buffer *b, size_t more, femd_error *err);
/* Append n bytes. */
FEMD_MUST_CHECK femd_status femd_buffer_append(femd_buffer *b, const void *data, size_t n, femd_error *err);
/* Release the storage and set the buffer to its initial value. Accepts an initial one. */
void femd_buffer_clear(femd_buffer *b);

/* Little-endian store and load at any address (femd runs on little-endian machines; the build refuses others). */
static inline void femd_put16(uint8_t *p, uint16_t v) {
    memcpy(p, &v, 2);
}
static inline void femd_put32(uint8_t *p, uint32_t v) {
    memcpy(p, &v, 4);
}
static inline void femd_put64(uint8_t *p, uint64_t v) {
    memcpy(p, &v, 8);
}
static inline void femd_putf64(uint8_t *p, double v) {
    memcpy(p, &v, 8);
}
static inline uint16_t femd_get16(const uint8_t *p) {
    uint16_t v;
    memcpy(&v, p, 2);
    return v;
}
static inline uint32_t femd_get32(const uint8_t *p) {
    uint32_t v;
    memcpy(&v, p, 4);
    return v;
}
static inline uint64_t femd_get64(const uint8_t *p) {
    uint64_t v;
    memcpy(&v, p, 8);
    return v;
}
static inline double femd_getf64(const uint8_t *p) {
    double v;
    memcpy(&v, p, 8);
    return v;
}

#endif
