/* u_x = A y^3: the slope g = 3 A y^2 gives 2 E12 = g, E22 = g^2/2, so S12 = mu g, S22 = (lambda + 2 mu) g^2/2,
 * P12 = S12 + g S22, P22 = S22, and the body force is -d/dy of P12 and P22. */
#include "manufactured.h"

#include <math.h>
#include <stdlib.h>

#define AMPLITUDE 0.2

static void manufactured_prepare(model *m, const femd_element *element, int n) {
    static const char *const side[6] = {"left", "right", "front", "back", "bottom", "top"};
    char text[400];
    model_init(m, element, n);
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
    manufactured_prepare(&m, element, n);
    femd_status rc = model_run(&m, err);
    double *u = rc == FEMD_OK ? malloc((m.p->displacement->n + 1) * sizeof *u) : NULL;
    if (u) rc = femd_field_get(m.p->displacement, u, err);
    if (u) *error = manufactured_rms(&m, u);
    free(u);
    model_clear(&m);
    return rc;
}
