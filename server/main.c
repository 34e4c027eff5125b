/* The program femd-server: options, signals, log. All else is in the core and the net. */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "accepting.h"
#include "address.h"
#include "durable.h"
#include "femd/clock.h"
#include "femd/keys.h"
#include "gate.h"
#include "lines.h"
#include "machine.h"
#include "net.h"

enum { EXIT_USAGE_ = 2, EXIT_INTERNAL_ = 70, STORE_MIB_LEAST = 2, DESCRIPTORS_OWN = 16 };

static const char help[] =
    "femd-server --bind ADDRESS [options]\n"
    "The server between macro solvers and a pool of micro workers.\n\n"
    "  --bind ADDRESS     tcp://127.0.0.1:PORT (PORT * = any free one), ipc:///path/of/socket, or with keys "
    "tcp://HOST:PORT\n"
    "  --keys DIR         peers must have keys of the list in this folder, which femd keygen made; all is encrypted "
    "(default\n"
    "                     off the loopback: FEMD_KEYS, or ~/.femd/keys)\n"
    "  --insecure         listen off the loopback without keys: whoever can reach it may run tasks and give false "
    "answers\n"
    "  --level LEVEL      numerics level of all workers: baseline, x86-64-v2, x86-64-v3 (default), x86-64-v4\n"
    "  --cache MIB        finished evaluations kept for reuse (default 512)\n"
    "  --memory MIB       all that the server may hold (default: half of what the machine, or the control group, has)\n"
    "  --task-deadline S  seconds without progress after which a worker counts as hung (default 600)\n"
    "  --heartbeat S      seconds without a sign of life after which a connection is lost (default 3)\n"
    "  --silence S        seconds without a connection after which clients and workers give the server up (default "
    "90)\n"
    "  --mute S           seconds without a word after which a client that waits gives the server up (default 30)\n"
    "  --grace S          seconds that a run outlives the loss of its clients (default 60)\n"
    "  --store DIR        keep every answer and committed state in a folder, and never evaluate again what it holds\n"
    "  --store-size MIB   most that the store may take on disk; the longest unused goes (default: as it is, 4096 for "
    "a new one)\n"
    "  --audit SHARE      share of evaluations, 0 to 1, that another worker is asked for again (default 1/256; 0: "
    "none)\n"
    "  --pool N           workers that are to come; with 1 no audit waits for another\n"
    "  --builds one|any   workers of another build than the first are refused, or taken and the run is marked (any, "
    "the\n"
    "                     default)\n"
    "  --any-build        take answers of the store that another build gave; the run is marked as not reproducible\n"
    "  --journal FILE     write down what a server that is started in the place of this one must know, should this "
    "one\n"
    "                     die; and go on where the server that wrote the file was; wants --store\n"
    "  --durability LEVEL where a committed state is when COMMITTED is said: none (at its worker alone), replica (at "
    "the\n"
    "                     server too, the default), store (on disk; wants --store and --journal)\n"
    "  --log FILE         append the log to FILE instead of writing it to standard error\n"
    "  --quiet            log warnings and errors only\n"
    "  --ready-fd N       write the address to descriptor N once the server listens, then close it\n"
    "  --news-fd N        write a line to descriptor N when a worker comes, goes, hangs, ends in its work or is in "
    "quarantine:\n"
    "                     here, gone, hung, ended or barred, pid, host (at what it ended, why)\n"
    "  --die-with-parent  end when the process that started the server ends\n"
    "  --help, --version\n";

typedef enum durability { DURABILITY_REPLICA = 0, DURABILITY_NONE, DURABILITY_STORE } durability;

typedef struct options {
    durability durability;
    const char *bind, *level, *log, *store, *journal, *keys;
    uint64_t cache_mib, memory_mib, store_mib;
    femd_times times;
    double audit;
    uint32_t pool;
    int one_build;
    int quiet, ready_fd, news_fd, die_with_parent, any_build, insecure;
    char usual_keys[4096];
} options;

