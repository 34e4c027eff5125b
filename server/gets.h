/* Clients that fetch states (STATE_GET): each waits until every state asked for is at the server or cannot be had. */
#ifndef FEMD_SERVER_GETS_H
#define FEMD_SERVER_GETS_H

#include "inner.h"

/* A STATE_GET frame of a client. */
FEMD_MUST_CHECK femd_status gets_begin(femd_core *c, uint32_t client, const femd_frame *f, femd_error *err);
/* One of the states is there, or cannot be had. */
void gets_state(femd_core *c, uint32_t g, uint32_t generation, femd_status status);
void gets_client_gone(femd_core *c, uint32_t client);
/* Forget all (end of the core). */
void gets_clear(femd_core *c);

#endif
