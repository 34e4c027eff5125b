/* Dense linear algebra for the native engine. Owns the calls into OpenBLAS (LAPACK symbols are declared here, since
 * Debian ships no header for them); never decides anything about physics. Small loops are our own: their order is
 * fixed. */
#include "numerics/dense.h"

#include <float.h>
#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "femd/blas.h"

/* Fortran interfaces; the trailing size_t are the hidden lengths of character arguments. */
extern void dpotrf_(const char *uplo, const int *n, double *a, const int *lda, int *info, size_t);
extern void dpotrs_(const char *uplo, const int *n, const int *nrhs, const double *a, const int *lda, double *b,
                    const int *ldb, int *info, size_t);
extern void dpotri_(const char *uplo, const int *n, double *a, const int *lda, int *info, size_t);
extern void dsygst_(const int *type, const char *uplo, const int *n, double *a, const int *lda, const double *b,
                    const int *ldb, int *info, size_t);
extern void dsyevd_(const char *job, const char *uplo, const int *n, double *a, const int *lda, double *w, double *work,
                    const int *lwork, int *iwork, const int *liwork, int *info, size_t, size_t);
extern void dgemm_(const char *ta, const char *tb, const int *m, const int *n, const int *k, const double *alpha,
                   const double *a, const int *lda, const double *b, const int *ldb, const double *beta, double *c,
                   const int *ldc, size_t, size_t);
extern void openblas_set_num_threads(int);

void femd_dense_init(void) {
    openblas_set_num_threads(1);
}

femd_status femd_dense_reserve(femd_error *err) {
    double one = 1;
    FEMD_TRY(femd_blas_room(err));
    (void)femd_cholesky(1, &one);
    return FEMD_OK;
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

/* LAPACK's lower triangle by columns is the upper one by rows. */
void femd_cholesky_inverse(int n, const double *factor, double *inverse) {
    const size_t m = (size_t)n, edge = 32;
    int info = 0;
    memcpy(inverse, factor, m * m * sizeof *inverse);
    dpotri_("L", &n, inverse, &n, &info, 1);
    for (size_t bi = 0; bi < m; bi += edge) /* mirror by blocks that stay in cache */
        for (size_t bj = 0; bj <= bi; bj += edge)
            for (size_t i = bi; i < bi + edge && i < m; i++)
                for (size_t j = bj; j < bj + edge && j < i; j++) inverse[i * m + j] = inverse[j * m + i];
}

void femd_congruence(int n, const double *factor, double *A) {
    const int type = 1;
    int info = 0;
    dsygst_(&type, "L", &n, A, &n, factor, &n, &info, 1);
}

femd_status femd_eigen(int n, double *A, double *lambda, femd_error *err) {
    const int lwork = 1 + 6 * n + 2 * n * n, liwork = 3 + 5 * n;
    int info = 0;
    double *work = malloc((size_t)lwork * sizeof *work);
    int *iwork = malloc((size_t)liwork * sizeof *iwork);
    if (work && iwork) dsyevd_("V", "L", &n, A, &n, lambda, work, &lwork, iwork, &liwork, &info, 1, 1);
    const int memory = work && iwork;
    free(work);
    free(iwork);
    if (!memory) return femd_fail(err, FEMD_NO_MEMORY, "eigenvectors of a matrix of order %d: out of memory", n);
    if (info) return femd_fail(err, FEMD_INTERNAL, "eigenvectors of a matrix of order %d: LAPACK says %d", n, info);
    return FEMD_OK;
}

void femd_product(int n, int transpose_a, const double *A, int transpose_b, const double *B, double *C) {
    const double one = 1, zero = 0; /* by columns: C^T = op(B)^T op(A)^T */
    dgemm_(transpose_b ? "T" : "N", transpose_a ? "T" : "N", &n, &n, &n, &one, B, &n, A, &n, &zero, C, &n, 1, 1);
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
