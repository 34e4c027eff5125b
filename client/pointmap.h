/* What points were named to begin with, for commits by sweeps. A table of open addressing; asks nobody. */
#ifndef FEMD_CLIENT_POINTMAP_H
#define FEMD_CLIENT_POINTMAP_H

#include "femd/error.h"
#include "femd/types.h"

typedef struct pointmap_entry {
    uint64_t point;
    femd_hash state;
    uint32_t round; /* in which it was named last; 0: a free place */
} pointmap_entry;

typedef struct pointmap {
    pointmap_entry *at; /* owned */
    size_t room, n;     /* room: a power of 2, or 0 */
} pointmap;

/* The entry of a point; NULL: it was never named. */
pointmap_entry *pointmap_find(const pointmap *map, uint64_t point);
/* The same, made if it is new (then round is 0 and the caller sets it). NULL without memory. */
pointmap_entry *pointmap_place(pointmap *map, uint64_t point);
void pointmap_clear(pointmap *map);

#endif
