/* Making an atomistic instance from a material. Owns what depends on the material alone: structure, potential,
 * reference. */
#include "rve/native.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "crystal/structure_create.h"
#include "femd/remarks.h"
#include "numerics/dense.h"
#include "rve/reference.h"

#define ANGSTROM 1e-10
#define ONE_MASS 1e-6 /* relative: masses that are one */

static femd_status native_read_settings(const femd_json *doc, femd_relax_settings *set, double *skin, femd_error *err) {
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

/* A lattice parameter in the wrong unit packs thousands of atoms within a cutoff, and the evaluation would seem to
 * hang. */
static femd_status native_check_density(const femd_json *doc, const femd_structure *atoms, double cutoff,
                                        femd_error *err) {
    enum { NEIGHBOURS_MAX = 3000 };
    const double volume = fabs(femd_det3(atoms->cell)),
                 each = atoms->natoms / volume * 4.18879020478639 * cutoff * cutoff * cutoff;
    if (each <= NEIGHBOURS_MAX) return FEMD_OK;
    return femd_json_fail(doc, femd_json_get(doc->root, "structure"), err,
                          "%d atoms in %.3g cubic angstrom have some %.2g neighbours each within the cutoff of %.4g "
                          "angstrom; is a length in the wrong unit (a number without one "
                          "is in m)? At most %d are possible",
                          atoms->natoms, volume, each, cutoff, NEIGHBOURS_MAX);
}

static void native_gather_notes(femd_native *native) {
    femd_remarks_copy(native->notes, sizeof native->notes, femd_potential_notes(native->potential));
    femd_remarks_add_all(native->notes, sizeof native->notes, native->structure.notes);
}

static const double ISOTOPE = 0.02; /* of a mass: what is told */

/* A mass that is not the potential's may be an isotope's, or that of another element. */
static void native_tell_masses(femd_native *native) {
    const femd_structure *atoms = &native->structure;
    for (int a = 0; a < atoms->nspecies; a++) {
        const double own = atoms->mass[a], table = femd_potential_mass(native->potential, a);
        char words[200];
        if (!(own > 0) || !(table > 0) || fabs(own - table) <= ISOTOPE * table) continue;
        snprintf(words, sizeof words, "the mass of %s is %.5g u, as the structure says; the potential says %.5g u",
                 atoms->name[a], own, table);
        femd_native_remark(native, words);
    }
}

/* What rests on a minimum that far from the structure is told. */
static void native_tell_inherent(femd_native *native) {
    char words[300];
    if (!(native->path.wandered > FEMD_WANDERED_MAX)) return;
    snprintf(words, sizeof words,
             "the atoms went %.2g of the distance of neighbours (root mean square) to a minimum of the energy: the "
             "structure is no solid near equilibrium, and all that is not sampled is said of this inherent structure, "
             "one of many",
             native->path.wandered);
    femd_native_remark(native, words);
}

static void native_tell_loose(femd_native *native) {
    char words[FEMD_LOOSE_WORDS];
    femd_loose_tell(native->rve.loose, words);
    if (words[0]) femd_native_remark(native, words);
}

/* ---- atoms that are not relaxed ---- */

static int native_starts_at_sites(const femd_json *doc) {
    return strcmp(femd_json_string(femd_json_get(doc->root, "md"), "start", "relaxed"), "sites") == 0;
}

/* The sites and the cell of the structure: the reference, unless the sampling moves it. `why`: no minimum was found;
 * NULL: none was to be sought. */
static femd_status native_hold(const femd_reference *ref, femd_native *native, const char *why, femd_error *err) {
    const femd_structure *atoms = &native->structure;
    femd_path *path = &native->path;
    char words[700];
    if (!ref->as_given && !(ref->temperature > 0))
        return why ? femd_fail(err, FEMD_BAD_INPUT,
                               "%.480s (the method md can start from the sites as they are where the reference is "
                               "\"as-given\" or has a temperature)",
                               why)
                   : femd_fail(err, FEMD_BAD_INPUT,
                               "atoms that start at their sites have no reference at 0 K: give the reference a "
                               "temperature, or take it \"as-given\"");
    memcpy(native->rve.X, atoms->x, 3 * (size_t)atoms->natoms * sizeof *native->rve.X);
    FEMD_TRY(femd_rve_set_cell(&native->rve, atoms->cell, err));
    memset(path->E, 0, sizeof path->E);
    memset(path->w, 0, 3 * (size_t)native->rve.n * sizeof *path->w);
    path->has_G = 0;
    path->held = 1;
    snprintf(words, sizeof words, "the atoms start at their sites, which are no minimum of the energy%s%.400s%s",
             why ? " (" : "", why ? why : "", why ? ")" : "");
    femd_native_remark(native, words);
    return femd_native_renew(native, err);
}

static int native_may_hold(femd_status rc) {
    return rc == FEMD_BAD_INPUT || rc == FEMD_INSTABILITY || rc == FEMD_NOT_CONVERGED || rc == FEMD_DIVERGED;
}

static femd_status native_find_reference(const femd_reference *ref, int frozen, femd_native *native, femd_error *err) {
    char soft[FEMD_REFERENCE_WORDS];
    FEMD_TRY(femd_reference_relax(ref, frozen, &native->path, soft, err));
    if (soft[0]) femd_native_remark(native, soft);
    if (!frozen) {
        FEMD_TRY(femd_native_renew(native, err));
        native_tell_loose(native);
        return FEMD_OK;
    }
    FEMD_TRY(femd_neighbours_rebuild(native->rve.nb, native->rve.n, native->rve.h0, native->rve.X, err));
    return femd_energetics_forces(native->rve.en, native->rve.nb, native->rve.h0, native->rve.X, &native->virgin_W,
                                  NULL, NULL, err);
}

/* What moving atoms hold up may have no minimum at 0 K, where statics is then not asked. */
static femd_status native_find_sampled(const femd_json *doc, const femd_reference *ref, femd_native *native,
                                       femd_error *err) {
    femd_error words = FEMD_ERROR_INIT;
    if (native_starts_at_sites(doc)) return native_hold(ref, native, NULL, err);
    const size_t used = strlen(native->notes);
    const femd_status rc = native_find_reference(ref, 0, native, &words);
    if (native_may_hold(rc)) {
        native->notes[used] = 0;
        return native_hold(ref, native, words.text, err);
    }
    if (rc == FEMD_OK && native->rve.loose->more.count > 0) { /* its minimum is one of a family */
        char loose[FEMD_LOOSE_WORDS];
        femd_loose_tell(native->rve.loose, loose);
        native->notes[used] = 0;
        return native_hold(ref, native, loose, err);
    }
    if (rc != FEMD_OK && err) *err = words;
    return rc;
}

/* In the middle of a cell with room for the surface to move out, and for strains that make the cell small. */
static femd_status native_cut_cluster(femd_native *native, femd_error *err) {
    femd_rve *rve = &native->rve;
    double cell[9];
    FEMD_TRY(femd_rve_widen(rve, 4 * femd_potential_cutoff(native->potential), err));
    femd_rve_filled_cell(rve, cell);
    for (int i = 0; i < 3 * rve->n; i++) {
        rve->X[i] = native->structure.x[i];
        for (int k = 0; k < 3; k++) rve->X[i] += 0.5 * (rve->h0[3 * k + i % 3] - cell[3 * k + i % 3]);
    }
    return FEMD_OK;
}

static femd_status native_set_boundary(const femd_json *doc, femd_native *native, femd_error *err) {
    femd_boundary *boundary;
    char words[FEMD_BOUNDARY_WORDS];
    FEMD_TRY(femd_boundary_create(doc, &native->structure, native->rve.nb, &boundary, err));
    femd_rve_set_boundary(&native->rve, boundary);
    if (!boundary) return FEMD_OK;
    if (femd_boundary_is_cluster(boundary)) FEMD_TRY(native_cut_cluster(native, err));
    femd_boundary_tell(boundary, words);
    femd_native_remark(native, words);
    return FEMD_OK;
}

/* All but the structure, which is there. */
static femd_status native_build(const femd_json *doc, const femd_pack *pack, const femd_reference *ref,
                                femd_native_atoms kind, femd_native *native, femd_error *err) {
    femd_relax_settings set = FEMD_RELAX_DEFAULTS;
    double skin = 0.6;
    femd_structure *atoms = &native->structure;
    native->pack = pack;
    FEMD_TRY(native_read_settings(doc, &set, &skin, err));
    FEMD_TRY(femd_potential_create(doc, femd_json_get(doc->root, "potential"), pack, (const char(*)[8])atoms->name,
                                   atoms->nspecies, &native->potential, err));
    native_gather_notes(native);
    native_tell_masses(native);
    FEMD_TRY(native_check_density(doc, atoms, femd_potential_cutoff(native->potential) + skin, err));
    FEMD_TRY(femd_energetics_create(native->potential, atoms->natoms, atoms->species, &native->rve.en, err));
    FEMD_TRY(femd_energetics_require(native->rve.en, FEMD_GIVES_FACES, err)); /* for the Hill-Mandel residual */
    FEMD_TRY(femd_neighbours_create(femd_potential_cutoff(native->potential), skin, &native->rve.nb, err));
    femd_rve_set_atoms(&native->rve, atoms->natoms);
    native->rve.X = malloc(3 * (size_t)atoms->natoms * sizeof(double));
    if (!native->rve.X) return femd_fail(err, FEMD_NO_MEMORY, "an RVE of %d atoms: out of memory", atoms->natoms);
    memcpy(native->rve.X, atoms->x, 3 * (size_t)atoms->natoms * sizeof(double));
    FEMD_TRY(femd_rve_set_cell(&native->rve, atoms->cell, err));
    if (kind != FEMD_NATIVE_FROZEN) FEMD_TRY(native_set_boundary(doc, native, err));
    if (kind != FEMD_NATIVE_FROZEN) FEMD_TRY(femd_rve_may_hold(&native->rve, err));
    if (kind != FEMD_NATIVE_FROZEN) FEMD_TRY(femd_relaxer_create(atoms->natoms, &set, &native->relaxer, err));
    FEMD_TRY(femd_path_init(&native->path, &native->rve, native->relaxer, err));
    if (kind == FEMD_NATIVE_SAMPLED) return native_find_sampled(doc, ref, native, err);
    FEMD_TRY(native_find_reference(ref, kind == FEMD_NATIVE_FROZEN, native, err));
    native_tell_inherent(native);
    return FEMD_OK;
}

/* What the potential's cutoff does to the crystal that was found. */
static void native_judge_crystal(femd_native *native) {
    const femd_structure *atoms = &native->structure;
    char words[FEMD_CRYSTAL_WORDS];
    double cell[9];
    femd_rve_filled_cell(&native->rve, cell);
    femd_potential_judge_crystal(native->potential, atoms->natoms, atoms->species, cell, native->rve.X, words,
                                 sizeof words);
    if (words[0]) femd_native_remark(native, words);
}

/* Species that exchange are the material's, whether or not the structure has atoms of them. */
static femd_status native_add_exchanged(const femd_json *doc, femd_structure *atoms, femd_error *err) {
    const cJSON *node = femd_json_get(doc->root, "semi-grand"), *list = femd_json_get(node, "species"),
                *masses = femd_json_get(node, "masses"), *mass = masses ? masses->child : NULL, *item;
    if (masses && cJSON_GetArraySize(masses) != cJSON_GetArraySize(list))
        return femd_json_fail(doc, masses, err, "%d masses for %d species", cJSON_GetArraySize(masses),
                              cJSON_GetArraySize(list));
    cJSON_ArrayForEach(item, list) {
        const int species = femd_structure_species(atoms, item->valuestring);
        double value;
        if (species < 0) return femd_json_fail(doc, item, err, "at most %d species are possible", FEMD_SPECIES_MAX);
        if (!mass) continue;
        FEMD_TRY(femd_json_node_quantity(doc, mass, FEMD_DIM_MASS, &value, err));
        if (!(value > 0)) return femd_json_fail(doc, mass, err, "a mass must be above zero");
        value /= FEMD_ATOMIC_MASS;
        if (atoms->mass[species] > 0 && fabs(atoms->mass[species] / value - 1) > ONE_MASS)
            return femd_json_fail(doc, mass, err, "%s has %g u in the structure, and %g here", item->valuestring,
                                  atoms->mass[species], value);
        atoms->mass[species] = value;
        mass = mass->next;
    }
    return FEMD_OK;
}

static femd_status native_build_new(const femd_json *doc, const femd_pack *pack, femd_native_atoms kind,
                                    femd_native *native, femd_error *err) {
    femd_reference ref;
    FEMD_TRY(femd_reference_read(doc, &ref, err));
    FEMD_TRY(femd_structure_create(doc, femd_json_get(doc->root, "structure"), pack, &native->structure, err));
    FEMD_TRY(native_add_exchanged(doc, &native->structure, err));
    return native_build(doc, pack, &ref, kind, native, err);
}

femd_status femd_native_create_of(const femd_json *doc, const femd_pack *pack, femd_structure *atoms, femd_native **out,
                                  femd_error *err) {
    const femd_reference ref = {.as_given = 1};
    femd_native *native = calloc(1, sizeof *native);
    if (!native) return femd_fail(err, FEMD_NO_MEMORY, "an RVE: out of memory");
    native->structure = *atoms;
    memset(atoms, 0, sizeof *atoms);
    const femd_status rc = native_build(doc, pack, &ref, FEMD_NATIVE_RELAXED, native, err);
    if (rc == FEMD_OK)
        *out = native;
    else
        femd_native_destroy(&native);
    return rc;
}

femd_status femd_native_create(const femd_json *doc, const femd_pack *pack, femd_native_atoms kind, femd_native **out,
                               femd_error *err) {
    femd_native *native = calloc(1, sizeof *native);
    if (!native) return femd_fail(err, FEMD_NO_MEMORY, "an RVE: out of memory");
    femd_dense_init();
    const femd_status rc = native_build_new(doc, pack, kind, native, err);
    if (rc != FEMD_OK) {
        femd_native_destroy(&native);
        return rc;
    }
    native_judge_crystal(native);
    *out = native;
    return FEMD_OK;
}
