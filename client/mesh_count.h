/* How many volume elements a Gmsh file has and what its physical groups are called: enough to say what a case will cost
 * and whether its names fit, without reading the mesh. */
#ifndef FEMD_CLIENT_MESH_COUNT_H
#define FEMD_CLIENT_MESH_COUNT_H

#include <stddef.h>
#include <stdint.h>

#include "case/case.h"
#include "femd/error.h"

/* Count tetrahedra and hexahedra of any order in a Gmsh file: 2.2 or 4.1, text, or 4.1 binary. BAD_INPUT for anything
 * else. */
FEMD_MUST_CHECK femd_status mesh_count(const char *path, uint64_t *tetrahedra, uint64_t *hexahedra, femd_error *err);

/* Cells of the case's mesh, of the kind that its element needs. BAD_INPUT if the mesh file has none. */
FEMD_MUST_CHECK femd_status mesh_cells(const femd_case *c, uint64_t *cells, femd_error *err);

/* *found = 1 if the file names a physical group of this dimension (2 surfaces, 3 volumes) so, or `name` is a number,
 * which may be that of a group without a name. names receives those that there are, as "a, b", or "none". */
FEMD_MUST_CHECK femd_status mesh_has_group(const char *path, int dimension, const char *name, int *found, char *names,
                                           size_t size, femd_error *err);

#endif
