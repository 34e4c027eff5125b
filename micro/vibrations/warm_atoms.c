/* Atoms where W + F is least. Owns the search and the second-order terms of warm_atoms.h; the gradient is
 * phonon_gradient.c's. */
#include "vibrations/warm_atoms.h"

#include <math.h>
#include <stdlib.h>

#include "numerics/dense.h"

enum {
    CHORD_STEPS = 60,
    ROUNDS = 40,
    DEPTH = 6,
    STEPS = 20,
    WORK = 19
};                                     /* WORK: 3 + 2 DEPTH and 19 vectors are needed */
static const double TOLERANCE = 1e-12; /* eV/angstrom: |W_x + F_x| at the minimum */
static const double UNEVEN =
    2e-4; /* of the load: below, an error that falls no more is that of a table's third derivative */
static const double NOISE = 1e-9;               /* eV/angstrom: the same for loads that symmetry makes zero */
static const double CHORD_TOLERANCE = 1e-11;    /* eV/angstrom */
static const double MOVED_MAX = 0.4;            /* angstrom: farther from rest no vibration is harmonic */
static const double CLOSE = 1e-4, ROUGH = 0.03; /* solutions that count once, or whose errors multiply */
static const double PROBE = 0.005;              /* angstrom: step of a second derivative of F */

femd_status femd_warm_create(int natoms, femd_warm **out, femd_error *err) {
    const size_t n3 = 3 * (size_t)natoms;
    femd_warm *warm = calloc(1, sizeof *warm);
    double *next = warm ? calloc(n3 * (6 + 12 + WORK), sizeof *next) : NULL;
    *out = warm;
    if (!next) {
        femd_warm_destroy(out);
        return femd_fail(err, FEMD_NO_MEMORY, "vibrations of %d atoms: out of memory", natoms);
    }
    double **part[] = {&warm->x, &warm->w, &warm->load, &warm->dead, &warm->pull, &warm->pull_T};
    for (size_t k = 0; k < sizeof part / sizeof *part; k++, next += n3) *part[k] = next;
    warm->G = next;
    warm->r = warm->G + 6 * n3;
    warm->work = warm->r + 6 * n3;
    return FEMD_OK;
}

void femd_warm_destroy(femd_warm **warm) {
    if (!warm || !*warm) return;
    free((*warm)->x);
    free(*warm);
    *warm = NULL;
}

femd_status femd_warm_chord(femd_relaxer *relaxer, femd_rve *rve, const femd_place *place, const double *load,
                            double tolerance, double *x, double *f, double *z, int *reached, femd_error *err) {
    const int n3 = 3 * rve->n;
    *reached = 0;
    for (int it = 0; it < CHORD_STEPS; it++) {
        double W;
        FEMD_TRY(femd_energetics_forces(rve->en, rve->nb, place->h, x, &W, f, NULL, err));
        for (int i = 0; load && i < n3; i++) f[i] -= load[i];
        femd_gauge_confine(&rve->gauge, f);
        const double left = femd_max_abs(n3, f);
        if (left <= tolerance) *reached = 1;
        if (*reached || !isfinite(left)) return FEMD_OK;
        FEMD_TRY(femd_relaxer_solve(relaxer, rve, 1, f, NULL, z, err));
        for (int i = 0; i < n3; i++) x[i] += z[i];
    }
    return FEMD_OK;
}

/* out = S v for every atom, S symmetric 3x3. */
static void warm_turn(int n3, const double S[9], const double *v, double *out) {
    for (int i = 0; i < n3; i += 3) femd_apply3(S, v + i, out + i);
}

/* ---- the search: fixed point c = F_x(x(c)), x(c) the equilibrium under the load c ---- */

/* The last loads and errors, for Anderson's acceleration (J. ACM 12 (1965) 547): newest first at `first`. */
typedef struct memory {
    int stored, newest;
    double *c, *e; /* DEPTH x n3 */
} memory;

