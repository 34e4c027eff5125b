/* Pairs of a list; see neighbour_pairs.h. */
#include "forces/neighbour_pairs.h"

#include <stdlib.h>

#include "forces/neighbour_private.h"

static int neighbour_is_near(const femd_neighbours *nb, const double cell[9], const double *x,
                             const femd_neighbour_pair *p) {
    double s = 0;
    for (int c = 0; c < 3; c++) {
        double d = x[3 * p->b + c] - x[3 * p->a + c];
        for (int k = 0; k < 3; k++) d += p->shift[k] * cell[3 * k + c];
        s += d * d;
    }
    return s < nb->cutoff * nb->cutoff;
}

femd_status femd_neighbours_pairs(femd_neighbours *nb, int n, const double cell[9], const double *x,
                                  femd_neighbour_pair **pairs, size_t *count, femd_error *err) {
    *pairs = NULL;
    *count = 0;
    FEMD_TRY(femd_neighbours_update(nb, n, cell, x, err));
    *pairs = malloc(((size_t)nb->first[n] + 1) * sizeof **pairs);
    if (!*pairs) return femd_fail(err, FEMD_NO_MEMORY, "the neighbours of %d atoms: out of memory", n);
    for (int i = 0; i < n; i++)
        for (int k = nb->first[i]; k < nb->first[i + 1]; k++) {
            const int g = nb->list[k];
            femd_neighbour_pair *p = &(*pairs)[*count];
            *p = (femd_neighbour_pair){.a = i, .b = nb->owner[g]};
            for (int c = 0; c < 3; c++) p->shift[c] = nb->shift[3 * g + c] - nb->shift[3 * i + c];
            *count += (size_t)neighbour_is_near(nb, cell, x, p);
        }
    return FEMD_OK;
}
