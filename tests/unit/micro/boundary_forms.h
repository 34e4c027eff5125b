/* Tangents as quadratic forms in small strains at F = I: how two of them are ordered. */
#ifndef FEMD_TEST_BOUNDARY_FORMS_H
#define FEMD_TEST_BOUNDARY_FORMS_H

#include <math.h>
#include <string.h>

#include "femd/tensor3.h"
#include "femd/types.h"
#include "numerics/dense.h"

/* The symmetric part of dP/dF at F = I, GPa, as a 6x6 with engineering shears: D and, of the stress S there,
 * (d_ik S_jl + d_jk S_il + d_il S_jk + d_jl S_ik)/4. */
static inline void boundary_form(const femd_response *r, double C[36]) {
    double S[9];
    for (int c = 0; c < 6; c++)
        S[3 * femd_voigt_i[c] + femd_voigt_j[c]] = S[3 * femd_voigt_j[c] + femd_voigt_i[c]] = r->S[c];
    for (int a = 0; a < 6; a++)
        for (int b = 0; b < 6; b++) {
            const int i = femd_voigt_i[a], j = femd_voigt_j[a], k = femd_voigt_i[b], l = femd_voigt_j[b];
            const double turn =
                (i == k) * S[3 * j + l] + (j == k) * S[3 * i + l] + (i == l) * S[3 * j + k] + (j == l) * S[3 * i + k];
            C[6 * a + b] = (r->D[6 * a + b] + turn / 4) / 1e9;
        }
}

/* The lowest eigenvalue of A - B, in the basis where shears count over sqrt 2; NAN if it was not found. */
static inline double boundary_form_above(const double A[36], const double B[36]) {
    double M[36], lambda[6];
    femd_error err = FEMD_ERROR_INIT;
    for (int r = 0; r < 6; r++)
        for (int c = 0; c < 6; c++)
            M[6 * r + c] = (A[6 * r + c] - B[6 * r + c]) * (r < 3 ? 1 : M_SQRT2) * (c < 3 ? 1 : M_SQRT2);
    return femd_eigen(6, M, lambda, &err) == FEMD_OK ? lambda[0] : (double)NAN;
}

/* Cubic means of C11, C12, C44. */
static inline void boundary_form_moduli(const double C[36], double cubic[3]) {
    cubic[0] = (C[0] + C[7] + C[14]) / 3;
    cubic[1] = (C[1] + C[2] + C[8]) / 3;
    cubic[2] = (C[21] + C[28] + C[35]) / 3;
}

#endif
