/* The supervisor's records, for its own files. */
#ifndef FEMD_CLIENT_SUPERVISE_PRIVATE_H
#define FEMD_CLIENT_SUPERVISE_PRIVATE_H

#include <sys/types.h>

#include "femd/error.h"
#include "supervise.h"

enum { SERVER, MACRO, WORKERS }; /* indices of parts; workers from WORKERS on */
enum phase { STARTING, RUNNING, ENDING };

typedef struct part {
    char name[40];
    launch_child child;
    int restarts;
    double restart_at;  /* clock; 0 = none is due */
    double kill_at;     /* clock; 0 = the server has not lost it */
    double judge_at;    /* clock; it has ended, and then the server has nothing to say of it; 0 = it has not */
    double began, died; /* clock */
    int status;         /* with which it has ended */
    pid_t pid;          /* of the process that is or was there last */
    char suspect[160];  /* at what it ended, as the server says */
    int gone;           /* will not be started again */
    char line[1024];    /* of output, not finished yet */
    size_t used;
    char last[256]; /* last whole line */
} part;

typedef struct run {
    const supervise_plan *plan;
    part *part;
    size_t n;
    struct pollfd *poll;
    int signals, ready, news;
    char news_line[400];
    char suspect[160]; /* at what a worker ended last, as the server says */
    size_t news_used;
    enum phase phase;
    double deadline; /* clock: the server must be ready, or force is used */
    int code;        /* exit code of the run once it ends */
    int interrupted; /* signal of the user, 0 = none */
    int forced;
} run;

enum { SUPERVISE_RESTARTS = 3 };
extern const double supervise_backoff[SUPERVISE_RESTARTS]; /* s before the first, second and third restart */

/* Words to the user and into the log. */
void supervise_say(run *r, const char *fmt, ...) FEMD_PRINTF(2, 3);
void supervise_signal_part(const part *p, int sig);
/* From here on the run only ends, with that exit code. */
void supervise_end_run(run *r, int code);
/* The same, and the solver is told. */
void supervise_stop_macro(run *r, int code);
/* All that is left is killed. */
void supervise_force(run *r);
extern const double supervise_pool_grace; /* s for server and workers to end in good order, then force */

/* ---- workers ---- */

/* It has ended: it is started again, after the server has said whether its work is suspect, or has had the time to. */
void supervise_worker_ended(run *r, part *p, int status);
/* What is due with a worker: it is killed, or judged. */
void supervise_worker_on_clock(run *r, part *p, double now);
/* Take the server's news of workers. */
void supervise_read_news(run *r);

#endif
