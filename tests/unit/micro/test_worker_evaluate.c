/* The worker's evaluations, with a server that writes down what it is told and an engine that doubles: which tasks are
 * announced together, when answers go out, and whose each is where the state of some is lost. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "worker/worker_private.h"

enum { TOLD = 64, POINTS = 8 };

static struct {
    femd_buffer frame[TOLD]; /* what the server was told, in order */
    uint32_t count;
    uint32_t at_once;
    int watched;
    femd_welcome welcome;
    femd_request request[POINTS];
    femd_response response[POINTS];
    femd_buffer state_out[POINTS];
    femd_error err[POINTS];
} told;

/* ---- what the evaluations are given ---- */

femd_status femd_peer_send(femd_peer *peer, const femd_buffer *frame, double timeout, femd_error *err) {
    (void)peer, (void)timeout;
    assert_true(told.count < TOLD);
    return femd_buffer_append(&told.frame[told.count++], frame->data, frame->size, err);
}
const femd_welcome *femd_peer_welcome(const femd_peer *peer) {
    (void)peer;
    return &told.welcome;
}
void worker_tell(const worker *self, const char *words, const char *more) {
    (void)self, (void)words, (void)more;
}
void worker_release_states(worker *self, size_t count) {
    (void)self, (void)count;
}
void worker_watch_evaluation(worker_watch *watch, double seconds) {
    (void)watch;
    assert_true(seconds == 600);
    told.watched = 1;
}
void worker_watch_rest(worker_watch *watch) {
    (void)watch;
    told.watched = 0;
}
femd_status worker_materials_get(worker_materials *materials, const femd_hash *id, femd_material **material,
                                 femd_error *err) {
    (void)materials, (void)id, (void)err;
    *material = NULL;
    return FEMD_OK;
}
uint32_t worker_materials_at_once(const worker_materials *materials, const femd_hash *id) {
    (void)materials, (void)id;
    return told.at_once;
}
const femd_capabilities *femd_material_capabilities(const femd_material *material) {
    static const femd_capabilities caps = {.inputs = FEMD_INPUT_STATE};
    (void)material;
    return &caps;
}
femd_status femd_material_batch_begin(femd_material_batch *batch, size_t room, femd_error *err) {
    (void)err;
    assert_true(room <= POINTS);
    *batch = (femd_material_batch){
        .room = room, .request = told.request, .response = told.response, .state_out = told.state_out, .err = told.err};
    return FEMD_OK;
}
size_t femd_material_batch_add(femd_material_batch *batch, const femd_request *request, const femd_bytes *state_in) {
    (void)state_in;
    batch->request[batch->count] = *request;
    return batch->count++;
}
void femd_material_batch_evaluate(femd_material_batch *batch, femd_material *material, const femd_beat *beat) {
    (void)material, (void)beat;
    assert_true(told.watched);
    for (size_t i = 0; i < batch->count; i++) {
        femd_error_clear(&batch->err[i]);
        batch->response[i] = (femd_response){.provided = FEMD_WANT_STRESS, .engine = 3, .J = 1};
        batch->response[i].point = batch->request[i].point;
        batch->response[i].S[0] = 2 * batch->request[i].value[0];
    }
}

/* ---- the play ---- */

static const femd_hash cheap = {{1}};
static const volatile sig_atomic_t go_on = 0;

static void begin(worker *self, uint32_t at_once, double cost) {
    memset(&told, 0, sizeof told);
    told.welcome.peer = 5;
    told.welcome.times.deadline = 600;
    told.at_once = at_once;
    *self = (worker){.stop = &go_on, .cheap = cheap, .cost = cost, .fingerprint = 7};
    assert_int_equal(worker_states_create(1000, &self->states, NULL), FEMD_OK);
}

/* A TASK message of so many points, the first of this number; `lost`: the one whose state the worker does not hold. */
static void give(worker *self, uint32_t count, uint64_t first, uint32_t lost) {
    femd_buffer frame = FEMD_BUFFER_INIT;
    femd_frame decoded;
    femd_reader states, tasks;
    femd_hash material;
    assert_int_equal(femd_task_begin(&frame, &cheap, NULL, 0, NULL), FEMD_OK);
    for (uint32_t i = 0; i < count; i++) {
        femd_task task = {.id = first + i, .request = {.wants = FEMD_WANT_STRESS, .point = first + i}};
        task.request.value[0] = 0.001 * (double)(first + i);
        if (i == lost) task.request.state_in.b[0] = 9;
        assert_int_equal(femd_task_add(&frame, &task, NULL), FEMD_OK);
    }
    femd_frame_finish(&frame, count);
    assert_int_equal(femd_frame_decode(frame.data, frame.size, &decoded, NULL), FEMD_OK);
    assert_int_equal(femd_task_open(&decoded, &material, &states, &tasks, NULL), FEMD_OK);
    assert_int_equal(worker_tasks_add(&self->tasks, &material, &tasks, count, NULL), FEMD_OK);
    femd_buffer_clear(&frame);
}

