/* See defect.h. */
#include "chemical/defect.h"

#include <math.h>
#include <stdlib.h>

#include "crystal/draw_in.h"

static const double APART = 0.8;  /* of the distance of neighbours: atoms that share a site, before they relax */
static const double AROUND = 1.1; /* times the nearest: neighbours of a vacancy */
static const double ALIKE = 1e-6; /* of the trace of an atom's own force constants */

/* Square of the distance of x from a place, over images of the cell next to it. */
static double defect_nearest(const double cell[9], const double *x, const double at[3]) {
    double best = HUGE_VAL;
    for (int i = -1; i <= 1; i++)
        for (int j = -1; j <= 1; j++)
            for (int k = -1; k <= 1; k++) {
                double sq = 0;
                for (int c = 0; c < 3; c++) {
                    const double d = x[c] - at[c] - (i * cell[c] + j * cell[3 + c] + k * cell[6 + c]);
                    sq += d * d;
                }
                best = fmin(best, sq);
            }
    return best;
}

static void defect_place(const double cell[9], const cJSON *fractions, double at[3]) {
    at[0] = at[1] = at[2] = 0;
    for (int k = 0; k < 3; k++) {
        const double f = cJSON_GetArrayItem(fractions, k)->valuedouble;
        for (int c = 0; c < 3; c++) at[c] += (f - floor(f)) * cell[3 * k + c];
    }
}

/* The atom that a site names. */
static femd_status defect_site(const femd_native *host, const femd_json *doc, const cJSON *site, int *atom,
                               femd_error *err) {
    const int n = host->rve.n;
    double at[3], best = HUGE_VAL;
    if (cJSON_IsNumber(site)) {
        if (site->valuedouble >= n)
            return femd_json_fail(doc, site, err, "the RVE has %d atoms, the last is number %d", n, n - 1);
        *atom = (int)site->valuedouble;
        return FEMD_OK;
    }
    defect_place(host->rve.h0, site, at);
    *atom = 0;
    for (int i = 0; i < n; i++) {
        const double sq = defect_nearest(host->rve.h0, host->rve.X + 3 * (size_t)i, at);
        if (sq < best) best = sq, *atom = i;
    }
    return FEMD_OK;
}

static int defect_count(const femd_structure *atoms, int species) {
    int count = 0;
    for (int i = 0; i < atoms->natoms; i++) count += atoms->species[i] == species;
    return count;
}

static int defect_species_with_atoms(const femd_structure *atoms) {
    int species = 0;
    for (int a = 0; a < atoms->nspecies; a++) species += defect_count(atoms, a) > 0;
    return species;
}

/* What is put somewhere else, or taken from there, is an atom of the same crystal, which must be one thing. */
static femd_status defect_check_alike(const femd_native *host, const femd_json *doc, const cJSON *node,
                                      femd_error *err) {
    const int n = host->rve.n;
    double least = HUGE_VAL, most = 0;
    if (defect_species_with_atoms(&host->structure) > 1)
        return femd_json_fail(doc, node, err,
                              "the crystal has several species: where the atom goes, or comes from, is a choice that "
                              "its composition does not make; \"substitute\" has an answer there");
    double *blocks = malloc(9 * (size_t)n * sizeof *blocks);
    if (!blocks) return femd_fail(err, FEMD_NO_MEMORY, "a defect among %d atoms: out of memory", n);
    const femd_status rc = femd_energetics_onsite(host->rve.en, host->rve.nb, host->rve.h0, host->rve.X, blocks, err);
    for (int i = 0; rc == FEMD_OK && i < n; i++) {
        const double trace = blocks[9 * i] + blocks[9 * i + 4] + blocks[9 * i + 8];
        least = fmin(least, trace);
        most = fmax(most, trace);
    }
    free(blocks);
    if (rc != FEMD_OK) return rc;
    if (most - least <= ALIKE * most) return FEMD_OK;
    return femd_json_fail(doc, node, err,
                          "the atoms of the RVE are not all alike (their own force constants are %.6g to %.6g "
                          "eV/angstrom^2): the energy of the atom that goes elsewhere is not that of its mean; take a "
                          "perfect crystal",
                          least, most);
}