typedef struct journal {
    FILE *file;
    femd_log_level most;
    int news_fd;
    femd_durable *durable; /* NULL: nothing is kept */
    log_lines *lines;
} journal;

static void server_write_log(void *user, femd_log_level level, const char *text) {
    static const char *const names[] = {"error", "warning", "info", "debug"};
    const journal *log = user;
    uint64_t left_out;
    if (level > log->most || !lines_pass(log->lines, femd_clock(), &left_out)) return;
    const struct timespec time = femd_wall_clock();
    struct tm utc;
    gmtime_r(&time.tv_sec, &utc);
    char stamp[32];
    strftime(stamp, sizeof stamp, "%Y-%m-%dT%H:%M:%S", &utc);
    char line[1200];
    snprintf(line, sizeof line, "%s", text);
    for (char *p = line; *p; p++)
        if ((unsigned char)*p < ' ' || *p == 127) *p = ' '; /* one line each, whatever a peer wrote */
    if (left_out)
        fprintf(log->file, "%s: %llu lines before this one are left out\n", stamp, (unsigned long long)left_out);
    fprintf(log->file, "%s.%03ldZ femd-server %s: %s\n", stamp, time.tv_nsec / 1000000, names[level], line);
    fflush(log->file);
}

static void server_log_commit(void *user, const char *run, uint32_t step, uint64_t states) {
    char text[256];
    snprintf(text, sizeof text, "run %s: step %u is committed, %llu states", run, step, (unsigned long long)states);
    server_write_log(user, FEMD_LOG_INFO, text);
}

/* A reader that does not keep up loses lines, the server no time. */
static void server_tell_news(void *user, femd_worker_news news, uint32_t pid, const char *words) {
    const journal *log = user;
    static const char *const name[] = {[FEMD_WORKER_HERE] = "here",
                                       [FEMD_WORKER_GONE] = "gone",
                                       [FEMD_WORKER_HUNG] = "hung",
                                       [FEMD_WORKER_ENDED] = "ended",
                                       [FEMD_WORKER_QUARANTINED] = "barred"};
    char line[300];
    const int size = snprintf(line, sizeof line, "%s %u %.240s\n", name[news], pid, words);
    if (log->news_fd >= 0 && size > 0 && write(log->news_fd, line, (size_t)size) < 0)
        server_write_log(user, FEMD_LOG_WARNING, "--news-fd: nobody reads it");
}

/* What went wrong beside the run is told to whoever started the server. */
static void server_write_store_log(void *user, femd_log_level level, const char *text) {
    const journal *log = user;
    char line[400];
    server_write_log(user, level, text);
    const int size = snprintf(line, sizeof line, "says 0 %.380s", text);
    if (log->news_fd < 0 || size < 1 || level > FEMD_LOG_WARNING) return;
    const size_t end = (size_t)size < sizeof line - 1 ? (size_t)size : sizeof line - 2;
    for (size_t i = 0; i < end; i++)
        if ((unsigned char)line[i] < ' ') line[i] = ' ';
    line[end] = '\n';
    if (write(log->news_fd, line, end + 1) < 0) return;
}

static void server_keep(void *user, femd_action_kind kind, const femd_bytes *bytes) {
    const journal *log = user;
    if (log->durable) durable_keep(log->durable, kind, bytes);
}

static void server_before_send(void *user) {
    const journal *log = user;
    if (log->durable) durable_before_send(log->durable);
}

static void server_rested(void *user, femd_core *core) {
    const journal *log = user;
    if (log->durable) durable_rested(log->durable, core);
}

/* ---- options ---- */

static femd_status server_read_number(const char *name, const char *text, double least, double most, double *value,
                                      femd_error *err) {
    char *end;
    errno = 0;
    *value = strtod(text, &end);
    if (errno || end == text || *end || !(*value >= least && *value <= most))
        return femd_fail(err, FEMD_BAD_ARGUMENT, "%s %s: a number from %g to %g is wanted", name, text, least, most);
    return FEMD_OK;
}

