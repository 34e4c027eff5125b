/* The way of an RVE along a line of strain. Owns the choice of sub-steps and the predictor; never minimises itself. */
#include "rve/native_path.h"

#include <math.h>
#include <stdlib.h>

#include "numerics/dense.h"

static const double STEP_MAX = 0.02;      /* strain of one sub-step */
static const double STEP_MIN = 4e-4;      /* below, a discontinuous answer is a jump and not a step too long */
static const double PREDICTED_MAX = 0.5;  /* angstrom: a predictor that moves an atom more is not believed */
static const double CORRECTED_MAX = 0.12; /* angstrom: a smooth continuation ends this close to its prediction */

femd_status femd_path_init(femd_path *path, femd_rve *rve, femd_relaxer *relaxer, femd_error *err) {
    const size_t n3 = 3 * (size_t)rve->n;
    memset(path, 0, sizeof *path);
    path->rve = rve;
    path->relaxer = relaxer;
    path->w = calloc(n3 * (1 + 6 + 1 + 12), sizeof(double));
    if (!path->w) return femd_fail(err, FEMD_NO_MEMORY, "an RVE of %d atoms: out of memory", rve->n);
    path->G = path->w + n3;
    path->x = path->G + 6 * n3;
    path->work = path->x + n3;
    return FEMD_OK;
}

void femd_path_clear(femd_path *path) {
    free(path->w);
    memset(path, 0, sizeof *path);
}

static int path_is_physics_failure(femd_status rc) {
    return rc == FEMD_NOT_CONVERGED || rc == FEMD_DIVERGED || rc == FEMD_INSTABILITY || rc == FEMD_OUT_OF_DOMAIN;
}

/* trial = w + G (E - path E). Returns 0 if the predictor is not to be believed (trial is then w). */
static int path_predict(const femd_path *path, const double E[6], double *trial) {
    const int n3 = 3 * path->rve->n;
    memcpy(trial, path->w, (size_t)n3 * sizeof *trial);
    if (!path->has_G) return 1;
    double dE[6], largest = 0;
    for (int c = 0; c < 6; c++) dE[c] = E[c] - path->E[c];
    for (int i = 0; i < n3; i++) {
        double d = 0;
        for (int c = 0; c < 6; c++) d += path->G[(size_t)c * n3 + i] * dE[c];
        trial[i] += d;
        largest = fmax(largest, fabs(d));
    }
    if (largest <= PREDICTED_MAX) return 1;
    memcpy(trial, path->w, (size_t)n3 * sizeof *trial);
    return 0;
}

/* Relax at E from displacements w0; x, place and last are set. */
static femd_status path_relax_from(femd_path *path, const double E[6], const double *w0, const femd_beat *beat,
                                   femd_error *err) {
    FEMD_TRY(femd_place_set(path->rve, E, &path->place, err));
    femd_place_atoms(path->rve, &path->place, w0, path->x);
    return femd_relax(path->relaxer, path->rve, &path->place, path->x, path->stale, beat, &path->last, err);
}

static femd_status path_accept(femd_path *path, const double E[6], int sensitivities, const femd_beat *beat,
                               femd_error *err) {
    memcpy(path->E, E, sizeof path->E);
    femd_place_displacements(path->rve, &path->place, path->x, path->w);
    path->has_G = 0;
    if (!sensitivities) return FEMD_OK;
    FEMD_TRY(femd_condense_tangent(path->relaxer, path->rve, &path->place, beat, path->work, NULL, path->G, NULL, err));
    path->has_G = 1;
    return FEMD_OK;
}

/* The sites at E, and what the atoms would feel there. */
static femd_status path_hold(femd_path *path, const double E[6], femd_error *err) {
    femd_rve *rve = path->rve;
    FEMD_TRY(femd_place_set(rve, E, &path->place, err));
    femd_place_atoms(rve, &path->place, NULL, path->x);
    memset(&path->last, 0, sizeof path->last);
    FEMD_TRY(
        femd_energetics_forces(rve->en, rve->nb, path->place.h, path->x, &path->last.W, NULL, path->last.tau, err));
    memcpy(path->E, E, sizeof path->E);
    memset(path->w, 0, 3 * (size_t)rve->n * sizeof *path->w);
    path->has_G = 0;
    return FEMD_OK;
}

femd_status femd_path_advance(femd_path *path, const double E[6], const femd_beat *beat, femd_error *err) {
    double from[6], dE[6];
    memcpy(from, path->E, sizeof from);
    for (int c = 0; c < 6; c++) dE[c] = E[c] - from[c];
    const double span = femd_max_abs(6, dE);
    if (!isfinite(span)) return femd_fail(err, FEMD_OUT_OF_DOMAIN, "the strain is not finite");
    if (path->held) return path_hold(path, E, err);
    FEMD_TRY(femd_place_set(path->rve, E, &path->place, err)); /* a strain that no cell can have is refused at once */
    const double smallest = span > STEP_MIN ? STEP_MIN / span : 1;
    double s = 0, step = span > STEP_MAX ? STEP_MAX / span : 1;
    double *trial = path->work;
    while (s < 1) {
        const double next = s + step < 1 - 1e-9 ? s + step : 1;
        double at[6];
        for (int c = 0; c < 6; c++) at[c] = next < 1 ? from[c] + next * dE[c] : E[c];
        femd_error words = FEMD_ERROR_INIT;
        const int believed = path_predict(path, at, trial);
        femd_status rc =
            believed || step <= smallest ? path_relax_from(path, at, trial, beat, &words) : FEMD_NOT_CONVERGED;
        if (rc != FEMD_OK && !path_is_physics_failure(rc)) {
            if (err) *err = words;
            return rc;
        }
        const int smooth = rc == FEMD_OK && believed && !path->last.softened && path->last.moved <= CORRECTED_MAX;
        if (!smooth && step > smallest) {
            step = fmax(0.5 * step, smallest);
            continue;
        }
        if (!smooth) { /* the end of the branch: slide from the last stable configuration */
            path->jumps++;
            FEMD_TRY(path_relax_from(path, at, path->w, beat, err));
        }
        FEMD_TRY(path_accept(path, at, next < 1, beat, err));
        s = next;
        step *= 2;
        if (span * step > STEP_MAX) step = STEP_MAX / span;
    }
    return FEMD_OK;
}
