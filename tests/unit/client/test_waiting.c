/* How long libfemd waits for a batch, what it tells meanwhile, and what ends the wait. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "batch_answers.h"
#include "femd/clock.h"

static void answer_late(fake_server *s, const femd_frame *f) {
    static femd_frame kept;
    static uint8_t body[1 << 16];
    if (f->type == FEMD_MSG_EVALUATE && s->seen[FEMD_MSG_EVALUATE] == 1) {
        kept = *f;
        memcpy(body, f->body.data, f->body.size);
        kept.body.data = body;
        return;
    }
    if (f->type == FEMD_MSG_CANCEL) fake_answer(s, &kept); /* after the client has given it up */
    if (f->type == FEMD_MSG_EVALUATE) fake_answer(s, f);
}

static void answers_to_a_cancelled_batch_are_dropped(void **state) {
    (void)state;
    fake_server s = {.handle = answer_late};
    asker a;
    size_t done;
    asker_open(&a, &s);
    asker_submits(&a);
    assert_int_equal(femd_client_poll(a.client, a.batch, 0.1, &done, &a.err), FEMD_OK);
    assert_int_equal(done, 0);
    femd_client_cancel(a.client, &a.batch);
    assert_null(a.batch);
    fake_requests(a.request, 3, 50);
    asker_submits(&a);
    asker_collects(&a, 50);
    asker_close(&a, &s);
    assert_int_equal(s.seen[FEMD_MSG_CANCEL], 1);
}

static int stop_at_once(void *user, const femd_progress_info *info) {
    femd_progress_info *last = user;
    *last = *info;
    return info->waiting_for_workers;
}

static void pulse_of_no_workers(fake_server *s) {
    const femd_pulse p = {.workers = 0, .queued = 3};
    if (s->seen[FEMD_MSG_EVALUATE] && femd_pulse_encode(&s->out, &p, NULL) == FEMD_OK) fake_send(s);
}

static void progress_says_that_workers_are_missing_and_may_cancel(void **state) {
    (void)state;
    fake_server s = {.idle = pulse_of_no_workers};
    femd_progress_info last = {0};
    asker a;
    asker_open_telling(&a, &s, stop_at_once, &last);
    asker_submits(&a);
    assert_int_equal(femd_client_collect(a.client, &a.batch, a.response, &a.err), FEMD_CANCELLED);
    assert_null(a.batch);
    assert_int_equal(last.total, 3);
    assert_int_equal(last.done, 0);
    asker_close(&a, &s);
    assert_int_equal(s.seen[FEMD_MSG_CANCEL], 1);
}

static int note_progress(void *user, const femd_progress_info *info) {
    *(femd_progress_info *)user = *info;
    return info->done == info->total; /* too late to cancel */
}

static void progress_tells_the_end_of_a_short_wait_too(void **state) {
    (void)state;
    unsigned largest = 0;
    fake_server s = {.handle = answer_evaluate, .test = &largest};
    femd_progress_info last = {0};
    asker a;
    asker_open_telling(&a, &s, note_progress, &last);
    asker_submits(&a);
    assert_int_equal(femd_client_collect(a.client, &a.batch, a.response, &a.err), FEMD_OK);
    assert_int_equal(last.done, 3);
    assert_int_equal(last.total, 3);
    asker_close(&a, &s);
}

typedef struct told {
    femd_progress_info last;
    uint64_t least_total;
} told;

static int note_told(void *user, const femd_progress_info *info) {
    told *t = user;
    t->last = *info;
    if (info->total < t->least_total) t->least_total = info->total;
    return 0;
}

/* Batches that are out together are one: those that are collected first still count, until all are. */
static void progress_counts_all_batches_that_were_out_together(void **state) {
    (void)state;
    unsigned largest = 0;
    fake_server s = {.handle = answer_evaluate, .test = &largest};
    told t = {.least_total = 1000};
    femd_request q[3];
    femd_response r[3];
    femd_batch *b[3] = {NULL};
    femd_error err = FEMD_ERROR_INIT;
    femd_client *c = NULL;
    fake_start(&s);
    const femd_client_config cfg = {.size = sizeof cfg, .address = s.address, .progress = note_told, .user = &t};
    assert_int_equal(femd_client_open(&cfg, &c, &err), FEMD_OK);
    fake_requests(q, 3, 1);
    for (int i = 0; i < 3; i++)
        assert_int_equal(femd_client_submit(c, &material, q, (size_t)i + 1, &b[i], &err), FEMD_OK);
    t.least_total = 1000; /* from here on */
    for (int i = 0; i < 3; i++) assert_int_equal(femd_client_collect(c, &b[i], r, &err), FEMD_OK);
    assert_int_equal(t.least_total, 6);
    assert_int_equal(t.last.total, 6);
    assert_int_equal(t.last.done, 6);
    assert_int_equal(femd_client_submit(c, &material, q, 2, &b[0], &err), FEMD_OK);
    assert_int_equal(femd_client_collect(c, &b[0], r, &err), FEMD_OK);
    assert_int_equal(t.last.total, 2); /* another batch, alone */
    assert_int_equal(t.last.done, 2);
    femd_client_close(&c);
    fake_stop(&s);
}

