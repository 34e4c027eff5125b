/* femd-worker: the program. Owns options, signals and exit codes; worker.c does the work.
 * Exit codes: 0 ended in good order, 2 bad use or refused, 4 the server is gone, 70 internal. */
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include "micro.h"
#include "numerics/dense.h"
#include "worker/worker.h"

enum { ENGINES_MAX = 64 };
enum { EXIT_USE = 2, EXIT_LOST = 4, EXIT_INTERNAL = 70 };

static volatile sig_atomic_t stop_requested;

static void worker_main_on_stop(int sig) {
    (void)sig;
    worker_stop(&stop_requested);
}

/* The compute thread is about to die of its own fault. libzmq's thread lives on for the moment that the STARTED message
 * needs to leave, so that the server blames the task at hand and no other. The signal comes again when the handler
 * returns, with the default action, which SA_RESETHAND has restored. */
static void worker_main_on_crash(int sig) {
    const struct timespec pause = {0, 50 * 1000 * 1000};
    nanosleep(&pause, NULL);
    raise(sig);
}

static void worker_main_install_signals(void) {
    static char stack[64 * 1024];
    const stack_t alternate = {.ss_sp = stack, .ss_size = sizeof stack};
    sigaltstack(&alternate, NULL);
    struct sigaction action = {.sa_handler = worker_main_on_stop};
    sigemptyset(&action.sa_mask);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    action.sa_handler = SIG_IGN;
    sigaction(SIGPIPE, &action, NULL);
    action.sa_handler = worker_main_on_crash;
    action.sa_flags = (int)SA_RESETHAND | SA_ONSTACK;
    const int crashes[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
    for (size_t i = 0; i < sizeof crashes / sizeof crashes[0]; i++) sigaction(crashes[i], &action, NULL);
}

static void worker_main_usage(FILE *to) {
    fputs("usage: femd-worker --connect ADDRESS [options]\n"
          "Evaluates material points for the femd server at ADDRESS (tcp://HOST:PORT or ipc:///PATH).\n\n"
          "  --connect ADDRESS     server to work for\n"
          "  --key FILE            this worker's key, for a server with keys (default: FEMD_KEY; off the loopback\n"
          "                        worker.key in FEMD_KEYS or ~/.femd/keys)\n"
          "  --insecure            work for a server off the loopback without a key\n"
          "  --level LEVEL         numerics level: x86-64-v2, x86-64-v3 (default), x86-64-v4, baseline\n"
          "  --engine NAME=PATH    engine of yours that materials may name: a shared object; may be repeated\n"
          "  --memory MIB          memory for states, and as much (at least 64) for materials, in MiB\n"
          "                        (default 1024)\n"
          "  --die-with-parent     end when the process that started this one ends\n"
          "  --quiet               report failures only\n"
          "  --help, --version\n",
          to);
}

typedef struct worker_options {
    worker_config worker;
    const char *engine[ENGINES_MAX]; /* NAME=PATH each */
    size_t engines;
    int die_with_parent;
    int done; /* --help or --version was answered */
} worker_options;

static int worker_main_parse_memory(const char *text, size_t *bytes) {
    char *end;
    unsigned long long mib = strtoull(text, &end, 10);
    if (*text < '0' || *text > '9' || *end || mib == 0 || mib > (SIZE_MAX >> 21)) return 0;
    *bytes = (size_t)mib << 20;
    return 1;
}

/* 1, or 0 with a message. */
static int worker_main_parse(int argc, char **argv, worker_options *options) {
    enum { CONNECT = 256, KEY, INSECURE, LEVEL, ENGINE, MEMORY, DIE, QUIET, HELP, VERSION };
    static const struct option table[] = {{"connect", required_argument, 0, CONNECT},
                                          {"key", required_argument, 0, KEY},
                                          {"insecure", no_argument, 0, INSECURE},
                                          {"level", required_argument, 0, LEVEL},
                                          {"engine", required_argument, 0, ENGINE},
                                          {"memory", required_argument, 0, MEMORY},
                                          {"die-with-parent", no_argument, 0, DIE},
                                          {"quiet", no_argument, 0, QUIET},
                                          {"help", no_argument, 0, HELP},
                                          {"version", no_argument, 0, VERSION},
                                          {0, 0, 0, 0}};
    for (int c; (c = getopt_long(argc, argv, "", table, NULL)) != -1;) {
        switch (c) {
        case CONNECT: options->worker.address = optarg; break;
        case KEY: options->worker.key = optarg; break;
        case INSECURE: options->worker.insecure = 1; break;
        case LEVEL: options->worker.level = optarg; break;
        case ENGINE:
            if (options->engines == ENGINES_MAX)
                return fprintf(stderr, "femd-worker: --engine: more than %d\n", ENGINES_MAX), 0;
            options->engine[options->engines++] = optarg;
            break;
        case MEMORY:
            if (worker_main_parse_memory(optarg, &options->worker.memory)) break;
            fprintf(stderr, "femd-worker: --memory takes a number of MiB, not \"%s\"\n", optarg);
            return 0;
        case DIE: options->die_with_parent = 1; break;
        case QUIET: options->worker.quiet = 1; break;
        case HELP: return worker_main_usage(stdout), options->done = 1;
        case VERSION: return puts("femd-worker " FEMD_VERSION), options->done = 1;
        default: return 0;
        }
    }
    if (optind < argc) return fprintf(stderr, "femd-worker: \"%s\" is not an option\n", argv[optind]), 0;
    if (!options->worker.address) return fprintf(stderr, "femd-worker: which server? --connect ADDRESS\n"), 0;
    return 1;
}

/* The kernel kills this process with the parent. If the parent ended before the request was made, it has another parent
 * now. */
static int worker_main_bind_to_parent(void) {
    pid_t parent = getppid();
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    return getppid() == parent;
}

static int worker_main_exit_code(femd_status rc) {
    switch (rc) {
    case FEMD_OK: return 0;
    case FEMD_REFUSED:
    case FEMD_UNSUPPORTED:
    case FEMD_BAD_INPUT:
    case FEMD_IO:
    case FEMD_BAD_ARGUMENT: return EXIT_USE;
    case FEMD_NO_MEMORY:
    case FEMD_DISCONNECTED:
    case FEMD_TIMEOUT: return EXIT_LOST;
    default: return EXIT_INTERNAL;
    }
}

int main(int argc, char **argv) {
    worker_options options = {.worker = {.level = "x86-64-v3"}};
    if (!worker_main_parse(argc, argv, &options)) {
        fputs("try femd-worker --help\n", stderr);
        return EXIT_USE;
    }
    if (options.done) return 0;
    prctl(PR_SET_NAME, "femd-worker"); /* executing anew has named the process after the link it went through */
    if (options.die_with_parent && !worker_main_bind_to_parent()) return EXIT_LOST;
    femd_level_reexec(options.worker.level, argv);
    worker_main_install_signals();
    femd_error err = FEMD_ERROR_INIT;
    femd_status rc = femd_level_set(options.worker.level, &err);
    if (rc == FEMD_OK) rc = femd_dense_reserve(&err);
    for (size_t i = 0; rc == FEMD_OK && i < options.engines; i++) rc = femd_user_engine_add(options.engine[i], &err);
    if (rc == FEMD_OK) rc = worker_run(&options.worker, &stop_requested, &err);
    if (rc != FEMD_OK) fprintf(stderr, "femd-worker: %s\n", err.text[0] ? err.text : femd_status_text(rc));
    return worker_main_exit_code(rc);
}
