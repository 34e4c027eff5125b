/* A run that tells of its steps and attempts, for the tests of Newton's method. */
#ifndef FEMD_TEST_HEARD_H
#define FEMD_TEST_HEARD_H

#include "model.h"

enum { LOG_MAX = 64 };

/* What a run told of its steps and attempts. */
typedef struct heard {
    int steps, cuts, notes, newton, stalled;
    double dt[LOG_MAX];
    int cuts_of[LOG_MAX], direct_of[LOG_MAX];
    char why[LOG_MAX][512], note[512];
    femd_step_record last;
    double reaction[3 * MODEL_ENTRIES];
} heard;

/* The hook of a committed step; user: a heard. */
femd_status hear_step(void *user, femd_problem *p, const femd_step_record *rec, femd_error *err);
/* Create m if need be and run it to the end, h being what it told. */
femd_status run(model *m, heard *h, femd_error *err);
/* ... which must come to its end. */
void run_ok(model *m, heard *h);
/* Asked so far, by the points of this rank. */
double evaluations_a_point(const model *m);

#endif
