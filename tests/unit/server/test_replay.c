/* A server that dies and another one in its place, made from the journal: what was committed is committed, what was
 * answered is answered, and no state is lost that anybody can still make. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "annals.h"
#include "scene.h"

static void what_was_committed_is_there_after_the_death_of_the_server(void **state) {
    (void)state;
    scene s;
    scene_open(&s);
    scene_run_steps(&s, 0, 2);
    rig_restart(&s.g);
    scene_come_back(&s, 0); /* the journal names the material too */
    femd_core_totals totals;
    femd_core_sum(s.g.core, &totals);
    assert_int_equal(totals.runs, 1);
    scene_run_steps(&s, 2, 4);
    assert_int_equal(femd_core_count(s.g.core)->remade, 0);
    scene_close(&s);
}

static void a_commit_sent_again_is_answered_again(void **state) {
    (void)state;
    scene s;
    scene_open(&s);
    scene_run_steps(&s, 0, 1);
    rig_restart(&s.g);
    scene_come_back(&s, 1);
    scene_commit(&s, 0); /* its COMMITTED was lost with the server */
    assert_true(scene_is_committed(&s));
    assert_int_equal(femd_core_count(s.g.core)->commits, 0);
    scene_close(&s);
}

static void what_was_answered_and_not_committed_is_not_asked_anew(void **state) {
    (void)state;
    scene s;
    scene_open(&s);
    scene_run_steps(&s, 0, 1);
    scene_evaluate(&s, 1);
    rig_restart(&s.g);
    scene_come_back(&s, 1);
    rig_have(&s.g, s.worker, s.request[1], SCENE_POINTS);
    assert_int_equal(rig_count(&s.g, s.worker, FEMD_MSG_DROP), 0);
    assert_int_equal(scene_evaluate(&s, 1), 0); /* it is sent again, and answered from what is known */
    scene_commit(&s, 1);
    assert_true(scene_is_committed(&s));
    assert_int_equal(femd_core_count(s.g.core)->evaluations, 0);
    scene_close(&s);
}

static void a_state_lost_with_server_and_worker_is_made_again(void **state) {
    (void)state;
    scene s;
    scene_open(&s);
    scene_run_steps(&s, 0, 1);
    scene_evaluate(&s, 1);
    rig_restart(&s.g);
    scene_come_back(&s, 1); /* another worker: it holds nothing */
    rig_commit(&s.g, s.client, 501, 2, s.state[1], SCENE_POINTS);
    assert_int_equal(rig_work(&s.g, s.worker), SCENE_POINTS);
    rig_give_states(&s.g, s.worker, s.request[1], SCENE_POINTS);
    assert_true(scene_is_committed(&s));
    assert_int_equal(femd_core_count(s.g.core)->remade, SCENE_POINTS);
    scene_close(&s);
}

/* All copies of all states are lost, on disk too, and the new server has no evaluation in its books: the history makes
 * them again from the virgin state on. */
static void when_every_copy_is_lost_the_history_makes_it_again(void **state) {
    (void)state;
    scene s;
    scene_open(&s);
    scene_run_steps(&s, 0, 5);
    femd_core_summarise(s.g.core);
    rig_collect(&s.g);
    rig_shelf_drop_states(&s.shelf);
    rig_restart(&s.g);
    femd_core_totals totals;
    femd_core_sum(s.g.core, &totals);
    assert_int_equal(totals.evaluations, 0);
    scene_come_back(&s, 0);
    rig_result got[SCENE_POINTS];
    rig_evaluate(&s.g, s.client, 900, s.request[5], SCENE_POINTS);
    femd_task tasks[16];
    uint32_t made = 0;
    for (int rounds = 0; rounds < 40; rounds++) {
        uint32_t n = rig_tasks(&s.g, s.worker, tasks, NULL);
        if (n) rig_answer(&s.g, s.worker, tasks, n);
        made += n;
        rig_give_states(&s.g, s.worker, s.request[0], 5 * SCENE_POINTS);
    }
    assert_int_equal(rig_results(&s.g, s.client, got, SCENE_POINTS), SCENE_POINTS);
    for (int i = 0; i < SCENE_POINTS; i++) {
        assert_int_equal(got[i].response.status, FEMD_OK);
        assert_memory_equal(&got[i].response.state_out, &s.state[5][got[i].index], sizeof(femd_hash));
    }
    assert_int_equal(made, 6 * SCENE_POINTS); /* five steps again, and the new one */
    scene_close(&s);
}

