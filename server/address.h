/* Which addresses the server may listen at, and the socket file of a local one. */
#ifndef FEMD_SERVER_ADDRESS_H
#define FEMD_SERVER_ADDRESS_H

#include "femd/error.h"

/* BAD_ARGUMENT for no address, REFUSED with words for one that others on the network could reach, unless they may. */
FEMD_MUST_CHECK femd_status address_check(const char *bind, int others, femd_error *err);
/* The path of an ipc address, NULL for another kind. */
const char *address_ipc_path(const char *bind);
/* A socket that listens at the path of an ipc address; the caller's, and so is the file in the end. What is there
 * already is taken away only if it is a socket of this user at which nobody listens. REFUSED for anything else that is
 * there, IO if another server listens or the path cannot be made, BAD_ARGUMENT for a path that is too long. *listener
 * is -1 for an address without a file of ours ("@name", "*"), which is libzmq's to bind. */
FEMD_MUST_CHECK femd_status address_bind_ipc(const char *path, int *listener, femd_error *err);

#endif
