/* Positive definiteness and ellipticity; see ellipticity.h. */
#include "rve/ellipticity.h"

#include <math.h>
#include <string.h>

#include "femd/kinematics.h"
#include "femd/tensor3.h"
#include "numerics/dense.h"
#include "numerics/portable.h"

enum { RINGS = 24, REFINEMENTS = 24 };
static const double ROUND_OFF = 1e-8; /* of the largest stiffness: nearer to zero no sign is known (vacuum has none) */

/* Lowest eigenvalue of a symmetric matrix of 3 x 3 or 6 x 6; *largest: of their sizes; *along: its unit vector (either
 * may be NULL). 0 if LAPACK fails. */
static double ellipticity_lowest_of(int n, const double *A, double *largest, double *along) {
    double copy[36], lambda[6];
    femd_error unused = FEMD_ERROR_INIT;
    memcpy(copy, A, (size_t)(n * n) * sizeof *copy);
    if (femd_eigen(n, copy, lambda, &unused) != FEMD_OK) return 0;
    if (largest) *largest = fmax(fabs(lambda[0]), fabs(lambda[n - 1]));
    if (along) memcpy(along, copy, (size_t)n * sizeof *along);
    return lambda[0];
}

static double ellipticity_weight(int c) {
    return c < 3 ? 1 : M_SQRT2;
}

/* Of D in the basis where shears count over sqrt 2, so that eigenvalues do not turn with the axes. dE: the strain (6,
 * engineering shears) of which it is the stiffness. */
static double ellipticity_of_tangent(const double D[36], double *largest, double *dE) {
    double A[36];
    for (int r = 0; r < 6; r++)
        for (int c = 0; c < 6; c++) A[6 * r + c] = D[6 * r + c] * ellipticity_weight(r) * ellipticity_weight(c);
    const double lowest = ellipticity_lowest_of(6, A, largest, dE);
    for (int c = 0; dE && c < 6; c++) dE[c] *= ellipticity_weight(c);
    return lowest;
}

/* Lowest eigenvalue of Q(N); dE as above, of its motion. */
static double ellipticity_wave(const double U[9], const double S[6], const double D[36], const double N[3],
                               double *dE) {
    double B[3][6], Q[9], along = 0, motion[3] = {0};
    for (int i = 0; i < 3; i++) /* dE = sym(U^T e_i N^T), engineering shears, of the motion along i */
        for (int v = 0; v < 6; v++) {
            const int I = femd_voigt_i[v], J = femd_voigt_j[v];
            B[i][v] = v < 3 ? U[3 * i + I] * N[I] : U[3 * i + I] * N[J] + U[3 * i + J] * N[I];
        }
    for (int v = 0; v < 6; v++) along += (v < 3 ? 1 : 2) * S[v] * N[femd_voigt_i[v]] * N[femd_voigt_j[v]];
    for (int i = 0; i < 3; i++)
        for (int k = 0; k < 3; k++) {
            double sum = i == k ? along : 0;
            for (int v = 0; v < 6; v++)
                for (int w = 0; w < 6; w++) sum += B[i][v] * D[6 * v + w] * B[k][w];
            Q[3 * i + k] = sum;
        }
    for (int i = 0; i < 3; i++)
        for (int k = 0; k < i; k++) Q[3 * i + k] = Q[3 * k + i] = 0.5 * (Q[3 * i + k] + Q[3 * k + i]);
    const double lowest = ellipticity_lowest_of(3, Q, NULL, motion);
    for (int v = 0; dE && v < 6; v++) dE[v] = B[0][v] * motion[0] + B[1][v] * motion[1] + B[2][v] * motion[2];
    return lowest;
}

/* Angles in turns. */
static void ellipticity_direction(double theta, double phi, double N[3]) {
    double high, wide, east, north;
    femd_portable_turn(theta - floor(theta), &high, &wide);
    femd_portable_turn(phi - floor(phi), &east, &north);
    N[0] = wide * east;
    N[1] = wide * north;
    N[2] = high;
}

