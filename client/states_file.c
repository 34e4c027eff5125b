/* States in a file beside the host's own, for a restart on another server. A magic word, the number of states as u64,
 * then of each its hash, u64 size and bytes; all little-endian. The hash of a state is that of its bytes, so damage is
 * seen. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "femd/arrays.h"
#include "femd/buffer.h"
#include "femd/file.h"
#include "femd/hash.h"

enum { STATES_AT_ONCE = 256, STATES_HEAD = 16, STATES_ENTRY = 40 };
#define STATES_ONE_MAX (1u << 30) /* bytes of one state; more is damage */
static const char states_magic[8] = {'F', 'E', 'M', 'D', 'S', 'T', '0', '1'};

static int states_compare(const void *a, const void *b) {
    return memcmp(a, b, sizeof(femd_hash));
}

/* Each once, in order, without the virgin one; *count of them. */
static femd_status states_distinct(const double *tokens, size_t stride, size_t n, femd_hash *states, size_t *count,
                                   femd_error *err) {
    size_t all = 0, kept = 0;
    for (size_t i = 0; i < n; i++) {
        if (femd_token_to_state(tokens + i * stride, &states[all], err) != FEMD_OK)
            return femd_error_prefix(err, "token %zu", i);
        all += !femd_hash_is_zero(&states[all]);
    }
    qsort(states, all, sizeof *states, states_compare);
    for (size_t i = 0; i < all; i++)
        if (!kept || !femd_hash_equal(&states[kept - 1], &states[i])) states[kept++] = states[i];
    *count = kept;
    return FEMD_OK;
}

static femd_status states_write(FILE *f, const void *data, size_t size, const char *path, femd_error *err) {
    if (fwrite(data, 1, size, f) == size) return FEMD_OK;
    return femd_fail(err, FEMD_IO, "cannot write %s: %s", path, strerror(errno));
}

static femd_status states_write_some(femd_client *c, FILE *f, const femd_hash *states, size_t n, const char *path,
                                     femd_error *err) {
    void *blobs[STATES_AT_ONCE];
    size_t sizes[STATES_AT_ONCE];
    FEMD_TRY(femd_client_states_get(c, states, n, blobs, sizes, err));
    femd_status rc = FEMD_OK;
    for (size_t i = 0; i < n; i++) {
        uint8_t head[STATES_ENTRY];
        memcpy(head, states[i].b, sizeof states[i].b);
        femd_put64(head + sizeof states[i].b, sizes[i]);
        if (rc == FEMD_OK) rc = states_write(f, head, sizeof head, path, err);
        if (rc == FEMD_OK) rc = states_write(f, blobs[i], sizes[i], path, err);
        free(blobs[i]);
    }
    return rc;
}

static femd_status states_write_all(femd_client *c, FILE *f, const femd_hash *states, size_t n, const char *path,
                                    femd_error *err) {
    uint8_t head[STATES_HEAD];
    memcpy(head, states_magic, sizeof states_magic);
    femd_put64(head + sizeof states_magic, n);
    FEMD_TRY(states_write(f, head, sizeof head, path, err));
    for (size_t i = 0; i < n; i += STATES_AT_ONCE)
        FEMD_TRY(states_write_some(c, f, states + i, n - i < STATES_AT_ONCE ? n - i : STATES_AT_ONCE, path, err));
    if (fflush(f) != 0 || fsync(fileno(f)) != 0)
        return femd_fail(err, FEMD_IO, "cannot write %s: %s", path, strerror(errno));
    return FEMD_OK;
}

static femd_status states_save(femd_client *c, const char *path, const femd_hash *states, size_t n, femd_error *err) {
    char fresh[4200];
    if ((size_t)snprintf(fresh, sizeof fresh, "%s.%ld", path, (long)getpid()) >= sizeof fresh)
        return femd_fail(err, FEMD_BAD_ARGUMENT, "the name of a file of states is too long");
    FILE *f = fopen(fresh, "wbe");
    if (!f) return femd_fail(err, FEMD_IO, "cannot write %s: %s", fresh, strerror(errno));
    femd_status rc = states_write_all(c, f, states, n, fresh, err);
    if (fclose(f) != 0 && rc == FEMD_OK) rc = femd_fail(err, FEMD_IO, "cannot write %s: %s", fresh, strerror(errno));
    if (rc == FEMD_OK && rename(fresh, path) != 0)
        rc = femd_fail(err, FEMD_IO, "cannot write %s: %s", path, strerror(errno));
    if (rc != FEMD_OK) remove(fresh);
    return rc;
}

