/* The sides of all cells, in an order in which those of the same corners follow each other: what is outside, and what
 * lies between two cells. For the checks and measures of a whole mesh. */
#ifndef FEMD_MESH_SIDES_H
#define FEMD_MESH_SIDES_H

#include "mesh/mesh.h"

/* Side `side` of a cell; its corners ascending, -1 before the first of a triangle. */
typedef struct femd_mesh_side {
    int corner[FEMD_FACE_CORNERS], cell, side;
} femd_mesh_side;

/* All sides (ncells x faces of the cell), ascending by their corners, then by cell and side. The caller frees *side.
 * NO_MEMORY. */
FEMD_MUST_CHECK femd_status femd_mesh_sides(const femd_mesh *mesh, const femd_cell *cell, femd_mesh_side **side,
                                            size_t *n, femd_error *err);
/* Behind the last side that has the corners of side i. */
size_t femd_mesh_sides_next(const femd_mesh_side *side, size_t n, size_t i);
/* The first side that has these corners (FEMD_FACE_CORNERS vertices in any order, -1 for none); NULL: no cell has. */
const femd_mesh_side *femd_mesh_sides_find(const femd_mesh_side *side, size_t n, const int *corner);

#endif
