/* Tables of the reference elements and the map to a cell. Owns no data; the sums over points are in element_sum.c. */
#include "element/element.h"

#include <math.h>
#include <string.h>

const int femd_tet_edge[6][2] = {{0, 1}, {1, 2}, {2, 0}, {0, 3}, {1, 3}, {2, 3}};

static const double hex_corner[8][3] = {{-1, -1, -1}, {1, -1, -1}, {1, 1, -1}, {-1, 1, -1},
                                        {-1, -1, 1},  {1, -1, 1},  {1, 1, 1},  {-1, 1, 1}};

static void hex_shape(const double xi[3], double *n, double (*dn)[3]) {
    for (int i = 0; i < 8; ++i) {
        const double *c = hex_corner[i];
        double a = 1 + c[0] * xi[0], b = 1 + c[1] * xi[1], d = 1 + c[2] * xi[2];
        n[i] = 0.125 * a * b * d;
        dn[i][0] = 0.125 * c[0] * b * d;
        dn[i][1] = 0.125 * c[1] * a * d;
        dn[i][2] = 0.125 * c[2] * a * b;
    }
}

/* Gradients of the barycentric coordinates of the reference tetrahedron (0, e1, e2, e3). */
static const double tet_gradient[4][3] = {{-1, -1, -1}, {1, 0, 0}, {0, 1, 0}, {0, 0, 1}};

static void tet_shape(const double l[4], double *n, double (*dn)[3]) {
    memcpy(n, l, 4 * sizeof *n);
    memcpy(dn, tet_gradient, sizeof tet_gradient);
}

static void tet2_shape(const double l[4], double *n, double (*dn)[3]) {
    for (int i = 0; i < 4; ++i) {
        n[i] = l[i] * (2 * l[i] - 1);
        for (int j = 0; j < 3; ++j) dn[i][j] = (4 * l[i] - 1) * tet_gradient[i][j];
    }
    for (int e = 0; e < 6; ++e) {
        int a = femd_tet_edge[e][0], b = femd_tet_edge[e][1];
        n[4 + e] = 4 * l[a] * l[b];
        for (int j = 0; j < 3; ++j) dn[4 + e][j] = 4 * (l[a] * tet_gradient[b][j] + l[b] * tet_gradient[a][j]);
    }
}

static void make_hex(femd_element_table *t) {
    t->nodes = t->corners = t->points = 8;
    const double a = 1 / sqrt(3.0);
    for (int q = 0; q < 8; ++q) {
        const double xi[3] = {q & 1 ? a : -a, q & 2 ? a : -a, q & 4 ? a : -a};
        t->weight[q] = 1;
        hex_shape(xi, t->shape[q], t->dshape[q]);
        hex_shape(xi, t->corner[q], t->dcorner[q]);
    }
}

static void make_tet(femd_element_table *t, int second) {
    t->corners = 4;
    t->nodes = second ? 10 : 4;
    t->points = second ? 4 : 1;
    const double far = second ? (5 + 3 * sqrt(5.0)) / 20 : 0.25, near = second ? (5 - sqrt(5.0)) / 20 : 0.25;
    for (int q = 0; q < t->points; ++q) {
        double l[4] = {near, near, near, near};
        l[q] = far;
        t->weight[q] = 1.0 / 6 / t->points;
        if (second)
            tet2_shape(l, t->shape[q], t->dshape[q]);
        else
            tet_shape(l, t->shape[q], t->dshape[q]);
        tet_shape(l, t->corner[q], t->dcorner[q]);
    }
}

void femd_element_table_make(femd_element element, femd_element_table *t) {
    memset(t, 0, sizeof *t);
    if (element == FEMD_ELEMENT_Q1)
        make_hex(t);
    else
        make_tet(t, element == FEMD_ELEMENT_P2);
}

double femd_element_map(const femd_element_table *t, int q, const double *x, double position[3], double *weight,
                        double *gradient) {
    double J[3][3] = {{0}}; /* J[a][b] = d x_a / d xi_b */
    position[0] = position[1] = position[2] = 0;
    for (int i = 0; i < t->corners; ++i)
        for (int a = 0; a < 3; ++a) {
            position[a] += t->corner[q][i] * x[3 * i + a];
            for (int b = 0; b < 3; ++b) J[a][b] += x[3 * i + a] * t->dcorner[q][i][b];
        }
    double C[3][3]; /* cofactors */
    for (int a = 0; a < 3; ++a)
        for (int b = 0; b < 3; ++b) {
            int a1 = (a + 1) % 3, a2 = (a + 2) % 3, b1 = (b + 1) % 3, b2 = (b + 2) % 3;
            C[a][b] = J[a1][b1] * J[a2][b2] - J[a1][b2] * J[a2][b1];
        }
    double det = J[0][0] * C[0][0] + J[0][1] * C[0][1] + J[0][2] * C[0][2];
    *weight = t->weight[q] * fabs(det);
    for (int i = 0; i < t->nodes; ++i) /* J^-T = C / det */
        for (int a = 0; a < 3; ++a) {
            const double *d = t->dshape[q][i];
            gradient[3 * i + a] = (C[a][0] * d[0] + C[a][1] * d[1] + C[a][2] * d[2]) / det;
        }
    return det;
}
