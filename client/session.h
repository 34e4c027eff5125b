/* Frames and time of a client: the wait that every call ends in. */
#ifndef FEMD_CLIENT_SESSION_H
#define FEMD_CLIENT_SESSION_H

#include "client_private.h"

/* How a wait stands: state of client_wait. */
typedef int (*client_done)(const femd_client *c, const void *arg);

/* Handle frames until done() says 1. limit: s, 0 = the client's wait_timeout (which may be none). TIMEOUT, CANCELLED
 * (by the progress callback), DISCONNECTED or the first failure of a frame. */
FEMD_MUST_CHECK femd_status client_wait(femd_client *c, client_done done, const void *arg, double limit,
                                        femd_error *err);
/* Receive at most one frame within timeout s and handle it; *got = 1 if there was one. */
FEMD_MUST_CHECK femd_status client_pump(femd_client *c, double timeout, int *got, femd_error *err);
/* Send again what seems lost; looks a few times a second at most. DISCONNECTED if the server is mute. */
FEMD_MUST_CHECK femd_status client_nudge(femd_client *c, femd_error *err);
/* Send call->frame and wait for its reply. The frame's header id must be call->id. limit as in client_wait. */
FEMD_MUST_CHECK femd_status client_exchange(femd_client *c, client_call *call, double limit, femd_error *err);

#endif
