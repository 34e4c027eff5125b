/* libfemd-micro: materials opened in engines, evaluations with state headers checked. No sockets, no ZeroMQ.
 *
 * It owns the state blob's header (magic, engine, version, material id, checksum) and its hash; the engine owns the
 * rest. */
#ifndef FEMD_MICRO_H
#define FEMD_MICRO_H

#include "femd/engine.h"
#include "femd/material_files.h" /* femd_material_pack: from JSON text to the pack that is opened here */
#include "forces/level.h"        /* the numerics level and the fingerprint */
#include "local/local_fields.h"

typedef struct femd_material femd_material;

/* Let materials of this process name an engine of the user: `spec` is NAME=PATH, and {"engine": "user", "name": NAME}
 * then means the shared object at PATH, which is loaded here and stays. BAD_INPUT with words for a name that is none or
 * is taken, and for an object that is no engine of this femd's. The list is the process's own: fill it before the first
 * material is opened, from one thread. */
FEMD_MUST_CHECK femd_status femd_user_engine_add(const char *spec, femd_error *err);

/* Open an encoded pack in the engine that it names. BAD_INPUT with words for anything the user must mend,
 * REFUSED for a user's engine that is not on this process's list. */
FEMD_MUST_CHECK femd_status femd_material_open(const void *pack, size_t size, femd_material **m, femd_error *err);
void femd_material_close(femd_material **m);
const femd_capabilities *femd_material_capabilities(const femd_material *m);
const femd_hash *femd_material_id(const femd_material *m);
/* Remarks on the potential, one a line; "" if there are none. Borrowed from m. */
const char *femd_material_notes(const femd_material *m);

/* Energy of an atom (J): of the reference's atoms at rest less that of as many free atoms at rest, by their number.
 * Returns 1, or 0 where the engine has no atoms or the energy of free ones is not to be had. */
int femd_material_atom_energy(const femd_material *m, double *energy);

/* Evaluate one point. state_in is a whole blob (size 0 = virgin). *state_out is emptied, then holds the new blob (size
 * 0 if the engine keeps none); r->state_out is its hash. A wanted quantity that the material cannot answer gives
 * UNSUPPORTED. Never fails otherwise than by r->status (also returned); err has the words. */
femd_status femd_material_evaluate(femd_material *m, const femd_request *q, const femd_bytes *state_in,
                                   const femd_beat *beat, femd_response *r, femd_buffer *state_out, femd_error *err);
/* Evaluate batch->n points at once, if the engine can, else one after another; each has the answer, to the bit, that it
 * would have alone. state_in[i] is a whole blob; the rest of the caller's arrays need no values but initialised buffers
 * in state_out and err. For each point as above: response[i].status, words in err[i], the new blob in state_out[i]. A
 * point that is refused keeps no other from its answer. work.wall is a point's share of the time. When the beat says
 * stop, points without an answer get CANCELLED, or DEADLINE if that is what it returned. */
void femd_material_evaluate_many(femd_material *m, const femd_engine_batch *batch, const femd_beat *beat);

/* Storage for the points of such a batch: arrays of `room` entries, owned; all zero: none. The first `count` belong to
 * points. */
typedef struct femd_material_batch {
    size_t room, count;
    femd_request *request;
    femd_bytes *state_in; /* borrowed blobs */
    femd_response *response;
    femd_buffer *state_out;
    femd_error *err;
} femd_material_batch;
/* Room for so many points, and none in it. Storage stays for later batches. */
FEMD_MUST_CHECK femd_status femd_material_batch_begin(femd_material_batch *batch, size_t room, femd_error *err);
/* One more point, within the room; its place. */
size_t femd_material_batch_add(femd_material_batch *batch, const femd_request *request, const femd_bytes *state_in);
/* Evaluate the points that were added; answers and words stand in their places. */
void femd_material_batch_evaluate(femd_material_batch *batch, femd_material *m, const femd_beat *beat);
void femd_material_batch_release(femd_material_batch *batch);

/* Extended XYZ of a state blob (size 0 = virgin). */
FEMD_MUST_CHECK femd_status femd_material_dump(femd_material *m, const femd_bytes *state, femd_buffer *out,
                                               femd_error *err);

/* Local fields of a state blob (size 0 = virgin); *fields, all zero, is cleared by the caller also after a failure.
 * UNSUPPORTED with words where there are no atoms. */
FEMD_MUST_CHECK femd_status femd_material_fields(femd_material *m, const femd_bytes *state, const femd_local_ask *ask,
                                                 const femd_beat *beat, femd_local_fields *fields, femd_error *err);

/* Check a blob's header, material and checksum; *body borrows the engine's part. */
FEMD_MUST_CHECK femd_status femd_state_open(const femd_bytes *blob, const femd_hash *material, femd_bytes *body,
                                            femd_error *err);

#endif
