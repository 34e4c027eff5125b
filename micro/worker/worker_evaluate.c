/* What a worker works on: STARTED before an evaluation, BEAT from within it, ANSWER after it. Knows no physics:
 * libfemd-micro evaluates. Never dies of a task: the failure's words and status go to the server.
 *
 * An evaluation is of one task, or of as many of one TASK message as the material's engine likes at once. They start
 * together; a beat names the first of them and speaks for all; together they may take as long as one after another,
 * which is the sum of their deadlines; and each has its own status.
 *
 * Cheap points must not cost a message each, so STARTED announces up to a slice of coming tasks at once, never more
 * than the rest of one TASK message (a server that suspects a task sends it alone and then blames it alone), and
 * answers are gathered for as long. Tasks that are not known to be cheap are announced one evaluation at a time, when
 * all earlier answers have been sent. */
#include <inttypes.h>
#include <stdio.h>

#include "femd/clock.h"
#include "worker/worker_private.h"

enum { ANSWERS_MAX = 256, STARTED_MAX = 1024 };
static const double beat_period = 0.5; /* s */
static const double told_every = 1;    /* s between words of points without an answer */

/* ---- answers ---- */

femd_status worker_flush_answers(worker *self, femd_error *err) {
    if (!self->answered) return FEMD_OK;
    femd_frame_finish(&self->answers, self->answered);
    self->answered = 0;
    return femd_peer_send(self->peer, &self->answers, WORKER_SEND_TIMEOUT, err);
}

static femd_status evaluate_add_answer(worker *self, const femd_response *response, const char *words,
                                       const femd_task *task, double now, femd_error *err) {
    if (!self->answered) {
        FEMD_TRY(femd_frame_begin(&self->answers, FEMD_MSG_ANSWER, 0, err));
        self->answers_since = now;
    }
    FEMD_TRY(femd_answer_add_words(&self->answers, task->id, &task->key, response, words, err));
    self->answered++;
    const int full = self->answered >= ANSWERS_MAX || now - self->answers_since >= WORKER_SLICE;
    return full ? worker_flush_answers(self, err) : FEMD_OK;
}

/* ---- evaluation ---- */

/* From the compute loop. Non-zero stops the evaluation. */
static int evaluate_on_beat(void *user, double fraction) {
    worker *self = user;
    const double now = femd_clock();
    if (*self->stop) return self->given_up = FEMD_CANCELLED, 1;
    if (self->deadline > 0 && now > self->deadline) return self->given_up = FEMD_DEADLINE, 1;
    if (now < self->beat_at) return 0;
    self->beat_at = now + beat_period;
    worker_watch_evaluation(self->watch, self->patience);
    fraction = fraction >= 0 && fraction <= 1 ? fraction : 0;
    femd_status rc = femd_beat_encode(&self->other, self->task, fraction, &self->lost_words);
    if (rc == FEMD_OK) rc = worker_flush_answers(self, &self->lost_words);
    if (rc == FEMD_OK) rc = femd_peer_send(self->peer, &self->other, WORKER_SEND_TIMEOUT, &self->lost_words);
    if (rc == FEMD_OK) return 0;
    self->lost = rc;
    return self->given_up = FEMD_CANCELLED, 1;
}

/* Name the tasks that come now: those of one evaluation, or whole evaluations of the same message that are expected to
 * fit into a slice. */
static femd_status evaluate_announce(worker *self, femd_error *err) {
    const worker_task *first = worker_tasks_at(&self->tasks, 0);
    const double expected = femd_hash_equal(&first->material, &self->cheap) ? self->cost : WORKER_UNKNOWN_COST;
    const double fit = WORKER_SLICE / (expected + 1e-9);
    uint32_t named = fit < 2 ? 1 : fit > STARTED_MAX ? STARTED_MAX : (uint32_t)fit;
    self->at_once = worker_materials_at_once(self->materials, &first->material);
    named = named > self->at_once ? named - named % self->at_once : self->at_once;
    if (named > first->after + 1) named = first->after + 1;
    if (named * expected >= WORKER_SLICE) FEMD_TRY(worker_flush_answers(self, err));
    FEMD_TRY(femd_frame_begin(&self->started, FEMD_MSG_STARTED, 0, err));
    for (uint32_t i = 0; i < named; i++)
        FEMD_TRY(femd_u64_add(&self->started, worker_tasks_at(&self->tasks, i)->task.id, err));
    femd_frame_finish(&self->started, named);
    self->announced = named;
    return femd_peer_send(self->peer, &self->started, WORKER_SEND_TIMEOUT, err);
}

/* What the beat callback goes by, for the first `count` tasks. One without a deadline leaves them all without. */
static void evaluate_set_clock(worker *self, uint32_t count, double began) {
    double allowed = 0;
    int bounded = 1;
    for (uint32_t i = 0; i < count; i++) {
        const double deadline = worker_tasks_at(&self->tasks, i)->task.deadline;
        allowed += deadline;
        bounded &= deadline > 0;
    }
    self->task = worker_tasks_at(&self->tasks, 0)->task.id;
    self->given_up = self->lost = FEMD_OK;
    self->beat_at = began + beat_period;
    self->deadline = bounded ? began + allowed : 0;
    self->patience = bounded ? allowed : femd_peer_welcome(self->peer)->times.deadline;
    worker_watch_evaluation(self->watch, self->patience);
}

