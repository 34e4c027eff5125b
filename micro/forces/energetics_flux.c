/* What needs the energies that single atoms carry: the heat flux, and those energies themselves.
 *
 * An atom's energy is its embedding energy, half of each of its pair energies and all triplets of which it is the
 * centre: W = sum of U_i, each U_i a function of the vectors r_ij that start at atom i. */
#include "forces/energetics_private.h"

#include "femd/units.h"

/* eV in u (angstrom/ps)^2 */
#define EV_OF_MVV (FEMD_ATOMIC_MASS * 1e4 / FEMD_ELEMENTARY_CHARGE)

femd_status femd_energetics_heat_flux(femd_energetics *e, femd_neighbours *nb, const double cell[9], const double *x,
                                      const double *v, const double *mass, double J[3], femd_error *err) {
    double W, *ve;
    FEMD_TRY(femd_energetics_require(e, FEMD_GIVES_FLUX, err));
    FEMD_TRY(femd_energetics_sweep(e, nb, cell, x, FEMD_SWEEP_ENERGIES, &W, err));
    ve = e->fe; /* between sweeps it is free */
    for (int g = 0; g < nb->next; g++) {
        for (int c = 0; c < 3; c++) ve[4 * (size_t)g + (size_t)c] = v[3 * (size_t)nb->owner[g] + (size_t)c];
        ve[4 * (size_t)g + 3] = 0.0;
    }
    e->form->carried(e, e->carried);
    for (int c = 0; c < 3; c++) J[c] = 0.0;
    for (int i = 0; i < e->n; i++) {
        const double *vi = v + 3 * (size_t)i;
        double energy = 0.5 * EV_OF_MVV * mass[i] * (vi[0] * vi[0] + vi[1] * vi[1] + vi[2] * vi[2]) + e->carried[i];
        for (int c = 0; c < 3; c++) J[c] += energy * vi[c];
    }
    e->form->flux(e, ve, J);
    return FEMD_OK;
}

femd_status femd_energetics_atom_energies(femd_energetics *e, femd_neighbours *nb, const double cell[9],
                                          const double *x, double *energy, femd_error *err) {
    const femd_bonds *b = &e->bonds;
    double W;
    FEMD_TRY(femd_energetics_require(e, FEMD_GIVES_ATOM_ENERGIES, err));
    FEMD_TRY(femd_energetics_sweep(e, nb, cell, x, FEMD_SWEEP_ENERGIES, &W, err));
    e->form->carried(e, energy);
    for (int i = 0; b->p0 && i < e->n; i++)
        for (int k = b->first[i]; k < b->first[i + 1]; k++) {
            energy[i] += 0.5 * b->p0[k];
            energy[nb->owner[b->partner[k]]] += 0.5 * b->p0[k];
        }
    return FEMD_OK;
}
