/* Who may talk: hello, levels, unknown senders, materials, hung workers, pulses, status, JSON, garbage. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "rig.h"

static femd_error error_of(rig *g, uint64_t route) {
    femd_frame f;
    femd_error e = FEMD_ERROR_INIT;
    assert_true(rig_take(g, route, FEMD_MSG_ERROR, &f));
    assert_int_equal(femd_error_decode(&f, &e, NULL), FEMD_OK);
    return e;
}

static femd_core_totals sum(const rig *g) {
    femd_core_totals t;
    femd_core_sum(g->core, &t);
    return t;
}

static void welcome_tells_level_credits_and_limits(void **state) {
    (void)state;
    rig g;
    femd_frame f;
    femd_welcome w;
    rig_init(&g, NULL);
    uint64_t a = rig_worker(&g), b = rig_worker(&g);
    assert_true(rig_take(&g, a, FEMD_MSG_WELCOME, &f));
    assert_int_equal(femd_welcome_decode(&f, &w, NULL), FEMD_OK);
    assert_string_equal(w.level, "x86-64-v3");
    assert_int_equal(w.credits, 2);
    assert_int_equal(w.batch_max, FEMD_BATCH_MAX);
    uint64_t first = w.peer;
    assert_true(rig_take(&g, b, FEMD_MSG_WELCOME, &f));
    assert_int_equal(femd_welcome_decode(&f, &w, NULL), FEMD_OK);
    assert_true(w.peer != first);
    assert_true(w.times.heartbeat == 3 && w.times.silence == 90 && w.times.mute == 30);
    assert_true(w.times.grace == 60 && w.times.deadline == 600);
    rig_clear(&g);
    rig_init(
        &g, &(femd_core_config){.heartbeat = 0.5, .silence = 12, .mute = 3.25, .run_grace = 40, .task_deadline = 1e-1});
    assert_true(rig_take(&g, rig_worker(&g), FEMD_MSG_WELCOME, &f));
    assert_int_equal(femd_welcome_decode(&f, &w, NULL), FEMD_OK);
    assert_true(w.times.heartbeat == 0.5 && w.times.silence == 12 && w.times.mute == 3.25);
    assert_true(w.times.grace == 40 && w.times.deadline == 0.1);
    rig_clear(&g);
}

static void a_worker_of_another_level_is_refused_with_words(void **state) {
    (void)state;
    rig g;
    rig_init(&g, NULL);
    uint64_t w = rig_worker_of(&g, "x86-64-v4", 1);
    femd_error e = error_of(&g, w);
    assert_int_equal(e.code, FEMD_REFUSED);
    assert_non_null(strstr(e.text, "x86-64-v4"));
    assert_non_null(strstr(e.text, "x86-64-v3"));
    assert_true(g.inbox[w].dropped);
    assert_int_equal(sum(&g).workers, 0);
    rig_clear(&g);
}

/* Descriptors are at an end: peers are refused with words, and who looks after the server is let in. */
static void a_full_server_has_room_for_an_admin(void **state) {
    (void)state;
    rig g;
    femd_frame f;
    femd_error no = FEMD_ERROR_INIT;
    const femd_core_config config = {.open_to_admins = 1, .peers_max = 2};
    rig_init(&g, &config);
    const uint64_t worker = rig_worker(&g);
    rig_client(&g, "beam", 0, 1);
    const femd_hello hello = {.role = FEMD_ROLE_CLIENT, .run = "late", .ranks = 1, .host = "here"};
    assert_int_equal(femd_hello_encode(&g.scratch, &hello, NULL), FEMD_OK);
    rig_deliver(&g, 90, &g.scratch);
    assert_true(rig_take(&g, 90, FEMD_MSG_ERROR, &f));
    assert_int_equal(femd_error_decode(&f, &no, NULL), FEMD_OK);
    assert_int_equal(no.code, FEMD_REFUSED);
    assert_non_null(strstr(no.text, "2 peers are here"));
    const uint64_t admins[] = {rig_admin(&g), rig_admin(&g)};
    for (int i = 0; i < 2; i++) assert_true(rig_take(&g, admins[i], FEMD_MSG_WELCOME, &f));
    assert_non_null(strstr(rig_act(&g, admins[1], "quarantine", 1, "too many"), "gets no tasks any more"));
    const uint64_t third = rig_admin(&g);
    assert_true(rig_take(&g, third, FEMD_MSG_ERROR, &f));
    assert_int_equal(rig_count(&g, worker, FEMD_MSG_ERROR), 0);
    rig_clear(&g);
}

