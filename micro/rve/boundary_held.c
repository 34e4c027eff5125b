/* kubc: the atoms at the faces do not move, but for what their sublattices do against each other. */
#include "rve/boundary_private.h"

femd_status femd_boundary_hold(femd_boundary *boundary, femd_error *err) {
    if (boundary->held < boundary->atoms) return FEMD_OK;
    return femd_fail(
        err, FEMD_BAD_INPUT,
        "%d plane%s at each face leave none of its %d atoms free (%d, %d and %d planes): take a larger RVE, "
        "or the engine \"cauchy-born\", which holds all",
        boundary->planes, boundary->planes > 1 ? "s" : "", boundary->atoms, boundary->count[0], boundary->count[1],
        boundary->count[2]);
}

void femd_boundary_project_held(const femd_boundary *boundary, double *v) {
    double mean[FEMD_BOUNDARY_SUBLATTICES][3] = {{0}}, all[3] = {0, 0, 0};
    const int *group = boundary->group;
    if (boundary->sublattices > 1) {
        for (int i = 0; i < boundary->atoms; i++)
            for (int c = 0; group[i] >= 0 && c < 3; c++) {
                mean[group[i]][c] += v[3 * i + c];
                all[c] += v[3 * i + c] / boundary->held;
            }
        for (int g = 0; g < boundary->sublattices; g++)
            for (int c = 0; c < 3; c++) mean[g][c] = mean[g][c] / boundary->size[g] - all[c];
    }
    for (int i = 0; i < boundary->atoms; i++)
        for (int c = 0; group[i] >= 0 && c < 3; c++) v[3 * i + c] = mean[group[i]][c];
}
