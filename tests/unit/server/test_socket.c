/* The real program at a real socket: garbage, endless messages, foreign names, deaths, addresses, orderly end. */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <zmq.h>
#include <cmocka.h>

#include "femd/control.h"
#include "femd/evaluate.h"

typedef struct program {
    pid_t pid;
    char address[256];
} program;

/* Start femd-server and wait for the address it is ready at; address stays empty if it ended instead. */
static program start(const char *bind, const char *option) {
    program p = {.address = ""};
    int ready[2];
    char fd[16];
    assert_int_equal(pipe(ready), 0);
    snprintf(fd, sizeof fd, "%d", ready[1]);
    p.pid = fork();
    assert_true(p.pid >= 0);
    if (p.pid == 0) {
        close(ready[0]);
        if (!freopen("/dev/null", "w", stdout)) _exit(99);
        execl(FEMD_SERVER_PROGRAM, "femd-server", "--bind", bind, "--quiet", "--die-with-parent", "--ready-fd", fd,
              option, (char *)NULL);
        _exit(99);
    }
    close(ready[1]);
    size_t n = 0;
    struct pollfd pf = {ready[0], POLLIN, 0};
    while (n < sizeof p.address - 1 && poll(&pf, 1, 10000) > 0) {
        ssize_t got = read(ready[0], p.address + n, sizeof p.address - 1 - n);
        if (got <= 0) break;
        n += (size_t)got;
    }
    p.address[strcspn(p.address, "\n")] = 0;
    close(ready[0]);
    return p;
}

static int end(program *p, int signal_number) {
    int status = 0;
    if (signal_number) kill(p->pid, signal_number);
    for (int i = 0; i < 500; i++) {
        if (waitpid(p->pid, &status, WNOHANG) == p->pid)
            return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
        usleep(10000);
    }
    kill(p->pid, SIGKILL);
    waitpid(p->pid, &status, 0);
    return -1;
}

static void *dealer(void *context, const program *p, const char *name) {
    void *s = zmq_socket(context, ZMQ_DEALER);
    int linger = 0, timeout = 5000;
    assert_non_null(s);
    zmq_setsockopt(s, ZMQ_LINGER, &linger, sizeof linger);
    zmq_setsockopt(s, ZMQ_RCVTIMEO, &timeout, sizeof timeout);
    zmq_setsockopt(s, ZMQ_SNDTIMEO, &timeout, sizeof timeout);
    if (name) zmq_setsockopt(s, ZMQ_ROUTING_ID, name, strlen(name));
    assert_int_equal(zmq_connect(s, p->address), 0);
    return s;
}

/* Receive frames until one of that type; its body is in *storage. */
static int await(void *s, unsigned type, femd_frame *f, femd_buffer *storage) {
    for (int i = 0; i < 1000; i++) {
        zmq_msg_t m;
        zmq_msg_init(&m);
        int n = zmq_msg_recv(&m, s, 0);
        if (n < 0) {
            zmq_msg_close(&m);
            return 0;
        }
        storage->size = 0;
        assert_int_equal(femd_buffer_append(storage, zmq_msg_data(&m), zmq_msg_size(&m), NULL), FEMD_OK);
        zmq_msg_close(&m);
        if (femd_frame_decode(storage->data, storage->size, f, NULL) == FEMD_OK && f->type == type) return 1;
    }
    return 0;
}

static void say_hello(void *s, const char *run) {
    femd_hello h = {.role = FEMD_ROLE_CLIENT, .ranks = 1, .pid = (uint32_t)getpid(), .host = "here", .version = "t"};
    femd_buffer b = FEMD_BUFFER_INIT;
    snprintf(h.run, sizeof h.run, "%s", run);
    assert_int_equal(femd_hello_encode(&b, &h, NULL), FEMD_OK);
    assert_int_equal(zmq_send(s, b.data, b.size, 0), (int)b.size);
    femd_buffer_clear(&b);
}

