/* Dense linear algebra for the native engine: what it needs of BLAS and LAPACK.
 *
 * Owns the calls into OpenBLAS and nothing else; it keeps one thread, so that the same inputs give the same bits.
 * Matrices are n x n, contiguous and symmetric (row-major and column-major are then the same); a factor occupies one
 * triangle. Blocks of k vectors are stored one after another: v[j*n + i] is entry i of vector j. */
#ifndef FEMD_DENSE_H
#define FEMD_DENSE_H

/* Fix one thread. Called by every engine that uses this file before its first operation. */
void femd_dense_init(void);

/* A (symmetric, full) is overwritten by its Cholesky factor. Returns 0, or k > 0 if the leading minor of order k is not
 * positive definite (A is then spoilt). */
int femd_cholesky(int n, double *A);
/* Solve A x = b for k right-hand sides with the factor of femd_cholesky; b (k vectors) is overwritten by x. */
void femd_cholesky_solve(int n, const double *factor, int k, double *b);
/* Solve the small dense system M x = b (n <= 7, row-major, both overwritten, partial pivoting). Returns 0, or 1 if
 * singular. */
int femd_small_solve(int n, double *M, double *b);

double femd_dot(int n, const double *a, const double *b);
double femd_max_abs(int n, const double *a);

#endif
