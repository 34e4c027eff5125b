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
static const double LEFT_ENERGY = 1e-5, LEFT_FORCE = 5e-3; /* eV, eV/angstrom, see still_end */
static const double SHORTER = 0.25;                        /* of |f|^2: a whole step that leaves less is taken */
static const double LOOSE = 0.03; /* eV/angstrom: a band that rests no better may begin Newton's method */
/* WHOLE: steps that are not shortened; USUAL: as many as are often needed */
enum { STEPS_MAX = 30, WHOLE = 8, USUAL = 6, SECTIONS = 24, IMAGES = 11 };
/* Of the time that a search takes: the middle, the band, Newton's method from there. */
static const double AT_MIDDLE = 0.6, BY_BAND = 0.8;

femd_status femd_still_init(femd_still *still, int natoms, femd_error *err) {
    const size_t n = 3 * (size_t)natoms;
    memset(still, 0, sizeof *still);
    double *room = malloc((n + 9) * n * sizeof *room);
    if (!room) return femd_fail(err, FEMD_NO_MEMORY, "the modes of %d atoms: out of memory", natoms);
    double *rest = room + n * n;
    *still = (femd_still){.n3 = (int)n, .mode = room, .x = rest, .force = rest + n, .lambda = rest + 2 * n};
    still->L = rest + 3 * n;
    return FEMD_OK;
}

