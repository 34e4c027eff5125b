/* The real program under attack from this machine: connections that say nothing, clients that never read, floods,
 * bombs. The server's memory stays within what --memory allows, and a newcomer is served all the while. */
#include <arpa/inet.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <signal.h>
#include <zmq.h>
#include <cmocka.h>

#include "femd/control.h"
#include "femd/evaluate.h"
#include "femd/hash.h"
#include "femd/pack.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { ROOM_MIB = 512 }; /* the sanitizers keep what was freed for a while, and books of all memory */
#else
enum { ROOM_MIB = 64 }; /* what program, libraries and one message under way take beside --memory */
#endif
enum { MEMORY_MIB = 64 };

typedef struct program {
    pid_t pid;
    char address[256];
    void *context;
} program;

static void start(program *p) {
    int ready[2];
    char fd[16], memory[16];
    assert_int_equal(pipe(ready), 0);
    snprintf(fd, sizeof fd, "%d", ready[1]);
    snprintf(memory, sizeof memory, "%d", MEMORY_MIB);
    p->pid = fork();
    assert_true(p->pid >= 0);
    if (p->pid == 0) {
        close(ready[0]);
        execl(FEMD_SERVER_PROGRAM, "femd-server", "--bind", "tcp://127.0.0.1:*", "--quiet", "--die-with-parent",
              "--ready-fd", fd, "--memory", memory, "--log", "/dev/null", (char *)NULL);
        _exit(99);
    }
    close(ready[1]);
    struct pollfd pf = {ready[0], POLLIN, 0};
    assert_true(poll(&pf, 1, 10000) > 0);
    ssize_t n = read(ready[0], p->address, sizeof p->address - 1);
    assert_true(n > 0);
    p->address[n] = 0;
    p->address[strcspn(p->address, "\n")] = 0;
    close(ready[0]);
    p->context = zmq_ctx_new();
}

static double resident_mib(const program *p) {
    char path[64], line[256];
    double kib = 0;
    snprintf(path, sizeof path, "/proc/%d/status", (int)p->pid);
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    while (fgets(line, sizeof line, f))
        if (sscanf(line, "VmHWM: %lf", &kib) == 1) break; /* the most it ever was */
    fclose(f);
    return kib / 1024;
}

static void finish(program *p) {
    int status = -1;
    zmq_ctx_term(p->context);
    kill(p->pid, SIGTERM);
    for (int i = 0; i < 500 && waitpid(p->pid, &status, WNOHANG) != p->pid; i++) usleep(10000);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void check_memory(const program *p) {
    double most = resident_mib(p);
    if (most > MEMORY_MIB + ROOM_MIB) fail_msg("the server took %.0f MiB", most);
}

/* ---- peers ---- */

static void *dealer(const program *p) {
    void *s = zmq_socket(p->context, ZMQ_DEALER);
    int linger = 0, timeout = 5000;
    assert_non_null(s);
    zmq_setsockopt(s, ZMQ_LINGER, &linger, sizeof linger);
    zmq_setsockopt(s, ZMQ_RCVTIMEO, &timeout, sizeof timeout);
    zmq_setsockopt(s, ZMQ_SNDTIMEO, &timeout, sizeof timeout);
    assert_int_equal(zmq_connect(s, p->address), 0);
    return s;
}

static int tell(void *s, const femd_buffer *b) {
    return zmq_send(s, b->data, b->size, 0) >= 0;
}

/* The first message of that type that comes, into *storage; 0 after 5 s without one of it (pulses come all the time).
 */
static int hear(void *s, unsigned type, femd_frame *f, femd_buffer *storage) {
    struct timespec begun, now;
    clock_gettime(CLOCK_MONOTONIC, &begun);
    for (now = begun; now.tv_sec - begun.tv_sec < 5; clock_gettime(CLOCK_MONOTONIC, &now)) {
        zmq_msg_t m;
        zmq_msg_init(&m);
        if (zmq_msg_recv(&m, s, 0) < 0) return 0;
        storage->size = 0;
        assert_int_equal(femd_buffer_append(storage, zmq_msg_data(&m), zmq_msg_size(&m), NULL), FEMD_OK);
        zmq_msg_close(&m);
        if (femd_frame_decode(storage->data, storage->size, f, NULL) == FEMD_OK && f->type == type) return 1;
    }
    return 0;
}

static int hello(void *s, const char *run, uint32_t ranks) {
    femd_hello h = {.role = FEMD_ROLE_CLIENT, .ranks = ranks, .host = "here", .version = "t"};
    femd_buffer b = FEMD_BUFFER_INIT;
    femd_frame f;
    snprintf(h.run, sizeof h.run, "%s", run);
    assert_int_equal(femd_hello_encode(&b, &h, NULL), FEMD_OK);
    int ok = tell(s, &b) && hear(s, FEMD_MSG_WELCOME, &f, &b);
    femd_buffer_clear(&b);
    return ok;
}

static void check_served(const program *p, const char *run) {
    femd_buffer b = FEMD_BUFFER_INIT;
    femd_frame f;
    void *s = dealer(p);
    assert_true(hello(s, run, 1));
    assert_int_equal(femd_frame_begin(&b, FEMD_MSG_STATUS_GET, 3, NULL), FEMD_OK);
    femd_frame_finish(&b, 0);
    assert_true(tell(s, &b));
    assert_true(hear(s, FEMD_MSG_STATUS, &f, &b));
    femd_buffer_clear(&b);
    zmq_close(s);
}

static int raw_connection(const program *p) {
    struct sockaddr_in sa = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    sa.sin_port = htons((uint16_t)atoi(strrchr(p->address, ':') + 1));
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&sa, sizeof sa), 0);
    return fd;
}

