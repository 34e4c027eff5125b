/* How many volume elements a Gmsh file has: enough to say what a case will cost, without reading the mesh. */
#ifndef FEMD_CLIENT_MESH_COUNT_H
#define FEMD_CLIENT_MESH_COUNT_H

#include <stdint.h>

#include "femd/error.h"

/* Count tetrahedra and hexahedra of any order in a Gmsh file: 2.2 or 4.1, text, or 4.1 binary. BAD_INPUT for anything
 * else. */
FEMD_MUST_CHECK femd_status mesh_count(const char *path, uint64_t *tetrahedra, uint64_t *hexahedra, femd_error *err);

#endif
