/* The server that tests of femd-worker play, over a ROUTER socket of their own. */
#include "worker_rig.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "femd/pack.h"

double rig_clock(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

void rig_spawn(rig *g, const char *const *args) {
    strcpy(g->stderr_name, "/tmp/femd-test-worker-XXXXXX");
    int fd = mkstemp(g->stderr_name);
    assert_true(fd >= 0);
    g->pid = fork();
    assert_true(g->pid >= 0);
    if (g->pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        dup2(fd, 2);
        dup2(fd, 1);
        execv(FEMD_WORKER, (char *const *)args);
        _exit(127);
    }
    close(fd);
}

int rig_setup(void **state) {
    rig *g = calloc(1, sizeof *g);
    static const int linger = 0;
    g->context = zmq_ctx_new();
    g->router = zmq_socket(g->context, ZMQ_ROUTER);
    zmq_setsockopt(g->router, ZMQ_LINGER, &linger, sizeof linger);
    zmq_msg_init(&g->message);
    *state = g;
    return zmq_bind(g->router, "tcp://127.0.0.1:*");
}

int rig_teardown(void **state) {
    rig *g = *state;
    if (g->pid > 0) {
        kill(g->pid, SIGKILL);
        waitpid(g->pid, NULL, 0);
    }
    if (g->router) zmq_close(g->router);
    zmq_msg_close(&g->message);
    zmq_ctx_term(g->context);
    if (g->stderr_name[0]) unlink(g->stderr_name);
    femd_buffer_clear(&g->out);
    free(g);
    return 0;
}

int rig_next_frame(rig *g, double seconds, femd_frame *f) {
    zmq_pollitem_t item = {g->router, 0, ZMQ_POLLIN, 0};
    if (zmq_poll(&item, 1, (long)(seconds * 1000)) <= 0) return 0;
    g->route_size = zmq_recv(g->router, g->route, sizeof g->route, 0);
    assert_true(zmq_msg_recv(&g->message, g->router, 0) >= 0);
    assert_int_equal(femd_frame_decode(zmq_msg_data(&g->message), zmq_msg_size(&g->message), f, NULL), FEMD_OK);
    return 1;
}

femd_frame rig_expect(rig *g, uint16_t type, double seconds) {
    femd_frame f;
    if (!rig_next_frame(g, seconds, &f)) fail_msg("no %s came", femd_message_name(type));
    if (f.type != type) fail_msg("%s came instead of %s", femd_message_name(f.type), femd_message_name(type));
    return f;
}

void rig_post(rig *g) {
    zmq_send(g->router, g->route, (size_t)g->route_size, ZMQ_SNDMORE);
    zmq_send(g->router, g->out.data, g->out.size, 0);
}

int rig_exit_code_within(rig *g, double seconds) {
    double end = rig_clock() + seconds;
    int status;
    while (waitpid(g->pid, &status, WNOHANG) == 0) {
        if (rig_clock() > end) return -1;
        zmq_poll(NULL, 0, 10);
    }
    g->pid = 0;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -2;
}

void rig_stderr_has(const rig *g, const char *words) {
    char text[4096] = "";
    FILE *f = fopen(g->stderr_name, "r");
    assert_non_null(f);
    size_t n = fread(text, 1, sizeof text - 1, f);
    text[n] = '\0';
    fclose(f);
    if (!strstr(text, words)) fail_msg("stderr lacks \"%s\":\n%s", words, text);
}

void rig_start_worker(rig *g, const char *level) {
    char address[128];
    size_t size = sizeof address;
    zmq_getsockopt(g->router, ZMQ_LAST_ENDPOINT, address, &size);
    const char *args[] = {"femd-worker", "--connect",
                          address,       "--level",
                          "x86-64-v2",
#ifdef FEMD_BATCH_ENGINE
                          "--engine",    "batch=" FEMD_BATCH_ENGINE,
#endif
                          NULL};
    rig_spawn(g, args);
    femd_frame f = rig_expect(g, FEMD_MSG_HELLO, 10);
    femd_hello hello;
    assert_int_equal(femd_hello_decode(&f, &hello, NULL), FEMD_OK);
    assert_int_equal(hello.role, FEMD_ROLE_WORKER);
    assert_string_equal(hello.level, "x86-64-v2");
    femd_welcome w = {.peer = 5, .credits = 2, .frame_max = FEMD_FRAME_MAX, .batch_max = FEMD_BATCH_MAX};
    w.times.silence = 5;
    strcpy(w.level, level);
    assert_int_equal(femd_welcome_encode(&g->out, &w, NULL), FEMD_OK);
    rig_post(g);
}

femd_ready rig_give_material(rig *g, const char *json) {
    femd_pack p = {.json = json};
    femd_ready r;
    assert_int_equal(femd_frame_begin(&g->out, FEMD_MSG_MATERIAL, 11, NULL), FEMD_OK);
    assert_int_equal(femd_pack_encode(&p, &g->out, NULL), FEMD_OK);
    femd_frame_finish(&g->out, 1);
    rig_post(g);
    femd_frame f = rig_expect(g, FEMD_MSG_MATERIAL_READY, 20);
    assert_true(f.id == 11);
    assert_int_equal(femd_ready_decode(&f, &r, NULL), FEMD_OK);
    return r;
}

femd_request rig_strain(double e) {
    return (femd_request){.wants = FEMD_WANT_STRESS | FEMD_WANT_TANGENT, .value = {e, 0, 0, 0, 0, 0}};
}

void rig_give_tasks(rig *g, const femd_hash *material, uint64_t id, uint32_t n, double deadline,
                    const femd_state_entry *s, size_t ns, const femd_hash *state_in) {
    assert_int_equal(femd_task_begin(&g->out, material, s, ns, NULL), FEMD_OK);
    for (uint32_t i = 0; i < n; i++) {
        femd_task t = {.id = id + i, .deadline = deadline, .request = rig_strain(1e-6 * (double)(i + 1))};
        if (state_in) t.request.state_in = *state_in;
        assert_int_equal(femd_task_add(&g->out, &t, NULL), FEMD_OK);
    }
    femd_frame_finish(&g->out, n);
    rig_post(g);
}

femd_response rig_answer_to(rig *g, uint64_t id, int *beats, double seconds) {
    double end = rig_clock() + seconds;
    femd_frame f;
    while (rig_clock() < end && rig_next_frame(g, end - rig_clock(), &f)) {
        femd_reader rd;
        femd_answer a;
        if (f.type == FEMD_MSG_BEAT && beats) ++*beats;
        if (f.type != FEMD_MSG_ANSWER) continue;
        femd_reader_open(&f, &rd);
        while (femd_answer_next(&rd, &a, NULL) == 1) {
            femd_response r;
            assert_int_equal(femd_response_decode(a.response.data, a.response.size, &r, NULL), FEMD_OK);
            if (a.task == id) return r;
        }
    }
    fail_msg("no answer to task %d", (int)id);
    return (femd_response){0};
}
