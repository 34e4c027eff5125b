/* Materials: encoded packs by id, which worker has opened which, what they can answer. Each goes to every worker, those
 * there and those that come later; clients are told when the first worker has opened it, or why none can. */
#ifndef FEMD_SERVER_MATERIALS_H
#define FEMD_SERVER_MATERIALS_H

#include "inner.h"

const femd_hash *materials_name(const void *item);
uint32_t materials_find(const femd_core *c, const femd_hash *id);
/* A MATERIAL frame of a client. */
FEMD_MUST_CHECK femd_status materials_register(femd_core *c, uint32_t client, const femd_frame *f, femd_error *err);
/* A MATERIAL_READY frame of a worker. */
FEMD_MUST_CHECK femd_status materials_opened(femd_core *c, uint32_t worker, const femd_frame *f, femd_error *err);
/* A worker is there: send it all materials. A peer is gone: forget what it opened or asked; with blame, a material that
 * three workers did not survive opening is given up. */
void materials_worker_here(femd_core *c, uint32_t worker);
void materials_peer_gone(femd_core *c, uint32_t peer_number, int blame);
/* 1 if the worker can evaluate the material. */
int materials_is_open(const femd_core *c, uint32_t m, uint32_t worker);
void materials_clear(femd_core *c);

#endif