/* The next load: error e of load c; least squares over the differences to earlier ones. */
static void warm_next_load(memory *m, int n3, double *c, const double *e) {
    const int now = (m->newest + 1) % DEPTH;
    double M[DEPTH * DEPTH], b[DEPTH];
    int k = m->stored < DEPTH - 1 ? m->stored : DEPTH - 1; /* the slot of `now` is overwritten */
    memcpy(m->c + (size_t)now * (size_t)n3, c, (size_t)n3 * sizeof *c);
    memcpy(m->e + (size_t)now * (size_t)n3, e, (size_t)n3 * sizeof *e);
    for (int i = 0; i < k; i++) {
        const double *ei = m->e + (size_t)((now + DEPTH - 1 - i) % DEPTH) * (size_t)n3;
        b[i] = 0;
        for (int a = 0; a < n3; a++) b[i] += (e[a] - ei[a]) * e[a];
        for (int j = 0; j < k; j++) {
            const double *ej = m->e + (size_t)((now + DEPTH - 1 - j) % DEPTH) * (size_t)n3;
            double sum = 0;
            for (int a = 0; a < n3; a++) sum += (e[a] - ei[a]) * (e[a] - ej[a]);
            M[i * k + j] = sum;
        }
        M[i * k + i] *= 1 + 1e-12;
    }
    if (k && femd_small_solve(k, M, b)) k = 0;
    for (int a = 0; a < n3; a++) {
        double step = e[a];
        for (int i = 0; i < k; i++) {
            const size_t at = (size_t)((now + DEPTH - 1 - i) % DEPTH) * (size_t)n3 + (size_t)a;
            step -= b[i] * ((c[a] - m->c[at]) + (e[a] - m->e[at]));
        }
        c[a] += step;
    }
    m->newest = now;
    if (m->stored < DEPTH) m->stored++;
}

static femd_status warm_gradient(femd_phonons *phonons, femd_rve *rve, const femd_place *place, const double *x,
                                 double T, int fine, const femd_beat *beat, double *g, double *g_T, femd_error *err) {
    FEMD_TRY(femd_phonons_sample(phonons, rve, place, x, err));
    FEMD_TRY(femd_phonons_base(phonons, T, err));
    return femd_phonons_gradient(phonons, rve, place, x, fine, beat, g, g_T, err);
}

static femd_status warm_search(femd_warm *warm, femd_phonons *phonons, femd_path *path, double T, const femd_beat *beat,
                               femd_error *err) {
    femd_rve *rve = path->rve;
    const size_t n3 = 3 * (size_t)rve->n, bytes = n3 * sizeof(double);
    double *f = warm->work, *z = f + n3, best = HUGE_VAL;
    memory m = {.newest = -1, .c = warm->work + 3 * n3, .e = warm->work + (3 + DEPTH) * n3};
    const double tolerance = fmax(CHORD_TOLERANCE, 2 * femd_relaxer_settings(path->relaxer)->force_tolerance);
    int stalled = 0;
    memcpy(warm->x, path->x, bytes);
    memset(warm->load, 0, bytes);
    m.newest = DEPTH - 1;
    for (warm->rounds = 1;; warm->rounds++) {
        int reached;
        FEMD_TRY(warm_gradient(phonons, rve, &path->place, warm->x, T, 1, beat, warm->pull, warm->pull_T, err));
        for (size_t i = 0; i < n3; i++) f[i] = warm->pull[i] - warm->load[i];
        const double left = femd_max_abs((int)n3, f), scale = femd_max_abs((int)n3, warm->pull);
        if (!isfinite(left)) break;
        if (left <= TOLERANCE) return FEMD_OK;
        stalled = left < 0.5 * best ? 0 : stalled + 1;
        if (left < best) best = left;
        if (stalled >= 3 && left <= fmax(UNEVEN * scale, NOISE)) return FEMD_OK;
        if (warm->rounds == ROUNDS) break;
        warm_next_load(&m, (int)n3, warm->load, f);
        FEMD_TRY(
            femd_warm_chord(path->relaxer, rve, &path->place, warm->load, tolerance, warm->x, f, z, &reached, err));
        for (size_t i = 0; reached && i < n3; i++) reached = fabs(warm->x[i] - path->x[i]) <= MOVED_MAX;
        if (!reached)
            return femd_fail(err, FEMD_INSTABILITY, "at %g K the free energy has no minimum near the atoms at rest", T);
    }
    return femd_fail(err, FEMD_NOT_CONVERGED,
                     "the minimum of the free energy was not found in %d steps (%.1e eV/angstrom left)", warm->rounds,
                     best);
}

