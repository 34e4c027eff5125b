/* The STATUS message: the books as JSON, for people, tests and dashboards. It only reads. */
#ifndef FEMD_SERVER_STATUS_H
#define FEMD_SERVER_STATUS_H

#include "rooms.h"

/* Append the whole STATUS frame, answering message id of a peer, to out. A client is told of its own runs alone (those
 * of its key; without keys the one it belongs to), and where there are keys of no material. */
FEMD_MUST_CHECK femd_status status_encode(const femd_rooms *rooms, uint32_t peer, uint64_t id, femd_buffer *out,
                                          femd_error *err);

#endif