static void every_level_has_a_server(void **state) {
    (void)state;
    static const char *const levels[] = {"baseline", "x86-64-v2", "x86-64-v3", "x86-64-v4"};
    for (size_t i = 0; i < sizeof levels / sizeof levels[0]; i++) {
        rig g;
        rig_init(&g, &(femd_core_config){.level = levels[i]});
        assert_int_equal(rig_count(&g, rig_worker_of(&g, levels[i], 1), FEMD_MSG_WELCOME), 1);
        rig_clear(&g);
    }
}

static void an_unknown_sender_is_told_to_register(void **state) {
    (void)state;
    rig g;
    femd_frame f;
    rig_init(&g, NULL);
    femd_request r = rig_request(0, 1, NULL);
    rig_evaluate(&g, 50, 77, &r, 1);
    assert_true(rig_take(&g, 50, FEMD_MSG_REREGISTER, &f));
    assert_int_equal(f.id, 77);
    rig_clear(&g);
}

static void a_rank_has_one_place(void **state) {
    (void)state;
    rig g;
    femd_frame f;
    rig_init(&g, NULL);
    uint64_t a = rig_client(&g, "beam", 0, 2), b = rig_client(&g, "beam", 0, 2), c = rig_client(&g, "beam", 1, 3),
             d = rig_client(&g, "beam", 5, 2);
    assert_true(rig_take(&g, a, FEMD_MSG_WELCOME, &f));
    assert_int_equal(error_of(&g, b).code, FEMD_REFUSED);
    assert_int_equal(error_of(&g, c).code, FEMD_REFUSED);
    assert_int_equal(error_of(&g, d).code, FEMD_REFUSED);
    assert_int_equal(sum(&g).clients, 1);
    rig_vanish(&g, a); /* then the place is free */
    uint64_t e = rig_client(&g, "beam", 0, 2);
    assert_true(rig_take(&g, e, FEMD_MSG_WELCOME, &f));
    rig_clear(&g);
}

static void hello_said_again_changes_nothing(void **state) {
    (void)state;
    rig g;
    femd_frame f;
    femd_request r = rig_request(0, 1, NULL);
    femd_hello h = {.role = FEMD_ROLE_CLIENT, .run = "beam", .ranks = 1, .pid = 77, .host = "here", .version = "t"};
    rig_init(&g, NULL);
    uint64_t w = rig_worker(&g);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(femd_hello_encode(&g.scratch, &h, NULL), FEMD_OK);
        rig_deliver(&g, 60, &g.scratch);
        assert_true(rig_take(&g, 60, FEMD_MSG_WELCOME, &f));
        if (i) break;
        rig_register(&g, 60);
        rig_open(&g, w, FEMD_OK);
        rig_evaluate(&g, 60, 1, &r, 1);
    }
    assert_int_equal(rig_work(&g, w), 1);
    assert_int_equal(rig_count(&g, 60, FEMD_MSG_RESULT), 1);
    femd_core_farewell(g.core); /* and the end of the server is told */
    rig_collect(&g);
    assert_true(rig_take(&g, 60, FEMD_MSG_BYE, &f));
    assert_true(rig_take(&g, w, FEMD_MSG_BYE, &f));
    rig_clear(&g);
}

