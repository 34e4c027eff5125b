/* A quantity is one line: with the one of made_up_quantity.h added to the list, it goes over the wire, into JSON, into
 * what femd eval prints, and turns with the body. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "eval.h"
#include "femd/json_channel.h"
#include "femd/kinematics.h"
#include "near.h"
#include "sample.h"

/* In the place of the client's file that opens materials, which knows no quantity. */
const char *model_next_note(const char **notes, int *length) {
    (void)notes, (void)length;
    return NULL;
}

static femd_response made_up_answer(int sampled) {
    femd_response r = sample_response(FEMD_WANT_STRESS | FEMD_WANT_MADE_UP, sampled, 0);
    assert_true(r.made_up[5] > 1);
    assert_int_equal(r.made_up_err[5] > 1, sampled);
    return r;
}

static void goes_over_the_wire_with_and_without_error(void **state) {
    (void)state;
    size_t size[2];
    for (int sampled = 0; sampled < 2; ++sampled) {
        femd_response r = made_up_answer(sampled), back;
        femd_buffer frame = FEMD_BUFFER_INIT;
        femd_frame f;
        femd_reader rd;
        femd_answer a;
        assert_int_equal(femd_frame_begin(&frame, FEMD_MSG_ANSWER, 0, NULL), FEMD_OK);
        assert_int_equal(femd_answer_add(&frame, 7, &(femd_hash){{7}}, &r, NULL), FEMD_OK);
        femd_frame_finish(&frame, 1);
        assert_int_equal(femd_frame_decode(frame.data, frame.size, &f, NULL), FEMD_OK);
        femd_reader_open(&f, &rd);
        assert_int_equal(femd_answer_next(&rd, &a, NULL), 1);
        assert_int_equal(femd_response_decode(a.response.data, a.response.size, &back, NULL), FEMD_OK);
        assert_memory_equal(&back, &r, sizeof r);
        size[sampled] = a.response.size;
        memset(r.made_up_err, 0, sizeof r.made_up_err);
        assert_int_equal(femd_response_bytes(&r), size[sampled] - (sampled ? 48 : 0));
        r.made_up[3] = NAN;
        assert_false(femd_response_is_finite(&r));
        femd_buffer_clear(&frame);
    }
    assert_int_equal(size[1] - size[0],
                     8 * (6 + 6 + 1 + 6 + 1)); /* errors of stress, made-up, Hill-Mandel, strain and J */
}

/* Who does not know the line passes it over. */
static void is_passed_over_by_who_does_not_know_it(void **state) {
    (void)state;
    femd_response r = made_up_answer(1), back;
    uint8_t p[FEMD_RESPONSE_BYTES_MAX];
    const size_t n = femd_response_encode(&r, p);
    uint64_t held = femd_get64(p + 48), errors = femd_get64(p + 56);
    const uint64_t own = 1u << 30, other = 1u << 29;
    femd_put64(p + 48, (held & ~own) | other); /* bit 10 stands in the same place, and nobody knows it here */
    femd_put64(p + 56, (errors & ~own) | other);
    assert_int_equal(femd_response_decode(p, n, &back, NULL), FEMD_OK);
    memset(r.made_up, 0, sizeof r.made_up);
    memset(r.made_up_err, 0, sizeof r.made_up_err);
    r.provided = FEMD_WANT_STRESS;
    assert_memory_equal(&back, &r, sizeof r);
}

static void assert_six(const cJSON *list, const double v[6]) {
    assert_int_equal(cJSON_GetArraySize(list), 6);
    for (int c = 0; c < 6; ++c) assert_near(cJSON_GetArrayItem(list, c)->valuedouble, v[c], 0);
}

static void stands_in_the_json_answer(void **state) {
    (void)state;
    femd_response r = made_up_answer(1);
    femd_buffer text = FEMD_BUFFER_INIT;
    assert_int_equal(femd_response_json(&r, (femd_bytes){0}, &text, NULL), FEMD_OK);
    assert_int_equal(femd_buffer_append(&text, "", 1, NULL), FEMD_OK);
    cJSON *root = cJSON_Parse((const char *)text.data);
    assert_six(cJSON_GetObjectItem(root, "made_up"), r.made_up);
    assert_six(cJSON_GetObjectItem(cJSON_GetObjectItem(root, "errors"), "made_up"), r.made_up_err);
    assert_string_equal(cJSON_GetArrayItem(cJSON_GetObjectItem(root, "provided"), 1)->valuestring, "made-up");
    cJSON_Delete(root);
    femd_buffer_clear(&text);
}

