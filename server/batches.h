/* The batches of clients: which point of which batch waits for which evaluation, and the RESULT frames that go back. It
 * looks requests up in the ledger and never talks to workers. */
#ifndef FEMD_SERVER_BATCHES_H
#define FEMD_SERVER_BATCHES_H

#include "inner.h"

/* An EVALUATE frame of a client. A batch of the same id that is still open is replaced (it was sent again). On failure
 * nothing of it stays. */
FEMD_MUST_CHECK femd_status batches_submit(femd_core *c, uint32_t client, const femd_frame *f, femd_error *err);
/* Drop what is left of batch id of the client, if it is open. */
void batches_cancel(femd_core *c, uint32_t client, uint64_t id);
void batches_client_gone(femd_core *c, uint32_t client);
/* A material can be evaluated now, or never will be: look its waiting batches up, or fail them. */
void batches_material(femd_core *c, uint32_t m);
/* The answer of one point. */
void batches_result(femd_core *c, uint32_t b, uint32_t index, const femd_hash *key, const femd_bytes *response,
                    uint32_t flags);
/* Send the RESULT frames that have gathered and end the batches that are complete. */
void batches_flush(femd_core *c);

#endif