static void what_a_worker_has_and_nobody_needs_is_dropped(void **state) {
    (void)state;
    scene s;
    scene_open(&s);
    scene_run_steps(&s, 0, 3);
    rig_restart(&s.g);
    scene_come_back(&s, 1);
    femd_frame f;
    rig_have(&s.g, s.worker, s.request[0], SCENE_POINTS); /* two generations stay: 1 and 2 */
    assert_true(rig_take(&s.g, s.worker, FEMD_MSG_DROP, &f));
    assert_int_equal(f.count, SCENE_POINTS);
    rig_have(&s.g, s.worker, s.request[1], SCENE_POINTS);
    rig_have(&s.g, s.worker, s.request[2], SCENE_POINTS);
    assert_false(rig_take(&s.g, s.worker, FEMD_MSG_DROP, &f));
    uint32_t moved = 0;
    femd_task tasks[16];
    rig_evaluate(&s.g, s.client, 900, s.request[3], SCENE_POINTS);
    while (rig_tasks(&s.g, s.worker, tasks, &moved)) continue;
    assert_int_equal(moved, 0); /* what it said that it has is not sent to it */
    scene_close(&s);
}

static void a_worker_back_after_a_blip_says_what_it_holds(void **state) {
    (void)state;
    scene s;
    scene_open(&s);
    scene_run_steps(&s, 0, 1);
    rig_vanish(&s.g, s.worker);
    s.worker = rig_worker(&s.g);
    rig_open(&s.g, s.worker, FEMD_OK);
    rig_have(&s.g, s.worker, s.request[0], SCENE_POINTS);
    uint32_t moved = 0;
    femd_task tasks[16];
    rig_evaluate(&s.g, s.client, 900, s.request[1], SCENE_POINTS);
    while (rig_tasks(&s.g, s.worker, tasks, &moved)) continue;
    assert_int_equal(moved, 0);
    scene_close(&s);
}

static void no_old_answer_meets_a_new_task(void **state) {
    (void)state;
    scene s;
    femd_task old[16], new[16];
    scene_open(&s);
    rig_evaluate(&s.g, s.client, 1, s.request[0], 1);
    assert_int_equal(rig_tasks(&s.g, s.worker, old, NULL), 1);
    rig_restart(&s.g);
    scene_come_back(&s, 1);
    rig_evaluate(&s.g, s.client, 2, s.request[0] + 1, 1);
    assert_int_equal(rig_tasks(&s.g, s.worker, new, NULL), 1);
    assert_true(old[0].id == new[0].id); /* the numbers begin anew */
    rig_answer(&s.g, s.worker, old, 1);
    assert_int_equal(rig_count(&s.g, s.client, FEMD_MSG_RESULT), 0);
    rig_answer(&s.g, s.worker, new, 1);
    rig_result got[SCENE_POINTS];
    assert_int_equal(rig_results(&s.g, s.client, got, SCENE_POINTS), 1);
    assert_memory_equal(&got[0].response.state_out, &s.state[0][1], sizeof(femd_hash));
    scene_close(&s);
}

static void welcome_tells_the_epoch(void **state) {
    (void)state;
    scene s;
    femd_frame f;
    femd_welcome welcome;
    scene_open(&s);
    assert_true(rig_take(&s.g, s.client, FEMD_MSG_WELCOME, &f));
    assert_int_equal(femd_welcome_decode(&f, &welcome, NULL), FEMD_OK);
    assert_int_equal(welcome.epoch, 7);
    rig_restart(&s.g);
    scene_come_back(&s, 0);
    assert_true(rig_take(&s.g, s.worker, FEMD_MSG_WELCOME, &f));
    assert_int_equal(femd_welcome_decode(&f, &welcome, NULL), FEMD_OK);
    assert_int_equal(welcome.epoch, 8);
    scene_close(&s);
}

