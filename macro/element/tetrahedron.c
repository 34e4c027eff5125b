/* The tetrahedron, in barycentric coordinates l0..l3 of the reference cell (0, e1, e2, e3), and its elements: P1 (4
 * nodes, centroid) and P2 (10 nodes, the four points of degree 2: Keast 1986, rule 2). */
#include <math.h>
#include <string.h>

#include "element/element_kernel.h"
#include "element/tetrahedron_least_private.h"

/* Gradients of the barycentric coordinates. */
static const double tetrahedron_gradient[4][FEMD_SPACE] = {{-1, -1, -1}, {1, 0, 0}, {0, 1, 0}, {0, 0, 1}};

static void tetrahedron_shape(const double l[4], double *n, double (*dn)[FEMD_SPACE]) {
    memcpy(n, l, 4 * sizeof *n);
    memcpy(dn, tetrahedron_gradient, sizeof tetrahedron_gradient);
}

static void triangle_shape(const double at[2], double *n, double (*dn)[2]) {
    static const double gradient[3][2] = {{-1, -1}, {1, 0}, {0, 1}};
    n[0] = 1 - at[0] - at[1];
    n[1] = at[0];
    n[2] = at[1];
    memcpy(dn, gradient, sizeof gradient);
}

/* A block of the box is cut into six (Kuhn 1960): steps along the three axes from corner (0,0,0) to (1,1,1), one
 * tetrahedron for each order; odd orders are listed with two corners swapped so that all have a positive volume. */
const femd_cell femd_tetrahedron = {
    .name = "tetrahedron",
    .plural = "tetrahedra",
    .corners = 4,
    .edges = 6,
    .faces = 4,
    .face_corners = 3,
    .corner_at = {{1, 0, 0, 0}, {0, 1, 0, 0}, {0, 0, 1, 0}, {0, 0, 0, 1}},
    .edge = {{0, 1}, {1, 2}, {2, 0}, {0, 3}, {1, 3}, {2, 3}},
    .face = {{0, 2, 1}, {0, 1, 3}, {1, 2, 3}, {2, 0, 3}},
    .shape = tetrahedron_shape,
    .face_shape = triangle_shape,
    .per_block = 6,
    .per_side = 2,
    .block = {{0, 1, 3, 7}, {0, 2, 6, 7}, {0, 4, 5, 7}, {0, 5, 1, 7}, {0, 3, 2, 7}, {0, 6, 4, 7}},
    .side = {{0, 1, 3}, {0, 2, 3}},
    .gmsh = {4, 11},
};

/* ---- P1 ---- */

static void p1_point(int q, double l[4], double *weight) {
    (void)q;
    for (int k = 0; k < 4; ++k) l[k] = 0.25;
    *weight = 1.0 / 6;
}

/* The corners: a third of the triangle each. */
static void p1_face_point(int q, double at[2], double *weight) {
    at[0] = q == 1;
    at[1] = q == 2;
    *weight = 1;
}

static void p1_face_shape(const double at[2], double *n) {
    double dn[3][2];
    triangle_shape(at, n, dn);
}

FEMD_STIFFNESS_KERNEL(p1_stiffness, 4, 1)

const femd_element femd_element_p1 = {
    .name = "P1",
    .cell = &femd_tetrahedron,
    .nodes_on = {1, 0, 0, 0},
    .vtk_type = 10, /* VTK_TETRA */
    .nodes = 4,
    .points = 1,
    .shape = tetrahedron_shape,
    .point = p1_point,
    .face_nodes = 3,
    .face_points = 3,
    .face_parts = 6,
    .face_shape = p1_face_shape,
    .face_point = p1_face_point,
    .stiffness = p1_stiffness,
    .memory = {14700, 8700, 10600},
};

/* ---- P2 ---- */

static void p2_shape(const double l[4], double *n, double (*dn)[FEMD_SPACE]) {
    for (int i = 0; i < 4; ++i) {
        n[i] = l[i] * (2 * l[i] - 1);
        for (int j = 0; j < 3; ++j) dn[i][j] = (4 * l[i] - 1) * tetrahedron_gradient[i][j];
    }
    for (int e = 0; e < 6; ++e) {
        int a = femd_tetrahedron.edge[e][0], b = femd_tetrahedron.edge[e][1];
        n[4 + e] = 4 * l[a] * l[b];
        for (int j = 0; j < 3; ++j)
            dn[4 + e][j] = 4 * (l[a] * tetrahedron_gradient[b][j] + l[b] * tetrahedron_gradient[a][j]);
    }
}

static void p2_point(int q, double l[4], double *weight) {
    const double far = (5 + 3 * sqrt(5.0)) / 20, near = (5 - sqrt(5.0)) / 20;
    for (int k = 0; k < 4; ++k) l[k] = k == q ? far : near;
    *weight = 1.0 / 6 / 4;
}

