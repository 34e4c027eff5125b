/* The methods of one material. Owns the table of names, the reading of "method" and the chunks that methods carry in a
 * state; never evaluates. */
#include <stdio.h>

#include "engine/reference_sampled.h"
#include "rve/method.h"
#include "vibrations/phonon.h"

/* Every method that this femd has, in the order in which they are named: one line adds one. */
#define METHODS(X)                                                                                                     \
    X(statics)                                                                                                         \
    X(quasiharmonic)                                                                                                   \
    X(local_harmonic)                                                                                                  \
    X(md)                                                                                                              \
    X(green_kubo)                                                                                                      \
    X(nemd)                                                                                                            \
    X(fluid)                                                                                                           \
    X(nemd_shear)                                                                                                      \
    X(harmonic)                                                                                                        \
    X(htst)                                                                                                            \
    X(swap)                                                                                                            \
    X(semi_grand)                                                                                                      \
    X(integrated)

#define DECLARED(name) extern const femd_method femd_method_##name;
#define LISTED(name)   &femd_method_##name,
METHODS(DECLARED)
static const femd_method *const methods_list[] = {METHODS(LISTED)};
enum { METHODS_COUNT = sizeof methods_list / sizeof *methods_list };

const femd_method *femd_method_at(int index) {
    return index >= 0 && index < METHODS_COUNT ? methods_list[index] : NULL;
}

const femd_method *femd_method_find(const char *name) {
    for (int i = 0; i < METHODS_COUNT; i++)
        if (strcmp(methods_list[i]->name, name) == 0) return methods_list[i];
    return NULL;
}

/* ---- "method" ---- */

static femd_status methods_unknown(const femd_json *doc, const cJSON *node, femd_error *err) {
    char names[256] = "";
    for (int i = 0; i < METHODS_COUNT; i++) {
        const size_t used = strlen(names);
        snprintf(names + used, sizeof names - used, "%s%s", i ? ", " : "", methods_list[i]->name);
    }
    return femd_json_fail(doc, node, err, "this femd has no method \"%.60s\"; it has %s", node->valuestring, names);
}

static femd_status methods_named(const femd_json *doc, const cJSON *node, const femd_method **method, femd_error *err) {
    *method = femd_method_find(node->valuestring);
    return *method ? FEMD_OK : methods_unknown(doc, node, err);
}

/* What others answer beside an exchange of species would be of a composition that is not that of the answer. */
static femd_status methods_stand_alone(const femd_json *doc, const femd_methods *methods, femd_error *err) {
    for (int i = 0; methods->count > 1 && i < methods->count; i++)
        if (methods->slot[i].method->strain_alone)
            return femd_json_fail(doc, femd_json_get(doc->root, "method"), err,
                                  "no method stands beside \"%s\", whose composition the others would not have",
                                  methods->slot[i].method->name);
    return FEMD_OK;
}

/* The slot of a method, a new one if it has none yet. */
static femd_status methods_slot(femd_methods *methods, const femd_method *method, struct femd_method_slot **slot,
                                femd_error *err) {
    for (int i = 0; i < methods->count; i++)
        if (methods->slot[i].method == method) {
            *slot = &methods->slot[i];
            return FEMD_OK;
        }
    if (methods->count == FEMD_METHODS_MAX)
        return femd_fail(err, FEMD_LIMIT, "more than %d methods in one material", FEMD_METHODS_MAX);
    *slot = &methods->slot[methods->count++];
    **slot = (struct femd_method_slot){.method = method};
    return FEMD_OK;
}

/* {"stress": M, "conductivity": T, ...}: the method of the stress answers whatever else it can and no other is named
 * for. */
static femd_status methods_choose_per_want(const femd_json *doc, const cJSON *node, femd_methods *methods,
                                           femd_error *err) {
    const cJSON *stress = femd_json_get(node, "stress");
    const femd_method *first = &femd_method_statics;
    struct femd_method_slot *slot = NULL;
    if (!stress)
        return femd_json_fail(doc, node, err,
                              "no method of \"stress\", which finds the strain and answers all that no other method is "
                              "named for; add one: \"stress\": \"statics\"");
    FEMD_TRY(methods_named(doc, stress, &first, err));
    if (!first->strain) return femd_json_fail(doc, stress, err, "the method \"%s\" gives no stress", first->name);
    FEMD_TRY(methods_slot(methods, first, &slot, err));
    slot->wants = first->wants;
    for (const cJSON *want = node->child; want; want = want->next) {
        const uint32_t bit = femd_want_from_key(want->string);
        const femd_method *method;
        FEMD_TRY(methods_named(doc, want, &method, err));
        if (!(method->wants & bit))
            return femd_json_fail(doc, want, err, "the method \"%s\" cannot answer %s", method->name, want->string);
        methods->slot[0].wants &= ~bit;
        FEMD_TRY(methods_slot(methods, method, &slot, err));
        slot->wants |= bit;
    }
    return FEMD_OK;
}

