/* Newton on a sampled reference stress. Owns what is averaged by symmetry and when it is enough; the sampling is the
 * method's. */
#include "engine/reference_sampled.h"

#include <math.h>
#include <stdio.h>

#include "numerics/dense.h"
#include "rve/point_group.h"

static const double SCALE_STRAIN =
    0.01; /* as in the method md: accuracies are relative to the stress, at least that of this strain */
static const double ALIKE = 1e-5; /* angstrom: atoms of a relaxed RVE are where its symmetry wants them */
/* Half of what is allowed is the sampling's, so that a second look at the same reference finds it within. */
static const double SHARE = 0.5;
static const double COARSE = 16, FINER = 4; /* the first look is so much coarser, each later one finer by this */
static const double SURE = 3;               /* standard errors: a stress beyond is stepped on, allowed or not */
static const double SOFTEST = 0.05;         /* of the largest stiffness: what is softer is stiffened to this */
static const double STRAIN_MAX = 0.2;
/* Looks after which a stress that is not within what is allowed ends the search, and the most that one within may take
 * until it is not sure any more. */
enum { ITERATIONS = 12, PATIENCE = 24, SEED = 1 };

/* What the atoms at rest say of the reference in place. */
typedef struct rest {
    double D[36]; /* Pa: their tangent, relaxed if they are */
    double scale; /* Pa: mean D11, D22, D33 of the atoms held */
    femd_point_group group;
} rest;

static femd_status reference_at_rest(femd_native *native, rest *out, femd_error *err) {
    const double zero[6] = {0};
    double B[36], held[36];
    femd_path *path = &native->path;
    FEMD_TRY(femd_path_advance(path, zero, NULL, err));
    if (!path->held) /* else the relaxer has no Hessian */
        FEMD_TRY(femd_condense_tangent(native->relaxer, &native->rve, &path->place, NULL, path->work, out->D, NULL,
                                       NULL, err));
    FEMD_TRY(femd_energetics_hessian(native->rve.en, native->rve.nb, path->place.h, path->x, NULL, NULL, B, err));
    femd_condense_none(&native->rve, &path->place, B, held);
    if (path->held) memcpy(out->D, held, sizeof held);
    out->scale = (held[0] + held[7] + held[14]) / 3;
    return femd_point_group_find(native->rve.h0, native->rve.n, native->rve.X, native->structure.species, ALIKE,
                                 &out->group, err);
}

/* One sampling of the reference in place. */
typedef struct look {
    double S[6], S_err[6], D[36]; /* Pa */
    uint32_t notes;
} look;

/* NOT_CONVERGED if the sampling ends before the stress is that accurate: a search among unsharp stresses would end on a
 * lucky one. */
static femd_status reference_look(const femd_method *method, const femd_reference *ref, femd_native *native,
                                  const femd_json *doc, double accuracy, uint64_t seed, look *out, femd_error *err) {
    const double zero[6] = {0};
    const femd_bytes none = {NULL, 0};
    const femd_conditions conditions = {
        .temperature = ref->temperature, .accuracy = accuracy, .seed = seed, .wants = FEMD_WANT_STRESS};
    femd_buffer carry = FEMD_BUFFER_INIT;
    femd_response response = {0};
    void *self = NULL;
    FEMD_TRY(method->create(native, doc, &self, err));
    femd_status rc = method->begin ? method->begin(self, native, &conditions, &none, err) : FEMD_OK;
    if (rc == FEMD_OK) rc = method->strain(self, native, &conditions, zero, out->S, out->D, err);
    if (rc == FEMD_OK) rc = method->answer(self, native, &conditions, &none, &response, &carry, err);
    memcpy(out->S_err, response.S_err, sizeof out->S_err);
    out->notes = response.notes;
    femd_buffer_clear(&carry);
    method->destroy(&self);
    if (rc == FEMD_OK && response.notes & FEMD_NOTE_ACCURACY_NOT_REACHED)
        rc = femd_fail(err, FEMD_NOT_CONVERGED,
                       "the sampling ends before the stress is known within %.2g of its scale; raise the method's "
                       "max_steps (\"%s\") or reference.accuracy "
                       "(now %g)",
                       accuracy, method->name, ref->accuracy);
    return rc;
}

/* A few blocks leave D unsharp, and an entropic phase may be soft: stiff enough, a step falls short and never astray.
 */
static femd_status reference_stiffen(double D[36], femd_error *err) {
    double V[36], stiffness[6], most = 0;
    const double weight[6] = {1, 1, 1, M_SQRT2, M_SQRT2, M_SQRT2};
    for (int r = 0; r < 6; r++)
        for (int c = 0; c < 6; c++) V[6 * r + c] = D[6 * r + c] * weight[r] * weight[c];
    FEMD_TRY(femd_eigen(6, V, stiffness, err));
    for (int k = 0; k < 6; k++) most = fmax(most, fabs(stiffness[k]));
    memset(D, 0, 36 * sizeof *D);
    for (int k = 0; k < 6; k++)
        for (int r = 0; r < 6; r++)
            for (int c = 0; c < 6; c++)
                D[6 * r + c] +=
                    fmax(stiffness[k], SOFTEST * most) * V[6 * k + r] * V[6 * k + c] / (weight[r] * weight[c]);
    return FEMD_OK;
}

