/* The methods of one material. Owns the table of names, the reading of "method" and the chunks that methods carry in a
 * state; never evaluates. */
#include "engine/reference_sampled.h"
#include "rve/method.h"
#include "vibrations/phonon.h"

extern const femd_method femd_method_md;
extern const femd_method femd_method_green_kubo;
extern const femd_method femd_method_nemd;

static const femd_method *const table[] = {
    &femd_method_statics, &femd_method_quasiharmonic, &femd_method_local_harmonic,
    &femd_method_md,      &femd_method_green_kubo,    &femd_method_nemd,
};

const femd_method *femd_method_find(const char *name) {
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (strcmp(table[i]->name, name) == 0) return table[i];
    return NULL;
}

/* ---- "method" ---- */

static femd_status named(const femd_json *doc, const cJSON *node, const femd_method **m, femd_error *err) {
    *m = femd_method_find(node->valuestring);
    return *m ? FEMD_OK : femd_json_fail(doc, node, err, "this femd has no method \"%.60s\"", node->valuestring);
}

/* The slot of a method, a new one if it has none yet. */
static femd_status slot_of(femd_methods *ms, const femd_method *m, struct femd_method_slot **slot, femd_error *err) {
    for (int i = 0; i < ms->count; i++)
        if (ms->slot[i].method == m) {
            *slot = &ms->slot[i];
            return FEMD_OK;
        }
    if (ms->count == FEMD_METHODS_MAX)
        return femd_fail(err, FEMD_LIMIT, "more than %d methods in one material", FEMD_METHODS_MAX);
    *slot = &ms->slot[ms->count++];
    **slot = (struct femd_method_slot){.method = m};
    return FEMD_OK;
}

/* {"stress": M, "conductivity": T, ...}: the method of the stress answers whatever else it can and no other is named
 * for. */
static femd_status choose_per_want(const femd_json *doc, const cJSON *node, femd_methods *ms, femd_error *err) {
    const cJSON *stress = femd_json_get(node, "stress");
    const femd_method *first = &femd_method_statics;
    struct femd_method_slot *slot = NULL;
    if (stress) FEMD_TRY(named(doc, stress, &first, err));
    if (!first->strain) return femd_json_fail(doc, stress, err, "the method \"%s\" gives no stress", first->name);
    FEMD_TRY(slot_of(ms, first, &slot, err));
    slot->wants = first->wants;
    for (const cJSON *w = node->child; w; w = w->next) {
        const uint32_t want = femd_want_from_key(w->string);
        const femd_method *m;
        FEMD_TRY(named(doc, w, &m, err));
        if (!(m->wants & want))
            return femd_json_fail(doc, w, err, "the method \"%s\" cannot answer %s", m->name, w->string);
        ms->slot[0].wants &= ~want;
        FEMD_TRY(slot_of(ms, m, &slot, err));
        slot->wants |= want;
    }
    return FEMD_OK;
}

static femd_status choose(const femd_json *doc, femd_methods *ms, femd_error *err) {
    const cJSON *node = femd_json_get(doc->root, "method");
    const femd_method *m = &femd_method_statics;
    if (cJSON_IsObject(node)) return choose_per_want(doc, node, ms, err);
    if (node) FEMD_TRY(named(doc, node, &m, err));
    if (!m->strain)
        return femd_json_fail(
            doc, node, err, "the method \"%s\" gives no stress; name one: {\"stress\": ..., \"conductivity\": \"%s\"}",
            m->name, m->name);
    ms->count = 1;
    ms->slot[0] = (struct femd_method_slot){.method = m, .wants = m->wants};
    return FEMD_OK;
}

/* ---- reference ---- */

typedef struct heating {
    const femd_method *method;
    void *self;
} heating;

static femd_status free_energy_stress(void *user, femd_native *n, double temperature, double S[6], double D[36],
                                      femd_error *err) {
    const heating *h = user;
    const double zero[6] = {0};
    const femd_conditions q = {.temperature = temperature, .wants = FEMD_WANT_STRESS | FEMD_WANT_TANGENT};
    return h->method->strain(h->self, n, &q, zero, S, D, err);
}

/* D and dS/dT at the reference in place. */
static femd_status look_at_reference(const heating *h, const femd_reference *ref, femd_native *n,
                                     femd_harmonic_reference *out, femd_error *err) {
    const double zero[6] = {0};
    const femd_bytes none = {NULL, 0};
    const femd_conditions q = {.temperature = ref->temperature,
                               .wants = FEMD_WANT_STRESS | FEMD_WANT_TANGENT | FEMD_WANT_THERMAL_STRESS};
    femd_buffer carry = FEMD_BUFFER_INIT;
    femd_response r = {0};
    FEMD_TRY(h->method->strain(h->self, n, &q, zero, r.S, out->D, err));
    const femd_status rc = h->method->answer(h->self, n, &q, &none, &r, &carry, err);
    memcpy(out->dSdT, r.dSdT, sizeof r.dSdT);
    femd_buffer_clear(&carry);
    return rc;
}

