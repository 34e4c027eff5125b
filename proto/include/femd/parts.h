/* A frame that is longer than one message may be travels as parts: numbered pieces with the hash of the whole. So no
 * message holds a slow connection for longer than its heartbeat, and nobody has to take more than a piece from whom he
 * does not know. The pieces of a frame come one after another. */
#ifndef FEMD_PARTS_H
#define FEMD_PARTS_H

#include "femd/frame.h"

#define FEMD_WIRE_MAX (1u << 20) /* bytes of one message; longer frames go in parts */

/* How many parts a frame of so many bytes takes; 0: it goes as it is. */
uint32_t femd_parts_count(size_t size);
/* What all parts of a frame say of it. */
void femd_parts_hash(const void *frame, size_t size, femd_hash *hash);
/* Part `index` of the frame as a frame of its own in *out (emptied first). */
FEMD_MUST_CHECK femd_status femd_part_encode(femd_buffer *out, const void *frame, size_t size, const femd_hash *hash,
                                             uint32_t index, femd_error *err);

/* What has come of a frame so far. */
typedef struct femd_parts {
    femd_buffer whole; /* owned */
    femd_hash hash;
    uint64_t total; /* bytes of the whole; 0: not known before its end (the JSON channel) */
    uint32_t count, next;
} femd_parts;

/* Bytes that the frame a first part begins will have, as far as it says; 0: it is no first part, or says nothing. */
uint64_t femd_parts_announced(const femd_frame *part);
/* Take in a part; *whole = 1: it was the last, and parts->whole is the frame until the next call. A first part begins
 * anew whatever was there. PROTOCOL with words if it does not follow, or the whole is not what it was to be; LIMIT if
 * that has more than `most` bytes. After a failure nothing is there. */
FEMD_MUST_CHECK femd_status femd_parts_take(femd_parts *parts, const femd_frame *part, uint64_t most, int *whole,
                                            femd_error *err);
void femd_parts_clear(femd_parts *parts);

#endif
