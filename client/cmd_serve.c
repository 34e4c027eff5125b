/* femd serve: server and workers, supervised as under femd run, for a solver that somebody else starts. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "commands.h"
#include "femd/keys.h"
#include "models.h"
#include "serve_address.h"
#include "supervise.h"
#include "watchdog.h"

static const char about[] =
    "Starts a server and workers for a solver of your own, and ends both on Ctrl-C. The materials of CASE (a folder\n"
    "with case.json, a JSON file, or one that is a material or has \"materials\" alone) are tried first, so that a\n"
    "wrong one is refused at once.\n\n"
    "The one line on standard output is the address that the solver connects to; all else goes to standard error.\n\n"
    "  rm -f pool.address\n"
    "  femd serve cases/copper-notch -n 4 --address-file pool.address &\n"
    "  until [ -e pool.address ]; do kill -0 $! || break; sleep 0.1; done\n"
    "  my-solver --femd \"$(cat pool.address)\"       # femd_client_config.address; femd-macro --connect\n\n"
    "Unless told otherwise the server listens at a socket in a folder that only you can enter. Solvers on other\n"
    "machines need --bind tcp://0.0.0.0:PORT: then all is encrypted, and keys are made where there are none yet; a\n"
    "solver elsewhere needs the file client.key of them. More workers, there too: femd worker --connect ADDRESS.\n"
    "A worker that dies or hangs is replaced. femd status and femd admin work as with any server; what else a server\n"
    "can do (a journal, durability) femd server --help says.\n\n"
    "exit codes: 0 ended by a signal or by femd admin, 2 the case or the command line is wrong, 4 the server or all\n"
    "workers are lost";

typedef struct serving {
    const char *path, *bind, *store, *audit, *builds, *keys, *log_path;
    int workers, store_size, any_build;
    double task_deadline; /* s; 0: the server's own */
    option_list sets, engines;
    serve_file file;
    char *server, *worker;       /* programs, owned */
    char usual_keys[4096];       /* the usual folder */
    char worker_key[4200];       /* "" without keys */
    char connect[SERVE_ADDRESS]; /* where the workers find the server, once it listens */
} serving;

/* ---- keys ---- */

static femd_status serve_need_key(const serving *s, const char *name, char *path, size_t size, femd_error *err) {
    if ((size_t)snprintf(path, size, "%s/%s.key", s->keys, name) >= size)
        return femd_fail(err, FEMD_BAD_INPUT, "--keys %s: the path is too long", s->keys);
    if (access(path, R_OK) == 0) return FEMD_OK;
    return femd_fail(err, FEMD_BAD_INPUT, "%s: %s; femd keygen %s --role %s --name %s makes one", path, strerror(errno),
                     s->keys, name, name);
}

/* Off the loopback, or where they are asked for: those that are there, else new ones. */
static femd_status serve_find_keys(serving *s, femd_error *err) {
    char list[4200];
    if (!s->keys && femd_address_is_local(s->bind)) return FEMD_OK;
    if (!s->keys) {
        FEMD_TRY(femd_keys_folder(s->usual_keys, sizeof s->usual_keys, err));
        s->keys = s->usual_keys;
    }
    if ((size_t)snprintf(list, sizeof list, "%s/allowed", s->keys) >= sizeof list)
        return femd_fail(err, FEMD_BAD_INPUT, "--keys %s: the path is too long", s->keys);
    if (access(list, F_OK) != 0) FEMD_TRY(keygen_fill(s->keys, stderr, err));
    return serve_need_key(s, "worker", s->worker_key, sizeof s->worker_key, err);
}

/* ---- the address ---- */

/* The server listens: its workers and the solver are told where. */
static int serve_on_ready(void *user, const char *listens) {
    serving *s = user;
    char host[65] = "localhost", address[SERVE_ADDRESS];
    femd_error err = FEMD_ERROR_INIT;
    (void)gethostname(host, sizeof host - 1);
    femd_status rc = serve_address_at(listens, "127.0.0.1", s->connect, &err);
    if (rc == FEMD_OK) rc = serve_address_at(listens, host, address, &err);
    if (rc == FEMD_OK) rc = serve_file_write(&s->file, address, &err);
    if (rc != FEMD_OK) {
        (void)command_failed(&err);
        return 0;
    }
    printf("%s\n", address);
    fflush(stdout);
    fprintf(stderr, "femd: a solver attaches there; %d worker%s for it; Ctrl-C ends them\n", s->workers,
            s->workers == 1 ? "" : "s");
    if (s->keys)
        fprintf(stderr, "femd: it needs the key %s/client.key (femd_client_config.key, --key, or FEMD_KEY)\n", s->keys);
    return 1;
}

/* ---- the parts ---- */

