/* The reference of a material. Owns the search for the cell with S = -p J C^-1, that is Cauchy stress -p I; never keeps
 * state. */
#include "rve/reference.h"

#include <math.h>
#include <stdio.h>

#include "femd/kinematics.h"
#include "numerics/dense.h"
#include "rve/native.h"
#include "rve/native_control.h"

enum { ITERATIONS = 200, HEAT_ITERATIONS = 40, PATIENCE = 4 };
static const double SOFT = 1e-8;    /* of the largest stiffness: a direction of strain below has none */
static const double CARRIED = 1e-9; /* of it: no stress along such a direction is larger */
static const double ACCURACY = 0.02;
/* Of the stiffness: what steps that gain nothing (PATIENCE of them) may leave where derivatives of a table jump. */
static const double ROUGH = 1e-6;
static const double HEAT_STRAIN = 0.08; /* crystals melt at thermal strains of 0.02 to 0.04 */

femd_status femd_reference_read(const femd_json *doc, femd_reference *ref, femd_error *err) {
    *ref = (femd_reference){.accuracy = ACCURACY};
    const cJSON *node = femd_json_get(doc->root, "reference");
    if (!node) return FEMD_OK;
    if (cJSON_IsString(node)) {
        ref->as_given = 1;
        return FEMD_OK;
    }
    ref->accuracy = femd_json_number(node, "accuracy", ACCURACY);
    FEMD_TRY(femd_json_quantity(doc, node, "temperature", FEMD_DIM_TEMPERATURE, 0, &ref->temperature, err));
    return femd_json_quantity(doc, node, "pressure", FEMD_DIM_PRESSURE, 0, &ref->pressure, err);
}

/* S and D at E, atoms relaxed or frozen. */
static femd_status reference_evaluate(femd_path *path, int frozen, const double E[6], double S[6], double D[36],
                                      femd_error *err) {
    if (frozen) {
        FEMD_TRY(femd_place_set(path->rve, E, &path->place, err));
        femd_place_atoms(path->rve, &path->place, NULL, path->x);
        femd_rve *rve = path->rve;
        double B[36];
        FEMD_TRY(
            femd_energetics_forces(rve->en, rve->nb, path->place.h, path->x, &path->last.W, NULL, path->last.tau, err));
        FEMD_TRY(femd_energetics_hessian(rve->en, rve->nb, path->place.h, path->x, NULL, NULL, B, err));
        femd_condense_none(rve, &path->place, B, D);
        memcpy(path->E, E, sizeof path->E);
    } else {
        FEMD_TRY(femd_path_advance(path, E, NULL, err));
        FEMD_TRY(
            femd_condense_tangent(path->relaxer, path->rve, &path->place, NULL, path->work, D, path->G, NULL, err));
        path->has_G = 1;
    }
    femd_place_stress(path->rve, &path->place, path->last.tau, S);
    return FEMD_OK;
}

/* Directions of strain without stiffness: across vacuum nothing holds the cell. */
typedef struct soft_strains {
    int count;
    double stiffness[6], along[36]; /* eigenvalues, ascending, and unit vectors in rows, of shears over sqrt 2 */
} soft_strains;

static double soft_weight(int c) {
    return c < 3 ? 1 : M_SQRT2;
}

static femd_status soft_find(const double D[36], soft_strains *soft, femd_error *err) {
    double most = 0;
    for (int r = 0; r < 6; r++)
        for (int c = 0; c < 6; c++) soft->along[6 * r + c] = D[6 * r + c] * soft_weight(r) * soft_weight(c);
    FEMD_TRY(femd_eigen(6, soft->along, soft->stiffness, err));
    soft->count = 0;
    for (int k = 0; k < 6; k++) most = fmax(most, fabs(soft->stiffness[k]));
    for (int k = 0; k < 6; k++)
        if (fabs(soft->stiffness[k]) <= SOFT * most) soft->count++;
    if (soft->count && fabs(soft->stiffness[0]) > SOFT * most) soft->count = 0; /* unstable is not soft */
    if (soft->count == 6) soft->count = 0;
    return FEMD_OK;
}

/* step (the stress that is missing) becomes the strain that brings it, none along soft directions. BAD_INPUT where
 * these would have to carry some. */
