/* Who has answered is known to a server that takes the place of one that died: a worker that is convicted by the one
 * brings into doubt what it had answered to the other. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "audit_pool.h"

static rig_shelf shelf;
static uint64_t process[POOL]; /* of the workers */

static void lives_open(pool *p, double share, uint32_t n, const liar *how, uint64_t cache) {
    rig_shelf_init(&shelf);
    pool_open(p, share, n, how, &(femd_core_config){.recall = &shelf.recall, .journal = 1, .cache_bytes = cache});
    for (uint32_t i = 0; i < n; i++) process[i] = p->worker[i];
    p->g.instance = 4711;
}

static void lives_close(pool *p) {
    rig_clear(&p->g);
    rig_shelf_clear(&shelf);
}

static void client_comes_for(pool *p, const char *run) {
    p->client = rig_client(&p->g, run, 0, 1);
    rig_register(&p->g, p->client);
    for (uint32_t i = 0; i < p->n; i++) rig_open(&p->g, p->worker[i], FEMD_OK);
}

static void client_comes(pool *p) {
    client_comes_for(p, "beam");
}

/* Another server in the place of the one that died, which dies before anybody comes to it; all come to the next. */
static void server_dies_for(pool *p, const char *run) {
    for (int life = 0; life < 2; life++) {
        rig_restart(&p->g);
        femd_core_summarise(p->g.core);
        rig_collect(&p->g);
    }
    for (uint32_t i = 0; i < p->n; i++) p->worker[i] = rig_worker_again(&p->g, process[i]);
    client_comes_for(p, run);
}

static void server_dies(pool *p) {
    server_dies_for(p, "beam");
}

static uint32_t count_kept_lies(void) {
    uint32_t lies = 0;
    for (size_t i = 0; i < shelf.answer_end; i++) {
        femd_kept kept;
        femd_response said, right;
        if (!shelf.answer[i].bytes.data) continue;
        assert_int_equal(kept_decode(shelf.answer[i].bytes.data, shelf.answer[i].bytes.size, &kept, NULL), FEMD_OK);
        assert_int_equal(femd_response_decode(kept.response.data, kept.response.size, &said, NULL), FEMD_OK);
        rig_answer_of(&kept.request, &right);
        lies += said.S[0] != right.S[0];
    }
    return lies;
}

/* Steps of a batch each, until somebody is convicted; the server dies after each step, or the first few. */
static uint32_t run_until_convicted(pool *p, uint32_t first, uint32_t deaths) {
    uint32_t step = first;
    for (; !pool_count(p)->convicted && step < first + 100; step++) {
        rig_wait(&p->g, 1);
        pool_ask(p, step, (double)step);
        if (pool_count(p)->convicted) break;
        rig_commit(&p->g, p->client, step, step, NULL, 0);
        assert_true(rig_count(&p->g, p->client, FEMD_MSG_COMMITTED));
        if (step - first < deaths) server_dies(p);
    }
    assert_int_equal(pool_count(p)->convicted, 1);
    return step;
}

static void is_told_conflict(pool *p, const char *words) {
    femd_error err = FEMD_ERROR_INIT;
    assert_true(pool_error(p, &err));
    assert_int_equal(err.code, FEMD_CONFLICT);
    if (!strstr(err.text, words)) fail_msg("%s", err.text);
}

