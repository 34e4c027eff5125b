/* The catalogue of materials. */
#include "catalogue.h"

#include <stdlib.h>
#include <string.h>

enum { FEW = 4 };
static const double patience = 5; /* s that work waits for a worker that opens its material */

typedef struct material {
    femd_slot slot;
    femd_hash id;
    uint8_t *pack; /* owned */
    size_t size;
    int ready;
    femd_error failure;
    femd_capabilities caps;
    char remarks[sizeof((femd_ready *)0)->text];
    uint8_t *opening; /* by worker; owned */
    uint32_t opening_room, opened, sent;
    uint32_t users;   /* runs that use it */
    uint32_t records; /* evaluations of it in the ledger */
    double sent_at;   /* to a worker, the last time */
    double cost;
    double opening_cost;
} material;

struct femd_catalogue {
    femd_common *common;
    femd_slab materials;
    femd_table by_id;
    uint32_t awake, unused;
};

static const femd_hash *catalogue_name(const void *item) {
    return &((const material *)item)->id;
}

static material *catalogue_at(const femd_catalogue *catalogue, uint32_t number) {
    return femd_slab_at(&catalogue->materials, number);
}

femd_catalogue *catalogue_create(femd_common *common) {
    femd_catalogue *catalogue = calloc(1, sizeof *catalogue);
    if (!catalogue) return NULL;
    catalogue->common = common;
    femd_slab_init(&catalogue->materials, sizeof(material));
    femd_table_init(&catalogue->by_id, &catalogue->materials, catalogue_name);
    return catalogue;
}

void catalogue_destroy(femd_catalogue **catalogue) {
    if (!*catalogue) return;
    for (uint32_t number = 1; number <= (*catalogue)->materials.end; number++) {
        free(catalogue_at(*catalogue, number)->pack);
        free(catalogue_at(*catalogue, number)->opening);
    }
    femd_slab_clear(&(*catalogue)->materials);
    femd_table_clear(&(*catalogue)->by_id);
    free(*catalogue);
    *catalogue = NULL;
}

uint32_t catalogue_find(const femd_catalogue *catalogue, const femd_hash *id) {
    return femd_table_find(&catalogue->by_id, id);
}

uint32_t catalogue_last(const femd_catalogue *catalogue) {
    return catalogue->materials.end;
}

femd_status catalogue_add(femd_catalogue *catalogue, const femd_hash *id, const femd_bytes *pack, uint32_t *number,
                          femd_error *err) {
    FEMD_TRY(femd_limits_room(&catalogue->common->limits, pack->size, "a material", err));
    *number = femd_slab_take(&catalogue->materials);
    if (!*number || !femd_table_put(&catalogue->by_id, id, *number)) {
        common_no_memory(catalogue->common);
        return femd_fail(err, FEMD_NO_MEMORY, "no memory for a material of %zu bytes", pack->size);
    }
    catalogue_at(catalogue, *number)->id = *id;
    femd_status rc = catalogue_wake(catalogue, *number, pack, err);
    if (rc != FEMD_OK) catalogue_forget(catalogue, *number);
    return rc;
}

/* ---- how long it lives ---- */

femd_status catalogue_wake(femd_catalogue *catalogue, uint32_t number, const femd_bytes *pack, femd_error *err) {
    material *entry = catalogue_at(catalogue, number);
    FEMD_TRY(femd_limits_room(&catalogue->common->limits, pack->size, "a material", err));
    entry->pack = malloc(pack->size ? pack->size : 1);
    if (!entry->pack) return femd_fail(err, FEMD_NO_MEMORY, "no memory for a material of %zu bytes", pack->size);
    memcpy(entry->pack, pack->data, pack->size);
    entry->size = pack->size;
    if (entry->ready < 0) entry->ready = 0;
    catalogue->awake++;
    if (!entry->users) catalogue->unused++;
    femd_limits_add(&catalogue->common->limits, BYTES_MATERIALS, pack->size);
    return FEMD_OK;
}

int catalogue_is_awake(const femd_catalogue *catalogue, uint32_t number) {
    return catalogue_at(catalogue, number)->pack != NULL;
}

