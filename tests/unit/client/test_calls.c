/* The request-reply calls of libfemd: material, commit, states. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fake_server.h"

/* ---- materials ---- */

static void cannot_open(fake_server *s, const femd_frame *f) {
    femd_ready r = {.status = FEMD_OUT_OF_DOMAIN, .text = "material: potential.file: not a table"};
    if (f->type != FEMD_MSG_MATERIAL) return;
    femd_pack_id(f->body.data, f->body.size, &r.material);
    if (femd_ready_encode(&s->out, f->id, &r, NULL) == FEMD_OK) fake_send(s);
}

static void material_that_cannot_be_opened_brings_the_workers_words(void **state) {
    (void)state;
    fake_server s = {.handle = cannot_open};
    femd_hash id;
    femd_error err = FEMD_ERROR_INIT;
    fake_start(&s);
    femd_client *c = fake_client(&s);
    assert_int_equal(femd_client_pack(c, "pack", 4, &id, NULL, &err), FEMD_BAD_INPUT);
    assert_string_equal(err.text, "material: potential.file: not a table");
    femd_client_close(&c);
    fake_stop(&s);
}

static void open_material(fake_server *s, const femd_frame *f) {
    femd_ready r = {.status = FEMD_OK, .caps = {.atoms = 1, .volume = 1e-27}};
    if (f->type != FEMD_MSG_MATERIAL) return;
    femd_pack_id(f->body.data, f->body.size, &r.material);
    r.material.b[0] ^= 1; /* news about another material must not be taken for the answer */
    if (femd_ready_encode(&s->out, f->id, &r, NULL) == FEMD_OK) fake_send(s);
    r.material.b[0] ^= 1;
    r.caps.atoms = 107;
    if (femd_ready_encode(&s->out, f->id, &r, NULL) == FEMD_OK) fake_send(s);
}

static void material_is_registered_once_and_known_by_its_content(void **state) {
    (void)state;
    fake_server s = {.handle = open_material};
    femd_hash id, again, expected;
    femd_capabilities caps;
    femd_error err = FEMD_ERROR_INIT;
    fake_start(&s);
    femd_client *c = fake_client(&s);
    femd_pack_id("pack", 4, &expected);
    assert_int_equal(femd_client_pack(c, "pack", 4, &id, &caps, &err), FEMD_OK);
    assert_int_equal(caps.atoms, 107);
    assert_true(femd_hash_equal(&id, &expected));
    memset(&caps, 0, sizeof caps);
    assert_int_equal(femd_client_pack(c, "pack", 4, &again, &caps, &err), FEMD_OK);
    assert_int_equal(caps.atoms, 107);
    femd_client_close(&c);
    fake_stop(&s);
    assert_int_equal(s.seen[FEMD_MSG_MATERIAL], 1);
}

/* Before anything is sent: the server would refuse the whole message, the material every point. */
static void exchange_is_refused_at_once(void **state) {
    (void)state;
    fake_server s = {.handle = open_material};
    femd_hash id;
    femd_error err = FEMD_ERROR_INIT;
    femd_batch *b = NULL;
    const struct {
        femd_request q;
        femd_status status;
        const char *words;
    } bad[] = {
        {{.flags = FEMD_REQUEST_EXCHANGE}, FEMD_UNSUPPORTED, "point 0): the material has no exchange of species"},
        {{.delta_mu = {0, 1}}, FEMD_BAD_ARGUMENT, "delta_mu without the flag"},
        {{.delta_mu = {0, 0, NAN}, .flags = FEMD_REQUEST_EXCHANGE}, FEMD_BAD_ARGUMENT, "not finite"}};
    fake_start(&s);
    femd_client *c = fake_client(&s);
    assert_int_equal(femd_client_pack(c, "pack", 4, &id, NULL, &err), FEMD_OK);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        const femd_request q[2] = {{.point = 7}, bad[i].q};
        assert_int_equal(femd_client_submit(c, &id, q, 2, &b, &err), bad[i].status);
        assert_non_null(strstr(err.text, bad[i].words));
        assert_non_null(strstr(err.text, "request 1"));
        assert_null(b);
    }
    femd_client_close(&c);
    fake_stop(&s);
    assert_int_equal(s.seen[FEMD_MSG_EVALUATE], 0);
}

