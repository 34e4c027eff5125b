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
    LEDGER_REMAKE = 1,    /* repeated for its state */
    LEDGER_POISON = 2,    /* it ended too many workers */
    LEDGER_ANSWERED = 4,  /* in the queue of answers */
    LEDGER_DIFFERS = 8,   /* that answer contradicts the record */
    LEDGER_CACHED = 16,   /* among the finished ones by last use */
    LEDGER_FOREIGN = 32,  /* recalled, and of a build that was not here */
    LEDGER_RESTORED = 64, /* from a journal, or the history of a state: of whatever build */
    LEDGER_DOUBTED = 128  /* what was kept of its answer is forgotten */
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
    uint8_t stage, remakes, flags;
    uint8_t troubled; /* has a row of troubles */
    uint32_t response_size, passing_size;
    uint8_t *response; /* owned, from the chunks */
    uint8_t *passing;  /* owned: the answer in the queue if it is not the response */
    uint32_t inputs;   /* of the material: those of which the key is made */
    uint64_t fingerprint;
    double poisoned;           /* when it was given up as poison */
    uint32_t author, seconder; /* who answered, and who gave the same answer; 0: not known, nobody */
    uint32_t hearing;          /* FEMD_NIL: its answer is not in question */
    double answered;
} evaluation;

#define POISON_TIME 10.0 /* s that an evaluation counts as poison; who asks later has it tried again */

/* What went wrong with an evaluation since it was opened. */
enum { SHUNNED = 4, LOSSES_MAX = 24 };
typedef struct ledger_trouble {
    uint32_t failures, tries; /* answers that failed: those that count, and all */
    uint32_t lacks;           /* that failed since the worker did not hold what they need */
    uint32_t shunned;         /* workers that failed it, the last few of them in turn */
    uint64_t worker[SHUNNED]; /* their numbers, never used twice */
    uint32_t excused;         /* ends of workers that had it, which are not held against it */
    uint32_t losses;          /* workers that ended when it had started */
    struct {
        uint32_t death, host;
        int alone; /* nothing else had started there */
    } loss[LOSSES_MAX];
    double longest; /* s that it had run when a worker ended */
} ledger_trouble;

/* A worker's process, as the one who has answered. Row 0: not known, for an answer that was kept without a name. */
typedef struct ledger_author {
    uint64_t number; /* in journal and store */
    uint64_t fingerprint;
    uint32_t host, pid;
    char host_name[65]; /* "": only the number is known */
    uint32_t worker;    /* its place; FEMD_NIL: it is not here */
    int known;          /* 0: the row is free */
    int untold;         /* it is in the list of those of whom the journal is to be told */
    int convicted;      /* 1: another contradicts it, and nobody could decide; 2: it was outvoted */
    struct {
        double when; /* it gave the answer that the witness confirmed */
        uint32_t witness;
    } good[2]; /* its last good audits by two witnesses, the newest first; witness 0: none */
} ledger_author;

/* What workers say of an evaluation whose answer is in question. */
enum { WITNESSES = 8 };
typedef struct ledger_witness {
    uint32_t author, seconder;
    uint32_t state; /* referenced; FEMD_NIL: none */
    uint32_t size;
    uint8_t *bytes; /* owned, from the chunks; NULL: only the state is known any more */
    double when;
} ledger_witness;
typedef struct ledger_hearing {
    femd_slot slot;
    uint32_t evaluation, prev, next;
    uint32_t count;
    uint64_t fingerprint;
    double begun;
    ledger_witness witness[WITNESSES];
} ledger_hearing;

typedef struct ledger_worker { /* what a worker has */
    uint32_t first, count, started;
    uint64_t done;
    uint32_t failed; /* failures in a row, up to now */
    uint32_t author;
    double busy_since;
} ledger_worker;

typedef struct ledger_state { /* how a state can be made */
    uint32_t makers;          /* first evaluation that makes it */
    uint32_t remaker;         /* evaluation that makes it again */
} ledger_state;

