/* Harmonic vibrations: one mode, and what full and local spectra share. Owns the thermodynamics of a mode and the storage;
 * the spectra are in phonon_full.c and phonon_local.c. */
#include "phonon.h"

#include <math.h>
#include <stdlib.h>

#include "dense.h"

const double femd_phonon_k = FEMD_BOLTZMANN / FEMD_ELEMENTARY_CHARGE;
/* hbar sqrt(eV/(angstrom^2 u)) / eV: sqrt(1.602176634e-19 1e20 / 1.66053906660e-27) = 9.822694750e13 per second */
const double femd_phonon_hbar = FEMD_PLANCK_REDUCED / FEMD_ELEMENTARY_CHARGE * 98226947502532.77;

void femd_mode_thermo(int quantum, double T, double lambda, femd_mode *m) {
    const double kT = femd_phonon_k * T, energy = femd_phonon_hbar * sqrt(lambda);
    if (!quantum) {
        m->f = T > 0 ? kT * log(energy / kT) : 0;
        m->u = kT;
        m->c = femd_phonon_k;
    } else if (!(T > 0) || energy > 700 * kT) {
        m->f = m->u = 0.5 * energy;
        m->c = 0;
    } else {
        const double x = energy / kT, less = -expm1(-x), q = exp(-x); /* occupation = q/less */
        m->f = 0.5 * energy + kT * log(less);
        m->u = energy * (0.5 + q / less);
        m->c = femd_phonon_k * x * x * q / (less * less);
    }
    m->slope = 0.5 * m->u / lambda;
    m->slope_T = 0.5 * m->c / lambda;
    m->curve = -0.25 * (m->u + T * m->c) / (lambda * lambda);
}

double femd_mode_divided(double la, const femd_mode *a, double lb, const femd_mode *b) {
    if (fabs(la - lb) < 1e-5 * (la + lb)) return 0.5 * (a->curve + b->curve);
    return (a->slope - b->slope) / (la - lb);
}

static femd_status reserve(femd_phonons *p, femd_error *err) {
    const size_t n3 = (size_t)p->n3;
    p->size = p->local ? 3 * n3 : n3 * n3;
    p->root = malloc((size_t)p->n * sizeof(double));
    p->a = malloc(p->size * sizeof(double));
    p->base = malloc(p->size * sizeof(double));
    p->slope_T = malloc(p->size * sizeof(double));
    p->lambda = malloc(n3 * sizeof(double));
    p->mode = malloc(n3 * sizeof(femd_mode));
    if (p->quantum) p->slope = malloc(p->size * sizeof(double));
    if (p->quantum && !p->local) p->work = malloc(p->size * sizeof(double));
    if (p->root && p->a && p->base && p->slope_T && p->lambda && p->mode && (!p->quantum || (p->slope && (p->local || p->work))))
        return FEMD_OK;
    return femd_fail(err, FEMD_NO_MEMORY, "vibrations of %d atoms: out of memory", p->n);
}

femd_status femd_phonons_create(const femd_native *n, int local, int quantum, femd_phonons *p, femd_error *err) {
    memset(p, 0, sizeof *p);
    p->local = local;
    p->quantum = quantum;
    p->n = n->rve.n;
    p->n3 = 3 * n->rve.n;
    if (!local && p->n > FEMD_PHONON_ATOMS_MAX)
        return femd_fail(err, FEMD_LIMIT, "quasiharmonic: %d atoms; the full Hessian is for up to %d, use \"local-harmonic\" above",
                         p->n, FEMD_PHONON_ATOMS_MAX);
    if (!local && p->n < 2) return femd_fail(err, FEMD_BAD_INPUT, "quasiharmonic: one atom has no vibration; repeat the cell");
    const femd_status rc = reserve(p, err);
    if (rc != FEMD_OK) {
        femd_phonons_clear(p);
        return rc;
    }
    for (int i = 0; i < p->n; i++) {
        const double mass = femd_native_mass(n, i);
        if (!(mass > 0)) {
            femd_phonons_clear(p);
            return femd_fail(err, FEMD_BAD_INPUT, "the mass of %s is not known; give structure.masses",
                             n->structure.name[n->structure.species[i]]);
        }
        p->root[i] = 1 / sqrt(mass);
    }
    return FEMD_OK;
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
    free(p->work);
    memset(p, 0, sizeof *p);
}

femd_status femd_phonons_sample(femd_phonons *p, femd_rve *rve, const femd_place *place, const double *x, femd_error *err) {
    const size_t n3 = (size_t)p->n3;
    if (p->local) {
        FEMD_TRY(femd_phonons_onsite(rve, place, x, p->a, err));
        for (size_t i = 0; i < n3 * 3; i++) p->a[i] *= p->root[i / 9] * p->root[i / 9];
        return FEMD_OK;
    }
    FEMD_TRY(femd_energetics_hessian(rve->en, rve->nb, place->h, x, p->a, NULL, NULL, err));
    for (size_t i = 0; i < n3; i++) {
        const double root = p->root[i / 3];
        double *row = p->a + i * n3;
        for (size_t j = 0; j < (size_t)p->n; j++) {
            const double factor = root * p->root[j];
            row[3 * j] *= factor;
            row[3 * j + 1] *= factor;
            row[3 * j + 2] *= factor;
        }
    }
    return FEMD_OK;
}

femd_status femd_phonons_base(femd_phonons *p, double T, femd_error *err) {
    p->T = T;
    return p->local ? femd_phonons_local_base(p, err) : femd_phonons_full_base(p, err);
}

/* Four partial sums: a fixed order, and not one long chain of additions. */
static double contract(size_t size, const double *a, const double *b) {
    double s[4] = {0, 0, 0, 0};
    size_t i = 0;
    for (; i + 4 <= size; i += 4)
        for (size_t k = 0; k < 4; k++) s[k] += a[i + k] * b[i + k];
    for (; i < size; i++) s[0] += a[i] * b[i];
    return (s[0] + s[1]) + (s[2] + s[3]);
}

void femd_phonons_contract(const femd_phonons *p, double *phi, double *phi_T) {
    *phi_T = contract(p->size, p->slope_T, p->a);
    *phi = p->slope ? contract(p->size, p->slope, p->a) : p->T * *phi_T;
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
    if (p->local)
        femd_phonons_local_quadratic(p, K);
    else
        femd_phonons_full_quadratic(p, K);
    for (int a = 0; a < 6; a++)
        for (int b = 0; b < a; b++) K[6 * a + b] = K[6 * b + a];
}
