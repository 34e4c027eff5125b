/* The elastic band between two states; see band.h. Owns the images' motion and when it ends. */
#include "rates/band.h"

#include <math.h>
#include <stdlib.h>

#include "dynamics/dynamics.h"
#include "numerics/dense.h"
#include "rates/band_path.h"
#include "rve/beat.h"
#include "rve/fire.h"
#include "rve/relax.h"

enum { PATIENCE = 600, ROUNDS = 4 };
static const double PROGRESS = 0.8; /* the smallest force must fall to this of itself within PATIENCE steps */
static const double STIFFER = 1.5;  /* a saddle's bonds are shorter than those of the states */
static const double SPRING = 0.05;  /* of the stiffest vibration: it moves images along the path, no more */
static const double SETTLED = 1e-3; /* of the tolerance: how well a state is relaxed */
static const double SAME = 1e-3;    /* angstrom: states nearer than that are one */
static const double MISSED = 1e-3;  /* eV by which the path may pass over the top unseen */

struct femd_band {
    int n, n3, count;
    femd_band_settings set;
    double cell[9], stiffness;
    femd_images *images;
    double *x, *f, *v, *tangent; /* count x n3 each, but for tangent: n3 */
    double W[FEMD_BAND_IMAGES_MAX], along[FEMD_BAND_IMAGES_MAX];
    int climbs[FEMD_BAND_IMAGES_MAX];
    double force; /* largest component of f */
    int steps;
};

static femd_status band_check(const femd_band_atoms *atoms, const femd_band_settings *set, femd_error *err) {
    if (set->images < FEMD_BAND_IMAGES_MIN || set->images > FEMD_BAND_IMAGES_MAX)
        return femd_fail(err, FEMD_BAD_ARGUMENT, "a band of %d images: there must be %d to %d, with the two states",
                         set->images, FEMD_BAND_IMAGES_MIN, FEMD_BAND_IMAGES_MAX);
    if (!(set->tolerance > 0) || !(set->climb >= set->tolerance) || !(set->max_move > 0) || set->steps < 1)
        return femd_fail(err, FEMD_BAD_ARGUMENT,
                         "a band needs a tolerance > 0, climbing from a force not below it, a longest move > 0 and at "
                         "least 1 step; got %g, %g, %g, %d",
                         set->tolerance, set->climb, set->max_move, set->steps);
    if (set->threads < 1 || set->threads > FEMD_BAND_THREADS_MAX)
        return femd_fail(err, FEMD_BAD_ARGUMENT, "a band with %d threads: there must be 1 to %d", set->threads,
                         FEMD_BAND_THREADS_MAX);
    if (atoms->n < 2) return femd_fail(err, FEMD_BAD_ARGUMENT, "a band of %d atoms: no atom can go anywhere", atoms->n);
    return FEMD_OK;
}

femd_status femd_band_create(const femd_band_atoms *atoms, const femd_band_settings *settings, femd_band **out,
                             femd_error *err) {
    FEMD_TRY(band_check(atoms, settings, err));
    const size_t n3 = 3 * (size_t)atoms->n, all = (size_t)settings->images * n3;
    femd_band *band = calloc(1, sizeof *band);
    if (!band) return femd_fail(err, FEMD_NO_MEMORY, "a band of %d atoms: out of memory", atoms->n);
    band->n = atoms->n;
    band->n3 = (int)n3;
    band->count = settings->images;
    band->set = *settings;
    memcpy(band->cell, atoms->cell, sizeof band->cell);
    band->x = calloc(3 * all + n3, sizeof *band->x);
    femd_status rc = femd_images_create(atoms, band->count, &band->images, err);
    if (rc == FEMD_OK && !band->x) rc = femd_fail(err, FEMD_NO_MEMORY, "a band of %d atoms: out of memory", atoms->n);
    if (rc != FEMD_OK) {
        femd_band_destroy(&band);
        return rc;
    }
    band->f = band->x + all;
    band->v = band->f + all;
    band->tangent = band->v + all;
    femd_dense_init();
    *out = band;
    return FEMD_OK;
}

void femd_band_destroy(femd_band **band) {
    if (!band || !*band) return;
    femd_images_destroy(&(*band)->images);
    free((*band)->x);
    free(*band);
    *band = NULL;
}

const double *femd_band_image(const femd_band *band, int image) {
    return band->x + (size_t)image * (size_t)band->n3;
}

