/* Second derivatives by central differences, see energetics_differences.h. */
#include "forces/energetics_differences.h"

#include <math.h>
#include <stdlib.h>

#include "femd/tensor3.h"
#include "forces/energetics_private.h"

static const double STEP = 2e-5;        /* angstrom */
static const double STRAIN_STEP = 5e-6; /* of a component E_ij */

struct femd_differences {
    femd_neighbours *nb;
    double cell[9];
    double *x;            /* 3 n: the prepared configuration */
    double *moved;        /* 3 n */
    double *plus, *minus; /* 3 n: forces a step away */
};

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
    double strain[9] = {0}, square[9];
    strain[3 * femd_voigt_i[v] + femd_voigt_j[v]] += 0.5 * E;
    strain[3 * femd_voigt_j[v] + femd_voigt_i[v]] += 0.5 * E;
    femd_mul3(strain, strain, square);
    for (int k = 0; k < 9; k++) {
        U[k] = femd_identity3[k] + strain[k] - 0.5 * square[k];
        inverse[k] = femd_identity3[k] - strain[k] + 1.5 * square[k];
    }
}

/* S = U^-1 tau U^-1. */
static void differences_pull_back(const double inverse[9], const double tau[6], double S[6]) {
    double full[9], half[9], both[9];
    for (int r = 0; r < 3; r++)
        for (int c = 0; c < 3; c++) full[3 * r + c] = tau[femd_voigt_at[r][c]];
    femd_mul3(inverse, full, half);
    femd_mul3(half, inverse, both);
    for (int v = 0; v < 6; v++) S[v] = both[3 * femd_voigt_i[v] + femd_voigt_j[v]];
}

/* dW/dx = -U f into *gradient and dW/dE into S, at strain component v of size E. */
static femd_status differences_strained(femd_energetics *e, int v, double E, double *gradient, double S[6],
                                        femd_error *err) {
    femd_differences *d = e->differences;
    double U[9], inverse[9], cell[9], tau[6];
    differences_stretch(v, E, U, inverse);
    for (int k = 0; k < 3; k++) femd_apply3(U, d->cell + 3 * k, cell + 3 * k);
    for (int i = 0; i < e->n; i++) femd_apply3(U, d->x + 3 * i, d->moved + 3 * i);
    FEMD_TRY(femd_energetics_forces(e, d->nb, cell, d->moved, NULL, gradient, tau, err));
    for (int i = 0; i < e->n; i++) {
        const double force[3] = {gradient[3 * i], gradient[3 * i + 1], gradient[3 * i + 2]};
        femd_apply3(U, force, gradient + 3 * i);
        for (int c = 0; c < 3; c++) gradient[3 * i + c] = -gradient[3 * i + c];
    }
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
    double most = 0.0, infinite = 0.0;
    for (size_t c = 0; c < n3; c++) {
        most = fmax(most, fabs(v[c]));
        infinite += v[c] - v[c]; /* not a number unless all are finite */
    }
    const double s = STEP / most;
    const int known = infinite == 0.0 && (most == 0.0 || differences_along(e, v, s, &err) == FEMD_OK);
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
