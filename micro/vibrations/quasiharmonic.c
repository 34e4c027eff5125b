/* Methods `quasiharmonic` and `local-harmonic`: psi(E,T) = [W(E) + F_vib(A(E), T)] / V0 along the path of
 * configurations relaxed at 0 K, or (internal "T") of those that minimise psi itself: then W + F carry the terms of the
 * dead load that warm_atoms.h holds on the atoms.
 *
 * Owns the differences over strain. With A the mass-weighted Hessian of the relaxed RVE and phi(E) = <f'(A0), A(E)>,
 * f'(A0) fixed,
 *
 *   dF/dE_a = dphi/dE_a,     d2F/dE_a dE_b = d2phi/dE_a dE_b + sum_ij f[li, lj] (dA/dE_a)_ij (dA/dE_b)_ij    (phonon.h)
 *
 * so that one decomposition serves all strained configurations, and what is differenced is a Hessian (smooth) and no
 * logarithm, at the strains of strain_differences.h. Each configuration is relaxed anew from w + (dw/dE) dE by steps
 * with the one Hessian. The spectra are phonon.h's. The derivatives by half the step are the answer's own doubt:
 * roughness.h.
 *
 * Under the boundary condition kubc the path is that of statics there: mean positions are held, and all atoms vibrate.
 */
#include <math.h>
#include <stdlib.h>

#include "numerics/dense.h"
#include "rve/method.h"
#include "vibrations/anharmonicity.h"
#include "vibrations/averaged.h"
#include "vibrations/roughness.h"
#include "vibrations/strain_differences.h"
#include "vibrations/warm_atoms.h"

static const double STEP = 2e-3;             /* default h, */
static const double STEP_AVERAGED = 3e-3;    /* and where force constants are averages */
static const double FORCE_TOLERANCE = 1e-11; /* eV/angstrom, of a strained configuration */
enum { AXIAL = FEMD_STRAINS_AXIAL, FIRST = FEMD_STRAINS_FIRST, ALL = FEMD_STRAINS_ALL };

typedef struct quasi {
    femd_phonons phonons;
    double step;
    double *x;                      /* ALL x n3: strained configurations */
    double *f, *z, *load;           /* n3 each */
    double work[ALL];               /* eV: of the dead load, at each of them */
    femd_warm *warm;                /* internal "T"; else NULL */
    femd_averaged *averaged;        /* force constants "thermal"; else NULL */
    femd_anharmonicity *anharmonic; /* of the whole Hessian at rest; else NULL */
    double W, F, U, C;              /* of the last strain: eV, eV, eV, eV/K */
    double dSdT[6];                 /* Pa/K */
    femd_unevenness uneven;
} quasi;

static void harmonic_destroy(void **self) {
    quasi *s = *self;
    if (!s) return;
    femd_phonons_clear(&s->phonons);
    femd_warm_destroy(&s->warm);
    femd_averaged_destroy(&s->averaged);
    femd_anharmonicity_destroy(&s->anharmonic);
    free(s->x);
    free(s);
    *self = NULL;
}

/* `internal`: "T" needs the gradient of the free energy. */
static femd_status harmonic_create_warm(const femd_native *native, const cJSON *options, quasi *s, femd_error *err) {
    if (strcmp(femd_json_string(options, "internal", "0K"), "T") != 0) return FEMD_OK;
    if (native->rve.n > FEMD_PHONON_ATOMS_MAX)
        return femd_fail(err, FEMD_LIMIT, "internal \"T\": %d atoms; it is for up to %d, use \"0K\" above",
                         native->rve.n, FEMD_PHONON_ATOMS_MAX);
    return femd_warm_create(native->rve.n, &s->warm, err);
}

/* `force_constants`: 1 if they are averages over the vibrations. By themselves where second derivatives of the
 * potential jump all along, and where it can be done. */
static femd_status harmonic_is_averaged(const femd_native *native, const femd_json *doc, const cJSON *options,
                                        femd_phonon_kind kind, int *averaged, femd_error *err) {
    const char *asked = femd_json_string(options, "force_constants", "auto");
    const int can = kind == FEMD_PHONON_FULL && native->rve.n <= FEMD_PHONON_ATOMS_MAX;
    *averaged = strcmp(asked, "thermal") == 0 ||
                (strcmp(asked, "auto") == 0 && can && femd_potential_is_stepped(native->potential));
    if (!*averaged || can) return FEMD_OK;
    return femd_json_fail(doc, femd_json_get(options, "force_constants"), err,
                          "\"thermal\" is for the vibrations of an RVE of up to %d atoms, without a mesh",
                          FEMD_PHONON_ATOMS_MAX);
}

