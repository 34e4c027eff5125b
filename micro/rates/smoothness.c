/* See smoothness.h. */
#include "rates/smoothness.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double stretch[] = {-3e-3, -1e-3, -3e-4, 0, 3e-4, 1e-3, 3e-3};
enum { STRETCHES = sizeof stretch / sizeof *stretch, MIDDLE = STRETCHES / 2 };

/* Fractions of the cell of atom i, as built. */
static void smooth_fractions(const femd_structure *atoms, int i, double f[3]) {
    double adjugate[9];
    const double det = femd_det3(atoms->cell), *x = atoms->x + 3 * (size_t)i;
    femd_adjugate3(atoms->cell, adjugate);
    for (int k = 0; k < 3; k++) f[k] = (x[0] * adjugate[k] + x[1] * adjugate[3 + k] + x[2] * adjugate[6 + k]) / det;
}

static int smooth_farthest(const femd_structure *atoms, const femd_vacancy *vacancy) {
    double best = -1;
    int which = 0;
    for (int i = 0; i < atoms->natoms; i++) {
        double f[3], x[3];
        smooth_fractions(atoms, i, f);
        for (int k = 0; k < 3; k++) f[k] -= vacancy->site[k] + floor(f[k] - vacancy->site[k] + 0.5);
        for (int c = 0; c < 3; c++)
            x[c] = f[0] * atoms->cell[c] + f[1] * atoms->cell[3 + c] + f[2] * atoms->cell[6 + c];
        const double square = femd_dot3(x, x);
        if (square > best * (1 + 1e-9)) best = square, which = i;
    }
    return which;
}

/* The trace of the block of an atom at the sites in a cell stretched by 1 + s. */
static femd_status smooth_constant(femd_native *native, int atom, double s, double *x, double *blocks, double *K,
                                   femd_error *err) {
    const femd_structure *atoms = &native->structure;
    femd_rve *rve = &native->rve;
    double cell[9];
    for (int k = 0; k < 9; k++) cell[k] = (1 + s) * rve->h0[k];
    for (int i = 0; i < atoms->natoms; i++) {
        double f[3];
        smooth_fractions(atoms, i, f);
        for (int c = 0; c < 3; c++) x[3 * i + c] = f[0] * cell[c] + f[1] * cell[3 + c] + f[2] * cell[6 + c];
    }
    FEMD_TRY(femd_neighbours_rebuild(rve->nb, rve->n, cell, x, err));
    FEMD_TRY(femd_energetics_onsite(rve->en, rve->nb, cell, x, blocks, err));
    *K = blocks[9 * atom] + blocks[9 * atom + 4] + blocks[9 * atom + 8];
    return FEMD_OK;
}

/* The largest distance from the parabola through the outer two and the middle one, over the middle one. */
static double smooth_distance(const double K[STRETCHES]) {
    const double s = stretch[STRETCHES - 1], slope = (K[STRETCHES - 1] - K[0]) / (2 * s),
                 curve = (K[STRETCHES - 1] + K[0] - 2 * K[MIDDLE]) / (2 * s * s);
    double most = 0;
    for (int k = 0; k < STRETCHES; k++)
        most = fmax(most, fabs(K[k] - K[MIDDLE] - stretch[k] * (slope + stretch[k] * curve)));
    return most / fabs(K[MIDDLE]);
}

femd_status femd_smoothness_find(femd_native *native, const femd_vacancy *vacancy, double *roughness, femd_error *err) {
    const size_t n = (size_t)native->rve.n;
    const int atom = smooth_farthest(&native->structure, vacancy);
    double K[STRETCHES], *x = malloc(12 * n * sizeof *x);
    if (!x) return femd_fail(err, FEMD_NO_MEMORY, "force constants of %d atoms: out of memory", native->rve.n);
    femd_status rc = FEMD_OK;
    for (int k = 0; rc == FEMD_OK && k < STRETCHES; k++)
        rc = smooth_constant(native, atom, stretch[k], x, x + 3 * n, &K[k], err);
    free(x);
    if (rc == FEMD_OK) *roughness = smooth_distance(K);
    return rc;
}

femd_status femd_smoothness_require(double roughness, femd_error *err) {
    if (roughness <= FEMD_SMOOTHNESS_MAX) return FEMD_OK;
    return femd_fail(
        err, FEMD_UNSUPPORTED,
        "the potential is too rough for an attempt frequency: the force constant of a site jumps by %.2g of "
        "itself within 0.3 %% of the lattice parameter (at most %g is taken), and a product over all modes "
        "would be wrong by orders of magnitude; \"barrier\" and what comes with it are answered",
        roughness, FEMD_SMOOTHNESS_MAX);
}