static femd_status soft_step(const soft_strains *soft, double scale, double step[6], femd_error *err) {
    double strain[6] = {0};
    for (int k = 0; k < 6; k++) {
        double along = 0;
        for (int c = 0; c < 6; c++) along += soft->along[6 * k + c] * step[c] * soft_weight(c);
        if (k < soft->count && fabs(along) > CARRIED * scale)
            return femd_fail(err, FEMD_BAD_INPUT,
                             "the cell has %d directions without stiffness (vacuum), and %.3g Pa are asked of one of "
                             "them; no cell carries that",
                             soft->count, along);
        for (int c = 0; k >= soft->count && c < 6; c++)
            strain[c] += soft->along[6 * k + c] * along / soft->stiffness[k] * soft_weight(c);
    }
    memcpy(step, strain, sizeof strain);
    return FEMD_OK;
}

femd_status femd_reference_carried(const double still[36], double S[6], femd_error *err) {
    soft_strains soft;
    FEMD_TRY(soft_find(still, &soft, err));
    for (int k = 0; k < soft.count; k++) {
        double along = 0;
        for (int c = 0; c < 6; c++) along += soft.along[6 * k + c] * S[c] * soft_weight(c);
        for (int c = 0; c < 6; c++) S[c] -= soft.along[6 * k + c] * along / soft_weight(c);
    }
    return FEMD_OK;
}

/* One Newton step of S + p J C^-1 = 0; steepest descent scaled by the stiffness where the tangent is not positive
 * definite; none along directions without stiffness, which are held as they are. */
static femd_status reference_newton_step(const double E[6], const double S[6], const double D[36],
                                         const double still[36], double p, double step[6], double *residual,
                                         double *scale, soft_strains *soft, femd_error *err) {
    double M[36], factor[36], inverse[6], full[9];
    const double J = sqrt(femd_strain_metric(E, NULL, inverse));
    femd_voigt_to_full(inverse, 0, full);
    *residual = 0;
    for (int r = 0; r < 6; r++) {
        step[r] = -(S[r] + p * J * inverse[r]);
        *residual = fmax(*residual, fabs(step[r]));
        for (int c = 0; c < 6; c++) {
            const int i = femd_voigt_i[r], j = femd_voigt_j[r], k = femd_voigt_i[c], l = femd_voigt_j[c];
            const double turn = full[3 * i + k] * full[3 * j + l] + full[3 * i + l] * full[3 * j + k];
            M[6 * r + c] = D[6 * r + c] + p * J * (inverse[r] * inverse[c] - turn);
        }
    }
    *scale = femd_max_abs(36, M);
    memcpy(factor, M, sizeof factor);
    FEMD_TRY(soft_find(still, soft, err)); /* M, where there is no pressure, and with one nothing soft is right */
    if (soft->count)
        FEMD_TRY(soft_step(soft, *scale, step, err));
    else if (femd_cholesky(6, factor) == 0)
        femd_cholesky_solve(6, factor, 1, step);
    else
        for (int c = 0; c < 6; c++) step[c] /= *scale;
    const double largest = femd_max_abs(6, step), limit = 0.02;
    if (largest > limit)
        for (int c = 0; c < 6; c++) step[c] *= limit / largest;
    return FEMD_OK;
}

/* The path's cell, strained to E, becomes the reference; the atoms stay where they are in space. */
static femd_status reference_adopt(femd_path *path, femd_error *err) {
    femd_rve *rve = path->rve;
    memcpy(rve->X, path->x, 3 * (size_t)rve->n * sizeof *rve->X);
    FEMD_TRY(femd_rve_set_cell(rve, path->place.h, err));
    memset(path->E, 0, sizeof path->E);
    memset(path->w, 0, 3 * (size_t)rve->n * sizeof *path->w);
    path->has_G = 0;
    return FEMD_OK;
}

static femd_status reference_measure_way(femd_path *path, femd_error *err) {
    const femd_rve *rve = path->rve;
    double nearest, sum = 0;
    FEMD_TRY(femd_neighbours_nearest(rve->nb, rve->n, path->place.h, path->x, &nearest, err));
    for (int i = 0; i < 3 * rve->n; i++) sum += (path->x[i] - rve->X[i]) * (path->x[i] - rve->X[i]);
    path->wandered = sqrt(sum / rve->n) / nearest;
    return FEMD_OK;
}

