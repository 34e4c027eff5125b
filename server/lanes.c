/* The queues. Cost is constant per piece of work. */
#include "lanes.h"

#include <stdlib.h>
#include <string.h>

typedef struct lane_queue {
    uint32_t head, tail, count;
} lane_queue;

typedef struct lane_record {
    femd_slot slot;
    uint32_t run, material;
    uint32_t run_next;
    uint32_t open;
    uint32_t prev, next; /* among the active ones */
    int active;
    lane_queue common;
    lane_queue *own; /* by worker; owned */
    uint32_t own_room, own_total;
} lane_record;

typedef struct lane_work { /* a queued piece of work */
    uint32_t lane, prev, next;
    uint32_t owner; /* FEMD_NIL = common, else the worker that it is kept for */
} lane_work;

typedef struct lane_run {
    uint32_t lanes, open;
    double clock; /* s of service */
} lane_run;

struct femd_lanes {
    femd_common *common;
    femd_roster *roster;
    femd_catalogue *catalogue;
    femd_states *states;
    femd_slab records;
    femd_rows works; /* by number of the work */
    femd_rows runs;
    uint32_t service_run;
    uint32_t first; /* of the active ones */
    uint32_t queued;
    double clock; /* service of the run served last */
    uint64_t emptied;
};

static lane_record *lanes_at(const femd_lanes *lanes, uint32_t lane) {
    return femd_slab_at(&lanes->records, lane);
}

static lane_work *lanes_work(const femd_lanes *lanes, uint32_t work) {
    return femd_rows_at(&lanes->works, work);
}

static lane_run *lanes_run_at(const femd_lanes *lanes, uint32_t run) {
    return femd_rows_at(&lanes->runs, run);
}

femd_lanes *lanes_create(femd_common *common, femd_roster *roster, femd_catalogue *catalogue, femd_states *states) {
    femd_lanes *lanes = calloc(1, sizeof *lanes);
    if (!lanes) return NULL;
    lanes->common = common;
    lanes->roster = roster;
    lanes->catalogue = catalogue;
    lanes->states = states;
    femd_slab_init(&lanes->records, sizeof(lane_record));
    femd_rows_init(&lanes->works, sizeof(lane_work));
    femd_rows_init(&lanes->runs, sizeof(lane_run));
    return lanes;
}

void lanes_destroy(femd_lanes **lanes) {
    femd_lanes *gone = *lanes;
    if (!gone) return;
    for (uint32_t lane = 1; lane <= gone->records.end; lane++) free(lanes_at(gone, lane)->own);
    femd_slab_clear(&gone->records);
    femd_rows_clear(&gone->works);
    femd_rows_clear(&gone->runs);
    free(gone);
    *lanes = NULL;
}

/* ---- runs and their lanes ---- */

int lanes_run_here(femd_lanes *lanes, uint32_t run, int service) {
    if (!femd_rows_reach(&lanes->runs, run)) return 0;
    *lanes_run_at(lanes, run) = (lane_run){.clock = service ? -1 : lanes->clock};
    if (service) lanes->service_run = run;
    return 1;
}

void lanes_run_gone(femd_lanes *lanes, uint32_t run) {
    lane_run *owner = lanes_run_at(lanes, run);
    while (owner->lanes) {
        uint32_t lane = owner->lanes;
        lane_record *record = lanes_at(lanes, lane);
        owner->lanes = record->run_next;
        free(record->own);
        record->own = NULL;
        femd_slab_give(&lanes->records, lane);
    }
}

uint32_t lanes_service_run(const femd_lanes *lanes) {
    return lanes->service_run;
}

uint32_t lanes_run_open(const femd_lanes *lanes, uint32_t run) {
    return lanes_run_at(lanes, run)->open;
}

uint64_t lanes_runs_emptied(const femd_lanes *lanes) {
    return lanes->emptied;
}

uint32_t lanes_material_open(const femd_lanes *lanes, uint32_t material) {
    uint32_t open = 0;
    for (uint32_t lane = 1; lane <= lanes->records.end; lane++)
        if (lanes_at(lanes, lane)->material == material) open += lanes_at(lanes, lane)->open;
    return open;
}

uint32_t lanes_find(femd_lanes *lanes, uint32_t run, uint32_t material) {
    lane_run *owner = lanes_run_at(lanes, run);
    for (uint32_t lane = owner->lanes; lane; lane = lanes_at(lanes, lane)->run_next)
        if (lanes_at(lanes, lane)->material == material) return lane;
    uint32_t lane = femd_slab_take(&lanes->records);
    if (!lane) {
        common_no_memory(lanes->common);
        return FEMD_NIL;
    }
    lane_record *record = lanes_at(lanes, lane);
    record->run = run;
    record->material = material;
    record->run_next = owner->lanes;
    owner->lanes = lane;
    return lane;
}

