/* A pool without processes for tests of the server's core: the core, its clock, and an inbox for every route. The tests
 * play the clients and workers. Evaluation is a pure function here as well, so that every answer can be checked. */
#ifndef FEMD_TEST_RIG_H
#define FEMD_TEST_RIG_H

#include <cjson/cJSON.h>

#include "core.h"
#include "femd/evaluate.h"
#include "femd/pack.h"
#include "kept.h"

#define RIG_ROUTES 512

typedef struct rig_inbox {
    femd_buffer *message;
    size_t count, room;
    int dropped; /* the core has asked for the end of the connection */
} rig_inbox;

/* What a core has had kept, as a store across runs and a journal would have it. Several cores may share one. */
enum { RIG_PLACES = 1 << 14 };
typedef struct rig_item {
    femd_buffer bytes; /* owned; NULL: forgotten */
    femd_hash state;   /* of an answer: that it ends in; of a state: its name */
    uint32_t next, next_maker;
} rig_item;
typedef struct rig_shelf {
    femd_recall recall; /* for femd_core_config */
    rig_item *answer, *state;
    size_t answers, states, materials, forgotten; /* how many are there; were handed out */
    size_t answer_end, answer_room, state_end, state_room;
    uint32_t by_key[RIG_PLACES], by_maker[RIG_PLACES], by_state[RIG_PLACES];
    femd_buffer *record; /* of the journal, owned */
    size_t records, room;
    int unwritten;      /* records since the last SYNC */
    int unforgotten;    /* answers that are to be forgotten, since then */
    int keeps_all;      /* it forgets no answer, as if its disk were full */
    int held;           /* states that must stay */
    size_t disbelieved; /* answers that went since their author is not believed */
} rig_shelf;
/* Takes what an action hands out. */
void rig_shelve(rig_shelf *shelf, femd_action *action);
void rig_shelf_init(rig_shelf *shelf);
void rig_shelf_clear(rig_shelf *shelf);
/* Forget all states that are kept. */
void rig_shelf_drop_states(rig_shelf *shelf);

typedef struct rig {
    femd_core *core;
    double now;
    rig_inbox inbox[RIG_ROUTES]; /* by route */
    uint64_t next_route;
    femd_hash material; /* of the standard pack */
    femd_buffer pack;
    femd_buffer scratch, taken;
    uint32_t inputs;   /* capabilities that rig_open announces; 0 = all */
    uint64_t instance; /* of clients; 0: they cannot be known again */
    uint32_t batch;    /* points that the engine likes to be given at once, as rig_open announces */
    char last_log[1200];
    rig_shelf *shelf; /* of the config's recall; NULL: none */
    femd_core_config config;
} rig;

void rig_init(rig *g, const femd_core_config *config);
void rig_clear(rig *g);
/* The core dies and another one is made from the journal of the shelf, or from its first so many records; all
 * connections are gone. */
void rig_restart(rig *g);
void rig_restart_from(rig *g, size_t records);
/* A worker that comes back says what it holds: the states that these requests end in. */
void rig_have(rig *g, uint64_t worker, const femd_request *r, uint32_t n);
/* Hand the core a frame from a route, settle, collect its actions, audit its books. */
void rig_deliver(rig *g, uint64_t route, const femd_buffer *frame);
/* The connection goes, 0.3 s later: workers that end in one moment are another matter (rig_vanish_now). */
void rig_vanish(rig *g, uint64_t route);
void rig_vanish_now(rig *g, uint64_t route);
void rig_wait(rig *g, double seconds);
/* Collect actions after calls of the core made by the test itself. */
void rig_collect(rig *g);
void rig_audit(rig *g);
/* The first message of that type in the route's inbox, taken out: 1, or 0 if there is none. The frame is valid until
 * the next take. */
int rig_take(rig *g, uint64_t route, unsigned type, femd_frame *f);
/* How many messages of that type wait in the inbox. */
size_t rig_count(const rig *g, uint64_t route, unsigned type);

uint64_t rig_client(rig *g, const char *run, uint32_t rank, uint32_t ranks);
/* The same, going on from a committed step. */
uint64_t rig_client_from(rig *g, const char *run, uint32_t rank, uint32_t ranks, uint32_t step);
uint64_t rig_worker(rig *g);
/* The process of a worker whose connection has gone, on a new one. */
uint64_t rig_worker_again(rig *g, uint64_t gone);
uint64_t rig_worker_at(rig *g, const char *host);
uint64_t rig_worker_of(rig *g, const char *level, uint64_t fingerprint);
/* Client: register the standard material. Worker: open whatever it was sent (fails with status if not OK). */
uint64_t rig_admin(rig *g);
/* The server's status as that peer is told it, the caller's to delete; and an act of an admin: the server's words,
 * those of a refusal behind "! ". */
cJSON *rig_status(rig *g, uint64_t route);
const char *rig_act(rig *g, uint64_t admin, const char *what, uint64_t number, const char *text);
void rig_register(rig *g, uint64_t client);
void rig_open(rig *g, uint64_t worker, femd_status status);
/* Client, two workers and the material, ready. */
void rig_pool(rig *g, uint64_t *client, uint64_t worker[2]);

femd_request rig_request(uint64_t point, double strain, const femd_hash *state_in);
void rig_evaluate(rig *g, uint64_t client, uint64_t batch, const femd_request *r, uint32_t n);
void rig_empty(rig *g, uint64_t route, unsigned type, uint64_t id);
void rig_commit(rig *g, uint64_t client, uint64_t transaction, uint32_t step, const femd_hash *states, uint32_t n);

/* The answer that every sound worker gives to a request, and the state that comes with it. */
void rig_answer_of(const femd_request *q, femd_response *r);
size_t rig_blob_of(const femd_request *q, uint8_t blob[64]);
/* Take the next TASK message of a worker; returns how many tasks (0: none). States that come along are counted. */
uint32_t rig_tasks(rig *g, uint64_t worker, femd_task *tasks, uint32_t *states);
void rig_start(rig *g, uint64_t worker, const femd_task *t);
void rig_answer(rig *g, uint64_t worker, const femd_task *t, uint32_t n);
void rig_answer_with(rig *g, uint64_t worker, const femd_task *t, const femd_response *r);
/* Answer everything the worker has been sent, until nothing comes any more. Returns how many tasks. */
uint32_t rig_work(rig *g, uint64_t worker);
/* Answer the STATE_GETs of a worker from the blobs of these requests; others are not held. Returns how many were sent.
 */
uint32_t rig_give_states(rig *g, uint64_t worker, const femd_request *r, uint32_t n);
/* Take one point's result; 0 if none is there. */
typedef struct rig_result {
    uint64_t batch;
    uint32_t index, flags;
    femd_response response;
} rig_result;
/* All results waiting for a client; returns how many (at most room). */
uint32_t rig_results(rig *g, uint64_t client, rig_result *out, uint32_t room);

#endif
