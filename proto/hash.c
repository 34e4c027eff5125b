/* BLAKE2b-256 of bytes (RFC 7693, libsodium's crypto_generichash with a 32-byte digest and no key). */
#include "femd/hash.h"

#include <sodium.h>
#include <string.h>

/* libsodium picks its fast BLAKE2b when it is started, and works, slowly, without. */
__attribute__((constructor)) static void start_sodium(void) {
    (void)!sodium_init();
}

void femd_hash_bytes(const void *data, size_t n, femd_hash *out) {
    crypto_generichash(out->b, sizeof out->b, data, n, NULL, 0);
}

/* The word and its terminating NUL come first: no word is the beginning of another with its NUL, so no two (domain,
 * bytes) pairs give one string. */
void femd_hash_domain(const char *domain, const void *data, size_t n, femd_hash *out) {
    crypto_generichash_state h;
    crypto_generichash_init(&h, NULL, 0, sizeof out->b);
    crypto_generichash_update(&h, (const unsigned char *)domain, strlen(domain) + 1);
    if (n) crypto_generichash_update(&h, data, n);
    crypto_generichash_final(&h, out->b, sizeof out->b);
}
