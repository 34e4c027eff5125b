/* Second derivatives by central differences, see energetics_differences.h. */
#include "forces/energetics_differences.h"

#include <math.h>
#include <stdlib.h>

#include "forces/energetics_private.h"

static const double STEP = 1e-4;        /* angstrom */
static const double STRAIN_STEP = 2e-5; /* of a component E_ij */

struct femd_differences {
    femd_neighbours *nb;
    double cell[9];
    double *x;            /* 3 n: the prepared configuration */
    double *moved;        /* 3 n */
    double *plus, *minus; /* 3 n: forces a step away */
};

static const int differences_voigt[6][2] = {{0, 0}, {1, 1}, {2, 2}, {1, 2}, {0, 2}, {0, 1}};

void femd_differences_destroy(femd_differences **pp) {
    femd_differences *d = pp ? *pp : NULL;
    if (!d) return;
    femd_neighbours_destroy(&d->nb);
    free(d->x);
    free(d->moved);
    free(d->plus);
    free(d->minus);
    free(d);
    *pp = NULL;
}

static femd_status differences_create(const femd_energetics *e, const femd_neighbours *nb, femd_differences **out,
                                      femd_error *err) {
    const size_t n3 = 3 * (size_t)e->n;
    femd_differences *d = calloc(1, sizeof *d);
    *out = d;
    if (!d || !femd_renew_doubles(&d->x, n3) || !femd_renew_doubles(&d->moved, n3) ||
        !femd_renew_doubles(&d->plus, n3) || !femd_renew_doubles(&d->minus, n3))
        return femd_fail(err, FEMD_NO_MEMORY, "no memory for differences of the forces of %d atoms", e->n);
    return femd_neighbours_create(nb->cutoff, nb->skin, &d->nb, err);
}

/* U = (1 + 2 E)^1/2 and its inverse, E having the one strain component v; to second order, which is exact for a central
 * difference. */
static void differences_stretch(int v, double E, double U[9], double inverse[9]) {
    double strain[9] = {0};
    strain[3 * differences_voigt[v][0] + differences_voigt[v][1]] += 0.5 * E;
    strain[3 * differences_voigt[v][1] + differences_voigt[v][0]] += 0.5 * E;
    for (int r = 0; r < 3; r++)
        for (int c = 0; c < 3; c++) {
            double square = 0.0;
            for (int k = 0; k < 3; k++) square += strain[3 * r + k] * strain[3 * k + c];
            U[3 * r + c] = (r == c) + strain[3 * r + c] - 0.5 * square;
            inverse[3 * r + c] = (r == c) - strain[3 * r + c] + 1.5 * square;
        }
}

/* to = U from, for count vectors. */
static void differences_map(const double U[9], const double *from, size_t count, double *to) {
    for (size_t i = 0; i < count; i++) {
        const double a[3] = {from[3 * i], from[3 * i + 1], from[3 * i + 2]};
        for (size_t c = 0; c < 3; c++) to[3 * i + c] = U[3 * c] * a[0] + U[3 * c + 1] * a[1] + U[3 * c + 2] * a[2];
    }
}

/* S = U^-1 tau U^-1. */
static void differences_pull_back(const double inverse[9], const double tau[6], double S[6]) {
    double full[9], half[9] = {0};
    for (int v = 0; v < 6; v++)
        full[3 * differences_voigt[v][0] + differences_voigt[v][1]] =
            full[3 * differences_voigt[v][1] + differences_voigt[v][0]] = tau[v];
    for (int r = 0; r < 3; r++)
        for (int c = 0; c < 3; c++)
            for (int k = 0; k < 3; k++) half[3 * r + c] += inverse[3 * r + k] * full[3 * k + c];
    for (int v = 0; v < 6; v++) {
        const int r = differences_voigt[v][0], c = differences_voigt[v][1];
        S[v] = half[3 * r] * inverse[c] + half[3 * r + 1] * inverse[3 + c] + half[3 * r + 2] * inverse[6 + c];
    }
}

/* dW/dx = -U f into *gradient and dW/dE into S, at strain component v of size E. */
static femd_status differences_strained(femd_energetics *e, int v, double E, double *gradient, double S[6],
                                        femd_error *err) {
    femd_differences *d = e->differences;
    double U[9], inverse[9], cell[9], tau[6];
    differences_stretch(v, E, U, inverse);
    differences_map(U, d->cell, 3, cell);
    differences_map(U, d->x, (size_t)e->n, d->moved);
    FEMD_TRY(femd_energetics_forces(e, d->nb, cell, d->moved, NULL, gradient, tau, err));
    differences_map(U, gradient, (size_t)e->n, gradient);
    for (size_t c = 0; c < 3 * (size_t)e->n; c++) gradient[c] = -gradient[c];
    differences_pull_back(inverse, tau, S);
    return FEMD_OK;
}

