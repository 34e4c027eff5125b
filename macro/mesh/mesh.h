/* The mesh before it is distributed: plain arrays on rank 0, made from a box or read from a Gmsh file, checked, and
 * then handed to a DMPlex. Cells in the order of the file, corners in VTK order, straight edges. */
#ifndef FEMD_MESH_H
#define FEMD_MESH_H

#include <petscdmplex.h>

#include "case/case.h"

typedef char femd_mesh_name[FEMD_NAME_MAX];

typedef struct femd_mesh {
    int corners; /* of every cell: of the element's shape */
    PetscInt ncells, nvertices;
    PetscInt *cell; /* ncells x corners */
    double *x;      /* nvertices x 3, m */
    int nregions, nsurfaces;
    femd_mesh_name *region, *surface;
    PetscInt ninregion; /* (cell, region) pairs */
    PetscInt *region_cell;
    int *region_of;
    PetscInt nfaces;   /* faces that belong to a named surface */
    PetscInt *face;    /* nfaces x FEMD_FACE_CORNERS vertices, -1 behind the last */
    int *face_surface; /* nfaces */
    int groups_lost;   /* a Gmsh file without the section that says who is in which group */
    const char *title; /* file name or "the box", for messages; borrowed */
} femd_mesh;

void femd_mesh_clear(femd_mesh *mesh);

/* Box of the case: each block cut into cells of the element's shape; interior vertices moved by the seeded distortion.
 */
FEMD_MUST_CHECK femd_status femd_mesh_box(const femd_case *cs, femd_mesh *mesh, femd_error *err);
/* The Gmsh file of the case. BAD_INPUT for a file that cannot be read or holds other cells than the element wants. */
FEMD_MUST_CHECK femd_status femd_mesh_gmsh(const femd_case *cs, femd_mesh *mesh, femd_error *err);
/* BAD_INPUT with the number of the first cell that is inverted or flat. */
FEMD_MUST_CHECK femd_status femd_mesh_check(const femd_case *cs, const femd_mesh *mesh, femd_error *err);
/* Material of every cell (ncells): a named region beats "all". BAD_INPUT for unknown regions, cells with none or two.
 */
FEMD_MUST_CHECK femd_status femd_mesh_materials(const femd_case *cs, const femd_mesh *mesh, int *material,
                                                femd_error *err);
/* BAD_INPUT for a boundary entry whose surface is not in the mesh or has no faces. */
FEMD_MUST_CHECK femd_status femd_mesh_surfaces(const femd_case *cs, const femd_mesh *mesh, femd_error *err);

/* Parts of the mesh that share no node, numbered in the order of their first cells: part of every cell (ncells). */
FEMD_MUST_CHECK femd_status femd_mesh_parts(const femd_mesh *mesh, int *part, int *nparts, femd_error *err);

/* Cells of every rank: count (one per rank) and cells (ncells, those of rank 0 first). The same in every run. */
FEMD_MUST_CHECK femd_status femd_mesh_partition(const femd_mesh *mesh, int ranks, PetscInt *count, PetscInt *cells,
                                                femd_error *err);

/* Numbers that survive the distribution. */
typedef struct femd_mesh_origin {
    PetscInt first[4], count[4]; /* plex points of the whole mesh: vertices, edges, faces, cells */
    PetscInt *point;             /* number of every local plex point before the distribution; owned */
} femd_mesh_origin;

/* Vertices of a cell, face or edge in the order of its closure, at most FEMD_CELL_CORNERS. */
PetscErrorCode femd_mesh_vertices(DM dm, PetscInt point, PetscInt *vertex, int *n);
/* PETSc's word for the shape of a cell. */
DMPolytopeType femd_mesh_polytope(const femd_cell *cell);

/* DMPlex over all ranks with a label "surface:NAME" for each surface of the boundary, completed to edges and vertices.
 * Collective; mesh counts on rank 0 only. */
FEMD_MUST_CHECK femd_status femd_mesh_distribute(MPI_Comm comm, const femd_case *cs, const femd_mesh *mesh, DM *dm,
                                                 femd_mesh_origin *origin, femd_error *err);

#endif
