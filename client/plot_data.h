/* What femd plot reads of a folder of results: history.csv and the fields of a step. Draws nothing. */
#ifndef FEMD_CLIENT_PLOT_DATA_H
#define FEMD_CLIENT_PLOT_DATA_H

#include <stddef.h>

#include "femd/buffer.h"
#include "femd/error.h"

/* history.csv: rows x columns, row 0 the virgin state with zeros. */
typedef struct plot_table {
    size_t columns, rows;
    char **name;   /* owned */
    double *value; /* owned */
} plot_table;

FEMD_MUST_CHECK femd_status plot_table_read(const char *folder, plot_table *t, femd_error *err);
void plot_table_clear(plot_table *t);
/* Number of a column, -1 if there is none. */
int plot_table_find(const plot_table *t, const char *name);
/* Largest difference of two rows of a column; nan counts for nothing. */
double plot_table_range(const plot_table *t, size_t column);
/* Columns that plot-load shows if nobody says: of a load curve, or of a path that turns back. -1: there is none. */
void plot_choose_axes(const plot_table *t, int *x, int *y);
/* SI unit by a column's name; "" for numbers without one. */
const char *plot_column_unit(const char *name);
/* What stands at an axis that shows the column, in words; a reaction is named by the legend. */
void plot_column_title(const plot_table *t, int column, char *text, size_t size);
/* Of a physics with heat? */
int plot_is_heat(const plot_table *t);

/* One step: the pieces of all ranks put together. */
typedef struct plot_fields {
    int step;
    size_t npoints, ncells;
    int cell_type, cell_points;
    double *x, *u; /* npoints x 3, in `unit`; u: displacement */
    int moves;     /* 0: the run has no displacements; u is zero */
    size_t *conn;  /* ncells x cell_points */
    double *value; /* of the field, one number each: its magnitude where it has more components, or one of these */
    double *error; /* one sigma of these, where there is such a field beside it; NULL: there is none */
    double *flow;  /* ncells x 3: heat flux, where the field is the temperature and cells have one; else NULL */
    int on_points; /* the field's values are on points, else on cells */
    char unit[16]; /* of lengths */
    char name[64]; /* of the field */
    int components;
} plot_fields;

/* Step `step` (-1: the last that has fields). axis 0 to 2: of fluxes the component along it, of tensors that on the
 * diagonal, with their errors; -1: magnitudes. BAD_INPUT with the names that there are if it has no such field. */
FEMD_MUST_CHECK femd_status plot_fields_read(const char *folder, int step, const char *field, int axis, plot_fields *f,
                                             femd_error *err);
void plot_fields_clear(plot_fields *f);
/* The same along an axis: the places on it, in order, with the mean of the values and the largest error there (0
 * without errors); arrays are the caller's. */
FEMD_MUST_CHECK femd_status plot_fields_along(const plot_fields *f, int axis, size_t *n, double **x, double **value,
                                              double **error, femd_error *err);

#endif
