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

void femd_element_face_area(const femd_element_table *table, const double (*x)[FEMD_SPACE],
                            double area[FEMD_FACE_NODES][FEMD_SPACE], double size[FEMD_FACE_NODES]) {
    const double parts = table->element->face_parts;
    for (int i = 0; i < table->face_nodes; ++i) size[i] = area[i][0] = area[i][1] = area[i][2] = 0;
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
    double at[2], weight, n[FEMD_FACE_CORNERS], dn[FEMD_FACE_CORNERS][2], s[3] = {0}, t[3] = {0};
    table->element->face_point(q, at, &weight);
    table->element->cell->face_shape(at, n, dn);
    position[0] = position[1] = position[2] = 0;
    for (int i = 0; i < table->element->cell->face_corners; ++i)
        for (int a = 0; a < 3; ++a) {
            position[a] += n[i] * x[i][a];
            s[a] += dn[i][0] * x[i][a];
            t[a] += dn[i][1] * x[i][a];
        }
    femd_cross3(s, t, area);
}