/* ---- attacks ---- */

static void half_open_connections_keep_nobody_out(void **state) {
    (void)state;
    enum { MANY = 200 };
    static const uint8_t greeting[64] = {0xFF, [9] = 0x7F, [10] = 3, [12] = 'N', 'U', 'L', 'L'};
    program p;
    int fd[MANY];
    start(&p);
    for (int i = 0; i < MANY; i++) {
        fd[i] = raw_connection(&p);
        if (i % 2) assert_true(send(fd[i], greeting, (size_t)(i % 65), MSG_NOSIGNAL) == i % 65);
    }
    check_served(&p, "beside");
    for (int i = 0; i < MANY; i++) close(fd[i]);
    check_served(&p, "after");
    check_memory(&p);
    finish(&p);
}

/* A length of 4 GiB in the header of a part, and in the header of a frame. */
static void announced_lengths_are_not_believed(void **state) {
    (void)state;
    static const uint8_t handshake[] = {0xFF, 0,   0,   0,   0,        0,   0,   0,   0,   0x7F, 3,   0,
                                        'N',  'U', 'L', 'L', [63] = 0, 4,   28,  5,   'R', 'E',  'A', 'D',
                                        'Y',  11,  'S', 'o', 'c',      'k', 'e', 't', '-', 'T',  'y', 'p',
                                        'e',  0,   0,   0,   6,        'D', 'E', 'A', 'L', 'E',  'R'};
    static const uint8_t huge[] = {2, 0, 0, 0, 1, 0, 0, 0, 0, 'F', 'E', 'M', 'D'};
    program p;
    start(&p);
    for (int i = 0; i < 20; i++) {
        int fd = raw_connection(&p);
        assert_true(send(fd, handshake, sizeof handshake, MSG_NOSIGNAL) == sizeof handshake);
        usleep(1000);
        (void)!send(fd, huge, sizeof huge, MSG_NOSIGNAL);
        close(fd);
    }
    void *s = dealer(&p);
    femd_buffer b = FEMD_BUFFER_INIT;
    assert_true(hello(s, "liar", 1));
    for (unsigned type = 1; type < 64; type++) {
        assert_int_equal(femd_frame_begin(&b, (uint16_t)type, 1, NULL), FEMD_OK);
        assert_int_equal(femd_buffer_append(&b, huge, sizeof huge, NULL), FEMD_OK);
        femd_frame_finish(&b, UINT32_MAX);
        if (!tell(s, &b)) break;
    }
    zmq_close(s);
    femd_buffer_clear(&b);
    check_served(&p, "after");
    check_memory(&p);
    finish(&p);
}

static void json_bombs_are_refused(void **state) {
    (void)state;
    enum { BYTES = 8 << 20 };
    program p;
    char *bomb = malloc(BYTES), run[16];
    start(&p);
    for (int kind = 0; kind < 3; kind++) {
        void *s = dealer(&p);
        memset(bomb, '[', BYTES);
        for (int i = 0; i < BYTES && kind == 1; i += 2) memcpy(bomb + i, "1,", 2);
        for (int i = 0; i < BYTES && kind == 2; i += 8) memcpy(bomb + i, "{\"a\":[[,", 8);
        memcpy(bomb, "{\"type\":[", 9);
        assert_true(zmq_send(s, bomb, BYTES, 0) == BYTES);
        snprintf(run, sizeof run, "beside%d", kind);
        check_served(&p, run);
        zmq_close(s);
    }
    free(bomb);
    check_memory(&p);
    finish(&p);
}

/* A client asks for megabytes again and again and never takes one. Its socket is left open, for the caller to close. */
static void *ask_and_never_read(const program *p, int number) {
    enum { BLOB = (1 << 20) - 256, QUESTIONS = 60 };
    static uint8_t blob[BLOB];
    char run[16];
    int few = 1, quick = 100;
    femd_buffer b = FEMD_BUFFER_INIT;
    femd_frame f;
    femd_state_entry entry = {.blob = {blob, BLOB}};
    void *s = dealer(p);
    zmq_setsockopt(s, ZMQ_RCVHWM, &few, sizeof few); /* counts for connections to come only */
    assert_int_equal(zmq_disconnect(s, p->address), 0);
    assert_int_equal(zmq_connect(s, p->address), 0);
    snprintf(run, sizeof run, "deaf%d", number);
    femd_hash_domain("state", blob, BLOB, &entry.hash);
    assert_true(hello(s, run, 1));
    assert_int_equal(femd_frame_begin(&b, FEMD_MSG_STATE, 1, NULL), FEMD_OK);
    assert_int_equal(femd_state_add(&b, &entry, NULL), FEMD_OK);
    femd_frame_finish(&b, 1);
    if (tell(s, &b) && hear(s, FEMD_MSG_STATE_STORED, &f, &b)) {
        zmq_setsockopt(s, ZMQ_SNDTIMEO, &quick, sizeof quick);
        assert_int_equal(femd_frame_begin(&b, FEMD_MSG_STATE_GET, 2, NULL), FEMD_OK);
        assert_int_equal(femd_hash_add(&b, &entry.hash, NULL), FEMD_OK);
        femd_frame_finish(&b, 1);
        for (int i = 0; i < QUESTIONS && tell(s, &b); i++) {}
    }
    femd_buffer_clear(&b);
    return s;
}

