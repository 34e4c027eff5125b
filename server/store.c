/* Blobs and chunks in memory. This file owns their bytes; who needs them and why is not its business. */
#include "store.h"

#include <stdlib.h>
#include <string.h>

struct femd_blob {
    size_t size;
    unsigned char data[];
};

femd_blob *femd_blob_put(const void *data, size_t size) {
    femd_blob *blob = malloc(sizeof *blob + size);
    if (!blob) return NULL;
    blob->size = size;
    memcpy(blob->data, data, size);
    return blob;
}

const void *femd_blob_data(const femd_blob *blob) {
    return blob->data;
}
size_t femd_blob_size(const femd_blob *blob) {
    return blob->size;
}

void femd_blob_drop(femd_blob **blob) {
    free(*blob);
    *blob = NULL;
}

enum { SLAB_BYTES = 256 * 1024, SLAB_HEAD = 16 };

static size_t chunk_class(size_t size) {
    return (size + FEMD_CHUNK_STEP - 1) / FEMD_CHUNK_STEP;
}

static int chunk_refill(femd_chunks *chunks, size_t class) {
    char *slab = malloc(SLAB_BYTES);
    if (!slab) return 0;
    memcpy(slab, &chunks->slabs, sizeof chunks->slabs);
    chunks->slabs = slab;
    size_t block = class * FEMD_CHUNK_STEP;
    for (size_t at = SLAB_HEAD; at + block <= SLAB_BYTES; at += block) {
        memcpy(slab + at, &chunks->free_head[class], sizeof(void *));
        chunks->free_head[class] = slab + at;
    }
    return 1;
}

void *femd_chunk_take(femd_chunks *chunks, size_t size) {
    if (size == 0 || size > FEMD_CHUNK_MAX) return NULL;
    size_t class = chunk_class(size);
    if (!chunks->free_head[class] && !chunk_refill(chunks, class)) return NULL;
    void *block = chunks->free_head[class];
    memcpy(&chunks->free_head[class], block, sizeof(void *));
    return block;
}

void femd_chunk_give(femd_chunks *chunks, void *block, size_t size) {
    size_t class = chunk_class(size);
    memcpy(block, &chunks->free_head[class], sizeof(void *));
    chunks->free_head[class] = block;
}

void femd_chunks_clear(femd_chunks *chunks) {
    while (chunks->slabs) {
        void *slab = chunks->slabs;
        memcpy(&chunks->slabs, slab, sizeof chunks->slabs);
        free(slab);
    }
    memset(chunks, 0, sizeof *chunks);
}
