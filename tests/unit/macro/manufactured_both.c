/* With c = cos, s = sin: u = A g(t) (sx cy, sy cz, sz cx), T = 1 + h(t) W, W = sx cy cz / 2, g = h = 1 in a steady
 * state, else g = 1/2 + 1/2 sin 2t, h = cos t. The law is St. Venant-Kirchhoff's, linear at this A: stress
 * lambda tr e + 2 mu e - b (T - 1), b = 3 K alpha; body force its divergence with the other sign; source
 * c h' W + T b A g' div u + 3 k h W. */
#include "manufactured_both.h"

#include <math.h>
#include <stdlib.h>

#define AMPLITUDE 1e-6
#define ALPHA     1e-6
#define CAPACITY  1e-10
#define K         1e-10
#define COUPLING  "8e-6" /* b of ALPHA: 3 (lambda + 2 mu / 3) = 8 */

static void both_hold(model *m, const char *g, const char *h) {
    static const char *const side[6] = {"left", "right", "front", "back", "bottom", "top"};
    static const char *const shape[3] = {"sin(x)*cos(y)", "sin(y)*cos(z)", "sin(z)*cos(x)"};
    char text[200];
    for (int s = 0; s < 6; ++s) {
        femd_case_boundary *held = model_hold(m, side[s], 0, 0, 0);
        for (int a = 0; a < 3; ++a) {
            snprintf(text, sizeof text, "1e-6*%s*%s", g, shape[a]);
            model_expression(held, a, text);
        }
        snprintf(text, sizeof text, "1+0.5*%s*sin(x)*cos(y)*cos(z)", h);
        model_expression(model_load(m, side[s], FEMD_LOAD_TEMPERATURE, 0, 0, 0), 0, text);
    }
}

/* lambda 2, mu 1. */
static void both_load(model *m, const char *g, const char *h, const char *dg, const char *dh) {
    static const char *const force[3] = {"(3*sin(x)*(cos(y)+cos(z))+2*sin(x)*cos(y))",
                                         "(3*sin(y)*(cos(z)+cos(x))+2*sin(y)*cos(z))",
                                         "(3*sin(z)*(cos(x)+cos(y))+2*sin(z)*cos(x))"},
                             *const slope[3] = {"cos(x)*cos(y)*cos(z)", "(-sin(x)*sin(y)*cos(z))",
                                                "(-sin(x)*cos(y)*sin(z))"};
    char text[400];
    m->cs.has_body_force = 1;
    for (int a = 0; a < 3; ++a) {
        snprintf(text, sizeof text, "1e-6*%s*%s+" COUPLING "*0.5*%s*%s", g, force[a], h, slope[a]);
        m->cs.body_function[a] = model_function(text);
    }
    m->cs.heat.has_source = 1;
    snprintf(text, sizeof text,
             "1e-10*0.5*(%s+3*%s)*sin(x)*cos(y)*cos(z)+(1+0.5*%s*sin(x)*cos(y)*cos(z))*" COUPLING
             "*1e-6*%s*(cos(x)*cos(y)+cos(y)*cos(z)+cos(z)*cos(x))",
             dh, h, h, dg);
    m->cs.heat.source_function = model_function(text);
}

static void both_prepare(model *m, const femd_element *element, int n, int steps) {
    const double k[6] = {K, K, K, 0, 0, 0};
    const char *g = steps ? "(0.5+0.5*sin(2*t))" : "1", *h = steps ? "cos(t)" : "1", *dg = steps ? "cos(2*t)" : "0",
               *dh = steps ? "(-sin(t))" : "0";
    model_init(m, element, n);
    m->cs.mesh.distort = 0.2;
    m->cs.rtol = 1e-9;
    m->cs.stability = 0;
    m->law.alpha = ALPHA;
    m->law.rest = 1;
    model_both(m, k, CAPACITY, 1, steps ? 0.5 : 0);
    m->cs.stability = 0;
    m->cs.heat.initial_function = model_function("1+0.5*sin(x)*cos(y)*cos(z)");
    if (steps) {
        m->cs.step_count = steps;
        m->cs.heat.coupling = FEMD_COUPLING_TWO_WAY;
        m->cs.heat.iterate = 1e-6;
    }
    both_hold(m, g, h);
    both_load(m, g, h, dg, dh);
}

static void both_rms(const model *m, const double *u, const double *T, double g, double h, double error[2]) {
    const femd_problem *p = m->p;
    const femd_element_table *table = &p->grid->table;
    double sum[2] = {0}, volume = 0;
    for (PetscInt k = 0; k < p->pt->n; ++k) {
        const PetscInt *node = p->grid->cell_node + k / table->points * table->nodes;
        const double *x = p->pt->x + 3 * k;
        double at[4] = {-g * sin(x[0]) * cos(x[1]), -g * sin(x[1]) * cos(x[2]), -g * sin(x[2]) * cos(x[0]),
                        -1 - 0.5 * h * sin(x[0]) * cos(x[1]) * cos(x[2])};
        for (int i = 0; i < table->nodes; ++i) {
            const double N = table->shape[k % table->points][i];
            for (int a = 0; a < 3; ++a) at[a] += N * u[3 * node[i] + a] / AMPLITUDE;
            at[3] += N * T[node[i]];
        }
        sum[0] += p->pt->weight[k] * (at[0] * at[0] + at[1] * at[1] + at[2] * at[2]);
        sum[1] += p->pt->weight[k] * at[3] * at[3];
        volume += p->pt->weight[k];
    }
    for (int i = 0; i < 2; ++i) error[i] = sqrt(sum[i] / volume);
}

femd_status manufactured_both_errors(const femd_element *element, int n, int steps, double *u, double *T,
                                     femd_error *err) {
    model m;
    double error[2] = {NAN, NAN};
    both_prepare(&m, element, n, steps);
    femd_status rc = model_run(&m, err);
    double *all = rc == FEMD_OK ? malloc((m.p->displacement->n + m.p->temperature->n + 1) * sizeof *all) : NULL;
    if (all) rc = femd_field_get(m.p->displacement, all, err);
    if (all && rc == FEMD_OK) rc = femd_field_get(m.p->temperature, all + m.p->displacement->n, err);
    if (all && rc == FEMD_OK)
        both_rms(&m, all, all + m.p->displacement->n, steps ? 0.5 + 0.5 * sin(2.0) : 1, steps ? cos(1.0) : 1, error);
    free(all);
    model_clear(&m);
    *u = error[0];
    *T = error[1];
    return rc;
}
