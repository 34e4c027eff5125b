/* A material opened in its engine. Owns the choice of the engine, the checks around every evaluation (wants, control,
 * state header), the hash of the new state and the accounting; never knows how an answer is made. */
#include <math.h>
#include <stdlib.h>
#include <time.h>

#include "engine/engines.h"
#include "engine/state.h"
#include "femd/hash.h"
#include "micro.h"

struct femd_material {
    uint8_t *bytes; /* owned copy of the encoded pack; json and pack borrow from it */
    femd_pack pack;
    femd_json doc;
    femd_hash id;
    const femd_engine *engine;
    uint32_t version;
    void *instance;
    femd_capabilities caps;
    uint64_t fingerprint;
};

static const femd_engine *const engines[] = {&femd_engine_native, &femd_engine_cauchy_born, &femd_engine_elastic,
                                             &femd_engine_user};

static femd_status find_engine(const femd_json *doc, const femd_engine **out, femd_error *err) {
    const char *name = femd_json_string(doc->root, "engine", "");
    for (size_t i = 0; i < sizeof engines / sizeof engines[0]; i++)
        if (strcmp(engines[i]->name, name) == 0) {
            *out = engines[i];
            return FEMD_OK;
        }
    return femd_json_fail(doc, femd_json_get(doc->root, "engine"), err, "this femd has no engine \"%s\"", name);
}

static femd_status open_material(femd_material *m, size_t size, femd_error *err) {
    FEMD_TRY(femd_pack_decode(m->bytes, size, &m->pack, err));
    femd_pack_id(m->bytes, size, &m->id);
    FEMD_TRY(femd_json_parse(m->pack.json, strlen(m->pack.json), "material", &m->doc, err));
    FEMD_TRY(femd_json_validate(&m->doc, femd_case_schema, "#/$defs/material", err));
    FEMD_TRY(find_engine(&m->doc, &m->engine, err));
    FEMD_TRY(m->engine->open(&m->doc, &m->pack, &m->instance, &m->caps, err));
    m->version = m->engine == &femd_engine_user ? femd_engine_user_version(m->instance) : m->engine->version;
    m->fingerprint = femd_fingerprint();
    return FEMD_OK;
}

femd_status femd_material_open(const void *pack, size_t size, femd_material **out, femd_error *err) {
    *out = NULL;
    femd_material *m = calloc(1, sizeof *m);
    uint8_t *bytes = malloc(size ? size : 1);
    if (!m || !bytes) {
        free(m);
        free(bytes);
        return femd_fail(err, FEMD_NO_MEMORY, "a material of %zu bytes: out of memory", size);
    }
    memcpy(bytes, pack, size);
    m->bytes = bytes;
    const femd_status rc = open_material(m, size, err);
    if (rc != FEMD_OK) {
        femd_material_close(&m);
        return rc;
    }
    *out = m;
    return FEMD_OK;
}

void femd_material_close(femd_material **m) {
    if (!m || !*m) return;
    if ((*m)->instance) (*m)->engine->close(&(*m)->instance);
    femd_json_clear(&(*m)->doc);
    free((*m)->bytes);
    free(*m);
    *m = NULL;
}

const femd_capabilities *femd_material_capabilities(const femd_material *m) {
    return &m->caps;
}
const femd_hash *femd_material_id(const femd_material *m) {
    return &m->id;
}

const char *femd_material_notes(const femd_material *m) {
    return m->engine->notes ? m->engine->notes(m->instance) : "";
}

