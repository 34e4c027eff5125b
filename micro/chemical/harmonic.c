/* The method `harmonic`: the chemical potential of a defect of a crystal, from the free energies of the RVE with and
 * without it in the same cell.
 *
 *   excess = W_d - (N_d/N_h) W_h + F_d - (f_d/f_h) F_h + (N_h - N_d) p Omega
 *
 * W at rest, F of f = 3N - 3 harmonic modes each (quasiharmonic.c), p = -tr sigma/3 and Omega the volume of an atom of
 * the host: atoms taken out (or in) go to (come from) the same crystal under the same pressure. Of the modes the number
 * is what is scaled, which fills the three translations of the host with its mean. Where a species is replaced, and of
 * an interstitial of a species that the host lacks, nothing goes anywhere: then N_d/N_h and f_d/f_h are 1, without p
 * Omega.
 *
 *   strain = V0 (S_d - (N_d/N_h) S_h), likewise: what stays at one cell and its sites, minus the elastic dipole
 *
 * Where a species is replaced the classical mass part (3/2) kT ln(m_old/m_new) is named by itself, and what the mass of
 * the whole RVE adds through its own three translations, (3/2) kT ln(M_d/M_h), of order 1/N, is left out. At 0 K with
 * classical vibrations the answer is the energy of formation.
 *
 * Owns the vibrations of both; the RVE with the defect and the difference are formation.h's, the path of the host is
 * where the mechanical method left it. See docs/micro.md, "Defects". */
#include <math.h>
#include <stdlib.h>

#include "chemical/formation.h"
#include "rve/beat.h"
#include "vibrations/phonon.h"

extern const femd_method femd_method_harmonic;
extern const femd_method femd_method_quasiharmonic;

enum { NEIGHBOURHOOD = 32 }; /* atoms: the first three shells of a dense crystal, and nearly those of others */

typedef struct formation {
    femd_formation of;
    void *host_vibrations, *own_vibrations; /* of quasiharmonic; NULL: too many atoms for them */
    int quantum;
} formation;

/* One RVE at the strain. eV, Pa. */
typedef struct formation_side {
    double W, F, F_err;
    double S[6], S_vib[6], S_err[6]; /* at rest; what the vibrations add; error of the whole */
} formation_side;

static void formation_destroy(void **self) {
    formation *s = *self;
    if (!s) return;
    if (s->host_vibrations) femd_method_quasiharmonic.destroy(&s->host_vibrations);
    if (s->own_vibrations) femd_method_quasiharmonic.destroy(&s->own_vibrations);
    femd_formation_clear(&s->of);
    free(s);
    *self = NULL;
}

static femd_status formation_create_vibrations(formation *s, femd_native *host, const femd_json *doc, femd_error *err) {
    const cJSON *options = femd_json_get(doc->root, "quasiharmonic");
    s->quantum = strcmp(femd_json_string(options, "statistics", "classical"), "quantum") == 0;
    if (femd_json_get(options, "mesh"))
        return femd_json_fail(doc, femd_json_get(options, "mesh"), err,
                              "a defect has the vibrations of one RVE: the method \"harmonic\" knows no mesh");
    if (host->rve.n > FEMD_PHONON_ATOMS_MAX || s->of.defective->rve.n > FEMD_PHONON_ATOMS_MAX) return FEMD_OK;
    FEMD_TRY(femd_method_quasiharmonic.create(host, doc, &s->host_vibrations, err));
    return femd_method_quasiharmonic.create(s->of.defective, doc, &s->own_vibrations, err);
}

static femd_status formation_create(femd_native *host, const femd_json *doc, void **self, femd_error *err) {
    formation *s = calloc(1, sizeof *s);
    if (!s) return femd_fail(err, FEMD_NO_MEMORY, "a defect: out of memory");
    femd_status rc = femd_formation_create(host, doc, &s->of, err);
    if (rc == FEMD_OK) rc = formation_create_vibrations(s, host, doc, err);
    *self = s;
    if (rc != FEMD_OK) formation_destroy(self);
    return rc;
}

/* ---- one RVE ---- */

static femd_status formation_rest(femd_native *native, const femd_conditions *q, const double E[6], formation_side *out,
                                  femd_error *err) {
    FEMD_TRY(femd_path_advance(&native->path, E, q->beat, err));
    out->W = native->path.last.W;
    femd_place_stress(&native->rve, &native->path.place, native->path.last.tau, out->S);
    return FEMD_OK;
}

/* At rest and with vibrations (NULL: without). The path advances to E. */
static femd_status formation_measure(femd_native *native, void *vibrations, const femd_conditions *conditions,
                                     const double E[6], formation_side *out, femd_response *doubts, femd_error *err) {
    const femd_bytes none = {NULL, 0};
    femd_conditions q = *conditions;
    femd_response r = {0};
    memset(out, 0, sizeof *out);
    FEMD_TRY(formation_rest(native, &q, E, out, err));
    if (!vibrations) return FEMD_OK;
    /* How uneven the spectrum is, dS/dT tells, also where F alone is asked for; averages tell it of F itself. */
    q.wants = FEMD_WANT_HELMHOLTZ | FEMD_WANT_STRESS | FEMD_WANT_THERMAL_STRESS;
    q.unasked = !(conditions->wants & FEMD_WANT_MU_STRAIN) && femd_potential_is_stepped(native->potential)
                    ? FEMD_WANT_STRESS | FEMD_WANT_THERMAL_STRESS
                    : 0;
    FEMD_TRY(femd_method_quasiharmonic.strain(vibrations, native, &q, E, r.S, NULL, err));
    FEMD_TRY(femd_method_quasiharmonic.answer(vibrations, native, &q, &none, &r, NULL, err));
    const double unit = native->rve.V0 / FEMD_EV_PER_A3;
    out->F = unit * r.helmholtz + native->virgin_W - out->W;
    out->F_err = unit * r.helmholtz_err;
    for (int c = 0; c < 6; c++) out->S_vib[c] = r.S[c] - out->S[c];
    memcpy(out->S_err, r.S_err, sizeof out->S_err);
    doubts->notes |= r.notes;
    doubts->sampled |= r.sampled;
    return FEMD_OK;
}