static void end(worker *self) {
    for (uint32_t i = 0; i < told.count; i++) femd_buffer_clear(&told.frame[i]);
    worker_states_destroy(&self->states);
    worker_tasks_release(&self->tasks);
    femd_buffer_clear(&self->started);
    femd_buffer_clear(&self->answers);
    femd_buffer_clear(&self->other);
}

static femd_frame frame_of(uint32_t place, unsigned type) {
    femd_frame frame;
    assert_true(place < told.count);
    assert_int_equal(femd_frame_decode(told.frame[place].data, told.frame[place].size, &frame, NULL), FEMD_OK);
    assert_int_equal(frame.type, type);
    return frame;
}

/* Of cheap tasks all of one TASK message are announced at once, and none of the next. */
static void announced_is_never_more_than_one_message(void **state) {
    (void)state;
    worker self;
    begin(&self, 1, 1e-9);
    give(&self, 3, 10, UINT32_MAX);
    give(&self, 2, 20, UINT32_MAX);
    assert_int_equal(worker_evaluate(&self, NULL), FEMD_OK);
    const femd_frame started = frame_of(0, FEMD_MSG_STARTED);
    femd_reader reader;
    uint64_t task;
    assert_int_equal(started.count, 3);
    femd_reader_open(&started, &reader);
    for (uint64_t id = 10; id < 13; id++) {
        assert_int_equal(femd_u64_next(&reader, &task, NULL), 1);
        assert_int_equal(task, id);
    }
    assert_int_equal(told.watched, 0);
    for (int i = 0; i < 2; i++) assert_int_equal(worker_evaluate(&self, NULL), FEMD_OK);
    assert_int_equal(self.announced, 0);
    self.cost = 1e-9; /* whatever this machine is busy with */
    assert_int_equal(worker_flush_answers(&self, NULL), FEMD_OK);
    assert_int_equal(worker_evaluate(&self, NULL), FEMD_OK);
    assert_int_equal(frame_of(told.count - 1 - (self.answered == 0), FEMD_MSG_STARTED).count, 2);
    end(&self);
}

/* Before a task that may take long is announced, what has been answered is told: should it end the worker, nothing else
 * is lost with it. */
static void answers_go_before_a_long_task(void **state) {
    (void)state;
    for (int is_long = 0; is_long < 2; is_long++) {
        worker self;
        begin(&self, 1, 1e-9);
        give(&self, 1, 10, UINT32_MAX);
        assert_int_equal(worker_evaluate(&self, NULL), FEMD_OK);
        if (self.answered == 0) { /* this machine was slower than a slice */
            end(&self);
            continue;
        }
        give(&self, 1, 20, UINT32_MAX);
        self.cost = is_long ? 1 : 1e-9;
        const uint32_t before = told.count;
        assert_int_equal(worker_evaluate(&self, NULL), FEMD_OK);
        if (is_long) {
            assert_int_equal(frame_of(before, FEMD_MSG_ANSWER).count, 1);
            assert_int_equal(frame_of(before + 1, FEMD_MSG_STARTED).count, 1);
        } else
            assert_int_equal(frame_of(before, FEMD_MSG_STARTED).count, 1);
        end(&self);
    }
}

/* Several at once, of which one or another starts from a state that is not held: it is told so, and each of the others
 * gets its own answer. */
static void each_gets_its_own_answer_where_one_state_is_lost(void **state) {
    (void)state;
    enum { COUNT = 4 };
    for (uint32_t lost = 0; lost <= COUNT; lost++) {
        worker self;
        femd_reader reader;
        femd_answer answer;
        uint32_t count = 0;
        begin(&self, COUNT, 1e-9);
        give(&self, COUNT, 10, lost);
        assert_int_equal(worker_evaluate(&self, NULL), FEMD_OK);
        assert_int_equal(worker_flush_answers(&self, NULL), FEMD_OK);
        assert_int_equal(self.tasks.count, 0);
        for (uint32_t place = 1; place < told.count; place++) {
            const femd_frame frame = frame_of(place, FEMD_MSG_ANSWER);
            femd_reader_open(&frame, &reader);
            for (; femd_answer_next(&reader, &answer, NULL) == 1; count++) {
                femd_response response;
                assert_int_equal(answer.task, 10 + count);
                assert_int_equal(femd_response_decode(answer.response.data, answer.response.size, &response, NULL),
                                 FEMD_OK);
                assert_int_equal(response.status, count == lost ? FEMD_STATE_LOST : FEMD_OK);
                assert_true(response.work.worker == 5 && response.work.fingerprint == 7);
                if (count != lost) assert_true(response.S[0] == 2 * (0.001 * (double)(10 + count)));
            }
        }
        assert_int_equal(count, COUNT);
        end(&self);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(announced_is_never_more_than_one_message),
                                       cmocka_unit_test(answers_go_before_a_long_task),
                                       cmocka_unit_test(each_gets_its_own_answer_where_one_state_is_lost)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
