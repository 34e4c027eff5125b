/* See saddle.h. */
#include "rates/saddle.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "numerics/dense.h"
#include "rates/band.h"
#include "rve/beat.h"

static const double TOLERANCE = 1e-9; /* eV/angstrom */
static const double ZERO = 1e-3;      /* eV/angstrom^2: eigenvalues of translations are below this, others above */
static const double MOVE_MAX = 0.1;   /* angstrom, largest component of a step */
static const double ASTRAY = 0.35;    /* of the way of the jumper: a saddle so far from the middle is another's */
static const double SKIN = 0.6;       /* angstrom */
enum { STEPS_MAX = 30, IMAGES = 11 };

femd_status femd_still_init(femd_still *still, int natoms, femd_error *err) {
    const size_t n3 = 3 * (size_t)natoms;
    memset(still, 0, sizeof *still);
    still->n3 = (int)n3;
    still->x = malloc(9 * n3 * sizeof *still->x);
    still->mode = malloc(n3 * n3 * sizeof *still->mode);
    if (!still->x || !still->mode) {
        femd_still_clear(still);
        return femd_fail(err, FEMD_NO_MEMORY, "the modes of %d atoms: out of memory", natoms);
    }
    still->force = still->x + n3;
    still->lambda = still->force + n3;
    still->L = still->lambda + n3;
    return FEMD_OK;
}

void femd_still_clear(femd_still *still) {
    free(still->x);
    free(still->mode);
    memset(still, 0, sizeof *still);
}

int femd_still_counts(const femd_still *still, int k) {
    return fabs(still->lambda[k]) >= ZERO;
}

void femd_still_solve(const femd_still *still, const double *b, double *z) {
    const size_t n3 = (size_t)still->n3;
    memset(z, 0, n3 * sizeof *z);
    for (int k = 0; k < still->n3; k++) {
        if (!femd_still_counts(still, k)) continue;
        const double *v = still->mode + (size_t)k * n3, c = femd_dot(still->n3, v, b) / still->lambda[k];
        for (size_t i = 0; i < n3; i++) z[i] += c * v[i];
    }
}

void femd_still_tangent(const femd_still *still, const femd_rve *rve, const femd_place *place, double D[36]) {
    double C[36];
    memcpy(C, still->B, sizeof C);
    for (int k = 0; k < still->n3; k++) {
        const double *v = still->mode + (size_t)k * (size_t)still->n3;
        double along[6] = {0, 0, 0, 0, 0, 0};
        if (!femd_still_counts(still, k)) continue;
        for (int i = 0; i < still->n3; i++)
            for (int a = 0; a < 6; a++) along[a] += v[i] * still->L[6 * (size_t)i + a];
        for (int a = 0; a < 6; a++)
            for (int b = 0; b < 6; b++) C[6 * a + b] -= along[a] * along[b] / still->lambda[k];
    }
    femd_condense_none(rve, place, C, D);
}

static femd_status still_look(femd_still *still, femd_rve *rve, const femd_place *place, femd_error *err) {
    int zeros = 0;
    FEMD_TRY(femd_energetics_forces(rve->en, rve->nb, place->h, still->x, &still->W, still->force, still->tau, err));
    FEMD_TRY(femd_energetics_hessian(rve->en, rve->nb, place->h, still->x, still->mode, still->L, still->B, err));
    FEMD_TRY(femd_eigen(still->n3, still->mode, still->lambda, err));
    still->hessians++;
    still->fmax = femd_max_abs(still->n3, still->force);
    still->negative = 0;
    for (int k = 0; k < still->n3; k++) {
        zeros += !femd_still_counts(still, k);
        still->negative += femd_still_counts(still, k) && still->lambda[k] < 0;
    }
    if (zeros != FEMD_SADDLE_FIXED && still->fmax < TOLERANCE)
        return femd_fail(err, FEMD_INSTABILITY,
                         "%d eigenvalues of the Hessian are zero where a stationary point has %d of translations: no "
                         "harmonic theory holds there",
                         zeros, FEMD_SADDLE_FIXED);
    return FEMD_OK;
}

