/* Which rotations, mirrors and inversions along the axes carry a periodic RVE onto itself, cell and atoms: what every
 * mean over it must respect, whatever is sampled. The vibrations of a cell know its own shape, so that a crystal's
 * symmetry counts only as far as the cell has it. */
#ifndef FEMD_POINT_GROUP_H
#define FEMD_POINT_GROUP_H

#include "femd/error.h"

enum { FEMD_POINT_GROUP_MAX = 48 };

typedef struct femd_point_group {
    int count; /* at least 1 */
    struct femd_signed_axes {
        int axis[3], sign[3]; /* axis a is carried to sign[a] times axis[a] */
    } operation[FEMD_POINT_GROUP_MAX];
} femd_point_group;

/* Of n atoms x (n x 3) in the cell h (rows), within `tolerance` (angstrom), by trying all 48; the time goes with n^2 at
 * most. NO_MEMORY. */
FEMD_MUST_CHECK femd_status femd_point_group_find(const double h[9], int n, const double *x, const int *species,
                                                  double tolerance, femd_point_group *group, femd_error *err);
/* The mean of a symmetric tensor (Voigt, shears of either convention) over the group. */
void femd_point_group_project(const femd_point_group *group, double v[6]);

#endif
