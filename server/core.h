/* The server's core: a pure state machine. Events go in (a frame has come, a peer has gone, time has passed), actions
 * come out (send this frame, drop that peer). No sockets, no threads, no clock of its own, so that tests and fuzzers
 * can drive it.
 *
 *   femd_core_frame(core, route, bytes, size, now);   any number of events ...
 *   femd_core_settle(core, now);                      ... then once: schedule, collect results into frames
 *   while (femd_core_next(core, &action)) { carry it out; femd_core_recycle(core, &action.frame); }
 *
 * A route is the caller's number of a connection; the core learns it from the first frame. `now` is in seconds of a
 * monotonic clock and never goes back. One thread. */
#ifndef FEMD_SERVER_CORE_H
#define FEMD_SERVER_CORE_H

#include "femd/control.h"

typedef struct femd_core femd_core;

typedef enum femd_log_level {
    FEMD_LOG_ERROR = 0,
    FEMD_LOG_WARNING = 1,
    FEMD_LOG_INFO = 2,
    FEMD_LOG_DEBUG = 3
} femd_log_level;

typedef struct femd_core_config {
    const char *level;       /* pinned numerics level; NULL = "x86-64-v3" */
    uint32_t credits;        /* TASK messages a worker may hold; 0 = 2, at most 16 */
    uint32_t message_points; /* most points of one TASK message; 0 = 256 */
    double message_work;     /* s of expected work of one TASK message; 0 = 0.005 */
    uint64_t cache_bytes;    /* finished evaluations kept for reuse; 0 = 512 MiB */
    uint64_t memory_bytes;   /* all that the core may hold; 0 = 4 GiB */
    uint64_t peer_bytes;     /* open requests and batches of one client; 0 = memory_bytes / 2 */
    uint64_t frame_max;      /* 0 = FEMD_FRAME_MAX */
    uint32_t batch_max;      /* points of one EVALUATE; 0 = FEMD_BATCH_MAX */
    double task_deadline;    /* s without a sign of progress after which a worker counts as hung; 0 = 600 */
    double run_grace;        /* s that a run outlives the loss of its last client; 0 = 60 */
    /* A line for the log; may be NULL. */
    void (*log)(void *user, femd_log_level level, const char *text);
    /* A commit has become final: the place where a journal writes it down. May be NULL. */
    void (*committed)(void *user, const char *run, uint32_t step, uint64_t states);
    void *user;
} femd_core_config;

typedef enum femd_action_kind { FEMD_ACTION_SEND = 1, FEMD_ACTION_DROP = 2 } femd_action_kind;

typedef struct femd_action {
    femd_action_kind kind;
    uint64_t route;
    femd_buffer frame; /* SEND: the message, the receiver's until recycled */
} femd_action;

/* BAD_ARGUMENT for an unknown level. The core is released by femd_core_destroy, which accepts NULL. */
FEMD_MUST_CHECK femd_status femd_core_create(const femd_core_config *config, femd_core **core, femd_error *err);
void femd_core_destroy(femd_core **core);

/* A message has come. Whatever its bytes are, the core stays sound; the data is borrowed for the call. */
void femd_core_frame(femd_core *core, uint64_t route, const void *data, size_t size, double now);
/* The connection of a route is gone. */
void femd_core_vanish(femd_core *core, uint64_t route, double now);
/* Time has passed: deadlines, pulses, runs that nobody comes back to. */
void femd_core_tick(femd_core *core, double now);
/* When femd_core_tick has something to do next. */
double femd_core_next_tick(const femd_core *core);
/* After a round of events: fetch states, schedule, pack results. */
void femd_core_settle(femd_core *core, double now);
/* The server ends: BYE to every peer. */
void femd_core_farewell(femd_core *core);
/* Take the next action, oldest first: 1, or 0 when there is none. */
int femd_core_next(femd_core *core, femd_action *action);
/* Give a frame's storage back for reuse; *frame becomes empty. */
void femd_core_recycle(femd_core *core, femd_buffer *frame);
/* FEMD_OK while the core is sound; NO_MEMORY after an allocation failed: the server must end, since its books may be
 * wrong. */
femd_status femd_core_health(const femd_core *core);

/* The figures that status and tests read. */
typedef struct femd_core_counters {
    uint64_t frames;      /* received */
    uint64_t points;      /* asked for by clients */
    uint64_t evaluations; /* answers of workers that finished an evaluation */
    uint64_t reused;      /* points answered from an earlier or a shared evaluation */
    uint64_t requeued;    /* tasks sent again after the loss of a worker or a failure of the infrastructure */
    uint64_t poison;      /* evaluations given up after ending three workers */
    uint64_t conflicts;   /* different answers for one key from equal fingerprints */
    uint64_t differences; /* the same from different fingerprints */
    uint64_t late;        /* answers that nobody waited for any more */
    uint64_t remade;      /* evaluations repeated because their state was lost */
    uint64_t commits;
    uint64_t violations; /* messages that break the protocol */
    uint64_t hung;       /* workers dropped because they showed no progress */
    uint64_t bytes_in, bytes_out;
} femd_core_counters;

typedef struct femd_core_totals {
    uint64_t bytes, requests, responses, materials, states, batches; /* bytes held in all, and by kind */
    uint32_t peers, workers, clients, runs;
    uint32_t queued, waiting, running; /* evaluations */
    uint32_t evaluations, state_count, lanes, waiters, open_batches;
} femd_core_totals;

const femd_core_counters *femd_core_count(const femd_core *core);
void femd_core_sum(const femd_core *core, femd_core_totals *t);
/* Forget every finished evaluation that nothing needs. */
void femd_core_trim(femd_core *core, uint64_t cache_bytes);
/* Check that the books agree with each other (tests): 0, or -1 with words. Slow. */
int femd_core_audit(const femd_core *core, femd_error *err);

#endif
