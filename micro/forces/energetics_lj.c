/* The form "lj": Lennard-Jones in closed form, its forces in one pass over the list without making bonds. */
#include "forces/energetics_pairs.h"
#include "forces/energetics_private.h"
#include "forces/energetics_segments.h"

static femd_status lj_at_once(femd_energetics *e, const double cell[9], const double *x, double *W, double tau[6],
                              femd_error *err) {
    (void)cell;
    (void)x;
    (void)err;
    e->kernels->lj_forces(&e->last, e->fe, tau);
    *W = e->last.energy;
    return FEMD_OK;
}

static femd_status lj_sweep(femd_energetics *e, int order, double *W, femd_error *err) {
    (void)err;
    e->kernels->lj_pairs(&e->last, order);
    *W = e->last.energy;
    return FEMD_OK;
}

static void lj_spread(const femd_energetics *e, double tau[6]) {
    e->kernels->forces(&e->bonds, NULL, e->fe, tau);
}

static void lj_carried(const femd_energetics *e, double *energy) {
    memset(energy, 0, (size_t)e->n * sizeof *energy);
}

static void lj_flux(const femd_energetics *e, const double *v, double J[3]) {
    e->kernels->flux(&e->bonds, NULL, v, J);
}

const femd_energetics_form femd_energetics_lj = {
    .name = "lj",
    .gives = FEMD_GIVES_FACES | FEMD_GIVES_ATOM_ENERGIES | FEMD_GIVES_FLUX | FEMD_GIVES_SEGMENTS,
    .bonds = FEMD_BONDS_VECTORS | FEMD_BONDS_PAIR,
    .sweep = lj_sweep,
    .spread = lj_spread,
    .at_once = lj_at_once,
    .carried = lj_carried,
    .flux = lj_flux,
    .segments = femd_pairs_segments,
    .segmented = "central forces along the bonds, the derivative of the energy by the length of each",
    .prepare = femd_pairs_prepare,
    .apply = femd_pairs_apply,
    .fill = femd_pairs_fill,
    .onsite = femd_pairs_onsite,
};
