/* output.local of a case: whether fields can be made of its points, before anything runs. */
#ifndef FEMD_CLIENT_CHECK_LOCAL_H
#define FEMD_CLIENT_CHECK_LOCAL_H

#include "mesh/mesh.h"
#include "models.h"

/* Make the fields of each material of a point of output.local once, of its atoms at rest. BAD_INPUT with words where
 * there are none: no atoms, no states, a potential whose forces are not taken apart, a grid of too many cells, samples
 * of what is at rest. A point that is not there is left to the solver. */
FEMD_MUST_CHECK femd_status check_local(const femd_case *c, const femd_mesh *mesh, const model *models,
                                        femd_error *err);
/* The same with the mesh read here, where the case has such points; a mesh that cannot be read is left to the solver.
 */
FEMD_MUST_CHECK femd_status check_local_alone(const femd_case *c, const model *models, femd_error *err);

#endif