double femd_ellipticity_lowest(const double U[9], const double S[6], const double D[36], double N[3]) {
    double best = HUGE_VAL, at[2] = {0, 0}, step = 0.25 / RINGS, n[3];
    for (int ring = 0; ring <= RINGS; ring++) { /* half of the sphere: N and -N are one */
        const double theta = ring * step;
        ellipticity_direction(theta, 0, n);
        const int points = 1 + (int)(4 * RINGS * n[0]);
        for (int k = 0; k < points; k++) {
            const double phi = (double)k / points;
            ellipticity_direction(theta, phi, n);
            const double lambda = ellipticity_wave(U, S, D, n, NULL);
            if (lambda < best) best = lambda, at[0] = theta, at[1] = phi;
        }
    }
    for (int k = 0; k < REFINEMENTS; k++) {
        static const double way[4][2] = {{1, 0}, {-1, 0}, {0, 1}, {0, -1}};
        double next[2] = {at[0], at[1]};
        for (int w = 0; w < 4; w++) {
            ellipticity_direction(at[0] + way[w][0] * step, at[1] + way[w][1] * step, n);
            const double lambda = ellipticity_wave(U, S, D, n, NULL);
            if (lambda < best) best = lambda, next[0] = at[0] + way[w][0] * step, next[1] = at[1] + way[w][1] * step;
        }
        if (next[0] == at[0] && next[1] == at[1]) step *= 0.5;
        memcpy(at, next, sizeof at);
    }
    if (N) ellipticity_direction(at[0], at[1], N);
    return best;
}

/* Q is bounded from below by half the lowest eigenvalue of D times that of U squared, and that of S: most points need
 * no search. */
static int ellipticity_is_plain(const double U[9], const double S[6], double D_lowest) {
    double full[9];
    femd_voigt_to_full(S, 0, full);
    const double U_lowest = ellipticity_lowest_of(3, U, NULL, NULL);
    return D_lowest > 0 && 0.5 * D_lowest * U_lowest * U_lowest + ellipticity_lowest_of(3, full, NULL, NULL) > 0;
}

uint32_t femd_ellipticity_notes(const double U[9], const double S[6], const double D[36], const double *S_err,
                                const double *D_err) {
    double largest = 0;
    const double lowest = ellipticity_of_tangent(D, &largest, NULL);
    double doubt = ROUND_OFF * largest;
    if (D_err) doubt = fmax(doubt, 3 * femd_max_abs(36, D_err));
    uint32_t notes = lowest < -doubt ? FEMD_NOTE_TANGENT_NOT_POSITIVE : 0;
    if (ellipticity_is_plain(U, S, lowest)) return notes;
    if (S_err) doubt = fmax(doubt, 3 * femd_max_abs(6, S_err));
    return femd_ellipticity_lowest(U, S, D, NULL) < -doubt ? notes | FEMD_NOTE_NOT_ELLIPTIC : notes;
}

/* The largest error of dE.D.dE that errors of D allow. */
static double ellipticity_doubt(const double D_err[36], const double dE[6]) {
    double sum = 0;
    for (int r = 0; r < 6; r++)
        for (int c = 0; c < 6; c++) sum += fabs(dE[r] * dE[c]) * D_err[6 * r + c];
    return sum;
}

void femd_ellipticity_answer(const double U[9], femd_response *r) {
    double dE[6], N[3];
    r->tangent_stability = ellipticity_of_tangent(r->D, NULL, dE);
    if (r->sampled) r->tangent_stability_err = ellipticity_doubt(r->D_err, dE);
    r->acoustic_stability = femd_ellipticity_lowest(U, r->S, r->D, N);
    r->provided |= FEMD_WANT_TANGENT_STABILITY | FEMD_WANT_ACOUSTIC_STABILITY;
    if (!r->sampled) return;
    (void)ellipticity_wave(U, r->S, r->D, N, dE);
    r->acoustic_stability_err = ellipticity_doubt(r->D_err, dE);
    for (int v = 0; v < 6; v++)
        r->acoustic_stability_err += (v < 3 ? 1 : 2) * r->S_err[v] * fabs(N[femd_voigt_i[v]] * N[femd_voigt_j[v]]);
}