static void what_was_answered_to_a_server_that_died_is_in_doubt(void **state) {
    (void)state;
    for (int variant = 0; variant < 4; variant++) {
        pool p;
        const liar how[] = {never, always, never};
        lives_open(&p, 0.004, 3, how, variant & 1 ? 1 : 0); /* 1: it has left memory as well */
        const uint32_t steps = run_until_convicted(&p, 1, variant & 2 ? 1 : 100);
        assert_true(steps > 2 && p.wrong > 0);
        is_told_conflict(&p, "step 1 and what follows is in doubt");
        assert_int_equal(count_kept_lies(), 0);
        assert_int_equal(shelf.unwritten + shelf.unforgotten, 0);
        rig_commit(&p.g, p.client, 1000, steps, NULL, 0);
        is_told_conflict(&p, "in doubt");
        /* it begins anew, and nothing of what the liar said is left, with this server and the next */
        rig_empty(&p.g, p.client, FEMD_MSG_BYE, 0);
        const uint32_t silent = p.answers[1];
        for (int life = 0; life < 2; life++) {
            p.g.instance++;
            p.wrong = 0;
            client_comes(&p);
            for (uint32_t k = 1; k <= steps; k++) {
                pool_ask(&p, k, (double)k);
                assert_int_equal(p.count, POINTS);
            }
            assert_int_equal(p.wrong, 0);
            assert_int_equal(p.answers[1], silent); /* whoever was convicted is asked nothing more */
            assert_int_equal(count_kept_lies(), 0);
            rig_empty(&p.g, p.client, FEMD_MSG_BYE, 0);
            server_dies(&p);
            rig_empty(&p.g, p.client, FEMD_MSG_BYE, 0);
        }
        lives_close(&p);
    }
}

static int from_strain_50(uint32_t nth, const femd_request *request) {
    (void)nth;
    return request->value[0] >= 50;
}

/* What the liar answered before its last good audit stands, also if that was by the server before. */
static void what_was_audited_by_a_server_that_died_stands(void **state) {
    (void)state;
    pool p;
    femd_error err = FEMD_ERROR_INIT;
    const liar how[] = {never, from_strain_50, never, never};
    lives_open(&p, 0.05, 4, how, 0);
    for (uint32_t step = 1; step < 50; step++) {
        rig_wait(&p.g, 1);
        pool_ask(&p, step, (double)step);
        rig_commit(&p.g, p.client, step, step, NULL, 0);
    }
    p.g.config.audit = 0.004;
    server_dies(&p);
    (void)run_until_convicted(&p, 50, 100);
    assert_true(pool_error(&p, &err));
    const char *number = strstr(err.text, "step ");
    assert_non_null(number);
    const long first = strtol(number + 5, NULL, 10);
    if (first <= 40 || first > 50) fail_msg("%s", err.text);
    assert_int_equal(count_kept_lies(), 0);
    lives_close(&p);
}

/* A run in doubt is in doubt for the server after that, whoever of its own comes back. */
static void a_run_in_doubt_stays_in_doubt(void **state) {
    (void)state;
    for (int away = 0; away < 3; away++) { /* 2: and with a server that it has not come to */
        pool p;
        femd_error err = FEMD_ERROR_INIT;
        const liar how[] = {never, always, never};
        lives_open(&p, 0.004, 3, how, 0);
        client_comes(&p); /* with a number by which it is known */
        assert_true(pool_error(&p, &err));
        rig_vanish(&p.g, 1);
        client_comes(&p);
        uint32_t step = 1;
        for (uint64_t other = 0; !pool_count(&p)->convicted; step++) {
            pool_ask(&p, step, (double)step);
            if (pool_count(&p)->convicted) break;
            rig_commit(&p.g, p.client, step, step, NULL, 0);
            if (!away || step < 2 || other) continue;
            rig_vanish(&p.g, p.client); /* the liar is found for another run, while this one has no client */
            p.g.instance = 1;
            if (away == 2) server_dies_for(&p, "other");
            if (away == 1) client_comes_for(&p, "other");
            other = p.client;
        }
        p.g.instance = 4711;
        if (away) rig_vanish(&p.g, p.client);
        for (int life = 0; life < 2; life++) {
            if (away || life) {
                if (life) server_dies(&p);
                if (!life) client_comes(&p);
            } else
                (void)pool_error(&p, &err);
            rig_commit(&p.g, p.client, 1000, 500, NULL, 0);
            is_told_conflict(&p, "step 1 and what follows is in doubt");
            rig_evaluate(&p.g, p.client, 1000, p.asked, 1);
            is_told_conflict(&p, "in doubt");
        }
        rig_vanish(&p.g, p.client);
        p.g.instance = 9;
        p.client = rig_client_from(&p.g, "beam", 0, 1, 2);
        assert_true(pool_error(&p, &err));
        assert_int_equal(err.code, FEMD_REFUSED);
        assert_non_null(strstr(err.text, "goes on from step 2"));
        for (int life = 0; life < 2; life++) { /* another one begins anew, and is in no doubt in the next life either */
            if (life)
                server_dies(&p);
            else
                client_comes(&p);
            rig_commit(&p.g, p.client, 2000, 1 + (uint32_t)life, NULL, 0);
            assert_int_equal(rig_count(&p.g, p.client, FEMD_MSG_COMMITTED), 1);
        }
        lives_close(&p);
    }
}

