/* Materials on their way to workers, and what becomes of them told to clients. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "femd/material_files.h"
#include "femd/pack.h"
#include "materials_private.h"

enum { DEATHS_MAX = 3, EXCUSES_MAX = 2, ROUNDS_MAX = 3 };
static const double wait_first = 1,
                    wait_most = 60;   /* s before a failure that may pass is tried again, twice each time */
static const double poison_time = 10; /* s after which one that was given up may be tried again */

femd_materials *materials_create(const materials_rooms *rooms) {
    femd_materials *materials = calloc(1, sizeof *materials);
    if (!materials) return NULL;
    materials->common = rooms->common;
    materials->roster = rooms->roster;
    materials->catalogue = rooms->catalogue;
    materials->outbox = rooms->outbox;
    materials->lanes = rooms->lanes;
    materials->deaths = rooms->deaths;
    materials->ledger = rooms->ledger;
    materials->runs = rooms->runs;
    materials->batches = rooms->batches;
    materials->next_due = INFINITY;
    femd_rows_init(&materials->asked, sizeof(material_asked));
    return materials;
}

void materials_destroy(femd_materials **materials) {
    if (!*materials) return;
    for (uint32_t material = 0; material < femd_rows_end(&(*materials)->asked); material++)
        free(materials_at(*materials, material)->asker);
    femd_rows_clear(&(*materials)->asked);
    free(*materials);
    *materials = NULL;
}

/* ---- to clients ---- */

static void materials_tell(femd_materials *materials, uint32_t material, const material_asker *asker) {
    femd_ready ready;
    memset(&ready, 0, sizeof ready);
    ready.material = *catalogue_id(materials->catalogue, material);
    ready.caps = *catalogue_caps(materials->catalogue, material);
    snprintf(ready.text, sizeof ready.text, "%s", catalogue_remarks(materials->catalogue, material));
    if (catalogue_is_ready(materials->catalogue, material) < 0) {
        const femd_error *failure = catalogue_failure(materials->catalogue, material);
        ready.status = failure->code;
        snprintf(ready.text, sizeof ready.text, "%s", failure->text);
    }
    femd_buffer frame = outbox_take(materials->outbox);
    femd_error err = FEMD_ERROR_INIT;
    if (femd_ready_encode(&frame, asker->id, &ready, &err) != FEMD_OK) {
        common_log(materials->common, FEMD_LOG_ERROR, "a client cannot be told about its material: %s", err.text);
        outbox_recycle(materials->outbox, &frame);
        return;
    }
    outbox_send(materials->outbox, roster_address(materials->roster, asker->client), &frame);
}

/* What was waited for has been found out. */
static void materials_found_out(femd_materials *materials, uint32_t material) {
    material_asked *asked = materials_at(materials, material);
    for (uint32_t i = 0; i < asked->count; i++) materials_tell(materials, material, &asked->asker[i]);
    asked->count = 0;
    batches_material(materials->batches, material);
}

static femd_status materials_add_asker(material_asked *asked, const material_asker *asker, femd_error *err) {
    if (asked->count == asked->room) {
        uint32_t room = asked->room ? 2 * asked->room : 4;
        material_asker *fresh = realloc(asked->asker, room * sizeof *fresh);
        if (!fresh) return femd_fail(err, FEMD_NO_MEMORY, "no memory for a material");
        asked->asker = fresh;
        asked->room = room;
    }
    asked->asker[asked->count++] = *asker;
    return FEMD_OK;
}

static int materials_still_opening(const femd_materials *materials, uint32_t material) {
    for (uint32_t worker = roster_next_worker(materials->roster, FEMD_NIL); worker;
         worker = roster_next_worker(materials->roster, worker)) {
        const femd_opening opening = catalogue_opening(materials->catalogue, material, worker);
        if (opening != OPENING_FAILED && opening != OPENING_LATER) return 1;
    }
    return 0;
}

/* All workers that are here have failed to open it, and none is to try again. */
static int materials_is_hopeless(const femd_materials *materials, uint32_t material) {
    return !catalogue_is_ready(materials->catalogue, material) && roster_workers(materials->roster) &&
           catalogue_failure(materials->catalogue, material)->code != FEMD_OK &&
           !materials_still_opening(materials, material);
}

/* A client asks again for one that has failed for a reason that may have passed. */
static void materials_forgive(femd_materials *materials, uint32_t material) {
    material_asked *asked = materials_at(materials, material);
    const int ready = catalogue_is_ready(materials->catalogue, material);
    if (ready > 0) return;
    if (ready < 0) {
        if (catalogue_failure(materials->catalogue, material)->code != FEMD_POISON ||
            materials->common->now - asked->given_up < poison_time)
            return;
        asked->losses = 0;
        catalogue_set_open(materials->catalogue, material);
    }
    materials_offer(materials, material);
}

