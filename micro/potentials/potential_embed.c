/* See potential_embed.h. Two cubics through the same values differ in F' by no more than their slopes at the knots do:
 * on an interval the difference is (1 - 4p + 3p^2) d_0 + (3p^2 - 2p) d_1 with 0 <= p <= 1. */
#include "potentials/potential_embed.h"

#include <math.h>
#include <string.h>

#include "numerics/spline.h"

enum { ROUNDS_MOST = 50 };

double femd_embed_weight(const femd_eam *t, int a) {
    double most = 0.0;
    for (int k = t->nrho / 20 + 1; k + 1 < t->nrho * 3 / 4; k++) {
        const double *f = t->embed + (size_t)a * (size_t)t->nrho + k;
        most = fmax(most, fabs(f[1] - f[-1]) / (2.0 * t->drho));
    }
    return most;
}

/* Largest slope of the densities at species a where forces are not yet hard: what F' weighs in the force of a bond. */
static double embed_slope_of_density(const femd_eam *t, int a) {
    const double weight = femd_embed_weight(t, a);
    double most = 0.0;
    for (int b = 0; b < t->n; b++) {
        const double *f = t->density + (size_t)(a * t->n + b) * (size_t)t->nr;
        for (int k = (int)(1.0 / t->dr) + 1; k + 1 < t->nr; k++) {
            const double slope = fabs(f[k + 1] - f[k - 1]) / (2.0 * t->dr);
            if (weight * slope < FEMD_SOFT) most = fmax(most, slope);
        }
    }
    return most;
}

/* Change of a bond's force by another slope of F at knot k, relative to max(1 eV/angstrom, force). scale: slope of the
 * density over the spacing of densities. */
static double embed_error(const double *slope, const double *lammps, int k, double scale) {
    return fabs(slope[k] - lammps[k]) * scale / fmax(1.0, fmin(FEMD_SOFT, fabs(lammps[k]) * scale));
}

/* C2 splines over every run of knots without a mark, LAMMPS's slopes at its ends and at the marked ones. */
static void embed_respline(int n, const double *f, const double *lammps, const unsigned char *mark, double *slope,
                           double *work) {
    memcpy(slope, lammps, (size_t)n * sizeof *slope);
    for (int from = 0, to; from < n; from = to + 1) {
        for (to = from; to < n && !mark[to]; to++) {}
        const int low = from > 0 ? from - 1 : 0, high = to < n ? to : n - 1; /* marked knots, or ends of the table */
        if (high - low >= 2) femd_spline_slopes_clamped((size_t)(high - low + 1), f + low, slope + low, work);
    }
}

/* The break that a refit of all knots would hurt most, ends of the table apart. */
static void embed_find_break(const femd_eam *t, const double *smooth, const double *lammps, const unsigned char *mark,
                             double scale, femd_embed_break *found) {
    const int n = t->nrho;
    int worst = -1, first = 0, last = n - 1;
    while (first < n && mark[first]) first++;
    while (last > first && mark[last]) last--;
    for (int k = first; k <= last; k++) {
        const double error = mark[k] ? embed_error(smooth, lammps, k, scale) : 0.0;
        if (error > found->error) found->error = error, worst = k;
    }
    if (worst < 0) return;
    int from = worst, to = worst;
    while (from > 0 && mark[from - 1]) from--;
    while (to + 1 < n && mark[to + 1]) to++;
    found->at = worst * t->drho;
    found->from = from * t->drho;
    found->to = to * t->drho;
}

void femd_embed_slopes(const femd_eam *t, int a, const double *smooth, const double *lammps, double *slope,
                       double *work, unsigned char *mark, femd_embed_break *found) {
    const int n = t->nrho;
    const double scale = embed_slope_of_density(t, a) / t->drho, *f = t->embed + (size_t)a * (size_t)n;
    int more = 1;
    *found = (femd_embed_break){0};
    memset(mark, 0, (size_t)n);
    memcpy(slope, smooth, (size_t)n * sizeof *slope);
    for (int round = 0; more; round++) {
        more = 0;
        for (int k = 0; k < n; k++)
            if (!mark[k] && (round == ROUNDS_MOST || !(embed_error(slope, lammps, k, scale) <= FEMD_REFIT_LIMIT)))
                mark[k] = 1, more = 1;
        if (more) embed_respline(n, f, lammps, mark, slope, work);
    }
    embed_find_break(t, smooth, lammps, mark, scale, found);
}
