/* The live line on stderr: how the run stands, rewritten on a terminal, one line per Newton iteration elsewhere. */
#ifndef FEMD_LIVE_H
#define FEMD_LIVE_H

#include <stdio.h>

#include "femd/client.h"

typedef struct femd_live {
    FILE *out; /* borrowed; NULL = silent (other ranks, --quiet) */
    FILE
        *notes; /* borrowed; notes go here where `out` is silent: what qualifies an answer is always said; NULL = not */
    FILE *log;  /* borrowed; cuts and notes go here too, silent or not; NULL = nowhere */
    int terminal;
    const char *address; /* of the server, borrowed; NULL = workers are started by femd run */
    int steps;           /* planned */
    int ranks;
    int step, iteration, cuts;
    const char *field; /* whose iteration it is, borrowed; NULL: there is but one */
    double residual;   /* N, of the temperature W; negative = not known yet */
    femd_progress_info info;
    double micro;         /* s waited for the current or last batch */
    uint32_t workers_max; /* most seen in any wait, also kept while silent */
    int drawn;            /* characters of the unfinished line on the terminal */
    double last;          /* clock of the last line or of the last waiting notice */
    int waiting;          /* a waiting notice is the last thing said */
} femd_live;

/* out NULL: counts only. */
void femd_live_init(femd_live *l, FILE *out, const char *address, int steps, int ranks);
/* The server has told how many workers there are. */
void femd_live_workers(femd_live *l, uint32_t workers);
/* A Newton iteration is finished: its residual is known. field: a name that stays; NULL: there is but one. */
void femd_live_iteration(femd_live *l, const char *field, int step, int iteration, double residual, int cuts);
/* A wait goes on. */
void femd_live_progress(femd_live *l, const femd_progress_info *info);
/* An increment was given up: a line of its own with the reason and the next increment of time. */
void femd_live_cut(femd_live *l, int step, const char *why, double dt);
/* Something about a step is to be known: a line of its own. */
void femd_live_note(femd_live *l, int step, const char *what);
/* A line of the solver's for the log alone. */
void femd_live_log(femd_live *l, const char *text);
/* Close an unfinished line, so that other text can follow; what comes after is counted and not shown. */
void femd_live_end(femd_live *l);

/* "step 3/10 it 2 |r| 5.8e-03 points 1728/1728 micro 12.3 s workers 16 reused 31 % cuts 0" (with two fields
 * "step 3/10 temperature it 2 ..."), or the words of a wait without workers. A terminal too narrow for it is shown
 * fewer words. */
void femd_live_text(const femd_live *l, char *text, size_t size);

#endif
