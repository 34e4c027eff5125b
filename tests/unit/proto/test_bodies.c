/* The bodies made of entries: what is written is read back, and nothing malformed is read. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sample.h"

typedef struct frames {
    femd_buffer evaluate, task, answer, result, states, hashes, started, commit, pulse, beat;
} frames;

static void make_frames(frames *f) {
    femd_hash h;
    sample_hash(&h, 7);
    femd_request r = sample_request();
    femd_response a = sample_response(FEMD_WANT_STRESS | FEMD_WANT_TANGENT, 0, 0);
    uint8_t encoded[FEMD_RESPONSE_BYTES_MAX];
    size_t n = femd_response_encode(&a, encoded);
    memset(f, 0, sizeof *f);

    assert_int_equal(femd_evaluate_begin(&f->evaluate, 5, &h, NULL), FEMD_OK);
    femd_state_entry s[2] = {{h, {"abc", 3}}, {h, {NULL, 0}}};
    assert_int_equal(femd_task_begin(&f->task, &h, s, 2, NULL), FEMD_OK);
    assert_int_equal(femd_frame_begin(&f->answer, FEMD_MSG_ANSWER, 0, NULL), FEMD_OK);
    assert_int_equal(femd_frame_begin(&f->result, FEMD_MSG_RESULT, 5, NULL), FEMD_OK);
    assert_int_equal(femd_frame_begin(&f->states, FEMD_MSG_STATE, 1, NULL), FEMD_OK);
    assert_int_equal(femd_frame_begin(&f->hashes, FEMD_MSG_DROP, 0, NULL), FEMD_OK);
    assert_int_equal(femd_frame_begin(&f->started, FEMD_MSG_STARTED, 0, NULL), FEMD_OK);
    assert_int_equal(femd_commit_begin(&f->commit, 9, 4, NULL), FEMD_OK);
    for (uint32_t i = 0; i < 3; i++) {
        r.point = i;
        femd_task t = {.id = 1000 + i, .deadline = 2.5 * i, .key = {{(uint8_t)(60 + i)}}, .request = r};
        femd_result e = {.index = i, .flags = i == 1 ? FEMD_RESULT_REUSED : 0, .key = h, .response = {encoded, n}};
        femd_commit_entry c = {.point = i, .state = h};
        assert_int_equal(femd_evaluate_add(&f->evaluate, &r, NULL), FEMD_OK);
        assert_int_equal(femd_task_add(&f->task, &t, NULL), FEMD_OK);
        assert_int_equal(femd_answer_add(&f->answer, 1000 + i, &(femd_hash){{(uint8_t)(80 + i)}}, &a, NULL), FEMD_OK);
        assert_int_equal(femd_result_add(&f->result, &e, NULL), FEMD_OK);
        assert_int_equal(femd_state_add(&f->states, &s[i & 1], NULL), FEMD_OK);
        assert_int_equal(femd_hash_add(&f->hashes, &h, NULL), FEMD_OK);
        assert_int_equal(femd_u64_add(&f->started, 1000 + i, NULL), FEMD_OK);
        assert_int_equal(femd_commit_add(&f->commit, &c, NULL), FEMD_OK);
    }
    femd_buffer *all[] = {&f->evaluate, &f->task,   &f->answer,  &f->result,
                          &f->states,   &f->hashes, &f->started, &f->commit};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) femd_frame_finish(all[i], 3);
    femd_pulse pulse = {4, 3, 2, 1};
    assert_int_equal(femd_pulse_encode(&f->pulse, &pulse, NULL), FEMD_OK);
    assert_int_equal(femd_beat_encode(&f->beat, 77, 0.25, NULL), FEMD_OK);
}

static void clear_frames(frames *f) {
    femd_buffer *b = (femd_buffer *)f;
    for (size_t i = 0; i < sizeof *f / sizeof *b; i++) femd_buffer_clear(&b[i]);
}

static femd_frame open_frame(const femd_buffer *b) {
    femd_frame f;
    assert_int_equal(femd_frame_decode(b->data, b->size, &f, NULL), FEMD_OK);
    return f;
}

static void bodies_round_trip(void **state) {
    (void)state;
    frames all;
    make_frames(&all);
    femd_hash h, m;
    sample_hash(&h, 7);
    femd_reader rd, states;
    femd_error err = FEMD_ERROR_INIT;

    femd_frame f = open_frame(&all.evaluate);
    femd_request r;
    assert_int_equal(f.id, 5);
    assert_int_equal(femd_evaluate_open(&f, &m, &rd, &err), FEMD_OK);
    assert_true(femd_hash_equal(&m, &h));
    for (uint64_t i = 0; i < 3; i++) {
        assert_int_equal(femd_evaluate_next(&rd, &r, &err), 1);
        assert_true(r.point == i);
    }
    assert_int_equal(femd_evaluate_next(&rd, &r, &err), 0);

    f = open_frame(&all.task);
    femd_task t;
    femd_state_entry s;
    assert_int_equal(femd_task_open(&f, &m, &states, &rd, &err), FEMD_OK);
    assert_int_equal(femd_state_next(&states, &s, &err), 1);
    assert_int_equal(s.blob.size, 3);
    assert_memory_equal(s.blob.data, "abc", 3);
    assert_int_equal(femd_state_next(&states, &s, &err), 1);
    assert_int_equal(s.blob.size, 0);
    assert_int_equal(femd_state_next(&states, &s, &err), 0);
    for (uint64_t i = 0; i < 3; i++) {
        assert_int_equal(femd_task_next(&rd, &t, &err), 1);
        assert_true(t.id == 1000 + i && t.deadline == 2.5 * (double)i && t.request.point == i && t.key.b[0] == 60 + i);
    }
    assert_int_equal(femd_task_next(&rd, &t, &err), 0);

    f = open_frame(&all.answer);
    femd_answer a;
    femd_response back;
    femd_reader_open(&f, &rd);
    for (uint64_t i = 0; i < 3; i++) {
        assert_int_equal(femd_answer_next(&rd, &a, &err), 1);
        assert_true(a.task == 1000 + i && a.status == FEMD_OK && a.state_out.b[0] == 100 && a.key.b[0] == 80 + i);
        assert_int_equal(femd_response_decode(a.response.data, a.response.size, &back, &err), FEMD_OK);
    }
    assert_int_equal(femd_answer_next(&rd, &a, &err), 0);

    f = open_frame(&all.result);
    femd_result e;
    femd_reader_open(&f, &rd);
    for (uint32_t i = 0; i < 3; i++) {
        assert_int_equal(femd_result_next(&rd, &e, &err), 1);
        assert_true(e.index == i && e.flags == (i == 1 ? FEMD_RESULT_REUSED : 0) && femd_hash_equal(&e.key, &h));
    }
    assert_int_equal(femd_result_next(&rd, &e, &err), 0);

    f = open_frame(&all.commit);
    uint32_t step;
    femd_commit_entry c;
    assert_int_equal(femd_commit_open(&f, &step, &rd, &err), FEMD_OK);
    assert_true(step == 4 && f.id == 9);
    for (uint64_t i = 0; i < 3; i++) {
        assert_int_equal(femd_commit_next(&rd, &c, &err), 1);
        assert_true(c.point == i && femd_hash_equal(&c.state, &h));
    }
    assert_int_equal(femd_commit_next(&rd, &c, &err), 0);

    f = open_frame(&all.started);
    uint64_t id;
    femd_reader_open(&f, &rd);
    for (uint64_t i = 0; i < 3; i++) {
        assert_int_equal(femd_u64_next(&rd, &id, &err), 1);
        assert_true(id == 1000 + i);
    }
    assert_int_equal(femd_u64_next(&rd, &id, &err), 0);

    f = open_frame(&all.pulse);
    femd_pulse pulse;
    assert_int_equal(femd_pulse_decode(&f, &pulse, &err), FEMD_OK);
    assert_true(pulse.workers == 4 && pulse.busy == 3 && pulse.queued == 2 && pulse.running == 1);
    f = open_frame(&all.beat);
    double fraction;
    assert_int_equal(femd_beat_decode(&f, &id, &fraction, &err), FEMD_OK);
    assert_true(id == 77 && fraction == 0.25);
    clear_frames(&all);
}

/* Read a body to its end by whatever reader its type has. 0: read well; -1: refused. */
static int read_body(const femd_frame *f) {
    femd_hash m;
    femd_reader rd = {0}, states = {0};
    femd_request r;
    femd_task t;
    femd_answer a;
    femd_result e;
    femd_state_entry s;
    femd_commit_entry c;
    uint64_t u;
    uint32_t step;
    int got = 0;
    femd_error err = FEMD_ERROR_INIT;
    femd_reader_open(f, &rd);
    switch (f->type) {
    case FEMD_MSG_EVALUATE:
        if (femd_evaluate_open(f, &m, &rd, &err) != FEMD_OK) return -1;
        while ((got = femd_evaluate_next(&rd, &r, &err)) == 1) {}
        return got;
    case FEMD_MSG_TASK:
        if (femd_task_open(f, &m, &states, &rd, &err) != FEMD_OK) return -1;
        while ((got = femd_state_next(&states, &s, &err)) == 1) {}
        if (got) return -1;
        while ((got = femd_task_next(&rd, &t, &err)) == 1) {}
        return got;
    case FEMD_MSG_ANSWER:
        while ((got = femd_answer_next(&rd, &a, &err)) == 1) {}
        return got;
    case FEMD_MSG_RESULT:
        while ((got = femd_result_next(&rd, &e, &err)) == 1) {}
        return got;
    case FEMD_MSG_STATE:
        while ((got = femd_state_next(&rd, &s, &err)) == 1) {}
        return got;
    case FEMD_MSG_DROP:
        while ((got = femd_hash_next(&rd, &m, &err)) == 1) {}
        return got;
    case FEMD_MSG_STARTED:
        while ((got = femd_u64_next(&rd, &u, &err)) == 1) {}
        return got;
    case FEMD_MSG_COMMIT:
        if (femd_commit_open(f, &step, &rd, &err) != FEMD_OK) return -1;
        while ((got = femd_commit_next(&rd, &c, &err)) == 1) {}
        return got;
    default: fail(); return -1;
    }
}

