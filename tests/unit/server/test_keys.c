/* A server with keys: what a peer may do says its key, runs are their keys' own, revoked keys are dropped, admins act.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "rig.h"

/* ---- a keyring by route ---- */

typedef struct ring {
    femd_keyring keys;
    femd_identity who[RIG_ROUTES];
} ring;

static int identify(void *user, uint64_t route, femd_identity *who) {
    const ring *r = user;
    *who = r->who[route];
    return who->role != 0;
}

static ring *ring_make(void) {
    ring *r = calloc(1, sizeof *r);
    assert_non_null(r);
    r->keys = (femd_keyring){identify, r};
    return r;
}

/* The key of that number is behind the next connection. */
static void expect(ring *r, const rig *g, femd_role role, uint8_t key) {
    femd_identity *who = &r->who[g->next_route];
    who->role = role;
    snprintf(who->name, sizeof who->name, "key-%d", key);
    memset(who->key.b, key, sizeof who->key.b);
}

static uint64_t client(ring *r, rig *g, const char *run, uint8_t key) {
    expect(r, g, FEMD_ROLE_CLIENT, key);
    return rig_client(g, run, 0, 1);
}

static uint64_t worker(ring *r, rig *g, uint8_t key) {
    expect(r, g, FEMD_ROLE_WORKER, key);
    return rig_worker(g);
}

static uint64_t admin(ring *r, rig *g) {
    expect(r, g, FEMD_ROLE_ADMIN, 99);
    return rig_admin(g);
}

static void open_ring(rig *g, ring **r, rig_shelf *shelf) {
    *r = ring_make();
    femd_core_config config = {.keys = &(*r)->keys};
    if (shelf) {
        config.recall = &shelf->recall;
        config.journal = 1;
    }
    rig_init(g, &config);
}

static void close_ring(rig *g, ring *r) {
    rig_clear(g);
    free(r);
}

static int is_welcome(rig *g, uint64_t route) {
    femd_frame f;
    return rig_take(g, route, FEMD_MSG_WELCOME, &f);
}

static void assert_refused(rig *g, uint64_t route, const char *words) {
    femd_frame f;
    femd_error e = FEMD_ERROR_INIT;
    assert_false(is_welcome(g, route));
    assert_true(rig_take(g, route, FEMD_MSG_ERROR, &f));
    assert_int_equal(femd_error_decode(&f, &e, NULL), FEMD_OK);
    assert_int_equal(e.code, FEMD_REFUSED);
    if (!strstr(e.text, words)) fail_msg("\"%s\" instead of \"%s\"", e.text, words);
    assert_true(g->inbox[route].dropped);
}

/* ---- roles and runs ---- */

static void the_role_is_that_of_the_key(void **state) {
    (void)state;
    rig g;
    ring *r;
    open_ring(&g, &r, NULL);
    static const femd_role roles[] = {FEMD_ROLE_CLIENT, FEMD_ROLE_WORKER, FEMD_ROLE_ADMIN};
    for (int has = 0; has < 3; has++)
        for (int says = 0; says < 3; says++) {
            expect(r, &g, roles[has], (uint8_t)(1 + has));
            const uint64_t route = says == 0   ? rig_client(&g, has == 0 ? "mine" : "other", 0, 1)
                                   : says == 1 ? rig_worker(&g)
                                               : rig_admin(&g);
            if (has == says)
                assert_true(is_welcome(&g, route));
            else
                assert_refused(&g, route, "says that it is");
        }
    assert_refused(&g, rig_worker(&g), "not in the server's list");
    assert_refused(&g, rig_client(&g, "third", 0, 1), "not in the server's list");
    close_ring(&g, r);
}

