/* Batches of libfemd: how they are split, what comes back, twice or not at all. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "batch_answers.h"

/* ---- splitting and order ---- */

static void large_batch_is_split_and_comes_back_in_order(void **state) {
    (void)state;
    unsigned largest = 0;
    fake_server s = {.handle = answer_evaluate, .test = &largest};
    enum { N = 10000 };
    femd_request *q = calloc(N, sizeof *q);
    femd_response *r = calloc(N, sizeof *r);
    femd_batch *b = NULL;
    femd_error err = FEMD_ERROR_INIT;
    fake_start(&s);
    femd_client *c = fake_client(&s);
    fake_requests(q, N, 5);
    assert_int_equal(femd_client_submit(c, &material, q, N, &b, &err), FEMD_OK);
    assert_int_equal(femd_client_collect(c, &b, r, &err), FEMD_OK);
    assert_null(b);
    fake_check(r, N, 5);
    femd_client_close(&c);
    fake_stop(&s);
    assert_int_equal(largest, FEMD_BATCH_MAX);
    assert_int_equal(s.seen[FEMD_MSG_EVALUATE], 3);
    free(q);
    free(r);
}

static void servers_own_batch_limit_is_kept(void **state) {
    (void)state;
    unsigned largest = 0;
    fake_server s = {.handle = answer_evaluate, .test = &largest, .batch_max = 7};
    femd_request q[1000];
    femd_response r[1000];
    femd_batch *b = NULL;
    femd_error err = FEMD_ERROR_INIT;
    fake_start(&s);
    femd_client *c = fake_client(&s);
    fake_requests(q, 1000, 0);
    assert_int_equal(femd_client_submit(c, &material, q, 1000, &b, &err), FEMD_OK);
    assert_int_equal(femd_client_collect(c, &b, r, &err), FEMD_OK);
    fake_check(r, 1000, 0);
    femd_client_close(&c);
    fake_stop(&s);
    assert_int_equal(largest, 7);
    assert_int_equal(s.seen[FEMD_MSG_EVALUATE], 143);
}

static void servers_own_limit_of_bytes_is_kept(void **state) {
    (void)state;
    unsigned largest = 0;
    fake_server s = {.handle = answer_evaluate, .test = &largest, .frame_max = 4096 + 10 * FEMD_REQUEST_BYTES};
    femd_request q[200];
    femd_response r[200];
    femd_batch *b = NULL;
    femd_error err = FEMD_ERROR_INIT;
    fake_start(&s);
    femd_client *c = fake_client(&s);
    fake_requests(q, 200, 0);
    assert_int_equal(femd_client_submit(c, &material, q, 200, &b, &err), FEMD_OK);
    assert_int_equal(femd_client_collect(c, &b, r, &err), FEMD_OK);
    fake_check(r, 200, 0);
    femd_client_close(&c);
    fake_stop(&s);
    assert_int_equal(largest, 10);
    assert_int_equal(s.seen[FEMD_MSG_EVALUATE], 20);
}

static void several_batches_are_open_at_once(void **state) {
    (void)state;
    unsigned largest = 0;
    fake_server s = {.handle = answer_evaluate, .test = &largest};
    femd_request q[3][10];
    femd_response r[10];
    femd_batch *b[3] = {NULL};
    femd_error err = FEMD_ERROR_INIT;
    fake_start(&s);
    femd_client *c = fake_client(&s);
    for (int i = 0; i < 3; i++) {
        fake_requests(q[i], 10, 100 * (uint64_t)i);
        assert_int_equal(femd_client_submit(c, &material, q[i], 10, &b[i], &err), FEMD_OK);
    }
    for (int i = 2; i >= 0; i--) {
        assert_int_equal(femd_client_collect(c, &b[i], r, &err), FEMD_OK);
        fake_check(r, 10, 100 * (uint64_t)i);
    }
    femd_client_close(&c);
    fake_stop(&s);
}

static void empty_batch_is_collected_at_once(void **state) {
    (void)state;
    fake_server s = {0};
    femd_batch *b = NULL;
    femd_error err = FEMD_ERROR_INIT;
    fake_start(&s);
    femd_client *c = fake_client(&s);
    assert_int_equal(femd_client_submit(c, &material, NULL, 0, &b, &err), FEMD_OK);
    assert_int_equal(femd_client_collect(c, &b, NULL, &err), FEMD_OK);
    femd_client_close(&c);
    fake_stop(&s);
}

