/* The ledger of evaluations by key: QUEUED, WAITING (for its state), SENT, STARTED, DONE. It sees to it that each is
 * answered once for all who claim an answer, whatever workers do: retries, blame, poison, double answers; and it has an
 * evaluation repeated whose state was lost. Finished ones stay for reuse, within a bound, or as long as something rests
 * on them, and what is answered is handed out to be kept for other runs. It knows neither who asks nor which worker has
 * credit, and it sends nothing: answers go to a queue. */
#ifndef FEMD_SERVER_LEDGER_H
#define FEMD_SERVER_LEDGER_H

#include "catalogue.h"
#include "deaths.h"
#include "femd/evaluate.h"
#include "kept.h"
#include "lanes.h"
#include "outbox.h"
#include "roster.h"
#include "states.h"

typedef struct femd_ledger femd_ledger;

/* NULL if memory is out. Destroying accepts NULL, sets NULL. */
typedef struct ledger_rooms { /* those below, borrowed */
    femd_common *common;
    femd_roster *roster;
    femd_catalogue *catalogue;
    femd_outbox *outbox;
    femd_states *states;
    femd_lanes *lanes;
    femd_deaths *deaths;
} ledger_rooms;
femd_ledger *ledger_create(const ledger_rooms *rooms);
void ledger_destroy(femd_ledger **ledger);

/* ---- records ---- */

/* It will be looked for in a moment. */
void ledger_expect(const femd_ledger *ledger, const femd_hash *key);
uint32_t ledger_find(const femd_ledger *ledger, const femd_hash *key);
/* A new record, not open yet. FEMD_NIL if memory is out. */
uint32_t ledger_add(femd_ledger *ledger, const femd_hash *key, const femd_request *request, uint32_t material);
/* A record of what an earlier run has kept, answered already; FEMD_NIL if there is none by a build that is here, or by
 * any where that is enough. */
uint32_t ledger_recall(femd_ledger *ledger, const femd_hash *key, const femd_request *request, uint32_t material);
/* A record of what was kept, answered already, of a material that is known; the one that is there if it is. FEMD_NIL if
 * it cannot be. */
uint32_t ledger_restore(femd_ledger *ledger, const femd_kept *kept);
/* The evaluation of a key, from the store if it is not here; FEMD_NIL if it is nowhere. */
uint32_t ledger_find_kept_one(femd_ledger *ledger, const femd_hash *key);
/* The answer of a build to a key is believed no more, as a journal says: it is forgotten, unless results rest on it. */
void ledger_restore_doubt(femd_ledger *ledger, const femd_hash *key, uint64_t fingerprint);
/* Hand its answer out as a record of the journal. */
void ledger_record_answer(femd_ledger *ledger, uint32_t evaluation);
/* ... and, once it is said what rests on it, that it is believed no more, if so. */
void ledger_record_doubt(femd_ledger *ledger, uint32_t evaluation);
/* 1 if its answer is of a build that no worker was of when it was recalled. */
int ledger_is_foreign(const femd_ledger *ledger, uint32_t evaluation);
/* Queue it for a run. STATE_LOST (and nothing queued) if its state_in is unknown. */
FEMD_MUST_CHECK femd_status ledger_open(femd_ledger *ledger, uint32_t evaluation, uint32_t run);
/* Bytes that one record is charged with, without its response. */
size_t ledger_record_bytes(void);

const femd_hash *ledger_key(const femd_ledger *ledger, uint32_t evaluation);
const femd_request *ledger_request(const femd_ledger *ledger, uint32_t evaluation);
/* 1 if evaluations are known that end in a state of that name, and none of them is of this material. */
int ledger_is_of_another(const femd_ledger *ledger, const femd_hash *state, uint32_t material);
/* FEMD_NIL: none, or not referenced any more since it is done. */
uint32_t ledger_state_in(const femd_ledger *ledger, uint32_t evaluation);
uint32_t ledger_state_out(const femd_ledger *ledger, uint32_t evaluation);
/* The stored response; data NULL if there is none. */
femd_bytes ledger_response(const femd_ledger *ledger, uint32_t evaluation);
int ledger_is_done(const femd_ledger *ledger, uint32_t evaluation);
/* The trial in which it is to be tried next, for a suspect: a worker ended after it had started it. Only suspects of
 * one trial may travel together, so that nothing else can be blamed. FEMD_NIL: no suspect. */
uint32_t ledger_trial(const femd_ledger *ledger, uint32_t evaluation);

