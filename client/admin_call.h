/* One question to a server from somebody who looks after it: connected, asked, answered, gone. */
#ifndef FEMD_CLIENT_ADMIN_CALL_H
#define FEMD_CLIENT_ADMIN_CALL_H

#include "femd/control.h"

typedef struct admin_call_to {
    const char *address;
    const char *key; /* file; NULL: the usual one */
    int insecure;
    double timeout; /* s, for the connection and again for the answer */
} admin_call_to;

/* The server's STATUS as JSON text, the caller's to free. Asked as an admin, or as a client if the key is one's. */
FEMD_MUST_CHECK femd_status admin_call_status(const admin_call_to *to, char **json, femd_error *err);
/* An act of an admin; *done are the server's words. */
FEMD_MUST_CHECK femd_status admin_call_act(const admin_call_to *to, const femd_admin *wish, femd_done *done,
                                           femd_error *err);

#endif
