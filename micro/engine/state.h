/* The header of a state blob: 8 bytes magic "FEMDSTA1", u32 engine, u32 version, 32 bytes material id, u64 length of
 * the body, 32 bytes BLAKE2b-256 of the body; then the engine's bytes. Owns this layout; never looks into the body. */
#ifndef FEMD_STATE_H
#define FEMD_STATE_H

#include "micro.h"

#define FEMD_STATE_HEADER 88

/* Reserve the header in an empty buffer; the engine then appends its body. */
FEMD_MUST_CHECK femd_status femd_state_begin(femd_buffer *blob, femd_error *err);
/* Fill the header for the body that follows it. */
void femd_state_finish(femd_buffer *blob, uint32_t engine, uint32_t version, const femd_hash *material);
/* Engine number and version that a checked blob names. */
void femd_state_maker(const femd_bytes *blob, uint32_t *engine, uint32_t *version);

#endif
