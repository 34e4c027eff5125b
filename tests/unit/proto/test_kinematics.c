/* Kinematic conversions against finite differences, brute-force tensor algebra and closed forms. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "femd/kinematics.h"

static const int VOIGT[3][3] = {{0, 5, 4}, {5, 1, 3}, {4, 3, 2}};

static double uniform(uint64_t *s) { /* in (-1, 1) */
    *s ^= *s << 13, *s ^= *s >> 7, *s ^= *s << 17;
    return (double)(int64_t)(*s >> 12) / 2251799813685248.0 - 1;
}

static void product(const double a[9], const double b[9], double c[9]) {
    double t[9];
    for (int i = 0; i < 9; i++)
        t[i] = a[i / 3 * 3] * b[i % 3] + a[i / 3 * 3 + 1] * b[3 + i % 3] + a[i / 3 * 3 + 2] * b[6 + i % 3];
    memcpy(c, t, sizeof t);
}

static void transposed(const double a[9], double t[9]) {
    for (int i = 0; i < 9; i++) t[i] = a[i % 3 * 3 + i / 3];
}

static double det(const double a[9]) {
    return a[0] * (a[4] * a[8] - a[5] * a[7]) - a[1] * (a[3] * a[8] - a[5] * a[6]) + a[2] * (a[3] * a[7] - a[4] * a[6]);
}

static void inverted(const double a[9], double v[9]) {
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++) {
            int p = (j + 1) % 3, q = (j + 2) % 3, r = (i + 1) % 3, s = (i + 2) % 3;
            v[3 * i + j] = (a[3 * p + r] * a[3 * q + s] - a[3 * p + s] * a[3 * q + r]) / det(a);
        }
}

static double difference(const double *a, const double *b, int n) {
    double worst = 0;
    for (int i = 0; i < n; i++) worst = fmax(worst, fabs(a[i] - b[i]));
    return worst;
}

static double largest(const double *a, int n) {
    double worst = 0;
    for (int i = 0; i < n; i++) worst = fmax(worst, fabs(a[i]));
    return worst;
}

/* Rotation from a quaternion. */
static void random_rotation(uint64_t *s, double Q[9]) {
    double q[4], n = 0;
    for (int i = 0; i < 4; i++) q[i] = uniform(s), n += q[i] * q[i];
    for (int i = 0; i < 4; i++) q[i] /= sqrt(n);
    double w = q[0], x = q[1], y = q[2], z = q[3];
    double t[9] = {1 - 2 * (y * y + z * z), 2 * (x * y - w * z),     2 * (x * z + w * y),
                   2 * (x * y + w * z),     1 - 2 * (x * x + z * z), 2 * (y * z - w * x),
                   2 * (x * z - w * y),     2 * (y * z + w * x),     1 - 2 * (x * x + y * y)};
    memcpy(Q, t, sizeof t);
}

static void random_F(uint64_t *s, double size, double F[9]) {
    double Q[9], U[9];
    random_rotation(s, Q);
    do
        for (int i = 0; i < 9; i++) U[i] = (i % 4 == 0) + size * uniform(s);
    while (det(U) < 0.1);
    product(Q, U, F);
}

/* A hyperelastic law without any symmetry: W = E.D.E/2 + (w.E)^3/6, so S = D E + w (w.E)^2/2, dS/dE = D + w w (w.E). */
typedef struct law {
    double D[36], w[6];
} law;

static void random_law(uint64_t *s, law *m) {
    for (int i = 0; i < 6; i++) {
        m->w[i] = uniform(s);
        for (int j = 0; j <= i; j++) m->D[6 * i + j] = m->D[6 * j + i] = uniform(s) + (i == j ? 3 : 0);
    }
}