static void a_client_may_return_before_its_loss_is_noticed(void **state) {
    (void)state;
    rig g;
    femd_frame f;
    femd_error e = FEMD_ERROR_INIT;
    femd_hello h = {.role = FEMD_ROLE_CLIENT, .run = "beam", .ranks = 1, .pid = 77, .host = "here", .version = "t"};
    h.instance = UINT64_MAX - 3;
    rig_init(&g, NULL);
    assert_int_equal(femd_hello_encode(&g.scratch, &h, NULL), FEMD_OK);
    rig_deliver(&g, 60, &g.scratch);
    assert_int_equal(femd_hello_encode(&g.scratch, &h, NULL), FEMD_OK);
    rig_deliver(&g, 61, &g.scratch);
    assert_true(rig_take(&g, 61, FEMD_MSG_WELCOME, &f));
    assert_true(g.inbox[60].dropped);
    assert_int_equal(sum(&g).clients, 1);
    assert_true(rig_take(&g, 60, FEMD_MSG_GONE, &f));
    rig_empty(&g, 60, FEMD_MSG_STATUS_GET, 8); /* whatever the old connection still brings */
    assert_true(rig_take(&g, 60, FEMD_MSG_GONE, &f));
    assert_int_equal(f.id, 8);
    assert_int_equal(femd_error_decode(&f, &e, NULL), FEMD_OK);
    assert_non_null(strstr(e.text, "another connection"));
    assert_int_equal(femd_hello_encode(&g.scratch, &h, NULL), FEMD_OK);
    rig_deliver(&g, 60, &g.scratch); /* so that two connections do not displace each other in turn */
    assert_int_equal(rig_count(&g, 60, FEMD_MSG_WELCOME), 1);
    assert_int_equal(rig_count(&g, 60, FEMD_MSG_GONE), 1);
    assert_int_equal(rig_count(&g, 61, FEMD_MSG_GONE), 0);
    rig_clear(&g);
}

/* Two programs may have the same name, number and host, or have said none: the second is told, the first stays. */
static void a_second_client_like_the_first_is_refused(void **state) {
    (void)state;
    for (uint64_t instance = 0; instance < 2; instance++) {
        rig g;
        femd_frame f;
        femd_hello h = {.role = FEMD_ROLE_CLIENT, .run = "beam", .ranks = 1, .pid = 77, .host = "here", .version = "t"};
        rig_init(&g, NULL);
        for (uint64_t route = 60; route < 62; route++) {
            h.instance = instance * route;
            assert_int_equal(femd_hello_encode(&g.scratch, &h, NULL), FEMD_OK);
            rig_deliver(&g, route, &g.scratch);
        }
        femd_error e = error_of(&g, 61);
        assert_int_equal(e.code, FEMD_REFUSED);
        assert_non_null(strstr(e.text, "rank 0 of run \"beam\" is connected already (pid 77 on here)"));
        assert_false(g.inbox[60].dropped);
        rig_empty(&g, 60, FEMD_MSG_STATUS_GET, 8);
        assert_true(rig_take(&g, 60, FEMD_MSG_STATUS, &f));
        rig_clear(&g);
    }
}

static void say_json(rig *g, uint64_t route, const char *text) {
    femd_core_frame(g->core, route, text, strlen(text), g->now);
    rig_collect(g);
}

/* The type of the last JSON message to a route, and whether it says so. */
static void assert_json(const rig *g, uint64_t route, const char *type, const char *words) {
    const rig_inbox *box = &g->inbox[route];
    assert_true(box->count > 0);
    const femd_buffer *b = &box->message[box->count - 1];
    cJSON *root = cJSON_ParseWithLength((const char *)b->data, b->size);
    assert_non_null(root);
    assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItem(root, "type")), type);
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItem(root, "text"));
    if (words && (!text || !strstr(text, words))) fail_msg("\"%s\" does not say \"%s\"", text ? text : "", words);
    cJSON_Delete(root);
}

/* What a client of ten lines can do wrong has an answer with words, on which it can end. */
static void json_clients_are_told_what_is_wrong(void **state) {
    (void)state;
    rig g;
    rig_init(&g, NULL);
    const char *hello = "{\"type\": \"hello\", \"run\": \"ten-lines\"}";
    say_json(&g, 40, hello);
    assert_json(&g, 40, "welcome", NULL);
    say_json(&g, 41, hello);
    assert_json(&g, 41, "error", "rank 0 of run \"ten-lines\" is connected already");
    assert_true(g.inbox[41].dropped);
    assert_false(g.inbox[40].dropped);
    say_json(&g, 42, "{\"type\": \"status\", \"id\": 3}");
    assert_json(&g, 42, "error", "say hello first");
    say_json(&g, 43, "{\"type\": \"hello\", \"run\": \"mine\", \"instance\": \"5\"}");
    say_json(&g, 44, "{\"type\": \"hello\", \"run\": \"mine\", \"instance\": \"5\"}");
    assert_json(&g, 43, "gone", "another connection");
    assert_json(&g, 44, "welcome", NULL);
    rig_clear(&g);
}

