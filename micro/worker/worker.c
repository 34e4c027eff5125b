/* The worker's loop. Owns the queue of tasks and the order of what is said to the server: STARTED before an evaluation,
 * BEAT from within it, ANSWER after it. Knows no physics: libfemd-micro evaluates. Never dies of a bad material or
 * task: the failure's words and status go to the server.
 *
 * Cheap points must not cost a message each, so STARTED announces up to `slice` seconds of coming tasks at once, never
 * more than the rest of one TASK message (a server that suspects a task sends it alone and then blames it alone), and
 * answers are gathered for as long. A task that is not known to be cheap is announced alone, when all earlier answers
 * have been sent. */
#include "worker/worker.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "femd/evaluate.h"
#include "femd/hash.h"
#include "femd/peer.h"
#include "worker/worker_materials.h"
#include "worker/worker_states.h"

enum { ANSWERS_MAX = 256, STARTED_MAX = 1024 };
static const size_t default_memory = (size_t)1 << 30;
static const double slice = 1e-3;        /* s of cheap tasks announced and answered at a time */
static const double beat_period = 0.5;   /* s */
static const double told_every = 1;      /* s between words of points without an answer */
static const double idle_wait = 0.25;    /* s between looks at the stop flag */
static const double send_timeout = 30.0; /* s that the server may refuse messages */

typedef struct queued {
    femd_task task;
    femd_hash material;
    uint32_t after; /* tasks that follow in the same TASK message */
} queued;

typedef struct worker {
    const worker_config *cfg;
    const volatile sig_atomic_t *stop;
    femd_peer *peer;
    worker_states *states;
    worker_materials *materials;
    queued *queue; /* ring, owned */
    size_t room, head, count;
    uint32_t announced; /* tasks at the head of the queue that STARTED has named */
    femd_hash cheap;    /* material of the last evaluation */
    double cost;        /* s of it; infinite before the first */
    uint64_t fingerprint;
    femd_buffer started, answers, other, state_out;
    uint32_t nanswers;
    double answers_since; /* clock of the first gathered answer */
    double looked;        /* clock of the last look for messages */
    int bye;
    /* the evaluation under way */
    uint64_t task;
    double deadline, beat_at; /* clock; deadline 0 = none */
    femd_status given_up;     /* why the beat callback stopped it; OK if it did not */
    femd_status lost;         /* of the connection, noticed within it */
    femd_error lost_words;
    double told; /* clock of the last words of a point without an answer */
} worker;

static const double unknown_cost = 1e300;

static void tell(const worker *w, const char *words, const char *more) {
    if (!w->cfg->quiet) fprintf(stderr, "femd-worker: %s%s\n", words, more);
}

/* ---- answers ---- */

static femd_status flush_answers(worker *w, femd_error *err) {
    if (!w->nanswers) return FEMD_OK;
    femd_frame_finish(&w->answers, w->nanswers);
    w->nanswers = 0;
    return femd_peer_send(w->peer, &w->answers, send_timeout, err);
}

static femd_status add_answer(worker *w, const femd_response *r, uint64_t task, double now, femd_error *err) {
    if (!w->nanswers) {
        FEMD_TRY(femd_frame_begin(&w->answers, FEMD_MSG_ANSWER, 0, err));
        w->answers_since = now;
    }
    FEMD_TRY(femd_answer_add(&w->answers, task, r, err));
    w->nanswers++;
    if (w->nanswers >= ANSWERS_MAX || now - w->answers_since >= slice) return flush_answers(w, err);
    return FEMD_OK;
}

/* ---- the queue ---- */

static queued *at(const worker *w, size_t i) {
    return &w->queue[(w->head + i) & (w->room - 1)];
}

static femd_status queue_reserve(worker *w, size_t more, femd_error *err) {
    size_t room = w->room ? w->room : 64;
    while (room < w->count + more) room *= 2;
    if (room == w->room) return FEMD_OK;
    queued *q = malloc(room * sizeof *q);
    if (!q) return femd_fail(err, FEMD_NO_MEMORY, "out of memory for %zu tasks", room);
    for (size_t i = 0; i < w->count; i++) q[i] = *at(w, i);
    free(w->queue);
    w->queue = q;
    w->room = room;
    w->head = 0;
    return FEMD_OK;
}

static void queue_clear(worker *w) {
    w->head = w->count = 0;
    w->announced = 0;
    w->nanswers = 0;
}

/* ---- messages ---- */