static void evaluate(const law *m, const double E[6], double S[6], double D[36]) {
    double wE = 0;
    for (int i = 0; i < 6; i++) wE += m->w[i] * E[i];
    for (int i = 0; i < 6; i++) {
        S[i] = m->w[i] * wE * wE / 2;
        for (int j = 0; j < 6; j++) {
            S[i] += m->D[6 * i + j] * E[j];
            D[6 * i + j] = m->D[6 * i + j] + m->w[i] * m->w[j] * wE;
        }
    }
}

static void evaluate_F(const law *m, const double F[9], double S[6], double D[36]) {
    double E[6];
    assert_int_equal(femd_strain_from_F(F, E, NULL), FEMD_OK);
    evaluate(m, E, S, D);
}

/* ---- strain, stretch, polar ---- */

static void strain_is_half_FtF_minus_I(void **state) {
    (void)state;
    uint64_t s = 11;
    for (int n = 0; n < 200; n++) {
        double F[9], Ft[9], C[9], E[6], full[9], want[9];
        random_F(&s, 0.3, F);
        transposed(F, Ft);
        product(Ft, F, C);
        for (int i = 0; i < 9; i++) want[i] = 0.5 * (C[i] - (i % 4 == 0));
        assert_int_equal(femd_strain_from_F(F, E, NULL), FEMD_OK);
        femd_voigt_to_full(E, 1, full);
        assert_true(difference(full, want, 9) < 3e-15);
        assert_true(fabs(E[3] - 2 * want[5]) < 6e-15);
    }
    /* a strain of 1e-12 keeps its digits */
    double tiny[9] = {1, 3e-12, 0, 0, 1, 0, 0, 0, 1}, E[6];
    assert_int_equal(femd_strain_from_F(tiny, E, NULL), FEMD_OK);
    assert_true(E[5] == 3e-12 && fabs(E[1] - 4.5e-24) < 1e-38);
}

static void a_reflection_or_a_flat_cell_is_refused(void **state) {
    (void)state;
    const double bad[][9] = {{-1, 0, 0, 0, 1, 0, 0, 0, 1},
                             {1, 0, 0, 0, 1, 0, 0, 0, 0},
                             {NAN, 0, 0, 0, 1, 0, 0, 0, 1},
                             {INFINITY, 0, 0, 0, 1, 0, 0, 0, 1}};
    for (int i = 0; i < 4; i++) {
        double E[6], R[9], U[9], six[6] = {1, 1, 1, 0, 0, 0}, D[36] = {0}, A[81] = {0};
        femd_error err = FEMD_ERROR_INIT;
        assert_int_equal(femd_strain_from_F(bad[i], E, &err), FEMD_BAD_INPUT);
        assert_non_null(strstr(err.text, "a deformation gradient needs a positive determinant"));
        assert_int_equal(femd_polar(bad[i], R, U, &err), FEMD_BAD_INPUT);
        assert_int_equal(femd_conductivity(bad[i], six, E, NULL, &err), FEMD_BAD_INPUT);
        assert_int_equal(femd_D_from_A(bad[i], six, A, D, &err), FEMD_BAD_INPUT);
        assert_int_equal(femd_D_from_jaumann(bad[i], six, D, D, &err), FEMD_BAD_INPUT);
    }
}

static void stretch_squares_to_C(void **state) {
    (void)state;
    uint64_t s = 5;
    for (int n = 0; n < 500; n++) {
        double E[6], U[9], U2[9], e[9], size = n % 2 ? 0.1 : 1e-7;
        for (int i = 0; i < 6; i++) E[i] = size * uniform(&s);
        assert_int_equal(femd_stretch_from_E(E, U, NULL), FEMD_OK);
        product(U, U, U2);
        femd_voigt_to_full(E, 1, e);
        for (int i = 0; i < 9; i++) e[i] = 2 * e[i] + (i % 4 == 0);
        assert_true(difference(U2, e, 9) < 1e-15);
        assert_true(U[1] == U[3] && U[2] == U[6] && U[5] == U[7] && det(U) > 0);
    }
    double stretch[6] = {(1.21 - 1) / 2, (0.81 - 1) / 2, 0, 0, 0, 0}, U[9];
    const double want[9] = {1.1, 0, 0, 0, 0.9, 0, 0, 0, 1};
    assert_int_equal(femd_stretch_from_E(stretch, U, NULL), FEMD_OK);
    assert_true(difference(U, want, 9) < 3e-16);
    /* the square root of a tiny strain is half of it, to the last digits */
    double tiny[6] = {2e-11, 0, 0, 0, 0, 6e-11};
    assert_int_equal(femd_stretch_from_E(tiny, U, NULL), FEMD_OK);
    assert_true(fabs(U[1] - 3e-11) < 3e-21);
}

