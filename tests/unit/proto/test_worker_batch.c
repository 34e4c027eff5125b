/* femd-worker with an engine that likes 64 points at once (tests/unit/micro/batch_engine.c). */
#include <math.h>
#include <unistd.h>

#include "femd/hash.h"
#include "worker_rig.h"

enum { POINTS = 150 };

static char log_path[64];
static char json[512];

/* The material whose engine logs the size of each call. */
static const char *material(const char *parameters) {
    strcpy(log_path, "/tmp/femd-test-batch-XXXXXX");
    const int descriptor = mkstemp(log_path);
    assert_true(descriptor >= 0);
    close(descriptor);
    snprintf(json, sizeof json,
             "{\"engine\":\"user\",\"name\":\"batch\",\"parameters\":{\"modulus\":7e9%s,\"log\":\"%s\"}}", parameters,
             log_path);
    return json;
}

/* The sizes of the calls so far, as "64 64 22 "; the file is emptied. */
static void sizes_are(const char *wanted) {
    char text[512] = "";
    FILE *file = fopen(log_path, "r+");
    assert_non_null(file);
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    assert_int_equal(ftruncate(fileno(file), 0), 0);
    fclose(file);
    for (char *at = text; *at; at++)
        if (*at == '\n') *at = ' ';
    assert_string_equal(text, wanted);
}

static int batch_teardown(void **state) {
    unlink(log_path);
    return rig_teardown(state);
}

/* Encoded answers by task. */
typedef struct answers {
    uint8_t bytes[POINTS][FEMD_RESPONSE_BYTES_MAX];
    size_t size[POINTS];
    femd_response response[POINTS];
} answers;

static uint32_t take_answers(const femd_frame *frame, answers *all) {
    femd_reader reader;
    femd_answer answer;
    femd_reader_open(frame, &reader);
    while (femd_answer_next(&reader, &answer, NULL) == 1) {
        assert_true(answer.task < POINTS && all->size[answer.task] == 0);
        memcpy(all->bytes[answer.task], answer.response.data, answer.response.size);
        all->size[answer.task] = answer.response.size;
        assert_int_equal(
            femd_response_decode(answer.response.data, answer.response.size, &all->response[answer.task], NULL),
            FEMD_OK);
    }
    return frame->count;
}

/* Send these requests as tasks 0.. in one message, or each in a message of its own, and wait for all answers. */
static void ask(rig *g, const femd_hash *id, const femd_request *request, uint32_t n, int one_message, answers *all) {
    memset(all->size, 0, sizeof all->size);
    for (uint32_t i = 0; i < n; i++) {
        const femd_task task = {.id = i, .request = request[i]};
        if (i == 0 || !one_message) assert_int_equal(femd_task_begin(&g->out, id, NULL, 0, NULL), FEMD_OK);
        assert_int_equal(femd_task_add(&g->out, &task, NULL), FEMD_OK);
        if (one_message && i < n - 1) continue;
        femd_frame_finish(&g->out, one_message ? n : 1);
        rig_post(g);
    }
    for (uint32_t done = 0; done < n;) {
        femd_frame frame;
        assert_true(rig_next_frame(g, 10, &frame));
        if (frame.type == FEMD_MSG_ANSWER) done += take_answers(&frame, all);
    }
}

/* ---- tests ---- */

/* Full batches and a rest; each is named whole before it begins, when what was before is answered. */
static void a_batch_is_announced_evaluated_and_answered_together(void **state) {
    rig *g = *state;
    static answers all;
    memset(&all, 0, sizeof all);
    rig_start_worker(g, "x86-64-v2");
    const femd_ready ready = rig_give_material(g, material(",\"cost_us\":200"));
    if (ready.status != FEMD_OK) fail_msg("%s", ready.text);
    assert_int_equal(ready.caps.batch, 64);
    rig_give_tasks(g, &ready.material, 0, POINTS, 0, NULL, 0, NULL);
    uint32_t named = 0, frames = 0, answered = 0;
    while (answered < POINTS) {
        femd_frame frame;
        assert_true(rig_next_frame(g, 10, &frame));
        if (frame.type == FEMD_MSG_ANSWER) {
            frames++;
            answered += take_answers(&frame, &all);
            assert_int_equal(answered, named);
        } else if (frame.type == FEMD_MSG_STARTED) {
            assert_int_equal(named, answered);
            assert_int_equal(frame.count, POINTS - named < 64 ? POINTS - named : 64);
            named += frame.count;
        }
    }
    assert_int_equal(frames, 3);
    sizes_are("64 64 22 ");
    for (uint32_t i = 0; i < POINTS; i++) {
        const femd_response *r = &all.response[i];
        const double e = 1e-6 * (double)(i + 1);
        assert_true(r->status == FEMD_OK && r->S[0] == 7e9 * e && r->work.worker == 5);
        assert_true(r->work.wall >= 2e-4 && r->work.wall < 0.1); /* its share: a batch takes 13 ms and more */
    }
}

