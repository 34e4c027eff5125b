/* The symmetry of an RVE along its axes; see point_group.h. Owns the search; knows no tensor but second-order ones. */
#include "rve/point_group.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "femd/tensor3.h"
#include "numerics/dense.h"

static void group_turn(const struct femd_signed_axes *q, const double v[3], double out[3]) {
    for (int a = 0; a < 3; a++) out[q->axis[a]] = q->sign[a] * v[a];
}

/* Are d and a lattice vector the same, within the tolerance? */
static int group_is_lattice(const double h[9], const double inverse[9], const double d[3], double tolerance) {
    double left[3] = {d[0], d[1], d[2]};
    for (int k = 0; k < 3; k++) {
        const double whole =
            round(d[0] * inverse[k] + d[1] * inverse[3 + k] + d[2] * inverse[6 + k]); /* d = sum of s_k h_k */
        for (int c = 0; c < 3; c++) left[c] -= whole * h[3 * k + c];
    }
    return femd_max_abs(3, left) <= tolerance;
}

static int group_keeps_cell(const double h[9], const double inverse[9], const struct femd_signed_axes *q,
                            double tolerance) {
    for (int k = 0; k < 3; k++) {
        double turned[3];
        group_turn(q, h + 3 * k, turned);
        if (!group_is_lattice(h, inverse, turned, tolerance)) return 0;
    }
    return 1;
}

/* The atoms in bins of the cell, so that what is at a place is found without a look at all of them: vacancies make most
 * of the n moves of an operation fail late. */
typedef struct group_atoms {
    const double *h, *inverse, *x;
    const int *species;
    int n, bins;               /* bins along each edge */
    int *first, *next;         /* of each bin the first atom, of each atom the next in its bin; -1: none */
    double tolerance, wide[3]; /* angstrom; the same in parts of the edges */
} group_atoms;

static const double BIN_OFFSET = 0.31; /* of a bin: planes of a lattice are then not the bins' faces */

static double group_part(const group_atoms *atoms, const double place[3], int k) {
    return place[0] * atoms->inverse[k] + place[1] * atoms->inverse[3 + k] + place[2] * atoms->inverse[6 + k];
}

static int group_bin(const group_atoms *atoms, const int along[3]) {
    int bin = 0;
    for (int k = 0; k < 3; k++) bin = bin * atoms->bins + (along[k] % atoms->bins + atoms->bins) % atoms->bins;
    return bin;
}

static femd_status group_fill_bins(group_atoms *atoms, femd_error *err) {
    atoms->bins = 1;
    while ((atoms->bins + 1) * (atoms->bins + 1) * (atoms->bins + 1) <= atoms->n) atoms->bins++;
    const size_t all = (size_t)atoms->bins * (size_t)atoms->bins * (size_t)atoms->bins;
    atoms->first = malloc((all + (size_t)atoms->n) * sizeof *atoms->first);
    if (!atoms->first) return femd_fail(err, FEMD_NO_MEMORY, "the symmetry of %d atoms: out of memory", atoms->n);
    atoms->next = atoms->first + all;
    for (size_t b = 0; b < all; b++) atoms->first[b] = -1;
    for (int i = 0; i < atoms->n; i++) {
        int along[3];
        for (int k = 0; k < 3; k++)
            along[k] = (int)floor(group_part(atoms, atoms->x + 3 * i, k) * atoms->bins + BIN_OFFSET);
        int *bin = &atoms->first[group_bin(atoms, along)];
        atoms->next[i] = *bin;
        *bin = i;
    }
    for (int k = 0; k < 3; k++)
        atoms->wide[k] = 1e-9 + atoms->tolerance * (fabs(atoms->inverse[k]) + fabs(atoms->inverse[3 + k]) +
                                                    fabs(atoms->inverse[6 + k]));
    return FEMD_OK;
}

static int group_bin_has(const group_atoms *atoms, const int along[3], const double place[3], int species) {
    for (int j = atoms->first[group_bin(atoms, along)]; j >= 0; j = atoms->next[j]) {
        const double *x = atoms->x + 3 * j, d[3] = {place[0] - x[0], place[1] - x[1], place[2] - x[2]};
        if (atoms->species[j] == species && group_is_lattice(atoms->h, atoms->inverse, d, atoms->tolerance)) return 1;
    }
    return 0;
}

