/* Harmonic vibrations: what full and local spectra share. Owns the storage; the thermodynamics of a mode is in
 * phonon_mode.c, the spectra are in phonon_full.c and phonon_blocks.c. */
#include "vibrations/phonon.h"

#include <math.h>
#include <stdlib.h>

#include "numerics/dense.h"

/* Eigenvectors are found unless a factor does. */
static int phonon_has_spectrum(const femd_phonons *phonons) {
    return phonons->quantum || phonons->kind != FEMD_PHONON_FULL;
}

static femd_status phonon_reserve(femd_phonons *phonons, femd_error *err) {
    const size_t edge = (size_t)phonons->edge, modes = (size_t)phonons->blocks * edge;
    phonons->size = modes * edge;
    phonons->root = malloc((size_t)phonons->n * sizeof(double));
    phonons->a = malloc(phonons->size * sizeof(double));
    phonons->base = malloc(phonons->size * sizeof(double));
    phonons->slope_T = malloc(phonons->size * sizeof(double));
    int all = phonons->root && phonons->a && phonons->base && phonons->slope_T;
    if (phonons->quantum) all = all && (phonons->slope = malloc(phonons->size * sizeof(double)));
    if (phonon_has_spectrum(phonons)) {
        phonons->lambda = malloc(modes * sizeof(double));
        phonons->mode = malloc(modes * sizeof(femd_mode));
        phonons->work = malloc(edge * edge * sizeof(double));
        if (!phonons->weight) {
            phonons->weight = malloc((size_t)phonons->blocks * sizeof(double));
            for (int b = 0; phonons->weight && b < phonons->blocks; b++) phonons->weight[b] = 1;
        }
        all = all && phonons->lambda && phonons->mode && phonons->work && phonons->weight;
    }
    return all ? FEMD_OK : femd_fail(err, FEMD_NO_MEMORY, "vibrations of %d atoms: out of memory", phonons->n);
}

static femd_status phonon_set_up(const femd_native *native, const int mesh[3], femd_phonons *phonons, femd_error *err) {
    if (phonons->kind == FEMD_PHONON_FULL && phonons->n > FEMD_PHONON_ATOMS_MAX)
        return femd_fail(err, FEMD_LIMIT,
                         "quasiharmonic: %d atoms; the full Hessian is for up to %d, use \"local-harmonic\" above",
                         phonons->n, FEMD_PHONON_ATOMS_MAX);
    const int alone = phonons->kind == FEMD_PHONON_MESH && mesh[0] * mesh[1] * mesh[2] == 1;
    if ((phonons->kind == FEMD_PHONON_FULL || alone) && phonons->n < 2)
        return femd_fail(err, FEMD_BAD_INPUT,
                         "quasiharmonic: one atom has no vibration; repeat the cell or give a mesh of several cells");
    if (phonons->kind == FEMD_PHONON_LOCAL && phonons->n < 2)
        return femd_fail(
            err, FEMD_BAD_INPUT,
            "local-harmonic: one atom moves with all its images and vibrates against none; repeat the cell");
    phonons->blocks = phonons->kind == FEMD_PHONON_LOCAL ? phonons->n : phonons->kind == FEMD_PHONON_FULL;
    phonons->edge = phonons->kind == FEMD_PHONON_LOCAL ? 3 : phonons->n3;
    if (phonons->kind == FEMD_PHONON_MESH) FEMD_TRY(femd_phonons_mesh_create(phonons, native, mesh, err));
    FEMD_TRY(phonon_reserve(phonons, err));
    for (int i = 0; i < phonons->n; i++) {
        const double mass = femd_native_mass(native, i);
        if (!(mass > 0))
            return femd_fail(err, FEMD_BAD_INPUT, "the mass of %s is not known; give structure.masses",
                             native->structure.name[native->structure.species[i]]);
        phonons->root[i] = 1 / sqrt(mass);
    }
    return FEMD_OK;
}

femd_status femd_phonons_create(const femd_native *native, femd_phonon_kind kind, int quantum, const int mesh[3],
                                femd_phonons *phonons, femd_error *err) {
    memset(phonons, 0, sizeof *phonons);
    phonons->kind = kind;
    phonons->quantum = quantum;
    phonons->gauge = native->rve.gauge;
    phonons->gauge.boundary = NULL; /* which holds mean positions: all atoms vibrate */
    phonons->n = native->rve.n;
    phonons->n3 = 3 * native->rve.n;
    const femd_status rc = phonon_set_up(native, mesh, phonons, err);
    if (rc != FEMD_OK) femd_phonons_clear(phonons);
    return rc;
}

