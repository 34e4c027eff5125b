/* The real program with keys at a real socket: what it refuses to start with, hostile handshakes beside an honest one,
 * and a list that changes while it runs. */
#include <arpa/inet.h>
#include <dirent.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <zmq.h>
#include <cmocka.h>

#include "femd/clock.h"
#include "femd/keys.h"
#include "femd/peer.h"

enum { SILENT = 150, STRANGERS = 40 };

static char folder[64];
static char address[256];
static pid_t server;

static const char *in_folder(const char *name) {
    static char path[4][128];
    static int turn;
    char *at = path[turn++ % 4];
    snprintf(at, sizeof path[0], "%s/%s", folder, name);
    return at;
}

static void make_key(const char *name, femd_role role, const char *server_text, int allow) {
    char file[64];
    femd_key key = {.role = role};
    femd_error err = FEMD_ERROR_INIT;
    snprintf(key.name, sizeof key.name, "%s", name);
    snprintf(key.server_text, sizeof key.server_text, "%s", server_text);
    snprintf(file, sizeof file, "%s.key", name);
    assert_int_equal(femd_key_make(&key, &err), FEMD_OK);
    assert_int_equal(femd_key_write(in_folder(file), &key, &err), FEMD_OK);
    femd_allowed_one one = {.role = role};
    memcpy(one.name, key.name, sizeof one.name);
    memcpy(one.public_text, key.public_text, sizeof one.public_text);
    if (allow) assert_int_equal(femd_allowed_add(in_folder("allowed"), &one, &err), FEMD_OK);
}

static int make_folder(void **state) {
    (void)state;
    femd_key key;
    femd_error err = FEMD_ERROR_INIT;
    unsetenv("FEMD_KEY");
    snprintf(folder, sizeof folder, "/tmp/femd-test-gate.XXXXXX");
    if (!mkdtemp(folder)) return -1;
    make_key("server", (femd_role)0, "", 0);
    assert_int_equal(femd_key_read(in_folder("server.key"), &key, &err), FEMD_OK);
    make_key("ann", FEMD_ROLE_CLIENT, key.public_text, 1);
    make_key("bob", FEMD_ROLE_CLIENT, key.public_text, 1);
    make_key("eve", FEMD_ROLE_CLIENT, key.public_text, 0);
    server = 0;
    return 0;
}

static int remove_folder(void **state) {
    (void)state;
    char command[128];
    if (server) kill(server, SIGKILL);
    if (server) waitpid(server, NULL, 0);
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    return system(command);
}

/* Start the program; address stays empty if it ended instead. */
static void start(void) {
    int ready[2];
    char fd[16];
    assert_int_equal(pipe(ready), 0);
    snprintf(fd, sizeof fd, "%d", ready[1]);
    server = fork();
    assert_true(server >= 0);
    if (server == 0) {
        close(ready[0]);
        if (!freopen("/dev/null", "w", stdout)) _exit(99);
        execl(FEMD_SERVER_PROGRAM, "femd-server", "--bind", "tcp://127.0.0.1:*", "--keys", folder, "--die-with-parent",
              "--ready-fd", fd, "--log", in_folder("log"), (char *)NULL);
        _exit(99);
    }
    close(ready[1]);
    struct pollfd p = {ready[0], POLLIN, 0};
    address[0] = 0;
    if (poll(&p, 1, 10000) > 0) {
        const ssize_t n = read(ready[0], address, sizeof address - 1);
        address[n > 0 ? n : 0] = 0;
        address[strcspn(address, "\n")] = 0;
    }
    close(ready[0]);
}

static int exit_code(void) {
    int status = 0;
    assert_int_equal(waitpid(server, &status, 0), server);
    server = 0;
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static femd_status open_as(const char *key, femd_peer **peer, femd_error *err) {
    const femd_peer_config config = {.address = address,
                                     .key = in_folder(key),
                                     .connect_timeout = 8,
                                     .first_connect_waits = 1,
                                     .hello = {.role = FEMD_ROLE_CLIENT, .ranks = 1, .host = "here"}};
    femd_peer_config own = config;
    snprintf(own.hello.run, sizeof own.hello.run, "%s", key);
    return femd_peer_open(&own, peer, err);
}

/* ---- what it starts with ---- */

static void refuses_to_start(void) {
    start();
    assert_string_equal(address, "");
    assert_int_equal(exit_code(), 2);
}

static void it_does_not_start_with_keys_that_are_not_sound(void **state) {
    (void)state;
    chmod(in_folder("server.key"), 0640);
    refuses_to_start();
    chmod(in_folder("server.key"), 0600);
    chmod(folder, 0777);
    refuses_to_start();
    chmod(folder, 0755); /* others may look, and see no secrets */
    chmod(in_folder("allowed"), 0666);
    refuses_to_start();
    assert_int_equal(rename(in_folder("allowed"), in_folder("away")), 0);
    refuses_to_start();
    assert_int_equal(rename(in_folder("away"), in_folder("allowed")), 0);
    chmod(in_folder("allowed"), 0600);
    assert_int_equal(rename(in_folder("server.key"), in_folder("away")), 0);
    refuses_to_start();
    assert_int_equal(rename(in_folder("ann.key"), in_folder("server.key")), 0);
    refuses_to_start();
    assert_int_equal(rename(in_folder("away"), in_folder("server.key")), 0);
    start();
    assert_string_not_equal(address, "");
    kill(server, SIGTERM);
    assert_int_equal(exit_code(), 0);
}

/* ---- hostile handshakes ---- */

static int connect_raw(void) {
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(strrchr(address, ':') + 1))};
    inet_pton(AF_INET, "127.0.0.1", &to.sin_addr);
    const int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_true(fd >= 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
    return fd;
}

