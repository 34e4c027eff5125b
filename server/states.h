/* The book of states: which exist, who needs them, which worker holds them, what the server itself holds. It fetches a
 * state that somebody waits for, from a worker or by having it made again, and has unneeded ones dropped. It owns the
 * blobs; it does not know what a commit or an evaluation is beyond "a reason to keep" and "a way to make". */
#ifndef FEMD_SERVER_STATES_H
#define FEMD_SERVER_STATES_H

#include "inner.h"

const femd_hash *states_name(const void *item);
/* The number of a state, FEMD_NIL if it is unknown. */
uint32_t states_find(const femd_core *c, const femd_hash *hash);
/* The same, entered if unknown. FEMD_NIL if memory is out. A state entered without reference goes with states_trim. */
uint32_t states_enter(femd_core *c, const femd_hash *hash);
/* One reason more, or less, to keep the content. At none it is dropped everywhere. */
void states_ref(femd_core *c, uint32_t s);
void states_unref(femd_core *c, uint32_t s);
/* Apply the rule for states without reference. */
void states_trim(femd_core *c, uint32_t s);

/* Evaluation e makes (or made) state s: while it is in the ledger, the state can be made again. */
void states_add_maker(femd_core *c, uint32_t s, uint32_t e);
void states_remove_maker(femd_core *c, uint32_t s, uint32_t e);
/* The repetition of an evaluation for the sake of s has ended. */
void states_remade(femd_core *c, uint32_t s, femd_status status);

int states_is_held(const femd_core *c, uint32_t s, uint32_t worker);
void states_hold(femd_core *c, uint32_t s, uint32_t worker);
void states_unhold(femd_core *c, uint32_t s, uint32_t worker);
void states_worker_gone(femd_core *c, uint32_t worker);
/* How many of the final committed states worker holds as the only worker. */
uint32_t states_sole_committed(const femd_core *c, uint32_t worker);
/* Ask a worker to drop a state that the book does not know. */
void states_drop_unknown(femd_core *c, uint32_t worker, const femd_hash *hash);

/* Take the content in (its hash must have been checked). LIMIT or NO_MEMORY. */
FEMD_MUST_CHECK femd_status states_put(femd_core *c, uint32_t s, const femd_bytes *blob, femd_error *err);
/* Call back when the content is at the server or cannot be had; the callback comes from states_settle. */
void states_wait(femd_core *c, uint32_t s, int kind, uint32_t who, uint32_t generation, uint32_t rank, uint32_t serial);
/* Somebody may have stopped waiting for it. */
void states_recheck(femd_core *c, uint32_t s);
/* A STATE frame of a worker. PROTOCOL if it is malformed. */
FEMD_MUST_CHECK femd_status states_receive(femd_core *c, uint32_t worker, const femd_frame *f, femd_error *err);
/* Look after the states that somebody waits for. */
void states_settle(femd_core *c);
/* Send the STATE_GETs and DROPs that have gathered. */
void states_flush(femd_core *c);

#endif
