/* What heat costs the macro solver: 10,000 Q1 hexahedra (80,000 points) on one rank, an analytic law in place of the
 * micro side, whose time is taken off. A step of heat alone and a Newton iteration of a coupled run (both the second of
 * three steps, predictor and set-up of GAMG included); iterations of CG with GAMG for a matrix of heat of up to 64,000
 * hexahedra; sweeps of the points in a coupled step beside those of mechanics under the same temperature, given.
 * Seconds of processor time, which are those of the clock where nothing else runs. Prints JSON. */
#include <petscksp.h>
#include <stdio.h>
#include <time.h>

#include "femd/blas.h"
#include "fields/heat.h"
#include "model.h"
#include "solve/linear.h"

static const double copper[6] = {400, 400, 400, 0, 0, 0};

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static int fail(const femd_error *err) {
    fprintf(stderr, "bench_heat: %s\n", err->text);
    return 1;
}

/* The law with a clock around it, and what a step took. */
typedef struct stopwatch {
    femd_constitutive table;
    const femd_constitutive *inner;
    double law, start, spent[3];
    int sweeps, swept[3], newton[3], steps;
} stopwatch;

static femd_status watch_open(void *self, const femd_case *cs, femd_hash *id, femd_capabilities *caps,
                              femd_error *err) {
    const femd_constitutive *inner = ((stopwatch *)self)->inner;
    return inner->open(inner->self, cs, id, caps, err);
}

static femd_status watch_evaluate(void *self, const femd_request *requests, const int *material, size_t n,
                                  femd_constitutive_sink sink, void *user, femd_error *err) {
    stopwatch *w = self;
    const double start = now();
    const femd_status rc = w->inner->evaluate(w->inner->self, requests, material, n, sink, user, err);
    w->law += now() - start;
    w->sweeps += n > 1; /* one alone is the virgin answer */
    return rc;
}

static femd_status watch_commit(void *self, uint32_t step, const uint64_t *points, const femd_hash *states, size_t n,
                                femd_error *err) {
    const femd_constitutive *inner = ((stopwatch *)self)->inner;
    return inner->commit(inner->self, step, points, states, n, err);
}

static femd_status watch_abort(void *self, femd_error *err) {
    const femd_constitutive *inner = ((stopwatch *)self)->inner;
    return inner->abort(inner->self, err);
}

static femd_status watch_committed(void *user, femd_problem *p, const femd_step_record *rec, femd_error *err) {
    stopwatch *w = user;
    (void)p, (void)err;
    if (w->steps < 3) {
        w->spent[w->steps] = now() - w->law - w->start;
        w->swept[w->steps] = w->sweeps;
        w->newton[w->steps] = rec->newton;
    }
    w->steps++;
    w->sweeps = 0;
    w->start = now() - w->law;
    return FEMD_OK;
}

/* A block of cells, warmed at its right side, held and cold at its left. */
static void block(model *m, const int cells[3], int physics) {
    model_init(m, &femd_element_q1, 1);
    for (int a = 0; a < 3; ++a) m->cs.mesh.cells[a] = cells[a];
    m->cs.direct = 0;
    m->cs.ksp_rtol = physics == FEMD_PHYSICS_THERMAL ? 1e-12 : 1e-8;
    m->cs.rtol = physics == FEMD_PHYSICS_THERMAL ? 1e-11 : 1e-6;
    m->cs.step_count = 3;
    m->cs.end_time = 3e-3;
    if (physics == FEMD_PHYSICS_THERMAL) model_heat(m, copper, 3.4e6, 300, 1);
    if (physics == FEMD_PHYSICS_THERMOMECHANICAL) model_both(m, copper, 3.4e6, 300, 1);
    m->law.alpha = 1.7e-5;
    m->law.rest = 300;
    m->law.neo_hookean = 1;
    if (physics != FEMD_PHYSICS_MECHANICAL) {
        model_load(m, "left", FEMD_LOAD_TEMPERATURE, 300, 0, 0)->has[0] = 1;
        model_expression(model_load(m, "right", FEMD_LOAD_TEMPERATURE, 0, 0, 0), 0, "300+1e5*t");
    }
    if (physics != FEMD_PHYSICS_THERMAL) model_hold(m, "left", 0, 0, 0);
    if (physics == FEMD_PHYSICS_MECHANICAL) m->cs.temperature_function = model_function("300+1e5*t*x^40");
}

static int run(int physics, stopwatch *w) {
    static const int cells[3] = {25, 20, 20};
    model m;
    femd_error err = FEMD_ERROR_INIT;
    const femd_stepping_hooks hooks = {.user = w, .committed = watch_committed};
    block(&m, cells, physics);
    *w = (stopwatch){.inner = &m.law.table};
    w->table = (femd_constitutive){
        .self = w, .open = watch_open, .evaluate = watch_evaluate, .commit = watch_commit, .abort = watch_abort};
    if (femd_problem_create_law(PETSC_COMM_WORLD, &m.cs, &w->table, &m.p, &err) != FEMD_OK) return fail(&err);
    w->start = now();
    if (femd_stepping_run(m.p, &hooks, &err) != FEMD_OK) return fail(&err);
    model_clear(&m);
    return 0;
}