/* What print() says on standard output. */
static char *printed(void (*print)(const eval_answer *), const eval_answer *a) {
    char *text = calloc(1, 65536);
    fflush(stdout);
    FILE *f = tmpfile();
    const int own = dup(1);
    assert_true(f && own >= 0 && text && dup2(fileno(f), 1) == 1);
    print(a);
    fflush(stdout);
    assert_int_equal(dup2(own, 1), 1);
    close(own);
    rewind(f);
    assert_true(fread(text, 1, 65535, f) > 0);
    fclose(f);
    return text;
}

static void stands_in_what_femd_eval_prints(void **state) {
    (void)state;
    eval_answer a = {.response = made_up_answer(1), .engine = "none"};
    for (int c = 0; c < 6; ++c) a.response.made_up[c] = 1e-6 * (c + 1);
    char *table = printed(eval_print_table, &a), *json = printed(eval_print_json, &a);
    char *row = strstr(table, "  made up  ");
    assert_non_null(row);
    double v[6];
    char unit[16];
    assert_int_equal(sscanf(row, " made up %lf %lf %lf %lf %lf %lf %15s", v, v + 1, v + 2, v + 3, v + 4, v + 5, unit),
                     7);
    for (int c = 0; c < 6; ++c) assert_near(v[c], c + 1, 1e-12);
    assert_string_equal(unit, "1e-6/K");
    cJSON *root = cJSON_Parse(json);
    assert_six(cJSON_GetObjectItem(root, "made_up"), a.response.made_up);
    assert_six(cJSON_GetObjectItem(cJSON_GetObjectItem(root, "errors"), "made_up"), a.response.made_up_err);
    cJSON_Delete(root);
    free(table);
    free(json);
}

/* The bits of notes may have gaps: those beyond one are told as well. */
static void every_note_is_told(void **state) {
    (void)state;
    eval_answer a = {.response = made_up_answer(0), .engine = "none"};
    femd_buffer text = FEMD_BUFFER_INIT;
    a.response.notes = FEMD_NOTE_ALL;
    assert_int_equal(femd_response_json(&a.response, (femd_bytes){0}, &text, NULL), FEMD_OK);
    assert_int_equal(femd_buffer_append(&text, "", 1, NULL), FEMD_OK);
    char *table = printed(eval_print_table, &a), *json = printed(eval_print_json, &a);
    int notes = 0;
    for (uint32_t bit = 1; bit; bit <<= 1) {
        char quoted[64];
        if (!(bit & FEMD_NOTE_ALL)) continue;
        notes++;
        snprintf(quoted, sizeof quoted, "\"%s\"", femd_note_key(bit));
        assert_non_null(strstr((const char *)text.data, quoted));
        assert_non_null(strstr(json, quoted));
        assert_non_null(strstr(table, femd_note_key(bit)));
    }
    cJSON *root = cJSON_Parse((const char *)text.data);
    assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(root, "notes")), notes);
    cJSON_Delete(root);
    femd_buffer_clear(&text);
    free(table);
    free(json);
}

/* A strain turns as a strain, and its errors by the same matrix. */
static void turns_with_the_body_and_so_do_its_errors(void **state) {
    (void)state;
    const double c = cos(0.3), s = sin(0.3), Q[9] = {c, s, 0, -s, c, 0, 0, 0, 1};
    const double Qt[9] = {c, -s, 0, s, c, 0, 0, 0, 1};
    femd_response r = made_up_answer(1);
    const femd_response before = r;
    double value[6], variance[6] = {0};
    femd_strain_rotate(Qt, before.made_up, value);
    for (int k = 0; k < 6; ++k) { /* each component's error by itself */
        double one[6] = {0}, turned[6];
        one[k] = before.made_up_err[k];
        femd_strain_rotate(Qt, one, turned);
        for (int j = 0; j < 6; ++j) variance[j] += turned[j] * turned[j];
    }
    femd_response_unrotate(Q, &r);
    for (int j = 0; j < 6; ++j) {
        assert_near(r.made_up[j], value[j], 1e-14);
        assert_near(r.made_up_err[j], sqrt(variance[j]), 1e-14);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(goes_over_the_wire_with_and_without_error),
        cmocka_unit_test(is_passed_over_by_who_does_not_know_it),
        cmocka_unit_test(stands_in_the_json_answer),
        cmocka_unit_test(stands_in_what_femd_eval_prints),
        cmocka_unit_test(every_note_is_told),
        cmocka_unit_test(turns_with_the_body_and_so_do_its_errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
