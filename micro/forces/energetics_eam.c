/* The form "eam": pair energies and an embedding energy of each atom's density, both from tables. Its loops over bonds
 * are kernels, its second derivatives those of energetics_pairs.h. */
#include "forces/energetics_pairs.h"
#include "forces/energetics_private.h"
#include "forces/energetics_segments.h"
#include "potentials/potential_eam.h"

static femd_status eam_open(femd_energetics *e, femd_error *err) {
    (void)err;
    e->functions = femd_eam_tables_of(e->p)->densities;
    return FEMD_OK;
}

/* Embedding energies from the folded densities; F' goes out to the images. Returns the energy. */
static double eam_embed_atoms(femd_energetics *e) {
    const femd_neighbours *nb = e->last.nb;
    const femd_eam_tables *tables = femd_eam_tables_of(e->p);
    double sum = 0.0;
    e->beyond = -1;
    for (int g = nb->n; g < nb->next; g++) e->rho[nb->owner[g]] += e->rho[g];
    for (int i = 0; i < nb->n; i++) {
        double *f = e->embed + 3 * (size_t)i;
        if (femd_eam_embed(tables, e->species[i], e->rho[i], f)) e->beyond = i;
        sum += f[0];
    }
    for (int g = 0; g < nb->next; g++) e->fp[g] = e->embed[3 * (size_t)nb->owner[g] + 1];
    return sum;
}

static femd_status eam_sweep(femd_energetics *e, int order, double *W, femd_error *err) {
    (void)err;
    memset(e->rho, 0, (size_t)e->last.nb->next * sizeof(double));
    e->kernels->eam_pairs(&e->last, order);
    *W = e->last.energy;
    *W += eam_embed_atoms(e);
    return FEMD_OK;
}

static femd_status eam_judge(const femd_energetics *e, femd_error *err) {
    if (e->beyond < 0) return FEMD_OK;
    return femd_fail(err, FEMD_OUT_OF_DOMAIN, "atom %d has density %.6g, beyond %.6g where the table of %s ends",
                     e->beyond + 1, e->rho[e->beyond], femd_eam_tables_of(e->p)->rho_max, e->p->label);
}

static void eam_spread(const femd_energetics *e, double tau[6]) {
    e->kernels->forces(&e->bonds, e->fp, e->fe, tau);
}

static void eam_carried(const femd_energetics *e, double *energy) {
    for (int i = 0; i < e->n; i++) energy[i] = e->embed[3 * (size_t)i];
}

static void eam_flux(const femd_energetics *e, const double *v, double J[3]) {
    e->kernels->flux(&e->bonds, e->fp, v, J);
}

const femd_energetics_form femd_energetics_eam = {
    .name = "eam",
    .gives = FEMD_GIVES_FACES | FEMD_GIVES_ATOM_ENERGIES | FEMD_GIVES_FLUX | FEMD_GIVES_SEGMENTS,
    .bonds = FEMD_BONDS_VECTORS | FEMD_BONDS_PAIR,
    .open = eam_open,
    .sweep = eam_sweep,
    .judge = eam_judge,
    .spread = eam_spread,
    .carried = eam_carried,
    .flux = eam_flux,
    .segments = femd_pairs_segments,
    .segmented = "central forces along the bonds, the derivative of the energy by the length of each",
    .prepare = femd_pairs_prepare,
    .apply = femd_pairs_apply,
    .fill = femd_pairs_fill,
    .onsite = femd_pairs_onsite,
};