static void points_wait_for_their_material_and_for_workers(void **state) {
    (void)state;
    rig g;
    femd_request r[3] = {rig_request(0, 1, NULL), rig_request(1, 2, NULL), rig_request(2, 3, NULL)};
    femd_frame f;
    femd_ready ready;
    rig_result got[4];
    rig_init(&g, NULL);
    uint64_t client = rig_client(&g, "beam", 0, 1);
    rig_register(&g, client);
    rig_evaluate(&g, client, 1, r, 3);
    assert_int_equal(rig_count(&g, client, FEMD_MSG_MATERIAL_READY), 0);
    uint64_t w = rig_worker(&g);
    assert_int_equal(rig_count(&g, w, FEMD_MSG_TASK), 0);
    rig_open(&g, w, FEMD_OK);
    assert_true(rig_take(&g, client, FEMD_MSG_MATERIAL_READY, &f));
    assert_int_equal(f.id, 5);
    assert_int_equal(femd_ready_decode(&f, &ready, NULL), FEMD_OK);
    assert_int_equal(ready.status, FEMD_OK);
    assert_int_equal(ready.caps.wants, FEMD_WANT_STRESS | FEMD_WANT_TANGENT);
    assert_int_equal(rig_work(&g, w), 3);
    assert_int_equal(rig_results(&g, client, got, 4), 3);
    rig_register(&g, client); /* known by now: answered at once */
    assert_int_equal(rig_count(&g, client, FEMD_MSG_MATERIAL_READY), 1);
    rig_clear(&g);
}

static void a_material_that_no_worker_can_open_fails_its_batches(void **state) {
    (void)state;
    rig g;
    femd_request r = rig_request(0, 1, NULL);
    femd_frame f;
    femd_ready ready;
    rig_init(&g, NULL);
    uint64_t client = rig_client(&g, "beam", 0, 1), w = rig_worker(&g);
    rig_register(&g, client);
    rig_evaluate(&g, client, 8, &r, 1);
    rig_open(&g, w, FEMD_BAD_INPUT);
    assert_true(rig_take(&g, client, FEMD_MSG_MATERIAL_READY, &f));
    assert_int_equal(femd_ready_decode(&f, &ready, NULL), FEMD_OK);
    assert_int_equal(ready.status, FEMD_BAD_INPUT);
    assert_string_equal(ready.text, "no such potential");
    femd_error e = error_of(&g, client);
    assert_int_equal(e.code, FEMD_BAD_INPUT);
    assert_string_equal(e.text, "no such potential");
    rig_evaluate(&g, client, 9, &r, 1);
    assert_int_equal(error_of(&g, client).code, FEMD_BAD_INPUT);
    assert_int_equal(sum(&g).open_batches, 0);
    rig_clear(&g);
}

static void one_worker_without_memory_does_not_fail_a_material(void **state) {
    (void)state;
    rig g;
    femd_request r = rig_request(0, 1, NULL);
    rig_init(&g, NULL);
    uint64_t client = rig_client(&g, "beam", 0, 1), a = rig_worker(&g), b = rig_worker(&g);
    rig_register(&g, client);
    rig_evaluate(&g, client, 8, &r, 1);
    rig_open(&g, a, FEMD_NO_MEMORY);
    assert_int_equal(rig_count(&g, client, FEMD_MSG_MATERIAL_READY), 0);
    rig_open(&g, b, FEMD_OK);
    assert_int_equal(rig_count(&g, client, FEMD_MSG_MATERIAL_READY), 1);
    assert_int_equal(rig_work(&g, a), 0);
    assert_int_equal(rig_work(&g, b), 1);
    rig_clear(&g);
}

static void a_material_that_ends_three_workers_is_given_up(void **state) {
    (void)state;
    rig g;
    femd_frame f;
    femd_ready ready;
    rig_init(&g, NULL);
    uint64_t client = rig_client(&g, "beam", 0, 1);
    rig_register(&g, client);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(rig_count(&g, client, FEMD_MSG_MATERIAL_READY), 0);
        rig_vanish(&g, rig_worker(&g));
    }
    assert_true(rig_take(&g, client, FEMD_MSG_MATERIAL_READY, &f));
    assert_int_equal(femd_ready_decode(&f, &ready, NULL), FEMD_OK);
    assert_int_equal(ready.status, FEMD_POISON);
    rig_clear(&g);
}

