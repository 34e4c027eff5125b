/* Harmonic vibrations: what full and local spectra share. Owns the storage; the thermodynamics of a mode is in
 * phonon_mode.c, the spectra are in phonon_full.c and phonon_blocks.c. */
#include "vibrations/phonon.h"

#include <math.h>
#include <stdlib.h>

#include "numerics/dense.h"

/* Eigenvectors are found unless a factor does. */
static int phonon_has_spectrum(const femd_phonons *p) {
    return p->quantum || p->kind != FEMD_PHONON_FULL;
}

static femd_status phonon_reserve(femd_phonons *p, femd_error *err) {
    const size_t edge = (size_t)p->edge, modes = (size_t)p->blocks * edge;
    p->size = modes * edge;
    p->root = malloc((size_t)p->n * sizeof(double));
    p->a = malloc(p->size * sizeof(double));
    p->base = malloc(p->size * sizeof(double));
    p->slope_T = malloc(p->size * sizeof(double));
    int all = p->root && p->a && p->base && p->slope_T;
    if (p->quantum) all = all && (p->slope = malloc(p->size * sizeof(double)));
    if (phonon_has_spectrum(p)) {
        p->lambda = malloc(modes * sizeof(double));
        p->mode = malloc(modes * sizeof(femd_mode));
        p->work = malloc(edge * edge * sizeof(double));
        if (!p->weight) {
            p->weight = malloc((size_t)p->blocks * sizeof(double));
            for (int b = 0; p->weight && b < p->blocks; b++) p->weight[b] = 1;
        }
        all = all && p->lambda && p->mode && p->work && p->weight;
    }
    return all ? FEMD_OK : femd_fail(err, FEMD_NO_MEMORY, "vibrations of %d atoms: out of memory", p->n);
}

static femd_status phonon_set_up(const femd_native *n, const int mesh[3], femd_phonons *p, femd_error *err) {
    if (p->kind == FEMD_PHONON_FULL && p->n > FEMD_PHONON_ATOMS_MAX)
        return femd_fail(err, FEMD_LIMIT,
                         "quasiharmonic: %d atoms; the full Hessian is for up to %d, use \"local-harmonic\" above",
                         p->n, FEMD_PHONON_ATOMS_MAX);
    if (p->kind == FEMD_PHONON_FULL && p->n < 2)
        return femd_fail(err, FEMD_BAD_INPUT,
                         "quasiharmonic: one atom has no vibration; repeat the cell or give a mesh");
    p->blocks = p->kind == FEMD_PHONON_LOCAL ? p->n : p->kind == FEMD_PHONON_FULL;
    p->edge = p->kind == FEMD_PHONON_LOCAL ? 3 : p->n3;
    if (p->kind == FEMD_PHONON_MESH) FEMD_TRY(femd_phonons_mesh_create(p, n, mesh, err));
    FEMD_TRY(phonon_reserve(p, err));
    for (int i = 0; i < p->n; i++) {
        const double mass = femd_native_mass(n, i);
        if (!(mass > 0))
            return femd_fail(err, FEMD_BAD_INPUT, "the mass of %s is not known; give structure.masses",
                             n->structure.name[n->structure.species[i]]);
        p->root[i] = 1 / sqrt(mass);
    }
    return FEMD_OK;
}

femd_status femd_phonons_create(const femd_native *n, femd_phonon_kind kind, int quantum, const int mesh[3],
                                femd_phonons *p, femd_error *err) {
    memset(p, 0, sizeof *p);
    p->kind = kind;
    p->quantum = quantum;
    p->gauge = n->rve.gauge;
    p->n = n->rve.n;
    p->n3 = 3 * n->rve.n;
    const femd_status rc = phonon_set_up(n, mesh, p, err);
    if (rc != FEMD_OK) femd_phonons_clear(p);
    return rc;
}

void femd_phonons_clear(femd_phonons *p) {
    free(p->root);
    free(p->a);
    free(p->base);
    free(p->slope);
    free(p->slope_T);
    free(p->rate);
    free(p->lambda);
    free(p->mode);
    free(p->weight);
    free(p->work);
    free(p->phase);
    free(p->probe);
    femd_rve_clear(&p->crystal);
    memset(p, 0, sizeof *p);
}

