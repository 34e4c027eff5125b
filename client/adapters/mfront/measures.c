/* Stress measures and tangents that hosts of MFront choose among, from S and D = dS/dE. With A = dP/dF,
 *
 *   d(tau_ij)/d(F_kL)   = A_iJkL F_jJ + P_iL delta_jk                        tau = P F^T
 *   d(sigma_ij)/d(F_kL) = (d(tau_ij)/d(F_kL) - tau_ij F^-1_Lk) / J           sigma = tau / J
 *   d(tau_ij)/d(dF_kl)  = d(tau_ij)/d(F_kL) F0_lL                            F = dF F0 */
#include "femd/tensor3.h"
#include "mfront.h"

#define ROOT2 1.4142135623730951

/* Row and column of each number of a tensor, 11 22 33 12 21 13 31 23 32, and of a symmetric one, 11 22 33 12 13 23. */
static const int tensor_i[9] = {0, 1, 2, 0, 1, 0, 2, 1, 2}, tensor_j[9] = {0, 1, 2, 1, 0, 2, 0, 2, 1};
static const int sym_i[6] = {0, 1, 2, 0, 0, 1}, sym_j[6] = {0, 1, 2, 1, 2, 2};

static double measures_root(int c) {
    return c > 2 ? ROOT2 : 1;
}

void mfront_matrix_in(const double *host, double rows[9]) {
    for (int c = 0; c < 9; c++) rows[3 * tensor_i[c] + tensor_j[c]] = host[c];
}

static void measures_give_symmetric(const double v[6], double *host) {
    for (int c = 0; c < 6; c++) host[c] = measures_root(c) * v[femd_voigt_at[sym_i[c]][sym_j[c]]];
}

void mfront_give_stress(int measure, const double F[9], const double S[6], double *host) {
    static const double none[36];
    double P[9], sigma[6];
    if (measure == MFRONT_PK2) {
        measures_give_symmetric(S, host);
    } else if (measure == MFRONT_CAUCHY) {
        femd_cauchy(F, S, sigma);
        measures_give_symmetric(sigma, host);
    } else {
        femd_first_piola(F, S, none, P, NULL);
        for (int c = 0; c < 9; c++) host[c] = P[3 * tensor_i[c] + tensor_j[c]];
    }
}

/* d(tau_ij)/d(F_kL), [6][9] in the order of the host, without sqrt 2. */
static void measures_tau_by_F(const double F[9], const double P[9], const double A[81], double T[6][9]) {
    for (int c = 0; c < 6; c++)
        for (int d = 0; d < 9; d++) {
            const int i = sym_i[c], j = sym_j[c], k = tensor_i[d], L = tensor_j[d];
            T[c][d] = j == k ? P[3 * i + L] : 0;
            for (int J = 0; J < 3; J++) T[c][d] += A[27 * i + 9 * J + 3 * k + L] * F[3 * j + J];
        }
}

static void measures_sigma_by_F(const double F[9], const double S[6], double T[6][9], double *host) {
    double sigma[6], adjugate[9];
    const double J = femd_det3(F);
    femd_cauchy(F, S, sigma);
    femd_adjugate3(F, adjugate);
    for (int c = 0; c < 6; c++)
        for (int d = 0; d < 9; d++) {
            const double inverse = adjugate[3 * tensor_j[d] + tensor_i[d]] / J; /* F^-1_Lk */
            const double moved = sigma[femd_voigt_at[sym_i[c]][sym_j[c]]] * inverse;
            host[9 * c + d] = measures_root(c) * (T[c][d] / J - moved);
        }
}

static void measures_tau_by_step(const double F0[9], double T[6][9], double *host) {
    for (int c = 0; c < 6; c++)
        for (int d = 0; d < 9; d++) {
            double sum = 0;
            for (int e = 0; e < 9; e++) /* e is kL where k is that of d */
                if (tensor_i[e] == tensor_i[d]) sum += T[c][e] * F0[3 * tensor_j[d] + tensor_j[e]];
            host[9 * c + d] = measures_root(c) * sum;
        }
}

static void measures_material(const double D[36], double *host) {
    for (int c = 0; c < 6; c++)
        for (int d = 0; d < 6; d++) {
            const int row = femd_voigt_at[sym_i[c]][sym_j[c]], column = femd_voigt_at[sym_i[d]][sym_j[d]];
            host[6 * c + d] = measures_root(c) * measures_root(d) * D[6 * row + column];
        }
}

void mfront_give_tangent(int measure, const double F[9], const double F0[9], const double S[6], const double D[36],
                         double *host) {
    double P[9], A[81], T[6][9];
    if (measure == MFRONT_DS_DE) {
        measures_material(D, host);
        return;
    }
    femd_first_piola(F, S, D, P, A);
    if (measure == MFRONT_DPK1_DF) {
        for (int c = 0; c < 9; c++)
            for (int d = 0; d < 9; d++)
                host[9 * c + d] = A[9 * (3 * tensor_i[c] + tensor_j[c]) + 3 * tensor_i[d] + tensor_j[d]];
        return;
    }
    measures_tau_by_F(F, P, A, T);
    if (measure == MFRONT_DSIG_DF)
        measures_sigma_by_F(F, S, T, host);
    else
        measures_tau_by_step(F0, T, host);
}
