/* The structs of the core that its rooms share, and the core itself. Private to server/. Every cross reference is a
 * number into a slab (FEMD_NIL = none); whoever keeps one beyond the life of the item keeps its generation too. */
#ifndef FEMD_SERVER_INNER_H
#define FEMD_SERVER_INNER_H

#include "core.h"
#include "femd/evaluate.h"
#include "limits.h"
#include "store.h"
#include "table.h"

enum { CREDITS_MAX = 16, RETRIES_MAX = 3, BLAMES_MAX = 3, REMAKES_MAX = 8, VIOLATIONS_MAX = 8 };

/* ---- members.c ---- */
typedef struct peer {
    femd_slot slot;
    uint64_t route, number;
    femd_hello hello;
    int json; /* answered on the JSON channel */
    uint32_t violations;
    double since;   /* of the hello */
    size_t charged; /* client: bytes of its open batches */
    /* client */
    uint32_t run, rank;
    uint32_t batches;    /* first of its open batches */
    uint64_t batch_last; /* highest id of a batch so far */
    int pulse_due;
    /* worker */
    uint32_t flying; /* TASK messages it holds */
    uint32_t tasks;  /* first evaluation it has */
    uint32_t ntasks, nstarted;
    uint64_t done;
    double progress;         /* when it last showed a sign of progress */
    uint32_t holdings, held; /* first state it holds, and how many */
    uint32_t fetching;       /* states asked of it and not there yet */
    uint32_t opening;        /* materials sent to it and not answered */
    uint32_t idle_prev, idle_next;
    femd_buffer gets;  /* hashes to ask for at the next flush */
    femd_buffer drops; /* hashes to drop at the next flush */
    int dirty;         /* on the list of workers to flush */
} peer;

/* ---- materials.c ---- */
enum { OPEN_NO = 0, OPEN_SENT, OPEN_READY, OPEN_FAILED };
typedef struct material_asker {
    uint32_t peer, generation;
    uint64_t id; /* of its MATERIAL frame */
} material_asker;
typedef struct material {
    femd_slot slot;
    femd_hash id;
    uint8_t *pack; /* owned */
    size_t size;
    int ready; /* 1: caps hold; -1: no worker can open it, failure says why */
    femd_error failure;
    femd_capabilities caps;
    uint8_t *at; /* OPEN_* by worker; owned */
    uint32_t at_room, opened;
    uint32_t deaths;        /* workers that ended while opening it */
    material_asker *askers; /* clients to tell; owned */
    uint32_t naskers, askers_room;
    uint32_t waiting; /* first batch that waits for it */
    double cost;      /* s per evaluation, smoothed; 0 = not known yet */
} material;

/* ---- states.c ---- */
typedef struct state {
    femd_slot slot;
    femd_hash hash;
    uint32_t refs;      /* reasons to keep its content: generations, tentative results, open requests, waiters */
    uint32_t committed; /* of these: final commits */
    uint32_t makers;    /* first evaluation that makes it */
    uint32_t holders, nholders;
    uint32_t waiters;
    uint32_t fetching; /* worker asked for it */
    uint32_t remaker;  /* evaluation that makes it again */
    int failed;        /* status of the last attempt to get it, for the waiters */
    int checking;      /* on the list of states to look after */
    femd_blob *blob;   /* owned; NULL = not at the server */
} state;
typedef struct holding { /* a worker has a state */
    femd_slot slot;
    uint32_t state, worker;
    uint32_t state_prev, state_next, worker_prev, worker_next;
} holding;
enum { WAIT_EVAL = 1, WAIT_COMMIT, WAIT_GET };
typedef struct waiter { /* somebody waits for the content of a state */
    femd_slot slot;
    uint32_t next;
    int kind;
    uint32_t who, generation; /* evaluation, run or get */
    uint32_t rank, serial;    /* commit */
} waiter;
typedef struct get { /* a client's STATE_GET */
    femd_slot slot;
    uint32_t peer;
    uint64_t id;
    femd_hash *hash; /* owned */
    uint32_t *state; /* owned; a reference each, FEMD_NIL = unknown */
    uint32_t count, missing;
} get;

/* ---- ledger.c ---- */
typedef enum stage { STAGE_FREE = 0, STAGE_QUEUED, STAGE_WAITING, STAGE_SENT, STAGE_STARTED, STAGE_DONE } stage;
enum { EVAL_REMAKE = 1 /* repeated for its state */, EVAL_POISON = 2 };
typedef struct eval {
    femd_slot slot;
    femd_hash key;
    femd_request request;
    uint32_t material, lane;
    uint32_t state_in;  /* referenced while open */
    uint32_t state_out; /* of the first answer; known by name as long as this is in the ledger */
    uint32_t maker_prev, maker_next;
    uint32_t flight, worker;       /* TASK message it is in, and who holds that */
    uint32_t task_prev, task_next; /* in the worker's list */
    uint32_t ask_batch, ask_index; /* first asker */
    uint32_t prev, next;           /* in its queue, or among the finished ones by last use */
    uint32_t owner;                /* queue: FEMD_NIL = common, else that of a worker that holds the state */
    uint32_t pins;                 /* tentative results that rest on it */
    uint8_t stage, blames, retries, remakes, flags;
    uint32_t response_size;
    uint8_t *response; /* owned, from the core's chunks */
    uint64_t fingerprint;
} eval;
typedef struct flight { /* a TASK message at a worker */
    femd_slot slot;
    uint32_t worker, left;
} flight;

