/* The worker's store of state blobs: a chained hash table whose entries also stand in a list ordered by use. States are
 * immutable, so an entry is never changed, only forgotten. Never verifies a hash. */
#include "worker/worker_states.h"

#include <stdlib.h>

typedef struct node {
    struct node *chain;         /* next in the bucket */
    struct node *newer, *older; /* by use */
    femd_hash hash;
    size_t size;
    uint8_t data[];
} node;

struct worker_states {
    node **bucket;
    size_t buckets, count; /* buckets: a power of two */
    size_t bytes, limit;
    node *newest, *oldest;
};

enum { FIRST_BUCKETS = 1024 };

femd_status worker_states_create(size_t limit, worker_states **out, femd_error *err) {
    *out = NULL;
    worker_states *s = calloc(1, sizeof *s);
    if (s) s->bucket = calloc(FIRST_BUCKETS, sizeof *s->bucket);
    if (!s || !s->bucket) {
        free(s);
        return femd_fail(err, FEMD_NO_MEMORY, "out of memory for the store of states");
    }
    s->buckets = FIRST_BUCKETS;
    s->limit = limit;
    *out = s;
    return FEMD_OK;
}

void worker_states_destroy(worker_states **out) {
    if (!out || !*out) return;
    worker_states *s = *out;
    for (node *n = s->newest; n;) {
        node *older = n->older;
        free(n);
        n = older;
    }
    free(s->bucket);
    free(s);
    *out = NULL;
}

/* A content hash is uniform: any eight of its bytes choose the bucket. */
static node **bucket_of(const worker_states *s, const femd_hash *h) {
    return &s->bucket[femd_get64(h->b) & (s->buckets - 1)];
}

static node **find(const worker_states *s, const femd_hash *h) {
    node **at = bucket_of(s, h);
    while (*at && !femd_hash_equal(&(*at)->hash, h)) at = &(*at)->chain;
    return at;
}

static void unlink_use(worker_states *s, node *n) {
    *(n->newer ? &n->newer->older : &s->newest) = n->older;
    *(n->older ? &n->older->newer : &s->oldest) = n->newer;
}

static void link_newest(worker_states *s, node *n) {
    n->newer = NULL;
    n->older = s->newest;
    *(s->newest ? &s->newest->newer : &s->oldest) = n;
    s->newest = n;
}

static void forget(worker_states *s, node **at) {
    node *n = *at;
    *at = n->chain;
    unlink_use(s, n);
    s->bytes -= n->size;
    s->count--;
    free(n);
}

/* Doubling keeps chains short. A table that cannot grow still works, only slower, so that is no failure. */
static void grow(worker_states *s) {
    if (s->count < s->buckets) return;
    size_t buckets = 2 * s->buckets;
    node **bucket = calloc(buckets, sizeof *bucket);
    if (!bucket) return;
    free(s->bucket);
    s->bucket = bucket;
    s->buckets = buckets;
    for (node *n = s->newest; n; n = n->older) {
        node **at = bucket_of(s, &n->hash);
        n->chain = *at;
        *at = n;
    }
}

femd_status worker_states_put(worker_states *s, const femd_hash *hash, const void *data, size_t size, femd_error *err) {
    femd_bytes held;
    if (worker_states_get(s, hash, &held)) return FEMD_OK;
    node *n = malloc(sizeof *n + size);
    if (!n) return femd_fail(err, FEMD_NO_MEMORY, "out of memory for a state of %zu bytes", size);
    n->hash = *hash;
    n->size = size;
    if (size) memcpy(n->data, data, size);
    while (s->oldest && s->bytes + size > s->limit) forget(s, find(s, &s->oldest->hash));
    grow(s);
    node **at = bucket_of(s, hash);
    n->chain = *at;
    *at = n;
    link_newest(s, n);
    s->count++;
    s->bytes += size;
    return FEMD_OK;
}

int worker_states_get(worker_states *s, const femd_hash *hash, femd_bytes *blob) {
    node *n = *find(s, hash);
    if (!n) return 0;
    unlink_use(s, n);
    link_newest(s, n);
    *blob = (femd_bytes){n->data, n->size};
    return 1;
}

void worker_states_drop(worker_states *s, const femd_hash *hash) {
    node **at = find(s, hash);
    if (*at) forget(s, at);
}

size_t worker_states_bytes(const worker_states *s) {
    return s->bytes;
}