femd_status femd_band_settle(femd_band *band, double *x, const femd_beat *beat, double *moved, femd_error *err) {
    const femd_rve rve = femd_images_rve(band->images, 0);
    femd_relax_settings set = FEMD_RELAX_DEFAULTS;
    femd_relax_result end = {0};
    femd_place place = {.J = 1};
    femd_relaxer *relaxer = NULL;
    memcpy(place.h, band->cell, sizeof place.h);
    set.force_tolerance = SETTLED * band->set.tolerance;
    FEMD_TRY(femd_relaxer_create(band->n, &set, &relaxer, err));
    femd_status rc = femd_neighbours_rebuild(rve.nb, band->n, band->cell, x, err);
    if (rc == FEMD_OK) rc = femd_relax(relaxer, &rve, &place, x, NULL, beat, &end, err);
    if (rc == FEMD_OK && moved) *moved = end.moved;
    femd_relaxer_destroy(&relaxer);
    return rc;
}

/* ---- the start ---- */

/* Images evenly along the straight way; the second state is where that ends. */
static femd_status band_lay(femd_band *band, const double *first, const double *second, femd_error *err) {
    double *way = band->v;
    const int last = band->count - 1;
    FEMD_TRY(femd_band_way(band->n, band->cell, first, second, way, err));
    if (femd_max_abs(band->n3, way) < SAME)
        return femd_fail(err, FEMD_BAD_INPUT,
                         "the two states of the band are one: no atom moves by more than %.1e angstrom between them",
                         femd_max_abs(band->n3, way));
    for (int k = 0; k <= last; k++)
        for (int i = 0; i < band->n3; i++)
            band->x[(size_t)k * (size_t)band->n3 + (size_t)i] = first[i] + (double)k / last * way[i];
    return femd_images_renew(band->images, band->x, err);
}

static femd_status band_check_state(const femd_band *band, int image, const char *which, femd_error *err) {
    const double most = femd_max_abs(band->n3, band->f + (size_t)image * (size_t)band->n3);
    if (most <= band->set.tolerance) return FEMD_OK;
    return femd_fail(
        err, FEMD_BAD_INPUT,
        "the %s state of the band is not relaxed: it has a force of %.2e eV/angstrom where %.1e is allowed", which,
        most, band->set.tolerance);
}

/* The fastest vibration of the first state, at unit masses. */
static femd_status band_stiffness(femd_band *band, femd_error *err) {
    femd_rve rve = femd_images_rve(band->images, 0);
    double omega, *mass = band->tangent;
    for (int i = 0; i < band->n; i++) mass[i] = 1;
    FEMD_TRY(femd_dynamics_top_frequency(&rve, mass, band->cell, band->x, &omega, err));
    band->stiffness = STIFFER * omega * omega * femd_mvv2e;
    if (band->stiffness > 0 && isfinite(band->stiffness)) return FEMD_OK;
    return femd_fail(err, FEMD_BAD_INPUT, "the atoms of the band do not hold each other");
}

static femd_status band_start(femd_band *band, const double *first, const double *second, femd_error *err) {
    const int last = band->count - 1;
    band->steps = 0;
    memset(band->climbs, 0, sizeof band->climbs);
    FEMD_TRY(band_lay(band, first, second, err));
    FEMD_TRY(femd_images_forces(band->images, 0, band->count, band->set.threads, band->x, band->W, band->f, err));
    FEMD_TRY(band_check_state(band, 0, "first", err));
    FEMD_TRY(band_check_state(band, last, "second", err));
    return band_stiffness(band, err);
}

/* ---- the motion ---- */

/* What moves the images, from the forces on them. */
static femd_status band_nudge(femd_band *band, femd_error *err) {
    const size_t n3 = (size_t)band->n3;
    band->force = 0;
    for (int k = 1; k < band->count - 1; k++) {
        const double *const x[3] = {band->x + (size_t)(k - 1) * n3, band->x + (size_t)k * n3,
                                    band->x + (size_t)(k + 1) * n3};
        double *f = band->f + (size_t)k * n3;
        int met;
        const double apart = femd_band_tangent(band->n3, x, band->W + k - 1, band->tangent, &met);
        if (met) return femd_fail(err, FEMD_NOT_CONVERGED, "images %d to %d of the band fell together", k, k + 2);
        band->along[k] = femd_band_nudge(band->n3, band->tangent, SPRING * band->stiffness * apart, band->climbs[k], f);
        const double most = femd_max_abs(band->n3, f);
        if (!isfinite(most) || !isfinite(band->W[k]))
            return femd_fail(err, FEMD_DIVERGED, "image %d of the band reached a force that is not finite", k + 1);
        band->force = fmax(band->force, most);
    }
    return FEMD_OK;
}

static int band_highest(const femd_band *band) {
    int top = 0;
    for (int k = 1; k < band->count; k++)
        if (band->W[k] > band->W[top]) top = k;
    return top;
}

