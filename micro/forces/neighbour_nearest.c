/* How far apart neighbours are. Owns nothing; reads a list. */
#include <math.h>
#include <stdlib.h>

#include "forces/neighbour_private.h"

void femd_neighbours_each_nearest(const femd_neighbours *nb, const double *xe, double *nearest) {
    for (int i = 0; i < nb->n; i++) nearest[i] = HUGE_VAL;
    for (int i = 0; i < nb->n; i++)
        for (int k = nb->first[i]; k < nb->first[i + 1]; k++) {
            const double *a = xe + 4 * (size_t)i, *b = xe + 4 * (size_t)nb->list[k];
            const double d[3] = {b[0] - a[0], b[1] - a[1], b[2] - a[2]},
                         length = sqrt(d[0] * d[0] + d[1] * d[1] + d[2] * d[2]);
            const int j = nb->owner[nb->list[k]];
            nearest[i] = fmin(nearest[i], length);
            nearest[j] = fmin(nearest[j], length);
        }
}

static double nearest_mean(const femd_neighbours *nb, const double *xe, double *nearest) {
    double sum = 0;
    int count = 0;
    femd_neighbours_each_nearest(nb, xe, nearest);
    for (int i = 0; i < nb->n; i++)
        if (nearest[i] < HUGE_VAL) sum += nearest[i], count++;
    return count ? sum / count : nb->cutoff;
}

femd_status femd_neighbours_nearest(femd_neighbours *nb, int n, const double cell[9], const double *x, double *mean,
                                    femd_error *err) {
    FEMD_TRY(femd_neighbours_update(nb, n, cell, x, err));
    double *xe = malloc((4 * (size_t)nb->next + (size_t)n) * sizeof *xe);
    if (!xe) return femd_fail(err, FEMD_NO_MEMORY, "nearest neighbours: out of memory");
    femd_neighbours_place(nb, cell, x, xe);
    *mean = nearest_mean(nb, xe, xe + 4 * (size_t)nb->next);
    free(xe);
    return FEMD_OK;
}
