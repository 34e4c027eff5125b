/* The worker's materials. Packs outlive instances: an instance that was closed to make room is opened again from its
 * pack and answers with the same bits, since its caches only hold what follows from (material, state_in). */
#include "worker/worker_materials.h"

#include <stdlib.h>

typedef struct pack_entry {
    femd_hash id;
    void *pack; /* owned; NULL: a free entry */
    size_t size;
    femd_material *instance; /* owned; NULL: closed */
    uint32_t at_once;        /* points that the engine likes at once, at least 1; known since it was opened first */
    uint64_t used;           /* tick of the last use */
} pack_entry;

struct worker_materials {
    pack_entry entry[WORKER_PACKS_MAX];
    uint64_t tick;
};

femd_status worker_materials_create(worker_materials **materials, femd_error *err) {
    *materials = calloc(1, sizeof **materials);
    return *materials ? FEMD_OK : femd_fail(err, FEMD_NO_MEMORY, "out of memory");
}

static void pack_forget(pack_entry *entry) {
    femd_material_close(&entry->instance);
    free(entry->pack);
    *entry = (pack_entry){0};
}

void worker_materials_destroy(worker_materials **materials) {
    if (!materials || !*materials) return;
    for (int i = 0; i < WORKER_PACKS_MAX; i++) pack_forget(&(*materials)->entry[i]);
    free(*materials);
    *materials = NULL;
}

/* Its entry's number, or -1. */
static int pack_find(const worker_materials *materials, const femd_hash *id) {
    for (int i = 0; i < WORKER_PACKS_MAX; i++)
        if (materials->entry[i].pack && femd_hash_equal(&materials->entry[i].id, id)) return i;
    return -1;
}

/* A free entry, or else the longest unused one, emptied. */
static pack_entry *pack_place(worker_materials *materials) {
    pack_entry *oldest = &materials->entry[0];
    for (int i = 0; i < WORKER_PACKS_MAX; i++) {
        if (!materials->entry[i].pack) return &materials->entry[i];
        if (materials->entry[i].used < oldest->used) oldest = &materials->entry[i];
    }
    pack_forget(oldest);
    return oldest;
}

static void instances_make_room(worker_materials *materials) {
    int open = 0;
    pack_entry *oldest = NULL;
    for (int i = 0; i < WORKER_PACKS_MAX; i++) {
        pack_entry *entry = &materials->entry[i];
        if (!entry->instance) continue;
        open++;
        if (!oldest || entry->used < oldest->used) oldest = entry;
    }
    if (open >= WORKER_OPEN_MAX) femd_material_close(&oldest->instance);
}

static femd_status instance_open(worker_materials *materials, pack_entry *entry, femd_material **material,
                                 femd_error *err) {
    entry->used = ++materials->tick;
    if (!entry->instance) {
        instances_make_room(materials);
        FEMD_TRY(femd_material_open(entry->pack, entry->size, &entry->instance, err));
        const uint32_t batch = femd_material_capabilities(entry->instance)->batch;
        entry->at_once = batch > 1 ? batch : 1;
    }
    *material = entry->instance;
    return FEMD_OK;
}

femd_status worker_materials_add(worker_materials *materials, const void *pack, size_t size, femd_hash *id,
                                 femd_material **material, femd_error *err) {
    *material = NULL;
    femd_pack_id(pack, size, id);
    const int held = pack_find(materials, id);
    if (held >= 0) return instance_open(materials, &materials->entry[held], material, err);
    void *copy = malloc(size ? size : 1);
    if (!copy) return femd_fail(err, FEMD_NO_MEMORY, "out of memory for a material of %zu bytes", size);
    memcpy(copy, pack, size);
    pack_entry *entry = pack_place(materials);
    *entry = (pack_entry){.id = *id, .pack = copy, .size = size};
    femd_status rc = instance_open(materials, entry, material, err);
    if (rc != FEMD_OK) pack_forget(entry);
    return rc;
}

femd_status worker_materials_get(worker_materials *materials, const femd_hash *id, femd_material **material,
                                 femd_error *err) {
    *material = NULL;
    const int held = pack_find(materials, id);
    if (held < 0) return femd_fail(err, FEMD_UNSUPPORTED, "the material of a task was never given to this worker");
    return instance_open(materials, &materials->entry[held], material, err);
}

uint32_t worker_materials_at_once(const worker_materials *materials, const femd_hash *id) {
    const int held = pack_find(materials, id);
    return held < 0 ? 1 : materials->entry[held].at_once;
}