/* A boundary condition holds the mean positions that are those at rest; how it holds others is not known here. */
static femd_status harmonic_check_boundary(const femd_native *native, const femd_json *doc, const cJSON *options,
                                           int averaged, femd_error *err) {
    const int warm = strcmp(femd_json_string(options, "internal", "0K"), "T") == 0;
    if (!native->rve.boundary || (!averaged && !warm)) return FEMD_OK;
    return femd_json_fail(doc, options ? options : femd_json_get(doc->root, "method"), err,
                          "under the boundary condition \"%s\" vibrations are counted around the atoms at rest, and %s",
                          femd_boundary_name(native->rve.boundary),
                          averaged ? "\"force_constants\": \"thermal\" (which this potential needs, if it is not asked "
                                     "for) moves them"
                                   : "\"internal\": \"T\" moves them");
}

/* What the options ask for beside the vibrations of atoms at rest. */
static femd_status harmonic_create_more(const femd_native *native, const femd_json *doc, const cJSON *options, quasi *s,
                                        femd_error *err) {
    int averaged;
    FEMD_TRY(harmonic_is_averaged(native, doc, options, s->phonons.kind, &averaged, err));
    FEMD_TRY(harmonic_check_boundary(native, doc, options, averaged, err));
    if (averaged) {
        s->step = femd_json_number(options, "step", STEP_AVERAGED);
        return femd_averaged_create(native->rve.n, &s->averaged, err);
    }
    if (s->phonons.kind == FEMD_PHONON_FULL) FEMD_TRY(femd_anharmonicity_create(native->rve.n, &s->anharmonic, err));
    return harmonic_create_warm(native, options, s, err);
}

static femd_status harmonic_create(femd_native *native, const femd_json *doc, int local, void **self, femd_error *err) {
    const cJSON *options = femd_json_get(doc->root, local ? "local-harmonic" : "quasiharmonic");
    const size_t n3 = 3 * (size_t)native->rve.n;
    quasi *s = calloc(1, sizeof *s);
    if (!s) return femd_fail(err, FEMD_NO_MEMORY, "vibrations: out of memory");
    femd_phonon_kind kind = local ? FEMD_PHONON_LOCAL : FEMD_PHONON_FULL;
    int mesh[3] = {1, 1, 1};
    const cJSON *asked = femd_json_get(options, "mesh");
    if (asked) {
        kind = FEMD_PHONON_MESH;
        for (int c = 0; c < 3; c++) mesh[c] = cJSON_GetArrayItem(asked, c)->valueint;
    }
    const int quantum = strcmp(femd_json_string(options, "statistics", "classical"), "quantum") == 0;
    s->step = femd_json_number(options, "step", STEP);
    femd_status rc = femd_phonons_create(native, kind, quantum, mesh, &s->phonons, err);
    if (rc == FEMD_OK) {
        s->x = malloc((ALL + 3) * n3 * sizeof *s->x);
        if (!s->x) rc = femd_fail(err, FEMD_NO_MEMORY, "vibrations of %d atoms: out of memory", native->rve.n);
    }
    if (rc == FEMD_OK) rc = harmonic_create_more(native, doc, options, s, err);
    *self = s;
    if (rc != FEMD_OK) {
        harmonic_destroy(self);
        return rc;
    }
    s->f = s->x + ALL * n3;
    s->z = s->f + n3;
    s->load = s->z + n3;
    return FEMD_OK;
}

static femd_status harmonic_create_full(femd_native *native, const femd_json *doc, void **self, femd_error *err) {
    return harmonic_create(native, doc, 0, self, err);
}

static femd_status harmonic_create_local(femd_native *native, const femd_json *doc, void **self, femd_error *err) {
    return harmonic_create(native, doc, 1, self, err);
}

static femd_origin harmonic_origin_of(const quasi *s, const femd_path *path) {
    if (!s->warm) return (femd_origin){.w = path->w, .G = path->G};
    return (femd_origin){.w = s->warm->w, .G = s->warm->G, .dead = s->warm->dead};
}