/* Somebody wants its answer; no longer does, or has it. One that nobody wants is given up unless a worker has it. */
void ledger_claim(femd_ledger *ledger, uint32_t evaluation);
void ledger_unclaim(femd_ledger *ledger, uint32_t evaluation);
/* If it was given up as poison and that is a while ago: it has no response any more and may be opened again. */
void ledger_forget_poison(femd_ledger *ledger, uint32_t evaluation);
/* All of them, at once; returns how many. */
uint32_t ledger_forgive_poison(femd_ledger *ledger);
/* Its stored response is used again. */
void ledger_use(femd_ledger *ledger, uint32_t evaluation);
/* A tentative result rests on it, or no longer does. */
void ledger_pin(femd_ledger *ledger, uint32_t evaluation);
void ledger_unpin(femd_ledger *ledger, uint32_t evaluation);
/* Forget finished ones, least recently used first, down to so many bytes. */
void ledger_trim(femd_ledger *ledger, uint64_t bytes);
/* Bytes of finished ones with a response. */
uint64_t ledger_cached(const femd_ledger *ledger);

/* ---- the queue of answers ---- */

/* 1 and the evaluation that was answered first, or 0 if there is none. The bytes and the record stay until
 * ledger_delivered. An evaluation is in the queue once; the queue takes no memory but a copy of an answer that is not
 * kept, which is charged as a response. */
typedef struct ledger_answered_one {
    uint32_t evaluation;
    femd_bytes response;
    int differs; /* workers with different fingerprints answered it differently */
} ledger_answered_one;
int ledger_answered(femd_ledger *ledger, ledger_answered_one *answered);
void ledger_delivered(femd_ledger *ledger, uint32_t evaluation);

/* ---- answers in question ---- */

/* Who has answered it, and when, and who has confirmed it (0: nobody). Author 0: nobody knows. */
typedef struct ledger_source {
    int known; /* 0: it has no answer */
    uint32_t author, seconder;
    uint64_t fingerprint;
    double when;
} ledger_source;
ledger_source ledger_source_of(const femd_ledger *ledger, uint32_t evaluation);
/* Authors are 0 to this. */
uint32_t ledger_last_author(const femd_ledger *ledger);
/* Authors that are gone are forgotten once there are many. 1: it is time. Then the ledger marks those that it needs,
 * who else has noted authors marks his (a byte for each of 0 to the last), and the others go; of convicted ones that
 * nobody needs a bounded number is kept, to be known should they come again. */
int ledger_has_many_authors(const femd_ledger *ledger);
void ledger_mark_authors(const femd_ledger *ledger, uint8_t *needed);
void ledger_forget_authors(femd_ledger *ledger, uint8_t *needed);
/* 1 for an author that is convicted: what it alone answered from then on is in doubt. Of one that was outvoted also
 * what another such has confirmed. */
int ledger_is_doubted(const femd_ledger *ledger, uint32_t author, double *from);
int ledger_is_outvoted(const femd_ledger *ledger, uint32_t author);
/* An author of which answers can be forgotten before this. */
double ledger_settled_until(const femd_ledger *ledger, uint32_t author);
/* A process and its host in words. */
void ledger_name_author(const femd_ledger *ledger, uint32_t author, char *text, size_t size);
/* 1 and an author that was convicted and has not been dealt with; then *worker is its place, FEMD_NIL if it is gone. */
int ledger_verdict(femd_ledger *ledger, uint32_t *author, uint32_t *worker);
/* Forget what is in doubt and what no results rest on any more: in the books, the store and the journal. */
void ledger_forget_doubtful(femd_ledger *ledger);
/* ... and what the store alone still has. */
void ledger_disbelieve(femd_ledger *ledger);

/* ---- authors over the lives of servers ---- */

/* The row of an author that journal and store name by this number, made if it is new; 0 for none, and if memory is out.
 * And back. */
uint32_t ledger_author_of(femd_ledger *ledger, uint64_t number);
uint64_t ledger_author_number(const femd_ledger *ledger, uint32_t author);
/* 1 for a time that an answer may have. One that an earlier life has told is not after any that comes. */
int ledger_is_instant(double when);
void ledger_pass_instant(femd_ledger *ledger, double when);
/* Tell the journal what is new of authors; or all. And what they become from such a record: BAD_INPUT for one that is
 * damaged. */
void ledger_tell_authors(femd_ledger *ledger);
void ledger_record_authors(femd_ledger *ledger);
FEMD_MUST_CHECK femd_status ledger_restore_author(femd_ledger *ledger, const femd_annal *annal, femd_error *err);
/* 1 if this worker cannot be asked for it: it has answered, or is of another build than who has. */
int ledger_bars(const femd_ledger *ledger, uint32_t evaluation, uint32_t worker);
/* When answers in question are looked at again (infinity: none waits). */
double ledger_next_due(const femd_ledger *ledger);

