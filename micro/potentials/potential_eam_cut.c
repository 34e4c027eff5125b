/* What tables leave at the cutoff, as the kernels interpolate them: where that is not zero, forces jump as a pair
 * crosses it. */
#include <math.h>
#include <stdlib.h>

#include "potentials/potential_tables.h"

/* eV/angstrom: less moves no averaged tangent by more than its 1e-4 (a jump of 1e-3 in copper is 1 % of C11). */
static const double CUT_LEAST = 1e-5;
static const double DENSITY_OVER = 1; /* angstrom: a density that is cut off counts as one that ends with that slope */

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

femd_potential_end femd_eam_end_of_pair(const femd_potential *p, int a, int b, double *phi) {
    const femd_eam_tables *to = femd_eam_tables_of(p);
    femd_potential_end end = {.at = to->cutoff};
    cut_function(to, a, b, 0, phi, &end.slope);
    if (to->over_radius) { /* it was r phi */
        *phi /= to->cutoff;
        end.slope = (end.slope - *phi) / to->cutoff;
    }
    cut_function(to, a, b, 4, &end.density, &end.density_slope);
    return end;
}

/* Largest |F'| of the densities that crystals have, a fiftieth to one half of the table. */
static double cut_embedding(const femd_eam *t) {
    double most = 0;
    for (int a = 0; a < t->n; a++) {
        const double *F = t->embed + (size_t)a * (size_t)t->nrho;
        for (int k = t->nrho / 50; k < t->nrho / 2; k++) most = fmax(most, fabs(F[k + 1] - F[k]) / t->drho);
    }
    return most;
}

femd_status femd_eam_find_cut(const femd_eam *t, femd_potential *p, femd_error *err) {
    const double embedding = cut_embedding(t);
    double most = 0, phi;
    femd_potential_end *end = calloc((size_t)(t->n * t->n), sizeof *end);
    if (!end) return femd_fail(err, FEMD_NO_MEMORY, "no memory for a potential");
    for (int a = 0; a < t->n; a++)
        for (int b = 0; b < t->n; b++) {
            const femd_potential_end left = end[a * t->n + b] = femd_eam_end_of_pair(p, a, b, &phi);
            most = fmax(most, fabs(left.slope) +
                                  2 * embedding * (fabs(left.density_slope) + fabs(left.density) / DENSITY_OVER));
        }
    if (most > CUT_LEAST)
        p->end = end;
    else
        free(end);
    return FEMD_OK;
}
