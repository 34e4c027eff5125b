/* femd-worker, the program, against a server that this test plays. Every wait is bounded; what is started is ended. */
#include <fcntl.h>
#include <math.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <zmq.h>

#include <cmocka.h>

#include "femd/control.h"
#include "femd/evaluate.h"
#include "femd/hash.h"
#include "femd/pack.h"

#define ELASTIC  "{\"engine\":\"elastic\",\"young\":\"100 GPa\",\"poisson\":0.25}"
#define SLOW(us) "{\"engine\":\"elastic\",\"young\":\"100 GPa\",\"poisson\":0.25,\"cost_us\":" #us "}"
#define ARGON                                                                                                          \
    "{\"engine\":\"native\",\"structure\":{\"lattice\":\"fcc\",\"a\":\"5.3 "                                           \
    "angstrom\",\"species\":[\"Ar\"],\"repeat\":[2,2,2],\"vacancies\":"                                                \
    "{\"count\":1}},\"potential\":{\"style\":\"lj\",\"epsilon\":\"0.0104 eV\",\"sigma\":\"3.4 "                        \
    "angstrom\",\"cutoff\":\"6 angstrom\"}}"

/* ---- the server's side ---- */

typedef struct rig {
    void *context, *router;
    uint8_t route[256];
    int route_size;
    pid_t pid;
    char stderr_name[64];
    zmq_msg_t message;
    femd_buffer out;
} rig;

