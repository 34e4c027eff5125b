/* Watches the processes of one run. It owns their lives and their output; it knows nothing of cases and points.
 *
 * One thread, one poll over a signalfd and the pipes: a death, a line of output, a signal of the user and the clock are
 * the only events. */
#include "supervise_private.h"

#include <errno.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "commands.h"
#include "femd/clock.h"
#include "femd/peer.h"

static const double ready_timeout = 15.0; /* s for the server to be ready */

/* ---- words ---- */

static void supervise_log_line(run *r, part *p) {
    if (r->plan->log) fprintf(r->plan->log, "[%s] %.*s\n", p->name, (int)p->used, p->line);
    static const char greets[] = "femd-worker: connected to"; /* no cause of what comes after it */
    if (p->used && memmem(p->line, p->used, greets, sizeof greets - 1) != p->line)
        snprintf(p->last, sizeof p->last, "%.*s", (int)p->used, p->line);
    p->used = 0;
}

/* Take what a part has written; at the end of its pipe, close it. */
static void supervise_read_output(run *r, part *p) {
    char text[4096];
    ssize_t n;
    while ((n = read(p->child.fd, text, sizeof text)) > 0) {
        for (ssize_t i = 0; i < n; i++) {
            if (text[i] == '\n' || p->used == sizeof p->line) supervise_log_line(r, p);
            if (text[i] != '\n' && text[i] != '\r') p->line[p->used++] = text[i];
        }
    }
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (p->used) supervise_log_line(r, p);
    close(p->child.fd);
    p->child.fd = -1;
}

/* ---- starting ---- */

static int supervise_start_part(run *r, size_t i) {
    part *p = &r->part[i];
    const supervise_plan *plan = r->plan;
    femd_error err = FEMD_ERROR_INIT;
    launch_spec spec = {.argv = i == SERVER  ? plan->server
                                : i == MACRO ? plan->macro
                                             : plan->worker,
                        .output = i != MACRO,
                        .keep_fd = {i == SERVER ? plan->ready_write : -1, i == SERVER ? plan->news_write : -1},
                        .death_signal = i == MACRO ? SIGTERM : SIGKILL};
    p->restart_at = p->kill_at = p->judge_at = 0;
    *p->suspect = '\0';
    if (p->child.fd >= 0) supervise_read_output(r, p);
    if (p->child.fd >= 0) close(p->child.fd);
    if (launch_start(&spec, &p->child, &err) != FEMD_OK) {
        supervise_say(r, "%s", err.text);
        supervise_stop_macro(r, FEMD_EXIT_INTERNAL);
        return 0;
    }
    p->pid = p->child.pid;
    p->began = femd_clock();
    if (i <= MACRO) launch_guard_tell(plan->guard, p->child.pid);
    return 1;
}

static void supervise_start_pool(run *r) {
    r->phase = RUNNING;
    for (size_t i = WORKERS; i < r->n && r->phase == RUNNING; i++) supervise_start_part(r, i);
    if (r->phase == RUNNING && r->plan->macro) supervise_start_part(r, MACRO);
}

static int supervise_is_welcome(const run *r, char *address) {
    address[strcspn(address, "\n")] = '\0';
    return !r->plan->ready || r->plan->ready(r->plan->user, address);
}

static void supervise_read_ready(run *r) {
    char text[256];
    const ssize_t n = read(r->ready, text, sizeof text - 1);
    if (n < 0) return;
    close(r->ready);
    r->ready = -1;
    if (n == 0 || r->phase != STARTING) return; /* at 0 the server is dying: its death is the next event */
    text[n] = '\0';
    if (supervise_is_welcome(r, text))
        supervise_start_pool(r);
    else
        supervise_end_run(r, FEMD_EXIT_BAD_INPUT);
}

/* ---- ending ---- */

static int supervise_macro_code(run *r, int status) {
    static const int known[] = {FEMD_EXIT_OK, FEMD_EXIT_BAD_INPUT, FEMD_EXIT_NOT_CONVERGED, FEMD_EXIT_POOL_LOST,
                                FEMD_EXIT_INTERNAL};
    char words[128];
    for (size_t i = 0; WIFEXITED(status) && i < sizeof known / sizeof *known; i++)
        if (WEXITSTATUS(status) == known[i]) return known[i];
    launch_words(status, words, sizeof words);
    int sig = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    if (WIFEXITED(status) && WEXITSTATUS(status) > 128) {
        sig = WEXITSTATUS(status) - 128;
        snprintf(words, sizeof words, "signal %d (%s)", sig, strsignal(sig));
    }
    if (!r->interrupted) supervise_say(r, "the solver femd-macro died: %s", words);
    /* what it does to itself is its fault; that it is killed, or that mpiexec ends for a reason of its own, is not */
    const int own = sig == SIGSEGV || sig == SIGABRT || sig == SIGFPE || sig == SIGILL || sig == SIGBUS;
    return own ? FEMD_EXIT_INTERNAL : FEMD_EXIT_POOL_LOST;
}

