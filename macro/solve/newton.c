/* The iterations of Newton's method. Owns when an iterate is good enough, how far a step goes and when to give up;
 * knows no equation and no step size.
 *
 * Bending raises the residual by orders of magnitude in the first full step (rotation without stretch is a straight
 * line in the displacements) and the second takes it back, so that a search for descent from the start costs two to
 * three times the evaluations. A thin strip goes on so for many steps, up and down, and
 * arrives: such excursions are no sign that descent is wanted. Where tables have kinks, full steps cycle near the end,
 * and there it is what helps. */
#include "solve/newton.h"

#include <math.h>

#include "base/petsc_edge.h"
#include "fields/boundary.h"
#include "solve/sharpness.h"

enum {
    HALVINGS_FAILED = 6,  /* of a step whose points have no answer */
    HALVINGS_DESCENT = 3, /* of a step that does not lower the residual */
    PATIENCE = 2,         /* iterations in which the residual has not halved, before descent is asked for */
    PATIENCE_STALLED = 4, /* ... before it counts as stalled */
    PATIENCE_LOST = 12    /* ... before the attempt is given up */
};
#define LOAD_LEFT     1e-3 /* of the load, at most, where nothing that stalls is accepted */
#define LINEAR_LEAVES 1e-2 /* of the tolerance, of a step that the tangent describes */
#define LINEAR_MOST   1e-3 /* of the residual, however close its end */
#define DESCENT_BELOW 1e-2 /* of the reference: only there */
#define DESCENT       1e-4 /* least relative fall, of the part of the step */

/* One attempt. */
typedef struct iteration {
    const femd_newton *newton;
    femd_step_record *rec;
    double residual;     /* |r| of the iterate */
    double best, halved; /* least so far; its value when `since` began */
    int since;           /* iterations since the residual last halved */
    int calm;            /* of these, iterates that were no excursion far above it */
    int fresh;           /* the answers have changed since the last iterate */
    int begun;           /* iterate that saw these answers first */
    int ascending;       /* the last step found no descent */
    int failed;          /* a step of no length has points without an answer */
    double coarse,
        most; /* multiple of the wanted error to which the answers are known; the largest that can be asked */
    femd_field_scale scale;
} iteration;

typedef enum verdict { GO_ON, GOOD, LOST, TOO_MANY } verdict;

/* ---- when to stop ---- */

static double newton_tolerance(const iteration *at) {
    const femd_case *cs = at->newton->cs;
    const double strict = at->newton->rtol * at->scale.reference, share = cs->loose > 0 ? cs->loose : LOAD_LEFT;
    /* Clamps carry couples far larger than the load: within rtol of them the load itself may be missing. */
    return at->scale.load > 0 ? fmin(strict, share * at->scale.load) : strict;
}

/* Of the equations of a step: what they leave is small beside what ends the iterations, and nobody gains from less. */
static double newton_linear_tolerance(const iteration *at) {
    return at->residual > 0 ? fmin(LINEAR_MOST, LINEAR_LEAVES * newton_tolerance(at) / at->residual) : 0;
}

static int newton_is_stalled(const iteration *at) {
    const femd_case *cs = at->newton->cs;
    const double enough = fmax(cs->loose * at->scale.load, 10 * at->scale.noise);
    if (cs->loose <= 0 || (!at->ascending && at->since < PATIENCE_STALLED)) return 0;
    return at->residual <= enough && at->residual <= 2 * at->best;
}

static verdict newton_judge(iteration *at) {
    femd_step_record *rec = at->rec;
    const double f = at->residual;
    if (!isfinite(f)) return LOST;
    rec->end = f <= newton_tolerance(at)  ? FEMD_NEWTON_TOLERANCE
               : f <= 2 * at->scale.noise ? FEMD_NEWTON_NOISE
               : f <= at->scale.rounding  ? FEMD_NEWTON_ROUNDING
               : newton_is_stalled(at)    ? FEMD_NEWTON_STALLED
                                          : -1;
    if (rec->end >= 0) return GOOD;
    if (at->ascending || at->since >= PATIENCE_LOST) return LOST;
    return rec->newton - at->begun >= at->newton->cs->max_newton ? TOO_MANY : GO_ON;
}

static void newton_note_scale(iteration *at) {
    const femd_newton *n = at->newton;
    femd_step_record *rec = at->rec;
    at->scale = n->field->kind->scale(n->field);
    rec->reference = at->scale.reference;
    rec->load = at->scale.load;
    if (n->hooks && n->hooks->live)
        n->hooks->live(n->hooks->user, n->field->kind->name, rec->step, rec->newton, at->residual, rec->cuts);
}

/* Take note of the residual of iterate it. */
static void newton_note(iteration *at, int it) {
    const femd_newton *n = at->newton;
    femd_step_record *rec = at->rec;
    const int room = (int)(sizeof rec->residual / sizeof *rec->residual);
    rec->newton = it;
    newton_note_scale(at);
    if (at->fresh || at->residual <= 0.5 * at->halved) {
        at->halved = at->residual;
        at->since = at->calm = 0;
    } else {
        at->since++;
        at->calm += at->residual <= DESCENT_BELOW * at->scale.reference;
    }
    at->best = at->fresh ? at->residual : fmin(at->best, at->residual);
    if (at->fresh) at->begun = it;
    at->fresh = 0;
    if (rec->nresiduals < room) rec->residual[rec->nresiduals++] = at->residual;
    n->field->kind->iteration(n->field, it + 1);
}

