/* Stars of nearest neighbours. Owns nothing; reads a list. */
#include "forces/neighbour_stars.h"

#include <math.h>
#include <stdlib.h>

#include "forces/neighbour_private.h"

/* The bond k of atom i: where it leads; returns its length. */
static double star_bond(const femd_neighbours *nb, const double *xe, int i, int k, double d[3]) {
    const double *a = xe + 4 * (size_t)i, *b = xe + 4 * (size_t)nb->list[k];
    for (int c = 0; c < 3; c++) d[c] = b[c] - a[c];
    return sqrt(d[0] * d[0] + d[1] * d[1] + d[2] * d[2]);
}

static void star_add(femd_star *star, double sign, const double d[3], double length, double reach) {
    if (length > reach * star->nearest || star->count == FEMD_STAR_MOST) return;
    for (int c = 0; c < 3; c++) star->to[star->count][c] = sign * d[c];
    star->count++;
}

static void stars_gather(const femd_neighbours *nb, const double *xe, double reach, femd_star *star) {
    double d[3];
    for (int i = 0; i < nb->n; i++) star[i] = (femd_star){.nearest = HUGE_VAL};
    for (int i = 0; i < nb->n; i++)
        for (int k = nb->first[i]; k < nb->first[i + 1]; k++) {
            const int j = nb->owner[nb->list[k]];
            const double length = star_bond(nb, xe, i, k, d);
            star[i].nearest = fmin(star[i].nearest, length);
            star[j].nearest = fmin(star[j].nearest, length);
        }
    for (int i = 0; i < nb->n; i++) /* every pair stands once in the list */
        for (int k = nb->first[i]; k < nb->first[i + 1]; k++) {
            const double length = star_bond(nb, xe, i, k, d);
            star_add(&star[i], 1, d, length, reach);
            star_add(&star[nb->owner[nb->list[k]]], -1, d, length, reach);
        }
}

femd_status femd_neighbours_stars(femd_neighbours *nb, int n, const double cell[9], const double *x, double reach,
                                  femd_star *star, femd_error *err) {
    FEMD_TRY(femd_neighbours_update(nb, n, cell, x, err));
    double *xe = malloc(4 * (size_t)nb->next * sizeof *xe);
    if (!xe) return femd_fail(err, FEMD_NO_MEMORY, "stars of neighbours: out of memory");
    femd_neighbours_place(nb, cell, x, xe);
    stars_gather(nb, xe, reach, star);
    free(xe);
    return FEMD_OK;
}
