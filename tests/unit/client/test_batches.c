/* Batches of libfemd against a server that misbehaves. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fake_server.h"
#include "femd/clock.h"

static const femd_hash material = {{1, 2, 3}};

/* ---- splitting and order ---- */

static void answer_evaluate(fake_server *s, const femd_frame *f) {
    unsigned *largest = s->test;
    if (f->type != FEMD_MSG_EVALUATE) return;
    if (f->count > *largest) *largest = f->count;
    fake_answer(s, f);
}

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
    const femd_client_config cfg = {.address = s.address, .give_up_early = 1, .wait_timeout = 20};
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

/* ---- lost messages ---- */

static void lose_first_evaluate(fake_server *s, const femd_frame *f) {
    if (f->type == FEMD_MSG_EVALUATE && s->seen[FEMD_MSG_EVALUATE] > 1) fake_answer(s, f);
}

static void lost_message_is_sent_again_after_silence(void **state) {
    (void)state;
    fake_server s = {.handle = lose_first_evaluate};
    femd_request q[3];
    femd_response r[3];
    femd_batch *b = NULL;
    femd_error err = FEMD_ERROR_INIT;
    fake_start(&s);
    femd_client *c = fake_client(&s);
    fake_requests(q, 3, 1);
    const double begun = femd_clock();
    assert_int_equal(femd_client_submit(c, &material, q, 3, &b, &err), FEMD_OK);
    assert_int_equal(femd_client_collect(c, &b, r, &err), FEMD_OK);
    fake_check(r, 3, 1);
    assert_true(femd_clock() - begun < 6);
    femd_client_close(&c);
    fake_stop(&s);
    assert_int_equal(s.seen[FEMD_MSG_EVALUATE], 2);
}

/* A server that is connected and says nothing is given up, whatever the client waits for. */
static void a_mute_server_is_given_up(void **state) {
    (void)state;
    for (int call = 0; call < 2; call++) {
        fake_server s = {.mute = 1};
        femd_request q[3];
        femd_response r[3];
        femd_batch *b = NULL;
        femd_error err = FEMD_ERROR_INIT;
        fake_start(&s);
        femd_client *c = fake_client(&s);
        fake_requests(q, 3, 1);
        const double begun = femd_clock();
        if (call) {
            assert_int_equal(femd_client_abort(c, &err), FEMD_DISCONNECTED);
        } else {
            assert_int_equal(femd_client_submit(c, &material, q, 3, &b, &err), FEMD_OK);
            assert_int_equal(femd_client_collect(c, &b, r, &err), FEMD_DISCONNECTED);
        }
        assert_true(femd_clock() - begun > 0.9 && femd_clock() - begun < 4);
        assert_non_null(strstr(err.text, "has said nothing for"));
        femd_client_close(&c);
        fake_stop(&s);
    }
}

/* A solver that computes for longer than that between two looks has no reason to blame the server. */
static void a_client_that_slept_does_not_blame_the_server(void **state) {
    (void)state;
    fake_server s = {.handle = lose_first_evaluate, .mute = 4};
    femd_request q[3];
    femd_response r[3];
    femd_batch *b = NULL;
    femd_error err = FEMD_ERROR_INIT;
    fake_start(&s);
    femd_client *c = fake_client(&s);
    fake_requests(q, 3, 1);
    assert_int_equal(femd_client_submit(c, &material, q, 3, &b, &err), FEMD_OK);
    const struct timespec sleep = {5, 0};
    nanosleep(&sleep, NULL);
    assert_int_equal(femd_client_collect(c, &b, r, &err), FEMD_OK);
    fake_check(r, 3, 1);
    femd_client_close(&c);
    fake_stop(&s);
}

static void pulse(fake_server *s, uint64_t queued) {
    const femd_pulse p = {.workers = 2, .busy = 0, .queued = queued};
    if (!s->route_size || femd_pulse_encode(&s->out, &p, NULL) != FEMD_OK) return;
    fake_send(s);
}

static void pulse_of_nothing(fake_server *s) {
    if (s->seen[FEMD_MSG_EVALUATE]) pulse(s, 0);
}

static void points_that_the_server_does_not_count_are_sent_again(void **state) {
    (void)state;
    fake_server s = {.handle = lose_first_evaluate, .idle = pulse_of_nothing};
    femd_request q[3];
    femd_response r[3];
    femd_batch *b = NULL;
    femd_error err = FEMD_ERROR_INIT;
    fake_start(&s);
    femd_client *c = fake_client(&s);
    fake_requests(q, 3, 1);
    assert_int_equal(femd_client_submit(c, &material, q, 3, &b, &err), FEMD_OK);
    assert_int_equal(femd_client_collect(c, &b, r, &err), FEMD_OK);
    fake_check(r, 3, 1);
    femd_client_close(&c);
    fake_stop(&s);
    assert_int_equal(s.seen[FEMD_MSG_EVALUATE], 2);
}

/* The server forgets: the first EVALUATE is answered by REREGISTER, as by one that was restarted. */
typedef struct forgetful {
    uint64_t first_id, second_id;
    unsigned materials;
} forgetful;

static void forget_once(fake_server *s, const femd_frame *f) {
    forgetful *t = s->test;
    if (f->type == FEMD_MSG_MATERIAL) {
        femd_ready ready = {.status = FEMD_OK};
        femd_pack_id(f->body.data, f->body.size, &ready.material);
        t->materials++;
        if (femd_ready_encode(&s->out, f->id, &ready, NULL) == FEMD_OK) fake_send(s);
    }
    if (f->type != FEMD_MSG_EVALUATE) return;
    if (!t->first_id) {
        t->first_id = f->id;
        fake_send_bare(s, FEMD_MSG_REREGISTER, 0);
        return;
    }
    t->second_id = f->id;
    fake_answer(s, f);
}