static void strain_outside_the_domain_is_refused(void **state) {
    (void)state;
    const double bad[][6] = {{-0.5, 0, 0, 0, 0, 0},
                             {-0.6, 0, 0, 0, 0, 0},
                             {0, 0, 0, 0, 0, 1.01},
                             {NAN, 0, 0, 0, 0, 0},
                             {0, 0, 0, INFINITY, 0, 0}};
    for (int i = 0; i < 5; i++) {
        double U[9];
        femd_error err = FEMD_ERROR_INIT;
        assert_int_equal(femd_stretch_from_E(bad[i], U, &err), FEMD_OUT_OF_DOMAIN);
    }
}

static void polar_parts_are_a_rotation_and_the_stretch(void **state) {
    (void)state;
    uint64_t s = 77;
    for (int n = 0; n < 500; n++) {
        double F[9], R[9], U[9], Rt[9], RtR[9], RU[9], E[6], U2[9];
        const double I[9] = {1, 0, 0, 0, 1, 0, 0, 0, 1};
        random_F(&s, n % 5 ? 0.2 : 1.5, F);
        assert_int_equal(femd_polar(F, R, U, NULL), FEMD_OK);
        transposed(R, Rt);
        product(Rt, R, RtR);
        product(R, U, RU);
        assert_true(difference(RtR, I, 9) < 2e-15);
        assert_true(difference(RU, F, 9) < 3e-15 * largest(F, 9));
        assert_int_equal(femd_strain_from_F(F, E, NULL), FEMD_OK);
        assert_int_equal(femd_stretch_from_E(E, U2, NULL), FEMD_OK);
        assert_true(difference(U, U2, 9) < (n % 5 ? 3e-15 : 1e-12));
    }
    double scaled[9] = {1e-6, 0, 0, 0, 1e6, 0, 0, 0, 3}, R[9];
    const double I[9] = {1, 0, 0, 0, 1, 0, 0, 0, 1};
    assert_int_equal(femd_polar(scaled, R, NULL, NULL), FEMD_OK);
    assert_true(difference(R, I, 9) < 1e-15);
}

/* ---- stress and tangent ---- */

static void A_is_the_derivative_of_P(void **state) {
    (void)state;
    uint64_t s = 3;
    for (int n = 0; n < 20; n++) {
        law m;
        double F[9], S[6], D[36], P[9], A[81], number[81], h = 1e-4;
        random_law(&s, &m);
        random_F(&s, 0.2, F);
        evaluate_F(&m, F, S, D);
        femd_first_piola(F, S, D, P, A);
        for (int kL = 0; kL < 9; kL++) {
            double sum[9] = {0};
            static const double step[4] = {-2, -1, 1, 2}, weight[4] = {1.0 / 12, -8.0 / 12, 8.0 / 12, -1.0 / 12};
            for (int t = 0; t < 4; t++) { /* fourth-order differences */
                double G[9], Pt[9];
                memcpy(G, F, sizeof G);
                G[kL] += step[t] * h;
                evaluate_F(&m, G, S, D);
                femd_first_piola(G, S, D, Pt, NULL);
                for (int iJ = 0; iJ < 9; iJ++) sum[iJ] += weight[t] * Pt[iJ];
            }
            for (int iJ = 0; iJ < 9; iJ++) number[9 * iJ + kL] = sum[iJ] / h;
        }
        assert_true(difference(A, number, 81) < 1e-9 * largest(A, 81));
        for (int a = 0; a < 9; a++)
            for (int b = 0; b < 9; b++) assert_true(fabs(A[9 * a + b] - A[9 * b + a]) < 1e-14 * largest(A, 81));
    }
}

