/* A lower bound of det J over a quadratic tetrahedron: a cubic, which lies above the least of its Bernstein
 * coefficients; where that does not decide, the cell is cut in two (Johnen, Remacle, Geuzaine 2013). */
#include "element/tetrahedron_least_private.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "femd/tensor3.h"

enum { PIECES_MOST = 500, WAITING_MOST = 64 };

typedef struct quadratic {
    void (*shape)(const double at[4], double *n, double (*dn)[FEMD_SPACE]);
    const double *x;
} quadratic;

/* A part of the cell: barycentric coordinates of its corners. */
typedef struct piece {
    double at[4][4];
} piece;

static double least_det_at(const quadratic *cell, const double l[4]) {
    double n[10], dn[10][FEMD_SPACE], J[9] = {0};
    cell->shape(l, n, dn);
    for (int i = 0; i < 10; ++i)
        for (int a = 0; a < 3; ++a)
            for (int b = 0; b < 3; ++b) J[3 * a + b] += cell->x[3 * i + a] * dn[i][b];
    return femd_det3(J);
}

/* det J at (a, b, c) parts of the piece's corners i, j, k. */
static double least_det_between(const quadratic *cell, const piece *p, int i, int j, int k, const double part[3]) {
    double l[4];
    for (int b = 0; b < 4; ++b) l[b] = part[0] * p->at[i][b] + part[1] * p->at[j][b] + part[2] * p->at[k][b];
    return least_det_at(cell, l);
}

/* The least value at the 20 places that make the cubic, and the least of its coefficients. */
static void least_of_piece(const quadratic *cell, const piece *p, double *value, double *coefficient) {
    double corner[4], edge[4][4] = {{0}}; /* edge[i][j]: the coefficient nearer to i */
    *value = INFINITY;
    for (int i = 0; i < 4; ++i) *value = fmin(*value, corner[i] = least_det_at(cell, p->at[i]));
    *coefficient = *value;
    for (int i = 0; i < 4; ++i)
        for (int j = i + 1; j < 4; ++j) {
            const double near = least_det_between(cell, p, i, j, j, (const double[]){2.0 / 3, 1.0 / 3, 0}),
                         far = least_det_between(cell, p, i, j, j, (const double[]){1.0 / 3, 2.0 / 3, 0});
            edge[i][j] = (-5 * corner[i] + 18 * near - 9 * far + 2 * corner[j]) / 6;
            edge[j][i] = (-5 * corner[j] + 18 * far - 9 * near + 2 * corner[i]) / 6;
            *value = fmin(*value, fmin(near, far));
            *coefficient = fmin(*coefficient, fmin(edge[i][j], edge[j][i]));
        }
    for (int out = 0; out < 4; ++out) {
        const int i = out == 0, j = out <= 1 ? 2 : 1, k = out <= 2 ? 3 : 2;
        const double middle = least_det_between(cell, p, i, j, k, (const double[]){1.0 / 3, 1.0 / 3, 1.0 / 3});
        const double edges = edge[i][j] + edge[j][i] + edge[j][k] + edge[k][j] + edge[k][i] + edge[i][k];
        *value = fmin(*value, middle);
        *coefficient = fmin(*coefficient, (27 * middle - corner[i] - corner[j] - corner[k] - 3 * edges) / 6);
    }
}

/* In two, at the middle of the longest edge as the reference cell has it. */
static void least_cut(const piece *p, piece half[2]) {
    double longest = -1;
    int from = 0, to = 1;
    for (int i = 0; i < 4; ++i)
        for (int j = i + 1; j < 4; ++j) {
            double square = 0;
            for (int b = 0; b < 4; ++b) square += (p->at[i][b] - p->at[j][b]) * (p->at[i][b] - p->at[j][b]);
            if (square > longest * (1 + 1e-9)) longest = square, from = i, to = j;
        }
    half[0] = half[1] = *p;
    for (int b = 0; b < 4; ++b) half[0].at[to][b] = half[1].at[from][b] = 0.5 * (p->at[from][b] + p->at[to][b]);
}

double element_least_det(void (*shape)(const double at[4], double *n, double (*dn)[FEMD_SPACE]), const double *x,
                         double flat) {
    const quadratic cell = {shape, x};
    piece waiting[WAITING_MOST] = {{{{1, 0, 0, 0}, {0, 1, 0, 0}, {0, 0, 1, 0}, {0, 0, 0, 1}}}};
    double least = INFINITY;
    int n = 1;
    for (int pieces = 0; n > 0; ++pieces) {
        double value, coefficient;
        const piece p = waiting[--n];
        least_of_piece(&cell, &p, &value, &coefficient);
        if (!(value > flat)) return value;
        if (coefficient > flat) {
            least = fmin(least, coefficient);
            continue;
        }
        if (pieces > PIECES_MOST || n + 2 > WAITING_MOST) return coefficient;
        least_cut(&p, waiting + n);
        n += 2;
    }
    return least;
}
