/* Which workers are sent which materials, and when materials go.
 *
 * As long as there are few, each goes to all workers, so that a material that is slow to open is opened everywhere at
 * once. Of many each goes to one worker, the one with the least to open, and to others as they are needed: one that has
 * nothing to do is sent what waits longest for it, if opening it costs less than the wait. */
#include <math.h>
#include <stdlib.h>

#include "materials_private.h"

static const double more_first = 1, more_then = 0.25;  /* s before another worker with nothing to do is sent it too */
static const double busy_patience = 16;                /* s before one is that has other things to do */
static const double look_idle = 0.02, look_busy = 0.5; /* s between looks at who could help */
static const double unknown_cost = 0.1;                /* s of a point that was never evaluated */

void materials_begin_asking(femd_materials *materials, uint32_t material) {
    material_asked *asked = materials_at(materials, material);
    free(asked->asker);
    *asked = (material_asked){.again_at = INFINITY, .more_at = INFINITY};
}

void materials_learn_opening(femd_materials *materials, uint32_t material) {
    material_asked *asked = materials_at(materials, material);
    catalogue_learn_opening(materials->catalogue, material, materials->common->now - asked->sent_at);
    asked->more_at = INFINITY;
}

/* ---- sending ---- */

static void spread_send(femd_materials *materials, uint32_t material, uint32_t worker) {
    femd_bytes pack = catalogue_pack(materials->catalogue, material);
    femd_buffer frame = outbox_take(materials->outbox);
    if (!catalogue_set_opening(materials->catalogue, material, worker, OPENING_SENT) ||
        femd_frame_begin(&frame, FEMD_MSG_MATERIAL, material, NULL) != FEMD_OK ||
        femd_buffer_append(&frame, pack.data, pack.size, NULL) != FEMD_OK) {
        common_no_memory(materials->common);
        femd_buffer_clear(&frame);
        return;
    }
    femd_frame_finish(&frame, 1);
    outbox_send(materials->outbox, roster_address(materials->roster, worker), &frame);
    if (!roster_owes(materials->roster, worker)) roster_progressed(materials->roster, worker);
    roster_owe(materials->roster, worker); /* it may hang */
    materials_at(materials, material)->sent_at = materials->common->now;
}

void materials_drop(femd_materials *materials, const femd_hash *id, uint32_t worker) {
    femd_buffer frame = outbox_take(materials->outbox);
    if (femd_frame_begin(&frame, FEMD_MSG_DROP, 0, NULL) != FEMD_OK || femd_hash_add(&frame, id, NULL) != FEMD_OK) {
        common_no_memory(materials->common);
        femd_buffer_clear(&frame);
        return;
    }
    femd_frame_finish(&frame, 1);
    outbox_send(materials->outbox, roster_address(materials->roster, worker), &frame);
}

/* ---- choosing ---- */

static int spread_is_idle(const femd_materials *materials, uint32_t worker) {
    return !ledger_tasks(materials->ledger, worker) && !catalogue_is_opening(materials->catalogue, worker);
}

static int spread_was_lost_on(const material_asked *asked, uint32_t host) {
    for (uint32_t i = 0; i < asked->losses; i++)
        if (asked->loss[i].host == host) return 1;
    return 0;
}

/* The worker that has the least to open and to do, of those that have not been sent it; on a host where none has ended
 * over it, if there is one. FEMD_NIL: none is left, or none is idle where it has to be. */
static uint32_t spread_choose(const femd_materials *materials, uint32_t material, int idle) {
    const material_asked *asked = materials_at(materials, material);
    uint32_t best = FEMD_NIL;
    uint64_t least = UINT64_MAX;
    for (uint32_t worker = roster_next_worker(materials->roster, FEMD_NIL); worker;
         worker = roster_next_worker(materials->roster, worker)) {
        if (catalogue_opening(materials->catalogue, material, worker) != OPENING_NO) continue;
        if (roster_quarantined(materials->roster, worker)) continue;
        if (idle && !spread_is_idle(materials, worker)) continue;
        const uint64_t lost = asked->losses && spread_was_lost_on(asked, deaths_host_of(materials->deaths, worker));
        const uint64_t load = lost << 60 | (uint64_t)catalogue_is_opening(materials->catalogue, worker) << 32 |
                              ledger_tasks(materials->ledger, worker);
        if (load >= least) continue;
        best = worker;
        least = load;
    }
    return best;
}

