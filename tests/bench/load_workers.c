/* Many workers in one process: each a connection of its own with the messages of a worker, and an engine that takes a
 * set time and does no arithmetic. A worker works on one point after another: the next begins when the last has ended,
 * if it was there by then, whenever this process comes to it. */
#include <errno.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>
#include <zmq.h>

#include "femd/clock.h"
#include "femd/control.h"
#include "femd/evaluate.h"
#include "femd/keys.h"
#include "femd/pack.h"
#include "load.h"

enum { TASKS_MAX = 1024, EVENTS_MAX = 64 };
static const double spin = 1e-4; /* s of looking before this process sleeps, as a worker does */

typedef struct simulated {
    void *socket;
    femd_task *task; /* a ring */
    double *came;
    uint32_t head, count;
    double ends;          /* clock at which the point under way is done; 0: none is */
    double first, worked; /* for the figures: clock of the first task; s with a task */
    double last;
} simulated;

typedef struct crowd {
    simulated *one;
    int workers, epoll, ask, tell, open;
    double cost;
    uint64_t messages, points;
    femd_buffer frame;
    int ended;
} crowd;

static void crowd_stop(const char *words) {
    fprintf(stderr, "bench_load: workers: %s (%s)\n", words, strerror(errno));
    _exit(1);
}

static void crowd_must(femd_status rc) {
    if (rc != FEMD_OK) crowd_stop("a message could not be made");
}

static void crowd_send(crowd *all, simulated *worker) {
    if (zmq_send(worker->socket, all->frame.data, all->frame.size, 0) < 0) crowd_stop("send");
}

/* ---- joining ---- */

static void crowd_join(crowd *all, simulated *worker, const char *address, const femd_key *key, void *context,
                       uint32_t number) {
    const int none = 0;
    femd_hello hello = {.role = FEMD_ROLE_WORKER, .pid = 1000 + number, .fingerprint = 7, .host = "here"};
    snprintf(hello.level, sizeof hello.level, "x86-64-v3");
    snprintf(hello.version, sizeof hello.version, "load");
    worker->socket = zmq_socket(context, ZMQ_DEALER);
    worker->task = malloc(TASKS_MAX * sizeof *worker->task);
    worker->came = malloc(TASKS_MAX * sizeof *worker->came);
    if (!worker->socket || !worker->task || !worker->came) crowd_stop("a worker");
    zmq_setsockopt(worker->socket, ZMQ_LINGER, &none, sizeof none);
    if (key && (zmq_setsockopt(worker->socket, ZMQ_CURVE_SERVERKEY, key->server_text, FEMD_KEY_TEXT + 1) ||
                zmq_setsockopt(worker->socket, ZMQ_CURVE_PUBLICKEY, key->public_text, FEMD_KEY_TEXT + 1) ||
                zmq_setsockopt(worker->socket, ZMQ_CURVE_SECRETKEY, key->secret_text, FEMD_KEY_TEXT + 1)))
        crowd_stop("keys");
    if (zmq_connect(worker->socket, address)) crowd_stop(address);
    int fd;
    size_t size = sizeof fd;
    zmq_getsockopt(worker->socket, ZMQ_FD, &fd, &size);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = worker};
    if (epoll_ctl(all->epoll, EPOLL_CTL_ADD, fd, &event)) crowd_stop("epoll");
    crowd_must(femd_hello_encode(&all->frame, &hello, NULL));
    crowd_send(all, worker);
}

/* ---- messages ---- */

static void crowd_open(crowd *all, simulated *worker, const femd_frame *frame) {
    femd_ready ready = {.status = FEMD_OK};
    femd_pack_id(frame->body.data, frame->body.size, &ready.material);
    ready.caps = (femd_capabilities){
        .wants = FEMD_WANT_STRESS | FEMD_WANT_TANGENT, .controls = 1, .engine = FEMD_ENGINE_ELASTIC, .volume = 1e-27};
    crowd_must(femd_ready_encode(&all->frame, frame->id, &ready, NULL));
    crowd_send(all, worker);
}

