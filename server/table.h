/* Containers of the core: an index from hashes to numbers, storage of equal items by number, a growing list of numbers.
 * None knows what it holds. Items keep their address for life; numbers start at 1, 0 (FEMD_NIL) means "none". */
#ifndef FEMD_SERVER_TABLE_H
#define FEMD_SERVER_TABLE_H

#include <stddef.h>
#include <stdint.h>

#include "femd/types.h"

#define FEMD_NIL 0u

/* ---- slab: items of one size by number ---- */
#define FEMD_SLAB_CHUNK 256u

/* Every item begins with this. */
typedef struct femd_slot {
    uint32_t next_free;
    uint32_t generation; /* counts how often the place was given back */
} femd_slot;

typedef struct femd_slab {
    char **chunk; /* owned */
    uint32_t chunks, room;
    uint32_t end; /* first number never used */
    uint32_t free_head;
    uint32_t live; /* items in use */
    size_t item;   /* bytes of one */
} femd_slab;

void femd_slab_init(femd_slab *slab, size_t item);
void femd_slab_clear(femd_slab *slab);
/* A zeroed item (its generation kept). FEMD_NIL if memory is out. */
uint32_t femd_slab_take(femd_slab *slab);
void femd_slab_give(femd_slab *slab, uint32_t number);
/* The item of a number in use. */
static inline void *femd_slab_at(const femd_slab *slab, uint32_t number) {
    uint32_t i = number - 1;
    return slab->chunk[i / FEMD_SLAB_CHUNK] + (size_t)(i % FEMD_SLAB_CHUNK) * slab->item;
}

/* ---- rows: what one room knows of the items of another, by their number ---- */
typedef struct femd_rows {
    char **chunk; /* owned; rows keep their address */
    uint32_t chunks, room;
    size_t item;
} femd_rows;

void femd_rows_init(femd_rows *rows, size_t item);
void femd_rows_clear(femd_rows *rows);
/* See to it that the number has a row; a new one is zero. 0 if memory is out. */
int femd_rows_reach(femd_rows *rows, uint32_t number);
/* Numbers below this have rows. */
static inline uint32_t femd_rows_end(const femd_rows *rows) {
    return rows->chunks * FEMD_SLAB_CHUNK;
}
/* The row of a number that was reached. */
static inline void *femd_rows_at(const femd_rows *rows, uint32_t number) {
    return rows->chunk[number / FEMD_SLAB_CHUNK] + (size_t)(number % FEMD_SLAB_CHUNK) * rows->item;
}

/* ---- table: hash -> number, open addressing with linear probing and deletion by shifting back ---- */
typedef struct femd_table_place {
    uint64_t hash;
    uint32_t number; /* FEMD_NIL: free */
} femd_table_place;

/* The full name of an item, compared when the first 64 bits are equal. */
typedef const femd_hash *(*femd_table_name)(const void *item);

typedef struct femd_table {
    femd_table_place *place; /* owned */
    uint32_t mask, used;
    const femd_slab *items; /* borrowed; NULL where the 64-bit hash is the whole name */
    femd_table_name name;
} femd_table;

void femd_table_init(femd_table *table, const femd_slab *items, femd_table_name name);
void femd_table_clear(femd_table *table);
/* The number of the item named `name`, or FEMD_NIL. */
uint32_t femd_table_find(const femd_table *table, const femd_hash *name);
/* It will be looked for soon: what memory holds of it may come meanwhile. */
void femd_table_expect(const femd_table *table, const femd_hash *name);
uint32_t femd_table_find64(const femd_table *table, uint64_t key);
/* 0 if memory is out. The name must not be there already. */
int femd_table_put(femd_table *table, const femd_hash *name, uint32_t number);
int femd_table_put64(femd_table *table, uint64_t key, uint32_t number);
void femd_table_remove(femd_table *table, const femd_hash *name, uint32_t number);
void femd_table_remove64(femd_table *table, uint64_t key, uint32_t number);

/* ---- vector of numbers ---- */
typedef struct femd_list {
    uint32_t *at; /* owned */
    uint32_t count, room;
} femd_list;

/* 0 if memory is out. */
int femd_list_push(femd_list *list, uint32_t number);
void femd_list_clear(femd_list *list);

#endif
