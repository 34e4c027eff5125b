/* The energy of a material's atoms when they are alone: each in a cell so large that it meets nobody, by the same code
 * that computes the crystal. Embedding energies of no density, where a table has them, are part of it. */
#include "rve/native.h"

static femd_status free_atom_energy(const femd_native *native, int species, double *W, femd_error *err) {
    const double side = 4 * femd_potential_cutoff(native->potential), x[3] = {0};
    const double cell[9] = {side, 0, 0, 0, side, 0, 0, 0, side};
    femd_energetics *energetics = NULL;
    femd_neighbours *list = NULL;
    femd_status rc = femd_energetics_create(native->potential, 1, &species, &energetics, err);
    if (rc == FEMD_OK) rc = femd_neighbours_create(femd_potential_cutoff(native->potential), 0.1, &list, err);
    if (rc == FEMD_OK) rc = femd_energetics_forces(energetics, list, cell, x, W, NULL, NULL, err);
    femd_neighbours_destroy(&list);
    femd_energetics_destroy(&energetics);
    return rc;
}

femd_status femd_native_atom_energy(const femd_native *native, double *energy, femd_error *err) {
    const femd_structure *atoms = &native->structure;
    double sum = native->virgin_W;
    for (int a = 0; a < atoms->nspecies; a++) {
        double alone;
        FEMD_TRY(free_atom_energy(native, a, &alone, err));
        for (int i = 0; i < atoms->natoms; i++) sum -= atoms->species[i] == a ? alone : 0;
    }
    *energy = sum / atoms->natoms;
    return FEMD_OK;
}
