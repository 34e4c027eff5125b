/* Preconditioned conjugate gradients; see conjugate.h. The residual of the recurrence goes on falling where the true
 * one stands still, so that the true one is looked at before a solution is handed out, and the solve goes on from there
 * if it is not small enough (iterative refinement). */
#include "rve/conjugate.h"

#include <math.h>
#include <stdlib.h>

#include "numerics/dense.h"
#include "rve/beat.h"

enum { LEAST = 2000, PER_FREEDOM = 10, BEAT_EVERY = 20, ROUNDS = 4 };

femd_status femd_conjugate_init(int natoms, int limit, femd_conjugate *cg, femd_error *err) {
    const size_t n3 = 3 * (size_t)natoms;
    *cg = (femd_conjugate){.n3 = (int)n3, .block = malloc((3 + 4) * n3 * sizeof(double))};
    cg->limit = limit ? limit : LEAST + PER_FREEDOM * cg->n3;
    if (!cg->block) return femd_fail(err, FEMD_NO_MEMORY, "conjugate gradients for %d atoms: out of memory", natoms);
    cg->r = cg->block + 3 * n3;
    cg->p = cg->r + n3;
    cg->q = cg->p + n3;
    cg->y = cg->q + n3;
    return FEMD_OK;
}

void femd_conjugate_clear(femd_conjugate *cg) {
    free(cg->block);
    *cg = (femd_conjugate){0};
}

/* A block is replaced by its inverse; one that is not positive definite (an atom past an inflection of its potential)
 * by the inverse of its size, which is as good as no preconditioner there. */
static void conjugate_invert(double block[9], double scale) {
    double factor[9], inverse[9];
    memcpy(factor, block, sizeof factor);
    memset(block, 0, 9 * sizeof *block);
    if (femd_cholesky(3, factor) == 0) {
        femd_cholesky_inverse(3, factor, inverse);
        memcpy(block, inverse, sizeof inverse);
    } else {
        block[0] = block[4] = block[8] = 1 / scale;
    }
}

femd_status femd_conjugate_renew(femd_conjugate *cg, const femd_rve *rve, femd_error *err) {
    const int n = cg->n3 / 3;
    int given;
    FEMD_TRY(femd_energetics_prepared_onsite(rve->en, cg->block, &given, err));
    double scale = 0;
    cg->largest = 0;
    for (int i = 0; given && i < n; i++)
        for (int c = 0; c < 3; c++) {
            scale += fabs(cg->block[9 * i + 4 * c]) / cg->n3;
            cg->largest = fmax(cg->largest, fabs(cg->block[9 * i + 4 * c]));
        }
    if (!(scale > 0)) { /* no blocks */
        memset(cg->block, 0, 9 * (size_t)n * sizeof *cg->block);
        scale = 1;
    }
    for (int i = 0; i < n; i++) conjugate_invert(cg->block + 9 * (size_t)i, scale);
    return FEMD_OK;
}

/* y = (projected) blocks^-1 r; returns r . y. */
static double conjugate_precondition(femd_conjugate *cg, const femd_rve *rve, const double *r, double *y) {
    for (int i = 0; i < cg->n3 / 3; i++) {
        const double *b = cg->block + 9 * (size_t)i, *from = r + 3 * (size_t)i;
        double *to = y + 3 * (size_t)i;
        for (int c = 0; c < 3; c++) to[c] = b[3 * c] * from[0] + b[3 * c + 1] * from[1] + b[3 * c + 2] * from[2];
    }
    femd_gauge_remove(&rve->gauge, y);
    return femd_dot(cg->n3, r, y);
}

/* One run of the recurrence on the residual in cg->r, whose solution is added to z, to |r| <= target. *stiffness: the
 * largest curvature met. */
static femd_status conjugate_run(femd_conjugate *cg, const femd_rve *rve, double target, const femd_beat *beat,
                                 double *z, double *stiffness, femd_conjugate_end *end, femd_error *err) {
    const int n = cg->n3, first = cg->applied;
    double ry = conjugate_precondition(cg, rve, cg->r, cg->p);
    *end = FEMD_CONJUGATE_SOLVED;
    while (femd_dot(n, cg->r, cg->r) > target * target) {
        if (cg->applied >= cg->limit) {
            *end = FEMD_CONJUGATE_LIMIT;
            return FEMD_OK;
        }
        if (cg->applied % BEAT_EVERY == 0) FEMD_TRY(femd_beat_now(beat, 0, "the linear solution", err));
        femd_energetics_apply(rve->en, cg->p, cg->q);
        femd_gauge_confine(&rve->gauge, cg->q);
        cg->applied++;
        const double curvature = femd_dot(n, cg->p, cg->q);
        if (!(curvature > 0)) {
            if (cg->applied == first + 1) memcpy(z, cg->p, (size_t)n * sizeof *z);
            *end = FEMD_CONJUGATE_CURVED;
            return FEMD_OK;
        }
        *stiffness = fmax(*stiffness, curvature / femd_dot(n, cg->p, cg->p));
        const double a = ry / curvature;
        for (int i = 0; i < n; i++) z[i] += a * cg->p[i];
        for (int i = 0; i < n; i++) cg->r[i] -= a * cg->q[i];
        const double next = conjugate_precondition(cg, rve, cg->r, cg->y), beta = next / ry;
        for (int i = 0; i < n; i++) cg->p[i] = cg->y[i] + beta * cg->p[i];
        ry = next;
    }
    return FEMD_OK;
}

femd_status femd_conjugate_solve(femd_conjugate *cg, const femd_rve *rve, const double *b, double tolerance,
                                 const femd_beat *beat, double *z, femd_conjugate_end *end, femd_error *err) {
    const int n = cg->n3;
    double stiffness = 0;
    memset(z, 0, (size_t)n * sizeof *z);
    memcpy(cg->r, b, (size_t)n * sizeof *b);
    femd_gauge_remove(&rve->gauge, cg->r);
    const double target = tolerance * sqrt(femd_dot(n, cg->r, cg->r));
    cg->applied = 0;
    *end = FEMD_CONJUGATE_SOLVED;
    for (int round = 0; round < ROUNDS; round++) {
        FEMD_TRY(conjugate_run(cg, rve, target, beat, z, &stiffness, end, err));
        femd_gauge_remove(&rve->gauge, z);
        if (*end != FEMD_CONJUGATE_SOLVED || cg->applied == 0) return FEMD_OK;
        femd_energetics_apply(rve->en, z, cg->q);
        for (int i = 0; i < n; i++) cg->r[i] = b[i] - cg->q[i];
        femd_gauge_remove(&rve->gauge, cg->r);
        const double left = sqrt(femd_dot(n, cg->r, cg->r)), size = sqrt(femd_dot(n, z, z));
        if (left <= fmax(2 * target, femd_energetics_apply_error(rve->en) * stiffness * size)) return FEMD_OK;
    }
    *end = FEMD_CONJUGATE_LIMIT;
    return FEMD_OK;
}