void femd_phonons_clear(femd_phonons *phonons) {
    free(phonons->root);
    free(phonons->a);
    free(phonons->base);
    free(phonons->slope);
    free(phonons->slope_T);
    free(phonons->rate);
    free(phonons->lambda);
    free(phonons->mode);
    free(phonons->weight);
    free(phonons->work);
    free(phonons->phase);
    free(phonons->probe);
    femd_rve_clear(&phonons->crystal);
    memset(phonons, 0, sizeof *phonons);
}

/* Coordinate i of a block (its rows are those of three or of all atoms, once or, in a mesh, twice) is one of this atom.
 */
static double phonon_root_of(const femd_phonons *phonons, size_t block, size_t i) {
    return phonons->root[phonons->kind == FEMD_PHONON_LOCAL ? block : i % (size_t)phonons->n3 / 3];
}

static femd_status phonon_sample_sites(femd_phonons *phonons, femd_rve *rve, const femd_place *place, const double *x,
                                       femd_error *err) {
    const femd_status rc = femd_energetics_onsite(rve->en, rve->nb, place->h, x, phonons->a, err);
    if (rc == FEMD_LIMIT) femd_error_prefix(err, "local-harmonic");
    return rc;
}

femd_status femd_phonons_sample(femd_phonons *phonons, femd_rve *rve, const femd_place *place, const double *x,
                                femd_error *err) {
    const size_t edge = (size_t)phonons->edge;
    if (rve->loose && rve->loose->more.count > 0) {
        char words[FEMD_LOOSE_WORDS];
        femd_loose_tell(rve->loose, words);
        return femd_fail(err, FEMD_INSTABILITY, "there are no vibrations to count: %s", words);
    }
    if (phonons->kind == FEMD_PHONON_LOCAL) FEMD_TRY(phonon_sample_sites(phonons, rve, place, x, err));
    if (phonons->kind == FEMD_PHONON_MESH) FEMD_TRY(femd_phonons_mesh_sample(phonons, place, x, err));
    if (phonons->kind == FEMD_PHONON_FULL)
        FEMD_TRY(femd_energetics_hessian(rve->en, rve->nb, place->h, x, phonons->a, NULL, NULL, err));
    for (size_t b = 0; b < (size_t)phonons->blocks; b++)
        for (size_t i = 0; i < edge; i++) {
            const double root = phonon_root_of(phonons, b, i);
            double *row = phonons->a + (b * edge + i) * edge;
            for (size_t j = 0; j < edge; j += 3) { /* by atoms */
                const double factor = root * phonon_root_of(phonons, b, j);
                for (size_t c = 0; c < 3; c++) row[j + c] *= factor;
            }
        }
    return FEMD_OK;
}

femd_status femd_phonons_base(femd_phonons *phonons, double T, femd_error *err) {
    phonons->T = T;
    return phonon_has_spectrum(phonons) ? femd_phonons_blocks_base(phonons, err) : femd_phonons_full_base(phonons, err);
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

void femd_phonons_contract(const femd_phonons *phonons, double *phi, double *phi_T) {
    *phi_T = phonon_contract(phonons->size, phonons->slope_T, phonons->a);
    *phi = phonons->slope ? phonon_contract(phonons->size, phonons->slope, phonons->a) : phonons->T * *phi_T;
}

femd_status femd_phonons_rates_zero(femd_phonons *phonons, femd_error *err) {
    if (!phonons->rate) phonons->rate = malloc(6 * phonons->size * sizeof(double));
    if (!phonons->rate) return femd_fail(err, FEMD_NO_MEMORY, "vibrations of %d atoms: out of memory", phonons->n);
    memset(phonons->rate, 0, 6 * phonons->size * sizeof(double));
    return FEMD_OK;
}

void femd_phonons_rates_add(femd_phonons *phonons, int direction, double factor) {
    double *rate = phonons->rate + (size_t)direction * phonons->size;
    for (size_t i = 0; i < phonons->size; i++) rate[i] += factor * phonons->a[i];
}

void femd_phonons_quadratic(femd_phonons *phonons, double K[36]) {
    if (phonon_has_spectrum(phonons))
        femd_phonons_blocks_quadratic(phonons, K);
    else
        femd_phonons_full_quadratic(phonons, K);
    for (int a = 0; a < 6; a++)
        for (int b = 0; b < a; b++) K[6 * a + b] = K[6 * b + a];
}
