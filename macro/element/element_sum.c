/* Sums over the points of one cell: nodal forces, stiffness, noise. B maps nodal displacements to dE (Voigt,
 * engineering shears): column (i, a) is  F_a1 g1, F_a2 g2, F_a3 g3, F_a2 g3 + F_a3 g2, F_a1 g3 + F_a3 g1, F_a1 g2 +
 * F_a2 g1  with g the gradient of shape function i (Bonet & Wood 2008, eq. 9.57 in total Lagrangian form). Vector lanes
 * run over columns, never over a sum, so that every instruction set gives the same bits. */
#include "element/element.h"

#include <string.h>

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__) &&               \
    !defined(__SANITIZE_THREAD__)
#define FEMD_CLONES __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define FEMD_CLONES
#endif
#define FEMD_INLINE static inline __attribute__((always_inline))

/* B as six rows of 3 x nodes. */
FEMD_INLINE void strain_rows(int nodes, const double *g, const double *F,
                             double (*restrict B)[3 * FEMD_ELEMENT_NODES]) {
    for (int i = 0; i < nodes; ++i) {
        double g0 = g[3 * i], g1 = g[3 * i + 1], g2 = g[3 * i + 2];
        for (int a = 0; a < 3; ++a) {
            double f0 = F[3 * a], f1 = F[3 * a + 1], f2 = F[3 * a + 2];
            int m = 3 * i + a;
            B[0][m] = f0 * g0;
            B[1][m] = f1 * g1;
            B[2][m] = f2 * g2;
            B[3][m] = f1 * g2 + f2 * g1;
            B[4][m] = f0 * g2 + f2 * g0;
            B[5][m] = f0 * g1 + f1 * g0;
        }
    }
}

void femd_element_force(int nodes, int points, const double *g, const double *F, const double *S, const double *w,
                        double *r) {
    for (int q = 0; q < points; ++q, g += 3 * nodes, F += 9, S += 6, ++w) {
        double P[9]; /* w F S, the first Piola-Kirchhoff stress */
        for (int a = 0; a < 3; ++a) {
            const double *f = F + 3 * a;
            P[3 * a] = *w * (f[0] * S[0] + f[1] * S[5] + f[2] * S[4]);
            P[3 * a + 1] = *w * (f[0] * S[5] + f[1] * S[1] + f[2] * S[3]);
            P[3 * a + 2] = *w * (f[0] * S[4] + f[1] * S[3] + f[2] * S[2]);
        }
        for (int i = 0; i < nodes; ++i)
            for (int a = 0; a < 3; ++a)
                r[3 * i + a] += P[3 * a] * g[3 * i] + P[3 * a + 1] * g[3 * i + 1] + P[3 * a + 2] * g[3 * i + 2];
    }
}

/* Upper block triangle of K at one point. */
FEMD_INLINE void stiffness_point(int nodes, const double *g, const double *F, const double *S, const double *D,
                                 double w, double *restrict K) {
    const int n = 3 * nodes;
    double B[6][3 * FEMD_ELEMENT_NODES], T[6][3 * FEMD_ELEMENT_NODES], h[3 * FEMD_ELEMENT_NODES];
    strain_rows(nodes, g, F, B);
    for (int c = 0; c < 6; ++c) {
        double d[6];
        for (int e = 0; e < 6; ++e) d[e] = 0.5 * w * (D[6 * c + e] + D[6 * e + c]);
        for (int m = 0; m < n; ++m)
            T[c][m] =
                d[0] * B[0][m] + d[1] * B[1][m] + d[2] * B[2][m] + d[3] * B[3][m] + d[4] * B[4][m] + d[5] * B[5][m];
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
            const double b0 = B[0][k], b1 = B[1][k], b2 = B[2][k], b3 = B[3][k], b4 = B[4][k], b5 = B[5][k];
            double *restrict row = K + (size_t)k * n;
            for (int m = 3 * i; m < n; ++m)
                row[m] += b0 * T[0][m] + b1 * T[1][m] + b2 * T[2][m] + b3 * T[3][m] + b4 * T[4][m] + b5 * T[5][m];
        }
        for (int j = i; j < nodes; ++j) {
            double s = h[3 * i] * g[3 * j] + h[3 * i + 1] * g[3 * j + 1] + h[3 * i + 2] * g[3 * j + 2];
            for (int a = 0; a < 3; ++a) K[(size_t)(3 * i + a) * n + 3 * j + a] += s;
        }
    }
}

FEMD_INLINE void stiffness_cell(int nodes, int points, const double *g, const double *F, const double *S,
                                const double *D, const double *w, double *restrict K) {
    const int n = 3 * nodes;
    memset(K, 0, (size_t)n * n * sizeof *K);
    for (int q = 0; q < points; ++q)
        stiffness_point(nodes, g + 3 * nodes * q, F + 9 * q, S + 6 * q, D + 36 * q, w[q], K);
    for (int k = 0; k < n; ++k)
        for (int m = k + 1; m < n; ++m) K[(size_t)m * n + k] = K[(size_t)k * n + m];
}

FEMD_CLONES static void stiffness_q1(const double *g, const double *F, const double *S, const double *D,
                                     const double *w, double *K) {
    stiffness_cell(8, 8, g, F, S, D, w, K);
}

FEMD_CLONES static void stiffness_p1(const double *g, const double *F, const double *S, const double *D,
                                     const double *w, double *K) {
    stiffness_cell(4, 1, g, F, S, D, w, K);
}

FEMD_CLONES static void stiffness_p2(const double *g, const double *F, const double *S, const double *D,
                                     const double *w, double *K) {
    stiffness_cell(10, 4, g, F, S, D, w, K);
}

void femd_element_stiffness(int nodes, int points, const double *g, const double *F, const double *S, const double *D,
                            const double *w, double *K) {
    if (nodes == 8 && points == 8)
        stiffness_q1(g, F, S, D, w, K);
    else if (nodes == 4 && points == 1)
        stiffness_p1(g, F, S, D, w, K);
    else
        stiffness_p2(g, F, S, D, w, K);
}

void femd_element_noise(int nodes, int points, const double *g, const double *F, const double *err, const double *w,
                        double *v) {
    double B[6][3 * FEMD_ELEMENT_NODES];
    for (int q = 0; q < points; ++q) {
        strain_rows(nodes, g + 3 * nodes * q, F + 9 * q, B);
        for (int c = 0; c < 6; ++c)
            for (int m = 0; m < 3 * nodes; ++m) {
                double f = w[q] * B[c][m] * err[6 * q + c];
                v[m] += f * f;
            }
    }
}