static int open_descriptors(void) {
    char path[64];
    int n = 0;
    snprintf(path, sizeof path, "/proc/%d/fd", (int)server);
    DIR *list = opendir(path);
    assert_non_null(list);
    while (readdir(list)) n++;
    closedir(list);
    return n;
}

/* Nothing; half a greeting; a whole one and silence; a greeting and a command that is cut off; noise; HTTP. */
static void say_something_wrong(int fd, int kind) {
    uint8_t greeting[64] = {0xff, 0, 0, 0, 0, 0, 0, 0, 1, 0x7f, 3, 0, 'C', 'U', 'R', 'V', 'E'}, noise[300];
    for (size_t i = 0; i < sizeof noise; i++) noise[i] = (uint8_t)(i * 97 + (size_t)kind * 31);
    if (kind % 6 == 1) send(fd, greeting, 11, MSG_NOSIGNAL);
    if (kind % 6 == 2 || kind % 6 == 3) send(fd, greeting, sizeof greeting, MSG_NOSIGNAL);
    if (kind % 6 == 3) send(fd, "\x06\x00\x00\x00\x00\x0f\xff\xff\xff\x05HELLO", 15, MSG_NOSIGNAL);
    if (kind % 6 == 4) send(fd, noise, sizeof noise, MSG_NOSIGNAL);
    if (kind % 6 == 5) send(fd, "GET / HTTP/1.1\r\n\r\n", 18, MSG_NOSIGNAL);
}

static void hostile_handshakes_do_not_keep_an_honest_peer_out(void **state) {
    (void)state;
    static int fd[SILENT];
    femd_error err = FEMD_ERROR_INIT;
    femd_peer *peer = NULL;
    femd_key eve;
    start();
    assert_int_equal(femd_key_read(in_folder("eve.key"), &eve, &err), FEMD_OK);
    const int before = open_descriptors();
    void *context = zmq_ctx_new(), *stranger[STRANGERS];
    for (int i = 0; i < SILENT; i++) {
        fd[i] = connect_raw();
        say_something_wrong(fd[i], i);
    }
    const int linger = 0;
    for (int i = 0; i < STRANGERS; i++) { /* with a key that nobody knows, and without one */
        stranger[i] = zmq_socket(context, ZMQ_DEALER);
        zmq_setsockopt(stranger[i], ZMQ_LINGER, &linger, sizeof linger);
        if (i % 2) {
            zmq_setsockopt(stranger[i], ZMQ_CURVE_SERVERKEY, eve.server_text, 41);
            zmq_setsockopt(stranger[i], ZMQ_CURVE_PUBLICKEY, eve.public_text, 41);
            zmq_setsockopt(stranger[i], ZMQ_CURVE_SECRETKEY, eve.secret_text, 41);
        }
        assert_int_equal(zmq_connect(stranger[i], address), 0);
        zmq_send(stranger[i], "{\"type\":\"status\"}", 17, ZMQ_DONTWAIT);
    }
    const double begun = femd_clock();
    if (open_as("ann.key", &peer, &err) != FEMD_OK) fail_msg("%s", err.text);
    assert_true(femd_clock() - begun < 3);
    assert_int_equal(open_as("eve.key", &(femd_peer *){NULL}, &err), FEMD_REFUSED);
    assert_non_null(strstr(err.text, "does not let the key eve in"));
    char answer[64];
    for (int i = 0; i < STRANGERS; i++) {
        assert_int_equal(zmq_recv(stranger[i], answer, sizeof answer, ZMQ_DONTWAIT), -1);
        zmq_close(stranger[i]);
    }
    zmq_ctx_term(context);
    while (open_descriptors() > before + 5 && femd_clock() - begun < 15) zmq_poll(NULL, 0, 50); /* they time out */
    assert_true(open_descriptors() <= before + 5);
    femd_peer_close(&peer);
    for (int i = 0; i < SILENT; i++) close(fd[i]);
    kill(server, SIGTERM);
    assert_int_equal(exit_code(), 0);
    char words[4096] = "";
    FILE *log = fopen(in_folder("log"), "r");
    assert_non_null(log);
    words[fread(words, 1, sizeof words - 1, log)] = 0;
    fclose(log);
    assert_non_null(
        strstr(words, "handshakes with keys that are not in the list were refused, the last from 127.0.0.1"));
    assert_non_null(strstr(words, eve.public_text));
}

/* ---- another list ---- */

