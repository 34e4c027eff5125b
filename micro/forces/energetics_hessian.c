/* Second derivatives of the energy, dense (H, L, B) and applied to a vector: asks the form for them, or makes them by
 * differences where the form has none. */
#include <math.h>

#include "forces/energetics_differences.h"
#include "forces/energetics_private.h"

femd_status femd_energetics_prepare(femd_energetics *e, femd_neighbours *nb, const double cell[9], const double *x,
                                    double *L, double B[36], femd_error *err) {
    double W;
    e->prepared = 0;
    if (!e->form->prepare) {
        FEMD_TRY(femd_differences_prepare(e, nb, cell, x, L, B, err));
    } else {
        FEMD_TRY(femd_energetics_sweep(e, nb, cell, x, FEMD_SWEEP_SECOND, &W, err));
        if (L) memset(L, 0, 18 * (size_t)e->n * sizeof(double));
        FEMD_TRY(e->form->prepare(e, L, B, err));
    }
    e->prepared = 1;
    return FEMD_OK;
}

void femd_energetics_apply(femd_energetics *e, const double *v, double *y) {
    if (!e->prepared) { /* a caller's mistake must not look like an answer */
        for (size_t c = 0; c < 3 * (size_t)e->n; c++) y[c] = NAN;
    } else if (e->form->apply) {
        e->form->apply(e, v, y);
    } else {
        femd_differences_apply(e, v, y);
    }
}

double femd_energetics_apply_error(const femd_energetics *e) {
    return e->form->apply ? 1e-14 : 1e-8;
}

/* Copy the upper triangle to the lower one, by blocks that stay in cache. */
static void hessian_mirror(size_t n, double *H) {
    const size_t edge = 32;
    for (size_t bi = 0; bi < n; bi += edge)
        for (size_t bj = 0; bj <= bi; bj += edge)
            for (size_t i = bi; i < bi + edge && i < n; i++)
                for (size_t j = bj; j < bj + edge && j < i; j++) H[i * n + j] = H[j * n + i];
}

femd_status femd_energetics_hessian_upper(femd_energetics *e, femd_neighbours *nb, const double cell[9],
                                          const double *x, double *H, double *L, double B[36], femd_error *err) {
    FEMD_TRY(femd_energetics_prepare(e, nb, cell, x, L, B, err));
    return e->form->fill ? e->form->fill(e, H, err) : femd_differences_fill(e, H, err);
}

femd_status femd_energetics_hessian(femd_energetics *e, femd_neighbours *nb, const double cell[9], const double *x,
                                    double *H, double *L, double B[36], femd_error *err) {
    double W;
    if (H) {
        FEMD_TRY(femd_energetics_hessian_upper(e, nb, cell, x, H, L, B, err));
        hessian_mirror(3 * (size_t)e->n, H);
        return FEMD_OK;
    }
    /* What a cutoff adds to the mean of B is taken from bonds that B alone does not keep. */
    if (L || !B || !e->form->born || e->p->end) return femd_energetics_prepare(e, nb, cell, x, L, B, err);
    e->prepared = 0;
    FEMD_TRY(femd_energetics_sweep(e, nb, cell, x, FEMD_SWEEP_SECOND, &W, err));
    return e->form->born(e, B, err);
}

static femd_status hessian_onsite(femd_energetics *e, femd_neighbours *nb, const double cell[9], const double *x,
                                  double *blocks, femd_error *err) {
    const size_t n3 = 3 * (size_t)e->n;
    if (e->n > FEMD_ONSITE_DENSE_MAX)
        return femd_fail(err, FEMD_LIMIT, "%d atoms; with this potential up to %d", e->n, FEMD_ONSITE_DENSE_MAX);
    double *H = malloc(n3 * n3 * sizeof *H);
    if (!H) return femd_fail(err, FEMD_NO_MEMORY, "the on-site Hessians of %d atoms: out of memory", e->n);
    const femd_status rc = femd_energetics_hessian(e, nb, cell, x, H, NULL, NULL, err);
    for (size_t i = 0; rc == FEMD_OK && i < n3; i++)
        for (size_t c = 0; c < 3; c++) blocks[3 * i + c] = H[i * n3 + i / 3 * 3 + c];
    free(H);
    return rc;
}

femd_status femd_energetics_onsite(femd_energetics *e, femd_neighbours *nb, const double cell[9], const double *x,
                                   double *blocks, femd_error *err) {
    if (!e->form->onsite) return hessian_onsite(e, nb, cell, x, blocks, err);
    FEMD_TRY(femd_energetics_prepare(e, nb, cell, x, NULL, NULL, err));
    return e->form->onsite(e, blocks, err);
}

femd_status femd_energetics_prepared_onsite(const femd_energetics *e, double *blocks, int *given, femd_error *err) {
    *given = e->prepared && e->form->onsite;
    return *given ? e->form->onsite(e, blocks, err) : FEMD_OK;
}
