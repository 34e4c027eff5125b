/* The gate of a server with keys: its own key, the list of those that may connect, and the thread that libzmq asks at
 * every handshake (ZAP). The list is read again when its file has changed, or at SIGHUP; one that cannot be read leaves
 * the old one as it is, and that is told. It knows no peers. */
#ifndef FEMD_SERVER_GATE_H
#define FEMD_SERVER_GATE_H

#include "settings.h"

typedef struct femd_gate femd_gate;

typedef void (*gate_log)(void *user, femd_log_level level, const char *text);

/* Read `server.key` and `allowed` of the folder. BAD_INPUT, IO, REFUSED or UNSUPPORTED with words. From here on SIGHUP
 * is the gate's. log may be NULL. */
FEMD_MUST_CHECK femd_status gate_open(const char *folder, gate_log log, void *user, femd_gate **gate, femd_error *err);
/* After the context that it guards is terminated, which ends its thread. Accepts NULL, sets NULL. */
void gate_close(femd_gate **gate);
/* Before the socket is bound: its connections must have keys of the list. Starts the thread. */
FEMD_MUST_CHECK femd_status gate_guard(femd_gate *gate, void *context, void *socket, femd_error *err);

/* Readable at SIGHUP. */
int gate_signal(const femd_gate *gate);
/* Look whether there is another list, once a second, and at SIGHUP in any case. 1 if there is. */
int gate_look(femd_gate *gate, double now);
/* 1 and who it is, if the list has this public key. */
int gate_knows(const femd_gate *gate, const char *public_text, femd_identity *who);

#endif
