/* A DEALER peer of the server: connect, hello, send, receive, re-hello after REREGISTER, notice of a lost server.
 * Used by the worker's main loop and by libfemd. Not thread-safe: one thread per peer. */
#ifndef FEMD_PEER_H
#define FEMD_PEER_H

#include <signal.h>

#include "femd/control.h"

typedef struct femd_peer femd_peer;

typedef struct femd_peer_config {
    const char *address;     /* "tcp://127.0.0.1:5600" or "ipc:///path" */
    femd_hello hello;        /* said at connection and after REREGISTER */
    double connect_timeout;  /* s to wait for WELCOME; 0 = 10 */
    double silence;          /* s without a connection after which the server counts as lost; 0 = as WELCOME says */
    int first_connect_waits; /* 1: keep trying to connect for connect_timeout (a server that is about to start) */
    const char *key;         /* file of the peer's own key; NULL: the usual one, if there is one (femd_key_find) */
    int insecure;            /* 1: off the loopback also without a key */
    const volatile sig_atomic_t *stop; /* may be NULL; non-zero ends the wait of femd_peer_open with CANCELLED */
} femd_peer_config;

/* Connect and exchange HELLO and WELCOME. TIMEOUT or DISCONNECTED with the address in words; REFUSED with the server's
 * words, or where one end has keys and the other has none or does not know them. */
FEMD_MUST_CHECK femd_status femd_peer_open(const femd_peer_config *cfg, femd_peer **peer, femd_error *err);
/* Says BYE, lingers at most 1 s. In a forked child the connection is the parent's: memory is released, and the parent
 * hears nothing of it; femd_peer_send and femd_peer_recv are refused there. */
void femd_peer_close(femd_peer **peer);
const femd_welcome *femd_peer_welcome(const femd_peer *peer);
/* Send one frame (copies the bytes; blocks at most `timeout` s under back-pressure: TIMEOUT; DISCONNECTED if the server
 * is lost). LIMIT if the frame is larger than the server's WELCOME allows. From the loss of a connection until
 * femd_peer_recv has returned REREGISTER frames are dropped (OK): they would reach a server that knows nothing of what
 * they speak of. */
FEMD_MUST_CHECK femd_status femd_peer_send(femd_peer *peer, const femd_buffer *frame, double timeout, femd_error *err);
/* Receive one frame within timeout s (0 polls). OK; TIMEOUT (no words, cheap); DISCONNECTED when the server is lost for
 * longer than `silence`, or knows this key no more; REREGISTER after the peer has said hello anew (the caller re-sends
 * what is open by key). frame->body is valid until the next call. */
FEMD_MUST_CHECK femd_status femd_peer_recv(femd_peer *peer, double timeout, femd_frame *frame, femd_error *err);

/* While this descriptor (an eventfd, say; -1: none) is readable, femd_peer_recv does not wait: it returns TIMEOUT. Who
 * reads from it is the caller. */
void femd_peer_wake_by(femd_peer *peer, int fd);
/* Descriptors that become readable when frames have come, and when the connection was made or lost. libzmq signals a
 * change once: after any other call femd_peer_has_news says whether something is left. */
void femd_peer_descriptors(const femd_peer *peer, int *frames, int *connection);
int femd_peer_has_news(const femd_peer *peer);

#endif
