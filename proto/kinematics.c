/* Kinematics: between what solvers speak (F, P, A, Cauchy stress, Jaumann tangent) and what the wire carries (E, S, D).
 * Owns every conversion of this kind; never evaluates a material.
 *
 * Only + - * / and sqrt are used, in a fixed order, so the bits do not depend on the machine's libm. Full second-order
 * tensors are row-major double[9]; femd_voigt_at[i][j] is the place of component ij in the order 11, 22, 33, 23,
 * 13, 12. */
#include "femd/kinematics.h"

#include <math.h>
#include <string.h>

#include "femd/tensor3.h"

/* ---- 3x3 ---- */

/* Inverse, by the adjugate; the caller knows that det is not 0. */
static void kinematics_inverse(const double a[9], double det, double inv[9]) {
    femd_adjugate3(a, inv);
    for (int i = 0; i < 9; i++) inv[i] /= det;
}

static double kinematics_norm(const double a[9]) {
    double s = 0;
    for (int i = 0; i < 9; i++) s += a[i] * a[i];
    return sqrt(s);
}

int femd_voigt_any(const double v[6]) {
    for (int i = 0; i < 6; i++)
        if (v[i] != 0) return 1;
    return 0;
}

void femd_voigt_to_full(const double v[6], int strain, double t[9]) {
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++)
            t[3 * i + j] = strain && i != j ? 0.5 * v[femd_voigt_at[i][j]] : v[femd_voigt_at[i][j]];
}

void femd_full_to_voigt(const double t[9], int strain, double v[6]) {
    for (int c = 0; c < 6; c++) {
        double a = t[3 * femd_voigt_i[c] + femd_voigt_j[c]], b = t[3 * femd_voigt_j[c] + femd_voigt_i[c]];
        v[c] = c < 3 ? a : strain ? a + b : 0.5 * (a + b);
    }
}

/* det F of a deformation gradient that may come from outside. */
static femd_status kinematics_check_F(const double F[9], double *det, femd_error *err) {
    *det = femd_det3(F);
    if (isfinite(*det) && *det > 0) return FEMD_OK;
    return femd_fail(err, FEMD_BAD_INPUT, "det F = %g; a deformation gradient needs a positive determinant", *det);
}

/* ---- strain and polar decomposition ---- */

/* With H = F - I, 2E = H + H^T + H^T H keeps the digits of small strains. */
femd_status femd_strain_from_F(const double F[9], double E[6], femd_error *err) {
    double det, H[9], e[9];
    FEMD_TRY(kinematics_check_F(F, &det, err));
    for (int i = 0; i < 9; i++) H[i] = F[i] - femd_identity3[i];
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++) {
            double quadratic = H[i] * H[j] + H[3 + i] * H[3 + j] + H[6 + i] * H[6 + j];
            e[3 * i + j] = 0.5 * (H[3 * i + j] + H[3 * j + i] + quadratic);
        }
    femd_full_to_voigt(e, 1, E);
    for (int c = 0; c < 6; c++)
        if (!isfinite(E[c])) return femd_fail(err, FEMD_BAD_INPUT, "the strain of F is not finite");
    return FEMD_OK;
}

/* R is the limit of X <- (g X + X^-T / g)/2 from X = F (Higham, SIAM J. Sci. Stat. Comput. 7, 1986), with
 * g = sqrt(|X^-1|/|X|) while X is far from a rotation. */
femd_status femd_polar(const double F[9], double R[9], double U[9], femd_error *err) {
    double det, X[9], Y[9], next[9], change = INFINITY;
    FEMD_TRY(kinematics_check_F(F, &det, err));
    memcpy(X, F, sizeof X);
    for (int k = 0; k < 60 && change > 1e-15; k++) {
        kinematics_inverse(X, femd_det3(X), next);
        femd_transpose3(next, Y);
        double g = change > 0.01 ? sqrt(kinematics_norm(Y) / kinematics_norm(X)) : 1, sum = 0;
        for (int i = 0; i < 9; i++) {
            next[i] = 0.5 * (g * X[i] + Y[i] / g);
            sum += (next[i] - X[i]) * (next[i] - X[i]);
        }
        memcpy(X, next, sizeof X);
        double now = sqrt(sum);
        if (!isfinite(now))
            return femd_fail(err, FEMD_BAD_INPUT, "F has no polar decomposition within the range of doubles");
        if (now >= change && now < 1e-8) break; /* down at round-off */
        change = now;
    }
    femd_transpose3(X, Y);
    femd_mul3(Y, F, next);
    if (R) memcpy(R, X, sizeof X);
    for (int i = 0; U && i < 3; i++)
        for (int j = 0; j < 3; j++) U[3 * i + j] = 0.5 * (next[3 * i + j] + next[3 * j + i]);
    return FEMD_OK;
}

