/* Where the bytes of states and responses live: the seam between the books of the core and storage. Today that is
 * memory; a store on disk takes the place of the blob functions, whose callers keep only the handle. */
#ifndef FEMD_SERVER_STORE_H
#define FEMD_SERVER_STORE_H

#include <stddef.h>
#include <stdint.h>

/* ---- blobs: the content of one state, never changed ---- */
typedef struct femd_blob femd_blob;
/* A copy of so many bytes; NULL if memory is out. */
femd_blob *femd_blob_put(const void *data, size_t size);
const void *femd_blob_data(const femd_blob *blob);
size_t femd_blob_size(const femd_blob *blob);
/* Accepts NULL, sets NULL. */
void femd_blob_drop(femd_blob **blob);

/* ---- chunks: small blocks in size classes, reused for ever; no allocation per block once warm ---- */
#define FEMD_CHUNK_STEP 64u
#define FEMD_CHUNK_MAX  1536u
typedef struct femd_chunks {
    void *free_head[FEMD_CHUNK_MAX / FEMD_CHUNK_STEP + 1];
    void *slabs; /* list of allocations */
} femd_chunks;
/* A block of size <= FEMD_CHUNK_MAX bytes; NULL if memory is out or the size is too large. */
void *femd_chunk_take(femd_chunks *chunks, size_t size);
void femd_chunk_give(femd_chunks *chunks, void *block, size_t size);
void femd_chunks_clear(femd_chunks *chunks);

#endif