/* A number, or one over another: 1/256. */
static femd_status server_read_share(const char *text, double *share, femd_error *err) {
    char *end, *slash = strchr(text, '/');
    if (!slash) return server_read_number("--audit", text, 0, 1, share, err);
    const double over = strtod(text, &end), under = strtod(slash + 1, NULL);
    char rest[32];
    if (end != slash || !(over >= 0 && under > 0) || snprintf(rest, sizeof rest, "%.17g", over / under) < 0)
        return femd_fail(err, FEMD_BAD_ARGUMENT, "--audit %s: a share from 0 to 1 is wanted, 0.01 or 1/100", text);
    return server_read_number("--audit", rest, 0, 1, share, err);
}

static femd_status server_read_durability(const char *text, durability *level, femd_error *err) {
    static const char *const words[] = {"replica", "none", "store"};
    for (int i = 0; i < 3; i++) {
        if (strcmp(text, words[i]) != 0) continue;
        *level = (durability)i;
        return FEMD_OK;
    }
    return femd_fail(err, FEMD_BAD_ARGUMENT, "--durability %s: none, replica or store is wanted", text);
}

static femd_status server_read_option(int option, const char *text, options *opt, femd_error *err) {
    double value = 0;
    switch (option) {
    case 'b': opt->bind = text; return FEMD_OK;
    case 'l': opt->level = text; return FEMD_OK;
    case 'L': opt->log = text; return FEMD_OK;
    case 'q': opt->quiet = 1; return FEMD_OK;
    case 'p': opt->die_with_parent = 1; return FEMD_OK;
    case 's': opt->store = text; return FEMD_OK;
    case 'a': opt->any_build = 1; return FEMD_OK;
    case 'k': opt->keys = text; return FEMD_OK;
    case 'i': opt->insecure = 1; return FEMD_OK;
    case 'j': opt->journal = text; return FEMD_OK;
    case 'D': return server_read_durability(text, &opt->durability, err);
    case 'z':
        FEMD_TRY(server_read_number("--store-size", text, STORE_MIB_LEAST, 1e9, &value, err));
        opt->store_mib = (uint64_t)value;
        return FEMD_OK;
    case 'c':
        FEMD_TRY(server_read_number("--cache", text, 1, 1e9, &value, err));
        opt->cache_mib = (uint64_t)value;
        return FEMD_OK;
    case 'm':
        FEMD_TRY(server_read_number("--memory", text, 16, 1e9, &value, err));
        opt->memory_mib = (uint64_t)value;
        return FEMD_OK;
    case 'd': return server_read_number("--task-deadline", text, 0.01, 1e9, &opt->times.deadline, err);
    case 'H': return server_read_number("--heartbeat", text, 0.1, 60, &opt->times.heartbeat, err);
    case 'S': return server_read_number("--silence", text, 0.1, 1e9, &opt->times.silence, err);
    case 'M': return server_read_number("--mute", text, 1, 1e9, &opt->times.mute, err);
    case 'A': return server_read_share(text, &opt->audit, err);
    case 'B':
        opt->one_build = strcmp(text, "one") == 0;
        if (opt->one_build || strcmp(text, "any") == 0) return FEMD_OK;
        return femd_fail(err, FEMD_BAD_ARGUMENT, "--builds %s: one or any is wanted", text);
    case 'P':
        FEMD_TRY(server_read_number("--pool", text, 1, 1e6, &value, err));
        opt->pool = (uint32_t)value;
        return FEMD_OK;
    case 'g': return server_read_number("--grace", text, 0.01, 1e9, &opt->times.grace, err);
    case 'r':
        FEMD_TRY(server_read_number("--ready-fd", text, 0, 1e6, &value, err));
        opt->ready_fd = (int)value;
        return FEMD_OK;
    case 'n':
        FEMD_TRY(server_read_number("--news-fd", text, 0, 1e6, &value, err));
        opt->news_fd = (int)value;
        return FEMD_OK;
    default: return femd_fail(err, FEMD_BAD_ARGUMENT, "see femd-server --help");
    }
}