/* ---- at workers ---- */

/* A worker comes: 0 if memory is out. It goes: what it has is queued again. Unless death is FEMD_NIL what it had
 * started may be the cause of its end, and if that death counts is suspect: of an engine that takes points one by one
 * each is tried alone, of one that takes batches (all of which count as started) in halves, halved again until the
 * guilty one is alone. Deaths that do not count make suspects too, of who has met more than two. Of deaths in company
 * only the first is held against a suspect. */
int ledger_worker_here(femd_ledger *ledger, uint32_t worker);
/* Somebody who answers for it has released it: what others said against it counts no more. */
void ledger_acquit(femd_ledger *ledger, uint32_t worker);
void ledger_worker_gone(femd_ledger *ledger, uint32_t worker, uint32_t death);
/* A worker has died, and had started nothing as far as is known. STARTED is lost with who ends at once: a suspect,
 * which was all that it had, counts as started, and of the others each becomes one. */
void ledger_presume_started(femd_ledger *ledger, uint32_t worker, uint32_t death);
/* 1 if it is better evaluated by another worker: this one has failed it, or it is suspect and ended one on that host,
 * or its answer is in question and one on that host has answered. */
int ledger_shuns(const femd_ledger *ledger, uint32_t evaluation, uint32_t worker);
/* How many of the worker's last tasks failed for a reason of the infrastructure, one after another. */
uint32_t ledger_failed_in_a_row(const femd_ledger *ledger, uint32_t worker);
/* Workers that ended when it had started. */
int ledger_losses(const femd_ledger *ledger, uint32_t evaluation);
/* The id under which workers know it, at every attempt. */
uint64_t ledger_task_id(const femd_ledger *ledger, uint32_t evaluation);
/* It was taken from its lane and goes to the worker in a TASK message (a number that the ledger gives back when it
 * lands). */
void ledger_sent(femd_ledger *ledger, uint32_t evaluation, uint32_t worker, uint32_t message);
/* It was taken from its lane and must wait for its state_in to come to the server. */
void ledger_park(femd_ledger *ledger, uint32_t evaluation);
/* Its state_in is there, or cannot be had. */
void ledger_input(femd_ledger *ledger, uint32_t evaluation, femd_status status);
/* From workers. *message is the TASK message it was in, FEMD_NIL if the worker did not have it. PROTOCOL for an answer
 * that cannot be decoded, or that is none to what was asked; then nothing of it is used. */
void ledger_started(femd_ledger *ledger, uint32_t worker, uint64_t task);
FEMD_MUST_CHECK femd_status ledger_answer(femd_ledger *ledger, uint32_t worker, const femd_answer *answer,
                                          uint32_t *message, femd_error *err);
/* What a worker has: how many, how many of them started; how many it has answered; and each, the next after one
 * (FEMD_NIL: the first). */
uint32_t ledger_tasks(const femd_ledger *ledger, uint32_t worker);
uint32_t ledger_tasks_started(const femd_ledger *ledger, uint32_t worker);
uint64_t ledger_tasks_done(const femd_ledger *ledger, uint32_t worker);
int ledger_is_started(const femd_ledger *ledger, uint32_t evaluation);
uint32_t ledger_next_task(const femd_ledger *ledger, uint32_t worker, uint32_t evaluation);

/* ---- states that were lost ---- */

/* Look after the states that somebody waits for: have those made again that nobody holds. */
void ledger_settle(femd_ledger *ledger);

/* ---- counts ---- */

uint32_t ledger_count(const femd_ledger *ledger);
/* With workers; waiting for a state. */
uint32_t ledger_running(const femd_ledger *ledger);
uint32_t ledger_parked(const femd_ledger *ledger);
/* The highest number of an evaluation. */
uint32_t ledger_last(const femd_ledger *ledger);
/* Those that say they are queued, counted anew. */
uint32_t ledger_queued(const femd_ledger *ledger);
/* Add what the ledger holds on to: references and makers, by number of the state. */
void ledger_count_states(const femd_ledger *ledger, uint32_t *refs, uint32_t *makers);
/* Add the evaluations of each material, by its number. */
void ledger_count_materials(const femd_ledger *ledger, uint32_t *records);
/* Compare with the pins and claims that others know of, by number of the evaluation. */
int ledger_audit(const femd_ledger *ledger, const uint32_t *pins, const uint32_t *claims, femd_error *err);

#endif