/* The same of a temperature: 0 K is one, what lies below is none. */
static void temperatures_below_0_are_refused_at_once(void **state) {
    (void)state;
    fake_server s = {.handle = open_material};
    femd_hash id;
    femd_error err = FEMD_ERROR_INIT;
    femd_batch *b = NULL;
    const femd_request q[3] = {{.point = 7}, {.point = 8, .temperature = -0.0}, {.point = 9, .temperature = -4}};
    fake_start(&s);
    femd_client *c = fake_client(&s);
    assert_int_equal(femd_client_pack(c, "pack", 4, &id, NULL, &err), FEMD_OK);
    assert_int_equal(femd_client_submit(c, &id, q, 3, &b, &err), FEMD_BAD_ARGUMENT);
    assert_string_equal(err.text, "request 2 (point 9): its temperature, -4 K, is below 0 K");
    assert_null(b);
    femd_client_close(&c);
    fake_stop(&s);
    assert_int_equal(s.seen[FEMD_MSG_EVALUATE], 0);
}

/* ---- commit ---- */

static void lose_first_commit(fake_server *s, const femd_frame *f) {
    if (f->type == FEMD_MSG_COMMIT && s->seen[FEMD_MSG_COMMIT] > 1) fake_send_bare(s, FEMD_MSG_COMMITTED, f->id);
    if (f->type == FEMD_MSG_ABORT) fake_send_bare(s, FEMD_MSG_ABORTED, f->id);
}

static void commit_without_a_reply_is_sent_again(void **state) {
    (void)state;
    fake_server s = {.handle = lose_first_commit};
    const uint64_t points[2] = {4, 9};
    const femd_hash states[2] = {{{1}}, {{2}}};
    femd_error err = FEMD_ERROR_INIT;
    fake_start(&s);
    femd_client *c = fake_client(&s);
    assert_int_equal(femd_client_commit(c, 3, points, states, 2, &err), FEMD_OK);
    assert_int_equal(femd_client_abort(c, &err), FEMD_OK);
    femd_client_close(&c);
    fake_stop(&s);
    assert_int_equal(s.seen[FEMD_MSG_COMMIT], 2);
}

static void refuse_commit(fake_server *s, const femd_frame *f) {
    const femd_error e = {FEMD_STATE_LOST, "a state is held nowhere"};
    if (f->type == FEMD_MSG_COMMIT && femd_error_encode(&s->out, f->id, &e, NULL) == FEMD_OK) fake_send(s);
}

static void refused_commit_fails_with_the_servers_status(void **state) {
    (void)state;
    fake_server s = {.handle = refuse_commit};
    const uint64_t point = 1;
    const femd_hash hash = {{1}};
    femd_error err = FEMD_ERROR_INIT;
    fake_start(&s);
    femd_client *c = fake_client(&s);
    assert_int_equal(femd_client_commit(c, 1, &point, &hash, 1, &err), FEMD_STATE_LOST);
    assert_string_equal(err.text, "a state is held nowhere");
    femd_client_close(&c);
    fake_stop(&s);
}

/* ---- states ---- */

/* Holds a state of 3 bytes for every hash but those that begin with 0xff; answers one frame per hash, last first. */
static void give_states(fake_server *s, const femd_frame *f) {
    femd_reader rd;
    femd_hash h[FEMD_BATCH_MAX];
    uint32_t n = 0;
    if (f->type == FEMD_MSG_STATE) fake_send_bare(s, FEMD_MSG_STATE_STORED, f->id);
    if (f->type != FEMD_MSG_STATE_GET) return;
    *(unsigned *)s->test += f->count;
    femd_reader_open(f, &rd);
    while (n < FEMD_BATCH_MAX && femd_hash_next(&rd, &h[n], NULL) == 1) n++;
    while (n-- > 0) {
        const femd_state_entry e = {.hash = h[n], .blob = {h[n].b, h[n].b[0] == 0xff ? 0 : 3}};
        if (femd_frame_begin(&s->out, FEMD_MSG_STATE, f->id, NULL) != FEMD_OK ||
            femd_state_add(&s->out, &e, NULL) != FEMD_OK)
            abort();
        femd_frame_finish(&s->out, 1);
        fake_send(s);
    }
}

static void states_come_back_in_order_and_equal_ones_travel_once(void **state) {
    (void)state;
    unsigned asked = 0;
    fake_server s = {.handle = give_states, .test = &asked};
    enum { N = 300 };
    femd_hash h[N] = {{{0}}};
    void *blobs[N];
    size_t sizes[N];
    femd_error err = FEMD_ERROR_INIT;
    fake_start(&s);
    femd_client *c = fake_client(&s);
    for (int i = 0; i < N; i++) h[i].b[1] = (uint8_t)(i % 10);
    assert_int_equal(femd_client_states_get(c, h, N, blobs, sizes, &err), FEMD_OK);
    for (int i = 0; i < N; i++) {
        assert_int_equal(sizes[i], 3);
        assert_memory_equal(blobs[i], h[i].b, 3);
        free(blobs[i]);
    }
    femd_client_close(&c);
    fake_stop(&s);
    assert_true(asked < 20);
}