/* The journal ends anywhere: the books are sound (rig_restart_from has them audited), and the run goes on. */
static void every_beginning_of_a_journal_will_do(void **state) {
    (void)state;
    scene s;
    scene_open(&s);
    scene_run_steps(&s, 0, 3);
    scene_evaluate(&s, 3);
    const uint64_t second = rig_client(&s.g, "other", 0, 2);
    rig_empty(&s.g, second, FEMD_MSG_ABORT, 3);
    rig_empty(&s.g, second, FEMD_MSG_BYE, 0);
    rig_wait(&s.g, 1);
    const size_t all = s.shelf.records;
    assert_true(all > 30);
    for (size_t end = 0; end <= all; end++) rig_restart_from(&s.g, end);
    rig_restart_from(&s.g, all);
    scene_come_back(&s, 1);
    rig_have(&s.g, s.worker, s.request[3], SCENE_POINTS);
    scene_run_steps(&s, 3, 6);
    scene_close(&s);
}

static void a_summary_says_all_that_the_records_said(void **state) {
    (void)state;
    scene s;
    scene_open(&s);
    scene_run_steps(&s, 0, 3);
    scene_evaluate(&s, 3);
    femd_buffer once[256];
    femd_core_summarise(s.g.core);
    rig_collect(&s.g);
    const size_t count = s.shelf.records;
    assert_true(count > 5 && count < 256);
    for (size_t i = 0; i < count; i++) {
        once[i] = (femd_buffer)FEMD_BUFFER_INIT;
        assert_int_equal(femd_buffer_append(&once[i], s.shelf.record[i].data, s.shelf.record[i].size, NULL), FEMD_OK);
    }
    s.g.config.epoch--; /* it would be another one */
    rig_restart(&s.g);
    femd_core_summarise(s.g.core);
    rig_collect(&s.g);
    assert_int_equal(s.shelf.records, count);
    for (size_t i = 0; i < count; i++) {
        int found = 0; /* points may come in another order */
        for (size_t j = 0; j < count; j++) found |= s.shelf.record[j].size == once[i].size;
        assert_true(found);
    }
    rig_restart(&s.g);
    scene_come_back(&s, 1);
    rig_have(&s.g, s.worker, s.request[3], SCENE_POINTS);
    scene_commit(&s, 3);
    assert_true(scene_is_committed(&s));
    scene_run_steps(&s, 4, 6);
    for (size_t i = 0; i < count; i++) femd_buffer_clear(&once[i]);
    scene_close(&s);
}

/* 1 if a worker that says it has the states of a step is told to drop them. */
static int is_dropped(scene *s, int step) {
    femd_frame f;
    rig_have(&s->g, s->worker, s->request[step], SCENE_POINTS);
    if (!rig_take(&s->g, s->worker, FEMD_MSG_DROP, &f)) return 0;
    assert_int_equal(f.count, SCENE_POINTS);
    return 1;
}

/* By its records, or by a summary of them. */
static void restart(scene *s, int summary) {
    if (summary) femd_core_summarise(s->g.core);
    rig_collect(&s->g);
    rig_restart(&s->g);
}

static void a_summary_knows_the_last_commit(void **state) {
    (void)state;
    scene s;
    scene_open(&s);
    scene_run_steps(&s, 0, 2);
    restart(&s, 1);
    scene_come_back(&s, 1);
    scene_commit(&s, 1);
    assert_true(scene_is_committed(&s));
    assert_int_equal(femd_core_count(s.g.core)->commits, 0);
    scene_close(&s);
}

static void the_generations_keep_their_order(void **state) {
    (void)state;
    for (int summary = 0; summary < 2; summary++) {
        scene s;
        scene_open(&s);
        scene_run_steps(&s, 0, 3);
        restart(&s, summary);
        s.client = rig_client_from(&s.g, "beam", 0, 1, 2); /* goes on from step 2: the third is dropped */
        s.worker = rig_worker(&s.g);
        assert_false(is_dropped(&s, 1));
        assert_true(is_dropped(&s, 2));
        scene_close(&s);
    }
}

static void going_back_to_a_step_is_remembered(void **state) {
    (void)state;
    scene s;
    scene_open(&s);
    scene_run_steps(&s, 0, 2);
    rig_vanish(&s.g, s.client);
    rig_client_from(&s.g, "beam", 0, 1, 1);
    rig_restart(&s.g);
    scene_come_back(&s, 1);
    assert_true(is_dropped(&s, 1));
    assert_false(is_dropped(&s, 0));
    scene_close(&s);
}