static femd_status band_stands(const femd_band *band, const char *why, femd_error *err) {
    const int top = band_highest(band);
    return femd_fail(
        err, FEMD_NOT_CONVERGED,
        "%s: the band of %d images stands at %.2e eV/angstrom after %d steps (tolerance %.1e), its highest "
        "image, number %d, %.4f eV above the first state",
        why, band->count, band->force, band->steps, band->set.tolerance, top + 1, band->W[top] - band->W[0]);
}

/* FIRE until what moves the images is within the goal. */
static femd_status band_move(femd_band *band, double goal, const femd_beat *beat, femd_error *err) {
    const size_t inner = (size_t)band->n3; /* where the first image that moves begins */
    const int size = (band->count - 2) * band->n3;
    femd_fire_walk walk = femd_fire_begin(size, band->stiffness, band->set.max_move, band->v + inner);
    double mark = HUGE_VAL;
    for (int since = 0; band->force > goal; band->steps++, since++) {
        if (since > PATIENCE && band->force <= band->set.enough) return FEMD_OK;
        if (band->steps >= band->set.steps) return band_stands(band, "too many steps", err);
        if (band->force < PROGRESS * mark) mark = band->force, since = 0;
        if (since > PATIENCE) return band_stands(band, "the forces no longer fall; more images may be needed", err);
        FEMD_TRY(femd_beat_now(beat, (double)band->steps / band->set.steps, "the search for a path", err));
        femd_fire_advance(&walk, size, band->f + inner, band->v + inner, band->x + inner);
        FEMD_TRY(
            femd_images_forces(band->images, 1, band->count - 1, band->set.threads, band->x, band->W, band->f, err));
        FEMD_TRY(band_nudge(band, err));
    }
    return FEMD_OK;
}

/* Who is higher than both neighbours climbs from now on (of two that are equal the first), and nobody else. Returns 1
 * if that changes anything. */
static int band_choose(femd_band *band) {
    int changed = 0;
    for (int k = 1; k < band->count - 1; k++) {
        const int climbs = band->W[k] > band->W[k - 1] && band->W[k] >= band->W[k + 1];
        changed |= climbs != band->climbs[k];
        band->climbs[k] = climbs;
    }
    return changed;
}

/* ---- the end ---- */

/* Whether the path rises unseen above the highest image, by the cubics through the images. */
static femd_status band_look_between(const femd_band *band, const femd_band_result *r, femd_error *err) {
    for (int k = 0; k + 1 < band->count; k++) {
        const double W[2] = {r->energy[k], r->energy[k + 1]};
        const double slope[2] = {k ? -band->along[k] : 0, k + 2 < band->count ? -band->along[k + 1] : 0};
        const double most = femd_band_between(r->length * (r->place[k + 1] - r->place[k]), W, slope);
        if (most > r->energy[r->top] + MISSED)
            return femd_fail(
                err, FEMD_NOT_CONVERGED,
                "between images %d and %d the path rises to %.4f eV, above the saddle at %.4f eV: %d images "
                "are too few",
                k + 1, k + 2, most, r->energy[r->top], band->count);
    }
    return FEMD_OK;
}

static femd_status band_tell(const femd_band *band, femd_band_result *r, femd_error *err) {
    const int last = band->count - 1;
    memset(r, 0, sizeof *r);
    r->images = band->count;
    r->top = band_highest(band);
    for (int k = 0; k <= last; k++) {
        r->energy[k] = band->W[k] - band->W[0];
        r->climbs[k] = band->climbs[k];
        r->saddles += band->climbs[k];
    }
    r->barrier = r->energy[r->top];
    r->back = r->barrier - r->energy[last];
    r->length = femd_band_places(band->count, band->n3, band->x, r->place);
    r->force = band->force;
    r->steps = band->steps;
    r->calls = femd_images_calls(band->images);
    if (!r->climbs[r->top])
        return femd_fail(err, FEMD_NOT_CONVERGED,
                         "no image of %d is higher than both states: a path between two minima has a saddle, but this "
                         "band has none",
                         band->count);
    return band_look_between(band, r, err);
}

femd_status femd_band_run(femd_band *band, const double *first, const double *second, const femd_beat *beat,
                          femd_band_result *result, femd_error *err) {
    const uint64_t before = femd_images_calls(band->images);
    FEMD_TRY(band_start(band, first, second, err));
    FEMD_TRY(band_nudge(band, err));
    FEMD_TRY(band_move(band, band->set.climb, beat, err));
    for (int round = 0; band_choose(band) || !round; round++) {
        if (round == ROUNDS) return band_stands(band, "the highest images changed again and again", err);
        FEMD_TRY(
            femd_images_forces(band->images, 1, band->count - 1, band->set.threads, band->x, band->W, band->f, err));
        FEMD_TRY(band_nudge(band, err));
        FEMD_TRY(band_move(band, band->set.tolerance, beat, err));
    }
    const femd_status rc = band_tell(band, result, err);
    result->calls -= before;
    return rc;
}