static void serve_server_arguments(const serving *s, const char *const number[4], launch_arguments *a) {
    launch_add(a, s->server);
    launch_add_two(a, "--bind", s->bind);
    if (s->keys) launch_add_two(a, "--keys", s->keys);
    launch_add_two(a, "--ready-fd", number[0]);
    launch_add_two(a, "--news-fd", number[1]);
    launch_add_two(a, "--level", femd_level_name());
    if (s->task_deadline > 0) launch_add_two(a, "--task-deadline", number[2]);
    if (s->store) launch_add_two(a, "--store", s->store);
    if (s->store_size) launch_add_two(a, "--store-size", number[3]);
    if (s->any_build) launch_add(a, "--any-build");
    if (s->audit) launch_add_two(a, "--audit", s->audit);
    if (s->builds) launch_add_two(a, "--builds", s->builds);
    launch_add(a, "--die-with-parent");
}

static void serve_worker_arguments(const serving *s, launch_arguments *a) {
    launch_add(a, s->worker);
    launch_add_two(a, "--connect", s->connect); /* is filled in when the server listens */
    if (*s->worker_key) launch_add_two(a, "--key", s->worker_key);
    launch_add_two(a, "--level", femd_level_name());
    for (size_t i = 0; i < s->engines.n; i++) launch_add_two(a, "--engine", s->engines.item[i]);
    launch_add(a, "--die-with-parent");
}

static femd_status serve_watch(serving *s, const char *folder, FILE *log, int *code, femd_error *err) {
    int ready[2] = {-1, -1}, news[2] = {-1, -1};
    char text[4][40];
    launch_arguments server = {0}, worker = {0};
    launch_guard guard;
    FEMD_TRY(launch_pipe(ready, err));
    femd_status rc = launch_pipe(news, err);
    if (rc == FEMD_OK) rc = launch_guard_start(folder, &guard, err);
    if (rc != FEMD_OK) {
        launch_close_pipe(ready);
        launch_close_pipe(news);
        return rc;
    }
    snprintf(text[0], sizeof text[0], "%d", ready[1]);
    snprintf(text[1], sizeof text[1], "%d", news[1]);
    snprintf(text[2], sizeof text[2], "%.17g", s->task_deadline);
    snprintf(text[3], sizeof text[3], "%d", s->store_size);
    serve_server_arguments(s, (const char *const[]){text[0], text[1], text[2], text[3]}, &server);
    serve_worker_arguments(s, &worker);
    const supervise_plan plan = {.workers = s->workers,
                                 .server = server.item,
                                 .worker = worker.item,
                                 .ready = serve_on_ready,
                                 .user = s,
                                 .ready_read = ready[0],
                                 .ready_write = ready[1],
                                 .news_read = news[0],
                                 .news_write = news[1],
                                 .log = log,
                                 .guard = &guard};
    *code = supervise(&plan);
    if (*code > 128) *code = FEMD_EXIT_OK; /* the user's signal is its usual end */
    serve_file_remove(&s->file);
    launch_remove(folder);
    launch_guard_end(&guard);
    return FEMD_OK;
}

static femd_status serve_open_log(const serving *s, FILE **log, femd_error *err) {
    *log = s->log_path ? fopen(s->log_path, "ae") : NULL;
    if (s->log_path && !*log)
        return femd_fail(err, FEMD_BAD_INPUT, "cannot write %s: %s", s->log_path, strerror(errno));
    if (*log) setvbuf(*log, NULL, _IOLBF, 0);
    return FEMD_OK;
}

static femd_status serve_parts(serving *s, int *code, femd_error *err) {
    char *folder = NULL, own[SERVE_ADDRESS];
    FILE *log = NULL;
    sigset_t before;
    supervise_hold_signals(&before); /* nothing may stay behind */
    setenv("OPENBLAS_NUM_THREADS", "1", 0);
    setenv("OMP_NUM_THREADS", "1", 0);
    femd_status rc = launch_find("femd-server", &s->server, err);
    if (rc == FEMD_OK) rc = launch_find("femd-worker", &s->worker, err);
    if (rc == FEMD_OK) rc = launch_folder(&folder, err);
    if (rc == FEMD_OK && !s->bind) {
        snprintf(own, sizeof own, "ipc://%s/socket", folder);
        s->bind = own;
    }
    if (rc == FEMD_OK) rc = serve_find_keys(s, err);
    if (rc == FEMD_OK) rc = serve_open_log(s, &log, err);
    if (rc == FEMD_OK) rc = serve_watch(s, folder, log, code, err);
    if (folder) launch_remove(folder);
    if (log) fclose(log);
    free(folder);
    free(s->server);
    free(s->worker);
    sigprocmask(SIG_SETMASK, &before, NULL);
    return rc;
}

/* ---- before ---- */