void catalogue_sleep(femd_catalogue *catalogue, uint32_t number) {
    material *entry = catalogue_at(catalogue, number);
    if (!entry->pack) return;
    femd_limits_sub(&catalogue->common->limits, BYTES_MATERIALS, entry->size);
    free(entry->pack);
    entry->pack = NULL;
    entry->size = 0;
    catalogue->awake--;
    if (!entry->users) catalogue->unused--;
}

void catalogue_forget(femd_catalogue *catalogue, uint32_t number) {
    material *entry = catalogue_at(catalogue, number);
    if (femd_hash_is_zero(&entry->id) || entry->pack || entry->users || entry->records || entry->sent) return;
    femd_table_remove(&catalogue->by_id, &entry->id, number);
    free(entry->opening);
    const femd_slot slot = entry->slot;
    memset(entry, 0, sizeof *entry);
    entry->slot = slot;
    femd_slab_give(&catalogue->materials, number);
}

void catalogue_use(femd_catalogue *catalogue, uint32_t number) {
    material *entry = catalogue_at(catalogue, number);
    if (entry->users++ == 0 && entry->pack) catalogue->unused--;
}

void catalogue_leave(femd_catalogue *catalogue, uint32_t number) {
    material *entry = catalogue_at(catalogue, number);
    if (--entry->users == 0 && entry->pack) catalogue->unused++;
}

int catalogue_is_used(const femd_catalogue *catalogue, uint32_t number) {
    return catalogue_at(catalogue, number)->users > 0;
}

void catalogue_record(femd_catalogue *catalogue, uint32_t number) {
    catalogue_at(catalogue, number)->records++;
}

void catalogue_unrecord(femd_catalogue *catalogue, uint32_t number) {
    catalogue_at(catalogue, number)->records--;
    catalogue_forget(catalogue, number);
}

uint32_t catalogue_awake(const femd_catalogue *catalogue) {
    return catalogue->awake;
}

int catalogue_has_few(const femd_catalogue *catalogue) {
    return catalogue->awake <= FEW;
}

uint32_t catalogue_unused(const femd_catalogue *catalogue) {
    return catalogue->unused;
}

int catalogue_audit(const femd_catalogue *catalogue, const uint32_t *records, const uint32_t *users, femd_error *err) {
    uint64_t bytes = 0;
    uint32_t awake = 0, unused = 0, live = 0;
    for (uint32_t number = 1; number <= catalogue->materials.end; number++) {
        const material *entry = catalogue_at(catalogue, number);
        live += !femd_hash_is_zero(&entry->id);
        awake += entry->pack != NULL;
        unused += entry->pack && !entry->users;
        bytes += entry->size;
        FEMD_CLAIM(entry->records == records[number], "material %u counts %u evaluations, %u are known", number,
                   entry->records, records[number]);
        FEMD_CLAIM(entry->users == users[number], "material %u counts %u runs, %u are known", number, entry->users,
                   users[number]);
        FEMD_CLAIM(!entry->users || entry->pack, "material %u of a run has no pack", number);
    }
    FEMD_CLAIM(live == catalogue->materials.live, "%u materials have a name, %u are live", live,
               catalogue->materials.live);
    FEMD_CLAIM(awake == catalogue->awake && unused == catalogue->unused, "materials: packs are miscounted");
    FEMD_CLAIM(bytes == catalogue->common->limits.held[BYTES_MATERIALS], "materials: bytes do not add up");
    return 0;
}

const femd_hash *catalogue_id(const femd_catalogue *catalogue, uint32_t number) {
    return &catalogue_at(catalogue, number)->id;
}

femd_bytes catalogue_pack(const femd_catalogue *catalogue, uint32_t number) {
    const material *entry = catalogue_at(catalogue, number);
    return (femd_bytes){entry->pack, entry->size};
}

/* ---- what it can answer, or why it cannot ---- */

int catalogue_is_ready(const femd_catalogue *catalogue, uint32_t number) {
    return catalogue_at(catalogue, number)->ready;
}

const femd_error *catalogue_failure(const femd_catalogue *catalogue, uint32_t number) {
    return &catalogue_at(catalogue, number)->failure;
}

const femd_capabilities *catalogue_caps(const femd_catalogue *catalogue, uint32_t number) {
    return &catalogue_at(catalogue, number)->caps;
}

const char *catalogue_remarks(const femd_catalogue *catalogue, uint32_t number) {
    return catalogue_at(catalogue, number)->remarks;
}

