/* Random interleavings of everything that can happen, with the books audited and every answer checked: nothing is lost,
 * nothing is answered twice, no byte stays behind. FEMD_SEED and FEMD_EVENTS repeat or lengthen a run. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "annals.h"
#include "disbelief.h"
#include "femd/hash.h"
#include "random_pool.h"

/* In its place comes one that has read the journal. Some workers die with it, the others come back, with all that they
 * hold and with answers to tasks of the old one. */
static void server_dies(void) {
    if (!(pool.share > 0)) assert_int_equal(femd_core_count(pool.g.core)->conflicts, 0);
    pool.unaudited += femd_core_count(pool.g.core)->unaudited;
    pool.convicted += femd_core_count(pool.g.core)->convicted;
    pool.restarts++;
    /* where the machine ends with it, what was not on disk yet is lost */
    rig_restart_from(&pool.g, shelf.records - (pool.parts ? draw((uint32_t)shelf.unwritten + 1) : 0));
    femd_core_summarise(pool.g.core);
    rig_collect(&pool.g);
    for (int i = 0; i < CLIENTS; i++) client_returns(i);
    for (int i = 0; i < WORKERS; i++) {
        if (!pool.worker[i].route) continue;
        if (draw(3))
            worker_comes(i, 1);
        else {
            way_ends(pool.worker[i].route);
            pool.worker[i].route = 0;
        }
    }
}

static void one_event(void) {
    if (pool.mortal && draw((uint32_t)pool.mortal) == 0) server_dies();
    int w = (int)draw(WORKERS), c = (int)draw(CLIENTS);
    uint32_t what = draw(1000);
    pool.g.now += 1e-4 * draw(20);
    if (pool.parts) {
        way_arrives(100 + draw(WORKERS));
        way_arrives(1 + draw(CLIENTS));
    }
    if (what < 250)
        worker_reads(w);
    else if (what < 330)
        worker_starts(w);
    else if (what < 600)
        worker_answers(w);
    else if (what < 720)
        client_reads(c);
    else if (what < 820)
        client_evaluates(c);
    else if (what < 900)
        client_commits(c);
    else if (what < 920)
        client_aborts(c);
    else if (what < 930)
        client_repeats(c);
    else if (what < 940)
        client_cancels(c);
    else if (what < 942)
        worker_dies(w);
    else if (what < 960 && !pool.worker[w].route)
        worker_comes(w, 0);
    else if (what < 961)
        client_leaves(c, (int)draw(2));
    else if (what < 980 && !pool.client[c].route)
        client_comes(c);
    else if (what < 985)
        femd_core_trim(pool.g.core, draw(60000));
    else {
        femd_core_tick(pool.g.core, pool.g.now);
        rig_collect(&pool.g);
    }
}

/* Let everything come to rest: everybody reads and works until nothing is open. */
static void come_to_rest(void) {
    for (int i = 0; i < WORKERS; i++)
        if (!pool.worker[i].route) worker_comes(i, 0);
    for (int round = 0; round < 400; round++) {
        femd_core_totals sum;
        (void)all_arrives();
        for (int i = 0; i < WORKERS; i++) {
            while (pool.g.inbox[pool.worker[i].route].count) worker_reads(i);
            while (pool.worker[i].count) worker_answers(i);
        }
        for (int i = 0; i < CLIENTS; i++) client_reads(i);
        if (all_arrives()) continue;
        femd_core_sum(pool.g.core, &sum);
        if (sum.queued + sum.waiting + sum.running + sum.open_batches == 0) break;
    }
    for (int i = 0; i < CLIENTS; i++)
        if (pool.client[i].route && pool.client[i].busy)
            fail_msg("client %d still waits for %u points", i, pool.client[i].left);
}

static uint64_t from_environment(const char *name, uint64_t fallback) {
    const char *text = getenv(name);
    return text ? strtoull(text, NULL, 0) : fallback;
}