static femd_status reference_step(const femd_reference *ref, femd_native *native, const rest *at, look *seen,
                                  const double S[6], double total[6], femd_error *err) {
    double strain[6];
    FEMD_TRY(reference_stiffen(seen->D, err));
    FEMD_TRY(femd_reference_newton(ref, S, seen->D, at->D, strain, err));
    femd_point_group_project(&at->group, strain);
    for (int c = 0; c < 6; c++) total[c] += strain[c];
    if (femd_max_abs(6, total) > STRAIN_MAX)
        return femd_fail(err, FEMD_BAD_INPUT, "at %g K the cell is strained by more than %g: it boils",
                         ref->temperature, STRAIN_MAX);
    return femd_reference_move(native, strain, err);
}

/* S in standard errors, the component with the most of them. One without an error is held by vacuum or symmetry, and
 * nothing is left of it but round-off. */
static double reference_off(const double S[6], const look *seen) {
    double most = 0;
    for (int c = 0; c < 6; c++)
        if (seen->S_err[c] > 0) most = fmax(most, fabs(S[c]) / seen->S_err[c]);
    return most;
}

static void reference_tell_reached(const femd_reference *ref, femd_native *native, const look *seen, double off) {
    char value[160] = "", error[160] = "", doubt[160] = "";
    for (int c = 0; c < 6; c++) {
        const size_t v = strlen(value), e = strlen(error);
        snprintf(value + v, sizeof value - v, " %.3g", (seen->S[c] + (c < 3 ? ref->pressure : 0)) / 1e6);
        snprintf(error + e, sizeof error - e, " %.2g", seen->S_err[c] / 1e6);
    }
    if (off > SURE)
        snprintf(doubt, sizeof doubt,
                 "; still %.2g standard errors off after %d looks, though within what reference.accuracy (%g) allows",
                 off, PATIENCE, ref->accuracy);
    char words[640];
    snprintf(words, sizeof words,
             "the reference at %g K is sampled: S(E = 0) + %g MPa I =%s MPa, standard errors%s MPa%s", ref->temperature,
             ref->pressure / 1e6, value, error, doubt);
    femd_native_remark(native, words);
    femd_native_doubt(native, ref->temperature, seen->notes | (off > SURE ? FEMD_NOTE_ACCURACY_NOT_REACHED : 0u));
}

static femd_status reference_search(const femd_reference *ref, femd_native *native, const femd_json *doc,
                                    const femd_method *method, femd_error *err) {
    double coarse = COARSE, total[6] = {0};
    rest at;
    for (int it = 1;; it++) {
        look seen;
        double S[6];
        FEMD_TRY(reference_at_rest(native, &at, err));
        FEMD_TRY(reference_look(method, ref, native, doc, coarse * SHARE * ref->accuracy, SEED - 1 + (uint64_t)it,
                                &seen, err));
        const double enough = ref->accuracy * fmax(SCALE_STRAIN * at.scale, sqrt(3) * fabs(ref->pressure));
        memcpy(S, seen.S, sizeof S);
        for (int c = 0; c < 3; c++) S[c] += ref->pressure;
        femd_point_group_project(&at.group, S);
        FEMD_TRY(femd_reference_carried(at.D, S, err));
        const double residual = femd_max_abs(6, S), off = reference_off(S, &seen);
        if (coarse == 1 && residual <= enough && (off <= SURE || it == PATIENCE)) {
            reference_tell_reached(ref, native, &seen, off);
            return FEMD_OK;
        }
        if (it == PATIENCE || (it >= ITERATIONS && residual > enough))
            return femd_fail(err, FEMD_BAD_INPUT,
                             "the sampled stress is still %.3g Pa off the reference pressure after %d steps, %.3g are "
                             "allowed (reference.accuracy)",
                             residual, it, enough);
        for (int c = 0; c < 3; c++) S[c] -= ref->pressure;
        if (off > SURE || residual > coarse * enough) FEMD_TRY(reference_step(ref, native, &at, &seen, S, total, err));
        coarse = fmax(1, coarse / FINER);
    }
}

femd_status femd_reference_sample(const femd_reference *ref, femd_native *native, const femd_json *doc,
                                  const femd_method *method, femd_error *err) {
    const femd_status rc = reference_search(ref, native, doc, method, err);
    return rc == FEMD_OK ? FEMD_OK : femd_reference_blame(rc, err);
}
