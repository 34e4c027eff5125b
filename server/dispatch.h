/* Dispatch: which evaluations go to which worker in the next TASK message. Cost is constant per evaluation; choosing a
 * lane looks at the lanes with work (few), choosing a victim to relieve looks at the workers once a round. It owns the
 * TASK messages under way: when the last task of one has landed, its worker has a credit more. */
#ifndef FEMD_SERVER_DISPATCH_H
#define FEMD_SERVER_DISPATCH_H

#include "catalogue.h"
#include "lanes.h"
#include "ledger.h"
#include "outbox.h"
#include "roster.h"
#include "states.h"

typedef struct femd_dispatch femd_dispatch;

/* The rooms below, borrowed. */
typedef struct dispatch_rooms {
    femd_common *common;
    femd_roster *roster;
    femd_catalogue *catalogue;
    femd_outbox *outbox;
    femd_states *states;
    femd_lanes *lanes;
    femd_ledger *ledger;
} dispatch_rooms;

/* NULL if memory is out. Destroying accepts NULL, sets NULL. */
femd_dispatch *dispatch_create(const dispatch_rooms *rooms);
void dispatch_destroy(femd_dispatch **dispatch);

/* Send TASK messages while there is work and a worker with a credit that can do it. */
void dispatch_settle(femd_dispatch *dispatch);
/* An answer of a worker. PROTOCOL if it cannot be decoded. */
FEMD_MUST_CHECK femd_status dispatch_answer(femd_dispatch *dispatch, uint32_t worker, const femd_answer *answer,
                                            femd_error *err);
/* A worker is here; or is gone: what it had is queued again, and what it had started may be the cause of the death,
 * unless that is FEMD_NIL. 0 if memory is out. */
int dispatch_worker_here(femd_dispatch *dispatch, uint32_t worker);
void dispatch_worker_gone(femd_dispatch *dispatch, uint32_t worker, uint32_t death);
/* 1 for a worker that gets no tasks for a while, since its last ones all failed. */
int dispatch_is_benched(const femd_dispatch *dispatch, uint32_t worker);
/* When a worker that gets no tasks for a while gets some again (infinity: none waits for that). */
double dispatch_next_due(const femd_dispatch *dispatch);

int dispatch_audit(const femd_dispatch *dispatch, femd_error *err);

#endif
