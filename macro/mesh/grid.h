/* The mesh as one rank has it: its cells, its nodes, their numbers in the whole mesh. Fields lay their entries out over
 * it; it knows none of them, nor any answer of a point. */
#ifndef FEMD_GRID_H
#define FEMD_GRID_H

#include <petscdmplex.h>

#include "case/case.h"
#include "element/element.h"

typedef struct femd_grid {
    MPI_Comm comm;
    PetscMPIInt rank, size;
    femd_element_table table;
    /* Topology without overlap; a label "surface:NAME" for each surface that the boundary names; its section has one
     * entry at each node, whose offset is the number of the node on this rank. */
    DM dm;
    PetscInt ncells;     /* local */
    PetscInt cell_start; /* plex point of local cell 0 */
    uint64_t *cell_file; /* number of each local cell in the mesh file */
    int *cell_material;  /* index in case->material */
    int nparts;          /* of the whole mesh that share no node */
    int nhinged;         /* bodies of it that hang together along an edge or at a node only */
    int nbodies;         /* whose cells share faces, numbered; parts where there are very many of them */
    int nhinges;
    struct femd_mesh_hinge *hinge; /* nhinges, on all ranks: where they hang together; owned */
    int *cell_body;                /* of each local cell */
    PetscInt nnodes;               /* local, shared ones included */
    PetscInt *cell_node;           /* ncells x nodes of the element, VTK order */
    double *node_x;                /* nnodes x 3, reference position, m */
    uint64_t *node_file; /* number of each node, 0..N-1, whatever the number of ranks: vertices in the order of the
                            mesh, then those on edges, on faces, in cells */
    uint8_t *node_owned; /* 1 on exactly one rank */
} femd_grid;

/* Read or make the mesh of the case, check it, share it among the ranks and number its nodes. BAD_INPUT for all that is
 * wrong with it; the words are the same on all ranks. Collective. */
FEMD_MUST_CHECK femd_status femd_grid_create(MPI_Comm comm, const femd_case *cs, femd_grid **grid, femd_error *err);
/* Accepts NULL inside. */
void femd_grid_destroy(femd_grid **grid);

/* Plex points of this rank that belong to a named surface: its vertices, edges and faces. *is may become NULL (none
 * here). */
FEMD_MUST_CHECK femd_status femd_grid_surface(const femd_grid *grid, const char *name, IS *is, PetscInt *n,
                                              const PetscInt **point, femd_error *err);
FEMD_MUST_CHECK femd_status femd_grid_surface_release(IS *is, const PetscInt **point, femd_error *err);
/* The node at a plex point, -1 if it carries none. */
FEMD_MUST_CHECK femd_status femd_grid_node(const femd_grid *grid, PetscInt point, PetscInt *node, femd_error *err);
/* A face of a named surface, on the outside of the body: the local cell it belongs to and which of its sides it is;
 * *cell = -1 for what is no face, or lies between two cells, or belongs to another rank's cell. */
FEMD_MUST_CHECK femd_status femd_grid_face(const femd_grid *grid, PetscInt point, PetscInt *cell, int *side,
                                           femd_error *err);

#endif