static femd_status reference_first_relaxation(femd_path *path, femd_error *err) {
    const double zero[6] = {0};
    FEMD_TRY(femd_place_set(path->rve, zero, &path->place, err));
    femd_place_atoms(path->rve, &path->place, NULL, path->x);
    const femd_status rc = femd_relax(path->relaxer, path->rve, &path->place, path->x, NULL, NULL, &path->last, err);
    if (rc == FEMD_INSTABILITY) {
        femd_error_prefix(err, "the structure as given relaxes to a saddle point, not to a minimum of the energy");
        return rc;
    }
    if (rc == FEMD_NOT_CONVERGED)
        femd_error_prefix(err, "the structure as given leads to no minimum of the energy (what is no solid, sample: "
                               "\"stress\": \"md\")");
    FEMD_TRY(rc);
    FEMD_TRY(reference_measure_way(path, err));
    return reference_adopt(path, err);
}

/* What has no piece that goes on through the cell resists no strain, and its cell is any. */
static femd_status reference_hold_cell(const femd_reference *ref, soft_strains *soft, femd_error *err) {
    if (ref->pressure != 0)
        return femd_fail(err, FEMD_BAD_INPUT,
                         "no part of the structure goes on through its cell (vacuum all around), and a pressure of "
                         "%.3g Pa is asked of it; no cell carries that",
                         ref->pressure);
    soft->count = 6;
    memset(soft->along, 0, sizeof soft->along);
    for (int c = 0; c < 6; c++) soft->along[7 * c] = 1;
    return FEMD_OK;
}

static femd_status reference_find_cell(const femd_reference *ref, int frozen, femd_path *path, soft_strains *soft,
                                       femd_error *err) {
    if (!frozen && femd_rve_is_adrift(path->rve)) return reference_hold_cell(ref, soft, err);
    double E[6] = {0}, S[6], D[36], step[6], residual, scale, best = HUGE_VAL;
    for (int it = 0; it < ITERATIONS; it++) {
        FEMD_TRY(reference_evaluate(path, frozen, E, S, D, err));
        FEMD_TRY(reference_newton_step(E, S, D, D, ref->pressure, step, &residual, &scale, soft, err));
        if (residual <= 1e-13 * scale || (residual <= 1e-11 * scale && residual >= 0.5 * best))
            return reference_adopt(path, err);
        best = fmin(best, residual);
        for (int c = 0; c < 6; c++) E[c] += step[c];
        if (femd_max_abs(6, E) > 0.6)
            return femd_fail(
                err, FEMD_BAD_INPUT,
                "the cell would have to be strained by more than 0.6; start from a structure near equilibrium");
    }
    return femd_fail(err, FEMD_BAD_INPUT, "no cell with the reference pressure was found in %d steps (%.3g Pa left)",
                     ITERATIONS, residual);
}

femd_status femd_reference_blame(femd_status rc, femd_error *err) {
    femd_error_prefix(err, "reference of the material");
    if (rc == FEMD_NO_MEMORY || rc == FEMD_INTERNAL) return rc;
    if (err) err->code = FEMD_BAD_INPUT;
    return FEMD_BAD_INPUT;
}

/* Which components of the strain are held, or how many directions where they are no components. */
static void reference_tell(const soft_strains *soft, char words[FEMD_REFERENCE_WORDS]) {
    static const char *const names[6] = {"11", "22", "33", "23", "13", "12"};
    char list[40] = "";
    int listed = 0;
    words[0] = 0;
    if (!soft->count) return;
    for (int c = 0; c < 6; c++) {
        double share = 0;
        for (int k = 0; k < soft->count; k++) share += soft->along[6 * k + c] * soft->along[6 * k + c];
        if (share < 1 - 1e-6) continue;
        snprintf(list + strlen(list), sizeof list - strlen(list), "%s%s", listed++ ? ", " : "", names[c]);
    }
    if (listed == soft->count)
        snprintf(words, FEMD_REFERENCE_WORDS,
                 "the reference cell has no stiffness against strains %s (vacuum): these are held as the structure "
                 "gives them, and V0 with them",
                 list);
    else
        snprintf(words, FEMD_REFERENCE_WORDS,
                 "the reference cell has no stiffness against %d independent strains (vacuum): these are held as the "
                 "structure gives them, and V0 with them",
                 soft->count);
}