static femd_status take_material(worker *w, const femd_frame *f, femd_error *err) {
    femd_ready ready = {.status = FEMD_OK};
    femd_material *m = NULL;
    femd_error words = FEMD_ERROR_INIT;
    ready.status = worker_materials_add(w->materials, f->body.data, f->body.size, &ready.material, &m, &words);
    if (m) ready.caps = *femd_material_capabilities(m);
    memcpy(ready.text, words.text, sizeof ready.text);
    FEMD_TRY(femd_ready_encode(&w->other, f->id, &ready, err));
    return femd_peer_send(w->peer, &w->other, send_timeout, err);
}

static femd_status take_states(worker *w, femd_reader *rd, femd_error *err) {
    femd_state_entry s;
    int got;
    while ((got = femd_state_next(rd, &s, err)) == 1) {
        femd_hash hash;
        if (!s.blob.size) continue;
        femd_hash_domain("state", s.blob.data, s.blob.size, &hash);
        if (!femd_hash_equal(&hash, &s.hash))
            return femd_fail(err, FEMD_PROTOCOL, "TASK: a state is not what its hash says");
        FEMD_TRY(worker_states_put(w->states, &s.hash, s.blob.data, s.blob.size, err));
    }
    return got < 0 ? FEMD_PROTOCOL : FEMD_OK;
}

/* All tasks of a message or none: the queue's count moves only at the end. */
static femd_status take_tasks(worker *w, const femd_frame *f, femd_error *err) {
    femd_hash material;
    femd_reader states, tasks;
    FEMD_TRY(femd_task_open(f, &material, &states, &tasks, err));
    FEMD_TRY(take_states(w, &states, err));
    FEMD_TRY(queue_reserve(w, f->count, err));
    int got;
    for (uint32_t n = 0;; n++) {
        queued *q = at(w, w->count + n);
        if ((got = femd_task_next(&tasks, &q->task, err)) != 1) break;
        q->material = material;
        q->after = f->count - 1 - n;
    }
    if (got < 0) return FEMD_PROTOCOL;
    w->count += f->count;
    return FEMD_OK;
}

/* STATE entries with the request's id, in as many frames as the server's limit asks for. */
static femd_status give_states(worker *w, const femd_frame *f, femd_error *err) {
    femd_reader rd;
    femd_hash hash;
    uint32_t n = 0;
    uint64_t most = femd_peer_welcome(w->peer)->frame_max / 2;
    int got;
    femd_reader_open(f, &rd);
    FEMD_TRY(femd_frame_begin(&w->other, FEMD_MSG_STATE, f->id, err));
    while ((got = femd_hash_next(&rd, &hash, err)) == 1) {
        femd_state_entry s = {.hash = hash};
        worker_states_get(w->states, &hash, &s.blob);
        if (n && w->other.size + s.blob.size > most) {
            femd_frame_finish(&w->other, n);
            FEMD_TRY(femd_peer_send(w->peer, &w->other, send_timeout, err));
            FEMD_TRY(femd_frame_begin(&w->other, FEMD_MSG_STATE, f->id, err));
            n = 0;
        }
        FEMD_TRY(femd_state_add(&w->other, &s, err));
        n++;
    }
    if (got < 0) return FEMD_PROTOCOL;
    femd_frame_finish(&w->other, n);
    return femd_peer_send(w->peer, &w->other, send_timeout, err);
}

static femd_status take_drop(worker *w, const femd_frame *f, femd_error *err) {
    femd_reader rd;
    femd_hash hash;
    int got;
    femd_reader_open(f, &rd);
    while ((got = femd_hash_next(&rd, &hash, err)) == 1) worker_states_drop(w->states, &hash);
    return got < 0 ? FEMD_PROTOCOL : FEMD_OK;
}

static femd_status take(worker *w, const femd_frame *f, femd_error *err) {
    switch (f->type) {
    case FEMD_MSG_MATERIAL: return take_material(w, f, err);
    case FEMD_MSG_TASK: return take_tasks(w, f, err);
    case FEMD_MSG_STATE_GET: return give_states(w, f, err);
    case FEMD_MSG_DROP: return take_drop(w, f, err);
    case FEMD_MSG_BYE: w->bye = 1; return FEMD_OK;
    case FEMD_MSG_ERROR: {
        femd_error words = FEMD_ERROR_INIT;
        FEMD_TRY(femd_error_decode(f, &words, err));
        tell(w, "the server complains: ", words.text);
        return FEMD_OK;
    }
    default: return femd_fail(err, FEMD_PROTOCOL, "a worker does not take %s", femd_message_name(f->type));
    }
}

/* A message that breaks the protocol is complained of and otherwise ignored. */
static femd_status complain(worker *w, uint64_t id, const femd_error *words, femd_error *err) {
    tell(w, words->text, "");
    FEMD_TRY(femd_error_encode(&w->other, id, words, err));
    return femd_peer_send(w->peer, &w->other, send_timeout, err);
}

