/* The RVE between reference and spatial frame. Owns the formulae of the pull-back; never computes an energy. */
#include "rve/native_rve.h"

#include <math.h>
#include <stdlib.h>

#include "femd/kinematics.h"

/* B = A^-1. */
static void rve_inverse(const double A[9], double B[9]) {
    const double d = 1 / femd_det3(A);
    femd_adjugate3(A, B);
    for (int i = 0; i < 9; i++) B[i] *= d;
}

void femd_rve_set_atoms(femd_rve *rve, int n) {
    rve->n = n;
    rve->gauge = femd_gauge_periodic(n);
    for (int k = 0; k < 3; k++) rve->widened[k] = 1;
}

void femd_rve_set_boundary(femd_rve *rve, femd_boundary *boundary) {
    rve->boundary = boundary;
    rve->gauge.boundary = boundary;
}

femd_status femd_rve_set_cell(femd_rve *rve, const double h0[9], femd_error *err) {
    const double V = femd_det3(h0);
    if (!(V > 0)) return femd_fail(err, FEMD_OUT_OF_DOMAIN, "the RVE's cell has volume %g cubic angstrom", V);
    memcpy(rve->h0, h0, sizeof rve->h0);
    rve->V0 = V / (rve->widened[0] * rve->widened[1] * rve->widened[2]);
    return FEMD_OK;
}

femd_status femd_rve_widen(femd_rve *rve, double gap, femd_error *err) {
    double wide[9];
    for (int k = 0; k < 3; k++) {
        double normal[3];
        femd_cross3(rve->h0 + 3 * ((k + 1) % 3), rve->h0 + 3 * ((k + 2) % 3), normal);
        const double height = rve->V0 / sqrt(femd_dot3(normal, normal));
        rve->widened[k] = 1 + gap / height;
        for (int c = 0; c < 3; c++) wide[3 * k + c] = rve->widened[k] * rve->h0[3 * k + c];
    }
    return femd_rve_set_cell(rve, wide, err);
}

void femd_rve_filled_cell(const femd_rve *rve, double cell[9]) {
    for (int i = 0; i < 9; i++) cell[i] = rve->h0[i] / rve->widened[i / 3];
}

void femd_rve_clear(femd_rve *rve) {
    free(rve->X);
    femd_boundary_destroy(&rve->boundary);
    if (rve->loose) femd_loose_clear(rve->loose);
    free(rve->loose);
    femd_energetics_destroy(&rve->en);
    femd_neighbours_destroy(&rve->nb);
    memset(rve, 0, sizeof *rve);
}

femd_status femd_rve_may_hold(femd_rve *rve, femd_error *err) {
    rve->loose = calloc(1, sizeof *rve->loose);
    if (!rve->loose) return femd_fail(err, FEMD_NO_MEMORY, "an RVE of %d atoms: out of memory", rve->n);
    rve->gauge.more = &rve->loose->more;
    return FEMD_OK;
}

femd_status femd_rve_hold(const femd_rve *rve, const double cell[9], const double *x, femd_error *err) {
    if (!rve->loose) return FEMD_OK;
    return rve->boundary ? femd_loose_refuse(rve->loose, rve->nb, rve->n, cell, x, err)
                         : femd_loose_find(rve->loose, rve->nb, rve->n, cell, x, err);
}

int femd_rve_is_adrift(const femd_rve *rve) {
    return rve->loose && !rve->boundary && femd_loose_is_all_clusters(rve->loose);
}

femd_status femd_place_set(const femd_rve *rve, const double E[6], femd_place *place, femd_error *err) {
    memcpy(place->E, E, sizeof place->E);
    FEMD_TRY(femd_stretch_from_E(E, place->U, err));
    rve_inverse(place->U, place->A);
    femd_mul3(rve->h0, place->U, place->h); /* rows: (U a)^T = a^T U, U symmetric */
    place->J = femd_det3(place->U);
    for (int r = 0; r < 6; r++)
        for (int c = 0; c < 6; c++) {
            const int I = femd_voigt_i[r], J = femd_voigt_j[r], a = femd_voigt_i[c], b = femd_voigt_j[c];
            const double m = place->A[3 * I + a] * place->A[3 * J + b];
            place->M[6 * r + c] = a == b ? m : m + place->A[3 * I + b] * place->A[3 * J + a];
        }
    return FEMD_OK;
}

void femd_place_atoms(const femd_rve *rve, const femd_place *place, const double *w, double *x) {
    for (int i = 0; i < rve->n; i++) {
        double y[3];
        for (int c = 0; c < 3; c++) y[c] = rve->X[3 * i + c] + (w ? w[3 * i + c] : 0);
        femd_apply3(place->U, y, x + 3 * i);
    }
}

void femd_place_displacements(const femd_rve *rve, const femd_place *place, const double *x, double *w) {
    const double *A = place->A;
    double sum[3] = {0, 0, 0};
    for (int i = 0; i < rve->n; i++)
        for (int c = 0; c < 3; c++) {
            const double v = A[3 * c] * x[3 * i] + A[3 * c + 1] * x[3 * i + 1] + A[3 * c + 2] * x[3 * i + 2];
            w[3 * i + c] = v - rve->X[3 * i + c];
            sum[c] += w[3 * i + c];
        }
    femd_gauge_remove_sum(&rve->gauge, sum, w);
}

void femd_place_stress(const femd_rve *rve, const femd_place *place, const double tau[6], double S[6]) {
    const double unit = FEMD_EV_PER_A3 / rve->V0;
    for (int r = 0; r < 6; r++) {
        double s = 0;
        for (int c = 0; c < 6; c++) s += place->M[6 * r + c] * tau[c];
        S[r] = s * unit;
    }
}

void femd_place_tangent(const femd_rve *rve, const femd_place *place, const double B[36], double D[36]) {
    const double unit = FEMD_EV_PER_A3 / rve->V0;
    double MB[36];
    for (int r = 0; r < 6; r++)
        for (int c = 0; c < 6; c++) {
            double s = 0;
            for (int k = 0; k < 6; k++) s += place->M[6 * r + k] * B[6 * k + c];
            MB[6 * r + c] = s;
        }
    for (int r = 0; r < 6; r++)
        for (int c = 0; c < 6; c++) {
            double s = 0;
            for (int k = 0; k < 6; k++) s += MB[6 * r + k] * place->M[6 * c + k];
            D[6 * r + c] = s * unit;
        }
}
