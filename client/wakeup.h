/* Ends of waits from outside, and the descriptor that hosts wait for. */
#ifndef FEMD_CLIENT_WAKEUP_H
#define FEMD_CLIENT_WAKEUP_H

#include "client_private.h"

/* From now on femd_client_wake ends waits of the peer. */
FEMD_MUST_CHECK femd_status wakeup_open(femd_client *c, femd_error *err);
void wakeup_close(femd_client *c);
/* What has woken has been seen: c->woken is set if it was femd_client_wake. */
void wakeup_drain(femd_client *c);
/* Until somebody wakes, at most that long; nothing else is looked at. */
void wakeup_sleep(femd_client *c, double seconds);
/* A call may have taken the signal of libzmq that something is there, and left it there: the descriptor is to be
 * readable nevertheless. */
void wakeup_rearm(femd_client *c);

#endif