/* Relax configuration k near the origin with the relaxer's Hessian, which stays that of the origin, and with the dead
 * load of the origin, whose potential is then taken down. */
static femd_status harmonic_relax_near(quasi *s, femd_path *path, int k, femd_error *err) {
    femd_rve *rve = path->rve;
    const int n3 = 3 * rve->n;
    const femd_origin from = harmonic_origin_of(s, path);
    double at[6], *x = s->x + (size_t)k * (size_t)n3, *w = s->z;
    femd_place place;
    int reached;
    femd_strains_at(path->E, s->step, k, at);
    FEMD_TRY(femd_place_set(rve, at, &place, err));
    for (int i = 0; i < n3; i++) {
        w[i] = from.w[i];
        for (int c = 0; c < 6; c++) w[i] += from.G[(size_t)c * (size_t)n3 + (size_t)i] * (at[c] - path->E[c]);
    }
    femd_place_atoms(rve, &place, w, x);
    for (int i = 0; from.dead && i < n3; i += 3)
        for (int c = 0; c < 3; c++)
            s->load[i + c] = place.A[3 * c] * from.dead[i] + place.A[3 * c + 1] * from.dead[i + 1] +
                             place.A[3 * c + 2] * from.dead[i + 2];
    const double tolerance = fmax(FORCE_TOLERANCE, 2 * femd_relaxer_settings(path->relaxer)->force_tolerance);
    FEMD_TRY(femd_warm_chord(path->relaxer, rve, &place, from.dead ? s->load : NULL, tolerance, x, s->f, s->z, &reached,
                             err));
    if (!reached)
        return femd_fail(
            err, FEMD_INSTABILITY,
            "the configuration cannot be followed over strains of %g: too near the end of its branch for vibrations",
            2 * s->step);
    s->work[k] = 0;
    if (!from.dead) return FEMD_OK;
    femd_place_displacements(rve, &place, x, w);
    for (int i = 0; i < n3; i++) s->work[k] += from.dead[i] * (w[i] - from.w[i]);
    return FEMD_OK;
}

/* phi and phi_T of all strained configurations, and the rates of A where wanted. Two sweeps: in an RVE without a factor
 * the relaxer solves with what was last sampled, which must be the origin until all configurations are relaxed. */
static femd_status harmonic_strained(quasi *s, femd_path *path, int rates, const femd_beat *beat, double *phi,
                                     double *phi_T, femd_error *err) {
    const int count = rates ? ALL : FIRST;
    static const double weight[4] = {8, -8, -1, 1};
    for (int k = 0; k < count; k++) {
        FEMD_TRY(femd_phonons_beat(beat, 0.5 * k / count, err));
        FEMD_TRY(harmonic_relax_near(s, path, k, err));
    }
    for (int k = 0; k < count; k++) {
        double at[6];
        femd_place place;
        femd_strains_at(path->E, s->step, k, at);
        FEMD_TRY(femd_phonons_beat(beat, 0.5 + 0.5 * k / count, err));
        FEMD_TRY(femd_place_set(path->rve, at, &place, err));
        FEMD_TRY(femd_phonons_sample(&s->phonons, path->rve, &place, s->x + (size_t)k * 3 * (size_t)path->rve->n, err));
        femd_phonons_contract(&s->phonons, &phi[k], &phi_T[k]);
        phi[k] -= s->work[k];
        if (s->anharmonic && k < 12 && k % 4 < 2) femd_anharmonicity_see(s->anharmonic, &s->phonons, k / 4, k % 4);
        if (rates && k < AXIAL) femd_phonons_rates_add(&s->phonons, k / 4, weight[k % 4] / (12 * s->step));
    }
    return FEMD_OK;
}

/* What harmonic vibrations around x0 leave out, from energies at the places where phi was taken. */
static femd_status harmonic_doubt(quasi *s, const femd_path *path, const double *x0, const double *phi, double phi0,
                                  const double thermal[6], femd_error *err) {
    double bare[12]; /* without the dead load's potential */
    if (!s->anharmonic) return FEMD_OK;
    for (int k = 0; k < 12; k++) bare[k] = phi[k] + s->work[k];
    return femd_anharmonicity_look(s->anharmonic, path->rve, path->E, x0, s->step, s->x, bare, phi0, thermal, err);
}

