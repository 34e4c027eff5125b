/* What admins may have done: workers shut out and let in again, poison forgiven, the server emptied or ended. */
#ifndef FEMD_SERVER_ADMIN_H
#define FEMD_SERVER_ADMIN_H

#include "rooms.h"

/* An ADMIN frame, answered with DONE. REFUSED where nobody knows who is an admin, BAD_ARGUMENT with words for an act or
 * a worker that is not known. */
FEMD_MUST_CHECK femd_status admin_act(femd_rooms *rooms, uint32_t peer, const femd_frame *frame, femd_error *err);
/* 1 if the server is to end now. */
int admin_wants_stop(const femd_rooms *rooms);

#endif
