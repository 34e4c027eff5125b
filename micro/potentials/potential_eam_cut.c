/* What tables leave at the cutoff, as the kernels interpolate them: where that is not zero, forces jump as a pair
 * crosses it. */
#include <math.h>
#include <stdlib.h>

#include "potentials/potential_tables.h"

/* eV/angstrom: less moves no averaged tangent by more than its 1e-4 (a jump of 1e-3 in copper is 1 % of C11). */
static const double CUT_LEAST = 1e-5;

/* Value and slope over r of the function that starts `offset` doubles into the rows of pair (a, b), at the cutoff. */
static void cut_function(const femd_eam_tables *to, int a, int b, int offset, double *value, double *slope) {
    const double r = to->cutoff, argument = to->over_radius ? r : r * r;
    double t = (argument - to->origin) * to->scale;
    int k = t > 0 ? (int)t : 0;
    if (k > to->knots - 2) k = to->knots - 2;
    if (k > 0 && k == t) k--; /* from below */
    t = fmin(fmax(t - k, 0), 1);
    const double *c = to->pair + ((ptrdiff_t)(a * to->nspecies + b) * to->knots + k) * to->stride + offset;
    *value = c[0] + t * (c[1] + t * (c[2] + t * c[3]));
    *slope = (c[1] + t * (2 * c[2] + t * 3 * c[3])) * to->scale * (to->over_radius ? 1 : 2 * r);
}

static femd_potential_end cut_pair(const femd_eam_tables *to, int a, int b) {
    femd_potential_end end = {.at = to->cutoff};
    double value;
    cut_function(to, a, b, 0, &value, &end.slope);
    if (to->over_radius) end.slope = (end.slope - value / to->cutoff) / to->cutoff; /* of r phi */
    cut_function(to, a, b, 4, &end.density, &end.density_slope);
    return end;
}

/* Largest |F'| of the densities that crystals have, a tenth to one half of the table. */
static double cut_embedding(const femd_eam *t) {
    double most = 0;
    for (int a = 0; a < t->n; a++) {
        const double *F = t->embed + (size_t)a * (size_t)t->nrho;
        for (int k = t->nrho / 10; k < t->nrho / 2; k++) most = fmax(most, fabs(F[k + 1] - F[k]) / t->drho);
    }
    return most;
}

femd_status femd_eam_find_cut(const femd_eam *t, femd_potential *p, femd_error *err) {
    const femd_eam_tables *to = femd_eam_tables_of(p);
    const double embedding = cut_embedding(t);
    double most = 0;
    femd_potential_end *end = calloc((size_t)(t->n * t->n), sizeof *end);
    if (!end) return femd_fail(err, FEMD_NO_MEMORY, "no memory for a potential");
    for (int a = 0; a < t->n; a++)
        for (int b = 0; b < t->n; b++) {
            end[a * t->n + b] = cut_pair(to, a, b);
            most = fmax(most, fabs(end[a * t->n + b].slope) + 2 * embedding * fabs(end[a * t->n + b].density_slope));
        }
    if (most > CUT_LEAST)
        p->end = end;
    else
        free(end);
    return FEMD_OK;
}
