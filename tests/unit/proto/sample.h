/* Requests and responses with every field set, for the tests of the codec. */
#ifndef FEMD_TEST_SAMPLE_H
#define FEMD_TEST_SAMPLE_H

#include <string.h>

#include "femd/evaluate.h"

static inline void sample_hash(femd_hash *h, int from) {
    for (int i = 0; i < 32; i++) h->b[i] = (uint8_t)(from + i);
}

static inline femd_request sample_request(void) {
    femd_request r = {.seed = 0x0123456789abcdefu,
                      .point = 42,
                      .step = 3,
                      .attempt = 1,
                      .iteration = 2,
                      .wants = FEMD_WANT_STRESS | FEMD_WANT_TANGENT,
                      .control = FEMD_CONTROL_COMPONENTS,
                      .mask = 5,
                      .flags = FEMD_REQUEST_PRIVATE,
                      .value = {0.5, -0.25, 0.125, 1e-3, -0.0, 3e9},
                      .temperature = 300,
                      .pressure = 101325,
                      .accuracy = 0.01};
    sample_hash(&r.state_in, 0);
    return r;
}

/* Every double of the answer different. */
static inline femd_response sample_response(uint32_t provided, int sampled, int pressure) {
    femd_response r;
    memset(&r, 0, sizeof r);
    r.status = FEMD_OK;
    r.provided = provided;
    r.sampled = sampled ? 1 : 0;
    r.engine = FEMD_ENGINE_ELASTIC;
    sample_hash(&r.state_out, 100);
    double next = 1;
    const struct {
        double *v;
        int n, there;
    } parts[] = {
        {r.E, 6, 1},
        {r.S, 6, 1},
        {&r.J, 1, 1},
        {&r.hill_mandel, 1, 1},
        {r.D, 36, !!(provided & FEMD_WANT_TANGENT)},
        {r.dSdT, 6, !!(provided & FEMD_WANT_THERMAL_STRESS)},
        {r.k, 6, !!(provided & FEMD_WANT_CONDUCTIVITY)},
        {&r.energy, 1, !!(provided & FEMD_WANT_ENERGY)},
        {&r.helmholtz, 1, !!(provided & FEMD_WANT_HELMHOLTZ)},
        {&r.heat_capacity, 1, !!(provided & FEMD_WANT_HEAT_CAPACITY)},
        {&r.stability, 1, !!(provided & FEMD_WANT_STABILITY)},
        {&r.dJdp, 1, pressure},
        {r.dJdC, 6, pressure},
        {r.dSdp, 6, pressure},
        {r.S_err, 6, sampled},
        {r.D_err, 36, sampled && (provided & FEMD_WANT_TANGENT)},
        {r.dSdT_err, 6, sampled && (provided & FEMD_WANT_THERMAL_STRESS)},
        {r.k_err, 6, sampled && (provided & FEMD_WANT_CONDUCTIVITY)},
        {&r.energy_err, 1, sampled && (provided & FEMD_WANT_ENERGY)},
        {&r.helmholtz_err, 1, sampled && (provided & FEMD_WANT_HELMHOLTZ)},
        {&r.heat_capacity_err, 1, sampled && (provided & FEMD_WANT_HEAT_CAPACITY)},
        {&r.hill_mandel_err, 1, sampled},
    };
    for (size_t p = 0; p < sizeof parts / sizeof parts[0]; p++)
        for (int i = 0; parts[p].there && i < parts[p].n; i++) parts[p].v[i] = (next += 0.125);
    r.work = (femd_work){.wall = 0.5, .force_evaluations = 17, .worker = 3, .fingerprint = 0xfedcba9876543210u};
    return r;
}

#endif
