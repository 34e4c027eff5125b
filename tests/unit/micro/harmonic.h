/* Helpers of the tests of harmonic free energies: one evaluation at a temperature, differences of it. */
#ifndef FEMD_TEST_HARMONIC_H
#define FEMD_TEST_HARMONIC_H

#include "engine_material.h"

#define SCALARS (FEMD_WANT_STRESS | FEMD_WANT_THERMAL_STRESS | FEMD_WANT_ENERGY | FEMD_WANT_HELMHOLTZ | FEMD_WANT_HEAT_CAPACITY)
#define EVERYTHING (SCALARS | FEMD_WANT_TANGENT)

static inline void answer_at(femd_material *m, const double E[6], double T, uint32_t wants, femd_response *r) {
    femd_request q = {.wants = wants, .temperature = T};
    memcpy(q.value, E, sizeof q.value);
    request(m, &q, NULL, r, NULL);
    assert_int_equal(r->provided, wants);
}

/* Fourth-order central differences over each strain component: of psi into S, of S into D (may be NULL). */
static inline void differences(femd_material *m, const double E[6], double T, double h, double S[6], double D[36]) {
    for (int c = 0; c < 6; c++) {
        static const double at[4] = {1, -1, 2, -2}, weight[4] = {8, -8, -1, 1};
        double dS[6] = {0};
        S[c] = 0;
        for (int k = 0; k < 4; k++) {
            femd_response r;
            double strain[6];
            memcpy(strain, E, sizeof strain);
            strain[c] += at[k] * h;
            answer_at(m, strain, T, SCALARS, &r);
            S[c] += weight[k] * r.helmholtz / (12 * h);
            for (int i = 0; i < 6; i++) dS[i] += weight[k] * r.S[i] / (12 * h);
        }
        for (int i = 0; D && i < 6; i++) D[6 * i + c] = dS[i];
    }
}

static inline void assert_symmetric(const double D[36]) {
    for (int i = 0; i < 6; i++)
        for (int j = 0; j < i; j++) assert_true(fabs(D[6 * i + j] - D[6 * j + i]) <= 1e-14 * largest(36, D));
}

#endif
