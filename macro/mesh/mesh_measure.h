/* What can be said of a mesh before anything runs: its extent, the sizes of its groups, its worst cell, how thin it is.
 * For people (`femd check`); the solver uses none of it. */
#ifndef FEMD_MESH_MEASURE_H
#define FEMD_MESH_MEASURE_H

#include "mesh/mesh.h"

typedef struct femd_mesh_group {
    int n;         /* cells of a region, faces of a surface */
    int strangers; /* of these faces: no face of a cell */
    double size;   /* m^3, m^2; curved ones as they are */
} femd_mesh_group;

typedef struct femd_mesh_measure {
    double low[3], high[3]; /* m, of all nodes */
    double volume, outside; /* m^3; m^2 of the faces of one cell only */
    int nparts, nfaces;     /* parts that share no node; different faces */
    femd_mesh_joint joint;
    femd_mesh_doubled doubled;
    femd_mesh_gap gap;
    int worst; /* cell of the worst shape, its centre and shape: 1 regular, 0 flat, below that inverted */
    double worst_at[3], worst_shape;
    /* The part that is thinnest for its length: about its thickness and length, m, and the mean of the longest edges of
     * its cells. */
    double thickness, length, edge;
    femd_mesh_group *region, *surface; /* as many as the mesh has */
} femd_mesh_measure;

/* The mesh need not have passed any check. NO_MEMORY. */
FEMD_MUST_CHECK femd_status femd_mesh_measure_create(const femd_case *cs, const femd_mesh *mesh, femd_mesh_measure *m,
                                                     femd_error *err);
void femd_mesh_measure_clear(femd_mesh_measure *m);
/* By what part a body of that thickness bends too stiffly, if its element is of first order and its cells have edges of
 * that length: (1/2) (edge / thickness)^2 of hexahedra, whose parasitic shear it is, about 1.3 times the square of
 * tetrahedra (measured). 0 for other elements. */
double femd_mesh_locking(const femd_element *element, double edge, double thickness);

#endif
