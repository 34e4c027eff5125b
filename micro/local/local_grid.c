/* Cells of a grid and the way of a segment through them; see local_grid.h. */
#include "local/local_grid.h"

#include <math.h>
#include <string.h>

#include "femd/tensor3.h"

femd_status femd_local_grid_set(femd_local_grid *grid, const int n[3], const double h[9], const double origin[3],
                                femd_error *err) {
    const double det = femd_det3(h);
    double cells = 1;
    if (!(det > 0)) return femd_fail(err, FEMD_BAD_INPUT, "a grid in a cell of volume %g", det);
    for (int k = 0; k < 3; k++) {
        if (n[k] < 1) return femd_fail(err, FEMD_BAD_INPUT, "a grid of %d x %d x %d cells", n[0], n[1], n[2]);
        cells *= n[k];
    }
    if (cells > FEMD_LOCAL_CELLS_MAX)
        return femd_fail(err, FEMD_LIMIT, "a grid of %d x %d x %d cells: at most %d in all", n[0], n[1], n[2],
                         FEMD_LOCAL_CELLS_MAX);
    *grid = (femd_local_grid){.n = {n[0], n[1], n[2]}, .cells = (size_t)cells, .volume = det / cells};
    memcpy(grid->h, h, sizeof grid->h);
    memcpy(grid->origin, origin, sizeof grid->origin);
    femd_adjugate3(h, grid->inverse);
    for (int c = 0; c < 9; c++) grid->inverse[c] /= det;
    return FEMD_OK;
}

void femd_local_grid_counts(const double h[9], double spacing, int n[3]) {
    const double det = femd_det3(h);
    for (int k = 0; k < 3; k++) {
        double face[3];
        femd_cross3(h + 3 * ((k + 1) % 3), h + 3 * ((k + 2) % 3), face);
        const double count = ceil(det / sqrt(femd_dot3(face, face)) / spacing * (1 - 1e-12));
        n[k] = count < 1 ? 1 : count > FEMD_LOCAL_CELLS_MAX + 1.0 ? FEMD_LOCAL_CELLS_MAX + 1 : (int)count;
    }
}

void femd_local_coordinates(const femd_local_grid *grid, const double x[3], double u[3]) {
    const double d[3] = {x[0] - grid->origin[0], x[1] - grid->origin[1], x[2] - grid->origin[2]};
    for (int k = 0; k < 3; k++) {
        u[k] = grid->n[k] * (d[0] * grid->inverse[k] + d[1] * grid->inverse[3 + k] + d[2] * grid->inverse[6 + k]);
        const double plane = nearbyint(u[k]);
        if (fabs(u[k] - plane) < FEMD_LOCAL_SNAP) u[k] = plane;
    }
}

size_t femd_local_cell(const femd_local_grid *grid, const int at[3]) {
    size_t cell = 0;
    for (int k = 2; k >= 0; k--) {
        const int n = grid->n[k], m = at[k] % n;
        cell = cell * (size_t)n + (size_t)(m < 0 ? m + n : m);
    }
    return cell;
}

void femd_local_walk_begin(femd_local_walk *walk, const double from[3], const double to[3]) {
    *walk = (femd_local_walk){0};
    for (int k = 0; k < 3; k++) {
        const int first = (int)floor(from[k]), last = (int)floor(to[k]);
        walk->at[k] = first;
        walk->step[k] = last > first ? 1 : -1;
        walk->left[k] = last > first ? last - first : first - last;
        walk->from[k] = from[k];
        walk->per[k] = to[k] - from[k];
    }
}

int femd_local_walk_next(femd_local_walk *walk, femd_local_piece *piece) {
    if (walk->over) return 0;
    int next = -1;
    double end = 1;
    for (int k = 0; k < 3; k++) {
        if (!walk->left[k]) continue;
        const double plane = walk->at[k] + (walk->step[k] > 0);
        double where = (plane - walk->from[k]) / walk->per[k];
        where = where < walk->done ? walk->done : where > 1 ? 1 : where;
        if (next >= 0 && where >= end) continue;
        next = k;
        end = where;
    }
    *piece = (femd_local_piece){.begin = walk->done, .end = end, .crosses = next};
    memcpy(piece->at, walk->at, sizeof piece->at);
    walk->done = end;
    if (next < 0) {
        walk->over = 1;
        return 1;
    }
    piece->step = walk->step[next];
    walk->at[next] += walk->step[next];
    walk->left[next]--;
    return 1;
}
