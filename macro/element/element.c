/* The list of elements, their tables, and the map to a cell. Owns no data of a mesh; the sums over points are in
 * element_sum.c and element_kernel.h. */
#include "element/element.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "femd/tensor3.h"

/* ---- the list ---- */

#define ELEMENT_ADDRESS(name) &femd_element_##name,
static const femd_element *const element_list[] = {FEMD_ELEMENT_LIST(ELEMENT_ADDRESS) NULL};
enum { ELEMENTS = sizeof element_list / sizeof *element_list - 1 };

const femd_element *femd_element_at(size_t i) {
    return i < ELEMENTS ? element_list[i] : NULL;
}

const femd_element *femd_element_named(const char *name) {
    for (size_t i = 0; i < ELEMENTS; ++i)
        if (strcmp(element_list[i]->name, name) == 0) return element_list[i];
    return NULL;
}

void femd_element_names(const femd_cell *cell, char *text, size_t size) {
    size_t used = 0;
    text[0] = '\0';
    for (size_t i = 0; i < ELEMENTS && used < size; ++i)
        if (!cell || element_list[i]->cell == cell)
            used += (size_t)snprintf(text + used, size - used, "%s%s", used ? " or " : "", element_list[i]->name);
}

const femd_cell *femd_cell_of_gmsh(int type) {
    for (size_t i = 0; i < ELEMENTS; ++i)
        for (int k = 0; k < FEMD_GMSH_TYPES; ++k)
            if (type > 0 && element_list[i]->cell->gmsh[k] == type) return element_list[i]->cell;
    return NULL;
}

void femd_element_node_at(const femd_element *element, int i, double at[4]) {
    const femd_cell *cell = element->cell;
    const int edges = cell->corners, faces = edges + element->nodes_on[1] * cell->edges,
              inside = faces + element->nodes_on[2] * cell->faces;
    int all[FEMD_CELL_CORNERS], n = cell->corners;
    const int *corner = all;
    for (int k = 0; k < cell->corners; ++k) all[k] = k;
    if (i < edges)
        corner = &i, n = 1;
    else if (i < faces)
        corner = cell->edge[i - edges], n = 2;
    else if (i < inside)
        corner = cell->face[i - faces], n = cell->face_corners;
    for (int a = 0; a < 4; ++a) {
        at[a] = 0;
        for (int k = 0; k < n; ++k) at[a] += cell->corner_at[corner[k]][a] / n;
    }
}

/* ---- tables ---- */

static int element_edge_between(const femd_cell *cell, int a, int b) {
    for (int e = 0; e < cell->edges; ++e)
        if ((cell->edge[e][0] == a && cell->edge[e][1] == b) || (cell->edge[e][0] == b && cell->edge[e][1] == a))
            return e;
    return -1;
}

/* Nodes of the cell on its face number `side`. */
static void element_list_face(const femd_element *element, int side, int *node) {
    const femd_cell *cell = element->cell;
    const int *corner = cell->face[side], edges = cell->corners, faces = edges + element->nodes_on[1] * cell->edges;
    int n = 0;
    for (int i = 0; i < cell->face_corners; ++i) node[n++] = corner[i];
    for (int i = 0; element->nodes_on[1] && i < cell->face_corners; ++i)
        node[n++] = edges + element_edge_between(cell, corner[i], corner[(i + 1) % cell->face_corners]);
    if (element->nodes_on[2]) node[n] = faces + side;
}

static void element_make_faces(femd_element_table *table) {
    const femd_element *element = table->element;
    table->face_nodes = element->face_nodes;
    table->face_points = element->face_points;
    for (int side = 0; side < element->cell->faces; ++side) element_list_face(element, side, table->face_node[side]);
    for (int q = 0; q < table->face_points; ++q) {
        double at[2], weight, corner[FEMD_FACE_CORNERS];
        element->face_point(q, at, &weight);
        element->face_shape(at, table->face_share[q]);
        element->cell->face_shape(at, corner, table->dface[q]);
        for (int i = 0; i < table->face_nodes; ++i) table->face_share[q][i] *= weight;
    }
}

void femd_element_table_make(const femd_element *element, femd_element_table *table) {
    memset(table, 0, sizeof *table);
    table->element = element;
    table->nodes = element->nodes;
    table->corners = element->cell->corners;
    table->points = element->points;
    for (int q = 0; q < table->points; ++q) {
        double at[4];
        element->point(q, at, &table->weight[q]);
        element->shape(at, table->shape[q], table->dshape[q]);
        element->cell->shape(at, table->corner[q], table->dcorner[q]);
    }
    element_make_faces(table);
}

/* ---- a cell ---- */

