/* Whose answers are not believed any more. Rows of 24 bytes in the order of the authors: author, outvoted, from. */
#include "disbelief.h"

#include <string.h>

#include "femd/hash.h"

enum { ROW = 24 };

uint64_t disbelief_number(const char *host, uint32_t pid, uint64_t fingerprint, uint64_t instance, uint32_t nth) {
    uint8_t bytes[24 + 65] = {0};
    femd_hash hash;
    femd_put32(bytes, pid);
    femd_put32(bytes + 4, nth);
    femd_put64(bytes + 8, fingerprint);
    femd_put64(bytes + 16, instance);
    for (size_t i = 24; i < sizeof bytes && *host; i++, host++) bytes[i] = (uint8_t)*host;
    femd_hash_domain("author", bytes, sizeof bytes, &hash);
    const uint64_t number = femd_get64(hash.b);
    return number ? number : 1;
}

/* The first row whose author is not less. */
static size_t disbelief_place(const femd_bytes *list, uint64_t author) {
    size_t low = 0, high = list->size / ROW;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (femd_get64((const uint8_t *)list->data + middle * ROW) < author)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

femd_status disbelief_add(femd_buffer *list, const femd_disbelieved *one, femd_error *err) {
    static const uint8_t empty[ROW];
    const size_t at = disbelief_place(&(femd_bytes){list->data, list->size}, one->author) * ROW,
                 behind = list->size - at;
    FEMD_TRY(femd_buffer_append(list, empty, ROW, err));
    uint8_t *row = list->data + at;
    memmove(row + ROW, row, behind);
    femd_put64(row, one->author);
    femd_put64(row + 8, one->outvoted != 0);
    femd_putf64(row + 16, one->from);
    return FEMD_OK;
}

static const uint8_t *disbelief_find(const femd_bytes *list, uint64_t author) {
    const size_t at = disbelief_place(list, author);
    if (!author || at == list->size / ROW) return NULL;
    const uint8_t *row = (const uint8_t *)list->data + at * ROW;
    return femd_get64(row) == author ? row : NULL;
}

int disbelief_holds(const femd_bytes *list, const femd_kept *kept) {
    const uint8_t *author = disbelief_find(list, kept->author);
    if (!author) return 0;
    if (!kept->seconder) return kept->when >= femd_getf64(author + 16);
    const uint8_t *seconder = disbelief_find(list, kept->seconder);
    return seconder && femd_get64(author + 8) && femd_get64(seconder + 8);
}