static void wait_for_end(femd_peer *peer, double seconds, const char *words) {
    femd_error err = FEMD_ERROR_INIT;
    femd_frame frame;
    const double begun = femd_clock();
    femd_status rc = FEMD_TIMEOUT;
    while (rc == FEMD_TIMEOUT || rc == FEMD_OK) {
        if (femd_clock() - begun > seconds) fail_msg("the peer is not told within %g s", seconds);
        rc = femd_peer_recv(peer, 0.1, &frame, &err);
    }
    assert_int_equal(rc, FEMD_DISCONNECTED);
    if (!strstr(err.text, words)) fail_msg("\"%s\" instead of \"%s\"", err.text, words);
}

static void stays(femd_peer *peer, double seconds) {
    femd_frame frame;
    for (const double end = femd_clock() + seconds; femd_clock() < end;) {
        const femd_status rc = femd_peer_recv(peer, 0.1, &frame, NULL);
        assert_true(rc == FEMD_OK || rc == FEMD_TIMEOUT);
    }
}

static void a_changed_list_counts_at_once(void **state) {
    (void)state;
    femd_error err = FEMD_ERROR_INIT;
    femd_peer *ann = NULL, *bob = NULL, *eve = NULL;
    start();
    assert_int_equal(open_as("ann.key", &ann, &err), FEMD_OK);
    assert_int_equal(open_as("bob.key", &bob, &err), FEMD_OK);
    assert_int_equal(open_as("eve.key", &eve, &err), FEMD_REFUSED);
    assert_int_equal(femd_allowed_remove(in_folder("allowed"), "bob", &err), FEMD_OK);
    wait_for_end(bob, 4, "not in the server's list of keys any more");
    femd_peer_close(&bob);
    assert_int_equal(open_as("bob.key", &bob, &err), FEMD_REFUSED);
    stays(ann, 0.3);
    femd_key key;
    assert_int_equal(femd_key_read(in_folder("eve.key"), &key, &err), FEMD_OK);
    femd_allowed_one one = {.role = FEMD_ROLE_CLIENT, .name = "eve"};
    memcpy(one.public_text, key.public_text, sizeof one.public_text);
    assert_int_equal(femd_allowed_add(in_folder("allowed"), &one, &err), FEMD_OK);
    kill(server, SIGHUP); /* which does not end it */
    zmq_poll(NULL, 0, 300);
    assert_int_equal(open_as("eve.key", &eve, &err), FEMD_OK);
    chmod(in_folder("allowed"), 0666); /* no list to be believed: the old one stays */
    kill(server, SIGHUP);
    stays(ann, 1.3);
    stays(eve, 0.2);
    assert_int_equal(unlink(in_folder("allowed")), 0);
    stays(ann, 1.3);
    one.role = FEMD_ROLE_WORKER; /* another role is another peer */
    assert_int_equal(femd_allowed_add(in_folder("allowed"), &one, &err), FEMD_OK);
    wait_for_end(eve, 4, "is that of a worker here");
    wait_for_end(ann, 4, "not in the server's list of keys any more");
    femd_peer_close(&ann);
    femd_peer_close(&eve);
    kill(server, SIGTERM);
    assert_int_equal(exit_code(), 0);
}

static int times_read_again(void) {
    char line[600];
    int n = 0;
    FILE *log = fopen(in_folder("log"), "r");
    assert_non_null(log);
    while (fgets(line, sizeof line, log)) n += strstr(line, "the list of keys is read again") != NULL;
    fclose(log);
    return n;
}

/* The same file, as long as before: the first key of the list, ann's, is another one. */
static void a_list_changed_in_place_counts_and_an_unchanged_one_is_not_read(void **state) {
    (void)state;
    femd_error err = FEMD_ERROR_INIT;
    femd_peer *ann = NULL, *bob = NULL;
    femd_key key;
    start();
    assert_int_equal(open_as("ann.key", &ann, &err), FEMD_OK);
    assert_int_equal(open_as("bob.key", &bob, &err), FEMD_OK);
    stays(ann, 2.3);
    assert_int_equal(times_read_again(), 0);
    assert_int_equal(femd_key_read(in_folder("eve.key"), &key, &err), FEMD_OK);
    FILE *list = fopen(in_folder("allowed"), "r+");
    assert_non_null(list);
    assert_int_equal(fseek(list, (long)strlen("client ann "), SEEK_SET), 0);
    assert_int_equal(fwrite(key.public_text, 1, FEMD_KEY_TEXT, list), FEMD_KEY_TEXT);
    assert_int_equal(fclose(list), 0);
    wait_for_end(ann, 4, "not in the server's list of keys any more");
    stays(bob, 1.3);
    assert_int_equal(times_read_again(), 1);
    femd_peer_close(&ann);
    femd_peer_close(&bob);
    kill(server, SIGTERM);
    assert_int_equal(exit_code(), 0);
}

int main(void) {
    signal(SIGPIPE, SIG_IGN);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(it_does_not_start_with_keys_that_are_not_sound, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(hostile_handshakes_do_not_keep_an_honest_peer_out, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(a_changed_list_counts_at_once, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(a_list_changed_in_place_counts_and_an_unchanged_one_is_not_read, make_folder,
                                        remove_folder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
