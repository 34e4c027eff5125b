/* femd server, worker, store, table and fields: programs of their own, which take over this
 * process; a worker's does too, unless several are wanted. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "commands.h"
#include "femd/clock.h"
#include "launch.h"

enum { WORKERS_MAX = 1024, END_GRACE = 5 /* s */ };

/* Become the program `name` with these arguments. Returns only on failure. */
static int parts_become_program(const char *name, int argc, char **argv) {
    femd_error err = FEMD_ERROR_INIT;
    char *path = NULL;
    if (launch_find(name, &path, &err) != FEMD_OK) return command_failed(&err);
    char **args = calloc((size_t)argc + 2, sizeof *args);
    if (args) {
        args[0] = path;
        if (argc > 0) memcpy(args + 1, argv, (size_t)argc * sizeof *args);
        execv(path, args);
    }
    (void)femd_fail(&err, FEMD_INTERNAL, "cannot execute %s: %s", path, strerror(errno));
    free(args);
    free(path);
    return command_failed(&err);
}

int cmd_server(int argc, char **argv) {
    return parts_become_program("femd-server", argc, argv);
}

int cmd_table(int argc, char **argv) {
    return parts_become_program("femd-table", argc, argv);
}

int cmd_fields(int argc, char **argv) {
    return parts_become_program("femd-fields", argc, argv);
}

int cmd_store(int argc, char **argv) {
    return parts_become_program("femd-store", argc, argv);
}

/* ---- several workers ---- */

/* Take "-n COUNT" out of the arguments. */
static femd_status parts_take_count(int *argc, char **argv, int *count, femd_error *err) {
    int kept = 0;
    *count = 1;
    for (int i = 0; i < *argc; i++) {
        const int long_form = strncmp(argv[i], "--count=", 8) == 0;
        if (strcmp(argv[i], "-n") != 0 && strcmp(argv[i], "--count") != 0 && !long_form) {
            argv[kept++] = argv[i];
            continue;
        }
        if (!long_form && i + 1 == *argc)
            return femd_fail(err, FEMD_BAD_INPUT, "femd worker: %s needs a value: -n COUNT", argv[i]);
        const char *value = long_form ? argv[i] + 8 : argv[++i];
        FEMD_TRY(options_int("-n", value, 1, WORKERS_MAX, count, err));
    }
    *argc = kept;
    argv[kept] = NULL;
    return FEMD_OK;
}

typedef struct crew {
    pid_t *pid;
    int n, alive;
    int code; /* of the first that did not end well */
} crew;

static void parts_crew_signal(const crew *w, int sig) {
    for (int i = 0; i < w->n; i++)
        if (w->pid[i] > 0) kill(w->pid[i], sig);
}

static void parts_crew_reap(crew *w) {
    int status;
    for (int i = 0; i < w->n; i++) {
        if (w->pid[i] <= 0 || waitpid(w->pid[i], &status, WNOHANG) != w->pid[i]) continue;
        char words[128];
        launch_words(status, words, sizeof words);
        w->pid[i] = 0;
        w->alive--;
        const int code = WIFEXITED(status) ? WEXITSTATUS(status) : FEMD_EXIT_INTERNAL;
        if (code) fprintf(stderr, "femd: worker %d of %d ended: %s\n", i + 1, w->n, words);
        if (w->code == 0) w->code = code;
    }
}

/* Wait for all; a signal of the user is passed on, and after END_GRACE seconds force is used. */
static void parts_crew_watch(crew *w, const sigset_t *watched) {
    int asked = 0;
    double since = 0;
    while (w->alive > 0) {
        const struct timespec second = {1, 0};
        const int sig = sigtimedwait(watched, NULL, &second);
        if (sig == SIGINT || sig == SIGTERM || sig == SIGHUP) {
            parts_crew_signal(w, asked ? SIGKILL : SIGTERM);
            if (!asked) since = femd_clock();
            asked = sig;
        }
        if (asked && femd_clock() - since > END_GRACE) parts_crew_signal(w, SIGKILL);
        parts_crew_reap(w);
    }
    if (asked) w->code = 128 + asked;
}

static femd_status parts_crew_start(crew *w, char *const *args, femd_error *err) {
    const launch_spec spec = {.argv = args, .keep_fd = {-1, -1}, .death_signal = SIGTERM};
    for (int i = 0; i < w->n; i++) {
        launch_child child;
        FEMD_TRY(launch_start(&spec, &child, err));
        w->pid[i] = child.pid;
        w->alive++;
    }
    return FEMD_OK;
}

static int parts_run_crew(int count, int argc, char **argv) {
    femd_error err = FEMD_ERROR_INIT;
    sigset_t watched;
    sigemptyset(&watched);
    sigaddset(&watched, SIGCHLD);
    sigaddset(&watched, SIGINT);
    sigaddset(&watched, SIGTERM);
    sigaddset(&watched, SIGHUP);
    sigprocmask(SIG_BLOCK, &watched, NULL);
    crew w = {.pid = calloc((size_t)count, sizeof *w.pid), .n = count};
    char **args = calloc((size_t)argc + 2, sizeof *args);
    femd_status rc =
        w.pid && args ? launch_find("femd-worker", &args[0], &err) : femd_fail(&err, FEMD_NO_MEMORY, "out of memory");
    if (rc == FEMD_OK) {
        memcpy(args + 1, argv, (size_t)argc * sizeof *args);
        rc = parts_crew_start(&w, args, &err);
        if (rc != FEMD_OK) parts_crew_signal(&w, SIGTERM);
        parts_crew_watch(&w, &watched);
    }
    if (args) free(args[0]);
    free(args);
    free(w.pid);
    return rc == FEMD_OK ? w.code : command_failed(&err);
}

/* The worker's own help knows nothing of several. */
static void parts_say_count(int argc, char **argv) {
    int help = 0;
    for (int i = 0; i < argc; i++) help |= strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0;
    if (!help) return;
    printf("usage: femd worker --connect ADDRESS [-n COUNT] [options]\n\n"
           "  -n, --count COUNT     start COUNT workers and end them together (default 1)\n\n"
           "Each of them is\n\n");
    fflush(stdout);
}

int cmd_worker(int argc, char **argv) {
    femd_error err = FEMD_ERROR_INIT;
    int count;
    parts_say_count(argc, argv);
    if (parts_take_count(&argc, argv, &count, &err) != FEMD_OK) return command_failed(&err);
    return count == 1 ? parts_become_program("femd-worker", argc, argv) : parts_run_crew(count, argc, argv);
}
