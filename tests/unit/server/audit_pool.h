/* A client and workers of which some lie. */
#ifndef FEMD_TEST_AUDIT_POOL_H
#define FEMD_TEST_AUDIT_POOL_H

#include "rig.h"

enum { POOL = 5, POINTS = 40 };

/* What a worker makes of a question: 0 the right answer, else which lie. */
typedef int (*liar)(uint32_t nth, const femd_request *request);
int never(uint32_t nth, const femd_request *request);
int always(uint32_t nth, const femd_request *request);
int every_20th(uint32_t nth, const femd_request *request);
int at_one_strain(uint32_t nth, const femd_request *request);

typedef struct pool {
    rig g;
    uint64_t client, worker[POOL];
    liar how[POOL];
    uint32_t answers[POOL], n;
    rig_shelf *shelf;
    uint32_t wrong; /* wrong results that the client was given */
    femd_request asked[POINTS];
    uint32_t count;
    int conflict; /* a point that was told CONFLICT */
} pool;

/* n workers have the client's material open. how: NULL, nobody lies; more: of the core, its audit is `share`. */
void pool_open(pool *p, double share, uint32_t n, const liar *how, const femd_core_config *more);
const femd_core_counters *pool_count(const pool *p);
void pool_lie(femd_response *r);
/* Every worker answers what it has; returns how many. */
uint32_t pool_work(pool *p);
/* What the client was given, counted. */
void pool_take(pool *p);
/* A batch of POINTS strains from `from` on, all of it answered and taken. */
void pool_ask(pool *p, uint64_t batch, double from);
/* 1 if the client was told an error. */
int pool_error(pool *p, femd_error *e);

#endif