femd_status femd_warm_find(femd_warm *warm, femd_phonons *phonons, femd_path *path, double T, const femd_beat *beat,
                           double D[36], femd_error *err) {
    femd_rve *rve = path->rve;
    femd_relax_result res;
    FEMD_TRY(warm_search(warm, phonons, path, T, beat, err));
    FEMD_TRY(femd_relax_hold(path->relaxer, rve, &path->place, warm->x, &res, err));
    if (res.softened)
        return femd_fail(err, FEMD_INSTABILITY, "at %g K the atoms stand where the Hessian is not positive definite",
                         T);
    warm->W = res.W;
    memcpy(warm->tau, res.tau, sizeof warm->tau);
    femd_place_displacements(rve, &path->place, warm->x, warm->w);
    warm_turn(3 * rve->n, path->place.U, warm->load, warm->dead);
    return femd_condense_tangent(path->relaxer, rve, &path->place, beat, path->work, D, warm->G, NULL, err);
}

/* ---- second order ---- */

/* w of the path at E, strained by t in component a: from dw/dE and the second difference of two configurations strained
 * by +-step. */
static femd_status warm_along(const femd_warm *warm, const femd_path *path, int a, double step, const double *xs,
                              double t, double *w, double *scratch, femd_error *err) {
    const int n3 = 3 * path->rve->n;
    const double *G = warm->G + (size_t)a * (size_t)n3;
    for (int i = 0; i < n3; i++) w[i] = warm->w[i] + t * G[i] - t * t / (step * step) * warm->w[i];
    for (int k = 0; k < 2; k++) {
        double at[6];
        femd_place place;
        memcpy(at, path->E, sizeof at);
        at[a] += k ? -step : step;
        FEMD_TRY(femd_place_set(path->rve, at, &place, err));
        femd_place_displacements(path->rve, &place, xs + (size_t)(4 * a + k) * (size_t)n3, scratch);
        for (int i = 0; i < n3; i++) w[i] += 0.5 * t * t / (step * step) * scratch[i];
    }
    return FEMD_OK;
}

femd_status femd_warm_rates(femd_warm *warm, femd_phonons *phonons, femd_path *path, double step, const double *xs,
                            double T, const femd_beat *beat, femd_error *err) {
    femd_rve *rve = path->rve;
    const int n3 = 3 * rve->n;
    const double t = step / 4; /* of second order, where the rest is of fourth */
    double *g = warm->work, *g_T = g + n3, *pulled = g_T + n3, *w = pulled + n3, *x = w + n3;
    memset(warm->r, 0, 6 * (size_t)n3 * sizeof *warm->r);
    for (int a = 0; a < 6; a++)
        for (int k = 0; k < 2; k++) {
            const double sign = k ? -1 : 1;
            double at[6], *r = warm->r + (size_t)a * (size_t)n3;
            femd_place place;
            memcpy(at, path->E, sizeof at);
            at[a] += sign * t;
            FEMD_TRY(femd_place_set(rve, at, &place, err));
            FEMD_TRY(warm_along(warm, path, a, step, xs, sign * t, w, x, err));
            femd_place_atoms(rve, &place, w, x);
            FEMD_TRY(warm_gradient(phonons, rve, &place, x, T, 0, beat, g, g_T, err));
            warm_turn(n3, place.U, g, pulled); /* F_w */
            warm_turn(n3, path->place.A, pulled, g);
            for (int i = 0; i < n3; i++) r[i] += sign * g[i] / (2 * t);
        }
    return FEMD_OK;
}

/* z = H^-1 b at the minimum. Without a factor the relaxer solves with what was last prepared. */
static femd_status warm_solve_at_rest(const femd_warm *warm, femd_path *path, int k, const double *b, double *z,
                                      femd_error *err) {
    femd_rve *rve = path->rve;
    if (!femd_relaxer_is_dense(path->relaxer))
        FEMD_TRY(femd_energetics_prepare(rve->en, rve->nb, path->place.h, warm->x, NULL, NULL, err));
    return femd_relaxer_solve(path->relaxer, rve, k, b, NULL, z, err);
}

/* y = F_xx v at the minimum. scratch: 3 x n3. */
static femd_status warm_stiffness(const femd_warm *warm, femd_phonons *phonons, femd_path *path, double T,
                                  const femd_beat *beat, const double *v, double *y, double *scratch, femd_error *err) {
    const int n3 = 3 * path->rve->n;
    double *x = scratch, *g = x + n3, *g_T = g + n3;
    const double largest = femd_max_abs(n3, v), step = PROBE / largest;
    memset(y, 0, (size_t)n3 * sizeof *y);
    if (!(largest > 0)) return FEMD_OK;
    for (int k = 0; k < 2; k++) {
        const double sign = k ? -1 : 1;
        for (int i = 0; i < n3; i++) x[i] = warm->x[i] + sign * step * v[i];
        FEMD_TRY(warm_gradient(phonons, path->rve, &path->place, x, T, 0, beat, g, g_T, err));
        for (int i = 0; i < n3; i++) y[i] += sign * g[i] / (2 * step);
    }
    return FEMD_OK;
}