/* A method that samples starts from the harmonic reference, which has no noise, and goes on to its own. */
static femd_status heat_reference(femd_native *n, const femd_json *doc, const femd_method *m, femd_error *err) {
    femd_reference ref;
    FEMD_TRY(femd_reference_read(doc, &ref, err));
    if (ref.as_given || !(ref.temperature > 0) || !(m->inputs & FEMD_INPUT_TEMPERATURE)) return FEMD_OK;
    heating h = {.method = m};
    femd_harmonic_reference harmonic;
    const int sampled = (m->inputs & FEMD_INPUT_SEED) != 0;
    if (sampled)
        h.method = n->rve.n <= FEMD_PHONON_ATOMS_MAX ? &femd_method_quasiharmonic : &femd_method_local_harmonic;
    femd_status rc = h.method->create(n, doc, &h.self, err);
    if (rc == FEMD_OK) rc = femd_reference_heat(&ref, n, free_energy_stress, &h, err);
    if (rc == FEMD_OK && sampled) rc = look_at_reference(&h, &ref, n, &harmonic, err);
    h.method->destroy(&h.self);
    if (rc == FEMD_OK && sampled && ref.accuracy > 0) rc = femd_reference_sample(&ref, n, doc, m, &harmonic, err);
    return rc;
}

femd_status femd_methods_open(femd_native *n, const femd_json *doc, femd_methods *ms, femd_error *err) {
    memset(ms, 0, sizeof *ms);
    femd_status rc = choose(doc, ms, err);
    if (rc == FEMD_OK) rc = heat_reference(n, doc, ms->slot[0].method, err);
    for (int i = 0; rc == FEMD_OK && i < ms->count; i++)
        if (ms->slot[i].method->create) rc = ms->slot[i].method->create(n, doc, &ms->slot[i].self, err);
    if (rc != FEMD_OK) femd_methods_close(ms);
    return rc;
}

void femd_methods_close(femd_methods *ms) {
    for (int i = 0; i < ms->count; i++)
        if (ms->slot[i].method->destroy && ms->slot[i].self) ms->slot[i].method->destroy(&ms->slot[i].self);
    ms->count = 0;
}

uint32_t femd_methods_wants(const femd_methods *ms) {
    uint32_t wants = 0;
    for (int i = 0; i < ms->count; i++) wants |= ms->slot[i].wants;
    return wants;
}

uint32_t femd_methods_inputs(const femd_methods *ms) {
    uint32_t inputs = 0;
    for (int i = 0; i < ms->count; i++) inputs |= ms->slot[i].method->inputs;
    return inputs;
}

/* ---- chunks ---- */

enum { CHUNK_HEAD = 8 };

/* FNV-1a of the name. */
static uint32_t tag_of(const femd_method *m) {
    uint32_t h = 2166136261u;
    for (const char *c = m->name; *c; c++) h = (h ^ (uint8_t)*c) * 16777619u;
    return h;
}

femd_status femd_method_carried(const femd_bytes *chunks, const femd_method *m, femd_bytes *out, femd_error *err) {
    *out = (femd_bytes){NULL, 0};
    const uint8_t *p = chunks->data;
    size_t left = chunks->size;
    while (left > 0) {
        const size_t size = left < CHUNK_HEAD ? 0 : femd_get32(p + 4);
        if (left < CHUNK_HEAD || size > left - CHUNK_HEAD)
            return femd_fail(err, FEMD_PROTOCOL, "what methods carry in a native state is cut off");
        if (femd_get32(p) == tag_of(m)) *out = (femd_bytes){p + CHUNK_HEAD, size};
        p += CHUNK_HEAD + size;
        left -= CHUNK_HEAD + size;
    }
    return FEMD_OK;
}

femd_status femd_method_carry(const femd_method *m, const femd_bytes *carry, femd_buffer *out, femd_error *err) {
    uint8_t head[CHUNK_HEAD];
    if (carry->size == 0) return FEMD_OK;
    if (carry->size > UINT32_MAX)
        return femd_fail(err, FEMD_LIMIT, "the method \"%s\" carries %zu bytes", m->name, carry->size);
    femd_put32(head, tag_of(m));
    femd_put32(head + 4, (uint32_t)carry->size);
    FEMD_TRY(femd_buffer_append(out, head, sizeof head, err));
    return femd_buffer_append(out, carry->data, carry->size, err);
}