/* The same iterate, known better: what was compared with coarser residuals counts no more. */
static void newton_note_better(iteration *at) {
    femd_step_record *rec = at->rec;
    newton_note_scale(at);
    at->best = at->halved = at->residual;
    at->since = at->calm = at->ascending = 0;
    if (rec->nresiduals > 0) rec->residual[rec->nresiduals - 1] = at->residual;
}

static femd_status newton_asked_to_stop(const femd_newton *n, femd_error *err) {
    int stop = n->hooks && n->hooks->stop ? n->hooks->stop(n->hooks->user) != 0 : 0;
    MPI_TRY(err, MPI_Allreduce(MPI_IN_PLACE, &stop, 1, MPI_INT, MPI_MAX, n->field->grid->comm));
    return stop ? femd_fail(err, FEMD_CANCELLED, "stopped on request") : FEMD_OK;
}

/* ---- a step ---- */

/* |r| at X; INFINITY with *failed where points have no answer. */
static femd_status newton_residual(const femd_newton *n, Vec X, double *residual, int *failed, femd_error *err) {
    *residual = INFINITY;
    FEMD_TRY(n->field->kind->evaluate(n->field, X, failed, err));
    if (*failed > 0) return FEMD_OK;
    FEMD_TRY(n->field->kind->residual(n->field, n->R, err));
    PETSC_TRY(err, VecNorm(n->R, NORM_2, residual));
    return FEMD_OK;
}

static void newton_set_coarse(iteration *at, double multiple) {
    const femd_newton *n = at->newton;
    at->coarse = n->field->kind->coarse ? n->field->kind->coarse(n->field, multiple) : 1;
}

/* The verdict on X. Coarse answers end nothing, well or badly, and are left only where noise does not rule them:
 * otherwise the answers are made better where they are. */
static femd_status newton_judge_sharply(iteration *at, Vec X, verdict *end, femd_error *err) {
    for (;;) {
        *end = newton_judge(at);
        if (at->coarse <= 1 || !isfinite(at->residual)) return FEMD_OK;
        double enough = femd_sharpness_to_leave(at->residual, at->scale.noise, at->coarse);
        if (*end == GO_ON && at->coarse <= enough) return FEMD_OK;
        if (at->coarse <= enough || *end == LOST || *end == TOO_MANY) enough = 1;
        newton_set_coarse(at, enough);
        FEMD_TRY(newton_residual(at->newton, X, &at->residual, &at->failed, err));
        if (at->failed > 0) return FEMD_OK;
        newton_note_better(at);
    }
}

/* X -= lambda step, for the first lambda whose points answer and, where it is asked, whose residual is lower. If none
 * is, the last one tried is taken and said to be no descent: its answers are there. */
static femd_status newton_move(iteration *at, Vec X, femd_error *err) {
    const femd_newton *n = at->newton;
    const int descend = at->calm >= PATIENCE && at->residual <= DESCENT_BELOW * at->scale.reference;
    double lambda = 1, residual = INFINITY;
    int failed = 0;
    if (at->most > 1)
        newton_set_coarse(
            at, femd_sharpness_of_next(at->residual, at->scale.noise, at->coarse, at->since < PATIENCE ? at->most : 1));
    if (n->field->kind->reach) FEMD_TRY(n->field->kind->reach(n->field, n->step, &lambda, err));
    for (int halvings = 0;; ++halvings, lambda *= 0.5) {
        PETSC_TRY(err, VecWAXPY(n->trial, -lambda, n->step, X));
        if (n->arc) FEMD_TRY(femd_arc_try(n->arc, lambda, err));
        if (n->field->boundary->ties) FEMD_TRY(femd_field_prescribe(n->field, n->trial, err));
        FEMD_TRY(newton_residual(n, n->trial, &residual, &failed, err));
        const int answered = failed == 0 && isfinite(residual);
        at->ascending = answered && descend && residual > (1 - DESCENT * lambda) * at->residual;
        if (answered && !at->ascending) break;
        if (halvings >= (answered ? HALVINGS_DESCENT : HALVINGS_FAILED)) break;
    }
    at->failed = failed;
    at->residual = residual;
    if (n->arc) femd_arc_take(n->arc, lambda);
    PETSC_TRY(err, VecCopy(n->trial, X));
    return FEMD_OK;
}

/* ---- better answers ---- */

/* adjoint = K^-T rhs, zero where it is not found. */
static femd_status newton_adjoint(const femd_newton *n, Vec rhs, Vec adjoint, femd_error *err) {
    Mat transposed;
    int solved = 0;
    FEMD_TRY(n->field->kind->jacobian(n->field, n->K, err));
    PETSC_TRY(err, MatTranspose(n->K, MAT_INITIAL_MATRIX, &transposed));
    const femd_status rc = femd_linear_solve(n->linear, transposed, rhs, adjoint, &solved, err);
    PETSC_TRY(err, MatDestroy(&transposed));
    FEMD_TRY(rc);
    if (!solved) PETSC_TRY(err, VecZeroEntries(adjoint));
    return FEMD_OK;
}

