/* Content hashing: BLAKE2b-256 from libsodium. */
#ifndef FEMD_HASH_H
#define FEMD_HASH_H

#include "femd/types.h"

/* Hash of n bytes. n = 0 gives the hash of the empty string, never the zero hash. Thread-safe. */
void femd_hash_bytes(const void *data, size_t n, femd_hash *out);
/* Hash of a domain word ("state", "material", ...) and n bytes, so that equal bytes of two kinds have two names. */
void femd_hash_domain(const char *domain, const void *data, size_t n, femd_hash *out);

#endif
