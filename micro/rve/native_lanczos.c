/* Lanczos for the lowest eigenvalue. Owns the three-term recurrence without reorthogonalisation: copies of converged
 * eigenvalues then appear, but the extreme ones are right (Paige; Parlett, The Symmetric Eigenvalue Problem, ch. 13).
 * What is not free is taken out at every step, since round-off would bring their zero back. */
#include "rve/native_lanczos.h"

#include <math.h>
#include <stdlib.h>

#include "numerics/dense.h"
#include "rve/beat.h"

enum { LEAST = 1500, PER_FREEDOM = 4, BEAT_EVERY = 20 };
static const double MODE_TOLERANCE = 1e-6;
static const double ROUND_OFF = 1e-13; /* of the largest eigenvalue: nearer to zero no residual can be known, */
static const double MODE_FLOOR = 1e-9; /* or need be, for a direction */

/* Number of eigenvalues below t of the tridiagonal matrix (a, b), by its Sturm sequence. */
static int lanczos_below(int n, const double *a, const double *b, double t) {
    int count = 0;
    double d = 1;
    for (int i = 0; i < n; i++) {
        d = a[i] - t - (i ? b[i - 1] * b[i - 1] / d : 0);
        if (d == 0) d = 1e-300;
        count += d < 0;
    }
    return count;
}

static double lanczos_lowest_of(int n, const double *a, const double *b) {
    double low = HUGE_VAL, high = HUGE_VAL;
    for (int i = 0; i < n; i++) {
        const double radius = (i ? fabs(b[i - 1]) : 0) + (i + 1 < n ? fabs(b[i]) : 0);
        low = fmin(low, a[i] - radius);
        high = fmin(high, a[i]);
    }
    for (int k = 0; k < 200 && high - low > 1e-13 * fmax(fabs(low), fabs(high)); k++) {
        const double middle = 0.5 * (low + high);
        if (lanczos_below(n, a, b, middle) > 0)
            high = middle;
        else
            low = middle;
    }
    return 0.5 * (low + high);
}

/* The last component of the unit eigenvector of the tridiagonal matrix at its eigenvalue t, by one inverse iteration
 * from just below, where all pivots are positive; v: n doubles. Times b[n-1] it is the residual of the Ritz vector. */
static double lanczos_last_component(int n, const double *a, const double *b, double t, double size, double *v) {
    double pivot = 1, norm = 0;
    t -= 1e-13 * size;
    for (int i = 0; i < n; i++) { /* (T - t) v = 1 by elimination; v first holds the right-hand side over the pivot */
        pivot = a[i] - t - (i ? b[i - 1] * b[i - 1] / pivot : 0);
        if (!(fabs(pivot) > 1e-300)) pivot = 1e-300;
        v[i] = (1 - (i ? b[i - 1] * v[i - 1] : 0)) / pivot;
        v[n + i] = (i + 1 < n ? b[i] : 0) / pivot;
    }
    for (int i = n - 2; i >= 0; i--) v[i] -= v[n + i] * v[i + 1];
    for (int i = 0; i < n; i++) norm = fmax(norm, fabs(v[i]));
    double sum = 0;
    for (int i = 0; i < n; i++) sum += v[i] / norm * (v[i] / norm);
    return fabs(v[n - 1] / norm) / sqrt(sum);
}

/* A unit vector without symmetry over the free motions; 0 if there are none. */
static int lanczos_start(const femd_gauge *gauge, double *v) {
    const int n3 = 3 * gauge->atoms;
    uint64_t draw = 88172645463325252u; /* fixed (xorshift) */
    for (int i = 0; i < n3; i++) {
        draw ^= draw << 13, draw ^= draw >> 7, draw ^= draw << 17;
        v[i] = (double)(draw >> 11) * 0x1p-53 - 0.5;
    }
    femd_gauge_remove(gauge, v);
    const double norm = sqrt(femd_dot(n3, v, v));
    if (!(norm > 1e-12)) return 0;
    for (int i = 0; i < n3; i++) v[i] /= norm;
    return 1;
}

typedef struct lanczos {
    double *a, *b, *scratch; /* the tridiagonal matrix; 2 x limit */
    double last, size;       /* the eigenvalue at the last look; the largest entry */
    double floor;            /* of the residual, over the size */
    int limit, steps;        /* steps: that were enough */
} lanczos;

/* Whether the first `steps` steps are enough; *lowest is what they give. */
static int lanczos_look(lanczos *l, int steps, double tolerance, double *lowest) {
    *lowest = lanczos_lowest_of(steps, l->a, l->b);
    const double residual = l->b[steps - 1] * lanczos_last_component(steps, l->a, l->b, *lowest, l->size, l->scratch);
    const double settled = fabs(*lowest - l->last), floor = l->floor * l->size;
    l->last = *lowest;
    return residual <= fmax(sqrt(tolerance) * fabs(*lowest), floor) &&
           settled <= fmax(tolerance * fabs(*lowest), floor);
}

