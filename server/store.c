/* Blobs and chunks in memory. This file owns their bytes; who needs them and why is not its business. */
#include "store.h"

#include <stdlib.h>
#include <string.h>

struct femd_blob {
    size_t size;
    unsigned char data[];
};

femd_blob *femd_blob_put(const void *data, size_t n) {
    femd_blob *b = malloc(sizeof *b + n);
    if (!b) return NULL;
    b->size = n;
    memcpy(b->data, data, n);
    return b;
}

const void *femd_blob_data(const femd_blob *b) {
    return b->data;
}
size_t femd_blob_size(const femd_blob *b) {
    return b->size;
}

void femd_blob_drop(femd_blob **b) {
    free(*b);
    *b = NULL;
}

enum { SLAB_BYTES = 256 * 1024, SLAB_HEAD = 16 };

static size_t class_of(size_t n) {
    return (n + FEMD_CHUNK_STEP - 1) / FEMD_CHUNK_STEP;
}

static int refill(femd_chunks *c, size_t k) {
    char *slab = malloc(SLAB_BYTES);
    if (!slab) return 0;
    memcpy(slab, &c->slabs, sizeof c->slabs);
    c->slabs = slab;
    size_t block = k * FEMD_CHUNK_STEP;
    for (size_t at = SLAB_HEAD; at + block <= SLAB_BYTES; at += block) {
        memcpy(slab + at, &c->free_head[k], sizeof(void *));
        c->free_head[k] = slab + at;
    }
    return 1;
}

void *femd_chunk_take(femd_chunks *c, size_t n) {
    if (n == 0 || n > FEMD_CHUNK_MAX) return NULL;
    size_t k = class_of(n);
    if (!c->free_head[k] && !refill(c, k)) return NULL;
    void *block = c->free_head[k];
    memcpy(&c->free_head[k], block, sizeof(void *));
    return block;
}

void femd_chunk_give(femd_chunks *c, void *block, size_t n) {
    size_t k = class_of(n);
    memcpy(block, &c->free_head[k], sizeof(void *));
    c->free_head[k] = block;
}

void femd_chunks_clear(femd_chunks *c) {
    while (c->slabs) {
        void *slab = c->slabs;
        memcpy(&c->slabs, slab, sizeof c->slabs);
        free(slab);
    }
    memset(c, 0, sizeof *c);
}