static double clock_now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void spawn(rig *g, const char *const *args) {
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

static int setup(void **state) {
    rig *g = calloc(1, sizeof *g);
    static const int linger = 0;
    g->context = zmq_ctx_new();
    g->router = zmq_socket(g->context, ZMQ_ROUTER);
    zmq_setsockopt(g->router, ZMQ_LINGER, &linger, sizeof linger);
    zmq_msg_init(&g->message);
    *state = g;
    return zmq_bind(g->router, "tcp://127.0.0.1:*");
}

static int teardown(void **state) {
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

/* The next frame within seconds; 0 if none came. */
static int next_frame(rig *g, double seconds, femd_frame *f) {
    zmq_pollitem_t item = {g->router, 0, ZMQ_POLLIN, 0};
    if (zmq_poll(&item, 1, (long)(seconds * 1000)) <= 0) return 0;
    g->route_size = zmq_recv(g->router, g->route, sizeof g->route, 0);
    assert_true(zmq_msg_recv(&g->message, g->router, 0) >= 0);
    assert_int_equal(femd_frame_decode(zmq_msg_data(&g->message), zmq_msg_size(&g->message), f, NULL), FEMD_OK);
    return 1;
}

static femd_frame expect(rig *g, uint16_t type, double seconds) {
    femd_frame f;
    if (!next_frame(g, seconds, &f)) fail_msg("no %s came", femd_message_name(type));
    if (f.type != type) fail_msg("%s came instead of %s", femd_message_name(f.type), femd_message_name(type));
    return f;
}

static void post(rig *g) {
    zmq_send(g->router, g->route, (size_t)g->route_size, ZMQ_SNDMORE);
    zmq_send(g->router, g->out.data, g->out.size, 0);
}

static int exit_code_within(rig *g, double seconds) {
    double end = clock_now() + seconds;
    int status;
    while (waitpid(g->pid, &status, WNOHANG) == 0) {
        if (clock_now() > end) return -1;
        zmq_poll(NULL, 0, 10);
    }
    g->pid = 0;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -2;
}

static void stderr_has(const rig *g, const char *words) {
    char text[4096] = "";
    FILE *f = fopen(g->stderr_name, "r");
    assert_non_null(f);
    size_t n = fread(text, 1, sizeof text - 1, f);
    text[n] = '\0';
    fclose(f);
    if (!strstr(text, words)) fail_msg("stderr lacks \"%s\":\n%s", words, text);
}

static void start_worker(rig *g, const char *level) {
    char address[128];
    size_t size = sizeof address;
    zmq_getsockopt(g->router, ZMQ_LAST_ENDPOINT, address, &size);
    const char *args[] = {"femd-worker", "--connect", address, "--level", "x86-64-v2", NULL};
    spawn(g, args);
    femd_frame f = expect(g, FEMD_MSG_HELLO, 10);
    femd_hello hello;
    assert_int_equal(femd_hello_decode(&f, &hello, NULL), FEMD_OK);
    assert_int_equal(hello.role, FEMD_ROLE_WORKER);
    assert_string_equal(hello.level, "x86-64-v2");
    femd_welcome w = {.peer = 5, .credits = 2, .frame_max = FEMD_FRAME_MAX, .batch_max = FEMD_BATCH_MAX};
    strcpy(w.level, level);
    assert_int_equal(femd_welcome_encode(&g->out, &w, NULL), FEMD_OK);
    post(g);
}

static femd_ready give_material(rig *g, const char *json) {
    femd_pack p = {.json = json};
    femd_ready r;
    assert_int_equal(femd_frame_begin(&g->out, FEMD_MSG_MATERIAL, 11, NULL), FEMD_OK);
    assert_int_equal(femd_pack_encode(&p, &g->out, NULL), FEMD_OK);
    femd_frame_finish(&g->out, 1);
    post(g);
    femd_frame f = expect(g, FEMD_MSG_MATERIAL_READY, 20);
    assert_true(f.id == 11);
    assert_int_equal(femd_ready_decode(&f, &r, NULL), FEMD_OK);
    return r;
}

static femd_request strain(double e) {
    return (femd_request){.wants = FEMD_WANT_STRESS | FEMD_WANT_TANGENT, .value = {e, 0, 0, 0, 0, 0}};
}

/* n tasks from id on, of growing strain. */
static void give_tasks(rig *g, const femd_hash *material, uint64_t id, uint32_t n, double deadline,
                       const femd_state_entry *s, size_t ns, const femd_hash *state_in) {
    assert_int_equal(femd_task_begin(&g->out, material, s, ns, NULL), FEMD_OK);
    for (uint32_t i = 0; i < n; i++) {
        femd_task t = {.id = id + i, .deadline = deadline, .request = strain(1e-6 * (double)(i + 1))};
        if (state_in) t.request.state_in = *state_in;
        assert_int_equal(femd_task_add(&g->out, &t, NULL), FEMD_OK);
    }
    femd_frame_finish(&g->out, n);
    post(g);
}

/* The answer of one task, past STARTED and BEAT; *beats counts the latter. */
static femd_response answer_to(rig *g, uint64_t id, int *beats, double seconds) {
    double end = clock_now() + seconds;
    femd_frame f;
    while (clock_now() < end && next_frame(g, end - clock_now(), &f)) {
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

/* ---- tests ---- */

/* Each task is announced before it is answered, the first alone, and answered once. */
static void many_cheap_tasks_are_announced_then_answered(void **state) {
    rig *g = *state;
    enum { N = 3000 };
    static char started[N], answered[N];
    memset(started, 0, sizeof started);
    memset(answered, 0, sizeof answered);
    start_worker(g, "x86-64-v2");
    femd_ready ready = give_material(g, ELASTIC);
    assert_int_equal(ready.status, FEMD_OK);
    assert_true(ready.caps.wants & FEMD_WANT_TANGENT);
    give_tasks(g, &ready.material, 0, N, 0, NULL, 0, NULL);
    int done = 0, frames = 0, first = 1;
    while (done < N) {
        femd_frame f;
        femd_reader rd;
        femd_answer a;
        uint64_t id;
        assert_true(next_frame(g, 10, &f));
        frames++;
        femd_reader_open(&f, &rd);
        if (f.type == FEMD_MSG_STARTED) {
            if (first) assert_int_equal(f.count, 1);
            first = 0;
            while (femd_u64_next(&rd, &id, NULL) == 1) started[id] = 1;
            continue;
        }
        assert_int_equal(f.type, FEMD_MSG_ANSWER);
        while (femd_answer_next(&rd, &a, NULL) == 1) {
            femd_response r;
            assert_true(started[a.task] && !answered[a.task]);
            answered[a.task] = 1;
            done++;
            assert_int_equal(femd_response_decode(a.response.data, a.response.size, &r, NULL), FEMD_OK);
            assert_int_equal(r.status, FEMD_OK);
            double e = 1e-6 * (double)(a.task + 1), S11 = 120e9 * e; /* (lambda + 2 mu) of 100 GPa, 0.25 */
            assert_true(fabs(r.S[0] - S11) < 1e-9 * S11);
            assert_true(r.work.worker == 5 && r.work.fingerprint != 0);
        }
    }
    assert_true(frames < N / 10);
}

static void a_bad_material_gives_words_and_the_worker_lives(void **state) {
    rig *g = *state;
    start_worker(g, "x86-64-v2");
    femd_ready r = give_material(g, "{\"engine\":\"elastic\",\"young\":\"100 apples\",\"poisson\":0.25}");
    assert_int_equal(r.status, FEMD_BAD_INPUT);
    assert_non_null(strstr(r.text, "apples"));
    r = give_material(g, "not JSON");
    assert_int_not_equal(r.status, FEMD_OK);
    r = give_material(g, ELASTIC);
    assert_int_equal(r.status, FEMD_OK);
    femd_hash unknown = {{1}};
    give_tasks(g, &unknown, 1, 1, 0, NULL, 0, NULL);
    assert_int_equal(answer_to(g, 1, NULL, 5).status, FEMD_UNSUPPORTED);
}

static void a_malformed_task_is_complained_of(void **state) {
    rig *g = *state;
    start_worker(g, "x86-64-v2");
    femd_ready r = give_material(g, ELASTIC);
    femd_task t = {.id = 1, .request = strain(NAN)};
    assert_int_equal(femd_task_begin(&g->out, &r.material, NULL, 0, NULL), FEMD_OK);
    assert_int_equal(femd_task_add(&g->out, &t, NULL), FEMD_OK);
    femd_frame_finish(&g->out, 1);
    post(g);
    femd_frame f = expect(g, FEMD_MSG_ERROR, 5);
    femd_error words;
    assert_int_equal(femd_error_decode(&f, &words, NULL), FEMD_OK);
    assert_int_equal(words.code, FEMD_PROTOCOL);
    give_tasks(g, &r.material, 2, 1, 0, NULL, 0, NULL);
    assert_int_equal(answer_to(g, 2, NULL, 5).status, FEMD_OK);
}

static void a_slow_task_beats_and_a_deadline_ends_it(void **state) {
    rig *g = *state;
    int beats = 0;
    start_worker(g, "x86-64-v2");
    femd_ready r = give_material(g, SLOW(1300000));
    give_tasks(g, &r.material, 1, 1, 0, NULL, 0, NULL);
    assert_int_equal(answer_to(g, 1, &beats, 10).status, FEMD_OK);
    assert_int_equal(beats, 2);
    double t = clock_now();
    give_tasks(g, &r.material, 2, 1, 0.2, NULL, 0, NULL);
    assert_int_equal(answer_to(g, 2, NULL, 10).status, FEMD_DEADLINE);
    assert_true(clock_now() - t < 1.2);
}

/* A costly material's tasks are named one by one, so that a death blames one. */
static void costly_tasks_are_announced_alone(void **state) {
    rig *g = *state;
    start_worker(g, "x86-64-v2");
    femd_ready r = give_material(g, SLOW(3000));
    give_tasks(g, &r.material, 0, 20, 0, NULL, 0, NULL);
    for (uint64_t done = 0, named = 0; done < 20;) {
        femd_frame f;
        assert_true(next_frame(g, 5, &f));
        if (f.type == FEMD_MSG_STARTED) {
            assert_int_equal(f.count, 1);
            assert_true(named++ == done); /* earlier answers are out */
        } else if (f.type == FEMD_MSG_ANSWER) {
            done += f.count;
        }
    }
}

static femd_bytes get_state(rig *g, const femd_hash *h) {
    femd_reader rd;
    femd_state_entry s;
    assert_int_equal(femd_frame_begin(&g->out, FEMD_MSG_STATE_GET, 77, NULL), FEMD_OK);
    assert_int_equal(femd_hash_add(&g->out, h, NULL), FEMD_OK);
    femd_frame_finish(&g->out, 1);
    post(g);
    femd_frame f = expect(g, FEMD_MSG_STATE, 5);
    assert_true(f.id == 77);
    femd_reader_open(&f, &rd);
    assert_int_equal(femd_state_next(&rd, &s, NULL), 1);
    assert_true(femd_hash_equal(&s.hash, h));
    return s.blob;
}

/* A state is kept, given on request, lost after DROP, and accepted back: same answer to the bit. */
static void states_are_kept_given_dropped_and_taken_back(void **state) {
    rig *g = *state;
    start_worker(g, "x86-64-v2");
    femd_ready ready = give_material(g, ARGON);
    if (ready.status != FEMD_OK) fail_msg("%s", ready.text);
    give_tasks(g, &ready.material, 1, 1, 0, NULL, 0, NULL);
    femd_response first = answer_to(g, 1, NULL, 20);
    assert_int_equal(first.status, FEMD_OK);
    assert_false(femd_hash_is_zero(&first.state_out));
    give_tasks(g, &ready.material, 2, 1, 0, NULL, 0, &first.state_out);
    femd_response next = answer_to(g, 2, NULL, 20);
    assert_int_equal(next.status, FEMD_OK);

    femd_bytes blob = get_state(g, &first.state_out);
    assert_true(blob.size > 0);
    femd_buffer copy = FEMD_BUFFER_INIT;
    assert_int_equal(femd_buffer_append(&copy, blob.data, blob.size, NULL), FEMD_OK);
    femd_hash h;
    femd_hash_domain("state", copy.data, copy.size, &h);
    assert_true(femd_hash_equal(&h, &first.state_out));

    assert_int_equal(femd_frame_begin(&g->out, FEMD_MSG_DROP, 0, NULL), FEMD_OK);
    assert_int_equal(femd_hash_add(&g->out, &h, NULL), FEMD_OK);
    femd_frame_finish(&g->out, 1);
    post(g);
    assert_int_equal(get_state(g, &h).size, 0);
    give_tasks(g, &ready.material, 3, 1, 0, NULL, 0, &h);
    assert_int_equal(answer_to(g, 3, NULL, 5).status, FEMD_STATE_LOST);

    femd_state_entry entry = {h, {copy.data, copy.size}};
    give_tasks(g, &ready.material, 4, 1, 0, &entry, 1, &h);
    femd_response again = answer_to(g, 4, NULL, 20);
    assert_memory_equal(again.D, next.D, sizeof next.D);
    assert_memory_equal(again.S, next.S, sizeof next.S);
    assert_true(femd_hash_equal(&again.state_out, &next.state_out));

    copy.data[copy.size - 1] ^= 1;
    give_tasks(g, &ready.material, 5, 1, 0, &entry, 1, &h);
    femd_frame f = expect(g, FEMD_MSG_ERROR, 5);
    assert_true(f.count == 1);
    femd_buffer_clear(&copy);
}

/* SIGTERM in the middle of an evaluation: BYE, and exit code 0 at once. */
static void a_signal_ends_the_worker_in_good_order(void **state) {
    rig *g = *state;
    start_worker(g, "x86-64-v2");
    femd_ready r = give_material(g, SLOW(20000000));
    give_tasks(g, &r.material, 1, 1, 0, NULL, 0, NULL);
    expect(g, FEMD_MSG_STARTED, 5);
    kill(g->pid, SIGTERM);
    femd_frame f;
    do assert_true(next_frame(g, 3, &f));
    while (f.type == FEMD_MSG_BEAT);
    assert_int_equal(f.type, FEMD_MSG_BYE);
    assert_int_equal(exit_code_within(g, 3), 0);
}

static void a_lost_server_ends_the_worker_with_code_4(void **state) {
    rig *g = *state;
    start_worker(g, "x86-64-v2");
    femd_ready r = give_material(g, SLOW(60000000));
    give_tasks(g, &r.material, 1, 1, 0, NULL, 0, NULL);
    expect(g, FEMD_MSG_STARTED, 5);
    zmq_close(g->router);
    g->router = NULL;
    assert_int_equal(exit_code_within(g, 10), 4);
    stderr_has(g, "the server at tcp://127.0.0.1:");
    stderr_has(g, "is gone");
}

static void a_bye_ends_the_worker_with_code_0(void **state) {
    rig *g = *state;
    start_worker(g, "x86-64-v2");
    give_material(g, ELASTIC);
    assert_int_equal(femd_frame_begin(&g->out, FEMD_MSG_BYE, 0, NULL), FEMD_OK);
    femd_frame_finish(&g->out, 0);
    post(g);
    assert_int_equal(exit_code_within(g, 5), 0);
}

static void another_level_is_refused_with_code_2(void **state) {
    rig *g = *state;
    start_worker(g, "x86-64-v3");
    assert_int_equal(exit_code_within(g, 5), 2);
    stderr_has(g, "--level x86-64-v3");
}

/* After another registration the tasks of the old one are not answered: their numbers may mean others now. */
static void a_new_registration_forgets_the_old_tasks(void **state) {
    rig *g = *state;
    start_worker(g, "x86-64-v2");
    femd_ready r = give_material(g, SLOW(300000));
    give_tasks(g, &r.material, 1, 3, 0, NULL, 0, NULL);
    expect(g, FEMD_MSG_STARTED, 5);
    assert_int_equal(femd_frame_begin(&g->out, FEMD_MSG_REREGISTER, 0, NULL), FEMD_OK);
    femd_frame_finish(&g->out, 0);
    post(g);
    femd_frame f;
    do assert_true(next_frame(g, 5, &f)); /* answers that were on their way to the old registration */
    while (f.type != FEMD_MSG_HELLO);
    femd_welcome w = {
        .peer = 6, .credits = 2, .frame_max = FEMD_FRAME_MAX, .batch_max = FEMD_BATCH_MAX, .level = "x86-64-v2"};
    assert_int_equal(femd_welcome_encode(&g->out, &w, NULL), FEMD_OK);
    post(g);
    assert_false(next_frame(g, 1, &f));
    give_tasks(g, &r.material, 9, 1, 0, NULL, 0, NULL); /* materials are kept */
    assert_true(answer_to(g, 9, NULL, 5).work.worker == 6);
}

static int run_with(rig *g, const char *a, const char *b) {
    const char *args[] = {"femd-worker", a, b, NULL};
    spawn(g, args);
    int rc = exit_code_within(g, 5);
    return rc;
}

static void bad_use_is_said(void **state) {
    rig *g = *state;
    assert_int_equal(run_with(g, NULL, NULL), 2);
    stderr_has(g, "--connect");
    unlink(g->stderr_name);
    assert_int_equal(run_with(g, "--help", NULL), 0);
    stderr_has(g, "--memory");
    unlink(g->stderr_name);
    assert_int_equal(run_with(g, "--connect", "nowhere"), 2);
    unlink(g->stderr_name);
    assert_int_equal(run_with(g, "--memory", "x"), 2);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(many_cheap_tasks_are_announced_then_answered),
        TEST(a_bad_material_gives_words_and_the_worker_lives),
        TEST(a_malformed_task_is_complained_of),
        TEST(a_slow_task_beats_and_a_deadline_ends_it),
        TEST(costly_tasks_are_announced_alone),
        TEST(states_are_kept_given_dropped_and_taken_back),
        TEST(a_signal_ends_the_worker_in_good_order),
        TEST(a_lost_server_ends_the_worker_with_code_4),
        TEST(a_bye_ends_the_worker_with_code_0),
        TEST(another_level_is_refused_with_code_2),
        TEST(a_new_registration_forgets_the_old_tasks),
        TEST(bad_use_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
