/* The engine `native`: an atomistic RVE under its boundary condition, answered by the methods of its material.
 *
 * Owns the order of one evaluation: state, neighbour list, control, Hill-Mandel residual, the methods' answers, new
 * state. What an evaluation uses beside its inputs (Hessian factor and sensitivities at E = 0) depends on the material
 * alone, so that a worker that has just started answers with the same bits as one that has served the point all along.
 */
#include <stdlib.h>

#include "conductivity/electronic.h"
#include "dynamics/md.h"
#include "engine/engines.h"
#include "engine/native_fields.h"
#include "numerics/symmetry.h"
#include "rve/ellipticity.h"
#include "rve/hill_mandel.h"
#include "rve/method.h"
#include "rve/native_control.h"
#include "rve/native_state.h"

/* Answered here whatever the method: they belong to the relaxed configuration. */
static const uint32_t OF_TANGENT = FEMD_WANT_TANGENT_STABILITY | FEMD_WANT_ACOUSTIC_STABILITY;
static const uint32_t COMMON = FEMD_WANT_STABILITY | OF_TANGENT;

typedef struct instance {
    femd_native *n;
    femd_methods methods;
    femd_symmetry symmetry; /* of the tangent, as declared */
    femd_electronic electronic;
} instance;

static void engine_native_close(void **self) {
    instance *s = *self;
    if (!s) return;
    femd_methods_close(&s->methods);
    femd_native_destroy(&s->n);
    free(s);
    *self = NULL;
}

/* Atoms conduct as a lattice only. */
static uint32_t engine_native_carriers(const instance *s) {
    if (!(femd_methods_wants(&s->methods) & FEMD_WANT_CONDUCTIVITY)) return 0;
    return FEMD_CARRIER_LATTICE | (s->electronic.declared ? FEMD_CARRIER_ELECTRONS : 0u);
}

static femd_status engine_native_open(const femd_json *doc, const femd_pack *pack, void **self, femd_capabilities *caps,
                                      femd_error *err) {
    instance *s = calloc(1, sizeof *s);
    if (!s) return femd_fail(err, FEMD_NO_MEMORY, "an RVE: out of memory");
    int samples = 0;
    femd_status rc = femd_methods_sample(doc, &samples, err);
    if (rc == FEMD_OK)
        rc = femd_native_create(doc, pack, samples ? FEMD_NATIVE_SAMPLED : FEMD_NATIVE_RELAXED, &s->n, err);
    if (rc == FEMD_OK) rc = femd_methods_open(s->n, doc, &s->methods, err);
    if (rc == FEMD_OK) rc = femd_native_tell_stretch(s->n, err);
    if (rc == FEMD_OK) rc = femd_native_tell_perfect(doc, pack, s->n, err);
    if (rc == FEMD_OK) rc = femd_electronic_read(doc, &s->electronic, err);
    if (rc == FEMD_OK && s->electronic.declared && !(femd_methods_wants(&s->methods) & FEMD_WANT_CONDUCTIVITY))
        rc = femd_json_fail(doc, femd_json_get(doc->root, "electronic"), err,
                            "the material answers no conductivity to which this could be added; name a method for it: "
                            "\"method\": {\"stress\": ..., "
                            "\"conductivity\": \"green-kubo\"}");
    s->symmetry = femd_symmetry_from_name(femd_json_string(doc->root, "symmetry", femd_symmetry_name(FEMD_TRICLINIC)));
    *self = s;
    if (rc != FEMD_OK) {
        engine_native_close(self);
        return rc;
    }
    const int alone = s->methods.slot[0].method->strain_alone;
    *caps = (femd_capabilities){
        .wants = femd_methods_wants(&s->methods) | COMMON,
        .inputs = FEMD_INPUT_STATE | FEMD_INPUT_PRESSURE |
                  femd_methods_inputs(&s->methods), /* pressure: in pressure control */
        .controls = 1u << FEMD_CONTROL_COMPONENTS | (alone ? 0u : 1u << FEMD_CONTROL_PRESSURE),
        .mixed = !alone,
        .atoms = (uint32_t)s->n->rve.n,
        .engine = FEMD_ENGINE_NATIVE,
        .carriers = engine_native_carriers(s),
        .volume = s->n->rve.V0 * 1e-30,
    };
    return FEMD_OK;
}