static void a_run_is_its_keys_own(void **state) {
    (void)state;
    rig g;
    ring *r;
    open_ring(&g, &r, NULL);
    const uint64_t first = client(r, &g, "beam", 1);
    assert_true(is_welcome(&g, first));
    assert_refused(&g, client(r, &g, "beam", 2), "another key's");
    assert_refused(&g, client(r, &g, "beam", 1), "connected already");
    rig_vanish(&g, first); /* the run has a grace to come back */
    assert_refused(&g, client(r, &g, "beam", 2), "another key's");
    expect(r, &g, FEMD_ROLE_CLIENT, 2);
    assert_refused(&g, rig_client(&g, "beam", 1, 2), "another key's"); /* nor with other ranks */
    assert_true(is_welcome(&g, client(r, &g, "beam", 1)));
    assert_true(is_welcome(&g, client(r, &g, "plate", 2)));
    close_ring(&g, r);
}

static void a_run_is_its_keys_own_after_the_death_of_the_server(void **state) {
    (void)state;
    rig g;
    ring *r;
    static rig_shelf shelf;
    rig_shelf_init(&shelf);
    open_ring(&g, &r, &shelf);
    assert_true(is_welcome(&g, client(r, &g, "beam", 1)));
    for (int summary = 0; summary < 2; summary++) {
        rig_restart(&g);
        assert_refused(&g, client(r, &g, "beam", 2), "another key's");
        if (summary) break;
        femd_core_summarise(g.core);
        rig_collect(&g);
    }
    assert_true(is_welcome(&g, client(r, &g, "beam", 1)));
    close_ring(&g, r);
    rig_shelf_clear(&shelf);
}

static void a_run_made_without_keys_is_the_first_ones(void **state) {
    (void)state;
    rig g;
    ring *r = ring_make();
    static rig_shelf shelf;
    rig_shelf_init(&shelf);
    rig_init(&g, &(femd_core_config){.recall = &shelf.recall, .journal = 1});
    assert_true(is_welcome(&g, rig_client(&g, "beam", 0, 1)));
    g.config.keys = &r->keys;
    rig_restart(&g);
    const uint64_t first = client(r, &g, "beam", 1);
    assert_true(is_welcome(&g, first));
    rig_vanish(&g, first);
    assert_refused(&g, client(r, &g, "beam", 2), "another key's");
    close_ring(&g, r);
    rig_shelf_clear(&shelf);
}

/* ---- revoked ---- */

static void a_revoked_worker_is_dropped_and_nothing_is_blamed(void **state) {
    (void)state;
    rig g;
    ring *r;
    open_ring(&g, &r, NULL);
    const uint64_t c = client(r, &g, "beam", 1);
    uint64_t w = 0;
    rig_register(&g, c);
    femd_request q = rig_request(0, 0.25, NULL);
    femd_task t[4];
    uint32_t states;
    femd_frame f;
    femd_error e = FEMD_ERROR_INIT;
    for (int i = 0; i < 5; i++) { /* more often than a point may end workers */
        w = worker(r, &g, (uint8_t)(10 + i));
        rig_open(&g, w, FEMD_OK);
        if (i == 0) rig_evaluate(&g, c, 7, &q, 1);
        assert_int_equal(rig_tasks(&g, w, t, &states), 1);
        rig_start(&g, w, t);
        r->who[w].role = (femd_role)0;
        femd_core_recheck(g.core, g.now);
        rig_collect(&g);
        rig_audit(&g);
        assert_true(rig_take(&g, w, FEMD_MSG_GONE, &f));
        assert_int_equal(femd_error_decode(&f, &e, NULL), FEMD_OK);
        assert_non_null(strstr(e.text, "not in the server's list of keys any more"));
        assert_true(g.inbox[w].dropped);
        rig_answer(&g, w, t, 1); /* too late: it is a stranger */
        assert_true(rig_take(&g, w, FEMD_MSG_REREGISTER, &f));
        rig_wait(&g, 0.3);
    }
    w = worker(r, &g, 20);
    rig_open(&g, w, FEMD_OK);
    assert_int_equal(rig_work(&g, w), 1);
    rig_result result[2];
    assert_int_equal(rig_results(&g, c, result, 2), 1);
    assert_int_equal(result[0].response.status, FEMD_OK);
    assert_int_equal(femd_core_count(g.core)->poison, 0);
    close_ring(&g, r);
}

