/* The picture of an atomistic configuration. Owns what goes into a dump; never changes the instance's answers. */
#include <stdlib.h>

#include "crystal/xyz.h"
#include "rve/native.h"

femd_status femd_native_dump(femd_native *native, const double E[6], const double *w, femd_buffer *out,
                             femd_error *err) {
    const femd_rve *rve = &native->rve;
    const size_t n3 = 3 * (size_t)rve->n;
    femd_place place;
    FEMD_TRY(femd_place_set(rve, E, &place, err));
    double *x = malloc((2 * n3 + (size_t)rve->n) * sizeof *x);
    if (!x) return femd_fail(err, FEMD_NO_MEMORY, "a dump of %d atoms: out of memory", rve->n);
    double *u = x + n3, *energy = u + n3;
    femd_place_atoms(rve, &place, w, x);
    for (size_t i = 0; i < n3; i++) u[i] = x[i] - rve->X[i];
    femd_status rc = femd_energetics_atom_energies(rve->en, rve->nb, place.h, x, energy, err);
    const femd_xyz_frame frame = {.n = rve->n,
                                  .cell = place.h,
                                  .symbol = (const char(*)[8])native->structure.name,
                                  .species = native->structure.species,
                                  .x = x,
                                  .displacement = u,
                                  .energy = energy,
                                  .strain = E};
    if (rc == FEMD_OK) rc = femd_xyz_append(&frame, out, err);
    free(x);
    return rc;
}
