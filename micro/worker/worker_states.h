/* The blobs a worker holds: hash -> bytes, bounded, the longest unused forgotten first, unless a task needs it. */
#ifndef FEMD_WORKER_STATES_H
#define FEMD_WORKER_STATES_H

#include "femd/buffer.h"
#include "femd/types.h"

typedef struct worker_states worker_states;

/* Called before a blob is forgotten for want of room; the server holds it too if `known`. */
typedef femd_status (*worker_states_parting)(void *user, const femd_hash *hash, const femd_bytes *blob, int known,
                                             femd_error *err);

/* limit: bytes of blobs that are kept; the newest blob always is, and those that are pinned. */
FEMD_MUST_CHECK femd_status worker_states_create(size_t limit, worker_states **states, femd_error *err);
/* Whom to tell before one is forgotten. */
void worker_states_on_parting(worker_states *states, worker_states_parting call, void *user);
void worker_states_destroy(worker_states **states);
/* Keep a copy of the blob under its hash (the caller vouches for it). A hash that is held already is only marked as
 * used. */
FEMD_MUST_CHECK femd_status worker_states_put(worker_states *states, const femd_hash *hash, const void *data,
                                              size_t size, femd_error *err);
/* The same, and none is forgotten for it before the next put, or before worker_states_make_room. */
FEMD_MUST_CHECK femd_status worker_states_add(worker_states *states, const femd_hash *hash, const void *data,
                                              size_t size, femd_error *err);
FEMD_MUST_CHECK femd_status worker_states_make_room(worker_states *states, femd_error *err);
/* A task needs it: 1 if it is held, and stays until it is unpinned as often. */
int worker_states_pin(worker_states *states, const femd_hash *hash);
void worker_states_unpin(worker_states *states, const femd_hash *hash);
/* The server holds it too; another server holds nothing. */
void worker_states_known(worker_states *states, const femd_hash *hash);
void worker_states_all_unknown(worker_states *states);
/* 1 and the blob (borrowed, valid until the next put or drop), marked as used; 0 if it is not held. */
int worker_states_get(worker_states *states, const femd_hash *hash, femd_bytes *blob);
/* Forget one blob, if it is held. */
void worker_states_drop(worker_states *states, const femd_hash *hash);
/* Called with every hash that is held, the longest unused first; a failure ends it. */
FEMD_MUST_CHECK femd_status worker_states_each(const worker_states *states,
                                               femd_status (*call)(void *user, const femd_hash *hash, femd_error *err),
                                               void *user, femd_error *err);
/* Bytes held. */
size_t worker_states_bytes(const worker_states *states);

#endif
