/* What the program sets, what the core counts, and what it wants done: the plain types of the core's face. */
#ifndef FEMD_SERVER_SETTINGS_H
#define FEMD_SERVER_SETTINGS_H

#include "femd/control.h"

typedef enum femd_log_level {
    FEMD_LOG_ERROR = 0,
    FEMD_LOG_WARNING = 1,
    FEMD_LOG_INFO = 2,
    FEMD_LOG_DEBUG = 3
} femd_log_level;

typedef enum femd_worker_news {
    FEMD_WORKER_HERE = 1,
    FEMD_WORKER_GONE,
    FEMD_WORKER_HUNG,
    FEMD_WORKER_ENDED,
    FEMD_WORKER_QUARANTINED
} femd_worker_news;

/* Who is at the other end of a connection, by the key it has. */
typedef struct femd_identity {
    femd_role role; /* 0: it has no key, and is what it says */
    char name[41];
    femd_hash key; /* the public one */
} femd_identity;

typedef struct femd_keyring {
    /* 1, or 0 for a route whose key may not be here (any more). */
    int (*identify)(void *user, uint64_t route, femd_identity *who);
    void *user;
} femd_keyring;

struct femd_kept;

/* What an earlier run has kept, looked up by the core: the store across runs, or a test's own. Found (1) is borrowed
 * until the next call. Content that comes from here has been held against its name. */
typedef struct femd_recall {
    /* The answer to a key by a build; fingerprint 0: by any build. */
    int (*answer)(void *user, const femd_hash *key, uint64_t fingerprint, struct femd_kept *kept);
    int (*state)(void *user, const femd_hash *name, femd_bytes *content);
    void *user;
    /* The answer that made a state. */
    int (*maker)(void *user, const femd_hash *state, struct femd_kept *kept);
    int any_build; /* answers of builds that no worker here is of count too, and mark the run */
} femd_recall;

typedef struct femd_core_config {
    uint64_t epoch;    /* of this life of the server, told in WELCOME */
    double wall;       /* s since 1970 at the moment 0 of its clock, so that answers of several lives have an order */
    const char *level; /* pinned numerics level; NULL = "x86-64-v3" */
    uint32_t credits;  /* TASK messages a worker may hold; 0 = 2, at most 16 */
    uint32_t message_points; /* most points of one TASK message, unless the engine likes more at once; 0 = 256 */
    double message_work;     /* s of expected work of one TASK message, in a pool that is not large; 0 = 0.005 */
    uint64_t cache_bytes;    /* finished evaluations kept for reuse; 0 = 512 MiB */
    uint64_t memory_bytes;   /* all that the core may hold; 0 = 4 GiB */
    uint32_t peers_max;      /* that may be here at a time, as descriptors go, and 2 admins more; 0 = any number */
    uint64_t peer_bytes;     /* open requests and batches of one client; 0 = memory_bytes / 2 */
    uint64_t frame_max;      /* 0 = FEMD_FRAME_MAX */
    uint32_t batch_max;      /* points of one EVALUATE; 0 = FEMD_BATCH_MAX */
    double task_deadline;    /* times.deadline and times.grace of femd/times.h; 0 = the defaults */
    double run_grace;
    double heartbeat, silence, mute; /* the others, which are told in WELCOME; 0 = the defaults */
    /* A line for the log; may be NULL. */
    void (*log)(void *user, femd_log_level level, const char *text);
    /* A commit has become final: the place where a journal writes it down. May be NULL. */
    void (*committed)(void *user, const char *run, uint32_t step, uint64_t states);
    /* A worker is here, or is gone, or is expelled since it hangs: its process may have to be replaced. Or it ended in
     * its work, which is suspect; or it is in quarantine. words: its host; of the last two, at what it ended, and why.
     * May be NULL. */
    void (*worker)(void *user, femd_worker_news news, uint32_t pid, const char *words);
    void *user;
    const femd_keyring *keys;  /* borrowed; NULL: peers have no keys */
    int open_to_admins;        /* without keys: who says that he is an admin is one (only this user can connect) */
    const femd_recall *recall; /* borrowed; NULL: nothing is kept, and no action asks for it */
    double audit;              /* share of evaluations, 0 to 1, that another worker is asked for again; 0: none */
    uint32_t pool;             /* workers that are to come, as far as that is known; 0: it is not */
    int one_build;             /* workers of another build than the first are refused */
    int lazy_commits;          /* a commit does not wait for the states to come to the server */
    int journal;               /* what must outlive the server is handed out as records; wants `recall` */
} femd_core_config;

