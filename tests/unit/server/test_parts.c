/* Messages that come in parts: only from who is known, counted as memory, and as good as whole ones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "femd/hash.h"
#include "femd/parts.h"
#include "rig.h"

#define OK(expr) assert_int_equal((expr), FEMD_OK)
enum { SIZE = 3 << 20 };

static uint8_t blob[SIZE];

/* STATE with one state of SIZE bytes. */
static femd_buffer make_frame(femd_hash *name) {
    femd_buffer frame = FEMD_BUFFER_INIT;
    for (size_t i = 0; i < SIZE; i++) blob[i] = (uint8_t)(i * 2654435761u >> 13);
    femd_state_entry entry = {.blob = {blob, SIZE}};
    femd_hash_domain("state", blob, SIZE, &entry.hash);
    *name = entry.hash;
    OK(femd_frame_begin(&frame, FEMD_MSG_STATE, 4, NULL));
    OK(femd_state_add(&frame, &entry, NULL));
    femd_frame_finish(&frame, 1);
    return frame;
}

/* Its parts from one number up to another. */
static void deliver_parts(rig *g, uint64_t route, const femd_buffer *frame, uint32_t from, uint32_t to) {
    femd_hash hash;
    femd_buffer part = FEMD_BUFFER_INIT;
    femd_parts_hash(frame->data, frame->size, &hash);
    for (uint32_t i = from; i < to; i++) {
        OK(femd_part_encode(&part, frame->data, frame->size, &hash, i, NULL));
        rig_deliver(g, route, &part);
    }
    femd_buffer_clear(&part);
}

static uint64_t bytes_held(const rig *g) {
    femd_core_totals totals;
    femd_core_sum(g->core, &totals);
    return totals.bytes;
}

static void a_long_frame_comes_and_goes_in_parts(void **state) {
    (void)state;
    rig g;
    femd_frame f;
    femd_hash name;
    femd_parts parts = {.count = 0};
    int whole = 0;
    rig_init(&g, &(femd_core_config){0});
    const uint64_t client = rig_client(&g, "beam", 0, 1);
    femd_buffer frame = make_frame(&name), get = FEMD_BUFFER_INIT;
    const uint32_t count = femd_parts_count(frame.size);
    const uint64_t before = bytes_held(&g);
    deliver_parts(&g, client, &frame, 0, count - 1);
    assert_int_equal(rig_count(&g, client, FEMD_MSG_STATE_STORED), 0);
    assert_int_equal(bytes_held(&g) - before, frame.size); /* from the first part on */
    deliver_parts(&g, client, &frame, count - 1, count);
    assert_int_equal(rig_count(&g, client, FEMD_MSG_STATE_STORED), 1);
    assert_true(bytes_held(&g) - before < SIZE + 1000);
    OK(femd_frame_begin(&get, FEMD_MSG_STATE_GET, 9, NULL));
    OK(femd_hash_add(&get, &name, NULL));
    femd_frame_finish(&get, 1);
    rig_deliver(&g, client, &get);
    while (!whole) {
        assert_true(rig_take(&g, client, FEMD_MSG_PART, &f));
        assert_true(f.body.size + FEMD_FRAME_HEADER <= FEMD_WIRE_MAX);
        OK(femd_parts_take(&parts, &f, FEMD_FRAME_MAX, &whole, NULL));
    }
    OK(femd_frame_decode(parts.whole.data, parts.whole.size, &f, NULL));
    assert_true(f.type == FEMD_MSG_STATE && f.id == 9);
    assert_memory_equal((const uint8_t *)f.body.data + 40, blob, SIZE);
    femd_parts_clear(&parts);
    femd_buffer_clear(&frame);
    femd_buffer_clear(&get);
    rig_clear(&g);
}

static void nobody_unknown_can_have_the_server_hold_anything(void **state) {
    (void)state;
    rig g;
    femd_hash name;
    rig_init(&g, &(femd_core_config){0});
    const uint64_t stranger = g.next_route++;
    femd_buffer frame = make_frame(&name);
    const uint64_t before = bytes_held(&g);
    deliver_parts(&g, stranger, &frame, 0, femd_parts_count(frame.size));
    assert_int_equal(bytes_held(&g), before);
    assert_true(rig_count(&g, stranger, FEMD_MSG_REREGISTER) > 0);
    femd_buffer_clear(&frame);
    rig_clear(&g);
}

static void what_was_begun_is_forgotten_with_its_connection(void **state) {
    (void)state;
    rig g;
    femd_hash name;
    rig_init(&g, &(femd_core_config){0});
    const uint64_t client = rig_client(&g, "beam", 0, 1), other = rig_client(&g, "rod", 0, 1);
    femd_buffer frame = make_frame(&name);
    deliver_parts(&g, client, &frame, 0, 2);
    deliver_parts(&g, other, &frame, 0, 1);
    const uint64_t both = bytes_held(&g);
    rig_vanish(&g, client);
    assert_true(both - bytes_held(&g) >= frame.size && both - bytes_held(&g) < 2 * frame.size);
    deliver_parts(&g, other, &frame, 1, femd_parts_count(frame.size));
    assert_int_equal(rig_count(&g, other, FEMD_MSG_STATE_STORED), 1);
    femd_buffer_clear(&frame);
    rig_clear(&g);
}