/* Wherever the journal ends, the books agree, and the liar that is convicted then leaves no lie that is known. */
static void every_beginning_of_a_journal_knows_its_authors(void **state) {
    (void)state;
    pool p;
    const liar how[] = {never, always, never};
    lives_open(&p, 0.004, 3, how, 0);
    for (uint32_t step = 1; step < 3; step++) {
        pool_ask(&p, step, (double)step);
        rig_commit(&p.g, p.client, step, step, NULL, 0);
    }
    const size_t records = shelf.records, answers = shelf.answers;
    assert_int_equal(pool_count(&p)->convicted, 0);
    for (size_t n = 0; n <= records; n += 1 + n / 16) {
        rig_restart_from(&p.g, n);
        femd_core_settle(p.g.core, p.g.now);
        rig_audit(&p.g);
    }
    assert_int_equal(shelf.answers, answers);
    server_dies(&p);
    (void)run_until_convicted(&p, 3, 0);
    is_told_conflict(&p, "step 1 and what follows is in doubt");
    assert_int_equal(count_kept_lies(), 0);
    lives_close(&p);
}

/* So many have left memory that nobody remembers them: what the store says of who answered is enough. */
static void any_number_of_lies_leaves_the_store(void **state) {
    (void)state;
    pool p;
    const liar how[] = {never, always, never};
    lives_open(&p, 1e-4, 3, how, 1);
    uint64_t batch = 200; /* of the next 1,800 evaluations none is audited */
    for (; !pool_count(&p)->convicted && batch < 1000; batch++) pool_ask(&p, batch, (double)batch);
    assert_int_equal(pool_count(&p)->convicted, 1);
    assert_true(shelf.disbelieved > 400 && count_kept_lies() == 0);
    lives_close(&p);
}

/* The number of the worker that is in quarantine, 0 if none is. */
static uint64_t find_quarantined(pool *p, uint64_t admin) {
    cJSON *status = rig_status(&p->g, admin), *object;
    uint64_t number = 0;
    cJSON_ArrayForEach(object, cJSON_GetObjectItem(status, "workers")) {
        if (cJSON_GetObjectItem(object, "reason"))
            number = (uint64_t)cJSON_GetNumberValue(cJSON_GetObjectItem(object, "number"));
    }
    cJSON_Delete(status);
    return number;
}

static void who_is_convicted_or_released_is_so_in_the_next_life(void **state) {
    (void)state;
    pool p;
    const liar how[] = {never, every_20th, never};
    lives_open(&p, 1, 3, how, 0);
    p.g.config.open_to_admins = 1;
    server_dies(&p);
    (void)run_until_convicted(&p, 1, 0);
    server_dies(&p);
    uint64_t admin = rig_admin(&p.g);
    const uint64_t number = find_quarantined(&p, admin);
    assert_true(number > 0);
    assert_null(strchr(rig_act(&p.g, admin, "release", number, ""), '!'));
    server_dies(&p);
    admin = rig_admin(&p.g);
    assert_int_equal(find_quarantined(&p, admin), 0);
    lives_close(&p);
}

