/* The records of the runs, for the files of this room alone. */
#ifndef FEMD_SERVER_RUNS_PRIVATE_H
#define FEMD_SERVER_RUNS_PRIVATE_H

#include "runs.h"

/* What the last commits that named a point gave it: the newest first. FEMD_NIL is the virgin state of the material. */
enum { GENERATIONS = 2 };
typedef struct run_point {
    femd_slot slot;
    uint64_t point;
    uint32_t next;               /* of the same rank */
    uint32_t state[GENERATIONS]; /* a reference each, counted as committed */
    uint32_t step[GENERATIONS];
    uint64_t named; /* by which COMMIT it was named last */
} run_point;

typedef struct run_rank {
    uint32_t peer;
    femd_list tentative; /* evaluations, a pin each */
    femd_list given;     /* states from a checkpoint, a reference each, counted as committed */
    femd_table points;   /* by the point's number */
    uint32_t first_point, npoints;
    femd_list pending;        /* states of a commit on its way, a reference each; FEMD_NIL: the virgin state */
    femd_list pending_points; /* that get them */
    femd_list waits;          /* for these, FEMD_NIL where nothing is waited for */
    int committing;
    uint64_t transaction;
    uint32_t step, missing;
    femd_hash content; /* of the COMMIT body */
    int has_last;
    uint64_t last_transaction;
    femd_hash last_content;
    uint32_t last_step; /* of the client that is here: no COMMIT may name an earlier one */
    double gone;        /* since when it has no client; when the run was made, if none has come yet */
    int left;           /* its client said BYE */
    uint64_t instance;  /* the client it last had, as it can be known again; 0: it cannot */
    char who[96];       /* the client it last had, in words; empty: none has come */
    int owed;           /* the refusal of a commit that failed before this rank sent its own */
    int refused;        /* its last COMMIT was, and this is what it was */
    uint64_t refused_transaction;
    femd_hash refused_content;
    int doubted; /* its last client has used answers that are in doubt */
} run_rank;

typedef struct run_record {
    femd_slot slot;
    char name[65];
    femd_hash owner; /* the key whose run it is; zero: nobody's yet */
    uint32_t nranks, connected;
    run_rank *ranks; /* owned */
    double gone;     /* when its last client was lost */
    int reproducible;
    uint64_t commits, points;
    uint32_t last_step;
    uint32_t refused_step; /* of the last commit that failed, and why */
    femd_error refusal;
    uint32_t prev, next;
    femd_list materials; /* that it uses */
    uint32_t journal;    /* its number in the journal, never used twice */
    femd_rows uses;      /* of answers, by their author */
    femd_list untold;    /* authors of which there is news in it for the journal */
    femd_table sworn;    /* pairs of author and seconder: the step after which what they said was first used, and one */
    int sworn_all;       /* too many to tell them apart */
    int has_build;
    uint64_t build; /* fingerprint of the last answer */
    int in_doubt;   /* what it has committed after a step, and why */
    uint32_t doubt_after;
    femd_error doubt;
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
    femd_catalogue *catalogue;
    femd_ledger *ledger;
    femd_slab records;
    femd_slab points;
    uint64_t commits; /* COMMIT messages, to see a point that one names twice */
    femd_rows seats;  /* by client */
    uint32_t first;
    uint32_t journals; /* numbers given out */
    uint64_t emptied;  /* of the lanes, when next_due was worked out */
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

enum { RANKS_MAX = 16384 };

/* runs.c */
/* A run of clients, without a word to the journal. FEMD_NIL if memory is out. */
uint32_t runs_make(femd_runs *runs, const char *name, uint32_t ranks);
void runs_end(femd_runs *runs, uint32_t run);

/* runs_history.c */
void runs_tell_journal(femd_runs *runs, const run_record *record, femd_annal_kind kind, const run_rank *rank,
                       const femd_hash *hash, uint32_t step);
/* Which client has it. */
void runs_tell_seat(femd_runs *runs, const run_record *record, const run_rank *rank);
void runs_tell_commit(femd_runs *runs, const run_record *record, const run_rank *rank);

/* runs_commits.c */
/* What the ranks have sent becomes what their points have. */
void runs_apply_final(femd_runs *runs, uint32_t run);
void runs_drop_pending(femd_runs *runs, run_rank *rank);
void runs_drop_tentative(femd_runs *runs, run_rank *rank);
void runs_release_given(femd_runs *runs, run_rank *rank);

/* runs_doubts.c */
void runs_doubts_init(run_record *record);
void runs_doubts_clear(run_record *record);
/* All that the run has used, and that it is in doubt if so, as records; and what it becomes from these. BAD_INPUT for
 * one that is damaged. */
void runs_record_uses(femd_runs *runs, const run_record *record);
void runs_record_doubt(femd_runs *runs, const run_record *record);
FEMD_MUST_CHECK femd_status runs_restore_uses(femd_runs *runs, run_record *record, const femd_annal *annal,
                                              femd_error *err);
FEMD_MUST_CHECK femd_status runs_restore_doubt(run_record *record, const femd_annal *annal, femd_error *err);
/* A client takes its place in a run that may be in doubt. REFUSED if it goes on from what is. */
FEMD_MUST_CHECK femd_status runs_come_after_doubt(femd_runs *runs, run_record *record, uint32_t place,
                                                  const femd_hello *hello, femd_error *err);

/* runs_points.c */
/* Bytes that so many points more are charged with. */
uint64_t runs_points_bytes(uint32_t count);
/* The record of a point of the rank, made if it is new. FEMD_NIL if memory is out. */
uint32_t runs_point(femd_runs *runs, run_rank *rank, uint64_t point);
/* A point gets the state, whose reference it takes over; its oldest one goes. */
void runs_point_commit(femd_runs *runs, uint32_t point, uint32_t state, uint32_t step);
/* Drop what was committed after the step. */
void runs_points_rewind(femd_runs *runs, run_rank *rank, uint32_t step);
void runs_points_clear(femd_runs *runs, run_rank *rank);
/* Add the states of the rank's points, by number of the state. */
void runs_points_count(const femd_runs *runs, const run_rank *rank, uint32_t *states);
static inline run_point *runs_point_at(const femd_runs *runs, uint32_t point) {
    return femd_slab_at(&runs->points, point);
}
/* After a rank came or went, and when commit_due has come: commits that wait for a rank that left or was lost too long
 * ago fail; commit_due is set anew. */
void runs_watch_commits(femd_runs *runs);

#endif
