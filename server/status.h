/* The STATUS message: the books as JSON, for people, tests and dashboards. It only reads. */
#ifndef FEMD_SERVER_STATUS_H
#define FEMD_SERVER_STATUS_H

#include "rooms.h"

/* Append the whole STATUS frame, answering message id, to out. */
FEMD_MUST_CHECK femd_status status_encode(const femd_rooms *rooms, uint64_t id, femd_buffer *out, femd_error *err);

#endif