/* The middles of the edges: exact for degree 2. */
static void p2_face_point(int q, double at[2], double *weight) {
    at[0] = q == 2 ? 0 : 0.5;
    at[1] = q == 0 ? 0 : 0.5;
    *weight = 1;
}

static void p2_face_shape(const double at[2], double *n) {
    const double l[3] = {1 - at[0] - at[1], at[0], at[1]};
    for (int i = 0; i < 3; ++i) {
        n[i] = l[i] * (2 * l[i] - 1);
        n[3 + i] = 4 * l[i] * l[(i + 1) % 3];
    }
}

FEMD_STIFFNESS_KERNEL(p2_stiffness, 10, 4)

/* By Gauss's rule of four points along each axis of a cube that is collapsed to the cell: exact for the degree 5. */
static void p2_mass(int q, double *A) {
    const double root = sqrt(1.2), inner = sqrt((3 - 2 * root) / 7), outer = sqrt((3 + 2 * root) / 7),
                 most = (18 + sqrt(30.0)) / 72, least = (18 - sqrt(30.0)) / 72;
    const double at[4] = {0.5 - 0.5 * outer, 0.5 - 0.5 * inner, 0.5 + 0.5 * inner, 0.5 + 0.5 * outer};
    const double weight[4] = {least, most, most, least};
    double point[4], share, n[10], dn[10][FEMD_SPACE];
    p2_point(q, point, &share);
    const double far = point[q], near = point[(q + 1) % 4];
    memset(A, 0, 100 * sizeof *A);
    for (int k = 0; k < 64; ++k) {
        const double u = at[k % 4], v = at[k / 4 % 4], w = at[k / 16];
        const double l[4] = {(1 - u) * (1 - v) * (1 - w), u, v * (1 - u), w * (1 - u) * (1 - v)};
        const double volume = weight[k % 4] * weight[k / 4 % 4] * weight[k / 16] * (1 - u) * (1 - u) * (1 - v);
        const double part = (l[q] - near) / (far - near); /* 1 at point q, 0 at the others */
        p2_shape(l, n, dn);
        for (int i = 0; i < 10; ++i)
            for (int j = 0; j < 10; ++j) A[10 * i + j] += volume * part * (n[i] * n[j]) / share;
    }
}

/* Of a curved cell det J is a cubic, and so is the cofactor of J times a gradient: Keast 1986, rule 3. */
static void p2_curved_point(int q, double l[4], double *weight) {
    for (int k = 0; k < 4; ++k) l[k] = q == 4 ? 0.25 : k == q ? 0.5 : 1.0 / 6;
    *weight = (q == 4 ? -0.8 : 0.45) / 6;
}

/* Of a curved face a shape function times the area vector is of degree 4: Strang and Fix 1973, six points. */
static void p2_curved_face_point(int q, double at[2], double *weight) {
    const double root = sqrt(38 - 44 * sqrt(0.4)), spread = sqrt(213125 - 53320 * sqrt(10.0));
    const double a = (8 - sqrt(10.0) + (q < 3 ? root : -root)) / 18;
    at[0] = q % 3 == 1 ? 1 - 2 * a : a;
    at[1] = q % 3 == 2 ? 1 - 2 * a : a;
    *weight = 3 * (620 + (q < 3 ? spread : -spread)) / 3720;
}

static void p2_curved_face_shape(const double at[2], double *n, double (*dn)[2]) {
    static const double gradient[3][2] = {{-1, -1}, {1, 0}, {0, 1}};
    const double l[3] = {1 - at[0] - at[1], at[0], at[1]};
    p2_face_shape(at, n);
    for (int i = 0; i < 3; ++i)
        for (int a = 0; a < 2; ++a) {
            const int next = (i + 1) % 3;
            dn[i][a] = (4 * l[i] - 1) * gradient[i][a];
            dn[3 + i][a] = 4 * (l[i] * gradient[next][a] + l[next] * gradient[i][a]);
        }
}

static double p2_least(const double *x, double flat) {
    return element_least_det(p2_shape, x, flat);
}

static const femd_element_curved p2_curved = {
    .points = 5,
    .point = p2_curved_point,
    .face_points = 6,
    .face_point = p2_curved_face_point,
    .face_shape = p2_curved_face_shape,
    .least = p2_least,
};

const femd_element femd_element_p2 = {
    .name = "P2",
    .cell = &femd_tetrahedron,
    .nodes_on = {1, 1, 0, 0},
    .vtk_type = 24, /* VTK_QUADRATIC_TETRA */
    .nodes = 10,
    .points = 4,
    .shape = p2_shape,
    .point = p2_point,
    .face_nodes = 6,
    .face_points = 3,
    .face_parts = 6,
    .face_shape = p2_face_shape,
    .face_point = p2_face_point,
    .stiffness = p2_stiffness,
    .memory = {10500, 10600, 4600},
    .mass = p2_mass,
    .curved = &p2_curved,
};
