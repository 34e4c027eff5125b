/* The records of the ledger, for the files of this room alone. */
#ifndef FEMD_SERVER_LEDGER_PRIVATE_H
#define FEMD_SERVER_LEDGER_PRIVATE_H

#include "ledger.h"
#include "store.h"

typedef enum ledger_stage {
    STAGE_FREE = 0,
    STAGE_QUEUED,
    STAGE_WAITING,
    STAGE_SENT,
    STAGE_STARTED,
    STAGE_DONE
} ledger_stage;
enum {
    LEDGER_REMAKE = 1,   /* repeated for its state */
    LEDGER_POISON = 2,   /* it ended too many workers */
    LEDGER_ANSWERED = 4, /* in the queue of answers */
    LEDGER_DIFFERS = 8,  /* that answer contradicts the record */
    LEDGER_CACHED = 16   /* among the finished ones by last use */
};

typedef struct evaluation {
    femd_slot slot;
    femd_hash key;
    femd_request request;
    uint32_t material, lane;
    uint32_t state_in;  /* referenced while open */
    uint32_t state_out; /* of the first answer; known by name as long as this is in the ledger */
    uint32_t maker_prev, maker_next;
    uint32_t message, worker;      /* TASK message it is in, and who holds that */
    uint32_t task_prev, task_next; /* in the worker's list */
    uint32_t used_prev, used_next; /* among the finished ones by last use */
    uint32_t answered_next;
    uint32_t wait;   /* for its state */
    uint32_t claims; /* of those who want the answer */
    uint32_t pins;   /* tentative results that rest on it, and its place in the queue of answers */
    uint32_t trial;  /* of a suspect: those of equal number may travel together */
    uint8_t stage, blames, retries, remakes, flags;
    uint32_t response_size, passing_size;
    uint8_t *response; /* owned, from the chunks */
    uint8_t *passing;  /* owned: the answer in the queue if it is not the response */
    uint64_t fingerprint;
} evaluation;

typedef struct ledger_worker { /* what a worker has */
    uint32_t first, count, started;
    uint64_t done;
} ledger_worker;

typedef struct ledger_state { /* how a state can be made */
    uint32_t makers;          /* first evaluation that makes it */
    uint32_t remaker;         /* evaluation that makes it again */
} ledger_state;

struct femd_ledger {
    femd_common *common;
    femd_roster *roster;
    femd_catalogue *catalogue;
    femd_states *states;
    femd_lanes *lanes;
    femd_slab records;
    femd_table by_key;
    femd_chunks chunks; /* storage of responses */
    femd_rows workers, made;
    uint32_t used_head, used_tail;
    uint32_t answered_head, answered_tail;
    uint32_t parked, running;
    uint32_t last_trial;
    uint64_t cached;
};

static inline evaluation *ledger_at(const femd_ledger *ledger, uint32_t number) {
    return femd_slab_at(&ledger->records, number);
}
static inline ledger_worker *ledger_worker_at(const femd_ledger *ledger, uint32_t worker) {
    return femd_rows_at(&ledger->workers, worker);
}
static inline ledger_state *ledger_state_at(const femd_ledger *ledger, uint32_t state) {
    return femd_rows_at(&ledger->made, state);
}

/* ledger.c */
FEMD_MUST_CHECK femd_status ledger_open_for(femd_ledger *ledger, uint32_t number, uint32_t run);
void ledger_close(femd_ledger *ledger, uint32_t number, femd_status status);
void ledger_abandon(femd_ledger *ledger, uint32_t number);
void ledger_release(femd_ledger *ledger, uint32_t number);
void ledger_keep_response(femd_ledger *ledger, evaluation *record, const femd_bytes *bytes);
void ledger_cache(femd_ledger *ledger, uint32_t number);
void ledger_uncache(femd_ledger *ledger, uint32_t number);
int ledger_is_wanted(const evaluation *record);
/* Put an answer into the queue. */
void ledger_publish(femd_ledger *ledger, uint32_t number, const femd_bytes *bytes);

/* ledger_makers.c */
/* 0 if memory is out. */
int ledger_add_maker(femd_ledger *ledger, uint32_t state, uint32_t number);
void ledger_remove_maker(femd_ledger *ledger, uint32_t state, uint32_t number);
void ledger_report_remade(femd_ledger *ledger, uint32_t number, femd_status status);

#endif
