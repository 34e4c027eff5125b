/* A material with an orientation: libfemd turns what goes and what comes. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "fake_server.h"
#include "femd/kinematics.h"

/* A law without symmetry, so that a wrong turn is seen: S = E component by component and D full of numbers. */
static void law(const femd_request *q, femd_response *r) {
    *r = (femd_response){.status = FEMD_OK, .provided = FEMD_WANT_STRESS | FEMD_WANT_TANGENT, .J = 1};
    for (int i = 0; i < 6; i++) r->S[i] = 1e9 * q->value[i] * (i + 1);
    for (int i = 0; i < 36; i++) r->D[i] = 1e9 * (1 + (i / 6) * (i % 6));
    memcpy(r->E, q->value, sizeof r->E);
}

/* Opens every material, and answers by the law. The test: the material that was asked last. */
static void pool(fake_server *s, const femd_frame *f) {
    if (f->type == FEMD_MSG_MATERIAL) {
        femd_pack pack;
        femd_ready ready = {.status = FEMD_OK, .text = "a remark"};
        femd_pack_id(f->body.data, f->body.size, &ready.material);
        if (femd_pack_decode(f->body.data, f->body.size, &pack, NULL) != FEMD_OK) return;
        ready.status = strstr(pack.json, "orient") || strstr(pack.json, "region") ? FEMD_BAD_INPUT : FEMD_OK;
        if (femd_ready_encode(&s->out, f->id, &ready, NULL) == FEMD_OK) fake_send(s);
    }
    if (f->type != FEMD_MSG_EVALUATE) return;
    femd_reader rd;
    femd_request q;
    femd_response r;
    uint8_t bytes[FEMD_RESPONSE_BYTES_MAX];
    if (femd_evaluate_open(f, s->test, &rd, NULL) != FEMD_OK) return;
    if (femd_frame_begin(&s->out, FEMD_MSG_RESULT, f->id, NULL) != FEMD_OK) return;
    for (uint32_t i = 0; femd_evaluate_next(&rd, &q, NULL) == 1; i++) {
        law(&q, &r);
        const femd_result e = {.index = i, .response = {bytes, femd_response_encode(&r, bytes)}};
        if (femd_result_add(&s->out, &e, NULL) != FEMD_OK) return;
    }
    femd_frame_finish(&s->out, f->count);
    fake_send(s);
}

static const char turned[] = "{\"engine\": \"elastic\", \"young\": 1e9, \"poisson\": 0.3, \"region\": \"all\", "
                             "\"orientation\": {\"axis\": [0, 0, 1], \"angle\": \"90 deg\"}}";
static const char bare[] = "{\"engine\": \"elastic\", \"young\": 1e9, \"poisson\": 0.3}";

static void answer_of(femd_client *c, const femd_hash *material, const double E[6], femd_response *r) {
    femd_request q = {.wants = FEMD_WANT_STRESS | FEMD_WANT_TANGENT};
    femd_batch *b = NULL;
    femd_error err = FEMD_ERROR_INIT;
    memcpy(q.value, E, sizeof q.value);
    assert_int_equal(femd_client_submit(c, material, &q, 1, &b, &err), FEMD_OK);
    assert_int_equal(femd_client_collect(c, &b, r, &err), FEMD_OK);
}

static void check_turned(femd_client *c, const femd_hash *material, const double Q[9]) {
    const double E[6] = {0.01, -0.002, 0.003, 0.004, -0.005, 0.006};
    femd_request inside = {0};
    femd_response r, expected;
    answer_of(c, material, E, &r);
    femd_strain_rotate(Q, E, inside.value);
    law(&inside, &expected);
    femd_response_unrotate(Q, &expected);
    assert_memory_equal(r.S, expected.S, sizeof r.S);
    assert_memory_equal(r.D, expected.D, sizeof r.D);
    for (int i = 0; i < 6; i++) assert_true(fabs(r.E[i] - E[i]) < 1e-16);
}

static void strains_go_and_answers_come_in_the_hosts_axes(void **state) {
    (void)state;
    femd_hash asked, plain, id, again;
    fake_server s = {.handle = pool, .test = &asked};
    femd_error err = FEMD_ERROR_INIT;
    double Q[9];
    fake_start(&s);
    femd_client *c = fake_client(&s);
    assert_int_equal(femd_client_material(c, bare, NULL, &plain, NULL, &err), FEMD_OK);
    assert_int_equal(femd_client_material(c, turned, NULL, &id, NULL, &err), FEMD_OK);
    assert_int_equal(femd_client_material(c, turned, NULL, &again, NULL, &err), FEMD_OK);
    assert_true(femd_hash_equal(&id, &again));
    assert_false(femd_hash_equal(&id, &plain));
    assert_int_equal(femd_client_orientation(c, &id, Q, &err), FEMD_OK);
    const double quarter[9] = {0, 1, 0, -1, 0, 0, 0, 0, 1}, none[9] = {1, 0, 0, 0, 1, 0, 0, 0, 1};
    for (int i = 0; i < 9; i++) assert_true(Q[i] == quarter[i]);
    check_turned(c, &id, quarter);
    assert_true(femd_hash_equal(&asked, &plain)); /* the server knows one material */
    assert_int_equal(femd_client_orientation(c, &plain, Q, &err), FEMD_OK);
    assert_memory_equal(Q, none, sizeof Q);
    check_turned(c, &plain, none);
    assert_string_equal(femd_client_remarks(c, &id), "a remark");
    femd_client_close(&c);
    fake_stop(&s);
    assert_int_equal(s.seen[FEMD_MSG_MATERIAL], 1);
}

