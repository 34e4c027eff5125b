/* Workers that fail, hang or die, and what is held against whom: retries elsewhere, benches, blame for deaths. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "rig.h"

enum { POINTS_MAX = 512 };
static rig_result results[POINTS_MAX];

static void ask(rig *g, uint64_t client, uint64_t batch, uint32_t n) {
    femd_request r[POINTS_MAX];
    for (uint32_t i = 0; i < n; i++) r[i] = rig_request(i, 0.01 * (double)batch + i, NULL);
    rig_evaluate(g, client, batch, r, n);
}

static uint64_t open_client(rig *g, const femd_core_config *config) {
    rig_init(g, config);
    uint64_t client = rig_client(g, "beam", 0, 1);
    rig_register(g, client);
    return client;
}

static uint64_t worker_at(rig *g, const char *host) {
    uint64_t worker = rig_worker_at(g, host);
    rig_open(g, worker, FEMD_OK);
    return worker;
}

/* Answer one message of the worker's tasks with a failure; how many there were. */
static uint32_t fail_tasks(rig *g, uint64_t worker, femd_status status) {
    femd_task t[256];
    const femd_response failed = {.status = status};
    uint32_t n = rig_tasks(g, worker, t, NULL);
    for (uint32_t i = 0; i < n; i++) rig_answer_with(g, worker, &t[i], &failed);
    return n;
}

/* Answer one message; how many tasks there were. */
static uint32_t work_once(rig *g, uint64_t worker) {
    femd_task t[256];
    uint32_t n = rig_tasks(g, worker, t, NULL);
    if (n) rig_answer(g, worker, t, n);
    return n;
}

static uint32_t count_status(uint32_t n, femd_status status) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < n; i++) count += results[i].response.status == (int)status;
    return count;
}

static void assert_says(rig *g, uint64_t route, const char *words) {
    femd_frame f;
    femd_error e = FEMD_ERROR_INIT;
    assert_true(rig_take(g, route, FEMD_MSG_ERROR, &f));
    assert_int_equal(femd_error_decode(&f, &e, NULL), FEMD_OK);
    if (!strstr(e.text, words)) fail_msg("\"%s\" does not say \"%s\"", e.text, words);
}

/* ---- workers that fail ---- */

/* Workers that fail at once would be given every retry, being free all the time. */
static void a_worker_that_fails_fast_costs_no_point(void **state) {
    (void)state;
    for (uint32_t bad = 1; bad <= 5; bad++) {
        rig g;
        uint64_t failing[5];
        uint64_t client = open_client(&g, &(femd_core_config){.message_points = 1});
        for (uint32_t i = 0; i < bad; i++) failing[i] = worker_at(&g, "here");
        uint64_t healthy = worker_at(&g, "here");
        uint32_t failures = 0, done = 0;
        ask(&g, client, 1, 40);
        for (int round = 0; round < 200 && done < 40; round++) {
            for (uint32_t i = 0; i < bad; i++)
                for (uint32_t n; (n = fail_tasks(&g, failing[i], FEMD_ENGINE_DIED)) > 0;) failures += n;
            work_once(&g, healthy);
            done += rig_results(&g, client, results + done, POINTS_MAX - done);
        }
        assert_int_equal(done, 40);
        assert_int_equal(count_status(40, FEMD_OK), 40);
        assert_in_range(failures, 1, 8 * bad); /* four in a row, and what was on its way */
        for (uint32_t i = 0; i < bad; i++) assert_says(&g, failing[i], "tasks of this worker failed");
        assert_int_equal(rig_count(&g, healthy, FEMD_MSG_ERROR), 0);
        rig_clear(&g);
    }
}

