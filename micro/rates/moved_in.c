/* See moved_in.h. Owns the RVEs that it relaxes, and gives them up again; never moves the path. */
#include "rates/moved_in.h"

#include <math.h>
#include <string.h>

#include "crystal/draw_in.h"

static const double LOWER = 1e-4; /* eV: a state that is lower by more is another */
static const double LEFT = 0.5;   /* of the distance of neighbours: who moved more has hopped */

/* The sites of the reference, the vacancy's neighbours drawn in. */
static femd_status moved_in_atoms(const femd_native *native, const femd_vacancy *vacancy, int start,
                                  femd_structure *atoms, femd_error *err) {
    const femd_structure *from = &native->structure;
    const double *h = native->rve.h0;
    memset(atoms, 0, sizeof *atoms);
    FEMD_TRY(femd_structure_reserve(atoms, from->natoms, err));
    atoms->natoms = from->natoms;
    atoms->nspecies = from->nspecies;
    memcpy(atoms->name, from->name, sizeof atoms->name);
    memcpy(atoms->mass, from->mass, sizeof atoms->mass);
    memcpy(atoms->cell, h, sizeof atoms->cell);
    memcpy(atoms->x, native->rve.X, 3 * (size_t)from->natoms * sizeof *atoms->x);
    memcpy(atoms->species, from->species, (size_t)from->natoms * sizeof *atoms->species);
    for (int k = 0; k < vacancy->count; k++) {
        const double *f = vacancy->hop[k].way;
        double way[3];
        for (int c = 0; c < 3; c++) way[c] = f[0] * h[c] + f[1] * h[3 + c] + f[2] * h[6 + c];
        femd_draw_in(start, vacancy->hop[k].jumper, way, atoms->x + 3 * (size_t)vacancy->hop[k].jumper);
    }
    return FEMD_OK;
}

/* How far the atom that moved most is from its site, the mean taken out. */
static double moved_in_most(const femd_native *native, const femd_native *other) {
    const int n = native->rve.n;
    double mean[3] = {0, 0, 0}, most = 0;
    for (int i = 0; i < 3 * n; i++) mean[i % 3] += (other->path.w[i] + other->rve.X[i] - native->rve.X[i]) / n;
    for (int i = 0; i < 3 * n; i += 3) {
        double d[3];
        for (int c = 0; c < 3; c++) d[c] = other->path.w[i + c] + other->rve.X[i + c] - native->rve.X[i + c] - mean[c];
        most = fmax(most, sqrt(femd_dot3(d, d)));
    }
    return most;
}

/* One start; *lower: by how much its state lies below that near the sites, where it is one of the same sites. */
static femd_status moved_in_try(const femd_native *native, const femd_json *doc, const femd_vacancy *vacancy, int start,
                                double *lower, femd_error *err) {
    femd_error words = FEMD_ERROR_INIT;
    femd_structure atoms;
    femd_native *other = NULL;
    FEMD_TRY(moved_in_atoms(native, vacancy, start, &atoms, err));
    const femd_status rc = femd_native_create_of(doc, native->pack, &atoms, &other, &words);
    femd_structure_clear(&atoms);
    if (rc == FEMD_NO_MEMORY) return femd_fail(err, rc, "%s", words.text);
    if (rc == FEMD_OK && moved_in_most(native, other) < LEFT * vacancy->nearest)
        *lower = fmax(*lower, native->virgin_W - other->virgin_W);
    femd_native_destroy(&other);
    return FEMD_OK;
}

femd_status femd_moved_in_check(const femd_native *native, const femd_json *doc, const femd_vacancy *vacancy,
                                femd_error *err) {
    double lower = 0;
    for (int start = 1; start < FEMD_DRAW_IN_STARTS; start++)
        FEMD_TRY(moved_in_try(native, doc, vacancy, start, &lower, err));
    if (lower <= LOWER) return FEMD_OK;
    return femd_fail(err, FEMD_UNSUPPORTED,
                     "the vacancy has %.3g eV less where its neighbours have moved in than where they rest near their "
                     "sites: it is not the vacancy that hops from site to site by one of them, and \"htst\" knows no "
                     "other",
                     lower);
}