void lanes_open(femd_lanes *lanes, uint32_t lane) {
    lanes_at(lanes, lane)->open++;
    lanes_run_at(lanes, lanes_at(lanes, lane)->run)->open++;
}

void lanes_close(femd_lanes *lanes, uint32_t lane) {
    lanes_at(lanes, lane)->open--;
    if (--lanes_run_at(lanes, lanes_at(lanes, lane)->run)->open == 0) lanes->emptied++;
}

static void lanes_activate(femd_lanes *lanes, uint32_t lane) {
    lane_record *record = lanes_at(lanes, lane);
    if (record->active) return;
    lane_run *owner = lanes_run_at(lanes, record->run);
    if (owner->clock < lanes->clock && record->run != lanes->service_run)
        owner->clock = lanes->clock; /* no saving up while idle */
    record->active = 1;
    record->prev = FEMD_NIL;
    record->next = lanes->first;
    if (lanes->first) lanes_at(lanes, lanes->first)->prev = lane;
    lanes->first = lane;
}

static void lanes_deactivate(femd_lanes *lanes, uint32_t lane) {
    lane_record *record = lanes_at(lanes, lane);
    if (!record->active || record->common.count || record->own_total) return;
    record->active = 0;
    if (record->prev)
        lanes_at(lanes, record->prev)->next = record->next;
    else
        lanes->first = record->next;
    if (record->next) lanes_at(lanes, record->next)->prev = record->prev;
}

/* ---- queues ---- */

static lane_queue *lanes_queue_of(femd_lanes *lanes, const lane_work *item) {
    lane_record *record = lanes_at(lanes, item->lane);
    return item->owner ? &record->own[item->owner] : &record->common;
}

static int lanes_reach_own(femd_lanes *lanes, lane_record *record, uint32_t worker) {
    if (worker < record->own_room) return 1;
    uint32_t room = worker + 64;
    lane_queue *own = realloc(record->own, room * sizeof *own);
    if (!own) {
        common_no_memory(lanes->common);
        return 0;
    }
    memset(own + record->own_room, 0, (room - record->own_room) * sizeof *own);
    record->own = own;
    record->own_room = room;
    return 1;
}

/* The worker to keep it for: one that holds its state and can evaluate it, the one with the least to do of the first
 * few. A state that half of the workers hold ties nobody. */
static uint32_t lanes_choose_owner(const femd_lanes *lanes, const lane_record *record, uint32_t state) {
    enum { LOOK_AT = 4 };
    if (!state) return FEMD_NIL;
    uint32_t holders = states_holders(lanes->states, state);
    if (holders == 0 || (holders > 1 && 2 * holders >= roster_workers(lanes->roster))) return FEMD_NIL;
    uint32_t worker[LOOK_AT], best = FEMD_NIL, least = UINT32_MAX;
    uint32_t count = states_list_holders(lanes->states, state, worker, LOOK_AT);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t load = worker[i] < record->own_room ? record->own[worker[i]].count : 0;
        if (load >= least || !catalogue_is_open(lanes->catalogue, record->material, worker[i]) ||
            roster_quarantined(lanes->roster, worker[i]))
            continue;
        best = worker[i];
        least = load;
    }
    return best;
}

int lanes_push(femd_lanes *lanes, uint32_t lane, uint32_t work, uint32_t state, int front) {
    if (!femd_rows_reach(&lanes->works, work)) {
        common_no_memory(lanes->common);
        return 0;
    }
    lane_record *record = lanes_at(lanes, lane);
    lane_work *item = lanes_work(lanes, work);
    item->lane = lane;
    item->owner = lanes_choose_owner(lanes, record, state);
    if (item->owner && !lanes_reach_own(lanes, record, item->owner)) item->owner = FEMD_NIL;
    lane_queue *queue = lanes_queue_of(lanes, item);
    item->prev = front ? FEMD_NIL : queue->tail;
    item->next = front ? queue->head : FEMD_NIL;
    if (item->prev)
        lanes_work(lanes, item->prev)->next = work;
    else
        queue->head = work;
    if (item->next)
        lanes_work(lanes, item->next)->prev = work;
    else
        queue->tail = work;
    queue->count++;
    if (item->owner) record->own_total++;
    lanes->queued++;
    lanes_activate(lanes, lane);
    return 1;
}

void lanes_remove(femd_lanes *lanes, uint32_t work) {
    lane_work *item = lanes_work(lanes, work);
    lane_queue *queue = lanes_queue_of(lanes, item);
    if (item->prev)
        lanes_work(lanes, item->prev)->next = item->next;
    else
        queue->head = item->next;
    if (item->next)
        lanes_work(lanes, item->next)->prev = item->prev;
    else
        queue->tail = item->prev;
    queue->count--;
    if (item->owner) lanes_at(lanes, item->lane)->own_total--;
    lanes->queued--;
    lanes_deactivate(lanes, item->lane);
}

