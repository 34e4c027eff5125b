/* What the points of a cell say together, as the cell arrays of a VTK file. Opens no file. */
#ifndef FEMD_CELL_FIELDS_H
#define FEMD_CELL_FIELDS_H

#include "fields/problem.h"
#include "results/vtu.h"

enum { FEMD_CELL_ARRAYS_MAX = 24 + 2 * FEMD_QUANTITIES };

typedef struct femd_cell_fields femd_cell_fields;

/* Averages of the committed points of each local cell. NO_MEMORY. */
FEMD_MUST_CHECK femd_status femd_cell_fields_create(const femd_problem *p, femd_cell_fields **fields, femd_error *err);
void femd_cell_fields_destroy(femd_cell_fields **fields);
/* Which arrays a file has, the same on all ranks: at most FEMD_CELL_ARRAYS_MAX, which borrow from fields. Returns how
 * many. */
size_t femd_cell_fields_list(const femd_problem *p, const femd_cell_fields *fields, femd_vtu_array *array);

#endif