static void clients_that_never_read_do_not_fill_the_memory(void **state) {
    (void)state;
    enum { MANY = 12 };
    program p;
    void *s[MANY];
    start(&p);
    for (int i = 0; i < MANY; i++) s[i] = ask_and_never_read(&p, i);
    check_served(&p, "beside");
    check_memory(&p);
    for (int i = 0; i < MANY; i++) zmq_close(s[i]);
    check_served(&p, "after");
    finish(&p);
}

/* Evaluations of a material that nobody has opened, and of one that nobody sent. */
static void floods_of_requests_are_bounded(void **state) {
    (void)state;
    enum { POINTS = FEMD_BATCH_MAX, BATCHES = 300 };
    static const femd_pack pack = {.json = "{\"engine\":\"elastic\"}"};
    program p;
    femd_buffer b = FEMD_BUFFER_INIT, encoded = FEMD_BUFFER_INIT;
    femd_hash material, unknown = {{1}};
    start(&p);
    void *s = dealer(&p);
    assert_true(hello(s, "flood", 1));
    assert_int_equal(femd_pack_encode(&pack, &encoded, NULL), FEMD_OK);
    femd_pack_id(encoded.data, encoded.size, &material);
    assert_int_equal(femd_frame_begin(&b, FEMD_MSG_MATERIAL, 1, NULL), FEMD_OK);
    assert_int_equal(femd_buffer_append(&b, encoded.data, encoded.size, NULL), FEMD_OK);
    femd_frame_finish(&b, 1);
    assert_true(tell(s, &b));
    for (int batch = 0; batch < BATCHES; batch++) {
        assert_int_equal(femd_evaluate_begin(&b, (uint64_t)batch, batch % 2 ? &material : &unknown, NULL), FEMD_OK);
        for (uint32_t i = 0; i < POINTS; i++) {
            femd_request r = {.point = i, .wants = FEMD_WANT_STRESS, .value = {batch + 1e-6 * i}};
            assert_int_equal(femd_evaluate_add(&b, &r, NULL), FEMD_OK);
        }
        femd_frame_finish(&b, POINTS);
        if (!tell(s, &b)) break;
    }
    check_served(&p, "beside");
    check_memory(&p);
    zmq_close(s);
    femd_buffer_clear(&b);
    femd_buffer_clear(&encoded);
    check_served(&p, "after");
    finish(&p);
}

/* A million states of one byte, and runs of many ranks that are left at once. */
static void books_count_as_memory(void **state) {
    (void)state;
    enum { STATES = 1000000, PER_FRAME = 20000, RUNS = 200 };
    program p;
    femd_buffer b = FEMD_BUFFER_INIT;
    femd_frame f;
    start(&p);
    void *s = dealer(&p);
    assert_true(hello(s, "states", 1));
    for (uint32_t k = 0; k < STATES;) {
        assert_int_equal(femd_frame_begin(&b, FEMD_MSG_STATE, k, NULL), FEMD_OK);
        for (uint32_t i = 0; i < PER_FRAME; i++, k++) {
            femd_state_entry e = {.blob = {&k, sizeof k}};
            femd_hash_domain("state", &k, sizeof k, &e.hash);
            assert_int_equal(femd_state_add(&b, &e, NULL), FEMD_OK);
        }
        femd_frame_finish(&b, PER_FRAME);
        if (!tell(s, &b) || !hear(s, FEMD_MSG_STATE_STORED, &f, &b)) break; /* no room for more */
        if (resident_mib(&p) > MEMORY_MIB + ROOM_MIB) break;
    }
    zmq_close(s);
    for (int i = 0; i < RUNS; i++) {
        char run[16];
        snprintf(run, sizeof run, "run%d", i);
        s = dealer(&p);
        int going = hello(s, run, 16384);
        zmq_close(s);
        if (!going) break;
    }
    check_memory(&p);
    femd_buffer_clear(&b);
    finish(&p);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(half_open_connections_keep_nobody_out),
        cmocka_unit_test(announced_lengths_are_not_believed),
        cmocka_unit_test(json_bombs_are_refused),
        cmocka_unit_test(clients_that_never_read_do_not_fill_the_memory),
        cmocka_unit_test(floods_of_requests_are_bounded),
        cmocka_unit_test(books_count_as_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
