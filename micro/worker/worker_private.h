/* The worker as its three files share it: worker.c (the loop), worker_messages.c (what comes in) and worker_evaluate.c
 * (what is worked on and answered). */
#ifndef FEMD_WORKER_PRIVATE_H
#define FEMD_WORKER_PRIVATE_H

#include "femd/peer.h"
#include "worker/worker.h"
#include "worker/worker_materials.h"
#include "worker/worker_states.h"
#include "worker/worker_tasks.h"
#include "worker/worker_watch.h"

typedef struct worker {
    const worker_config *config;
    const volatile sig_atomic_t *stop;
    femd_peer *peer;
    worker_states *states;
    worker_materials *materials;
    uint64_t fingerprint;
    int bye; /* the server has ended */
    /* what waits, and what the server has been told of it */
    worker_tasks tasks;
    uint32_t announced; /* tasks at the head of the queue that STARTED has named */
    uint32_t at_once;   /* of them: how many the engine likes to be given at once, at least 1 */
    femd_hash cheap;    /* material of the last evaluation */
    double cost;        /* s a point of it; WORKER_UNKNOWN_COST before the first */
    /* frames under way to the server */
    femd_buffer started, answers, other;
    uint32_t told_held;   /* states named in the HAVE under way */
    uint32_t answered;    /* answers gathered in the frame */
    double answers_since; /* clock of the first of them */
    /* the evaluation under way */
    femd_material_batch batch;
    uint64_t task;            /* the first of its points */
    double deadline, beat_at; /* clock; deadline 0 = none */
    double patience;          /* s without a sign of progress after which the server does not wait any more */
    worker_watch *watch;      /* NULL: nobody watches */
    femd_status given_up;     /* why the beat callback stopped it; OK if it did not */
    femd_status lost;         /* of the connection, noticed within it */
    femd_error lost_words;
    double told; /* clock of the last words of a point without an answer */
} worker;

static const double WORKER_UNKNOWN_COST = 1e300;
static const double WORKER_SLICE = 1e-3;        /* s of cheap tasks announced and answered at a time */
static const double WORKER_SEND_TIMEOUT = 30.0; /* s that the server may refuse messages */

/* Words to stderr, unless the worker is to be quiet. */
void worker_tell(const worker *self, const char *words, const char *more);
/* Take in every message that is there, waiting for the first at most `wait` seconds. What breaks the protocol is
 * complained of and otherwise ignored. */
FEMD_MUST_CHECK femd_status worker_take_messages(worker *self, double wait, femd_error *err);
/* Evaluate what is at the head of the queue, which is not empty, and gather the answers. */
FEMD_MUST_CHECK femd_status worker_evaluate(worker *self, femd_error *err);
/* The first so many tasks are done with, or void: their states need not be kept any more. */
void worker_release_states(worker *self, size_t count);
/* What has to go so that materials and states stay within their bounds goes, and the server is told (worker_room.c). */
FEMD_MUST_CHECK femd_status worker_room_of_materials(worker *self, int all, femd_error *err);
FEMD_MUST_CHECK femd_status worker_room_part_with_state(void *user, const femd_hash *hash, const femd_bytes *blob,
                                                        int known, femd_error *err);
/* Send the answers that were gathered. */
FEMD_MUST_CHECK femd_status worker_flush_answers(worker *self, femd_error *err);

#endif