static void only_revoked_and_changed_keys_are_dropped(void **state) {
    (void)state;
    rig g;
    ring *r;
    open_ring(&g, &r, NULL);
    const uint64_t stays = client(r, &g, "a", 1), gone = client(r, &g, "b", 2), changed = worker(r, &g, 3),
                   works = worker(r, &g, 4), looks = admin(r, &g);
    r->who[gone].role = (femd_role)0;
    r->who[changed].role = FEMD_ROLE_CLIENT;
    femd_core_recheck(g.core, g.now);
    rig_collect(&g);
    rig_audit(&g);
    assert_true(g.inbox[gone].dropped && g.inbox[changed].dropped);
    assert_false(g.inbox[stays].dropped || g.inbox[works].dropped || g.inbox[looks].dropped);
    femd_core_totals t;
    femd_core_sum(g.core, &t);
    assert_int_equal(t.peers, 3);
    close_ring(&g, r);
}

/* ---- status ---- */

static int sees(rig *g, uint64_t route, const char *run) {
    cJSON *root = rig_status(g, route);
    const cJSON *one;
    int found = 0;
    cJSON_ArrayForEach(one, cJSON_GetObjectItem(root, "runs")) found +=
        strcmp(cJSON_GetStringValue(cJSON_GetObjectItem(one, "name")), run) == 0;
    cJSON_Delete(root);
    return found;
}

static int count(rig *g, uint64_t route, const char *list) {
    cJSON *root = rig_status(g, route);
    const int n = cJSON_GetArraySize(cJSON_GetObjectItem(root, list));
    cJSON_Delete(root);
    return n;
}

static void status_tells_a_client_of_its_own(void **state) {
    (void)state;
    rig g;
    ring *r;
    open_ring(&g, &r, NULL);
    const uint64_t a = client(r, &g, "a", 1), more = client(r, &g, "more", 1), b = client(r, &g, "b", 2);
    const uint64_t looks = admin(r, &g), w = worker(r, &g, 3);
    rig_register(&g, a);
    rig_open(&g, w, FEMD_OK);
    assert_true(sees(&g, a, "a") && sees(&g, a, "more") && !sees(&g, a, "b"));
    assert_true(sees(&g, more, "a"));
    assert_true(!sees(&g, b, "a") && !sees(&g, b, "more") && sees(&g, b, "b"));
    assert_true(sees(&g, looks, "a") && sees(&g, looks, "more") && sees(&g, looks, "b"));
    assert_int_equal(count(&g, b, "materials"), 0);
    assert_int_equal(count(&g, looks, "materials"), 1);
    assert_int_equal(count(&g, b, "workers"), 1);
    cJSON *root = rig_status(&g, looks);
    const cJSON *one = cJSON_GetArrayItem(cJSON_GetObjectItem(root, "workers"), 0);
    assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItem(one, "key")), "key-3");
    assert_true(cJSON_IsTrue(cJSON_GetObjectItem(root, "keys")));
    assert_false(cJSON_IsTrue(cJSON_GetObjectItem(root, "draining")));
    cJSON_Delete(root);
    close_ring(&g, r);
}

static void status_without_keys_tells_a_client_of_the_run_it_is_in(void **state) {
    (void)state;
    rig g;
    rig_init(&g, NULL);
    const uint64_t a = rig_client(&g, "a", 0, 1), b = rig_client(&g, "b", 0, 1), looks = rig_admin(&g);
    rig_register(&g, a);
    assert_true(sees(&g, a, "a") && !sees(&g, a, "b") && sees(&g, b, "b") && !sees(&g, b, "a"));
    assert_true(sees(&g, looks, "a") && sees(&g, looks, "b"));
    assert_int_equal(count(&g, a, "materials"), 1);
    cJSON *root = rig_status(&g, a);
    assert_false(cJSON_IsTrue(cJSON_GetObjectItem(root, "keys")));
    cJSON_Delete(root);
    rig_clear(&g);
}