/* z = (H + F_xx)^-1 b by conjugate gradients preconditioned with H, until the error in the norm of the stiffness is
 * `tolerance` of the first; res (n3) keeps b - (H + F_xx) z. scratch: 7 x n3. */
static femd_status warm_solve_fully(const femd_warm *warm, femd_phonons *phonons, femd_path *path, double T,
                                    const femd_beat *beat, const double *b, double tolerance, double *z, double *res,
                                    double *scratch, femd_error *err) {
    const int n3 = 3 * path->rve->n;
    const size_t bytes = (size_t)n3 * sizeof(double);
    double *s = scratch, *d = s + n3, *Hd = d + n3, *y = Hd + n3, *more = y + n3;
    memset(z, 0, bytes);
    memcpy(res, b, bytes);
    FEMD_TRY(warm_solve_at_rest(warm, path, 1, res, s, err));
    memcpy(d, s, bytes);
    memcpy(Hd, res, bytes); /* H d is known without applying H: H s = res */
    double now = femd_dot(n3, res, s);
    const double enough = tolerance * tolerance * now;
    for (int it = 0; it < STEPS && now > enough; it++) {
        FEMD_TRY(warm_stiffness(warm, phonons, path, T, beat, d, y, more, err));
        for (int i = 0; i < n3; i++) y[i] += Hd[i];
        const double curvature = femd_dot(n3, d, y);
        if (!(curvature > 0))
            return femd_fail(err, FEMD_INSTABILITY,
                             "at %g K the free energy is no minimum in the positions of the atoms", T);
        for (int i = 0; i < n3; i++) z[i] += now / curvature * d[i];
        for (int i = 0; i < n3; i++) res[i] -= now / curvature * y[i];
        FEMD_TRY(warm_solve_at_rest(warm, path, 1, res, s, err));
        const double next = femd_dot(n3, res, s);
        for (int i = 0; i < n3; i++) d[i] = s[i] + next / now * d[i];
        for (int i = 0; i < n3; i++) Hd[i] = res[i] + next / now * Hd[i];
        now = next;
    }
    return FEMD_OK;
}

/* D -= r_a (H + F_xx)^-1 r_b / V0 = (z_b r_a + z_a res_b) / V0 but for the product of the errors of z_a and z_b. */
static femd_status warm_soften(const femd_warm *warm, femd_phonons *phonons, femd_path *path, double T,
                               const femd_beat *beat, double D[36], femd_error *err) {
    const int n3 = 3 * path->rve->n;
    const size_t m = (size_t)n3;
    double *z = warm->work, *res = z + 6 * m, K[36];
    for (size_t b = 0; b < 6; b++)
        FEMD_TRY(warm_solve_fully(warm, phonons, path, T, beat, warm->r + b * m, ROUGH, z + b * m, res + b * m,
                                  res + 6 * m, err));
    for (size_t a = 0; a < 6; a++)
        for (size_t b = 0; b < 6; b++)
            K[6 * a + b] = femd_dot(n3, z + b * m, warm->r + a * m) + femd_dot(n3, z + a * m, res + b * m);
    for (int a = 0; a < 6; a++)
        for (int b = 0; b < 6; b++)
            D[6 * a + b] -= 0.5 * FEMD_EV_PER_A3 / path->rve->V0 * (K[6 * a + b] + K[6 * b + a]);
    return FEMD_OK;
}

femd_status femd_warm_correct(femd_warm *warm, femd_phonons *phonons, femd_path *path, double T, const femd_beat *beat,
                              double D[36], double dSdT[6], double *C, femd_error *err) {
    const int n3 = 3 * path->rve->n;
    double *z = warm->work;
    if (D) FEMD_TRY(warm_soften(warm, phonons, path, T, beat, D, err));
    if (!dSdT && !C) return FEMD_OK;
    FEMD_TRY(warm_solve_fully(warm, phonons, path, T, beat, warm->pull_T, CLOSE, z, z + n3, z + 2 * (size_t)n3, err));
    for (int a = 0; dSdT && a < 6; a++)
        dSdT[a] -= FEMD_EV_PER_A3 / path->rve->V0 * femd_dot(n3, z, warm->r + (size_t)a * (size_t)n3);
    if (C) *C += T * femd_dot(n3, z, warm->pull_T);
    return FEMD_OK;
}