void lanes_worker_gone(femd_lanes *lanes, uint32_t worker) {
    for (uint32_t lane = lanes->first; lane; lane = lanes_at(lanes, lane)->next) {
        lane_record *record = lanes_at(lanes, lane);
        if (worker >= record->own_room || !record->own[worker].count) continue;
        lane_queue *own = &record->own[worker], *common = &record->common;
        for (uint32_t work = own->head; work; work = lanes_work(lanes, work)->next)
            lanes_work(lanes, work)->owner = FEMD_NIL;
        if (common->tail) {
            lanes_work(lanes, common->tail)->next = own->head;
            lanes_work(lanes, own->head)->prev = common->tail;
        } else {
            common->head = own->head;
        }
        common->tail = own->tail;
        common->count += own->count;
        record->own_total -= own->count;
        *own = (lane_queue){0, 0, 0};
    }
}

/* ---- what there is to choose from ---- */

uint32_t lanes_next_active(const femd_lanes *lanes, uint32_t lane) {
    return lane ? lanes_at(lanes, lane)->next : lanes->first;
}

uint32_t lanes_run(const femd_lanes *lanes, uint32_t lane) {
    return lanes_at(lanes, lane)->run;
}

uint32_t lanes_material(const femd_lanes *lanes, uint32_t lane) {
    return lanes_at(lanes, lane)->material;
}

double lanes_clock(const femd_lanes *lanes, uint32_t lane) {
    return lanes_run_at(lanes, lanes_at(lanes, lane)->run)->clock;
}

void lanes_serve(femd_lanes *lanes, uint32_t lane, double service) {
    const lane_record *record = lanes_at(lanes, lane);
    if (record->run == lanes->service_run) return;
    lane_run *owner = lanes_run_at(lanes, record->run);
    lanes->clock = owner->clock;
    owner->clock += service;
}

uint32_t lanes_queued(const femd_lanes *lanes) {
    return lanes->queued;
}

uint32_t lanes_length(const femd_lanes *lanes, uint32_t lane) {
    const lane_record *record = lanes_at(lanes, lane);
    return record->common.count + record->own_total;
}

uint32_t lanes_common_length(const femd_lanes *lanes, uint32_t lane) {
    return lanes_at(lanes, lane)->common.count;
}

uint32_t lanes_own_length(const femd_lanes *lanes, uint32_t lane, uint32_t worker) {
    const lane_record *record = lanes_at(lanes, lane);
    return worker < record->own_room ? record->own[worker].count : 0;
}

uint32_t lanes_own_first(const femd_lanes *lanes, uint32_t lane, uint32_t worker) {
    const lane_record *record = lanes_at(lanes, lane);
    return worker < record->own_room ? record->own[worker].head : FEMD_NIL;
}

uint32_t lanes_common_first(const femd_lanes *lanes, uint32_t lane) {
    return lanes_at(lanes, lane)->common.head;
}

uint32_t lanes_own_last(const femd_lanes *lanes, uint32_t lane, uint32_t worker) {
    const lane_record *record = lanes_at(lanes, lane);
    return worker < record->own_room ? record->own[worker].tail : FEMD_NIL;
}

uint32_t lanes_after(const femd_lanes *lanes, uint32_t work) {
    return lanes_work(lanes, work)->next;
}

uint32_t lanes_longest_own(const femd_lanes *lanes, uint32_t lane) {
    const lane_record *record = lanes_at(lanes, lane);
    uint32_t longest = FEMD_NIL, most = 0;
    for (uint32_t worker = 1; worker < record->own_room; worker++) {
        if (record->own[worker].count <= most) continue;
        most = record->own[worker].count;
        longest = worker;
    }
    return longest;
}

/* ---- counts ---- */

uint32_t lanes_count(const femd_lanes *lanes) {
    uint32_t own = 0;
    for (uint32_t lane = lanes_run_at(lanes, lanes->service_run)->lanes; lane; lane = lanes_at(lanes, lane)->run_next)
        own++;
    return lanes->records.live - own;
}

int lanes_audit(const femd_lanes *lanes, uint32_t queued, femd_error *err) {
    uint32_t total = 0;
    for (uint32_t lane = lanes->first; lane; lane = lanes_at(lanes, lane)->next) {
        const lane_record *record = lanes_at(lanes, lane);
        uint32_t own = 0;
        for (uint32_t worker = 0; worker < record->own_room; worker++) {
            own += record->own[worker].count;
            FEMD_CLAIM(!record->own[worker].count || roster_is_here(lanes->roster, worker),
                       "lane %u keeps work for a worker that is gone", lane);
        }
        FEMD_CLAIM(own == record->own_total, "lane %u: %u kept for workers, counts %u", lane, own, record->own_total);
        total += own + record->common.count;
    }
    FEMD_CLAIM(total == lanes->queued && queued == lanes->queued, "%u queued in lanes, %u of them known, %u in all",
               total, queued, lanes->queued);
    return 0;
}
