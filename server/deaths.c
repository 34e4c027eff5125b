/* Deaths of workers. */
#include "deaths.h"

#include <stdlib.h>

enum { KEPT = 1024, BURST = 3 };
static const double silent_long = 2.5; /* s; beats come every 0.5 s, and a lost host is noticed after 3 s */
static const double burst_time = 0.25; /* s within which so many workers of a host end */

typedef struct death {
    uint32_t number, host;
    double when;
    int excused;
} death;

struct femd_deaths {
    femd_common *common;
    femd_roster *roster;
    uint32_t last;
    death kept[KEPT]; /* in turn, by number */
};

femd_deaths *deaths_create(femd_common *common, femd_roster *roster) {
    femd_deaths *deaths = calloc(1, sizeof *deaths);
    if (!deaths) return NULL;
    deaths->common = common;
    deaths->roster = roster;
    return deaths;
}

void deaths_destroy(femd_deaths **deaths) {
    free(*deaths);
    *deaths = NULL;
}

uint32_t deaths_host_named(const char *name) {
    uint32_t hash = 2166136261u; /* FNV-1a */
    for (const char *c = name; *c; c++) hash = (hash ^ (uint8_t)*c) * 16777619u;
    return hash ? hash : 1;
}

uint32_t deaths_host_of(const femd_deaths *deaths, uint32_t worker) {
    return deaths_host_named(roster_hello(deaths->roster, worker)->host);
}

static death *deaths_at(femd_deaths *deaths, uint32_t number) {
    return &deaths->kept[number % KEPT];
}

/* The deaths on the host within the time of a burst up to now: if they are many, none of them counts. */
static void deaths_find_burst(femd_deaths *deaths, uint32_t host) {
    for (int pass = 0, found = 0; pass < 2; pass++) {
        for (uint32_t number = deaths->last; number; number--) {
            death *entry = deaths_at(deaths, number);
            if (entry->number != number || deaths->common->now - entry->when > burst_time) break;
            if (entry->host != host) continue;
            found++;
            if (pass) entry->excused = 1;
        }
        if (found < BURST) return;
    }
}

uint32_t deaths_note(femd_deaths *deaths, uint32_t worker, deaths_cause cause) {
    const double now = deaths->common->now;
    if (++deaths->last == FEMD_NIL) deaths->last++;
    const int silent = cause == DEATH_LOST && now - roster_heard(deaths->roster, worker) >= silent_long;
    *deaths_at(deaths, deaths->last) =
        (death){.number = deaths->last, .host = deaths_host_of(deaths, worker), .when = now, .excused = silent};
    deaths_find_burst(deaths, deaths_host_of(deaths, worker));
    return deaths->last;
}

int deaths_counts(const femd_deaths *deaths, uint32_t number) {
    const death *entry = &deaths->kept[number % KEPT];
    return entry->number != number ||
           !entry->excused; /* the oldest are forgotten, and would have been excused before */
}
