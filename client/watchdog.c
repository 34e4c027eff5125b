/* The watch over a child that evaluates. It writes a byte for each sign of progress, and one before it ends in good
 * order: an engine that ends the process by itself writes none. */
#include "watchdog.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "commands.h"
#include "femd/clock.h"
#include "launch.h"

enum { BEAT = 'b', OPENS = 'o', HAS_OPENED = 'e', RESTS = 'r', GOES_ON = 'g', IS_DONE = 'x' };
static const double beat_period = 0.1; /* s */

static int watchdog_pipe = -1; /* in the child: to the parent */
static double watchdog_beaten;

static void watchdog_write(char sign) {
    if (watchdog_pipe < 0) return;
    while (write(watchdog_pipe, &sign, 1) < 0 && errno == EINTR) continue;
}

void watchdog_beat(void) {
    const double now = femd_clock();
    if (watchdog_pipe < 0 || now - watchdog_beaten < beat_period) return;
    watchdog_beaten = now;
    watchdog_write(BEAT);
}

void watchdog_opening(int opening) {
    watchdog_write(opening ? OPENS : HAS_OPENED);
}

void watchdog_rest(int rest) {
    watchdog_write(rest ? RESTS : GOES_ON);
}

int watchdog_on_beat(void *user, double fraction) {
    (void)user, (void)fraction;
    watchdog_beat();
    return 0;
}

int watchdog_check_deadline(double deadline) {
    if (deadline >= 0.01 && deadline <= 1e9) return 1;
    fprintf(stderr, "femd: --deadline: seconds from 0.01 to 1e9 are wanted\n");
    return 0;
}

/* ---- the parent ---- */

typedef struct watchdog_child {
    pid_t pid;
    int pipe, end;            /* what it writes; readable when it has ended, -1 if the system has no such thing */
    int opening, rests, done; /* what it said last */
    double heard;             /* clock */
} watchdog_child;

/* 0 when nothing more can come. */
static int watchdog_read(watchdog_child *child) {
    char signs[256];
    const ssize_t n = read(child->pipe, signs, sizeof signs);
    if (n < 0) return errno == EAGAIN || errno == EINTR;
    for (ssize_t i = 0; i < n; i++) {
        if (signs[i] == OPENS || signs[i] == HAS_OPENED) child->opening = signs[i] == OPENS;
        if (signs[i] == RESTS || signs[i] == GOES_ON) child->rests = signs[i] == RESTS;
        if (signs[i] == IS_DONE) child->done = 1;
    }
    if (n > 0) child->heard = femd_clock();
    return n > 0;
}

/* 1 when it has ended, 0 when it was silent for too long. */
static int watchdog_wait(watchdog_child *child, double deadline) {
    for (;;) {
        const double due = child->heard + deadline * (child->opening ? 2 : 1), left = due - femd_clock();
        struct pollfd poll_on[2] = {{.fd = child->pipe, .events = POLLIN}, {.fd = child->end, .events = POLLIN}};
        const int found = left > 0 ? poll(poll_on, 2, left < 1000 ? (int)(left * 1000) + 1 : 1000000) : 0;
        if (found < 0 && errno != EINTR) return 1;
        if (found > 0 && poll_on[0].revents && !watchdog_read(child)) return 1;
        if (found > 0 && poll_on[1].revents && !poll_on[0].revents) return 1;
        if (child->rests) child->heard = femd_clock();
        if (left <= 0 && femd_clock() >= child->heard + deadline * (child->opening ? 2 : 1)) return 0;
    }
}

/* Whoever read what it printed has gone: no engine has died of that. */
static int watchdog_is_unread(int status) {
    struct pollfd out = {.fd = STDOUT_FILENO, .events = POLLOUT};
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGPIPE && poll(&out, 1, 0) == 1 && (out.revents & POLLERR);
}

static int watchdog_outcome(const watchdog_child *child, int in_time, double deadline, const char *option_name) {
    int status = 0;
    char words[128];
    if (!in_time) kill(child->pid, SIGKILL);
    while (waitpid(child->pid, &status, 0) < 0 && errno == EINTR) continue;
    if (!in_time) {
        fprintf(stderr,
                "femd: the engine hangs: no sign of progress for %g s%s; it is killed (one that needs longer wants "
                "%s S)\n",
                deadline * (child->opening ? 2 : 1), child->opening ? " while it opened a material" : "", option_name);
        return FEMD_EXIT_POOL_LOST;
    }
    if (WIFEXITED(status) && child->done) return WEXITSTATUS(status);
    if (watchdog_is_unread(status)) return 128 + SIGPIPE;
    launch_words(status, words, sizeof words);
    fprintf(stderr, "femd: the engine %s: %s\n", WIFEXITED(status) ? "ended by itself" : "died", words);
    return FEMD_EXIT_POOL_LOST;
}

static void watchdog_be_child(pid_t parent, int to_parent, int (*work)(void *user), void *user) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(FEMD_EXIT_POOL_LOST);
    watchdog_pipe = to_parent;
    const int code = work(user);
    fflush(NULL);
    watchdog_write(IS_DONE);
    _exit(code);
}

int watchdog_run(double deadline, const char *option_name, int (*work)(void *user), void *user) {
    int ends[2];
    fflush(NULL);
    if (pipe2(ends, O_CLOEXEC) != 0) return perror("femd: no pipe"), FEMD_EXIT_INTERNAL;
    const pid_t parent = getpid(), pid = fork();
    if (pid == 0) {
        close(ends[0]);
        watchdog_be_child(parent, ends[1], work, user);
    }
    close(ends[1]);
    if (pid < 0) {
        perror("femd: no process for the engine");
        close(ends[0]);
        return FEMD_EXIT_INTERNAL;
    }
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    watchdog_child child = {
        .pid = pid, .pipe = ends[0], .end = (int)syscall(SYS_pidfd_open, pid, 0), .heard = femd_clock()};
    const int in_time = watchdog_wait(&child, deadline);
    const int code = watchdog_outcome(&child, in_time, deadline, option_name);
    close(child.pipe);
    if (child.end >= 0) close(child.end);
    return code;
}