static femd_status newton_solve(void *with, Vec rhs, Vec x, int *solved, femd_error *err) {
    const femd_newton *n = with;
    return femd_linear_solve(n->linear, n->K, rhs, x, solved, err);
}

/* The iterates have converged to what the answers give; are these as good as is wanted? If not better ones are asked,
 * and the iterations begin anew from here. */
static femd_status newton_refine(iteration *at, Vec X, int *again, femd_error *err) {
    const femd_newton *n = at->newton;
    const femd_field_kind *kind = n->field->kind;
    int wanted = 0;
    *again = 0;
    if (kind->sensitivity) FEMD_TRY(kind->sensitivity(n->field, n->trial, &wanted, err));
    if (!wanted) return FEMD_OK;
    FEMD_TRY(newton_adjoint(n, n->trial, n->step, err));
    FEMD_TRY(kind->refine(n->field, n->step, again, &at->failed, err));
    if (at->failed > 0) return FEMD_OK;
    if (!*again) return kind->uncertain(n->field, newton_solve, (void *)n, n->trial, n->step, err);
    FEMD_TRY(newton_residual(n, X, &at->residual, &at->failed, err));
    at->fresh = 1;
    at->ascending = 0;
    return FEMD_OK;
}

/* ---- words ---- */

static void newton_explain(const iteration *at, verdict end, char *why, size_t size) {
    const femd_field *field = at->newton->field;
    const char *unit = field->kind->flux_unit;
    const femd_step_record *rec = at->rec;
    char what[96];
    int failed;
    const char *first = field->kind->trouble(field, &failed);
    if (at->failed > 0) {
        snprintf(why, size, "%d point answers failed; the first: %s", failed, first);
        return;
    }
    if (end == TOO_MANY)
        snprintf(what, sizeof what, "no convergence in %d Newton iterations", rec->newton);
    else
        snprintf(what, sizeof what, "the residual fell no further after %d Newton iterations", rec->newton);
    snprintf(
        why, size,
        "%s; |r| = %g %s, wanted %g %s (solver.rtol %g of the reference %g %s), which is %.2g of the load; least met "
        "%g %s",
        what, at->residual, unit, newton_tolerance(at), unit, at->newton->rtol, at->scale.reference, unit,
        at->scale.load > 0 ? at->residual / at->scale.load : INFINITY, at->best, unit);
}

/* A factor tells whether the tangent is that of a stable state; nothing is done for it here. */
static femd_status newton_note_signs(const femd_newton *n, femd_step_record *rec, femd_error *err) {
    int negative;
    FEMD_TRY(femd_linear_negative(n->linear, &negative, err));
    if (negative > rec->indefinite) rec->indefinite = negative;
    return FEMD_OK;
}

/* ---- the whole ---- */

femd_status femd_newton_run(const femd_newton *n, Vec X, femd_step_record *rec, int *converged, char *why, size_t size,
                            femd_error *err) {
    iteration at = {.newton = n, .rec = rec, .fresh = 1};
    verdict end = LOST;
    *converged = 0;
    rec->nresiduals = rec->newton = rec->indefinite = 0;
    newton_set_coarse(&at, n->cs->coarse);
    at.most = at.coarse;
    FEMD_TRY(newton_residual(n, X, &at.residual, &at.failed, err));
    for (int it = 0; at.failed == 0; ++it) {
        int solved;
        newton_note(&at, it);
        FEMD_TRY(newton_judge_sharply(&at, X, &end, err));
        if (at.failed > 0) break;
        PETSC_TRY(err, SNESMonitor(n->watch, it, at.residual));
        if (end != GO_ON && end != GOOD) break;
        FEMD_TRY(newton_asked_to_stop(n, err));
        if (end == GOOD) {
            int again;
            FEMD_TRY(newton_refine(&at, X, &again, err));
            if (!again) break;
            continue;
        }
        FEMD_TRY(n->arc ? femd_arc_tangent(n->arc, n->K, err) : n->field->kind->jacobian(n->field, n->K, err));
        n->linear->enough = newton_linear_tolerance(&at);
        femd_status rc = femd_linear_solve(n->linear, n->K, n->R, n->step, &solved, err);
        n->linear->enough = 0;
        FEMD_TRY(rc);
        if (solved && n->arc) FEMD_TRY(femd_arc_correct(n->arc, n->K, X, n->step, &solved, err));
        FEMD_TRY(newton_note_signs(n, rec, err));
        if (!solved) {
            snprintf(why, size, "the linear solver failed at Newton iteration %d", it);
            return FEMD_OK;
        }
        FEMD_TRY(newton_move(&at, X, err));
    }
    *converged = at.failed == 0 && end == GOOD;
    if (!*converged) newton_explain(&at, end, why, size);
    return FEMD_OK;
}
