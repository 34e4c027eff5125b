/* The load increments of a run, from the step that is committed to the end of the case. */
#ifndef FEMD_STEPPING_H
#define FEMD_STEPPING_H

#include "fields/problem.h"

/* Who watches a run. Any function may be NULL. */
typedef struct femd_stepping_hooks {
    void *user;
    /* after commit of a step; a failure ends the run */
    femd_status (*committed)(void *user, femd_problem *p, const femd_step_record *rec, femd_error *err);
    /* at each Newton iteration; field: the name of the kind of what is solved for */
    void (*live)(void *user, const char *field, int step, int iteration, double residual, int cuts);
    /* an attempt at the step failed, for the reason `why`; the next increment of time is dt */
    void (*cut)(void *user, int step, const char *why, double dt);
    /* something of the step that converged is to be known */
    void (*note)(void *user, int step, const char *what);
    /* non-zero ends the run in good order */
    int (*stop)(void *user);
} femd_stepping_hooks;

/* Is the run at its end with this step and load time? */
int femd_stepping_finished(const femd_case *cs, int step, double load_time);
/* Run from p->step / p->time to the end. OK, NOT_CONVERGED (exit 3), DISCONNECTED/infrastructure (exit 4), INTERNAL. */
FEMD_MUST_CHECK femd_status femd_stepping_run(femd_problem *p, const femd_stepping_hooks *hooks, femd_error *err);

#endif
