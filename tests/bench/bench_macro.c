/* What the macro solver itself costs: 10,000 Q1 hexahedra (80,000 points) on one rank, an analytic law in place of the
 * micro side, whose time is taken off. Residual and Jacobian alone, and everything but the law for a Newton iteration
 * of a bent bar (CG + GAMG with the case's default tolerances; the second of two steps, predictor and set-up of GAMG
 * included). Seconds of processor time, which are those of the clock where nothing else runs. The reference is the aim
 * of the design. Prints JSON. */
#include <petscksp.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "femd/blas.h"
#include "fields/mechanics.h"
#include "model.h"

enum { REPEATS = 7 };

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static int ascending(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static int fail(const femd_error *err) {
    fprintf(stderr, "bench_macro: %s\n", err->text);
    return 1;
}

/* The law with a clock around it. */
typedef struct timed_law {
    femd_constitutive table;
    const femd_constitutive *inner;
    double spent;
} timed_law;

static femd_status timed_open(void *self, const femd_case *cs, femd_hash *id, femd_capabilities *caps,
                              femd_error *err) {
    const femd_constitutive *inner = ((timed_law *)self)->inner;
    return inner->open(inner->self, cs, id, caps, err);
}

static femd_status timed_evaluate(void *self, const femd_request *requests, const int *material, size_t n,
                                  femd_constitutive_sink sink, void *user, femd_error *err) {
    timed_law *law = self;
    double start = now();
    femd_status rc = law->inner->evaluate(law->inner->self, requests, material, n, sink, user, err);
    law->spent += now() - start;
    return rc;
}

static femd_status timed_commit(void *self, uint32_t step, const uint64_t *points, const femd_hash *states, size_t n,
                                femd_error *err) {
    const femd_constitutive *inner = ((timed_law *)self)->inner;
    return inner->commit(inner->self, step, points, states, n, err);
}

static femd_status timed_abort(void *self, femd_error *err) {
    const femd_constitutive *inner = ((timed_law *)self)->inner;
    return inner->abort(inner->self, err);
}

/* Median time of residual and Jacobian at a state whose answers are there. */
static int assembly(model *m, double *seconds) {
    femd_error err = FEMD_ERROR_INIT;
    double t[REPEATS];
    Vec R;
    Mat K;
    int failed;
    if (DMCreateGlobalVector(m->p->displacement->dm, &R) != 0 || DMCreateMatrix(m->p->displacement->dm, &K) != 0)
        return 1;
    m->p->displacement->kind->step(m->p->displacement, 1);
    if (m->p->displacement->kind->begin(m->p->displacement, 0.1, 0, &err) != FEMD_OK ||
        m->p->displacement->kind->evaluate(m->p->displacement, m->p->displacement->committed, &failed, &err) != FEMD_OK)
        return fail(&err);
    for (int i = -1; i < REPEATS; ++i) {
        double start = now();
        if (m->p->displacement->kind->residual(m->p->displacement, R, &err) != FEMD_OK ||
            m->p->displacement->kind->jacobian(m->p->displacement, K, &err) != FEMD_OK)
            return fail(&err);
        if (i >= 0) t[i] = now() - start;
    }
    qsort(t, REPEATS, sizeof *t, ascending);
    *seconds = t[REPEATS / 2];
    (void)VecDestroy(&R);
    (void)MatDestroy(&K);
    return 0;
}

/* The second step: from the commit of the first to its own. */
typedef struct stopwatch {
    const timed_law *law;
    double start, spent;
    femd_step_record rec;
} stopwatch;

static femd_status committed(void *user, femd_problem *p, const femd_step_record *rec, femd_error *err) {
    stopwatch *w = user;
    (void)p, (void)err;
    w->spent = now() - w->law->spent - w->start;
    w->start = now() - w->law->spent;
    w->rec = *rec;
    return FEMD_OK;
}

int main(int argc, char **argv) {
    model m;
    timed_law timed;
    stopwatch watch = {.law = &timed};
    const femd_stepping_hooks hooks = {.user = &watch, .committed = committed};
    femd_error err = FEMD_ERROR_INIT;
    double assembled = 0;
    femd_blas_pin(NULL, argv); /* as the solver does */
    model_start(&argc, &argv);
    model_init(&m, &femd_element_q1, 20);
    m.law.neo_hookean = 1;
    m.cs.mesh.cells[0] = 25;
    m.cs.direct = 0;
    m.cs.rtol = m.cs.ksp_rtol = 1e-8;
    m.cs.step_count = 2;
    model_hold(&m, "left", 0, 0, 0);
    model_hold(&m, "right", 0.1, 0.2, 0);
    timed = (timed_law){.inner = &m.law.table};
    timed.table = (femd_constitutive){
        .self = &timed, .open = timed_open, .evaluate = timed_evaluate, .commit = timed_commit, .abort = timed_abort};
    if (femd_problem_create_law(PETSC_COMM_WORLD, &m.cs, &timed.table, &m.p, &err) != FEMD_OK) return fail(&err);
    if (assembly(&m, &assembled) != 0) return 1;
    if (femd_stepping_run(m.p, &hooks, &err) != FEMD_OK) return fail(&err);
    double iteration =
        watch.spent / (watch.rec.newton + 1); /* the predictor is an assembly and a linear solve as well */
    fprintf(stderr, "bench_macro: second step: %d Newton iterations, |r| %.1e to %.1e N; the law took %.2f s\n",
            watch.rec.newton, watch.rec.residual[0], watch.rec.residual[watch.rec.nresiduals - 1], timed.spent);
    printf("{\"results\":["
           "{\"name\":\"macro: residual and Jacobian, 10^4 "
           "hexahedra\",\"value\":%.4g,\"unit\":\"s\",\"ref_name\":\"aim\",\"ref_value\":0.25,\"ratio\":%.3g},"
           "{\"name\":\"macro: all but the micro, per Newton "
           "iteration\",\"value\":%.4g,\"unit\":\"s\",\"ref_name\":\"aim\",\"ref_value\":1.2,\"ratio\":%.3g}"
           "]}\n",
           assembled, assembled / 0.25, iteration, iteration / 1.2);
    model_clear(&m);
    return 0;
}
