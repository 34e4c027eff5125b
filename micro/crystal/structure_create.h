/* A structure from its description: a lattice or a file, then defects. */
#ifndef FEMD_STRUCTURE_CREATE_H
#define FEMD_STRUCTURE_CREATE_H

#include "crystal/structure.h"
#include "femd/json.h"
#include "femd/pack.h"

/* From the material's "structure" object; its files are in the pack. Deterministic: defects are drawn from their own
 * seed. *atoms is the caller's, for femd_structure_clear; empty after a failure. */
FEMD_MUST_CHECK femd_status femd_structure_create(const femd_json *doc, const cJSON *structure, const femd_pack *pack,
                                                  femd_structure *atoms, femd_error *err);

#endif