static femd_status methods_choose(const femd_json *doc, femd_methods *methods, femd_error *err) {
    const cJSON *node = femd_json_get(doc->root, "method");
    const femd_method *method = &femd_method_statics;
    if (cJSON_IsObject(node)) return methods_choose_per_want(doc, node, methods, err);
    if (node) FEMD_TRY(methods_named(doc, node, &method, err));
    if (!method->strain)
        return femd_json_fail(
            doc, node, err, "the method \"%s\" gives no stress; name one: {\"stress\": ..., \"conductivity\": \"%s\"}",
            method->name, method->name);
    methods->count = 1;
    methods->slot[0] = (struct femd_method_slot){.method = method, .wants = method->wants};
    return FEMD_OK;
}

/* ---- reference ---- */

typedef struct heating {
    const femd_method *method;
    void *self;
    uint32_t notes; /* of its last answer */
} heating;

static femd_status heating_stress(void *user, femd_native *native, double temperature, double S[6], double D[36],
                                  femd_error *err) {
    heating *heat = user;
    const double zero[6] = {0};
    const femd_conditions conditions = {.temperature = temperature, .wants = FEMD_WANT_STRESS | FEMD_WANT_TANGENT};
    const femd_conditions judge = {.temperature = temperature, .wants = FEMD_WANT_STRESS};
    const femd_bytes none = {NULL, 0};
    femd_response response = {0};
    FEMD_TRY(heat->method->strain(heat->self, native, &conditions, zero, S, D, err));
    memcpy(response.S, S, sizeof response.S);
    FEMD_TRY(heat->method->answer(heat->self, native, &judge, &none, &response, NULL, err));
    heat->notes = response.notes;
    return FEMD_OK;
}

/* A method that samples finds its own reference by sampling; where the material does not ask how well ("accuracy": 0),
 * the harmonic one, which has no noise, will do. */
static femd_status methods_heat_reference(femd_native *native, const femd_json *doc, const femd_method *method,
                                          femd_error *err) {
    femd_reference ref;
    FEMD_TRY(femd_reference_read(doc, &ref, err));
    if (ref.as_given || !(ref.temperature > 0) || !(method->inputs & FEMD_INPUT_TEMPERATURE)) return FEMD_OK;
    heating heat = {.method = method};
    if (method->inputs & FEMD_INPUT_SEED) {
        if (ref.accuracy > 0 && (method->inputs & FEMD_INPUT_CHEMICAL))
            return femd_json_fail(doc, femd_json_get(doc->root, "reference"), err,
                                  "no reference is sampled with \"%s\", for which it has no chemical potentials: take "
                                  "it \"as-given\", at 0 K, or of the structure's own atoms with \"accuracy\": 0",
                                  method->name);
        if (ref.accuracy > 0) return femd_reference_sample(&ref, native, doc, method, err);
        heat.method = native->rve.n <= FEMD_PHONON_ATOMS_MAX ? &femd_method_quasiharmonic : &femd_method_local_harmonic;
    }
    femd_status rc = heat.method->create(native, doc, &heat.self, err);
    if (rc == FEMD_OK) rc = femd_reference_heat(&ref, native, heating_stress, &heat, err);
    heat.method->destroy(&heat.self);
    if (rc == FEMD_OK) femd_native_doubt(native, ref.temperature, heat.notes);
    return rc;
}

femd_status femd_methods_sample(const femd_json *doc, int *samples, femd_error *err) {
    femd_methods methods = {0};
    FEMD_TRY(methods_choose(doc, &methods, err));
    *samples = 1;
    for (int i = 0; i < methods.count; i++) *samples = *samples && (methods.slot[i].method->inputs & FEMD_INPUT_SEED);
    return FEMD_OK;
}

/* Under a boundary condition statics answers, and where it holds atoms that have neighbours all around, so do harmonic
 * vibrations: they are counted around mean positions, which may be held. What moves atoms would have to keep some at
 * rest, and those of a free surface move otherwise than the material's. */
static int methods_is_confined(const femd_boundary *boundary, const femd_method *method) {
    return method == &femd_method_statics ||
           (!femd_boundary_is_cluster(boundary) && method->strain != NULL && !(method->inputs & FEMD_INPUT_SEED));
}

static femd_status methods_confine(const femd_native *native, const femd_json *doc, const femd_methods *methods,
                                   femd_error *err) {
    const femd_boundary *boundary = native->rve.boundary;
    for (int i = 0; boundary && i < methods->count; i++)
        if (!methods_is_confined(boundary, methods->slot[i].method))
            return femd_json_fail(doc, femd_json_get(doc->root, "method"), err,
                                  "the method \"%s\" does not answer under the boundary condition \"%s\": %d of %d "
                                  "atoms %s; \"statics\" does",
                                  methods->slot[i].method->name, femd_boundary_name(boundary), boundary->held,
                                  boundary->atoms,
                                  femd_boundary_is_cluster(boundary) ? "are a surface that vibrates in its own way"
                                                                     : "would be held and have no temperature");
    return FEMD_OK;
}

