/* The network end of the server: the ROUTER socket, notices of dead connections, the poll loop and its clock. It
 * carries frames between libzmq and the core and understands none of them. */
#ifndef FEMD_SERVER_NET_H
#define FEMD_SERVER_NET_H

#include "core.h"

typedef struct femd_net femd_net;

typedef struct femd_net_config {
    femd_core *core;        /* borrowed: what is served */
    const char *bind;       /* "tcp://127.0.0.1:5600", port * = any; "ipc:///path" */
    int insecure;           /* off the loopback also without a gate */
    struct femd_gate *gate; /* borrowed: who may connect; NULL: whoever can */
    uint64_t frame_max;     /* bytes of one message */
    uint64_t memory;        /* bytes that the process may take by and large; 0 = any */
    int descriptors;        /* that it may open */
    uint64_t peer_bytes;    /* waiting for a peer that does not read; then it is dropped */
    void (*log)(void *user, femd_log_level level, const char *text); /* may be NULL */
    void *user;
    double heartbeat; /* s; 0 = the default of femd/times.h */
    /* What the core wants kept or forgotten; the bytes are borrowed. May be NULL. */
    void (*keep)(void *user, femd_action_kind kind, const femd_bytes *bytes);
    /* Something is to be sent after something was to be kept. May be NULL. */
    void (*before_send)(void *user);
    /* All actions are carried out. May be NULL. */
    void (*rested)(void *user, femd_core *core);
} femd_net_config;

/* Bind. REFUSED with words for an address that others on the network could reach, if there is no gate, BAD_ARGUMENT for
 * no address, IO if it cannot be bound. */
FEMD_MUST_CHECK femd_status femd_net_open(const femd_net_config *config, femd_net **net, femd_error *err);
/* Accepts NULL, sets NULL. Removes the socket file of an ipc address. */
void femd_net_close(femd_net **net);
/* The address peers connect to, with the port that was chosen. */
const char *femd_net_address(const femd_net *net);
/* Who is at the other end of a route, for a core's keyring; user is the net. */
int femd_net_identify(void *user, uint64_t route, femd_identity *who);
/* Serve until the descriptor stop_fd is readable or the core wants to stop (OK), or the core is no longer sound (its
 * health). */
FEMD_MUST_CHECK femd_status femd_net_run(femd_net *net, int stop_fd, femd_error *err);

#endif
