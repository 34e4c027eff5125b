/* Thermal stresses dS/dT that are sampled with the stress: each point's answer of the last sweep of a step goes into
 * the sums of its material, and what the points have, for coupling, start of a step and tests of passes, is the fit of
 * all that was committed. Owns these sums, and how far the fit is known. */
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/collective.h"
#include "base/petsc_edge.h"
#include "femd/kinematics.h"
#include "femd/tensor3.h"
#include "fields/heat_sampled.h"
#include "fields/positive_tensor.h"

/* ---- which ---- */

/* Sampled with the stress it comes for nothing; by a method of its own it would be a run for each iteration. */
static int thermal_comes_with_stress(const femd_problem *p, size_t k) {
    return femd_case_samples(p->cs, k, &p->caps[k], "thermal-stress") && !p->mixed &&
           !(p->caps[k].inputs & FEMD_INPUT_STEADY_STRESS);
}

int femd_heat_coupling_is_told(const femd_problem *p) {
    for (size_t k = 0; k < p->cs->nmaterials; ++k) {
        const femd_capabilities *caps = &p->caps[k];
        if (!(caps->inputs & FEMD_INPUT_TEMPERATURE)) continue;
        if (!(caps->wants & FEMD_WANT_THERMAL_STRESS)) return 0;
        if (femd_case_samples(p->cs, k, caps, "thermal-stress") && !thermal_comes_with_stress(p, k)) return 0;
    }
    return 1;
}

int femd_heat_thermal_is_known(const femd_problem *p) {
    for (size_t k = 0; k < p->cs->nmaterials; ++k)
        if (p->caps[k].inputs & FEMD_INPUT_TEMPERATURE && femd_case_samples(p->cs, k, &p->caps[k], "thermal-stress") &&
            !femd_heat_thermal_is_fitted(p, (int)k))
            return 0;
    return femd_heat_coupling_is_told(p);
}

void femd_heat_delta_unknown(const femd_problem *p, char why[FEMD_DELTA_WORDS]) {
    why[0] = '\0';
    if (p->cs->physics != FEMD_PHYSICS_THERMOMECHANICAL) return;
    if (!p->cs->heat.transient)
        snprintf(why, FEMD_DELTA_WORDS, "heat.transient: in a steady state nothing is stored, no capacity is asked");
    for (size_t k = 0; k < p->cs->nmaterials && !why[0]; ++k) {
        const femd_capabilities *caps = &p->caps[k];
        const char *name = p->cs->material[k].name;
        if (!(caps->inputs & FEMD_INPUT_TEMPERATURE)) continue;
        if (!(caps->wants & FEMD_WANT_THERMAL_STRESS))
            snprintf(why, FEMD_DELTA_WORDS,
                     "materials.%s: its stress may change with the temperature, and it answers no thermal-stress "
                     "(dS/dT)",
                     name);
        else if (femd_case_samples(p->cs, k, caps, "thermal-stress") && !thermal_comes_with_stress(p, k))
            snprintf(why, FEMD_DELTA_WORDS,
                     "materials.%s: its thermal-stress (dS/dT) is sampled apart from its stress, by runs of its own "
                     "that no step asks for; sampled with the stress (md for both) it is known",
                     name);
    }
}

int femd_heat_samples_thermal(const femd_problem *p, size_t material) {
    const femd_capabilities *caps = &p->caps[material];
    return p->heat && p->heat->map && p->cs->heat.transient && caps->inputs & FEMD_INPUT_TEMPERATURE &&
           caps->wants & FEMD_WANT_THERMAL_STRESS && thermal_comes_with_stress(p, material) &&
           femd_heat_coupling_is_told(p);
}

int femd_heat_thermal_is_fitted(const femd_problem *p, int material) {
    return p->heat && femd_heat_is_sampled(p->heat, FEMD_SAMPLED_THERMAL, material);
}

/* The fit of point k's material, NULL where it has none (yet). */
static const femd_k_fit *thermal_fit_of(const femd_heat *h, PetscInt k, size_t *slot) {
    const int material = h->p->pt->material[k];
    if (!femd_heat_is_sampled(h, FEMD_SAMPLED_THERMAL, material)) return NULL;
    *slot = femd_heat_slot(h->sampled, FEMD_SAMPLED_THERMAL, h->p->cs->material[material].like);
    return h->sampled->fit[*slot];
}

