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

/* Copy the upper triangle to the lower one, by blocks that stay in cache. */
static void hessian_mirror(size_t n, double *H) {
    const size_t edge = 32;
    for (size_t bi = 0; bi < n; bi += edge)
        for (size_t bj = 0; bj <= bi; bj += edge)
            for (size_t i = bi; i < bi + edge && i < n; i++)
                for (size_t j = bj; j < bj + edge && j < i; j++) H[i * n + j] = H[j * n + i];
}

static femd_status hessian_fill(femd_energetics *e, double *H, femd_error *err) {
    FEMD_TRY(e->form->fill ? e->form->fill(e, H, err) : femd_differences_fill(e, H, err));
    hessian_mirror(3 * (size_t)e->n, H);
    return FEMD_OK;
}

femd_status femd_energetics_hessian(femd_energetics *e, femd_neighbours *nb, const double cell[9], const double *x,
                                    double *H, double *L, double B[36], femd_error *err) {
    double W;
    if (H || L || !B || !e->form->born) {
        FEMD_TRY(femd_energetics_prepare(e, nb, cell, x, L, B, err));
        return H ? hessian_fill(e, H, err) : FEMD_OK;
    }
    e->prepared = 0;
    FEMD_TRY(femd_energetics_sweep(e, nb, cell, x, FEMD_SWEEP_SECOND, &W, err));
    return e->form->born(e, B, err);
}
