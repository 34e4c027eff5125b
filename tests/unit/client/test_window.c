/* What libfemd has under way at a time, and answers that are none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fake_server.h"
#include "femd/clock.h"

enum { MANY = 64 + 20 /* messages, of which 64 may be under way */, FEW = 10 };
static const femd_hash material = {{1, 2, 3}};

/* Answers points from `from` on. */
static void answer_late_ones(fake_server *s, const femd_frame *f) {
    const uint64_t *from = s->test;
    femd_hash of;
    femd_reader rd;
    femd_request q;
    if (f->type != FEMD_MSG_EVALUATE) return;
    if (femd_evaluate_open(f, &of, &rd, NULL) == FEMD_OK && femd_evaluate_next(&rd, &q, NULL) == 1 && q.point >= *from)
        fake_answer(s, f);
}

/* More messages are under way than the window holds, and given up: the next batch has the whole window. */
static void what_is_cancelled_leaves_the_window(void **state) {
    (void)state;
    uint64_t from = 1000;
    fake_server s = {.handle = answer_late_ones, .test = &from, .batch_max = 1};
    femd_request q[MANY];
    femd_response r[FEW];
    femd_batch *b = NULL;
    femd_error err = FEMD_ERROR_INIT;
    fake_start(&s);
    femd_client *c = fake_client(&s);
    for (int i = 0; i < 3; i++) {
        size_t done;
        fake_requests(q, MANY, 0);
        assert_int_equal(femd_client_submit(c, &material, q, MANY, &b, &err), FEMD_OK);
        assert_int_equal(femd_client_poll(c, b, 0.05, &done, &err), FEMD_OK);
        assert_int_equal(done, 0);
        femd_client_cancel(c, &b);
        const double begun = femd_clock();
        fake_requests(q, FEW, 1000);
        assert_int_equal(femd_client_submit(c, &material, q, FEW, &b, &err), FEMD_OK);
        assert_int_equal(femd_client_collect(c, &b, r, &err), FEMD_OK);
        fake_check(r, FEW, 1000);
        assert_true(femd_clock() - begun < 2.5); /* after that it would send all again, and count anew */
    }
    femd_client_close(&c);
    fake_stop(&s);
}

/* So many messages are under way and not one more, until an answer comes. */
static void no_more_than_the_window_is_sent(void **state) {
    (void)state;
    uint64_t from = 1000;
    fake_server s = {.handle = answer_late_ones, .test = &from, .batch_max = 1};
    femd_request q[MANY];
    femd_batch *b = NULL;
    femd_error err = FEMD_ERROR_INIT;
    size_t done;
    fake_start(&s);
    femd_client *c = fake_client(&s);
    fake_requests(q, MANY, 0);
    assert_int_equal(femd_client_submit(c, &material, q, MANY, &b, &err), FEMD_OK);
    assert_int_equal(femd_client_poll(c, b, 0.1, &done, &err), FEMD_OK);
    femd_client_cancel(c, &b);
    fake_requests(q, FEW, 1000); /* its answers come after all that was sent before it */
    femd_response r[FEW];
    assert_int_equal(femd_client_submit(c, &material, q, FEW, &b, &err), FEMD_OK);
    assert_int_equal(femd_client_collect(c, &b, r, &err), FEMD_OK);
    femd_client_close(&c);
    fake_stop(&s);
    assert_int_equal(s.seen[FEMD_MSG_EVALUATE], 64 + FEW);
}

/* The server forgets this client when the window is full, and answers once it has said hello again. */
static void forget_once_then_answer(fake_server *s, const femd_frame *f) {
    if (f->type != FEMD_MSG_EVALUATE) return;
    if (s->hellos > 1)
        fake_answer(s, f);
    else if (s->seen[FEMD_MSG_EVALUATE] == 64)
        fake_send_bare(s, FEMD_MSG_REREGISTER, 0);
}

/* What is sent again begins with an empty window. */
static void who_is_forgotten_has_the_whole_window_again(void **state) {
    (void)state;
    fake_server s = {.handle = forget_once_then_answer, .batch_max = 1};
    femd_request q[MANY];
    femd_response r[MANY];
    femd_batch *b = NULL;
    femd_error err = FEMD_ERROR_INIT;
    fake_start(&s);
    femd_client *c = fake_client(&s);
    fake_requests(q, MANY, 0);
    const double begun = femd_clock();
    assert_int_equal(femd_client_submit(c, &material, q, MANY, &b, &err), FEMD_OK);
    assert_int_equal(femd_client_collect(c, &b, r, &err), FEMD_OK);
    assert_true(femd_clock() - begun < 2.5); /* after that it would send all again */
    fake_check(r, MANY, 0);
    femd_client_close(&c);
    fake_stop(&s);
    assert_int_equal(s.seen[FEMD_MSG_EVALUATE], 64 + MANY);
}

/* An answer to a point that was not asked. */
static void answer_one_too_far(fake_server *s, const femd_frame *f) {
    const femd_request q = {.point = 3};
    if (f->type != FEMD_MSG_EVALUATE) return;
    if (femd_frame_begin(&s->out, FEMD_MSG_RESULT, f->id, NULL) != FEMD_OK) return;
    fake_result_add(s, f->count, &q, 0);
    femd_frame_finish(&s->out, 1);
    fake_send(s);
}

static void an_answer_to_no_point_is_refused(void **state) {
    (void)state;
    fake_server s = {.handle = answer_one_too_far};
    femd_request q[FEW];
    femd_response r[FEW];
    femd_batch *b = NULL;
    femd_error err = FEMD_ERROR_INIT;
    fake_start(&s);
    femd_client *c = fake_client(&s);
    fake_requests(q, FEW, 0);
    assert_int_equal(femd_client_submit(c, &material, q, FEW, &b, &err), FEMD_OK);
    assert_int_equal(femd_client_collect(c, &b, r, &err), FEMD_PROTOCOL);
    assert_non_null(strstr(err.text, "point 10 of a message of 10"));
    femd_client_cancel(c, &b);
    femd_client_close(&c);
    fake_stop(&s);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(what_is_cancelled_leaves_the_window),
                                       cmocka_unit_test(no_more_than_the_window_is_sent),
                                       cmocka_unit_test(who_is_forgotten_has_the_whole_window_again),
                                       cmocka_unit_test(an_answer_to_no_point_is_refused)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
