/* Defects of a structure by a seeded recipe, in this order: voids, vacancies, substitution, random displacements. Draws
 * are keys made of (seed, atom's number): the atoms with the smallest keys are taken, so that a draw is the same
 * everywhere. */
#include "crystal/defects.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "femd/tensor3.h"
#include "numerics/random.h"

typedef struct draw {
    uint64_t key;
    int atom;
} draw;

static int defects_by_key(const void *a, const void *b) {
    const draw *p = a, *q = b;
    if (p->key != q->key) return p->key < q->key ? -1 : 1;
    return (p->atom > q->atom) - (p->atom < q->atom);
}

/* "count" or "fraction" (rounded to the nearest) of `all` atoms. */
static femd_status defects_how_many(const femd_json *doc, const cJSON *obj, int all, int *count, femd_error *err) {
    double v = femd_json_get(obj, "count") ? femd_json_number(obj, "count", 0.0)
                                           : floor(femd_json_number(obj, "fraction", 0.0) * all + 0.5);
    if (!(v >= 0.0) || v > all || v != floor(v)) return femd_json_fail(doc, obj, err, "%g of %d atoms", v, all);
    *count = (int)v;
    return FEMD_OK;
}

/* Mark count of the atoms with species `of` (-1: any), drawn from seed. */
static femd_status defects_draw_atoms(const femd_structure *atoms, int of, int count, uint64_t seed, uint64_t stream,
                                      unsigned char *mark, femd_error *err) {
    draw *d = malloc(((size_t)atoms->natoms + 1) * sizeof *d);
    size_t n = 0;
    if (!d) return femd_fail(err, FEMD_NO_MEMORY, "no memory for a draw among %d atoms", atoms->natoms);
    for (int i = 0; i < atoms->natoms; i++)
        if (of < 0 || atoms->species[i] == of) d[n++] = (draw){femd_random_bits(seed, stream, (uint64_t)i), i};
    qsort(d, n, sizeof *d, defects_by_key);
    for (int k = 0; k < count; k++) mark[d[k].atom] = 1;
    free(d);
    return FEMD_OK;
}

static void defects_cartesian(const double cell[9], const double f[3], double x[3]) {
    for (int c = 0; c < 3; c++) x[c] = f[0] * cell[c] + f[1] * cell[3 + c] + f[2] * cell[6 + c];
}

/* How many cells away, along each lattice vector, a point within `reach` of a point of the cell may lie. */
static void defects_image_range(const double cell[9], double reach, int range[3]) {
    double volume = femd_det3(cell);
    for (int k = 0; k < 3; k++) {
        double face[3];
        femd_cross3(cell + 3 * ((k + 1) % 3), cell + 3 * ((k + 2) % 3), face);
        range[k] = (int)ceil(reach / (fabs(volume) / sqrt(femd_dot3(face, face)))) + 1;
    }
}

/* Smallest squared distance from x to an image of center; along == 0..2: to the line through it in that direction. */
static double defects_nearest_image(const double cell[9], const int range[3], const double x[3], const double center[3],
                                    int along) {
    double best = HUGE_VAL;
    for (int i = -range[0]; i <= range[0]; i++)
        for (int j = -range[1]; j <= range[1]; j++)
            for (int k = -range[2]; k <= range[2]; k++) {
                double sq = 0.0;
                for (int c = 0; c < 3; c++) {
                    double d = x[c] - center[c] - (i * cell[c] + j * cell[3 + c] + k * cell[6 + c]);
                    if (c != along) sq += d * d;
                }
                best = sq < best ? sq : best;
            }
    return best;
}

static void defects_three_numbers(const cJSON *list, double v[3]) {
    for (int c = 0; c < 3; c++) {
        const cJSON *node = cJSON_GetArrayItem(list, c);
        v[c] = node ? node->valuedouble : 0.0;
    }
}

