/* The Hill-Mandel residual of an RVE. Owns the comparison of the two works; never relaxes, never computes a
 * stress. */
#include "rve/hill_mandel.h"

#include <math.h>
#include <string.h>

#define FLOOR_PA 1e7 /* below 10 MPa the residual is taken relative to this */

/* Work of the reactions -f_i on the displacements L x_i, eV. */
static double hill_mandel_reactions(const femd_rve *rve, const double L[9], const double *x, const double *f) {
    double work = 0;
    for (int i = 0; i < 3 * rve->n; i++) work -= f[i] * femd_dot3(L + 3 * (i % 3), x + 3 * (i / 3));
    return work;
}

/* The forces that the boundary condition takes up, into its scratch; NULL of a periodic RVE. */
static femd_status hill_mandel_taken_up(const femd_rve *rve, const femd_place *place, const double *x,
                                        const double **forces, femd_error *err) {
    const size_t n3 = 3 * (size_t)rve->n;
    *forces = NULL;
    if (!rve->boundary) return FEMD_OK;
    double *f = rve->boundary->scratch, *free = f + n3;
    FEMD_TRY(femd_energetics_forces(rve->en, rve->nb, place->h, x, NULL, f, NULL, err));
    memcpy(free, f, n3 * sizeof *f);
    femd_boundary_project(rve->boundary, free);
    for (size_t i = 0; i < n3; i++) f[i] -= free[i];
    *forces = f;
    return FEMD_OK;
}

femd_status femd_hill_mandel(const femd_rve *rve, const femd_place *place, const double *x, const double S[6],
                             const double *held, double *residual, femd_error *err) {
    double T[9];
    const double *taken_up;
    FEMD_TRY(femd_energetics_face_forces(rve->en, rve->nb, place->h, x, T, err));
    for (int i = 0; i < 9; i++)
        if (femd_boundary_is_cluster(rve->boundary) && T[i] != 0)
            return femd_fail(err, FEMD_OUT_OF_DOMAIN, "the cluster is so deformed that it meets its own image");
    FEMD_TRY(hill_mandel_taken_up(rve, place, x, &taken_up, err));
    double norm = 0, worst = 0;
    for (int c = 0; c < 6; c++) norm += (c < 3 ? 1 : 2) * S[c] * S[c];
    norm = fmax(sqrt(norm), FLOOR_PA);
    for (int mode = 0; mode < 6; mode++) {
        double dU[9] = {0};
        const int a = femd_voigt_i[mode], b = femd_voigt_j[mode];
        dU[3 * a + b] += 0.5;
        dU[3 * b + a] += 0.5;
        double UdU[9], L[9], volume = 0, boundary = 0;
        femd_mul3(place->U, dU, UdU);
        femd_mul3(dU, place->A, L);
        for (int c = 0; c < 6; c++) {
            const int i = femd_voigt_i[c], j = femd_voigt_j[c];
            volume += S[c] * (i == j ? UdU[3 * i + i] : UdU[3 * i + j] + UdU[3 * j + i]);
        }
        for (int k = 0; k < 3; k++)
            for (int i = 0; i < 3; i++) {
                boundary += T[3 * k + i] * femd_dot3(dU + 3 * i, rve->h0 + 3 * k);
            }
        for (int i = 0; held && i < 3 * rve->n; i++) {
            boundary -= held[i] * femd_dot3(L + 3 * (i % 3), x + 3 * (i / 3));
        }
        if (taken_up) boundary += hill_mandel_reactions(rve, L, x, taken_up);
        boundary *= FEMD_EV_PER_A3 / rve->V0;
        worst = fmax(worst, fabs(volume - boundary) / norm);
    }
    *residual = worst;
    return FEMD_OK;
}
