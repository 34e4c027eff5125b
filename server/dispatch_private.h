/* For the files of dispatch alone. */
#ifndef FEMD_SERVER_DISPATCH_PRIVATE_H
#define FEMD_SERVER_DISPATCH_PRIVATE_H

#include "dispatch.h"

/* Most points of the lane in the next message to this worker, at least one. */
uint32_t dispatch_message_points(const dispatch_rooms *rooms, uint32_t lane, uint32_t worker);

#endif