static femd_status check_request(const femd_material *m, const femd_request *q, femd_error *err) {
    const uint32_t missing = q->wants & ~m->caps.wants;
    if (missing) {
        char asked[160], able[160];
        femd_wants_text(missing, asked, sizeof asked);
        femd_wants_text(m->caps.wants, able, sizeof able);
        return femd_fail(err, FEMD_UNSUPPORTED, "the engine \"%s\" cannot answer %s; it can: %s", m->engine->name,
                         asked, able);
    }
    if (q->control > FEMD_CONTROL_PRESSURE || !(m->caps.controls & (1u << q->control)))
        return femd_fail(err, FEMD_UNSUPPORTED, "the engine \"%s\" has no control mode %u", m->engine->name,
                         q->control);
    if (q->control == FEMD_CONTROL_COMPONENTS && (q->mask > 63 || (q->mask && !m->caps.mixed)))
        return femd_fail(err, FEMD_UNSUPPORTED, "the engine \"%s\" cannot prescribe stress components (mask %u)",
                         m->engine->name, q->mask);
    for (int c = 0; c < 6; c++)
        if (!isfinite(q->value[c]))
            return femd_fail(err, FEMD_BAD_ARGUMENT, "component %d of the request is not finite", c + 1);
    if (!isfinite(q->temperature) || !isfinite(q->pressure) || !isfinite(q->accuracy))
        return femd_fail(err, FEMD_BAD_ARGUMENT, "temperature, pressure or accuracy of the request is not finite");
    return FEMD_OK;
}

/* The engine's part of a state that this very engine made. */
static femd_status open_state(const femd_material *m, const femd_bytes *blob, femd_bytes *body, femd_error *err) {
    uint32_t engine, version;
    FEMD_TRY(femd_state_open(blob, &m->id, body, err));
    if (body->size == 0) return FEMD_OK;
    femd_state_maker(blob, &engine, &version);
    if (engine == m->caps.engine && version == m->version) return FEMD_OK;
    return femd_fail(err, FEMD_PROTOCOL, "a state of engine %u version %u cannot be continued by engine %u version %u",
                     engine, version, m->caps.engine, m->version);
}

static femd_status evaluate(femd_material *m, const femd_request *q, const femd_bytes *state_in, const femd_beat *beat,
                            femd_response *r, femd_buffer *state_out, femd_error *err) {
    static const femd_bytes virgin = {NULL, 0};
    femd_bytes body;
    FEMD_TRY(check_request(m, q, err));
    FEMD_TRY(open_state(m, state_in ? state_in : &virgin, &body, err));
    FEMD_TRY(femd_state_begin(state_out, err));
    FEMD_TRY(m->engine->evaluate(m->instance, q, &body, beat, r, state_out, err));
    if (state_out->size == FEMD_STATE_HEADER) {
        state_out->size = 0;
        return FEMD_OK;
    }
    femd_state_finish(state_out, m->caps.engine, m->version, &m->id);
    femd_hash_domain("state", state_out->data, state_out->size, &r->state_out);
    return FEMD_OK;
}

static double seconds(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

femd_status femd_material_evaluate(femd_material *m, const femd_request *q, const femd_bytes *state_in,
                                   const femd_beat *beat, femd_response *r, femd_buffer *state_out, femd_error *err) {
    const double begin = seconds();
    memset(r, 0, sizeof *r);
    state_out->size = 0;
    const femd_status rc = evaluate(m, q, state_in, beat, r, state_out, err);
    if (rc != FEMD_OK) { /* a failure answers nothing but its status, whatever was filled before */
        const femd_work work = r->work;
        memset(r, 0, sizeof *r);
        r->work = work;
        state_out->size = 0;
    }
    r->point = q->point;
    r->status = rc;
    r->engine = m->caps.engine;
    r->work.fingerprint = m->fingerprint;
    r->work.wall = seconds() - begin;
    return rc;
}

femd_status femd_material_dump(femd_material *m, const femd_bytes *state, femd_buffer *out, femd_error *err) {
    femd_bytes body;
    if (!m->engine->dump)
        return femd_fail(err, FEMD_UNSUPPORTED, "the engine \"%s\" has no atoms to dump", m->engine->name);
    FEMD_TRY(open_state(m, state, &body, err));
    return m->engine->dump(m->instance, &body, out, err);
}