static void state_that_nobody_holds_is_reported_and_nothing_leaks(void **state) {
    (void)state;
    unsigned asked = 0;
    fake_server s = {.handle = give_states, .test = &asked};
    femd_hash h[3] = {{{1}}, {{0xff}}, {{3}}};
    void *blobs[3];
    size_t sizes[3];
    femd_error err = FEMD_ERROR_INIT;
    fake_start(&s);
    femd_client *c = fake_client(&s);
    assert_int_equal(femd_client_states_get(c, h, 3, blobs, sizes, &err), FEMD_STATE_LOST);
    for (int i = 0; i < 3; i++) assert_null(blobs[i]);
    femd_client_close(&c);
    fake_stop(&s);
}

static void many_states_are_put_in_several_messages(void **state) {
    (void)state;
    unsigned asked = 0;
    fake_server s = {.handle = give_states, .test = &asked};
    enum { N = 5000 };
    femd_hash *h = calloc(N, sizeof *h);
    const void **blobs = calloc(N, sizeof *blobs);
    size_t *sizes = calloc(N, sizeof *sizes);
    femd_error err = FEMD_ERROR_INIT;
    fake_start(&s);
    femd_client *c = fake_client(&s);
    for (int i = 0; i < N; i++) {
        blobs[i] = "blob";
        sizes[i] = 4;
    }
    assert_int_equal(femd_client_states_put(c, h, blobs, sizes, N, &err), FEMD_OK);
    femd_client_close(&c);
    fake_stop(&s);
    assert_int_equal(s.seen[FEMD_MSG_STATE], 2);
    free(h);
    free(blobs);
    free(sizes);
}

/* ---- the seed ---- */

static void seed_depends_on_case_step_and_point_alone(void **state) {
    (void)state;
    assert_true(femd_seed(1, 2, 3) == 0xd0734750fde362b3u); /* as proto/README.md has it */
    assert_true(femd_seed(1, 2, 3) != femd_seed(2, 2, 3));
    assert_true(femd_seed(1, 2, 3) != femd_seed(1, 3, 3));
    assert_true(femd_seed(1, 2, 3) != femd_seed(1, 2, 4));
    assert_true(femd_seed(1, 2, 3) != femd_seed(1, 3, 2));
}

/* ---- opening ---- */

static void opening_without_a_server_ends_with_the_address_in_words(void **state) {
    (void)state;
    femd_client *c = NULL;
    femd_error err = FEMD_ERROR_INIT;
    const femd_client_config cfg = {
        .size = sizeof cfg, .address = "ipc:///tmp/femd-no-such-socket", .connect_timeout = 0.3};
    const femd_status rc = femd_client_open(&cfg, &c, &err);
    assert_true(rc == FEMD_TIMEOUT || rc == FEMD_DISCONNECTED);
    assert_null(c);
    assert_non_null(strstr(err.text, "femd-no-such-socket"));
}

/* Of a program that was built against other headers nothing but the size is read. */
static void configuration_of_another_layout_is_refused(void **state) {
    (void)state;
    femd_client_config cfg = {.address = "ipc:///tmp/femd-no-such-socket", .connect_timeout = 0.3};
    for (size_t size = 0; size <= 2 * sizeof cfg; size += 8) {
        if (size == sizeof cfg) continue;
        femd_client *c = NULL;
        femd_error err = FEMD_ERROR_INIT;
        cfg.size = size;
        assert_int_equal(femd_client_open(&cfg, &c, &err), FEMD_BAD_ARGUMENT);
        assert_null(c);
        assert_non_null(strstr(err.text, "set it to sizeof"));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(material_that_cannot_be_opened_brings_the_workers_words),
        cmocka_unit_test(material_is_registered_once_and_known_by_its_content),
        cmocka_unit_test(exchange_is_refused_at_once),
        cmocka_unit_test(temperatures_below_0_are_refused_at_once),
        cmocka_unit_test(commit_without_a_reply_is_sent_again),
        cmocka_unit_test(refused_commit_fails_with_the_servers_status),
        cmocka_unit_test(states_come_back_in_order_and_equal_ones_travel_once),
        cmocka_unit_test(state_that_nobody_holds_is_reported_and_nothing_leaks),
        cmocka_unit_test(many_states_are_put_in_several_messages),
        cmocka_unit_test(seed_depends_on_case_step_and_point_alone),
        cmocka_unit_test(configuration_of_another_layout_is_refused),
        cmocka_unit_test(opening_without_a_server_ends_with_the_address_in_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