/* Atoms may lie a little outside the cell (a data file); they are brought in for comparing. */
static void defects_wrapped(const double cell[9], const double inverse[9], const double *from, double x[3]) {
    double f[3];
    for (int k = 0; k < 3; k++) {
        f[k] = from[0] * inverse[k] + from[1] * inverse[3 + k] + from[2] * inverse[6 + k];
        f[k] -= floor(f[k]);
    }
    defects_cartesian(cell, f, x);
}

static void defects_invert(const double m[9], double inverse[9]) {
    const double det = femd_det3(m);
    femd_adjugate3(m, inverse);
    for (int k = 0; k < 9; k++) inverse[k] /= det;
}

static femd_status defects_mark_void(const femd_json *doc, const cJSON *item, const femd_structure *atoms,
                                     unsigned char *mark, femd_error *err) {
    const char *axis = femd_json_string(item, "axis", "z");
    int along = strcmp(femd_json_string(item, "shape", "sphere"), "cylinder") == 0 ? axis[0] - 'x' : -1, range[3];
    double radius, fraction[3], center[3], inverse[9], x[3];
    FEMD_TRY(femd_json_quantity(doc, item, "radius", FEMD_DIM_LENGTH, 0.0, &radius, err));
    radius *= 1e10;
    if (!(radius > 0.0) || radius > 1e4)
        return femd_json_fail(doc, item, err, "a void of radius %g angstrom%s", radius,
                              femd_json_bare_length(item, "radius"));
    defects_three_numbers(femd_json_get(item, "center"), fraction);
    for (int k = 0; k < 3; k++) fraction[k] -= floor(fraction[k]);
    defects_cartesian(atoms->cell, fraction, center);
    defects_invert(atoms->cell, inverse);
    defects_image_range(atoms->cell, radius, range);
    for (int i = 0; i < atoms->natoms; i++) {
        defects_wrapped(atoms->cell, inverse, atoms->x + 3 * (size_t)i, x);
        if (defects_nearest_image(atoms->cell, range, x, center, along) < radius * radius) mark[i] = 1;
    }
    return FEMD_OK;
}

static femd_status defects_mark_positions(const femd_json *doc, const cJSON *positions, const femd_structure *atoms,
                                          unsigned char *mark, femd_error *err) {
    const cJSON *item;
    const int range[3] = {1, 1, 1};
    double inverse[9];
    defects_invert(atoms->cell, inverse);
    cJSON_ArrayForEach(item, positions) {
        double f[3], center[3], x[3], best = HUGE_VAL;
        int nearest = -1;
        defects_three_numbers(item, f);
        for (int k = 0; k < 3; k++) f[k] -= floor(f[k]);
        defects_cartesian(atoms->cell, f, center);
        for (int i = 0; i < atoms->natoms; i++) {
            double sq;
            defects_wrapped(atoms->cell, inverse, atoms->x + 3 * (size_t)i, x);
            sq = defects_nearest_image(atoms->cell, range, x, center, -1);
            if (sq < best) best = sq, nearest = i;
        }
        if (nearest < 0 || mark[nearest])
            return femd_json_fail(doc, item, err, "the atom nearest to this position is taken out already");
        mark[nearest] = 1;
    }
    return FEMD_OK;
}

static femd_status defects_take_out(const femd_json *doc, const cJSON *structure, femd_structure *atoms,
                                    unsigned char *mark, femd_error *err) {
    const cJSON *voids = femd_json_get(structure, "voids"), *vacancies = femd_json_get(structure, "vacancies"), *item;
    uint64_t seed = 1;
    int count = 0;
    memset(mark, 0, (size_t)atoms->natoms);
    cJSON_ArrayForEach(item, voids) FEMD_TRY(defects_mark_void(doc, item, atoms, mark, err));
    femd_structure_drop(atoms, mark);
    if (atoms->natoms == 0) return femd_json_fail(doc, voids, err, "the voids leave no atom");
    if (!vacancies) return FEMD_OK;
    memset(mark, 0, (size_t)atoms->natoms);
    if (femd_json_get(vacancies, "positions")) {
        FEMD_TRY(defects_mark_positions(doc, femd_json_get(vacancies, "positions"), atoms, mark, err));
    } else {
        FEMD_TRY(defects_how_many(doc, vacancies, atoms->natoms, &count, err));
        FEMD_TRY(femd_json_u64(doc, vacancies, "seed", 1, &seed, err));
        FEMD_TRY(defects_draw_atoms(atoms, -1, count, seed, FEMD_STREAM_VACANCIES, mark, err));
    }
    femd_structure_drop(atoms, mark);
    if (atoms->natoms == 0) return femd_json_fail(doc, vacancies, err, "the vacancies leave no atom");
    return FEMD_OK;
}

