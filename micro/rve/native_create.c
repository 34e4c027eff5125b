/* Making an atomistic instance from a material. Owns what depends on the material alone: structure, potential,
 * reference. */
#include "rve/native.h"

#include <math.h>
#include <stdlib.h>

#include "crystal/structure_create.h"
#include "numerics/dense.h"
#include "rve/reference.h"

#define ANGSTROM 1e-10

static femd_status read_settings(const femd_json *doc, femd_relax_settings *set, double *skin, femd_error *err) {
    const cJSON *relaxation = femd_json_get(doc->root, "relaxation"),
                *neighbour = femd_json_get(doc->root, "neighbour");
    const double force_unit = FEMD_ELEMENTARY_CHARGE / ANGSTROM; /* eV/angstrom in N */
    double tolerance;
    FEMD_TRY(femd_json_quantity(doc, relaxation, "tolerance", FEMD_DIM_FORCE, set->force_tolerance * force_unit,
                                &tolerance, err));
    set->force_tolerance = tolerance / force_unit;
    set->iterations = (int)femd_json_number(relaxation, "max_iterations", set->iterations);
    FEMD_TRY(femd_json_quantity(doc, neighbour, "skin", FEMD_DIM_LENGTH, *skin * ANGSTROM, skin, err));
    *skin /= ANGSTROM;
    return FEMD_OK;
}

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

/* A lattice parameter in the wrong unit packs thousands of atoms within a cutoff, and the evaluation would seem to
 * hang. */
static femd_status check_density(const femd_json *doc, const femd_structure *s, double cutoff, femd_error *err) {
    enum { NEIGHBOURS_MAX = 3000 };
    const double volume = fabs(femd_det3(s->cell)),
                 each = s->natoms / volume * 4.18879020478639 * cutoff * cutoff * cutoff;
    if (each <= NEIGHBOURS_MAX) return FEMD_OK;
    return femd_json_fail(doc, femd_json_get(doc->root, "structure"), err,
                          "%d atoms in %.3g cubic angstrom have some %.2g neighbours each within the cutoff of %.4g "
                          "angstrom; is a length in the wrong unit? "
                          "(at most %d)",
                          s->natoms, volume, each, cutoff, NEIGHBOURS_MAX);
}

static femd_status build(const femd_json *doc, const femd_pack *pack, int frozen, femd_native *n, femd_error *err) {
    femd_relax_settings set = FEMD_RELAX_DEFAULTS;
    femd_reference ref;
    double skin = 0.6;
    femd_structure *s = &n->structure;
    FEMD_TRY(read_settings(doc, &set, &skin, err));
    FEMD_TRY(femd_reference_read(doc, &ref, err));
    FEMD_TRY(femd_structure_create(doc, femd_json_get(doc->root, "structure"), pack, s, err));
    FEMD_TRY(femd_potential_create(doc, femd_json_get(doc->root, "potential"), pack, (const char(*)[8])s->name,
                                   s->nspecies, &n->potential, err));
    FEMD_TRY(check_density(doc, s, femd_potential_cutoff(n->potential) + skin, err));
    FEMD_TRY(femd_energetics_create(n->potential, s->natoms, s->species, &n->rve.en, err));
    FEMD_TRY(femd_neighbours_create(femd_potential_cutoff(n->potential), skin, &n->rve.nb, err));
    n->rve.n = s->natoms;
    n->rve.X = malloc(3 * (size_t)s->natoms * sizeof(double));
    if (!n->rve.X) return femd_fail(err, FEMD_NO_MEMORY, "an RVE of %d atoms: out of memory", s->natoms);
    memcpy(n->rve.X, s->x, 3 * (size_t)s->natoms * sizeof(double));
    FEMD_TRY(femd_rve_set_cell(&n->rve, s->cell, err));
    if (!frozen) FEMD_TRY(femd_relaxer_create(s->natoms, &set, &n->relaxer, err));
    FEMD_TRY(femd_path_init(&n->path, &n->rve, n->relaxer, err));
    FEMD_TRY(femd_reference_relax(&ref, frozen, &n->path, err));
    if (!frozen) return femd_native_renew(n, err);
    FEMD_TRY(femd_neighbours_rebuild(n->rve.nb, n->rve.n, n->rve.h0, n->rve.X, err));
    return femd_energetics_forces(n->rve.en, n->rve.nb, n->rve.h0, n->rve.X, &n->virgin_W, NULL, NULL, err);
}

femd_status femd_native_create(const femd_json *doc, const femd_pack *pack, int frozen, femd_native **out,
                               femd_error *err) {
    femd_native *n = calloc(1, sizeof *n);
    if (!n) return femd_fail(err, FEMD_NO_MEMORY, "an RVE: out of memory");
    femd_dense_init();
    const femd_status rc = build(doc, pack, frozen, n, err);
    if (rc != FEMD_OK) {
        femd_native_destroy(&n);
        return rc;
    }
    *out = n;
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