femd_status femd_tokens_save(femd_client *c, const char *path, const double *tokens, size_t stride, size_t n,
                             femd_error *err) {
    size_t count = 0;
    if (!c || !path || (n && !tokens)) return femd_fail(err, FEMD_BAD_ARGUMENT, "femd_tokens_save: NULL argument");
    femd_hash *states = malloc((n + 1) * sizeof *states);
    if (!states) return femd_fail(err, FEMD_NO_MEMORY, "no memory for the states of %zu points", n);
    femd_status rc = states_distinct(tokens, stride ? stride : FEMD_TOKEN, n, states, &count, err);
    if (rc == FEMD_OK) rc = states_save(c, path, states, count, err);
    free(states);
    return rc;
}

/* ---- loading ---- */

typedef struct states_chunk {
    size_t n;
    femd_hash states[STATES_AT_ONCE];
    void *blobs[STATES_AT_ONCE];
    size_t sizes[STATES_AT_ONCE];
} states_chunk;

static femd_status states_damaged(const char *path, const char *what, femd_error *err) {
    return femd_fail(err, FEMD_BAD_INPUT, "%s: %s", path, what);
}

static femd_status states_read_one(FILE *f, states_chunk *chunk, const char *path, femd_error *err) {
    uint8_t head[STATES_ENTRY];
    femd_hash seen;
    if (fread(head, 1, sizeof head, f) != sizeof head)
        return states_damaged(path, "the file of states ends early", err);
    const size_t k = chunk->n;
    memcpy(chunk->states[k].b, head, sizeof chunk->states[k].b);
    const uint64_t size = femd_get64(head + sizeof chunk->states[k].b);
    if (size == 0 || size > STATES_ONE_MAX) return states_damaged(path, "the file of states is damaged", err);
    chunk->blobs[k] = malloc((size_t)size);
    chunk->sizes[k] = (size_t)size;
    if (!chunk->blobs[k]) return femd_fail(err, FEMD_NO_MEMORY, "no memory for a state of %zu bytes", (size_t)size);
    chunk->n++;
    if (fread(chunk->blobs[k], 1, (size_t)size, f) != size)
        return states_damaged(path, "the file of states ends early", err);
    femd_hash_domain("state", chunk->blobs[k], (size_t)size, &seen);
    if (!femd_hash_equal(&seen, &chunk->states[k])) return states_damaged(path, "a state in the file is damaged", err);
    return FEMD_OK;
}

static femd_status states_read_some(femd_client *c, FILE *f, size_t n, const char *path, femd_error *err) {
    states_chunk *chunk = calloc(1, sizeof *chunk);
    if (!chunk) return femd_fail(err, FEMD_NO_MEMORY, "no memory for states");
    femd_status rc = FEMD_OK;
    while (rc == FEMD_OK && chunk->n < n) rc = states_read_one(f, chunk, path, err);
    if (rc == FEMD_OK)
        rc = femd_client_states_put(c, chunk->states, (const void *const *)chunk->blobs, chunk->sizes, chunk->n, err);
    for (size_t i = 0; i < chunk->n; i++) free(chunk->blobs[i]);
    free(chunk);
    return rc;
}

static femd_status states_read_all(femd_client *c, FILE *f, size_t *count, const char *path, femd_error *err) {
    uint8_t head[STATES_HEAD];
    if (fread(head, 1, sizeof head, f) != sizeof head || memcmp(head, states_magic, sizeof states_magic) != 0)
        return states_damaged(path, "this is no file of states", err);
    const uint64_t n = femd_get64(head + sizeof states_magic);
    for (uint64_t i = 0; i < n; i += STATES_AT_ONCE)
        FEMD_TRY(states_read_some(c, f, (size_t)(n - i < STATES_AT_ONCE ? n - i : STATES_AT_ONCE), path, err));
    if (fgetc(f) != EOF) return states_damaged(path, "bytes follow the last state", err);
    *count = (size_t)n;
    return FEMD_OK;
}

femd_status femd_states_load(femd_client *c, const char *path, size_t *states, femd_error *err) {
    size_t count = 0;
    if (!c || !path) return femd_fail(err, FEMD_BAD_ARGUMENT, "femd_states_load: NULL argument");
    const char *why;
    FILE *f = femd_file_open(path, &why);
    if (!f) return femd_fail(err, FEMD_IO, "cannot read %s: %s", path, why);
    const femd_status rc = states_read_all(c, f, &count, path, err);
    fclose(f);
    if (states) *states = count;
    return rc;
}