static void crowd_say_started(crowd *all, simulated *worker, uint32_t count) {
    crowd_must(femd_frame_begin(&all->frame, FEMD_MSG_STARTED, 0, NULL));
    for (uint32_t i = 0; i < count; i++)
        crowd_must(femd_u64_add(&all->frame, worker->task[(worker->head + i) % TASKS_MAX].id, NULL));
    femd_frame_finish(&all->frame, count);
    crowd_send(all, worker);
}

static void crowd_say_answers(crowd *all, simulated *worker, uint32_t count) {
    crowd_must(femd_frame_begin(&all->frame, FEMD_MSG_ANSWER, 0, NULL));
    for (uint32_t i = 0; i < count; i++) {
        const femd_task *task = &worker->task[(worker->head + i) % TASKS_MAX];
        femd_response response = {.status = FEMD_OK,
                                  .provided = task->request.wants,
                                  .engine = FEMD_ENGINE_ELASTIC,
                                  .J = 1,
                                  .work = {.wall = all->cost > 0 ? all->cost : 1e-7, .fingerprint = 7}};
        for (int c = 0; c < 6; c++) {
            response.E[c] = task->request.value[c];
            response.S[c] = 1e11 * task->request.value[c];
            response.D[7 * c] = 1e11;
        }
        crowd_must(femd_answer_add(&all->frame, task->id, &task->key, &response, NULL));
    }
    femd_frame_finish(&all->frame, count);
    crowd_send(all, worker);
    worker->head = (worker->head + count) % TASKS_MAX;
    worker->count -= count;
    all->points += count;
}

/* The next point begins, if there is one: where the last ended, or when it came. */
static void crowd_begin_next(crowd *all, simulated *worker) {
    const double free_from = worker->ends;
    worker->ends = 0;
    if (!worker->count) return;
    const double came = worker->came[worker->head], begins = came > free_from ? came : free_from;
    if (worker->first == 0) worker->first = begins;
    worker->ends = begins + all->cost;
    crowd_say_started(all, worker, 1);
}

static void crowd_tasks(crowd *all, simulated *worker, const femd_frame *frame) {
    femd_hash material;
    femd_reader states, tasks;
    const double now = femd_clock();
    crowd_must(femd_task_open(frame, &material, &states, &tasks, NULL));
    if (worker->count + frame->count > TASKS_MAX) crowd_stop("too many tasks");
    for (uint32_t i = 0; i < frame->count; i++, worker->count++) {
        const uint32_t place = (worker->head + worker->count) % TASKS_MAX;
        if (femd_task_next(&tasks, &worker->task[place], NULL) != 1) crowd_stop("a TASK that cannot be read");
        worker->came[place] = now;
    }
    all->messages++;
    if (all->cost > 0) {
        if (worker->ends == 0) crowd_begin_next(all, worker);
        return;
    }
    crowd_say_started(all, worker, worker->count);
    crowd_say_answers(all, worker, worker->count);
}

static void crowd_take(crowd *all, simulated *worker, zmq_msg_t *message) {
    femd_frame frame;
    crowd_must(femd_frame_decode(zmq_msg_data(message), zmq_msg_size(message), &frame, NULL));
    if (frame.type == FEMD_MSG_MATERIAL) crowd_open(all, worker, &frame);
    if (frame.type == FEMD_MSG_TASK) crowd_tasks(all, worker, &frame);
    if (frame.type == FEMD_MSG_BYE) all->ended = 1;
    if (frame.type == FEMD_MSG_ERROR || frame.type == FEMD_MSG_GONE) {
        fprintf(stderr, "bench_load: the server says: %.*s\n", (int)frame.body.size, (const char *)frame.body.data);
        all->ended = 1;
    }
}

