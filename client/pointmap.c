/* See pointmap.h. */
#include "pointmap.h"

#include <stdlib.h>

/* Its own place, or the free one where it would stand. */
static pointmap_entry *pointmap_probe(const pointmap *map, uint64_t point) {
    size_t k = (size_t)(point * 0x9E3779B97F4A7C15u >> 20) & (map->room - 1);
    while (map->at[k].round && map->at[k].point != point) k = (k + 1) & (map->room - 1);
    return &map->at[k];
}

pointmap_entry *pointmap_find(const pointmap *map, uint64_t point) {
    if (!map->room) return NULL;
    pointmap_entry *e = pointmap_probe(map, point);
    return e->round ? e : NULL;
}

static int pointmap_grow(pointmap *map) {
    pointmap larger = {.room = map->room ? 2 * map->room : 1024, .n = map->n};
    larger.at = calloc(larger.room, sizeof *larger.at);
    if (!larger.at) return 0;
    for (size_t k = 0; k < map->room; k++)
        if (map->at[k].round) *pointmap_probe(&larger, map->at[k].point) = map->at[k];
    free(map->at);
    *map = larger;
    return 1;
}

pointmap_entry *pointmap_place(pointmap *map, uint64_t point) {
    if (2 * (map->n + 1) > map->room && !pointmap_grow(map)) return NULL;
    pointmap_entry *e = pointmap_probe(map, point);
    if (e->round) return e;
    e->point = point;
    map->n++;
    return e;
}

void pointmap_clear(pointmap *map) {
    free(map->at);
    *map = (pointmap){NULL, 0, 0};
}
