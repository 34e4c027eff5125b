/* An audit of the books, for tests: every count is made again from what it counts. It changes nothing. */
#ifndef FEMD_SERVER_AUDIT_H
#define FEMD_SERVER_AUDIT_H

#include "rooms.h"

/* 0 if the books agree with each other, or -1 with words. Slow. */
int audit_rooms(const femd_rooms *rooms, femd_error *err);

#endif