/* ---- admins ---- */

/* The words of DONE, or of ERROR behind "! ". */
static void assert_says(const char *said, const char *words) {
    if (!strstr(said, words)) fail_msg("\"%s\" instead of \"%s\"", said, words);
}

static uint64_t number_of_the_first_worker(rig *g, uint64_t looks, const char *key, char *value, size_t size) {
    cJSON *root = rig_status(g, looks);
    const cJSON *one = cJSON_GetArrayItem(cJSON_GetObjectItem(root, "workers"), 0);
    const uint64_t number = (uint64_t)cJSON_GetNumberValue(cJSON_GetObjectItem(one, "number"));
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItem(one, key));
    snprintf(value, size, "%s", text ? text : "");
    cJSON_Delete(root);
    return number;
}

static void an_admin_shuts_a_worker_out_and_lets_it_in(void **state) {
    (void)state;
    rig g;
    ring *r;
    char value[200];
    open_ring(&g, &r, NULL);
    const uint64_t c = client(r, &g, "beam", 1), w = worker(r, &g, 2), looks = admin(r, &g);
    rig_register(&g, c);
    rig_open(&g, w, FEMD_OK);
    const uint64_t number = number_of_the_first_worker(&g, looks, "state", value, sizeof value);
    assert_says(rig_act(&g, looks, "quarantine", number, "smells"), "gets no tasks any more");
    number_of_the_first_worker(&g, looks, "state", value, sizeof value);
    assert_string_equal(value, "quarantined");
    number_of_the_first_worker(&g, looks, "reason", value, sizeof value);
    assert_string_equal(value, "smells");
    femd_request q = rig_request(0, 0.25, NULL);
    rig_evaluate(&g, c, 7, &q, 1);
    assert_int_equal(rig_work(&g, w), 0);
    assert_says(rig_act(&g, looks, "release", number, ""), "gets tasks again");
    assert_int_equal(rig_work(&g, w), 1);
    assert_says(rig_act(&g, looks, "release", number, ""), "was not in quarantine");
    assert_says(rig_act(&g, looks, "quarantine", number + 77, ""), "! there is no worker");
    assert_says(rig_act(&g, looks, "release", 0, ""), "! there is no worker 0");
    assert_says(rig_act(&g, looks, "dance", 0, ""), "! \"dance\" is no act");
    close_ring(&g, r);
}

/* What was queued for the worker that holds its state is not kept for it. */
static void what_waits_for_a_worker_in_quarantine_goes_to_others(void **state) {
    (void)state;
    rig g;
    ring *r;
    char value[200];
    open_ring(&g, &r, NULL);
    const uint64_t c = client(r, &g, "beam", 1), w = worker(r, &g, 2), looks = admin(r, &g);
    rig_register(&g, c);
    rig_open(&g, w, FEMD_OK);
    femd_request q = rig_request(0, 0.25, NULL), again[6];
    femd_response answer;
    femd_task task[4];
    uint32_t states;
    rig_evaluate(&g, c, 7, &q, 1);
    assert_int_equal(rig_tasks(&g, w, task, &states), 1);
    rig_answer_of(&q, &answer);
    answer.work.wall = 1e-9; /* cheap: not worth a move from a worker that does its share */
    rig_answer_with(&g, w, task, &answer);
    rig_commit(&g, c, 8, 1, &answer.state_out, 1);
    rig_give_states(&g, w, &q, 1);
    for (uint32_t i = 0; i < 6; i++) again[i] = rig_request(i, 0.5 + i, &answer.state_out);
    rig_evaluate(&g, c, 9, again, 6); /* more than fits into the messages that it may have */
    const uint64_t number = number_of_the_first_worker(&g, looks, "state", value, sizeof value);
    const uint64_t other = worker(r, &g, 3);
    rig_act(&g, looks, "quarantine", number, "");
    number_of_the_first_worker(&g, looks, "reason", value, sizeof value);
    assert_string_equal(value, "by an admin");
    rig_open(&g, other, FEMD_OK);
    uint32_t done = 0;
    (void)rig_work(&g, w); /* what it had begun: nobody waits for that any more */
    for (int i = 0; i < 20; i++) done += rig_work(&g, other);
    assert_int_equal(done, 6);
    close_ring(&g, r);
}

