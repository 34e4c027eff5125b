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
                      .flags = FEMD_REQUEST_PRIVATE | FEMD_REQUEST_EXCHANGE,
                      .value = {0.5, -0.25, 0.125, 1e-3, -0.0, 3e9},
                      .temperature = 300,
                      .pressure = 101325,
                      .accuracy = 0.01,
                      .delta_mu = {1e-20, -0.0, -3e-21}};
    sample_hash(&r.state_in, 0);
    return r;
}

static inline double *sample_numbers(femd_response *r, size_t at) {
    return (double *)(void *)((char *)r + at);
}

/* Every number of the answer different. pressure: it is one of pressure control. */
static inline femd_response sample_response(uint32_t provided, int sampled, int pressure) {
    femd_response r;
    memset(&r, 0, sizeof r);
    r.status = FEMD_OK;
    r.provided = provided;
    r.sampled = sampled ? 1 : 0;
    r.engine = FEMD_ENGINE_ELASTIC;
    sample_hash(&r.state_out, 100);
    double next = 1;
    for (size_t i = 0; i < FEMD_QUANTITIES; i++) {
        const femd_quantity *q = femd_quantity_at(i);
        const int there = q->held == FEMD_HELD_WANTED     ? (provided & q->want) != 0
                          : q->held == FEMD_HELD_PRESSURE ? pressure
                                                          : q->held == FEMD_HELD_ALWAYS;
        for (int k = 0; there && k < q->numbers; k++) sample_numbers(&r, q->value)[k] = (next += 0.125);
        for (int k = 0; there && sampled && q->sampled && k < q->numbers; k++)
            sample_numbers(&r, q->error)[k] = (next += 0.125);
    }
    r.work = (femd_work){.wall = 0.5, .force_evaluations = 17, .worker = 3, .fingerprint = 0xfedcba9876543210u};
    return r;
}

#endif