/* tau of F stretched by I + h e_kl: rates without spin, in which the Jaumann rate is the plain rate. */
static void kirchhoff_after_stretch(const law *m, const double F[9], int k, int l, double h, double tau[6]) {
    double G[9], stretch[9] = {1, 0, 0, 0, 1, 0, 0, 0, 1}, S[6], D[36];
    stretch[3 * k + l] += k == l ? h : h / 2;
    if (k != l) stretch[3 * l + k] += h / 2;
    product(stretch, F, G);
    evaluate_F(m, G, S, D);
    femd_cauchy(G, S, tau);
    for (int c = 0; c < 6; c++) tau[c] *= det(G);
}

static void jaumann_tangent_is_the_rate_of_kirchhoff_stress(void **state) {
    (void)state;
    static const int row[6] = {0, 1, 2, 1, 0, 0}, column[6] = {0, 1, 2, 2, 2, 1};
    uint64_t s = 9;
    for (int n = 0; n < 20; n++) {
        law m;
        double F[9], S[6], D[36], sigma[6], direct[6], C[36], number[36], h = 1e-4;
        random_law(&s, &m);
        random_F(&s, 0.2, F);
        evaluate_F(&m, F, S, D);
        femd_jaumann(F, S, D, sigma, C);
        femd_cauchy(F, S, direct);
        assert_true(difference(sigma, direct, 6) == 0);
        for (int c = 0; c < 6; c++) {
            double t[4][6];
            static const double step[4] = {-2, -1, 1, 2}, weight[4] = {1.0 / 12, -8.0 / 12, 8.0 / 12, -1.0 / 12};
            for (int k = 0; k < 4; k++) kirchhoff_after_stretch(&m, F, row[c], column[c], step[k] * h, t[k]);
            for (int a = 0; a < 6; a++)
                number[6 * a + c] =
                    (weight[0] * t[0][a] + weight[1] * t[1][a] + weight[2] * t[2][a] + weight[3] * t[3][a]) /
                    (h * det(F));
        }
        assert_true(difference(C, number, 36) < 1e-9 * largest(C, 36));
    }
}

/* The formula of the header, term by term from A. */
static void jaumann_tangent_follows_from_A(void **state) {
    (void)state;
    uint64_t s = 21;
    law m;
    double F[9], S[6], D[36], sigma[6], C[36], P[9], A[81], a[3][3][3][3] = {{{{0}}}}, sg[9];
    random_law(&s, &m);
    random_F(&s, 0.3, F);
    evaluate_F(&m, F, S, D);
    femd_first_piola(F, S, D, P, A);
    femd_jaumann(F, S, D, sigma, C);
    femd_voigt_to_full(sigma, 0, sg);
    for (int n = 0; n < 81; n++) {
        int i = n / 27, j = n / 9 % 3, k = n / 3 % 3, l = n % 3;
        for (int J = 0; J < 3; J++)
            for (int L = 0; L < 3; L++)
                a[i][j][k][l] += F[3 * j + J] * F[3 * l + L] * A[9 * (3 * i + J) + 3 * k + L] / det(F);
    }
    for (int n = 0; n < 81; n++) {
        int i = n / 27, j = n / 9 % 3, k = n / 3 % 3, l = n % 3;
        double sum = 0;
        for (int t = 0; t < 4; t++) {
            int p = t & 1 ? j : i, q = t & 1 ? i : j, u = t & 2 ? l : k, v = t & 2 ? k : l;
            sum += 0.25 * (a[p][q][u][v] + (q == v ? sg[3 * p + u] : 0));
        }
        assert_true(fabs(sum - C[6 * VOIGT[i][j] + VOIGT[k][l]]) < 1e-14 * largest(C, 36));
    }
}

