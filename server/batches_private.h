/* The records of the batches, for the files of this room alone. */
#ifndef FEMD_SERVER_BATCHES_PRIVATE_H
#define FEMD_SERVER_BATCHES_PRIVATE_H

#include "batches.h"

typedef struct batch_ask {                                   /* a point */
    uint32_t evaluation;                                     /* FEMD_NIL: answered */
    uint32_t next_batch, next_index, prev_batch, prev_index; /* other askers of the evaluation */
} batch_ask;

typedef struct batch_record {
    femd_slot slot;
    uint64_t id;
    femd_hash content;                   /* of the EVALUATE body */
    uint32_t client, material;           /* client FEMD_NIL: the place is free */
    uint32_t prev, next;                 /* of the client */
    uint32_t waiting_prev, waiting_next; /* of the material */
    int waiting;                         /* not looked up yet, since the material is not ready */
    uint32_t count, left;                /* points in all, unanswered */
    uint32_t running;                    /* of these with a worker, at the last count */
    size_t charged;
    batch_ask *asks;      /* owned */
    femd_buffer requests; /* owned; encoded, while waiting */
    femd_buffer out;      /* owned; RESULT frame being filled */
    uint32_t results;
    int dirty;
} batch_record;

typedef struct batch_client {
    uint32_t first;   /* of its open batches */
    uint64_t last_id; /* highest id of a batch so far */
    size_t charged;   /* bytes of its open batches */
} batch_client;

typedef struct batch_askers { /* of an evaluation: the last that asked */
    uint32_t batch, index;
} batch_askers;

struct femd_batches {
    femd_common *common;
    femd_roster *roster;
    femd_catalogue *catalogue;
    femd_outbox *outbox;
    femd_ledger *ledger;
    femd_runs *runs;
    femd_slab records;
    femd_rows clients, askers;
    femd_rows waiting; /* by material: the first batch that waits for it */
    femd_list dirty;
};

static inline batch_record *batches_at(const femd_batches *batches, uint32_t batch) {
    return femd_slab_at(&batches->records, batch);
}
static inline batch_client *batches_client(const femd_batches *batches, uint32_t client) {
    return femd_rows_at(&batches->clients, client);
}
static inline batch_askers *batches_askers(const femd_batches *batches, uint32_t evaluation) {
    return femd_rows_at(&batches->askers, evaluation);
}

/* batches.c */
void batches_mark_dirty(femd_batches *batches, uint32_t batch);
/* The answer of one point. */
void batches_result(femd_batches *batches, uint32_t batch, uint32_t index, const femd_hash *key,
                    const femd_bytes *response, uint32_t flags);
/* Point `index` of the batch waits for the evaluation; and no longer does. */
void batches_ask(femd_batches *batches, uint32_t batch, uint32_t index, uint32_t evaluation);
void batches_unask(femd_batches *batches, uint32_t batch, uint32_t index);
/* Forget it: what it waits for, what it is charged with. */
void batches_end(femd_batches *batches, uint32_t batch);
/* The open batch of that id, FEMD_NIL if there is none. */
uint32_t batches_find(const femd_batches *batches, uint32_t client, uint64_t id);

/* batches_submit.c */
void batches_leave_material(femd_batches *batches, uint32_t batch);

#endif