femd_status femd_defect_copy(const femd_native *host, int more, femd_structure *atoms, femd_error *err) {
    const femd_structure *from = &host->structure;
    memset(atoms, 0, sizeof *atoms);
    FEMD_TRY(femd_structure_reserve(atoms, (long)from->natoms + more, err));
    atoms->nspecies = from->nspecies;
    memcpy(atoms->name, from->name, sizeof atoms->name);
    memcpy(atoms->mass, from->mass, sizeof atoms->mass);
    memcpy(atoms->cell, host->rve.h0, sizeof atoms->cell);
    memcpy(atoms->x, host->rve.X, 3 * (size_t)from->natoms * sizeof *atoms->x);
    memcpy(atoms->species, from->species, (size_t)from->natoms * sizeof *atoms->species);
    return FEMD_OK;
}

static femd_status defect_name_species(const femd_json *doc, const cJSON *node, femd_structure *atoms, int *species,
                                       femd_error *err) {
    const cJSON *name = femd_json_get(node, "species");
    *species = femd_structure_species(atoms, name->valuestring);
    if (*species < 0) return femd_json_fail(doc, name, err, "at most %d species are possible", FEMD_SPECIES_MAX);
    return FEMD_OK;
}

static femd_status defect_vacate(const femd_native *host, const femd_json *doc, const cJSON *site, femd_defect *defect,
                                 femd_structure *atoms, femd_error *err) {
    defect->more = -1;
    FEMD_TRY(defect_check_alike(host, doc, site, err));
    FEMD_TRY(defect_site(host, doc, site, &defect->atom, err));
    FEMD_TRY(femd_defect_copy(host, 0, atoms, err));
    unsigned char *drop = calloc((size_t)atoms->natoms, 1);
    if (!drop) return femd_fail(err, FEMD_NO_MEMORY, "a vacancy: out of memory");
    drop[defect->atom] = 1;
    femd_structure_drop(atoms, drop);
    free(drop);
    defect->odds = 1.0 / host->rve.n;
    return FEMD_OK;
}

static femd_status defect_substitute(const femd_native *host, const femd_json *doc, const cJSON *node,
                                     femd_defect *defect, femd_structure *atoms, femd_error *err) {
    int species;
    FEMD_TRY(defect_site(host, doc, femd_json_get(node, "site"), &defect->atom, err));
    FEMD_TRY(femd_defect_copy(host, 0, atoms, err));
    FEMD_TRY(defect_name_species(doc, node, atoms, &species, err));
    const int old = atoms->species[defect->atom];
    if (species == old)
        return femd_json_fail(doc, femd_json_get(node, "species"), err, "the atom at that site is %s already",
                              atoms->name[species]);
    defect->odds = (defect_count(atoms, species) + 1.0) / defect_count(atoms, old);
    atoms->species[defect->atom] = species;
    return FEMD_OK;
}

/* An atom and the new one, number n, share its site along a direction. */
static femd_status defect_split(const femd_native *host, const femd_json *doc, const cJSON *node, femd_structure *atoms,
                                femd_error *err) {
    const cJSON *along = femd_json_get(node, "along");
    double direction[3], nearest, square = 0;
    int old;
    FEMD_TRY(defect_site(host, doc, femd_json_get(node, "site"), &old, err));
    FEMD_TRY(femd_neighbours_nearest(host->rve.nb, host->rve.n, host->rve.h0, host->rve.X, &nearest, err));
    for (int c = 0; c < 3; c++) {
        direction[c] = cJSON_GetArrayItem(along, c)->valuedouble;
        square += direction[c] * direction[c];
    }
    if (!(square > 0)) return femd_json_fail(doc, along, err, "no direction");
    double *x = atoms->x + 3 * (size_t)old, *y = atoms->x + 3 * (size_t)host->rve.n;
    for (int c = 0; c < 3; c++) {
        const double half = 0.5 * APART * nearest * direction[c] / sqrt(square);
        y[c] = x[c] + half;
        x[c] -= half;
    }
    return FEMD_OK;
}

