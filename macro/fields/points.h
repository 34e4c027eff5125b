/* The quadrature points of the local cells: storage, geometry, commit. */
#ifndef FEMD_POINTS_H
#define FEMD_POINTS_H

#include "element/element.h"
#include "fields/problem.h"

/* Storage for n points, virgin: F = I, what output.wants asks as in wanted.h, all else zero. NO_MEMORY. */
FEMD_MUST_CHECK femd_status femd_points_create(PetscInt n, PetscInt per_cell, uint32_t wants, femd_points **pt,
                                               femd_error *err);
void femd_points_destroy(femd_points **pt);
/* Where point 0 is, on all ranks. Collective. */
FEMD_MUST_CHECK femd_status femd_points_first_place(MPI_Comm comm, const femd_points *pt, double x[FEMD_SPACE],
                                                    femd_error *err);
/* The tentative arrays become the committed ones. */
void femd_points_commit(femd_points *pt);
/* What output.wants asks: the committed arrays become the tentative ones, before the answers of a step come. */
void femd_points_recall(femd_points *pt);
/* Positions, weights, numbers and materials of the points of p, and the gradients of the shape functions at each. Once
 * for all fields. */
FEMD_MUST_CHECK femd_status femd_points_place(femd_problem *p, femd_error *err);

#endif
