/* Gradient of the free energy of vibrations over the positions of the atoms, by differences that need no third
 * derivative of a potential.
 *
 * Whole matrix and sites: f'(A) = sum_m s_m v_m v_m^T, so that with u_m = M^-1/2 v_m
 *
 *   dF/dx = <f'(A), dA/dx> = sum_m s_m d2(-f)/du_m du_m,
 *
 * the second derivative of the forces along each u_m: two or four evaluations of forces, whose change gives all
 * components at once. Any vectors with that sum serve: eigenvectors, or the columns of a Cholesky factor where there
 * are none. Mesh: <f'(A), A> is differenced over every coordinate of the cell. Owns the steps; never relaxes. */
#include <math.h>
#include <stdlib.h>

#include "numerics/dense.h"
#include "rve/beat.h"
#include "vibrations/phonon.h"

/* Angstrom, largest component of a displacement; a table's knots are half as far apart. */
static const double STEP = 0.01;

femd_status femd_phonons_beat(const femd_beat *beat, double fraction, femd_error *err) {
    return femd_beat_now(beat, fraction, "the vibrations", err);
}

/* Where a gradient is taken, and what is summed. */
typedef struct site {
    femd_phonons *p;
    femd_rve *rve;
    const femd_place *place;
    const double *x;
    int fine;
    double *at, *u, *f, *sum, *rest; /* n3 each; rest: forces at x */
    double *g, *g_T;
} site;

/* sum += factor f(x + t u). */
static femd_status phonon_gradient_add_forces(const site *s, double t, double factor, femd_error *err) {
    double W;
    for (int i = 0; i < s->p->n3; i++) s->at[i] = s->x[i] + t * s->u[i];
    FEMD_TRY(femd_energetics_forces(s->rve->en, s->rve->nb, s->place->h, s->at, &W, s->f, NULL, err));
    for (int i = 0; i < s->p->n3; i++) s->sum[i] += factor * s->f[i];
    return FEMD_OK;
}

/* g += slope d2(-f)/du du, g_T likewise; u is in s->u. */
static femd_status phonon_gradient_add_mode(const site *s, double slope, double slope_T, femd_error *err) {
    const double largest = femd_max_abs(s->p->n3, s->u);
    if (!(largest > 0) || (slope == 0 && slope_T == 0)) return FEMD_OK;
    const double t = STEP / largest, scale = s->fine ? 12 * t * t : t * t, near = s->fine ? 16 : 1;
    for (int i = 0; i < s->p->n3; i++) s->sum[i] = (s->fine ? -30 : -2) * s->rest[i];
    FEMD_TRY(phonon_gradient_add_forces(s, t, near, err));
    FEMD_TRY(phonon_gradient_add_forces(s, -t, near, err));
    if (s->fine) {
        FEMD_TRY(phonon_gradient_add_forces(s, 2 * t, -1, err));
        FEMD_TRY(phonon_gradient_add_forces(s, -2 * t, -1, err));
    }
    for (int i = 0; i < s->p->n3; i++) {
        s->g[i] -= slope / scale * s->sum[i];
        s->g_T[i] -= slope_T / scale * s->sum[i];
    }
    return FEMD_OK;
}

/* Classical, whole matrix: the columns of the factor of df'/dT (a row has its entries from the diagonal on); f' is T
 * times that. */
static femd_status phonon_gradient_from_factor(const site *s, const femd_beat *beat, femd_error *err) {
    femd_phonons *phonons = s->p;
    const size_t n3 = (size_t)phonons->n3;
    memcpy(phonons->a, phonons->slope_T, phonons->size * sizeof *phonons->a);
    if (femd_cholesky(phonons->n3, phonons->a))
        return femd_fail(err, FEMD_INSTABILITY,
                         "the Hessian has an eigenvalue that is not positive: no harmonic vibration");
    for (size_t j = 0; j < n3; j++) {
        FEMD_TRY(femd_phonons_beat(beat, 0, err));
        memset(s->u, 0, n3 * sizeof *s->u);
        for (size_t i = j; i < n3; i++) s->u[i] = phonons->root[i / 3] * phonons->a[j * n3 + i];
        FEMD_TRY(phonon_gradient_add_mode(s, phonons->T, 1, err));
    }
    return FEMD_OK;
}