/* Take in every message that is there, waiting for the first at most `wait` seconds. */
static femd_status take_messages(worker *w, double wait, femd_error *err) {
    for (;;) {
        femd_frame f = {.id = 0};
        femd_error words = FEMD_ERROR_INIT;
        femd_status rc = femd_peer_recv(w->peer, wait, &f, &words);
        wait = 0;
        if (rc == FEMD_TIMEOUT) return FEMD_OK;
        if (rc == FEMD_REREGISTER) {
            /* Another registration: the tasks of the old one are the server's to give out again, to whom it likes. */
            queue_clear(w);
            continue;
        }
        if (rc == FEMD_OK) rc = take(w, &f, &words);
        if (rc == FEMD_PROTOCOL || rc == FEMD_LIMIT)
            FEMD_TRY(complain(w, f.id, &words, err));
        else if (rc != FEMD_OK)
            return femd_fail(err, rc, "%s", words.text);
        if (w->bye) return FEMD_OK;
    }
}

/* ---- evaluation ---- */

/* From the compute loop. Non-zero stops the evaluation. */
static int on_beat(void *user, double fraction) {
    worker *w = user;
    double now = femd_clock();
    if (*w->stop) return w->given_up = FEMD_CANCELLED, 1;
    if (w->deadline > 0 && now > w->deadline) return w->given_up = FEMD_DEADLINE, 1;
    if (now < w->beat_at) return 0;
    w->beat_at = now + beat_period;
    fraction = fraction >= 0 && fraction <= 1 ? fraction : 0;
    femd_status rc = femd_beat_encode(&w->other, w->task, fraction, &w->lost_words);
    if (rc == FEMD_OK) rc = flush_answers(w, &w->lost_words);
    if (rc == FEMD_OK) rc = femd_peer_send(w->peer, &w->other, send_timeout, &w->lost_words);
    if (rc == FEMD_OK) return 0;
    w->lost = rc;
    return w->given_up = FEMD_CANCELLED, 1;
}

/* Name the tasks that come now: one, or those of the same message that are expected to fit into a slice. */
static femd_status announce(worker *w, femd_error *err) {
    const queued *first = at(w, 0);
    double expected = femd_hash_equal(&first->material, &w->cheap) ? w->cost : unknown_cost;
    double fit = slice / (expected + 1e-9);
    uint32_t n = fit < 2 ? 1 : fit > STARTED_MAX ? STARTED_MAX : (uint32_t)fit;
    if (n > first->after + 1) n = first->after + 1;
    if (n == 1 && expected >= slice) FEMD_TRY(flush_answers(w, err));
    FEMD_TRY(femd_frame_begin(&w->started, FEMD_MSG_STARTED, 0, err));
    for (uint32_t i = 0; i < n; i++) FEMD_TRY(femd_u64_add(&w->started, at(w, i)->task.id, err));
    femd_frame_finish(&w->started, n);
    w->announced = n;
    return femd_peer_send(w->peer, &w->started, send_timeout, err);
}

static femd_status evaluate(worker *w, const queued *q, femd_response *r, femd_error *words) {
    const femd_request *request = &q->task.request;
    femd_material *m;
    femd_bytes state_in = {NULL, 0};
    FEMD_TRY(worker_materials_get(w->materials, &q->material, &m, words));
    int has_state = femd_material_capabilities(m)->inputs & FEMD_INPUT_STATE;
    if (has_state && !femd_hash_is_zero(&request->state_in) &&
        !worker_states_get(w->states, &request->state_in, &state_in))
        return FEMD_STATE_LOST;
    femd_beat beat = {w, on_beat};
    femd_status rc = femd_material_evaluate(m, request, &state_in, &beat, r, &w->state_out, words);
    if (w->given_up != FEMD_OK) return w->given_up;
    if (rc == FEMD_OK && !femd_response_is_finite(r)) return FEMD_DIVERGED;
    if (rc == FEMD_OK && w->state_out.size)
        return worker_states_put(w->states, &r->state_out, w->state_out.data, w->state_out.size, words);
    return rc;
}

/* What is left of an answer that failed: status, engine and cost. A failure that is neither the material's nor the
 * pool's (bad input, memory) keeps its code. */
static void fail_response(femd_response *r, femd_status rc) {
    *r = (femd_response){.status = rc, .engine = r->engine, .work = r->work};
}

/* Words of a failed evaluation. A step that goes too far fails at many points for one reason: of those one a second is
 * told. */
