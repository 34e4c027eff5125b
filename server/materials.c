/* Materials on their way to workers, and what becomes of them told to clients. */
#include "materials.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "femd/pack.h"

enum { DEATHS_MAX = 3 };

typedef struct material_asker { /* a client to tell */
    uint32_t client;
    uint64_t id; /* of its MATERIAL frame */
} material_asker;

typedef struct material_asked {
    uint32_t deaths;       /* workers that ended while opening it */
    material_asker *asker; /* owned */
    uint32_t count, room;
} material_asked;

struct femd_materials {
    femd_common *common;
    femd_roster *roster;
    femd_catalogue *catalogue;
    femd_outbox *outbox;
    femd_batches *batches;
    femd_rows asked; /* by material */
};

static material_asked *materials_at(const femd_materials *materials, uint32_t material) {
    return femd_rows_at(&materials->asked, material);
}

femd_materials *materials_create(femd_common *common, femd_roster *roster, femd_catalogue *catalogue,
                                 femd_outbox *outbox, femd_batches *batches) {
    femd_materials *materials = calloc(1, sizeof *materials);
    if (!materials) return NULL;
    materials->common = common;
    materials->roster = roster;
    materials->catalogue = catalogue;
    materials->outbox = outbox;
    materials->batches = batches;
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

/* ---- to workers ---- */

static void materials_send(femd_materials *materials, uint32_t material, uint32_t worker) {
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
}

void materials_worker_here(femd_materials *materials, uint32_t worker) {
    for (uint32_t material = 1; material <= catalogue_last(materials->catalogue); material++)
        if (catalogue_is_ready(materials->catalogue, material) >= 0) materials_send(materials, material, worker);
}

/* ---- to clients ---- */

static void materials_tell(femd_materials *materials, uint32_t material, const material_asker *asker) {
    femd_ready ready;
    memset(&ready, 0, sizeof ready);
    ready.material = *catalogue_id(materials->catalogue, material);
    ready.caps = *catalogue_caps(materials->catalogue, material);
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
static void materials_settle(femd_materials *materials, uint32_t material) {
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

femd_status materials_register(femd_materials *materials, uint32_t client, const femd_frame *frame, femd_error *err) {
    femd_pack pack;
    FEMD_TRY(femd_pack_decode(frame->body.data, frame->body.size, &pack, err));
    femd_hash id;
    femd_pack_id(frame->body.data, frame->body.size, &id);
    uint32_t material = catalogue_find(materials->catalogue, &id);
    if (!material) {
        FEMD_TRY(catalogue_add(materials->catalogue, &id, &frame->body, &material, err));
        if (!femd_rows_reach(&materials->asked, material)) {
            common_no_memory(materials->common);
            return femd_fail(err, FEMD_NO_MEMORY, "no memory for a material");
        }
        for (uint32_t worker = roster_next_worker(materials->roster, FEMD_NIL); worker;
             worker = roster_next_worker(materials->roster, worker))
            materials_send(materials, material, worker);
    }
    const material_asker asker = {client, frame->id};
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
           one->mixed == other->mixed && one->carriers == other->carriers;
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
    if (!catalogue_set_opening(catalogue, material, worker, OPENING_DONE) || known) return;
    catalogue_set_ready(catalogue, material, &said->caps);
    materials_settle(materials, material);
}

static int materials_still_opening(const femd_materials *materials, uint32_t material) {
    for (uint32_t worker = roster_next_worker(materials->roster, FEMD_NIL); worker;
         worker = roster_next_worker(materials->roster, worker))
        if (catalogue_opening(materials->catalogue, material, worker) != OPENING_FAILED) return 1;
    return 0;
}

/* Bad input is the same everywhere; anything else may be the fault of that worker, so all must have failed. Then
 * clients are told, and a worker that comes later may still manage. */
static void materials_could_not_open(femd_materials *materials, uint32_t material, uint32_t worker,
                                     const femd_ready *said) {
    catalogue_set_opening(materials->catalogue, material, worker, OPENING_FAILED);
    common_log(materials->common, FEMD_LOG_WARNING, "worker %llu cannot open a material: %s",
               (unsigned long long)roster_number(materials->roster, worker), said->text);
    if (catalogue_is_ready(materials->catalogue, material)) return;
    if (!materials_is_final(said->status) && materials_still_opening(materials, material)) return;
    femd_error failure = FEMD_ERROR_INIT;
    femd_fail(&failure, (femd_status)said->status, "%s", said->text);
    catalogue_set_failed(materials->catalogue, material, &failure);
    materials_settle(materials, material);
    if (!materials_is_final(said->status)) catalogue_set_open(materials->catalogue, material);
}

femd_status materials_opened(femd_materials *materials, uint32_t worker, const femd_frame *frame, femd_error *err) {
    femd_ready said;
    FEMD_TRY(femd_ready_decode(frame, &said, err));
    uint32_t material = catalogue_find(materials->catalogue, &said.material);
    if (!material) return femd_fail(err, FEMD_PROTOCOL, "MATERIAL_READY about a material that was not sent");
    if (catalogue_opening(materials->catalogue, material, worker) != OPENING_SENT) return FEMD_OK; /* said twice */
    roster_progressed(materials->roster, worker);
    if (said.status == FEMD_OK)
        materials_could_open(materials, material, worker, &said);
    else
        materials_could_not_open(materials, material, worker, &said);
    return FEMD_OK;
}

/* ---- peers that go ---- */

static void materials_blame(femd_materials *materials, uint32_t material) {
    if (catalogue_is_ready(materials->catalogue, material)) return;
    if (++materials_at(materials, material)->deaths < DEATHS_MAX) return;
    femd_error failure = FEMD_ERROR_INIT;
    femd_fail(&failure, FEMD_POISON, "%d workers ended while they opened this material", DEATHS_MAX);
    catalogue_set_failed(materials->catalogue, material, &failure);
    common_log(materials->common, FEMD_LOG_ERROR, "%s", failure.text);
    materials_settle(materials, material);
}

void materials_peer_gone(femd_materials *materials, uint32_t peer, int blame) {
    for (uint32_t material = 1; material <= catalogue_last(materials->catalogue); material++) {
        int opening = catalogue_opening(materials->catalogue, material, peer) == OPENING_SENT;
        catalogue_set_opening(materials->catalogue, material, peer, OPENING_NO);
        if (opening && blame) materials_blame(materials, material);
        material_asked *asked = materials_at(materials, material);
        uint32_t kept = 0;
        for (uint32_t i = 0; i < asked->count; i++)
            if (asked->asker[i].client != peer) asked->asker[kept++] = asked->asker[i];
        asked->count = kept;
    }
}
