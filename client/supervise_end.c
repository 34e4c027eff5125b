/* How the parts of a run are told to end, and what is said to the user. */
#include <glob.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "commands.h"
#include "femd/clock.h"
#include "supervise_private.h"

static const double macro_grace =
    18.0; /* s for the solver to end in good order, then force; it finds a server lost after 12 (cmd_run.c) */
const double supervise_pool_grace = 3.0; /* the same for server and workers */

void supervise_say(run *r, const char *fmt, ...) {
    char text[1024];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    fprintf(stderr, "%sfemd: %s\n", isatty(2) ? "\r\033[K" : "", text);
    if (r->plan->log) fprintf(r->plan->log, "[femd] %s\n", text);
}

void supervise_signal_part(const part *p, int sig) {
    if (p->child.pid <= 0) return;
    if (sig == SIGKILL) kill(-p->child.pid, sig);
    kill(p->child.pid, sig);
}

/* The solver's ranks are the children of mpiexec, which itself would answer a signal by killing them at once. */
static void supervise_signal_macro(const part *p, int sig) {
    char pattern[64];
    glob_t files;
    int found = 0, pid;
    if (p->child.pid <= 0) return;
    snprintf(pattern, sizeof pattern, "/proc/%d/task/*/children", (int)p->child.pid);
    if (glob(pattern, 0, NULL, &files) != 0) files.gl_pathc = 0;
    for (size_t i = 0; i < files.gl_pathc; i++) {
        FILE *f = fopen(files.gl_pathv[i], "re");
        for (; f && fscanf(f, "%d", &pid) == 1; found++) kill(pid, sig);
        if (f) fclose(f);
    }
    if (files.gl_pathc) globfree(&files);
    if (!found) supervise_signal_part(p, sig);
}

/* From here on the run only ends. The pool stays while the solver does: it must report, and it sees a lost server by
 * itself. */
void supervise_end_run(run *r, int code) {
    if (r->phase == ENDING) return;
    r->phase = ENDING;
    r->code = code;
    const int macro_alive = r->part[MACRO].child.pid > 0;
    r->deadline = femd_clock() + (macro_alive ? macro_grace : supervise_pool_grace);
    for (size_t i = 0; i < r->n; i++) {
        r->part[i].restart_at = r->part[i].judge_at = 0;
        r->part[i].gone = 1;
        if (i != MACRO && !macro_alive) supervise_signal_part(&r->part[i], SIGTERM);
    }
}

/* The same where the solver cannot know by itself that it must end; SIGUSR1 tells it that there are no workers (what it
 * then writes of the run is no stop by the user). */
void supervise_stop_macro(run *r, int code) {
    const int lost = code == FEMD_EXIT_POOL_LOST ? SIGUSR1 : SIGTERM;
    if (r->phase != ENDING) supervise_signal_macro(&r->part[MACRO], r->interrupted == SIGINT ? SIGINT : lost);
    supervise_end_run(r, code);
}

void supervise_force(run *r) {
    r->forced = 1;
    for (size_t i = 0; i < r->n; i++) supervise_signal_part(&r->part[i], SIGKILL);
}