static void a_bench_ends_and_a_success_clears_it(void **state) {
    (void)state;
    rig g;
    uint64_t client = open_client(&g, &(femd_core_config){.message_points = 1, .credits = 1});
    uint64_t ill = worker_at(&g, "here"), healthy = worker_at(&g, "here");
    ask(&g, client, 1, 100);
    for (int i = 0; i < 4; i++) assert_int_equal(fail_tasks(&g, ill, FEMD_NO_MEMORY), 1);
    assert_says(&g, ill, "the last 4 tasks of this worker failed (out of memory): it gets none for 5 s");
    assert_int_equal(work_once(&g, healthy), 1);
    rig_wait(&g, 4.9);
    assert_int_equal(rig_count(&g, ill, FEMD_MSG_TASK), 0);
    assert_in_range((int)(1000 * (femd_core_next_tick(g.core) - g.now)), 0, 101);
    rig_wait(&g, 0.2);
    assert_int_equal(fail_tasks(&g, ill, FEMD_NO_MEMORY), 1); /* one more is enough, and lasts longer */
    assert_says(&g, ill, "it gets none for 10 s");
    rig_wait(&g, 9.8);
    assert_int_equal(rig_count(&g, ill, FEMD_MSG_TASK), 0);
    rig_wait(&g, 0.3);
    assert_int_equal(work_once(&g, ill), 1);
    assert_int_equal(fail_tasks(&g, ill, FEMD_NO_MEMORY), 1);
    assert_int_equal(rig_count(&g, ill, FEMD_MSG_ERROR), 0); /* the first of a new row */
    assert_int_equal(rig_count(&g, ill, FEMD_MSG_TASK), 1);
    rig_clear(&g);
}

/* Unless the others have answered already what is in question: nobody waits for the end of a bench. */
static void a_benched_worker_is_asked_where_no_other_may_be(void **state) {
    (void)state;
    rig g;
    uint64_t client = open_client(&g, &(femd_core_config){.message_points = 4, .credits = 1, .audit = 1});
    uint64_t ill = worker_at(&g, "here"), healthy = worker_at(&g, "here");
    femd_task task[8];
    ask(&g, client, 1, 100);
    for (int failed = 0; failed < 4;) failed += (int)fail_tasks(&g, ill, FEMD_NO_MEMORY);
    assert_says(&g, ill, "it gets none for 5 s");
    assert_int_equal(rig_count(&g, ill, FEMD_MSG_TASK), 0);
    const uint32_t n = rig_tasks(&g, healthy, task, NULL);
    const double strain = task[0].request.value[0];
    assert_true(n > 0);
    rig_answer(&g, healthy, task, 1);
    assert_int_equal(rig_count(&g, ill, FEMD_MSG_TASK), 1);
    assert_int_equal(rig_tasks(&g, ill, task, NULL), 1); /* and that one alone */
    assert_true(task[0].request.value[0] == strain);
    rig_clear(&g);
}

/* Whoever starts workers is told of deaths that are counted here, and so come to an end; others it has to count. */
static char last_news[200];
static void hear_news(void *user, femd_worker_news news, uint32_t pid, const char *words) {
    (void)user, (void)pid;
    if (news == FEMD_WORKER_ENDED) snprintf(last_news, sizeof last_news, "%s", words);
}

static void deaths_that_are_counted_are_told(void **state) {
    (void)state;
    rig g;
    femd_task task[8];
    rig_init(&g, &(femd_core_config){.worker = hear_news, .message_points = 1});
    const uint64_t client = rig_client(&g, "beam", 0, 1);
    uint64_t w = rig_worker(&g);
    rig_register(&g, client);
    last_news[0] = '\0';
    rig_vanish(&g, w);
    assert_string_equal(last_news, "opened a material");
    w = rig_worker(&g);
    rig_open(&g, w, FEMD_OK);
    last_news[0] = '\0';
    rig_vanish(&g, w); /* with nothing to do */
    assert_string_equal(last_news, "");
    w = rig_worker(&g); /* the material has been opened before and is not to blame */
    rig_vanish(&g, w);
    assert_string_equal(last_news, "");
    w = rig_worker(&g);
    rig_open(&g, w, FEMD_OK);
    ask(&g, client, 1, 3);
    rig_wait(&g, 3);
    rig_vanish(&g, w); /* its link was lost, before it had started anything */
    assert_string_equal(last_news, "");
    w = rig_worker(&g);
    rig_open(&g, w, FEMD_OK);
    rig_vanish(&g, w);
    assert_non_null(strstr(last_news, "evaluated point "));
    assert_non_null(strstr(last_news, " and 1 others"));
    w = rig_worker(&g);
    rig_open(&g, w, FEMD_OK);
    assert_int_equal(rig_tasks(&g, w, task, NULL), 1);
    rig_start(&g, w, task);
    rig_vanish(&g, w);
    assert_null(strstr(last_news, "others"));
    rig_clear(&g);
}