/* What one call of the control's function needs. */
typedef struct evaluation {
    femd_native *n;
    const struct femd_method_slot *slot;
    femd_conditions conditions;
    int tangent; /* 0: D is not needed */
} evaluation;

static femd_status engine_native_strain(void *user, const double E[6], double S[6], double D[36], femd_error *err) {
    const evaluation *e = user;
    return e->slot->method->strain(e->slot->self, e->n, &e->conditions, E, S, e->tangent ? D : NULL, err);
}

/* Put the path where the state says, with a neighbour list whose order is a function of that state. *chunks: what
 * methods carried. */
static femd_status engine_native_take_state(femd_native *n, const femd_bytes *state, femd_bytes *chunks,
                                            femd_error *err) {
    *chunks = (femd_bytes){NULL, 0};
    if (state->size)
        FEMD_TRY(femd_native_state_decode(state, &n->path, chunks, err));
    else
        femd_native_rest(n);
    return femd_native_stand(n, err);
}

/* The methods' turn in an evaluation. */
typedef struct turn {
    instance *s;
    const femd_request *q;
    const femd_beat *beat;
    int tangent_wanted; /* 0: it is needed for other answers at most */
    femd_bytes chunks;
    femd_buffer carry[FEMD_METHODS_MAX]; /* new chunks */
    double D[36];                        /* that control worked with */
} turn;

static femd_conditions engine_native_conditions(const turn *t, const struct femd_method_slot *slot) {
    const femd_request *q = t->q;
    return (femd_conditions){.temperature = q->temperature,
                             .accuracy = q->accuracy,
                             .delta_mu = {q->delta_mu[0], q->delta_mu[1], q->delta_mu[2]},
                             .seed = q->seed,
                             .wants = q->wants & slot->wants,
                             .beat = t->beat};
}

static femd_status engine_native_begin(const turn *t, const struct femd_method_slot *slot, femd_conditions *conditions,
                                       femd_bytes *carried, femd_error *err) {
    *conditions = engine_native_conditions(t, slot);
    FEMD_TRY(femd_method_carried(&t->chunks, slot->method, carried, err));
    return slot->method->begin ? slot->method->begin(slot->self, t->s->n, conditions, carried, err) : FEMD_OK;
}

/* Where the strain is found and has an error, the energy has one too: it takes dS/dT of the method that tells the
 * energy, if nobody asked for it. */
static void engine_native_need_thermal_stress(const femd_request *q, const struct femd_method_slot *slot,
                                              femd_conditions *conditions) {
    const int strain_alone = q->control == FEMD_CONTROL_COMPONENTS && q->mask == 0;
    if (strain_alone || !(conditions->wants & FEMD_WANT_ENERGY) || (q->wants & FEMD_WANT_THERMAL_STRESS)) return;
    conditions->unasked = FEMD_WANT_THERMAL_STRESS & slot->method->wants;
    conditions->wants |= conditions->unasked;
}

/* The mechanical method finds the strain. */
static femd_status engine_native_first_method(turn *t, femd_response *r, femd_error *err) {
    femd_native *n = t->s->n;
    femd_path *path = &n->path;
    const struct femd_method_slot *slot = &t->s->methods.slot[0];
    const femd_request *q = t->q;
    const int strain_alone = q->control == FEMD_CONTROL_COMPONENTS && q->mask == 0;
    evaluation e = {.n = n, .slot = slot};
    double S[6];
    femd_bytes carried;
    FEMD_TRY(engine_native_begin(t, slot, &e.conditions, &carried, err));
    if (!strain_alone) e.conditions.wants |= FEMD_WANT_STRESS; /* it finds the strain */
    engine_native_need_thermal_stress(q, slot, &e.conditions);
    e.tangent = !strain_alone || (e.conditions.wants & FEMD_WANT_TANGENT);
    FEMD_TRY(femd_control_solve(q, path->E, engine_native_strain, &e, r, err));
    memcpy(t->D, r->D, sizeof t->D);
    if (!(e.conditions.wants & FEMD_WANT_TANGENT)) memset(r->D, 0, sizeof r->D);
    femd_balance b = {.x = path->x};
    memcpy(b.tau, path->last.tau, sizeof b.tau);
    if (slot->method->balance) (void)slot->method->balance(slot->self, &b);
    femd_place_stress(&n->rve, &path->place, b.tau, S); /* of the atoms, whose equilibrium the residual measures */
    FEMD_TRY(femd_hill_mandel(&n->rve, &path->place, b.x, S, b.held, &r->hill_mandel, err));
    return slot->method->answer(slot->self, n, &e.conditions, &carried, r, &t->carry[0], err);
}