uint32_t materials_forgive_all(femd_materials *materials) {
    uint32_t count = 0;
    for (uint32_t material = 1; material <= catalogue_last(materials->catalogue); material++) {
        if (!catalogue_is_awake(materials->catalogue, material) ||
            catalogue_is_ready(materials->catalogue, material) >= 0 ||
            catalogue_failure(materials->catalogue, material)->code != FEMD_POISON)
            continue;
        materials_at(materials, material)->given_up = materials->common->now - poison_time;
        materials_forgive(materials, material);
        count++;
    }
    return count;
}

/* Answers that are kept for other runs say little without their material. */
static void materials_keep(femd_materials *materials, const femd_bytes *pack) {
    femd_buffer bytes = outbox_take(materials->outbox);
    if (!materials->common->config.recall || femd_buffer_append(&bytes, pack->data, pack->size, NULL) != FEMD_OK) {
        outbox_recycle(materials->outbox, &bytes);
        return;
    }
    outbox_record(materials->outbox, &(femd_annal){.kind = ANNAL_MATERIAL, .bytes = *pack});
    outbox_keep(materials->outbox, FEMD_ACTION_KEEP_MATERIAL, &bytes);
}

static femd_status materials_add(femd_materials *materials, const femd_hash *id, const femd_bytes *pack,
                                 uint32_t *material, femd_error *err) {
    *material = catalogue_find(materials->catalogue, id);
    if (femd_limits_room(&materials->common->limits, pack->size, "a material", NULL) != FEMD_OK)
        ledger_trim(materials->ledger, 0); /* what is remembered gives way, and the materials that sleep for its sake */
    FEMD_TRY(*material ? catalogue_wake(materials->catalogue, *material, pack, err)
                       : catalogue_add(materials->catalogue, id, pack, material, err));
    if (!femd_rows_reach(&materials->asked, *material)) {
        common_no_memory(materials->common);
        return femd_fail(err, FEMD_NO_MEMORY, "no memory for a material");
    }
    materials_begin_asking(materials, *material);
    materials_keep(materials, pack);
    return FEMD_OK;
}

static int materials_is_here(const femd_materials *materials, uint32_t material) {
    return material && catalogue_is_awake(materials->catalogue, material);
}

femd_status materials_restore(femd_materials *materials, const femd_bytes *bytes, femd_error *err) {
    femd_pack pack;
    femd_hash id;
    uint32_t material;
    if (femd_pack_decode(bytes->data, bytes->size, &pack, err) != FEMD_OK)
        return femd_fail(err, FEMD_BAD_INPUT, "a material of the journal is damaged");
    femd_pack_id(bytes->data, bytes->size, &id);
    if (materials_is_here(materials, catalogue_find(materials->catalogue, &id))) return FEMD_OK;
    FEMD_TRY(materials_add(materials, &id, bytes, &material, err));
    materials->restored = 1;
    materials_offer(materials, material);
    return FEMD_OK;
}

femd_status materials_register(femd_materials *materials, uint32_t client, const femd_frame *frame, femd_error *err) {
    femd_pack pack;
    FEMD_TRY(femd_pack_decode(frame->body.data, frame->body.size, &pack, err));
    FEMD_TRY(femd_material_check_bare(&pack, err));
    femd_hash id;
    femd_pack_id(frame->body.data, frame->body.size, &id);
    uint32_t material = catalogue_find(materials->catalogue, &id);
    if (!materials_is_here(materials, material)) {
        FEMD_TRY(materials_add(materials, &id, &frame->body, &material, err));
        runs_use(materials->runs, client, material);
        materials_offer(materials, material);
    } else {
        runs_use(materials->runs, client, material);
        materials_forgive(materials, material);
    }
    const material_asker asker = {client, frame->id};
    if (materials_is_hopeless(materials, material)) {
        const femd_error failure = *catalogue_failure(materials->catalogue, material);
        catalogue_set_failed(materials->catalogue, material, &failure);
        materials_tell(materials, material, &asker);
        catalogue_set_open(materials->catalogue, material); /* for workers that come */
        return FEMD_OK;
    }
    if (!catalogue_is_ready(materials->catalogue, material))
        return materials_add_asker(materials_at(materials, material), &asker, err);
    materials_tell(materials, material, &asker);
    return FEMD_OK;
}

/* ---- from workers ---- */

static int materials_is_final(int status) {
    return status == FEMD_BAD_INPUT || status == FEMD_UNSUPPORTED || status == FEMD_OUT_OF_DOMAIN;
}

/* What a capability says of answers must be the same at all workers. How many points an engine likes to be given at
 * once is no such thing: no answer depends on it. */
