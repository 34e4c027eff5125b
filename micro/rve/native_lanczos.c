/* Lanczos for the lowest eigenvalue. Owns the three-term recurrence without reorthogonalisation: copies of converged
 * eigenvalues then appear, but the extreme ones are right (Paige; Parlett, The Symmetric Eigenvalue Problem, ch. 13).
 * What is not free is taken out at every step, since round-off would bring their zero back. */
#include "rve/native_lanczos.h"

#include <math.h>
#include <stdlib.h>

#include "numerics/dense.h"

enum { STEPS = 1500, CHECK_EVERY = 10 };

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

femd_status femd_lanczos_lowest(femd_energetics *en, const femd_gauge *gauge, double tolerance, double *work,
                                double *lowest, femd_error *err) {
    const int n3 = 3 * gauge->atoms;
    double *v = work, *old = work + n3, *q = old + n3;
    double *a = malloc(2 * STEPS * sizeof *a);
    if (!a) return femd_fail(err, FEMD_NO_MEMORY, "lowest eigenvalue: out of memory");
    double *b = a + STEPS, last = HUGE_VAL;
    uint64_t draw = 88172645463325252u; /* a fixed start without symmetry (xorshift) */
    for (int i = 0; i < n3; i++) {
        draw ^= draw << 13, draw ^= draw >> 7, draw ^= draw << 17;
        v[i] = (double)(draw >> 11) * 0x1p-53 - 0.5;
        old[i] = 0;
    }
    femd_gauge_remove(gauge, v);
    double norm = sqrt(femd_dot(n3, v, v));
    for (int i = 0; i < n3; i++) v[i] /= norm;
    const int most = n3 < STEPS ? n3 : STEPS;
    *lowest = 0;
    for (int k = 0; k < most; k++) {
        femd_energetics_apply(en, v, q);
        a[k] = femd_dot(n3, v, q);
        const double back = k ? b[k - 1] : 0;
        for (int i = 0; i < n3; i++) q[i] -= a[k] * v[i] + back * old[i];
        femd_gauge_remove(gauge, q);
        b[k] = sqrt(femd_dot(n3, q, q));
        const int end = k + 1 == most || !(b[k] > 1e-12 * fabs(a[0]));
        if (end || (k + 1) % CHECK_EVERY == 0) {
            *lowest = lanczos_lowest_of(k + 1, a, b);
            if (end || fabs(*lowest - last) <= tolerance * fabs(*lowest)) break;
            last = *lowest;
        }
        for (int i = 0; i < n3; i++) {
            old[i] = v[i];
            v[i] = q[i] / b[k];
        }
    }
    free(a);
    return FEMD_OK;
}
