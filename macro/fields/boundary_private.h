/* Shared by the files boundary*.c only. */
#ifndef FEMD_BOUNDARY_PRIVATE_H
#define FEMD_BOUNDARY_PRIVATE_H

#include "fields/boundary.h"

/* boundary_held.c. BAD_INPUT if a mode of the field is left free in a part of the mesh. now: springs of which an
 * expression makes nothing at the time set do not hold; else they may at some time, and do. Collective. */
FEMD_MUST_CHECK femd_status femd_boundary_check_held(const femd_field *field, const femd_boundary *bc, int now,
                                                     femd_error *err);

#endif
