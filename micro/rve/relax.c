/* Internal relaxation at a fixed cell. Owns the minimiser: L-BFGS preconditioned by the Cholesky factor of a Hessian (a
 * stale one to the end where that serves, since a Hessian costs more than all sweeps of forces; else fresh ones), or
 * Newton-CG without a factor for large RVEs. Never changes the cell. The line search asks for an energy decrease while
 * the energy can resolve one, and for a smaller slope after that (the approximate Wolfe condition of Hager and Zhang,
 * SIAM J. Optim. 16 (2005) 170). */
#include "rve/relax.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

#include "numerics/dense.h"
#include "rve/beat.h"
#include "rve/conjugate.h"
#include "rve/fire.h"
#include "rve/native_lanczos.h"

enum { MEMORY = 6, STALE_ITERATIONS = 30, FRESH_ITERATIONS = 20, NEWTON_STEPS = 10 };

static const double NEWTON_FORCE = 1e-7; /* eV/angstrom: from here Newton's steps finish what FIRE began */
static const double ROUND_OFF_REACH = 4; /* a step that fails this near to round-off is the last */
static const double SOLVE_TOLERANCE = 1e-11;
static const double HESSIAN_REACH = 1e-9; /* angstrom: how far from its place a Hessian stands for the tangent */

struct femd_relaxer {
    int n, n3, dense;
    femd_relax_settings set;
    double *H, *L, B[36]; /* Hessian data at x_h; H holds its factor; NULL if matrix-free */
    double *x_h;
    int have, positive;
    double *f, *g_old, *x_old, *d, *z; /* n3 each */
    double *ls, *ly, rho[MEMORY];      /* L-BFGS: MEMORY x n3 */
    int stored, newest;
    femd_conjugate cg; /* where it is matrix-free */
    double *block;     /* all of the above but H and cg */
    double
        shift; /* the last that made a Hessian positive: the next one tries a tenth, or valleys would be crept along */
    double stiffest; /* largest entry on the diagonal of the last Hessian */
    double W, tau[6];
};

femd_status femd_relaxer_create(int natoms, const femd_relax_settings *set, femd_relaxer **out, femd_error *err) {
    const size_t n3 = 3 * (size_t)natoms;
    femd_relaxer *relaxer = calloc(1, sizeof *relaxer);
    if (!relaxer) return femd_fail(err, FEMD_NO_MEMORY, "relaxation of %d atoms: out of memory", natoms);
    relaxer->n = natoms;
    relaxer->n3 = (int)n3;
    relaxer->set = *set;
    relaxer->dense = relaxer->n3 <= set->dense_max;
    relaxer->block = calloc(n3 * (6 + 6 + 2 * MEMORY), sizeof(double));
    if (relaxer->dense) relaxer->H = calloc(n3 * n3, sizeof(double));
    if (!relaxer->block || (relaxer->dense && !relaxer->H)) {
        femd_relaxer_destroy(&relaxer);
        return femd_fail(err, FEMD_NO_MEMORY, "relaxation of %d atoms: out of memory", natoms);
    }
    const femd_status rc = relaxer->dense ? FEMD_OK : femd_conjugate_init(natoms, set->linear_max, &relaxer->cg, err);
    if (rc != FEMD_OK) {
        femd_relaxer_destroy(&relaxer);
        return rc;
    }
    double *next = relaxer->block;
    double **part[] = {&relaxer->x_h, &relaxer->f, &relaxer->g_old, &relaxer->x_old, &relaxer->d, &relaxer->z};
    for (size_t k = 0; k < sizeof part / sizeof part[0]; k++, next += n3) *part[k] = next;
    relaxer->L = next;
    relaxer->ls = next + 6 * n3;
    relaxer->ly = relaxer->ls + MEMORY * n3;
    femd_dense_init();
    *out = relaxer;
    return FEMD_OK;
}

void femd_relaxer_destroy(femd_relaxer **relaxer) {
    if (!relaxer || !*relaxer) return;
    free((*relaxer)->H);
    free((*relaxer)->block);
    femd_conjugate_clear(&(*relaxer)->cg);
    free(*relaxer);
    *relaxer = NULL;
}

const femd_relax_settings *femd_relaxer_settings(const femd_relaxer *relaxer) {
    return &relaxer->set;
}
int femd_relaxer_is_dense(const femd_relaxer *relaxer) {
    return relaxer->dense;
}
const double *femd_relaxer_factor(const femd_relaxer *relaxer) {
    return relaxer->H;
}
const double *femd_relaxer_L(const femd_relaxer *relaxer) {
    return relaxer->L;
}
const double *femd_relaxer_B(const femd_relaxer *relaxer) {
    return relaxer->B;
}
const double *femd_relaxer_forces(const femd_relaxer *relaxer) {
    return relaxer->f;
}