void catalogue_set_ready(femd_catalogue *catalogue, uint32_t number, const femd_ready *said) {
    material *entry = catalogue_at(catalogue, number);
    entry->ready = 1;
    entry->caps = said->caps;
    memcpy(entry->remarks, said->text, sizeof entry->remarks);
    femd_error_clear(&entry->failure);
}

void catalogue_set_failed(femd_catalogue *catalogue, uint32_t number, const femd_error *failure) {
    material *entry = catalogue_at(catalogue, number);
    entry->ready = -1;
    entry->failure = *failure;
}

void catalogue_set_open(femd_catalogue *catalogue, uint32_t number) {
    catalogue_at(catalogue, number)->ready = 0;
}

double catalogue_cost(const femd_catalogue *catalogue, uint32_t number) {
    return catalogue_at(catalogue, number)->cost;
}

void catalogue_learn_cost(femd_catalogue *catalogue, uint32_t number, double wall) {
    enum { SMOOTHING = 16 };
    material *entry = catalogue_at(catalogue, number);
    if (wall < 1e-7) wall = 1e-7;
    entry->cost = entry->cost > 0 ? entry->cost + (wall - entry->cost) / SMOOTHING : wall;
}

double catalogue_opening_cost(const femd_catalogue *catalogue, uint32_t number) {
    return catalogue_at(catalogue, number)->opening_cost;
}

void catalogue_learn_opening(femd_catalogue *catalogue, uint32_t number, double wall) {
    material *entry = catalogue_at(catalogue, number);
    if (entry->opening_cost == 0 || wall < entry->opening_cost) entry->opening_cost = wall > 1e-6 ? wall : 1e-6;
}

/* ---- who has opened it ---- */

femd_opening catalogue_opening(const femd_catalogue *catalogue, uint32_t number, uint32_t worker) {
    const material *entry = catalogue_at(catalogue, number);
    return worker < entry->opening_room ? (femd_opening)entry->opening[worker] : OPENING_NO;
}

int catalogue_set_opening(femd_catalogue *catalogue, uint32_t number, uint32_t worker, femd_opening opening) {
    material *entry = catalogue_at(catalogue, number);
    if (worker >= entry->opening_room && opening == OPENING_NO) return 1;
    if (worker >= entry->opening_room) {
        uint32_t room = worker + 64;
        uint8_t *fresh = realloc(entry->opening, room);
        if (!fresh) {
            common_no_memory(catalogue->common);
            return 0;
        }
        memset(fresh + entry->opening_room, OPENING_NO, room - entry->opening_room);
        entry->opening = fresh;
        entry->opening_room = room;
    }
    if (entry->opening[worker] == OPENING_DONE) entry->opened--;
    if (opening == OPENING_DONE) entry->opened++;
    if (entry->opening[worker] == OPENING_SENT) entry->sent--;
    if (opening == OPENING_SENT) {
        entry->sent++;
        entry->sent_at = catalogue->common->now;
    }
    entry->opening[worker] = (uint8_t)opening;
    return 1;
}

int catalogue_is_open(const femd_catalogue *catalogue, uint32_t number, uint32_t worker) {
    return catalogue_opening(catalogue, number, worker) == OPENING_DONE;
}

uint32_t catalogue_opened(const femd_catalogue *catalogue, uint32_t number) {
    return catalogue_at(catalogue, number)->opened;
}

uint32_t catalogue_sent(const femd_catalogue *catalogue, uint32_t number) {
    return catalogue_at(catalogue, number)->sent;
}

int catalogue_may_open(const femd_catalogue *catalogue, uint32_t number, uint32_t worker) {
    const femd_opening opening = catalogue_opening(catalogue, number, worker);
    if (opening == OPENING_DONE) return 1;
    if (catalogue_has_few(catalogue)) return 0;
    const double since = catalogue->common->now - catalogue_at(catalogue, number)->sent_at;
    return opening == OPENING_NO || (opening == OPENING_SENT && since < patience);
}

uint32_t catalogue_is_opening(const femd_catalogue *catalogue, uint32_t worker) {
    uint32_t count = 0;
    for (uint32_t number = 1; number <= catalogue->materials.end; number++)
        count += catalogue_opening(catalogue, number, worker) == OPENING_SENT;
    return count;
}
