/* Shared by the files boundary*.c only. */
#ifndef FEMD_BOUNDARY_PRIVATE_H
#define FEMD_BOUNDARY_PRIVATE_H

#include "fields/boundary.h"

/* boundary_held.c. BAD_INPUT if a mode of the field is left free in a part of the mesh. Collective. */
FEMD_MUST_CHECK femd_status femd_boundary_check_held(const femd_field *field, const femd_boundary *bc, femd_error *err);

#endif
