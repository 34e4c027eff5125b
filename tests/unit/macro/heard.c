/* Hooks that note what a run tells of its steps and attempts. */
#include "heard.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

femd_status hear_step(void *user, femd_problem *p, const femd_step_record *rec, femd_error *err) {
    heard *h = user;
    (void)err;
    assert_true(h->steps < LOG_MAX);
    h->dt[h->steps] = rec->dt;
    h->cuts_of[h->steps] = rec->cuts;
    h->direct_of[h->steps++] = rec->direct;
    h->newton += rec->newton;
    h->stalled += rec->end == FEMD_NEWTON_STALLED;
    h->last = *rec;
    h->last.reaction = h->reaction;
    memcpy(h->reaction, rec->reaction, 3 * p->cs->nboundary * sizeof *h->reaction);
    return FEMD_OK;
}

static void hear_cut(void *user, int step, const char *why, double dt) {
    heard *h = user;
    (void)step, (void)dt;
    assert_true(h->cuts < LOG_MAX);
    snprintf(h->why[h->cuts++], sizeof h->why[0], "%s", why);
}

static void hear_note(void *user, int step, const char *what) {
    heard *h = user;
    (void)step;
    h->notes++;
    snprintf(h->note, sizeof h->note, "%s", what);
}

femd_status run(model *m, heard *h, femd_error *err) {
    const femd_stepping_hooks hooks = {.user = h, .committed = hear_step, .cut = hear_cut, .note = hear_note};
    memset(h, 0, sizeof *h);
    if (!m->p) FEMD_TRY(model_create(m, err));
    return femd_stepping_run(m->p, &hooks, err);
}

void run_ok(model *m, heard *h) {
    femd_error err = FEMD_ERROR_INIT;
    if (run(m, h, &err) != FEMD_OK) fail_msg("%s", err.text);
}

double evaluations_a_point(const model *m) {
    return (double)m->law.points / (double)m->p->pt->n;
}
