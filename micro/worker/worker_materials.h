/* The materials a worker has been given: encoded packs, and the engine instances opened from them, within a bound of
 * bytes. */
#ifndef FEMD_WORKER_MATERIALS_H
#define FEMD_WORKER_MATERIALS_H

#include "micro.h"

typedef struct worker_materials worker_materials;

/* limit: bytes of packs and instances; the material that was used last is held whatever it takes. */
FEMD_MUST_CHECK femd_status worker_materials_create(size_t limit, worker_materials **materials, femd_error *err);
void worker_materials_destroy(worker_materials **materials);
/* Keep a pack and open it; *id is its hash in any case. A failure has the engine's words and keeps nothing. */
FEMD_MUST_CHECK femd_status worker_materials_add(worker_materials *materials, const void *pack, size_t size,
                                                 femd_hash *id, femd_material **material, femd_error *err);
/* The open instance of a material that was added; valid until it is dropped. MATERIAL_LOST if it is not held. */
FEMD_MUST_CHECK femd_status worker_materials_get(worker_materials *materials, const femd_hash *id,
                                                 femd_material **material, femd_error *err);
/* How many points the material's engine likes to be given at once, at least 1; 1 for a material that is not held. */
uint32_t worker_materials_at_once(const worker_materials *materials, const femd_hash *id);
/* 1 if it was held. */
int worker_materials_drop(worker_materials *materials, const femd_hash *id);
/* The longest unused one if they take more than the bound, and one more goes: it is dropped, and *id named. `needed`
 * says which must stay. 0 if nothing is to go, or nothing can. `all`: whatever the bound. */
int worker_materials_make_room(worker_materials *materials, int (*needed)(void *user, const femd_hash *id), void *user,
                               int all, femd_hash *id);
/* Each of them, until a call fails. */
FEMD_MUST_CHECK femd_status worker_materials_each(const worker_materials *materials,
                                                  femd_status (*call)(void *user, const femd_hash *id,
                                                                      const femd_material *material, femd_error *err),
                                                  void *user, femd_error *err);
size_t worker_materials_bytes(const worker_materials *materials);

#endif
