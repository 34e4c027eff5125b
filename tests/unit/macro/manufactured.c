/* u_x = A y^3: the slope g = 3 A y^2 gives 2 E12 = g, E22 = g^2/2, so S12 = mu g, S22 = (lambda + 2 mu) g^2/2,
 * P12 = S12 + g S22, P22 = S22, and the body force is -d/dy of P12 and P22. */
#include "manufactured.h"

#include <math.h>
#include <stdlib.h>

#define AMPLITUDE 0.2

static void manufactured_prepare(model *m, const femd_element *element, int n, double lambda) {
    static const char *const side[6] = {"left", "right", "front", "back", "bottom", "top"};
    char text[400];
    model_init(m, element, n);
    m->law.lambda = lambda;
    m->cs.mesh.distort = 0.2;
    m->cs.rtol = 1e-9;
    const double M = m->law.lambda + 2 * m->law.mu, mu = m->law.mu;
    for (int s = 0; s < 6; ++s) {
        snprintf(text, sizeof text, "%.17g*t*y^3", AMPLITUDE);
        model_expression(model_hold(m, side[s], 0, 0, 0), 0, text);
    }
    m->cs.has_body_force = 1;
    snprintf(text, sizeof text, "-6*%.17g*t*y*(%.17g+1.5*%.17g*(3*%.17g*t*y^2)^2)", AMPLITUDE, mu, M, AMPLITUDE);
    m->cs.body_function[0] = model_function(text);
    snprintf(text, sizeof text, "-6*%.17g*t*y*%.17g*3*%.17g*t*y^2", AMPLITUDE, M, AMPLITUDE);
    m->cs.body_function[1] = model_function(text);
}

static double manufactured_rms(const model *m, const double *u) {
    const femd_grid *grid = m->p->grid;
    const femd_element_table *table = &grid->table;
    double sum = 0, volume = 0;
    for (PetscInt c = 0; c < grid->ncells; ++c)
        for (int q = 0; q < table->points; ++q) {
            const PetscInt k = c * table->points + q;
            double at[3] = {0};
            for (int i = 0; i < table->nodes; ++i)
                for (int a = 0; a < 3; ++a)
                    at[a] += table->shape[q][i] * u[3 * grid->cell_node[c * table->nodes + i] + a];
            at[0] -= AMPLITUDE * pow(m->p->pt->x[3 * k + 1], 3);
            sum += m->p->pt->weight[k] * (at[0] * at[0] + at[1] * at[1] + at[2] * at[2]);
            volume += m->p->pt->weight[k];
        }
    return sqrt(sum / volume) / AMPLITUDE;
}

femd_status manufactured_error(const femd_element *element, int n, double *error, femd_error *err) {
    model m;
    manufactured_prepare(&m, element, n, 2);
    femd_status rc = model_run(&m, err);
    double *u = rc == FEMD_OK ? malloc((m.p->displacement->n + 1) * sizeof *u) : NULL;
    if (u) rc = femd_field_get(m.p->displacement, u, err);
    if (u) *error = manufactured_rms(&m, u);
    free(u);
    model_clear(&m);
    return rc;
}

/* At slope g: E = (0, g^2/2, 0, 0, 0, g/2), S as above; -3 J p = S:C. */
static double manufactured_pressure(double lambda, double mu, double g) {
    const double square = g * g, S0 = lambda * square / 2, S1 = (lambda + 2 * mu) * square / 2;
    return -(S0 + S1 * (1 + square) + S0 + 2 * mu * g * g) / 3;
}

static double manufactured_pressure_rms(const model *m, const double *pressure) {
    const femd_problem *p = m->p;
    const femd_element_table *table = &p->grid->table;
    const double most = fabs(manufactured_pressure(m->law.lambda, m->law.mu, 3 * AMPLITUDE));
    double sum = 0, volume = 0;
    for (PetscInt k = 0; k < p->pt->n; ++k) {
        const PetscInt *node = p->grid->cell_node + k / table->points * table->nodes;
        const double g = 3 * AMPLITUDE * pow(p->pt->x[3 * k + 1], 2);
        double at = -manufactured_pressure(m->law.lambda, m->law.mu, g);
        for (int i = 0; i < table->corners; ++i) at += table->corner[k % table->points][i] * pressure[node[i]];
        sum += p->pt->weight[k] * at * at;
        volume += p->pt->weight[k];
    }
    return sqrt(sum / volume) / most;
}

femd_status manufactured_mixed_errors(int n, double lambda, double *displacement, double *pressure, femd_error *err) {
    model m;
    manufactured_prepare(&m, &femd_element_p2, n, lambda);
    m.cs.mixed = 1;
    femd_status rc = model_run(&m, err);
    double *u = rc == FEMD_OK ? malloc((m.p->displacement->n + 1) * sizeof *u) : NULL;
    double *p = rc == FEMD_OK ? malloc((m.p->pressure->n + 1) * sizeof *p) : NULL;
    if (u && p) rc = femd_field_get(m.p->displacement, u, err);
    if (u && p && rc == FEMD_OK) rc = femd_field_get(m.p->pressure, p, err);
    if (u && p && rc == FEMD_OK) {
        *displacement = manufactured_rms(&m, u);
        *pressure = manufactured_pressure_rms(&m, p);
    }
    free(u);
    free(p);
    model_clear(&m);
    return rc;
}
