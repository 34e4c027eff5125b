/* The table of peers: who is connected, how it is reached, what it said in its hello; which workers may be sent another
 * TASK message (credits), and which owe something and by when. It greets nobody and knows no task. */
#ifndef FEMD_SERVER_ROSTER_H
#define FEMD_SERVER_ROSTER_H

#include "common.h"

typedef struct femd_roster femd_roster;

/* NULL if memory is out. Destroying accepts NULL, sets NULL. */
femd_roster *roster_create(femd_common *common);
void roster_destroy(femd_roster **roster);

/* The place of a new peer; FEMD_NIL if memory is out. A worker has all its credits. */
uint32_t roster_add(femd_roster *roster, femd_address address, const femd_hello *hello);
void roster_remove(femd_roster *roster, uint32_t peer);
/* The peer of a route, FEMD_NIL if it is unknown. */
uint32_t roster_find(const femd_roster *roster, uint64_t route);
int roster_is_here(const femd_roster *roster, uint32_t peer);

femd_address roster_address(const femd_roster *roster, uint32_t peer);
const femd_hello *roster_hello(const femd_roster *roster, uint32_t peer);
/* Who it is by its key, and say so; role 0: it has none. */
const femd_identity *roster_identity(const femd_roster *roster, uint32_t peer);
void roster_identify(femd_roster *roster, uint32_t peer, const femd_identity *who);
/* The number by which people know it: never used twice. */
uint64_t roster_number(const femd_roster *roster, uint32_t peer);
/* When it came. */
double roster_since(const femd_roster *roster, uint32_t peer);
/* A message has come from it; and when the last did. */
void roster_hear(femd_roster *roster, uint32_t peer);
double roster_heard(const femd_roster *roster, uint32_t peer);
/* It has broken the protocol once more; returns how often by now. */
uint32_t roster_violation(femd_roster *roster, uint32_t peer);

/* A worker that gets no tasks any more, and why (cut to 191 bytes); NULL releases it. It stands for its process (host
 * and pid), and so when that registers anew; of thousands that are gone the first are forgotten. What it has is left to
 * it, what it answers is for those above to judge. */
void roster_quarantine(femd_roster *roster, uint32_t worker, const char *reason);
/* The reason; NULL for a worker that is not in quarantine. */
const char *roster_quarantined(const femd_roster *roster, uint32_t worker);
/* How many workers are here and not in quarantine. */
uint32_t roster_workers_fit(const femd_roster *roster);

/* Peers, and workers among them, in the order of their places: the next after a place (0: the first), FEMD_NIL at the
 * end. */
uint32_t roster_next(const femd_roster *roster, uint32_t peer);
uint32_t roster_next_worker(const femd_roster *roster, uint32_t peer);
uint32_t roster_peers(const femd_roster *roster);
uint32_t roster_workers(const femd_roster *roster);

/* A TASK message goes out to the worker; one of its is done with. */
void roster_debit(femd_roster *roster, uint32_t worker);
void roster_credit(femd_roster *roster, uint32_t worker);
/* TASK messages it has. */
uint32_t roster_flying(const femd_roster *roster, uint32_t worker);
/* Workers with exactly so many free credits: the one last changed, and the one before it. */
uint32_t roster_idle(const femd_roster *roster, uint32_t free_credits);
uint32_t roster_idle_after(const femd_roster *roster, uint32_t worker);

/* A task or a state is asked of the worker; it has come. */
void roster_owe(femd_roster *roster, uint32_t worker);
void roster_pay(femd_roster *roster, uint32_t worker);
int roster_owes(const femd_roster *roster, uint32_t worker);
/* It has shown a sign of progress, or is asked for the first thing now; and when that was. */
void roster_progressed(femd_roster *roster, uint32_t worker);
double roster_progress(const femd_roster *roster, uint32_t worker);
/* No worker that owes can be late before then (infinity: none owes). After a look at all of them it is set anew. */
double roster_next_due(const femd_roster *roster);
void roster_set_next_due(femd_roster *roster, double due);

int roster_audit(const femd_roster *roster, uint32_t peer, uint32_t owed, femd_error *err);

#endif
