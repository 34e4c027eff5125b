/* The catalogue of materials. */
#include "catalogue.h"

#include <stdlib.h>
#include <string.h>

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
    uint32_t opening_room, opened;
    double cost;
} material;

struct femd_catalogue {
    femd_common *common;
    femd_slab materials;
    femd_table by_id;
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
    uint8_t *copy = malloc(pack->size);
    *number = copy ? femd_slab_take(&catalogue->materials) : FEMD_NIL;
    if (!*number || !femd_table_put(&catalogue->by_id, id, *number)) {
        if (*number) common_no_memory(catalogue->common);
        free(copy);
        return femd_fail(err, FEMD_NO_MEMORY, "no memory for a material of %zu bytes", pack->size);
    }
    memcpy(copy, pack->data, pack->size);
    material *entry = catalogue_at(catalogue, *number);
    entry->id = *id;
    entry->pack = copy;
    entry->size = pack->size;
    femd_limits_add(&catalogue->common->limits, BYTES_MATERIALS, pack->size);
    return FEMD_OK;
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
    entry->opening[worker] = (uint8_t)opening;
    return 1;
}

int catalogue_is_open(const femd_catalogue *catalogue, uint32_t number, uint32_t worker) {
    return catalogue_opening(catalogue, number, worker) == OPENING_DONE;
}

uint32_t catalogue_opened(const femd_catalogue *catalogue, uint32_t number) {
    return catalogue_at(catalogue, number)->opened;
}

uint32_t catalogue_is_opening(const femd_catalogue *catalogue, uint32_t worker) {
    uint32_t count = 0;
    for (uint32_t number = 1; number <= catalogue->materials.end; number++)
        count += catalogue_opening(catalogue, number, worker) == OPENING_SENT;
    return count;
}
