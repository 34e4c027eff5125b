/* Clocks; see clock.h. */
#include "femd/clock.h"

#include <sched.h>

static const double SPIN = 1e-4; /* s */

double femd_clock(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

struct timespec femd_wall_clock(void) {
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return t;
}

int femd_spin(double seconds, int (*look)(void *user), void *user) {
    int seen = 0;
    for (double end = femd_clock() + (seconds < SPIN ? seconds : SPIN); !seen && femd_clock() < end; sched_yield())
        seen = look(user);
    return seen;
}