/* Eigenvectors of blocks: of the whole matrix, or of atom b. */
static femd_status phonon_gradient_from_modes(const site *s, const femd_beat *beat, femd_error *err) {
    const femd_phonons *phonons = s->p;
    const size_t m = (size_t)phonons->edge;
    for (size_t b = 0; b < (size_t)phonons->blocks; b++)
        for (size_t k = 0; k < m; k++) {
            const femd_mode *mode = &phonons->mode[b * m + k];
            FEMD_TRY(femd_phonons_beat(beat, 0, err));
            memset(s->u, 0, (size_t)phonons->n3 * sizeof *s->u);
            for (size_t i = 0; i < m; i++)
                s->u[b * m + i] = phonons->root[(b * m + i) / 3] * phonons->base[(b * m + k) * m + i];
            FEMD_TRY(phonon_gradient_add_mode(s, mode->slope, mode->slope_T, err));
        }
    return FEMD_OK;
}

static femd_status phonon_gradient_from_samples(const site *s, const femd_beat *beat, femd_error *err) {
    femd_phonons *phonons = s->p;
    static const double at[4] = {1, -1, 2, -2}, fourth[4] = {8, -8, -1, 1};
    memcpy(s->at, s->x, (size_t)phonons->n3 * sizeof *s->at);
    for (int i = 0; i < phonons->n3; i++)
        for (int k = 0; k < (s->fine ? 4 : 2); k++) {
            const double factor = s->fine ? fourth[k] / (12 * STEP) : at[k] / (2 * STEP);
            double phi, phi_T;
            FEMD_TRY(femd_phonons_beat(beat, 0, err));
            s->at[i] = s->x[i] + at[k] * STEP;
            FEMD_TRY(femd_phonons_sample(phonons, s->rve, s->place, s->at, err));
            s->at[i] = s->x[i];
            femd_phonons_contract(phonons, &phi, &phi_T);
            s->g[i] += factor * phi;
            s->g_T[i] += factor * phi_T;
        }
    return FEMD_OK;
}

femd_status femd_phonons_gradient(femd_phonons *phonons, femd_rve *rve, const femd_place *place, const double *x,
                                  int fine, const femd_beat *beat, double *g, double *g_T, femd_error *err) {
    const size_t n3 = (size_t)phonons->n3;
    if (!phonons->probe) phonons->probe = malloc(5 * n3 * sizeof *phonons->probe);
    if (!phonons->probe) return femd_fail(err, FEMD_NO_MEMORY, "vibrations of %d atoms: out of memory", phonons->n);
    /* Eigenvectors of nearly equal eigenvalues turn at will, and the error of second order with them: it would not
     * cancel in differences. */
    const int always = phonons->kind == FEMD_PHONON_LOCAL || (phonons->kind == FEMD_PHONON_FULL && phonons->quantum);
    const site s = {.p = phonons,
                    .rve = rve,
                    .place = place,
                    .x = x,
                    .fine = fine || always,
                    .at = phonons->probe,
                    .u = phonons->probe + n3,
                    .f = phonons->probe + 2 * n3,
                    .sum = phonons->probe + 3 * n3,
                    .rest = phonons->probe + 4 * n3,
                    .g = g,
                    .g_T = g_T};
    double W;
    FEMD_TRY(femd_energetics_forces(rve->en, rve->nb, place->h, x, &W, s.rest, NULL, err));
    memset(g, 0, n3 * sizeof *g);
    memset(g_T, 0, n3 * sizeof *g_T);
    if (phonons->kind == FEMD_PHONON_MESH)
        FEMD_TRY(phonon_gradient_from_samples(&s, beat, err));
    else if (phonons->kind == FEMD_PHONON_FULL && !phonons->quantum)
        FEMD_TRY(phonon_gradient_from_factor(&s, beat, err));
    else
        FEMD_TRY(phonon_gradient_from_modes(&s, beat, err));
    femd_gauge_remove(&phonons->gauge, g);
    femd_gauge_remove(&phonons->gauge, g_T);
    return FEMD_OK;
}