/* What is kept for other runs and not true. */
static uint64_t count_kept_lies(void) {
    uint64_t lies = 0;
    for (size_t i = 0; i < shelf.answer_end; i++) {
        const femd_buffer *bytes = &shelf.answer[i].bytes;
        femd_kept kept;
        femd_response said, right;
        if (!bytes->data) continue;
        assert_int_equal(kept_decode(bytes->data, bytes->size, &kept, NULL), FEMD_OK);
        assert_int_equal(femd_response_decode(kept.response.data, kept.response.size, &said, NULL), FEMD_OK);
        rig_answer_of(&kept.request, &right);
        lies += memcmp(said.S, right.S, sizeof right.S) != 0;
    }
    return lies;
}

/* Those of them whose author is convicted, as the journal says, and was not audited well after it had said them. */
static uint64_t count_kept_of_convicted(void) {
    femd_buffer convicted = FEMD_BUFFER_INIT;
    uint64_t lies = 0;
    for (size_t i = shelf.records; i-- > 0;) { /* what is said last of each */
        femd_annal annal;
        const femd_buffer *record = &shelf.record[i];
        assert_int_equal(annal_decode(record->data, record->size, &annal, NULL), FEMD_OK);
        if (annal.kind != ANNAL_AUTHOR || !annal.rank) continue;
        const uint8_t *at = annal.bytes.data;
        femd_disbelieved one = {.author = annal.number, .from = femd_getf64(at + 16)};
        int known = 0;
        for (size_t k = 0; k < convicted.size; k += 24) known |= femd_get64(convicted.data + k) == one.author;
        if (femd_getf64(at + 32) > one.from) one.from = femd_getf64(at + 32);
        if (!known) assert_int_equal(disbelief_add(&convicted, &one, NULL), FEMD_OK);
    }
    for (size_t i = 0; i < shelf.answer_end; i++) {
        femd_kept kept;
        if (!shelf.answer[i].bytes.data) continue;
        assert_int_equal(kept_decode(shelf.answer[i].bytes.data, shelf.answer[i].bytes.size, &kept, NULL), FEMD_OK);
        lies += disbelief_holds(&(femd_bytes){convicted.data, convicted.size}, &kept);
    }
    femd_buffer_clear(&convicted);
    return lies;
}