/* Each is told, and nothing is held, however many begin a message that has no room. */
static void what_has_no_room_is_refused_at_its_first_part(void **state) {
    (void)state;
    rig g;
    femd_frame f;
    femd_hash name;
    femd_error words = FEMD_ERROR_INIT;
    rig_init(&g, &(femd_core_config){.memory_bytes = SIZE / 2});
    const uint64_t client = rig_client(&g, "beam", 0, 1);
    femd_buffer frame = make_frame(&name);
    const uint64_t before = bytes_held(&g);
    deliver_parts(&g, client, &frame, 0, 1);
    assert_true(rig_take(&g, client, FEMD_MSG_ERROR, &f));
    OK(femd_error_decode(&f, &words, NULL));
    assert_int_equal(words.code, FEMD_LIMIT);
    assert_non_null(strstr(words.text, "--memory"));
    assert_int_equal(bytes_held(&g), before);
    femd_buffer_clear(&frame);
    rig_clear(&g);
}

/* Nothing is put together within what is put together: that could go on for as long as the message is. */
static void a_part_of_a_part_is_refused(void **state) {
    (void)state;
    static const uint8_t head[40];
    rig g;
    femd_frame f;
    femd_error words = FEMD_ERROR_INIT;
    rig_init(&g, &(femd_core_config){0});
    const uint64_t client = rig_client(&g, "beam", 0, 1);
    femd_buffer inner = FEMD_BUFFER_INIT, outer = FEMD_BUFFER_INIT;
    OK(femd_frame_begin(&inner, FEMD_MSG_STATUS_GET, 3, NULL));
    femd_frame_finish(&inner, 0);
    for (int depth = 1; depth < 3; depth++) {
        OK(femd_frame_begin(&outer, FEMD_MSG_PART, 0, NULL));
        OK(femd_buffer_append(&outer, head, sizeof head, NULL));
        OK(femd_buffer_append(&outer, inner.data, inner.size, NULL));
        femd_frame_finish(&outer, 1);
        rig_deliver(&g, client, &outer);
        assert_int_equal(rig_count(&g, client, FEMD_MSG_STATUS), 1);
        inner.size = 0;
        OK(femd_buffer_append(&inner, outer.data, outer.size, NULL));
    }
    assert_true(rig_take(&g, client, FEMD_MSG_ERROR, &f));
    OK(femd_error_decode(&f, &words, NULL));
    assert_int_equal(words.code, FEMD_PROTOCOL);
    femd_buffer_clear(&inner);
    femd_buffer_clear(&outer);
    rig_clear(&g);
}

/* {"type":"part"}: the pieces of a JSON text, cut anywhere. */
static void a_long_json_message_comes_in_pieces(void **state) {
    (void)state;
    static const char text[] = "{'type':'status','id':77}";
    rig g;
    rig_init(&g, &(femd_core_config){0});
    const uint64_t client = g.next_route++;
    femd_buffer message = FEMD_BUFFER_INIT;
    char line[256];
    snprintf(line, sizeof line, "{\"type\":\"hello\",\"role\":\"client\",\"run\":\"json\"}");
    OK(femd_buffer_append(&message, line, strlen(line), NULL));
    rig_deliver(&g, client, &message);
    const size_t length = strlen(text);
    for (size_t i = 0; i < length; i++) {
        char piece[8] = {text[i], 0};
        if (text[i] == '\'') snprintf(piece, sizeof piece, "\\\"");
        snprintf(line, sizeof line, "{\"type\":\"part\",\"index\":%zu,\"count\":%zu,\"text\":\"%s\"}", i, length,
                 piece);
        message.size = 0;
        OK(femd_buffer_append(&message, line, strlen(line), NULL));
        const size_t answers = g.inbox[client].count;
        rig_deliver(&g, client, &message);
        assert_int_equal(g.inbox[client].count - answers, i == length - 1);
    }
    const femd_buffer *last = &g.inbox[client].message[g.inbox[client].count - 1];
    assert_non_null(memmem(last->data, last->size, "\"status\"", 8));
    assert_non_null(memmem(last->data, last->size, "77", 2));
    femd_buffer_clear(&message);
    rig_clear(&g);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_long_frame_comes_and_goes_in_parts),
        cmocka_unit_test(nobody_unknown_can_have_the_server_hold_anything),
        cmocka_unit_test(what_was_begun_is_forgotten_with_its_connection),
        cmocka_unit_test(what_has_no_room_is_refused_at_its_first_part),
        cmocka_unit_test(a_part_of_a_part_is_refused),
        cmocka_unit_test(a_long_json_message_comes_in_pieces),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