/* ---- what the fit says ---- */

/* By Gauss's elimination with pivots of the largest size. */
int femd_heat_solve_stiffness(const double D[36], const double b[6], double x[6]) {
    double A[6][7];
    for (int i = 0; i < 6; ++i) {
        memcpy(A[i], D + 6 * i, 6 * sizeof *D);
        A[i][6] = b[i];
    }
    for (int c = 0; c < 6; ++c) {
        int best = c;
        for (int i = c + 1; i < 6; ++i)
            if (fabs(A[i][c]) > fabs(A[best][c])) best = i;
        if (!(fabs(A[best][c]) > 0)) return 0;
        for (int j = 0; j < 7 && best != c; ++j) {
            const double kept = A[c][j];
            A[c][j] = A[best][j];
            A[best][j] = kept;
        }
        for (int i = c + 1; i < 6; ++i) {
            const double factor = A[i][c] / A[c][c];
            for (int j = c; j < 7; ++j) A[i][j] -= factor * A[c][j];
        }
    }
    for (int i = 5; i >= 0; --i) {
        x[i] = A[i][6];
        for (int j = i + 1; j < 6; ++j) x[i] -= A[i][j] * x[j];
        x[i] /= A[i][i];
    }
    return 1;
}

/* Of point k at a strain in the axes of the solver, with other coefficients. */
static void thermal_along(const femd_heat *h, PetscInt k, const femd_k_fit *fit, const double strain[6], double T,
                          const double *coefficient, double dSdT[6]) {
    const double *orientation = h->p->cs->material[h->p->pt->material[k]].orientation;
    double E[6], own[6], back[9];
    femd_strain_rotate(orientation, strain, E);
    femd_thermal_at(fit, E, T, coefficient, own);
    femd_transpose3(orientation, back);
    femd_tensor_turn(back, own, dSdT);
}

void femd_heat_thermal_apply(const femd_problem *p, PetscInt k, const double strain[6], double T, double dSdT[6]) {
    size_t slot;
    const femd_k_fit *fit = p->heat ? thermal_fit_of(p->heat, k, &slot) : NULL;
    if (fit) thermal_along(p->heat, k, fit, strain, T, fit->coefficient, dSdT);
}

void femd_heat_thermal_take(const femd_problem *p, PetscInt k, const femd_response *r) {
    const femd_heat *h = p->heat;
    if (!femd_heat_thermal_is_fitted(p, p->pt->material[k])) return;
    double *raw = h->sampled->raw + 12 * k, most = 0;
    memcpy(raw, r->dSdT, sizeof r->dSdT);
    memcpy(raw + 6, r->dSdT_err, sizeof r->dSdT_err);
    for (int c = 0; c < 36; ++c) most = fmax(most, r->D_err[c]);
    p->pt->tD_err[k] = most;
    femd_heat_thermal_apply(p, k, p->pt->tE + 6 * k, p->pt->temperature[k], p->pt->tdSdT + 6 * k);
}

int femd_heat_thermal_column(const femd_heat *h, PetscInt k, size_t m, const double *column, int committed,
                             double change[6]) {
    size_t slot;
    const femd_k_fit *fit = thermal_fit_of(h, k, &slot);
    const femd_points *pt = h->p->pt;
    memset(change, 0, 6 * sizeof *change);
    if (!fit || slot != m) return 0;
    thermal_along(h, k, fit, (committed ? pt->E : pt->tE) + 6 * k, committed ? h->T_old[k] : pt->temperature[k], column,
                  change);
    return 1;
}

void femd_heat_thermal_spread(const femd_heat *h, PetscInt k, const double strain[6], double T, const double D[36],
                              const double expansion[6], double *bias, double *variance) {
    size_t slot;
    const femd_k_fit *fit = thermal_fit_of(h, k, &slot);
    *bias = *variance = 0;
    for (int j = 0; fit && j < fit->n; ++j) {
        double change[6], x[6], along = 0;
        thermal_along(h, k, fit, strain, T, h->sampled->spread[slot] + (size_t)j * FEMD_K_COEFFICIENTS, change);
        if (!femd_heat_solve_stiffness(D, change, x)) continue;
        for (int c = 0; c < 6; ++c) *bias += change[c] * x[c], along += 2 * expansion[c] * change[c];
        *variance += along * along;
    }
}