static int materials_same_answers(const femd_capabilities *one, const femd_capabilities *other) {
    return one->wants == other->wants && one->inputs == other->inputs && one->controls == other->controls &&
           one->mixed == other->mixed && one->carriers == other->carriers && one->engine == other->engine;
}

static void materials_could_open(femd_materials *materials, uint32_t material, uint32_t worker,
                                 const femd_ready *said) {
    femd_catalogue *catalogue = materials->catalogue;
    const int known = catalogue_is_ready(catalogue, material) > 0;
    if (known && !materials_same_answers(catalogue_caps(catalogue, material), &said->caps)) {
        common_log(materials->common, FEMD_LOG_WARNING,
                   "worker %llu has other capabilities for a material than the first one; it gets no task of it",
                   (unsigned long long)roster_number(materials->roster, worker));
        catalogue_set_opening(catalogue, material, worker, OPENING_FAILED);
        return;
    }
    materials_learn_opening(materials, material);
    if (!catalogue_set_opening(catalogue, material, worker, OPENING_DONE) || known) return;
    catalogue_set_ready(catalogue, material, said);
    materials_found_out(materials, material);
}

/* ---- failures that may pass ---- */

static void materials_try_later(femd_materials *materials, uint32_t material) {
    material_asked *asked = materials_at(materials, material);
    if (isfinite(asked->again_at)) return;
    asked->wait = asked->wait > 0 ? fmin(2 * asked->wait, wait_most) : wait_first;
    asked->again_at = materials->common->now + asked->wait;
    materials->next_due = fmin(materials->next_due, asked->again_at);
}

void materials_tick(femd_materials *materials) {
    materials->next_due = INFINITY;
    for (uint32_t material = 1; material <= catalogue_last(materials->catalogue); material++) {
        if (!catalogue_is_awake(materials->catalogue, material)) continue;
        material_asked *asked = materials_at(materials, material);
        if (materials->common->now >= asked->again_at) {
            asked->again_at = INFINITY;
            materials_try_again(materials, material);
        }
        if (materials->common->now >= asked->more_at) materials_offer_more(materials, material);
        materials->next_due = fmin(materials->next_due, fmin(asked->again_at, asked->more_at));
    }
}

static int materials_may_pass(const femd_materials *materials, uint32_t material) {
    for (uint32_t worker = roster_next_worker(materials->roster, FEMD_NIL); worker;
         worker = roster_next_worker(materials->roster, worker))
        if (catalogue_opening(materials->catalogue, material, worker) == OPENING_LATER) return 1;
    return 0;
}

/* 1 if what some worker has met may pass, so that it is too early for clients to be told. */
static int materials_wait(femd_materials *materials, uint32_t material) {
    material_asked *asked = materials_at(materials, material);
    const int may_pass = materials_may_pass(materials, material);
    if (materials_still_opening(materials, material)) {
        if (may_pass) materials_try_later(materials, material);
        return 1;
    }
    if (!may_pass || ++asked->rounds >= ROUNDS_MAX) return 0;
    materials_try_later(materials, material);
    return 1;
}

/* Bad input is the same everywhere, and REFUSED stays so at this worker. Anything else may be the fault of the worker
 * and may pass, so all must have failed, several times. Then clients are told, and who asks again has it tried again.
 */
static void materials_could_not_open(femd_materials *materials, uint32_t material, uint32_t worker,
                                     const femd_ready *said) {
    const int final = materials_is_final(said->status), stays = final || said->status == FEMD_REFUSED;
    material_asked *asked = materials_at(materials, material);
    catalogue_set_opening(materials->catalogue, material, worker, stays ? OPENING_FAILED : OPENING_LATER);
    common_log(materials->common, FEMD_LOG_WARNING, "worker %llu cannot open a material: %s",
               (unsigned long long)roster_number(materials->roster, worker), said->text);
    if (catalogue_is_ready(materials->catalogue, material) < 0) return;
    if (!final) materials_offer_next(materials, material);
    if (!final && materials_wait(materials, material)) return;
    if (catalogue_is_ready(materials->catalogue, material)) return;
    femd_error failure = FEMD_ERROR_INIT;
    femd_fail(&failure, (femd_status)said->status, "%s", said->text);
    catalogue_set_failed(materials->catalogue, material, &failure);
    asked->rounds = 0;
    asked->wait = 0;
    materials_found_out(materials, material);
    if (!final) catalogue_set_open(materials->catalogue, material);
}