static void what_was_given_up_is_not_kept(void **state) {
    (void)state;
    for (int lost = 0; lost < 2; lost++) {
        scene s;
        scene_open(&s);
        scene_run_steps(&s, 0, 1);
        scene_evaluate(&s, 1);
        if (lost)
            rig_vanish(&s.g, s.client);
        else
            rig_empty(&s.g, s.client, FEMD_MSG_ABORT, 9);
        rig_restart(&s.g);
        scene_come_back(&s, 1);
        assert_true(is_dropped(&s, 1));
        assert_false(is_dropped(&s, 0));
        scene_close(&s);
    }
}

static void a_state_that_a_client_gave_is_there(void **state) {
    (void)state;
    for (int summary = 0; summary < 2; summary++) {
        scene s;
        uint8_t blob[64];
        femd_buffer frame = FEMD_BUFFER_INIT;
        scene_open(&s);
        const size_t size = rig_blob_of(&s.request[4][0], blob);
        assert_int_equal(femd_frame_begin(&frame, FEMD_MSG_STATE, 6, NULL), FEMD_OK);
        assert_int_equal(femd_state_add(&frame, &(femd_state_entry){s.state[4][0], {blob, size}}, NULL), FEMD_OK);
        femd_frame_finish(&frame, 1);
        rig_deliver(&s.g, s.client, &frame);
        assert_int_equal(rig_count(&s.g, s.client, FEMD_MSG_STATE_STORED), 1);
        restart(&s, summary);
        scene_come_back(&s, 1);
        rig_commit(&s.g, s.client, 1, 1, s.state[4], 1);
        assert_true(scene_is_committed(&s));
        femd_buffer_clear(&frame);
        scene_close(&s);
    }
}

static void a_run_that_has_ended_does_not_come_back(void **state) {
    (void)state;
    scene s;
    femd_core_totals totals;
    scene_open(&s);
    scene_run_steps(&s, 0, 1);
    rig_empty(&s.g, s.client, FEMD_MSG_BYE, 0);
    rig_wait(&s.g, 1);
    rig_restart(&s.g);
    femd_core_sum(s.g.core, &totals);
    assert_int_equal(totals.runs, 0);
    assert_int_equal(totals.state_count, SCENE_POINTS); /* names that an answer knows */
    scene_close(&s);
}

/* A result rests on an answer that is doubted then: what was decided takes its place, and where nothing was it is gone
 * with the result. */
static void what_is_doubted_under_a_result_is_replaced(void **state) {
    (void)state;
    for (int decided = 0; decided < 2; decided++) {
        scene s;
        femd_kept kept;
        femd_response said;
        rig_result got;
        femd_buffer answer = FEMD_BUFFER_INIT, record = FEMD_BUFFER_INIT;
        uint8_t bytes[FEMD_RESPONSE_BYTES_MAX];
        scene_open(&s);
        scene_evaluate(&s, 0);
        rig_restart(&s.g); /* from answers and what is tentative */
        const femd_request request = s.request[0][0];
        femd_annal annal = {.kind = ANNAL_DOUBT, .number = 7};
        for (size_t i = 0; i < s.shelf.answer_end; i++) {
            assert_int_equal(kept_decode(s.shelf.answer[i].bytes.data, s.shelf.answer[i].bytes.size, &kept, NULL), 0);
            if (kept.request.point == request.point) break;
        }
        assert_int_equal(kept.request.point, request.point);
        annal.hash = kept.key;
        assert_int_equal(annal_encode(&annal, &record, NULL), FEMD_OK);
        assert_int_equal(femd_core_replay(s.g.core, record.data, record.size, s.g.now, NULL), FEMD_OK);
        assert_int_equal(femd_response_decode(kept.response.data, kept.response.size, &said, NULL), FEMD_OK);
        said.S[0] = 4711;
        kept.response = (femd_bytes){bytes, femd_response_encode(&said, bytes)};
        assert_int_equal(kept_encode(&kept, &answer, NULL), FEMD_OK);
        const femd_annal records[] = {{.kind = ANNAL_ANSWER, .bytes = {answer.data, answer.size}},
                                      {.kind = ANNAL_ABORT, .run = 1}};
        for (int i = decided ? 0 : 1; i < 2; i++) {
            record.size = 0;
            assert_int_equal(annal_encode(&records[i], &record, NULL), FEMD_OK);
            assert_int_equal(femd_core_replay(s.g.core, record.data, record.size, s.g.now, NULL), FEMD_OK);
            rig_audit(&s.g);
        }
        rig_collect(&s.g);
        s.shelf.by_key[femd_get32(kept.key.b) % RIG_PLACES] = 0; /* nor has the store it */
        scene_come_back(&s, 1);
        rig_evaluate(&s.g, s.client, 1, &request, 1);
        assert_int_equal(rig_work(&s.g, s.worker), decided ? 0 : 1);
        assert_int_equal(rig_results(&s.g, s.client, &got, 1), 1);
        assert_int_equal(got.response.S[0] == 4711, decided);
        femd_buffer_clear(&answer);
        femd_buffer_clear(&record);
        scene_close(&s);
    }
}