static void body_cut_anywhere_is_refused(void **state) {
    (void)state;
    frames all;
    make_frames(&all);
    const femd_buffer *b[] = {&all.evaluate, &all.task,   &all.answer,  &all.result,
                              &all.states,   &all.hashes, &all.started, &all.commit};
    for (size_t k = 0; k < sizeof b / sizeof b[0]; k++) {
        femd_frame f = open_frame(b[k]);
        assert_int_equal(read_body(&f), 0);
        const void *whole = f.body.data;
        for (size_t cut = 0; cut < f.body.size; cut++) {
            uint8_t *exact = malloc(cut ? cut : 1);
            memcpy(exact, whole, cut);
            femd_frame g = f;
            g.body = (femd_bytes){exact, cut};
            assert_int_equal(read_body(&g), -1);
            free(exact);
        }
    }
    clear_frames(&all);
}

static void absurd_counts_are_refused(void **state) {
    (void)state;
    frames all;
    make_frames(&all);
    const femd_buffer *b[] = {&all.evaluate, &all.task,   &all.answer,  &all.result,
                              &all.states,   &all.hashes, &all.started, &all.commit};
    const uint32_t counts[] = {0, 2, 4, 4097, 0x7fffffff, 0xffffffff, 0x1c71c71d};
    for (size_t k = 0; k < sizeof b / sizeof b[0]; k++)
        for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
            femd_frame f = open_frame(b[k]);
            f.count = counts[i];
            assert_int_equal(read_body(&f), -1);
        }
    /* Lengths inside: the state's of a TASK and the response's of an ANSWER. */
    femd_frame f = open_frame(&all.task);
    femd_put64((uint8_t *)f.body.data + 40 + 32, UINT64_MAX);
    assert_int_equal(read_body(&f), -1);
    femd_put64((uint8_t *)f.body.data + 40 + 32, 3);
    femd_put32((uint8_t *)f.body.data + 32, UINT32_MAX);
    assert_int_equal(read_body(&f), -1);
    f = open_frame(&all.answer);
    femd_put32((uint8_t *)f.body.data + 40, UINT32_MAX);
    assert_int_equal(read_body(&f), -1);
    clear_frames(&all);
}

