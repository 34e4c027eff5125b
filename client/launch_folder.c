/* The private folder of a run, and the guard that removes it if femd itself is killed by force. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "launch.h"

/* ---- folder ---- */

#define FOLDER_LENGTH_MAX 60 /* a socket's path has 107 characters at most, and Open MPI adds its own */
#define GUARDED_MAX       8
#define GRACE             8.0 /* s for the children to end by the signal that their parent's death sends them */

femd_status launch_folder(char **path, femd_error *err) {
    const char *base = getenv("TMPDIR");
    if (!base || *base != '/' || strlen(base) > FOLDER_LENGTH_MAX) base = "/tmp";
    *path = NULL;
    if (asprintf(path, "%s/femd-XXXXXX", base) < 0) {
        *path = NULL;
        return femd_fail(err, FEMD_NO_MEMORY, "no memory for a path");
    }
    if (mkdtemp(*path)) return FEMD_OK; /* made with mode 0700 */
    femd_status rc = femd_fail(err, FEMD_IO, "cannot make a temporary folder %s: %s", *path, strerror(errno));
    free(*path);
    *path = NULL;
    return rc;
}

static int launch_remove_one(const char *path, const struct stat *st, int type, struct FTW *where) {
    (void)st;
    (void)type;
    (void)where;
    (void)!remove(path);
    return 0;
}

void launch_remove(const char *path) {
    nftw(path, launch_remove_one, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}

/* ---- guard ---- */

static void launch_pause_for(double s) {
    const struct timespec t = {(time_t)s, (long)(1e9 * (s - (double)(time_t)s))};
    nanosleep(&t, NULL);
}

/* 1 while a process runs; a dead one that nobody has waited for does not count. */
static int launch_runs(pid_t pid) {
    char path[32], state = 'X';
    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    FILE *f = fopen(path, "re");
    if (!f) return 0;
    if (fscanf(f, "%*d (%*[^)]) %c", &state) != 1) state = 'X';
    fclose(f);
    return state != 'Z' && state != 'X';
}

/* Wait until the group leaders are gone, then use force on what is left of their groups. */
static void launch_end_groups(const pid_t *pid, size_t n) {
    for (double waited = 0; waited < GRACE; waited += 0.1) {
        size_t alive = 0;
        for (size_t i = 0; i < n; i++) alive += launch_runs(pid[i]) ? 1 : 0;
        if (alive == 0) break;
        launch_pause_for(0.1);
    }
    for (size_t i = 0; i < n; i++) kill(-pid[i], SIGKILL);
}

static void launch_guard_main(const char *folder, int fd) {
    pid_t pid[GUARDED_MAX], one;
    size_t n = 0;
    int released = 0;
    prctl(PR_SET_NAME, "femd-guard");
    for (;;) {
        const ssize_t got = read(fd, &one, sizeof one);
        if (got < 0 && errno == EINTR) continue;
        if (got != sizeof one) break;
        if (one == 0)
            released = 1;
        else if (n < GUARDED_MAX)
            pid[n++] = one;
    }
    if (released) _exit(0);
    launch_end_groups(pid, n);
    launch_remove(folder);
    _exit(0);
}

/* The guard keeps nothing of its parent's open: a pipe held here would never end for its reader. */
static void launch_close_others(int keep) {
    const int null = open("/dev/null", O_RDWR);
    DIR *d = opendir("/proc/self/fd");
    for (struct dirent *e = d ? readdir(d) : NULL; e; e = readdir(d)) {
        const int fd = atoi(e->d_name);
        if (fd > 2 && fd != keep && fd != null && fd != dirfd(d)) close(fd);
    }
    if (d) closedir(d);
    for (int fd = 0; null >= 0 && fd < 3; fd++) dup2(null, fd);
    if (null > 2) close(null);
}

femd_status launch_guard_start(const char *folder, launch_guard *g, femd_error *err) {
    int fd[2];
    *g = (launch_guard){.fd = -1};
    if (pipe2(fd, O_CLOEXEC) != 0) return femd_fail(err, FEMD_IO, "no pipe: %s", strerror(errno));
    fflush(NULL);
    const pid_t pid = fork();
    if (pid < 0) {
        close(fd[0]);
        close(fd[1]);
        return femd_fail(err, FEMD_IO, "cannot fork: %s", strerror(errno));
    }
    if (pid == 0) {
        setsid();
        signal(SIGINT, SIG_IGN);
        signal(SIGTERM, SIG_IGN);
        signal(SIGHUP, SIG_IGN);
        close(fd[1]);
        launch_close_others(fd[0]);
        launch_guard_main(folder, fd[0]);
    }
    close(fd[0]);
    *g = (launch_guard){.pid = pid, .fd = fd[1]};
    return FEMD_OK;
}

void launch_guard_tell(const launch_guard *g, pid_t pid) {
    if (g->fd >= 0) (void)!write(g->fd, &pid, sizeof pid);
}

void launch_guard_end(launch_guard *g) {
    if (g->fd < 0) return;
    launch_guard_tell(g, 0);
    close(g->fd);
    waitpid(g->pid, NULL, 0);
    *g = (launch_guard){.fd = -1};
}