/* 1: go on; 0: --help or --version was answered; -1: err. */
static int server_read_options(int argc, char **argv, options *opt, femd_error *err) {
    static const struct option list[] = {{"bind", required_argument, NULL, 'b'},
                                         {"level", required_argument, NULL, 'l'},
                                         {"cache", required_argument, NULL, 'c'},
                                         {"memory", required_argument, NULL, 'm'},
                                         {"task-deadline", required_argument, NULL, 'd'},
                                         {"heartbeat", required_argument, NULL, 'H'},
                                         {"silence", required_argument, NULL, 'S'},
                                         {"mute", required_argument, NULL, 'M'},
                                         {"grace", required_argument, NULL, 'g'},
                                         {"store", required_argument, NULL, 's'},
                                         {"store-size", required_argument, NULL, 'z'},
                                         {"audit", required_argument, NULL, 'A'},
                                         {"pool", required_argument, NULL, 'P'},
                                         {"builds", required_argument, NULL, 'B'},
                                         {"any-build", no_argument, NULL, 'a'},
                                         {"keys", required_argument, NULL, 'k'},
                                         {"insecure", no_argument, NULL, 'i'},
                                         {"journal", required_argument, NULL, 'j'},
                                         {"durability", required_argument, NULL, 'D'},
                                         {"log", required_argument, NULL, 'L'},
                                         {"quiet", no_argument, NULL, 'q'},
                                         {"ready-fd", required_argument, NULL, 'r'},
                                         {"news-fd", required_argument, NULL, 'n'},
                                         {"die-with-parent", no_argument, NULL, 'p'},
                                         {"help", no_argument, NULL, 'h'},
                                         {"version", no_argument, NULL, 'v'},
                                         {NULL, 0, NULL, 0}};
    for (int option; (option = getopt_long(argc, argv, "", list, NULL)) != -1;) {
        if (option == 'h') fputs(help, stdout);
        if (option == 'v') printf("femd-server %s\n", FEMD_VERSION);
        if (option == 'h' || option == 'v') return 0;
        if (server_read_option(option, optarg, opt, err) != FEMD_OK) return -1;
    }
    if (optind < argc)
        femd_fail(err, FEMD_BAD_ARGUMENT, "unexpected argument %s; see femd-server --help", argv[optind]);
    else if (!opt->store && (opt->store_mib || opt->any_build || opt->journal))
        femd_fail(err, FEMD_BAD_ARGUMENT,
                  "--store-size, --any-build and --journal want a store; name it with --store DIR");
    else if (opt->durability == DURABILITY_STORE && !opt->journal)
        femd_fail(err, FEMD_BAD_ARGUMENT, "--durability store wants a store and a journal: --store DIR --journal FILE");
    else if (opt->durability == DURABILITY_NONE && opt->journal)
        femd_fail(err, FEMD_BAD_ARGUMENT, "--durability none has nothing to write into a journal");
    else if (opt->keys && opt->insecure)
        femd_fail(err, FEMD_BAD_ARGUMENT, "--insecure wants no keys, and --keys names some");
    else if (!opt->bind)
        femd_fail(err, FEMD_BAD_ARGUMENT, "--bind ADDRESS is missing; for example --bind tcp://127.0.0.1:5600");
    else
        return 1;
    return -1;
}

/* ---- process ---- */

/* A descriptor that becomes readable at SIGINT or SIGTERM. Blocks them first, so that libzmq's threads never see them.
 */