/* Add the vibrations around positions x0 of the path's strain to S and D. */
static femd_status harmonic_vibrate(quasi *s, femd_native *native, const femd_conditions *q, const double *x0,
                                    double S[6], double D[36], femd_error *err) {
    femd_path *path = &native->path;
    femd_phonons *phonons = &s->phonons;
    const double unit = FEMD_EV_PER_A3 / native->rve.V0;
    double phi[ALL], phi_T[ALL], phi0, phi0_T, first[6], second[36], quadratic[36];
    femd_unevenness *uneven = &s->uneven;
    FEMD_TRY(femd_phonons_sample(phonons, path->rve, &path->place, x0, err));
    FEMD_TRY(femd_phonons_base(phonons, q->temperature, err));
    s->F = phonons->F;
    s->U = phonons->U;
    s->C = phonons->C;
    femd_phonons_contract(phonons, &phi0, &phi0_T);
    if (s->anharmonic) femd_anharmonicity_begin(s->anharmonic, phonons);
    if (D) FEMD_TRY(femd_phonons_rates_zero(phonons, err));
    FEMD_TRY(harmonic_strained(s, path, D != NULL, q->beat, phi, phi_T, err));
    memset(uneven, 0, sizeof *uneven);
    femd_strains_first(phi, s->step, first, uneven->S);
    femd_strains_first(phi_T, s->step, s->dSdT, uneven->dSdT);
    for (int c = 0; c < 6; c++) {
        first[c] *= unit;
        S[c] += first[c];
        s->dSdT[c] *= unit;
        uneven->S[c] *= unit;
        uneven->dSdT[c] *= unit;
    }
    FEMD_TRY(harmonic_doubt(s, path, x0, phi, phi0, first, err));
    if (!D) return FEMD_OK;
    femd_strains_second(phi, phi0, s->step, second, uneven->D);
    femd_phonons_quadratic(phonons, quadratic);
    for (int k = 0; k < 36; k++) {
        D[k] += unit * (second[k] + quadratic[k]);
        uneven->D[k] *= unit;
    }
    return FEMD_OK;
}

/* Around the atoms that minimise the free energy. On entry the path stands relaxed at its strain. */
static femd_status harmonic_vibrate_warm(quasi *s, femd_native *native, const femd_conditions *q, double S[6],
                                         double D[36], femd_error *err) {
    femd_path *path = &native->path;
    femd_warm *warm = s->warm;
    const int dSdT = (q->wants & FEMD_WANT_THERMAL_STRESS) != 0, C = (q->wants & FEMD_WANT_HEAT_CAPACITY) != 0;
    FEMD_TRY(femd_warm_find(warm, &s->phonons, path, q->temperature, q->beat, D, err));
    femd_place_stress(path->rve, &path->place, warm->tau, S);
    s->W = warm->W;
    FEMD_TRY(harmonic_vibrate(s, native, q, warm->x, S, D, err));
    if (D || dSdT) FEMD_TRY(femd_warm_rates(warm, &s->phonons, path, s->step, s->x, q->temperature, q->beat, err));
    return femd_warm_correct(warm, &s->phonons, path, q->temperature, q->beat, D, dSdT ? s->dSdT : NULL,
                             C ? &s->C : NULL, err);
}

/* In the potential as the atoms feel it on the move. On entry the path stands relaxed at its strain, with dw/dE. */
static femd_status harmonic_average(quasi *s, femd_native *native, const femd_conditions *q, double S[6], double D[36],
                                    femd_error *err) {
    femd_averaged *averaged = s->averaged;
    FEMD_TRY(femd_averaged_strain(averaged, &s->phonons, native, q, s->step, S, D, err));
    s->W = 0; /* in F and U */
    s->F = averaged->F;
    s->U = averaged->U;
    s->C = averaged->C;
    memcpy(s->dSdT, averaged->dSdT, sizeof s->dSdT);
    s->uneven = averaged->uneven;
    return FEMD_OK;
}