typedef struct one_by_one {
    femd_response *all;
    const femd_response *place; /* where they are lent */
    size_t n;
} one_by_one;

static void keep_one(void *user, size_t i, femd_response *response) {
    one_by_one *k = user;
    assert_int_equal(i, k->n++);
    if (i) assert_ptr_equal(response, k->place);
    k->place = response;
    k->all[i] = *response;
    memset(response, 0xff, sizeof *response); /* it is the sink's to change */
}

static void responses_can_be_taken_one_by_one(void **state) {
    (void)state;
    unsigned largest = 0;
    fake_server s = {.handle = answer_evaluate, .test = &largest, .batch_max = 7};
    femd_request q[100];
    femd_response r[100];
    one_by_one kept = {.all = r};
    femd_batch *b = NULL;
    femd_error err = FEMD_ERROR_INIT;
    fake_start(&s);
    femd_client *c = fake_client(&s);
    fake_requests(q, 100, 3);
    assert_int_equal(femd_client_submit(c, &material, q, 100, &b, &err), FEMD_OK);
    assert_int_equal(femd_client_collect_each(c, &b, NULL, NULL, &err), FEMD_BAD_ARGUMENT);
    assert_int_equal(femd_client_collect_each(c, &b, keep_one, &kept, &err), FEMD_OK);
    assert_null(b);
    assert_int_equal(kept.n, 100);
    fake_check(r, 100, 3);
    femd_client_close(&c);
    fake_stop(&s);
}

/* ---- double answers ---- */

/* The first two points twice, then all. */
static void answer_twice(fake_server *s, const femd_frame *f) {
    femd_hash id;
    femd_reader rd;
    femd_request q[2];
    if (f->type != FEMD_MSG_EVALUATE || femd_evaluate_open(f, &id, &rd, NULL) != FEMD_OK) return;
    for (uint32_t i = 0; i < 2; i++)
        if (femd_evaluate_next(&rd, &q[i], NULL) != 1) return;
    for (int times = 0; times < 2; times++) {
        if (femd_frame_begin(&s->out, FEMD_MSG_RESULT, f->id, NULL) != FEMD_OK) return;
        for (uint32_t i = 0; i < 2; i++) fake_result_add(s, i, &q[i], 0);
        femd_frame_finish(&s->out, 2);
        fake_send(s);
    }
    fake_answer(s, f);
}

static void answer_that_comes_twice_counts_once(void **state) {
    (void)state;
    fake_server s = {.handle = answer_twice};
    femd_request q[5];
    femd_response r[5];
    femd_batch *b = NULL;
    femd_error err = FEMD_ERROR_INIT;
    size_t done = 0;
    fake_start(&s);
    femd_client *c = fake_client(&s);
    for (uint64_t round = 0; round < 20; round++) {
        fake_requests(q, 5, 10 * round);
        assert_int_equal(femd_client_submit(c, &material, q, 5, &b, &err), FEMD_OK);
        assert_int_equal(femd_client_poll(c, b, 1.0, &done, &err), FEMD_OK);
        assert_int_equal(done, 5);
        assert_int_equal(femd_client_collect(c, &b, r, &err), FEMD_OK);
        fake_check(r, 5, 10 * round);
    }
    femd_client_close(&c);
    fake_stop(&s);
}

/* ---- points that the pool gives up ---- */

/* The second point is poison; the others are never answered. */
static void give_one_up(fake_server *s, const femd_frame *f) {
    uint8_t bytes[FEMD_RESPONSE_BYTES_MAX];
    const femd_response poison = {.status = FEMD_POISON};
    if (f->type != FEMD_MSG_EVALUATE || femd_frame_begin(&s->out, FEMD_MSG_RESULT, f->id, NULL) != FEMD_OK) return;
    const femd_result result = {.index = 1,
                                .response = {bytes, femd_response_encode_words(&poison, "it ended 3 workers", bytes)}};
    if (femd_result_add(&s->out, &result, NULL) != FEMD_OK) return;
    femd_frame_finish(&s->out, 1);
    fake_send(s);
}