/* Where all fail nobody is better, and the points fail with the reason. */
static void what_fails_everywhere_ends(void **state) {
    (void)state;
    rig g;
    uint64_t client = open_client(&g, NULL), w[4];
    for (int i = 0; i < 4; i++) w[i] = worker_at(&g, "here");
    uint32_t done = 0, tries = 0;
    ask(&g, client, 1, 20);
    for (int round = 0; round < 500 && done < 20; round++) {
        for (int i = 0; i < 4; i++) tries += fail_tasks(&g, w[i], FEMD_IO);
        done += rig_results(&g, client, results + done, POINTS_MAX - done);
    }
    assert_int_equal(done, 20);
    assert_int_equal(count_status(20, FEMD_IO), 20);
    assert_true(tries <= 20 * 12);
    rig_clear(&g);
}

/* ---- deaths ---- */

static void start_and_die(rig *g, uint64_t worker, int at_once) {
    femd_task t[256];
    assert_true(rig_tasks(g, worker, t, NULL) > 0);
    rig_start(g, worker, t);
    if (at_once)
        rig_vanish_now(g, worker);
    else
        rig_vanish(g, worker);
}

static void a_node_that_is_lost_blames_no_point(void **state) {
    (void)state;
    rig g;
    uint64_t client = open_client(&g, &(femd_core_config){.message_points = 1, .credits = 1}), w[4];
    ask(&g, client, 1, 4);
    for (int loss = 0; loss < 2; loss++) { /* the same points each time */
        for (int i = 0; i < 4; i++) w[i] = worker_at(&g, "node");
        for (int i = 0; i < 4; i++) start_and_die(&g, w[i], 1);
        rig_wait(&g, 60);
    }
    uint64_t other = worker_at(&g, "node");
    assert_int_equal(rig_work(&g, other), 4);
    assert_int_equal(rig_results(&g, client, results, POINTS_MAX), 4);
    assert_int_equal(count_status(4, FEMD_OK), 4);
    assert_int_equal(femd_core_count(g.core)->poison, 0);
    rig_clear(&g);
}

static void a_host_that_is_lost_in_silence_blames_no_point(void **state) {
    (void)state;
    rig g;
    femd_task t[256];
    uint64_t client = open_client(&g, NULL);
    ask(&g, client, 1, 1);
    for (int loss = 0; loss < 2; loss++) {
        uint64_t worker = worker_at(&g, "node");
        assert_int_equal(rig_tasks(&g, worker, t, NULL), 1);
        rig_start(&g, worker, t);
        rig_wait(&g, 3); /* without a beat */
        rig_vanish(&g, worker);
    }
    for (int loss = 0; loss < 2; loss++) start_and_die(&g, worker_at(&g, "node"), 0);
    assert_int_equal(femd_core_count(g.core)->poison, 0);
    start_and_die(&g, worker_at(&g, "node"), 0);
    assert_int_equal(femd_core_count(g.core)->poison, 1);
    rig_clear(&g);
}

static void a_worker_that_says_bye_blames_no_point(void **state) {
    (void)state;
    rig g;
    femd_task t[256];
    uint64_t client = open_client(&g, NULL);
    ask(&g, client, 1, 1);
    for (int i = 0; i < 10; i++) {
        uint64_t worker = worker_at(&g, "here");
        assert_int_equal(rig_tasks(&g, worker, t, NULL), 1);
        rig_start(&g, worker, t);
        rig_empty(&g, worker, FEMD_MSG_BYE, 0);
    }
    assert_int_equal(rig_work(&g, worker_at(&g, "here")), 1);
    assert_int_equal(femd_core_count(g.core)->poison, 0);
    rig_clear(&g);
}

