/* See site_kinds.h. */
#include "rates/site_kinds.h"

#include <math.h>

#include "femd/tensor3.h"

static const double THERE = 0.1; /* of the distance of neighbours */

/* The place of site i in fractions of the cell; the vacant one is number natoms. */
static void kinds_site(const femd_vacancy *vacancy, const femd_structure *atoms, const double adjugate[9], double det,
                       int i, double f[3]) {
    if (i == atoms->natoms) {
        for (int c = 0; c < 3; c++) f[c] = vacancy->site[c];
        return;
    }
    const double *x = atoms->x + 3 * (size_t)i;
    for (int k = 0; k < 3; k++) f[k] = (x[0] * adjugate[k] + x[1] * adjugate[3 + k] + x[2] * adjugate[6 + k]) / det;
}

/* 1 if sites f become sites sign f + shift (fractions). */
static int kinds_maps(const femd_vacancy *vacancy, const femd_structure *atoms, double sign, const double shift[3]) {
    const double det = femd_det3(atoms->cell), *h = atoms->cell;
    double adjugate[9];
    femd_adjugate3(atoms->cell, adjugate);
    for (int i = 0; i <= atoms->natoms; i++) {
        double f[3], g[3], d[3];
        int met = 0;
        kinds_site(vacancy, atoms, adjugate, det, i, f);
        for (int j = 0; !met && j <= atoms->natoms; j++) {
            kinds_site(vacancy, atoms, adjugate, det, j, g);
            for (int k = 0; k < 3; k++) g[k] = sign * f[k] + shift[k] - g[k], g[k] -= floor(g[k] + 0.5);
            for (int c = 0; c < 3; c++) d[c] = g[0] * h[c] + g[1] * h[3 + c] + g[2] * h[6 + c];
            met = sqrt(femd_dot3(d, d)) < THERE * vacancy->nearest;
        }
        if (!met) return 0;
    }
    return 1;
}

int femd_site_kinds(const femd_vacancy *vacancy, const femd_structure *atoms, int changes[FEMD_HOPS_MAX]) {
    for (int k = 0; k < vacancy->count; k++) {
        const double *way = vacancy->hop[k].way; /* the vacancy goes against it */
        const double step[3] = {-way[0], -way[1], -way[2]},
                     ends[3] = {2 * vacancy->site[0] - way[0], 2 * vacancy->site[1] - way[1],
                                2 * vacancy->site[2] - way[2]};
        changes[k] = !kinds_maps(vacancy, atoms, 1, step);
        if (changes[k] && !kinds_maps(vacancy, atoms, -1, ends)) return 0;
    }
    return 1;
}
