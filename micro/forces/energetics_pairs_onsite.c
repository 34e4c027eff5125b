/* The 3x3 blocks on the diagonal of the Hessian of pairs and densities, from the bonds of each atom; the whole Hessian
 * is never formed. */
#include <stdlib.h>

#include "forces/energetics_pairs.h"
#include "forces/energetics_private.h"

/* Density gradients of the atoms whose density depends on one atom q. */
typedef struct onsite_gradients {
    double *g; /* n x 3 */
    int *list, *mark, count;
} onsite_gradients;

static void onsite_add_gradient(onsite_gradients *t, int m, double w, const double d[3]) {
    if (!t->mark[m]) {
        t->mark[m] = 1;
        t->list[t->count++] = m;
        memset(t->g + 3 * (size_t)m, 0, 3 * sizeof *t->g);
    }
    for (int c = 0; c < 3; c++) t->g[3 * (size_t)m + (size_t)c] += w * d[c];
}

/* Bonds of every atom from both sides: 2 k + side. */
static void onsite_index_bonds(const femd_bonds *h, int *first, int *at) {
    memset(first, 0, ((size_t)h->n + 2) * sizeof *first);
    for (int i = 0; i < h->n; i++)
        for (int k = h->first[i]; k < h->first[i + 1]; k++)
            if (h->partner[k] != i) {
                first[i + 2]++;
                first[h->partner[k] + 2]++;
            }
    for (int i = 0; i < h->n; i++) first[i + 2] += first[i + 1];
    for (int i = 0; i < h->n; i++)
        for (int k = h->first[i]; k < h->first[i + 1]; k++)
            if (h->partner[k] != i) {
                at[first[i + 1]++] = 2 * k;
                at[first[h->partner[k] + 1]++] = 2 * k + 1;
            }
}

static void onsite_block(const femd_energetics *e, const int *first, const int *at, const int *row, int q,
                         onsite_gradients *t, double *block) {
    const femd_bonds *h = &e->held;
    const int embedded = e->functions > 0;
    memset(block, 0, 9 * sizeof *block);
    t->count = 0;
    for (int k = first[q]; k < first[q + 1]; k++) {
        const int b = at[k] / 2, partner = at[k] & 1;
        const double d[3] = {h->dx[b], h->dy[b], h->dz[b]};
        for (int r = 0; r < 3; r++)
            for (int c = 0; c < 3; c++) block[3 * r + c] += h->p2[b] * d[r] * d[c] + (r == c ? h->p1[b] : 0);
        if (!embedded) continue;
        onsite_add_gradient(t, partner ? row[b] : h->partner[b], partner ? 2 * h->a1[b] : -2 * h->b1[b], d);
        onsite_add_gradient(t, q, partner ? 2 * h->b1[b] : -2 * h->a1[b], d); /* its own density, from the other end */
    }
    for (int k = 0; k < t->count; k++) {
        const int m = t->list[k];
        const double *g = t->g + 3 * (size_t)m;
        for (int r = 0; r < 3; r++)
            for (int c = 0; c < 3; c++) block[3 * r + c] += e->fpp[m] * g[r] * g[c];
        t->mark[m] = 0;
    }
}

femd_status femd_pairs_onsite(const femd_energetics *e, double *blocks, femd_error *err) {
    const size_t n = (size_t)e->n, all = (size_t)e->held.first[e->n];
    int *first = malloc((n + 2) * sizeof *first), *at = malloc((2 * all + 1) * sizeof *at),
        *row = malloc((all + 1) * sizeof *row);
    onsite_gradients t = {
        .g = malloc(3 * n * sizeof(double)), .list = malloc(n * sizeof(int)), .mark = calloc(n, sizeof(int))};
    femd_status rc = FEMD_OK;
    if (first && at && row && t.g && t.list && t.mark) {
        onsite_index_bonds(&e->held, first, at);
        for (int i = 0; i < e->n; i++)
            for (int k = e->held.first[i]; k < e->held.first[i + 1]; k++) row[k] = i;
        for (int i = 0; i < e->n; i++) onsite_block(e, first, at, row, i, &t, blocks + 9 * (size_t)i);
    } else {
        rc = femd_fail(err, FEMD_NO_MEMORY, "the on-site Hessians of %d atoms: out of memory", e->n);
    }
    free(first);
    free(at);
    free(row);
    free(t.g);
    free(t.list);
    free(t.mark);
    return rc;
}
