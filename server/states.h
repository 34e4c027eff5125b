/* The book of states: which exist, who needs them, which worker holds them, what the server itself holds. It fetches a
 * state that somebody waits for from a worker that holds it, and has unneeded ones dropped. It owns the blobs. It does
 * not know what a commit or an evaluation is beyond "a reason to keep", "a reason to remember" and "one that waits"; a
 * state that nobody holds is for those above to have made again. */
#ifndef FEMD_SERVER_STATES_H
#define FEMD_SERVER_STATES_H

#include "outbox.h"
#include "roster.h"

typedef struct femd_states femd_states;

/* NULL if memory is out. Destroying accepts NULL, sets NULL. */
femd_states *states_create(femd_common *common, femd_roster *roster, femd_outbox *outbox);
void states_destroy(femd_states **states);

/* The number of a state, FEMD_NIL if it is unknown. */
uint32_t states_find(const femd_states *states, const femd_hash *hash);
/* The same, entered if unknown. FEMD_NIL if memory is out. A state entered without a reason goes with states_trim. */
uint32_t states_enter(femd_states *states, const femd_hash *hash);
/* The bytes that one state takes in the books beside its content, and one wait for it. */
size_t states_book_bytes(void);
size_t states_wait_bytes(void);
const femd_hash *states_name(const femd_states *states, uint32_t state);
/* The content; data NULL while it is not at the server. */
femd_bytes states_content(const femd_states *states, uint32_t state);

/* One reason more, or less, to keep the content. At none it is dropped everywhere. */
void states_ref(femd_states *states, uint32_t state);
void states_unref(femd_states *states, uint32_t state);
int states_is_needed(const femd_states *states, uint32_t state);
/* One of these reasons is a final commit; and no longer is. */
void states_commit(femd_states *states, uint32_t state);
void states_uncommit(femd_states *states, uint32_t state);
/* One reason more, or less, to remember the name, since somebody knows how the state is made. */
void states_remember(femd_states *states, uint32_t state);
void states_forget(femd_states *states, uint32_t state);
/* Apply the rules for states without reason. */
void states_trim(femd_states *states, uint32_t state);

/* ---- workers that hold it ---- */

/* A worker comes: 0 if memory is out. It goes: what it held is not held by it any more. */
int states_worker_here(femd_states *states, uint32_t worker);
void states_worker_gone(femd_states *states, uint32_t worker);
int states_is_held(const femd_states *states, uint32_t state, uint32_t worker);
void states_hold(femd_states *states, uint32_t state, uint32_t worker);
void states_unhold(femd_states *states, uint32_t state, uint32_t worker);
/* How many hold it, and the first few of them; returns how many were written. */
uint32_t states_holders(const femd_states *states, uint32_t state);
uint32_t states_list_holders(const femd_states *states, uint32_t state, uint32_t *worker, uint32_t room);
/* How many a worker holds; how many of the final committed ones it holds as the only worker. */
uint32_t states_held(const femd_states *states, uint32_t worker);
uint32_t states_sole_committed(const femd_states *states, uint32_t worker);
/* Ask a worker to drop a state that the book does not know. */
void states_drop_unknown(femd_states *states, uint32_t worker, const femd_hash *hash);
/* s that it takes to give a worker a state that it does not hold. */
double states_moving_time(const femd_states *states);

/* ---- those who wait for the content ---- */

/* Whose wait it is, for the one that hands it on. The book does not look at it. */
typedef enum states_waiter_kind { WAITER_EVALUATION = 1, WAITER_COMMIT, WAITER_GET } states_waiter_kind;
typedef struct states_waiter {
    states_waiter_kind kind;
    uint32_t who, part, index; /* evaluation; run, rank, place in the commit; get, 0, place in the get */
} states_waiter;

/* The number of a wait, which keeps the state until it is over; FEMD_NIL if memory is out. It is over when states_ready
 * hands it out, or by states_unwait; then the state is kept until it is looked after. */
uint32_t states_wait(femd_states *states, uint32_t state, const states_waiter *waiter);
void states_unwait(femd_states *states, uint32_t wait);
uint32_t states_waits(const femd_states *states);

/* The queue of waits that are over: 1 and the oldest, or 0 if there is none. The reference of the wait goes to the
 * caller, who ends it with states_unref. The queue is made of the waits themselves. */
typedef struct states_ready_wait {
    states_waiter waiter;
    uint32_t state;
    femd_status status; /* OK: the content is at the server; else why it cannot be had */
} states_ready_wait;
int states_ready(femd_states *states, states_ready_wait *ready);

/* A state to look after, since something about it has changed while somebody waited; FEMD_NIL if there is none. It is
 * kept (a reference) until states_unref. */
uint32_t states_restless(femd_states *states);
int states_is_restless(const femd_states *states);
/* What those above have to do for it now. */
typedef enum states_care {
    CARE_NOTHING = 0,
    CARE_MAKE /* nobody has it */,
    CARE_CALL_OFF /* need not be made */
} states_care;
states_care states_look_after(femd_states *states, uint32_t state);
/* It is being made again; that has ended (a failure is told to those who wait). */
void states_begin_making(femd_states *states, uint32_t state);
void states_end_making(femd_states *states, uint32_t state, femd_status status);
/* It cannot be had. */
void states_give_up(femd_states *states, uint32_t state, femd_status status);

/* ---- content ---- */

/* Take the content in (its hash must have been checked). LIMIT or NO_MEMORY. */
FEMD_MUST_CHECK femd_status states_put(femd_states *states, uint32_t state, const femd_bytes *blob, femd_error *err);
/* A STATE frame of a worker. PROTOCOL if it is malformed. */
FEMD_MUST_CHECK femd_status states_receive(femd_states *states, uint32_t worker, const femd_frame *frame,
                                           femd_error *err);
/* A worker that does not send what it was asked for within the deadline of a task, though it goes on with other things,
 * does not have it. */
void states_tick(femd_states *states);
double states_next_due(const femd_states *states);
/* The store across runs, where the content is, is told that it must stay there as long as there is a reason. */
void states_hold_kept(femd_states *states, uint32_t state);
/* Its content, which is at the server, is handed out to be kept for other runs, once. */
void states_keep(femd_states *states, uint32_t state);
/* The store may have lost what it was given: hand those out again that must stay there, from a state on (FEMD_NIL: the
 * first), about so many bytes of them. Returns the one to go on from, FEMD_NIL: that was all. */
uint32_t states_keep_again(femd_states *states, uint32_t from, uint64_t bytes);
/* A HAVE frame of a worker: it holds these; what nobody needs it is told to drop. */
FEMD_MUST_CHECK femd_status states_had(femd_states *states, uint32_t worker, const femd_frame *frame, femd_error *err);
/* In words why a state could not be had: those of the last content that could not be kept, if that was the reason. */
const char *states_why(const femd_states *states, femd_status status);
/* Send the STATE_GETs and DROPs that have gathered. */
void states_flush(femd_states *states);

uint32_t states_count(const femd_states *states);
/* The highest number of a state. */
uint32_t states_last(const femd_states *states);
/* States asked of a worker and not there yet. */
uint32_t states_fetching(const femd_states *states, uint32_t worker);
/* Compare with the references, commits and makers that others know of, by number of the state; *bytes gets what the
 * book has charged beside the contents. */
int states_audit(const femd_states *states, const uint32_t *refs, const uint32_t *committed, const uint32_t *makers,
                 uint64_t *bytes, femd_error *err);

#endif
