/* Vectors and 3x3 matrices (row-major double[9]), and the Voigt order 11, 22, 33, 23, 13, 12. Only + - * /, each in one
 * fixed order, so that everybody who computes with them gets the same bits. Shared by the parts of femd; not installed.
 */
#ifndef FEMD_TENSOR3_H
#define FEMD_TENSOR3_H

/* Row and column of a Voigt component, and the component of a row and column. */
static const int femd_voigt_i[6] = {0, 1, 2, 1, 0, 0}, femd_voigt_j[6] = {0, 1, 2, 2, 2, 1};
static const int femd_voigt_at[3][3] = {{0, 5, 4}, {5, 1, 3}, {4, 3, 2}};
static const double femd_identity3[9] = {1, 0, 0, 0, 1, 0, 0, 0, 1};

static inline double femd_dot3(const double a[3], const double b[3]) {
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

/* c = a x b; c is neither. */
static inline void femd_cross3(const double a[3], const double b[3], double c[3]) {
    c[0] = a[1] * b[2] - a[2] * b[1];
    c[1] = a[2] * b[0] - a[0] * b[2];
    c[2] = a[0] * b[1] - a[1] * b[0];
}

/* y = A x; y is not x. */
static inline void femd_apply3(const double A[9], const double x[3], double y[3]) {
    for (int i = 0; i < 3; i++) y[i] = A[3 * i] * x[0] + A[3 * i + 1] * x[1] + A[3 * i + 2] * x[2];
}

/* C = A B; C is neither. */
static inline void femd_mul3(const double A[9], const double B[9], double C[9]) {
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++) C[3 * i + j] = A[3 * i] * B[j] + A[3 * i + 1] * B[3 + j] + A[3 * i + 2] * B[6 + j];
}

/* T = A^T; T is not A. */
static inline void femd_transpose3(const double A[9], double T[9]) {
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++) T[3 * i + j] = A[3 * j + i];
}

static inline double femd_det3(const double A[9]) {
    return A[0] * (A[4] * A[8] - A[5] * A[7]) - A[1] * (A[3] * A[8] - A[5] * A[6]) + A[2] * (A[3] * A[7] - A[4] * A[6]);
}

/* B = det A times A^-1; B is not A. Whoever wants the inverse divides by det A, or multiplies by its reciprocal: that
 * makes other bits, and each keeps to its own. */
static inline void femd_adjugate3(const double A[9], double B[9]) {
    B[0] = A[4] * A[8] - A[5] * A[7];
    B[1] = A[2] * A[7] - A[1] * A[8];
    B[2] = A[1] * A[5] - A[2] * A[4];
    B[3] = A[5] * A[6] - A[3] * A[8];
    B[4] = A[0] * A[8] - A[2] * A[6];
    B[5] = A[2] * A[3] - A[0] * A[5];
    B[6] = A[3] * A[7] - A[4] * A[6];
    B[7] = A[1] * A[6] - A[0] * A[7];
    B[8] = A[0] * A[4] - A[1] * A[3];
}

#endif
