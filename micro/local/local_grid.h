/* A grid of cells that fills the periodic cell of the atoms and goes with it: n[k] equal slabs along lattice vector k.
 * Units and the convention of cells are those of crystal/structure.h.
 *
 * Owns where an atom counts and where a segment is cut. A place has the coordinates u, in cells from the grid's origin;
 * cell m along one direction is m <= u < m + 1. A coordinate nearer than FEMD_LOCAL_SNAP to a plane is put on it, once
 * for each atom: round-off, which differs from image to image in a perfect lattice whose atoms lie on the planes, then
 * decides nothing. */
#ifndef FEMD_LOCAL_GRID_H
#define FEMD_LOCAL_GRID_H

#include <stddef.h>

#include "femd/error.h"

#define FEMD_LOCAL_SNAP 1e-9
enum { FEMD_LOCAL_CELLS_MAX = 262144 };

typedef struct femd_local_grid {
    int n[3];
    size_t cells;
    double h[9], inverse[9]; /* lattice vectors as rows; x = s h */
    double origin[3];        /* angstrom: corner of the cell (0, 0, 0) */
    double volume;           /* of one cell, angstrom^3 */
} femd_local_grid;

/* LIMIT beyond FEMD_LOCAL_CELLS_MAX cells, BAD_INPUT if n is not positive or h is no right-handed cell. */
FEMD_MUST_CHECK femd_status femd_local_grid_set(femd_local_grid *grid, const int n[3], const double h[9],
                                                const double origin[3], femd_error *err);
/* The smallest n with which no cell is wider than `spacing` (angstrom) across its faces. */
void femd_local_grid_counts(const double h[9], double spacing, int n[3]);
void femd_local_coordinates(const femd_local_grid *grid, const double x[3], double u[3]);
/* The cell of these indices, periodically. The first runs fastest. */
size_t femd_local_cell(const femd_local_grid *grid, const int at[3]);

/* The way along a straight segment from cell to cell. Between coordinates that FEMD_LOCAL_SNAP has seen it begins in
 * the cell of the one end, ends in that of the other, and takes each plane between them once. */
typedef struct femd_local_walk {
    int at[3], left[3], step[3];
    double from[3], per[3], done;
    int over;
} femd_local_walk;

/* A stretch of it, as fractions of the whole, within one cell. */
typedef struct femd_local_piece {
    int at[3];
    double begin, end; /* the ends of all follow each other from 0 to 1 */
    int crosses, step; /* at its end it crosses a plane of this direction, upwards (1) or downwards (-1); -1: its end */
} femd_local_piece;

void femd_local_walk_begin(femd_local_walk *walk, const double from[3], const double to[3]);
/* 1, or 0 after the last piece. */
int femd_local_walk_next(femd_local_walk *walk, femd_local_piece *piece);

#endif
