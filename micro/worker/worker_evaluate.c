/* What a worker works on: STARTED before an evaluation, BEAT from within it, ANSWER after it. Knows no physics:
 * libfemd-micro evaluates. Never dies of a task: the failure's words and status go to the server.
 *
 * Cheap points must not cost a message each, so STARTED announces up to a slice of coming tasks at once, never more
 * than the rest of one TASK message (a server that suspects a task sends it alone and then blames it alone), and
 * answers are gathered for as long. A task that is not known to be cheap is announced alone, when all earlier answers
 * have been sent. */
#include <inttypes.h>
#include <stdio.h>

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

static femd_status evaluate_add_answer(worker *self, const femd_response *response, uint64_t task, double now,
                                       femd_error *err) {
    if (!self->answered) {
        FEMD_TRY(femd_frame_begin(&self->answers, FEMD_MSG_ANSWER, 0, err));
        self->answers_since = now;
    }
    FEMD_TRY(femd_answer_add(&self->answers, task, response, err));
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
    fraction = fraction >= 0 && fraction <= 1 ? fraction : 0;
    femd_status rc = femd_beat_encode(&self->other, self->task, fraction, &self->lost_words);
    if (rc == FEMD_OK) rc = worker_flush_answers(self, &self->lost_words);
    if (rc == FEMD_OK) rc = femd_peer_send(self->peer, &self->other, WORKER_SEND_TIMEOUT, &self->lost_words);
    if (rc == FEMD_OK) return 0;
    self->lost = rc;
    return self->given_up = FEMD_CANCELLED, 1;
}

/* Name the tasks that come now: one, or those of the same message that are expected to fit into a slice. */
static femd_status evaluate_announce(worker *self, femd_error *err) {
    const worker_task *first = worker_tasks_at(&self->tasks, 0);
    const double expected = femd_hash_equal(&first->material, &self->cheap) ? self->cost : WORKER_UNKNOWN_COST;
    const double fit = WORKER_SLICE / (expected + 1e-9);
    uint32_t named = fit < 2 ? 1 : fit > STARTED_MAX ? STARTED_MAX : (uint32_t)fit;
    if (named > first->after + 1) named = first->after + 1;
    if (named == 1 && expected >= WORKER_SLICE) FEMD_TRY(worker_flush_answers(self, err));
    FEMD_TRY(femd_frame_begin(&self->started, FEMD_MSG_STARTED, 0, err));
    for (uint32_t i = 0; i < named; i++)
        FEMD_TRY(femd_u64_add(&self->started, worker_tasks_at(&self->tasks, i)->task.id, err));
    femd_frame_finish(&self->started, named);
    self->announced = named;
    return femd_peer_send(self->peer, &self->started, WORKER_SEND_TIMEOUT, err);
}

static femd_status evaluate_task(worker *self, const worker_task *next, femd_response *response, femd_error *words) {
    const femd_request *request = &next->task.request;
    femd_material *material;
    femd_bytes state_in = {NULL, 0};
    FEMD_TRY(worker_materials_get(self->materials, &next->material, &material, words));
    const int has_state = femd_material_capabilities(material)->inputs & FEMD_INPUT_STATE;
    if (has_state && !femd_hash_is_zero(&request->state_in) &&
        !worker_states_get(self->states, &request->state_in, &state_in))
        return FEMD_STATE_LOST;
    const femd_beat beat = {self, evaluate_on_beat};
    const femd_status rc =
        femd_material_evaluate(material, request, &state_in, &beat, response, &self->state_out, words);
    if (self->given_up != FEMD_OK) return self->given_up;
    if (rc == FEMD_OK && !femd_response_is_finite(response)) return FEMD_DIVERGED;
    if (rc == FEMD_OK && self->state_out.size)
        return worker_states_put(self->states, &response->state_out, self->state_out.data, self->state_out.size, words);
    return rc;
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

femd_status worker_evaluate(worker *self, femd_error *err) {
    if (!self->announced) FEMD_TRY(evaluate_announce(self, err));
    const worker_task next = *worker_tasks_at(&self->tasks, 0);
    femd_response response = {.status = FEMD_OK};
    femd_error words = FEMD_ERROR_INIT;
    const double began = femd_clock();
    self->task = next.task.id;
    self->given_up = self->lost = FEMD_OK;
    self->beat_at = began + beat_period;
    self->deadline = next.task.deadline > 0 ? began + next.task.deadline : 0;
    const femd_status rc = evaluate_task(self, &next, &response, &words);
    const double now = femd_clock();
    if (self->lost != FEMD_OK) return femd_fail(err, self->lost, "%s", self->lost_words.text);
    if (rc == FEMD_CANCELLED && *self->stop) return FEMD_OK;
    if (rc != FEMD_OK) {
        evaluate_fail(&response, rc);
        evaluate_tell_failure(self, &next.task.request, rc, &words, now);
    }
    self->cheap = next.material;
    self->cost = now - began;
    response.work.wall = now - began;
    response.work.worker = femd_peer_welcome(self->peer)->peer;
    response.work.fingerprint = self->fingerprint;
    worker_tasks_pop(&self->tasks, 1);
    self->announced--;
    return evaluate_add_answer(self, &response, next.task.id, now, err);
}