/* Vibrations are counted and flows measured against atoms that stay; what wanders or turns, statics alone answers. */
static femd_status methods_hold(const femd_native *native, const femd_json *doc, const femd_methods *methods,
                                femd_error *err) {
    char words[FEMD_LOOSE_WORDS] = "";
    if (native->rve.loose && !native->path.held) femd_loose_tell(native->rve.loose, words);
    for (int i = 0; words[0] && i < methods->count; i++)
        if (methods->slot[i].method != &femd_method_statics)
            return femd_json_fail(doc, femd_json_get(doc->root, "method"), err,
                                  "the method \"%s\" does not answer for atoms that may wander or turn (%s); the "
                                  "method \"statics\" does",
                                  methods->slot[i].method->name, words);
    return FEMD_OK;
}

femd_status femd_methods_open(femd_native *native, const femd_json *doc, femd_methods *methods, femd_error *err) {
    memset(methods, 0, sizeof *methods);
    femd_status rc = methods_choose(doc, methods, err);
    if (rc == FEMD_OK) rc = methods_stand_alone(doc, methods, err);
    if (rc == FEMD_OK) rc = methods_hold(native, doc, methods, err);
    if (rc == FEMD_OK) rc = methods_confine(native, doc, methods, err);
    if (rc == FEMD_OK) rc = methods_heat_reference(native, doc, methods->slot[0].method, err);
    for (int i = 0; rc == FEMD_OK && i < methods->count; i++)
        if (methods->slot[i].method->create)
            rc = methods->slot[i].method->create(native, doc, &methods->slot[i].self, err);
    if (rc != FEMD_OK) femd_methods_close(methods);
    return rc;
}

void femd_methods_close(femd_methods *methods) {
    for (int i = 0; i < methods->count; i++)
        if (methods->slot[i].method->destroy && methods->slot[i].self)
            methods->slot[i].method->destroy(&methods->slot[i].self);
    methods->count = 0;
}

uint32_t femd_methods_wants(const femd_methods *methods) {
    uint32_t wants = 0;
    for (int i = 0; i < methods->count; i++) wants |= methods->slot[i].wants;
    return wants;
}

uint32_t femd_methods_inputs(const femd_methods *methods) {
    uint32_t inputs = 0;
    for (int i = 0; i < methods->count; i++) inputs |= methods->slot[i].method->inputs;
    const int samples_stress = (methods->slot[0].method->inputs & FEMD_INPUT_SEED) != 0;
    return inputs & FEMD_INPUT_SEED && !samples_stress ? inputs | FEMD_INPUT_STEADY_STRESS : inputs;
}

/* ---- chunks ---- */

enum { CHUNK_HEAD = 8 };

/* FNV-1a of the name. */
static uint32_t chunk_tag(const femd_method *method) {
    uint32_t hash = 2166136261u;
    for (const char *c = method->name; *c; c++) hash = (hash ^ (uint8_t)*c) * 16777619u;
    return hash;
}

femd_status femd_method_carried(const femd_bytes *chunks, const femd_method *method, femd_bytes *out, femd_error *err) {
    *out = (femd_bytes){NULL, 0};
    const uint8_t *p = chunks->data;
    size_t left = chunks->size;
    while (left > 0) {
        const size_t size = left < CHUNK_HEAD ? 0 : femd_get32(p + 4);
        if (left < CHUNK_HEAD || size > left - CHUNK_HEAD)
            return femd_fail(err, FEMD_PROTOCOL, "what methods carry in a native state is cut off");
        if (femd_get32(p) == chunk_tag(method)) *out = (femd_bytes){p + CHUNK_HEAD, size};
        p += CHUNK_HEAD + size;
        left -= CHUNK_HEAD + size;
    }
    return FEMD_OK;
}

femd_status femd_method_carry(const femd_method *method, const femd_bytes *carry, femd_buffer *out, femd_error *err) {
    uint8_t head[CHUNK_HEAD];
    if (carry->size == 0) return FEMD_OK;
    if (carry->size > UINT32_MAX)
        return femd_fail(err, FEMD_LIMIT, "the method \"%s\" carries %zu bytes", method->name, carry->size);
    femd_put32(head, chunk_tag(method));
    femd_put32(head + 4, (uint32_t)carry->size);
    FEMD_TRY(femd_buffer_append(out, head, sizeof head, err));
    return femd_buffer_append(out, carry->data, carry->size, err);
}
