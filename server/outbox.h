/* What the core wants done: frames to send and peers to drop, in order. Owns the storage of frames on their way out and
 * turns those for JSON peers into text; decides nothing. */
#ifndef FEMD_SERVER_OUTBOX_H
#define FEMD_SERVER_OUTBOX_H

#include "annals.h"
#include "common.h"

typedef struct femd_outbox femd_outbox;

/* NULL if memory is out. Destroying accepts NULL, sets NULL. */
femd_outbox *outbox_create(femd_common *common);
void outbox_destroy(femd_outbox **outbox);

/* Empty storage for a frame, the caller's; end it with outbox_send or outbox_recycle. */
femd_buffer outbox_take(femd_outbox *outbox);
/* Give storage back; *frame becomes empty. */
void outbox_recycle(femd_outbox *outbox, femd_buffer *frame);
/* Queue a whole frame; takes the storage and empties *frame. */
void outbox_send(femd_outbox *outbox, femd_address to, femd_buffer *frame);
/* Queue a frame without a body. */
void outbox_send_empty(femd_outbox *outbox, femd_address to, uint16_t type, uint64_t id);
/* Queue an ERROR about message id. */
void outbox_send_error(femd_outbox *outbox, femd_address to, uint64_t id, const femd_error *error);
/* Queue a GONE, which answers message id. */
void outbox_send_gone(femd_outbox *outbox, femd_address to, uint64_t id, const femd_error *why);
/* Queue the end of a connection. */
void outbox_drop(femd_outbox *outbox, femd_address to);
/* Queue bytes for the store across runs; takes the storage and empties *bytes. */
void outbox_keep(femd_outbox *outbox, femd_action_kind kind, femd_buffer *bytes);
/* Queue a record for the journal, if there is one. Neither does anything while a journal is replayed. */
void outbox_record(femd_outbox *outbox, const femd_annal *annal);
/* What was queued to be kept and written down is on disk before what follows is sent. */
void outbox_sync(femd_outbox *outbox);
/* The same of the store alone, also where there is no journal: what it was to forget it has forgotten. */
void outbox_sync_store(femd_outbox *outbox);
/* Bytes of messages that wait in it. */
uint64_t outbox_waiting(const femd_outbox *outbox);
/* Take the next action, oldest first: 1, or 0 when there is none. */
int outbox_next(femd_outbox *outbox, femd_action *action);

#endif
