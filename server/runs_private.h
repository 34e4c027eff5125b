/* The records of the runs, for the files of this room alone. */
#ifndef FEMD_SERVER_RUNS_PRIVATE_H
#define FEMD_SERVER_RUNS_PRIVATE_H

#include "runs.h"

typedef struct run_rank {
    uint32_t peer;
    femd_list tentative;         /* evaluations, a pin each */
    femd_list current, previous; /* states of the last two commits, a reference each */
    femd_list pending;           /* states of a commit on its way, a reference each */
    femd_list waits;             /* for these, FEMD_NIL where nothing is waited for */
    int committing;
    uint64_t transaction;
    uint32_t step, missing;
    femd_hash content; /* of the COMMIT body */
    int has_last;
    uint64_t last_transaction;
    femd_hash last_content;
    double gone;  /* since when it has no client; when the run was made, if none has come yet */
    int left;     /* its client said BYE */
    char who[96]; /* the client it last had, in words; empty: none has come */
    int owed;     /* the refusal of a commit that failed before this rank sent its own */
    int refused;  /* its last COMMIT was, and this is what it was */
    uint64_t refused_transaction;
    femd_hash refused_content;
} run_rank;

typedef struct run_record {
    femd_slot slot;
    char name[65];
    uint32_t nranks, connected;
    run_rank *ranks; /* owned */
    double gone;     /* when its last client was lost */
    int reproducible;
    uint64_t commits, points;
    uint32_t last_step;
    uint32_t refused_step; /* of the last commit that failed, and why */
    femd_error refusal;
    uint32_t prev, next;
} run_record;

typedef struct run_seat { /* where a client belongs */
    uint32_t run, rank;
} run_seat;

struct femd_runs {
    femd_common *common;
    femd_roster *roster;
    femd_outbox *outbox;
    femd_states *states;
    femd_lanes *lanes;
    femd_ledger *ledger;
    femd_slab records;
    femd_rows seats; /* by client */
    uint32_t first;
    uint64_t emptied; /* of the lanes, when next_due was worked out */
    double next_due;
    double commit_due; /* when a commit fails that a rank without a client keeps up; infinity: never */
};

static inline run_record *runs_at(const femd_runs *runs, uint32_t run) {
    return femd_slab_at(&runs->records, run);
}
static inline run_seat *runs_seat(const femd_runs *runs, uint32_t client) {
    return femd_rows_at(&runs->seats, client);
}
static inline run_rank *runs_rank(const femd_runs *runs, uint32_t client) {
    const run_seat *seat = runs_seat(runs, client);
    return &runs_at(runs, seat->run)->ranks[seat->rank];
}

/* runs_commits.c */
void runs_drop_pending(femd_runs *runs, run_rank *rank);
void runs_drop_tentative(femd_runs *runs, run_rank *rank);
void runs_release_generation(femd_runs *runs, femd_list *states);
/* After a rank came or went, and when commit_due has come: commits that wait for a rank that left or was lost too long
 * ago fail; commit_due is set anew. */
void runs_watch_commits(femd_runs *runs);

#endif