/* Of a time when answers had no authors. */
static void a_journal_without_authors_is_read(void **state) {
    (void)state;
    scene s;
    size_t left = 0;
    scene_open(&s);
    scene_run_steps(&s, 0, 2);
    scene_evaluate(&s, 2);
    for (size_t i = 0; i < s.shelf.records; i++) {
        femd_buffer *record = &s.shelf.record[i], answer = FEMD_BUFFER_INIT, fresh = FEMD_BUFFER_INIT;
        femd_annal annal;
        femd_kept kept;
        assert_int_equal(annal_decode(record->data, record->size, &annal, NULL), FEMD_OK);
        if (annal.kind == ANNAL_ANSWER) {
            assert_int_equal(kept_decode(annal.bytes.data, annal.bytes.size, &kept, NULL), FEMD_OK);
            assert_true(kept.author != 0);
            kept.author = 0;
            assert_int_equal(kept_encode(&kept, &answer, NULL), FEMD_OK);
            assert_memory_equal(answer.data, "FKA3", 4);
            annal.bytes = (femd_bytes){answer.data, answer.size};
        }
        if (annal.kind < ANNAL_AUTHOR) assert_int_equal(annal_encode(&annal, &fresh, NULL), FEMD_OK);
        femd_buffer_clear(&answer);
        femd_buffer_clear(record);
        if (fresh.size) s.shelf.record[left++] = fresh;
    }
    assert_true(left < s.shelf.records);
    s.shelf.records = left;
    rig_restart(&s.g);
    scene_come_back(&s, 1);
    rig_have(&s.g, s.worker, s.request[2], SCENE_POINTS);
    assert_int_equal(scene_evaluate(&s, 2), 0);
    scene_commit(&s, 2);
    assert_true(scene_is_committed(&s));
    scene_run_steps(&s, 3, 5);
    scene_close(&s);
}