femd_status materials_opened(femd_materials *materials, uint32_t worker, const femd_frame *frame, femd_error *err) {
    femd_ready said;
    FEMD_TRY(femd_ready_decode(frame, &said, err));
    const uint32_t material = catalogue_find(materials->catalogue, &said.material);
    const femd_opening opening = material ? catalogue_opening(materials->catalogue, material, worker) : OPENING_NO;
    if (opening == OPENING_DONE) return FEMD_OK; /* said twice */
    roster_progressed(materials->roster, worker);
    if (opening == OPENING_SENT) roster_pay(materials->roster, worker);
    if (!materials_is_here(materials, material)) {
        if (said.status == FEMD_OK) materials_drop(materials, &said.material, worker);
        if (material) materials_unsend(materials, material, worker);
        return FEMD_OK;
    }
    if (opening != OPENING_SENT && said.status != FEMD_OK) return FEMD_OK;
    if (said.status == FEMD_OK)
        materials_could_open(materials, material, worker, &said);
    else
        materials_could_not_open(materials, material, worker, &said);
    return FEMD_OK;
}

/* ---- peers that go ---- */

/* Whether another host still tries it. */
static int materials_opens_elsewhere(const femd_materials *materials, uint32_t material, uint32_t gone) {
    const uint32_t host = deaths_host_of(materials->deaths, gone);
    for (uint32_t worker = roster_next_worker(materials->roster, FEMD_NIL); worker;
         worker = roster_next_worker(materials->roster, worker))
        if (worker != gone && deaths_host_of(materials->deaths, worker) != host &&
            (catalogue_opening(materials->catalogue, material, worker) == OPENING_SENT ||
             catalogue_opening(materials->catalogue, material, worker) == OPENING_NO))
            return 1;
    return 0;
}

/* Deaths that may be its fault: nobody is unlucky all the time. */
static uint32_t materials_count_deaths(const femd_materials *materials, const material_asked *asked, int *hosts) {
    uint32_t counted = 0, excused = 0, first = 0;
    *hosts = 0;
    for (uint32_t i = 0; i < asked->losses; i++) {
        if (!deaths_counts(materials->deaths, asked->loss[i].death) && excused++ < EXCUSES_MAX) continue;
        if (!counted++) first = asked->loss[i].host;
        if (!*hosts || (*hosts == 1 && asked->loss[i].host != first)) ++*hosts;
    }
    return counted;
}

/* A process that hangs and comes back has not ended twice. */
static int materials_has_lost(const femd_materials *materials, const material_asked *asked, uint32_t worker) {
    const uint32_t host = deaths_host_of(materials->deaths, worker), pid = roster_hello(materials->roster, worker)->pid;
    for (uint32_t i = 0; pid && i < asked->losses; i++)
        if (asked->loss[i].pid == pid && asked->loss[i].host == host) return 1;
    return 0;
}

static void materials_blame(femd_materials *materials, uint32_t material, uint32_t worker, uint32_t death) {
    material_asked *asked = materials_at(materials, material);
    int hosts;
    if (catalogue_is_ready(materials->catalogue, material)) return;
    if (materials_has_lost(materials, asked, worker)) {
        materials_offer_next(materials, material);
        return;
    }
    asked->loss[asked->losses].death = death;
    asked->loss[asked->losses].pid = roster_hello(materials->roster, worker)->pid;
    asked->loss[asked->losses++].host = deaths_host_of(materials->deaths, worker);
    const uint32_t counted = materials_count_deaths(materials, asked, &hosts);
    if (asked->losses < LOSSES_MAX &&
        (counted < DEATHS_MAX || (hosts == 1 && materials_opens_elsewhere(materials, material, worker)))) {
        materials_offer_next(materials, material);
        return;
    }
    femd_error failure = FEMD_ERROR_INIT;
    femd_fail(&failure, FEMD_POISON, "%u workers ended while they opened this material", asked->losses);
    catalogue_set_failed(materials->catalogue, material, &failure);
    asked->given_up = materials->common->now;
    common_log(materials->common, FEMD_LOG_ERROR, "%s", failure.text);
    materials_found_out(materials, material);
}

void materials_peer_gone(femd_materials *materials, uint32_t peer, uint32_t death) {
    for (uint32_t material = 1; material <= catalogue_last(materials->catalogue); material++) {
        const int opening = catalogue_opening(materials->catalogue, material, peer) == OPENING_SENT;
        const int awake = catalogue_is_awake(materials->catalogue, material);
        if (opening)
            catalogue_set_opening(materials->catalogue, material, peer, OPENING_FAILED); /* not offered to it */
        if (opening && awake && death) materials_blame(materials, material, peer, death);
        if (opening && awake && !death) materials_offer_next(materials, material);
        catalogue_set_opening(materials->catalogue, material, peer, OPENING_NO);
        if (!awake) {
            catalogue_forget(materials->catalogue, material);
            continue;
        }
        material_asked *asked = materials_at(materials, material);
        uint32_t kept = 0;
        for (uint32_t i = 0; i < asked->count; i++)
            if (asked->asker[i].client != peer) asked->asker[kept++] = asked->asker[i];
        asked->count = kept;
    }
}