/* One process that hangs and comes back again and again is one cause: who opens it slowly is not to suffer from that.
 */
static void a_process_that_comes_back_has_not_ended_three_times(void **state) {
    (void)state;
    rig g;
    rig_init(&g, NULL);
    const uint64_t client = rig_client(&g, "beam", 0, 1);
    rig_register(&g, client);
    const uint64_t first = rig_worker(&g);
    rig_vanish(&g, first);
    for (int i = 0; i < 5; i++) rig_vanish(&g, rig_worker_again(&g, first));
    assert_int_equal(rig_count(&g, client, FEMD_MSG_MATERIAL_READY), 0);
    rig_open(&g, rig_worker(&g), FEMD_OK);
    assert_int_equal(rig_count(&g, client, FEMD_MSG_MATERIAL_READY), 1);
    rig_clear(&g);
}

static void a_hung_worker_is_dropped_and_a_beating_one_is_not(void **state) {
    (void)state;
    rig g;
    uint64_t client, w[2];
    femd_task t[2][256];
    femd_request r[2] = {rig_request(0, 1, NULL), rig_request(1, 2, NULL)};
    rig_init(&g, &(femd_core_config){.task_deadline = 10});
    rig_pool(&g, &client, w);
    rig_evaluate(&g, client, 1, r, 2);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(rig_tasks(&g, w[i], t[i], NULL), 1);
        rig_start(&g, w[i], t[i]);
    }
    for (int i = 0; i < 6; i++) {
        rig_wait(&g, 4);
        assert_int_equal(femd_beat_encode(&g.scratch, t[1][0].id, 0.1 * i, NULL), FEMD_OK);
        rig_deliver(&g, w[1], &g.scratch);
    }
    assert_true(g.inbox[w[0]].dropped);
    assert_false(g.inbox[w[1]].dropped);
    assert_int_equal(femd_core_count(g.core)->hung, 1);
    rig_answer(&g, w[1], t[1], 1);
    assert_int_equal(rig_work(&g, w[1]), 1);
    rig_result got[4];
    assert_int_equal(rig_results(&g, client, got, 4), 2);
    rig_clear(&g);
}

/* Nothing is looked at every so often: the core says when it has something to do. */
static void what_is_due_next_is_a_time(void **state) {
    (void)state;
    rig g;
    uint64_t client, w[2];
    femd_task t[256];
    femd_request r = rig_request(0, 1, NULL);
    rig_init(&g, &(femd_core_config){.task_deadline = 10, .run_grace = 40});
    assert_true(isinf(femd_core_next_tick(g.core)));
    rig_pool(&g, &client, w);
    rig_vanish(&g, w[1]);
    rig_wait(&g, 0.2);
    double pulse = femd_core_next_tick(g.core);
    assert_in_range((int)(1000 * (pulse - g.now)), 299, 501); /* to the client */
    rig_evaluate(&g, client, 1, &r, 1);
    assert_int_equal(rig_tasks(&g, w[0], t, NULL), 1);
    double sent = g.now;
    g.now += 1;
    rig_vanish(&g, client);
    double left = g.now;
    assert_float_equal(femd_core_next_tick(g.core), sent + 10, 1e-9); /* the worker is late then */
    rig_answer(&g, w[0], t, 1);
    femd_core_tick(g.core, sent + 10); /* it is not; the run has nothing open any more */
    assert_float_equal(femd_core_next_tick(g.core), left + 40, 1e-9);
    rig_wait(&g, 39.99);
    assert_int_equal(sum(&g).runs, 1);
    rig_wait(&g, 0.01001);
    assert_int_equal(sum(&g).runs, 0);
    assert_true(isinf(femd_core_next_tick(g.core)));
    assert_int_equal(sum(&g).workers, 1);
    rig_clear(&g);
}