static void more_points_than_a_frame_may_hold_are_refused(void **state) {
    (void)state;
    femd_buffer b = FEMD_BUFFER_INIT;
    femd_hash h = FEMD_HASH_ZERO, m;
    femd_request r = sample_request();
    femd_reader rd;
    assert_int_equal(femd_evaluate_begin(&b, 1, &h, NULL), FEMD_OK);
    for (uint32_t i = 0; i < FEMD_BATCH_MAX; i++) assert_int_equal(femd_evaluate_add(&b, &r, NULL), FEMD_OK);
    femd_frame_finish(&b, FEMD_BATCH_MAX);
    femd_frame f = open_frame(&b);
    assert_int_equal(femd_evaluate_open(&f, &m, &rd, NULL), FEMD_OK);
    assert_int_equal(femd_evaluate_add(&b, &r, NULL), FEMD_OK);
    femd_frame_finish(&b, FEMD_BATCH_MAX + 1);
    f = open_frame(&b);
    assert_int_equal(femd_evaluate_open(&f, &m, &rd, NULL), FEMD_LIMIT);
    femd_buffer_clear(&b);
}

static void nan_deadline_is_refused(void **state) {
    (void)state;
    femd_buffer b = FEMD_BUFFER_INIT;
    femd_hash h = FEMD_HASH_ZERO, m;
    femd_task t = {.id = 1, .deadline = NAN, .request = sample_request()};
    femd_reader states, rd;
    assert_int_equal(femd_task_begin(&b, &h, NULL, 0, NULL), FEMD_OK);
    assert_int_equal(femd_task_add(&b, &t, NULL), FEMD_OK);
    femd_frame_finish(&b, 1);
    femd_frame f = open_frame(&b);
    assert_int_equal(femd_task_open(&f, &m, &states, &rd, NULL), FEMD_OK);
    assert_int_equal(femd_task_next(&rd, &t, NULL), -1);
    femd_buffer_clear(&b);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bodies_round_trip),         cmocka_unit_test(body_cut_anywhere_is_refused),
        cmocka_unit_test(absurd_counts_are_refused), cmocka_unit_test(more_points_than_a_frame_may_hold_are_refused),
        cmocka_unit_test(nan_deadline_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