/* A host that ends every worker is no reason to give a point up while another host has not tried it. */
static void a_suspect_goes_to_another_host(void **state) {
    (void)state;
    rig g;
    femd_task t[256];
    uint64_t client = open_client(&g, NULL);
    uint64_t one = worker_at(&g, "one");
    ask(&g, client, 1, 1);
    uint64_t two = worker_at(&g, "two"), hold = 0;
    for (int i = 0; i < 3; i++) {
        assert_int_equal(femd_core_count(g.core)->poison, 0);
        start_and_die(&g, one, 0);
        one = worker_at(&g, "one");
        if (i == 0) { /* it must wait for the other host, though this one is free */
            assert_int_equal(rig_count(&g, one, FEMD_MSG_TASK), 0);
            assert_int_equal(rig_count(&g, two, FEMD_MSG_TASK), 1);
            rig_tasks(&g, two, t, NULL);
            rig_empty(&g, two, FEMD_MSG_BYE, 0); /* gone before it began */
            hold = rig_worker_at(&g, "three");   /* has not opened the material */
        }
    }
    assert_int_equal(femd_core_count(g.core)->poison, 1);
    assert_int_equal(rig_results(&g, client, results, POINTS_MAX), 1);
    assert_int_equal(results[0].response.status, FEMD_POISON);
    (void)hold;
    rig_clear(&g);
}

static void poison_is_forgiven(void **state) {
    (void)state;
    rig g;
    uint64_t client = open_client(&g, NULL);
    ask(&g, client, 1, 1);
    for (int i = 0; i < 3; i++) start_and_die(&g, worker_at(&g, "here"), 0);
    assert_int_equal(rig_results(&g, client, results, POINTS_MAX), 1);
    assert_int_equal(results[0].response.status, FEMD_POISON);
    uint64_t worker = worker_at(&g, "here");
    femd_request r = rig_request(0, 0.01, NULL);
    rig_evaluate(&g, client, 2, &r, 1);
    assert_int_equal(rig_work(&g, worker), 0); /* too early */
    assert_int_equal(rig_results(&g, client, results, POINTS_MAX), 1);
    assert_int_equal(results[0].response.status, FEMD_POISON);
    rig_wait(&g, 10);
    rig_evaluate(&g, client, 3, &r, 1);
    assert_int_equal(rig_work(&g, worker), 1);
    assert_int_equal(rig_results(&g, client, results, POINTS_MAX), 1);
    assert_int_equal(results[0].response.status, FEMD_OK);
    rig_wait(&g, 60);
    rig_evaluate(&g, client, 4, &r, 1); /* an answer is none that was poison, however old */
    assert_int_equal(rig_work(&g, worker), 0);
    assert_int_equal(rig_results(&g, client, results, POINTS_MAX), 1);
    assert_int_equal(results[0].response.status, FEMD_OK);
    rig_clear(&g);
}

/* ---- preemption ---- */

typedef struct machine {
    uint64_t route;
    double dies, ends; /* of the worker; of its task, 0: it has none */
    femd_task task;
} machine;

static uint64_t seed;
static double uniform(void) {
    seed ^= seed << 13, seed ^= seed >> 7, seed ^= seed << 17;
    return (double)(seed >> 11) / 9007199254740992.0;
}

/* Workers on as many hosts live `life` seconds in the mean, tasks take `task` seconds, and the point `deadly` ends a
 * worker half-way. How many points came to POISON. */
static uint32_t preempt(uint32_t points, double life, double task, uint32_t deadly, double *seconds) {
    enum { MACHINES = 16 };
    machine m[MACHINES] = {{0}};
    rig g;
    char host[16];
    uint64_t client = open_client(&g, &(femd_core_config){.message_points = 1, .credits = 1, .task_deadline = 1e6});
    const double step = task / 20;
    uint32_t done = 0;
    ask(&g, client, 1, points);
    while (done < points) {
        g.now += step;
        for (uint32_t i = 0; i < MACHINES; i++) {
            if (!m[i].route) {
                assert_true(g.next_route < RIG_ROUTES);
                snprintf(host, sizeof host, "host%u", i);
                m[i] = (machine){.route = worker_at(&g, host), .dies = g.now - life * log(1 - uniform())};
            }
            if (m[i].ends == 0 && rig_tasks(&g, m[i].route, &m[i].task, NULL)) {
                rig_start(&g, m[i].route, &m[i].task);
                m[i].ends = g.now + task;
            }
            const int kills = m[i].ends > 0 && m[i].task.request.point == deadly && g.now >= m[i].ends - task / 2;
            if (g.now >= m[i].dies || kills) {
                if (m[i].ends > 0) {
                    assert_int_equal(femd_beat_encode(&g.scratch, m[i].task.id, 0.5, NULL), FEMD_OK);
                    rig_deliver(&g, m[i].route, &g.scratch);
                }
                rig_vanish_now(&g, m[i].route);
                m[i].route = 0;
            } else if (m[i].ends > 0 && g.now >= m[i].ends) {
                rig_answer(&g, m[i].route, &m[i].task, 1);
                m[i].ends = 0;
            }
        }
        done += rig_results(&g, client, results + done, POINTS_MAX - done);
    }
    *seconds = g.now;
    uint32_t poison = count_status(done, FEMD_POISON);
    for (uint32_t i = 0; i < done; i++)
        if (results[i].index == deadly) assert_int_equal(results[i].response.status, FEMD_POISON);
    rig_clear(&g);
    return poison;
}

