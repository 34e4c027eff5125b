/* Crystals: the smallest periodic orthogonal cell along three crystal directions, repeated.
 *
 * Each lattice is given by an orthogonal conventional cell, a basis in it, and the centring translations that leave it
 * unchanged. Directions are in the axes of that cell; for hcp they are those of the orthohexagonal cell (a, sqrt(3) a,
 * c). It knows no defects. */
#include "crystal/lattice.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "femd/tensor3.h"

#define DIRECTION_MAX 50
#define CLOSE         1e-8 /* of a cell edge */

typedef struct lattice {
    const char *name;
    int sublattices; /* how many species may be named; one name always does */
    int atoms;
    struct {
        double at[3]; /* fractions of the conventional cell */
        int sublattice;
    } basis[8];
    int centrings;
    double centring[3][3]; /* fractions, besides 0 */
} lattice;

static const lattice lattices[] = {
    {"fcc",
     1,
     4,
     {{{0, 0, 0}, 0}, {{0, .5, .5}, 0}, {{.5, 0, .5}, 0}, {{.5, .5, 0}, 0}},
     3,
     {{0, .5, .5}, {.5, 0, .5}, {.5, .5, 0}}},
    {"bcc", 1, 2, {{{0, 0, 0}, 0}, {{.5, .5, .5}, 0}}, 1, {{.5, .5, .5}}},
    {"hcp",
     1,
     4,
     {{{0, 0, 0}, 0}, {{.5, .5, 0}, 0}, {{.5, 5.0 / 6.0, .5}, 0}, {{0, 1.0 / 3.0, .5}, 0}},
     1,
     {{.5, .5, 0}}},
    {"diamond",
     2,
     8,
     {{{0, 0, 0}, 0},
      {{0, .5, .5}, 0},
      {{.5, 0, .5}, 0},
      {{.5, .5, 0}, 0},
      {{.25, .25, .25}, 1},
      {{.25, .75, .75}, 1},
      {{.75, .25, .75}, 1},
      {{.75, .75, .25}, 1}},
     3,
     {{0, .5, .5}, {.5, 0, .5}, {.5, .5, 0}}},
    {"b1",
     2,
     8,
     {{{0, 0, 0}, 0},
      {{0, .5, .5}, 0},
      {{.5, 0, .5}, 0},
      {{.5, .5, 0}, 0},
      {{.5, 0, 0}, 1},
      {{0, .5, 0}, 1},
      {{0, 0, .5}, 1},
      {{.5, .5, .5}, 1}},
     3,
     {{0, .5, .5}, {.5, 0, .5}, {.5, .5, 0}}},
    {"b2", 2, 2, {{{0, 0, 0}, 0}, {{.5, .5, .5}, 1}}, 0, {{0, 0, 0}}},
};

static int lattice_gcd(int a, int b) {
    while (b) {
        int r = a % b;
        a = b;
        b = r;
    }
    return abs(a);
}

static femd_status lattice_conventional_cell(const femd_json *doc, const cJSON *structure, const lattice *l,
                                             double edge[3], femd_error *err) {
    double a, c;
    FEMD_TRY(femd_json_quantity(doc, structure, "a", FEMD_DIM_LENGTH, 0.0, &a, err));
    a *= 1e10;
    if (!(a > 0.0) || a > 1e4)
        return femd_json_fail(doc, structure, err, "the lattice parameter \"a\" is %g angstrom%s", a,
                              femd_json_bare_length(structure, "a"));
    edge[0] = edge[1] = edge[2] = a;
    if (strcmp(l->name, "hcp") != 0) {
        if (femd_json_get(structure, "c") || femd_json_get(structure, "c_over_a"))
            return femd_json_fail(doc, structure, err, "\"c\" and \"c_over_a\" belong to hcp alone");
        return FEMD_OK;
    }
    if (femd_json_get(structure, "c") && femd_json_get(structure, "c_over_a"))
        return femd_json_fail(doc, structure, err, "\"c\" and \"c_over_a\" say the same: give one of them");
    FEMD_TRY(femd_json_quantity(doc, structure, "c", FEMD_DIM_LENGTH, 0.0, &c, err));
    if (c < 0.0 || c > 1e-6)
        return femd_json_fail(doc, structure, err, "the lattice parameter \"c\" is %g angstrom%s", 1e10 * c,
                              femd_json_bare_length(structure, "c"));
    edge[1] = sqrt(3.0) * a;
    edge[2] = c > 0.0 ? 1e10 * c : femd_json_number(structure, "c_over_a", sqrt(8.0 / 3.0)) * a;
    return FEMD_OK;
}