void femd_still_clear(femd_still *still) {
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

/* |f|^2 at x + t step; x + t step is left in `at`, f in `f`. */
static femd_status still_square(const femd_still *still, femd_rve *rve, const femd_place *place, const double *step,
                                double t, double *at, double *f, double *square, femd_error *err) {
    double W, tau[6];
    for (int i = 0; i < still->n3; i++) at[i] = still->x[i] + t * step[i];
    FEMD_TRY(femd_energetics_forces(rve->en, rve->nb, place->h, at, &W, f, tau, err));
    *square = femd_dot(still->n3, f, f);
    return FEMD_OK;
}

/* x += t step, 0 < t <= factor, where the forces are least (by golden sections of |f|^2). A potential whose second
 * derivative jumps has stationary points in the jump, over which whole steps go to and fro; there the least is the
 * jump, and the Hessian in it is the one that leads on. work: 2 x n3. */
static femd_status still_shorten(femd_still *still, femd_rve *rve, const femd_place *place, double factor,
                                 const double *step, double *work, femd_error *err) {
    static const double GOLDEN = 0.61803398874989485;
    double *x = work, *f = work + still->n3, low = 0, high = factor, whole, t[2], square[2];
    FEMD_TRY(still_square(still, rve, place, step, factor, x, f, &whole, err));
    if (whole < SHORTER * femd_dot(still->n3, still->force, still->force)) low = high; /* the whole step will do */
    t[0] = high - GOLDEN * (high - low), t[1] = low + GOLDEN * (high - low);
    for (int k = 0; low < high && k < 2; k++)
        FEMD_TRY(still_square(still, rve, place, step, t[k], x, f, &square[k], err));
    for (int k = 0; low < high && k < SECTIONS; k++) {
        const int to = square[0] < square[1] ? 0 : 1; /* which of the two is kept: the other end moves there */
        if (to == 0)
            high = t[1], t[1] = t[0], square[1] = square[0], t[0] = high - GOLDEN * (high - low);
        else
            low = t[0], t[0] = t[1], square[0] = square[1], t[1] = low + GOLDEN * (high - low);
        FEMD_TRY(still_square(still, rve, place, step, t[to], x, f, &square[to], err));
    }
    const double best = low < high ? 0.5 * (low + high) : high;
    for (int i = 0; i < still->n3; i++) still->x[i] += best * step[i];
    return FEMD_OK;
}

/* Steps are at their end. Where the potential's second derivative jumps forces may never be zero; what is left of them
 * may be too little to change the energy, and then it is told and taken for one. */
static femd_status still_end(femd_still *still, const double *step, femd_error *err) {
    const double left = 0.5 * fabs(femd_dot(still->n3, still->force, step));
    still->loose = left < LEFT_ENERGY && still->fmax < LEFT_FORCE;
    if (still->loose) return FEMD_OK;
    return femd_fail(err, FEMD_NOT_CONVERGED,
                     "Newton's method leaves forces of %.2g eV/angstrom after %d steps towards a stationary point",
                     still->fmax, STEPS_MAX);
}

femd_status femd_still_find(femd_still *still, femd_rve *rve, const femd_place *place, const double *x,
                            const femd_beat *beat, femd_error *err) {
    const int n3 = still->n3;
    double *step = malloc(3 * (size_t)n3 * sizeof *step);
    if (!step) return femd_fail(err, FEMD_NO_MEMORY, "a stationary point of %d atoms: out of memory", n3 / 3);
    memcpy(still->x, x, (size_t)n3 * sizeof *x);
    still->hessians = 0;
    still->loose = 0;
    femd_status rc = femd_neighbours_rebuild(rve->nb, rve->n, place->h, x, err);
    for (int k = 0; rc == FEMD_OK; k++) {
        rc = femd_beat_now(beat, k < USUAL ? (double)k / USUAL : 1, "the search of a saddle", err);
        if (rc == FEMD_OK) rc = still_look(still, rve, place, err);
        if (rc != FEMD_OK || still->fmax < TOLERANCE) break;
        femd_still_solve(still, still->force, step);
        if (k == STEPS_MAX) {
            rc = still_end(still, step, err);
            break;
        }
        const double most = femd_max_abs(n3, step), factor = most > MOVE_MAX ? MOVE_MAX / most : 1;
        if (k >= WHOLE)
            rc = still_shorten(still, rve, place, factor, step, step + n3, err);
        else
            for (int i = 0; i < n3; i++) still->x[i] += factor * step[i];
        if (rc != FEMD_OK) break;
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

/* What a band says of its humps. */
static void saddle_tell_humps(const femd_band *band, const femd_band_result *r, int n3, double *climbed,
                              femd_saddle_way *way) {
    int last = -1;
    way->humps = 0;
    for (int k = 0; k < r->images; k++) {
        if (!r->climbs[k]) continue;
        if (last >= 0) {
            double low = HUGE_VAL;
            for (int j = last; j <= k; j++) low = fmin(low, r->energy[j]);
            const double depth = fmin(r->energy[last], r->energy[k]) - low;
            way->depth = way->humps == 1 ? depth : fmin(way->depth, depth);
        }
        if (k == r->top) way->top = way->humps;
        if (climbed)
            memcpy(climbed + (size_t)way->humps * (size_t)n3, femd_band_image(band, k), (size_t)n3 * sizeof *climbed);
        last = k;
        way->humps++;
    }
    way->calls = r->calls;
}

/* The forces that a rough table leaves in a band are less than `LOOSE`: Newton's method goes on from there. What the
 * band refuses of the states is no fault of a caller: atoms that have gone elsewhere. */
static femd_status saddle_by_band(femd_still *saddle, const femd_native *native, const femd_place *place,
                                  const double *a, const double *b, const femd_beat *beat, double *climbed,
                                  femd_saddle_way *way, femd_error *err) {
    femd_rve rve = native->rve;
    femd_band_settings settings = FEMD_BAND_DEFAULTS;
    femd_band_atoms atoms = {
        .potential = native->potential, .n = rve.n, .species = native->structure.species, .skin = SKIN};
    femd_band *band = NULL;
    femd_band_result result;
    femd_beat_stretch along, there;
    memcpy(atoms.cell, place->h, sizeof atoms.cell);
    settings.images = IMAGES;
    settings.enough = LOOSE;
    femd_status rc = femd_band_create(&atoms, &settings, &band, err);
    if (rc == FEMD_OK) rc = femd_band_run(band, a, b, femd_beat_within(beat, AT_MIDDLE, BY_BAND, &along), &result, err);
    if (rc == FEMD_BAD_INPUT)
        rc = femd_fail(err, FEMD_INSTABILITY, "the two states of the hop are none between which a path leads");
    if (rc == FEMD_OK) {
        saddle_tell_humps(band, &result, saddle->n3, climbed, way);
        way->loose = result.force > settings.tolerance;
        rc = femd_still_find(saddle, &rve, place, femd_band_image(band, result.top),
                             femd_beat_within(beat, BY_BAND, 1, &there), err);
    }
    femd_band_destroy(&band);
    return rc;
}

femd_status femd_saddle_find(femd_still *saddle, const femd_native *native, const femd_place *place, const double *a,
                             double energy, const double *b, double other, const femd_beat *beat, double *climbed,
                             femd_saddle_way *way, femd_error *err) {
    int found = 0;
    memset(way, 0, sizeof *way);
    double *middle = malloc((size_t)saddle->n3 * sizeof *middle);
    if (!middle) return femd_fail(err, FEMD_NO_MEMORY, "a saddle of %d atoms: out of memory", saddle->n3 / 3);
    femd_beat_stretch first;
    const femd_status rc = saddle_at_middle(saddle, native, place, a, energy, b, other, middle,
                                            femd_beat_within(beat, 0, AT_MIDDLE, &first), way, &found, err);
    free(middle);
    if (rc != FEMD_OK || found) return rc;
    FEMD_TRY(saddle_by_band(saddle, native, place, a, b, beat, climbed, way, err));
    if (saddle->negative == 1 && saddle->W > fmax(energy, other)) return FEMD_OK;
    return femd_fail(
        err, FEMD_INSTABILITY,
        "the highest point of the path has %d negative eigenvalues where a saddle has one, at %.4g eV above "
        "the first state",
        saddle->negative, saddle->W - energy);
}