/* Of the first matrix of a cube of n^3 cells: steady, which is the hardest. */
static int count(int n, PetscInt *iterations, double *seconds) {
    const int cells[3] = {n, n, n};
    model m;
    femd_error err = FEMD_ERROR_INIT;
    femd_linear linear;
    Mat K;
    Vec R, x;
    KSP ksp;
    int failed, solved;
    block(&m, cells, FEMD_PHYSICS_THERMAL);
    m.cs.heat.transient = 0;
    if (model_create(&m, &err) != FEMD_OK) return fail(&err);
    femd_field *field = m.p->temperature;
    if (DMCreateGlobalVector(field->dm, &R) != 0 || VecDuplicate(R, &x) != 0 || DMCreateMatrix(field->dm, &K) != 0 ||
        KSPCreate(PETSC_COMM_WORLD, &ksp) != 0 || femd_linear_init(&linear, &m.cs, 1, ksp) != 0 ||
        femd_linear_use(&linear, 0) != 0)
        return 1;
    field->kind->step(field, 1);
    if (field->kind->begin(field, 1e-3, 0, &err) != FEMD_OK ||
        field->kind->evaluate(field, field->committed, &failed, &err) != FEMD_OK ||
        field->kind->residual(field, R, &err) != FEMD_OK || field->kind->jacobian(field, K, &err) != FEMD_OK)
        return fail(&err);
    const double start = now();
    if (femd_linear_solve(&linear, K, R, x, &solved, &err) != FEMD_OK) return fail(&err);
    *seconds = now() - start;
    if (!solved || linear.failed || KSPGetIterationNumber(ksp, iterations) != 0) return 1;
    femd_linear_clear(&linear);
    (void)KSPDestroy(&ksp);
    (void)MatDestroy(&K);
    (void)VecDestroy(&R);
    (void)VecDestroy(&x);
    model_clear(&m);
    return 0;
}

int main(int argc, char **argv) {
    static const int size[3] = {10, 20, 40};
    stopwatch heat, both, mechanics;
    PetscInt iterations[3];
    double seconds[3];
    femd_blas_pin(NULL, argv); /* as the solver does */
    model_start(&argc, &argv);
    if (run(FEMD_PHYSICS_THERMAL, &heat) != 0 || run(FEMD_PHYSICS_THERMOMECHANICAL, &both) != 0 ||
        run(FEMD_PHYSICS_MECHANICAL, &mechanics) != 0)
        return 1;
    for (int i = 0; i < 3; ++i)
        if (count(size[i], &iterations[i], &seconds[i]) != 0) return 1;
    for (int i = 0; i < 3; ++i)
        fprintf(stderr,
                "bench_heat: step %d: heat %.3g s, %d sweeps; both %.3g s, %d Newton, %d sweeps; mechanics %.3g s, %d "
                "Newton, %d sweeps\n",
                i + 1, heat.spent[i], heat.swept[i], both.spent[i], both.newton[i], both.swept[i], mechanics.spent[i],
                mechanics.newton[i], mechanics.swept[i]);
    for (int i = 0; i < 3; ++i)
        fprintf(stderr, "bench_heat: %d^3 cells: %d iterations to 1e-12, %.3g s\n", size[i], (int)iterations[i],
                seconds[i]);
    const double iteration = both.spent[1] / (both.newton[1] + 1);
    printf("{\"results\":["
           "{\"name\":\"heat: a step, 10^4 "
           "hexahedra\",\"value\":%.4g,\"unit\":\"s\",\"ref_name\":\"aim\",\"ref_value\":0.25,\"ratio\":%.3g},"
           "{\"name\":\"heat and mechanics: all but the micro, per Newton "
           "iteration\",\"value\":%.4g,\"unit\":\"s\",\"ref_name\":\"aim\",\"ref_value\":0.8,\"ratio\":%.3g},"
           "{\"name\":\"heat: iterations of CG and GAMG, 64,000 "
           "hexahedra\",\"value\":%d,\"unit\":\"\",\"ref_name\":\"aim\",\"ref_value\":25,\"ratio\":%.3g},"
           "{\"name\":\"heat and mechanics: sweeps of a step\",\"value\":%d,\"unit\":\"\",\"ref_name\":\"mechanics "
           "alone + 1\",\"ref_value\":%d,\"ratio\":%.3g}"
           "]}\n",
           heat.spent[1], heat.spent[1] / 0.25, iteration, iteration / 0.8, (int)iterations[2],
           (double)iterations[2] / 25, both.swept[1], mechanics.swept[1] + 1,
           both.swept[1] / (double)(mechanics.swept[1] + 1));
    return 0;
}