static femd_status relax_forces(femd_relaxer *relaxer, const femd_rve *rve, const femd_place *place, const double *x,
                                const femd_beat *beat, femd_error *err) {
    FEMD_TRY(femd_beat_now(beat, 0, "the relaxation", err));
    FEMD_TRY(femd_energetics_forces(rve->en, rve->nb, place->h, x, &relaxer->W, relaxer->f, relaxer->tau, err));
    femd_gauge_confine(&rve->gauge, relaxer->f);
    return FEMD_OK;
}

/* Hessian data at x; a factor that is not positive definite is replaced by one of H + shift, good for descent only. */
static femd_status relax_refresh(femd_relaxer *relaxer, const femd_rve *rve, const femd_place *place, const double *x,
                                 femd_relax_result *res, femd_error *err) {
    memcpy(relaxer->x_h, x, (size_t)relaxer->n3 * sizeof *x);
    relaxer->have = 1;
    relaxer->positive = 1;
    relaxer->stored = 0;
    res->hessians++;
    if (!relaxer->dense) {
        FEMD_TRY(femd_energetics_prepare(rve->en, rve->nb, place->h, x, relaxer->L, relaxer->B, err));
        FEMD_TRY(femd_rve_hold(rve, place->h, x, err));
        FEMD_TRY(femd_conjugate_renew(&relaxer->cg, rve, err));
        relaxer->stiffest = relaxer->cg.largest;
        return FEMD_OK;
    }
    double shift = 0;
    FEMD_TRY(femd_rve_hold(rve, place->h, x, err));
    for (int attempt = 0; attempt < 16; attempt++) {
        FEMD_TRY(femd_energetics_hessian_upper(rve->en, rve->nb, place->h, x, relaxer->H, relaxer->L, relaxer->B, err));
        relaxer->stiffest = 0;
        for (int i = 0; i < relaxer->n3; i++)
            relaxer->stiffest = fmax(relaxer->stiffest, fabs(relaxer->H[(size_t)i * relaxer->n3 + i]));
        femd_gauge_stiffen(&rve->gauge, relaxer->H);
        if (shift > 0)
            for (int i = 0; i < relaxer->n3; i++) relaxer->H[(size_t)i * relaxer->n3 + i] += shift;
        const double scale = femd_max_abs(relaxer->n3, relaxer->H) > 0 ? fabs(relaxer->H[0]) : 1;
        if (femd_cholesky(relaxer->n3, relaxer->H) == 0) {
            relaxer->shift = shift > 0 ? shift : relaxer->shift;
            return FEMD_OK;
        }
        relaxer->positive = 0;
        res->softened = 1;
        shift = shift > 0 ? 3 * shift : relaxer->shift > 0 ? 0.1 * relaxer->shift : 0.02 * scale;
    }
    return femd_fail(err, FEMD_DIVERGED, "the Hessian is not finite");
}

femd_status femd_relaxer_solve(femd_relaxer *relaxer, const femd_rve *rve, int k, const double *b,
                               const femd_beat *beat, double *z, femd_error *err) {
    const size_t n = (size_t)relaxer->n3;
    if (!relaxer->have) return femd_fail(err, FEMD_INTERNAL, "a relaxer was asked to solve before it had a Hessian");
    if (relaxer->dense) {
        memcpy(z, b, (size_t)k * n * sizeof *b);
        femd_cholesky_solve(relaxer->n3, relaxer->H, k, z);
        for (size_t j = 0; j < (size_t)k; j++) femd_gauge_confine(&rve->gauge, z + j * n);
        return FEMD_OK;
    }
    for (int j = 0; j < k; j++) {
        femd_conjugate_end end;
        FEMD_TRY(femd_conjugate_solve(&relaxer->cg, rve, b + (size_t)j * n, SOLVE_TOLERANCE, beat, z + (size_t)j * n,
                                      &end, err));
        if (end == FEMD_CONJUGATE_CURVED)
            return femd_fail(err, FEMD_INSTABILITY, "the relaxed configuration has a direction of negative curvature");
        if (end == FEMD_CONJUGATE_LIMIT)
            return femd_fail(err, FEMD_NOT_CONVERGED,
                             "conjugate gradients did not solve for the sensitivities of %d atoms in %d steps",
                             relaxer->n, relaxer->cg.applied);
    }
    return FEMD_OK;
}

/* d = (approximate inverse Hessian) f: the two-loop recursion of L-BFGS around the factor (Nocedal and Wright,
 * algorithm 7.4). */