femd_status femd_reference_relax(const femd_reference *ref, int frozen, femd_path *path,
                                 char words[FEMD_REFERENCE_WORDS], femd_error *err) {
    soft_strains soft = {0};
    femd_status rc = frozen ? FEMD_OK : reference_first_relaxation(path, err);
    if (rc == FEMD_OK && !ref->as_given) rc = reference_find_cell(ref, frozen, path, &soft, err);
    const double zero[6] = {0};
    double S[6], D[36];
    if (rc == FEMD_OK) rc = reference_evaluate(path, frozen, zero, S, D, err);
    if (rc == FEMD_OK && !frozen) rc = reference_adopt(path, err);
    reference_tell(&soft, words);
    return rc == FEMD_OK ? FEMD_OK : femd_reference_blame(rc, err);
}

femd_status femd_reference_move(femd_native *native, const double strain[6], femd_error *err) {
    FEMD_TRY(femd_path_advance(&native->path, strain, NULL, err));
    FEMD_TRY(reference_adopt(&native->path, err));
    return femd_native_renew(native, err);
}

femd_status femd_reference_newton(const femd_reference *ref, const double S[6], const double D[36],
                                  const double still[36], double strain[6], femd_error *err) {
    const double zero[6] = {0};
    double residual, scale;
    soft_strains soft;
    return reference_newton_step(zero, S, D, still, ref->pressure, strain, &residual, &scale, &soft, err);
}

static void reference_tell_rough(const femd_reference *ref, femd_native *native, double residual) {
    char words[240];
    snprintf(words, sizeof words,
             "the reference at %g K leaves S(E = 0) + %g MPa I within %.2g MPa: the potential is too rough for less",
             ref->temperature, ref->pressure / 1e6, residual / 1e6);
    femd_native_remark(native, words);
}

/* Every step makes a new reference, so that the stress which ends the search is that of the reference it leaves behind.
 */
static femd_status reference_heat(const femd_reference *ref, femd_native *native, femd_reference_strain strain,
                                  void *user, femd_error *err) {
    const double zero[6] = {0};
    double S[6], D[36], step[6], total[6] = {0}, residual = 0, scale, best = HUGE_VAL;
    soft_strains soft;
    for (int it = 0, without_gain = 0; it < HEAT_ITERATIONS; it++) {
        FEMD_TRY(strain(user, native, ref->temperature, S, D, err));
        FEMD_TRY(reference_newton_step(zero, S, D, D, ref->pressure, step, &residual, &scale, &soft, err));
        const int gains = residual < 0.5 * best;
        const int rough = !gains && residual > 1e-8 * scale && ++without_gain >= PATIENCE;
        if (residual <= 1e-11 * scale || (residual <= 1e-8 * scale && !gains) || (rough && residual <= ROUGH * scale)) {
            if (!soft.count && femd_cholesky(6, D) != 0)
                return femd_fail(err, FEMD_BAD_INPUT, "at %g K the cell without excess stress is not stable",
                                 ref->temperature);
            if (rough) reference_tell_rough(ref, native, residual);
            return FEMD_OK;
        }
        best = fmin(best, residual);
        FEMD_TRY(femd_reference_move(native, step, err));
        for (int c = 0; c < 6; c++) total[c] += step[c];
        if (femd_max_abs(6, total) > HEAT_STRAIN)
            return femd_fail(err, FEMD_BAD_INPUT,
                             "heated to %g K the cell is strained by more than %g: too hot for harmonic vibrations",
                             ref->temperature, HEAT_STRAIN);
    }
    return femd_fail(err, FEMD_BAD_INPUT,
                     "no cell with the reference pressure was found at %g K in %d steps (%.3g Pa left); the method "
                     "\"md\" samples it",
                     ref->temperature, HEAT_ITERATIONS, residual);
}

femd_status femd_reference_heat(const femd_reference *ref, femd_native *native, femd_reference_strain strain,
                                void *user, femd_error *err) {
    const femd_status rc = reference_heat(ref, native, strain, user, err);
    return rc == FEMD_OK ? FEMD_OK : femd_reference_blame(rc, err);
}
