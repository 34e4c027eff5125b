/* Connections that libzmq takes in, while descriptors are left. libzmq itself ends the process when there is none (ipc)
 * or runs in circles (tcp): its calls of accept come here instead. What has no place is taken in and closed. */
#ifndef FEMD_SERVER_ACCEPTING_H
#define FEMD_SERVER_ACCEPTING_H

#include <stdint.h>

/* From now on no connection gets a descriptor of this number or above. */
void accepting_below(int descriptor);
/* How many connections were closed because of that. */
uint64_t accepting_refused(void);

#endif
