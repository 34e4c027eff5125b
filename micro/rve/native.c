/* An atomistic instance once it is made: masses, what evaluations start from, its end. Never reads a material. */
#include "rve/native.h"

#include <stdlib.h>

femd_status femd_native_renew(femd_native *n, femd_error *err) {
    const double zero[6] = {0};
    const size_t n3 = 3 * (size_t)n->rve.n;
    /* One list order for all that is kept: that of the reference configuration. */
    FEMD_TRY(femd_neighbours_rebuild(n->rve.nb, n->rve.n, n->rve.h0, n->rve.X, err));
    n->path.stale = NULL;
    FEMD_TRY(femd_path_advance(&n->path, zero, NULL, err));
    n->virgin_W = n->path.last.W;
    const size_t factor = femd_relaxer_is_dense(n->relaxer) ? n3 * n3 : 0;
    if (factor && !n->virgin_factor) n->virgin_factor = malloc(factor * sizeof(double));
    if (!n->virgin_G) n->virgin_G = malloc(6 * n3 * sizeof(double));
    if ((factor && !n->virgin_factor) || !n->virgin_G)
        return femd_fail(err, FEMD_NO_MEMORY, "an RVE of %d atoms: out of memory", n->rve.n);
    if (factor) memcpy(n->virgin_factor, femd_relaxer_factor(n->relaxer), factor * sizeof(double));
    FEMD_TRY(femd_condense_tangent(n->relaxer, &n->rve, &n->path.place, n->path.work, NULL, n->virgin_G, NULL, err));
    n->virgin_has_G = 1;
    n->path.stale = n->virgin_factor;
    return FEMD_OK;
}

double femd_native_mass(const femd_native *n, int atom) {
    const int species = n->structure.species[atom];
    const double mass = n->structure.mass[species];
    return mass > 0 ? mass : femd_potential_mass(n->potential, species);
}

femd_status femd_native_masses(const femd_native *n, const femd_json *doc, double **mass, femd_error *err) {
    double *m = malloc((size_t)n->rve.n * sizeof *m);
    *mass = NULL;
    if (!m) return femd_fail(err, FEMD_NO_MEMORY, "masses: out of memory");
    for (int i = 0; i < n->rve.n; i++) {
        m[i] = femd_native_mass(n, i);
        if (m[i] > 0) continue;
        free(m);
        return femd_json_fail(doc, femd_json_get(doc->root, "structure"), err,
                              "no mass is known for %s: give it in \"masses\", dynamics needs it",
                              n->structure.name[n->structure.species[i]]);
    }
    *mass = m;
    return FEMD_OK;
}

void femd_native_destroy(femd_native **n) {
    if (!n || !*n) return;
    free((*n)->virgin_factor);
    free((*n)->virgin_G);
    femd_path_clear(&(*n)->path);
    femd_relaxer_destroy(&(*n)->relaxer);
    femd_rve_clear(&(*n)->rve);
    femd_potential_destroy(&(*n)->potential);
    femd_structure_clear(&(*n)->structure);
    free(*n);
    *n = NULL;
}