static femd_status differences_strain_terms(femd_energetics *e, double *L, double B[36], femd_error *err) {
    femd_differences *d = e->differences;
    double raw[36];
    for (size_t w = 0; w < 6; w++) {
        double plus[6], minus[6];
        const double step = w < 3 ? STRAIN_STEP : 2.0 * STRAIN_STEP;
        FEMD_TRY(differences_strained(e, (int)w, step, d->plus, plus, err));
        FEMD_TRY(differences_strained(e, (int)w, -step, d->minus, minus, err));
        for (size_t v = 0; v < 6; v++) raw[6 * v + w] = (plus[v] - minus[v]) / (2.0 * step);
        for (size_t c = 0; L && c < 3 * (size_t)e->n; c++) L[6 * c + w] = (d->plus[c] - d->minus[c]) / (2.0 * step);
    }
    for (int v = 0; B && v < 6; v++)
        for (int w = 0; w < 6; w++) B[6 * v + w] = 0.5 * (raw[6 * v + w] + raw[6 * w + v]);
    return FEMD_OK;
}

femd_status femd_differences_prepare(femd_energetics *e, const femd_neighbours *nb, const double cell[9],
                                     const double *x, double *L, double B[36], femd_error *err) {
    femd_differences *d = e->differences;
    if (d && (d->nb->cutoff != nb->cutoff || d->nb->skin != nb->skin)) femd_differences_destroy(&e->differences);
    if (!e->differences) {
        const femd_status rc = differences_create(e, nb, &e->differences, err);
        if (rc != FEMD_OK) femd_differences_destroy(&e->differences);
        FEMD_TRY(rc);
    }
    d = e->differences;
    memcpy(d->cell, cell, sizeof d->cell);
    memcpy(d->x, x, 3 * (size_t)e->n * sizeof(double));
    FEMD_TRY(femd_neighbours_rebuild(d->nb, e->n, cell, x, err));
    return L || B ? differences_strain_terms(e, L, B, err) : FEMD_OK;
}

/* Forces at x + s v and x - s v. */
static femd_status differences_along(femd_energetics *e, const double *v, double s, femd_error *err) {
    femd_differences *d = e->differences;
    const size_t n3 = 3 * (size_t)e->n;
    for (size_t c = 0; c < n3; c++) d->moved[c] = d->x[c] + s * v[c];
    FEMD_TRY(femd_energetics_forces(e, d->nb, d->cell, d->moved, NULL, d->plus, NULL, err));
    for (size_t c = 0; c < n3; c++) d->moved[c] = d->x[c] - s * v[c];
    return femd_energetics_forces(e, d->nb, d->cell, d->moved, NULL, d->minus, NULL, err);
}

void femd_differences_apply(femd_energetics *e, const double *v, double *y) {
    const femd_differences *d = e->differences;
    const size_t n3 = 3 * (size_t)e->n;
    femd_error err = FEMD_ERROR_INIT;
    double most = 0.0;
    for (size_t c = 0; c < n3; c++)
        if (!(fabs(v[c]) <= most)) most = fabs(v[c]);
    const double s = STEP / most;
    const int known = most == 0.0 || (isfinite(s) && differences_along(e, v, s, &err) == FEMD_OK);
    for (size_t c = 0; c < n3; c++) y[c] = !known ? NAN : most == 0.0 ? 0.0 : (d->minus[c] - d->plus[c]) / (2.0 * s);
}

femd_status femd_differences_fill(femd_energetics *e, double *H, femd_error *err) {
    femd_differences *d = e->differences;
    const size_t n3 = 3 * (size_t)e->n;
    memcpy(d->moved, d->x, n3 * sizeof(double));
    for (size_t row = 0; row < n3; row++) {
        d->moved[row] = d->x[row] + STEP;
        FEMD_TRY(femd_energetics_forces(e, d->nb, d->cell, d->moved, NULL, d->plus, NULL, err));
        d->moved[row] = d->x[row] - STEP;
        FEMD_TRY(femd_energetics_forces(e, d->nb, d->cell, d->moved, NULL, d->minus, NULL, err));
        d->moved[row] = d->x[row];
        for (size_t c = 0; c < n3; c++) H[row * n3 + c] = (d->minus[c] - d->plus[c]) / (2.0 * STEP);
    }
    for (size_t r = 0; r < n3; r++)
        for (size_t c = r + 1; c < n3; c++) H[r * n3 + c] = 0.5 * (H[r * n3 + c] + H[c * n3 + r]);
    return FEMD_OK;
}
