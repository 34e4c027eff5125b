/* The engine `cauchy-born`: the structure deforms homogeneously, w = 0, so that stress and tangent are the plain
 * derivatives of the strain energy of a cell. Owns no state; never relaxes. */
#include "engine/engines.h"
#include "engine/native_fields.h"
#include "rve/condense.h"
#include "rve/ellipticity.h"
#include "rve/hill_mandel.h"
#include "rve/native.h"
#include "rve/native_control.h"

#define OF_TANGENT (FEMD_WANT_TANGENT_STABILITY | FEMD_WANT_ACOUSTIC_STABILITY)
static const uint32_t WANTS = FEMD_WANT_STRESS | FEMD_WANT_TANGENT | FEMD_WANT_ENERGY | OF_TANGENT;

static femd_status open_cauchy_born(const femd_json *doc, const femd_pack *pack, void **instance,
                                    femd_capabilities *caps, femd_error *err) {
    femd_native *n = NULL;
    FEMD_TRY(femd_native_create(doc, pack, FEMD_NATIVE_FROZEN, &n, err));
    const femd_status rc = femd_native_tell_stretch(n, err);
    if (rc != FEMD_OK) {
        femd_native_destroy(&n);
        return rc;
    }
    *caps = (femd_capabilities){
        .wants = WANTS,
        .inputs = FEMD_INPUT_PRESSURE,
        .controls = 1u << FEMD_CONTROL_COMPONENTS | 1u << FEMD_CONTROL_PRESSURE,
        .mixed = 1,
        .atoms = (uint32_t)n->rve.n,
        .engine = FEMD_ENGINE_CAUCHY_BORN,
        .volume = n->rve.V0 * 1e-30,
    };
    *instance = n;
    return FEMD_OK;
}

static femd_status cauchy_born_strain(void *user, const double E[6], double S[6], double D[36], femd_error *err) {
    femd_native *n = user;
    femd_path *path = &n->path;
    double B[36];
    /* w stays zero; its storage holds the forces, for the reactions that hold the atoms */
    FEMD_TRY(femd_place_set(&n->rve, E, &path->place, err));
    femd_place_atoms(&n->rve, &path->place, NULL, path->x);
    FEMD_TRY(femd_energetics_forces(n->rve.en, n->rve.nb, path->place.h, path->x, &path->last.W, path->w,
                                    path->last.tau, err));
    FEMD_TRY(femd_energetics_hessian(n->rve.en, n->rve.nb, path->place.h, path->x, NULL, NULL, B, err));
    femd_place_stress(&n->rve, &path->place, path->last.tau, S);
    femd_condense_none(&n->rve, &path->place, B, D);
    return FEMD_OK;
}

/* What the tangent says of a piece of a body, as `native` says it. */
static void cauchy_born_judge(const femd_native *n, const femd_request *q, femd_response *r) {
    const double *U = n->path.place.U;
    if (q->wants & (FEMD_WANT_TANGENT | OF_TANGENT)) r->notes |= femd_ellipticity_notes(U, r->S, r->D, NULL, NULL);
    if (q->wants & OF_TANGENT) femd_ellipticity_answer(U, r);
}

static femd_status evaluate_cauchy_born(void *instance, const femd_request *q, const femd_bytes *state_in,
                                        const femd_beat *beat, femd_response *r, femd_buffer *state_out,
                                        femd_error *err) {
    (void)state_in, (void)beat, (void)state_out;
    femd_native *n = instance;
    const double start[6] = {0};
    const uint64_t before = femd_energetics_count(n->rve.en);
    FEMD_TRY(femd_neighbours_rebuild(n->rve.nb, n->rve.n, n->rve.h0, n->rve.X, err));
    femd_status rc = femd_control_solve(q, start, cauchy_born_strain, n, r, err);
    if (rc == FEMD_OK) rc = femd_hill_mandel(&n->rve, &n->path.place, n->path.x, r->S, n->path.w, &r->hill_mandel, err);
    if (rc == FEMD_OK) {
        cauchy_born_judge(n, q, r);
        if (!(q->wants & FEMD_WANT_TANGENT)) memset(r->D, 0, sizeof r->D);
        if (q->wants & FEMD_WANT_ENERGY) r->energy = (n->path.last.W - n->virgin_W) / n->rve.V0 * FEMD_EV_PER_A3;
        r->provided = q->wants & WANTS;
    }
    r->work.force_evaluations = femd_energetics_count(n->rve.en) - before;
    return rc;
}

static femd_status dump_cauchy_born(void *instance, const femd_bytes *state, femd_buffer *out, femd_error *err) {
    (void)state;
    const double zero[6] = {0};
    return femd_native_dump(instance, zero, NULL, out, err);
}

static femd_status fields_cauchy_born(void *instance, const femd_bytes *state, const femd_local_ask *ask,
                                      const femd_beat *beat, femd_local_fields *fields, femd_error *err) {
    (void)state;
    femd_native *n = instance;
    if (!ask->E)
        return femd_fail(err, FEMD_UNSUPPORTED,
                         "the engine \"cauchy-born\" keeps no state, from which the atoms' places would follow");
    return femd_native_fields_at_rest(n, ask->E, NULL, ask, beat, fields, err);
}

static void close_cauchy_born(void **instance) {
    femd_native *n = *instance;
    femd_native_destroy(&n);
    *instance = NULL;
}

static const char *notes_cauchy_born(const void *instance) {
    const femd_native *n = instance;
    return n->notes;
}

static femd_status atom_energy_cauchy_born(const void *instance, double *energy, femd_error *err) {
    FEMD_TRY(femd_native_atom_energy(instance, energy, err));
    *energy *= FEMD_ELEMENTARY_CHARGE;
    return FEMD_OK;
}

const femd_engine femd_engine_cauchy_born = {
    .abi = FEMD_ENGINE_ABI,
    .number = FEMD_ENGINE_CAUCHY_BORN,
    .name = "cauchy-born",
    .version = 1,
    .open = open_cauchy_born,
    .evaluate = evaluate_cauchy_born,
    .dump = dump_cauchy_born,
    .close = close_cauchy_born,
    .notes = notes_cauchy_born,
    .atom_energy = atom_energy_cauchy_born,
    .fields = fields_cauchy_born,
};