typedef struct ledger_build {
    uint64_t fingerprint;
    uint32_t workers;
    double changed; /* when one came or went last */
} ledger_build;

struct femd_ledger {
    femd_common *common;
    femd_roster *roster;
    femd_catalogue *catalogue;
    femd_states *states;
    femd_lanes *lanes;
    femd_deaths *deaths;
    femd_outbox *outbox;
    ledger_build *builds; /* of the workers that are here; owned */
    uint32_t nbuilds, builds_room;
    femd_slab records;
    femd_table by_key;
    femd_slab hearings;
    uint32_t first_hearing;
    femd_rows authors;
    uint32_t nauthors;                    /* and number 0; some of them are forgotten */
    uint32_t known_authors, authors_most; /* how many are not, and at how many it is looked who is needed */
    femd_table by_number;                 /* of authors */
    femd_list untold;                     /* authors of whom there is news for the journal */
    double later;                         /* s that times of answers are ahead of the clock, to go on from a journal */
    femd_list verdicts;                   /* authors convicted and not dealt with by those above */
    double next_review;
    int alone_told;
    femd_chunks chunks; /* storage of responses */
    femd_rows workers, made;
    femd_rows troubles; /* by evaluation */
    double busy;        /* s that workers have evaluated */
    uint64_t innocent;  /* deaths with one evaluation under way that another worker finished */
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

/* A copy from the chunks, charged as a response; NULL if memory is out. And its end. */
uint8_t *ledger_store(femd_ledger *ledger, const femd_bytes *bytes);
void ledger_unstore(femd_ledger *ledger, uint8_t **bytes, uint32_t *size);

/* ledger_authors.c */
static inline ledger_author *ledger_author_at(const femd_ledger *ledger, uint32_t author) {
    return femd_rows_at(&ledger->authors, author);
}
/* A worker is here (0 if memory is out), or is gone. Who was convicted while it was away comes back into quarantine. */
int ledger_author_here(femd_ledger *ledger, uint32_t worker);
void ledger_author_gone(femd_ledger *ledger, uint32_t worker);
/* The witness has confirmed what the author answered then. */
void ledger_confirm(femd_ledger *ledger, uint32_t number, uint32_t worker);
void ledger_note_good(femd_ledger *ledger, uint32_t author, double when, uint32_t witness);
/* It is not convicted any more, if it was. */
void ledger_believe(femd_ledger *ledger, uint32_t author);
/* What it answered from then on is in doubt if it is convicted. */
double ledger_good_until(const femd_ledger *ledger, uint32_t author);
/* Others contradict it: into quarantine, with words; or it cannot be decided who is wrong, and nobody is sent away. */
void ledger_convict(femd_ledger *ledger, uint32_t author, const evaluation *record, int undecided);

/* ledger_lives.c */
/* The time of an answer that is given now, and that what is told now may have; later ones are not earlier than one that
 * a life before has told. */
double ledger_instant(const femd_ledger *ledger);
/* There is news of it for the journal. */
void ledger_note_author(femd_ledger *ledger, uint32_t author);
/* What was kept is of one who is not believed any more. */
int ledger_is_kept_doubtful(const femd_ledger *ledger, const femd_kept *kept);

/* ledger_hearings.c */
/* Its answer is in question: by an answer to it, by a contradiction to what is on record, or since it is among those
 * that are audited. */
int ledger_is_to_audit(const femd_ledger *ledger, uint32_t number);
void ledger_hear(femd_ledger *ledger, uint32_t number, uint32_t worker, const femd_answer *answer);
/* Somebody has witnessed on the same host. */
int ledger_is_beside_witness(const femd_ledger *ledger, uint32_t number, uint32_t worker);
/* Nobody else can say more: the answer stands as it is. */
void ledger_end_unheard(femd_ledger *ledger, uint32_t number);
void ledger_drop_hearing(femd_ledger *ledger, uint32_t number);
/* What was on record is not: it leaves the store and the journal, and its state is made by others if at all. */
void ledger_retract(femd_ledger *ledger, uint32_t number);
/* Look again at those that wait for another worker. */
void ledger_review(femd_ledger *ledger);
/* Add the states that they hold on to. */
void ledger_count_hearings(const femd_ledger *ledger, uint32_t *refs);
/* Mark the authors of what is said in them. */
void ledger_mark_witnesses(const femd_ledger *ledger, uint8_t *needed);
int ledger_audit_hearings(const femd_ledger *ledger, uint64_t *responses, femd_error *err);

/* ledger_work.c */
/* The evaluation of a task id; FEMD_NIL if it is no longer in the ledger or never was. */
uint32_t ledger_of_task(const femd_ledger *ledger, uint64_t task);
/* Take it from its worker. Returns the TASK message it was in. */
uint32_t ledger_land(femd_ledger *ledger, uint32_t number);
/* Back to the queue, or away if nobody wants it any more. */
void ledger_requeue(femd_ledger *ledger, uint32_t number);
/* Into the queue again, for everybody. */
void ledger_ask_again(femd_ledger *ledger, uint32_t number);
/* It ends with this answer, though it is none of physics. */
void ledger_give_up(femd_ledger *ledger, uint32_t number, femd_status status, const femd_bytes *answer);
/* One more has started at the worker (1), or one less has (-1). */
void ledger_count_started(femd_ledger *ledger, uint32_t worker, int change);

/* ledger_recall.c */
/* A worker of that build comes (1; returns 0 if memory is out) or goes (-1). */
int ledger_count_build(femd_ledger *ledger, uint64_t fingerprint, int change);
/* Its first answer is there: it is kept for other runs, if it says something of the material. */
void ledger_keep(femd_ledger *ledger, uint32_t number);
/* Who made a state, and what it started from, as far back as that is not known here: from the store. */
void ledger_recall_makers(femd_ledger *ledger, uint32_t state);
/* Two answers of one build differ: what is kept of it is in doubt. */
void ledger_doubt(femd_ledger *ledger, uint32_t number);
/* The answer of a build to a key leaves store and journal. */
void ledger_forget_kept(femd_ledger *ledger, const femd_hash *key, uint64_t fingerprint);
/* A finished one loses its response, and its record if nothing needs that. */
void ledger_forget(femd_ledger *ledger, uint32_t number);
/* Enter the state of an answer, if there is one, and who makes it. */
void ledger_enter_state(femd_ledger *ledger, uint32_t number, const femd_hash *hash);

/* ledger_troubles.c */
/* The row, made empty if there is none yet; NULL if memory is out. */
ledger_trouble *ledger_troubles_of(femd_ledger *ledger, uint32_t number);
/* An answer of a worker that failed: 1 if that is the end of the evaluation. */
int ledger_note_failure(femd_ledger *ledger, uint32_t number, uint32_t worker);
/* The worker did not hold its state or its material, as memory is short there: 1 if that is the end of it. */
int ledger_note_lack(femd_ledger *ledger, uint32_t number);
/* A worker that had it ended: 1 if that makes it suspect. An end that is no work's fault does only after a few. */
int ledger_blames(femd_ledger *ledger, uint32_t number, uint32_t death);
/* A worker ended when it had started, alone or in company: 1 if it is poison. */
int ledger_note_loss(femd_ledger *ledger, uint32_t number, uint32_t worker, uint32_t death, int alone);
/* It was answered: those deaths were not its fault. */
void ledger_forgive(femd_ledger *ledger, uint32_t number);

enum { HOPS_MAX = 1000 };

/* ledger_makers.c */
int ledger_has_maker(const femd_ledger *ledger, uint32_t state);
/* 0 if memory is out. */
int ledger_add_maker(femd_ledger *ledger, uint32_t state, uint32_t number);
void ledger_remove_maker(femd_ledger *ledger, uint32_t state, uint32_t number);
void ledger_report_remade(femd_ledger *ledger, uint32_t number, femd_status status);

#endif
