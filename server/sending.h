/* Frames on their way through libzmq: those it does not take yet, the bytes that it still holds for peers that read
 * slowly, and connections that end a little after their last words. A peer that does not read is cut off. */
#ifndef FEMD_SERVER_SENDING_H
#define FEMD_SERVER_SENDING_H

#include "conns.h"
#include "core.h"

typedef struct femd_sending femd_sending;

enum { FEMD_ROUTE_BYTES = 5 }; /* of the name that libzmq gives a peer: a zero and a counter */

typedef struct sending_config {
    void *socket;        /* the ROUTER, borrowed */
    femd_conns *conns;   /* borrowed: where who is cut off and who is gone is written down */
    femd_core *core;     /* borrowed: frames that have gone are recycled there */
    uint64_t peer_bytes; /* waiting for a peer that does not read; then it is dropped */
    void (*log)(void *user, femd_log_level level, const char *text); /* may be NULL */
    void *user;
} sending_config;

/* NULL if memory is out. */
femd_sending *sending_create(const sending_config *config);
/* After the socket is closed. Accepts NULL, sets NULL. */
void sending_destroy(femd_sending **sending);

/* Send a frame or keep it for later; takes its storage. */
void sending_send(femd_sending *sending, uint64_t route, femd_buffer *frame);
/* Try again what is kept. */
void sending_retry(femd_sending *sending);
/* 1 while something is kept. */
int sending_is_late(const femd_sending *sending);
/* The connection ends a little later, so that the words that go before it arrive; and end those whose time it is. */
void sending_part(femd_sending *sending, uint64_t route, double now);
void sending_end_partings(femd_sending *sending, double now);
int sending_is_parting(const femd_sending *sending);
/* A route is gone: so is what was kept for it. */
void sending_forget(femd_sending *sending, uint64_t route);

#endif
