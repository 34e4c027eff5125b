/* Dense linear algebra for the native engine. Owns the calls into OpenBLAS (LAPACK symbols are declared here, since Debian
 * ships no header for them); never decides anything about physics. Small loops are our own: their order is fixed. */
#include "dense.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

/* Fortran interfaces; the trailing size_t are the hidden lengths of character arguments. */
extern void dpotrf_(const char *uplo, const int *n, double *a, const int *lda, int *info, size_t);
extern void dpotrs_(const char *uplo, const int *n, const int *nrhs, const double *a, const int *lda, double *b,
                    const int *ldb, int *info, size_t);
extern void dsymv_(const char *uplo, const int *n, const double *alpha, const double *a, const int *lda, const double *x,
                   const int *incx, const double *beta, double *y, const int *incy, size_t);
extern void dsyevr_(const char *jobz, const char *range, const char *uplo, const int *n, double *a, const int *lda,
                    const double *vl, const double *vu, const int *il, const int *iu, const double *abstol, int *m,
                    double *w, double *z, const int *ldz, int *isuppz, double *work, const int *lwork, int *iwork,
                    const int *liwork, int *info, size_t, size_t, size_t);
extern void openblas_set_num_threads(int);

void femd_dense_init(void) { openblas_set_num_threads(1); }

int femd_cholesky(int n, double *A)
{
    int info = 0;
    dpotrf_("L", &n, A, &n, &info, 1);
    return info;
}

void femd_cholesky_solve(int n, const double *factor, int k, double *b)
{
    int info = 0;
    dpotrs_("L", &n, &k, factor, &n, b, &n, &info, 1);
}

void femd_symv(int n, const double *A, const double *x, double *y)
{
    const double one = 1, zero = 0;
    const int inc = 1;
    dsymv_("L", &n, &one, A, &n, x, &inc, &zero, y, &inc, 1);
}

femd_status femd_eigen_lowest(int n, double *A, double *lambda, double *v, femd_error *err)
{
    const char *job = v ? "V" : "N";
    const double none = 0, abstol = 0;
    const int first = 1;
    int found = 0, info = 0, lwork = -1, liwork = -1, isuppz[2], iquery;
    double query;
    double *w = malloc((size_t)n * sizeof *w);
    double *z = v ? malloc((size_t)n * sizeof *z) : NULL;
    double *work = NULL;
    int *iwork = NULL;
    femd_status rc = FEMD_OK;
    if (!w || (v && !z)) {
        rc = femd_fail(err, FEMD_NO_MEMORY, "eigenvalues of a %d x %d Hessian: out of memory", n, n);
        goto done;
    }
    dsyevr_(job, "I", "L", &n, A, &n, &none, &none, &first, &first, &abstol, &found, w, z, &n, isuppz, &query, &lwork,
            &iquery, &liwork, &info, 1, 1, 1);
    lwork = (int)query;
    liwork = iquery;
    work = malloc((size_t)lwork * sizeof *work);
    iwork = malloc((size_t)liwork * sizeof *iwork);
    if (!work || !iwork) {
        rc = femd_fail(err, FEMD_NO_MEMORY, "eigenvalues of a %d x %d Hessian: out of memory", n, n);
        goto done;
    }
    dsyevr_(job, "I", "L", &n, A, &n, &none, &none, &first, &first, &abstol, &found, w, z, &n, isuppz, work, &lwork,
            iwork, &liwork, &info, 1, 1, 1);
    if (info != 0 || found != 1) {
        rc = femd_fail(err, FEMD_INTERNAL, "dsyevr failed (info %d) on a %d x %d Hessian", info, n, n);
        goto done;
    }
    *lambda = w[0];
    if (v)
        for (int i = 0; i < n; i++) v[i] = z[i];
done:
    free(w);
    free(z);
    free(work);
    free(iwork);
    return rc;
}

int femd_small_solve(int n, double *M, double *b)
{
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

double femd_dot(int n, const double *a, const double *b)
{
    double s = 0;
    for (int i = 0; i < n; i++) s += a[i] * b[i];
    return s;
}

double femd_max_abs(int n, const double *a)
{
    double m = 0;
    for (int i = 0; i < n; i++) {
        const double v = fabs(a[i]);
        if (isnan(v)) return v;
        if (v > m) m = v;
    }
    return m;
}
