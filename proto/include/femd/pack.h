/* A material as it travels: its JSON text and the data files that the text names, in one block of bytes.
 * The material's id is the hash of that block, so a worker on another node needs no file system in common. */
#ifndef FEMD_PACK_H
#define FEMD_PACK_H

#include "femd/buffer.h"
#include "femd/types.h"

#define FEMD_PACK_FILES_MAX 16
#define FEMD_PACK_NAME_MAX  255

typedef struct femd_pack_file {
    const char *name; /* base name as the JSON text gives it, NUL-terminated */
    femd_bytes bytes;
} femd_pack_file;

typedef struct femd_pack {
    const char *json; /* NUL-terminated */
    size_t nfiles;
    femd_pack_file file[FEMD_PACK_FILES_MAX];
} femd_pack;

/* Append the encoded pack to out. Layout in proto/README.md. */
FEMD_MUST_CHECK femd_status femd_pack_encode(const femd_pack *pack, femd_buffer *out, femd_error *err);
/* Decode; every pointer in *pack borrows from data. PROTOCOL with words for anything malformed. */
FEMD_MUST_CHECK femd_status femd_pack_decode(const void *data, size_t size, femd_pack *pack, femd_error *err);
/* The id of an encoded pack: femd_hash_domain("material", ...). */
void femd_pack_id(const void *data, size_t size, femd_hash *id);
/* The file of that name, or NULL. */
const femd_pack_file *femd_pack_find(const femd_pack *pack, const char *name);

#endif