static void forgotten_client_gives_everything_again_under_the_same_ids(void **state) {
    (void)state;
    forgetful t = {0};
    fake_server s = {.handle = forget_once, .test = &t};
    femd_request q[3];
    femd_response r[3];
    femd_batch *b = NULL;
    femd_error err = FEMD_ERROR_INIT;
    femd_hash id;
    femd_capabilities caps;
    fake_start(&s);
    femd_client *c = fake_client(&s);
    assert_int_equal(femd_client_pack(c, "a pack", 6, &id, &caps, &err), FEMD_OK);
    fake_requests(q, 3, 1);
    const double begun = femd_clock();
    assert_int_equal(femd_client_submit(c, &id, q, 3, &b, &err), FEMD_OK);
    assert_int_equal(femd_client_collect(c, &b, r, &err), FEMD_OK);
    assert_true(femd_clock() - begun < 2); /* not by the silence rule */
    fake_check(r, 3, 1);
    femd_client_close(&c);
    fake_stop(&s);
    assert_int_equal(s.hellos, 2);
    assert_int_equal(t.materials, 2);
    assert_true(t.first_id == t.second_id);
}

/* ---- giving up ---- */

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
    femd_request q[3];
    femd_response r[3];
    femd_batch *b = NULL;
    femd_error err = FEMD_ERROR_INIT;
    size_t done;
    fake_start(&s);
    femd_client *c = fake_client(&s);
    fake_requests(q, 3, 1);
    assert_int_equal(femd_client_submit(c, &material, q, 3, &b, &err), FEMD_OK);
    assert_int_equal(femd_client_poll(c, b, 0.1, &done, &err), FEMD_OK);
    assert_int_equal(done, 0);
    femd_client_cancel(c, &b);
    assert_null(b);
    fake_requests(q, 3, 50);
    assert_int_equal(femd_client_submit(c, &material, q, 3, &b, &err), FEMD_OK);
    assert_int_equal(femd_client_collect(c, &b, r, &err), FEMD_OK);
    fake_check(r, 3, 50);
    femd_client_close(&c);
    fake_stop(&s);
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
    femd_request q[3];
    femd_response r[3];
    femd_batch *b = NULL;
    femd_error err = FEMD_ERROR_INIT;
    femd_client *c = NULL;
    fake_start(&s);
    const femd_client_config cfg = {.address = s.address, .progress = stop_at_once, .user = &last};
    assert_int_equal(femd_client_open(&cfg, &c, &err), FEMD_OK);
    fake_requests(q, 3, 1);
    assert_int_equal(femd_client_submit(c, &material, q, 3, &b, &err), FEMD_OK);
    assert_int_equal(femd_client_collect(c, &b, r, &err), FEMD_CANCELLED);
    assert_null(b);
    assert_int_equal(last.total, 3);
    assert_int_equal(last.done, 0);
    femd_client_close(&c);
    fake_stop(&s);
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
    femd_request q[3];
    femd_response r[3];
    femd_batch *b = NULL;
    femd_error err = FEMD_ERROR_INIT;
    femd_client *c = NULL;
    fake_start(&s);
    const femd_client_config cfg = {.address = s.address, .progress = note_progress, .user = &last};
    assert_int_equal(femd_client_open(&cfg, &c, &err), FEMD_OK);
    fake_requests(q, 3, 1);
    assert_int_equal(femd_client_submit(c, &material, q, 3, &b, &err), FEMD_OK);
    assert_int_equal(femd_client_collect(c, &b, r, &err), FEMD_OK);
    assert_int_equal(last.done, 3);
    assert_int_equal(last.total, 3);
    femd_client_close(&c);
    fake_stop(&s);
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
    const femd_client_config cfg = {.address = s.address, .progress = note_told, .user = &t};
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
    const femd_client_config cfg = {.address = s.address, .wait_timeout = 0.4};
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
    femd_request q[3];
    femd_response r[3];
    femd_batch *b = NULL;
    femd_error err = FEMD_ERROR_INIT;
    fake_start(&s);
    femd_client *c = fake_client(&s);
    fake_requests(q, 3, 1);
    assert_int_equal(femd_client_submit(c, &material, q, 3, &b, &err), FEMD_OK);
    assert_int_equal(femd_client_collect(c, &b, r, &err), FEMD_LIMIT);
    assert_string_equal(err.text, "too much at once");
    femd_client_close(&c);
    fake_stop(&s);
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
    femd_request q[3];
    femd_response r[3];
    femd_batch *b = NULL;
    femd_error err = FEMD_ERROR_INIT;
    fake_start(&s);
    femd_client *c = fake_client(&s);
    fake_requests(q, 3, 1);
    assert_int_equal(femd_client_submit(c, &material, q, 3, &b, &err), FEMD_OK);
    fake_stop(&s);
    const double begun = femd_clock();
    assert_int_equal(femd_client_collect(c, &b, r, &err), FEMD_DISCONNECTED);
    assert_true(femd_clock() - begun < 10);
    char *text = NULL;
    assert_int_equal(femd_client_status(c, &text, &err), FEMD_DISCONNECTED); /* and every later call at once */
    assert_true(femd_clock() - begun < 10);
    femd_client_close(&c);
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
        cmocka_unit_test(lost_message_is_sent_again_after_silence),
        cmocka_unit_test(a_mute_server_is_given_up),
        cmocka_unit_test(a_client_that_slept_does_not_blame_the_server),
        cmocka_unit_test(points_that_the_server_does_not_count_are_sent_again),
        cmocka_unit_test(forgotten_client_gives_everything_again_under_the_same_ids),
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