/* Another method answers its wants at the strain that was found. */
static femd_status engine_native_further_method(turn *t, int index, femd_response *r, femd_error *err) {
    femd_native *n = t->s->n;
    const struct femd_method_slot *slot = &t->s->methods.slot[index];
    femd_conditions conditions;
    femd_bytes carried;
    FEMD_TRY(engine_native_begin(t, slot, &conditions, &carried, err));
    engine_native_need_thermal_stress(t->q, slot, &conditions);
    if (conditions.wants == 0) return femd_buffer_append(&t->carry[index], carried.data, carried.size, err);
    if (slot->method->strain) {
        double S[6], D[36];
        const int tangent = (conditions.wants & FEMD_WANT_TANGENT) != 0;
        FEMD_TRY(slot->method->strain(slot->self, n, &conditions, r->E, S, tangent ? D : NULL, err));
        if (tangent) memcpy(r->D, D, sizeof r->D);
    }
    return slot->method->answer(slot->self, n, &conditions, &carried, r, &t->carry[index], err);
}

/* What the strain's error means for all that was answered there, of whichever method. */
static void engine_native_control_errors(const turn *t, femd_response *r) {
    femd_control_errors(t->q, t->D, r);
    if (t->q->wants & FEMD_WANT_THERMAL_STRESS) return;
    memset(r->dSdT, 0, sizeof r->dSdT);
    memset(r->dSdT_err, 0, sizeof r->dSdT_err);
}

/* Notes, and what stability says of the tangent; one that was asked for their sake alone is dropped. */
static void engine_native_judge_tangent(const turn *t, femd_response *r) {
    const double *U = t->s->n->path.place.U;
    r->notes |= femd_ellipticity_notes(U, r->S, r->D, r->sampled ? r->S_err : NULL, r->sampled ? r->D_err : NULL);
    if (t->q->wants & COMMON) femd_ellipticity_answer(U, r);
    if (t->tangent_wanted) return;
    r->provided &= ~FEMD_WANT_TANGENT;
    memset(r->D, 0, sizeof r->D);
    memset(r->D_err, 0, sizeof r->D_err);
}

/* Is something said of atoms at rest, by the method that finds the strain or by another that was asked? */
static int engine_native_rests(const turn *t) {
    const femd_methods *ms = &t->s->methods;
    for (int i = 0; i < ms->count; i++)
        if (!(ms->slot[i].method->inputs & FEMD_INPUT_SEED) && (i == 0 || (t->q->wants & ms->slot[i].wants))) return 1;
    return 0;
}

static femd_status engine_native_answer(turn *t, femd_response *r, femd_buffer *state_out, femd_error *err) {
    femd_native *n = t->s->n;
    femd_path *path = &n->path;
    const femd_methods *ms = &t->s->methods;
    FEMD_TRY(engine_native_first_method(t, r, err));
    if (t->q->wants & FEMD_WANT_STABILITY)
        FEMD_TRY(femd_condense_stability(&n->rve, &path->place, path->x, t->beat, &r->stability, err));
    FEMD_TRY(femd_native_state_encode(path, state_out, err));
    for (int i = 1; i < ms->count; i++) FEMD_TRY(engine_native_further_method(t, i, r, err));
    engine_native_control_errors(t, r);
    for (int i = 0; i < ms->count; i++) {
        const femd_bytes carry = {t->carry[i].data, t->carry[i].size};
        FEMD_TRY(femd_method_carry(ms->slot[i].method, &carry, state_out, err));
    }
    r->provided = t->q->wants & (femd_methods_wants(ms) | COMMON);
    femd_symmetry_project(t->s->symmetry, r->D); /* after control, which works with the tangent as it is */
    femd_symmetry_project_errors(t->s->symmetry, r->D_err);
    if (r->provided & FEMD_WANT_TANGENT) engine_native_judge_tangent(t, r);
    r->notes |= n->doubts;
    if (path->slides) r->notes |= FEMD_NOTE_BIFURCATED;
    if (femd_boundary_is_cluster(n->rve.boundary)) r->notes |= FEMD_NOTE_FREE_SURFACES;
    if (engine_native_rests(t) && femd_native_has_parted(n, path->w)) r->notes |= FEMD_NOTE_LEFT_NEIGHBOURS;
    if (path->last.rounded) r->notes |= FEMD_NOTE_ROUND_OFF;
    if (path->wandered > FEMD_WANDERED_MAX && engine_native_rests(t)) r->notes |= FEMD_NOTE_NOT_SOLID;
    if (r->provided & FEMD_WANT_CONDUCTIVITY)
        FEMD_TRY(femd_electronic_conductivity(&t->s->electronic, t->q->temperature, r->k_electronic, err));
    return FEMD_OK;
}