static int server_signals(void) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    if (sigprocmask(SIG_BLOCK, &set, NULL) != 0) return -1;
    signal(SIGPIPE, SIG_IGN);
    return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static femd_status server_follow_parent(femd_error *err) {
    pid_t parent = getppid();
    if (prctl(PR_SET_PDEATHSIG, SIGTERM) != 0) return femd_fail(err, FEMD_IO, "--die-with-parent: %s", strerror(errno));
    if (getppid() != parent) return femd_fail(err, FEMD_IO, "--die-with-parent: the parent is gone already");
    return FEMD_OK;
}

static void server_announce(const options *opt, const char *address) {
    printf("femd-server: listening on %s\n", address);
    fflush(stdout);
    if (opt->ready_fd < 0) return;
    dprintf(opt->ready_fd, "%s\n", address);
    close(opt->ready_fd);
}

static uint64_t server_memory(const options *opt) {
    return opt->memory_mib ? opt->memory_mib << 20 : machine_memory() / 2;
}

/* Connections get what the rest of the program leaves; and of them peers, so that newcomers can still be told. */
static femd_status server_share_descriptors(int *limit, uint32_t *peers, femd_error *err) {
    *limit = machine_raise_descriptors();
    const int open = machine_open_descriptors(), own = DESCRIPTORS_OWN;
    if (*limit < open + 2 * own)
        return femd_fail(err, FEMD_IO, "only %d descriptors may be opened, and %d are wanted; raise ulimit -n", *limit,
                         open + 2 * own);
    accepting_below(*limit - own / 2);
    *peers = (uint32_t)(*limit - open - own - own / 2);
    return FEMD_OK;
}

/* Off the loopback the usual keys are taken, if they are there. */
static void server_find_keys(options *opt) {
    char path[4200];
    if (opt->keys || opt->insecure || femd_address_is_local(opt->bind)) return;
    if (femd_keys_folder(opt->usual_keys, sizeof opt->usual_keys, NULL) != FEMD_OK) return;
    snprintf(path, sizeof path, "%s/server.key", opt->usual_keys);
    if (access(path, F_OK) == 0) opt->keys = opt->usual_keys;
}

/* Without a journal nobody knows the last one: a number that was hardly ever given. */
/* When the clock stood at 0. */
static double server_wall(void) {
    const struct timespec now = femd_wall_clock();
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec - femd_clock();
}

static uint64_t server_epoch(const options *opt, const journal *log) {
    uint64_t epoch = 0;
    if (opt->journal) return durable_epoch(log->durable);
    if (getrandom(&epoch, sizeof epoch, 0) < 0) epoch = (uint64_t)getpid();
    return epoch;
}