static void pulses_tell_how_the_pool_stands(void **state) {
    (void)state;
    rig g;
    femd_request r[4];
    femd_frame f;
    femd_pulse p;
    femd_task t[256];
    rig_init(&g, &(femd_core_config){.message_points = 1, .credits = 1});
    uint64_t client, w[2];
    rig_pool(&g, &client, w);
    rig_wait(&g, 1);
    while (rig_take(&g, client, FEMD_MSG_PULSE, &f)) continue;
    rig_wait(&g, 0.5); /* nothing open: of use to a client that waits for its material */
    assert_true(rig_take(&g, client, FEMD_MSG_PULSE, &f));
    assert_int_equal(femd_pulse_decode(&f, &p, NULL), FEMD_OK);
    assert_int_equal(p.workers, 2);
    assert_int_equal(p.queued + p.running, 0);
    while (rig_take(&g, client, FEMD_MSG_PULSE, &f)) continue;
    for (uint32_t i = 0; i < 4; i++) r[i] = rig_request(i, 1 + i, NULL);
    rig_evaluate(&g, client, 1, r, 4);
    assert_int_equal(rig_tasks(&g, w[0], t, NULL), 1);
    rig_start(&g, w[0], t);
    rig_wait(&g, 0.5);
    assert_true(rig_take(&g, client, FEMD_MSG_PULSE, &f));
    assert_int_equal(femd_pulse_decode(&f, &p, NULL), FEMD_OK);
    assert_int_equal(p.workers, 2);
    assert_int_equal(p.busy, 1);
    assert_int_equal(p.running, 2);
    assert_int_equal(p.queued, 2);
    rig_vanish(&g, w[1]); /* told at once */
    assert_true(rig_take(&g, client, FEMD_MSG_PULSE, &f));
    assert_int_equal(femd_pulse_decode(&f, &p, NULL), FEMD_OK);
    assert_int_equal(p.workers, 1);
    rig_clear(&g);
}

static double number(const cJSON *o, const char *key) {
    const cJSON *v = cJSON_GetObjectItemCaseSensitive(o, key);
    if (!v) fail_msg("no key %s", key);
    return v->valuedouble;
}

static void status_shows_started_tasks_and_sole_copies(void **state) {
    (void)state;
    rig g;
    uint64_t client, w[2];
    femd_task t[256];
    rig_init(&g, NULL);
    rig_pool(&g, &client, w);
    rig_vanish(&g, w[1]);
    femd_request r = rig_request(0, 1, NULL), next;
    femd_response a;
    rig_answer_of(&r, &a);
    rig_evaluate(&g, client, 1, &r, 1);
    rig_work(&g, w[0]);
    rig_commit(&g, client, 1, 3, &a.state_out, 1);
    rig_give_states(&g, w[0], &r, 1);
    next = rig_request(0, 2, &a.state_out);
    rig_evaluate(&g, client, 2, &next, 1);
    assert_int_equal(rig_tasks(&g, w[0], t, NULL), 1);
    rig_start(&g, w[0], t);
    cJSON *root = rig_status(&g, client);
    const cJSON *workers = cJSON_GetObjectItemCaseSensitive(root, "workers");
    assert_int_equal(cJSON_GetArraySize(workers), 1);
    const cJSON *worker = cJSON_GetArrayItem(workers, 0);
    assert_int_equal((int)number(worker, "started"), 1);
    assert_int_equal((int)number(worker, "sole_committed"), 1);
    assert_int_equal((int)number(worker, "held"), 1);
    assert_int_equal((int)number(cJSON_GetArrayItem(cJSON_GetObjectItem(root, "runs"), 0), "last_step"), 3);
    assert_true(cJSON_IsTrue(cJSON_GetObjectItem(root, "bit_reproducible")));
    assert_int_equal((int)number(cJSON_GetObjectItem(root, "counters"), "evaluations"), 1);
    cJSON_Delete(root);
    rig_clear(&g);
}

static void a_client_may_not_play_worker_nor_the_reverse(void **state) {
    (void)state;
    rig g;
    uint64_t client, w[2];
    rig_init(&g, NULL);
    rig_pool(&g, &client, w);
    rig_empty(&g, client, FEMD_MSG_ANSWER, 1);
    assert_int_equal(error_of(&g, client).code, FEMD_PROTOCOL);
    assert_false(g.inbox[client].dropped);
    rig_empty(&g, w[0], FEMD_MSG_COMMIT, 1);
    assert_true(g.inbox[w[0]].dropped);
    for (int i = 0; i < 12 && !g.inbox[client].dropped; i++) rig_empty(&g, client, FEMD_MSG_TASK, 1);
    assert_true(g.inbox[client].dropped); /* patience ends */
    rig_clear(&g);
}

