/* The address at which a server can be met: by its own workers, by a solver, and in the file that tells it. */
#ifndef FEMD_CLIENT_SERVE_ADDRESS_H
#define FEMD_CLIENT_SERVE_ADDRESS_H

#include <sys/types.h>

#include "femd/error.h"

enum { SERVE_ADDRESS = 300 };

/* A server that listens on all interfaces is met under a name: `host`. Any other address stays. */
FEMD_MUST_CHECK femd_status serve_address_at(const char *listens, const char *host, char address[SERVE_ADDRESS],
                                             femd_error *err);

typedef struct serve_file {
    const char *path; /* borrowed; NULL: none */
    dev_t device;     /* of what was written; 0, 0: nothing was */
    ino_t inode;
} serve_file;

/* Before the server is started: the address of an earlier one goes, so that nobody takes it for this one's. BAD_INPUT
 * for anything else that is there, which stays. */
FEMD_MUST_CHECK femd_status serve_file_begin(const serve_file *file, femd_error *err);
/* Write the address as one line. Whoever reads the file finds it whole, or not there. IO with words. */
FEMD_MUST_CHECK femd_status serve_file_write(serve_file *file, const char *address, femd_error *err);
/* Take it away, unless somebody else has written there since. */
void serve_file_remove(const serve_file *file);

#endif