static void D_comes_back_from_A_and_from_the_jaumann_tangent(void **state) {
    (void)state;
    uint64_t s = 6;
    for (int n = 0; n < 50; n++) {
        law m;
        double F[9], S[6], D[36], sigma[6], C[36], A[81], back[36];
        random_law(&s, &m);
        random_F(&s, 0.3, F);
        evaluate_F(&m, F, S, D);
        femd_first_piola(F, S, D, NULL, A);
        femd_jaumann(F, S, D, sigma, C);
        assert_int_equal(femd_D_from_A(F, S, A, back, NULL), FEMD_OK);
        assert_true(difference(D, back, 36) < 1e-12 * largest(D, 36));
        assert_int_equal(femd_D_from_jaumann(F, sigma, C, back, NULL), FEMD_OK);
        assert_true(difference(D, back, 36) < 1e-12 * largest(D, 36));
    }
}

static void a_superposed_rotation_turns_the_answers_only(void **state) {
    (void)state;
    uint64_t s = 8;
    for (int n = 0; n < 50; n++) {
        law m;
        double F[9], QF[9], Q[9], Qt[9], E[6], EQ[6], S[6], D[36], P[9], PQ[9], sigma[6], sigmaQ[6], t[9], full[9];
        random_law(&s, &m);
        random_F(&s, 0.3, F);
        random_rotation(&s, Q);
        transposed(Q, Qt);
        product(Q, F, QF);
        assert_int_equal(femd_strain_from_F(F, E, NULL), FEMD_OK);
        assert_int_equal(femd_strain_from_F(QF, EQ, NULL), FEMD_OK);
        assert_true(difference(E, EQ, 6) < 1e-14);
        evaluate(&m, E, S, D);
        femd_first_piola(F, S, D, P, NULL);
        femd_first_piola(QF, S, D, PQ, NULL);
        product(Q, P, t);
        assert_true(difference(t, PQ, 9) < 1e-12);
        femd_cauchy(F, S, sigma);
        femd_cauchy(QF, S, sigmaQ);
        femd_voigt_to_full(sigma, 0, full);
        product(Q, full, t);
        product(t, Qt, full);
        femd_full_to_voigt(full, 0, sigma);
        assert_true(difference(sigma, sigmaQ, 6) < 1e-12);
    }
}

/* ---- conductivity ---- */

/* K = J F^-1 k_spatial F^-T must hold between the two outputs, with R far from I and an anisotropic k. */
static void conductivity_in_both_frames(void **state) {
    (void)state;
    uint64_t s = 14;
    for (int n = 0; n < 50; n++) {
        double F[9], R[9], Rt[9], k[6], spatial[6], referential[6], full[9], G[9], Gt[9], t[9];
        random_F(&s, 0.3, F);
        for (int c = 0; c < 6; c++) k[c] = c < 3 ? 2 + uniform(&s) : uniform(&s);
        assert_int_equal(femd_conductivity(F, k, spatial, referential, NULL), FEMD_OK);
        assert_int_equal(femd_polar(F, R, NULL, NULL), FEMD_OK);
        transposed(R, Rt);
        femd_voigt_to_full(k, 0, full);
        product(R, full, t);
        product(t, Rt, full);
        femd_full_to_voigt(full, 0, t);
        assert_true(difference(spatial, t, 6) < 1e-14);
        femd_voigt_to_full(spatial, 0, full);
        inverted(F, G);
        transposed(G, Gt);
        product(G, full, t);
        product(t, Gt, full);
        femd_full_to_voigt(full, 0, t);
        for (int c = 0; c < 6; c++) t[c] *= det(F);
        assert_true(difference(referential, t, 6) < 1e-12);
        assert_int_equal(femd_conductivity(F, k, NULL, NULL, NULL), FEMD_OK);
    }
    /* a quarter turn about z exchanges the in-plane conductivities */
    const double turn[9] = {0, -1, 0, 1, 0, 0, 0, 0, 1}, k[6] = {1, 5, 7, 0, 0, 0}, want[6] = {5, 1, 7, 0, 0, 0};
    double spatial[6], referential[6];
    assert_int_equal(femd_conductivity(turn, k, spatial, referential, NULL), FEMD_OK);
    assert_true(difference(spatial, want, 6) < 1e-15 && difference(referential, k, 6) < 1e-15);
}

