/* What the core wants done: frames to send and peers to drop, in order. Owns the storage of frames on their way out and
 * turns those for JSON peers into text; decides nothing. */
#ifndef FEMD_SERVER_OUTBOX_H
#define FEMD_SERVER_OUTBOX_H

#include "inner.h"

/* Empty storage for a frame, the caller's; end it with outbox_send or femd_core_recycle. */
femd_buffer outbox_take(femd_core *c);
/* Queue a whole frame; takes the storage and empties *frame. */
void outbox_send(femd_core *c, uint64_t route, int json, femd_buffer *frame);
/* Queue a frame without a body. */
void outbox_send_empty(femd_core *c, uint64_t route, int json, uint16_t type, uint64_t id);
/* Queue an ERROR about message id. */
void outbox_send_error(femd_core *c, uint64_t route, int json, uint64_t id, const femd_error *e);
/* Queue the end of a connection. */
void outbox_drop(femd_core *c, uint64_t route);
void outbox_clear(femd_core *c);

#endif
