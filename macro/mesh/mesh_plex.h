/* The mesh of rank 0 handed to a DMPlex over all ranks. */
#ifndef FEMD_MESH_PLEX_H
#define FEMD_MESH_PLEX_H

#include <petscdmplex.h>

#include "mesh/mesh.h"

/* Label of the faces of named surfaces that lie between two cells, whichever rank has these. */
#define FEMD_MESH_INSIDE "inside"

/* Cells of every rank: count (one per rank) and cells (ncells, those of rank 0 first). The same in every run. */
FEMD_MUST_CHECK femd_status femd_mesh_partition(const femd_mesh *mesh, int ranks, PetscInt *count, PetscInt *cells,
                                                femd_error *err);

/* Numbers that survive the distribution. */
typedef struct femd_mesh_origin {
    PetscInt first[4], count[4]; /* plex points of the whole mesh: vertices, edges, faces, cells */
    PetscInt *point;             /* number of every local plex point before the distribution; owned */
    PetscInt ncurved;            /* edges of the whole mesh whose middle is not the mean of their ends */
    PetscInt *curved;            /* ncurved, plex points before the distribution, ascending; owned */
    double *middle;              /* ncurved x 3, m; owned */
} femd_mesh_origin;

void femd_mesh_origin_clear(femd_mesh_origin *origin);
/* Middle of the edge that was this plex point before the distribution, NULL if it is straight. */
const double *femd_mesh_origin_middle(const femd_mesh_origin *origin, PetscInt point);

/* Vertices of a cell, face or edge in the order of its closure, at most FEMD_CELL_CORNERS. */
PetscErrorCode femd_mesh_vertices(DM dm, PetscInt point, PetscInt *vertex, int *n);
/* The edge (n = 2) or face with these vertices, in whatever order; -1 if there is none. mesh_find.c */
PetscErrorCode femd_mesh_find(DM dm, int n, const PetscInt *vertex, PetscInt *point);
/* PETSc's word for the shape of a cell. */
DMPolytopeType femd_mesh_polytope(const femd_cell *cell);

/* DMPlex over all ranks with a label "surface:NAME" for each surface of the boundary, completed to edges and vertices.
 * Collective; mesh counts on rank 0 only. */
FEMD_MUST_CHECK femd_status femd_mesh_distribute(MPI_Comm comm, const femd_case *cs, const femd_mesh *mesh, DM *dm,
                                                 femd_mesh_origin *origin, femd_error *err);

#endif