/* One Jacobi rotation that annihilates a[p][q]; V collects the eigenvectors in its columns (Golub & Van Loan, 8.5). */
static void kinematics_jacobi_rotate(double a[9], double V[9], int p, int q) {
    double apq = a[3 * p + q];
    if (apq == 0) return;
    double theta = (a[4 * q] - a[4 * p]) / (2 * apq);
    double t = (theta < 0 ? -1 : 1) / (fabs(theta) + sqrt(theta * theta + 1));
    double c = 1 / sqrt(t * t + 1), s = t * c;
    int r = 3 - p - q;
    double arp = a[3 * r + p], arq = a[3 * r + q];
    a[4 * p] -= t * apq;
    a[4 * q] += t * apq;
    a[3 * p + q] = a[3 * q + p] = 0;
    a[3 * r + p] = a[3 * p + r] = c * arp - s * arq;
    a[3 * r + q] = a[3 * q + r] = s * arp + c * arq;
    for (int i = 0; i < 3; i++) {
        double vp = V[3 * i + p], vq = V[3 * i + q];
        V[3 * i + p] = c * vp - s * vq;
        V[3 * i + q] = s * vp + c * vq;
    }
}

/* a becomes diagonal (its eigenvalues), columns of V the eigenvectors. */
static void kinematics_eigen(double a[9], double V[9]) {
    memcpy(V, femd_identity3, sizeof femd_identity3);
    for (int sweep = 0; sweep < 12; sweep++) {
        double off = fabs(a[1]) + fabs(a[2]) + fabs(a[5]), diagonal = fabs(a[0]) + fabs(a[4]) + fabs(a[8]);
        if (off <= 1e-18 * diagonal) return;
        kinematics_jacobi_rotate(a, V, 0, 1);
        kinematics_jacobi_rotate(a, V, 0, 2);
        kinematics_jacobi_rotate(a, V, 1, 2);
    }
}

/* U - I = V diag(2e/(1 + sqrt(1 + 2e))) V^T with the eigenvalues e of E: no digit of a small strain is lost. */
femd_status femd_stretch_from_E(const double E[6], double U[9], femd_error *err) {
    double e[9], V[9], d[3];
    femd_voigt_to_full(E, 1, e);
    for (int i = 0; i < 9; i++)
        if (!isfinite(e[i])) return femd_fail(err, FEMD_OUT_OF_DOMAIN, "the strain is not finite");
    kinematics_eigen(e, V);
    for (int k = 0; k < 3; k++) {
        double square = 1 + 2 * e[4 * k];
        if (!(square > 0) || !isfinite(square))
            return femd_fail(err, FEMD_OUT_OF_DOMAIN, "2E+I is not positive definite (eigenvalue %g)", square);
        d[k] = 2 * e[4 * k] / (1 + sqrt(square));
    }
    for (int i = 0; i < 3; i++)
        for (int j = i; j < 3; j++) {
            double s =
                V[3 * i] * d[0] * V[3 * j] + V[3 * i + 1] * d[1] * V[3 * j + 1] + V[3 * i + 2] * d[2] * V[3 * j + 2];
            U[3 * i + j] = U[3 * j + i] = femd_identity3[3 * i + j] + s;
        }
    return FEMD_OK;
}

/* ---- stress and tangent ---- */

/* M(F) with (F S F^T)_voigt = M S_voigt for symmetric S; then (F F F F D)_voigt = M D M^T. */
static void kinematics_push_matrix(const double F[9], double M[36]) {
    for (int a = 0; a < 6; a++)
        for (int b = 0; b < 6; b++) {
            int i = femd_voigt_i[a], j = femd_voigt_j[a], I = femd_voigt_i[b], J = femd_voigt_j[b];
            M[6 * a + b] = F[3 * i + I] * F[3 * j + J] + (I != J ? F[3 * i + J] * F[3 * j + I] : 0);
        }
}

