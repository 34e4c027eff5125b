/* The real program at the end of memory and descriptors: what nobody has asked for is not held, what does not fit is
 * refused with words, and a newcomer is served when there is room again. */
#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "femd/clock.h"
#include "femd/evaluate.h"
#include "femd/hash.h"
#include "femd/peer.h"
#include "lines.h"
#include "machine.h"

#define OK(expr) assert_int_equal((expr), FEMD_OK)
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { ROOM_MIB = 512 };
#else
enum { ROOM_MIB = 64 };
#endif
enum { MEMORY_MIB = 64 };

static char folder[64];

typedef struct program {
    pid_t pid;
    char address[256];
} program;

static int make_folder(void **state) {
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/femd-limits-XXXXXX");
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state) {
    (void)state;
    char command[128];
    snprintf(command, sizeof command, "rm -rf %s", folder);
    return system(command);
}

/* local: at a file in the folder, else at a port. descriptors: most that it may open, 0: as many as this process. */
static program start(int local, int descriptors) {
    program p = {.pid = 0};
    int ready[2];
    char fd[16], at[128] = "tcp://127.0.0.1:*", memory[16], log[128];
    if (local) snprintf(at, sizeof at, "ipc://%s/socket", folder);
    snprintf(memory, sizeof memory, "%d", MEMORY_MIB);
    snprintf(log, sizeof log, "%s/log", folder);
    assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
    p.pid = fork();
    if (p.pid == 0) {
        const int last = dup2(ready[1], 20);
        snprintf(fd, sizeof fd, "%d", last);
        dup2(open("/dev/null", O_RDONLY), 0); /* whatever this test was started with, the server finds the same */
        for (int i = 3; i < 1024; i++)
            if (i != last) close(i);
        const struct rlimit few = {(rlim_t)descriptors / 2, (rlim_t)descriptors};
        if (descriptors && setrlimit(RLIMIT_NOFILE, &few) != 0) _exit(98);
        execl(FEMD_SERVER_PROGRAM, "femd-server", "--bind", at, "--die-with-parent", "--ready-fd", fd, "--memory",
              memory, "--log", log, (char *)NULL);
        _exit(99);
    }
    close(ready[1]);
    struct pollfd waiting = {ready[0], POLLIN, 0};
    assert_true(poll(&waiting, 1, 10000) > 0);
    const ssize_t got = read(ready[0], p.address, sizeof p.address - 1);
    assert_true(got > 0);
    p.address[got] = '\0';
    p.address[strcspn(p.address, "\n")] = '\0';
    close(ready[0]);
    return p;
}

static void finish(program *p) {
    int status = -1;
    kill(p->pid, SIGTERM);
    assert_int_equal(waitpid(p->pid, &status, 0), p->pid);
    assert_int_equal(status, 0);
}

static double resident_mib(const program *p) {
    char path[64], line[256];
    double kib = 0;
    snprintf(path, sizeof path, "/proc/%d/status", (int)p->pid);
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    while (fgets(line, sizeof line, f))
        if (sscanf(line, "VmHWM: %lf", &kib) == 1) break;
    fclose(f);
    return kib / 1024;
}

static void check_memory(const program *p) {
    const double most = resident_mib(p);
    if (most > MEMORY_MIB + ROOM_MIB) fail_msg("the server took %.0f MiB", most);
}

static int log_has(const char *words) {
    static char text[1 << 20];
    char path[128];
    snprintf(path, sizeof path, "%s/log", folder);
    FILE *file = fopen(path, "r");
    if (!file) return 0;
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    return strstr(text, words) != NULL;
}

static femd_status try_peer(const program *p, int number, femd_peer **peer, femd_error *err) {
    femd_peer_config config = {
        .address = p->address, .connect_timeout = 3, .hello = {.role = FEMD_ROLE_CLIENT, .ranks = 1, .host = "here"}};
    snprintf(config.hello.run, sizeof config.hello.run, "run%d", number);
    return femd_peer_open(&config, peer, err);
}

static void check_served(const program *p) {
    static int number = 1000;
    femd_error err = FEMD_ERROR_INIT;
    femd_peer *peer = NULL;
    femd_status rc = FEMD_TIMEOUT;
    for (int i = 0; i < 20 && rc != FEMD_OK; i++) {
        rc = try_peer(p, number++, &peer, &err);
        if (rc != FEMD_OK) usleep(100000);
    }
    if (rc != FEMD_OK) fail_msg("%s", err.text);
    femd_peer_close(&peer);
}

static int raw_connection(const program *p) {
    if (strncmp(p->address, "ipc://", 6) == 0) {
        struct sockaddr_un at = {.sun_family = AF_UNIX};
        snprintf(at.sun_path, sizeof at.sun_path, "%s", p->address + 6);
        const int fd = socket(AF_UNIX, SOCK_STREAM, 0);
        return connect(fd, (struct sockaddr *)&at, sizeof at) == 0 ? fd : (close(fd), -1);
    }
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    at.sin_port = htons((uint16_t)atoi(strrchr(p->address, ':') + 1));
    const int fd = socket(AF_INET, SOCK_STREAM, 0);
    return connect(fd, (struct sockaddr *)&at, sizeof at) == 0 ? fd : (close(fd), -1);
}