/* Cheap batches are named several at a time, and still come whole. */
static void cheap_batches_are_announced_together(void **state) {
    rig *g = *state;
    enum { MANY = 4000 };
    rig_start_worker(g, "x86-64-v2");
    /* No log: writing to a busy disk is not cheap. */
    const femd_ready ready =
        rig_give_material(g, "{\"engine\":\"user\",\"name\":\"batch\",\"parameters\":{\"batch\":8}}");
    rig_give_tasks(g, &ready.material, 0, MANY, 0, NULL, 0, NULL);
    uint32_t started = 0, answered = 0, announcements = 0;
    while (answered < MANY) {
        femd_frame frame;
        assert_true(rig_next_frame(g, 10, &frame));
        if (frame.type == FEMD_MSG_STARTED) {
            assert_int_equal(frame.count % 8, 0);
            started += frame.count;
            announcements++;
        } else {
            assert_int_equal(frame.type, FEMD_MSG_ANSWER);
            answered += frame.count;
        }
        assert_true(answered <= started);
    }
    assert_int_equal(started, MANY);
    assert_true(announcements < MANY / 8);
}

/* Points that fail, are refused or have no state leave the others' answers as they are alone, to the bit. */
static void points_of_a_batch_fail_alone(void **state) {
    rig *g = *state;
    static answers single, many;
    femd_request request[64];
    rig_start_worker(g, "x86-64-v2");
    const femd_ready ready = rig_give_material(g, material(""));
    for (int i = 0; i < 64; i++) {
        request[i] = rig_strain(1e-3 * (i % 50)); /* some are asked for twice */
        request[i].point = (uint64_t)i;
    }
    for (int round = 0; round < 2; round++) {
        static const femd_hash unknown = {{7}};
        request[5].value[0] = 0.6;
        request[6].state_in = unknown;
        request[7].value[1] = 0.6;
        request[8].wants |= FEMD_WANT_CONDUCTIVITY;
        request[9].value[0] = 0.35;
        ask(g, &ready.material, request, 64, 0, &single);
        sizes_are(
            "1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 "
            "1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 "); /* 62: two were not for the engine */
        ask(g, &ready.material, request, 64, 1, &many);
        sizes_are("7 55 "); /* without the lost state; on either side of the refused one */
        for (int i = 0; i < 64; i++) {
            const femd_status bad = i == 5   ? FEMD_OUT_OF_DOMAIN
                                    : i == 6 ? FEMD_STATE_LOST
                                    : i == 7 ? FEMD_DIVERGED
                                    : i == 8 ? FEMD_UNSUPPORTED
                                    : i == 9 ? FEMD_INTERNAL
                                             : FEMD_OK;
            assert_int_equal(many.response[i].status, bad);
            assert_int_equal(many.size[i], single.size[i]);
            assert_memory_equal(many.bytes[i], single.bytes[i], femd_response_compared_bytes(many.size[i]));
            assert_int_equal(femd_hash_is_zero(&many.response[i].state_out), bad != FEMD_OK);
            request[i].state_in = many.response[i].state_out;
        }
        if (round == 1) assert_true(many.response[1].S[0] == 7e9 * (1e-3 + 0.25 * 1e-3));
    }
}

