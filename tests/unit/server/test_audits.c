/* Answers in question: audits, contradictions, who is convicted, and what becomes of what it has answered. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "answers.h"
#include "femd/hash.h"
#include "rig.h"

enum { POOL = 5, POINTS = 40 };

/* What a worker makes of a question: 0 the right answer, else which lie. */
typedef int (*liar)(uint32_t nth, const femd_request *request);

static int never(uint32_t nth, const femd_request *request) {
    (void)nth, (void)request;
    return 0;
}
static int always(uint32_t nth, const femd_request *request) {
    (void)nth, (void)request;
    return 1;
}
static int every_20th(uint32_t nth, const femd_request *request) {
    (void)request;
    return nth % 20 == 19;
}
static int at_one_strain(uint32_t nth, const femd_request *request) {
    (void)nth;
    return request->value[0] == 0.25;
}

typedef struct pool {
    rig g;
    uint64_t client, worker[POOL];
    liar how[POOL];
    uint32_t answers[POOL], n;
    rig_shelf *shelf;
    uint32_t wrong; /* wrong results that the client was given */
    femd_request asked[POINTS];
    uint32_t count;
    int conflict; /* a point that was told CONFLICT */
} pool;

static rig_shelf shelf;

static void pool_open(pool *p, double share, uint32_t n, const liar *how, const femd_core_config *more) {
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

static const femd_core_counters *pool_count(const pool *p) {
    return femd_core_count(p->g.core);
}

static void pool_lie(femd_response *r) {
    r->S[0] += 0x1p-40; /* as a bit that was turned */
}

/* Every worker answers what it has; returns how many. */
static uint32_t pool_work(pool *p) {
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

static void pool_take(pool *p) {
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

static void pool_ask(pool *p, uint64_t batch, double from) {
    for (uint32_t i = 0; i < POINTS; i++) p->asked[i] = rig_request(i, from + 0.01 * i, NULL);
    p->count = 0;
    rig_evaluate(&p->g, p->client, batch, p->asked, POINTS);
    while (pool_work(p)) continue;
    pool_take(p);
}

static int pool_error(pool *p, femd_error *e) {
    femd_frame f;
    femd_error_clear(e);
    if (!rig_take(&p->g, p->client, FEMD_MSG_ERROR, &f)) return 0;
    assert_int_equal(femd_error_decode(&f, e, NULL), FEMD_OK);
    return 1;
}

/* Every answer is asked for twice, and no wrong one gets through, whoever lies and how. */
static void with_every_answer_audited_no_lie_gets_through(void **state) {
    (void)state;
    const liar lies[] = {always, every_20th, at_one_strain};
    for (int k = 0; k < 3; k++)
        for (uint32_t place = 0; place < 3; place++) {
            pool p;
            femd_error e = FEMD_ERROR_INIT;
            liar how[3] = {never, never, never};
            how[place] = lies[k];
            pool_open(&p, 1, 3, how, NULL);
            for (uint64_t batch = 1; batch < 6; batch++) {
                pool_ask(&p, batch, (double)batch);
                assert_int_equal(p.count, POINTS);
            }
            if (k == 2) pool_ask(&p, 9, 0.25);
            assert_int_equal(p.wrong, 0);
            assert_int_equal(pool_error(&p, &e), 0); /* nothing that it used is in doubt */
            if (k < 2) assert_int_equal(pool_count(&p)->convicted, 1);
            assert_int_equal(pool_count(&p)->unaudited, 0);
            assert_true(pool_count(&p)->audited >= 5 * POINTS);
            rig_clear(&p.g);
        }
}

static void the_convicted_gets_no_tasks_and_the_words_say_why(void **state) {
    (void)state;
    pool p;
    femd_error e = FEMD_ERROR_INIT;
    femd_frame f;
    const liar how[] = {always, never, never};
    pool_open(&p, 1, 3, how, NULL);
    pool_ask(&p, 1, 1);
    assert_true(rig_take(&p.g, p.worker[0], FEMD_MSG_ERROR, &f));
    assert_int_equal(femd_error_decode(&f, &e, NULL), FEMD_OK);
    assert_non_null(strstr(e.text, "quarantine"));
    const uint32_t before = p.answers[0];
    pool_ask(&p, 2, 2);
    assert_int_equal(p.answers[0], before);
    assert_int_equal(p.count, POINTS);
    rig_clear(&p.g);
}

/* The number of a worker that STATUS tells to be in quarantine; 0: none is. */
static uint64_t worker_in_quarantine(rig *g, uint64_t looks) {
    cJSON *root = rig_status(g, looks);
    const cJSON *one;
    uint64_t number = 0;
    cJSON_ArrayForEach(
        one, cJSON_GetObjectItem(root, "workers")) if (strcmp(cJSON_GetStringValue(cJSON_GetObjectItem(one, "state")),
                                                              "quarantined") == 0) number =
        (uint64_t)cJSON_GetNumberValue(cJSON_GetObjectItem(one, "number"));
    cJSON_Delete(root);
    return number;
}

/* A liar whose answer is contradicted while its connection is gone; then it comes back. */
static void who_is_convicted_while_away_comes_back_into_quarantine(void **state) {
    (void)state;
    pool p;
    const liar how[] = {always, never, never};
    const femd_core_config config = {.open_to_admins = 1};
    pool_open(&p, 1, 3, how, &config);
    const uint64_t liar_route = p.worker[0];
    for (uint32_t i = 0; i < POINTS; i++) p.asked[i] = rig_request(i, 1 + 0.01 * i, NULL);
    rig_evaluate(&p.g, p.client, 1, p.asked, POINTS);
    p.n = 1;
    while (pool_work(&p)) continue;
    assert_true(p.answers[0] > 0);
    rig_vanish(&p.g, p.worker[0]);
    p.worker[0] = p.worker[1], p.how[0] = never;
    p.n = 3;
    while (pool_work(&p)) continue;
    pool_take(&p);
    assert_true(p.count == POINTS && p.wrong == 0 && pool_count(&p)->convicted == 1);

    const uint64_t again = rig_worker_again(&p.g, liar_route), looks = rig_admin(&p.g);
    const uint64_t number = worker_in_quarantine(&p.g, looks);
    assert_true(number != 0);
    (void)rig_act(&p.g, looks, "release", number, "");
    assert_int_equal(worker_in_quarantine(&p.g, looks), 0);
    rig_vanish(&p.g, again);
    (void)rig_worker_again(&p.g, liar_route);
    assert_int_equal(worker_in_quarantine(&p.g, looks), 0); /* acquitted */
    rig_clear(&p.g);
}

static void the_share_is_kept_and_the_same_keys_are_chosen(void **state) {
    (void)state;
    uint64_t first = 0;
    for (int again = 0; again < 2; again++) {
        pool p;
        pool_open(&p, 0.25, 2, NULL, NULL);
        for (uint64_t batch = 1; batch <= 20; batch++) pool_ask(&p, batch, (double)batch);
        const uint64_t audited = pool_count(&p)->audited;
        assert_in_range(audited, 200 - 50, 200 + 50); /* of 800; sigma 12 */
        assert_int_equal(pool_count(&p)->audits, audited);
        assert_int_equal(pool_count(&p)->evaluations, 800 + audited);
        if (again) assert_int_equal(audited, first);
        first = audited;
        rig_clear(&p.g);
    }
}

/* Two workers on one host and one on another: the other host is asked. */
static void another_host_is_asked_if_there_is_one(void **state) {
    (void)state;
    for (int order = 0; order < 3; order++) {
        rig g;
        femd_task t[64];
        uint64_t w[3];
        rig_init(&g, &(femd_core_config){.audit = 1, .credits = 16, .message_points = 1});
        uint64_t client = rig_client(&g, "beam", 0, 1);
        for (int i = 0; i < 3; i++) w[i] = rig_worker_at(&g, i == order ? "there" : "here");
        rig_register(&g, client);
        for (int i = 0; i < 3; i++) rig_open(&g, w[i], FEMD_OK);
        femd_request r = rig_request(0, 0.1, NULL);
        rig_evaluate(&g, client, 1, &r, 1);
        int first = -1, second = -1;
        for (int i = 0; i < 3; i++)
            if (rig_tasks(&g, w[i], t, NULL)) first = i;
        assert_true(first >= 0);
        rig_answer(&g, w[first], t, 1);
        for (int i = 0; i < 3; i++)
            if (rig_tasks(&g, w[i], t, NULL)) second = i;
        assert_true(second >= 0 && (first == order) != (second == order));
        rig_clear(&g);
    }
}

/* Two that disagree and no third: nobody is believed, and the run is told. */
static void without_a_third_nobody_is_believed(void **state) {
    (void)state;
    pool p;
    femd_error e = FEMD_ERROR_INIT;
    const liar how[] = {always, never};
    pool_open(&p, 1, 2, how, NULL);
    pool_ask(&p, 1, 1);
    assert_int_equal(p.count, 0);
    rig_wait(&p.g, 6); /* a third might have come */
    pool_take(&p);
    assert_true(p.conflict > 0);
    assert_int_equal(p.wrong, 0);
    assert_true(pool_count(&p)->undecided > 0);
    assert_int_equal(pool_count(&p)->convicted, 2);
    (void)pool_error(&p, &e);
    rig_clear(&p.g);
}

static void a_worker_alone_is_used_and_counted(void **state) {
    (void)state;
    pool p;
    pool_open(&p, 1, 1, NULL, &(femd_core_config){.pool = 1});
    pool_ask(&p, 1, 1);
    assert_int_equal(p.count, POINTS); /* nobody else is to come */
    assert_int_equal(pool_count(&p)->unaudited, POINTS);
    assert_int_equal(pool_count(&p)->audited, 0);
    assert_non_null(strstr(p.g.last_log, "no second worker"));
    rig_clear(&p.g);
    pool_open(&p, 1, 1, NULL, NULL);
    pool_ask(&p, 1, 1);
    assert_int_equal(p.count, 0);
    rig_wait(&p.g, 6);
    while (pool_work(&p)) continue;
    pool_take(&p);
    assert_int_equal(p.count, POINTS);
    rig_clear(&p.g);
}

/* Somebody who could be asked is there or comes again and again, but never gets as far: the answers are not held up. */
static void who_never_opens_the_material_is_not_waited_for(void **state) {
    (void)state;
    for (int comes_and_goes = 0; comes_and_goes < 2; comes_and_goes++) {
        pool p;
        pool_open(&p, 1, 1, NULL, NULL);
        uint64_t other = rig_worker(&p.g);
        pool_ask(&p, 1, 1);
        assert_int_equal(p.count, 0);
        for (int s = 0; s < 8; s++) {
            rig_wait(&p.g, 1);
            if (comes_and_goes) rig_vanish_now(&p.g, other);
            if (comes_and_goes) other = rig_worker(&p.g);
            assert_int_equal(pool_work(&p), 0);
        }
        pool_take(&p);
        assert_int_equal(p.count, 0);
        rig_wait(&p.g, 4);
        pool_take(&p);
        assert_int_equal(p.count, POINTS);
        assert_int_equal(pool_count(&p)->unaudited, POINTS);
        rig_clear(&p.g);
    }
}

/* What takes long to open elsewhere is waited for. */
static void who_needs_long_to_open_the_material_is_waited_for(void **state) {
    (void)state;
    pool p;
    pool_open(&p, 1, 0, NULL, NULL);
    p.n = 1;
    p.worker[0] = rig_worker(&p.g);
    p.how[0] = never;
    rig_wait(&p.g, 3); /* it takes 3 s */
    rig_open(&p.g, p.worker[0], FEMD_OK);
    const uint64_t other = rig_worker(&p.g);
    pool_ask(&p, 1, 1);
    rig_wait(&p.g, 38);
    pool_take(&p);
    assert_int_equal(p.count, 0);
    p.worker[p.n] = other;
    p.how[p.n++] = never;
    rig_open(&p.g, other, FEMD_OK);
    while (pool_work(&p)) continue;
    pool_take(&p);
    assert_int_equal(p.count, POINTS);
    assert_int_equal(pool_count(&p)->unaudited, 0);
    rig_clear(&p.g);
}

/* A worker of another build is asked for no audit: its bits may differ. */
static void another_build_is_no_witness(void **state) {
    (void)state;
    pool p;
    pool_open(&p, 1, 1, NULL, NULL);
    uint64_t other = rig_worker_of(&p.g, "x86-64-v3", 8);
    rig_open(&p.g, other, FEMD_OK);
    p.asked[0] = rig_request(0, 0.1, NULL);
    femd_task t[8];
    rig_evaluate(&p.g, p.client, 1, p.asked, 1);
    if (!rig_tasks(&p.g, p.worker[0], t, NULL)) { /* that one has it first */
        assert_int_equal(rig_tasks(&p.g, other, t, NULL), 1);
        rig_vanish(&p.g, other);
        assert_int_equal(rig_tasks(&p.g, p.worker[0], t, NULL), 1);
        other = rig_worker_of(&p.g, "x86-64-v3", 8);
        rig_open(&p.g, other, FEMD_OK);
    }
    rig_answer(&p.g, p.worker[0], t, 1);
    assert_int_equal(rig_count(&p.g, other, FEMD_MSG_TASK), 0);
    rig_wait(&p.g, 6);
    pool_take(&p);
    assert_int_equal(p.count, 1);
    assert_int_equal(pool_count(&p)->unaudited, 1);
    rig_clear(&p.g);
}

/* The liar leaves, so many others come and go that those who are gone and not needed are forgotten, and it comes again.
 */
static void pool_crowd_passes(pool *p, uint64_t liar_process) {
    const uint64_t next = p->g.next_route;
    rig_empty(&p->g, p->worker[1], FEMD_MSG_BYE, 0);
    for (uint64_t i = 0; i < 300; i++) {
        p->g.next_route = RIG_ROUTES - 1;
        rig_empty(&p->g, rig_worker_again(&p->g, 100000 * p->worker[1] + i), FEMD_MSG_BYE, 0);
    }
    p->g.next_route = next;
    p->worker[1] = rig_worker_again(&p->g, liar_process);
    rig_open(&p->g, p->worker[1], FEMD_OK);
}

/* Few are audited, and the liar is found when its answers have been used and committed: the run ends, with the step. */
static void conviction_after_a_commit(int small, int crowd) {
    pool p;
    femd_error e = FEMD_ERROR_INIT;
    const liar how[] = {never, always, never};
    rig_shelf_init(&shelf);
    pool_open(&p, 0.004, 3, how, &(femd_core_config){.recall = &shelf.recall, .cache_bytes = small ? 1 : 0});
    const uint64_t liar_process = p.worker[1];
    uint64_t batch = 1;
    uint32_t step = 0;
    while (!pool_count(&p)->convicted && batch < 100) {
        pool_ask(&p, batch, (double)batch);
        batch++;
        if (pool_count(&p)->convicted) break;
        rig_commit(&p.g, p.client, batch, ++step, NULL, 0);
        assert_int_equal(rig_count(&p.g, p.client, FEMD_MSG_COMMITTED), step);
        if (crowd) pool_crowd_passes(&p, liar_process);
    }
    assert_int_equal(pool_count(&p)->convicted, 1);
    assert_true(step > 1 && p.wrong > 0);
    assert_true(shelf.forgotten > 0 && !shelf.unforgotten); /* the store has no lie when anybody asks again */
    assert_true(pool_error(&p, &e));
    assert_int_equal(e.code, FEMD_CONFLICT);
    assert_non_null(strstr(e.text, "step 1 and what follows is in doubt"));
    /* nothing more is taken from it */
    rig_evaluate(&p.g, p.client, 1000, p.asked, 1);
    assert_true(pool_error(&p, &e));
    assert_int_equal(e.code, FEMD_CONFLICT);
    rig_commit(&p.g, p.client, 1001, step + 1, NULL, 0);
    assert_true(pool_error(&p, &e));
    assert_int_equal(e.code, FEMD_CONFLICT);
    /* it goes on from what is sound, and nothing of what the liar said is left */
    rig_empty(&p.g, p.client, FEMD_MSG_BYE, 0);
    p.client = rig_client(&p.g, "beam", 0, 1);
    rig_register(&p.g, p.client);
    p.wrong = 0;
    for (uint64_t k = 1; k < batch; k++) {
        pool_ask(&p, k, (double)k);
        assert_int_equal(p.count, POINTS);
    }
    assert_int_equal(p.wrong, 0);
    for (size_t i = 0; i < shelf.answer_end; i++) {
        femd_kept kept;
        femd_response said, right;
        if (!shelf.answer[i].bytes.data) continue;
        assert_int_equal(kept_decode(shelf.answer[i].bytes.data, shelf.answer[i].bytes.size, &kept, NULL), FEMD_OK);
        assert_int_equal(femd_response_decode(kept.response.data, kept.response.size, &said, NULL), FEMD_OK);
        rig_answer_of(&kept.request, &right);
        assert_true(said.S[0] == right.S[0]);
    }
    rig_clear(&p.g);
    rig_shelf_clear(&shelf);
}

static void a_conviction_after_a_commit_names_the_first_step_in_doubt(void **state) {
    (void)state;
    conviction_after_a_commit(0, 0);
}

/* They have left memory by then, and are in the store. */
static void lies_that_left_memory_leave_the_store(void **state) {
    (void)state;
    conviction_after_a_commit(1, 0);
}

static void whose_answers_a_run_has_used_is_not_forgotten(void **state) {
    (void)state;
    conviction_after_a_commit(1, 1);
}

/* So many have left memory that the names of the first are not known any more. */
static void from_a_store_of_unknown_lies_nothing_is_taken(void **state) {
    (void)state;
    pool p;
    const liar how[] = {never, always, never};
    rig_shelf_init(&shelf);
    pool_open(&p, 1e-4, 3, how, &(femd_core_config){.recall = &shelf.recall, .cache_bytes = 1});
    const uint64_t first = 200; /* of the next 1,800 evaluations none is audited */
    uint64_t batch = first;
    for (; !pool_count(&p)->convicted && batch < 1000; batch++) {
        pool_ask(&p, batch, (double)batch);
        if (!pool_count(&p)->convicted) rig_commit(&p.g, p.client, batch, (uint32_t)batch, NULL, 0);
    }
    assert_int_equal(pool_count(&p)->convicted, 1);
    assert_true((batch - first) * POINTS > 1500); /* or the names would all be known */
    assert_non_null(strstr(p.g.last_log, "nothing is taken from it"));
    rig_empty(&p.g, p.client, FEMD_MSG_BYE, 0);
    p.client = rig_client(&p.g, "other", 0, 1);
    rig_register(&p.g, p.client);
    p.wrong = 0;
    const uint64_t recalled = pool_count(&p)->recalled;
    for (uint64_t k = first; k < batch; k++) pool_ask(&p, k, (double)k);
    assert_int_equal(p.wrong, 0);
    assert_int_equal(pool_count(&p)->recalled, recalled);
    rig_clear(&p.g);
    rig_shelf_clear(&shelf);
}

/* A run that goes on from a step in doubt is refused. */
static void a_run_cannot_go_on_from_a_step_in_doubt(void **state) {
    (void)state;
    pool p;
    femd_error e = FEMD_ERROR_INIT;
    const liar how[] = {never, always, never};
    pool_open(&p, 0.004, 3, how, NULL);
    uint32_t step = 0;
    for (uint64_t batch = 1; !pool_count(&p)->convicted && batch < 100; batch++) {
        pool_ask(&p, batch, (double)batch);
        if (!pool_count(&p)->convicted) rig_commit(&p.g, p.client, batch, ++step, NULL, 0);
    }
    assert_true(step > 1);
    const uint64_t old = p.client;
    rig_vanish(&p.g, old);
    p.client = rig_client_from(&p.g, "beam", 0, 1, step);
    assert_true(pool_error(&p, &e));
    assert_int_equal(e.code, FEMD_REFUSED);
    assert_non_null(strstr(e.text, "in doubt"));
    rig_clear(&p.g);
}

/* What it answered before its last good audit is believed. */
static void what_came_before_the_last_good_audit_stands(void **state) {
    (void)state;
    pool p;
    femd_error e = FEMD_ERROR_INIT;
    const liar how[] = {at_one_strain, at_one_strain, never, never};
    pool_open(&p, 1, 4, how, NULL); /* two that lie alike, but for the others */
    pool_ask(&p, 1, 1);
    rig_commit(&p.g, p.client, 1, 1, NULL, 0);
    assert_int_equal(pool_error(&p, &e), 0);
    assert_int_equal(pool_count(&p)->convicted, 0);
    rig_clear(&p.g);
}

/* Two of five lie alike. What they vouch for each other is found out when one of them is asked beside an honest one:
 * then either no wrong number was used, or the run is told. */
static void two_who_lie_alike_are_found_and_what_they_vouched_for_is_told(void **state) {
    (void)state;
    for (uint32_t a = 0; a < POOL; a++)
        for (uint32_t b = a + 1; b < POOL; b++) {
            pool p;
            femd_error e = FEMD_ERROR_INIT;
            liar how[POOL] = {never, never, never, never, never};
            how[a] = how[b] = always;
            pool_open(&p, 1, POOL, how, NULL);
            for (uint64_t batch = 1; batch < 4; batch++) pool_ask(&p, batch, (double)batch);
            assert_int_equal(pool_count(&p)->convicted, 2);
            if (p.wrong) {
                assert_true(pool_error(&p, &e));
                assert_int_equal(e.code, FEMD_CONFLICT);
            }
            p.wrong = 0;
            rig_clear(&p.g);
        }
}

/* A worker that dies, fails or loses the state in an audit is no end of the point. */
static void an_audit_that_fails_leaves_the_answer(void **state) {
    (void)state;
    pool p;
    femd_task t[8];
    femd_response failed = {.status = FEMD_ENGINE_DIED};
    pool_open(&p, 1, 2, NULL, NULL);
    p.asked[0] = rig_request(0, 0.1, NULL);
    rig_evaluate(&p.g, p.client, 1, p.asked, 1);
    const int first = rig_count(&p.g, p.worker[0], FEMD_MSG_TASK) ? 0 : 1;
    assert_int_equal(rig_tasks(&p.g, p.worker[first], t, NULL), 1);
    rig_answer(&p.g, p.worker[first], t, 1);
    for (int k = 0; k < 20 && rig_tasks(&p.g, p.worker[1 - first], t, NULL); k++) {
        rig_answer_with(&p.g, p.worker[1 - first], t, &failed);
        rig_wait(&p.g, 10);
    }
    pool_take(&p);
    assert_int_equal(p.count, 1);
    assert_int_equal(p.wrong + (uint32_t)p.conflict, 0);
    assert_int_equal(pool_count(&p)->unaudited, 1);
    rig_clear(&p.g);
}

static void answers_with_history_are_audited_with_their_own_state(void **state) {
    (void)state;
    pool p;
    femd_response r;
    const liar how[] = {never, never, always};
    pool_open(&p, 1, 3, how, NULL);
    femd_request from[POINTS];
    pool_ask(&p, 1, 1);
    memcpy(from, p.asked, sizeof from);
    for (uint32_t i = 0; i < POINTS; i++) {
        rig_answer_of(&from[i], &r);
        p.asked[i] = rig_request(i, 2 + 0.01 * i, &r.state_out);
    }
    p.count = 0;
    rig_evaluate(&p.g, p.client, 2, p.asked, POINTS);
    for (int more = 1; more;) {
        more = (int)pool_work(&p);
        for (uint32_t w = 0; w < p.n; w++) more += (int)rig_give_states(&p.g, p.worker[w], from, POINTS);
    }
    pool_take(&p);
    assert_int_equal(p.count, POINTS);
    assert_int_equal(p.wrong, 0);
    assert_int_equal(pool_count(&p)->audited, 2 * POINTS);
    rig_clear(&p.g);
}

static void answer_all(pool *p, uint64_t worker, uint64_t fingerprint, int lie) {
    femd_task task[16];
    for (uint32_t n; (n = rig_tasks(&p->g, worker, task, NULL)) > 0;)
        for (uint32_t k = 0; k < n; k++) {
            femd_response r;
            rig_answer_of(&task[k].request, &r);
            r.work.fingerprint = fingerprint;
            if (lie) pool_lie(&r);
            rig_answer_with(&p->g, worker, &task[k], &r);
        }
}

static int is_reproducible(pool *p, const char *run) {
    cJSON *status = rig_status(&p->g, p->client), *one;
    int found = -1;
    cJSON_ArrayForEach(one, cJSON_GetObjectItem(status, "runs")) {
        if (strcmp(cJSON_GetStringValue(cJSON_GetObjectItem(one, "name")), run) == 0)
            found = cJSON_IsTrue(cJSON_GetObjectItem(one, "bit_reproducible"));
    }
    cJSON_Delete(status);
    return found;
}

/* A run that uses answers of two builds is marked, fresh ones or such as are there; one of a single build is not. */
static void answers_of_two_builds_mark_the_run(void **state) {
    (void)state;
    pool p;
    femd_request q[4];
    pool_open(&p, 0, 1, NULL, NULL);
    for (uint32_t i = 0; i < 4; i++) q[i] = rig_request(i, 0.1 * (1 + i), NULL);
    rig_evaluate(&p.g, p.client, 1, q, 2);
    answer_all(&p, p.worker[0], 7, 0);
    assert_int_equal(is_reproducible(&p, "beam"), 1);
    rig_vanish(&p.g, p.worker[0]);
    const uint64_t other = rig_worker_of(&p.g, "x86-64-v3", 8);
    rig_open(&p.g, other, FEMD_OK);
    const uint64_t one = rig_client(&p.g, "one", 0, 1), both = rig_client(&p.g, "both", 0, 1);
    rig_register(&p.g, one);
    rig_register(&p.g, both);
    rig_evaluate(&p.g, one, 1, &q[2], 2);
    answer_all(&p, other, 8, 0);
    rig_evaluate(&p.g, both, 1, &q[1], 2); /* both are there: one of each build */
    const uint64_t beam = p.client;
    p.client = one;
    assert_int_equal(is_reproducible(&p, "one"), 1);
    p.client = both;
    assert_int_equal(is_reproducible(&p, "both"), 0);
    p.client = beam;
    assert_int_equal(is_reproducible(&p, "beam"), 1);
    rig_evaluate(&p.g, beam, 2, &q[2], 1);
    assert_int_equal(is_reproducible(&p, "beam"), 0);
    rig_clear(&p.g);
}

static void another_build_may_be_refused(void **state) {
    (void)state;
    pool p;
    femd_error e = FEMD_ERROR_INIT;
    femd_frame f;
    pool_open(&p, 0, 1, NULL, &(femd_core_config){.one_build = 1});
    uint64_t other = rig_worker_of(&p.g, "x86-64-v3", 8);
    assert_true(rig_take(&p.g, other, FEMD_MSG_ERROR, &f));
    assert_int_equal(femd_error_decode(&f, &e, NULL), FEMD_OK);
    assert_non_null(strstr(e.text, "--builds one"));
    assert_true(p.g.inbox[other].dropped);
    rig_clear(&p.g);
}

/* What a liar said of a point is forgotten also while the point is under way again for its state, and by another build
 * at that: the answer that comes is the one that counts. */
static void a_lie_is_forgotten_while_its_state_is_made_again(void **state) {
    (void)state;
    pool p;
    const liar how[] = {always};
    femd_task task[16];
    pool_open(&p, 0, 1, how, NULL);
    p.asked[0] = rig_request(0, 0.1, NULL);
    p.asked[1] = rig_request(1, 0.2, NULL);
    rig_evaluate(&p.g, p.client, 1, p.asked, 2);
    while (pool_work(&p)) continue;
    pool_take(&p);
    assert_int_equal(p.wrong, 2);
    rig_empty(&p.g, p.client, FEMD_MSG_ABORT, 1);
    rig_vanish(&p.g, p.worker[0]); /* and the states of both points with it */
    uint64_t honest[2];
    for (int i = 0; i < 2; i++) honest[i] = rig_worker(&p.g);
    uint64_t other = rig_worker_of(&p.g, "x86-64-v3", 8);
    femd_request later[2];
    for (uint32_t i = 0; i < 2; i++) {
        femd_response r;
        rig_answer_of(&p.asked[i], &r);
        later[i] = rig_request(2 + i, 0.3, &r.state_out);
    }
    rig_evaluate(&p.g, p.client, 2, later, 2);
    rig_open(&p.g, other, FEMD_OK); /* has both, and keeps them for now */
    assert_int_equal(rig_tasks(&p.g, other, task, NULL) + rig_count(&p.g, other, FEMD_MSG_TASK), 2);
    const int second_is_mine = task[0].request.point == 1;
    const uint32_t kept = second_is_mine ? 1 : 0;
    femd_task rest[16];
    assert_int_equal(rig_tasks(&p.g, other, rest, NULL), 1);
    /* of the one point an honest worker's answer contradicts the record, a third decides, and the liar is convicted */
    for (int i = 0; i < 2; i++) rig_open(&p.g, honest[i], FEMD_OK);
    rig_answer_with(&p.g, other, &rest[0], &(femd_response){.status = FEMD_IO, .work.fingerprint = 8});
    for (int round = 0; round < 4; round++)
        for (int i = 0; i < 2; i++) answer_all(&p, honest[i], 7, 0);
    assert_int_equal(pool_count(&p)->convicted, 1);
    femd_response right;
    rig_answer_of(&task[0].request, &right);
    right.work.fingerprint = 8;
    rig_answer_with(&p.g, other, &task[0], &right);
    const uint64_t next = rig_client(&p.g, "another", 0, 1); /* the run that has used the lies is in doubt */
    rig_register(&p.g, next);
    rig_evaluate(&p.g, next, 3, &p.asked[kept], 1);
    for (int round = 0; round < 4; round++)
        for (int i = 0; i < 2; i++) answer_all(&p, honest[i], 7, 0);
    rig_result got[8];
    assert_int_equal(rig_results(&p.g, next, got, 8), 1);
    assert_int_equal(got[0].response.status, FEMD_OK);
    assert_true(got[0].response.S[0] == right.S[0]);
    rig_clear(&p.g);
}

/* Two have given the same wrong answer, and are gone. Of those that make its state again later each says otherwise:
 * four are enough against two voices, and both are convicted. */
static void both_who_vouched_for_a_lie_are_convicted(void **state) {
    (void)state;
    enum { HONEST = 6 };
    pool p;
    const liar how[] = {always, always};
    uint64_t honest[HONEST];
    femd_response right;
    femd_error told = FEMD_ERROR_INIT;
    pool_open(&p, 1, 2, how, NULL);
    p.asked[0] = rig_request(0, 0.1, NULL);
    rig_answer_of(&p.asked[0], &right);
    rig_evaluate(&p.g, p.client, 1, p.asked, 1);
    while (pool_work(&p)) continue;
    pool_take(&p);
    assert_int_equal(p.wrong, 1);
    assert_int_equal(pool_count(&p)->audited, 1);
    rig_empty(&p.g, p.client, FEMD_MSG_ABORT, 1);
    for (int i = 0; i < 2; i++) rig_vanish(&p.g, p.worker[i]);
    const femd_request later = rig_request(1, 0.3, &right.state_out);
    rig_evaluate(&p.g, p.client, 2, &later, 1);
    for (int i = 0; i < HONEST; i++) {
        honest[i] = rig_worker(&p.g);
        rig_open(&p.g, honest[i], FEMD_OK);
    }
    for (int round = 0; round < 2 * HONEST; round++)
        for (int i = 0; i < HONEST; i++) {
            answer_all(&p, honest[i], 7, 0);
            rig_give_states(&p.g, honest[i], p.asked, 1);
        }
    assert_int_equal(pool_count(&p)->convicted, 2);
    assert_int_equal(pool_count(&p)->evaluations, 2 + 4);
    assert_true(pool_error(&p, &told)); /* the run has used the lie */
    assert_int_equal(told.code, FEMD_CONFLICT);
    rig_clear(&p.g);
}

/* Of an answer that is remembered by its state alone, another state is a contradiction, and no confirmation. */
static void another_state_confirms_nothing(void **state) {
    (void)state;
    enum { HONEST = 4 };
    pool p;
    uint64_t honest[HONEST];
    femd_task task;
    femd_response lie;
    pool_open(&p, 0, 1, NULL, NULL);
    p.asked[0] = rig_request(0, 0.1, NULL);
    rig_evaluate(&p.g, p.client, 1, p.asked, 1);
    assert_int_equal(rig_tasks(&p.g, p.worker[0], &task, NULL), 1);
    rig_answer_of(&p.asked[0], &lie);
    lie.state_out.b[3] ^= 1;
    rig_answer_with(&p.g, p.worker[0], &task, &lie);
    pool_take(&p);
    rig_vanish(&p.g, p.worker[0]);
    const femd_request later = rig_request(1, 0.3, &lie.state_out);
    rig_evaluate(&p.g, p.client, 2, &later, 1);
    femd_core_trim(p.g.core, 0);
    for (int i = 0; i < HONEST; i++) {
        honest[i] = rig_worker(&p.g);
        rig_open(&p.g, honest[i], FEMD_OK);
    }
    for (int round = 0; round < 2 * HONEST; round++)
        for (int i = 0; i < HONEST; i++) answer_all(&p, honest[i], 7, 0);
    assert_int_equal(pool_count(&p)->convicted, 1);
    assert_int_equal(pool_count(&p)->evaluations, 1 + 3);
    rig_clear(&p.g);
}

static void failures_are_compared_without_their_words(void **state) {
    (void)state;
    uint8_t bytes[3][FEMD_RESPONSE_BYTES_MAX];
    femd_response r = {.status = FEMD_DIVERGED, .engine = 1}, other = {.status = FEMD_INSTABILITY, .engine = 1};
    const femd_bytes one = {bytes[0], femd_response_encode_words(&r, "after 30 turns", bytes[0])};
    const femd_bytes same = {bytes[1], femd_response_encode_words(&r, "after thirty turns", bytes[1])};
    const femd_bytes else_ = {bytes[2], femd_response_encode_words(&other, "after 30 turns", bytes[2])};
    assert_true(answers_equal(&one, &same));
    assert_false(answers_equal(&one, &else_));
    const femd_bytes plain = {bytes[1], femd_response_encode(&r, bytes[1])};
    assert_true(answers_equal(&one, &plain) && answers_equal(&plain, &one));
    assert_false(answers_equal(&plain, &else_));
    r.notes = 1;
    const femd_bytes noted = {bytes[1], femd_response_encode(&r, bytes[1])};
    assert_false(answers_equal(&one, &noted));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(with_every_answer_audited_no_lie_gets_through),
        cmocka_unit_test(the_convicted_gets_no_tasks_and_the_words_say_why),
        cmocka_unit_test(who_is_convicted_while_away_comes_back_into_quarantine),
        cmocka_unit_test(the_share_is_kept_and_the_same_keys_are_chosen),
        cmocka_unit_test(another_host_is_asked_if_there_is_one),
        cmocka_unit_test(without_a_third_nobody_is_believed),
        cmocka_unit_test(a_worker_alone_is_used_and_counted),
        cmocka_unit_test(who_never_opens_the_material_is_not_waited_for),
        cmocka_unit_test(who_needs_long_to_open_the_material_is_waited_for),
        cmocka_unit_test(another_build_is_no_witness),
        cmocka_unit_test(a_conviction_after_a_commit_names_the_first_step_in_doubt),
        cmocka_unit_test(lies_that_left_memory_leave_the_store),
        cmocka_unit_test(from_a_store_of_unknown_lies_nothing_is_taken),
        cmocka_unit_test(whose_answers_a_run_has_used_is_not_forgotten),
        cmocka_unit_test(a_run_cannot_go_on_from_a_step_in_doubt),
        cmocka_unit_test(what_came_before_the_last_good_audit_stands),
        cmocka_unit_test(two_who_lie_alike_are_found_and_what_they_vouched_for_is_told),
        cmocka_unit_test(an_audit_that_fails_leaves_the_answer),
        cmocka_unit_test(answers_with_history_are_audited_with_their_own_state),
        cmocka_unit_test(a_lie_is_forgotten_while_its_state_is_made_again),
        cmocka_unit_test(both_who_vouched_for_a_lie_are_convicted),
        cmocka_unit_test(another_state_confirms_nothing),
        cmocka_unit_test(failures_are_compared_without_their_words),
        cmocka_unit_test(another_build_may_be_refused),
        cmocka_unit_test(answers_of_two_builds_mark_the_run),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
