/* Functions of symmetric tensors by their principal axes, found by Jacobi's rotations in one fixed order. */
#include "fields/positive_tensor.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "femd/tensor3.h"

enum { SWEEPS = 30 };

static void tensor_full(const double a[6], double full[9]) {
    for (int i = 0; i < 3; ++i)
        for (int j = 0; j < 3; ++j) full[3 * i + j] = a[femd_voigt_at[i][j]];
}

/* One rotation that makes entry (p, q) zero; axes are the columns of V. */
static void tensor_rotate(double A[9], double V[9], int p, int q) {
    const double apq = A[3 * p + q], half = (A[4 * q] - A[4 * p]) / (2 * apq),
                 t = (half < 0 ? -1 : 1) / (fabs(half) + sqrt(half * half + 1)), c = 1 / sqrt(t * t + 1), s = t * c;
    for (int i = 0; i < 3; ++i) {
        const double x = A[3 * i + p], y = A[3 * i + q];
        A[3 * i + p] = c * x - s * y;
        A[3 * i + q] = s * x + c * y;
    }
    for (int i = 0; i < 3; ++i) {
        const double x = A[3 * p + i], y = A[3 * q + i];
        A[3 * p + i] = c * x - s * y;
        A[3 * q + i] = s * x + c * y;
    }
    for (int i = 0; i < 3; ++i) {
        const double x = V[3 * i + p], y = V[3 * i + q];
        V[3 * i + p] = c * x - s * y;
        V[3 * i + q] = s * x + c * y;
    }
}

static void tensor_principal(const double a[6], double value[3], double V[9]) {
    static const int pair[3][2] = {{0, 1}, {0, 2}, {1, 2}};
    double A[9];
    tensor_full(a, A);
    memcpy(V, femd_identity3, sizeof femd_identity3);
    for (int sweep = 0; sweep < SWEEPS; ++sweep) {
        const double size = fabs(A[0]) + fabs(A[4]) + fabs(A[8]);
        int turned = 0;
        for (int k = 0; k < 3; ++k) {
            const int p = pair[k][0], q = pair[k][1];
            if (!(fabs(A[3 * p + q]) > 0.1 * DBL_EPSILON * size)) continue;
            tensor_rotate(A, V, p, q);
            turned = 1;
        }
        if (!turned) break;
    }
    for (int i = 0; i < 3; ++i) value[i] = A[4 * i];
}

/* V diag V^T */
static void tensor_from(const double value[3], const double V[9], double a[6]) {
    for (int c = 0; c < 6; ++c) {
        a[c] = 0;
        for (int k = 0; k < 3; ++k) a[c] += value[k] * V[3 * femd_voigt_i[c] + k] * V[3 * femd_voigt_j[c] + k];
    }
}

/* (exp x - exp y) / (x - y) */
static double tensor_chord(double x, double y) {
    const double half = 0.5 * (x - y);
    const double ratio = fabs(half) < 1e-3 ? 1 + half * half / 6 * (1 + half * half / 20) : sinh(half) / half;
    return exp(0.5 * (x + y)) * ratio;
}

int femd_tensor_log(const double a[6], double log_a[6]) {
    double value[3], V[9];
    tensor_principal(a, value, V);
    for (int i = 0; i < 3; ++i)
        if (!(value[i] > 0) || !isfinite(value[i])) return 0;
    for (int i = 0; i < 3; ++i) value[i] = log(value[i]);
    tensor_from(value, V, log_a);
    return 1;
}

void femd_tensor_exp(const double log_a[6], const double change[6], double a[6], double derivative[6]) {
    double value[3], V[9], grown[3], full[9], half[9], inner[9], Vt[9];
    tensor_principal(log_a, value, V);
    for (int i = 0; i < 3; ++i) grown[i] = exp(value[i]);
    tensor_from(grown, V, a);
    if (!derivative) return;
    tensor_full(change, full);
    femd_transpose3(V, Vt);
    femd_mul3(Vt, full, half);
    femd_mul3(half, V, inner);
    for (int i = 0; i < 3; ++i)
        for (int j = 0; j < 3; ++j) inner[3 * i + j] *= tensor_chord(value[i], value[j]);
    femd_mul3(V, inner, half);
    femd_mul3(half, Vt, full);
    for (int c = 0; c < 6; ++c) derivative[c] = full[3 * femd_voigt_i[c] + femd_voigt_j[c]];
}

void femd_tensor_form(const double log_a[6], const double u[3], const double v[3], double weight[6]) {
    double value[3], V[9], Vt[9], left[3], right[3], inner[9], half[9], full[9];
    tensor_principal(log_a, value, V);
    femd_transpose3(V, Vt);
    femd_apply3(Vt, u, left);
    femd_apply3(Vt, v, right);
    for (int i = 0; i < 3; ++i)
        for (int j = 0; j < 3; ++j)
            inner[3 * i + j] = tensor_chord(value[i], value[j]) * 0.5 * (left[i] * right[j] + left[j] * right[i]);
    femd_mul3(V, inner, half);
    femd_mul3(half, Vt, full);
    for (int c = 0; c < 6; ++c) weight[c] = (c < 3 ? 1 : 2) * full[3 * femd_voigt_i[c] + femd_voigt_j[c]];
}

void femd_tensor_turn(const double R[9], const double a[6], double turned[6]) {
    double full[9], half[9], Rt[9];
    tensor_full(a, full);
    femd_transpose3(R, Rt);
    femd_mul3(R, full, half);
    femd_mul3(half, Rt, full);
    for (int c = 0; c < 6; ++c) turned[c] = full[3 * femd_voigt_i[c] + femd_voigt_j[c]];
}