static void relax_quasi_newton(femd_relaxer *relaxer, const double *factor) {
    const int n = relaxer->n3;
    double a[MEMORY];
    memcpy(relaxer->d, relaxer->f, (size_t)n * sizeof *relaxer->d);
    for (int k = 0; k < relaxer->stored; k++) {
        const int m = (relaxer->newest + MEMORY - k) % MEMORY;
        a[m] = relaxer->rho[m] * femd_dot(n, relaxer->ls + (size_t)m * n, relaxer->d);
        for (int i = 0; i < n; i++) relaxer->d[i] -= a[m] * relaxer->ly[(size_t)m * n + i];
    }
    femd_cholesky_solve(n, factor, 1, relaxer->d);
    for (int k = relaxer->stored - 1; k >= 0; k--) {
        const int m = (relaxer->newest + MEMORY - k) % MEMORY;
        const double b = relaxer->rho[m] * femd_dot(n, relaxer->ly + (size_t)m * n, relaxer->d);
        for (int i = 0; i < n; i++) relaxer->d[i] += (a[m] - b) * relaxer->ls[(size_t)m * n + i];
    }
}

/* Remember the pair (x - x_old, g - g_old), g = -f. */
static void relax_remember(femd_relaxer *relaxer, const double *x) {
    const int n = relaxer->n3;
    const int m = relaxer->stored ? (relaxer->newest + 1) % MEMORY : 0;
    double *s = relaxer->ls + (size_t)m * n, *y = relaxer->ly + (size_t)m * n;
    for (int i = 0; i < n; i++) s[i] = x[i] - relaxer->x_old[i];
    for (int i = 0; i < n; i++) y[i] = -relaxer->f[i] - relaxer->g_old[i];
    const double ys = femd_dot(n, y, s);
    if (!(ys > 1e-12 * sqrt(femd_dot(n, y, y) * femd_dot(n, s, s)))) return;
    relaxer->rho[m] = 1 / ys;
    relaxer->newest = m;
    if (relaxer->stored < MEMORY) relaxer->stored++;
}

/* Move x along relaxer->d. Returns OK with forces at the new x, NOT_CONVERGED if no acceptable step was found (x is
 * unchanged, forces are those of x), or a failure of the beat. */
static femd_status relax_line_search(femd_relaxer *relaxer, const femd_rve *rve, const femd_place *place, double *x,
                                     const femd_beat *beat, femd_error *err) {
    const int n = relaxer->n3;
    const double W0 = relaxer->W, slope = -femd_dot(n, relaxer->f, relaxer->d);
    const double noise = 1e-13 * (fabs(W0) + 1);
    const double longest = femd_max_abs(n, relaxer->d);
    double t = longest > relaxer->set.max_move ? relaxer->set.max_move / longest : 1;
    memcpy(relaxer->x_old, x, (size_t)n * sizeof *x);
    for (int i = 0; i < n; i++) relaxer->g_old[i] = -relaxer->f[i];
    if (!(slope < 0)) return FEMD_NOT_CONVERGED;
    for (int trial = 0; trial < 12; trial++) {
        for (int i = 0; i < n; i++) x[i] = relaxer->x_old[i] + t * relaxer->d[i];
        femd_error words = FEMD_ERROR_INIT;
        const femd_status rc = relax_forces(relaxer, rve, place, x, beat, &words);
        if (rc != FEMD_OK && rc != FEMD_OUT_OF_DOMAIN) {
            if (err) *err = words;
            return rc;
        }
        if (rc == FEMD_OK && isfinite(relaxer->W)) {
            const double slope_t = -femd_dot(n, relaxer->f, relaxer->d);
            if (relaxer->W <= W0 + 1e-4 * t * slope && relaxer->W < W0 - noise) return FEMD_OK;
            if (relaxer->W <= W0 + noise && slope_t <= 0.9 * fabs(slope)) return FEMD_OK;
            const double curve = relaxer->W - W0 - t * slope;
            double next = curve > 0 ? -0.5 * slope * t * t / curve : 0.5 * t;
            if (!(next < 0.5 * t)) next = 0.5 * t;
            t = next > 0.1 * t ? next : 0.1 * t;
        } else {
            t *= 0.25;
        }
    }
    memcpy(x, relaxer->x_old, (size_t)n * sizeof *x);
    FEMD_TRY(relax_forces(relaxer, rve, place, x, beat, err));
    return FEMD_NOT_CONVERGED;
}

static double relax_distance(int n, const double *a, const double *b) {
    double m = 0;
    for (int i = 0; i < n; i++) m = fmax(m, fabs(a[i] - b[i]));
    return m;
}