enum { FEMD_CREDITS_MAX = 16 };

typedef enum femd_action_kind {
    FEMD_ACTION_SEND = 1,
    FEMD_ACTION_DROP = 2,
    /* For the store across runs; the frame holds: */
    FEMD_ACTION_KEEP_ANSWER,   /* kept_encode's bytes */
    FEMD_ACTION_KEEP_STATE,    /* a blob */
    FEMD_ACTION_HOLD_STATE,    /* the name of a state that is kept: it must not make room for others */
    FEMD_ACTION_RELEASE_STATE, /* ... it may go again */
    FEMD_ACTION_KEEP_MATERIAL /* a pack */,
    FEMD_ACTION_FORGET_ANSWER /* a kept_name: that answer is in doubt */,
    FEMD_ACTION_DISBELIEVE, /* a list of disbelief.h: what it holds is to be forgotten */
    /* For the journal: */
    FEMD_ACTION_JOURNAL,      /* a record of annals.h */
    FEMD_ACTION_JOURNAL_ANEW, /* the records that follow, up to the next SYNC, are a summary of all before */
    FEMD_ACTION_SYNC          /* what was to be kept and written down so far is on disk before anything else is sent */
} femd_action_kind;

typedef struct femd_action {
    femd_action_kind kind;
    uint64_t route;    /* SEND, DROP */
    femd_buffer frame; /* SEND: the message, KEEP, FORGET: what; the receiver's until recycled */
} femd_action;

/* The figures that status and tests read. */
typedef struct femd_core_counters {
    uint64_t frames;      /* received */
    uint64_t points;      /* asked for by clients */
    uint64_t evaluations; /* answers of workers that finished an evaluation */
    uint64_t reused;      /* points answered from an earlier or a shared evaluation */
    uint64_t recalled;    /* evaluations that an earlier run had kept */
    uint64_t requeued;    /* tasks sent again after the loss of a worker or a failure of the infrastructure */
    uint64_t poison;      /* evaluations given up after ending three workers */
    uint64_t conflicts;   /* different answers for one key from equal fingerprints */
    uint64_t differences; /* the same from different fingerprints */
    uint64_t audits;      /* evaluations whose answer another worker was asked for */
    uint64_t audited;     /* ... and gave as well, or another after it */
    uint64_t unaudited;   /* ... that nobody else could be asked for */
    uint64_t convicted;   /* workers put into quarantine since others contradict them */
    uint64_t undecided;   /* contradictions that could not be decided */
    uint64_t late;        /* answers that nobody waited for any more */
    uint64_t remade;      /* evaluations repeated because their state was lost */
    uint64_t commits;
    uint64_t violations;                 /* messages that break the protocol */
    uint64_t hung;                       /* workers dropped because they showed no progress */
    uint64_t workers_came, workers_gone; /* registered; of these, no more here */
    uint64_t bytes_in, bytes_out;
} femd_core_counters;

typedef struct femd_core_totals {
    uint64_t bytes, requests, responses, materials, states, batches; /* bytes held in all, and by kind */
    uint32_t peers, workers, clients, runs;
    uint32_t queued, waiting, running; /* evaluations */
    uint32_t evaluations, state_count, lanes, waiters, open_batches;
} femd_core_totals;

#endif
