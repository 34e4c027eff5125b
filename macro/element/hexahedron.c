/* The hexahedron, reference coordinates -1 to 1, and its elements: Q1 (8 nodes, 2 x 2 x 2 Gauss points). */
#include <math.h>

#include "element/element_kernel.h"

static void hexahedron_shape(const double xi[4], double *n, double (*dn)[FEMD_SPACE]) {
    for (int i = 0; i < 8; ++i) {
        const double *c = femd_hexahedron.corner_at[i];
        double a = 1 + c[0] * xi[0], b = 1 + c[1] * xi[1], d = 1 + c[2] * xi[2];
        n[i] = 0.125 * a * b * d;
        dn[i][0] = 0.125 * c[0] * b * d;
        dn[i][1] = 0.125 * c[1] * a * d;
        dn[i][2] = 0.125 * c[2] * a * b;
    }
}

static const double square_corner[4][2] = {{-1, -1}, {1, -1}, {1, 1}, {-1, 1}};

static void square_shape(const double at[2], double *n, double (*dn)[2]) {
    for (int i = 0; i < 4; ++i) {
        const double *c = square_corner[i];
        n[i] = 0.25 * (1 + c[0] * at[0]) * (1 + c[1] * at[1]);
        dn[i][0] = 0.25 * c[0] * (1 + c[1] * at[1]);
        dn[i][1] = 0.25 * c[1] * (1 + c[0] * at[0]);
    }
}

/* Edges and faces in the order of VTK's nodes on them (VTK_TRIQUADRATIC_HEXAHEDRON). */
const femd_cell femd_hexahedron = {
    .name = "hexahedron",
    .plural = "hexahedra",
    .corners = 8,
    .edges = 12,
    .faces = 6,
    .face_corners = 4,
    .corner_at = {{-1, -1, -1}, {1, -1, -1}, {1, 1, -1}, {-1, 1, -1}, {-1, -1, 1}, {1, -1, 1}, {1, 1, 1}, {-1, 1, 1}},
    .edge = {{0, 1}, {1, 2}, {2, 3}, {3, 0}, {4, 5}, {5, 6}, {6, 7}, {7, 4}, {0, 4}, {1, 5}, {2, 6}, {3, 7}},
    .face = {{3, 0, 4, 7}, {1, 2, 6, 5}, {0, 1, 5, 4}, {2, 3, 7, 6}, {0, 3, 2, 1}, {4, 5, 6, 7}},
    .shape = hexahedron_shape,
    .face_shape = square_shape,
    .per_block = 1,
    .per_side = 1,
    .block = {{0, 1, 3, 2, 4, 5, 7, 6}},
    .side = {{0, 1, 3, 2}},
    .gmsh = {5, 12, 17},
};

/* ---- Q1 ---- */

static void q1_point(int q, double at[4], double *weight) {
    const double a = 1 / sqrt(3.0);
    for (int k = 0; k < 3; ++k) at[k] = q >> k & 1 ? a : -a;
    *weight = 1;
}

static void q1_face_point(int q, double at[2], double *weight) {
    const double a = 1 / sqrt(3.0);
    for (int k = 0; k < 2; ++k) at[k] = q >> k & 1 ? a : -a;
    *weight = 1;
}

static void q1_face_shape(const double at[2], double *n) {
    double dn[4][2];
    square_shape(at, n, dn);
}

FEMD_STIFFNESS_KERNEL(q1_stiffness, 8, 8)

const femd_element femd_element_q1 = {
    .name = "Q1",
    .cell = &femd_hexahedron,
    .nodes_on = {1, 0, 0, 0},
    .vtk_type = 12, /* VTK_HEXAHEDRON */
    .nodes = 8,
    .points = 8,
    .shape = hexahedron_shape,
    .point = q1_point,
    .face_nodes = 4,
    .face_points = 4,
    .face_parts = 1,
    .face_shape = q1_face_shape,
    .face_point = q1_face_point,
    .stiffness = q1_stiffness,
    .memory = {16500, 13800, 8700},
};