static void spread_look_again(femd_materials *materials, material_asked *asked, double wait) {
    asked->more_at = materials->common->now + wait;
    materials->next_due = fmin(materials->next_due, asked->more_at);
}

static void spread_to_one(femd_materials *materials, uint32_t material, int idle) {
    const uint32_t worker = spread_choose(materials, material, idle);
    if (worker) spread_send(materials, material, worker);
}

static void spread_to_all(femd_materials *materials, uint32_t material, femd_opening such) {
    for (uint32_t worker = roster_next_worker(materials->roster, FEMD_NIL); worker;
         worker = roster_next_worker(materials->roster, worker))
        if (catalogue_opening(materials->catalogue, material, worker) == such) spread_send(materials, material, worker);
}

/* ---- a material that is asked for ---- */

void materials_offer(femd_materials *materials, uint32_t material) {
    spread_to_all(materials, material, OPENING_LATER);
    if (catalogue_has_few(materials->catalogue))
        spread_to_all(materials, material, OPENING_NO);
    else
        materials_offer_next(materials, material);
}

void materials_offer_next(femd_materials *materials, uint32_t material) {
    material_asked *asked = materials_at(materials, material);
    if (catalogue_is_ready(materials->catalogue, material)) return;
    if (!catalogue_sent(materials->catalogue, material))
        spread_to_one(materials, material, 0);
    else if (isfinite(asked->more_at))
        return;
    asked->since = materials->common->now;
    spread_look_again(materials, asked, more_first);
}

void materials_offer_more(femd_materials *materials, uint32_t material) {
    material_asked *asked = materials_at(materials, material);
    asked->more_at = INFINITY;
    if (catalogue_is_ready(materials->catalogue, material)) return;
    const int patient = materials->common->now - asked->since < busy_patience;
    if (!patient) asked->since = materials->common->now;
    spread_to_one(materials, material, patient);
    spread_look_again(materials, asked, more_then);
}

void materials_try_again(femd_materials *materials, uint32_t material) {
    spread_to_all(materials, material, OPENING_LATER);
}

void materials_worker_here(femd_materials *materials, uint32_t worker) {
    for (uint32_t material = 1; material <= catalogue_last(materials->catalogue); material++) {
        if (!catalogue_is_awake(materials->catalogue, material)) continue;
        const int ready = catalogue_is_ready(materials->catalogue, material);
        if (ready < 0) continue;
        if (catalogue_has_few(materials->catalogue))
            spread_send(materials, material, worker);
        else
            materials_offer_next(materials, material);
    }
}

/* ---- materials that there is work for ---- */

/* s that the last of a lane's queue has to wait for those who can do it, once they have opened it. */
static double spread_wait(const femd_materials *materials, uint32_t lane, uint32_t material) {
    const uint32_t able =
        catalogue_opened(materials->catalogue, material) + catalogue_sent(materials->catalogue, material);
    const double cost = catalogue_cost(materials->catalogue, material);
    const double work = lanes_length(materials->lanes, lane) * (cost > 0 ? cost : unknown_cost);
    return able ? work / able : INFINITY;
}

/* A worker with nothing to do can do it and does not: it shuns what is queued, or is shunned. */
static int spread_is_stuck(const femd_materials *materials, uint32_t material) {
    const uint32_t credits = materials->common->config.credits;
    for (uint32_t worker = roster_idle(materials->roster, credits); worker;
         worker = roster_idle_after(materials->roster, worker))
        if (catalogue_is_open(materials->catalogue, material, worker) && !roster_quarantined(materials->roster, worker))
            return 1;
    return 0;
}

/* Nobody who has it open may be given what comes next: whoever has answered cannot be its own witness. */
static int spread_wants_a_witness(const femd_materials *materials, uint32_t lane, uint32_t material) {
    const uint32_t next = lanes_common_first(materials->lanes, lane);
    if (!next) return 0;
    for (uint32_t worker = roster_next_worker(materials->roster, FEMD_NIL); worker;
         worker = roster_next_worker(materials->roster, worker))
        if (catalogue_is_open(materials->catalogue, material, worker) &&
            !roster_quarantined(materials->roster, worker) && !ledger_bars(materials->ledger, next, worker))
            return 0;
    return 1;
}