static femd_status formation_measure_both(formation *s, femd_native *host, const femd_conditions *q, const double E[6],
                                          formation_side side[2], femd_response *response, femd_error *err) {
    const int vibrate = q->temperature > 0 || s->quantum;
    const uint64_t before = femd_energetics_count(s->of.defective->rve.en);
    femd_beat_stretch half[2];
    femd_conditions part[2] = {*q, *q};
    for (int k = 0; k < 2; k++) part[k].beat = femd_beat_within(q->beat, 0.5 * k, 0.5 * (k + 1), &half[k]);
    FEMD_TRY(formation_measure(host, vibrate ? s->host_vibrations : NULL, &part[0], E, &side[0], response, err));
    FEMD_TRY(femd_formation_stand(&s->of, host, err));
    const femd_status rc =
        formation_measure(s->of.defective, vibrate ? s->own_vibrations : NULL, &part[1], E, &side[1], response, err);
    femd_energetics_count_more(host->rve.en, femd_energetics_count(s->of.defective->rve.en) - before);
    return rc == FEMD_OK ? FEMD_OK : femd_error_prefix(err, "with the defect");
}

/* ---- the difference ---- */

/* -tr sigma/3 from S at E (Pa). */
static double formation_pressure(const femd_place *place, const double S[6]) {
    double trace = 0;
    for (int c = 0; c < 6; c++) trace += S[c] * (c < 3 ? 1 + 2 * place->E[c] : 2 * place->E[c]);
    return -trace / (3 * place->J);
}

static double formation_hypot(double a, double b) {
    return sqrt(a * a + b * b);
}

/* Of a difference, from the errors of its sides: what vibrations leave out, and what the step of their differences
 * makes, is that of all atoms, and mostly the same in both. What is not is taken for that of so many atoms. */
static double formation_error(const formation *s, const double side[2], double modes) {
    const double some = fmin(1, NEIGHBOURHOOD / (double)s->of.defective->rve.n);
    return formation_hypot(side[1] - modes * side[0], some * fmax(side[0], side[1]));
}

static void formation_subtract(const formation *s, const femd_native *host, const formation_side side[2], double T,
                               femd_response *response) {
    const femd_formation *of = &s->of;
    const femd_place *place = &host->path.place;
    const double V0 = host->rve.V0 / FEMD_EV_PER_A3; /* eV/Pa */
    double S[6];
    for (int c = 0; c < 6; c++) S[c] = side[0].S[c] + side[0].S_vib[c];
    const double pressure_err = fabs(formation_pressure(place, side[0].S_err)),
                 error = formation_hypot(formation_error(s, (double[2]){side[0].F_err, side[1].F_err}, of->modes),
                                         of->work * place->J / FEMD_EV_PER_A3 * pressure_err);
    const femd_formation_sides sides = {.W = {side[0].W, side[1].W},
                                        .F = {side[0].F, side[1].F},
                                        .pressure = formation_pressure(place, S),
                                        .classical = !s->quantum};
    femd_formation_tell(of, host, &sides, T, error, response);
    for (int c = 0; c < 6; c++) {
        response->mu_strain[c] =
            FEMD_ELEMENTARY_CHARGE * V0 *
            (side[1].S[c] - of->atoms * side[0].S[c] + side[1].S_vib[c] - of->modes * side[0].S_vib[c]);
        response->mu_strain_err[c] = FEMD_ELEMENTARY_CHARGE * V0 *
                                     formation_error(s, (double[2]){side[0].S_err[c], side[1].S_err[c]}, of->modes);
    }
}

static femd_status formation_answer(void *self, femd_native *host, const femd_conditions *q, const femd_bytes *carried,
                                    femd_response *response, femd_buffer *carry, femd_error *err) {
    (void)carried, (void)carry;
    formation *s = self;
    formation_side side[2];
    const double T = q->temperature;
    if (!(T >= 0)) return femd_fail(err, FEMD_OUT_OF_DOMAIN, "a temperature of %g K", T);
    if ((T > 0 || s->quantum) && !s->own_vibrations)
        return femd_fail(err, FEMD_LIMIT,
                         "vibrations of an RVE of %d atoms: a chemical potential above 0 K is for up to %d",
                         s->of.defective->rve.n, FEMD_PHONON_ATOMS_MAX);
    double E[6];
    memcpy(E, host->path.E, sizeof E);
    FEMD_TRY(formation_measure_both(s, host, q, E, side, response, err));
    formation_subtract(s, host, side, T, response);
    if (!(q->wants & FEMD_WANT_MU_STRAIN)) {
        memset(response->mu_strain, 0, sizeof response->mu_strain);
        memset(response->mu_strain_err, 0, sizeof response->mu_strain_err);
    }
    if (q->wants & FEMD_WANT_MU) return FEMD_OK;
    response->mu = response->mu_err = response->mu_excess = response->mu_excess_err = 0;
    response->mu_ideal = response->mu_mass = 0;
    return FEMD_OK;
}

const femd_method femd_method_harmonic = {
    .name = "harmonic",
    .wants = FEMD_WANT_MU | FEMD_WANT_MU_STRAIN,
    .inputs = FEMD_INPUT_TEMPERATURE,
    .create = formation_create,
    .destroy = formation_destroy,
    .answer = formation_answer,
};
