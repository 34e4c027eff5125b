/* Clients that fetch states (STATE_GET): each waits until every state asked for is at the server or cannot be had. */
#ifndef FEMD_SERVER_GETS_H
#define FEMD_SERVER_GETS_H

#include "femd/evaluate.h"
#include "outbox.h"
#include "roster.h"
#include "states.h"

typedef struct femd_gets femd_gets;

/* NULL if memory is out. Destroying accepts NULL, sets NULL. */
femd_gets *gets_create(femd_common *common, femd_roster *roster, femd_outbox *outbox, femd_states *states);
void gets_destroy(femd_gets **gets);

/* A STATE_GET frame of a client. LIMIT if there is no room for so many states to wait for. */
FEMD_MUST_CHECK femd_status gets_begin(femd_gets *gets, uint32_t client, const femd_frame *frame, femd_error *err);
/* One of the states is there, or cannot be had. */
void gets_input(femd_gets *gets, const states_ready_wait *ready);
/* Answer those that are complete, as long as not too much waits to be sent; the rest at the next settling. */
void gets_settle(femd_gets *gets);
int gets_is_restless(const femd_gets *gets);
void gets_client_gone(femd_gets *gets, uint32_t client);
/* Add the references held, by number of the state, and the bytes of the books. */
void gets_count_held(const femd_gets *gets, uint32_t *refs, uint64_t *bytes);

#endif
