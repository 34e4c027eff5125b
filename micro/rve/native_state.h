/* The bytes of a native state: the strain, the relaxed displacements in the reference frame (zero mean) and, for the
 * next predictor, their sensitivities in 16 bits. Owns the layout; never evaluates.
 *
 * Layout, little-endian: u32 atoms, u32 flags (bit 0: sensitivities follow), f64 E[6], f64 w[3n], then, if flagged,
 * f64 scale[6], i16 G[6][3n] with dw/dE = scale[c] * G. A predictor needs no more than four digits; the bytes are a
 * third. */
#ifndef FEMD_NATIVE_STATE_H
#define FEMD_NATIVE_STATE_H

#include "rve/native_path.h"

/* Append the path's configuration. */
FEMD_MUST_CHECK femd_status femd_native_state_encode(const femd_path *path, femd_buffer *out, femd_error *err);
/* Set E, w, G of the path; *rest (may be NULL: then there must be none) gets what follows in the bytes. PROTOCOL if the
 * bytes are not a state of this RVE. */
FEMD_MUST_CHECK femd_status femd_native_state_decode(const femd_bytes *state, femd_path *path, femd_bytes *rest,
                                                     femd_error *err);

#endif
