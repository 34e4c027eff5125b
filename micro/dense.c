/* Dense linear algebra for the native engine. Owns the calls into OpenBLAS (LAPACK symbols are declared here, since
 * Debian ships no header for them); never decides anything about physics. Small loops are our own: their order is
 * fixed. */
#include "dense.h"

#include <float.h>
#include <math.h>
#include <stddef.h>

/* Fortran interfaces; the trailing size_t are the hidden lengths of character arguments. */
extern void dpotrf_(const char *uplo, const int *n, double *a, const int *lda, int *info, size_t);
extern void dpotrs_(const char *uplo, const int *n, const int *nrhs, const double *a, const int *lda, double *b,
                    const int *ldb, int *info, size_t);
extern void openblas_set_num_threads(int);

void femd_dense_init(void) {
    openblas_set_num_threads(1);
}

int femd_cholesky(int n, double *A) {
    int info = 0;
    dpotrf_("L", &n, A, &n, &info, 1);
    return info;
}

void femd_cholesky_solve(int n, const double *factor, int k, double *b) {
    int info = 0;
    dpotrs_("L", &n, &k, factor, &n, b, &n, &info, 1);
}

int femd_small_solve(int n, double *M, double *b) {
    for (int k = 0; k < n; k++) {
        int pivot = k;
        for (int i = k + 1; i < n; i++)
            if (fabs(M[i * n + k]) > fabs(M[pivot * n + k])) pivot = i;
        if (!(fabs(M[pivot * n + k]) > DBL_MIN)) return 1;
        if (pivot != k) {
            for (int j = 0; j < n; j++) {
                const double t = M[k * n + j];
                M[k * n + j] = M[pivot * n + j];
                M[pivot * n + j] = t;
            }
            const double t = b[k];
            b[k] = b[pivot];
            b[pivot] = t;
        }
        for (int i = k + 1; i < n; i++) {
            const double m = M[i * n + k] / M[k * n + k];
            for (int j = k; j < n; j++) M[i * n + j] -= m * M[k * n + j];
            b[i] -= m * b[k];
        }
    }
    for (int k = n - 1; k >= 0; k--) {
        for (int j = k + 1; j < n; j++) b[k] -= M[k * n + j] * b[j];
        b[k] /= M[k * n + k];
    }
    return 0;
}

double femd_dot(int n, const double *a, const double *b) {
    double s = 0;
    for (int i = 0; i < n; i++) s += a[i] * b[i];
    return s;
}

double femd_max_abs(int n, const double *a) {
    double m = 0;
    for (int i = 0; i < n; i++) {
        const double v = fabs(a[i]);
        if (isnan(v)) return v;
        if (v > m) m = v;
    }
    return m;
}
