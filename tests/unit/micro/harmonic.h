/* Helpers of the tests of harmonic free energies: one evaluation at a temperature, differences of it. */
#ifndef FEMD_TEST_HARMONIC_H
#define FEMD_TEST_HARMONIC_H

#include "engine_material.h"

#define SCALARS                                                                                                        \
    (FEMD_WANT_STRESS | FEMD_WANT_THERMAL_STRESS | FEMD_WANT_ENERGY | FEMD_WANT_HELMHOLTZ | FEMD_WANT_HEAT_CAPACITY)
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
            answer_at(m, strain, T, FEMD_WANT_STRESS | FEMD_WANT_HELMHOLTZ, &r);
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

/* Argon whose neighbour shells keep away from the ends of the switch (7.2 and 8 angstrom), where third derivatives
 * jump. */
#define ARGON(method, structure, more)                                                                                 \
    "{\"engine\":\"native\",\"method\":" method ",\"structure\":{\"lattice\":\"fcc\",\"a\":\"5.3 angstrom\","          \
    "\"species\":[\"Ar\"],\"masses\":[\"39.95 u\"]" structure                                                          \
    "},\"potential\":{\"style\":\"lj\",\"pairs\":[{\"species\":"                                                       \
    "[\"Ar\",\"Ar\"],\"epsilon\":\"0.0103 eV\",\"sigma\":\"3.4 angstrom\",\"cutoff\":\"8 angstrom\"}]}" more "}"
#define SMALL           ",\"repeat\":[2,2,2],\"vacancies\":{\"count\":1}"
#define QH              "\"quasiharmonic\""
#define LH              "\"local-harmonic\""
#define AT40            ",\"reference\":{\"temperature\":40}"
#define QUANTUM(method) "," method ":{\"statistics\":\"quantum\"}"

/* Two sublattices that shift under strain, bonds that feel angles. */
#define SILICON(more)                                                                                                  \
    "{\"engine\":\"native\",\"method\":\"quasiharmonic\",\"structure\":{\"lattice\":\"diamond\",\"a\":\"5.431 "        \
    "angstrom\","                                                                                                      \
    "\"species\":[\"Si\"],\"masses\":[\"28.0855 u\"]},\"potential\":{\"style\":\"sw\",\"file\":\"Si.sw\"}" more "}"

static const double STRAIN[6] = {0.01, -0.004, 0.002, 0.004, 0.002, -0.006};
static const double ZERO[6] = {0};

/* S, D, dS/dT, heat capacity and energy against differences of psi, S and energy. */
static inline void check_derivatives(const char *name, const char *json, double T) {
    femd_material *m = open_material(json);
    femd_response r, hot, cold;
    double S[6], D[36];
    answer_at(m, STRAIN, T, EVERYTHING, &r);
    differences(m, STRAIN, T, 3e-4, S, D);
    const double s = largest_difference(6, S, r.S) / largest(6, r.S),
                 d = largest_difference(36, D, r.D) / largest(36, r.D);
    const double dT = 0.01;
    answer_at(m, STRAIN, T + dT, SCALARS, &hot);
    answer_at(m, STRAIN, T - dT, SCALARS, &cold);
    double dSdT[6];
    for (int c = 0; c < 6; c++) dSdT[c] = (hot.S[c] - cold.S[c]) / (2 * dT);
    const double t = largest_difference(6, dSdT, r.dSdT) / largest(6, r.dSdT);
    const double heat = (hot.energy - cold.energy) / (2 * dT) / r.heat_capacity - 1;
    const double gibbs = (r.helmholtz - T * (hot.helmholtz - cold.helmholtz) / (2 * dT)) / r.energy - 1;
    print_message("%s: S %.1e, D %.1e, dS/dT %.1e, heat capacity %.1e, energy %.1e\n", name, s, d, t, heat, gibbs);
    assert_true(s < 1e-6);
    assert_true(d < 1e-4);
    assert_true(t < 1e-6);
    assert_true(fabs(heat) < 1e-6);
    assert_true(fabs(gibbs) < 1e-6);
    assert_symmetric(r.D);
    femd_material_close(&m);
}

#endif
