/* Is a quadratic tetrahedron the right way round everywhere? */
#ifndef FEMD_TETRAHEDRON_LEAST_PRIVATE_H
#define FEMD_TETRAHEDRON_LEAST_PRIVATE_H

#include "element/element.h"

/* `least` of femd_element_curved for a quadratic tetrahedron of these shape functions with nodes at x (10 x 3). */
double element_least_det(void (*shape)(const double at[4], double *n, double (*dn)[FEMD_SPACE]), const double *x,
                         double flat);

#endif