static void relax_report(const femd_relaxer *relaxer, const double *x, const double *start, femd_relax_result *res) {
    res->W = relaxer->W;
    memcpy(res->tau, relaxer->tau, sizeof res->tau);
    res->fmax = femd_max_abs(relaxer->n3, relaxer->f);
    res->rounded = res->fmax > relaxer->set.force_tolerance;
    if (start) res->moved = relax_distance(relaxer->n3, x, start);
}

/* How the factor in use serves. */
typedef struct progress {
    int stale; /* 1: the factor was handed in */
    int since; /* steps with it */
    int slow;  /* of them, consecutive ones that did not halve the force */
    double fmax;
} progress;

static int relax_wants_refresh(const femd_relaxer *relaxer, const progress *g, const double *x) {
    if (!relaxer->dense) return 1; /* Newton-CG: the Hessian of every step */
    if (g->stale) return g->since >= STALE_ITERATIONS || g->slow >= 2;
    if (!relaxer->positive) return g->since >= 4;
    return g->since >= FRESH_ITERATIONS || (g->slow >= 2 && relax_distance(relaxer->n3, x, relaxer->x_h) > 1e-4);
}

/* d = approximate H^-1 f by conjugate gradients: any that they have reached is a way down. */
static femd_status relax_newton(femd_relaxer *relaxer, const femd_rve *rve, const femd_beat *beat,
                                femd_relax_result *res, femd_error *err) {
    const double forcing = fmin(0.1, sqrt(femd_max_abs(relaxer->n3, relaxer->f)));
    femd_conjugate_end end;
    FEMD_TRY(femd_conjugate_solve(&relaxer->cg, rve, relaxer->f, fmax(forcing, 1e-6), beat, relaxer->d, &end, err));
    if (end == FEMD_CONJUGATE_CURVED) {
        relaxer->positive = 0;
        res->softened = 1;
    }
    return FEMD_OK;
}

static femd_status relax_step(femd_relaxer *relaxer, const femd_rve *rve, const femd_place *place, double *x,
                              const double *factor, const femd_beat *beat, femd_relax_result *res, femd_error *err) {
    if (relaxer->dense)
        relax_quasi_newton(relaxer, factor);
    else
        FEMD_TRY(relax_newton(relaxer, rve, beat, res, err));
    femd_gauge_confine(&rve->gauge, relaxer->d); /* a factor that is nearly singular leads out by more than round-off */
    const femd_status rc = relax_line_search(relaxer, rve, place, x, beat, err);
    if (rc == FEMD_OK && relaxer->dense) relax_remember(relaxer, x);
    return rc;
}

/* What round-off of the coordinates leaves of a force (0 before there is a Hessian). */
static double relax_round_off(const femd_relaxer *relaxer, const double *x) {
    return DBL_EPSILON * femd_max_abs(relaxer->n3, x) * relaxer->stiffest;
}

/* Where no step lowers the energy although there are forces, the energy jumps (a table that does not end at zero): the
 * forces are followed without it, first by FIRE, then by Newton's steps. */
static femd_status relax_by_forces(femd_relaxer *relaxer, const femd_rve *rve, const femd_place *place, double *x,
                                   const femd_beat *beat, femd_relax_result *res, femd_error *err) {
    const double stuck = femd_max_abs(relaxer->n3, relaxer->f), tolerance = relaxer->set.force_tolerance;
    femd_fire fire = {.tolerance = fmax(tolerance, NEWTON_FORCE),
                      .stiffness = 2 * relaxer->stiffest,
                      .max_move = relaxer->set.max_move,
                      .v = relaxer->d};
    const femd_status rc = femd_fire_run(&fire, rve, place, x, relaxer->f, beat, err);
    if (rc == FEMD_NOT_CONVERGED)
        femd_error_prefix(err, "the relaxation found no downhill step at %.2e eV/angstrom (tolerance %.1e)", stuck,
                          tolerance);
    FEMD_TRY(rc);
    res->iterations += fire.steps;
    for (int step = 0; step < NEWTON_STEPS; step++) {
        const double left = femd_max_abs(relaxer->n3, relaxer->f);
        if (left <= tolerance) return FEMD_OK;
        FEMD_TRY(relax_refresh(relaxer, rve, place, x, res, err));
        if (!relaxer->positive) return FEMD_OK; /* a saddle: the caller says so */
        memcpy(relaxer->x_old, x, (size_t)relaxer->n3 * sizeof *x);
        FEMD_TRY(femd_relaxer_solve(relaxer, rve, 1, relaxer->f, beat, relaxer->d, err));
        for (int i = 0; i < relaxer->n3; i++) x[i] += relaxer->d[i];
        FEMD_TRY(relax_forces(relaxer, rve, place, x, beat, err));
        if (femd_max_abs(relaxer->n3, relaxer->f) < left) continue;
        memcpy(x, relaxer->x_old, (size_t)relaxer->n3 * sizeof *x);
        FEMD_TRY(relax_forces(relaxer, rve, place, x, beat, err));
        if (left <= ROUND_OFF_REACH * relax_round_off(relaxer, x)) return FEMD_OK;
        break;
    }
    return femd_fail(err, FEMD_NOT_CONVERGED, "the relaxation stands at %.2e eV/angstrom, where the forces jump",
                     femd_max_abs(relaxer->n3, relaxer->f));
}

