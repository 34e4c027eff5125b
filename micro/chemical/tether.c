/* See tether.h. */
#include "chemical/tether.h"

#include <math.h>
#include <stdlib.h>

#include "vibrations/displacements.h"

enum { DRAWS = 32 };

femd_status femd_tether_create(const femd_native *native, femd_tether *tether, femd_error *err) {
    static const int mesh[3] = {1, 1, 1};
    const size_t n3 = 3 * (size_t)native->rve.n;
    FEMD_TRY(femd_phonons_create(native, FEMD_PHONON_FULL, 0, mesh, &tether->phonons, err));
    tether->u = malloc(2 * n3 * sizeof *tether->u);
    if (!tether->u) return femd_fail(err, FEMD_NO_MEMORY, "a harmonic crystal: out of memory");
    tether->f = tether->u + n3;
    return FEMD_OK;
}

void femd_tether_clear(femd_tether *tether) {
    femd_phonons_clear(&tether->phonons);
    free(tether->u);
    tether->u = NULL;
}

static void tether_take_masses_out(femd_phonons *phonons) {
    const size_t n3 = (size_t)phonons->n3;
    for (size_t i = 0; i < n3; i++)
        for (size_t j = 0; j < n3; j++) phonons->a[i * n3 + j] /= phonons->root[i / 3] * phonons->root[j / 3];
}

femd_status femd_tether_stand(femd_tether *tether, const femd_native *native, const double *x, double T,
                              femd_error *err) {
    const femd_path *path = &native->path;
    femd_phonons *phonons = &tether->phonons;
    FEMD_TRY(femd_phonons_sample(phonons, path->rve, &path->place, x, err));
    FEMD_TRY(femd_phonons_base(phonons, T, err));
    tether_take_masses_out(phonons);
    tether->site = x;
    tether->W = path->last.W;
    tether->F = phonons->F;
    return FEMD_OK;
}

/* U_h of the displacements in u, which loses what the gauge holds; f = -dU_h/du. */
static double tether_pull(femd_tether *tether) {
    const femd_phonons *phonons = &tether->phonons;
    const size_t n3 = (size_t)phonons->n3;
    double *f = tether->f, work = 0;
    femd_gauge_remove(&phonons->gauge, tether->u);
    for (size_t i = 0; i < n3; i++) f[i] = 0;
    for (size_t j = 0; j < n3; j += 3) { /* by rows of a symmetric matrix: each sum in the order of j, however wide */
        const double *row = phonons->a + j * n3, *u = tether->u + j;
        for (size_t i = 0; i < n3; i++) f[i] -= row[i] * u[0] + row[n3 + i] * u[1] + row[2 * n3 + i] * u[2];
    }
    femd_gauge_remove(&phonons->gauge, f);
    for (size_t i = 0; i < n3; i++) work -= f[i] * tether->u[i];
    return tether->W + 0.5 * work;
}

/* U - U_h of the displacements that were drawn. */
static femd_status tether_gaps(femd_tether *tether, femd_rve *rve, const femd_place *place, const double *drawn,
                               double *x, double *gap, femd_error *err) {
    const size_t n3 = (size_t)tether->phonons.n3;
    for (int k = 0; k < DRAWS; k++) {
        double W;
        memcpy(tether->u, drawn + (size_t)k * n3, n3 * sizeof *tether->u);
        const double harmonic = tether_pull(tether);
        for (size_t i = 0; i < n3; i++) x[i] = tether->site[i] + tether->u[i];
        FEMD_TRY(femd_energetics_forces(rve->en, rve->nb, place->h, x, &W, NULL, NULL, err));
        gap[k] = W - harmonic;
    }
    return FEMD_OK;
}

femd_status femd_tether_spread(femd_tether *tether, femd_rve *rve, const femd_place *place, double *spread,
                               femd_error *err) {
    const size_t n3 = (size_t)tether->phonons.n3;
    double gap[DRAWS], mean = 0, square = 0, *z = malloc((2 * DRAWS + 1) * n3 * sizeof *z);
    if (!z) return femd_fail(err, FEMD_NO_MEMORY, "a harmonic crystal: out of memory");
    double *drawn = z + DRAWS * n3, *x = drawn + DRAWS * n3;
    femd_displacements_draw(n3, DRAWS, z);
    femd_displacements_make(&tether->phonons, DRAWS, z, drawn);
    const femd_status rc = tether_gaps(tether, rve, place, drawn, x, gap, err);
    free(z);
    FEMD_TRY(rc);
    for (int k = 0; k < DRAWS; k++) mean += gap[k] / DRAWS;
    for (int k = 0; k < DRAWS; k++) square += (gap[k] - mean) * (gap[k] - mean) / (DRAWS - 1);
    *spread = sqrt(square);
    return FEMD_OK;
}

void femd_tether_bend(void *user, femd_dynamics *d) {
    femd_tether *tether = user;
    const size_t n3 = (size_t)tether->phonons.n3;
    const double lambda = tether->lambda;
    for (size_t i = 0; i < n3; i++) tether->u[i] = d->x[i] - tether->site[i];
    const double harmonic = tether_pull(tether);
    tether->gap = d->W - harmonic;
    d->W = harmonic + lambda * tether->gap;
    for (size_t i = 0; i < n3; i++) d->f[i] = lambda * d->f[i] + (1 - lambda) * tether->f[i];
}