/* Workers that are lost at random, with tasks as long as that matters, make no point poison; a point that is poison is
 * found all the same. */
static void preemption_is_nobodys_fault(void **state) {
    (void)state;
    double seconds;
    for (uint64_t play = 1; play <= 20; play++) {
        seed = 88172645463325252u * play;
        assert_int_equal(preempt(400, 8, 2, UINT32_MAX, &seconds), 0);
        assert_int_equal(preempt(300, 3600, 600, UINT32_MAX, &seconds), 0);
        assert_int_equal(preempt(100, 8, 2, 50, &seconds), 1);
        assert_int_equal(preempt(50, 1e9, 2, 20, &seconds), 1);
    }
}

/* ---- materials ---- */

static int told(rig *g, uint64_t client, femd_ready *ready) {
    femd_frame f;
    if (!rig_take(g, client, FEMD_MSG_MATERIAL_READY, &f)) return 0;
    assert_int_equal(femd_ready_decode(&f, ready, NULL), FEMD_OK);
    return 1;
}

static void a_node_lost_while_opening_blames_no_material(void **state) {
    (void)state;
    rig g;
    femd_ready ready;
    uint64_t client = open_client(&g, NULL), w[3];
    for (int i = 0; i < 3; i++) w[i] = rig_worker_at(&g, "node");
    for (int i = 0; i < 3; i++) rig_vanish_now(&g, w[i]);
    assert_false(told(&g, client, &ready));
    worker_at(&g, "node");
    assert_true(told(&g, client, &ready));
    assert_int_equal(ready.status, FEMD_OK);
    rig_clear(&g);
}

static void a_material_given_up_for_deaths_may_be_tried_again(void **state) {
    (void)state;
    rig g;
    femd_ready ready;
    uint64_t client = open_client(&g, NULL);
    for (int i = 0; i < 3; i++) rig_vanish(&g, rig_worker(&g));
    assert_true(told(&g, client, &ready));
    assert_int_equal(ready.status, FEMD_POISON);
    uint64_t worker = rig_worker(&g);
    rig_register(&g, client);
    assert_true(told(&g, client, &ready));
    assert_int_equal(ready.status, FEMD_POISON);
    rig_wait(&g, 10);
    rig_register(&g, client);
    assert_false(told(&g, client, &ready));
    rig_open(&g, worker, FEMD_OK);
    assert_true(told(&g, client, &ready));
    assert_int_equal(ready.status, FEMD_OK);
    rig_clear(&g);
}

static void what_passes_is_tried_again(void **state) {
    (void)state;
    rig g;
    femd_ready ready;
    uint64_t client = open_client(&g, NULL), w[2] = {rig_worker(&g), rig_worker(&g)};
    for (int i = 0; i < 2; i++) rig_open(&g, w[i], FEMD_NO_MEMORY);
    assert_false(told(&g, client, &ready));
    rig_wait(&g, 0.9);
    assert_int_equal(rig_count(&g, w[0], FEMD_MSG_MATERIAL), 0);
    rig_wait(&g, 0.2);
    rig_open(&g, w[0], FEMD_NO_MEMORY);
    rig_open(&g, w[1], FEMD_OK);
    assert_true(told(&g, client, &ready));
    assert_int_equal(ready.status, FEMD_OK);
    rig_wait(&g, 2.1); /* the other one too, though the material is ready */
    rig_open(&g, w[0], FEMD_OK);
    ask(&g, client, 1, 2);
    assert_int_equal(rig_count(&g, w[0], FEMD_MSG_TASK), 1);
    rig_clear(&g);
}

