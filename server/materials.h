/* Materials on their way: they go to the workers that are to evaluate them, those there and those that come later;
 * clients are told when the first worker has opened one, or why none can. They live as long as the runs that use them.
 */
#ifndef FEMD_SERVER_MATERIALS_H
#define FEMD_SERVER_MATERIALS_H

#include "batches.h"
#include "catalogue.h"
#include "deaths.h"
#include "lanes.h"
#include "ledger.h"
#include "outbox.h"
#include "roster.h"
#include "runs.h"

typedef struct femd_materials femd_materials;

typedef struct materials_rooms { /* those below, borrowed */
    femd_common *common;
    femd_roster *roster;
    femd_catalogue *catalogue;
    femd_outbox *outbox;
    femd_lanes *lanes;
    femd_deaths *deaths;
    femd_ledger *ledger;
    femd_runs *runs;
    femd_batches *batches;
} materials_rooms;
/* NULL if memory is out. Destroying accepts NULL, sets NULL. */
femd_materials *materials_create(const materials_rooms *rooms);
void materials_destroy(femd_materials **materials);

/* A MATERIAL frame of a client. */
FEMD_MUST_CHECK femd_status materials_register(femd_materials *materials, uint32_t client, const femd_frame *frame,
                                               femd_error *err);
/* A material that a journal tells of: as if a client had registered it that is gone. */
FEMD_MUST_CHECK femd_status materials_restore(femd_materials *materials, const femd_bytes *pack, femd_error *err);
/* A MATERIAL_READY frame of a worker. */
FEMD_MUST_CHECK femd_status materials_opened(femd_materials *materials, uint32_t worker, const femd_frame *frame,
                                             femd_error *err);
/* A MATERIAL_LOST frame of a worker: it holds these no more. */
FEMD_MUST_CHECK femd_status materials_lost(femd_materials *materials, uint32_t worker, const femd_frame *frame,
                                           femd_error *err);
/* A worker is there: send it what it is to open. A peer is gone: forget what it opened or asked; what it was opening
 * may be the cause of its death, unless that is FEMD_NIL: a material is given up that so many workers did not survive,
 * on two hosts if there are two. */
void materials_worker_here(femd_materials *materials, uint32_t worker);
void materials_peer_gone(femd_materials *materials, uint32_t peer, uint32_t death);
/* Those that workers did not survive opening are tried again, at once; returns how many. */
uint32_t materials_forgive_all(femd_materials *materials);
/* When materials are sent again to workers that failed to open them for a reason that may pass; and send them. */
double materials_next_due(const femd_materials *materials);
void materials_tick(femd_materials *materials);
/* After a round: workers with nothing to do are sent what they could help with; and materials go that no run uses. */
void materials_spread(femd_materials *materials);
void materials_settle(femd_materials *materials);

#endif