static void kinematics_push_vector(const double M[36], const double s[6], double factor, double out[6]) {
    double t[6];
    for (int a = 0; a < 6; a++) {
        double sum = 0;
        for (int b = 0; b < 6; b++) sum += M[6 * a + b] * s[b];
        t[a] = factor * sum;
    }
    memcpy(out, t, sizeof t);
}

static void kinematics_push_tangent(const double M[36], const double D[36], double factor, double out[36]) {
    double MD[36];
    for (int a = 0; a < 6; a++)
        for (int b = 0; b < 6; b++) {
            double sum = 0;
            for (int c = 0; c < 6; c++) sum += M[6 * a + c] * D[6 * c + b];
            MD[6 * a + b] = sum;
        }
    for (int a = 0; a < 6; a++)
        for (int b = 0; b < 6; b++) {
            double sum = 0;
            for (int c = 0; c < 6; c++) sum += MD[6 * a + c] * M[6 * b + c];
            out[6 * a + b] = factor * sum;
        }
}

void femd_first_piola(const double F[9], const double S[6], const double D[36], double P[9], double A[81]) {
    double s[9], T[9][6]; /* T_iJ,KL = F_iI D_IJKL */
    femd_voigt_to_full(S, 0, s);
    if (P) femd_mul3(F, s, P);
    if (!A) return;
    for (int i = 0; i < 3; i++)
        for (int J = 0; J < 3; J++)
            for (int c = 0; c < 6; c++)
                T[3 * i + J][c] = F[3 * i] * D[6 * femd_voigt_at[0][J] + c] +
                                  F[3 * i + 1] * D[6 * femd_voigt_at[1][J] + c] +
                                  F[3 * i + 2] * D[6 * femd_voigt_at[2][J] + c];
    for (int iJ = 0; iJ < 9; iJ++)
        for (int k = 0; k < 3; k++)
            for (int L = 0; L < 3; L++) {
                const double *t = T[iJ];
                double a = t[femd_voigt_at[0][L]] * F[3 * k] + t[femd_voigt_at[1][L]] * F[3 * k + 1] +
                           t[femd_voigt_at[2][L]] * F[3 * k + 2];
                A[9 * iJ + 3 * k + L] = iJ / 3 == k ? s[3 * (iJ % 3) + L] + a : a;
            }
}

void femd_cauchy(const double F[9], const double S[6], double sigma[6]) {
    double M[36];
    kinematics_push_matrix(F, M);
    kinematics_push_vector(M, S, 1 / femd_det3(F), sigma);
}

/* (d_ik s_jl + d_jl s_ik + d_il s_jk + d_jk s_il)/2 in Voigt form: what the Jaumann rate of the Kirchhoff stress adds
 * to the pushed-forward tangent, sym_ij sym_kl [d_ik s_jl + s_ik d_jl]. */
static void kinematics_jaumann_term(const double sigma[6], double out[36]) {
    double s[9];
    femd_voigt_to_full(sigma, 0, s);
    for (int a = 0; a < 6; a++)
        for (int b = 0; b < 6; b++) {
            int i = femd_voigt_i[a], j = femd_voigt_j[a], k = femd_voigt_i[b], l = femd_voigt_j[b];
            out[6 * a + b] = 0.5 * ((i == k ? s[3 * j + l] : 0) + (j == l ? s[3 * i + k] : 0) +
                                    (i == l ? s[3 * j + k] : 0) + (j == k ? s[3 * i + l] : 0));
        }
}

void femd_jaumann(const double F[9], const double S[6], const double D[36], double sigma[6], double C[36]) {
    double M[36], term[36], s[6], J = femd_det3(F);
    kinematics_push_matrix(F, M);
    kinematics_push_vector(M, S, 1 / J, s);
    if (sigma) memcpy(sigma, s, sizeof s);
    if (!C) return;
    kinematics_push_tangent(M, D, 1 / J, C);
    kinematics_jaumann_term(s, term);
    for (int n = 0; n < 36; n++) C[n] += term[n];
}

