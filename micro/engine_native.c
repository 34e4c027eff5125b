/* The engine `native`, method `statics`: an atomistic RVE at 0 K under periodic boundary conditions.
 *
 * Owns the order of one evaluation: state, neighbour list, control, path, tangent, Hill-Mandel residual, new state.
 * What an evaluation uses beside its inputs (Hessian factor and sensitivities at E = 0) depends on the material alone,
 * so that a worker that has just started answers with the same bits as one that has served the point all along. */
#include <stdlib.h>

#include "engines.h"
#include "hill_mandel.h"
#include "native.h"
#include "native_control.h"
#include "native_state.h"

static const uint32_t WANTS =
    FEMD_WANT_STRESS | FEMD_WANT_TANGENT | FEMD_WANT_ENERGY | FEMD_WANT_STABILITY | FEMD_WANT_LOCAL;

static femd_status open_native(const femd_json *doc, const femd_pack *pack, void **instance, femd_capabilities *caps,
                               femd_error *err) {
    femd_native *n = NULL;
    FEMD_TRY(femd_native_create(doc, pack, 0, &n, err));
    *caps = (femd_capabilities){
        .wants = WANTS,
        .inputs = FEMD_INPUT_STATE | FEMD_INPUT_PRESSURE, /* pressure: in pressure control */
        .controls = 1u << FEMD_CONTROL_COMPONENTS | 1u << FEMD_CONTROL_PRESSURE,
        .mixed = 1,
        .atoms = (uint32_t)n->rve.n,
        .engine = FEMD_ENGINE_NATIVE,
        .volume = n->rve.V0 * 1e-30,
    };
    *instance = n;
    return FEMD_OK;
}

/* What one call of the control's function needs. */
typedef struct evaluation {
    femd_native *n;
    const femd_beat *beat;
    int tangent; /* 0: D is not needed and would be dear */
} evaluation;

static femd_status strain_function(void *user, const double E[6], double S[6], double D[36], femd_error *err) {
    const evaluation *e = user;
    femd_path *path = &e->n->path;
    FEMD_TRY(femd_path_advance(path, E, e->beat, err));
    femd_place_stress(path->rve, &path->place, path->last.tau, S);
    if (!e->tangent) return FEMD_OK;
    FEMD_TRY(femd_condense_tangent(path->relaxer, path->rve, &path->place, path->work, D, path->G, NULL, err));
    path->has_G = 1;
    return FEMD_OK;
}

/* Put the path where the state says, with a neighbour list whose order is a function of that state. */
static femd_status take_state(femd_native *n, const femd_bytes *state, femd_error *err) {
    femd_path *path = &n->path;
    const size_t n3 = 3 * (size_t)n->rve.n;
    if (state->size) {
        FEMD_TRY(femd_native_state_decode(state, path, err));
    } else {
        memset(path->E, 0, sizeof path->E);
        memset(path->w, 0, n3 * sizeof *path->w);
        path->has_G = n->virgin_has_G;
        memcpy(path->G, n->virgin_G, 6 * n3 * sizeof *path->G);
    }
    path->jumps = 0;
    FEMD_TRY(femd_place_set(&n->rve, path->E, &path->place, err));
    femd_place_atoms(&n->rve, &path->place, path->w, path->x);
    return femd_neighbours_rebuild(n->rve.nb, n->rve.n, path->place.h, path->x, err);
}

static femd_status answer(femd_native *n, const femd_request *q, const femd_beat *beat, femd_response *r,
                          femd_buffer *state_out, femd_error *err) {
    femd_path *path = &n->path;
    const int dear = !femd_relaxer_is_dense(n->relaxer);
    const int simple = q->control == FEMD_CONTROL_COMPONENTS && q->mask == 0;
    evaluation e = {.n = n, .beat = beat, .tangent = !(dear && simple && !(q->wants & FEMD_WANT_TANGENT))};
    FEMD_TRY(femd_control_solve(q, path->E, strain_function, &e, r, err));
    FEMD_TRY(femd_hill_mandel(&n->rve, &path->place, path->x, r->S, NULL, &r->hill_mandel, err));
    if (!(q->wants & FEMD_WANT_TANGENT)) memset(r->D, 0, sizeof r->D);
    if (q->wants & FEMD_WANT_ENERGY) r->energy = (path->last.W - n->virgin_W) / n->rve.V0 * FEMD_EV_PER_A3;
    if (q->wants & FEMD_WANT_STABILITY)
        FEMD_TRY(femd_condense_stability(&n->rve, &path->place, path->x, &r->stability, err));
    r->provided = q->wants & WANTS;
    return femd_native_state_encode(path, state_out, err);
}

static femd_status evaluate_native(void *instance, const femd_request *q, const femd_bytes *state_in,
                                   const femd_beat *beat, femd_response *r, femd_buffer *state_out, femd_error *err) {
    femd_native *n = instance;
    const uint64_t before = femd_energetics_count(n->rve.en);
    femd_status rc = take_state(n, state_in, err);
    if (rc == FEMD_OK) rc = answer(n, q, beat, r, state_out, err);
    r->work.force_evaluations = femd_energetics_count(n->rve.en) - before;
    return rc;
}

static femd_status dump_native(void *instance, const femd_bytes *state, femd_buffer *out, femd_error *err) {
    femd_native *n = instance;
    FEMD_TRY(take_state(n, state, err));
    return femd_native_dump(n, n->path.E, n->path.w, out, err);
}

static void close_native(void **instance) {
    femd_native *n = *instance;
    femd_native_destroy(&n);
    *instance = NULL;
}

const femd_engine femd_engine_native = {
    .abi = FEMD_ENGINE_ABI,
    .number = FEMD_ENGINE_NATIVE,
    .name = "native",
    .version = 1,
    .open = open_native,
    .evaluate = evaluate_native,
    .dump = dump_native,
    .close = close_native,
};