/* What a DEALER says first. */
static void shake_hands(int fd) {
    static const uint8_t greeting[64] = {0xFF, [9] = 0x7F, [10] = 3, [12] = 'N', 'U', 'L', 'L'};
    static const uint8_t ready[] = {4,   28,  5,   'R', 'E', 'A', 'D', 'Y', 11, 'S', 'o', 'c', 'k', 'e', 't',
                                    '-', 'T', 'y', 'p', 'e', 0,   0,   0,   6,  'D', 'E', 'A', 'L', 'E', 'R'};
    assert_int_equal(send(fd, greeting, sizeof greeting, MSG_NOSIGNAL), sizeof greeting);
    assert_int_equal(send(fd, ready, sizeof ready, MSG_NOSIGNAL), sizeof ready);
}

/* Eight connections that nobody knows, each in the middle of a message as long as they like. */
static void partial_messages_of_strangers_hold_little(void **state) {
    (void)state;
    enum { MANY = 8, MIB = 1 << 20 };
    char *much = calloc(1, MIB);
    for (int local = 0; local < 2; local++) {
        program p = start(local, 0);
        int fd[MANY];
        for (int i = 0; i < MANY; i++) {
            static const uint8_t head[] = {2, 0, 0, 0, 0, 0x10, 0, 0, 0}; /* a part of 256 MiB */
            fd[i] = raw_connection(&p);
            assert_true(fd[i] >= 0);
            shake_hands(fd[i]);
            (void)!send(fd[i], head, sizeof head, MSG_NOSIGNAL);
            for (int j = 0; j < 40; j++)
                if (send(fd[i], much, MIB, MSG_NOSIGNAL) < 0) break;
        }
        check_memory(&p);
        if (resident_mib(&p) > 48) fail_msg("they hold %.0f MiB", resident_mib(&p));
        check_served(&p);
        for (int i = 0; i < MANY; i++) close(fd[i]);
        finish(&p);
    }
    free(much);
}

/* One message of parts that never ends: no mark of libzmq counts them. */
static void an_endless_message_is_cut_off(void **state) {
    (void)state;
    enum { PART = 1024, PARTS = 400000 };
    static uint8_t part[9 + PART];
    for (int local = 0; local < 2; local++) {
        program p = start(local, 0);
        const int fd = raw_connection(&p);
        assert_true(fd >= 0);
        shake_hands(fd);
        part[0] = 3; /* long, and more follows */
        part[7] = PART >> 8;
        int sent = 0;
        while (sent < PARTS && send(fd, part, sizeof part, MSG_NOSIGNAL) == sizeof part) sent++;
        assert_true(sent < PARTS);
        check_memory(&p);
        close(fd);
        check_served(&p);
        finish(&p);
    }
}

static femd_frame await(femd_peer *peer) {
    femd_frame frame;
    do OK(femd_peer_recv(peer, 5, &frame, NULL));
    while (frame.type == FEMD_MSG_PULSE);
    return frame;
}

/* 30,000 times the name of one state of 1 MB: 30 GB. */
static void a_state_that_is_named_often_is_not_sent_as_often(void **state) {
    (void)state;
    enum { BLOB = 1000000, TIMES = 30000 };
    femd_buffer frame = FEMD_BUFFER_INIT;
    femd_peer *peer;
    femd_frame answer = {0};
    femd_error err = FEMD_ERROR_INIT;
    femd_state_entry entry = {.blob = {calloc(1, BLOB), BLOB}};
    program p = start(1, 0);
    OK(try_peer(&p, 1, &peer, &err));
    femd_hash_domain("state", entry.blob.data, BLOB, &entry.hash);
    OK(femd_frame_begin(&frame, FEMD_MSG_STATE, 1, NULL));
    OK(femd_state_add(&frame, &entry, NULL));
    femd_frame_finish(&frame, 1);
    OK(femd_peer_send(peer, &frame, 5, NULL));
    answer = await(peer);
    assert_int_equal(answer.type, FEMD_MSG_STATE_STORED);
    for (uint32_t times = 10; times <= TIMES; times *= TIMES / 10) {
        OK(femd_frame_begin(&frame, FEMD_MSG_STATE_GET, times, NULL));
        for (uint32_t i = 0; i < times; i++) OK(femd_hash_add(&frame, &entry.hash, NULL));
        femd_frame_finish(&frame, times);
        OK(femd_peer_send(peer, &frame, 5, NULL));
        uint32_t got = 0;
        do {
            answer = await(peer);
            got += answer.type == FEMD_MSG_STATE ? answer.count : 0;
        } while (answer.type == FEMD_MSG_STATE && got < times);
        assert_int_equal(answer.type, times == 10 ? FEMD_MSG_STATE : FEMD_MSG_ERROR);
    }
    femd_error words = FEMD_ERROR_INIT;
    OK(femd_error_decode(&answer, &words, NULL));
    assert_int_equal(words.code, FEMD_LIMIT);
    check_memory(&p);
    free((void *)(uintptr_t)entry.blob.data);
    femd_buffer_clear(&frame);
    femd_peer_close(&peer);
    finish(&p);
}