/* The clock of the machine has gone back: what was audited later is later all the same. */
static void times_go_on_where_the_clock_has_gone_back(void **state) {
    (void)state;
    for (int back = 0; back < 2; back++) { /* told of answers, or of authors and runs alone */
        pool p;
        femd_error err = FEMD_ERROR_INIT;
        const liar how[] = {never, from_strain_50, never, never};
        lives_open(&p, 0, 4, how, 0);
        p.g.config.wall = 10000;
        server_dies(&p);
        for (uint32_t batch = 1; batch < 50; batch++) {
            if (batch == 4) {
                p.g.config.audit = 0.05;
                p.g.config.wall = 0;
                server_dies(&p);
            }
            rig_wait(&p.g, 1);
            pool_ask(&p, batch, (double)batch);
            if (batch < 4) rig_commit(&p.g, p.client, batch, batch, NULL, 0); /* few steps, all of which it remembers */
            if (back && batch == 2) server_dies(&p);
        }
        rig_commit(&p.g, p.client, 49, 4, NULL, 0);
        (void)run_until_convicted(&p, 50, 100);
        assert_true(pool_error(&p, &err));
        const char *number = strstr(err.text, "step ");
        assert_non_null(number);
        const long first = strtol(number + 5, NULL, 10);
        if (first < 4 || first > 50) fail_msg("%s", err.text);
        lives_close(&p);
    }
}

/* A store that does not forget, since its disk is full: what the convicted worker said is not taken from it. */
static void a_store_that_does_not_forget_is_not_believed(void **state) {
    (void)state;
    pool p;
    const liar how[] = {never, always, never};
    lives_open(&p, 0.004, 3, how, 1);
    shelf.keeps_all = 1;
    const uint32_t steps = run_until_convicted(&p, 1, 1);
    assert_true(count_kept_lies() > 0);
    rig_empty(&p.g, p.client, FEMD_MSG_BYE, 0);
    p.wrong = 0;
    p.g.instance++;
    for (int life = 0; life < 2; life++) {
        if (life) server_dies(&p);
        if (!life) client_comes(&p);
        for (uint32_t k = 1; k <= steps; k++) {
            pool_ask(&p, 100 + k, (double)k);
            assert_int_equal(p.count, POINTS);
        }
        assert_int_equal(p.wrong, 0);
    }
    lives_close(&p);
}

/* What a journal still tells of lies is not in the books of the server that reads it: of those that had left memory
 * when their author was convicted nobody had said more than that, and of those that are tentative it comes later. */
static void no_lie_comes_back_from_the_journal(void **state) {
    (void)state;
    for (int tentative = 0; tentative < 2; tentative++) {
        pool p;
        const liar how[] = {never, from_strain_50, never, never};
        lives_open(&p, 0.05, 4, how, 1);
        for (uint32_t step = 1; step < 20; step++) {
            rig_wait(&p.g, 1);
            pool_ask(&p, step, (double)step);
        }
        p.g.config.audit = 0.004;
        server_dies(&p);
        uint32_t step = 50;
        for (; !pool_count(&p)->convicted && step < 150; step++) {
            rig_wait(&p.g, 1);
            pool_ask(&p, step, (double)step);
            if (step == 50 && tentative) {
                p.g.config.cache_bytes = 0;
                server_dies(&p);
            }
        }
        assert_int_equal(pool_count(&p)->convicted, 1);
        rig_empty(&p.g, p.client, FEMD_MSG_BYE, 0);
        if (!tentative) {
            p.g.config.cache_bytes = 0;
            server_dies(&p);
            rig_empty(&p.g, p.client, FEMD_MSG_BYE, 0);
        }
        p.g.instance++;
        client_comes(&p);
        p.wrong = 0;
        for (uint32_t k = 50; k <= step; k++) {
            pool_ask(&p, k, (double)k);
            assert_int_equal(p.count, POINTS);
        }
        assert_int_equal(p.wrong, 0);
        lives_close(&p);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_answered_to_a_server_that_died_is_in_doubt),
        cmocka_unit_test(what_was_audited_by_a_server_that_died_stands),
        cmocka_unit_test(a_run_in_doubt_stays_in_doubt),
        cmocka_unit_test(every_beginning_of_a_journal_knows_its_authors),
        cmocka_unit_test(any_number_of_lies_leaves_the_store),
        cmocka_unit_test(times_go_on_where_the_clock_has_gone_back),
        cmocka_unit_test(a_store_that_does_not_forget_is_not_believed),
        cmocka_unit_test(no_lie_comes_back_from_the_journal),
        cmocka_unit_test(who_is_convicted_or_released_is_so_in_the_next_life),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
