/* The records of the book of states, for the files of this room alone. */
#ifndef FEMD_SERVER_STATES_PRIVATE_H
#define FEMD_SERVER_STATES_PRIVATE_H

#include "states.h"
#include "store.h"

/* Bytes that a state takes in the books beside its content, and that a wait for one takes. */
enum { STATE_BOOK = 192, WAIT_BOOK = 64 };

typedef struct state_record {
    femd_slot slot;
    femd_hash hash;
    uint32_t refs;      /* reasons to keep its content: generations, tentative results, open requests, waits */
    uint32_t committed; /* of these: final commits */
    uint32_t makers;    /* reasons to remember its name */
    uint32_t holdings, holders;
    uint32_t waits;    /* first wait */
    uint32_t given_up; /* waits whose reference stays until it is looked after */
    uint32_t fetching; /* worker asked for it */
    int making;        /* it is being made again */
    int failed;        /* status of the last attempt to get it, for the waits */
    int restless;      /* on the list of states to look after */
    int kept;          /* the store across runs has the content, or was given it */
    int kept_held;     /* ... and was told that it must stay there */
    double fetch_due;  /* while it is fetched: when that takes too long */
    femd_blob *blob;   /* owned; NULL = not at the server */
} state_record;

typedef struct state_holding { /* a worker has a state */
    femd_slot slot;
    uint32_t state, worker;
    uint32_t state_prev, state_next, worker_prev, worker_next;
} state_holding;

typedef struct state_wait { /* somebody waits for the content of a state */
    femd_slot slot;
    uint32_t prev, next; /* of the state, or in the queue of those that are over */
    int over;
    states_ready_wait told;
} state_wait;

typedef struct state_holder { /* a worker, as far as it has to do with states */
    uint32_t holdings, held;  /* first state it holds, and how many */
    uint32_t fetching;        /* states asked of it and not there yet */
    int dirty;                /* on the list of workers to flush */
    femd_buffer gets;         /* hashes to ask for at the next flush */
    femd_buffer drops;        /* hashes to drop at the next flush */
} state_holder;

struct femd_states {
    femd_common *common;
    femd_roster *roster;
    femd_outbox *outbox;
    femd_slab records, holdings, waits;
    femd_table by_hash, by_holding;
    femd_rows holders; /* by worker */
    uint32_t ready_head, ready_tail;
    femd_list restless, dirty;
    uint32_t restless_done; /* taken from the list already */
    double blob_mean;       /* bytes of a state, smoothed */
    double fetch_due;       /* no state is fetched that is due before */
    femd_error not_kept;    /* the last content that could not be kept, and why */
};

static inline state_record *states_at(const femd_states *states, uint32_t state) {
    return femd_slab_at(&states->records, state);
}
static inline state_holding *states_holding_at(const femd_states *states, uint32_t holding) {
    return femd_slab_at(&states->holdings, holding);
}
static inline state_wait *states_wait_at(const femd_states *states, uint32_t wait) {
    return femd_slab_at(&states->waits, wait);
}
static inline state_holder *states_holder_at(const femd_states *states, uint32_t worker) {
    return femd_rows_at(&states->holders, worker);
}

/* Look after it at the next settling. */
void states_check(femd_states *states, uint32_t state);
void states_forget_holding(femd_states *states, uint32_t holding);
void states_mark_dirty(femd_states *states, uint32_t worker);

#endif
