/* Defects of a structure by recipe. */
#ifndef FEMD_DEFECTS_H
#define FEMD_DEFECTS_H

#include "crystal/structure.h"
#include "femd/json.h"

/* Voids, vacancies, substitution, displacements of the "structure" object, in that order. */
FEMD_MUST_CHECK femd_status femd_defects_apply(const femd_json *doc, const cJSON *structure, femd_structure *atoms,
                                               femd_error *err);

#endif
