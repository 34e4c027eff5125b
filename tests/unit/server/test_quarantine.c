/* A worker in quarantine: its process is known again, and released alone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "roster.h"

enum { WORKERS = 4 };

static femd_common common;
static femd_roster *roster;
static uint32_t worker[WORKERS];

static uint32_t add(uint32_t pid, const char *host, uint64_t route) {
    femd_hello hello = {.role = FEMD_ROLE_WORKER, .pid = pid};
    snprintf(hello.host, sizeof hello.host, "%s", host);
    return roster_add(roster, (femd_address){route, 0}, &hello);
}

static int begin(void **state) {
    (void)state;
    memset(&common, 0, sizeof common);
    assert_int_equal(common_init(&common, &(femd_core_config){0}, NULL), FEMD_OK);
    roster = roster_create(&common);
    assert_non_null(roster);
    for (uint32_t i = 0; i < WORKERS; i++) worker[i] = add(10 + i, "here", 1 + i);
    return 0;
}

static int end(void **state) {
    (void)state;
    roster_destroy(&roster);
    return 0;
}

static void a_reason_stands_until_release(void **state) {
    (void)state;
    for (int i = 0; i < WORKERS; i++) assert_null(roster_quarantined(roster, worker[i]));
    assert_int_equal(roster_workers_fit(roster), WORKERS);
    char reason[16];
    for (int i = 0; i < 3; i++) {
        snprintf(reason, sizeof reason, "reason %d", i);
        roster_quarantine(roster, worker[i], reason);
    }
    assert_int_equal(roster_workers_fit(roster), 1);
    roster_quarantine(roster, worker[0], NULL); /* the last of the list takes its place */
    assert_null(roster_quarantined(roster, worker[0]));
    assert_string_equal(roster_quarantined(roster, worker[1]), "reason 1");
    assert_string_equal(roster_quarantined(roster, worker[2]), "reason 2");
    assert_null(roster_quarantined(roster, worker[3]));
    roster_quarantine(roster, worker[2], "another");
    assert_string_equal(roster_quarantined(roster, worker[2]), "another");
    assert_int_equal(roster_workers_fit(roster), 2);
    roster_quarantine(roster, worker[2], NULL);
    roster_quarantine(roster, worker[2], NULL);
    assert_null(roster_quarantined(roster, worker[2]));
    assert_string_equal(roster_quarantined(roster, worker[1]), "reason 1");
}

static void it_stands_for_the_process(void **state) {
    (void)state;
    roster_quarantine(roster, worker[1], "it lied");
    roster_remove(roster, worker[1]);
    assert_int_equal(roster_workers_fit(roster), WORKERS - 1);
    assert_null(roster_quarantined(roster, add(11, "there", 20)));
    assert_null(roster_quarantined(roster, add(99, "here", 21)));
    const uint32_t again = add(11, "here", 22);
    assert_string_equal(roster_quarantined(roster, again), "it lied");
    roster_quarantine(roster, again, NULL);
    roster_remove(roster, again);
    assert_null(roster_quarantined(roster, add(11, "here", 23)));
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test_setup_teardown(a_reason_stands_until_release, begin, end),
                                       cmocka_unit_test_setup_teardown(it_stands_for_the_process, begin, end)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
