/* The worker's store of state blobs: a chained hash table whose entries also stand in a list ordered by use. States are
 * immutable, so an entry is never changed, only forgotten. Never verifies a hash. */
#include "worker/worker_states.h"

#include <stdlib.h>

typedef struct state_node {
    struct state_node *chain;         /* next in the bucket */
    struct state_node *newer, *older; /* by use */
    femd_hash hash;
    uint32_t pins; /* tasks that need it */
    int known;     /* to the server */
    size_t size;
    uint8_t data[];
} state_node;

struct worker_states {
    state_node **bucket;
    size_t buckets, count; /* buckets: a power of two */
    size_t bytes, limit;
    state_node *newest, *oldest;
    worker_states_parting parting;
    void *user;
};

enum { FIRST_BUCKETS = 1024 };

femd_status worker_states_create(size_t limit, worker_states **out, femd_error *err) {
    *out = NULL;
    worker_states *states = calloc(1, sizeof *states);
    if (states) states->bucket = calloc(FIRST_BUCKETS, sizeof *states->bucket);
    if (!states || !states->bucket) {
        free(states);
        return femd_fail(err, FEMD_NO_MEMORY, "out of memory for the store of states");
    }
    states->buckets = FIRST_BUCKETS;
    states->limit = limit;
    *out = states;
    return FEMD_OK;
}

void worker_states_destroy(worker_states **out) {
    if (!out || !*out) return;
    worker_states *states = *out;
    for (state_node *node = states->newest; node;) {
        state_node *older = node->older;
        free(node);
        node = older;
    }
    free(states->bucket);
    free(states);
    *out = NULL;
}

/* A content hash is uniform: any eight of its bytes choose the bucket. */
static state_node **bucket_of(const worker_states *states, const femd_hash *h) {
    return &states->bucket[femd_get64(h->b) & (states->buckets - 1)];
}

static state_node **node_find(const worker_states *states, const femd_hash *h) {
    state_node **at = bucket_of(states, h);
    while (*at && !femd_hash_equal(&(*at)->hash, h)) at = &(*at)->chain;
    return at;
}

static void node_unlink(worker_states *states, state_node *node) {
    *(node->newer ? &node->newer->older : &states->newest) = node->older;
    *(node->older ? &node->older->newer : &states->oldest) = node->newer;
}

static void node_link_newest(worker_states *states, state_node *node) {
    node->newer = NULL;
    node->older = states->newest;
    *(states->newest ? &states->newest->newer : &states->oldest) = node;
    states->newest = node;
}

static void node_forget(worker_states *states, state_node **at) {
    state_node *node = *at;
    *at = node->chain;
    node_unlink(states, node);
    states->bytes -= node->size;
    states->count--;
    free(node);
}

/* Doubling keeps chains short. A table that cannot grow still works, only slower, so that is no failure. */
static void buckets_grow(worker_states *states) {
    if (states->count < states->buckets) return;
    size_t buckets = 2 * states->buckets;
    state_node **bucket = calloc(buckets, sizeof *bucket);
    if (!bucket) return;
    free(states->bucket);
    states->bucket = bucket;
    states->buckets = buckets;
    for (state_node *node = states->newest; node; node = node->older) {
        state_node **at = bucket_of(states, &node->hash);
        node->chain = *at;
        *at = node;
    }
}

void worker_states_on_parting(worker_states *states, worker_states_parting call, void *user) {
    states->parting = call;
    states->user = user;
}

femd_status worker_states_add(worker_states *states, const femd_hash *hash, const void *data, size_t size,
                              femd_error *err) {
    femd_bytes held;
    if (worker_states_get(states, hash, &held)) return FEMD_OK;
    state_node *node = malloc(sizeof *node + size);
    if (!node) return femd_fail(err, FEMD_NO_MEMORY, "out of memory for a state of %zu bytes", size);
    *node = (state_node){.hash = *hash, .size = size};
    if (size) memcpy(node->data, data, size);
    buckets_grow(states);
    state_node **at = bucket_of(states, hash);
    node->chain = *at;
    *at = node;
    node_link_newest(states, node);
    states->count++;
    states->bytes += size;
    return FEMD_OK;
}

femd_status worker_states_make_room(worker_states *states, femd_error *err) {
    femd_status rc = FEMD_OK;
    for (state_node *node = states->oldest, *newer; node && states->bytes > states->limit; node = newer) {
        newer = node->newer;
        if (node->pins || node == states->newest) continue;
        const femd_bytes blob = {node->data, node->size};
        if (states->parting && rc == FEMD_OK) rc = states->parting(states->user, &node->hash, &blob, node->known, err);
        node_forget(states, node_find(states, &node->hash));
    }
    return rc;
}

femd_status worker_states_put(worker_states *states, const femd_hash *hash, const void *data, size_t size,
                              femd_error *err) {
    FEMD_TRY(worker_states_add(states, hash, data, size, err));
    return worker_states_make_room(states, err);
}

int worker_states_pin(worker_states *states, const femd_hash *hash) {
    state_node *node = *node_find(states, hash);
    if (node) node->pins++;
    return node != NULL;
}

void worker_states_unpin(worker_states *states, const femd_hash *hash) {
    state_node *node = *node_find(states, hash);
    if (node && node->pins) node->pins--;
}

void worker_states_known(worker_states *states, const femd_hash *hash) {
    state_node *node = *node_find(states, hash);
    if (node) node->known = 1;
}

void worker_states_all_unknown(worker_states *states) {
    for (state_node *node = states->newest; node; node = node->older) node->known = 0;
}

int worker_states_get(worker_states *states, const femd_hash *hash, femd_bytes *blob) {
    state_node *node = *node_find(states, hash);
    if (!node) return 0;
    node_unlink(states, node);
    node_link_newest(states, node);
    *blob = (femd_bytes){node->data, node->size};
    return 1;
}

void worker_states_drop(worker_states *states, const femd_hash *hash) {
    state_node **at = node_find(states, hash);
    if (*at) node_forget(states, at);
}

femd_status worker_states_each(const worker_states *states,
                               femd_status (*call)(void *user, const femd_hash *hash, femd_error *err), void *user,
                               femd_error *err) {
    for (const state_node *node = states->oldest; node; node = node->newer) FEMD_TRY(call(user, &node->hash, err));
    return FEMD_OK;
}

size_t worker_states_bytes(const worker_states *states) {
    return states->bytes;
}