static void json_clients_are_answered_in_json(void **state) {
    (void)state;
    rig g;
    rig_init(&g, NULL);
    const char *hello = "{\"type\": \"hello\", \"run\": \"script\"}";
    femd_core_frame(g.core, 40, hello, strlen(hello), g.now);
    rig_collect(&g);
    assert_int_equal(g.inbox[40].count, 1);
    const femd_buffer *b = &g.inbox[40].message[0];
    cJSON *root = cJSON_ParseWithLength((const char *)b->data, b->size);
    assert_non_null(root);
    assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItem(root, "type")), "welcome");
    cJSON_Delete(root);
    assert_int_equal(sum(&g).clients, 1);
    rig_clear(&g);
}

/* Bytes that are nearly right are worse than noise. */
static void garbage_leaves_the_core_sound(void **state) {
    (void)state;
    rig g;
    uint64_t client, w[2];
    uint8_t bytes[512];
    femd_action a;
    uint64_t x = 88172645463325252u;
    rig_init(&g, NULL);
    rig_pool(&g, &client, w);
    for (int i = 0; i < 20000; i++) {
        size_t n = (x >> 40) % sizeof bytes;
        for (size_t j = 0; j < n; j++) {
            x ^= x << 13, x ^= x >> 7, x ^= x << 17;
            bytes[j] = (uint8_t)x;
        }
        x ^= x << 13, x ^= x >> 7, x ^= x << 17;
        if (n >= 32 && i % 4) {
            memcpy(bytes, "FEMD\2\0", 6);
            femd_put16(bytes + 6, (uint16_t)((x >> 20) % 64));
            femd_put32(bytes + 8, (uint32_t)((x >> 30) % 8));
            femd_put64(bytes + 24, n - 32);
        } else if (n && i % 8 == 0) {
            bytes[0] = '{';
        }
        uint64_t route = i % 3 ? 1 + (x >> 50) % 3 : 100u + (uint64_t)i % 100;
        if (n >= 8 && femd_get16(bytes + 6) == FEMD_MSG_BYE) continue;
        femd_core_frame(g.core, route, bytes, n, g.now);
        femd_core_settle(g.core, g.now);
        while (femd_core_next(g.core, &a)) femd_core_recycle(g.core, &a.frame);
        if (sum(&g).workers < 1) rig_worker(&g);
    }
    rig_audit(&g);
    client = rig_client(&g, "after", 0, 1);
    w[0] = rig_worker(&g);
    femd_frame f;
    assert_true(rig_take(&g, client, FEMD_MSG_WELCOME, &f));
    assert_true(rig_take(&g, w[0], FEMD_MSG_WELCOME, &f));
    rig_clear(&g);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(welcome_tells_level_credits_and_limits),
        cmocka_unit_test(a_worker_of_another_level_is_refused_with_words),
        cmocka_unit_test(a_full_server_has_room_for_an_admin),
        cmocka_unit_test(every_level_has_a_server),
        cmocka_unit_test(an_unknown_sender_is_told_to_register),
        cmocka_unit_test(a_rank_has_one_place),
        cmocka_unit_test(hello_said_again_changes_nothing),
        cmocka_unit_test(a_client_may_return_before_its_loss_is_noticed),
        cmocka_unit_test(a_second_client_like_the_first_is_refused),
        cmocka_unit_test(json_clients_are_told_what_is_wrong),
        cmocka_unit_test(points_wait_for_their_material_and_for_workers),
        cmocka_unit_test(a_material_that_no_worker_can_open_fails_its_batches),
        cmocka_unit_test(one_worker_without_memory_does_not_fail_a_material),
        cmocka_unit_test(a_material_that_ends_three_workers_is_given_up),
        cmocka_unit_test(a_process_that_comes_back_has_not_ended_three_times),
        cmocka_unit_test(a_hung_worker_is_dropped_and_a_beating_one_is_not),
        cmocka_unit_test(what_is_due_next_is_a_time),
        cmocka_unit_test(pulses_tell_how_the_pool_stands),
        cmocka_unit_test(status_shows_started_tasks_and_sole_copies),
        cmocka_unit_test(a_client_may_not_play_worker_nor_the_reverse),
        cmocka_unit_test(json_clients_are_answered_in_json),
        cmocka_unit_test(garbage_leaves_the_core_sound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