/* D_IJKL = F^-1_Ii F^-1_Kk (A_iJkL - d_ik S_JL), the mean over its minor symmetries. */
femd_status femd_D_from_A(const double F[9], const double S[6], const double A[81], double D[36], femd_error *err) {
    double det, G[9], s[9];
    FEMD_TRY(kinematics_check_F(F, &det, err));
    kinematics_inverse(F, det, G);
    femd_voigt_to_full(S, 0, s);
    memset(D, 0, 36 * sizeof *D);
    for (int I = 0; I < 3; I++)
        for (int J = 0; J < 3; J++)
            for (int K = 0; K < 3; K++)
                for (int L = 0; L < 3; L++) {
                    double sum = 0, share = (I == J ? 1 : 0.5) * (K == L ? 1 : 0.5);
                    for (int i = 0; i < 3; i++)
                        for (int k = 0; k < 3; k++)
                            sum += G[3 * I + i] * G[3 * K + k] *
                                   (A[9 * (3 * i + J) + 3 * k + L] - (i == k ? s[3 * J + L] : 0));
                    D[6 * femd_voigt_at[I][J] + femd_voigt_at[K][L]] += share * sum;
                }
    return FEMD_OK;
}

femd_status femd_D_from_jaumann(const double F[9], const double sigma[6], const double C[36], double D[36],
                                femd_error *err) {
    double det, G[9], M[36], c[36];
    FEMD_TRY(kinematics_check_F(F, &det, err));
    kinematics_inverse(F, det, G);
    kinematics_push_matrix(G, M);
    kinematics_jaumann_term(sigma, c);
    for (int n = 0; n < 36; n++) c[n] = C[n] - c[n];
    kinematics_push_tangent(M, c, det, D);
    return FEMD_OK;
}

femd_status femd_conductivity(const double F[9], const double k[6], double spatial[6], double referential[6],
                              femd_error *err) {
    double R[9], U[9], M[36];
    FEMD_TRY(femd_polar(F, R, U, err));
    if (spatial) {
        kinematics_push_matrix(R, M);
        kinematics_push_vector(M, k, 1, spatial);
    }
    if (referential) {
        double J = femd_det3(U), G[9];
        kinematics_inverse(U, J, G);
        kinematics_push_matrix(G, M);
        kinematics_push_vector(M, k, J, referential);
    }
    return FEMD_OK;
}

/* ---- material orientation ---- */

void femd_strain_rotate(const double Q[9], const double E[6], double E_rve[6]) {
    double e[9], t[9], Qt[9];
    femd_voigt_to_full(E, 1, e);
    femd_transpose3(Q, Qt);
    femd_mul3(Q, e, t);
    femd_mul3(t, Qt, e);
    femd_full_to_voigt(e, 1, E_rve);
}

/* Standard errors under M, the errors of the components taken as independent. */
static void kinematics_rotate_errors(const double M[36], double e[6]) {
    double t[6];
    for (int a = 0; a < 6; a++) {
        double sum = 0;
        for (int b = 0; b < 6; b++) sum += (M[6 * a + b] * e[b]) * (M[6 * a + b] * e[b]);
        t[a] = sqrt(sum);
    }
    memcpy(e, t, sizeof t);
}

static void kinematics_rotate_tangent_errors(const double M[36], double e[36]) {
    double squares[36], M2[36];
    for (int n = 0; n < 36; n++) squares[n] = e[n] * e[n], M2[n] = M[n] * M[n];
    kinematics_push_tangent(M2, squares, 1, e);
    for (int n = 0; n < 36; n++) e[n] = sqrt(e[n]);
}

/* Q^T . Q on one quantity; M = kinematics_push_matrix(Q^T). */
static void kinematics_turn_value(const double Qt[9], const double M[36], femd_shape shape, double *v) {
    switch (shape) {
    case FEMD_SHAPE_STRAIN: femd_strain_rotate(Qt, v, v); break;
    case FEMD_SHAPE_STRESS: kinematics_push_vector(M, v, 1, v); break;
    case FEMD_SHAPE_STIFFNESS: kinematics_push_tangent(M, v, 1, v); break;
    case FEMD_SHAPE_SCALAR:
    case FEMD_SHAPES: break;
    }
}

/* N(Q^T) with (strain in the solver frame) = N (strain in the RVE frame) in Voigt form: the inverse transpose of M, and
 * Q being a rotation, that of kinematics_push_matrix(Q) transposed. */
static void kinematics_strain_matrix(const double Q[9], double N[36]) {
    double M[36];
    kinematics_push_matrix(Q, M);
    for (int a = 0; a < 6; a++)
        for (int b = 0; b < 6; b++) N[6 * a + b] = M[6 * b + a];
}