/* Coordinate i of a block (its rows are those of three or of all atoms, once or, in a mesh, twice) is one of this atom.
 */
static double phonon_root_of(const femd_phonons *p, size_t block, size_t i) {
    return p->root[p->kind == FEMD_PHONON_LOCAL ? block : i % (size_t)p->n3 / 3];
}

static femd_status phonon_sample_sites(femd_phonons *p, femd_rve *rve, const femd_place *place, const double *x,
                                       femd_error *err) {
    const femd_status rc = femd_energetics_onsite(rve->en, rve->nb, place->h, x, p->a, err);
    if (rc == FEMD_LIMIT) femd_error_prefix(err, "local-harmonic");
    return rc;
}

femd_status femd_phonons_sample(femd_phonons *p, femd_rve *rve, const femd_place *place, const double *x,
                                femd_error *err) {
    const size_t edge = (size_t)p->edge;
    if (p->kind == FEMD_PHONON_LOCAL) FEMD_TRY(phonon_sample_sites(p, rve, place, x, err));
    if (p->kind == FEMD_PHONON_MESH) FEMD_TRY(femd_phonons_mesh_sample(p, place, x, err));
    if (p->kind == FEMD_PHONON_FULL)
        FEMD_TRY(femd_energetics_hessian(rve->en, rve->nb, place->h, x, p->a, NULL, NULL, err));
    for (size_t b = 0; b < (size_t)p->blocks; b++)
        for (size_t i = 0; i < edge; i++) {
            const double root = phonon_root_of(p, b, i);
            double *row = p->a + (b * edge + i) * edge;
            for (size_t j = 0; j < edge; j += 3) { /* by atoms */
                const double factor = root * phonon_root_of(p, b, j);
                for (size_t c = 0; c < 3; c++) row[j + c] *= factor;
            }
        }
    return FEMD_OK;
}

femd_status femd_phonons_base(femd_phonons *p, double T, femd_error *err) {
    p->T = T;
    return phonon_has_spectrum(p) ? femd_phonons_blocks_base(p, err) : femd_phonons_full_base(p, err);
}

/* Four partial sums: a fixed order, and not one long chain of additions. */
static double phonon_contract(size_t size, const double *a, const double *b) {
    double s[4] = {0, 0, 0, 0};
    size_t i = 0;
    for (; i + 4 <= size; i += 4)
        for (size_t k = 0; k < 4; k++) s[k] += a[i + k] * b[i + k];
    for (; i < size; i++) s[0] += a[i] * b[i];
    return (s[0] + s[1]) + (s[2] + s[3]);
}

void femd_phonons_contract(const femd_phonons *p, double *phi, double *phi_T) {
    *phi_T = phonon_contract(p->size, p->slope_T, p->a);
    *phi = p->slope ? phonon_contract(p->size, p->slope, p->a) : p->T * *phi_T;
}

femd_status femd_phonons_rates_zero(femd_phonons *p, femd_error *err) {
    if (!p->rate) p->rate = malloc(6 * p->size * sizeof(double));
    if (!p->rate) return femd_fail(err, FEMD_NO_MEMORY, "vibrations of %d atoms: out of memory", p->n);
    memset(p->rate, 0, 6 * p->size * sizeof(double));
    return FEMD_OK;
}

void femd_phonons_rates_add(femd_phonons *p, int direction, double factor) {
    double *rate = p->rate + (size_t)direction * p->size;
    for (size_t i = 0; i < p->size; i++) rate[i] += factor * p->a[i];
}

void femd_phonons_quadratic(femd_phonons *p, double K[36]) {
    if (phonon_has_spectrum(p))
        femd_phonons_blocks_quadratic(p, K);
    else
        femd_phonons_full_quadratic(p, K);
    for (int a = 0; a < 6; a++)
        for (int b = 0; b < a; b++) K[6 * a + b] = K[6 * b + a];
}
