/* States on the JSON channel: of any size that a JSON message may have they come in messages of at most 1 MiB and are
 * what they were, beyond that the client is told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>
#include <cmocka.h>

#include "femd/control.h"
#include "femd/hash.h"
#include "femd/json_channel.h"
#include "rig.h"

enum { SCRIPT = 40, MESSAGE_MAX = 1 << 20 };

static void say(rig *g, const char *text) {
    femd_core_frame(g->core, SCRIPT, text, strlen(text), g->now);
    rig_collect(g);
}

static void open_both(rig *g, uint64_t *client) {
    const femd_core_config config = {.frame_max = 256u << 20, .memory_bytes = 2048u << 20};
    rig_init(g, &config);
    *client = rig_client(g, "beam", 0, 1);
    say(g, "{\"type\": \"hello\", \"run\": \"script\"}");
    g->inbox[SCRIPT].count = 0;
}

/* Content that only it has, given to the server by a client that goes on from a checkpoint. */
static void put_state(rig *g, uint64_t client, uint8_t *blob, size_t size, femd_hash *hash) {
    femd_buffer b = FEMD_BUFFER_INIT;
    for (size_t i = 0; i < size; i++) blob[i] = (uint8_t)((i * 2654435761u) >> 13);
    femd_hash_domain("state", blob, size, hash);
    const femd_state_entry entry = {*hash, {blob, size}};
    assert_int_equal(femd_frame_begin(&b, FEMD_MSG_STATE, 5, NULL), FEMD_OK);
    assert_int_equal(femd_state_add(&b, &entry, NULL), FEMD_OK);
    femd_frame_finish(&b, 1);
    rig_deliver(g, client, &b);
    femd_frame f;
    assert_true(rig_take(g, client, FEMD_MSG_STATE_STORED, &f));
    femd_buffer_clear(&b);
}

static void get_states(rig *g, const femd_hash *hash, uint32_t n) {
    char text[400], name[65];
    int at = snprintf(text, sizeof text, "{\"type\": \"state-get\", \"id\": 9, \"states\": [");
    for (uint32_t i = 0; i < n; i++) {
        femd_hash_text(&hash[i], name);
        at += snprintf(text + at, sizeof text - (size_t)at, "%s\"%s\"", i ? ", " : "", name);
    }
    snprintf(text + at, sizeof text - (size_t)at, "]}");
    say(g, text);
}

/* The next message to the script, put together if it comes in parts (*parts: how many), as JSON; NULL: there is none.
 */
static cJSON *hear(rig *g, size_t *next, uint32_t *parts) {
    femd_buffer whole = FEMD_BUFFER_INIT;
    *parts = 0;
    while (*next < g->inbox[SCRIPT].count) {
        const femd_buffer *b = &g->inbox[SCRIPT].message[(*next)++];
        assert_true(b->size <= MESSAGE_MAX);
        cJSON *root = cJSON_ParseWithLength((const char *)b->data, b->size);
        assert_non_null(root);
        if (strcmp(cJSON_GetStringValue(cJSON_GetObjectItem(root, "type")), "part") != 0) {
            assert_int_equal(*parts, 0); /* nothing comes between parts */
            return root;
        }
        const char *text = cJSON_GetStringValue(cJSON_GetObjectItem(root, "text"));
        assert_int_equal(cJSON_GetObjectItem(root, "id")->valueint, 9);
        assert_int_equal(cJSON_GetObjectItem(root, "index")->valueint, (*parts)++);
        assert_int_equal(femd_buffer_append(&whole, text, strlen(text), NULL), FEMD_OK);
        const int last = *parts == (uint32_t)cJSON_GetObjectItem(root, "count")->valueint;
        cJSON_Delete(root);
        if (!last) continue;
        root = cJSON_ParseWithLength((const char *)whole.data, whole.size);
        assert_non_null(root);
        femd_buffer_clear(&whole);
        return root;
    }
    assert_int_equal(*parts, 0);
    return NULL;
}

