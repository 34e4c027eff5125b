/* What the parts of a boundary condition share: boundary.c reads and tells it, boundary_planes.c finds the atoms at the
 * faces, boundary_held.c is kubc, boundary_means.c are minimal and tubc. */
#ifndef FEMD_BOUNDARY_PRIVATE_H
#define FEMD_BOUNDARY_PRIVATE_H

#include "rve/boundary.h"

/* Bits of face[i]: atom i is in the first (2 k) or in the last (2 k + 1) `planes` planes along lattice vector k. turn
 * (3 per atom): lattice vectors that bring it between the first and the last plane. Sets boundary->count. */
FEMD_MUST_CHECK femd_status femd_boundary_faces(femd_boundary *boundary, const femd_structure *atoms,
                                                unsigned char *face, int *turn, femd_error *err);
/* The sublattice of each atom with face[i] != 0 into boundary->group (-1 of the others), their number and sizes. */
FEMD_MUST_CHECK femd_status femd_boundary_sublattices(femd_boundary *boundary, const femd_structure *atoms,
                                                      const unsigned char *face, femd_neighbours *nb, femd_error *err);

/* Fill the condition from the atoms at the faces and their sublattices. */
FEMD_MUST_CHECK femd_status femd_boundary_hold(femd_boundary *boundary, femd_error *err);
FEMD_MUST_CHECK femd_status femd_boundary_mean(femd_boundary *boundary, const unsigned char *face, femd_error *err);
void femd_boundary_project_held(const femd_boundary *boundary, double *v);
void femd_boundary_project_means(const femd_boundary *boundary, double *v);

#endif
