/* Dense linear algebra for the native engine: what it needs of BLAS and LAPACK.
 *
 * Owns the calls into OpenBLAS and nothing else; it keeps one thread, so that the same inputs give the same bits.
 * Matrices are n x n, contiguous and symmetric (row-major and column-major are then the same); a factor occupies one
 * triangle. Blocks of k vectors are stored one after another: v[j*n + i] is entry i of vector j. */
#ifndef FEMD_DENSE_H
#define FEMD_DENSE_H

#include "femd/error.h"

/* Fix one thread. Called by every engine that uses this file before its first operation. */
void femd_dense_init(void);
/* Have OpenBLAS take the room that it works in, once for the process, while there is some: NO_MEMORY with words if
 * there is none. Call at the start of a program that evaluates. */
FEMD_MUST_CHECK femd_status femd_dense_reserve(femd_error *err);

/* A (symmetric; its upper triangle by rows is read, the lower one left alone) becomes its Cholesky factor. Returns 0,
 * or k > 0 if the leading minor of order k is not positive definite (A is then spoilt). */
int femd_cholesky(int n, double *A);
/* Solve A x = b for k right-hand sides with the factor of femd_cholesky; b (k vectors) is overwritten by x. */
void femd_cholesky_solve(int n, const double *factor, int k, double *b);
/* inverse (full, symmetric) of the matrix whose factor is given. */
void femd_cholesky_inverse(int n, const double *factor, double *inverse);
/* A (symmetric) is overwritten by L^-1 A L^-T, L the factor of femd_cholesky; of the result only the entries j >= i of
 * rows i are set. */
void femd_congruence(int n, const double *factor, double *A);
/* Eigenvalues in ascending order; A (symmetric, full) is overwritten by the eigenvectors, number k in row k. INTERNAL
 * if LAPACK fails. */
FEMD_MUST_CHECK femd_status femd_eigen(int n, double *A, double *lambda, femd_error *err);
/* C = op(A) op(B), op = transpose where the flag is set; row-major n x n, C apart from A and B. */
void femd_product(int n, int transpose_a, const double *A, int transpose_b, const double *B, double *C);
/* Solve the small dense system M x = b (n <= 7, row-major, both overwritten, partial pivoting). Returns 0, or 1 if
 * singular. */
int femd_small_solve(int n, double *M, double *b);

double femd_dot(int n, const double *a, const double *b);
double femd_max_abs(int n, const double *a);

#endif