double femd_element_map(const femd_element_table *table, int q, const double *x, double position[FEMD_SPACE],
                        double *weight, double *gradient) {
    double J[9] = {0}, inverse[9]; /* J[3 a + b] = d x_a / d xi_b; its inverse, still to be divided by det J */
    position[0] = position[1] = position[2] = 0;
    for (int i = 0; i < table->corners; ++i)
        for (int a = 0; a < 3; ++a) {
            position[a] += table->corner[q][i] * x[3 * i + a];
            for (int b = 0; b < 3; ++b) J[3 * a + b] += x[3 * i + a] * table->dcorner[q][i][b];
        }
    const double det = femd_det3(J);
    femd_adjugate3(J, inverse);
    *weight = table->weight[q] * fabs(det);
    for (int i = 0; i < table->nodes; ++i)
        for (int a = 0; a < 3; ++a) {
            const double *d = table->dshape[q][i];
            gradient[3 * i + a] = (inverse[a] * d[0] + inverse[3 + a] * d[1] + inverse[6 + a] * d[2]) / det;
        }
    return det;
}

/* ---- a curved cell ---- */

/* Like femd_element_map, with the element's own shape functions; the gradients are det J times too large. */
static double element_map_curved(int nodes, const double *shape, const double (*dshape)[FEMD_SPACE], const double *x,
                                 double position[FEMD_SPACE], double *gradient) {
    double J[9] = {0}, inverse[9];
    position[0] = position[1] = position[2] = 0;
    for (int i = 0; i < nodes; ++i)
        for (int a = 0; a < 3; ++a) {
            position[a] += shape[i] * x[3 * i + a];
            for (int b = 0; b < 3; ++b) J[3 * a + b] += x[3 * i + a] * dshape[i][b];
        }
    femd_adjugate3(J, inverse);
    for (int i = 0; i < nodes; ++i)
        for (int a = 0; a < 3; ++a)
            gradient[3 * i + a] =
                inverse[a] * dshape[i][0] + inverse[3 + a] * dshape[i][1] + inverse[6 + a] * dshape[i][2];
    return femd_det3(J);
}

/* Volume, and the integral of the gradient of each shape function over the cell. */
static double element_integrate_curved(const femd_element *element, const double *x, double *gradient) {
    double volume = 0;
    memset(gradient, 0, 3 * (size_t)element->nodes * sizeof *gradient);
    for (int q = 0; q < element->curved->points; ++q) {
        double at[4], weight, n[FEMD_ELEMENT_NODES], dn[FEMD_ELEMENT_NODES][FEMD_SPACE], p[3],
            g[FEMD_SPACE * FEMD_ELEMENT_NODES];
        element->curved->point(q, at, &weight);
        element->shape(at, n, dn);
        volume += weight * element_map_curved(element->nodes, n, (const double(*)[FEMD_SPACE])dn, x, p, g);
        for (int i = 0; i < 3 * element->nodes; ++i) gradient[i] += weight * g[i];
    }
    return volume;
}

/* The points of a curved cell are as few as of a straight one; their rule is not exact there. So the weights are scaled
 * to the cell's volume, and each gradient gets a constant that makes its sum exact: sum_i x_i (grad N_i)^T stays 1 at
 * each point, since both integrals of it are volume x 1. */
static double element_place_curved(const femd_element_table *table, const double *x, double *position, double *weight,
                                   double *gradient) {
    const int n = 3 * table->nodes;
    double exact[FEMD_SPACE * FEMD_ELEMENT_NODES], w[FEMD_ELEMENT_POINTS],
        g[FEMD_ELEMENT_POINTS][FEMD_SPACE * FEMD_ELEMENT_NODES], sum = 0, size = 0;
    const double volume = element_integrate_curved(table->element, x, exact);
    for (int q = 0; q < table->points; ++q) {
        double p[FEMD_SPACE];
        const double det = element_map_curved(table->nodes, table->shape[q], table->dshape[q], x, p, g[q]);
        if (position) memcpy(position + 3 * q, p, sizeof p);
        for (int i = 0; i < n; ++i) g[q][i] /= det;
        sum += w[q] = table->weight[q] * fabs(det);
    }
    for (int q = 0; q < table->points; ++q) {
        w[q] *= volume / sum;
        for (int i = 0; i < n; ++i) exact[i] -= w[q] * g[q][i];
    }
    if (weight) memcpy(weight, w, (size_t)table->points * sizeof *w);
    for (int q = 0; gradient && q < table->points; ++q)
        for (int i = 0; i < n; ++i) gradient[n * q + i] = g[q][i] + exact[i] / volume;
    for (int i = 3; i < n; ++i) size = fmax(size, fabs(x[i] - x[i % 3]));
    return table->element->curved->least(x, 1e-12 * size * size * size);
}

