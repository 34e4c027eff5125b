/* The force through a face of a cell, from the stress at its points. Reads answers; changes nothing. */
#include <string.h>

#include "femd/tensor3.h"
#include "fields/mechanics_private.h"

/* P = F S, first Piola-Kirchhoff; S in Voigt's order. */
static void traction_first_piola(const double *F, const double *S, double *P) {
    static const int voigt[3][3] = {{0, 5, 4}, {5, 1, 3}, {4, 3, 2}};
    for (int i = 0; i < 3; ++i)
        for (int J = 0; J < 3; ++J) {
            P[3 * i + J] = 0;
            for (int K = 0; K < 3; ++K) P[3 * i + J] += F[3 * i + K] * S[voigt[K][J]];
        }
}

/* Weights of the n points for the value at `at` of the linear function that fits the points best; their mean where they
 * span no volume (one point). */
static void traction_fit(const double *x, int n, const double at[FEMD_SPACE], double *weight) {
    double mean[3] = {0}, M[9] = {0}, inverse[9];
    for (int q = 0; q < n; ++q)
        for (int a = 0; a < 3; ++a) mean[a] += x[3 * q + a] / n;
    for (int q = 0; q < n; ++q)
        for (int a = 0; a < 3; ++a)
            for (int b = 0; b < 3; ++b) M[3 * a + b] += (x[3 * q + a] - mean[a]) * (x[3 * q + b] - mean[b]);
    const double det = femd_det3(M), size = (M[0] + M[4] + M[8]) / 3;
    femd_adjugate3(M, inverse);
    for (int q = 0; q < n; ++q) {
        weight[q] = 1.0 / n;
        if (n < 4 || det <= 1e-12 * size * size * size) continue;
        for (int a = 0; a < 3; ++a)
            for (int b = 0; b < 3; ++b)
                weight[q] += (at[a] - mean[a]) * inverse[3 * a + b] / det * (x[3 * q + b] - mean[b]);
    }
}

void femd_mechanics_traction(const void *self, PetscInt cell, int side, double *out) {
    const femd_problem *p = self;
    const femd_element_table *table = &p->grid->table;
    const PetscInt k = cell * table->points, *node = p->grid->cell_node + cell * table->nodes;
    double on_face[FEMD_FACE_NODES][FEMD_SPACE], P[FEMD_ELEMENT_POINTS][9];
    for (int i = 0; i < table->face_nodes; ++i)
        memcpy(on_face[i], p->grid->node_x + FEMD_SPACE * node[table->face_node[side][i]], sizeof on_face[i]);
    for (int q = 0; q < table->points; ++q)
        traction_first_piola(p->pt->tF + 9 * (k + q), p->pt->tS + 6 * (k + q), P[q]);
    for (int f = 0; f < table->face_points; ++f) {
        double position[FEMD_SPACE], area[FEMD_SPACE], weight[FEMD_ELEMENT_POINTS], force[FEMD_SPACE] = {0};
        femd_element_face_place(table, f, (const double(*)[FEMD_SPACE])on_face, position, area);
        traction_fit(p->pt->x + FEMD_SPACE * k, table->points, position, weight);
        for (int q = 0; q < table->points; ++q)
            for (int a = 0; a < 3; ++a)
                for (int b = 0; b < 3; ++b) force[a] += weight[q] * P[q][3 * a + b] * area[b];
        for (int i = 0; i < table->face_nodes; ++i)
            for (int a = 0; a < 3; ++a)
                out[3 * i + a] += table->face_share[f][i] / table->element->face_parts * force[a];
    }
}
