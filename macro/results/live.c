/* The live line. Knows how to say how the run stands; decides nothing. */
#include "results/live.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "femd/clock.h"

/* Seconds between notices, and before the first, where lines cannot be rewritten. */
enum { WAITING_NOTICE_EVERY = 10, WAITING_GRACE = 1, STATES_GRACE = 5 };

void femd_live_init(femd_live *l, FILE *out, const char *address, int steps, int ranks) {
    *l = (femd_live){.out = out, .steps = steps, .ranks = ranks, .residual = -1};
    if (!getenv("FEMD_SUPERVISED")) l->address = address;
    /* femd run says what stands at the other end of mpiexec's pipe. */
    l->terminal = out && (isatty(fileno(out)) || getenv("FEMD_TERMINAL"));
}

void femd_live_workers(femd_live *l, uint32_t workers) {
    l->info.workers = workers;
    if (workers > l->workers_max) l->workers_max = workers;
}

/* The pool has workers, and they are at it. */
static void live_text_opening(const femd_live *l, char *text, size_t size) {
    snprintf(text, size, "waiting for the materials, which %u worker%s may open %.0f s", l->info.workers,
             l->info.workers == 1 ? "" : "s", l->info.waited);
}

/* How to get a worker, which under femd run is not for the user to do. */
static void live_text_waiting(const femd_live *l, const char *what, char *text, size_t size) {
    if (l->address)
        snprintf(text, size, "waiting for %sstart one with: femd worker --connect %s) %.0f s", what, l->address,
                 l->info.waited);
    else
        snprintf(text, size, "waiting for %sfemd run starts them) %.0f s", what, l->info.waited);
}

/* No points are open, yet the client waits: a commit, or states on their way. */
static int live_waits_for_states(const femd_live *l) {
    return l->info.total == 0 && l->info.waited >= STATES_GRACE;
}

/* Nothing has been asked of any point: the first answer that is due is that of a worker which opens the materials. */
static int live_waits_for_materials(const femd_live *l) {
    return l->step == 0 && l->residual < 0 && l->info.total == 0 && l->info.waited >= WAITING_GRACE;
}

/* "3/10"; beyond the plan, where steps were cut, "11 (4 planned)". */
static const char *live_step(const femd_live *l, char text[48]) {
    snprintf(text, 48, l->step > l->steps ? "%d (%d planned)" : "%d/%d", l->step, l->steps);
    return text;
}

static void live_text_points(const femd_live *l, int narrow, char *text, size_t size) {
    char residual[32] = "-", points[64], of_rank[32] = "", reused[32] = "", step[48];
    unsigned percent = l->info.done ? (unsigned)(100.0 * (double)l->info.reused / (double)l->info.done + 0.5) : 0;
    if (l->residual >= 0) snprintf(residual, sizeof residual, "%.1e", l->residual);
    if (l->ranks > 1 && !narrow) snprintf(of_rank, sizeof of_rank, " (rank 0 of %d)", l->ranks);
    if (!narrow) snprintf(reused, sizeof reused, " reused %u %%", percent);
    snprintf(points, sizeof points, "%llu/%llu%s", (unsigned long long)l->info.done, (unsigned long long)l->info.total,
             of_rank);
    snprintf(text, size, "step %s%s%s it %d |r| %s points %s micro %.1f s workers %u%s cuts %d", live_step(l, step),
             l->field ? " " : "", l->field ? l->field : "", l->iteration, residual, points, l->micro, l->info.workers,
             reused, l->cuts);
}

void femd_live_text(const femd_live *l, char *text, size_t size) {
    char step[48];
    if (l->info.waiting_for_workers) {
        live_text_waiting(l, "workers (none that takes tasks; ", text, size);
        return;
    }
    if (live_waits_for_materials(l)) {
        if (l->info.workers > 0)
            live_text_opening(l, text, size);
        else
            live_text_waiting(l, "a worker to open the materials (", text, size);
        return;
    }
    if (live_waits_for_states(l)) {
        snprintf(text, size,
                 "step %s waiting for the server to collect the states (a lost one is made anew by a worker) %.0f s",
                 live_step(l, step), l->info.waited);
        return;
    }
    live_text_points(l, 0, text, size);
}

