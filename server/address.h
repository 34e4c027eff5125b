/* Which addresses the server may listen at. It opens nothing that stays open. */
#ifndef FEMD_SERVER_ADDRESS_H
#define FEMD_SERVER_ADDRESS_H

#include "femd/error.h"

/* BAD_ARGUMENT for no address, REFUSED with words for one that others on the network could reach (there are no keys
 * yet). */
FEMD_MUST_CHECK femd_status address_check(const char *bind, femd_error *err);
/* The path of an ipc address, NULL for another kind. */
const char *address_ipc_path(const char *bind);
/* IO if another server listens there, BAD_ARGUMENT for a path that is too long. *file says whether the path is that of
 * a file, which then is the caller's to remove in the end. */
FEMD_MUST_CHECK femd_status address_check_ipc_free(const char *path, int *file, femd_error *err);

#endif