/* ---- batches.c ---- */
typedef struct ask {
    uint32_t eval;                                           /* FEMD_NIL: answered */
    uint32_t next_batch, next_index, prev_batch, prev_index; /* other askers of the evaluation */
} ask;
typedef struct batch {
    femd_slot slot;
    uint64_t id;
    uint32_t client, material;
    uint32_t prev, next;                 /* of the client */
    uint32_t waiting_prev, waiting_next; /* of the material */
    int waiting;                         /* 1: not looked up yet, since the material is not ready */
    uint32_t count, left, running;       /* points in all, unanswered, with a worker */
    size_t charged;
    ask *asks;            /* owned */
    femd_buffer requests; /* owned; encoded, while waiting */
    femd_buffer out;      /* owned; RESULT frame being filled */
    uint32_t results;
    int dirty;
} batch;

/* ---- dispatch.c ---- */
typedef struct queue {
    uint32_t head, tail, count;
} queue;
typedef struct lane { /* what one run asks of one material */
    femd_slot slot;
    uint32_t run, material;
    uint32_t run_next;
    uint32_t prev, next; /* among the lanes with something queued */
    int active;
    queue common;
    queue *own; /* by worker; owned */
    uint32_t own_room, own_total;
    uint32_t open;
} lane;

/* ---- runs.c ---- */
typedef struct rank {
    uint32_t peer;
    femd_list tentative;         /* evaluations, a pin each */
    femd_list current, previous; /* states of the last two commits, a reference each */
    femd_list pending;           /* states of a commit on its way, a reference each */
    int committing;
    uint64_t transaction;
    uint32_t step, missing, serial;
    femd_hash content; /* of the COMMIT body */
    int has_last;
    uint64_t last_transaction;
    femd_hash last_content;
} rank;
typedef struct run {
    femd_slot slot;
    char name[65];
    uint32_t nranks, connected;
    rank *ranks; /* owned */
    uint32_t lanes, open;
    double clock; /* service received, for the fair share */
    double gone;  /* when its last client was lost; < 0: said bye, or there */
    int reproducible;
    uint64_t commits, points;
    uint32_t last_step;
    uint32_t prev, next;
} run;

enum { STATE_BOOK = 192 }; /* bytes that a state takes in the books beside its content */

/* ---- outbox.c ---- */
typedef struct outbox {
    femd_action *action; /* owned ring */
    uint32_t head, count, room;
    femd_buffer spare[64];
    uint32_t spares;
} outbox;

/* ---- the core ---- */
struct femd_core {
    femd_core_config config;
    char level[16];
    uint32_t level_number;
    double now, started;
    femd_status health;
    femd_core_counters counter;
    femd_limits limits;
    femd_chunks chunks; /* storage of responses */
    uint64_t next_peer;

    femd_slab peers, materials, states, holdings, waiters, gets, evals, flights, batches, lanes, runs;
    femd_table by_route, by_material, by_state, by_holding, by_key;

    uint32_t nworkers, nclients;
    uint32_t idle[CREDITS_MAX + 1]; /* first worker with so many free credits */
    uint32_t first_run;
    uint32_t service_run;             /* the server's own, for repetitions; served first */
    uint32_t first_lane;              /* of the active ones */
    double clock;                     /* service of the run served last */
    uint32_t queued, parked, running; /* evaluations: in lanes, waiting for a state, with workers */
    uint32_t lru_head, lru_tail;
    uint64_t cached;  /* bytes of finished evaluations with a response */
    double blob_mean; /* bytes of a state, smoothed */
    int reproducible;

    femd_list check; /* states to look after */
    femd_list dirty_batches, dirty_workers;
    femd_list scratch; /* evaluations of the TASK message being made */
    femd_state_entry *scratch_states;
    uint32_t scratch_room;
    outbox out;
    femd_buffer json_in;
    double next_pulse, next_check;
    int pulse_now;
};

static inline peer *peer_at(const femd_core *c, uint32_t n) {
    return femd_slab_at(&c->peers, n);
}
static inline material *material_at(const femd_core *c, uint32_t n) {
    return femd_slab_at(&c->materials, n);
}
static inline state *state_at(const femd_core *c, uint32_t n) {
    return femd_slab_at(&c->states, n);
}
static inline holding *holding_at(const femd_core *c, uint32_t n) {
    return femd_slab_at(&c->holdings, n);
}
static inline waiter *waiter_at(const femd_core *c, uint32_t n) {
    return femd_slab_at(&c->waiters, n);
}
static inline get *get_at(const femd_core *c, uint32_t n) {
    return femd_slab_at(&c->gets, n);
}
static inline eval *eval_at(const femd_core *c, uint32_t n) {
    return femd_slab_at(&c->evals, n);
}
static inline flight *flight_at(const femd_core *c, uint32_t n) {
    return femd_slab_at(&c->flights, n);
}
static inline batch *batch_at(const femd_core *c, uint32_t n) {
    return femd_slab_at(&c->batches, n);
}
static inline lane *lane_at(const femd_core *c, uint32_t n) {
    return femd_slab_at(&c->lanes, n);
}
static inline run *run_at(const femd_core *c, uint32_t n) {
    return femd_slab_at(&c->runs, n);
}

/* An allocation of the books failed; the server ends in good order. */
static inline void core_no_memory(femd_core *c) {
    c->health = FEMD_NO_MEMORY;
}
void core_log(femd_core *c, femd_log_level level, const char *fmt, ...) FEMD_PRINTF(3, 4);

#endif