femd_status femd_relax(femd_relaxer *relaxer, const femd_rve *rve, const femd_place *place, double *x,
                       const double *stale, const femd_beat *beat, femd_relax_result *res, femd_error *err) {
    memset(res, 0, sizeof *res);
    relaxer->have = 0;
    relaxer->stored = 0;
    relaxer->stiffest = relaxer->shift = 0;
    double *start = relaxer->z;
    memcpy(start, x, (size_t)relaxer->n3 * sizeof *x);
    progress g = {.stale = stale && relaxer->dense, .fmax = HUGE_VAL};
    int failures = 0;
    FEMD_TRY(relax_forces(relaxer, rve, place, x, beat, err));
    for (;; res->iterations++) {
        const double fmax_now = femd_max_abs(relaxer->n3, relaxer->f);
        if (!isfinite(fmax_now))
            return femd_fail(err, FEMD_DIVERGED, "the relaxation reached a force that is not finite");
        g.slow = fmax_now > 0.5 * g.fmax ? g.slow + 1 : 0;
        g.fmax = fmax_now;
        if (fmax_now <= relaxer->set.force_tolerance) break;
        if (g.slow && fmax_now <= relax_round_off(relaxer, x)) break;
        if (res->iterations >= relaxer->set.iterations)
            return femd_fail(err, FEMD_NOT_CONVERGED,
                             "the relaxation stands at %.2e eV/angstrom after %d steps (tolerance %.1e)", fmax_now,
                             res->iterations, relaxer->set.force_tolerance);
        if ((!relaxer->have && !g.stale) || relax_wants_refresh(relaxer, &g, x)) {
            FEMD_TRY(relax_refresh(relaxer, rve, place, x, res, err));
            g = (progress){.fmax = fmax_now};
        }
        const femd_status rc = relax_step(relaxer, rve, place, x, g.stale ? stale : relaxer->H, beat, res, err);
        g.since++;
        if (rc == FEMD_OK) {
            failures = 0;
            continue;
        }
        if (rc != FEMD_NOT_CONVERGED) return rc;
        if (fmax_now <= ROUND_OFF_REACH * relax_round_off(relaxer, x)) break;
        if (++failures > 2) {
            FEMD_TRY(relax_by_forces(relaxer, rve, place, x, beat, res, err));
            break;
        }
        FEMD_TRY(relax_refresh(relaxer, rve, place, x, res, err));
        g = (progress){.fmax = fmax_now};
    }
    if (!relaxer->have || !relaxer->dense || relax_distance(relaxer->n3, x, relaxer->x_h) > HESSIAN_REACH ||
        !relaxer->positive)
        FEMD_TRY(relax_refresh(relaxer, rve, place, x, res, err));
    if (!relaxer->dense) { /* no factor tells whether this is a minimum */
        double lowest;
        FEMD_TRY(femd_lanczos_lowest(rve->en, &rve->gauge, 1e-2, relaxer->set.linear_max, beat, relaxer->cg.r, &lowest,
                                     err));
        if (!(lowest > 0)) relaxer->positive = 0;
    }
    relax_report(relaxer, x, start, res);
    if (!relaxer->positive)
        return femd_fail(err, FEMD_INSTABILITY, "equilibrium was reached where the Hessian is not positive definite");
    return FEMD_OK;
}

femd_status femd_relax_hold(femd_relaxer *relaxer, const femd_rve *rve, const femd_place *place, const double *x,
                            femd_relax_result *res, femd_error *err) {
    memset(res, 0, sizeof *res);
    FEMD_TRY(relax_forces(relaxer, rve, place, x, NULL, err));
    FEMD_TRY(relax_refresh(relaxer, rve, place, x, res, err));
    relax_report(relaxer, x, NULL, res);
    return FEMD_OK;
}
