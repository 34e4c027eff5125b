/* The way of an RVE along a line of strain. Owns the choice of sub-steps and the predictor; never minimises itself. */
#include "rve/native_path.h"

#include <math.h>
#include <stdlib.h>

#include "numerics/dense.h"
#include "rve/slide.h"

static const double STEP_MAX = 0.02; /* strain of one sub-step */
static const double STEP_MIN = 4e-4; /* below, a discontinuous answer is a jump and not a step too long */
/* Strain to which the end of a symmetric branch is found, so that only its own mode has lost its stiffness there: which
 * way is taken does not depend on the steps. */
static const double BIFURCATION = 1e-7;
static const double RIDGE_MOVE = 0.05;    /* angstrom, largest component of the move off a ridge */
static const double PREDICTED_MAX = 0.5;  /* angstrom: a predictor that moves an atom more is not believed */
static const double CORRECTED_MAX = 0.12; /* angstrom: a smooth continuation ends this close to its prediction */

femd_status femd_path_init(femd_path *path, femd_rve *rve, femd_relaxer *relaxer, femd_error *err) {
    const size_t n3 = 3 * (size_t)rve->n;
    memset(path, 0, sizeof *path);
    path->rve = rve;
    path->relaxer = relaxer;
    path->w = calloc(n3 * (1 + 6 + 1 + 12 + 1), sizeof(double));
    if (!path->w) return femd_fail(err, FEMD_NO_MEMORY, "an RVE of %d atoms: out of memory", rve->n);
    path->G = path->w + n3;
    path->x = path->G + 6 * n3;
    path->work = path->x + n3;
    path->mode = path->work + 12 * n3;
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
    femd_gauge_confine(&path->rve->gauge, trial); /* a state has G to 16 bits, which keep to no condition */
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

/* How far the next relaxation goes, as a part of the whole way. */
typedef struct stride {
    double step, least; /* below `least` a discontinuous answer is a jump */
    double most, smallest, exact;
    enum { NOT_SOUGHT, SOUGHT, FOUND } bifurcation; /* of a symmetric branch: its mode is in path->mode */
} stride;

static stride path_stride(double span) {
    stride go = {.most = span > STEP_MAX ? STEP_MAX / span : 1,
                 .smallest = span > STEP_MIN ? STEP_MIN / span : 1,
                 .exact = span > BIFURCATION ? BIFURCATION / span : 1};
    go.step = go.most;
    go.least = go.smallest;
    return go;
}

static void path_halve(stride *go) {
    go->step = fmax(0.5 * go->step, go->least);
}

/* From the last stable configuration, moved along the mode that lost its stiffness: what leads down is that move and
 * not the round-off in w. */
static femd_status path_leave_ridge(femd_path *path, const double E[6], const femd_beat *beat, femd_error *err) {
    const int n3 = 3 * path->rve->n;
    path->slides++;
    FEMD_TRY(femd_place_set(path->rve, E, &path->place, err));
    femd_place_atoms(path->rve, &path->place, path->w, path->x);
    const double t = RIDGE_MOVE / femd_max_abs(n3, path->mode);
    for (int i = 0; i < n3; i++) path->x[i] += t * path->mode[i];
    const femd_status rc =
        femd_relax(path->relaxer, path->rve, &path->place, path->x, path->stale, beat, &path->last, err);
    if (rc != FEMD_INSTABILITY) return rc;
    return femd_slide(path->relaxer, path->rve, &path->place, path->x, path->mode, path->stale, beat, path->work,
                      &path->last, err);
}

/* The path stands at a saddle a step beyond the end of a branch. First the bifurcation is approached, to where only the
 * mode that lost its stiffness leads down; that one is followed, but a little later, where the ridge is high enough for
 * round-off not to matter. *again: another stride comes first. */
static femd_status path_meet_ridge(femd_path *path, const double E[6], stride *go, const femd_beat *beat, int *again,
                                   femd_error *err) {
    double lowest;
    if (go->bifurcation == NOT_SOUGHT && go->step > go->exact) {
        go->bifurcation = SOUGHT;
        go->least = go->exact;
        path_halve(go);
        *again = 1;
        return FEMD_OK;
    }
    FEMD_TRY(femd_slide_mode(path->rve, &path->place, path->x, beat, path->work, &lowest, path->mode, err));
    if (memcmp(E, path->goal, sizeof path->goal) == 0) return path_leave_ridge(path, E, beat, err);
    go->bifurcation = FOUND;
    go->least = go->step = go->smallest;
    *again = 1;
    return FEMD_OK;
}

/* The end of the branch: downhill from the last stable configuration. */
static femd_status path_jump(femd_path *path, const double E[6], stride *go, const femd_beat *beat, int *again,
                             femd_error *err) {
    femd_error words = FEMD_ERROR_INIT; /* of what may yet be mended */
    femd_status rc;
    *again = 0;
    if (go->bifurcation == FOUND) {
        rc = path_leave_ridge(path, E, beat, &words);
    } else {
        rc = path_relax_from(path, E, path->w, beat, &words);
        if (rc == FEMD_INSTABILITY && path->may_slide) rc = path_meet_ridge(path, E, go, beat, again, &words);
    }
    if (rc != FEMD_OK && err) *err = words;
    if (*again) return rc;
    path->jumps++;
    go->bifurcation = NOT_SOUGHT;
    go->least = go->smallest;
    return rc;
}

/* Relax at E from the prediction. *smooth: 1 if that continued the branch; 0 also where it failed as physics fails. */
static femd_status path_try(femd_path *path, const double E[6], const stride *go, const femd_beat *beat, int *smooth,
                            femd_error *err) {
    femd_error words = FEMD_ERROR_INIT;
    double *trial = path->work;
    const int believed = path_predict(path, E, trial);
    *smooth = 0;
    if (!believed && go->step > go->least) return FEMD_OK;
    const femd_status rc = path_relax_from(path, E, trial, beat, &words);
    if (rc != FEMD_OK && !path_is_physics_failure(rc)) {
        if (err) *err = words;
        return rc;
    }
    *smooth = rc == FEMD_OK && believed && !path->last.softened && path->last.moved <= CORRECTED_MAX;
    return FEMD_OK;
}

/* Of an advance: nothing solid is strained so, and a damaged state may say it. Where strains meet no stiffness nothing
 * else would end the way. */
static const double SPAN_MAX = 100;

femd_status femd_path_advance(femd_path *path, const double E[6], const femd_beat *beat, femd_error *err) {
    double from[6], dE[6];
    memcpy(from, path->E, sizeof from);
    memcpy(path->goal, E, sizeof path->goal);
    for (int c = 0; c < 6; c++) dE[c] = E[c] - from[c];
    const double span = femd_max_abs(6, dE);
    if (!isfinite(span)) return femd_fail(err, FEMD_OUT_OF_DOMAIN, "the strain is not finite");
    if (span > SPAN_MAX)
        return femd_fail(err, FEMD_OUT_OF_DOMAIN, "the strain is %.3g away from where the atoms stand", span);
    if (path->held) return path_hold(path, E, err);
    FEMD_TRY(femd_place_set(path->rve, E, &path->place, err)); /* a strain that no cell can have is refused at once */
    stride go = path_stride(span);
    double s = 0;
    while (s < 1) {
        const double next = s + go.step < 1 - 1e-9 ? s + go.step : 1;
        double at[6];
        int smooth = 0, again = 0;
        for (int c = 0; c < 6; c++) at[c] = next < 1 ? from[c] + next * dE[c] : E[c];
        if (go.bifurcation != FOUND) FEMD_TRY(path_try(path, at, &go, beat, &smooth, err));
        if (!smooth && go.step > go.least)
            path_halve(&go), again = 1;
        else if (!smooth)
            FEMD_TRY(path_jump(path, at, &go, beat, &again, err));
        if (again) continue;
        FEMD_TRY(path_accept(path, at, next < 1, beat, err));
        s = next;
        go.step = fmin(2 * go.step, go.most);
    }
    return FEMD_OK;
}
