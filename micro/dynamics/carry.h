/* What a method carries in a state, as bytes: one description of them, made of the functions below, serves to write and
 * to read back, so that the two cannot differ. Little-endian, nothing between the values.
 *
 * Owns no memory and no meaning. Bytes that end early, or are not what the description expects, are PROTOCOL with
 * words. */
#ifndef FEMD_CARRY_H
#define FEMD_CARRY_H

#include "numerics/sampling.h"

typedef struct femd_carry {
    femd_buffer *out;        /* written at its end, borrowed; NULL: this one reads */
    const uint8_t *at, *end; /* what is left to read, borrowed */
    size_t size;             /* bytes to read in all */
    const char *what;        /* "the sampling": for words */
    uint32_t parts;          /* trajectories that they say they are of */
} femd_carry;

femd_carry femd_carry_writer(femd_buffer *out, const char *what);
femd_carry femd_carry_reader(const femd_bytes *in, const char *what);
int femd_carry_reads(const femd_carry *carry);

/* Write *value or values, or read them. */
FEMD_MUST_CHECK femd_status femd_carry_u32(femd_carry *carry, uint32_t *value, femd_error *err);
FEMD_MUST_CHECK femd_status femd_carry_u64(femd_carry *carry, uint64_t *value, femd_error *err);
FEMD_MUST_CHECK femd_status femd_carry_doubles(femd_carry *carry, double *values, size_t count, femd_error *err);
FEMD_MUST_CHECK femd_status femd_carry_blocks(femd_carry *carry, femd_blocks *sums, femd_error *err);
/* Write a value that is known, or read it and refuse another. */
FEMD_MUST_CHECK femd_status femd_carry_expect(femd_carry *carry, uint32_t value, femd_error *err);
/* Refuse unless they are of so many trajectories. */
FEMD_MUST_CHECK femd_status femd_carry_parts(const femd_carry *carry, int parts, femd_error *err);
/* All that is left to read, which is then nothing. */
femd_bytes femd_carry_rest(femd_carry *carry);
/* Nothing must be left to read. */
FEMD_MUST_CHECK femd_status femd_carry_end(const femd_carry *carry, femd_error *err);

#endif
