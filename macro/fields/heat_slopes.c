/* How conductivity and heat capacity change with the temperature: secants between answers that a point has given, at
 * the committed state or in iterates of the attempt. Owns which pairs count; asks nobody. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fields/boundary.h"
#include "fields/heat_private.h"

/* of the temperature: closer pairs tell of round-off */
#define APART 1e-7

femd_status femd_heat_slopes_create(femd_heat *h, femd_error *err) {
    const size_t points = (size_t)h->p->pt->n + 1;
    femd_heat_slopes *s = &h->slopes;
    s->k = calloc(6 * points, sizeof *s->k);
    s->c = calloc(points, sizeof *s->c);
    s->from_k = calloc(6 * points, sizeof *s->from_k);
    s->from_c = calloc(points, sizeof *s->from_c);
    s->from_T = calloc(points, sizeof *s->from_T);
    if (s->k && s->c && s->from_k && s->from_c && s->from_T) return FEMD_OK;
    return femd_fail(err, FEMD_NO_MEMORY, "no memory for the heat of %ld points", (long)h->p->pt->n);
}

void femd_heat_slopes_clear(femd_heat_slopes *s) {
    double *const array[] = {s->k, s->c, s->from_k, s->from_c, s->from_T};
    for (size_t i = 0; i < sizeof array / sizeof *array; ++i) free(array[i]);
}

double femd_heat_at_point(const femd_problem *p, PetscInt k, const double *u) {
    const femd_element_table *table = &p->grid->table;
    const PetscInt *node = p->grid->cell_node + k / table->points * table->nodes;
    double T = 0;
    for (int i = 0; i < table->nodes; ++i) T += table->shape[k % table->points][i] * u[node[i]];
    return T;
}

/* Before the first step nothing is committed. */
void femd_heat_slopes_begin(femd_heat *h) {
    const femd_points *pt = h->p->pt;
    const size_t points = (size_t)pt->n;
    femd_heat_slopes *s = &h->slopes;
    memset(s->k, 0, 6 * points * sizeof *s->k);
    memset(s->c, 0, points * sizeof *s->c);
    for (PetscInt k = 0; k < pt->n; ++k) h->T_old[k] = femd_heat_at_point(h->p, k, h->old);
    s->known = h->p->step > 0;
    if (!s->known) return;
    memcpy(s->from_k, pt->heat_k, 6 * points * sizeof *s->from_k);
    memcpy(s->from_c, pt->heat_c, points * sizeof *s->from_c);
    memcpy(s->from_T, h->T_old, points * sizeof *s->from_T);
}

void femd_heat_slopes_learn(femd_heat *h) {
    const femd_points *pt = h->p->pt;
    femd_heat_slopes *s = &h->slopes;
    for (PetscInt k = 0; k < pt->n; ++k) {
        const double T = pt->temperature[k], rise = T - s->from_T[k];
        const int pair = s->known && !isnan(s->from_T[k]);
        if (pair && !(fabs(rise) > APART * fmax(T, s->from_T[k]))) continue;
        for (int c = 0; pair && c < 6; ++c) s->k[6 * k + c] = (pt->theat_k[6 * k + c] - s->from_k[6 * k + c]) / rise;
        if (pair) s->c[k] = (pt->theat_c[k] - s->from_c[k]) / rise;
        memcpy(s->from_k + 6 * k, pt->theat_k + 6 * k, 6 * sizeof *s->from_k);
        s->from_c[k] = pt->theat_c[k];
        s->from_T[k] = T;
    }
    s->known = 1;
}

void femd_heat_expect_slopes(femd_problem *p) {
    for (size_t k = 0; k < p->cs->nmaterials; ++k)
        if (femd_case_asks_heat(p->cs, k) && p->caps[k].inputs & FEMD_INPUT_TEMPERATURE)
            p->temperature->boundary->unsymmetric = 1;
}