/* The three directions as coprime integers. */
static femd_status lattice_read_directions(const femd_json *doc, const cJSON *structure, int d[3][3], femd_error *err) {
    const cJSON *orient = femd_json_get(structure, "orient");
    for (int k = 0; k < 3; k++) {
        int divisor = 0;
        for (int c = 0; c < 3; c++) {
            const cJSON *node = cJSON_GetArrayItem(cJSON_GetArrayItem(orient, k), c);
            double v = node ? node->valuedouble : (k == c);
            if (v != floor(v) || fabs(v) > DIRECTION_MAX)
                return femd_json_fail(doc, orient, err, "a crystal direction is made of whole numbers up to %d, got %g",
                                      DIRECTION_MAX, v);
            d[k][c] = (int)v;
            divisor = lattice_gcd(divisor, d[k][c]);
        }
        if (!divisor) return femd_json_fail(doc, orient, err, "direction %d is zero", k + 1);
        for (int c = 0; c < 3; c++) d[k][c] /= divisor;
    }
    return FEMD_OK;
}

/* Whether half of the conventional-cell vector d is a lattice vector. */
static int lattice_half_is_periodic(const lattice *l, const int d[3]) {
    for (int t = 0; t < l->centrings; t++) {
        int same = 1;
        for (int c = 0; c < 3; c++) {
            double rest = 0.5 * d[c] - l->centring[t][c];
            same &= rest == floor(rest);
        }
        if (same) return 1;
    }
    return 0;
}

/* Shortest lattice vectors along the directions (Cartesian, in the crystal's axes); checks that they are orthogonal and
 * right-handed. */
static femd_status lattice_period_vectors(const femd_json *doc, const cJSON *structure, const lattice *l,
                                          const double edge[3], double v[3][3], femd_error *err) {
    const cJSON *orient = femd_json_get(structure, "orient");
    int d[3][3] = {{0}};
    double cross[3];
    FEMD_TRY(lattice_read_directions(doc, structure, d, err));
    for (int k = 0; k < 3; k++)
        for (int c = 0; c < 3; c++) v[k][c] = d[k][c] * (lattice_half_is_periodic(l, d[k]) ? 0.5 : 1.0) * edge[c];
    for (int k = 0; k < 3; k++) {
        const double *p = v[k], *q = v[(k + 1) % 3];
        if (fabs(femd_dot3(p, q)) > 1e-9 * sqrt(femd_dot3(p, p) * femd_dot3(q, q)))
            return femd_json_fail(doc, orient, err, "directions %d and %d are not at right angles", k + 1,
                                  (k + 1) % 3 + 1);
    }
    femd_cross3(v[0], v[1], cross);
    if (femd_dot3(cross, v[2]) < 0.0)
        return femd_json_fail(doc, orient, err, "the three directions are left-handed; reverse one");
    return FEMD_OK;
}

/* One oriented cell: fractions[3*n..] and sublattice[n] of its atoms; returns how many, at most room. */
static long lattice_oriented_cell(const lattice *l, const double edge[3], double v[3][3], double *fractions,
                                  int *sublattice, long room) {
    int low[3], high[3];
    long n = 0;
    for (int c = 0; c < 3; c++) {
        double least = 0.0, most = 0.0;
        for (int k = 0; k < 3; k++) {
            if (v[k][c] < 0.0)
                least += v[k][c];
            else
                most += v[k][c];
        }
        low[c] = (int)floor(least / edge[c]) - 1;
        high[c] = (int)ceil(most / edge[c]) + 1;
    }
    for (int i = low[0]; i <= high[0]; i++)
        for (int j = low[1]; j <= high[1]; j++)
            for (int k = low[2]; k <= high[2]; k++)
                for (int b = 0; b < l->atoms; b++) {
                    const double cell[3] = {i, j, k};
                    double p[3], f[3];
                    int inside = 1;
                    for (int c = 0; c < 3; c++) p[c] = (cell[c] + l->basis[b].at[c]) * edge[c];
                    for (int c = 0; c < 3; c++) {
                        f[c] = femd_dot3(p, v[c]) / femd_dot3(v[c], v[c]);
                        if (fabs(f[c]) < CLOSE) f[c] = 0.0;
                        inside &= f[c] >= 0.0 && f[c] < 1.0 - CLOSE;
                    }
                    if (!inside) continue;
                    if (n < room) {
                        memcpy(fractions + 3 * n, f, sizeof f);
                        sublattice[n] = l->basis[b].sublattice;
                    }
                    n++;
                }
    return n;
}

