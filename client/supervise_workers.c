/* Workers that end: started again, or given up. The server is asked first, it knows at what one has ended, and its news
 * of workers that hang are acted on. */
#include "supervise_private.h"

#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "commands.h"
#include "femd/clock.h"

const double supervise_backoff[SUPERVISE_RESTARTS] = {0.5, 1.0, 2.0};
static const double restart_apart = 0.3; /* s between the restarts of two workers */
static const double news_grace = 0.5;    /* s in which the server notices that a worker has ended, and says so */
static const double told_grace = 10.0;   /* s that a server which has told its workers to end needs for its own end */
static const double long_life = 600.0; /* s: what a worker that lived so long ended by says nothing of its next start */
static const double gone_grace = 5.0;  /* s that a worker has to come back to the server that has lost it */
static const double stopped_grace = 1.0; /* the same, if it is stopped: all of a job may just be going on again */

/* ---- ends ---- */

static int supervise_workers_left(const run *r) {
    int left = 0;
    for (size_t i = WORKERS; i < r->n; i++) left += !r->part[i].gone;
    return left;
}

/* One after another: workers that ended together and would end together again, over the points that ended them, look
 * like a host that was lost, and no point is to blame for that. */
static double supervise_restart_time(const run *r, const part *p, double wait) {
    double at = fmax(p->died + wait, femd_clock());
    for (size_t i = WORKERS; i < r->n; i++)
        if (r->part[i].restart_at > 0) at = fmax(at, r->part[i].restart_at + restart_apart);
    return at;
}

/* Its work is suspect: how often that may happen is for the server to decide, which gives up the point that is to
 * blame.
 */
static void supervise_replace_suspect(run *r, part *p, const char *words) {
    p->restart_at = supervise_restart_time(r, p, supervise_backoff[0]);
    snprintf(r->suspect, sizeof r->suspect, "%s", p->suspect);
    supervise_say(r, "%s died: %s, while it %s (the engine is suspect)%s%s; starting it again in %g s", p->name, words,
                  p->suspect, *p->last ? "; it said: " : "", p->last, supervise_backoff[0]);
}

static void supervise_all_lost(run *r) {
    const char *before = *r->suspect ? "; before that one had ended while it " : "";
    supervise_say(r,
                  "all workers are lost: they ended at every start, without a point to blame%s%s; the log has what "
                  "they said",
                  before, r->suspect);
    supervise_stop_macro(r, FEMD_EXIT_POOL_LOST);
}

static void supervise_judge(run *r, part *p) {
    char words[128];
    p->judge_at = 0;
    launch_words(p->status, words, sizeof words);
    if (*p->suspect) {
        supervise_replace_suspect(r, p, words);
        return;
    }
    const char *said = *p->last ? "; it said: " : "";
    if (p->restarts < SUPERVISE_RESTARTS) {
        const double wait = supervise_backoff[p->restarts++];
        p->restart_at = supervise_restart_time(r, p, wait);
        supervise_say(r, "%s died: %s%s%s; starting it again in %g s (%d of %d)", p->name, words, said, p->last, wait,
                      p->restarts, SUPERVISE_RESTARTS);
        return;
    }
    p->gone = 1;
    supervise_say(r, "%s died: %s%s%s; it was started %d times and is given up", p->name, words, said, p->last,
                  SUPERVISE_RESTARTS + 1);
    if (!supervise_workers_left(r)) supervise_all_lost(r);
}

/* The news came late: the death that was counted is that of a suspect. */
static void supervise_judge_again(run *r, part *p) {
    p->restarts--;
    snprintf(r->suspect, sizeof r->suspect, "%s", p->suspect);
    supervise_say(r, "%s had died while it %s (the engine is suspect)", p->name, p->suspect);
}

