/* How much memory the solver of a case will take. For people (`femd check`); nothing is allotted by it. */
#ifndef FEMD_MESH_MEMORY_H
#define FEMD_MESH_MEMORY_H

#include "mesh/mesh_measure.h"

/* Nodes of the case's elements in a mesh. */
double femd_mesh_nodes(const femd_case *cs, const femd_mesh *mesh, const femd_mesh_measure *m);
/* 1 if the case's equations are solved directly, by choice or because some of its nodes follow others. */
int femd_mesh_is_solved_directly(const femd_case *cs);
/* 1 if displacement and pressure are solved for together, and directly since they are few. */
int femd_mesh_pair_is_direct(const femd_case *cs, const femd_mesh *mesh, const femd_mesh_measure *m);
/* Peak of the solver's memory on one rank, B: fitted to what one step of cubes and of bars 12 times as long as thick
 * has taken, of 750 to 162,000 points, which it meets within 5 % (physics thermal and periodic faces: 10 %). */
double femd_mesh_memory(const femd_case *cs, const femd_mesh *mesh, const femd_mesh_measure *m);

#endif