/* ---- orientation ---- */

/* Turning strain down and the answer up is the same as turning the material's tensors by brute force. */
static void orientation_turns_the_material(void **state) {
    (void)state;
    uint64_t s = 31;
    for (int n = 0; n < 20; n++) {
        law m;
        double Q[9], E[6], Erve[6], full[9], t[9], Qt[9], want[9];
        femd_response r;
        memset(&r, 0, sizeof r);
        random_law(&s, &m);
        random_rotation(&s, Q);
        transposed(Q, Qt);
        for (int c = 0; c < 6; c++) E[c] = 0.1 * uniform(&s);
        femd_strain_rotate(Q, E, Erve);
        femd_voigt_to_full(E, 1, full);
        product(Q, full, t);
        product(t, Qt, want);
        femd_voigt_to_full(Erve, 1, full);
        assert_true(difference(full, want, 9) < 1e-15);
        evaluate(&m, Erve, r.S, r.D);
        memcpy(r.E, Erve, sizeof Erve);
        for (int c = 0; c < 6; c++)
            r.dSdT[c] = r.S[c], r.k[c] = 2 * r.S[c], r.k_check[c] = -r.S[c], r.k_electronic[c] = 5 * r.S[c],
            r.dJdC[c] = 3 * r.S[c], r.dSdp[c] = 4 * r.S[c];
        double D[36];
        memcpy(D, r.D, sizeof D);
        femd_voigt_to_full(r.S, 0, full);
        product(Qt, full, t);
        product(t, Q, want);
        femd_response_unrotate(Q, &r);
        femd_voigt_to_full(r.S, 0, full);
        assert_true(difference(full, want, 9) < 1e-14);
        assert_true(difference(r.E, E, 6) < 1e-15);
        for (int c = 0; c < 6; c++) {
            assert_true(fabs(r.dSdT[c] - r.S[c]) < 1e-14 && fabs(r.k[c] - 2 * r.S[c]) < 1e-14);
            assert_true(fabs(r.k_check[c] + r.S[c]) < 1e-14 && fabs(r.k_electronic[c] - 5 * r.S[c]) < 1e-14);
            assert_true(fabs(r.dJdC[c] - 3 * r.S[c]) < 1e-14 && fabs(r.dSdp[c] - 4 * r.S[c]) < 1e-14);
        }
        for (int ij = 0; ij < 9; ij++)
            for (int kl = 0; kl < 9; kl++) {
                double sum = 0;
                for (int ab = 0; ab < 9; ab++)
                    for (int cd = 0; cd < 9; cd++)
                        sum += Q[3 * (ab / 3) + ij / 3] * Q[3 * (ab % 3) + ij % 3] * Q[3 * (cd / 3) + kl / 3] *
                               Q[3 * (cd % 3) + kl % 3] * D[6 * VOIGT[ab / 3][ab % 3] + VOIGT[cd / 3][cd % 3]];
                assert_true(fabs(sum - r.D[6 * VOIGT[ij / 3][ij % 3] + VOIGT[kl / 3][kl % 3]]) < 1e-13);
            }
    }
}

