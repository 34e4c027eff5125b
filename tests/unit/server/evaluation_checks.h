/* What the tests of evaluations look at. Needs cmocka.h. */
#ifndef FEMD_TEST_EVALUATION_CHECKS_H
#define FEMD_TEST_EVALUATION_CHECKS_H

#include <string.h>

#include "rig.h"

static inline const femd_core_counters *count(const rig *g) {
    return femd_core_count(g->core);
}

/* A pool of one worker, its client and its material; returns the worker. */
static inline uint64_t open_lone_worker(rig *g, uint64_t *client) {
    uint64_t worker[2];
    rig_init(g, NULL);
    rig_pool(g, client, worker);
    rig_vanish(g, worker[1]);
    return worker[0];
}

/* All n answers of a batch are there, once each, and right. */
static inline void check_answers(rig *g, uint64_t client, const femd_request *r, uint32_t n, uint64_t batch) {
    rig_result got[64];
    int seen[64] = {0};
    assert_int_equal(rig_results(g, client, got, 64), n);
    for (uint32_t i = 0; i < n; i++) {
        femd_response want;
        assert_int_equal(got[i].batch, batch);
        assert_false(seen[got[i].index]++);
        rig_answer_of(&r[got[i].index], &want);
        assert_int_equal(got[i].response.status, FEMD_OK);
        assert_memory_equal(got[i].response.S, want.S, sizeof want.S);
    }
}

#endif
