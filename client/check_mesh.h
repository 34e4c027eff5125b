/* The mesh of a case as femd check shows it, read and refused as the solver reads and refuses it. */
#ifndef FEMD_CLIENT_CHECK_MESH_H
#define FEMD_CLIENT_CHECK_MESH_H

#include <stdint.h>

#include "mesh/mesh_memory.h"

typedef struct check_mesh {
    femd_mesh mesh;
    femd_mesh_measure measure;
    uint64_t *points; /* of each material of the case */
} check_mesh;

/* Read or make the mesh and refuse what the solver refuses of it. */
FEMD_MUST_CHECK femd_status check_mesh_open(const femd_case *c, check_mesh *m, femd_error *err);
void check_mesh_close(check_mesh *m);
/* Its extent in sensible units, parts, groups, worst cell; what is told of a thin body of first-order cells. */
void check_mesh_print(const femd_case *c, const check_mesh *m);

/* The mesh of the case, unchecked; the caller clears it also after a failure. */
FEMD_MUST_CHECK femd_status check_mesh_read(const femd_case *c, femd_mesh *mesh, femd_error *err);
/* Cells of the mesh of the case. */
FEMD_MUST_CHECK femd_status check_mesh_cells(const femd_case *c, uint64_t *cells, femd_error *err);

#endif
