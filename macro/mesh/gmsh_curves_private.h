/* Cells of a Gmsh file whose nodes behind the corners are not where a straight cell has them. */
#ifndef FEMD_GMSH_CURVES_PRIVATE_H
#define FEMD_GMSH_CURVES_PRIVATE_H

#include "mesh/gmsh_file.h"
#include "mesh/mesh.h"

/* mesh->curved, unless the case straightens. The cells and vertices of the mesh must be there; element_of[cell] is its
 * place in the file. BAD_INPUT if the element of the case has straight edges, which enclose another volume, and if one
 * edge has two middles. */
FEMD_MUST_CHECK femd_status gmsh_take_curves(const femd_case *cs, const femd_gmsh_file *file, femd_mesh *mesh,
                                             const size_t *element_of, femd_error *err);

#endif