/* ---- sums ---- */

/* All ranks have the same sums. */
static femd_status thermal_refit(femd_heat *h, size_t material, femd_error *err) {
    femd_heat_sampled *s = h->sampled;
    const size_t slot = femd_heat_slot(s, FEMD_SAMPLED_THERMAL, material);
    if (!(s->thermal[material]->scale > 0)) return FEMD_OK;
    if (!s->fit[slot]) s->fit[slot] = calloc(1, sizeof *s->fit[slot]);
    if (!s->spread[slot]) s->spread[slot] = calloc(FEMD_K_COEFFICIENTS * FEMD_K_COEFFICIENTS, sizeof(double));
    if (!s->fit[slot] || !s->spread[slot])
        return femd_fail(err, FEMD_NO_MEMORY, "no memory for the fit of thermal stresses");
    femd_thermal_fit(s->form[slot], s->thermal[material], s->fit[slot]);
    for (int j = 0; j < s->fit[slot]->n; ++j)
        femd_k_fit_column(s->fit[slot], j, s->spread[slot] + (size_t)j * FEMD_K_COEFFICIENTS);
    return FEMD_OK;
}

/* Mean squares of errors on the diagonal and off it. */
static void thermal_squares(const double error[6], double square[2]) {
    for (int c = 0; c < 6; ++c) square[c >= 3] += error[c] * error[c] / 3;
}

femd_status femd_heat_thermal_begin(femd_problem *p, double kelvin, const femd_response *answer, femd_error *err) {
    femd_heat *h = p->heat;
    size_t at = 0;
    femd_status rc = FEMD_OK;
    for (size_t k = 0; k < p->cs->nmaterials && rc == FEMD_OK; ++k) {
        if (p->cs->material[k].like != k) continue;
        const femd_response *r = &answer[at++];
        if (!femd_heat_thermal_is_fitted(p, (int)k) || h->sampled->thermal[k]->samples > 0) continue;
        const double none[6] = {0};
        double own[6], square[2] = {0};
        femd_thermal_sums *sums = h->sampled->thermal[k];
        femd_tensor_turn(p->cs->material[k].orientation, r->dSdT, own);
        thermal_squares(r->dSdT_err, square);
        femd_thermal_begin(sums, kelvin, own, sqrt(fmax(square[0], square[1])));
        femd_thermal_add(h->sampled->form[femd_heat_slot(h->sampled, FEMD_SAMPLED_THERMAL, k)], sums, none, kelvin, own,
                         square);
        rc = thermal_refit(h, k, err);
    }
    return femd_agree(p->comm, rc, err);
}

/* What goes on from the committed state at the same strain and temperature is the sample that was counted, longer. */
static int thermal_is_new(const femd_heat *h, PetscInt k) {
    const femd_points *pt = h->p->pt;
    return h->p->step == 0 || pt->temperature[k] != h->T_old[k] ||
           memcmp(pt->tE + 6 * k, pt->E + 6 * k, 6 * sizeof *pt->E) != 0;
}

/* This rank's part of a sweep, of the grains of one material. */
static void thermal_sweep(const femd_heat *h, size_t material, const double variance[2], femd_thermal_sums *part) {
    const femd_problem *p = h->p;
    const femd_points *pt = p->pt;
    const femd_k_form form = h->sampled->form[femd_heat_slot(h->sampled, FEMD_SAMPLED_THERMAL, material)];
    for (PetscInt k = 0; k < pt->n; ++k) {
        const femd_case_material *of = &p->cs->material[pt->material[k]];
        double E[6], own[6];
        if (of->like != material || !thermal_is_new(h, k)) continue;
        femd_strain_rotate(of->orientation, pt->tE + 6 * k, E);
        femd_tensor_turn(of->orientation, h->sampled->raw + 12 * k, own);
        femd_thermal_add(form, part, E, pt->temperature[k], own, variance);
    }
}