int femd_element_is_curved(const femd_element *element, const double *x) {
    const femd_cell *cell = element->cell;
    if (!element->curved) return 0;
    for (int e = 0; e < cell->edges; ++e)
        for (int a = 0; a < FEMD_SPACE; ++a) {
            const double middle = x[3 * (cell->corners + e) + a];
            if (middle != 0.5 * (x[3 * cell->edge[e][0] + a] + x[3 * cell->edge[e][1] + a])) return 1;
        }
    return 0;
}

double femd_element_place(const femd_element_table *table, const double *x, double *position, double *weight,
                          double *gradient) {
    double p[FEMD_SPACE], w, g[FEMD_SPACE * FEMD_ELEMENT_NODES], least = INFINITY;
    if (femd_element_is_curved(table->element, x)) return element_place_curved(table, x, position, weight, gradient);
    for (int q = 0; q < table->points; ++q) {
        least = fmin(least, femd_element_map(table, q, x, position ? position + 3 * q : p, weight ? weight + q : &w,
                                             gradient ? gradient + 3 * table->nodes * q : g));
    }
    return least;
}

/* ---- a face ---- */

static int element_face_is_curved(const femd_element_table *table, const double (*x)[FEMD_SPACE]) {
    const int corners = table->element->cell->face_corners;
    for (int i = 0; table->element->curved && i < corners; ++i)
        for (int a = 0; a < FEMD_SPACE; ++a)
            if (x[corners + i][a] != 0.5 * (x[i][a] + x[(i + 1) % corners][a])) return 1;
    return 0;
}

/* Position and area vector from n shape functions and their derivatives. */
static void element_face_at(int n, const double *shape, const double (*dshape)[2], const double (*x)[FEMD_SPACE],
                            double position[FEMD_SPACE], double area[FEMD_SPACE]) {
    double s[3] = {0}, t[3] = {0}; /* tangents */
    position[0] = position[1] = position[2] = 0;
    for (int i = 0; i < n; ++i)
        for (int a = 0; a < 3; ++a) {
            position[a] += shape[i] * x[i][a];
            s[a] += dshape[i][0] * x[i][a];
            t[a] += dshape[i][1] * x[i][a];
        }
    femd_cross3(s, t, area);
}

static void element_face_area_curved(const femd_element_table *table, const double (*x)[FEMD_SPACE],
                                     double area[FEMD_FACE_NODES][FEMD_SPACE], double size[FEMD_FACE_NODES]) {
    const femd_element_curved *curved = table->element->curved;
    for (int q = 0; q < curved->face_points; ++q) {
        double at[2], weight, n[FEMD_FACE_NODES], dn[FEMD_FACE_NODES][2], position[3], N[3];
        curved->face_point(q, at, &weight);
        curved->face_shape(at, n, dn);
        element_face_at(table->face_nodes, n, (const double(*)[2])dn, x, position, N);
        weight /= table->element->face_parts;
        for (int i = 0; i < table->face_nodes; ++i) {
            size[i] += weight * n[i] * sqrt(femd_dot3(N, N));
            for (int a = 0; a < 3; ++a) area[i][a] += weight * n[i] * N[a];
        }
    }
}

void femd_element_face_area(const femd_element_table *table, const double (*x)[FEMD_SPACE],
                            double area[FEMD_FACE_NODES][FEMD_SPACE], double size[FEMD_FACE_NODES]) {
    const double parts = table->element->face_parts;
    for (int i = 0; i < table->face_nodes; ++i) size[i] = area[i][0] = area[i][1] = area[i][2] = 0;
    if (element_face_is_curved(table, x)) {
        element_face_area_curved(table, x, area, size);
        return;
    }
    for (int q = 0; q < table->face_points; ++q) {
        double s[3] = {0}, t[3] = {0}; /* tangents */
        for (int i = 0; i < table->element->cell->face_corners; ++i)
            for (int a = 0; a < 3; ++a) {
                s[a] += table->dface[q][i][0] * x[i][a];
                t[a] += table->dface[q][i][1] * x[i][a];
            }
        double N[3];
        femd_cross3(s, t, N);
        const double length = sqrt(femd_dot3(N, N));
        for (int i = 0; i < table->face_nodes; ++i) {
            size[i] += table->face_share[q][i] * length / parts;
            for (int a = 0; a < 3; ++a) area[i][a] += table->face_share[q][i] * N[a] / parts;
        }
    }
}

void femd_element_face_place(const femd_element_table *table, int q, const double (*x)[FEMD_SPACE],
                             double position[FEMD_SPACE], double area[FEMD_SPACE]) {
    const femd_cell *cell = table->element->cell;
    double at[2], weight, n[FEMD_FACE_NODES], dn[FEMD_FACE_NODES][2];
    const int curved = element_face_is_curved(table, x);
    table->element->face_point(q, at, &weight);
    (curved ? table->element->curved->face_shape : cell->face_shape)(at, n, dn);
    element_face_at(curved ? table->face_nodes : cell->face_corners, n, (const double(*)[2])dn, x, position, area);
}