static void supervise_macro_ended(run *r, int status) {
    if (r->phase != ENDING) {
        supervise_end_run(r, supervise_macro_code(r, status));
        return;
    }
    r->deadline = femd_clock() + supervise_pool_grace; /* now the pool */
    for (size_t i = 0; i < r->n; i++) supervise_signal_part(&r->part[i], SIGTERM);
}

/* What is said of a server that has ended: in good order only somebody's signal or `femd stop` ends it. */
static void supervise_server_words(const run *r, int status, char *words, size_t size) {
    char how[128];
    launch_words(status, how, sizeof how);
    if (r->phase == STARTING)
        snprintf(words, size, "did not start: %s", how);
    else if (WIFEXITED(status) && WEXITSTATUS(status) == FEMD_EXIT_OK)
        snprintf(words, size, "was told to end");
    else
        snprintf(words, size, "died: %s", how);
}

static void supervise_server_ended(run *r, int status) {
    char words[160];
    if (r->phase == ENDING) return;
    supervise_server_words(r, status, words, sizeof words);
    const int in_good_order = WIFEXITED(status) && WEXITSTATUS(status) == FEMD_EXIT_OK;
    if (!r->plan->macro && r->phase == RUNNING && in_good_order) {
        supervise_say(r, "the server %s", words);
        supervise_end_run(r, FEMD_EXIT_OK);
        return;
    }
    part *p = &r->part[SERVER];
    if (r->plan->server_again && r->phase == RUNNING && p->restarts < SUPERVISE_RESTARTS) {
        const double wait = supervise_backoff[p->restarts++];
        p->restart_at = femd_clock() + wait;
        supervise_say(r, "the server %s; starting it again in %g s (%d of %d), the run goes on from its journal", words,
                      wait, p->restarts, SUPERVISE_RESTARTS);
        return;
    }
    const int said = *p->last && !in_good_order;
    supervise_say(r, "the server femd-server %s%s%s", words, said ? "; it said: " : "", said ? p->last : "");
    supervise_end_run(r, r->phase == STARTING && WIFEXITED(status) && WEXITSTATUS(status) == FEMD_EXIT_BAD_INPUT
                             ? FEMD_EXIT_BAD_INPUT
                             : FEMD_EXIT_POOL_LOST);
}

static void supervise_reap(run *r) {
    int status;
    pid_t pid;
    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        for (size_t i = 0; i < r->n; i++) {
            part *p = &r->part[i];
            if (p->child.pid != pid) continue;
            p->child.pid = 0;
            if (p->child.fd >= 0) supervise_read_output(r, p); /* its last words first */
            if (i == SERVER)
                supervise_server_ended(r, status);
            else if (i == MACRO)
                supervise_macro_ended(r, status);
            else
                supervise_worker_ended(r, p, status);
        }
    }
}

static void supervise_take_signals(run *r) {
    struct signalfd_siginfo info;
    while (read(r->signals, &info, sizeof info) == sizeof info) {
        if (info.ssi_signo == SIGCHLD) continue;
        if (r->interrupted) { /* the second time: at once */
            supervise_force(r);
            continue;
        }
        r->interrupted = (int)info.ssi_signo;
        supervise_say(r, "ending %s (once more to end %s by force)", r->plan->macro ? "the run" : "server and workers",
                      r->plan->macro ? "it" : "them");
        supervise_stop_macro(r, 128 + (int)info.ssi_signo);
    }
    supervise_reap(r);
}

/* ---- workers that the server has lost ---- */

/* ---- the loop ---- */

static int supervise_alive(const run *r) {
    int n = 0;
    for (size_t i = 0; i < r->n; i++) n += r->part[i].child.pid > 0;
    return n;
}

static void supervise_on_clock(run *r, double now) {
    if (r->part[SERVER].restart_at > 0 && now >= r->part[SERVER].restart_at) supervise_start_part(r, SERVER);
    for (size_t i = WORKERS; i < r->n; i++) {
        part *p = &r->part[i];
        if (p->restart_at > 0 && now >= p->restart_at) supervise_start_part(r, i);
        supervise_worker_on_clock(r, p, now);
    }
    if (r->phase == STARTING && now > r->deadline) {
        supervise_say(r, "the server was not ready within %g s", ready_timeout);
        supervise_end_run(r, FEMD_EXIT_POOL_LOST);
    }
    if (r->phase == ENDING && now > r->deadline && !r->forced) supervise_force(r);
}

static double supervise_sooner(double time, double other) {
    return other > 0 && other < time ? other : time;
}

static int supervise_poll_timeout(const run *r, double now) {
    double next = r->phase == RUNNING || r->forced ? now + 1.0 : r->deadline;
    for (size_t i = 0; i < r->n; i++)
        next = supervise_sooner(supervise_sooner(next, r->part[i].restart_at), r->part[i].judge_at);
    return next > now ? (int)((next - now) * 1000) + 1 : 0;
}