static femd_status server_serve(const options *opt, journal *log, femd_error *err) {
    uint64_t memory = server_memory(opt), cache = opt->cache_mib << 20;
    const durable_config durable = {.store = opt->store,
                                    .store_bytes = opt->store_mib << 20,
                                    .journal = opt->journal,
                                    .any_build = opt->any_build,
                                    .level = opt->level,
                                    .log = server_write_store_log,
                                    .user = log};
    femd_gate *gate = NULL;
    femd_keyring keyring = {.identify = femd_net_identify};
    FEMD_TRY(address_check(opt->bind, opt->keys != NULL || opt->insecure, err));
    if (opt->keys) FEMD_TRY(gate_open(opt->keys, server_write_log, log, &gate, err));
    if (opt->store) {
        femd_status opened = durable_open(&durable, &log->durable, err);
        if (opened != FEMD_OK) gate_close(&gate);
        FEMD_TRY(opened);
    }
    femd_core_config core_config = {.level = opt->level,
                                    .cache_bytes = cache < memory / 2 ? cache : memory / 2,
                                    .memory_bytes = memory,
                                    .task_deadline = opt->times.deadline,
                                    .run_grace = opt->times.grace,
                                    .heartbeat = opt->times.heartbeat,
                                    .silence = opt->times.silence,
                                    .mute = opt->times.mute,
                                    .log = server_write_log,
                                    .committed = server_log_commit,
                                    .worker = server_tell_news,
                                    .user = log,
                                    .keys = gate ? &keyring : NULL,
                                    .open_to_admins = !gate && address_ipc_path(opt->bind) != NULL,
                                    .recall = log->durable ? durable_recall(log->durable) : NULL,
                                    .journal = opt->journal != NULL,
                                    .audit = opt->audit,
                                    .pool = opt->pool,
                                    .one_build = opt->one_build,
                                    .lazy_commits = opt->durability == DURABILITY_NONE,
                                    .epoch = server_epoch(opt, log),
                                    .wall = server_wall()};
    femd_net_config net_config = {.heartbeat = opt->times.heartbeat,
                                  .keep = server_keep,
                                  .before_send = server_before_send,
                                  .rested = server_rested,
                                  .bind = opt->bind,
                                  .insecure = opt->insecure,
                                  .gate = gate,
                                  .frame_max = FEMD_FRAME_MAX,
                                  .memory = memory,
                                  .peer_bytes = memory / 4,
                                  .log = server_write_log,
                                  .user = log};
    femd_core *core = NULL;
    femd_net *net = NULL;
    int stop_fd = -1;
    femd_status rc;
    FEMD_TRY_GOTO(rc, server_share_descriptors(&net_config.descriptors, &core_config.peers_max, err), out);
    FEMD_TRY_GOTO(rc, femd_core_create(&core_config, &core, err), out);
    net_config.core = core;
    if (log->durable) FEMD_TRY_GOTO(rc, durable_replay(log->durable, core, femd_clock(), err), out);
    stop_fd = server_signals();
    if (stop_fd < 0) {
        rc = femd_fail(err, FEMD_IO, "signals: %s", strerror(errno));
        goto out;
    }
    FEMD_TRY_GOTO(rc, femd_net_open(&net_config, &net, err), out);
    keyring.user = net;
    if (gate) server_write_log(log, FEMD_LOG_INFO, "peers must have keys; all is encrypted");
    if (opt->insecure && !femd_address_is_local(opt->bind))
        server_write_log(log, FEMD_LOG_WARNING, "--insecure: whoever can reach this server may run tasks and answer");
    server_announce(opt, femd_net_address(net));
    rc = femd_net_run(net, stop_fd, err);
out:
    femd_net_close(&net);
    gate_close(&gate);
    femd_core_destroy(&core);
    durable_close(&log->durable);
    if (stop_fd >= 0) close(stop_fd);
    return rc;
}

int main(int argc, char **argv) {
    options opt = {.cache_mib = 512, .audit = 1.0 / 256, .ready_fd = -1, .news_fd = -1};
    femd_error err = FEMD_ERROR_INIT;
    int go = server_read_options(argc, argv, &opt, &err);
    if (go == 0) return 0;
    femd_status rc = go < 0 ? (femd_status)err.code : FEMD_OK;
    log_lines lines = {.lock = PTHREAD_MUTEX_INITIALIZER};
    journal log = {stderr, opt.quiet ? FEMD_LOG_WARNING : FEMD_LOG_INFO, opt.news_fd, NULL, &lines};
    if (rc == FEMD_OK && opt.log && !(log.file = fopen(opt.log, "ae")))
        rc = femd_fail(&err, FEMD_IO, "--log %s: %s", opt.log, strerror(errno));
    if (rc == FEMD_OK && opt.die_with_parent) rc = server_follow_parent(&err);
    if (rc == FEMD_OK) server_find_keys(&opt);
    if (rc == FEMD_OK) rc = server_serve(&opt, &log, &err);
    if (rc != FEMD_OK) fprintf(stderr, "femd-server: %s\n", err.text);
    if (log.file && log.file != stderr) fclose(log.file);
    if (rc == FEMD_OK) return 0;
    return rc == FEMD_BAD_ARGUMENT || rc == FEMD_BAD_INPUT || rc == FEMD_REFUSED || rc == FEMD_IO ||
                   rc == FEMD_UNSUPPORTED
               ? EXIT_USAGE_
               : EXIT_INTERNAL_;
}
