/* Materials whose worker goes while it opens them: they are offered to others, and whoever takes its place begins with
 * nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "femd/pack.h"
#include "rig.h"

enum { MANY = 9 /* more than each worker is sent at once */ };

static void register_many(rig *g, uint64_t client, int count) {
    for (int i = 0; i < count; i++) {
        char json[80];
        snprintf(json, sizeof json, "{\"engine\":\"elastic\",\"number\":%d}", i);
        const femd_pack pack = {.json = json, .nfiles = 0};
        g->pack.size = 0;
        assert_int_equal(femd_pack_encode(&pack, &g->pack, NULL), FEMD_OK);
        femd_pack_id(g->pack.data, g->pack.size, &g->material);
        rig_register(g, client);
    }
}

/* It was alone: the next one is sent all of them, and all that ask are told. */
static void check_the_next_opens_all(int materials, int says_bye) {
    rig g;
    rig_init(&g, NULL);
    const uint64_t client = rig_client(&g, "beam", 0, 1), worker = rig_worker(&g);
    register_many(&g, client, materials);
    assert_int_equal(rig_count(&g, worker, FEMD_MSG_MATERIAL), materials);
    if (says_bye)
        rig_empty(&g, worker, FEMD_MSG_BYE, 0);
    else
        rig_vanish(&g, worker);
    assert_int_equal(rig_count(&g, worker, FEMD_MSG_MATERIAL), materials);
    const uint64_t next = rig_worker(&g);
    assert_int_equal(rig_count(&g, next, FEMD_MSG_MATERIAL), materials);
    rig_open(&g, next, FEMD_OK);
    assert_int_equal(rig_count(&g, client, FEMD_MSG_MATERIAL_READY), materials);
    rig_clear(&g);
}

static void what_the_only_worker_opened_is_opened_by_the_next(void **state) {
    (void)state;
    for (int says_bye = 0; says_bye < 2; says_bye++) {
        check_the_next_opens_all(1, says_bye);
        check_the_next_opens_all(MANY, says_bye);
    }
}

/* With another worker there it goes to that one, and nothing to the one that has gone. */
static void what_one_of_two_opened_goes_to_the_other(void **state) {
    (void)state;
    rig g;
    rig_init(&g, NULL);
    const uint64_t client = rig_client(&g, "beam", 0, 1), one = rig_worker(&g), two = rig_worker(&g);
    register_many(&g, client, MANY);
    const size_t before = rig_count(&g, one, FEMD_MSG_MATERIAL);
    rig_empty(&g, one, FEMD_MSG_BYE, 0);
    assert_int_equal(rig_count(&g, one, FEMD_MSG_MATERIAL), before);
    assert_int_equal(rig_count(&g, two, FEMD_MSG_MATERIAL), MANY);
    rig_open(&g, two, FEMD_OK);
    assert_int_equal(rig_count(&g, client, FEMD_MSG_MATERIAL_READY), MANY);
    rig_clear(&g);
}

/* A material that is given up owes nobody anything. */
static void who_comes_after_poison_owes_nothing(void **state) {
    (void)state;
    rig g;
    rig_init(&g, NULL);
    const uint64_t client = rig_client(&g, "beam", 0, 1);
    rig_register(&g, client);
    for (int i = 0; i < 12 && !rig_count(&g, client, FEMD_MSG_MATERIAL_READY); i++) rig_vanish(&g, rig_worker(&g));
    assert_int_equal(rig_count(&g, client, FEMD_MSG_MATERIAL_READY), 1);
    const uint64_t next = rig_worker(&g);
    assert_int_equal(rig_count(&g, next, FEMD_MSG_MATERIAL), 0);
    for (int i = 0; i < 30; i++) rig_wait(&g, 100);
    assert_int_equal(femd_core_count(g.core)->hung, 0);
    rig_clear(&g);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(what_the_only_worker_opened_is_opened_by_the_next),
                                       cmocka_unit_test(what_one_of_two_opened_goes_to_the_other),
                                       cmocka_unit_test(who_comes_after_poison_owes_nothing)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