/* Is there an atom of the kind at the place or its images? */
static int group_has_atom(const group_atoms *atoms, const double place[3], int species) {
    int low[3], high[3], along[3];
    for (int k = 0; k < 3; k++) {
        const double part = group_part(atoms, place, k);
        low[k] = (int)floor((part - atoms->wide[k]) * atoms->bins + BIN_OFFSET);
        high[k] = (int)floor((part + atoms->wide[k]) * atoms->bins + BIN_OFFSET);
        if (high[k] >= low[k] + atoms->bins) high[k] = low[k] + atoms->bins - 1;
    }
    for (along[0] = low[0]; along[0] <= high[0]; along[0]++)
        for (along[1] = low[1]; along[1] <= high[1]; along[1]++)
            for (along[2] = low[2]; along[2] <= high[2]; along[2]++)
                if (group_bin_has(atoms, along, place, species)) return 1;
    return 0;
}

/* Do the atoms, turned and moved by `by`, lie on atoms of their kind? */
static int group_keeps_atoms(const group_atoms *atoms, const struct femd_signed_axes *q, const double by[3]) {
    for (int i = 0; i < atoms->n; i++) {
        double turned[3];
        group_turn(q, atoms->x + 3 * i, turned);
        for (int c = 0; c < 3; c++) turned[c] += by[c];
        if (!group_has_atom(atoms, turned, atoms->species[i])) return 0;
    }
    return 1;
}

/* Whatever is the image of the first atom says by how much the atoms are moved. */
static int group_has(const group_atoms *atoms, const struct femd_signed_axes *q) {
    const double *x = atoms->x;
    double first[3];
    if (!group_keeps_cell(atoms->h, atoms->inverse, q, atoms->tolerance)) return 0;
    group_turn(q, x, first);
    for (int j = 0; j < atoms->n; j++) {
        const double by[3] = {x[3 * j] - first[0], x[3 * j + 1] - first[1], x[3 * j + 2] - first[2]};
        if (atoms->species[j] == atoms->species[0] && group_keeps_atoms(atoms, q, by)) return 1;
    }
    return 0;
}

femd_status femd_point_group_find(const double h[9], int n, const double *x, const int *species, double tolerance,
                                  femd_point_group *group, femd_error *err) {
    static const int orders[6][3] = {{0, 1, 2}, {1, 2, 0}, {2, 0, 1}, {0, 2, 1}, {2, 1, 0}, {1, 0, 2}};
    double inverse[9];
    femd_adjugate3(h, inverse);
    for (int i = 0; i < 9; i++) inverse[i] /= femd_det3(h);
    group_atoms atoms = {.h = h, .inverse = inverse, .x = x, .species = species, .n = n, .tolerance = tolerance};
    FEMD_TRY(group_fill_bins(&atoms, err));
    group->count = 0;
    for (int order = 0; order < 6; order++)
        for (int signs = 0; signs < 8; signs++) {
            struct femd_signed_axes *q = &group->operation[group->count];
            for (int a = 0; a < 3; a++) {
                q->axis[a] = orders[order][a];
                q->sign[a] = signs >> a & 1 ? -1 : 1;
            }
            if (order + signs == 0 || group_has(&atoms, q)) group->count++;
        }
    free(atoms.first);
    return FEMD_OK;
}

void femd_point_group_project(const femd_point_group *group, double v[6]) {
    double full[9], sum[9] = {0};
    for (int c = 0; c < 6; c++)
        full[3 * femd_voigt_i[c] + femd_voigt_j[c]] = full[3 * femd_voigt_j[c] + femd_voigt_i[c]] = v[c];
    for (int k = 0; k < group->count; k++) {
        const struct femd_signed_axes *q = &group->operation[k];
        for (int a = 0; a < 3; a++)
            for (int b = 0; b < 3; b++) sum[3 * q->axis[a] + q->axis[b]] += q->sign[a] * q->sign[b] * full[3 * a + b];
    }
    for (int c = 0; c < 6; c++) v[c] = sum[3 * femd_voigt_i[c] + femd_voigt_j[c]] / group->count;
}
