/* The real program, and many who come, say goodbye and go, so that each descriptor is used again and again while their
 * last words are still being read: the end of whoever has it next is noticed. */
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <zmq.h>
#include <cmocka.h>

#include "femd/clock.h"
#include "femd/control.h"

enum { ROUNDS = 40, SHORT = 12 };

static pid_t server;
static char address[256], log_path[64];

static int start_server(void **state) {
    (void)state;
    int ready[2];
    char fd[16];
    snprintf(log_path, sizeof log_path, "/tmp/femd-ends-%d.log", (int)getpid());
    if (pipe(ready) != 0) return -1;
    snprintf(fd, sizeof fd, "%d", ready[1]);
    server = fork();
    if (server == 0) {
        close(ready[0]);
        execl(FEMD_SERVER_PROGRAM, "femd-server", "--bind", "tcp://127.0.0.1:*", "--die-with-parent", "--ready-fd", fd,
              "--log", log_path, (char *)NULL);
        _exit(99);
    }
    close(ready[1]);
    struct pollfd waiting = {ready[0], POLLIN, 0};
    if (poll(&waiting, 1, 10000) <= 0) return -1;
    const ssize_t got = read(ready[0], address, sizeof address - 1);
    close(ready[0]);
    if (got <= 0) return -1;
    address[got] = '\0';
    address[strcspn(address, "\n")] = '\0';
    return 0;
}

static int end_server(void **state) {
    int status = -1;
    (void)state;
    kill(server, SIGTERM);
    unlink(log_path);
    return waitpid(server, &status, 0) == server && status == 0 ? 0 : -1;
}

static void *come(void *context, int number) {
    void *s = zmq_socket(context, ZMQ_DEALER);
    const int linger = 1000, timeout = 10000;
    femd_buffer b = FEMD_BUFFER_INIT;
    femd_hello h = {.role = FEMD_ROLE_CLIENT, .ranks = 1, .pid = (uint32_t)number, .host = "here", .version = "t"};
    char answer[4096];
    snprintf(h.run, sizeof h.run, "run%d", number);
    zmq_setsockopt(s, ZMQ_LINGER, &linger, sizeof linger);
    zmq_setsockopt(s, ZMQ_RCVTIMEO, &timeout, sizeof timeout);
    assert_int_equal(zmq_connect(s, address), 0);
    assert_int_equal(femd_hello_encode(&b, &h, NULL), FEMD_OK);
    assert_int_equal(zmq_send(s, b.data, b.size, 0), (int)b.size);
    femd_buffer_clear(&b);
    assert_true(zmq_recv(s, answer, sizeof answer, 0) > 0);
    return s;
}

static void say_goodbye(void *s) {
    femd_buffer b = FEMD_BUFFER_INIT;
    assert_int_equal(femd_frame_begin(&b, FEMD_MSG_BYE, 0, NULL), FEMD_OK);
    femd_frame_finish(&b, 0);
    zmq_send(s, b.data, b.size, 0);
    femd_buffer_clear(&b);
    zmq_close(s);
}

static int is_logged(int number) {
    char line[512], want[32], here[32] = "";
    int gone = 0;
    FILE *file = fopen(log_path, "r");
    if (!file) return 0;
    snprintf(want, sizeof want, "client of run run%d,", number);
    while (fgets(line, sizeof line, file)) {
        int peer;
        const char *at = strstr(line, "peer ");
        if (!at || sscanf(at, "peer %d", &peer) != 1) continue;
        if (strstr(line, want)) snprintf(here, sizeof here, "peer %d is gone", peer);
        if (here[0] && strstr(line, here)) gone = 1;
    }
    fclose(file);
    return gone;
}

static void every_end_is_noticed(void **state) {
    (void)state;
    void *context = zmq_ctx_new();
    int number = 0;
    for (int round = 0; round < ROUNDS; round++) {
        void *some[SHORT];
        for (int i = 0; i < SHORT; i++) some[i] = come(context, ++number);
        kill(server, round % 2 ? SIGSTOP : SIGCONT); /* then words and ends wait to be read together */
        for (int i = 0; i < SHORT; i++) say_goodbye(some[i]);
        usleep(2000);
        kill(server, SIGCONT);
        void *last = come(context, ++number);
        zmq_close(last);
        const double until = femd_clock() + 5;
        while (!is_logged(number) && femd_clock() < until) usleep(5000);
        if (!is_logged(number)) fail_msg("round %d: the end of client %d is not noticed", round, number);
    }
    zmq_ctx_term(context);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_end_is_noticed)};
    return cmocka_run_group_tests(tests, start_server, end_server);
}
