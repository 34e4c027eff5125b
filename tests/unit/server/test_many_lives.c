/* A server that outlives many runs, each with workers of its own: what it remembers of those that are gone is bounded.
 */
#include <malloc.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "rig.h"
#include "roster.h"

enum { POINTS = 4 };

/* A run of one step: two workers that never were here, evaluations that are audited, a commit, and all leave. */
static void one_run(rig *g, uint64_t life) {
    femd_request r[POINTS];
    femd_hash state[POINTS];
    femd_response a;
    rig_result result[POINTS];
    g->next_route = 1;
    const uint64_t client = rig_client(g, "run", 0, 1);
    uint64_t w[2];
    for (uint64_t i = 0; i < 2; i++) w[i] = rig_worker_again(g, 1000 + 2 * life + i);
    rig_register(g, client);
    for (int i = 0; i < 2; i++) rig_open(g, w[i], FEMD_OK);
    for (uint32_t i = 0; i < POINTS; i++) {
        r[i] = rig_request(i, (double)(life + 1) + 0.1 * i, NULL);
        rig_answer_of(&r[i], &a);
        state[i] = a.state_out;
    }
    rig_evaluate(g, client, 1, r, POINTS);
    for (int k = 0; k < 4; k++)
        for (int i = 0; i < 2; i++) rig_work(g, w[i]);
    assert_int_equal(rig_results(g, client, result, POINTS), POINTS);
    rig_commit(g, client, 2, 1, state, POINTS);
    for (int i = 0; i < 2; i++) rig_give_states(g, w[i], r, POINTS);
    rig_empty(g, client, FEMD_MSG_BYE, 0);
    for (int i = 0; i < 2; i++) rig_empty(g, w[i], FEMD_MSG_BYE, 0);
    for (uint64_t route = 1; route < g->next_route; route++) {
        rig_inbox *box = &g->inbox[route];
        for (size_t j = 0; j < box->count; j++) femd_core_recycle(g->core, &box->message[j]);
        box->count = 0;
        box->dropped = 0;
    }
}

static size_t memory(void) {
    return mallinfo2().uordblks;
}

static void memory_is_flat_over_many_short_runs(void **state) {
    (void)state;
    rig g;
    const femd_core_config config = {.audit = 1, .cache_bytes = 1};
    rig_init(&g, &config);
    uint64_t life = 0;
    while (life < 1000) one_run(&g, life++);
    const size_t before = memory();
    while (life < 4000) one_run(&g, life++);
    const size_t after = memory();
    if (after > before + 16384) fail_msg("%zu bytes after 1000 runs, %zu after 4000", before, after);
    rig_clear(&g);
}

/* Of those in quarantine that are gone too, but never of one that is here. */
static void thousands_in_quarantine_are_not_all_kept(void **state) {
    (void)state;
    enum { LIVES = 6000 };
    femd_common common;
    const femd_core_config config = {0};
    assert_int_equal(common_init(&common, &config, NULL), FEMD_OK);
    femd_roster *roster = roster_create(&common);
    femd_hello hello = {.role = FEMD_ROLE_WORKER, .pid = 1, .host = "here"};
    const uint32_t stays = roster_add(roster, (femd_address){.route = 1}, &hello);
    roster_quarantine(roster, stays, "stays");
    size_t before = 0;
    for (uint32_t i = 0; i < LIVES; i++) {
        if (i == 5000) before = memory();
        hello.pid = 2 + i;
        const uint32_t worker = roster_add(roster, (femd_address){.route = 2}, &hello);
        roster_quarantine(roster, worker, "lied");
        roster_remove(roster, worker);
    }
    assert_true(memory() <= before);
    assert_string_equal(roster_quarantined(roster, stays), "stays");
    for (int last = 0; last < 2; last++) {
        hello.pid = last ? 1 + LIVES : 2;
        const uint32_t again = roster_add(roster, (femd_address){.route = 2}, &hello);
        assert_int_equal(roster_quarantined(roster, again) != NULL, last);
        roster_remove(roster, again);
    }
    roster_destroy(&roster);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_is_flat_over_many_short_runs),
        cmocka_unit_test(thousands_in_quarantine_are_not_all_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
