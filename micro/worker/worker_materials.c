/* The worker's materials. Packs outlive instances: an instance that was closed to make room is opened again from its
 * pack and answers with the same bits, since its caches only hold what follows from (material, state_in). */
#include "worker/worker_materials.h"

#include <stdlib.h>

typedef struct entry {
    femd_hash id;
    void *pack; /* owned; NULL: a free entry */
    size_t size;
    femd_material *instance; /* owned; NULL: closed */
    uint64_t used;           /* tick of the last use */
} entry;

struct worker_materials {
    entry entry[WORKER_PACKS_MAX];
    uint64_t tick;
};

femd_status worker_materials_create(worker_materials **m, femd_error *err) {
    *m = calloc(1, sizeof **m);
    return *m ? FEMD_OK : femd_fail(err, FEMD_NO_MEMORY, "out of memory");
}

static void forget(entry *e) {
    femd_material_close(&e->instance);
    free(e->pack);
    *e = (entry){0};
}

void worker_materials_destroy(worker_materials **m) {
    if (!m || !*m) return;
    for (int i = 0; i < WORKER_PACKS_MAX; i++) forget(&(*m)->entry[i]);
    free(*m);
    *m = NULL;
}

static entry *find(worker_materials *m, const femd_hash *id) {
    for (int i = 0; i < WORKER_PACKS_MAX; i++)
        if (m->entry[i].pack && femd_hash_equal(&m->entry[i].id, id)) return &m->entry[i];
    return NULL;
}

/* A free entry, or else the longest unused one, emptied. */
static entry *make_entry(worker_materials *m) {
    entry *oldest = &m->entry[0];
    for (int i = 0; i < WORKER_PACKS_MAX; i++) {
        if (!m->entry[i].pack) return &m->entry[i];
        if (m->entry[i].used < oldest->used) oldest = &m->entry[i];
    }
    forget(oldest);
    return oldest;
}

static void make_room(worker_materials *m) {
    int open = 0;
    entry *oldest = NULL;
    for (int i = 0; i < WORKER_PACKS_MAX; i++) {
        entry *e = &m->entry[i];
        if (!e->instance) continue;
        open++;
        if (!oldest || e->used < oldest->used) oldest = e;
    }
    if (open >= WORKER_OPEN_MAX) femd_material_close(&oldest->instance);
}

static femd_status open_entry(worker_materials *m, entry *e, femd_material **material, femd_error *err) {
    e->used = ++m->tick;
    if (!e->instance) {
        make_room(m);
        FEMD_TRY(femd_material_open(e->pack, e->size, &e->instance, err));
    }
    *material = e->instance;
    return FEMD_OK;
}

femd_status worker_materials_add(worker_materials *m, const void *pack, size_t size, femd_hash *id,
                                 femd_material **material, femd_error *err) {
    *material = NULL;
    femd_pack_id(pack, size, id);
    entry *e = find(m, id);
    if (e) return open_entry(m, e, material, err);
    void *copy = malloc(size ? size : 1);
    if (!copy) return femd_fail(err, FEMD_NO_MEMORY, "out of memory for a material of %zu bytes", size);
    memcpy(copy, pack, size);
    e = make_entry(m);
    *e = (entry){.id = *id, .pack = copy, .size = size};
    femd_status rc = open_entry(m, e, material, err);
    if (rc != FEMD_OK) forget(e);
    return rc;
}

femd_status worker_materials_get(worker_materials *m, const femd_hash *id, femd_material **material, femd_error *err) {
    *material = NULL;
    entry *e = find(m, id);
    if (!e) return femd_fail(err, FEMD_UNSUPPORTED, "the material of a task was never given to this worker");
    return open_entry(m, e, material, err);
}