static void tell_failure(worker *w, const femd_request *q, femd_status rc, const femd_error *words, double now) {
    char place[96];
    if (!words->text[0] || (femd_status_is_physics(rc) && now - w->told < told_every)) return;
    if (femd_status_is_physics(rc)) w->told = now;
    snprintf(place, sizeof place, "step %" PRIu32 ", iteration %" PRIu32 ", point %" PRIu64 ": ", q->step, q->iteration,
             q->point);
    tell(w, place, words->text);
}

static femd_status run_one(worker *w, femd_error *err) {
    if (!w->announced) FEMD_TRY(announce(w, err));
    queued q = *at(w, 0);
    femd_response r = {.status = FEMD_OK};
    femd_error words = FEMD_ERROR_INIT;
    double began = femd_clock();
    w->task = q.task.id;
    w->given_up = w->lost = FEMD_OK;
    w->beat_at = began + beat_period;
    w->deadline = q.task.deadline > 0 ? began + q.task.deadline : 0;
    femd_status rc = evaluate(w, &q, &r, &words);
    double now = femd_clock();
    if (w->lost != FEMD_OK) return femd_fail(err, w->lost, "%s", w->lost_words.text);
    if (rc == FEMD_CANCELLED && *w->stop) return FEMD_OK;
    if (rc != FEMD_OK) {
        fail_response(&r, rc);
        tell_failure(w, &q.task.request, rc, &words, now);
    }
    w->cheap = q.material;
    w->cost = now - began;
    r.work.wall = now - began;
    r.work.worker = femd_peer_welcome(w->peer)->peer;
    r.work.fingerprint = w->fingerprint;
    w->head = (w->head + 1) & (w->room - 1);
    w->count--;
    w->announced--;
    return add_answer(w, &r, q.task.id, now, err);
}

/* ---- the loop ---- */

static femd_status loop(worker *w, femd_error *err) {
    while (!*w->stop && !w->bye) {
        double now = femd_clock();
        if (!w->count) FEMD_TRY(flush_answers(w, err));
        if (!w->count || now - w->looked >= slice) {
            FEMD_TRY(take_messages(w, w->count ? 0 : idle_wait, err));
            w->looked = femd_clock();
        }
        if (w->count && !w->bye) FEMD_TRY(run_one(w, err));
    }
    return FEMD_OK;
}

static femd_status connect_to_server(worker *w, femd_error *err) {
    femd_peer_config pc = {
        .address = w->cfg->address, .silence = w->cfg->silence, .first_connect_waits = 1, .stop = w->stop};
    pc.hello.role = FEMD_ROLE_WORKER;
    pc.hello.pid = (uint32_t)getpid();
    pc.hello.fingerprint = w->fingerprint;
    snprintf(pc.hello.level, sizeof pc.hello.level, "%s", w->cfg->level);
    snprintf(pc.hello.version, sizeof pc.hello.version, "%s", FEMD_VERSION);
    if (gethostname(pc.hello.host, sizeof pc.hello.host - 1) != 0) pc.hello.host[0] = '\0';
    FEMD_TRY(femd_peer_open(&pc, &w->peer, err));
    const femd_welcome *welcome = femd_peer_welcome(w->peer);
    if (welcome->level[0] && strcmp(welcome->level, w->cfg->level) != 0)
        return femd_fail(err, FEMD_REFUSED,
                         "the server at %s works at level %s, this worker at %s; start it with --level %s",
                         w->cfg->address, welcome->level, w->cfg->level, welcome->level);
    if (!w->cfg->quiet)
        fprintf(stderr, "femd-worker: connected to %s as worker %" PRIu64 ", level %s\n", w->cfg->address,
                welcome->peer, w->cfg->level);
    return FEMD_OK;
}

femd_status worker_run(const worker_config *cfg, const volatile sig_atomic_t *stop, femd_error *err) {
    worker w = {.cfg = cfg, .stop = stop, .cost = unknown_cost, .fingerprint = femd_fingerprint()};
    femd_status rc = worker_states_create(cfg->memory ? cfg->memory : default_memory, &w.states, err);
    if (rc == FEMD_OK) rc = worker_materials_create(&w.materials, err);
    if (rc == FEMD_OK) rc = connect_to_server(&w, err);
    if (rc == FEMD_OK)
        rc = loop(&w, err);
    else if (rc == FEMD_CANCELLED)
        rc = FEMD_OK;
    if (rc == FEMD_OK && w.bye) tell(&w, "the server has ended", "");
    femd_peer_close(&w.peer);
    worker_materials_destroy(&w.materials);
    worker_states_destroy(&w.states);
    femd_buffer_clear(&w.started);
    femd_buffer_clear(&w.answers);
    femd_buffer_clear(&w.other);
    femd_buffer_clear(&w.state_out);
    free(w.queue);
    return rc;
}