static void a_grain_is_another_name_of_the_same_material(void **state) {
    (void)state;
    femd_hash asked, plain, id, grain, second, unknown = {{9}};
    fake_server s = {.handle = pool, .test = &asked};
    femd_error err = FEMD_ERROR_INIT;
    const double none[9] = {1, 0, 0, 0, 1, 0, 0, 0, 1}, mirror[9] = {1, 0, 0, 0, 1, 0, 0, 0, -1};
    const double Q[9] = {0.36, 0.48, -0.8, -0.8, 0.6, 0, 0.48, 0.64, 0.6};
    double got[9];
    fake_start(&s);
    femd_client *c = fake_client(&s);
    assert_int_equal(femd_client_material(c, turned, NULL, &id, NULL, &err), FEMD_OK);
    assert_int_equal(femd_client_orient(c, &id, none, &plain, &err), FEMD_OK);
    assert_int_equal(femd_client_orient(c, &id, Q, &grain, &err), FEMD_OK); /* Q itself, not on top of the first */
    assert_int_equal(femd_client_orient(c, &plain, Q, &second, &err), FEMD_OK);
    assert_true(femd_hash_equal(&grain, &second));
    assert_int_equal(femd_client_orientation(c, &grain, got, &err), FEMD_OK);
    check_turned(c, &grain, got);
    assert_true(femd_hash_equal(&asked, &plain));
    assert_int_equal(femd_client_orient(c, &plain, mirror, &second, &err), FEMD_BAD_INPUT);
    assert_int_equal(femd_client_orient(c, &unknown, Q, &second, &err), FEMD_BAD_ARGUMENT);
    assert_int_equal(femd_client_orientation(c, &unknown, got, &err), FEMD_BAD_ARGUMENT);
    femd_client_close(&c);
    fake_stop(&s);
}

static void what_cannot_be_turned_is_refused(void **state) {
    (void)state;
    femd_hash asked, id;
    fake_server s = {.handle = pool, .test = &asked};
    femd_error err = FEMD_ERROR_INIT;
    femd_request q = {.wants = FEMD_WANT_STRESS, .mask = 2};
    femd_batch *b = NULL;
    fake_start(&s);
    femd_client *c = fake_client(&s);
    assert_int_equal(femd_client_material(c, turned, NULL, &id, NULL, &err), FEMD_OK);
    assert_int_equal(femd_client_submit(c, &id, &q, 1, &b, &err), FEMD_BAD_ARGUMENT);
    assert_non_null(strstr(err.text, "axes of the RVE"));
    femd_error_clear(&err);
    assert_int_equal(femd_client_material(c,
                                          "{\"engine\": \"elastic\", \"young\": 1e9, \"poisson\": 0.3, "
                                          "\"orientations\": {\"g\": {\"euler\": [0, 0, 1]}}}",
                                          NULL, &id, NULL, &err),
                     FEMD_BAD_INPUT);
    assert_non_null(strstr(err.text, "femd_client_orient"));
    static const char *const wrong[] = {"[[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11], [0], [0]]",
                                        "[[1, 0, 0], [0, 1, 0]]",
                                        "3",
                                        "{\"axis\": [0, 0, 0], \"angle\": 1}",
                                        "[[1, 0, 0], [0, 1, 0], [0, 0, -1]]",
                                        "{\"euler\": [1, 2]}"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        char json[300];
        snprintf(json, sizeof json, "{\"engine\": \"elastic\", \"young\": 1e9, \"poisson\": 0.3, \"orientation\": %s}",
                 wrong[i]);
        femd_error_clear(&err);
        assert_int_equal(femd_client_material(c, json, NULL, &id, NULL, &err), FEMD_BAD_INPUT);
        assert_non_null(strstr(err.text, "orientation"));
    }
    femd_client_close(&c);
    fake_stop(&s);
}

static void what_is_left_out_is_told(void **state) {
    (void)state;
    femd_hash asked, id;
    fake_server s = {.handle = pool, .test = &asked};
    femd_error err = FEMD_ERROR_INIT;
    fake_start(&s);
    femd_client *c = fake_client(&s);
    const char json[] =
        "{\"engine\": \"elastic\", \"young\": 1e9, \"poisson\": 0.3, \"thermal\": {\"conductivity\": 400}}";
    for (int i = 0; i < 2; i++) assert_int_equal(femd_client_material(c, json, NULL, &id, NULL, &err), FEMD_OK);
    assert_string_equal(
        femd_client_remarks(c, &id),
        "a remark\nthermal: for femd's own solver; conductivity and heat capacity are those of the engine");
    femd_client_close(&c);
    fake_stop(&s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(strains_go_and_answers_come_in_the_hosts_axes),
        cmocka_unit_test(a_grain_is_another_name_of_the_same_material),
        cmocka_unit_test(what_cannot_be_turned_is_refused),
        cmocka_unit_test(what_is_left_out_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
