/* The 3x3 blocks on the diagonal of the Hessian: each atom vibrates in the field of the others at rest. Never forms the
 * whole Hessian where the potential's bonds are known. */
#include <stdlib.h>

#include "forces/energetics_private.h"
#include "vibrations/phonon.h"

/* Density gradients of the atoms whose density depends on one atom q. */
typedef struct gradients {
    double *g; /* n x 3 */
    int *list, *mark, count;
} gradients;

static void add_gradient(gradients *t, int m, double w, const double d[3]) {
    if (!t->mark[m]) {
        t->mark[m] = 1;
        t->list[t->count++] = m;
        memset(t->g + 3 * (size_t)m, 0, 3 * sizeof *t->g);
    }
    for (int c = 0; c < 3; c++) t->g[3 * (size_t)m + (size_t)c] += w * d[c];
}

/* Bonds of every atom from both sides: 2 k + side. */
static void index_bonds(const femd_bonds *h, int *first, int *at) {
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

static void one_block(const femd_energetics *e, const int *first, const int *at, const int *row, int q, gradients *t,
                      double *block) {
    const femd_bonds *h = &e->held;
    const int embedded = e->p->densities > 0;
    memset(block, 0, 9 * sizeof *block);
    t->count = 0;
    for (int k = first[q]; k < first[q + 1]; k++) {
        const int b = at[k] / 2, partner = at[k] & 1;
        const double d[3] = {h->dx[b], h->dy[b], h->dz[b]};
        for (int r = 0; r < 3; r++)
            for (int c = 0; c < 3; c++) block[3 * r + c] += h->p2[b] * d[r] * d[c] + (r == c ? h->p1[b] : 0);
        if (!embedded) continue;
        add_gradient(t, partner ? row[b] : h->partner[b], partner ? 2 * h->a1[b] : -2 * h->b1[b], d);
        add_gradient(t, q, partner ? 2 * h->b1[b] : -2 * h->a1[b], d); /* its own density, from the other end */
    }
    for (int k = 0; k < t->count; k++) {
        const int m = t->list[k];
        const double *g = t->g + 3 * (size_t)m;
        for (int r = 0; r < 3; r++)
            for (int c = 0; c < 3; c++) block[3 * r + c] += e->fpp[m] * g[r] * g[c];
        t->mark[m] = 0;
    }
}

static femd_status from_bonds(femd_rve *rve, double *blocks, femd_error *err) {
    const femd_energetics *e = rve->en;
    const size_t n = (size_t)rve->n, all = (size_t)e->held.first[rve->n];
    int *first = malloc((n + 2) * sizeof *first), *at = malloc((2 * all + 1) * sizeof *at),
        *row = malloc((all + 1) * sizeof *row);
    gradients t = {
        .g = malloc(3 * n * sizeof(double)), .list = malloc(n * sizeof(int)), .mark = calloc(n, sizeof(int))};
    femd_status rc = FEMD_OK;
    if (first && at && row && t.g && t.list && t.mark) {
        index_bonds(&e->held, first, at);
        for (int i = 0; i < rve->n; i++)
            for (int k = e->held.first[i]; k < e->held.first[i + 1]; k++) row[k] = i;
        for (int i = 0; i < rve->n; i++) one_block(e, first, at, row, i, &t, blocks + 9 * (size_t)i);
    } else {
        rc = femd_fail(err, FEMD_NO_MEMORY, "vibrations of %d atoms: out of memory", rve->n);
    }
    free(first);
    free(at);
    free(row);
    free(t.g);
    free(t.list);
    free(t.mark);
    return rc;
}

static femd_status from_dense(femd_rve *rve, const femd_place *place, const double *x, double *blocks,
                              femd_error *err) {
    const size_t n3 = 3 * (size_t)rve->n;
    if (rve->n > FEMD_PHONON_ATOMS_MAX)
        return femd_fail(err, FEMD_LIMIT, "local-harmonic: %d atoms; with this potential up to %d", rve->n,
                         FEMD_PHONON_ATOMS_MAX);
    double *H = malloc(n3 * n3 * sizeof *H);
    if (!H) return femd_fail(err, FEMD_NO_MEMORY, "vibrations of %d atoms: out of memory", rve->n);
    const femd_status rc = femd_energetics_hessian(rve->en, rve->nb, place->h, x, H, NULL, NULL, err);
    for (size_t i = 0; rc == FEMD_OK && i < n3; i++)
        for (size_t c = 0; c < 3; c++) blocks[3 * i + c] = H[i * n3 + i / 3 * 3 + c];
    free(H);
    return rc;
}

femd_status femd_phonons_onsite(femd_rve *rve, const femd_place *place, const double *x, double *blocks,
                                femd_error *err) {
    const femd_form form = rve->en->p->form;
    if (form != FEMD_FORM_SQUARE && form != FEMD_FORM_RADIUS && form != FEMD_FORM_LJ)
        return from_dense(rve, place, x, blocks, err);
    FEMD_TRY(femd_energetics_prepare(rve->en, rve->nb, place->h, x, NULL, NULL, err));
    return from_bonds(rve, blocks, err);
}
