/* A clock for each part of the work. Owns the sums of this process; knows nothing of what is done. */
#include "base/part.h"

#include <sys/resource.h>
#include <time.h>

static const char *const part_name[FEMD_PARTS] = {
#define PART_KEY(name, key) key,
    FEMD_PART_LIST(PART_KEY)
#undef PART_KEY
};

/* One thread of a process does the work of the solver, and all of it. */
static struct {
    femd_part_cost cost[FEMD_PARTS];
    femd_part now;
    double wall, cpu; /* when the present part was entered */
    int begun;
} part_clock;

static double part_seconds(clockid_t clock) {
    struct timespec t;
    return clock_gettime(clock, &t) == 0 ? (double)t.tv_sec + 1e-9 * (double)t.tv_nsec : 0;
}

static double part_peak(void) {
    struct rusage usage;
    return getrusage(RUSAGE_SELF, &usage) == 0 ? 1024.0 * (double)usage.ru_maxrss : 0;
}

/* Charge the present part with what has passed since it was entered. */
static void part_charge(void) {
    const double wall = part_seconds(CLOCK_MONOTONIC), cpu = part_seconds(CLOCK_PROCESS_CPUTIME_ID);
    femd_part_cost *cost = &part_clock.cost[part_clock.now];
    if (part_clock.begun) cost->wall += wall - part_clock.wall;
    cost->cpu += cpu - part_clock.cpu; /* from the start of the process */
    cost->peak = part_peak();
    part_clock.wall = wall;
    part_clock.cpu = cpu;
    part_clock.begun = 1;
}

femd_part femd_part_enter(femd_part part) {
    const femd_part before = part_clock.now;
    part_charge();
    part_clock.now = part;
    return before;
}

void femd_part_go_back(const femd_part *before) {
    (void)femd_part_enter(*before);
}

void femd_part_costs(femd_part_cost cost[FEMD_PARTS]) {
    part_charge();
    for (int i = 0; i < FEMD_PARTS; ++i) cost[i] = part_clock.cost[i];
}

const char *femd_part_key(femd_part part) {
    return part_name[part];
}
