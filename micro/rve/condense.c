/* Static condensation of the second derivatives of a relaxed RVE. Owns the formula; never relaxes, never chooses a
 * strain. */
#include "rve/condense.h"

#include <math.h>
#include <stdlib.h>

#include "numerics/dense.h"
#include "rve/native_lanczos.h"

femd_status femd_condense_tangent(femd_relaxer *relaxer, const femd_rve *rve, const femd_place *place,
                                  const femd_beat *beat, double *work, double D[36], double *G, double *asymmetry,
                                  femd_error *err) {
    const int n3 = 3 * rve->n;
    const double *L = femd_relaxer_L(relaxer), *B = femd_relaxer_B(relaxer);
    double *columns = work, *Z = work + 6 * (size_t)n3;
    for (int i = 0; i < n3; i++)
        for (int k = 0; k < 6; k++) columns[(size_t)k * n3 + i] = L[6 * (size_t)i + k];
    for (int k = 0; k < 6; k++) femd_gauge_confine(&rve->gauge, columns + (size_t)k * n3);
    FEMD_TRY(femd_relaxer_solve(relaxer, rve, 6, columns, beat, Z, err));

    double K[36], largest = 0, difference = 0;
    for (int a = 0; a < 6; a++)
        for (int b = 0; b < 6; b++) {
            K[6 * a + b] = femd_dot(n3, columns + (size_t)a * n3, Z + (size_t)b * n3);
            largest = fmax(largest, fabs(K[6 * a + b]));
        }
    for (int a = 0; a < 6; a++)
        for (int b = 0; b < a; b++) {
            difference = fmax(difference, fabs(K[6 * a + b] - K[6 * b + a]));
            K[6 * a + b] = K[6 * b + a] = 0.5 * (K[6 * a + b] + K[6 * b + a]);
        }
    if (asymmetry) *asymmetry = largest > 0 ? difference / largest : 0;
    if (D) {
        double C[36];
        for (int a = 0; a < 36; a++) C[a] = B[a] - K[a];
        femd_condense_none(rve, place, C, D);
        if (femd_rve_is_adrift(rve)) memset(D, 0, 36 * sizeof *D); /* and not the round-off of it */
    }
    if (!G) return FEMD_OK;
    for (int c = 0; c < 6; c++)
        for (int i = 0; i < n3; i += 3) {
            double dx[3] = {0, 0, 0};
            for (int k = 0; k < 6; k++)
                for (int m = 0; m < 3; m++) dx[m] += Z[(size_t)k * n3 + i + m] * place->M[6 * c + k];
            for (int m = 0; m < 3; m++)
                G[(size_t)c * n3 + i + m] =
                    -(place->A[3 * m] * dx[0] + place->A[3 * m + 1] * dx[1] + place->A[3 * m + 2] * dx[2]);
        }
    return FEMD_OK;
}

void femd_condense_none(const femd_rve *rve, const femd_place *place, const double B[36], double D[36]) {
    femd_place_tangent(rve, place, B, D);
    for (int a = 0; a < 6; a++) /* M B M^T is symmetric but for the order of its sums */
        for (int b = 0; b < a; b++) D[6 * a + b] = D[6 * b + a] = 0.5 * (D[6 * a + b] + D[6 * b + a]);
}

femd_status femd_condense_stability(const femd_rve *rve, const femd_place *place, const double *x,
                                    const femd_beat *beat, double *lowest, femd_error *err) {
    const size_t n3 = 3 * (size_t)rve->n;
    double lambda = 0;
    FEMD_TRY(femd_energetics_prepare(rve->en, rve->nb, place->h, x, NULL, NULL, err));
    FEMD_TRY(femd_rve_hold(rve, place->h, x, err));
    double *work = malloc(3 * n3 * sizeof *work);
    if (!work) return femd_fail(err, FEMD_NO_MEMORY, "stability: out of memory");
    const femd_status rc = femd_lanczos_lowest(rve->en, &rve->gauge, 1e-9, 0, beat, work, &lambda, err);
    free(work);
    *lowest = lambda * FEMD_EV_PER_A2;
    return rc;
}