/* A newcomer is welcomed: the server lives. */
static void check_alive(void *context, const program *p, const char *run) {
    femd_frame f;
    femd_buffer b = FEMD_BUFFER_INIT;
    void *s = dealer(context, p, NULL);
    say_hello(s, run);
    assert_true(await(s, FEMD_MSG_WELCOME, &f, &b));
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

static void garbage_does_not_end_the_server(void **state) {
    (void)state;
    program p = start("tcp://127.0.0.1:*", NULL);
    assert_string_not_equal(p.address, "");
    void *context = zmq_ctx_new();
    uint8_t noise[4096];
    for (size_t i = 0; i < sizeof noise; i++) noise[i] = (uint8_t)(i * i * 31 + i / 7);
    for (int i = 0; i < 20; i++) { /* bytes that are no ZMTP */
        int fd = raw_connection(&p);
        if (send(fd, noise + i, sizeof noise - (size_t)i, MSG_NOSIGNAL) < 0)
            assert_true(errno == EPIPE || errno == ECONNRESET);
        close(fd);
    }
    void *s = dealer(context, &p, NULL); /* ZMTP that is no femd */
    for (size_t i = 0; i < 200; i++) {
        if (i % 2) memcpy(noise, "FEMD\2\0", 6);
        noise[6] = (uint8_t)(i % 64);
        noise[7] = 0;
        zmq_send(s, noise, i * 7, ZMQ_DONTWAIT);
    }
    zmq_close(s);
    check_alive(context, &p, "after");
    zmq_ctx_term(context);
    assert_int_equal(end(&p, SIGTERM), 0);
}

static void messages_of_many_parts_cut_their_sender_off(void **state) {
    (void)state;
    program p = start("tcp://127.0.0.1:*", NULL);
    void *context = zmq_ctx_new();
    void *s = dealer(context, &p, NULL);
    for (int i = 0; i < 5000; i++) zmq_send(s, "part", 4, i < 4999 ? ZMQ_SNDMORE : 0);
    check_alive(context, &p, "after");
    zmq_close(s);
    zmq_ctx_term(context);
    assert_int_equal(end(&p, SIGTERM), 0);
}

/* The greeting and the READY command of a ZMTP 3.0 DEALER without keys. */
static void greet_as_dealer(int fd) {
    uint8_t greeting[64] = {0xFF, [9] = 0x7F, [10] = 3}, answer[256];
    const uint8_t ready[] = "\x04\x1c\x05READY\x0bSocket-Type\0\0\0\x06"
                            "DEALER";
    memcpy(greeting + 12, "NULL", 4);
    assert_int_equal(send(fd, greeting, sizeof greeting, MSG_NOSIGNAL), sizeof greeting);
    for (size_t got = 0; got < 64;) {
        ssize_t n = recv(fd, answer, 64 - got, 0);
        assert_true(n > 0);
        got += (size_t)n;
    }
    assert_int_equal(send(fd, ready, sizeof ready - 1, MSG_NOSIGNAL), sizeof ready - 1);
    assert_true(recv(fd, answer, sizeof answer, 0) > 0);
}

/* libzmq keeps the parts of a message that never ends, out of sight of its limits and of the program. */
static void a_message_without_end_is_cut_off(void **state) {
    (void)state;
    program p = start("tcp://127.0.0.1:*", NULL);
    void *context = zmq_ctx_new();
    static uint8_t part[9 + 65536] = {0x03, [6] = 1}; /* more to come, long, 65536 bytes */
    uint64_t sent = 0;
    int fd = raw_connection(&p);
    greet_as_dealer(fd);
    for (int going = 1; going && sent < 1ull << 30; sent += sizeof part)
        for (size_t at = 0; going && at < sizeof part;) {
            ssize_t n = send(fd, part + at, sizeof part - at, MSG_NOSIGNAL);
            if (n < 0)
                going = 0;
            else
                at += (size_t)n;
        }
    assert_true(sent > 1u << 20 && sent < 1ull << 30);
    close(fd);
    check_alive(context, &p, "after");
    zmq_ctx_term(context);
    assert_int_equal(end(&p, SIGTERM), 0);
}

static void a_peer_that_names_itself_is_refused(void **state) {
    (void)state;
    program p = start("tcp://127.0.0.1:*", NULL);
    void *context = zmq_ctx_new();
    femd_frame f;
    femd_error e = FEMD_ERROR_INIT;
    femd_buffer b = FEMD_BUFFER_INIT;
    void *s = dealer(context, &p, "myself");
    say_hello(s, "named");
    assert_true(await(s, FEMD_MSG_ERROR, &f, &b));
    assert_int_equal(femd_error_decode(&f, &e, NULL), FEMD_OK);
    assert_int_equal(e.code, FEMD_REFUSED);
    zmq_close(s);
    check_alive(context, &p, "after");
    femd_buffer_clear(&b);
    zmq_ctx_term(context);
    assert_int_equal(end(&p, SIGTERM), 0);
}

/* The connection of a killed peer is noticed at once: its rank is free for the next process. */
static void a_lost_peer_is_noticed_at_once(void **state) {
    (void)state;
    program p = start("tcp://127.0.0.1:*", NULL);
    pid_t child = fork();
    femd_frame f;
    femd_buffer b = FEMD_BUFFER_INIT;
    int told[2];
    assert_int_equal(pipe(told), 0);
    if (child == 0) {
        void *context = zmq_ctx_new();
        void *s = dealer(context, &p, NULL);
        say_hello(s, "one");
        char ok = (char)await(s, FEMD_MSG_WELCOME, &f, &b);
        if (write(told[1], &ok, 1) != 1) _exit(1);
        pause();
        _exit(0);
    }
    void *context = zmq_ctx_new();
    usleep(300000);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    int welcomed = 0;
    for (int i = 0; i < 20 && !welcomed; i++) { /* 1 s at most; heartbeats would take 3 */
        usleep(50000);
        void *s = dealer(context, &p, NULL);
        say_hello(s, "one");
        femd_frame g;
        zmq_msg_t m;
        zmq_msg_init(&m);
        assert_true(zmq_msg_recv(&m, s, 0) > 0);
        assert_int_equal(femd_frame_decode(zmq_msg_data(&m), zmq_msg_size(&m), &g, NULL), FEMD_OK);
        welcomed = g.type == FEMD_MSG_WELCOME;
        zmq_msg_close(&m);
        zmq_close(s);
    }
    assert_true(welcomed);
    close(told[0]);
    close(told[1]);
    femd_buffer_clear(&b);
    zmq_ctx_term(context);
    assert_int_equal(end(&p, SIGTERM), 0);
}

static void only_this_machine_may_connect(void **state) {
    (void)state;
    const char *refused[] = {"tcp://0.0.0.0:*", "tcp://*:5600", "tcp://192.168.1.1:5600",       "tcp://127.0.0.1",
                             "inproc://x",      "5600",         "tcp://127.0.0.1.evil.org:5600"};
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        program p = start(refused[i], NULL);
        assert_string_equal(p.address, "");
        assert_int_equal(end(&p, 0), 2);
    }
    program p = start("tcp://127.0.0.1:*", "--level=x86-64-v9");
    assert_int_equal(end(&p, 0), 2);
}