static void assert_is_state(const cJSON *message, int index, const uint8_t *blob, size_t size) {
    assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItem(message, "type")), "state");
    assert_int_equal(cJSON_GetObjectItem(message, "id")->valueint, 9);
    const cJSON *entry = cJSON_GetArrayItem(cJSON_GetObjectItem(message, "states"), index);
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItem(entry, "blob"));
    uint8_t *back = malloc(size + 1);
    size_t n = 0;
    assert_non_null(back);
    assert_int_equal(
        sodium_base642bin(back, size + 1, text, strlen(text), NULL, &n, NULL, sodium_base64_VARIANT_ORIGINAL), 0);
    assert_int_equal(n, size);
    assert_memory_equal(back, blob, size);
    free(back);
}

static void a_large_state_comes_in_parts(void **state) {
    (void)state;
    static const size_t sizes[] = {1, 700000, 786300, 786432, 800000, 3 << 20};
    uint8_t *blob = malloc(3 << 20);
    assert_non_null(blob);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        rig g;
        uint64_t client;
        femd_hash hash;
        uint32_t parts;
        size_t next = 0;
        open_both(&g, &client);
        put_state(&g, client, blob, sizes[i], &hash);
        get_states(&g, &hash, 1);
        cJSON *message = hear(&g, &next, &parts);
        assert_non_null(message);
        assert_is_state(message, 0, blob, sizes[i]);
        assert_int_equal(parts != 0, sizes[i] >= 786432);
        cJSON_Delete(message);
        assert_null(hear(&g, &next, &parts));
        rig_clear(&g);
    }
    free(blob);
}

/* Together they would be longer: in several messages, each in parts if it must. */
static void several_states_are_told_apart(void **state) {
    (void)state;
    enum { N = 3 };
    static const size_t size[N] = {500000, 400000, 2000000};
    rig g;
    uint64_t client;
    femd_hash hash[N];
    uint8_t *blob[N];
    uint32_t parts;
    size_t next = 0;
    open_both(&g, &client);
    for (int i = 0; i < N; i++) {
        blob[i] = malloc(size[i]);
        assert_non_null(blob[i]);
        put_state(&g, client, blob[i], size[i], &hash[i]);
    }
    get_states(&g, hash, N);
    int told = 0;
    for (cJSON *message; (message = hear(&g, &next, &parts)) != NULL; cJSON_Delete(message)) {
        const int n = cJSON_GetArraySize(cJSON_GetObjectItem(message, "states"));
        for (int i = 0; i < n; i++, told++) assert_is_state(message, i, blob[told], size[told]);
    }
    assert_int_equal(told, N);
    for (int i = 0; i < N; i++) free(blob[i]);
    rig_clear(&g);
}

static void what_no_message_can_hold_is_refused_with_words(void **state) {
    (void)state;
    const size_t size = 49 << 20;
    uint8_t *blob = malloc(size);
    assert_non_null(blob);
    rig g;
    uint64_t client;
    femd_hash hash;
    uint32_t parts;
    size_t next = 0;
    open_both(&g, &client);
    put_state(&g, client, blob, size, &hash);
    get_states(&g, &hash, 1);
    cJSON *message = hear(&g, &next, &parts);
    assert_non_null(message);
    assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItem(message, "type")), "error");
    assert_int_equal(cJSON_GetObjectItem(message, "id")->valueint, 9);
    assert_int_equal(cJSON_GetObjectItem(message, "code")->valueint, FEMD_LIMIT);
    assert_non_null(strstr(cJSON_GetStringValue(cJSON_GetObjectItem(message, "text")), "at most 64 MiB"));
    cJSON_Delete(message);
    assert_null(hear(&g, &next, &parts));
    free(blob);
    rig_clear(&g);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_large_state_comes_in_parts),
        cmocka_unit_test(several_states_are_told_apart),
        cmocka_unit_test(what_no_message_can_hold_is_refused_with_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
