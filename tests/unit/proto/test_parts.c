/* Frames that are longer than a message: what was cut is put together again, and nothing else is taken for it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "femd/parts.h"

#define OK(expr) assert_int_equal((expr), FEMD_OK)
enum { PARTS_MOST = 8 };

/* A frame of so many bytes, and its parts. */
typedef struct cut {
    femd_buffer whole, part[PARTS_MOST];
    uint32_t count;
} cut;

static cut make_cut(size_t size) {
    cut c = {.whole = FEMD_BUFFER_INIT};
    femd_hash hash;
    OK(femd_frame_begin(&c.whole, FEMD_MSG_STATE, 77, NULL));
    OK(femd_buffer_reserve(&c.whole, size, NULL));
    for (unsigned seed = 5; c.whole.size < size; seed = seed * 1664525u + 1013904223u)
        c.whole.data[c.whole.size++] = (uint8_t)(seed >> 24);
    femd_frame_finish(&c.whole, 1);
    femd_parts_hash(c.whole.data, c.whole.size, &hash);
    c.count = femd_parts_count(size);
    assert_true(c.count <= PARTS_MOST);
    for (uint32_t i = 0; i < c.count; i++) {
        OK(femd_part_encode(&c.part[i], c.whole.data, c.whole.size, &hash, i, NULL));
        assert_true(c.part[i].size <= FEMD_WIRE_MAX);
    }
    return c;
}

static void free_cut(cut *c) {
    femd_buffer_clear(&c->whole);
    for (uint32_t i = 0; i < c->count; i++) femd_buffer_clear(&c->part[i]);
}

static femd_status take(femd_parts *parts, const femd_buffer *part, uint64_t most, int *whole) {
    femd_frame frame;
    OK(femd_frame_decode(part->data, part->size, &frame, NULL));
    return femd_parts_take(parts, &frame, most, whole, NULL);
}

static void what_was_cut_is_put_together(void **state) {
    (void)state;
    assert_int_equal(femd_parts_count(FEMD_WIRE_MAX), 0);
    static const size_t sizes[] = {FEMD_WIRE_MAX + 1, 2 * (FEMD_WIRE_MAX - 72), 2 * (FEMD_WIRE_MAX - 72) + 1,
                                   3 * FEMD_WIRE_MAX + 123456, 2 * (FEMD_WIRE_MAX - 72) - 1};
    femd_parts parts = {.count = 0};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        cut c = make_cut(sizes[i]);
        femd_frame first;
        assert_true(c.count > 1);
        OK(femd_frame_decode(c.part[0].data, c.part[0].size, &first, NULL));
        assert_int_equal(femd_parts_announced(&first), sizes[i]);
        for (uint32_t j = 0; j < c.count; j++) {
            int whole;
            OK(take(&parts, &c.part[j], FEMD_FRAME_MAX, &whole));
            assert_int_equal(whole, j == c.count - 1);
        }
        assert_int_equal(parts.whole.size, sizes[i]);
        assert_memory_equal(parts.whole.data, c.whole.data, sizes[i]);
        free_cut(&c);
    }
    femd_parts_clear(&parts);
}

/* Take parts in this order; the first failure, or OK if it was put together. */
static femd_status take_in_order(const cut *c, const int *order, int count) {
    femd_parts parts = {.count = 0};
    femd_status rc = FEMD_OK;
    int whole = 0;
    for (int i = 0; i < count && rc == FEMD_OK; i++) rc = take(&parts, &c->part[order[i]], FEMD_FRAME_MAX, &whole);
    if (rc == FEMD_OK && !whole) rc = FEMD_TIMEOUT;
    femd_parts_clear(&parts);
    return rc;
}

static void what_does_not_follow_is_refused(void **state) {
    (void)state;
    cut c = make_cut(3 * FEMD_WIRE_MAX);
    assert_int_equal(c.count, 4);
    OK(take_in_order(&c, (int[]){0, 1, 2, 3}, 4));
    OK(take_in_order(&c, (int[]){0, 1, 0, 1, 2, 3}, 6)); /* the connection was lost: it begins anew */
    assert_int_equal(take_in_order(&c, (int[]){0, 1, 2}, 3), FEMD_TIMEOUT);
    assert_int_equal(take_in_order(&c, (int[]){1}, 1), FEMD_PROTOCOL);
    assert_int_equal(take_in_order(&c, (int[]){0, 2, 1, 3}, 4), FEMD_PROTOCOL);
    assert_int_equal(take_in_order(&c, (int[]){0, 1, 1}, 3), FEMD_PROTOCOL);
    assert_int_equal(take_in_order(&c, (int[]){0, 1, 2, 3, 3}, 5), FEMD_PROTOCOL);
    free_cut(&c);
}

static void what_is_not_what_it_says_is_refused(void **state) {
    (void)state;
    cut c = make_cut(2 * FEMD_WIRE_MAX);
    static const size_t places[] = {8 /* count */, 32 /* hash */, 64 /* bytes */, 72, 5000};
    for (uint32_t part = 0; part < c.count; part++)
        for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
            if (places[i] >= c.part[part].size) continue;
            c.part[part].data[places[i]] ^= 1;
            const femd_status rc = take_in_order(&c, (int[]){0, 1, 2}, (int)c.count);
            assert_true(rc == FEMD_PROTOCOL || rc == FEMD_LIMIT);
            c.part[part].data[places[i]] ^= 1;
        }
    femd_frame frame;
    int whole;
    femd_parts parts = {.count = 0};
    OK(femd_frame_decode(c.part[0].data, c.part[0].size, &frame, NULL));
    assert_int_equal(femd_parts_take(&parts, &frame, 2 * FEMD_WIRE_MAX - 1, &whole, NULL), FEMD_LIMIT);
    assert_null(parts.whole.data); /* nothing is held for it */
    frame.body.size = 39;
    assert_int_equal(femd_parts_take(&parts, &frame, FEMD_FRAME_MAX, &whole, NULL), FEMD_PROTOCOL);
    free_cut(&c);
}

/* The JSON channel does not say how long the whole is: it may not grow without end. */
static void what_announces_nothing_is_bounded(void **state) {
    (void)state;
    static uint8_t body[40 + 1000];
    femd_parts parts = {.count = 0};
    int whole;
    femd_frame frame = {.type = FEMD_MSG_PART, .count = 5, .body = {body, sizeof body}};
    for (frame.id = 0; frame.id < 4; frame.id++) OK(femd_parts_take(&parts, &frame, 4500, &whole, NULL));
    assert_int_equal(femd_parts_take(&parts, &frame, 4500, &whole, NULL), FEMD_LIMIT);
    for (frame.id = 0; frame.id < 5; frame.id++) OK(femd_parts_take(&parts, &frame, 5000, &whole, NULL));
    assert_true(whole && parts.whole.size == 5000);
    femd_parts_clear(&parts);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_cut_is_put_together), cmocka_unit_test(what_does_not_follow_is_refused),
        cmocka_unit_test(what_is_not_what_it_says_is_refused), cmocka_unit_test(what_announces_nothing_is_bounded)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
