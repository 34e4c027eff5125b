/* Messages that come in parts, until they are whole. What they hold counts as memory from their first part on. */
#ifndef FEMD_SERVER_INTAKE_H
#define FEMD_SERVER_INTAKE_H

#include "common.h"
#include "femd/parts.h"

typedef struct intake_one {
    uint64_t route;
    femd_parts parts;
    uint64_t charged;
} intake_one;

typedef struct femd_intake {
    femd_common *common;
    intake_one *at; /* owned */
    size_t count, room;
} femd_intake;

void intake_init(femd_intake *intake, femd_common *common);
void intake_clear(femd_intake *intake);
/* A part from a peer. *message: the whole, borrowed until the next call; its data is NULL if more is to come. What
 * femd_parts_take says, and LIMIT if there is no room. */
FEMD_MUST_CHECK femd_status intake_take(femd_intake *intake, uint64_t route, const femd_frame *part,
                                        femd_bytes *message, femd_error *err);
/* Its connection is gone, or the message has been dealt with. */
void intake_forget(femd_intake *intake, uint64_t route);

#endif
