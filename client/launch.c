/* Starts processes so that none is left behind: own process groups, death signals, no stray descriptors. */
#include "launch.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- programs ---- */

static char *launch_beside(const char *name) {
    char self[PATH_MAX];
    const ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
    if (n <= 0) return NULL;
    self[n] = '\0';
    char *slash = strrchr(self, '/'), *path = NULL;
    if (slash) *slash = '\0';
    if (!slash || asprintf(&path, "%s/%s", self, name) < 0) return NULL;
    if (access(path, X_OK) == 0) return path;
    free(path);
    return NULL;
}

static char *launch_in_path(const char *name) {
    for (const char *p = getenv("PATH"); p && *p;) {
        const size_t n = strcspn(p, ":");
        char *path = NULL;
        if (n && asprintf(&path, "%.*s/%s", (int)n, p, name) < 0) return NULL;
        if (path && access(path, X_OK) == 0) return path;
        free(path);
        p += n + (p[n] == ':');
    }
    return NULL;
}

femd_status launch_find(const char *name, char **path, femd_error *err) {
    *path = launch_beside(name);
    if (!*path) *path = launch_in_path(name);
    if (!*path) return femd_fail(err, FEMD_BAD_INPUT, "the program %s is neither beside femd nor in $PATH", name);
    return FEMD_OK;
}

/* ---- what a child is given ---- */

void launch_add(launch_arguments *a, const char *text) {
    if (a->n < LAUNCH_ARGUMENTS_MAX)
        a->item[a->n++] = (char *)(uintptr_t)text; /* exec takes char *const [] and does not write */
}

void launch_add_two(launch_arguments *a, const char *name, const char *value) {
    launch_add(a, name);
    launch_add(a, value);
}

femd_status launch_pipe(int fd[2], femd_error *err) {
    if (pipe2(fd, O_CLOEXEC | O_NONBLOCK) == 0) return FEMD_OK;
    fd[0] = fd[1] = -1;
    return femd_fail(err, FEMD_INTERNAL, "no pipe: %s", strerror(errno));
}

void launch_close_pipe(int fd[2]) {
    for (int i = 0; i < 2; i++)
        if (fd[i] >= 0) close(fd[i]);
    fd[0] = fd[1] = -1;
}

/* ---- children ---- */

/* In the child, between fork and exec. If that fails, errno goes into the pipe `report`. */
static void launch_become(const launch_spec *s, pid_t parent, int output, int report) {
    sigset_t none;
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, s->death_signal);
    if (getppid() != parent) _exit(70); /* it died before the line above */
    for (int i = 1; i < NSIG; i++) signal(i, SIG_DFL);
    signal(SIGTTOU, SIG_IGN); /* it may write to the terminal from a process group of its own */
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    const int null = open("/dev/null", O_RDONLY);
    if (null >= 0) dup2(null, 0);
    if (output >= 0) {
        dup2(output, 1);
        dup2(output, 2);
    }
    syscall(SYS_close_range, 3u, ~0u, 4u /* CLOSE_RANGE_CLOEXEC */);
    for (int i = 0; i < 2; i++)
        if (s->keep_fd[i] >= 0) fcntl(s->keep_fd[i], F_SETFD, 0);
    execv(s->argv[0], s->argv);
    const int code = errno;
    if (write(report, &code, sizeof code) < 0) _exit(71);
    _exit(70);
}

femd_status launch_start(const launch_spec *spec, launch_child *child, femd_error *err) {
    int report[2] = {-1, -1}, out[2] = {-1, -1}, code = 0;
    *child = (launch_child){.fd = -1};
    fflush(NULL);
    if (pipe2(report, O_CLOEXEC) != 0 || (spec->output && pipe2(out, O_CLOEXEC) != 0)) {
        launch_close_pipe(report);
        return femd_fail(err, FEMD_IO, "no pipe for %s: %s", spec->argv[0], strerror(errno));
    }
    const pid_t parent = getpid(), pid = fork();
    if (pid == 0) launch_become(spec, parent, out[1], report[1]);
    if (pid < 0) {
        const int why = errno;
        launch_close_pipe(report);
        launch_close_pipe(out);
        return femd_fail(err, FEMD_IO, "cannot start %s: %s", spec->argv[0], strerror(why));
    }
    setpgid(pid, pid); /* as in the child: whoever comes first */
    close(report[1]);
    ssize_t n;
    do n = read(report[0], &code, sizeof code);
    while (n < 0 && errno == EINTR);
    close(report[0]);
    if (out[1] >= 0) close(out[1]);
    if (n > 0) {
        if (out[0] >= 0) close(out[0]);
        waitpid(pid, NULL, 0);
        return femd_fail(err, FEMD_IO, "cannot execute %s: %s", spec->argv[0], strerror(code));
    }
    if (out[0] >= 0) fcntl(out[0], F_SETFL, O_NONBLOCK);
    *child = (launch_child){.pid = pid, .fd = out[0]};
    return FEMD_OK;
}

void launch_words(int wait_status, char *text, size_t size) {
    if (WIFSIGNALED(wait_status))
        snprintf(text, size, "signal %d (%s)", WTERMSIG(wait_status), strsignal(WTERMSIG(wait_status)));
    else
        snprintf(text, size, "exit code %d", WEXITSTATUS(wait_status));
}
