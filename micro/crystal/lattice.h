/* Crystals by the name of their lattice. */
#ifndef FEMD_LATTICE_H
#define FEMD_LATTICE_H

#include "crystal/structure.h"
#include "femd/json.h"

/* The crystal of a "structure" object with a "lattice", oriented and repeated, into *atoms, which knows its species and
 * has no atoms yet. */
FEMD_MUST_CHECK femd_status femd_lattice_fill(const femd_json *doc, const cJSON *structure, femd_structure *atoms,
                                              femd_error *err);

#endif