static void what_is_no_record_is_refused(void **state) {
    (void)state;
    scene s;
    femd_error err = FEMD_ERROR_INIT;
    femd_buffer bytes = FEMD_BUFFER_INIT;
    scene_open(&s);
    uint8_t author[40] = {0}, timeless[40] = {0}, vouches[40] = {0}, named[40 + 65], used[32] = {0};
    femd_putf64(timeless + 16, NAN);
    femd_put64(vouches + 8, 6);
    memset(named, 'a', sizeof named);
    memset(named, 0, 40);
    femd_putf64(used + 16, 1e300);
    const femd_annal wrong[] = {{.kind = ANNAL_FINAL, .run = 99},
                                {.kind = ANNAL_TENTATIVE, .run = 1, .rank = 1},
                                {.kind = ANNAL_RUN, .run = 5, .rank = 0},
                                {.kind = ANNAL_GIVEN, .run = 1},
                                {.kind = ANNAL_MATERIAL, .bytes = {"FMP", 3}},
                                {.kind = ANNAL_ANSWER, .bytes = {"FKA3", 4}},
                                {.kind = ANNAL_ANSWER, .bytes = {"FKA4", 4}},
                                {.kind = ANNAL_AUTHOR, .number = 5, .bytes = {author, sizeof author - 1}},
                                {.kind = ANNAL_AUTHOR, .number = 0, .bytes = {author, sizeof author}},
                                {.kind = ANNAL_AUTHOR, .number = 5, .rank = 3, .bytes = {author, sizeof author}},
                                {.kind = ANNAL_AUTHOR, .number = 5, .bytes = {timeless, sizeof timeless}},
                                {.kind = ANNAL_AUTHOR, .number = 6, .bytes = {vouches, sizeof vouches}},
                                {.kind = ANNAL_AUTHOR, .number = 5, .bytes = {named, sizeof named}},
                                {.kind = ANNAL_USED, .run = 1, .bytes = {used, sizeof used}},
                                {.kind = ANNAL_USED, .run = 99},
                                {.kind = ANNAL_SEAT, .run = 1, .rank = 1, .number = 5},
                                {.kind = ANNAL_IN_DOUBT, .run = 1, .bytes = {author, 16}},
                                {.kind = ANNAL_IN_DOUBT, .run = 1, .bytes = {author, 17}}};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        bytes.size = 0;
        err = (femd_error)FEMD_ERROR_INIT;
        assert_int_equal(annal_encode(&wrong[i], &bytes, NULL), FEMD_OK);
        assert_int_equal(femd_core_replay(s.g.core, bytes.data, bytes.size, s.g.now, &err), FEMD_BAD_INPUT);
        assert_true(err.text[0]);
    }
    assert_int_equal(femd_core_replay(s.g.core, "x", 1, s.g.now, &err), FEMD_BAD_INPUT);
    femd_kept kept; /* an answer whose key is not that of its question */
    femd_buffer other = FEMD_BUFFER_INIT;
    scene_evaluate(&s, 0);
    assert_int_equal(kept_decode(s.shelf.answer[0].bytes.data, s.shelf.answer[0].bytes.size, &kept, NULL), FEMD_OK);
    kept.key.b[0] ^= 1;
    assert_int_equal(kept_encode(&kept, &other, NULL), FEMD_OK);
    bytes.size = 0;
    const femd_annal foreign = {.kind = ANNAL_ANSWER, .bytes = {other.data, other.size}};
    assert_int_equal(annal_encode(&foreign, &bytes, NULL), FEMD_OK);
    assert_int_equal(femd_core_replay(s.g.core, bytes.data, bytes.size, s.g.now, &err), FEMD_BAD_INPUT);
    femd_buffer_clear(&other);
    bytes.size--;
    assert_int_equal(femd_core_replay(s.g.core, bytes.data, bytes.size, s.g.now, &err), FEMD_BAD_INPUT);
    femd_buffer_clear(&bytes);
    scene_close(&s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_committed_is_there_after_the_death_of_the_server),
        cmocka_unit_test(a_commit_sent_again_is_answered_again),
        cmocka_unit_test(what_was_answered_and_not_committed_is_not_asked_anew),
        cmocka_unit_test(a_state_lost_with_server_and_worker_is_made_again),
        cmocka_unit_test(when_every_copy_is_lost_the_history_makes_it_again),
        cmocka_unit_test(what_a_worker_has_and_nobody_needs_is_dropped),
        cmocka_unit_test(a_worker_back_after_a_blip_says_what_it_holds),
        cmocka_unit_test(no_old_answer_meets_a_new_task),
        cmocka_unit_test(welcome_tells_the_epoch),
        cmocka_unit_test(every_beginning_of_a_journal_will_do),
        cmocka_unit_test(a_summary_says_all_that_the_records_said),
        cmocka_unit_test(a_summary_knows_the_last_commit),
        cmocka_unit_test(the_generations_keep_their_order),
        cmocka_unit_test(going_back_to_a_step_is_remembered),
        cmocka_unit_test(what_was_given_up_is_not_kept),
        cmocka_unit_test(a_state_that_a_client_gave_is_there),
        cmocka_unit_test(a_run_that_has_ended_does_not_come_back),
        cmocka_unit_test(a_journal_without_authors_is_read),
        cmocka_unit_test(what_is_doubted_under_a_result_is_replaced),
        cmocka_unit_test(what_is_no_record_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
