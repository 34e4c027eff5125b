/* An evaluation as it is kept outside of the core: what was asked, of which material, by which build, and what was
 * answered, as bytes with a checksum of their own. It knows neither where they are kept nor why. */
#ifndef FEMD_SERVER_KEPT_H
#define FEMD_SERVER_KEPT_H

#include "femd/evaluate.h"

#define KEPT_WHEN_MOST 1e12 /* s */

typedef struct femd_kept {
    femd_hash key, material;
    uint32_t level;       /* numerics level, as in the key */
    uint32_t inputs;      /* of the material: FEMD_INPUT_* */
    uint64_t fingerprint; /* of the build that answered */
    femd_request request; /* as far as it stands in its bytes */
    femd_bytes response;  /* encoded; borrowed */
    uint64_t author,
        seconder; /* the processes that have answered so, as numbers of disbelief.h; 0: not known, nobody */
    double when;  /* s, as the server tells the times of answers apart: of the author's */
} femd_kept;

/* Append the bytes to out. */
FEMD_MUST_CHECK femd_status kept_encode(const femd_kept *kept, femd_buffer *out, femd_error *err);
/* BAD_INPUT with words if the bytes are not what was written: their length, their checksum, a field out of range. The
 * response is borrowed. */
FEMD_MUST_CHECK femd_status kept_decode(const void *data, size_t size, femd_kept *kept, femd_error *err);
/* The same of bytes that this process has made, without a look at the checksum. */
FEMD_MUST_CHECK femd_status kept_split(const void *data, size_t size, femd_kept *kept, femd_error *err);
/* BAD_INPUT with words if the key is not that of the request, or the response is none to it. */
FEMD_MUST_CHECK femd_status kept_check(const femd_kept *kept, femd_error *err);

/* Which answer of which build: the bytes by which it is found, in order of the key. */
enum { KEPT_NAME_BYTES = 40 };
void kept_name(const femd_hash *key, uint64_t fingerprint, uint8_t name[KEPT_NAME_BYTES]);

#endif
