/* The symmetry of an RVE along its axes; see point_group.h. Owns the search; knows no tensor but second-order ones. */
#include "rve/point_group.h"

#include <math.h>
#include <string.h>

#include "femd/tensor3.h"
#include "numerics/dense.h"

static void group_turn(const struct femd_signed_axes *q, const double v[3], double out[3]) {
    for (int a = 0; a < 3; a++) out[q->axis[a]] = q->sign[a] * v[a];
}

/* Are d and a lattice vector the same, within the tolerance? */
static int group_is_lattice(const double h[9], const double inverse[9], const double d[3], double tolerance) {
    double left[3] = {d[0], d[1], d[2]};
    for (int k = 0; k < 3; k++) {
        const double whole =
            round(d[0] * inverse[k] + d[1] * inverse[3 + k] + d[2] * inverse[6 + k]); /* d = sum of s_k h_k */
        for (int c = 0; c < 3; c++) left[c] -= whole * h[3 * k + c];
    }
    return femd_max_abs(3, left) <= tolerance;
}

static int group_keeps_cell(const double h[9], const double inverse[9], const struct femd_signed_axes *q,
                            double tolerance) {
    for (int k = 0; k < 3; k++) {
        double turned[3];
        group_turn(q, h + 3 * k, turned);
        if (!group_is_lattice(h, inverse, turned, tolerance)) return 0;
    }
    return 1;
}

/* Do the atoms, turned and moved by `by`, lie on atoms of their kind? */
static int group_keeps_atoms(const double h[9], const double inverse[9], int n, const double *x, const int *species,
                             const struct femd_signed_axes *q, const double by[3], double tolerance) {
    for (int i = 0; i < n; i++) {
        double turned[3];
        int found = 0;
        group_turn(q, x + 3 * i, turned);
        for (int j = 0; j < n && !found; j++) {
            const double d[3] = {turned[0] + by[0] - x[3 * j], turned[1] + by[1] - x[3 * j + 1],
                                 turned[2] + by[2] - x[3 * j + 2]};
            found = species[i] == species[j] && group_is_lattice(h, inverse, d, tolerance);
        }
        if (!found) return 0;
    }
    return 1;
}

/* Whatever is the image of the first atom says by how much the atoms are moved. */
static int group_has(const double h[9], const double inverse[9], int n, const double *x, const int *species,
                     const struct femd_signed_axes *q, double tolerance) {
    double first[3];
    if (!group_keeps_cell(h, inverse, q, tolerance)) return 0;
    group_turn(q, x, first);
    for (int j = 0; j < n; j++) {
        const double by[3] = {x[3 * j] - first[0], x[3 * j + 1] - first[1], x[3 * j + 2] - first[2]};
        if (species[j] == species[0] && group_keeps_atoms(h, inverse, n, x, species, q, by, tolerance)) return 1;
    }
    return 0;
}

void femd_point_group_find(const double h[9], int n, const double *x, const int *species, double tolerance,
                           femd_point_group *group) {
    static const int orders[6][3] = {{0, 1, 2}, {1, 2, 0}, {2, 0, 1}, {0, 2, 1}, {2, 1, 0}, {1, 0, 2}};
    double inverse[9];
    femd_adjugate3(h, inverse);
    for (int i = 0; i < 9; i++) inverse[i] /= femd_det3(h);
    group->count = 0;
    for (int order = 0; order < 6; order++)
        for (int signs = 0; signs < 8; signs++) {
            struct femd_signed_axes *q = &group->operation[group->count];
            for (int a = 0; a < 3; a++) {
                q->axis[a] = orders[order][a];
                q->sign[a] = signs >> a & 1 ? -1 : 1;
            }
            if (order + signs == 0 || group_has(h, inverse, n, x, species, q, tolerance)) group->count++;
        }
}

void femd_point_group_project(const femd_point_group *group, double v[6]) {
    double full[9], sum[9] = {0};
    for (int c = 0; c < 6; c++)
        full[3 * femd_voigt_i[c] + femd_voigt_j[c]] = full[3 * femd_voigt_j[c] + femd_voigt_i[c]] = v[c];
    for (int k = 0; k < group->count; k++) {
        const struct femd_signed_axes *q = &group->operation[k];
        for (int a = 0; a < 3; a++)
            for (int b = 0; b < 3; b++) sum[3 * q->axis[a] + q->axis[b]] += q->sign[a] * q->sign[b] * full[3 * a + b];
    }
    for (int c = 0; c < 6; c++) v[c] = sum[3 * femd_voigt_i[c] + femd_voigt_j[c]] / group->count;
}
