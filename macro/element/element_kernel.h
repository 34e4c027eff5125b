/* The stiffness of one cell, written once and compiled for each element with its numbers of nodes and points as
 * constants. For the files of the elements only. B maps nodal displacements to dE (Voigt, engineering shears): column
 * (i, a) is  F_a1 g1, F_a2 g2, F_a3 g3, F_a2 g3 + F_a3 g2, F_a1 g3 + F_a3 g1, F_a1 g2 + F_a2 g1  with g the gradient of
 * shape function i (Bonet & Wood 2008, eq. 9.57 in total Lagrangian form). Vector lanes run over columns, never over a
 * sum, so that every instruction set gives the same bits. */
#ifndef FEMD_ELEMENT_KERNEL_H
#define FEMD_ELEMENT_KERNEL_H

#include <string.h>

#include "element/element.h"

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__) &&               \
    !defined(__SANITIZE_THREAD__)
#define FEMD_CLONES __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define FEMD_CLONES
#endif
#define FEMD_INLINE static inline __attribute__((always_inline))

/* Defines the kernel `name` of an element. */
#define FEMD_STIFFNESS_KERNEL(name, nodes, points)                                                                     \
    FEMD_CLONES static void name(const double *g, const double *F, const double *S, const double *D, const double *w,  \
                                 double *K) {                                                                          \
        double rows[2 * 6 * 3 * (nodes)];                                                                              \
        kernel_cell(nodes, points, g, F, S, D, w, rows, K);                                                            \
    }

/* B as six rows of 3 x nodes. */
FEMD_INLINE void kernel_strain_rows(int nodes, const double *g, const double *F, double *restrict B) {
    const int n = 3 * nodes;
    for (int i = 0; i < nodes; ++i) {
        double g0 = g[3 * i], g1 = g[3 * i + 1], g2 = g[3 * i + 2];
        for (int a = 0; a < 3; ++a) {
            double f0 = F[3 * a], f1 = F[3 * a + 1], f2 = F[3 * a + 2];
            int m = 3 * i + a;
            B[m] = f0 * g0;
            B[n + m] = f1 * g1;
            B[2 * n + m] = f2 * g2;
            B[3 * n + m] = f1 * g2 + f2 * g1;
            B[4 * n + m] = f0 * g2 + f2 * g0;
            B[5 * n + m] = f0 * g1 + f1 * g0;
        }
    }
}

/* Upper block triangle of K at one point. B and T: 6 x 3 nodes each, to write into. */
FEMD_INLINE void kernel_point(int nodes, const double *g, const double *F, const double *S, const double *D, double w,
                              double *restrict B, double *restrict T, double *restrict K) {
    const int n = 3 * nodes;
    double h[3 * FEMD_ELEMENT_NODES];
    kernel_strain_rows(nodes, g, F, B);
    for (int c = 0; c < 6; ++c) {
        double d[6];
        for (int e = 0; e < 6; ++e) d[e] = 0.5 * w * (D[6 * c + e] + D[6 * e + c]);
        for (int m = 0; m < n; ++m)
            T[c * n + m] = d[0] * B[m] + d[1] * B[n + m] + d[2] * B[2 * n + m] + d[3] * B[3 * n + m] +
                           d[4] * B[4 * n + m] + d[5] * B[5 * n + m];
    }
    for (int i = 0; i < nodes; ++i) {
        const double *gi = g + 3 * i;
        h[3 * i] = w * (S[0] * gi[0] + S[5] * gi[1] + S[4] * gi[2]);
        h[3 * i + 1] = w * (S[5] * gi[0] + S[1] * gi[1] + S[3] * gi[2]);
        h[3 * i + 2] = w * (S[4] * gi[0] + S[3] * gi[1] + S[2] * gi[2]);
    }
    for (int i = 0; i < nodes; ++i) {
        for (int a = 0; a < 3; ++a) {
            const int k = 3 * i + a;
            const double b0 = B[k], b1 = B[n + k], b2 = B[2 * n + k], b3 = B[3 * n + k], b4 = B[4 * n + k],
                         b5 = B[5 * n + k];
            double *restrict row = K + (size_t)k * n;
            for (int m = 3 * i; m < n; ++m)
                row[m] += b0 * T[m] + b1 * T[n + m] + b2 * T[2 * n + m] + b3 * T[3 * n + m] + b4 * T[4 * n + m] +
                          b5 * T[5 * n + m];
        }
        for (int j = i; j < nodes; ++j) {
            double s = h[3 * i] * g[3 * j] + h[3 * i + 1] * g[3 * j + 1] + h[3 * i + 2] * g[3 * j + 2];
            for (int a = 0; a < 3; ++a) K[(size_t)(3 * i + a) * n + 3 * j + a] += s;
        }
    }
}

FEMD_INLINE void kernel_cell(int nodes, int points, const double *g, const double *F, const double *S, const double *D,
                             const double *w, double *restrict rows, double *restrict K) {
    const int n = 3 * nodes;
    memset(K, 0, (size_t)n * n * sizeof *K);
    for (int q = 0; q < points; ++q)
        kernel_point(nodes, g + 3 * nodes * q, F + 9 * q, S + 6 * q, D + 36 * q, w[q], rows, rows + 6 * n, K);
    for (int k = 0; k < n; ++k)
        for (int m = k + 1; m < n; ++m) K[(size_t)m * n + k] = K[(size_t)k * n + m];
}

#endif