static femd_status defect_insert(const femd_native *host, const femd_json *doc, const cJSON *node, femd_defect *defect,
                                 femd_structure *atoms, femd_error *err) {
    const int n = host->rve.n;
    int species;
    defect->more = 1;
    FEMD_TRY(femd_defect_copy(host, 1, atoms, err));
    atoms->natoms = n; /* until it is there */
    FEMD_TRY(defect_name_species(doc, node, atoms, &species, err));
    defect->foreign = defect_count(atoms, species) == 0;
    if (!defect->foreign) FEMD_TRY(defect_check_alike(host, doc, femd_json_get(node, "species"), err));
    if (femd_json_get(node, "at"))
        defect_place(host->rve.h0, femd_json_get(node, "at"), atoms->x + 3 * (size_t)n);
    else
        FEMD_TRY(defect_split(host, doc, node, atoms, err));
    atoms->species[n] = species;
    atoms->natoms = n + 1;
    defect->atom = n;
    defect->odds = 1.0 / n;
    return FEMD_OK;
}

femd_status femd_defect_make(const femd_native *host, const femd_json *doc, femd_defect *defect, femd_structure *atoms,
                             femd_error *err) {
    static const struct {
        const char *key;
        femd_status (*make)(const femd_native *host, const femd_json *doc, const cJSON *node, femd_defect *defect,
                            femd_structure *atoms, femd_error *err);
    } kinds[] = {[FEMD_DEFECT_VACANCY] = {"vacancy", defect_vacate},
                 [FEMD_DEFECT_SUBSTITUTE] = {"substitute", defect_substitute},
                 [FEMD_DEFECT_INTERSTITIAL] = {"interstitial", defect_insert}};
    const cJSON *asked = femd_json_get(doc->root, "defect");
    memset(atoms, 0, sizeof *atoms);
    *defect = (femd_defect){0};
    for (int kind = 0; kind <= FEMD_DEFECT_INTERSTITIAL; kind++) {
        const cJSON *node = femd_json_get(asked, kinds[kind].key);
        if (!node) continue;
        defect->kind = (femd_defect_kind)kind;
        const femd_status rc = kinds[kind].make(host, doc, node, defect, atoms, err);
        if (rc != FEMD_OK) femd_structure_clear(atoms);
        return rc;
    }
    return femd_json_fail(
        doc, asked ? asked : doc->root, err,
        "a free energy of formation needs a defect: \"defect\": {\"vacancy\": SITE}, {\"substitute\": "
        "{\"site\": SITE, \"species\": ...}} or {\"interstitial\": {\"at\": [...], \"species\": ...}}");
}

void femd_defect_draw_in(const femd_native *host, const femd_defect *defect, int start, femd_structure *atoms) {
    const double *site = host->rve.X + 3 * (size_t)defect->atom, *cell = atoms->cell;
    double first = HUGE_VAL;
    if (defect->kind != FEMD_DEFECT_VACANCY || start == 0) return;
    for (int i = 0; i < atoms->natoms; i++) first = fmin(first, defect_nearest(cell, atoms->x + 3 * (size_t)i, site));
    for (int i = 0; i < atoms->natoms; i++) {
        double *x = atoms->x + 3 * (size_t)i;
        if (!(defect_nearest(cell, x, site) < AROUND * AROUND * first)) continue;
        for (int image = 0; image < 27; image++) {
            double d[3];
            for (int c = 0; c < 3; c++)
                d[c] = site[c] - x[c] + (image % 3 - 1) * cell[c] + (image / 3 % 3 - 1) * cell[3 + c] +
                       (image / 9 - 1) * cell[6 + c];
            if (!(femd_dot3(d, d) < AROUND * AROUND * first)) continue;
            femd_draw_in(start, i, d, x);
            break;
        }
    }
}