static femd_status lattice_repeat_cell(const double *fractions, const int *sublattice, long n, const double length[3],
                                       const int repeat[3], const int species[2], femd_structure *atoms,
                                       femd_error *err) {
    double total = (double)n * repeat[0] * repeat[1] * repeat[2];
    size_t to = 0;
    if (total > FEMD_ATOMS_MAX)
        return femd_fail(err, FEMD_BAD_INPUT, "a structure of %.0f atoms; at most %d are possible", total,
                         FEMD_ATOMS_MAX);
    FEMD_TRY(femd_structure_reserve(atoms, (long)total, err));
    for (int c = 0; c < 3; c++) atoms->cell[4 * c] = length[c] * repeat[c];
    for (int i = 0; i < repeat[0]; i++)
        for (int j = 0; j < repeat[1]; j++)
            for (int k = 0; k < repeat[2]; k++)
                for (long b = 0; b < n; b++, to++) {
                    const int cell[3] = {i, j, k};
                    for (int c = 0; c < 3; c++)
                        atoms->x[3 * to + (size_t)c] = (cell[c] + fractions[3 * b + c]) * length[c];
                    atoms->species[to] = species[sublattice[b]];
                }
    return FEMD_OK;
}

/* Indices of the species of the two sublattices. */
static femd_status lattice_sublattice_species(const femd_json *doc, const cJSON *structure, const lattice *l,
                                              femd_structure *atoms, int species[2], femd_error *err) {
    const cJSON *list = femd_json_get(structure, "species");
    int count = cJSON_GetArraySize(list);
    if (count != 1 && count != l->sublattices)
        return femd_json_fail(doc, list, err, "the lattice %s takes %s species, got %d", l->name,
                              l->sublattices == 1 ? "one" : "one or two", count);
    for (int k = 0; k < 2; k++)
        species[k] = femd_structure_species(atoms, cJSON_GetStringValue(cJSON_GetArrayItem(list, k < count ? k : 0)));
    return FEMD_OK;
}

femd_status femd_lattice_fill(const femd_json *doc, const cJSON *structure, femd_structure *atoms, femd_error *err) {
    const char *name = femd_json_string(structure, "lattice", "");
    const cJSON *repeats = femd_json_get(structure, "repeat");
    const lattice *l = NULL;
    double edge[3] = {0}, v[3][3] = {{0}}, length[3], *fractions, volume = 1.0;
    int *sublattice, repeat[3], species[2];
    long expected, n;
    femd_status rc;
    for (size_t k = 0; k < sizeof lattices / sizeof lattices[0]; k++)
        if (strcmp(lattices[k].name, name) == 0) l = &lattices[k];
    if (!l)
        return femd_json_fail(doc, structure, err, "unknown lattice \"%s\"; accepted: fcc, bcc, hcp, diamond, b1, b2",
                              name);
    FEMD_TRY(lattice_sublattice_species(doc, structure, l, atoms, species, err));
    FEMD_TRY(lattice_conventional_cell(doc, structure, l, edge, err));
    FEMD_TRY(lattice_period_vectors(doc, structure, l, edge, v, err));
    for (int c = 0; c < 3; c++) {
        const cJSON *node = cJSON_GetArrayItem(repeats, c);
        repeat[c] = node ? (int)node->valuedouble : 1;
        if (repeat[c] < 1) return femd_json_fail(doc, repeats, err, "repetitions are 1 or more");
        length[c] = sqrt(femd_dot3(v[c], v[c]));
        volume *= length[c] / edge[c];
    }
    expected = lround(volume * l->atoms);
    fractions = malloc(3 * (size_t)expected * sizeof(double));
    sublattice = malloc((size_t)expected * sizeof(int));
    if (!fractions || !sublattice) {
        rc = femd_fail(err, FEMD_NO_MEMORY, "no memory for the cell of a lattice");
    } else {
        n = lattice_oriented_cell(l, edge, v, fractions, sublattice, expected);
        rc = n == expected
                 ? lattice_repeat_cell(fractions, sublattice, n, length, repeat, species, atoms, err)
                 : femd_fail(err, FEMD_INTERNAL, "the oriented cell has %ld atoms instead of %ld", n, expected);
    }
    free(fractions);
    free(sublattice);
    return rc;
}