static void supervise_turn(run *r) {
    size_t n = 0;
    r->poll[n++] = (struct pollfd){.fd = r->signals, .events = POLLIN};
    r->poll[n++] = (struct pollfd){.fd = r->ready, .events = POLLIN}; /* -1 is skipped by poll */
    r->poll[n++] = (struct pollfd){.fd = r->news, .events = POLLIN};
    for (size_t i = 0; i < r->n; i++) r->poll[n++] = (struct pollfd){.fd = r->part[i].child.fd, .events = POLLIN};
    if (poll(r->poll, n, supervise_poll_timeout(r, femd_clock())) > 0) {
        for (size_t i = 0; i < r->n; i++)
            if (r->poll[3 + i].revents) supervise_read_output(r, &r->part[i]);
        if (r->poll[1].revents) supervise_read_ready(r);
        if (r->poll[0].revents) supervise_take_signals(r);
        if (r->poll[2].revents) supervise_read_news(r); /* after deaths: what has ended is not killed */
    }
    supervise_on_clock(r, femd_clock());
}

/* Processes that lost their parent became children of this one: end them too. */
static void supervise_end_orphans(void) {
    for (int tries = 0; tries < 50; tries++) {
        char path[64];
        int pid, found = 0;
        snprintf(path, sizeof path, "/proc/self/task/%d/children", (int)getpid());
        FILE *f = fopen(path, "re");
        while (f && fscanf(f, "%d", &pid) == 1) {
            char name[32] = "", comm[64];
            snprintf(comm, sizeof comm, "/proc/%d/comm", pid);
            FILE *c = fopen(comm, "re");
            if (c && fgets(name, sizeof name, c)) name[strcspn(name, "\n")] = '\0';
            if (c) fclose(c);
            if (strcmp(name, "femd-guard") == 0) continue;
            found = 1;
            kill(pid, SIGKILL);
            waitpid(pid, NULL, 0);
        }
        if (f) fclose(f);
        if (!found) return;
    }
}

static void supervise_close_ends(const supervise_plan *plan) {
    close(plan->ready_write);
    if (plan->news_write >= 0) close(plan->news_write);
}

static int supervise_parts(run *r) {
    r->deadline = femd_clock() + ready_timeout;
    r->phase = STARTING;
    for (size_t i = 0; i < r->n; i++) {
        part *p = &r->part[i];
        p->child.fd = -1;
        if (i == SERVER)
            snprintf(p->name, sizeof p->name, "server");
        else if (i == MACRO)
            snprintf(p->name, sizeof p->name, "macro");
        else
            snprintf(p->name, sizeof p->name, "worker %zu", i - WORKERS + 1);
    }
    supervise_start_part(r, SERVER);
    if (!r->plan->server_again) supervise_close_ends(r->plan); /* one that is started again wants them too */
    while (r->phase != ENDING || supervise_alive(r)) supervise_turn(r);
    for (size_t i = 0; i < r->n; i++) {
        if (r->part[i].child.fd < 0) continue;
        supervise_read_output(r, &r->part[i]);
        if (r->part[i].child.fd >= 0) close(r->part[i].child.fd);
    }
    if (r->ready >= 0) close(r->ready);
    if (r->news >= 0) close(r->news);
    if (r->plan->server_again) supervise_close_ends(r->plan);
    supervise_end_orphans();
    return r->interrupted ? 128 + r->interrupted : r->code;
}

int supervise(const supervise_plan *plan) {
    run r = {.plan = plan,
             .n = WORKERS + (size_t)plan->workers,
             .ready = plan->ready_read,
             .news = plan->news_read,
             .signals = -1};
    sigset_t watched, before;
    sigemptyset(&watched);
    const int list[] = {SIGCHLD, SIGINT, SIGTERM, SIGHUP};
    for (size_t i = 0; i < sizeof list / sizeof *list; i++) sigaddset(&watched, list[i]);
    sigprocmask(SIG_BLOCK, &watched, &before);
    signal(SIGPIPE, SIG_IGN);
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    r.part = calloc(r.n, sizeof *r.part);
    r.poll = calloc(r.n + 3, sizeof *r.poll);
    r.signals = signalfd(-1, &watched, SFD_CLOEXEC | SFD_NONBLOCK);
    int code = FEMD_EXIT_INTERNAL;
    if (r.part && r.poll && r.signals >= 0)
        code = supervise_parts(&r);
    else
        fprintf(stderr, "femd: cannot watch processes: %s\n", strerror(errno));
    if (r.signals >= 0) close(r.signals);
    free(r.part);
    free(r.poll);
    sigprocmask(SIG_SETMASK, &before, NULL);
    return code;
}

void supervise_hold_signals(sigset_t *before) {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGHUP);
    sigprocmask(SIG_BLOCK, &signals, before);
}
