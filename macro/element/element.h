/* The three elements as tables, and the two sums over the points of a cell. Total Lagrangian: gradients with respect to
 * the reference position, computed once. Knows no mesh and no PETSc. */
#ifndef FEMD_ELEMENT_H
#define FEMD_ELEMENT_H

#include "case/case.h"

#define FEMD_ELEMENT_NODES  10
#define FEMD_ELEMENT_POINTS 8

/* Nodes in VTK order; the geometry is spanned by the corners (linear or trilinear), also for P2. */
typedef struct femd_element_table {
    int nodes, corners, points;
    double weight[FEMD_ELEMENT_POINTS]; /* of the reference cell */
    double shape[FEMD_ELEMENT_POINTS][FEMD_ELEMENT_NODES];
    double dshape[FEMD_ELEMENT_POINTS][FEMD_ELEMENT_NODES][3]; /* d shape / d reference coordinate */
    double corner[FEMD_ELEMENT_POINTS][8];                     /* shape functions of the geometry */
    double dcorner[FEMD_ELEMENT_POINTS][8][3];
} femd_element_table;

/* Q1: 2x2x2 Gauss points; P1: centroid; P2: the four points of degree 2 (Keast 1986, rule 2). */
void femd_element_table_make(femd_element element, femd_element_table *t);
/* Ends of edge e = 0..5 of a tetrahedron; node 4 + e of P2 lies on it. */
extern const int femd_tet_edge[6][2];

/* Position, w |det J| and gradients of the shape functions (nodes x 3) at point q of a cell with corner positions x
 * (corners x 3). Returns det J (the caller judges its sign). */
double femd_element_map(const femd_element_table *t, int q, const double *x, double position[3], double *weight,
                        double *gradient);

/* r[3 nodes] += sum_q w B^T S; g: points x nodes x 3, F: points x 9, S: points x 6, w: points. */
void femd_element_force(int nodes, int points, const double *g, const double *F, const double *S, const double *w,
                        double *r);
/* K[3 nodes x 3 nodes] = sum_q w (B^T sym(D) B + (g_i . S g_j) I); row-major, symmetric by construction. */
void femd_element_stiffness(int nodes, int points, const double *g, const double *F, const double *S, const double *D,
                            const double *w, double *K);
/* v[3 nodes] += sum_q sum_c (w B_c S_err_c)^2: variance of the nodal forces for independent errors of the points. */
void femd_element_noise(int nodes, int points, const double *g, const double *F, const double *err, const double *w,
                        double *v);

#endif
