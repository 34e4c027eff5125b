/* Tables of the orders that hosts have, and the loops over them. */
#include "layouts.h"

#include <math.h>

#include "femd/kinematics.h"
#include "femd/tensor3.h"

#define ROOT2 1.4142135623730951

/* Where the host has component iJ (3 i + J). */
static const unsigned char matrix_at[3][9] = {
    {0, 1, 2, 3, 4, 5, 6, 7, 8}, /* rows */
    {0, 3, 6, 1, 4, 7, 2, 5, 8}, /* columns */
    {0, 3, 5, 4, 1, 7, 6, 8, 2}, /* 11 22 33 12 21 13 31 23 32 */
};

/* Where the host has the component c of Voigt's order. */
static const unsigned char vector_at[4][6] = {
    {0, 1, 2, 3, 4, 5},
    {0, 1, 2, 5, 4, 3},
    {0, 1, 2, 3, 4, 5},
    {0, 1, 2, 5, 4, 3},
};

static int layout_has_root(int vector) {
    return vector == FEMD_VECTOR_MANDEL || vector == FEMD_VECTOR_MFRONT;
}

void layout_matrix_in(int matrix, const double *host, double rows[9]) {
    for (int c = 0; c < 9; c++) rows[c] = host[matrix_at[matrix][c]];
}

void layout_matrix_out(int matrix, const double rows[9], double *host) {
    for (int c = 0; c < 9; c++) host[matrix_at[matrix][c]] = rows[c];
}

void layout_fourth_out(int matrix, const double rows[81], double *host) {
    const unsigned char *at = matrix_at[matrix];
    const int first = matrix == FEMD_MATRIX_COLUMNS ? 1 : 9, second = matrix == FEMD_MATRIX_COLUMNS ? 9 : 1;
    for (int c = 0; c < 9; c++)
        for (int d = 0; d < 9; d++) host[first * at[c] + second * at[d]] = rows[9 * c + d];
}

/* With sqrt 2 on E23 Voigt's 2 E23 is that times sqrt 2. */
void layout_strain_in(int vector, const double *host, double voigt[6]) {
    for (int c = 0; c < 6; c++) {
        voigt[c] = host[vector_at[vector][c]];
        if (c > 2 && layout_has_root(vector)) voigt[c] *= ROOT2;
    }
}

void layout_stress_out(int vector, const double voigt[6], double *host) {
    for (int c = 0; c < 6; c++)
        host[vector_at[vector][c]] = c > 2 && layout_has_root(vector) ? ROOT2 * voigt[c] : voigt[c];
}

void layout_tangent_out(int vector, const double voigt[36], double *host) {
    static const double scale[3] = {1, ROOT2, 2};
    const unsigned char *at = vector_at[vector];
    for (int c = 0; c < 6; c++)
        for (int d = 0; d < 6; d++)
            host[6 * at[c] + at[d]] = voigt[6 * c + d] * (layout_has_root(vector) ? scale[(c > 2) + (d > 2)] : 1);
}

femd_status layout_isochoric(double E[6], femd_error *err) {
    double C[9], U[9];
    FEMD_TRY(femd_stretch_from_E(E, U, err)); /* refuses what is not positive definite */
    femd_voigt_to_full(E, 1, C);
    for (int i = 0; i < 9; i++) C[i] = 2 * C[i] + (i % 4 == 0);
    const double scale = 1 / cbrt(femd_det3(C));
    for (int i = 0; i < 9; i++) C[i] = 0.5 * (scale * C[i] - (i % 4 == 0));
    femd_full_to_voigt(C, 1, E);
    return FEMD_OK;
}