static void wait_timeout_bounds_a_wait(void **state) {
    (void)state;
    fake_server s = {0};
    femd_request q[3];
    femd_response r[3];
    femd_batch *b = NULL;
    femd_error err = FEMD_ERROR_INIT;
    femd_client *c = NULL;
    fake_start(&s);
    const femd_client_config cfg = {.size = sizeof cfg, .address = s.address, .wait_timeout = 0.4};
    assert_int_equal(femd_client_open(&cfg, &c, &err), FEMD_OK);
    fake_requests(q, 3, 1);
    const double begun = femd_clock();
    assert_int_equal(femd_client_submit(c, &material, q, 3, &b, &err), FEMD_OK);
    assert_int_equal(femd_client_collect(c, &b, r, &err), FEMD_TIMEOUT);
    assert_true(femd_clock() - begun < 2);
    femd_client_close(&c);
    fake_stop(&s);
}

static void refuse_batch(fake_server *s, const femd_frame *f) {
    const femd_error e = {FEMD_LIMIT, "too much at once"};
    if (f->type == FEMD_MSG_EVALUATE && femd_error_encode(&s->out, f->id, &e, NULL) == FEMD_OK) fake_send(s);
}

static void refused_batch_brings_the_servers_words(void **state) {
    (void)state;
    fake_server s = {.handle = refuse_batch};
    asker a;
    asker_open(&a, &s);
    asker_submits(&a);
    assert_int_equal(femd_client_collect(a.client, &a.batch, a.response, &a.err), FEMD_LIMIT);
    assert_string_equal(a.err.text, "too much at once");
    asker_close(&a, &s);
}

static void number_that_is_not_finite_is_refused_before_it_is_sent(void **state) {
    (void)state;
    fake_server s = {0};
    femd_request q[3];
    femd_batch *b = NULL;
    femd_error err = FEMD_ERROR_INIT;
    fake_start(&s);
    femd_client *c = fake_client(&s);
    fake_requests(q, 3, 1);
    q[1].value[4] = strtod("nan", NULL);
    assert_int_equal(femd_client_submit(c, &material, q, 3, &b, &err), FEMD_BAD_ARGUMENT);
    assert_non_null(strstr(err.text, "point 2"));
    assert_null(b);
    femd_client_close(&c);
    fake_stop(&s);
    assert_int_equal(s.seen[FEMD_MSG_EVALUATE], 0);
}

static void lost_server_ends_the_wait_within_ten_seconds(void **state) {
    (void)state;
    fake_server s = {0};
    asker a;
    asker_open(&a, &s);
    asker_submits(&a);
    fake_stop(&s);
    const double begun = femd_clock();
    assert_int_equal(femd_client_collect(a.client, &a.batch, a.response, &a.err), FEMD_DISCONNECTED);
    assert_true(femd_clock() - begun < 10);
    char *text = NULL;
    assert_int_equal(femd_client_status(a.client, &text, &a.err), FEMD_DISCONNECTED); /* and every later call at once */
    assert_true(femd_clock() - begun < 10);
    femd_client_close(&a.client);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_to_a_cancelled_batch_are_dropped),
        cmocka_unit_test(progress_says_that_workers_are_missing_and_may_cancel),
        cmocka_unit_test(progress_tells_the_end_of_a_short_wait_too),
        cmocka_unit_test(progress_counts_all_batches_that_were_out_together),
        cmocka_unit_test(wait_timeout_bounds_a_wait),
        cmocka_unit_test(refused_batch_brings_the_servers_words),
        cmocka_unit_test(number_that_is_not_finite_is_refused_before_it_is_sent),
        cmocka_unit_test(lost_server_ends_the_wait_within_ten_seconds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
