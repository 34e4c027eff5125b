/* Workers that lie by their own rule, and what a client gets of it. */
#include "audit_pool.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

int never(uint32_t nth, const femd_request *request) {
    (void)nth, (void)request;
    return 0;
}

int always(uint32_t nth, const femd_request *request) {
    (void)nth, (void)request;
    return 1;
}

int every_20th(uint32_t nth, const femd_request *request) {
    (void)request;
    return nth % 20 == 19;
}

int at_one_strain(uint32_t nth, const femd_request *request) {
    (void)nth;
    return request->value[0] == 0.25;
}

void pool_open(pool *p, double share, uint32_t n, const liar *how, const femd_core_config *more) {
    memset(p, 0, sizeof *p);
    femd_core_config config = more ? *more : (femd_core_config){0};
    config.audit = share;
    rig_init(&p->g, &config);
    p->n = n;
    p->client = rig_client(&p->g, "beam", 0, 1);
    for (uint32_t i = 0; i < n; i++) {
        p->worker[i] = rig_worker(&p->g);
        p->how[i] = how ? how[i] : never;
    }
    rig_register(&p->g, p->client);
    for (uint32_t i = 0; i < n; i++) rig_open(&p->g, p->worker[i], FEMD_OK);
}

const femd_core_counters *pool_count(const pool *p) {
    return femd_core_count(p->g.core);
}

void pool_lie(femd_response *r) {
    r->S[0] += 0x1p-40; /* as a bit that was turned */
}

uint32_t pool_work(pool *p) {
    femd_task task[256];
    uint32_t all = 0, n;
    for (uint32_t i = 0; i < p->n; i++)
        while ((n = rig_tasks(&p->g, p->worker[i], task, NULL)) > 0)
            for (uint32_t k = 0; k < n; k++, all++) {
                femd_response r;
                rig_answer_of(&task[k].request, &r);
                if (p->how[i](p->answers[i]++, &task[k].request)) pool_lie(&r);
                rig_answer_with(&p->g, p->worker[i], &task[k], &r);
            }
    return all;
}

void pool_take(pool *p) {
    rig_result got[2 * POINTS];
    const uint32_t n = rig_results(&p->g, p->client, got, 2 * POINTS);
    for (uint32_t i = 0; i < n; i++) {
        femd_response right;
        rig_answer_of(&p->asked[got[i].index], &right);
        p->conflict += got[i].response.status == FEMD_CONFLICT;
        p->wrong += got[i].response.status == FEMD_OK && got[i].response.S[0] != right.S[0];
        p->count++;
    }
}

void pool_ask(pool *p, uint64_t batch, double from) {
    for (uint32_t i = 0; i < POINTS; i++) p->asked[i] = rig_request(i, from + 0.01 * i, NULL);
    p->count = 0;
    rig_evaluate(&p->g, p->client, batch, p->asked, POINTS);
    while (pool_work(p)) continue;
    pool_take(p);
}

int pool_error(pool *p, femd_error *e) {
    femd_frame f;
    femd_error_clear(e);
    if (!rig_take(&p->g, p->client, FEMD_MSG_ERROR, &f)) return 0;
    assert_int_equal(femd_error_decode(&f, e, NULL), FEMD_OK);
    return 1;
}
