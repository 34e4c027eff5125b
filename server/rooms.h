/* The rooms of the core, built from the ground up: each is given those below it that it calls. */
#ifndef FEMD_SERVER_ROOMS_H
#define FEMD_SERVER_ROOMS_H

#include "members.h"

typedef struct femd_rooms {
    femd_common common;
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
    femd_members *members;
} femd_rooms;

/* Storage that is zero and stays where it is. BAD_ARGUMENT for an unknown level, NO_MEMORY; then nothing stays. */
FEMD_MUST_CHECK femd_status rooms_init(femd_rooms *rooms, const femd_core_config *config, femd_error *err);
void rooms_clear(femd_rooms *rooms);
/* What the rooms hold together. */
void rooms_sum(const femd_rooms *rooms, femd_core_totals *totals);

#endif