static void kinematics_turn_error(const double Q[9], const double M[36], femd_shape shape, double *e) {
    double N[36];
    switch (shape) {
    case FEMD_SHAPE_STRAIN:
        kinematics_strain_matrix(Q, N);
        kinematics_rotate_errors(N, e);
        break;
    case FEMD_SHAPE_STRESS: kinematics_rotate_errors(M, e); break;
    case FEMD_SHAPE_STIFFNESS: kinematics_rotate_tangent_errors(M, e); break;
    case FEMD_SHAPE_SCALAR:
    case FEMD_SHAPES: break;
    }
}

void femd_response_unrotate(const double Q[9], femd_response *r) {
    double Qt[9], M[36];
    if (memcmp(Q, femd_identity3, sizeof femd_identity3) == 0) return;
    femd_transpose3(Q, Qt);
    kinematics_push_matrix(Qt, M);
    for (size_t i = 0; i < FEMD_QUANTITIES; i++) {
        const femd_quantity *q = femd_quantity_at(i);
        kinematics_turn_value(Qt, M, q->shape, (double *)(void *)((char *)r + q->value));
        if (r->sampled && q->sampled) kinematics_turn_error(Q, M, q->shape, (double *)(void *)((char *)r + q->error));
    }
}

femd_status femd_rotation_check(double Q[9], femd_error *err) {
    double Qt[9], product[9], worst = 0;
    femd_transpose3(Q, Qt);
    femd_mul3(Q, Qt, product);
    for (int i = 0; i < 9; i++) {
        double off = fabs(product[i] - femd_identity3[i]);
        if (!(off <= worst)) worst = off;
    }
    if (!(worst <= 1e-6))
        return femd_fail(err, FEMD_BAD_INPUT, "the matrix is no rotation: Q Q^T differs from the identity by %.2g",
                         worst);
    if (femd_det3(Q) < 0)
        return femd_fail(err, FEMD_BAD_INPUT, "the matrix is a reflection (its determinant is -1), not a rotation");
    return femd_polar(Q, Q, NULL, err);
}

/* ---- condensation ---- */

/* Solve the n x n system a x = b for m right-hand sides in place by elimination with row pivoting; 0 if singular. */
static int kinematics_solve(double a[6][6], double b[6][6], int n, int m) {
    for (int k = 0; k < n; k++) {
        int p = k;
        for (int i = k + 1; i < n; i++)
            if (fabs(a[i][k]) > fabs(a[p][k])) p = i;
        if (!(fabs(a[p][k]) > 0)) return 0;
        for (int j = 0; j < 6 && p != k; j++) {
            double t = a[k][j];
            a[k][j] = a[p][j], a[p][j] = t;
            t = b[k][j];
            b[k][j] = b[p][j], b[p][j] = t;
        }
        for (int i = 0; i < n; i++) {
            if (i == k) continue;
            double f = a[i][k] / a[k][k];
            for (int j = k; j < n; j++) a[i][j] -= f * a[k][j];
            for (int j = 0; j < m; j++) b[i][j] -= f * b[k][j];
        }
    }
    for (int i = 0; i < n; i++)
        for (int j = 0; j < m; j++) b[i][j] /= a[i][i];
    return 1;
}

/* D_ff - D_fm D_mm^-1 D_mf with m the prescribed stresses. */
femd_status femd_condense(const double D[36], unsigned mask, double Dc[36], femd_error *err) {
    int m[6], f[6], nm = 0, nf = 0;
    double a[6][6] = {{0}}, b[6][6] = {{0}}, out[36] = {0};
    if (mask > 63) return femd_fail(err, FEMD_BAD_ARGUMENT, "the control mask %u has more than 6 bits", mask);
    for (int c = 0; c < 6; c++)
        if (mask >> c & 1)
            m[nm++] = c;
        else
            f[nf++] = c;
    for (int i = 0; i < nm; i++) {
        for (int j = 0; j < nm; j++) a[i][j] = D[6 * m[i] + m[j]];
        for (int j = 0; j < nf; j++) b[i][j] = D[6 * m[i] + f[j]];
    }
    if (!kinematics_solve(a, b, nm, nf))
        return femd_fail(err, FEMD_INSTABILITY, "the tangent is singular in the directions of prescribed stress");
    for (int i = 0; i < nf; i++)
        for (int j = 0; j < nf; j++) {
            double v = D[6 * f[i] + f[j]];
            for (int k = 0; k < nm; k++) v -= D[6 * f[i] + m[k]] * b[k][j];
            out[6 * f[i] + f[j]] = v;
        }
    memcpy(Dc, out, sizeof out);
    return FEMD_OK;
}
