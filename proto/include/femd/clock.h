/* What time it is, and waiting for something that comes soon. Not installed. */
#ifndef FEMD_CLOCK_H
#define FEMD_CLOCK_H

#include <time.h>

/* Seconds of a monotonic clock, for deadlines and for how long things take. */
double femd_clock(void);
/* The time of day (UTC), for what people read. */
struct timespec femd_wall_clock(void);
/* Ask `look` again and again until it returns other than 0, which is returned, or until 0.1 ms (or `seconds`, if that
 * is less) have passed: 0. Gives way to other threads in between. A wait begins so before it goes to sleep: waking up
 * costs more than the next message of a lively exchange takes to come. */
int femd_spin(double seconds, int (*look)(void *user), void *user);

#endif