/* Together the points may take what they may take one after another; what was finished by then stands. */
static void the_deadline_of_a_batch_is_the_sum(void **state) {
    rig *g = *state;
    static answers all;
    int beats = 0;
    rig_start_worker(g, "x86-64-v2");
    const femd_ready ready = rig_give_material(g, material(",\"cost_us\":100000"));
    rig_give_tasks(g, &ready.material, 0, 8, 0.4, NULL, 0, NULL); /* 0.8 s of 3.2 s */
    assert_int_equal(rig_answer_to(g, 7, &beats, 10).status, FEMD_OK);
    assert_true(beats >= 1);
    rig_give_tasks(g, &ready.material, 0, 8, 0.05, NULL, 0, NULL); /* 0.8 s of 0.4 s */
    memset(&all, 0, sizeof all);
    for (uint32_t done = 0; done < 8;) {
        femd_frame frame;
        assert_true(rig_next_frame(g, 10, &frame));
        if (frame.type == FEMD_MSG_ANSWER) done += take_answers(&frame, &all);
    }
    assert_int_equal(all.response[0].status, FEMD_OK);
    assert_int_equal(all.response[7].status, FEMD_DEADLINE);
    for (int i = 1; i < 8; i++)
        assert_true(all.response[i].status == FEMD_DEADLINE || all.response[i - 1].status == FEMD_OK);
    sizes_are("8 8 ");
}

/* SIGTERM in the middle of a batch: BYE at once, and none of its points is answered. */
static void a_signal_ends_a_batch(void **state) {
    rig *g = *state;
    rig_start_worker(g, "x86-64-v2");
    const femd_ready ready = rig_give_material(g, material(",\"cost_us\":300000"));
    rig_give_tasks(g, &ready.material, 0, 64, 0, NULL, 0, NULL);
    assert_int_equal(rig_expect(g, FEMD_MSG_STARTED, 5).count, 64);
    kill(g->pid, SIGTERM);
    femd_frame frame;
    do assert_true(rig_next_frame(g, 5, &frame));
    while (frame.type == FEMD_MSG_BEAT);
    assert_int_equal(frame.type, FEMD_MSG_BYE);
    assert_int_equal(rig_exit_code_within(g, 3), 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, rig_setup, batch_teardown)

/* Whoever can send a material cannot have a file loaded: the object that is named would leave a mark. */
static void no_path_of_a_material_is_loaded(void **state) {
    rig *g = *state;
    static const char *const packs[] = {"{\"engine\":\"user\",\"library\":\"" FEMD_LIBRARY "\"}",
                                        "{\"engine\":\"user\",\"name\":\"batch\",\"library\":\"" FEMD_LIBRARY "\"}",
                                        "{\"engine\":\"user\",\"name\":\"" FEMD_LIBRARY "\"}",
                                        "{\"engine\":\"user\",\"name\":\"nobody\"}"};
    char mark[64];
    snprintf(mark, sizeof mark, "/tmp/femd-test-mark-%d", (int)getpid());
    setenv("FEMD_TEST_MARK", mark, 1);
    rig_start_worker(g, "x86-64-v2");
    for (int i = 0; i < 4; i++) {
        const femd_ready ready = rig_give_material(g, packs[i]);
        assert_true(ready.status == FEMD_BAD_INPUT || (ready.status == FEMD_REFUSED && i >= 2));
        assert_non_null(strstr(ready.text, i < 2 ? "\"library\" is refused" : "name"));
    }
    const femd_ready nobody = rig_give_material(g, packs[3]);
    assert_int_equal(nobody.status, FEMD_REFUSED); /* this worker's lack, which another may not have */
    assert_non_null(strstr(nobody.text, "it knows batch"));
    assert_int_not_equal(access(mark, F_OK), 0);
    assert_int_equal(rig_give_material(g, "{\"engine\":\"user\",\"name\":\"batch\",\"parameters\":{}}").status,
                     FEMD_OK);
    unsetenv("FEMD_TEST_MARK");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_batch_is_announced_evaluated_and_answered_together),
        TEST(cheap_batches_are_announced_together),
        TEST(points_of_a_batch_fail_alone),
        TEST(the_deadline_of_a_batch_is_the_sum),
        TEST(a_signal_ends_a_batch),
        TEST(no_path_of_a_material_is_loaded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