femd_status femd_still_find(femd_still *still, femd_rve *rve, const femd_place *place, const double *x,
                            const femd_beat *beat, femd_error *err) {
    const int n3 = still->n3;
    double *step = malloc((size_t)n3 * sizeof *step);
    if (!step) return femd_fail(err, FEMD_NO_MEMORY, "a stationary point of %d atoms: out of memory", n3 / 3);
    memcpy(still->x, x, (size_t)n3 * sizeof *x);
    still->hessians = 0;
    femd_status rc = femd_neighbours_rebuild(rve->nb, rve->n, place->h, x, err);
    for (int k = 0; rc == FEMD_OK; k++) {
        rc = femd_beat_now(beat, 0.5, "the search of a saddle", err);
        if (rc == FEMD_OK) rc = still_look(still, rve, place, err);
        if (rc != FEMD_OK || still->fmax < TOLERANCE) break;
        if (k == STEPS_MAX) {
            rc =
                femd_fail(err, FEMD_NOT_CONVERGED,
                          "Newton's method leaves forces of %.2g eV/angstrom after %d steps towards a stationary point",
                          still->fmax, STEPS_MAX);
            break;
        }
        femd_still_solve(still, still->force, step);
        const double most = femd_max_abs(n3, step), factor = most > MOVE_MAX ? MOVE_MAX / most : 1;
        for (int i = 0; i < n3; i++) still->x[i] += factor * step[i];
    }
    free(step);
    return rc;
}

/* ---- between two minima ---- */

/* The stationary point at the middle, if it is the saddle: above both minima, one negative eigenvalue, and with every
 * atom still near the middle of its way. *found is 0, and nothing else wrong, where it is not. */
static femd_status saddle_at_middle(femd_still *saddle, const femd_native *native, const femd_place *place,
                                    const double *a, double energy, const double *b, double other, double *middle,
                                    const femd_beat *beat, femd_saddle_way *way, int *found, femd_error *err) {
    femd_rve rve = native->rve;
    femd_error words = FEMD_ERROR_INIT;
    double far = 0, length = 0;
    for (int i = 0; i < saddle->n3; i++) {
        middle[i] = 0.5 * (a[i] + b[i]);
        length = fmax(length, fabs(b[i] - a[i]));
    }
    *found = 0;
    way->humps = 1;
    way->midpoint = -1;
    const femd_status rc = femd_still_find(saddle, &rve, place, middle, beat, &words);
    if (rc == FEMD_DEADLINE || rc == FEMD_CANCELLED || rc == FEMD_NO_MEMORY) {
        if (err) *err = words;
        return rc;
    }
    if (rc != FEMD_OK) return FEMD_OK;
    for (int i = 0; i < saddle->n3; i++) far = fmax(far, fabs(saddle->x[i] - middle[i]));
    way->midpoint = saddle->negative;
    *found = saddle->negative == 1 && far < ASTRAY * length && saddle->W > fmax(energy, other);
    return FEMD_OK;
}

/* From the highest image of a band. */
static femd_status saddle_by_band(femd_still *saddle, const femd_native *native, const femd_place *place,
                                  const double *a, const double *b, const femd_beat *beat, femd_saddle_way *way,
                                  femd_error *err) {
    femd_rve rve = native->rve;
    femd_band_settings settings = FEMD_BAND_DEFAULTS;
    femd_band_atoms atoms = {
        .potential = native->potential, .n = rve.n, .species = native->structure.species, .skin = SKIN};
    femd_band *band = NULL;
    femd_band_result result;
    memcpy(atoms.cell, place->h, sizeof atoms.cell);
    settings.images = IMAGES;
    femd_status rc = femd_band_create(&atoms, &settings, &band, err);
    if (rc == FEMD_OK) rc = femd_band_run(band, a, b, beat, &result, err);
    if (rc == FEMD_OK) {
        way->humps = result.saddles;
        way->calls = result.calls;
        rc = femd_still_find(saddle, &rve, place, femd_band_image(band, result.top), beat, err);
    }
    femd_band_destroy(&band);
    return rc;
}

femd_status femd_saddle_find(femd_still *saddle, const femd_native *native, const femd_place *place, const double *a,
                             double energy, const double *b, double other, const femd_beat *beat, femd_saddle_way *way,
                             femd_error *err) {
    int found = 0;
    memset(way, 0, sizeof *way);
    double *middle = malloc((size_t)saddle->n3 * sizeof *middle);
    if (!middle) return femd_fail(err, FEMD_NO_MEMORY, "a saddle of %d atoms: out of memory", saddle->n3 / 3);
    const femd_status rc = saddle_at_middle(saddle, native, place, a, energy, b, other, middle, beat, way, &found, err);
    free(middle);
    if (rc != FEMD_OK || found) return rc;
    FEMD_TRY(saddle_by_band(saddle, native, place, a, b, beat, way, err));
    if (saddle->negative == 1 && saddle->W > fmax(energy, other)) return FEMD_OK;
    return femd_fail(
        err, FEMD_INSTABILITY,
        "the highest point of the path has %d negative eigenvalues where a saddle has one, at %.4g eV above "
        "the first state",
        saddle->negative, saddle->W - energy);
}
