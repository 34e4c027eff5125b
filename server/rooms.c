/* The rooms of the core. */
#include "rooms.h"

static int rooms_build(femd_rooms *at) {
    femd_common *common = &at->common;
    if (!(at->roster = roster_create(common)) || !(at->catalogue = catalogue_create(common)) ||
        !(at->outbox = outbox_create(common)) || !(at->states = states_create(common, at->roster, at->outbox)) ||
        !(at->lanes = lanes_create(common, at->roster, at->catalogue, at->states)) ||
        !(at->deaths = deaths_create(common, at->roster)) ||
        !(at->ledger = ledger_create(
              &(ledger_rooms){common, at->roster, at->catalogue, at->outbox, at->states, at->lanes, at->deaths})))
        return 0;
    const dispatch_rooms for_dispatch = {common,     at->roster, at->catalogue, at->outbox,
                                         at->states, at->lanes,  at->ledger};
    if (!(at->dispatch = dispatch_create(&for_dispatch)) ||
        !(at->runs = runs_create(common, at->roster, at->catalogue, at->outbox, at->states, at->lanes, at->ledger)) ||
        !(at->gets = gets_create(common, at->roster, at->outbox, at->states)) ||
        !(at->batches = batches_create(common, at->roster, at->catalogue, at->outbox, at->ledger, at->runs)) ||
        !(at->materials = materials_create(&(materials_rooms){common, at->roster, at->catalogue, at->outbox, at->lanes,
                                                              at->deaths, at->ledger, at->runs, at->batches})))
        return 0;
    const members_rooms for_members = {common,    at->roster,  at->catalogue, at->outbox,   at->states,
                                       at->lanes, at->deaths,  at->ledger,    at->dispatch, at->runs,
                                       at->gets,  at->batches, at->materials};
    at->members = members_create(&for_members);
    return at->members != NULL;
}

femd_status rooms_init(femd_rooms *rooms, const femd_core_config *config, femd_error *err) {
    FEMD_TRY(common_init(&rooms->common, config, err));
    if (rooms_build(rooms)) return FEMD_OK;
    rooms_clear(rooms);
    return femd_fail(err, FEMD_NO_MEMORY, "no memory for the core");
}

void rooms_clear(femd_rooms *rooms) {
    members_destroy(&rooms->members);
    materials_destroy(&rooms->materials);
    batches_destroy(&rooms->batches);
    gets_destroy(&rooms->gets);
    runs_destroy(&rooms->runs);
    dispatch_destroy(&rooms->dispatch);
    ledger_destroy(&rooms->ledger);
    deaths_destroy(&rooms->deaths);
    lanes_destroy(&rooms->lanes);
    states_destroy(&rooms->states);
    outbox_destroy(&rooms->outbox);
    catalogue_destroy(&rooms->catalogue);
    roster_destroy(&rooms->roster);
}

void rooms_sum(const femd_rooms *rooms, femd_core_totals *totals) {
    const uint64_t *held = rooms->common.limits.held;
    const uint32_t peers = roster_peers(rooms->roster), workers = roster_workers(rooms->roster);
    *totals = (femd_core_totals){.bytes = rooms->common.limits.total,
                                 .requests = held[BYTES_REQUESTS],
                                 .responses = held[BYTES_RESPONSES],
                                 .materials = held[BYTES_MATERIALS],
                                 .states = held[BYTES_STATES],
                                 .batches = held[BYTES_BATCHES],
                                 .peers = peers,
                                 .workers = workers,
                                 .clients = peers - workers,
                                 .runs = runs_count(rooms->runs),
                                 .queued = lanes_queued(rooms->lanes),
                                 .waiting = ledger_parked(rooms->ledger),
                                 .running = ledger_running(rooms->ledger),
                                 .evaluations = ledger_count(rooms->ledger),
                                 .state_count = states_count(rooms->states),
                                 .lanes = lanes_count(rooms->lanes),
                                 .waiters = states_waits(rooms->states),
                                 .open_batches = batches_open(rooms->batches)};
}