/* More connections than descriptors: the server lives, says so, and serves when some have gone. The soft limit is half
 * of the hard one, and is raised. */
static void the_end_of_descriptors_is_survived(void **state) {
    (void)state;
    enum { DESCRIPTORS = 80, MANY = 120 };
    for (int local = 0; local < 2; local++) {
        program p = start(local, DESCRIPTORS);
        int fd[MANY], open = 0;
        for (int i = 0; i < MANY; i++) {
            fd[i] = raw_connection(&p);
            open += fd[i] >= 0;
        }
        assert_true(open > DESCRIPTORS / 2);
        for (int i = 0; i < 60 && !log_has("turned away"); i++) usleep(50000);
        assert_true(log_has("turned away"));
        assert_int_equal(waitpid(p.pid, NULL, WNOHANG), 0);
        for (int i = 0; i < MANY; i++)
            if (fd[i] >= 0) close(fd[i]);
        check_served(&p);
        finish(&p);
    }
}

/* Those who come when all places are taken are told; one that has gone leaves a place. */
static void newcomers_are_told_that_no_descriptor_is_left(void **state) {
    (void)state;
    enum { DESCRIPTORS = 80, MANY = 60 };
    program p = start(1, DESCRIPTORS);
    femd_peer *peer[MANY] = {NULL};
    femd_error err = FEMD_ERROR_INIT;
    int here = 0;
    femd_status rc = FEMD_OK;
    while (rc == FEMD_OK && here < MANY) {
        rc = try_peer(&p, here, &peer[here], &err);
        here += rc == FEMD_OK;
    }
    assert_int_equal(here, DESCRIPTORS - 30); /* 6 are open at the start, 24 are the server's own */
    assert_int_equal(rc, FEMD_REFUSED);
    assert_non_null(strstr(err.text, "ulimit -n"));
    femd_peer_close(&peer[0]);
    check_served(&p);
    for (int i = 1; i < here; i++) femd_peer_close(&peer[i]);
    finish(&p);
}

static void write_file(const char *below, const char *file, const char *text) {
    char path[256];
    snprintf(path, sizeof path, "%s/%s", folder, below);
    mkdir(path, 0700);
    snprintf(path, sizeof path, "%s/%s/%s", folder, below, file);
    FILE *to = fopen(path, "w");
    assert_true(to && fputs(text, to) >= 0 && fclose(to) == 0);
}

static void the_limit_of_a_control_group_counts(void **state) {
    (void)state;
    write_file("", "memory.max", "9000000\n");
    write_file("slice", "memory.max", "5000000\n");
    write_file("slice/unit", "memory.max", "max\n");
    assert_int_equal(machine_group_limit("0::/slice/unit\n", folder), 5000000); /* of the one above it */
    assert_int_equal(machine_group_limit("0::/\n", folder), 9000000);
    assert_true(machine_group_limit("0::/elsewhere\n", folder) == 9000000);
    assert_true(machine_group_limit("", folder) == UINT64_MAX);
    write_file("memory", "memory.limit_in_bytes", "7000000\n");
    assert_int_equal(machine_group_limit("3:cpu:/\n4:memory:/\n", folder), 7000000);
    assert_true(machine_group_limit("3:cpu:/\n", folder) == UINT64_MAX);
    assert_true(machine_memory() > 1 << 20);
}

static void a_log_takes_so_many_lines(void **state) {
    (void)state;
    log_lines lines = {.lock = PTHREAD_MUTEX_INITIALIZER};
    uint64_t left_out, written = 0, told = 0;
    for (int i = 0; i < 1000000; i++) { /* in ten seconds */
        written += (uint64_t)lines_pass(&lines, 5 + 1e-5 * i, &left_out);
        told += left_out;
    }
    assert_true(written >= LINES_BURST + 9 * LINES_PER_SECOND && written <= LINES_BURST + 11 * LINES_PER_SECOND);
    assert_int_equal(lines_pass(&lines, 100, &left_out), 1);
    assert_int_equal(told + left_out + written, 1000000);
    for (int i = 1; i < LINES_BURST; i++) assert_int_equal(lines_pass(&lines, 100, &left_out), 1);
    assert_int_equal(lines_pass(&lines, 100, &left_out), 0);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, make_folder, remove_folder)
    const struct CMUnitTest tests[] = {
        TEST(partial_messages_of_strangers_hold_little),
        TEST(an_endless_message_is_cut_off),
        TEST(a_state_that_is_named_often_is_not_sent_as_often),
        TEST(the_end_of_descriptors_is_survived),
        TEST(newcomers_are_told_that_no_descriptor_is_left),
        TEST(the_limit_of_a_control_group_counts),
        TEST(a_log_takes_so_many_lines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
