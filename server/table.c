/* Containers of the core. This file owns their memory layout and never looks into an item beyond its slot. */
#include "table.h"

#include <stdlib.h>
#include <string.h>

/* ---- slab ---- */

void femd_slab_init(femd_slab *slab, size_t item) {
    memset(slab, 0, sizeof *slab);
    slab->item = (item + 7) & ~(size_t)7;
}

void femd_slab_clear(femd_slab *slab) {
    for (uint32_t i = 0; i < slab->chunks; i++) free(slab->chunk[i]);
    free(slab->chunk);
    femd_slab_init(slab, slab->item);
}

static int slab_grow(femd_slab *slab) {
    if (slab->chunks == slab->room) {
        uint32_t room = slab->room ? 2 * slab->room : 16;
        char **chunk = realloc(slab->chunk, room * sizeof *chunk);
        if (!chunk) return 0;
        slab->chunk = chunk;
        slab->room = room;
    }
    char *fresh = calloc(FEMD_SLAB_CHUNK, slab->item);
    if (!fresh) return 0;
    slab->chunk[slab->chunks++] = fresh;
    return 1;
}

uint32_t femd_slab_take(femd_slab *slab) {
    if (slab->free_head) {
        uint32_t number = slab->free_head;
        femd_slot *slot = femd_slab_at(slab, number);
        slab->free_head = slot->next_free;
        uint32_t generation = slot->generation;
        memset(slot, 0, slab->item);
        slot->generation = generation;
        slab->live++;
        return number;
    }
    if (slab->end == slab->chunks * FEMD_SLAB_CHUNK &&
        (slab->chunks >= UINT32_MAX / FEMD_SLAB_CHUNK - 1 || !slab_grow(slab)))
        return FEMD_NIL;
    slab->end++;
    slab->live++;
    return slab->end;
}

void femd_slab_give(femd_slab *slab, uint32_t number) {
    femd_slot *slot = femd_slab_at(slab, number);
    slot->generation++;
    slot->next_free = slab->free_head;
    slab->free_head = number;
    slab->live--;
}

/* ---- rows ---- */

void femd_rows_init(femd_rows *rows, size_t item) {
    memset(rows, 0, sizeof *rows);
    rows->item = (item + 7) & ~(size_t)7;
}

void femd_rows_clear(femd_rows *rows) {
    for (uint32_t i = 0; i < rows->chunks; i++) free(rows->chunk[i]);
    free(rows->chunk);
    femd_rows_init(rows, rows->item);
}

int femd_rows_reach(femd_rows *rows, uint32_t number) {
    while (number >= femd_rows_end(rows)) {
        if (rows->chunks == rows->room) {
            uint32_t room = rows->room ? 2 * rows->room : 16;
            char **chunk = realloc(rows->chunk, room * sizeof *chunk);
            if (!chunk) return 0;
            rows->chunk = chunk;
            rows->room = room;
        }
        char *fresh = calloc(FEMD_SLAB_CHUNK, rows->item);
        if (!fresh) return 0;
        rows->chunk[rows->chunks++] = fresh;
    }
    return 1;
}

/* ---- table ---- */

/* Names are hashes already; the product spreads keys that are small numbers. */
static uint64_t table_spread(uint64_t key) {
    uint64_t product = key * 0x9E3779B97F4A7C15u;
    return product ^ (product >> 29);
}

static uint64_t table_hash(const femd_hash *name) {
    uint64_t first;
    memcpy(&first, name->b, sizeof first);
    return first;
}

void femd_table_init(femd_table *table, const femd_slab *items, femd_table_name name) {
    memset(table, 0, sizeof *table);
    table->items = items;
    table->name = name;
}

void femd_table_clear(femd_table *table) {
    free(table->place);
    femd_table_init(table, table->items, table->name);
}

static int table_grow(femd_table *table) {
    uint32_t room = table->place ? 2 * (table->mask + 1) : 64;
    femd_table_place *fresh = calloc(room, sizeof *fresh);
    if (!fresh) return 0;
    for (uint32_t i = 0; table->place && i <= table->mask; i++) {
        if (!table->place[i].number) continue;
        uint32_t j = (uint32_t)table_spread(table->place[i].hash) & (room - 1);
        while (fresh[j].number) j = (j + 1) & (room - 1);
        fresh[j] = table->place[i];
    }
    free(table->place);
    table->place = fresh;
    table->mask = room - 1;
    return 1;
}

static uint32_t table_search(const femd_table *table, uint64_t hash, const femd_hash *name) {
    if (!table->place) return FEMD_NIL;
    for (uint32_t i = (uint32_t)table_spread(hash) & table->mask; table->place[i].number; i = (i + 1) & table->mask) {
        if (table->place[i].hash != hash) continue;
        if (!name || memcmp(table->name(femd_slab_at(table->items, table->place[i].number)), name, sizeof *name) == 0)
            return table->place[i].number;
    }
    return FEMD_NIL;
}

static int table_enter(femd_table *table, uint64_t hash, uint32_t number) {
    if ((!table->place || 4 * (uint64_t)(table->used + 1) > 3 * ((uint64_t)table->mask + 1)) && !table_grow(table))
        return 0;
    uint32_t i = (uint32_t)table_spread(hash) & table->mask;
    while (table->place[i].number) i = (i + 1) & table->mask;
    table->place[i] = (femd_table_place){hash, number};
    table->used++;
    return 1;
}

static void table_erase(femd_table *table, uint64_t hash, uint32_t number) {
    if (!table->place) return;
    uint32_t i = (uint32_t)table_spread(hash) & table->mask;
    while (table->place[i].number && !(table->place[i].hash == hash && table->place[i].number == number))
        i = (i + 1) & table->mask;
    if (!table->place[i].number) return;
    for (uint32_t j = (i + 1) & table->mask; table->place[j].number; j = (j + 1) & table->mask) {
        uint32_t home = (uint32_t)table_spread(table->place[j].hash) & table->mask;
        if (((j - home) & table->mask) >= ((j - i) & table->mask)) {
            table->place[i] = table->place[j];
            i = j;
        }
    }
    table->place[i].number = FEMD_NIL;
    table->used--;
}

uint32_t femd_table_find(const femd_table *table, const femd_hash *name) {
    return table_search(table, table_hash(name), name);
}
void femd_table_expect(const femd_table *table, const femd_hash *name) {
    if (table->place) __builtin_prefetch(&table->place[(uint32_t)table_spread(table_hash(name)) & table->mask]);
}
uint32_t femd_table_find64(const femd_table *table, uint64_t key) {
    return table_search(table, key, NULL);
}
int femd_table_put(femd_table *table, const femd_hash *name, uint32_t number) {
    return table_enter(table, table_hash(name), number);
}
int femd_table_put64(femd_table *table, uint64_t key, uint32_t number) {
    return table_enter(table, key, number);
}
void femd_table_remove(femd_table *table, const femd_hash *name, uint32_t number) {
    table_erase(table, table_hash(name), number);
}
void femd_table_remove64(femd_table *table, uint64_t key, uint32_t number) {
    table_erase(table, key, number);
}

/* ---- list ---- */

int femd_list_push(femd_list *list, uint32_t number) {
    if (list->count == list->room) {
        uint32_t room = list->room ? 2 * list->room : 64;
        uint32_t *at = realloc(list->at, room * sizeof *at);
        if (!at) return 0;
        list->at = at;
        list->room = room;
    }
    list->at[list->count++] = number;
    return 1;
}

void femd_list_clear(femd_list *list) {
    free(list->at);
    *list = (femd_list){NULL, 0, 0};
}
