/* Members: hello and welcome, bye and expulsion; who is late, and the pulse that clients get. */
#ifndef FEMD_SERVER_MEMBERS_H
#define FEMD_SERVER_MEMBERS_H

#include "batches.h"
#include "dispatch.h"
#include "gets.h"
#include "materials.h"
#include "outbox.h"
#include "roster.h"
#include "runs.h"

typedef struct femd_members femd_members;

/* The rooms below, borrowed. */
typedef struct members_rooms {
    femd_common *common;
    femd_roster *roster;
    femd_catalogue *catalogue;
    femd_outbox *outbox;
    femd_states *states;
    femd_lanes *lanes;
    femd_deaths *deaths;
    femd_ledger *ledger;
    femd_dispatch *dispatch;
    femd_runs *runs;
    femd_gets *gets;
    femd_batches *batches;
    femd_materials *materials;
} members_rooms;

/* NULL if memory is out. Destroying accepts NULL, sets NULL. */
femd_members *members_create(const members_rooms *rooms);
void members_destroy(femd_members **members);

/* A HELLO: answered with WELCOME, or with ERROR and a drop. */
void members_hello(femd_members *members, femd_address from, const femd_frame *frame);
/* Whatever comes from an unknown sender, HELLO and BYE apart: it is told what has become of it. */
void members_stranger(femd_members *members, femd_address from, uint64_t id);
/* A peer is gone. lost: not of its own will, so that its started tasks may be the reason. */
void members_remove(femd_members *members, uint32_t peer, int bye, int lost);
/* Say why, drop the connection, and treat it as gone. A worker that broke the protocol, as by what is no answer to what
 * it was asked, is not let in again. */
void members_expel(femd_members *members, uint32_t peer, const femd_error *why);
/* A worker was put into quarantine: it is told, and what waits for it goes to others. */
void members_quarantined(femd_members *members, uint32_t worker);
/* The keyring has changed: who may not be here any more is told, and dropped; no work is blamed for it. */
void members_recheck(femd_members *members);
/* Tell everybody that the server ends. */
void members_farewell(femd_members *members);
/* When there is something to do next, and do what is due: send a PULSE to clients, expel workers that show no progress.
 */
int members_pool_changed(const femd_members *members); /* a pulse is due at once */
double members_next_due(const femd_members *members);
void members_tick(femd_members *members);

#endif