static femd_status defects_substitute(const femd_json *doc, const cJSON *item, int index, femd_structure *atoms,
                                      unsigned char *mark, femd_error *err) {
    const char *old_name = femd_json_string(item, "for", ""), *new_name = femd_json_string(item, "species", "");
    int from = -1, to, all = 0, count = 0;
    uint64_t seed = 1;
    for (int a = 0; a < atoms->nspecies; a++)
        if (strcmp(atoms->name[a], old_name) == 0) from = a;
    if (from < 0)
        return femd_json_fail(doc, femd_json_get(item, "for"), err, "the structure has no species \"%s\"", old_name);
    to = femd_structure_species(atoms, new_name);
    if (to < 0)
        return femd_json_fail(doc, femd_json_get(item, "species"), err, "at most %d species are possible",
                              FEMD_SPECIES_MAX);
    for (int i = 0; i < atoms->natoms; i++) all += atoms->species[i] == from;
    FEMD_TRY(defects_how_many(doc, item, all, &count, err));
    FEMD_TRY(femd_json_u64(doc, item, "seed", 1, &seed, err));
    memset(mark, 0, (size_t)atoms->natoms);
    FEMD_TRY(
        defects_draw_atoms(atoms, from, count, seed, FEMD_STREAM_SUBSTITUTION + ((uint64_t)index << 8), mark, err));
    for (int i = 0; i < atoms->natoms; i++)
        if (mark[i]) atoms->species[i] = to;
    return FEMD_OK;
}

static femd_status defects_displace(const femd_json *doc, const cJSON *obj, femd_structure *atoms, femd_error *err) {
    double amplitude;
    uint64_t seed = 1;
    FEMD_TRY(femd_json_quantity(doc, obj, "amplitude", FEMD_DIM_LENGTH, 0.0, &amplitude, err));
    FEMD_TRY(femd_json_u64(doc, obj, "seed", 1, &seed, err));
    amplitude *= 1e10;
    if (fabs(amplitude) > 1e4)
        return femd_json_fail(doc, obj, err, "atoms displaced by up to %g angstrom%s", amplitude,
                              femd_json_bare_length(obj, "amplitude"));
    for (size_t c = 0; c < 3 * (size_t)atoms->natoms; c++)
        atoms->x[c] += amplitude * (2.0 * femd_random_uniform(seed, FEMD_STREAM_DISPLACE, c) - 1.0);
    return FEMD_OK;
}

femd_status femd_defects_apply(const femd_json *doc, const cJSON *structure, femd_structure *atoms, femd_error *err) {
    const cJSON *substitution = femd_json_get(structure, "substitution"),
                *offsets = femd_json_get(structure, "displace"), *item;
    unsigned char *mark = malloc((size_t)atoms->natoms);
    femd_status rc;
    int index = 0;
    if (!mark) return femd_fail(err, FEMD_NO_MEMORY, "no memory for %d atoms", atoms->natoms);
    rc = defects_take_out(doc, structure, atoms, mark, err);
    cJSON_ArrayForEach(item, substitution) {
        if (rc == FEMD_OK) rc = defects_substitute(doc, item, index++, atoms, mark, err);
    }
    if (rc == FEMD_OK && offsets) rc = defects_displace(doc, offsets, atoms, err);
    free(mark);
    return rc;
}