static femd_status harmonic_strain(void *self, femd_native *native, const femd_conditions *q, const double E[6],
                                   double S[6], double D[36], femd_error *err) {
    quasi *s = self;
    femd_path *path = &native->path;
    if (!(q->temperature >= 0)) return femd_fail(err, FEMD_OUT_OF_DOMAIN, "a temperature of %g K", q->temperature);
    FEMD_TRY(femd_path_advance(path, E, q->beat, err));
    femd_place_stress(path->rve, &path->place, path->last.tau, S);
    FEMD_TRY(femd_condense_tangent(path->relaxer, path->rve, &path->place, q->beat, path->work, D, path->G, NULL, err));
    path->has_G = 1;
    s->W = path->last.W;
    if (s->averaged) return harmonic_average(s, native, q, S, D, err);
    return s->warm ? harmonic_vibrate_warm(s, native, q, S, D, err)
                   : harmonic_vibrate(s, native, q, path->x, S, D, err);
}

static int harmonic_balance(const void *self, femd_balance *b) {
    const quasi *s = self;
    if (s->averaged) {
        b->x = s->averaged->x;
        b->held = s->averaged->held;
        memcpy(b->tau, s->averaged->at_rest, sizeof b->tau);
        return 1;
    }
    if (!s->warm) return 0;
    b->x = s->warm->x;
    b->held = s->warm->pull;
    memcpy(b->tau, s->warm->tau, sizeof b->tau);
    return 1;
}

static femd_status harmonic_answer_doubt_of_averages(const quasi *s, const femd_conditions *q, double unit,
                                                     femd_response *response, femd_error *err) {
    const femd_averaged *averaged = s->averaged;
    FEMD_TRY(femd_roughness_judge(&averaged->uneven, &averaged->scatter, q->wants, q->wants & ~q->unasked,
                                  q->temperature, response, err));
    if (q->wants & FEMD_WANT_ENERGY) response->energy_err = unit * averaged->F_scatter;
    if (q->wants & FEMD_WANT_HELMHOLTZ) response->helmholtz_err = unit * averaged->F_scatter;
    if (q->wants & FEMD_WANT_HEAT_CAPACITY) response->heat_capacity_err = unit * averaged->C_scatter;
    return femd_lacking_tell(&averaged->lacking, q->wants, q->wants & ~q->unasked, q->temperature, response, err);
}

static femd_status harmonic_answer(void *self, femd_native *native, const femd_conditions *q, const femd_bytes *carried,
                                   femd_response *response, femd_buffer *carry, femd_error *err) {
    (void)carried, (void)carry;
    const quasi *s = self;
    const double unit = FEMD_EV_PER_A3 / native->rve.V0, W = s->W - native->virgin_W;
    if (q->wants & FEMD_WANT_THERMAL_STRESS) memcpy(response->dSdT, s->dSdT, sizeof response->dSdT);
    if (q->wants & FEMD_WANT_ENERGY) response->energy = unit * (W + s->U);
    if (q->wants & FEMD_WANT_HELMHOLTZ) response->helmholtz = unit * (W + s->F);
    if (q->wants & FEMD_WANT_HEAT_CAPACITY) response->heat_capacity = unit * s->C;
    response->sampled |= q->wants != 0;
    if (s->averaged) return harmonic_answer_doubt_of_averages(s, q, unit, response, err);
    FEMD_TRY(femd_roughness_judge(&s->uneven, NULL, q->wants, q->wants & ~q->unasked, q->temperature, response, err));
    if (!s->anharmonic) return FEMD_OK;
    return femd_anharmonicity_tell(s->anharmonic, q->wants, q->wants & ~q->unasked, q->temperature, response, err);
}

enum {
    WANTS = FEMD_WANT_STRESS | FEMD_WANT_TANGENT | FEMD_WANT_THERMAL_STRESS | FEMD_WANT_ENERGY | FEMD_WANT_HELMHOLTZ |
            FEMD_WANT_HEAT_CAPACITY
};

const femd_method femd_method_quasiharmonic = {
    .name = "quasiharmonic",
    .wants = WANTS,
    .inputs = FEMD_INPUT_TEMPERATURE,
    .create = harmonic_create_full,
    .destroy = harmonic_destroy,
    .strain = harmonic_strain,
    .answer = harmonic_answer,
    .balance = harmonic_balance,
};

const femd_method femd_method_local_harmonic = {
    .name = "local-harmonic",
    .wants = WANTS,
    .inputs = FEMD_INPUT_TEMPERATURE,
    .create = harmonic_create_local,
    .destroy = harmonic_destroy,
    .strain = harmonic_strain,
    .answer = harmonic_answer,
    .balance = harmonic_balance,
};