static void a_point_that_is_given_up_ends_the_wait_for_all(void **state) {
    (void)state;
    fake_server s = {.handle = give_one_up};
    femd_request q[5];
    femd_response r[5];
    femd_batch *first = NULL, *second = NULL;
    femd_error err = FEMD_ERROR_INIT;
    femd_client *c = NULL;
    uint64_t point = 0;
    fake_start(&s);
    const femd_client_config cfg = {.size = sizeof cfg, .address = s.address, .give_up_early = 1, .wait_timeout = 20};
    assert_int_equal(femd_client_open(&cfg, &c, &err), FEMD_OK);
    assert_int_equal(femd_client_given_up(c, &point), FEMD_OK);
    fake_requests(q, 5, 40);
    assert_int_equal(femd_client_submit(c, &material, q, 5, &first, &err), FEMD_OK);
    assert_int_equal(femd_client_submit(c, &material, q, 1, &second, &err), FEMD_OK);
    assert_int_equal(femd_client_collect(c, &first, r, &err), FEMD_POISON);
    assert_non_null(
        strstr(err.text, "point 41: the request ended several workers and is not tried again: it ended 3 workers"));
    assert_int_equal(femd_client_given_up(c, &point), FEMD_POISON);
    assert_int_equal(point, 41);
    assert_string_equal(femd_client_words(c, 41), "it ended 3 workers");
    assert_string_equal(femd_client_words(c, 40), "");
    femd_client_cancel(c, &second);
    assert_int_equal(femd_client_submit(c, &material, q, 1, &first, &err), FEMD_OK);
    assert_int_equal(femd_client_given_up(c, &point), FEMD_OK); /* that was another matter */
    assert_string_equal(femd_client_words(c, 41), "");
    femd_client_close(&c);
    fake_stop(&s);
}

/* All points fail, the last is answered first: of each kind the words of the lowest number are kept. */
static void fail_backwards(fake_server *s, const femd_frame *f) {
    uint8_t bytes[FEMD_RESPONSE_BYTES_MAX];
    char words[8];
    if (f->type != FEMD_MSG_EVALUATE || femd_frame_begin(&s->out, FEMD_MSG_RESULT, f->id, NULL) != FEMD_OK) return;
    for (uint32_t i = 6; i-- > 0;) {
        const femd_response failed = {.status = i % 2 ? FEMD_ENGINE_DIED : FEMD_OUT_OF_DOMAIN};
        snprintf(words, sizeof words, "word %u", i);
        const femd_result result = {.index = i, .response = {bytes, femd_response_encode_words(&failed, words, bytes)}};
        if (femd_result_add(&s->out, &result, NULL) != FEMD_OK) return;
    }
    femd_frame_finish(&s->out, 6);
    fake_send(s);
}

static void words_are_those_of_the_lowest_point(void **state) {
    (void)state;
    fake_server s = {.handle = fail_backwards};
    femd_request q[6];
    femd_response r[6];
    femd_batch *b = NULL;
    femd_error err = FEMD_ERROR_INIT;
    uint64_t point = 0;
    fake_start(&s);
    femd_client *c = fake_client(&s);
    fake_requests(q, 6, 40);
    assert_int_equal(femd_client_submit(c, &material, q, 6, &b, &err), FEMD_OK);
    assert_int_equal(femd_client_collect(c, &b, r, &err), FEMD_OK);
    assert_string_equal(femd_client_words(c, 40), "word 0");
    assert_string_equal(femd_client_words(c, 41), "word 1");
    assert_string_equal(femd_client_words(c, 42), "");
    assert_int_equal(femd_client_given_up(c, &point), FEMD_ENGINE_DIED);
    assert_int_equal(point, 41);
    femd_client_close(&c);
    fake_stop(&s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(large_batch_is_split_and_comes_back_in_order),
        cmocka_unit_test(servers_own_batch_limit_is_kept),
        cmocka_unit_test(servers_own_limit_of_bytes_is_kept),
        cmocka_unit_test(several_batches_are_open_at_once),
        cmocka_unit_test(empty_batch_is_collected_at_once),
        cmocka_unit_test(responses_can_be_taken_one_by_one),
        cmocka_unit_test(answer_that_comes_twice_counts_once),
        cmocka_unit_test(a_point_that_is_given_up_ends_the_wait_for_all),
        cmocka_unit_test(words_are_those_of_the_lowest_point),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
