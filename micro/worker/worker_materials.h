/* The materials a worker has been given: encoded packs, and the engine instances opened from them. */
#ifndef FEMD_WORKER_MATERIALS_H
#define FEMD_WORKER_MATERIALS_H

#include "micro.h"

#define WORKER_PACKS_MAX 64 /* packs kept */
#define WORKER_OPEN_MAX  8  /* instances open at a time */

typedef struct worker_materials worker_materials;

FEMD_MUST_CHECK femd_status worker_materials_create(worker_materials **materials, femd_error *err);
void worker_materials_destroy(worker_materials **materials);
/* Keep a pack and open it; *id is its hash in any case. A failure has the engine's words and keeps nothing. */
FEMD_MUST_CHECK femd_status worker_materials_add(worker_materials *materials, const void *pack, size_t size,
                                                 femd_hash *id, femd_material **material, femd_error *err);
/* The open instance of a material that was added, opened anew if it had to make room. An instance stays valid until the
 * next add or get. UNSUPPORTED if its pack is not held. */
FEMD_MUST_CHECK femd_status worker_materials_get(worker_materials *materials, const femd_hash *id,
                                                 femd_material **material, femd_error *err);
/* How many points the material's engine likes to be given at once, at least 1; 1 for a material that is not held. */
uint32_t worker_materials_at_once(const worker_materials *materials, const femd_hash *id);

#endif