static void what_does_not_pass_is_told_and_asked_again(void **state) {
    (void)state;
    rig g;
    femd_ready ready;
    uint64_t client = open_client(&g, NULL), worker = rig_worker(&g);
    for (int time = 0; time < 3; time++) {
        assert_false(told(&g, client, &ready));
        rig_open(&g, worker, FEMD_IO);
        rig_wait(&g, 5);
    }
    assert_true(told(&g, client, &ready));
    assert_int_equal(ready.status, FEMD_IO);
    rig_register(&g, client); /* another try */
    rig_open(&g, worker, FEMD_OK);
    assert_true(told(&g, client, &ready));
    assert_int_equal(ready.status, FEMD_OK);
    rig_clear(&g);
}

/* REFUSED will not pass at this worker: whoever asks is told at once, and a worker that comes may manage. */
static void what_a_worker_refuses_is_told_at_once(void **state) {
    (void)state;
    rig g;
    femd_ready ready;
    uint64_t client = open_client(&g, NULL), worker = rig_worker(&g);
    rig_open(&g, worker, FEMD_REFUSED);
    for (int time = 0; time < 2; time++) {
        assert_true(told(&g, client, &ready));
        assert_int_equal(ready.status, FEMD_REFUSED);
        if (!time) rig_register(&g, client);
    }
    rig_register(&g, client);
    assert_true(told(&g, client, &ready));
    worker_at(&g, "here");
    rig_register(&g, client);
    assert_true(told(&g, client, &ready));
    assert_int_equal(ready.status, FEMD_OK);
    rig_clear(&g);
}

static void a_worker_that_hangs_while_opening_is_expelled(void **state) {
    (void)state;
    rig g;
    femd_ready ready;
    uint64_t client = open_client(&g, &(femd_core_config){.task_deadline = 10}), worker = rig_worker(&g);
    for (int i = 0; i < 19; i++) {
        rig_wait(&g, 1);
        assert_int_equal(femd_beat_encode(&g.scratch, 0, 0, NULL), FEMD_OK); /* alive, which is no progress */
        rig_deliver(&g, worker, &g.scratch);
        assert_false(g.inbox[worker].dropped);
    }
    rig_wait(&g, 1.1);
    assert_true(g.inbox[worker].dropped);
    assert_says(&g, worker, "no sign of progress for 20");
    assert_int_equal(femd_core_count(g.core)->hung, 1);
    worker_at(&g, "here");
    assert_true(told(&g, client, &ready));
    assert_int_equal(ready.status, FEMD_OK);
    rig_clear(&g);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_worker_that_fails_fast_costs_no_point),
        cmocka_unit_test(deaths_that_are_counted_are_told),
        cmocka_unit_test(a_bench_ends_and_a_success_clears_it),
        cmocka_unit_test(a_benched_worker_is_asked_where_no_other_may_be),
        cmocka_unit_test(what_fails_everywhere_ends),
        cmocka_unit_test(a_node_that_is_lost_blames_no_point),
        cmocka_unit_test(a_host_that_is_lost_in_silence_blames_no_point),
        cmocka_unit_test(a_worker_that_says_bye_blames_no_point),
        cmocka_unit_test(a_suspect_goes_to_another_host),
        cmocka_unit_test(poison_is_forgiven),
        cmocka_unit_test(preemption_is_nobodys_fault),
        cmocka_unit_test(a_node_lost_while_opening_blames_no_material),
        cmocka_unit_test(a_material_given_up_for_deaths_may_be_tried_again),
        cmocka_unit_test(what_passes_is_tried_again),
        cmocka_unit_test(what_does_not_pass_is_told_and_asked_again),
        cmocka_unit_test(what_a_worker_refuses_is_told_at_once),
        cmocka_unit_test(a_worker_that_hangs_while_opening_is_expelled),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