static femd_status engine_native_evaluate(void *self, const femd_request *q, const femd_bytes *state_in,
                                          const femd_beat *beat, femd_response *r, femd_buffer *state_out,
                                          femd_error *err) {
    instance *s = self;
    femd_request asked = *q;
    turn t = {.s = s, .q = &asked, .beat = beat, .tangent_wanted = (q->wants & FEMD_WANT_TANGENT) != 0};
    if (q->wants & OF_TANGENT) asked.wants |= FEMD_WANT_STRESS | FEMD_WANT_TANGENT;
    for (int i = 0; i < FEMD_METHODS_MAX; i++) t.carry[i] = (femd_buffer)FEMD_BUFFER_INIT;
    const uint64_t before = femd_energetics_count(s->n->rve.en);
    femd_status rc = engine_native_take_state(s->n, state_in, &t.chunks, err);
    if (rc == FEMD_OK) rc = engine_native_answer(&t, r, state_out, err);
    for (int i = 0; i < FEMD_METHODS_MAX; i++) femd_buffer_clear(&t.carry[i]);
    r->work.force_evaluations = femd_energetics_count(s->n->rve.en) - before;
    return rc;
}

static femd_status engine_native_dump(void *self, const femd_bytes *state, femd_buffer *out, femd_error *err) {
    const instance *s = self;
    femd_bytes chunks;
    FEMD_TRY(engine_native_take_state(s->n, state, &chunks, err));
    return femd_native_dump(s->n, s->n->path.E, s->n->path.w, out, err);
}

/* Of what moves in the state, else of the atoms at rest. */
static femd_status engine_native_fields(void *self, const femd_bytes *state, const femd_local_ask *ask,
                                        const femd_beat *beat, femd_local_fields *fields, femd_error *err) {
    const instance *s = self;
    const struct femd_method_slot *slot = &s->methods.slot[0];
    femd_bytes chunks, carried = {NULL, 0};
    if (slot->method->inputs & FEMD_INPUT_CHEMICAL)
        return femd_fail(err, FEMD_UNSUPPORTED, "the method %s has no local fields: its atoms are of changing species",
                         slot->method->name);
    FEMD_TRY(engine_native_take_state(s->n, state, &chunks, err));
    if (slot->method == &femd_method_md) FEMD_TRY(femd_method_carried(&chunks, slot->method, &carried, err));
    if (carried.size) return femd_native_fields_moving(s->n, slot->self, &carried, ask, beat, fields, err);
    return femd_native_fields_at_rest(s->n, s->n->path.E, s->n->path.w, ask, beat, fields, err);
}

static const char *engine_native_notes(const void *self) {
    const instance *s = self;
    return s->n->notes;
}

static femd_status engine_native_atom_energy(const void *self, double *energy, femd_error *err) {
    const instance *s = self;
    FEMD_TRY(femd_native_atom_energy(s->n, energy, err));
    *energy *= FEMD_ELEMENTARY_CHARGE;
    return FEMD_OK;
}

const femd_engine femd_engine_native = {
    .abi = FEMD_ENGINE_ABI,
    .number = FEMD_ENGINE_NATIVE,
    .name = "native",
    .version = 1,
    .open = engine_native_open,
    .evaluate = engine_native_evaluate,
    .dump = engine_native_dump,
    .close = engine_native_close,
    .notes = engine_native_notes,
    .atom_energy = engine_native_atom_energy,
    .fields = engine_native_fields,
};