static void orientation_turns_standard_errors(void **state) {
    (void)state;
    const double turn[9] = {0, 1, 0, -1, 0, 0, 0, 0, 1}; /* quarter turn: errors change places */
    femd_response r;
    memset(&r, 0, sizeof r);
    r.sampled = 1;
    for (int c = 0; c < 6; c++) {
        r.S_err[c] = r.k_err[c] = r.k_check_err[c] = r.dSdT_err[c] = c + 1;
        for (int d = 0; d < 6; d++) r.D_err[6 * c + d] = 10 * (c + 1) + d + 1;
    }
    femd_response_unrotate(turn, &r);
    const double want[6] = {2, 1, 3, 5, 4, 6};
    assert_true(difference(r.S_err, want, 6) < 1e-14);
    assert_true(difference(r.k_err, want, 6) < 1e-14);
    assert_true(difference(r.k_check_err, want, 6) < 1e-14);
    assert_true(difference(r.dSdT_err, want, 6) < 1e-14);
    for (int c = 0; c < 6; c++)
        for (int d = 0; d < 6; d++) assert_true(fabs(r.D_err[6 * c + d] - (10 * want[c] + want[d])) < 1e-12);
}

static void only_rotations_pass_the_check(void **state) {
    (void)state;
    uint64_t s = 12;
    double Q[9], R[9];
    const double I[9] = {1, 0, 0, 0, 1, 0, 0, 0, 1};
    femd_error err = FEMD_ERROR_INIT;
    memcpy(Q, I, sizeof I);
    assert_int_equal(femd_rotation_check(Q, &err), FEMD_OK);
    assert_memory_equal(Q, I, sizeof I);
    random_rotation(&s, R);
    for (int i = 0; i < 9; i++) Q[i] = R[i] + 1e-8 * uniform(&s);
    assert_int_equal(femd_rotation_check(Q, &err), FEMD_OK);
    double Qt[9], QtQ[9];
    transposed(Q, Qt);
    product(Qt, Q, QtQ);
    assert_true(difference(QtQ, I, 9) < 1e-15 && difference(Q, R, 9) < 3e-8);
    for (int i = 0; i < 9; i++) Q[i] = 1.001 * R[i];
    assert_int_equal(femd_rotation_check(Q, &err), FEMD_BAD_INPUT);
    for (int i = 0; i < 9; i++) Q[i] = -R[i];
    assert_int_equal(femd_rotation_check(Q, &err), FEMD_BAD_INPUT);
    assert_non_null(strstr(err.text, "is a reflection"));
    Q[4] = NAN;
    assert_int_equal(femd_rotation_check(Q, &err), FEMD_BAD_INPUT);
}

/* ---- condensation and Voigt ---- */

/* Uniaxial stress of an isotropic solid: the condensed D11 is Young's modulus, plane stress E/(1 - nu^2). */
static void condensation_gives_youngs_modulus(void **state) {
    (void)state;
    double young = 210, nu = 0.3, l = young * nu / ((1 + nu) * (1 - 2 * nu)), mu = young / (2 * (1 + nu)), D[36] = {0},
           Dc[36];
    for (int i = 0; i < 3; i++) {
        for (int j = 0; j < 3; j++) D[6 * i + j] = l + (i == j ? 2 * mu : 0);
        D[7 * (i + 3)] = mu;
    }
    assert_int_equal(femd_condense(D, 0x3e, Dc, NULL), FEMD_OK);
    assert_true(fabs(Dc[0] - young) < 1e-12);
    assert_true(largest(Dc + 1, 35) == 0);
    assert_int_equal(femd_condense(D, 1u << 2, Dc, NULL), FEMD_OK);
    assert_true(fabs(Dc[0] - young / (1 - nu * nu)) < 1e-12 && fabs(Dc[1] - nu * young / (1 - nu * nu)) < 1e-12 &&
                Dc[14] == 0);
    assert_int_equal(femd_condense(D, 0, Dc, NULL), FEMD_OK);
    assert_memory_equal(D, Dc, sizeof D);
    assert_int_equal(femd_condense(D, 63, Dc, NULL), FEMD_OK);
    assert_true(largest(Dc, 36) == 0);
    assert_int_equal(femd_condense(D, 64, Dc, NULL), FEMD_BAD_ARGUMENT);
    D[0] = D[1] = D[2] = D[6] = D[12] = 0;
    assert_int_equal(femd_condense(D, 1, Dc, NULL), FEMD_INSTABILITY);
}

