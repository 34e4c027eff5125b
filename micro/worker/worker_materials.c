/* The worker's materials. What an instance takes is seen on the heap, before and after: no engine needs to say it. It
 * grows as it is used, so it is looked at again when another material has its turn, at the first few turns and then
 * rarely. */
#include "worker/worker_materials.h"

#include <malloc.h>
#include <stdlib.h>

typedef struct held_material {
    femd_hash id;
    void *pack; /* owned */
    size_t size;
    femd_material *instance; /* owned */
    size_t bytes;            /* of the instance */
    uint32_t at_once;        /* points that the engine likes at once, at least 1 */
    uint32_t turns;          /* times that it was used after another one */
    uint64_t used;           /* tick of the last use */
} held_material;

struct worker_materials {
    held_material *at; /* owned */
    size_t count, room;
    size_t limit, bytes; /* bytes: of all packs and instances */
    uint64_t tick;
    femd_hash turn;   /* whose turn it is */
    size_t turn_heap; /* bytes on the heap when it began; 0: not looked at */
};

femd_status worker_materials_create(size_t limit, worker_materials **materials, femd_error *err) {
    *materials = calloc(1, sizeof **materials);
    if (!*materials) return femd_fail(err, FEMD_NO_MEMORY, "out of memory");
    (*materials)->limit = limit;
    return FEMD_OK;
}

static size_t heap_bytes(void) {
    const struct mallinfo2 info = mallinfo2();
    return info.uordblks + info.hblkhd;
}

static void held_forget(worker_materials *materials, held_material *held) {
    materials->bytes -= held->size + held->bytes;
    if (femd_hash_equal(&held->id, &materials->turn)) materials->turn_heap = 0;
    femd_material_close(&held->instance);
    free(held->pack);
    *held = materials->at[--materials->count];
}

void worker_materials_destroy(worker_materials **materials) {
    if (!materials || !*materials) return;
    while ((*materials)->count) held_forget(*materials, &(*materials)->at[0]);
    free((*materials)->at);
    free(*materials);
    *materials = NULL;
}

static held_material *held_find(const worker_materials *materials, const femd_hash *id) {
    for (size_t i = 0; i < materials->count; i++)
        if (femd_hash_equal(&materials->at[i].id, id)) return &materials->at[i];
    return NULL;
}

/* ---- what they take ---- */

static void held_grew(worker_materials *materials, held_material *held, size_t before, size_t after) {
    const size_t bytes = after > before ? held->bytes + (after - before) : held->bytes;
    materials->bytes += bytes - held->bytes;
    held->bytes = bytes;
}

static int held_is_looked_at(const held_material *held) {
    return held->turns < 4 || (held->turns & (held->turns - 1)) == 0;
}

static void held_takes_turn(worker_materials *materials, held_material *held) {
    if (femd_hash_equal(&held->id, &materials->turn)) return;
    held_material *last = held_find(materials, &materials->turn);
    if (last && materials->turn_heap) held_grew(materials, last, materials->turn_heap, heap_bytes());
    materials->turn = held->id;
    held->turns++;
    materials->turn_heap = held_is_looked_at(held) ? heap_bytes() : 0;
}

/* ---- given, used, dropped ---- */

static held_material *held_place(worker_materials *materials) {
    if (materials->count == materials->room) {
        const size_t room = materials->room ? 2 * materials->room : 8;
        held_material *fresh = realloc(materials->at, room * sizeof *fresh);
        if (!fresh) return NULL;
        materials->at = fresh;
        materials->room = room;
    }
    return &materials->at[materials->count];
}

static femd_status held_open(worker_materials *materials, held_material *held, const void *pack, femd_error *err) {
    const size_t before = heap_bytes();
    held->pack = malloc(held->size ? held->size : 1);
    if (!held->pack) return femd_fail(err, FEMD_NO_MEMORY, "out of memory for a material of %zu bytes", held->size);
    memcpy(held->pack, pack, held->size);
    const femd_status rc = femd_material_open(held->pack, held->size, &held->instance, err);
    if (rc != FEMD_OK) {
        free(held->pack);
        return rc;
    }
    const uint32_t batch = femd_material_capabilities(held->instance)->batch;
    held->at_once = batch > 1 ? batch : 1;
    materials->count++;
    materials->bytes += held->size;
    const size_t after = heap_bytes();
    held_grew(materials, held, before, after > held->size ? after - held->size : 0);
    return FEMD_OK;
}

femd_status worker_materials_add(worker_materials *materials, const void *pack, size_t size, femd_hash *id,
                                 femd_material **material, femd_error *err) {
    *material = NULL;
    femd_pack_id(pack, size, id);
    held_material *held = held_find(materials, id);
    if (!held) {
        held = held_place(materials);
        if (!held) return femd_fail(err, FEMD_NO_MEMORY, "out of memory for a material of %zu bytes", size);
        *held = (held_material){.id = *id, .size = size};
        FEMD_TRY(held_open(materials, held, pack, err));
    }
    held->used = ++materials->tick;
    *material = held->instance;
    return FEMD_OK;
}

femd_status worker_materials_get(worker_materials *materials, const femd_hash *id, femd_material **material,
                                 femd_error *err) {
    *material = NULL;
    held_material *held = held_find(materials, id);
    if (!held) return femd_fail(err, FEMD_MATERIAL_LOST, "the material of a task is not held by this worker");
    held->used = ++materials->tick;
    held_takes_turn(materials, held);
    *material = held->instance;
    return FEMD_OK;
}

uint32_t worker_materials_at_once(const worker_materials *materials, const femd_hash *id) {
    const held_material *held = held_find(materials, id);
    return held ? held->at_once : 1;
}

int worker_materials_drop(worker_materials *materials, const femd_hash *id) {
    held_material *held = held_find(materials, id);
    if (held) held_forget(materials, held);
    return held != NULL;
}

int worker_materials_make_room(worker_materials *materials, int (*needed)(void *user, const femd_hash *id), void *user,
                               int all, femd_hash *id) {
    if (!all && materials->bytes <= materials->limit) return 0;
    held_material *oldest = NULL;
    for (size_t i = 0; i < materials->count; i++) {
        held_material *held = &materials->at[i];
        if (held->used == materials->tick || needed(user, &held->id)) continue;
        if (!oldest || held->used < oldest->used) oldest = held;
    }
    if (!oldest) return 0;
    *id = oldest->id;
    held_forget(materials, oldest);
    return 1;
}

femd_status worker_materials_each(const worker_materials *materials,
                                  femd_status (*call)(void *user, const femd_hash *id, const femd_material *material,
                                                      femd_error *err),
                                  void *user, femd_error *err) {
    for (size_t i = 0; i < materials->count; i++)
        FEMD_TRY(call(user, &materials->at[i].id, materials->at[i].instance, err));
    return FEMD_OK;
}

size_t worker_materials_bytes(const worker_materials *materials) {
    return materials->bytes;
}