void supervise_worker_ended(run *r, part *p, int status) {
    if (r->phase == ENDING) return;
    p->status = status;
    p->died = femd_clock();
    if (p->died - p->began > long_life) p->restarts = 0;
    const int told = !r->plan->macro && WIFEXITED(status) && strstr(p->last, "the server has ended");
    p->judge_at = p->died + (told ? told_grace : news_grace);
    if (!told && (*p->suspect || r->news < 0)) supervise_judge(r, p);
}

/* ---- news ---- */

static part *supervise_worker_of(run *r, pid_t pid) {
    for (size_t i = WORKERS; i < r->n; i++)
        if (r->part[i].pid == pid) return &r->part[i];
    return NULL;
}

static int supervise_is_stopped(const part *p) {
    siginfo_t info = {.si_pid = 0};
    return p->child.pid > 0 && waitid(P_PID, (id_t)p->child.pid, &info, WSTOPPED | WNOHANG | WNOWAIT) == 0 &&
           info.si_pid == p->child.pid;
}

static void supervise_kill_worker(run *r, part *p, const char *why) {
    p->kill_at = 0;
    supervise_say(r, "%s (pid %d) %s: it is killed, to be replaced", p->name, (int)p->child.pid, why);
    supervise_signal_part(p, SIGKILL); /* one that is stopped too */
}

static void supervise_take_news(run *r, const char *line) {
    char word[8];
    unsigned pid;
    if (sscanf(line, "%7s %u", word, &pid) != 2) return;
    if (strcmp(word, "says") == 0) { /* of something beside the run */
        supervise_say(r, "%s", line + strlen("says 0 "));
        return;
    }
    if (r->phase != RUNNING) return;
    part *p = supervise_worker_of(r, (pid_t)pid);
    if (!p || pid == 0) return;
    if (strcmp(word, "ended") == 0) {
        const char *doing = strchr(line + strlen("ended "), ' ');
        snprintf(p->suspect, sizeof p->suspect, "%s", doing ? doing + 1 : "worked");
        if (p->judge_at > 0)
            supervise_judge(r, p);
        else if (p->restart_at > 0 && p->restarts > 0)
            supervise_judge_again(r, p);
    } else if (strcmp(word, "barred") == 0) {
        const char *why = strchr(line + strlen("barred "), ' ');
        supervise_say(r, "%s (pid %u) is in quarantine and gets no tasks any more: %s", p->name, pid,
                      why ? why + 1 : "");
    } else if (p->child.pid != (pid_t)pid) {
        return; /* nothing else is to be said of one that has ended */
    } else if (strcmp(word, "hung") == 0) {
        supervise_kill_worker(r, p, "hangs, the server has had no sign of progress from it");
    } else {
        const double grace = supervise_is_stopped(p) ? stopped_grace : gone_grace;
        p->kill_at = strcmp(word, "gone") == 0 ? femd_clock() + grace : 0;
        if (!p->kill_at) *p->suspect = '\0'; /* it is back, and had only been lost */
    }
}

void supervise_worker_on_clock(run *r, part *p, double now) {
    if (p->judge_at > 0 && now >= p->judge_at) supervise_judge(r, p);
    if (p->kill_at > 0 && now >= p->kill_at && p->child.pid > 0 && r->phase == RUNNING)
        supervise_kill_worker(r, p,
                              supervise_is_stopped(p) ? "is stopped by a signal, and the server has lost it"
                                                      : "is there, but the server has lost it");
}

void supervise_read_news(run *r) {
    ssize_t n;
    char text[512];
    while ((n = read(r->news, text, sizeof text)) > 0) {
        for (ssize_t i = 0; i < n; i++) {
            if (text[i] != '\n' && r->news_used < sizeof r->news_line - 1) r->news_line[r->news_used++] = text[i];
            if (text[i] != '\n') continue;
            r->news_line[r->news_used] = '\0';
            r->news_used = 0;
            supervise_take_news(r, r->news_line);
        }
    }
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
    close(r->news);
    r->news = -1;
}