static void play(uint32_t batch, uint64_t events, int mortal, double share, int parts) {
    uint64_t seed = from_environment("FEMD_SEED", 20240229);
    memset(&pool, 0, sizeof pool);
    pool.x = seed | 1;
    pool.batch = batch;
    pool.mortal = mortal;
    pool.share = share;
    pool.points = share >= 1 ? AUDITED : POINTS; /* or the workers, asked twice for each, would never come to an end */
    pool.parts = parts;
    rig_shelf_init(&shelf);
    rig_init(&pool.g, &(femd_core_config){.cache_bytes = 200000,
                                          .message_points = 3,
                                          .audit = share,
                                          .recall = mortal ? &shelf.recall : NULL,
                                          .journal = mortal > 0});
    for (int i = 0; i < WORKERS; i++) worker_comes(i, 0);
    for (int i = 0; i < CLIENTS; i++) client_comes(i);
    for (uint64_t k = 0; k < events; k++) {
        one_event();
        if (k % AUDIT_EVERY == 0) rig_audit(&pool.g);
        if (k % 20000 == 19999) come_to_rest();
    }
    come_to_rest();
    const femd_core_counters *n = femd_core_count(pool.g.core);
    if (mortal) assert_true(pool.restarts > events / (2 * (uint64_t)mortal));
    print_message("restarts %llu, seed %llu: %llu events, %llu answers, %llu commits, %llu deaths, requeued %llu, "
                  "remade %llu, reused "
                  "%llu, poison %llu\n",
                  (unsigned long long)pool.restarts, (unsigned long long)seed, (unsigned long long)events,
                  (unsigned long long)pool.answers, (unsigned long long)pool.finished_commits,
                  (unsigned long long)pool.deaths, (unsigned long long)n->requeued, (unsigned long long)n->remade,
                  (unsigned long long)n->reused, (unsigned long long)n->poison);
    if (parts) {
        print_message("%llu messages were cut, %llu connections ended within one\n", (unsigned long long)pool.cut,
                      (unsigned long long)pool.torn);
        assert_true(pool.cut > events / 100);
    }
    if (share > 0) {
        pool.kept_lies = mortal ? count_kept_lies() : 0;
        assert_int_equal(mortal ? count_kept_of_convicted() : 0, 0);
        print_message("audits %llu, audited %llu, unaudited %llu, convicted %llu, undecided %llu, lies %llu, believed "
                      "%llu, kept %llu, unaudited before %llu\n",
                      (unsigned long long)n->audits, (unsigned long long)n->audited, (unsigned long long)n->unaudited,
                      (unsigned long long)n->convicted, (unsigned long long)n->undecided, (unsigned long long)pool.lies,
                      (unsigned long long)pool.believed, (unsigned long long)pool.kept_lies,
                      (unsigned long long)pool.unaudited);
        if (!mortal) assert_true(n->audited > events / 1000);
        assert_true(n->convicted + pool.convicted > 10 && pool.lies > 10);
        if (share >= 1 && pool.believed + pool.kept_lies)
            assert_true(n->unaudited + pool.unaudited > 0); /* none that another was asked for */
    } else
        assert_int_equal(n->conflicts, 0);
    assert_true(pool.finished_commits > events / (share > 0 ? 40000 : 4000)); /* two workers have to meet */
    for (int i = 0; i < CLIENTS; i++) client_leaves(i, 1);
    for (int i = 0; i < WORKERS; i++) worker_dies(i);
    rig_wait(&pool.g, 61); /* a run outlives the loss of its clients for a minute */
    femd_core_trim(pool.g.core, 0);
    rig_audit(&pool.g);
    femd_core_totals sum;
    femd_core_sum(pool.g.core, &sum);
    assert_int_equal(sum.requests + sum.responses + sum.states + sum.batches, 0);
    assert_int_equal(sum.bytes, sum.materials);
    assert_int_equal(sum.evaluations + sum.state_count + sum.waiters + sum.lanes + sum.runs + sum.peers, 0);
    rig_clear(&pool.g);
    rig_shelf_clear(&shelf);
}

static void nothing_is_lost_and_nothing_answered_twice(void **state) {
    (void)state;
    play(1, from_environment("FEMD_EVENTS", 400000), 0, 0, 0);
}

/* An engine that takes four points at once: a death makes all of them suspect. */
static void nor_with_an_engine_that_takes_batches(void **state) {
    (void)state;
    play(4, from_environment("FEMD_EVENTS", 200000), 0, 0, 0);
}

/* The server dies too, about every 2000 events, and goes on from its journal. */
static void nor_with_a_server_that_dies(void **state) {
    (void)state;
    play(1, from_environment("FEMD_EVENTS", 400000), 2000, 0, 0);
}

/* One worker lies at times, every answer is audited: then a quarter of them, and the server dies as well. */
static void nor_with_a_liar(void **state) {
    (void)state;
    play(1, from_environment("FEMD_EVENTS", 300000), 0, 1, 0);
    play(4, from_environment("FEMD_EVENTS", 100000), 0, 0.25, 0);
    play(1, from_environment("FEMD_EVENTS", 100000), 2000, 1, 0);
}

/* All messages come in parts at times, and others between them; connections and the server end in their midst. */
static void nor_with_messages_in_parts(void **state) {
    (void)state;
    play(1, from_environment("FEMD_EVENTS", 100000), 0, 0, 1);
    play(1, from_environment("FEMD_EVENTS", 200000), 8000, 1, 1);
    play(4, from_environment("FEMD_EVENTS", 100000), 4000, 0.25, 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(nothing_is_lost_and_nothing_answered_twice),
                                       cmocka_unit_test(nor_with_an_engine_that_takes_batches),
                                       cmocka_unit_test(nor_with_a_server_that_dies), cmocka_unit_test(nor_with_a_liar),
                                       cmocka_unit_test(nor_with_messages_in_parts)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
