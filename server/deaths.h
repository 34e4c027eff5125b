/* Deaths of workers, and whether a piece of work that was under way may be the cause. Nobody is to blame for the end of
 * a worker that had long been silent (its host or its connection was lost: a crash of the process is known at once and
 * follows a beat), nor for deaths in a burst on one host (the host was lost, or somebody ended all that ran there). It
 * knows no work: who is blamed for a death keeps its number. */
#ifndef FEMD_SERVER_DEATHS_H
#define FEMD_SERVER_DEATHS_H

#include "roster.h"

typedef struct femd_deaths femd_deaths;

/* What is held against work: FEMD_NIL is the end of a worker for which no work can be blamed (it said BYE). */
typedef enum deaths_cause {
    DEATH_LOST = 1 /* the connection went */,
    DEATH_HUNG /* expelled: hung or out of order */
} deaths_cause;

/* NULL if memory is out. Destroying accepts NULL, sets NULL. */
femd_deaths *deaths_create(femd_common *common, femd_roster *roster);
void deaths_destroy(femd_deaths **deaths);

/* A worker that is still in the roster ends. The number of the death, never FEMD_NIL. */
uint32_t deaths_note(femd_deaths *deaths, uint32_t worker, deaths_cause cause);
/* 1 if work may be the cause. That can become 0 by deaths that follow. */
int deaths_counts(const femd_deaths *deaths, uint32_t death);
/* A number for the host of a worker, never 0: equal for equal names. */
uint32_t deaths_host_of(const femd_deaths *deaths, uint32_t worker);
uint32_t deaths_host_named(const char *name);

#endif
