/* Containers of the core. This file owns their memory layout and never looks into an item beyond its slot. */
#include "table.h"

#include <stdlib.h>
#include <string.h>

/* ---- slab ---- */

void femd_slab_init(femd_slab *s, size_t item) {
    memset(s, 0, sizeof *s);
    s->item = (item + 7) & ~(size_t)7;
}

void femd_slab_clear(femd_slab *s) {
    for (uint32_t i = 0; i < s->chunks; i++) free(s->chunk[i]);
    free(s->chunk);
    femd_slab_init(s, s->item);
}

static int add_chunk(femd_slab *s) {
    if (s->chunks == s->room) {
        uint32_t room = s->room ? 2 * s->room : 16;
        char **chunk = realloc(s->chunk, room * sizeof *chunk);
        if (!chunk) return 0;
        s->chunk = chunk;
        s->room = room;
    }
    char *fresh = calloc(FEMD_SLAB_CHUNK, s->item);
    if (!fresh) return 0;
    s->chunk[s->chunks++] = fresh;
    return 1;
}

uint32_t femd_slab_take(femd_slab *s) {
    if (s->free_head) {
        uint32_t number = s->free_head;
        femd_slot *slot = femd_slab_at(s, number);
        s->free_head = slot->next_free;
        uint32_t generation = slot->generation;
        memset(slot, 0, s->item);
        slot->generation = generation;
        s->live++;
        return number;
    }
    if (s->end == s->chunks * FEMD_SLAB_CHUNK && (s->chunks >= UINT32_MAX / FEMD_SLAB_CHUNK - 1 || !add_chunk(s)))
        return FEMD_NIL;
    s->end++;
    s->live++;
    return s->end;
}

void femd_slab_give(femd_slab *s, uint32_t number) {
    femd_slot *slot = femd_slab_at(s, number);
    slot->generation++;
    slot->next_free = s->free_head;
    s->free_head = number;
    s->live--;
}

/* ---- table ---- */

/* Names are hashes already; the product spreads keys that are small numbers. */
static uint64_t spread(uint64_t key) {
    uint64_t h = key * 0x9E3779B97F4A7C15u;
    return h ^ (h >> 29);
}

static uint64_t hash_of(const femd_hash *name) {
    uint64_t v;
    memcpy(&v, name->b, sizeof v);
    return v;
}

void femd_table_init(femd_table *t, const femd_slab *items, femd_table_name name) {
    memset(t, 0, sizeof *t);
    t->items = items;
    t->name = name;
}

void femd_table_clear(femd_table *t) {
    free(t->place);
    femd_table_init(t, t->items, t->name);
}

static int grow(femd_table *t) {
    uint32_t room = t->place ? 2 * (t->mask + 1) : 64;
    femd_table_place *fresh = calloc(room, sizeof *fresh);
    if (!fresh) return 0;
    for (uint32_t i = 0; t->place && i <= t->mask; i++) {
        if (!t->place[i].number) continue;
        uint32_t j = (uint32_t)spread(t->place[i].hash) & (room - 1);
        while (fresh[j].number) j = (j + 1) & (room - 1);
        fresh[j] = t->place[i];
    }
    free(t->place);
    t->place = fresh;
    t->mask = room - 1;
    return 1;
}

static uint32_t find(const femd_table *t, uint64_t hash, const femd_hash *name) {
    if (!t->place) return FEMD_NIL;
    for (uint32_t i = (uint32_t)spread(hash) & t->mask; t->place[i].number; i = (i + 1) & t->mask) {
        if (t->place[i].hash != hash) continue;
        if (!name || memcmp(t->name(femd_slab_at(t->items, t->place[i].number)), name, sizeof *name) == 0)
            return t->place[i].number;
    }
    return FEMD_NIL;
}

static int put(femd_table *t, uint64_t hash, uint32_t number) {
    if ((!t->place || 4 * (uint64_t)(t->used + 1) > 3 * ((uint64_t)t->mask + 1)) && !grow(t)) return 0;
    uint32_t i = (uint32_t)spread(hash) & t->mask;
    while (t->place[i].number) i = (i + 1) & t->mask;
    t->place[i] = (femd_table_place){hash, number};
    t->used++;
    return 1;
}

static void drop(femd_table *t, uint64_t hash, uint32_t number) {
    if (!t->place) return;
    uint32_t i = (uint32_t)spread(hash) & t->mask;
    while (t->place[i].number && !(t->place[i].hash == hash && t->place[i].number == number)) i = (i + 1) & t->mask;
    if (!t->place[i].number) return;
    for (uint32_t j = (i + 1) & t->mask; t->place[j].number; j = (j + 1) & t->mask) {
        uint32_t home = (uint32_t)spread(t->place[j].hash) & t->mask;
        if (((j - home) & t->mask) >= ((j - i) & t->mask)) {
            t->place[i] = t->place[j];
            i = j;
        }
    }
    t->place[i].number = FEMD_NIL;
    t->used--;
}

uint32_t femd_table_find(const femd_table *t, const femd_hash *name) {
    return find(t, hash_of(name), name);
}
uint32_t femd_table_find64(const femd_table *t, uint64_t key) {
    return find(t, key, NULL);
}
int femd_table_put(femd_table *t, const femd_hash *name, uint32_t number) {
    return put(t, hash_of(name), number);
}
int femd_table_put64(femd_table *t, uint64_t key, uint32_t number) {
    return put(t, key, number);
}
void femd_table_remove(femd_table *t, const femd_hash *name, uint32_t number) {
    drop(t, hash_of(name), number);
}
void femd_table_remove64(femd_table *t, uint64_t key, uint32_t number) {
    drop(t, key, number);
}

/* ---- list ---- */

int femd_list_push(femd_list *l, uint32_t number) {
    if (l->count == l->room) {
        uint32_t room = l->room ? 2 * l->room : 64;
        uint32_t *at = realloc(l->at, room * sizeof *at);
        if (!at) return 0;
        l->at = at;
        l->room = room;
    }
    l->at[l->count++] = number;
    return 1;
}

void femd_list_clear(femd_list *l) {
    free(l->at);
    *l = (femd_list){NULL, 0, 0};
}