static femd_status lanczos_run(femd_energetics *en, const femd_gauge *gauge, double tolerance, const femd_beat *beat,
                               lanczos *l, double *work, double *lowest, femd_error *err) {
    const int n3 = 3 * gauge->atoms;
    double *v = work, *old = work + n3, *q = old + n3, *a = l->a, *b = l->b;
    int look = 10;
    for (int k = 0; k < l->limit; k++) {
        if (k % BEAT_EVERY == 0) FEMD_TRY(femd_beat_now(beat, 0, "the search for the lowest eigenvalue", err));
        femd_energetics_apply(en, v, q);
        a[k] = femd_dot(n3, v, q);
        const double back = k ? b[k - 1] : 0;
        for (int i = 0; i < n3; i++) q[i] -= a[k] * v[i] + back * old[i];
        femd_gauge_remove(gauge, q);
        b[k] = sqrt(femd_dot(n3, q, q));
        l->size = fmax(l->size, fmax(fabs(a[k]), b[k]));
        if (!isfinite(l->size)) return femd_fail(err, FEMD_DIVERGED, "the Hessian is not finite");
        if (!(b[k] > 1e-12 * l->size)) { /* what was spanned is closed */
            *lowest = lanczos_lowest_of(k + 1, a, b);
            l->steps = k + 1;
            return FEMD_OK;
        }
        if (k + 1 == look) {
            l->steps = k + 1;
            if (lanczos_look(l, k + 1, tolerance, lowest)) return FEMD_OK;
            look += look / 16 > 10 ? look / 16 : 10;
        }
        for (int i = 0; i < n3; i++) {
            old[i] = v[i];
            v[i] = q[i] / b[k];
        }
    }
    return femd_fail(err, FEMD_NOT_CONVERGED, "the lowest eigenvalue of the Hessian was not found in %d Lanczos steps",
                     l->limit);
}

/* The tridiagonal matrix for `limit` steps; free l->a. */
static femd_status lanczos_reserve(lanczos *l, femd_error *err) {
    l->a = malloc(4 * (size_t)l->limit * sizeof(double));
    if (!l->a) return femd_fail(err, FEMD_NO_MEMORY, "lowest eigenvalue: out of memory");
    l->b = l->a + l->limit;
    l->scratch = l->b + l->limit;
    return FEMD_OK;
}

femd_status femd_lanczos_lowest(femd_energetics *en, const femd_gauge *gauge, double tolerance, int limit,
                                const femd_beat *beat, double *work, double *lowest, femd_error *err) {
    const size_t n3 = 3 * (size_t)gauge->atoms;
    lanczos l = {.last = HUGE_VAL, .floor = ROUND_OFF, .limit = limit ? limit : LEAST + PER_FREEDOM * (int)n3};
    *lowest = 0;
    memset(work + n3, 0, n3 * sizeof *work);
    if (!lanczos_start(gauge, work)) return FEMD_OK;
    FEMD_TRY(lanczos_reserve(&l, err));
    const femd_status rc = lanczos_run(en, gauge, tolerance, beat, &l, work, lowest, err);
    free(l.a);
    return rc;
}

/* The steps once more, with the same bits: v = sum of their vectors times the eigenvector of the tridiagonal matrix,
 * which lanczos_last_component left in the scratch. */
static femd_status lanczos_combine(femd_energetics *en, const femd_gauge *gauge, const lanczos *l,
                                   const femd_beat *beat, double *work, double *mode, femd_error *err) {
    const int n3 = 3 * gauge->atoms;
    double *v = work, *old = work + n3, *q = old + n3;
    memset(work + n3, 0, (size_t)n3 * sizeof *work);
    memset(mode, 0, (size_t)n3 * sizeof *mode);
    (void)lanczos_start(gauge, work);
    for (int k = 0; k < l->steps; k++) {
        for (int i = 0; i < n3; i++) mode[i] += l->scratch[k] * v[i];
        if (k + 1 == l->steps) break;
        if (k % BEAT_EVERY == 0) FEMD_TRY(femd_beat_now(beat, 0, "the search for the lowest mode", err));
        femd_energetics_apply(en, v, q);
        const double back = k ? l->b[k - 1] : 0;
        for (int i = 0; i < n3; i++) q[i] -= l->a[k] * v[i] + back * old[i];
        femd_gauge_remove(gauge, q);
        for (int i = 0; i < n3; i++) {
            old[i] = v[i];
            v[i] = q[i] / l->b[k];
        }
    }
    return FEMD_OK;
}

femd_status femd_lanczos_mode(femd_energetics *en, const femd_gauge *gauge, const femd_beat *beat, double *work,
                              double *lowest, double *mode, femd_error *err) {
    const int n3 = 3 * gauge->atoms;
    lanczos l = {.last = HUGE_VAL, .floor = MODE_FLOOR, .limit = LEAST + PER_FREEDOM * n3};
    *lowest = 0;
    memset(mode, 0, (size_t)n3 * sizeof *mode);
    memset(work + n3, 0, (size_t)n3 * sizeof *work);
    if (!lanczos_start(gauge, work)) return FEMD_OK;
    FEMD_TRY(lanczos_reserve(&l, err));
    femd_status rc = lanczos_run(en, gauge, MODE_TOLERANCE, beat, &l, work, lowest, err);
    if (rc == FEMD_OK) {
        (void)lanczos_last_component(l.steps, l.a, l.b, *lowest, l.size, l.scratch);
        rc = lanczos_combine(en, gauge, &l, beat, work, mode, err);
    }
    free(l.a);
    if (rc != FEMD_OK) return rc;
    (void)lanczos_start(gauge, work);
    const double norm = copysign(sqrt(femd_dot(n3, mode, mode)), femd_dot(n3, mode, work));
    for (int i = 0; i < n3; i++) mode[i] /= norm;
    return FEMD_OK;
}