/* Against the definition, for a tangent without symmetry: dS_f where dS_m = 0. */
static void condensation_keeps_prescribed_stress(void **state) {
    (void)state;
    uint64_t s = 4;
    for (unsigned mask = 1; mask < 63; mask++) {
        double D[36], Dc[36], dE[6], dS[6];
        for (int i = 0; i < 36; i++) D[i] = uniform(&s) + (i % 7 == 0 ? 4 : 0);
        assert_int_equal(femd_condense(D, mask, Dc, NULL), FEMD_OK);
        for (int c = 0; c < 6; c++) dE[c] = mask >> c & 1 ? 0 : uniform(&s);
        for (int sweep = 0; sweep < 400; sweep++) /* Gauss-Seidel for the free strains */
            for (int a = 0; a < 6; a++) {
                double sum = 0;
                if (!(mask >> a & 1)) continue;
                for (int b = 0; b < 6; b++) sum += b == a ? 0 : D[6 * a + b] * dE[b];
                dE[a] = -sum / D[7 * a];
            }
        for (int a = 0; a < 6; a++) {
            double want = 0;
            dS[a] = 0;
            for (int b = 0; b < 6; b++) dS[a] += D[6 * a + b] * dE[b], want += Dc[6 * a + b] * dE[b];
            if (!(mask >> a & 1)) assert_true(fabs(dS[a] - want) < 1e-11);
        }
    }
}

static void voigt_goes_both_ways(void **state) {
    (void)state;
    const double v[6] = {1, 2, 3, 4, 5, 6}, stress[9] = {1, 6, 5, 6, 2, 4, 5, 4, 3},
                 strain[9] = {1, 3, 2.5, 3, 2, 2, 2.5, 2, 3};
    double t[9], back[6];
    femd_voigt_to_full(v, 0, t);
    assert_memory_equal(t, stress, sizeof t);
    femd_full_to_voigt(t, 0, back);
    assert_memory_equal(back, v, sizeof v);
    femd_voigt_to_full(v, 1, t);
    assert_memory_equal(t, strain, sizeof t);
    femd_full_to_voigt(t, 1, back);
    assert_memory_equal(back, v, sizeof v);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(strain_is_half_FtF_minus_I),
        cmocka_unit_test(a_reflection_or_a_flat_cell_is_refused),
        cmocka_unit_test(stretch_squares_to_C),
        cmocka_unit_test(strain_outside_the_domain_is_refused),
        cmocka_unit_test(polar_parts_are_a_rotation_and_the_stretch),
        cmocka_unit_test(A_is_the_derivative_of_P),
        cmocka_unit_test(jaumann_tangent_is_the_rate_of_kirchhoff_stress),
        cmocka_unit_test(jaumann_tangent_follows_from_A),
        cmocka_unit_test(D_comes_back_from_A_and_from_the_jaumann_tangent),
        cmocka_unit_test(a_superposed_rotation_turns_the_answers_only),
        cmocka_unit_test(conductivity_in_both_frames),
        cmocka_unit_test(orientation_turns_the_material),
        cmocka_unit_test(orientation_turns_standard_errors),
        cmocka_unit_test(only_rotations_pass_the_check),
        cmocka_unit_test(condensation_gives_youngs_modulus),
        cmocka_unit_test(condensation_keeps_prescribed_stress),
        cmocka_unit_test(voigt_goes_both_ways),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