static int serve_try_case(const serving *s) {
    femd_error err = FEMD_ERROR_INIT;
    femd_case c = {0};
    FILE *remarks = tmpfile();
    char line[1200];
    int code = FEMD_EXIT_OK;
    femd_status rc = remarks ? FEMD_OK : femd_fail(&err, FEMD_IO, "no temporary file: %s", strerror(errno));
    if (rc == FEMD_OK) rc = models_engines(&s->engines, &err);
    const int alone = rc == FEMD_OK && materials_are_alone(s->path);
    if (alone && s->sets.n)
        rc = femd_fail(&err, FEMD_BAD_INPUT, "--set changes a case; %s has materials alone", s->path);
    if (rc == FEMD_OK && !alone) rc = case_open(s->path, s->sets.item, s->sets.n, &c, &err);
    if (rc == FEMD_OK && alone)
        code = watchdog_run(s->task_deadline > 0 ? s->task_deadline : WATCHDOG_DEADLINE, "--task-deadline",
                            materials_try, &(materials_trial){s->path, remarks});
    else if (rc == FEMD_OK && models_are_few(&c))
        code = watchdog_run(s->task_deadline > 0 ? s->task_deadline : WATCHDOG_DEADLINE, "--task-deadline", models_try,
                            &(models_trial){&c, remarks});
    for (remarks ? rewind(remarks) : (void)0; remarks && fgets(line, sizeof line, remarks);)
        fprintf(stderr, "femd: %s", line);
    if (remarks) fclose(remarks);
    femd_case_clear(&c);
    return rc == FEMD_OK ? code : command_failed(&err);
}

static int serve_check(const serving *s) {
    if (s->task_deadline != 0 && !(s->task_deadline >= 0.01 && s->task_deadline <= 1e9))
        fprintf(stderr, "femd: --task-deadline: seconds from 0.01 to 1e9 are wanted\n");
    else if (!s->store && (s->store_size || s->any_build))
        fprintf(stderr, "femd: --store-size and --any-build are about a store; name it with --store DIR\n");
    else
        return 1;
    return 0;
}

int cmd_serve(int argc, char **argv) {
    serving s = {.workers = command_online_cores()};
    int code;
    const option options[] = {
        {"--workers", "-n", OPTION_INT, &s.workers, "N", "worker processes (default: the cores of this machine)", 1,
         SUPERVISE_WORKERS_MAX},
        {"--bind", NULL, OPTION_TEXT, &s.bind, "ADDRESS",
         "where the server listens: tcp://127.0.0.1:PORT, tcp://0.0.0.0:PORT (PORT * = any free one), ipc:///PATH "
         "(default: ipc in a folder of its own)",
         0, 0},
        {"--address-file", NULL, OPTION_TEXT, &s.file.path, "FILE",
         "write the address there too, once the server listens; the file goes when the server ends", 0, 0},
        {"--keys", NULL, OPTION_TEXT, &s.keys, "DIR",
         "keys of the server and its peers, made if there are none (default off the loopback: FEMD_KEYS, or "
         "~/.femd/keys)",
         0, 0},
        {"--set", NULL, OPTION_LIST, &s.sets, "a.b=c", "change a value of the case; may be repeated", 0, 0},
        MODELS_ENGINE_OPTION(&s.engines),
        {"--task-deadline", NULL, OPTION_NUMBER, &s.task_deadline, "S",
         "seconds without progress after which a worker counts as hung and is replaced (default 600)", 0, 0},
        {"--store", NULL, OPTION_TEXT, &s.store, "DIR",
         "keep every answer in a folder, and never evaluate again what it holds", 0, 0},
        {"--store-size", NULL, OPTION_INT, &s.store_size, "MIB",
         "most that the store may take on disk (default: as it is, 4096 for a new one)", 2, 1000000000},
        {"--any-build", NULL, OPTION_FLAG, &s.any_build, NULL,
         "take answers of the store that another build gave; runs that use them are marked as not reproducible", 0, 0},
        {"--audit", NULL, OPTION_TEXT, &s.audit, "SHARE",
         "share of evaluations that another worker is asked for again, 0 to 1 (default 1/256)", 0, 0},
        {"--builds", NULL, OPTION_TEXT, &s.builds, "one|any",
         "workers of another build than the first are refused, or taken and runs are marked (any, the default)", 0, 0},
        {"--log", NULL, OPTION_TEXT, &s.log_path, "FILE", "append what server and workers say to FILE", 0, 0},
    };
    const option_table table = {.command = "femd serve",
                                .usage = "CASE|MATERIAL.json [options]",
                                .about = about,
                                .option = options,
                                .n = OPTION_COUNT(options),
                                .least = 1,
                                .most = 1};
    option_list positional;
    femd_error err = FEMD_ERROR_INIT;
    if (!command_options(&table, argc, argv, &positional, &code)) return code;
    s.path = positional.item[0];
    if (!serve_check(&s)) return FEMD_EXIT_BAD_INPUT;
    if (serve_file_begin(&s.file, &err) != FEMD_OK) return command_failed(&err);
    code = serve_try_case(&s);
    if (code != FEMD_EXIT_OK) return code;
    return serve_parts(&s, &code, &err) == FEMD_OK ? code : command_failed(&err);
}
