/* What Newton's method costs in evaluations of a point, on bodies that are hard for it: an analytic law (E 1 GPa) in
 * place of the micro side, so that the figures are the same on any machine. Prints JSON; what happened goes to standard
 * error. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "femd/blas.h"
#include "model.h"

typedef struct beam {
    const char *name;
    const femd_element *element;
    double size[3];
    int cells[3], steps;
    double nu, load; /* P L^2 / (E I) */
    double aim;      /* evaluations a point; 0 = none */
} beam;

typedef struct tally {
    int newton, cuts, steps, stalled;
    double worst; /* |r| / load */
} tally;

static femd_status tally_step(void *user, femd_problem *p, const femd_step_record *rec, femd_error *err) {
    tally *t = user;
    (void)p, (void)err;
    t->newton += rec->newton;
    t->cuts += rec->cuts;
    t->stalled += rec->end == FEMD_NEWTON_STALLED;
    t->steps++;
    t->worst = fmax(t->worst, rec->residual[rec->nresiduals - 1] / rec->load);
    return FEMD_OK;
}

static int bend(const beam *b, int last) {
    model m;
    tally t = {0};
    double u[3];
    femd_error err = FEMD_ERROR_INIT;
    const femd_stepping_hooks hooks = {.user = &t, .committed = tally_step};
    model_bend(&m, b->element, b->size, b->cells, b->nu, b->load);
    m.cs.step_count = b->steps;
    femd_status rc = model_create(&m, &err);
    if (rc == FEMD_OK) rc = femd_stepping_run(m.p, &hooks, &err);
    if (rc != FEMD_OK) {
        fprintf(stderr, "bench_newton: %s: %s\n", b->name, err.text);
        model_clear(&m);
        return 1;
    }
    model_tip(&m, u);
    const double each = (double)m.law.points / (double)m.p->pt->n;
    fprintf(stderr, "%s: %d steps, %d iterations, %d cuts, %d stalled, |r|/load %.1e, u/L %.5f, w/L %.5f\n", b->name,
            t.steps, t.newton, t.cuts, t.stalled, t.worst, u[0] / b->size[0], u[2] / b->size[0]);
    printf("{\"name\":\"newton: %s\",\"value\":%.4g,\"unit\":\"evaluations a point\"", b->name, each);
    if (b->aim > 0) printf(",\"ref_name\":\"aim\",\"ref_value\":%g,\"ratio\":%.3g", b->aim, each / b->aim);
    printf("}%s", last ? "" : ",\n");
    model_clear(&m);
    return 0;
}

int main(int argc, char **argv) {
    static const beam beams[] = {
        {"cantilever, Q1, PL^2/EI 10, 10 steps", &femd_element_q1, {10, 1, 1}, {40, 2, 2}, 10, 0.3, 10, 62},
        {"cantilever, P2, PL^2/EI 10, 10 steps", &femd_element_p2, {10, 1, 1}, {20, 2, 2}, 10, 0.3, 10, 62},
        {"strip 3000x10x1, P2, PL^2/EI 1, 1 step", &femd_element_p2, {3000, 10, 1}, {60, 1, 1}, 1, 0, 1, 0},
        {"the same, nu 0.3", &femd_element_p2, {3000, 10, 1}, {60, 1, 1}, 1, 0.3, 1, 0},
        {"strip 1000x10x1, P2, PL^2/EI 2, 1 step", &femd_element_p2, {1000, 10, 1}, {60, 1, 1}, 1, 0.3, 2, 0},
    };
    const int n = (int)(sizeof beams / sizeof *beams);
    int rc = 0;
    femd_blas_pin(NULL, argv); /* as the solver does */
    model_start(&argc, &argv);
    printf("{\"results\":[");
    for (int i = 0; i < n; ++i) rc |= bend(&beams[i], i + 1 == n);
    printf("]}\n");
    return rc;
}