static void a_client_is_no_admin(void **state) {
    (void)state;
    rig g;
    ring *r;
    open_ring(&g, &r, NULL);
    assert_says(rig_act(&g, client(r, &g, "beam", 1), "stop", 0, ""), "! ADMIN is not for this peer to send");
    assert_false(femd_core_wants_stop(g.core));
    close_ring(&g, r);
    rig_init(&g, NULL); /* nobody knows who is one */
    assert_says(rig_act(&g, rig_admin(&g), "stop", 0, ""), "! this server has no keys");
    assert_false(femd_core_wants_stop(g.core));
    rig_clear(&g);
    rig_init(&g, &(femd_core_config){.open_to_admins = 1});
    assert_says(rig_act(&g, rig_admin(&g), "stop", 0, ""), "leaves 0 runs");
    assert_true(femd_core_wants_stop(g.core));
    rig_clear(&g);
}

static void a_drained_server_finishes_its_runs_and_ends(void **state) {
    (void)state;
    rig g;
    ring *r;
    open_ring(&g, &r, NULL);
    const uint64_t c = client(r, &g, "beam", 1), w = worker(r, &g, 2), looks = admin(r, &g);
    assert_says(rig_act(&g, looks, "drain", 0, ""), "its 1 runs");
    assert_false(femd_core_wants_stop(g.core));
    assert_refused(&g, client(r, &g, "plate", 1), "being emptied");
    rig_register(&g, c);
    rig_open(&g, w, FEMD_OK);
    femd_request q = rig_request(0, 0.25, NULL);
    rig_evaluate(&g, c, 7, &q, 1);
    assert_int_equal(rig_work(&g, w), 1);
    rig_vanish(&g, c);
    const uint64_t back = client(r, &g, "beam", 1);
    assert_true(is_welcome(&g, back)); /* no new run */
    cJSON *root = rig_status(&g, looks);
    assert_true(cJSON_IsTrue(cJSON_GetObjectItem(root, "draining")));
    cJSON_Delete(root);
    assert_false(femd_core_wants_stop(g.core));
    rig_empty(&g, back, FEMD_MSG_BYE, 0);
    rig_wait(&g, 1);
    assert_true(femd_core_wants_stop(g.core));
    close_ring(&g, r);
}

/* ---- poison ---- */

/* The point ends workers until it is given up. */
static void end_workers(ring *r, rig *g, int *ended) {
    femd_task t[4];
    uint32_t states;
    const uint64_t before = femd_core_count(g->core)->poison;
    for (*ended = 0; *ended < 30 && femd_core_count(g->core)->poison == before; ++*ended) {
        const uint64_t w = worker(r, g, 2);
        rig_open(g, w, FEMD_OK);
        assert_int_equal(rig_tasks(g, w, t, &states), 1);
        rig_start(g, w, t);
        rig_vanish(g, w);
    }
}