static void spread_help(femd_materials *materials, uint32_t lane) {
    const uint32_t material = lanes_material(materials->lanes, lane);
    const double opening = catalogue_opening_cost(materials->catalogue, material);
    double wait = spread_wait(materials, lane, material);
    int stuck =
        isinf(wait) || (!catalogue_sent(materials->catalogue, material) &&
                        (spread_is_stuck(materials, material) || spread_wants_a_witness(materials, lane, material)));
    while (stuck || wait > opening) {
        uint32_t worker = spread_choose(materials, material, 1);
        if (!worker && (stuck || wait > 2 * opening + look_busy)) {
            worker = spread_choose(materials, material, 0);
            if (worker) spread_send(materials, material, worker);
            return; /* of those that have other things to do one at a time */
        }
        if (!worker) return;
        spread_send(materials, material, worker);
        stuck = 0;
        wait = spread_wait(materials, lane, material);
    }
}

static double spread_look(const femd_materials *materials) {
    return roster_idle(materials->roster, materials->common->config.credits) ? look_idle : look_busy;
}

void materials_spread(femd_materials *materials) {
    if (!lanes_queued(materials->lanes) || !roster_workers(materials->roster)) return;
    const double now = materials->common->now;
    if (now < materials->spread_at && now + spread_look(materials) >= materials->spread_at) return;
    materials->spread_at = now + spread_look(materials);
    for (uint32_t lane = lanes_next_active(materials->lanes, FEMD_NIL); lane;
         lane = lanes_next_active(materials->lanes, lane))
        if (lanes_length(materials->lanes, lane)) spread_help(materials, lane);
}

double materials_next_due(const femd_materials *materials) {
    const int queued = lanes_queued(materials->lanes) && roster_workers(materials->roster);
    return queued ? fmin(materials->next_due, materials->spread_at) : materials->next_due;
}

/* ---- materials that go ---- */

void materials_unsend(femd_materials *materials, uint32_t material, uint32_t worker) {
    catalogue_set_opening(materials->catalogue, material, worker, OPENING_NO);
    catalogue_forget(materials->catalogue, material);
}

/* The runs that used it are over. Who opens it just now is told to drop it when that is done. */
static void spread_put_to_sleep(femd_materials *materials, uint32_t material) {
    for (uint32_t worker = roster_next_worker(materials->roster, FEMD_NIL); worker;
         worker = roster_next_worker(materials->roster, worker)) {
        const femd_opening opening = catalogue_opening(materials->catalogue, material, worker);
        if (opening == OPENING_DONE) materials_drop(materials, catalogue_id(materials->catalogue, material), worker);
        if (opening != OPENING_SENT) catalogue_set_opening(materials->catalogue, material, worker, OPENING_NO);
    }
    materials_begin_asking(materials, material);
    catalogue_sleep(materials->catalogue, material);
    catalogue_forget(materials->catalogue, material);
}

/* What a journal has told of waits for the run that comes back for it. */
void materials_settle(femd_materials *materials) {
    if (!catalogue_unused(materials->catalogue)) return;
    if (materials->restored && runs_count(materials->runs)) return;
    materials->restored = 0;
    for (uint32_t material = 1; material <= catalogue_last(materials->catalogue); material++)
        if (catalogue_is_awake(materials->catalogue, material) && !catalogue_is_used(materials->catalogue, material) &&
            !lanes_material_open(materials->lanes, material))
            spread_put_to_sleep(materials, material);
}

femd_status materials_lost(femd_materials *materials, uint32_t worker, const femd_frame *frame, femd_error *err) {
    femd_reader reader;
    femd_hash id;
    int got;
    femd_reader_open(frame, &reader);
    while ((got = femd_hash_next(&reader, &id, err)) == 1) {
        const uint32_t material = catalogue_find(materials->catalogue, &id);
        if (!material || catalogue_opening(materials->catalogue, material, worker) != OPENING_DONE) continue;
        catalogue_set_opening(materials->catalogue, material, worker, OPENING_NO);
        lanes_worker_gone(materials->lanes, worker); /* what was kept for it goes to everybody */
    }
    return got < 0 ? FEMD_PROTOCOL : FEMD_OK;
}