/* Mean squares of the errors that the points of a material say, which scatter: each one's own would weigh anew. */
static femd_status thermal_pooled(const femd_heat *h, size_t material, double variance[2], femd_error *err) {
    const femd_problem *p = h->p;
    double sum[3] = {0};
    for (PetscInt k = 0; k < p->pt->n; ++k) {
        if (p->cs->material[p->pt->material[k]].like != material || !thermal_is_new(h, k)) continue;
        thermal_squares(h->sampled->raw + 12 * k + 6, sum);
        sum[2] += 1;
    }
    MPI_TRY(err, MPI_Allreduce(MPI_IN_PLACE, sum, 3, MPI_DOUBLE, MPI_SUM, p->comm));
    for (int i = 0; i < 2; ++i) variance[i] = sum[2] > 0 ? sum[i] / sum[2] : 0;
    return FEMD_OK;
}

static femd_status thermal_add_sweep(femd_heat *h, size_t material, femd_thermal_sums *part, femd_error *err) {
    femd_thermal_sums *sums = h->sampled->thermal[material];
    double variance[2], *to = &sums->samples;
    const double *from = &part->samples;
    const size_t numbers = (sizeof *sums - offsetof(femd_thermal_sums, samples)) / sizeof(double);
    memset(part, 0, sizeof *part);
    part->T0 = sums->T0;
    part->scale = sums->scale;
    FEMD_TRY(thermal_pooled(h, material, variance, err));
    thermal_sweep(h, material, variance, part);
    MPI_TRY(err, MPI_Allreduce(MPI_IN_PLACE, &part->samples, (int)numbers, MPI_DOUBLE, MPI_SUM, h->p->comm));
    for (size_t i = 0; i < numbers; ++i) to[i] += from[i];
    return FEMD_OK;
}

femd_status femd_heat_thermal_learn(femd_heat *h, femd_error *err) {
    const femd_problem *p = h->p;
    femd_heat_sampled *s = h->sampled;
    if (!s || !femd_heat_samples_any(s, FEMD_SAMPLED_THERMAL)) return FEMD_OK;
    femd_thermal_sums *part = calloc(1, sizeof *part);
    femd_status rc = part ? FEMD_OK : femd_fail(err, FEMD_NO_MEMORY, "no memory for the sums of thermal stresses");
    rc = femd_agree(p->comm, rc, err);
    for (size_t k = 0; rc == FEMD_OK && k < s->nmaterials; ++k) {
        if (!s->thermal[k] || !(s->thermal[k]->scale > 0)) continue;
        rc = thermal_add_sweep(h, k, part, err);
        if (rc == FEMD_OK) rc = femd_agree(p->comm, thermal_refit(h, k, err), err);
    }
    free(part);
    for (PetscInt k = 0; rc == FEMD_OK && k < p->pt->n; ++k)
        femd_heat_thermal_apply(p, k, p->pt->tE + 6 * k, p->pt->temperature[k], p->pt->tdSdT + 6 * k);
    return rc;
}

/* ---- the way out and back ---- */

/* Rows of those materials that have sums, in their order. */
size_t femd_heat_thermal_rows(const femd_problem *p, size_t *width) {
    const femd_heat_sampled *s = p->heat ? p->heat->sampled : NULL;
    size_t n = 0;
    *width = sizeof(femd_thermal_sums) / sizeof(double);
    for (size_t k = 0; s && k < s->nmaterials; ++k) n += s->thermal[k] != NULL;
    return n;
}

void femd_heat_thermal_get(const femd_problem *p, double *rows) {
    const femd_heat_sampled *s = p->heat->sampled;
    const size_t width = sizeof(femd_thermal_sums) / sizeof(double);
    for (size_t k = 0; k < s->nmaterials; ++k) {
        if (!s->thermal[k]) continue;
        memcpy(rows, s->thermal[k], sizeof *s->thermal[k]);
        rows += width;
    }
}

femd_status femd_heat_thermal_put(femd_problem *p, const double *rows, femd_error *err) {
    const femd_heat_sampled *s = p->heat->sampled;
    const size_t width = sizeof(femd_thermal_sums) / sizeof(double);
    femd_status rc = FEMD_OK;
    for (size_t k = 0; k < s->nmaterials && rc == FEMD_OK; ++k) {
        if (!s->thermal[k]) continue;
        memcpy(s->thermal[k], rows, sizeof *s->thermal[k]);
        rows += width;
        rc = thermal_refit(p->heat, k, err);
    }
    return femd_agree(p->comm, rc, err);
}
