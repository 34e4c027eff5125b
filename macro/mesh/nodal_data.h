/* Values (temperatures, pressures) that a Gmsh file has at its nodes ($NodeData), of one or several times. The nodes
 * are known by where they are, so that the file may have another order, or be of a box. Knows no ranks. */
#ifndef FEMD_NODAL_DATA_H
#define FEMD_NODAL_DATA_H

#include "case/case.h"

typedef struct femd_nodal_data {
    size_t n, ntimes;
    double *x;     /* n x 3, m, in rising order of the first coordinate */
    double *time;  /* ntimes, rising */
    double *value; /* ntimes x n, in SI; NAN: the file has none there */
} femd_nodal_data;

/* What is read: where it stands in a case, and how it is called there. */
typedef enum femd_nodal_what {
    FEMD_NODAL_TEMPERATURE, /* of the points, prescribed */
    FEMD_NODAL_INITIAL,     /* heat.initial, of one time */
    FEMD_NODAL_PRESSURE,    /* of the points */
    FEMD_NODALS
} femd_nodal_what;
const femd_case_nodal *femd_nodal_of(const femd_case *cs, femd_nodal_what what);
const char *femd_nodal_key(femd_nodal_what what);
const char *femd_nodal_noun(femd_nodal_what what);

/* Read the file that the case names for it. BAD_INPUT with the key for what is no such file, or has no such values. */
FEMD_MUST_CHECK femd_status femd_nodal_data_read(const femd_case *cs, femd_nodal_what what, femd_nodal_data *data,
                                                 femd_error *err);
void femd_nodal_data_clear(femd_nodal_data *data);
/* The node within `near` of x, n if there is none. */
size_t femd_nodal_data_find(const femd_nodal_data *data, const double x[3], double near);

#endif