static void the_socket_file_goes_with_the_server(void **state) {
    (void)state;
    char path[64], bind[80];
    struct stat st;
    snprintf(path, sizeof path, "/tmp/femd-test-%d.sock", (int)getpid());
    snprintf(bind, sizeof bind, "ipc://%s", path);
    program p = start(bind, NULL);
    assert_string_equal(p.address, bind);
    assert_int_equal(stat(path, &st), 0);
    program q = start(bind, NULL); /* does not take the place of a living one */
    assert_int_equal(end(&q, 0), 2);
    void *context = zmq_ctx_new();
    check_alive(context, &p, "local");
    zmq_ctx_term(context);
    assert_int_equal(end(&p, SIGINT), 0);
    assert_int_not_equal(stat(path, &st), 0);
}

/* A socket file at path at which nobody listens any more. */
static void leave_dead_socket(const char *path) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    const int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof address), 0);
    close(fd);
}

static void write_file(const char *path) {
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs("kept\n", file);
    fclose(file);
}

/* The server ends with 2, and what was there is there still. */
static void is_refused_and_stays(const char *bind, const char *path) {
    struct stat before, after;
    assert_int_equal(lstat(path, &before), 0);
    program p = start(bind, NULL);
    assert_string_equal(p.address, "");
    assert_int_equal(end(&p, 0), 2);
    assert_int_equal(lstat(path, &after), 0);
    assert_true(before.st_ino == after.st_ino && before.st_mode == after.st_mode && before.st_size == after.st_size);
}

/* Of what may stand at the path of a socket, only a dead socket of this user is taken away. */
static void nothing_but_a_dead_socket_is_taken_away(void **state) {
    (void)state;
    char folder[] = "/tmp/femd-test-bind-XXXXXX", path[64], bind[80], other[64];
    struct stat st;
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/socket", folder);
    snprintf(other, sizeof other, "%s/other", folder);
    snprintf(bind, sizeof bind, "ipc://%s", path);
    write_file(path);
    is_refused_and_stays(bind, path);
    unlink(path);
    assert_int_equal(mkdir(path, 0700), 0);
    is_refused_and_stays(bind, path);
    rmdir(path);
    assert_int_equal(mkfifo(path, 0600), 0);
    is_refused_and_stays(bind, path);
    unlink(path);
    for (int target = 0; target < 3; target++) { /* a link to nothing, to a file, to a dead socket */
        if (target == 1) write_file(other);
        if (target == 2) leave_dead_socket(other);
        assert_int_equal(symlink(other, path), 0);
        is_refused_and_stays(bind, path);
        assert_int_equal(lstat(other, &st) == 0, target > 0);
        unlink(path);
        unlink(other);
    }
    if (geteuid() == 0) {
        leave_dead_socket(path);
        assert_int_equal(lchown(path, 65534, 65534), 0);
        is_refused_and_stays(bind, path);
        unlink(path);
    }
    leave_dead_socket(path);
    program p = start(bind, NULL);
    assert_string_equal(p.address, bind);
    void *context = zmq_ctx_new();
    check_alive(context, &p, "after the dead");
    /* What somebody puts in the place of the socket is not the server's to remove. */
    unlink(path);
    write_file(path);
    zmq_ctx_term(context);
    assert_int_equal(end(&p, SIGTERM), 0);
    assert_true(lstat(path, &st) == 0 && S_ISREG(st.st_mode));
    unlink(path);
    assert_int_equal(rmdir(folder), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(garbage_does_not_end_the_server),
        cmocka_unit_test(messages_of_many_parts_cut_their_sender_off),
        cmocka_unit_test(a_message_without_end_is_cut_off),
        cmocka_unit_test(a_peer_that_names_itself_is_refused),
        cmocka_unit_test(a_lost_peer_is_noticed_at_once),
        cmocka_unit_test(only_this_machine_may_connect),
        cmocka_unit_test(the_socket_file_goes_with_the_server),
        cmocka_unit_test(nothing_but_a_dead_socket_is_taken_away),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