/* Until nothing is left: the descriptor of a ZeroMQ socket tells of changes alone. Returns how many came. */
static int crowd_drain(crowd *all, simulated *worker) {
    int came = 0;
    zmq_msg_t message;
    for (zmq_msg_init(&message); zmq_msg_recv(&message, worker->socket, ZMQ_DONTWAIT) >= 0; came++)
        crowd_take(all, worker, &message);
    zmq_msg_close(&message);
    return came;
}

/* ---- time ---- */

/* What is done by now is answered. Returns how many points, and when the next will be done (0: none is under way). */
static int crowd_finish(crowd *all, double *next) {
    int done = 0;
    *next = 0;
    if (all->cost == 0) return 0;
    for (int i = 0; i < all->workers; i++) {
        simulated *worker = &all->one[i];
        while (worker->ends > 0 && worker->ends <= femd_clock()) {
            worker->worked += all->cost;
            worker->last = femd_clock(); /* what this process does late counts against the pool */
            crowd_say_answers(all, worker, 1);
            crowd_begin_next(all, worker);
            crowd_drain(all, worker);
            done++;
        }
        if (worker->ends > 0 && (*next == 0 || worker->ends < *next)) *next = worker->ends;
    }
    return done;
}

static void crowd_tell(crowd *all) {
    load_busy busy = {.messages = (double)all->messages, .points = (double)all->points};
    char byte;
    if (read(all->ask, &byte, 1) != 1) _exit(0);
    for (int i = 0; i < all->workers; i++) {
        simulated *worker = &all->one[i];
        busy.worked += worker->worked;
        if (worker->first > 0) busy.had += worker->last - worker->first;
        worker->worked = worker->first = worker->last = 0;
    }
    all->messages = all->points = 0;
    if (write(all->tell, &busy, sizeof busy) != sizeof busy) _exit(1);
}

/* Descriptors that are ready, looked for a while before this process sleeps. */
static int crowd_wait(const crowd *all, struct epoll_event *event, double next) {
    const double begun = femd_clock();
    for (double now = begun; now < begun + spin; now = femd_clock(), sched_yield()) {
        const int ready = epoll_wait(all->epoll, event, EVENTS_MAX, 0);
        if (ready || (next > 0 && now >= next)) return ready;
    }
    const double left = next > 0 ? next - femd_clock() : 0.1;
    return epoll_wait(all->epoll, event, EVENTS_MAX, left < 0 ? 0 : (int)(1000 * left));
}

static void crowd_live(crowd *all) {
    struct epoll_event event[EVENTS_MAX];
    while (!all->ended) {
        double next;
        crowd_finish(all, &next);
        const int ready = crowd_wait(all, event, next);
        for (int i = 0; i < ready; i++) {
            if (event[i].data.ptr)
                crowd_drain(all, event[i].data.ptr);
            else
                crowd_tell(all);
        }
    }
}

int load_be_workers(const char *address, const char *key_file, int workers, double cost, int ask, int tell) {
    femd_key key;
    femd_error err = FEMD_ERROR_INIT;
    crowd all = {.workers = workers, .cost = cost, .ask = ask, .tell = tell, .epoll = epoll_create1(0)};
    void *context = zmq_ctx_new();
    zmq_ctx_set(context, ZMQ_MAX_SOCKETS, 2 * workers + 16);
    all.one = calloc((size_t)workers, sizeof *all.one);
    if (!all.one || all.epoll < 0) crowd_stop("no memory");
    if (key_file && femd_key_read(key_file, &key, &err) != FEMD_OK) crowd_stop(err.text);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL};
    if (epoll_ctl(all.epoll, EPOLL_CTL_ADD, ask, &event)) crowd_stop("epoll");
    for (int i = 0; i < workers; i++)
        crowd_join(&all, &all.one[i], address, key_file ? &key : NULL, context, (uint32_t)i);
    for (int i = 0; i < workers; i++) crowd_drain(&all, &all.one[i]);
    crowd_live(&all);
    return 0;
}