/* The state that a request continues, virgin where states have no effect. 0 if it is not held. */
static int evaluate_find_state(worker *self, const femd_material *material, const femd_request *request,
                               femd_bytes *state_in) {
    const int has_state = femd_material_capabilities(material)->inputs & FEMD_INPUT_STATE;
    *state_in = (femd_bytes){NULL, 0};
    return !has_state || femd_hash_is_zero(&request->state_in) ||
           worker_states_get(self->states, &request->state_in, state_in);
}

/* Evaluate the first `count` tasks but those whose states are lost. The points of the batch are in the order of the
 * tasks, so who reads the answers finds them by counting. A failure is that of all tasks alike. */
static femd_status evaluate_points(worker *self, uint32_t count, femd_error *words) {
    femd_material *material;
    FEMD_TRY(femd_material_batch_begin(&self->batch, count, words));
    FEMD_TRY(worker_materials_get(self->materials, &worker_tasks_at(&self->tasks, 0)->material, &material, words));
    for (uint32_t i = 0; i < count; i++) {
        worker_task *next = worker_tasks_at(&self->tasks, i);
        femd_bytes state_in;
        next->lost = !evaluate_find_state(self, material, &next->task.request, &state_in);
        if (!next->lost) femd_material_batch_add(&self->batch, &next->task.request, &state_in);
    }
    const femd_beat beat = {self, evaluate_on_beat};
    femd_material_batch_evaluate(&self->batch, material, &beat);
    return FEMD_OK;
}

/* What a point of the batch comes to: the answer is told only if it is whole and its state is kept. */
static femd_status evaluate_outcome(worker *self, size_t point) {
    const femd_response *response = &self->batch.response[point];
    const femd_buffer *state = &self->batch.state_out[point];
    const femd_status rc = (femd_status)response->status;
    if (rc != FEMD_OK) return self->given_up != FEMD_OK ? self->given_up : rc;
    if (!state->size) return FEMD_OK;
    return worker_states_put(self->states, &response->state_out, state->data, state->size, &self->batch.err[point]);
}

/* What is left of an answer that failed: status, engine and cost. A failure that is neither the material's nor the
 * pool's (bad input, memory) keeps its code. */
static void evaluate_fail(femd_response *response, femd_status rc) {
    *response = (femd_response){.status = rc, .engine = response->engine, .work = response->work};
}

/* Words of a failed evaluation. A step that goes too far fails at many points for one reason: of those one a second is
 * told. */
static void evaluate_tell_failure(worker *self, const femd_request *request, femd_status rc, const femd_error *words,
                                  double now) {
    char place[96];
    if (!words->text[0] || (femd_status_is_physics(rc) && now - self->told < told_every)) return;
    if (femd_status_is_physics(rc)) self->told = now;
    snprintf(place, sizeof place, "step %" PRIu32 ", iteration %" PRIu32 ", point %" PRIu64 ": ", request->step,
             request->iteration, request->point);
    worker_tell(self, place, words->text);
}

/* The answer to a task. rc: of the evaluation as a whole. */
static femd_status evaluate_answer(worker *self, const worker_task *task, femd_status rc, femd_response *response,
                                   const femd_error *words, double now, femd_error *err) {
    if (rc != FEMD_OK) {
        evaluate_fail(response, rc);
        evaluate_tell_failure(self, &task->task.request, rc, words, now);
    }
    response->work.wall = self->cost;
    response->work.worker = femd_peer_welcome(self->peer)->peer;
    response->work.fingerprint = self->fingerprint;
    return evaluate_add_answer(self, response, words->text, &task->task, now, err);
}

/* The answers to the first `count` tasks. whole: a failure of all of them, with words. */
static femd_status evaluate_answer_all(worker *self, uint32_t count, femd_status whole, const femd_error *words,
                                       double now, femd_error *err) {
    static const femd_error none = FEMD_ERROR_INIT;
    size_t point = 0;
    for (uint32_t i = 0; i < count; i++) {
        const worker_task *task = worker_tasks_at(&self->tasks, i);
        if (whole != FEMD_OK || task->lost) {
            femd_response empty = {.status = FEMD_OK};
            const femd_status rc = whole != FEMD_OK ? whole : FEMD_STATE_LOST;
            FEMD_TRY(evaluate_answer(self, task, rc, &empty, whole != FEMD_OK ? words : &none, now, err));
            continue;
        }
        const femd_status rc = evaluate_outcome(self, point);
        FEMD_TRY(evaluate_answer(self, task, rc, &self->batch.response[point], &self->batch.err[point], now, err));
        point++;
    }
    return FEMD_OK;
}

femd_status worker_evaluate(worker *self, femd_error *err) {
    if (!self->announced) FEMD_TRY(evaluate_announce(self, err));
    const worker_task *first = worker_tasks_at(&self->tasks, 0);
    const uint32_t count = self->at_once < first->after + 1 ? self->at_once : first->after + 1;
    femd_error words = FEMD_ERROR_INIT;
    const double began = femd_clock();
    evaluate_set_clock(self, count, began);
    const femd_status rc = evaluate_points(self, count, &words);
    worker_watch_rest(self->watch);
    const double now = femd_clock();
    if (self->lost != FEMD_OK) return femd_fail(err, self->lost, "%s", self->lost_words.text);
    if (self->given_up == FEMD_CANCELLED)
        return FEMD_OK; /* the worker is to end: the server gives its tasks to others */
    self->cheap = first->material;
    self->cost = (now - began) / count;
    FEMD_TRY(evaluate_answer_all(self, count, rc, &words, now, err));
    worker_release_states(self, count);
    worker_tasks_pop(&self->tasks, count);
    self->announced -= count;
    return FEMD_OK;
}