/* Columns of the terminal, also from behind mpiexec's pipe; 0 = unknown. */
static int live_columns(FILE *out) {
    struct winsize w = {0};
    if (ioctl(fileno(out), TIOCGWINSZ, &w) == 0) return w.ws_col;
    int fd = open("/dev/tty", O_RDONLY | O_NOCTTY | O_CLOEXEC);
    if (fd < 0) return 0;
    int known = ioctl(fd, TIOCGWINSZ, &w) == 0;
    close(fd);
    return known ? w.ws_col : 0;
}

/* The same in fewer words. */
static void live_text_narrow(const femd_live *l, char *text, size_t size) {
    char step[48];
    if (live_waits_for_materials(l) && l->info.workers > 0)
        live_text_opening(l, text, size);
    else if ((l->info.waiting_for_workers || live_waits_for_materials(l)) && l->address)
        snprintf(text, size, "%.0f s; start a worker: femd worker --connect %s", l->info.waited, l->address);
    else if (l->info.waiting_for_workers || live_waits_for_materials(l))
        snprintf(text, size, "waiting for workers %.0f s", l->info.waited);
    else if (live_waits_for_states(l))
        snprintf(text, size, "step %s waiting for the server to collect the states %.0f s", live_step(l, step),
                 l->info.waited);
    else
        live_text_points(l, 1, text, size);
}

static void live_draw(femd_live *l) {
    char text[512];
    int width = live_columns(l->out);
    femd_live_text(l, text, sizeof text);
    if (width > 1 && (int)strlen(text) >= width) live_text_narrow(l, text, sizeof text);
    int n = (int)strlen(text);
    if (width > 1 && n >= width) text[n = width - 1] = 0; /* a line that wraps cannot be rewritten */
    fprintf(l->out, "\r%s%*s", text, l->drawn > n ? l->drawn - n : 0, "");
    fflush(l->out);
    l->drawn = n;
}

static void live_say(femd_live *l) {
    char text[512];
    femd_live_text(l, text, sizeof text);
    fprintf(l->out, "%s\n", text);
    fflush(l->out);
    l->last = femd_clock();
}

void femd_live_iteration(femd_live *l, const char *field, int step, int iteration, double residual, int cuts) {
    l->field = field;
    l->step = step;
    l->iteration = iteration;
    l->residual = residual;
    l->cuts = cuts;
    l->info.waiting_for_workers = 0;
    l->info.waited = 0;
    l->waiting = 0;
    if (!l->out) return;
    if (l->terminal)
        live_draw(l);
    else
        live_say(l);
}

void femd_live_progress(femd_live *l, const femd_progress_info *info) {
    uint32_t known = l->info.workers;
    l->info = *info;
    l->micro = info->waited;
    if (info->workers == 0 && !info->waiting_for_workers) l->info.workers = known; /* the server has not said yet */
    if (info->workers > l->workers_max) l->workers_max = info->workers;
    if (!l->out) return;
    if (l->terminal) {
        live_draw(l);
        return;
    }
    if (!info->waiting_for_workers && !live_waits_for_states(l) && !live_waits_for_materials(l)) {
        l->waiting = 0;
        return;
    }
    if (info->waited < WAITING_GRACE) return;
    if (l->waiting && femd_clock() - l->last < WAITING_NOTICE_EVERY) return;
    l->waiting = 1;
    live_say(l);
}

void femd_live_log(femd_live *l, const char *text) {
    if (!l->log) return;
    fprintf(l->log, "[solver] %s\n", text);
    fflush(l->log);
}

/* A line that stays. */
static void live_tell(femd_live *l, const char *text) {
    femd_live_log(l, text);
    if (!l->out) return;
    fprintf(l->out, "%s%s\n", l->drawn ? "\n" : "", text);
    fflush(l->out);
    l->drawn = 0;
}

void femd_live_cut(femd_live *l, int step, const char *why, double dt) {
    char text[1024];
    snprintf(text, sizeof text, "step %d: increment cut to %.4g: %s", step, dt, why);
    live_tell(l, text);
}

void femd_live_note(femd_live *l, int step, const char *what) {
    char text[1024];
    snprintf(text, sizeof text, "step %d: %s", step, what);
    live_tell(l, text);
    if (!l->out && l->notes) fprintf(l->notes, "%s\n", text);
}

void femd_live_end(femd_live *l) {
    if (l->out && l->drawn) {
        fputc('\n', l->out);
        fflush(l->out);
    }
    l->drawn = 0;
    l->out = NULL;
}