static void poison_is_forgiven_at_once(void **state) {
    (void)state;
    rig g;
    ring *r;
    rig_result result[2];
    int ended;
    open_ring(&g, &r, NULL);
    const uint64_t c = client(r, &g, "beam", 1), looks = admin(r, &g);
    rig_register(&g, c);
    assert_says(rig_act(&g, looks, "forgive", 0, ""), "0 points and 0 materials");
    femd_request q = rig_request(0, 0.25, NULL);
    rig_evaluate(&g, c, 7, &q, 1);
    end_workers(r, &g, &ended);
    assert_int_equal(femd_core_count(g.core)->poison, 1);
    assert_int_equal(rig_results(&g, c, result, 2), 1);
    assert_int_equal(result[0].response.status, FEMD_POISON);
    const uint64_t w = worker(r, &g, 2);
    rig_open(&g, w, FEMD_OK);
    rig_evaluate(&g, c, 8, &q, 1);
    assert_int_equal(rig_work(&g, w), 0); /* not before 10 s are over */
    assert_int_equal(rig_results(&g, c, result, 2), 1);
    assert_int_equal(result[0].response.status, FEMD_POISON);
    assert_says(rig_act(&g, looks, "forgive", 0, ""), "1 points and 0 materials");
    assert_says(rig_act(&g, looks, "forgive", 0, ""), "0 points and 0 materials");
    rig_evaluate(&g, c, 9, &q, 1);
    assert_int_equal(rig_work(&g, w), 1);
    assert_int_equal(rig_results(&g, c, result, 2), 1);
    assert_int_equal(result[0].response.status, FEMD_OK);
    assert_says(rig_act(&g, looks, "forgive", 0, ""), "0 points and 0 materials"); /* an answer needs no pardon */
    q = rig_request(1, 0.5, NULL);
    rig_vanish(&g, w);
    rig_evaluate(&g, c, 10, &q, 1);
    end_workers(r, &g, &ended);
    assert_int_equal(femd_core_count(g.core)->poison, 2);
    assert_int_equal(rig_results(&g, c, result, 2), 1);
    femd_core_trim(g.core, 0); /* nor does what is in the books no more */
    assert_says(rig_act(&g, looks, "forgive", 0, ""), "0 points and 0 materials");
    close_ring(&g, r);
}

static void a_material_that_ends_workers_is_forgiven_at_once(void **state) {
    (void)state;
    rig g;
    ring *r;
    femd_frame f;
    open_ring(&g, &r, NULL);
    const uint64_t c = client(r, &g, "beam", 1), looks = admin(r, &g);
    rig_register(&g, c);
    int ended = 0;
    while (ended++ < 30 && !rig_take(&g, c, FEMD_MSG_MATERIAL_READY, &f)) rig_vanish(&g, worker(r, &g, 2));
    const uint64_t w = worker(r, &g, 2);
    assert_false(rig_take(&g, w, FEMD_MSG_MATERIAL, &f));
    assert_says(rig_act(&g, looks, "forgive", 0, ""), "0 points and 1 materials");
    assert_true(rig_take(&g, w, FEMD_MSG_MATERIAL, &f));
    assert_says(rig_act(&g, looks, "forgive", 0, ""), "0 points and 0 materials");
    close_ring(&g, r);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_role_is_that_of_the_key),
        cmocka_unit_test(a_run_is_its_keys_own),
        cmocka_unit_test(a_run_is_its_keys_own_after_the_death_of_the_server),
        cmocka_unit_test(a_run_made_without_keys_is_the_first_ones),
        cmocka_unit_test(a_revoked_worker_is_dropped_and_nothing_is_blamed),
        cmocka_unit_test(only_revoked_and_changed_keys_are_dropped),
        cmocka_unit_test(status_tells_a_client_of_its_own),
        cmocka_unit_test(status_without_keys_tells_a_client_of_the_run_it_is_in),
        cmocka_unit_test(an_admin_shuts_a_worker_out_and_lets_it_in),
        cmocka_unit_test(what_waits_for_a_worker_in_quarantine_goes_to_others),
        cmocka_unit_test(a_client_is_no_admin),
        cmocka_unit_test(a_drained_server_finishes_its_runs_and_ends),
        cmocka_unit_test(poison_is_forgiven_at_once),
        cmocka_unit_test(a_material_that_ends_workers_is_forgiven_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
