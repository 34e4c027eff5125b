/* Sums over the points of one cell that need no tuning: nodal forces and their noise. B is that of element_kernel.h. */
#include "element/element_kernel.h"

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

void femd_element_noise(int nodes, int points, const double *g, const double *F, const double *err, const double *w,
                        double *v) {
    double B[6 * 3 * FEMD_ELEMENT_NODES];
    const int n = 3 * nodes;
    for (int q = 0; q < points; ++q) {
        kernel_strain_rows(nodes, g + n * q, F + 9 * q, B);
        for (int c = 0; c < 6; ++c)
            for (int m = 0; m < n; ++m) {
                double f = w[q] * B[n * c + m] * err[6 * q + c];
                v[m] += f * f;
            }
    }
}
